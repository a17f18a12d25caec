//! Secret values that scanners print into their reports: found where the adapter says, replaced everywhere they show.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use super::adapter::Secret;

/// What stands in the place of a secret. It tells nothing of the value, not even a digest: a weak one could be guessed from it.
pub const MASK: &str = "[masked secret]";

/// Shorter values are masked only in the artifact that declared them: elsewhere they would hit ordinary words.
const SHARED_LENGTH_MIN: usize = 12;

/// Replaces a set of secret values in any text.
#[derive(Debug, Clone, Default)]
pub struct Masker {
    values: BTreeSet<String>,
    automaton: Option<AhoCorasick>,
}

impl Masker {
    /// A masker for exactly these values.
    pub fn new(values: BTreeSet<String>) -> Masker {
        // A value shows in two more forms: escaped as in JSON, and line by line.
        let forms: BTreeSet<String> = values
            .iter()
            .flat_map(|value| {
                let escaped = Value::from(value.as_str()).to_string();
                let escaped = escaped[1..escaped.len() - 1].to_owned();
                let lines = value.lines().map(str::trim).filter(|line| line.len() >= SHARED_LENGTH_MIN).map(str::to_owned);
                [value.clone(), escaped].into_iter().chain(lines.collect::<Vec<_>>())
            })
            .filter(|form| !form.trim().is_empty())
            .collect();
        let automaton = (!forms.is_empty())
            .then(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&forms).expect("plain strings always build"));
        Masker { values, automaton }
    }

    /// The masker for text outside the artifact that declared a value: only values long enough not to be ordinary words.
    pub fn shared(all: impl IntoIterator<Item = String>) -> Masker {
        Masker::new(all.into_iter().filter(|value| value.chars().count() >= SHARED_LENGTH_MIN).collect())
    }

    pub fn apply(&self, text: &str) -> String {
        match &self.automaton {
            Some(automaton) if automaton.is_match(text) => {
                let mut masked = String::with_capacity(text.len());
                automaton.replace_all_with(text, &mut masked, |_, _, into| {
                    into.push_str(MASK);
                    true
                });
                masked
            }
            _ => text.to_owned(),
        }
    }

    pub fn hits(&self, text: &str) -> bool {
        self.automaton.as_ref().is_some_and(|automaton| automaton.is_match(text))
    }

    pub fn values(&self) -> impl Iterator<Item = &String> {
        self.values.iter()
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// The secret values of one document.
pub(super) fn secrets_of(document: &Value, places: &[Secret]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for place in places {
        for node in place.path.iter().flat_map(|path| path.query(document)) {
            collect(node, place, &mut found);
        }
    }
    found
}

fn collect(node: &Value, place: &Secret, found: &mut BTreeSet<String>) {
    match node {
        Value::String(text) => keep(text, place, found),
        Value::Array(items) => items.iter().for_each(|item| collect(item, place, found)),
        Value::Object(entries) => entries.values().for_each(|item| collect(item, place, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Notes a value unless it is empty or an identifier.
pub(super) fn keep(text: &str, place: &Secret, found: &mut BTreeSet<String>) {
    let identifier = place.identifiers.as_ref().is_some_and(|pattern| pattern.is_match(text));
    if !text.trim().is_empty() && !identifier {
        found.insert(text.to_owned());
    }
}

/// Private keys of a PEM bundle.
pub(super) fn private_keys_of(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (start, _) in text.match_indices("-----BEGIN ") {
        let label = text[start + 11..].split("-----").next().unwrap_or_default();
        if !label.ends_with("PRIVATE KEY") {
            continue;
        }
        let body_start = text[start..].find('\n').map_or(text.len(), |at| start + at + 1);
        let body_end = text[body_start..].find("-----END ").map_or(text.len(), |at| body_start + at);
        let body = text[body_start..body_end].trim_end();
        if !body.is_empty() {
            found.insert(body.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secret_is_masked() {
        let masker = Masker::new(["pa\"ss\\word".to_owned(), "line one is long\nline two is long".to_owned()].into());
        let json = serde_json::json!({"a": "x pa\"ss\\word y", "b": "line one is long\nline two is long"}).to_string();
        let masked = masker.apply(&json);
        assert!(!masked.contains("word") && !masked.contains("line one"), "{masked}");
        assert_eq!(masker.apply("  line two is long  "), format!("  {MASK}  "));
    }

    #[test]
    fn short_values_stay_with_their_artifact() {
        let masker = Masker::shared(["password".to_owned(), "averylongsecretvalue".to_owned()]);
        assert_eq!(masker.apply("password averylongsecretvalue"), format!("password {MASK}"));
    }

    #[test]
    fn private_keys_in_a_bundle_are_found() {
        let bundle = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\nSECRETSECRETSECRET\n-----END EC PRIVATE KEY-----\n";
        let masked = Masker::new(private_keys_of(bundle)).apply(bundle);
        assert!(masked.contains("AAAA") && !masked.contains("SECRETSECRET"), "{masked}");
    }
}
