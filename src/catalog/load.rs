//! From typed files to a checked [`Catalogs`]: ids are unique, parents stand before children, every citation resolves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::format::{CatalogFile, ClauseFile, MappingFile, Method, ObjectiveFile};
use super::{Catalog, CatalogAbout, Catalogs, CheckText, Clause, EditionName, Mapping, Objective, Treatment};
use crate::base::yaml::{Format, Located};
use crate::base::{Diagnostic, Diagnostics, Digest, SourceTree};

/// Reads every catalog and objective of a tree of controls. What cannot be used is left out and told in `diagnostics`.
pub fn load(controls: &SourceTree, diagnostics: &mut Diagnostics) -> Catalogs {
    let objectives = load_objectives(controls, diagnostics);
    let format = Format::<CatalogFile>::new("catalog/invalid");
    let mut editions = BTreeMap::new();
    for path in controls.named("frameworks", "catalog.yaml") {
        let bytes = controls.get(path).unwrap_or_default();
        let Some(file) = format.read(path, bytes, diagnostics) else {
            continue;
        };
        let catalog = check_catalog(&file, Digest::of(bytes), &objectives, diagnostics);
        let expected = format!("frameworks/{}/{}/catalog.yaml", file.value.framework, file.value.edition);
        if path != expected {
            diagnostics.push(
                file.error("/framework", "catalog/misplaced", format!("this catalog belongs in `{expected}`"))
                    .help("the folders are named after framework and edition"),
            );
        }
        editions.insert(catalog.name.clone(), catalog);
    }
    Catalogs { editions, objectives }
}

fn check_catalog(
    file: &Located<CatalogFile>,
    digest: Digest,
    objectives: &BTreeMap<String, Objective>,
    diagnostics: &mut Diagnostics,
) -> Catalog {
    let typed = &file.value;
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    let mut clauses = Vec::with_capacity(typed.clauses.len());
    for (index, clause) in typed.clauses.iter().enumerate() {
        let pointer = format!("/clauses/{index}");
        let depth = clause_depth(file, clause, &pointer, &depths, diagnostics);
        if depths.insert(&clause.id, depth).is_some() {
            diagnostics.push(
                file.error(
                    &format!("{pointer}/id"),
                    "catalog/duplicate-clause",
                    format!("clause {} stands twice in this edition", clause.id),
                )
                .help("an id belongs to the standard and names one clause"),
            );
        }
        let noun = typed.nouns.get(&clause.kind).cloned().unwrap_or_else(|| {
            diagnostics.push(
                file.error(&format!("{pointer}/kind"), "catalog/unknown-kind", format!("`nouns` does not name the kind `{}`", clause.kind))
                    .suggest(&clause.kind, typed.nouns.keys().map(String::as_str)),
            );
            clause.kind.clone()
        });
        clauses.push(Clause {
            id: clause.id.clone(),
            parent: clause.parent.clone(),
            depth,
            kind: clause.kind.clone(),
            noun,
            label: clause.label.clone(),
            statement: clause.statement.trim().to_owned(),
            effective: clause.effective,
            treatment: check_treatment(file, clause, &pointer, objectives, diagnostics),
        });
    }
    Catalog {
        name: EditionName::new(&typed.framework, &typed.edition),
        about: CatalogAbout {
            framework: typed.framework.clone(),
            edition: typed.edition.clone(),
            revision: typed.revision,
            title: typed.title.clone(),
            short_title: typed.short_title.clone(),
            publisher: typed.publisher.clone(),
            source: typed.source.clone(),
            licence: typed.licence.trim().to_owned(),
            published: typed.published,
            effective: typed.effective,
            retired: typed.retired,
        },
        clauses,
        digest,
    }
}

fn clause_depth(
    file: &Located<CatalogFile>,
    clause: &ClauseFile,
    pointer: &str,
    depths: &BTreeMap<&str, usize>,
    diagnostics: &mut Diagnostics,
) -> usize {
    let Some(parent) = &clause.parent else {
        return 0;
    };
    if let Some(depth) = depths.get(parent.as_str()) {
        return depth + 1;
    }
    let later = file.value.clauses.iter().any(|other| other.id == *parent);
    let message = if later {
        format!("the parent {parent} stands after its child {}", clause.id)
    } else {
        format!("the parent {parent} of clause {} does not exist in this edition", clause.id)
    };
    diagnostics.push(
        file.error(&format!("{pointer}/parent"), "catalog/unknown-parent", message)
            .suggest(parent, file.value.clauses.iter().map(|other| other.id.as_str())),
    );
    0
}

fn check_treatment(
    file: &Located<CatalogFile>,
    clause: &ClauseFile,
    pointer: &str,
    objectives: &BTreeMap<String, Objective>,
    diagnostics: &mut Diagnostics,
) -> Treatment {
    let stated = [clause.objectives.is_some(), clause.documentary.is_some(), clause.outside.is_some()].iter().filter(|is| **is).count();
    let wanted = usize::from(!clause.heading);
    if stated != wanted {
        let (message, help) = if clause.heading {
            (format!("heading {} states how it is assessed", clause.id), "a heading has none of `objectives`, `documentary`, `outside`")
        } else {
            (
                format!("clause {} has {stated} treatments, not one", clause.id),
                "state exactly one of `objectives`, `documentary`, `outside`",
            )
        };
        diagnostics.push(file.error(pointer, "catalog/treatment", message).help(help));
    }
    match clause {
        _ if clause.heading => Treatment::Heading,
        ClauseFile { objectives: Some(mappings), .. } => {
            if mappings.is_empty() {
                diagnostics.push(file.error(pointer, "catalog/treatment", format!("clause {} maps to no objective", clause.id)));
            }
            Treatment::Mapped(check_mappings(file, mappings, pointer, objectives, diagnostics))
        }
        ClauseFile { documentary: Some(ask), .. } => Treatment::Documentary(ask.trim().to_owned()),
        ClauseFile { outside: Some(reason), .. } => Treatment::Outside(reason.trim().to_owned()),
        // Already reported above; the most careful reading keeps the clause in every list.
        _ => Treatment::Documentary(String::new()),
    }
}

fn check_mappings(
    file: &Located<CatalogFile>,
    mappings: &[MappingFile],
    pointer: &str,
    objectives: &BTreeMap<String, Objective>,
    diagnostics: &mut Diagnostics,
) -> Vec<Mapping> {
    let mut seen = BTreeSet::new();
    for (index, mapping) in mappings.iter().enumerate() {
        let place = format!("{pointer}/objectives/{index}/objective");
        if !objectives.contains_key(&mapping.objective) {
            diagnostics.push(
                file.error(&place, "catalog/unknown-objective", "this clause cites an objective that does not exist")
                    .label("no objective has this id")
                    .suggest(&mapping.objective, objectives.keys().map(String::as_str)),
            );
        }
        if !seen.insert(&mapping.objective) {
            diagnostics.push(file.error(&place, "catalog/duplicate-mapping", "this objective is cited twice by one clause"));
        }
    }
    mappings
        .iter()
        .map(|mapping| Mapping {
            objective: mapping.objective.clone(),
            coverage: mapping.coverage,
            rationale: mapping.rationale.trim().to_owned(),
        })
        .collect()
}

fn load_objectives(controls: &SourceTree, diagnostics: &mut Diagnostics) -> BTreeMap<String, Objective> {
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
    }
}
