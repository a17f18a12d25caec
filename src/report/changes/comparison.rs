//! The view of a comparison: what moved, clause by clause, objective by objective and identity by identity.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::kebab;
use super::{BarView, BarsView, Build, CellView, Changes, ChoiceView, ColumnView, Extent, FilterView, RowKeys, SectionView, TileView};
use super::{column, day, marks, number_column, short};
use crate::base::Status;
use crate::diff::{Cause, Change, ChangeSet, ClauseAt, Entry, Fact, FactKind, How, IdentityChange, Row, Seen, SideRecord, Standing};
use crate::report::Wording;

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
        filter: build.filter(set),
    }
}

impl Build<'_> {
    fn summary(&self, set: &ChangeSet) -> String {
        if set.is_empty() {
            return self.t("changes_none");
        }
        let started: usize = set.objectives.iter().map(|own| own.started.len()).sum();
        let stopped: usize = set.objectives.iter().map(|own| own.stopped.len()).sum();
        let repeated: usize = set.objectives.iter().map(|own| own.repeated).sum();
        let mut summary = self.fill(
            "changes_summary",
            &[
                ("entries", set.entries.len().to_string()),
                ("worse", set.worse().count().to_string()),
                ("started", started.to_string()),
                ("stopped", stopped.to_string()),
                ("repeated", repeated.to_string()),
            ],
        );
        let found: usize = set.objectives.iter().map(|own| own.found.len()).sum();
        let lost: usize = set.objectives.iter().map(|own| own.lost.len()).sum();
        for (key, count) in [("changes_summary_lost", lost), ("changes_summary_found", found)] {
            if count > 0 {
                summary.push(' ');
                summary.push_str(&self.fill(key, &[("count", count.to_string())]));
            }
        }
        summary
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

    /// What the entries can be told apart by, in the order of their lists.
    fn filter(&self, set: &ChangeSet) -> FilterView {
        let choice = |word: &str, label: String| ChoiceView { word: word.to_owned(), label };
        let frameworks: BTreeSet<&str> = set.entries.iter().map(|entry| entry.framework.as_str()).collect();
        let changes: BTreeSet<Change> = set.entries.iter().map(|entry| entry.change).collect();
        let causes: BTreeSet<_> = set.entries.iter().flat_map(|entry| &entry.causes).map(|cause| cause.kind).collect();
        FilterView {
            frameworks: frameworks.into_iter().map(|name| choice(name, name.to_owned())).collect(),
            changes: changes.into_iter().map(|own| choice(own.word(), self.label("change", own.word()))).collect(),
            causes: causes.into_iter().map(|own| choice(own.word(), self.label("cause", own.word()))).collect(),
        }
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
                self.listing(framework.to_owned(), columns(), entries, |entry| keys_of(entry), |entry| self.entry(entry))
            })
            .collect();
        self.section("clauses", tables)
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
            let kinds: BTreeSet<_> = entry.causes.iter().map(|cause| (cause.kind, cause.how)).collect();
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
                || own.tally_before.map(|own| (own.population, own.failed)) != own.tally_after.map(|own| (own.population, own.failed))
                || has_rows(own)
        };
        // Where everything was looked at on both sides, nobody needs the column.
        let any_unlooked = set.objectives.iter().any(|own| !own.found.is_empty() || !own.lost.is_empty());
        let overview = set.objectives.iter().filter(moved).map(|own| {
            let count = |tally: Option<crate::assessment::Tally>| tally.map_or_else(|| "–".to_owned(), |tally| tally.failed.to_string());
            let population =
                |tally: Option<crate::assessment::Tally>| tally.map_or_else(|| "–".to_owned(), |tally| tally.population.to_string());
            let mut row = vec![
                CellView::text(own.title.clone()),
                self.status(own.status_before),
                self.status(own.status_after),
                CellView::number(format!("{} → {}", population(own.tally_before), population(own.tally_after))),
                CellView::number(format!("{} → {}", count(own.tally_before), count(own.tally_after))),
                CellView::number(format!("+{}", own.started.len())),
                CellView::number(format!("−{}", own.stopped.len())),
                CellView::number(own.repeated),
            ];
            if any_unlooked {
                row.push(CellView::number(own.found.len() + own.lost.len()));
            }
            row
        });
        let mut columns = vec![
            column(self.t("objective"), 8),
            column(self.t("changes_before"), 5),
            column(self.t("changes_after"), 5),
            ColumnView { weight: 3, ..number_column(self.t("population")) },
            ColumnView { weight: 3, ..number_column(self.t("deviations")) },
            number_column(self.t("changes_started")),
            number_column(self.t("changes_stopped")),
            number_column(self.t("changes_repeated")),
        ];
        if any_unlooked {
            columns.push(ColumnView { weight: 3, ..number_column(self.t("changes_unlooked")) });
        }
        let mut tables = vec![self.table(self.t("changes_objectives_overview"), columns, overview.collect())];
        for own in set.objectives.iter().filter(|own| has_rows(own)) {
            let lists = [
                (&own.started, ("worsened", "changes_began")),
                (&own.stopped, ("improved", "changes_ceased")),
                (&own.lost, ("incomparable", "changes_lost")),
                (&own.found, ("incomparable", "changes_found")),
            ];
            let rows = lists.into_iter().flat_map(|(rows, said)| rows.iter().map(move |row| (row, said)));
            let row = |(row, said): &(&Row, (&'static str, &'static str))| self.row(row, *said);
            tables.push(self.listing(own.title.clone(), self.row_columns(), rows, by_text, row));
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

    fn row(&self, row: &Row, (word, key): (&'static str, &'static str)) -> Vec<CellView> {
        let (before, after) = (self.seen(row.before.as_ref(), row.because), self.seen(row.after.as_ref(), row.because));
        vec![CellView { kind: "change", word: word.into(), lines: vec![self.t(key)] }, CellView::code(row.subject), before, after]
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
                "not-looked-at" => "changes_not_looked_at",
                _ => "changes_not_listed",
            })),
        }
    }

    fn identities(&self, set: &ChangeSet) -> SectionView {
        let moved = |own: &&IdentityChange| {
            matches!(own.standing, Standing::Kept | Standing::Renamed) && own.facts.iter().any(|fact| told_of_identity(fact.kind))
        };
        let owner = |own: &IdentityChange| CellView::text(own.owner.unwrap_or("–"));
        let standing = |wanted: Standing, key: &str| {
            // They stand by standing.
            let from = set.identities.partition_point(|own| own.standing < wanted);
            let list = set.identities[from..].iter().take_while(|own| own.standing == wanted);
            let row = |own: &&IdentityChange| {
                let seen = |fact: &Fact| format!("{}: {}", fact.objective, told(fact.after.as_deref().or(fact.before.as_deref())));
                vec![CellView::code(own.identity), owner(own), CellView::lines(own.facts.iter().map(seen).collect())]
            };
            let columns = vec![
                column(self.t("identity"), 6),
                column(self.t("owner"), 4),
                column(self.t(if matches!(wanted, Standing::New | Standing::Found) { "changes_departs" } else { "changes_departed" }), 10),
            ];
            self.listing(self.t(key), columns, list, by_text, row)
        };
        let changed = set
            .identities
            .iter()
            .filter(moved)
            .flat_map(|own| own.facts.iter().filter(|fact| told_of_identity(fact.kind)).map(move |fact| (own, fact)));
        let changed_row = |(own, fact): &(&IdentityChange, &Fact)| {
            vec![
                CellView::text(self.label("fact", &kebab(fact.kind))),
                CellView::code(fact.subject),
                owner(own),
                CellView::text(told(fact.before.as_deref())),
                CellView::text(told(fact.after.as_deref())),
            ]
        };
        let columns = vec![
            column(self.t("change"), 4),
            column(self.t("identity"), 8),
            column(self.t("owner"), 4),
            column(self.t("changes_before"), 9),
            column(self.t("changes_after"), 9),
        ];
        let stays = |own: &&IdentityChange| own.facts.iter().any(|fact| fact.kind == FactKind::DeviationRepeated);
        let repeated = set.identities.iter().filter(stays);
        let repeated_row = |own: &&IdentityChange| {
            let mut objectives: Vec<&str> =
                own.facts.iter().filter(|fact| fact.kind == FactKind::DeviationRepeated).map(|fact| fact.objective).collect();
            objectives.dedup();
            vec![CellView::code(own.identity), owner(own), CellView::number(objectives.len()), CellView::text(objectives.join(", "))]
        };
        let repeated_columns = vec![
            column(self.t("identity"), 8),
            column(self.t("owner"), 4),
            number_column(self.t("changes_count")),
            column(self.t("changes_repeated_in"), 10),
        ];
        // To go through a million of them for each takes a while.
        let (changed, repeated) = rayon::join(
            || self.listing(self.t("changes_identities_changed"), columns, changed, by_text, changed_row),
            || self.listing(self.t("changes_identities_repeated"), repeated_columns, repeated, by_text, repeated_row),
        );
        // That everything of one assessment stays as it is there is nothing to be told.
        let is_same = set.before.root == set.after.root;
        let mut tables = vec![
            standing(Standing::New, "changes_identities_new"),
            standing(Standing::Found, "changes_identities_found"),
            standing(Standing::Retired, "changes_identities_retired"),
            standing(Standing::Unseen, "changes_identities_unseen"),
            changed,
            repeated,
        ];
        tables.retain(|table| !table.rows.is_empty() && !is_same);
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
}

/// Whether some subject began or ceased to depart, or was looked at on one side only.
fn has_rows(own: &crate::diff::ObjectiveChange) -> bool {
    [&own.started, &own.stopped, &own.found, &own.lost].iter().any(|rows| !rows.is_empty())
}

fn keys_of(entry: &Entry) -> RowKeys {
    let causes: BTreeSet<&str> = entry.causes.iter().map(|cause| cause.kind.word()).collect();
    RowKeys {
        framework: entry.framework.clone(),
        change: entry.change.word().to_owned(),
        causes: causes.into_iter().map(str::to_owned).collect(),
    }
}

/// Keys of a row that only its text tells apart.
fn by_text<T>(_: &T) -> RowKeys {
    RowKeys::default()
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
        FactKind::DeviationBegan
        | FactKind::DeviationRepeated
        | FactKind::DeviationEnded
        | FactKind::DeviationFound
        | FactKind::DeviationUnseen => false,
    }
}

fn told(seen: Option<&Seen>) -> String {
    seen.map(|seen| seen.reason.to_string()).unwrap_or_else(|| "–".into())
}
