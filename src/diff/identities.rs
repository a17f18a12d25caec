//! What became of each identity: new, retired, another owner, credentials replaced, rights grown, deviations that stay.
//!
//! In: the observations of both sides, subject by subject. What an objective tells of an identity beside pass and fail is a short table here;
//! an objective outside that table still tells of deviations.

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::register::Registers;
use super::{Seen, Side};
use crate::assessment::Outcome;
use crate::assessment::lists::SeenRow;

/// Objectives that tell more of an identity than that it departs.
const OWNERSHIP: &str = "nhi-ownership";
const RIGHTS: &str = "least-privilege";
const CREDENTIALS: &str = "credential-rotation";
const REVIEW: &str = "access-review";

/// One identity with everything that changed about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IdentityChange {
    pub identity: String,
    pub standing: Standing,
    /// Whose it is by the later register, else by the earlier one; none where neither tells.
    pub owner: Option<String>,
    pub facts: Vec<Fact>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    New,
    Retired,
    /// It was there under another id.
    Renamed,
    Kept,
}

/// Something that changed, or stayed and should not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Fact {
    pub kind: FactKind,
    pub objective: String,
    pub subject: String,
    /// None where it was not there, and where its objective tells what was seen.
    pub before: Option<Box<Seen>>,
    pub after: Option<Box<Seen>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
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
type Pair<'a> = (Option<SeenRow<'a>>, Option<SeenRow<'a>>);

/// What is known of all identities before anything is said of one.
pub(super) struct Identities<'a> {
    registers: Option<Registers<'a>>,
    /// Identities that only the earlier side has, and those that only the later one has.
    alone: Option<(Vec<&'a str>, Vec<&'a str>)>,
    /// Whether the credentials of both sides are listed in full.
    whole: bool,
}

/// Facts that one objective tells, subject by subject.
pub(super) struct Facts<'a> {
    objective: &'a str,
    has_register: bool,
    whole: bool,
    facts: Vec<(&'a str, Fact)>,
    /// Credentials of identities that came, went or were renewed.
    credentials: Vec<(&'a str, Pair<'a>)>,
    unreviewed: Vec<(&'a str, SeenRow<'a>)>,
}

impl<'a> Facts<'a> {
    /// One subject as both sides saw it.
    pub fn add(&mut self, was: Option<SeenRow<'a>>, is: Option<SeenRow<'a>>) {
        let Some(identity) = is.or(was).and_then(|seen| seen.identity) else { return };
        let outcome = |seen: Option<SeenRow<'_>>| seen.map(|seen| seen.outcome);
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
            (Some(_), Some(seen)) => self.mark(kind, identity, seen.subject),
            _ => self.note(kind, identity, was, is),
        }
        let said_otherwise = was.zip(is).is_some_and(|(was, is)| was.reason != is.reason);
        match self.objective {
            // A register tells it better than the sentence of an objective.
            OWNERSHIP if said_otherwise && !self.has_register => self.note(Some(FactKind::OwnerChanged), identity, was, is),
            RIGHTS => {
                let kind = match (was.is_some() && is.is_some(), fails(old), fails(new)) {
                    (true, false, true) => Some(FactKind::PrivilegeGrown),
                    (true, true, false) => Some(FactKind::PrivilegeReduced),
                    _ if said_otherwise && !self.has_register => Some(FactKind::GrantsChanged),
                    _ => None,
                };
                self.note(kind, identity, was, is);
            }
            CREDENTIALS if self.came(was, is) || self.went(was, is) || renewed(was, is) => self.credentials.push((identity, (was, is))),
            REVIEW => {
                let open = is.filter(|seen| seen.outcome == Outcome::Fail || seen.outcome == Outcome::Unknown);
                self.unreviewed.extend(open.map(|seen| (identity, seen)));
            }
            _ => {}
        }
    }

    fn note(&mut self, kind: Option<FactKind>, identity: &'a str, was: Option<SeenRow<'_>>, is: Option<SeenRow<'_>>) {
        let Some(kind) = kind else { return };
        let subject = is.or(was).map(|seen| seen.subject.to_owned()).unwrap_or_default();
        let seen = |own: Option<SeenRow<'_>>| own.map(|own| Box::new(Seen::of(&own)));
        let fact = Fact { kind, objective: self.objective.to_owned(), subject, before: seen(was), after: seen(is) };
        self.facts.push((identity, fact));
    }

    /// A fact without what was seen.
    fn mark(&mut self, kind: Option<FactKind>, identity: &'a str, subject: &str) {
        if let Some(kind) = kind {
            let fact = Fact { kind, objective: self.objective.to_owned(), subject: subject.to_owned(), before: None, after: None };
            self.facts.push((identity, fact));
        }
    }

    fn came(&self, was: Option<SeenRow<'_>>, is: Option<SeenRow<'_>>) -> bool {
        self.whole && !is_live(was) && is_live(is)
    }

    fn went(&self, was: Option<SeenRow<'_>>, is: Option<SeenRow<'_>>) -> bool {
        self.whole && is_live(was) && !is_live(is)
    }

    /// What is told of credentials depends on all credentials of an identity.
    fn settle_credentials(&mut self) {
        let mut credentials = std::mem::take(&mut self.credentials);
        credentials.sort_by_key(|(identity, _)| *identity);
        for list in credentials.chunk_by(|one, two| one.0 == two.0) {
            let any_went = list.iter().any(|(_, (was, is))| self.went(*was, *is));
            let any_came = list.iter().any(|(_, (was, is))| self.came(*was, *is));
            for (identity, (was, is)) in list {
                let kind = if renewed(*was, *is) || (self.came(*was, *is) && any_went) {
                    Some(FactKind::CredentialRotated)
                } else if self.came(*was, *is) {
                    Some(FactKind::CredentialAdded)
                } else if self.went(*was, *is) && !any_came {
                    Some(FactKind::CredentialWithdrawn)
                } else {
                    None
                };
                self.note(kind, identity, *was, *is);
            }
        }
    }
}

fn is_live(seen: Option<SeenRow<'_>>) -> bool {
    seen.is_some_and(|seen| seen.outcome != Outcome::Skip)
}

fn renewed(was: Option<SeenRow<'_>>, is: Option<SeenRow<'_>>) -> bool {
    was.zip(is).is_some_and(|(was, is)| was.outcome == Outcome::Fail && is.outcome == Outcome::Pass)
}

impl<'a> Identities<'a> {
    pub fn new(before: Side<'a>, after: Side<'a>) -> Identities<'a> {
        let lists = before.lists.zip(after.lists);
        let registers = lists.and_then(|(old, new)| Registers::of(old, new));
        let whole = before.is_whole() && after.is_whole();
        let listed = || {
            let (old, new) = lists.filter(|_| whole)?;
            let (old, new) = (old.identities(), new.identities());
            let without = |all: &[&'a str], other: &[&'a str]| all.iter().copied().filter(|id| other.binary_search(id).is_err()).collect();
            Some((without(&old, &new), without(&new, &old)))
        };
        let alone = registers.as_ref().map(Registers::went_and_came).or_else(listed);
        Identities { registers, alone, whole }
    }

    /// Whether new and retired identities can be told.
    pub fn are_known(&self) -> bool {
        self.alone.is_some()
    }

    pub fn facts_of(&self, objective: &'a str) -> Facts<'a> {
        Facts {
            objective,
            has_register: self.registers.is_some(),
            whole: self.whole,
            facts: Vec::new(),
            credentials: Vec::new(),
            unreviewed: Vec::new(),
        }
    }

    /// Every identity about which there is something to say: by standing, then in order.
    pub fn settle(self, objectives: Vec<Facts<'a>>) -> Vec<IdentityChange> {
        let mut unreviewed: Vec<(&str, SeenRow<'_>)> = Vec::new();
        let mut facts: Vec<(&str, Fact)> = Vec::new();
        for mut own in objectives {
            own.settle_credentials();
            facts.append(&mut own.facts);
            unreviewed.append(&mut own.unreviewed);
        }
        unreviewed.sort_by_key(|(identity, _)| *identity);
        let mut standings = self.standings();
        if let Some(registers) = &self.registers {
            facts.extend(registers.facts());
            facts.extend(registers.renamed().into_iter().map(|(new, old)| (new, renamed(new, old))));
        }
        facts.par_sort_unstable_by(|one, two| one.0.cmp(two.0).then_with(|| one.1.cmp(&two.1)));
        let counts: Vec<usize> = facts.chunk_by(|one, two| one.0 == two.0).map(<[_]>::len).collect();
        let mut facts = facts.into_iter();
        let mut list: Vec<IdentityChange> = Vec::with_capacity(counts.len());
        for count in counts {
            let Some((identity, first)) = facts.next() else { break };
            let mut own = Vec::with_capacity(count);
            own.push(first);
            own.extend(facts.by_ref().take(count - 1).map(|(_, fact)| fact));
            let standing = standings.remove(identity).unwrap_or(Standing::Kept);
            list.push(IdentityChange {
                identity: identity.to_owned(),
                standing,
                owner: None,
                facts: told(own, standing, || last_of(&unreviewed, identity)),
            });
        }
        let quiet = standings.into_iter().map(|(id, standing)| IdentityChange {
            identity: id.to_owned(),
            standing,
            owner: None,
            facts: Vec::new(),
        });
        list.extend(quiet);
        list.sort_by(|one, two| one.identity.cmp(&two.identity));
        if let Some(registers) = &self.registers {
            let mut owner = registers.owners();
            list.iter_mut().for_each(|own| own.owner = owner(&own.identity).map(str::to_owned));
        }
        // A stable sort: within a standing they stay in order.
        list.sort_by_key(|own| own.standing);
        list
    }

    /// What became of the identities that stand on one side only, as far as that is known.
    fn standings(&self) -> BTreeMap<&'a str, Standing> {
        let mut all: BTreeMap<&str, Standing> = BTreeMap::new();
        if let Some((went, came)) = &self.alone {
            all.extend(came.iter().map(|id| (*id, Standing::New)));
            all.extend(went.iter().map(|id| (*id, Standing::Retired)));
        }
        for (new, old) in self.registers.iter().flat_map(Registers::renamed) {
            all.remove(old);
            all.insert(new, Standing::Renamed);
        }
        all
    }
}

fn renamed(new: &str, old: &str) -> Fact {
    let seen = |id: &str| Some(Box::new(Seen { outcome: None, reason: id.to_owned(), artifact: String::new(), record: String::new() }));
    Fact { kind: FactKind::Renamed, objective: String::new(), subject: new.to_owned(), before: seen(old), after: seen(new) }
}

/// What a list in order says last of an identity.
fn last_of<'a>(list: &[(&str, SeenRow<'a>)], identity: &str) -> Option<SeenRow<'a>> {
    let after = list.partition_point(|(id, _)| *id <= identity);
    list[..after].last().filter(|(id, _)| *id == identity).map(|(_, seen)| *seen)
}

/// The facts of one identity that are worth a line, in order.
fn told<'s>(mut facts: Vec<Fact>, standing: Standing, unreviewed: impl FnOnce() -> Option<SeenRow<'s>>) -> Vec<Fact> {
    // That rights grew is told once: by the register with the grants, where it tells it.
    for kind in [FactKind::PrivilegeGrown, FactKind::PrivilegeReduced] {
        if facts.iter().any(|fact| fact.kind == kind && fact.objective.is_empty()) {
            facts.retain(|fact| fact.kind != kind || fact.objective.is_empty());
        }
    }
    let drifts = |fact: &Fact| {
        matches!(fact.kind, FactKind::PrivilegeGrown | FactKind::GrantsChanged | FactKind::OwnerChanged | FactKind::CredentialAdded)
    };
    if facts.iter().any(drifts)
        && let Some(seen) = unreviewed()
    {
        let (objective, subject) = (REVIEW.to_owned(), seen.subject.to_owned());
        facts.push(Fact { kind: FactKind::DriftSinceReview, objective, subject, before: None, after: Some(Box::new(Seen::of(&seen))) });
        facts.sort();
    }
    // Of an identity that came or went, everything came or went with it: only what stands now is worth a line.
    match standing {
        Standing::New => facts.retain(|fact| fact.kind == FactKind::DeviationBegan),
        Standing::Retired => facts.retain(|fact| fact.kind == FactKind::DeviationEnded),
        Standing::Kept | Standing::Renamed => {}
    }
    facts
}
