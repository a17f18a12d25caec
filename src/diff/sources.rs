//! Which sources each side had. What only a source shows that was not collected has neither ended nor begun: nobody looked.
//!
//! In: the artifacts of a record. Out: whether what one of them showed was looked at on the other side.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use crate::assessment::Assessment;

/// Reads a kind of export of a place: an adapter, and what it was taken from where that is stated.
type Source<'a> = (&'a str, Option<&'a str>);

/// The sources of one side.
pub struct Sources<'a> {
    by_path: BTreeMap<&'a str, Source<'a>>,
    used: BTreeSet<Source<'a>>,
}

impl<'a> Sources<'a> {
    pub fn of(assessment: &'a Assessment) -> Sources<'a> {
        let source = |own: &'a crate::assessment::ArtifactRecord| Some((own.adapter.as_deref()?, own.instance.as_deref()));
        let read = || assessment.artifacts.iter().filter_map(move |own| Some((own, source(own)?)));
        Sources {
            by_path: read().map(|(own, source)| (own.path.as_str(), source)).collect(),
            used: read().filter(|(own, _)| own.state == "used").map(|(_, source)| source).collect(),
        }
    }

    /// Whether it has such a source; where one of the two does not state its place, the adapter alone tells.
    fn has(&self, (adapter, instance): Source<'_>) -> bool {
        let mut places = self.used.iter().filter(|own| own.0 == adapter).map(|own| own.1);
        places.any(|own| own.is_none() || instance.is_none() || own == instance)
    }

    /// Sources that this side used and the other one did not, in words.
    pub fn beside(&self, other: &Sources<'_>) -> Vec<String> {
        let alone = self.used.iter().filter(|own| !other.has(**own));
        alone.map(|(adapter, instance)| instance.map_or_else(|| (*adapter).to_owned(), |own| format!("{adapter} of {own}"))).collect()
    }
}

/// Asks of one side whether the other one looked at what it shows.
pub struct Looked<'a, 's> {
    own: &'s Sources<'a>,
    other: &'s Sources<'a>,
    /// Whether the other side tested at all what is asked about.
    is_tested: bool,
    /// The artifact that was asked about last: rows of one follow each other.
    last: Cell<(&'a str, bool)>,
}

impl<'a, 's> Looked<'a, 's> {
    pub fn new(own: &'s Sources<'a>, other: &'s Sources<'a>, is_tested: bool) -> Looked<'a, 's> {
        Looked { own, other, is_tested, last: Cell::new(("", is_tested)) }
    }

    /// Whether the other side had the source of an artifact of this one. A path that is none of an adapter tells nothing, and counts as looked at.
    pub fn at(&self, artifact: &'a str) -> bool {
        let (last, answer) = self.last.get();
        if last == artifact {
            return answer;
        }
        let answer = self.is_tested && self.own.by_path.get(artifact).is_none_or(|source| self.other.has(*source));
        self.last.set((artifact, answer));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(list: &[(&'static str, &'static str, Option<&'static str>, bool)]) -> Sources<'static> {
        Sources {
            by_path: list.iter().map(|(path, adapter, instance, _)| (*path, (*adapter, *instance))).collect(),
            used: list.iter().filter(|own| own.3).map(|(_, adapter, instance, _)| (*adapter, *instance)).collect(),
        }
    }

    #[test]
    fn what_only_a_source_shows_that_is_not_there_was_not_looked_at() {
        let old = sources(&[("a.json", "aws", Some("1"), true), ("b.json", "aws", Some("2"), true), ("c.ldif", "ad", None, true)]);
        let new = sources(&[("x.json", "aws", Some("1"), true), ("y.json", "aws", Some("2"), false), ("z.ldif", "ad", Some("corp"), true)]);
        let looked = Looked::new(&old, &new, true);
        let asked = ["a.json", "a.json", "b.json", "c.ldif", "none.txt", "b.json"].map(|path| looked.at(path));
        assert_eq!(asked, [true, true, false, true, true, false], "the second account was out of its period");
        assert_eq!(old.beside(&new), ["aws of 2"]);
        assert!(new.beside(&old).is_empty());
        assert!(!Looked::new(&old, &new, false).at("a.json"), "what was not tested was not looked at");
    }
}
