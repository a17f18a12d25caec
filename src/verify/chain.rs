//! The chain of packs: each period's pack names the root of the one before.
//!
//! In: what several verified packs say they are. Out: the links in the order of their periods, and every breach.

use serde::Serialize;

use super::{Breach, Verification};
use crate::base::Digest;

/// One pack in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainLink {
    /// As the caller names it: a folder, an archive.
    pub pack: String,
    pub organisation: String,
    pub period_from: String,
    pub period_to: String,
    pub root: Digest,
    pub previous: Option<Digest>,
    /// What a reader should know of the step to it from the one before.
    pub note: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// The earliest first.
    pub links: Vec<ChainLink>,
    pub breaches: Vec<Breach>,
}

/// Walks from the earliest pack to the latest. Packs that could not be read have no place in a chain and are a breach of it.
pub fn walk(packs: &[(String, &Verification)]) -> Chain {
    let mut chain = Chain::default();
    for (name, verification) in packs {
        match (&verification.about, &verification.root) {
            (Some(about), Some(root)) => chain.links.push(ChainLink {
                pack: name.clone(),
                organisation: about.organisation.clone(),
                period_from: about.period_from.clone(),
                period_to: about.period_to.clone(),
                root: root.clone(),
                previous: about.previous.clone(),
                note: String::new(),
            }),
            _ => chain.breaches.push(breach("chain-unreadable", name, "it could not be read, so nothing is known of its place".to_owned())),
        }
    }
    chain.links.sort_by(|one, two| (&one.period_from, &one.period_to, &one.pack).cmp(&(&two.period_from, &two.period_to, &two.pack)));
    if let Some(first) = chain.links.first_mut() {
        first.note = match &first.previous {
            None => "the first of its chain".to_owned(),
            Some(root) => format!("names an earlier pack, which was not given: root {root}"),
        };
    }
    for at in 1..chain.links.len() {
        let (before, after) = chain.links.split_at_mut(at);
        if let (Some(older), Some(newer)) = (before.last(), after.first_mut()) {
            chain.breaches.extend(step(older, newer));
            newer.note = note(older, newer);
        }
    }
    chain
}

fn breach(code: &'static str, what: &str, message: String) -> Breach {
    Breach { code, what: what.to_owned(), message }
}

fn step(older: &ChainLink, newer: &ChainLink) -> Vec<Breach> {
    let mut breaches = Vec::new();
    match &newer.previous {
        None => breaches.push(breach("chain-broken", &newer.pack, format!("it names no earlier pack, and `{}` is earlier", older.pack))),
        Some(root) if *root != older.root => {
            breaches.push(breach("chain-broken", &newer.pack, format!("the earlier pack that it names is not `{}`", older.pack)));
        }
        Some(_) => {}
    }
    if older.organisation != newer.organisation {
        breaches.push(breach("chain-organisation", &newer.pack, format!("it is of another organisation than `{}`", older.pack)));
    }
    if newer.period_from <= older.period_to {
        breaches.push(breach("chain-overlap", &newer.pack, format!("its period begins before that of `{}` ends", older.pack)));
    }
    breaches
}

fn note(older: &ChainLink, newer: &ChainLink) -> String {
    let day = |text: &str| text.parse::<jiff::civil::Date>().ok();
    let next = day(&older.period_to).and_then(|day| day.tomorrow().ok());
    match (next, day(&newer.period_from)) {
        (Some(next), Some(from)) if next < from => {
            format!("its period follows that of `{}`; from {next} to the day before {from} there is no pack", older.pack)
        }
        (Some(next), Some(from)) if next == from => format!("its period follows that of `{}` without a gap", older.pack),
        _ => format!("its period stands after that of `{}`", older.pack),
    }
}
