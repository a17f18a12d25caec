//! `tickmark init`: a workspace to fill in. What has to be exported comes from the adapters themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal, Write as _};
use std::path::Path;

use super::args::InitArguments;
use super::{Failure, load_controls, settle, terminal};
use crate::base::Diagnostics;
use crate::base::instant::Day;
use crate::catalog::EditionName;
use crate::evidence::Adapter;
use crate::io;
use crate::pipeline::Controls;
use crate::pipeline::workspace::NOTE;

pub fn run(arguments: &InitArguments, overlay: Option<&Path>) -> Result<(), Failure> {
    let target = arguments.folder.join("tickmark.yaml");
    if target.symlink_metadata().is_ok() {
        return Err(Failure::BadInput(format!("`{}` exists already; nothing was written", target.display())));
    }
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    settle(diagnostics)?;
    let mut sources: BTreeMap<&str, Vec<&Adapter>> = BTreeMap::new();
    for adapter in controls.adapters.values() {
        let source = adapter.declared.export.file.split('/').next().unwrap_or_default();
        sources.entry(source).or_default().push(adapter);
    }
    let known: Vec<&str> = sources.keys().copied().collect();
    if let Some(stray) = arguments.sources.iter().find(|source| !known.contains(&source.as_str())) {
        return Err(Failure::BadInput(format!("there is no source `{stray}`; there are {}", known.join(", "))));
    }
    if !arguments.sources.is_empty() {
        sources.retain(|source, _| arguments.sources.iter().any(|chosen| chosen == source));
    }
    check_frameworks(&arguments.frameworks, &controls)?;
    let organisation = needed(&arguments.organisation, "--organisation", "Name of the organisation")?;
    let from = day(&needed(&arguments.from, "--from", "First day of the period, such as 2026-07-01")?)?;
    let to = day(&needed(&arguments.to, "--to", "Last day of the period")?)?;
    let zone = jiff::tz::TimeZone::get(&arguments.zone)
        .map_err(|_| Failure::BadInput(format!("`{}` is no time zone; write an IANA name such as Europe/Copenhagen", arguments.zone)))?;
    if from > to {
        return Err(Failure::BadInput("the period ends before it begins".into()));
    }
    let as_of = to
        .date()
        .at(23, 59, 59, 0)
        .to_zoned(zone)
        .map_err(|error| Failure::BadInput(error.to_string()))?
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string();
    let frameworks = if arguments.frameworks.is_empty() { vec!["owasp-nhi-top10@2025".to_owned()] } else { arguments.frameworks.clone() };
    let text = workspace_file(&organisation, from, to, &as_of, &arguments.zone, &frameworks, &sources);
    for (source, adapters) in &sources {
        let path = arguments.folder.join(source).join(format!("EXPORTS{NOTE}"));
        io::write_file(&path, exports(source, adapters).as_bytes())?;
    }
    io::write_file(&arguments.folder.join("exceptions.yaml"), EXCEPTIONS.as_bytes())?;
    io::write_file(&arguments.folder.join("documents.yaml"), DOCUMENTS.as_bytes())?;
    // Last, so that an interrupted run can simply be repeated.
    io::write_file(&target, text.as_bytes())?;
    terminal::safe_line(&format!("{} was made with {} sources. Next:", arguments.folder.display(), sources.len()));
    let folder = arguments.folder.display();
    terminal::safe_line(&format!("  1. fill in {folder}/tickmark.yaml: scope, systems, people"));
    terminal::safe_line(&format!("  2. make the exports that {folder}/*/EXPORTS{NOTE} describe, and put them into those folders"));
    terminal::safe_line("  3. tickmark evidence add FILE, for each of them");
    terminal::safe_line(&format!(
        "  4. tickmark evidence {folder}, and tickmark evidence requests {folder}: what was understood, and what is still needed"
    ));
    terminal::safe_line(&format!("  5. tickmark pack {folder} --out PACK"));
    Ok(())
}

/// A value that a flag gives, or that is asked for on a terminal.
fn needed(given: &Option<String>, flag: &str, question: &str) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let _ = write!(std::io::stderr(), "{question}: ");
        let mut answer = String::new();
        if std::io::stdin().lock().read_line(&mut answer).is_ok() && !answer.trim().is_empty() {
            return Ok(answer.trim().to_owned());
        }
    }
    Err(Failure::BadInput(format!("{flag} is needed; nothing was written")))
}

fn day(text: &str) -> Result<Day, Failure> {
    Day::parse(text).map_err(|_| Failure::BadInput(format!("`{text}` is no day, such as 2026-07-01")))
}

fn check_frameworks(stated: &[String], controls: &Controls) -> Result<(), Failure> {
    let unknown = stated.iter().find(|name| EditionName::parse(name).is_none_or(|name| !controls.catalogs.editions.contains_key(&name)));
    match unknown {
        None => Ok(()),
        Some(name) => {
            let known: Vec<&str> = controls.catalogs.editions.keys().map(EditionName::as_str).collect();
            Err(Failure::BadInput(format!("there is no catalog `{name}`; there are {}", known.join(", "))))
        }
    }
}

/// A scalar as YAML writes it, quoted where it must be.
fn scalar(text: &str) -> String {
    serde_yaml::to_string(text).map_or_else(|_| String::from("''"), |text| text.trim_end().to_owned())
}

fn workspace_file(
    organisation: &str,
    from: Day,
    to: Day,
    as_of: &str,
    zone: &str,
    frameworks: &[String],
    sources: &BTreeMap<&str, Vec<&Adapter>>,
) -> String {
    let mut text = format!(
        "# One assessment: one organisation, one period. The book's reference lists every key.\n\
         organisation: {}\n\
         # What is assessed, in words: entities, environments, what is left out and why. The report prints it.\n\
         # Who may see the report; it stands on the cover and on every page.\n\
         # classification: Confidential\n\
         scope: To be written before the report is handed over.\n\
         # First and last day, in the zone below.\n\
         period: {{from: {from}, to: {to}}}\n\
         # The instant to judge at. Nothing in Tickmark reads a clock.\n\
         as_of: \"{as_of}\"\n\
         zone: {}\n\
         # Editions in scope; `tickmark catalog list` shows all.\n\
         frameworks:\n",
        scalar(organisation),
        scalar(zone)
    );
    for framework in frameworks {
        let _ = writeln!(text, "  - {framework}");
    }
    text.push_str(
        "# The systems in scope, who answers for each, and the exports without which it counts as not collected.\n\
         # Remove what you do not have; take the # away from what you have. `instance` is the account, tenant or cluster.\n\
         systems: []\n",
    );
    for (source, adapters) in sources {
        let ids: Vec<&str> = adapters.iter().map(|adapter| adapter.id.as_str()).collect();
        let systems: BTreeSet<&str> = adapters.iter().map(|adapter| adapter.system.as_str()).collect();
        let _ = writeln!(
            text,
            "#  - id: {source}\n#    title: {}\n#    owner: Name, team\n#    instance: \"...\"\n#    expects: [{}]",
            systems.into_iter().collect::<Vec<_>>().join(", "),
            ids.join(", ")
        );
    }
    text.push_str(
        "# Which identities are people, as LIKE patterns over their native ids. Everything else counts as a machine identity.\n\
         people: []\n\
         #  - pattern: \"arn:aws:iam::%:user/people/%\"\n\
         #    reason: The path /people/ holds the users of employees.\n\
         # The class or the risk tier of identities, where the rules would say otherwise.\n\
         classes: []\n\
         #  - pattern: \"%:user/svc-settlement-%\"\n\
         #    class: batch\n\
         #    tier: critical\n\
         #    reason: Run at the end of each quarter; on the list of critical functions.\n\
         # Other names of an identity, stated by a person who knows.\n\
         aliases: []\n\
         # Clauses that do not apply, with the reason and who decided.\n\
         not_applicable: []\n\
         # Values of parameters that differ from the defaults, with the reason; for one `class` or `tier` of identities where the parameter allows.\n\
         parameters: []\n",
    );
    text
}

const EXCEPTIONS: &str = "\
# Approved, time-limited departures. They explain deviations and never remove them from a list.
exceptions: []
#  - id: EX-1
#    title: Long-lived key of the ledger import
#    objective: credential-rotation
#    subjects: [the subject, exactly as the report names it]
#    reason: Why it is so.
#    requested_by: Name
#    approved_by: Another name
#    approved_at: \"2026-05-14T10:00:00+02:00\"
#    expires_at: \"2026-12-31T00:00:00+01:00\"
#    compensating_measure: What protects meanwhile.
#    retirement_plan: How and when it ends.
#    milestones:
#      - due: 2026-10-31
#        what: A second identity is in place.
#        done: 2026-10-20
#    # Where a framework asks for a compensating-control worksheet, such as PCI DSS in Appendix C:
#    worksheet:
#      constraints: What keeps the requirement from being met as it is written.
#      definition: What the compensating control is.
#      objective: What the requirement is for, and how the control serves the same end.
#      identified_risk: The further risk that comes from not meeting the requirement.
#      validation: How the control was tested, by whom and when.
#      maintenance: What keeps it working.
#    ticket: SEC-1
";

const DOCUMENTS: &str = "\
# Policies, procedures, minutes, pictures: what no query can read. A document counts where somebody read it and says what it shows.
documents: []
#  - id: DOC-1
#    path: documents/machine-identity-policy.md
#    title: Machine identity policy
#    version: \"3.1\"
#    clauses: [pci-dss@4.0.1 8.1.1]
#    objectives: []
#    approved_by: Name, role
#    approved_at: 2026-02-11
#    review_by: 2027-02-11
#    examinations:
#      - by: Another name
#        on: 2026-09-15
#        result: satisfied
#        because: What the document shows, with the place in it.
";

fn exports(source: &str, adapters: &[&Adapter]) -> String {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = format!(
        "# Exports of {source}\n\nEach file may have any name below this folder: it is recognised by its content. `tickmark evidence add FILE` writes down where\n\
         it came from. This note is not evidence and may be deleted.\n"
    );
    for adapter in adapters {
        let declared = &adapter.declared;
        let _ = writeln!(text, "\n## {}\n\nAdapter `{}`; usual name `{}`.", adapter.title, adapter.id, declared.export.file);
        if let Some(command) = &declared.export.command {
            let _ = writeln!(text, "\n    {}", line(command));
        }
        if let Some(note) = &declared.export.note {
            let _ = writeln!(text, "\n{}", line(note));
        }
        if !declared.quirks.is_empty() {
            text.push('\n');
        }
        for quirk in &declared.quirks {
            let _ = writeln!(text, "- {}", line(quirk));
        }
    }
    text
}
