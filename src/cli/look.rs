//! Templates, wording and fonts, as documents are rendered with them.

use std::path::Path;

use super::Failure;
use crate::base::{Diagnostics, SourceTree};
use crate::io;
use crate::pipeline::{Look, Set};
use crate::report::Wording;

/// What was read for them.
pub struct Templates {
    templates: SourceTree,
    wording: Wording,
    fonts: Vec<Vec<u8>>,
}

impl Templates {
    /// The built-in templates, with the files of `templates` in the place of those of the same path, and further fonts.
    pub fn load(templates: Option<&Path>, fonts: Option<&Path>, diagnostics: &mut Diagnostics) -> Result<Templates, Failure> {
        let mut tree = io::embedded_templates();
        if let Some(folder) = templates {
            tree.overlay(io::read_tree(folder)?);
        }
        let wording = Wording::load(&tree, "en", diagnostics);
        let fonts = match fonts {
            Some(folder) => io::read_tree(folder)?.iter().map(|(_, bytes)| bytes.to_vec()).collect(),
            None => Vec::new(),
        };
        Ok(Templates { templates: tree, wording, fonts })
    }

    pub fn look(&self, set: Set) -> Look<'_> {
        Look { templates: &self.templates, wording: &self.wording, fonts: &self.fonts, set }
    }
}
