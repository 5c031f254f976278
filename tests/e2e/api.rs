//! The REST API over a real socket.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use veche_web::{Token, WebConfig};

use crate::world::{root, sample_app};

const TOKEN: &str = "a-token-of-the-tests";

struct Service {
    address: String,
    client: reqwest::Client,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

impl Service {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = sample_app(folder.path()).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let router =
            veche_web::router(app, WebConfig { token: Some(Token::new(TOKEN).unwrap()), ..WebConfig::default() });
        tokio::spawn(veche_web::serve(listener, router, stop.clone()));
        Self { address, client: reqwest::Client::new(), stop, _folder: folder }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        token: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let mut request = self
            .client
            .request(method.parse().unwrap(), format!("{}/api/v1{path}", self.address))
            .header("authorization", format!("Bearer {token}"));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        assert!(response.headers().contains_key("x-request-id"));
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appeal_from_post_to_replay() {
    let service = Service::start().await;
    let body = json!({"channel": "social", "regime": "social", "text": "Автобус опять не пришёл по расписанию, стоим час",
        "place": {"municipality": "78701000"}});
    let (status, new) = service.send("POST", "/regions/yaroslavl/appeals", TOKEN, Some("k1"), Some(&body)).await;
    assert_eq!((status, new["status"].as_str()), (201, Some("new")), "{new}");
    assert_eq!(new["assignments"][0]["category"], "transport.schedule", "{new}");
    let (status, again) = service.send("POST", "/regions/yaroslavl/appeals", TOKEN, Some("k1"), Some(&body)).await;
    assert_eq!((status, &again["id"], &again["same"]), (200, &new["id"], &json!(true)), "{again}");
    let other = json!({"channel": "social", "regime": "social", "text": "Другое"});
    let (status, problem) = service.send("POST", "/regions/yaroslavl/appeals", TOKEN, Some("k1"), Some(&other)).await;
    assert_eq!((status, problem["type"].as_str()), (422, Some("urn:veche:problem:idempotency-key-reused")));
    let id = new["id"].as_str().unwrap();
    let (status, one) = service.send("GET", &format!("/regions/yaroslavl/appeals/{id}"), TOKEN, None, None).await;
    assert_eq!((status, one["state"].as_str()), (200, Some("assigned")), "{one}");
    let (_, decisions) =
        service.send("GET", &format!("/regions/yaroslavl/appeals/{id}/decisions"), TOKEN, None, None).await;
    assert_eq!(decisions.as_array().unwrap().len(), 2);
    let decision = decisions[0]["id"].as_str().unwrap();
    let (_, replay) =
        service.send("POST", &format!("/regions/yaroslavl/decisions/{decision}/replay"), TOKEN, None, None).await;
    assert_eq!((&replay["same_output"], &replay["same_fuel"]), (&json!(true), &json!(true)), "{replay}");
    let (_, list) = service.send("GET", "/regions/yaroslavl/appeals?block=transport&limit=1", TOKEN, None, None).await;
    assert_eq!(list["items"][0]["id"], new["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_problems_that_name_the_thing() {
    let service = Service::start().await;
    let good = json!({"channel": "pos", "regime": "pos", "text": "Яма"});
    let appeals = "/regions/yaroslavl/appeals";
    type Case<'a> = (&'a str, &'a str, &'a str, Option<Value>, u16, &'a str);
    let cases: Vec<Case<'_>> = vec![
        ("POST", appeals, "", Some(good.clone()), 401, "token"),
        ("POST", appeals, "another-long-token", Some(good.clone()), 401, "token"),
        ("POST", "/regions/atlantis/appeals", TOKEN, Some(good.clone()), 404, "atlantis"),
        ("POST", appeals, TOKEN, Some(json!({"channel": "pos", "regime": "pos", "text": " "})), 422, "text"),
        ("POST", appeals, TOKEN, Some(json!({"channel": "А26", "regime": "pos", "text": "x"})), 422, "channel"),
        ("POST", appeals, TOKEN, Some(json!({"channel": "pos", "regime": "pos", "text": "x", "txt": 1})), 422, "txt"),
        (
            "POST",
            appeals,
            TOKEN,
            Some(json!({"channel": "pos", "regime": "pos", "text": "x", "received_at": "2099-01-01T00:00:00Z"})),
            422,
            "future",
        ),
        ("GET", "/regions/yaroslavl/appeals?category=roads.none", TOKEN, None, 404, "roads.none"),
        ("GET", "/regions/yaroslavl/appeals?limit=0", TOKEN, None, 422, "limit"),
        ("GET", "/regions/yaroslavl/appeals?cursor=x", TOKEN, None, 422, "cursor"),
        ("GET", "/regions/yaroslavl/appeals/no-id", TOKEN, None, 404, "no-id"),
        ("GET", "/nothing", TOKEN, None, 404, "/api/v1/nothing"),
    ];
    for (method, path, token, body, expected, part) in cases {
        let (status, problem) = service.send(method, path, token, None, body.as_ref()).await;
        assert_eq!(status, expected, "{method} {path}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(part), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_are_inspected_before_they_are_stored() {
    let service = Service::start().await;
    let component = std::fs::read(root().join("target/plugins/router-table.wasm")).unwrap();
    let token = json!({"name": "build server", "grants": ["developer@yaroslavl"], "days": 1});
    let (status, token) = service.send("POST", "/tokens", TOKEN, None, Some(&token)).await;
    assert_eq!(status, 201, "{token}");
    let secret = token["token"].as_str().unwrap();
    let upload = async |bytes: Vec<u8>| {
        let request = service
            .client
            .post(format!("{}/api/v1/regions/yaroslavl/releases", service.address))
            .bearer_auth(secret)
            .body(bytes);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, problem) = upload(component.clone()).await;
    assert!(status == 409 && problem["detail"].as_str().unwrap().contains("belongs to region"), "{problem}");
    let owner = json!({"owner": format!("token:{}", token["id"].as_str().unwrap())});
    let path = "/regions/yaroslavl/plugin-owners/router-table";
    assert_eq!(service.send("PUT", path, TOKEN, None, Some(&owner)).await.0, 204);
    let (_, owners) = service.send("GET", "/regions/yaroslavl/plugin-owners", TOKEN, None, None).await;
    let owned: Vec<_> = owners.as_array().unwrap().iter().map(|row| (&row["plugin"], &row["owner"])).collect();
    assert!(owned.contains(&(&json!("categorizer-keywords"), &json!("region"))), "{owners}");
    assert!(owned.contains(&(&json!("router-table"), &owner["owner"])), "{owners}");
    let (status, inspection) = upload(component.clone()).await;
    assert_eq!(status, 200, "the sample has it already: {inspection}");
    assert_eq!(inspection["kinds"], json!(["router"]));
    let module = wat::parse_str("(module)").unwrap();
    let empty = wat::parse_str("(component)").unwrap();
    let wasi = wat::parse_str(r#"(component (import "wasi:sockets/tcp@0.2.0" (instance)))"#).unwrap();
    let future =
        wat::parse_str(r#"(component (instance $i) (export "veche:plugin/plugin@0.3.0" (instance $i)))"#).unwrap();
    for (bytes, part) in [
        (vec![], "empty"),
        (b"hello".to_vec(), "no WebAssembly component"),
        (component[..5000].to_vec(), "no WebAssembly component"),
        (module, "core WebAssembly module"),
        (empty, "exports no `veche:plugin/plugin`"),
        (wasi, "exports no `veche:plugin/plugin`"),
        (future, "built for contract 0.3.0, this host serves 0.1"),
    ] {
        let (status, problem) = upload(bytes).await;
        let detail = problem["detail"].as_str().unwrap_or_default().to_owned();
        assert!(status == 422 && detail.contains(part), "{status} {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ruleset_is_checked_whole_before_it_is_active() {
    let service = Service::start().await;
    let (_, ruleset) = service.send("GET", "/regions/yaroslavl/ruleset", TOKEN, None, None).await;
    let put = async |change: fn(&mut Value)| {
        let mut ruleset = ruleset.clone();
        change(&mut ruleset);
        service.send("PUT", "/regions/yaroslavl/ruleset", TOKEN, None, Some(&ruleset)).await
    };
    type Change = fn(&mut Value);
    let cases: [(Change, &str); 9] = [
        (|r| r["bindings"][0]["settings"]["min_score"] = json!("x"), "/min_score"),
        (|r| r["bindings"][0]["grants"] = json!([]), "permission `log`"),
        (|r| r["bindings"][0]["kind"] = json!("router"), "exports no router"),
        (|r| r["bindings"][0]["datasets"] = json!({}), "dataset `keywords`"),
        (|r| r["threshold"] = json!(1.5), "threshold"),
        (|r| r["bindings"][1]["id"] = json!("keywords"), "given twice"),
        (|r| r["bindings"][0]["limits"] = json!({"fuel": 99_000_000_000_u64}), "ceiling of this host is 4000000000"),
        (|r| r["bindings"][0]["limits"] = json!({"stack": 1}), "`limits.stack` holds for the whole engine"),
        (|r| r["bindings"][0]["limits"] = json!({"fule": 1}), "there is no limit"),
    ];
    for (change, part) in cases {
        let (status, problem) = put(change).await;
        assert!(status == 422 && problem.to_string().contains(part), "{part}: {problem}");
    }
    let (status, done) = put(|r| r["threshold"] = json!(0.4)).await;
    assert_eq!(status, 200, "{done}");
    let (_, now) = service.send("GET", "/regions/yaroslavl/ruleset", TOKEN, None, None).await;
    assert_eq!(now["threshold"], json!(0.4));
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_over_http_need_the_version_that_was_seen() {
    let service = Service::start().await;
    let drafts = "/regions/yaroslavl/drafts";
    let request = async |method: &str, path: &str, version: Option<i64>, body: Option<Value>| {
        let mut request = service
            .client
            .request(method.parse().unwrap(), format!("{}/api/v1{path}", service.address))
            .bearer_auth(TOKEN);
        if let Some(version) = version {
            request = request.header("if-match", format!("\"{version}\""));
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let etag = response.headers().get("etag").map(|v| v.to_str().unwrap().to_owned());
        (response.status().as_u16(), etag, response.json::<Value>().await.unwrap_or_default())
    };
    let (status, etag, draft) = request("POST", drafts, None, Some(json!({"title": "Порог"}))).await;
    assert_eq!((status, etag.as_deref()), (201, Some("\"1\"")), "{draft}");
    let path = format!("{drafts}/{}", draft["id"].as_str().unwrap());
    let mut ruleset = draft["ruleset"].clone();
    ruleset["threshold"] = json!(0.7);
    let (status, _, problem) = request("PUT", &path, None, Some(ruleset.clone())).await;
    assert_eq!((status, problem["type"].as_str()), (428, Some("urn:veche:problem:if-match")));
    let (status, etag, _) = request("PUT", &path, Some(1), Some(ruleset.clone())).await;
    assert_eq!((status, etag.as_deref()), (200, Some("\"2\"")));
    let (status, _, problem) = request("PUT", &path, Some(1), Some(ruleset.clone())).await;
    assert_eq!((status, problem["type"].as_str()), (409, Some("urn:veche:problem:stale")), "{problem}");
    assert_eq!(problem["errors"], json!(["Весь регион: порог уверенности 0.35 → 0.7"]));
    let (_, _, english) = request("GET", &format!("{path}?language=en"), None, None).await;
    assert_eq!(english["difference"], json!(["Whole region: threshold 0.35 → 0.7"]), "{english}");
    let (status, _, problem) = request("GET", &format!("{path}?language=fr"), None, None).await;
    assert!(status == 422 && problem["detail"].as_str().unwrap().contains("use ru or en"), "{problem}");

    let mut binding = ruleset["bindings"][0].clone();
    binding["settings"]["min_score"] = json!("x");
    let (status, _, problem) = request("PUT", &format!("{path}/bindings/table"), Some(2), Some(binding.clone())).await;
    assert!(status == 422 && problem["detail"].as_str().unwrap().contains("make them equal"), "{problem}");
    let (status, ..) = request("PUT", &format!("{path}/bindings/keywords"), Some(2), Some(binding)).await;
    assert_eq!(status, 200);
    let (status, _, problem) = request("POST", &format!("{path}/validate"), Some(3), None).await;
    let errors = problem["errors"].as_array().unwrap();
    assert!(
        status == 422 && errors[0].as_str().unwrap().starts_with("bindings/keywords/settings/min_score: "),
        "{problem}"
    );
    let (status, _, problem) = request("POST", &format!("{path}/canary"), Some(3), Some(json!({"percent": 10}))).await;
    assert_eq!((status, problem["type"].as_str()), (409, Some("urn:veche:problem:stage")), "{problem}");
    request("PUT", &path, Some(3), Some(ruleset)).await;
    assert_eq!(request("POST", &format!("{path}/validate"), Some(4), None).await.0, 200);
    for (percent, part) in [(0, "percentage 0"), (100, "percentage 100"), (-5, "percentage -5")] {
        let (status, _, problem) =
            request("POST", &format!("{path}/canary"), Some(5), Some(json!({"percent": percent}))).await;
        assert!(status == 422 && problem["detail"].as_str().unwrap().contains(part), "{problem}");
    }
    assert_eq!(request("POST", &format!("{path}/activate"), Some(5), None).await.0, 200);
    let (_, _, diff) = request("GET", "/regions/yaroslavl/ruleset-diff", None, None).await;
    assert_eq!(diff["words"], json!([]));
    let back = json!({"reason": "проверка"});
    assert_eq!(request("POST", "/regions/yaroslavl/ruleset/rollback", None, Some(back)).await.0, 200);
    let (_, _, active) = request("GET", "/regions/yaroslavl/ruleset", None, None).await;
    assert_eq!(active["threshold"], json!(0.35));
    // What one may not know of is unknown.
    for path in ["/regions/atlantis/drafts", "/regions/yaroslavl/drafts/018f0000-0000-7000-8000-000000000000"] {
        assert_eq!(request("GET", path, None, None).await.0, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn effective_limits_and_quarantine_are_shown() {
    let service = Service::start().await;
    let get = async |path: &str| service.send("GET", &format!("/regions/yaroslavl{path}"), TOKEN, None, None).await;
    let (_, mut ruleset) = get("/ruleset").await;
    ruleset["bindings"][1]["limits"] = json!({"class": "large", "fuel": 5});
    let (status, done) = service.send("PUT", "/regions/yaroslavl/ruleset", TOKEN, None, Some(&ruleset)).await;
    assert_eq!(status, 200, "{done}");
    let (_, limits) = get("/ruleset/limits").await;
    let of = |binding: &str, limit: &str| limits["bindings"][binding]["limits"][limit].as_u64();
    assert_eq!((of("keywords", "fuel"), of("keywords", "wall_ms")), (Some(400_000_000), Some(1_000)));
    assert_eq!((of("table", "fuel"), of("table", "wall_ms")), (Some(5), Some(5_000)));
    assert_eq!(limits["bindings"]["table"]["class"], "large");
    let digest = ruleset["bindings"][1]["release"].as_str().unwrap();
    let (_, release) = get(&format!("/releases/{digest}")).await;
    assert_eq!(release["limits"]["large"]["fuel"], limits["ceiling"]["fuel"], "{release}");

    let body = json!({"channel": "social", "regime": "social", "text": "Автобус опять не пришёл по расписанию"});
    for _ in 0..5 {
        service.send("POST", "/regions/yaroslavl/appeals", TOKEN, None, Some(&body)).await;
    }
    let (_, out) = get("/quarantine").await;
    assert_eq!(out["quarantined"][0]["binding"], "table", "{out}");
    assert_eq!(
        (&out["quarantined"][0]["block"], &out["events"][0]["kind"]),
        (&json!("transport"), &json!("quarantined"))
    );
    let (_, faults) = get("/faults?binding=table").await;
    assert_eq!((faults.as_array().unwrap().len(), &faults[0]["outcome"]), (5, &json!("limit")), "{faults}");
    let (status, _) = service.send("GET", "/regions/yaroslavl/faults", "", None, None).await;
    assert_eq!(status, 401);
    let delete = async |path: &str, token: &str| {
        service.send("DELETE", &format!("/regions/yaroslavl/quarantine/{path}"), token, None, None).await
    };
    assert_eq!(delete("table", "").await.0, 401);
    assert_eq!(delete("table?block=roads", TOKEN).await.0, 404);
    assert_eq!(delete("table?block=transport", TOKEN).await, (200, json!({"released": 1})));
    let (_, out) = get("/quarantine").await;
    assert_eq!((&out["quarantined"], &out["events"][0]["actor"]), (&json!([]), &json!("token:bootstrap")));
}
