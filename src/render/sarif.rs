//! SARIF 2.1.0 for code scanning and pipelines.
//!
//! Rules are the assessable clauses and the objectives. Every clause has exactly one result; every deviation has one of its own, under the
//! rule of its objective, at the file and line of its record. An exception suppresses a deviation and never removes it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::rows::{self, Made};

use crate::base::{Digest, Status};
use crate::report::Machine;
use crate::report::machine::{ClauseItem, DeviationItem, ObjectiveItem, PlaceItem};

/// The folder that addresses are relative to.
const BASE: &str = "%SRCROOT%";
/// Where an edition is put in scope: the place of a clause that rests on no file.
const STATEMENT: &str = "tickmark.yaml";

/// Renders one run. `prefix` is the way from the folder that addresses are relative to, to the workspace: empty, or with a slash at its end.
pub fn render(machine: &Machine, prefix: &str) -> Vec<u8> {
    let files = Files::new(machine, prefix);
    let clauses: Vec<&ClauseItem> = machine.clauses.iter().filter(|clause| clause.status.is_some()).collect();
    let mut rules: Vec<Value> = clauses.iter().map(|clause| clause_rule(machine, clause)).collect();
    rules.extend(machine.objectives.iter().map(objective_rule));
    let objectives: BTreeMap<&str, usize> =
        machine.objectives.iter().enumerate().map(|(index, own)| (own.id.as_str(), clauses.len() + index)).collect();
    let results = Made(|| {
        let of_clauses = clauses.iter().enumerate().map(|(index, clause)| clause_result(machine, clause, index, &files));
        let failing = machine.deviations.iter();
        of_clauses.chain(failing.map(|own| deviation_result(machine, own, objectives[&*own.objective], &files)))
    });
    let editions: Vec<&str> = machine.frameworks.iter().map(|own| own.id.as_str()).collect();
    let run = Run {
        tool: json!({"driver": {"name": "tickmark", "semanticVersion": machine.tool_version, "rules": rules}}),
        automation_details: json!({"id": format!("tickmark/{}", editions.join("+"))}),
        original_uri_base_ids: json!({BASE: {"description": {"text": "The folder that the addresses are relative to."}}}),
        artifacts: &files.list,
        column_kind: "unicodeCodePoints",
        properties: properties(machine),
        results,
    };
    let document = Document { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
    rows::json(&document, ROWS_DEPTH)
}

/// Results, rules and artifacts are rows: a run and its tool are none.
const ROWS_DEPTH: usize = 4;

#[derive(Serialize)]
struct Document<'a, R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a, R>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a, R> {
    tool: Value,
    automation_details: Value,
    original_uri_base_ids: Value,
    artifacts: &'a [Value],
    column_kind: &'static str,
    properties: Value,
    results: R,
}

fn properties(machine: &Machine) -> Value {
    let counts: serde_json::Map<String, Value> =
        machine.totals.iter().map(|(status, count)| (status.word().to_owned(), json!(count))).collect();
    let mut own = json!({
        "title": machine.title,
        "organisation": machine.organisation,
        "as_of": machine.as_of,
        "root": machine.root,
        "counts": counts,
    });
    if let Some(gate) = &machine.gate {
        own["gate"] = json!({"fail_on": gate.fail_on, "against": gate.against, "broken": gate.broken});
    }
    own
}

fn rule_id(clause: &ClauseItem) -> String {
    format!("{}/{}", clause.framework, clause.id)
}

fn clause_rule(machine: &Machine, clause: &ClauseItem) -> Value {
    let framework = machine.frameworks.iter().find(|own| own.id == clause.framework);
    let title = framework.map_or(clause.framework.as_str(), |own| own.short_title.as_str());
    let mut rule = json!({
        "id": rule_id(clause),
        "shortDescription": {"text": format!("{title} {}: {}", clause.id, clause.label)},
        "fullDescription": {"text": clause.statement},
        "properties": {"kind": "clause", "framework": clause.framework, "clause": clause.id, "tags": [clause.framework]},
    });
    if let Some(source) =
        framework.map(|own| &own.source).filter(|source| source.starts_with("https://") && !source.contains(char::is_whitespace))
    {
        rule["helpUri"] = json!(source);
    }
    rule
}

fn objective_rule(objective: &ObjectiveItem) -> Value {
    json!({
        "id": objective.id,
        "shortDescription": {"text": objective.title},
        "fullDescription": {"text": objective.statement},
        "properties": {"kind": "objective", "frameworks": objective.frameworks, "tags": ["non-human-identity"]},
    })
}

/// What SARIF says of a status. Anything but a failure has the level `none`, as the format wants it.
fn kind_and_level(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::NotSatisfied => ("fail", "error"),
        Status::PartiallySatisfied => ("fail", "warning"),
        Status::NotAssessed => ("open", "none"),
        Status::Satisfied => ("pass", "none"),
        Status::NotApplicable => ("notApplicable", "none"),
    }
}

fn clause_result(machine: &Machine, clause: &ClauseItem, rule: usize, files: &Files) -> Value {
    let status = clause.status.expect("an assessable clause has a status");
    let (kind, level) = kind_and_level(status);
    let places: Vec<Value> = clause.places.iter().map(|place| files.location(place)).collect();
    let reasons: Vec<&str> = clause.reasons.iter().map(|reason| reason.code.as_str()).collect();
    let mut result = json!({
        "ruleId": rule_id(clause),
        "ruleIndex": rule,
        "kind": kind,
        "level": level,
        "message": {"text": format!("{}. {}", clause.status_label, clause.summary)},
        "locations": if places.is_empty() { vec![files.statement()] } else { places },
        "partialFingerprints": {"tickmarkClause/v1": fingerprint(&[&clause.framework, &clause.id])},
        "properties": {
            "kind": "clause", "status": status.word(), "reasons": reasons, "openDeviations": clause.open,
            "exceptedDeviations": clause.excepted, "breaksGate": clause.breaks, "sha256": clause.digest,
        },
    });
    if let Some(moved) = &clause.moved {
        let state = match (moved.was, moved.changed) {
            (None, _) => "new",
            (Some(_), true) => "updated",
            (Some(_), false) => "unchanged",
        };
        // The format wants the state of all results or of none.
        if machine.gate.as_ref().is_some_and(|gate| gate.compared) {
            result["baselineState"] = json!(state);
        }
        result["properties"]["before"] = json!(moved.was.map(Status::word));
        result["properties"]["worse"] = json!(moved.worse);
        result["properties"]["newDeviations"] = json!(moved.started);
    }
    result
}

/// A deviation is a warning where its clauses are errors: one deviation stands behind several clauses.
fn deviation_result(machine: &Machine, own: &DeviationItem, rule: usize, files: &Files) -> Value {
    let (kind, level) = if own.outcome == "fail" { ("fail", "warning") } else { ("open", "none") };
    let mut result = json!({
        "ruleId": own.objective,
        "ruleIndex": rule,
        "kind": kind,
        "level": level,
        "message": {"text": format!("{}: {}", own.subject, own.reason)},
        "locations": [files.location(&own.place)],
        "partialFingerprints": {"tickmarkSubject/v1": fingerprint(&[&own.objective, &own.subject])},
        "properties": {"kind": "deviation", "outcome": own.outcome, "subject": own.subject, "excepted": own.excepted},
    });
    if own.is_excepted() {
        let ids: BTreeSet<&String> = own.excepted.values().collect();
        let suppressions = ids.into_iter().map(|id| {
            let why = machine.exceptions.iter().find(|exception| exception.id == *id).map_or("", |exception| exception.reason.as_str());
            json!({"kind": "external", "status": "accepted", "justification": format!("{id}: {why}")})
        });
        result["suppressions"] = suppressions.collect();
    }
    if let Some(is_new) = own.is_new {
        result["baselineState"] = json!(if is_new { "new" } else { "unchanged" });
    }
    result
}

/// The same for the same thing in every run, so that a viewer follows it.
fn fingerprint(parts: &[&str]) -> String {
    Digest::of_canonical(&parts).as_str()[..32].to_owned()
}

/// The files that results point into.
struct Files<'a> {
    prefix: &'a str,
    list: Vec<Value>,
    /// Place in the list by path.
    index: BTreeMap<String, usize>,
}

impl<'a> Files<'a> {
    fn new(machine: &Machine, prefix: &'a str) -> Files<'a> {
        let mut files = Files { prefix, list: Vec::new(), index: BTreeMap::new() };
        for exhibit in &machine.exhibits {
            files.index.insert(exhibit.path.clone(), files.list.len());
            let mut entry = json!({"location": files.address(&exhibit.path)});
            if !exhibit.sha256.is_empty() {
                entry["hashes"] = json!({"sha-256": exhibit.sha256});
                entry["length"] = json!(exhibit.bytes);
            }
            entry["properties"] = json!({"exhibit": exhibit.id, "state": exhibit.state});
            files.list.push(entry);
        }
        files
    }

    fn address(&self, path: &str) -> Value {
        let mut address = json!({"uri": uri(&format!("{}{path}", self.prefix)), "uriBaseId": BASE});
        if let Some(index) = self.index.get(path) {
            address["index"] = json!(index);
        }
        address
    }

    fn location(&self, place: &PlaceItem) -> Value {
        let mut physical = json!({"artifactLocation": self.address(&place.path)});
        if let Some(line) = place.line {
            physical["region"] = json!({"startLine": line});
        }
        let mut location = json!({"physicalLocation": physical});
        if !place.record.is_empty() {
            location["logicalLocations"] = json!([{"fullyQualifiedName": place.record}]);
        }
        location
    }

    fn statement(&self) -> Value {
        json!({"physicalLocation": {"artifactLocation": self.address(STATEMENT)}})
    }
}

/// A path as a relative reference of RFC 3986: a first part with a colon is no scheme.
fn uri(path: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(path, PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_never_a_scheme_or_another_host() {
        assert_eq!(uri("aws/list keys.json"), "aws/list%20keys.json");
        assert_eq!(uri("javascript:alert(1)"), "javascript%3Aalert%281%29");
        assert_eq!(uri("é?#"), "%C3%A9%3F%23");
    }
}
