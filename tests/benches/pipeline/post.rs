//! `POST /appeals` answered with its routing, over 32 connections, every answer durable on SQLite.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Table;
use crate::host::{root, run, usage, veche};

const CONNECTIONS: usize = 32;
const REQUESTS: usize = 1_000;
const TOKEN: &str = "a-token-of-the-bench";

pub(crate) async fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().unwrap();
    let mut load = veche(folder.path());
    load.args(["region", "load", "samples/yaroslavl", "--plugins", "target/plugins"]);
    run(load);

    let started = Instant::now();
    let mut host = veche(folder.path())
        .args(["serve", "--listen", "127.0.0.1:0", "--rate", "0"])
        .env("VECHE_API_TOKEN", TOKEN)
        .env("VECHE_LOG", "warn,veche=info")
        .env("NO_COLOR", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(host.stderr.take().unwrap()).lines();
    let address = loop {
        let line = lines.next().expect("the host ended").unwrap();
        if let Some((_, rest)) = line.split_once("address=") {
            break rest.split_whitespace().next().unwrap().to_owned();
        }
    };
    let start = started.elapsed();
    table.row(
        "start with warm caches",
        format!("{} ms", start.as_millis()),
        "under 1 s",
        start < Duration::from_secs(1),
    );
    std::thread::spawn(move || lines.for_each(drop));

    let texts = texts();
    // A first round is not measured: connections, pages of the pool and prepared statements are warm afterwards.
    round(&address, &texts, REQUESTS / 10, 0).await;
    let started = Instant::now();
    let mut times = round(&address, &texts, REQUESTS, 1).await;
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    table.row("POST answered with its routing", format!("{rate:.0}/s"), "at least 2,000", rate >= 2_000.0);
    table.note("median", format!("{:.1} ms", at(0.5).as_secs_f64() * 1e3));
    let p99 = at(0.99);
    table.row(
        "99th percentile",
        format!("{:.1} ms", p99.as_secs_f64() * 1e3),
        "under 50 ms",
        p99 < Duration::from_millis(50),
    );
    if let Some((_, peak)) = usage(&host) {
        table.note("peak memory of the host", format!("{peak} MiB"));
    }
    host.kill().unwrap();
    host.wait().unwrap();
}

/// Texts of the sample, as JSON bodies without their end.
fn texts() -> Vec<String> {
    let table = veche_app::files::open_table(&root().join("samples/yaroslavl/appeals.csv")).unwrap();
    let text = table.headers().iter().position(|h| h == "text").unwrap();
    table.map(|row| serde_json::to_string(&row.unwrap().cells[text]).unwrap()).collect()
}

async fn round(address: &str, texts: &[String], requests: usize, number: usize) -> Vec<Duration> {
    let mut connections = Vec::new();
    for connection in 0..CONNECTIONS {
        let bodies: Vec<String> = (0..requests)
            .map(|n| {
                let text = &texts[(connection * 7 + n) % texts.len()];
                format!(
                    r#"{{"channel":"pos","regime":"59fz","external_id":"{number}-{connection}-{n}","place":{{"municipality":"78701000"}},"text":{text}}}"#
                )
            })
            .collect();
        connections.push(tokio::spawn(talk(address.to_owned(), bodies)));
    }
    let mut times = Vec::new();
    for connection in connections {
        times.extend(connection.await.unwrap());
    }
    times
}

/// One keep-alive connection, one request after the other; a plain client, so that it takes little of the two cores.
async fn talk(address: String, bodies: Vec<String>) -> Vec<Duration> {
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 64 << 10];
    let mut times = Vec::with_capacity(bodies.len());
    for body in bodies {
        let request = format!(
            "POST /api/v1/regions/yaroslavl/appeals HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let started = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut filled = 0;
        loop {
            let read = stream.read(&mut buffer[filled..]).await.unwrap();
            assert!(read > 0, "the host closed the connection");
            filled += read;
            if whole(&buffer[..filled]) {
                break;
            }
        }
        times.push(started.elapsed());
        let answer = String::from_utf8_lossy(&buffer[..filled]);
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        assert!(answer.contains(r#""state":"#), "no routing in {answer}");
    }
    times
}

/// Whether head and body of an answer are there.
fn whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    length.is_some_and(|length| body.len() >= length)
}
