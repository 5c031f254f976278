//! A serving host: requests of one region in quiet, and while hostile plug-ins of another are called and uploaded.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use veche_tests::guest::root;
use veche_tests::hostile::{BAD_TEXT, GOOD_TEXT, all, compile_bombs, siege};

use crate::Table;
use crate::process::memory_mib;

const TOKEN: &str = "a-token-of-the-bench";
/// Requests whose times are taken, over four connections.
const REQUESTS: usize = 4_000;
const CONNECTIONS: usize = 4;

fn veche(folder: &Path) -> Command {
    let binary = std::env::current_exe().unwrap().with_file_name("veche");
    assert!(binary.exists(), "{} is missing: run `cargo xtask bench sandbox`", binary.display());
    let mut command = Command::new(binary);
    command
        .current_dir(root())
        .env("VECHE_DATABASE", folder.join("veche.db"))
        .env("VECHE_CACHE", folder.join("cache"))
        .env("VECHE_API_TOKEN", TOKEN)
        .env("VECHE_DATA_KEY", format!("bench:{}", "7".repeat(64)))
        .env("VECHE_LOG", "error,veche=info")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

async fn serve(folder: &Path) -> (Child, String) {
    let mut host =
        veche(folder).args(["serve", "--listen", "127.0.0.1:0", "--rate", "0"]).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = tokio::process::ChildStderr::from_std(host.stderr.take().unwrap()).unwrap();
    let mut lines = BufReader::new(stderr).lines();
    let address = loop {
        let line = lines.next_line().await.unwrap().expect("the host ended");
        if let Some((_, rest)) = line.split_once("address=") {
            break format!("http://{}/api/v1/regions", rest.split_whitespace().next().unwrap());
        }
    };
    // Read on: a full pipe would hold the host up.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (host, address)
}

pub(crate) async fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().unwrap();
    let siege = siege::lay(folder.path(), "besieged");
    let sample = (root().join("samples/yaroslavl"), root().join("target/plugins"));
    for (region, plugins) in [&sample, &(siege.region, siege.plugins)] {
        let status = veche(folder.path()).args(["region", "load"]).arg(region).arg("--plugins").arg(plugins).status();
        assert!(status.unwrap().success(), "{} is not loaded", region.display());
    }
    let (mut host, address) = serve(folder.path()).await;
    times(&address, "warm").await;
    let quiet = times(&address, "quiet").await;

    let stop = Arc::new(AtomicBool::new(false));
    let attacks = Arc::new(AtomicU64::new(0));
    let mut attackers = vec![tokio::spawn(upload(address.clone(), stop.clone(), attacks.clone()))];
    for number in 0..2 {
        attackers.push(tokio::spawn(attack(address.clone(), number, stop.clone(), attacks.clone())));
    }
    let besieged = times(&address, "besieged").await;
    stop.store(true, Ordering::Relaxed);
    for attacker in attackers {
        attacker.await.unwrap();
    }
    table.note("hostile appeals and uploads meanwhile", attacks.load(Ordering::Relaxed).to_string());
    let shown = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    for (what, quiet, besieged) in [
        ("POST answered with its routing, 99th percentile", quiet.0, besieged.0),
        ("GET of an appeal, 99th percentile", quiet.1, besieged.1),
    ] {
        table.note(&format!("{what}, quiet"), shown(quiet));
        let aim = format!("at most 3 × {} = {}", shown(quiet), shown(quiet * 3));
        table.row(&format!("{what}, besieged"), shown(besieged), &aim, besieged <= quiet * 3);
    }
    table.note("peak memory of the host", format!("{} MiB", memory_mib(&host.id().to_string(), "VmHWM")));
    host.kill().unwrap();
    host.wait().unwrap();
}

/// The 99th percentiles of posting and of reading.
async fn times(address: &str, round: &str) -> (Duration, Duration) {
    let mut connections = Vec::new();
    for connection in 0..CONNECTIONS {
        let (address, round) = (format!("{address}/yaroslavl/appeals"), round.to_owned());
        connections.push(tokio::spawn(async move {
            let client = reqwest::Client::new();
            let (mut posts, mut gets) = (Vec::new(), Vec::new());
            for number in 0..REQUESTS / CONNECTIONS {
                let appeal = json!({"channel": "pos", "regime": "59fz", "text": GOOD_TEXT,
                    "external_id": format!("{round}-{connection}-{number}"), "place": {"municipality": "78701000"}});
                let started = Instant::now();
                let answer = client.post(&address).bearer_auth(TOKEN).json(&appeal).send().await.unwrap();
                assert_eq!(answer.status().as_u16(), 201, "{round}");
                let answer: serde_json::Value = answer.json().await.unwrap();
                posts.push(started.elapsed());
                let started = Instant::now();
                let one = format!("{address}/{}", answer["id"].as_str().unwrap());
                let read = client.get(one).bearer_auth(TOKEN).send().await.unwrap();
                assert_eq!(read.status().as_u16(), 200, "{round}");
                read.bytes().await.unwrap();
                gets.push(started.elapsed());
            }
            (posts, gets)
        }));
    }
    let (mut posts, mut gets) = (Vec::new(), Vec::new());
    for connection in connections {
        let (more_posts, more_gets) = connection.await.unwrap();
        posts.extend(more_posts);
        gets.extend(more_gets);
    }
    (p99(posts), p99(gets))
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

/// Posts appeals on which every hostile plug-in is called.
async fn attack(address: String, number: usize, stop: Arc<AtomicBool>, attacks: Arc<AtomicU64>) {
    let client = reqwest::Client::new();
    while !stop.load(Ordering::Relaxed) {
        let n = attacks.fetch_add(1, Ordering::Relaxed);
        let appeal = json!({"channel": "pos", "regime": "59fz", "text": BAD_TEXT,
            "external_id": format!("attack-{number}-{n}"), "place": {"municipality": "78701000"}});
        let posted = client.post(format!("{address}/besieged/appeals")).bearer_auth(TOKEN).json(&appeal).send().await;
        assert!(posted.unwrap().status().is_success(), "the besieged region does not take appeals");
    }
}

/// Uploads every hostile component, compile bombs among them, again and again.
async fn upload(address: String, stop: Arc<AtomicBool>, attacks: Arc<AtomicU64>) {
    let client = reqwest::Client::new();
    let components: Vec<Vec<u8>> = all().into_iter().chain(compile_bombs()).map(|hostile| hostile.component).collect();
    for component in components.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        attacks.fetch_add(1, Ordering::Relaxed);
        let uploaded =
            client.post(format!("{address}/besieged/releases")).bearer_auth(TOKEN).body(component.clone()).send().await;
        let status = uploaded.unwrap().status();
        assert!(!status.is_server_error(), "an upload ends in {status}");
    }
}
