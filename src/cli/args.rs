//! The command line as the user types it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::workspace::SampleMethod;

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
    /// Judge a workspace without writing a pack, and end with 1 when a gate is not met.
    Assess(AssessArguments),
    /// Recompute every digest of a pack or an excerpt, check its seal, and name everything that does not hold.
    Verify(VerifyArguments),
    #[command(flatten)]
    Seal(super::seal::SealCommand),
    /// Tell what changed between two packs, clause by clause, and why. Needs nothing but the two packs.
    Diff(DiffArguments),
    /// Follow several packs in a row: coverage, deviations opened and closed and their age, exceptions, time to remedy.
    Trend(TrendArguments),
    /// List the packs of a folder by period and root, and the gaps between them.
    History {
        /// The folder; packs are looked for in it and two levels down.
        folder: PathBuf,
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Resolve citations as people write them to edition and clause, correct or refuse wrong ones.
    ///
    /// Ends with 1 when a citation needs the author's attention.
    Cite {
        /// A citation such as "NIST CSF 2.0 PR.AC-4"; several words are read as one text.
        #[arg(required_unless_present = "file")]
        citation: Vec<String>,
        /// A text file to check as a whole, with line and column.
        #[arg(long, value_name = "FILE", conflicts_with = "citation")]
        file: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Tell what became of the clauses of one edition in another, or what evidence for one framework already says for another.
    Crosswalk {
        /// Such as pci-dss@4.0.1: for this there is evidence.
        from: String,
        /// Such as dora@2022-2554: for this it is asked.
        to: String,
        /// Only what concerns this clause of the second edition.
        #[arg(long)]
        clause: Option<String>,
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Show, check, compare, export and import catalogs.
    Catalog {
        #[command(subcommand)]
        command: CatalogCommand,
    },
    /// Make a workspace to fill in: tickmark.yaml with comments, and a folder per source with the commands that make its exports.
    Init(InitArguments),
    /// Tell for every file of a workspace what was understood, what was not, and what is missing to trust it.
    Evidence(EvidenceArguments),
    /// Draw a sample from a frozen population so that anybody can draw it again, or draw one again.
    Sample(Box<SampleArguments>),
    /// Tell the life of one identity from approval to retirement, each step with its record, and what is missing.
    Trace {
        /// The workspace, or a pack.
        folder: PathBuf,
        /// Its id, its name or an alias.
        identity: String,
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Tell why a clause has its verdict, down to the records; what would move it, and which other clauses would move with it.
    Explain {
        /// The workspace, or a pack.
        folder: PathBuf,
        /// Such as `pci-dss@4.0.1 8.6.3`, or its id alone where only one framework has it.
        clause: String,
        /// How many members to show for each objective; --format json holds all.
        #[arg(long, value_name = "COUNT", default_value_t = 5)]
        rows: usize,
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
pub struct VerifyArguments {
    /// The pack or excerpt, as a folder or a ZIP archive; several packs are also checked as a chain, each naming the root of the one before.
    #[arg(required = true)]
    pub packs: Vec<PathBuf>,
    /// The Merkle root that the pack must have: of its full form, of a letter, of a register.
    #[arg(long, value_name = "DIGEST")]
    pub root: Option<String>,
    /// Signers that you trust, in the form of `ssh-keygen`'s allowed_signers; one of them must have signed.
    #[arg(long, value_name = "FILE")]
    pub signers: Option<PathBuf>,
    /// Work through a whole pack again, from the pack alone: judge from its statements and evidence, render, and compare byte for byte.
    #[arg(long)]
    pub rederive: bool,
    /// For --rederive: the folder of your own templates that the pack was made with.
    #[arg(long, value_name = "FOLDER", requires = "rederive")]
    pub templates: Option<PathBuf>,
    /// For --rederive: the folder of fonts that the pack was made with.
    #[arg(long, value_name = "FOLDER", requires = "rederive")]
    pub fonts: Option<PathBuf>,
    /// Certificates in PEM of time-stamping authorities that you trust; one of them must stand behind the time-stamp.
    #[arg(long, value_name = "FILE")]
    pub tsa_ca: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: TextOrJson,
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
    /// End with 1 when a file that is used lacks a statement of where it came from. The pack is written all the same.
    #[arg(long)]
    pub require_provenance: bool,
    /// Put pseudonyms in the place of the names and addresses of people. The verdicts keep their digests.
    #[arg(long)]
    pub redact: bool,
    /// The pack of the period before, as a folder or a ZIP archive; it must hold, and the new pack names its root.
    #[arg(long, value_name = "PACK")]
    pub previous: Option<PathBuf>,
    /// Besides the report over all frameworks, a PDF and a page on each one alone.
    #[arg(long)]
    pub per_framework: bool,
    /// A folder of your own templates; a file there replaces the built-in one of the same path.
    #[arg(long, value_name = "FOLDER")]
    pub templates: Option<PathBuf>,
    /// A folder of font files for names in scripts that the built-in fonts lack.
    #[arg(long, value_name = "FOLDER")]
    pub fonts: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct AssessArguments {
    /// The workspace: a folder with tickmark.yaml and evidence.
    pub folder: PathBuf,
    /// End with 1 when a clause has this status or got worse; may be given several times.
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub fail_on: Vec<GateWord>,
    /// Look only at this edition in scope, such as pci-dss@4.0.1, in the gate and in what is printed; may be given several times.
    #[arg(long = "framework", value_name = "EDITION")]
    pub frameworks: Vec<String>,
    /// An earlier pack, or its assessment.json: only what got worse since breaks the gate. `worsened` when no --fail-on is given.
    #[arg(long, value_name = "PACK")]
    pub against: Option<PathBuf>,
    /// What to print; with --out for each, may be given several times.
    #[arg(long = "format", value_enum, value_name = "FORM")]
    pub formats: Vec<AssessFormat>,
    /// The file to write instead of printing: one for each --format, in their order.
    #[arg(long = "out", value_name = "FILE")]
    pub out: Vec<PathBuf>,
    /// Put pseudonyms in the place of the names and addresses of people.
    #[arg(long)]
    pub redact: bool,
    /// A folder that keeps what was read and observed, so that a later run need not do it again; made where it is not there, and safe to
    /// delete. It holds rows of the evidence: treat it like the evidence.
    #[arg(long, value_name = "FOLDER")]
    pub cache: Option<PathBuf>,
    /// Tell on standard error how long each stage and each check took.
    #[arg(long)]
    pub timings: bool,
}

/// What a gate does not let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum GateWord {
    NotSatisfied,
    PartiallySatisfied,
    NotAssessed,
    /// A clause that stands worse than in the pack of --against.
    Worsened,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum AssessFormat {
    #[default]
    Text,
    /// The assessment, as assessment.json of a pack.
    Json,
    Junit,
    Sarif,
    /// A summary for a merge request.
    Markdown,
}

#[derive(Debug, Args)]
pub struct SampleArguments {
    /// The workspace, or a pack.
    pub folder: PathBuf,
    /// Draw from everybody whom the test of this objective concerns.
    #[arg(long, value_name = "ID", required_unless_present_any = ["identities", "verify"])]
    pub objective: Option<String>,
    /// Draw from all machine identities; --objective then says what the results bear on.
    #[arg(long)]
    pub identities: bool,
    #[arg(long, value_enum, default_value_t)]
    pub method: SampleMethodArgument,
    /// How many to draw; for you to say.
    #[arg(long)]
    pub n: Option<usize>,
    /// What makes the strata: class, tier, platform, kind, environment or status.
    #[arg(long, value_name = "COLUMN", default_value = "class")]
    pub by: String,
    /// How many to draw from a stratum; may be given several times.
    #[arg(long, value_name = "STRATUM=N")]
    pub allocate: Vec<String>,
    /// What makes a member riskier, the weightiest first: tier, admin, outcome, owner_status, last_use.
    #[arg(long, value_name = "KEY,KEY", value_delimiter = ',', default_value = "tier,admin,outcome")]
    pub order: Vec<String>,
    /// Any text; the digest of the population when left out.
    #[arg(long, value_name = "TEXT")]
    pub seed: Option<String>,
    /// Draw again what FILE, from `--format json`, says was drawn; all samples of samples.yaml when no file is named.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = super::sample::STATED)]
    pub verify: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: SampleFormat,
    /// The file to write; needed for a workbook.
    #[arg(long, value_name = "FILE", required_if_eq("format", "xlsx"))]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The earlier pack, or its assessment.json.
    pub before: PathBuf,
    /// The later pack, or its assessment.json.
    pub after: PathBuf,
    /// End with 1 when the comparison has such an entry. `worsened` also stops at deviations where nothing was known before.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CLASS")]
    pub fail_on: Vec<Gate>,
    /// Run no query again, where evidence, check and parameters of an objective differ at once: such causes are then inferred.
    #[arg(long)]
    pub records_only: bool,
    #[command(flatten)]
    pub sides: SideArguments,
}

#[derive(Debug, Args)]
pub struct TrendArguments {
    /// Packs, or their assessment.json, in any order.
    #[arg(required = true, num_args = 2..)]
    pub packs: Vec<PathBuf>,
    #[command(flatten)]
    pub sides: SideArguments,
}

/// What `diff` and `trend` share.
#[derive(Debug, Args)]
pub struct SideArguments {
    /// Told by the name of `--out` when left out; else text.
    #[arg(long, value_enum)]
    pub format: Option<ChangesFormat>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Take a side that does not hold all the same; every form then says so.
    #[arg(long)]
    pub unverified: bool,
    /// Compare packs of different organisations, such as after a change of name.
    #[arg(long)]
    pub across_organisations: bool,
    /// A folder of your own templates; a file there replaces the built-in one of the same path.
    #[arg(long, value_name = "FOLDER")]
    pub templates: Option<PathBuf>,
    /// A folder of font files for names in scripts that the built-in fonts lack.
    #[arg(long, value_name = "FOLDER")]
    pub fonts: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ChangesFormat {
    Text,
    Json,
    Markdown,
    Html,
    Pdf,
    Xlsx,
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Gate {
    /// A weaker verdict, or a deviation where nothing was known.
    Worsened,
    Incomparable,
    Removed,
    Added,
    /// Any change at all.
    Any,
}

#[derive(Debug, Args)]
pub struct InitArguments {
    /// The folder to make; it must not hold a tickmark.yaml yet.
    pub folder: PathBuf,
    #[arg(long, value_name = "NAME")]
    pub organisation: Option<String>,
    /// First day of the period, such as 2026-07-01.
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// Last day of the period.
    #[arg(long, value_name = "DAY")]
    pub to: Option<String>,
    /// The zone of the period's days: an IANA name.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub zone: String,
    /// An edition in scope, such as pci-dss@4.0.1; may be given several times.
    #[arg(long = "framework", value_name = "EDITION")]
    pub frameworks: Vec<String>,
    /// A source to collect from, such as aws or k8s; all when left out.
    #[arg(long = "source", value_name = "SOURCE")]
    pub sources: Vec<String>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct EvidenceArguments {
    #[command(subcommand)]
    pub command: Option<EvidenceCommand>,
    /// The workspace: a folder with tickmark.yaml and evidence.
    #[arg(required = true)]
    pub folder: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: TextOrJson,
    /// End with 1 when a file that is used lacks a statement of where it came from.
    #[arg(long)]
    pub require_provenance: bool,
}

#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// State where a file came from, and hash it: writes FILE.tickmark.yaml beside it. Asks for what no option gives when run on a terminal.
    Add(Box<AddArguments>),
    /// Compare what the sources show with the register, and what each export says of the period.
    Reconcile {
        /// The workspace: a folder with tickmark.yaml and evidence.
        folder: PathBuf,
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// List what is still needed: who, which system, which command, which period.
    Requests {
        /// The workspace: a folder with tickmark.yaml and evidence.
        folder: PathBuf,
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
        /// Leave out the documents that clauses ask for.
        #[arg(long)]
        exports_only: bool,
        /// The file to write; needed for a workbook.
        #[arg(long, value_name = "FILE", required_if_eq("format", "xlsx"))]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct AddArguments {
    /// A file in a workspace.
    pub file: PathBuf,
    /// The source system, such as "AWS IAM".
    #[arg(long)]
    pub system: Option<String>,
    /// Which one of them: an account, tenant, cluster or repository.
    #[arg(long)]
    pub instance: Option<String>,
    /// The command or query that made the file.
    #[arg(long)]
    pub query: Option<String>,
    /// The tool that made the file, with its version.
    #[arg(long)]
    pub tool: Option<String>,
    /// The person or job that ran it.
    #[arg(long)]
    pub collector: Option<String>,
    /// When it was made, with its offset, such as 2026-09-30T23:55:00+02:00.
    #[arg(long, value_name = "INSTANT")]
    pub collected_at: Option<String>,
    /// The days that the content covers, such as 2026-07-01..2026-09-30.
    #[arg(long, value_name = "DAY..DAY")]
    pub period: Option<String>,
    /// How many records the source says there are, counted apart from the export.
    #[arg(long)]
    pub rows: Option<u64>,
    /// A total that the source shows, as NAME=VALUE; may be given several times.
    #[arg(long = "total", value_name = "NAME=VALUE")]
    pub totals: Vec<String>,
    #[arg(long, value_name = "KEY")]
    pub first_key: Option<String>,
    #[arg(long, value_name = "KEY")]
    pub last_key: Option<String>,
    /// What was done to the file since it left the source; may be given several times.
    #[arg(long = "transformation", value_name = "TEXT")]
    pub transformations: Vec<String>,
    #[arg(long)]
    pub classification: Option<String>,
    /// The zone of local times in the file: an IANA name.
    #[arg(long)]
    pub zone: Option<String>,
    /// Names the adapter where the content does not decide.
    #[arg(long)]
    pub adapter: Option<String>,
    /// Put the new statement in the place of an older one.
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Subcommand)]
pub enum CatalogCommand {
    /// List the editions.
    List {
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Show every clause of one edition as a tree, or single clauses in full.
    Show {
        /// Such as pci-dss@4.0.1.
        edition: String,
        /// Ids of clauses to show in full, with what stands below them.
        clauses: Vec<String>,
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Check all controls and run the cases of every objective.
    #[command(alias = "check")]
    Lint {
        /// Run only the cases of this objective; may be given several times.
        #[arg(long = "objective", value_name = "ID")]
        objectives: Vec<String>,
    },
    /// Tell what differs between two editions of one framework, or between two revisions of one edition.
    Diff {
        /// The earlier edition, such as pci-dss@4.0.
        before: String,
        /// The later edition; the same one again when `--against` names other controls.
        after: String,
        /// Take the later edition from the built-in controls overlaid with this folder.
        #[arg(long, value_name = "FOLDER")]
        against: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Write an edition in another form to standard output.
    Export {
        /// Such as pci-dss@4.0.1; `objectives` for the objectives that all editions are mapped to.
        edition: String,
        #[arg(long, value_enum)]
        format: ExportFormat,
    },
    /// Take an OSCAL catalog or profile over as an edition of your own controls, unchanged.
    Import {
        /// An OSCAL catalog in JSON, or a profile with its catalogs beside it.
        file: PathBuf,
        /// The edition it becomes, such as nist-800-53@5.
        #[arg(long = "as", value_name = "EDITION")]
        edition: String,
        /// Your folder of controls; `frameworks/<framework>/<edition>` is written below it.
        #[arg(long, value_name = "FOLDER")]
        into: PathBuf,
    },
    /// Write the digests of all editions into `controls.lock`, refusing editions that changed without a new revision.
    Lock {
        /// The folder of controls.
        folder: PathBuf,
    },
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
pub enum ListFormat {
    #[default]
    Table,
    Csv,
    Json,
    /// A workbook, written to `--out`.
    Xlsx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum SampleMethodArgument {
    /// The smallest ranks.
    #[default]
    Random,
    /// The smallest ranks of each stratum, as allocated.
    Stratified,
    /// The riskiest by a stated order, the smallest ranks among equals.
    TopRisk,
}

impl SampleMethodArgument {
    pub fn method(self) -> SampleMethod {
        match self {
            SampleMethodArgument::Random => SampleMethod::Random,
            SampleMethodArgument::Stratified => SampleMethod::Stratified,
            SampleMethodArgument::TopRisk => SampleMethod::TopRisk,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum SampleFormat {
    #[default]
    Table,
    Csv,
    Json,
    /// A workbook, written to `--out`.
    Xlsx,
    /// An entry of samples.yaml to fill in.
    Yaml,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// An OSCAL catalog in JSON.
    Oscal,
    /// The mapping to objectives as an OSCAL mapping collection in JSON.
    OscalMapping,
    Json,
    /// One row per clause.
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum TableFormat {
    #[default]
    Table,
    Csv,
    Json,
}
