//! `cargo xtask bench exports`: a workbook of 100,000 questions and a CSV of a million, all columns with masked texts, on
//! SQLite, with the memory of this process while they are written. Prints figures with their aims; exits with 1 if one is
//! missed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod fill;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use veche_app::exports::formats;
use veche_app::exports::jobs::{Asking, NewExport, request, run_next};
use veche_app::indicators::Wanted;
use veche_app::{App, Config, regions};
use veche_domain::access::{Actor, Scope};
use veche_domain::code::RegionCode;
use veche_domain::indicator::PeriodKind;
use veche_domain::lifecycle::JobState;
use veche_store::Vault;

/// The allocator of the host.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let rows = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    tokio::runtime::Runtime::new().unwrap().block_on(bench(rows))
}

async fn bench(rows: u64) -> ExitCode {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let (folder, actor) = (tempfile::tempdir().unwrap(), Actor::named("bench"));
    let database = folder.path().join("veche.db");
    let config = Config {
        database: database.display().to_string(),
        cache: Some(folder.path().join("cache")),
        threads: Some(2),
        vault: Vault::plain(),
        compiler: Some(root.join("target/release/veche")).filter(|path| path.exists()),
        ..Config::default()
    };
    let app = App::start(&config).await.unwrap();
    let sample = root.join("samples/yaroslavl");
    regions::load_folder(&app, &sample, &root.join("target/plugins"), &actor).await.unwrap();
    let region = RegionCode::new("yaroslavl").unwrap();
    // Compiled before the clock runs.
    formats::of(&app, &region).await.unwrap();
    let appeals = sample.join("appeals.csv");
    let tenth = rows / 10;
    fill::fill(&database, &appeals, 0..tenth).await;
    let workbook = Written::of(&app, &region, "governor-report", &[("list", "yes")]).await;
    fill::fill(&database, &appeals, tenth..rows).await;
    let csv = Written::of(&app, &region, "csv", &[]).await;

    let mut missed = false;
    let mut say = |what: &str, value: f64, unit: &str, aim: f64| {
        let right = value <= aim;
        missed |= !right;
        println!("{what:<44} {value:>9.2} {unit:<4} aim {aim:>6.1} {}", if right { "" } else { "MISSED" });
    };
    let share = rows as f64 / 1_000_000.0;
    say(&format!("XLSX of {tenth} questions"), workbook.time.as_secs_f64(), "s", 15.0 * share);
    println!("{:<44} {:>9.2} MiB", "  its size", mebibytes(workbook.bytes));
    println!("{:<44} {:>9.2} MiB", "  memory of the host", mebibytes(workbook.memory));
    say(&format!("CSV of {rows} questions"), csv.time.as_secs_f64(), "s", 15.0 * share);
    println!("{:<44} {:>9.2} MiB", "  its size", mebibytes(csv.bytes));
    say("  memory of the host", mebibytes(csv.memory), "MiB", 200.0);
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

struct Written {
    time: Duration,
    bytes: u64,
    /// Most resident memory of this process while the file was written.
    memory: u64,
}

impl Written {
    async fn of(app: &App, region: &RegionCode, format: &str, options: &[(&str, &str)]) -> Self {
        let options: BTreeMap<_, _> =
            options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let actor = Actor::named("bench");
        let asking = Asking { actor: &actor, scope: Scope::Region, personal: true };
        let period = Wanted::Holding(PeriodKind::Year, "2026-01-01".parse().unwrap());
        let new = NewExport { binding: None, format: format.into(), period, language: None, options };
        let id = request(app, region, new, &asking).await.unwrap().id;
        let watch = Watch::start();
        let started = Instant::now();
        let job = run_next(app, Some(id), &CancellationToken::new(), &|_| {}).await.unwrap().unwrap();
        let time = started.elapsed();
        assert_eq!(job.state, JobState::Done, "{:?}", job.fault);
        println!("{format}: {} rows{}", job.done, job.notes.iter().map(|note| format!("; {note}")).collect::<String>());
        Self { time, bytes: job.size, memory: watch.most() }
    }
}

/// Looks at the resident memory of this process until it is asked.
struct Watch {
    stop: Arc<AtomicBool>,
    most: Arc<AtomicU64>,
}

impl Watch {
    fn start() -> Self {
        let (stop, most) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, seen) = (stop.clone(), most.clone());
        std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                seen.fetch_max(resident(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Self { stop, most }
    }

    fn most(&self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.most.load(Ordering::Relaxed)
    }
}

/// Resident bytes by `/proc`; 0 where there is none.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}
