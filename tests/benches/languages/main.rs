//! `cargo xtask bench languages`: what a language costs. The same router in Rust, JavaScript and Python, over the sample
//! region and its table of routes: size, compilation, snapshot, start, call, fuel, memory. Prints the table of
//! `docs/languages.md`; exits with 1 if a plug-in does not answer like the others.
//!
//! `--only LANGUAGE` measures one: `rust`, `javascript`, `python`; `--component FILE` another component of the same rule.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use veche_domain::appeal::Appeal;
use veche_domain::decision::Kind;
use veche_domain::limits::{Limits, LimitsClass};
use veche_sandbox::{EngineConfig, Plugin};
use veche_tests::guest::root;
use veche_tests::yard::{Yard, appeal};

/// The allocator of the host.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const LANGUAGES: [(&str, &str, LimitsClass); 3] = [
    ("Rust", "router-table", LimitsClass::Standard),
    ("JavaScript", "router-table-js", LimitsClass::Large),
    ("Python", "router-table-python", LimitsClass::Large),
];
/// For how long calls are timed.
const TIMED: Duration = Duration::from_secs(3);

/// What one language costs.
struct Cost {
    name: String,
    size: usize,
    /// Compilation and `describe`.
    inspected: Duration,
    /// Instrumented and compiled, configured, read out, compiled again.
    prepared: Duration,
    /// Median of a call in an instance of its own.
    fresh: Duration,
    /// Median of a call in an instance that others were made in.
    shared: Duration,
    fuel: u64,
    memory: u64,
    answer: Value,
}

fn main() -> ExitCode {
    let argument = |name: &str| std::env::args().skip_while(|arg| arg != name).nth(1);
    let only = argument("--only");
    let mut wanted: Vec<(String, PathBuf, LimitsClass)> = LANGUAGES
        .iter()
        .filter(|(name, ..)| only.as_ref().is_none_or(|only| only.eq_ignore_ascii_case(name)))
        .map(|(name, file, class)| {
            ((*name).to_owned(), root().join("target/plugins").join(file).with_extension("wasm"), *class)
        })
        .collect();
    wanted.extend(argument("--component").map(|file| (file.clone(), file.into(), LimitsClass::Large)));

    let costs: Vec<Cost> = wanted.iter().map(|(name, file, class)| measure(name, file, *class)).collect();
    print(&costs);
    let answers = costs.windows(2).all(|pair| pair[0].answer == pair[1].answer);
    if answers {
        return ExitCode::SUCCESS;
    }
    costs.iter().for_each(|cost| eprintln!("error: the answers differ: {}: {}", cost.name, cost.answer));
    ExitCode::FAILURE
}

fn measure(name: &str, file: &Path, class: LimitsClass) -> Cost {
    let component = std::fs::read(file).unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo xtask plugins --languages` builds it", file.display());
    });
    let cache = tempfile::tempdir().unwrap();
    let routes = std::fs::read_to_string(root().join("samples/yaroslavl/datasets/routes.csv")).unwrap();
    let config = EngineConfig { cache: Some(cache.path().to_owned()), ..EngineConfig::default() };
    let yard = Yard::new(&config).with_table("routes", &routes);
    let limits = Limits::of(class);
    let settings = json!({"priorities": [{"category": "housing.heating", "priority": "high"}]});

    let started = Instant::now();
    yard.inspect(&component, &limits).unwrap_or_else(|error| panic!("{name}: {error}"));
    let inspected = started.elapsed();
    eprintln!("{name}: inspected in {:.1} s", inspected.as_secs_f64());
    let prepare = || {
        let started = Instant::now();
        let plugin = yard.configure(&component, &settings, &limits).unwrap_or_else(|error| panic!("{name}: {error}"));
        (plugin, started.elapsed().saturating_sub(inspected))
    };
    let (plugin, prepared) = prepare();
    eprintln!("{name}: prepared in {:.1} s", prepared.as_secs_f64());
    assert!(!plugin.from_cache, "the cache is new");
    drop(plugin);
    let (plugin, _) = prepare();
    assert!(plugin.from_cache, "the code is not in the cache");

    let question = appeal("Холодные батареи", "2026-02-05T09:00:00Z".parse().unwrap());
    let report = yard.ask(&plugin, Kind::Router, &question);
    let answer = report.result.unwrap_or_else(|fault| panic!("{name}: {fault} {:?}", report.backtrace));
    let fresh = median(|| {
        yard.ask(&plugin, Kind::Router, &question).result.unwrap();
    });
    let shared = in_batch(&yard, &plugin, &question);
    let (fuel, memory) = (report.fuel, report.memory);
    Cost { name: name.to_owned(), size: component.len(), inspected, prepared, fresh, shared, fuel, memory, answer }
}

/// Calls in runs of as many as a back-test makes in one instance.
fn in_batch(yard: &Yard, plugin: &Plugin, question: &Appeal) -> Duration {
    let mut batch = plugin.batch();
    median(|| {
        yard.route_in(&mut batch, question, "housing.heating").result.unwrap();
    })
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times = Vec::new();
    let started = Instant::now();
    while started.elapsed() < TIMED || times.len() < 16 {
        let began = Instant::now();
        work();
        times.push(began.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

fn print(costs: &[Cost]) {
    let millis = |time: Duration| match time.as_secs_f64() * 1_000.0 {
        ms if ms >= 1_000.0 => format!("{:.1} s", ms / 1_000.0),
        ms if ms >= 1.0 => format!("{ms:.1} ms"),
        ms => format!("{:.0} µs", ms * 1_000.0),
    };
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let row = |title: &str, cell: &dyn Fn(&Cost) -> String| {
        let cells: Vec<String> = costs.iter().map(cell).collect();
        println!("| {title} | {} |", cells.join(" | "));
    };
    row("", &|cost| cost.name.clone());
    println!("|---|{}", "--:|".repeat(costs.len()));
    row("component", &|cost| mib(cost.size as u64));
    row("compilation and `describe`, at the upload", &|cost| millis(cost.inspected));
    row("`configure`, snapshot, compilation, at the activation", &|cost| millis(cost.prepared));
    row("call, median", &|cost| millis(cost.fresh));
    row("call in a shared instance (back-test), median", &|cost| millis(cost.shared));
    row("fuel of a call", &|cost| cost.fuel.to_string());
    row("memory of a call", &|cost| mib(cost.memory));
}
