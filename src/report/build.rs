//! Builds the view model.

use std::collections::{BTreeMap, BTreeSet};

use super::markdown::blocks;
use super::model::{
    CitedView, ClauseObjectiveView, ClauseView, DeviationTable, DeviationView, FrameworkView, InputView, LinkView, MemberView,
    ObjectiveView, ReasonView, Report, SystemView, TallyView,
};
use super::overview::Outline;
use super::wording::Wording;
use crate::assessment::{
    ArtifactRecord, Assessment, ClauseResult, FrameworkRecord, ObjectiveResult, Observation, Outcome, Reason, SpanRecord, Tally,
    TreatmentKind,
};
use crate::base::{Instant, Status};

/// Version of the interface that templates rely on.
const SCHEMA: &str = "tickmark-report/1";
/// How much of long lists the reports show. What they leave out they count, and name the file that has all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Deviations with a clause; the objective's own section shows more, the observations file all.
    pub clause_rows: usize,
    pub objective_rows: usize,
    /// Whether members of whom the very same was observed share a row.
    pub grouped: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { clause_rows: 6, objective_rows: 60, grouped: true }
    }
}

/// Builds the report of an assessment in one language.
pub fn build(assessment: &Assessment, wording: &Wording) -> Report {
    build_within(assessment, wording, Limits::default())
}

/// The report on a part of an assessment, which a pack holds beside that on the whole: it bears the name and the root of the pack.
pub fn build_part(part: &Assessment, whole: &Assessment, wording: &Wording) -> Report {
    let (count, root) = (whole.frameworks.len().to_string(), part.root.to_string());
    Report {
        part_note: wording.fill("part_note", "{count} {root}", &[("count", &count), ("root", &root)]),
        pack_id: pack_id(whole),
        root: whole.root.to_string(),
        ..build(part, wording)
    }
}

fn pack_id(assessment: &Assessment) -> String {
    format!("TM-{}-{}", assessment.frame.period_to, assessment.root.short())
}

/// The same with other limits.
pub fn build_within(assessment: &Assessment, wording: &Wording, limits: Limits) -> Report {
    let builder = Builder { limits, ..Builder::new(assessment, wording) };
    let frame = &assessment.frame;
    let date = Instant::parse(&frame.as_of).ok().map_or((1970, 1, 1), |at| {
        let day = at.utc().to_zoned(jiff::tz::TimeZone::UTC).date();
        (day.year(), day.month(), day.day())
    });
    let mut totals: BTreeMap<Status, usize> = BTreeMap::new();
    for (status, count) in assessment.frameworks.iter().flat_map(|framework| &framework.counts) {
        *totals.entry(*status).or_default() += count;
    }
    Report {
        schema: SCHEMA.into(),
        strings: wording.strings.clone(),
        language: wording.language.clone(),
        title: frame.title.clone(),
        organisation: frame.organisation.clone(),
        scope: frame.scope.clone(),
        classification: frame.classification.clone().unwrap_or_default(),
        period_from: frame.period_from.clone(),
        period_to: frame.period_to.clone(),
        as_of: frame.as_of.clone(),
        as_of_utc: frame.as_of_utc.clone(),
        date,
        pack_id: pack_id(assessment),
        part_note: String::new(),
        root: assessment.root.to_string(),
        previous: frame.previous.as_ref().map(ToString::to_string).unwrap_or_default(),
        tool: format!("{} {}", assessment.tool.name, assessment.tool.version),
        names_note: names_note(assessment, wording),
        redacted: assessment.names.replaced,
        clause_total: totals.values().sum(),
        totals: builder.outline.counts(&totals),
        frameworks: assessment.frameworks.iter().map(|framework| builder.framework(framework)).collect(),
        forms: builder.forms(),
        plan: builder.plan(),
        objectives: assessment.objectives.iter().map(|objective| builder.objective(objective)).collect(),
        exhibits: assessment.artifacts.iter().map(|artifact| builder.exhibit(artifact)).collect(),
        provenance: builder.provenance(),
        coverage: assessment.coverage.iter().map(|own| builder.coverage(own)).collect(),
        reconciliation: builder.reconciliation(),
        exceptions: assessment.exceptions.iter().map(|exception| builder.exception(exception)).collect(),
        documents: assessment.documents.iter().map(|document| builder.document(document)).collect(),
        samples: assessment.samples.iter().map(|sample| builder.sample(sample)).collect(),
        register: builder.register(),
        dossiers: builder.dossiers(),
        systems: assessment
            .systems
            .iter()
            .map(|system| SystemView {
                id: system.id.clone(),
                title: system.title.clone(),
                owner: system.owner.clone(),
                exhibits: builder.exhibit_links(&system.artifacts),
            })
            .collect(),
        overrides: builder.overrides(),
        not_assessed: builder.not_assessed(),
        inputs: assessment
            .inputs
            .iter()
            .map(|input| InputView { kind: input.kind.clone(), name: input.name.clone(), digest: input.digest.to_string() })
            .collect(),
    }
}

/// How names of people are dealt with; empty where none were found.
pub(super) fn names_note(assessment: &Assessment, wording: &Wording) -> String {
    match (assessment.names.found, assessment.names.replaced) {
        (0, _) => String::new(),
        (found, replaced) => {
            wording.fill(if replaced { "names_hidden" } else { "names_shown" }, "{count}", &[("count", &found.to_string())])
        }
    }
}

pub(super) struct Builder<'a> {
    limits: Limits,
    pub(super) assessment: &'a Assessment,
    pub(super) wording: &'a Wording,
    /// Anchors of the identities that have a dossier, by identity.
    pub(super) dossiers: BTreeMap<&'a str, String>,
    /// Artifacts by path.
    pub(super) exhibits: BTreeMap<&'a str, &'a ArtifactRecord>,
    pub(super) outline: Outline<'a>,
    /// Links to the clauses that rest on an artifact, by path, and that cite an objective, by id.
    pub(super) clauses_by_artifact: BTreeMap<&'a str, Vec<CitedView>>,
    clauses_by_objective: BTreeMap<&'a str, Vec<CitedView>>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(assessment: &'a Assessment, wording: &'a Wording) -> Builder<'a> {
        let mut clauses_by_artifact: BTreeMap<&str, Vec<CitedView>> = BTreeMap::new();
        let mut clauses_by_objective: BTreeMap<&str, Vec<CitedView>> = BTreeMap::new();
        let short: BTreeMap<&str, &str> =
            assessment.frameworks.iter().map(|framework| (framework.framework.as_str(), framework.short_title.as_str())).collect();
        for clause in &assessment.clauses {
            let title = short.get(clause.framework.as_str()).copied().unwrap_or_default();
            for path in &clause.evidence {
                cite(clauses_by_artifact.entry(path).or_default(), title, clause);
            }
            for objective in &clause.objectives {
                cite(clauses_by_objective.entry(&objective.objective).or_default(), title, clause);
            }
        }
        Builder {
            limits: Limits::default(),
            assessment,
            wording,
            dossiers: super::lives::anchors(&assessment.dossiers),
            exhibits: assessment.artifacts.iter().map(|artifact| (artifact.path.as_str(), artifact)).collect(),
            outline: Outline::new(&assessment.objectives, wording),
            clauses_by_artifact,
            clauses_by_objective,
        }
    }

    fn framework(&self, framework: &FrameworkRecord) -> FrameworkView {
        let own: Vec<&ClauseResult> = self.assessment.clauses.iter().filter(|clause| clause.framework == framework.framework).collect();
        let treated = |kind: TreatmentKind| own.iter().filter(|clause| clause.treatment == kind).count();
        let clauses: Vec<ClauseView> = own.iter().map(|clause| self.clause(clause)).collect();
        FrameworkView {
            id: framework.framework.clone(),
            anchor: anchor("f", &framework.framework),
            short_title: framework.short_title.clone(),
            edition: framework.edition.clone(),
            revision: framework.revision,
            title: framework.title.clone(),
            publisher: framework.publisher.clone(),
            source: framework.source.clone(),
            licence: framework.licence.clone(),
            published: framework.published.clone(),
            digest: framework.digest.to_string(),
            counts: self.outline.counts(&framework.counts),
            clause_total: framework.counts.values().sum(),
            heading_total: treated(TreatmentKind::Heading),
            mapped_total: treated(TreatmentKind::Mapped),
            documentary_total: treated(TreatmentKind::Documentary),
            outside_total: treated(TreatmentKind::Outside),
            worst: self.outline.worst(&own),
            clauses,
        }
    }

    fn clause(&self, clause: &ClauseResult) -> ClauseView {
        let is_heading = clause.treatment == TreatmentKind::Heading;
        let status = clause.status.map_or("", Status::word);
        ClauseView {
            kind: if is_heading { "heading" } else { "clause" }.into(),
            anchor: clause_anchor(clause),
            id: clause.clause.clone(),
            noun: clause.noun.clone(),
            label: clause.label.clone(),
            depth: clause.depth,
            statement: clause.statement.clone(),
            official: clause.official.as_ref().map(|official| official.text.clone()).unwrap_or_default(),
            official_licence: clause.official.as_ref().map(|official| official.licence.clone()).unwrap_or_default(),
            status: status.into(),
            status_label: if is_heading { String::new() } else { self.wording.label("status", status) },
            result: clause
                .result
                .clone()
                .filter(|word| !word.eq_ignore_ascii_case(&self.wording.label("status", status)))
                .unwrap_or_default(),
            treatment: match clause.treatment {
                TreatmentKind::Heading => "heading",
                TreatmentKind::Mapped => "mapped",
                TreatmentKind::Documentary => "documentary",
                TreatmentKind::Outside => "outside",
            }
            .into(),
            summary: self.outline.summary(clause),
            effective: clause
                .effective
                .as_ref()
                .map(|date| self.wording.fill("clause_binding_since", "Binding since {date}", &[("date", date)]))
                .unwrap_or_default(),
            reasons: clause.reasons.iter().map(|reason| self.reason(reason)).collect(),
            objectives: clause.objectives.iter().filter_map(|own| self.clause_objective(own)).collect(),
            deviations: self.clause_deviations(clause),
            exhibits: self.exhibit_links(&clause.evidence),
            digest: if is_heading { String::new() } else { clause.digest.to_string() },
        }
    }

    fn clause_objective(&self, own: &crate::assessment::ClauseObjective) -> Option<ClauseObjectiveView> {
        let objective = self.outline.objectives.get(own.objective.as_str())?;
        Some(ClauseObjectiveView {
            anchor: objective_anchor(&own.objective),
            id: own.objective.clone(),
            title: objective.title.clone(),
            coverage: own.coverage.clone(),
            coverage_label: self.wording.label("coverage", &own.coverage),
            rationale: own.rationale.clone(),
            status: own.status.word().into(),
            status_label: self.wording.label("status", own.status.word()),
            tally: self.outline.depart(objective),
        })
    }

    fn clause_deviations(&self, clause: &ClauseResult) -> DeviationTable {
        let mut rows = Vec::new();
        let (mut total, mut unknown) = (0, 0);
        let mut files = BTreeSet::new();
        for own in &clause.objectives {
            let Some(objective) = self.outline.objectives.get(own.objective.as_str()) else { continue };
            let excepted: BTreeMap<&str, &str> =
                own.excepted.iter().map(|excepted| (excepted.subject.as_str(), excepted.exception.as_str())).collect();
            let (failed, untold) = (objective.tally.failed, objective.tally.unknown);
            total += failed;
            unknown += untold;
            if failed + untold > 0 {
                files.insert(observations_file(&objective.id));
            }
            let listed = self.limits.clause_rows.min(failed + untold);
            rows.extend(deviating(objective).take(listed).map(|seen| self.deviation(seen, objective, &excepted)));
        }
        rows.sort_by_key(|row| row.outcome != Outcome::Fail.word());
        rows.truncate(self.limits.clause_rows);
        self.deviation_table(rows, total, unknown, &files.into_iter().collect::<Vec<_>>().join(", "))
    }

    fn deviation_table(&self, rows: Vec<DeviationView>, total: usize, unknown: usize, files: &str) -> DeviationTable {
        let shown = rows.len();
        let failed = rows.iter().filter(|row| row.outcome == Outcome::Fail.word()).count();
        let parts = [("deviations_shown", failed, total), ("cannot_be_told_shown", shown - failed, unknown)];
        let parts = parts.into_iter().filter(|(_, _, of)| *of > 0).map(|(key, shown, of)| {
            self.wording.fill(key, "{shown} of {total}", &[("shown", &shown.to_string()), ("total", &of.to_string())])
        });
        let note = if shown == total + unknown {
            String::new()
        } else {
            let what = parts.collect::<Vec<_>>().join(&format!(" {} ", self.wording.get("and")));
            self.wording.fill("deviations_note", "{what} are shown; all of them are in {file}.", &[("what", &what), ("file", files)])
        };
        let counts = [self.outline.counted("deviations_counted", total), self.outline.counted("cannot_be_told", unknown)];
        let count = counts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
        let rows = if self.limits.grouped { grouped(rows) } else { rows };
        DeviationTable { rows, shown, total, unknown, count, note }
    }

    fn deviation(&self, seen: &Observation, objective: &ObjectiveResult, excepted: &BTreeMap<&str, &str>) -> DeviationView {
        DeviationView {
            also: Vec::new(),
            subject: seen.subject.clone(),
            dossier: seen.identity.as_deref().and_then(|identity| self.dossiers.get(identity)).cloned().unwrap_or_default(),
            reason: seen.reason.clone(),
            outcome: seen.outcome.word().into(),
            outcome_label: self.wording.label("outcome", seen.outcome.word()),
            exhibit: self.exhibit_link(&seen.artifact),
            record: seen.record.clone(),
            exception: excepted.get(seen.subject.as_str()).map_or(String::new(), |id| (*id).to_owned()),
            objective: objective.title.clone(),
        }
    }

    /// Which states, exported at an instant, an objective rests on.
    fn design(&self, span: &SpanRecord) -> String {
        match span.design.as_slice() {
            [] => self.wording.fill("design_none", "No state exported at an instant", &[]),
            [at] => self.wording.fill("design_one", "State at {at}", &[("at", at)]),
            [first, .., last] => self.wording.fill("design_several", "States from {from} to {to}", &[("from", first), ("to", last)]),
        }
    }

    /// Which logs and exports with a stated period it rests on, with the days that they do not speak of.
    fn operation(&self, span: &SpanRecord) -> String {
        if span.operation.is_empty() {
            return self.wording.fill("operation_none", "Nothing that speaks of days: how it worked over the period is not shown", &[]);
        }
        let days = |texts: &[String]| texts.iter().map(|text| text.replacen(' ', " to ", 1)).collect::<Vec<_>>().join(", ");
        let each = span.operation.iter().map(|own| {
            let source = [Some(own.adapter.as_str()), own.instance.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let key = if own.gaps.is_empty() { "operation_days" } else { "operation_gaps" };
            self.wording.fill(key, "{source}: {days}", &[("source", &source), ("days", &days(&own.days)), ("gaps", &days(&own.gaps))])
        });
        each.collect::<Vec<_>>().join("; ")
    }

    fn objective(&self, objective: &ObjectiveResult) -> ObjectiveView {
        let excepted: BTreeMap<&str, &str> = self
            .assessment
            .exceptions
            .iter()
            .filter(|exception| exception.objective == objective.id)
            .flat_map(|exception| exception.covers.iter().map(|subject| (subject.as_str(), exception.id.as_str())))
            .collect();
        let (total, unknown) = (objective.tally.failed, objective.tally.unknown);
        let rows = deviating(objective).take(self.limits.objective_rows).map(|seen| self.deviation(seen, objective, &excepted)).collect();
        let was_tested = objective.observations_digest.is_some();
        let file = if was_tested { observations_file(&objective.id) } else { String::new() };
        ObjectiveView {
            anchor: objective_anchor(&objective.id),
            id: objective.id.clone(),
            title: objective.title.clone(),
            statement: objective.statement.clone(),
            method: objective.method.clone(),
            method_label: self.wording.label("method", &objective.method),
            status: objective.status.word().into(),
            status_label: self.wording.label("status", objective.status.word()),
            ask: objective.ask.clone().unwrap_or_default(),
            population: objective.population.clone(),
            tally: TallyView {
                excepted: seen_as(objective, Outcome::Fail).filter(|seen| excepted.contains_key(seen.subject.as_str())).count(),
                ..tally_view(&objective.tally)
            },
            classes: self.class_tallies(objective),
            parameters: objective.parameters.iter().map(|parameter| self.parameter(parameter)).collect(),
            reasons: objective.reasons.iter().map(|reason| self.reason(reason)).collect(),
            deviations: self.deviation_table(rows, total, unknown, &file),
            advice: blocks(&objective.advice),
            references: objective.references.clone(),
            exhibits: self.exhibit_links(&objective.evidence),
            clauses: self.clauses_by_objective.get(objective.id.as_str()).cloned().unwrap_or_default(),
            digest: objective.definition.to_string(),
            observations_file: file,
            observations_digest: objective.observations_digest.as_ref().map(ToString::to_string).unwrap_or_default(),
            design: if was_tested { self.design(&objective.span) } else { String::new() },
            operation: if was_tested { self.operation(&objective.span) } else { String::new() },
        }
    }

    fn reason(&self, reason: &Reason) -> ReasonView {
        let objective = reason.objective.as_ref().and_then(|id| self.outline.objectives.get(id.as_str()));
        ReasonView {
            code: reason.code.clone(),
            text: reason.text.clone(),
            objective: objective.map_or(String::new(), |objective| objective.title.clone()),
            objective_anchor: objective.map_or(String::new(), |objective| objective_anchor(&objective.id)),
            exhibits: self.exhibit_links(&reason.artifacts),
        }
    }

    pub(super) fn exhibit_links(&self, paths: &[String]) -> Vec<LinkView> {
        paths.iter().map(|path| self.exhibit_link(path)).collect()
    }

    /// A link to an exhibit; a bare label for a statement of the workspace, which is no exhibit.
    pub(super) fn exhibit_link(&self, path: &str) -> LinkView {
        match self.exhibits.get(path) {
            Some(artifact) => LinkView { anchor: exhibit_anchor(artifact), label: artifact.exhibit.clone() },
            None => LinkView { anchor: String::new(), label: path.to_owned() },
        }
    }

    pub(super) fn objective_link(&self, id: &str) -> LinkView {
        match self.outline.objectives.get(id) {
            Some(objective) => LinkView { anchor: objective_anchor(id), label: objective.title.clone() },
            None => LinkView { anchor: String::new(), label: id.to_owned() },
        }
    }
}

/// What a reader must look at: failures first, then what could not be told. Only the first are deviations.
pub(super) fn deviating(objective: &ObjectiveResult) -> impl Iterator<Item = &Observation> {
    seen_as(objective, Outcome::Fail).chain(seen_as(objective, Outcome::Unknown))
}

fn seen_as(objective: &ObjectiveResult, outcome: Outcome) -> impl Iterator<Item = &Observation> {
    objective.observations.iter().filter(move |seen| seen.outcome == outcome)
}

/// Brings those of whom the very same was observed into one row, at the place of the first.
fn grouped(rows: Vec<DeviationView>) -> Vec<DeviationView> {
    let mut groups: Vec<DeviationView> = Vec::new();
    for row in rows {
        let is_same = |own: &DeviationView| {
            (&own.outcome, &own.reason, &own.exception, &own.objective) == (&row.outcome, &row.reason, &row.exception, &row.objective)
        };
        match groups.iter_mut().find(|own| is_same(own)) {
            Some(own) => own.also.push(MemberView { subject: row.subject, dossier: row.dossier, exhibit: row.exhibit, record: row.record }),
            None => groups.push(row),
        }
    }
    groups
}

/// Adds a clause to those of its framework.
fn cite(cited: &mut Vec<CitedView>, framework: &str, clause: &ClauseResult) {
    let link = LinkView { anchor: clause_anchor(clause), label: clause.clause.clone() };
    match cited.iter_mut().find(|own| own.framework == framework) {
        Some(own) => own.clauses.push(link),
        None => cited.push(CitedView { framework: framework.to_owned(), clauses: vec![link] }),
    }
}

/// Counts of a tally; which of the deviations are excepted it does not know.
pub(super) fn tally_view(tally: &Tally) -> TallyView {
    TallyView {
        population: tally.population,
        passed: tally.passed,
        failed: tally.failed,
        excepted: 0,
        unknown: tally.unknown,
        unproved: tally.unproved,
        skipped: tally.skipped,
    }
}

fn observations_file(objective: &str) -> String {
    format!("observations/{objective}.csv")
}

pub(super) fn clause_anchor(clause: &ClauseResult) -> String {
    anchor("c", &format!("{} {}", clause.framework, clause.clause))
}

pub(super) fn objective_anchor(id: &str) -> String {
    anchor("o", id)
}

pub(super) fn exhibit_anchor(artifact: &ArtifactRecord) -> String {
    artifact.exhibit.to_lowercase()
}

/// Letters, digits, hyphens and underscores only; every other character becomes its own code.
///
/// Ids of one framework differ in more than a blank against a hyphen, so different clauses keep different anchors.
pub(super) fn anchor(prefix: &str, text: &str) -> String {
    let mut safe = format!("{prefix}-");
    for c in text.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' => safe.push(c),
            '.' => safe.push('_'),
            ' ' | '@' | '-' => safe.push('-'),
            other => safe.push_str(&format!("x{:x}", u32::from(other))),
        }
    }
    safe
}
