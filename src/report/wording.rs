//! The fixed wording of one language, from `templates/strings/<language>.yaml`.

use std::collections::BTreeMap;

use crate::base::{Diagnostic, Diagnostics, SourceTree};

/// Sentences and labels by key.
#[derive(Debug, Clone)]
pub struct Wording {
    pub language: String,
    pub strings: BTreeMap<String, String>,
}

impl Wording {
    /// Reads every string file of a language: `strings/en.yaml`, `strings/en.html.yaml`. One laid over them in another language says so
    /// under the key `language`, as in BCP 47.
    pub fn load(templates: &SourceTree, language: &str, diagnostics: &mut Diagnostics) -> Wording {
        let mut strings = BTreeMap::new();
        let prefix = format!("strings/{language}.");
        for (path, bytes) in templates.iter().filter(|(path, _)| path.starts_with(&prefix)) {
            match serde_yaml::from_slice::<serde_yaml::Mapping>(bytes) {
                Ok(mapping) => {
                    for (key, value) in mapping {
                        if let (Some(key), Some(value)) = (key.as_str(), value.as_str()) {
                            strings.insert(key.to_owned(), value.trim().to_owned());
                        } else {
                            diagnostics.push(Diagnostic::error("templates/strings", path, "every key and every value is text"));
                        }
                    }
                }
                Err(error) => diagnostics.push(Diagnostic::error("templates/strings", path, error.to_string())),
            }
        }
        let language = strings.get("language").filter(|stated| !stated.is_empty()).map_or(language, String::as_str).to_owned();
        Wording { language, strings }
    }

    /// The text of a key; the key itself in words where a translation lacks it, so that nothing is silently empty.
    pub fn get(&self, key: &str) -> String {
        self.strings.get(key).cloned().unwrap_or_else(|| key.replace('_', " "))
    }

    /// The label of a word such as `not-satisfied` in a group such as `status`.
    pub fn label(&self, group: &str, word: &str) -> String {
        let key = format!("{group}_{}", word.replace('-', "_"));
        self.strings.get(&key).cloned().unwrap_or_else(|| {
            let mut letters = word.replace('-', " ").chars().collect::<Vec<_>>();
            if let Some(first) = letters.first_mut() {
                first.make_ascii_uppercase();
            }
            letters.into_iter().collect()
        })
    }

    /// The text of a key with `{name}` replaced by values.
    pub fn fill(&self, key: &str, default: &str, values: &[(&str, &str)]) -> String {
        let template = self.strings.get(key).map_or(default, String::as_str);
        values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}
