//! `cargo xtask bench backtest`: how fast a draft and the active ruleset run over stored history, beside the same appeals
//! decided one by one as on the live path. Prints figures with their aims; exits with 1 if one is missed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::process::ExitCode;
use std::time::Instant;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use veche_app::backtest::{self, Report, Request};
use veche_app::drafts::{self, Edit, NewDraft};
use veche_app::{App, Config, regions};
use veche_domain::access::Actor;
use veche_domain::appeal::{Appeal, AppealId, NewAppeal};
use veche_domain::code::RegionCode;
use veche_domain::ruleset::Ruleset;
use veche_store::{Intake, Vault};

/// The allocator of the host.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Appeals of the made history.
const APPEALS: usize = 60_000;
/// Least appeals a second.
const AIM: f64 = 20_000.0;
/// Most by which memory may grow between half of the history and all of it, MiB.
const GROWTH: u64 = 32;

#[tokio::main]
async fn main() -> ExitCode {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("veche.db").display().to_string();
    let config = Config {
        database,
        cache: Some(folder.path().join("cache")),
        threads: Some(2),
        vault: Vault::plain(),
        ..Config::default()
    };
    let app = App::start(&config).await.unwrap();
    regions::load_folder(&app, &root.join("samples/yaroslavl"), &root.join("target/plugins"), &Actor::named("bench"))
        .await
        .unwrap();
    let region = RegionCode::new("yaroslavl").unwrap();
    let appeals = fill(&app, &region, &root.join("samples/yaroslavl/appeals.csv")).await;

    let live = app.rules.live(&region).await.unwrap().unwrap();
    let started = Instant::now();
    let sample: Vec<Appeal> =
        appeals.iter().take(4_000).map(|content| Appeal { id: AppealId::new(), content: content.clone() }).collect();
    let count = sample.len();
    veche_app::intake::decide_batch(&app.threads, &live, &Default::default(), sample).await.unwrap();
    let one_by_one = count as f64 / started.elapsed().as_secs_f64();
    println!("{:<58} {one_by_one:>9.0} /s", "one ruleset, a fresh instance a call, nothing read or stored");

    let mut missed = false;
    type Change = fn(&mut Ruleset);
    let drafts: [(&str, Change); 3] = [
        ("back-test of a threshold (all calls are shared)", |r| r.threshold = 0.36),
        ("back-test of a router's settings", |r| {
            r.bindings[1].settings["priorities"] =
                serde_json::json!([{"category": "roads.surface", "priority": "high"}]);
        }),
        ("back-test of both plug-ins' settings (nothing is shared)", |r| {
            r.bindings[0].settings["max_candidates"] = serde_json::json!(2);
            r.bindings[1].settings["priorities"] = serde_json::json!([]);
        }),
    ];
    for (name, change) in drafts {
        let (report, half, full) = run(&app, &region, name, change).await;
        let rate = report.rate();
        let ok = if rate >= AIM { "ok" } else { "MISSED" };
        missed |= rate < AIM;
        println!("{name:<58} {rate:>9.0} /s   at least {AIM:.0}: {ok}");
        println!("{:<58} {:>9.2} ×", "  beside one ruleset one by one", rate / one_by_one);
        let us = |us: u64, calls: u64| us as f64 / calls.max(1) as f64;
        println!(
            "{:<58} {:>9.1} µs, draft {:.1} µs; faults {}, changed {} of {}",
            "  a call of the active ruleset",
            us(report.active.calls_us, report.active.calls),
            us(report.draft.calls_us, report.draft.calls),
            report.draft.faulted(),
            report.questions - report.unchanged,
            report.questions,
        );
        let grown = full.saturating_sub(half);
        let ok = if grown <= GROWTH { "ok" } else { "MISSED" };
        missed |= grown > GROWTH;
        println!(
            "{:<58} {grown:>9} MiB   at most {GROWTH}: {ok} ({full} MiB in all)",
            "  memory grown in the second half"
        );
    }
    if missed {
        println!("an aim was missed; on a busy machine run it again");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Runs a back-test; its report, and resident memory at half and at the end, MiB.
async fn run(app: &App, region: &RegionCode, title: &str, change: fn(&mut Ruleset)) -> (Report, u64, u64) {
    let new = NewDraft { title: title.to_owned(), ruleset: None };
    let draft = drafts::create(app, region, new, &Actor::named("bench")).await.unwrap();
    let mut ruleset = draft.ruleset.clone();
    change(&mut ruleset);
    drafts::edit(app, region, draft.id, draft.version, Edit::Replace(ruleset), &Actor::named("bench")).await.unwrap();
    let request = Request { draft: draft.id, since: None, until: None };
    let job = backtest::request(app, region, request, &Actor::named("bench")).await.unwrap();
    let half = std::sync::atomic::AtomicU64::new(0);
    let progress = |job: &veche_store::BacktestRow| {
        if job.done * 2 <= job.total {
            half.store(resident(), std::sync::atomic::Ordering::Relaxed);
        }
    };
    let owner = Uuid::now_v7().to_string();
    let job =
        backtest::run_next(app, &owner, Some(job.id), &CancellationToken::new(), &progress).await.unwrap().unwrap();
    assert_eq!(job.done, job.total, "{:?}", job.error);
    (serde_json::from_value(job.report).unwrap(), half.into_inner(), resident())
}

/// Resident memory of this process, MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}

/// The sample's appeals many times over, routed and stored.
async fn fill(app: &App, region: &RegionCode, file: &std::path::Path) -> Vec<NewAppeal> {
    let rules = app.rules.active(region).await.unwrap().unwrap();
    let table = veche_app::files::open_table(file).unwrap();
    let bound = veche_app::files::Profile::named_or_file("veche").unwrap().bind(table.headers()).unwrap();
    let read = |row| bound.read(&row, rules.zone(), Some(&rules.dictionaries)).unwrap().appeal;
    let sample: Vec<NewAppeal> = table.map(|row| read(row.unwrap())).collect();
    let effects: Vec<_> = sample
        .iter()
        .map(|content| veche_app::pipeline::decide(&rules, &Appeal { id: AppealId::new(), content: content.clone() }))
        .collect();
    let mut all = Vec::with_capacity(APPEALS);
    let mut batch = Vec::new();
    for n in 0..APPEALS {
        let mut appeal = sample[n % sample.len()].clone();
        appeal.external_id = Some(n.to_string());
        let mut effect = effects[n % sample.len()].clone();
        let id = AppealId::new();
        effect.appeal = id;
        effect.decisions.clear();
        batch.push(Intake { id, digest: appeal.digest(), appeal: appeal.clone(), key: None, effect: Some(effect) });
        all.push(appeal);
        if batch.len() == 1_024 || n + 1 == APPEALS {
            app.store.save_batch(region, &batch).await.unwrap();
            batch.clear();
        }
    }
    all
}
