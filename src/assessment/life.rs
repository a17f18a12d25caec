//! What is kept of each identity: its row in the register, and the steps of its life.
//!
//! The register holds every machine identity; a dossier is kept of those that depart from an objective.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Names, defused};

/// The steps of a life in their order.
pub const STEPS: [&str; 8] = ["approval", "creation", "credential", "use", "rotation", "review", "exception", "retirement"];

/// One machine identity: who owns it, what for, what it may do, and how it is taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegisterRecord {
    pub identity: String,
    pub name: String,
    pub platform: String,
    pub scope: Option<String>,
    pub kind: String,
    /// Class of identity whose rules it is governed by; none where none is decided.
    pub class: Option<String>,
    /// Risk tier.
    pub tier: Option<String>,
    pub owner: Option<String>,
    /// `active`, `left` or `unknown`, as the organisation's own register says.
    pub owner_status: Option<String>,
    pub purpose: Option<String>,
    pub service: Option<String>,
    pub environment: Option<String>,
    /// `enabled`, `disabled` or `unknown`.
    pub status: String,
    pub created_at: Option<String>,
    /// The first end that is stated, of the entry or of an active credential.
    pub expires_at: Option<String>,
    /// What that end is of, or why there is none.
    pub expiry: String,
    pub last_used_at: Option<String>,
    /// `known`, `never` or `unknown`.
    pub last_use: String,
    pub credentials: String,
    pub entitlements: String,
    /// One of its grants is administrative.
    pub admin: bool,
    /// How it is taken away on its platform.
    pub revocation: String,
    /// A row of the organisation's own register names it and no other.
    pub in_register: bool,
    pub artifact: String,
    pub record: String,
    pub register_artifact: Option<String>,
    pub register_record: Option<String>,
}

/// The life of one identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DossierRecord {
    pub identity: String,
    /// In the order of [`STEPS`], then of time.
    pub steps: Vec<StepRecord>,
    /// The steps that are due and that no record shows.
    pub missing: Vec<String>,
}

/// What one record says of one step; or that nothing says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepRecord {
    /// `approval`, `creation`, `credential`, `use`, `rotation`, `review`, `exception` or `retirement`.
    pub step: String,
    /// `shown` by a system's own record, `claimed` by a ticket or a register alone, `later` where it is dated after the report and counts
    /// for nothing, `missing` where it is due, or `not-due`.
    pub state: String,
    /// In UTC; none where no record says when.
    pub at: Option<String>,
    pub says: String,
    pub artifact: String,
    pub record: String,
}

/// The columns of `register.csv`, in order.
pub const REGISTER_COLUMNS: [&str; 27] = [
    "identity",
    "name",
    "platform",
    "scope",
    "kind",
    "class",
    "tier",
    "owner",
    "owner_status",
    "purpose",
    "service",
    "environment",
    "status",
    "created_at",
    "expires_at",
    "expiry",
    "last_used_at",
    "last_use",
    "credentials",
    "entitlements",
    "admin",
    "revocation",
    "in_register",
    "artifact",
    "record",
    "register_artifact",
    "register_record",
];

impl RegisterRecord {
    pub fn cells(&self) -> [&str; 27] {
        fn stated(value: &Option<String>) -> &str {
            value.as_deref().unwrap_or_default()
        }
        let told = |flag: bool| if flag { "yes" } else { "no" };
        [
            &self.identity,
            &self.name,
            &self.platform,
            stated(&self.scope),
            &self.kind,
            stated(&self.class),
            stated(&self.tier),
            stated(&self.owner),
            stated(&self.owner_status),
            stated(&self.purpose),
            stated(&self.service),
            stated(&self.environment),
            &self.status,
            stated(&self.created_at),
            stated(&self.expires_at),
            &self.expiry,
            stated(&self.last_used_at),
            &self.last_use,
            &self.credentials,
            &self.entitlements,
            told(self.admin),
            &self.revocation,
            told(self.in_register),
            &self.artifact,
            &self.record,
            stated(&self.register_artifact),
            stated(&self.register_record),
        ]
    }
}

/// The register as the pack's CSV file holds it.
pub fn register_csv(register: &[RegisterRecord]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(REGISTER_COLUMNS).expect("writing to memory cannot fail");
    for own in register {
        writer.write_record(own.cells().map(defused)).expect("writing to memory cannot fail");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}

impl Names {
    pub(super) fn hide_register(&self, own: &mut RegisterRecord) {
        self.in_each([&mut own.identity, &mut own.name, &mut own.credentials, &mut own.entitlements, &mut own.artifact, &mut own.record]);
        for stated in [
            &mut own.scope,
            &mut own.owner,
            &mut own.purpose,
            &mut own.service,
            &mut own.environment,
            &mut own.register_artifact,
            &mut own.register_record,
        ] {
            self.in_each(stated);
        }
    }

    pub(super) fn hide_dossier(&self, own: &mut DossierRecord) {
        self.in_place(&mut own.identity);
        for step in &mut own.steps {
            self.in_each([&mut step.says, &mut step.artifact, &mut step.record]);
        }
    }
}
