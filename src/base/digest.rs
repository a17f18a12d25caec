//! SHA-256 digests and the canonical JSON (RFC 8785) they are taken over.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest in lower-case hexadecimal, the form that `sha256sum` prints.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of these very bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(hex(&Sha256::digest(bytes)))
    }

    /// The digest of the canonical JSON form of a value.
    pub fn of_canonical<T: Serialize>(value: &T) -> Digest {
        Digest::of(&canonical(value))
    }

    /// Takes a digest that was written down earlier; refuses anything but 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Digest> {
        let well_formed = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        well_formed.then(|| Digest(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The 32 bytes; fewer where the text came from a file and is no digest.
    pub fn bytes(&self) -> Vec<u8> {
        let half = |digit: u8| char::from(digit).to_digit(16);
        let (pairs, _) = self.0.as_bytes().as_chunks();
        pairs.iter().map_while(|&[high, low]| u8::try_from(half(high)? << 4 | half(low)?).ok()).collect()
    }

    /// The first eight hexadecimal digits, for a reader's eye only; never compared.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Takes the bytes of a digest as they come.
#[derive(Default)]
pub struct Hasher(Sha256);

impl Hasher {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> Digest {
        Digest(hex(&self.0.finalize()))
    }
}

/// The RFC 8785 form of a value: sorted keys, no blanks, one way to write each number.
///
/// # Panics
/// Never for the plain data of this crate: all maps have text keys and no value is NaN.
pub fn canonical<T: Serialize>(value: &T) -> Vec<u8> {
    canonical_value(serde_json::to_value(value).expect("plain data is JSON"))
}

/// The same of a value that nobody else needs.
pub fn canonical_value(mut value: Value) -> Vec<u8> {
    if is_sorted_as_text(&value) {
        // A third of the time, which counts where thousands of clauses are digested.
        value.sort_all_objects();
        return serde_json::to_vec(&value).expect("plain data is JSON");
    }
    serde_json_canonicalizer::to_vec(&value).expect("plain data has a canonical form")
}

/// Whether nothing in a value is written otherwise in its canonical form but the order of keys, and that is the order of their bytes:
/// RFC 8785 writes numbers as ECMAScript does, and sorts by UTF-16 units.
fn is_sorted_as_text(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number.as_i64().is_some_and(|number| number.unsigned_abs() <= EXACT_MAX),
        Value::Array(items) => items.iter().all(is_sorted_as_text),
        Value::Object(entries) => entries.iter().all(|(key, value)| key.is_ascii() && is_sorted_as_text(value)),
    }
}

/// Up to here every whole number is a binary64 of its own: RFC 7493, section 2.2.
const EXACT_MAX: u64 = (1 << 53) - 1;

type Tree = ct_merkle::mem_backed_tree::MemoryBackedTree<Sha256, Vec<u8>>;

fn tree<L: AsRef<[u8]>>(leaves: &[L]) -> Tree {
    let mut tree = Tree::new();
    for leaf in leaves {
        tree.push(leaf.as_ref().to_vec());
    }
    tree
}

/// The Merkle tree hash of RFC 9162, section 2.1.1, over the given leaves in their order.
pub fn merkle_root<L: AsRef<[u8]>>(leaves: &[L]) -> Digest {
    Digest(hex(tree(leaves).root().as_bytes()))
}

/// That one leaf stands at its place in a tree of a known root: RFC 9162, section 2.1.3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// Place of the leaf, from zero.
    pub leaf_index: u64,
    /// Leaves of the whole tree.
    pub tree_size: u64,
    /// Digests of the neighbours on the way from the leaf to the root.
    pub inclusion_path: Vec<Digest>,
}

/// The proof for each of the given places, in their order.
///
/// # Panics
/// When a place is not in the tree.
pub fn merkle_proofs<L: AsRef<[u8]>>(leaves: &[L], places: &[usize]) -> Vec<InclusionProof> {
    let tree = tree(leaves);
    let proof_of = |place: &usize| InclusionProof {
        leaf_index: *place as u64,
        tree_size: leaves.len() as u64,
        inclusion_path: tree.prove_inclusion(*place).as_bytes().chunks(32).map(|part| Digest(hex(part))).collect(),
    };
    places.iter().map(proof_of).collect()
}

impl InclusionProof {
    /// Whether this leaf stands at its place in the tree of this root.
    pub fn holds(&self, leaf: &[u8], root: &Digest) -> bool {
        let path: Vec<u8> = self.inclusion_path.iter().flat_map(Digest::bytes).collect();
        // A tree of 2^62 leaves exists nowhere, and the arithmetic of places stays far from its end.
        if self.tree_size > 1 << 62 || root.bytes().len() != 32 {
            return false;
        }
        let Ok(path) = ct_merkle::InclusionProof::<Sha256>::try_from_bytes(path) else { return false };
        let mut hash = sha2::digest::Output::<Sha256>::default();
        hash.copy_from_slice(&root.bytes());
        ct_merkle::RootHash::<Sha256>::new(hash, self.tree_size).verify_inclusion(&leaf.to_vec(), self.leaf_index, &path).is_ok()
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn merkle_root_agrees_with_the_published_vectors() {
        // The test vectors of RFC 6962 implementations (certificate-transparency-go), whose hashing RFC 9162 keeps.
        let leaves: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let none: [&[u8]; 0] = [];
        assert_eq!(merkle_root(&none).as_str(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(merkle_root(&leaves[..1]).as_str(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(merkle_root(&leaves[..3]).as_str(), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
        assert_eq!(merkle_root(&leaves).as_str(), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    #[test]
    fn every_leaf_of_every_tree_is_proved_and_nothing_else() {
        for size in 1..=12_usize {
            let leaves: Vec<Vec<u8>> = (0..size).map(|leaf| vec![leaf as u8]).collect();
            let root = merkle_root(&leaves);
            let places: Vec<usize> = (0..size).collect();
            for (place, proof) in merkle_proofs(&leaves, &places).into_iter().enumerate() {
                assert!(proof.holds(&leaves[place], &root), "{place} of {size}");
                assert!(!proof.holds(b"other", &root));
                assert!(!proof.holds(&leaves[place], &Digest::of(b"other")));
                let elsewhere = InclusionProof { leaf_index: proof.leaf_index + size as u64, ..proof.clone() };
                assert!(!elsewhere.holds(&leaves[place], &root));
                let longer = InclusionProof { inclusion_path: [proof.inclusion_path, vec![root.clone()]].concat(), ..elsewhere };
                assert!(!longer.holds(&leaves[place], &root));
            }
        }
        let absurd = InclusionProof { leaf_index: u64::MAX, tree_size: u64::MAX, inclusion_path: Vec::new() };
        assert!(!absurd.holds(b"", &Digest::of(b"")));
    }

    #[test]
    fn canonical_json_sorts_keys_and_is_independent_of_insertion_order() {
        let one = serde_json::json!({"b": 1, "a": [1.0, "é"]});
        let two = serde_json::json!({"a": [1, "é"], "b": 1});
        assert_eq!(canonical(&one), "{\"a\":[1,\"é\"],\"b\":1}".as_bytes());
        assert_eq!(Digest::of_canonical(&one), Digest::of_canonical(&two));
    }

    fn json() -> impl Strategy<Value = Value> {
        let text = || "([a-c\u{0}-\u{1f}\"\\\\/\u{7f}é]|\u{e000}|\u{10000}){0,4}";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-9_i64..9).prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_filter("JSON has no others", |own| own.is_finite()).prop_map(Value::from),
            Just(Value::from(-0.0)),
            text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::vec((text(), inner), 0..5).prop_map(|own| Value::Object(own.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_short_way_to_the_canonical_form_leads_to_the_same_bytes(value in json()) {
            prop_assert_eq!(canonical(&value), serde_json_canonicalizer::to_vec(&value).unwrap());
        }
    }

    #[test]
    fn the_short_way_is_taken_only_where_it_may_be() {
        for (plain, value) in [
            (true, serde_json::json!({"a": [1, "é\u{10000}", null, true], "": -9_007_199_254_740_991_i64})),
            (false, serde_json::json!({"a": {"é": 1}})),
            (false, serde_json::json!([9_007_199_254_740_992_i64])),
            (false, serde_json::json!([u64::MAX])),
            (false, serde_json::json!([1.0])),
        ] {
            assert_eq!(is_sorted_as_text(&value), plain, "{value}");
        }
    }
}
