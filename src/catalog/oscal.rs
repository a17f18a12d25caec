//! OSCAL catalogs as they are published: read into clauses without changing a word, and ours written as OSCAL.
//!
//! Source of the format: OSCAL 1.1 and 1.2 catalog and mapping-collection models, <https://pages.nist.gov/OSCAL/>.
//! In: the bytes of a catalog. Out: clauses in the order of the file, and the ids that the publisher withdrew. Withdrawn items are
//! recognised by `status: withdrawn`, by links that say where they went, or by a text that begins with "withdrawn".

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::format::ClauseFile;
use super::{Catalog, Catalogs, Treatment};
use crate::base::Digest;
use crate::base::identifier::NAMESPACE;
pub use crate::base::identifier::{token, uuid};

/// A larger file is no catalog: NIST SP 800-53 has 10 MB.
const BYTES_MAX: usize = 64 * 1024 * 1024;
const DEPTH_MAX: usize = 32;

/// What an OSCAL catalog says.
#[derive(Debug)]
pub struct Read {
    pub title: String,
    pub version: String,
    pub publisher: Option<String>,
    pub published: Option<String>,
    pub clauses: Vec<ClauseFile>,
    /// Withdrawn ids with the ids that took their place.
    pub withdrawn: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Document {
    catalog: OscalCatalog,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct OscalCatalog {
    metadata: Metadata,
    #[serde(default)]
    params: Vec<Param>,
    #[serde(default)]
    groups: Vec<Group>,
    #[serde(default)]
    controls: Vec<Control>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    title: String,
    version: String,
    published: Option<String>,
    #[serde(default)]
    parties: Vec<Party>,
}

#[derive(Debug, Deserialize)]
struct Party {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Group {
    id: Option<String>,
    class: Option<String>,
    title: String,
    #[serde(default)]
    params: Vec<Param>,
    #[serde(default)]
    props: Vec<Prop>,
    #[serde(default)]
    links: Vec<Link>,
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    groups: Vec<Group>,
    #[serde(default)]
    controls: Vec<Control>,
}

#[derive(Debug, Deserialize)]
struct Control {
    id: String,
    class: Option<String>,
    title: String,
    #[serde(default)]
    params: Vec<Param>,
    #[serde(default)]
    props: Vec<Prop>,
    #[serde(default)]
    links: Vec<Link>,
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    controls: Vec<Control>,
}

#[derive(Debug, Deserialize)]
struct Param {
    id: String,
    label: Option<String>,
    #[serde(default)]
    values: Vec<String>,
    select: Option<Select>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Select {
    how_many: Option<String>,
    #[serde(default)]
    choice: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Prop {
    name: String,
    value: String,
    class: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Link {
    href: String,
    rel: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Part {
    name: String,
    prose: Option<String>,
    #[serde(default)]
    props: Vec<Prop>,
    #[serde(default)]
    parts: Vec<Part>,
}

/// Reads an OSCAL catalog in JSON.
///
/// # Errors
/// A sentence for the reader when the bytes are no OSCAL catalog.
pub fn read_catalog(bytes: &[u8]) -> Result<Read, String> {
    if bytes.len() > BYTES_MAX {
        return Err(format!("the file has {} MB; at most {} are read", bytes.len() / 1_000_000, BYTES_MAX / 1_048_576));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document: Document = serde_json::from_slice(bytes).map_err(|error| format!("this is no OSCAL catalog in JSON: {error}"))?;
    let catalog = document.catalog;
    let mut reader = Reader {
        params: BTreeMap::new(),
        labels: BTreeMap::new(),
        taken: BTreeSet::new(),
        clauses: Vec::new(),
        withdrawn: BTreeMap::new(),
    };
    reader.note_params(&catalog.params);
    reader.note_groups(&catalog.groups);
    reader.note_controls(&catalog.controls);
    for group in &catalog.groups {
        reader.group(group, None, 0)?;
    }
    for control in &catalog.controls {
        reader.control(control, None, 0)?;
    }
    let known: BTreeSet<String> = reader.clauses.iter().map(|clause| clause.id.clone()).collect();
    reader.withdrawn.retain(|id, _| !known.contains(id));
    Ok(Read {
        title: catalog.metadata.title,
        version: catalog.metadata.version,
        publisher: catalog.metadata.parties.into_iter().filter(|party| party.kind == "organization").find_map(|party| party.name),
        published: catalog.metadata.published,
        clauses: reader.clauses,
        withdrawn: reader.withdrawn,
    })
}

/// Resolves an OSCAL profile to the catalog that it selects: imports, includes, excludes, parameters, added props and parts.
///
/// `find` gives the bytes of a catalog or profile by the name in an import. The order and the groups of the catalogs are kept.
///
/// # Errors
/// A sentence for the reader when an import is missing or the profile asks for something that is not understood here.
pub fn resolve_profile(bytes: &[u8], find: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Vec<u8>, String> {
    let resolved = resolve(bytes, find, 0)?;
    serde_json::to_vec_pretty(&resolved).map_err(|error| error.to_string())
}

/// Whether the bytes hold an OSCAL profile.
pub fn is_profile(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok_and(|value| value.get("profile").is_some())
}

fn resolve(bytes: &[u8], find: &dyn Fn(&str) -> Option<Vec<u8>>, depth: usize) -> Result<Value, String> {
    if depth > 8 {
        return Err("profiles import one another more than 8 deep".into());
    }
    if bytes.len() > BYTES_MAX {
        return Err(format!("an imported file has {} MB; at most {} are read", bytes.len() / 1_000_000, BYTES_MAX / 1_048_576));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| format!("this is no OSCAL in JSON: {error}"))?;
    let Some(profile) = value.get("profile") else {
        return if value.get("catalog").is_some() { Ok(value) } else { Err("this is neither an OSCAL catalog nor a profile".into()) };
    };
    let (mut groups, mut controls, mut params) = (Vec::new(), Vec::new(), Vec::new());
    for import in list(profile, "imports") {
        let href = text(import, "href");
        let name = match href.strip_prefix('#') {
            Some(uuid) => list(&profile["back-matter"], "resources")
                .iter()
                .find(|resource| text(resource, "uuid") == uuid)
                .and_then(|resource| list(resource, "rlinks").iter().map(|link| text(link, "href")).find(|link| link.ends_with(".json")))
                .unwrap_or_default(),
            None => href,
        };
        let bytes = find(name).ok_or_else(|| format!("the import `{name}` does not stand beside the profile"))?;
        let imported = resolve(&bytes, find, depth + 1)?;
        let wanted = Selection::of(import);
        let catalog = &imported["catalog"];
        groups.extend(list(catalog, "groups").iter().filter_map(|group| wanted.group(group)));
        controls.extend(list(catalog, "controls").iter().flat_map(|control| wanted.control(control, false)));
        params.extend(list(catalog, "params").iter().cloned());
    }
    let mut catalog = json!({ "uuid": profile["uuid"], "metadata": profile["metadata"] });
    for (key, items) in [("params", params), ("groups", groups), ("controls", controls)] {
        if !items.is_empty() {
            catalog[key] = Value::Array(items);
        }
    }
    for setting in list(&profile["modify"], "set-parameters") {
        let id = text(setting, "param-id").to_owned();
        each(&mut catalog, &mut |item| {
            for param in item.get_mut("params").and_then(Value::as_array_mut).into_iter().flatten().filter(|param| text(param, "id") == id)
            {
                for key in ["values", "label", "select"] {
                    if let Some(value) = setting.get(key) {
                        param[key] = value.clone();
                    }
                }
            }
        });
    }
    for alter in list(&profile["modify"], "alters") {
        let id = text(alter, "control-id").to_owned();
        if alter.get("removes").is_some() || list(alter, "adds").iter().any(|add| add.get("by-id").is_some()) {
            return Err(format!(
                "the profile removes or moves parts inside {id}; resolve it with an OSCAL tool first and import the catalog"
            ));
        }
        each(&mut catalog, &mut |item| {
            if text(item, "id") != id {
                return;
            }
            for add in list(alter, "adds") {
                for key in ["params", "props", "links", "parts"] {
                    if let Some(added) = add.get(key).and_then(Value::as_array) {
                        let mut all: Vec<Value> = item.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
                        let at = if text(add, "position") == "starting" { 0 } else { all.len() };
                        all.splice(at..at, added.iter().cloned());
                        item[key] = Value::Array(all);
                    }
                }
            }
        });
    }
    Ok(json!({ "catalog": catalog }))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Calls `change` for the catalog, and every group and control below it.
fn each(item: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    change(item);
    for key in ["groups", "controls"] {
        for inner in item.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            each(inner, change);
        }
    }
}

/// Which controls one import takes.
struct Selection<'a> {
    /// Nothing: all of them.
    include: Option<Vec<&'a Value>>,
    exclude: Vec<&'a Value>,
}

impl<'a> Selection<'a> {
    fn of(import: &'a Value) -> Selection<'a> {
        let include = import.get("include-controls").and_then(Value::as_array).map(|list| list.iter().collect());
        Selection { include, exclude: list(import, "exclude-controls").iter().collect() }
    }

    fn names(rule: &Value, id: &str) -> bool {
        list(rule, "with-ids").iter().any(|own| own.as_str() == Some(id))
            || list(rule, "matching").iter().any(|matching| matches(text(matching, "pattern"), id))
    }

    fn takes(&self, id: &str, below_taken: bool) -> bool {
        let included = self.include.as_ref().is_none_or(|rules| rules.iter().any(|rule| Selection::names(rule, id))) || below_taken;
        included && !self.exclude.iter().any(|rule| Selection::names(rule, id))
    }

    fn with_children(&self, id: &str) -> bool {
        self.include.iter().flatten().any(|rule| Selection::names(rule, id) && text(rule, "with-child-controls") == "yes")
    }

    fn group(&self, group: &Value) -> Option<Value> {
        let groups: Vec<Value> = list(group, "groups").iter().filter_map(|inner| self.group(inner)).collect();
        let controls: Vec<Value> = list(group, "controls").iter().flat_map(|control| self.control(control, false)).collect();
        if groups.is_empty() && controls.is_empty() {
            return None;
        }
        let mut kept = group.clone();
        for (key, items) in [("groups", groups), ("controls", controls)] {
            if let Some(object) = kept.as_object_mut() {
                object.shift_remove(key);
            }
            if !items.is_empty() {
                kept[key] = Value::Array(items);
            }
        }
        Some(kept)
    }

    /// The control with those below it that are taken; only these where it is not taken itself.
    fn control(&self, control: &Value, below_taken: bool) -> Vec<Value> {
        let id = text(control, "id");
        let taken = self.takes(id, below_taken);
        let children = taken && self.with_children(id);
        let inner: Vec<Value> = list(control, "controls").iter().flat_map(|inner| self.control(inner, children)).collect();
        if !taken {
            return inner;
        }
        let mut kept = control.clone();
        if let Some(object) = kept.as_object_mut() {
            object.shift_remove("controls");
        }
        if !inner.is_empty() {
            kept["controls"] = Value::Array(inner);
        }
        vec![kept]
    }
}

/// A pattern of OSCAL: `*` stands for anything, `?` for one character.
fn matches(pattern: &str, id: &str) -> bool {
    let pattern = regex::escape(pattern).replace(r"\*", ".*").replace(r"\?", ".");
    regex::Regex::new(&format!("^{pattern}$")).is_ok_and(|pattern| pattern.is_match(id))
}

struct Reader {
    params: BTreeMap<String, String>,
    /// The id that people read, by OSCAL id.
    labels: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    clauses: Vec<ClauseFile>,
    withdrawn: BTreeMap<String, Vec<String>>,
}

/// Letters and digits only, in lower case: what stays of an id in any spelling.
fn bare(id: &str) -> String {
    id.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Reader {
    fn note_params(&mut self, params: &[Param]) {
        for param in params {
            let text = if !param.values.is_empty() {
                param.values.join(", ")
            } else if let Some(select) = &param.select {
                let many = if select.how_many.as_deref() == Some("one-or-more") { "one or more" } else { "one" };
                format!("[selection of {many}: {}]", select.choice.join("; "))
            } else {
                format!("[assignment: {}]", param.label.as_deref().unwrap_or(&param.id))
            };
            self.params.insert(param.id.clone(), text);
        }
    }

    fn note_groups(&mut self, groups: &[Group]) {
        for group in groups {
            self.note_params(&group.params);
            if let Some(id) = &group.id {
                self.note_label(id, &group.props);
            }
            self.note_groups(&group.groups);
            self.note_controls(&group.controls);
        }
    }

    fn note_controls(&mut self, controls: &[Control]) {
        for control in controls {
            self.note_params(&control.params);
            self.note_label(&control.id, &control.props);
            self.note_controls(&control.controls);
        }
    }

    /// A label is taken as the id that people read when it is the id in another spelling (`AC-2(1)` for `ac-2.1`, `03.01.01` for
    /// `SP_800_171_03.01.01`), but not when it is a name (`GOVERN (GV)`), nor when another item has the same.
    fn note_label(&mut self, id: &str, props: &[Prop]) {
        let label = props
            .iter()
            .find(|prop| prop.name == "label" && !matches!(prop.class.as_deref(), Some("zero-padded" | "sp800-53a")))
            .map(|prop| prop.value.trim())
            .filter(|label| !bare(label).is_empty() && bare(id).ends_with(&bare(label)) && !self.taken.contains(*label))
            .unwrap_or(id);
        let label = label.to_owned();
        self.taken.insert(label.clone());
        self.labels.insert(id.to_owned(), label);
    }

    fn readable(&self, id: &str) -> String {
        self.labels.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }

    fn group(&mut self, group: &Group, parent: Option<&str>, depth: usize) -> Result<(), String> {
        deep(depth)?;
        let Some(id) = group.id.as_deref().map(|id| self.readable(id)) else {
            // A group without an id only arranges; what it holds stands where the group stands.
            for inner in &group.groups {
                self.group(inner, parent, depth + 1)?;
            }
            for control in &group.controls {
                self.control(control, parent, depth + 1)?;
            }
            return Ok(());
        };
        let prose = self.prose(&group.parts);
        if self.note_withdrawn(&id, &group.props, &group.links, &group.title, &prose) {
            return Ok(());
        }
        let statement = if prose.is_empty() { format!("Groups the controls on {}.", group.title) } else { prose };
        self.clauses.push(clause(&id, parent, group.class.as_deref().unwrap_or("group"), &group.title, &statement, true));
        for inner in &group.groups {
            self.group(inner, Some(&id), depth + 1)?;
        }
        for control in &group.controls {
            self.control(control, Some(&id), depth + 1)?;
        }
        Ok(())
    }

    fn control(&mut self, control: &Control, parent: Option<&str>, depth: usize) -> Result<(), String> {
        deep(depth)?;
        let id = self.readable(&control.id);
        let prose = self.prose(&control.parts);
        if self.note_withdrawn(&id, &control.props, &control.links, &control.title, &prose) {
            for inner in &control.controls {
                self.control(inner, parent, depth + 1)?;
            }
            return Ok(());
        }
        let statement = if prose.is_empty() { control.title.clone() } else { prose };
        let class = control.class.as_deref().unwrap_or("control");
        // A category of subcategories (as in NIST CSF) is met through these; an SP 800-53 control stands beside its enhancements.
        let heading = control.controls.iter().any(|inner| inner.class.as_deref() == Some(format!("sub{class}").as_str()));
        self.clauses.push(clause(&id, parent, class, &control.title, &statement, heading));
        for inner in &control.controls {
            self.control(inner, Some(&id), depth + 1)?;
        }
        Ok(())
    }

    fn note_withdrawn(&mut self, id: &str, props: &[Prop], links: &[Link], title: &str, prose: &str) -> bool {
        let went = |link: &&Link| {
            link.rel.as_deref().is_some_and(|rel| matches!(rel.replace('_', "-").as_str(), "moved-to" | "incorporated-into"))
        };
        let flagged = props.iter().any(|prop| prop.name == "status" && prop.value.eq_ignore_ascii_case("withdrawn"));
        let said = [title, prose].iter().any(|text| text.trim_start_matches(['[', '(', ' ']).to_ascii_lowercase().starts_with("withdrawn"));
        if !(flagged || said || links.iter().any(|link| went(&link))) {
            return false;
        }
        let targets = links.iter().filter(went).map(|link| self.readable(link.href.trim_start_matches('#'))).collect();
        self.withdrawn.insert(id.to_owned(), targets);
        true
    }

    /// The statement of a control: its numbered parts in order, parameters filled in.
    fn prose(&self, parts: &[Part]) -> String {
        let mut lines = Vec::new();
        for part in parts.iter().filter(|part| part.name == "statement" || part.name == "overview") {
            self.part_lines(part, 0, &mut lines);
        }
        lines.join(" ")
    }

    fn part_lines(&self, part: &Part, depth: usize, lines: &mut Vec<String>) {
        if depth > DEPTH_MAX {
            return;
        }
        let label = part.props.iter().find(|prop| prop.name == "label" && prop.class.as_deref() != Some("sp800-53a"));
        if let Some(prose) = part.prose.as_deref().map(str::trim).filter(|prose| !prose.is_empty()) {
            let text = self.filled(prose, 0);
            lines.push(match label {
                Some(label) => format!("{} {text}", label.value),
                None => text,
            });
        }
        for inner in &part.parts {
            self.part_lines(inner, depth + 1, lines);
        }
    }

    /// Prose with `{{ insert: param, x }}` replaced by what the parameter says.
    fn filled(&self, prose: &str, depth: usize) -> String {
        let mut text = String::with_capacity(prose.len());
        let mut rest = prose;
        while let Some(start) = rest.find("{{") {
            let Some(length) = rest[start..].find("}}") else { break };
            text.push_str(&rest[..start]);
            let inside = &rest[start + 2..start + length];
            let name = inside.rsplit(',').next().unwrap_or_default().trim();
            match self.params.get(name).filter(|_| depth < 4) {
                Some(value) => text.push_str(&self.filled(value, depth + 1)),
                None => text.push_str(&format!("[{name}]")),
            }
            rest = &rest[start + length + 2..];
        }
        text.push_str(rest);
        text
    }
}

fn deep(depth: usize) -> Result<(), String> {
    if depth > DEPTH_MAX { Err(format!("groups are nested more than {DEPTH_MAX} deep")) } else { Ok(()) }
}

fn clause(id: &str, parent: Option<&str>, kind: &str, title: &str, statement: &str, heading: bool) -> ClauseFile {
    ClauseFile {
        id: id.to_owned(),
        replaces: None,
        parent: parent.map(str::to_owned),
        kind: kind.to_ascii_lowercase(),
        label: title.trim().to_owned(),
        heading,
        statement: statement.to_owned(),
        effective: None,
        properties: BTreeMap::new(),
        objectives: None,
        documentary: (!heading).then(|| {
            format!("Nobody has mapped {id} to objectives yet: bring the documents and records that show how it is met for machine identities, or map it.")
        }),
        outside: None,
    }
}

/// One of our catalogs as an OSCAL catalog, version 1.1.3. Every UUID derives from content.
pub fn catalog_json(catalog: &Catalog) -> Value {
    let name = catalog.name.as_str();
    let last_modified = format!("{}T00:00:00Z", catalog.about.published);
    let roots: Vec<usize> = (0..catalog.clauses.len()).filter(|index| catalog.clauses[*index].parent.is_none()).collect();
    let mut children: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, clause) in catalog.clauses.iter().enumerate() {
        if let Some(parent) = &clause.parent {
            children.entry(parent).or_default().push(index);
        }
    }
    let mut body = json!({
        "uuid": uuid(&["catalog", name, catalog.digest.as_str()]),
        "metadata": {
            "title": format!("{} (Tickmark's own wording)", catalog.about.title),
            "published": last_modified,
            "last-modified": last_modified,
            "version": format!("{} r{}", catalog.about.edition, catalog.about.revision),
            "oscal-version": "1.1.3",
            "props": [{"name": "marking", "value": "own wording"}],
            "links": [{"href": catalog.about.source, "rel": "reference"}],
            "parties": [{"uuid": uuid(&["party", &catalog.about.publisher]), "type": "organization", "name": catalog.about.publisher}],
            "remarks": catalog.about.licence,
        },
    });
    // A catalog holds groups and controls side by side.
    let is_heading = |index: &usize| catalog.clauses[*index].treatment == Treatment::Heading;
    let items = |wanted: bool| -> Vec<Value> {
        roots.iter().filter(|index| is_heading(index) == wanted).map(|index| oscal_item(catalog, *index, &children, wanted)).collect()
    };
    let (groups, controls) = (items(true), items(false));
    for (key, list) in [("groups", groups), ("controls", controls)] {
        if !list.is_empty() {
            body[key] = json!(list);
        }
    }
    json!({ "catalog": body })
}

fn oscal_item(catalog: &Catalog, index: usize, children: &BTreeMap<&str, Vec<usize>>, group: bool) -> Value {
    let clause = &catalog.clauses[index];
    let token = token(&clause.id);
    let heading = clause.treatment == Treatment::Heading;
    let mut props = vec![json!({"name": "label", "value": clause.id})];
    if let Some(day) = clause.effective {
        props.push(json!({"name": "effective", "ns": NAMESPACE, "value": day.to_string()}));
    }
    for (name, value) in &clause.properties {
        props.push(json!({"name": name, "ns": NAMESPACE, "value": value}));
    }
    if !heading {
        props.push(json!({"name": "treatment", "ns": NAMESPACE, "value": clause.treatment.word()}));
    }
    let mut item = json!({
        "id": token,
        "class": clause.kind,
        "title": clause.label,
        "props": props,
        "parts": [{
            "id": format!("{token}_{}", if heading { "ovw" } else { "smt" }),
            "name": if heading { "overview" } else { "statement" },
            "prose": clause.statement,
        }],
    });
    let inner: Vec<usize> = children.get(clause.id.as_str()).cloned().unwrap_or_default();
    // A group holds groups or controls, not both, and a control holds controls only: a heading among clauses is written as a control.
    let all_headings = inner.iter().all(|child| catalog.clauses[*child].treatment == Treatment::Heading);
    let (groups, controls) = if group && all_headings { (inner, Vec::new()) } else { (Vec::new(), inner) };
    let group_below = !groups.is_empty();
    for (key, list) in [("groups", groups), ("controls", controls)] {
        if !list.is_empty() {
            item[key] = list.iter().map(|child| oscal_item(catalog, *child, children, group_below)).collect();
        }
    }
    item
}

/// The mapping of an edition to our objectives as an OSCAL mapping collection (OSCAL 1.2).
pub fn mapping_json(catalog: &Catalog, catalogs: &Catalogs) -> Value {
    let name = catalog.name.as_str();
    let maps: Vec<Value> = catalog
        .clauses
        .iter()
        .flat_map(|clause| {
            clause.treatment.mappings().iter().map(move |mapping| {
                let relationship = match mapping.coverage {
                    super::Coverage::Full => "subset-of",
                    super::Coverage::Partial => "intersects-with",
                };
                json!({
                    "uuid": uuid(&["map", name, &clause.id, &mapping.objective]),
                    "relationship": relationship,
                    "sources": [{"type": "control", "id-ref": token(&clause.id)}],
                    "targets": [{"type": "control", "id-ref": token(&mapping.objective)}],
                    "remarks": mapping.rationale,
                })
            })
        })
        .collect();
    let objectives: Vec<String> = catalogs.objectives.values().map(|objective| objective.digest.as_str().to_owned()).collect();
    let last_modified = format!("{}T00:00:00Z", catalog.about.published);
    json!({ "mapping-collection": {
        "uuid": uuid(&["mapping-collection", name, catalog.digest.as_str(), &objectives.concat()]),
        "metadata": {
            "title": format!("{} and the objectives of Tickmark", catalog.about.short_title),
            "last-modified": last_modified,
            "version": format!("{} r{}", catalog.about.edition, catalog.about.revision),
            "oscal-version": "1.2.1",
        },
        "provenance": {
            "method": "human",
            "matching-rationale": "functional",
            "status": "complete",
            "mapping-description": "Each clause is mapped by meaning to the objectives whose test speaks for it.",
        },
        "mappings": [{
            "uuid": uuid(&["mapping", name]),
            "source-resource": {"type": "catalog", "href": format!("{name}.oscal.json")},
            "target-resource": {"type": "catalog", "href": "objectives.oscal.json"},
            "maps": maps,
        }],
    }})
}

/// Our objectives as an OSCAL catalog, the target of the mapping collections.
pub fn objectives_json(catalogs: &Catalogs) -> Value {
    let digests: String = catalogs.objectives.values().map(|objective| objective.digest.as_str()).collect();
    let controls: Vec<Value> = catalogs
        .objectives
        .values()
        .map(|objective| {
            json!({
                "id": token(&objective.id), "class": "objective", "title": objective.title,
                "props": [{"name": "label", "value": objective.id}],
                "parts": [{"id": format!("{}_smt", token(&objective.id)), "name": "statement", "prose": objective.statement}],
            })
        })
        .collect();
    json!({ "catalog": {
        "uuid": uuid(&["objectives", &digests]),
        "metadata": {
            "title": "Tickmark's objectives for non-human identities",
            "last-modified": "2026-01-01T00:00:00Z",
            "version": Digest::of(digests.as_bytes()).short(),
            "oscal-version": "1.1.3",
        },
        "controls": controls,
    }})
}
