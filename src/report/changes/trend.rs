//! The view of several assessments in a row.

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
        summary: build.fill("trend_summary", &[("points", trend.points.len().to_string()), ("open", trend.open.len().to_string())]),
        bars: build.trend_bars(trend, &names),
        sections: vec![
            build.trend_deviations(trend, &names),
            build.trend_coverage(trend, &names),
            build.trend_objectives(trend, &names),
            build.trend_remedied(trend),
            build.trend_open(trend),
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
