//! Objectives: read and checked, each with its SQL beside it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::format::{Method, ObjectiveFile};
use super::{CheckText, Objective};
use crate::base::yaml::{Format, Located};
use crate::base::{Diagnostic, Diagnostics, Digest, SourceTree};

pub(super) fn load_objectives(controls: &SourceTree, diagnostics: &mut Diagnostics) -> BTreeMap<String, Objective> {
    let format = Format::<ObjectiveFile>::new("objective/invalid");
    let mut objectives = BTreeMap::new();
    for path in controls.named("objectives", "objective.yaml") {
        let bytes = controls.get(path).unwrap_or_default();
        let Some(file) = format.read(path, bytes, diagnostics) else {
            continue;
        };
        let folder = path.trim_end_matches("/objective.yaml");
        let check_path = format!("{folder}/check.sql");
        let check = controls.text(&check_path).map(|text| CheckText { file: check_path, text: Arc::from(text) });
        check_objective(&file, folder, check.is_some(), diagnostics);
        let digest = Digest::of_canonical(&serde_json::json!({
            "objective": Digest::of(bytes),
            "check": check.as_ref().map(|check| Digest::of(check.text.as_bytes())),
        }));
        let typed = file.value;
        objectives.insert(
            typed.id.clone(),
            Objective {
                id: typed.id,
                title: typed.title,
                statement: typed.statement.trim().to_owned(),
                method: typed.method,
                ask: typed.ask.map(|ask| ask.trim().to_owned()),
                population: typed.population.unwrap_or_default().trim().to_owned(),
                requires: typed.requires,
                empty_population: typed.empty_population,
                freshness_days_max: typed.freshness.map_or(0, |freshness| freshness.age_days_max),
                parameters: typed.parameters,
                advice: typed.advice,
                references: typed.references,
                check,
                digest,
            },
        );
    }
    objectives
}

fn check_objective(file: &Located<ObjectiveFile>, folder: &str, has_check: bool, diagnostics: &mut Diagnostics) {
    let typed = &file.value;
    let mut wrong = |pointer: &str, code, message: String, help: &str| {
        let diagnostic: Diagnostic = file.error(pointer, code, message);
        diagnostics.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
    };
    if folder.rsplit('/').next() != Some(typed.id.as_str()) {
        wrong(
            "/id",
            "objective/misplaced",
            format!("the objective `{}` stands in the folder `{folder}`", typed.id),
            "folder and id are equal",
        );
    }
    match typed.method {
        Method::Test => {
            if !has_check {
                wrong(
                    "/method",
                    "objective/no-check",
                    "the method is `test`, but there is no check.sql beside this file".into(),
                    "write check.sql",
                );
            }
            for (missing, name) in [
                (typed.population.is_none(), "population"),
                (typed.requires.is_empty(), "requires"),
                (typed.empty_population.is_none(), "empty_population"),
                (typed.freshness.is_none(), "freshness"),
            ] {
                if missing {
                    wrong("", "objective/incomplete", format!("an objective that is tested states `{name}`"), "");
                }
            }
        }
        Method::Examine | Method::Interview => {
            if has_check {
                wrong(
                    "/method",
                    "objective/stray-check",
                    "there is a check.sql, but the method is not `test`".into(),
                    "set the method to `test`",
                );
            }
            if typed.ask.is_none() {
                wrong("", "objective/incomplete", "an objective that is not tested states in `ask` what to bring".into(), "");
            }
        }
    }
    for (index, parameter) in typed.parameters.iter().enumerate() {
        if let Some(refusal) = parameter.refusal(&parameter.default) {
            wrong(&format!("/parameters/{index}/default"), "objective/parameter", refusal, "");
        }
        for (place, refusal) in parameter.refusals_by_class() {
            wrong(&format!("/parameters/{index}/{place}"), "objective/by-class", refusal, "");
        }
    }
}
