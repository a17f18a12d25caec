//! What the registers of two sides tell of each identity: who came, who went, who bears another name, and which of its facts changed.
//!
//! In: rows of both registers by identity. Out: facts. A side whose record holds no register has no rows, and then nothing is told from here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Seen;
use super::identities::{Fact, FactKind};

/// One row of a record's register, as far as a comparison reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterRow {
    pub identity: String,
    pub name: String,
    pub platform: String,
    pub scope: Option<String>,
    pub kind: String,
    pub class: Option<String>,
    pub tier: Option<String>,
    pub owner: Option<String>,
    pub owner_status: Option<String>,
    pub purpose: Option<String>,
    pub environment: Option<String>,
    pub status: String,
    pub created_at: Option<String>,
    pub expires_at: Option<String>,
    pub credentials: String,
    pub entitlements: String,
    pub admin: bool,
    pub artifact: String,
    pub record: String,
}

/// The registers of both sides, by identity.
pub struct Registers<'a> {
    old: BTreeMap<&'a str, &'a RegisterRow>,
    new: BTreeMap<&'a str, &'a RegisterRow>,
}

impl<'a> Registers<'a> {
    /// Nothing where one of the sides has no register.
    pub fn of(old: &'a [RegisterRow], new: &'a [RegisterRow]) -> Option<Registers<'a>> {
        let by_id = |rows: &'a [RegisterRow]| rows.iter().map(|row| (row.identity.as_str(), row)).collect();
        (!old.is_empty() && !new.is_empty()).then(|| Registers { old: by_id(old), new: by_id(new) })
    }

    pub fn populations(&self) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
        (self.old.keys().copied().collect(), self.new.keys().copied().collect())
    }

    /// Identities that went and came as one: the only two of their platform and kind that were created at the same instant.
    /// The later id, then the earlier one.
    pub fn renamed(&self) -> BTreeMap<&'a str, &'a str> {
        type Born<'a> = (&'a str, Option<&'a str>, &'a str, &'a str);
        let born = |only: &BTreeMap<&'a str, &'a RegisterRow>, other: &BTreeMap<&'a str, &'a RegisterRow>| {
            let mut by_birth: BTreeMap<Born<'a>, Vec<&'a str>> = BTreeMap::new();
            for (id, row) in only.iter().filter(|(id, _)| !other.contains_key(*id)) {
                // A day without a time of day is shared by too many.
                if let Some(at) = row.created_at.as_deref().filter(|at| at.contains('T') && !at.contains("T00:00:00")) {
                    by_birth.entry((&row.platform, row.scope.as_deref(), &row.kind, at)).or_default().push(id);
                }
            }
            by_birth
        };
        let (went, came) = (born(&self.old, &self.new), born(&self.new, &self.old));
        came.iter()
            .filter_map(|(birth, new)| match (new.as_slice(), went.get(birth).map(Vec::as_slice)) {
                ([new], Some([old])) => Some((*new, *old)),
                _ => None,
            })
            .collect()
    }

    /// Facts of every identity that stands on both sides.
    pub fn facts(&self) -> BTreeMap<&'a str, Vec<Fact>> {
        let pairs = self.new.iter().filter_map(|(id, is)| Some((*id, *self.old.get(id)?, *is)));
        pairs.map(|(id, was, is)| (id, changed(was, is))).filter(|(_, facts)| !facts.is_empty()).collect()
    }
}

fn changed(was: &RegisterRow, is: &RegisterRow) -> Vec<Fact> {
    let stated = |value: &Option<String>| value.clone().unwrap_or_default();
    let owner = |row: &RegisterRow| match &row.owner_status {
        Some(status) if !stated(&row.owner).is_empty() => format!("{} ({status})", stated(&row.owner)),
        _ => stated(&row.owner),
    };
    let mut facts = Vec::new();
    let mut add = |kind: FactKind, before: String, after: String| {
        if before != after {
            facts.push(Fact {
                kind,
                objective: String::new(),
                subject: is.identity.clone(),
                before: Some(seen(was, before)),
                after: Some(seen(is, after)),
            });
        }
    };
    add(FactKind::OwnerChanged, owner(was), owner(is));
    let kind = match (was.admin, is.admin) {
        (false, true) => FactKind::PrivilegeGrown,
        (true, false) => FactKind::PrivilegeReduced,
        _ => FactKind::GrantsChanged,
    };
    add(kind, was.entitlements.clone(), is.entitlements.clone());
    add(FactKind::PurposeChanged, stated(&was.purpose), stated(&is.purpose));
    add(FactKind::ClassChanged, stated(&was.class), stated(&is.class));
    add(FactKind::StatusChanged, was.status.clone(), is.status.clone());
    add(FactKind::ExpiryChanged, stated(&was.expires_at), stated(&is.expires_at));
    facts
}

fn seen(row: &RegisterRow, text: String) -> Seen {
    let reason = if text.is_empty() { "not stated".to_owned() } else { text };
    Seen { outcome: None, reason, artifact: row.artifact.clone(), record: row.record.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(identity: &str, created_at: &str) -> RegisterRow {
        RegisterRow {
            identity: identity.into(),
            platform: "aws".into(),
            kind: "user".into(),
            created_at: Some(created_at.into()),
            ..RegisterRow::default()
        }
    }

    #[test]
    fn a_name_is_another_only_where_nobody_else_was_born_then() {
        let (old, new) = ([row("a", "2025-01-02T03:04:05Z")], [row("b", "2025-01-02T03:04:05Z")]);
        assert_eq!(Registers::of(&old, &new).unwrap().renamed(), BTreeMap::from([("b", "a")]));
        let two = [row("b", "2025-01-02T03:04:05Z"), row("c", "2025-01-02T03:04:05Z")];
        assert!(Registers::of(&old, &two).unwrap().renamed().is_empty(), "one of two: nobody knows which");
        let (day, other) = ([row("a", "2025-01-02")], [row("b", "2025-01-02")]);
        assert!(Registers::of(&day, &other).unwrap().renamed().is_empty(), "a day is shared by many");
        assert!(Registers::of(&[], &new).is_none());
    }

    #[test]
    fn facts_of_the_register_are_told_with_both_values() {
        let was = RegisterRow { owner: Some("Ann".into()), entitlements: "s3:Get".into(), ..row("a", "") };
        let is = RegisterRow {
            owner: Some("Bob".into()),
            owner_status: Some("active".into()),
            entitlements: "admin".into(),
            admin: true,
            ..row("a", "")
        };
        let (old, new) = ([was], [is]);
        let facts = Registers::of(&old, &new).unwrap().facts();
        let told: Vec<(FactKind, &str, &str)> = facts["a"]
            .iter()
            .map(|fact| (fact.kind, fact.before.as_ref().unwrap().reason.as_str(), fact.after.as_ref().unwrap().reason.as_str()))
            .collect();
        assert_eq!(told, [(FactKind::OwnerChanged, "Ann", "Bob (active)"), (FactKind::PrivilegeGrown, "s3:Get", "admin")]);
        assert!(Registers::of(&new, &new).unwrap().facts().is_empty());
    }
}
