//! Builds the view model.

use std::collections::{BTreeMap, BTreeSet};

use super::markdown::blocks;
use super::model::{
    AnswerView, ClassTallyView, ClauseObjectiveView, ClauseView, CoverageView, DeviationTable, DeviationView, DiscrepancyView,
    DocumentView, ExaminationView, ExceptionView, ExhibitView, FrameworkView, InputView, LinkView, MilestoneView, NotAssessedClause,
    NotAssessedFramework, NotAssessedView, ObjectiveView, OverrideView, ParameterByClassView, ParameterView, PlaceView, ProvenanceView,
    ReasonView, ReconciliationView, RejectionView, Report, StatusCount, SystemView, TallyView, WorstView,
};
use super::wording::Wording;
use crate::assessment::{
    ArtifactRecord, Assessment, ClassTally, ClauseResult, CoverageRecord, DocumentRecord, ExceptionRecord, FrameworkRecord,
    MilestoneRecord, ObjectiveResult, Observation, Outcome, ParameterByClassRecord, ParameterRecord, Reason, Tally, TreatmentKind,
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
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { clause_rows: 6, objective_rows: 60 }
    }
}

const REJECTIONS_MAX: usize = 5;
const WORST_MAX: usize = 8;
/// Discrepancies shown in the reconciliation; `assessment.json` holds all.
const DISCREPANCIES_MAX: usize = 80;

/// Builds the report of an assessment in one language.
pub fn build(assessment: &Assessment, wording: &Wording) -> Report {
    build_within(assessment, wording, Limits::default())
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
        period_from: frame.period_from.clone(),
        period_to: frame.period_to.clone(),
        as_of: frame.as_of.clone(),
        as_of_utc: frame.as_of_utc.clone(),
        date,
        pack_id: format!("TM-{}-{}", frame.period_to, assessment.root.short()),
        root: assessment.root.to_string(),
        previous: frame.previous.as_ref().map(ToString::to_string).unwrap_or_default(),
        tool: format!("{} {}", assessment.tool.name, assessment.tool.version),
        names_note: names_note(assessment, wording),
        redacted: assessment.names.replaced,
        clause_total: totals.values().sum(),
        totals: builder.counts(&totals),
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
    exhibits: BTreeMap<&'a str, &'a ArtifactRecord>,
    pub(super) objectives: BTreeMap<&'a str, &'a ObjectiveResult>,
    /// Links to the clauses that rest on an artifact, by path, and that cite an objective, by id.
    clauses_by_artifact: BTreeMap<&'a str, Vec<LinkView>>,
    clauses_by_objective: BTreeMap<&'a str, Vec<LinkView>>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(assessment: &'a Assessment, wording: &'a Wording) -> Builder<'a> {
        let mut clauses_by_artifact: BTreeMap<&str, Vec<LinkView>> = BTreeMap::new();
        let mut clauses_by_objective: BTreeMap<&str, Vec<LinkView>> = BTreeMap::new();
        let short: BTreeMap<&str, &str> =
            assessment.frameworks.iter().map(|framework| (framework.framework.as_str(), framework.short_title.as_str())).collect();
        for clause in &assessment.clauses {
            let title = short.get(clause.framework.as_str()).copied().unwrap_or_default();
            let link = || LinkView { anchor: clause_anchor(clause), label: format!("{title} {}", clause.clause) };
            for path in &clause.evidence {
                clauses_by_artifact.entry(path).or_default().push(link());
            }
            for objective in &clause.objectives {
                clauses_by_objective.entry(&objective.objective).or_default().push(link());
            }
        }
        Builder {
            limits: Limits::default(),
            assessment,
            wording,
            dossiers: super::lives::anchors(&assessment.dossiers),
            exhibits: assessment.artifacts.iter().map(|artifact| (artifact.path.as_str(), artifact)).collect(),
            objectives: assessment.objectives.iter().map(|objective| (objective.id.as_str(), objective)).collect(),
            clauses_by_artifact,
            clauses_by_objective,
        }
    }

    fn counts(&self, counts: &BTreeMap<Status, usize>) -> Vec<StatusCount> {
        let total: usize = counts.values().sum();
        Status::ALL
            .iter()
            .map(|status| {
                let count = counts.get(status).copied().unwrap_or(0);
                StatusCount {
                    status: status.word().into(),
                    label: self.wording.label("status", status.word()),
                    count,
                    permille: (count * 1000).checked_div(total).unwrap_or(0),
                }
            })
            .collect()
    }

    fn framework(&self, framework: &FrameworkRecord) -> FrameworkView {
        let own: Vec<&ClauseResult> = self.assessment.clauses.iter().filter(|clause| clause.framework == framework.framework).collect();
        let treated = |kind: TreatmentKind| own.iter().filter(|clause| clause.treatment == kind).count();
        let clauses: Vec<ClauseView> = own.iter().map(|clause| self.clause(clause)).collect();
        let mut worst: Vec<WorstView> = clauses
            .iter()
            .filter(|clause| clause.status == Status::NotSatisfied.word())
            .map(|clause| WorstView {
                anchor: clause.anchor.clone(),
                id: clause.id.clone(),
                label: clause.label.clone(),
                deviation_total: clause.deviations.total,
                summary: clause.summary.clone(),
            })
            .collect();
        worst.sort_by_key(|gap| std::cmp::Reverse(gap.deviation_total));
        worst.truncate(WORST_MAX);
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
            counts: self.counts(&framework.counts),
            clause_total: framework.counts.values().sum(),
            heading_total: treated(TreatmentKind::Heading),
            mapped_total: treated(TreatmentKind::Mapped),
            documentary_total: treated(TreatmentKind::Documentary),
            outside_total: treated(TreatmentKind::Outside),
            worst,
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
            result: clause.result.clone().unwrap_or_default(),
            treatment: match clause.treatment {
                TreatmentKind::Heading => "heading",
                TreatmentKind::Mapped => "mapped",
                TreatmentKind::Documentary => "documentary",
                TreatmentKind::Outside => "outside",
            }
            .into(),
            summary: self.summary(clause),
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

    /// One sentence: the reason that decides, with the objective it comes from.
    pub(super) fn summary(&self, clause: &ClauseResult) -> String {
        let Some(first) = clause.reasons.first() else { return String::new() };
        match first.objective.as_ref().and_then(|id| self.objectives.get(id.as_str())) {
            Some(objective) => format!("{}: {}", objective.title, first.text),
            None => first.text.clone(),
        }
    }

    fn clause_objective(&self, own: &crate::assessment::ClauseObjective) -> Option<ClauseObjectiveView> {
        let objective = self.objectives.get(own.objective.as_str())?;
        let tested = objective.tally.population - objective.tally.skipped;
        let tally = if tested == 0 {
            String::new()
        } else {
            self.wording.fill(
                "tally_depart",
                "{failed} of {tested} depart",
                &[("failed", &objective.tally.failed.to_string()), ("tested", &tested.to_string())],
            )
        };
        Some(ClauseObjectiveView {
            anchor: objective_anchor(&own.objective),
            id: own.objective.clone(),
            title: objective.title.clone(),
            coverage: own.coverage.clone(),
            coverage_label: self.wording.label("coverage", &own.coverage),
            rationale: own.rationale.clone(),
            status: own.status.word().into(),
            status_label: self.wording.label("status", own.status.word()),
            tally,
        })
    }

    fn clause_deviations(&self, clause: &ClauseResult) -> DeviationTable {
        let mut rows = Vec::new();
        let mut total = 0;
        let mut files = BTreeSet::new();
        for own in &clause.objectives {
            let Some(objective) = self.objectives.get(own.objective.as_str()) else { continue };
            let excepted: BTreeMap<&str, &str> =
                own.excepted.iter().map(|excepted| (excepted.subject.as_str(), excepted.exception.as_str())).collect();
            let deviating: Vec<&Observation> = deviating(objective).collect();
            total += deviating.len();
            if !deviating.is_empty() {
                files.insert(observations_file(&objective.id));
            }
            rows.extend(deviating.into_iter().take(self.limits.clause_rows).map(|seen| self.deviation(seen, objective, &excepted)));
        }
        rows.truncate(self.limits.clause_rows);
        self.deviation_table(rows, total, &files.into_iter().collect::<Vec<_>>().join(", "))
    }

    fn deviation_table(&self, rows: Vec<DeviationView>, total: usize, files: &str) -> DeviationTable {
        let shown = rows.len();
        let note = if shown == total {
            String::new()
        } else {
            self.wording.fill(
                "deviations_note",
                "{shown} of {total} shown; all of them are in {file}.",
                &[("shown", &shown.to_string()), ("total", &total.to_string()), ("file", files)],
            )
        };
        DeviationTable { rows, shown, total, note }
    }

    fn deviation(&self, seen: &Observation, objective: &ObjectiveResult, excepted: &BTreeMap<&str, &str>) -> DeviationView {
        DeviationView {
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

    fn objective(&self, objective: &ObjectiveResult) -> ObjectiveView {
        let excepted: BTreeMap<&str, &str> = self
            .assessment
            .exceptions
            .iter()
            .filter(|exception| exception.objective == objective.id)
            .flat_map(|exception| exception.covers.iter().map(|subject| (subject.as_str(), exception.id.as_str())))
            .collect();
        let total = deviating(objective).count();
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
                excepted: deviating(objective)
                    .filter(|seen| seen.outcome == Outcome::Fail && excepted.contains_key(seen.subject.as_str()))
                    .count(),
                ..tally_view(&objective.tally)
            },
            classes: self.class_tallies(objective),
            parameters: objective.parameters.iter().map(|parameter| self.parameter(parameter)).collect(),
            reasons: objective.reasons.iter().map(|reason| self.reason(reason)).collect(),
            deviations: self.deviation_table(rows, total, &file),
            advice: blocks(&objective.advice),
            references: objective.references.clone(),
            exhibits: self.exhibit_links(&objective.evidence),
            clauses: self.clauses_by_objective.get(objective.id.as_str()).cloned().unwrap_or_default(),
            digest: objective.definition.to_string(),
            observations_file: file,
            observations_digest: objective.observations_digest.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }

    fn reason(&self, reason: &Reason) -> ReasonView {
        let objective = reason.objective.as_ref().and_then(|id| self.objectives.get(id.as_str()));
        ReasonView {
            code: reason.code.clone(),
            text: reason.text.clone(),
            objective: objective.map_or(String::new(), |objective| objective.title.clone()),
            objective_anchor: objective.map_or(String::new(), |objective| objective_anchor(&objective.id)),
            exhibits: self.exhibit_links(&reason.artifacts),
        }
    }

    fn coverage(&self, own: &CoverageRecord) -> CoverageView {
        let range = |text: &String| match text.split_once(' ') {
            Some((from, to)) if from == to => from.to_owned(),
            Some((from, to)) => self.wording.fill("coverage_range", "{from} to {to}", &[("from", from), ("to", to)]),
            None => text.clone(),
        };
        CoverageView {
            title: own.title.clone(),
            instance: own.instance.clone().unwrap_or_default(),
            kind: own.kind.clone(),
            kind_label: self.wording.label("coverage", own.basis.as_ref().unwrap_or(&own.kind)),
            covers: own.covers.iter().map(range).collect(),
            gaps: own.gaps.iter().map(range).collect(),
            outside: own.outside,
            exhibits: self.exhibit_links(&own.artifacts),
        }
    }

    fn reconciliation(&self) -> ReconciliationView {
        let own = &self.assessment.reconciliation;
        ReconciliationView {
            places: own
                .places
                .iter()
                .map(|place| PlaceView {
                    platform: place.platform.clone(),
                    scope: place.scope.clone(),
                    in_both: place.in_both,
                    only_in_source: place.only_in_source,
                    only_in_register: place.only_in_register,
                    ambiguous: place.ambiguous,
                    provider_managed: place.provider_managed,
                })
                .collect(),
            discrepancies: own
                .discrepancies
                .iter()
                .take(DISCREPANCIES_MAX)
                .map(|one| DiscrepancyView {
                    kind: one.kind.clone(),
                    kind_label: self.wording.label("discrepancy", &one.kind),
                    subject: one.subject.clone(),
                    says: one.says.clone(),
                    exhibit: self.exhibit_link(&one.artifact),
                    record: one.record.clone(),
                    other_exhibit: one.other_artifact.as_ref().map(|path| self.exhibit_link(path)),
                    other_record: one.other_record.clone().unwrap_or_default(),
                })
                .collect(),
            discrepancy_total: own.discrepancies.len(),
            counts_stated: own.counts_stated,
            counts_found: own.counts_found,
        }
    }

    fn provenance(&self) -> Vec<ProvenanceView> {
        let used: Vec<&ArtifactRecord> = self.assessment.artifacts.iter().filter(|artifact| artifact.state == "used").collect();
        if used.is_empty() {
            return Vec::new();
        }
        crate::base::PROVENANCE
            .iter()
            .map(|key| {
                let missing = used.iter().filter(|artifact| artifact.not_stated.iter().any(|own| own == key)).count();
                ProvenanceView { label: self.wording.get(&format!("exhibit_{key}")), stated: used.len() - missing, missing }
            })
            .collect()
    }

    fn exhibit(&self, artifact: &ArtifactRecord) -> ExhibitView {
        let stated = |value: &Option<String>| value.clone().unwrap_or_default();
        let path = artifact.path.as_str();
        let objectives = self.assessment.objectives.iter().filter(|objective| objective.evidence.iter().any(|own| own == path));
        ExhibitView {
            id: artifact.exhibit.clone(),
            anchor: exhibit_anchor(artifact),
            path: artifact.path.clone(),
            state: artifact.state.clone(),
            state_label: self.wording.label("state", &artifact.state),
            note: artifact.note.clone(),
            adapter: artifact
                .adapter
                .as_ref()
                .map(|adapter| format!("{adapter} r{}", artifact.adapter_revision.unwrap_or(0)))
                .unwrap_or_default(),
            system: stated(&artifact.system),
            instance: stated(&artifact.instance),
            query: stated(&artifact.query),
            tool: stated(&artifact.tool),
            collector: stated(&artifact.collector),
            collected_at: stated(&artifact.collected_at),
            collected_at_utc: stated(&artifact.collected_at_utc),
            period: stated(&artifact.period),
            classification: stated(&artifact.classification),
            control_totals: artifact.control_totals.clone(),
            keys: match (&artifact.first_key, &artifact.last_key) {
                (None, None) => String::new(),
                (first, last) => format!("{} … {}", stated(first), stated(last)),
            },
            transformations: artifact.transformations.clone(),
            bytes: artifact.bytes,
            sha256: artifact.sha256.as_ref().map(ToString::to_string).unwrap_or_default(),
            packed_path: stated(&artifact.packed),
            packed_sha256: artifact.packed_sha256.as_ref().map(ToString::to_string).unwrap_or_default(),
            masked: artifact.secrets,
            records_read: artifact.read,
            records_kept: artifact.kept,
            records_rejected: artifact.rejected,
            extent: artifact.extent.clone(),
            extent_label: self.wording.label("extent", &artifact.extent),
            extent_because: artifact.extent_because.clone(),
            not_stated: artifact.not_stated.iter().map(|key| self.wording.get(&format!("exhibit_{key}"))).collect(),
            rejections: artifact
                .rejections
                .iter()
                .take(REJECTIONS_MAX)
                .map(|rejection| RejectionView { record: rejection.record.clone(), reason: rejection.reason.clone() })
                .collect(),
            clauses: self.clauses_by_artifact.get(path).cloned().unwrap_or_default(),
            objectives: objectives
                .map(|objective| LinkView { anchor: objective_anchor(&objective.id), label: objective.title.clone() })
                .collect(),
        }
    }

    fn exception(&self, exception: &ExceptionRecord) -> ExceptionView {
        let state = if exception.state == "active" && exception.covers.is_empty() { "unused" } else { &exception.state };
        let frameworks = if exception.frameworks.is_empty() {
            self.wording.fill("exception_all_frameworks", "All frameworks in scope", &[])
        } else {
            exception.frameworks.join(", ")
        };
        ExceptionView {
            id: exception.id.clone(),
            title: exception.title.clone(),
            state: state.into(),
            state_label: self.wording.label("exception", state),
            objective: self.objective_link(&exception.objective),
            frameworks,
            subjects: exception.subjects.clone(),
            reason: exception.reason.clone(),
            approved_by: exception.approved_by.clone(),
            approved_at: exception.approved_at.clone(),
            expires_at: exception.expires_at.clone(),
            compensating_measure: exception.compensating_measure.clone(),
            retirement_plan: exception.retirement_plan.clone(),
            milestones: exception.milestones.iter().map(|step| self.milestone(step)).collect(),
            worksheet: exception
                .worksheet
                .iter()
                .flatten()
                .map(|answer| AnswerView {
                    label: self.wording.label("worksheet", &answer.field),
                    text: answer.text.clone().unwrap_or_default(),
                })
                .collect(),
            covers: exception.covers.len(),
            remarks: exception.remarks.clone(),
        }
    }

    pub(super) fn milestone(&self, step: &MilestoneRecord) -> MilestoneView {
        let label = self.wording.label("milestone", &step.state);
        MilestoneView {
            due: step.due.clone(),
            what: step.what.clone(),
            state: step.state.clone(),
            state_label: step.done.as_ref().map_or(label.clone(), |day| format!("{label}, {day}")),
        }
    }

    fn document(&self, document: &DocumentRecord) -> DocumentView {
        let stated = |value: &Option<String>| value.clone().unwrap_or_default();
        let clauses = |cited: &[String]| cited.iter().map(|cited| self.clause_link(cited)).collect::<Vec<_>>();
        let objectives = |ids: &[String]| ids.iter().map(|id| self.objective_link(id)).collect::<Vec<_>>();
        DocumentView {
            id: document.id.clone(),
            anchor: anchor("d", &document.id),
            title: document.title.clone(),
            version: stated(&document.version),
            state: document.state.clone(),
            state_label: self.wording.label("document", &document.state),
            note: document.note.clone(),
            approved_by: stated(&document.approved_by),
            approved_at: stated(&document.approved_at),
            review_by: stated(&document.review_by),
            exhibit: self.exhibit_link(&document.path),
            clauses: clauses(&document.clauses),
            objectives: objectives(&document.objectives),
            examinations: document
                .examinations
                .iter()
                .map(|own| ExaminationView {
                    by: own.by.clone(),
                    on: own.on.clone(),
                    result: own.result.word().into(),
                    result_label: self.wording.label("status", own.result.word()),
                    because: own.because.clone(),
                    flaw: stated(&own.flaw),
                    about: clauses(&own.clauses).into_iter().chain(objectives(&own.objectives)).collect(),
                })
                .collect(),
            text: document.text.as_deref().map(blocks).unwrap_or_default(),
        }
    }

    /// A link to a clause cited as `pci-dss@4.0.1 8.6.1`.
    fn clause_link(&self, cited: &str) -> LinkView {
        let (framework, id) = cited.split_once(' ').unwrap_or((cited, ""));
        let clause = self.assessment.clauses.iter().find(|clause| clause.framework == framework && clause.clause == id);
        let title = self.assessment.frameworks.iter().find(|own| own.framework == framework).map(|own| own.short_title.as_str());
        match (clause, title) {
            (Some(clause), Some(title)) => LinkView { anchor: clause_anchor(clause), label: format!("{title} {id}") },
            _ => LinkView { anchor: String::new(), label: cited.to_owned() },
        }
    }

    fn parameter(&self, parameter: &ParameterRecord) -> ParameterView {
        let by_class = parameter.by_class.iter().map(|own| ParameterByClassView {
            whom: self.whom(own),
            value: own.value.clone(),
            overridden: own.reason.is_some(),
            source: own.reason.clone().unwrap_or_else(|| own.source.clone()),
        });
        ParameterView {
            name: parameter.name.clone(),
            title: parameter.title.clone(),
            value: parameter.value.clone(),
            unit: self.wording.label("unit", &parameter.unit),
            default: parameter.default.clone(),
            overridden: parameter.reason.is_some(),
            source: parameter.reason.clone().unwrap_or_else(|| parameter.source.clone()),
            by_class: by_class.collect(),
        }
    }

    /// Whom a value is for, such as `class AI agent, tier critical`.
    fn whom(&self, own: &ParameterByClassRecord) -> String {
        let class = own.class.as_ref().map(|class| {
            let label = self.wording.label("class", class);
            self.wording.fill("for_class", "class {name}", &[("name", &label)])
        });
        let tier = own.tier.as_ref().map(|tier| {
            let label = self.wording.label("tier", tier);
            self.wording.fill("for_tier", "tier {name}", &[("name", &label)])
        });
        class.into_iter().chain(tier).collect::<Vec<_>>().join(", ")
    }

    fn class_tallies(&self, objective: &ObjectiveResult) -> Vec<ClassTallyView> {
        let view = |own: &ClassTally| ClassTallyView {
            class: own.class.clone(),
            label: self.wording.label("class", &own.class),
            tally: tally_view(&own.tally),
        };
        objective.classes.iter().map(view).collect()
    }

    /// Values of parameters that the organisation states, whomever they are for.
    fn overrides(&self) -> Vec<OverrideView> {
        let mut overrides = Vec::new();
        for objective in &self.assessment.objectives {
            for parameter in &objective.parameters {
                let unit = self.wording.label("unit", &parameter.unit);
                let mut add = |whom: Option<String>, value: &str, reason: &Option<String>| {
                    if let Some(reason) = reason {
                        overrides.push(OverrideView {
                            objective: self.objective_link(&objective.id),
                            parameter: whom.map_or_else(|| parameter.title.clone(), |whom| format!("{} ({whom})", parameter.title)),
                            value: format!("{value} {unit}"),
                            default: format!("{} {unit}", parameter.default),
                            reason: reason.clone(),
                        });
                    }
                };
                add(None, &parameter.value, &parameter.reason);
                parameter.by_class.iter().for_each(|own| add(Some(self.whom(own)), &own.value, &own.reason));
            }
        }
        overrides
    }

    /// Clauses that were not assessed, grouped by the reason that decided.
    fn not_assessed(&self) -> Vec<NotAssessedView> {
        let mut groups: BTreeMap<&str, BTreeMap<usize, Vec<NotAssessedClause>>> = BTreeMap::new();
        for clause in self.assessment.clauses.iter().filter(|clause| clause.status == Some(Status::NotAssessed)) {
            let Some(reason) = clause.reasons.iter().find(|reason| reason.code != "proved") else { continue };
            let position = self.assessment.frameworks.iter().position(|framework| framework.framework == clause.framework).unwrap_or(0);
            groups.entry(&reason.code).or_default().entry(position).or_default().push(NotAssessedClause {
                anchor: clause_anchor(clause),
                id: clause.clause.clone(),
                label: clause.label.clone(),
                text: reason.text.clone(),
            });
        }
        groups
            .into_iter()
            .map(|(code, by_framework)| NotAssessedView {
                reason: self.wording.label("reason", code),
                code: code.to_owned(),
                total: by_framework.values().map(Vec::len).sum(),
                frameworks: by_framework
                    .into_iter()
                    .map(|(position, clauses)| NotAssessedFramework {
                        framework: self.assessment.frameworks[position].short_title.clone(),
                        clauses,
                    })
                    .collect(),
            })
            .collect()
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
        match self.objectives.get(id) {
            Some(objective) => LinkView { anchor: objective_anchor(id), label: objective.title.clone() },
            None => LinkView { anchor: String::new(), label: id.to_owned() },
        }
    }
}

/// What a reader must look at: failures first, then what could not be told.
pub(super) fn deviating(objective: &ObjectiveResult) -> impl Iterator<Item = &Observation> {
    let of = |outcome: Outcome| objective.observations.iter().filter(move |seen| seen.outcome == outcome);
    of(Outcome::Fail).chain(of(Outcome::Unknown))
}

/// Counts of a tally; which of the deviations are excepted it does not know.
fn tally_view(tally: &Tally) -> TallyView {
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

fn objective_anchor(id: &str) -> String {
    anchor("o", id)
}

fn exhibit_anchor(artifact: &ArtifactRecord) -> String {
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
