//! Classes of identities where stages meet: which class and tier each has, which limits that gives, and how each class fared.

use std::collections::BTreeMap;

use super::{Controls, Workspace};
use crate::assessment::{ClassTally, Observation, ParameterByClassRecord, ParameterRecord};
use crate::base::{Diagnostic, Diagnostics};
use crate::catalog::{Objective, ParameterFile};
use crate::checks::{InForce, Kinds, Said, Values, Whom};
use crate::engine::{Engine, Parameters, Query};
use crate::evidence::Ledger;
use crate::judge;

/// The class of rows that speak of no identity that any export lists.
const NO_CLASS: &str = "unclassified";

/// Why a parameter may have no value for a class or tier, or nothing when it may.
pub fn refusal(parameter: &ParameterFile, whom: &Whom, kinds: &Kinds) -> Option<String> {
    if *whom == Whom::default() {
        return None;
    }
    if parameter.by_class.is_none() {
        return Some(not_by_class(parameter));
    }
    let unknown = |key: &str, named: &Option<String>, all: &[String]| {
        named.as_ref().filter(|name| !all.contains(name)).map(|name| format!("there is no {key} `{name}`; there are {}", all.join(", ")))
    };
    unknown("class", &whom.class, &kinds.classes).or_else(|| unknown("tier", &whom.tier, &kinds.tiers))
}

pub fn not_by_class(parameter: &ParameterFile) -> String {
    format!("`{}` is the same for every class and tier", parameter.name)
}

/// The defaults by class of every objective must name classes and tiers that exist.
pub fn check_defaults(controls: &Controls, diagnostics: &mut Diagnostics) {
    let kinds = Kinds::of(&controls.tables);
    for objective in controls.catalogs.objectives.values() {
        for parameter in &objective.parameters {
            for own in parameter.by_class.iter().flatten() {
                let whom = Whom { class: own.class.clone(), tier: own.tier.clone() };
                if let Some(refusal) = refusal(parameter, &whom, &kinds) {
                    let file = format!("objectives/{}/objective.yaml", objective.id);
                    diagnostics.push(Diagnostic::error("objective/by-class", file, format!("`{}`: {refusal}", parameter.name)));
                }
            }
        }
    }
}

/// Tells which patterns under `classes:` fit no identity of any export.
pub fn warn_unused(workspace: &Workspace, engine: &Engine, diagnostics: &mut Diagnostics) {
    const UNUSED: &str = "select place, pattern from stated_classes where not exists ( \
         select 1 from identities where coalesce(native_id, identity_id) like pattern or identity_id like pattern) order by place";
    if workspace.stated.classes.is_empty() {
        return;
    }
    let query = Query::parse(UNUSED).expect("a fixed query");
    let Ok(unused) = engine.query(&query, &Parameters::new()) else { return };
    for row in 0..unused.len() {
        let pattern = unused.text(row, "pattern").unwrap_or_default();
        diagnostics.push(
            Diagnostic::warning("workspace/unused-class", "tickmark.yaml", format!("no export shows an identity that `{pattern}` fits"))
                .help("a pattern is compared with whole native ids; % stands for any text"),
        );
    }
}

/// The parameters of an objective as the assessment records them.
pub fn parameter_records(objective: &Objective, values: &Values) -> Vec<ParameterRecord> {
    objective.parameters.iter().map(|parameter| parameter_record(parameter, &values.by_name[&parameter.name], &values.kinds)).collect()
}

fn parameter_record(parameter: &ParameterFile, in_force: &InForce, kinds: &Kinds) -> ParameterRecord {
    let general = in_force.general();
    let by_class = in_force.particular(kinds).into_iter().map(|said: &Said| ParameterByClassRecord {
        class: said.whom.class.clone(),
        tier: said.whom.tier.clone(),
        value: said.value.to_string(),
        source: said.source.clone(),
        reason: said.reason.clone(),
    });
    ParameterRecord {
        name: parameter.name.clone(),
        title: parameter.title.clone(),
        unit: format!("{:?}", parameter.unit).to_lowercase(),
        value: general.value.to_string(),
        default: parameter.default.to_string(),
        source: parameter.source.trim().to_owned(),
        reason: general.reason.clone(),
        by_class: by_class.collect(),
    }
}

/// The values in force as a clause's digest covers them: one for everyone, and one for each class or tier that has its own.
pub fn basis_of(parameters: &[ParameterRecord]) -> BTreeMap<String, String> {
    let mut basis = BTreeMap::new();
    for parameter in parameters {
        basis.insert(parameter.name.clone(), parameter.value.clone());
        for own in &parameter.by_class {
            let whom = Whom { class: own.class.clone(), tier: own.tier.clone() };
            basis.insert(format!("{} ({whom})", parameter.name), own.value.clone());
        }
    }
    basis
}

/// How each class fared that has a member among the observations, in the order of the classes; nothing where no limit may differ by class.
pub fn tallies(values: &Values, observations: &[Observation], ledger: &Ledger) -> Vec<ClassTally> {
    if !values.by_name.values().any(InForce::differs_by_class) {
        return Vec::new();
    }
    let classes = classes_of(values, observations, ledger);
    let class_of = |seen: &Observation| seen.identity.as_deref().and_then(|identity| classes.get(identity).copied()).unwrap_or(NO_CLASS);
    let counted = values
        .kinds
        .classes
        .iter()
        .map(|class| ClassTally { class: class.clone(), tally: judge::tally(observations.iter().filter(|seen| class_of(seen) == class)) });
    counted.filter(|own| own.tally.population > 0).collect()
}

/// The classes of the identities that the observations speak of.
fn classes_of<'a>(values: &'a Values, observations: &'a [Observation], ledger: &Ledger) -> BTreeMap<&'a str, &'a str> {
    let mut classes: BTreeMap<&str, &str> = observations.iter().filter_map(|seen| Some((seen.identity.as_deref()?, NO_CLASS))).collect();
    ledger.scan("machine_identities", |table| {
        for row in 0..table.len() {
            let known = table.text(row, "class").and_then(|class| values.kinds.classes.iter().find(|own| *own == class));
            let told = table.text(row, "identity_id").and_then(|identity| classes.get_mut(identity));
            if let (Some(class), Some(told)) = (known, told) {
                *told = class;
            }
        }
    });
    classes
}
