//! JSON whose long lists stand row by row: what a person reads first has a line for each member, and each row of a list one line.
//!
//! A row is an object in a list from a stated depth on. It is made while it is written, so that a list of a million is never held as values.

use std::io::{Result, Write};

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::ser::Formatter;

/// Writes a document, a final line end included. So many lists and objects are open where rows may begin.
pub fn json(document: &impl Serialize, depth: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let formatter = Rows { depth, open: Vec::new() };
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter)).expect("plain data goes into memory");
    bytes.push(b'\n');
    bytes
}

/// A list whose elements are made one after another. What is given makes them anew each time.
pub struct Made<F>(pub F);

impl<F: Fn() -> I, I: Iterator<Item = Value>> Serialize for Made<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

struct Rows {
    depth: usize,
    /// The lists and objects that are open.
    open: Vec<Open>,
}

struct Open {
    is_list: bool,
    /// Whether each member has a line of its own, and whether there is one.
    on_lines: bool,
    has_any: bool,
}

impl Rows {
    fn begin<W: ?Sized + Write>(&mut self, out: &mut W, is_list: bool) -> Result<()> {
        let is_row = !is_list && self.open.len() >= self.depth && self.open.last().is_some_and(|own| own.is_list);
        let on_lines = !is_row && self.open.last().is_none_or(|own| own.on_lines);
        self.open.push(Open { is_list, on_lines, has_any: false });
        out.write_all(if is_list { b"[" } else { b"{" })
    }

    fn end<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> Result<()> {
        if self.open.pop().is_some_and(|own| own.on_lines && own.has_any) {
            self.line(out)?;
        }
        out.write_all(bracket)
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> Result<()> {
        out.write_all(b"\n")?;
        self.open.iter().try_for_each(|_| out.write_all(b"  "))
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        let Some(own) = self.open.last_mut() else { return Ok(()) };
        own.has_any = true;
        if own.on_lines { self.line(out) } else { Ok(()) }
    }
}

impl Formatter for Rows {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.begin(out, true)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> Result<()> {
        self.next(out, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.begin(out, false)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        let on_lines = self.open.last().is_some_and(|own| own.on_lines);
        out.write_all(if on_lines { b": " } else { b":" })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    struct Document<R> {
        about: Value,
        results: R,
    }

    #[test]
    fn rows_stand_on_one_line_and_the_rest_on_many() {
        let results = Made(|| (0..2).map(|at| json!({"at": at, "in": [{"of": []}, {}]})));
        let document = Document { about: json!({"who": {"name": "t"}, "none": [], "tags": ["a"], "parties": [{"id": 1}]}), results };
        let bytes = json(&document, 2);
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(
            text,
            r#"{
  "about": {
    "who": {
      "name": "t"
    },
    "none": [],
    "tags": [
      "a"
    ],
    "parties": [
      {"id":1}
    ]
  },
  "results": [
    {"at":0,"in":[{"of":[]},{}]},
    {"at":1,"in":[{"of":[]},{}]}
  ]
}
"#
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["results"][1]["in"][0]["of"], json!([]));
    }
}
