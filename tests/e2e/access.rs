//! Every route as every role and as nobody, against the table; and `docs/roles.md`.

use std::path::Path;

use chrono::Utc;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use veche_app::{App, accounts};
use veche_domain::access::{Action, Actor, Grants, Refusal, Role, TABLE};
use veche_web::{Token, WebConfig};

use crate::world::{root, sample_app, veche_binary, yaroslavl};

/// A service in this process, with tokens of any roles.
pub(crate) struct Served {
    pub(crate) app: App,
    pub(crate) address: String,
    pub(crate) client: Client,
    stop: CancellationToken,
}

impl Served {
    pub(crate) async fn start(app: App) -> Self {
        Self::start_with(app, async |_| WebConfig::default()).await
    }

    /// A service whose settings depend on the address that it serves on.
    pub(crate) async fn start_with(app: App, config: impl AsyncFnOnce(&str) -> WebConfig) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let token = Some(Token::new("a-token-of-the-tests").unwrap());
        let router = veche_web::router(app.clone(), WebConfig { token, stop: stop.clone(), ..config(&address).await });
        tokio::spawn(veche_web::serve(listener, router, stop.clone()));
        Self { app, address, client: Client::new(), stop }
    }

    pub(crate) async fn sample(folder: &Path) -> Self {
        Self::start(sample_app(folder).await).await
    }

    /// An API token with these grants.
    pub(crate) async fn token(&self, grants: &[&str]) -> String {
        let grants = grants_of(grants);
        let actor = Actor::named("test");
        accounts::create_token(&self.app.store, "test", &grants, 1, &actor, Utc::now()).await.unwrap().1
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let method: Method = method.parse().unwrap();
        let mut request = self.client.request(method, format!("{}/api/v1{path}", self.address));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        read(request.send().await.unwrap()).await
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) async fn read(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

pub(crate) fn grants_of(texts: &[&str]) -> Grants {
    Grants::new(texts.iter().map(|text| text.parse().unwrap()).collect()).unwrap()
}

/// Method, path with its parameters filled in, and the action; none for a public route.
fn routes() -> Vec<(String, String, Option<Action>)> {
    let description = serde_json::to_value(veche_web::openapi()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let id = uuid::Uuid::nil().to_string();
        let digest = format!("sha256:{}", "0".repeat(64));
        let path = path.strip_prefix("/api/v1").unwrap().replace("{region}", "yaroslavl").replace("{id}", &id);
        let path = path
            .replace("{digest}", &digest)
            .replace("{login}", "nobody")
            .replace("{binding}", "none")
            .replace("{name}", "none");
        assert!(!path.contains('{'), "{path}: give the parameter a value here");
        for (method, operation) in item.as_object().unwrap() {
            let code =
                operation["x-veche-action"].as_str().unwrap_or_else(|| panic!("{method} {path} names no action"));
            let action = TABLE.iter().find(|rule| rule.code == code).map(|rule| rule.action);
            assert!(action.is_some() || code == "public", "{method} {path}: {code}");
            routes.push((method.to_uppercase(), path.clone(), action));
        }
    }
    routes
}

pub(crate) fn grant(role: Role, region: &str) -> String {
    match role {
        Role::HostAdministrator => role.as_str().to_owned(),
        Role::BlockLead => format!("{}@{region}/roads", role.as_str()),
        _ => format!("{}@{region}", role.as_str()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_as_every_role_and_as_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let routes = routes();
    let public: Vec<_> = routes.iter().filter(|route| route.2.is_none()).map(|route| route.1.as_str()).collect();
    assert_eq!(
        public,
        ["/session", "/session/oidc", "/session/oidc/callback"],
        "a public route is a decision: write it down here"
    );
    for (method, path, action) in &routes {
        let (status, problem) = served.send(method, path, None, None).await;
        assert_eq!(status == 401, action.is_some(), "{method} {path} as nobody: {status} {problem}");
    }
    for (role, ..) in Role::ALL {
        for region in ["yaroslavl", "tver"] {
            let text = grant(role, region);
            let (grants, token) = (grants_of(&[&text]), served.token(&[&text]).await);
            for (method, path, action) in &routes {
                let Some(action) = action else { continue };
                let expected = if path.starts_with("/regions/") {
                    grants.scope(*action, &yaroslavl()).map(drop)
                } else if grants.allow_somewhere(*action) {
                    Ok(())
                } else {
                    Err(Refusal::Forbidden)
                };
                let (status, problem) = served.send(method, path, Some(&token), None).await;
                let unknown = problem["detail"].as_str().is_some_and(|detail| detail.contains("region \"yaroslavl\""));
                let found = match status {
                    403 => Err(Refusal::Forbidden),
                    404 if unknown => Err(Refusal::Unknown),
                    _ => Ok(()),
                };
                assert!(status != 401 && status < 500, "{method} {path} as {text}: {status} {problem}");
                assert_eq!(found, expected, "{method} {path} as {text}: {status} {problem}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn duties_are_separated_on_the_wire() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let cases = [
        ("developer@yaroslavl", "PUT", "/regions/yaroslavl/ruleset"),
        ("administrator@yaroslavl", "POST", "/regions/yaroslavl/releases"),
        (
            "administrator@yaroslavl",
            "POST",
            "/regions/yaroslavl/appeals/00000000-0000-0000-0000-000000000000/corrections",
        ),
        ("intake@yaroslavl", "GET", "/regions/yaroslavl/appeals"),
        ("auditor@*", "POST", "/regions/yaroslavl/appeals"),
        ("curator@yaroslavl", "POST", "/accounts"),
        ("host_administrator", "GET", "/regions/yaroslavl/appeals/00000000-0000-0000-0000-000000000000/original"),
    ];
    for (grant, method, path) in cases {
        let token = served.token(&[grant]).await;
        let (status, problem) = served.send(method, path, Some(&token), None).await;
        assert_eq!(status, 403, "{method} {path} as {grant}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains("needs one of the roles"), "{problem}");
    }
    // Another region's token does not even learn that this one exists: the words are those for a region that is none.
    let stranger = served.token(&["head@tver"]).await;
    let (status, hidden) = served.send("GET", "/regions/yaroslavl/appeals", Some(&stranger), None).await;
    let (_, none) = served.send("GET", "/regions/atlantis/appeals", Some(&stranger), None).await;
    assert_eq!(status, 404);
    assert_eq!(hidden.to_string().replace("yaroslavl", "atlantis"), none.to_string());
    let (_, regions) = served.send("GET", "/regions", Some(&stranger), None).await;
    assert_eq!(regions, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_all_that_its_people_see() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let intake = served.token(&["intake@yaroslavl"]).await;
    let mut ids = Vec::new();
    for text in ["Автобус опять не пришёл по расписанию, стоим час", "На дороге огромная яма, звоните 89001234567"]
    {
        let body = json!({"channel": "social", "regime": "social", "text": text, "place": {"municipality": "78701000"},
            "applicant": {"name": "Мышкина Тётя", "email": "mouse@example.org"}});
        let (status, new) = served.send("POST", "/regions/yaroslavl/appeals", Some(&intake), Some(&body)).await;
        assert_eq!(status, 201, "{new}");
        ids.push(new["id"].as_str().unwrap().to_owned());
    }
    let roads = served.token(&["operator@yaroslavl/roads"]).await;
    let path = |id: &str, more: &str| format!("/regions/yaroslavl/appeals/{id}{more}");
    let (_, list) = served.send("GET", "/regions/yaroslavl/appeals", Some(&roads), None).await;
    assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["id"]), (1, &json!(ids[1])));
    for more in ["", "/decisions", "/original"] {
        assert_eq!(served.send("GET", &path(&ids[0], more), Some(&roads), None).await.0, 404);
        assert_eq!(served.send("GET", &path(&ids[1], more), Some(&roads), None).await.0, 200);
    }
    let correction = json!({"category": "roads.light", "reason": "это про свет"});
    assert_eq!(served.send("POST", &path(&ids[0], "/corrections"), Some(&roads), Some(&correction)).await.0, 404);
    assert_eq!(served.send("POST", &path(&ids[1], "/corrections"), Some(&roads), Some(&correction)).await.0, 200);
    let query = "/regions/yaroslavl/appeals?block=transport";
    assert_eq!(served.send("GET", query, Some(&roads), None).await.0, 404);
    // Lists and single appeals are masked for everybody; the original is not, and each look at it is in the log.
    let (_, one) = served.send("GET", &path(&ids[1], ""), Some(&roads), None).await;
    assert_eq!(one["applicant"], json!({"kind": "citizen"}));
    assert_eq!(one["text"], "На дороге огромная яма, звоните [ТЕЛЕФОН]");
    assert!(!list.to_string().contains("Мышкина"), "{list}");
    let (_, original) = served.send("GET", &path(&ids[1], "/original"), Some(&roads), None).await;
    assert_eq!(original["applicant"]["email"], "mouse@example.org");
    let auditor = served.token(&["auditor@yaroslavl"]).await;
    let query = format!("/regions/yaroslavl/audit?deed=read_personal_data&target=appeal%20{}", ids[1]);
    let (_, log) = served.send("GET", &query, Some(&auditor), None).await;
    let entries = log["items"].as_array().unwrap();
    assert_eq!(entries.len(), 2, "{log}");
    assert!(entries.iter().all(|entry| entry["actor"].as_str().unwrap().starts_with("token:")), "{log}");
    assert!(entries[0]["request"].is_string() && !log.to_string().contains("mouse@example.org"), "{log}");
}

#[test]
fn the_page_of_roles_is_the_table() {
    let said = std::process::Command::new(veche_binary()).arg("roles").output().unwrap();
    let page = std::fs::read_to_string(root().join("docs/roles.md")).unwrap();
    let remedy = "docs/roles.md is old: `veche roles > docs/roles.md`";
    assert!(String::from_utf8(said.stdout).unwrap() == page, "{remedy}");
}

#[test]
fn every_operation_has_an_id_of_its_own() {
    let description = serde_json::to_value(veche_web::openapi()).unwrap();
    let items = description["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let mut ids: Vec<&str> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert!(ids.contains(&"drafts_list") && ids.contains(&"session_sign_in") && ids.contains(&"audit_host"), "{ids:?}");
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_knows_the_request_of_each_change_of_rules() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let (administrator, head) =
        (served.token(&["administrator@yaroslavl"]).await, served.token(&["head@yaroslavl"]).await);
    let send = async |method: &str, path: &str, token: &str, id: &str, seen: &str, body: Value| {
        let url = format!("{}/api/v1/regions/yaroslavl/{path}", served.address);
        let request = served.client.request(method.parse().unwrap(), url).bearer_auth(token);
        let request = request.header("x-request-id", id).header("if-match", seen).json(&body);
        let (status, answer) = read(request.send().await.unwrap()).await;
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    };
    let draft = send("POST", "drafts", &administrator, "r-1", "*", json!({"title": "Порог"})).await;
    let draft = format!("drafts/{}", draft["id"].as_str().unwrap());
    send("POST", &format!("{draft}/validate"), &administrator, "r-2", "\"1\"", json!({})).await;
    send("POST", &format!("{draft}/consents"), &head, "r-3", "\"2\"", json!({"block": "roads"})).await;
    send("POST", &format!("{draft}/shadow"), &administrator, "r-4", "\"2\"", json!({})).await;
    send("POST", &format!("{draft}/withdraw"), &administrator, "r-5", "\"3\"", json!({})).await;
    send("PUT", "datasets/extra?shape=blob", &administrator, "r-6", "*", json!([1])).await;
    send("PUT", "rules-policy", &head, "r-7", "*", json!({"consent": ["roads"]})).await;
    send("PUT", "plugin-owners/router-table", &administrator, "r-8", "*", json!({"owner": "region"})).await;
    let query = "/regions/yaroslavl/audit?deed=change_rules&limit=500";
    let (_, log) = served.send("GET", query, Some(&administrator), None).await;
    let requests: Vec<&str> = log["items"].as_array().unwrap().iter().filter_map(|e| e["request"].as_str()).collect();
    assert_eq!(requests, ["r-1", "r-2", "r-3", "r-4", "r-5", "r-6", "r-7", "r-8"], "{log}");

    // The host's own log is for those whose role is the whole host's.
    let auditor = served.token(&["auditor@*"]).await;
    let (status, log) = served.send("GET", "/audit?deed=create_token", Some(&auditor), None).await;
    assert!(status == 200 && log["items"][0]["details"]["grants"] == "auditor@*", "{log}");
    let (status, problem) = served.send("GET", "/audit", Some(&head), None).await;
    assert!(status == 403 && problem["detail"].as_str().unwrap().contains("read_host_audit"), "{problem}");
}
