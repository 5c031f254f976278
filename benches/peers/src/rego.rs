//! regorus: an engine for each call with policy and data loaded, or a clone of a prepared one.

use regorus::{Engine, Value};

use crate::{Calls, Task};

const RULE: &str = r#"
package rule
import rego.v1

body := data.table[concat("|", [input.category, input.municipality])]

default priority := "normal"
priority := "high" if input.block in {"block0", "block4"}

answer := {
  "body": body,
  "priority": priority,
  "message": sprintf("%s в %s: %s", [input.category, input.municipality, body]),
  "evidence": [body],
}
"#;

fn ready(task: &Task) -> anyhow::Result<Engine> {
    let mut engine = Engine::new();
    engine.add_policy("rule.rego".into(), RULE.into())?;
    engine.add_data(Value::from_json_str(&format!("{{\"table\":{}}}", task.table))?)?;
    Ok(engine)
}

fn call(engine: &mut Engine, task: &Task) -> anyhow::Result<String> {
    engine.set_input(Value::from_json_str(&task.record)?);
    engine.eval_rule("data.rule.answer".into())?.to_json_str()
}

pub(crate) fn calls(task: &Task) -> anyhow::Result<Calls<'_>> {
    let mut engine = ready(task)?;
    Ok(Calls { fresh: Box::new(|| call(&mut ready(task)?, task)), reused: Box::new(move || call(&mut engine, task)) })
}
