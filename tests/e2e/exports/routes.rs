//! The routes of exports as a client sees them.

use reqwest::header;
use serde_json::Value;

use super::bad::{bind, guest};
use super::*;
use crate::access::Served;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_asks_waits_and_fetches() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder.path().join("veche.db").display().to_string(), &crate::world::cache()).await;
    load_sample_with(&app, &["csv", "sstu"]).await;
    fill(&app).await;
    let served = Served::start(app).await;
    let (head, curator) = (served.token(&["head@yaroslavl"]).await, served.token(&["curator@yaroslavl"]).await);
    let (lead, operator) =
        (served.token(&["block_lead@yaroslavl/roads"]).await, served.token(&["operator@yaroslavl"]).await);
    let root = "/regions/yaroslavl";
    let send = async |method: &str, path: &str, token: &str, body: Option<Value>| {
        served.send(method, &format!("{root}{path}"), Some(token), body.as_ref()).await
    };
    let (status, exporters) = send("GET", "/exporters", &head, None).await;
    assert_eq!(
        (status, exporters[0]["binding"].as_str(), exporters[1]["personal"].as_bool()),
        (200, Some("csv"), Some(true))
    );
    let february = json!({"kind": "month", "day": "2026-02-01"});
    let asked = json!({"format": "csv", "period": february});
    assert_eq!(send("POST", "/exports", &operator, Some(asked.clone())).await.0, 403);
    let (status, job) = send("POST", "/exports", &head, Some(asked.clone())).await;
    assert_eq!((status, job["state"].as_str()), (202, Some("waiting")), "{job}");
    let id = job["id"].as_str().unwrap().to_owned();
    let (status, problem) = send("GET", &format!("/exports/{id}/file"), &head, None).await;
    assert_eq!(status, 422, "{problem}");
    run(&served.app, id.parse().unwrap()).await;
    let (_, job) = send("GET", &format!("/exports/{id}"), &head, None).await;
    assert_eq!((job["state"].as_str(), job["done"].as_u64()), (Some("done"), Some(4)), "{job}");

    let url = format!("{}/api/v1{root}/exports/{id}/file", served.address);
    let get = served.client.get(&url).bearer_auth(&head).send().await.unwrap();
    let field = |name| get.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(field(header::CONTENT_DISPOSITION), "attachment; filename=\"yaroslavl-csv-2026-02.csv\"");
    assert_eq!(
        (field(header::CONTENT_TYPE).as_str(), field(header::X_CONTENT_TYPE_OPTIONS).as_str()),
        ("text/csv; charset=utf-8", "nosniff")
    );
    let tag = field(header::ETAG);
    assert_eq!(field(header::CONTENT_LENGTH), job["size"].to_string());
    let bytes = get.bytes().await.unwrap();
    assert_eq!(tag, format!("\"{}\"", veche_domain::code::Digest::of(&bytes)));
    let again = served.client.get(&url).bearer_auth(&head).header(header::IF_NONE_MATCH, &tag).send().await.unwrap();
    assert_eq!(again.status(), 304);

    // A block lead's file holds their block alone, and nobody else's files are theirs.
    assert_eq!(send("GET", &format!("/exports/{id}"), &lead, None).await.0, 404);
    let (_, own) = send("POST", "/exports", &lead, Some(asked)).await;
    let own = run(&served.app, own["id"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!((own.total, own.blocks.len()), (2, 1));
    let text = String::from_utf8(fetch(&served.app, &own).await).unwrap();
    assert!(text.contains("F-2") && !text.contains("F-1") && !text.contains("housing"), "{text}");
    assert_eq!(send("GET", "/exports", &lead, None).await.1.as_array().unwrap().len(), 1);

    // Applicants' data are for those who may read them.
    let asked = json!({"format": "sstu", "period": february});
    assert_eq!(send("POST", "/exports", &curator, Some(asked.clone())).await.0, 403);
    let (status, job) = send("POST", "/exports", &head, Some(asked)).await;
    assert_eq!((status, job["personal"].as_bool()), (202, Some(true)));
    let id = job["id"].as_str().unwrap();
    run(&served.app, id.parse().unwrap()).await;
    assert_eq!(send("GET", &format!("/exports/{id}/file"), &curator, None).await.0, 403);
    let url = format!("{}/api/v1{root}/exports/{id}/file", served.address);
    assert_eq!(served.client.get(&url).bearer_auth(&head).send().await.unwrap().status(), 200);

    let (_, log) = send("GET", "/audit?limit=200", &head, None).await;
    let said = log.to_string();
    for deed in ["request_export", "fetch_export"] {
        assert!(said.contains(deed), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_cancels() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder.path().join("veche.db").display().to_string(), &crate::world::cache()).await;
    load_sample_with(&app, &[]).await;
    bind(&app, &[("three", guest("READ WRITE DROP DONE"))]).await;
    let served = Served::start(app).await;
    let head = served.token(&["head@yaroslavl"]).await;
    let root = "/regions/yaroslavl/exports";
    let asked = json!({"format": "x", "period": {"kind": "month", "day": "2026-02-01"}});
    let (_, job) = served.send("POST", root, Some(&head), Some(&asked)).await;
    let path = format!("{root}/{}", job["id"].as_str().unwrap());
    assert_eq!(served.send("DELETE", &path, Some(&head), None).await.0, 204);
    let (status, problem) = served.send("DELETE", &path, Some(&head), None).await;
    assert_eq!(status, 422);
    assert!(problem["detail"].as_str().unwrap().contains("nothing to cancel"), "{problem}");
    for bad in
        [json!({"format": "x"}), json!({"format": "x", "period": {"kind": "eon"}}), json!({"format": "x", "more": 1})]
    {
        assert_eq!(served.send("POST", root, Some(&head), Some(&bad)).await.0, 422, "{bad}");
    }
}
