//! Personal data on both databases: sealed at rest, rotated, exported for one person, erased by an act.

use serde_json::{Value, json};
use veche_app::{audit, people};
use veche_domain::access::Actor;
use veche_domain::appeal::{AppealId, NewAppeal};
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{Digest, RegionCode};
use veche_store::testing::execute;
use veche_store::{Intake, Store, StoreError, Vault};

use crate::access::Served;
use crate::host_process::{must, run, veche};
use crate::world::{databases, sample_app, vault, yaroslavl};

fn region() -> RegionCode {
    RegionCode::new("r").unwrap()
}

fn appeal(text: &str, applicant: Value) -> NewAppeal {
    serde_json::from_value(
        json!({"channel": "pos", "regime": "pos", "received_at": "2026-03-01T10:00:00Z", "text": text,
        "applicant": applicant}),
    )
    .unwrap()
}

async fn save(store: &Store, text: &str, applicant: Value) -> AppealId {
    let (id, appeal) = (AppealId::new(), appeal(text, applicant));
    let effect = Some(veche_app::pipeline::hold(id, 1, Digest::of(b"rules")));
    let item = Intake { id, digest: appeal.digest(), appeal, key: None, effect };
    store.save_batch(&region(), &[item]).await.unwrap();
    id
}

async fn applicant(store: &Store, id: AppealId) -> Result<Value, StoreError> {
    let stored = store.appeal(&region(), id).await?.unwrap();
    Ok(serde_json::to_value(stored.appeal.content.applicant).unwrap())
}

#[tokio::test]
async fn plain_rows_are_sealed_and_keys_are_rotated() {
    let (old, new) = (format!("old:{}", "1".repeat(64)), format!("new:{}", "2".repeat(64)));
    let (_folder, urls) = databases().await;
    for url in urls {
        let open = async |vault: Vault| Store::connect(&url).await.unwrap().with_vault(vault);
        let keys = |text: &str| Vault::with_keys(text).unwrap();
        let mouse = json!({"kind": "citizen", "name": "Мышкина", "phone": "+79001234567"});
        let plain = open(Vault::plain()).await;
        let first = save(&plain, "яма", mouse.clone()).await;
        for _ in 0..6 {
            save(&plain, "яма", mouse.clone()).await;
        }
        let anonymous = save(&open(Vault::default()).await, "без имени", json!({})).await;
        let actor = Actor::named("test");
        let first_key = open(keys(&old)).await;
        assert_eq!(applicant(&first_key, first).await.unwrap(), mouse, "plain rows are read until they are sealed");
        let second = save(&first_key, "снег", mouse.clone()).await;
        let counts = [first_key.reseal(5, &actor).await.unwrap(), first_key.reseal(5, &actor).await.unwrap()];
        assert_eq!((counts, first_key.reseal(5, &actor).await.unwrap()), ([5, 2], 0));
        assert!(matches!(applicant(&plain, first).await, Err(StoreError::UnknownKey { .. })));
        assert!(matches!(plain.reseal(5, &actor).await, Err(StoreError::NoKey)));

        let both = open(keys(&format!("{new}\n{old}"))).await;
        assert_eq!(applicant(&both, second).await.unwrap(), mouse);
        assert_eq!(both.reseal(100, &actor).await.unwrap(), 8);
        let alone = open(keys(&new)).await;
        for id in [first, second] {
            assert_eq!(applicant(&alone, id).await.unwrap(), mouse);
            assert!(matches!(applicant(&first_key, id).await, Err(StoreError::UnknownKey { .. })));
        }
        assert_eq!(alone.appeals_of_person(&region(), first).await.unwrap().len(), 8);
        assert_eq!(applicant(&open(Vault::default()).await, anonymous).await.unwrap(), json!({"kind": "citizen"}));
        let moved = format!(
            "UPDATE applicant SET data = (SELECT data FROM applicant WHERE appeal_id = {a}) WHERE appeal_id = {b}",
            a = literal(&url, first),
            b = literal(&url, second)
        );
        execute(&url, &moved).await.unwrap();
        assert!(
            matches!(applicant(&alone, second).await, Err(StoreError::Corrupt { .. })),
            "another's row does not open"
        );
        let verified = audit::verify(&alone, &Chain::Host, None).await.unwrap();
        assert_eq!((verified.entries, verified.faults.len()), (3, 0));
    }
}

fn literal(url: &str, id: AppealId) -> String {
    if url.starts_with("postgres") { format!("'{id}'") } else { format!("x'{}'", id.0.simple()) }
}

#[tokio::test]
async fn a_person_is_exported_and_erased_and_the_chain_stays_whole() {
    let (_folder, urls) = databases().await;
    for url in urls {
        let store = Store::connect(&url).await.unwrap().with_vault(vault());
        let mine = json!({"name": "Мышкина Тётя", "phone": "+7 900 123-45-67"});
        let first = save(&store, "Мышкина Тётя просит убрать снег", mine.clone()).await;
        let same = save(&store, "яма", json!({"phone": "8(900)1234567", "name": "М. Т."})).await;
        let other = save(&store, "снег", json!({"name": "Мышкина Тётя"})).await;
        let actor = Actor::named("account:head");
        let chain = Chain::Region(region());
        for id in [first, same, other] {
            let fact = Fact::new(chain.clone(), &actor, Deed::Correct, format!("appeal {id}"));
            store.log(&[fact.private("reason", "просила соседка Мышкиной")]).await.unwrap();
        }
        let export = people::export(&store, &region(), first, &actor).await.unwrap();
        assert_eq!(export.appeals, [first, same], "a namesake is another person");
        let deeds: Vec<_> = export.entries.iter().map(|e| (e.entry.seq, e.entry.deed.as_str())).collect();
        assert_eq!(deeds, [(1, "correct"), (2, "correct"), (4, "export_person")]);
        assert_eq!(export.entries[0].personal, Some(json!({"reason": "просила соседка Мышкиной"})));

        let date = chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let later = chrono::Utc::now().date_naive() + chrono::Days::new(2);
        let erase = async |ids: &[AppealId], number: &str, date| {
            people::erase(&store, &region(), ids, number, date, &actor).await.map_err(|e| e.to_string())
        };
        assert!(erase(&[first], " ", date).await.unwrap_err().contains("number of its act"));
        assert!(erase(&[first], "7", later).await.unwrap_err().contains("future"));
        assert!(erase(&[], "7", date).await.unwrap_err().contains("1 to 1,000"));
        assert!(erase(&[first, AppealId::new()], "7", date).await.unwrap_err().contains("unknown"));
        assert!(applicant(&store, first).await.unwrap()["name"].is_string(), "nothing was erased by halves");
        erase(&export.appeals, "7-УПД", date).await.unwrap();

        for id in [first, same] {
            assert_eq!(applicant(&store, id).await.unwrap(), json!({"kind": "citizen"}));
        }
        let text = store.appeal(&region(), first).await.unwrap().unwrap().appeal.content.text;
        assert_eq!(text, "[ФИО] просит убрать снег");
        assert_eq!(applicant(&store, other).await.unwrap()["name"], "Мышкина Тётя");
        let verified = audit::verify(&store, &chain, None).await.unwrap();
        assert_eq!((verified.entries, verified.erased, verified.faults.len()), (6, 2, 0));
        let after = people::export(&store, &region(), first, &actor).await.unwrap();
        let erased = after.entries.iter().find(|e| e.entry.deed == "erase_person").unwrap();
        assert_eq!((&*erased.entry.details["act_number"], &*erased.entry.details["act_date"]), ("7-УПД", "2026-11-20"));
        assert!(after.entries.iter().all(|e| e.personal.is_none()), "{after:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_of_a_person_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(sample_app(folder.path()).await).await;
    let intake = served.token(&["intake@yaroslavl"]).await;
    let head = served.token(&["head@yaroslavl"]).await;
    let body = json!({"channel": "pos", "regime": "pos", "text": "Яма", "applicant": {"email": "mouse@example.org"}});
    let (_, new) = served.send("POST", "/regions/yaroslavl/appeals", Some(&intake), Some(&body)).await;
    let id = new["id"].as_str().unwrap();
    let path = |more: &str| format!("/regions/yaroslavl/appeals/{id}{more}");
    assert_eq!(
        served.send("GET", &path("/original"), Some(&head), None).await.1["applicant"]["email"],
        "mouse@example.org"
    );
    let (status, export) = served.send("GET", &path("/person"), Some(&head), None).await;
    assert_eq!((status, &export["appeals"]), (200, &json!([id])), "{export}");
    let erasure = |date: &str| json!({"appeals": [id], "act": {"number": "7", "date": date}});
    let erase = async |token: &str, body: &Value| {
        served.send("POST", "/regions/yaroslavl/erasures", Some(token), Some(body)).await.0
    };
    assert_eq!(erase(&intake, &erasure("2026-11-20")).await, 403);
    assert_eq!(erase(&head, &erasure("20.11.2026")).await, 422);
    assert_eq!(erase(&head, &erasure("2026-11-20")).await, 204);
    let (_, original) = served.send("GET", &path("/original"), Some(&head), None).await;
    assert_eq!(original["applicant"], json!({"kind": "citizen"}));
    let chain = Chain::Region(yaroslavl());
    assert!(audit::verify(&served.app.store, &chain, None).await.unwrap().faults.is_empty());
}

#[test]
fn a_host_without_a_key_serves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let said = |change: fn(&mut std::process::Command), args: &[&str]| {
        let mut command = veche(folder.path());
        change(&mut command);
        let output = command.args(args).output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let without_key = |command: &mut std::process::Command| {
        command.env_remove("VECHE_DATA_KEY");
    };
    let (ok, error) = said(without_key, &["serve"]);
    assert!(!ok && error.contains("veche keys new") && error.contains("--plaintext-personal-data"), "{error}");
    let (ok, error) = said(|_| {}, &["serve", "--plaintext-personal-data"]);
    assert!(!ok && error.contains("leave one of them out"), "{error}");
    let (ok, error) = said(
        |command| {
            command.env("VECHE_DATA_KEY", "k:12");
        },
        &["serve"],
    );
    assert!(!ok && error.contains("key 1") && !error.contains("12"), "{error}");
    assert!(run(folder.path(), &["keys", "rotate"]).out.contains("0 applicants"));
    let key = must(folder.path(), &["keys", "new"]);
    Vault::with_keys(&key).unwrap();
    assert_ne!(key, must(folder.path(), &["keys", "new"]));
    let file = folder.path().join("data.key");
    std::fs::write(&file, key).unwrap();
    let file = file.display().to_string();
    let (ok, error) = said(without_key, &["keys", "rotate", "--data-key-file", &file]);
    assert!(ok, "{error}");
}
