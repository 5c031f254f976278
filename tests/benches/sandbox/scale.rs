//! Many calls, and many instances at once.

use std::time::Instant;

use serde_json::json;

use crate::Table;
use crate::process::memory_mib;
use crate::rule::{CATEGORIES, Ready, yard};

/// Instances at once.
const CROWD: u32 = 1_000;

pub(crate) fn measure(table: &mut Table, calls: u64) {
    throughput(table, calls);
    crowd(table);
}

fn throughput(table: &mut Table, calls: u64) {
    let yard = yard(64);
    let rule = Ready::new(&yard, &json!({"categories": CATEGORIES}));
    (0..10_000).for_each(|_| rule.call());
    let before = memory_mib("self", "VmRSS");
    let started = Instant::now();
    (0..calls).for_each(|_| rule.call());
    let rate = calls as f64 / started.elapsed().as_secs_f64();
    table.row("calls a second on one core", format!("{rate:.0}"), "at least 25,000", rate >= 25_000.0);
    let grown = memory_mib("self", "VmRSS").saturating_sub(before);
    table.row(&format!("memory grown over {calls} calls"), format!("{grown} MiB"), "at most 2 MiB", grown <= 2);
}

/// As many instances as must be there at once, each with a call behind it.
fn crowd(table: &mut Table) {
    let yard = yard(CROWD);
    let rule = Ready::new(&yard, &json!({"categories": CATEGORIES}));
    rule.call();
    let before = memory_mib("self", "VmRSS");
    let mut batches: Vec<_> = (0..CROWD).map(|_| rule.batch()).collect();
    let answered = batches.iter_mut().filter_map(|batch| rule.call_in(batch).ok()).count();
    let used = memory_mib("self", "VmRSS").saturating_sub(before);
    // The pool has no more: all of these are there.
    let full = rule.ask().is_err();
    drop(batches);
    let aim = format!("{CROWD}, and the pool is full");
    table.row("instances at once", answered.to_string(), &aim, answered == CROWD as usize && full);
    table.row("memory that they take", format!("{used} MiB"), "at most 2,048 MiB", used <= 2_048);
}
