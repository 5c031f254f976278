//! The benchmark's rule as an Extism plug-in: JSON in and out, the table made when the instance is.

use std::cell::OnceCell;
use std::collections::HashMap;

use extism_pdk::{FnResult, Json, config, plugin_fn};
use serde::{Deserialize, Serialize};

/// What the rule reads of the record; the rest is parsed as well.
#[derive(Deserialize)]
struct Record {
    category: String,
    block: String,
    municipality: String,
    #[serde(flatten)]
    _rest: HashMap<String, serde_json::Value>,
}

#[derive(Serialize)]
struct Answer {
    body: String,
    priority: &'static str,
    message: String,
    evidence: Vec<String>,
}

thread_local! {
    static TABLE: OnceCell<HashMap<(String, String), String>> = const { OnceCell::new() };
}

fn table() -> HashMap<(String, String), String> {
    let categories: u32 = config::get("categories").ok().flatten().and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut table = HashMap::new();
    for category in 0..categories {
        for municipality in 0..10 {
            let code = format!("block{}.category{category}", category % 8);
            let body = format!("body-{}", (category * 7 + municipality * 3) % 97);
            table.insert((code, format!("787{municipality:02}000")), body);
        }
    }
    table
}

#[plugin_fn]
pub fn route(Json(record): Json<Record>) -> FnResult<Json<Answer>> {
    let body = TABLE.with(|kept| {
        kept.get_or_init(table)
            .get(&(record.category.clone(), record.municipality.clone()))
            .cloned()
            .unwrap_or_default()
    });
    let priority = if matches!(record.block.as_str(), "block0" | "block4") { "high" } else { "normal" };
    let message = format!("{} в {}: {body}", record.category, record.municipality);
    Ok(Json(Answer { evidence: vec![body.clone()], body, priority, message }))
}
