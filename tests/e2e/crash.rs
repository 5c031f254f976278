//! `kill -9` in the middle of work: what was acknowledged is there, nothing is there twice, what waited gets routed.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use veche_domain::appeal::{AppealId, NewAppeal};
use veche_domain::decision::{EventKind, State};
use veche_store::{Intake, Store, StoredAppeal};

use crate::host_process::{Serving, TOKEN, must, veche};
use crate::world::{root, sample, vault, yaroslavl};

const KILLS: usize = 10;
/// Several of the import's batches for each kill.
const ROWS: usize = 16_000;

fn load_region(folder: &Path) {
    let plugins = root().join("target/plugins");
    must(folder, &["region", "load", sample().to_str().unwrap(), "--plugins", plugins.to_str().unwrap()]);
}

async fn open(folder: &Path) -> Store {
    Store::connect(folder.join("veche.db").to_str().unwrap()).await.unwrap().with_vault(vault())
}

async fn all(store: &Store) -> Vec<StoredAppeal> {
    later_than(store, None).await
}

async fn later_than(store: &Store, mut after: Option<AppealId>) -> Vec<StoredAppeal> {
    let mut appeals = Vec::new();
    loop {
        let page = store.each_appeal(&yaroslavl(), after, 1_000).await.unwrap();
        let Some(last) = page.last() else { return appeals };
        after = Some(last.appeal.id);
        appeals.extend(page);
    }
}

/// Each external id once; each appeal either waits, or has its whole effect and exactly one of it.
async fn check_whole(store: &Store, appeals: &[StoredAppeal]) {
    let ids: HashSet<_> = appeals.iter().map(|a| a.appeal.content.external_id.clone().unwrap()).collect();
    assert_eq!(ids.len(), appeals.len(), "an appeal is there twice");
    for stored in appeals {
        let id = stored.appeal.id;
        let events = store.events(&yaroslavl(), id).await.unwrap();
        let routed = events.iter().filter(|e| e.kind == EventKind::Routed).count();
        let decisions = store.decisions(&yaroslavl(), id).await.unwrap().len();
        if stored.state() == State::Received {
            assert_eq!((routed, decisions), (0, 0), "half an effect of {id}");
        } else {
            assert_eq!((stored.questions.len(), routed), (1, 1), "{id}");
            assert!((1..=2).contains(&decisions), "{decisions} decisions of {id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_killed_ten_times_stores_each_row_once() {
    let folder = tempfile::tempdir().unwrap();
    load_region(folder.path());
    let file = folder.path().join("many.csv");
    let mut csv = String::from(
        "external_id,received_at,channel,regime,applicant_kind,applicant_name,applicant_phone,municipality,address,lat,lon,text\n",
    );
    for n in 0..ROWS {
        csv.push_str(&format!(
            "K-{n},2026-02-05T10:00:00,pos,pos,citizen,,,78701000,,,,В подъезде {n} холодные батареи\n"
        ));
    }
    std::fs::write(&file, csv).unwrap();
    let import = ["appeals", "import", file.to_str().unwrap(), "--map", "veche", "--region", "yaroslavl"];
    let store = open(folder.path()).await;
    let count = async || store.counts(&yaroslavl()).await.unwrap().values().sum::<i64>();
    let (mut before, mut last) = (0, None);
    for _ in 0..KILLS {
        let mut process = veche(folder.path()).args(import).stdout(Stdio::null()).spawn().unwrap();
        // Just into the part that the runs before did not store.
        while count().await <= before {
            assert!(process.try_wait().unwrap().is_none(), "the import ended before it was killed");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        process.kill().unwrap();
        process.wait().unwrap();
        let new = later_than(&store, last).await;
        check_whole(&store, &new).await;
        before += i64::try_from(new.len()).unwrap();
        assert_eq!(count().await, before);
        last = new.last().map(|stored| stored.appeal.id);
    }
    assert!(before < i64::try_from(ROWS).unwrap(), "the kills came too late to tell");
    let said = must(folder.path(), &import);
    assert!(said.contains(&format!("{ROWS} rows")), "{said}");
    let appeals = all(&store).await;
    assert_eq!(appeals.len(), ROWS);
    check_whole(&store, &appeals).await;
}

/// What a client knows of its requests.
#[derive(Default)]
struct Sent {
    acknowledged: HashMap<String, String>,
    unanswered: Vec<String>,
    next: usize,
}

fn body(external_id: &str) -> Value {
    json!({"channel": "phone", "regime": "59fz", "external_id": external_id, "received_at": "2026-02-05T09:00:00Z",
        "text": "Во дворе третий день не горят фонари", "place": {"municipality": "78701000"}})
}

async fn post(client: &reqwest::Client, address: &str, external_id: &str) -> Result<String, reqwest::Error> {
    let response = client
        .post(format!("{address}/api/v1/regions/yaroslavl/appeals"))
        .bearer_auth(TOKEN)
        .header("idempotency-key", external_id)
        .json(&body(external_id))
        .send()
        .await?;
    let status = response.status().as_u16();
    let answer: Value = response.json().await?;
    assert!([200, 201, 202].contains(&status), "{status} {answer}");
    Ok(answer["id"].as_str().unwrap().to_owned())
}

/// Posts until the host is gone: what was not answered before, then new appeals.
async fn post_until_gone(address: String, sent: Arc<Mutex<Sent>>) {
    let client = reqwest::Client::new();
    loop {
        let external_id = {
            let mut sent = sent.lock().unwrap();
            sent.unanswered.pop().unwrap_or_else(|| {
                sent.next += 1;
                format!("P-{}", sent.next)
            })
        };
        let answer = post(&client, &address, &external_id).await;
        let mut sent = sent.lock().unwrap();
        match answer {
            Ok(id) => {
                let known = sent.acknowledged.insert(external_id, id.clone());
                assert!(known.is_none_or(|known| known == id), "another id for a repeated request");
            }
            Err(_) => {
                sent.unanswered.push(external_id);
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serving_host_killed_ten_times_keeps_what_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    load_region(folder.path());
    let store = open(folder.path()).await;
    let sent = Arc::new(Mutex::new(Sent::default()));
    for kill in 0..KILLS {
        // Some wait for routing when the host starts, so that it is killed at that work, too.
        let waiting: Vec<Intake> = (0..40).map(|n| waiting(&format!("W-{kill}-{n}"))).collect();
        store.save_batch(&yaroslavl(), &waiting).await.unwrap();
        let host = Serving::start(folder.path()).await;
        let aim = sent.lock().unwrap().acknowledged.len() + 20 + kill * 7;
        let clients: Vec<_> =
            (0..8).map(|_| tokio::spawn(post_until_gone(host.address.clone(), sent.clone()))).collect();
        while sent.lock().unwrap().acknowledged.len() < aim {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        host.kill();
        for client in clients {
            client.await.unwrap();
        }
        let appeals = all(&store).await;
        check_whole(&store, &appeals).await;
        let there: HashMap<_, _> =
            appeals.iter().map(|a| (a.appeal.content.external_id.clone().unwrap(), a.appeal.id.to_string())).collect();
        for (external_id, id) in &sent.lock().unwrap().acknowledged {
            assert_eq!(there.get(external_id), Some(id), "{external_id} was acknowledged and is not there");
        }
    }
    let host = Serving::start(folder.path()).await;
    let client = reqwest::Client::new();
    let unanswered = std::mem::take(&mut sent.lock().unwrap().unanswered);
    for external_id in unanswered {
        post(&client, &host.address, &external_id).await.unwrap();
    }
    while store.pending_count(&yaroslavl()).await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(host);
    let appeals = all(&store).await;
    assert_eq!(appeals.len(), sent.lock().unwrap().next + KILLS * 40);
    check_whole(&store, &appeals).await;
    assert!(appeals.iter().all(|a| a.state() == State::Assigned), "something is not routed");
}

fn waiting(external_id: &str) -> Intake {
    let mut body = body(external_id);
    body["text"] = json!("На дороге огромная яма");
    let appeal: NewAppeal = serde_json::from_value(body).unwrap();
    Intake { id: AppealId::new(), digest: appeal.digest(), appeal, key: None, effect: None }
}
