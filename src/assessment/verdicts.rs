//! How every clause stands and why, without what was observed.

use super::{Assessment, ClauseResult, FrameRecord, FrameworkRecord, ObjectiveResult};

/// What was judged, without the lists that it was judged from: nothing of it is kept.
#[derive(Debug, Clone)]
pub struct Verdicts {
    pub frame: FrameRecord,
    pub frameworks: Vec<FrameworkRecord>,
    /// Every clause of every edition in scope, in the publisher's order.
    pub clauses: Vec<ClauseResult>,
    /// Every objective that a clause in scope cites; their observations are counted and not listed.
    pub objectives: Vec<ObjectiveResult>,
}

/// The part of a record that says how every clause stands and why.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    pub frame: &'a FrameRecord,
    pub frameworks: &'a [FrameworkRecord],
    pub clauses: &'a [ClauseResult],
    pub objectives: &'a [ObjectiveResult],
}

impl Verdicts {
    /// The part that concerns some of the editions.
    pub fn restrict(&mut self, editions: &[String]) {
        self.frameworks.retain(|framework| editions.contains(&framework.framework));
        self.clauses.retain(|clause| editions.contains(&clause.framework));
    }
}

impl<'a> From<&'a Verdicts> for Judged<'a> {
    fn from(own: &'a Verdicts) -> Judged<'a> {
        Judged { frame: &own.frame, frameworks: &own.frameworks, clauses: &own.clauses, objectives: &own.objectives }
    }
}

impl<'a> From<&'a Assessment> for Judged<'a> {
    fn from(own: &'a Assessment) -> Judged<'a> {
        Judged { frame: &own.frame, frameworks: &own.frameworks, clauses: &own.clauses, objectives: &own.objectives }
    }
}
