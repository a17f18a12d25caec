//! Numbers that a reader of JSON or a spreadsheet would round: kept digit by digit as text, or told to be rounded already.
//!
//! An id of 21 digits that came back as 1.0394e20 would still look like an id, and would belong to nobody or to somebody else.

use std::borrow::Cow;
use std::ops::Range;

/// JSON text in which every whole number that fits no 64 bits stands in quotes, so that no digit is lost. Line ends stay where they are.
pub(super) fn quote_long_numbers(text: &str) -> Cow<'_, str> {
    let long = long_numbers(text);
    if long.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut quoted = String::with_capacity(text.len() + 2 * long.len());
    let mut copied_to = 0;
    for number in long {
        quoted.push_str(&text[copied_to..number.start]);
        quoted.push('"');
        quoted.push_str(&text[number.clone()]);
        quoted.push('"');
        copied_to = number.end;
    }
    quoted.push_str(&text[copied_to..]);
    Cow::Owned(quoted)
}

/// Where whole numbers outside of texts stand that neither `i64` nor `u64` can hold.
fn long_numbers(text: &str) -> Vec<Range<usize>> {
    const DIGITS_ALWAYS_HELD: usize = 18;
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut in_text = false;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if in_text => at += 2,
            b'"' => {
                in_text = !in_text;
                at += 1;
            }
            b'-' | b'0'..=b'9' if !in_text => {
                let end = at + bytes[at..].iter().take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')).count();
                let number = &text[at..end];
                let digits = number.strip_prefix('-').unwrap_or(number);
                let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
                if digits.len() > DIGITS_ALWAYS_HELD
                    && is_whole
                    && !digits.starts_with('0')
                    && number.parse::<i64>().is_err()
                    && number.parse::<u64>().is_err()
                {
                    found.push(at..end);
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

/// The text of a number that a spreadsheet or a column of fractions held. What is too large to be held digit by digit is written with an
/// exponent, as spreadsheets do, so that [`is_rounded`] knows it again.
pub(super) fn fraction_text(number: f64) -> String {
    // A spreadsheet keeps fifteen digits.
    const WHOLE_MAX: f64 = 1e15;
    if number.fract() != 0.0 || !number.is_finite() {
        return number.to_string();
    }
    if number.abs() < WHOLE_MAX {
        return format!("{number:.0}");
    }
    format!("{number:E}").replacen('E', "E+", 1)
}

/// Whether a text is a whole number in the notation with an exponent (`1.09E+20`): its last digits are gone, so it is no id.
pub(super) fn is_rounded(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once("E+").or_else(|| text.split_once("e+")) else {
        return false;
    };
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    whole.len() == 1 && digits(whole) && digits(fraction) && exponent.len() <= 3 && digits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_whole_numbers_become_text_and_nothing_else_changes() {
        let text = r#"{"id":103942957392857204918,"in":"103942957392857204918 \" 103942957392857204918","u":18446744073709551615,"i":-9223372036854775808,"f":103942957392857204918.5,"e":1E300,"n":-103942957392857204918}"#;
        let quoted = quote_long_numbers(text);
        let value: serde_json::Value = serde_json::from_str(&quoted).unwrap();
        assert_eq!(value["id"], "103942957392857204918");
        assert_eq!(value["n"], "-103942957392857204918");
        assert_eq!(value["u"], u64::MAX);
        assert_eq!(value["i"], i64::MIN);
        assert!(value["f"].is_f64() && value["e"].is_f64());
        assert_eq!(value["in"], "103942957392857204918 \" 103942957392857204918");
        assert!(matches!(quote_long_numbers("[1,2,3]"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_number_with_an_exponent_is_rounded_and_an_id_is_not() {
        for rounded in ["1.09E+20", "1E+15", "-1.5e+20", &fraction_text(1.09e20)] {
            assert!(is_rounded(rounded), "{rounded}");
        }
        for id in ["103942957392857204918", "12345e10", "E+1", "1.2.3E+4", "a1E+20", "1.09E+", &fraction_text(123_456_789_012_345.0)] {
            assert!(!is_rounded(id), "{id}");
        }
    }
}
