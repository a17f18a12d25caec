//! The one integration test binary: each module is one suite.

mod catalogs;
mod citations;
mod classes;
mod cli;
mod collecting;
mod conformance;
mod crosswalks;
mod determinism;
mod documents;
mod forms;
mod gate;
mod golden;
mod hostile;
mod lives;
mod oscal;
mod own_controls;
mod pack;
mod parts;
mod readers;
mod real_evidence;
mod redaction;
mod sample;
mod sampling;
mod sources;
mod support;
mod tidy;
