//! The pieces in which a report can be set one by one, each with what it shows and nothing else.
//!
//! In: a [`Report`]. Out: reports whose other lists are empty, so that no more than a piece has to be in memory as values of a typesetter.

use std::ops::Range;

use serde::Serialize;

use super::forms::PlanView;
use super::lives::{DossiersView, RegisterView};
use super::model::{ClauseView, FrameworkView, ReconciliationView, Report};

/// A piece holds no more of a list than this as JSON, about thirty pages, unless one item alone is larger.
const BYTES_MAX: usize = 200_000;

/// A part of a report, or some of the items of a long one.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// Cover and contents.
    Front,
    /// Summary, scope and systems, limits and legend.
    Opening,
    /// Clauses of a framework.
    Framework(usize, Range<usize>),
    /// One form.
    Form(usize),
    Plan,
    /// Objectives.
    Findings(Range<usize>),
    /// Reconciliation, exceptions, documents, samples.
    Statements,
    Exhibits,
    /// What was not assessed, what decided the verdicts, the method.
    Basis,
    Register,
    /// The dossiers that a format with little room shows.
    Dossiers(Range<usize>),
}

impl Piece {
    /// Every piece of a report in its order, but for the front: that comes first and is made last.
    fn body(report: &Report) -> Vec<Piece> {
        let frameworks = report.frameworks.iter().enumerate().flat_map(|(at, framework)| {
            // A piece begins with a group of clauses, so that its headings begin at the level below that of the framework.
            stretches(&framework.clauses, |clause| clause.depth == 0).into_iter().map(move |range| Piece::Framework(at, range))
        });
        let findings = stretches(&report.objectives, |objective| !objective.deviations.rows.is_empty()).into_iter().map(Piece::Findings);
        let dossiers = stretches(&report.dossiers.list[..report.dossiers.excerpt], |_| true).into_iter().map(Piece::Dossiers);
        let mut body = vec![Piece::Opening];
        body.extend(frameworks);
        body.extend((0..report.forms.len()).map(Piece::Form));
        body.push(Piece::Plan);
        body.extend(findings);
        body.extend([Piece::Statements, Piece::Exhibits, Piece::Basis, Piece::Register]);
        body.extend(dossiers);
        body
    }

    /// The word that a template is given.
    fn word(&self) -> &'static str {
        match self {
            Piece::Front => "front",
            Piece::Opening => "opening",
            Piece::Framework(..) => "framework",
            Piece::Form(_) => "form",
            Piece::Plan => "plan",
            Piece::Findings(_) => "findings",
            Piece::Statements => "statements",
            Piece::Exhibits => "exhibits",
            Piece::Basis => "basis",
            Piece::Register => "register",
            Piece::Dossiers(_) => "dossiers",
        }
    }

    /// Whether it goes on with the list of the piece before, below the same heading.
    fn continues(&self) -> bool {
        matches!(self, Piece::Framework(_, range) | Piece::Findings(range) | Piece::Dossiers(range) if range.start > 0)
    }

    /// Puts the lists of this piece into a report.
    fn add_to(&self, all: &mut Report, report: &Report) {
        match self {
            Piece::Front => all.frameworks.extend(report.frameworks.iter().map(|own| framework(own, &[]))),
            Piece::Opening => {
                all.frameworks.extend(report.frameworks.iter().map(|own| framework(own, &[])));
                all.systems.clone_from(&report.systems);
                all.overrides.clone_from(&report.overrides);
                all.coverage.clone_from(&report.coverage);
                // It says which of these lists are empty, and nothing else of them.
                all.exceptions.extend(report.exceptions.iter().take(1).cloned());
                all.documents.extend(report.documents.iter().take(1).cloned());
                all.samples.extend(report.samples.iter().take(1).cloned());
            }
            Piece::Framework(at, range) => {
                let own = &report.frameworks[*at];
                all.frameworks.push(framework(own, &own.clauses[range.clone()]));
            }
            Piece::Form(at) => all.forms.push(report.forms[*at].clone()),
            Piece::Plan => all.plan = report.plan.clone(),
            Piece::Findings(range) => all.objectives.extend_from_slice(&report.objectives[range.clone()]),
            Piece::Statements => {
                all.reconciliation = report.reconciliation.clone();
                all.exceptions.clone_from(&report.exceptions);
                all.documents.clone_from(&report.documents);
                all.samples.clone_from(&report.samples);
            }
            Piece::Exhibits => {
                all.exhibits.clone_from(&report.exhibits);
                all.provenance.clone_from(&report.provenance);
            }
            Piece::Basis => {
                all.not_assessed.clone_from(&report.not_assessed);
                all.inputs.clone_from(&report.inputs);
            }
            Piece::Register => all.register = report.register.excerpted(),
            Piece::Dossiers(range) => all.dossiers = report.dossiers.some(range.clone()),
        }
    }
}

/// A list in stretches that are not too large, each beginning with an item that may begin one. There is one at least.
fn stretches<T: Serialize>(list: &[T], may_begin: impl Fn(&T) -> bool) -> Vec<Range<usize>> {
    let sizes: Vec<usize> = list.iter().map(|item| serde_json::to_vec(item).map_or(0, |bytes| bytes.len())).collect();
    let starts: Vec<usize> = (1..list.len()).filter(|at| may_begin(&list[*at])).collect();
    let mut cuts = vec![0];
    for (place, at) in starts.iter().enumerate() {
        let end = starts.get(place + 1).copied().unwrap_or(list.len());
        let begun = cuts.last().copied().unwrap_or(0);
        if sizes[begun..end].iter().sum::<usize>() > BYTES_MAX {
            cuts.push(*at);
        }
    }
    let ends: Vec<usize> = cuts.iter().skip(1).copied().chain([list.len()]).collect();
    cuts.into_iter().zip(ends).map(|(from, to)| from..to).collect()
}

/// Pieces that are set together: neighbours that are not too large together. Each brings fonts of its own, which many small ones would multiply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheaf {
    pieces: Vec<Piece>,
}

impl Sheaf {
    /// Cover and contents.
    pub fn front() -> Sheaf {
        Sheaf { pieces: vec![Piece::Front] }
    }

    /// All pieces of a report but for the front, in its order.
    pub fn body(report: &Report) -> Vec<Sheaf> {
        let bytes = |report: &Report| serde_json::to_vec(report).map_or(0, |bytes| bytes.len());
        let common = bytes(&bare(report));
        let mut sheaves: Vec<(Sheaf, usize)> = Vec::new();
        for piece in Piece::body(report) {
            let alone = Sheaf { pieces: vec![piece.clone()] };
            let size = bytes(&alone.of(report)).saturating_sub(common);
            match sheaves.last_mut() {
                // The opening names every framework, and would be taken for their clauses. All headings of one that goes on stand below the
                // heading before.
                Some((last, held)) if *held + size <= BYTES_MAX && !piece.continues() && last.may_grow() => {
                    last.pieces.push(piece);
                    *held += size;
                }
                _ => sheaves.push((alone, size)),
            }
        }
        sheaves.into_iter().map(|(sheaf, _)| sheaf).collect()
    }

    fn may_grow(&self) -> bool {
        self.continued().is_empty() && self.pieces != [Piece::Opening]
    }

    /// The words that a template is given, in the order of the pieces.
    pub fn words(&self) -> Vec<&'static str> {
        let mut words: Vec<&str> = self.pieces.iter().map(Piece::word).collect();
        words.dedup();
        words
    }

    /// The word of the first piece where that goes on with the list of the one before; else empty.
    pub fn continued(&self) -> &'static str {
        self.pieces.first().filter(|piece| piece.continues()).map_or("", Piece::word)
    }

    /// The report with the lists of these pieces alone.
    pub fn of(&self, report: &Report) -> Report {
        let mut all = bare(report);
        self.pieces.iter().for_each(|piece| piece.add_to(&mut all, report));
        all
    }
}

/// What every piece may say: titles, counts, wording.
fn bare(report: &Report) -> Report {
    Report {
        schema: report.schema.clone(),
        strings: report.strings.clone(),
        language: report.language.clone(),
        title: report.title.clone(),
        organisation: report.organisation.clone(),
        scope: report.scope.clone(),
        classification: report.classification.clone(),
        period_from: report.period_from.clone(),
        period_to: report.period_to.clone(),
        as_of: report.as_of.clone(),
        as_of_utc: report.as_of_utc.clone(),
        date: report.date,
        pack_id: report.pack_id.clone(),
        part_note: report.part_note.clone(),
        root: report.root.clone(),
        previous: report.previous.clone(),
        tool: report.tool.clone(),
        names_note: report.names_note.clone(),
        redacted: report.redacted,
        totals: report.totals.clone(),
        clause_total: report.clause_total,
        frameworks: Vec::new(),
        forms: Vec::new(),
        plan: PlanView { items: Vec::new() },
        objectives: Vec::new(),
        exhibits: Vec::new(),
        provenance: Vec::new(),
        exceptions: Vec::new(),
        documents: Vec::new(),
        samples: Vec::new(),
        register: RegisterView::default(),
        dossiers: DossiersView::default(),
        systems: Vec::new(),
        coverage: Vec::new(),
        reconciliation: ReconciliationView::default(),
        overrides: Vec::new(),
        not_assessed: Vec::new(),
        inputs: Vec::new(),
    }
}

fn framework(own: &FrameworkView, clauses: &[ClauseView]) -> FrameworkView {
    FrameworkView {
        id: own.id.clone(),
        anchor: own.anchor.clone(),
        short_title: own.short_title.clone(),
        edition: own.edition.clone(),
        revision: own.revision,
        title: own.title.clone(),
        publisher: own.publisher.clone(),
        source: own.source.clone(),
        licence: own.licence.clone(),
        published: own.published.clone(),
        digest: own.digest.clone(),
        counts: own.counts.clone(),
        clause_total: own.clause_total,
        heading_total: own.heading_total,
        mapped_total: own.mapped_total,
        documentary_total: own.documentary_total,
        outside_total: own.outside_total,
        worst: own.worst.clone(),
        clauses: clauses.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_hold_every_item_once_and_begin_where_they_may() {
        let item = |size: usize| "x".repeat(size);
        let list: Vec<String> = [10, BYTES_MAX / 2, BYTES_MAX / 2, 10, 2 * BYTES_MAX, 10, 10].map(item).to_vec();
        let cut = |may_begin: fn(&String) -> bool| stretches(&list, may_begin);
        assert_eq!(cut(|_| true), [0..2, 2..4, 4..5, 5..7]);
        assert_eq!(cut(|item| item.len() == 10), [0..3, 3..5, 5..7]);
        assert_eq!(cut(|_| false), vec![Range { start: 0, end: 7 }]);
        assert_eq!(stretches(&list[..0], |_| true), vec![Range { start: 0, end: 0 }], "a heading without items still stands");
    }
}
