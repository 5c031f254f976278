//! End to end on Saint Petersburg, from text and district alone: a region made of its past, the model in place of its
//! words, and how often the first body is right. Dictionaries, routes and model are all made of the part that is learned
//! from.

use std::path::Path;

use veche_app::bootstrap::{Collector, in_sample};
use veche_app::evaluate::{Evaluation, Known};
use veche_app::files::Profile;
use veche_app::train::{History, Options};
use veche_app::{App, Config, bulk, regions};
use veche_domain::access::Actor;
use veche_domain::code::RegionCode;
use veche_domain::dictionary::Region;
use veche_store::Vault;
use veche_tests::guest::root;

use crate::Table;
use crate::sets::{LEARNED, shared};

const LEAST: f64 = 0.80;
/// The best category counts, however unsure: every appeal gets a body.
const RULESET: &str = r#"threshold = 0.0

[[bindings]]
id = "model"
kind = "categorizer"
plugin = "categorizer-linear"
grants = ["log", "datasets"]
datasets = { model = "datasets/model.bin" }
settings = { min_confidence = 0.0, max_candidates = 1 }

[[bindings]]
id = "history"
kind = "router"
plugin = "router-table"
grants = ["log", "calendar", "datasets"]
datasets = { routes = "datasets/routes.csv" }
"#;

pub(crate) async fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().unwrap();
    let region = RegionCode::new("spb").unwrap();
    let profile = Profile::named_or_file("spb").unwrap();
    let zone = chrono_tz::Europe::Moscow;
    let file = shared("spb-appeals.csv.gz");
    let made = folder.path().join("spb");
    let (mut collector, mut rest) = (Collector::default(), Vec::new());
    bulk::each_row(&file, &profile, None, zone, |row| {
        if row.appeal.external_id.as_deref().is_some_and(|id| in_sample(id, LEARNED)) {
            collector.add(&row);
        } else {
            rest.push(row);
        }
    })
    .await
    .unwrap();
    let target = Region {
        code: region.clone(),
        name: "Санкт-Петербург".into(),
        name_en: None,
        time_zone: zone,
        language: "ru".into(),
        calendar: "ru".into(),
    };
    collector.write(&made, target).unwrap();
    let mut history = History::default();
    history.read_file(&file, &profile, None, zone, LEARNED).await.unwrap();
    let options = Options { threads: 2, ..Options::default() };
    let training = history.train(options).await.unwrap();
    std::fs::write(made.join("datasets/model.bin"), training.model).unwrap();
    std::fs::write(made.join("ruleset.toml"), RULESET).unwrap();

    let evaluation = evaluate(folder.path(), &made, &region, rest).await;
    let body = &evaluation.body;
    // A body that the learned part never met cannot be right, and counts all the same.
    let labelled = body.labelled + body.unknown_labels.values().sum::<u64>();
    let right = body.right as f64 / labelled as f64;
    let aim = format!("at least {LEAST:.2}");
    table.row("end to end, from text and district: first body right", format!("{right:.4}"), &aim, right >= LEAST);
    Table::note("end to end: calls that faulted", evaluation.faults.to_string());
    Table::note("end to end, two threads, appeals a second", format!("{:.0}", evaluation.rows_per_second));
}

async fn evaluate(
    folder: &Path,
    made: &Path,
    region: &RegionCode,
    mut rows: Vec<veche_app::files::Labelled>,
) -> Evaluation {
    let config = Config {
        database: folder.join("veche.db").display().to_string(),
        cache: Some(folder.join("cache")),
        threads: Some(2),
        vault: Vault::plain(),
        ..Config::default()
    };
    let app = App::start(&config).await.unwrap();
    regions::load_folder(&app, made, &root().join("target/plugins"), &Actor::named("bench")).await.unwrap();
    let rules = app.rules.active(region).await.unwrap().unwrap();
    let mut evaluation = Evaluation::default();
    while !rows.is_empty() {
        let batch = rows.split_off(rows.len().saturating_sub(1_024));
        evaluation.add(&app.threads, &rules, batch, Known::Nothing).await.unwrap();
    }
    evaluation.finish();
    app.store.close().await;
    evaluation
}
