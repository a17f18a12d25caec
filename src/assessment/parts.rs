//! Reads a kept record part by part, so that one of a million identities needs neither its whole text in memory nor its whole value.
//!
//! In: the bytes of `assessment.json` as they come. Out: the record without its long lists, and these as [`Lists`]. The lives of identities and the
//! discrepancies between sources are passed over: no comparison reads them.

use std::io::Read;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};

use super::inputs::ListedRows;
use super::lists::Lists;
use super::{Assessment, ClauseResult, ObjectiveResult, SCHEMA, raw};
use crate::base::Digest;

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PartsError {
    #[error("cannot be read: {0}")]
    Read(#[from] std::io::Error),
    #[error("is not an assessment: {0}")]
    Form(#[from] serde_json::Error),
    #[error("is not an assessment: {what} at byte {at}")]
    Syntax { what: &'static str, at: u64 },
    #[error("is not an assessment: the key `{0}` stands twice")]
    Twice(String),
    /// Empty where none is named.
    #[error("{}; this version reads `{SCHEMA}`", if .0.is_empty() { "has no schema".to_owned() } else { format!("has the schema `{}`", .0) })]
    Schema(String),
}

/// Reads a record of the current schema.
///
/// # Errors
/// Where the bytes cannot be read, are no JSON, are of another schema, or lack something that every record has.
pub fn read_parts(source: &mut dyn Read) -> Result<(Assessment, Lists), PartsError> {
    let mut lists = Lists::default();
    let assessment = read(source, &mut Rows::Kept(&mut lists))?;
    lists.settle();
    Ok((assessment, lists))
}

/// Reads a record of the current schema without its long lists. Each row of them is read, so that none of another form passes, and none is kept.
/// Of the observations a digest is left for each objective, in their order, to be held against the full lists.
///
/// # Errors
/// As [`read_parts`].
pub fn read_without_lists(source: &mut dyn Read) -> Result<(Assessment, Vec<Digest>), PartsError> {
    let mut listed = Vec::new();
    let assessment = read(source, &mut Rows::Digested(&mut listed))?;
    Ok((assessment, listed.into_iter().map(ListedRows::finish).collect()))
}

/// What becomes of the rows of the long lists.
enum Rows<'l> {
    Kept(&'l mut Lists),
    /// By objective.
    Digested(&'l mut Vec<ListedRows>),
}

fn read(source: &mut dyn Read, rows: &mut Rows<'_>) -> Result<Assessment, PartsError> {
    let mut window = Window { source, text: String::new(), cut: Vec::new(), at: 0, passed: 0, has_ended: false, kept: 0 };
    let mut small = Map::new();
    let mut clauses: Vec<ClauseResult> = Vec::new();
    let mut objectives: Vec<ObjectiveResult> = Vec::new();
    window.members(&mut |window, key| {
        if small.contains_key(key) {
            return Err(PartsError::Twice(key.to_owned()));
        }
        let value = match key {
            "clauses" => window.elements(&mut |window| {
                clauses.push(window.keep::<ClauseResult>()?);
                Ok(())
            }),
            "objectives" => window.elements(&mut |window| {
                objectives.push(objective(window, rows)?);
                Ok(())
            }),
            "register" => window.elements(&mut |window| {
                window.object(|text| {
                    raw::entry(text, |row| {
                        if let Rows::Kept(lists) = rows {
                            lists.enter(row);
                        }
                    })
                })
            }),
            "dossiers" if matches!(rows, Rows::Digested(_)) => {
                window.elements(&mut |window| window.owned::<raw::DossierForm>().map(|_| ()))
            }
            "dossiers" => window.elements(&mut |window| window.owned::<IgnoredAny>().map(|_| ())),
            "reconciliation" => window.pass(),
            _ => {
                let value = window.keep::<Value>()?;
                small.insert(key.to_owned(), value);
                return Ok(());
            }
        };
        value?;
        // An empty one stands for it here; what was read is put in its place below.
        small.insert(key.to_owned(), Value::Array(Vec::new()));
        Ok(())
    })?;
    window.end()?;
    small.remove("reconciliation");
    let schema = small.get("schema").and_then(Value::as_str).unwrap_or_default();
    if schema != SCHEMA {
        return Err(PartsError::Schema(schema.to_owned()));
    }
    let mut assessment: Assessment = serde_json::from_value(Value::Object(small))?;
    assessment.clauses = clauses;
    assessment.objectives = objectives;
    Ok(assessment)
}

/// One objective without its observations, which go to the lists.
fn objective(window: &mut Window<'_>, rows: &mut Rows<'_>) -> Result<ObjectiveResult, PartsError> {
    let mut small = Map::new();
    match rows {
        Rows::Kept(lists) => lists.begin(""),
        Rows::Digested(listed) => listed.push(ListedRows::default()),
    }
    window.members(&mut |window, key| {
        if small.contains_key(key) {
            return Err(PartsError::Twice(key.to_owned()));
        }
        let value = if key == "observations" {
            window.elements(&mut |window| {
                window.object(|text| {
                    raw::observation(text, |row| match rows {
                        Rows::Kept(lists) => lists.observe(row),
                        Rows::Digested(listed) => listed.iter_mut().last().into_iter().for_each(|own| own.add(&row)),
                    })
                })
            })?;
            Value::Array(Vec::new())
        } else {
            window.keep::<Value>()?
        };
        small.insert(key.to_owned(), value);
        Ok(())
    })?;
    let objective: ObjectiveResult = serde_json::from_value(Value::Object(small))?;
    if let Rows::Kept(lists) = rows {
        lists.name_last(&objective.id);
    }
    Ok(objective)
}

/// Text of the source that is at hand. It holds at least the value that is being read.
struct Window<'r> {
    source: &'r mut dyn Read,
    text: String,
    /// The beginning of a character that the window ends before.
    cut: Vec<u8>,
    /// Where the next byte stands.
    at: usize,
    /// Bytes that were dropped before the window.
    passed: u64,
    has_ended: bool,
    /// Bytes of values that were kept.
    kept: u64,
}

/// Bytes asked for at once, so many that they stay close to the processor while they are read; few in tests, so that every value lies across an
/// edge there.
const STEP: u64 = if cfg!(test) { 7 } else { 256 * 1024 };

/// No row, clause or text of a record is longer.
const VALUE_BYTES_MAX: usize = if cfg!(test) { 4096 } else { 1 << 30 };

/// What is no row of a list is kept as values, which take a multiple of their bytes; no record of ours has as much of it.
const KEPT_BYTES_MAX: u64 = if cfg!(test) { 16 * 1024 } else { 512 * 1024 * 1024 };

type Each<'e> = &'e mut dyn FnMut(&mut Window<'_>) -> Result<(), PartsError>;
type Member<'e> = &'e mut dyn FnMut(&mut Window<'_>, &str) -> Result<(), PartsError>;

impl Window<'_> {
    /// Takes more in; a value that is longer than the window gets as much again.
    fn fill(&mut self) -> Result<(), PartsError> {
        if self.text.len() - self.at > VALUE_BYTES_MAX {
            return Err(self.refused("a value is longer than a gigabyte"));
        }
        self.text.drain(..self.at);
        self.passed += self.at as u64;
        self.at = 0;
        let step = STEP.max(self.text.len() as u64);
        // Read behind the rest in place: copying a long record once more would show.
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        bytes.append(&mut self.cut);
        let read = (&mut *self.source).take(step).read_to_end(&mut bytes)?;
        self.has_ended = (read as u64) < step;
        self.text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) if error.utf8_error().error_len().is_none() && !self.has_ended => {
                let whole = error.utf8_error().valid_up_to();
                let mut bytes = error.into_bytes();
                self.cut = bytes.split_off(whole);
                String::from_utf8(bytes).unwrap_or_default()
            }
            Err(_) => return Err(self.refused("something that is no text")),
        };
        Ok(())
    }

    /// The next byte that is no blank, left where it is; none at the end.
    fn peek(&mut self) -> Result<Option<u8>, PartsError> {
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            if let Some(ahead) = rest.iter().position(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
                self.at += ahead;
                return Ok(Some(rest[ahead]));
            }
            self.at = self.text.len();
            if self.has_ended {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    fn refused(&self, what: &'static str) -> PartsError {
        PartsError::Syntax { what, at: self.passed + self.at as u64 }
    }

    fn take(&mut self, wanted: u8, otherwise: &'static str) -> Result<(), PartsError> {
        if self.peek()? != Some(wanted) {
            return Err(self.refused(otherwise));
        }
        self.at += 1;
        Ok(())
    }

    /// What stands between two values or after the last one: whether another one follows.
    fn goes_on(&mut self, end: u8) -> Result<bool, PartsError> {
        match self.peek()? {
            Some(b',') => self.at += 1,
            Some(byte) if byte == end => {
                self.at += 1;
                return Ok(false);
            }
            _ => return Err(self.refused("a comma or the end of a list is missing")),
        }
        Ok(true)
    }

    /// Goes through the elements of a list.
    fn elements(&mut self, each: Each<'_>) -> Result<(), PartsError> {
        self.take(b'[', "a list is missing")?;
        if self.peek()? == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            each(self)?;
            if !self.goes_on(b']')? {
                return Ok(());
            }
        }
    }

    /// Goes through the members of an object.
    fn members(&mut self, each: Member<'_>) -> Result<(), PartsError> {
        self.take(b'{', "an object is missing")?;
        if self.peek()? == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek()? != Some(b'"') {
                return Err(self.refused("a key is missing"));
            }
            let key = self.owned::<String>()?;
            self.take(b':', "a colon is missing")?;
            each(self, &key)?;
            if !self.goes_on(b'}')? {
                return Ok(());
            }
        }
    }

    /// Reads one object. `read` takes it from the beginning of the text and tells its length; it is asked again where the text ended too soon.
    fn object(&mut self, mut read: impl FnMut(&str) -> serde_json::Result<usize>) -> Result<(), PartsError> {
        if self.peek()? != Some(b'{') {
            return Err(self.refused("an object is missing"));
        }
        loop {
            match read(&self.text[self.at..]) {
                Ok(length) => {
                    self.at += length;
                    return Ok(());
                }
                Err(error) if error.is_eof() && !self.has_ended => self.fill()?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Reads one value of any kind that keeps nothing of the window.
    fn owned<T: DeserializeOwned>(&mut self) -> Result<T, PartsError> {
        if self.peek()?.is_none() {
            return Err(self.refused("a value is missing"));
        }
        loop {
            match first::<T>(&self.text[self.at..]) {
                // A number at the edge may go on beyond it.
                Ok((_, length)) if self.at + length == self.text.len() && !self.has_ended => self.fill()?,
                Ok((value, length)) => {
                    self.at += length;
                    return Ok(value);
                }
                Err(error) if error.is_eof() && !self.has_ended => self.fill()?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The same for a value that is kept.
    fn keep<T: DeserializeOwned>(&mut self) -> Result<T, PartsError> {
        let from = self.passed + self.at as u64;
        let value = self.owned()?;
        self.kept += self.passed + self.at as u64 - from;
        if self.kept > KEPT_BYTES_MAX {
            return Err(self.refused("what is no row of a list takes more than half a gigabyte"));
        }
        Ok(value)
    }

    /// Goes over an object without keeping anything, list by list.
    fn pass(&mut self) -> Result<(), PartsError> {
        if self.peek()? != Some(b'{') {
            return self.owned::<IgnoredAny>().map(|_| ());
        }
        self.members(&mut |window, _| match window.peek()? {
            Some(b'[') => window.elements(&mut |window| window.owned::<IgnoredAny>().map(|_| ())),
            _ => window.owned::<IgnoredAny>().map(|_| ()),
        })
    }

    fn end(&mut self) -> Result<(), PartsError> {
        if self.peek()?.is_some() {
            return Err(self.refused("something follows the record"));
        }
        Ok(())
    }
}

/// The value at the beginning of a text, and its length.
fn first<'a, T: Deserialize<'a>>(text: &'a str) -> serde_json::Result<(T, usize)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<T>();
    let value = stream.next().unwrap_or_else(|| Err(serde::de::Error::custom("a value is missing")))?;
    let length = stream.byte_offset();
    Ok((value, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        read_parts(&mut text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_record_is_refused_with_the_reason() {
        assert_eq!(told("{}"), format!("has no schema; this version reads `{SCHEMA}`"));
        assert_eq!(told(r#"{"schema": "other/1"}"#), format!("has the schema `other/1`; this version reads `{SCHEMA}`"));
        assert!(told(&format!(r#"{{"schema": "{SCHEMA}"}}"#)).contains("missing field"));
        assert_eq!(told(""), "is not an assessment: an object is missing at byte 0");
        assert_eq!(told("[1]"), "is not an assessment: an object is missing at byte 0");
        assert_eq!(told(r#"{"schema": "a" "b"}"#), "is not an assessment: a comma or the end of a list is missing at byte 15");
        assert_eq!(told(r#"{"schema": "a", "schema": "b"}"#), "is not an assessment: the key `schema` stands twice");
        assert_eq!(told(r#"{"register": [], "register": []}"#), "is not an assessment: the key `register` stands twice");
        assert!(told(r#"{"register": [{"identity": 1}]}"#).contains("invalid type"));
        assert!(told(r#"{"dossiers": [{"steps": [}]}"#).starts_with("is not an assessment: expected value"));
        assert!(told(r#"{"clauses": [{"#).contains("EOF"));
        let no_text = read_parts(&mut &b"{\"a\": \"\xff\"}"[..]).unwrap_err();
        assert!(matches!(no_text, PartsError::Syntax { what: "something that is no text", .. }), "{no_text}");
        assert_eq!(
            told(r#"{"schema": "ä€𝄞 across every edge"}"#),
            format!("has the schema `ä€𝄞 across every edge`; this version reads `{SCHEMA}`")
        );
        assert!(
            told(&format!(r#"{{"a": "{}"}}"#, "x".repeat(9000)))
                .starts_with("is not an assessment: a value is longer than a gigabyte at byte")
        );
        assert_eq!(told(r#"{"a": 12} x"#), "is not an assessment: something follows the record at byte 10");
        let many = (0..7).map(|at| format!(r#""a{at}": "{}""#, "x".repeat(3000))).collect::<Vec<_>>().join(",");
        assert!(told(&format!("{{{many}}}")).starts_with("is not an assessment: what is no row of a list takes more than half a gigabyte"));
    }

    #[test]
    fn rows_that_are_not_kept_are_read_all_the_same() {
        let without = |text: &str| read_without_lists(&mut text.as_bytes()).unwrap_err().to_string();
        for wrong in [
            r#"{"dossiers": [{"identity": 1}]}"#,
            r#"{"register": [{"identity": 1}]}"#,
            r#"{"objectives": [{"observations": [{"subject": 1}]}]}"#,
        ] {
            assert!(without(wrong).contains("invalid type: integer `1`"), "{wrong}: {}", without(wrong));
        }
        // Rows are no part of what is kept.
        let row = r#"{"identity": "i", "steps": [], "missing": []}"#;
        let long = vec![row; 1000].join(",");
        assert!(without(&format!(r#"{{"dossiers": [{long}]}}"#)).starts_with("has no schema"));
    }
}
