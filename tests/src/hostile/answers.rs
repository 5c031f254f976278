//! Answers that break the contract, the dictionaries or the host's patience.

use veche_domain::decision::{Kind, Outcome};
use veche_domain::limits::LimitKind;

use super::{Cause, Expect, Hostile, Used, categorizer, on_bad};
use crate::guest::{Guest, World};

pub(super) fn all() -> Vec<Hostile> {
    [giants(), broken(), absurd_candidates(), absurd_assignments()].concat()
}

/// Too much of everything.
fn giants() -> Vec<Hostile> {
    let hits = |name, component, which, used| Hostile::new(name, component, Expect::Call(Cause::Limit(which, used)));
    let grown = "(drop (memory.grow $memory (i32.const 640)))";
    vec![
        hits(
            "reason-of-10-megabytes",
            categorizer(&format!(
                "{grown} (drop (call $candidate (i32.const 65536) (i32.const 4) (f32.const 0.9)))
                 (i32.store offset=12 (i32.const 1100) (i32.const 1200))
                 (i32.store offset=16 (i32.const 1100) (i32.const 1))
                 (i32.store (i32.const 1200) (i32.const 262144))
                 (i32.store offset=4 (i32.const 1200) (i32.const 10485760))
                 (i64.store offset=8 (i32.const 1200) (i64.const 0))
                 (i32.const 1024)"
            )),
            LimitKind::OutputBytes,
            Used::More,
        ),
        // More than one answer may make the host allocate at all.
        hits(
            "text-of-32-megabytes",
            categorizer(&format!(
                "{grown} (call $candidate (i32.const 65536) (i32.const 33554432) (f32.const 0.9))"
            )),
            LimitKind::OutputBytes,
            Used::All,
        ),
        hits("list-of-50000-candidates", categorizer(&candidates(50_000)), LimitKind::OutputItems, Used::More),
        // A thousand candidates share one list of a thousand reasons, which share one list of a thousand words: a few
        // kilobytes in the guest, a billion texts in the host.
        hits(
            "nested-lists-that-share-their-elements",
            categorizer(
                "(drop (memory.grow $memory (i32.const 8)))
                 (local.set $appeal (i32.const 0))
                 (loop $each
                   ;; a word at 131072, a reason at 262144, a candidate at 393216
                   (i32.store (i32.add (i32.const 131072) (i32.mul (local.get $appeal) (i32.const 8))) (i32.const 700000))
                   (i32.store (i32.add (i32.const 131076) (i32.mul (local.get $appeal) (i32.const 8))) (i32.const 100))
                   (i32.store (i32.add (i32.const 262144) (i32.mul (local.get $appeal) (i32.const 16))) (i32.const 700000))
                   (i32.store (i32.add (i32.const 262148) (i32.mul (local.get $appeal) (i32.const 16))) (i32.const 100))
                   (i32.store (i32.add (i32.const 262152) (i32.mul (local.get $appeal) (i32.const 16))) (i32.const 131072))
                   (i32.store (i32.add (i32.const 262156) (i32.mul (local.get $appeal) (i32.const 16))) (i32.const 1000))
                   (i32.store (i32.add (i32.const 393216) (i32.mul (local.get $appeal) (i32.const 20))) (i32.const 700000))
                   (i32.store (i32.add (i32.const 393220) (i32.mul (local.get $appeal) (i32.const 20))) (i32.const 100))
                   (i32.store (i32.add (i32.const 393228) (i32.mul (local.get $appeal) (i32.const 20))) (i32.const 262144))
                   (i32.store (i32.add (i32.const 393232) (i32.mul (local.get $appeal) (i32.const 20))) (i32.const 1000))
                   (local.set $appeal (i32.add (local.get $appeal) (i32.const 1)))
                   (br_if $each (i32.lt_u (local.get $appeal) (i32.const 1000))))
                 (i32.store (i32.const 1024) (i32.const 0))
                 (i32.store offset=4 (i32.const 1024) (i32.const 1))
                 (i32.store offset=8 (i32.const 1024) (i32.const 393216))
                 (i32.store offset=12 (i32.const 1024) (i32.const 1000))
                 (i32.const 1024)",
            ),
            LimitKind::OutputBytes,
            Used::All,
        ),
    ]
}

/// A list of so many candidates, all of them the four zero bytes at 65536.
fn candidates(count: u32) -> String {
    format!(
        "(drop (memory.grow $memory (i32.const 64)))
         (i32.store (i32.const 1024) (i32.const 0))
         (i32.store offset=4 (i32.const 1024) (i32.const 1))
         (i32.store offset=8 (i32.const 1024) (i32.const 131072))
         (i32.store offset=12 (i32.const 1024) (i32.const {count}))
         (i32.const 1024)"
    )
}

/// What is no value of its type.
fn broken() -> Vec<Hostile> {
    let traps = |name, component, message| Hostile::new(name, component, Expect::Call(Cause::Trap(message)));
    let text = |bytes: &[u8]| {
        let mut guest = Guest::categorizer();
        let text = guest.text(bytes);
        on_bad(World::Categorizer, guest, &format!("(call $candidate {text} (f32.const 0.9))")).build()
    };
    let at = |pointer: &str| categorizer(&format!("(drop (call $pass)) (i32.const {pointer})"));
    vec![
        traps("text-that-is-no-utf8", text(b"roads\xff\xfe"), "utf-8"),
        traps("surrogate-in-utf8", text(b"\xed\xa0\x80"), "utf-8"),
        traps("overlong-utf8", text(b"\xc0\xaf"), "utf-8"),
        traps(
            "text-out-of-memory",
            categorizer("(call $candidate (i32.const -2) (i32.const 100) (f32.const 1))"),
            "out of bounds",
        ),
        traps("answer-out-of-memory", at("-4"), "out of bounds"),
        traps("answer-at-an-odd-address", at("1025"), "aligned"),
        traps("list-out-of-memory", categorizer(&candidates(500_000_000)), "out of bounds"),
        traps(
            "unknown-variant",
            categorizer("(drop (call $pass)) (i32.store8 offset=4 (i32.const 1024) (i32.const 77)) (i32.const 1024)"),
            "discriminant",
        ),
        traps(
            "neither-ok-nor-error",
            categorizer("(drop (call $pass)) (i32.store8 (i32.const 1024) (i32.const 2)) (i32.const 1024)"),
            "discriminant",
        ),
        traps(
            "unknown-priority",
            routing(
                "(drop (call $assign CODE)) (i32.store8 offset=16 (i32.const 1024) (i32.const 99)) (i32.const 1024)",
            ),
            "discriminant",
        )
        .of(Kind::Router),
    ]
}

/// A category of the sample region, and what else is said of it.
fn candidate(code: &str, confidence: &str, more: &str) -> Vec<u8> {
    let mut guest = Guest::categorizer();
    let code = guest.text(code);
    let wat = format!("(drop (call $candidate {code} (f32.const {confidence}))) {more} (i32.const 1024)");
    on_bad(World::Categorizer, guest, &wat).build()
}

/// Well-formed answers that the core must refuse.
fn absurd_candidates() -> Vec<Hostile> {
    let refused = |name, component| Hostile::new(name, component, Expect::Answer(Outcome::Rejected));
    const CODE: &str = "housing.heating";
    let reason = |length: u32| {
        format!(
            "(memory.fill (i32.const 131072) (i32.const 97) (i32.const {length}))
             (i32.store offset=12 (i32.const 1100) (i32.const 1200))
             (i32.store offset=16 (i32.const 1100) (i32.const 1))
             (i32.store (i32.const 1200) (i32.const 131072))
             (i32.store offset=4 (i32.const 1200) (i32.const {length}))
             (i64.store offset=8 (i32.const 1200) (i64.const 0))"
        )
    };
    // The same candidate again and again, 20 bytes each.
    let repeated = |count: u32| {
        (1..count)
            .map(|n| format!("(memory.copy (i32.const {}) (i32.const 1100) (i32.const 20))", 1100 + n * 20))
            .collect::<String>()
            + &format!("(i32.store offset=12 (i32.const 1024) (i32.const {count}))")
    };
    vec![
        refused("unknown-category", candidate("roads.to-nowhere", "0.9", "")),
        refused("category-with-a-zero-byte", candidate("housing.heating\0", "0.9", "")),
        refused("empty-category", candidate("", "0.9", "")),
        refused("category-that-looks-like-sql", candidate("'; DROP TABLE appeals; --", "0.9", "")),
        refused("confidence-nan", candidate(CODE, "nan", "")),
        refused("confidence-infinite", candidate(CODE, "inf", "")),
        refused("confidence-above-one", candidate(CODE, "1.5", "")),
        refused("confidence-below-zero", candidate(CODE, "-0.5", "")),
        refused("category-twice", candidate(CODE, "0.9", &repeated(2))),
        refused("seventeen-candidates", candidate(CODE, "0.9", &repeated(17))),
        refused("reason-of-2000-characters", candidate(CODE, "0.9", &reason(2_000))),
        // Tries to count its calls; a fresh instance has always had one.
        Hostile::new(
            "another-answer-each-time",
            on_bad(
                World::Categorizer,
                Guest::categorizer().fields("(global $calls (mut i32) (i32.const 0))"),
                "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                 (i32.store (i32.const 3000) (i32.add (i32.load (i32.const 3000)) (i32.const 1)))
                 (drop (memory.grow $memory (i32.const 1)))
                 (if (i32.or (i32.ne (global.get $calls) (i32.const 1)) (i32.or
                       (i32.ne (i32.load (i32.const 3000)) (i32.const 1))
                       (i32.ne (memory.size $memory) (i32.const 5))))
                   (then (unreachable)))
                 (call $pass)",
            )
            .build(),
            Expect::Answer(Outcome::NoOpinion),
        ),
    ]
}

/// A router's answer of a known body; `CODE` stands for the body's address and length.
fn routing(wat: &str) -> Vec<u8> {
    let mut guest = Guest::router();
    let code = guest.text("dep-housing");
    on_bad(World::Router, guest, &wat.replace("CODE", &code)).build()
}

fn absurd_assignments() -> Vec<Hostile> {
    let refused =
        |name, wat: &str| Hostile::new(name, routing(wat), Expect::Answer(Outcome::Rejected)).of(Kind::Router);
    // So many clocks for the answer, 24 bytes each, all due at one moment.
    let clocks = |count: u32, due: &str| {
        let each: String = (0..count)
            .map(|n| {
                let at = 1200 + n * 24;
                format!(
                    "(i64.store (i32.const {at}) (i64.const 3)) (i64.store offset=8 (i32.const {at}) (i64.const {due}))
                     (i64.store offset=16 (i32.const {at}) (i64.const 0))"
                )
            })
            .collect();
        format!(
            "(drop (call $assign CODE)) {each}
             (i32.store offset=20 (i32.const 1024) (i32.const 1200))
             (i32.store offset=24 (i32.const 1024) (i32.const {count}))
             (i32.const 1024)"
        )
    };
    let question = "(memory.fill (i32.const 131072) (i32.const 97) (i32.const 1500))
         (i32.store (i32.const 1024) (i32.const 0))
         (i32.store offset=4 (i32.const 1024) (i32.const 2))
         (i32.store offset=8 (i32.const 1024) (i32.const 131072))
         (i32.store offset=12 (i32.const 1024) (i32.const 1500))
         (i32.const 1024)";
    vec![
        refused("unknown-body", "(call $assign (i32.const 4096) (i32.const 3))"),
        refused("clock-before-receipt", &clocks(1, "0")),
        refused("clock-at-the-end-of-time", &clocks(1, "0x7fffffffffffffff")),
        refused("clock-at-the-beginning-of-time", &clocks(1, "0x8000000000000000")),
        refused("clock-in-a-thousand-years", &clocks(1, "33326640000")),
        refused("clock-twice", &clocks(2, "1772800000")),
        refused("question-of-1500-characters", question),
    ]
}
