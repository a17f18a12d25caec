//! What several packs in a row show: a trend that loses no deviation, and a history that looks for every predecessor in the whole folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use proptest::prelude::*;
use tickmark::assessment::inputs::read_observations;
use tickmark::assessment::lists::{Lists, SeenRow};
use tickmark::assessment::{Assessment, Outcome};
use tickmark::base::{Diagnostics, Digest, SourceTree};
use tickmark::diff::trend::{Trend, trend};
use tickmark::diff::{Check, CheckState, Side};
use tickmark::pack::archive;
use tickmark::report::Wording;
use tickmark::report::changes::Extent;

use crate::changes::{Drawn, made};
use crate::support::{quarter, sample_pack};

static WHOLE: Check = Check { state: CheckState::WholePack, breaches: Vec::new() };

/// A record with its lists.
struct Point {
    assessment: Assessment,
    lists: Lists,
}

impl Point {
    /// A quarter of the sample with its whole populations.
    fn of(name: &'static str) -> Point {
        Point::without(name, &|_, _| false)
    }

    /// The same without the rows of some artifacts, by objective and path.
    fn without(name: &'static str, is_left_out: &dyn Fn(&str, &str) -> bool) -> Point {
        let assessed = quarter(name);
        let mut all = Lists::default();
        for (id, csv) in &assessed.observations {
            read_observations(csv, id, &mut all).expect("our own list reads back");
        }
        let mut lists = Lists::whole();
        for id in assessed.observations.keys() {
            lists.begin(id);
            all.observations(id).unwrap().filter(|row| !is_left_out(id, row.artifact)).for_each(|row| lists.observe(row));
        }
        lists.settle();
        Point { assessment: assessed.assessment.clone(), lists }
    }

    /// A record for which nothing was collected of some objectives.
    fn untested(mut self, is_untested: &dyn Fn(&str) -> bool) -> Point {
        for own in self.assessment.objectives.iter_mut().filter(|own| is_untested(&own.id)) {
            own.observations.clear();
            own.observations_digest = None;
        }
        let mut lists = Lists::whole();
        for own in self.assessment.objectives.iter().filter(|own| own.observations_digest.is_some()) {
            lists.begin(&own.id);
            self.lists.observations(&own.id).into_iter().flatten().for_each(|row| lists.observe(row));
        }
        lists.settle();
        Point { lists, ..self }
    }

    fn at(mut self, as_of: &str) -> Point {
        self.assessment.frame.as_of = as_of.into();
        self
    }

    fn side(&self) -> Side<'_> {
        Side { assessment: &self.assessment, lists: Some(&self.lists), check: &WHOLE }
    }

    /// The record alone.
    fn bare(&self) -> Side<'_> {
        Side { assessment: &self.assessment, lists: None, check: &WHOLE }
    }

    fn outcomes(&self, objective: &str) -> BTreeMap<&str, Outcome> {
        self.lists.observations(objective).into_iter().flatten().map(|row| (row.subject, row.outcome)).collect()
    }
}

fn followed(points: &[Point]) -> Trend {
    let followed = trend(points.iter().map(Point::side).collect());
    adds_up(&followed);
    followed
}

/// No deviation comes from nowhere or goes nowhere.
fn adds_up(followed: &Trend) {
    let mut known = followed.deviations[0].open;
    for own in &followed.deviations[1..] {
        let flow = |count: Option<usize>| count.expect("every point but the first has one before it");
        assert_eq!(flow(own.before), known, "{own:?}");
        assert_eq!(known + flow(own.opened), own.open + flow(own.closed) + flow(own.not_looked_at), "{own:?}");
        assert_eq!(own.open, flow(own.opened) + own.repeated + own.again, "{own:?}");
        assert!(own.left.is_none_or(|left| left <= flow(own.closed)), "{own:?}");
        known = own.open + flow(own.not_looked_at);
    }
    let last = followed.deviations.last().unwrap();
    assert_eq!(last.open, followed.open.len());
    assert_eq!(last.not_looked_at.unwrap_or_default(), followed.not_looked_at.len());
    let closed: usize = followed.deviations.iter().filter_map(|own| own.closed).sum();
    let remedied: usize = followed.remedied.values().map(|own| own.count).sum();
    let otherwise: usize = followed.not_remedied.values().map(|own| own.left + own.not_listed).sum();
    assert_eq!(closed, remedied + otherwise, "every closed deviation is told with its objective");
    assert!(followed.remedied.values().all(|own| own.count > 0), "no duration is told of nothing");
}

fn none(_: &str) -> bool {
    true
}

const LATER: &str = "2026-12-31T23:59:59+01:00";
const BETWEEN: &str = "2026-08-15T23:59:59+02:00";

#[test]
fn every_deviation_of_a_trend_stands_in_one_column() {
    let half = |objective: &str| objective < "credential-rotation";
    let aws = |_: &str, artifact: &str| artifact.starts_with("aws/");
    for points in [
        vec![Point::of("2026-Q2"), Point::of("2026-Q3"), Point::of("2026-Q3").at(LATER)],
        vec![Point::of("2026-Q2"), Point::of("2026-Q3"), Point::of("2026-Q3").untested(&none).at(LATER)],
        vec![Point::of("2026-Q2"), Point::of("2026-Q3"), Point::of("2026-Q3").untested(&half).at(LATER)],
        vec![Point::of("2026-Q2"), Point::of("2026-Q3").untested(&none).at(BETWEEN), Point::of("2026-Q3")],
        vec![Point::of("2026-Q2"), Point::of("2026-Q3").untested(&half).at(BETWEEN), Point::of("2026-Q3")],
        vec![Point::of("2026-Q2").untested(&none), Point::of("2026-Q3"), Point::of("2026-Q2").at(LATER)],
        vec![Point::of("2026-Q2"), Point::without("2026-Q3", &aws), Point::of("2026-Q3").at(LATER)],
    ] {
        followed(&points);
        adds_up(&trend(points.iter().map(Point::bare).collect()));
        adds_up(&trend(vec![points[0].side(), points[1].bare(), points[2].side()]));
    }
}

#[test]
fn what_nobody_looks_at_any_more_has_not_ended() {
    let all = followed(&[Point::of("2026-Q2"), Point::of("2026-Q3"), Point::of("2026-Q3").untested(&none).at(LATER)]);
    let (then, last) = (all.deviations[1], all.deviations[2]);
    assert_eq!((last.open, last.opened, last.closed), (0, Some(0), Some(0)));
    assert!(last.not_looked_at >= Some(then.open) && then.open > 400, "{last:?}");
    assert!(all.open.is_empty());
    let leaked = all.not_looked_at.iter().find(|own| own.objective == "credential-rotation" && own.subject.contains("user/svc-mobile-ci"));
    let leaked = leaked.expect("it is told that nobody looked");
    assert_eq!((leaked.since.as_str(), leaked.seen_last.as_str()), ("2026-06-30T23:59:59+02:00", "2026-09-30T23:59:59+02:00"));
    // The text, the page and the rows of the CSV say so too.
    let mut diagnostics = Diagnostics::default();
    let templates = tickmark::io::embedded_templates();
    let wording = Wording::load(&templates, "en", &mut diagnostics);
    let view = tickmark::report::changes::trend(&all, &wording, Extent::Page);
    let unseen = format!("the sources cannot tell: {}.", all.not_looked_at.len());
    assert!(view.summary.ends_with(&unseen), "{}", view.summary);
    let markdown = tickmark::render::changes::markdown(&view);
    assert!(markdown.contains("Deviations not looked at") && markdown.contains("svc-mobile-ci"));
    assert!(markdown.contains(&format!("| {} | 0 | 0 | 0 | {} | 0 | 0 | 0 |", then.open + 1, all.not_looked_at.len())), "{markdown}");
    let (_, rows) = tickmark::report::changes::trend_csv(&all);
    assert!(rows.iter().any(|row| row[4] == "not-looked-at" && row[5] == all.not_looked_at.len().to_string()));
}

#[test]
fn a_collection_that_was_left_out_resets_no_age() {
    let direct = followed(&[Point::of("2026-Q2"), Point::of("2026-Q3")]);
    let skipped = followed(&[Point::of("2026-Q2"), Point::of("2026-Q3").untested(&none).at(BETWEEN), Point::of("2026-Q3")]);
    let (one, two) = (direct.deviations[1], skipped.deviations[2]);
    assert_eq!((one.open, one.opened, one.closed, one.left), (two.open, two.opened, two.closed, two.left));
    assert_eq!((one.repeated, one.again), (two.again, two.repeated), "they stand again, and are not opened");
    assert!(two.again > 300, "{two:?}");
    let ages = |all: &Trend| -> BTreeSet<(String, String, String, i64)> {
        all.open.iter().map(|own| (own.objective.clone(), own.subject.clone(), own.since.clone(), own.age_days)).collect()
    };
    assert_eq!(ages(&direct), ages(&skipped));
    let leaked = skipped.open.iter().find(|own| own.objective == "credential-rotation" && own.subject.contains("user/svc-mobile-ci"));
    let leaked = leaked.unwrap();
    assert_eq!((leaked.points, leaked.not_looked_at, leaked.age_days), (2, 1, 92));
    // Nor does it shorten or lengthen what is told of those that were put right.
    assert_eq!(direct.remedied, skipped.remedied);
}

#[test]
fn what_only_a_source_shows_that_was_not_collected_has_not_ended() {
    let is_aws = |_: &str, artifact: &str| artifact.starts_with("aws/");
    let mut without = Point::without("2026-Q3", &is_aws);
    for own in without.assessment.artifacts.iter_mut().filter(|own| own.path.starts_with("aws/")) {
        own.state = "out-of-period".into();
    }
    let all = followed(&[Point::of("2026-Q2"), without, Point::of("2026-Q3").at(LATER)]);
    let direct = followed(&[Point::of("2026-Q2"), Point::of("2026-Q3").at(LATER)]);
    let (between, last) = (all.deviations[1], all.deviations[2]);
    assert!(between.not_looked_at > Some(50), "{between:?}");
    assert!(between.left < direct.deviations[1].left && last.again > 50, "{all:?}", all = all.deviations);
    let of_aws =
        |own: &&tickmark::diff::trend::OpenDeviation| own.objective == "credential-rotation" && own.subject.starts_with("arn:aws:");
    let since = |all: &Trend| all.open.iter().filter(of_aws).map(|own| (own.subject.clone(), own.since.clone())).collect::<Vec<_>>();
    assert!(since(&direct).len() > 10);
    assert_eq!(since(&all), since(&direct), "their ages are those that they would have had");
}

#[test]
fn only_who_is_still_there_and_passes_was_put_right() {
    let (old, new) = (Point::of("2026-Q2"), Point::of("2026-Q3"));
    let (mut right, mut left) = (BTreeMap::new(), BTreeMap::new());
    let mut replaced = 0;
    for own in &old.assessment.objectives {
        let (was, is) = (old.outcomes(&own.id), new.outcomes(&own.id));
        // The name of a credential is that of its identity, and the key.
        let has_another = |subject: &str| {
            let holder = subject.rsplit_once(' ').map_or(subject, |(holder, _)| holder);
            let live = is.iter().filter(|(other, outcome)| **outcome != Outcome::Skip && !was.contains_key(*other));
            own.id == "credential-rotation"
                && live.map(|(other, _)| other.rsplit_once(' ').map_or(*other, |own| own.0)).any(|own| own == holder)
        };
        for (subject, _) in was.iter().filter(|(_, outcome)| **outcome == Outcome::Fail) {
            match is.get(subject) {
                Some(Outcome::Pass | Outcome::Skip) => *right.entry(own.id.clone()).or_insert(0) += 1,
                None if has_another(subject) => {
                    replaced += 1;
                    *right.entry(own.id.clone()).or_insert(0) += 1;
                }
                None => *left.entry(own.id.clone()).or_insert(0) += 1,
                Some(Outcome::Fail | Outcome::Unknown) => {}
            }
        }
    }
    let all = trend(vec![old.side(), new.side()]);
    assert_eq!(all.remedied.iter().map(|(id, own)| (id.clone(), own.count)).collect::<BTreeMap<_, _>>(), right);
    assert_eq!(all.not_remedied.iter().map(|(id, own)| (id.clone(), own.left)).collect::<BTreeMap<_, _>>(), left);
    assert!(replaced >= 3, "keys of the sample were deleted when others had replaced them: {replaced}");
    assert!(left["credential-rotation"] >= 1 && right["credential-rotation"] >= 9, "the sample has both: {left:?} {right:?}");
    assert_eq!(all.deviations[1].left, Some(left.values().sum()));
    assert!(all.remedied.values().all(|own| own.days_at_most_max == 92 && own.days_at_least_max == 0), "{:?}", all.remedied);
    assert!(all.remarks.is_empty(), "{:?}", all.remarks);
    // Where a record lists nobody who passes, none of the two is told, and that is said.
    let bare = trend(vec![old.side(), new.bare()]);
    let not_listed: usize = bare.not_remedied.values().map(|own| own.not_listed).sum();
    assert!(not_listed > 50 && bare.not_remedied.values().all(|own| own.left == 0));
    assert!(bare.remedied.values().map(|own| own.count).sum::<usize>() < right.values().sum());
    assert_eq!((bare.deviations[1].left, bare.deviations[1].closed), (None, all.deviations[1].closed));
    let told: Vec<&str> = bare.remarks.iter().map(|own| own.code).collect();
    assert_eq!(told, ["record-only"]);
}

/// What was seen of five subjects at one point, by objective; nothing where it was not tested.
type Seen = Vec<Option<Vec<Option<Outcome>>>>;

fn seen() -> impl Strategy<Value = (Seen, bool)> {
    let outcome = prop::sample::select(vec![
        None,
        Some(Outcome::Fail),
        Some(Outcome::Fail),
        Some(Outcome::Unknown),
        Some(Outcome::Pass),
        Some(Outcome::Skip),
    ]);
    (prop::collection::vec(prop::option::weighted(0.7, prop::collection::vec(outcome, 5)), 2), any::<bool>())
}

fn drawn_point(at: usize, seen: &Seen, is_whole: bool) -> Point {
    let nobody = Drawn { edition: 1, clauses: vec![], failing: vec![BTreeSet::new(); seen.len()], revision: 1, as_of: 0 };
    let mut assessment = made(&nobody);
    assessment.frame.as_of = format!("2026-04-{:02}T00:00:00Z", at * 3 + 1);
    let mut lists = if is_whole { Lists::whole() } else { Lists::default() };
    for (own, seen) in assessment.objectives.iter_mut().zip(seen) {
        let Some(seen) = seen else {
            own.observations_digest = None;
            continue;
        };
        lists.begin(&own.id);
        for (subject, outcome) in seen.iter().enumerate().filter_map(|(subject, outcome)| Some((format!("s{subject}"), (*outcome)?))) {
            if is_whole || matches!(outcome, Outcome::Fail | Outcome::Unknown) {
                let (reason, artifact, record) = ("", "a.json", "1");
                lists.observe(SeenRow { subject: &subject, outcome, reason, artifact, record, identity: None, proved: true });
            }
        }
    }
    lists.settle();
    Point { assessment, lists }
}

proptest! {
    #[test]
    fn deviations_of_any_trend_add_up_and_keep_their_first_instant(list in prop::collection::vec(seen(), 1..6)) {
        let points: Vec<Point> = list.iter().enumerate().map(|(at, (seen, is_whole))| drawn_point(at, seen, *is_whole)).collect();
        let all = followed(&points);
        let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (at, (seen, _)) in list.iter().enumerate() {
            for (objective, seen) in seen.iter().enumerate().filter_map(|(objective, seen)| Some((objective, seen.as_ref()?))) {
                for (subject, outcome) in seen.iter().enumerate() {
                    let key = (format!("o{objective}"), format!("s{subject}"));
                    match outcome {
                        Some(Outcome::Fail) => {
                            known.entry(key).or_insert(at);
                        }
                        Some(Outcome::Unknown) => {}
                        Some(Outcome::Pass | Outcome::Skip) | None => {
                            known.remove(&key);
                        }
                    }
                }
            }
        }
        let open = all.open.iter().map(|own| (&own.objective, &own.subject, &own.since));
        let unseen = all.not_looked_at.iter().map(|own| (&own.objective, &own.subject, &own.since));
        let told: BTreeMap<(String, String), String> =
            open.chain(unseen).map(|(objective, subject, since)| ((objective.clone(), subject.clone()), since.clone())).collect();
        let instant = |at: usize| points[at].assessment.frame.as_of.clone();
        prop_assert_eq!(told, known.into_iter().map(|(key, at)| (key, instant(at))).collect::<BTreeMap<_, _>>());
    }
}

fn tickmark(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickmark")).args(arguments).output().unwrap()
}

fn history(folder: &Path) -> serde_json::Value {
    let output = tickmark(&["history", folder.to_str().unwrap(), "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn places(list: &serde_json::Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|own| own["place"].as_str().unwrap()).collect()
}

fn codes(own: &serde_json::Value) -> Vec<&str> {
    own["notes"].as_array().unwrap().iter().map(|note| note["code"].as_str().unwrap()).collect()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tree = SourceTree::default();
    for (path, bytes) in files {
        tree.insert(*path, bytes.to_vec());
    }
    archive::write(&tree)
}

#[test]
fn history_lists_archives_and_passes_over_what_is_no_pack() {
    let place = tempfile::tempdir().unwrap();
    let packs = place.path().join("packs");
    fs::create_dir_all(packs.join("kept/here")).unwrap();
    fs::create_dir_all(packs.join("q3/artifacts")).unwrap();
    let files: Vec<(&str, &[u8])> = sample_pack().iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    let whole = zip(&files);
    fs::write(packs.join("kept/q3.ZIP"), &whole).unwrap();
    fs::write(packs.join("minutes.zip"), zip(&[("minutes.txt", b"We met.")])).unwrap();
    let list = history(&packs);
    assert_eq!(places(&list["packs"]), ["kept/q3.ZIP"]);
    assert_eq!(codes(&list["packs"][0]), ["first"], "it holds as a whole pack does");
    assert_eq!((&list["is_whole"], places(&list["unreadable"])), (&true.into(), vec![]));

    // A copy of it changes nothing; what lies in a pack or deeper is none of the folder; what cannot be read is told.
    for (path, bytes) in &files {
        let to = packs.join("q3").join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
    fs::write(packs.join("kept/here/deep.zip"), &whole).unwrap();
    let list = history(&packs);
    assert_eq!(places(&list["packs"]), ["kept/q3.ZIP", "q3"]);
    assert_eq!((codes(&list["packs"][1]), &list["is_whole"]), (vec!["same-root"], &true.into()));
    fs::write(packs.join("q3/more.zip"), &whole).unwrap();
    fs::write(packs.join("cut.zip"), &whole[..whole.len() / 2]).unwrap();
    fs::write(packs.join("forged.zip"), zip(&[("assessment.json", b"{}")])).unwrap();
    let list = history(&packs);
    assert_eq!(places(&list["packs"]), ["kept/q3.ZIP", "q3"]);
    assert_eq!(codes(&list["packs"][1]), ["broken", "same-root"], "a file that is not listed");
    assert_eq!((&list["is_whole"], places(&list["unreadable"])), (&false.into(), vec!["cut.zip", "forged.zip"]));
    let problems: Vec<&str> = list["unreadable"].as_array().unwrap().iter().map(|own| own["problem"].as_str().unwrap()).collect();
    assert!(problems[0].contains("no ZIP archive") && problems[1].contains("has no schema"), "{problems:?}");
    let shown = tickmark(&["history", packs.to_str().unwrap()]);
    assert!(shown.status.success() && String::from_utf8_lossy(&shown.stdout).contains("cut.zip: it is refused"));

    let empty = place.path().join("empty");
    fs::create_dir_all(&empty).unwrap();
    fs::write(empty.join("minutes.zip"), zip(&[("minutes.txt", b"We met.")])).unwrap();
    assert_eq!(tickmark(&["history", empty.to_str().unwrap()]).status.code(), Some(2), "no pack at all");
}

#[test]
fn a_predecessor_that_is_in_the_folder_is_never_said_to_be_missing() {
    let place = tempfile::tempdir().unwrap();
    let old = &quarter("2026-Q2").assessment;
    let write = |name: &str, of: &Assessment, root: &str, previous: Option<&Digest>| {
        let mut own = of.clone();
        own.frame.previous = previous.cloned();
        if !root.is_empty() {
            own.root = Digest::of(root.as_bytes());
        }
        let folder = place.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("assessment.json"), serde_json::to_vec(&own).unwrap()).unwrap();
    };
    write("q2", old, "", None);
    write("q2 corrected", old, "corrected", Some(&old.root));
    write("q3", &quarter("2026-Q3").assessment, "", Some(&old.root));
    write("q3 again", &quarter("2026-Q3").assessment, "again", Some(&old.root));
    let list = history(place.path());
    assert_eq!(places(&list["packs"]), ["q2", "q2 corrected", "q3", "q3 again"]);
    // Records alone in a folder are no whole packs, which is told first.
    let all: Vec<Vec<&str>> = list["packs"].as_array().unwrap().iter().map(|own| codes(own)[1..].to_vec()).collect();
    assert_eq!(
        all,
        [vec!["first"], vec!["same-period", "names-previous"], vec!["follows", "names-beside"], vec!["same-period", "names-beside"]]
    );
    let told = list["packs"][3]["notes"][2]["text"].as_str().unwrap();
    assert!(
        told.contains("`q3` of the same period names it too") && told.contains("`q2 corrected` of the same period as that one"),
        "{told}"
    );
    assert!(!list.to_string().contains("is not here"));
}
