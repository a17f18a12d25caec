//! Markdown: a summary for a merge request, and the report with every clause for a pack.
//!
//! Text of the workspace is escaped, so that it formats nothing, links nowhere, and calls nobody.

use std::fmt::Write as _;

use crate::base::Status;
use crate::report::Machine;
use crate::report::machine::{ClauseItem, DeviationItem, GateItem};

/// Clauses in one list of a summary; the rest are counted. Code hosts cut comments off after some 65 000 characters.
const SHOWN_MAX: usize = 40;

/// A bounded summary: how the gate was met, the totals, the clauses to look at first.
pub fn summary(machine: &Machine) -> Vec<u8> {
    let mut page = head(machine);
    if let Some(gate) = &machine.gate {
        page.push_str(&gate_line(machine, gate));
    }
    page.push_str(&totals(machine));
    let breaking: Vec<&ClauseItem> = machine.clauses.iter().filter(|clause| !clause.breaks.is_empty()).collect();
    if machine.gate.is_some() {
        bounded(machine, &mut page, "markdown_breaking", &breaking);
    }
    for (key, status) in [("markdown_not_satisfied", Status::NotSatisfied), ("markdown_partially_satisfied", Status::PartiallySatisfied)] {
        let own: Vec<&ClauseItem> =
            machine.clauses.iter().filter(|clause| clause.status == Some(status) && clause.breaks.is_empty()).collect();
        bounded(machine, &mut page, key, &own);
    }
    page.push_str(&unsaid(machine));
    page.into_bytes()
}

/// Everything: every clause of every edition in the publisher's order, every deviation, every exception.
pub fn report(machine: &Machine) -> Vec<u8> {
    let mut page = head(machine);
    if !machine.scope.is_empty() {
        let _ = writeln!(page, "{}: {}\n", word(machine, "scope"), escaped(&machine.scope));
    }
    if !machine.names_note.is_empty() {
        let _ = writeln!(page, "{}\n", escaped(&machine.names_note));
    }
    page.push_str(&totals(machine));
    for framework in &machine.frameworks {
        let _ = writeln!(page, "## {}\n", escaped(&format!("{} ({})", framework.short_title, framework.id)));
        table_head(&mut page, machine, &["clause", "status", "why", "exhibits"]);
        for clause in machine.clauses.iter().filter(|clause| clause.framework == framework.id) {
            let name = format!("{} {}", clause.id, clause.label);
            let name = if clause.status.is_none() { format!("**{}**", escaped(&name)) } else { escaped(&name) };
            row(&mut page, &[&name, &escaped(&clause.status_label), &escaped(&clause.summary), &clause.exhibits.join(", ")]);
        }
        page.push('\n');
    }
    deviations(&mut page, machine);
    exceptions(&mut page, machine);
    let _ = writeln!(page, "{}: `{}`", word(machine, "root"), machine.root);
    page.into_bytes()
}

fn deviations(page: &mut String, machine: &Machine) {
    let _ = writeln!(page, "## {}\n", word(machine, "markdown_deviations"));
    for objective in &machine.objectives {
        let own: Vec<&DeviationItem> = machine.deviations.iter().filter(|own| *own.objective == *objective.id).collect();
        if own.is_empty() {
            continue;
        }
        let _ =
            writeln!(page, "### {}\n\n{}: {}\n", escaped(&objective.title), escaped(&objective.status_label), escaped(&objective.summary));
        table_head(page, machine, &["subject", "outcome", "observed", "exhibit", "exceptions"]);
        for deviation in own {
            let place = format!("{} {}", deviation.place.exhibit, deviation.place.record);
            let excepted: Vec<String> = deviation.excepted.iter().map(|(framework, id)| format!("{id} ({framework})")).collect();
            row(
                page,
                &[
                    &escaped(&deviation.subject),
                    deviation.outcome,
                    &escaped(&deviation.reason),
                    &escaped(place.trim()),
                    &escaped(&excepted.join(", ")),
                ],
            );
        }
        page.push('\n');
    }
}

fn exceptions(page: &mut String, machine: &Machine) {
    if machine.exceptions.is_empty() {
        return;
    }
    let _ = writeln!(page, "## {}\n", word(machine, "list_exceptions"));
    table_head(page, machine, &["exception", "state", "covers", "reason", "approved_by", "expires_at_utc", "remarks"]);
    for own in &machine.exceptions {
        let name = format!("{} {}", own.id, own.title);
        row(
            page,
            &[
                &escaped(&name),
                &escaped(&own.state),
                &own.covers.to_string(),
                &escaped(&own.reason),
                &escaped(&own.approved_by),
                &escaped(&own.expires_at.written),
                &escaped(&own.remarks.join(" ")),
            ],
        );
    }
    page.push('\n');
}

fn head(machine: &Machine) -> String {
    format!(
        "# {}\n\n{}, {} {} {}. {} {}.\n\n",
        escaped(&machine.title),
        escaped(&machine.organisation),
        machine.period_from,
        word(machine, "to"),
        machine.period_to,
        word(machine, "as_of"),
        escaped(&machine.as_of)
    )
}

fn gate_line(machine: &Machine, gate: &GateItem) -> String {
    let key = if gate.broken == 0 { "markdown_gate_met" } else { "markdown_gate_broken" };
    let total: usize = machine.totals.iter().map(|(_, count)| count).sum();
    let mut line = word(machine, key)
        .replace("{words}", &gate.fail_on.join(", "))
        .replace("{count}", &gate.broken.to_string())
        .replace("{total}", &total.to_string());
    if let Some(at) = &gate.against {
        let _ = write!(line, " {}", word(machine, "markdown_gate_against").replace("{as_of}", &escaped(at)));
    }
    format!("{line}\n\n")
}

fn totals(machine: &Machine) -> String {
    let mut page = String::new();
    let status = |status: Status| word(machine, &format!("status_{}", status.word().replace('-', "_")));
    let mut header = vec![word(machine, "column_framework")];
    header.extend(machine.totals.iter().map(|(own, _)| status(*own)));
    header.push(word(machine, "column_clauses"));
    row(&mut page, &header.iter().map(String::as_str).collect::<Vec<_>>());
    rule(&mut page, header.len());
    for framework in &machine.frameworks {
        let mut cells = vec![escaped(&framework.id)];
        cells.extend(framework.counts.iter().map(|(_, count)| count.to_string()));
        cells.push(framework.clause_total.to_string());
        row(&mut page, &cells.iter().map(String::as_str).collect::<Vec<_>>());
    }
    page.push('\n');
    page
}

fn bounded(machine: &Machine, page: &mut String, key: &str, clauses: &[&ClauseItem]) {
    if clauses.is_empty() {
        return;
    }
    let _ = writeln!(page, "## {} ({})\n", word(machine, key), clauses.len());
    for clause in clauses.iter().take(SHOWN_MAX) {
        let id = escaped(&format!("{} {}", clause.framework, clause.id));
        let moved = moved(machine, clause);
        let _ =
            writeln!(page, "- **{id}** {}. {}: {}{moved}", escaped(&clause.label), escaped(&clause.status_label), escaped(&clause.summary));
    }
    if clauses.len() > SHOWN_MAX {
        let more = word(machine, "markdown_more").replace("{count}", &(clauses.len() - SHOWN_MAX).to_string());
        let _ = writeln!(page, "- {more}");
    }
    page.push('\n');
}

/// How a clause got worse, after a blank; empty where it did not.
fn moved(machine: &Machine, clause: &ClauseItem) -> String {
    let Some(moved) = clause.moved.as_ref().filter(|moved| moved.worse) else { return String::new() };
    match moved.was {
        None => format!(" {}", word(machine, "markdown_added")),
        Some(was) if Some(was) == clause.status => {
            format!(" {}", word(machine, "markdown_started").replace("{count}", &moved.started.to_string()))
        }
        Some(was) => {
            let label = word(machine, &format!("status_{}", was.word().replace('-', "_")));
            format!(" {}", word(machine, "markdown_was").replace("{status}", &label))
        }
    }
}

/// What was not assessed is counted by reason, so that silence is seen.
fn unsaid(machine: &Machine) -> String {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for clause in machine.clauses.iter().filter(|clause| clause.status == Some(Status::NotAssessed)) {
        let code = clause.reasons.iter().find(|reason| reason.code != "proved").map_or("", |reason| reason.code.as_str());
        *counts.entry(code.to_owned()).or_default() += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    let total: usize = counts.values().sum();
    let mut page = format!("## {} ({total})\n\n{}\n\n", word(machine, "status_not_assessed"), word(machine, "markdown_not_assessed"));
    for (code, count) in counts {
        let reason = machine.strings.get(&format!("reason_{}", code.replace('-', "_"))).map_or(code.as_str(), String::as_str);
        let _ = writeln!(page, "- {count}: {}", escaped(reason));
    }
    page
}

fn word(machine: &Machine, key: &str) -> String {
    machine.strings.get(key).cloned().unwrap_or_else(|| key.replace('_', " "))
}

fn table_head(page: &mut String, machine: &Machine, keys: &[&str]) {
    let header: Vec<String> = keys.iter().map(|key| word(machine, &format!("column_{key}"))).collect();
    row(page, &header.iter().map(String::as_str).collect::<Vec<_>>());
    rule(page, keys.len());
}

fn row(page: &mut String, cells: &[&str]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn rule(page: &mut String, columns: usize) {
    let _ = writeln!(page, "|{}", "---|".repeat(columns));
}

/// Text on one line that formats nothing. An empty comment parts what a code host would take for a mention, a reference or an address.
pub fn escaped(text: &str) -> String {
    const PART: &str = "<!-- -->";
    let mut safe = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins_word = !before.is_alphanumeric() && letters.peek().is_some_and(|next| next.is_alphanumeric());
        match letter {
            '\n' | '\r' => safe.push(' '),
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' | '#' | '!' | '$' | '%' | '~' if begins_word => {
                safe.push('\\');
                safe.push(letter);
                safe.push_str(PART);
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => {
                safe.push('\\');
                safe.push(letter);
            }
            ':' if letters.peek() == Some(&'/') => {
                safe.push(':');
                safe.push_str(PART);
            }
            '.' if before.eq_ignore_ascii_case(&'w')
                && safe.len() >= 3
                && safe.as_bytes()[safe.len() - 3..].eq_ignore_ascii_case(b"www") =>
            {
                safe.push_str(PART);
                safe.push('.');
            }
            letter => safe.push(letter),
        }
        before = letter;
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_formats_nothing_links_nowhere_and_calls_nobody() {
        for (text, safe) in [
            ("a|b\nc", "a\\|b c"),
            ("<script>&", "&lt;script&gt;&amp;"),
            ("*b* _i_ `c` [l](u)", "\\*b\\* \\_i\\_ \\`c\\` \\[l\\](u)"),
            ("@everyone", "\\@<!-- -->everyone"),
            ("pci-dss@4.0.1", "pci-dss@4.0.1"),
            ("#12", "\\#<!-- -->12"),
            ("https://x.example", "https:<!-- -->//x.example"),
            ("WWW.x", "WWW<!-- -->.x"),
        ] {
            assert_eq!(escaped(text), safe, "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_what_was_said() {
        for text in ["a*b*c_d", "# x", "<b>", "a | b", "1. x", "svc_ci_deploy", "@a #1 !2 https://x www.x", "\\*", "~~x~~"] {
            let mut shown = String::new();
            let page = format!("x {}", escaped(text));
            for event in pulldown_cmark::Parser::new_ext(&page, pulldown_cmark::Options::all()) {
                match event {
                    pulldown_cmark::Event::Text(text) => shown.push_str(&text),
                    pulldown_cmark::Event::InlineHtml(html) => assert_eq!(&*html, "<!-- -->"),
                    pulldown_cmark::Event::Start(pulldown_cmark::Tag::Paragraph) | pulldown_cmark::Event::End(_) => {}
                    other => panic!("{text}: {other:?}"),
                }
            }
            assert_eq!(shown, format!("x {text}"));
        }
    }
}
