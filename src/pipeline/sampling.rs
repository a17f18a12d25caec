//! Draws samples from a frozen population so that anybody can draw them again.
//!
//! In: the list of observations of an objective, or the register, as their CSV files hold them; a method, a seed, how many. Out: the
//! drawn members with everything that a stranger needs to draw them. The whole method is: a member's rank is SHA-256 over the seed,
//! a line feed and the member; the smallest ranks are drawn. No chance is involved, and no size is ever proposed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::assessment::{RegisterRecord, defused};
use crate::base::Digest;
use crate::workspace::{SampleMethod, SamplePopulation};

/// Version of the machine form of a draw.
pub const SCHEMA: &str = "tickmark-draw/1";
/// The method in one sentence, printed with every draw.
pub const RANKING: &str = "rank = SHA-256 of the seed, a line feed and the member, in UTF-8; the smallest ranks are drawn";
/// Columns of the register that can make strata.
pub const STRATA: [&str; 6] = ["class", "tier", "platform", "kind", "environment", "status"];
/// The orders of risk: what can be looked at, and its values from the riskiest on. Any other value comes last.
pub const RISKS: [(&str, &[&str]); 5] = [
    ("tier", &["critical", "high", "unknown", "normal"]),
    ("admin", &["yes", "no"]),
    ("outcome", &["fail", "unknown", "pass"]),
    ("owner_status", &["left", "unknown", "active"]),
    ("last_use", &["unknown", "never", "known"]),
];
/// What a member is said to be of where its stratum is not known.
const NO_STRATUM: &str = "none";

/// The members that a sample is drawn from, frozen.
#[derive(Debug, Clone)]
pub struct Population {
    pub kind: SamplePopulation,
    pub objective: Option<String>,
    /// Path of the list in a pack.
    pub file: String,
    /// In byte order.
    members: Vec<Member>,
    pub sha256: Digest,
}

#[derive(Debug, Clone)]
struct Member {
    subject: String,
    /// What is known of it, by column.
    facts: BTreeMap<&'static str, String>,
}

/// What to draw and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub method: SampleMethod,
    pub n: usize,
    pub by: Option<String>,
    pub allocation: BTreeMap<String, usize>,
    pub order: Vec<String>,
    /// The population's digest when none is given.
    pub seed: Option<String>,
}

/// A finished draw with everything that is needed to draw it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// `tickmark-draw/1`.
    pub schema: String,
    /// From everything that decides the draw.
    pub id: String,
    pub population: SamplePopulation,
    pub objective: Option<String>,
    pub file: String,
    pub population_size: usize,
    pub population_sha256: String,
    pub method: SampleMethod,
    pub n: usize,
    pub by: Option<String>,
    pub allocation: BTreeMap<String, usize>,
    pub order: Vec<String>,
    pub seed: String,
    pub ranking: String,
    /// Sentences about what a reader must know, such as a stratum with fewer members than asked for.
    pub notes: Vec<String>,
    pub items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub place: usize,
    pub subject: String,
    pub stratum: Option<String>,
    /// SHA-256 in hexadecimal.
    pub rank: String,
}

impl Population {
    /// Those whom the test of an objective concerns: all of its list but the skipped ones. `csv` is `observations/<objective>.csv`.
    pub fn of_observations(objective: &str, csv: &[u8], register: &[RegisterRecord]) -> Result<Population, String> {
        let known: BTreeMap<String, &RegisterRecord> = register.iter().map(|own| (defused(&own.identity), own)).collect();
        let mut reader = csv::Reader::from_reader(csv);
        let header = reader.headers().map_err(|error| error.to_string())?.clone();
        let place = |name: &str| header.iter().position(|own| own == name).ok_or_else(|| format!("the list has no column `{name}`"));
        let (subject, outcome, identity) = (place("subject")?, place("outcome")?, place("identity")?);
        let mut members = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|error| error.to_string())?;
            if row[outcome] == *"skip" {
                continue;
            }
            let mut facts = known.get(&row[identity]).map(|own| facts(own)).unwrap_or_default();
            facts.insert("outcome", row[outcome].to_owned());
            members.push(Member { subject: row[subject].to_owned(), facts });
        }
        Ok(Population::frozen(SamplePopulation::Observations, Some(objective.to_owned()), format!("observations/{objective}.csv"), members))
    }

    /// All machine identities; `register.csv` lists them.
    pub fn of_identities(objective: Option<&str>, register: &[RegisterRecord]) -> Population {
        let members = register.iter().map(|own| Member { subject: defused(&own.identity), facts: facts(own) }).collect();
        Population::frozen(SamplePopulation::Identities, objective.map(str::to_owned), "register.csv".to_owned(), members)
    }

    fn frozen(kind: SamplePopulation, objective: Option<String>, file: String, mut members: Vec<Member>) -> Population {
        members.sort_by(|one, two| one.subject.as_bytes().cmp(two.subject.as_bytes()));
        let text: String = members.iter().map(|own| format!("{}\n", own.subject)).collect();
        Population { kind, objective, file, members, sha256: Digest::of(text.as_bytes()) }
    }

    pub fn len(&self) -> usize {
        self.members.len()
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The strata that a column makes, with how many members each has.
    pub fn strata(&self, by: &str) -> BTreeMap<String, usize> {
        let mut strata = BTreeMap::new();
        for member in &self.members {
            *strata.entry(member.stratum(by)).or_default() += 1;
        }
        strata
    }
}

fn facts(own: &RegisterRecord) -> BTreeMap<&'static str, String> {
    let mut facts = BTreeMap::from([
        ("platform", own.platform.clone()),
        ("kind", own.kind.clone()),
        ("status", own.status.clone()),
        ("admin", if own.admin { "yes" } else { "no" }.to_owned()),
        ("last_use", own.last_use.clone()),
    ]);
    let stated = [("class", &own.class), ("tier", &own.tier), ("environment", &own.environment), ("owner_status", &own.owner_status)];
    facts.extend(stated.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))));
    facts
}

impl Member {
    fn stratum(&self, by: &str) -> String {
        self.facts.get(by).filter(|value| !value.is_empty()).cloned().unwrap_or_else(|| NO_STRATUM.to_owned())
    }

    /// Places in the stated orders of risk; the smaller, the riskier.
    fn risk(&self, order: &[String]) -> Vec<usize> {
        order
            .iter()
            .map(|key| {
                let values = RISKS.iter().find(|(own, _)| own == key).map_or(&[][..], |(_, values)| values);
                let value = self.facts.get(key.as_str());
                value.and_then(|value| values.iter().position(|own| own == value)).unwrap_or(values.len())
            })
            .collect()
    }
}

/// Draws. The same population and plan give the same items in the same order, whatever order the members came in.
pub fn draw(population: &Population, plan: &Plan) -> Drawn {
    let seed = plan.seed.clone().unwrap_or_else(|| population.sha256.to_string());
    let mut ranked: Vec<(String, &Member)> = population
        .members
        .iter()
        .map(|member| (Digest::of(format!("{seed}\n{}", member.subject).as_bytes()).to_string(), member))
        .collect();
    ranked.sort_by(|one, two| (&one.0, &one.1.subject).cmp(&(&two.0, &two.1.subject)));
    let mut notes = Vec::new();
    let chosen: Vec<(String, &Member, Option<String>)> = match plan.method {
        SampleMethod::Stratified => {
            let by = plan.by.as_deref().unwrap_or(STRATA[0]);
            let mut chosen = Vec::new();
            for (stratum, n) in &plan.allocation {
                let own: Vec<&(String, &Member)> = ranked.iter().filter(|(_, member)| member.stratum(by) == *stratum).collect();
                fewer(own.len(), *n, &format!("the stratum {stratum}"), &mut notes);
                chosen.extend(own.into_iter().take(*n).map(|(rank, member)| (rank.clone(), *member, Some(stratum.clone()))));
            }
            left_out(population, by, &plan.allocation, &mut notes);
            chosen
        }
        SampleMethod::Random | SampleMethod::TopRisk => {
            // A stable sort: among members of equal risk the ranks decide.
            ranked.sort_by_key(|(_, member)| if plan.method == SampleMethod::TopRisk { member.risk(&plan.order) } else { Vec::new() });
            fewer(ranked.len(), plan.n, "the population", &mut notes);
            ranked.into_iter().take(plan.n).map(|(rank, member)| (rank, member, None)).collect()
        }
    };
    let items = chosen
        .into_iter()
        .enumerate()
        .map(|(at, (rank, member, stratum))| Item { place: at + 1, subject: member.subject.clone(), stratum, rank })
        .collect();
    let mut drawn = Drawn {
        schema: SCHEMA.into(),
        id: String::new(),
        population: population.kind,
        objective: population.objective.clone(),
        file: population.file.clone(),
        population_size: population.len(),
        population_sha256: population.sha256.to_string(),
        method: plan.method,
        n: if plan.method == SampleMethod::Stratified { plan.allocation.values().sum() } else { plan.n },
        by: plan.by.clone(),
        allocation: plan.allocation.clone(),
        order: plan.order.clone(),
        seed,
        ranking: RANKING.into(),
        notes,
        items,
    };
    drawn.id = drawn.computed_id();
    drawn
}

fn fewer(have: usize, n: usize, of: &str, notes: &mut Vec<String>) {
    if have < n {
        notes.push(format!("{n} are asked for and {of} has {have}: all of them are drawn."));
    }
}

/// Strata of which nobody is drawn are told.
fn left_out(population: &Population, by: &str, allocation: &BTreeMap<String, usize>, notes: &mut Vec<String>) {
    for (stratum, size) in population.strata(by) {
        if !allocation.contains_key(&stratum) {
            notes.push(format!("Nothing is allocated to the stratum {stratum} ({size} of the population)."));
        }
    }
}

impl Drawn {
    pub fn plan(&self) -> Plan {
        Plan {
            method: self.method,
            n: self.n,
            by: self.by.clone(),
            allocation: self.allocation.clone(),
            order: self.order.clone(),
            seed: Some(self.seed.clone()),
        }
    }

    fn computed_id(&self) -> String {
        let decides = serde_json::json!({
            "population": self.population, "objective": self.objective, "population_sha256": self.population_sha256,
            "method": self.method, "n": self.n, "by": self.by, "allocation": self.allocation, "order": self.order, "seed": self.seed,
        });
        format!("S-{}", &Digest::of_canonical(&decides).as_str()[..10])
    }

    /// How a draw that was made before differs from the same draw made now; nothing where it is the same.
    pub fn differences(&self, again: &Drawn) -> Vec<String> {
        let mut told = Vec::new();
        if self.population_sha256 != again.population_sha256 || self.population_size != again.population_size {
            told.push(format!(
                "the population is another one: {} members with the digest {}, and now {} with {}",
                self.population_size, self.population_sha256, again.population_size, again.population_sha256
            ));
        }
        let subjects = |own: &Drawn| own.items.iter().map(|item| item.subject.clone()).collect::<BTreeSet<_>>();
        let (before, now) = (subjects(self), subjects(again));
        told.extend(before.difference(&now).map(|subject| format!("`{subject}` is not drawn")));
        told.extend(now.difference(&before).map(|subject| format!("`{subject}` is drawn and was left out")));
        if told.is_empty() && self.items != again.items {
            told.push("the same members are drawn in another order, or with other ranks".into());
        }
        if told.is_empty() && self.id != again.id {
            told.push(format!("the id is {} and should be {}", self.id, again.id));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(subjects: &[String]) -> Vec<u8> {
        let rows: String = subjects.iter().map(|subject| format!("{subject},pass,r,a,1,,yes\n")).collect();
        format!("subject,outcome,reason,artifact,record,identity,proved\n{rows}").into_bytes()
    }

    fn plan(method: SampleMethod, n: usize) -> Plan {
        Plan { method, n, by: None, allocation: BTreeMap::new(), order: Vec::new(), seed: None }
    }

    fn subjects(drawn: &Drawn) -> Vec<&str> {
        drawn.items.iter().map(|item| item.subject.as_str()).collect()
    }

    #[test]
    fn the_ranks_are_those_of_any_sha256() {
        let population = Population::of_observations("o", &list(&["b".into(), "a".into()]), &[]).unwrap();
        assert_eq!(population.sha256, Digest::of(b"a\nb\n"));
        let drawn = draw(&population, &Plan { seed: Some("7".into()), ..plan(SampleMethod::Random, 1) });
        let (a, b) = (Digest::of(b"7\na").to_string(), Digest::of(b"7\nb").to_string());
        assert_eq!(drawn.items[0].rank, a.clone().min(b.clone()));
        assert_eq!(subjects(&drawn), [if a < b { "a" } else { "b" }]);
    }

    #[test]
    fn the_riskiest_come_first_and_skipped_members_are_not_drawn() {
        let csv = b"subject,outcome,reason,artifact,record,identity,proved\np,pass,r,a,1,,yes\nf,fail,r,a,1,,yes\ns,skip,r,a,1,,yes\nu,unknown,r,a,1,,yes\n";
        let population = Population::of_observations("o", csv, &[]).unwrap();
        assert_eq!(population.len(), 3);
        let drawn = draw(&population, &Plan { order: vec!["outcome".into()], ..plan(SampleMethod::TopRisk, 9) });
        assert_eq!(subjects(&drawn), ["f", "u", "p"]);
        assert_eq!(drawn.notes, ["9 are asked for and the population has 3: all of them are drawn."]);
    }

    proptest! {
        #[test]
        fn order_never_matters_and_a_larger_sample_holds_the_smaller(
            members in prop::collection::btree_set("[a-z]{1,6}", 1..30), n in 0_usize..35, turn in 0_usize..30, seed in "[a-z0-9]{0,8}",
        ) {
            let members: Vec<String> = members.into_iter().collect();
            let mut turned = members.clone();
            turned.rotate_left(turn % members.len());
            let of = |own: &[String]| Population::of_observations("o", &list(own), &[]).unwrap();
            let with = |n| Plan { seed: Some(seed.clone()), ..plan(SampleMethod::Random, n) };
            let drawn = draw(&of(&members), &with(n));
            prop_assert_eq!(&drawn, &draw(&of(&turned), &with(n)));
            prop_assert_eq!(drawn.items.len(), n.min(members.len()));
            let larger = draw(&of(&members), &with(n + 1));
            prop_assert_eq!(&larger.items[..drawn.items.len()], &drawn.items[..]);
            prop_assert!(drawn.differences(&drawn.clone()).is_empty());
        }
    }
}
