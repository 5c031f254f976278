//! `cargo xtask bench pages`: the queue over 100,000 appeals on SQLite, in a real browser on loopback: when the first content
//! is painted, how long the host takes, and what the page weighs. Prints figures with their aims; exits with 1 if one is missed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code)]
#[path = "../../e2e/browser/driver.rs"]
mod driver;
mod fill;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tokio_util::sync::CancellationToken;
use veche_app::{App, Config, accounts, regions};
use veche_domain::access::{Actor, Grants};
use veche_store::Vault;
use veche_web::WebConfig;

use driver::Browser;

/// What the driver asks of the tests' world.
mod world {
    pub(crate) fn root() -> std::path::PathBuf {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
    }
}

/// The allocator of the host.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// First contentful paint, milliseconds.
const PAINT: f64 = 300.0;
/// All that a first visit brings, compressed, kB.
const WEIGHT: f64 = 400.0;
/// Loads of each page; the median counts.
const LOADS: usize = 9;
const PASSWORD: &str = "семь сонных ежей у реки";

fn main() -> ExitCode {
    let appeals = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100_000);
    tokio::runtime::Runtime::new().unwrap().block_on(bench(appeals))
}

async fn served(folder: &Path, root: &Path, appeals: u64) -> (App, String) {
    let database = folder.join("veche.db");
    let config = Config {
        database: database.display().to_string(),
        cache: Some(folder.join("cache")),
        threads: Some(2),
        vault: Vault::plain(),
        ..Config::default()
    };
    let app = App::start(&config).await.unwrap();
    let (sample, actor) = (root.join("samples/yaroslavl"), Actor::named("bench"));
    regions::load_folder(&app, &sample, &root.join("target/plugins"), &actor).await.unwrap();
    fill::fill(&database, &sample.join("appeals.csv"), appeals).await;
    while app.store.index_pending(2_000).await.unwrap() > 0 {}
    let grants = Grants::new(vec!["operator@yaroslavl".parse().unwrap()]).unwrap();
    accounts::create(&app.store, "bench", "Оператор", PASSWORD, grants, &actor).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = veche_web::router(app.clone(), WebConfig::default());
    tokio::spawn(veche_web::serve(listener, router, CancellationToken::new()));
    (app, address)
}

/// Milliseconds until the first content is painted and until the answer begins, medians over loads.
async fn loads(browser: &Browser, path: &str) -> (f64, f64) {
    let (mut paints, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..=LOADS {
        browser.open(path).await;
        // A page may be loaded before it is painted.
        let figures = loop {
            let figures = browser
                .run(
                    "const paint = performance.getEntriesByName('first-contentful-paint')[0]; \
                     const page = performance.getEntriesByType('navigation')[0]; \
                     return [paint ? paint.startTime : -1, page.responseStart - page.requestStart];",
                )
                .await;
            if figures[0].as_f64().unwrap() >= 0.0 {
                break figures;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        };
        paints.push(figures[0].as_f64().unwrap());
        answers.push(figures[1].as_f64().unwrap());
    }
    let median = |mut values: Vec<f64>| {
        // The first load warms up.
        values.remove(0);
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    (median(paints), median(answers))
}

/// Bytes over the wire of a page whose browser has kept nothing.
async fn weight(address: &str, path: &str) -> f64 {
    let browser = Browser::start(address).await;
    browser.sign_in("bench", PASSWORD).await;
    browser.chrome("Network.enable", serde_json::json!({})).await;
    browser.chrome("Network.clearBrowserCache", serde_json::json!({})).await;
    browser.open(path).await;
    let script = "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]\
                  .filter(e => !e.name.endsWith('/events')).reduce((sum, e) => sum + e.transferSize, 0)";
    browser.run(script).await.as_f64().unwrap() / 1_000.0
}

async fn bench(appeals: u64) -> ExitCode {
    let (root, folder): (PathBuf, _) = (world::root(), tempfile::tempdir().unwrap());
    let (_app, address) = served(folder.path(), &root, appeals).await;
    let browser = Browser::start(&address).await;
    browser.sign_in("bench", PASSWORD).await;
    let queue = "/regions/yaroslavl/queue";
    println!("{appeals} appeals, SQLite, {LOADS} loads of each page in Chromium on loopback, medians\n");
    println!("{:<44} {:>12} {:>12}", "page", "paint, ms", "answer, ms");
    let pages = [
        ("queue", String::new()),
        ("  what needs a person", "?show=review".into()),
        ("  late", "?show=overdue".into()),
        ("  closed", "?show=closed".into()),
        ("  one block", "?block=roads".into()),
        ("  one body, late", "?show=overdue&body=road-service".into()),
        ("  search: a common word", "?q=дом".into()),
        ("  search: three words", "?q=яма+дорога+двор".into()),
    ];
    let mut missed = false;
    for (name, query) in &pages {
        let (paint, answer) = loads(&browser, &format!("{queue}{query}")).await;
        missed |= paint > PAINT;
        let verdict = if paint > PAINT { "MISSED" } else { "" };
        println!("{name:<44} {paint:>12.0} {answer:>12.0} aim {PAINT} {verdict}");
    }
    let kilobytes = weight(&address, queue).await;
    missed |= kilobytes > WEIGHT;
    let verdict = if kilobytes > WEIGHT { "MISSED" } else { "" };
    println!("\n{:<44} {kilobytes:>9.0} kB aim {WEIGHT} {verdict}", "first visit of the queue, over the wire");
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
