//! JUnit XML for pipelines: one suite per edition, one test case per assessable clause.
//!
//! Only `satisfied` is a test that passed. What breaks the gate, and every clause that is not satisfied, is a failure; anything else is
//! skipped with its reason.

use std::fmt::Write as _;

use crate::base::Status;
use crate::report::Machine;
use crate::report::machine::{ClauseItem, DeviationItem, FrameworkItem};

/// Deviations written with a failure; `deviations.csv` of a pack, and SARIF, have all.
const ROWS_MAX: usize = 20;

/// What JUnit says of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// Renders one document over all editions.
pub fn render(machine: &Machine) -> Vec<u8> {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all: Vec<&ClauseItem> = assessable(machine).collect();
    let _ = writeln!(xml, "<testsuites name={} {}>", attribute(&machine.title), counted(&all));
    for framework in &machine.frameworks {
        suite(&mut xml, machine, framework);
    }
    xml.push_str("</testsuites>\n");
    xml.into_bytes()
}

fn assessable(machine: &Machine) -> impl Iterator<Item = &ClauseItem> {
    machine.clauses.iter().filter(|clause| clause.status.is_some())
}

fn outcome(clause: &ClauseItem) -> Outcome {
    match clause.status {
        _ if !clause.breaks.is_empty() => Outcome::Failed,
        Some(Status::NotSatisfied) => Outcome::Failed,
        Some(Status::Satisfied) => Outcome::Passed,
        Some(Status::PartiallySatisfied | Status::NotAssessed | Status::NotApplicable) | None => Outcome::Skipped,
    }
}

/// The counts that every reader knows. Some refuse a count of skipped tests over all suites.
fn counted(clauses: &[&ClauseItem]) -> String {
    format!("tests=\"{}\" failures=\"{}\" errors=\"0\"", clauses.len(), count(clauses, Outcome::Failed))
}

fn count(clauses: &[&ClauseItem], wanted: Outcome) -> usize {
    clauses.iter().filter(|clause| outcome(clause) == wanted).count()
}

fn suite(xml: &mut String, machine: &Machine, framework: &FrameworkItem) {
    let own: Vec<&ClauseItem> = assessable(machine).filter(|clause| clause.framework == framework.id).collect();
    let skipped = count(&own, Outcome::Skipped);
    let _ = writeln!(xml, "  <testsuite name={} {} skipped=\"{skipped}\">", attribute(&framework.id), counted(&own));
    xml.push_str("    <properties>\n");
    for (name, value) in [("as_of", &machine.as_of), ("catalog_sha256", &framework.digest), ("root", &machine.root)] {
        let _ = writeln!(xml, "      <property name=\"{name}\" value={}/>", attribute(value));
    }
    xml.push_str("    </properties>\n");
    for clause in own {
        case(xml, machine, clause);
    }
    xml.push_str("  </testsuite>\n");
}

fn case(xml: &mut String, machine: &Machine, clause: &ClauseItem) {
    let status = clause.status.map_or("", Status::word);
    let said = format!("{}: {}", clause.status_label, clause.summary);
    let name = format!("{} {}", clause.id, clause.label);
    let _ = writeln!(xml, "    <testcase classname={} name={}>", attribute(&clause.framework), attribute(&name));
    match outcome(clause) {
        Outcome::Passed => {
            let _ = writeln!(xml, "      <system-out>{}</system-out>", text(&said));
        }
        Outcome::Skipped => {
            let _ = writeln!(xml, "      <skipped type={} message={}/>", attribute(status), attribute(&said));
        }
        Outcome::Failed => {
            let kind = if clause.breaks == ["worsened"] { "worsened" } else { status };
            let body = details(machine, clause);
            let _ = writeln!(xml, "      <failure type={} message={}>{}</failure>", attribute(kind), attribute(&said), text(&body));
        }
    }
    xml.push_str("    </testcase>\n");
}

/// Why, and who departs where.
fn details(machine: &Machine, clause: &ClauseItem) -> String {
    let mut lines: Vec<String> = clause.reasons.iter().map(|reason| sentence(&reason.objective, &reason.text)).collect();
    let concerns = |own: &&DeviationItem| {
        let mapped = clause.objectives.iter().any(|objective| *objective.id == *own.objective);
        mapped && !own.excepted.contains_key(&clause.framework)
    };
    let rows: Vec<&DeviationItem> = machine.deviations.iter().filter(concerns).collect();
    lines.extend(rows.iter().take(ROWS_MAX).map(|own| {
        let place = [own.place.path.as_str(), own.place.record.as_str()].join(" ");
        format!("{} {}: {} [{}]", own.outcome, own.subject, own.reason, place.trim())
    }));
    if rows.len() > ROWS_MAX {
        lines.push(format!("{ROWS_MAX} of {} shown", rows.len()));
    }
    lines.join("\n")
}

fn sentence(objective: &str, text: &str) -> String {
    if objective.is_empty() { text.to_owned() } else { format!("{objective}: {text}") }
}

/// Text that cannot end or open anything. What XML 1.0 cannot hold was made visible before.
fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The same in double quotes; line ends are kept.
fn attribute(value: &str) -> String {
    format!("\"{}\"", text(value).replace('"', "&quot;").replace('\n', "&#10;"))
}
