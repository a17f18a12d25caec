//! The request list: what is still needed before an auditor can rely on a workspace, from whom, by which command, for which period.
//!
//! In: the workspace, the controls, what the evidence gave. Out: one row for each export and each document that somebody has to bring or mend.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::documents::Documents;
use super::{Controls, Workspace};
use crate::assessment::Names;
use crate::base::Status;
use crate::catalog::Treatment;
use crate::evidence::{Artifact, ArtifactState, Extent, Ledger};
use crate::judge::{Paper, examined};
use crate::workspace::SystemInScope;

/// One thing to ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// `R-001`, in the order of the list.
    pub id: String,
    /// `export`, `statement` or `document`.
    pub kind: String,
    /// `missing`, `not usable`, `stale`, `incomplete`, `not stated` or `to be examined`.
    pub state: String,
    pub what: String,
    /// Who answers for the system; empty where nobody is named.
    pub from: String,
    pub system: String,
    /// The exact command, with `<...>` for what only the reader knows.
    pub command: String,
    pub note: String,
    /// Where to put it in the workspace.
    pub file: String,
    pub period: String,
    /// The objectives or clauses that wait for it.
    pub needed_for: String,
    /// Why it is asked for.
    pub because: String,
}

/// The columns of the list, in order, with their titles.
pub const COLUMNS: [&str; 12] =
    ["Request", "Kind", "State", "What", "From", "System", "Command", "Note", "File", "Period", "Needed for", "Because"];

impl Request {
    pub fn cells(&self) -> [&str; 12] {
        [
            &self.id,
            &self.kind,
            &self.state,
            &self.what,
            &self.from,
            &self.system,
            &self.command,
            &self.note,
            &self.file,
            &self.period,
            &self.needed_for,
            &self.because,
        ]
    }
}

/// Everything that is still to be asked for, exports first, then statements about files, then documents.
pub fn requests(controls: &Controls, workspace: &Workspace, ledger: &Ledger) -> Vec<Request> {
    // Nothing of the list is digested, so no names are hidden.
    let names = Names::default();
    let documents = Documents::new(workspace, ledger, &names);
    let asking = Asking { controls, workspace, ledger, documents, needs: needs(controls, workspace) };
    let mut list = asking.exports();
    list.extend(asking.tables());
    list.extend(asking.statements());
    list.extend(asking.documents());
    for (index, request) in list.iter_mut().enumerate() {
        request.id = format!("R-{:03}", index + 1);
    }
    list
}

struct Asking<'a> {
    controls: &'a Controls,
    workspace: &'a Workspace,
    ledger: &'a Ledger,
    documents: Documents<'a>,
    /// By table: the objectives in scope that require it.
    needs: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

fn needs<'a>(controls: &'a Controls, workspace: &Workspace) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for objective in in_scope(controls, workspace) {
        let objective = &controls.catalogs.objectives[objective];
        for table in &objective.requires {
            needs.entry(table).or_default().insert(&objective.id);
        }
    }
    needs
}

fn in_scope<'a>(controls: &'a Controls, workspace: &Workspace) -> BTreeSet<&'a str> {
    workspace
        .editions
        .iter()
        .flat_map(|name| &controls.catalogs.editions[name].clauses)
        .flat_map(|clause| clause.treatment.mappings())
        .map(|mapping| mapping.objective.as_str())
        .collect()
}

impl Asking<'_> {
    fn period(&self) -> String {
        let period = &self.workspace.stated.period;
        format!("{} to {}", period.from, period.to)
    }

    fn request(&self, kind: &str, state: &str, what: String, because: String) -> Request {
        Request {
            id: String::new(),
            kind: kind.into(),
            state: state.into(),
            what,
            from: String::new(),
            system: String::new(),
            command: String::new(),
            note: String::new(),
            file: String::new(),
            period: self.period(),
            needed_for: String::new(),
            because,
        }
    }

    /// One request for each export that a system owes.
    fn exports(&self) -> Vec<Request> {
        let mut list = Vec::new();
        for system in &self.workspace.stated.systems {
            for id in &system.expects {
                list.extend(self.export(system, id));
            }
        }
        list
    }

    fn export(&self, system: &SystemInScope, id: &str) -> Option<Request> {
        let adapter = self.controls.adapters.get(id)?;
        let own: Vec<&Artifact> = self
            .ledger
            .artifacts
            .values()
            .filter(|artifact| artifact.adapter.as_deref() == Some(id))
            .filter(|artifact| system.instance.is_none() || system.instance == artifact.meta.instance)
            .collect();
        let (state, because) = self.lack(&own)?;
        let export = &adapter.declared.export;
        let objectives: BTreeSet<&str> =
            adapter.feeds().iter().filter_map(|table| self.needs.get(table.as_str())).flatten().copied().collect();
        let words = |text: &Option<String>| text.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        Some(Request {
            from: system.owner.clone(),
            system: match &system.instance {
                Some(instance) if !system.title.contains(instance.as_str()) => format!("{} ({instance})", system.title),
                _ => system.title.clone(),
            },
            command: words(&export.command),
            note: words(&export.note),
            file: export.file.clone(),
            needed_for: objectives.into_iter().collect::<Vec<_>>().join(", "),
            ..self.request("export", state, adapter.title.clone(), because)
        })
    }

    /// What the exports of one kind lack; nothing when one of them is good.
    fn lack(&self, own: &[&Artifact]) -> Option<(&'static str, String)> {
        let used: Vec<&&Artifact> = own.iter().filter(|artifact| artifact.state == ArtifactState::Used).collect();
        if used.is_empty() {
            return Some(match own.first() {
                Some(artifact) => ("not usable", format!("{}: {}", artifact.path, artifact.note)),
                None => ("missing", "no file of this kind was handed over".into()),
            });
        }
        if used.iter().all(|artifact| artifact.collected_at.is_none()) {
            return Some(("not stated", format!("{}: nobody stated when it was collected, so its age is not known", used[0].path)));
        }
        if let Some(artifact) = used.iter().find(|artifact| artifact.rejected > 0) {
            return Some((
                "incomplete",
                format!("{}: {} of {} records could not be read", artifact.path, artifact.rejected, artifact.read),
            ));
        }
        let incomplete = used.iter().find(|artifact| artifact.extent == Extent::Incomplete)?;
        Some(("incomplete", format!("{}: {}", incomplete.path, incomplete.extent_because)))
    }

    /// Tables that an objective requires and that nothing feeds, where no system owes an export that would.
    fn tables(&self) -> Vec<Request> {
        let owed: BTreeSet<String> = self
            .workspace
            .stated
            .systems
            .iter()
            .flat_map(|system| &system.expects)
            .filter_map(|id| self.controls.adapters.get(id))
            .flat_map(|adapter| adapter.feeds())
            .collect();
        self.needs
            .iter()
            .filter(|(table, _)| self.ledger.feeding(table).next().is_none() && !owed.contains(**table) && !self.workspace.states(table))
            .filter(|(table, _)| self.controls.tables.get(**table).is_some_and(|table| table.derivation.is_none()))
            .map(|(table, objectives)| {
                let sources: Vec<&str> = self
                    .controls
                    .adapters
                    .values()
                    .filter(|adapter| adapter.feeds().contains(*table))
                    .map(|adapter| adapter.id.as_str())
                    .collect();
                let meaning = self.controls.tables[*table].meaning.trim();
                Request {
                    note: if sources.is_empty() {
                        format!("State them in {}; an empty list says that there are none.", crate::evidence::EXCEPTIONS_FILE)
                    } else {
                        format!("One of: {}. Name the system under `systems` in tickmark.yaml.", sources.join(", "))
                    },
                    needed_for: objectives.iter().copied().collect::<Vec<_>>().join(", "),
                    ..self.request("export", "missing", format!("A source of {table}: {meaning}"), "no system in scope owes it".into())
                }
            })
            .collect()
    }

    /// One request for each used file whose provenance has gaps.
    fn statements(&self) -> Vec<Request> {
        self.ledger
            .artifacts
            .values()
            .filter(|artifact| artifact.state == ArtifactState::Used)
            .filter_map(|artifact| {
                let missing = artifact.not_stated();
                if missing.is_empty() {
                    return None;
                }
                Some(Request {
                    from: artifact.meta.collector.clone().unwrap_or_default(),
                    system: artifact.system.clone().unwrap_or_default(),
                    command: format!("tickmark evidence add {}", artifact.path),
                    file: artifact.path.clone(),
                    ..self.request(
                        "statement",
                        "not stated",
                        format!("Provenance of {}", artifact.path),
                        format!("not stated: {}", missing.join(", ")),
                    )
                })
            })
            .collect()
    }

    /// What has to be read: once for each thing asked for, with all clauses that still wait for it.
    fn documents(&self) -> Vec<Request> {
        let mut list = Vec::new();
        for id in in_scope(self.controls, self.workspace) {
            let objective = &self.controls.catalogs.objectives[id];
            let Some(wanted) = objective.ask.as_deref() else { continue };
            let because = format!("{} is examined by a person", objective.title);
            if let Some(open) = self.open(&self.documents.on_objective(id)) {
                list.push(Request { needed_for: id.to_owned(), ..self.document(&open, wanted, because) });
            }
        }
        let mut asked: BTreeMap<(&str, Open), Vec<String>> = BTreeMap::new();
        let mut order: Vec<(&str, Open)> = Vec::new();
        for name in &self.workspace.editions {
            for clause in &self.controls.catalogs.editions[name].clauses {
                let Treatment::Documentary(wanted) = &clause.treatment else { continue };
                let cited = format!("{name} {}", clause.id);
                let Some(open) = self.open(&self.documents.on_clause(&cited)) else { continue };
                let key = (wanted.as_str(), open);
                if !asked.contains_key(&key) {
                    order.push(key.clone());
                }
                asked.entry(key).or_default().push(cited);
            }
        }
        list.extend(order.into_iter().map(|key| Request {
            needed_for: asked[&key].join(", "),
            ..self.document(&key.1, key.0, "the clause needs a document, a record or an interview".into())
        }));
        list
    }

    fn document(&self, open: &Open, wanted: &str, because: String) -> Request {
        let because = if open.because.is_empty() { because } else { open.because.clone() };
        Request { file: open.file.clone(), ..self.request("document", open.state, wanted.trim().to_owned(), because) }
    }

    /// What is still open where these documents were brought; nothing once somebody stated what a sound one shows.
    fn open(&self, papers: &[Paper]) -> Option<Open> {
        let (status, reasons) = examined(papers, None);
        let Some(paper) = papers.first() else {
            return Some(Open { state: "missing", file: "documents/".into(), because: String::new() });
        };
        if matches!(status, Status::Satisfied | Status::NotSatisfied) {
            return None;
        }
        let doubt = reasons.iter().find(|reason| reason.code != "examined")?;
        let state = if doubt.code == "to-be-examined" { "to be examined" } else { "not usable" };
        let file = doubt.artifacts.first().unwrap_or(&paper.path).clone();
        Some(Open { state, file, because: doubt.text.clone() })
    }
}

/// Why a document is still asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Open {
    state: &'static str,
    file: String,
    because: String,
}
