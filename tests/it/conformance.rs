//! Catalogs hold exactly the publisher's ids, in the publisher's order, and crosswalks leave none of them out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use tickmark::catalog::{Catalog, EditionRelation, Treatment};

use crate::support::{controls, root, shared};

/// Id, id above, kind.
type Row = (String, Option<String>, String);

fn rows(text: &str) -> Vec<Row> {
    text.lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            (cells[0].to_owned(), Some(cells[1].to_owned()).filter(|parent| !parent.is_empty()), cells[2].to_owned())
        })
        .collect()
}

/// The committed list of every edition, by its name.
fn lists() -> BTreeMap<String, Vec<Row>> {
    let folder = fs::read_dir(root().join("tests/conformance")).unwrap();
    folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tsv"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), rows(&fs::read_to_string(&path).unwrap())))
        .collect()
}

fn ours(catalog: &Catalog) -> Vec<Row> {
    catalog.clauses.iter().map(|clause| (clause.id.clone(), clause.parent.clone(), clause.kind.clone())).collect()
}

#[test]
fn every_edition_holds_exactly_the_listed_ids_in_their_order_and_place() {
    let lists = lists();
    let editions: BTreeSet<&str> = controls().catalogs.editions.keys().map(|name| name.as_str()).collect();
    assert_eq!(editions, lists.keys().map(String::as_str).collect(), "each edition has a list and each list an edition");
    for (name, catalog) in &controls().catalogs.editions {
        let (have, want) = (ours(catalog), &lists[name.as_str()]);
        let ids = |rows: &[Row]| rows.iter().map(|row| row.0.clone()).collect::<BTreeSet<_>>();
        let (our_ids, listed) = (ids(&have), ids(want));
        let missing: Vec<&String> = listed.difference(&our_ids).collect();
        let invented: Vec<&String> = our_ids.difference(&listed).collect();
        assert!(missing.is_empty() && invented.is_empty(), "{name}: missing {missing:?}, invented {invented:?}");
        assert_eq!(our_ids.len(), have.len(), "{name} has an id twice");
        for (ours, theirs) in have.iter().zip(want) {
            assert_eq!(ours, theirs, "{name}");
        }
    }
}

#[test]
fn the_committed_lists_are_those_of_the_reference() {
    let Some(reference) = shared("reference") else { return };
    for (name, list) in lists() {
        let theirs = fs::read_to_string(reference.join(format!("{name}.tsv"))).unwrap_or_else(|_| panic!("{name} has no reference list"));
        assert_eq!(list, rows(&theirs), "{name}");
    }
    let counts = fs::read_to_string(reference.join("counts.tsv")).unwrap();
    for line in counts.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let list = &lists()[cells[0]];
        let count = list.iter().filter(|row| cells[1] == "(all)" || row.2 == cells[1]).count();
        assert_eq!(count.to_string(), cells[2], "{} {}", cells[0], cells[1]);
    }
}

/// What may be said of the catalogs as a whole; a new edition changes the numbers here, knowingly.
#[test]
fn every_clause_has_exactly_one_treatment_and_only_groups_are_headings() {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, catalog) in &controls().catalogs.editions {
        let parents: BTreeSet<&str> = catalog.clauses.iter().filter_map(|clause| clause.parent.as_deref()).collect();
        for clause in &catalog.clauses {
            *counted.entry(clause.treatment.word()).or_default() += 1;
            if clause.treatment == Treatment::Heading {
                assert!(parents.contains(clause.id.as_str()), "{name} {} groups nothing and is not assessed", clause.id);
            }
            let mut seen = BTreeSet::new();
            for mapping in clause.treatment.mappings() {
                assert!(seen.insert(&mapping.objective), "{name} {} names {} twice", clause.id, mapping.objective);
            }
        }
        let rationales: Vec<&String> =
            catalog.clauses.iter().flat_map(|clause| clause.treatment.mappings()).map(|m| &m.rationale).collect();
        let different: BTreeSet<&&String> = rationales.iter().collect();
        assert_eq!(rationales.len(), different.len(), "{name} has a rationale twice: a rationale names its own clause's point");
    }
    let total: usize = controls().catalogs.editions.values().map(|catalog| catalog.clauses.len()).sum();
    assert_eq!(counted.values().sum::<usize>(), total);
    assert_eq!(counted.keys().copied().collect::<Vec<_>>(), ["documentary", "heading", "mapped", "outside"]);
}

#[test]
fn no_statement_is_made_of_its_label_or_of_another_statement() {
    let words = |text: &str| -> BTreeSet<String> {
        text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3).map(str::to_owned).collect()
    };
    for (name, catalog) in &controls().catalogs.editions {
        for clause in &catalog.clauses {
            let (label, statement) = (words(&clause.label), words(&clause.statement));
            let added = statement.difference(&label).count();
            assert!(added >= 3, "{name} {}: `{}` says nothing beyond `{}`", clause.id, clause.statement, clause.label);
            assert!(clause.statement.split_whitespace().count() >= 6, "{name} {}: {}", clause.id, clause.statement);
        }
    }
}

#[test]
fn crosswalks_account_for_every_clause_of_both_editions() {
    let catalogs = &controls().catalogs;
    assert!(!catalogs.crosswalks.is_empty());
    for crosswalk in &catalogs.crosswalks {
        let place = format!("{} to {}", crosswalk.from, crosswalk.to);
        let from: BTreeSet<&str> = crosswalk.entries.iter().filter_map(|entry| entry.from.as_deref()).collect();
        let to: BTreeSet<&str> = crosswalk.entries.iter().filter_map(|entry| entry.to.as_deref()).collect();
        let assessable = |edition| catalogs.editions[edition].clauses.iter().filter(|clause| clause.treatment != Treatment::Heading);
        for clause in assessable(&crosswalk.from) {
            assert!(from.contains(clause.id.as_str()), "{place}: {} is lost", clause.id);
        }
        for clause in assessable(&crosswalk.to) {
            assert!(to.contains(clause.id.as_str()), "{place}: {} comes from nowhere", clause.id);
        }
        for entry in &crosswalk.entries {
            let fits = match entry.relation {
                EditionRelation::New => entry.from.is_none() && entry.to.is_some(),
                EditionRelation::Withdrawn => entry.from.is_some(),
                EditionRelation::Unchanged => entry.from.is_some() && entry.to.is_some(),
                _ => entry.from.is_some() && entry.to.is_some(),
            };
            assert!(fits, "{place}: {entry:?}");
        }
    }
}

#[test]
fn crosswalks_are_those_of_the_reference() {
    let Some(reference) = shared("reference/crosswalk") else { return };
    let mut compared = 0;
    for entry in fs::read_dir(reference).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        let Some(crosswalk) = controls().catalogs.crosswalks.iter().find(|crosswalk| {
            let (from, to) = (crosswalk.from.as_str(), crosswalk.to.as_str());
            name.contains(from) && (name.contains(to) || name.ends_with(crosswalk.to.edition()))
        }) else {
            panic!("{name} is in the reference and not in the controls");
        };
        let listed: BTreeSet<(Option<String>, Option<String>)> = fs::read_to_string(&path)
            .unwrap()
            .lines()
            .skip(1)
            .map(|line| {
                let cells: Vec<&str> = line.split('\t').collect();
                let cell = |at: usize| Some(cells[at].to_owned()).filter(|id| !id.is_empty());
                (cell(0), cell(1))
            })
            .collect();
        let ours: BTreeSet<(Option<String>, Option<String>)> =
            crosswalk.entries.iter().map(|entry| (entry.from.clone(), entry.to.clone())).collect();
        let lost: Vec<_> = listed.difference(&ours).collect();
        assert!(lost.is_empty(), "{name}: {lost:?}");
        compared += 1;
    }
    assert!(compared >= 4, "{compared} crosswalks compared");
}

#[test]
fn every_edition_says_whose_it_is_from_where_and_what_came_before_and_after() {
    let editions = &controls().catalogs.editions;
    for (name, catalog) in editions {
        let about = &catalog.about;
        for (key, text) in
            [("title", &about.title), ("publisher", &about.publisher), ("source", &about.source), ("licence", &about.licence)]
        {
            assert!(text.trim().len() >= 3, "{name} has no {key}");
        }
        assert!(about.licence.contains("own wording"), "{name}: the licence says that the wording is ours");
        assert!(catalog.results.len() >= 3, "{name} has no words for results");
        let other = |edition: &String| {
            editions.values().find(|other| other.name.framework() == name.framework() && other.name.edition() == edition)
        };
        if let Some(later) = about.superseded_by.as_ref().and_then(other) {
            assert_eq!(later.about.supersedes.as_deref(), Some(name.edition()), "{name} and {} disagree", later.name);
            assert!(about.published < later.about.published, "{name}");
        }
        assert_eq!(
            about.superseded_by.is_some(),
            about.superseded_by.as_ref().and_then(other).is_some(),
            "{name} names an edition that is not there"
        );
        assert!(controls().catalogs.frameworks[name.framework()].about.len() > 60, "{name}: the book says what the framework is");
    }
    let dates = |name: &str| {
        let about = &editions.values().find(|catalog| catalog.name.as_str() == name).unwrap().about;
        (about.published.to_string(), about.retired.map(|day| day.to_string()).unwrap_or_default())
    };
    assert_eq!(dates("pci-dss@3.2.1").1, "2024-03-31");
    assert_eq!(dates("pci-dss@4.0"), ("2022-03-31".into(), "2024-12-31".into()));
    assert_eq!(dates("pci-dss@4.0.1"), ("2024-06-11".into(), String::new()));
    let iso = editions.values().find(|catalog| catalog.name.as_str() == "iso-27001@2022").unwrap();
    assert!(iso.amendments.iter().any(|amendment| amendment.published.to_string().starts_with("2024")), "the climate amendment is named");
}

#[test]
fn customized_approach_is_stated_for_every_requirement_of_pci_dss_4() {
    for name in ["pci-dss@4.0", "pci-dss@4.0.1"] {
        let catalog = controls().catalogs.editions.values().find(|catalog| catalog.name.as_str() == name).unwrap();
        let property = catalog.properties.iter().find(|property| property.name == "customized-approach").expect("the property is declared");
        let kind = |clause: &str| catalog.clause(clause).unwrap().properties.get("customized-approach").cloned();
        assert_eq!(kind("3.3.1").as_deref(), Some("not-eligible"), "the standard says so itself");
        assert_eq!(kind("8.6.3").or(property.default.clone()).as_deref(), Some("eligible"));
    }
}
