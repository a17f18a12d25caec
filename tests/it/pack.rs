//! A pack holds, and every way to tamper with it is caught and named.

use std::collections::BTreeMap;

use tickmark::base::Digest;

use crate::support::{plain_text_of, quarter, sample_pack, verified};

fn text(files: &BTreeMap<String, Vec<u8>>, path: &str) -> String {
    String::from_utf8(files[path].clone()).unwrap()
}

/// Changes a file and mends the manifest after it, as a careful forger would.
fn forge(files: &mut BTreeMap<String, Vec<u8>>, path: &str, change: impl Fn(String) -> String) {
    let before = text(files, path);
    let after = change(before.clone());
    assert_ne!(before, after, "the forgery changes something");
    let manifest = text(files, "SHA256SUMS").replace(Digest::of(before.as_bytes()).as_str(), Digest::of(after.as_bytes()).as_str());
    files.insert(path.to_owned(), after.into_bytes());
    files.insert("SHA256SUMS".to_owned(), manifest.into_bytes());
}

fn assert_caught(files: &BTreeMap<String, Vec<u8>>, code: &str, what: &str) {
    let found = verified(files).breaches;
    assert!(
        found.iter().any(|breach| breach.code == code && breach.what.contains(what)),
        "expected {code} naming {what}, found {found:#?}"
    );
}

#[test]
fn an_untouched_pack_holds_and_says_what_was_checked() {
    let verification = verified(sample_pack());
    assert_eq!(verification.breaches, vec![]);
    assert_eq!(verification.files, sample_pack().len() - 1);
    assert!(verification.clauses > 500, "{}", verification.clauses);
    let page = text(sample_pack(), "index.html");
    assert!(page.contains(verification.root.unwrap().as_str()), "the page shows the root");
}

#[test]
fn every_changed_byte_is_caught() {
    for (path, bytes) in sample_pack().iter().filter(|(path, _)| *path != "SHA256SUMS") {
        let mut files = sample_pack().clone();
        let mut changed = bytes.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        files.insert(path.clone(), changed);
        assert_caught(&files, "file-changed", path);
    }
}

#[test]
fn added_removed_and_renamed_files_are_caught() {
    let mut files = sample_pack().clone();
    files.insert("artifacts/extra.csv".into(), b"a,b\n".to_vec());
    assert_caught(&files, "file-added", "artifacts/extra.csv");

    let mut files = sample_pack().clone();
    files.remove("report.pdf");
    assert_caught(&files, "file-missing", "report.pdf");

    let mut files = sample_pack().clone();
    let moved = files.remove("observations/nhi-inventory.csv").unwrap();
    files.insert("observations/nhi-inventary.csv".into(), moved);
    assert_caught(&files, "file-missing", "observations/nhi-inventory.csv");
    assert_caught(&files, "file-added", "observations/nhi-inventary.csv");
}

#[test]
fn a_damaged_manifest_is_caught() {
    let mut files = sample_pack().clone();
    let manifest = text(&files, "SHA256SUMS");
    let without: String = manifest.lines().filter(|line| !line.ends_with("report.pdf")).map(|line| format!("{line}\n")).collect();
    files.insert("SHA256SUMS".into(), without.into_bytes());
    assert_caught(&files, "file-added", "report.pdf");

    let mut files = sample_pack().clone();
    files.insert("SHA256SUMS".into(), manifest.replacen('a', "b", 1).into_bytes());
    assert!(!verified(&files).breaches.is_empty());

    let mut files = sample_pack().clone();
    files.insert("SHA256SUMS".into(), format!("{manifest}{}  ../../etc/passwd\n", Digest::of(b"")).into_bytes());
    assert_caught(&files, "manifest-line", "SHA256SUMS:");

    let mut files = sample_pack().clone();
    files.remove("SHA256SUMS");
    assert_caught(&files, "manifest-missing", "SHA256SUMS");
}

#[test]
fn a_forged_verdict_is_caught_although_the_manifest_was_mended() {
    let mut files = sample_pack().clone();
    forge(&mut files, "assessment.json", |text| text.replacen("\"status\": \"not-satisfied\"", "\"status\": \"satisfied\"", 1));
    let found = verified(&files).breaches;
    assert!(found.iter().any(|breach| breach.code == "clause-changed"), "{found:#?}");
    assert!(found.iter().any(|breach| breach.code == "total-changed"), "{found:#?}");
}

#[test]
fn forged_totals_catalog_text_scope_and_root_are_caught() {
    let mut files = sample_pack().clone();
    forge(&mut files, "assessment.json", |text| {
        let pattern = regex::Regex::new(r#"("counts": \{[^}]*"not-satisfied":)\d+"#).unwrap();
        pattern.replace(&text, "${1}0").into_owned()
    });
    assert_caught(&files, "total-changed", "pci-dss@4.0.1");

    let statement = {
        let value: serde_json::Value = serde_json::from_slice(&sample_pack()["assessment.json"]).unwrap();
        let clause = value["clauses"].as_array().unwrap().iter().find(|clause| clause["clause"] == "8.6.2").unwrap().clone();
        clause["statement"].as_str().unwrap().to_owned()
    };
    let mut files = sample_pack().clone();
    forge(&mut files, "assessment.json", |text| text.replacen(&statement, "Anything goes.", 1));
    assert_caught(&files, "clause-changed", "pci-dss@4.0.1 8.6.2");

    let mut files = sample_pack().clone();
    forge(&mut files, "assessment.json", |text| {
        text.replacen("\"organisation\": \"Nordhavn Pay A/S\"", "\"organisation\": \"Other A/S\"", 1)
    });
    assert_caught(&files, "frame-changed", "pci-dss@4.0.1");

    let mut files = sample_pack().clone();
    let root = verified(sample_pack()).root.unwrap();
    let other = Digest::of(b"other");
    forge(&mut files, "assessment.json", |text| text.replacen(root.as_str(), other.as_str(), 1));
    assert_caught(&files, "root-changed", "assessment.json");
}

#[test]
fn forged_evidence_observations_and_statements_are_caught() {
    let mut files = sample_pack().clone();
    let exhibit = files.keys().find(|path| path.ends_with("credential-report.csv")).unwrap().clone();
    forge(&mut files, &exhibit, |text| text.replacen("true", "false", 1));
    assert_caught(&files, "exhibit-changed", &exhibit);

    let mut files = sample_pack().clone();
    forge(&mut files, "observations/credential-rotation.csv", |text| text.replacen(",fail,", ",pass,", 1));
    assert_caught(&files, "observations-changed", "observations/credential-rotation.csv");

    let mut files = sample_pack().clone();
    forge(&mut files, "workspace/exceptions.yaml", |text| text.replacen("2026-12-31", "2027-12-31", 1));
    assert_caught(&files, "workspace-changed", "workspace/exceptions.yaml");

    let mut files = sample_pack().clone();
    let root = verified(sample_pack()).root.unwrap();
    forge(&mut files, "index.html", |text| text.replace(root.as_str(), Digest::of(b"other").as_str()));
    assert_caught(&files, "rendering-differs", "index.html");
}

/// The sample's pack with another record, and a manifest to fit.
fn with_record(change: impl Fn(&mut serde_json::Value)) -> BTreeMap<String, Vec<u8>> {
    let mut files = sample_pack().clone();
    forge(&mut files, "assessment.json", |text| {
        let mut record = serde_json::from_str(&text).unwrap();
        change(&mut record);
        record.to_string()
    });
    files
}

#[test]
fn what_stands_twice_in_the_record_is_caught_wherever_the_forged_one_stands() {
    for (list, name, code) in [
        ("objectives", "id", "objective-twice"),
        ("frameworks", "framework", "framework-twice"),
        ("artifacts", "path", "exhibit-twice"),
        ("exceptions", "id", "statement-twice"),
        ("documents", "id", "statement-twice"),
    ] {
        for first in [true, false] {
            let files = with_record(|record| {
                let all = record[list].as_array_mut().unwrap();
                let mut forged = all[0].clone();
                forged["title"] = "Anything".into();
                all.insert(if first { 0 } else { all.len() }, forged);
            });
            let genuine: serde_json::Value = serde_json::from_slice(&sample_pack()["assessment.json"]).unwrap();
            assert_caught(&files, code, genuine[list][0][name].as_str().unwrap());
        }
    }
}

#[test]
fn a_copy_that_is_no_copy_of_evidence_is_caught() {
    for (packed, digest) in
        [("index.html", None), ("nowhere.csv", None), ("artifacts/nowhere.csv", None), ("index.html", Some(&sample_pack()["index.html"]))]
    {
        let files = with_record(|record| {
            let all = record["artifacts"].as_array_mut().unwrap();
            let mut forged = all.iter().find(|own| !own["packed"].is_null()).unwrap().clone();
            forged["path"] = "forged.csv".into();
            forged["packed"] = packed.into();
            forged["packed_sha256"] = serde_json::Value::Null;
            forged["sha256"] = digest.map(|bytes| Digest::of(bytes).to_string()).into();
            all.push(forged);
        });
        assert_caught(&files, "exhibit-changed", packed);
    }
}

/// Titles of bookmarks, which a PDF holds as text; in the order of the file.
fn titles(pdf: &[u8], prefix: &str) -> Vec<String> {
    let text = plain_text_of(pdf);
    let found = text.match_indices("/Title(").map(|(at, mark)| text[at + mark.len()..].split(')').next().unwrap().to_owned());
    found.filter(|title| title.starts_with(prefix)).collect()
}

#[test]
fn a_template_of_ones_own_is_set_whole_unless_it_asks_for_parts() {
    let report = tickmark::report::build(&quarter("2026-Q3").assessment, crate::forms::wording());
    let rendered = |template: &str| {
        let mut templates = tickmark::io::embedded_templates();
        templates.insert("typst/report.typ", template);
        tickmark::render::pdf::render(&report, b"{}", &templates, &[]).map(|pdf| pdf.bytes).map_err(|error| error.to_string())
    };
    let head = "#import \"style.typ\": *\n#set document(title: r.title)\n";
    let count = "#str(r.frameworks.map(own => own.clauses.len()).sum()) clauses, #str(r.objectives.len()) objectives";
    let clauses: usize = report.frameworks.iter().map(|own| own.clauses.len()).sum();
    let whole = rendered(&format!("{head}= Ours: {count}\n")).unwrap();
    assert_eq!(titles(&whole, "Ours"), [format!("Ours: {clauses} clauses, {} objectives", report.objectives.len())]);

    // Set in parts, each part has its own, and together they have everything once.
    let counts = "#str(r.frameworks.map(own => own.clauses.len()).sum(default: 0)) #str(r.objectives.len()) #str(r.exhibits.len())";
    let asks = format!(
        "{head}#let asked = json(\"/parts.json\")\n#if asked.names == (\"front\",) [Front of #str(json(\"/headings.json\").len())] else [\n\
         = Part #asked.names.join(\" \") {counts}\n]\n"
    );
    let parts = rendered(&asks).unwrap();
    let told: Vec<Vec<String>> = titles(&parts, "Part").iter().map(|title| title.split(' ').map(str::to_owned).collect()).collect();
    let words: Vec<&str> = told
        .iter()
        .flat_map(|part| {
            let mut own: Vec<&str> = part[1..part.len() - 3].iter().map(String::as_str).collect();
            own.dedup();
            own
        })
        .collect();
    let once: std::collections::BTreeSet<&str> = words.iter().copied().collect();
    let expected = ["opening", "framework", "form", "plan", "findings", "statements", "exhibits", "basis", "register", "dossiers"];
    assert_eq!(once, expected.into_iter().collect(), "{words:?}");
    let several = ["framework", "form", "findings"];
    assert!(expected.iter().all(|word| several.contains(word) || words.iter().filter(|own| *own == word).count() == 1), "{words:?}");
    let sum = |from_end: usize| told.iter().map(|part| part[part.len() - from_end].parse::<usize>().unwrap()).sum::<usize>();
    assert_eq!((sum(3), sum(2), sum(1)), (clauses, report.objectives.len(), report.exhibits.len()));
    assert!(told.len() > 3, "{told:?}");

    assert!(rendered("#let asked = json(\"/parts.json\")\n#panic(\"no\")").unwrap_err().contains("report.typ:2"));
    let lost = asks.replace("= Part", "#link(\"tickmark:nowhere\", \"x\")\n= Part");
    assert!(rendered(&lost).unwrap_err().contains("links lead nowhere: nowhere"));
}

#[test]
fn a_translation_says_which_language_it_is() {
    let mut templates = tickmark::io::embedded_templates();
    let english = templates.text("strings/en.yaml").unwrap().to_owned();
    templates.insert("strings/en.yaml", english.replace("language: en", "language: da").replace("contents: Contents", "contents: Indhold"));
    let wording = tickmark::report::Wording::load(&templates, "en", &mut tickmark::base::Diagnostics::default());
    let report = tickmark::report::build(&quarter("2026-Q3").assessment, &wording);
    let page = String::from_utf8(tickmark::render::html::render(&report, &templates).unwrap()).unwrap();
    assert!(page.contains("<html lang=\"da\">") && page.contains(">Indhold<"));
    let pdf = tickmark::render::pdf::render(&report, b"{}", &templates, &[]).unwrap().bytes;
    assert!(plain_text_of(&pdf).contains("/Lang(da)"));
}

#[test]
fn a_logo_beside_the_templates_stands_on_cover_and_page() {
    let report = tickmark::report::build(&quarter("2026-Q3").assessment, crate::forms::wording());
    let with = |name: &str, bytes: &[u8]| {
        let mut templates = tickmark::io::embedded_templates();
        templates.insert(name, bytes);
        let page = String::from_utf8(tickmark::render::html::render(&report, &templates).unwrap()).unwrap();
        (page, tickmark::render::pdf::render(&report, b"{}", &templates, &[]).map(|pdf| plain_text_of(&pdf.bytes)))
    };
    let svg = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4000 100" width="4000" height="100"><rect width="4000" height="100" fill="#123"/></svg>"##;
    let (page, pdf) = with("logo.svg", svg);
    assert!(page.contains("<img class=\"logo\" src=\"data:image/svg+xml;base64,PHN2Zy") && page.contains("alt=\"Nordhavn Pay A&#x2f;S\""));
    assert!(pdf.unwrap().contains("/Alt(Nordhavn Pay A/S)"));
    let (page, pdf) = with("strings/none.txt", b"");
    assert!(!page.contains("<img") && !pdf.unwrap().contains("/Alt(Nordhavn Pay A/S)"), "there is none by default");
    let (_, pdf) = with("logo.svg", b"<svg");
    let told = pdf.map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("logo.svg: failed to parse SVG"), "{told}");
}
