//! From bytes to text: gzip of several members, byte order marks, UTF-16. Anything doubtful is refused with a reason.

use std::io::Read;

/// What a file is once it is unwrapped.
pub(super) enum Decoded {
    Text(String),
    /// A ZIP container, which may be a workbook.
    Workbook(Vec<u8>),
    Parquet(Vec<u8>),
    /// A certificate or a bundle of them in binary form.
    Der(Vec<u8>),
}

/// No file may unpack to more than this: a guard against decompression bombs.
const UNPACKED_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Nor to more than this many times its size, once it is larger than a few megabytes.
const UNPACKED_RATIO_MAX: u64 = 200;

pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    if bytes.is_empty() {
        return Err("the file is empty; an empty file is not an empty list".into());
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return text_of(&gunzip(bytes)?).map(Decoded::Text);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Decoded::Workbook(bytes.to_vec()));
    }
    if bytes.starts_with(b"PAR1") {
        return Ok(Decoded::Parquet(bytes.to_vec()));
    }
    // A sequence with its length in two or three octets: longer than 255 and shorter than 16 MiB, as certificates and bundles are.
    if bytes.starts_with(&[0x30, 0x82]) || bytes.starts_with(&[0x30, 0x83]) || bytes.starts_with(&[0x30, 0x80]) {
        return Ok(Decoded::Der(bytes.to_vec()));
    }
    text_of(bytes).map(Decoded::Text)
}

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let limit = UNPACKED_BYTES_MAX.min((bytes.len() as u64).saturating_mul(UNPACKED_RATIO_MAX).max(64 * 1024 * 1024));
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .take(limit + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| format!("the gzip data is damaged or cut short: {error}"))?;
    if unpacked.len() as u64 > limit {
        return Err(format!("unpacking was stopped at {limit} bytes: the file grows more than it should"));
    }
    Ok(unpacked)
}

fn text_of(bytes: &[u8]) -> Result<String, String> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, malformed) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return if malformed { Err(format!("the text is not valid {}", encoding.name())) } else { Ok(text.into_owned()) };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => Err("the file holds NUL characters: it is binary, or UTF-16 without a byte order mark".into()),
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(format!("the text is not UTF-8 (line {line}); convert it, or export it with a byte order mark"))
        }
    }
}
