//! The benchmark's rule in other engines. Takes the number of categories and the Extism guest in
//! `VECHE_EXTISM_GUEST`; measures with criterion: a group for each engine, `fresh` with a context for each call and
//! `reused` with one for all.

mod extism_peer;
mod lua;
mod quickjs;
mod rego;
mod rhai_peer;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use criterion::Criterion;
use serde::{Deserialize, Serialize};

/// The allocator that our host has, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    let mut criterion =
        Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4));
    let engines: [(&str, fn(&Task) -> anyhow::Result<Calls<'_>>); 5] = [
        ("extism", extism_peer::calls),
        ("lua", lua::calls),
        ("quickjs", quickjs::calls),
        ("rhai", rhai_peer::calls),
        ("regorus", rego::calls),
    ];
    for (name, calls) in engines {
        let Calls { mut fresh, mut reused } = calls(&task).with_context(|| format!("{name} cannot load the rule"))?;
        for call in [&mut fresh, &mut reused] {
            check(&call()?).with_context(|| format!("{name} has another rule"))?;
        }
        let mut group = criterion.benchmark_group(name);
        group.bench_function("fresh", |bencher| bencher.iter(|| fresh().expect("it answered before")));
        group.bench_function("reused", |bencher| bencher.iter(|| reused().expect("it answered before")));
    }
    Ok(())
}

/// One call of the rule, with its answer as JSON.
type Call<'t> = Box<dyn FnMut() -> anyhow::Result<String> + 't>;

/// The two ways to call an engine.
struct Calls<'t> {
    fresh: Call<'t>,
    reused: Call<'t>,
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
