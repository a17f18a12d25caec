//! How long it takes to read everything that decides what is said: all catalogs, crosswalks, objectives, and a large OSCAL catalog.
//!
//! `cargo bench --bench catalogs`. Not a test: nothing here passes or fails by time. The stages stand below one another, so that
//! the share of each can be read: syntax alone, all catalogs validated and cross-linked, all controls, the index of citations.

use serde_json::{Value, json};
use tickmark::base::yaml::Format;
use tickmark::base::{Diagnostics, SourceTree};
use tickmark::catalog::cite::Citations;
use tickmark::catalog::format::CatalogFile;
use tickmark::catalog::{Catalogs, load, oscal};
use tickmark::io;
use tickmark::pipeline::Controls;

fn main() {
    divan::main();
}

fn loaded(source: &SourceTree) -> Catalogs {
    let mut diagnostics = Diagnostics::default();
    let catalogs = load(source, &mut diagnostics);
    assert!(!diagnostics.has_errors(), "the built-in catalogs are in order");
    catalogs
}

#[divan::bench(sample_count = 20)]
fn stage_1_bytes_out_of_the_binary() -> SourceTree {
    io::embedded_controls()
}

/// One after the other on one thread; the loader itself uses all.
#[divan::bench(sample_count = 20)]
fn stage_2_syntax_and_schema_of_all_catalogs(bencher: divan::Bencher) {
    let source = io::embedded_controls();
    let format = Format::<CatalogFile>::new("catalog/invalid");
    bencher.bench(|| {
        let mut diagnostics = Diagnostics::default();
        let paths: Vec<&str> = source.named("frameworks", "catalog.yaml").collect();
        paths.iter().filter(|path| format.read(path, source.get(path).unwrap_or_default(), &mut diagnostics).is_some()).count()
    });
}

#[divan::bench(sample_count = 20)]
fn stage_3_all_catalogs_parsed_validated_cross_linked(bencher: divan::Bencher) {
    let source = io::embedded_controls();
    bencher.bench(|| loaded(&source));
}

#[divan::bench(sample_count = 20)]
fn stage_4_all_controls_with_adapters_and_tables(bencher: divan::Bencher) {
    let source = io::embedded_controls();
    bencher.bench(|| Controls::load(source.clone(), &mut Diagnostics::default()));
}

#[divan::bench(sample_count = 20)]
fn citations_index(bencher: divan::Bencher) {
    let catalogs = loaded(&io::embedded_controls());
    bencher.bench(|| Citations::new(&catalogs).one("PR.AC-4"));
}

#[divan::bench(sample_count = 20)]
fn citations_of_a_document_of_100_kb(bencher: divan::Bencher) {
    let catalogs = loaded(&io::embedded_controls());
    let citations = Citations::new(&catalogs);
    let document = "Access is governed by NIST CSF 2.0 PR.AA-05 and A.8.2, keys by Req 8.6.3, and prose goes on and on.\n\n".repeat(1000);
    bencher.bench(|| citations.in_text(&document));
}

/// As many controls, parameters and statement parts as NIST SP 800-53 revision 5 has: 20 families, about 1200 controls, 10 MB.
#[divan::bench(sample_count = 10)]
fn oscal_catalog_of_the_size_of_sp_800_53(bencher: divan::Bencher) {
    let bytes = serde_json::to_vec_pretty(&large_oscal()).expect("plain data");
    bencher.counter(divan::counter::BytesCount::new(bytes.len())).bench(|| oscal::read_catalog(&bytes).expect("a catalog"));
}

fn large_oscal() -> Value {
    let control = |id: String, inner: Vec<Value>| {
        let label = id.to_uppercase();
        let items: Vec<Value> = (0..6)
            .map(|item| {
                json!({"id": format!("{id}_smt.{item}"), "name": "item", "props": [{"name": "label", "value": format!("{item}.")}],
                       "prose": format!("Do what {{{{ insert: param, {id}_prm_1 }}}} asks, and {}", "keep a record of it ".repeat(8))})
            })
            .collect();
        json!({
            "id": id, "class": "SP800-53", "title": format!("Control {label}"),
            "params": [{"id": format!("{id}_prm_1"), "label": "organization-defined frequency", "guidelines": [{"prose": "g ".repeat(200)}]}],
            "props": [{"name": "label", "value": label}, {"name": "sort-id", "value": id}],
            "links": (0..8).map(|other| json!({"href": format!("#ac-{other}"), "rel": "related"})).collect::<Vec<_>>(),
            "parts": [{"id": format!("{id}_smt"), "name": "statement", "parts": items},
                      {"id": format!("{id}_gdn"), "name": "guidance", "prose": "Guidance that is not read. ".repeat(60)},
                      {"id": format!("{id}_obj"), "name": "assessment-objective", "prose": "Objective. ".repeat(120)}],
            "controls": inner,
        })
    };
    let groups: Vec<Value> = (0..20)
        .map(|family| {
            let name = format!("f{}", char::from(b'a' + family));
            let controls: Vec<Value> = (1..=15)
                .map(|number| {
                    let inner = (1..=3).map(|more| control(format!("{name}-{number}.{more}"), Vec::new())).collect();
                    control(format!("{name}-{number}"), inner)
                })
                .collect();
            json!({"id": name, "class": "family", "title": format!("Family {name}"), "controls": controls})
        })
        .collect();
    json!({"catalog": {
        "uuid": "8c1b4f0e-4f8c-4c1a-9a7c-1d1f0a3d2b11",
        "metadata": {"title": "A large catalog", "version": "5", "last-modified": "2024-01-01T00:00:00Z", "oscal-version": "1.1.3"},
        "groups": groups,
    }})
}
