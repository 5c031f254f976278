//! Files that are no components: torn, flipped, disguised.

use super::structure::padded;
use super::{Expect, Hostile};
use crate::guest::Guest;

pub(super) fn all() -> Vec<Hostile> {
    let refused = |name, bytes: Vec<u8>, said| Hostile::new(name, bytes, Expect::Inspect("NotWasm", said));
    let good = Guest::categorizer().build();
    let mut zipped = good.clone();
    zipped.extend_from_slice(b"PK\x05\x06");
    zipped.resize(zipped.len() + 18, 0);
    let mut torn_length = padded(&good, 100);
    torn_length.truncate(torn_length.len() - 1);
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x40;
        bytes
    };
    // The header of a component, and after it what no parser can make sense of.
    let noise = (0..5_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8);
    let noise: Vec<u8> = good[..8].iter().copied().chain(noise).collect();
    vec![
        refused("random-bytes-after-the-header", noise, ""),
        refused("flipped-bit-in-the-magic", flipped(1), "first bytes"),
        refused("flipped-bit-in-a-section-id", flipped(8), ""),
        refused("flipped-bit-in-a-section-length", flipped(9), ""),
        refused("empty-file", Vec::new(), "empty"),
        refused("text-file", b"fn main() {}".to_vec(), "first bytes"),
        refused("zip-file", b"PK\x03\x04\x14\x00\x00\x00\x08\x00".to_vec(), "first bytes"),
        refused("elf-file", b"\x7fELF\x02\x01\x01\x00".to_vec(), "first bytes"),
        refused("gzip-file", b"\x1f\x8b\x08\x00\x00\x00\x00\x00".to_vec(), "first bytes"),
        refused("precompiled-file", b"\x7fELF\x02\x01\x01\xc8wasmtime".to_vec(), "first bytes"),
        refused("component-with-a-zip-at-its-end", zipped, ""),
        refused("header-alone-cut", good[..6].to_vec(), ""),
        refused("half-a-component", good[..good.len() / 2].to_vec(), ""),
        refused("component-without-its-last-byte", torn_length, ""),
        refused("unknown-version-of-the-format", b"\0asm\x0e\0\x01\0".to_vec(), ""),
        Hostile::new(
            "core-module",
            wat::parse_str("(module)").unwrap(),
            Expect::Inspect("CoreModule", "core WebAssembly module"),
        ),
        Hostile::new(
            "empty-component",
            wat::parse_str("(component)").unwrap(),
            Expect::Inspect("NotPlugin", "veche:plugin/plugin"),
        ),
        Hostile::new("nested-plugin", nested(&good), Expect::Inspect("NotPlugin", "veche:plugin/plugin")),
    ]
}

/// A component that holds another, whole, and shows nothing of it: a section of id 4.
fn nested(inner: &[u8]) -> Vec<u8> {
    let mut outer = b"\0asm\x0d\0\x01\0\x04".to_vec();
    let mut left = inner.len();
    while left >= 0x80 {
        outer.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
        left >>= 7;
    }
    outer.push(u8::try_from(left).unwrap());
    outer.extend_from_slice(inner);
    outer
}
