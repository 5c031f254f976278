//! The same decision gives the same bytes and the same fuel: again, on another engine, from the cache.

use veche_app::bulk::each_row;
use veche_app::files::Profile;
use veche_app::pipeline::decide;
use veche_app::{App, Config};
use veche_domain::appeal::{Appeal, AppealId};

use crate::world::{load_sample, sample, veche_binary, yaroslavl};

/// What must not differ between runs.
type Decided = Vec<(String, String, Option<serde_json::Value>, u64)>;

async fn decide_sample(app: &App, appeals: &[Appeal]) -> Vec<Decided> {
    let rules = app.rules.active(&yaroslavl()).await.unwrap().unwrap();
    let appeals = appeals.to_vec();
    let run = move || {
        let decide = |appeal: &Appeal| {
            let decisions = decide(&rules, appeal).decisions.into_iter();
            decisions.map(|d| (d.binding.to_string(), d.outcome.to_string(), d.output, d.fuel)).collect()
        };
        appeals.iter().map(decide).collect()
    };
    app.threads.run(run).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sample_appeals_give_equal_bytes_and_fuel_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let start = async |name: &str, cache: Option<&str>, compiler| {
        let config = Config {
            database: folder.path().join(name).display().to_string(),
            cache: cache.map(|cache| folder.path().join(cache)),
            threads: Some(2),
            compiler,
            ..Config::default()
        };
        let app = App::start(&config).await.unwrap();
        load_sample(&app).await;
        app
    };
    let first = start("first.db", Some("cache"), Some(veche_binary())).await;
    let rules = first.rules.active(&yaroslavl()).await.unwrap().unwrap();
    let profile = Profile::named_or_file("veche").unwrap();
    let mut appeals = Vec::new();
    each_row(&sample().join("appeals.csv"), &profile, Some(rules.clone()), rules.zone(), |row| {
        appeals.push(Appeal { id: AppealId::new(), content: row.appeal });
    })
    .await
    .unwrap();
    assert!(appeals.len() >= 240);
    let expected = decide_sample(&first, &appeals).await;
    assert!(expected.iter().all(|decisions| !decisions.is_empty()));
    let again = decide_sample(&first, &appeals).await;
    let cached = decide_sample(&start("second.db", Some("cache"), Some(veche_binary())).await, &appeals).await;
    let in_process = decide_sample(&start("third.db", None, None).await, &appeals).await;
    for (name, decided) in [("again", again), ("from the cache", cached), ("compiled in the process", in_process)] {
        for ((appeal, expected), decided) in appeals.iter().zip(&expected).zip(&decided) {
            assert_eq!(expected, decided, "{name}: {:?}", appeal.content.external_id);
        }
    }
}
