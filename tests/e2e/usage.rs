//! Calls of a release by day, and the log read from its end, on both databases.

use chrono::{TimeDelta, Utc};
use veche_app::App;
use veche_app::store::AuditFilter;
use veche_domain::audit::Chain;
use veche_domain::limits::LimitKind;
use veche_domain::ruleset::Ruleset;

use crate::world::{app, by, databases, load_sample, yaroslavl};

async fn submit(app: &App, text: &str) {
    let appeal = serde_json::json!({"channel": "pos", "regime": "pos", "text": text, "received_at": Utc::now(),
        "place": {"municipality": "78715000"}});
    app.intake.submit(&yaroslavl(), serde_json::from_value(appeal).unwrap(), None).await.unwrap();
}

async fn active(app: &App) -> Ruleset {
    let digest = app.region(&yaroslavl()).await.unwrap().ruleset.unwrap();
    app.rules.ruleset(&digest).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_counted_by_day_with_their_faults() {
    let (folder, urls) = databases().await;
    for url in urls {
        let app = app(&url, &folder.path().join("cache")).await;
        load_sample(&app).await;
        let mut ruleset = active(&app).await;
        let release = ruleset.bindings.iter().find(|b| b.id.as_str() == "table").unwrap().release;
        for _ in 0..3 {
            submit(&app, "На дороге огромная яма").await;
        }
        let table = ruleset.bindings.iter_mut().find(|b| b.id.as_str() == "table").unwrap();
        table.limits.overrides.insert(LimitKind::Fuel, 1_000);
        veche_app::regions::activate(&app, ruleset, None, &by("test")).await.unwrap();
        submit(&app, "На дороге огромная яма").await;

        let (region, now) = (yaroslavl(), Utc::now());
        let since = now - TimeDelta::days(2);
        let days = app.store.usage(&region, &release, since, TimeDelta::zero()).await.unwrap();
        let sum = |part: fn(&veche_app::store::UsageDay) -> i64| days.iter().map(part).sum::<i64>();
        assert_eq!([sum(|d| d.calls), sum(|d| d.faults)], [4, 1], "{days:?}");
        assert_eq!(sum(|d| d.durations.iter().sum()), 4, "each call is of one class: {days:?}");
        assert!(days.iter().all(|d| d.fuel_most <= d.fuel && d.duration_most_us <= d.duration_us), "{days:?}");
        assert!((now.date_naive() - days[0].day).num_days() <= 1, "{days:?}");

        // Days of a zone far ahead are those of its own calendar; what came before the span is not counted.
        let ahead = app.store.usage(&region, &release, since, TimeDelta::days(1)).await.unwrap();
        assert_eq!(ahead[0].day, days[0].day + TimeDelta::days(1));
        let later = app.store.usage(&region, &release, now + TimeDelta::hours(1), TimeDelta::zero()).await.unwrap();
        assert_eq!(later, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_from_its_end_as_from_its_beginning() {
    let (folder, urls) = databases().await;
    for url in urls {
        let app = app(&url, &folder.path().join("cache")).await;
        load_sample(&app).await;
        let chain = Chain::Region(yaroslavl());
        let mut all = app.store.audit_entries(&chain, &AuditFilter::default(), 0, 1_000).await.unwrap();
        all.reverse();
        assert!(all.len() > 2, "loading the sample is in the log");
        let newest = app.store.newest_audit_entries(&chain, &AuditFilter::default(), i64::MAX, 2).await.unwrap();
        assert_eq!(newest, all[..2]);
        let before = newest[1].entry.seq;
        let older = app.store.newest_audit_entries(&chain, &AuditFilter::default(), before, 1_000).await.unwrap();
        assert_eq!(older, all[2..]);
        let deed = AuditFilter { deed: Some("upload_release".into()), ..AuditFilter::default() };
        let uploads = app.store.newest_audit_entries(&chain, &deed, i64::MAX, 1_000).await.unwrap();
        assert!(!uploads.is_empty() && uploads.iter().all(|row| row.entry.deed == "upload_release"));
    }
}
