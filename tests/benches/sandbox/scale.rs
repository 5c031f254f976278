//! Many calls, and many instances at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::json;
use veche_domain::decision::Kind;
use veche_domain::limits::Limits;
use veche_sandbox::Fault;
use veche_tests::guest::root;
use veche_tests::yard::appeal;

use crate::Table;
use crate::process::memory_mib;
use crate::rule::{CATEGORIES, Ready, yard};

/// Instances at once. Each of them spins, and a thousand such threads stand in each other's way for minutes on two
/// cores; memory is the same for each, so fewer tell what a thousand take.
const CROWD: u32 = 64;
/// How many must fit.
const FIT: u64 = 1_000;

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

/// Guests that never end, so that all of them are there at once; each is stopped by its clock.
fn crowd(table: &mut Table) {
    let yard = yard(CROWD);
    let component = std::fs::read(root().join("target/guests/verbs.wasm")).unwrap();
    let limits = Limits { fuel: u64::MAX / 2, wall_ms: 2_000, ..Limits::default() };
    let plugin = yard.prepare(&component, &limits).unwrap();
    let appeal = appeal("spin", "2026-02-05T09:00:00Z".parse().unwrap());
    let before = memory_mib("self", "VmRSS");
    let together = Barrier::new(CROWD as usize);
    let (begun, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        together.wait();
        begun.fetch_add(1, Ordering::SeqCst);
        let result = yard.ask(&plugin, Kind::Categorizer, &appeal).result;
        let there = begun.load(Ordering::SeqCst) - ended.fetch_add(1, Ordering::SeqCst);
        (there, matches!(result, Err(Fault::Limit(_))))
    };
    let results: Vec<(usize, bool)> = std::thread::scope(|scope| {
        let thread = || std::thread::Builder::new().stack_size(2 << 20);
        let threads: Vec<_> = (0..CROWD).map(|_| thread().spawn_scoped(scope, work).unwrap()).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let used = memory_mib("self", "VmHWM").saturating_sub(before);
    let thousand = used * FIT / u64::from(CROWD);
    let most = results.iter().map(|(there, _)| *there).max().unwrap_or_default();
    let crowd = CROWD as usize;
    table.row("instances at once", most.to_string(), &format!("{crowd}"), most == crowd);
    let what = format!("memory of {FIT} instances, from these {used} MiB");
    table.row(&what, format!("{thousand} MiB"), "at most 2,048 MiB", thousand <= 2_048);
    let stopped = results.iter().filter(|(_, stopped)| *stopped).count();
    table.row("of these stopped by their clock", stopped.to_string(), "all", stopped == crowd);
}
