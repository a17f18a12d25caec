//! Everything that decides what is said, loaded once: catalogs, objectives, adapters, tables.

use std::collections::BTreeMap;

use crate::assessment::InputRecord;
use crate::base::{Diagnostics, SourceTree};
use crate::catalog::{self, Catalogs, EditionName};
use crate::evidence::{Adapter, TableDefinition, load_adapters, load_tables};

/// The controls in force: built in, or overlaid by a user's own folder.
pub struct Controls {
    pub catalogs: Catalogs,
    pub adapters: BTreeMap<String, Adapter>,
    pub tables: BTreeMap<String, TableDefinition>,
    pub source: SourceTree,
}

impl Controls {
    /// Loads and checks all of them; every problem is told in one go.
    pub fn load(source: SourceTree, diagnostics: &mut Diagnostics) -> Controls {
        let catalogs = catalog::load(&source, diagnostics);
        let tables = load_tables(&source, diagnostics);
        let adapters = load_adapters(&source, &tables, diagnostics);
        let controls = Controls { catalogs, adapters, tables, source };
        controls.check_requirements(diagnostics);
        super::classes::check_defaults(&controls, diagnostics);
        controls
    }

    /// An objective may only require base tables that exist.
    fn check_requirements(&self, diagnostics: &mut Diagnostics) {
        for objective in self.catalogs.objectives.values() {
            for table in &objective.requires {
                if self.tables.get(table).is_none_or(|definition| definition.derivation.is_some()) {
                    diagnostics.push(
                        crate::base::Diagnostic::error(
                            "objective/unknown-table",
                            format!("objectives/{}/objective.yaml", objective.id),
                            format!("`requires` names `{table}`, which is not a base table"),
                        )
                        .suggest(table, self.tables.keys().map(String::as_str)),
                    );
                }
            }
        }
    }

    /// The digests of what decides the verdicts of these editions: the editions, the objectives they cite, and all adapters and tables,
    /// because every adapter takes part in recognising a file.
    pub fn inputs<'a>(&self, editions: &[EditionName], objectives: impl Iterator<Item = &'a String>) -> Vec<InputRecord> {
        let input = |kind: &str, name: &str, digest: &crate::base::Digest| InputRecord {
            kind: kind.into(),
            name: name.into(),
            digest: digest.clone(),
        };
        let mut inputs: Vec<InputRecord> = editions
            .iter()
            .filter_map(|name| self.catalogs.editions.get(name))
            .map(|catalog| input("catalog", catalog.name.as_str(), &catalog.digest))
            .collect();
        inputs.extend(
            objectives
                .filter_map(|id| self.catalogs.objectives.get(id))
                .map(|objective| input("objective", &objective.id, &objective.digest)),
        );
        inputs.extend(self.adapters.values().map(|adapter| input("adapter", &adapter.id, &adapter.digest)));
        inputs.extend(self.tables.values().map(|table| input("table", &table.name, &table.digest)));
        inputs
    }
}
