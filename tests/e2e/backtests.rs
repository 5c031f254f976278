//! Back-tests, on both databases: the report, agreement with people, cancelling, going on, and that no appeal is touched.

use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use veche_app::backtest::{self, Report, Request};
use veche_app::bulk::import_file;
use veche_app::corrections::{Correction, correct};
use veche_app::files::Profile;
use veche_app::{App, AppError};
use veche_domain::access::Actor;
use veche_domain::code::CategoryCode;
use veche_domain::lifecycle::JobState;
use veche_store::BacktestRow;

use crate::rules::{active, check, validated};
use crate::world::{by, sample, yaroslavl};

async fn import(app: &App) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::named_or_file("veche").unwrap();
    let (file, rejects) = (sample().join("appeals.csv"), folder.path().join("rejects.csv"));
    let region = yaroslavl();
    import_file(&app.store, &app.rules, &app.threads, &region, &file, &profile, &rejects, &|_, _, _| {})
        .await
        .unwrap()
        .count
        .new
}

async fn request(app: &App, draft: Uuid) -> BacktestRow {
    let request = Request { draft, since: None, until: None };
    backtest::request(app, &yaroslavl(), request, &by("developer")).await.unwrap()
}

async fn run(app: &App, id: Uuid, stop: &CancellationToken) -> Option<BacktestRow> {
    backtest::run_next(app, "here", Some(id), stop, &|_| {}).await.unwrap()
}

fn report(job: &BacktestRow) -> Report {
    serde_json::from_value(job.report.clone()).unwrap()
}

/// Everything that a back-test must leave alone.
async fn appeals(app: &App) -> serde_json::Value {
    let page = app.store.each_appeal(&yaroslavl(), None, 1_000).await.unwrap();
    let mut decisions = 0;
    for stored in &page {
        decisions += app.store.decisions(&yaroslavl(), stored.appeal.id).await.unwrap().len();
    }
    json!({"appeals": page, "decisions": decisions})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_tried_on_history_and_nothing_is_touched() {
    check(async |app| {
        let imported = import(&app).await;
        let before = appeals(&app).await;
        let region = yaroslavl();
        let same = validated(&app, "то же", |_| {}).await;
        let stop = CancellationToken::new();
        let job = request(&app, same.id).await;
        assert_eq!((job.state, job.total), (JobState::Waiting, imported));
        let job = run(&app, job.id, &stop).await.unwrap();
        let r = report(&job);
        assert_eq!((job.state, job.done, r.appeals), (JobState::Done, imported, imported));
        assert_eq!((r.unchanged, r.groups.len()), (r.questions, 0));
        assert_eq!(r.active, r.draft);
        assert_eq!((r.active.category.of, r.active.faulted(), r.unsteady), (r.active.category.right, 0, 0), "{r:?}");

        // A person moves one appeal; the draft that would have known it agrees once more than the active ruleset.
        let stored = app.store.each_appeal(&region, None, 1_000).await.unwrap();
        let routed = stored.iter().find(|s| s.questions[0].verdict.category.is_some()).unwrap();
        let code = routed.questions[0].verdict.category.clone().unwrap();
        let other =
            CategoryCode::new(if code.as_str() == "roads.snow" { "roads.light" } else { "roads.snow" }).unwrap();
        let correction =
            Correction {
                category: Some(other.clone()), reason: "по существу".into(), ..Correction::default()
            };
        correct(&app.store, &app.rules, &region, routed.appeal.id, correction, &Actor::named("operator"))
            .await
            .unwrap();
        let before_draft = appeals(&app).await;
        assert_ne!(before, before_draft);
        let draft = validated(&app, "иначе", |r| _ = r.category_map.insert(code.to_string(), other.clone())).await;
        let job = request(&app, draft.id).await;
        assert_eq!(job.base, active(&app).await);
        let job = run(&app, job.id, &stop).await.unwrap();
        let r = report(&job);
        let group = r.groups.iter().find(|g| g.what == "category").unwrap();
        assert_eq!((group.from.as_str(), group.to.as_str()), (code.as_str(), other.as_str()));
        assert_eq!(group.count, r.changed.category);
        assert!(group.examples.contains(&routed.appeal.id) || group.count > 5, "{group:?}");
        assert_eq!((r.active.category.of_people, r.active.category.right_people), (1, 0));
        assert_eq!((r.draft.category.of_people, r.draft.category.right_people), (1, 1));
        assert!(r.draft.category.right < r.active.category.right + 2);
        assert_eq!(appeals(&app).await, before_draft, "no appeal was touched");
        let text = job.report.to_string();
        assert!(!text.contains("@") && !text.contains(&routed.appeal.content.text), "no personal data");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_back_test_goes_on_and_a_cancelled_one_does_not() {
    check(async |app| {
        // Four pages of the stream.
        let mut appeals = Vec::new();
        for n in 0..3_200 {
            let mut new = crate::rules::appeal("Яма на дороге, фонари не горят");
            new.external_id = Some(n.to_string());
            appeals.push(new);
        }
        for chunk in appeals.chunks(400) {
            let items: Vec<_> = chunk
                .iter()
                .map(|appeal| {
                    let id = veche_domain::appeal::AppealId::new();
                    let digest = appeal.digest();
                    veche_store::Intake { id, digest, appeal: appeal.clone(), key: None, effect: None }
                })
                .collect();
            app.store.save_batch(&yaroslavl(), &items).await.unwrap();
        }
        let draft = validated(&app, "порог", |r| r.threshold = 0.99).await;
        let whole = {
            let job = request(&app, draft.id).await;
            run(&app, job.id, &CancellationToken::new()).await.unwrap()
        };
        // Stopped after the first page, as by a signal: all that was counted is kept, and nothing is counted twice.
        let job = request(&app, draft.id).await;
        let stop = CancellationToken::new();
        let first = backtest::run_next(&app, "a", Some(job.id), &stop, &|_| stop.cancel()).await.unwrap().unwrap();
        assert_eq!(first.state, JobState::Running);
        assert!(first.done > 0 && first.done < first.total, "{} of {}", first.done, first.total);
        let job = run(&app, job.id, &CancellationToken::new()).await.unwrap();
        assert_eq!((job.state, job.done), (JobState::Done, 3_200));
        let counted = |job: &BacktestRow| {
            let mut report = report(job);
            (report.seconds, report.active.calls_us, report.draft.calls_us) = (0.0, 0, 0);
            report
        };
        assert_eq!(counted(&job), counted(&whole));
        assert!(run(&app, job.id, &CancellationToken::new()).await.is_none(), "over is over");

        let job = request(&app, draft.id).await;
        backtest::cancel(&app, &yaroslavl(), job.id).await.unwrap();
        assert!(run(&app, job.id, &CancellationToken::new()).await.is_none());
        let again = backtest::cancel(&app, &yaroslavl(), job.id).await.unwrap_err();
        assert!(again.to_string().contains("cancelled already"), "{again}");
        // Claimed by a host that is gone: nobody else takes it before its lease ends.
        let job = request(&app, draft.id).await;
        let lease = std::time::Duration::from_secs(600);
        assert!(app.store.claim_backtest("gone", Some(job.id), lease).await.unwrap().is_some());
        assert!(run(&app, job.id, &CancellationToken::new()).await.is_none());

        let unknown = Request { draft: Uuid::now_v7(), since: None, until: None };
        let error = backtest::request(&app, &yaroslavl(), unknown, &by("x")).await.unwrap_err();
        assert!(matches!(error, AppError::Unknown { what: "draft", .. }), "{error}");
        let now = chrono::Utc::now();
        let backwards = Request { draft: draft.id, since: Some(now), until: Some(now) };
        let error = backtest::request(&app, &yaroslavl(), backwards, &by("x")).await.unwrap_err();
        assert!(error.to_string().contains("holds nothing"), "{error}");
    })
    .await;
}
