//! Finds the names and addresses of people in a workspace, by stated rules.
//!
//! A value is a name because it stands in a column that a table marks as personal, because it has the form of an e-mail address,
//! because it names an identity that the workspace calls a person, or because the workspace states it. Nothing is guessed from its sound.

use std::collections::{BTreeMap, BTreeSet};

use super::{Controls, Workspace};
use crate::assessment::Names;
use crate::base::{Content, Digest, FoundFile};
use crate::engine::Shelf;
use crate::evidence::{ArtifactState, Ledger, PROGRAM, readable_text};

/// How much of each file takes part in the salt: enough that nobody can rebuild it without having the evidence.
const SALT_BYTES_MAX: usize = 64 * 1024;

/// Words that stand where a name would and are none.
const PLACEHOLDERS: [&str; 12] = [
    "n/a",
    "none",
    "unknown",
    "not assigned",
    "not known",
    "not stated",
    "no owner",
    "to be defined",
    "to be assigned",
    "no_information",
    "not_supported",
    "tbd",
];

/// Every name of the workspace with the rules that made it one. With a shelf, those that were found in equal evidence by equal statements
/// are taken from there, and else kept there.
pub fn names(shelf: Option<&Shelf>, controls: &Controls, workspace: &Workspace, ledger: &Ledger, files: &[FoundFile]) -> Names {
    const KEPT: &str = "names.json";
    let stated = &workspace.stated;
    let kept = shelf.zip(ledger.key()).map(|(shelf, tables)| {
        (shelf, Digest::of_canonical(&("names", PROGRAM, tables, &stated.people, &stated.redaction, statements(workspace))))
    });
    let entry = kept.as_ref().and_then(|(shelf, key)| shelf.entry(key)?.bytes(KEPT));
    if let Some((salt, values)) = entry.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Names::new(&salt, &values);
    }
    let (salt, values) = (salt(files), found(controls, workspace, ledger, files));
    if let (Some((shelf, key)), Ok(bytes)) = (kept, serde_json::to_vec(&(&salt, &values))) {
        shelf.keep_file(&key, KEPT, &bytes);
    }
    Names::new(&salt, &values)
}

/// Names, each with the rules that made it one.
type Found = BTreeMap<String, BTreeSet<String>>;

fn found(controls: &Controls, workspace: &Workspace, ledger: &Ledger, files: &[FoundFile]) -> Found {
    let mut finding = Finding { values: BTreeMap::new(), machines: machine_names(ledger) };
    for definition in controls.tables.values() {
        for column in definition.columns.iter().filter(|column| column.personal) {
            let rule = format!("column {}.{}", definition.name, column.name);
            ledger.texts(&definition.name, &[&column.name]).iter().for_each(|text| finding.name(text, &rule));
        }
    }
    finding.people(workspace, ledger);
    statements(workspace).into_iter().for_each(|(value, rule)| finding.name(value, rule));
    let is_copied = |path: &String| {
        let state = ledger.artifacts.get(path).map(|artifact| artifact.state);
        let in_parts = ledger.artifacts.get(path).is_some_and(|artifact| artifact.in_parts);
        !in_parts && matches!(state, Some(ArtifactState::Used | ArtifactState::OutOfPeriod | ArtifactState::Document))
    };
    for file in files.iter().filter(|file| is_copied(&file.path)) {
        let bytes = file.content.as_ref().ok().and_then(|content| content.bytes().ok());
        if let Some(text) = bytes.and_then(|bytes| readable_text(&bytes)) {
            // What stands before an @ may be a password, as in the address of a database: secrets are gone before anything is looked for.
            addresses(&ledger.masked(&file.path, &text)).for_each(|address| finding.address(address));
        }
    }
    finding.values.retain(|value, _| !ledger.masker.hits(value));
    let stated = &workspace.stated.redaction;
    finding.values.retain(|value, _| !stated.keep.iter().any(|kept| kept.to_lowercase() == value.to_lowercase()));
    for value in stated.also.iter().map(|value| value.trim()).filter(|value| !value.is_empty()) {
        finding.values.entry(value.to_owned()).or_default().insert("stated under redaction in tickmark.yaml".into());
    }
    finding.values
}

fn salt(files: &[FoundFile]) -> Digest {
    let mut order: Vec<&FoundFile> = files.iter().collect();
    order.sort_by(|one, two| one.path.cmp(&two.path));
    let mut told = b"tickmark names\n".to_vec();
    for file in order {
        let size = file.content.as_ref().map_or(0, Content::size);
        told.extend_from_slice(format!("{} {size}\n", file.path).as_bytes());
        told.extend(file.content.as_ref().ok().and_then(|content| content.beginning(SALT_BYTES_MAX).ok()).unwrap_or_default());
    }
    Digest::of(&told)
}

struct Finding {
    values: Found,
    /// Ids and names of machine identities, lower-case: an address among them is no person's.
    machines: BTreeSet<String>,
}

impl Finding {
    /// A value that a rule calls a name. A single plain word is taken for a team or a role, not for a person.
    fn name(&mut self, value: &str, rule: &str) {
        let value = value.trim();
        // `Aino Virtanen <aino@x.example>`, as version control writes it.
        if let Some((name, address)) = value.strip_suffix('>').and_then(|value| value.split_once('<')) {
            self.name(name, rule);
            self.name(address, rule);
            return;
        }
        // `Aino Virtanen, Platform`, as people write it; the name also shows alone.
        if let Some((name, _)) = value.split_once(", ") {
            self.name(name, rule);
        }
        let is_plain_word = value.chars().all(char::is_alphabetic);
        let is_placeholder = PLACEHOLDERS.contains(&value.to_lowercase().as_str());
        if value.chars().count() < 3 || is_plain_word || is_placeholder || !value.chars().any(char::is_alphabetic) {
            return;
        }
        if self.machines.contains(&value.to_lowercase()) {
            return;
        }
        self.values.entry(value.to_owned()).or_default().insert(rule.to_owned());
    }

    /// An address, unless it is that of a machine: its own id, or `name@domain` of a machine's name.
    fn address(&mut self, address: &str) {
        let address_lower = address.to_lowercase();
        let account = address_lower.split('@').next().unwrap_or_default();
        if !self.machines.contains(&address_lower) && !self.machines.contains(account) {
            self.values.entry(address.to_owned()).or_default().insert("form of an e-mail address".into());
        }
    }

    /// The identities that the workspace calls people.
    fn people(&mut self, workspace: &Workspace, ledger: &Ledger) {
        for people in &workspace.stated.people {
            let rule = format!("people like {}", people.pattern);
            let Some(pattern) = like(&people.pattern) else { continue };
            ledger.scan("identities", |table| {
                for row in 0..table.len() {
                    let Some(native_id) = table.text(row, "native_id").filter(|id| pattern.is_match(id)) else { continue };
                    let last = native_id.rsplit(['/', ':']).next().unwrap_or(native_id);
                    let names = [Some(last), table.text(row, "name")].into_iter().flatten();
                    for value in names.filter(|value| value.chars().count() >= 3) {
                        self.values.entry(value.to_owned()).or_default().insert(rule.clone());
                    }
                }
            });
        }
    }
}

/// What the workspace states where the name of a person stands, with the rule that says so.
fn statements(workspace: &Workspace) -> Vec<(&str, &'static str)> {
    let stated = &workspace.stated;
    let mut found: Vec<(&str, &'static str)> = Vec::new();
    let mut name = |value, rule| found.push((value, rule));
    stated.systems.iter().for_each(|system| name(&system.owner, "owner of a system in tickmark.yaml"));
    stated.not_applicable.iter().for_each(|own| name(&own.decided_by, "decided_by in tickmark.yaml"));
    for exception in &workspace.exceptions {
        name(&exception.requested_by, "requested_by in exceptions.yaml");
        name(&exception.approved_by, "approved_by in exceptions.yaml");
    }
    for document in &workspace.documents {
        document.approved_by.iter().for_each(|own| name(own, "approved_by in documents.yaml"));
        document.examinations.iter().for_each(|own| name(&own.by, "examinations in documents.yaml"));
    }
    for tester in workspace.samples.iter().flat_map(|sample| &sample.items).filter_map(|item| item.tester.as_ref()) {
        name(tester, "tester in samples.yaml");
    }
    let profile = &workspace.profile;
    let owners = profile.clauses.iter().filter_map(|own| own.owner.as_ref()).chain(profile.plan.iter().map(|own| &own.owner));
    owners.for_each(|own| name(own, "owner in profile.yaml"));
    for meta in workspace.metas.values() {
        meta.collector.iter().for_each(|own| name(own, "collector of an artifact"));
    }
    found
}

fn machine_names(ledger: &Ledger) -> BTreeSet<String> {
    ledger.texts("machine_identities", &["native_id", "name"]).iter().map(|text| text.to_lowercase()).collect()
}

/// An SQL LIKE pattern as an expression.
fn like(pattern: &str) -> Option<regex::Regex> {
    let body: String = pattern
        .chars()
        .map(|c| match c {
            '%' => ".*".to_owned(),
            '_' => ".".to_owned(),
            other => regex::escape(&other.to_string()),
        })
        .collect();
    regex::Regex::new(&format!("(?s)^{body}$")).ok()
}

/// Everything of the form of an e-mail address with a dot in its domain.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let local = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-'".contains(&byte);
    let domain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let bytes = text.as_bytes();
    text.match_indices('@').filter_map(move |(at, _)| {
        let start = at - bytes[..at].iter().rev().take(64).take_while(|byte| local(**byte)).count();
        let end = at + 1 + bytes[at + 1..].iter().take(253).take_while(|byte| domain(**byte)).count();
        let address = text[start..end].trim_matches(['.', '-', '\'']);
        let (name, host) = address.split_once('@')?;
        let top = host.rsplit_once('.')?.1;
        (!name.is_empty() && !host.starts_with('.') && top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic()))
            .then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_by_their_form() {
        let text = "Mail <ann.b@x.example>, 'c+d@y.example'. Not: @z, git@host, a@1.2.3.4, x@.example.";
        assert_eq!(addresses(text).collect::<Vec<_>>(), ["ann.b@x.example", "c+d@y.example"]);
    }

    #[test]
    fn a_team_is_no_person_and_a_person_with_a_team_is() {
        let mut finding = Finding { values: BTreeMap::new(), machines: BTreeSet::from(["svc@x.example".to_owned()]) };
        for value in [
            "platform",
            "Aino Virtanen, Platform",
            "Ø",
            "unknown",
            "not assigned",
            "Bo Ek <bo@x.example>",
            "svc@x.example",
            "12-34",
            "j.berg",
        ] {
            finding.name(value, "test");
        }
        let found: Vec<&str> = finding.values.keys().map(String::as_str).collect();
        assert_eq!(found, ["Aino Virtanen", "Aino Virtanen, Platform", "Bo Ek", "bo@x.example", "j.berg"]);
    }
}
