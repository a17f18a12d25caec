//! What a file that no adapter claims comes nearest to, and which names it lacks for it.
//!
//! A renamed column must not end as "nothing recognises this": the person who made the export is told what is missing and what stands there
//! instead. Nothing here makes a file count; it only words the refusal.

use std::collections::BTreeSet;

use serde_json::Value;

use super::adapter::Adapter;
use super::format::Shape;
use super::records::{Parsed, header_of};
use crate::base::diagnostic::nearest;

/// A file that has less than this share of an adapter's names is something else.
const SHARE_MIN: f64 = 0.5;
const NAMES_MIN: usize = 2;
/// How deep and how far a document is searched for names.
const DEPTH_MAX: usize = 8;
const LIST_MAX: usize = 20;
/// A longer header is none.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// "it looks like ..., but has no ...", for a file that was taken apart and that no adapter claims.
pub(super) fn near_miss<'a>(parsed: &Parsed, adapters: impl Iterator<Item = &'a Adapter>) -> Option<String> {
    match parsed {
        Parsed::Documents { shape, documents, .. } => {
            let document = &documents.first()?.value;
            best(adapters.filter(|adapter| adapter.shapes.contains(shape)), &names_of(document), |adapter| lacking_paths(adapter, document))
        }
        Parsed::Grid { shape, header, .. } => of_header(header, adapters.filter(|adapter| adapter.shapes.contains(shape))),
        Parsed::Plain(_) => None,
    }
}

/// The same for text whose first line is a header of no known kind.
pub(super) fn near_header<'a>(text: &str, adapters: impl Iterator<Item = &'a Adapter> + Clone) -> Option<String> {
    let text = &text[..text.floor_char_boundary(HEADER_BYTES_MAX)];
    [b',', b';', b'\t', b'|'].into_iter().find_map(|separator| {
        let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(text.as_bytes());
        let first = reader.records().next()?.ok()?;
        of_header(&header_of(first.iter()), adapters.clone().filter(|adapter| adapter.shapes.contains(&Shape::Csv)))
    })
}

/// What a file lacks for the adapter that its metadata names: ": it has no ...", or nothing where no name is missing.
pub(super) fn lack(adapter: &Adapter, parsed: &Parsed) -> String {
    let wording = match parsed {
        Parsed::Documents { documents, .. } => documents.first().and_then(|first| {
            let have = names_of(&first.value);
            wording(&lacking(adapter, &have), &have, &names_of_adapter(adapter), "key")
        }),
        Parsed::Grid { header, .. } => {
            let have: BTreeSet<&str> = header.iter().map(String::as_str).collect();
            wording(&lacking_columns(adapter, &have), &have, &all_columns(adapter), "column")
        }
        Parsed::Plain(_) => None,
    };
    wording.map_or(String::new(), |lacks| format!(": it {lacks}"))
}

fn of_header<'a>(header: &[String], adapters: impl Iterator<Item = &'a Adapter>) -> Option<String> {
    let have: BTreeSet<&str> = header.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    best(adapters, &have, |adapter| wording(&lacking_columns(adapter, &have), &have, &all_columns(adapter), "column"))
}

fn lacking_columns<'a>(adapter: &'a Adapter, have: &BTreeSet<&str>) -> Vec<&'a str> {
    adapter.columns.iter().map(String::as_str).filter(|column| !have.contains(column)).collect()
}

fn lacking<'a>(adapter: &'a Adapter, have: &BTreeSet<&str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    let names = adapter.declared.recognise.paths.iter().flat_map(|path| names_in(path));
    names.filter(|name| !have.contains(name) && seen.insert(*name)).collect()
}

/// What a document lacks: names, or else the expressions that select nothing in it, or something where they must not.
fn lacking_paths(adapter: &Adapter, document: &Value) -> Option<String> {
    let have = names_of(document);
    let recognise = &adapter.declared.recognise;
    let silent = adapter.paths.iter().zip(&recognise.paths).find(|(path, _)| path.query(document).is_empty()).map(|(_, text)| text);
    if silent.is_some()
        && let Some(lacks) = wording(&lacking(adapter, &have), &have, &names_of_adapter(adapter), "key")
    {
        return Some(lacks);
    }
    if let Some(text) = silent {
        return Some(format!("`{}` selects nothing in it", text.trim()));
    }
    let (_, text) = adapter.absent.iter().zip(&recognise.absent).find(|(path, _)| !path.query(document).is_empty())?;
    Some(format!("also holds what such an export does not: `{}`", text.trim()))
}

/// The adapter of whose names the file has most, with what it lacks. The first by name where several come equally near.
fn best<'a>(
    adapters: impl Iterator<Item = &'a Adapter>,
    have: &BTreeSet<&str>,
    lacks: impl Fn(&'a Adapter) -> Option<String>,
) -> Option<String> {
    let mut found: Option<(f64, &Adapter)> = None;
    for adapter in adapters {
        let names = names_of_adapter(adapter);
        let shared = names.iter().filter(|name| have.contains(*name)).count();
        let share = shared as f64 / names.len().max(1) as f64;
        if shared >= NAMES_MIN && share >= SHARE_MIN && found.is_none_or(|(other, _)| share > other) {
            found = Some((share, adapter));
        }
    }
    let (_, adapter) = found?;
    Some(format!("it looks like {}, but {}", adapter.id, lacks(adapter)?))
}

/// Every column that an adapter recognises a file by or reads.
fn all_columns(adapter: &Adapter) -> BTreeSet<&str> {
    let read = adapter.declared.records.iter().flat_map(|set| &set.fields).map(|field| field.at.as_str());
    adapter.columns.iter().map(String::as_str).chain(read).collect()
}

/// The columns a grid must have, and for documents every name that the adapter asks for: those it recognises by and those it reads.
fn names_of_adapter(adapter: &Adapter) -> BTreeSet<&str> {
    if !adapter.columns.is_empty() {
        return adapter.columns.iter().map(String::as_str).collect();
    }
    let recognised = adapter.declared.recognise.paths.iter().flat_map(|path| names_in(path));
    let read = adapter.declared.records.iter().flat_map(|set| &set.fields).filter_map(|field| {
        field.at.split('/').rfind(|part| !part.is_empty() && !part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'#'))
    });
    recognised.chain(read).collect()
}

/// The member names in a JSONPath expression: `.name` and `['name']`.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    static NAMES: std::sync::LazyLock<regex::Regex> = std::sync::LazyLock::new(|| {
        regex::Regex::new(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[((?:\s*'[^']*'\s*,?)+)\]").expect("the pattern is fixed")
    });
    NAMES.captures_iter(path).flat_map(|found| match (found.get(1), found.get(2)) {
        (Some(name), _) => vec![name.as_str()],
        (None, Some(list)) => list.as_str().split('\'').skip(1).step_by(2).collect(),
        (None, None) => Vec::new(),
    })
}

/// All keys of a document, down to a depth and in the first items of a list.
fn names_of(document: &Value) -> BTreeSet<&str> {
    fn walk<'a>(value: &'a Value, depth: usize, names: &mut BTreeSet<&'a str>) {
        if depth == 0 {
            return;
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    names.insert(name);
                    walk(member, depth - 1, names);
                }
            }
            Value::Array(items) => items.iter().take(LIST_MAX).for_each(|item| walk(item, depth - 1, names)),
            _ => {}
        }
    }
    let mut names = BTreeSet::new();
    walk(document, DEPTH_MAX, &mut names);
    names
}

/// "has no column `a` (nearest is `b`)", for up to three names.
fn wording(missing: &[&str], have: &BTreeSet<&str>, known: &BTreeSet<&str>, kind: &str) -> Option<String> {
    const SHOWN: usize = 3;
    // A name that has a meaning of its own is not another one misspelt.
    let free: Vec<(String, &str)> = have.difference(known).map(|name| (name.to_lowercase(), *name)).collect();
    let near = |name: &str| {
        let found = nearest(&name.to_lowercase(), free.iter().map(|(lower, _)| lower.as_str()))?;
        free.iter().find(|(lower, _)| lower == found).map(|(_, name)| shown(name))
    };
    let one = |name: &&str| near(name).map_or_else(|| format!("`{name}`"), |near| format!("`{name}` (nearest is `{near}`)"));
    let names: Vec<String> = missing.iter().take(SHOWN).map(one).collect();
    let more = missing.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(", and {more} more are missing") } else { String::new() };
    (!names.is_empty()).then(|| format!("has no {kind} {}{rest}", names.join(", nor ")))
}

/// A name out of the file, which may be long or hold anything.
fn shown(name: &str) -> String {
    const LONGEST: usize = 60;
    name.chars().take(LONGEST).collect()
}
