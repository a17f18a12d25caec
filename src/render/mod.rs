//! From the view model to bytes. Renderers lay out; they do not count, sort or judge, and they write no file.

mod bind;
pub mod changes;
mod compact;
pub mod html;
pub mod junit;
pub mod markdown;
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
