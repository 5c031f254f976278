//! The same rule in other engines: `benches/peers`, a program of its own, whose path is in `VECHE_BENCH_PEERS`. It
//! measures with criterion into the folder of this run: a group for each engine, `fresh` with a context for each call
//! and `reused` with one for all.

use std::process::Command;

use crate::Table;
use crate::rule::{CATEGORIES, Measured};
use crate::timing::Timing;

/// Groups of the program, with their names in the table.
const PEERS: [(&str, &str); 5] = [
    ("extism", "Extism"),
    ("lua", "Lua 5.4 (mlua)"),
    ("quickjs", "QuickJS (rquickjs)"),
    ("rhai", "rhai"),
    ("regorus", "regorus"),
];

pub(crate) fn compare(table: &mut Table, timing: &Timing, veche: &Measured) {
    let Some(program) = std::env::var_os("VECHE_BENCH_PEERS") else {
        table.note("other engines", "left out: VECHE_BENCH_PEERS names no program".into());
        return;
    };
    let mut peers = Command::new(&program);
    let status = peers.arg(CATEGORIES.to_string()).env("CRITERION_HOME", &timing.folder).status();
    assert!(status.expect("the program of the peers starts").success(), "the program of the peers failed");
    let ratio = |time: f64| format!("{time:.1} µs, {:.1} × ours", time / veche.fresh);
    let mut slower = 0;
    for (group, name) in PEERS {
        let found = |what: &str| timing.read(group, what).unwrap_or_else(|| panic!("{name} was not measured"));
        let (fresh, reused) = (found("fresh"), found("reused"));
        let met = fresh >= 10.0 * veche.fresh;
        table.row(&format!("{name}, fresh context"), ratio(fresh), "at least 10 × ours", met);
        table.note(&format!("{name}, reused context"), ratio(reused));
        slower += usize::from(reused > veche.fresh);
    }
    table.row(
        "peers slower with a reused context than we with a fresh one",
        format!("{slower} of {}", PEERS.len()),
        "most",
        slower * 2 > PEERS.len(),
    );
    table.note("isolation over the native rule", format!("{:.1} µs", veche.fresh - veche.native));
}
