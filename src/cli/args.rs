//! The command line as the user types it.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

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
    /// Write the JSON Schemas of all file formats into a folder.
    Schemas { folder: PathBuf },
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
