//! What clauses rest on, as a report shows it: exhibits and their coverage, the register against the sources, exceptions, documents,
//! parameters, and what was not assessed.

use std::collections::BTreeMap;

use super::build::{Builder, anchor, clause_anchor, exhibit_anchor, objective_anchor, tally_view};
use super::markdown::blocks;
use super::model::{
    AnswerView, ClassTallyView, CoverageView, DiscrepancyView, DocumentView, ExaminationView, ExceptionView, ExhibitView, LinkView,
    MilestoneView, NotAssessedClause, NotAssessedFramework, NotAssessedView, OverrideView, ParameterByClassView, ParameterView, PlaceView,
    ProvenanceView, ReconciliationView, RejectionView,
};
use crate::assessment::{
    ArtifactRecord, ClassTally, CoverageRecord, DocumentRecord, ExceptionRecord, MilestoneRecord, ObjectiveResult, ParameterByClassRecord,
    ParameterRecord,
};
use crate::base::Status;

const REJECTIONS_MAX: usize = 5;
/// Discrepancies shown in the reconciliation; `assessment.json` holds all.
const DISCREPANCIES_MAX: usize = 80;

impl Builder<'_> {
    pub(super) fn coverage(&self, own: &CoverageRecord) -> CoverageView {
        let range = |text: &String| match text.split_once(' ') {
            Some((from, to)) if from == to => from.to_owned(),
            Some((from, to)) => self.wording.fill("coverage_range", "{from} to {to}", &[("from", from), ("to", to)]),
            None => text.clone(),
        };
        // Several files of one instant say the same.
        let mut covers: Vec<&String> = own.covers.iter().collect();
        covers.dedup();
        CoverageView {
            title: own.title.clone(),
            instance: own.instance.clone().unwrap_or_default(),
            kind: own.kind.clone(),
            kind_label: self.wording.label("coverage", own.basis.as_ref().unwrap_or(&own.kind)),
            covers: covers.into_iter().map(range).collect(),
            gaps: own.gaps.iter().map(range).collect(),
            outside: own.outside,
            exhibits: self.exhibit_links(&own.artifacts),
        }
    }

    pub(super) fn reconciliation(&self) -> ReconciliationView {
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

    pub(super) fn provenance(&self) -> Vec<ProvenanceView> {
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

    pub(super) fn exhibit(&self, artifact: &ArtifactRecord) -> ExhibitView {
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
            no_copy: if artifact.packed.is_some() { String::new() } else { self.no_copy(artifact) },
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

    fn no_copy(&self, artifact: &ArtifactRecord) -> String {
        let was_understood = matches!(artifact.state.as_str(), "used" | "document");
        self.wording.get(match (was_understood, self.assessment.names.replaced) {
            (false, _) => "withheld",
            (true, true) => "withheld_redacted",
            (true, false) => "withheld_in_parts",
        })
    }

    pub(super) fn exception(&self, exception: &ExceptionRecord) -> ExceptionView {
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

    pub(super) fn document(&self, document: &DocumentRecord) -> DocumentView {
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
    pub(super) fn clause_link(&self, cited: &str) -> LinkView {
        let (framework, id) = cited.split_once(' ').unwrap_or((cited, ""));
        let clause = self.assessment.clauses.iter().find(|clause| clause.framework == framework && clause.clause == id);
        let title = self.assessment.frameworks.iter().find(|own| own.framework == framework).map(|own| own.short_title.as_str());
        match (clause, title) {
            (Some(clause), Some(title)) => LinkView { anchor: clause_anchor(clause), label: format!("{title} {id}") },
            _ => LinkView { anchor: String::new(), label: cited.to_owned() },
        }
    }

    pub(super) fn parameter(&self, parameter: &ParameterRecord) -> ParameterView {
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
    pub(super) fn whom(&self, own: &ParameterByClassRecord) -> String {
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

    pub(super) fn class_tallies(&self, objective: &ObjectiveResult) -> Vec<ClassTallyView> {
        let view = |own: &ClassTally| ClassTallyView {
            class: own.class.clone(),
            label: self.wording.label("class", &own.class),
            tally: tally_view(&own.tally),
        };
        objective.classes.iter().map(view).collect()
    }

    /// Values of parameters that the organisation states, whomever they are for.
    pub(super) fn overrides(&self) -> Vec<OverrideView> {
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
    pub(super) fn not_assessed(&self) -> Vec<NotAssessedView> {
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
}
