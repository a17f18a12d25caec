//! The long lists of a record in little memory: each text once, each row as a few numbers.
//!
//! In: observations and rows of a register, one after another, as a reader finds them. Out: the same rows in order, lent for as long as they are
//! looked at. Two records of a million identities lie in memory at once when they are compared.

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

/// A row of which only what is asked for is looked up: of a million, most are compared by subject and outcome alone.
#[derive(Debug, Clone, Copy)]
pub struct Glimpse<'a> {
    pub subject: &'a str,
    pub outcome: Outcome,
    of: Place<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    Kept(&'a Texts, &'a Seen),
    Plain(&'a Observation),
}

impl<'a> Glimpse<'a> {
    pub fn identity(&self) -> Option<&'a str> {
        match self.of {
            Place::Kept(_, seen) if seen.identity == seen.subject => Some(self.subject),
            Place::Kept(texts, seen) => texts.lent(seen.identity),
            Place::Plain(seen) => seen.identity.as_deref(),
        }
    }

    pub fn reason(&self) -> &'a str {
        match self.of {
            Place::Kept(texts, seen) => texts.get(seen.reason),
            Place::Plain(seen) => &seen.reason,
        }
    }

    pub fn row(&self) -> SeenRow<'a> {
        match self.of {
            Place::Kept(texts, seen) => seen.row(texts),
            Place::Plain(seen) => seen.into(),
        }
    }
}

impl<'a> From<&'a Observation> for Glimpse<'a> {
    fn from(own: &'a Observation) -> Glimpse<'a> {
        Glimpse { subject: &own.subject, outcome: own.outcome, of: Place::Plain(own) }
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
    /// Whether some row came before one whose subject or identity is smaller. It is seen while the last text is still at hand.
    in_disorder: bool,
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
        self.in_disorder |= last.is_some_and(|own| texts.get(own.subject) > row.subject);
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
        self.in_disorder |= last.is_some_and(|own| texts.get(own.identity) >= row.identity);
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
        self.texts.common = Vec::new();
        self.register_texts.common = Vec::new();
        if !self.in_disorder {
            return;
        }
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
        self.in_disorder = false;
    }

    /// Puts the whole populations of other lists in the place of the observations here.
    pub fn take_observations(&mut self, whole: Lists) {
        self.observations = whole.observations;
        self.texts = whole.texts;
        self.is_whole = true;
    }

    /// The observations of an objective in the order of their subjects; nothing where there is no such list.
    pub fn observations<'a>(&'a self, objective: &str) -> Option<impl ExactSizeIterator<Item = SeenRow<'a>> + use<'a>> {
        Some(self.seen(objective)?.iter().map(|own| own.row(&self.texts)))
    }

    /// The same, each row looked up as far as it is asked.
    pub fn glimpses<'a>(&'a self, objective: &str) -> impl Iterator<Item = Glimpse<'a>> + use<'a> {
        let texts = &self.texts;
        self.seen(objective).unwrap_or_default().iter().map(|own| Glimpse {
            subject: texts.get(own.subject),
            outcome: own.outcome,
            of: Place::Kept(texts, own),
        })
    }

    fn seen(&self, objective: &str) -> Option<&[Seen]> {
        self.observations.iter().find(|(name, _)| name == objective).map(|(_, list)| list.as_slice())
    }

    /// The subjects that depart from an objective, in their order.
    pub fn failing<'a>(&'a self, objective: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.glimpses(objective).filter(|own| own.outcome == Outcome::Fail).map(|own| own.subject)
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

    /// Whose the row at a place is; nothing where nobody is named.
    ///
    /// # Panics
    /// Where the register has no row at that place.
    pub fn register_owner(&self, place: usize) -> Option<&str> {
        self.register_texts.lent(self.register[place].owner).filter(|owner| !owner.is_empty())
    }

    /// Whether nothing that may change about an identity differs between a row here and one of other lists.
    ///
    /// # Panics
    /// Where one of the registers has no row at that place.
    pub fn register_is_same(&self, place: usize, other: &Lists, other_place: usize) -> bool {
        let (one, two) = (&self.register[place], &other.register[other_place]);
        let same = |field: fn(&Entry) -> Symbol| self.register_texts.lent(field(one)) == other.register_texts.lent(field(two));
        one.admin == two.admin
            && same(|own| own.owner)
            && same(|own| own.entitlements)
            && same(|own| own.purpose)
            && same(|own| own.owner_status)
            && same(|own| own.class)
            && same(|own| own.status)
            && same(|own| own.expires_at)
    }

    /// The identity of the row at a place.
    ///
    /// # Panics
    /// Where the register has no row at that place.
    pub fn register_identity(&self, place: usize) -> &str {
        self.register_texts.get(self.register[place].identity)
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

impl Seen {
    fn row<'a>(&self, texts: &'a Texts) -> SeenRow<'a> {
        SeenRow {
            subject: texts.get(self.subject),
            outcome: self.outcome,
            reason: texts.get(self.reason),
            artifact: texts.get(self.artifact),
            record: texts.get(self.record),
            identity: texts.lent(self.identity),
            proved: self.proved,
        }
    }
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

/// All texts behind one another, so many in each part. A part never moves when another one is added.
#[derive(Debug, Default)]
struct Texts {
    parts: Vec<Part>,
    /// Texts that rows may share, each in one of the slots of its hash; the latest one holds the last of them.
    common: Vec<Symbol>,
}

#[derive(Debug, Default)]
struct Part {
    all: String,
    ends: Vec<u32>,
}

/// A symbol is the number of its part and, in the lowest bits, the place of the text in it.
const PART_BITS: u32 = 16;
const PART_TEXTS: usize = 1 << PART_BITS;

/// Enough for the owners, reasons and rights that a large organisation words differently.
const SLOTS: usize = 1 << 16;

impl Texts {
    fn add(&mut self, text: &str) -> Symbol {
        let fits = |part: &Part| part.ends.len() < PART_TEXTS && part.all.len() + text.len() <= u32::MAX as usize;
        if !self.parts.last().is_some_and(fits) {
            self.parts.push(Part::default());
        }
        let number = self.parts.len() - 1;
        let part = &mut self.parts[number];
        part.all.push_str(text);
        part.ends.push(u32::try_from(part.all.len()).expect("no text fills four gigabytes"));
        let symbol = Symbol::try_from((number << PART_BITS) + part.ends.len() - 1).unwrap_or(NONE);
        assert!(symbol != NONE, "four thousand million texts fit into no memory");
        symbol
    }

    /// A text that the row before has, or that some other row may have.
    fn common(&mut self, text: &str, last: Option<Symbol>) -> Symbol {
        if let Some(last) = last.filter(|last| self.lent(*last) == Some(text)) {
            return last;
        }
        if self.common.is_empty() {
            self.common = vec![NONE; SLOTS];
        }
        let slots = slots_of(text);
        for slot in slots.clone() {
            match self.common[slot] {
                NONE => {
                    let symbol = self.add(text);
                    self.common[slot] = symbol;
                    return symbol;
                }
                symbol if self.get(symbol) == text => return symbol,
                _ => {}
            }
        }
        let symbol = self.add(text);
        self.common[slots.last().unwrap_or_default()] = symbol;
        symbol
    }

    fn stated(&mut self, text: Option<&str>, add: impl FnOnce(&mut Texts, &str) -> Symbol) -> Symbol {
        text.map_or(NONE, |text| add(self, text))
    }

    fn get(&self, symbol: Symbol) -> &str {
        let part = &self.parts[(symbol >> PART_BITS) as usize];
        let at = symbol as usize % PART_TEXTS;
        let from = if at == 0 { 0 } else { part.ends[at - 1] };
        &part.all[from as usize..part.ends[at] as usize]
    }

    fn lent(&self, symbol: Symbol) -> Option<&str> {
        (symbol != NONE).then(|| self.get(symbol))
    }
}

/// Where a text is looked for decides nothing but how much memory is saved.
fn slots_of(text: &str) -> impl Iterator<Item = usize> + Clone {
    let hash = hash_of(text) as usize;
    (0..4).map(move |step| hash.wrapping_add(step) % SLOTS)
}

/// A hash that is quick and always the same. It is none of those that stand for a content.
fn hash_of(text: &str) -> u64 {
    let mix = |hash: u64, part: u64| (hash ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let (eights, rest) = text.as_bytes().as_chunks::<8>();
    let hash = eights.iter().fold(0xcbf2_9ce4_8422_2325, |hash, part| mix(hash, u64::from_le_bytes(*part)));
    mix(mix(hash, rest.iter().fold(rest.len() as u64, |all, byte| all << 8 | u64::from(*byte))), 0)
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
