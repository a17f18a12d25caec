//! The machine forms of a pack, all from one value.

use std::collections::BTreeMap;

use crate::assessment::Assessment;
use crate::base::Instant;
use crate::render::{RenderError, junit, markdown, oscal, sarif, workbook};
use crate::report::{Machine, register_list};

/// The folder of a pack that holds them.
pub const FOLDER: &str = "machine";

/// Every machine form by its path in the pack.
pub fn machine_files(mut machine: Machine) -> Result<BTreeMap<String, Vec<u8>>, RenderError> {
    let mut files = BTreeMap::new();
    let mut put = |name: &str, bytes: Vec<u8>| files.insert(format!("{FOLDER}/{name}"), bytes);
    // The lists say everything once more, cell by cell: they are gone before the rest is made.
    let lists = std::mem::take(&mut machine.lists);
    for list in lists.iter().filter(|list| list.has_file) {
        put(&format!("{}.csv", list.name), workbook::csv_list(list).map_err(|error| failed(&error))?);
    }
    put("workbook.xlsx", workbook::workbook(&lists, &machine.title, machine.as_of_seconds).map_err(|error| failed(&error))?);
    drop(lists);
    let machine = &machine;
    put("report.md", markdown::report(machine));
    put("junit.xml", junit::render(machine));
    put("results.sarif", sarif::render(machine, ""));
    put("oscal-assessment-results.json", oscal::assessment_results(machine));
    if let Some(plan) = oscal::plan_of_action(machine) {
        put("oscal-poam.json", plan);
    }
    Ok(files)
}

/// The register of machine identities as a workbook of its own.
pub fn register_workbook(assessment: &Assessment) -> Result<Vec<u8>, RenderError> {
    let created = Instant::parse(&assessment.frame.as_of).map_or(0, |at| at.utc().as_second());
    workbook::workbook(&[register_list(&assessment.register)], &assessment.frame.title, created).map_err(|error| failed(&error))
}

fn failed(error: &dyn std::error::Error) -> RenderError {
    RenderError::Template(error.to_string())
}
