//! The command line as the user types it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Turns a folder of collected evidence about non-human identities into an audit pack that a stranger can check.
#[derive(Debug, Parser)]
#[command(name = "tickmark", version, about, max_term_width = 100)]
pub struct Arguments {
    /// A folder of your own catalogs, objectives, adapters and tables; a file there replaces the built-in one of the same path.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub controls: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Assess a workspace and write the sealed pack: report.pdf, index.html, assessment.json, evidence, manifest.
    Pack(PackArguments),
    /// Recompute every digest of a pack and name everything that does not hold.
    Verify {
        /// The pack.
        folder: PathBuf,
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Tell which clauses and subjects changed between two packs, and on what the change rests.
    Diff {
        /// The earlier pack, or its assessment.json.
        before: PathBuf,
        /// The later pack, or its assessment.json.
        after: PathBuf,
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Show the catalogs, or check all controls and run their cases.
    Catalog {
        #[command(subcommand)]
        command: CatalogCommand,
    },
    /// Tell for every file of a workspace what was understood, what was not, and what is missing to trust it.
    Evidence {
        /// The workspace: a folder with tickmark.yaml and evidence.
        folder: PathBuf,
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Ask a read-only SQL question over the normalised tables of a workspace.
    Query {
        /// The workspace: a folder with tickmark.yaml and evidence.
        folder: PathBuf,
        /// One select; `$as_of`, `$period_from` and `$period_to` are known.
        sql: String,
        #[arg(long, value_enum, default_value_t)]
        format: TableFormat,
    },
}

#[derive(Debug, Args)]
pub struct PackArguments {
    /// The workspace: a folder with tickmark.yaml and evidence.
    pub folder: PathBuf,
    /// The folder to write; it must not exist yet.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Put the new pack in the place of an older one.
    #[arg(long)]
    pub replace: bool,
    /// A folder of your own templates; a file there replaces the built-in one of the same path.
    #[arg(long, value_name = "FOLDER")]
    pub templates: Option<PathBuf>,
    /// A folder of font files for names in scripts that the built-in fonts lack.
    #[arg(long, value_name = "FOLDER")]
    pub fonts: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum CatalogCommand {
    /// List the editions.
    List {
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Show every clause of one edition.
    Show {
        /// Such as pci-dss@4.0.1.
        edition: String,
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Check all controls and run the cases of every objective.
    Check,
    /// Write the JSON Schemas of all file formats and the reference pages of all controls into a folder.
    Reference { folder: PathBuf },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum TextOrJson {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum TableFormat {
    #[default]
    Table,
    Csv,
    Json,
}
