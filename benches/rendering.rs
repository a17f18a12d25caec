//! One job of rendering, with its time and its peak memory, for `benches/rendering.py`, which compares. Not a test.
//!
//! `rendering <assessment.json> <job> [templates]`; jobs: `html`, `machine`, `pdf`, `pdf-all` with every row on a page, and `view-all`, which prints
//! the view model that `pdf-all` lays out; `pdf-all:100000` and the like take so many deviations. The assessment is made larger first: its
//! deviations are repeated under other names.

use std::time::Instant;

use tickmark::assessment::{Assessment, Outcome};
use tickmark::base::Diagnostics;
use tickmark::io;
use tickmark::pipeline::machine_files;
use tickmark::render::{html, pdf};
use tickmark::report::{Limits, Wording, build, build_within, machine};

const CLAUSES: usize = 120;
const FINDINGS: usize = 19_110;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time and takes arguments")]
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|own| own != "--bench").collect();
    let ([path, job] | [path, job, _]) = arguments.as_slice() else {
        println!("python3 benches/rendering.py runs this with an assessment");
        return;
    };
    let text = std::fs::read(path).expect("the assessment can be read");
    let (job, findings) = match job.split_once(':') {
        Some((job, findings)) => (job, findings.parse().expect("a number of deviations")),
        None => (job.as_str(), FINDINGS),
    };
    let assessment = enlarged(serde_json::from_slice(&text).expect("an assessment"), findings);
    let record = tickmark::assessment::written::bytes(&assessment);
    let mut templates = io::embedded_templates();
    if let Some(own) = arguments.get(2) {
        templates.overlay(io::read_tree(std::path::Path::new(own)).expect("the templates can be read"));
    }
    let wording = Wording::load(&templates, "en", &mut Diagnostics::default());
    // Repeated deviations have the same reasons: brought together they would be a few rows, as in no real report.
    let all = Limits { clause_rows: 6, objective_rows: usize::MAX, grouped: false };
    let started = Instant::now();
    let bytes = match job {
        "html" => html::render(&build(&assessment, &wording), &templates).expect("it renders").len(),
        "machine" => machine_files(machine(&assessment, &wording, None)).expect("it renders").values().map(Vec::len).sum(),
        "pdf" => pdf::render(&build(&assessment, &wording), &record, &templates, &[]).expect("it renders").bytes.len(),
        "pdf-all" => {
            let made = pdf::render(&build_within(&assessment, &wording, all), &record, &templates, &[]).expect("it renders").bytes;
            std::fs::write(format!("{path}.pdf"), &made).expect("it can be written");
            made.len()
        }
        "view-all" => {
            println!("{}", serde_json::to_string(&build_within(&assessment, &wording, all)).expect("plain data"));
            return;
        }
        other => panic!("no job `{other}`"),
    };
    let seconds = started.elapsed().as_secs_f64();
    println!("{}", serde_json::json!({"seconds": seconds, "peak_mib": peak_mib(), "bytes": bytes}));
}

/// The first clauses of the frameworks that have the most to say, and as many deviations as asked for.
fn enlarged(mut assessment: Assessment, findings: usize) -> Assessment {
    let editions: Vec<String> =
        assessment.frameworks.iter().map(|own| own.framework.clone()).filter(|own| !own.starts_with("pci")).collect();
    let mut kept = 0;
    assessment = assessment.restricted(&editions);
    assessment.clauses.retain(|clause| {
        kept += usize::from(clause.status.is_some());
        clause.status.is_none() || kept <= CLAUSES
    });
    let seeds: Vec<usize> =
        (0..assessment.objectives.len()).filter(|place| !assessment.objectives[*place].observations.is_empty()).collect();
    for objective in &mut assessment.objectives {
        objective.tally.passed += objective.tally.unknown;
        objective.tally.unknown = 0;
        objective.observations.retain(|seen| seen.outcome == Outcome::Fail);
    }
    let seeds: Vec<usize> = seeds.into_iter().filter(|place| !assessment.objectives[*place].observations.is_empty()).collect();
    let mut total: usize = assessment.objectives.iter().map(|own| own.observations.len()).sum();
    let originals: Vec<_> = seeds.iter().map(|place| assessment.objectives[*place].observations.clone()).collect();
    for round in 1.. {
        for (place, own) in seeds.iter().zip(&originals) {
            for seen in own {
                if total == findings {
                    return assessment;
                }
                let mut copy = seen.clone();
                copy.subject = format!("{} {round}", seen.subject);
                assessment.objectives[*place].observations.push(copy);
                assessment.objectives[*place].tally.failed += 1;
                assessment.objectives[*place].tally.population += 1;
                total += 1;
            }
        }
    }
    assessment
}

/// The high-water mark that the system shows.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
