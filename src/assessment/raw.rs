//! Rows of the long lists as they stand in a record. Millions of them are looked at and let go, so that none becomes a value of its own: their
//! texts are lent from the record, and each key is first compared with the one that our records have at that place.
//!
//! In: JSON text that begins with a row. Out: the row, lent, and how long it is.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::Outcome;
use super::lists::{RegisterRow, SeenRow};

/// What stands at a key of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// A text or null, kept at this place.
    Text(usize),
    Flag,
    Outcome,
    /// Nothing that a comparison reads.
    Other,
}

use Holds::{Flag, Other, Text};

/// The keys of an observation in the order in which our records have them. Any other order is read as well.
const OBSERVATION: &[(&str, Holds)] = &[
    ("subject", Text(0)),
    ("outcome", Holds::Outcome),
    ("reason", Text(1)),
    ("artifact", Text(2)),
    ("record", Text(3)),
    ("identity", Text(4)),
    ("proved", Flag),
    ("contradicted", Other),
];

/// The same of a row of the register.
const ENTRY: &[(&str, Holds)] = &[
    ("identity", Text(0)),
    ("name", Other),
    ("platform", Text(1)),
    ("scope", Text(2)),
    ("kind", Text(3)),
    ("class", Text(4)),
    ("tier", Other),
    ("owner", Text(5)),
    ("owner_status", Text(6)),
    ("purpose", Text(7)),
    ("service", Other),
    ("environment", Other),
    ("status", Text(8)),
    ("created_at", Text(9)),
    ("expires_at", Text(10)),
    ("expiry", Other),
    ("last_used_at", Other),
    ("last_use", Other),
    ("credentials", Other),
    ("entitlements", Text(11)),
    ("admin", Flag),
    ("revocation", Other),
    ("in_register", Other),
    ("artifact", Text(12)),
    ("record", Text(13)),
    ("register_artifact", Other),
    ("register_record", Other),
];

/// Has the observation at the beginning of a text looked at, and gives its length.
pub(super) fn observation(text: &str, look: impl FnOnce(SeenRow<'_>)) -> serde_json::Result<usize> {
    let mut row = Row::default();
    let length = read(text, OBSERVATION, &mut row)?;
    let [subject, reason, artifact, record, identity] = &row.texts;
    look(SeenRow {
        subject: stated(subject, "subject")?,
        outcome: row.outcome.ok_or_else(|| missing("outcome"))?,
        reason: stated(reason, "reason")?,
        artifact: stated(artifact, "artifact")?,
        record: stated(record, "record")?,
        identity: identity.as_deref(),
        proved: row.flag.ok_or_else(|| missing("proved"))?,
    });
    Ok(length)
}

/// The same of a row of the register.
pub(super) fn entry(text: &str, look: impl FnOnce(RegisterRow<'_>)) -> serde_json::Result<usize> {
    let mut row = Row::default();
    let length = read(text, ENTRY, &mut row)?;
    let [
        identity,
        platform,
        scope,
        kind,
        class,
        owner,
        owner_status,
        purpose,
        status,
        created_at,
        expires_at,
        entitlements,
        artifact,
        record,
    ] = &row.texts;
    look(RegisterRow {
        identity: stated(identity, "identity")?,
        platform: stated(platform, "platform")?,
        scope: scope.as_deref(),
        kind: stated(kind, "kind")?,
        class: class.as_deref(),
        owner: owner.as_deref(),
        owner_status: owner_status.as_deref(),
        purpose: purpose.as_deref(),
        status: stated(status, "status")?,
        created_at: created_at.as_deref(),
        expires_at: expires_at.as_deref(),
        entitlements: stated(entitlements, "entitlements")?,
        admin: row.flag.ok_or_else(|| missing("admin"))?,
        artifact: stated(artifact, "artifact")?,
        record: stated(record, "record")?,
    });
    Ok(length)
}

fn stated<'r>(text: &'r Option<Cow<'_, str>>, key: &'static str) -> serde_json::Result<&'r str> {
    text.as_deref().ok_or_else(|| missing(key))
}

fn missing(key: &'static str) -> serde_json::Error {
    de::Error::missing_field(key)
}

/// What is kept of a row while it is looked at.
struct Row<'a, const TEXTS: usize> {
    texts: [Option<Cow<'a, str>>; TEXTS],
    flag: Option<bool>,
    outcome: Option<Outcome>,
}

impl<const TEXTS: usize> Default for Row<'_, TEXTS> {
    fn default() -> Self {
        Row { texts: [const { None }; TEXTS], flag: None, outcome: None }
    }
}

/// Fills a row from the object at the beginning of a text, and gives its length.
fn read<'a, const TEXTS: usize>(
    text: &'a str,
    keys: &'static [(&'static str, Holds)],
    row: &mut Row<'a, TEXTS>,
) -> serde_json::Result<usize> {
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(Filler { keys, row })?;
    Ok(json.into_iter::<IgnoredAny>().byte_offset())
}

struct Filler<'r, 'a, const TEXTS: usize> {
    keys: &'static [(&'static str, Holds)],
    row: &'r mut Row<'a, TEXTS>,
}

impl<'a, const TEXTS: usize> Visitor<'a> for Filler<'_, 'a, TEXTS> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let mut next = 0;
        // A key that is known stands at one place; it may not come again.
        let mut seen = 0_u32;
        while let Some(place) = map.next_key_seed(KeySeed { keys: self.keys, next })? {
            let Some(place) = place else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            next = place + 1;
            let (key, holds) = self.keys[place];
            if seen & (1 << place) != 0 {
                return Err(de::Error::duplicate_field(key));
            }
            seen |= 1 << place;
            match holds {
                Text(at) => self.row.texts[at] = map.next_value_seed(TextSeed)?,
                Flag => self.row.flag = Some(map.next_value()?),
                Holds::Outcome => self.row.outcome = Some(map.next_value()?),
                Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The place of a key among those that are known; nothing for any other.
struct KeySeed {
    keys: &'static [(&'static str, Holds)],
    next: usize,
}

impl<'a> de::DeserializeSeed<'a> for KeySeed {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Self::Value, E> {
        if self.keys.get(self.next).is_some_and(|(name, _)| *name == key) {
            return Ok(Some(self.next));
        }
        Ok(self.keys.iter().position(|(name, _)| *name == key))
    }
}

/// A text, lent unless an escape made it another, or null.
struct TextSeed;

impl<'a> de::DeserializeSeed<'a> for TextSeed {
    type Value = Option<Cow<'a, str>>;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for TextSeed {
    type Value = Option<Cow<'a, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or null")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'a str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// The life of an identity, read for its form alone: of a text nothing is kept.
#[derive(Deserialize)]
#[serde(expecting = "struct DossierRecord")]
#[expect(dead_code, reason = "that they can be read is all that is asked")]
pub(super) struct DossierForm {
    identity: AnyText,
    steps: Vec<StepForm>,
    missing: Vec<AnyText>,
}

#[derive(Deserialize)]
#[serde(expecting = "struct StepRecord")]
#[expect(dead_code, reason = "that they can be read is all that is asked")]
struct StepForm {
    step: AnyText,
    state: AnyText,
    at: Option<AnyText>,
    says: AnyText,
    artifact: AnyText,
    record: AnyText,
}

struct AnyText;

impl<'de> Deserialize<'de> for AnyText {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<AnyText, D::Error> {
        struct Seen;
        impl Visitor<'_> for Seen {
            type Value = AnyText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: de::Error>(self, _: &str) -> Result<AnyText, E> {
                Ok(AnyText)
            }
        }
        json.deserialize_str(Seen)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Observation, RegisterRecord};
    use super::*;

    fn keys_of<T: serde::Serialize>(row: &T) -> Vec<String> {
        serde_json::to_value(row).unwrap().as_object().unwrap().keys().cloned().collect()
    }

    fn observed(text: &str) -> Result<(String, usize), String> {
        let mut told = String::new();
        let length = observation(text, |row| told = format!("{row:?}")).map_err(|error| error.to_string())?;
        Ok((told, length))
    }

    #[test]
    fn keys_stand_in_the_order_in_which_records_write_them() {
        let seen = Observation {
            subject: "s".into(),
            outcome: Outcome::Fail,
            reason: "r".into(),
            artifact: "a".into(),
            record: "1".into(),
            identity: Some("i \"x\"".into()),
            proved: true,
            contradicted: true,
        };
        let named = |keys: &[(&str, Holds)]| keys.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(keys_of(&seen), named(OBSERVATION));
        let text = serde_json::to_string(&seen).unwrap();
        assert_eq!(observed(&format!("{text},{text}")), Ok((format!("{:?}", SeenRow::from(&seen)), text.len())));

        let mut own = serde_json::Map::new();
        for (name, holds) in ENTRY {
            let value = if *holds == Flag || *name == "in_register" { true.into() } else { format!("{name} \u{e9}\\").into() };
            own.insert((*name).to_owned(), value);
        }
        let record: RegisterRecord = serde_json::from_value(own.into()).unwrap();
        assert_eq!(keys_of(&record), named(ENTRY));
        let text = serde_json::to_string(&record).unwrap();
        let expected = RegisterRow {
            identity: &record.identity,
            platform: &record.platform,
            scope: record.scope.as_deref(),
            kind: &record.kind,
            class: record.class.as_deref(),
            owner: record.owner.as_deref(),
            owner_status: record.owner_status.as_deref(),
            purpose: record.purpose.as_deref(),
            status: &record.status,
            created_at: record.created_at.as_deref(),
            expires_at: record.expires_at.as_deref(),
            entitlements: &record.entitlements,
            admin: record.admin,
            artifact: &record.artifact,
            record: &record.record,
        };
        let length = entry(&text, |row| assert_eq!(row, expected)).unwrap();
        assert_eq!(length, text.len());
    }

    /// Leaves out and replaces each value once, at any depth.
    fn spoilt(value: &serde_json::Value) -> Vec<serde_json::Value> {
        let mut all = vec![serde_json::json!(1), serde_json::Value::Null];
        match value {
            serde_json::Value::Object(entries) => {
                for (key, inner) in entries {
                    let with = |other: Option<serde_json::Value>| {
                        let mut entries = entries.clone();
                        entries.remove(key);
                        entries.extend(other.map(|other| (key.clone(), other)));
                        serde_json::Value::Object(entries)
                    };
                    all.push(with(None));
                    all.extend(spoilt(inner).into_iter().map(|other| with(Some(other))));
                }
            }
            serde_json::Value::Array(items) => all.extend(items.iter().flat_map(spoilt).map(|other| vec![other].into())),
            _ => {}
        }
        all
    }

    #[test]
    fn the_form_of_a_life_is_that_of_its_record() {
        use super::super::{DossierRecord, StepRecord};
        let [step, state, says, artifact, record] = ["s", "\u{1}", "\"", "a", "1"].map(str::to_owned);
        let own = StepRecord { step, state, at: Some("now".into()), says, artifact, record };
        let life = DossierRecord { identity: "i".into(), steps: vec![own], missing: vec!["use".into()] };
        let whole = serde_json::to_value(&life).unwrap();
        let mut refused = 0;
        for value in std::iter::once(whole.clone()).chain(spoilt(&whole)) {
            let text = value.to_string();
            let as_record = serde_json::from_str::<DossierRecord>(&text).err().map(|error| error.to_string());
            let as_form = serde_json::from_str::<DossierForm>(&text).err().map(|error| error.to_string());
            refused += usize::from(as_record.is_some());
            assert_eq!(as_form, as_record, "{text}");
        }
        // All but a step without a time.
        assert_eq!(refused, 31);
    }

    #[test]
    fn any_order_is_read_and_what_is_no_row_is_refused() {
        let row = r#"{"x": [{"subject": 1}], "proved": false, "record": "1", "identity": null, "outcome": "pass", "reason": "", "artifact": "a", "subject": "\u0073"}"#;
        let (told, length) = observed(row).unwrap();
        assert_eq!((length, told.contains(r#"subject: "s""#), told.contains("identity: None")), (row.len(), true, true), "{told}");
        for (from, to, problem) in [
            (r#""record": "1", "#, "", "missing field `record`"),
            (r#""record": "1""#, r#""record": null"#, "missing field `record`"),
            (r#""record": "1""#, r#""record": 1"#, "invalid type: integer `1`, expected a string or null"),
            (r#""record": "1""#, r#""record": "1", "record": "2""#, "duplicate field `record`"),
            (r#""proved": false, "#, "", "missing field `proved`"),
            (r#""proved": false"#, r#""proved": "no""#, "invalid type: string \"no\", expected a boolean"),
            (r#""outcome": "pass", "#, "", "missing field `outcome`"),
            (r#""pass""#, r#""perhaps""#, "unknown variant `perhaps`"),
            (r#"[{"subject": 1}]"#, "[", "expected value"),
        ] {
            assert!(row.contains(from));
            let told = observed(&row.replace(from, to)).unwrap_err();
            assert!(told.contains(problem), "{told} is not {problem}");
        }
        for cut in 1..row.len() {
            let error = observation(&row[..cut], |_| panic!("half a row was looked at")).unwrap_err();
            assert!(error.is_eof(), "{error} after {cut} bytes");
        }
    }
}
