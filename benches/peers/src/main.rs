//! The benchmark's rule in other engines. Takes the number of categories and, if it is built, the Extism guest in
//! `VECHE_EXTISM_GUEST`; prints a line for each engine: name, median of a fresh context for each call, median of a
//! reused one, in microseconds, separated by tabs.

mod extism_peer;
mod lua;
mod quickjs;
mod rego;
mod rhai_peer;

use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

/// The record of twelve fields that each engine is handed.
#[derive(Serialize)]
struct Record {
    id: &'static str,
    received_at: i64,
    channel: &'static str,
    regime: &'static str,
    applicant: &'static str,
    text: String,
    question: u32,
    questions: u32,
    municipality: &'static str,
    district: Option<&'static str>,
    category: &'static str,
    block: &'static str,
}

/// What each engine must answer.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Answer {
    body: String,
    priority: String,
    message: String,
    evidence: Vec<String>,
}

/// What every engine gets.
struct Task {
    categories: u32,
    /// The table as JSON: body by «category|municipality».
    table: String,
    /// The record as JSON.
    record: String,
}

/// Medians, microseconds.
struct Times {
    name: &'static str,
    fresh: f64,
    reused: f64,
}

fn main() -> anyhow::Result<()> {
    let categories = std::env::args().nth(1).context("say how many categories the table has")?.parse()?;
    let rows =
        rule::rows(categories).map(|(category, municipality, body)| (format!("{category}|{municipality}"), body));
    let table: serde_json::Map<String, serde_json::Value> = rows.map(|(key, body)| (key, body.into())).collect();
    let text = "Уже третий день в квартире холодные батареи, дети мёрзнут, управляющая компания трубку не берёт! ";
    let record = Record {
        id: "019ac5a0-0000-7000-8000-000000000000",
        received_at: 1_770_282_000,
        channel: "pos",
        regime: "59fz",
        applicant: "citizen",
        text: text.repeat(4),
        question: 0,
        questions: 1,
        municipality: "78703000",
        district: None,
        category: "block3.category11",
        block: "block3",
    };
    let task = Task { categories, table: serde_json::to_string(&table)?, record: serde_json::to_string(&record)? };
    let engines: [(&str, fn(&Task) -> anyhow::Result<Times>); 5] = [
        ("Extism", extism_peer::measure),
        ("Lua 5.4 (mlua)", lua::measure),
        ("QuickJS (rquickjs)", quickjs::measure),
        ("rhai", rhai_peer::measure),
        ("regorus", rego::measure),
    ];
    for (name, measure) in engines {
        let times = measure(&task).with_context(|| format!("{name} cannot run the rule"))?;
        println!("{}\t{:.2}\t{:.2}", times.name, times.fresh, times.reused);
    }
    Ok(())
}

/// Checks an answer: an engine that does something else is not compared.
fn check(answer: &str) -> anyhow::Result<()> {
    let answer: Answer = serde_json::from_str(answer)?;
    let body = "body-86".to_owned();
    let message = format!("block3.category11 в 78703000: {body}");
    let wanted = Answer { evidence: vec![body.clone()], body, priority: "normal".into(), message };
    ensure!(answer == wanted, "it answers {answer:?} and not {wanted:?}");
    Ok(())
}

/// Median time of one run, microseconds; the first tenth is not counted.
fn median(runs: usize, mut work: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    for _ in 0..runs / 10 {
        work()?;
    }
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let started = Instant::now();
        work()?;
        times.push(started.elapsed().as_nanos());
    }
    times.sort_unstable();
    Ok(times.get(runs / 2).copied().unwrap_or_default() as f64 / 1_000.0)
}
