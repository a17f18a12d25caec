//! `tickmark catalog`.

use std::path::Path;

use serde_json::json;

use super::args::{CatalogCommand, ExportFormat, TextOrJson};
use super::{Failure, load_controls, settle, terminal};
use crate::base::Diagnostics;
use crate::base::diagnostic::nearest;
use crate::catalog::compare::compare;
use crate::catalog::{Catalog, Catalogs, Clause, EditionName, Treatment, lock, oscal, withdrawn_by_crosswalk};
use crate::evidence::rehearse;
use crate::io;
use crate::pipeline::run_cases;

pub fn run(command: CatalogCommand, controls: Option<&Path>) -> Result<(), Failure> {
    match command {
        CatalogCommand::List { format } => list(format, controls),
        CatalogCommand::Show { edition, clauses, format } => show(&edition, &clauses, format, controls),
        CatalogCommand::Lint { objectives } => lint(&objectives, controls),
        CatalogCommand::Diff { before, after, against, format } => diff(&before, &after, against.as_deref(), format, controls),
        CatalogCommand::Export { edition, format } => export(&edition, format, controls),
        CatalogCommand::Import { file, edition, into } => import(&file, &edition, &into),
        CatalogCommand::Lock { folder } => lock_folder(&folder),
        CatalogCommand::Reference { folder } => reference(&folder, controls),
    }
}

/// The edition of this name, or a failure that names those there are.
pub fn edition_of<'a>(catalogs: &'a Catalogs, name: &str) -> Result<&'a Catalog, Failure> {
    EditionName::parse(name).and_then(|name| catalogs.editions.get(&name)).ok_or_else(|| {
        let known: Vec<&str> = catalogs.editions.keys().map(EditionName::as_str).collect();
        let near = nearest(name, known.iter().copied()).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        Failure::BadInput(format!("there is no catalog `{name}`; there are {}{near}", known.join(", ")))
    })
}

fn list(format: TextOrJson, overlay: Option<&Path>) -> Result<(), Failure> {
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    settle(diagnostics)?;
    let editions = controls.catalogs.editions.values();
    match format {
        TextOrJson::Json => {
            let list: Vec<_> = editions
                .map(|catalog| {
                    json!({"framework": catalog.name, "revision": catalog.about.revision, "title": catalog.about.title,
                        "publisher": catalog.about.publisher, "clauses": catalog.clauses.len(), "digest": catalog.digest})
                })
                .collect();
            print_json(&json!(list));
        }
        TextOrJson::Text => terminal::table(
            &["Edition", "Title", "Clauses", "Revision", "Digest"],
            editions.map(|catalog| {
                vec![
                    catalog.name.to_string(),
                    catalog.about.short_title.clone(),
                    catalog.clauses.len().to_string(),
                    catalog.about.revision.to_string(),
                    catalog.digest.short().to_owned(),
                ]
            }),
        ),
    }
    Ok(())
}

fn show(edition: &str, wanted: &[String], format: TextOrJson, overlay: Option<&Path>) -> Result<(), Failure> {
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    settle(diagnostics)?;
    let catalog = edition_of(&controls.catalogs, edition)?;
    let mut roots = Vec::new();
    for id in wanted {
        let clause = catalog.clause(id).ok_or_else(|| {
            let near = nearest(id, catalog.clauses.iter().map(|clause| clause.id.as_str()));
            let near = near.map_or("`tickmark cite` resolves other spellings".to_owned(), |near| format!("did you mean `{near}`?"));
            Failure::BadInput(format!("{} has no clause `{id}`; {near}", catalog.name))
        })?;
        roots.push(clause);
    }
    let shown: Vec<&Clause> = catalog
        .clauses
        .iter()
        .filter(|clause| roots.is_empty() || roots.iter().any(|root| clause.id == root.id || catalog.ancestors(clause).contains(root)))
        .collect();
    match format {
        TextOrJson::Json => print_json(&json!({
            "framework": catalog.name,
            "revision": catalog.about.revision,
            "title": catalog.about.title,
            "publisher": catalog.about.publisher,
            "source": catalog.about.source,
            "licence": catalog.about.licence,
            "published": catalog.about.published,
            "effective": catalog.about.effective,
            "retired": catalog.about.retired,
            "supersedes": catalog.about.supersedes,
            "superseded_by": catalog.about.superseded_by,
            "amendments": catalog.amendments,
            "results": catalog.results,
            "properties": catalog.properties,
            "withdrawn": catalog.withdrawn,
            "digest": catalog.digest,
            "clauses": shown.iter().map(|clause| clause_json(&controls.catalogs, catalog, clause)).collect::<Vec<_>>(),
        })),
        TextOrJson::Text if roots.is_empty() => print_tree(catalog),
        TextOrJson::Text => {
            for (index, clause) in shown.into_iter().enumerate() {
                if index > 0 {
                    terminal::line("");
                }
                print_clause(&controls.catalogs, catalog, clause);
            }
        }
    }
    Ok(())
}

/// The clauses of other editions of the framework that correspond to this one, by edition.
fn other_editions(catalogs: &Catalogs, catalog: &Catalog, clause: &Clause) -> Vec<(EditionName, Vec<String>)> {
    catalogs
        .editions
        .keys()
        .filter(|name| name.framework() == catalog.about.framework && **name != catalog.name)
        .map(|name| (name.clone(), catalogs.counterparts(&catalog.name, &clause.id, name)))
        .filter(|(_, ids)| !ids.is_empty())
        .collect()
}

fn clause_json(catalogs: &Catalogs, catalog: &Catalog, clause: &Clause) -> serde_json::Value {
    let (documentary, outside) = match &clause.treatment {
        Treatment::Documentary(text) => (Some(text), None),
        Treatment::Outside(text) => (None, Some(text)),
        Treatment::Heading | Treatment::Mapped(_) => (None, None),
    };
    json!({
        "id": clause.id, "parent": clause.parent, "kind": clause.kind, "label": clause.label, "statement": clause.statement,
        "effective": clause.effective, "properties": clause.properties, "treatment": clause.treatment.word(),
        "objectives": clause.treatment.mappings(), "documentary": documentary, "outside": outside,
        "official": clause.official.as_ref().map(|official| json!({"text": official.text, "licence": official.licence})),
        "editions": other_editions(catalogs, catalog, clause)
            .into_iter()
            .map(|(name, ids)| (name.to_string(), json!(ids)))
            .collect::<serde_json::Map<_, _>>(),
    })
}

fn print_tree(catalog: &Catalog) {
    let about = &catalog.about;
    terminal::safe_line(&format!("{}  {}", catalog.name, about.title));
    terminal::safe_line(&format!("{}, {}", about.publisher, about.source));
    let mut dates = vec![format!("published {}", about.published)];
    dates.extend(about.effective.map(|day| format!("effective {day}")));
    dates.extend(about.retired.map(|day| format!("retired {day}")));
    dates.extend(about.supersedes.as_ref().map(|edition| format!("supersedes {edition}")));
    dates.extend(about.superseded_by.as_ref().map(|edition| format!("superseded by {edition}")));
    terminal::line(&dates.join(", "));
    terminal::safe_line(&about.licence);
    for amendment in &catalog.amendments {
        terminal::safe_line(&format!("{}, {}: {}", amendment.title, amendment.published, amendment.changes.trim()));
    }
    terminal::line("");
    for clause in &catalog.clauses {
        let treatment = match &clause.treatment {
            Treatment::Heading => String::new(),
            Treatment::Mapped(mappings) => {
                format!("  <- {}", mappings.iter().map(|mapping| mapping.objective.as_str()).collect::<Vec<_>>().join(", "))
            }
            other => format!("  [{}]", other.word()),
        };
        terminal::safe_line(&format!("{}{}  {}{treatment}", "  ".repeat(clause.depth), clause.id, clause.label));
    }
    if !catalog.withdrawn.is_empty() {
        terminal::line(&format!("\n{} withdrawn ids are no clauses.", catalog.withdrawn.len()));
    }
}

fn print_clause(catalogs: &Catalogs, catalog: &Catalog, clause: &Clause) {
    let above: Vec<String> = catalog.ancestors(clause).iter().map(|above| format!("{} {}", above.id, above.label)).collect();
    terminal::safe_line(&format!("{} {} {}  {}", catalog.name, clause.noun, clause.id, clause.label));
    if !above.is_empty() {
        terminal::safe_line(&format!("  in {}", above.join(" / ")));
    }
    terminal::safe_line(&format!("  {}", clause.statement));
    if let Some(official) = &clause.official {
        terminal::safe_line(&format!("  Official text ({}): {}", official.licence, official.text));
    }
    if let Some(day) = clause.effective {
        terminal::line(&format!("  binds from {day}"));
    }
    for (name, value) in &clause.properties {
        terminal::safe_line(&format!("  {name}: {value}"));
    }
    match &clause.treatment {
        Treatment::Heading => {}
        Treatment::Mapped(mappings) => {
            for mapping in mappings {
                let coverage = format!("{:?}", mapping.coverage).to_lowercase();
                terminal::safe_line(&format!("  <- {} ({coverage}): {}", mapping.objective, mapping.rationale));
            }
        }
        Treatment::Documentary(ask) => terminal::safe_line(&format!("  to be brought: {ask}")),
        Treatment::Outside(reason) => terminal::safe_line(&format!("  outside: {reason}")),
    }
    for (name, ids) in other_editions(catalogs, catalog, clause) {
        terminal::safe_line(&format!("  in {name}: {}", ids.join(", ")));
    }
}

fn diff(before: &str, after: &str, against: Option<&Path>, format: TextOrJson, overlay: Option<&Path>) -> Result<(), Failure> {
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    let other = match against {
        Some(folder) => Some(load_controls(Some(folder), &mut diagnostics)?),
        None => None,
    };
    settle(diagnostics)?;
    let old = edition_of(&controls.catalogs, before)?;
    let new = edition_of(other.as_ref().map_or(&controls.catalogs, |other| &other.catalogs), after)?;
    if old.about.framework != new.about.framework {
        return Err(Failure::BadInput(format!("{before} and {after} are different frameworks; `tickmark crosswalk` compares those")));
    }
    let pairs = if old.name == new.name { None } else { controls.catalogs.between_editions(&old.name, &new.name) };
    let found = compare(old, new, pairs.as_deref());
    if format == TextOrJson::Json {
        print_json(&json!({"before": {"framework": old.name, "revision": old.about.revision, "digest": old.digest},
            "after": {"framework": new.name, "revision": new.about.revision, "digest": new.digest}, "differences": found}));
        return Ok(());
    }
    for difference in &found {
        let ids = match (&difference.before, &difference.after) {
            (Some(before), Some(after)) if before == after => before.clone(),
            (before, after) => format!("{} -> {}", before.as_deref().unwrap_or("-"), after.as_deref().unwrap_or("-")),
        };
        let relation = format!("{:?}", difference.relation).to_lowercase();
        terminal::safe_line(&format!("{ids}  {}  [{relation}]", difference.label));
        for part in &difference.parts {
            terminal::safe_line(&format!("  {}", part.name));
            terminal::safe_line(&format!("    - {}", part.before));
            terminal::safe_line(&format!("    + {}", part.after));
        }
    }
    terminal::line(&format!(
        "{} differences between {} r{} and {} r{}.",
        found.len(),
        old.name,
        old.about.revision,
        new.name,
        new.about.revision
    ));
    Ok(())
}

fn export(edition: &str, format: ExportFormat, overlay: Option<&Path>) -> Result<(), Failure> {
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    settle(diagnostics)?;
    if edition == "objectives" {
        print_json(&oscal::objectives_json(&controls.catalogs));
        return Ok(());
    }
    let catalog = edition_of(&controls.catalogs, edition)?;
    match format {
        ExportFormat::Oscal => print_json(&oscal::catalog_json(catalog)),
        ExportFormat::OscalMapping => print_json(&oscal::mapping_json(catalog, &controls.catalogs)),
        ExportFormat::Json => return show(edition, &[], TextOrJson::Json, overlay),
        ExportFormat::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            let mut row = |cells: &[&str]| {
                writer.write_record(cells.iter().map(|cell| crate::assessment::defused(cell))).expect("writing to memory cannot fail");
            };
            row(&["framework", "id", "parent", "kind", "label", "statement", "effective", "treatment", "objectives"]);
            for clause in &catalog.clauses {
                let objectives: Vec<&str> = clause.treatment.mappings().iter().map(|mapping| mapping.objective.as_str()).collect();
                let day = clause.effective.map(|day| day.to_string()).unwrap_or_default();
                row(&[
                    catalog.name.as_str(),
                    &clause.id,
                    clause.parent.as_deref().unwrap_or_default(),
                    &clause.kind,
                    &clause.label,
                    &clause.statement,
                    &day,
                    clause.treatment.word(),
                    &objectives.join(" "),
                ]);
            }
            terminal::raw(&String::from_utf8(writer.into_inner().expect("writing to memory cannot fail")).unwrap_or_default());
        }
    }
    Ok(())
}

fn import(file: &Path, edition: &str, into: &Path) -> Result<(), Failure> {
    let name = EditionName::parse(edition)
        .filter(|name| {
            [name.framework(), name.edition()]
                .iter()
                .all(|part| part.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-".contains(letter)) && !part.starts_with('.'))
        })
        .ok_or_else(|| Failure::BadInput(format!("`{edition}` is no name of an edition; write such as nist-800-53@5")))?;
    let mut bytes = io::read_one(file)?;
    if oscal::is_profile(&bytes) {
        let folder = file.parent().unwrap_or(Path::new("."));
        let find = |href: &str| {
            let name = href.rsplit('/').next().filter(|name| !name.is_empty() && *name != "..")?;
            io::read_one(&folder.join(name)).ok()
        };
        bytes = oscal::resolve_profile(&bytes, &find).map_err(Failure::BadInput)?;
    }
    let read = oscal::read_catalog(&bytes).map_err(|reason| Failure::BadInput(format!("`{}`: {reason}", file.display())))?;
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(None, &mut diagnostics)?;
    settle(diagnostics)?;
    let unflagged = withdrawn_by_crosswalk(&controls.catalogs, &name, &read);
    let published = read.published.as_deref().and_then(|text| text.get(..10)).unwrap_or("1970-01-01");
    let header = json!({
        "framework": name.framework(), "edition": name.edition(), "revision": 1,
        "title": read.title, "short_title": read.title, "publisher": read.publisher.clone().unwrap_or("unknown".into()),
        "source": "the OSCAL file beside this one", "wording": "official",
        "licence": "The text is the publisher's, taken over unchanged; see its licence.",
        "published": published, "nouns": {}, "oscal": "oscal.json", "withdrawn": unflagged, "clauses": [],
    });
    let folder = into.join("frameworks").join(name.framework()).join(name.edition());
    let text = serde_yaml::to_string(&header).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
    io::write_file(&folder.join("oscal.json"), &bytes)?;
    io::write_file(&folder.join("catalog.yaml"), text.as_bytes())?;
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(Some(into), &mut diagnostics)?;
    settle(diagnostics)?;
    let catalog = edition_of(&controls.catalogs, name.as_str())?;
    let assessable = catalog.clauses.iter().filter(|clause| clause.treatment != Treatment::Heading).count();
    terminal::safe_line(&format!(
        "{}: {} clauses, {assessable} of them assessable, {} withdrawn ids recognised.",
        catalog.name,
        catalog.clauses.len(),
        catalog.withdrawn.len()
    ));
    terminal::safe_line(&format!(
        "Written to {}. Map clauses to objectives under `clauses:` in its catalog.yaml; use it with --controls.",
        folder.display()
    ));
    Ok(())
}

fn lock_folder(folder: &Path) -> Result<(), Failure> {
    let own = io::read_tree(folder)?;
    let lock = own.text("controls.lock").unwrap_or_default().to_owned();
    // An edition is the folder's own when its catalog or a crosswalk to it stands there; objectives may be the built-in ones.
    let files: Vec<String> = own.iter().map(|(path, _)| path.to_owned()).collect();
    let mut source = io::embedded_controls();
    source.overlay(own);
    let mut diagnostics = Diagnostics::default();
    let mut catalogs = crate::pipeline::Controls::load(source, &mut diagnostics).catalogs;
    settle(diagnostics)?;
    let below = |folder: String| files.iter().any(|path| path.starts_with(&folder));
    catalogs.editions.retain(|name, _| below(format!("frameworks/{}/{}/", name.framework(), name.edition())));
    catalogs.crosswalks.retain(|crosswalk| {
        let (from, to) = (&crosswalk.from, &crosswalk.to);
        below(format!("frameworks/{}/crosswalks/{}--{}.yaml", to.framework(), from.edition(), to.edition()))
    });
    let drift = lock::drift(&lock, &catalogs);
    if !drift.is_empty() {
        return Err(Failure::Gate(drift.join("\n")));
    }
    io::write_file(&folder.join("controls.lock"), lock::render(&catalogs).as_bytes())?;
    Ok(())
}

fn lint(chosen: &[String], overlay: Option<&Path>) -> Result<(), Failure> {
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    let known = controls.catalogs.objectives.keys().map(String::as_str);
    if let Some(unknown) = chosen.iter().find(|id| !controls.catalogs.objectives.contains_key(*id)) {
        let near = nearest(unknown, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        return Err(Failure::BadInput(format!("there is no objective `{unknown}`{near}")));
    }
    if chosen.is_empty() {
        rehearse(&controls.adapters, &controls.tables, &mut diagnostics);
    }
    let cases = run_cases(&controls, |id| chosen.is_empty() || chosen.iter().any(|one| one == id), &mut diagnostics);
    settle(diagnostics)?;
    terminal::line(&format!(
        "{} editions, {} objectives, {} adapters, {} tables; {cases} cases hold.",
        controls.catalogs.editions.len(),
        controls.catalogs.objectives.len(),
        controls.adapters.len(),
        controls.tables.len()
    ));
    Ok(())
}

fn reference(folder: &Path, overlay: Option<&Path>) -> Result<(), Failure> {
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    settle(diagnostics)?;
    for (name, text) in crate::schemas::all() {
        io::write_file(&folder.join("schemas").join(&name), text.as_bytes())?;
    }
    for (name, text) in crate::reference::pages(&controls) {
        io::write_file(&folder.join("generated").join(&name), text.as_bytes())?;
    }
    Ok(())
}

pub fn print_json(value: &serde_json::Value) {
    terminal::raw(&format!("{}\n", serde_json::to_string_pretty(value).unwrap_or_default()));
}
