//! Runs the cases of every objective: what the check sees and what is concluded must be what its author wrote down.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::Controls;
use crate::base::yaml::{Format, Located};
use crate::base::{Diagnostics, Instant};
use crate::catalog::Objective;
use crate::checks::cases::{Case, CasesFile, Shows, tables_of};
use crate::checks::{self, Kinds, Said, Times, Values, Whom};
use crate::engine::{Parameter, Parameters};
use crate::evidence::tables;
use crate::judge::{self, Evidence, Freshness, Reliance};

const DAY_MICROS: i64 = 86_400_000_000;

/// Runs the cases of the tested objectives that `chosen` accepts. Returns how many ran; what does not hold is in `diagnostics`.
pub fn run_cases(controls: &Controls, chosen: impl Fn(&str) -> bool, diagnostics: &mut Diagnostics) -> usize {
    let format = Format::<CasesFile>::new("cases/invalid");
    let tested: Vec<&Objective> =
        controls.catalogs.objectives.values().filter(|objective| objective.check.is_some() && chosen(&objective.id)).collect();
    // Side by side, but told in the order of the objectives.
    let outcomes: Vec<(usize, Diagnostics)> = tested
        .par_iter()
        .map(|objective| {
            let mut found = Diagnostics::default();
            (run_cases_of(controls, objective, &format, &mut found), found)
        })
        .collect();
    let mut count = 0;
    for (own, found) in outcomes {
        count += own;
        diagnostics.extend(found);
    }
    count
}

fn run_cases_of(controls: &Controls, objective: &Objective, format: &Format<CasesFile>, diagnostics: &mut Diagnostics) -> usize {
    let path = format!("objectives/{}/cases.yaml", objective.id);
    let Some(bytes) = controls.source.get(&path) else {
        diagnostics.push(
            crate::base::Diagnostic::error("cases/missing", &path, "an objective that is tested has cases")
                .help("show a pass, a fail, an empty population and stale evidence"),
        );
        return 0;
    };
    let Some(file) = format.read(&path, bytes, diagnostics) else { return 0 };
    let shown: BTreeSet<Shows> = file.value.cases.iter().map(|case| case.shows).collect();
    for wanted in [Shows::Pass, Shows::Fail, Shows::Empty, Shows::Stale] {
        if !shown.contains(&wanted) {
            diagnostics.push(file.error("/cases", "cases/incomplete", format!("no case shows {wanted:?}")));
        }
    }
    try_by_class(controls, objective, diagnostics);
    for index in 0..file.value.cases.len() {
        run_case(controls, objective, &file, index, diagnostics);
    }
    file.value.cases.len()
}

fn try_by_class(controls: &Controls, objective: &Objective, diagnostics: &mut Diagnostics) {
    let empty = controls.tables.iter().map(|(name, definition)| (name.clone(), definition.empty())).collect();
    let times = Times { as_of: 0, period_from: 0, period_to: 0 };
    checks::try_by_class(&checks::engine_over(&empty), objective, &Kinds::of(&controls.tables), times, diagnostics);
}

fn run_case(controls: &Controls, objective: &Objective, file: &Located<CasesFile>, index: usize, diagnostics: &mut Diagnostics) {
    let case = &file.value.cases[index];
    let pointer = format!("/cases/{index}");
    let times = times_of(case);
    let tables = tables_of(file, index, &controls.tables, diagnostics);
    let engine = checks::engine_over(&tables);
    let instants = Parameters::from([
        ("as_of".to_owned(), Parameter::Instant(times.as_of)),
        ("period_from".to_owned(), Parameter::Instant(times.period_from)),
        ("period_to".to_owned(), Parameter::Instant(times.period_to)),
    ]);
    let query = objective.check.as_ref().map_or("", |check| &check.text);
    tables::derive(&engine, &controls.tables, &instants, tables::Request::NamedIn(query), diagnostics, |_| {});
    let values = values_of(controls, objective, file, index, diagnostics);
    let Some(mut observations) = checks::run(&engine, objective, &values, times, diagnostics) else {
        return;
    };
    let evidence = match reliances_of(case, objective) {
        Err(missing) => Evidence::Missing { tables: missing },
        Ok(reliances) => {
            judge::weigh(&mut observations, &reliances, &judge::STATEMENTS);
            Evidence::Observed { seen: observations.iter().cloned().collect(), reliances, not_collected: vec![] }
        }
    };
    let outcomes: BTreeMap<_, _> = observations.iter().map(|observation| (observation.subject.clone(), observation.outcome)).collect();
    if outcomes != case.expect.outcomes {
        let seen =
            observations.iter().map(|o| format!("{}: {} ({})", o.subject, o.outcome.word(), o.reason)).collect::<Vec<_>>().join("; ");
        diagnostics.push(
            file.error(
                &format!("{pointer}/expect/outcomes"),
                "cases/outcome",
                format!("case `{}`: the check sees something else", case.name),
            )
            .help(format!("seen: {}", if seen.is_empty() { "nobody".into() } else { seen })),
        );
    }
    let contradicted: BTreeSet<&str> = observations.iter().filter(|own| own.contradicted).map(|own| own.subject.as_str()).collect();
    if contradicted != case.expect.contradicted.iter().map(String::as_str).collect() {
        diagnostics.push(
            file.error(
                &format!("{pointer}/expect/{}", if case.expect.contradicted.is_empty() { "outcomes" } else { "contradicted" }),
                "cases/contradicted",
                format!("case `{}`: the sources contradict each other of other subjects", case.name),
            )
            .help(format!("of: {}", contradicted.into_iter().collect::<Vec<_>>().join(", "))),
        );
    }
    let finding = judge::conclude(&objective.id, &evidence, objective.empty_population.as_ref(), &BTreeMap::new());
    if finding.status != case.expect.status {
        let why = finding.reasons.iter().map(|reason| reason.text.clone()).collect::<Vec<_>>().join(" ");
        diagnostics.push(
            file.error(&format!("{pointer}/expect/status"), "cases/status", format!("case `{}`: concluded {}", case.name, finding.status))
                .help(why),
        );
    }
}

/// The parameters of a case; names that do not exist and values that are not allowed are diagnostics.
fn values_of(controls: &Controls, objective: &Objective, file: &Located<CasesFile>, index: usize, diagnostics: &mut Diagnostics) -> Values {
    let case = &file.value.cases[index];
    let kinds = Kinds::of(&controls.tables);
    let general = case.parameters.iter().map(|(name, value)| (format!("parameters/{name}"), name, Whom::default(), value));
    let particular =
        case.by_class.iter().enumerate().map(|(at, own)| {
            (format!("by_class/{at}"), &own.parameter, Whom { class: own.class.clone(), tier: own.tier.clone() }, &own.value)
        });
    let mut values = Values::new(objective, &BTreeMap::new(), kinds);
    for (place, name, whom, value) in general.chain(particular) {
        let place = format!("/cases/{index}/{place}");
        let Some(parameter) = objective.parameters.iter().find(|parameter| parameter.name == *name) else {
            diagnostics.push(
                file.error(&place, "cases/parameter", format!("the objective has no parameter `{name}`"))
                    .suggest(name, objective.parameters.iter().map(|parameter| parameter.name.as_str())),
            );
            continue;
        };
        match parameter.refusal(value).or_else(|| super::classes::refusal(parameter, &whom, &values.kinds)) {
            Some(refusal) => diagnostics.push(file.error(&place, "cases/parameter", refusal)),
            None => {
                let said = Said { whom, value: value.clone(), source: String::new(), reason: Some("the case states it".into()) };
                values.by_name.entry(name.clone()).and_modify(|in_force| in_force.state(said));
            }
        }
    }
    values
}

fn times_of(case: &Case) -> Times {
    let as_of = case.as_of.micros();
    Times { as_of, period_from: case.period_from.as_ref().map_or(as_of - 90 * DAY_MICROS, Instant::micros), period_to: as_of }
}

/// The artifacts of a case as judgement sees them, or the required tables that none of them feeds.
fn reliances_of(case: &Case, objective: &Objective) -> Result<Vec<Reliance>, Vec<String>> {
    let Some(artifacts) = &case.artifacts else {
        return Ok(vec![Reliance { path: "a".into(), freshness: Freshness::Fresh, extent: judge::Extent::Complete, rejected: 0 }]);
    };
    let feeds = |table: &String| artifacts.iter().any(|artifact| artifact.feeds.as_ref().is_none_or(|feeds| feeds.contains(table)));
    let missing: Vec<String> = objective.requires.iter().filter(|table| !feeds(table)).cloned().collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    Ok(artifacts
        .iter()
        .map(|artifact| Reliance {
            path: artifact.path.clone(),
            freshness: super::testing::freshness(artifact.collected_at.as_ref(), &case.as_of, objective.freshness_days_max),
            extent: super::testing::extent(artifact.extent),
            rejected: 0,
        })
        .collect())
}
