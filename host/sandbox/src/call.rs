//! One call: a fresh copy-on-write instance from the pool, limits armed, one typed function, a report.

use std::time::Instant;

use chrono::NaiveDate;
use veche_domain::appeal::Appeal;
use veche_domain::decision::{Categorization, ChosenCategory, Kind, Routing};
use wasmtime::component::Instance;
use wasmtime::{Store, Trap};

use crate::contract;
use crate::engine::{STACK, TICK};
use crate::host::HostState;
use crate::limits::{LimitKind, Limits};
use crate::prepare::Plugin;
use crate::report::{Fault, Report};

/// An appeal as one binding's calls see it: translated and masked once for all of them.
pub struct Question<'a> {
    pub(crate) appeal: &'a Appeal,
    pub(crate) today: NaiveDate,
    masked: contract::wit::types::Appeal,
    index: usize,
}

impl<'a> Question<'a> {
    /// A question of an appeal. `today` is the local date of receipt.
    #[must_use]
    pub fn new(appeal: &'a Appeal, index: usize, today: NaiveDate) -> Self {
        Self { appeal, today, masked: contract::appeal(appeal, index, false), index }
    }

    pub(crate) fn for_plugin(&self, plugin: &Plugin) -> std::borrow::Cow<'_, contract::wit::types::Appeal> {
        if plugin.sees_applicant {
            std::borrow::Cow::Owned(contract::appeal(self.appeal, self.index, true))
        } else {
            std::borrow::Cow::Borrowed(&self.masked)
        }
    }
}

impl Plugin {
    /// Ranks categories for a question.
    #[must_use]
    pub fn categorize(&self, question: &Question<'_>, block: Option<&str>) -> Report<Categorization> {
        let Some(indices) = &self.categorizer else { return self.missing(Kind::Categorizer) };
        let appeal = question.for_plugin(self);
        let context = self.context(question, block);
        self.call(question, |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            let answer = guest.call_categorize(store, &appeal, &context)?;
            Ok(answer.map(contract::categorization).map_err(|failure| failure.message))
        })
    }

    /// Routes a question.
    #[must_use]
    pub fn route(&self, question: &Question<'_>, category: &ChosenCategory, block: Option<&str>) -> Report<Routing> {
        let Some(indices) = &self.router else { return self.missing(Kind::Router) };
        let appeal = question.for_plugin(self);
        let context = self.context(question, block);
        let category = contract::chosen(category);
        self.call(question, |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            let answer = guest.call_route(store, &appeal, &category, &context)?;
            Ok(answer.map(contract::routing).map_err(|failure| failure.message))
        })
    }

    pub(crate) fn context(&self, question: &Question<'_>, block: Option<&str>) -> contract::wit::types::Context {
        let region = self.world.dictionaries.region();
        contract::context(question.appeal, block, region.code.as_str(), &region.language)
    }

    fn missing<T>(&self, kind: Kind) -> Report<T> {
        Report {
            result: Err(Fault::Host { message: format!("release {} exports no {kind}", self.release.short()) }),
            fuel: 0,
            duration: std::time::Duration::ZERO,
            memory: 0,
            logs: Vec::new(),
            logs_cut: 0,
        }
    }

    fn call<T>(
        &self,
        question: &Question<'_>,
        work: impl FnOnce(&mut Store<HostState>, &Instance) -> wasmtime::Result<Result<T, String>>,
    ) -> Report<T> {
        let started = Instant::now();
        let applicant = self.sees_applicant.then(|| question.appeal.content.applicant.clone());
        let state = HostState::new(self.world.clone(), question.today, applicant, &self.limits);
        let mut store = Store::new(&self.engine.inner.wasm, state);
        arm(&mut store, &self.limits);
        let answer = self.pre.instantiate(&mut store).and_then(|instance| work(&mut store, &instance));
        let result = match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(message)) => Err(Fault::Failed { message: message.chars().take(1_000).collect() }),
            Err(error) => Err(fault_of(&store, &error, &self.limits)),
        };
        let fuel = self.limits.fuel.saturating_sub(store.get_fuel().unwrap_or(0));
        let state = store.into_data();
        Report {
            result,
            fuel,
            duration: started.elapsed(),
            memory: u64::try_from(state.memory_peak).unwrap_or(u64::MAX),
            logs: state.logs,
            logs_cut: state.logs_cut,
        }
    }
}

/// Arms the limits of one call.
pub(crate) fn arm(store: &mut Store<HostState>, limits: &Limits) {
    // `set_fuel` fails only where the engine counts none; ours always does.
    let _ = store.set_fuel(limits.fuel);
    let tick = u64::try_from(TICK.as_millis()).unwrap_or(1).max(1);
    store.set_epoch_deadline(limits.wall_ms.div_ceil(tick) + 1);
    store.set_hostcall_fuel(limits.host_bytes);
    store.limiter(|state| state);
}

/// What an engine error means.
pub(crate) fn fault_of(store: &Store<HostState>, error: &wasmtime::Error, limits: &Limits) -> Fault {
    let limit = |which, used: u64, allowed: u64| Fault::Limit { which, used, allowed };
    let trap = error.downcast_ref::<Trap>().copied();
    match trap {
        Some(Trap::OutOfFuel) => return limit(LimitKind::Fuel, limits.fuel, limits.fuel),
        Some(Trap::Interrupt) => return limit(LimitKind::Wall, limits.wall_ms, limits.wall_ms),
        Some(Trap::StackOverflow) => return limit(LimitKind::Stack, STACK as u64, STACK as u64),
        _ => {}
    }
    // A refused growth usually ends in an abort of the guest; the refusal is the cause.
    if let Some((which, wanted)) = store.data().refused {
        let allowed = if which == LimitKind::Memory { limits.memory } else { limits.table_elements };
        return limit(which, wanted as u64, allowed as u64);
    }
    if store.hostcall_fuel() == 0 || format!("{error:#}").contains("hostcall fuel") {
        return limit(LimitKind::HostBytes, limits.host_bytes as u64, limits.host_bytes as u64);
    }
    match trap {
        Some(trap) => Fault::Trap { message: trap_message(trap, error, &store.data().logs) },
        None => Fault::Trap { message: first_lines(&format!("{:#}", error.root_cause()), 1) },
    }
}

/// The trap, the panic message that the SDK logged, and the innermost functions.
fn trap_message(trap: Trap, error: &wasmtime::Error, logs: &[crate::report::LogLine]) -> String {
    let mut message = trap.to_string();
    if let Some(line) = logs.iter().rev().find(|line| line.level == "error") {
        message.push_str("; last error logged: ");
        message.extend(line.message.chars().take(300));
    }
    if let Some(backtrace) = error.downcast_ref::<wasmtime::WasmBacktrace>() {
        let names: Vec<String> =
            backtrace.frames().iter().filter_map(|f| f.func_name().map(str::to_owned)).take(4).collect();
        if !names.is_empty() {
            message.push_str("; in ");
            message.push_str(&names.join(" < "));
        }
    }
    message
}

fn first_lines(text: &str, lines: usize) -> String {
    text.lines().take(lines).collect::<Vec<_>>().join("\n").chars().take(500).collect()
}

/// Sends what a plug-in logged while it was prepared to the host's log.
pub(crate) fn trace_logs(store: &Store<HostState>, export: &'static str) {
    for line in &store.data().logs {
        tracing::info!(plugin.export = export, plugin.level = %line.level, message = %line.message, "plug-in log");
    }
}
