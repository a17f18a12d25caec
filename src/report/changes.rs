//! The view model of a comparison and of a trend: facts, bars, and sections of tables, already counted, ordered and worded.
//!
//! In: a [`ChangeSet`] or a [`Trend`] and the wording. Out: a [`Changes`], which every format lays out the same way. All text is plain text
//! that may come from untrusted evidence; a renderer escapes it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Wording;
use super::model::StatusCount;
use crate::base::{Instant, Status};
use crate::diff::trend::Trend;
use crate::diff::{Cause, Change, ChangeSet, CheckState, ClauseAt, Entry, FactKind, How, IdentityChange, Row, Seen, SideRecord, Standing};

/// How much a document shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The first rows of every table: a page for readers.
    Page,
    /// All rows: a workbook.
    Whole,
}

/// Rows of one table on a page for readers.
const ROWS_MAX: usize = 120;

/// A comparison or a trend, ready to be laid out.
#[derive(Debug, Clone, Serialize)]
pub struct Changes {
    /// `tickmark-changes-report/1`.
    pub schema: String,
    pub strings: BTreeMap<String, String>,
    pub language: String,
    pub title: String,
    /// What kind of document this is.
    pub kind: String,
    pub organisation: String,
    /// Names the document in page headers and in the identity of the PDF.
    pub id: String,
    pub tool: String,
    /// Calendar day of the latest instant: year, month, day.
    pub date: (i16, i8, i8),
    /// What is compared, side by side; the first row names the columns.
    pub sides: TableView,
    pub marks: Vec<MarkView>,
    pub tiles: Vec<TileView>,
    /// One sentence over the whole.
    pub summary: String,
    pub bars: Vec<BarsView>,
    pub sections: Vec<SectionView>,
}

/// What a reader has to know before reading on.
#[derive(Debug, Clone, Serialize)]
pub struct MarkView {
    pub code: String,
    pub text: String,
    /// Nothing that follows can be relied on.
    pub is_grave: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct TileView {
    pub word: String,
    pub label: String,
    pub count: usize,
}

/// Bars of one framework or of one count, side by side.
#[derive(Debug, Clone, Serialize)]
pub struct BarsView {
    pub title: String,
    pub bars: Vec<BarView>,
}

#[derive(Debug, Clone, Serialize)]
pub struct BarView {
    pub label: String,
    pub total: usize,
    /// Nothing where there is no such framework at that point.
    pub parts: Vec<StatusCount>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SectionView {
    pub anchor: String,
    pub title: String,
    pub lead: String,
    pub tables: Vec<TableView>,
    /// Said where there is nothing to list; else empty.
    pub none: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct TableView {
    pub caption: String,
    pub columns: Vec<ColumnView>,
    pub rows: Vec<Vec<CellView>>,
    /// "120 of 400 shown", or empty when all are.
    pub note: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct ColumnView {
    pub title: String,
    /// Width against the other columns.
    pub weight: u8,
    pub is_number: bool,
}

/// One cell: lines of text, with a word that a renderer may give a look to.
#[derive(Debug, Clone, Serialize)]
pub struct CellView {
    /// `text`, `code`, `number`, `status` or `change`.
    pub kind: &'static str,
    /// The status or class, for its look.
    pub word: String,
    pub lines: Vec<String>,
}

impl CellView {
    fn text(text: impl Into<String>) -> CellView {
        CellView { kind: "text", word: String::new(), lines: vec![text.into()] }
    }

    fn lines(lines: Vec<String>) -> CellView {
        CellView { kind: "text", word: String::new(), lines }
    }

    fn code(text: impl Into<String>) -> CellView {
        CellView { kind: "code", word: String::new(), lines: vec![text.into()] }
    }

    fn number(count: impl ToString) -> CellView {
        CellView { kind: "number", word: String::new(), lines: vec![count.to_string()] }
    }
}

fn column(title: String, weight: u8) -> ColumnView {
    ColumnView { title, weight, is_number: false }
}

fn number_column(title: String) -> ColumnView {
    ColumnView { title, weight: 2, is_number: true }
}

/// Words for everything.
struct Build<'a> {
    wording: &'a Wording,
    extent: Extent,
}

/// The view of a comparison.
pub fn changes(set: &ChangeSet, wording: &Wording, extent: Extent) -> Changes {
    let build = Build { wording, extent };
    let mut sections = vec![build.clauses(set)];
    if set.frameworks.iter().any(|own| own.crossing.is_some()) {
        sections.push(build.crossings(set));
    }
    sections.push(build.causes(set));
    if !set.took_effect.is_empty() {
        sections.push(build.took_effect(set));
    }
    sections.extend([build.objectives(set), build.identities(set), build.exceptions(set), build.method()]);
    let counted = |change: Change| set.counts.get(&change).copied().unwrap_or_default();
    Changes {
        schema: "tickmark-changes-report/1".into(),
        strings: wording.strings.clone(),
        language: wording.language.clone(),
        title: wording.get("changes_title"),
        kind: wording.get("changes_kind"),
        organisation: set.after.organisation.clone(),
        id: format!("{} → {}", short(&set.before.root), short(&set.after.root)),
        tool: set.after.tool.clone(),
        date: day(&set.after.as_of),
        sides: build.sides(&[&set.before, &set.after], &["changes_before", "changes_after"]),
        marks: marks(&set.remarks),
        tiles: Change::ALL
            .iter()
            .filter(|change| counted(**change) > 0)
            .map(|change| TileView { word: change.word().into(), label: build.label("change", change.word()), count: counted(*change) })
            .collect(),
        summary: build.summary(set),
        bars: build.framework_bars(set),
        sections,
    }
}

/// The view of several assessments in a row.
pub fn trend(trend: &Trend, wording: &Wording, extent: Extent) -> Changes {
    let build = Build { wording, extent };
    let points: Vec<&SideRecord> = trend.points.iter().collect();
    let last = trend.points.last();
    let names: Vec<String> = trend.points.iter().map(|own| own.as_of.chars().take(10).collect()).collect();
    Changes {
        schema: "tickmark-changes-report/1".into(),
        strings: wording.strings.clone(),
        language: wording.language.clone(),
        title: wording.get("trend_title"),
        kind: wording.get("trend_kind"),
        organisation: last.map(|own| own.organisation.clone()).unwrap_or_default(),
        id: trend.points.iter().map(|own| short(&own.root)).collect::<Vec<_>>().join(" → "),
        tool: last.map(|own| own.tool.clone()).unwrap_or_default(),
        date: last.map_or((1970, 1, 1), |own| day(&own.as_of)),
        sides: build.sides(&points, &[]),
        marks: marks(&trend.remarks),
        tiles: Vec::new(),
        summary: build.fill("trend_summary", &[("points", trend.points.len().to_string()), ("open", trend.open.len().to_string())]),
        bars: build.trend_bars(trend, &names),
        sections: vec![
            build.trend_deviations(trend, &names),
            build.trend_coverage(trend, &names),
            build.trend_objectives(trend, &names),
            build.trend_remedied(trend),
            build.trend_open(trend),
        ],
    }
}

fn short(root: &str) -> String {
    root.chars().take(12).collect()
}

fn day(as_of: &str) -> (i16, i8, i8) {
    let Ok(at) = as_of.chars().take(10).collect::<String>().parse::<jiff::civil::Date>() else {
        return Instant::parse(as_of).map_or((1970, 1, 1), |_| (1970, 1, 1));
    };
    (at.year(), at.month(), at.day())
}

fn marks(remarks: &[crate::diff::Remark]) -> Vec<MarkView> {
    let view = |own: &crate::diff::Remark| MarkView { code: own.code.into(), text: own.text.clone(), is_grave: own.code == "broken-side" };
    remarks.iter().map(view).collect()
}

impl Build<'_> {
    fn t(&self, key: &str) -> String {
        self.wording.get(key)
    }

    fn label(&self, group: &str, word: &str) -> String {
        self.wording.label(group, word)
    }

    fn fill(&self, key: &str, values: &[(&str, String)]) -> String {
        values.iter().fold(self.t(key), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    fn status(&self, status: Option<Status>) -> CellView {
        match status {
            Some(status) => CellView { kind: "status", word: status.word().into(), lines: vec![self.label("status", status.word())] },
            None => CellView::text("–"),
        }
    }

    fn change(&self, change: Change) -> CellView {
        CellView { kind: "change", word: change.word().into(), lines: vec![self.label("change", change.word())] }
    }

    fn table(&self, caption: String, columns: Vec<ColumnView>, mut rows: Vec<Vec<CellView>>) -> TableView {
        let total = rows.len();
        let mut note = String::new();
        if self.extent == Extent::Page && total > ROWS_MAX {
            rows.truncate(ROWS_MAX);
            note = self.fill("changes_note", &[("shown", ROWS_MAX.to_string()), ("total", total.to_string())]);
        }
        TableView { caption, columns, rows, note }
    }

    /// What is compared, a column for each side.
    fn sides(&self, sides: &[&SideRecord], names: &[&str]) -> TableView {
        let mut columns = vec![column(String::new(), 3)];
        columns.extend(sides.iter().enumerate().map(|(at, side)| {
            let named = names.get(at).map_or_else(|| side.as_of.chars().take(10).collect(), |key| self.t(key));
            column(named, 6)
        }));
        let row = |key: &str, value: &dyn Fn(&SideRecord) -> CellView| {
            let mut cells = vec![CellView::text(self.t(key))];
            cells.extend(sides.iter().map(|side| value(side)));
            cells
        };
        let checked = |side: &SideRecord| {
            let word = match side.check.state {
                CheckState::WholePack => "whole_pack",
                CheckState::RecordOnly => "record_only",
                CheckState::Broken => "broken",
            };
            CellView::text(self.t(&format!("check_{word}")))
        };
        let same_scope = sides.windows(2).all(|pair| pair[0].scope == pair[1].scope);
        let mut rows = vec![
            row("organisation", &|side| CellView::text(side.organisation.clone())),
            row("period", &|side| CellView::text(format!("{} {} {}", side.period_from, self.t("to"), side.period_to))),
            row("as_of", &|side| CellView::text(side.as_of.clone())),
        ];
        if !same_scope {
            rows.push(row("scope", &|side| CellView::text(side.scope.clone())));
        }
        rows.push(row("root_short", &|side| CellView::code(side.root.clone())));
        rows.push(row("check", &checked));
        rows.push(row("clauses_total", &|side| CellView::text(side.clauses.to_string())));
        TableView { caption: String::new(), columns, rows, note: String::new() }
    }

    fn summary(&self, set: &ChangeSet) -> String {
        if set.is_empty() {
            return self.t("changes_none");
        }
        let started: usize = set.objectives.iter().map(|own| own.started.len()).sum();
        let stopped: usize = set.objectives.iter().map(|own| own.stopped.len()).sum();
        let repeated: usize = set.objectives.iter().map(|own| own.repeated).sum();
        self.fill(
            "changes_summary",
            &[
                ("entries", set.entries.len().to_string()),
                ("worse", set.worse().count().to_string()),
                ("started", started.to_string()),
                ("stopped", stopped.to_string()),
                ("repeated", repeated.to_string()),
            ],
        )
    }

    fn parts(&self, counts: &BTreeMap<Status, usize>) -> BarView {
        let total: usize = counts.values().sum();
        let parts = Status::ALL
            .iter()
            .map(|status| {
                let count = counts.get(status).copied().unwrap_or_default();
                StatusCount {
                    status: status.word().into(),
                    label: self.label("status", status.word()),
                    count,
                    permille: (count * 1000).checked_div(total).unwrap_or_default(),
                }
            })
            .collect();
        BarView { label: String::new(), total, parts }
    }

    fn framework_bars(&self, set: &ChangeSet) -> Vec<BarsView> {
        let at = |side: &SideRecord| side.as_of.chars().take(10).collect::<String>();
        let (old, new) = (at(&set.before), at(&set.after));
        set.frameworks
            .iter()
            .map(|own| BarsView {
                title: own.title.clone(),
                bars: [(&own.before, &own.statuses_before, &old), (&own.after, &own.statuses_after, &new)]
                    .into_iter()
                    .filter_map(|(name, counts, at)| Some(BarView { label: format!("{at}  {}", name.as_ref()?), ..self.parts(counts) }))
                    .collect(),
            })
            .collect()
    }

    fn clauses(&self, set: &ChangeSet) -> SectionView {
        let columns = || {
            vec![
                column(self.t("change"), 6),
                column(self.t("clause"), 4),
                column(self.t("label"), 6),
                column(self.t("changes_before"), 6),
                column(self.t("changes_after"), 6),
                column(self.t("changes_cause"), 12),
            ]
        };
        let mut by_framework: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in &set.entries {
            by_framework.entry(&entry.framework).or_default().push(entry);
        }
        let tables = by_framework
            .into_iter()
            .map(|(framework, entries)| {
                let rows = entries.into_iter().map(|entry| self.entry(entry)).collect();
                self.table(framework.to_owned(), columns(), rows)
            })
            .collect();
        self.section("clauses", tables)
    }

    fn section(&self, key: &str, tables: Vec<TableView>) -> SectionView {
        let is_empty = tables.iter().all(|table: &TableView| table.rows.is_empty());
        SectionView {
            anchor: format!("part-{}", key.replace('_', "-")),
            title: self.t(&format!("changes_{key}_title")),
            lead: self.t(&format!("changes_{key}_lead")),
            tables: if is_empty { Vec::new() } else { tables },
            none: if is_empty { self.t(&format!("changes_{key}_none")) } else { String::new() },
        }
    }

    fn entry(&self, entry: &Entry) -> Vec<CellView> {
        let ids = |list: &[ClauseAt]| list.iter().map(|own| own.clause.clone()).collect::<Vec<_>>().join(", ");
        let (old, new) = (ids(&entry.before), ids(&entry.after));
        let named = match (old.is_empty(), new.is_empty()) {
            (false, false) if old != new => format!("{old} → {new}"),
            (true, _) => new,
            _ => old,
        };
        let mut causes: Vec<String> = Vec::new();
        if !entry.why.is_empty() {
            causes.push(entry.why.clone());
        }
        causes.extend(entry.causes.iter().map(|cause| self.cause(cause)));
        vec![
            self.change(entry.change),
            CellView::code(named),
            CellView::text(entry.label.clone()),
            self.statuses(&entry.before),
            self.statuses(&entry.after),
            CellView::lines(causes),
        ]
    }

    /// One status, or how many clauses have which.
    fn statuses(&self, list: &[ClauseAt]) -> CellView {
        let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
        for own in list {
            *counts.entry(own.status).or_default() += 1;
        }
        match (list.len(), counts.keys().next()) {
            (0, _) | (_, None) => CellView::text("–"),
            (_, Some(status)) if counts.len() == 1 => self.status(Some(*status)),
            _ => CellView::lines(counts.iter().map(|(status, count)| format!("{count} {}", self.label("status", status.word()))).collect()),
        }
    }

    fn cause(&self, cause: &Cause) -> String {
        let sure = if cause.how == How::Inferred { format!(" ({})", self.t("how_inferred")) } else { String::new() };
        format!("{}{sure}: {}", self.label("cause", cause.kind.word()), cause.text)
    }

    fn causes(&self, set: &ChangeSet) -> SectionView {
        let mut counts: BTreeMap<(crate::diff::CauseKind, How), usize> = BTreeMap::new();
        for entry in &set.entries {
            let kinds: std::collections::BTreeSet<_> = entry.causes.iter().map(|cause| (cause.kind, cause.how)).collect();
            for kind in kinds {
                *counts.entry(kind).or_default() += 1;
            }
        }
        let rows = counts
            .into_iter()
            .map(|((kind, how), count)| {
                let how = match how {
                    How::Rejudged => "how_rejudged",
                    How::Recorded => "how_recorded",
                    How::Inferred => "how_inferred",
                };
                vec![CellView::text(self.label("cause", kind.word())), CellView::text(self.t(how)), CellView::number(count)]
            })
            .collect();
        let columns = vec![column(self.t("changes_cause"), 6), column(self.t("changes_how"), 6), number_column(self.t("changes_entries"))];
        self.section("causes", vec![self.table(String::new(), columns, rows)])
    }

    fn crossings(&self, set: &ChangeSet) -> SectionView {
        let rows = set.frameworks.iter().filter_map(|own| {
            let (crossing, before, after) = (own.crossing?, own.before.as_ref()?, own.after.as_ref()?);
            let mut row = vec![CellView::text(format!("{before} → {after}"))];
            row.extend(
                [
                    crossing.with_counterpart,
                    crossing.newly_asked,
                    crossing.withdrawn,
                    crossing.carried,
                    crossing.carried_in_part,
                    crossing.not_carried,
                ]
                .map(CellView::number),
            );
            Some(row)
        });
        let mut columns = vec![column(self.t("framework"), 6)];
        let keys = ["crossing_counterpart", "crossing_new", "crossing_withdrawn", "crossing_carried", "crossing_in_part", "crossing_not"];
        columns.extend(keys.iter().map(|key| ColumnView { weight: 3, ..number_column(self.t(key)) }));
        self.section("crossings", vec![self.table(String::new(), columns, rows.collect())])
    }

    fn took_effect(&self, set: &ChangeSet) -> SectionView {
        let rows = set.took_effect.iter().map(|own| {
            vec![
                CellView::text(own.framework.clone()),
                CellView::code(own.clause.clone()),
                CellView::text(own.label.clone()),
                CellView::text(own.effective.clone()),
                self.status(own.before),
                self.status(own.after),
            ]
        });
        let columns = vec![
            column(self.t("framework"), 4),
            column(self.t("clause"), 3),
            column(self.t("label"), 8),
            column(self.t("changes_binding"), 3),
            column(self.t("changes_before"), 5),
            column(self.t("changes_after"), 5),
        ];
        self.section("took_effect", vec![self.table(String::new(), columns, rows.collect())])
    }

    fn objectives(&self, set: &ChangeSet) -> SectionView {
        let moved = |own: &&crate::diff::ObjectiveChange| {
            own.status_before != own.status_after
                || own.tally_before != own.tally_after
                || !own.started.is_empty()
                || !own.stopped.is_empty()
        };
        let overview = set.objectives.iter().filter(moved).map(|own| {
            let count = |tally: Option<crate::assessment::Tally>| tally.map_or_else(|| "–".to_owned(), |tally| tally.failed.to_string());
            let population =
                |tally: Option<crate::assessment::Tally>| tally.map_or_else(|| "–".to_owned(), |tally| tally.population.to_string());
            vec![
                CellView::text(own.title.clone()),
                self.status(own.status_before),
                self.status(own.status_after),
                CellView::number(format!("{} → {}", population(own.tally_before), population(own.tally_after))),
                CellView::number(format!("{} → {}", count(own.tally_before), count(own.tally_after))),
                CellView::number(format!("+{}", own.started.len())),
                CellView::number(format!("−{}", own.stopped.len())),
                CellView::number(own.repeated),
            ]
        });
        let columns = vec![
            column(self.t("objective"), 8),
            column(self.t("changes_before"), 5),
            column(self.t("changes_after"), 5),
            ColumnView { weight: 3, ..number_column(self.t("population")) },
            ColumnView { weight: 3, ..number_column(self.t("deviations")) },
            number_column(self.t("changes_started")),
            number_column(self.t("changes_stopped")),
            number_column(self.t("changes_repeated")),
        ];
        let mut tables = vec![self.table(self.t("changes_objectives_overview"), columns, overview.collect())];
        for own in set.objectives.iter().filter(|own| !own.started.is_empty() || !own.stopped.is_empty()) {
            let rows = own.started.iter().map(|row| self.row(row, true)).chain(own.stopped.iter().map(|row| self.row(row, false)));
            tables.push(self.table(own.title.clone(), self.row_columns(), rows.collect()));
        }
        self.section("objectives", tables)
    }

    fn row_columns(&self) -> Vec<ColumnView> {
        vec![
            column(self.t("change"), 4),
            column(self.t("subject"), 9),
            column(self.t("changes_seen_before"), 9),
            column(self.t("changes_seen_after"), 9),
        ]
    }

    fn row(&self, row: &Row, began: bool) -> Vec<CellView> {
        let (word, key) = if began { ("worsened", "changes_began") } else { ("improved", "changes_ceased") };
        let (before, after) = (self.seen(row.before.as_ref(), row.because), self.seen(row.after.as_ref(), row.because));
        vec![CellView { kind: "change", word: word.into(), lines: vec![self.t(key)] }, CellView::code(row.subject.clone()), before, after]
    }

    fn seen(&self, seen: Option<&Seen>, because: &str) -> CellView {
        match seen {
            Some(Seen { outcome: Some(outcome), reason, .. }) => {
                CellView::text(format!("{}: {reason}", self.label("outcome", outcome.word())))
            }
            Some(seen) => CellView::text(seen.reason.clone()),
            None => CellView::text(self.t(match because {
                "new" => "changes_not_yet",
                "gone" => "changes_no_longer",
                _ => "changes_not_listed",
            })),
        }
    }

    fn identities(&self, set: &ChangeSet) -> SectionView {
        let moved = |own: &&IdentityChange| {
            matches!(own.standing, Standing::Kept | Standing::Renamed) && own.facts.iter().any(|fact| told_of_identity(fact.kind))
        };
        let standing = |wanted: Standing, key: &str| {
            let rows = set.identities.iter().filter(|own| own.standing == wanted).map(|own| {
                let facts: Vec<String> = own
                    .facts
                    .iter()
                    .map(|fact| format!("{}: {}", fact.objective, told(fact.after.as_ref().or(fact.before.as_ref()))))
                    .collect();
                vec![CellView::code(own.identity.clone()), CellView::lines(facts)]
            });
            let columns = vec![
                column(self.t("identity"), 6),
                column(self.t(if wanted == Standing::New { "changes_departs" } else { "changes_departed" }), 10),
            ];
            self.table(self.t(key), columns, rows.collect())
        };
        let changed = set.identities.iter().filter(moved).flat_map(|own| {
            own.facts.iter().filter(|fact| told_of_identity(fact.kind)).map(|fact| {
                vec![
                    CellView::text(self.label("fact", &kebab(fact.kind))),
                    CellView::code(fact.subject.clone()),
                    CellView::text(told(fact.before.as_ref())),
                    CellView::text(told(fact.after.as_ref())),
                ]
            })
        });
        let columns = vec![
            column(self.t("change"), 4),
            column(self.t("identity"), 8),
            column(self.t("changes_before"), 9),
            column(self.t("changes_after"), 9),
        ];
        let repeated = set.identities.iter().filter_map(|own| {
            let mut objectives: Vec<&str> =
                own.facts.iter().filter(|fact| fact.kind == FactKind::DeviationRepeated).map(|fact| fact.objective.as_str()).collect();
            objectives.dedup();
            (!objectives.is_empty()).then(|| {
                vec![CellView::code(own.identity.clone()), CellView::number(objectives.len()), CellView::text(objectives.join(", "))]
            })
        });
        let repeated_columns =
            vec![column(self.t("identity"), 8), number_column(self.t("changes_count")), column(self.t("changes_repeated_in"), 10)];
        let mut tables = vec![
            standing(Standing::New, "changes_identities_new"),
            standing(Standing::Retired, "changes_identities_retired"),
            self.table(self.t("changes_identities_changed"), columns, changed.collect()),
            self.table(self.t("changes_identities_repeated"), repeated_columns, repeated.collect()),
        ];
        tables.retain(|table| !table.rows.is_empty());
        let mut section = self.section("identities", tables);
        if !set.populations_known {
            section.lead = format!("{} {}", section.lead, self.t("changes_populations_unknown"));
        }
        section
    }

    fn exceptions(&self, set: &ChangeSet) -> SectionView {
        let rows = set.exceptions.iter().map(|own| {
            vec![
                CellView::text(self.label("cause", own.change.word())),
                CellView::text(format!("{} {}", own.id, own.title)),
                CellView::text(own.objective.clone()),
                CellView::text(own.expires_at.clone()),
                CellView::number(format!("{} → {}", own.covered_before, own.covered_after)),
            ]
        });
        let columns = vec![
            column(self.t("change"), 4),
            column(self.t("exception"), 8),
            column(self.t("objective"), 4),
            column(self.t("expires"), 4),
            number_column(self.t("covers")),
        ];
        self.section("exceptions", vec![self.table(String::new(), columns, rows.collect())])
    }

    fn method(&self) -> SectionView {
        SectionView {
            anchor: "part-method".into(),
            title: self.t("changes_method_title"),
            lead: self.t("changes_method_lead"),
            tables: Vec::new(),
            none: String::new(),
        }
    }

    fn trend_bars(&self, trend: &Trend, names: &[String]) -> Vec<BarsView> {
        trend
            .frameworks
            .iter()
            .map(|(framework, line)| BarsView {
                title: framework.clone(),
                bars: line
                    .iter()
                    .zip(names)
                    .map(|(at, name)| match at {
                        Some(at) => BarView { label: format!("{name}  {}", at.edition), ..self.parts(&at.counts) },
                        None => BarView { label: name.clone(), total: 0, parts: Vec::new() },
                    })
                    .collect(),
            })
            .collect()
    }

    fn trend_deviations(&self, trend: &Trend, names: &[String]) -> SectionView {
        let rows = names.iter().zip(trend.deviations.iter().zip(&trend.exceptions)).map(|(name, (own, exceptions))| {
            let or_dash = |count: Option<usize>| CellView::number(count.map_or_else(|| "–".to_owned(), |count| count.to_string()));
            vec![
                CellView::text(name.clone()),
                CellView::number(own.open),
                or_dash(own.opened),
                or_dash(own.closed),
                CellView::number(own.repeated),
                CellView::number(exceptions.active),
                CellView::number(exceptions.expired),
                CellView::number(exceptions.covered),
            ]
        });
        let mut columns = vec![ColumnView { weight: 3, ..column(self.t("as_of"), 3) }];
        let keys =
            ["trend_standing", "trend_opened", "trend_closed", "trend_repeated", "trend_exceptions", "trend_expired", "trend_covered"];
        columns.extend(keys.iter().map(|key| number_column(self.t(key))));
        self.section("trend_deviations", vec![self.table(String::new(), columns, rows.collect())])
    }

    fn trend_coverage(&self, trend: &Trend, names: &[String]) -> SectionView {
        let mut rows = Vec::new();
        for (framework, line) in &trend.frameworks {
            for (at, name) in line.iter().zip(names) {
                let Some(at) = at else { continue };
                let mut row = vec![CellView::text(framework.clone()), CellView::text(at.edition.clone()), CellView::text(name.clone())];
                row.extend(Status::ALL.iter().map(|status| CellView::number(at.counts.get(status).copied().unwrap_or_default())));
                rows.push(row);
            }
        }
        let mut columns = vec![column(self.t("framework"), 4), column(self.t("edition"), 4), column(self.t("as_of"), 3)];
        columns.extend(Status::ALL.iter().map(|status| number_column(self.label("status", status.word()))));
        self.section("trend_coverage", vec![self.table(String::new(), columns, rows)])
    }

    fn trend_objectives(&self, trend: &Trend, names: &[String]) -> SectionView {
        let rows = trend.objectives.values().filter(|line| line.iter().flatten().any(|at| at.tally.population > 0)).map(|line| {
            let title = line.iter().flatten().next_back().map(|at| at.title.clone()).unwrap_or_default();
            let mut row = vec![CellView::text(title)];
            row.extend(line.iter().map(|at| match at {
                Some(at) => CellView {
                    kind: "status",
                    word: at.status.word().into(),
                    lines: vec![
                        self.label("status", at.status.word()),
                        self.fill(
                            "trend_departing",
                            &[("failed", at.tally.failed.to_string()), ("tested", (at.tally.population - at.tally.skipped).to_string())],
                        ),
                    ],
                },
                None => CellView::text("–"),
            }));
            row
        });
        let mut columns = vec![column(self.t("objective"), 6)];
        columns.extend(names.iter().map(|name| column(name.clone(), 4)));
        self.section("trend_objectives", vec![self.table(String::new(), columns, rows.collect())])
    }

    fn trend_remedied(&self, trend: &Trend) -> SectionView {
        let rows = trend.remedied.iter().map(|(objective, own)| {
            vec![
                CellView::text(objective.clone()),
                CellView::number(own.count),
                CellView::number(own.days_at_most_median),
                CellView::number(own.days_at_most_max),
                CellView::number(own.days_at_least_max),
            ]
        });
        let mut columns = vec![column(self.t("objective"), 6)];
        columns.extend(
            ["trend_closed", "trend_median", "trend_at_most", "trend_at_least"]
                .iter()
                .map(|key| ColumnView { weight: 4, ..number_column(self.t(key)) }),
        );
        self.section("trend_remedied", vec![self.table(String::new(), columns, rows.collect())])
    }

    fn trend_open(&self, trend: &Trend) -> SectionView {
        let rows = trend.open.iter().map(|own| {
            vec![
                CellView::text(own.objective.clone()),
                CellView::code(own.subject.clone()),
                CellView::text(own.since.clone()),
                CellView::number(own.points),
                CellView::number(own.age_days),
            ]
        });
        let columns = vec![
            column(self.t("objective"), 5),
            column(self.t("subject"), 10),
            column(self.t("trend_since"), 5),
            number_column(self.t("trend_points")),
            number_column(self.t("trend_age")),
        ];
        self.section("trend_open", vec![self.table(String::new(), columns, rows.collect())])
    }
}

/// Facts worth a line of their own; that a deviation began or ended is told by objective.
fn told_of_identity(kind: FactKind) -> bool {
    match kind {
        FactKind::PrivilegeGrown
        | FactKind::OwnerChanged
        | FactKind::CredentialAdded
        | FactKind::CredentialRotated
        | FactKind::CredentialWithdrawn
        | FactKind::PrivilegeReduced
        | FactKind::GrantsChanged
        | FactKind::PurposeChanged
        | FactKind::ClassChanged
        | FactKind::StatusChanged
        | FactKind::ExpiryChanged
        | FactKind::Renamed
        | FactKind::DriftSinceReview => true,
        FactKind::DeviationBegan | FactKind::DeviationRepeated | FactKind::DeviationEnded => false,
    }
}

fn told(seen: Option<&Seen>) -> String {
    seen.map(|seen| seen.reason.clone()).unwrap_or_else(|| "–".into())
}

fn kebab<T: Serialize>(word: T) -> String {
    serde_json::to_value(word).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Every entry of a comparison as rows for a table of one's own: header and rows.
pub fn changes_csv(set: &ChangeSet) -> (Vec<String>, Vec<Vec<String>>) {
    let header = ["framework", "clause", "label", "change", "movement", "before", "after", "causes", "why"];
    let at = |list: &[ClauseAt]| list.iter().map(|own| format!("{} {}", own.clause, own.status)).collect::<Vec<_>>().join("; ");
    let rows = set.entries.iter().map(|entry| {
        let causes: Vec<&str> = entry.causes.iter().map(|cause| cause.kind.word()).collect();
        vec![
            entry.framework.clone(),
            entry.clause.clone(),
            entry.label.clone(),
            entry.change.word().to_owned(),
            kebab(entry.movement),
            at(&entry.before),
            at(&entry.after),
            causes.join("; "),
            entry.why.clone(),
        ]
    });
    (header.map(str::to_owned).to_vec(), rows.collect())
}

/// Every number of a trend in a row of its own: header and rows.
pub fn trend_csv(trend: &Trend) -> (Vec<String>, Vec<Vec<String>>) {
    let header = ["as_of", "root", "what", "name", "measure", "value"];
    let mut rows = Vec::new();
    for (at, point) in trend.points.iter().enumerate() {
        let mut add = |what: &str, name: &str, measure: &str, value: String| {
            rows.push([point.as_of.as_str(), point.root.as_str(), what, name, measure, &value].map(str::to_owned).to_vec());
        };
        for own in trend.frameworks.values().filter_map(|line| line[at].as_ref()) {
            for (status, count) in &own.counts {
                add("framework", &own.edition, status.word(), count.to_string());
            }
        }
        for (objective, own) in trend.objectives.iter().filter_map(|(id, line)| Some((id, line[at].as_ref()?))) {
            add("objective", objective, "status", own.status.to_string());
            for (measure, count) in [
                ("population", own.tally.population),
                ("passed", own.tally.passed),
                ("unproved", own.tally.unproved),
                ("failed", own.tally.failed),
                ("unknown", own.tally.unknown),
                ("skipped", own.tally.skipped),
            ] {
                add("objective", objective, measure, count.to_string());
            }
        }
        let own = trend.deviations[at];
        add("deviations", "all", "open", own.open.to_string());
        for (measure, count) in [("opened", own.opened), ("closed", own.closed)] {
            if let Some(count) = count {
                add("deviations", "all", measure, count.to_string());
            }
        }
        add("deviations", "all", "repeated", own.repeated.to_string());
        let own = trend.exceptions[at];
        for (measure, count) in [("active", own.active), ("expired", own.expired), ("covered", own.covered)] {
            add("exceptions", "all", measure, count.to_string());
        }
    }
    (header.map(str::to_owned).to_vec(), rows)
}
