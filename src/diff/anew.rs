//! What may stand behind the rows of an objective, several at once: its evidence, its check, its parameters. And what came out where the
//! objective was tested again with one of them exchanged.
//!
//! In: two records, and results that somebody who has evidence and engine at hand made. Out: what is to be tested again, so that the parts
//! can be told apart. Tests nothing: whoever compares hands the results in.

use std::collections::BTreeMap;

use crate::assessment::{Assessment, ObjectiveResult, ParameterRecord};

/// One of the things on which the rows of an objective rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The evidence with what is stated of it, and the instant: evidence that was collected later cannot speak for an earlier one.
    Evidence,
    /// The definition of the objective with its query and its defaults.
    Check,
    /// The values that the organisation states.
    Parameter,
}

/// The record from which everything comes that is not exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Start {
    Before,
    After,
}

impl Start {
    pub fn other(self) -> Start {
        match self {
            Start::Before => Start::After,
            Start::After => Start::Before,
        }
    }
}

/// An objective tested again: everything from one record, one part from the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exchange {
    pub objective: String,
    pub start: Start,
    pub part: Part,
}

/// What came out of exchanges.
#[derive(Debug, Clone)]
pub struct Anew {
    /// What the objective came to, or why it could not be tested so.
    pub results: BTreeMap<Exchange, Result<ObjectiveResult, String>>,
    /// Why everything that is not among them was not tested.
    pub otherwise: String,
}

impl Anew {
    /// Nothing was tested again, for a reason.
    pub fn nothing(because: impl Into<String>) -> Anew {
        Anew { results: BTreeMap::new(), otherwise: because.into() }
    }

    pub(super) fn get(&self, exchange: &Exchange) -> Result<&ObjectiveResult, &str> {
        match self.results.get(exchange) {
            Some(result) => result.as_ref().map_err(String::as_str),
            None => Err(&self.otherwise),
        }
    }
}

/// An objective of which several parts differ, and whose rows moved some verdict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unclear {
    pub objective: String,
    pub parts: Vec<Part>,
}

impl Unclear {
    /// The exchanges that tell its parts apart: each part alone, from either side.
    pub fn exchanges(&self) -> impl Iterator<Item = Exchange> + '_ {
        let one = |start: Start, part: Part| Exchange { objective: self.objective.clone(), start, part };
        [Start::Before, Start::After].into_iter().flat_map(move |start| self.parts.iter().map(move |part| one(start, *part)))
    }
}

/// In which parts one objective differs between two records.
pub(super) struct Behind {
    pub evidence: bool,
    pub instant: bool,
    pub check: bool,
    /// By name, whom it is for included: the values of either side, where the organisation changed them.
    pub parameters: Option<(Values, Values)>,
}

pub(super) type Values = BTreeMap<String, String>;

impl Behind {
    pub fn new(before: (&Assessment, &ObjectiveResult), after: (&Assessment, &ObjectiveResult)) -> Behind {
        let (was, is) = (before.1, after.1);
        let check = was.definition != is.definition;
        // Defaults belong to the definition: where that is another, only what the organisation states is a value of its own.
        let values = |own: &ObjectiveResult| values(&own.parameters, check);
        let (old, new) = (values(was), values(is));
        let frame = |own: &Assessment| (own.frame.as_of.clone(), own.frame.period_from.clone(), own.frame.period_to.clone());
        Behind {
            evidence: exhibits(before) != exhibits(after),
            instant: frame(before.0) != frame(after.0),
            check,
            parameters: (old != new).then_some((old, new)),
        }
    }

    /// The parts that differ. The instant counts only beside a check or a parameter: alone, it is what remains where nothing else differs.
    pub fn parts(&self) -> Vec<Part> {
        let (check, parameter) = (self.check, self.parameters.is_some());
        let evidence = self.evidence || self.instant && (check || parameter);
        let parts = [(evidence, Part::Evidence), (check, Part::Check), (parameter, Part::Parameter)];
        parts.into_iter().filter(|(differs, _)| *differs).map(|(_, part)| part).collect()
    }
}

/// What an objective rests on, by path with the digest.
fn exhibits((assessment, own): (&Assessment, &ObjectiveResult)) -> BTreeMap<String, Option<String>> {
    let digest = |path: &String| assessment.exhibit(path).and_then(|own| own.sha256.as_ref().map(ToString::to_string));
    own.evidence.iter().map(|path| (path.clone(), digest(path))).collect()
}

fn values(list: &[ParameterRecord], stated_only: bool) -> Values {
    let counts = |reason: &Option<String>| !stated_only || reason.is_some();
    let mut values = Values::new();
    for own in list {
        if counts(&own.reason) {
            values.insert(own.name.clone(), own.value.clone());
        }
        // A value may be set for the identities of one class or tier besides.
        for set in own.by_class.iter().filter(|set| counts(&set.reason)) {
            let whom: Vec<&str> = [&set.class, &set.tier].into_iter().filter_map(|part| part.as_deref()).collect();
            values.insert(format!("{} for {}", own.name, whom.join(" ")), set.value.clone());
        }
    }
    values
}

/// Whether any objective of both records differs in several parts.
pub(super) fn any_unclear(before: &Assessment, after: &Assessment) -> bool {
    let theirs: BTreeMap<&str, &ObjectiveResult> = after.objectives.iter().map(|own| (own.id.as_str(), own)).collect();
    before.objectives.iter().any(|was| {
        let Some(is) = theirs.get(was.id.as_str()) else { return false };
        // The evidence is looked at last: it differs between any two periods, and alone it makes nothing unclear.
        let same = was.definition == is.definition && values(&was.parameters, false) == values(&is.parameters, false);
        !same && Behind::new((before, was), (after, is)).parts().len() > 1
    })
}
