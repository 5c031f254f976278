//! Rulesets under control, on both databases: drafts, versions, checks, consent, activation, rollback.

use serde_json::json;
use veche_app::drafts::{self, Edit, NewDraft};
use veche_app::rollout::{self, Out};
use veche_app::{App, AppError};
use veche_domain::access::Actor;
use veche_domain::appeal::{Appeal, AppealId, NewAppeal};
use veche_domain::code::{BindingId, BlockCode, Digest};
use veche_domain::diff::Language;
use veche_domain::lifecycle::{Guard, RulesPolicy, Stage, in_canary};
use veche_domain::ruleset::Ruleset;
use veche_store::{DraftRow, StoreError};

use crate::world::{app, by, databases, load_sample, yaroslavl};

/// Runs a test with the sample region on each database.
pub(crate) async fn check(test: impl AsyncFn(App)) {
    let (_folder, urls) = databases().await;
    for url in urls {
        let app = app(&url, &crate::world::cache()).await;
        load_sample(&app).await;
        println!("on {}", app.store.backend());
        test(app).await;
    }
}

pub(crate) async fn active(app: &App) -> Digest {
    app.region(&yaroslavl()).await.unwrap().ruleset.unwrap()
}

/// A draft that was changed by `change` and checked.
pub(crate) async fn validated(app: &App, title: &str, change: impl FnOnce(&mut Ruleset)) -> DraftRow {
    let region = yaroslavl();
    let draft =
        drafts::create(app, &region, NewDraft { title: title.into(), ruleset: None }, &by("admin")).await.unwrap();
    let mut ruleset = draft.ruleset.clone();
    change(&mut ruleset);
    let draft =
        drafts::edit(app, &region, draft.id, draft.version, Edit::Replace(ruleset), &by("admin")).await.unwrap();
    drafts::validate(app, &region, draft.id, draft.version, &by("admin")).await.unwrap()
}

pub(crate) fn appeal(text: &str) -> NewAppeal {
    serde_json::from_value(json!({
        "channel": "pos", "regime": "59fz", "received_at": "2026-02-05T09:00:00Z", "text": text,
        "place": {"municipality": "78701000"}
    }))
    .unwrap()
}

/// The ruleset that decided on an appeal that comes now.
pub(crate) async fn decided_by(app: &App, text: &str) -> (AppealId, Digest) {
    match app.intake.submit(&yaroslavl(), appeal(text), None).await.unwrap() {
        veche_app::intake::Accepted::New { id, effect } => (id, effect.unwrap().ruleset),
        veche_app::intake::Accepted::Existing { .. } => panic!("the appeal is new"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_goes_from_edit_to_active_and_back() {
    check(async |app| {
        let region = yaroslavl();
        let first = active(&app).await;
        let draft = validated(&app, "Мягче порог", |r| r.threshold = 0.5).await;
        assert_eq!((draft.stage, draft.version, draft.digest), (Stage::Validated, 3, Some(draft.ruleset.digest())));
        let before = app.rules.live(&region).await.unwrap().unwrap();

        let second = rollout::activate(&app, &region, draft.id, draft.version, &by("admin")).await.unwrap();
        assert_eq!((second, active(&app).await), (draft.digest.unwrap(), second));
        assert_eq!(drafts::find(&app, &region, draft.id).await.unwrap().stage, Stage::Active);
        assert_eq!(decided_by(&app, "Яма на дороге").await.1, second, "the next appeal gets it");
        // In flight: what was taken before decides on, and is stored under the ruleset that it began with.
        let content = appeal("Ещё яма");
        let flying = Appeal { id: AppealId::new(), content: content.clone() };
        let effect = veche_app::pipeline::decide(before.for_appeal(flying.id), &flying);
        let digest = content.digest();
        let intake = veche_store::Intake { id: flying.id, appeal: content, digest, key: None, effect: Some(effect) };
        app.store.save_batch(&region, &[intake]).await.unwrap();
        let stored = app.store.appeal(&region, flying.id).await.unwrap().unwrap();
        assert_eq!(stored.questions[0].ruleset, Some(first));

        let third = validated(&app, "Ещё мягче", |r| r.threshold = 0.6).await;
        let third = rollout::activate(&app, &region, third.id, third.version, &by("admin")).await.unwrap();
        assert_eq!(drafts::find(&app, &region, draft.id).await.unwrap().stage, Stage::Archived);
        // Twice back is two steps back, not there and back again.
        for (expected, reason) in [(second, "много переносов"), (first, "и это не то")] {
            assert_eq!(rollout::rollback(&app, &region, None, reason, &by("head")).await.unwrap(), expected);
            assert_eq!(decided_by(&app, "Снова яма").await.1, expected);
        }
        let nothing = rollout::rollback(&app, &region, None, "дальше", &by("head")).await.unwrap_err();
        assert!(nothing.to_string().contains("nothing to go back to"), "{nothing}");
        assert_eq!(rollout::rollback(&app, &region, Some(third), "передумали", &by("head")).await.unwrap(), third);
        let foreign = rollout::rollback(&app, &region, Some(Digest::of(b"x")), "так", &by("head")).await.unwrap_err();
        assert!(matches!(foreign, AppError::Unknown { .. }), "{foreign}");
        let history = app.store.activations(&region, 10).await.unwrap();
        let seen: Vec<_> = history.iter().map(|a| (a.ruleset, a.rollback)).collect();
        let expected = [(third, true), (first, true), (second, true), (third, false), (second, false), (first, false)];
        assert_eq!(seen, expected);
        assert_eq!(history[1].reason.as_deref(), Some("и это не то"));
        assert_eq!(history[3].previous, Some(second));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_cannot_overwrite_each_other() {
    check(async |app| {
        let region = yaroslavl();
        let new = || NewDraft { title: "Правка".into(), ruleset: None };
        let draft = drafts::create(&app, &region, new(), &by("first")).await.unwrap();
        let mut mine = draft.ruleset.clone();
        mine.bindings[0].settings["min_score"] = json!(1.5);
        let edit = async |seen, ruleset: &Ruleset| {
            drafts::edit(&app, &region, draft.id, seen, Edit::Replace(ruleset.clone()), &by("x")).await
        };
        assert_eq!(edit(1, &mine).await.unwrap().version, 2);
        let mut theirs = draft.ruleset.clone();
        theirs.threshold = 0.9;
        match edit(1, &theirs).await.unwrap_err() {
            AppError::Stale { seen: 1, found: 2, difference } => {
                assert_eq!(difference.len(), 1, "{difference:?}");
                assert!(
                    difference[0].contains("categorizer-keywords") && difference[0].contains("`min_score` 1.0 → 1.5"),
                    "{difference:?}"
                );
            }
            other => panic!("{other}"),
        }
        // Two activations over the same base: the second is refused.
        let a = validated(&app, "a", |r| r.threshold = 0.41).await;
        let b = validated(&app, "b", |r| r.threshold = 0.42).await;
        rollout::activate(&app, &region, a.id, a.version, &by("x")).await.unwrap();
        let late = rollout::activate(&app, &region, b.id, b.version, &by("y")).await.unwrap_err();
        assert!(matches!(late, AppError::Store(StoreError::Conflict { .. })), "{late}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_draft_is_named_at_its_place() {
    check(async |app| {
        let region = yaroslavl();
        type Change = fn(&mut Ruleset);
        let cases: [(Change, &str, &str); 10] = [
            (|r| r.bindings[0].settings["min_score"] = json!("x"), "bindings/keywords/settings/min_score", "number"),
            (|r| r.bindings[0].grants.clear(), "bindings/keywords/grants", "permission `log`"),
            (
                |r| _ = r.bindings[0].grants.insert(veche_domain::decision::Permission::Applicant),
                "bindings/keywords/grants",
                "does not ask for the permission `applicant`",
            ),
            (|r| r.bindings[0].release = Digest::of(b"nowhere"), "bindings/keywords/release", "not in this region"),
            (|r| r.bindings[0].kind = veche_domain::decision::Kind::Router, "bindings/keywords", "exports no router"),
            (
                |r| _ = r.bindings[0].datasets.insert("keywords".into(), Digest::of(b"nowhere")),
                "bindings/keywords/datasets",
                "upload it first",
            ),
            (|r| r.bindings[1].id = r.bindings[0].id.clone(), "bindings", "given twice"),
            (|r| r.threshold = 1.5, "thresholds", "must be from 0 to 1"),
            (
                |r| {
                    let code = |text: &str| veche_domain::code::CategoryCode::new(text).unwrap();
                    r.category_map.insert("roads.snow".into(), code("roads.surface"));
                    r.category_map.insert("roads.surface".into(), code("roads.snow"));
                },
                "category_map",
                "leads back to itself",
            ),
            (|r| r.bindings[0].block = Some(BlockCode::new("sea").unwrap()), "blocks", "\"sea\""),
        ];
        for (change, place, part) in cases {
            let draft =
                drafts::create(&app, &region, NewDraft { title: "x".into(), ruleset: None }, &by("a")).await.unwrap();
            let mut ruleset = draft.ruleset.clone();
            change(&mut ruleset);
            let draft = drafts::edit(&app, &region, draft.id, 1, Edit::Replace(ruleset), &by("a")).await.unwrap();
            match drafts::validate(&app, &region, draft.id, 2, &by("a")).await.unwrap_err() {
                AppError::Draft(faults) => {
                    let fits = |f: &veche_app::DraftFault| f.place == place && f.message.contains(part);
                    assert!(faults.iter().any(fits), "{place}, {part}: {faults:?}");
                }
                other => panic!("{place}, {part}: {other}"),
            }
            assert_eq!(drafts::find(&app, &region, draft.id).await.unwrap().stage, Stage::Draft);
            let out = rollout::begin(&app, &region, draft.id, 2, Out::Shadow, &by("a")).await.unwrap_err();
            assert!(out.to_string().contains("validate it first"), "{out}");
        }
        let draft =
            drafts::create(&app, &region, NewDraft { title: "y".into(), ruleset: None }, &by("a")).await.unwrap();
        let id = |text: &str| BindingId::new(text).unwrap();
        for (order, part) in [
            (vec![id("table"), id("table")], "given twice"),
            (vec![id("table")], "is missing"),
            (vec![id("table"), id("keywords"), id("none")], "\"none\" is unknown"),
        ] {
            let error = drafts::edit(&app, &region, draft.id, 1, Edit::Order(order), &by("a")).await.unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
        let order = Edit::Order(vec![id("table"), id("keywords"), id("region")]);
        let draft = drafts::edit(&app, &region, draft.id, 1, order, &by("a")).await.unwrap();
        assert_eq!(draft.ruleset.bindings[0].id, id("table"));
        for title in ["", " ", &"x".repeat(201)] {
            let new = NewDraft { title: title.into(), ruleset: None };
            assert!(drafts::create(&app, &region, new, &by("a")).await.unwrap_err().to_string().starts_with("title"));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_changes_only_with_the_consent_of_its_lead() {
    check(async |app| {
        let region = yaroslavl();
        let roads = BlockCode::new("roads").unwrap();
        let policy = RulesPolicy { consent: [roads.clone()].into(), ..RulesPolicy::default() };
        drafts::set_policy(&app, &region, &policy, &by("head")).await.unwrap();
        let elsewhere = validated(&app, "не дороги", |r| r.threshold = 0.44).await;
        rollout::begin(&app, &region, elsewhere.id, elsewhere.version, Out::Shadow, &by("admin")).await.unwrap();
        let now = drafts::find(&app, &region, elsewhere.id).await.unwrap();
        rollout::withdraw(&app, &region, now.id, now.version, &by("admin")).await.unwrap();

        let draft = validated(&app, "дороги", |r| _ = r.thresholds.insert(BlockCode::new("roads").unwrap(), 0.6)).await;
        let refused = rollout::activate(&app, &region, draft.id, draft.version, &by("admin")).await.unwrap_err();
        assert!(matches!(&refused, AppError::Consent(blocks) if blocks == &["roads"]), "{refused}");
        drafts::consent(&app, &region, draft.id, draft.version, &roads, &by("Дорожный зам")).await.unwrap();
        // A change of the block after the consent makes it void.
        let mut ruleset = draft.ruleset.clone();
        ruleset.thresholds.insert(roads.clone(), 0.61);
        let edited =
            drafts::edit(&app, &region, draft.id, draft.version, Edit::Replace(ruleset), &by("a")).await.unwrap();
        let draft = drafts::validate(&app, &region, edited.id, edited.version, &by("a")).await.unwrap();
        let refused = rollout::activate(&app, &region, draft.id, draft.version, &by("admin")).await.unwrap_err();
        assert!(matches!(refused, AppError::Consent(_)), "{refused}");
        let directly =
            veche_app::regions::activate(&app, draft.ruleset.clone(), None, &Actor::named("admin")).await.unwrap_err();
        assert!(matches!(directly, AppError::Consent(_)), "{directly}");
        drafts::consent(&app, &region, draft.id, draft.version, &roads, &by("Дорожный зам")).await.unwrap();
        rollout::activate(&app, &region, draft.id, draft.version, &by("admin")).await.unwrap();
        let consents = app.store.consents(draft.id).await.unwrap();
        assert_eq!((consents.len(), consents[0].name.as_str()), (1, "Дорожный зам"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_takes_its_share_and_is_taken_back_when_people_redirect() {
    check(async |app| {
        let region = yaroslavl();
        let base = active(&app).await;
        let draft = validated(&app, "канарейка", |r| r.threshold = 0.36).await;
        let guard = Guard { min_sample: 5, max_extra_faults: 0.02, max_extra_redirects: 0.2 };
        let out = Out::Canary { percent: 50, guard };
        let rollout = rollout::begin(&app, &region, draft.id, draft.version, out, &by("admin")).await.unwrap();
        let other = validated(&app, "другая", |r| r.threshold = 0.37).await;
        let busy = rollout::begin(&app, &region, other.id, other.version, Out::Shadow, &by("admin")).await.unwrap_err();
        assert!(busy.to_string().contains("withdraw it first"), "{busy}");
        let mut canaries = Vec::new();
        while canaries.len() < 6 {
            let (id, by) = decided_by(&app, "Яма на дороге, колесо пробито").await;
            assert_eq!(by, if in_canary(id, 50) { rollout.ruleset } else { base });
            if by == rollout.ruleset {
                canaries.push(id);
            }
        }
        assert_eq!(rollout::guard(&app, &region).await.unwrap(), None, "nobody redirected yet");
        for id in canaries.iter().take(4) {
            let body = veche_domain::code::BodyCode::new("admin-rybinsk").unwrap();
            let correction =
                veche_app::corrections::Correction {
                    body: Some(body), reason: "не туда".into(), ..Default::default()
                };
            veche_app::corrections::correct(
                &app.store,
                &app.rules,
                &region,
                *id,
                correction,
                &Actor::named("operator"),
            )
            .await
            .unwrap();
        }
        let comparison = rollout::compare(&app, &region).await.unwrap().unwrap();
        assert_eq!((comparison.canary.questions, comparison.canary.redirected), (6, 4));
        assert_eq!(comparison.active.redirected, 0);
        let breach = rollout::guard(&app, &region).await.unwrap().unwrap();
        assert!(breach.contains("redirects"), "{breach}");
        assert_eq!(app.region(&region).await.unwrap().rollout, None);
        assert_eq!(drafts::find(&app, &region, draft.id).await.unwrap().stage, Stage::Validated);
        let event = app.store.rules_events(&region, 1).await.unwrap().remove(0);
        assert_eq!((event.kind.as_str(), event.actor, event.reason), ("taken_back", None, Some(breach)));
        for _ in 0..6 {
            assert_eq!(decided_by(&app, "Яма").await.1, base);
        }
        assert_eq!(rollout::guard(&app, &region).await.unwrap(), None);
        let before = app.rules.ruleset(&base).await.unwrap();
        let words = drafts::difference(&app, &region, &before, &draft.ruleset, Language::English).await.unwrap();
        assert_eq!(words, ["Whole region: threshold 0.35 → 0.36"]);
    })
    .await;
}
