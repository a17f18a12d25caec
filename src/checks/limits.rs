//! The values of parameters in force: one for everyone, and others for identities of some class or tier.
//!
//! In: the declaration of a parameter, and what the organisation states. Out: the value for each class and tier, who said it, and
//! the form in which a check gets it. Knows nothing of how an identity got its class.
//!
//! Of several values that fit, the organisation's most precise one counts; a default for a class or tier that it does not name counts
//! instead where it is stricter. So no default ever loosens what the organisation states, and nobody loosens a default without naming it.
//! A value for a class and one for a tier are equally precise, and the stricter counts.

use std::collections::BTreeMap;
use std::fmt;

use crate::catalog::{Objective, ParameterFile, ParameterValue};
use crate::engine::Parameter;
use crate::evidence::TableDefinition;

/// The derived table that declares classes and tiers.
pub const CLASS_TABLE: &str = "identity_classes";
/// What the name of a parameter that differs by class has at its end where a check asks whom the value is for.
pub const FOR: &str = "_for";

/// The classes and tiers that there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kinds {
    pub classes: Vec<String>,
    pub tiers: Vec<String>,
}

impl Kinds {
    /// As the table of classes declares them.
    pub fn of(tables: &BTreeMap<String, TableDefinition>) -> Kinds {
        let values = |column: &str| tables.get(CLASS_TABLE).map(|table| table.values(column)).unwrap_or_default();
        Kinds { classes: values("class"), tiers: values("tier") }
    }
}

/// Whom a value is for: everyone, when neither is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whom {
    pub class: Option<String>,
    pub tier: Option<String>,
}

impl Whom {
    fn fits(&self, class: &str, tier: &str) -> bool {
        self.class.as_deref().is_none_or(|own| own == class) && self.tier.as_deref().is_none_or(|own| own == tier)
    }

    fn precision(&self) -> usize {
        usize::from(self.class.is_some()) + usize::from(self.tier.is_some())
    }

    /// Whether this does not name what the other names, and is no more precise.
    fn leaves_open(&self, other: &Whom) -> bool {
        self != other && self.precision() <= other.precision()
    }

    /// As the end of a sentence; nothing for everyone.
    fn clause(&self) -> String {
        match (&self.class, &self.tier) {
            (None, None) => String::new(),
            (Some(class), None) => format!(" for the class {class}"),
            (None, Some(tier)) => format!(" for the tier {tier}"),
            (Some(class), Some(tier)) => format!(" for the class {class} in the tier {tier}"),
        }
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named: Vec<String> = [("class", &self.class), ("tier", &self.tier)]
            .into_iter()
            .filter_map(|(key, name)| name.as_ref().map(|name| format!("{key} {name}")))
            .collect();
        f.write_str(&named.join(", "))
    }
}

/// One value, whom it is for, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub whom: Whom,
    pub value: ParameterValue,
    /// Where a default comes from; empty for what the organisation states.
    pub source: String,
    /// The organisation's reason; none for a default.
    pub reason: Option<String>,
}

/// Everything said about one parameter.
#[derive(Debug, Clone)]
pub struct InForce {
    parameter: ParameterFile,
    said: Vec<Said>,
}

impl InForce {
    /// The defaults of a parameter and what the organisation states about it.
    pub fn new(parameter: &ParameterFile, stated: &[Said]) -> InForce {
        let default =
            Said { whom: Whom::default(), value: parameter.default.clone(), source: parameter.source.trim().to_owned(), reason: None };
        let by_class = parameter.by_class.iter().flatten().map(|own| Said {
            whom: Whom { class: own.class.clone(), tier: own.tier.clone() },
            value: own.value.clone(),
            source: own.source.trim().to_owned(),
            reason: None,
        });
        let said = std::iter::once(default).chain(by_class).chain(stated.iter().cloned()).collect();
        InForce { parameter: parameter.clone(), said }
    }

    /// Adds a value that the organisation states.
    pub fn state(&mut self, said: Said) {
        self.said.push(said);
    }

    /// What holds for everyone of whom nothing else is said.
    pub fn general(&self) -> &Said {
        let general = self.said.iter().filter(|said| said.whom.precision() == 0);
        general.max_by_key(|said| said.reason.is_some()).expect("there is a default")
    }

    /// What holds for one class and tier.
    pub fn for_class(&self, class: &str, tier: &str) -> &Said {
        let most_precise = |stated: bool| {
            let fitting = self.said.iter().filter(|said| said.reason.is_some() == stated && said.whom.fits(class, tier));
            fitting.reduce(|best, said| {
                let (old, new) = (best.whom.precision(), said.whom.precision());
                if new > old || (new == old && self.parameter.is_stricter(&said.value, &best.value)) { said } else { best }
            })
        };
        let default = most_precise(false).expect("there is a default");
        match most_precise(true) {
            None => default,
            Some(stated) if stated.whom.leaves_open(&default.whom) && self.parameter.is_stricter(&default.value, &stated.value) => default,
            Some(stated) => stated,
        }
    }

    /// What decides for some class or tier besides the general value, in the order of classes and tiers.
    pub fn particular(&self, kinds: &Kinds) -> Vec<&Said> {
        let general = self.general();
        let mut found: Vec<&Said> = Vec::new();
        for (class, tier) in pairs(kinds) {
            let said = self.for_class(class, tier);
            if said != general && !found.contains(&said) {
                found.push(said);
            }
        }
        let position = |name: &Option<String>, all: &[String]| name.as_ref().and_then(|name| all.iter().position(|own| own == name));
        found.sort_by_key(|said| {
            (said.whom.class.is_none(), position(&said.whom.class, &kinds.classes), position(&said.whom.tier, &kinds.tiers))
        });
        found
    }

    /// The value as a check gets it.
    pub fn parameter(&self, kinds: &Kinds) -> Parameter {
        self.chosen(kinds, |said| match &said.value {
            ParameterValue::Number(number) => Parameter::Integer(*number),
            ParameterValue::Flag(flag) => Parameter::Boolean(*flag),
            ParameterValue::Word(word) => Parameter::Text(word.clone()),
        })
    }

    /// Whom the value is for as a check gets it: the end of a sentence, or nothing where it is for everyone.
    pub fn parameter_for(&self, kinds: &Kinds) -> Parameter {
        self.chosen(kinds, |said| Parameter::Text(said.whom.clause()))
    }

    pub fn differs_by_class(&self) -> bool {
        self.parameter.by_class.is_some()
    }

    fn chosen(&self, kinds: &Kinds, give: impl Fn(&Said) -> Parameter) -> Parameter {
        let otherwise = give(self.general());
        let equal = |column: &str, name: &str| (column.to_owned(), name.to_owned());
        let mut when = Vec::new();
        for class in &kinds.classes {
            let given: Vec<(&String, Parameter)> = kinds.tiers.iter().map(|tier| (tier, give(self.for_class(class, tier)))).collect();
            let first = given.first().map(|(_, value)| value.clone());
            if given.iter().all(|(_, value)| Some(value) == first.as_ref()) {
                when.extend(first.filter(|value| *value != otherwise).map(|value| (vec![equal("class", class)], value)));
            } else {
                let differing = given.into_iter().filter(|(_, value)| *value != otherwise);
                when.extend(differing.map(|(tier, value)| (vec![equal("class", class), equal("tier", tier)], value)));
            }
        }
        if when.is_empty() { otherwise } else { Parameter::Chosen { when, otherwise: Box::new(otherwise) } }
    }
}

/// The values in force for one objective, by parameter.
#[derive(Debug, Clone)]
pub struct Values {
    pub kinds: Kinds,
    pub by_name: BTreeMap<String, InForce>,
}

impl Values {
    /// The defaults of an objective, and what the organisation states about its parameters.
    pub fn new(objective: &Objective, stated: &BTreeMap<String, Vec<Said>>, kinds: Kinds) -> Values {
        let own = |name: &str| stated.get(name).map(Vec::as_slice).unwrap_or_default();
        let by_name =
            objective.parameters.iter().map(|parameter| (parameter.name.clone(), InForce::new(parameter, own(&parameter.name)))).collect();
        Values { kinds, by_name }
    }
}

fn pairs(kinds: &Kinds) -> impl Iterator<Item = (&String, &String)> {
    kinds.classes.iter().flat_map(|class| kinds.tiers.iter().map(move |tier| (class, tier)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{ParameterUnit, ValueByClass};

    fn kinds() -> Kinds {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Kinds { classes: names(&["batch", "vendor", "ai-agent"]), tiers: names(&["critical", "normal"]) }
    }

    fn whom(class: &str, tier: &str) -> Whom {
        let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        Whom { class: named(class), tier: named(tier) }
    }

    fn stated(class: &str, tier: &str, days: i64) -> Said {
        Said { whom: whom(class, tier), value: ParameterValue::Number(days), source: String::new(), reason: Some("policy".into()) }
    }

    /// 90 days for everyone, 30 for agents, by default.
    fn age(stated: &[Said]) -> InForce {
        let parameter = ParameterFile {
            name: "age_days_max".into(),
            title: String::new(),
            unit: ParameterUnit::Days,
            default: ParameterValue::Number(90),
            by_class: Some(vec![ValueByClass {
                class: Some("ai-agent".into()),
                tier: None,
                value: ParameterValue::Number(30),
                source: "ours".into(),
            }]),
            min: None,
            max: None,
            source: String::new(),
        };
        InForce::new(&parameter, stated)
    }

    #[test]
    fn the_most_precise_statement_counts_and_no_default_loosens_one() {
        let rows: &[(&[Said], &str, &str, i64)] = &[
            (&[], "batch", "normal", 90),
            (&[], "ai-agent", "normal", 30),
            // A general statement replaces the general default, and the stricter default of a class stays.
            (&[stated("", "", 365)], "batch", "normal", 365),
            (&[stated("", "", 365)], "ai-agent", "normal", 30),
            // A stricter general statement is not loosened by the default of a class.
            (&[stated("", "", 10)], "ai-agent", "normal", 10),
            // Who names the class means it, stricter or not.
            (&[stated("ai-agent", "", 60)], "ai-agent", "normal", 60),
            (&[stated("vendor", "", 365)], "vendor", "critical", 365),
            (&[stated("vendor", "", 365)], "batch", "critical", 90),
            // Class and tier are equally precise, and the stricter counts, in whatever order they stand.
            (&[stated("vendor", "", 60), stated("", "critical", 20)], "vendor", "critical", 20),
            (&[stated("", "critical", 60), stated("vendor", "", 20)], "vendor", "critical", 20),
            // Both together are more precise than either.
            (&[stated("vendor", "", 60), stated("", "critical", 20), stated("vendor", "critical", 80)], "vendor", "critical", 80),
            // A statement about a tier does not name the class, whose stricter default stays; one that names both does.
            (&[stated("", "critical", 60)], "ai-agent", "critical", 30),
            (&[stated("", "critical", 20)], "ai-agent", "critical", 20),
            (&[stated("ai-agent", "critical", 60)], "ai-agent", "critical", 60),
        ];
        for (said, class, tier, days) in rows {
            assert_eq!(age(said).for_class(class, tier).value, ParameterValue::Number(*days), "{said:?} {class} {tier}");
        }
    }

    #[test]
    fn only_what_decides_for_somebody_is_told() {
        let told = |said: &[Said]| age(said).particular(&kinds()).iter().map(|said| said.whom.to_string()).collect::<Vec<_>>();
        assert_eq!(told(&[]), ["class ai-agent"]);
        assert!(told(&[stated("", "", 10)]).is_empty(), "the default of the class is not in force");
        assert_eq!(told(&[stated("", "critical", 60), stated("batch", "", 80)]), ["class batch", "class ai-agent", "tier critical"]);
    }

    #[test]
    fn a_check_gets_a_plain_value_or_a_choice_that_agrees_with_the_rule() {
        assert_eq!(age(&[stated("", "", 10)]).parameter(&kinds()), Parameter::Integer(10));
        let in_force = age(&[stated("vendor", "critical", 7)]);
        let Parameter::Chosen { when, otherwise } = in_force.parameter(&kinds()) else { panic!("there are several values") };
        assert_eq!(*otherwise, Parameter::Integer(90));
        for (class, tier) in pairs(&kinds()) {
            let row = |column: &str| if column == "class" { class } else { tier };
            let fits = |columns: &[(String, String)]| columns.iter().all(|(column, name)| row(column) == name);
            let got = when.iter().find(|(columns, _)| fits(columns)).map_or(&*otherwise, |(_, value)| value);
            let ParameterValue::Number(days) = in_force.for_class(class, tier).value else { panic!("a number") };
            assert_eq!(*got, Parameter::Integer(days), "{class} {tier}");
        }
    }
}
