//! What stands above single editions: how a framework is cited, crosswalks between its editions, relations between frameworks,
//! and the official texts that a holder of a licence lays beside ours.

use std::collections::{BTreeMap, BTreeSet};

use super::cite::normal;
use super::format::{CrosswalkFile, EditionRelation, FrameworkFile, OverlayFile, RelationsFile};
use super::{Catalogs, ClauseRef, Crosswalk, EditionName, Framework, OfficialText, Relation};
use crate::base::yaml::{Format, Located};
use crate::base::{Diagnostic, Diagnostics, Digest, SourceTree};

pub(super) fn load(controls: &SourceTree, catalogs: &mut Catalogs, diagnostics: &mut Diagnostics) {
    load_frameworks(controls, catalogs, diagnostics);
    load_crosswalks(controls, catalogs, diagnostics);
    load_relations(controls, catalogs, diagnostics);
    load_overlays(controls, catalogs, diagnostics);
}

fn load_frameworks(controls: &SourceTree, catalogs: &mut Catalogs, diagnostics: &mut Diagnostics) {
    let format = Format::<FrameworkFile>::new("framework/invalid");
    for path in controls.named("frameworks", "framework.yaml") {
        let Some(file) = format.read(path, controls.get(path).unwrap_or_default(), diagnostics) else { continue };
        let typed = &file.value;
        if path != format!("frameworks/{}/framework.yaml", typed.framework) {
            diagnostics.push(
                file.error("/framework", "framework/misplaced", format!("`{}` belongs in a folder of that name", typed.framework))
                    .help("the folder is named after the framework"),
            );
        }
        let current = EditionName::new(&typed.framework, &typed.current);
        need_edition(catalogs, &file, "/current", &current, diagnostics);
        for (index, alias) in typed.aliases.iter().enumerate() {
            let edition = EditionName::new(&typed.framework, &alias.edition);
            need_clause(catalogs, &file, &format!("/aliases/{index}/id"), &edition, &alias.id, diagnostics);
        }
        for (index, mixup) in typed.mixups.iter().enumerate() {
            let edition = EditionName::new(&typed.framework, &mixup.edition);
            for (key, id) in [("id", Some(&mixup.id)), ("meant", mixup.meant.as_ref())] {
                if let Some(id) = id {
                    need_clause(catalogs, &file, &format!("/mixups/{index}/{key}"), &edition, id, diagnostics);
                }
            }
        }
        check_form(catalogs, &file, diagnostics);
        let pattern = typed.pattern.as_ref().and_then(|pattern| match regex::Regex::new(pattern) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                diagnostics.push(file.error("/pattern", "framework/pattern", error.to_string()));
                None
            }
        });
        let typed = file.value;
        catalogs.frameworks.insert(
            typed.framework.clone(),
            Framework {
                id: typed.framework,
                about: typed.about,
                modelled: typed.modelled,
                names: typed.names,
                words: typed.words,
                abbreviations: typed.abbreviations,
                pattern,
                current,
                form: typed.form,
                aliases: typed.aliases,
                mixups: typed.mixups,
            },
        );
    }
    // A catalog without a framework file is cited by its own names.
    let mut newest: BTreeMap<String, (crate::base::instant::Day, EditionName, String)> = BTreeMap::new();
    for catalog in catalogs.editions.values() {
        let about = &catalog.about;
        if catalogs.frameworks.contains_key(&about.framework) {
            continue;
        }
        let candidate = (about.published, catalog.name.clone(), about.short_title.clone());
        let best = newest.entry(about.framework.clone()).or_insert_with(|| candidate.clone());
        if best.0 < candidate.0 {
            *best = candidate;
        }
    }
    for (id, (_, current, title)) in newest {
        let names = vec![id.clone(), title];
        let framework = Framework {
            id: id.clone(),
            about: String::new(),
            modelled: String::new(),
            names,
            words: Vec::new(),
            abbreviations: BTreeMap::new(),
            pattern: None,
            current,
            form: None,
            aliases: Vec::new(),
            mixups: Vec::new(),
        };
        catalogs.frameworks.insert(id, framework);
    }
}

/// Lists that every pack has; a form of this name would take their place.
const RESERVED: [&str; 7] = ["summary", "clauses", "objectives", "deviations", "exceptions", "exhibits", "plan-of-action"];

/// A form has a name of its own and columns, and its kinds are kinds of clauses that some edition has.
fn check_form(catalogs: &Catalogs, file: &Located<FrameworkFile>, diagnostics: &mut Diagnostics) {
    let Some(form) = &file.value.form else { return };
    let is_name = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if !is_name(&form.id) || RESERVED.contains(&form.id.as_str()) {
        diagnostics.push(
            file.error("/form/id", "framework/form", format!("`{}` cannot name a form", form.id))
                .help(format!("lower-case letters and hyphens, and none of {}", RESERVED.join(", "))),
        );
    }
    if form.columns.is_empty() {
        diagnostics.push(file.error("/form/columns", "framework/form", "a form without columns shows nothing"));
    }
    let editions = catalogs.editions.values().filter(|catalog| catalog.about.framework == file.value.framework);
    let known: BTreeSet<&str> = editions.flat_map(|catalog| catalog.nouns.keys().map(String::as_str)).collect();
    for (index, kind) in form.kinds.iter().enumerate().filter(|(_, kind)| !known.contains(kind.as_str())) {
        diagnostics.push(
            file.error(&format!("/form/kinds/{index}"), "framework/form", format!("no edition has clauses of the kind `{kind}`"))
                .suggest(kind, known.iter().copied()),
        );
    }
}

fn need_edition<T>(catalogs: &Catalogs, file: &Located<T>, pointer: &str, name: &EditionName, diagnostics: &mut Diagnostics) -> bool {
    let known = catalogs.editions.contains_key(name);
    if !known {
        diagnostics.push(
            file.error(pointer, "framework/unknown-edition", format!("there is no catalog `{name}`"))
                .suggest(name.as_str(), catalogs.editions.keys().map(EditionName::as_str)),
        );
    }
    known
}

fn need_clause<T>(catalogs: &Catalogs, file: &Located<T>, pointer: &str, edition: &EditionName, id: &str, diagnostics: &mut Diagnostics) {
    let Some(catalog) = catalogs.editions.get(edition) else {
        need_edition(catalogs, file, pointer, edition, diagnostics);
        return;
    };
    if catalog.clause(id).is_none() {
        diagnostics.push(
            file.error(pointer, "framework/unknown-clause", format!("{edition} has no clause `{id}`"))
                .suggest(id, catalog.clauses.iter().map(|clause| clause.id.as_str())),
        );
    }
}

fn load_crosswalks(controls: &SourceTree, catalogs: &mut Catalogs, diagnostics: &mut Diagnostics) {
    let format = Format::<CrosswalkFile>::new("crosswalk/invalid");
    let paths: Vec<&str> = controls
        .iter()
        .map(|(path, _)| path)
        .filter(|path| path.starts_with("frameworks/") && path.contains("/crosswalks/") && path.ends_with(".yaml"))
        .collect();
    for path in paths {
        let bytes = controls.get(path).unwrap_or_default();
        let Some(file) = format.read(path, bytes, diagnostics) else { continue };
        let typed = &file.value;
        let expected = format!("frameworks/{}/crosswalks/{}--{}.yaml", typed.framework, typed.from, typed.to);
        if path != expected {
            diagnostics.push(file.error("/from", "crosswalk/misplaced", format!("this crosswalk belongs in `{expected}`")));
        }
        let from = EditionName::new(&typed.framework, &typed.from);
        let to = EditionName::new(&typed.framework, &typed.to);
        let known = need_edition(catalogs, &file, "/from", &from, diagnostics) & need_edition(catalogs, &file, "/to", &to, diagnostics);
        if !known {
            continue;
        }
        check_entries(&file, catalogs, &from, &to, diagnostics);
        catalogs.crosswalks.push(Crosswalk {
            from,
            to,
            revision: file.value.revision,
            source: file.value.source,
            confidence: file.value.confidence,
            entries: file.value.entries,
            digest: Digest::of(bytes),
        });
    }
}

fn check_entries(file: &Located<CrosswalkFile>, catalogs: &Catalogs, from: &EditionName, to: &EditionName, diagnostics: &mut Diagnostics) {
    let ids = |name: &EditionName| -> BTreeSet<&str> {
        catalogs.editions.get(name).into_iter().flat_map(|catalog| catalog.clauses.iter().map(|clause| clause.id.as_str())).collect()
    };
    let (old, new) = (ids(from), ids(to));
    let mut seen = BTreeSet::new();
    for (index, entry) in file.value.entries.iter().enumerate() {
        let pointer = format!("/entries/{index}");
        for (id, known, key, edition) in [(&entry.from, &old, "from", from), (&entry.to, &new, "to", to)] {
            if let Some(id) = id
                && !known.contains(id.as_str())
            {
                diagnostics.push(
                    file.error(&format!("{pointer}/{key}"), "crosswalk/unknown-clause", format!("{edition} has no clause `{id}`"))
                        .suggest(id, known.iter().copied()),
                );
            }
        }
        let fits = match entry.relation {
            EditionRelation::New => entry.from.is_none() && entry.to.is_some(),
            EditionRelation::Withdrawn => entry.from.is_some() && entry.to.is_none(),
            // Editions may write one id in two ways: ID.RA-2 and ID.RA-02.
            EditionRelation::Unchanged => {
                entry.from.as_deref().map(normal).is_some_and(|from| entry.to.as_deref().map(normal) == Some(from))
            }
            EditionRelation::Renumbered | EditionRelation::Changed | EditionRelation::Split | EditionRelation::Merged => {
                entry.from.is_some() && entry.to.is_some()
            }
        };
        if !fits {
            diagnostics.push(
                file.error(&pointer, "crosswalk/relation", "this relation does not fit the clauses named")
                    .help("`new` has no `from`, `withdrawn` has no `to`, `unchanged` has both alike, the others have both"),
            );
        }
        if !seen.insert((&entry.from, &entry.to)) {
            diagnostics.push(file.error(&pointer, "crosswalk/duplicate", "this pair stands twice"));
        }
    }
}

fn load_relations(controls: &SourceTree, catalogs: &mut Catalogs, diagnostics: &mut Diagnostics) {
    let format = Format::<RelationsFile>::new("relations/invalid");
    let paths: Vec<&str> =
        controls.iter().map(|(path, _)| path).filter(|path| path.starts_with("relations/") && path.ends_with(".yaml")).collect();
    for path in paths {
        let Some(file) = format.read(path, controls.get(path).unwrap_or_default(), diagnostics) else { continue };
        for (index, stated) in file.value.relations.iter().enumerate() {
            let mut side = |key: &str, text: &str| {
                let pointer = format!("/relations/{index}/{key}");
                let parsed = text
                    .split_once(' ')
                    .and_then(|(edition, id)| Some(ClauseRef { framework: EditionName::parse(edition)?, clause: id.trim().to_owned() }));
                match &parsed {
                    None => diagnostics.push(
                        file.error(&pointer, "relations/clause", format!("`{text}` is no clause"))
                            .help("write such as `pci-dss@4.0.1 8.6.3`"),
                    ),
                    Some(clause) => need_clause(catalogs, &file, &pointer, &clause.framework, &clause.clause, diagnostics),
                }
                parsed
            };
            let (Some(a), Some(b)) = (side("a", &stated.a), side("b", &stated.b)) else { continue };
            if a.framework.framework() == b.framework.framework() {
                diagnostics.push(
                    file.error(&format!("/relations/{index}"), "relations/clause", "both clauses belong to one framework")
                        .help("editions of one framework are compared in its crosswalks"),
                );
            }
            catalogs.relations.push(Relation { a, b, relation: stated.relation, rationale: stated.rationale.trim().to_owned() });
        }
    }
}

/// A row of `overlays/<name>.csv`.
#[derive(serde::Deserialize)]
struct OverlayRow {
    edition: String,
    clause: String,
    text: String,
    licence: String,
}

fn load_overlays(controls: &SourceTree, catalogs: &mut Catalogs, diagnostics: &mut Diagnostics) {
    let format = Format::<OverlayFile>::new("overlay/invalid");
    let paths: Vec<String> = controls.iter().map(|(path, _)| path.to_owned()).filter(|path| path.starts_with("overlays/")).collect();
    for path in &paths {
        let bytes = controls.get(path).unwrap_or_default();
        if path.ends_with(".yaml") {
            let Some(file) = format.read(path, bytes, diagnostics) else { continue };
            let Some(edition) =
                EditionName::parse(&file.value.edition).filter(|name| need_edition(catalogs, &file, "/edition", name, diagnostics))
            else {
                continue;
            };
            for (id, text) in &file.value.texts {
                if !overlay_clause(catalogs, &edition, id, text, &file.value.licence) {
                    need_clause(catalogs, &file, &format!("/texts/~{id}"), &edition, id, diagnostics);
                }
            }
            note_overlay(catalogs, &edition, bytes);
        } else if path.ends_with(".csv") {
            let mut editions = BTreeSet::new();
            let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
            let headers = reader.headers().cloned().unwrap_or_default();
            for row in reader.records() {
                let at = |position: Option<&csv::Position>| position.map_or(1, |at| usize::try_from(at.line()).unwrap_or(1));
                let line = row.as_ref().map_or_else(|error| at(error.position()), |record| at(record.position()));
                match row.and_then(|record| record.deserialize::<OverlayRow>(Some(&headers))) {
                    Err(error) => diagnostics.push(
                        Diagnostic::error("overlay/invalid", path, error.to_string())
                            .at_line(line)
                            .help("the columns are edition, clause, text, licence"),
                    ),
                    Ok(row) => {
                        let edition = EditionName::parse(&row.edition).filter(|name| catalogs.editions.contains_key(name));
                        let laid =
                            edition.as_ref().is_some_and(|name| overlay_clause(catalogs, name, &row.clause, &row.text, &row.licence));
                        if !laid {
                            let message = format!("there is no clause `{}` in `{}`", row.clause, row.edition);
                            diagnostics.push(Diagnostic::error("overlay/unknown-clause", path, message).at_line(line));
                        }
                        editions.extend(edition);
                    }
                }
            }
            for edition in editions {
                note_overlay(catalogs, &edition, bytes);
            }
        }
    }
}

fn overlay_clause(catalogs: &mut Catalogs, edition: &EditionName, id: &str, text: &str, licence: &str) -> bool {
    let Some(catalog) = catalogs.editions.get_mut(edition) else { return false };
    match catalog.clauses.iter_mut().find(|clause| clause.id == id) {
        Some(clause) => {
            clause.official = Some(OfficialText { text: text.trim().to_owned(), licence: licence.trim().to_owned() });
            true
        }
        None => false,
    }
}

/// What is said of an edition now rests on the overlay too, so its digest does.
fn note_overlay(catalogs: &mut Catalogs, edition: &EditionName, bytes: &[u8]) {
    if let Some(catalog) = catalogs.editions.get_mut(edition) {
        catalog.digest = Digest::of_canonical(&serde_json::json!({ "catalog": catalog.digest, "overlay": Digest::of(bytes) }));
    }
}

/// The clauses of an OSCAL catalog that an earlier edition had and this one no longer has, by our crosswalk, with the ids that took
/// their place: NIST's first CSF 2.0 file lists 79 subcategories of 1.1 without a flag.
pub fn withdrawn_by_crosswalk(catalogs: &Catalogs, edition: &EditionName, read: &super::oscal::Read) -> BTreeMap<String, Vec<String>> {
    let Some(catalog) = catalogs.editions.get(edition) else { return BTreeMap::new() };
    let kept: BTreeSet<Vec<String>> = catalog.clauses.iter().map(|clause| normal(&clause.id)).collect();
    let mut gone: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for crosswalk in catalogs.crosswalks.iter().filter(|crosswalk| crosswalk.to == *edition) {
        for entry in &crosswalk.entries {
            if let Some(from) = entry.from.as_ref().filter(|from| !kept.contains(&normal(from))) {
                gone.entry(normal(from)).or_default().extend(entry.to.clone());
            }
        }
    }
    read.clauses.iter().filter_map(|clause| Some((clause.id.clone(), gone.get(&normal(&clause.id))?.clone()))).collect()
}
