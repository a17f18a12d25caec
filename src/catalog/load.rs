//! From typed files to a checked [`Catalogs`]: ids are unique, parents stand before children, every citation resolves.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::format::{CatalogFile, ClauseFile, MappingFile};
use super::{Catalog, CatalogAbout, Catalogs, Clause, EditionName, Mapping, Objective, Treatment, frameworks, objectives, oscal};
use crate::base::yaml::{Format, Located};
use crate::base::{Diagnostics, Digest, SourceTree, Status};

/// Reads every catalog, crosswalk and objective of a tree of controls. What cannot be used is left out and told in `diagnostics`.
pub fn load(controls: &SourceTree, diagnostics: &mut Diagnostics) -> Catalogs {
    let objectives = objectives::load_objectives(controls, diagnostics);
    let files = read_catalogs(controls, diagnostics);
    let mut editions = BTreeMap::new();
    for (name, file) in &files {
        let expected = format!("frameworks/{}/{}/catalog.yaml", file.value.framework, file.value.edition);
        if file.file != expected {
            diagnostics.push(
                file.error("/framework", "catalog/misplaced", format!("this catalog belongs in `{expected}`"))
                    .help("the folders are named after framework and edition"),
            );
        }
        let digest = Digest::of(controls.get(&file.file).unwrap_or_default());
        let Some(source) = Source::of(file, digest, &files, controls, diagnostics) else { continue };
        editions.insert(name.clone(), check_catalog(&source, &objectives, diagnostics));
    }
    let mut catalogs = Catalogs { editions, objectives, ..Catalogs::default() };
    frameworks::load(controls, &mut catalogs, diagnostics);
    catalogs
}

/// Every catalog file by edition; files are read side by side, problems are told in the order of the paths.
fn read_catalogs(controls: &SourceTree, diagnostics: &mut Diagnostics) -> BTreeMap<EditionName, Located<CatalogFile>> {
    let format = Format::<CatalogFile>::new("catalog/invalid");
    let paths: Vec<&str> = controls.named("frameworks", "catalog.yaml").collect();
    let read: Vec<(Option<Located<CatalogFile>>, Diagnostics)> = paths
        .par_iter()
        .map(|path| {
            let mut found = Diagnostics::default();
            (format.read(path, controls.get(path).unwrap_or_default(), &mut found), found)
        })
        .collect();
    let mut files = BTreeMap::new();
    for (file, found) in read {
        diagnostics.extend(found);
        let Some(file) = file else { continue };
        let name = EditionName::new(&file.value.framework, &file.value.edition);
        if let Some(earlier) = files.get(&name) {
            let earlier: &Located<CatalogFile> = earlier;
            let message = format!("{name} stands in `{}` too", earlier.file);
            diagnostics.push(file.error("/edition", "catalog/duplicate-edition", message));
            continue;
        }
        files.insert(name, file);
    }
    files
}

/// A catalog file with the clauses that it takes over from elsewhere.
struct Source<'a> {
    file: &'a Located<CatalogFile>,
    digest: Digest,
    /// In order; each with the pointer of the entry in this file, where it has one.
    clauses: Vec<(Option<String>, Cow<'a, ClauseFile>)>,
    withdrawn: BTreeMap<String, Vec<String>>,
    /// Nouns and properties come from the other edition where this file has none.
    base: Option<&'a Located<CatalogFile>>,
}

impl<'a> Source<'a> {
    fn of(
        file: &'a Located<CatalogFile>,
        digest: Digest,
        files: &'a BTreeMap<EditionName, Located<CatalogFile>>,
        controls: &SourceTree,
        diagnostics: &mut Diagnostics,
    ) -> Option<Source<'a>> {
        let typed = &file.value;
        if let Some(name) = &typed.oscal {
            return Source::over_oscal(file, name, &digest, controls, diagnostics);
        }
        let own = || typed.clauses.iter().enumerate().map(|(index, clause)| (format!("/clauses/{index}"), clause));
        for (pointer, clause) in own() {
            for (missing, key) in
                [(clause.kind.is_empty(), "kind"), (clause.label.is_empty(), "label"), (clause.statement.is_empty(), "statement")]
            {
                if missing {
                    diagnostics.push(
                        file.error(&pointer, "catalog/invalid", format!("the key `{key}` is missing")).help(format!("add `{key}:` here")),
                    );
                }
            }
        }
        let Some(edition) = &typed.based_on else {
            let clauses = own().map(|(pointer, clause)| (Some(pointer), Cow::Borrowed(clause))).collect();
            return Some(Source { file, digest, clauses, withdrawn: BTreeMap::new(), base: None });
        };
        let name = EditionName::new(&typed.framework, edition);
        let Some(base) = files.get(&name).filter(|base| base.value.based_on.is_none() && base.value.oscal.is_none()) else {
            let known = files.keys().map(EditionName::as_str);
            diagnostics.push(
                file.error("/based_on", "catalog/unknown-base", format!("there is no whole catalog `{name}` to build on"))
                    .suggest(name.as_str(), known),
            );
            return None;
        };
        let mut changed: BTreeMap<&str, (String, &ClauseFile)> = BTreeMap::new();
        for (pointer, clause) in own() {
            let place = clause.replaces.as_deref().unwrap_or(&clause.id);
            if !base.value.clauses.iter().any(|other| other.id == place) {
                diagnostics.push(
                    file.error(&pointer, "catalog/unknown-base", format!("{name} has no clause `{place}` that this one could replace"))
                        .help("state in `replaces` the id that the clause has there"),
                );
            }
            if changed.insert(place, (pointer.clone(), clause)).is_some() {
                diagnostics.push(file.error(
                    &format!("{pointer}/id"),
                    "catalog/duplicate-clause",
                    format!("clause {place} is replaced twice"),
                ));
            }
        }
        let renamed: BTreeMap<&str, &str> = changed.iter().map(|(place, (_, clause))| (*place, clause.id.as_str())).collect();
        let clauses = base
            .value
            .clauses
            .iter()
            .map(|clause| match changed.get(clause.id.as_str()) {
                Some((pointer, own)) => (Some(pointer.clone()), Cow::Borrowed(*own)),
                None => match clause
                    .parent
                    .as_deref()
                    .and_then(|parent| renamed.get(parent))
                    .filter(|id| Some(**id) != clause.parent.as_deref())
                {
                    Some(parent) => (None, Cow::Owned(ClauseFile { parent: Some((*parent).to_owned()), ..clause.clone() })),
                    None => (None, Cow::Borrowed(clause)),
                },
            })
            .collect();
        let digest = Digest::of_canonical(&serde_json::json!({
            "catalog": digest,
            "based_on": Digest::of(controls.get(&base.file).unwrap_or_default()),
        }));
        Some(Source { file, digest, clauses, withdrawn: BTreeMap::new(), base: Some(base) })
    }

    fn over_oscal(
        file: &'a Located<CatalogFile>,
        name: &str,
        digest: &Digest,
        controls: &SourceTree,
        diagnostics: &mut Diagnostics,
    ) -> Option<Source<'a>> {
        let folder = file.file.trim_end_matches("catalog.yaml");
        let path = format!("{folder}{name}");
        let Some(bytes) = controls.get(&path).filter(|_| !name.contains('/')) else {
            diagnostics.push(
                file.error("/oscal", "catalog/oscal", format!("there is no file `{path}`"))
                    .help("name a file that stands beside this catalog.yaml"),
            );
            return None;
        };
        let read = match oscal::read_catalog(bytes) {
            Ok(read) => read,
            Err(reason) => {
                diagnostics.push(file.error("/oscal", "catalog/oscal", format!("`{path}`: {reason}")));
                return None;
            }
        };
        let mut clauses: Vec<(Option<String>, Cow<'a, ClauseFile>)> = Vec::with_capacity(read.clauses.len());
        let stated: BTreeMap<&str, usize> =
            file.value.clauses.iter().enumerate().map(|(index, clause)| (clause.id.as_str(), index)).collect();
        let mut withdrawn = read.withdrawn;
        withdrawn.extend(file.value.withdrawn.clone());
        for clause in read.clauses.into_iter().filter(|clause| !file.value.withdrawn.contains_key(&clause.id)) {
            let Some(index) = stated.get(clause.id.as_str()) else {
                clauses.push((None, Cow::Owned(clause)));
                continue;
            };
            let own = &file.value.clauses[*index];
            let treated = own.objectives.is_some() || own.documentary.is_some() || own.outside.is_some();
            clauses.push((
                Some(format!("/clauses/{index}")),
                Cow::Owned(ClauseFile {
                    label: Some(&own.label).filter(|label| !label.is_empty()).unwrap_or(&clause.label).clone(),
                    objectives: if treated { own.objectives.clone() } else { clause.objectives },
                    documentary: if treated { own.documentary.clone() } else { clause.documentary },
                    outside: if treated { own.outside.clone() } else { clause.outside },
                    effective: own.effective,
                    properties: own.properties.clone(),
                    ..clause
                }),
            ));
        }
        for (index, own) in file.value.clauses.iter().enumerate() {
            if !clauses.iter().any(|(_, clause)| clause.id == own.id) {
                diagnostics.push(
                    file.error(&format!("/clauses/{index}/id"), "catalog/oscal", format!("`{path}` has no clause `{}`", own.id))
                        .suggest(&own.id, clauses.iter().map(|(_, clause)| clause.id.as_str())),
                );
            }
        }
        let digest = Digest::of_canonical(&serde_json::json!({ "catalog": digest, "oscal": Digest::of(bytes) }));
        Some(Source { file, digest, clauses, withdrawn, base: None })
    }

    fn noun(&self, kind: &str) -> Option<&str> {
        let inherited = self.base.and_then(|base| base.value.nouns.get(kind));
        self.file.value.nouns.get(kind).or(inherited).map(String::as_str)
    }
}

fn check_catalog(source: &Source<'_>, objectives: &BTreeMap<String, Objective>, diagnostics: &mut Diagnostics) -> Catalog {
    let file = source.file;
    let typed = &file.value;
    let ids: Vec<&str> = source.clauses.iter().map(|(_, clause)| clause.id.as_str()).collect();
    check_results(source, diagnostics);
    check_ids(source, diagnostics);
    let properties =
        source.base.map_or(&typed.properties, |base| if typed.properties.is_empty() { &base.value.properties } else { &typed.properties });
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    let mut clauses = Vec::with_capacity(source.clauses.len());
    for (pointer, clause) in &source.clauses {
        // What another file states is told there.
        let mut unheard = Diagnostics::default();
        let (pointer, heard) = match pointer {
            Some(pointer) => (pointer.as_str(), &mut *diagnostics),
            None => ("", &mut unheard),
        };
        let depth = clause_depth(file, clause, pointer, &ids, &depths, heard);
        depths.insert(&clause.id, depth);
        let noun = source.noun(&clause.kind).map(str::to_owned).unwrap_or_else(|| {
            if typed.oscal.is_none() {
                heard.push(
                    file.error(
                        &format!("{pointer}/kind"),
                        "catalog/unknown-kind",
                        format!("`nouns` does not name the kind `{}`", clause.kind),
                    )
                    .suggest(&clause.kind, typed.nouns.keys().map(String::as_str)),
                );
            }
            let mut letters = clause.kind.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
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
            properties: check_properties(file, clause, pointer, properties, heard),
            official: None,
            treatment: check_treatment(file, clause, pointer, objectives, heard),
        });
    }
    let nouns = source.base.map_or(&typed.nouns, |base| if typed.nouns.is_empty() { &base.value.nouns } else { &typed.nouns });
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
            wording: typed.wording,
            licence: typed.licence.trim().to_owned(),
            published: typed.published,
            effective: typed.effective,
            retired: typed.retired,
            supersedes: typed.supersedes.clone(),
            superseded_by: typed.superseded_by.clone(),
        },
        amendments: typed.amendments.clone(),
        nouns: nouns.clone(),
        results: source
            .base
            .map_or(&typed.results, |base| if typed.results.is_empty() { &base.value.results } else { &typed.results })
            .clone(),
        compensating_worksheet: typed
            .compensating_worksheet
            .clone()
            .or_else(|| source.base.and_then(|base| base.value.compensating_worksheet.clone())),
        properties: properties.clone(),
        clauses,
        withdrawn: source.withdrawn.clone(),
        digest: source.digest.clone(),
    }
}

/// Every status has one word of the edition, and only what is fully satisfied has the word for that.
fn check_results(source: &Source<'_>, diagnostics: &mut Diagnostics) {
    let results = &source.file.value.results;
    if results.is_empty() {
        return;
    }
    for status in Status::ALL {
        let words = results.iter().filter(|result| result.statuses.contains(&status)).count();
        if words != 1 {
            diagnostics.push(
                source
                    .file
                    .error("/results", "catalog/results", format!("the status `{status}` stands under {words} result words"))
                    .help("name each of the five statuses under exactly one word, as `for`"),
            );
        }
    }
    for (index, result) in results.iter().enumerate() {
        if result.statuses.contains(&Status::Satisfied) && result.statuses.len() > 1 {
            diagnostics.push(
                source
                    .file
                    .error(&format!("/results/{index}/for"), "catalog/results", "a word for `satisfied` stands for nothing else")
                    .help("give what is not fully satisfied a weaker word"),
            );
        }
    }
}

/// An id names one clause, also when case, dashes and padding are read with a blind eye; and no chain of parents runs in a circle.
fn check_ids(source: &Source<'_>, diagnostics: &mut Diagnostics) {
    let mut exact: BTreeSet<&str> = BTreeSet::new();
    let mut alike: BTreeMap<String, &str> = BTreeMap::new();
    for (pointer, clause) in &source.clauses {
        let pointer = format!("{}/id", pointer.as_deref().unwrap_or_default());
        if !exact.insert(&clause.id) {
            diagnostics.push(
                source
                    .file
                    .error(&pointer, "catalog/duplicate-clause", format!("clause {} stands twice in this edition", clause.id))
                    .help("an id belongs to the standard and names one clause"),
            );
        } else if let Some(other) = alike.insert(folded(&clause.id), &clause.id) {
            diagnostics.push(
                source
                    .file
                    .error(
                        &pointer,
                        "catalog/duplicate-clause",
                        format!("clause {} differs from {other} only in case, dash or blank", clause.id),
                    )
                    .help("write the id as the publisher prints it, once"),
            );
        }
    }
    let parents: BTreeMap<&str, &str> =
        source.clauses.iter().filter_map(|(_, clause)| clause.parent.as_deref().map(|parent| (clause.id.as_str(), parent))).collect();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for (pointer, clause) in &source.clauses {
        let mut chain = vec![clause.id.as_str()];
        while let Some(parent) = parents.get(chain[chain.len() - 1]) {
            if *parent == clause.id {
                if !told.contains(clause.id.as_str()) {
                    told.extend(chain.iter().copied());
                    chain.push(&clause.id);
                    let place = format!("{}/parent", pointer.as_deref().unwrap_or_default());
                    let message = format!("the parents run in a circle: {}", chain.join(" -> "));
                    diagnostics.push(source.file.error(&place, "catalog/cyclic-parent", message));
                }
                break;
            }
            if chain.contains(parent) {
                break;
            }
            chain.push(parent);
        }
    }
}

/// An id without case, blanks and the difference between kinds of dashes.
fn folded(id: &str) -> String {
    id.chars()
        .filter(|letter| !letter.is_whitespace())
        .map(|letter| if matches!(letter, '\u{2010}'..='\u{2015}' | '\u{2212}' | '_') { '-' } else { letter.to_ascii_lowercase() })
        .collect()
}

fn clause_depth(
    file: &Located<CatalogFile>,
    clause: &ClauseFile,
    pointer: &str,
    ids: &[&str],
    depths: &BTreeMap<&str, usize>,
    diagnostics: &mut Diagnostics,
) -> usize {
    let Some(parent) = &clause.parent else {
        return 0;
    };
    if let Some(depth) = depths.get(parent.as_str()) {
        return depth + 1;
    }
    let message = if ids.contains(&parent.as_str()) {
        format!("the parent {parent} stands after its child {}", clause.id)
    } else {
        format!("the parent {parent} of clause {} does not exist in this edition", clause.id)
    };
    diagnostics.push(file.error(&format!("{pointer}/parent"), "catalog/unknown-parent", message).suggest(parent, ids.iter().copied()));
    0
}

fn check_properties(
    file: &Located<CatalogFile>,
    clause: &ClauseFile,
    pointer: &str,
    known: &[super::format::PropertyFile],
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, String> {
    for (name, value) in &clause.properties {
        let place = format!("{pointer}/properties/{name}");
        match known.iter().find(|property| property.name == *name) {
            None => diagnostics.push(
                file.error(&place, "catalog/unknown-property", format!("the header names no property `{name}`"))
                    .suggest(name, known.iter().map(|property| property.name.as_str())),
            ),
            Some(property) if !property.values.contains(value) => diagnostics.push(
                file.error(&place, "catalog/unknown-property", format!("`{value}` is no value of `{name}`"))
                    .suggest(value, property.values.iter().map(String::as_str)),
            ),
            Some(_) => {}
        }
    }
    known
        .iter()
        .filter(|property| property.kinds.contains(&clause.kind) && !clause.heading)
        .filter_map(|property| Some((property.name.clone(), clause.properties.get(&property.name).or(property.default.as_ref())?.clone())))
        .chain(clause.properties.clone())
        .collect()
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
