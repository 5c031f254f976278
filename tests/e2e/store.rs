//! The store keeps its promises on both databases.

use std::time::Duration;

use chrono::{TimeZone as _, Utc};
use veche_domain::access::Actor;
use veche_domain::appeal::{AppealId, Applicant, NewAppeal, Place};
use veche_domain::code::{ChannelCode, Digest, RegimeCode, RegionCode};
use veche_domain::decision::{Effect, State};
use veche_store::{AppealFilter, BlobKind, IdempotencyKey, Intake, Saved, Store, StoreError};

use crate::world::{databases, vault};

async fn check(test: impl AsyncFn(Store)) {
    let (_folder, urls) = databases().await;
    for url in urls {
        let store = Store::connect(&url).await.unwrap().with_vault(vault());
        println!("on {}", store.backend());
        test(store).await;
    }
}

fn region() -> RegionCode {
    RegionCode::new("r").unwrap()
}

fn appeal(external: Option<&str>, text: &str) -> NewAppeal {
    NewAppeal {
        channel: ChannelCode::new("pos").unwrap(),
        external_id: external.map(str::to_owned),
        regime: RegimeCode::new("pos").unwrap(),
        received_at: Utc.with_ymd_and_hms(2026, 3, 1, 10, 0, 0).unwrap(),
        applicant: Applicant { name: Some("Тестова Анна".into()), ..Applicant::default() },
        text: text.into(),
        questions: vec![],
        place: Place::default(),
        attachments: vec![],
        attributes: Default::default(),
    }
}

fn intake(appeal: NewAppeal, key: Option<&str>, decided: bool) -> Intake {
    let id = AppealId::new();
    let key = key.map(|k| IdempotencyKey { key: k.into(), request: appeal.digest() });
    let effect = decided.then(|| veche_app::pipeline::hold(id, 1, Digest::of(b"rules")));
    Intake { id, digest: appeal.digest(), appeal, key, effect }
}

#[tokio::test]
async fn a_repeated_delivery_changes_nothing() {
    check(async |store| {
        let first = intake(appeal(Some("1"), "яма"), None, true);
        assert_eq!(store.save_batch(&region(), std::slice::from_ref(&first)).await.unwrap(), [Saved::New]);
        let batch = [
            intake(appeal(Some("1"), "яма"), None, true),
            intake(appeal(Some("1"), "другая яма"), None, true),
            intake(appeal(Some("2"), "снег"), None, true),
            intake(appeal(Some("2"), "снег"), None, true),
            intake(appeal(None, "без номера"), None, true),
            intake(appeal(None, "без номера"), None, true),
        ];
        let saved = store.save_batch(&region(), &batch).await.unwrap();
        assert_eq!(
            saved,
            [
                Saved::Existing { id: first.id, same: true },
                Saved::Existing { id: first.id, same: false },
                Saved::New,
                Saved::Existing { id: batch[2].id, same: true },
                Saved::New,
                Saved::New,
            ]
        );
        let stored = store.appeal(&region(), first.id).await.unwrap().unwrap();
        assert_eq!(stored.appeal.content, first.appeal);
        assert_eq!(store.counts(&region()).await.unwrap().get("needs_person"), Some(&4));
    })
    .await;
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_one_request() {
    check(async |store| {
        let first = intake(appeal(None, "яма"), Some("k"), true);
        store.save_batch(&region(), std::slice::from_ref(&first)).await.unwrap();
        let again = [intake(appeal(None, "яма"), Some("k"), true), intake(appeal(None, "снег"), Some("k"), true)];
        let saved = store.save_batch(&region(), &again).await.unwrap();
        assert_eq!(saved, [Saved::Existing { id: first.id, same: true }, Saved::KeyReused { id: first.id }]);
        assert_eq!(store.counts(&region()).await.unwrap().get("needs_person"), Some(&1));
    })
    .await;
}

#[tokio::test]
async fn a_claim_belongs_to_one_host_and_an_effect_is_written_once() {
    check(async |store| {
        let items: Vec<_> = (0..20).map(|n| intake(appeal(Some(&n.to_string()), "яма"), None, false)).collect();
        store.save_batch(&region(), &items).await.unwrap();
        let lease = Duration::from_secs(60);
        let a = store.claim("a", 15, lease).await.unwrap();
        let b = store.claim("b", 15, lease).await.unwrap();
        assert_eq!((a.len(), b.len()), (15, 5));
        assert!(a.iter().all(|x| b.iter().all(|y| x.appeal.id != y.appeal.id)));
        // A lease that is over goes to another host; the late one changes nothing.
        let effects = |claims: &[veche_store::Claimed]| -> Vec<Effect> {
            claims.iter().map(|c| veche_app::pipeline::hold(c.appeal.id, 1, Digest::of(b"r"))).collect()
        };
        assert_eq!(store.finish("b", &effects(&b)).await.unwrap(), 5);
        assert_eq!(store.finish("b", &effects(&b)).await.unwrap(), 0);
        assert_eq!(store.finish("b", &effects(&a)).await.unwrap(), 0);
        assert_eq!(store.finish("a", &effects(&a)).await.unwrap(), 15);
        assert_eq!(store.pending_count(&region()).await.unwrap(), 0);
        assert_eq!(store.counts(&region()).await.unwrap().get("needs_person"), Some(&20));
    })
    .await;
}

#[tokio::test]
async fn an_expired_lease_comes_back() {
    check(async |store| {
        store.save_batch(&region(), &[intake(appeal(None, "яма"), None, false)]).await.unwrap();
        let first = store.claim("a", 5, Duration::ZERO).await.unwrap();
        let second = store.claim("b", 5, Duration::from_secs(60)).await.unwrap();
        assert_eq!((first.len(), second.len(), second[0].attempts), (1, 1, 2));
        let effect = [veche_app::pipeline::hold(first[0].appeal.id, 1, Digest::of(b"r"))];
        assert_eq!(store.finish("a", &effect).await.unwrap(), 0);
        assert_eq!(store.finish("b", &effect).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn corrections_need_the_version_that_was_seen() {
    check(async |store| {
        let item = intake(appeal(None, "яма"), None, true);
        store.save_batch(&region(), std::slice::from_ref(&item)).await.unwrap();
        let row = store.appeal(&region(), item.id).await.unwrap().unwrap().questions.remove(0);
        let mut verdict = row.verdict.clone();
        verdict.state = State::Assigned;
        assert_eq!(
            store.correct(&region(), item.id, 0, Some(1), &verdict, &[], &Actor::named("test")).await.unwrap(),
            2
        );
        let late =
            store.correct(&region(), item.id, 0, Some(1), &verdict, &[], &Actor::named("test")).await.unwrap_err();
        assert!(matches!(late, StoreError::Conflict { .. }), "{late}");
        let unknown =
            store.correct(&region(), AppealId::new(), 0, None, &verdict, &[], &Actor::named("test")).await.unwrap_err();
        assert!(matches!(unknown, StoreError::NotFound { .. }), "{unknown}");
    })
    .await;
}

#[tokio::test]
async fn pages_hold_each_appeal_once() {
    check(async |store| {
        // All received at the same moment: the id decides.
        let items: Vec<_> = (0..23).map(|n| intake(appeal(Some(&n.to_string()), "яма"), None, true)).collect();
        store.save_batch(&region(), &items).await.unwrap();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = store.appeals(&region(), &AppealFilter::default(), cursor, 5).await.unwrap();
            seen.extend(page.items.iter().map(|i| i.appeal.id));
            cursor = page.next.map(|c| c.to_string().parse().unwrap());
            if cursor.is_none() {
                break;
            }
        }
        let mut expected: Vec<_> = items.iter().map(|i| i.id).collect();
        expected.sort();
        expected.reverse();
        assert_eq!(seen, expected);
        let filter = AppealFilter { state: Some(State::Assigned), ..AppealFilter::default() };
        assert!(store.appeals(&region(), &filter, None, 5).await.unwrap().items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn rulesets_are_activated_by_compare_and_swap() {
    check(async |store| {
        let region_value =
            serde_json::from_value(serde_json::json!({"code": "r", "name": "R", "time_zone": "UTC"})).unwrap();
        store.save_region(&region_value, Digest::of(b"d"), Digest::of(b"c"), &Actor::named("test")).await.unwrap();
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        store.activate_ruleset(&region(), a, Some(None), &Actor::named("x")).await.unwrap();
        let stale = store.activate_ruleset(&region(), b, Some(None), &Actor::named("x")).await.unwrap_err();
        assert!(matches!(stale, StoreError::Conflict { .. }), "{stale}");
        store.activate_ruleset(&region(), b, Some(Some(a)), &Actor::named("x")).await.unwrap();
        assert_eq!(store.region(&region()).await.unwrap().unwrap().ruleset, Some(b));
        assert_eq!(store.activations(&region(), 10).await.unwrap().len(), 2);
        let bytes = store.put_blob(BlobKind::Dataset, b"x").await.unwrap();
        assert_eq!(store.put_blob(BlobKind::Dataset, b"x").await.unwrap(), bytes);
        assert_eq!(store.blob(&bytes).await.unwrap().as_deref(), Some(b"x".as_slice()));
        assert_eq!(store.blob(&a).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "not a database, just a long enough text to be one page ".repeat(100)).unwrap();
    let error = Store::connect(&path.display().to_string()).await.err().unwrap().to_string();
    assert!(error.contains("notes.txt") && error.contains("no SQLite database"), "{error}");
}

#[tokio::test]
async fn a_database_of_a_newer_veche_is_left_alone() {
    let (_folder, urls) = databases().await;
    for url in urls {
        Store::connect(&url).await.unwrap().close().await;
        veche_store::testing::add_migration(&url, 9_999).await.unwrap();
        let error = Store::connect(&url).await.err().unwrap();
        assert!(matches!(error, StoreError::Newer { found: 9_999, .. }), "{error}");
        assert!(error.to_string().contains("made by a newer Veche"), "{error}");
    }
}

#[tokio::test]
async fn a_full_database_stores_nothing_and_goes_on_when_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::connect(folder.path().join("veche.db").to_str().unwrap()).await.unwrap().with_vault(vault());
    let many = |from: usize| -> Vec<_> {
        (from..from + 200).map(|n| intake(appeal(Some(&n.to_string()), &"яма ".repeat(500)), None, true)).collect()
    };
    store.save_batch(&region(), &many(0)).await.unwrap();
    veche_store::testing::limit_growth(&store, 8).await.unwrap();
    let batch = many(200);
    let error = store.save_batch(&region(), &batch).await.unwrap_err();
    assert!(matches!(error, StoreError::Full), "{error}");
    assert_eq!(store.counts(&region()).await.unwrap().get("needs_person"), Some(&200));
    veche_store::testing::limit_growth(&store, 1_000_000).await.unwrap();
    store.save_batch(&region(), &batch).await.unwrap();
    assert_eq!(store.counts(&region()).await.unwrap().get("needs_person"), Some(&400));
}

#[tokio::test]
async fn a_locked_database_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("veche.db");
    let store = Store::connect(path.to_str().unwrap()).await.unwrap().with_vault(vault());
    let lock = veche_store::testing::hold_write_lock(&path).await.unwrap();
    let item = [intake(appeal(Some("1"), "яма"), None, true)];
    let error = store.save_batch(&region(), &item).await.unwrap_err();
    assert!(matches!(error, StoreError::Locked) && error.to_string().contains("another process"), "{error}");
    // Readers go on, and so does the writer once the other one has let go.
    assert!(store.counts(&region()).await.unwrap().is_empty());
    drop(lock);
    assert_eq!(store.save_batch(&region(), &item).await.unwrap(), [Saved::New]);
}

#[tokio::test]
async fn a_database_that_goes_away_is_not_reachable() {
    let (_folder, urls) = databases().await;
    let url = &urls[1];
    let store = Store::connect(url).await.unwrap().with_vault(vault());
    veche_store::testing::drop_database(url).await.unwrap();
    let error = store.save_batch(&region(), &[intake(appeal(None, "яма"), None, true)]).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let error = Store::connect(url).await.err().unwrap().to_string();
    assert!(error.contains("cannot be opened") && error.contains("does not exist"), "{error}");
    let error = Store::connect("postgres://user:secret@127.0.0.1:9/veche").await.err().unwrap().to_string();
    assert!(error.contains("127.0.0.1:9/veche") && !error.contains("secret"), "{error}");
}
