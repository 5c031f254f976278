//! Appeals of the sample region through real components, on both databases.

use tokio_util::sync::CancellationToken;
use veche_app::bulk::import_file;
use veche_app::corrections::{Correction, correct};
use veche_app::files::Profile;
use veche_app::intake::Accepted;
use veche_domain::access::Actor;
use veche_domain::code::{BodyCode, CategoryCode};
use veche_domain::decision::{EventKind, Source, State};
use veche_store::AppealFilter;

use crate::world::{app, databases, load_sample, sample, sample_app, yaroslavl};

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_is_routed_replayed_and_imported_once_on_both_databases() {
    let (folder, urls) = databases().await;
    for url in urls {
        let app = app(&url, &crate::world::cache()).await;
        load_sample(&app).await;
        let profile = Profile::named_or_file("veche").unwrap();
        let file = sample().join("appeals.csv");
        let rejects = folder.path().join("rejects.csv");
        let region = yaroslavl();
        let import =
            || import_file(&app.store, &app.rules, &app.threads, &region, &file, &profile, &rejects, &|_, _, _| {});
        let first = import().await.unwrap();
        assert!(first.rows >= 240, "{first:?}");
        assert_eq!((first.count.new, first.rejected), (first.rows, 0));
        assert!(first.count.assigned * 10 > first.rows * 9, "{first:?}");
        let second = import().await.unwrap();
        assert_eq!((second.count.new, second.count.unchanged), (0, first.rows));
        let decisions = app.store.sample_decisions(&yaroslavl(), 60).await.unwrap();
        assert!(decisions.len() >= 50);
        for id in decisions {
            let replay = app.replay(id).await.unwrap();
            assert!(replay.same_output && replay.same_fuel == Some(true), "{replay:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_routed_by_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let app = sample_app(folder.path()).await;
    let text = "В квартире ледяные батареи, отопления нет третий день";
    let appeal: veche_domain::appeal::NewAppeal = serde_json::from_value(serde_json::json!({
        "channel": "pos", "regime": "59fz", "received_at": "2026-02-05T09:00:00Z", "text": text,
        "place": {"municipality": "78701000"}
    }))
    .unwrap();
    let id = veche_domain::appeal::AppealId::new();
    let waiting = veche_store::Intake { id, digest: appeal.digest(), appeal, key: None, effect: None };
    app.store.save_batch(&yaroslavl(), &[waiting]).await.unwrap();
    let stop = CancellationToken::new();
    let worker = app.start_worker(stop.clone());
    let stored = loop {
        let stored = app.store.appeal(&yaroslavl(), id).await.unwrap().unwrap();
        if stored.state() != State::Received {
            break stored;
        }
        tokio::task::yield_now().await;
    };
    stop.cancel();
    worker.await.unwrap();
    let verdict = &stored.questions[0].verdict;
    assert_eq!(verdict.category.as_ref().unwrap().as_str(), "housing.heating");
    assert_eq!(verdict.body.as_ref().unwrap().as_str(), "heat-company-yaroslavl");
    assert_eq!(verdict.state, State::Assigned);
    // 59-FZ: 30 days from 5 February end on Saturday 7 March 2026, so on Friday the 6th.
    let answer = verdict.clocks.iter().find(|c| c.kind.as_str() == "answer").unwrap();
    assert_eq!(answer.due.to_rfc3339(), "2026-03-06T20:59:59+00:00");
    assert_eq!(app.store.decisions(&yaroslavl(), id).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_an_event_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let app = sample_app(folder.path()).await;
    let appeal = serde_json::from_value(serde_json::json!({
        "channel": "pos", "regime": "pos", "received_at": "2026-02-05T09:00:00Z", "text": "На дороге огромная яма",
        "place": {"municipality": "78715000"}
    }))
    .unwrap();
    let Accepted::New { id, effect } = app.intake.submit(&yaroslavl(), appeal, None).await.unwrap() else {
        panic!("the appeal is new")
    };
    assert_eq!(effect.unwrap().verdicts[0].category.as_ref().unwrap().as_str(), "roads.surface");
    let change = |reason: &str, category: Option<&str>, body: Option<&str>| Correction {
        question: 0,
        category: category.map(|c| CategoryCode::new(c).unwrap()),
        body: body.map(|b| BodyCode::new(b).unwrap()),
        reason: reason.into(),
        version: None,
    };
    let region = yaroslavl();
    let tester = Actor::named("tester");
    let apply = |correction| correct(&app.store, &app.rules, &region, id, correction, &tester);
    for (bad, part) in [
        (change(" ", Some("roads.snow"), None), "say why"),
        (change("так", None, None), "new category"),
        (change("так", Some("roads.none"), None), "category \"roads.none\" is unknown"),
        (change("так", None, Some("nobody")), "body \"nobody\" is unknown"),
    ] {
        let error = apply(bad).await.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(apply(change("это про свет", Some("roads.light"), None)).await.unwrap(), 2);
    assert_eq!(apply(change("передали городу", None, Some("admin-rybinsk"))).await.unwrap(), 3);
    let stored = app.store.appeal(&yaroslavl(), id).await.unwrap().unwrap();
    let verdict = &stored.questions[0].verdict;
    assert_eq!(verdict.category.as_ref().unwrap().as_str(), "roads.light");
    assert_eq!(verdict.body.as_ref().unwrap().as_str(), "admin-rybinsk");
    assert_eq!((verdict.category_source, verdict.body_source), (Some(Source::Person), Some(Source::Person)));
    let events: Vec<_> = app.store.events(&yaroslavl(), id).await.unwrap().into_iter().map(|e| e.kind).collect();
    assert_eq!(events, [EventKind::Routed, EventKind::Recategorized, EventKind::Redirected, EventKind::Redirected]);
    let filter = AppealFilter { body: Some(BodyCode::new("admin-rybinsk").unwrap()), ..AppealFilter::default() };
    assert_eq!(app.store.appeals(&yaroslavl(), &filter, None, 10).await.unwrap().items.len(), 1);
}
