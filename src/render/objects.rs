//! The objects of a PDF as the exporter writes them: dictionaries, lists, names, strings, numbers and references, without comments.

/// The entries of a dictionary.
pub(super) fn entries(dictionary: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    entries_of(dictionary.strip_prefix(b"<<").unwrap_or_default())
}

/// What an entry of a dictionary holds.
pub(super) fn entry<'a>(dictionary: &'a [u8], key: &str) -> Option<&'a [u8]> {
    entries(dictionary).find(|(own, _)| *own == key.as_bytes()).map(|(_, value)| value)
}

/// Keys and values up to the end of the dictionary or of the text.
pub(super) fn entries_of(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    pairs(text).take_while(|(key, _)| key.starts_with(b"/"))
}

/// A dictionary with other values; an empty one takes the entry away.
pub(super) fn with(dictionary: &[u8], changes: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = b"<<".to_vec();
    let kept = entries(dictionary).filter(|(key, _)| changes.iter().all(|(own, _)| own.as_bytes() != *key));
    let changed = changes.iter().map(|(key, value)| (key.as_bytes(), *value)).filter(|(_, value)| !value.is_empty());
    for (key, value) in kept.chain(changed) {
        out.extend_from_slice(key);
        // A name, a string or a list ends the key before it; a number does not.
        if value.first().is_some_and(|first| is_regular(*first)) {
            out.push(b' ');
        }
        out.extend_from_slice(value);
    }
    out.extend_from_slice(b">>");
    out
}

/// Pairs of a name and what it stands for.
pub(super) fn named(list: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    pairs(list).filter(|(name, _)| name.starts_with(b"("))
}

/// Pairs of a key and what it stands for.
pub(super) fn numbered(list: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    pairs(list).filter_map(|(key, value)| Some((integer(key)?, value)))
}

pub(super) fn pairs(mut rest: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return None;
        }
        let (key, after) = rest.split_at(skip(rest, 0));
        let after = after.trim_ascii_start();
        let mut end = skip(after, 0);
        if integer(&after[..end]).is_some() && after[end..].starts_with(b" 0 R") {
            end += b" 0 R".len();
        }
        let (value, after) = after.split_at(end);
        rest = after;
        Some((key, value))
    })
}

pub(super) fn references(list: &[u8]) -> Vec<usize> {
    let inner = list.strip_prefix(b"[").and_then(|list| list.strip_suffix(b"]")).unwrap_or_default();
    let text = String::from_utf8_lossy(inner);
    text.split('R').filter_map(|one| one.trim().strip_suffix(" 0")?.parse().ok()).collect()
}

pub(super) fn reference(value: &[u8]) -> Option<usize> {
    integer(value.strip_suffix(b" 0 R")?)
}

pub(super) fn integer(token: &[u8]) -> Option<usize> {
    if token.is_empty() || !token.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(token).ok()?.parse().ok()
}

pub(super) fn listed(numbers: &[usize]) -> String {
    numbers.iter().map(|number| format!("{number} 0 R")).collect::<Vec<_>>().join(" ")
}

/// Neither blank nor a mark of the language.
pub(super) fn is_regular(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !b"()<>[]{}/%".contains(&byte)
}

/// Where the object that begins here ends: a string, a name, a number, a list, a dictionary.
pub(super) fn skip(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = at;
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (None, _) => return bytes.len(),
            (Some(b'('), _) => at = skip_string(bytes, at),
            (Some(b'<'), Some(b'<')) => {
                depth += 1;
                at += 2;
            }
            (Some(b'>'), Some(b'>')) => {
                depth = depth.saturating_sub(1);
                at += 2;
            }
            (Some(b'<'), _) => at += bytes[at..].iter().position(|byte| *byte == b'>').map_or(bytes.len() - at, |length| length + 1),
            (Some(b'['), _) => {
                depth += 1;
                at += 1;
            }
            (Some(b']'), _) => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            (Some(b'/'), _) => at += 1 + run(&bytes[at + 1..]),
            (Some(byte), _) if is_regular(*byte) => at += run(&bytes[at..]),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
}

pub(super) fn run(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !is_regular(*byte)).unwrap_or(bytes.len())
}

pub(super) fn skip_string(bytes: &[u8], at: usize) -> usize {
    let (mut depth, mut at) = (0_usize, at);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}
