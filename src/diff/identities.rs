//! What became of each identity: new, retired, another owner, credentials replaced, rights grown, deviations that stay.
//!
//! In: the observations of both sides, subject by subject. What an objective tells of an identity beside pass and fail is a short table here;
//! an objective outside that table still tells of deviations.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::register::Registers;
use super::{Seen, Side};
use crate::assessment::{Observation, Outcome};

/// Objectives that tell more of an identity than that it departs.
const OWNERSHIP: &str = "nhi-ownership";
const RIGHTS: &str = "least-privilege";
const CREDENTIALS: &str = "credential-rotation";
const REVIEW: &str = "access-review";

/// One identity with everything that changed about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdentityChange {
    pub identity: String,
    pub standing: Standing,
    pub facts: Vec<Fact>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    New,
    Retired,
    /// It was there under another id.
    Renamed,
    Kept,
}

/// Something that changed, or stayed and should not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fact {
    pub kind: FactKind,
    pub objective: String,
    pub subject: String,
    /// None where it was not there, and where its objective tells what was seen.
    pub before: Option<Seen>,
    pub after: Option<Seen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactKind {
    /// Administrative or wildcard grants that it did not have.
    PrivilegeGrown,
    OwnerChanged,
    CredentialAdded,
    CredentialRotated,
    CredentialWithdrawn,
    PrivilegeReduced,
    /// Other grants than before, none of them the point of a deviation.
    GrantsChanged,
    PurposeChanged,
    ClassChanged,
    /// Enabled or disabled.
    StatusChanged,
    ExpiryChanged,
    /// The same identity by platform, kind and instant of creation, under another id; inferred.
    Renamed,
    /// Rights, owner or credentials changed, and the latest review does not cover it.
    DriftSinceReview,
    DeviationBegan,
    DeviationRepeated,
    DeviationEnded,
}

/// One subject on both sides.
type Pair<'a> = (Option<&'a Observation>, Option<&'a Observation>);

/// Gathers facts subject by subject.
pub(super) struct Facts<'a> {
    known: Option<(BTreeSet<&'a str>, BTreeSet<&'a str>)>,
    /// Whether the credentials of both sides are listed in full.
    whole: bool,
    registers: Option<Registers<'a>>,
    facts: BTreeMap<String, Vec<Fact>>,
    credentials: BTreeMap<&'a str, Vec<Pair<'a>>>,
    unreviewed: BTreeMap<&'a str, &'a Observation>,
}

impl<'a> Facts<'a> {
    pub fn new(before: Side<'a>, after: Side<'a>) -> Facts<'a> {
        let registers = Registers::of(before.register, after.register);
        let listed = || before.observations.zip(after.observations).map(|(old, new)| (population(old), population(new)));
        let known = registers.as_ref().map(Registers::populations).or_else(listed);
        let whole = before.observations.is_some() && after.observations.is_some();
        Facts { known, whole, registers, facts: BTreeMap::new(), credentials: BTreeMap::new(), unreviewed: BTreeMap::new() }
    }

    pub fn knows_populations(&self) -> bool {
        self.known.is_some()
    }

    /// One subject as both sides saw it.
    pub fn add(&mut self, objective: &str, was: Option<&'a Observation>, is: Option<&'a Observation>) {
        let Some(identity) = is.or(was).and_then(|seen| seen.identity.as_deref()) else { return };
        let outcome = |seen: Option<&Observation>| seen.map(|seen| seen.outcome);
        let (old, new) = (outcome(was), outcome(is));
        let fails = |outcome: Option<Outcome>| outcome == Some(Outcome::Fail);
        let kind = match (fails(old), fails(new)) {
            (false, true) => Some(FactKind::DeviationBegan),
            (true, true) => Some(FactKind::DeviationRepeated),
            (true, false) => Some(FactKind::DeviationEnded),
            (false, false) => None,
        };
        // What was seen of a subject on both sides stands with its objective; only what came or went is told here in full.
        match (was, is) {
            (Some(_), Some(seen)) => self.mark(kind, identity, objective, &seen.subject),
            _ => self.note(kind, identity, objective, was, is),
        }
        let said_otherwise = was.zip(is).is_some_and(|(was, is)| was.reason != is.reason);
        match objective {
            // A register tells it better than the sentence of an objective.
            OWNERSHIP if said_otherwise && self.registers.is_none() => {
                self.note(Some(FactKind::OwnerChanged), identity, objective, was, is)
            }
            RIGHTS => {
                let kind = match (was.is_some() && is.is_some(), fails(old), fails(new)) {
                    (true, false, true) => Some(FactKind::PrivilegeGrown),
                    (true, true, false) => Some(FactKind::PrivilegeReduced),
                    _ if said_otherwise && self.registers.is_none() => Some(FactKind::GrantsChanged),
                    _ => None,
                };
                self.note(kind, identity, objective, was, is);
            }
            CREDENTIALS => self.credentials.entry(identity).or_default().push((was, is)),
            REVIEW => {
                if let Some(seen) = is.filter(|seen| seen.outcome == Outcome::Fail || seen.outcome == Outcome::Unknown) {
                    self.unreviewed.insert(identity, seen);
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, kind: Option<FactKind>, identity: &str, objective: &str, was: Option<&Observation>, is: Option<&Observation>) {
        let Some(kind) = kind else { return };
        let subject = is.or(was).map(|seen| seen.subject.clone()).unwrap_or_default();
        let fact = Fact { kind, objective: objective.to_owned(), subject, before: was.map(Seen::of), after: is.map(Seen::of) };
        self.facts.entry(identity.to_owned()).or_default().push(fact);
    }

    /// A fact without what was seen.
    fn mark(&mut self, kind: Option<FactKind>, identity: &str, objective: &str, subject: &str) {
        if let Some(kind) = kind {
            let fact = Fact { kind, objective: objective.to_owned(), subject: subject.to_owned(), before: None, after: None };
            self.facts.entry(identity.to_owned()).or_default().push(fact);
        }
    }

    /// What is told of credentials depends on all credentials of an identity.
    fn settle_credentials(&mut self) {
        let is_live = |seen: Option<&Observation>| seen.is_some_and(|seen| seen.outcome != Outcome::Skip);
        for (identity, list) in std::mem::take(&mut self.credentials) {
            let whole = self.whole;
            let came = |was: Option<&Observation>, is: Option<&Observation>| whole && !is_live(was) && is_live(is);
            let went = |was: Option<&Observation>, is: Option<&Observation>| whole && is_live(was) && !is_live(is);
            let any_went = list.iter().any(|(was, is)| went(*was, *is));
            let any_came = list.iter().any(|(was, is)| came(*was, *is));
            for (was, is) in list {
                let renewed = was.zip(is).is_some_and(|(was, is)| was.outcome == Outcome::Fail && is.outcome == Outcome::Pass);
                let kind = if renewed || (came(was, is) && any_went) {
                    Some(FactKind::CredentialRotated)
                } else if came(was, is) {
                    Some(FactKind::CredentialAdded)
                } else if went(was, is) && !any_came {
                    Some(FactKind::CredentialWithdrawn)
                } else {
                    None
                };
                self.note(kind, identity, CREDENTIALS, was, is);
            }
        }
    }

    fn settle_drift(&mut self) {
        let drifts = |fact: &Fact| {
            matches!(fact.kind, FactKind::PrivilegeGrown | FactKind::GrantsChanged | FactKind::OwnerChanged | FactKind::CredentialAdded)
        };
        for (identity, seen) in std::mem::take(&mut self.unreviewed) {
            if let Some(facts) = self.facts.get_mut(identity)
                && facts.iter().any(drifts)
            {
                facts.push(Fact {
                    kind: FactKind::DriftSinceReview,
                    objective: REVIEW.to_owned(),
                    subject: seen.subject.clone(),
                    before: None,
                    after: Some(Seen::of(seen)),
                });
            }
        }
    }

    /// What only the registers tell; the later and the earlier id of identities that bear another one.
    fn settle_register(&mut self) -> BTreeMap<String, String> {
        let Some(registers) = self.registers.take() else { return BTreeMap::new() };
        for (identity, facts) in registers.facts() {
            let own = self.facts.entry(identity.to_owned()).or_default();
            // That rights grew is told once, with the grants.
            let told: BTreeSet<FactKind> = facts.iter().map(|fact| fact.kind).collect();
            own.retain(|fact| !(matches!(fact.kind, FactKind::PrivilegeGrown | FactKind::PrivilegeReduced) && told.contains(&fact.kind)));
            own.extend(facts);
        }
        let renamed = registers.renamed();
        for (new, old) in &renamed {
            let seen = |id: &str| Some(Seen { outcome: None, reason: id.to_owned(), artifact: String::new(), record: String::new() });
            let fact =
                Fact { kind: FactKind::Renamed, objective: String::new(), subject: (*new).to_owned(), before: seen(old), after: seen(new) };
            self.facts.entry((*new).to_owned()).or_default().push(fact);
        }
        renamed.into_iter().map(|(new, old)| (new.to_owned(), old.to_owned())).collect()
    }

    /// Every identity about which there is something to say, in order.
    pub fn settle(mut self) -> Vec<IdentityChange> {
        self.settle_credentials();
        let renamed = self.settle_register();
        self.settle_drift();
        let mut all: BTreeMap<String, IdentityChange> = BTreeMap::new();
        let make = |identity: &str, standing| IdentityChange { identity: identity.to_owned(), standing, facts: Vec::new() };
        if let Some((old, new)) = &self.known {
            all.extend(new.difference(old).map(|id| ((*id).to_owned(), make(id, Standing::New))));
            all.extend(old.difference(new).map(|id| ((*id).to_owned(), make(id, Standing::Retired))));
        }
        for (new, old) in renamed {
            all.remove(&old);
            all.insert(new.clone(), make(&new, Standing::Renamed));
        }
        for (identity, mut facts) in self.facts {
            facts.sort();
            let change = all.entry(identity.clone()).or_insert_with(|| make(&identity, Standing::Kept));
            // Of an identity that came or went, everything came or went with it: only what stands now is worth a line.
            match change.standing {
                Standing::New => facts.retain(|fact| fact.kind == FactKind::DeviationBegan),
                Standing::Retired => facts.retain(|fact| fact.kind == FactKind::DeviationEnded),
                Standing::Kept | Standing::Renamed => {}
            }
            change.facts = facts;
        }
        let mut list: Vec<IdentityChange> = all.into_values().collect();
        list.sort_by(|one, two| (one.standing, &one.identity).cmp(&(two.standing, &two.identity)));
        list
    }
}

/// Every identity that an observation speaks of.
fn population(lists: &BTreeMap<String, Vec<Observation>>) -> BTreeSet<&str> {
    let mut all: Vec<&str> = lists.values().flatten().filter_map(|seen| seen.identity.as_deref()).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().collect()
}
