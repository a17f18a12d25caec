//! The same records as one list, one per line, or in a wrapper: brought into the shape in which an adapter recognises them.
//!
//! Tools such as jq take lists apart and put them together. Only the outside changes here, never a record, and a file is only reshaped when
//! no adapter recognises it as it is. The rules of recognition stay the adapter's own; what is told by nothing but the name of its list stays
//! unrecognised without that name.

use serde_json::Value;

use super::adapter::Adapter;
use super::format::Shape;
use super::records::{Document, Parsed};

/// How the documents of a file become those that an adapter recognises.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reshape {
    from: Source,
    to: Target,
}

/// Where the records stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Each document is one.
    Document,
    /// Each document is a list of them.
    List,
    /// Each document is an object with the list as its only member.
    OnlyMember,
}

/// How the adapter wants them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Each,
    List,
    Under(String),
}

/// The file in the shape in which an adapter recognises it, and whether it had to be changed.
pub(super) fn reshaped<'a>(parsed: Parsed, adapters: impl Iterator<Item = &'a Adapter>) -> (Parsed, bool) {
    match parsed {
        Parsed::Documents { shape: Shape::Json, documents, broken } => {
            let reading: Vec<&Adapter> = adapters.filter(|adapter| adapter.shapes.contains(&Shape::Json)).collect();
            let Some(how) = documents.first().and_then(|first| choose(&first.value, &reading)) else {
                return (Parsed::Documents { shape: Shape::Json, documents, broken }, false);
            };
            let documents = documents.into_iter().flat_map(|document| apply(&how, document)).collect();
            (Parsed::Documents { shape: Shape::Json, documents, broken }, true)
        }
        other => (other, false),
    }
}

/// The first change after which an adapter recognises the first record; nothing where one does as it is, or none ever does.
fn choose(first: &Value, adapters: &[&Adapter]) -> Option<Reshape> {
    let claimed = |value: &Value| adapters.iter().any(|adapter| adapter.claims_document(value));
    if claimed(first) {
        return None;
    }
    let targets: Vec<Target> = [Target::Each, Target::List]
        .into_iter()
        .chain(adapters.iter().filter_map(|adapter| told_inside(adapter)).map(Target::Under))
        .collect();
    for from in [Source::OnlyMember, Source::List, Source::Document] {
        let Some(item) = first_item(from, first) else { continue };
        for to in &targets {
            if claimed(&wrapped(to, vec![item.clone()])) {
                return Some(Reshape { from, to: to.clone() });
            }
        }
    }
    None
}

/// The name of an adapter's list, where its recognition looks at the records and not only at that name.
fn told_inside(adapter: &Adapter) -> Option<String> {
    let each = adapter.declared.records.first()?.each.as_ref()?;
    let name = each.strip_prefix("$.")?.split_once("[*]")?.0;
    let inside = format!("$.{name}[0].");
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let only_inside = adapter.declared.recognise.paths.iter().all(|path| path.starts_with(&inside));
    (is_name && only_inside).then(|| name.to_owned())
}

fn first_item(from: Source, document: &Value) -> Option<&Value> {
    let item = match from {
        Source::Document => document,
        Source::List => document.as_array()?.first()?,
        Source::OnlyMember => only_member(document)?.1.first()?,
    };
    item.is_object().then_some(item)
}

/// The list that is all an object holds. With anything beside it, that could be the mark that the list goes on.
fn only_member(document: &Value) -> Option<(&String, &Vec<Value>)> {
    let members = document.as_object().filter(|members| members.len() == 1)?;
    let (name, value) = members.iter().next()?;
    Some((name, value.as_array()?))
}

fn wrapped(to: &Target, items: Vec<Value>) -> Value {
    match to {
        Target::Each => items.into_iter().next().unwrap_or(Value::Null),
        Target::List => Value::Array(items),
        Target::Under(name) => Value::Object([(name.clone(), Value::Array(items))].into_iter().collect()),
    }
}

/// A document of another kind than the first stays as it is, and is rejected like any that is of another kind.
fn apply(how: &Reshape, document: Document) -> Vec<Document> {
    let inside = match how.from {
        Source::Document if document.value.is_object() => String::new(),
        Source::List if document.value.is_array() => "#".to_owned(),
        Source::OnlyMember if only_member(&document.value).is_some() => {
            only_member(&document.value).map(|(name, _)| format!("#/{}", name.replace('~', "~0").replace('/', "~1"))).unwrap_or_default()
        }
        _ => return vec![document],
    };
    let place = format!("{}{inside}", document.place);
    let items = match (how.from, document.value) {
        (Source::List, Value::Array(items)) => items,
        (Source::OnlyMember, Value::Object(members)) => match members.into_iter().next() {
            Some((_, Value::Array(items))) => items,
            _ => Vec::new(),
        },
        (_, value) => vec![value],
    };
    let of_one = how.from == Source::Document;
    match &how.to {
        Target::Each if of_one => items.into_iter().map(|value| Document::new(place.clone(), value)).collect(),
        Target::Each => items.into_iter().enumerate().map(|(index, value)| Document::new(format!("{place}/{index}"), value)).collect(),
        to => {
            let named = usize::from(matches!(to, Target::Under(_)));
            vec![Document { added: named + usize::from(of_one), ..Document::new(place, wrapped(to, items)) }]
        }
    }
}
