//! A pack inside a bag of RFC 8493, for archives that keep bags.
//!
//! In: the files of a pack or an excerpt, seal included, and two facts for the archivist. Out: the files of the bag.

use std::collections::BTreeMap;

use super::MANIFEST;
use crate::base::{Digest, SourceTree};

const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
/// Where the payload lies.
pub const PAYLOAD: &str = "data/";

/// The bag around a pack. Nothing in it depends on when or where it is made.
pub fn bag(pack: &SourceTree, organisation: &str, description: &str) -> BTreeMap<String, Vec<u8>> {
    let octets: u64 = pack.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let identifier = pack.get(MANIFEST).map(Digest::of);
    let info = [
        ("Source-Organization", one_line(organisation)),
        ("External-Description", one_line(description)),
        ("External-Identifier", identifier.map(|digest| format!("sha256:{digest}")).unwrap_or_default()),
        ("Payload-Oxum", format!("{octets}.{}", pack.iter().count())),
    ];
    let info: String = info.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}: {value}\n")).collect();
    let payload: String = pack.iter().map(|(path, bytes)| format!("{}  {PAYLOAD}{}\n", Digest::of(bytes), escaped(path))).collect();
    let tags = BTreeMap::from([
        ("bag-info.txt".to_owned(), info.into_bytes()),
        ("bagit.txt".to_owned(), DECLARATION.as_bytes().to_vec()),
        ("manifest-sha256.txt".to_owned(), payload.into_bytes()),
    ]);
    let tag_manifest: String = tags.iter().map(|(path, bytes)| format!("{}  {path}\n", Digest::of(bytes))).collect();
    let mut files: BTreeMap<String, Vec<u8>> =
        pack.iter().map(|(path, bytes)| (format!("{PAYLOAD}{path}"), bytes.to_vec())).chain(tags).collect();
    files.insert("tagmanifest-sha256.txt".to_owned(), tag_manifest.into_bytes());
    files
}

/// RFC 8493 escapes line ends and the percent sign in paths.
fn escaped(path: &str) -> String {
    path.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bag_holds_the_pack_as_payload() {
        let mut pack = SourceTree::default();
        pack.insert(MANIFEST, "x");
        pack.insert("50%.txt", "y");
        let files = bag(&pack, "Test\nA/S", "");
        let text = |path: &str| String::from_utf8(files[path].clone()).unwrap();
        assert_eq!(text("bag-info.txt").lines().next(), Some("Source-Organization: Test A/S"));
        assert!(text("bag-info.txt").contains("Payload-Oxum: 2.2\n"));
        assert!(text("manifest-sha256.txt").contains(&format!("{}  data/50%25.txt\n", Digest::of(b"y"))));
        assert_eq!(text("tagmanifest-sha256.txt").lines().count(), 3);
        assert_eq!(files["data/50%.txt"], b"y");
    }
}
