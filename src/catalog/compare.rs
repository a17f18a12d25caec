//! What differs between two editions of a framework, or between two revisions of one edition.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Catalog, Clause, CrosswalkEntry, EditionRelation};

/// One difference. A clause that is alike on both sides has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The clause before; none where it is new.
    pub before: Option<String>,
    /// The clause after; none where it is gone.
    pub after: Option<String>,
    pub label: String,
    /// How the clauses lie to each other.
    pub relation: EditionRelation,
    /// What differs in what the two catalogs say of it.
    pub parts: Vec<Part>,
}

/// A part of what a catalog says of a clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    pub name: &'static str,
    pub before: String,
    pub after: String,
}

/// The differences in the order of `after`, then what is gone. `pairs` says which clauses belong together; without it equal ids do.
pub fn compare(before: &Catalog, after: &Catalog, pairs: Option<&[CrosswalkEntry]>) -> Vec<Difference> {
    let own: Vec<CrosswalkEntry>;
    let pairs = match pairs {
        Some(pairs) => pairs,
        None => {
            own = by_id(before, after);
            &own
        }
    };
    let paired: BTreeSet<(&Option<String>, &Option<String>)> = pairs.iter().map(|entry| (&entry.from, &entry.to)).collect();
    let order = |entry: &&CrosswalkEntry| {
        let place =
            |catalog: &Catalog, id: &Option<String>| id.as_ref().and_then(|id| catalog.clauses.iter().position(|clause| clause.id == *id));
        (entry.to.is_none(), place(after, &entry.to), place(before, &entry.from))
    };
    let mut sorted: Vec<&CrosswalkEntry> = pairs.iter().filter(|entry| paired.contains(&(&entry.from, &entry.to))).collect();
    sorted.sort_by_key(order);
    sorted
        .into_iter()
        .filter_map(|entry| {
            let old = entry.from.as_deref().and_then(|id| before.clause(id));
            let new = entry.to.as_deref().and_then(|id| after.clause(id));
            let parts = match (old, new) {
                (Some(old), Some(new)) => parts(old, new),
                _ => Vec::new(),
            };
            if parts.is_empty() && entry.relation == EditionRelation::Unchanged {
                return None;
            }
            Some(Difference {
                before: entry.from.clone(),
                after: entry.to.clone(),
                label: new.or(old).map(|clause| clause.label.clone()).unwrap_or_default(),
                relation: entry.relation,
                parts,
            })
        })
        .collect()
}

fn by_id(before: &Catalog, after: &Catalog) -> Vec<CrosswalkEntry> {
    let entry = |from: Option<&Clause>, to: Option<&Clause>, relation| CrosswalkEntry {
        from: from.map(|clause| clause.id.clone()),
        to: to.map(|clause| clause.id.clone()),
        relation,
    };
    let kept = after.clauses.iter().map(|clause| match before.clause(&clause.id) {
        Some(old) => entry(Some(old), Some(clause), EditionRelation::Unchanged),
        None => entry(None, Some(clause), EditionRelation::New),
    });
    let gone = before
        .clauses
        .iter()
        .filter(|clause| after.clause(&clause.id).is_none())
        .map(|clause| entry(Some(clause), None, EditionRelation::Withdrawn));
    kept.chain(gone).collect()
}

fn parts(old: &Clause, new: &Clause) -> Vec<Part> {
    let mapping = |clause: &Clause| {
        let objectives: Vec<String> = clause
            .treatment
            .mappings()
            .iter()
            .map(|mapping| format!("{} ({:?})", mapping.objective, mapping.coverage).to_lowercase())
            .collect();
        if objectives.is_empty() { clause.treatment.word().to_owned() } else { objectives.join(", ") }
    };
    let day = |clause: &Clause| clause.effective.map(|day| day.to_string()).unwrap_or_default();
    let facts = |clause: &Clause| clause.properties.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ");
    [
        ("label", old.label.clone(), new.label.clone()),
        ("statement", old.statement.clone(), new.statement.clone()),
        ("effective", day(old), day(new)),
        ("properties", facts(old), facts(new)),
        ("treatment", mapping(old), mapping(new)),
    ]
    .into_iter()
    .filter(|(_, before, after)| before != after)
    .map(|(name, before, after)| Part { name, before, after })
    .collect()
}
