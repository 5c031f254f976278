//! What goes wrong inside a call: loops, growth, recursion, floods, traps.

use veche_domain::decision::Kind;
use veche_domain::limits::LimitKind;

use super::{BAD_TEXT, Cause, Expect, FOREVER, Hostile, LITTLE_FUEL, Used, categorizer, on_bad, router};
use crate::guest::{Guest, World};

pub(super) fn all() -> Vec<Hostile> {
    [time(), memory(), floods(), traps()].concat()
}

fn hits(name: &'static str, component: Vec<u8>, which: LimitKind, used: Used) -> Hostile {
    Hostile::new(name, component, Expect::Call(Cause::Limit(which, used)))
}

fn time() -> Vec<Hostile> {
    let fuel = |name, component| hits(name, component, LimitKind::Fuel, Used::All).limit(LimitKind::Fuel, LITTLE_FUEL);
    // After a bad appeal the answer is given, and then the clean-up of it never ends.
    let post_return = on_bad(
        World::Categorizer,
        Guest::categorizer()
            .fields("(global $bad (mut i32) (i32.const 0))")
            .post_return("categorize", &format!("(if (global.get $bad) (then {FOREVER}))")),
        "(global.set $bad (i32.const 1)) (call $pass)",
    );
    // The host asks the guest for memory before the call begins.
    let realloc = Guest::categorizer().body("cabi_realloc", &on_bad_size(FOREVER));
    vec![
        fuel("loop-in-categorize", categorizer(FOREVER)),
        fuel("loop-in-route", router(FOREVER)).of(Kind::Router),
        fuel("loop-in-post-return", post_return.build()),
        fuel("loop-in-realloc", realloc.build()),
        hits("loop-against-the-clock", categorizer(FOREVER), LimitKind::Wall, Used::AtLeastAll)
            .limit(LimitKind::Fuel, u64::MAX / 2)
            .limit(LimitKind::Wall, 30),
        hits(
            "memory-fill-against-the-clock",
            categorizer(
                "(loop $again (memory.fill (i32.const 131072) (i32.const 1) (i32.const 131072)) (br $again)) (unreachable)",
            ),
            LimitKind::Wall,
            Used::AtLeastAll,
        )
        .limit(LimitKind::Fuel, u64::MAX / 2)
        .limit(LimitKind::Wall, 30),
        hits(
            "recursion",
            on_bad(
                World::Categorizer,
                Guest::categorizer()
                    .fields("(func $down (param i64) (result i64) (i64.add (i64.const 1) (call $down (local.get 0))))"),
                "(drop (call $down (i64.const 0))) (unreachable)",
            )
            .build(),
            LimitKind::Stack,
            Used::All,
        ),
        hits(
            "mutual-recursion-with-large-frames",
            on_bad(
                World::Categorizer,
                Guest::categorizer().fields(&large_frames()),
                "(drop (call $ping (i64.const 1))) (unreachable)",
            )
            .build(),
            LimitKind::Stack,
            Used::All,
        ),
        hits("long-appeal", categorizer("(call $pass)"), LimitKind::InputBytes, Used::More)
            .limit(LimitKind::InputBytes, 32),
    ]
}

/// A body of `cabi_realloc` that does something when the host asks for as many bytes as the bad text has.
fn on_bad_size(wat: &str) -> String {
    let size = BAD_TEXT.len();
    format!("(if (i32.eq (local.get $size) (i32.const {size})) (then {wat})) (call $alloc (local.get $size))")
}

/// Two functions that call each other and keep forty values alive across each call.
fn large_frames() -> String {
    let locals = "(local i64)".repeat(40);
    let sets: String = (1..=40).map(|n| format!("(local.set {n} (i64.mul (local.get 0) (i64.const {n})))")).collect();
    let adds = (1..=40).fold(String::from("(local.get 0)"), |sum, n| format!("(i64.add {sum} (local.get {n}))"));
    ["$ping $pong", "$pong $ping"]
        .map(|pair| {
            let (name, other) = pair.split_once(' ').unwrap();
            format!(
                "(func {name} (param i64) (result i64) {locals} {sets}
                   (local.set 0 (call {other} (i64.add (local.get 0) (i64.const 1)))) {adds})"
            )
        })
        .concat()
}

fn memory() -> Vec<Hostile> {
    let bomb = |name, component| hits(name, component, LimitKind::Memory, Used::More);
    let two = Guest::categorizer().fields("(memory $other 1)");
    let table = Guest::categorizer().fields("(table $grown 1 funcref)");
    vec![
        bomb(
            "memory-bomb-by-growth",
            categorizer(
                "(loop $more (br_if $more (i32.ne (i32.const -1) (memory.grow $memory (i32.const 16))))) (unreachable)",
            ),
        ),
        bomb("memory-bomb-at-once", categorizer("(drop (memory.grow $memory (i32.const 65000))) (unreachable)")),
        // Neither memory is over the limit alone.
        bomb(
            "memory-bomb-by-two-memories",
            on_bad(
                World::Categorizer,
                two,
                "(loop $more
                   (br_if $more (i32.and
                     (i32.ne (i32.const -1) (memory.grow $memory (i32.const 8)))
                     (i32.ne (i32.const -1) (memory.grow $other (i32.const 8))))))
                 (unreachable)",
            )
            .build(),
        ),
        bomb(
            "memory-bomb-by-small-allocations",
            categorizer("(loop $more (drop (call $alloc (i32.const 1000))) (br $more)) (unreachable)"),
        ),
        // What a table holds cannot be snapshotted, so a table that grows is refused.
        Hostile::new(
            "table-growth",
            on_bad(
                World::Categorizer,
                table,
                "(loop $more (br_if $more
                   (i32.ne (i32.const -1) (table.grow $grown (ref.null func) (i32.const 1000)))))
                 (unreachable)",
            )
            .build(),
            Expect::Prepare("Snapshot", "table.grow"),
        ),
    ]
}

fn floods() -> Vec<Hostile> {
    const LOG: &str = "(func $log (param i32 i32 i32))";
    let logging = || Guest::categorizer().import("log", "write", LOG);
    let flood = |guest: Guest, wat: &str| on_bad(World::Categorizer, guest, wat).build();
    // So many lines of so many bytes each.
    let flooding = |count: u32, length: u32| {
        let lines = format!(
            "(func $flood (local $n i32)
               (local.set $n (i32.const {count}))
               (memory.fill (i32.const 131072) (i32.const 97) (i32.const {length}))
               (loop $more
                 (call $log (i32.const 2) (i32.const 131072) (i32.const {length}))
                 (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"
        );
        flood(logging().fields(&lines), "(call $flood) (call $pass)")
    };
    let endless = |guest: Guest, call: &str| {
        flood(guest.fields(&format!("(func $flood (loop $more {call} (br $more)))")), "(call $flood) (unreachable)")
    };
    let handles = Guest::categorizer()
        .rewrite("interface categorizer {", "interface categorizer { resource token { constructor(); }")
        .import_from(
            "[export]veche:plugin/categorizer@0.1.0",
            "[resource-new]token",
            "(func $new (param i32) (result i32))",
        )
        .fields("(func (export \"veche:plugin/categorizer@0.1.0#[constructor]token\") (result i32) (call $new (i32.const 1)))");
    let calendar = Guest::categorizer().import("calendar", "version", "(func $version (param i32))");
    let directory = Guest::categorizer().import("directory", "categories", "(func $all (param i32 i32 i32 i32))");
    // Dear to the host: hundreds of records, each with texts.
    let dear =
        "(global.set $heap (i32.const 65536)) (call $all (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 2100))";
    vec![
        hits(
            "flood-of-host-calls",
            endless(calendar, "(global.set $heap (i32.const 65536)) (call $version (i32.const 2100))"),
            LimitKind::HostCalls,
            Used::Exactly(1_001),
        )
        .limit(LimitKind::HostCalls, 1_000),
        hits("flood-of-dear-host-calls", endless(directory.clone(), dear), LimitKind::HostBytes, Used::More)
            .limit(LimitKind::HostBytes, 1 << 20),
        hits("flood-of-host-calls-against-the-clock", endless(directory, dear), LimitKind::Wall, Used::AtLeastAll)
            .limit(LimitKind::Fuel, u64::MAX / 2)
            .limit(LimitKind::HostCalls, u64::MAX / 2)
            .limit(LimitKind::HostBytes, 1 << 60)
            .limit(LimitKind::Wall, 30),
        hits("flood-of-large-log-lines", flooding(1_000, 65_536), LimitKind::HostBytes, Used::More),
        hits(
            "one-log-line-of-32-megabytes",
            flood(
                logging(),
                "(drop (memory.grow $memory (i32.const 600)))
                 (call $log (i32.const 2) (i32.const 65536) (i32.const 33554432)) (call $pass)",
            ),
            LimitKind::HostBytes,
            Used::All,
        ),
        hits("flood-of-handles", endless(handles, "(drop (call $new (i32.const 1)))"), LimitKind::Handles, Used::All),
        Hostile::new("flood-of-log-lines", flooding(10_000, 10), Expect::Logs { kept: 64, bytes: 640, cut: 9_936 }),
        Hostile::new(
            "flood-of-log-bytes",
            flooding(40, 1_000),
            // 16 whole lines and the beginning of the next.
            Expect::Logs { kept: 17, bytes: 16 << 10, cut: 24 },
        ),
    ]
}

fn traps() -> Vec<Hostile> {
    let traps = |name, component, message| Hostile::new(name, component, Expect::Call(Cause::Trap(message)));
    let indirect = Guest::categorizer().fields(
        "(type $wanted (func (result i64))) (table $functions 1 funcref)
         (func $other (param i32)) (elem (table $functions) (i32.const 0) func $other)",
    );
    // A guest may not call out while the host is writing its arguments.
    let out_of_realloc = Guest::categorizer()
        .import("log", "write", "(func $log (param i32 i32 i32))")
        .body("cabi_realloc", &on_bad_size("(call $log (i32.const 0) (i32.const 0) (i32.const 0))"));
    let wild_realloc = Guest::categorizer().body("cabi_realloc", &on_bad_size("(return (i32.const 0x7fffff00))"));
    let mut excuse = Guest::categorizer();
    let text = excuse.text("the weather is bad");
    vec![
        traps("unreachable", categorizer("(unreachable)"), "unreachable"),
        traps("division-by-zero", categorizer("(i32.div_u (i32.const 1) (i32.const 0))"), "divide by zero"),
        traps("integer-overflow", categorizer("(i32.div_s (i32.const 0x80000000) (i32.const -1))"), "overflow"),
        traps("nan-to-integer", categorizer("(i32.trunc_f32_s (f32.const nan))"), "invalid conversion"),
        traps("out-of-bounds", categorizer("(i32.load (i32.const -8))"), "out of bounds"),
        traps(
            "wrong-indirect-call",
            on_bad(
                World::Categorizer,
                indirect,
                "(drop (call_indirect $functions (type $wanted) (i32.const 0))) (unreachable)",
            )
            .build(),
            "indirect call type mismatch",
        ),
        traps("log-while-arguments-are-written", out_of_realloc.build(), "cannot leave component instance"),
        traps("realloc-out-of-memory", wild_realloc.build(), "realloc return"),
        Hostile::new(
            "own-failure",
            on_bad(World::Categorizer, excuse, &format!("(call $fail {text})")).build(),
            Expect::Call(Cause::Failed("the weather is bad")),
        ),
    ]
}
