//! Citations as people write them: found in text, resolved to an edition and a clause, corrected or refused where they are wrong.
//!
//! Nothing is rewritten silently: a corrected citation says what was written, what it belongs to, and what stands there today.
//! How a framework is cited is data (`framework.yaml`); the rules here are the same for all.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde::Serialize;

use super::{Catalog, Catalogs, ClauseRef, EditionName, Framework};

/// Words before an id that every framework uses.
const WORDS: [&str; 22] = [
    "art",
    "article",
    "articles",
    "arts",
    "req",
    "reqs",
    "requirement",
    "requirements",
    "clause",
    "control",
    "controls",
    "criterion",
    "annex",
    "point",
    "points",
    "paragraph",
    "para",
    "section",
    "sub",
    "subcategory",
    "appendix",
    "no",
];

/// How a citation was resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Written as the publisher writes it.
    Exact,
    /// Another spelling of one clause.
    Variant,
    /// The id belongs to an earlier edition, and the citation names none; the successor is told.
    Superseded,
    /// The id does not exist in the edition that is named; the clause that is meant is told.
    Corrected,
    /// Clauses of several frameworks have this id.
    Ambiguous,
    /// No clause has it.
    Unknown,
}

/// One citation and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Citation {
    pub written: String,
    /// First line and first column are 1; columns count characters.
    pub line: usize,
    pub column: usize,
    pub verdict: Verdict,
    /// The clause meant; several where it is ambiguous or was split.
    pub clauses: Vec<Cited>,
    /// What a reader should know: corrections, successors, common mix-ups.
    pub notes: Vec<String>,
    /// True where the citation names a real clause that is probably not the one meant.
    pub suspicious: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cited {
    #[serde(flatten)]
    pub clause: ClauseRef,
    pub label: String,
}

impl Citation {
    /// Whether an author should change something.
    pub fn needs_attention(&self) -> bool {
        self.suspicious || !matches!(self.verdict, Verdict::Exact | Verdict::Variant)
    }
}

/// The letters and numbers of an id, without punctuation, case and leading zeros: `PR.AC-04` and `pr.ac-4` are alike.
pub fn normal(id: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut last_was_digit = None;
    for letter in id.chars() {
        if !letter.is_alphanumeric() {
            last_was_digit = None;
            continue;
        }
        let digit = letter.is_ascii_digit();
        match (last_was_digit, parts.last_mut()) {
            (Some(was), Some(part)) if was == digit => part.extend(letter.to_lowercase()),
            _ => parts.push(letter.to_lowercase().collect()),
        }
        last_was_digit = Some(digit);
    }
    for part in &mut parts {
        let trimmed = part.trim_start_matches('0');
        if part.starts_with('0') {
            *part = if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() };
        }
    }
    parts
}

/// All that is needed to find and resolve citations, prepared once.
pub struct Citations<'a> {
    catalogs: &'a Catalogs,
    /// By edition, then by normal form without words: indices of clauses.
    index: BTreeMap<&'a EditionName, BTreeMap<Vec<String>, Vec<usize>>>,
    /// Any framework's name, longest first.
    names: Vec<(Regex, &'a Framework)>,
    /// By framework: its editions as they may be written after its name.
    editions: BTreeMap<&'a str, Vec<(Regex, &'a EditionName)>>,
    /// An edition written after a name, whether or not there is a catalog of it.
    unknown_edition: Regex,
    id: Regex,
    loose: Regex,
    /// Words between a citation and the framework that is named after it.
    belongs: Regex,
    follow: Regex,
}

/// A name of a framework found in text, with the edition that may follow it.
struct Mention<'a> {
    start: usize,
    end: usize,
    framework: &'a Framework,
    edition: Option<EditionName>,
    /// An edition was named that there is no catalog of.
    unknown_edition: Option<String>,
}

impl<'a> Citations<'a> {
    pub fn new(catalogs: &'a Catalogs) -> Citations<'a> {
        let mut index: BTreeMap<&EditionName, BTreeMap<Vec<String>, Vec<usize>>> = BTreeMap::new();
        for (name, catalog) in &catalogs.editions {
            let framework = catalogs.frameworks.get(name.framework());
            let entries = index.entry(name).or_default();
            let edition = normal(name.edition());
            for (at, clause) in catalog.clauses.iter().enumerate() {
                let form = key(&clause.id, framework).0;
                // An id that ends in its edition is also cited without it: NHI3 for NHI3:2025.
                if let Some(short) = form.strip_suffix(edition.as_slice()).filter(|short| !short.is_empty()) {
                    entries.entry(short.to_vec()).or_default().push(at);
                }
                entries.entry(form).or_default().push(at);
            }
        }
        let mut names: Vec<(usize, Regex, &Framework)> = Vec::new();
        for framework in catalogs.frameworks.values() {
            for name in framework.names.iter().chain(std::iter::once(&framework.id)) {
                let loose = name.split([' ', '-']).map(regex::escape).collect::<Vec<_>>().join(r"[\s\-_]*");
                if let Ok(pattern) = Regex::new(&format!(r"(?i)\b{loose}\b")) {
                    names.push((name.len(), pattern, framework));
                }
            }
        }
        names.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
        let mut editions: BTreeMap<&str, Vec<(Regex, &EditionName)>> = BTreeMap::new();
        for name in catalogs.editions.keys() {
            let edition = name.edition().split(['.', '-', '/']).map(regex::escape).collect::<Vec<_>>().join(r"[.\-/]");
            let pattern =
                format!(r"(?i)^(?:\s*[@:]\s*|\s*\(?\s*(?:v\.?|version|edition|\(?EU\)?|TSC)?\s*){edition}\)?(?:[^\d.]|\.(?:\D|$)|$)");
            if let Ok(pattern) = Regex::new(&pattern) {
                editions.entry(name.framework()).or_default().push((pattern, name));
            }
        }
        let word = WORDS.join("|");
        let id = r"(?:[A-Za-z]{1,10}[.\- ]?)?[A-Za-z]{0,3}[.\-]?\d+(?:[.\-:]\d+)*(?:\s?\([A-Za-z0-9]{1,5}\))*(?:\.[a-z]\b)?|[A-Z]{2}\.[A-Z]{2}(?:-\d{1,2})?";
        let compile = |pattern: String| Regex::new(&pattern).expect("the patterns of this module are valid");
        Citations {
            catalogs,
            index,
            names: names.into_iter().map(|(_, pattern, framework)| (pattern, framework)).collect(),
            editions,
            unknown_edition: compile(r"^(?:@([\w.\-]+)|\s+v(\d+(?:\.\d+)*)\b)".to_owned()),
            id: compile(format!(
                r"^[\s,:]*(?:(?i:{word})s?\b\.?\s*){{0,3}}(?:{id})(?:,?\s+(?i:point|paragraph)\s+(?:\([A-Za-z0-9]{{1,5}}\)|\d+\b))*"
            )),
            loose: compile(format!(
                r"(?i)\b(?:articles?|art\.?|requirements?|req\.?|clause|annex)\s*(?:{id})(?:,?\s+(?i:point|paragraph)\s+(?:\([a-z0-9]{{1,5}}\)|\d+\b))*"
            )),
            belongs: compile(r"^\s*(?:(?:of|in|under|from)\s+(?:the\s+)?|\()$".to_owned()),
            follow: compile(format!(r"^\s*(?:,|;|/|and|or|&)\s*(?:and\s+)?(?:{id})")),
        }
    }

    /// Every citation in a text, in order.
    pub fn in_text(&self, text: &str) -> Vec<Citation> {
        let mentions = self.mentions(text);
        let mut found: Vec<(usize, usize, Option<usize>)> = Vec::new();
        let mut taken: BTreeSet<usize> = BTreeSet::new();
        for (number, mention) in mentions.iter().enumerate() {
            let mut end = mention.end;
            let mut first = true;
            loop {
                let pattern = if first { &self.id } else { &self.follow };
                let Some(hit) = pattern.find(&text[end..]) else { break };
                let start = end + hit.start();
                let stop = end + hit.end();
                let start = start + leading(&text[start..stop]);
                if mentions.iter().any(|other| other.start >= start && other.start < stop) {
                    break;
                }
                // After the first, only what really is a clause continues a list.
                if !first && self.resolve(&text[start..stop], Some(mention)).verdict == Verdict::Unknown {
                    break;
                }
                found.push((start, stop, Some(number)));
                taken.extend(start..stop);
                end = stop;
                first = false;
            }
        }
        let patterns = self.catalogs.frameworks.values().filter_map(|framework| framework.pattern.as_ref());
        let mut hits: Vec<(usize, usize)> = patterns
            .chain(std::iter::once(&self.loose))
            .flat_map(|pattern| pattern.find_iter(text).map(|hit| (hit.start(), hit.end())))
            .collect();
        // Of overlapping hits the longest: `Art. 21(2) point (i)` and not `Art. 21(2)`.
        hits.sort_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
        for (start, end) in hits {
            if (start..end).any(|at| taken.contains(&at)) {
                continue;
            }
            taken.extend(start..end);
            // The framework named right after is meant ("Article 21 of NIS2"), else the one named last in the same paragraph.
            let after = mentions.iter().position(|mention| mention.start >= end && self.belongs.is_match(&text[end..mention.start]));
            let context =
                after.or_else(|| mentions.iter().rposition(|mention| mention.end <= start && !text[mention.end..start].contains("\n\n")));
            found.push((start, end, context));
            let mut last = end;
            while let Some(hit) = self.follow.find(&text[last..]) {
                let from = last + hit.start() + leading(hit.as_str());
                let to = last + hit.end();
                let meant = self.resolve(&text[from..to], context.map(|number| &mentions[number]));
                let inside = mentions.iter().any(|mention| mention.start < to && from < mention.end);
                if inside || meant.verdict == Verdict::Unknown || (from..to).any(|at| taken.contains(&at)) {
                    break;
                }
                taken.extend(from..to);
                found.push((from, to, context));
                last = to;
            }
        }
        found.sort_unstable();
        found
            .into_iter()
            .map(|(start, end, context)| {
                let written = text[start..end].trim();
                let near = context.map(|number| &mentions[number]);
                let direct = near.filter(|mention| {
                    mention.start >= end
                        || text[mention.end..start].trim_matches([' ', ',', ':']).is_empty()
                        || taken.contains(&mention.end)
                });
                let mut citation = self.resolve(written, direct.or(near));
                if citation.verdict == Verdict::Unknown && direct.is_none() && near.is_some() {
                    citation = self.resolve(written, None);
                }
                if let Some(mention) = direct.filter(|mention| mention.end <= start && text[mention.end..start].trim().is_empty()) {
                    citation.written = text[mention.start..end].to_owned();
                    self.place(&mut citation, text, mention.start);
                } else {
                    self.place(&mut citation, text, start);
                }
                self.warn_of_mixups(&mut citation, sentence(text, start, end));
                citation
            })
            .collect()
    }

    /// One citation given alone: `PR.AC-4`, `NIST CSF 2.0 PR.AC-4`, `nist-csf@2.0 PR.AC-4`.
    pub fn one(&self, text: &str) -> Vec<Citation> {
        let found = self.in_text(text);
        if !found.is_empty() {
            return found;
        }
        let mentions = self.mentions(text);
        let mention = mentions.first();
        let rest = mention.map_or(text, |mention| &text[mention.end..]);
        let mut citation = self.resolve(rest.trim(), mention);
        citation.written = text.trim().to_owned();
        (citation.line, citation.column) = (1, 1);
        self.warn_of_mixups(&mut citation, text);
        vec![citation]
    }

    fn place(&self, citation: &mut Citation, text: &str, start: usize) {
        let before = &text[..start];
        citation.line = before.matches('\n').count() + 1;
        citation.column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    }

    fn mentions(&self, text: &str) -> Vec<Mention<'a>> {
        let mut found: Vec<Mention<'a>> = Vec::new();
        for (pattern, framework) in &self.names {
            for hit in pattern.find_iter(text) {
                if found.iter().any(|other| hit.start() < other.end && other.start < hit.end()) {
                    continue;
                }
                let (edition, length) = self.edition_after(framework, &text[hit.end()..]);
                let (edition, unknown_edition) = match edition {
                    Some(Ok(edition)) => (Some(edition), None),
                    Some(Err(written)) => (None, Some(written)),
                    None => (None, None),
                };
                found.push(Mention { start: hit.start(), end: hit.end() + length, framework, edition, unknown_edition });
            }
        }
        found.sort_by_key(|mention| mention.start);
        found
    }

    /// The edition that a text begins with, and how much of the text it is.
    fn edition_after(&self, framework: &Framework, text: &str) -> (Option<Result<EditionName, String>>, usize) {
        let mut best: Option<(EditionName, usize)> = None;
        for (pattern, name) in self.editions.get(framework.id.as_str()).into_iter().flatten() {
            let Some(hit) = pattern.find(text) else { continue };
            let tail = hit.as_str().rfind(|letter: char| letter.is_ascii_digit() || letter == ')').map_or(hit.end(), |at| at + 1);
            // "PCI DSS 3.2.1" alone may be a requirement; as an edition it is followed by an id or by nothing.
            if best.as_ref().is_none_or(|(_, length)| tail > *length) {
                best = Some(((*name).clone(), tail));
            }
        }
        if let Some((edition, length)) = best {
            return (Some(Ok(edition)), length);
        }
        match self.unknown_edition.captures(text) {
            Some(hit) => {
                let written = hit.get(1).or(hit.get(2)).map_or("", |part| part.as_str()).to_owned();
                (Some(Err(written)), hit.get(0).map_or(0, |all| all.end()))
            }
            None => (None, 0),
        }
    }

    fn resolve(&self, written: &str, mention: Option<&Mention<'a>>) -> Citation {
        let mut citation = Citation {
            written: written.to_owned(),
            line: 1,
            column: 1,
            verdict: Verdict::Unknown,
            clauses: Vec::new(),
            notes: Vec::new(),
            suspicious: false,
        };
        match mention {
            Some(mention) => {
                if let Some(edition) = &mention.unknown_edition {
                    let known: Vec<&str> = self
                        .catalogs
                        .editions
                        .keys()
                        .filter(|name| name.framework() == mention.framework.id)
                        .map(EditionName::as_str)
                        .collect();
                    citation.notes.push(format!("there is no edition `{edition}` here; there are {}", known.join(", ")));
                }
                self.resolve_in(&mut citation, mention.framework, mention.edition.as_ref());
            }
            None => self.resolve_anywhere(&mut citation),
        }
        citation
    }

    fn resolve_in(&self, citation: &mut Citation, framework: &Framework, edition: Option<&EditionName>) {
        let asked = edition.unwrap_or(&framework.current);
        let (form, _) = key(&citation.written, Some(framework));
        let here = self.hits(asked, &form, framework);
        let alias = framework.aliases.iter().find(|alias| {
            alias.edition == asked.edition()
                && (same_text(&alias.written, &citation.written) || key(&alias.written, Some(framework)).0 == form)
        });
        if let [only] = here.as_slice() {
            citation.verdict = if same_text(&self.label_of(asked, *only).0, &citation.written) { Verdict::Exact } else { Verdict::Variant };
            citation.clauses = vec![self.cited(asked, *only)];
            if let Some(alias) = alias {
                citation.notes.push(alias.note.clone());
            }
            return;
        }
        let elsewhere = self.elsewhere(framework, asked, &form);
        if let Some((alias, clause)) = alias
            .filter(|_| edition.is_some() || elsewhere.is_none())
            .and_then(|alias| Some((alias, self.catalogs.editions.get(asked)?.clause(&alias.id)?)))
        {
            citation.verdict = if edition.is_some() { Verdict::Corrected } else { Verdict::Variant };
            citation.clauses =
                vec![Cited { clause: ClauseRef { framework: asked.clone(), clause: clause.id.clone() }, label: clause.label.clone() }];
            citation.notes.push(alias.note.clone());
            if let Some((other, index)) = elsewhere {
                let (id, _) = self.label_of(&other, index);
                citation.verdict = Verdict::Corrected;
                citation.notes.push(format!("{id} belongs to {other}"));
            }
            return;
        }
        if let Some((other, index)) = elsewhere {
            let (id, label) = self.label_of(&other, index);
            let successors = self.catalogs.counterparts(&other, &id, asked);
            match (edition, successors) {
                (None, successors) => {
                    citation.verdict = Verdict::Superseded;
                    citation.clauses = vec![Cited { clause: ClauseRef { framework: other.clone(), clause: id.clone() }, label }];
                    citation.notes.push(match successors.as_slice() {
                        [] => format!("{id} stands in {other}; {asked} has nothing that corresponds"),
                        ids => format!("{id} stands in {other}; {asked} has {}", ids.join(", ")),
                    });
                    citation.notes.extend(alias.map(|alias| alias.note.clone()));
                }
                (Some(_), successors) if successors.is_empty() => {
                    citation.verdict = Verdict::Unknown;
                    citation.notes.push(format!("{id} belongs to {other}; {asked} has nothing that corresponds"));
                }
                (Some(_), successors) => {
                    citation.verdict = Verdict::Corrected;
                    citation.notes.push(format!("{id} belongs to {other}; {asked} has {}", successors.join(", ")));
                    let catalog = self.catalogs.editions.get(asked);
                    citation.clauses = successors
                        .iter()
                        .filter_map(|id| catalog?.clause(id))
                        .map(|clause| Cited {
                            clause: ClauseRef { framework: asked.clone(), clause: clause.id.clone() },
                            label: clause.label.clone(),
                        })
                        .collect();
                }
            }
            return;
        }
        citation.notes.push(self.nearest(asked, &citation.written));
    }

    fn resolve_anywhere(&self, citation: &mut Citation) {
        let mut candidates: Vec<(&Framework, bool)> = Vec::new();
        for framework in self.catalogs.frameworks.values() {
            let (form, words) = key(&citation.written, Some(framework));
            if words.iter().any(|word| !framework.words.iter().any(|own| normal(own).first() == Some(word))) {
                continue;
            }
            let editions = self.catalogs.editions.keys().filter(|name| name.framework() == framework.id);
            let known = editions.clone().any(|name| !self.hits(name, &form, framework).is_empty());
            let aliased = framework.aliases.iter().any(|alias| same_text(&alias.written, &citation.written));
            let exact = self.catalogs.editions.iter().any(|(name, catalog)| {
                name.framework() == framework.id && catalog.clauses.iter().any(|clause| same_text(&clause.id, &citation.written))
            });
            let shaped = framework
                .pattern
                .as_ref()
                .is_some_and(|pattern| pattern.find(&citation.written).is_some_and(|hit| hit.len() == citation.written.len()));
            if known || aliased {
                candidates.push((framework, exact || shaped));
            }
        }
        let strong = candidates.iter().filter(|(_, strong)| *strong).count();
        if strong > 0 {
            candidates.retain(|(_, strong)| *strong);
        }
        match candidates.as_slice() {
            [] => citation.notes.push("no clause of any catalog has this id; name the framework and its edition".into()),
            [(framework, _)] => self.resolve_in(citation, framework, None),
            several => {
                citation.verdict = Verdict::Ambiguous;
                for (framework, _) in several {
                    let mut one = Citation { notes: Vec::new(), clauses: Vec::new(), ..citation.clone() };
                    self.resolve_in(&mut one, framework, None);
                    citation.clauses.extend(one.clauses);
                }
                citation.notes.push("several frameworks have this id; name the framework".into());
            }
        }
    }

    fn hits(&self, edition: &EditionName, form: &[String], _framework: &Framework) -> Vec<usize> {
        self.index.get(edition).and_then(|entries| entries.get(form)).cloned().unwrap_or_default()
    }

    /// The latest other edition that has the id.
    fn elsewhere(&self, framework: &Framework, asked: &EditionName, form: &[String]) -> Option<(EditionName, usize)> {
        let mut others: Vec<&Catalog> =
            self.catalogs.editions.values().filter(|catalog| catalog.about.framework == framework.id && catalog.name != *asked).collect();
        others.sort_by_key(|catalog| std::cmp::Reverse(catalog.about.published));
        others.into_iter().find_map(|catalog| Some((catalog.name.clone(), *self.hits(&catalog.name, form, framework).first()?)))
    }

    fn label_of(&self, edition: &EditionName, index: usize) -> (String, String) {
        self.catalogs
            .editions
            .get(edition)
            .and_then(|catalog| catalog.clauses.get(index))
            .map(|clause| (clause.id.clone(), clause.label.clone()))
            .unwrap_or_default()
    }

    fn cited(&self, edition: &EditionName, index: usize) -> Cited {
        let (id, label) = self.label_of(edition, index);
        Cited { clause: ClauseRef { framework: edition.clone(), clause: id }, label }
    }

    fn nearest(&self, edition: &EditionName, written: &str) -> String {
        let catalog = self.catalogs.editions.get(edition);
        let ids = catalog.into_iter().flat_map(|catalog| catalog.clauses.iter().map(|clause| clause.id.as_str()));
        match crate::base::diagnostic::nearest(written, ids) {
            Some(id) => format!("{edition} has no clause `{written}`; did you mean {id}?"),
            None => format!("{edition} has no clause `{written}`"),
        }
    }

    /// A clause that exists may still not be the one that is meant.
    fn warn_of_mixups(&self, citation: &mut Citation, sentence: &str) {
        let sentence = sentence.to_lowercase();
        let mut notes = Vec::new();
        for cited in &citation.clauses {
            let Some(framework) = self.catalogs.frameworks.get(cited.clause.framework.framework()) else { continue };
            for mixup in &framework.mixups {
                let fits = mixup.edition == cited.clause.framework.edition() && mixup.id == cited.clause.clause;
                if fits && mixup.near.iter().any(|word| sentence.contains(word)) {
                    let meant = mixup.meant.as_ref().map_or(String::new(), |id| format!(" (probably meant: {id})"));
                    notes.push(format!("{}{meant}", mixup.note.trim()));
                }
            }
        }
        if !notes.is_empty() {
            citation.suspicious = true;
            notes.retain(|note| !citation.notes.contains(note));
            citation.notes.extend(notes);
        }
    }
}

/// The normal form of an id without words such as "Article", and the words that stood there.
fn key(id: &str, framework: Option<&Framework>) -> (Vec<String>, Vec<String>) {
    let mut words = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    for part in normal(id) {
        let own = framework.is_some_and(|framework| framework.words.iter().any(|word| normal(word).first() == Some(&part)));
        if own || WORDS.contains(&part.as_str()) {
            words.push(part);
        } else {
            let full = framework.and_then(|framework| framework.abbreviations.get(&part)).cloned();
            parts.push(full.unwrap_or(part));
        }
    }
    words.retain(|word| !matches!(word.as_str(), "point" | "points" | "paragraph" | "para" | "sub" | "no"));
    (parts, words)
}

fn same_text(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other.trim())
}

/// Blanks and joining words before the id of a list.
fn leading(text: &str) -> usize {
    let mut rest = text.trim_start_matches([' ', '\t', '\n', ',', ';', ':', '/', '&']);
    for word in ["and ", "or "] {
        if rest.len() >= word.len() && rest.is_char_boundary(word.len()) && rest[..word.len()].eq_ignore_ascii_case(word) {
            rest = rest[word.len()..].trim_start();
        }
    }
    text.len() - rest.len()
}

/// The sentence around a place, or its line.
fn sentence(text: &str, start: usize, end: usize) -> &str {
    let from = text[..start].rfind(['\n']).map_or(0, |at| at + 1);
    let from = text[from..start].rfind(". ").map_or(from, |at| from + at + 2);
    let to = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let to = text[end..to].find(". ").map_or(to, |at| end + at);
    &text[from..to]
}
