//! The evidence compared with the register and with the period: reconciliation and coverage.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Controls, Workspace};
use crate::assessment::{CoverageRecord, DiscrepancyRecord, OperationRecord, PlaceRecord, ReconciliationRecord, SpanRecord};
use crate::base::{Instant, Table};
use crate::evidence::{Artifact, ArtifactState, Extent, Ledger};

/// The derived table that holds the comparison.
pub const RECONCILIATION: &str = "reconciliation";

/// Counts by place and everything that does not agree, from the table `reconciliation`.
pub fn reconciliation(ledger: &Ledger) -> ReconciliationRecord {
    let used = || ledger.artifacts.values().filter(|artifact| artifact.state == ArtifactState::Used && artifact.meta.rows.is_some());
    let mut record = ReconciliationRecord {
        counts_stated: used().count(),
        counts_found: used().filter(|artifact| artifact.extent == Extent::Complete).count(),
        ..ReconciliationRecord::default()
    };
    let mut places: BTreeMap<(String, String), PlaceRecord> = BTreeMap::new();
    ledger.scan(RECONCILIATION, |table| {
        (0..table.len()).for_each(|row| count_row(&table, row, ledger, &mut places, &mut record.discrepancies))
    });
    let rank =
        |kind: &str| ["conflict", "ambiguous", "duplicate", "only-in-register", "only-in-source"].iter().position(|own| *own == kind);
    record.discrepancies.sort_by(|one, two| {
        (rank(&one.kind), &one.subject, &one.artifact, &one.record).cmp(&(rank(&two.kind), &two.subject, &two.artifact, &two.record))
    });
    record.places = places.into_values().collect();
    record
}

fn count_row(
    table: &Table,
    row: usize,
    ledger: &Ledger,
    places: &mut BTreeMap<(String, String), PlaceRecord>,
    discrepancies: &mut Vec<DiscrepancyRecord>,
) {
    let text = |column: &str| table.text(row, column).map(str::to_owned);
    let kind = text("kind").unwrap_or_default();
    let key = (text("platform").unwrap_or_default(), text("scope").unwrap_or_default());
    let place = places.entry(key.clone()).or_insert_with(|| PlaceRecord { platform: key.0, scope: key.1, ..PlaceRecord::default() });
    match kind.as_str() {
        "in-both" => place.in_both += 1,
        "only-in-source" => place.only_in_source += 1,
        "only-in-register" => place.only_in_register += 1,
        "ambiguous" => place.ambiguous += 1,
        "provider-managed" => place.provider_managed += 1,
        _ => {}
    }
    if !matches!(kind.as_str(), "in-both" | "provider-managed") {
        discrepancies.push(DiscrepancyRecord {
            kind,
            subject: ledger.masker.apply(&text("subject").unwrap_or_default()),
            says: ledger.masker.apply(&text("says").unwrap_or_default()),
            artifact: text("artifact").unwrap_or_default(),
            record: text("record").unwrap_or_default(),
            other_artifact: text("other_artifact"),
            other_record: text("other_record"),
        });
    }
}

/// What each kind of export says of the period, gaps included.
pub fn coverage(controls: &Controls, workspace: &Workspace, ledger: &Ledger) -> Vec<CoverageRecord> {
    let mut groups: BTreeMap<(&str, Option<&str>), Vec<&Artifact>> = BTreeMap::new();
    for artifact in ledger.artifacts.values().filter(|artifact| artifact.state == ArtifactState::Used) {
        let Some(adapter) = artifact.adapter.as_deref() else { continue };
        groups.entry((adapter, artifact.meta.instance.as_deref())).or_default().push(artifact);
    }
    let zone = TimeZone::get(&workspace.stated.zone).unwrap_or(TimeZone::UTC);
    let period = (workspace.stated.period.from.date(), workspace.stated.period.to.date());
    groups
        .into_iter()
        .map(|((adapter, instance), artifacts)| {
            let over_time = |table: &str| controls.tables.get(table).is_some_and(|table| table.over_time.is_some());
            let stated: Vec<(Date, Date)> =
                artifacts.iter().filter_map(|artifact| artifact.meta.period).map(|days| (days.from.date(), days.to.date())).collect();
            let told: Vec<(Date, Date)> = artifacts
                .iter()
                .filter_map(|artifact| Some((day_of(artifact.told_from?, &zone)?, day_of(artifact.told_to?, &zone)?)))
                .collect();
            let latest_only = controls.adapters.get(adapter).is_some_and(|adapter| adapter.declared.latest_only);
            let logs = !latest_only && artifacts.iter().any(|artifact| artifact.feeds.iter().any(|table| over_time(table)));
            let (kind, basis, days) = match (stated.is_empty(), logs) {
                (false, _) => ("over-time", Some("stated"), stated),
                (true, true) => ("over-time", Some("told"), told),
                (true, false) => ("point-in-time", None, Vec::new()),
            };
            let days = merged(days);
            let covers = if kind == "over-time" {
                days.iter().map(|(from, to)| format!("{from} {to}")).collect()
            } else {
                let mut instants: Vec<_> = artifacts.iter().filter_map(|artifact| artifact.collected_at.as_ref()).collect();
                instants.sort_by_key(|at| at.micros());
                instants.into_iter().map(|at| at.written().to_owned()).collect()
            };
            CoverageRecord {
                adapter: adapter.to_owned(),
                title: controls.adapters.get(adapter).map(|adapter| adapter.title.clone()).unwrap_or_default(),
                instance: instance.map(str::to_owned),
                kind: kind.to_owned(),
                basis: basis.map(str::to_owned),
                gaps: if kind == "over-time" { gaps(period, &days) } else { Vec::new() },
                covers,
                outside: artifacts.iter().map(|artifact| artifact.outside).sum(),
                artifacts: artifacts.iter().map(|artifact| artifact.path.clone()).collect(),
            }
        })
        .collect()
}

/// What the artifacts of an objective can show in time.
pub fn span(evidence: &[String], coverage: &[CoverageRecord]) -> SpanRecord {
    let bearing = || coverage.iter().filter(|own| own.artifacts.iter().any(|path| evidence.contains(path)));
    let mut instants: Vec<Instant> = bearing()
        .filter(|own| own.kind == "point-in-time")
        .flat_map(|own| own.covers.iter().filter_map(|text| Instant::parse(text).ok()))
        .collect();
    instants.sort_by_key(Instant::micros);
    let ends = [instants.first(), instants.last().filter(|last| instants.first() != Some(last))];
    SpanRecord {
        design: ends.into_iter().flatten().map(|at| at.written().to_owned()).collect(),
        operation: bearing()
            .filter(|own| own.kind == "over-time")
            .map(|own| OperationRecord {
                adapter: own.adapter.clone(),
                instance: own.instance.clone(),
                days: own.covers.clone(),
                gaps: own.gaps.clone(),
            })
            .collect(),
    }
}

fn day_of(micros: i64, zone: &TimeZone) -> Option<Date> {
    Some(jiff::Timestamp::from_microsecond(micros).ok()?.to_zoned(zone.clone()).date())
}

/// Ranges of days in order, those that touch put together.
fn merged(mut days: Vec<(Date, Date)>) -> Vec<(Date, Date)> {
    days.sort();
    let mut merged: Vec<(Date, Date)> = Vec::new();
    for (from, to) in days {
        match merged.last_mut() {
            Some(last) if last.1.tomorrow().is_ok_and(|next| from <= next) => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// The days of a period that no range covers.
fn gaps(period: (Date, Date), days: &[(Date, Date)]) -> Vec<String> {
    let mut gaps = Vec::new();
    let mut next = period.0;
    for (from, to) in days {
        if *from > next
            && let Ok(before) = from.yesterday()
            && next <= period.1
        {
            gaps.push(format!("{next} {}", before.min(period.1)));
        }
        match to.tomorrow() {
            Ok(after) => next = next.max(after),
            Err(_) => return gaps,
        }
    }
    if next <= period.1 {
        gaps.push(format!("{next} {}", period.1));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn gaps_are_what_no_range_covers() {
        let quarter = (date(2026, 7, 1), date(2026, 9, 30));
        let days = |ranges: &[(i8, i8, i8, i8)]| {
            merged(ranges.iter().map(|(m1, d1, m2, d2)| (date(2026, *m1, *d1), date(2026, *m2, *d2))).collect())
        };
        assert_eq!(gaps(quarter, &days(&[])), ["2026-07-01 2026-09-30"]);
        assert!(gaps(quarter, &days(&[(6, 1, 10, 5)])).is_empty());
        assert!(gaps(quarter, &days(&[(7, 1, 8, 15), (8, 16, 9, 30)])).is_empty(), "ranges that touch leave no gap");
        assert_eq!(
            gaps(quarter, &days(&[(7, 10, 7, 20), (9, 1, 9, 29)])),
            ["2026-07-01 2026-07-09", "2026-07-21 2026-08-31", "2026-09-30 2026-09-30"]
        );
        assert_eq!(gaps(quarter, &days(&[(1, 1, 2, 1), (11, 1, 12, 1)])), ["2026-07-01 2026-09-30"], "all of it lies outside");
    }

    proptest! {
        #[test]
        fn every_day_is_covered_or_in_a_gap(ranges in prop::collection::vec((0_i16..150, 0_i16..40), 0..8)) {
            let start = date(2026, 6, 1);
            let day = |offset: i16| start.checked_add(jiff::Span::new().days(i64::from(offset))).unwrap();
            let days = merged(ranges.iter().map(|(from, length)| (day(*from), day(from + length))).collect());
            let period = (date(2026, 7, 1), date(2026, 9, 30));
            let gaps = gaps(period, &days);
            let in_gap = |at: Date| gaps.iter().any(|gap| gap[..10].parse::<Date>().unwrap() <= at && at <= gap[11..].parse::<Date>().unwrap());
            let mut at = period.0;
            while at <= period.1 {
                let covered = ranges.iter().any(|(from, length)| day(*from) <= at && at <= day(from + length));
                prop_assert!(covered != in_gap(at), "{at}: {gaps:?}");
                at = at.tomorrow().unwrap();
            }
        }
    }
}
