//! What the store keeps of sign-ins and identities, on both databases.

use chrono::{DateTime, TimeDelta, Utc};
use veche_app::accounts;
use veche_domain::access::Actor;
use veche_domain::code::Digest;
use veche_store::{AccountChange, Begun, Identity, NewAccount, Store, StoreError};

use super::PASSWORD;
use crate::access::grants_of;
use crate::world::databases;

async fn check(test: impl AsyncFn(Store)) {
    let (_folder, urls) = databases().await;
    for url in urls {
        let store = Store::connect(&url).await.unwrap();
        println!("on {}", store.backend());
        test(store).await;
    }
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn begun(state: &str, at: DateTime<Utc>) -> Begun {
    let (nonce, verifier, return_to) = ("n".into(), "v".into(), "/".into());
    Begun { state: digest(state), browser: digest("browser"), nonce, verifier, return_to, begun_at: at }
}

#[tokio::test]
async fn a_sign_in_is_taken_once_by_its_browser_and_swept() {
    check(async |store| {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let over = now - TimeDelta::minutes(10);
        store.begin_sign_in(&begun("a", now), over).await.unwrap();
        assert_eq!(store.take_sign_in(&digest("a"), &digest("another")).await.unwrap(), None);
        assert_eq!(store.take_sign_in(&digest("b"), &digest("browser")).await.unwrap(), None);
        assert_eq!(store.take_sign_in(&digest("a"), &digest("browser")).await.unwrap(), Some(begun("a", now)));
        assert_eq!(store.take_sign_in(&digest("a"), &digest("browser")).await.unwrap(), None);
        store.begin_sign_in(&begun("old", now), over).await.unwrap();
        store.begin_sign_in(&begun("new", now + TimeDelta::minutes(11)), now + TimeDelta::minutes(1)).await.unwrap();
        assert_eq!(store.take_sign_in(&digest("old"), &digest("browser")).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn an_identity_has_one_account_and_an_account_one_identity() {
    check(async |store| {
        let actor = Actor::named("test");
        let identity = |subject: &str| Identity { issuer: "https://id.example.org".into(), subject: subject.into() };
        let new = |login: &str, subject: &str| NewAccount {
            login: login.into(),
            name: "Имя".into(),
            grants: grants_of(&["head@r"]),
            password: None,
            identity: Some(identity(subject)),
        };
        let made = store.create_account(&new("a", "1"), &actor).await.unwrap();
        assert_eq!((made.password.as_ref(), made.identity.as_ref()), (None, Some(&identity("1"))));
        let twice = store.create_account(&new("b", "1"), &actor).await.unwrap_err();
        assert!(matches!(twice, StoreError::Conflict { .. }), "{twice}");
        assert_eq!(store.account_by_login("b").await.unwrap(), None, "nothing of it stays");
        assert_eq!(store.account_by_identity(&identity("1")).await.unwrap().unwrap().login, "a");
        assert_eq!(store.account_by_identity(&identity("2")).await.unwrap(), None);

        let local = accounts::create(&store, "local", "Л", PASSWORD, grants_of(&["head@r"]), &actor).await.unwrap();
        let session = accounts::sign_in(&store, "local", PASSWORD, None, Utc::now()).await.unwrap();
        let taken = accounts::link(&store, &local, "https://id.example.org", "1", &actor).await.unwrap_err();
        assert!(taken.to_string().contains("an account's"), "{taken}");
        assert!(accounts::link(&store, &made, "https://id.example.org", "9", &actor).await.is_err());
        assert!(accounts::link(&store, &local, "https://id.example.org", " 3", &actor).await.is_err());
        accounts::link(&store, &local, "https://id.example.org", "3", &actor).await.unwrap();
        assert!(accounts::present(&store, &session.secret, Utc::now()).await.unwrap().is_none(), "its sessions end");
        assert!(accounts::sign_in(&store, "local", PASSWORD, None, Utc::now()).await.is_err(), "its password is gone");
        let linked = store.account_by_identity(&identity("3")).await.unwrap().unwrap();
        assert_eq!((linked.login.as_str(), linked.version), ("local", local.version + 1));
        for change in [
            AccountChange { password: Some("x".into()), ..AccountChange::default() },
            AccountChange { grants: Some(grants_of(&["curator@r"])), ..AccountChange::default() },
        ] {
            assert!(accounts::change(&store, &linked, &change, &actor).await.is_err(), "not here");
        }
    })
    .await;
}
