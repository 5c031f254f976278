//! States that are replayed, strange or old, and ID tokens that do not hold.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use veche_app::AppError;
use veche_app::oidc::{Back, OidcError};

use super::browser::Browser;
use super::{BEGUN, Centre, SESSION, START};
use crate::access::read;

fn query(url: &str, name: &str) -> String {
    let url: reqwest::Url = url.parse().unwrap();
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

/// The same address with another value of a parameter.
fn with(url: &str, name: &str, value: &str) -> String {
    url.replace(&query(url, name), value)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_counts_once_and_in_its_own_browser() {
    let centre = Centre::start(&[]).await;
    let host = centre.served.address.clone();
    let mut browser = Browser::new();
    let back = browser.until_back(&centre.url(START), "subject-roads").await;
    let state = query(&back, "state");
    let own = browser.cookie(&host, BEGUN).unwrap();
    let last = if state.ends_with('0') { '1' } else { '0' };
    let wrong = format!("{}{last}", &state[..63]);

    // Each of these fails in the same words, and none spoils the sign-in for the browser that began it.
    let mut stranger = Browser::new();
    stranger.get(&centre.url(START)).await;
    let theirs = stranger.cookie(&host, BEGUN).unwrap();
    let callback = centre.url("/api/v1/session/oidc/callback");
    let cases: [(&str, Option<&str>, String); 9] = [
        ("another browser", Some(&theirs), back.clone()),
        ("no cookie", None, back.clone()),
        ("a tampered cookie", Some(&own.replace(&own[..1], "z")), back.clone()),
        (
            "another digit in the cookie",
            Some(&format!("{}{}", &own[..63], if own.ends_with('0') { '1' } else { '0' })),
            back.clone(),
        ),
        ("a wrong state", Some(&own), with(&back, "state", &wrong)),
        ("a state of another length", Some(&own), with(&back, "state", "short")),
        ("no state", Some(&own), format!("{callback}?code={}", query(&back, "code"))),
        ("nothing", Some(&own), callback.clone()),
        ("a list of states", Some(&own), format!("{callback}?state={state}&state={state}&code=x")),
    ];
    for (what, cookie, url) in cases {
        let mut browser = Browser::new();
        if let Some(cookie) = cookie {
            browser.set_cookie(&host, BEGUN, cookie);
        }
        let (status, problem) = read(browser.get(&url).await).await;
        assert_eq!((status, &problem["type"]), (400, &json!("urn:veche:problem:sign-in-over")), "{what}: {problem}");
        assert!(problem["detail"].as_str().unwrap().ends_with("begin again"), "{what}: {problem}");
        assert!(browser.cookie(&host, SESSION).is_none(), "{what}");
    }
    assert_eq!(browser.get(&back).await.status(), 303);
    browser.set_cookie(&host, BEGUN, &own);
    assert_eq!(browser.get(&back).await.status(), 400, "a replayed state");

    // A page of another host is none to return to.
    for page in ["//evil.example", "https://evil.example", "/%5Cevil.example"] {
        let (status, problem) = read(browser.get(&format!("{}?return_to={page}", centre.url(START))).await).await;
        assert!(status == 422 && problem["detail"].as_str().unwrap().contains("return_to"), "{page}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_a_code_is_a_refusal() {
    let centre = Centre::start(&[]).await;
    for (more, status, part) in [
        ("error=access_denied&error_description=%3Cb%3E", 403, "access was denied there"),
        ("error=%3Cscript%3Elogin_required", 403, "refused: scriptlogin_required"),
        ("code=made-up", 403, "the code is not, or no longer, good"),
        ("code=x&iss=https://evil.example", 403, "another issuer answers"),
        ("code=", 400, "begin again"),
    ] {
        let mut browser = Browser::new();
        let there = browser.get(&centre.url(START)).await;
        let state = query(there.headers()["location"].to_str().unwrap(), "state");
        let url = format!("{}/callback?state={state}&{more}", centre.url(START));
        let (found, problem) = read(browser.get(&url).await).await;
        assert!(found == status && problem["detail"].as_str().unwrap().contains(part), "{more}: {found} {problem}");
    }
    // Somebody else's code is of no use to another proof key.
    let (mut victim, mut thief) = (Browser::new(), Browser::new());
    let stolen = query(&victim.until_back(&centre.url(START), "subject-head").await, "code");
    let back = thief.until_back(&centre.url(START), "subject-guest").await;
    let (status, problem) = read(thief.get(&with(&back, "code", &stolen)).await).await;
    assert!(status == 403 && problem["detail"].as_str().unwrap().contains("code"), "{status} {problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_does_not_wait_for_ever() {
    let centre = Centre::start(&[]).await;
    let store = &centre.served.app.store;
    for (minutes, over) in [(10, true), (9, false)] {
        let mut browser = Browser::new();
        let url = browser.until_back(&centre.url(START), "subject-roads").await;
        let back = Back {
            state: Some(query(&url, "state")),
            code: Some(query(&url, "code")),
            browser: browser.cookie(&centre.served.address, BEGUN),
            ..Back::default()
        };
        let done = centre.oidc.finish(store, back, None, Utc::now() + TimeDelta::minutes(minutes)).await;
        assert_eq!(matches!(done, Err(AppError::Oidc(OidcError::Over))), over, "after {minutes} minutes");
        assert_eq!(done.is_ok(), !over, "after {minutes} minutes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_that_does_not_hold_is_refused() {
    let centre = Centre::start(&[]).await;
    let at = |seconds: i64| Utc::now().timestamp() + seconds;
    let claims = |claims: Value| json!({ "claims": claims });
    let cases: [(&str, Value, u16, &str); 20] = [
        ("another sign-in's nonce", claims(json!({"nonce": "0".repeat(64)})), 403, "nonce"),
        ("no nonce", json!({"drop": ["nonce"]}), 403, "nonce"),
        ("another client's", claims(json!({"aud": "another"})), 403, "audience"),
        ("another client's as well", claims(json!({"aud": ["veche", "another"]})), 403, "audience"),
        ("another issuer's", claims(json!({"iss": "https://evil.example"})), 403, "issuer"),
        ("over", claims(json!({"exp": at(-90)})), 403, "Expired"),
        ("of the future", claims(json!({"iat": at(120)})), 403, "still to come"),
        ("of the past", claims(json!({"iat": at(-900)})), 403, "too long ago"),
        ("unsigned", json!({"alg": "none"}), 403, "signature"),
        ("signed with the secret", json!({"alg": "HS256", "key": "secret"}), 403, "signature"),
        ("signed by somebody else", json!({"key": "foreign"}), 403, "signature"),
        ("signed with an unknown key", json!({"key": "foreign", "kid": "second"}), 403, "signature"),
        ("another's than userinfo says", claims(json!({"sub": "subject-head"})), 403, "subject"),
        ("with another's access token", claims(json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"})), 403, "access token"),
        ("missing", json!({"without": "id_token"}), 502, "cannot be used"),
        ("no token at all", json!({"raw": {"a": 1}}), 502, "cannot be used"),
        ("not JSON", json!({"raw": "<html>"}), 502, "cannot be used"),
        (
            "endless",
            json!({"raw": {"access_token": "x".repeat(1 << 20), "token_type": "Bearer"}}),
            502,
            "cannot be used",
        ),
        ("a little of the future", claims(json!({"iat": at(30)})), 303, ""),
        ("just over", claims(json!({"exp": at(-30)})), 303, ""),
    ];
    for (what, how, expected, part) in cases {
        let mut browser = Browser::new();
        let back = browser.until_back(&centre.url(START), "subject-roads").await;
        centre.provider.bend(&how).await;
        let (status, problem) = read(browser.get(&back).await).await;
        assert_eq!(status, expected, "{what}: {problem}");
        let said = problem["detail"].as_str().unwrap_or_default().to_lowercase();
        assert!(said.contains(&part.to_lowercase()), "{what}: {problem}");
        assert_eq!(browser.cookie(&centre.served.address, SESSION).is_some(), expected == 303, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_of_the_provider_is_looked_for() {
    let centre = Centre::start(&[]).await;
    let store = &centre.served.app.store;
    // A token with a key that is not known, some seconds after the keys were read.
    let finish = async |seconds: i64| {
        let mut browser = Browser::new();
        let url = browser.until_back(&centre.url(START), "subject-roads").await;
        centre.provider.bend(&json!({"key": "foreign", "kid": "second"})).await;
        let back = Back {
            state: Some(query(&url, "state")),
            code: Some(query(&url, "code")),
            browser: browser.cookie(&centre.served.address, BEGUN),
            ..Back::default()
        };
        centre.oidc.finish(store, back, None, Utc::now() + TimeDelta::seconds(seconds)).await.map(drop)
    };
    assert!(finish(90).await.unwrap_err().to_string().contains("No matching key"), "it is nowhere");
    centre.provider.rotate().await;
    assert!(finish(90).await.is_err(), "looked for a moment ago");
    finish(180).await.unwrap();
    finish(0).await.unwrap();
}
