//! rhai: an engine for each call with the script compiled, or engine and script for all.

use rhai::{AST, Dynamic, Engine, Map, Scope};

use crate::{Calls, Task};

const RULE: &str = r#"
fn route(table, record) {
  let body = table[record.category + "|" + record.municipality];
  let priority = if record.block == "block0" || record.block == "block4" { "high" } else { "normal" };
  let message = `${record.category} в ${record.municipality}: ${body}`;
  #{ body: body, priority: priority, message: message, evidence: [body] }
}
"#;

struct Ready {
    engine: Engine,
    script: AST,
    table: Dynamic,
}

impl Ready {
    fn new(task: &Task) -> anyhow::Result<Self> {
        let engine = Engine::new();
        let script = engine.compile(RULE).map_err(|error| anyhow::anyhow!("{error}"))?;
        let table = engine.parse_json(&task.table, true).map_err(|error| anyhow::anyhow!("{error}"))?;
        // Shared, so that a call does not copy it.
        Ok(Self { engine, script, table: Dynamic::from(table).into_shared() })
    }

    fn call(&self, task: &Task) -> anyhow::Result<String> {
        let failed = |error: Box<rhai::EvalAltResult>| anyhow::anyhow!("{error}");
        let record = self.engine.parse_json(&task.record, true).map_err(failed)?;
        let arguments = (self.table.clone(), record);
        let answer: Map = self.engine.call_fn(&mut Scope::new(), &self.script, "route", arguments).map_err(failed)?;
        Ok(rhai::format_map_as_json(&answer))
    }
}

pub(crate) fn calls(task: &Task) -> anyhow::Result<Calls<'_>> {
    let ready = Ready::new(task)?;
    Ok(Calls { fresh: Box::new(|| Ready::new(task)?.call(task)), reused: Box::new(move || ready.call(task)) })
}
