//! Tickmark turns a folder of collected evidence about non-human identities into an audit pack that a stranger can check.
//!
//! Data flows one way through the stages; see ARCHITECTURE.md for the map and for who may import whom.

pub mod assessment;
pub mod base;
pub mod catalog;
pub mod checks;
pub mod cli;
pub mod diff;
pub mod engine;
pub mod evidence;
pub mod excerpt;
pub mod explain;
pub mod io;
pub mod judge;
pub mod pack;
pub mod pipeline;
pub mod reference;
pub mod render;
pub mod report;
pub mod schemas;
pub mod verify;
pub mod workspace;
