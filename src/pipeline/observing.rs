//! What becomes of the observations of one check while they come: secrets masked, passes weighed, counted, listed.
//!
//! In: one observation after the other, by subject. Out: what judgement needs, the tallies by class, the digest of the full list and,
//! where it is asked for, the list itself. Only what is not a proved pass or a skip is held, and that only where it is to be listed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::classes::ByClass;
use crate::assessment::{ClassTally, Names, Observation, ObservationsList};
use crate::base::Digest;
use crate::base::digest::Hasher;
use crate::engine::Shelf;
use crate::evidence::Masker;
use crate::judge::{Gist, Seen};

/// So many rows of the list are written before they are hashed.
const ROWS_AT_A_TIME: usize = 4096;

/// Takes in the observations of one check.
pub struct Observing<'a> {
    masker: &'a Masker,
    proving: BTreeSet<&'a str>,
    by_class: Option<ByClass<'a>>,
    seen: Seen,
    list: List<'a>,
    keep: Keep,
}

/// What is held of the observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Their counts.
    Gist,
    /// What departs, or cannot be told, or would pass on evidence that proves nothing.
    Listed,
    /// That, and the full list.
    Full,
}

/// What is left of them.
pub struct Observed {
    pub seen: Seen,
    pub classes: Vec<ClassTally>,
    /// Of the full list with pseudonyms in the place of names.
    pub digest: Digest,
    /// The full list as its CSV file, where it was to be kept.
    pub csv: Option<Vec<u8>>,
}

/// What outlives a run of them, where nothing is listed.
#[derive(Serialize, Deserialize)]
struct Kept {
    gist: Gist,
    classes: Vec<ClassTally>,
    digest: Digest,
}

/// The name of the file in an entry.
const KEPT: &str = "gist.json";

impl Observed {
    /// What is kept under a key, without any list.
    pub fn taken(shelf: &Shelf, key: &Digest) -> Option<Observed> {
        let Kept { gist, classes, digest } = serde_json::from_slice(&shelf.entry(key)?.bytes(KEPT)?).ok()?;
        Some(Observed { seen: Seen { gist: Box::new(gist), listed: Vec::new() }, classes, digest, csv: None })
    }

    /// Keeps what is no list.
    pub fn keep(&self, shelf: &Shelf, key: &Digest) {
        let kept = Kept { gist: (*self.seen.gist).clone(), classes: self.classes.clone(), digest: self.digest.clone() };
        if let Ok(bytes) = serde_json::to_vec(&kept) {
            shelf.keep_file(key, KEPT, &bytes);
        }
    }
}

impl<'a> Observing<'a> {
    /// `proving` are the artifacts on which a pass is proved.
    pub fn new(
        masker: &'a Masker,
        proving: BTreeSet<&'a str>,
        by_class: Option<ByClass<'a>>,
        names: &'a Names,
        keep: Keep,
    ) -> Observing<'a> {
        Observing { masker, proving, by_class, seen: Seen::default(), list: List::new(names, keep == Keep::Full), keep }
    }

    pub fn add(&mut self, mut observation: Observation) {
        observation.proved = self.proving.contains(observation.artifact.as_str());
        observation.reason = self.masker.applied(observation.reason);
        observation.subject = self.masker.applied(observation.subject);
        self.list.add(&observation);
        if let Some(by_class) = &mut self.by_class {
            by_class.add(&observation);
        }
        match self.keep {
            Keep::Gist => {
                self.seen.gist.add(&observation);
            }
            Keep::Listed | Keep::Full => self.seen.add(observation),
        }
    }

    pub fn finish(self) -> Observed {
        let (digest, csv) = self.list.finish();
        Observed { seen: self.seen, classes: self.by_class.map(ByClass::finish).unwrap_or_default(), digest, csv }
    }
}

/// The full list on its way to a digest.
struct List<'a> {
    rows: ObservationsList,
    waiting: usize,
    /// So many rows are hashed together; all of them where a name may go over the end of a line.
    at_a_time: usize,
    names: &'a Names,
    hasher: Hasher,
    kept: Option<Vec<u8>>,
}

impl<'a> List<'a> {
    fn new(names: &'a Names, keep: bool) -> List<'a> {
        let breaks = names.list.names.iter().any(|name| name.value.contains(['\n', '\r']));
        let at_a_time = if breaks { usize::MAX } else { ROWS_AT_A_TIME };
        List { rows: ObservationsList::new(), waiting: 0, at_a_time, names, hasher: Hasher::default(), kept: keep.then(Vec::new) }
    }

    fn add(&mut self, observation: &Observation) {
        self.rows.add(observation);
        self.waiting += 1;
        if self.waiting >= self.at_a_time {
            self.hash();
        }
    }

    fn hash(&mut self) {
        self.waiting = 0;
        let rows = self.rows.take();
        match std::str::from_utf8(&rows) {
            Ok(text) if !self.names.is_empty() => self.hasher.update(self.names.hide(text).as_bytes()),
            _ => self.hasher.update(&rows),
        }
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(&rows);
        }
    }

    fn finish(mut self) -> (Digest, Option<Vec<u8>>) {
        self.hash();
        (self.hasher.finish(), self.kept)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::assessment::{Outcome, observations_csv};

    fn observations(count: usize) -> Vec<Observation> {
        (0..count)
            .map(|index| Observation {
                subject: format!("s{index:06}"),
                outcome: if index % 7 == 0 { Outcome::Fail } else { Outcome::Pass },
                reason: format!("Aino Virtanen\nand row {index}"),
                artifact: "a".into(),
                record: format!("line:{index}"),
                identity: None,
                proved: true,
                contradicted: false,
            })
            .collect()
    }

    #[test]
    fn the_digest_of_a_list_taken_in_parts_is_that_of_its_file() {
        let all = observations(ROWS_AT_A_TIME * 2 + 17);
        for name in ["Aino Virtanen", "Virtanen\nand", "nobody here"] {
            let rules = BTreeSet::from(["test".to_owned()]);
            let names = Names::new(&Digest::of(b"salt"), &BTreeMap::from([(name.to_owned(), rules)]));
            let masker = Masker::default();
            let mut observing = Observing::new(&masker, BTreeSet::from(["a"]), None, &names, Keep::Full);
            all.iter().for_each(|own| observing.add(own.clone()));
            let observed = observing.finish();
            let csv = observations_csv(&all);
            assert_eq!(observed.digest, names.digest_of_bytes(&csv), "{name}");
            assert_eq!(observed.csv.as_deref(), Some(csv.as_slice()), "{name}");
            assert_eq!(observed.seen.listed.len(), observed.seen.gist.tally.failed, "proved passes are only counted");
            assert_eq!(observed.seen.gist.tally.population, all.len());
        }
    }
}
