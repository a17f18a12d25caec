//! The parts of the view model that tell of identities and of samples: the register, the dossiers, what the testing of drawn items gave.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::build::Builder;
use super::model::LinkView;
use crate::assessment::{DossierRecord, Observation, Outcome, RegisterRecord, SampleRecord, StepRecord};
use crate::base::Instant;
use crate::base::instant::Day;

/// Rows of the register on the page; `register.csv` has all.
const REGISTER_ROWS_MAX: usize = 2_000;
/// Rows of the register in the PDF.
const REGISTER_EXCERPT_MAX: usize = 40;
/// Dossiers in the PDF; the page has all.
const DOSSIERS_EXCERPT_MAX: usize = 12;

/// The register of machine identities.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct RegisterView {
    /// By id.
    pub rows: Vec<RegisterRowView>,
    /// Those that depart most, for formats with little room.
    pub excerpt: Vec<RegisterRowView>,
    pub total: usize,
    /// Who answers for them, by name; last those of whom no owner is stated.
    pub owners: Vec<OwnerView>,
    /// "2000 of 4711 are shown", or empty when `rows` has all.
    pub rows_note: String,
    /// The same of the excerpt.
    pub excerpt_note: String,
}

impl RegisterView {
    /// Those alone that a format with little room shows.
    pub fn excerpted(&self) -> RegisterView {
        RegisterView {
            rows: Vec::new(),
            excerpt: self.excerpt.clone(),
            total: self.total,
            owners: self.owners.clone(),
            rows_note: self.rows_note.clone(),
            excerpt_note: self.excerpt_note.clone(),
        }
    }
}

/// An owner, and how many identities it answers for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OwnerView {
    /// Empty for those of whom none is stated.
    pub owner: String,
    pub identities: usize,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RegisterRowView {
    /// The id, with the anchor of its dossier where there is one.
    pub identity: LinkView,
    pub name: String,
    /// Platform and scope.
    pub place: String,
    pub kind: String,
    /// Class and risk tier.
    pub class: String,
    pub owner: String,
    /// True where the organisation's register says that the owner left.
    pub owner_left: bool,
    pub purpose: String,
    pub status: String,
    pub expiry: String,
    pub last_use: String,
    pub credentials: String,
    pub entitlements: String,
    pub revocation: String,
    pub exhibit: LinkView,
    pub record: String,
    /// How often it departs from an objective.
    pub deviations: usize,
}

/// The lives of the identities that depart.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct DossiersView {
    /// Those with the most deviations first. Templates of a PDF are given those of the excerpt.
    #[serde(serialize_with = "as_list")]
    pub list: Arc<Vec<DossierView>>,
    /// How many of them a format with little room shows.
    pub excerpt: usize,
    /// "12 of 60 are shown", or empty when the excerpt has all.
    pub excerpt_note: String,
}

fn as_list<S: Serializer>(list: &Arc<Vec<DossierView>>, serializer: S) -> Result<S::Ok, S::Error> {
    list.as_slice().serialize(serializer)
}

impl DossiersView {
    /// Those alone that a format with little room shows.
    pub fn excerpted(&self) -> DossiersView {
        self.some(0..self.excerpt)
    }

    /// Some of them.
    pub fn some(&self, range: Range<usize>) -> DossiersView {
        let list = Arc::new(self.list[range].to_vec());
        DossiersView { excerpt: list.len(), list, excerpt_note: self.excerpt_note.clone() }
    }
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DossierView {
    pub anchor: String,
    pub identity: String,
    pub name: String,
    pub owner: String,
    pub purpose: String,
    pub expiry: String,
    pub last_use: String,
    pub entitlements: String,
    pub revocation: String,
    pub departs: Vec<DepartureView>,
    pub steps: Vec<StepView>,
    /// Names of the steps that are due and that no record shows; empty when none is missing.
    pub missing: String,
}

/// An objective that an identity departs from, or for which it cannot be told.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DepartureView {
    pub objective: LinkView,
    /// `fail` or `unknown`.
    pub outcome: String,
    pub outcome_label: String,
    pub subject: String,
    pub reason: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StepView {
    pub step: String,
    /// Empty where the row before is of the same step.
    pub step_label: String,
    /// `shown`, `claimed`, `later`, `missing` or `not-due`.
    pub state: String,
    pub state_label: String,
    /// The day in the zone of the report; empty where no record says.
    pub day: String,
    pub says: String,
    pub exhibit: LinkView,
    pub record: String,
}

/// A draw from a population, with the results of testing.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SampleView {
    pub id: String,
    pub anchor: String,
    /// What the results bear on; a bare label where they bear on nothing.
    pub objective: LinkView,
    pub population: String,
    pub population_sha256: String,
    /// The method in words, with its sizes.
    pub method: String,
    pub seed: String,
    /// `redrawn`, `other-population` or `other-items`.
    pub state: String,
    pub state_label: String,
    pub note: String,
    /// "7 passed, 1 failed, 2 not tested".
    pub tally: String,
    pub items: Vec<SampleItemView>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SampleItemView {
    pub subject: String,
    pub stratum: String,
    /// `passed`, `failed` or `open`.
    pub result: String,
    pub result_label: String,
    pub tester: String,
    pub on: String,
    pub workpaper: String,
    pub because: String,
    /// Why a stated result does not count, or empty.
    pub flaw: String,
}

/// An anchor for each identity that has a dossier. Two identities never share one, however alike their ids are.
pub(super) fn anchors(dossiers: &[DossierRecord]) -> BTreeMap<&str, String> {
    let mut taken = BTreeSet::new();
    dossiers
        .iter()
        .map(|own| {
            let plain = super::build::anchor("i", &own.identity);
            let mut anchor = plain.clone();
            let mut number = 1;
            while !taken.insert(anchor.clone()) {
                number += 1;
                anchor = format!("{plain}--{number}");
            }
            (own.identity.as_str(), anchor)
        })
        .collect()
}

impl Builder<'_> {
    pub(super) fn register(&self) -> RegisterView {
        let register = &self.assessment.register;
        let departures = self.departures();
        let deviations = |own: &RegisterRecord| failures(departures.get(own.identity.as_str()));
        let mut worst: Vec<&RegisterRecord> = register.iter().collect();
        worst.sort_by_key(|own| (std::cmp::Reverse(deviations(own)), &own.identity));
        worst.truncate(REGISTER_EXCERPT_MAX);
        let row = |own: &RegisterRecord| self.register_row(own, deviations(own));
        let rows: Vec<RegisterRowView> = register.iter().take(REGISTER_ROWS_MAX).map(row).collect();
        let excerpt: Vec<RegisterRowView> = worst.into_iter().map(row).collect();
        let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
        for own in register {
            *owners.entry(own.owner.as_deref().unwrap_or_default()).or_default() += 1;
        }
        let mut owners: Vec<OwnerView> =
            owners.into_iter().map(|(owner, identities)| OwnerView { owner: owner.to_owned(), identities }).collect();
        owners.sort_by_key(|own| own.owner.is_empty());
        RegisterView {
            owners,
            rows_note: self.shown_note("register_more", rows.len(), register.len()),
            excerpt_note: self.shown_note("register_excerpt", excerpt.len(), register.len()),
            rows,
            excerpt,
            total: register.len(),
        }
    }

    fn shown_note(&self, key: &str, shown: usize, total: usize) -> String {
        if shown == total {
            return String::new();
        }
        self.wording.fill(key, "{shown} of {total} are shown.", &[("shown", &shown.to_string()), ("total", &total.to_string())])
    }

    fn register_row(&self, own: &RegisterRecord, deviations: usize) -> RegisterRowView {
        RegisterRowView {
            identity: LinkView {
                anchor: self.dossiers.get(own.identity.as_str()).cloned().unwrap_or_default(),
                label: own.identity.clone(),
            },
            name: own.name.clone(),
            place: [Some(&own.platform), own.scope.as_ref()].into_iter().flatten().cloned().collect::<Vec<_>>().join(" "),
            kind: own.kind.clone(),
            class: [&own.class, &own.tier].into_iter().flatten().cloned().collect::<Vec<_>>().join(", "),
            owner: own.owner.clone().unwrap_or_default(),
            owner_left: own.owner_status.as_deref() == Some("left"),
            purpose: own.purpose.clone().unwrap_or_default(),
            status: self.wording.label("identity", &own.status),
            expiry: self.expiry(own),
            last_use: self.last_use(own),
            credentials: own.credentials.clone(),
            entitlements: own.entitlements.clone(),
            revocation: own.revocation.clone(),
            exhibit: self.exhibit_link(&own.artifact),
            record: own.record.clone(),
            deviations,
        }
    }

    fn expiry(&self, own: &RegisterRecord) -> String {
        match own.expires_at.as_deref() {
            Some(at) => format!("{}, {}", self.day(at), own.expiry),
            None => own.expiry.clone(),
        }
    }

    fn last_use(&self, own: &RegisterRecord) -> String {
        own.last_used_at.as_deref().map_or_else(|| self.wording.label("use", &own.last_use), |at| self.day(at))
    }

    /// The day of an instant in the zone of the report.
    fn day(&self, at: &str) -> String {
        let zone = TimeZone::get(&self.assessment.frame.zone).unwrap_or(TimeZone::UTC);
        Instant::parse(at).ok().and_then(|at| Day::of_micros(at.micros(), &zone)).map_or_else(|| at.to_owned(), |day| day.to_string())
    }

    /// By identity: what it departs from, failures first.
    fn departures(&self) -> BTreeMap<&str, Vec<(&str, &Observation)>> {
        let mut departures: BTreeMap<&str, Vec<(&str, &Observation)>> = BTreeMap::new();
        for objective in &self.assessment.objectives {
            for seen in super::build::deviating(objective) {
                if let Some(identity) = seen.identity.as_deref() {
                    departures.entry(identity).or_default().push((&objective.id, seen));
                }
            }
        }
        departures.values_mut().for_each(|own| own.sort_by_key(|(objective, seen)| (seen.outcome, *objective, &seen.subject)));
        departures
    }

    pub(super) fn dossiers(&self) -> DossiersView {
        let register: BTreeMap<&str, &RegisterRecord> = self.assessment.register.iter().map(|own| (own.identity.as_str(), own)).collect();
        let departures = self.departures();
        let mut order: Vec<&DossierRecord> = self.assessment.dossiers.iter().collect();
        order.sort_by_key(|own| (std::cmp::Reverse(failures(departures.get(own.identity.as_str()))), &own.identity));
        let list: Vec<DossierView> = order
            .into_iter()
            .map(|own| {
                let seen = departures.get(own.identity.as_str()).map(Vec::as_slice).unwrap_or_default();
                self.dossier(own, register.get(own.identity.as_str()).copied(), seen)
            })
            .collect();
        let excerpt = list.len().min(DOSSIERS_EXCERPT_MAX);
        DossiersView { excerpt_note: self.shown_note("dossiers_excerpt", excerpt, list.len()), excerpt, list: Arc::new(list) }
    }

    fn dossier(&self, own: &DossierRecord, row: Option<&RegisterRecord>, seen: &[(&str, &Observation)]) -> DossierView {
        let text = |of: fn(&RegisterRecord) -> Option<&String>| row.and_then(of).cloned().unwrap_or_default();
        let missing: Vec<String> = own.missing.iter().map(|step| self.wording.label("step", step).to_lowercase()).collect();
        DossierView {
            anchor: self.dossiers.get(own.identity.as_str()).cloned().unwrap_or_default(),
            identity: own.identity.clone(),
            name: text(|row| Some(&row.name)),
            owner: text(|row| row.owner.as_ref()),
            purpose: text(|row| row.purpose.as_ref()),
            expiry: row.map(|row| self.expiry(row)).unwrap_or_default(),
            last_use: row.map(|row| self.last_use(row)).unwrap_or_default(),
            entitlements: text(|row| Some(&row.entitlements)),
            revocation: text(|row| Some(&row.revocation)),
            departs: seen
                .iter()
                .map(|(objective, seen)| DepartureView {
                    objective: self.objective_link(objective),
                    outcome: seen.outcome.word().into(),
                    outcome_label: self.wording.label("outcome", seen.outcome.word()),
                    subject: seen.subject.clone(),
                    reason: seen.reason.clone(),
                })
                .collect(),
            steps: self.steps(&own.steps),
            missing: missing.join(", "),
        }
    }

    fn steps(&self, steps: &[StepRecord]) -> Vec<StepView> {
        let before = std::iter::once(None).chain(steps.iter().map(Some));
        steps
            .iter()
            .zip(before)
            .map(|(own, before)| StepView {
                step: own.step.clone(),
                step_label: match before {
                    Some(before) if before.step == own.step => String::new(),
                    _ => self.wording.label("step", &own.step),
                },
                state: own.state.clone(),
                state_label: self.wording.label("stepstate", &own.state),
                day: own.at.as_deref().map(|at| self.day(at)).unwrap_or_default(),
                says: own.says.clone(),
                exhibit: self.exhibit_link(&own.artifact),
                record: own.record.clone(),
            })
            .collect()
    }

    pub(super) fn sample(&self, own: &SampleRecord) -> SampleView {
        let stated = |value: &Option<String>| value.clone().unwrap_or_default();
        let count = |result: &str| own.items.iter().filter(|item| item.result == result).count().to_string();
        let n = own.n.to_string();
        let parts: Vec<String> = own.allocation.iter().map(|(stratum, n)| format!("{stratum}: {n}")).collect();
        SampleView {
            id: own.id.clone(),
            anchor: super::build::anchor("s", &own.id),
            objective: match &own.objective {
                Some(objective) => self.objective_link(objective),
                None => LinkView { anchor: String::new(), label: self.wording.get("none") },
            },
            population: self.wording.fill(
                &format!("sample_population_{}", own.population),
                "{size} members",
                &[("size", &own.population_size.to_string()), ("objective", own.objective.as_deref().unwrap_or_default())],
            ),
            population_sha256: own.population_sha256.clone(),
            method: self.wording.fill(
                &format!("sample_method_{}", own.method.replace('-', "_")),
                "{n}",
                &[
                    ("n", &n),
                    ("by", own.by.as_deref().unwrap_or_default()),
                    ("allocation", &parts.join(", ")),
                    ("order", &own.order.join(", ")),
                ],
            ),
            seed: own.seed.clone(),
            state: own.state.clone(),
            state_label: self.wording.label("sample", &own.state),
            note: own.note.clone(),
            tally: self.wording.fill(
                "sample_tally",
                "{passed} passed, {failed} failed, {open} not tested",
                &[("passed", &count("passed")), ("failed", &count("failed")), ("open", &count("open"))],
            ),
            items: own
                .items
                .iter()
                .map(|item| SampleItemView {
                    subject: item.subject.clone(),
                    stratum: stated(&item.stratum),
                    result: item.result.clone(),
                    result_label: self.wording.label("item", &item.result),
                    tester: stated(&item.tester),
                    on: stated(&item.on),
                    workpaper: stated(&item.workpaper),
                    because: stated(&item.because),
                    flaw: stated(&item.flaw),
                })
                .collect(),
        }
    }
}

fn failures(seen: Option<&Vec<(&str, &Observation)>>) -> usize {
    seen.map_or(0, |seen| seen.iter().filter(|(_, own)| own.outcome == Outcome::Fail).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_identities_never_share_an_anchor() {
        let dossier = |identity: &str| DossierRecord { identity: identity.into(), steps: vec![], missing: vec![] };
        let dossiers = [dossier("a-b"), dossier("a b"), dossier("a@b"), dossier("a:b")];
        let anchors = anchors(&dossiers);
        assert_eq!(anchors.values().collect::<BTreeSet<_>>().len(), 4, "{anchors:?}");
        assert!(anchors.values().all(|anchor| anchor.starts_with("i-")));
    }
}
