//! The view model of a report, built from an assessment.
//!
//! In: an [`Assessment`](crate::assessment::Assessment) and the wording of one language. Out: a [`Report`] in which counts, order and sentences are fields,
//! so that no two formats can disagree; and a [`Machine`], which says the same whole, for formats that people and programs search. Knows no format and no layout.

mod build;
pub mod changes;
pub mod forms;
mod lists;
pub mod lives;
pub mod machine;
mod markdown;
mod material;
pub mod model;
pub mod overview;
mod pieces;
pub mod wording;

pub use build::{Limits, build, build_part, build_within};
pub use changes::Changes;
pub use lists::{CellView, ColumnView, ListView, register_list};
pub use machine::{Machine, machine};
pub use model::Report;
pub use overview::{Outline, Overview, overview};
pub use pieces::Sheaf;
pub use wording::Wording;
