//! Comparisons and trends: what must hold of all of them, the sample's two quarters against a list written by hand, and editions against editions.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tickmark::assessment::inputs::read_observations;
use tickmark::assessment::lists::{Lists, RegisterRow, SeenRow};
use tickmark::assessment::{
    Assessment, Basis, ClauseObjective, ClauseResult, ObjectiveBasis, ObjectiveResult, Observation, Outcome, Tally, TreatmentKind,
};
use tickmark::base::{Diagnostics, Digest, SourceTree, Status};
use tickmark::diff::trend::trend;
use tickmark::diff::{
    CauseKind, Change, ChangeSet, Check, CheckState, Correspondence, Crosswalk, FactKind, How, Relation, Side, Standing, compare, crossings,
};
use tickmark::pipeline::Assessed;
use tickmark::pipeline::rejudge::rejudge;
use tickmark::report::Wording;
use tickmark::report::changes::Extent;

use crate::support::{assessed_from, controls, quarter, root, sample};

static WHOLE: Check = Check { state: CheckState::WholePack, breaches: Vec::new() };

/// The whole populations of a pack.
fn lists(assessed: &Assessed) -> Lists {
    let mut lists = Lists::whole();
    for (id, csv) in &assessed.observations {
        read_observations(csv, id, &mut lists).expect("our own list reads back");
    }
    lists.settle();
    lists
}

fn bare(assessment: &Assessment) -> Side<'_> {
    Side { assessment, lists: None, check: &WHOLE }
}

/// The built-in crosswalks that two assessments need.
fn crosswalks(before: &Assessment, after: &Assessment) -> Vec<Crosswalk> {
    let catalogs = &controls().catalogs;
    let find = |name: &str| catalogs.editions.keys().find(|own| own.as_str() == name).unwrap();
    crossings(before, after)
        .into_iter()
        .map(|(from, to)| {
            let entries = catalogs.between_editions(find(&from), find(&to)).unwrap();
            let relation = |word: String| match word.as_str() {
                "Unchanged" => Relation::Unchanged,
                "Renumbered" => Relation::Renumbered,
                "Changed" => Relation::Changed,
                "Split" => Relation::Split,
                "Merged" => Relation::Merged,
                "Withdrawn" => Relation::Withdrawn,
                "New" => Relation::New,
                other => panic!("{other}"),
            };
            let pairs = entries
                .into_iter()
                .map(|own| Correspondence { before: own.from, after: own.to, relation: relation(format!("{:?}", own.relation)) })
                .collect();
            Crosswalk { from, to, pairs }
        })
        .collect()
}

fn assessable(assessment: &Assessment) -> BTreeSet<(String, String)> {
    assessment.clauses.iter().filter(|own| own.status.is_some()).map(|own| (own.framework.clone(), own.clause.clone())).collect()
}

/// What must hold of every comparison.
pub fn holds(set: &ChangeSet, before: &Assessment, after: &Assessment) {
    let mut seen = (BTreeSet::new(), BTreeSet::new());
    for entry in &set.entries {
        assert_ne!(entry.change, Change::Unchanged);
        assert!(!entry.causes.is_empty(), "a change without a cause: {entry:?}");
        assert!(entry.causes.iter().all(|cause| !cause.text.is_empty()), "{entry:?}");
        assert!(entry.change != Change::Incomparable || !entry.why.is_empty(), "incomparable without a reason: {entry:?}");
        for own in &entry.before {
            assert!(seen.0.insert((own.framework.clone(), own.clause.clone())), "{own:?} stands in two classes");
        }
        for own in &entry.after {
            assert!(seen.1.insert((own.framework.clone(), own.clause.clone())), "{own:?} stands in two classes");
        }
    }
    for own in &set.frameworks {
        let Some(crossing) = own.crossing else { continue };
        let after = after.clauses.iter().filter(|at| Some(&at.framework) == own.after.as_ref() && at.status.is_some());
        let tested = after.clone().filter(|at| !at.objectives.is_empty()).count();
        assert_eq!(crossing.carried + crossing.carried_in_part + crossing.not_carried, tested);
        assert!(crossing.with_counterpart + crossing.newly_asked <= after.count());
    }
    let unchanged = set.counts.get(&Change::Unchanged).copied().unwrap_or_default();
    assert_eq!(seen.0.len() + unchanged, assessable(before).len(), "the earlier side is conserved");
    assert_eq!(seen.1.len() + unchanged, assessable(after).len(), "the later side is conserved");
    assert!(seen.0.is_subset(&assessable(before)) && seen.1.is_subset(&assessable(after)));
    assert_eq!(set.entries.len() + unchanged, set.counts.values().sum::<usize>());
    let by_framework: usize = set.frameworks.iter().flat_map(|own| own.counts.values()).sum();
    assert_eq!(by_framework, set.counts.values().sum::<usize>());
}

/// Exchanging the sides exchanges what was found, and finds nothing else.
pub fn mirrors(set: &ChangeSet, back: &ChangeSet) {
    let there: BTreeMap<Change, usize> = set.counts.iter().map(|(change, count)| (change.mirrored(), *count)).collect();
    assert_eq!(there, back.counts);
    type Key = (Vec<String>, Vec<String>, Change, BTreeSet<Option<String>>);
    let key = |set: &ChangeSet, mirrored: bool| -> BTreeSet<Key> {
        set.entries
            .iter()
            .map(|entry| {
                let ids = |list: &[tickmark::diff::ClauseAt]| -> Vec<String> {
                    let mut ids: Vec<String> = list.iter().map(|own| format!("{} {} {}", own.framework, own.clause, own.status)).collect();
                    ids.sort();
                    ids
                };
                let objectives = entry.causes.iter().map(|cause| cause.objective.clone()).collect();
                let (before, after) = (ids(&entry.before), ids(&entry.after));
                if mirrored { (after, before, entry.change.mirrored(), objectives) } else { (before, after, entry.change, objectives) }
            })
            .collect()
    };
    assert_eq!(key(set, true), key(back, false));
    for (one, two) in set.objectives.iter().zip(&back.objectives) {
        let subjects = |rows: &[tickmark::diff::Row<'_>]| rows.iter().map(|row| row.subject.to_owned()).collect::<Vec<_>>();
        assert_eq!(subjects(&one.started), subjects(&two.stopped), "{}", one.objective);
        assert_eq!(subjects(&one.stopped), subjects(&two.started), "{}", one.objective);
        assert_eq!(one.repeated, two.repeated, "{}", one.objective);
    }
}

// Small assessments of any make.

#[derive(Debug, Clone)]
pub struct Drawn {
    pub edition: u8,
    /// By clause: status and objective and coverage.
    pub clauses: Vec<(u8, Status, u8, bool)>,
    pub failing: Vec<BTreeSet<u8>>,
    pub revision: u32,
    pub as_of: u8,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let status = prop::sample::select(Status::ALL.to_vec());
    let clause = (0_u8..8, status, 0_u8..3, any::<bool>());
    let failing = prop::collection::vec(prop::collection::btree_set(0_u8..6, 0..5), 3);
    (1_u8..3, prop::collection::vec(clause, 0..9), failing, 1_u32..3, 0_u8..3)
        .prop_map(|(edition, clauses, failing, revision, as_of)| Drawn { edition, clauses, failing, revision, as_of })
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

pub fn made(drawn: &Drawn) -> Assessment {
    let framework = format!("test@{}", drawn.edition);
    let objectives: Vec<ObjectiveResult> = drawn
        .failing
        .iter()
        .enumerate()
        .map(|(at, failing)| {
            let observations: Vec<Observation> = failing
                .iter()
                .map(|subject| Observation {
                    subject: format!("s{subject}"),
                    outcome: if subject % 3 == 2 { Outcome::Unknown } else { Outcome::Fail },
                    reason: format!("seen {subject}"),
                    artifact: "a.json".into(),
                    record: "1".into(),
                    identity: Some(format!("i{subject}")),
                    proved: true,
                    contradicted: false,
                })
                .collect();
            let failed = observations.iter().filter(|own| own.outcome == Outcome::Fail).count();
            let tally =
                Tally { population: 6, failed, unknown: observations.len() - failed, passed: 6 - observations.len(), ..Tally::default() };
            serde_json::from_value(serde_json::json!({
                "id": format!("o{at}"), "title": format!("Objective {at}"), "statement": "", "method": "test", "ask": null, "population": "",
                "advice": "", "references": [], "parameters": [], "freshness_days_max": 90, "status": "not-assessed", "reasons": [],
                "tally": tally, "observations": observations, "observations_digest": digest(&format!("{failing:?}")), "evidence": ["a.json"],
                "definition": digest("definition"),
            }))
            .unwrap()
        })
        .collect();
    let mut ids = BTreeSet::new();
    let clauses: Vec<ClauseResult> = drawn
        .clauses
        .iter()
        .filter(|own| ids.insert(own.0))
        .map(|(id, status, objective, full)| {
            let name = format!("o{objective}");
            let basis = ObjectiveBasis {
                definition: digest("definition"),
                parameters: BTreeMap::new(),
                observations: objectives[usize::from(*objective)].observations_digest.clone(),
            };
            ClauseResult {
                framework: framework.clone(),
                clause: format!("{id}"),
                parent: None,
                depth: 0,
                kind: "clause".into(),
                noun: "Clause".into(),
                label: format!("Clause {id}"),
                statement: String::new(),
                official: None,
                effective: None,
                treatment: TreatmentKind::Mapped,
                status: Some(*status),
                result: None,
                reasons: vec![],
                objectives: vec![ClauseObjective {
                    objective: name.clone(),
                    coverage: if *full { "full" } else { "partial" }.into(),
                    rationale: String::new(),
                    status: *status,
                    excepted: vec![],
                }],
                evidence: vec![],
                stated: None,
                basis: Basis {
                    frame: digest("frame"),
                    catalog: digest(&drawn.revision.to_string()),
                    objectives: BTreeMap::from([(name, basis)]),
                    evidence: BTreeMap::new(),
                    exceptions: BTreeMap::new(),
                    documents: BTreeMap::new(),
                    samples: BTreeMap::new(),
                    plans: BTreeMap::new(),
                    tier: None,
                    not_applicable: (*status == Status::NotApplicable).then(|| digest("stated")),
                },
                digest: digest(&format!("{id}{status:?}")),
            }
        })
        .collect();
    let mut assessment: Assessment = serde_json::from_value(serde_json::json!({
        "schema": tickmark::assessment::SCHEMA,
        "tool": {"name": "tickmark", "version": "0"},
        "frame": {
            "organisation": "Test", "title": "", "scope": "", "period_from": "2026-01-01", "period_to": "2026-03-31", "zone": "UTC",
            "as_of": format!("2026-04-0{}T00:00:00Z", drawn.as_of + 1), "as_of_utc": "",
        },
        "frameworks": [{
            "framework": framework, "edition": drawn.edition.to_string(), "revision": drawn.revision, "title": "", "short_title": "Test",
            "publisher": "", "source": "", "licence": "", "published": "", "digest": digest(&drawn.revision.to_string()), "counts": {},
        }],
        "clauses": clauses, "objectives": objectives, "artifacts": [], "exceptions": [], "systems": [], "inputs": [], "root": digest(""),
    }))
    .unwrap();
    assessment.root = assessment.computed_root();
    assessment
}

fn any_crosswalk() -> impl Strategy<Value = Vec<Correspondence>> {
    let relation =
        prop::sample::select(vec![Relation::Unchanged, Relation::Renumbered, Relation::Changed, Relation::Split, Relation::Merged]);
    prop::collection::vec((prop::option::of(0_u8..9), prop::option::of(0_u8..9), relation), 0..12).prop_map(|list| {
        let pair = |(before, after, relation): (Option<u8>, Option<u8>, Relation)| Correspondence {
            before: before.map(|id| id.to_string()),
            after: after.map(|id| id.to_string()),
            relation: match (before, after) {
                (None, _) => Relation::New,
                (_, None) => Relation::Withdrawn,
                _ => relation,
            },
        };
        list.into_iter().map(pair).collect()
    })
}

fn reversed(pairs: &[Correspondence]) -> Vec<Correspondence> {
    let back = |own: &Correspondence| Correspondence {
        before: own.after.clone(),
        after: own.before.clone(),
        relation: match own.relation {
            Relation::Split => Relation::Merged,
            Relation::Merged => Relation::Split,
            Relation::New => Relation::Withdrawn,
            Relation::Withdrawn => Relation::New,
            same => same,
        },
    };
    pairs.iter().map(back).collect()
}

proptest! {
    #[test]
    fn nothing_changes_against_itself(drawn in drawn()) {
        let one = made(&drawn);
        let set = compare(bare(&one), bare(&one), &[], &rejudge);
        prop_assert!(set.is_empty(), "{set:?}");
        holds(&set, &one, &one);
    }

    #[test]
    fn every_change_has_a_cause_counts_are_conserved_and_sides_mirror(old in drawn(), new in drawn(), pairs in any_crosswalk()) {
        let (before, after) = (made(&old), made(&new));
        let (from, to) = (before.frameworks[0].framework.clone(), after.frameworks[0].framework.clone());
        let there = [Crosswalk { from: from.clone(), to: to.clone(), pairs: pairs.clone() }];
        let back = [Crosswalk { from: to, to: from, pairs: reversed(&pairs) }];
        let set = compare(bare(&before), bare(&after), &there, &rejudge);
        let other = compare(bare(&after), bare(&before), &back, &rejudge);
        holds(&set, &before, &after);
        holds(&other, &after, &before);
        mirrors(&set, &other);
        let alone = compare(bare(&before), bare(&after), &[], &rejudge);
        holds(&alone, &before, &after);
    }
}

// The sample.

/// Kept as long as the tests run: comparisons lend from it.
fn kept<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

struct Quarters {
    set: ChangeSet<'static>,
    back: ChangeSet<'static>,
}

fn quarters() -> &'static Quarters {
    static QUARTERS: std::sync::OnceLock<Quarters> = std::sync::OnceLock::new();
    QUARTERS.get_or_init(|| {
        let (old, new) = (quarter("2026-Q2"), quarter("2026-Q3"));
        let (old_lists, new_lists) = (kept(lists(old)), kept(lists(new)));
        let before = Side { assessment: &old.assessment, lists: Some(old_lists), check: &WHOLE };
        let after = Side { assessment: &new.assessment, lists: Some(new_lists), check: &WHOLE };
        Quarters { set: compare(before, after, &[], &rejudge), back: compare(after, before, &[], &rejudge) }
    })
}

#[test]
fn the_quarters_of_the_sample_hold_what_every_comparison_holds() {
    let (before, after) = (&quarter("2026-Q2").assessment, &quarter("2026-Q3").assessment);
    holds(&quarters().set, before, after);
    mirrors(&quarters().set, &quarters().back);
    let new = lists(quarter("2026-Q3"));
    let side = Side { assessment: after, lists: Some(&new), check: &WHOLE };
    assert!(compare(side, side, &[], &rejudge).is_empty());
}

/// Judging anew by a record's own inputs gives the recorded verdict: otherwise nothing could be told by exchanging one of them.
#[test]
fn every_recorded_verdict_is_reached_again_from_the_record() {
    use tickmark::assessment::inputs::{Inputs, Recorded, RecordedClause};
    for name in ["2026-Q2", "2026-Q3"] {
        let recorded = Recorded::new(&quarter(name).assessment);
        for clause in &quarter(name).assessment.clauses {
            let own = RecordedClause { record: &recorded, clause };
            let anew = rejudge(&Inputs { base: own, other: own, exchanged: None });
            assert_eq!(anew, clause.status, "{name} {} {}", clause.framework, clause.clause);
        }
    }
}

/// `tests/expected/nordhavn-pay-changes.tsv` was written from the list of planted events, not from what the program says.
#[test]
fn the_planted_events_are_found_between_the_quarters() {
    let table = std::fs::read_to_string(root().join("tests/expected/nordhavn-pay-changes.tsv")).unwrap();
    let set = &quarters().set;
    let stands = trend(vec![bare(&quarter("2026-Q2").assessment), bare(&quarter("2026-Q3").assessment)]).open;
    let mut missing = Vec::new();
    let mut lines = 0;
    for line in table.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [what, objective, subject, event] = cells[..] else { panic!("four columns: {line}") };
        lines += 1;
        let rows = |began: bool| {
            let own = set.objectives.iter().find(|own| own.objective == objective);
            own.map(|own| if began { own.started.clone() } else { own.stopped.clone() }).unwrap_or_default()
        };
        let is_it = |own: &str| own == subject || own.ends_with(subject) || own.contains(&format!("{subject} "));
        let identity = |standing: Standing| set.identities.iter().any(|own| own.standing == standing && is_it(own.identity));
        let fact = |kinds: &[FactKind]| {
            set.identities
                .iter()
                .filter(|own| is_it(own.identity))
                .flat_map(|own| &own.facts)
                .any(|fact| kinds.contains(&fact.kind) && (objective == "-" || fact.objective == objective))
        };
        let found = match what {
            "new" => identity(Standing::New),
            "retired" => identity(Standing::Retired),
            "began" => rows(true).iter().any(|row| is_it(row.subject)),
            "ceased" => rows(false).iter().any(|row| is_it(row.subject)),
            "stayed" => stands.iter().any(|own| own.points == 2 && own.objective == objective && is_it(&own.subject)),
            "rotated" => fact(&[FactKind::CredentialRotated]),
            "owner" => fact(&[FactKind::OwnerChanged]),
            "reduced" => fact(&[FactKind::PrivilegeReduced, FactKind::GrantsChanged]),
            "expired" => set.exceptions.iter().any(|own| own.id == subject && own.change == CauseKind::ExceptionExpired),
            other => panic!("`{other}` is no kind of event"),
        };
        if !found {
            missing.push(format!("{what} {objective} {subject}: {event}"));
        }
    }
    assert!(lines > 30, "{lines}");
    assert!(missing.is_empty(), "planted and not found:\n{}", missing.join("\n"));
}

#[test]
fn causes_of_the_sample_are_judged_anew_and_carry_their_rows() {
    let set = &quarters().set;
    let judged = set.entries.iter().flat_map(|entry| &entry.causes).filter(|cause| cause.how == How::Rejudged).count();
    assert!(judged > 0, "no cause of the sample is told by exchanging one input");
    for cause in set.entries.iter().flat_map(|entry| &entry.causes).filter(|cause| cause.kind == CauseKind::EvidenceChanged) {
        assert!(cause.objective.is_some());
        assert_eq!(cause.rows.is_empty(), cause.started + cause.stopped == 0, "{cause:?}");
    }
}

/// One input is changed at a time in a copy of the record, and the comparison names that one.
#[test]
fn a_single_changed_input_is_named_as_the_cause() {
    let before = &quarter("2026-Q3").assessment;
    let named = |after: &Assessment| -> (BTreeSet<CauseKind>, ChangeSet<'static>) {
        let after = kept(after.clone());
        let set = compare(bare(before), bare(after), &[], &rejudge);
        holds(&set, before, after);
        let kinds = set.entries.iter().flat_map(|entry| entry.causes.iter().map(|cause| cause.kind)).collect();
        (kinds, set)
    };
    // The organisation states that a clause does not apply.
    let mut stated = before.clone();
    let at = stated.clauses.iter().position(|own| own.status == Some(Status::NotSatisfied)).unwrap();
    stated.clauses[at].status = Some(Status::NotApplicable);
    stated.clauses[at].basis.not_applicable = Some(digest("stated"));
    let (kinds, set) = named(&stated);
    assert_eq!(kinds, BTreeSet::from([CauseKind::Applicability]));
    assert_eq!((set.entries.len(), set.entries[0].change, set.entries[0].causes[0].how), (1, Change::Incomparable, How::Rejudged));
    // A mapping in the same revision.
    let mut mapped = before.clone();
    mapped.clauses[at].objectives.clear();
    mapped.clauses[at].treatment = TreatmentKind::Documentary;
    mapped.clauses[at].status = Some(Status::NotAssessed);
    let (kinds, set) = named(&mapped);
    assert_eq!(kinds, BTreeSet::from([CauseKind::Mapping]));
    assert_eq!(set.entries[0].causes[0].how, How::Rejudged);
    // A framework that is no longer in scope.
    let mut narrower = before.clone();
    let gone = narrower.frameworks.pop().unwrap().framework;
    narrower.clauses.retain(|own| own.framework != gone);
    let (kinds, set) = named(&narrower);
    assert_eq!(kinds, BTreeSet::from([CauseKind::Scope]));
    assert!(set.entries.iter().all(|entry| entry.change == Change::Removed));
    assert!(set.remarks.iter().any(|own| own.code == "one-sided-framework"));
    // A clause that a later revision of the catalog adds.
    let mut revised = before.clone();
    revised.frameworks[0].revision += 1;
    let first = revised.frameworks[0].framework.clone();
    let mut clause = revised.clauses.iter().find(|own| own.framework == first && own.status.is_some()).unwrap().clone();
    clause.clause = "99.99".into();
    revised.clauses.push(clause);
    let (kinds, set) = named(&revised);
    assert_eq!(kinds, BTreeSet::from([CauseKind::CatalogRevision]));
    assert_eq!(set.entries[0].change, Change::Added);
    // The evidence of one objective is too old: what passed is not proved any more.
    let mut stale = before.clone();
    let id = stale.objectives.iter().find(|own| own.status == Status::PartiallySatisfied && own.tally.passed > 0).unwrap().id.clone();
    let own = stale.objectives.iter_mut().find(|own| own.id == id).unwrap();
    own.tally.unproved += own.tally.passed;
    own.tally.passed = 0;
    own.status = Status::NotAssessed;
    own.reasons.push(tickmark::assessment::Reason {
        code: "stale-evidence".into(),
        text: "Evidence is up to 200 days old; 90 are allowed.".into(),
        objective: Some(id.clone()),
        artifacts: vec![],
        rows: vec![],
    });
    let alone = |own: &ClauseResult| own.objectives.len() == 1 && own.objectives[0].objective == id;
    let touched: Vec<usize> = (0..stale.clauses.len()).filter(|at| alone(&stale.clauses[*at])).collect();
    for at in &touched {
        stale.clauses[*at].status = Some(Status::NotAssessed);
    }
    let (_, set) = named(&stale);
    assert_eq!(set.entries.len(), touched.len());
    for entry in &set.entries {
        assert_eq!(entry.change, Change::Worsened, "{entry:?}");
        assert!(entry.causes.iter().any(|cause| cause.kind == CauseKind::EvidenceMissing && cause.how == How::Rejudged), "{entry:?}");
    }
}

/// The third quarter under one framework, with something stated besides; each is assessed from the evidence, not made up.
fn stated(parameters: &str, exceptions: &str) -> Assessment {
    let (statements, files) = tickmark::io::read_workspace(&sample("2026-Q3")).unwrap();
    let mut own = SourceTree::default();
    for (path, bytes) in statements.iter().filter(|(path, _)| !matches!(*path, "exceptions.yaml" | "documents.yaml" | "profile.yaml")) {
        own.insert(path, bytes.to_vec());
    }
    let text = own.text("tickmark.yaml").unwrap().to_owned();
    let (start, end) = (text.find("frameworks:").unwrap(), text.find("systems:").unwrap());
    own.insert("tickmark.yaml", format!("{}frameworks: [owasp-nhi-top10@2025]\n{parameters}{}", &text[..start], &text[end..]));
    if !exceptions.is_empty() {
        own.insert("exceptions.yaml", exceptions);
    }
    assessed_from(&own, &files).assessment
}

/// NHI9 rests on one objective, and one identity departs from it: a parameter or an exception alone turns its verdict.
#[test]
fn a_parameter_and_an_exception_are_told_apart_by_judging_anew() {
    let plain = stated("", "");
    let parameter =
        stated("parameters:\n  - {objective: unique-identity, parameter: active_max, value: 2, reason: Two are allowed here.}\n", "");
    let exception = stated(
        "",
        "exceptions:\n  - id: RISK-1\n    title: Two keys\n    objective: unique-identity\n    subjects: [\"arn:aws:iam::210987654321:user/svc-ledger-export\"]\n    \
         reason: Two hosts.\n    requested_by: Omar Haddad\n    approved_by: Ingrid Dahl\n    approved_at: \"2026-08-01T10:00:00Z\"\n    \
         expires_at: \"2026-12-31T00:00:00Z\"\n    compensating_measure: Watched.\n    retirement_plan: A second identity.\n",
    );
    let causes = |before: &Assessment, after: &Assessment| -> (Change, Vec<(CauseKind, How)>) {
        let set = compare(bare(before), bare(after), &[], &rejudge);
        holds(&set, before, after);
        for cause in set.entries.iter().flat_map(|own| &own.causes).filter(|own| own.kind != CauseKind::Parameter) {
            let subjects: Vec<&str> = cause.rows.iter().map(|row| row.subject).collect();
            assert_eq!(subjects, ["arn:aws:iam::210987654321:user/svc-ledger-export"], "whom the exception covers: {cause:?}");
        }
        let found: Vec<_> = set.entries.iter().filter(|own| own.clause.starts_with("NHI9")).collect();
        assert_eq!(found.len(), 1, "{:?}", set.entries);
        (found[0].change, found[0].causes.iter().map(|cause| (cause.kind, cause.how)).collect())
    };
    assert_eq!(causes(&plain, &parameter), (Change::Improved, vec![(CauseKind::Parameter, How::Rejudged)]));
    assert_eq!(causes(&plain, &exception), (Change::Improved, vec![(CauseKind::ExceptionGranted, How::Rejudged)]));
    assert_eq!(causes(&exception, &plain), (Change::Worsened, vec![(CauseKind::ExceptionWithdrawn, How::Rejudged)]));
    let mut expired = plain.clone();
    expired.exceptions = exception.exceptions.clone();
    expired.exceptions[0].state = "expired".into();
    assert_eq!(causes(&exception, &expired), (Change::Worsened, vec![(CauseKind::ExceptionExpired, How::Rejudged)]));
}

/// The third quarter without one of its systems: the export was not made, and nothing else is different.
#[test]
fn what_nobody_looked_at_has_neither_ended_nor_begun() {
    let (statements, mut files) = tickmark::io::read_workspace(&sample("2026-Q3")).unwrap();
    files.retain(|file| !file.path.starts_with("ad/"));
    let mut own = SourceTree::default();
    for (path, bytes) in statements.iter() {
        own.insert(path, bytes.to_vec());
    }
    let text = own.text("artifacts.yaml").unwrap();
    let blocks: Vec<&str> = text.split("  - path: ").filter(|block| !block.starts_with("ad/")).collect();
    own.insert("artifacts.yaml", blocks.join("  - path: "));
    let (old, new) = (quarter("2026-Q3"), assessed_from(&own, &files));
    let with_register = |assessed: &Assessed| {
        let mut lists = lists(assessed);
        for own in &assessed.assessment.register {
            lists.enter(RegisterRow {
                identity: &own.identity,
                platform: &own.platform,
                kind: &own.kind,
                status: &own.status,
                entitlements: &own.entitlements,
                artifact: &own.artifact,
                record: &own.record,
                ..RegisterRow::default()
            });
        }
        lists.settle();
        lists
    };
    let (old_lists, new_lists) = (with_register(old), with_register(&new));
    let before = Side { assessment: &old.assessment, lists: Some(&old_lists), check: &WHOLE };
    let after = Side { assessment: &new.assessment, lists: Some(&new_lists), check: &WHOLE };
    for (set, forward) in [(compare(before, after, &[], &rejudge), true), (compare(after, before, &[], &rejudge), false)] {
        let began_or_ended: usize = set.objectives.iter().map(|own| own.started.len() + own.stopped.len()).sum();
        assert_eq!(began_or_ended, 0, "forward: {forward}");
        let (lost, found): (usize, usize) =
            (set.objectives.iter().map(|own| own.lost.len()).sum(), set.objectives.iter().map(|own| own.found.len()).sum());
        assert!(if forward { lost > 20 && found == 0 } else { found > 20 && lost == 0 }, "{lost} {found}");
        let standing = |wanted: Standing| set.identities.iter().filter(|own| own.standing == wanted).count();
        assert_eq!((standing(Standing::New), standing(Standing::Retired)), (0, 0));
        assert_eq!(standing(if forward { Standing::Unseen } else { Standing::Found }), 15, "accounts of the directory");
        let code = if forward { "not-collected" } else { "newly-collected" };
        assert!(set.remarks.iter().any(|own| own.code == code && own.text.contains("ad-ldif")), "{:?}", set.remarks);
    }
}

#[test]
fn what_is_stated_alike_has_not_changed_whatever_its_digest() {
    let before = &quarter("2026-Q3").assessment;
    let sample_set = &quarters().set;
    let changed = |set: &ChangeSet| -> Vec<(String, CauseKind)> { set.exceptions.iter().map(|own| (own.id.clone(), own.change)).collect() };
    assert_eq!(
        changed(sample_set).iter().filter(|own| own.1 == CauseKind::ExceptionChanged).count(),
        0,
        "both quarters state the same exceptions: {:?}",
        changed(sample_set)
    );
    // Pseudonyms are salted by the evidence, so the digests of what nobody touched differ from pack to pack.
    let mut salted = before.clone();
    for (at, own) in salted.exceptions.iter_mut().enumerate() {
        own.digest = digest(&format!("exception {at}"));
    }
    for (at, own) in salted.documents.iter_mut().enumerate() {
        own.digest = digest(&format!("document {at}"));
    }
    for clause in &mut salted.clauses {
        clause.basis.exceptions.values_mut().chain(clause.basis.documents.values_mut()).for_each(|own| *own = digest("salted"));
        // So that causes are asked for at all.
        if clause.status == Some(Status::PartiallySatisfied) {
            clause.status = Some(Status::NotSatisfied);
        }
    }
    let set = compare(bare(before), bare(&salted), &[], &rejudge);
    assert!(changed(&set).is_empty(), "{:?}", changed(&set));
    let kinds: BTreeSet<CauseKind> = set.entries.iter().flat_map(|own| own.causes.iter().map(|cause| cause.kind)).collect();
    assert!(!kinds.contains(&CauseKind::ExceptionChanged) && !kinds.contains(&CauseKind::DocumentChanged), "{kinds:?}");
    assert!(!set.entries.is_empty());
    // Another word is another statement.
    let active = salted.exceptions.iter().position(|own| own.state == "active").unwrap();
    salted.exceptions[active].reason.push_str(" Really.");
    let set = compare(bare(before), bare(&salted), &[], &rejudge);
    assert_eq!(changed(&set), [(salted.exceptions[active].id.clone(), CauseKind::ExceptionChanged)]);
}

#[test]
fn a_document_that_is_overdue_only_by_now_is_no_changed_document() {
    let before = &quarter("2026-Q3").assessment;
    let bears = |clause: &ClauseResult, state: &str| {
        clause.basis.documents.keys().any(|id| before.documents.iter().any(|own| own.id == *id && own.state == state))
    };
    let at = before
        .clauses
        .iter()
        .position(|own| own.objectives.is_empty() && bears(own, "current") && own.status == Some(Status::PartiallySatisfied))
        .expect("some clause rests on a document");
    let mut later = before.clone();
    for own in later.documents.iter_mut().filter(|own| own.state == "current") {
        own.state = "overdue".into();
        own.note = "The review was due.".into();
    }
    later.clauses[at].status = Some(Status::NotAssessed);
    let set = compare(bare(before), bare(&later), &[], &rejudge);
    let causes = &set.entries.iter().find(|own| own.clause == before.clauses[at].clause).unwrap().causes;
    assert_eq!(causes.iter().map(|own| own.kind).collect::<Vec<_>>(), [CauseKind::AsOf], "{causes:?}");
    assert!(causes[0].rows.iter().any(|row| row.after.as_ref().is_some_and(|seen| seen.reason == "The review was due.")), "{causes:?}");
}

#[test]
fn a_remark_says_whether_the_later_side_names_the_earlier_one() {
    let (before, after) = (&quarter("2026-Q2").assessment, &quarter("2026-Q3").assessment);
    let codes = |previous: Option<Digest>| -> Vec<&'static str> {
        let mut after = after.clone();
        after.frame.previous = previous;
        let set = compare(bare(before), bare(&after), &[], &rejudge);
        let about_chain = ["follows", "other-predecessor", "no-predecessor"];
        set.remarks.iter().map(|own| own.code).filter(|code| about_chain.contains(code)).collect()
    };
    assert_eq!(codes(Some(before.root.clone())), ["follows"]);
    assert_eq!(codes(Some(digest("another"))), ["other-predecessor"]);
    assert_eq!(codes(None), ["no-predecessor"]);
    assert!(compare(bare(after), bare(after), &[], &rejudge).remarks.iter().all(|own| own.code == "same"));
}

#[test]
fn a_pass_on_evidence_too_old_to_prove_it_ends_nothing() {
    let assessment = &quarter("2026-Q3").assessment;
    let side = |outcome: Outcome, proved: bool| {
        let mut lists = Lists::whole();
        lists.begin("credential-rotation");
        let (reason, artifact, record, identity) = ("", "aws/credential-report.csv", "1", Some("svc"));
        lists.observe(SeenRow { subject: "svc AKIA1", outcome, reason, artifact, record, identity, proved });
        lists.settle();
        lists
    };
    let mut earlier = assessment.clone();
    earlier.frame.as_of = "2026-06-30T23:59:59+02:00".into();
    let old = side(Outcome::Fail, true);
    for (proved, ended) in [(true, 1), (false, 0)] {
        let new = side(Outcome::Pass, proved);
        let (before, after) =
            (Side { assessment: &earlier, lists: Some(&old), check: &WHOLE }, Side { assessment, lists: Some(&new), check: &WHOLE });
        let set = compare(before, after, &[], &rejudge);
        let own = set.objectives.iter().find(|own| own.objective == "credential-rotation").unwrap();
        assert_eq!((own.stopped.len(), own.lost.len()), (ended, 1 - ended));
        let followed = trend(vec![before, after]);
        assert_eq!((followed.deviations[1].closed, followed.not_looked_at.len()), (Some(ended), 1 - ended));
        assert_eq!(followed.remedied.len(), ended);
    }
}

#[test]
fn what_bears_another_name_is_the_same_with_its_keys_and_deviations() {
    let assessment = &quarter("2026-Q3").assessment;
    let side = |name: &str| {
        let mut lists = Lists::whole();
        lists.begin("credential-rotation");
        let key = format!("{name} AKIA1");
        let artifact = "aws/credential-report.csv";
        let row =
            SeenRow { subject: &key, outcome: Outcome::Fail, reason: "Old.", artifact, record: "1", identity: Some(name), proved: true };
        lists.observe(row);
        let created_at = Some("2025-01-02T03:04:05Z");
        lists.enter(RegisterRow { identity: name, platform: "aws", kind: "user", created_at, artifact, ..RegisterRow::default() });
        lists.settle();
        lists
    };
    let (old, new) = (side("svc-image-scanner"), side("svc-scan"));
    let of = |lists| Side { assessment, lists: Some(lists), check: &WHOLE };
    let set = compare(of(&old), of(&new), &[], &rejudge);
    let moved = set.objectives.iter().find(|own| own.objective == "credential-rotation").unwrap();
    assert_eq!((moved.started.len(), moved.stopped.len(), moved.repeated), (0, 0, 1));
    let told: Vec<(&str, Standing, Vec<FactKind>)> =
        set.identities.iter().map(|own| (own.identity, own.standing, own.facts.iter().map(|fact| fact.kind).collect())).collect();
    assert_eq!(told, [("svc-scan", Standing::Renamed, vec![FactKind::Renamed, FactKind::DeviationRepeated])]);
    // It is followed as one through several points.
    let mut earlier = assessment.clone();
    earlier.frame.as_of = "2026-06-30T23:59:59+02:00".into();
    let first = Side { assessment: &earlier, lists: Some(&old), check: &WHOLE };
    let followed = trend(vec![first, of(&new)]);
    let open: Vec<(&str, usize)> = followed.open.iter().map(|own| (own.subject.as_str(), own.points)).collect();
    assert_eq!(open, [("svc-scan AKIA1", 2)]);
    assert_eq!((followed.deviations[1].opened, followed.deviations[1].closed, followed.deviations[1].repeated), (Some(0), Some(0), 1));
}

#[test]
fn silence_is_no_progress() {
    let before = &quarter("2026-Q3").assessment;
    let mut silent = before.clone();
    for clause in silent.clauses.iter_mut().filter(|own| own.status == Some(Status::NotSatisfied)) {
        clause.status = Some(Status::NotAssessed);
    }
    let set = compare(bare(before), bare(&silent), &[], &rejudge);
    assert!(!set.entries.is_empty());
    assert!(set.entries.iter().all(|entry| entry.change == Change::Incomparable && !entry.is_worse()), "losing evidence improves nothing");
    let back = compare(bare(&silent), bare(before), &[], &rejudge);
    assert!(back.entries.iter().all(tickmark::diff::Entry::is_worse), "a deviation that comes to light stops a gate");
}

// Editions.

fn under(quarter_name: &str, frameworks: &str) -> Assessment {
    let (mut statements, files) = tickmark::io::read_workspace(&sample(quarter_name)).unwrap();
    let text = statements.text("tickmark.yaml").unwrap().to_owned();
    let start = text.find("frameworks:").unwrap();
    let end = text.find("systems:").unwrap();
    statements.insert("tickmark.yaml", format!("{}frameworks: [{frameworks}]\n{}", &text[..start], &text[end..]));
    // What is said of clauses of other frameworks does not belong here.
    let mut own = SourceTree::default();
    for (path, bytes) in statements.iter().filter(|(path, _)| !matches!(*path, "exceptions.yaml" | "documents.yaml" | "profile.yaml")) {
        own.insert(path, bytes.to_vec());
    }
    assessed_from(&own, &files).assessment
}

fn edition_change(old: &str, new: &str) -> (&'static Assessment, &'static Assessment, ChangeSet<'static>) {
    let (before, after) = (kept(under("2026-Q2", old)), kept(under("2026-Q3", new)));
    let walks = crosswalks(before, after);
    assert_eq!(walks.len(), 1);
    let set = compare(bare(before), bare(after), &walks, &rejudge);
    holds(&set, before, after);
    let back = compare(bare(after), bare(before), &crosswalks(after, before), &rejudge);
    holds(&back, after, before);
    mirrors(&set, &back);
    (before, after, set)
}

fn class_of<'a>(set: &'a ChangeSet<'_>, clause: &str) -> &'a tickmark::diff::Entry<'a> {
    let found: Vec<_> = set.entries.iter().filter(|own| own.before.iter().chain(&own.after).any(|at| at.clause == clause)).collect();
    assert_eq!(found.len(), 1, "{clause}");
    found[0]
}

#[test]
fn csf_1_1_against_2_0_loses_no_clause() {
    let (before, after, set) = edition_change("nist-csf@1.1", "nist-csf@2.0");
    assert_eq!((assessable(before).len(), assessable(after).len()), (108, 106));
    // The access rights of several clauses lie crosswise in the new edition.
    let rights = class_of(&set, "PR.AC-4");
    assert_eq!(rights.change, Change::Incomparable);
    assert!(rights.after.iter().any(|own| own.clause == "PR.AA-05") && rights.why.contains("crosswise"), "{rights:?}");
    assert!(set.entries.iter().all(|entry| entry.causes[0].kind == CauseKind::CatalogEdition));
    for class in [Change::Added, Change::Merged, Change::Split, Change::Incomparable, Change::Renumbered] {
        assert!(set.counts.contains_key(&class), "{class:?}: {:?}", set.counts);
    }
    assert!(set.remarks.iter().any(|own| own.code == "other-edition"));
}

#[test]
fn iso_2013_against_2022_loses_no_clause() {
    let (_, _, set) = edition_change("iso-27001@2013", "iso-27001@2022");
    // Twelve entries of the crosswalk are new in 2022; threat intelligence is one of them.
    assert_eq!(class_of(&set, "A.5.7").change, Change::Added);
    assert!(set.counts[&Change::Added] >= 11, "{:?}", set.counts);
    // Three policies on access became one.
    let merged = class_of(&set, "A.8.24");
    assert_eq!((merged.change, merged.before.len()), (Change::Merged, 2));
    let moved = class_of(&set, "A.9.2.3");
    assert!(moved.after.iter().any(|own| own.clause == "A.8.2"), "{moved:?}");
}

#[test]
fn pci_4_0_against_4_0_1_names_what_took_effect_only_where_it_did() {
    let (before, after, set) = edition_change("pci-dss@4.0", "pci-dss@4.0.1");
    assert!(set.took_effect.is_empty(), "nothing became binding between June and September of 2026");
    assert!(set.counts[&Change::Unchanged] > 200);
    let mut earlier = before.clone();
    earlier.frame.as_of = "2025-01-31T12:00:00Z".into();
    let set = compare(bare(&earlier), bare(after), &crosswalks(&earlier, after), &rejudge);
    let future = set.took_effect.iter().map(|own| own.effective.as_str()).collect::<BTreeSet<_>>();
    assert_eq!(future, BTreeSet::from(["2025-03-31"]));
    assert!(set.took_effect.len() > 40, "{}", set.took_effect.len());
    // The clauses bear the name of another edition then, and are told with the verdict that they had.
    assert!(set.took_effect.iter().all(|own| own.before.is_some()), "{:?}", set.took_effect);
}

#[test]
fn without_a_crosswalk_nothing_is_called_better_or_worse() {
    let (before, after) = (under("2026-Q2", "nist-csf@1.1"), under("2026-Q3", "nist-csf@2.0"));
    let set = compare(bare(&before), bare(&after), &[], &rejudge);
    holds(&set, &before, &after);
    assert_eq!(set.counts.keys().copied().collect::<Vec<_>>(), [Change::Incomparable]);
    assert!(set.remarks.iter().any(|own| own.code == "no-crosswalk"));
}

// Documents.

fn wording() -> Wording {
    let mut diagnostics = Diagnostics::default();
    let wording = Wording::load(&tickmark::io::embedded_templates(), "en", &mut diagnostics);
    crate::support::assert_no_errors(diagnostics);
    wording
}

#[test]
fn every_changed_clause_stands_in_every_form() {
    let set = &quarters().set;
    let view = tickmark::report::changes::changes(set, &wording(), Extent::Page);
    let templates = tickmark::io::embedded_templates();
    let page = String::from_utf8(tickmark::render::html::render_changes(&view, &templates).unwrap()).unwrap();
    let markdown = tickmark::render::changes::markdown(&view);
    let (_, rows) = tickmark::report::changes::changes_csv(set);
    assert_eq!(rows.len(), set.entries.len());
    for entry in &set.entries {
        assert!(page.contains(&entry.clause) && markdown.contains(&entry.clause), "{}", entry.clause);
    }
    for root in [&set.before.root, &set.after.root] {
        assert!(page.contains(root) && markdown.contains(root), "the two roots stand in every form");
    }
    assert_eq!(page.matches("<script>").count(), 1, "the filter, and nothing else");
    // The keys that the filter works on are those of the entries.
    let marked = |key: &str, word: &str| page.matches(&format!("data-{key}=\"{word}\"")).count();
    for framework in set.entries.iter().map(|entry| &entry.framework).collect::<BTreeSet<_>>() {
        let own = set.entries.iter().filter(|entry| entry.framework == *framework).count();
        assert_eq!(marked("framework", framework), own.min(120), "{framework}");
    }
    for cause in set.entries.iter().flat_map(|entry| &entry.causes) {
        assert!(page.contains(&format!("<option value=\"{}\">", cause.kind.word())), "{cause:?}");
    }
    let whole = tickmark::report::changes::changes(set, &wording(), Extent::Whole);
    let book = tickmark::render::changes::xlsx(&whole).unwrap();
    assert_eq!(book, tickmark::render::changes::xlsx(&whole).unwrap());
    use calamine::Reader;
    let mut read: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(book)).unwrap();
    let cells: usize = read.sheet_names().iter().map(|name| read.worksheet_range(name).unwrap().rows().count()).sum();
    assert!(cells > set.entries.len(), "{cells}");
    let machine = serde_json::to_vec(set).unwrap();
    let one = tickmark::render::pdf::render_changes(&view, &machine, &templates, &[]).unwrap();
    let two = tickmark::render::pdf::render_changes(&view, &machine, &templates, &[]).unwrap();
    assert!(one.bytes.starts_with(b"%PDF") && one.bytes == two.bytes && one.unshown.is_empty(), "{:?}", one.unshown);
}

#[test]
fn every_text_of_a_comparison_has_its_wording() {
    let known = wording();
    let absent: Vec<String> = Change::ALL
        .iter()
        .map(|own| format!("change_{}", own.word()))
        .filter(|key| !known.strings.contains_key(&key.replace('-', "_")))
        .collect();
    assert!(absent.is_empty(), "{absent:?}");
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let keys = regex::Regex::new(r#"(?:self\.t|wording\.get|self\.fill|\bt)\(\s*"([a-z_]+)"|strings\.([a-z_]+)"#).unwrap();
    let mut count = 0;
    for file in ["mod.rs", "comparison.rs", "trend.rs"].map(|name| format!("src/report/changes/{name}")) {
        let source = read(&file);
        let found = keys.captures_iter(&source).filter_map(|found| found.get(1).map(|key| key.as_str().to_owned()));
        for key in found {
            assert!(known.strings.contains_key(&key), "`{key}` of {file} has no wording");
            count += 1;
        }
    }
    for found in keys.captures_iter(&read("templates/html/changes.html.j2")) {
        let key = found.get(1).or(found.get(2)).unwrap().as_str();
        assert!(known.strings.contains_key(key) || key.ends_with('_'), "`{key}` of the page has no wording");
        count += 1;
    }
    assert!(count > 80, "{count}");
}

#[test]
fn hostile_text_stays_text_in_every_form() {
    let mut before = quarter("2026-Q2").assessment.clone();
    let after = &quarter("2026-Q3").assessment;
    let evil = "<script>alert(1)</script> | @admin `x` [a](javascript:b) =1+1";
    let objective = before.objectives.iter_mut().find(|own| own.id == "least-privilege").unwrap();
    let seen = objective.observations.iter_mut().find(|own| own.outcome == Outcome::Fail).unwrap();
    seen.subject = evil.into();
    seen.reason = evil.into();
    let set = compare(bare(&before), bare(after), &[], &rejudge);
    let view = tickmark::report::changes::changes(&set, &wording(), Extent::Page);
    let page = String::from_utf8(tickmark::render::html::render_changes(&view, &tickmark::io::embedded_templates()).unwrap()).unwrap();
    assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert"));
    let markdown = tickmark::render::changes::markdown(&view);
    for line in markdown.lines().filter(|line| line.contains("alert")) {
        assert!(line.contains('`') || !line.contains("<script>"), "{line}");
        assert_eq!(line.replace("\\|", "").matches('|').count(), 5, "{line}");
    }
}

#[test]
fn marks_of_a_broken_side_stand_first_in_every_form() {
    let assessment = &quarter("2026-Q3").assessment;
    let broken = Check { state: CheckState::Broken, breaches: vec!["file-changed index.html: not the listed digest".into()] };
    let side = Side { assessment, lists: None, check: &broken };
    let set = compare(bare(&quarter("2026-Q2").assessment), side, &[], &rejudge);
    let view = tickmark::report::changes::changes(&set, &wording(), Extent::Page);
    assert!(view.marks.iter().any(|mark| mark.is_grave && mark.text.contains("does not hold")));
    let page = String::from_utf8(tickmark::render::html::render_changes(&view, &tickmark::io::embedded_templates()).unwrap()).unwrap();
    let markdown = tickmark::render::changes::markdown(&view);
    for text in [&page, &markdown] {
        assert!(text.contains("does not hold"), "marked");
    }
    let (header, rows) = tickmark::report::changes::changes_csv(&set);
    let mark = header.iter().position(|own| own == "mark").unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row[mark].contains("does not hold")), "each row by itself");
    let (header, rows) = tickmark::report::changes::trend_csv(&trend(vec![side]));
    let mark = header.iter().position(|own| own == "mark").unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row[mark].contains("does not hold")));
    assert!(serde_json::to_string(&set).unwrap().contains("\"broken\""));
}

#[test]
fn a_trend_follows_deviations_and_their_age() {
    let whole = ["2026-Q3", "2026-Q2"].map(|name| (quarter(name), lists(quarter(name))));
    let side =
        |(assessed, lists): &'static (&Assessed, Lists)| Side { assessment: &assessed.assessment, lists: Some(lists), check: &WHOLE };
    let followed = trend(kept(whole).iter().map(side).collect());
    assert_eq!(
        followed.points.iter().map(|own| own.period_from.as_str()).collect::<Vec<_>>(),
        ["2026-04-01", "2026-07-01"],
        "put in order"
    );
    let find = |part: &str, objective: &str| {
        followed.open.iter().find(|own| own.objective == objective && own.subject.contains(part)).unwrap_or_else(|| panic!("{part}"))
    };
    // Leaked in both quarters and still active: 92 days from the end of June to the end of September.
    let leaked = find("user/svc-mobile-ci", "credential-rotation");
    assert_eq!((leaked.points, leaked.age_days), (2, 92));
    assert_eq!(find("user/svc-ai-support-agent", "least-privilege").points, 1);
    let rotated = followed.remedied["credential-rotation"];
    assert!(rotated.count >= 6 && rotated.days_at_most_max == 92 && rotated.days_at_least_max == 0, "{rotated:?}");
    let templates = tickmark::io::embedded_templates();
    let view = tickmark::report::changes::trend(&followed, &wording(), Extent::Page);
    let page = String::from_utf8(tickmark::render::html::render_changes(&view, &templates).unwrap()).unwrap();
    assert!(page.contains("svc-mobile-ci") && !page.contains("<script") && !page.contains("script-src"), "there is nothing to filter");
    assert!(tickmark::render::pdf::render_changes(&view, b"{}", &templates, &[]).unwrap().bytes.starts_with(b"%PDF"));
    let (header, rows) = tickmark::report::changes::trend_csv(&followed);
    assert!(rows.len() > 50 && rows.iter().all(|row| row.len() == header.len()));
}
