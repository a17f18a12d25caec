//! The machine forms of a pack: every clause and every deviation in each, nothing that evidence says is live, no name in a redacted one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Cursor;
use std::process::Command;
use std::sync::OnceLock;

use calamine::{Data, DataType, Reader};
use proptest::prelude::*;
use quick_xml::events::Event;
use serde_json::{Value, json};
use tickmark::assessment::{Assessment, ExceptedSubject, Observation, Outcome};
use tickmark::base::{Diagnostics, Status};
use tickmark::io;
use tickmark::pipeline::machine_files;
use tickmark::render::{junit, markdown, oscal, sarif};
use tickmark::report::{CellView, Machine, Wording, machine};

use crate::support::{assert_no_errors, quarter, sample_pack};

type Files = BTreeMap<String, Vec<u8>>;
/// Status by edition and clause.
type Verdicts = BTreeMap<(String, String), String>;

pub fn wording() -> &'static Wording {
    static WORDING: OnceLock<Wording> = OnceLock::new();
    WORDING.get_or_init(|| {
        let mut diagnostics = Diagnostics::default();
        let wording = Wording::load(&io::embedded_templates(), "en", &mut diagnostics);
        assert_no_errors(diagnostics);
        wording
    })
}

fn told(assessment: &Assessment) -> Machine {
    machine(assessment, wording(), None)
}

fn verdicts(assessment: &Assessment) -> Verdicts {
    let of = |status: Status| status.word().to_owned();
    assessment.clauses.iter().filter_map(|clause| Some(((clause.framework.clone(), clause.clause.clone()), of(clause.status?)))).collect()
}

fn sample() -> &'static Assessment {
    &quarter("2026-Q3").assessment
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn rows(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    reader.deserialize().map(Result::unwrap).collect()
}

/// A sheet as text by column title.
fn sheet(book: &[u8], name: &str) -> Vec<BTreeMap<String, String>> {
    let mut read: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(book)).unwrap();
    let range = read.worksheet_range(name).unwrap();
    let mut lines = range.rows();
    let header: Vec<String> = lines.next().unwrap().iter().map(ToString::to_string).collect();
    lines.map(|row| header.iter().cloned().zip(row.iter().map(ToString::to_string)).collect()).collect()
}

/// An XML element with its attributes, text and children.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
    pub children: Vec<Element>,
}

/// Reads XML; panics where it is not well formed.
pub fn xml(bytes: &[u8]) -> Element {
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "XML 1.0 holds no such characters");
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => open.push(element(&start)),
            Event::Empty(start) => open.last_mut().unwrap().children.push(element(&start)),
            Event::End(_) => {
                let done = open.pop().unwrap();
                open.last_mut().unwrap().children.push(done);
            }
            Event::Text(text) => open.last_mut().unwrap().text.push_str(&text.xml_content(quick_xml::XmlVersion::Implicit1_0)),
            Event::GeneralRef(name) => {
                let name: &str = &name;
                open.last_mut().unwrap().text.push_str(&quick_xml::escape::unescape(&format!("&{name};")).unwrap());
            }
            Event::CData(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => panic!("none of these is written"),
            Event::Decl(_) => {}
            Event::Eof => break,
        }
    }
    assert_eq!(open.len(), 1, "everything is closed");
    open.pop().unwrap().children.pop().unwrap()
}

fn element(start: &quick_xml::events::BytesStart<'_>) -> Element {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        (attribute.key.as_ref().to_owned(), quick_xml::escape::unescape(&attribute.value).unwrap().into_owned())
    });
    Element { name: start.name().as_ref().to_owned(), attributes: attributes.collect(), ..Element::default() }
}

/// What JUnit says of each clause: `passed`, or the element with its type.
pub fn cases(bytes: &[u8]) -> BTreeMap<(String, String), (String, String)> {
    let document = xml(bytes);
    assert_eq!(document.name, "testsuites");
    let mut cases = BTreeMap::new();
    let mut sums = [0_usize; 3];
    for suite in &document.children {
        let own: Vec<&Element> = suite.children.iter().filter(|child| child.name == "testcase").collect();
        let count = |name: &str| own.iter().filter(|case| case.children[0].name == name).count();
        let counted = [own.len(), count("failure"), count("skipped")];
        for (at, key) in ["tests", "failures", "skipped"].into_iter().enumerate() {
            assert_eq!(suite.attributes[key], counted[at].to_string(), "{key}");
            sums[at] += counted[at];
        }
        for case in own {
            assert_eq!(case.children.len(), 1);
            assert_eq!(case.attributes["classname"], suite.attributes["name"]);
            let child = &case.children[0];
            let said = match child.name.as_str() {
                "system-out" => ("passed".to_owned(), child.text.clone()),
                name => {
                    assert!(child.attributes["message"].len() > 10, "a reason is given: {child:?}");
                    (name.to_owned(), child.attributes["type"].clone())
                }
            };
            // An id has no blank in most editions; the label follows it.
            let key = (case.attributes["classname"].clone(), case.attributes["name"].clone());
            assert!(cases.insert(key, said).is_none(), "one case for each clause");
        }
    }
    for (at, key) in ["tests", "failures"].into_iter().enumerate() {
        assert_eq!(document.attributes[key], sums[at].to_string());
    }
    let known = ["errors", "failures", "name", "tests"];
    assert_eq!(document.attributes.keys().collect::<Vec<_>>(), known, "the schema of Jenkins knows no other but `time`");
    cases
}

fn table_rows(markdown: &str, from: &str) -> usize {
    let part = markdown.split(from).nth(1).unwrap().split("\n## ").next().unwrap();
    // Each table has a header and a rule.
    let lines: Vec<&str> = part.lines().filter(|line| line.starts_with('|')).collect();
    lines.len() - 2 * lines.iter().filter(|line| line.starts_with("|---")).count()
}

#[test]
fn every_form_accounts_for_every_clause_with_the_same_status() {
    let (pack, wanted) = (sample_pack(), verdicts(sample()));
    assert_eq!(wanted.len(), 396);
    let headings = sample().clauses.len() - wanted.len();

    let listed = rows(&pack["machine/clauses.csv"]);
    let of = |row: &BTreeMap<String, String>, keys: [&str; 3]| ((row[keys[0]].clone(), row[keys[1]].clone()), row[keys[2]].clone());
    let with_status =
        |list: Vec<((String, String), String)>| list.into_iter().filter(|(_, status)| !status.is_empty()).collect::<Verdicts>();
    assert_eq!(listed.len(), wanted.len() + headings, "headings are listed too");
    assert_eq!(with_status(listed.iter().map(|row| of(row, ["framework", "clause", "status"])).collect()), wanted);

    let sheet = sheet(&pack["machine/workbook.xlsx"], "Clauses");
    assert_eq!(sheet.len(), listed.len());
    assert_eq!(with_status(sheet.iter().map(|row| of(row, ["Framework", "Clause", "Status"])).collect()), wanted);

    let scanned = parsed(&pack["machine/results.sarif"]);
    let results = scanned["runs"][0]["results"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let scanned: Vec<((String, String), String)> = results
        .iter()
        .filter(|result| result["properties"]["kind"] == "clause")
        .map(|result| {
            let id = text(&result["ruleId"]);
            let (framework, clause) = id.split_once('/').unwrap();
            ((framework.to_owned(), clause.to_owned()), text(&result["properties"]["status"]))
        })
        .collect();
    assert_eq!(scanned.len(), wanted.len(), "one result for each clause");
    assert_eq!(with_status(scanned), wanted);

    let found = parsed(&pack["machine/oscal-assessment-results.json"]);
    let prop = |finding: &Value, name: &str| {
        text(&finding["props"].as_array().unwrap().iter().find(|prop| prop["name"] == name).unwrap()["value"])
    };
    let findings: Vec<((String, String), String)> = found["assessment-results"]["results"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|result| result["findings"].as_array().unwrap())
        .map(|finding| ((prop(finding, "framework"), prop(finding, "clause")), prop(finding, "status")))
        .collect();
    assert_eq!(findings.len(), wanted.len());
    assert_eq!(with_status(findings), wanted);

    let tested = cases(&pack["machine/junit.xml"]);
    assert_eq!(tested.len(), wanted.len());
    for ((framework, name), (kind, word)) in &tested {
        let status =
            sample().clauses.iter().find(|clause| clause.framework == *framework && *name == format!("{} {}", clause.clause, clause.label));
        let status = status.and_then(|clause| clause.status).unwrap();
        let expected = match status {
            Status::Satisfied => "passed",
            Status::NotSatisfied => "failure",
            Status::PartiallySatisfied | Status::NotAssessed | Status::NotApplicable => "skipped",
        };
        assert_eq!(kind, expected, "{framework} {name}");
        assert!(kind == "passed" || word == status.word());
    }

    let page = String::from_utf8(pack["machine/report.md"].clone()).unwrap();
    let clauses: usize =
        sample().frameworks.iter().map(|own| table_rows(&page, &format!("\n## {} ({})", own.short_title, own.framework))).sum();
    assert_eq!(clauses, sample().clauses.len());
    for (status, count) in told(sample()).totals {
        assert_eq!(wanted.values().filter(|word| *word == status.word()).count(), count);
    }
}

#[test]
fn every_form_accounts_for_every_deviation() {
    let pack = sample_pack();
    let departs = |outcome: Outcome| matches!(outcome, Outcome::Fail | Outcome::Unknown);
    let wanted: BTreeSet<(String, String)> = sample()
        .objectives
        .iter()
        .flat_map(|own| own.observations.iter().filter(|seen| departs(seen.outcome)).map(|seen| (own.id.clone(), seen.subject.clone())))
        .collect();
    assert!(wanted.len() > 300, "{}", wanted.len());
    let keys = |rows: &[BTreeMap<String, String>], names: [&str; 2]| {
        rows.iter().map(|row| (row[names[0]].clone(), row[names[1]].trim_start_matches('\'').to_owned())).collect::<Vec<_>>()
    };
    let listed = keys(&rows(&pack["machine/deviations.csv"]), ["objective", "subject"]);
    let sheet = keys(&sheet(&pack["machine/workbook.xlsx"], "Deviations"), ["Objective", "Subject"]);
    let scanned = parsed(&pack["machine/results.sarif"]);
    let scanned: Vec<(String, String)> = scanned["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| result["properties"]["kind"] == "deviation")
        .map(|result| (result["ruleId"].as_str().unwrap().to_owned(), result["properties"]["subject"].as_str().unwrap().to_owned()))
        .collect();
    for (form, found) in [("CSV", listed), ("XLSX", sheet), ("SARIF", scanned)] {
        assert_eq!(found.len(), wanted.len(), "{form}");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), wanted, "{form}");
    }
    let page = String::from_utf8(pack["machine/report.md"].clone()).unwrap();
    assert_eq!(table_rows(&page, "\n## Deviations"), wanted.len());
    let plan = parsed(&pack["machine/oscal-poam.json"]);
    let observed = plan["plan-of-action-and-milestones"]["observations"].as_array().unwrap();
    assert_eq!(observed.iter().filter(|own| own["types"][0] == "finding").count(), wanted.len());
    for result in parsed(&pack["machine/oscal-assessment-results.json"])["assessment-results"]["results"].as_array().unwrap() {
        let framework = result["props"][0]["value"].as_str().unwrap();
        let cited: BTreeSet<&str> = sample()
            .clauses
            .iter()
            .filter(|clause| clause.framework == framework)
            .flat_map(|clause| clause.objectives.iter().map(|own| own.objective.as_str()))
            .collect();
        let observed = result["observations"].as_array().unwrap().iter().filter(|own| own["types"][0] == "finding").count();
        assert_eq!(observed, wanted.iter().filter(|(objective, _)| cited.contains(objective.as_str())).count(), "{framework}");
    }
}

#[test]
fn cells_of_a_workbook_are_typed_and_the_words_of_every_column_are_there() {
    let machine = told(sample());
    for list in &machine.lists {
        let name = list.name.replace('-', "_");
        let has_title = ["list", "form"].iter().any(|group| wording().strings.contains_key(&format!("{group}_{name}")));
        assert!(has_title, "{}", list.name);
        for (at, column) in list.columns.iter().enumerate() {
            assert!(wording().strings.contains_key(&format!("column_{}", column.key)), "column_{}", column.key);
            let kinds: BTreeSet<&str> = list
                .rows
                .iter()
                .filter_map(|row| match &row[at] {
                    CellView::Empty => None,
                    CellView::Text(_) => Some("text"),
                    CellView::Number(_) => Some("number"),
                    CellView::Flag(_) => Some("flag"),
                    CellView::Instant(..) => Some("instant"),
                    CellView::Day(..) => Some("day"),
                })
                .collect();
            assert!(kinds.len() <= 1, "{} {}: {kinds:?}", list.name, column.key);
        }
    }
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(sample_pack()["machine/workbook.xlsx"].clone())).unwrap();
    let forms = ["Plan of action and milestones", "Findings by requirement", "Organizational profile", "Readiness matrix"];
    let sheets = ["Summary", "Clauses", "Objectives", "Deviations", "Exceptions", "Exhibits"];
    assert_eq!(book.sheet_names(), sheets.into_iter().chain(forms).collect::<Vec<_>>());
    for name in book.sheet_names() {
        assert!(book.worksheet_formula(&name).unwrap().is_empty());
    }
    let summary = book.worksheet_range("Summary").unwrap();
    assert_eq!(summary.get_value((1, 2)), Some(&Data::Float(280.0)));
    let Some(Data::DateTime(as_of)) = summary.get_value((1, 8)) else { panic!("an instant") };
    assert_eq!(as_of.to_ymd_hms_milli(), (2026, 9, 30, 21, 59, 59, 0));
    let plan = book.worksheet_range("Plan of action and milestones").unwrap();
    let due = plan.rows().next().unwrap().iter().position(|title| *title == "Due").unwrap();
    let days: Vec<&Data> = plan.rows().skip(1).map(|row| &row[due]).filter(|cell| **cell != Data::Empty).collect();
    assert!(!days.is_empty() && days.iter().all(|cell| matches!(cell, Data::DateTime(day) if day.to_ymd_hms_milli().3 == 0)), "{days:?}");
    let zipped = sample_pack()["machine/workbook.xlsx"].clone();
    let again = machine_files(machine.clone()).unwrap();
    assert!(again["machine/workbook.xlsx"] == zipped, "the same content, the same bytes");
}

/// Rules of SARIF 2.1.0 that its schema does not hold, and those that viewers need.
fn check_sarif(bytes: &[u8]) {
    let document = parsed(bytes);
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rules.len(), "each rule stands once");
    let artifacts = run["artifacts"].as_array().unwrap();
    let mut fingerprints = BTreeSet::new();
    let mut states = BTreeSet::new();
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let (kind, level) = (result["kind"].as_str().unwrap(), result["level"].as_str().unwrap());
        assert!(["pass", "open", "notApplicable", "fail"].contains(&kind));
        assert_eq!(kind == "fail", level != "none", "3.27.10: only a failure has a level: {result}");
        assert!(!result["message"]["text"].as_str().unwrap().trim().is_empty());
        states.insert(result.get("baselineState").is_some());
        let own = result["partialFingerprints"].as_object().unwrap().iter().next().unwrap();
        assert!(fingerprints.insert(format!("{own:?}")), "a viewer would take two results for one: {result}");
        let locations = result["locations"].as_array().unwrap();
        assert!(!locations.is_empty(), "a viewer refuses a result without a place");
        for location in locations {
            let address = &location["physicalLocation"]["artifactLocation"];
            let uri = address["uri"].as_str().unwrap();
            assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte)), "{uri}");
            assert!(!uri.starts_with('/'), "{uri}");
            assert_eq!(address["uriBaseId"], "%SRCROOT%");
            if let Some(index) = address.get("index") {
                assert_eq!(artifacts[usize::try_from(index.as_u64().unwrap()).unwrap()]["location"]["uri"], address["uri"]);
            }
            if let Some(region) = location["physicalLocation"].get("region") {
                assert!(region["startLine"].as_u64().unwrap() >= 1);
            }
        }
        for suppression in result.get("suppressions").and_then(Value::as_array).into_iter().flatten() {
            assert_eq!((suppression["kind"].as_str(), suppression["status"].as_str()), (Some("external"), Some("accepted")));
        }
    }
    assert_eq!(states.len(), 1, "3.27.24: the state of all results or of none");
}

#[test]
fn sarif_keeps_its_rules_and_points_at_files_and_lines() {
    let bytes = &sample_pack()["machine/results.sarif"];
    check_sarif(bytes);
    let document = parsed(bytes);
    let results = document["runs"][0]["results"].as_array().unwrap();
    let kinds = |status: &str| {
        results
            .iter()
            .filter(|result| result["properties"]["status"] == status)
            .map(|result| format!("{} {}", result["kind"].as_str().unwrap(), result["level"].as_str().unwrap()))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(kinds("not-satisfied"), BTreeSet::from(["fail error".to_owned()]));
    assert_eq!(kinds("partially-satisfied"), BTreeSet::from(["fail warning".to_owned()]));
    assert_eq!(kinds("not-assessed"), BTreeSet::from(["open none".to_owned()]));
    for seen in sample().objectives.iter().flat_map(|own| &own.observations).filter(|seen| seen.outcome == Outcome::Fail) {
        let result = results.iter().find(|result| result["properties"]["subject"] == seen.subject.as_str()).unwrap();
        assert_eq!(result["properties"]["kind"], "deviation");
    }
    let keyed = results.iter().find(|result| result["locations"][0]["physicalLocation"]["region"].is_object()).unwrap();
    let place = keyed["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap();
    let line = keyed["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
    assert!(place == format!("line:{line}") || place.starts_with(&format!("line:{line}#")), "{place}");
}

#[test]
fn an_exception_suppresses_a_deviation_only_where_it_covers_it_everywhere() {
    let machine = told(sample());
    let excepted: Vec<_> = machine.deviations.iter().filter(|own| !own.excepted.is_empty()).collect();
    assert!(!excepted.is_empty(), "the sample has an active exception");
    let document = parsed(&sarif::render(&machine, ""));
    let results = document["runs"][0]["results"].as_array().unwrap();
    for own in &machine.deviations {
        let result = results
            .iter()
            .find(|result| result["ruleId"] == *own.objective && result["properties"]["subject"] == own.subject.as_str())
            .unwrap();
        assert_eq!(result.get("suppressions").is_some(), own.is_excepted(), "{}", own.subject);
    }
    // The same deviation, no longer covered in one of the editions that cite its objective.
    let (objective, subject) = (excepted[0].objective.clone(), excepted[0].subject.clone());
    let mut partly = sample().clone();
    let edition = partly.frameworks[0].framework.clone();
    for own in partly.clauses.iter_mut().filter(|clause| clause.framework == edition).flat_map(|clause| &mut clause.objectives) {
        own.excepted.retain(|one| one.subject != subject);
    }
    let other = told(&partly);
    let own = other.deviations.iter().find(|own| own.objective == objective && own.subject == subject).unwrap();
    assert!(!own.is_excepted());
    assert_eq!(other.deviations.len(), machine.deviations.len(), "an exception never removes a deviation");
}

/// Identifiers are of version 5, stand once, and everything that is referred to is there; OSCAL has no empty list.
fn check_oscal(document: &Value) {
    let mut defined = BTreeSet::new();
    let mut cited = BTreeSet::new();
    let mut waiting = vec![(String::new(), document)];
    while let Some((key, value)) = waiting.pop() {
        match value {
            Value::Object(entries) => {
                for (key, inner) in entries {
                    match (key.as_str(), inner) {
                        ("uuid", Value::String(id)) => {
                            assert_eq!(id.as_bytes()[14], b'5', "{id}");
                            assert!(defined.insert(id.clone()), "{id} stands twice");
                        }
                        ("observation-uuid" | "risk-uuid" | "subject-uuid", Value::String(id)) => {
                            cited.insert(id.clone());
                        }
                        ("value", Value::String(value)) => {
                            assert!(!value.is_empty() && value.trim() == value && !value.contains('\n'), "{value:?}");
                        }
                        _ => {}
                    }
                    waiting.push((key.clone(), inner));
                }
            }
            Value::Array(items) => {
                assert!(!items.is_empty(), "`{key}` is empty");
                waiting.extend(items.iter().map(|item| (key.clone(), item)));
            }
            Value::String(text) => assert!(!text.trim().is_empty(), "`{key}` says nothing"),
            Value::Null => panic!("`{key}` is null"),
            Value::Bool(_) | Value::Number(_) => {}
        }
    }
    assert!(cited.is_subset(&defined), "{:?}", cited.difference(&defined).next());
}

#[test]
fn oscal_refers_only_to_what_is_there_and_no_silence_is_satisfied() {
    let results = parsed(&sample_pack()["machine/oscal-assessment-results.json"]);
    check_oscal(&results);
    check_oscal(&parsed(&sample_pack()["machine/oscal-poam.json"]));
    for finding in results["assessment-results"]["results"].as_array().unwrap().iter().flat_map(|own| own["findings"].as_array().unwrap()) {
        let satisfied = finding["props"][0]["value"] == "satisfied";
        assert_eq!(finding["target"]["status"]["state"] == "satisfied", satisfied);
    }
    let mut clean = sample().clone();
    clean.objectives.iter_mut().for_each(|own| own.observations.clear());
    assert!(oscal::plan_of_action(&told(&clean)).is_none(), "nothing departs, so nothing is planned");
    assert!(oscal::plan_of_action(&told(sample())).is_some());
    let other = |change: &dyn Fn(&mut Assessment)| {
        let mut changed = sample().clone();
        change(&mut changed);
        parsed(&oscal::assessment_results(&told(&changed)))["assessment-results"]["uuid"].clone()
    };
    assert_eq!(other(&|_| {}), results["assessment-results"]["uuid"]);
    assert_ne!(other(&|own| own.frame.title.push('x')), results["assessment-results"]["uuid"], "another content, another identifier");
}

/// The sample with one objective from which `count` members depart, the last of them under an exception everywhere.
fn crowded(count: usize) -> (Assessment, String) {
    let mut crowded = sample().clone();
    let (id, kind) = {
        let own = crowded.objectives.iter_mut().find(|own| own.observations.iter().any(|seen| seen.outcome == Outcome::Fail)).unwrap();
        let kind = own.observations.iter().find(|seen| seen.outcome == Outcome::Fail).unwrap().clone();
        (own.id.clone(), kind)
    };
    let subject = |number: usize| format!("member {number:06}");
    let own = crowded.objectives.iter_mut().find(|own| own.id == id).unwrap();
    own.observations = (0..count).map(|number| Observation { subject: subject(number), ..kind.clone() }).collect();
    let exception = crowded.exceptions[0].id.clone();
    for cited in crowded.clauses.iter_mut().flat_map(|clause| &mut clause.objectives).filter(|cited| cited.objective == id) {
        cited.excepted = vec![ExceptedSubject { subject: subject(count - 1), exception: exception.clone() }];
    }
    (crowded, id)
}

#[test]
fn oscal_names_a_bounded_number_of_deviations_and_says_where_the_others_are() {
    let count = oscal::LISTED_MAX + 250;
    let (crowded, id) = crowded(count);
    let machine = told(&crowded);
    let results = parsed(&oscal::assessment_results(&machine));
    let plan = parsed(&oscal::plan_of_action(&machine).unwrap());
    check_oscal(&results);
    check_oscal(&plan);
    let mut documents: Vec<&Value> = results["assessment-results"]["results"].as_array().unwrap().iter().collect();
    documents.push(&plan["plan-of-action-and-milestones"]);
    let mut seen = 0;
    for document in documents {
        let prop = |own: &Value, name: &str| {
            own["props"].as_array().unwrap().iter().find(|prop| prop["name"] == name).map(|prop| prop["value"].as_str().unwrap().to_owned())
        };
        let observations = document["observations"].as_array().unwrap();
        let Some(summary) = observations.iter().find(|own| prop(own, "objective").as_ref() == Some(&id)) else { continue };
        seen += 1;
        assert_eq!(prop(summary, "listed"), Some(oscal::LISTED_MAX.to_string()));
        assert_eq!(prop(summary, "not-listed"), Some("250".to_owned()));
        let href = format!("../observations/{id}.csv");
        assert!(summary["relevant-evidence"].as_array().unwrap().iter().any(|own| own["href"] == href.as_str()));
        let own = observations.iter().filter(|own| prop(own, "subject").is_some_and(|subject| subject.starts_with("member "))).count();
        assert_eq!(own, oscal::LISTED_MAX);
        // The one under an exception is not listed: its risk rests on the observation over the population.
        let risks = document["risks"].as_array().unwrap();
        let approved: Vec<&Value> =
            risks.iter().filter(|risk| risk["related-observations"] == json!([{"observation-uuid": summary["uuid"]}])).collect();
        assert_eq!(approved.len(), 1);
        assert_eq!(approved[0]["status"], "deviation-approved");
        let open = risks.iter().find(|risk| risk["related-observations"].as_array().is_some_and(|own| own.len() == oscal::LISTED_MAX + 1));
        assert_eq!(open.unwrap()["status"], "open");
    }
    assert!(seen > 2, "several editions cite {id}, and the plan has it");
    let twice = oscal::assessment_results(&told(&self::crowded(2 * count).0)).len();
    assert!(twice < oscal::assessment_results(&machine).len() + 1_000, "the document does not grow with the deviations");
    // Where all are listed, nothing speaks of others.
    assert!(!String::from_utf8(sample_pack()["machine/oscal-assessment-results.json"].clone()).unwrap().contains("not-listed"));
}

#[test]
fn an_independent_tool_accepts_our_results_and_plans() {
    let trestle = std::env::var("TRESTLE").unwrap_or_else(|_| "trestle".to_owned());
    if !Command::new(&trestle).arg("version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: compliance-trestle is not installed here, so no independent tool reads our OSCAL");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(&trestle).args(arguments).current_dir(place.path()).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && !said.contains("INVALID"), "{arguments:?}: {said}");
    };
    run(&["init", "--local"]);
    let hostile = machine_files(told(&hostile())).unwrap();
    for (index, files) in [sample_pack(), &hostile].into_iter().enumerate() {
        for (kind, name) in [("assessment-results", "oscal-assessment-results"), ("plan-of-action-and-milestones", "oscal-poam")] {
            let file = place.path().join("..").join(format!("{}-{index}.json", name));
            let file = file.parent().unwrap().canonicalize().unwrap().join(format!("tickmark-{}-{name}-{index}.json", std::process::id()));
            fs::write(&file, &files[&format!("machine/{name}.json")]).unwrap();
            let own = format!("{name}-{index}");
            run(&["import", "-f", file.to_str().unwrap(), "-o", &own]);
            run(&["validate", "-t", kind, "-n", &own]);
            fs::remove_file(file).unwrap();
        }
    }
}

const HOSTILE: [&str; 12] = [
    "=HYPERLINK(\"http://x\")",
    "+1+1|cmd",
    "-2",
    "@SUM(A1)",
    "]]><script>alert(1)</script>&amp;",
    "nul\u{0}esc\u{1b}[31mtab\tend\u{fffe}\u{ffff}",
    "right\u{202e}left\u{200b}",
    "| a | b |\n# heading\n- item",
    "@everyone #1 !2 [x](javascript:alert(1)) <img src=x> `c` https://evil.example",
    "\"quoted\",and;separated",
    "  ",
    "é漢字🦀",
];

/// The sample with hostile text wherever evidence or the workspace can put it.
fn hostile() -> Assessment {
    let mut assessment = sample().clone();
    let long = format!("arn:aws:iam::123456789012:role/{}", "x".repeat(270));
    let mut texts = HOSTILE.iter().map(|text| (*text).to_owned()).chain([long]).cycle();
    let mut next = move || texts.next().unwrap();
    assessment.frame.title = next();
    assessment.frame.organisation = next();
    assessment.frame.scope = next();
    for objective in &mut assessment.objectives {
        for (index, seen) in objective.observations.iter_mut().enumerate() {
            // A subject stands once in its population.
            seen.subject = format!("{}{index}", next());
            seen.reason = next();
            seen.record = next();
            seen.identity = Some(next());
        }
        objective.reasons.iter_mut().for_each(|reason| reason.text = next());
    }
    for clause in &mut assessment.clauses {
        for reason in &mut clause.reasons {
            reason.text = next();
            for row in &mut reason.rows {
                row.subject = next();
                row.record = next();
            }
        }
    }
    for exception in &mut assessment.exceptions {
        for text in [
            &mut exception.title,
            &mut exception.reason,
            &mut exception.compensating_measure,
            &mut exception.retirement_plan,
            &mut exception.approved_by,
        ] {
            *text = next();
        }
    }
    for artifact in &mut assessment.artifacts {
        artifact.note = next();
        artifact.system = Some(next());
        artifact.collected_at = Some("9999-12-31T23:59:59Z".into());
    }
    assessment
}

fn check_hostile(assessment: &Assessment) {
    let machine = told(assessment);
    let files = machine_files(machine.clone()).unwrap();
    let assessable = assessment.clauses.iter().filter(|clause| clause.status.is_some()).count();
    for (path, bytes) in files.iter().filter(|(path, _)| !path.ends_with(".xlsx")) {
        let text = std::str::from_utf8(bytes).unwrap();
        let hidden = |c: char| {
            (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}'..='\u{200f}' | '\u{fffe}' | '\u{ffff}')
        };
        assert!(!text.contains(hidden), "{path}");
    }
    assert_eq!(cases(&files["machine/junit.xml"]).len(), assessable);
    check_sarif(&files["machine/results.sarif"]);
    check_oscal(&parsed(&files["machine/oscal-assessment-results.json"]));
    for name in ["clauses", "deviations"] {
        let list = machine.lists.iter().find(|list| list.name == name).unwrap();
        let read = rows(&files[&format!("machine/{name}.csv")]);
        assert_eq!(read.len(), list.rows.len());
        for cell in read.iter().flat_map(BTreeMap::values) {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
    }
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(files["machine/workbook.xlsx"].clone())).unwrap();
    for list in &machine.lists {
        let range = book.worksheet_range(&list.title).unwrap();
        assert_eq!(range.height(), list.rows.len() + 1, "{}", list.name);
        assert!(book.worksheet_formula(&list.title).unwrap().is_empty());
        for cell in range.cells().filter_map(|(_, _, cell)| cell.as_string()) {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
    }
    let page = std::str::from_utf8(&files["machine/report.md"]).unwrap();
    for page in [page, std::str::from_utf8(&markdown::summary(&machine)).unwrap()] {
        for event in pulldown_cmark::Parser::new_ext(page, pulldown_cmark::Options::all()) {
            match event {
                pulldown_cmark::Event::Html(html) | pulldown_cmark::Event::InlineHtml(html) => assert_eq!(html.trim(), "<!-- -->"),
                pulldown_cmark::Event::Start(pulldown_cmark::Tag::Link { dest_url, .. } | pulldown_cmark::Tag::Image { dest_url, .. }) => {
                    panic!("a link to {dest_url}")
                }
                _ => {}
            }
        }
    }
    assert_eq!(table_rows(page, "\n## Deviations"), machine.deviations.len());
}

#[test]
fn hostile_text_is_live_in_no_form() {
    check_hostile(&hostile());
    let files = machine_files(told(&hostile())).unwrap();
    let seen = rows(&files["machine/deviations.csv"]);
    for shown in ["'=HYPERLINK(\"http://x\")", "]]><script>alert(1)</script>&amp;", "\\u{0}", "\\u{202e}", "é漢字🦀"] {
        assert!(seen.iter().any(|row| row["observed"].contains(shown)), "{shown} is there, as text");
    }
    assert!(seen.iter().any(|row| row["observed"].len() > 300), "nothing is cut");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_is_live_in_no_form(texts in prop::collection::vec("\\PC{0,12}|[\\x00-\\x7f]{0,20}", 4)) {
        let mut assessment = sample().restricted(&["owasp-nhi-top10@2025".to_owned()]);
        assessment.objectives.iter_mut().for_each(|own| own.observations.truncate(4));
        assessment.frame.title = texts[0].clone();
        for (index, seen) in assessment.objectives.iter_mut().flat_map(|own| own.observations.iter_mut()).enumerate() {
            seen.subject = format!("{}{index}", texts[index % texts.len()]);
            seen.reason = texts[(index + 1) % texts.len()].clone();
        }
        assessment.clauses.iter_mut().flat_map(|clause| &mut clause.reasons).for_each(|reason| reason.text = texts[3].clone());
        check_hostile(&assessment);
    }
}

#[test]
fn a_redacted_pack_names_nobody_in_any_machine_form() {
    let own = quarter("2026-Q3");
    let hidden = own.names.hide_assessment(&own.assessment);
    let files: Files = machine_files(told(&hidden)).unwrap();
    let full: Files = machine_files(told(&own.assessment)).unwrap();
    let cells = |files: &Files| {
        let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(files["machine/workbook.xlsx"].clone())).unwrap();
        let sheets = book.sheet_names();
        let texts = sheets
            .iter()
            .flat_map(|name| book.worksheet_range(name).unwrap().cells().map(|(_, _, cell)| cell.to_string()).collect::<Vec<_>>());
        texts.collect::<Vec<_>>().join("\n").to_lowercase()
    };
    let (mut shown_before, values) = (0, own.names.list.names.iter().map(|name| name.value.to_lowercase()).collect::<Vec<_>>());
    for path in full.keys() {
        let text = |files: &Files| {
            if path.ends_with(".xlsx") { cells(files) } else { String::from_utf8(files[path].clone()).unwrap().to_lowercase() }
        };
        let (before, after) = (text(&full), text(&files));
        for value in &values {
            shown_before += usize::from(before.contains(value));
            assert!(!after.contains(value), "`{value}` shows in {path}");
        }
    }
    assert!(shown_before > 5, "the full forms name people: {shown_before}");
    assert!(cells(&files).contains("person-"), "pseudonyms stand in their place");
}

#[test]
fn only_a_satisfied_clause_passes() {
    let mut assessment = sample().restricted(&["owasp-nhi-top10@2025".to_owned()]);
    for (clause, status) in assessment.clauses.iter_mut().zip(Status::ALL.into_iter().cycle()) {
        clause.status = clause.status.map(|_| status);
    }
    let editions: Vec<String> = assessment.frameworks.iter().map(|own| own.framework.clone()).collect();
    for (own, edition) in assessment.frameworks.clone().iter().zip(&editions) {
        let counted = assessment.counted(edition);
        assessment.frameworks.iter_mut().find(|one| one.framework == own.framework).unwrap().counts = counted;
    }
    let machine = told(&assessment);
    let satisfied = machine.clauses.iter().filter(|clause| clause.status == Some(Status::Satisfied)).count();
    assert!(satisfied > 0);
    let passed = cases(&junit::render(&machine)).values().filter(|(kind, _)| kind == "passed").count();
    assert_eq!(passed, satisfied);
    let document = parsed(&sarif::render(&machine, ""));
    let results = document["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.iter().filter(|result| result["kind"] == "pass").count(), satisfied);
    let inapplicable = machine.clauses.iter().filter(|clause| clause.status == Some(Status::NotApplicable)).count();
    assert_eq!(results.iter().filter(|result| result["kind"] == "notApplicable").count(), inapplicable);
}
