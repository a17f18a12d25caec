//! One raw value into one typed cell with its state, exactly as the adapter declared it: no guessing by magnitude or look.

use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

use super::exact::{fraction_text, is_rounded};
use super::format::{Absent, Field, FieldType};
use crate::base::Column;

/// A value before it has a type.
#[derive(Debug, Clone)]
pub(super) enum Raw {
    Absent,
    Text(String),
    Json(Value),
    /// The column stands several times, and one value is needed.
    Several,
}

/// Whether a value is there, and if not, why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Known,
    None,
    Unknown,
    NotApplicable,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Known => "known",
            State::None => "none",
            State::Unknown => "unknown",
            State::NotApplicable => "not-applicable",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value1 {
    Missing,
    Text(String),
    Integer(i64),
    Boolean(bool),
    Instant(i64),
}

/// Reads a value. `zone` is the artifact's stated zone, for fields whose format fixes none.
pub(super) fn cast(field: &Field, raw: &Raw, zone: Option<&TimeZone>) -> Result<(Value1, State), String> {
    let text = match raw {
        Raw::Several => return Err(format!("`{}`: the column `{}` stands several times", field.name, field.at)),
        Raw::Absent | Raw::Json(Value::Null) => String::new(),
        Raw::Json(Value::Number(number)) if number.is_f64() => number.as_f64().map(fraction_text).unwrap_or_default(),
        Raw::Text(text) => text.trim().to_owned(),
        Raw::Json(Value::String(text)) => text.trim().to_owned(),
        Raw::Json(other) => other.to_string(),
    };
    for (words, state) in [(&field.none, State::None), (&field.unknown, State::Unknown), (&field.not_applicable, State::NotApplicable)] {
        if words.contains(&text) {
            return Ok((Value1::Missing, state));
        }
    }
    if text.is_empty() {
        if field.required {
            return Err(format!("`{}` is missing", field.name));
        }
        let state = match field.absent {
            Absent::Unknown => State::Unknown,
            Absent::None => State::None,
            Absent::NotApplicable => State::NotApplicable,
        };
        return Ok((Value1::Missing, state));
    }
    let value = match field.kind {
        FieldType::Text if matches!(raw, Raw::Json(Value::Object(_) | Value::Array(_))) => {
            return Err(refused(field, &text, "a single value"));
        }
        FieldType::Text | FieldType::Json if is_rounded(&text) || holds_rounded(raw) => {
            return Err(refused(field, &text, "exact: its last digits are gone; export it as text"));
        }
        FieldType::Text | FieldType::Json => Value1::Text(text),
        FieldType::Integer => Value1::Integer(text.parse().map_err(|_| refused(field, &text, "a whole number"))?),
        FieldType::Boolean => Value1::Boolean(match text.to_ascii_lowercase().as_str() {
            "true" | "yes" => true,
            "false" | "no" => false,
            _ => return Err(refused(field, &text, "true or false")),
        }),
        FieldType::Instant => Value1::Instant(instant(field, raw, &text, zone)?),
    };
    Ok((value, State::Known))
}

/// Whether a list or an object holds a number whose last digits are gone.
fn holds_rounded(raw: &Raw) -> bool {
    fn inside(value: &Value) -> bool {
        match value {
            Value::Number(number) => number.as_f64().filter(|_| number.is_f64()).is_some_and(|number| is_rounded(&fraction_text(number))),
            Value::Array(items) => items.iter().any(inside),
            Value::Object(members) => members.values().any(inside),
            _ => false,
        }
    }
    matches!(raw, Raw::Json(value) if inside(value))
}

fn refused(field: &Field, text: &str, wanted: &str) -> String {
    let shown: String = text.chars().take(60).collect();
    format!("`{}` holds `{shown}`, which is not {wanted}", field.name)
}

/// Numbers are read by the epoch format and text by the other one, so two formats never compete for one value.
fn instant(field: &Field, raw: &Raw, text: &str, zone: Option<&TimeZone>) -> Result<i64, String> {
    let is_number = matches!(raw, Raw::Json(Value::Number(_)));
    let is_epoch = |format: &String| format.starts_with("epoch-");
    let competing = field.format.len() > 1;
    let format = field
        .format
        .iter()
        .find(|format| !competing || is_epoch(format) == is_number)
        .ok_or_else(|| refused(field, text, "in a declared format"))?;
    let wrong = || refused(field, text, &format!("an instant in the declared format {format}"));
    match format.as_str() {
        "rfc3339" => text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_microsecond).map_err(|_| wrong()),
        "epoch-seconds" => epoch(text, 1_000_000).ok_or_else(wrong),
        "epoch-millis" => epoch(text, 1_000).ok_or_else(wrong),
        "filetime" => filetime(text).ok_or_else(wrong),
        pattern => by_pattern(field, text, pattern, zone).ok_or_else(wrong)?,
    }
}

/// The offset with which a field states an instant that was read from it, or that its zone had then; none where it counts from an instant.
pub(super) fn offset_of(field: &Field, raw: &Raw, micros: i64, zone: Option<&TimeZone>) -> Option<Offset> {
    let (Raw::Text(text) | Raw::Json(Value::String(text))) = raw else { return None };
    let text = text.trim();
    let format = field.format.iter().find(|format| field.format.len() == 1 || !format.starts_with("epoch-"))?;
    match format.as_str() {
        "epoch-seconds" | "epoch-millis" | "filetime" => None,
        _ if text.ends_with(['Z', 'z']) => Some(Offset::UTC),
        "rfc3339" => Pieces::parse(text).ok()?.to_numeric_offset(),
        pattern => {
            let written = BrokenDownTime::parse(pattern, text).ok()?.offset();
            let declared = field.zone.as_ref().and_then(|name| TimeZone::get(name).ok());
            let at = jiff::Timestamp::from_microsecond(micros).ok()?;
            written.or_else(|| Some(declared.as_ref().or(zone)?.to_offset(at)))
        }
    }
}

/// A number of seconds or milliseconds, with or without a fraction, in microseconds.
fn epoch(text: &str, micros_each: i64) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok()?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut rest = 0;
    let mut unit = micros_each;
    for digit in fraction.bytes() {
        unit /= 10;
        rest += i64::from(digit - b'0') * unit;
    }
    let micros = whole.checked_mul(micros_each)?.checked_add(if text.starts_with('-') { -rest } else { rest })?;
    jiff::Timestamp::from_microsecond(micros).ok().map(|_| micros)
}

/// Steps of 100 nanoseconds since the first instant of 1601, as Windows counts them, in microseconds since 1970.
fn filetime(text: &str) -> Option<i64> {
    const SECONDS_1601_TO_1970: i64 = 11_644_473_600;
    let micros = text.parse::<i64>().ok()?.checked_div(10)?.checked_sub(SECONDS_1601_TO_1970 * 1_000_000)?;
    jiff::Timestamp::from_microsecond(micros).ok().map(|_| micros)
}

/// Outer `None`: the text does not fit the pattern. Inner error: it fits, but the zone is not known.
fn by_pattern(field: &Field, text: &str, pattern: &str, zone: Option<&TimeZone>) -> Option<Result<i64, String>> {
    let parsed = BrokenDownTime::parse(pattern, text).ok()?;
    if parsed.offset().is_some() {
        return parsed.to_timestamp().ok().map(|at| Ok(at.as_microsecond()));
    }
    let local = parsed.to_datetime().or_else(|_| parsed.to_date().map(|date| date.at(0, 0, 0, 0))).ok()?;
    let declared = field.zone.as_ref().and_then(|name| TimeZone::get(name).ok());
    let Some(zone) = declared.as_ref().or(zone) else {
        return Some(Err(format!(
            "`{}` is a local time and nobody stated its zone; add `zone:` for this file in artifacts.yaml, or for its system in tickmark.yaml",
            field.name
        )));
    };
    local.to_zoned(zone.clone()).ok().map(|at| Ok(at.timestamp().as_microsecond()))
}

pub(super) fn push(column: &mut Column, value: Value1) {
    match (column, value) {
        (Column::Text(values), Value1::Text(text)) => values.push(Some(text)),
        (Column::Integer(values), Value1::Integer(number)) => values.push(Some(number)),
        (Column::Boolean(values), Value1::Boolean(flag)) => values.push(Some(flag)),
        (Column::Instant(values), Value1::Instant(micros)) => values.push(Some(micros)),
        (column, _) => column.push_missing(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(format: &[&str]) -> Field {
        Field {
            name: "at".into(),
            at: "/at".into(),
            kind: FieldType::Instant,
            format: format.iter().map(|&text| text.to_owned()).collect(),
            zone: None,
            required: false,
            none: vec!["N/A".into()],
            unknown: vec!["no_information".into()],
            not_applicable: vec!["not_supported".into()],
            absent: Absent::Unknown,
        }
    }

    fn micros(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn four_words_for_no_value_are_four_states() {
        let field = field(&["rfc3339"]);
        let state = |raw| cast(&field, &raw, None).unwrap().1;
        assert_eq!(state(Raw::Text("N/A".into())), State::None);
        assert_eq!(state(Raw::Text("no_information".into())), State::Unknown);
        assert_eq!(state(Raw::Text("not_supported".into())), State::NotApplicable);
        assert_eq!(state(Raw::Text(String::new())), State::Unknown);
        assert_eq!(state(Raw::Json(Value::Null)), State::Unknown);
        assert_eq!(state(Raw::Text("2026-09-30T00:00:00Z".into())), State::Known);
    }

    #[test]
    fn the_offset_of_an_instant_is_kept_as_it_was_stated_or_as_its_zone_had_it() {
        let zone = TimeZone::get("Europe/Copenhagen").unwrap();
        let offset = |formats: &[&str], raw: Raw, zone: Option<&TimeZone>| {
            let field = field(formats);
            let Value1::Instant(micros) = cast(&field, &raw, zone).unwrap().0 else { panic!("{raw:?} is no instant") };
            offset_of(&field, &raw, micros, zone).map(Offset::seconds)
        };
        let text = |text: &str| Raw::Text(text.into());
        assert_eq!(offset(&["rfc3339"], text("2026-07-01T12:00:00Z"), None), Some(0));
        assert_eq!(offset(&["rfc3339"], text(" 2026-07-01T12:00:00.5+05:30 "), None), Some(19_800));
        assert_eq!(offset(&["rfc3339"], text("2026-07-01T12:00:00-04:00"), Some(&zone)), Some(-14_400));
        assert_eq!(offset(&["%Y-%m-%d %H:%M:%S"], text("2026-07-01 12:00:00"), Some(&zone)), Some(7_200));
        assert_eq!(offset(&["%Y-%m-%d %H:%M:%S"], text("2026-01-01 12:00:00"), Some(&zone)), Some(3_600));
        assert_eq!(offset(&["%Y-%m-%dT%H:%M:%S%z"], text("2026-01-01T12:00:00-0330"), Some(&zone)), Some(-12_600));
        assert_eq!(offset(&["epoch-seconds", "rfc3339"], text("2026-07-01T12:00:00+02:00"), None), Some(7_200));
        assert_eq!(offset(&["epoch-seconds"], Raw::Json(json!(1_782_907_200)), Some(&zone)), None);
        assert_eq!(offset(&["filetime"], text("133000000000000000"), Some(&zone)), None);
    }

    #[test]
    fn instants_are_read_in_the_declared_format_only() {
        let at = |formats: &[&str], raw: Raw| cast(&field(formats), &raw, None).map(|(value, _)| value);
        let noon = Value1::Instant(micros("2026-07-01T12:00:00Z"));
        assert_eq!(at(&["rfc3339"], Raw::Text("2026-07-01T14:00:00+02:00".into())), Ok(noon.clone()));
        assert_eq!(at(&["rfc3339"], Raw::Text("2026-07-01 12:00:00+00:00".into())), Ok(noon.clone()));
        assert_eq!(at(&["rfc3339", "epoch-seconds"], Raw::Json(json!(1782907200))), Ok(noon.clone()));
        assert_eq!(at(&["rfc3339", "epoch-seconds"], Raw::Json(json!("2026-07-01T12:00:00Z"))), Ok(noon.clone()));
        assert_eq!(at(&["epoch-millis"], Raw::Json(json!(1782907200000_i64))), Ok(noon.clone()));
        assert_eq!(at(&["filetime"], Raw::Text("134273808000000000".into())), Ok(noon.clone()));
        assert!(at(&["filetime"], Raw::Text("9223372036854775808".into())).is_err());
        assert_eq!(at(&["%Y-%m-%dT%H:%M:%S%.f%z"], Raw::Text("2026-07-01T14:00:00.000+0200".into())), Ok(noon));
        assert!(at(&["rfc3339"], Raw::Text("2026-07-01T12:00:00".into())).is_err(), "no offset, no instant");
        assert!(at(&["rfc3339"], Raw::Text("01/07/2026".into())).is_err());
        assert!(at(&["epoch-seconds"], Raw::Text("soon".into())).is_err());
    }

    #[test]
    fn a_local_time_needs_a_stated_zone() {
        let local = field(&["%d/%b/%y %I:%M %p"]);
        let raw = Raw::Text("01/Jul/26 9:12 AM".into());
        assert!(cast(&local, &raw, None).unwrap_err().contains("zone"));
        let zone = TimeZone::get("Europe/Copenhagen").unwrap();
        assert_eq!(cast(&local, &raw, Some(&zone)).unwrap().0, Value1::Instant(micros("2026-07-01T07:12:00Z")));
        let day = field(&["%d/%m/%Y"]);
        assert_eq!(cast(&day, &Raw::Text("30/09/2026".into()), Some(&zone)).unwrap().0, Value1::Instant(micros("2026-09-29T22:00:00Z")));
    }
}
