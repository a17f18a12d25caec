//! The long lists of a record in little memory: each text once, each row as a few numbers.
//!
//! In: observations and rows of a register, one after another, as a reader finds them. Out: the same rows in order, lent for as long as they are
//! looked at. Two records of a million identities lie in memory at once when they are compared.

use std::collections::BTreeMap;

use super::{Observation, Outcome};

/// What was seen of one member of a population, lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenRow<'a> {
    pub subject: &'a str,
    pub outcome: Outcome,
    pub reason: &'a str,
    pub artifact: &'a str,
    pub record: &'a str,
    pub identity: Option<&'a str>,
    /// False where a pass rests on stale or undated evidence.
    pub proved: bool,
}

impl From<SeenRow<'_>> for Observation {
    fn from(own: SeenRow<'_>) -> Observation {
        Observation {
            subject: own.subject.to_owned(),
            outcome: own.outcome,
            reason: own.reason.to_owned(),
            artifact: own.artifact.to_owned(),
            record: own.record.to_owned(),
            identity: own.identity.map(str::to_owned),
            proved: own.proved,
            // Of no weight where two assessments are compared.
            contradicted: false,
        }
    }
}

impl<'a> From<&'a Observation> for SeenRow<'a> {
    fn from(own: &'a Observation) -> SeenRow<'a> {
        SeenRow {
            subject: &own.subject,
            outcome: own.outcome,
            reason: &own.reason,
            artifact: &own.artifact,
            record: &own.record,
            identity: own.identity.as_deref(),
            proved: own.proved,
        }
    }
}

/// One machine identity of a register as far as comparisons read it, lent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegisterRow<'a> {
    pub identity: &'a str,
    pub platform: &'a str,
    pub scope: Option<&'a str>,
    pub kind: &'a str,
    pub class: Option<&'a str>,
    pub owner: Option<&'a str>,
    pub owner_status: Option<&'a str>,
    pub purpose: Option<&'a str>,
    pub status: &'a str,
    pub created_at: Option<&'a str>,
    pub expires_at: Option<&'a str>,
    pub entitlements: &'a str,
    pub admin: bool,
    pub artifact: &'a str,
    pub record: &'a str,
}

/// The lists of one record.
#[derive(Debug, Default)]
pub struct Lists {
    /// By objective, in the order in which they came.
    observations: Vec<(String, Vec<Seen>)>,
    texts: Texts,
    register: Vec<Entry>,
    register_texts: Texts,
    /// Whether whole populations are listed, and not only what does not pass.
    pub is_whole: bool,
}

impl Lists {
    /// Lists that are to hold whole populations.
    pub fn whole() -> Lists {
        Lists { is_whole: true, ..Lists::default() }
    }

    /// Begins the list of an objective.
    pub fn begin(&mut self, objective: &str) {
        self.observations.push((objective.to_owned(), Vec::new()));
    }

    /// Gives the list that was begun last the id of its objective.
    pub fn name_last(&mut self, objective: &str) {
        if let Some((name, _)) = self.observations.last_mut() {
            objective.clone_into(name);
        }
    }

    /// Adds to the list that was begun last.
    pub fn observe(&mut self, row: SeenRow<'_>) {
        let Some((_, list)) = self.observations.last_mut() else { return };
        let texts = &mut self.texts;
        let last = list.last();
        let subject = texts.add(row.subject);
        let seen = Seen {
            subject,
            outcome: row.outcome,
            reason: texts.common(row.reason, last.map(|own| own.reason)),
            artifact: texts.common(row.artifact, last.map(|own| own.artifact)),
            record: texts.add(row.record),
            proved: row.proved,
            identity: match row.identity {
                Some(identity) if identity == row.subject => subject,
                stated => texts.stated(stated, |texts, text| texts.add(text)),
            },
        };
        list.push(seen);
    }

    /// Adds a row to the register.
    pub fn enter(&mut self, row: RegisterRow<'_>) {
        let texts = &mut self.register_texts;
        let last = self.register.last();
        let identity = texts.add(row.identity);
        let mut common =
            |text: Option<&str>, field: fn(&Entry) -> Symbol| texts.stated(text, |texts, text| texts.common(text, last.map(field)));
        let platform = common(Some(row.platform), |own| own.platform);
        let scope = common(row.scope, |own| own.scope);
        let kind = common(Some(row.kind), |own| own.kind);
        let class = common(row.class, |own| own.class);
        let owner = common(row.owner, |own| own.owner);
        let owner_status = common(row.owner_status, |own| own.owner_status);
        let status = common(Some(row.status), |own| own.status);
        let artifact = common(Some(row.artifact), |own| own.artifact);
        let entitlements = common(Some(row.entitlements), |own| own.entitlements);
        let created_at = common(row.created_at, |own| own.created_at);
        let expires_at = common(row.expires_at, |own| own.expires_at);
        let entry = Entry {
            identity,
            platform,
            scope,
            kind,
            class,
            owner,
            owner_status,
            purpose: texts.stated(row.purpose, |texts, text| texts.add(text)),
            status,
            created_at,
            expires_at,
            entitlements,
            admin: row.admin,
            artifact,
            record: texts.add(row.record),
        };
        self.register.push(entry);
    }

    /// Puts observations in the order of their subjects and the register in that of its identities, which our own records have already.
    pub fn settle(&mut self) {
        let texts = &self.texts;
        for (_, list) in &mut self.observations {
            if !list.is_sorted_by(|one, two| texts.get(one.subject) <= texts.get(two.subject)) {
                list.sort_by(|one, two| texts.get(one.subject).cmp(texts.get(two.subject)));
            }
        }
        let texts = &self.register_texts;
        if !self.register.is_sorted_by(|one, two| texts.get(one.identity) < texts.get(two.identity)) {
            self.register.sort_by(|one, two| texts.get(one.identity).cmp(texts.get(two.identity)));
            self.register.dedup_by(|later, kept| texts.get(later.identity) == texts.get(kept.identity));
        }
        self.texts.common = BTreeMap::new();
        self.register_texts.common = BTreeMap::new();
    }

    /// Puts the whole populations of other lists in the place of the observations here.
    pub fn take_observations(&mut self, whole: Lists) {
        self.observations = whole.observations;
        self.texts = whole.texts;
        self.is_whole = true;
    }

    /// The observations of an objective in the order of their subjects; nothing where there is no such list.
    pub fn observations(&self, objective: &str) -> Option<impl ExactSizeIterator<Item = SeenRow<'_>>> {
        let (_, list) = self.observations.iter().find(|(name, _)| name == objective)?;
        Some(list.iter().map(|own| SeenRow {
            subject: self.texts.get(own.subject),
            outcome: own.outcome,
            reason: self.texts.get(own.reason),
            artifact: self.texts.get(own.artifact),
            record: self.texts.get(own.record),
            identity: self.texts.lent(own.identity),
            proved: own.proved,
        }))
    }

    /// Every identity that an observation speaks of, once and in order.
    pub fn identities(&self) -> Vec<&str> {
        let rows = self.observations.iter().flat_map(|(_, list)| list);
        let mut all: Vec<&str> = rows.filter_map(|own| self.texts.lent(own.identity)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Rows of the register; their places are from zero, in the order of identities.
    pub fn register_count(&self) -> usize {
        self.register.len()
    }

    /// # Panics
    /// Where the register has no row at that place.
    pub fn register_row(&self, place: usize) -> RegisterRow<'_> {
        let own = &self.register[place];
        let (get, lent) = (|symbol| self.register_texts.get(symbol), |symbol| self.register_texts.lent(symbol));
        RegisterRow {
            identity: get(own.identity),
            platform: get(own.platform),
            scope: lent(own.scope),
            kind: get(own.kind),
            class: lent(own.class),
            owner: lent(own.owner),
            owner_status: lent(own.owner_status),
            purpose: lent(own.purpose),
            status: get(own.status),
            created_at: lent(own.created_at),
            expires_at: lent(own.expires_at),
            entitlements: get(own.entitlements),
            admin: own.admin,
            artifact: get(own.artifact),
            record: get(own.record),
        }
    }

    /// The place of the first row whose identity is not before the given one.
    pub fn register_place(&self, identity: &str) -> usize {
        self.register.partition_point(|own| self.register_texts.get(own.identity) < identity)
    }
}

/// The number of a text; [`NONE`] where nothing is stated.
type Symbol = u32;
const NONE: Symbol = Symbol::MAX;

#[derive(Debug)]
struct Seen {
    subject: Symbol,
    reason: Symbol,
    artifact: Symbol,
    record: Symbol,
    identity: Symbol,
    outcome: Outcome,
    proved: bool,
}

#[derive(Debug)]
struct Entry {
    identity: Symbol,
    platform: Symbol,
    scope: Symbol,
    kind: Symbol,
    class: Symbol,
    owner: Symbol,
    owner_status: Symbol,
    purpose: Symbol,
    status: Symbol,
    created_at: Symbol,
    expires_at: Symbol,
    entitlements: Symbol,
    admin: bool,
    artifact: Symbol,
    record: Symbol,
}

/// All texts behind one another.
#[derive(Debug, Default)]
struct Texts {
    all: String,
    ends: Vec<usize>,
    /// Texts that many rows share; looked up while reading only.
    common: BTreeMap<Box<str>, Symbol>,
}

/// Beyond so many different texts a column is not one that rows share.
const COMMON_MAX: usize = 20_000;

impl Texts {
    fn add(&mut self, text: &str) -> Symbol {
        self.all.push_str(text);
        self.ends.push(self.all.len());
        let symbol = Symbol::try_from(self.ends.len() - 1).unwrap_or(NONE);
        assert!(symbol != NONE, "four thousand million texts fit into no memory");
        symbol
    }

    /// A text that the row before has, or that some other row may have.
    fn common(&mut self, text: &str, last: Option<Symbol>) -> Symbol {
        if let Some(last) = last.filter(|last| self.lent(*last) == Some(text)) {
            return last;
        }
        if let Some(symbol) = self.common.get(text) {
            return *symbol;
        }
        let symbol = self.add(text);
        if self.common.len() < COMMON_MAX {
            self.common.insert(text.into(), symbol);
        }
        symbol
    }

    fn stated(&mut self, text: Option<&str>, add: impl FnOnce(&mut Texts, &str) -> Symbol) -> Symbol {
        text.map_or(NONE, |text| add(self, text))
    }

    fn get(&self, symbol: Symbol) -> &str {
        let at = symbol as usize;
        let from = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.all[from..self.ends[at]]
    }

    fn lent(&self, symbol: Symbol) -> Option<&str> {
        (symbol != NONE).then(|| self.get(symbol))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_added_in_order() {
        let mut lists = Lists::default();
        lists.begin("");
        lists.name_last("rotation");
        let row = |subject: &'static str, identity: Option<&'static str>| SeenRow {
            subject,
            outcome: Outcome::Fail,
            reason: "old",
            artifact: "a.json",
            record: "$[1]",
            identity,
            proved: true,
        };
        let rows = [row("b", Some("b")), row("", None), row("ü", Some("other"))];
        rows.iter().for_each(|own| lists.observe(*own));
        let entry =
            |identity: &'static str, owner: Option<&'static str>| RegisterRow { identity, owner, admin: true, ..RegisterRow::default() };
        for own in [entry("z", None), entry("a", Some("Ann")), entry("m", Some("Ann"))] {
            lists.enter(own);
        }
        lists.settle();
        let read: Vec<SeenRow<'_>> = lists.observations("rotation").unwrap().collect();
        assert_eq!(read, [rows[1], rows[0], rows[2]]);
        assert!(lists.observations("other").is_none());
        assert_eq!(lists.identities(), ["b", "other"]);
        assert_eq!((0..3).map(|at| lists.register_row(at).identity).collect::<Vec<_>>(), ["a", "m", "z"]);
        assert_eq!(lists.register_row(1), entry("m", Some("Ann")));
        assert_eq!((lists.register_place("b"), lists.register_place("zz")), (1, 3));
    }
}
