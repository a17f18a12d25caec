//! Rules about the code and the documents, held as tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{controls, root};

/// Who may import whom: the table of ARCHITECTURE.md.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("engine", &["base"]),
    ("catalog", &["base"]),
    ("workspace", &["base", "catalog"]),
    ("evidence", &["base", "engine"]),
    ("assessment", &["base"]),
    ("checks", &["base", "engine", "catalog", "evidence", "assessment"]),
    ("judge", &["base", "catalog", "assessment"]),
    ("diff", &["base", "assessment"]),
    ("report", &["base", "assessment", "diff"]),
    ("render", &["base", "report"]),
    ("pack", &["base"]),
    ("excerpt", &["base", "pack", "assessment"]),
    ("explain", &["base", "catalog", "assessment", "judge"]),
    ("verify", &["base", "workspace", "pack", "assessment", "excerpt"]),
    ("pipeline", &["base", "engine", "catalog", "workspace", "evidence", "assessment", "checks", "judge", "report", "render", "pack"]),
    ("io", &["base", "evidence", "pipeline"]),
    ("schemas", &["base", "catalog", "checks", "evidence", "workspace", "assessment", "diff", "report"]),
    ("reference", &["catalog", "evidence", "pipeline"]),
    (
        "cli",
        &[
            "base",
            "engine",
            "catalog",
            "workspace",
            "evidence",
            "assessment",
            "checks",
            "judge",
            "diff",
            "report",
            "render",
            "pack",
            "excerpt",
            "explain",
            "verify",
            "pipeline",
            "io",
            "schemas",
            "reference",
        ],
    ),
];

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .map(|entry| entry.path().to_owned())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    files
}

fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(root().join("src")).expect("a source file").to_string_lossy().replace(".rs", "");
    below.split('/').next().unwrap_or_default().to_owned()
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let table: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let reference = regex::Regex::new(r"crate::([a-z_]+)").unwrap();
    let mut breaches = Vec::new();
    let mut modules = BTreeSet::new();
    for path in rust_files(&root().join("src")) {
        let module = module_of(&path);
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        modules.insert(module.clone());
        let allowed = table.get(module.as_str()).unwrap_or_else(|| panic!("the table does not know the module `{module}`"));
        let text = fs::read_to_string(&path).unwrap();
        for used in reference.captures_iter(&text).map(|found| found[1].to_owned()) {
            if used != module && !allowed.contains(&used.as_str()) {
                breaches.push(format!("{}: `{module}` may not import `{used}`", path.display()));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
    assert_eq!(modules, table.keys().map(|name| (*name).to_owned()).collect(), "the table names the modules that there are");
}

#[test]
fn the_table_in_the_architecture_page_is_the_table_held_here() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (module, allowed) in MAY_IMPORT {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{module}` |"))).unwrap_or_else(|| panic!("no row for `{module}`"));
        let written: BTreeSet<&str> = row
            .split('|')
            .nth(2)
            .unwrap_or_default()
            .split([',', ' '])
            .map(|word| word.trim_matches('`'))
            .filter(|word| !word.is_empty() && *word != "nothing")
            .collect();
        assert_eq!(written, allowed.iter().copied().collect(), "`{module}`");
    }
}

#[test]
fn every_source_file_says_why_it_exists() {
    for path in rust_files(&root().join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        let is_tests = path.file_name().is_some_and(|name| name == "tests.rs");
        assert!(is_tests || text.starts_with("//!"), "{} has no module documentation", path.display());
    }
}

#[test]
fn only_the_engine_names_the_query_engine_and_only_the_pdf_renderer_the_typesetter() {
    for path in rust_files(&root().join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        let module = module_of(&path);
        assert!(module == "engine" || !text.contains("datafusion::"), "{}", path.display());
        assert!(module == "render" || !text.contains("typst::"), "{}", path.display());
        // Tables too large for memory: decision 15. Tables that outlive the run: decision 22.
        let is_spill = path.ends_with("engine/spill.rs") || path.ends_with("engine/shelf.rs");
        assert!(is_spill || matches!(module.as_str(), "io" | "cli") || !text.contains("std::fs"), "{}", path.display());
        assert!(matches!(module.as_str(), "cli") || !text.contains("std::env::"), "{}", path.display());
        assert!(module == "cli" || !text.contains("println!"), "{}", path.display());
        for clock in ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "thread_rng", "HashMap", "HashSet"] {
            // What a person is told on standard error of how long a stage took, and nothing else.
            let is_timing = clock == "Instant::now" && path.ends_with("cli/timings.rs");
            assert!(is_timing || !text.contains(clock), "{} names {clock}", path.display());
        }
    }
}

#[test]
fn every_diagnostic_code_has_its_place_in_the_book() {
    let page = fs::read_to_string(root().join("book/src/reference/diagnostics.md")).unwrap();
    let code = regex::Regex::new(
        r#""((?:yaml|catalog|framework|crosswalk|relations|overlay|objective|adapter|table|check|cases|workspace|artifacts|documents|evidence|exceptions|samples|templates|render|query|gate)/[a-z0-9-]+)""#,
    )
    .unwrap();
    let mut missing = BTreeSet::new();
    for path in rust_files(&root().join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for found in code.captures_iter(text).map(|found| found[1].to_owned()) {
            if !page.contains(&format!("`{found}`")) {
                missing.insert(found);
            }
        }
    }
    assert!(missing.is_empty(), "not in the book: {missing:?}");
}

#[test]
fn every_reason_code_is_explained_in_the_book() {
    let page = fs::read_to_string(root().join("book/src/explanation/verdicts.md")).unwrap();
    let judge = fs::read_to_string(root().join("src/judge/mod.rs")).unwrap();
    let code = regex::Regex::new(r#"(?:reason|plain|add)\(\s*"([a-z-]+)""#).unwrap();
    let codes: BTreeSet<String> = code.captures_iter(&judge).map(|found| found[1].to_owned()).collect();
    assert!(codes.len() > 12, "{codes:?}");
    for code in codes {
        assert!(page.contains(&format!("`{code}`")), "`{code}` is not explained");
    }
}

#[test]
fn the_committed_schemas_and_reference_pages_are_those_of_the_code() {
    let mut made: Vec<(String, String)> =
        tickmark::schemas::all().into_iter().map(|(name, text)| (format!("schemas/{name}"), text)).collect();
    made.extend(tickmark::reference::pages(controls()).into_iter().map(|(name, text)| (format!("generated/{name}"), text)));
    let folder = root().join("book/src/reference");
    for (name, text) in &made {
        let committed = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(committed == *text, "{name} is out of date: run `cargo run -- catalog reference book/src/reference`");
    }
    let known: BTreeSet<&str> = made.iter().map(|(name, _)| name.as_str()).collect();
    for part in ["schemas", "generated"] {
        for entry in walkdir::WalkDir::new(folder.join(part)).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file())
        {
            let name = entry.path().strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
            assert!(known.contains(name.as_str()), "{name} is left over");
        }
    }
}

#[test]
fn every_yaml_file_names_a_schema_that_exists() {
    let mut count = 0;
    for folder in ["controls", "evidence-samples"] {
        for entry in walkdir::WalkDir::new(root().join(folder)).into_iter().filter_map(Result::ok) {
            let path = entry.path();
            // An export of a source is evidence, whatever its ending.
            let is_export = path.parent().is_some_and(|folder| folder.parent() == Some(&root().join("evidence-samples/sources")));
            if is_export || path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            let first = text.lines().next().unwrap_or_default();
            let target =
                first.strip_prefix("# yaml-language-server: $schema=").unwrap_or_else(|| panic!("{} names no schema", path.display()));
            assert!(path.parent().unwrap().join(target).is_file(), "{}: {target} does not exist", path.display());
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#\s]+)(?:#[^)]*)?\)").unwrap();
    let mut pages: Vec<PathBuf> = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].iter().map(|name| root().join(name)).collect();
    pages.extend(
        walkdir::WalkDir::new(root().join("book/src"))
            .into_iter()
            .filter_map(Result::ok)
            .map(|entry| entry.path().to_owned())
            .filter(|path| path.extension().is_some_and(|extension| extension == "md")),
    );
    let mut broken = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for target in link.captures_iter(&text).map(|found| found[1].to_owned()) {
            let outside = target.contains("://") || target.starts_with("mailto:");
            if !outside && !page.parent().unwrap().join(&target).exists() {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_page_of_the_book_is_in_its_summary() {
    let summary = fs::read_to_string(root().join("book/src/SUMMARY.md")).unwrap();
    for entry in walkdir::WalkDir::new(root().join("book/src")).into_iter().filter_map(Result::ok) {
        let name = entry.path().strip_prefix(root().join("book/src")).unwrap().to_string_lossy().into_owned();
        if name.ends_with(".md") && name != "SUMMARY.md" {
            assert!(summary.contains(&format!("({name})")) || summary.contains(&format!("(./{name})")), "{name} is not in SUMMARY.md");
        }
    }
}
