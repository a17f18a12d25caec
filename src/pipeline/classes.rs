//! Classes of identities where stages meet: which class and tier each has, which limits that gives, and how each class fared.

use super::{Controls, Workspace};
use crate::assessment::{ClassTally, Observation, ParameterByClassRecord, ParameterRecord, Tally};
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

/// The class of every machine identity, held small: by id, the place of its class among the classes.
#[derive(Default)]
pub struct ClassOf(Vec<(Box<str>, u16)>);

impl ClassOf {
    pub fn new(ledger: &Ledger, kinds: &Kinds) -> ClassOf {
        let mut found = Vec::new();
        ledger.scan_columns("machine_identities", &["identity_id", "class"], |table| {
            for row in 0..table.len() {
                let known = table.text(row, "class").and_then(|class| kinds.classes.iter().position(|own| own == class));
                let known = known.and_then(|place| u16::try_from(place).ok());
                if let (Some(place), Some(identity)) = (known, table.text(row, "identity_id")) {
                    found.push((Box::from(identity), place));
                }
            }
        });
        // What is said last counts.
        found.reverse();
        found.sort_by(|one: &(Box<str>, u16), two| one.0.cmp(&two.0));
        found.dedup_by(|later, earlier| later.0 == earlier.0);
        found.shrink_to_fit();
        ClassOf(found)
    }

    fn place(&self, identity: &str) -> Option<usize> {
        let at = self.0.binary_search_by(|(own, _)| (**own).cmp(identity)).ok()?;
        Some(usize::from(self.0[at].1))
    }
}

/// Counts how each class fares whose members are observed.
pub struct ByClass<'a> {
    classes: &'a [String],
    class_of: &'a ClassOf,
    tallies: Vec<Tally>,
    /// The place of the class of those that have none.
    otherwise: Option<usize>,
}

impl<'a> ByClass<'a> {
    pub fn new(kinds: &'a Kinds, class_of: &'a ClassOf) -> ByClass<'a> {
        let otherwise = kinds.classes.iter().position(|class| class == NO_CLASS);
        ByClass { classes: &kinds.classes, class_of, tallies: vec![Tally::default(); kinds.classes.len()], otherwise }
    }

    pub fn add(&mut self, seen: &Observation) {
        let own = seen.identity.as_deref().and_then(|identity| self.class_of.place(identity));
        if let Some(place) = own.or(self.otherwise) {
            judge::count(&mut self.tallies[place], seen);
        }
    }

    /// How each class fared that has a member among the observations, in the order of the classes.
    pub fn finish(self) -> Vec<ClassTally> {
        let counted = self.classes.iter().zip(self.tallies).filter(|(_, tally)| tally.population > 0);
        counted.map(|(class, tally)| ClassTally { class: class.clone(), tally }).collect()
    }
}
