//! What goes wrong before the first call: in start code, in `describe`, in `configure`, in the snapshot.

use veche_domain::limits::LimitKind;

use super::{Cause, Expect, FOREVER, Hostile, LITTLE_FUEL, Used};
use crate::guest::Guest;

pub(super) fn all() -> Vec<Hostile> {
    [describing(), configuring()].concat()
}

const DONE: &str = "(call $alloc (i32.const 24))";

fn describing() -> Vec<Hostile> {
    let endless = |name, guest: Guest| {
        Hostile::new(name, guest.build(), Expect::Describe(Cause::Limit(LimitKind::ConfigureFuel, Used::All)))
            .limit(LimitKind::ConfigureFuel, LITTLE_FUEL)
    };
    let schema = |name, schema: &str, expect| Hostile::new(name, Guest::categorizer().schema(schema).build(), expect);
    let nested = |levels: usize| format!("{}{}", "{\"not\":".repeat(levels), "true") + &"}".repeat(levels);
    vec![
        endless("loop-in-describe", Guest::categorizer().body("describe", FOREVER)),
        endless("loop-in-start-code", Guest::categorizer().fields(&format!("(func $start {FOREVER}) (start $start)"))),
        endless("loop-after-describe", Guest::categorizer().post_return("describe", FOREVER)),
        Hostile::new(
            "trap-in-start-code",
            Guest::categorizer().fields("(func $start (unreachable)) (start $start)").build(),
            Expect::Describe(Cause::Trap("unreachable")),
        ),
        schema("schema-of-100-levels", &nested(100), Expect::InspectLimit(LimitKind::Nesting, Used::Exactly(100))),
        schema("schema-that-is-no-json", "{\"type\":", Expect::Inspect("Schema", "no JSON")),
        schema("schema-that-is-no-schema", "{\"type\":\"banana\"}", Expect::Inspect("Schema", "no valid JSON Schema")),
        schema(
            "schema-that-asks-the-network",
            "{\"$ref\":\"http://127.0.0.1/schema.json\"}",
            Expect::Inspect("Schema", ""),
        ),
        Hostile::new(
            "description-of-40000-datasets",
            Guest::categorizer()
                .body(
                    "describe",
                    "(drop (memory.grow $memory (i32.const 32)))
                     (i32.store offset=24 (i32.const 2048) (i32.const 131072))
                     (i32.store offset=28 (i32.const 2048) (i32.const 40000))
                     (i32.const 2048)",
                )
                .build(),
            Expect::InspectLimit(LimitKind::OutputItems, Used::More),
        ),
    ]
}

fn configuring() -> Vec<Hostile> {
    let hits = |name, guest: Guest, which, used| {
        Hostile::new(name, guest.build(), Expect::Configure(Cause::Limit(which, used)))
    };
    let configure = |wat: &str| Guest::categorizer().body("configure", wat);
    let calling = || {
        Guest::categorizer().import("directory", "blocks", "(func $all (param i32))").body(
            "configure",
            "(loop $more
               (global.set $heap (i32.const 65536))
               (call $all (i32.const 2100))
               (br $more))
             (unreachable)",
        )
    };
    let fill = |pages: u32| {
        format!(
            "(drop (memory.grow $memory (i32.const {pages})))
             (memory.fill (i32.const 131072) (i32.const 7) (i32.mul (i32.const {}) (i32.const 65536)))
             {DONE}",
            pages - 2
        )
    };
    vec![
        hits("loop-in-configure", configure(FOREVER), LimitKind::ConfigureFuel, Used::All)
            .limit(LimitKind::ConfigureFuel, LITTLE_FUEL),
        hits("loop-in-configure-against-the-clock", configure(FOREVER), LimitKind::ConfigureMs, Used::AtLeastAll)
            .limit(LimitKind::ConfigureFuel, u64::MAX / 2)
            .limit(LimitKind::ConfigureMs, 30),
        hits(
            "recursion-in-configure",
            configure("(drop (call $down (i32.const 0))) (unreachable)")
                .fields("(func $down (param i32) (result i32) (i32.add (i32.const 1) (call $down (local.get 0))))"),
            LimitKind::Stack,
            Used::All,
        ),
        hits(
            "memory-bomb-in-configure",
            configure(
                "(loop $more (br_if $more (i32.ne (i32.const -1) (memory.grow $memory (i32.const 16))))) (unreachable)",
            ),
            LimitKind::ConfigureMemory,
            Used::More,
        ),
        hits("flood-of-host-calls-in-configure", calling(), LimitKind::ConfigureHostCalls, Used::Exactly(101))
            .limit(LimitKind::ConfigureHostCalls, 100),
        hits("flood-of-host-bytes-in-configure", calling(), LimitKind::ConfigureHostBytes, Used::More)
            .limit(LimitKind::ConfigureHostBytes, 1 << 20),
        Hostile::new(
            "snapshot-of-20-megabytes",
            configure(&fill(320)).build(),
            Expect::PrepareLimit(LimitKind::SnapshotSize, Used::More),
        )
        .limit(LimitKind::SnapshotSize, 8 << 20),
        Hostile::new(
            "trap-in-configure",
            configure("(unreachable)").build(),
            Expect::Configure(Cause::Trap("unreachable")),
        ),
        Hostile::new(
            "settings-refused-with-a-text-that-is-no-utf8",
            configure(
                "(i64.store (i32.const 3000) (i64.const 1))
                 (i32.store8 offset=4 (i32.const 3000) (i32.const 0))
                 (i32.store8 (i32.const 3100) (i32.const 255))
                 (i32.store offset=16 (i32.const 3000) (i32.const 3100))
                 (i32.store offset=20 (i32.const 3000) (i32.const 1))
                 (i32.const 3000)",
            )
            .build(),
            Expect::Configure(Cause::Trap("utf-8")),
        ),
    ]
}
