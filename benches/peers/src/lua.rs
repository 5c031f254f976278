//! Lua 5.4: a state for each call with the table made from its source, or one state for all.

use mlua::{Function, Lua, LuaSerdeExt as _, Value};

use crate::{Task, Times, check, median};

const RULE: &str = r#"
return function(record)
  local body = TABLE[record.category .. "|" .. record.municipality]
  local priority = "normal"
  if record.block == "block0" or record.block == "block4" then priority = "high" end
  local message = record.category .. " в " .. record.municipality .. ": " .. body
  return { body = body, priority = priority, message = message, evidence = { body } }
end
"#;

struct Ready {
    lua: Lua,
    rule: Function,
}

impl Ready {
    fn new(table: &serde_json::Value) -> anyhow::Result<Self> {
        let lua = Lua::new();
        lua.globals().set("TABLE", lua.to_value(table)?)?;
        let rule: Function = lua.load(RULE).eval()?;
        Ok(Self { lua, rule })
    }

    fn call(&self, record: &serde_json::Value) -> anyhow::Result<serde_json::Value> {
        let answer: Value = self.rule.call(self.lua.to_value(record)?)?;
        Ok(self.lua.from_value(answer)?)
    }
}

pub(crate) fn measure(task: &Task) -> anyhow::Result<Times> {
    let table = serde_json::from_str(&task.table)?;
    let record = serde_json::from_str(&task.record)?;
    check(&Ready::new(&table)?.call(&record)?.to_string())?;
    let fresh = median(500, || Ready::new(&table)?.call(&record).map(drop))?;
    let ready = Ready::new(&table)?;
    let reused = median(10_000, || ready.call(&record).map(drop))?;
    Ok(Times { name: "Lua 5.4 (mlua)", fresh, reused })
}
