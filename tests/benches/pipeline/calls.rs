//! The reference plug-ins in the sandbox, each call a fresh instance with all limits, beside the same code natively.

use std::hint::black_box;
use std::time::Instant;

use categorizer_keywords::Keywords;
use router_table::Table as RouterTable;
use veche_app::files::{Profile, open_table};
use veche_app::store::Vault;
use veche_app::{App, Config, regions};
use veche_domain::appeal::{Appeal, AppealId};
use veche_domain::calendar::local_date;
use veche_domain::code::RegionCode;
use veche_domain::decision::{ChosenCategory, Kind};
use veche_sandbox::Question;
use veche_sdk::testing::{self, Host};
use veche_sdk::{Categorizer as _, Router as _};

use crate::Table;
use crate::host::root;

/// Rounds over all appeals of the sample; the median of each appeal's best half would hide nothing, so it is the plain median.
const ROUNDS: usize = 12;

pub(crate) async fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("veche.db").display().to_string();
    let config = Config {
        database,
        cache: Some(folder.path().join("cache")),
        threads: Some(1),
        vault: Vault::plain(),
        ..Config::default()
    };
    let app = App::start(&config).await.unwrap();
    let sample = root().join("samples/yaroslavl");
    regions::load_folder(
        &app.store,
        &app.rules,
        &sample,
        &root().join("target/plugins"),
        &veche_domain::access::Actor::named("bench"),
    )
    .await
    .unwrap();
    let rules = app.rules.active(&RegionCode::new("yaroslavl").unwrap()).await.unwrap().unwrap();

    let rows = open_table(&sample.join("appeals.csv")).unwrap();
    let bound = Profile::named_or_file("veche").unwrap().bind(rows.headers()).unwrap();
    let appeals: Vec<(Appeal, String)> = rows
        .map(|row| {
            let row = bound.read(&row.unwrap(), rules.zone(), Some(&rules.dictionaries)).unwrap();
            (Appeal { id: AppealId::new(), content: row.appeal }, row.labels.category.unwrap())
        })
        .collect();

    let read = |name: &str| std::fs::read_to_string(sample.join("datasets").join(name)).unwrap();
    Host::new().table("keywords", &read("keywords.csv")).table("routes", &read("routes.csv")).install();
    let keywords: Keywords = testing::configure("{}").unwrap();
    let settings = |kind| serde_json::to_string(&rules.bound(kind, None).next().unwrap().binding.settings).unwrap();
    let router: RouterTable = testing::configure(&settings(Kind::Router)).unwrap();
    let context = testing::context();

    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        for (appeal, label) in &appeals {
            let category =
                rules.dictionaries.category(label, local_date(appeal.content.received_at, rules.zone())).unwrap();
            let guest = as_guest(appeal);
            let today = local_date(appeal.content.received_at, rules.zone());
            let question = Question::new(appeal, 0, today);
            let plugin = |kind| &rules.bound(kind, None).next().unwrap().plugin;
            let chosen = ChosenCategory {
                code: category.code.clone(),
                block: category.block.clone(),
                other: category.other,
                confidence: Some(0.9),
            };
            let native_chosen = veche_sdk::ChosenCategory {
                code: category.code.to_string(),
                block: category.block.to_string(),
                other: category.other,
                confidence: Some(0.9),
            };
            times[0].push(time(|| keywords.categorize(&guest, &context).unwrap()));
            times[1].push(time(|| plugin(Kind::Categorizer).categorize(&question, None).result.unwrap()));
            times[2].push(time(|| router.route(&guest, &native_chosen, &context).unwrap()));
            times[3].push(time(|| plugin(Kind::Router).route(&question, &chosen, None).result.unwrap()));
        }
    }
    let [keywords_native, keywords_call, router_native, router_call] = times.map(median);
    table.note("categorizer-keywords natively, median", format!("{keywords_native:.1} µs"));
    let aim = 2.5 * keywords_native + 20.0;
    table.row(
        "categorizer-keywords in the sandbox, median",
        format!("{keywords_call:.1} µs"),
        &format!("at most 2.5 × native + 20 = {aim:.1}"),
        keywords_call <= aim,
    );
    table.note("router-table natively, median", format!("{router_native:.1} µs"));
    let aim = router_native + 20.0;
    table.row(
        "router-table in the sandbox, median",
        format!("{router_call:.1} µs"),
        &format!("at most native + 20 = {aim:.1}"),
        router_call <= aim,
    );
}

fn time<T>(work: impl FnOnce() -> T) -> f64 {
    let started = Instant::now();
    black_box(work());
    started.elapsed().as_nanos() as f64 / 1_000.0
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn as_guest(appeal: &Appeal) -> veche_sdk::Appeal {
    let content = &appeal.content;
    let mut guest = testing::appeal(&content.text);
    guest.channel = content.channel.to_string();
    guest.regime = content.regime.to_string();
    guest.received_at = content.received_at.timestamp();
    guest.place.municipality = content.place.municipality.as_ref().map(ToString::to_string);
    guest.place.district.clone_from(&content.place.district);
    guest.place.address.clone_from(&content.place.address);
    guest
}
