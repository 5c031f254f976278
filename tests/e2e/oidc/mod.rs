//! Sign-in by OpenID Connect against a real provider.

mod bad_input;
mod browser;
mod provider;
mod serve;
mod store;

use std::sync::Arc;

use serde_json::{Value, json};
use veche_app::accounts;
use veche_app::oidc::{Provider, Settings};
use veche_domain::access::Actor;
use veche_domain::access::claims::ClaimRules;
use veche_store::AuditFilter;
use veche_web::WebConfig;

use crate::access::{Served, grants_of, read};
use crate::world::app;
use browser::Browser;
use provider::{CLIENT, SECRET, TestProvider};

const PASSWORD: &str = "семь сонных ежей у реки";
const START: &str = "/api/v1/session/oidc";
const SESSION: &str = "__Host-veche";
const BEGUN: &str = "__Host-veche-sign-in";

const ROLES: &str = r#"
scopes = ["profile", "groups"]
[[role]]
claim = "groups"
value = "veche-roads"
grants = ["operator@yaroslavl/roads"]
[[role]]
claim = "groups"
value = "veche-head"
grants = ["head@yaroslavl"]
[[role]]
claim = "groups"
value = "veche-admin"
grants = ["administrator@yaroslavl"]
[[role]]
claim = "groups"
value = "veche-developer"
grants = ["developer@yaroslavl"]
"#;

/// A host in this process with a provider beside it.
struct Centre {
    _folder: tempfile::TempDir,
    served: Served,
    provider: TestProvider,
    /// The host's side of the provider, for tests in which time passes.
    oidc: Arc<Provider>,
}

impl Centre {
    async fn start(more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = app(&folder.path().join("veche.db").display().to_string(), &crate::world::cache()).await;
        let mut parts = None;
        let served = Served::start_with(app, async |address| {
            let provider = TestProvider::start(address, more).await;
            let rules = ClaimRules::parse(ROLES).unwrap();
            let settings = Settings::new(&provider.issuer, address, CLIENT, SECRET, rules).unwrap();
            let oidc = Arc::new(Provider::new(settings).unwrap());
            parts = Some((provider, oidc.clone()));
            WebConfig { oidc: Some(oidc), ..WebConfig::default() }
        })
        .await;
        let (provider, oidc) = parts.unwrap();
        Self { _folder: folder, served, provider, oidc }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.served.address)
    }

    /// Signs in with a browser of its own: the browser, the status and the problem or nothing.
    async fn sign_in(&self, subject: &str) -> (Browser, u16, Value) {
        let mut browser = Browser::new();
        let (status, said) = read(browser.sign_in(&self.url(START), subject).await).await;
        (browser, status, said)
    }

    async fn me(&self, browser: &mut Browser) -> (u16, Value) {
        read(browser.get(&self.url("/api/v1/me")).await).await
    }

    /// What the region's log says of accounts: deed, actor, target.
    async fn log(&self) -> Vec<(String, String, String)> {
        let chain = veche_domain::audit::Chain::from_text("yaroslavl").unwrap();
        let rows = self.served.app.store.audit_entries(&chain, &AuditFilter::default(), 0, 100).await.unwrap();
        assert!(rows.iter().all(|row| row.entry.request.is_some() || row.entry.actor == "test"));
        rows.into_iter().map(|row| (row.entry.deed, row.entry.actor, row.entry.target)).collect()
    }
}

fn entry(deed: &str, actor: &str, target: &str) -> (String, String, String) {
    (deed.into(), actor.into(), target.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_with_the_roles_that_they_have_at_the_provider() {
    let centre = Centre::start(&[]).await;
    let mut browser = Browser::new();
    let wish = format!("{}?return_to=/appeals%3Fstate=new", centre.url(START));
    let back = browser.until_back(&wish, "subject-roads").await;
    assert!(browser.cookie(&centre.served.address, SESSION).is_none(), "no session before the way back");
    let response = browser.get(&back).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (303, &"/appeals?state=new".parse().unwrap())
    );
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect();
    assert!(cookies[0].starts_with("__Host-veche=") && cookies[1].starts_with("__Host-veche-sign-in=;"), "{cookies:?}");
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookies.iter().all(|cookie| cookie.contains(part)), "{cookies:?}");
    }
    let (status, me) = centre.me(&mut browser).await;
    assert_eq!((status, &me["actor"], &me["name"]), (200, &json!("account:roads"), &json!("Дорожкина Анна")));
    assert_eq!(me["grants"], json!(["operator@yaroslavl/roads"]));
    assert_eq!(me["csrf"].as_str().unwrap().len(), 64);

    // The same person again: the same account. A write by cookie needs the session's text, as everybody's does.
    let (mut other, status, _) = centre.sign_in("subject-roads").await;
    assert_eq!(status, 303);
    let made = entry("create_account", "oidc", "account roads");
    let signed = entry("sign_in", "account:roads", "account roads");
    assert_eq!(centre.log().await, [made, signed.clone(), signed]);
    let sign_out = browser.client().delete(centre.url("/api/v1/session"));
    assert_eq!(browser.send(sign_out).await.status(), 403);

    // Signing out here ends the session, and says where to sign out there.
    let sign_out =
        browser.client().delete(centre.url("/api/v1/session")).header("x-csrf-token", me["csrf"].as_str().unwrap());
    let (status, said) = read(browser.send(sign_out).await).await;
    assert_eq!(status, 200);
    let end = said["provider"].as_str().unwrap();
    assert!(end.starts_with(&centre.provider.issuer) && end.contains("client_id=veche"), "{end}");
    assert!(end.contains("post_logout_redirect_uri="), "{end}");
    assert_eq!(browser.get(end).await.status(), 200, "the provider asks whether to sign out");
    assert_eq!(centre.me(&mut browser).await.0, 401);
    assert_eq!(centre.me(&mut other).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_follow_the_provider() {
    let centre = Centre::start(&[("CLAIMS_IN_ID_TOKEN", "1")]).await;
    let (mut first, status, _) = centre.sign_in("subject-roads").await;
    assert_eq!((status, centre.me(&mut first).await.0), (303, 200));
    centre.provider.say("subject-roads", "other-login", &["veche-head"]).await;
    let (mut second, _, _) = centre.sign_in("subject-roads").await;
    let (_, me) = centre.me(&mut second).await;
    assert_eq!((&me["actor"], &me["name"]), (&json!("account:roads"), &json!("Имя Новое")), "a login stays");
    assert_eq!(me["grants"], json!(["head@yaroslavl"]));
    assert_eq!(centre.me(&mut first).await.0, 401, "what was granted before is over");

    centre.provider.say("subject-roads", "roads", &["all"]).await;
    let (_, status, problem) = centre.sign_in("subject-roads").await;
    assert_eq!((status, &problem["title"]), (403, &json!("Sign-in failed")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("no role of yours"), "{problem}");
    assert_eq!(centre.me(&mut second).await.0, 401, "who may no longer get in does not stay in");

    // An administrator sees who it is, and may disable the account, but neither give it roles nor a password.
    centre.provider.say("subject-roads", "roads", &["veche-roads"]).await;
    assert_eq!(centre.sign_in("subject-roads").await.1, 303);
    let administrator = centre.served.token(&["administrator@yaroslavl"]).await;
    let (_, list) = centre.served.send("GET", "/accounts", Some(&administrator), None).await;
    assert_eq!(list[0]["identity"], json!({"issuer": centre.provider.issuer, "subject": "subject-roads"}));
    for (change, part) in [
        (json!({"grants": ["head@yaroslavl"]}), "come from the sign-in provider"),
        (json!({"password": PASSWORD}), "no password here"),
    ] {
        let mut body = change;
        body["version"] = list[0]["version"].clone();
        let (status, problem) = centre.served.send("PATCH", "/accounts/roads", Some(&administrator), Some(&body)).await;
        assert!(status == 422 && problem["detail"].as_str().unwrap().contains(part), "{status} {problem}");
    }
    let wrong = centre.served.client.post(centre.url("/api/v1/session"));
    let (status, _) = read(wrong.json(&json!({"login": "roads", "password": ""})).send().await.unwrap()).await;
    assert_eq!(status, 401, "no password is not an empty one");
    let disable = json!({"version": list[0]["version"], "disabled": true});
    assert_eq!(centre.served.send("PATCH", "/accounts/roads", Some(&administrator), Some(&disable)).await.0, 200);
    let (_, status, problem) = centre.sign_in("subject-roads").await;
    assert!(status == 403 && problem["detail"].as_str().unwrap().contains("disabled"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_a_role_or_into_another_account() {
    let centre = Centre::start(&[]).await;
    let store = &centre.served.app.store;
    for (subject, part) in [("subject-guest", "no role of yours"), ("subject-both", "kept apart")] {
        let (mut browser, status, problem) = centre.sign_in(subject).await;
        assert!(status == 403 && problem["detail"].as_str().unwrap().contains(part), "{status} {problem}");
        assert_eq!(centre.me(&mut browser).await.0, 401);
    }
    assert_eq!(store.accounts().await.unwrap(), []);

    // A login that is taken here is not taken over, until an administrator joins both.
    let actor = Actor::named("test");
    let local =
        accounts::create(store, "head", "Глава", PASSWORD, grants_of(&["operator@yaroslavl"]), &actor).await.unwrap();
    let (_, status, problem) = centre.sign_in("subject-head").await;
    assert!(status == 409 && problem["detail"].as_str().unwrap().contains("veche account link"), "{status} {problem}");
    accounts::link(store, &local, &centre.provider.issuer, "subject-head", &actor).await.unwrap();
    let (mut browser, status, _) = centre.sign_in("subject-head").await;
    let (_, me) = centre.me(&mut browser).await;
    assert_eq!((status, &me["actor"], &me["grants"]), (303, &json!("account:head"), &json!(["head@yaroslavl"])));

    // A login that is none here is made of the identity.
    let (mut browser, status, _) = centre.sign_in("subject-odd").await;
    let (_, me) = centre.me(&mut browser).await;
    assert_eq!(status, 303);
    assert!(me["actor"].as_str().unwrap().starts_with("account:oidc-"), "{me}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_gone_is_said_so() {
    let mut centre = Centre::start(&[]).await;
    let mut browser = Browser::new();
    let back = browser.until_back(&centre.url(START), "subject-roads").await;
    centre.provider.stop().await;
    // Its description is known, so people are still sent there; the code cannot be redeemed.
    let response = browser.get(&back).await;
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"30".parse().unwrap()));
    let (_, problem) = read(response).await;
    assert_eq!(problem["title"], "The sign-in provider cannot be reached");
    assert!(!problem.to_string().contains("127.0.0.1"), "{problem}");
    // A host that starts without it says so at once, and local accounts get in.
    let fresh = Settings::new(
        &centre.provider.issuer,
        &centre.served.address,
        CLIENT,
        SECRET,
        ClaimRules::parse(ROLES).unwrap(),
    );
    let fresh = Arc::new(Provider::new(fresh.unwrap()).unwrap());
    let store = centre.served.app.store.clone();
    let served = Served::start_with(centre.served.app.clone(), async |_| WebConfig {
        oidc: Some(fresh),
        ..WebConfig::default()
    })
    .await;
    assert_eq!(served.send("GET", "/session/oidc", None, None).await.0, 503);
    accounts::create(&store, "petrov", "Петров", PASSWORD, grants_of(&["head@yaroslavl"]), &Actor::named("test"))
        .await
        .unwrap();
    let credentials = json!({"login": "petrov", "password": PASSWORD});
    assert_eq!(served.send("POST", "/session", None, Some(&credentials)).await.0, 200);
}

#[tokio::test]
async fn a_host_without_a_provider_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder.path().join("veche.db").display().to_string(), &crate::world::cache()).await;
    let served = Served::start(app).await;
    for path in ["/session/oidc", "/session/oidc/callback?code=x&state=y"] {
        let (status, problem) = served.send("GET", path, None, None).await;
        assert!(status == 404 && problem["detail"].as_str().unwrap().contains("--oidc-issuer"), "{status} {problem}");
    }
}
