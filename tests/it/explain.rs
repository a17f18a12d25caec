//! `tickmark explain`: the chain down to the records, and steps that lead where they say.

use std::collections::BTreeSet;
use std::process::Command;

use tickmark::assessment::{Assessment, Outcome, TreatmentKind};
use tickmark::base::{SourceTree, Status};
use tickmark::explain::{Explanation, explain};

use crate::support::{assessed_from, quarter, sample};

/// The third quarter with something stated besides.
fn stated(parameters: &str) -> Assessment {
    let (statements, files) = tickmark::io::read_workspace(&sample("2026-Q3")).unwrap();
    let mut own = SourceTree::default();
    for (path, bytes) in statements.iter().filter(|(path, _)| !matches!(*path, "exceptions.yaml" | "documents.yaml")) {
        own.insert(path, bytes.to_vec());
    }
    let text = own.text("tickmark.yaml").unwrap().to_owned();
    let (start, end) = (text.find("frameworks:").unwrap(), text.find("systems:").unwrap());
    own.insert(
        "tickmark.yaml",
        format!("{}frameworks: [owasp-nhi-top10@2025, soc2-tsc@2017, nist-csf@2.0]\n{parameters}{}", &text[..start], &text[end..]),
    );
    assessed_from(&own, &files).assessment
}

fn of(assessment: &Assessment, framework: &str, clause: &str) -> Explanation {
    let found = assessment.clauses.iter().find(|own| own.framework.starts_with(framework) && own.clause.starts_with(clause)).unwrap();
    explain(assessment, found)
}

#[test]
fn every_clause_of_the_sample_is_explained_and_no_step_promises_more_than_the_rules_give() {
    for name in ["2026-Q2", "2026-Q3"] {
        let assessment = &quarter(name).assessment;
        for clause in &assessment.clauses {
            let own = explain(assessment, clause);
            let called = format!("{name} {} {}", clause.framework, clause.clause);
            assert_eq!(own.objectives.len(), clause.objectives.len(), "{called}");
            for link in &own.objectives {
                let not_passed = link.tally.failed + link.tally.unknown + link.tally.unproved;
                assert_eq!(link.rows.len(), not_passed, "{called}: every member that is no proved pass is told");
                assert!(link.rows.iter().all(|row| !row.reason.is_empty() && !row.artifact.is_empty()), "{called}");
            }
            let reached: Vec<Status> = own.path.iter().filter_map(|step| step.clause_then).collect();
            assert!(reached.windows(2).all(|pair| pair[0] <= pair[1]), "{called}: {reached:?}");
            match clause.status {
                Some(Status::Satisfied | Status::NotApplicable) | None => assert!(own.path.is_empty(), "{called}"),
                Some(status) => {
                    assert!(own.best.is_none_or(|best| best >= status), "{called}");
                    assert!(own.best == Some(Status::Satisfied) || own.limit.is_some(), "{called}: why it goes no further is said");
                    if clause.treatment == TreatmentKind::Mapped {
                        assert!(!own.path.is_empty() || own.limit.is_some(), "{called}");
                    }
                }
            }
            let around: BTreeSet<(&str, &str)> = own
                .moves
                .iter()
                .map(|one| (one.framework.as_str(), one.clause.as_str()))
                .chain(own.held.iter().map(|one| (one.framework.as_str(), one.clause.as_str())))
                .collect();
            assert_eq!(around.len(), own.moves.len() + own.held.len(), "{called}: a clause moves or is held");
            assert!(!around.contains(&(clause.framework.as_str(), clause.clause.as_str())), "{called}");
        }
    }
}

/// The prediction against the real thing: with two keys allowed, the one deviation of unique-identity ends, and nothing else changes.
#[test]
fn the_first_step_moves_exactly_the_clauses_that_it_names() {
    let before = stated("");
    let after = stated("parameters:\n  - {objective: unique-identity, parameter: active_max, value: 2, reason: Two are allowed here.}\n");
    let own = of(&before, "owasp-nhi-top10", "NHI9");
    let first = &own.path[0];
    assert_eq!((first.objective.as_str(), first.step, first.members), ("unique-identity", "end-deviations", 1));
    let after_status = |framework: &str, clause: &str| {
        after.clauses.iter().find(|own| own.framework == framework && own.clause == clause).unwrap().status.unwrap()
    };
    assert_eq!(first.clause_then.unwrap(), after_status(&own.framework, &own.clause));
    assert_ne!(first.clause_then, own.status);
    // Every clause that moved in truth is among those that the steps move, and none that is said to be held has moved.
    for clause in &before.clauses {
        let Some(status) = clause.status else { continue };
        let then = after_status(&clause.framework, &clause.clause);
        let named = own.moves.iter().find(|one| one.framework == clause.framework && one.clause == clause.clause);
        if then > status && clause.clause != own.clause {
            assert!(named.is_some_and(|one| one.to >= then && one.from == status), "{} {}", clause.framework, clause.clause);
        }
        if own.held.iter().any(|one| one.framework == clause.framework && one.clause == clause.clause) {
            assert_eq!(then, status, "{} {}", clause.framework, clause.clause);
        }
    }
}

#[test]
fn the_command_tells_the_chain_down_to_the_record() {
    let run = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_tickmark")).arg("explain").arg(sample("2026-Q3")).args(more).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, text, errors) = run(&["pci-dss@4.0.1 8.6.3"]);
    assert_eq!(code, Some(0), "{errors}");
    for wanted in ["credential-rotation", "list-access-keys.json", "sha256 ", "What would move it", "then the objective is", "more; --rows"]
    {
        assert!(text.contains(wanted), "{wanted} is missing:\n{text}");
    }
    let (code, _, errors) = run(&["pci-dss@4.0.1 8.6.33"]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("no clause `pci-dss@4.0.1 8.6.33`"), "{errors}");
}

#[test]
fn rows_of_the_explanation_carry_their_exception() {
    let assessment = &quarter("2026-Q2").assessment;
    let mut excepted = 0;
    for clause in assessment.clauses.iter().filter(|clause| clause.objectives.iter().any(|own| !own.excepted.is_empty())) {
        let own = explain(assessment, clause);
        for link in &own.objectives {
            let rows = link.rows.iter().filter(|row| row.exception.is_some()).count();
            assert_eq!(rows, link.excepted);
            assert!(link.rows.iter().filter(|row| row.exception.is_some()).all(|row| row.outcome == Outcome::Fail));
            excepted += rows;
        }
        // An excepted deviation alone lets a clause be partially satisfied; ending it is the last step.
        if own.objectives.iter().any(|link| link.excepted > 0) {
            assert!(own.path.iter().any(|step| step.step == "end-exceptions"), "{}", clause.clause);
        }
    }
    assert!(excepted > 0, "the sample has an exception in force that covers somebody");
}
