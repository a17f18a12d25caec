//! YAML files that people write: parsed once, with the place of every value, checked against the schema of the Rust type
//! that will hold them, and only then read into that type.
//!
//! Duplicate keys, unknown keys and wrong types are diagnostics; every schema problem of a file is reported, not just the first.

mod document;

use std::ops::Range;
use std::sync::Arc;

use jsonschema::error::ValidationErrorKind;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Diagnostic, Diagnostics};

/// A checked file: its value, its text, and where each part of it stands.
#[derive(Debug, Clone)]
pub struct Located<T> {
    pub file: String,
    pub text: Arc<str>,
    pub value: T,
    places: Arc<(document::Place, document::CharOffsets)>,
}

impl<T> Located<T> {
    /// The characters of the value at a JSON pointer such as `/clauses/3/id`; of the nearest enclosing value when it is absent.
    pub fn place(&self, pointer: &str) -> Range<usize> {
        let (place, offsets) = &*self.places;
        offsets.range(&place.at(pointer))
    }

    /// An error at a JSON pointer of this file.
    pub fn error(&self, pointer: &str, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, &self.file, message).at(&self.text, self.place(pointer))
    }

    /// A warning at a JSON pointer of this file.
    pub fn warning(&self, pointer: &str, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(code, &self.file, message).at(&self.text, self.place(pointer))
    }
}

/// The JSON Schema (2020-12) of a file format, as published in the book.
pub fn schema_of<T: JsonSchema>() -> Value {
    serde_json::to_value(schemars::schema_for!(T)).expect("a schema is JSON")
}

/// A file format: its Rust type and the compiled schema.
pub struct Format<T> {
    code: &'static str,
    validator: jsonschema::Validator,
    kind: std::marker::PhantomData<fn() -> T>,
}

impl<T: JsonSchema + DeserializeOwned> Format<T> {
    /// `code` is the diagnostic code of everything the schema refuses, such as `catalog/invalid`.
    pub fn new(code: &'static str) -> Format<T> {
        let validator = jsonschema::options().should_validate_formats(true).build(&schema_of::<T>()).expect("our own schemas are valid");
        Format { code, validator, kind: std::marker::PhantomData }
    }

    /// Reads one file, and puts what is wrong with it into `diagnostics`.
    ///
    /// Where the schema refuses only parts of it, the rest is given all the same, with fillers in the place of those parts: so one run
    /// tells what is wrong with the meaning as well. Whoever uses the value asks `diagnostics` first whether there were errors.
    pub fn read(&self, file: &str, bytes: &[u8], diagnostics: &mut Diagnostics) -> Option<Located<T>> {
        let text: Arc<str> = match std::str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).into(),
            Err(error) => {
                let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
                diagnostics.push(Diagnostic::error("yaml/not-utf8", file, "the file is not UTF-8").at_line(line).help("save it as UTF-8"));
                return None;
            }
        };
        let document::Document { value, place, offsets } = document::read(file, &text, diagnostics)?;
        let found = Located { file: file.to_owned(), text, value: (), places: Arc::new((place, offsets)) };
        let before = diagnostics.len();
        for problem in self.validator.iter_errors(&value) {
            self.report(&found, &value, &problem, diagnostics);
        }
        let refused = diagnostics.len() > before;
        let value = if refused { self.mended(value)? } else { value };
        match serde_json::from_value::<T>(value) {
            Ok(value) => Some(Located { file: found.file, text: found.text, value, places: found.places }),
            Err(_) if refused => None,
            Err(error) => {
                diagnostics.push(found.error("", self.code, error.to_string()));
                None
            }
        }
    }

    /// The value with unknown keys taken out and with fillers where the schema refuses what stands there or misses something.
    /// Positions in lists stay, so that places are found. Nothing when no filler helps.
    fn mended(&self, mut value: Value) -> Option<Value> {
        const ROUNDS_MAX: usize = 64;
        for round in 0..ROUNDS_MAX {
            let problem = self.validator.iter_errors(&value).next();
            let Some(problem) = problem else { return Some(value) };
            let pointer = problem.instance_path().to_string();
            match problem.kind() {
                ValidationErrorKind::AdditionalProperties { unexpected } | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                    let unexpected = unexpected.clone();
                    let object = value.pointer_mut(&pointer)?.as_object_mut()?;
                    object.retain(|key, _| !unexpected.contains(key));
                }
                ValidationErrorKind::Required { property } => {
                    let name = property.as_str()?.to_owned();
                    let at = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                    value.pointer_mut(&pointer)?.as_object_mut()?.insert(name, Value::Null);
                    self.fill(&mut value, &at, &[], round)?;
                }
                _ => {
                    let schema = schema_of::<T>();
                    let words: Vec<Value> =
                        words_of(schema_at(&schema, &problem.schema_path().to_string())).into_iter().map(Value::from).collect();
                    self.fill(&mut value, &pointer, &words, round)?;
                }
            }
        }
        None
    }

    /// Puts the first filler at a place that the schema takes there.
    fn fill(&self, value: &mut Value, pointer: &str, words: &[Value], round: usize) -> Option<()> {
        let written = match value.pointer(pointer)? {
            scalar @ (Value::Number(_) | Value::Bool(_)) => Value::from(scalar.to_string()),
            _ => Value::Null,
        };
        let fillers = [
            Value::Null,
            written,
            Value::from(format!("missing {round}")),
            Value::from("2000-01-01"),
            Value::from("2000-01-01T00:00:00Z"),
            Value::from(1),
            Value::from(false),
            Value::Array(Vec::new()),
            Value::Object(serde_json::Map::new()),
        ];
        for filler in words.iter().chain(&fillers) {
            *value.pointer_mut(pointer)? = filler.clone();
            let inside = format!("{pointer}/");
            let refused = self.validator.iter_errors(value).any(|problem| {
                let at = problem.instance_path().to_string();
                at == pointer || at.starts_with(&inside)
            });
            if !refused {
                return Some(());
            }
        }
        None
    }

    fn report(&self, found: &Located<()>, value: &Value, problem: &jsonschema::ValidationError<'_>, diagnostics: &mut Diagnostics) {
        let pointer = problem.instance_path().to_string();
        match problem.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let known = self.known_keys(&problem.schema_path().to_string());
                for key in unexpected {
                    diagnostics.push(
                        found
                            .error(&format!("{pointer}/~{key}"), self.code, format!("unknown key `{key}`"))
                            .label("not a key of this file format")
                            .suggest(key, known.iter().map(String::as_str)),
                    );
                }
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                diagnostics
                    .push(found.error(&pointer, self.code, format!("the key `{name}` is missing")).help(format!("add `{name}:` here")));
            }
            ValidationErrorKind::Enum { .. } | ValidationErrorKind::OneOfNotValid { .. }
                if value.pointer(&pointer).is_some_and(Value::is_string) =>
            {
                let schema = schema_of::<T>();
                let options = words_of(schema_at(&schema, &problem.schema_path().to_string()));
                let wrong = value.pointer(&pointer).and_then(Value::as_str).unwrap_or_default();
                let listed = format!("one of {}", options.join(", "));
                let help = super::diagnostic::nearest(wrong, options.iter().copied())
                    .map_or(listed.clone(), |name| format!("did you mean `{name}`? ({listed})"));
                diagnostics.push(found.error(&pointer, self.code, "this value is not allowed here").help(help));
            }
            ValidationErrorKind::Type { .. } if matches!(value.pointer(&pointer), Some(Value::Number(_))) => {
                diagnostics.push(
                    found
                        .error(&pointer, self.code, problem.to_string())
                        .help("put it in quotes: a version or an id is text, not a number"),
                );
            }
            ValidationErrorKind::AnyOf { .. } => {
                let schema = schema_of::<T>();
                let wanted = described(&schema, schema_at(&schema, &problem.schema_path().to_string()));
                let diagnostic = found.error(&pointer, self.code, "this value is not allowed here");
                diagnostics.push(match wanted {
                    Some(wanted) => diagnostic.help(wanted),
                    None => diagnostic,
                });
            }
            _ => diagnostics.push(found.error(&pointer, self.code, problem.to_string())),
        }
    }

    /// The keys allowed where the schema said no.
    fn known_keys(&self, schema_path: &str) -> Vec<String> {
        let schema = schema_of::<T>();
        let at = schema_at(&schema, schema_path);
        at.get("properties").and_then(Value::as_object).map(|keys| keys.keys().cloned().collect()).unwrap_or_default()
    }
}

/// The part of a schema that holds the keyword which failed, references followed.
fn schema_at<'a>(schema: &'a Value, schema_path: &str) -> &'a Value {
    let mut at = schema;
    let keyword = |step: &str| matches!(step, "additionalProperties" | "unevaluatedProperties" | "enum" | "oneOf");
    for step in schema_path.trim_start_matches('/').split('/') {
        while let Some(target) = at.get("$ref").and_then(Value::as_str) {
            let Some(next) = schema.pointer(target.trim_start_matches('#')) else { break };
            at = next;
        }
        if keyword(step) {
            break;
        }
        if step == "$ref" {
            continue;
        }
        let step = step.replace("~1", "/").replace("~0", "~");
        let next = match at {
            Value::Array(list) => step.parse::<usize>().ok().and_then(|index| list.get(index)),
            other => other.get(&step),
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// What the first alternative that has a description says of itself: "A calendar day, 2026-09-30."
fn described(schema: &Value, alternatives: &Value) -> Option<String> {
    alternatives.as_array()?.iter().find_map(|one| {
        let target = one.get("$ref").and_then(Value::as_str).and_then(|target| schema.pointer(target.trim_start_matches('#')));
        Some(target.unwrap_or(one).get("description")?.as_str()?.to_owned())
    })
}

/// The words that a schema of alternatives allows.
fn words_of(schema: &Value) -> Vec<&str> {
    let alternatives = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let constants = alternatives.clone().filter_map(|one| one.get("const").and_then(Value::as_str));
    let nested = alternatives.filter_map(|one| one.get("enum").and_then(Value::as_array)).flatten().filter_map(Value::as_str);
    let own = schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    own.chain(constants).chain(nested).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        #[allow(dead_code)]
        name: String,
        #[allow(dead_code)]
        parts: Vec<Part>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Part {
        #[allow(dead_code)]
        edition: String,
    }

    fn problems(text: &str) -> Vec<String> {
        let mut diagnostics = Diagnostics::default();
        Format::<Thing>::new("thing/invalid").read("thing.yaml", text.as_bytes(), &mut diagnostics);
        diagnostics
            .sorted()
            .into_iter()
            .map(|d| {
                let at = d.position.map(|p| format!("{}:{}", p.line, p.column)).unwrap_or_default();
                format!("{at} {} {} {}", d.code, d.message, d.help.unwrap_or_default())
            })
            .collect()
    }

    #[test]
    fn every_problem_of_a_file_is_reported_with_its_place() {
        let found = problems("name: x\npart: 1\nparts:\n  - edition: 4.0\n  - editoin: \"4\"\n");
        assert_eq!(found.len(), 4, "{found:#?}");
        assert!(found[0].starts_with("2:1 thing/invalid unknown key `part` did you mean `parts`?"), "{found:#?}");
        assert!(found[1].starts_with("4:14 thing/invalid") && found[1].contains("quotes"), "{found:#?}");
        assert!(found[2].contains("5:5") && found[2].contains("the key `edition` is missing"), "{found:#?}");
        assert!(found[3].contains("5:5") && found[3].contains("did you mean `edition`?"), "{found:#?}");
    }

    #[test]
    fn duplicate_keys_syntax_errors_and_several_documents_are_refused() {
        assert!(problems("name: a\nname: b\nparts: []\n")[0].starts_with("2:1 yaml/duplicate-key"));
        assert!(problems("name: [\n")[0].contains("yaml/syntax"));
        assert!(problems("")[0].contains("yaml/not-one-document"));
        assert!(problems("name: a\n---\nname: b\n")[0].contains("yaml/not-one-document"));
    }

    #[test]
    fn every_duplicate_key_is_told_and_bombs_are_refused_by_name() {
        let found = problems("name: a\nname: b\nparts:\n  - edition: \"1\"\n    edition: \"2\"\n");
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].starts_with("2:1 yaml/duplicate-key") && found[1].starts_with("5:5 yaml/duplicate-key"), "{found:#?}");
        assert!(problems("name: &a [x, x]\nparts: [*a, *a]\n")[0].contains("2:9 yaml/alias"));
        assert!(problems(&format!("name: {}{}", "[".repeat(70), "]".repeat(70)))[0].contains("yaml/too-deep"));
        assert!(problems(&format!("name: {}", "[".repeat(50_000)))[0].contains("yaml/"));
        assert!(problems(&format!("name: {}", "x".repeat(33 * 1024 * 1024)))[0].contains("yaml/too-large"));
    }

    #[test]
    fn places_count_characters_also_after_other_scripts() {
        assert!(problems("name: \"æøå 東京\"\nparts: 5\n")[0].starts_with("2:8"));
    }
}
