//! How long one text takes: natively, in the sandbox with a fresh instance, and in one that 256 calls share. The same
//! texts for all, each once; medians.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use categorizer_linear::Linear;
use linear_model::Model;
use veche_domain::calendar::local_date;
use veche_domain::limits::Limits;
use veche_sandbox::datasets::Dataset;
use veche_sandbox::{EngineConfig, Question};
use veche_sdk::Categorizer as _;
use veche_sdk::testing;
use veche_tests::guest::root;
use veche_tests::yard::{Yard, appeal};

use crate::Table;
use crate::sets::Set;

/// Texts that are asked.
const ASKED: usize = 2_000;
/// Calls that share an instance in a rehearsal.
const BATCH: usize = 256;
const SETTINGS: &str = r#"{"min_confidence": 0.0}"#;

pub(crate) fn measure<'a>(set: &Set, model: &Model, peers: impl Iterator<Item = (&'a str, f64)>, table: &mut Table) {
    let texts: Vec<&str> = set.test.iter().take(ASKED).map(|row| row.text.as_str()).collect();
    let native = natively(&texts, model);
    let (fresh, shared, fuel) = sandboxed(&texts, model);
    Table::note("one text natively, median", format!("{native:.1} µs"));
    table.row(
        "in the sandbox, fresh instance, limits `standard`, median",
        format!("{fresh:.1} µs"),
        &format!("at most 2 × native = {:.1}", native * 2.0),
        fresh <= native * 2.0,
    );
    Table::note("in the sandbox, an instance for 256 calls, median", format!("{shared:.1} µs"));
    Table::note("most fuel of one text", fuel.to_string());
    for (what, predict) in peers {
        table.row(
            &format!("scikit-learn's predict of one text, n-grams of {what}, median"),
            format!("{predict:.0} µs"),
            &format!("at least 5 × the sandbox = {:.0}", fresh * 5.0),
            predict >= fresh * 5.0,
        );
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn timed(texts: &[&str], mut work: impl FnMut(&str)) -> f64 {
    // Once to warm up, as a host that has been running is.
    texts.iter().take(200).for_each(|text| work(text));
    let time = |text: &&str| {
        let started = Instant::now();
        work(text);
        started.elapsed().as_secs_f64() * 1e6
    };
    median(texts.iter().map(time).collect())
}

fn natively(texts: &[&str], model: &Model) -> f64 {
    testing::Host::new().blob("model", model.bytes()).install();
    let plugin: Linear = testing::configure(SETTINGS).unwrap();
    let (blank, context) = (testing::appeal(""), testing::context());
    timed(texts, |text| {
        // A record of its own for each call, as a host makes it.
        let appeal = veche_sdk::Appeal { text: text.to_owned(), ..blank.clone() };
        black_box(plugin.categorize(&appeal, &context).unwrap());
    })
}

/// Medians of a fresh and of a shared instance, and the most fuel.
fn sandboxed(texts: &[&str], model: &Model) -> (f64, f64, u64) {
    let mut yard = Yard::new(&EngineConfig { instances: 64, ..EngineConfig::default() });
    let blob = Dataset::blob(model.bytes().to_vec());
    yard.world.datasets = Arc::new(HashMap::from([("model".to_owned(), Arc::new(blob))]));
    let component = std::fs::read(root().join("target/plugins/categorizer-linear.wasm"));
    let component = component.expect("target/plugins is missing: run `cargo xtask plugins`");
    let settings = serde_json::from_str(SETTINGS).unwrap();
    let plugin = yard.configure(&component, &settings, &Limits::default()).unwrap();
    let received = "2026-02-05T09:00:00Z".parse().unwrap();
    let today = local_date(received, yard.world.dictionaries.region().time_zone);
    let mut fuel = 0;
    let fresh = timed(texts, |text| {
        let appeal = appeal(text, received);
        let report = plugin.categorize(&Question::new(&appeal, 0, today), None);
        black_box(report.result.unwrap());
        fuel = fuel.max(report.fuel);
    });
    let mut batch = plugin.batch();
    let mut calls = 0;
    let shared = timed(texts, |text| {
        calls += 1;
        if calls % BATCH == 0 {
            batch = plugin.batch();
        }
        let appeal = appeal(text, received);
        black_box(batch.categorize(&Question::new(&appeal, 0, today), None).result.unwrap());
    });
    (fresh, shared, fuel)
}
