//! The stages in their order. Takes values, gives values; reads no file and writes none.

pub mod anew;
pub mod assess;
pub mod cases;
pub mod classes;
pub mod compare;
pub mod controls;
pub mod documents;
pub mod exceptions;
pub mod lives;
pub mod machine;
pub mod naming;
mod observing;
pub mod outputs;
pub mod profile;
mod redaction;
pub mod rederive;
pub mod rejudge;
pub mod requests;
pub mod samples;
pub mod sampling;
pub mod testing;

pub mod workspace;

pub use anew::Reopened;
pub use assess::{Assessed, Manner, Wanted, assess, assess_so, verdicts};
pub use cases::run_cases;
pub use controls::Controls;
pub use machine::machine_files;
pub use outputs::{Disclosure, Look, OutputFiles, Set, outputs};
pub use rederive::{Rederived, rederive};
pub use testing::Means;

pub use workspace::Workspace;
