//! Whose keys are trusted: a list in the form of `allowed_signers`, which `ssh-keygen -Y verify -f` reads too.
//!
//! In: the text of the list, which comes from the checker and never from the pack. Out: for a key, the names that it stands for.

use super::signature::{Key, NAMESPACE};

/// One line: names, and the key that stands for them.
struct Entry {
    names: String,
    key: Key,
}

/// A checker's list of signers.
pub struct Signers {
    entries: Vec<Entry>,
    /// Lines that were left out, each with its number and the reason. What is not understood is not trusted.
    pub left_out: Vec<(usize, String)>,
}

impl Signers {
    pub fn read(text: &str) -> Signers {
        let mut signers = Signers { entries: Vec::new(), left_out: Vec::new() };
        for (index, line) in text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            match entry(line) {
                Ok(Some(entry)) => signers.entries.push(entry),
                Ok(None) => {}
                Err(reason) => signers.left_out.push((index + 1, reason)),
            }
        }
        signers
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names that the list gives to a key.
    pub fn names_of(&self, key: &Key) -> Option<&str> {
        self.entries.iter().find(|entry| entry.key == *key).map(|entry| entry.names.as_str())
    }
}

/// Nothing for a line that is about other purposes.
fn entry(line: &str) -> Result<Option<Entry>, String> {
    let (names, rest) = line.split_once(char::is_whitespace).ok_or("it has no key")?;
    let rest = rest.trim_start();
    let (options, key) = match Key::read(rest) {
        Some(key) => ("", key),
        None => {
            let (options, key) = split_options(rest);
            (options, Key::read(key.trim_start()).ok_or("it has no key that can be read")?)
        }
    };
    for (name, value) in options_of(options) {
        match name.to_ascii_lowercase().as_str() {
            "namespaces" if value.split(',').any(|own| own == NAMESPACE || own == "*") => {}
            "namespaces" => return Ok(None),
            // Certificates and validity need a clock or an authority; to ignore them would be to trust too much.
            other => return Err(format!("the option `{other}` is not supported")),
        }
    }
    Ok(Some(Entry { names: names.trim_matches('"').to_owned(), key }))
}

/// Options end at the first blank outside quotes.
fn split_options(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => return text.split_at(at),
            _ => {}
        }
    }
    (text, "")
}

fn options_of(text: &str) -> Vec<(&str, &str)> {
    let mut quoted = false;
    let parts = text.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let pair = |part| str::split_once(part, '=').map_or((part, ""), |(name, value)| (name, value.trim_matches('"')));
    parts.filter(|part| !part.is_empty()).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

    #[test]
    fn names_stand_for_keys_and_what_is_not_understood_is_not_trusted() {
        let key = Key::read(KEY).unwrap();
        let named = |line: &str| Signers::read(line).names_of(&key).map(str::to_owned);
        assert_eq!(named(&format!("a@example,b@example {KEY} comment")).as_deref(), Some("a@example,b@example"));
        assert_eq!(named(&format!("# note\n\na@example namespaces=\"git,tickmark-pack\" {KEY}")).as_deref(), Some("a@example"));
        assert_eq!(named(&format!("a@example namespaces=\"git\" {KEY}")), None);
        for option in ["valid-before=\"20300101\"", "cert-authority", "namespaces=\"tickmark-pack\",valid-after=\"20200101\"", "unheard-of"]
        {
            let signers = Signers::read(&format!("a@example {option} {KEY}"));
            assert!(signers.is_empty() && signers.left_out.len() == 1, "{option}");
        }
        assert_eq!(Signers::read("lonely\na@example nonsense").left_out.len(), 2);
    }
}
