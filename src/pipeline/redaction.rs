//! A pack without the names of people, and the ledger of everything that was masked.

use std::collections::BTreeMap;

use crate::assessment::{Assessment, Names, defused};
use crate::base::Digest;

/// Files and assessment of a pack with pseudonyms in the place of names.
pub struct Redacted {
    pub assessment: Assessment,
    pub files: BTreeMap<String, Vec<u8>>,
    /// Where what was hidden, in order.
    pub hidden: Vec<Hidden>,
}

/// One name hidden in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// Path in the pack.
    pub place: String,
    pub pseudonym: String,
    /// What made it a name.
    pub rules: String,
    pub count: usize,
}

/// Hides every name. A copy in which a name could hide unseen, because it is binary or encoded inside, stays out.
pub fn redacted(
    assessment: &Assessment,
    material: BTreeMap<String, Vec<u8>>,
    copies: BTreeMap<String, Vec<u8>>,
    names: &Names,
    withhold: &[String],
) -> Redacted {
    let mut hiding = Hiding { names, files: BTreeMap::new(), hidden: Vec::new() };
    for (path, bytes) in material {
        // Statements and observations are text; anything else would not have been read.
        if let Ok(text) = String::from_utf8(bytes) {
            hiding.file(&path, &text);
        }
    }
    let mut shown = names.hide_assessment(assessment);
    for (full, own) in assessment.artifacts.iter().zip(&mut shown.artifacts) {
        let Some(path) = &full.packed else { continue };
        let is_withheld = full.classification.as_ref().is_some_and(|own| withhold.iter().any(|one| one.eq_ignore_ascii_case(own)));
        let text = copies.get(path).and_then(|bytes| std::str::from_utf8(bytes).ok()).filter(|text| is_searchable(text));
        match text.filter(|_| !is_withheld) {
            Some(text) => {
                let copy = hiding.file(path, text);
                let digest = Digest::of(copy.as_bytes());
                own.packed_sha256 = Some(digest).filter(|digest| own.sha256.as_ref() != Some(digest));
            }
            None => {
                own.packed = None;
                own.packed_sha256 = None;
            }
        }
    }
    // Counted over the full form, so that the ledger also says how much the reports left out.
    let mut counts = BTreeMap::new();
    let plain = serde_json::to_string(assessment).expect("plain data");
    names.hide_counting(&plain, &mut counts);
    hiding.note("assessment.json", counts);
    hiding.hidden.sort_by(|one, two| (&one.place, &one.pseudonym).cmp(&(&two.place, &two.pseudonym)));
    Redacted { assessment: shown, files: hiding.files, hidden: hiding.hidden }
}

struct Hiding<'a> {
    names: &'a Names,
    files: BTreeMap<String, Vec<u8>>,
    hidden: Vec<Hidden>,
}

impl Hiding<'_> {
    /// Hides the names of one file and of its path; gives the text as it is then.
    fn file(&mut self, path: &str, text: &str) -> String {
        let mut counts = BTreeMap::new();
        let hidden = self.names.hide_counting(text, &mut counts);
        let path = self.names.hide(path);
        self.note(&path, counts);
        self.files.insert(path, hidden.clone().into_bytes());
        hidden
    }

    fn note(&mut self, place: &str, counts: BTreeMap<usize, usize>) {
        for (index, count) in counts {
            let name = &self.names.list.names[index];
            self.hidden.push(Hidden { place: place.to_owned(), pseudonym: name.pseudonym.clone(), rules: name.rules.join("; "), count });
        }
    }
}

/// Whether every word of a text can be seen in it: no certificates, no base64 values of LDIF.
fn is_searchable(text: &str) -> bool {
    let is_encoded = |line: &str| {
        line.split_once(":: ")
            .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b";-".contains(&byte)))
    };
    !text.contains("-----BEGIN ") && !text.lines().any(is_encoded)
}

/// `masking.csv`: what was masked in which file, by which rule, how often. Secrets are masked in every pack.
pub fn ledger(assessment: &Assessment, hidden: &[Hidden]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |cells: [&str; 5]| writer.write_record(cells.map(defused)).expect("writing to memory cannot fail");
    write(["file", "what", "replaced_by", "rule", "count"]);
    for artifact in assessment.artifacts.iter().filter(|artifact| artifact.secrets > 0) {
        let rule = match &artifact.adapter {
            Some(adapter) => format!("secrets of the adapter {adapter}"),
            None => "private keys".to_owned(),
        };
        // Without a copy there is nothing to mask, and the report still shows none of the values.
        let place = artifact.packed.as_deref().unwrap_or(&artifact.path);
        write([place, "secret", crate::evidence::MASK, &rule, &artifact.secrets.to_string()]);
    }
    for own in hidden {
        write([&own.place, "name", &own.pseudonym, &own.rules, &own.count.to_string()]);
    }
    writer.into_inner().expect("writing to memory cannot fail")
}
