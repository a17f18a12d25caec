//! `tickmark explain`.

use std::path::Path;

use serde_json::json;

use super::args::TextOrJson;
use super::assessed;
use super::catalog::print_json;
use super::{Failure, terminal};
use crate::assessment::Outcome;
use crate::base::Status;
use crate::excerpt::places;
use crate::explain::{Explanation, Held, Link, Moved, PathStep, Row, explain};
use crate::judge::StepKind;

pub fn run(folder: &Path, wanted: &str, rows_max: usize, format: TextOrJson, overlay: Option<&Path>) -> Result<(), Failure> {
    let opened = assessed::open(folder, overlay)?;
    let places = places(&opened.assessment, &[wanted.to_owned()]).map_err(|error| Failure::BadInput(error.to_string()))?;
    for place in places {
        let explanation = explain(&opened.assessment, &opened.assessment.clauses[place]);
        match format {
            TextOrJson::Json => print_json(&json!(explanation)),
            TextOrJson::Text => print(&explanation, rows_max),
        }
    }
    Ok(())
}

fn print(own: &Explanation, rows_max: usize) {
    let label = if own.label.is_empty() { String::new() } else { format!("  {}", own.label) };
    terminal::safe_line(&format!("{} {}{label}", own.framework, own.clause));
    terminal::safe_line(&own.statement);
    terminal::line("");
    match (own.status, &own.result) {
        (Some(status), Some(word)) => terminal::safe_line(&format!("{status} ({word})")),
        (Some(status), None) => terminal::safe_line(&status.to_string()),
        (None, _) => terminal::line("A heading: what stands below it is judged."),
    }
    own.reasons.iter().for_each(|reason| terminal::safe_line(&format!("  {reason}")));
    own.objectives.iter().for_each(|link| print_link(link, rows_max));
    print_path(own);
    print_consequences(&own.moves, &own.held, own);
}

fn print_link(link: &Link, rows_max: usize) {
    terminal::line("");
    terminal::safe_line(&format!("<- {} covers it in {}: {}", link.objective, part(&link.coverage), link.status));
    terminal::safe_line(&format!("   {}", link.statement.trim()));
    link.reasons.iter().for_each(|reason| terminal::safe_line(&format!("   {reason}")));
    if !link.parameters.is_empty() {
        terminal::safe_line(&format!("   by: {}", link.parameters.join(", ")));
    }
    let shown = link.rows.len().min(rows_max);
    link.rows[..shown].iter().for_each(print_row);
    if link.rows.len() > shown {
        terminal::line(&format!("     {} more; --rows shows them", link.rows.len() - shown));
    }
    if !link.evidence.is_empty() {
        let design = if link.span.design.is_empty() { "no state" } else { "a state at an instant" };
        let operation: Vec<String> = link.span.operation.iter().map(|own| format!("{} of {}", own.days.join(", "), own.adapter)).collect();
        let operation = if operation.is_empty() { "nothing over the period".to_owned() } else { operation.join("; ") };
        terminal::safe_line(&format!("   shows: {design} (design), {operation} (operation)"));
    }
    for source in &link.evidence {
        let at = source.collected_at.as_deref().unwrap_or("at no stated time");
        let digest = source.sha256.as_deref().unwrap_or("none");
        terminal::safe_line(&format!("   <- {} {}  collected {at}, {}, sha256 {digest}", source.exhibit, source.path, source.extent));
    }
}

fn part(coverage: &str) -> &str {
    if coverage == "full" { "full" } else { "part" }
}

fn print_row(row: &Row) {
    let word = match (row.outcome, &row.exception) {
        (_, Some(id)) => format!("fail, {id}"),
        (Outcome::Pass, None) => "unproved".to_owned(),
        (outcome, None) => outcome.word().to_owned(),
    };
    terminal::safe_line(&format!("   <- {word:<8} {}", row.subject));
    terminal::safe_line(&format!("               {}", row.reason));
    let exhibit = row.exhibit.as_deref().unwrap_or("stated in");
    terminal::safe_line(&format!("               {exhibit} {} {}", row.artifact, row.record));
}

fn print_path(own: &Explanation) {
    if own.status.is_none() {
        return;
    }
    terminal::line("\nWhat would move it");
    if own.status == Some(Status::Satisfied) {
        terminal::line("  Nothing needs to: it is satisfied.");
    }
    for (index, step) in own.path.iter().enumerate() {
        terminal::safe_line(&format!("  {}. {}: {}", index + 1, step.objective, step.what));
        if step.step == StepKind::EndDeviations.word() {
            let advice = own.objectives.iter().find(|link| link.objective == step.objective).map_or("", |link| link.advice.as_str());
            advice.lines().for_each(|line| terminal::safe_line(format!("     {line}").trim_end()));
        }
        terminal::safe_line(&format!("     {}", leads_to(step)));
    }
    if let Some(limit) = &own.limit {
        terminal::safe_line(&format!("  {limit}"));
    }
}

fn leads_to(step: &PathStep) -> String {
    match (step.objective_then, step.clause_then) {
        (Some(objective), Some(clause)) => format!("then the objective is {objective}, the clause {clause}"),
        (Some(objective), None) => format!("then the objective is {objective}"),
        (None, _) => "then it can be judged".into(),
    }
}

fn print_consequences(moves: &[Moved], held: &[Held], own: &Explanation) {
    if own.path.is_empty() {
        return;
    }
    terminal::line("\nWhat these steps would move besides");
    if moves.is_empty() {
        terminal::line("  No other clause.");
    }
    for moved in moves {
        terminal::safe_line(&format!("  {} {}  {} -> {}  {}", moved.framework, moved.clause, moved.from, moved.to, moved.label));
    }
    if !held.is_empty() {
        terminal::line("\nWhat rests on the same objectives and stays where it is");
    }
    for stays in held {
        let by = if stays.by.is_empty() { "as far as tests bring it".to_owned() } else { format!("held by {}", stays.by.join(", ")) };
        terminal::safe_line(&format!("  {} {}  {}, {by}", stays.framework, stays.clause, stays.status));
    }
}
