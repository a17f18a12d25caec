//! From clause to clause: between editions of one framework by its crosswalks, between frameworks by the objectives they share.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Catalog, Catalogs, ClauseRef, Coverage, CrosswalkEntry, EditionName, EditionRelation, SetRelation, Treatment};

/// What evidence for one framework already says for another.
#[derive(Debug, Clone, Serialize)]
pub struct FrameworkCrosswalk {
    pub from: EditionName,
    pub to: EditionName,
    /// How many assessable clauses of `to` are in each state.
    pub totals: BTreeMap<Carried, usize>,
    /// Every assessable clause of `to`, in its order.
    pub clauses: Vec<CarriedClause>,
    /// Objectives that `to` needs and `from` does not, with the clauses that wait for them.
    pub missing: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CarriedClause {
    pub clause: String,
    pub label: String,
    pub state: Carried,
    /// Objectives that both frameworks rest on.
    pub shared: Vec<SharedObjective>,
    /// Objectives that only this clause needs.
    pub missing: Vec<String>,
    /// How clauses of the other framework lie to this one.
    pub relations: Vec<ClauseRelation>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carried {
    /// Every objective of the clause is assessed for the other framework already.
    Evidence,
    /// Some of its objectives are.
    EvidenceInPart,
    /// It rests on objectives that the other framework does not use.
    NewEvidence,
    /// It needs documents of its own.
    Documents,
    /// It does not concern machine identities.
    Outside,
}

#[derive(Debug, Clone, Serialize)]
pub struct SharedObjective {
    pub objective: String,
    /// How much the objective shows of this clause.
    pub coverage: Coverage,
    /// Clauses of the other framework that rest on it.
    pub through: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ClauseRelation {
    /// A clause of `from`.
    pub clause: String,
    /// How its demand on machine identities lies to that of the clause of `to`.
    pub relation: SetRelation,
    /// True where a person judged this pair; else it follows from the objectives shared, and is never more than `intersects`.
    pub judged: bool,
    pub rationale: String,
}

impl Catalogs {
    /// What evidence collected for `from` already says for `to`, and what is missing.
    pub fn carried(&self, from: &Catalog, to: &Catalog) -> FrameworkCrosswalk {
        let mut by_objective: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for clause in &from.clauses {
            for mapping in clause.treatment.mappings() {
                by_objective.entry(&mapping.objective).or_default().push(&clause.id);
            }
        }
        let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut clauses = Vec::new();
        for clause in to.clauses.iter().filter(|clause| clause.treatment != Treatment::Heading) {
            let mut shared = Vec::new();
            let mut absent = Vec::new();
            for mapping in clause.treatment.mappings() {
                match by_objective.get(mapping.objective.as_str()) {
                    Some(through) => shared.push(SharedObjective {
                        objective: mapping.objective.clone(),
                        coverage: mapping.coverage,
                        through: through.iter().map(|id| (*id).to_owned()).collect(),
                    }),
                    None => {
                        missing.entry(mapping.objective.clone()).or_default().push(clause.id.clone());
                        absent.push(mapping.objective.clone());
                    }
                }
            }
            let state = match (&clause.treatment, shared.is_empty(), absent.is_empty()) {
                (Treatment::Documentary(_), ..) => Carried::Documents,
                (Treatment::Outside(_) | Treatment::Heading, ..) => Carried::Outside,
                (Treatment::Mapped(_), true, _) => Carried::NewEvidence,
                (Treatment::Mapped(_), false, true) => Carried::Evidence,
                (Treatment::Mapped(_), false, false) => Carried::EvidenceInPart,
            };
            let relations = self.relations_to(from, &shared, &ClauseRef { framework: to.name.clone(), clause: clause.id.clone() });
            clauses.push(CarriedClause {
                clause: clause.id.clone(),
                label: clause.label.clone(),
                state,
                shared,
                missing: absent,
                relations,
            });
        }
        let mut totals: BTreeMap<Carried, usize> = BTreeMap::new();
        for clause in &clauses {
            *totals.entry(clause.state).or_default() += 1;
        }
        FrameworkCrosswalk { from: from.name.clone(), to: to.name.clone(), totals, clauses, missing }
    }

    fn relations_to(&self, from: &Catalog, shared: &[SharedObjective], to: &ClauseRef) -> Vec<ClauseRelation> {
        let mut relations: BTreeMap<String, ClauseRelation> = BTreeMap::new();
        for objective in shared {
            for id in &objective.through {
                relations
                    .entry(id.clone())
                    .and_modify(|known| known.rationale.push_str(&format!(", {}", objective.objective)))
                    .or_insert_with(|| ClauseRelation {
                        clause: id.clone(),
                        relation: SetRelation::Intersects,
                        judged: false,
                        rationale: format!("both rest on {}", objective.objective),
                    });
            }
        }
        for stated in &self.relations {
            let (other, relation) = if stated.b == *to && stated.a.framework == from.name {
                (&stated.a, stated.relation)
            } else if stated.a == *to && stated.b.framework == from.name {
                (&stated.b, stated.relation.mirrored())
            } else {
                continue;
            };
            relations.insert(
                other.clause.clone(),
                ClauseRelation { clause: other.clause.clone(), relation, judged: true, rationale: stated.rationale.clone() },
            );
        }
        let order: BTreeMap<&str, usize> = from.clauses.iter().enumerate().map(|(at, clause)| (clause.id.as_str(), at)).collect();
        let mut list: Vec<ClauseRelation> = relations.into_values().collect();
        list.sort_by_key(|relation| (!relation.judged, order.get(relation.clause.as_str()).copied()));
        list
    }

    /// The clauses of another edition of the same framework that correspond to this one; empty where it was withdrawn or is new.
    pub fn counterparts(&self, from: &EditionName, id: &str, to: &EditionName) -> Vec<String> {
        let Some(path) = self.path(from, to) else { return Vec::new() };
        let mut ids: BTreeSet<String> = BTreeSet::from([id.to_owned()]);
        for (crosswalk, forward) in path {
            let mut next = BTreeSet::new();
            for entry in &self.crosswalks[crosswalk].entries {
                let (here, there) = if forward { (&entry.from, &entry.to) } else { (&entry.to, &entry.from) };
                if let (Some(here), Some(there)) = (here, there)
                    && ids.contains(here)
                {
                    next.insert(there.clone());
                }
            }
            ids = next;
        }
        match self.editions.get(to) {
            Some(catalog) => catalog.clauses.iter().filter(|clause| ids.contains(&clause.id)).map(|clause| clause.id.clone()).collect(),
            None => ids.into_iter().collect(),
        }
    }

    /// What became of every clause of `from` in `to`, over editions in between where need be. Nothing where no chain of crosswalks leads
    /// from one to the other; read backwards, a new clause is a withdrawn one.
    pub fn between_editions(&self, from: &EditionName, to: &EditionName) -> Option<Vec<CrosswalkEntry>> {
        let path = self.path(from, to)?;
        let mut steps = path.into_iter().map(|(index, forward)| {
            let entries = self.crosswalks[index].entries.iter().cloned();
            if forward { entries.collect::<Vec<_>>() } else { entries.map(mirrored).collect() }
        });
        let mut all = steps.next()?;
        for step in steps {
            all = joined(&all, &step);
        }
        Some(all)
    }

    /// The crosswalks from one edition to another, each with whether it is read forwards.
    fn path(&self, from: &EditionName, to: &EditionName) -> Option<Vec<(usize, bool)>> {
        let mut ways: BTreeMap<&EditionName, Vec<(usize, bool)>> = BTreeMap::from([(from, Vec::new())]);
        let mut waiting = std::collections::VecDeque::from([from]);
        while let Some(here) = waiting.pop_front() {
            if here == to {
                return ways.remove(here);
            }
            for (index, crosswalk) in self.crosswalks.iter().enumerate() {
                for (start, end, forward) in [(&crosswalk.from, &crosswalk.to, true), (&crosswalk.to, &crosswalk.from, false)] {
                    if start == here && !ways.contains_key(end) {
                        let mut way = ways[here].clone();
                        way.push((index, forward));
                        ways.insert(end, way);
                        waiting.push_back(end);
                    }
                }
            }
        }
        None
    }
}

impl SetRelation {
    /// The same relation seen from the other side.
    pub fn mirrored(self) -> SetRelation {
        match self {
            SetRelation::Subset => SetRelation::Superset,
            SetRelation::Superset => SetRelation::Subset,
            SetRelation::Equal | SetRelation::Intersects => self,
        }
    }
}

fn mirrored(entry: CrosswalkEntry) -> CrosswalkEntry {
    CrosswalkEntry {
        from: entry.to,
        to: entry.from,
        relation: match entry.relation {
            EditionRelation::New => EditionRelation::Withdrawn,
            EditionRelation::Withdrawn => EditionRelation::New,
            EditionRelation::Split => EditionRelation::Merged,
            EditionRelation::Merged => EditionRelation::Split,
            same @ (EditionRelation::Unchanged | EditionRelation::Renumbered | EditionRelation::Changed) => same,
        },
    }
}

/// Two crosswalks one behind the other.
fn joined(first: &[CrosswalkEntry], second: &[CrosswalkEntry]) -> Vec<CrosswalkEntry> {
    let mut on: BTreeMap<&str, Vec<&CrosswalkEntry>> = BTreeMap::new();
    for entry in second {
        if let Some(from) = &entry.from {
            on.entry(from).or_default().push(entry);
        }
    }
    let mut all: Vec<CrosswalkEntry> = Vec::new();
    let mut add = |entry: CrosswalkEntry| {
        if !all.iter().any(|known| known.from == entry.from && known.to == entry.to) {
            all.push(entry);
        }
    };
    for entry in first {
        let Some(middle) = &entry.to else {
            add(entry.clone());
            continue;
        };
        for next in on.get(middle.as_str()).into_iter().flatten() {
            match (&entry.from, &next.to) {
                (None, None) => {}
                (None, Some(_)) => add(CrosswalkEntry { from: None, to: next.to.clone(), relation: EditionRelation::New }),
                (Some(_), None) => add(CrosswalkEntry { from: entry.from.clone(), to: None, relation: EditionRelation::Withdrawn }),
                (Some(_), Some(_)) => {
                    add(CrosswalkEntry { from: entry.from.clone(), to: next.to.clone(), relation: stronger(entry, next) });
                }
            }
        }
    }
    for entry in second.iter().filter(|entry| entry.relation == EditionRelation::New) {
        add(entry.clone());
    }
    all
}

/// What two steps amount to: the one that changes more says it.
fn stronger(first: &CrosswalkEntry, second: &CrosswalkEntry) -> EditionRelation {
    let joined = first.relation.max(second.relation);
    match joined {
        EditionRelation::Unchanged | EditionRelation::Renumbered if first.from == second.to => EditionRelation::Unchanged,
        other => other,
    }
}
