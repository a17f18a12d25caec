//! What an auditor found in the two quarters of the sample by hand, from the exports alone, against what the checks conclude.
//!
//! In: `tests/expected/nordhavn-pay-judged.tsv`; the file beside it says where it is uncertain and what was corrected after the comparison.
//! `failing` has a part of each failing subject's name, so that the table does not know how the checks write one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use tickmark::assessment::{ObjectiveResult, Outcome};
use tickmark::io;

use crate::support::{assessed_from, quarter, root, sample};

const QUARTERS: [&str; 2] = ["2026-Q2", "2026-Q3"];
/// No framework of the sample asks for it; it is judged under one that does.
const OUTSIDE: &str = "ai-agent-governance";

struct Judged {
    population: usize,
    fail: usize,
    unknown: usize,
    status: String,
    failing: Vec<String>,
}

/// By quarter and objective.
fn judged() -> BTreeMap<(String, String), Judged> {
    let text = fs::read_to_string(root().join("tests/expected/nordhavn-pay-judged.tsv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("quarter\tobjective\tpopulation\tfail\tunknown\tstatus\tfailing\twhy"));
    let mut table = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let [quarter, objective, population, fail, unknown, status, failing, why] = cells[..] else { panic!("not eight cells: {line}") };
        let fail: usize = fail.parse().unwrap();
        let parts: Vec<String> = failing.split(';').filter(|part| !["-", "count only"].contains(part)).map(str::to_owned).collect();
        assert!(!why.is_empty() && (parts.len() == fail || failing == "count only" && fail > 40), "{quarter} {objective}: {failing}");
        let row = Judged {
            population: population.parse().unwrap(),
            fail,
            unknown: unknown.parse().unwrap(),
            status: status.to_owned(),
            failing: parts,
        };
        assert!(table.insert((quarter.to_owned(), objective.to_owned()), row).is_none(), "{quarter} {objective} stands twice");
    }
    table
}

/// Everything in which a result departs from what was judged; nothing when they agree.
fn departures(hand: &Judged, tool: &ObjectiveResult) -> Vec<String> {
    let mut told = Vec::new();
    let mut differ = |what: &str, by_hand: &dyn ToString, by_tool: &dyn ToString| {
        if by_hand.to_string() != by_tool.to_string() {
            told.push(format!("{what}: {} by hand, {} by the check", by_hand.to_string(), by_tool.to_string()));
        }
    };
    differ("status", &hand.status, &tool.status);
    differ("population", &hand.population, &tool.tally.population);
    differ("fail", &hand.fail, &tool.tally.failed);
    differ("unknown", &hand.unknown, &tool.tally.unknown);
    let seen: BTreeSet<&str> =
        tool.observations.iter().filter(|own| own.outcome == Outcome::Fail).map(|own| own.subject.as_str()).collect();
    if !hand.failing.is_empty() {
        told.extend(
            hand.failing
                .iter()
                .filter(|part| !seen.iter().any(|subject| subject.contains(*part)))
                .map(|part| format!("fails by hand only: {part}")),
        );
        told.extend(
            seen.iter()
                .filter(|subject| !hand.failing.iter().any(|part| subject.contains(part)))
                .map(|subject| format!("fails by the check only: {subject}")),
        );
    }
    told
}

#[test]
fn every_objective_in_scope_concludes_what_was_judged_by_hand() {
    let table = judged();
    let mut told = Vec::new();
    for name in QUARTERS {
        let tested: Vec<&ObjectiveResult> = quarter(name).assessment.objectives.iter().filter(|own| own.method == "test").collect();
        let in_table: Vec<&str> = table.keys().filter(|(own, id)| own == name && id != OUTSIDE).map(|(_, id)| id.as_str()).collect();
        assert_eq!(
            tested.iter().map(|own| own.id.as_str()).collect::<Vec<_>>(),
            in_table,
            "each objective that a query decides was judged"
        );
        for result in tested {
            let hand = &table[&(name.to_owned(), result.id.clone())];
            told.extend(departures(hand, result).into_iter().map(|departure| format!("{name} {}: {departure}", result.id)));
        }
    }
    assert!(told.is_empty(), "not what was judged by hand:\n{}", told.join("\n"));
}

#[test]
fn agents_are_found_as_by_hand_where_a_framework_asks_for_them() {
    let table = judged();
    for name in QUARTERS {
        let (mut statements, files) = io::read_workspace(&sample(name)).expect("the sample can be read");
        let stated = statements.text("tickmark.yaml").unwrap().to_owned();
        let asked = stated.replace("  - owasp-nhi-top10@2025\n", "  - owasp-nhi-top10@2025\n  - nist-ai-rmf@1.0\n");
        assert_ne!(asked, stated, "the frameworks stand where they are expected");
        statements.insert("tickmark.yaml", asked);
        let assessed = assessed_from(&statements, &files);
        let result = assessed.assessment.objectives.iter().find(|own| own.id == OUTSIDE).expect("the framework asks for it");
        assert_eq!(departures(&table[&(name.to_owned(), OUTSIDE.to_owned())], result), [""; 0], "{name}");
    }
}
