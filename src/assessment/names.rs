//! Names and addresses of people, and the pseudonyms that stand for them.
//!
//! Every digest of an assessment is taken over the text with pseudonyms in the place of names. A full pack holds the names and the
//! list that ties them to their pseudonyms; a redacted pack holds the pseudonyms only. Both have the same digests and the same root,
//! so each proves itself, and either proves the other.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ArtifactRecord, Assessment, ClauseResult, FrameRecord, Observation, Reason};
use crate::base::Digest;

/// The list of a full pack: `names.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Tickmark names")]
pub struct NameList {
    /// Digest over the evidence itself, which no redacted pack holds: without it nobody can try out names.
    pub salt: String,
    /// By pseudonym.
    pub names: Vec<NameRecord>,
}

impl NameList {
    /// The digest of its canonical form, written as it goes: thousands of names need no value of their own for it.
    fn digest(&self) -> Digest {
        /// Keys in the order of RFC 8785.
        #[derive(Serialize)]
        struct List<'a> {
            names: Vec<Name<'a>>,
            salt: &'a str,
        }
        #[derive(Serialize)]
        struct Name<'a> {
            pseudonym: &'a str,
            rules: &'a [String],
            value: &'a str,
        }
        let names = self.names.iter().map(|own| Name { pseudonym: &own.pseudonym, rules: &own.rules, value: &own.value });
        let list = List { names: names.collect(), salt: &self.salt };
        Digest::of(&serde_json::to_vec(&list).expect("plain data is JSON"))
    }
}

/// One name or address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct NameRecord {
    /// `person-` and ten hexadecimal digits.
    pub pseudonym: String,
    pub value: String,
    /// What made it a name: a column, the pattern of an address, a statement of the workspace.
    pub rules: Vec<String>,
}

/// How names are dealt with in an assessment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamesRecord {
    /// Names and addresses that were found.
    pub found: usize,
    /// Whether pseudonyms stand in their place.
    pub replaced: bool,
}

/// Replaces names by pseudonyms.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub list: NameList,
    /// Over names in small letters: one that ignores case itself is twice as large and takes twice as long to make.
    automaton: Option<AhoCorasick>,
    /// By pattern of the automaton: the place in the list.
    owners: Vec<usize>,
    /// Bytes of the longest pattern.
    longest: usize,
}

impl Names {
    /// A list from the values and the rules that made each of them a name. Values that differ in case only are one name.
    pub fn new(salt: &Digest, values: &BTreeMap<String, BTreeSet<String>>) -> Names {
        let mut by_pseudonym: BTreeMap<String, NameRecord> = BTreeMap::new();
        for (value, rules) in values {
            let digest = Digest::of(format!("{salt}\n{}", value.to_lowercase()).as_bytes());
            let pseudonym = format!("person-{}", &digest.as_str()[..10]);
            let own =
                by_pseudonym.entry(pseudonym.clone()).or_insert_with(|| NameRecord { pseudonym, value: value.clone(), rules: Vec::new() });
            own.rules.extend(rules.iter().cloned());
            own.rules.sort();
            own.rules.dedup();
        }
        Names::of(NameList { salt: salt.to_string(), names: by_pseudonym.into_values().collect() })
    }

    /// Ready to replace what a list holds.
    pub fn of(list: NameList) -> Names {
        let mut patterns = Vec::new();
        let mut owners = Vec::new();
        // A list may come from a pack that somebody forged: nothing is no name.
        for (index, name) in list.names.iter().enumerate().filter(|(_, name)| !name.value.is_empty()) {
            patterns.extend(forms(&name.value).into_iter().map(|form| form.to_ascii_lowercase()));
            owners.resize(patterns.len(), index);
        }
        // The kind that is taken for few patterns otherwise needs the square of their length to be made.
        let make = || AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(&patterns);
        let automaton = (!patterns.is_empty()).then(|| make().expect("plain strings always build"));
        let longest = patterns.iter().map(String::len).max().unwrap_or_default();
        Names { list, automaton, owners, longest }
    }

    pub fn is_empty(&self) -> bool {
        self.list.names.is_empty()
    }

    /// What the frame of an assessment says of the list; nothing without names.
    pub fn commitment(&self) -> Option<Digest> {
        (!self.is_empty()).then(|| self.list.digest())
    }

    /// The text with a pseudonym in the place of every whole name.
    pub fn hide(&self, text: &str) -> String {
        self.hide_counting(text, &mut BTreeMap::new())
    }

    /// The same, counting by place in the list how often each name stood there.
    pub fn hide_counting(&self, text: &str, counts: &mut BTreeMap<usize, usize>) -> String {
        self.hidden(text, counts).unwrap_or_else(|| text.to_owned())
    }

    /// Nothing where the text holds no name.
    fn hidden(&self, text: &str, counts: &mut BTreeMap<usize, usize>) -> Option<String> {
        let automaton = self.automaton.as_ref()?;
        let lower = text.to_ascii_lowercase();
        let mut written = Written { text, hidden: String::new(), at: 0 };
        let mut settle = |begun: &mut BTreeMap<usize, (usize, usize)>, until: usize| {
            while let Some(first) = begun.first_entry().filter(|first| *first.key() < until) {
                let (start, (end, owner)) = first.remove_entry();
                if written.put(start, end, &self.list.names[owner].pseudonym) {
                    *counts.entry(owner).or_default() += 1;
                }
            }
        };
        // By its beginning the end and the owner of a name: the longest where several begin at the same place. They are written as soon as no
        // other can begin before them, so that a text full of names needs no list of them.
        let mut begun: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for hit in automaton.find_overlapping_iter(&lower) {
            settle(&mut begun, hit.end().saturating_sub(self.longest));
            if stands_alone(text, hit.start(), hit.end()) {
                let own = (hit.end(), self.owners[hit.pattern().as_usize()]);
                let best = begun.entry(hit.start()).or_insert(own);
                if (own.0, Reverse(own.1)) > (best.0, Reverse(best.1)) {
                    *best = own;
                }
            }
        }
        settle(&mut begun, usize::MAX);
        written.finish()
    }

    /// The digest of a statement with names hidden.
    pub fn digest_of<T: Serialize>(&self, statement: &T) -> Digest {
        let mut value = serde_json::to_value(statement).expect("plain data");
        self.hide_value(&mut value);
        Digest::of_canonical(&value)
    }

    /// The digest of a file with names hidden; of its very bytes where it is no text.
    pub fn digest_of_bytes(&self, bytes: &[u8]) -> Digest {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.hidden(text, &mut BTreeMap::new()).map_or_else(|| Digest::of(bytes), |hidden| Digest::of(hidden.as_bytes())),
            Err(_) => Digest::of(bytes),
        }
    }

    fn hide_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.in_place(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide_value(item)),
            Value::Object(entries) => entries.values_mut().for_each(|item| self.hide_value(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    pub(super) fn in_place(&self, text: &mut String) {
        if let Some(hidden) = self.hidden(text, &mut BTreeMap::new()) {
            *text = hidden;
        }
    }

    pub(super) fn in_each<'a>(&self, texts: impl IntoIterator<Item = &'a mut String>) {
        texts.into_iter().for_each(|text| self.in_place(text));
    }

    pub fn hide_frame(&self, frame: &FrameRecord) -> FrameRecord {
        let mut frame = frame.clone();
        self.in_each([&mut frame.title, &mut frame.scope]);
        self.in_each(&mut frame.classification);
        frame
    }

    /// A clause as its digest sees it. What the catalog says of it stays.
    pub fn hide_clause(&self, clause: &ClauseResult) -> ClauseResult {
        let mut clause = clause.clone();
        if self.is_empty() {
            return clause;
        }
        self.hide_reasons(&mut clause.reasons);
        for objective in &mut clause.objectives {
            self.in_each(objective.excepted.iter_mut().map(|own| &mut own.subject));
            objective.excepted.sort_by(|one, two| (&one.subject, &one.exception).cmp(&(&two.subject, &two.exception)));
        }
        self.in_each(&mut clause.evidence);
        clause.stated.iter_mut().for_each(|own| self.hide_stated(own));
        clause.basis.evidence =
            std::mem::take(&mut clause.basis.evidence).into_iter().map(|(path, digest)| (self.hide(&path), digest)).collect();
        clause
    }

    fn hide_reasons(&self, reasons: &mut [Reason]) {
        for reason in reasons {
            self.in_place(&mut reason.text);
            self.in_each(&mut reason.artifacts);
            for row in &mut reason.rows {
                self.in_each([&mut row.subject, &mut row.artifact, &mut row.record]);
            }
        }
    }

    fn hide_observation(&self, seen: &mut Observation) {
        self.in_each([&mut seen.subject, &mut seen.reason, &mut seen.artifact, &mut seen.record]);
        self.in_each(&mut seen.identity);
    }

    fn hide_artifact(&self, artifact: &mut ArtifactRecord) {
        self.in_each([&mut artifact.path, &mut artifact.note, &mut artifact.extent_because]);
        for stated in [
            &mut artifact.packed,
            &mut artifact.classification,
            &mut artifact.system,
            &mut artifact.instance,
            &mut artifact.query,
            &mut artifact.tool,
            &mut artifact.collector,
            &mut artifact.first_key,
            &mut artifact.last_key,
        ] {
            self.in_each(stated);
        }
        self.in_each(&mut artifact.control_totals);
        self.in_each(&mut artifact.transformations);
        for rejection in &mut artifact.rejections {
            self.in_each([&mut rejection.record, &mut rejection.reason]);
        }
    }

    /// The assessment as a redacted pack holds it. Its digests and its root are those of the full one.
    pub fn hide_assessment(&self, assessment: &Assessment) -> Assessment {
        let mut hidden = assessment.clone();
        hidden.names.replaced = true;
        hidden.frame = self.hide_frame(&assessment.frame);
        hidden.clauses = assessment.clauses.iter().map(|clause| self.hide_clause(clause)).collect();
        for objective in &mut hidden.objectives {
            self.hide_reasons(&mut objective.reasons);
            objective.observations.iter_mut().for_each(|seen| self.hide_observation(seen));
            self.in_each(&mut objective.evidence);
            objective.plan.iter_mut().for_each(|own| self.hide_plan(own));
            for parameter in &mut objective.parameters {
                self.in_each(&mut parameter.reason);
                parameter.by_class.iter_mut().for_each(|own| self.in_each(&mut own.reason));
            }
        }
        hidden.frameworks.iter_mut().filter_map(|own| own.tier.as_mut()).for_each(|own| self.hide_tier(own));
        hidden.artifacts.iter_mut().for_each(|artifact| self.hide_artifact(artifact));
        for own in &mut hidden.exceptions {
            self.in_each([
                &mut own.title,
                &mut own.reason,
                &mut own.requested_by,
                &mut own.approved_by,
                &mut own.compensating_measure,
                &mut own.retirement_plan,
            ]);
            self.in_each(&mut own.ticket);
            self.in_each(&mut own.subjects);
            self.in_each(&mut own.covers);
            self.in_each(&mut own.remarks);
            self.in_each(own.milestones.iter_mut().map(|step| &mut step.what));
            self.in_each(own.worksheet.iter_mut().flatten().filter_map(|answer| answer.text.as_mut()));
        }
        for own in &mut hidden.documents {
            self.in_each([&mut own.title, &mut own.path, &mut own.note]);
            self.in_each(&mut own.version);
            self.in_each(&mut own.approved_by);
            self.in_each(&mut own.text);
            for examination in &mut own.examinations {
                self.in_each([&mut examination.by, &mut examination.because]);
                self.in_each(&mut examination.flaw);
            }
        }
        for system in &mut hidden.systems {
            self.in_each([&mut system.title, &mut system.owner]);
            self.in_each(&mut system.instance);
            self.in_each(&mut system.artifacts);
        }
        for own in &mut hidden.coverage {
            self.in_each(&mut own.instance);
            self.in_each(&mut own.artifacts);
        }
        self.in_each(hidden.reconciliation.places.iter_mut().map(|place| &mut place.scope));
        for one in &mut hidden.reconciliation.discrepancies {
            self.in_each([&mut one.subject, &mut one.says, &mut one.artifact, &mut one.record]);
            self.in_each(&mut one.other_artifact);
            self.in_each(&mut one.other_record);
        }
        hidden.register.iter_mut().for_each(|own| self.hide_register(own));
        hidden.dossiers.iter_mut().for_each(|own| self.hide_dossier(own));
        hidden.samples.iter_mut().for_each(|own| self.hide_sample(own));
        for input in hidden.inputs.iter_mut().filter(|input| input.kind == "workspace") {
            self.in_place(&mut input.name);
        }
        hidden
    }
}

/// A text with pseudonyms, as far as it is written.
struct Written<'t> {
    text: &'t str,
    hidden: String,
    /// Up to here the text is dealt with.
    at: usize,
}

impl Written<'_> {
    /// Puts a pseudonym in the place of a name, unless that overlaps the one before.
    fn put(&mut self, start: usize, end: usize, pseudonym: &str) -> bool {
        if start < self.at {
            return false;
        }
        self.hidden.push_str(&self.text[self.at..start]);
        self.hidden.push_str(pseudonym);
        self.at = end;
        true
    }

    /// Nothing where no name was put.
    fn finish(mut self) -> Option<String> {
        if self.at == 0 {
            return None;
        }
        self.hidden.push_str(&self.text[self.at..]);
        Some(self.hidden)
    }
}

/// How a name shows in text: as it is, as JSON escapes it, as CSV doubles its quotes.
fn forms(value: &str) -> Vec<Cow<'_, str>> {
    if value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        return vec![value.into()];
    }
    let json = Value::from(value).to_string();
    let escaped: String = value
        .encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
            _ => format!("\\u{unit:04x}"),
        })
        .collect();
    let mut forms = vec![value.into(), json[1..json.len() - 1].to_owned().into(), value.replace('"', "\"\"").into(), escaped.into()];
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// A name inside a longer word is another word.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let is_word = |c: char| c.is_alphanumeric();
    !text[..start].chars().next_back().is_some_and(is_word) && !text[end..].chars().next().is_some_and(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(values: &[&str]) -> Names {
        let rules = BTreeSet::from(["test".to_owned()]);
        Names::new(&Digest::of(b"salt"), &values.iter().map(|value| ((*value).to_owned(), rules.clone())).collect())
    }

    #[test]
    fn whole_names_are_replaced_the_longest_first_and_other_words_stay() {
        let names = names(&["ann", "Ann Smith", "ann@x.example", "Søren \"S\" Ø"]);
        let of = |value: &str| names.list.names.iter().find(|name| name.value == value).unwrap().pseudonym.clone();
        assert_eq!(names.hide("Ann Smith, ANN and annual"), format!("{}, {} and annual", of("Ann Smith"), of("ann")));
        assert_eq!(names.hide("ann smithson"), format!("{} smithson", of("ann")));
        assert_eq!(names.hide("<ann@x.example>"), format!("<{}>", of("ann@x.example")));
        for form in ["Søren \"S\" Ø", "Søren \\\"S\\\" Ø", "Søren \"\"S\"\" Ø"] {
            assert_eq!(names.hide(form), of("Søren \"S\" Ø"), "{form}");
        }
        assert_eq!(names.hide(&names.hide("ann")), of("ann"), "a pseudonym stays what it is");
        assert_eq!(Names::default().hide("ann"), "ann");
    }

    #[test]
    fn a_pseudonym_tells_nothing_without_the_salt_and_is_stable_with_it() {
        let other = Names::new(&Digest::of(b"pepper"), &BTreeMap::from([("ann".to_owned(), BTreeSet::new())]));
        assert_ne!(names(&["ann"]).list.names[0].pseudonym, other.list.names[0].pseudonym);
        assert_eq!(names(&["ann", "bob"]).hide("ann"), names(&["ann"]).hide("ann"));
        assert_ne!(names(&["ann"]).commitment(), names(&["bob"]).commitment());
    }

    #[test]
    fn a_forged_list_neither_stops_nor_hides_the_rest() {
        let long = "a".repeat(200_000);
        let names = names(&["", &long, "Ø b"]);
        let hidden = names.hide(&format!("\u{e9} {long} Ø b\u{301}"));
        assert!(hidden.len() < 100 && hidden.matches("person-").count() == 2, "{} bytes", hidden.len());
    }

    /// What [`Names::hide`] does, the slow way: all hits in a list, put in order.
    fn hidden_slowly(names: &Names, text: &str) -> String {
        let mut hits: Vec<(usize, Reverse<usize>, usize)> = Vec::new();
        for (owner, name) in names.list.names.iter().enumerate() {
            for start in 0..text.len() {
                let end = start + name.value.len();
                let same = text.is_char_boundary(start) && text.get(start..end).is_some_and(|own| own.eq_ignore_ascii_case(&name.value));
                if same && stands_alone(text, start, end) {
                    hits.push((start, Reverse(end), owner));
                }
            }
        }
        hits.sort_unstable();
        let (mut hidden, mut at) = (String::new(), 0);
        for (start, Reverse(end), owner) in hits {
            if start >= at {
                hidden += &text[at..start];
                hidden += &names.list.names[owner].pseudonym;
                at = end;
            }
        }
        hidden + &text[at..]
    }

    proptest! {
        #[test]
        fn names_are_found_as_if_all_were_looked_for_at_every_place(text in "[abAé ]{0,60}", values in proptest::collection::btree_set("[abé]( ?[abBé]){0,4}", 1..8)) {
            let names = names(&values.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(names.hide(&text), hidden_slowly(&names, &text));
        }

        #[test]
        fn the_commitment_is_over_the_canonical_form(salt: String, values in proptest::collection::vec((".*", ".*", proptest::collection::vec(".*", 0..3)), 1..4)) {
            let names = values.into_iter().map(|(pseudonym, value, rules)| NameRecord { pseudonym, value, rules }).collect();
            let list = NameList { salt, names };
            prop_assert_eq!(list.digest(), Digest::of_canonical(&list));
        }

        #[test]
        fn hiding_is_stable_and_leaves_no_name(text in "[a-c @.]{0,40}", values in proptest::collection::btree_set("[a-c]{1,3}( [a-c]{1,3})?", 0..4)) {
            let names = names(&values.iter().map(String::as_str).collect::<Vec<_>>());
            let hidden = names.hide(&text);
            prop_assert_eq!(names.hide(&hidden), hidden.clone());
            for value in &values {
                let padded = format!(" {hidden} ");
                prop_assert!(!padded.match_indices(value.as_str()).any(|(at, _)| stands_alone(&padded, at, at + value.len())), "{value} in {hidden}");
            }
        }
    }
}
