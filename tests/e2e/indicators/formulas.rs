//! Built-in formulas beside counts by hand, and beside an independent computation.

use serde_json::json;
use veche_domain::decision::State;
use veche_domain::indicator::{Breakdown, Dimension};
use veche_domain::progress::Happened;

use super::*;
use crate::rules::check;
use crate::world::root;

/// A month of a few appeals whose every count is known.
pub(super) async fn february(app: &App) -> Vec<AppealId> {
    // 12 January 2026: answered in February, in time. POS gives 30 days.
    let hole = "Глубокая яма на дороге";
    let a = take_in(app, "a", "2026-01-12T07:00:00Z", hole, json!({})).await;
    let answered = |yes| Happened::Answered { in_substance: Some(yes) };
    report(app, a, &[("2026-02-03T09:00:00Z", answered(true)), ("2026-02-04T09:00:00Z", Happened::Closed)]).await;
    report(app, a, &[("2026-02-05T09:00:00Z", Happened::Marked { mark: 5 })]).await;
    // Received and first reacted to in February; answered late, in April.
    let b = take_in(app, "b", "2026-02-02T06:00:00Z", hole, json!({"regime": "pos-fast"})).await;
    report(app, b, &[("2026-02-02T10:00:00Z", Happened::Reacted), ("2026-04-20T10:00:00Z", answered(false))]).await;
    // Received in February, closed and reopened, closed again, marked badly.
    let c = take_in(app, "c", "2026-02-09T06:00:00Z", hole, json!({})).await;
    report(
        app,
        c,
        &[
            ("2026-02-10T06:00:00Z", answered(true)),
            ("2026-02-10T07:00:00Z", Happened::Closed),
            ("2026-02-11T06:00:00Z", Happened::Reopened),
            ("2026-02-12T06:00:00Z", answered(false)),
            ("2026-02-12T07:00:00Z", Happened::Closed),
            ("2026-02-13T07:00:00Z", Happened::Marked { mark: 2 }),
        ],
    )
    .await;
    // Received in February, never answered, repeated.
    let d = take_in(app, "d", "2026-02-20T06:00:00Z", hole, json!({"attributes": {"repeated": "да"}})).await;
    // On the border: the last second of February in Moscow, and the first of March.
    take_in(app, "e", "2026-02-28T20:59:59Z", hole, json!({})).await;
    take_in(app, "f", "2026-02-28T21:00:00Z", hole, json!({})).await;
    vec![a, b, c, d]
}

fn whole(measured: &[Measured]) -> (Option<f64>, f64, Option<f64>, u64) {
    let m = measured[0].measurements.iter().find(|m| m.breakdown.is_empty()).unwrap();
    (m.value, m.numerator, m.denominator, m.excluded)
}

#[tokio::test(flavor = "multi_thread")]
async fn formulas_count_what_the_page_says() {
    check(async |app| {
        let ids = february(&app).await;
        measure(&app, "2026-02-10", &[]).await;
        let of = async |code: &str| whole(&measured(&app, code, false).await);
        // b, c, d, e.
        assert_eq!(of("received").await, (Some(4.0), 4.0, None, 0));
        // Answered in February: a in time, c in time. b was due in February and not answered by its end.
        let fast_due =
            app.store.appeal(&yaroslavl(), ids[1]).await.unwrap().unwrap().questions[0].verdict.clocks.clone();
        assert!(fast_due.iter().any(|clock| clock.due < at("2026-02-28T21:00:00Z")), "{fast_due:?}");
        assert_eq!(of("on-time").await, (Some(200.0 / 3.0), 2.0, Some(3.0), 0));
        assert_eq!(of("overdue").await, (Some(1.0), 1.0, None, 0));
        assert_eq!(of("repeated").await, (Some(25.0), 1.0, Some(4.0), 0));
        assert_eq!(of("satisfied").await, (Some(50.0), 1.0, Some(2.0), 0));
        assert_eq!(of("fast-track").await, (Some(25.0), 1.0, Some(4.0), 0));
        assert_eq!(of("reopened").await, (Some(50.0), 1.0, Some(2.0), 0));
        assert_eq!(of("in_substance").await, (Some(50.0), 1.0, Some(2.0), 0));
        assert_eq!(of("delivered-automatically").await, (Some(100.0), 4.0, Some(4.0), 0));
        assert_eq!(of("misrouted").await, (Some(0.0), 0.0, Some(4.0), 0));
        // Reactions of February: a (an answer is one), b, c.
        let median = of("first-reaction").await;
        assert_eq!((median.2, median.3), (Some(3.0), 0));
        let newest = &measured(&app, "on-time", false).await[0];
        let roads: Breakdown = [(Dimension::Block, "roads".to_owned())].into();
        assert!(newest.measurements.iter().any(|m| m.breakdown == roads && m.numerator == 2.0), "{newest:?}");
        assert!(newest.official && newest.ruleset.is_some() && newest.set.is_some());
        assert!(!measured(&app, "received", false).await[0].official, "no set names it");
        let state = app.store.appeal(&yaroslavl(), ids[2]).await.unwrap().unwrap().state();
        assert_eq!(state, State::Closed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn measuring_again_changes_nothing_and_another_result_is_a_revision() {
    check(async |app| {
        let ids = february(&app).await;
        measure(&app, "2026-02-01", &[]).await;
        measure(&app, "2026-02-28", &[]).await;
        let same = measured(&app, "on-time", true).await;
        assert_eq!((same.len(), same[0].revision), (1, 1));
        assert!(same[0].confirmed_at > same[0].at);
        // A late report, and the same report again.
        let late = ("2026-02-21T09:00:00Z", Happened::Answered { in_substance: None });
        report(&app, ids[3], std::slice::from_ref(&late)).await;
        let again = Reported {
            appeal: OfAppeal::Id(ids[3]),
            question: 0,
            at: at(late.0),
            happened: late.1,
            actor: Some("account:x".into()),
        };
        let done = progress::report(&app, &yaroslavl(), &[again]).await.unwrap();
        assert_eq!((done.new, done.known), (0, 1));
        measure(&app, "2026-02-01", &["on-time"]).await;
        let history = measured(&app, "on-time", true).await;
        let seen: Vec<_> = history.iter().map(|m| (m.revision, m.newest)).collect();
        assert_eq!(seen, [(2, true), (1, false)]);
        assert_eq!(whole(&history), (Some(75.0), 3.0, Some(4.0), 0));
        assert_eq!(measured(&app, "overdue", true).await.len(), 1, "it was not asked for");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_move_an_appeal_make_it_misrouted() {
    check(async |app| {
        let ids = february(&app).await;
        let correction = veche_app::corrections::Correction {
            body: Some(veche_domain::code::BodyCode::new("road-service").unwrap()),
            reason: "не наша дорога".into(),
            ..Default::default()
        };
        let before = app.store.appeal(&yaroslavl(), ids[3]).await.unwrap().unwrap().questions[0].verdict.clone();
        assert_ne!(before.body, correction.body, "the rules chose another body");
        let op = actor("operator");
        veche_app::corrections::correct(&app.store, &app.rules, &yaroslavl(), ids[3], correction, &op).await.unwrap();
        measure(&app, "2026-02-01", &[]).await;
        assert_eq!(whole(&measured(&app, "delivered-automatically", false).await), (Some(75.0), 3.0, Some(4.0), 0));
        assert_eq!(whole(&measured(&app, "misrouted", false).await), (Some(25.0), 1.0, Some(4.0), 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_must_have_begun_and_not_be_upside_down() {
    let folder = tempfile::tempdir().unwrap();
    let app = crate::world::sample_app(folder.path()).await;
    let region = yaroslavl();
    let request = async |wanted| jobs::request(&app, &region, wanted, Vec::new(), "x").await.unwrap_err().to_string();
    let upside = request(Wanted::Days(day("2026-02-02"), day("2026-02-01"))).await;
    assert!(upside.contains("before it begins"), "{upside}");
    let future = request(Wanted::Holding(PeriodKind::Month, day("2090-02-02"))).await;
    assert!(future.contains("nothing to measure yet"), "{future}");
    let unknown =
        jobs::request(&app, &region, Wanted::Holding(PeriodKind::Day, day("2026-02-02")), vec!["x".into()], "x");
    assert!(unknown.await.unwrap_err().to_string().contains("indicator \"x\" is unknown"));
    // The week of the sample runs from Thursday to Wednesday.
    let week = Wanted::Holding(PeriodKind::Week, day("2026-02-11"));
    let job = jobs::request(&app, &region, week, Vec::new(), "x").await.unwrap();
    assert_eq!((job.period.first, job.period.last), (day("2026-02-05"), day("2026-02-11")));
    jobs::cancel(&app, &region, job.id).await.unwrap();
    assert!(jobs::cancel(&app, &region, job.id).await.unwrap_err().to_string().contains("cancelled already"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_asks_once_for_each_period_that_is_over() {
    check(async |app| {
        let now = at("2026-07-01T00:30:00Z");
        assert_eq!(jobs::schedule(&app, now).await.unwrap(), 5);
        assert_eq!(jobs::schedule(&app, now).await.unwrap(), 0, "asked before");
        let mut labels: Vec<String> =
            app.store.measure_jobs(&yaroslavl(), 10).await.unwrap().iter().map(|job| job.period.label()).collect();
        labels.sort();
        // 03:30 in Moscow on Wednesday, 1 July: the running week began on Thursday, 25 June.
        assert_eq!(labels, ["2025", "2026-06", "2026-06-18/2026-06-24", "2026-06-30", "2026-Q2"]);
        assert_eq!(jobs::schedule(&app, at("2026-07-01T22:00:00Z")).await.unwrap(), 2, "a day and a week");
    })
    .await;
}

/// The same numbers from the rows of the SQLite file, by a program that shares no line with the host.
#[tokio::test(flavor = "multi_thread")]
async fn an_independent_computation_finds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let app = crate::world::sample_app(folder.path()).await;
    let plan = veche_app::indicators::history::HistoryPlan { appeals: 600, until: day("2026-06-01"), days: 365 };
    let sample = root().join("samples/yaroslavl/appeals.csv");
    let made = veche_app::indicators::history::write(&sample, folder.path(), &plan).unwrap();
    let again = tempfile::tempdir().unwrap();
    let repeated = veche_app::indicators::history::write(&sample, again.path(), &plan).unwrap();
    let read = |path: &std::path::Path| std::fs::read(path).unwrap();
    assert_eq!(read(&made.appeals), read(&repeated.appeals), "the same plan, the same files");
    assert_eq!(read(&made.progress), read(&repeated.progress));
    let profile = veche_app::files::Profile::named_or_file("veche").unwrap();
    let (region, rejects) = (yaroslavl(), folder.path().join("rejects.csv"));
    veche_app::bulk::import_file(
        &app.store,
        &app.rules,
        &app.threads,
        &region,
        &made.appeals,
        &profile,
        &rejects,
        &|_, _, _| {},
    )
    .await
    .unwrap();
    let told = progress::import(&app, &region, &made.progress).await.unwrap();
    assert_eq!((told.count.new, told.count.unknown, told.rejected.len()), (made.events, 0, 0), "{told:?}");
    for month in ["2025-10-01", "2025-12-01", "2026-03-01"] {
        measure(&app, month, &[]).await;
    }
    let measured = app.store.measured(&region, &MeasuredFilter::default(), 200).await.unwrap();
    let file = folder.path().join("measured.json");
    std::fs::write(&file, serde_json::to_vec(&measured).unwrap()).unwrap();
    app.store.close().await;
    let checked = std::process::Command::new("python3")
        .arg(root().join("tests/independent/indicators.py"))
        .args([folder.path().join("veche.db"), file, root().join("samples/yaroslavl/categories.csv")])
        .output()
        .expect("python3 is needed for the independent computation: install it (apt-get install python3)");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned() + &String::from_utf8_lossy(&checked.stderr);
    println!("{said}");
    assert!(checked.status.success(), "{said}");
}
