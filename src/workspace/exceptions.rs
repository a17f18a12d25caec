//! `exceptions.yaml`: approved departures, with what is put in the place of the rule meanwhile and the plan to end them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::Instant;
use crate::base::instant::Day;

/// `exceptions.yaml`: approved, time-limited departures.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark exceptions")]
pub struct ExceptionsFile {
    pub exceptions: Vec<Exception>,
}

/// One approved departure. It explains deviations and never removes them from a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    pub id: String,
    pub title: String,
    /// The objective that is departed from.
    pub objective: String,
    /// Framework editions it holds for; all in scope when left out.
    #[serde(default)]
    pub frameworks: Vec<String>,
    /// The subjects it covers, exactly as the deviations name them. Patterns are not allowed.
    pub subjects: Vec<String>,
    pub reason: String,
    pub requested_by: String,
    pub approved_by: String,
    pub approved_at: Instant,
    pub expires_at: Instant,
    /// The other measure that meets the intent meanwhile.
    pub compensating_measure: String,
    /// How and when the departure ends.
    pub retirement_plan: String,
    /// The steps of that plan, each with the day by which it is due.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<Milestone>,
    /// What a framework asks of a measure that stands in for its requirement, such as PCI DSS in its Appendix C.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worksheet: Option<Worksheet>,
    pub ticket: Option<String>,
}

/// One step of a plan: to the end of an exception, or to a remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// The last day on which it is in time.
    pub due: Day,
    /// What is done then.
    pub what: String,
    /// The day on which it was done; not done when left out.
    pub done: Option<Day>,
}

/// A compensating control as an assessor asks for it: six answers, each of which may still be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Worksheet {
    /// What keeps the requirement from being met as it is written.
    pub constraints: Option<String>,
    /// What the compensating control is.
    pub definition: Option<String>,
    /// What the requirement is for, and how the compensating control serves the same end.
    pub objective: Option<String>,
    /// The further risk that comes from not meeting the requirement.
    pub identified_risk: Option<String>,
    /// How the control was tested, by whom and when.
    pub validation: Option<String>,
    /// What keeps it working.
    pub maintenance: Option<String>,
}

impl Worksheet {
    /// The six answers by their names, in the order of PCI DSS Appendix C.
    pub fn answers(&self) -> [(&'static str, Option<&str>); 6] {
        [
            ("constraints", said(&self.constraints)),
            ("definition", said(&self.definition)),
            ("objective", said(&self.objective)),
            ("identified_risk", said(&self.identified_risk)),
            ("validation", said(&self.validation)),
            ("maintenance", said(&self.maintenance)),
        ]
    }
}

/// A text without blanks around it; nothing where it says nothing.
fn said(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// Where an exception stands at the instant of judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExceptionState {
    Active,
    Expired,
    NotYetValid,
}

impl Exception {
    /// Valid from its approval until, but not at, its expiry.
    pub fn state(&self, as_of: &Instant) -> ExceptionState {
        if as_of.micros() < self.approved_at.micros() {
            ExceptionState::NotYetValid
        } else if as_of.micros() >= self.expires_at.micros() {
            ExceptionState::Expired
        } else {
            ExceptionState::Active
        }
    }

    /// Whether it may excuse a deviation of this subject for this framework at this instant.
    pub fn covers(&self, framework: &str, objective: &str, subject: &str, as_of: &Instant) -> bool {
        self.objective == objective
            && self.state(as_of) == ExceptionState::Active
            && (self.frameworks.is_empty() || self.frameworks.iter().any(|name| name == framework))
            && self.subjects.iter().any(|covered| covered == subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_ends_at_its_expiry_and_stays_with_its_framework() {
        let at = |text| Instant::parse(text).unwrap();
        let exception = Exception {
            id: "EX-1".into(),
            title: String::new(),
            objective: "credential-rotation".into(),
            frameworks: vec!["pci-dss@4.0.1".into()],
            subjects: vec!["key-1".into()],
            reason: String::new(),
            requested_by: "a".into(),
            approved_by: "b".into(),
            approved_at: at("2026-05-14T10:00:00+02:00"),
            expires_at: at("2026-12-31T00:00:00+01:00"),
            compensating_measure: String::new(),
            retirement_plan: String::new(),
            milestones: Vec::new(),
            worksheet: None,
            ticket: None,
        };
        let covers = |framework, subject, when| exception.covers(framework, "credential-rotation", subject, &at(when));
        assert!(covers("pci-dss@4.0.1", "key-1", "2026-09-30T00:00:00Z"));
        assert!(!covers("nist-csf@2.0", "key-1", "2026-09-30T00:00:00Z"));
        assert!(!covers("pci-dss@4.0.1", "key-2", "2026-09-30T00:00:00Z"));
        assert!(!covers("pci-dss@4.0.1", "key-1", "2026-12-30T23:00:00Z"), "not at the expiry itself");
        assert!(covers("pci-dss@4.0.1", "key-1", "2026-12-30T22:59:59Z"));
        assert!(!covers("pci-dss@4.0.1", "key-1", "2026-05-01T00:00:00Z"), "not before approval");
    }
}
