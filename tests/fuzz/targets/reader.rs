//! Every reader by itself, chosen by the first byte: whatever the bytes are, they are taken apart or refused, and nothing panics.
#![no_main]

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use tickmark::base::Diagnostics;
use tickmark::evidence::{Adapter, take_apart};
use tickmark::pipeline::Controls;

fn adapters() -> &'static BTreeMap<String, Adapter> {
    static CONTROLS: OnceLock<Controls> = OnceLock::new();
    &CONTROLS.get_or_init(|| Controls::load(tickmark::io::embedded_controls(), &mut Diagnostics::default())).adapters
}

fuzz_target!(|data: &[u8]| {
    let Some((reader, rest)) = data.split_first() else { return };
    let bytes = match reader % 10 {
        0 => [b"{".as_slice(), rest].concat(),
        1 => [b"[".as_slice(), rest].concat(),
        2 => [b"user,arn,user_creation_time\n".as_slice(), rest].concat(),
        3 => [b"dn: cn=a\n".as_slice(), rest].concat(),
        4 => [b"-----BEGIN CERTIFICATE-----\n".as_slice(), rest].concat(),
        5 => [&[0x30, 0x82], rest].concat(),
        6 => [b"PAR1".as_slice(), rest, b"PAR1"].concat(),
        7 => [b"PK\x03\x04".as_slice(), rest].concat(),
        8 => [&[0xff, 0xfe], rest].concat(),
        _ => {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            let _ = packed.write_all(rest);
            packed.finish().unwrap_or_default()
        }
    };
    let _ = take_apart(&bytes, adapters());
    let _ = take_apart(rest, adapters());
});
