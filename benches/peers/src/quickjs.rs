//! QuickJS: a runtime for each call with the table made from its source, or one for all.

use rquickjs::{Context, Function, Persistent, Runtime};

use crate::{Calls, Task};

const RULE: &str = r#"
(function (text) {
  const record = JSON.parse(text);
  const body = TABLE[record.category + "|" + record.municipality];
  const priority = record.block === "block0" || record.block === "block4" ? "high" : "normal";
  const message = `${record.category} в ${record.municipality}: ${body}`;
  return JSON.stringify({ body, priority, message, evidence: [body] });
})
"#;

struct Ready {
    rule: Option<Persistent<Function<'static>>>,
    context: Context,
    _runtime: Runtime,
}

impl Ready {
    fn new(task: &Task) -> anyhow::Result<Self> {
        let runtime = Runtime::new()?;
        let context = Context::full(&runtime)?;
        let rule = context.with(|ctx| -> rquickjs::Result<_> {
            ctx.globals().set("TABLE", ctx.json_parse(task.table.as_str())?)?;
            let rule: Function<'_> = ctx.eval(RULE)?;
            Ok(Persistent::save(&ctx, rule))
        })?;
        Ok(Self { rule: Some(rule), context, _runtime: runtime })
    }

    fn call(&self, task: &Task) -> anyhow::Result<String> {
        let rule = self.rule.clone();
        Ok(self.context.with(|ctx| -> rquickjs::Result<String> {
            match rule {
                Some(rule) => rule.restore(&ctx)?.call((task.record.as_str(),)),
                None => Ok(String::new()),
            }
        })?)
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        // A kept value must go before its runtime.
        self.rule = None;
    }
}

pub(crate) fn calls(task: &Task) -> anyhow::Result<Calls<'_>> {
    let ready = Ready::new(task)?;
    Ok(Calls { fresh: Box::new(|| Ready::new(task)?.call(task)), reused: Box::new(move || ready.call(task)) })
}
