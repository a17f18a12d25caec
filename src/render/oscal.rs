//! OSCAL 1.1.3: assessment results, and the plan of action and milestones.
//!
//! Source of the format: <https://pages.nist.gov/OSCAL/>. Every UUID derives from content. OSCAL knows two states of a finding: whatever is
//! not satisfied, silence included, is `not-satisfied` there, and the property `status` carries our word.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::rows;
use crate::base::identifier::{NAMESPACE, token, uuid};
use crate::base::{Digest, Status};
use crate::report::Machine;
use crate::report::machine::{ClauseItem, DeviationItem, ExceptionItem, FrameworkItem, MilestoneItem, ObjectiveItem};

const VERSION: &str = "1.1.3";

/// So many deviations of one objective stand as observations of their own in a result, and in the plan. Without a bound the document grows
/// with deviations times editions, to a size that no reader of OSCAL takes; the full lists are in `observations/`, and a summary says so.
pub const LISTED_MAX: usize = 200;

/// One result for each edition: its clauses as findings, what was observed behind them, what is at risk.
pub fn assessment_results(machine: &Machine) -> Vec<u8> {
    let plan = uuid(&["plan", &machine.root]);
    let deviations = by_objective(machine);
    let results: Vec<Value> = machine.frameworks.iter().map(|framework| result(machine, &deviations, framework)).collect();
    identified(
        "assessment-results",
        4,
        json!({
            "uuid": "",
            "metadata": metadata(machine),
            "import-ap": {"href": format!("#{plan}"), "remarks": "The statements of the workspace are the plan: scope, period, editions, parameters, exceptions."},
            "results": results,
            "back-matter": {"resources": [{
                "uuid": plan,
                "title": "The statements of the workspace",
                "rlinks": [{"href": "../workspace/tickmark.yaml"}],
            }]},
        }),
    )
}

/// The open deviations and the exceptions as planned remedies; nothing where there are none, since OSCAL has no empty plan.
pub fn plan_of_action(machine: &Machine) -> Option<Vec<u8>> {
    let deviations = by_objective(machine);
    let everything = Scope { machine, deviations: &deviations, framework: None };
    let items: Vec<Value> = machine.objectives.iter().flat_map(|objective| everything.plan_items(objective)).collect();
    if items.is_empty() {
        return None;
    }
    let failing: Vec<&ObjectiveItem> = machine.objectives.iter().filter(|own| !everything.deviations(own).is_empty()).collect();
    let mut plan = json!({
        "uuid": "",
        "metadata": metadata(machine),
        "system-id": {"identifier-type": "http://ietf.org/rfc/rfc4122", "id": uuid(&["system", &machine.organisation, &machine.scope])},
    });
    put(&mut plan, "local-definitions", everything.local_definitions(&failing));
    put_list(&mut plan, "observations", failing.iter().flat_map(|own| everything.observations(own)).collect());
    put_list(&mut plan, "risks", failing.iter().flat_map(|own| everything.risks(own)).collect());
    plan["poam-items"] = json!(items);
    Some(identified("plan-of-action-and-milestones", 3, plan))
}

/// The document under its own identifier, which another content would not have. Its rows lie in so many lists and objects.
fn identified(kind: &str, rows_depth: usize, mut content: Value) -> Vec<u8> {
    content["uuid"] = json!(uuid(&[kind, Digest::of_canonical(&content).as_str()]));
    rows::json(&json!({kind: content}), rows_depth)
}

fn metadata(machine: &Machine) -> Value {
    json!({
        "title": line(&machine.title),
        "last-modified": machine.as_of_utc,
        "version": machine.root[..8],
        "oscal-version": VERSION,
        "props": [
            {"name": "root", "ns": NAMESPACE, "value": machine.root},
            {"name": "period-from", "ns": NAMESPACE, "value": machine.period_from},
            {"name": "period-to", "ns": NAMESPACE, "value": machine.period_to},
        ],
        "parties": [{"uuid": uuid(&["party", &machine.organisation]), "type": "organization", "name": value(&machine.organisation)}],
    })
}

/// The deviations of each objective in their order.
type ByObjective<'a> = BTreeMap<&'a str, Vec<&'a DeviationItem>>;

fn by_objective(machine: &Machine) -> ByObjective<'_> {
    let mut lists = ByObjective::new();
    for own in &machine.deviations {
        lists.entry(&own.objective).or_default().push(own);
    }
    lists
}

fn result(machine: &Machine, deviations: &ByObjective<'_>, framework: &FrameworkItem) -> Value {
    let scope = Scope { machine, deviations, framework: Some(&framework.id) };
    let clauses: Vec<&ClauseItem> =
        machine.clauses.iter().filter(|clause| clause.framework == framework.id && clause.status.is_some()).collect();
    let cited: Vec<&ObjectiveItem> = machine.objectives.iter().filter(|own| own.frameworks.contains(&framework.id)).collect();
    let reviewed: Vec<Value> = clauses
        .iter()
        .filter(|clause| clause.status != Some(Status::NotAssessed) && clause.status != Some(Status::NotApplicable))
        .map(|clause| json!({"control-id": token(&clause.id)}))
        .collect();
    let mut selection =
        json!({"description": if reviewed.is_empty() { "No clause could be reviewed." } else { "The clauses that evidence speaks for." }});
    put_list(&mut selection, "include-controls", reviewed);
    let mut result = json!({
        "uuid": uuid(&["result", &machine.root, &framework.id]),
        "title": line(&framework.title),
        "description": format!("{} assessable clauses, judged as of {}.", framework.clause_total, machine.as_of),
        "start": machine.period_starts_utc,
        "end": machine.as_of_utc,
        "props": [
            {"name": "framework", "ns": NAMESPACE, "value": value(&framework.id)},
            {"name": "catalog-sha256", "ns": NAMESPACE, "value": framework.digest},
        ],
        "reviewed-controls": {"control-selections": [selection]},
    });
    put(&mut result, "local-definitions", scope.local_definitions(&cited));
    put_list(&mut result, "observations", cited.iter().flat_map(|own| scope.observations(own)).collect());
    put_list(&mut result, "risks", cited.iter().flat_map(|own| scope.risks(own)).collect());
    put_list(&mut result, "findings", clauses.iter().map(|clause| scope.finding(clause)).collect());
    result
}

/// All editions, or one of them: the same deviation has an identifier of its own in each.
struct Scope<'a> {
    machine: &'a Machine,
    deviations: &'a ByObjective<'a>,
    framework: Option<&'a str>,
}

impl<'a> Scope<'a> {
    fn uuid(&self, kind: &str, parts: &[&str]) -> String {
        let mut all = vec![kind, &self.machine.root, self.framework.unwrap_or_default()];
        all.extend(parts);
        uuid(&all)
    }

    fn deviations(&self, objective: &ObjectiveItem) -> &'a [&'a DeviationItem] {
        self.deviations.get(objective.id.as_str()).map_or(&[], Vec::as_slice)
    }

    /// Those that are observations of their own: the first, failures before what could not be told.
    fn listed(&self, objective: &ObjectiveItem) -> &'a [&'a DeviationItem] {
        let all = self.deviations(objective);
        &all[..all.len().min(LISTED_MAX)]
    }

    /// The exception that covers a deviation here: in this edition, or in every edition that cites the objective.
    fn exception(&self, own: &'a DeviationItem) -> Option<&'a str> {
        match self.framework {
            Some(framework) => own.excepted.get(framework).map(String::as_str),
            None if own.is_excepted() => own.excepted.values().next().map(String::as_str),
            None => None,
        }
    }

    fn open(&self, objective: &'a ObjectiveItem) -> Vec<&'a DeviationItem> {
        self.deviations(objective).iter().copied().filter(|own| own.outcome == "fail" && self.exception(own).is_none()).collect()
    }

    /// The exceptions that cover something of an objective here.
    fn exceptions(&self, objective: &'a ObjectiveItem) -> Vec<&'a ExceptionItem> {
        let ids: BTreeSet<&str> = self.deviations(objective).iter().filter_map(|own| self.exception(own)).collect();
        self.machine.exceptions.iter().filter(|own| ids.contains(own.id.as_str())).collect()
    }

    fn covered(&self, objective: &'a ObjectiveItem, exception: &str) -> Vec<&'a DeviationItem> {
        self.deviations(objective).iter().copied().filter(|own| self.exception(own) == Some(exception)).collect()
    }

    /// The members of populations that observations speak of.
    fn local_definitions(&self, objectives: &[&'a ObjectiveItem]) -> Value {
        let subjects: BTreeSet<&str> = objectives.iter().flat_map(|own| self.listed(own)).map(|own| own.subject.as_str()).collect();
        let items: Vec<Value> = subjects
            .into_iter()
            .map(|subject| {
                let name = value(subject);
                json!({"uuid": self.subject(subject), "description": line(subject),
                       "props": [{"name": "subject", "ns": NAMESPACE, "value": name}]})
            })
            .collect();
        if items.is_empty() { Value::Null } else { json!({"inventory-items": items}) }
    }

    fn subject(&self, subject: &str) -> String {
        self.uuid("subject", &[subject])
    }

    fn summary_uuid(&self, objective: &ObjectiveItem) -> String {
        self.uuid("observation", &[&objective.id])
    }

    fn deviation_uuid(&self, own: &DeviationItem) -> String {
        self.uuid("observation", &[&own.objective, &own.subject])
    }

    /// One observation over the whole population of an objective, and one for each deviation that is listed.
    fn observations(&self, objective: &'a ObjectiveItem) -> Vec<Value> {
        let method = objective.method.to_uppercase();
        let counts = [
            ("population", objective.population),
            ("passed", objective.passed),
            ("unproved", objective.unproved),
            ("failed", objective.failed),
            ("unknown", objective.unknown),
            ("skipped", objective.skipped),
        ];
        let mut props = vec![
            json!({"name": "objective", "ns": NAMESPACE, "value": value(&objective.id)}),
            json!({"name": "status", "ns": NAMESPACE, "value": objective.status.word()}),
        ];
        props.extend(counts.map(|(name, count)| json!({"name": name, "ns": NAMESPACE, "value": count.to_string()})));
        let (listed, total) = (self.listed(objective), self.deviations(objective).len());
        let file = format!("observations/{}.csv", objective.id);
        if listed.len() < total {
            props.push(json!({"name": "listed", "ns": NAMESPACE, "value": listed.len().to_string()}));
            props.push(json!({"name": "not-listed", "ns": NAMESPACE, "value": (total - listed.len()).to_string()}));
        }
        let mut all = json!({
            "uuid": self.summary_uuid(objective),
            "title": line(&objective.title),
            "description": prose(&format!("{} {}", objective.statement, objective.summary)),
            "props": props,
            "methods": [method],
            "types": ["control-objective"],
            "collected": self.collected(&objective.exhibits),
        });
        let mut files: Vec<Value> = objective.exhibits.iter().map(|exhibit| self.evidence(exhibit, "")).collect();
        if listed.len() < total {
            files.push(json!({"description": "Every member of the population with its outcome", "href": format!("../{file}")}));
            all["remarks"] = json!(prose(&format!(
                "{total} members depart or cannot be told. The first {} stand here as observations of their own, all of them in {file}.",
                listed.len()
            )));
        }
        put_list(&mut all, "relevant-evidence", files);
        let mut observations = vec![all];
        observations.extend(listed.iter().map(|own| {
            let exhibits: Vec<String> = Some(&own.place.exhibit).filter(|id| !id.is_empty()).into_iter().cloned().collect();
            let mut props = vec![
                json!({"name": "outcome", "ns": NAMESPACE, "value": own.outcome}),
                json!({"name": "subject", "ns": NAMESPACE, "value": value(&own.subject)}),
            ];
            props.extend(self.exception(own).map(|id| json!({"name": "exception", "ns": NAMESPACE, "value": value(id)})));
            let mut seen = json!({
                "uuid": self.deviation_uuid(own),
                "title": line(&format!("{}: {}", own.objective_title, own.subject)),
                "description": prose(&own.reason),
                "props": props,
                "methods": [method],
                "types": ["finding"],
                "subjects": [{"subject-uuid": self.subject(&own.subject), "type": "inventory-item", "title": line(&own.subject)}],
                "collected": self.collected(&exhibits),
            });
            put_list(&mut seen, "relevant-evidence", exhibits.iter().map(|exhibit| self.evidence(exhibit, &own.place.record)).collect());
            seen
        }));
        observations
    }

    /// When the latest of the files was collected; the instant of judgement where nobody dated one.
    fn collected(&self, exhibits: &[String]) -> String {
        let dated = self.machine.exhibits.iter().filter(|own| exhibits.contains(&own.id) && own.collected_at.seconds.is_some());
        dated.max_by_key(|own| own.collected_at.seconds).map_or_else(|| self.machine.as_of_utc.clone(), |own| own.collected_at.utc.clone())
    }

    fn evidence(&self, exhibit: &str, record: &str) -> Value {
        let own = self.machine.exhibits.iter().find(|own| own.id == exhibit);
        let path = own.map_or("", |own| own.path.as_str());
        let mut evidence = json!({"description": prose(format!("Exhibit {exhibit}, {path} {record}").trim_end())});
        if let Some(own) = own {
            if !own.packed.is_empty() {
                evidence["href"] = json!(format!("../{}", own.packed));
            }
            let mut props = Vec::new();
            if !own.sha256.is_empty() {
                props.push(json!({"name": "sha256", "ns": NAMESPACE, "value": own.sha256}));
            }
            if !record.is_empty() {
                props.push(json!({"name": "record", "ns": NAMESPACE, "value": value(record)}));
            }
            if own.collected_at.seconds.is_none() {
                evidence["remarks"] = json!("Nobody states when this file was collected.");
            }
            put_list(&mut evidence, "props", props);
        }
        evidence
    }

    fn open_risk(&self, objective: &ObjectiveItem) -> String {
        self.uuid("risk", &[&objective.id])
    }

    fn excepted_risk(&self, objective: &ObjectiveItem, exception: &ExceptionItem) -> String {
        self.uuid("risk", &[&objective.id, &exception.id])
    }

    /// What is open, and what an exception covers, each as a risk.
    fn risks(&self, objective: &'a ObjectiveItem) -> Vec<Value> {
        let mut risks = Vec::new();
        let open = self.open(objective);
        if !open.is_empty() {
            let id = self.open_risk(objective);
            let mut risk = json!({
                "uuid": id,
                "title": line(&objective.title),
                "description": prose(&objective.summary),
                "statement": prose(&objective.statement),
                "status": "open",
            });
            let mut remediations = Vec::new();
            if !objective.advice.trim().is_empty() {
                remediations.push(json!({
                    "uuid": self.uuid("remediation", &[&objective.id]),
                    "lifecycle": "recommendation",
                    "title": "What to do",
                    "description": objective.advice,
                }));
            }
            if let Some(planned) = &objective.planned {
                risk["deadline"] = json!(format!("{}T00:00:00Z", planned.due));
                let mut remediation = json!({
                    "uuid": self.uuid("remediation", &[&objective.id, "planned"]),
                    "lifecycle": "planned",
                    "title": "What the organisation plans",
                    "description": prose(&planned.remedy),
                    "props": [{"name": "owner", "ns": NAMESPACE, "value": value(&planned.owner)}],
                });
                put_list(&mut remediation, "tasks", self.milestones(&[&objective.id, "planned"], &planned.milestones));
                remediations.push(remediation);
            }
            put_list(&mut risk, "remediations", remediations);
            put_list(&mut risk, "related-observations", self.related(objective, &open));
            risks.push(risk);
        }
        risks.extend(self.exceptions(objective).into_iter().map(|exception| self.excepted(objective, exception)));
        risks
    }

    fn excepted(&self, objective: &'a ObjectiveItem, exception: &'a ExceptionItem) -> Value {
        let covered = self.covered(objective, &exception.id);
        let mut risk = json!({
            "uuid": self.excepted_risk(objective, exception),
            "title": line(&format!("{}: {}", exception.id, exception.title)),
            "description": prose(&exception.reason),
            "statement": prose(&objective.statement),
            "props": [{"name": "exception", "ns": NAMESPACE, "value": value(&exception.id)}],
            "status": "deviation-approved",
        });
        if exception.expires_at.seconds.is_some() {
            risk["deadline"] = json!(exception.expires_at.utc);
        }
        if !exception.compensating_measure.is_empty() {
            risk["mitigating-factors"] = json!([{"uuid": self.uuid("factor", &[&objective.id, &exception.id]), "description": prose(&exception.compensating_measure)}]);
        }
        if !exception.retirement_plan.is_empty() {
            risk["remediations"] = json!([{
                "uuid": self.uuid("remediation", &[&objective.id, &exception.id]),
                "lifecycle": "planned",
                "title": "Retirement of the exception",
                "description": prose(&exception.retirement_plan),
            }]);
            put_list(&mut risk["remediations"][0], "tasks", self.milestones(&[&objective.id, &exception.id], &exception.milestones));
        }
        put_list(&mut risk, "related-observations", self.related(objective, &covered));
        risk
    }

    /// The steps of a plan; OSCAL calls them tasks of a remediation.
    fn milestones(&self, plan: &[&str], steps: &[MilestoneItem]) -> Vec<Value> {
        let task = |(number, step): (usize, &MilestoneItem)| {
            json!({
                "uuid": self.uuid("milestone", &[plan, &[&number.to_string()]].concat()),
                "type": "milestone",
                "title": line(&step.what),
                "props": [{"name": "state", "ns": NAMESPACE, "value": value(&step.state)}],
                "timing": {"on-date": {"date": format!("{}T00:00:00Z", step.due)}},
            })
        };
        steps.iter().enumerate().map(task).collect()
    }

    /// The observations of some deviations of an objective; the one over its population stands for those that are not listed.
    fn related(&self, objective: &ObjectiveItem, deviations: &[&DeviationItem]) -> Vec<Value> {
        let listed: BTreeSet<&str> = self.listed(objective).iter().map(|own| own.subject.as_str()).collect();
        let mut ids: Vec<String> =
            deviations.iter().filter(|own| listed.contains(own.subject.as_str())).map(|own| self.deviation_uuid(own)).collect();
        if ids.len() < deviations.len() {
            ids.push(self.summary_uuid(objective));
        }
        ids.into_iter().map(|id| json!({"observation-uuid": id})).collect()
    }

    fn finding(&self, clause: &ClauseItem) -> Value {
        let status = clause.status.expect("an assessable clause has a status");
        let (state, reason) = match status {
            Status::Satisfied => ("satisfied", "pass"),
            Status::NotSatisfied => ("not-satisfied", "fail"),
            Status::PartiallySatisfied | Status::NotAssessed | Status::NotApplicable => ("not-satisfied", "other"),
        };
        let mut target = json!({
            "type": "statement-id",
            "target-id": format!("{}_smt", token(&clause.id)),
            "title": line(&format!("{} {}", clause.noun, clause.id)),
            "status": {"state": state, "reason": reason, "remarks": prose(&clause.status_label)},
        });
        if status == Status::NotApplicable {
            target["implementation-status"] = json!({"state": "not-applicable"});
        }
        let mut finding = json!({
            "uuid": self.uuid("finding", &[&clause.id]),
            "title": line(&format!("{} {}", clause.id, clause.label)),
            "description": prose(&format!("{}. {}", clause.status_label, clause.summary)),
            "props": [
                {"name": "status", "ns": NAMESPACE, "value": status.word()},
                {"name": "framework", "ns": NAMESPACE, "value": value(&clause.framework)},
                {"name": "clause", "ns": NAMESPACE, "value": value(&clause.id)},
                {"name": "sha256", "ns": NAMESPACE, "value": clause.digest},
            ],
            "target": target,
        });
        let objectives: Vec<&ObjectiveItem> =
            clause.objectives.iter().filter_map(|own| self.machine.objectives.iter().find(|objective| objective.id == own.id)).collect();
        let observations = objectives.iter().map(|own| json!({"observation-uuid": self.summary_uuid(own)}));
        put_list(&mut finding, "related-observations", observations.collect());
        let risks = objectives.iter().flat_map(|own| self.risk_ids(own)).map(|id| json!({"risk-uuid": id}));
        put_list(&mut finding, "related-risks", risks.collect());
        finding
    }

    fn risk_ids(&self, objective: &'a ObjectiveItem) -> Vec<String> {
        let mut ids = Vec::new();
        if !self.open(objective).is_empty() {
            ids.push(self.open_risk(objective));
        }
        ids.extend(self.exceptions(objective).into_iter().map(|exception| self.excepted_risk(objective, exception)));
        ids
    }

    /// One item for what is open of an objective, and one for each exception that covers something of it.
    fn plan_items(&self, objective: &'a ObjectiveItem) -> Vec<Value> {
        let frameworks = objective.frameworks.iter().map(|own| json!({"name": "framework", "ns": NAMESPACE, "value": value(own)}));
        let frameworks: Vec<Value> = frameworks.collect();
        let item = |kind: &[&str], title: &str, description: &str, risk: String, deviations: &[&DeviationItem]| {
            let mut item = json!({
                "uuid": self.uuid("poam-item", kind),
                "title": line(title),
                "description": prose(description),
            });
            put_list(&mut item, "props", frameworks.clone());
            put_list(&mut item, "related-observations", self.related(objective, deviations));
            item["related-risks"] = json!([{"risk-uuid": risk}]);
            item
        };
        let mut items = Vec::new();
        let open = self.open(objective);
        if !open.is_empty() {
            items.push(item(&[&objective.id], &objective.title, &objective.summary, self.open_risk(objective), &open));
        }
        for exception in self.exceptions(objective) {
            let covered = self.covered(objective, &exception.id);
            let title = format!("{}: {}", exception.id, exception.title);
            let risk = self.excepted_risk(objective, exception);
            items.push(item(&[&objective.id, &exception.id], &title, &exception.retirement_plan, risk, &covered));
        }
        items
    }
}

fn put(target: &mut Value, key: &str, value: Value) {
    if !value.is_null() {
        target[key] = value;
    }
}

/// OSCAL has no empty lists.
fn put_list(target: &mut Value, key: &str, items: Vec<Value>) {
    if !items.is_empty() {
        target[key] = Value::Array(items);
    }
}

/// Text as a property's value: one line, no blanks around, never empty.
fn value(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { "-".to_owned() } else { line }
}

/// Text as markup of one line, in which nothing formats.
fn line(text: &str) -> String {
    prose(&value(text))
}

/// Text as markup, in which nothing formats. Underscores inside a word never do, so that names stay readable.
fn prose(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let inside = before.is_alphanumeric() && letters.peek().is_some_and(|next| next.is_alphanumeric());
        match letter {
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            '_' if inside => safe.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '{' | '}' => {
                safe.push('\\');
                safe.push(letter);
            }
            letter => safe.push(letter),
        }
        before = letter;
    }
    if safe.trim().is_empty() { "-".to_owned() } else { safe }
}
