//! Citations as people write them, right and wrong, alone and in a document.

use std::fs;

use tickmark::catalog::cite::{Citation, Citations, Verdict};

use crate::support::{controls, shared};

fn one(text: &str) -> Citation {
    let found = Citations::new(&controls().catalogs).one(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found.into_iter().next().unwrap()
}

fn meant(citation: &Citation) -> Vec<String> {
    citation.clauses.iter().map(|cited| format!("{} {}", cited.clause.framework, cited.clause.clause)).collect()
}

#[test]
fn every_usual_spelling_leads_to_its_clause() {
    let right = [
        ("nist-csf@1.1 PR.AC-4", "nist-csf@1.1 PR.AC-4"),
        ("NIST CSF 1.1 PR.AC-04", "nist-csf@1.1 PR.AC-4"),
        ("PR.AA-5", "nist-csf@2.0 PR.AA-05"),
        ("csf pr.aa-05", "nist-csf@2.0 PR.AA-05"),
        ("Art. 21(2)(i)", "nis2@2022-2555 Art.21(2)(i)"),
        ("Art. 21(2) point (i)", "nis2@2022-2555 Art.21(2)(i)"),
        ("Article 21, paragraph 2, point (i) of NIS2", "nis2@2022-2555 Art.21(2)(i)"),
        ("NIS2 Article 21(2), point (i)", "nis2@2022-2555 Art.21(2)(i)"),
        ("DORA Art. 9(4)(c)", "dora@2022-2554 Art.9(4)(c)"),
        ("DORA 9.4.c", "dora@2022-2554 Art.9(4)(c)"),
        ("Article 21(c) of the RTS", "dora-rts-ict-risk@2024-1774 Art.21(c)"),
        ("11.5.2.a", "nis2-ir@2024-2690 11.5.2(a)"),
        ("Req 8.6.3", "pci-dss@4.0.1 8.6.3"),
        ("PCI DSS v3.2.1 Requirement 8.1.4", "pci-dss@3.2.1 8.1.4"),
        ("pci-dss@4.0 8.6.3", "pci-dss@4.0 8.6.3"),
        ("NHI-03", "owasp-nhi-top10@2025 NHI3:2025"),
        ("NHI3:2025", "owasp-nhi-top10@2025 NHI3:2025"),
        ("CC6.1", "soc2-tsc@2017 CC6.1"),
        ("SOC 2 CC 6.1", "soc2-tsc@2017 CC6.1"),
        ("GV-1.6", "nist-ai-rmf@1.0 GOVERN 1.6"),
        ("MAESTRO layer 3", "csa-maestro@2025 L3"),
        ("A.5.16", "iso-27001@2022 A.5.16"),
        ("ISO 27001 5.16", "iso-27001@2022 A.5.16"),
        ("ISO/IEC 27001:2013 A.9.2.3", "iso-27001@2013 A.9.2.3"),
        ("clause 6.1.3 of ISO 27001:2013", "iso-27001@2013 6.1.3"),
    ];
    for (written, clause) in right {
        let citation = one(written);
        assert!(matches!(citation.verdict, Verdict::Exact | Verdict::Variant), "{written}: {citation:?}");
        assert_eq!(meant(&citation), [clause], "{written}");
        assert!(!citation.needs_attention(), "{written}: {citation:?}");
    }
}

#[test]
fn wrong_citations_are_corrected_with_the_edition_and_the_successor_or_refused() {
    let wrong: [(&str, Verdict, &[&str]); 12] = [
        // The id of an earlier edition, no edition named.
        ("PR.AC-4", Verdict::Superseded, &["nist-csf@1.1 PR.AC-4"]),
        ("A.9.2.3", Verdict::Superseded, &["iso-27001@2013 A.9.2.3"]),
        // The id of an earlier edition under the name of the later one.
        ("NIST CSF 2.0 PR.AC-4", Verdict::Corrected, &["nist-csf@2.0 PR.AA-05"]),
        ("nist-csf@2.0 PR.AC-4", Verdict::Corrected, &["nist-csf@2.0 PR.AA-05"]),
        ("PR.AC-4 (NIST CSF 2.0)", Verdict::Corrected, &["nist-csf@2.0 PR.AA-05"]),
        ("ISO 27001:2022 A.9.2.3", Verdict::Corrected, &["iso-27001@2022 A.8.2"]),
        // The id of a later edition under the name of the earlier one.
        ("ISO/IEC 27001:2013 A.5.16", Verdict::Corrected, &["iso-27001@2013 A.9.2.1"]),
        ("NIST CSF v1.1 PR.AA-05", Verdict::Corrected, &["nist-csf@1.1 PR.AC-1", "nist-csf@1.1 PR.AC-3", "nist-csf@1.1 PR.AC-4"]),
        // A number that was printed wrongly.
        ("PCI DSS 4.0.1 A3.3.1.2", Verdict::Corrected, &["pci-dss@4.0.1 A3.3.1.1"]),
        // A requirement that did not exist yet, an id that does not exist at all.
        ("PCI DSS 3.2.1 8.6.3", Verdict::Unknown, &[]),
        ("NHI11", Verdict::Unknown, &[]),
        // A citation that several laws could mean.
        ("Art. 21(2)", Verdict::Ambiguous, &["dora@2022-2554 Art.21(2)", "nis2@2022-2555 Art.21(2)"]),
    ];
    for (written, verdict, clauses) in wrong {
        let citation = one(written);
        assert_eq!(citation.verdict, verdict, "{written}: {citation:?}");
        assert_eq!(meant(&citation), clauses, "{written}");
        assert!(citation.needs_attention() && !citation.notes.is_empty(), "{written}: {citation:?}");
    }
    let told = one("A.9.2.3").notes.join(" ");
    assert!(told.contains("iso-27001@2022 has A.8.2"), "the successor is named: {told}");
}

#[test]
fn common_mix_ups_are_told_only_where_the_sentence_betrays_them() {
    let suspicious = [
        ("Keys older than a year violate NHI3 because rotation is missing.", "NHI7:2025"),
        ("NHI-01 asks for an inventory of all identities.", "no item for inventory"),
        ("Service accounts must change passwords every 90 days (PCI DSS 8.3.9).", "8.6.3"),
    ];
    for (sentence, told) in suspicious {
        let citation = one(sentence);
        assert!(citation.suspicious && citation.notes.iter().any(|note| note.contains(told)), "{sentence}: {citation:?}");
    }
    for fine in [
        "A vendor's integration was hacked, which is NHI3.",
        "The leaver's key still worked: NHI1.",
        "People change passwords (PCI DSS 8.3.9).",
    ] {
        assert!(!one(fine).needs_attention(), "{fine}");
    }
}

#[test]
fn a_document_is_read_as_a_whole_with_line_and_column() {
    let document = "# Access policy\n\nWe follow NIST CSF 2.0 PR.AC-4 and PCI DSS 4.0.1 requirements 8.6.1, 8.6.2 and 8.6.3.\n\n\
                    - Ümläute before A.9.2.5 count as one column each\n- version 1.2.3 of the tool, IP 10.0.0.1, 2026-11-23 and 3.5 MB are no citations\n";
    let found = Citations::new(&controls().catalogs).in_text(document);
    let told: Vec<(usize, usize, &str, Verdict)> =
        found.iter().map(|citation| (citation.line, citation.column, citation.written.as_str(), citation.verdict)).collect();
    assert_eq!(told[0], (3, 11, "NIST CSF 2.0 PR.AC-4", Verdict::Corrected));
    let pci: Vec<String> = found[1..4].iter().flat_map(meant).collect();
    assert_eq!(pci, ["pci-dss@4.0.1 8.6.1", "pci-dss@4.0.1 8.6.2", "pci-dss@4.0.1 8.6.3"]);
    assert_eq!(told[4], (5, 18, "A.9.2.5", Verdict::Superseded));
    assert_eq!(told.len(), 5, "{told:?}");
}

/// The clause that a spelling of the list leads to, or that it is corrected to.
#[test]
fn every_alias_of_the_reference_leads_where_it_says() {
    let Some(reference) = shared("reference") else { return };
    for line in fs::read_to_string(reference.join("aliases.tsv")).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let citation = one(&format!("{} {}", cells[0], cells[1]));
        assert_eq!(meant(&citation), [format!("{} {}", cells[0], cells[2])], "{line}: {citation:?}");
    }
}

/// Whatever stands in a document, reading it ends and every place lies inside it.
#[test]
fn odd_documents_are_read_without_harm() {
    let citations = Citations::new(&controls().catalogs);
    let odd = [
        String::new(),
        "Art. ".repeat(20_000),
        "((((((((((".repeat(5_000),
        "NIST CSF ".repeat(5_000),
        "Art. 21(2)(i)".repeat(2_000),
        "\u{202e}PR.AC-4\u{0}\u{feff} Art.\u{a0}9(4)(c)".to_owned(),
    ];
    for text in &odd {
        for citation in citations.in_text(text) {
            assert!(citation.line >= 1 && citation.line <= text.lines().count().max(1) && citation.column >= 1);
        }
    }
}
