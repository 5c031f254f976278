//! `cargo xtask bench cache`: how long a host with a warm cache takes to make a hundred releases ready.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use veche_domain::calendar::{ProductionCalendar, WorkTime};
use veche_domain::decision::Kind;
use veche_domain::dictionary::{Dictionaries, DictionaryData};
use veche_sandbox::datasets::Dataset;
use veche_sandbox::{Engine, EngineConfig, Inspection, Limits, Plugin, Preparation, World, inspect, prepare};

/// The allocator of the host.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RELEASES: usize = 100;
const TARGET: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let component = std::fs::read(root.join("target/plugins/categorizer-keywords.wasm")).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let start = || {
        let config = EngineConfig { cache: Some(cache.path().to_owned()), ..EngineConfig::default() };
        Engine::new(&config).unwrap()
    };
    let engine = start();
    let inspection = inspect(&engine, &component, &Limits::default()).unwrap();
    let world = world();
    let began = Instant::now();
    let compiled = all(&engine, &component, &inspection, &world);
    let compiling = began.elapsed();
    assert!(compiled.iter().all(|plugin| !plugin.from_cache));
    drop((compiled, engine));
    let engine = start();
    let began = Instant::now();
    let loaded = all(&engine, &component, &inspection, &world);
    let loading = began.elapsed();
    assert!(loaded.iter().all(|plugin| plugin.from_cache));
    println!("{RELEASES} releases, each configured in its own way");
    println!("  configured, snapshotted and compiled  {:>9.1} ms", millis(compiling));
    println!("  loaded from the cache                 {:>9.1} ms (at most {:.0})", millis(loading), millis(TARGET));
    if loading <= TARGET { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn world() -> World {
    let region = serde_json::json!({"code": "r", "name": "R", "time_zone": "Europe/Moscow"});
    let region = serde_json::from_value(region).unwrap();
    let data = DictionaryData { region, blocks: vec![], categories: vec![], bodies: vec![], municipalities: vec![] };
    let keywords = "category,term,weight\nhousing.heating,отопление,2\nroads.surface,яма,2\n";
    World {
        dictionaries: Arc::new(Dictionaries::new(data, chrono::NaiveDate::default()).unwrap()),
        calendar: ProductionCalendar::russian(),
        work_time: WorkTime::default(),
        datasets: Arc::new(HashMap::from([(
            "keywords".to_owned(),
            Arc::new(Dataset::table(keywords.as_bytes()).unwrap()),
        )])),
    }
}

/// As many plug-ins as there are releases; other settings make another snapshot, so other code.
fn all(engine: &Engine, component: &[u8], inspection: &Inspection, world: &World) -> Vec<Plugin> {
    let grants = inspection.permissions.iter().copied().collect();
    let one = |n: usize| {
        prepare(
            engine,
            Preparation {
                component,
                inspection,
                kind: Kind::Categorizer,
                settings: &serde_json::json!({"min_score": 1.0 + n as f64}),
                world: world.clone(),
                grants: &grants,
                limits: Limits::default(),
            },
        )
        .unwrap()
    };
    (0..RELEASES).map(one).collect()
}
