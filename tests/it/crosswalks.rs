//! From edition to edition and from framework to framework: nothing is lost, nothing is claimed that the mapping does not bear.

use std::collections::{BTreeMap, BTreeSet};

use tickmark::catalog::crosswalk::Carried;
use tickmark::catalog::{Catalog, Catalogs, EditionRelation, SetRelation, Treatment};

use crate::support::controls;

fn catalogs() -> &'static Catalogs {
    &controls().catalogs
}

fn edition(name: &str) -> &'static Catalog {
    catalogs().editions.values().find(|catalog| catalog.name.as_str() == name).unwrap_or_else(|| panic!("{name}"))
}

/// From, to, relation, as a person would write them down.
fn between(from: &str, to: &str) -> BTreeSet<(String, String, EditionRelation)> {
    let entries = catalogs().between_editions(&edition(from).name, &edition(to).name).expect("a crosswalk leads there");
    entries.into_iter().map(|entry| (entry.from.unwrap_or_default(), entry.to.unwrap_or_default(), entry.relation)).collect()
}

#[test]
fn known_moves_between_editions_are_told() {
    let csf = between("nist-csf@1.1", "nist-csf@2.0");
    assert!(csf.iter().any(|(from, to, _)| from == "PR.AC-4" && to == "PR.AA-05"));
    let successors: Vec<&str> = csf.iter().filter(|(from, ..)| from == "PR.DS-5").map(|(_, to, _)| to.as_str()).collect();
    assert_eq!(successors, ["PR.DS-01", "PR.DS-02", "PR.DS-10"], "one clause became several");
    let iso = between("iso-27001@2013", "iso-27001@2022");
    assert!(iso.contains(&("A.9.2.3".into(), "A.8.2".into(), EditionRelation::Renumbered)));
    let merged: BTreeSet<&str> = iso.iter().filter(|(_, to, _)| to == "A.8.15").map(|(from, ..)| from.as_str()).collect();
    assert_eq!(merged, BTreeSet::from(["A.12.4.1", "A.12.4.2", "A.12.4.3"]), "several clauses became one");
    assert!(iso.contains(&(String::new(), "A.5.7".into(), EditionRelation::New)));
    let pci = between("pci-dss@4.0", "pci-dss@4.0.1");
    assert!(pci.contains(&("A3.3.1.2".into(), "A3.3.1.1".into(), EditionRelation::Renumbered)));
}

/// 3.2.1 to 4.0.1 goes by way of 4.0.
#[test]
fn editions_that_are_not_neighbours_are_joined_over_those_between() {
    let joined = between("pci-dss@3.2.1", "pci-dss@4.0.1");
    assert!(joined.contains(&(String::new(), "8.6.3".into(), EditionRelation::New)));
    let first: BTreeSet<String> = between("pci-dss@3.2.1", "pci-dss@4.0").into_iter().map(|(from, ..)| from).collect();
    let all: BTreeSet<String> = joined.iter().map(|(from, ..)| from.clone()).collect();
    assert_eq!(first, all, "no clause of the first edition is lost on the way");
    let asked: BTreeSet<&str> = joined.iter().map(|(_, to, _)| to.as_str()).collect();
    for clause in edition("pci-dss@4.0.1").clauses.iter().filter(|clause| clause.treatment != Treatment::Heading) {
        assert!(asked.contains(clause.id.as_str()), "{} comes from nowhere", clause.id);
    }
}

#[test]
fn what_is_carried_between_frameworks_follows_from_the_mappings_and_accounts_for_every_clause() {
    let names = ["pci-dss@4.0.1", "dora@2022-2554", "iso-27001@2022", "nis2-ir@2024-2690", "owasp-nhi-top10@2025", "soc2-tsc@2017"];
    for from in names.map(edition) {
        let objectives: BTreeSet<&str> =
            from.clauses.iter().flat_map(|clause| clause.treatment.mappings()).map(|mapping| mapping.objective.as_str()).collect();
        for to in names.map(edition).into_iter().filter(|to| to.name != from.name) {
            let carried = catalogs().carried(from, to);
            let assessable: Vec<&str> =
                to.clauses.iter().filter(|clause| clause.treatment != Treatment::Heading).map(|clause| clause.id.as_str()).collect();
            assert_eq!(carried.clauses.iter().map(|clause| clause.clause.as_str()).collect::<Vec<_>>(), assessable);
            assert_eq!(carried.totals.values().sum::<usize>(), assessable.len());
            for clause in &carried.clauses {
                let asked: BTreeSet<&str> =
                    to.clause(&clause.clause).unwrap().treatment.mappings().iter().map(|mapping| mapping.objective.as_str()).collect();
                let shared: BTreeSet<&str> = clause.shared.iter().map(|shared| shared.objective.as_str()).collect();
                let missing: BTreeSet<&str> = clause.missing.iter().map(String::as_str).collect();
                assert_eq!(shared, asked.intersection(&objectives).copied().collect(), "{} {}", to.name, clause.clause);
                assert_eq!(missing, asked.difference(&objectives).copied().collect(), "{} {}", to.name, clause.clause);
                let expected = match (asked.is_empty(), shared.is_empty(), missing.is_empty()) {
                    (true, ..) => {
                        assert!(matches!(clause.state, Carried::Documents | Carried::Outside));
                        continue;
                    }
                    (false, true, _) => Carried::NewEvidence,
                    (false, false, true) => Carried::Evidence,
                    (false, false, false) => Carried::EvidenceInPart,
                };
                assert_eq!(clause.state, expected, "{} {}", to.name, clause.clause);
                for relation in clause.relations.iter().filter(|relation| !relation.judged) {
                    assert_eq!(relation.relation, SetRelation::Intersects, "nobody judged more than that they meet");
                }
            }
        }
    }
}

#[test]
fn relations_that_a_person_judged_are_borne_by_the_mappings() {
    assert!(catalogs().relations.len() >= 50);
    let mapped = |reference: &tickmark::catalog::ClauseRef| -> BTreeMap<String, ()> {
        let clause = catalogs().editions[&reference.framework].clause(&reference.clause).unwrap();
        clause.treatment.mappings().iter().map(|mapping| (mapping.objective.clone(), ())).collect()
    };
    let mut pairs = BTreeSet::new();
    for relation in &catalogs().relations {
        let (a, b) = (&relation.a, &relation.b);
        assert_ne!(a.framework.framework(), b.framework.framework(), "editions of one framework have a crosswalk");
        let pair = if a < b { (a, b) } else { (b, a) };
        assert!(pairs.insert(pair), "{a:?} and {b:?} are judged twice");
        assert!(relation.rationale.len() >= 40, "{a:?} {b:?}");
        if relation.relation == SetRelation::Equal {
            let (left, right) = (mapped(a), mapped(b));
            assert!(left.keys().any(|objective| right.contains_key(objective)), "{a:?} equals {b:?} and they share no objective");
        }
    }
    // Read from the other side, a subset is a superset.
    let there = catalogs().carried(edition("pci-dss@4.0.1"), edition("nis2-ir@2024-2690"));
    let back = catalogs().carried(edition("nis2-ir@2024-2690"), edition("pci-dss@4.0.1"));
    let find = |crosswalk: &tickmark::catalog::crosswalk::FrameworkCrosswalk, to: &str, from: &str| {
        let clause = crosswalk.clauses.iter().find(|clause| clause.clause == to).unwrap();
        clause.relations.iter().find(|relation| relation.clause == from && relation.judged).unwrap().relation
    };
    assert_eq!(find(&there, "11.2.3", "7.2.5.1"), SetRelation::Subset);
    assert_eq!(find(&back, "7.2.5.1", "11.2.3"), SetRelation::Superset);
    assert_eq!(find(&there, "11.5.3", "8.2.2"), SetRelation::Equal);
}

#[test]
fn two_editions_and_two_revisions_are_compared_clause_by_clause() {
    use tickmark::catalog::compare::compare;
    for catalog in catalogs().editions.values() {
        assert!(compare(catalog, catalog, None).is_empty(), "{} differs from itself", catalog.name);
    }
    let (old, new) = (edition("pci-dss@4.0"), edition("pci-dss@4.0.1"));
    let pairs = catalogs().between_editions(&old.name, &new.name).unwrap();
    let differences = compare(old, new, Some(&pairs));
    assert_eq!(differences.len(), 24, "21 with other wording, two announced, one renumbered");
    let renumbered: Vec<_> = differences.iter().filter(|difference| difference.before != difference.after).collect();
    assert_eq!(renumbered.len(), 1);
    assert_eq!((renumbered[0].before.as_deref(), renumbered[0].after.as_deref()), (Some("A3.3.1.2"), Some("A3.3.1.1")));
    // A later revision of one edition: one statement reworded, one clause mapped otherwise.
    let mut revised = new.clone();
    let at = revised.clauses.iter().position(|clause| clause.id == "8.6.3").unwrap();
    revised.clauses[at].statement.push_str(" Said otherwise.");
    revised.clauses[at].treatment = Treatment::Documentary("A record that is asked for instead.".into());
    let differences = compare(new, &revised, None);
    assert_eq!(differences.len(), 1);
    let parts: Vec<&str> = differences[0].parts.iter().map(|part| part.name).collect();
    assert!(parts.contains(&"statement") && parts.len() >= 2, "{parts:?}");
}
