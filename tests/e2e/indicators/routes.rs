//! The routes of indicators as a client sees them.

use serde_json::{Value, json};

use super::*;
use crate::access::Served;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_reports_measures_and_reads() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let (intake, head) = (served.token(&["intake@yaroslavl"]).await, served.token(&["head@yaroslavl"]).await);
    let media = served.token(&["media@yaroslavl"]).await;
    take_in(&served.app, "a", "2026-02-02T06:00:00Z", "Глубокая яма на дороге", json!({})).await;
    let root = "/regions/yaroslavl";
    let post = async |path: &str, token: &str, body: Value| {
        served.send("POST", &format!("{root}{path}"), Some(token), Some(&body)).await
    };
    let events = json!([
        {"channel": "pos", "external_id": "a", "at": "2026-02-03T06:00:00Z", "kind": "answered", "in_substance": true},
        {"channel": "pos", "external_id": "a", "at": "2026-02-04T06:00:00Z", "kind": "marked", "mark": 5},
        {"channel": "pos", "external_id": "nothing", "at": "2026-02-04T06:00:00Z", "kind": "closed"}
    ]);
    let (status, done) = post("/progress", &intake, events).await;
    assert_eq!((status, done), (200, json!({"new": 2, "known": 0, "unknown": 1})));
    let bad = [
        (
            json!([{"channel": "pos", "external_id": "a", "at": "2026-02-04T06:00:00Z", "kind": "marked", "mark": 9}]),
            "1 to 5",
        ),
        (
            json!([{"channel": "pos", "external_id": "a", "at": "2090-02-04T06:00:00Z", "kind": "closed"}]),
            "in the future",
        ),
        (
            json!([{"channel": "pos", "external_id": "a", "at": "2026-02-04T06:00:00Z", "kind": "redirected"}]),
            "correction",
        ),
        (json!([{"at": "2026-02-04T06:00:00Z", "kind": "closed"}]), "`external_id`"),
    ];
    for (body, part) in bad {
        let (status, problem) = post("/progress", &intake, body).await;
        assert_eq!(status, 422);
        assert!(problem["detail"].as_str().unwrap().contains(part), "{problem}");
    }
    for period in [
        json!({"kind": "century", "day": "2026-02-01"}),
        json!({"kind": "month"}),
        json!({"first": "2026-02-02", "last": "2026-02-01"}),
        json!({"kind": "month", "day": "2090-02-01"}),
    ] {
        let (status, problem) = post("/measurements", &head, json!({"period": period})).await;
        assert_eq!(status, 422, "{problem}");
    }
    let (status, job) = post("/measurements", &head, json!({"period": {"kind": "month", "day": "2026-02-10"}})).await;
    assert_eq!((status, job["state"].as_str()), (202, Some("waiting")), "{job}");
    let id = job["id"].as_str().unwrap().parse().unwrap();
    let stop = CancellationToken::new();
    jobs::run_next(&served.app, "here", Some(id), &stop, &|_| {}).await.unwrap();
    let get = async |path: &str| served.send("GET", &format!("{root}{path}"), Some(&media), None).await.1;
    let job = get(&format!("/measuring-jobs/{id}")).await;
    assert_eq!((job["state"].as_str(), &job["done"]), (Some("done"), &job["total"]), "{job}");
    let measured = get("/measurements?indicator=on-time&kind=month&day=2026-02-28").await;
    assert_eq!(measured.as_array().unwrap().len(), 1);
    let whole = &measured[0]["measurements"][0];
    assert_eq!((whole["value"].as_f64(), whole["numerator"].as_f64()), (Some(100.0), Some(1.0)), "{measured}");
    assert_eq!((whole["denominator"].as_f64(), whole["excluded"].as_u64()), (Some(1.0), Some(0)));
    assert!(measured[0]["cut_off"].is_string() && measured[0]["ruleset"].is_string(), "{measured}");
    let catalogue = get("/indicators").await;
    let codes: Vec<_> =
        catalogue["indicators"].as_array().unwrap().iter().map(|i| i["code"].as_str().unwrap()).collect();
    for code in ["on-time", "trained-staff", "received", "region:closed-in-days"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    assert_eq!(get("/indicator-sets").await[0]["set"]["version"], "2024.1");
    let target = json!({"indicator": "on-time", "period": {"kind": "month", "day": "2026-02-01"}, "value": 95.0});
    let (status, _) = served.send("PUT", &format!("{root}/targets"), Some(&head), Some(&target)).await;
    assert_eq!(status, 200);
    let rows = get("/targets?indicator=on-time").await;
    assert!(rows.as_array().unwrap().iter().any(|row| row["light"] == "green" && row["fact"] == 100.0), "{rows}");
}
