//! Comparisons and trends as plain rows, for a table of one's own.

use serde::Serialize;

use crate::diff::trend::Trend;
use crate::diff::{ChangeSet, ClauseAt, Remark};

/// A word as the machine form writes it.
pub(super) fn kebab<T: Serialize>(word: T) -> String {
    serde_json::to_value(word).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Why the rows cannot be relied on; empty where they can. It stands in each of them, for rows are taken out of their table.
fn grave(remarks: &[Remark]) -> String {
    let grave = remarks.iter().filter(|own| super::is_grave(own.code)).map(|own| own.text.as_str());
    grave.collect::<Vec<_>>().join(" ")
}

/// Every entry of a comparison as rows for a table of one's own: header and rows.
pub fn changes_csv(set: &ChangeSet) -> (Vec<String>, Vec<Vec<String>>) {
    let header = ["framework", "clause", "label", "change", "movement", "before", "after", "causes", "why", "mark"];
    let mark = grave(&set.remarks);
    let at = |list: &[ClauseAt]| list.iter().map(|own| format!("{} {}", own.clause, own.status)).collect::<Vec<_>>().join("; ");
    let rows = set.entries.iter().map(|entry| {
        let causes: Vec<&str> = entry.causes.iter().map(|cause| cause.kind.word()).collect();
        vec![
            entry.framework.clone(),
            entry.clause.clone(),
            entry.label.clone(),
            entry.change.word().to_owned(),
            kebab(entry.movement),
            at(&entry.before),
            at(&entry.after),
            causes.join("; "),
            entry.why.clone(),
            mark.clone(),
        ]
    });
    (header.map(str::to_owned).to_vec(), rows.collect())
}

/// Every number of a trend in a row of its own: header and rows.
pub fn trend_csv(trend: &Trend) -> (Vec<String>, Vec<Vec<String>>) {
    let header = ["as_of", "root", "what", "name", "measure", "value", "mark"];
    let mark = grave(&trend.remarks);
    let mut rows = Vec::new();
    for (at, point) in trend.points.iter().enumerate() {
        let mut add = |what: &str, name: &str, measure: &str, value: String| {
            rows.push([point.as_of.as_str(), point.root.as_str(), what, name, measure, &value, &mark].map(str::to_owned).to_vec());
        };
        for own in trend.frameworks.values().filter_map(|line| line[at].as_ref()) {
            for (status, count) in &own.counts {
                add("framework", &own.edition, status.word(), count.to_string());
            }
        }
        for (objective, own) in trend.objectives.iter().filter_map(|(id, line)| Some((id, line[at].as_ref()?))) {
            add("objective", objective, "status", own.status.to_string());
            for (measure, count) in [
                ("population", own.tally.population),
                ("passed", own.tally.passed),
                ("unproved", own.tally.unproved),
                ("failed", own.tally.failed),
                ("unknown", own.tally.unknown),
                ("skipped", own.tally.skipped),
            ] {
                add("objective", objective, measure, count.to_string());
            }
        }
        let own = trend.deviations[at];
        add("deviations", "all", "open", own.open.to_string());
        let against = [
            ("before", own.before),
            ("opened", own.opened),
            ("closed", own.closed),
            ("left", own.left),
            ("not-looked-at", own.not_looked_at),
        ];
        for (measure, count) in against {
            if let Some(count) = count {
                add("deviations", "all", measure, count.to_string());
            }
        }
        add("deviations", "all", "repeated", own.repeated.to_string());
        add("deviations", "all", "again", own.again.to_string());
        let own = trend.exceptions[at];
        for (measure, count) in [("active", own.active), ("expired", own.expired), ("covered", own.covered)] {
            add("exceptions", "all", measure, count.to_string());
        }
    }
    (header.map(str::to_owned).to_vec(), rows)
}
