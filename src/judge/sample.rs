//! What the auditor's testing of a sample says of an objective.
//!
//! Results can weaken a status and never strengthen it: a failed item is a deviation, an item that is not tested keeps the objective
//! open, and so does a draw that cannot be made again. A failed item counts even then.

use std::collections::BTreeMap;

use crate::assessment::{Reason, RowRef};
use crate::base::Status;

/// One draw as it bears on one objective.
#[derive(Debug, Clone)]
pub struct Draw {
    pub id: String,
    /// Why it cannot be drawn again as stated; none where it can.
    pub flaw: Option<String>,
    /// Every drawn member, and every other one that results were stated for.
    pub items: Vec<DrawnItem>,
}

/// One item with what counts of its result.
#[derive(Debug, Clone)]
pub struct DrawnItem {
    pub subject: String,
    pub result: ItemResult,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemResult {
    Passed,
    Failed,
    /// Not tested, or by a result that does not count.
    Open,
}

/// The name that citations of results carry: they are a statement of the workspace.
const SAMPLES: &str = "samples.yaml";

/// Adds what samples say to a status that something else gave. `excepted` holds subjects whose deviation an exception covers.
pub fn sampled(status: Status, reasons: &mut Vec<Reason>, draws: &[Draw], objective: &str, excepted: &BTreeMap<String, String>) -> Status {
    let mut result = status;
    for draw in draws {
        let reason = |code: &str, text: String, items: &[&DrawnItem]| Reason {
            code: code.to_owned(),
            text,
            objective: Some(objective.to_owned()),
            artifacts: vec![SAMPLES.to_owned()],
            rows: rows_of(&draw.id, items),
        };
        let of = |wanted: ItemResult| draw.items.iter().filter(|item| item.result == wanted).collect::<Vec<_>>();
        let total = draw.items.len();
        let id = &draw.id;
        let (covered, failed): (Vec<&DrawnItem>, Vec<&DrawnItem>) =
            of(ItemResult::Failed).into_iter().partition(|item| excepted.contains_key(&item.subject));
        let (passed, open) = (of(ItemResult::Passed), of(ItemResult::Open));
        let mut weakening = Vec::new();
        if !failed.is_empty() {
            weakening.push(reason(
                "sample-failed",
                format!("{} of {total} items of the sample {id} failed when they were tested.", failed.len()),
                &failed,
            ));
            result = result.min(Status::NotSatisfied);
        }
        if !covered.is_empty() {
            let text = format!("{} of {total} items of the sample {id} failed under an approved exception.", covered.len());
            weakening.push(reason("sample-excepted", text, &covered));
        }
        if let Some(flaw) = &draw.flaw {
            weakening.push(reason("sample-not-redrawn", format!("The sample {id} cannot be drawn again as stated: {flaw}"), &[]));
        }
        if !open.is_empty() {
            weakening.push(reason("sample-open", format!("{} of {total} items of the sample {id} are not tested.", open.len()), &open));
        }
        if !weakening.is_empty() && result == Status::Satisfied {
            result = Status::PartiallySatisfied;
        }
        // What decides comes first.
        if result < status || !failed.is_empty() {
            reasons.splice(0..0, weakening);
        } else {
            reasons.extend(weakening);
        }
        if !passed.is_empty() {
            reasons.push(reason(
                "sample-passed",
                format!("{} of {total} items of the sample {id} were tested and passed.", passed.len()),
                &[],
            ));
        }
    }
    result
}

fn rows_of(id: &str, items: &[&DrawnItem]) -> Vec<RowRef> {
    const CITED_MAX: usize = 10;
    items
        .iter()
        .take(CITED_MAX)
        .map(|item| RowRef { subject: item.subject.clone(), artifact: SAMPLES.to_owned(), record: id.to_owned() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ItemResult::{Failed, Open, Passed};
    use proptest::prelude::*;

    fn draw(results: &[ItemResult], flaw: Option<&str>) -> Draw {
        let items = results.iter().enumerate().map(|(at, result)| DrawnItem { subject: format!("s{at}"), result: *result }).collect();
        Draw { id: "S-1".into(), flaw: flaw.map(str::to_owned), items }
    }

    /// Status before, results of the items, why the draw cannot be made again, excepted subjects; status after, codes of the reasons.
    type Row = (Status, &'static [ItemResult], Option<&'static str>, &'static [&'static str], Status, &'static [&'static str]);

    /// The status, and the codes of the reasons in their order.
    fn judged(status: Status, draws: &[Draw], excepted: &[&str]) -> (Status, Vec<String>) {
        let mut reasons = vec![Reason { code: "proved".into(), text: String::new(), objective: None, artifacts: vec![], rows: vec![] }];
        let excepted = excepted.iter().map(|subject| ((*subject).to_owned(), "EX".to_owned())).collect();
        let status = sampled(status, &mut reasons, draws, "o", &excepted);
        (status, reasons.into_iter().map(|reason| reason.code).collect())
    }

    #[test]
    fn the_rules_are_this_table() {
        use Status::{NotAssessed, NotSatisfied, PartiallySatisfied, Satisfied};
        let table: &[Row] = &[
            (Satisfied, &[Passed, Passed], None, &[], Satisfied, &["proved", "sample-passed"]),
            (Satisfied, &[Passed, Open], None, &[], PartiallySatisfied, &["sample-open", "proved", "sample-passed"]),
            (Satisfied, &[Passed, Failed], None, &[], NotSatisfied, &["sample-failed", "proved", "sample-passed"]),
            (Satisfied, &[Failed], None, &["s0"], PartiallySatisfied, &["sample-excepted", "proved"]),
            (Satisfied, &[Passed], Some("why"), &[], PartiallySatisfied, &["sample-not-redrawn", "proved", "sample-passed"]),
            (Satisfied, &[Failed], Some("why"), &[], NotSatisfied, &["sample-failed", "sample-not-redrawn", "proved"]),
            (NotAssessed, &[Passed], None, &[], NotAssessed, &["proved", "sample-passed"]),
            (NotAssessed, &[Open], None, &[], NotAssessed, &["proved", "sample-open"]),
            (NotAssessed, &[Failed], None, &[], NotSatisfied, &["sample-failed", "proved"]),
            (PartiallySatisfied, &[Passed], None, &[], PartiallySatisfied, &["proved", "sample-passed"]),
            (NotSatisfied, &[Passed], None, &[], NotSatisfied, &["proved", "sample-passed"]),
        ];
        for (status, results, flaw, excepted, expected, codes) in table {
            let (got, told) = judged(*status, &[draw(results, *flaw)], excepted);
            assert_eq!(
                (got, told.iter().map(String::as_str).collect::<Vec<_>>()),
                (*expected, codes.to_vec()),
                "{status:?} {results:?} {flaw:?}"
            );
        }
        assert_eq!(judged(Satisfied, &[], &[]).0, Satisfied);
    }

    fn any_result() -> impl Strategy<Value = ItemResult> {
        prop_oneof![Just(Passed), Just(Failed), Just(Open)]
    }

    proptest! {
        #[test]
        fn a_sample_never_strengthens_and_more_failures_never_help(
            start in prop_oneof![Just(Status::Satisfied), Just(Status::PartiallySatisfied), Just(Status::NotAssessed), Just(Status::NotSatisfied)],
            results in prop::collection::vec(any_result(), 0..6),
            at in 0_usize..6,
        ) {
            let before = judged(start, &[draw(&results, None)], &[]).0;
            prop_assert!(before <= start);
            let mut worse = results.clone();
            if at < worse.len() { worse[at] = Failed } else { worse.push(Failed) }
            prop_assert!(judged(start, &[draw(&worse, None)], &[]).0 <= before);
        }
    }
}
