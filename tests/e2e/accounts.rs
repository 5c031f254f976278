//! Accounts, sessions and API tokens, on both databases; time passes by argument.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use veche_app::accounts::{self, Present, SignedIn};
use veche_app::{AppError, audit};
use veche_domain::access::Actor;
use veche_domain::audit::Chain;
use veche_domain::code::Digest;
use veche_store::{AccountChange, Store, StoreError};

use crate::access::{Served, grants_of, read};
use crate::host_process::{make_account, must, run};
use crate::world::{app, databases};

const PASSWORD: &str = "семь сонных ежей у реки";

async fn check(test: impl AsyncFn(Store)) {
    let (_folder, urls) = databases().await;
    for url in urls {
        let store = Store::connect(&url).await.unwrap();
        println!("on {}", store.backend());
        test(store).await;
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

async fn ivanova(store: &Store) {
    let grants = grants_of(&["operator@r/roads"]);
    accounts::create(store, "ivanova", "Иванова Инна", PASSWORD, grants, &Actor::named("test")).await.unwrap();
}

async fn sign_in(store: &Store, password: &str, at: DateTime<Utc>) -> Result<SignedIn, AppError> {
    accounts::sign_in(store, "ivanova", password, None, at).await
}

async fn present(store: &Store, secret: &str, at: DateTime<Utc>) -> Option<Present> {
    accounts::present(store, secret, at).await.unwrap()
}

#[tokio::test]
async fn wrong_passwords_lock_the_account_for_a_while() {
    check(async |store| {
        ivanova(&store).await;
        let unknown = accounts::sign_in(&store, "nobody", PASSWORD, None, now()).await.unwrap_err().to_string();
        for _ in 0..5 {
            let wrong = sign_in(&store, "не тот пароль", now()).await.unwrap_err();
            assert_eq!(wrong.to_string(), unknown, "no word about which of them was wrong");
        }
        let locked = sign_in(&store, PASSWORD, now() + TimeDelta::seconds(29)).await.unwrap_err();
        assert!(matches!(locked, AppError::Locked { seconds: 1 }), "{locked}");
        assert!(matches!(sign_in(&store, "x", now() + TimeDelta::seconds(30)).await, Err(AppError::SignIn)));
        let longer = sign_in(&store, PASSWORD, now() + TimeDelta::seconds(60)).await.unwrap_err();
        assert!(matches!(longer, AppError::Locked { seconds: 30 }), "{longer}");
        sign_in(&store, PASSWORD, now() + TimeDelta::seconds(90)).await.unwrap();
        assert_eq!(store.account_by_login("ivanova").await.unwrap().unwrap().failures, 0);
    })
    .await;
}

#[tokio::test]
async fn a_lock_out_tells_nobody_who_has_an_account() {
    check(async |store| {
        ivanova(&store).await;
        let actor = Actor::named("test");
        let gone = accounts::create(&store, "petrova", "П", PASSWORD, grants_of(&["head@r"]), &actor).await.unwrap();
        let disable = AccountChange { disabled: Some(true), ..AccountChange::default() };
        accounts::change(&store, &gone, &disable, &actor).await.unwrap();
        let mut answers = Vec::new();
        // The last is what people type by mistake; it is kept as a digest alone.
        for login in ["ivanova", "petrova", "nobody", "мой пароль 1234"] {
            let mut said = Vec::new();
            for second in [0, 0, 0, 0, 0, 0, 29, 30, 31, 90] {
                let at = now() + TimeDelta::seconds(second);
                said.push(accounts::sign_in(&store, login, "не тот пароль", None, at).await.unwrap_err().to_string());
            }
            answers.push(said);
        }
        assert!(answers[0][4].contains("is wrong") && answers[0][5].contains("try again in 30 s"), "{answers:?}");
        assert!(answers[0][6].contains("in 1 s") && answers[0][8].contains("in 59 s"), "{answers:?}");
        assert!(answers.iter().all(|said| *said == answers[0]), "{answers:#?}");
        // Wrong passwords are forgotten after a while, for everybody alike: five are free again.
        let later = now() + TimeDelta::hours(7);
        for login in ["ivanova", "petrova", "nobody"] {
            for _ in 0..5 {
                let error = accounts::sign_in(&store, login, "не тот пароль", None, later).await.unwrap_err();
                assert!(matches!(error, AppError::SignIn), "{login}: {error}");
            }
            let error = accounts::sign_in(&store, login, "не тот пароль", None, later).await.unwrap_err();
            assert!(matches!(error, AppError::Locked { seconds: 30 }), "{login}: {error}");
        }
        let typed = Digest::of("мой пароль 1234".as_bytes());
        assert_eq!(store.unknown_login_locked_until(&typed).await.unwrap(), None, "nobody tried it again: it is gone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_login_says_when_to_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(app(&folder.path().join("veche.db").display().to_string(), folder.path()).await).await;
    let credentials = json!({"login": "nobody", "password": "не тот пароль"});
    for n in 0..6 {
        let post = served.client.post(format!("{}/api/v1/session", served.address)).json(&credentials);
        let response = post.send().await.unwrap();
        let wait = response.headers().get("retry-after").map(|value| value.to_str().unwrap().parse::<u64>().unwrap());
        match n {
            5 => assert!(response.status() == 429 && wait.is_some_and(|wait| (25..=30).contains(&wait)), "{wait:?}"),
            _ => assert_eq!((response.status().as_u16(), wait), (401, None)),
        }
    }
}

#[tokio::test]
async fn a_session_rotates_and_ends() {
    check(async |store| {
        ivanova(&store).await;
        let first = sign_in(&store, PASSWORD, now()).await.unwrap().secret;
        let minutes = |n| now() + TimeDelta::minutes(n);
        assert!(present(&store, &first, minutes(14)).await.unwrap().rotated.is_none());
        let second = present(&store, &first, minutes(15)).await.unwrap().rotated.unwrap();
        // What was on its way with the old secret still counts, and does not rotate again.
        assert!(present(&store, &first, minutes(15)).await.unwrap().rotated.is_none());
        assert!(present(&store, &second, minutes(16)).await.is_some());
        assert!(present(&store, "0".repeat(64).as_str(), minutes(16)).await.is_none());
        // The old one coming late was copied: the session is over for both.
        assert!(present(&store, &first, minutes(17)).await.is_none());
        assert!(present(&store, &second, minutes(17)).await.is_none());

        let idle = sign_in(&store, PASSWORD, now()).await.unwrap().secret;
        assert!(present(&store, &idle, minutes(30)).await.is_none());
        let mut long = sign_in(&store, PASSWORD, now()).await.unwrap().secret;
        for minute in (10..720).step_by(10) {
            let present = present(&store, &long, minutes(minute)).await.unwrap();
            long = present.rotated.unwrap_or(long);
        }
        assert!(present(&store, &long, minutes(720)).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn what_ends_an_account_ends_its_sessions() {
    check(async |store| {
        ivanova(&store).await;
        let actor = Actor::named("test");
        let account = async || store.account_by_login("ivanova").await.unwrap().unwrap();
        let secrets = [
            sign_in(&store, PASSWORD, now()).await.unwrap().secret,
            sign_in(&store, PASSWORD, now()).await.unwrap().secret,
        ];
        assert_eq!(store.end_sessions(&account().await, &actor).await.unwrap(), 2);
        for secret in secrets {
            assert!(present(&store, &secret, now()).await.is_none());
        }
        let secret = sign_in(&store, PASSWORD, now()).await.unwrap().secret;
        let seen = account().await;
        let disable = AccountChange { disabled: Some(true), ..AccountChange::default() };
        accounts::change(&store, &seen, &disable, &actor).await.unwrap();
        assert!(present(&store, &secret, now()).await.is_none());
        assert!(matches!(sign_in(&store, PASSWORD, now()).await, Err(AppError::SignIn)));
        let stale = accounts::change(&store, &seen, &disable, &actor).await.unwrap_err();
        assert!(matches!(stale, AppError::Store(StoreError::Conflict { .. })), "{stale}");
        let taken = accounts::create(&store, "ivanova", "Другая", PASSWORD, grants_of(&["head@r"]), &actor).await;
        assert!(matches!(taken, Err(AppError::Store(StoreError::Conflict { .. }))));
        let verified = audit::verify(&store, &Chain::from_text("r").unwrap(), None).await.unwrap();
        assert_eq!((verified.entries, verified.faults.len()), (6, 0), "made, three sign-ins, ended, disabled");
    })
    .await;
}

#[tokio::test]
async fn an_api_token_expires_and_is_revoked() {
    check(async |store| {
        let actor = Actor::named("test");
        let grants = grants_of(&["intake@r"]);
        let (id, secret) = accounts::create_token(&store, "портал", &grants, 7, &actor, now()).await.unwrap();
        assert!(secret.starts_with("veche_") && secret.len() == 70);
        let found = async |at| accounts::token(&store, &secret, at).await.unwrap();
        assert_eq!(found(now()).await.unwrap().grants, grants);
        assert_eq!(store.tokens().await.unwrap()[0].last_used_at, Some(now()));
        assert!(found(now() + TimeDelta::days(7)).await.is_none());
        assert!(accounts::token(&store, &secret.replace("veche_", "veche-"), now()).await.unwrap().is_none());
        let token = store.tokens().await.unwrap().remove(0);
        assert!(token.id == id && store.revoke_token(&token, &actor).await.unwrap());
        assert!(!store.revoke_token(&token, &actor).await.unwrap());
        assert!(found(now()).await.is_none());
        assert!(accounts::create_token(&store, "x", &grants, 0, &actor, now()).await.is_err());
        assert!(accounts::create_token(&store, "x", &grants, 367, &actor, now()).await.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_writes_by_cookie() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let actor = Actor::named("test");
    let store = &served.app.store;
    accounts::create(store, "petrov", "Петров", PASSWORD, grants_of(&["administrator@yaroslavl"]), &actor)
        .await
        .unwrap();
    let url = |path: &str| format!("{}/api/v1{path}", served.address);
    let credentials = json!({"login": "petrov", "password": PASSWORD});
    let foreign = served.client.post(url("/session")).header("sec-fetch-site", "cross-site").json(&credentials);
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    let response = served.client.post(url("/session")).json(&credentials).send().await.unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["__Host-veche=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part) && !cookie.contains("Domain"), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let (_, me) = read(response).await;
    assert_eq!((&me["actor"], &me["grants"]), (&json!("account:petrov"), &json!(["administrator@yaroslavl"])));
    let csrf = me["csrf"].as_str().unwrap();
    let (status, again) = read(served.client.get(url("/me")).header("cookie", &cookie).send().await.unwrap()).await;
    assert_eq!((status, &again), (200, &me));
    let last = if cookie.ends_with('0') { '1' } else { '0' };
    let tampered = format!("{}{last}", &cookie[..cookie.len() - 1]);
    let tampered = served.client.get(url("/me")).header("cookie", tampered).send().await.unwrap();
    assert_eq!(tampered.status(), 401);

    let make =
        |login: &str, grant: &str| json!({"login": login, "name": "Кто-то", "password": PASSWORD, "grants": [grant]});
    let post = async |csrf: Option<&str>, body: &serde_json::Value| {
        let mut request = served.client.post(url("/accounts")).header("cookie", &cookie).json(body);
        if let Some(csrf) = csrf {
            request = request.header("x-csrf-token", csrf);
        }
        read(request.send().await.unwrap()).await
    };
    let good = make("sidorov", "operator@yaroslavl");
    for (csrf, body, status, part) in [
        (None, &good, 403, "x-csrf-token"),
        (Some("0"), &good, 403, "x-csrf-token"),
        (Some(csrf), &make("a.b", "curator@yaroslavl"), 403, "not yours to give"),
        (Some(csrf), &make("a.b", "operator@tver"), 403, "not yours to give"),
        (Some(csrf), &make("a.b", "boss@yaroslavl"), 422, "boss"),
        (Some(csrf), &make("a.b", "head@yaroslavl/roads"), 422, "without blocks"),
        (Some(csrf), &make("A B", "operator@yaroslavl"), 422, "login"),
        (Some(csrf), &good, 201, "sidorov"),
        (Some(csrf), &good, 409, "sidorov"),
    ] {
        let (found, answer) = post(csrf, body).await;
        assert!(found == status && answer.to_string().contains(part), "{found} {answer}");
        assert!(!answer.to_string().contains("argon2"), "{answer}");
    }
    accounts::create(store, "curator", "К", PASSWORD, grants_of(&["curator@yaroslavl"]), &actor).await.unwrap();
    let patch = async |login: &str, body: serde_json::Value| {
        let request = served.client.patch(url(&format!("/accounts/{login}"))).header("cookie", &cookie);
        read(request.header("x-csrf-token", csrf).json(&body).send().await.unwrap()).await
    };
    assert_eq!(patch("petrov", json!({"version": 1, "grants": ["head@yaroslavl"]})).await.0, 403, "one's own roles");
    assert_eq!(patch("curator", json!({"version": 1, "disabled": true})).await.0, 404, "not theirs to know");
    assert_eq!(patch("sidorov", json!({"version": 9, "disabled": true})).await.0, 409);
    let (status, changed) = patch("sidorov", json!({"version": 1, "grants": ["block_lead@yaroslavl/roads"]})).await;
    assert_eq!((status, &changed["grants"]), (200, &json!(["block_lead@yaroslavl/roads"])));
    let (_, list) = read(served.client.get(url("/accounts")).header("cookie", &cookie).send().await.unwrap()).await;
    assert_eq!(list.as_array().unwrap().len(), 1, "neither the curator nor the administrator: {list}");

    let put = async |old: &str, new: &str| {
        let request = served.client.put(url("/me/password")).header("cookie", &cookie).header("x-csrf-token", csrf);
        read(request.json(&json!({"old": old, "new": new})).send().await.unwrap()).await.0
    };
    assert_eq!(put("не тот пароль", "восемь быстрых лис").await, 401);
    assert_eq!(put(PASSWORD, "коротко").await, 422);
    assert_eq!(put(PASSWORD, "восемь быстрых лис").await, 204);
    let over = served.client.get(url("/me")).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(over.status(), 401, "a new password ends every session");
}

#[test]
fn accounts_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let create = |login: &str, grant: &str, password: &str| make_account(folder.path(), login, grant, password);
    assert!(create("first", "host_administrator", PASSWORD).0);
    assert!(create("second", "operator@", PASSWORD).1.contains("region code"));
    assert!(create("second", "operator@r", "short").1.contains("12 to 128"));
    assert!(create("first", "operator@r", PASSWORD).1.contains("first"));
    assert!(must(folder.path(), &["account", "list"]).contains("first\tИмя\tactive\thost_administrator"));
    must(folder.path(), &["account", "disable", "first"]);
    assert!(must(folder.path(), &["account", "list"]).contains("disabled"));
    must(folder.path(), &["account", "enable", "first"]);
    assert!(run(folder.path(), &["account", "disable", "nobody"]).err.contains("veche account list"));
    let secret = must(folder.path(), &["token", "create", "портал", "--grant", "intake@r", "--days", "3"]);
    assert!(secret.starts_with("veche_"));
    let list = must(folder.path(), &["token", "list"]);
    assert!(list.contains("портал") && !list.contains(secret.trim()), "{list}");
    let id = list.split('\t').next().unwrap();
    assert!(must(folder.path(), &["token", "revoke", id]).contains("revoked"));
    let said = must(folder.path(), &["audit", "verify"]);
    assert!(said.contains("chain *: 3 entries") && said.contains("chain r: 2 entries"), "{said}");
}
