//! What the sample concludes, kept as a file: a change of a check that reaches further than meant shows in review.
//!
//! `TICKMARK_UPDATE=1 cargo test golden` writes the file anew; read the difference before committing it.

use std::fmt::Write as _;
use std::fs;

use crate::support::{quarter, root};

#[test]
fn the_sample_concludes_what_was_read_and_kept() {
    let mut text = String::from("quarter\twhat\tstatus\tpassed\tunproved\tfailed\tunknown\tskipped\n");
    for name in ["2026-Q2", "2026-Q3"] {
        let assessment = &quarter(name).assessment;
        for objective in &assessment.objectives {
            let tally = objective.tally;
            let _ = writeln!(
                text,
                "{name}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
                objective.id, objective.status, tally.passed, tally.unproved, tally.failed, tally.unknown, tally.skipped
            );
        }
        for clause in &assessment.clauses {
            if let (Some(status), false) = (clause.status, clause.objectives.is_empty()) {
                let _ = writeln!(text, "{name}\t{} {}\t{status}\t\t\t\t\t", clause.framework, clause.clause);
            }
        }
    }
    let path = root().join("tests/golden/nordhavn-pay.tsv");
    if std::env::var_os("TICKMARK_UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let moved: Vec<&str> = text.lines().filter(|line| !kept.lines().any(|other| other == *line)).collect();
    assert!(kept == text, "not what was kept; now:\n{}", moved.join("\n"));
}
