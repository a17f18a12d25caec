//! `diff`, `trend` and `history` as the user runs them: forms, gates, and every kind of wrong input.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tickmark::assessment::parts::read_parts;
use tickmark::assessment::{Assessment, Observation};

use crate::support::{plain_text_of, quarter, root, sample_pack};

fn tickmark(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickmark")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn write_pack(folder: &Path) {
    for (path, bytes) in sample_pack() {
        let to = folder.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
}

fn write_record(path: &Path, assessment: &Assessment) {
    fs::write(path, serde_json::to_vec(assessment).unwrap()).unwrap();
}

/// A page with what was escaped in it read back.
fn unescaped(page: &str) -> String {
    page.replace("&#x2f;", "/").replace("&#x27;", "'")
}

/// The record of the second quarter and the whole pack of the third.
struct Place {
    _place: tempfile::TempDir,
    old: PathBuf,
    new: PathBuf,
}

impl Place {
    fn new() -> Place {
        let place = tempfile::tempdir().unwrap();
        let (old, new) = (place.path().join("old.json"), place.path().join("new"));
        write_pack(&new);
        write_record(&old, &quarter("2026-Q2").assessment);
        Place { _place: place, old, new }
    }

    fn diff(&self, more: &[&str]) -> Output {
        let mut arguments = vec!["diff", self.old.to_str().unwrap(), self.new.to_str().unwrap()];
        arguments.extend(more);
        tickmark(&arguments)
    }
}

#[test]
fn diff_tells_framework_clause_change_and_causes_and_is_the_same_twice() {
    let place = Place::new();
    let output = place.diff(&["--format", "json"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(output.stdout, place.diff(&["--format", "json"]).stdout);
    let changes: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let entries = changes["entries"].as_array().unwrap();
    assert!(!entries.is_empty());
    for entry in entries {
        for key in ["framework", "clause", "change"] {
            assert!(entry[key].is_string(), "{key}: {entry}");
        }
        assert!(!entry["causes"].as_array().unwrap().is_empty(), "{entry}");
    }
    assert_eq!(changes["after"]["root"].as_str().unwrap(), quarter("2026-Q3").assessment.root.as_str());
    let shown = said(&place.diff(&[]));
    assert!(
        shown.contains("svc-payments-legacy-batch") && shown.contains("Only the record") | shown.contains("only the record"),
        "{shown}"
    );
}

#[test]
fn a_side_that_does_not_hold_is_refused_or_marked_in_every_form() {
    let place = Place::new();
    fs::write(place.new.join("index.html"), "forged").unwrap();
    let refused = place.diff(&[]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(refused.stdout.is_empty(), "nothing is compared before the sides are checked");
    for form in ["text", "json", "markdown", "html"] {
        let output = place.diff(&["--unverified", "--format", form]);
        assert_eq!(output.status.code(), Some(0), "{form}: {}", said(&output));
        let text = String::from_utf8_lossy(&output.stdout).replace('\\', "");
        assert!(text.contains("does not hold"), "{form} is not marked");
    }
    // A bare record whose verdict was improved by hand.
    let mut forged = quarter("2026-Q2").assessment.clone();
    let digest = forged.clauses[1].digest.clone();
    forged.clauses[0].digest = digest;
    write_record(&place.old, &forged);
    write_pack(&place.new);
    assert_eq!(place.diff(&[]).status.code(), Some(3));
}

#[test]
fn forms_follow_the_name_of_the_file_and_gates_end_with_one() {
    let place = Place::new();
    let folder = place.old.parent().unwrap();
    for (name, start) in [
        ("c.pdf", &b"%PDF"[..]),
        ("c.html", b"<!doctype html>"),
        ("c.md", b"# Nordhavn"),
        ("c.xlsx", b"PK"),
        ("c.json", b"{"),
        ("c.csv", b"framework,"),
    ] {
        let out = folder.join(name);
        let output = place.diff(&["--out", out.to_str().unwrap()]);
        assert!(output.status.success(), "{name}: {}", said(&output));
        assert!(fs::read(&out).unwrap().starts_with(start), "{name}");
    }
    assert_eq!(place.diff(&["--format", "pdf"]).status.code(), Some(2), "a PDF needs a file");
    let gate = place.diff(&["--fail-on", "worsened"]);
    assert_eq!(gate.status.code(), Some(1));
    assert!(said(&gate).contains("the gate is not met by"), "deviations came to light: {}", said(&gate));
    assert_eq!(place.diff(&["--fail-on", "removed,added"]).status.code(), Some(0));
}

#[test]
fn slips_of_the_hand_are_answered_with_what_was_meant() {
    let place = Place::new();
    let (old, new) = (place.old.to_str().unwrap(), place.new.to_str().unwrap());
    let swapped = tickmark(&["diff", new, old]);
    assert_eq!(swapped.status.code(), Some(2));
    assert!(said(&swapped).contains(&format!("tickmark diff {old} {new}")), "{}", said(&swapped));

    let same = tickmark(&["diff", new, new]);
    assert_eq!(same.status.code(), Some(0));
    assert!(said(&same).contains("the same assessment") && said(&same).contains("Nothing changed"), "{}", said(&same));

    let renamed = |change: &dyn Fn(&mut Assessment)| {
        let mut other = quarter("2026-Q2").assessment.clone();
        change(&mut other);
        write_record(&place.old, &other);
    };
    renamed(&|other| other.frame.organisation = "Somebody Else".into());
    assert_eq!(place.diff(&[]).status.code(), Some(2));
    let across = place.diff(&["--across-organisations"]);
    assert!(across.status.success() && said(&across).contains("different organisations"), "{}", said(&across));
    renamed(&|other| other.frame.scope = "Something else.".into());
    assert!(said(&place.diff(&[])).contains("scope is stated otherwise"));
    renamed(&|other| other.schema = "tickmark-assessment/99".into());
    let newer = place.diff(&[]);
    assert!(newer.status.code() == Some(2) && said(&newer).contains("tickmark-assessment/99"), "{}", said(&newer));
    fs::write(&place.old, "no json").unwrap();
    assert_eq!(place.diff(&[]).status.code(), Some(2));
}

/// The schema of a record is in the name of its fixture: a new schema needs a fixture of its own, and the old ones stay.
#[test]
fn records_of_earlier_versions_stay_readable() {
    let place = Place::new();
    let mut schemas = BTreeSet::new();
    for entry in fs::read_dir(root().join("tests/records")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let assessment: Assessment = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(assessment.computed_root(), assessment.root, "{}", path.display());
        assert!(path.file_name().unwrap().to_str().unwrap().contains(&assessment.schema.replace('/', "-")), "{}", path.display());
        let shown = path.to_str().unwrap();
        let output = tickmark(&["diff", shown, shown, "--format", "json"]);
        assert!(output.status.success(), "{}", said(&output));
        let changes: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(changes["entries"].as_array().map(Vec::len), Some(0), "nothing changes against itself");
        let clauses = assessment.clauses.iter().filter(|own| own.status.is_some()).count();
        assert_eq!(changes["counts"]["unchanged"].as_u64(), Some(clauses as u64), "and every clause was read");
        // Against what is written today: of another organisation, and every clause of both sides has its place.
        let (new, today) = (place.new.to_str().unwrap(), &quarter("2026-Q3").assessment);
        let sides = if assessment.frame.as_of > today.frame.as_of { [new, shown] } else { [shown, new] };
        let output = tickmark(&["diff", sides[0], sides[1], "--across-organisations", "--format", "json"]);
        assert!(output.status.success(), "{}", said(&output));
        let changes: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(changes["remarks"].as_array().unwrap().iter().any(|own| own["code"] == "other-organisation"));
        assert_eq!(changes["populations_known"], false, "a record without a register knows no population");
        schemas.insert(assessment.schema);
    }
    assert!(schemas.contains(tickmark::assessment::SCHEMA), "the schema that is written today has no fixture: {schemas:?}");
}

/// Reading a record part by part gives what reading it whole gives, however it is laid out.
#[test]
fn a_record_read_in_parts_is_the_record() {
    for name in ["2026-Q2", "2026-Q3"] {
        let whole = &quarter(name).assessment;
        let mut small = whole.clone();
        small.objectives.iter_mut().for_each(|own| own.observations.clear());
        small.register.clear();
        small.dossiers.clear();
        small.reconciliation = Default::default();
        for bytes in [serde_json::to_vec(whole).unwrap(), serde_json::to_vec_pretty(whole).unwrap()] {
            let (read, lists) = read_parts(&mut bytes.as_slice()).unwrap();
            assert_eq!(read, small, "{name}");
            assert!(!lists.is_whole);
            for own in &whole.objectives {
                let mut kept = own.observations.clone();
                kept.sort_by(|one, two| one.subject.cmp(&two.subject));
                let listed: Vec<Observation> = lists.observations(&own.id).unwrap().map(Observation::from).collect();
                assert_eq!(listed, kept, "{name} {}", own.id);
            }
            let rows: Vec<_> = (0..lists.register_count()).map(|at| lists.register_row(at)).collect();
            assert!(rows.len() > 20 && rows.len() == whole.register.len(), "{}", rows.len());
            for (row, own) in rows.iter().zip(&whole.register) {
                assert_eq!((row.identity, row.owner, row.purpose), (own.identity.as_str(), own.owner.as_deref(), own.purpose.as_deref()));
                assert_eq!((row.entitlements, row.admin, row.status), (own.entitlements.as_str(), own.admin, own.status.as_str()));
                assert_eq!((row.created_at, row.expires_at), (own.created_at.as_deref(), own.expires_at.as_deref()));
                assert_eq!(
                    (row.class, row.owner_status, row.scope),
                    (own.class.as_deref(), own.owner_status.as_deref(), own.scope.as_deref())
                );
                assert_eq!((row.platform, row.kind, row.artifact, row.record), (&*own.platform, &*own.kind, &*own.artifact, &*own.record));
            }
        }
    }
}

/// The published schemas describe what is printed, and would refuse something else.
#[test]
fn the_json_forms_follow_their_published_schemas() {
    let place = Place::new();
    let (old, new) = (place.old.to_str().unwrap(), place.new.to_str().unwrap());
    let folder = place.old.parent().unwrap().join("packs");
    fs::create_dir_all(folder.join("q2")).unwrap();
    fs::copy(&place.old, folder.join("q2/assessment.json")).unwrap();
    for (name, arguments, key) in [
        ("changes", vec!["diff", old, new, "--format", "json"], "entries"),
        ("trend", vec!["trend", old, new, "--format", "json"], "points"),
        ("history", vec!["history", folder.to_str().unwrap(), "--format", "json"], "packs"),
    ] {
        let path = root().join(format!("book/src/reference/schemas/{name}.schema.json"));
        let schema: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let output = tickmark(&arguments);
        assert!(output.status.success(), "{}", said(&output));
        let mut printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(printed["schema"], format!("tickmark-{name}/1"));
        let errors: Vec<String> = validator.iter_errors(&printed).map(|error| format!("{} {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {}", errors.join("\n"));
        assert!(!printed[key].as_array().unwrap().is_empty(), "{name}: nothing was validated");
        printed.as_object_mut().unwrap().remove(key);
        assert!(!validator.is_valid(&printed), "{name}: `{key}` is not required");
    }
}

#[test]
fn a_framework_on_one_side_only_is_told_and_its_clauses_are_added_or_removed() {
    let place = Place::new();
    let mut narrow = quarter("2026-Q2").assessment.clone();
    let kept = narrow.frameworks[0].framework.clone();
    narrow = narrow.restricted(std::slice::from_ref(&kept));
    write_record(&place.old, &narrow);
    let output = place.diff(&["--format", "json"]);
    assert!(output.status.success(), "{}", said(&output));
    let changes: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let (mut added, mut other) = (0, 0);
    for entry in changes["entries"].as_array().unwrap() {
        if entry["framework"].as_str().unwrap() == kept {
            other += 1;
            continue;
        }
        assert_eq!((&entry["change"], &entry["causes"][0]["kind"]), (&"added".into(), &"scope".into()), "{entry}");
        added += 1;
    }
    let outside = |own: &&tickmark::assessment::ClauseResult| own.status.is_some() && own.framework != kept;
    assert_eq!(added, quarter("2026-Q3").assessment.clauses.iter().filter(outside).count());
    assert!(other > 0, "the framework of both sides is compared all the same");
    let remarks = changes["remarks"].as_array().unwrap();
    let told = remarks.iter().filter(|own| own["code"] == "one-sided-framework").count();
    assert_eq!(told, quarter("2026-Q3").assessment.frameworks.len() - 1);
    // A gate against deterioration does not stop at what was not there to be compared.
    assert_eq!(place.diff(&["--fail-on", "removed"]).status.code(), Some(0));
    assert_eq!(place.diff(&["--fail-on", "added"]).status.code(), Some(1));
}

#[test]
fn the_same_pack_twice_and_broken_files_have_one_outcome_each() {
    let place = Place::new();
    let new = place.new.to_str().unwrap();
    let same = tickmark(&["diff", new, new, "--format", "json"]);
    assert_eq!(same.status.code(), Some(0));
    let changes: serde_json::Value = serde_json::from_slice(&same.stdout).unwrap();
    for key in ["entries", "exceptions", "took_effect"] {
        assert_eq!(changes[key].as_array().map(Vec::len), Some(0), "{key}");
    }
    for own in changes["objectives"].as_array().unwrap() {
        assert_eq!((own["started"].as_array().map(Vec::len), own["stopped"].as_array().map(Vec::len)), (Some(0), Some(0)), "{own}");
    }
    let codes: Vec<&str> = changes["remarks"].as_array().unwrap().iter().map(|own| own["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"same"), "{codes:?}");
    assert_eq!(tickmark(&["diff", new, new, "--fail-on", "worsened"]).status.code(), Some(0));

    let whole = fs::read_to_string(&place.old).unwrap();
    for (text, code, told) in [
        (whole[..whole.len() / 2].to_owned(), 2, "is not an assessment"),
        (String::new(), 2, "is not an assessment"),
        ("[]".to_owned(), 2, "is not an assessment"),
        ("{}".to_owned(), 2, "has no schema"),
        (format!("{whole} {{}}"), 2, "something follows the record"),
        (whole.replacen("\"schema\":", "\"schema\": \"x\", \"schema\":", 1), 2, "the key `schema` stands twice"),
        (whole.replacen("\"status\":\"not-satisfied\"", "\"status\":\"satisfied\"", 1), 3, "does not hold"),
    ] {
        fs::write(&place.old, &text).unwrap();
        let output = place.diff(&[]);
        assert_eq!(output.status.code(), Some(code), "{told}: {}", said(&output));
        assert!(said(&output).contains(told) && output.stdout.is_empty(), "{told}: {}", said(&output));
    }
    fs::remove_file(&place.old).unwrap();
    assert_eq!(place.diff(&[]).status.code(), Some(4), "a file that is not there");
}

/// The register tells whose an identity is, and the page can be searched for that person.
#[test]
fn owners_of_identities_are_told_and_found() {
    let place = Place::new();
    let output = place.diff(&["--format", "json"]);
    let changes: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let register = &quarter("2026-Q3").assessment.register;
    let mut owned = 0;
    for own in changes["identities"].as_array().unwrap() {
        let Some(row) = register.iter().find(|row| own["identity"] == row.identity.as_str()) else { continue };
        if row.owner.as_deref().is_some_and(|owner| !owner.is_empty()) {
            assert_eq!(own["owner"].as_str(), row.owner.as_deref(), "{own}");
            owned += 1;
        }
    }
    assert!(owned > 5, "{owned}");
    let page = unescaped(&String::from_utf8(place.diff(&["--format", "html"]).stdout).unwrap());
    let shown = changes["identities"].as_array().unwrap().iter().find(|own| own["standing"] == "new" && own["owner"].is_string()).unwrap();
    let (identity, owner) = (shown["identity"].as_str().unwrap(), shown["owner"].as_str().unwrap());
    let row = page.lines().find(|line| line.starts_with("<tr data-row") && line.contains(identity) && line.contains(owner));
    assert!(row.is_some(), "{identity} of {owner} is no line that the filter finds");
}

#[test]
fn templates_of_ones_own_lay_out_every_document() {
    let place = Place::new();
    let own = place.old.parent().unwrap().join("own");
    for folder in ["html", "typst", "strings"] {
        fs::create_dir_all(own.join(folder)).unwrap();
    }
    let built_in = |path: &str| fs::read_to_string(root().join("templates").join(path)).unwrap();
    let strings =
        built_in("strings/en.changes.yaml").replace("changes_title: Changes since the prior period", "changes_title: Was sich bewegt hat");
    fs::write(own.join("strings/en.changes.yaml"), strings).unwrap();
    let css = format!("{}\n.ours {{ color: red; }}\n", built_in("html/changes.css"));
    fs::write(own.join("html/changes.css"), &css).unwrap();
    let folder = own.to_str().unwrap();
    let made = |form: &str| {
        let output = place.diff(&["--templates", folder, "--format", form]);
        assert!(output.status.success(), "{form}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let page = unescaped(&made("html"));
    assert!(page.contains("<h1>Was sich bewegt hat</h1>") && page.contains(".ours { color: red; }"));
    assert!(made("markdown").starts_with("# Nordhavn") && made("markdown").contains("Was sich bewegt hat"));
    assert!(said(&place.diff(&["--templates", folder])).contains("Was sich bewegt hat"));
    // The policy names the style sheet that is really there.
    let both = format!("{}\n{css}", built_in("html/report.css"));
    let sum = tickmark::base::Digest::of(both.as_bytes()).bytes();
    use base64::Engine as _;
    assert!(
        page.contains(&format!("style-src 'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(sum))),
        "the hash is of our sheet"
    );
    // The PDF is laid out by the template that was given.
    let pdf = |arguments: &[&str], name: &str| {
        let out = place.old.parent().unwrap().join(name);
        let mut all = vec!["--out", out.to_str().unwrap()];
        all.extend(arguments);
        let output = place.diff(&all);
        (output.status.code(), fs::read(&out).unwrap_or_default(), said(&output))
    };
    let plain = pdf(&[], "plain.pdf");
    fs::write(own.join("typst/changes.typ"), built_in("typst/changes.typ").replace("paper: \"a4\"", "paper: \"a5\"")).unwrap();
    let ours = pdf(&["--templates", folder], "ours.pdf");
    assert_eq!((plain.0, ours.0), (Some(0), Some(0)), "{} {}", plain.2, ours.2);
    let box_of = |bytes: &[u8], size: &str| plain_text_of(bytes).contains(size);
    assert!(box_of(&plain.1, "841.8") && !box_of(&ours.1, "841.8"), "the page is another");
    // A link within the document leads to a labelled heading, or is told.
    let linked = |target: &str| {
        let more = format!("\n#heading(level: 1, \"Ours\")<ours>\n#goto(\"{target}\", \"there\")\n");
        fs::write(own.join("typst/changes.typ"), built_in("typst/changes.typ") + &more).unwrap();
        pdf(&["--templates", folder], "linked.pdf")
    };
    let (lost, found) = (linked("nowhere"), linked("ours"));
    assert!(lost.0 != Some(0) && lost.1.is_empty() && lost.2.contains("links lead nowhere: nowhere"), "{}", lost.2);
    assert_eq!(found.0, Some(0), "{}", found.2);
    assert!(plain_text_of(&found.1).contains("/Dest(ours)") && !plain_text_of(&found.1).contains("tickmark:ours"));
    // What is wrong with a template of one's own is told with its name.
    fs::write(own.join("html/changes.html.j2"), "{{ report.no_such_field.either }}").unwrap();
    let broken = place.diff(&["--templates", folder, "--format", "html"]);
    assert!(!broken.status.success() && said(&broken).contains("changes.html"), "{}", said(&broken));
}

#[test]
fn trend_and_history_put_packs_in_order_and_name_gaps() {
    let place = Place::new();
    let (old, new) = (place.old.to_str().unwrap(), place.new.to_str().unwrap());
    let output = tickmark(&["trend", new, old, "--format", "json"]);
    assert!(output.status.success(), "{}", said(&output));
    let trend: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(trend["points"][0]["period_from"], "2026-04-01");
    assert!(said(&tickmark(&["trend", old, new])).contains("svc-mobile-ci"));
    for name in ["t.pdf", "t.html", "t.csv", "t.xlsx"] {
        let out = place.old.parent().unwrap().join(name);
        assert!(tickmark(&["trend", old, new, "--out", out.to_str().unwrap()]).status.success(), "{name}");
    }
    let packs = place.old.parent().unwrap().join("packs");
    fs::create_dir_all(packs.join("q1")).unwrap();
    fs::create_dir_all(packs.join("broken")).unwrap();
    fs::write(packs.join("broken/assessment.json"), "nothing").unwrap();
    write_record(&packs.join("q1/assessment.json"), &quarter("2026-Q2").assessment);
    write_pack(&packs.join("q3"));
    let output = tickmark(&["history", packs.to_str().unwrap(), "--format", "json"]);
    assert!(output.status.success(), "{}", said(&output));
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let places: Vec<&str> = list["packs"].as_array().unwrap().iter().map(|own| own["place"].as_str().unwrap()).collect();
    assert_eq!(places, ["q1", "q3"]);
    let codes = |at: usize| {
        list["packs"][at]["notes"].as_array().unwrap().iter().map(|own| own["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(0), ["broken", "first"], "a lone record in a folder is no whole pack");
    assert_eq!(codes(1), ["follows", "names-none"]);
    assert_eq!(list["unreadable"][0]["place"], "broken");
    assert_eq!(list["is_whole"], false);
    // A record that names the one before it, and one that names another.
    for (named, code) in
        [(quarter("2026-Q2").assessment.root.clone(), "names-previous"), (tickmark::base::Digest::of(b"other"), "names-other")]
    {
        let mut chained = quarter("2026-Q3").assessment.clone();
        chained.frame.previous = Some(named);
        fs::remove_dir_all(packs.join("q3")).unwrap();
        fs::create_dir_all(packs.join("q3")).unwrap();
        write_record(&packs.join("q3/assessment.json"), &chained);
        let output = tickmark(&["history", packs.to_str().unwrap(), "--format", "json"]);
        assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("\"{code}\"")), "{}", said(&output));
    }
    assert_eq!(tickmark(&["history", packs.join("broken").join("none").to_str().unwrap()]).status.code(), Some(4));
}
