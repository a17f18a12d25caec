//! The samples of a workspace: checked as statements, drawn again, and weighed as they bear on an objective.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::sampling::{self, Population, RISKS, STRATA};
use super::{Controls, Workspace};
use crate::assessment::{Names, RegisterRecord, SampleItemRecord, SampleRecord, defused};
use crate::base::instant::Day;
use crate::base::yaml::Located;
use crate::base::{Diagnostics, Digest};
use crate::evidence::Ledger;
use crate::judge::{Draw, DrawnItem, ItemResult};
use crate::workspace::{Sample, SampleItem, SampleMethod, SamplePopulation, SampleResult, SamplesFile};

/// Every name in `samples.yaml` must exist, and every draw must say enough to be drawn again.
pub fn check_samples(file: &Located<SamplesFile>, controls: &Controls, diagnostics: &mut Diagnostics) -> Vec<Sample> {
    let mut ids = BTreeSet::new();
    for (index, sample) in file.value.samples.iter().enumerate() {
        let at = |key: &str| format!("/samples/{index}/{key}");
        if !ids.insert(&sample.id) {
            diagnostics.push(file.error(&at("id"), "samples/duplicate", format!("the sample {} stands twice", sample.id)));
        }
        if let Some(objective) = &sample.objective
            && !controls.catalogs.objectives.contains_key(objective)
        {
            diagnostics.push(
                file.error(&at("objective"), "samples/unknown-objective", format!("there is no objective `{objective}`"))
                    .suggest(objective, controls.catalogs.objectives.keys().map(String::as_str)),
            );
        }
        if sample.objective.is_none() && sample.population == SamplePopulation::Observations {
            diagnostics.push(file.error(
                &format!("/samples/{index}"),
                "samples/no-objective",
                "observations are those of an objective; name it",
            ));
        }
        if Digest::parse(&sample.population_sha256).is_none() {
            diagnostics.push(file.error(
                &at("population_sha256"),
                "samples/digest",
                format!("`{}` is no SHA-256; `tickmark sample` prints it", sample.population_sha256),
            ));
        }
        check_method(file, index, sample, diagnostics);
        let mut subjects = BTreeSet::new();
        for (place, item) in sample.items.iter().enumerate() {
            if !subjects.insert(&item.subject) {
                diagnostics.push(file.error(
                    &at(&format!("items/{place}/subject")),
                    "samples/duplicate",
                    format!("`{}` stands twice in the sample {}", item.subject, sample.id),
                ));
            }
        }
    }
    file.value.samples.clone()
}

fn check_method(file: &Located<SamplesFile>, index: usize, sample: &Sample, diagnostics: &mut Diagnostics) {
    let at = |key: &str| format!("/samples/{index}/{key}");
    if let Some(by) = sample.by.as_ref().filter(|by| !STRATA.contains(&by.as_str())) {
        diagnostics.push(file.error(&at("by"), "samples/method", format!("`{by}` makes no strata")).suggest(by, STRATA));
    }
    for (place, key) in sample.order.iter().enumerate() {
        if !RISKS.iter().any(|(own, _)| own == key) {
            diagnostics.push(
                file.error(&at(&format!("order/{place}")), "samples/method", format!("`{key}` is no order of risk"))
                    .suggest(key, RISKS.iter().map(|(own, _)| *own)),
            );
        }
    }
    let lacks = match sample.method {
        SampleMethod::Random => sample.n == 0,
        SampleMethod::Stratified => sample.by.is_none() || sample.allocation.is_empty(),
        SampleMethod::TopRisk => sample.n == 0 || sample.order.is_empty(),
    };
    if lacks {
        diagnostics.push(
            file.error(&at("method"), "samples/method", format!("a draw by the method `{}` says more", sample.method.word()))
                .help("random: n; stratified: by and allocation; top-risk: n and order"),
        );
    }
}

/// The samples of a workspace against the populations that there are now.
pub struct Samples<'a> {
    workspace: &'a Workspace,
    register: &'a [RegisterRecord],
    /// The day of `as_of` in the workspace's zone.
    today: Option<Day>,
}

impl<'a> Samples<'a> {
    pub fn new(workspace: &'a Workspace, register: &'a [RegisterRecord]) -> Samples<'a> {
        let zone = TimeZone::get(&workspace.stated.zone).ok();
        Samples { workspace, register, today: zone.and_then(|zone| Day::of_micros(workspace.frame.as_of, &zone)) }
    }

    pub fn on_objective<'b>(&'b self, id: &'b str) -> impl Iterator<Item = &'b Sample> {
        self.workspace.samples.iter().filter(move |sample| sample.objective.as_deref() == Some(id))
    }

    /// The draws that bear on an objective, whose list of observations is `csv`; none where nothing was tested.
    pub fn draws(&self, objective: &str, csv: Option<&[u8]>) -> Vec<Draw> {
        self.on_objective(objective)
            .map(|sample| {
                let weighed = self.weighed(sample, csv);
                Draw {
                    id: sample.id.clone(),
                    flaw: (weighed.state != REDRAWN).then(|| weighed.note.clone()),
                    items: weighed.items.iter().map(drawn_item).collect(),
                }
            })
            .collect()
    }

    /// The kept record of all samples, in their stated order. `lists` are the lists of observations by objective.
    pub fn records(&self, lists: &BTreeMap<String, Vec<u8>>, ledger: &Ledger, names: &Names) -> Vec<SampleRecord> {
        self.workspace
            .samples
            .iter()
            .map(|sample| {
                let list = sample.objective.as_ref().and_then(|objective| lists.get(objective)).map(Vec::as_slice);
                let Weighed { state, note, items } = self.weighed(sample, list);
                let masked = |item: SampleItemRecord| SampleItemRecord {
                    because: item.because.map(|text| ledger.masker.apply(&text)),
                    workpaper: item.workpaper.map(|text| ledger.masker.apply(&text)),
                    ..item
                };
                SampleRecord {
                    id: sample.id.clone(),
                    objective: sample.objective.clone(),
                    population: sample.population.word().into(),
                    population_size: sample.population_size,
                    population_sha256: sample.population_sha256.clone(),
                    method: sample.method.word().into(),
                    n: sample.n,
                    by: sample.by.clone(),
                    allocation: sample.allocation.clone(),
                    order: sample.order.clone(),
                    seed: sample.seed.clone(),
                    state: state.into(),
                    note,
                    items: items.into_iter().map(masked).collect(),
                    digest: names.digest_of(sample),
                }
            })
            .collect()
    }

    /// Draws again, and joins the results with the items.
    fn weighed(&self, sample: &Sample, csv: Option<&[u8]>) -> Weighed {
        let population = match sample.population {
            SamplePopulation::Identities => Ok(Population::of_identities(sample.objective.as_deref(), self.register)),
            SamplePopulation::Observations => {
                let objective = sample.objective.as_deref().unwrap_or_default();
                csv.ok_or_else(|| "the objective was not tested, so there is no population".to_owned())
                    .and_then(|csv| Population::of_observations(objective, csv, self.register))
            }
        };
        let problem = match &population {
            Err(problem) => Some(format!("{problem}.")),
            Ok(now) if now.sha256.as_str() != sample.population_sha256 => Some(format!(
                "it was drawn from another population; there were {} members, now there are {}.",
                sample.population_size,
                now.len()
            )),
            Ok(_) => None,
        };
        let drawn = match (&population, problem) {
            (Ok(population), None) => sampling::draw(population, &plan_of(sample)),
            (_, problem) => {
                let note = problem.unwrap_or_default();
                let items = sample.items.iter().map(|item| self.joined(&item.subject, None, Some(item))).collect();
                return Weighed { state: "other-population", note, items };
            }
        };
        let stated = |subject: &str| sample.items.iter().find(|item| defused(&item.subject) == subject || item.subject == subject);
        let mut items: Vec<SampleItemRecord> =
            drawn.items.iter().map(|item| self.joined(&item.subject, item.stratum.clone(), stated(&item.subject))).collect();
        let strangers: Vec<&SampleItem> = sample
            .items
            .iter()
            .filter(|item| !drawn.items.iter().any(|own| own.subject == item.subject || own.subject == defused(&item.subject)))
            .collect();
        let count = strangers.len();
        items.extend(strangers.into_iter().map(|item| {
            let own = self.joined(&item.subject, None, Some(item));
            let flaw = if own.result == "failed" { None } else { Some("it was not drawn".to_owned()) };
            SampleItemRecord { result: if flaw.is_some() { "open".into() } else { own.result }, flaw, ..own }
        }));
        match count {
            0 => Weighed { state: REDRAWN, note: String::new(), items },
            _ => Weighed { state: "other-items", note: format!("{count} of the items that it names are not drawn."), items },
        }
    }

    fn joined(&self, subject: &str, stratum: Option<String>, item: Option<&SampleItem>) -> SampleItemRecord {
        let flaw = item.filter(|item| item.result == Some(SampleResult::Passed)).and_then(|item| self.flaw(item));
        let result = match item.and_then(|item| item.result) {
            Some(SampleResult::Failed) => "failed",
            Some(SampleResult::Passed) if flaw.is_none() => "passed",
            Some(SampleResult::Passed) | None => "open",
        };
        let text = |value: Option<&String>| value.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        SampleItemRecord {
            subject: subject.to_owned(),
            stratum,
            result: result.into(),
            tester: text(item.and_then(|item| item.tester.as_ref())),
            on: item.and_then(|item| item.on).map(|day| day.to_string()),
            workpaper: text(item.and_then(|item| item.workpaper.as_ref())),
            because: text(item.and_then(|item| item.because.as_ref())),
            flaw,
        }
    }

    /// Why a good result cannot count.
    fn flaw(&self, item: &SampleItem) -> Option<String> {
        if item.tester.as_ref().is_none_or(|tester| tester.trim().is_empty()) {
            return Some("nobody says who tested it".into());
        }
        match item.on {
            None => Some("nobody says when it was tested".into()),
            Some(on) if on < self.workspace.stated.period.from => Some("it was tested before the period began".into()),
            Some(on) if self.today.is_none_or(|today| on > today) => Some("it was tested after the instant of judgement".into()),
            Some(_) => None,
        }
    }
}

/// The state of a draw that can be made again.
pub const REDRAWN: &str = "redrawn";

struct Weighed {
    state: &'static str,
    note: String,
    items: Vec<SampleItemRecord>,
}

fn drawn_item(item: &SampleItemRecord) -> DrawnItem {
    let result = match item.result.as_str() {
        "passed" => ItemResult::Passed,
        "failed" => ItemResult::Failed,
        _ => ItemResult::Open,
    };
    DrawnItem { subject: item.subject.clone(), result }
}

fn plan_of(sample: &Sample) -> sampling::Plan {
    sampling::Plan {
        method: sample.method,
        n: sample.n,
        by: sample.by.clone(),
        allocation: sample.allocation.clone(),
        order: sample.order.clone(),
        seed: Some(sample.seed.clone()),
    }
}
