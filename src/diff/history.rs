//! The packs of a folder in the order of their periods, and what is missing or stands twice between them.
//!
//! In: what was found in each place. Out: a [`History`]. The order of periods is the chain; where a record names the root of the one before it,
//! that root is looked for in the whole folder and held against the order.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{CheckState, SideRecord};
use crate::base::Instant;

pub const SCHEMA: &str = "tickmark-history/1";

/// One place that looks like a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Found {
    pub place: String,
    /// What it says of itself; none where it cannot be read.
    pub side: Option<SideRecord>,
    /// The root that it names as the one before it.
    pub previous_root: Option<String>,
    /// Why it cannot be read, or empty.
    pub problem: String,
}

/// The packs of a folder. What `tickmark history --format json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "Tickmark history")]
pub struct History {
    /// `tickmark-history/1`.
    pub schema: &'static str,
    pub packs: Vec<Link>,
    pub unreadable: Vec<Found>,
    /// Whether everything could be read and holds, the periods of each organisation follow each other without gap and overlap, and every pack but
    /// the first of its organisation names one that is here: the one before it, or one from which only packs of the same period as one of the two
    /// part it. Copies and corrections of a period break nothing, nor does what the first names, and corrections of it like it: one that is not
    /// here, or none.
    pub is_whole: bool,
}

/// A pack with how it follows the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Link {
    #[serde(flatten)]
    pub found: Found,
    pub notes: Vec<Note>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Note {
    /// How it stands to what is listed before it: `first`, `follows`, `gap`, `overlap`, `same-period` or `same-root`.
    /// What it names as the one before it: `names-previous`, the one listed before it; `names-beside`, one from which only packs of the same
    /// period part it; `names-earlier`, one from which packs of other periods part it; `names-later`, one that does not come before it;
    /// `names-other-organisation`; `names-other`, one that is not here; `begins-after`, the same of the first of its organisation; `names-none`.
    /// `broken`: it does not hold.
    pub code: &'static str,
    pub text: String,
}

impl Note {
    fn is_fault(&self) -> bool {
        !matches!(self.code, "first" | "follows" | "same-period" | "same-root" | "names-previous" | "names-beside" | "begins-after")
    }
}

/// Puts what was found in order, by organisation and period.
pub fn history(found: Vec<Found>) -> History {
    let (packs, unreadable): (Vec<Found>, Vec<Found>) = found.into_iter().partition(|own| own.side.is_some());
    let packs: Vec<Pack<'_>> = in_order(packs.iter().filter_map(|found| Some(Pack { found, side: found.side.as_ref()? })).collect());
    let links: Vec<Link> = (0..packs.len()).map(|at| Link { found: packs[at].found.clone(), notes: notes(&packs, at) }).collect();
    let is_whole = unreadable.is_empty() && links.iter().flat_map(|link| &link.notes).all(|note| !note.is_fault());
    History { schema: SCHEMA, packs: links, unreadable, is_whole }
}

/// What could be read.
#[derive(Clone, Copy)]
struct Pack<'a> {
    found: &'a Found,
    side: &'a SideRecord,
}

impl<'a> Pack<'a> {
    fn names(self, other: Pack<'_>) -> bool {
        self.found.previous_root.as_ref() == Some(&other.side.root)
    }

    fn is_copy_of(self, other: Pack<'_>) -> bool {
        self.side.root == other.side.root
    }

    fn period(self) -> (&'a str, &'a str) {
        (&self.side.period_from, &self.side.period_to)
    }

    fn shown(self) -> String {
        format!("`{}`", self.found.place)
    }
}

/// By organisation and beginning of the period; among those by instant and place, but none before one that it names. Copies stand together.
fn in_order(mut packs: Vec<Pack<'_>>) -> Vec<Pack<'_>> {
    let mut first_places: BTreeMap<&str, &str> = BTreeMap::new();
    for own in &packs {
        let place = first_places.entry(&own.side.root).or_insert(&own.found.place);
        *place = (*place).min(&own.found.place);
    }
    packs.sort_by_key(|own| {
        let instant = Instant::parse(&own.side.as_of).map(|at| at.micros()).unwrap_or_default();
        (&own.side.organisation, &own.side.period_from, instant, first_places[own.side.root.as_str()], &own.found.place)
    });
    let mut ordered = Vec::new();
    while let Some(head) = packs.first() {
        let (organisation, from) = (&head.side.organisation, &head.side.period_from);
        let same = packs.iter().take_while(|own| own.side.organisation == *organisation && own.side.period_from == *from);
        // A root cannot be named before it is known, so that some pack waits for none; a forged one may still say so.
        let next = same.clone().position(|own| !same.clone().any(|other| own.names(*other) && !own.is_copy_of(*other)));
        ordered.push(packs.remove(next.unwrap_or_default()));
    }
    ordered
}

fn notes(packs: &[Pack<'_>], at: usize) -> Vec<Note> {
    let own = packs[at];
    let mut notes = Vec::new();
    let mut add = |code: &'static str, text: String| notes.push(Note { code, text });
    if own.side.check.state == CheckState::Broken {
        add("broken", format!("It does not hold: {}.", own.side.check.breaches.first().cloned().unwrap_or_default()));
    }
    let before: Vec<Pack<'_>> = packs[..at].iter().copied().filter(|other| other.side.organisation == own.side.organisation).collect();
    match before.last() {
        None => add("first", "The first of its organisation.".into()),
        // Everything else stands with the one of which it is a copy.
        Some(other) if own.is_copy_of(*other) => {
            add("same-root", "The same assessment as the one before.".into());
            return notes;
        }
        Some(_) if before.iter().any(|other| other.period() == own.period()) => {
            add("same-period", "Another assessment of the same period.".into());
        }
        Some(last) => notes.extend(after_periods(own, *last, &before)),
    }
    notes.extend(named(packs, own, &before));
    notes
}

/// How a period follows those before it: they reach as far as the latest of them.
fn after_periods(own: Pack<'_>, last: Pack<'_>, before: &[Pack<'_>]) -> Option<Note> {
    let latest = before.iter().copied().max_by_key(|other| &other.side.period_to)?;
    let (end, start) = (latest.side.period_to.parse::<Date>().ok()?, own.side.period_from.parse::<Date>().ok()?);
    let days = (start - end).get_days();
    let (code, text) = match days {
        1 => ("follows", "Follows the one before without a gap.".into()),
        ..1 => {
            let other = if latest.side.period_to == last.side.period_to { "the one before".into() } else { latest.shown() };
            ("overlap", format!("It begins on {start}, and {other} ends on {end}."))
        }
        _ => ("gap", format!("Nothing speaks of {} days, {} to {}.", days - 1, next(end), previous(start))),
    };
    Some(Note { code, text })
}

/// What is to be said of the root that a pack names as the one before it.
fn named(packs: &[Pack<'_>], own: Pack<'_>, before: &[Pack<'_>]) -> Option<Note> {
    let note = |code, text| Some(Note { code, text });
    // Corrections of the first name what it names.
    let begins = before.iter().all(|other| other.period() == own.period() && other.found.previous_root == own.found.previous_root);
    let Some(root) = &own.found.previous_root else {
        return if begins { None } else { note("names-none", "It names none as the one before.".into()) };
    };
    if before.last().is_some_and(|last| own.names(*last)) {
        return note("names-previous", "It names the root of the one before.".into());
    }
    if let Some(at) = before.iter().rposition(|other| own.names(*other)) {
        return Some(past_others(own, before[at], &before[at + 1..]));
    }
    match packs.iter().find(|other| own.names(**other)) {
        Some(other) if other.side.organisation != own.side.organisation => {
            let text = format!("It names {} as the one before, which is of {}.", other.shown(), other.side.organisation);
            note("names-other-organisation", text)
        }
        Some(other) => {
            let (from, to) = other.period();
            let text = format!("It names {} of {from} to {to} as the one before, which does not come before it.", other.shown());
            note("names-later", text)
        }
        None => {
            let told = format!("It names {root} as the one before, which is not here");
            if begins {
                note("begins-after", format!("{told}; what is here begins after it."))
            } else {
                note("names-other", format!("{told}."))
            }
        }
    }
}

/// It names one that is here, and others stand between the two.
fn past_others(own: Pack<'_>, named: Pack<'_>, between: &[Pack<'_>]) -> Note {
    let others: Vec<Pack<'_>> = between.iter().copied().filter(|other| !other.is_copy_of(named)).collect();
    let shown = |of: &dyn Fn(Pack<'_>) -> bool| others.iter().filter(|own| of(**own)).map(|own| own.shown()).collect::<Vec<_>>();
    let is_beside = |other: Pack<'_>| other.period() == own.period() || other.period() == named.period();
    let mut text = format!("It names {} as the one before.", named.shown());
    let mut tell = |list: Vec<String>, one: &str, several: &str| {
        if !list.is_empty() {
            text.push_str(&format!(" {} {}", list.join(", "), if list.len() == 1 { one } else { several }));
        }
    };
    let apart = shown(&|other| !is_beside(other));
    let code = if apart.is_empty() { "names-beside" } else { "names-earlier" };
    tell(apart, "of another period stands between them.", "of other periods stand between them.");
    let is_of_own = |other: Pack<'_>| other.period() == own.period();
    tell(shown(&|other| is_of_own(other) && other.names(named)), "of the same period names it too.", "of the same period name it too.");
    tell(
        shown(&|other| is_of_own(other) && !other.names(named)),
        "of the same period stands between them.",
        "of the same period stand between them.",
    );
    tell(
        shown(&|other| is_beside(other) && !is_of_own(other)),
        "of the same period as that one stands between them.",
        "of the same period as that one stand between them.",
    );
    Note { code, text }
}

fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

fn previous(day: Date) -> Date {
    day.yesterday().unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Check;

    fn pack(place: &str, from: &str, to: &str, root: &str, previous: Option<&str>) -> Found {
        let side = SideRecord {
            organisation: "Test".into(),
            title: String::new(),
            scope: String::new(),
            period_from: from.into(),
            period_to: to.into(),
            as_of: format!("{to}T23:59:59Z"),
            root: root.into(),
            tool: String::new(),
            check: Check { state: CheckState::WholePack, breaches: vec![] },
            clauses: 0,
        };
        Found { place: place.into(), side: Some(side), previous_root: previous.map(str::to_owned), problem: String::new() }
    }

    fn codes(history: &History) -> Vec<Vec<&'static str>> {
        history.packs.iter().map(|own| own.notes.iter().map(|note| note.code).collect()).collect()
    }

    fn places(history: &History) -> Vec<&str> {
        history.packs.iter().map(|own| own.found.place.as_str()).collect()
    }

    #[test]
    fn gaps_overlaps_and_roots_of_the_chain_are_told() {
        let whole = history(vec![pack("b", "2026-04-01", "2026-06-30", "2", Some("1")), pack("a", "2026-01-01", "2026-03-31", "1", None)]);
        assert_eq!(codes(&whole), [vec!["first"], vec!["follows", "names-previous"]]);
        assert!(whole.is_whole);
        let broken = history(vec![
            pack("a", "2026-01-01", "2026-03-31", "1", None),
            pack("c", "2026-07-01", "2026-09-30", "3", Some("2")),
            pack("d", "2026-09-01", "2026-12-31", "4", None),
            pack("e", "2026-09-01", "2026-12-31", "5", None),
            pack("f", "2026-09-01", "2026-12-31", "5", None),
        ]);
        assert_eq!(
            codes(&broken),
            [
                vec!["first"],
                vec!["gap", "names-other"],
                vec!["overlap", "names-none"],
                vec!["same-period", "names-none"],
                vec!["same-root"]
            ]
        );
        assert!(!broken.is_whole);
        let gap = &broken.packs[1].notes[0].text;
        assert!(gap.contains("91 days, 2026-04-01 to 2026-06-30"), "{gap}");
    }

    const Q1: (&str, &str) = ("2026-01-01", "2026-03-31");
    const Q2: (&str, &str) = ("2026-04-01", "2026-06-30");
    const Q3: (&str, &str) = ("2026-07-01", "2026-09-30");

    /// Place, period, root, and the root that it names.
    type Stated<'a> = (&'a str, (&'a str, &'a str), &'a str, Option<&'a str>);

    fn of(list: &[Stated<'_>]) -> History {
        history(list.iter().map(|(place, (from, to), root, previous)| pack(place, from, to, root, *previous)).collect())
    }

    #[test]
    fn a_root_that_is_in_the_folder_is_found_wherever_it_stands() {
        // A correction stands between a pack and the one that it names, and both packs of the second quarter name the first.
        let list =
            of(&[("1", Q1, "r1", None), ("2", Q2, "r2", Some("r1")), ("2 corrected", Q2, "r2c", Some("r1")), ("3", Q3, "r3", Some("r2"))]);
        assert_eq!(
            codes(&list),
            [vec!["first"], vec!["follows", "names-previous"], vec!["same-period", "names-beside"], vec!["follows", "names-beside"]]
        );
        assert_eq!(list.packs[2].notes[1].text, "It names `1` as the one before. `2` of the same period names it too.");
        assert_eq!(
            list.packs[3].notes[1].text,
            "It names `2` as the one before. `2 corrected` of the same period as that one stands between them."
        );
        assert!(list.is_whole);
        // One that skips a quarter names a pack that is here, and is no link of a whole chain.
        let list = of(&[("1", Q1, "r1", None), ("2", Q2, "r2", Some("r1")), ("3", Q3, "r3", Some("r1"))]);
        assert_eq!(codes(&list)[2], ["follows", "names-earlier"]);
        assert_eq!(list.packs[2].notes[1].text, "It names `1` as the one before. `2` of another period stands between them.");
        assert!(!list.is_whole);
        // Nor is one that names a later one, or one of another organisation.
        let list = of(&[("1", Q1, "r1", None), ("2", Q2, "r2", Some("r3")), ("3", Q3, "r3", Some("r2"))]);
        assert_eq!(codes(&list)[1], ["follows", "names-later"]);
        assert!(!list.is_whole);
        let mut other = pack("other", Q1.0, Q1.1, "o1", None);
        other.side.as_mut().unwrap().organisation = "Other".into();
        let list = history(vec![other, pack("1", Q1.0, Q1.1, "r1", None), pack("2", Q2.0, Q2.1, "r2", Some("o1"))]);
        assert_eq!(codes(&list), [vec!["first"], vec!["first"], vec!["follows", "names-other-organisation"]]);
        assert!(!list.is_whole);
    }

    #[test]
    fn a_correction_stands_after_the_one_that_it_names_and_copies_stand_together() {
        let list = of(&[
            ("a correction", Q2, "r2c", Some("r2")),
            ("a copy of the correction.zip", Q2, "r2c", Some("r2")),
            ("2", Q2, "r2", Some("r1")),
            ("z copy of 2.zip", Q2, "r2", Some("r1")),
            ("1", Q1, "r1", None),
            ("3", Q3, "r3", Some("r2c")),
        ]);
        assert_eq!(places(&list), ["1", "2", "z copy of 2.zip", "a copy of the correction.zip", "a correction", "3"]);
        assert_eq!(
            codes(&list),
            [
                vec!["first"],
                vec!["follows", "names-previous"],
                vec!["same-root"],
                vec!["same-period", "names-previous"],
                vec!["same-root"],
                vec!["follows", "names-previous"],
            ]
        );
        assert!(list.is_whole);
    }

    #[test]
    fn a_folder_may_begin_after_what_its_first_pack_names() {
        let list = of(&[("2", Q2, "r2", Some("r1")), ("2 corrected", Q2, "r2c", Some("r1")), ("3", Q3, "r3", Some("r2c"))]);
        assert_eq!(codes(&list), [vec!["first", "begins-after"], vec!["same-period", "begins-after"], vec!["follows", "names-previous"]]);
        assert!(list.is_whole);
        // Nor need they name any.
        let list =
            of(&[("2", Q2, "r2", None), ("2 corrected", Q2, "r2c", None), ("3", Q3, "r3", Some("r2c")), ("3 corrected", Q3, "r3c", None)]);
        assert_eq!(codes(&list)[..2], [vec!["first"], vec!["same-period"]]);
        assert_eq!(codes(&list)[3], ["same-period", "names-none"], "but everything after them");
        assert!(history(list.packs[..3].iter().map(|own| own.found.clone()).collect()).is_whole && !list.is_whole);
        let list = of(&[("2", Q2, "r2", Some("r1")), ("3", Q3, "r3", Some("r1"))]);
        assert_eq!(codes(&list)[1], ["follows", "names-other"], "only the first may name what is not here");
        assert!(!list.is_whole);
    }

    #[test]
    fn nothing_is_a_gap_of_which_a_longer_period_speaks() {
        let year = ("2026-01-01", "2026-12-31");
        let list = of(&[("year", year, "y", None), ("q2", Q2, "r2", Some("y")), ("next", ("2027-01-01", "2027-03-31"), "n", Some("r2"))]);
        assert_eq!(codes(&list), [vec!["first"], vec!["overlap", "names-previous"], vec!["follows", "names-previous"]]);
    }
}
