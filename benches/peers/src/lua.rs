//! Lua 5.4: a state for each call with the table made from its source, or one state for all.

use mlua::{Function, Lua, LuaSerdeExt as _, Value};

use crate::{Calls, Task};

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

    fn call(&self, record: &serde_json::Value) -> anyhow::Result<String> {
        let answer: Value = self.rule.call(self.lua.to_value(record)?)?;
        Ok(self.lua.from_value::<serde_json::Value>(answer)?.to_string())
    }
}

pub(crate) fn calls(task: &Task) -> anyhow::Result<Calls<'_>> {
    let table: serde_json::Value = serde_json::from_str(&task.table)?;
    let record: serde_json::Value = serde_json::from_str(&task.record)?;
    let ready = Ready::new(&table)?;
    Ok(Calls {
        fresh: Box::new({
            let record = record.clone();
            move || Ready::new(&table)?.call(&record)
        }),
        reused: Box::new(move || ready.call(&record)),
    })
}
