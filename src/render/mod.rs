//! From the view model to bytes. Renderers lay out; they do not count, sort or judge, and they write no file.

mod bind;
pub mod changes;
mod compact;
pub mod html;
pub mod junit;
pub mod markdown;
mod objects;
pub mod oscal;
pub mod pdf;
mod rows;
pub mod sarif;
pub mod text;
pub mod workbook;

/// Why a template could not be rendered. The templates may be a user's own.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    #[error("the template `{0}` is missing")]
    Missing(String),
    #[error("the template cannot be rendered: {0}")]
    Template(String),
}

/// The logo that lies beside the templates, with its name.
fn logo(templates: &crate::base::SourceTree) -> Option<(&'static str, &[u8])> {
    ["logo.svg", "logo.png"].into_iter().find_map(|name| Some((name, templates.get(name)?)))
}
