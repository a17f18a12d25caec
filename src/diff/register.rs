//! What the registers of two sides tell of each identity: who came, who went, who bears another name, and which of its facts changed.
//!
//! In: rows of both registers by identity. Out: facts. A side whose record holds no register has no rows, and then nothing is told from here.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::Seen;
use super::identities::FactKind;
use crate::assessment::lists::{Lists, RegisterRow};

/// The registers of both sides, by identity.
pub struct Registers<'a> {
    old: &'a Lists,
    new: &'a Lists,
    /// Every identity of both, in order.
    all: Vec<Both>,
    /// What the names of each block begin with.
    blocks: Vec<&'a [u8]>,
}

/// Where an identity stands in the earlier register and in the later one; at least one of them has it.
#[derive(Clone, Copy)]
struct Both {
    old: u32,
    new: u32,
    /// Where both have it: whether a fact about it changed.
    differs: bool,
    key: Key,
}

/// What tells a name apart from most others without a look at its text. Texts of a million names are far apart in memory, keys lie side by side.
#[derive(Clone, Copy, Default)]
struct Key {
    /// The bytes of the name behind what all names of its block begin with, as many as it holds.
    number: u64,
    block: u32,
    /// How many bytes there are; of no matter beyond [`KEY_BYTES`].
    length: u8,
}

/// Bytes that the number of a key holds.
const KEY_BYTES: usize = 8;

/// Names in order that share a beginning.
const BLOCK_NAMES: usize = 256;

/// An identity and the artifact that shows it.
pub type Shown<'a> = (&'a str, &'a str);

/// The place of what is not there.
const NOWHERE: u32 = u32::MAX;

/// Identities that one thread goes through at once.
const PART_ROWS: usize = 20_000;

/// Whose something is. Those who stand in a register are told apart and put in order by a number; the rest by their names between these.
#[derive(Debug, Clone, Copy)]
pub struct Who<'a> {
    /// Odd for an identity of a register.
    rank: u32,
    pub name: &'a str,
}

impl<'a> Who<'a> {
    /// Somebody where no register is at hand.
    pub fn named(name: &'a str) -> Who<'a> {
        Who { rank: 0, name }
    }

    /// Smaller for whoever comes earlier.
    pub fn rank(self) -> u32 {
        self.rank
    }

    fn place(self) -> Option<usize> {
        (self.rank % 2 == 1).then_some(self.rank as usize / 2)
    }
}

impl PartialEq for Who<'_> {
    fn eq(&self, other: &Who<'_>) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Who<'_> {}

impl PartialOrd for Who<'_> {
    fn partial_cmp(&self, other: &Who<'_>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Who<'_> {
    fn cmp(&self, other: &Who<'_>) -> Ordering {
        self.rank.cmp(&other.rank).then_with(|| if self.rank % 2 == 1 { Ordering::Equal } else { self.name.cmp(other.name) })
    }
}

/// Where a name was found, and how far ahead of the one before.
#[derive(Debug, Clone, Copy)]
pub struct Near {
    place: usize,
    step: usize,
}

impl Default for Near {
    fn default() -> Near {
        Near { place: 0, step: 1 }
    }
}

impl<'a> Registers<'a> {
    /// Nothing where one of the sides has no register.
    pub fn of(old: &'a Lists, new: &'a Lists) -> Option<Registers<'a>> {
        let (old_count, new_count) = (old.register_count(), new.register_count());
        if old_count == 0 || new_count == 0 {
            return None;
        }
        let parts: Vec<usize> = (0..new_count).step_by(PART_ROWS).collect();
        let part = |from: &usize| {
            let until = from + PART_ROWS;
            let begin = if *from == 0 { 0 } else { old.register_place(new.register_identity(*from)) };
            let end = if until >= new_count { old_count } else { old.register_place(new.register_identity(until)) };
            merged(old, begin..end, new, *from..until.min(new_count))
        };
        let parts: Vec<Merged<'a>> = parts.par_iter().map(part).collect();
        let count = parts.iter().map(|part| part.all.len()).sum();
        let mut registers = Registers { old, new, all: Vec::with_capacity(count), blocks: Vec::new() };
        for part in parts {
            let before = u32::try_from(registers.blocks.len()).unwrap_or(NOWHERE);
            registers.all.extend(part.all.into_iter().map(|own| Both { key: Key { block: before + own.key.block, ..own.key }, ..own }));
            registers.blocks.extend(part.blocks);
        }
        Some(registers)
    }

    /// One more than the highest rank.
    pub fn ranks(&self) -> u32 {
        u32::try_from(2 * self.all.len() + 1).unwrap_or(NOWHERE)
    }

    /// Whose an identity's name is. Names that come in order are found near the last one, in memory as well.
    pub fn who(&self, name: &'a str, near: &mut Near) -> Who<'a> {
        let is_before = |place: usize| self.order(place, name) == Some(Ordering::Less);
        let goes_on = near.place == 0 || is_before(near.place - 1);
        let from = if goes_on { near.place } else { 0 };
        // As far ahead as the last time, and as far again as long as that is not enough.
        let mut step = if goes_on { near.step } else { self.all.len() };
        while is_before(from + step - 1) {
            step *= 2;
        }
        let until = self.all.len().min(from + step);
        let place = first_that(from.min(until)..until, |place| !is_before(place));
        *near = Near { place, step: if goes_on { place - from + 1 } else { 1 } };
        let is_there = self.order(place, name) == Some(Ordering::Equal);
        let rank = u32::try_from(2 * place + usize::from(is_there)).unwrap_or(NOWHERE - 1);
        Who { rank, name }
    }

    /// How the name at a place stands to another one, where there is one.
    fn order(&self, place: usize, name: &str) -> Option<Ordering> {
        let both = self.all.get(place)?;
        let begin = self.blocks[both.key.block as usize];
        Some(match name.as_bytes().strip_prefix(begin) {
            // All names of the block stand to it as their beginning does.
            None => begin.cmp(name.as_bytes()),
            Some(rest) => both.key.order(rest).unwrap_or_else(|| self.name(both).cmp(name)),
        })
    }

    fn name(&self, both: &Both) -> &'a str {
        if both.came() { self.new.register_identity(both.new as usize) } else { self.old.register_identity(both.old as usize) }
    }

    /// Identities that only the earlier register has, and those that only the later one has, each with the artifact that shows it.
    pub fn went_and_came(&self) -> (Vec<Shown<'a>>, Vec<Shown<'a>>) {
        fn shown(lists: &Lists, place: u32) -> Shown<'_> {
            let row = lists.register_row(place as usize);
            (row.identity, row.artifact)
        }
        let went = self.all.iter().filter(|both| both.went()).map(|both| shown(self.old, both.old));
        let came = self.all.iter().filter(|both| both.came()).map(|both| shown(self.new, both.new));
        (went.collect(), came.collect())
    }

    /// Whose the identity is now, else whose it was.
    pub fn owner(&self, who: Who<'_>) -> Option<&'a str> {
        let both = self.all.get(who.place()?)?;
        let of = |lists: &'a Lists, at: u32| (at != NOWHERE).then(|| lists.register_owner(at as usize)).flatten();
        of(self.new, both.new).or_else(|| of(self.old, both.old))
    }

    /// Identities that went and came as one: the only two of their platform and kind that were created at the same instant.
    /// The later id, then the earlier one.
    pub fn renamed(&self) -> BTreeMap<&'a str, &'a str> {
        type Born<'a> = (&'a str, Option<&'a str>, &'a str, &'a str);
        let born = |rows: &mut dyn Iterator<Item = RegisterRow<'a>>| {
            let mut by_birth: BTreeMap<Born<'a>, Vec<&'a str>> = BTreeMap::new();
            for row in rows {
                // A day without a time of day is shared by too many.
                if let Some(at) = row.created_at.filter(|at| at.contains('T') && !at.contains("T00:00:00")) {
                    by_birth.entry((row.platform, row.scope, row.kind, at)).or_default().push(row.identity);
                }
            }
            by_birth
        };
        let went = born(&mut self.all.iter().filter(|both| both.went()).map(|both| self.old.register_row(both.old as usize)));
        let came = born(&mut self.all.iter().filter(|both| both.came()).map(|both| self.new.register_row(both.new as usize)));
        came.iter()
            .filter_map(|(birth, new)| match (new.as_slice(), went.get(birth).map(Vec::as_slice)) {
                ([new], Some([old])) => Some((*new, *old)),
                _ => None,
            })
            .collect()
    }

    /// Facts of every identity that stands on both sides, in their order.
    pub fn facts(&self) -> Vec<(Who<'a>, RegisterFact<'a>)> {
        let part = |(part, rows): (usize, &[Both])| {
            let mut facts = Vec::new();
            for (at, both) in rows.iter().enumerate().filter(|(_, both)| both.differs) {
                let was = both.old as usize;
                let is = self.new.register_row(both.new as usize);
                let place = part * PART_ROWS + at;
                let who = Who { rank: u32::try_from(2 * place + 1).unwrap_or(NOWHERE), name: is.identity };
                facts.extend(changed(&self.old.register_row(was), &is).into_iter().map(|fact| (who, fact)));
            }
            facts
        };
        self.all.par_chunks(PART_ROWS).enumerate().flat_map_iter(part).collect()
    }
}

impl Both {
    fn went(&self) -> bool {
        self.new == NOWHERE
    }

    fn came(&self) -> bool {
        self.old == NOWHERE
    }
}

/// The first place of a range from which on something is so, or its end.
fn first_that(range: Range<usize>, is_so: impl Fn(usize) -> bool) -> usize {
    let (mut from, mut until) = (range.start, range.end);
    while from < until {
        let middle = from.midpoint(until);
        if is_so(middle) { until = middle } else { from = middle + 1 }
    }
    from
}

/// The first bytes, the very first in the highest place; what is shorter is filled up with zeros.
fn number(text: &[u8]) -> u64 {
    let bytes = text.first_chunk::<KEY_BYTES>().copied().unwrap_or_else(|| {
        let mut bytes = [0; KEY_BYTES];
        bytes[..text.len()].copy_from_slice(text);
        bytes
    });
    u64::from_be_bytes(bytes)
}

impl Key {
    fn of(rest: &[u8], block: u32) -> Key {
        Key { number: number(rest), block, length: u8::try_from(rest.len()).unwrap_or(u8::MAX) }
    }

    /// How its name stands to another one that begins as its block does and goes on otherwise; nothing where only the texts can tell.
    fn order(self, rest: &[u8]) -> Option<Ordering> {
        match self.number.cmp(&number(rest)) {
            // What is equal up to zeros at the end is told apart by its length, where nothing follows.
            Ordering::Equal if usize::from(self.length).max(rest.len()) <= KEY_BYTES => Some(usize::from(self.length).cmp(&rest.len())),
            Ordering::Equal => None,
            order => Some(order),
        }
    }
}

/// Two stretches of the registers in one order.
#[derive(Default)]
struct Merged<'a> {
    all: Vec<Both>,
    blocks: Vec<&'a [u8]>,
    /// Names that are in no block yet.
    open: Vec<&'a str>,
}

impl<'a> Merged<'a> {
    fn push(&mut self, both: Both, name: &'a str) {
        self.all.push(both);
        self.open.push(name);
        if self.open.len() == BLOCK_NAMES {
            self.close_block();
        }
    }

    fn close_block(&mut self) {
        let (Some(first), Some(last)) = (self.open.first(), self.open.last()) else { return };
        let shared = first.bytes().zip(last.bytes()).take_while(|(one, two)| one == two).count();
        let block = u32::try_from(self.blocks.len()).unwrap_or(NOWHERE);
        self.blocks.push(&first.as_bytes()[..shared]);
        let begin = self.all.len() - self.open.len();
        for (both, name) in self.all[begin..].iter_mut().zip(&self.open) {
            both.key = Key::of(&name.as_bytes()[shared..], block);
        }
        self.open.clear();
    }
}

fn merged<'a>(old: &'a Lists, old_places: Range<usize>, new: &'a Lists, new_places: Range<usize>) -> Merged<'a> {
    let narrow = |place: usize| u32::try_from(place).unwrap_or(NOWHERE);
    let mut merged = Merged::default();
    let (mut i, mut j) = (old_places.start, new_places.start);
    while i < old_places.end || j < new_places.end {
        let was = (i < old_places.end).then(|| old.register_identity(i));
        let is = (j < new_places.end).then(|| new.register_identity(j));
        let order = match (was, is) {
            (Some(was), Some(is)) => was.cmp(is),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let key = Key::default();
        let both = match order {
            Ordering::Less => Both { old: narrow(i), new: NOWHERE, differs: false, key },
            Ordering::Greater => Both { old: NOWHERE, new: narrow(j), differs: false, key },
            Ordering::Equal => Both { old: narrow(i), new: narrow(j), differs: !old.register_is_same(i, new, j), key },
        };
        merged.push(both, if order == Ordering::Less { was } else { is }.unwrap_or_default());
        i += usize::from(order != Ordering::Greater);
        j += usize::from(order != Ordering::Less);
    }
    merged.close_block();
    merged
}

/// What changed about an identity, as both registers say it.
#[derive(Debug)]
pub struct RegisterFact<'a> {
    pub kind: FactKind,
    pub before: Seen<'a>,
    pub after: Seen<'a>,
}

fn changed<'a>(was: &RegisterRow<'a>, is: &RegisterRow<'a>) -> Vec<RegisterFact<'a>> {
    fn owner<'a>(row: &RegisterRow<'a>) -> Cow<'a, str> {
        match (row.owner.unwrap_or_default(), row.owner_status) {
            ("", _) | (_, None) => row.owner.unwrap_or_default().into(),
            (owner, Some(status)) => format!("{owner} ({status})").into(),
        }
    }
    let mut facts = Vec::new();
    let mut add = |kind: FactKind, before: Cow<'a, str>, after: Cow<'a, str>| {
        if before != after {
            facts.push(RegisterFact { kind, before: seen(was, before), after: seen(is, after) });
        }
    };
    if was.owner != is.owner || was.owner_status != is.owner_status {
        add(FactKind::OwnerChanged, owner(was), owner(is));
    }
    if was.entitlements != is.entitlements || was.admin != is.admin {
        let (old, new) = (Grants::of(was.entitlements), Grants::of(is.entitlements));
        let (gone, came) = (old.beside(&new), new.beside(&old));
        let kind = match (was.admin, is.admin) {
            (false, true) => FactKind::PrivilegeGrown,
            (true, false) => FactKind::PrivilegeReduced,
            _ if gone.is_empty() && (!came.is_empty() || new.count > old.count) => FactKind::PrivilegeGrown,
            _ if came.is_empty() && (!gone.is_empty() || old.count > new.count) => FactKind::PrivilegeReduced,
            _ => FactKind::GrantsChanged,
        };
        let told = |all: &'a str, word: &str, which: &[&str]| -> Cow<'a, str> {
            if which.is_empty() { all.into() } else { format!("{all}. {word}: {}", which.join("; ")).into() }
        };
        add(kind, told(was.entitlements, "No longer", &gone), told(is.entitlements, "New", &came));
    }
    add(FactKind::PurposeChanged, was.purpose.unwrap_or_default().into(), is.purpose.unwrap_or_default().into());
    add(FactKind::ClassChanged, was.class.unwrap_or_default().into(), is.class.unwrap_or_default().into());
    add(FactKind::StatusChanged, was.status.into(), is.status.into());
    add(FactKind::ExpiryChanged, was.expires_at.unwrap_or_default().into(), is.expires_at.unwrap_or_default().into());
    facts
}

/// The grants that a register shows of an identity: their number, and the first of them by name.
struct Grants<'a> {
    count: usize,
    shown: Vec<&'a str>,
    /// Whether all of them are shown.
    is_whole: bool,
}

impl<'a> Grants<'a> {
    /// From the text of the table `nhi_register`: `3 grants: a; b (wildcard); and 1 more`. Any other text is one grant.
    fn of(text: &'a str) -> Grants<'a> {
        let stated = text.split_once(": ").and_then(|(head, list)| {
            let count = head.strip_suffix(" grants").or(head.strip_suffix(" grant"))?.parse().ok()?;
            Some((count, list.split("; ").filter(|own| !(own.starts_with("and ") && own.ends_with(" more"))).collect::<Vec<_>>()))
        });
        match stated {
            Some((count, shown)) => Grants { count, is_whole: shown.len() == count, shown },
            None if text.is_empty() || text == "none shown" => Grants { count: 0, shown: Vec::new(), is_whole: true },
            None => Grants { count: 1, shown: vec![text], is_whole: true },
        }
    }

    /// Those shown here that the other side does not have; none where it does not show all of its own, for it may have them.
    fn beside(&self, other: &Grants<'_>) -> Vec<&'a str> {
        if !other.is_whole {
            return Vec::new();
        }
        self.shown.iter().filter(|own| !other.shown.contains(own)).copied().collect()
    }
}

fn seen<'a>(row: &RegisterRow<'a>, text: Cow<'a, str>) -> Seen<'a> {
    let reason = if text.is_empty() { "not stated".into() } else { text };
    Seen { outcome: None, reason, artifact: row.artifact, record: row.record }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        let told: Vec<(&str, FactKind, &str, &str)> =
            facts.iter().map(|(who, fact)| (who.name, fact.kind, &*fact.before.reason, &*fact.after.reason)).collect();
        assert_eq!(
            told,
            [
                ("a", FactKind::OwnerChanged, "Ann", "Bob (active)"),
                ("a", FactKind::PrivilegeGrown, "s3:Get. No longer: s3:Get", "admin. New: admin")
            ]
        );
        assert_eq!(registers.went_and_came(), (vec![("b", "")], vec![("c", "")]));
        assert_eq!(["a", "b", "c"].map(|name| registers.owner(registers.who(name, &mut Near::default()))), [Some("Bob"), None, None]);
        assert!(Registers::of(&new, &new).unwrap().facts().is_empty());
    }

    #[test]
    fn rights_grew_where_grants_came_and_none_went() {
        let kind = |was: &'static str, is: &'static str| {
            let facts = changed(&RegisterRow { entitlements: was, ..row("a", "") }, &RegisterRow { entitlements: is, ..row("a", "") });
            facts.first().map(|fact| (fact.kind, fact.before.reason.to_string(), fact.after.reason.to_string()))
        };
        for (was, is, expected, lost, won) in [
            ("none shown", "1 grant: a", FactKind::PrivilegeGrown, "", ". New: a"),
            ("2 grants: a; b", "3 grants: a; b; c (wildcard)", FactKind::PrivilegeGrown, "", ". New: c (wildcard)"),
            ("2 grants: a; b", "1 grant: b", FactKind::PrivilegeReduced, ". No longer: a", ""),
            ("2 grants: a; b", "2 grants: b; c", FactKind::GrantsChanged, ". No longer: a", ". New: c"),
            // What is not shown may have been there.
            ("4 grants: a; b; c; and 1 more", "4 grants: a; b; d; and 1 more", FactKind::GrantsChanged, "", ""),
            ("4 grants: a; b; c; and 1 more", "5 grants: a; b; c; and 2 more", FactKind::PrivilegeGrown, "", ""),
            ("5 grants: a; b; c; and 2 more", "2 grants: b; c", FactKind::PrivilegeReduced, ". No longer: a", ""),
        ] {
            let told = kind(was, is);
            assert_eq!(told, Some((expected, format!("{was}{lost}"), format!("{is}{won}"))), "{was} -> {is}");
        }
        assert_eq!(kind("1 grant: a", "1 grant: a"), None);
    }

    #[test]
    fn whoever_stands_in_no_register_has_a_place_between_those_who_do() {
        let names: Vec<String> = (0..3 * PART_ROWS).map(|at| format!("n{at:06}")).collect();
        let some = |wanted: fn(usize) -> bool| {
            let rows: Vec<RegisterRow<'_>> = (0..names.len()).filter(|at| wanted(*at)).map(|at| row(&names[at], "")).collect();
            register(&rows)
        };
        // Every sixth stands in neither, and stretches of one register lie between names of the other.
        let old = some(|at| at % 6 != 0 && at % 3 != 1 && !(30_000..45_000).contains(&at));
        let new = some(|at| at % 6 != 0 && at % 3 != 2 || at == 0);
        let registers = Registers::of(&old, &new).unwrap();
        let mut near = Near::default();
        let in_order: Vec<Who<'_>> = names.iter().map(|name| registers.who(name, &mut near)).collect();
        assert!(in_order.is_sorted_by(|one, two| one < two));
        for (at, who) in in_order.iter().enumerate() {
            let is_known = at == 0 || at % 6 != 0 && (at % 3 != 2 || !(30_000..45_000).contains(&at));
            assert_eq!(who.place().is_some(), is_known, "{at}");
            assert_eq!(
                *who,
                registers.who(&names[at], &mut Near { place: at * 7919 % names.len(), step: at % 9 + 1 }),
                "wherever the last one was"
            );
        }
        let (went, came) = registers.went_and_came();
        let fits = |list: &[Shown<'_>], kind: usize| list.iter().all(|(name, _)| name[1..].parse::<usize>().unwrap() % 3 == kind);
        assert!(fits(&went, 2) && went.is_sorted() && !went.is_empty());
        assert_eq!(came.len(), new.register_count() - (0..names.len()).filter(|at| at % 6 == 3 && !(30_000..45_000).contains(at)).count());
    }

    proptest! {
        #[test]
        fn an_identity_is_found_by_its_key_where_its_text_is(
            texts in proptest::collection::btree_set("(a|ab/){0,3}[\u{0}b\u{ff}]{0,10}", 1..600),
            asked in proptest::collection::vec("(a|ab/){0,3}[\u{0}b\u{ff}]{0,10}", 1..20),
            others in 1_usize..4,
        ) {
            let texts: Vec<String> = texts.into_iter().collect();
            let rows = |rest: usize| texts.iter().enumerate().filter(move |(at, _)| at % others != rest).map(|(_, text)| row(text, "")).collect::<Vec<_>>();
            let (old, new) = (register(&rows(1)), register(&rows(2)));
            if let Some(registers) = Registers::of(&old, &new) {
                for name in asked.iter().chain(&texts) {
                    let who = registers.who(name, &mut Near::default());
                    prop_assert_eq!(who.place(), texts.binary_search(name).ok(), "{:?}", name);
                    prop_assert_eq!(who.rank() as usize / 2, texts.partition_point(|own| own < name), "{:?}", name);
                }
            }
        }
    }
}
