//! Points in time, given to us and never taken from a clock.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An instant as it was written, offset included, and the same instant in UTC.
///
/// The text is kept because an auditor compares it with the source; every computation uses the UTC instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Instant {
    written: String,
    #[schemars(skip)]
    utc: Timestamp,
}

impl Instant {
    /// Reads an RFC 3339 instant such as `2026-09-30T23:59:59+02:00`. An offset is required: a time without one is refused.
    pub fn parse(text: &str) -> Result<Instant, String> {
        let utc: Timestamp =
            text.parse().map_err(|_| format!("`{text}` is not an instant; write it as 2026-09-30T23:59:59+02:00, offset included"))?;
        Ok(Instant { written: text.to_owned(), utc })
    }

    pub fn from_micros(micros: i64) -> Option<Instant> {
        let utc = Timestamp::from_microsecond(micros).ok()?;
        Some(Instant { written: utc.to_string(), utc })
    }

    pub fn utc(&self) -> Timestamp {
        self.utc
    }

    pub fn micros(&self) -> i64 {
        self.utc.as_microsecond()
    }

    /// As it was written in the source.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Whole days from this instant to a later one; negative when `later` is in fact earlier.
    pub fn days_until(&self, later: &Instant) -> i64 {
        days_between(self.micros(), later.micros())
    }
}

/// Whole days between two instants given in microseconds since 1970 (UTC), rounded towards the past.
pub fn days_between(from_micros: i64, to_micros: i64) -> i64 {
    const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
    to_micros.saturating_sub(from_micros).div_euclid(DAY_MICROS)
}

impl TryFrom<String> for Instant {
    type Error = String;
    fn try_from(text: String) -> Result<Instant, String> {
        Instant::parse(&text)
    }
}

impl From<Instant> for String {
    fn from(instant: Instant) -> String {
        instant.written
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written)
    }
}

/// A calendar day such as `2026-09-30`, without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

impl Day {
    pub fn parse(text: &str) -> Result<Day, String> {
        text.parse().map(Day).map_err(|_| format!("`{text}` is not a day; write it as 2026-09-30"))
    }

    /// The first instant of the day in a zone, in microseconds since 1970.
    pub fn starts_at_micros(self, zone: &TimeZone) -> Option<i64> {
        self.0.to_zoned(zone.clone()).ok().map(|start: Zoned| start.timestamp().as_microsecond())
    }

    /// The first instant after the day in a zone, in microseconds since 1970.
    pub fn ends_at_micros(self, zone: &TimeZone) -> Option<i64> {
        Day(self.0.tomorrow().ok()?).starts_at_micros(zone)
    }

    /// The day of an instant in a zone; nothing beyond the years that a calendar has.
    pub fn of_micros(micros: i64, zone: &TimeZone) -> Option<Day> {
        jiff::Timestamp::from_microsecond(micros).ok().map(|at| Day(at.to_zoned(zone.clone()).date()))
    }

    pub fn date(self) -> Date {
        self.0
    }
}

impl TryFrom<String> for Day {
    type Error = String;
    fn try_from(text: String) -> Result<Day, String> {
        Day::parse(&text)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for Day {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": "A calendar day, 2026-09-30."})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_needs_an_offset() {
        assert!(Instant::parse("2026-09-30T23:59:59").is_err());
        assert!(Instant::parse("2026-09-30").is_err());
        let instant = Instant::parse("2026-09-30T23:59:59+02:00").unwrap();
        assert_eq!(instant.utc().to_string(), "2026-09-30T21:59:59Z");
        assert_eq!(instant.written(), "2026-09-30T23:59:59+02:00");
    }

    #[test]
    fn days_are_whole_days_of_24_hours() {
        let at = |text| Instant::parse(text).unwrap();
        assert_eq!(at("2026-01-01T00:00:00Z").days_until(&at("2026-01-02T00:00:00Z")), 1);
        assert_eq!(at("2026-01-01T00:00:00Z").days_until(&at("2026-01-01T23:59:59Z")), 0);
        assert_eq!(at("2026-01-01T00:00:01Z").days_until(&at("2026-01-01T00:00:00Z")), -1);
    }

    #[test]
    fn a_day_in_a_zone_follows_summer_time() {
        let zone = TimeZone::get("Europe/Copenhagen").unwrap();
        let day = Day::parse("2026-03-29").unwrap();
        let hours = (day.ends_at_micros(&zone).unwrap() - day.starts_at_micros(&zone).unwrap()) / 3_600_000_000;
        assert_eq!(hours, 23);
    }
}
