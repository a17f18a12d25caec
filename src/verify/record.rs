//! What a bare record proves by itself, without the pack around it.

use super::{Breach, Findings, check_clauses};
use crate::assessment::{Assessment, Names};

/// Follows the digests of a record up to its root. Where it shows names of people, the digests of single clauses need the list of names that
/// only the pack holds; root, totals and catalogs are checked all the same.
pub fn verify_record(assessment: &Assessment) -> Vec<Breach> {
    let mut found = Findings::default();
    check_clauses(assessment, &Names::default(), &mut found);
    let shows_names = assessment.frame.names.is_some() && !assessment.names.replaced;
    if shows_names {
        found.0.retain(|breach| !matches!(breach.code, "clause-changed" | "frame-changed"));
    }
    found.0.sort();
    found.0.dedup();
    found.0
}
