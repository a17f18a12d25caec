//! What became of each identity: new, retired, another owner, credentials replaced, rights grown, deviations that stay.
//!
//! In: the observations of both sides, subject by subject. What an objective tells of an identity beside pass and fail is a short table here;
//! an objective outside that table still tells of deviations.

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::register::{Near, RegisterFact, Registers, Shown, Who};
use super::sources::{Looked, Sources};
use super::{Seen, Side};
use crate::assessment::Outcome;
use crate::assessment::lists::Glimpse;

/// Objectives that tell more of an identity than that it departs.
const OWNERSHIP: &str = "nhi-ownership";
const RIGHTS: &str = "least-privilege";
pub(super) const CREDENTIALS: &str = "credential-rotation";
const REVIEW: &str = "access-review";

/// One identity with everything that changed about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IdentityChange<'a> {
    pub identity: &'a str,
    pub standing: Standing,
    /// Whose it is by the later register, else by the earlier one; none where neither tells.
    pub owner: Option<&'a str>,
    pub facts: Vec<Fact<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    New,
    /// Only the later side has it, and the source that shows it was not collected for the earlier one.
    Found,
    Retired,
    /// Only the earlier side has it, and the source that showed it was not collected for the later one.
    Unseen,
    /// It was there under another id.
    Renamed,
    Kept,
}

/// Something that changed, or stayed and should not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Fact<'a> {
    pub kind: FactKind,
    /// Empty where no objective tells it.
    pub objective: &'a str,
    pub subject: &'a str,
    /// None where it was not there, and where its objective tells what was seen.
    pub before: Option<Box<Seen<'a>>>,
    pub after: Option<Box<Seen<'a>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FactKind {
    /// Grants that it did not have, and none that it lost; or it became administrative.
    PrivilegeGrown,
    OwnerChanged,
    CredentialAdded,
    CredentialRotated,
    CredentialWithdrawn,
    /// Grants that it lost, and none that it did not have; or it is no longer administrative.
    PrivilegeReduced,
    /// Some grants came and others went; or, without a register, its rights and their use are told otherwise.
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
    /// It departs now, and nobody had looked before.
    DeviationFound,
    /// It departed, and nobody looked now.
    DeviationUnseen,
}

/// What was seen of a subject on both sides, where it is to be told.
type Sights<'a> = (Option<Box<Seen<'a>>>, Option<Box<Seen<'a>>>);

/// One subject on both sides.
type Pair<'a> = (Option<Glimpse<'a>>, Option<Glimpse<'a>>);

/// What is known of all identities before anything is said of one.
pub(super) struct Identities<'a> {
    registers: Option<Registers<'a>>,
    /// Identities that only the earlier side has, and those that only the later one has.
    alone: Option<(Vec<Shown<'a>>, Vec<Shown<'a>>)>,
    /// Identities that went and came as one: the earlier name to the later one, and the other way round.
    renamed: BTreeMap<&'a str, &'a str>,
    renamed_from: BTreeMap<&'a str, &'a str>,
    sources: (Sources<'a>, Sources<'a>),
    /// Whether the credentials of both sides are listed in full.
    whole: bool,
}

/// A fact on its way to the identity that it is about. There may be millions, so it is small.
struct Light<'a> {
    who: Who<'a>,
    /// A standing where it says no more than what became of its identity.
    kind: Result<FactKind, Standing>,
    /// Its place among all objectives, from one; zero where none tells it.
    objective: u32,
    subject: &'a str,
    before: Option<Box<Seen<'a>>>,
    after: Option<Box<Seen<'a>>>,
}

/// Facts that one objective tells, subject by subject.
pub(super) struct Facts<'a, 'p> {
    people: &'p Identities<'a>,
    objective: &'a str,
    /// Its place among all objectives, from one.
    place: u32,
    facts: Vec<Light<'a>>,
    /// Where the last identity was found.
    near: Near,
    /// Credentials of identities that came, went or were renewed.
    credentials: Vec<(&'a str, Pair<'a>)>,
    unreviewed: Vec<(&'a str, Glimpse<'a>)>,
}

/// The same once all of its subjects were seen.
pub(super) struct Settled<'a> {
    facts: Vec<Light<'a>>,
    unreviewed: Vec<(&'a str, Glimpse<'a>)>,
}

impl<'a> Facts<'a, '_> {
    /// One subject as both sides saw it.
    /// `looked` is false where it is not known on one side whether it departs.
    pub fn add(&mut self, was: Option<Glimpse<'a>>, is: Option<Glimpse<'a>>, looked: bool) {
        let Some(identity) = is.or(was).and_then(|seen| seen.identity()) else { return };
        let outcome = |seen: Option<Glimpse<'_>>| seen.map(|seen| seen.outcome);
        let (old, new) = (outcome(was), outcome(is));
        let fails = |outcome: Option<Outcome>| outcome == Some(Outcome::Fail);
        let kind = match (fails(old), fails(new)) {
            (false, true) if looked => Some(FactKind::DeviationBegan),
            (false, true) => Some(FactKind::DeviationFound),
            (true, true) => Some(FactKind::DeviationRepeated),
            (true, false) if looked => Some(FactKind::DeviationEnded),
            (true, false) => Some(FactKind::DeviationUnseen),
            (false, false) => None,
        };
        // What was seen of a subject on both sides stands with its objective; only what came or went is told here in full.
        match (was, is) {
            (Some(_), Some(seen)) => self.mark(kind, identity, seen.subject),
            _ => self.note(kind, identity, was, is),
        }
        let said_otherwise = || was.zip(is).is_some_and(|(was, is)| was.reason() != is.reason());
        let has_register = self.people.registers.is_some();
        match self.objective {
            // A register tells it better than the sentence of an objective.
            OWNERSHIP if !has_register && said_otherwise() => self.note(Some(FactKind::OwnerChanged), identity, was, is),
            // A pass or a failure of that objective may mean use as well as rights: only a register tells which grants there are.
            RIGHTS if !has_register && said_otherwise() => self.note(Some(FactKind::GrantsChanged), identity, was, is),
            CREDENTIALS if !looked => {}
            CREDENTIALS if self.came(was, is) || self.went(was, is) || renewed(was, is) => self.credentials.push((identity, (was, is))),
            REVIEW => {
                let open = is.filter(|seen| seen.outcome == Outcome::Fail || seen.outcome == Outcome::Unknown);
                self.unreviewed.extend(open.map(|seen| (identity, seen)));
            }
            _ => {}
        }
    }

    fn note(&mut self, kind: Option<FactKind>, identity: &'a str, was: Option<Glimpse<'a>>, is: Option<Glimpse<'a>>) {
        if let Some(kind) = kind {
            let subject = is.or(was).map(|seen| seen.subject).unwrap_or_default();
            let seen = |own: Option<Glimpse<'a>>| own.map(|own| Box::new(Seen::of(&own)));
            self.push(kind, identity, subject, (seen(was), seen(is)));
        }
    }

    /// A fact without what was seen.
    fn mark(&mut self, kind: Option<FactKind>, identity: &'a str, subject: &'a str) {
        if let Some(kind) = kind {
            self.push(kind, identity, subject, (None, None));
        }
    }

    fn push(&mut self, kind: FactKind, identity: &'a str, subject: &'a str, (before, after): Sights<'a>) {
        let who = self.people.who(self.people.named_now(identity), &mut self.near);
        self.facts.push(Light { who, kind: Ok(kind), objective: self.place, subject, before, after });
    }

    fn came(&self, was: Option<Glimpse<'_>>, is: Option<Glimpse<'_>>) -> bool {
        self.people.whole && !is_live(was) && is_live(is)
    }

    fn went(&self, was: Option<Glimpse<'_>>, is: Option<Glimpse<'_>>) -> bool {
        self.people.whole && is_live(was) && !is_live(is)
    }

    /// What all of its subjects tell, in the order of identities.
    pub fn settle(mut self) -> Settled<'a> {
        self.settle_credentials();
        // Subjects came in order, and most identities with them.
        self.facts.sort_by_key(|fact| fact.who);
        self.facts.shrink_to_fit();
        Settled { facts: self.facts, unreviewed: self.unreviewed }
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

fn is_live(seen: Option<Glimpse<'_>>) -> bool {
    seen.is_some_and(|seen| seen.outcome != Outcome::Skip)
}

fn renewed(was: Option<Glimpse<'_>>, is: Option<Glimpse<'_>>) -> bool {
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
            let without = |all: &[&'a str], other: &[&'a str]| -> Vec<Shown<'a>> {
                all.iter().copied().filter(|id| other.binary_search(id).is_err()).map(|id| (id, "")).collect()
            };
            Some((without(&old, &new), without(&new, &old)))
        };
        let alone = registers.as_ref().map(Registers::went_and_came).or_else(listed);
        let renamed_from = registers.as_ref().map(Registers::renamed).unwrap_or_default();
        let renamed = renamed_from.iter().map(|(new, old)| (*old, *new)).collect();
        let sources = (Sources::of(before.assessment), Sources::of(after.assessment));
        Identities { registers, alone, renamed, renamed_from, sources, whole }
    }

    /// Whether an identity went or came under another name.
    pub fn bears_another_name(&self, identity: Option<&str>) -> bool {
        identity.is_some_and(|own| self.renamed.contains_key(own) || self.renamed_from.contains_key(own))
    }

    /// The later name of an identity.
    pub fn named_now(&self, identity: &'a str) -> &'a str {
        self.renamed.get(identity).copied().unwrap_or(identity)
    }

    /// Whether the later side looked at what the earlier one shows.
    pub fn looked_later(&self, is_tested: bool) -> Looked<'a, '_> {
        Looked::new(&self.sources.0, &self.sources.1, is_tested)
    }

    /// Whether the earlier side looked at what the later one shows.
    pub fn looked_earlier(&self, is_tested: bool) -> Looked<'a, '_> {
        Looked::new(&self.sources.1, &self.sources.0, is_tested)
    }

    /// Whether new and retired identities can be told.
    pub fn are_known(&self) -> bool {
        self.alone.is_some()
    }

    /// Of the objective at a place among all of them.
    pub fn facts_of(&self, objective: &'a str, place: usize) -> Facts<'a, '_> {
        let place = u32::try_from(place + 1).unwrap_or_default();
        Facts { people: self, objective, place, facts: Vec::new(), near: Near::default(), credentials: Vec::new(), unreviewed: Vec::new() }
    }

    fn who(&self, name: &'a str, near: &mut Near) -> Who<'a> {
        self.registers.as_ref().map_or_else(|| Who::named(name), |registers| registers.who(name, near))
    }

    /// Every identity about which there is something to say: by standing, then in order. `ids` are the objectives in the order of their facts.
    pub fn settle(self, ids: &[&'a str], objectives: Vec<Settled<'a>>) -> Vec<IdentityChange<'a>> {
        let mut unreviewed: Vec<(&str, Glimpse<'_>)> = Vec::new();
        let mut lists: Vec<Vec<Light<'a>>> = Vec::new();
        for own in objectives {
            lists.push(own.facts);
            unreviewed.extend(own.unreviewed);
        }
        unreviewed.sort_by_key(|(identity, _)| *identity);
        lists.push(self.told_by_registers());
        let ranks = self.registers.as_ref().map_or(1, Registers::ranks);
        let starts: Vec<u32> = (0..ranks).step_by(PART_RANKS).collect();
        let mut parts: Vec<Vec<&mut [Light<'a>]>> = starts.iter().map(|_| Vec::new()).collect();
        for list in &mut lists {
            let mut rest = list.as_mut_slice();
            for (part, start) in parts.iter_mut().zip(&starts) {
                let end = start.saturating_add(PART_RANKS as u32);
                let (own, others) = rest.split_at_mut(rest.partition_point(|fact| fact.who.rank() < end));
                part.push(own);
                rest = others;
            }
        }
        let told = Told { people: &self, ids, unreviewed: &unreviewed };
        let parts: Vec<[Vec<IdentityChange<'a>>; 2]> = parts.into_par_iter().map(|lists| told.part(lists)).collect();
        drop(lists);
        let mut all = Vec::with_capacity(parts.iter().flatten().map(Vec::len).sum());
        let mut kept = Vec::with_capacity(parts.len());
        for [moved, stayed] in parts {
            all.extend(moved);
            kept.push(stayed);
        }
        all.sort_by_key(|own: &IdentityChange<'_>| own.standing);
        kept.into_iter().for_each(|stayed| all.extend(stayed));
        all
    }

    /// What the registers say, and that something is to be said of whoever came or went.
    fn told_by_registers(&self) -> Vec<Light<'a>> {
        let light = |who: Who<'a>, kind| Light { who, kind, objective: 0, subject: who.name, before: None, after: None };
        let standings = self.standings();
        let mut near = Near::default();
        let mut list: Vec<Light<'a>> =
            standings.into_iter().map(|(name, standing)| light(self.who(name, &mut near), Err(standing))).collect();
        if let Some(registers) = &self.registers {
            list.extend(registers.facts().into_iter().map(|(who, RegisterFact { kind, before, after })| Light {
                before: Some(Box::new(before)),
                after: Some(Box::new(after)),
                ..light(who, Ok(kind))
            }));
            list.extend(self.renamed_from.iter().map(|(new, old)| {
                let seen = |id: &'a str| Some(Box::new(Seen { outcome: None, reason: id.into(), artifact: "", record: "" }));
                Light { before: seen(old), after: seen(new), ..light(self.who(new, &mut Near::default()), Ok(FactKind::Renamed)) }
            }));
        }
        list.sort_by_key(|fact| fact.who);
        list
    }

    /// What became of the identities that stand on one side only, as far as that is known.
    fn standings(&self) -> BTreeMap<&'a str, Standing> {
        let mut all: BTreeMap<&str, Standing> = BTreeMap::new();
        if let Some((went, came)) = &self.alone {
            let (then, now) = (self.looked_later(true), self.looked_earlier(true));
            all.extend(came.iter().map(|(id, artifact)| (*id, if now.at(artifact) { Standing::New } else { Standing::Found })));
            all.extend(went.iter().map(|(id, artifact)| (*id, if then.at(artifact) { Standing::Retired } else { Standing::Unseen })));
        }
        for (new, old) in &self.renamed_from {
            all.remove(old);
            all.insert(new, Standing::Renamed);
        }
        all
    }
}

/// Ranks that one thread goes through at once.
const PART_RANKS: usize = 1 << 15;

/// What is to be said of identities, and what has to be known for it.
struct Told<'a, 'p> {
    people: &'p Identities<'a>,
    ids: &'p [&'a str],
    unreviewed: &'p [(&'a str, Glimpse<'a>)],
}

impl<'a> Told<'a, '_> {
    /// The identities of one stretch of ranks: those that came, went or were renamed, and those that stayed. Each list has its facts in their order.
    fn part(&self, lists: Vec<&mut [Light<'a>]>) -> [Vec<IdentityChange<'a>>; 2] {
        let mut facts: Vec<(Who<'a>, &mut Light<'a>)> = lists.into_iter().flatten().map(|fact| (fact.who, fact)).collect();
        facts.sort_by_key(|(who, _)| *who);
        let mut told = [Vec::new(), Vec::new()];
        for own in facts.chunk_by_mut(|one, two| one.0 == two.0) {
            let own = self.identity(own);
            told[usize::from(own.standing == Standing::Kept)].push(own);
        }
        told
    }

    fn identity(&self, own: &mut [(Who<'a>, &mut Light<'a>)]) -> IdentityChange<'a> {
        let who = own[0].0;
        let standing = own.iter().find_map(|(_, fact)| fact.kind.err()).unwrap_or(Standing::Kept);
        let mut facts = Vec::with_capacity(own.len());
        facts.extend(own.iter_mut().filter_map(|(_, fact)| {
            let kind = fact.kind.ok()?;
            let (before, after) = (fact.before.take(), fact.after.take());
            let objective = (fact.objective as usize).checked_sub(1).map_or("", |place| self.ids[place]);
            Some(Fact { kind, objective, subject: fact.subject, before, after })
        }));
        facts.sort();
        let facts = told(facts, standing, || last_of(self.unreviewed, who.name));
        let owner = self.people.registers.as_ref().and_then(|registers| registers.owner(who));
        IdentityChange { identity: who.name, standing, owner, facts }
    }
}

/// What a list in order says last of an identity.
fn last_of<'a>(list: &[(&str, Glimpse<'a>)], identity: &str) -> Option<Glimpse<'a>> {
    let after = list.partition_point(|(id, _)| *id <= identity);
    list[..after].last().filter(|(id, _)| *id == identity).map(|(_, seen)| *seen)
}

/// The facts of one identity that are worth a line, in order.
fn told<'a>(mut facts: Vec<Fact<'a>>, standing: Standing, unreviewed: impl FnOnce() -> Option<Glimpse<'a>>) -> Vec<Fact<'a>> {
    let drifts = |fact: &Fact<'_>| {
        matches!(fact.kind, FactKind::PrivilegeGrown | FactKind::GrantsChanged | FactKind::OwnerChanged | FactKind::CredentialAdded)
    };
    if facts.iter().any(drifts)
        && let Some(seen) = unreviewed()
    {
        let (objective, subject) = (REVIEW, seen.subject);
        facts.push(Fact { kind: FactKind::DriftSinceReview, objective, subject, before: None, after: Some(Box::new(Seen::of(&seen))) });
        facts.sort();
    }
    // Of an identity that came or went, everything came or went with it: only what stands now is worth a line.
    match standing {
        Standing::New | Standing::Found => facts.retain(|fact| matches!(fact.kind, FactKind::DeviationBegan | FactKind::DeviationFound)),
        Standing::Retired | Standing::Unseen => {
            facts.retain(|fact| matches!(fact.kind, FactKind::DeviationEnded | FactKind::DeviationUnseen))
        }
        Standing::Kept | Standing::Renamed => {}
    }
    facts
}
