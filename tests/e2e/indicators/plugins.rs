//! Indicator plug-ins: measured end to end, and what one may get wrong.

use serde_json::json;
use veche_app::drafts::{self, Edit, NewDraft};
use veche_app::indicators::catalogue;
use veche_app::indicators::preview::{self, Preview};
use veche_app::{AppError, releases, rollout};
use veche_domain::code::{BindingId, Digest};
use veche_domain::decision::Kind;
use veche_domain::facts::FactName;
use veche_domain::indicator::{Breakdown, Dimension};
use veche_domain::limits::LimitsRequest;
use veche_domain::ruleset::{Binding, FailurePolicy};
use veche_tests::guest::{Guest, World, named};

use super::*;
use crate::rules::check;
use crate::world::sample_app;

/// A plug-in of one indicator `x` that can be broken down by everything and reads the bodies, with this body of `measure`.
/// The answer stands at 3350, its first measurement at 3400.
fn guest(unit: &str, code: &str, column: &str, measure: impl Fn(&mut Guest) -> String) -> Vec<u8> {
    let mut guest = Guest::new(World::Indicators).memory("160").import(
        "facts",
        "[resource-drop]fact-stream",
        "(func $drop-facts (param i32))",
    );
    let put = |guest: &mut Guest, at: u32, text: &str| {
        let text = guest.text(text);
        let (address, length) = text.split_once(") (").unwrap();
        format!("(i32.store (i32.const {at}) {address})) (i32.store (i32.const {}) ({length})", at + 4)
    };
    let definition = [
        put(&mut guest, 3100, code),
        "(i32.store (i32.const 3108) (i32.const 3200)) (i32.store (i32.const 3112) (i32.const 1))".into(),
        put(&mut guest, 3116, unit),
        "(i32.store (i32.const 3124) (i32.const 256))".into(),
        "(i32.store (i32.const 3128) (i32.const 3252)) (i32.store (i32.const 3132) (i32.const 1))".into(),
        "(i32.store (i32.const 3136) (i32.const 3300)) (i32.store (i32.const 3140) (i32.const 5))".into(),
        put(&mut guest, 3200, "ru"),
        put(&mut guest, 3208, "Показатель"),
        put(&mut guest, 3252, column),
        "(i32.store (i32.const 3300) (i32.const 0x03020100)) (i32.store8 (i32.const 3304) (i32.const 4))".into(),
        "(i32.store (i32.const 3000) (i32.const 3100)) (i32.store (i32.const 3004) (i32.const 1))".into(),
    ]
    .join("\n");
    let measure = measure(&mut guest);
    let guest = guest
        .body("definitions", &format!("{definition} (i32.const 3000)"))
        .body("measure", &format!("(call $drop-facts (local.get $facts)) {measure}"));
    named(&guest.build(), "indicator-of-a-test")
}

/// Value, numerator, denominator, and a part.
type Said<'a> = (Option<&'a str>, &'a str, Option<&'a str>, Option<(u8, &'a str)>);

/// WAT that answers these measurements.
fn answers(guest: &mut Guest, list: &[Said<'_>]) -> String {
    let mut wat = String::new();
    for (n, (value, numerator, denominator, part)) in list.iter().enumerate() {
        let at = 3400 + 56 * n;
        let option = |at: usize, value: &Option<&str>| match value {
            Some(value) => format!(
                "(i32.store8 (i32.const {at}) (i32.const 1)) (f64.store (i32.const {}) (f64.const {value}))",
                at + 8
            ),
            None => String::new(),
        };
        wat += &option(at, value);
        wat += &format!("(f64.store (i32.const {}) (f64.const {numerator}))", at + 16);
        wat += &option(at + 24, denominator);
        if let Some((dimension, code)) = part {
            let text = guest.text(code);
            let (address, length) = text.split_once(") (").unwrap();
            let to = 3800 + 12 * n;
            wat += &format!(
                "(i32.store8 (i32.const {to}) (i32.const {dimension})) (i32.store (i32.const {}) {address}))
                 (i32.store (i32.const {}) ({length})
                 (i32.store (i32.const {}) (i32.const {to})) (i32.store (i32.const {}) (i32.const 1))",
                to + 4,
                to + 8,
                at + 48,
                at + 52
            );
        }
    }
    let count = list.len();
    format!(
        "{wat} (i32.store (i32.const 3350) (i32.const 0)) (i32.store (i32.const 3354) (i32.const 3400))
         (i32.store (i32.const 3358) (i32.const {count})) (i32.const 3350)"
    )
    .replace("3350", "3352")
    .replace("3354", "3356")
    .replace("3358", "3360")
}

async fn upload(app: &App, component: Vec<u8>) -> Digest {
    let store = &app.store;
    let (region, developer) = (yaroslavl(), actor("developer"));
    let uploaded = releases::upload(store, app.rules.engine(), &region, component, &developer, Some("developer"));
    uploaded.await.unwrap().0.digest
}

async fn preview_of(app: &App, release: Digest, indicator: &str) -> Result<Preview, AppError> {
    let request = preview::Request {
        release,
        indicator: indicator.into(),
        settings: json!({}),
        datasets: Default::default(),
        period: Wanted::Holding(PeriodKind::Month, day("2026-02-01")),
    };
    preview::run(app, &yaroslavl(), request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_may_not_say_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let app = sample_app(folder.path()).await;
    let whole = |value, numerator, denominator| [(value, numerator, denominator, None)];
    let good: Said<'_> = (Some("50"), "1", Some("2"), None);
    let cases: Vec<(&str, Vec<Said<'_>>, &str)> = vec![
        ("%", whole(Some("nan"), "1", Some("2")).into(), "value is no finite number"),
        ("%", whole(Some("50"), "inf", Some("2")).into(), "numerator is no finite number"),
        ("%", whole(Some("0"), "0", Some("0")).into(), "denominator is zero"),
        ("%", whole(None, "1", Some("2")).into(), "there is no value"),
        ("%", whole(Some("150"), "3", Some("2")).into(), "above the denominator"),
        ("%", whole(Some("-50"), "-1", Some("2")).into(), "negative"),
        ("%", whole(Some("80.7"), "57", Some("68")).into(), "is not 100 × numerator ÷ denominator"),
        ("hours", whole(Some("1"), "1", Some("-1")).into(), "negative"),
        (
            "%",
            vec![good, (Some("50"), "1", Some("2"), Some((2, "nobody")))],
            "body \"nobody\" is not in the dictionaries",
        ),
        ("%", vec![good, (Some("50"), "1", Some("2"), Some((0, "no-block")))], "block \"no-block\""),
        ("%", vec![good, good], "given twice"),
        ("%", vec![(Some("50"), "1", Some("2"), Some((2, "min-health")))], "whole region is missing"),
    ];
    for (unit, list, part) in cases {
        let release = upload(&app, guest(unit, "x", "body", |g| answers(g, &list))).await;
        let error = preview_of(&app, release, "x").await.unwrap_err().to_string();
        assert!(error.contains(part), "{list:?}: {error}");
    }
    let calls: [(&str, &str); 4] = [
        ("(loop $again (br $again)) (unreachable)", "fuel"),
        ("(unreachable)", "trapped"),
        // Zeroes are measurements, too: a hundred thousand of them.
        (
            "(i32.store (i32.const 3352) (i32.const 0)) (i32.store (i32.const 3356) (i32.const 131072))
             (i32.store (i32.const 3360) (i32.const 100000)) (i32.const 3352)",
            "output_items",
        ),
        ("(call $fail (i32.const 0) (i32.const 0))", "the plug-in reports"),
    ];
    for (wat, part) in calls {
        let release = upload(&app, guest("%", "x", "body", |_| wat.to_owned())).await;
        let error = preview_of(&app, release, "x").await.unwrap_err().to_string();
        assert!(error.contains(part), "{wat}: {error}");
    }
    let fine = |g: &mut Guest| answers(g, &[good]);
    let definitions = [("X", "body", "must be lower-case"), ("x", "applicant_phone", "which there is not")];
    for (code, column, part) in definitions {
        let release = upload(&app, guest("%", code, column, fine)).await;
        let error = preview_of(&app, release, "x").await.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let release = upload(&app, guest("%", "x", "body", fine)).await;
    assert!(preview_of(&app, release, "y").await.unwrap_err().to_string().contains("indicator \"y\" is unknown"));
    let right = preview_of(&app, release, "x").await.unwrap();
    assert_eq!((right.official, right.measurements.len(), right.measurements[0].value), (false, 1, Some(50.0)));
    let stored = app.store.measured(&yaroslavl(), &MeasuredFilter::default(), 10).await.unwrap();
    assert!(stored.is_empty(), "a preview leaves nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_plugin_is_measured_end_to_end() {
    check(async |app| {
        for n in 0..5 {
            let place =
                json!({"municipality": "78701000", "address": if n < 3 { "ул. Свободы, 1" } else { "ул. Мира, 2" }});
            let external = format!("n{n}");
            let received = format!("2026-02-0{}T06:00:00Z", n + 2);
            let id = take_in(&app, &external, &received, "Глубокая яма на дороге", json!({"place": place})).await;
            let closed = if n < 2 { "2026-02-06T09:00:00Z" } else { "2026-02-27T09:00:00Z" };
            report(&app, id, &[(closed, Happened::Closed)]).await;
            if n == 0 {
                report(&app, id, &[("2026-02-07T09:00:00Z", Happened::Marked { mark: 4 })]).await;
            }
        }
        let job = measure(&app, "2026-02-01", &[]).await;
        assert_eq!((job.done, job.total, job.faults.len()), (job.total, job.total, 0));
        let of = async |code: &str| measured(&app, code, false).await.remove(0);
        let closed = of("region:closed-in-days").await;
        let parts = |m: &Measured| -> Vec<_> {
            m.measurements.iter().map(|m| (m.breakdown.clone(), m.numerator, m.denominator, m.excluded)).collect()
        };
        let body = parts(&closed)[1].0[&Dimension::Body].clone();
        let by_body: Breakdown = [(Dimension::Body, body)].into();
        assert_eq!(parts(&closed), [(Breakdown::new(), 2.0, Some(5.0), 0), (by_body, 2.0, Some(5.0), 0)]);
        assert!(!closed.official, "no passport is active");
        assert!(closed.release.is_some() && closed.ruleset.is_some());
        let yaroslavl: Breakdown = [(Dimension::Municipality, "78701000".to_owned())].into();
        let hot = of("region:repeated-address").await;
        assert_eq!(parts(&hot), [(Breakdown::new(), 3.0, Some(5.0), 0), (yaroslavl.clone(), 3.0, Some(5.0), 0)]);
        let satisfied = of("region:satisfied-by-municipality").await;
        assert_eq!(parts(&satisfied), [(Breakdown::new(), 1.0, Some(1.0), 4), (yaroslavl, 1.0, Some(1.0), 4)]);

        // The address goes to the plug-in under another name, and what was not asked for does not go at all.
        let (region, month) = (crate::world::yaroslavl(), Wanted::Holding(PeriodKind::Month, day("2026-02-01")));
        let period = veche_app::indicators::period(&app, &region, month, Utc::now()).await.unwrap();
        let columns = [FactName::Address, FactName::Mark];
        let facts = veche_app::indicators::facts(&app, &region, &period, &columns).await.unwrap();
        assert_eq!((facts.rows, facts.columns.len()), (5, 2));
        let told = format!("{facts:?}");
        assert!(told.contains("address-2") && !told.contains("Свободы"), "{told}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_indicator_costs_itself_alone() {
    let folder = tempfile::tempdir().unwrap();
    let app = sample_app(folder.path()).await;
    let region = yaroslavl();
    let release = upload(&app, guest("%", "x", "body", |_| "(unreachable)".into())).await;
    let draft =
        drafts::create(&app, &region, NewDraft { title: "с поломкой".into(), ruleset: None }, &Actor::named("admin"))
            .await
            .unwrap();
    let mut ruleset = draft.ruleset.clone();
    ruleset.bindings.push(Binding {
        id: BindingId::new("broken").unwrap(),
        kind: Kind::Indicators,
        block: None,
        release,
        settings: json!({}),
        datasets: Default::default(),
        on_failure: FailurePolicy::Next,
        grants: Default::default(),
        limits: LimitsRequest::default(),
    });
    let draft = drafts::edit(&app, &region, draft.id, draft.version, Edit::Replace(ruleset), &Actor::named("admin"))
        .await
        .unwrap();
    let draft = drafts::validate(&app, &region, draft.id, draft.version, &Actor::named("admin")).await.unwrap();
    rollout::activate(&app, &region, draft.id, draft.version, &Actor::named("admin")).await.unwrap();
    let job = measure(&app, "2026-02-01", &[]).await;
    let faults: Vec<_> = job.faults.iter().map(|fault| fault.indicator.as_str()).collect();
    assert_eq!(faults, ["broken:x"], "{:?}", job.faults);
    assert!(measured(&app, "broken:x", false).await.is_empty());
    assert_eq!(measured(&app, "region:closed-in-days", false).await.len(), 1);
    assert!(catalogue::of(&app, &region).await.unwrap().find("broken:x").is_some());
}
