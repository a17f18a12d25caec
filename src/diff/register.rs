//! What the registers of two sides tell of each identity: who came, who went, who bears another name, and which of its facts changed.
//!
//! In: rows of both registers by identity. Out: facts. A side whose record holds no register has no rows, and then nothing is told from here.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::Seen;
use super::identities::{Fact, FactKind};
use crate::assessment::lists::{Lists, RegisterRow};
use crate::base::Shared;

/// The registers of both sides, by identity.
pub struct Registers<'a> {
    old: &'a Lists,
    new: &'a Lists,
    /// Places of identities that only the earlier register has, and of those that only the later one has.
    went: Vec<usize>,
    came: Vec<usize>,
}

/// Rows of the later register that one thread goes through at once.
const PART_ROWS: usize = 20_000;

impl<'a> Registers<'a> {
    /// Nothing where one of the sides has no register.
    pub fn of(old: &'a Lists, new: &'a Lists) -> Option<Registers<'a>> {
        if old.register_count() == 0 || new.register_count() == 0 {
            return None;
        }
        let (mut went, mut came) = (Vec::new(), Vec::new());
        let (mut i, mut j) = (0, 0);
        while i < old.register_count() || j < new.register_count() {
            let order = match (i < old.register_count(), j < new.register_count()) {
                (true, true) => old.register_identity(i).cmp(new.register_identity(j)),
                (true, false) => Ordering::Less,
                _ => Ordering::Greater,
            };
            match order {
                Ordering::Less => went.push(i),
                Ordering::Greater => came.push(j),
                Ordering::Equal => {}
            }
            i += usize::from(order != Ordering::Greater);
            j += usize::from(order != Ordering::Less);
        }
        Some(Registers { old, new, went, came })
    }

    /// Identities that only the earlier register has, and those that only the later one has.
    pub fn went_and_came(&self) -> (Vec<&'a str>, Vec<&'a str>) {
        let name = |lists: &'a Lists, places: &[usize]| places.iter().map(|at| lists.register_identity(*at)).collect();
        (name(self.old, &self.went), name(self.new, &self.came))
    }

    /// Whose each of the identities is now, else whose it was. They have to come in order: then the registers are gone through once.
    pub fn owners(&self) -> impl FnMut(&str) -> Option<&'a str> {
        let (old, new) = (self.old, self.new);
        let (mut old_at, mut new_at) = (0, 0);
        move |identity| owner_from(new, &mut new_at, identity).or_else(|| owner_from(old, &mut old_at, identity))
    }

    /// Identities that went and came as one: the only two of their platform and kind that were created at the same instant.
    /// The later id, then the earlier one.
    pub fn renamed(&self) -> BTreeMap<&'a str, &'a str> {
        type Born<'a> = (&'a str, Option<&'a str>, &'a str, &'a str);
        let born = |lists: &'a Lists, places: &[usize]| {
            let mut by_birth: BTreeMap<Born<'a>, Vec<&'a str>> = BTreeMap::new();
            for row in places.iter().map(|at| lists.register_row(*at)) {
                // A day without a time of day is shared by too many.
                if let Some(at) = row.created_at.filter(|at| at.contains('T') && !at.contains("T00:00:00")) {
                    by_birth.entry((row.platform, row.scope, row.kind, at)).or_default().push(row.identity);
                }
            }
            by_birth
        };
        let (went, came) = (born(self.old, &self.went), born(self.new, &self.came));
        came.iter()
            .filter_map(|(birth, new)| match (new.as_slice(), went.get(birth).map(Vec::as_slice)) {
                ([new], Some([old])) => Some((*new, *old)),
                _ => None,
            })
            .collect()
    }

    /// Facts of every identity that stands on both sides, in their order.
    pub fn facts(&self) -> Vec<(&'a str, Fact)> {
        let count = self.new.register_count();
        let parts: Vec<usize> = (0..count).step_by(PART_ROWS).collect();
        let part = |from: &usize| -> Vec<(&'a str, Fact)> {
            let mut old = self.old.register_place(self.new.register_identity(*from));
            let mut facts = Vec::new();
            for is in (*from..count.min(from + PART_ROWS)).map(|at| self.new.register_row(at)) {
                while old < self.old.register_count() && self.old.register_identity(old) < is.identity {
                    old += 1;
                }
                if old < self.old.register_count() && self.old.register_identity(old) == is.identity {
                    facts.extend(changed(&self.old.register_row(old), &is).into_iter().map(|fact| (is.identity, fact)));
                }
            }
            facts
        };
        parts.par_iter().map(part).collect::<Vec<_>>().into_iter().flatten().collect()
    }
}

fn owner_from<'a>(lists: &'a Lists, at: &mut usize, identity: &str) -> Option<&'a str> {
    while *at < lists.register_count() && lists.register_identity(*at) < identity {
        *at += 1;
    }
    let is_there = *at < lists.register_count() && lists.register_identity(*at) == identity;
    is_there.then(|| lists.register_row(*at).owner).flatten().filter(|owner| !owner.is_empty())
}

fn changed(was: &RegisterRow<'_>, is: &RegisterRow<'_>) -> Vec<Fact> {
    fn owner<'a>(row: &RegisterRow<'a>) -> Cow<'a, str> {
        match (row.owner.unwrap_or_default(), row.owner_status) {
            ("", _) | (_, None) => row.owner.unwrap_or_default().into(),
            (owner, Some(status)) => format!("{owner} ({status})").into(),
        }
    }
    let mut facts = Vec::new();
    let mut add = |kind: FactKind, before: &str, after: &str| {
        if before != after {
            let subject = is.identity.into();
            let (before, after) = (Some(Box::new(seen(was, before))), Some(Box::new(seen(is, after))));
            facts.push(Fact { kind, objective: Shared::default(), subject, before, after });
        }
    };
    if was.owner != is.owner || was.owner_status != is.owner_status {
        add(FactKind::OwnerChanged, &owner(was), &owner(is));
    }
    let kind = match (was.admin, is.admin) {
        (false, true) => FactKind::PrivilegeGrown,
        (true, false) => FactKind::PrivilegeReduced,
        _ => FactKind::GrantsChanged,
    };
    add(kind, was.entitlements, is.entitlements);
    add(FactKind::PurposeChanged, was.purpose.unwrap_or_default(), is.purpose.unwrap_or_default());
    add(FactKind::ClassChanged, was.class.unwrap_or_default(), is.class.unwrap_or_default());
    add(FactKind::StatusChanged, was.status, is.status);
    add(FactKind::ExpiryChanged, was.expires_at.unwrap_or_default(), is.expires_at.unwrap_or_default());
    facts
}

fn seen(row: &RegisterRow<'_>, text: &str) -> Seen {
    let reason = if text.is_empty() { "not stated" } else { text };
    Seen { outcome: None, reason: reason.to_owned(), artifact: row.artifact.to_owned(), record: row.record.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'a>(identity: &'a str, created_at: &'a str) -> RegisterRow<'a> {
        RegisterRow { identity, platform: "aws", kind: "user", created_at: Some(created_at), ..RegisterRow::default() }
    }

    fn register(rows: &[RegisterRow<'_>]) -> Lists {
        let mut lists = Lists::default();
        rows.iter().for_each(|row| lists.enter(*row));
        lists.settle();
        lists
    }

    #[test]
    fn a_name_is_another_only_where_nobody_else_was_born_then() {
        let born = "2025-01-02T03:04:05Z";
        let (old, new) = (register(&[row("a", born)]), register(&[row("b", born)]));
        assert_eq!(Registers::of(&old, &new).unwrap().renamed(), BTreeMap::from([("b", "a")]));
        let two = register(&[row("b", born), row("c", born)]);
        assert!(Registers::of(&old, &two).unwrap().renamed().is_empty(), "one of two: nobody knows which");
        let (day, other) = (register(&[row("a", "2025-01-02")]), register(&[row("b", "2025-01-02")]));
        assert!(Registers::of(&day, &other).unwrap().renamed().is_empty(), "a day is shared by many");
        assert!(Registers::of(&Lists::default(), &new).is_none());
    }

    #[test]
    fn facts_of_the_register_are_told_with_both_values() {
        let was = RegisterRow { owner: Some("Ann"), entitlements: "s3:Get", ..row("a", "") };
        let is = RegisterRow { owner: Some("Bob"), owner_status: Some("active"), entitlements: "admin", admin: true, ..row("a", "") };
        let (old, new) = (register(&[was, row("b", "")]), register(&[is, row("c", "")]));
        let registers = Registers::of(&old, &new).unwrap();
        let facts = registers.facts();
        let told: Vec<(&str, FactKind, &str, &str)> = facts
            .iter()
            .map(|(id, fact)| (*id, fact.kind, fact.before.as_ref().unwrap().reason.as_str(), fact.after.as_ref().unwrap().reason.as_str()))
            .collect();
        assert_eq!(told, [("a", FactKind::OwnerChanged, "Ann", "Bob (active)"), ("a", FactKind::PrivilegeGrown, "s3:Get", "admin")]);
        assert_eq!(registers.went_and_came(), (vec!["b"], vec!["c"]));
        let owners = registers.owners();
        assert_eq!(["a", "b", "c"].map(owners), [Some("Bob"), None, None]);
        assert!(Registers::of(&new, &new).unwrap().facts().is_empty());
    }
}
