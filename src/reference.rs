//! Reference pages made from the controls: what each table, adapter and objective is. Committed in the book and held true by a test.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::catalog::{Catalog, EditionRelation, Framework, Objective};
use crate::evidence::{Adapter, TableDefinition};
use crate::pipeline::Controls;

/// File name and text of every generated page, below `book/src/reference/generated`.
pub fn pages(controls: &Controls) -> Vec<(String, String)> {
    let mut pages = vec![
        ("tables.md".to_owned(), tables(controls)),
        ("adapters.md".to_owned(), adapters(controls)),
        ("catalogs.md".to_owned(), catalogs(controls)),
        ("objectives.md".to_owned(), objectives(controls)),
    ];
    pages.extend(
        controls.catalogs.objectives.values().map(|objective| (format!("objectives/{}.md", objective.id), objective_page(objective))),
    );
    pages.extend(controls.adapters.values().map(|adapter| (format!("adapters/{}.md", adapter.id), adapter_page(adapter))));
    pages.extend(
        controls
            .catalogs
            .frameworks
            .values()
            .map(|framework| (format!("frameworks/{}.md", framework.id), framework_page(controls, framework))),
    );
    pages
}

const MADE: &str = "<!-- Made by `tickmark catalog reference`; edit the controls, not this page. -->\n\n";

fn tables(controls: &Controls) -> String {
    let mut text = format!(
        "{MADE}# Normalised tables\n\nEvery row carries `artifact` and `record`, so any number leads to a place in a file.\nInstants are UTC.\n"
    );
    for table in controls.tables.values() {
        table_section(&mut text, table);
    }
    text
}

fn table_section(text: &mut String, table: &TableDefinition) {
    let _ = writeln!(text, "\n## {}\n\n{}", table.name, table.meaning.trim());
    if let Some(derivation) = &table.derivation {
        let _ =
            writeln!(text, "\nDerived from {}.", derivation.reads.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "));
    }
    let _ = writeln!(text, "\n| column | type | required | meaning |\n|---|---|---|---|");
    for column in &table.columns {
        let required = if column.required { "yes" } else { "" };
        let kind = format!("{:?}", column.kind).to_lowercase();
        let _ = writeln!(text, "| `{}` | {kind} | {required} | {} |", column.name, column.meaning.trim().replace('|', "\\|"));
    }
    for column in table.columns.iter().filter(|column| !column.values.is_empty()) {
        let _ = writeln!(text, "\nValues of `{}`:\n", column.name);
        for value in &column.values {
            let _ = writeln!(text, "- `{}`: {}", value.name, value.meaning.trim());
        }
    }
}

fn adapters(controls: &Controls) -> String {
    let mut text = format!("{MADE}# Adapters\n\n| adapter | export | system | feeds | extent |\n|---|---|---|---|---|\n");
    for adapter in controls.adapters.values() {
        adapter_row(&mut text, adapter);
    }
    text
}

fn adapter_page(adapter: &Adapter) -> String {
    let declared = &adapter.declared;
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cell = |text: &str| line(text).replace('|', "\\|");
    let shapes: Vec<String> = declared.shapes.iter().map(|shape| format!("{shape:?}").to_uppercase()).collect();
    let mut text = format!(
        "{MADE}# {}\n\nAdapter `{}`, revision {}. Source system: {}. Shapes: {}.\n\n## How to export\n",
        adapter.title,
        adapter.id,
        adapter.revision,
        adapter.system,
        shapes.join(", ")
    );
    if let Some(command) = &declared.export.command {
        let _ = writeln!(text, "\n```text\n{}\n```", line(command));
    }
    if let Some(note) = &declared.export.note {
        let _ = writeln!(text, "\n{}", line(note));
    }
    let _ = writeln!(text, "\nA usual name for the file: `{}`.\n\n## Recognised by\n", declared.export.file);
    let recognise = &declared.recognise;
    if !recognise.columns.is_empty() {
        let columns: Vec<String> = recognise.columns.iter().map(|column| format!("`{column}`")).collect();
        let _ = writeln!(text, "- the columns {}", columns.join(", "));
    }
    for path in &recognise.paths {
        let _ = writeln!(text, "- `{}` selects something in the first document", line(path));
    }
    for path in &recognise.absent {
        let _ = writeln!(text, "- `{}` selects nothing", line(path));
    }
    if recognise.columns.is_empty() && recognise.paths.is_empty() {
        let _ = writeln!(text, "- its shape");
    }
    let extent = match declared.completeness.unless_marked {
        crate::evidence::Extent::Complete => "Complete unless it is marked as cut",
        crate::evidence::Extent::Incomplete => "Incomplete",
        crate::evidence::Extent::Unknown => "Unknown until its row count is stated and found",
    };
    let _ = writeln!(text, "\n## Extent\n\n{extent}. {}", line(&declared.completeness.because));
    for marker in &declared.completeness.incomplete_when {
        let _ = writeln!(text, "It is cut when `{}` selects something.", line(marker));
    }
    let _ = writeln!(text, "\n## What is read\n");
    for set in &declared.records {
        let from = set.each.as_ref().map_or_else(|| "every record".to_owned(), |each| format!("`{}`", line(each)));
        let _ = writeln!(text, "Records `{}`, from {from}:\n\n| field | place | type | required |\n|---|---|---|---|", set.name);
        for field in &set.fields {
            let kind = format!("{:?}", field.kind).to_lowercase();
            let kind = if field.format.is_empty() { kind } else { format!("{kind}: {}", field.format.join(" or ")) };
            let required = if field.required { "yes" } else { "" };
            let _ = writeln!(text, "| `{}` | `{}` | {} | {required} |", field.name, cell(&field.at), cell(&kind));
        }
        text.push('\n');
    }
    if !declared.secrets.is_empty() {
        let places: Vec<String> = declared.secrets.iter().map(|secret| format!("`{}`", line(&secret.at))).collect();
        let _ = writeln!(text, "Masked before anything reads it: {}.\n", places.join(", "));
    }
    let _ = writeln!(text, "## What it fills\n\n| table | columns |\n|---|---|");
    for (table, columns) in adapter.fills() {
        let columns: Vec<String> = columns.into_iter().map(|column| format!("`{column}`")).collect();
        let _ = writeln!(text, "| [`{table}`](../tables.md#{table}) | {} |", columns.join(", "));
    }
    if !declared.quirks.is_empty() {
        let _ = writeln!(text, "\n## Quirks\n");
        for quirk in &declared.quirks {
            let _ = writeln!(text, "- {}", line(quirk));
        }
    }
    text
}

fn adapter_row(text: &mut String, adapter: &Adapter) {
    let feeds: Vec<String> = adapter.feeds().into_iter().map(|table| format!("`{table}`")).collect();
    let _ = writeln!(
        text,
        "| [`{}`](adapters/{}.md) r{} | {} | {} | {} | {} |",
        adapter.id,
        adapter.id,
        adapter.revision,
        adapter.title,
        adapter.system,
        feeds.join(", "),
        adapter.completeness.because.trim().replace('\n', " ")
    );
}

fn catalogs(controls: &Controls) -> String {
    let mut text = format!(
        "{MADE}# Catalogs\n\n| edition | title | publisher | headings | mapped | documentary | outside |\n|---|---|---|---|---|---|---|\n"
    );
    for catalog in controls.catalogs.editions.values() {
        let count = |word: &str| catalog.clauses.iter().filter(|clause| clause.treatment.word() == word).count();
        let _ = writeln!(
            text,
            "| `{}` r{} | {} | {} | {} | {} | {} | {} |",
            catalog.name,
            catalog.about.revision,
            catalog.about.title,
            catalog.about.publisher,
            count("heading"),
            count("mapped"),
            count("documentary"),
            count("outside")
        );
    }
    text
}

fn framework_page(controls: &Controls, framework: &Framework) -> String {
    let editions: Vec<&Catalog> = controls.catalogs.editions.values().filter(|catalog| catalog.name.framework() == framework.id).collect();
    let title = framework.names.first().unwrap_or(&framework.id);
    let mut text = format!("{MADE}# {title}\n\n{}\n\n## How it is modelled\n\n{}\n", framework.about.trim(), framework.modelled.trim());
    let _ = writeln!(text, "\n## Citations\n\nA citation without an edition means `{}`.", framework.current);
    if !framework.aliases.is_empty() || !framework.mixups.is_empty() {
        let _ = writeln!(text, "\n| written | meant | why |\n|---|---|---|");
        for alias in &framework.aliases {
            let _ = writeln!(text, "| {} ({}) | `{}` | {} |", alias.written, alias.edition, alias.id, alias.note.trim().replace('\n', " "));
        }
        for mixup in &framework.mixups {
            let meant = mixup.meant.as_ref().map_or("no clause".to_owned(), |id| format!("`{id}`"));
            let near = mixup.near.join(", ");
            let _ = writeln!(text, "| {} near {near} | {meant} | {} |", mixup.id, mixup.note.trim().replace('\n', " "));
        }
    }
    for catalog in editions {
        edition_section(&mut text, controls, catalog);
    }
    text
}

fn edition_section(text: &mut String, controls: &Controls, catalog: &Catalog) {
    let about = &catalog.about;
    let _ = writeln!(text, "\n## {}\n\n| | |\n|---|---|", about.short_title);
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(text, "| {name} | {} |", value.trim().replace('\n', " "));
    };
    fact("edition", &format!("`{}`, revision {}", catalog.name, about.revision));
    fact("official title", &about.title);
    fact("publisher", &about.publisher);
    fact("official source", &about.source);
    fact("wording and licence", &about.licence);
    fact("published", &about.published.to_string());
    for (name, day) in [("in force since", about.effective), ("retired", about.retired)] {
        if let Some(day) = day {
            fact(name, &day.to_string());
        }
    }
    for (name, other) in [("supersedes", &about.supersedes), ("superseded by", &about.superseded_by)] {
        if let Some(other) = other {
            fact(name, &format!("`{other}`"));
        }
    }
    for amendment in &catalog.amendments {
        fact("amendment", &format!("{}: {}", amendment.published, amendment.title));
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for clause in &catalog.clauses {
        *kinds.entry(clause.noun.as_str()).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    fact("entries", &format!("{}: {}", catalog.clauses.len(), kinds.join(", ")));
    let tested = |id: &str| controls.catalogs.objectives.get(id).is_some_and(|objective| objective.check.is_some());
    let (mut automated, mut examined) = (0, 0);
    let mut by_objective: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for clause in &catalog.clauses {
        let mappings = clause.treatment.mappings();
        if mappings.iter().any(|mapping| tested(&mapping.objective)) {
            automated += 1;
        } else if !mappings.is_empty() {
            examined += 1;
        }
        for mapping in mappings {
            by_objective.entry(&mapping.objective).or_default().push(&clause.id);
        }
    }
    let count = |word: &str| catalog.clauses.iter().filter(|clause| clause.treatment.word() == word).count();
    let _ = writeln!(
        text,
        "\n| how its clauses are dealt with | count |\n|---|---|\n| automated: at least one objective is tested by a check | {automated} |\n\
         | mapped to objectives that a person examines | {examined} |\n| documentary: the report asks for a record by name | {} |\n\
         | outside: cannot concern machine identities, with the reason | {} |\n| headings | {} |",
        count("documentary"),
        count("outside"),
        count("heading")
    );
    if !by_objective.is_empty() {
        let _ = writeln!(text, "\n| objective | tested | clauses |\n|---|---|---|");
        for (objective, clauses) in by_objective {
            let by = if tested(objective) { "by a check" } else { "by a person" };
            let _ = writeln!(text, "| [`{objective}`](../objectives/{objective}.md) | {by} | {} |", clauses.join(", "));
        }
    }
    if !catalog.results.is_empty() {
        let _ = writeln!(text, "\nThe edition's own words for a result:\n\n| word | stands for | meaning |\n|---|---|---|");
        for result in &catalog.results {
            let statuses: Vec<String> = result.statuses.iter().map(|status| format!("`{status}`")).collect();
            let _ = writeln!(text, "| {} | {} | {} |", result.word, statuses.join(", "), result.meaning.trim().replace('\n', " "));
        }
    }
    for property in &catalog.properties {
        let mut values: BTreeMap<&str, usize> = BTreeMap::new();
        for value in catalog.clauses.iter().filter_map(|clause| clause.properties.get(&property.name)) {
            *values.entry(value.as_str()).or_default() += 1;
        }
        let values: Vec<String> = values.iter().take(6).map(|(value, count)| format!("{value} ({count})")).collect();
        let _ = writeln!(text, "\nProperty `{}`: {} {}", property.name, property.meaning.trim().replace('\n', " "), values.join(", "));
    }
    for crosswalk in controls.catalogs.crosswalks.iter().filter(|crosswalk| crosswalk.to == catalog.name) {
        let mut relations: BTreeMap<EditionRelation, usize> = BTreeMap::new();
        for entry in &crosswalk.entries {
            *relations.entry(entry.relation).or_default() += 1;
        }
        let counts: Vec<String> =
            relations.iter().map(|(relation, count)| format!("{count} {}", format!("{relation:?}").to_lowercase())).collect();
        let _ = writeln!(
            text,
            "\nCrosswalk from `{}`: {}. Confidence {}. {}",
            crosswalk.from,
            counts.join(", "),
            format!("{:?}", crosswalk.confidence).to_lowercase(),
            crosswalk.source.trim().replace('\n', " ")
        );
    }
}

fn objectives(controls: &Controls) -> String {
    let mut text = format!("{MADE}# Objectives\n\n| objective | method | statement |\n|---|---|---|\n");
    for objective in controls.catalogs.objectives.values() {
        let method = format!("{:?}", objective.method).to_lowercase();
        let _ = writeln!(text, "| [`{0}`](objectives/{0}.md) | {method} | {1} |", objective.id, objective.statement.replace('\n', " "));
    }
    text
}

fn objective_page(objective: &Objective) -> String {
    let mut text = format!("{MADE}# {}\n\n`{}`: {}\n", objective.title, objective.id, objective.statement);
    let _ = writeln!(text, "\n## How it is tested\n\nMethod: {}.", format!("{:?}", objective.method).to_lowercase());
    if let Some(ask) = &objective.ask {
        let _ = writeln!(text, "\nTo be brought: {ask}");
    }
    if objective.check.is_some() {
        let requires: Vec<String> = objective.requires.iter().map(|table| format!("`{table}`")).collect();
        let _ = writeln!(text, "\nPopulation: {}\n\nRequires evidence for {}.", objective.population, requires.join(", "));
        let _ = writeln!(text, "\nEvidence older than {} days at `as_of` proves nothing.", objective.freshness_days_max);
    }
    if let Some(empty) = &objective.empty_population {
        let _ = writeln!(text, "\nAn empty population means {:?}: {}", empty.means, empty.because.trim());
    }
    let _ = writeln!(text, "\n## Parameters\n");
    if objective.parameters.is_empty() {
        let _ = writeln!(text, "None.");
    } else {
        let _ = writeln!(text, "| parameter | default | unit | meaning | source |\n|---|---|---|---|---|");
        for parameter in &objective.parameters {
            let unit = format!("{:?}", parameter.unit).to_lowercase();
            let source = parameter.source.trim().replace('\n', " ");
            let _ = writeln!(text, "| `{}` | {} | {unit} | {} | {source} |", parameter.name, parameter.default, parameter.title);
            for own in parameter.by_class.iter().flatten() {
                let named = [("class", &own.class), ("tier", &own.tier)];
                let whom: Vec<String> =
                    named.iter().filter_map(|(key, name)| name.as_ref().map(|name| format!("{key} `{name}`"))).collect();
                let source = own.source.trim().replace('\n', " ");
                let _ = writeln!(text, "| `{}` for {} | {} | {unit} | | {source} |", parameter.name, whom.join(", "), own.value);
            }
        }
    }
    let differing: Vec<String> =
        objective.parameters.iter().filter(|own| own.by_class.is_some()).map(|own| format!("`{}`", own.name)).collect();
    if !differing.is_empty() {
        let _ = writeln!(text, "\nMay differ by class and tier of the identity: {}.", differing.join(", "));
    }
    let _ = writeln!(text, "\n## What to do about deviations\n\n{}", objective.advice.trim());
    if !objective.references.is_empty() {
        let _ = writeln!(text, "\n## Where the rule comes from\n");
        for reference in &objective.references {
            let _ = writeln!(text, "- {reference}");
        }
    }
    text
}
