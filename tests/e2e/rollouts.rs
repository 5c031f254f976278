//! Shadow and canary, on both databases: no effect in shadow even when it faults or overflows; a faulting canary is taken back.

use veche_app::rollout::{self, Out};
use veche_app::shadow::{self, ShadowDoor};
use veche_app::{App, drafts};
use veche_domain::appeal::{Appeal, AppealId};
use veche_domain::decision::{Outcome, State};
use veche_domain::lifecycle::{Guard, Stage};
use veche_sandbox::Threads;
use veche_store::DraftRow;

use crate::rules::{active, appeal, check, decided_by, validated};
use crate::world::{by, sample, yaroslavl};

/// A draft whose routing table names bodies that the region does not have: every answer of it is refused.
async fn faulty(app: &App) -> DraftRow {
    let routes = std::fs::read_to_string(sample().join("datasets/routes.csv")).unwrap();
    let mut table = csv::Reader::from_reader(routes.as_bytes());
    let headers = table.headers().unwrap().clone();
    let body = headers.iter().position(|h| h == "body").unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&headers).unwrap();
    for record in table.records() {
        let row: Vec<String> = record
            .unwrap()
            .iter()
            .enumerate()
            .map(|(i, cell)| if i == body { "nobody".into() } else { cell.into() })
            .collect();
        writer.write_record(&row).unwrap();
    }
    let bytes = writer.into_inner().unwrap();
    let (row, _) =
        veche_app::datasets::upload(&app.store, &yaroslavl(), "routes", "table", bytes, &by("admin")).await.unwrap();
    let digest = row.digest;
    validated(app, "сломанная таблица", |r| _ = r.bindings[1].datasets.insert("routes".into(), digest)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ruleset_in_shadow_is_counted_and_changes_nothing_even_when_it_faults() {
    check(async |app| {
        let region = yaroslavl();
        let base = active(&app).await;
        let draft = faulty(&app).await;
        let out = rollout::begin(&app, &region, draft.id, draft.version, Out::Shadow, &by("admin")).await.unwrap();
        assert_eq!((out.stage, out.base), (Stage::Shadow, base));
        let mut ids = Vec::new();
        for _ in 0..5 {
            let (id, by) = decided_by(&app, "Яма на дороге, колесо пробито").await;
            assert_eq!(by, base);
            ids.push(id);
        }
        // The shadow follows; wait until it is there.
        let comparison = loop {
            let comparison = rollout::compare(&app, &region).await.unwrap().unwrap();
            if comparison.shadow.questions == 5 {
                break comparison;
            }
            tokio::task::yield_now().await;
        };
        let shadow = comparison.shadow;
        assert_eq!((shadow.same_category, shadow.same_body, shadow.faults), (5, 0, 5), "{shadow:?}");
        assert_eq!((comparison.active.questions, comparison.active.faults), (5, 0));
        assert_eq!(comparison.canary.questions, 0);
        for id in ids {
            let stored = app.store.appeal(&region, id).await.unwrap().unwrap();
            assert_eq!((stored.questions[0].ruleset, stored.state()), (Some(base), State::Assigned));
            let decisions = app.store.decisions(&region, id).await.unwrap();
            assert!(decisions.iter().all(|d| d.ruleset == base), "the shadow's are elsewhere");
            assert_eq!(app.store.events(&region, id).await.unwrap().len(), 1);
        }
        let differences = app.store.shadow_differences(&region, out.ruleset, 10).await.unwrap();
        assert_eq!(differences.len(), 5);
        assert_eq!(differences[0].decisions.last().unwrap().outcome, Outcome::Rejected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_shadow_queue_drops_and_counts() {
    check(async |app| {
        let region = yaroslavl();
        let draft = validated(&app, "порог", |r| r.threshold = 0.4).await;
        let out = rollout::begin(&app, &region, draft.id, draft.version, Out::Shadow, &by("admin")).await.unwrap();
        let live = app.rules.live(&region).await.unwrap().unwrap();
        let (door, mut queue) = ShadowDoor::with_room(1);
        let group = |n: usize| {
            (0..n)
                .map(|_| {
                    let appeal = Appeal { id: AppealId::new(), content: appeal("Яма") };
                    let effect = veche_app::pipeline::decide(&live.active, &appeal);
                    (appeal, effect)
                })
                .collect::<Vec<_>>()
        };
        door.offer(&region, &live, || group(2));
        door.offer(&region, &live, || group(3));
        door.offer(&region, &live, || group(4));
        let threads = Threads::start(Some(1)).unwrap();
        assert!(queue.take(&app.store, &threads).await.unwrap());
        let comparison = rollout::compare(&app, &region).await.unwrap().unwrap();
        assert_eq!((comparison.shadow.questions, comparison.rollout.dropped), (2, 7));
        // Old ones end, and those that are counted now stay.
        let now = chrono::Utc::now();
        assert_eq!(shadow::prune_before(&app.store, now - chrono::TimeDelta::days(90)).await.unwrap(), 0);
        let decided = app.store.delete_shadow(now + chrono::TimeDelta::seconds(60), 1).await.unwrap();
        assert_eq!(
            (decided, shadow::prune_before(&app.store, now + chrono::TimeDelta::seconds(60)).await.unwrap()),
            (1, 1)
        );
        assert_eq!(rollout::compare(&app, &region).await.unwrap().unwrap().shadow.questions, 0);
        assert_eq!(comparison.rollout.ruleset, out.ruleset);
        drop(door);
        assert!(!queue.take(&app.store, &threads).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulting_canary_is_taken_back_and_its_appeals_are_not_lost() {
    check(async |app| {
        let region = yaroslavl();
        let base = active(&app).await;
        let draft = faulty(&app).await;
        let guard = Guard { min_sample: 4, max_extra_faults: 0.1, max_extra_redirects: 1.0 };
        let out = Out::Canary { percent: 50, guard };
        let out = rollout::begin(&app, &region, draft.id, draft.version, out, &by("admin")).await.unwrap();
        let mut bad = Vec::new();
        while bad.len() < 4 {
            assert_eq!(rollout::guard(&app, &region).await.unwrap(), None, "the sample is not full");
            let (id, by) = decided_by(&app, "Яма на дороге, колесо пробито").await;
            if by == out.ruleset {
                bad.push(id);
            }
        }
        let breach = rollout::guard(&app, &region).await.unwrap().unwrap();
        assert!(breach.starts_with("share of faults"), "{breach}");
        assert_eq!(drafts::find(&app, &region, draft.id).await.unwrap().stage, Stage::Validated);
        for id in bad {
            let stored = app.store.appeal(&region, id).await.unwrap().unwrap();
            let verdict = &stored.questions[0].verdict;
            assert!(verdict.category.is_some() && (verdict.body.is_some() || verdict.state == State::NeedsPerson));
        }
        for _ in 0..6 {
            assert_eq!(decided_by(&app, "Яма").await.1, base);
        }
        let events = app.store.rules_events(&region, 10).await.unwrap();
        let kinds: Vec<_> = events.iter().take(2).map(|e| e.kind.as_str()).collect();
        assert_eq!(kinds, ["taken_back", "canaried"]);
    })
    .await;
}
