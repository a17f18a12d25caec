//! The packs of a folder in the order of their periods, and what is missing or stands twice between them.
//!
//! In: what was found in each place. Out: a [`History`]. The order of periods is the chain; where a record names the root of the one before it,
//! that is held against it.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{CheckState, SideRecord};

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
    /// Whether every pack holds and follows the one before it without a gap.
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
    /// `first`, `follows`, `gap`, `overlap`, `same-period`, `same-root`, `broken`, `names-previous` or `names-other`.
    pub code: &'static str,
    pub text: String,
}

impl Note {
    fn is_fault(&self) -> bool {
        !matches!(self.code, "first" | "follows" | "names-previous")
    }
}

/// Puts what was found in order, by organisation and period.
pub fn history(found: Vec<Found>) -> History {
    let (mut packs, unreadable): (Vec<Found>, Vec<Found>) = found.into_iter().partition(|own| own.side.is_some());
    let key = |own: &Found| {
        let side = own.side.as_ref();
        side.map(|side| (side.organisation.clone(), side.period_from.clone(), side.as_of.clone(), own.place.clone()))
    };
    packs.sort_by_key(key);
    let mut links: Vec<Link> = Vec::new();
    for own in packs {
        let before = links.last().map(|link| link.found.clone());
        let notes = notes(&own, before.as_ref());
        links.push(Link { found: own, notes });
    }
    let is_whole = unreadable.is_empty() && links.iter().flat_map(|link| &link.notes).all(|note| !note.is_fault());
    History { schema: SCHEMA, packs: links, unreadable, is_whole }
}

fn notes(own: &Found, before: Option<&Found>) -> Vec<Note> {
    let Some(side) = &own.side else { return Vec::new() };
    let mut notes = Vec::new();
    let mut add = |code: &'static str, text: String| notes.push(Note { code, text });
    if side.check.state == CheckState::Broken {
        add("broken", format!("It does not hold: {}.", side.check.breaches.first().cloned().unwrap_or_default()));
    }
    let before_side = before.and_then(|before| before.side.as_ref()).filter(|earlier| earlier.organisation == side.organisation);
    let Some(earlier) = before_side else {
        add("first", "The first of its organisation.".into());
        return notes;
    };
    if earlier.root == side.root {
        add("same-root", "The same assessment as the one before.".into());
    } else if (&earlier.period_from, &earlier.period_to) == (&side.period_from, &side.period_to) {
        add("same-period", "Another assessment of the same period.".into());
    } else if let (Ok(end), Ok(start)) = (earlier.period_to.parse::<Date>(), side.period_from.parse::<Date>()) {
        let days = (start - end).get_days();
        match days {
            1 => add("follows", "Follows the one before without a gap.".into()),
            ..1 => add("overlap", format!("It begins on {start}, and the one before ends on {end}.")),
            _ => add("gap", format!("Nothing speaks of {} days, {} to {}.", days - 1, next(end), previous(start))),
        }
    }
    match &own.previous_root {
        Some(root) if *root == earlier.root => add("names-previous", "It names the root of the one before.".into()),
        Some(root) => add("names-other", format!("It names {root} as the one before, which is not here.")),
        None => {}
    }
    notes
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

    #[test]
    fn gaps_overlaps_and_roots_of_the_chain_are_told() {
        let codes = |history: &History| {
            history.packs.iter().map(|own| own.notes.iter().map(|note| note.code).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
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
        assert_eq!(codes(&broken), [vec!["first"], vec!["gap", "names-other"], vec!["overlap"], vec!["same-period"], vec!["same-root"]]);
        assert!(!broken.is_whole);
        let gap = &broken.packs[1].notes[0].text;
        assert!(gap.contains("91 days, 2026-04-01 to 2026-06-30"), "{gap}");
    }
}
