//! What the machine forms say: every clause, every objective, every deviation, none left out.
//!
//! In: an assessment, the wording of one language, and perhaps how a gate was met. Out: a [`Machine`], from which CSV, XLSX, Markdown,
//! JUnit, SARIF and OSCAL are laid out, so that no two of them can disagree. Every text is ready to be shown: control characters and
//! characters that hide or turn text stand as visible escapes. A renderer still escapes for its format.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::forms::{FormView, PlanView};
use super::lists::{ListView, lists};
use super::wording::Wording;
use crate::assessment::{Assessment, ClauseResult, MilestoneRecord, ObjectiveResult, Observation, Outcome, Reason, TreatmentKind};
use crate::base::diagnostic::printable;
use crate::base::instant::Day;
use crate::base::{Digest, Instant, Status};

/// Everything a machine form may say.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Fixed wording by key.
    pub strings: BTreeMap<String, String>,
    pub title: String,
    pub organisation: String,
    pub scope: String,
    pub period_from: String,
    pub period_to: String,
    /// The first instant of the period in UTC.
    pub period_starts_utc: String,
    pub as_of: String,
    pub as_of_utc: String,
    /// Seconds since 1970 of `as_of`.
    pub as_of_seconds: i64,
    pub root: String,
    pub tool_version: String,
    /// How names of people are dealt with; empty where none were found.
    pub names_note: String,
    pub frameworks: Vec<FrameworkItem>,
    /// Assessable clauses by status over all frameworks, in the order of [`Status::ALL`].
    pub totals: Vec<(Status, usize)>,
    /// In the order of the publishers, headings included.
    pub clauses: Vec<ClauseItem>,
    pub objectives: Vec<ObjectiveItem>,
    pub deviations: Vec<DeviationItem>,
    pub exceptions: Vec<ExceptionItem>,
    pub exhibits: Vec<ExhibitItem>,
    /// The forms of the frameworks, as the reports show them.
    pub forms: Vec<FormView>,
    pub plan: PlanView,
    /// How the gate was met; none where no gate was set.
    pub gate: Option<GateItem>,
    /// The same content as tables, for CSV and workbooks.
    pub lists: Vec<ListView>,
}

#[derive(Debug, Clone)]
pub struct FrameworkItem {
    /// `pci-dss@4.0.1`.
    pub id: String,
    pub title: String,
    pub short_title: String,
    pub publisher: String,
    pub edition: String,
    pub revision: u32,
    pub source: String,
    pub digest: String,
    pub counts: Vec<(Status, usize)>,
    pub clause_total: usize,
}

#[derive(Debug, Clone)]
pub struct ClauseItem {
    pub framework: String,
    pub id: String,
    pub noun: String,
    pub label: String,
    pub depth: usize,
    pub statement: String,
    /// `heading`, `mapped`, `documentary` or `outside`.
    pub treatment: &'static str,
    /// None for headings, which ask nothing themselves.
    pub status: Option<Status>,
    pub status_label: String,
    /// One sentence: why this status.
    pub summary: String,
    pub reasons: Vec<ReasonItem>,
    pub objectives: Vec<ClauseObjectiveItem>,
    /// Ids of the exhibits that it rests on.
    pub exhibits: Vec<String>,
    /// Where to look: the rows that its reasons cite, else the files that it rests on.
    pub places: Vec<PlaceItem>,
    /// Deviations that no exception covers, those that one covers, and those that could not be told.
    pub open: usize,
    pub excepted: usize,
    pub unknown: usize,
    pub digest: String,
    /// Words of the gate that the clause breaks; empty where it breaks none.
    pub breaks: Vec<&'static str>,
    /// Against the earlier assessment, where there is one.
    pub moved: Option<MovedItem>,
}

#[derive(Debug, Clone)]
pub struct MovedItem {
    /// None where the earlier assessment does not have the clause.
    pub was: Option<Status>,
    pub worse: bool,
    pub changed: bool,
    /// How many subjects depart now and did not before.
    pub started: usize,
}

#[derive(Debug, Clone)]
pub struct ReasonItem {
    pub code: String,
    pub text: String,
    /// Title of the objective concerned, or empty.
    pub objective: String,
}

#[derive(Debug, Clone)]
pub struct ClauseObjectiveItem {
    pub id: String,
    pub title: String,
    /// `full` or `partial`.
    pub coverage: String,
    pub status: Status,
}

#[derive(Debug, Clone)]
pub struct ObjectiveItem {
    pub id: String,
    pub title: String,
    pub statement: String,
    /// `test`, `examine` or `interview`.
    pub method: String,
    pub status: Status,
    pub status_label: String,
    pub summary: String,
    pub population: usize,
    pub passed: usize,
    pub unproved: usize,
    pub failed: usize,
    pub unknown: usize,
    pub skipped: usize,
    pub exhibits: Vec<String>,
    pub definition: String,
    pub observations_digest: String,
    pub places: Vec<PlaceItem>,
    /// What to do, in Markdown of the catalog's author.
    pub advice: String,
    /// What the organisation plans about it.
    pub planned: Option<PlannedItem>,
    /// Editions that cite it.
    pub frameworks: BTreeSet<String>,
}

/// A member of a population that departs, or of which the sources cannot tell.
#[derive(Debug, Clone)]
pub struct DeviationItem {
    pub objective: Arc<str>,
    pub objective_title: Arc<str>,
    pub subject: String,
    /// `fail` or `unknown`.
    pub outcome: &'static str,
    pub reason: String,
    pub place: PlaceItem,
    pub identity: String,
    /// Id of the exception that covers it, by edition.
    pub excepted: BTreeMap<String, String>,
    /// Editions that cite the objective. There may be millions of deviations: those of one objective share what they have in common.
    pub frameworks: Arc<BTreeSet<String>>,
    /// Whether it was not there in the earlier assessment; none without one.
    pub is_new: Option<bool>,
}

impl DeviationItem {
    /// Whether an exception covers it in every edition that cites the objective.
    pub fn is_excepted(&self) -> bool {
        !self.frameworks.is_empty() && self.frameworks.iter().all(|framework| self.excepted.contains_key(framework))
    }
}

/// A place in a file of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlaceItem {
    pub path: String,
    /// Id of the exhibit; empty for a statement of the workspace.
    pub exhibit: String,
    /// The place inside, as the reader of the file names it; empty where the whole file is meant.
    pub record: String,
    pub line: Option<u32>,
}

#[derive(Debug, Clone)]
pub struct ExceptionItem {
    pub id: String,
    pub title: String,
    pub state: String,
    pub objective: String,
    pub frameworks: Vec<String>,
    pub subjects: Vec<String>,
    pub covers: usize,
    pub reason: String,
    pub requested_by: String,
    pub approved_by: String,
    pub approved_at: Moment,
    pub expires_at: Moment,
    pub compensating_measure: String,
    pub retirement_plan: String,
    pub milestones: Vec<MilestoneItem>,
    /// Answers of the compensating-control worksheet, by field, empty where nothing is stated; none where no worksheet is stated.
    pub worksheet: Vec<(String, String)>,
    pub remarks: Vec<String>,
    pub digest: String,
}

/// What the organisation plans about an objective that is not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedItem {
    pub remedy: String,
    pub owner: String,
    /// A day.
    pub due: String,
    pub milestones: Vec<MilestoneItem>,
}

/// One step of a plan, or on the way to the end of an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MilestoneItem {
    /// A day.
    pub due: String,
    pub what: String,
    /// `done`, `open` or `overdue`.
    pub state: String,
}

/// An instant as it was written, and in seconds since 1970 where it is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moment {
    pub written: String,
    pub utc: String,
    pub seconds: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct ExhibitItem {
    pub id: String,
    pub path: String,
    pub state: String,
    pub note: String,
    pub adapter: String,
    pub system: String,
    pub instance: String,
    pub collected_at: Moment,
    pub bytes: u64,
    pub sha256: String,
    /// Path of the copy in the pack; empty when it was withheld.
    pub packed: String,
    pub read: usize,
    pub kept: usize,
    pub rejected: usize,
    pub masked: usize,
    pub extent: String,
}

/// A gate and whether it was met.
#[derive(Debug, Clone)]
pub struct GateItem {
    pub fail_on: Vec<&'static str>,
    /// Instant of the earlier assessment, where the gate looks at one.
    pub against: Option<String>,
    /// Whether subjects could be compared with those of the earlier assessment.
    pub compared: bool,
    pub broken: usize,
}

/// How a gate was met, as whoever applied it says.
#[derive(Debug, Clone, Default)]
pub struct GateFacts {
    pub fail_on: Vec<&'static str>,
    pub against: Option<String>,
    /// Words broken by edition and clause.
    pub broken: BTreeMap<(String, String), Vec<&'static str>>,
    /// Against the earlier assessment by edition and clause; empty without one.
    pub moved: BTreeMap<(String, String), MovedItem>,
    /// Objective and subject of every deviation that is new; none where that cannot be told.
    pub new: Option<BTreeSet<(String, String)>>,
}

/// Builds what the machine forms say.
pub fn machine(assessment: &Assessment, wording: &Wording, gate: Option<&GateFacts>) -> Machine {
    let builder = Builder::new(assessment, wording, gate);
    let reader = super::build::Builder::new(assessment, wording);
    let frame = &assessment.frame;
    let as_of = moment(Some(&frame.as_of));
    let counts = |counts: &BTreeMap<Status, usize>| Status::ALL.map(|status| (status, counts.get(&status).copied().unwrap_or(0))).to_vec();
    let mut totals: BTreeMap<Status, usize> = BTreeMap::new();
    for (status, count) in assessment.frameworks.iter().flat_map(|framework| &framework.counts) {
        *totals.entry(*status).or_default() += count;
    }
    let frameworks = assessment.frameworks.iter().map(|own| FrameworkItem {
        id: shown(&own.framework),
        title: shown(&own.title),
        short_title: shown(&own.short_title),
        publisher: shown(&own.publisher),
        edition: shown(&own.edition),
        revision: own.revision,
        source: shown(&own.source),
        digest: own.digest.to_string(),
        counts: counts(&own.counts),
        clause_total: own.counts.values().sum(),
    });
    let mut machine = Machine {
        strings: wording.strings.clone(),
        title: shown(&frame.title),
        organisation: shown(&frame.organisation),
        scope: shown(&frame.scope),
        period_from: frame.period_from.clone(),
        period_to: frame.period_to.clone(),
        period_starts_utc: period_start(&frame.period_from, &frame.zone).unwrap_or_else(|| frame.as_of_utc.clone()),
        as_of: frame.as_of.clone(),
        as_of_utc: frame.as_of_utc.clone(),
        as_of_seconds: as_of.seconds.unwrap_or(0),
        root: assessment.root.to_string(),
        tool_version: shown(&assessment.tool.version),
        names_note: super::build::names_note(assessment, wording),
        frameworks: frameworks.collect(),
        totals: counts(&totals),
        clauses: assessment.clauses.iter().map(|clause| builder.clause(clause)).collect(),
        objectives: assessment.objectives.iter().map(|objective| builder.objective(objective)).collect(),
        deviations: assessment.objectives.iter().flat_map(|objective| builder.deviations(objective)).collect(),
        exceptions: builder.exceptions(),
        exhibits: builder.exhibits(),
        forms: reader.forms(),
        plan: reader.plan(),
        gate: gate.map(|gate| GateItem {
            fail_on: gate.fail_on.clone(),
            against: gate.against.clone(),
            compared: gate.new.is_some(),
            broken: gate.broken.len(),
        }),
        lists: Vec::new(),
    };
    let assessable = machine.clauses.iter().filter(|clause| clause.status.is_some()).count();
    assert_eq!(machine.totals.iter().map(|(_, count)| count).sum::<usize>(), assessable, "every clause is counted once");
    machine.lists = lists(&machine, wording);
    machine
}

/// What the deviations of one objective have in common.
struct Shared {
    id: Arc<str>,
    title: Arc<str>,
    frameworks: Arc<BTreeSet<String>>,
}

struct Builder<'a> {
    assessment: &'a Assessment,
    wording: &'a Wording,
    gate: Option<&'a GateFacts>,
    /// Exhibit ids by path.
    exhibits: BTreeMap<&'a str, &'a str>,
    objectives: BTreeMap<&'a str, &'a ObjectiveResult>,
    /// Editions that cite an objective, by its id.
    citing: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Exception by edition, for each objective and subject.
    excepted: BTreeMap<(&'a str, &'a str), BTreeMap<&'a str, &'a str>>,
}

impl<'a> Builder<'a> {
    fn new(assessment: &'a Assessment, wording: &'a Wording, gate: Option<&'a GateFacts>) -> Builder<'a> {
        let mut citing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut excepted: BTreeMap<(&str, &str), BTreeMap<&str, &str>> = BTreeMap::new();
        for clause in &assessment.clauses {
            for own in &clause.objectives {
                citing.entry(&own.objective).or_default().insert(&clause.framework);
                for one in &own.excepted {
                    excepted.entry((&own.objective, &one.subject)).or_default().insert(&clause.framework, &one.exception);
                }
            }
        }
        Builder {
            assessment,
            wording,
            gate,
            exhibits: assessment.artifacts.iter().map(|artifact| (artifact.path.as_str(), artifact.exhibit.as_str())).collect(),
            objectives: assessment.objectives.iter().map(|objective| (objective.id.as_str(), objective)).collect(),
            citing,
            excepted,
        }
    }

    fn clause(&self, clause: &ClauseResult) -> ClauseItem {
        let key = (clause.framework.clone(), clause.clause.clone());
        let (mut open, mut excepted, mut unknown) = (0, 0, 0);
        for own in &clause.objectives {
            let Some(objective) = self.objectives.get(own.objective.as_str()) else { continue };
            excepted += own.excepted.len();
            open += objective.tally.failed.saturating_sub(own.excepted.len());
            unknown += objective.tally.unknown;
        }
        ClauseItem {
            framework: shown(&clause.framework),
            id: shown(&clause.clause),
            noun: shown(&clause.noun),
            label: shown(&clause.label),
            depth: clause.depth,
            statement: shown(&clause.statement),
            treatment: match clause.treatment {
                TreatmentKind::Heading => "heading",
                TreatmentKind::Mapped => "mapped",
                TreatmentKind::Documentary => "documentary",
                TreatmentKind::Outside => "outside",
            },
            status: clause.status,
            status_label: clause.status.map(|status| self.wording.label("status", status.word())).unwrap_or_default(),
            summary: self.summary(&clause.reasons),
            reasons: clause.reasons.iter().map(|reason| self.reason(reason)).collect(),
            objectives: clause
                .objectives
                .iter()
                .map(|own| ClauseObjectiveItem {
                    id: shown(&own.objective),
                    title: self.objective_title(&own.objective),
                    coverage: own.coverage.clone(),
                    status: own.status,
                })
                .collect(),
            exhibits: self.exhibit_ids(&clause.evidence),
            places: self.places(&clause.reasons, &clause.evidence),
            open,
            excepted,
            unknown,
            digest: if clause.status.is_some() { clause.digest.to_string() } else { String::new() },
            breaks: self.gate.and_then(|gate| gate.broken.get(&key)).cloned().unwrap_or_default(),
            moved: self.gate.and_then(|gate| gate.moved.get(&key)).cloned(),
        }
    }

    /// One sentence: the reason that decides, with the objective it comes from.
    fn summary(&self, reasons: &[Reason]) -> String {
        let Some(first) = reasons.first() else { return String::new() };
        match first.objective.as_ref().and_then(|id| self.objectives.get(id.as_str())) {
            Some(objective) => shown(&format!("{}: {}", objective.title, first.text)),
            None => shown(&first.text),
        }
    }

    fn reason(&self, reason: &Reason) -> ReasonItem {
        let objective = reason.objective.as_deref().map(|id| self.objective_title(id)).unwrap_or_default();
        ReasonItem { code: shown(&reason.code), text: shown(&reason.text), objective }
    }

    fn objective_title(&self, id: &str) -> String {
        shown(self.objectives.get(id).map_or(id, |objective| objective.title.as_str()))
    }

    fn exhibit_ids(&self, paths: &[String]) -> Vec<String> {
        paths.iter().filter_map(|path| self.exhibits.get(path.as_str()).map(|id| (*id).to_owned())).collect()
    }

    fn place(&self, path: &str, record: &str) -> PlaceItem {
        PlaceItem {
            path: shown(path),
            exhibit: self.exhibits.get(path).map_or(String::new(), |id| (*id).to_owned()),
            record: shown(record),
            line: line_of(record),
        }
    }

    fn places(&self, reasons: &[Reason], evidence: &[String]) -> Vec<PlaceItem> {
        let rows = reasons.iter().flat_map(|reason| &reason.rows).map(|row| self.place(&row.artifact, &row.record));
        let mut places: Vec<PlaceItem> = rows.collect();
        if places.is_empty() {
            places = evidence.iter().map(|path| self.place(path, "")).collect();
        }
        places.sort();
        places.dedup();
        places
    }

    fn objective(&self, objective: &ObjectiveResult) -> ObjectiveItem {
        let tally = objective.tally;
        ObjectiveItem {
            id: shown(&objective.id),
            title: shown(&objective.title),
            statement: shown(&objective.statement),
            method: objective.method.clone(),
            status: objective.status,
            status_label: self.wording.label("status", objective.status.word()),
            summary: objective.reasons.iter().map(|reason| shown(&reason.text)).collect::<Vec<_>>().join(" "),
            population: tally.population,
            passed: tally.passed,
            unproved: tally.unproved,
            failed: tally.failed,
            unknown: tally.unknown,
            skipped: tally.skipped,
            exhibits: self.exhibit_ids(&objective.evidence),
            definition: objective.definition.to_string(),
            observations_digest: objective.observations_digest.as_ref().map(Digest::to_string).unwrap_or_default(),
            places: objective.evidence.iter().map(|path| self.place(path, "")).collect(),
            advice: shown(&objective.advice),
            planned: objective.plan.as_ref().map(|plan| PlannedItem {
                remedy: shown(&plan.remedy),
                owner: shown(&plan.owner),
                due: plan.due.clone(),
                milestones: milestones(&plan.milestones),
            }),
            frameworks: self.citing(&objective.id),
        }
    }

    fn citing(&self, objective: &str) -> BTreeSet<String> {
        self.citing.get(objective).into_iter().flatten().map(|framework| (*framework).to_owned()).collect()
    }

    /// Failures first, then what could not be told.
    fn deviations(&self, objective: &'a ObjectiveResult) -> Vec<DeviationItem> {
        let of = |outcome: Outcome| objective.observations.iter().filter(move |seen| seen.outcome == outcome);
        let shared = Shared {
            id: shown(&objective.id).into(),
            title: shown(&objective.title).into(),
            frameworks: Arc::new(self.citing(&objective.id)),
        };
        of(Outcome::Fail).chain(of(Outcome::Unknown)).map(|seen| self.deviation(objective, &shared, seen)).collect()
    }

    fn deviation(&self, objective: &'a ObjectiveResult, shared: &Shared, seen: &'a Observation) -> DeviationItem {
        let fails = seen.outcome == Outcome::Fail;
        let excepted = self.excepted.get(&(objective.id.as_str(), seen.subject.as_str())).filter(|_| fails);
        let new = self.gate.and_then(|gate| gate.new.as_ref());
        DeviationItem {
            objective: shared.id.clone(),
            objective_title: shared.title.clone(),
            subject: shown(&seen.subject),
            outcome: seen.outcome.word(),
            reason: shown(&seen.reason),
            place: self.place(&seen.artifact, &seen.record),
            identity: shown(seen.identity.as_deref().unwrap_or_default()),
            excepted: excepted.into_iter().flatten().map(|(framework, id)| ((*framework).to_owned(), shown(id))).collect(),
            frameworks: shared.frameworks.clone(),
            is_new: new.map(|new| new.contains(&(objective.id.clone(), seen.subject.clone()))),
        }
    }

    fn exceptions(&self) -> Vec<ExceptionItem> {
        let each = |texts: &[String]| texts.iter().map(|text| shown(text)).collect::<Vec<_>>();
        self.assessment
            .exceptions
            .iter()
            .map(|own| ExceptionItem {
                id: shown(&own.id),
                title: shown(&own.title),
                state: own.state.clone(),
                objective: shown(&own.objective),
                frameworks: each(&own.frameworks),
                subjects: each(&own.subjects),
                covers: own.covers.len(),
                reason: shown(&own.reason),
                requested_by: shown(&own.requested_by),
                approved_by: shown(&own.approved_by),
                approved_at: moment(Some(&own.approved_at)),
                expires_at: moment(Some(&own.expires_at)),
                compensating_measure: shown(&own.compensating_measure),
                retirement_plan: shown(&own.retirement_plan),
                milestones: milestones(&own.milestones),
                worksheet: own
                    .worksheet
                    .iter()
                    .flatten()
                    .map(|answer| (answer.field.clone(), shown(answer.text.as_deref().unwrap_or_default())))
                    .collect(),
                remarks: each(&own.remarks),
                digest: own.digest.to_string(),
            })
            .collect()
    }

    fn exhibits(&self) -> Vec<ExhibitItem> {
        let stated = |text: &Option<String>| shown(text.as_deref().unwrap_or_default());
        self.assessment
            .artifacts
            .iter()
            .map(|own| ExhibitItem {
                id: own.exhibit.clone(),
                path: shown(&own.path),
                state: own.state.clone(),
                note: shown(&own.note),
                adapter: stated(&own.adapter),
                system: stated(&own.system),
                instance: stated(&own.instance),
                collected_at: moment(own.collected_at.as_deref()),
                bytes: own.bytes,
                sha256: own.sha256.as_ref().map(Digest::to_string).unwrap_or_default(),
                packed: stated(&own.packed),
                read: own.read,
                kept: own.kept,
                rejected: own.rejected,
                masked: own.secrets,
                extent: own.extent.clone(),
            })
            .collect()
    }
}

/// Text as it may be shown. Noncharacters, which XML cannot hold, become escapes as well.
pub(super) fn shown(text: &str) -> String {
    let text = printable(text);
    if text.contains(['\u{fffe}', '\u{ffff}']) { text.replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}") } else { text }
}

fn milestones(steps: &[MilestoneRecord]) -> Vec<MilestoneItem> {
    steps.iter().map(|step| MilestoneItem { due: step.due.clone(), what: shown(&step.what), state: step.state.clone() }).collect()
}

/// The line that a place such as `line:12` or `line:12#/keys/0` names.
fn line_of(record: &str) -> Option<u32> {
    let digits: String = record.strip_prefix("line:")?.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|line| *line > 0)
}

pub(super) fn moment(written: Option<&str>) -> Moment {
    let Some(written) = written else { return Moment::default() };
    let at = Instant::parse(written).ok();
    Moment {
        written: shown(written),
        utc: at.as_ref().map(|at| at.utc().to_string()).unwrap_or_default(),
        seconds: at.as_ref().map(|at| at.utc().as_second()),
    }
}

fn period_start(day: &str, zone: &str) -> Option<String> {
    let micros = Day::parse(day).ok()?.starts_at_micros(&TimeZone::get(zone).ok()?)?;
    Instant::from_micros(micros).map(|at| at.utc().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_place_that_names_a_line_has_one() {
        assert_eq!(line_of("line:12"), Some(12));
        assert_eq!(line_of("line:3#/keys/0"), Some(3));
        for none in ["", "row:3", "#/items/4", "line:", "line:0", "line:99999999999", "sheet:A row:2"] {
            assert_eq!(line_of(none), None, "{none}");
        }
    }
}
