//! Which clauses of the earlier side are which of the later one: by id within an edition, by crosswalk between editions.
//!
//! In: two assessments and the crosswalks. Out: groups of clauses that belong together, every assessable clause in exactly one.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Cause, Change, ClauseAt, Entry, Movement};
use crate::assessment::{Assessment, ClauseResult};
use crate::base::Status;

/// What became of the clauses of one edition in another, as a plain value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crosswalk {
    pub from: String,
    pub to: String,
    pub pairs: Vec<Correspondence>,
}

/// One pair; a clause that was split or merged stands in several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Correspondence {
    pub before: Option<String>,
    pub after: Option<String>,
    pub relation: Relation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    Unchanged,
    Renumbered,
    /// The demand itself differs.
    Changed,
    Split,
    Merged,
    Withdrawn,
    New,
}

/// An edition of the earlier side and its counterpart on the later one.
pub type Editions = (Option<String>, Option<String>);

/// The framework of an edition: `pci-dss` of `pci-dss@4.0.1`.
pub fn family(edition: &str) -> &str {
    edition.split('@').next().unwrap_or(edition)
}

/// Pairs of different editions of one framework that have to be compared with each other: a crosswalk is wanted for each.
pub fn crossings(before: &Assessment, after: &Assessment) -> Vec<(String, String)> {
    editions(before, after).into_iter().filter_map(|(old, new)| Some((old?, new?))).filter(|(old, new)| old != new).collect()
}

/// Every edition of both sides with its counterpart: the same edition, else another one of the same framework.
pub fn editions(before: &Assessment, after: &Assessment) -> Vec<Editions> {
    let names = |assessment: &Assessment| assessment.frameworks.iter().map(|own| own.framework.clone()).collect::<BTreeSet<_>>();
    let (old, new) = (names(before), names(after));
    let mut pairs: Vec<_> = old.intersection(&new).map(|name| (Some(name.clone()), Some(name.clone()))).collect();
    let mut waiting: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for name in new.difference(&old) {
        waiting.entry(family(name)).or_default().push(name);
    }
    for name in old.difference(&new) {
        let own = waiting.get_mut(family(name)).filter(|own| !own.is_empty()).map(|own| own.remove(0).clone());
        pairs.push((Some(name.clone()), own));
    }
    pairs.extend(waiting.into_values().flatten().map(|name| (None, Some(name.clone()))));
    pairs.sort_by(|one, two| one.1.as_ref().or(one.0.as_ref()).cmp(&two.1.as_ref().or(two.0.as_ref())));
    pairs
}

/// What a comparison of two editions carries over: clauses of the later one, unless said otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Crossing {
    pub with_counterpart: usize,
    /// Asked by the later edition only.
    pub newly_asked: usize,
    /// Clauses of the earlier edition that the later one no longer asks.
    pub withdrawn: usize,
    /// Tested clauses all of whose objectives spoke for their counterparts already.
    pub carried: usize,
    /// Some of whose objectives did.
    pub carried_in_part: usize,
    /// None of whose objectives did.
    pub not_carried: usize,
}

impl Crossing {
    pub fn add(&mut self, group: &Group<'_>, change: Change) {
        self.withdrawn += usize::from(change == Change::Removed);
        self.newly_asked += usize::from(change == Change::Added);
        let known = cited(&group.before);
        for clause in &group.after {
            self.with_counterpart += usize::from(!group.before.is_empty());
            let asked = cited(&[clause]);
            match (asked.is_empty(), asked.intersection(&known).count()) {
                (true, _) => {}
                (false, 0) => self.not_carried += 1,
                (false, shared) if shared == asked.len() => self.carried += 1,
                (false, _) => self.carried_in_part += 1,
            }
        }
    }
}

/// Objectives that speak for some of the clauses.
pub fn cited<'a>(list: &[&'a ClauseResult]) -> BTreeSet<&'a str> {
    list.iter().flat_map(|clause| &clause.objectives).map(|own| own.objective.as_str()).collect()
}

/// Clauses that belong together.
pub struct Group<'a> {
    pub before: Vec<&'a ClauseResult>,
    pub after: Vec<&'a ClauseResult>,
    pub link: Link,
}

/// On what ground they belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    SameEdition,
    /// What the crosswalk says of them.
    Crosswalk {
        from: String,
        to: String,
        pairs: Vec<Correspondence>,
    },
    /// The framework has another edition on the other side, and no crosswalk leads there.
    NoCrosswalk {
        from: String,
        to: String,
    },
    /// The framework is assessed on one side only.
    OneSided,
}

/// All groups, in the publisher's order of the later side; what only the earlier side has follows.
pub fn groups<'a>(before: &'a Assessment, after: &'a Assessment, crosswalks: &[Crosswalk]) -> Vec<Group<'a>> {
    let mut groups = Vec::new();
    for (old, new) in editions(before, after) {
        let (earlier, later) = (clauses(before, old.as_deref()), clauses(after, new.as_deref()));
        match (old, new) {
            (Some(old), Some(new)) if old == new => same_edition(&earlier, &later, &mut groups),
            (Some(from), Some(to)) => match crosswalks.iter().find(|own| own.from == from && own.to == to) {
                Some(crosswalk) => crossed(&earlier, &later, crosswalk, &mut groups),
                None => alone(&earlier, &later, &Link::NoCrosswalk { from, to }, &mut groups),
            },
            _ => alone(&earlier, &later, &Link::OneSided, &mut groups),
        }
    }
    groups
}

fn clauses<'a>(assessment: &'a Assessment, edition: Option<&str>) -> Vec<&'a ClauseResult> {
    let Some(edition) = edition else { return Vec::new() };
    assessment.clauses.iter().filter(|clause| clause.framework == edition && clause.status.is_some()).collect()
}

fn alone<'a>(earlier: &[&'a ClauseResult], later: &[&'a ClauseResult], link: &Link, groups: &mut Vec<Group<'a>>) {
    groups.extend(later.iter().map(|clause| Group { before: vec![], after: vec![*clause], link: link.clone() }));
    groups.extend(earlier.iter().map(|clause| Group { before: vec![*clause], after: vec![], link: link.clone() }));
}

fn same_edition<'a>(earlier: &[&'a ClauseResult], later: &[&'a ClauseResult], groups: &mut Vec<Group<'a>>) {
    let mut left: BTreeMap<&str, &'a ClauseResult> = earlier.iter().map(|clause| (clause.clause.as_str(), *clause)).collect();
    for clause in later {
        let before = left.remove(clause.clause.as_str()).into_iter().collect();
        groups.push(Group { before, after: vec![*clause], link: Link::SameEdition });
    }
    for clause in earlier.iter().filter(|clause| left.contains_key(clause.clause.as_str())) {
        groups.push(Group { before: vec![*clause], after: vec![], link: Link::SameEdition });
    }
}

/// Puts together what the pairs of a crosswalk connect. A pair with a heading connects nothing: a heading has no verdict.
fn crossed<'a>(earlier: &[&'a ClauseResult], later: &[&'a ClauseResult], crosswalk: &Crosswalk, groups: &mut Vec<Group<'a>>) {
    let at = |list: &[&'a ClauseResult]| -> BTreeMap<String, usize> {
        list.iter().enumerate().map(|(at, clause)| (clause.clause.clone(), at)).collect()
    };
    let (old, new) = (at(earlier), at(later));
    let mut sets: Vec<usize> = (0..earlier.len() + later.len()).collect();
    for pair in &crosswalk.pairs {
        let ends = (pair.before.as_ref().and_then(|id| old.get(id)), pair.after.as_ref().and_then(|id| new.get(id)));
        if let (Some(one), Some(two)) = ends {
            let (one, two) = (top(&mut sets, *one), top(&mut sets, earlier.len() + *two));
            sets[two] = one;
        }
    }
    let mut members: BTreeMap<usize, Group<'a>> = BTreeMap::new();
    let mut order: Vec<usize> = Vec::new();
    for node in (earlier.len()..sets.len()).chain(0..earlier.len()) {
        let set = top(&mut sets, node);
        let link = || Link::Crosswalk { from: crosswalk.from.clone(), to: crosswalk.to.clone(), pairs: Vec::new() };
        let group = members.entry(set).or_insert_with(|| {
            order.push(set);
            Group { before: vec![], after: vec![], link: link() }
        });
        if node < earlier.len() {
            group.before.push(earlier[node]);
        } else {
            group.after.push(later[node - earlier.len()]);
        }
    }
    for pair in &crosswalk.pairs {
        let mut sets_of_pair = BTreeSet::new();
        sets_of_pair.extend(pair.before.as_ref().and_then(|id| old.get(id)).map(|node| top(&mut sets, *node)));
        sets_of_pair.extend(pair.after.as_ref().and_then(|id| new.get(id)).map(|node| top(&mut sets, earlier.len() + *node)));
        for set in sets_of_pair {
            if let Some(Group { link: Link::Crosswalk { pairs, .. }, .. }) = members.get_mut(&set) {
                pairs.push(pair.clone());
            }
        }
    }
    groups.extend(order.into_iter().filter_map(|set| members.remove(&set)));
}

/// The name of a node's set, the way there shortened.
fn top(sets: &mut [usize], node: usize) -> usize {
    let mut at = node;
    while sets[at] != at {
        sets[at] = sets[sets[at]];
        at = sets[at];
    }
    at
}

impl Group<'_> {
    pub fn editions(&self) -> Editions {
        let own = |list: &[&ClauseResult]| list.first().map(|clause| clause.framework.clone());
        match &self.link {
            Link::Crosswalk { from, to, .. } | Link::NoCrosswalk { from, to } => (Some(from.clone()), Some(to.clone())),
            Link::SameEdition => (own(&self.before).or(own(&self.after)), own(&self.after).or(own(&self.before))),
            Link::OneSided => (own(&self.before), own(&self.after)),
        }
    }

    /// The one class of the group, which way its weakest verdict went, and why where statuses alone do not tell.
    pub fn classified(&self) -> (Change, Movement, String) {
        let weakest = |list: &[&ClauseResult]| list.iter().filter_map(|clause| clause.status).min();
        let (Some(was), Some(is)) = (weakest(&self.before), weakest(&self.after)) else {
            return self.one_sided();
        };
        let movement = Movement::between(was, is);
        match (self.before.len(), self.after.len()) {
            (1, 1) => {
                let (change, why) = self.one_to_one(movement);
                (change, movement, why)
            }
            (1, several) => (Change::Split, movement, format!("One clause became {several}.")),
            (several, 1) => (Change::Merged, movement, format!("{several} clauses became one.")),
            (old, new) => {
                let why = format!("{old} clauses became {new}, crosswise: none of them corresponds to one or several of the others alone.");
                (Change::Incomparable, movement, why)
            }
        }
    }

    fn one_sided(&self) -> (Change, Movement, String) {
        let is_new = self.before.is_empty();
        let plain = if is_new { Change::Added } else { Change::Removed };
        let (change, why) = match &self.link {
            Link::SameEdition => (plain, "The edition has it on one side only.".to_owned()),
            Link::OneSided => (plain, "The framework is assessed on one side only.".to_owned()),
            Link::NoCrosswalk { from, to } => (Change::Incomparable, format!("No crosswalk leads from {from} to {to}.")),
            Link::Crosswalk { from, to, pairs } if pairs.is_empty() => {
                (Change::Incomparable, format!("The crosswalk from {from} to {to} does not name it."))
            }
            Link::Crosswalk { from, to, pairs } => {
                let other = |pair: &Correspondence| if is_new { pair.before.clone() } else { pair.after.clone() };
                let headings: BTreeSet<String> = pairs.iter().filter_map(other).collect();
                let headings: Vec<String> = headings.into_iter().collect();
                match (headings.is_empty(), is_new) {
                    (true, true) => (Change::Added, format!("{to} asks it newly.")),
                    (true, false) => (Change::Removed, format!("{to} no longer asks it; {from} did.")),
                    (false, _) => (
                        Change::Incomparable,
                        format!("It corresponds to {}, which is no clause with a verdict on the other side.", headings.join(", ")),
                    ),
                }
            }
        };
        (change, Movement::OneSided, why)
    }

    fn one_to_one(&self, movement: Movement) -> (Change, String) {
        let changed = match &self.link {
            Link::Crosswalk { pairs, .. } => pairs.iter().any(|pair| !matches!(pair.relation, Relation::Unchanged | Relation::Renumbered)),
            Link::SameEdition | Link::NoCrosswalk { .. } | Link::OneSided => false,
        };
        if changed {
            return (Change::Incomparable, "The demand itself is another in the two editions.".into());
        }
        let renumbered = self.before[0].clause != self.after[0].clause;
        match movement {
            Movement::Worse => (Change::Worsened, String::new()),
            Movement::Better => (Change::Improved, String::new()),
            Movement::Same if renumbered => (Change::Renumbered, String::new()),
            Movement::Same => (Change::Unchanged, String::new()),
            Movement::Found => (Change::Incomparable, "It was not assessed before, and now a deviation stands.".into()),
            Movement::Lost => (Change::Incomparable, "A deviation stood, and now nothing is known: silence is no progress.".into()),
            Movement::Applicability | Movement::OneSided => {
                (Change::Incomparable, "It is stated not applicable on one side, which has no order against a verdict.".into())
            }
        }
    }

    pub fn entry<'s>(&self, change: Change, movement: Movement, why: String, causes: Vec<Cause<'s>>) -> Entry<'s> {
        let shown = self.after.first().or(self.before.first()).expect("a group has a clause");
        let (known, asked) = (cited(&self.before), cited(&self.after));
        Entry {
            framework: shown.framework.clone(),
            clause: shown.clause.clone(),
            label: shown.label.clone(),
            change,
            movement,
            why,
            before: self.before.iter().map(|clause| at(clause)).collect(),
            after: self.after.iter().map(|clause| at(clause)).collect(),
            objectives_carried: asked.intersection(&known).map(|id| (*id).to_owned()).collect(),
            objectives_new: asked.difference(&known).map(|id| (*id).to_owned()).collect(),
            objectives_lost: known.difference(&asked).map(|id| (*id).to_owned()).collect(),
            causes,
        }
    }
}

fn at(clause: &ClauseResult) -> ClauseAt {
    ClauseAt {
        framework: clause.framework.clone(),
        clause: clause.clause.clone(),
        label: clause.label.clone(),
        status: clause.status.unwrap_or(Status::NotAssessed),
    }
}
