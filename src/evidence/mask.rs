//! Secret values that scanners print into their reports: found where the adapter says, replaced everywhere they show.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use super::adapter::Secret;

/// What stands in the place of a secret. It tells nothing of the value, not even a digest: a weak one could be guessed from it.
pub const MASK: &str = "[masked secret]";

/// Shorter values are masked only in the artifact that declared them: elsewhere they would hit ordinary words.
const SHARED_LENGTH_MIN: usize = 12;
/// Shorter values are masked only where they are a whole cell or a whole quoted text.
const INNER_LENGTH_MIN: usize = 8;

/// Replaces a set of secret values in any text.
#[derive(Debug, Clone, Default)]
pub struct Masker {
    values: BTreeSet<String>,
    automaton: Option<AhoCorasick>,
}

impl Masker {
    /// A masker for exactly these values.
    pub fn new(values: BTreeSet<String>) -> Masker {
        let forms: BTreeSet<String> = values.iter().flat_map(|value| forms(value)).collect();
        let automaton = (!forms.is_empty())
            .then(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&forms).expect("plain strings always build"));
        Masker { values, automaton }
    }

    /// The masker for text outside the artifact that declared a value: only values long enough not to be ordinary words.
    pub fn shared(all: impl IntoIterator<Item = String>) -> Masker {
        Masker::new(all.into_iter().filter(|value| value.chars().count() >= SHARED_LENGTH_MIN).collect())
    }

    pub fn apply(&self, text: &str) -> String {
        if self.values.contains(text) {
            return MASK.to_owned();
        }
        match &self.automaton {
            Some(automaton) if automaton.is_match(text) => {
                let mut masked = String::with_capacity(text.len());
                automaton.replace_all_with(text, &mut masked, |_, found, into| {
                    let quote = if found.len() > 1 && found.starts_with('"') && found.ends_with('"') { "\"" } else { "" };
                    into.push_str(quote);
                    into.push_str(MASK);
                    into.push_str(quote);
                    true
                });
                masked
            }
            _ => text.to_owned(),
        }
    }

    /// The same for text that nobody else needs: nothing is copied where nothing is to be masked.
    pub fn applied(&self, text: String) -> String {
        if self.hits(&text) { self.apply(&text) } else { text }
    }

    pub fn hits(&self, text: &str) -> bool {
        self.values.contains(text) || self.automaton.as_ref().is_some_and(|automaton| automaton.is_match(text))
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

/// How a value shows in text: as it is, and escaped as in JSON; a short one only between quotes.
fn forms(value: &str) -> Vec<String> {
    let quoted = Value::from(value).to_string();
    if value.chars().count() < INNER_LENGTH_MIN {
        return vec![quoted];
    }
    vec![value.to_owned(), quoted[1..quoted.len() - 1].to_owned()]
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
    let is_secret = |part: &str| {
        let identifier = place.identifiers.as_ref().is_some_and(|pattern| pattern.is_match(part));
        part.chars().any(char::is_alphanumeric) && !identifier
    };
    if is_secret(text) {
        found.insert(text.to_owned());
    }
    // The lines of a longer text may show apart from each other.
    if text.contains('\n') {
        let lines = text.lines().map(str::trim).filter(|line| line.len() >= SHARED_LENGTH_MIN && is_secret(line));
        found.extend(lines.map(str::to_owned));
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
            found.extend(body.lines().map(str::trim).filter(|line| line.len() >= SHARED_LENGTH_MIN).map(str::to_owned));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, identifiers: Option<&str>) -> BTreeSet<String> {
        let place =
            Secret { column: String::new(), path: None, identifiers: identifiers.map(|pattern| regex::Regex::new(pattern).unwrap()) };
        let mut found = BTreeSet::new();
        keep(text, &place, &mut found);
        found
    }

    #[test]
    fn every_form_of_a_secret_is_masked() {
        let mut values = found("pa\"ss\\word", None);
        values.extend(found("line one is long\nline two is long", None));
        let masker = Masker::new(values);
        let json = serde_json::json!({"a": "x pa\"ss\\word y", "b": "line one is long\nline two is long"}).to_string();
        let masked = masker.apply(&json);
        assert!(!masked.contains("word") && !masked.contains("line one"), "{masked}");
        assert_eq!(masker.apply("  line two is long  "), format!("  {MASK}  "));
    }

    #[test]
    fn identifiers_stay_readable_also_as_a_line_of_a_longer_text() {
        let values = found("AKIAAAAAAAAAAAAAAAAA\nwJalrXUtnFEMI", Some("^AKIA[A-Z0-9]{16}$"));
        let masker = Masker::new(values);
        assert_eq!(masker.apply("AKIAAAAAAAAAAAAAAAAA"), "AKIAAAAAAAAAAAAAAAAA");
        assert_eq!(masker.apply("wJalrXUtnFEMI"), MASK);
        assert!(found("AKIAAAAAAAAAAAAAAAAA", Some("^AKIA[A-Z0-9]{16}$")).is_empty());
    }

    #[test]
    fn a_short_value_is_masked_where_it_stands_alone_and_leaves_other_words_whole() {
        let masker = Masker::new(found("test", None));
        assert_eq!(masker.apply("test"), MASK);
        assert_eq!(masker.apply("tests/a.py"), "tests/a.py");
        assert_eq!(
            masker.apply("{\"Secret\": \"test\", \"File\": \"tests/a.py\"}"),
            format!("{{\"Secret\": \"{MASK}\", \"File\": \"tests/a.py\"}}")
        );
        assert!(found("}", None).is_empty(), "punctuation is no secret");
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
