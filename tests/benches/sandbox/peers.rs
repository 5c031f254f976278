//! The same rule in other engines: `benches/peers`, a program of its own, whose path is in `VECHE_BENCH_PEERS`. It
//! prints a line for each: name, median of a fresh context for each call, median of a reused one, in microseconds,
//! separated by tabs; `-` where there is no such thing.

use std::process::Command;

use crate::Table;
use crate::rule::{CATEGORIES, Measured};

pub(crate) fn compare(table: &mut Table, veche: &Measured) {
    let Some(program) = std::env::var_os("VECHE_BENCH_PEERS") else {
        table.note("other engines", "left out: VECHE_BENCH_PEERS names no program".into());
        return;
    };
    let output = Command::new(&program).arg(CATEGORIES.to_string()).output().expect("the program of the peers starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut reused_slower = Vec::new();
    for line in text.lines() {
        let [name, fresh, reused] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("«{line}» is no peer") };
        let ratio = |time: f64| format!("{time:.1} µs, {:.1} × ours", time / veche.fresh);
        if let Ok(time) = fresh.parse::<f64>() {
            let what = format!("{name}, fresh context");
            // Natively there is no isolation to compare.
            table.row(&what, ratio(time), "at least 10 × ours", time >= 10.0 * veche.fresh);
        }
        if let Ok(time) = reused.parse::<f64>() {
            table.note(&format!("{name}, reused context"), ratio(time));
            reused_slower.push(time > veche.fresh);
        }
    }
    let slower = reused_slower.iter().filter(|slower| **slower).count();
    table.row(
        "peers slower with a reused context than we with a fresh one",
        format!("{slower} of {}", reused_slower.len()),
        "most",
        slower * 2 > reused_slower.len(),
    );
    table.note("isolation over the native rule", format!("{:.1} µs", veche.fresh - veche.native));
}
