//! Lists of records that are no lists: `"SecretList": null` must not read like an account without secrets.
//!
//! The containers are taken from each record set's own path: what stands before every `[*]` and `.*` in it.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::adapter::Adapter;
use super::records::Document;

/// What stands before one `[*]` or `.*` of a record set's path.
#[derive(Debug, Clone)]
pub(super) struct Container {
    path: JsonPath,
    /// As in the adapter, for the reader.
    text: String,
    /// Members count as well as items.
    any: bool,
    /// The list of records itself: it stands at a fixed place near the root, and null is no empty list there.
    outermost: bool,
}

/// The containers of a path, which may be that of the adapter's first and main record set; none for those found at any depth, of which nothing says where they must be.
pub(super) fn containers(each: &str, is_first: bool) -> Vec<Container> {
    let cuts = each.match_indices("[*]").map(|(at, _)| (at, false)).chain(each.match_indices(".*").map(|(at, _)| (at, true)));
    let mut cuts: Vec<(usize, bool)> = cuts.filter(|(at, any)| !any || !each[..*at].ends_with('.')).collect();
    cuts.sort_unstable();
    let one = |(index, (at, any)): (usize, &(usize, bool))| {
        let text = each[..*at].to_owned();
        let path = JsonPath::parse(&text).ok()?;
        let outermost = is_first && index == 0 && text != "$" && !["..", "[*]", "[?"].iter().any(|part| text.contains(part));
        Some(Container { path, text, any: *any, outermost })
    };
    cuts.iter().enumerate().filter_map(one).collect()
}

/// Where a document has no list of records although its adapter reads one there.
pub(super) fn lists_missing(document: &Document, adapter: &Adapter) -> Vec<(String, String)> {
    let containers = || adapter.records.iter().flat_map(|set| &set.containers);
    let found = holes(&document.value, containers());
    let mut found: Vec<(String, String)> = found.into_iter().map(|(pointer, reason)| (document.place_of(&pointer), reason)).collect();
    // What is searched for at any depth, such as labels, is no list of records.
    let at_a_place = |each: &&JsonPath| !each.to_string().contains("..");
    let mut paths = adapter.records.iter().filter_map(|set| set.each.as_ref()).filter(at_a_place);
    let mut selects_none = || paths.all(|each| each.query(&document.value).is_empty());
    if found.is_empty() && has_no_list(&document.value, containers()) && selects_none() {
        found.push((document.place_of(""), "it holds no list of records".to_owned()));
    }
    found
}

/// Places where a list is wanted and something else stands, with the reason. Null counts as no list only where the records themselves should be.
fn holes<'a>(document: &Value, containers: impl Iterator<Item = &'a Container>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for container in containers {
        for node in container.path.query_located(document) {
            let fits = match node.node() {
                Value::Array(_) => true,
                Value::Object(_) => container.any,
                Value::Null => !container.outermost,
                _ => false,
            };
            if !fits {
                found.push((
                    node.location().to_json_pointer(),
                    format!("`{}` should hold a list of records, and holds none", container.text),
                ));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Whether a document lacks every list that the adapter reads records from.
fn has_no_list<'a>(document: &Value, containers: impl Iterator<Item = &'a Container>) -> bool {
    let mut outermost = containers.filter(|container| container.outermost).peekable();
    outermost.peek().is_some() && outermost.all(|container| container.path.query(document).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(each: &str, document: &Value) -> Vec<String> {
        holes(document, containers(each, true).iter()).into_iter().map(|(pointer, _)| pointer).collect()
    }

    #[test]
    fn what_should_be_a_list_and_is_none_is_told_with_its_place() {
        let each = "$.Users[*].Groups[*]";
        assert!(told(each, &json!({"Users": [{"Groups": []}, {"Groups": null}, {}]})).is_empty(), "a nested null is an absent list");
        assert_eq!(told(each, &json!({"Users": null})), ["/Users"]);
        assert_eq!(told(each, &json!({"Users": [{"Groups": "N/A"}]})), ["/Users/0/Groups"]);
        assert_eq!(told("$.results.*[*]", &json!({"results": {"a": 1, "b": []}})), ["/results/a"]);
        assert_eq!(told("$.results.*[*]", &json!({"results": "none"})), ["/results"]);
        assert!(
            has_no_list(&json!({"Items": []}), containers(each, true).iter())
                && !has_no_list(&json!({"Users": []}), containers(each, true).iter())
        );
        assert!(!has_no_list(&json!({}), containers("$..data", true).iter()), "nothing says where such a record must be");
    }
}
