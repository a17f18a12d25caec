//! The register of machine identities and the life of each, from the derived tables `nhi_register` and `lifecycle`.
//!
//! In: the tables, and the exceptions with what they cover. Out: plain records. What a step is and when one is missing stands in SQL;
//! here the exceptions are added, which are statements and no evidence.

use std::collections::{BTreeMap, BTreeSet};

use crate::assessment::{
    Assessment, DossierRecord, ExceptionRecord, ObjectiveResult, RegisterRecord, STEPS, StepRecord, departing_identities,
};
use crate::base::diagnostic::nearest;
use crate::base::{Cell, Instant, Table};
use crate::evidence::Ledger;

const REGISTER: &str = "nhi_register";
const LIFECYCLE: &str = "lifecycle";
/// The artifact name that approved exceptions carry.
const EXCEPTIONS: &str = "exceptions.yaml";

/// Every machine identity with what all sources say of it, by id.
pub fn register(ledger: &Ledger) -> Vec<RegisterRecord> {
    let mut register = Vec::new();
    ledger.scan(REGISTER, |table| register.extend((0..table.len()).map(|row| register_record(&table, row, ledger))));
    register.sort_by(|one, two| one.identity.cmp(&two.identity));
    register
}

fn register_record(table: &Table, row: usize, ledger: &Ledger) -> RegisterRecord {
    let stated = |column: &str| told(table.cell(row, column)).map(|text| ledger.masker.applied(text));
    let text = |column: &str| stated(column).unwrap_or_default();
    let flag = |column: &str| table.cell(row, column) == Cell::Boolean(true);
    RegisterRecord {
        identity: text("identity_id"),
        name: text("name"),
        platform: text("platform"),
        scope: stated("scope"),
        kind: text("kind"),
        class: stated("class"),
        tier: stated("tier"),
        owner: stated("owner"),
        owner_status: stated("owner_status"),
        purpose: stated("purpose"),
        service: stated("service"),
        environment: stated("environment"),
        status: text("status"),
        created_at: stated("created_at"),
        expires_at: stated("expires_at"),
        expiry: text("expiry"),
        last_used_at: stated("last_used_at"),
        last_use: text("last_use"),
        credentials: text("credentials"),
        entitlements: text("entitlements"),
        admin: flag("admin"),
        revocation: text("revocation"),
        in_register: flag("in_register"),
        artifact: text("artifact"),
        record: text("record"),
        register_artifact: stated("register_artifact"),
        register_record: stated("register_record"),
    }
}

fn told(cell: Cell<'_>) -> Option<String> {
    (cell != Cell::Missing).then(|| cell.to_string())
}

/// The lives of every identity that departs from an objective, or of which an objective cannot tell.
pub fn dossiers(assessment: &Assessment, ledger: &Ledger) -> Vec<DossierRecord> {
    let departing = departing_identities(&assessment.objectives);
    lives(assessment, ledger, |identity| departing.contains(identity))
}

/// The life of one identity; nothing where no source shows it.
pub fn dossier(assessment: &Assessment, ledger: &Ledger, identity: &str) -> Option<DossierRecord> {
    lives(assessment, ledger, |own| own == identity).pop()
}

fn lives(assessment: &Assessment, ledger: &Ledger, is_wanted: impl Fn(&str) -> bool) -> Vec<DossierRecord> {
    let mut steps: BTreeMap<String, Vec<StepRecord>> = BTreeMap::new();
    ledger.scan(LIFECYCLE, |table| {
        for row in 0..table.len() {
            let Some(identity) = table.text(row, "identity_id").filter(|identity| is_wanted(identity)) else { continue };
            steps.entry(ledger.masker.apply(identity)).or_default().push(step_record(&table, row, ledger));
        }
    });
    let owners = owners(assessment, ledger);
    for exception in &assessment.exceptions {
        for identity in identities_of(exception, &assessment.objectives, &owners) {
            if let Some(own) = steps.get_mut(identity) {
                own.push(exception_step(exception, &assessment.frame.as_of));
            }
        }
    }
    steps.into_iter().map(|(identity, steps)| finished(identity, steps)).collect()
}

fn step_record(table: &Table, row: usize, ledger: &Ledger) -> StepRecord {
    let text = |column: &str| table.text(row, column).unwrap_or_default();
    StepRecord {
        step: text("step").to_owned(),
        state: text("state").to_owned(),
        at: told(table.cell(row, "at")),
        says: ledger.masker.apply(text("says")),
        artifact: text("artifact").to_owned(),
        record: text("record").to_owned(),
    }
}

/// Puts the steps into their order and names what is missing; an exception is never due. The order in which they came has no say in it.
fn finished(identity: String, mut steps: Vec<StepRecord>) -> DossierRecord {
    put_in_order(&mut steps);
    if !steps.iter().any(|own| own.step == "exception")
        && let Some(first) = steps.first()
    {
        let none = StepRecord {
            step: "exception".into(),
            state: "not-due".into(),
            at: None,
            says: "No exception is on record.".into(),
            artifact: first.artifact.clone(),
            record: first.record.clone(),
        };
        steps.push(none);
        put_in_order(&mut steps);
    }
    let missing = steps.iter().filter(|own| is_missing(own)).map(|own| own.step.clone()).collect();
    DossierRecord { identity, steps, missing }
}

fn is_missing(step: &StepRecord) -> bool {
    step.state == "missing"
}

/// What is missing closes its step: before it stands what only claims it.
fn put_in_order(steps: &mut [StepRecord]) {
    fn order(own: &StepRecord) -> impl Ord + '_ {
        let place = STEPS.iter().position(|step| *step == own.step).unwrap_or(STEPS.len());
        (place, is_missing(own), &own.at, &own.says, &own.artifact, &own.record)
    }
    steps.sort_by(|one, two| order(one).cmp(&order(two)));
}

/// Whose the subjects of exceptions are, where they are credentials by the name under which checks show them, or identities.
fn owners(assessment: &Assessment, ledger: &Ledger) -> BTreeMap<String, String> {
    let named: BTreeSet<&str> = assessment.exceptions.iter().flat_map(|own| &own.subjects).map(String::as_str).collect();
    let mut owners = BTreeMap::new();
    for (table, subject) in [("machine_credentials", "credential"), (REGISTER, "identity_id")] {
        ledger.scan(table, |table| {
            let pairs = (0..table.len()).filter_map(|row| Some((table.text(row, subject)?, table.text(row, "identity_id")?)));
            owners.extend(pairs.filter(|(own, _)| named.contains(own)).map(|(own, identity)| (own.to_owned(), identity.to_owned())));
        });
    }
    owners
}

/// The identities that an exception speaks of, through its subjects.
fn identities_of<'a>(
    exception: &'a ExceptionRecord,
    objectives: &'a [ObjectiveResult],
    owners: &'a BTreeMap<String, String>,
) -> BTreeSet<&'a str> {
    let objective = objectives.iter().find(|own| own.id == exception.objective);
    exception
        .subjects
        .iter()
        .filter_map(|subject| {
            let observed = objective.and_then(|own| own.observations.iter().find(|seen| seen.subject == *subject)?.identity.as_deref());
            observed.or_else(|| owners.get(subject).map(String::as_str))
        })
        .collect()
}

fn exception_step(exception: &ExceptionRecord, as_of: &str) -> StepRecord {
    let approved = Instant::parse(&exception.approved_at).ok();
    let is_later = approved.as_ref().zip(Instant::parse(as_of).ok().as_ref()).is_some_and(|(at, as_of)| at.micros() > as_of.micros());
    StepRecord {
        step: "exception".into(),
        state: if is_later { "later" } else { "shown" }.into(),
        at: approved.map(|at| at.utc().to_string()),
        says: format!(
            "{} ({}): {}, from the objective {}, approved by {}, until {}.",
            exception.id,
            exception.state.replace('-', " "),
            exception.title,
            exception.objective,
            exception.approved_by,
            exception.expires_at
        ),
        artifact: EXCEPTIONS.into(),
        record: exception.id.clone(),
    }
}

/// What a person may mean by an id, a name or an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    Identity(String),
    /// Several identities have that name.
    Several(Vec<String>),
    /// None; the nearest that there is.
    Nobody(Option<String>),
}

/// Finds an identity by its id, else its native id, else an alias, else its name, without regard to case.
pub fn meant(ledger: &Ledger, wanted: &str) -> Meant {
    let column = |name: &str, key: &str, value: &str| -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        ledger.scan(name, |table| {
            pairs.extend((0..table.len()).filter_map(|row| Some((table.text(row, key)?.to_owned(), table.text(row, value)?.to_owned()))));
        });
        pairs
    };
    let known = column(REGISTER, "identity_id", "identity_id");
    let ways = [
        known.clone(),
        column("machine_identities", "native_id", "identity_id"),
        column("aliases", "alias", "identity_id"),
        column(REGISTER, "name", "identity_id"),
    ];
    choose(&ways, &known, wanted)
}

/// The same over the rows that a pack keeps.
pub fn meant_in(register: &[RegisterRecord], wanted: &str) -> Meant {
    let known: Vec<(String, String)> = register.iter().map(|own| (own.identity.clone(), own.identity.clone())).collect();
    let names = register.iter().map(|own| (own.name.clone(), own.identity.clone())).collect();
    choose(&[known.clone(), names], &known, wanted)
}

fn choose(ways: &[Vec<(String, String)>], known: &[(String, String)], wanted: &str) -> Meant {
    let wanted = wanted.trim().to_lowercase();
    let is_known = |identity: &String| known.iter().any(|(own, _)| own == identity);
    for way in ways {
        let found: BTreeSet<String> = way
            .iter()
            .filter(|(key, _)| key.trim().to_lowercase() == wanted)
            .map(|(_, identity)| identity.clone())
            .filter(is_known)
            .collect();
        match found.len() {
            0 => {}
            1 => return Meant::Identity(found.into_iter().next().unwrap_or_default()),
            _ => return Meant::Several(found.into_iter().collect()),
        }
    }
    // A name is likelier mistyped than an id: what is nearest by its name is suggested first.
    let lower: Vec<(String, &String)> = ways.iter().rev().flatten().map(|(key, _)| (key.to_lowercase(), key)).collect();
    let near = nearest(&wanted, lower.iter().map(|(key, _)| key.as_str()));
    Meant::Nobody(near.and_then(|near| lower.iter().find(|(key, _)| key == near).map(|(_, shown)| (*shown).clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(key: &str, identity: &str) -> (String, String) {
        (key.to_owned(), identity.to_owned())
    }

    #[test]
    fn an_id_wins_over_a_name_and_a_shared_name_is_told() {
        let known = vec![pair("a:1", "a:1"), pair("a:2", "a:2")];
        let names = vec![pair("job", "a:1"), pair("Job", "a:2"), pair("a:2", "a:1"), pair("runner", "a:2")];
        let find = |wanted: &str| choose(&[known.clone(), names.clone()], &known, wanted);
        assert_eq!(find(" A:2 "), Meant::Identity("a:2".into()));
        assert_eq!(find("runner"), Meant::Identity("a:2".into()));
        assert_eq!(find("JOB"), Meant::Several(vec!["a:1".into(), "a:2".into()]));
        assert_eq!(find("runer"), Meant::Nobody(Some("runner".into())));
        assert_eq!(find("zzzzzz"), Meant::Nobody(None));
    }

    #[test]
    fn what_is_missing_closes_its_step_and_an_exception_is_never_missing() {
        let step = |step: &str, state: &str| StepRecord {
            step: step.into(),
            state: state.into(),
            at: None,
            says: String::new(),
            artifact: "a".into(),
            record: "1".into(),
        };
        let own = finished("i".into(), vec![step("retirement", "not-due"), step("approval", "missing"), step("approval", "claimed")]);
        let order: Vec<(&str, &str)> = own.steps.iter().map(|own| (own.step.as_str(), own.state.as_str())).collect();
        assert_eq!(order, [("approval", "claimed"), ("approval", "missing"), ("exception", "not-due"), ("retirement", "not-due")]);
        assert_eq!(own.missing, ["approval"]);
    }

    #[test]
    fn the_order_in_which_steps_come_changes_nothing() {
        let step = |step: &str, at: Option<&str>, artifact: &str| StepRecord {
            step: step.into(),
            state: "shown".into(),
            at: at.map(str::to_owned),
            says: String::new(),
            artifact: artifact.into(),
            record: "1".into(),
        };
        let steps = vec![
            step("retirement", None, "users.csv"),
            step("approval", Some("2026-02-01T00:00:00Z"), "tickets.csv"),
            step("use", None, "log.json"),
            step("approval", Some("2026-01-01T00:00:00Z"), "other.csv"),
        ];
        let own = finished("i".into(), steps.clone());
        assert_eq!(
            own.steps.iter().map(|own| own.artifact.as_str()).collect::<Vec<_>>(),
            ["other.csv", "tickets.csv", "log.json", "other.csv", "users.csv"]
        );
        for turned in 1..steps.len() {
            let mut other = steps.clone();
            other.rotate_left(turned);
            assert_eq!(finished("i".into(), other), own);
        }
    }
}
