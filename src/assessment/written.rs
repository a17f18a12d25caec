//! How a record is written: what a person reads first stands member by member, and of what there may be a million each stands on one line.
//!
//! The same values in any other form of JSON are the same record; digests are taken over the values. One line for each observation, step and
//! row of the register is a quarter less to write, to hash and to read, and `grep` finds a whole row.

use std::io::{BufWriter, Result, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::Assessment;

/// Lists of the record whose elements are plain rows.
const ROWS: [&str; 1] = ["register"];

/// Writes a record, a final line end included.
///
/// # Errors
/// Where nothing can be written to `out`.
pub fn write(assessment: &Assessment, out: &mut dyn Write) -> Result<()> {
    // JSON is written in pieces of a few bytes: they are gathered here before anything is called through a table.
    let mut out = BufWriter::with_capacity(1 << 16, out);
    assessment.serialize(&mut Serializer::with_formatter(&mut out, Lines::default()))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The same in memory.
pub fn bytes(assessment: &Assessment) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(assessment, &mut bytes).expect("plain data goes into memory");
    bytes
}

#[derive(Default)]
struct Lines {
    /// The lists and objects that are open: whether each member has a line of its own, and whether there is one.
    open: Vec<(bool, bool)>,
    /// The key of the record whose value is being written.
    key: Vec<u8>,
    in_key: bool,
}

impl Lines {
    fn begin<W: ?Sized + Write>(&mut self, out: &mut W, bracket: u8) -> Result<()> {
        let parent = self.open.last().is_none_or(|(on_lines, _)| *on_lines);
        let on_lines = parent
            && match (self.open.len(), bracket) {
                (0 | 1, _) => true,
                (2, b'{') => !ROWS.iter().any(|name| name.as_bytes() == self.key),
                // Lists within an element, but not what is in their elements.
                (2 | 3, b'[') => true,
                _ => false,
            };
        self.open.push((on_lines, false));
        out.write_all(&[bracket])
    }

    fn end<W: ?Sized + Write>(&mut self, out: &mut W, bracket: u8) -> Result<()> {
        if let Some((true, true)) = self.open.pop() {
            self.line(out)?;
        }
        out.write_all(&[bracket])
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> Result<()> {
        const BLANKS: [u8; 9] = *b"\n        ";
        let depth = self.open.len().min(4);
        out.write_all(&BLANKS[..=2 * depth])
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        let Some((on_lines, has_any)) = self.open.last_mut() else { return Ok(()) };
        *has_any = true;
        if *on_lines { self.line(out) } else { Ok(()) }
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.begin(out, b'[')
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.end(out, b']')
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> Result<()> {
        self.next(out, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.begin(out, b'{')
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.end(out, b'}')
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> Result<()> {
        self.in_key = self.open.len() == 1;
        if self.in_key {
            self.key.clear();
        }
        self.next(out, first)
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> Result<()> {
        self.in_key = false;
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> Result<()> {
        if self.in_key {
            self.key.extend_from_slice(fragment.as_bytes());
        }
        out.write_all(fragment.as_bytes())
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        let on_lines = self.open.last().is_some_and(|(on_lines, _)| *on_lines);
        out.write_all(if on_lines { b": " } else { b":" })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(value: &Value) -> String {
        let mut bytes = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut bytes, Lines::default())).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), *value, "{text}");
        text
    }

    #[test]
    fn what_a_person_reads_first_stands_on_lines_and_rows_stand_on_one() {
        let value = json!({
            "frame": {"a": 1, "period": {"from": "x", "days": []}},
            "names": {},
            "objectives": [{"id": "o", "observations": [{"subject": "s", "tags": ["t", {"u": null}]}, {"subject": "\"register\""}], "tally": {"failed": 2}}],
            "register": [{"identity": "i", "grants": ["g"]}, {"identity": "j"}],
            "root": "r",
            "z": []
        });
        assert_eq!(
            told(&value),
            r#"{
  "frame": {
    "a": 1,
    "period": {
      "from": "x",
      "days": []
    }
  },
  "names": {},
  "objectives": [
    {
      "id": "o",
      "observations": [
        {"subject":"s","tags":["t",{"u":null}]},
        {"subject":"\"register\""}
      ],
      "tally": {"failed":2}
    }
  ],
  "register": [
    {"identity":"i","grants":["g"]},
    {"identity":"j"}
  ],
  "root": "r",
  "z": []
}"#
        );
        assert_eq!(told(&json!([])), "[]");
        assert_eq!(told(&json!("text")), "\"text\"");
    }
}
