//! Objectives tested again over the evidence of a pack, by the check or the parameters of another one.
//!
//! In: a verified full pack, taken apart, and the controls. Out: what an objective comes to. Built-in controls come from this program and not from the
//! pack, and evidence from copies: a result counts only where the definition is the one that the record names, and where the pack worked
//! through as it is gives what its record states. Where it does not count, the reason is told instead, as what is to be said of that side.

use std::collections::{BTreeMap, BTreeSet};

use super::classes::refusal;
use super::rederive::Kept;
use super::testing::{Means, test_by};
use super::{Controls, Workspace};
use crate::assessment::{Assessment, InputRecord, ObjectiveResult};
use crate::base::{Diagnostics, FoundFile};
use crate::catalog::Objective;
use crate::checks::{Kinds, Said};

/// A pack whose evidence can be tested again.
pub struct Reopened {
    record: Assessment,
    controls: Controls,
    workspace: Workspace,
    evidence: Vec<FoundFile>,
}

impl Reopened {
    /// Nothing but a reason where the pack lacks evidence that was used, or where its statements cannot be used with these controls.
    pub fn open(kept: Kept, controls: Controls, mut diagnostics: Diagnostics) -> Result<Reopened, String> {
        if let Some(absent) = kept.assessment.artifacts.iter().find(|own| own.state == "used" && own.packed.is_none()) {
            return Err(format!("holds no copy of {}", absent.path));
        }
        let workspace = kept.workspace(&controls, &mut diagnostics).filter(|_| !diagnostics.has_errors());
        let Some(workspace) = workspace else { return Err("has statements that cannot be used with these controls".to_owned()) };
        Ok(Reopened { record: kept.assessment, controls, workspace, evidence: kept.evidence })
    }

    /// By what an objective was tested there; nothing where these controls hold another definition than its record names.
    pub fn means(&self, objective: &str) -> Option<Means> {
        let definition = &self.record.objective(objective)?.definition;
        let objective = self.controls.catalogs.objectives.get(objective).filter(|own| own.digest == *definition)?;
        Some(Means { objective: objective.clone(), stated: self.stated(&objective.id) })
    }

    /// What the organisation states for the parameters of an objective, whatever its definition.
    pub fn stated(&self, objective: &str) -> BTreeMap<String, Vec<Said>> {
        self.workspace.overrides.get(objective).cloned().unwrap_or_default()
    }

    /// The definition of one side with the values that a side states, or why the one does not take the other.
    pub fn mixed(&self, objective: &Objective, stated: BTreeMap<String, Vec<Said>>) -> Result<Means, String> {
        let kinds = Kinds::of(&self.controls.tables);
        for (name, said) in &stated {
            let Some(parameter) = objective.parameters.iter().find(|own| own.name == *name) else {
                return Err(format!("the query of one side has no parameter {name}"));
            };
            if said.iter().any(|own| parameter.refusal(&own.value).is_some() || refusal(parameter, &own.whom, &kinds).is_some()) {
                return Err(format!("the query of one side does not take the value that the other states for {name}"));
            }
        }
        Ok(Means { objective: objective.clone(), stated })
    }

    /// Tests objectives over this evidence, one after the other, each by its means. What one came to, or why that does not count.
    pub fn test(&self, asked: &[Means], progress: impl Fn(&str) + Sync) -> Vec<Result<ObjectiveResult, String>> {
        // Each objective by its own means as well: that must give what the record states.
        let mut own: BTreeMap<&str, Option<Means>> = BTreeMap::new();
        for means in asked {
            own.entry(&means.objective.id).or_insert_with(|| self.means(&means.objective.id));
        }
        let anchors: Vec<Means> = own.values().flatten().cloned().collect();
        let all: Vec<Means> = anchors.iter().chain(asked).cloned().collect();
        let mut results = test_by(&all, &self.controls, &self.workspace, &self.evidence, progress);
        let tested = results.split_off(anchors.len());
        let sound: BTreeMap<&str, bool> = anchors
            .iter()
            .zip(&results)
            .map(|(means, result)| (means.objective.id.as_str(), self.is_as_recorded(result.as_ref().ok())))
            .collect();
        let reads_alike = self.reads_alike();
        asked
            .iter()
            .zip(tested)
            .map(|(means, result)| {
                match sound.get(means.objective.id.as_str()) {
                    Some(true) => {}
                    Some(false) => return Err("does not give again from its evidence what its record states".to_owned()),
                    None if reads_alike => {}
                    None => return Err("would be read by other adapters or tables than then".to_owned()),
                }
                result.map_err(|_| "has tables that do not fit the query of the other".to_owned())
            })
            .collect()
    }

    fn is_as_recorded(&self, again: Option<&ObjectiveResult>) -> bool {
        let recorded = again.and_then(|again| self.record.objective(&again.id));
        again.zip(recorded).is_some_and(|(one, two)| one.observations_digest == two.observations_digest && one.tally == two.tally)
    }

    /// Whether the record was made with the adapters and tables that are in force now.
    fn reads_alike(&self) -> bool {
        let reading = |list: &[InputRecord]| -> BTreeSet<(String, String, String)> {
            let reads = list.iter().filter(|own| own.kind == "adapter" || own.kind == "table");
            reads.map(|own| (own.kind.clone(), own.name.clone(), own.digest.to_string())).collect()
        };
        reading(&self.record.inputs) == reading(&self.controls.inputs(&[], std::iter::empty()))
    }
}
