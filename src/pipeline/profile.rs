//! The organisation's statements about itself: checked against the controls, and found for each clause, framework and objective.

use std::collections::BTreeSet;

use super::{Controls, exceptions};
use crate::assessment::{PlanRecord, StatedRecord, TierRecord};
use crate::base::instant::Day;
use crate::base::yaml::Located;
use crate::base::{Diagnostics, Status};
use crate::catalog::{Catalog, Clause, EditionName};
use crate::workspace::{ClauseStatement, ProfileFile, WorkspaceFile};

/// Every framework, clause and objective in `profile.yaml` must exist and be in scope, and every statement must say something.
pub fn check_profile(
    file: &Located<ProfileFile>,
    stated: &WorkspaceFile,
    controls: &Controls,
    diagnostics: &mut Diagnostics,
) -> ProfileFile {
    check_tiers(file, stated, diagnostics);
    check_clauses(file, stated, controls, diagnostics);
    check_plan(file, controls, diagnostics);
    file.value.clone()
}

fn check_tiers(file: &Located<ProfileFile>, stated: &WorkspaceFile, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for (index, tier) in file.value.tiers.iter().enumerate() {
        let at = |key: &str| format!("/tiers/{index}/{key}");
        if !stated.frameworks.contains(&tier.framework) {
            diagnostics.push(
                file.error(&at("framework"), "profile/unknown-framework", format!("`{}` is not in scope", tier.framework))
                    .suggest(&tier.framework, stated.frameworks.iter().map(String::as_str)),
            );
        }
        if !seen.insert(&tier.framework) {
            diagnostics.push(file.error(&at("framework"), "profile/duplicate", format!("the tiers of {} stand twice", tier.framework)));
        }
        if (tier.current.is_none() && tier.target.is_none()) || tier.because.trim().is_empty() {
            diagnostics.push(file.error(
                &format!("/tiers/{index}"),
                "profile/says-nothing",
                "a tier is stated as `current` or `target`, and says on what ground in `because`",
            ));
        }
    }
}

fn check_clauses(file: &Located<ProfileFile>, stated: &WorkspaceFile, controls: &Controls, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for (index, statement) in file.value.clauses.iter().enumerate() {
        let pointer = format!("/clauses/{index}");
        let is_blank = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
        let says_nothing = is_blank(&statement.control) && is_blank(&statement.because) && is_blank(&statement.owner);
        if statement.clauses.is_empty() || (says_nothing && statement.target.is_none()) {
            diagnostics.push(
                file.error(&pointer, "profile/says-nothing", "this says nothing of any clause")
                    .help("name clauses, and at least one of control, because, target and owner"),
            );
        }
        if statement.target.is_some_and(|target| !matches!(target, Status::Satisfied | Status::PartiallySatisfied)) {
            diagnostics.push(
                file.error(&format!("{pointer}/target"), "profile/target", "nobody aims at this status")
                    .help("write satisfied or partially-satisfied; what does not apply stands under `not_applicable` in tickmark.yaml"),
            );
        }
        for (at, cited) in statement.clauses.iter().enumerate() {
            let place = format!("{pointer}/clauses/{at}");
            let (framework, id) = cited.split_once(' ').unwrap_or((cited, ""));
            let catalog = EditionName::parse(framework)
                .filter(|_| stated.frameworks.iter().any(|own| own == framework))
                .and_then(|name| controls.catalogs.editions.get(&name));
            match catalog {
                None => diagnostics.push(
                    file.error(&place, "profile/unknown-clause", format!("`{cited}` names no framework in scope"))
                        .help("write the edition and the clause, such as `nist-csf@2.0 PR.AA-01`"),
                ),
                Some(catalog) if catalog.clause(id).is_none() => diagnostics.push(
                    file.error(&place, "profile/unknown-clause", format!("{framework} has no clause `{id}`"))
                        .suggest(id, catalog.clauses.iter().map(|clause| clause.id.as_str())),
                ),
                Some(_) if !seen.insert(cited) => {
                    diagnostics.push(file.error(&place, "profile/duplicate", format!("`{cited}` stands in two statements")));
                }
                Some(_) => {}
            }
        }
    }
}

fn check_plan(file: &Located<ProfileFile>, controls: &Controls, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for (index, planned) in file.value.plan.iter().enumerate() {
        let at = |key: &str| format!("/plan/{index}/{key}");
        if !controls.catalogs.objectives.contains_key(&planned.objective) {
            diagnostics.push(
                file.error(&at("objective"), "profile/unknown-objective", format!("there is no objective `{}`", planned.objective))
                    .suggest(&planned.objective, controls.catalogs.objectives.keys().map(String::as_str)),
            );
        }
        if !seen.insert(&planned.objective) {
            diagnostics.push(file.error(&at("objective"), "profile/duplicate", format!("`{}` is planned for twice", planned.objective)));
        }
        if planned.remedy.trim().is_empty() || planned.owner.trim().is_empty() {
            diagnostics.push(file.error(&format!("/plan/{index}"), "profile/says-nothing", "a plan names a remedy and who answers for it"));
        }
        for (place, milestone) in planned.milestones.iter().enumerate().filter(|(_, milestone)| milestone.due > planned.due) {
            diagnostics.push(file.error(
                &at(&format!("milestones/{place}/due")),
                "profile/milestone",
                format!("this milestone is due on {}, after the remedy itself on {}", milestone.due, planned.due),
            ));
        }
    }
}

fn trimmed(text: &Option<String>) -> Option<String> {
    text.as_ref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What is said of a clause: for each key, by the statement about it or about the nearest clause above it.
pub fn stated_of(profile: &ProfileFile, catalog: &Catalog, clause: &Clause) -> Option<StatedRecord> {
    let mut record = StatedRecord::default();
    let mut at = Some(clause);
    while let Some(here) = at {
        let cited = format!("{} {}", catalog.name, here.id);
        if let Some(own) = profile.clauses.iter().find(|own: &&ClauseStatement| own.clauses.contains(&cited)) {
            record.control = record.control.or_else(|| trimmed(&own.control));
            record.because = record.because.or_else(|| trimmed(&own.because));
            record.target = record.target.or(own.target);
            record.owner = record.owner.or_else(|| trimmed(&own.owner));
        }
        at = here.parent.as_deref().and_then(|parent| catalog.clause(parent));
    }
    (record != StatedRecord::default()).then_some(record)
}

pub fn tier_of(profile: &ProfileFile, framework: &str) -> Option<TierRecord> {
    let tier = profile.tiers.iter().find(|tier| tier.framework == framework)?;
    Some(TierRecord { current: trimmed(&tier.current), target: trimmed(&tier.target), because: tier.because.trim().to_owned() })
}

/// `today` is the day of judgement in the zone of the period.
pub fn plan_of(profile: &ProfileFile, objective: &str, today: Option<Day>) -> Option<PlanRecord> {
    let planned = profile.plan.iter().find(|planned| planned.objective == objective)?;
    Some(PlanRecord {
        remedy: planned.remedy.trim().to_owned(),
        owner: planned.owner.trim().to_owned(),
        due: planned.due.to_string(),
        milestones: planned.milestones.iter().map(|step| exceptions::milestone(step, today)).collect(),
    })
}
