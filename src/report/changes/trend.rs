//! The view of several assessments in a row.

use std::collections::BTreeSet;

use super::{BarView, BarsView, Build, CellView, Changes, ColumnView, Extent, FilterView, SectionView};
use super::{column, day, marks, number_column, short};
use crate::base::Status;
use crate::diff::SideRecord;
use crate::diff::trend::Trend;
use crate::report::Wording;

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
        summary: build.trend_summary(trend),
        bars: build.trend_bars(trend, &names),
        sections: vec![
            build.trend_deviations(trend, &names),
            build.trend_coverage(trend, &names),
            build.trend_objectives(trend, &names),
            build.trend_remedied(trend),
            build.trend_open(trend),
            build.trend_unseen(trend),
        ],
        filter: FilterView::default(),
    }
}

impl Build<'_> {
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

    fn trend_summary(&self, trend: &Trend) -> String {
        let counts = [("points", trend.points.len()), ("open", trend.open.len()), ("unseen", trend.not_looked_at.len())];
        let counts = counts.map(|(name, count)| (name, count.to_string()));
        let all = self.fill("trend_summary", &counts);
        if trend.not_looked_at.is_empty() { all } else { format!("{all} {}", self.fill("trend_summary_unseen", &counts)) }
    }

    fn trend_deviations(&self, trend: &Trend, names: &[String]) -> SectionView {
        let row = |name: &String, cells: Vec<CellView>| std::iter::once(CellView::text(name.clone())).chain(cells).collect();
        let deviations = names.iter().zip(&trend.deviations).map(|(name, own)| {
            let against = [own.before, own.opened, own.closed, own.left, own.not_looked_at];
            let mut cells: Vec<CellView> = against.into_iter().map(or_dash).collect();
            cells.extend([own.open, own.repeated, own.again].map(CellView::number));
            row(name, cells)
        });
        let exceptions = names
            .iter()
            .zip(&trend.exceptions)
            .map(|(name, own)| row(name, [own.active, own.expired, own.covered].map(CellView::number).to_vec()));
        let table = |caption: &str, keys: &[&str], rows: Vec<Vec<CellView>>| {
            let mut columns = vec![ColumnView { weight: 3, ..column(self.t("as_of"), 3) }];
            columns.extend(keys.iter().map(|key| number_column(self.t(key))));
            self.table(self.t(caption), columns, rows)
        };
        let keys = [
            "trend_before",
            "trend_opened",
            "trend_closed",
            "trend_closed_left",
            "trend_not_looked_at",
            "trend_standing",
            "trend_repeated",
            "trend_again",
        ];
        self.section(
            "trend_deviations",
            vec![
                table("trend_deviations", &keys, deviations.collect()),
                table("trend_exceptions", &["trend_in_force", "trend_expired", "trend_covered"], exceptions.collect()),
            ],
        )
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
        let objectives: BTreeSet<&String> = trend.remedied.keys().chain(trend.not_remedied.keys()).collect();
        let rows = objectives.into_iter().map(|objective| {
            let own = trend.remedied.get(objective);
            let otherwise = trend.not_remedied.get(objective).copied().unwrap_or_default();
            vec![
                CellView::text(objective.clone()),
                CellView::number(own.map_or(0, |own| own.count)),
                or_dash(own.map(|own| own.days_at_most_median)),
                or_dash(own.map(|own| own.days_at_most_max)),
                or_dash(own.map(|own| own.days_at_least_max)),
                CellView::number(otherwise.left),
                CellView::number(otherwise.not_listed),
            ]
        });
        let mut columns = vec![column(self.t("objective"), 6)];
        columns.extend(
            ["trend_put_right", "trend_median", "trend_at_most", "trend_at_least", "trend_left", "trend_not_listed"]
                .iter()
                .map(|key| ColumnView { weight: 3, ..number_column(self.t(key)) }),
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
                CellView::number(own.not_looked_at),
                CellView::number(own.age_days),
            ]
        });
        let columns = vec![
            column(self.t("objective"), 5),
            column(self.t("subject"), 8),
            column(self.t("trend_since"), 6),
            number_column(self.t("trend_points")),
            number_column(self.t("trend_not_looked_at")),
            number_column(self.t("trend_age")),
        ];
        self.section("trend_open", vec![self.table(String::new(), columns, rows.collect())])
    }

    fn trend_unseen(&self, trend: &Trend) -> SectionView {
        let rows = trend.not_looked_at.iter().map(|own| {
            vec![
                CellView::text(own.objective.clone()),
                CellView::code(own.subject.clone()),
                CellView::text(own.since.clone()),
                CellView::text(own.seen_last.clone()),
                CellView::number(own.points),
            ]
        });
        let columns = vec![
            column(self.t("objective"), 4),
            column(self.t("subject"), 8),
            column(self.t("trend_since"), 7),
            column(self.t("trend_seen_last"), 7),
            number_column(self.t("trend_points")),
        ];
        self.section("trend_unseen", vec![self.table(String::new(), columns, rows.collect())])
    }
}

fn or_dash(count: Option<impl ToString>) -> CellView {
    CellView::number(count.map_or_else(|| "–".to_owned(), |count| count.to_string()))
}
