//! Identifiers that derive from content, as OSCAL wants them.

/// The namespace of our own names and properties in OSCAL.
pub const NAMESPACE: &str = "https://tickmark.example/ns/oscal";

/// A name-based UUID (version 5, RFC 9562): the same content has the same identifier everywhere.
pub fn uuid(parts: &[&str]) -> String {
    let space = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, NAMESPACE.as_bytes());
    uuid::Uuid::new_v5(&space, &super::digest::canonical(&parts)).to_string()
}

/// The id as a token: it begins with a letter or an underscore and holds letters, digits, dots, dashes and underscores.
pub fn token(id: &str) -> String {
    let mut token: String =
        id.chars().map(|letter| if letter.is_ascii_alphanumeric() || ".-_".contains(letter) { letter } else { '_' }).collect();
    if !token.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        token.insert(0, '_');
    }
    token
}
