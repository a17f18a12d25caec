//! Compares two assessments: what changed, clause by clause, objective by objective and identity by identity, and why.
//!
//! In: two kept records, the crosswalks between editions that differ, a way to judge a clause anew, and what came out where objectives were
//! tested again. Out: a [`ChangeSet`]. Needs no catalog, no evidence and no engine: crosswalks, judging and results are handed in.

mod anew;
mod causes;
pub mod gate;
pub mod history;
mod identities;
mod pairing;
pub mod register;
mod sources;
mod statements;
mod subjects;
pub mod trend;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::assessment::inputs::{Recorded, Rejudge};
use crate::assessment::lists::{Glimpse, Lists};
use crate::assessment::{Assessment, Tally};
use crate::base::Status;
use sources::Sources;

pub use anew::{Anew, Exchange, Part, Start, Unclear};
pub use causes::{Cause, CauseKind, How};
pub use identities::{Fact, FactKind, IdentityChange, Standing};
pub use pairing::{Correspondence, Crossing, Crosswalk, Relation, crossings};
pub use subjects::{ObjectiveChange, Row, Seen};

/// Version of the machine form.
pub const SCHEMA: &str = "tickmark-changes/1";

/// One side of a comparison.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    pub assessment: &'a Assessment,
    /// Lists and register that were read apart from the record; without them it is taken for what it lists itself, and for one without a register.
    pub lists: Option<&'a Lists>,
    pub check: &'a Check,
}

impl<'a> Side<'a> {
    /// Whether whole populations are listed, and not only what does not pass.
    fn is_whole(self) -> bool {
        self.lists.is_some_and(|lists| lists.is_whole)
    }

    /// The observations of an objective in the order of their subjects.
    fn listed(self, objective: &str) -> Box<dyn Iterator<Item = Glimpse<'a>> + 'a> {
        if let Some(lists) = self.lists {
            return Box::new(lists.glimpses(objective));
        }
        let kept = self.assessment.objective(objective).map(|own| &own.observations);
        let mut list: Vec<Glimpse<'_>> = kept.into_iter().flatten().map(Glimpse::from).collect();
        if !list.is_sorted_by_key(|own| own.subject) {
            list.sort_by_key(|own| own.subject);
        }
        Box::new(list.into_iter())
    }
}

/// What was checked before anything was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// `whole-pack`: every digest of the pack holds. `record-only`: the record's own digests were followed up to its root.
    /// `broken`: something does not hold, and the comparison was asked for all the same.
    pub state: CheckState,
    /// What does not hold.
    pub breaches: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    WholePack,
    RecordOnly,
    Broken,
}

/// How a clause moved: exactly one for each clause of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    Worsened,
    /// The two verdicts have no order, or the demand itself is another.
    Incomparable,
    /// Only the earlier side has it.
    Removed,
    /// Only the later side has it.
    Added,
    /// One clause of the earlier edition is several of the later one.
    Split,
    /// Several clauses of the earlier edition are one of the later one.
    Merged,
    /// The same demand with the same verdict under another id.
    Renumbered,
    Improved,
    Unchanged,
}

impl Change {
    pub const ALL: [Change; 9] = [
        Change::Worsened,
        Change::Incomparable,
        Change::Removed,
        Change::Added,
        Change::Split,
        Change::Merged,
        Change::Renumbered,
        Change::Improved,
        Change::Unchanged,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Change::Worsened => "worsened",
            Change::Incomparable => "incomparable",
            Change::Removed => "removed",
            Change::Added => "added",
            Change::Split => "split",
            Change::Merged => "merged",
            Change::Renumbered => "renumbered",
            Change::Improved => "improved",
            Change::Unchanged => "unchanged",
        }
    }

    /// The class that the same clauses have when the sides are exchanged.
    pub fn mirrored(self) -> Change {
        match self {
            Change::Worsened => Change::Improved,
            Change::Improved => Change::Worsened,
            Change::Added => Change::Removed,
            Change::Removed => Change::Added,
            Change::Split => Change::Merged,
            Change::Merged => Change::Split,
            Change::Incomparable | Change::Renumbered | Change::Unchanged => self,
        }
    }
}

/// Which way the verdict itself went, whatever became of the clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Movement {
    Worse,
    Better,
    Same,
    /// Not assessed before, and now a deviation stands.
    Found,
    /// A deviation stood, and now nothing is known.
    Lost,
    /// Stated not applicable on one side.
    Applicability,
    /// There is only one side.
    OneSided,
}

impl Movement {
    fn between(was: Status, is: Status) -> Movement {
        match (was, is) {
            (was, is) if was == is => Movement::Same,
            (Status::NotApplicable, _) | (_, Status::NotApplicable) => Movement::Applicability,
            (Status::NotAssessed, Status::NotSatisfied) => Movement::Found,
            (Status::NotSatisfied, Status::NotAssessed) => Movement::Lost,
            (was, is) if is > was => Movement::Better,
            _ => Movement::Worse,
        }
    }
}

/// A clause as one side has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct ClauseAt {
    pub framework: String,
    pub clause: String,
    pub label: String,
    pub status: Status,
}

/// One clause that changed, or several that became one another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entry<'a> {
    /// Edition and id on the later side; on the earlier one where there is no later one.
    pub framework: String,
    pub clause: String,
    pub label: String,
    pub change: Change,
    pub movement: Movement,
    /// Why it is in that class, where the statuses alone do not tell; else empty.
    pub why: String,
    pub before: Vec<ClauseAt>,
    pub after: Vec<ClauseAt>,
    /// Objectives that speak for it on both sides.
    pub objectives_carried: Vec<String>,
    /// Objectives that speak for it on the later side only.
    pub objectives_new: Vec<String>,
    /// Objectives that spoke for it on the earlier side only.
    pub objectives_lost: Vec<String>,
    pub causes: Vec<Cause<'a>>,
}

impl Entry<'_> {
    /// Whether a gate against deterioration stops here: a weaker verdict, or a deviation where nothing was known.
    pub fn is_worse(&self) -> bool {
        match self.change {
            Change::Worsened => true,
            Change::Split | Change::Merged | Change::Incomparable => matches!(self.movement, Movement::Worse | Movement::Found),
            Change::Removed | Change::Added | Change::Renumbered | Change::Improved | Change::Unchanged => false,
        }
    }
}

/// What a reader of the comparison has to know before reading on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Remark {
    /// Stable: `broken-side`, `other-scope`, ...
    pub code: &'static str,
    pub text: String,
}

/// One side, as the comparison names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SideRecord {
    pub organisation: String,
    pub title: String,
    pub scope: String,
    pub period_from: String,
    pub period_to: String,
    pub as_of: String,
    pub root: String,
    pub tool: String,
    pub check: Check,
    /// Assessable clauses.
    pub clauses: usize,
}

/// One framework over both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FrameworkChange {
    pub before: Option<String>,
    pub after: Option<String>,
    pub title: String,
    /// Entries by class; a class that none is in is left out.
    pub counts: BTreeMap<Change, usize>,
    /// Where the editions differ: what is carried over, newly asked and withdrawn.
    pub crossing: Option<Crossing>,
    /// Assessable clauses by status.
    pub statuses_before: BTreeMap<Status, usize>,
    pub statuses_after: BTreeMap<Status, usize>,
}

/// A requirement that became binding between the two instants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TookEffect {
    pub framework: String,
    pub clause: String,
    pub label: String,
    pub effective: String,
    /// The weakest verdict of its counterparts, in whatever edition; none where it has none.
    pub before: Option<Status>,
    pub after: Option<Status>,
}

/// What became of an exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExceptionChange {
    pub id: String,
    pub title: String,
    pub objective: String,
    pub change: CauseKind,
    pub expires_at: String,
    /// Deviations that it covered then and covers now.
    pub covered_before: usize,
    pub covered_after: usize,
}

/// Everything that changed, worst first. What `tickmark diff --format json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "Tickmark changes")]
pub struct ChangeSet<'a> {
    /// `tickmark-changes/1`.
    pub schema: &'static str,
    pub before: SideRecord,
    pub after: SideRecord,
    pub remarks: Vec<Remark>,
    /// Entries by class, unchanged ones included: together they hold every assessable clause of both sides once.
    pub counts: BTreeMap<Change, usize>,
    pub frameworks: Vec<FrameworkChange>,
    pub entries: Vec<Entry<'a>>,
    /// The clauses that are counted as unchanged, by edition, in the publisher's order.
    pub unchanged: BTreeMap<String, Vec<String>>,
    pub took_effect: Vec<TookEffect>,
    pub objectives: Vec<ObjectiveChange<'a>>,
    pub exceptions: Vec<ExceptionChange>,
    /// Whether both sides list their whole population, in full lists or in a register, so that new and retired identities can be told.
    pub populations_known: bool,
    pub identities: Vec<IdentityChange<'a>>,
}

impl<'a> ChangeSet<'a> {
    /// Nothing moved: no clause, no subject, no identity.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.exceptions.is_empty()
            && self.objectives.iter().all(|own| [&own.started, &own.stopped, &own.found, &own.lost].iter().all(|rows| rows.is_empty()))
            && self.identities.iter().all(|own| own.facts.iter().all(|fact| fact.kind == FactKind::DeviationRepeated))
    }

    /// Entries at which a gate against deterioration stops.
    pub fn worse(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter().filter(|entry| entry.is_worse())
    }
}

/// Objectives that moved some verdict and of which more than one of evidence, check and parameters differ: which of these it was, only testing
/// them again can tell. In order; hardly anything is looked at where there are none.
pub fn unclear(before: Side<'_>, after: Side<'_>, crosswalks: &[Crosswalk], rejudge: Rejudge<'_>) -> Vec<Unclear> {
    if !anew::any_unclear(before.assessment, after.assessment) {
        return Vec::new();
    }
    let (old, new) = (Recorded::with(before.assessment, before.lists), Recorded::with(after.assessment, after.lists));
    let judging = causes::Judging { old: &old, new: &new, moved: &BTreeMap::new(), rejudge, anew: &Anew::nothing("") };
    let groups = pairing::groups(before.assessment, after.assessment, crosswalks);
    let found: BTreeSet<Unclear> = groups.iter().flat_map(|group| judging.unclear(group)).collect();
    found.into_iter().collect()
}

/// Compares two assessments by nothing but their records.
pub fn compare<'a>(before: Side<'a>, after: Side<'a>, crosswalks: &[Crosswalk], rejudge: Rejudge<'_>) -> ChangeSet<'a> {
    compare_anew(before, after, crosswalks, rejudge, &Anew::nothing("queries were not run again"))
}

/// Compares two assessments. Every assessable clause of both sides is in exactly one entry or counted as unchanged, and every entry has a cause.
/// `anew` has what came out where objectives that are [`unclear`] were tested again.
pub fn compare_anew<'a>(before: Side<'a>, after: Side<'a>, crosswalks: &[Crosswalk], rejudge: Rejudge<'_>, anew: &Anew) -> ChangeSet<'a> {
    let (old, new) = (Recorded::with(before.assessment, before.lists), Recorded::with(after.assessment, after.lists));
    let moved = subjects::moved(before, after);
    let judging = causes::Judging { old: &old, new: &new, moved: &moved.objectives, rejudge, anew };
    let mut counts: BTreeMap<Change, usize> = BTreeMap::new();
    let mut entries = Vec::new();
    let mut unchanged: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut held = (0, 0);
    // What clauses of the later side were on the earlier one, in whatever edition.
    let mut then: BTreeMap<(&str, &str), Option<Status>> = BTreeMap::new();
    let mut by_framework: BTreeMap<pairing::Editions, (BTreeMap<Change, usize>, Crossing)> = BTreeMap::new();
    for group in pairing::groups(before.assessment, after.assessment, crosswalks) {
        held = (held.0 + group.before.len(), held.1 + group.after.len());
        let (change, movement, why) = group.classified();
        *counts.entry(change).or_default() += 1;
        let (counted, crossing) = by_framework.entry(group.editions()).or_default();
        *counted.entry(change).or_default() += 1;
        crossing.add(&group, change);
        for clause in &group.after {
            then.insert((clause.framework.as_str(), clause.clause.as_str()), group.before.iter().filter_map(|own| own.status).min());
        }
        if change == Change::Unchanged {
            for clause in &group.after {
                unchanged.entry(clause.framework.clone()).or_default().push(clause.clause.clone());
            }
        } else {
            let causes = judging.causes(&group, change);
            assert!(!causes.is_empty(), "a change without a cause: {:?}", group.editions());
            entries.push(group.entry(change, movement, why, causes));
        }
    }
    let all = (assessable(before.assessment), assessable(after.assessment));
    assert_eq!(held, all, "each assessable clause of both sides stands in one group");
    entries.sort_by(|one: &Entry<'_>, two: &Entry<'_>| one.change.cmp(&two.change).then_with(|| one.framework.cmp(&two.framework)));
    ChangeSet {
        schema: SCHEMA,
        before: side_record(before),
        after: side_record(after),
        remarks: remarks(before, after, crosswalks),
        counts,
        frameworks: frameworks(before.assessment, after.assessment, &by_framework),
        entries,
        unchanged,
        took_effect: took_effect(before.assessment, after.assessment, &then),
        exceptions: causes::exceptions(before.assessment, after.assessment),
        populations_known: moved.populations_known,
        identities: moved.identities,
        objectives: moved.objectives.into_values().collect(),
    }
}

fn assessable(assessment: &Assessment) -> usize {
    assessment.clauses.iter().filter(|clause| clause.status.is_some()).count()
}

/// How a comparison names one of its sides.
pub fn side_record(side: Side<'_>) -> SideRecord {
    let frame = &side.assessment.frame;
    SideRecord {
        organisation: frame.organisation.clone(),
        title: frame.title.clone(),
        scope: frame.scope.clone(),
        period_from: frame.period_from.clone(),
        period_to: frame.period_to.clone(),
        as_of: frame.as_of.clone(),
        root: side.assessment.root.to_string(),
        tool: format!("{} {}", side.assessment.tool.name, side.assessment.tool.version),
        check: side.check.clone(),
        clauses: assessable(side.assessment),
    }
}

fn frameworks(
    before: &Assessment,
    after: &Assessment,
    counts: &BTreeMap<pairing::Editions, (BTreeMap<Change, usize>, Crossing)>,
) -> Vec<FrameworkChange> {
    let title = |assessment: &Assessment, name: &Option<String>| {
        assessment.frameworks.iter().find(|own| Some(&own.framework) == name.as_ref()).map(|own| own.short_title.clone())
    };
    let statuses = |assessment: &Assessment, name: &Option<String>| name.as_ref().map(|name| assessment.counted(name)).unwrap_or_default();
    counts
        .iter()
        .map(|(names, (counts, crossing))| FrameworkChange {
            crossing: (names.0.is_some() && names.1.is_some() && names.0 != names.1).then_some(*crossing),
            before: names.0.clone(),
            after: names.1.clone(),
            title: title(after, &names.1).or_else(|| title(before, &names.0)).unwrap_or_default(),
            counts: counts.clone(),
            statuses_before: statuses(before, &names.0),
            statuses_after: statuses(after, &names.1),
        })
        .collect()
}

fn remarks(before: Side<'_>, after: Side<'_>, crosswalks: &[Crosswalk]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut add = |code: &'static str, text: String| remarks.push(Remark { code, text });
    let (old, new) = (&before.assessment.frame, &after.assessment.frame);
    for (side, name) in [(before, "earlier"), (after, "later")] {
        match side.check.state {
            CheckState::Broken => add(
                "broken-side",
                format!(
                    "The {name} side does not hold, and nothing that is said of it can be relied on: {}.",
                    first_few(&side.check.breaches).join("; ")
                ),
            ),
            CheckState::RecordOnly => add(
                "record-only",
                format!(
                    "Of the {name} side only the record was at hand: it follows its root, and its evidence was not checked against it."
                ),
            ),
            CheckState::WholePack => {}
        }
        if side.assessment.names.replaced {
            add(
                "redacted",
                format!("The {name} side is redacted. Pseudonyms differ from pack to pack, so a person may seem to have changed."),
            );
        }
    }
    if before.assessment.root == after.assessment.root {
        add("same", "Both sides are the same assessment.".into());
    }
    if before.assessment.root != after.assessment.root {
        match &new.previous {
            Some(root) if *root == before.assessment.root => {
                add("follows", "The later assessment names the earlier one as the one before it.".into());
            }
            Some(root) => add(
                "other-predecessor",
                format!(
                    "The later assessment names another one as the one before it, with the root {root}: the earlier side is not its predecessor."
                ),
            ),
            None => add(
                "no-predecessor",
                "The later assessment names none before it: that the earlier one is its predecessor is said by whoever compares them."
                    .into(),
            ),
        }
    }
    if old.organisation != new.organisation {
        add("other-organisation", format!("The sides are of different organisations: {} and {}.", old.organisation, new.organisation));
    }
    let (shown_then, shown_now) = (Sources::of(before.assessment), Sources::of(after.assessment));
    let (missing, fresh) = (shown_then.beside(&shown_now), shown_now.beside(&shown_then));
    if !missing.is_empty() {
        let text = format!("Not collected for the later side: {}. What only these showed has not ended.", first_few(&missing).join("; "));
        add("not-collected", text);
    }
    if !fresh.is_empty() {
        let text = format!(
            "Not collected for the earlier side: {}. What only these show may have been there before.",
            first_few(&fresh).join("; ")
        );
        add("newly-collected", text);
    }
    if old.scope != new.scope {
        add("other-scope", "The scope is stated otherwise on the two sides: identities may have come or gone with it.".into());
    }
    if old.period_from == new.period_from && old.period_to == new.period_to && before.assessment.root != after.assessment.root {
        add("same-period", format!("Both sides speak of the same period, {} to {}.", old.period_from, old.period_to));
    } else if old.period_to >= new.period_from && before.assessment.root != after.assessment.root {
        add("overlapping-periods", format!("The periods overlap: one ends on {}, the other begins on {}.", old.period_to, new.period_from));
    }
    for pair in pairing::editions(before.assessment, after.assessment) {
        let (edition, name, became) = match pair {
            (Some(old), None) => (old, "earlier", "removed"),
            (None, Some(new)) => (new, "later", "added"),
            _ => continue,
        };
        add("one-sided-framework", format!("{edition} is assessed on the {name} side only; its clauses are {became}."));
    }
    for (from, to) in crossings(before.assessment, after.assessment) {
        match crosswalks.iter().find(|own| own.from == from && own.to == to) {
            Some(_) => add("other-edition", format!("{from} is compared with {to} through the crosswalk between these editions.")),
            None => add("no-crosswalk", format!("No crosswalk leads from {from} to {to}: their clauses cannot be compared.")),
        }
    }
    remarks
}

fn first_few(list: &[String]) -> Vec<String> {
    const SHOWN_MAX: usize = 3;
    let mut few: Vec<String> = list.iter().take(SHOWN_MAX).cloned().collect();
    if list.len() > SHOWN_MAX {
        few.push(format!("and {} more", list.len() - SHOWN_MAX));
    }
    few
}

/// Clauses of the later side that became binding after the earlier instant and not after the later one.
fn took_effect(before: &Assessment, after: &Assessment, then: &BTreeMap<(&str, &str), Option<Status>>) -> Vec<TookEffect> {
    let day = |as_of: &str| as_of.chars().take(10).collect::<String>();
    let (from, to) = (day(&before.frame.as_of), day(&after.frame.as_of));
    after
        .clauses
        .iter()
        .filter_map(|clause| {
            let effective = clause.effective.as_ref().filter(|day| **day > from && **day <= to)?;
            Some(TookEffect {
                framework: clause.framework.clone(),
                clause: clause.clause.clone(),
                label: clause.label.clone(),
                effective: effective.clone(),
                before: then.get(&(clause.framework.as_str(), clause.clause.as_str())).copied().flatten(),
                after: clause.status,
            })
        })
        .collect()
}

/// How many of a population are in which state; nothing where the objective is not on that side.
fn tally_of(assessment: &Assessment, objective: &str) -> Option<(Status, Tally)> {
    assessment.objective(objective).map(|own| (own.status, own.tally))
}
