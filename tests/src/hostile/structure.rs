//! Components that are too much before they run: a compile bomb must be refused by its form.

use veche_domain::limits::LimitKind;

use super::{Expect, Hostile, Used};
use crate::guest::Guest;

pub(super) fn all() -> Vec<Hostile> {
    let hits = |name, component, which, used| Hostile::new(name, component, Expect::InspectLimit(which, used));
    let text = |wat: &str| wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}"));
    let module =
        |fields: &str| text(&format!("(component (core module $m {fields}) (core instance (instantiate $m)))"));
    let good = Guest::categorizer();
    vec![
        hits("component-of-9-megabytes", padded(&good.build(), 9 << 20), LimitKind::ComponentSize, Used::More),
        hits(
            "forty-modules",
            text(&format!("(component {})", "(core module)".repeat(40))),
            LimitKind::Modules,
            Used::Exactly(33),
        ),
        hits(
            "ten-thousand-functions",
            good.clone().fields(&"(func)".repeat(10_000)).build(),
            LimitKind::Functions,
            Used::More,
        ),
        hits(
            "huge-function",
            good.clone()
                .fields(&format!("(func (param i32) {})", "(drop (i64.const 0x7fffffffffffffff))".repeat(25_000)))
                .build(),
            LimitKind::FunctionSize,
            Used::More,
        ),
        hits(
            "five-thousand-types",
            module(&(0..5_000).map(|n| format!("(type (func {}))", "(param i32)".repeat(n % 5))).collect::<String>()),
            LimitKind::Types,
            Used::More,
        ),
        hits(
            "three-thousand-imports",
            text(&format!(
                "(component (core module {}))",
                (0..3_000).map(|n| format!("(import \"a\" \"{n}\" (func))")).collect::<String>()
            )),
            LimitKind::Imports,
            Used::More,
        ),
        hits(
            "five-thousand-exports",
            module(&format!(
                "(func $f) {}",
                (0..5_000).map(|n| format!("(export \"{n}\" (func $f))")).collect::<String>()
            )),
            LimitKind::Exports,
            Used::Exactly(5_000),
        ),
        hits(
            "components-in-components",
            text(&format!("(component {} {})", "(component ".repeat(30), ")".repeat(30))),
            LimitKind::Depth,
            Used::Exactly(7),
        ),
        // Each of five levels instantiates the one below twenty times: 3,200,000 instances in under a kilobyte.
        hits("instances-that-unfold", text(&unfolding()), LimitKind::Instances, Used::More),
        hits("five-memories", good.clone().fields(&"(memory 1)".repeat(4)).build(), LimitKind::Memories, Used::More),
        hits("memory-of-4-gigabytes-at-the-start", good.clone().memory("65536").build(), LimitKind::Memory, Used::More),
        hits(
            "forty-tables",
            good.clone().fields(&"(table 1 funcref)".repeat(40)).build(),
            LimitKind::Tables,
            Used::More,
        ),
        hits(
            "table-of-a-million-elements",
            good.clone().fields("(table 1000000 funcref)").build(),
            LimitKind::TableElements,
            Used::More,
        ),
        Hostile::new("shared-memory-for-threads", module("(memory 1 2 shared)"), Expect::Inspect("", "")),
    ]
}

/// Well-formed, within every count, and dear to compile: only a bounded compiler survives them.
pub(super) fn bombs() -> Vec<Hostile> {
    let branch = "(if (local.get 0) (then (local.set 0 (i32.add (local.get 0) (i32.const 7)))))".repeat(10_000);
    let function = format!("(func (param i32) {branch})");
    let bomb = Guest::categorizer().fields(&function.repeat(6)).build();
    let hits = |name, which, allowed| {
        Hostile::new(name, bomb.clone(), Expect::InspectLimit(which, Used::All)).limit(which, allowed)
    };
    vec![
        hits("compile-bomb-against-the-clock", LimitKind::CompileMs, 200),
        hits("compile-bomb-against-the-processor", LimitKind::CompileCpuMs, 1_000),
        hits("compile-bomb-against-memory", LimitKind::CompileMemory, 192 << 20),
    ]
}

fn unfolding() -> String {
    let innermost = "(core module $m) (core instance (instantiate $m))".to_owned();
    let levels = (0..5).fold(innermost, |inner, n| {
        format!("(component $c{n} {inner}) {}", format!("(instance (instantiate $c{n}))").repeat(20))
    });
    format!("(component {levels})")
}

/// A component with a custom section of so many bytes at its end.
pub(super) fn padded(component: &[u8], bytes: usize) -> Vec<u8> {
    let mut padded = component.to_vec();
    padded.push(0);
    let mut left = bytes + 4;
    while left >= 0x80 {
        padded.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
        left >>= 7;
    }
    padded.push(u8::try_from(left).unwrap());
    padded.extend_from_slice(b"\x03pad");
    padded.resize(padded.len() + bytes, 0);
    padded
}
