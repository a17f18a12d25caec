use super::*;
use proptest::prelude::*;

fn observation(subject: &str, outcome: Outcome) -> Observation {
    Observation {
        subject: subject.into(),
        outcome,
        reason: "because".into(),
        artifact: "a".into(),
        record: "line:1".into(),
        identity: None,
        proved: true,
        contradicted: false,
    }
}

fn sound() -> Reliance {
    Reliance { path: "a".into(), freshness: Freshness::Fresh, extent: Extent::Complete, rejected: 0 }
}

fn stale() -> Reliance {
    Reliance { freshness: Freshness::Stale { age_days: 100, limit_days: 30 }, ..sound() }
}

fn observed(outcomes: &[Outcome], reliances: Vec<Reliance>) -> Evidence {
    let mut observations: Vec<Observation> =
        outcomes.iter().enumerate().map(|(index, outcome)| observation(&format!("s{index}"), *outcome)).collect();
    weigh(&mut observations, &reliances, &[]);
    Evidence::Observed { seen: observations.into_iter().collect(), reliances, not_collected: vec![] }
}

fn empty(means: EmptyMeaning) -> EmptyPopulation {
    EmptyPopulation { means, because: "Nothing was found.".into() }
}

/// The whole rule table for one objective; the book prints the same table.
#[test]
fn the_rule_table_of_objectives() {
    use Outcome::{Fail, Pass, Skip, Unknown};
    use Status::{NotAssessed, NotSatisfied, PartiallySatisfied, Satisfied};
    let undated = || Reliance { freshness: Freshness::Undated, ..sound() };
    let cut = || Reliance { extent: Extent::Incomplete, ..sound() };
    let unknown_extent = || Reliance { extent: Extent::Unknown, ..sound() };
    let rejecting = || Reliance { rejected: 2, ..sound() };
    let nothing = empty(EmptyMeaning::NotAssessed);
    let good = empty(EmptyMeaning::Satisfied);
    let table: Vec<(&str, Evidence, &EmptyPopulation, Status, &str)> = vec![
        ("all pass", observed(&[Pass, Pass], vec![sound()]), &nothing, Satisfied, "proved"),
        ("a skip changes nothing", observed(&[Pass, Skip], vec![sound()]), &nothing, Satisfied, "proved"),
        ("one fails", observed(&[Pass, Fail], vec![sound()]), &nothing, NotSatisfied, "deviations"),
        ("a failure on stale evidence still fails", observed(&[Pass, Fail], vec![stale()]), &nothing, NotSatisfied, "deviations"),
        ("a failure in a cut export still fails", observed(&[Fail], vec![cut()]), &nothing, NotSatisfied, "deviations"),
        ("one cannot be told", observed(&[Pass, Unknown], vec![sound()]), &nothing, PartiallySatisfied, "not-knowable"),
        ("none can be told", observed(&[Unknown], vec![sound()]), &nothing, NotAssessed, "not-knowable"),
        ("all stale", observed(&[Pass, Pass], vec![stale()]), &nothing, NotAssessed, "stale-evidence"),
        ("all undated", observed(&[Pass], vec![undated()]), &nothing, NotAssessed, "undated-evidence"),
        ("export cut", observed(&[Pass], vec![cut()]), &nothing, PartiallySatisfied, "incomplete-evidence"),
        ("extent unknown", observed(&[Pass], vec![unknown_extent()]), &nothing, PartiallySatisfied, "extent-unknown"),
        ("records rejected", observed(&[Pass], vec![rejecting()]), &nothing, PartiallySatisfied, "rejected-records"),
        ("nobody, and that proves nothing", observed(&[], vec![sound()]), &nothing, NotAssessed, "empty-population"),
        ("nobody, and that was to be shown", observed(&[], vec![sound()]), &good, Satisfied, "empty-population"),
        ("only skips, and that was to be shown", observed(&[Skip], vec![sound()]), &good, Satisfied, "empty-population"),
        ("nobody on stale evidence", observed(&[], vec![stale()]), &good, NotAssessed, "empty-population"),
        ("nobody in a cut export", observed(&[], vec![cut()]), &good, NotAssessed, "empty-population"),
        ("nobody and extent unknown", observed(&[], vec![unknown_extent()]), &good, NotAssessed, "empty-population"),
        ("nobody and no artifact", observed(&[], vec![]), &good, NotAssessed, "empty-population"),
        ("no evidence", Evidence::Missing { tables: vec!["identities".into()] }, &good, NotAssessed, "no-evidence"),
        ("no query", Evidence::NotAutomated { ask: "Bring it.".into(), papers: vec![] }, &good, NotAssessed, "not-automated"),
    ];
    for (name, evidence, means, status, code) in table {
        let finding = conclude("o", &evidence, Some(means), &BTreeMap::new());
        assert_eq!(finding.status, status, "{name}: {:?}", finding.reasons);
        assert!(finding.reasons.iter().any(|reason| reason.code == code), "{name}: {:?}", finding.reasons);
        assert!(finding.reasons.iter().all(|reason| !reason.text.trim().is_empty()), "{name}");
    }
}

#[test]
fn an_exception_explains_and_never_satisfies() {
    let evidence = observed(&[Outcome::Pass, Outcome::Fail], vec![sound()]);
    let excepted = BTreeMap::from([("s1".to_owned(), "EX-1".to_owned())]);
    let finding = conclude("o", &evidence, None, &excepted);
    assert_eq!(finding.status, Status::PartiallySatisfied);
    assert!(finding.reasons.iter().any(|reason| reason.code == "excepted-deviations" && reason.text.contains("EX-1")));
    assert_eq!(finding.tally.failed, 1, "the deviation stays counted");
    let other = BTreeMap::from([("s9".to_owned(), "EX-1".to_owned())]);
    assert_eq!(conclude("o", &evidence, None, &other).status, Status::NotSatisfied);
}

#[test]
fn an_expected_export_that_is_missing_keeps_a_finding_from_being_whole() {
    let Evidence::Observed { seen, reliances, .. } = observed(&[Outcome::Pass], vec![sound()]) else { unreachable!() };
    let evidence = Evidence::Observed { seen, reliances, not_collected: vec!["aws-access-keys of AWS".into()] };
    let finding = conclude("o", &evidence, None, &BTreeMap::new());
    assert_eq!(finding.status, Status::PartiallySatisfied);
    assert!(finding.reasons.iter().any(|reason| reason.code == "not-collected"));
}

fn finding(status: Status) -> Finding {
    let text = "x".to_owned();
    let reason = Reason { code: "proved".into(), text, objective: None, artifacts: vec![], rows: vec![] };
    Finding { status, reasons: vec![reason], tally: Tally::default() }
}

/// The whole rule table for one clause.
#[test]
fn the_rule_table_of_clauses() {
    use Coverage::{Full, Partial};
    use Status::{NotAssessed, NotSatisfied, PartiallySatisfied, Satisfied};
    let table: &[(&[(Coverage, Status)], Status)] = &[
        (&[(Full, Satisfied)], Satisfied),
        (&[(Partial, Satisfied)], PartiallySatisfied),
        (&[(Partial, Satisfied), (Partial, Satisfied)], PartiallySatisfied),
        (&[(Full, Satisfied), (Partial, Satisfied)], Satisfied),
        (&[(Full, Satisfied), (Partial, PartiallySatisfied)], PartiallySatisfied),
        (&[(Full, Satisfied), (Partial, NotAssessed)], NotAssessed),
        (&[(Full, Satisfied), (Full, NotSatisfied)], NotSatisfied),
        (&[(Full, NotAssessed), (Partial, NotSatisfied)], NotSatisfied),
        (&[(Full, PartiallySatisfied)], PartiallySatisfied),
        (&[(Full, NotAssessed)], NotAssessed),
        (&[], NotAssessed),
    ];
    for (mapped, expected) in table {
        let findings: Vec<Finding> = mapped.iter().map(|(_, status)| finding(*status)).collect();
        let ask = Ask::Mapped(mapped.iter().zip(&findings).map(|((coverage, _), finding)| ("o", *coverage, finding)).collect());
        let (status, reasons) = verdict(&ask, &[], None);
        assert_eq!(status, *expected, "{mapped:?}");
        assert!(!reasons.is_empty());
    }
    assert_eq!(verdict(&Ask::Documentary("The policy."), &[], None).0, NotAssessed);
    assert_eq!(verdict(&Ask::Outside("Paper."), &[], None).0, NotAssessed);
    assert_eq!(verdict(&Ask::Outside("Paper."), &[], Some(("No paper.", "CISO"))).0, Status::NotApplicable);
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::Pass), Just(Outcome::Fail), Just(Outcome::Unknown), Just(Outcome::Skip)]
}

fn any_reliance() -> impl Strategy<Value = Reliance> {
    let freshness = prop_oneof![Just(Freshness::Fresh), Just(Freshness::Undated), Just(Freshness::Stale { age_days: 9, limit_days: 1 })];
    let extent = prop_oneof![Just(Extent::Complete), Just(Extent::Incomplete), Just(Extent::Unknown)];
    (freshness, extent, 0usize..2).prop_map(|(freshness, extent, rejected)| Reliance { path: "a".into(), freshness, extent, rejected })
}

proptest! {
    /// Adding evidence of failure can never improve a verdict.
    #[test]
    fn failing_evidence_never_improves_a_finding(
        outcomes in prop::collection::vec(any_outcome(), 0..6),
        reliance in any_reliance(),
        added in any_reliance(),
        means in prop_oneof![Just(EmptyMeaning::NotAssessed), Just(EmptyMeaning::Satisfied)],
    ) {
        let means = empty(means);
        let before = conclude("o", &observed(&outcomes, vec![reliance.clone()]), Some(&means), &BTreeMap::new()).status;
        let mut more = outcomes.clone();
        more.push(Outcome::Fail);
        let added = Reliance { path: "b".into(), ..added };
        let after = conclude("o", &observed(&more, vec![reliance, added]), Some(&means), &BTreeMap::new()).status;
        prop_assert!(after <= before, "{before} became {after}");
    }

    #[test]
    fn the_order_of_observations_never_matters(
        outcomes in prop::collection::vec(any_outcome(), 0..6),
        reliance in any_reliance(),
    ) {
        let forward = conclude("o", &observed(&outcomes, vec![reliance.clone()]), None, &BTreeMap::new());
        let backward: Vec<Outcome> = outcomes.iter().rev().copied().collect();
        let backward = conclude("o", &observed(&backward, vec![reliance]), None, &BTreeMap::new());
        prop_assert_eq!(forward.status, backward.status);
        prop_assert_eq!(forward.tally, backward.tally);
    }

    /// Nothing proves nothing: without one proved pass on fresh evidence, only a meaningful empty population satisfies.
    #[test]
    fn satisfied_rests_on_fresh_and_whole_evidence(
        outcomes in prop::collection::vec(any_outcome(), 0..6),
        reliance in any_reliance(),
    ) {
        let means = empty(EmptyMeaning::Satisfied);
        let finding = conclude("o", &observed(&outcomes, vec![reliance.clone()]), Some(&means), &BTreeMap::new());
        if finding.status == Status::Satisfied {
            prop_assert!(reliance.is_sound());
            prop_assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Pass | Outcome::Skip)));
        }
    }
}

fn paper(standing: Standing, results: &[(Status, Option<&str>)]) -> Paper {
    let examination = |(result, flaw): &(Status, Option<&str>)| Examination {
        by: "Omar".into(),
        on: "2026-09-15".into(),
        result: *result,
        because: "Section 4.".into(),
        flaw: flaw.map(str::to_owned),
    };
    Paper { title: "Policy".into(), path: "p.md".into(), standing, examinations: results.iter().map(examination).collect() }
}

/// The rule table for documents; the book prints the same table.
#[test]
fn the_rule_table_of_documents() {
    use Status::{NotAssessed, NotSatisfied, PartiallySatisfied, Satisfied};
    let overdue = || Standing::Overdue { since: "2026-06-02".into() };
    let good = [(Satisfied, None)];
    let flawed = [(Satisfied, Some("its approver examined it"))];
    let table: Vec<(&str, Vec<Paper>, Status, &str)> = vec![
        ("brought and not read", vec![paper(Standing::Current, &[])], NotAssessed, "to-be-examined"),
        ("read, and it shows all", vec![paper(Standing::Current, &good)], Satisfied, "examined"),
        ("read, and it shows a part", vec![paper(Standing::Current, &[(PartiallySatisfied, None)])], PartiallySatisfied, "examined"),
        ("read, and it shows the contrary", vec![paper(Standing::Current, &[(NotSatisfied, None)])], NotSatisfied, "examined"),
        ("its own review is overdue", vec![paper(overdue(), &good)], NotAssessed, "review-overdue"),
        ("nobody approved it", vec![paper(Standing::NotApproved, &good)], NotAssessed, "not-approved"),
        ("damaged", vec![paper(Standing::Unusable { why: "cut".into() }, &good)], NotAssessed, "document-unusable"),
        ("read by its approver", vec![paper(Standing::Current, &flawed)], NotAssessed, "examination-not-counted"),
        ("a bad result counts whoever read it", vec![paper(overdue(), &[(NotSatisfied, Some("late"))])], NotSatisfied, "examined"),
        ("two, one unread", vec![paper(Standing::Current, &good), paper(Standing::Current, &[])], PartiallySatisfied, "to-be-examined"),
        ("two, one overdue", vec![paper(Standing::Current, &good), paper(overdue(), &good)], PartiallySatisfied, "review-overdue"),
        (
            "two readers, the worse decides",
            vec![paper(Standing::Current, &[(Satisfied, None), (NotSatisfied, None)])],
            NotSatisfied,
            "examined",
        ),
    ];
    for (name, papers, status, first) in table {
        let (found, reasons) = verdict(&Ask::Documentary("The policy."), &papers, None);
        assert_eq!((found, reasons[0].code.as_str()), (status, first), "{name}: {reasons:#?}");
        assert!(reasons.iter().all(|reason| reason.artifacts == ["p.md"]), "{name}: every reason names its file");
    }
}

#[test]
fn documents_weaken_what_a_query_found_and_never_strengthen_it() {
    use Status::{NotAssessed, NotSatisfied, PartiallySatisfied, Satisfied};
    let read = |result| vec![paper(Standing::Current, &[(result, None)])];
    for (before, papers, after) in [
        (Satisfied, read(Satisfied), Satisfied),
        (Satisfied, read(PartiallySatisfied), PartiallySatisfied),
        (Satisfied, read(NotSatisfied), NotSatisfied),
        (NotAssessed, read(NotSatisfied), NotSatisfied),
        (NotAssessed, read(Satisfied), NotAssessed),
        (NotSatisfied, read(Satisfied), NotSatisfied),
        (Satisfied, vec![paper(Standing::NotApproved, &[])], Satisfied),
        (PartiallySatisfied, read(Satisfied), PartiallySatisfied),
    ] {
        assert_eq!(weaken(before, &mut Vec::new(), &papers, None), after, "{before} with {papers:?}");
    }
}

proptest! {
    #[test]
    fn a_bad_reading_never_improves_a_verdict(statuses in proptest::collection::vec(0..3_usize, 0..5), standings in proptest::collection::vec(0..2_usize, 5)) {
        let of = |index: usize| [Status::Satisfied, Status::PartiallySatisfied, Status::NotSatisfied][index];
        let standing = |index: usize| if standings[index % standings.len()] == 0 { Standing::Current } else { Standing::NotApproved };
        let mut papers: Vec<Paper> = statuses.iter().enumerate().map(|(index, status)| paper(standing(index), &[(of(*status), None)])).collect();
        let before = examined(&papers, None).0;
        papers.push(paper(Standing::Current, &[(Status::NotSatisfied, None)]));
        let after = examined(&papers, None).0;
        prop_assert!(after <= before);
        prop_assert_eq!(after, Status::NotSatisfied);
    }
}

/// What `moves` needs, as an assessment keeps it.
fn facts_of(finding: &Finding, covered: usize) -> Facts {
    Facts {
        open: finding.tally.failed - covered,
        covered,
        passed: finding.tally.passed,
        unproved: finding.tally.unproved,
        unknown: finding.tally.unknown,
        codes: finding.reasons.iter().map(|reason| reason.code.clone()).collect(),
        criticised: None,
    }
    .concluded(finding.status)
}

proptest! {
    /// The rules read forwards and backwards agree: the facts give the status that was concluded, and taking the first step really
    /// gives the status that it promises.
    #[test]
    fn the_steps_of_an_objective_lead_where_they_say(
        outcomes in proptest::collection::vec(any_outcome(), 1..12),
        reliances in proptest::collection::vec(any_reliance(), 1..3),
        covered in 0usize..3,
    ) {
        let evidence = observed(&outcomes, reliances.clone());
        let failing: Vec<usize> = (0..outcomes.len()).filter(|index| outcomes[*index] == Outcome::Fail).collect();
        let excepted: BTreeMap<String, String> =
            failing.iter().take(covered).map(|index| (format!("s{index}"), "EX-1".to_owned())).collect();
        let finding = conclude("o", &evidence, None, &excepted);
        let facts = facts_of(&finding, excepted.len());
        prop_assume!(facts.status().is_some());
        prop_assert_eq!(facts.status(), Some(finding.status));
        let steps = facts.steps();
        prop_assert_eq!(steps.is_empty(), finding.status == Status::Satisfied);
        let statuses: Vec<Status> = steps.iter().filter_map(|step| step.then).collect();
        prop_assert!(statuses.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", steps);
        prop_assert_eq!(statuses.last().copied().unwrap_or(Status::Satisfied), Status::Satisfied);
        if let Some(step) = steps.iter().find(|step| step.kind == StepKind::EndDeviations) {
            let mended: Vec<Outcome> = outcomes
                .iter()
                .enumerate()
                .map(|(index, own)| if *own == Outcome::Fail && !excepted.contains_key(&format!("s{index}")) { Outcome::Pass } else { *own })
                .collect();
            // On evidence that proves nothing a mended member would still have to be shown.
            if reliances.iter().all(Reliance::proves) {
                let after = conclude("o", &observed(&mended, reliances.clone()), None, &excepted);
                prop_assert_eq!(step.then, Some(after.status));
            }
        }
    }
}
