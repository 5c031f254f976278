//! The life of a change as the README tells it, by commands and over HTTP: upload, draft, back-test, shadow, canary, faults,
//! taken back by the host.

use std::path::Path;

use serde_json::{Value, json};

use crate::host_process::{Serving, TOKEN, make_account, must, run};
use crate::world::{root, sample};

/// The last word of the line that begins so.
fn word_after<'a>(text: &'a str, start: &str) -> &'a str {
    let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start:?} in {text}"));
    line[start.len()..].split_whitespace().next().unwrap()
}

/// The sample's routing table with a body that does not exist for appeals about road surfaces in Yaroslavl.
fn faulty_table(folder: &Path) -> String {
    let routes = std::fs::read_to_string(sample().join("datasets/routes.csv")).unwrap();
    let faulty: Vec<String> = routes
        .lines()
        .map(|line| {
            if line.starts_with("roads.") {
                format!("{},nobody", line.rsplit_once(',').unwrap().0)
            } else {
                line.to_owned()
            }
        })
        .collect();
    let path = folder.join("routes.csv");
    std::fs::write(&path, faulty.join("\n")).unwrap();
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_change_goes_from_upload_to_canary_and_the_host_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let plugins = root().join("target/plugins");
    must(folder, &["region", "load", "samples/yaroslavl", "--plugins", plugins.to_str().unwrap()]);
    let rejects = folder.join("rejects.csv").display().to_string();
    let import = [
        "appeals",
        "import",
        "samples/yaroslavl/appeals.csv",
        "--map",
        "veche",
        "--region",
        "yaroslavl",
        "--rejects",
        &rejects,
    ];
    must(folder, &import);

    // Somebody for each duty. From now on a command that changes rules says in whose name.
    for (login, grant) in [("developer", "developer@yaroslavl"), ("admin", "administrator@yaroslavl")] {
        let (made, complaint) = make_account(folder, login, grant, "семь сонных ежей у реки");
        assert!(made, "{complaint}");
    }
    let component = plugins.join("router-table.wasm").display().to_string();
    let release =
        |login: &[&str], args: &[&str]| run(folder, &[&["release", "--region", "yaroslavl"], login, args].concat());
    for (login, part) in [
        (&[] as &[&str], "say in whose name"),
        (&["--as", "nobody"], "there is no such account"),
        (&["--as", "admin"], "`upload_release` in yaroslavl is not theirs to do, they have administrator@yaroslavl"),
        // The name came with the region's folder.
        (&["--as", "developer"], "belongs to region"),
    ] {
        let refused = release(login, &["add", &component]);
        assert!(!refused.success && refused.err.contains(part), "{}", refused.err);
    }
    let refused = release(&["--as", "developer"], &["give", "router-table", "developer"]);
    assert!(!refused.success && refused.err.contains("give_plugin_name"), "{}", refused.err);
    let given = release(&["--as", "admin"], &["give", "router-table", "developer"]);
    assert!(given.success && given.out.contains("belongs to account:developer"), "{}", given.err);

    // The developer uploads.
    let said = must(folder, &["release", "--region", "yaroslavl", "--as", "developer", "add", &component]);
    assert!(said.contains("may count working days and hours"), "{said}");
    let table = faulty_table(folder);
    let said = must(folder, &["dataset", "--region", "yaroslavl", "--as", "developer", "add", "routes", &table]);
    let dataset = word_after(&said, "routes ").to_owned();

    // The administrator drafts.
    let draft = |args: &[&str]| must(folder, &[&["draft", "--region", "yaroslavl", "--as", "admin"], args].concat());
    let id = word_after(&draft(&["new", "Новая таблица"]), "draft ").to_owned();
    let mut ruleset: Value = serde_json::from_str(&draft(&["show", &id])).unwrap();
    ruleset["bindings"][1]["datasets"]["routes"] = json!(dataset);
    let file = folder.join("ruleset.json").display().to_string();
    std::fs::write(&file, ruleset.to_string()).unwrap();
    draft(&["edit", &id, &file]);
    let stale = run(folder, &["draft", "--region", "yaroslavl", "--as", "admin", "edit", &id, &file, "--version", "1"]);
    assert!(
        !stale.success && stale.err.contains("what changed since:") && stale.err.contains("`routes`"),
        "{}",
        stale.err
    );
    let words = draft(&["diff", &id, "--language", "en"]);
    assert!(words.starts_with("Whole region: router-table") && words.contains("dataset `routes`"), "{words}");
    draft(&["validate", &id]);

    // History shows what would change, before anybody is touched by it.
    let report = folder.join("report.json").display().to_string();
    let said =
        must(folder, &["backtest", "--region", "yaroslavl", "--as", "developer", "--draft", &id, "--json", &report]);
    assert!(said.contains("× table: rejected"), "{said}");
    let job: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    assert_eq!(job["state"], "done");
    assert!(job["report"]["changed"]["body"].as_u64().unwrap() > 0, "{said}");

    // Out all the same: in shadow, then for half of the appeals.
    draft(&["shadow", &id]);
    draft(&["canary", &id, "50", "--min-sample", "5", "--max-extra-faults", "0.1"]);
    let refused = run(folder, &["draft", "--region", "yaroslavl", "--as", "admin", "canary", &id, "120"]);
    assert!(!refused.success && refused.err.contains("out of range"), "{}", refused.err);
    let serving = Serving::start(folder).await;
    let client = reqwest::Client::new();
    let region = format!("{}/api/v1/regions/yaroslavl", serving.address);
    let get = async |path: &str| -> Value {
        client.get(format!("{region}/{path}")).bearer_auth(TOKEN).send().await.unwrap().json().await.unwrap()
    };
    let mut ids = Vec::new();
    loop {
        let appeal = json!({"channel": "pos", "regime": "59fz", "place": {"municipality": "78701000"},
            "text": "Яма на дороге, колесо пробито"});
        let sent = client.post(format!("{region}/appeals")).bearer_auth(TOKEN).json(&appeal).send().await.unwrap();
        assert_eq!(sent.status().as_u16(), 201);
        ids.push(sent.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned());
        if get("rollout").await.is_null() {
            break;
        }
    }
    let history = get("rulesets").await;
    let last = &history["events"][0];
    assert_eq!((&last["kind"], &last["actor"]), (&json!("taken_back"), &Value::Null), "{last}");
    assert!(last["reason"].as_str().unwrap().starts_with("share of faults"), "{last}");
    // No appeal was lost on the way, and those that the canary decided can be told.
    let mut by_canary = 0;
    for id in &ids {
        let one = get(&format!("appeals/{id}")).await;
        assert!(one["assignments"][0]["category"].is_string(), "{one}");
        by_canary += u64::from(one["assignments"][0]["ruleset"] != history["active"]);
    }
    assert!(by_canary >= 5, "{by_canary} of {}", ids.len());
    serving.kill();
    let said = must(folder, &["ruleset", "--region", "yaroslavl", "history"]);
    assert!(said.contains("taken_back") && said.contains("account:admin"), "{said}");
    assert!(draft(&["list"]).contains("validated"));
}
