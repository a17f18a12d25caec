//! `tickmark sample`.

use std::collections::BTreeMap;
use std::path::Path;

use super::args::{SampleArguments, SampleFormat};
use super::assessed::{self, Opened};
use super::{Failure, terminal};
use crate::io;
use crate::pipeline::samples::REDRAWN;
use crate::pipeline::sampling::{Drawn, Plan, Population, RISKS, SCHEMA, STRATA, draw};
use crate::render::workbook;
use crate::workspace::{SampleMethod, SamplePopulation};

pub fn run(arguments: &SampleArguments, overlay: Option<&Path>) -> Result<(), Failure> {
    let opened = assessed::open(&arguments.folder, overlay)?;
    match &arguments.verify {
        Some(file) if file.as_os_str() == STATED => verify_stated(&opened),
        Some(file) => verify_file(&opened, file),
        None => new_draw(arguments, &opened),
    }
}

/// What `--verify` without a file stands for.
pub const STATED: &str = "samples.yaml";

fn new_draw(arguments: &SampleArguments, opened: &Opened) -> Result<(), Failure> {
    let population = if arguments.identities { SamplePopulation::Identities } else { SamplePopulation::Observations };
    let population = population_of(opened, population, arguments.objective.as_deref())?;
    let plan = plan(arguments, &population)?;
    write(&draw(&population, &plan), arguments)
}

/// The frozen population, or why there is none.
fn population_of(opened: &Opened, kind: SamplePopulation, objective: Option<&str>) -> Result<Population, Failure> {
    let register = &opened.assessment.register;
    if let Some(id) = objective
        && opened.assessment.objective(id).is_none()
    {
        let known = opened.assessment.objectives.iter().map(|own| own.id.as_str());
        let near = crate::base::diagnostic::nearest(id, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(Failure::BadInput(format!("no clause in scope cites an objective `{id}`{near}")));
    }
    match (kind, objective) {
        (SamplePopulation::Identities, objective) => Ok(Population::of_identities(objective, register)),
        (SamplePopulation::Observations, Some(id)) => {
            let csv = opened.observations.get(id).ok_or_else(|| {
                Failure::BadInput(format!("the objective `{id}` was not tested by a query, so it has no list of members to draw from"))
            })?;
            Population::of_observations(id, csv, register).map_err(|problem| Failure::BadInput(format!("observations/{id}.csv: {problem}")))
        }
        (SamplePopulation::Observations, None) => Err(Failure::BadInput("name what to draw from: --objective ID or --identities".into())),
    }
}

/// The plan that the command line asks for. How many is for the user to say.
fn plan(arguments: &SampleArguments, population: &Population) -> Result<Plan, Failure> {
    let method = arguments.method.method();
    let refuse = |text: String| Err(Failure::BadInput(text));
    let mut plan = Plan { method, n: 0, by: None, allocation: BTreeMap::new(), order: Vec::new(), seed: arguments.seed.clone() };
    if method == SampleMethod::Stratified {
        if !STRATA.contains(&arguments.by.as_str()) {
            return refuse(format!("`{}` makes no strata; one of {} does", arguments.by, STRATA.join(", ")));
        }
        let strata: Vec<String> = population.strata(&arguments.by).iter().map(|(name, size)| format!("{name} ({size})")).collect();
        for stated in &arguments.allocate {
            let Some((stratum, n)) = stated.rsplit_once('=').and_then(|(stratum, n)| Some((stratum, n.parse::<usize>().ok()?))) else {
                return refuse(format!("`{stated}` is no allocation; write it as {}=5", arguments.by.to_uppercase()));
            };
            if !population.strata(&arguments.by).contains_key(stratum) {
                return refuse(format!("there is no stratum `{stratum}`; there are {}", strata.join(", ")));
            }
            plan.allocation.insert(stratum.to_owned(), n);
        }
        if plan.allocation.is_empty() {
            return refuse(format!("say how many to draw from which stratum with --allocate STRATUM=N; there are {}", strata.join(", ")));
        }
        plan.by = Some(arguments.by.clone());
        return Ok(plan);
    }
    let Some(n) = arguments.n.filter(|n| *n > 0) else {
        return refuse("say how many to draw with --n; Tickmark proposes no size".into());
    };
    plan.n = n;
    if method == SampleMethod::TopRisk {
        if let Some(wrong) = arguments.order.iter().find(|key| !RISKS.iter().any(|(own, _)| own == key)) {
            let known: Vec<&str> = RISKS.iter().map(|(own, _)| *own).collect();
            return refuse(format!("`{wrong}` is no order of risk; there are {}", known.join(", ")));
        }
        plan.order.clone_from(&arguments.order);
    }
    Ok(plan)
}

const COLUMNS: [&str; 15] = [
    "Sample",
    "Population",
    "Population SHA-256",
    "Population size",
    "Method",
    "N",
    "Seed",
    "Place",
    "Member",
    "Stratum",
    "Rank",
    "Result",
    "Tester",
    "Date",
    "Workpaper",
];

/// One row for each item, each with everything that the draw rests on; the last four columns are for the tester.
fn rows(drawn: &Drawn) -> Vec<[String; 15]> {
    drawn
        .items
        .iter()
        .map(|item| {
            [
                drawn.id.clone(),
                drawn.file.clone(),
                drawn.population_sha256.clone(),
                drawn.population_size.to_string(),
                method_words(drawn),
                drawn.n.to_string(),
                drawn.seed.clone(),
                item.place.to_string(),
                item.subject.clone(),
                item.stratum.clone().unwrap_or_default(),
                item.rank.clone(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ]
        })
        .collect()
}

fn method_words(drawn: &Drawn) -> String {
    match drawn.method {
        SampleMethod::Random => "random".into(),
        SampleMethod::Stratified => {
            let parts: Vec<String> = drawn.allocation.iter().map(|(stratum, n)| format!("{stratum}={n}")).collect();
            format!("stratified by {}: {}", drawn.by.as_deref().unwrap_or_default(), parts.join(", "))
        }
        SampleMethod::TopRisk => format!("top risk by {}", drawn.order.join(", ")),
    }
}

fn write(drawn: &Drawn, arguments: &SampleArguments) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::CouldNotRun(error.to_string());
    let rows = rows(drawn);
    let cells = || rows.iter().map(|row| row.each_ref().map(String::as_str));
    let bytes = match arguments.format {
        SampleFormat::Table => {
            print(drawn);
            return Ok(());
        }
        SampleFormat::Json => {
            let mut text = serde_json::to_string_pretty(drawn).unwrap_or_default();
            text.push('\n');
            text.into_bytes()
        }
        SampleFormat::Yaml => stanza(drawn).into_bytes(),
        SampleFormat::Csv => workbook::csv(&COLUMNS, cells()).map_err(|error| failed(&error))?,
        SampleFormat::Xlsx => workbook::xlsx("Sample", &COLUMNS, cells()).map_err(|error| failed(&error))?,
    };
    match &arguments.out {
        Some(path) => {
            io::write_file(path, &bytes)?;
            terminal::safe_line(&format!("{} members of the sample {} written to {}", drawn.items.len(), drawn.id, path.display()));
        }
        None => terminal::raw(&String::from_utf8_lossy(&bytes)),
    }
    Ok(())
}

fn print(drawn: &Drawn) {
    for (name, value) in [
        ("sample", drawn.id.clone()),
        ("population", format!("{} members, {}", drawn.population_size, drawn.file)),
        ("its digest", drawn.population_sha256.clone()),
        ("method", method_words(drawn)),
        ("n", drawn.n.to_string()),
        ("seed", drawn.seed.clone()),
        ("rank", drawn.ranking.clone()),
    ] {
        terminal::safe_line(&format!("{name:<12}{value}"));
    }
    for (key, values) in RISKS.iter().filter(|(key, _)| drawn.order.iter().any(|own| own == key)) {
        terminal::line(&format!("{:<12}{key}: {}, anything else", "risk", values.join(", ")));
    }
    for note in &drawn.notes {
        terminal::safe_line(&format!("{:<12}{note}", "note"));
    }
    terminal::line("");
    terminal::table(
        &["Place", "Member", "Stratum", "Rank"],
        drawn.items.iter().map(|item| {
            vec![item.place.to_string(), item.subject.clone(), item.stratum.clone().unwrap_or_default(), item.rank[..16].to_owned()]
        }),
    );
}

/// An entry of `samples.yaml` to fill in.
fn stanza(drawn: &Drawn) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = String::from("samples:\n");
    let mut line = |key: &str, value: String| text.push_str(&format!("    {key}: {value}\n"));
    line("id", quoted(&drawn.id));
    line("population", drawn.population.word().into());
    if let Some(objective) = &drawn.objective {
        line("objective", objective.clone());
    }
    line("population_size", drawn.population_size.to_string());
    line("population_sha256", quoted(&drawn.population_sha256));
    line("method", drawn.method.word().into());
    line("n", drawn.n.to_string());
    if let Some(by) = &drawn.by {
        line("by", by.clone());
        let parts: Vec<String> = drawn.allocation.iter().map(|(stratum, n)| format!("{}: {n}", quoted(stratum))).collect();
        line("allocation", format!("{{{}}}", parts.join(", ")));
    }
    if !drawn.order.is_empty() {
        line("order", format!("[{}]", drawn.order.join(", ")));
    }
    line("seed", quoted(&drawn.seed));
    text.push_str("    # result: passed or failed. An item without a result keeps the objective open.\n    items:\n");
    for item in &drawn.items {
        text.push_str(&format!(
            "      - subject: {}\n        # result:\n        # tester:\n        # on:\n        # workpaper:\n        # because:\n",
            quoted(&item.subject)
        ));
    }
    // The first key of an entry carries its mark.
    text.replacen("    id:", "  - id:", 1)
}

/// Draws again what a file from `--format json`, or a file like samples.yaml, says was drawn.
fn verify_file(opened: &Opened, file: &Path) -> Result<(), Failure> {
    let bytes = io::read_one(file)?;
    let before: Drawn = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::BadInput(format!("`{}` is no draw from `tickmark sample --format json`: {error}", file.display())))?;
    if before.schema != SCHEMA {
        return Err(Failure::BadInput(format!("`{}` has the schema `{}`; this version reads `{SCHEMA}`", file.display(), before.schema)));
    }
    let again = draw(&population_of(opened, before.population, before.objective.as_deref())?, &before.plan());
    let told = before.differences(&again);
    if told.is_empty() {
        terminal::safe_line(&format!(
            "{}: drawn again; the same {} of {} members, in the same order.",
            again.id,
            again.items.len(),
            again.population_size
        ));
        return Ok(());
    }
    told.iter().for_each(|one| terminal::safe_line(&format!("{}: {one}", before.id)));
    Err(Failure::NotVerified(format!("the sample {} is not what is drawn from here", before.id)))
}

/// Draws again every sample of samples.yaml.
fn verify_stated(opened: &Opened) -> Result<(), Failure> {
    let samples = &opened.assessment.samples;
    if samples.is_empty() {
        return Err(Failure::BadInput(
            "there is no samples.yaml here with a sample to draw again; `--verify FILE` takes another draw".into(),
        ));
    }
    for sample in samples {
        let count = |result: &str| sample.items.iter().filter(|item| item.result == result).count();
        let state = if sample.state == REDRAWN { "drawn again".to_owned() } else { format!("NOT drawn again: {}", sample.note) };
        terminal::safe_line(&format!(
            "{}: {state}; {} passed, {} failed, {} open",
            sample.id,
            count("passed"),
            count("failed"),
            count("open")
        ));
        for item in sample.items.iter().filter(|item| item.flaw.is_some()) {
            terminal::safe_line(&format!("  {}: the result does not count: {}", item.subject, item.flaw.as_deref().unwrap_or_default()));
        }
    }
    let broken: Vec<&str> = samples.iter().filter(|sample| sample.state != REDRAWN).map(|sample| sample.id.as_str()).collect();
    if broken.is_empty() { Ok(()) } else { Err(Failure::NotVerified(format!("cannot be drawn again: {}", broken.join(", ")))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Diagnostics;
    use crate::base::yaml::Format;
    use crate::workspace::{Sample, SampleItem, SamplesFile};

    #[test]
    fn the_entry_to_fill_in_is_an_entry_of_samples_yaml() {
        let csv = b"subject,outcome,reason,artifact,record,identity,proved\n\"q\"\"1: x\",pass,r,a,1,,yes\n#b,pass,r,a,1,,yes\n";
        let population = Population::of_observations("o", csv, &[]).unwrap();
        let plans = [
            Plan {
                method: SampleMethod::TopRisk,
                n: 2,
                by: None,
                allocation: BTreeMap::new(),
                order: vec!["outcome".into()],
                seed: Some("1e9".into()),
            },
            Plan {
                method: SampleMethod::Stratified,
                n: 0,
                by: Some("platform".into()),
                allocation: BTreeMap::from([("none".into(), 1)]),
                order: vec![],
                seed: None,
            },
        ];
        for plan in plans {
            let drawn = draw(&population, &plan);
            let mut diagnostics = Diagnostics::default();
            let read = Format::<SamplesFile>::new("samples/invalid").read("samples.yaml", stanza(&drawn).as_bytes(), &mut diagnostics);
            let own: Sample = read.expect("it can be read").value.samples.remove(0);
            assert_eq!(
                (own.id, own.seed, own.n, own.order, own.allocation),
                (drawn.id, drawn.seed, drawn.n, drawn.order, drawn.allocation)
            );
            let items: Vec<SampleItem> = own.items;
            assert_eq!(
                items.iter().map(|item| &item.subject).collect::<Vec<_>>(),
                drawn.items.iter().map(|item| &item.subject).collect::<Vec<_>>()
            );
            assert!(items.iter().all(|item| item.result.is_none()));
        }
    }
}
