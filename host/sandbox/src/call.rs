//! One call: a fresh copy-on-write instance from the pool, limits armed, one typed function, a report.

use std::sync::Arc;
use std::time::Instant;

use chrono::NaiveDate;
use veche_domain::appeal::Appeal;
use veche_domain::code::Digest;
use veche_domain::decision::{Categorization, ChosenCategory, Kind, Routing};
use veche_domain::limits::{LimitKind, Limits};
use wasmtime::Store;
use wasmtime::component::Instance;

use crate::contract;
use crate::engine::TICK;
use crate::fault;
use crate::measure::Measure;
use crate::prepare::Plugin;
use crate::report::{Fault, Report};
use crate::state::{HostState, Scene, check, check_output};

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
        self.call(question, &(&*appeal, &context), |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            let answer = guest.call_categorize(store, &appeal, &context)?;
            check_output(&answer, &self.limits)?;
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
        self.call(question, &(&*appeal, &context), |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            let answer = guest.call_route(store, &appeal, &category, &context)?;
            check_output(&answer, &self.limits)?;
            Ok(answer.map(contract::routing).map_err(|failure| failure.message))
        })
    }

    pub(crate) fn context(&self, question: &Question<'_>, block: Option<&str>) -> contract::wit::types::Context {
        let region = self.world.dictionaries.region();
        contract::context(question.appeal, block, region.code.as_str(), &region.language)
    }

    /// What a call on a question is about.
    pub(crate) fn scene(&self, question: &Question<'_>) -> Scene {
        let appeal = question.appeal;
        Scene {
            world: self.world.clone(),
            today: question.today,
            applicant: self.sees_applicant.then(|| appeal.content.applicant.clone()),
            now: appeal.content.received_at,
            seed: Digest::of(appeal.id.0.as_bytes()),
        }
    }

    pub(crate) fn missing<T>(&self, kind: Kind) -> Report<T> {
        Report {
            result: Err(Fault::Host { message: format!("release {} exports no {kind}", self.release.short()) }),
            fuel: 0,
            duration: std::time::Duration::ZERO,
            memory: 0,
            host_calls: 0,
            host_bytes: 0,
            logs: Vec::new(),
            logs_cut: 0,
            backtrace: Vec::new(),
        }
    }

    fn call<T>(
        &self,
        question: &Question<'_>,
        input: &impl Measure,
        work: impl FnOnce(&mut Store<HostState>, &Instance) -> wasmtime::Result<Result<T, String>>,
    ) -> Report<T> {
        self.run(self.scene(question), input, self.limits.clone(), work)
    }

    /// Runs one function in a fresh instance under these limits.
    pub(crate) fn run<T>(
        &self,
        scene: Scene,
        input: &impl Measure,
        limits: Arc<Limits>,
        work: impl FnOnce(&mut Store<HostState>, &Instance) -> wasmtime::Result<Result<T, String>>,
    ) -> Report<T> {
        let started = Instant::now();
        let state = HostState::new(scene, limits.clone());
        let mut store = Store::new(&self.engine.inner.wasm, state);
        arm(&mut store, &limits);
        let answer = check(LimitKind::InputBytes, input.volume().bytes, limits.input_bytes)
            .map_err(wasmtime::Error::from)
            .and_then(|()| self.pre.instantiate(&mut store))
            .and_then(|instance| work(&mut store, &instance));
        let mut backtrace = Vec::new();
        let result = match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(message)) => Err(Fault::Failed { message: message.chars().take(1_000).collect() }),
            Err(error) => {
                backtrace = fault::backtrace(&error);
                Err(fault::fault_of(&store, &error))
            }
        };
        let fuel = limits.fuel.saturating_sub(store.get_fuel().unwrap_or(0));
        let state = store.into_data();
        Report {
            result,
            fuel,
            duration: started.elapsed(),
            memory: state.memory_peak,
            host_calls: state.host_calls,
            host_bytes: state.host_bytes,
            logs: state.logs,
            logs_cut: state.logs_cut,
            backtrace,
        }
    }
}

/// Arms the limits of one call: fuel, clock, growth, and what may cross the border to the host.
pub(crate) fn arm(store: &mut Store<HostState>, limits: &Limits) {
    // `set_fuel` fails only where the engine counts none; ours always does.
    let _ = store.set_fuel(limits.fuel);
    let tick = u64::try_from(TICK.as_millis()).unwrap_or(1).max(1);
    store.set_epoch_deadline(limits.wall_ms.div_ceil(tick) + 1);
    store.set_hostcall_fuel(usize::try_from(limits.host_bytes).unwrap_or(usize::MAX));
    store.set_max_component_handles(usize::try_from(limits.handles).unwrap_or(usize::MAX));
    store.limiter(|state| state);
}

/// Sends what a plug-in logged while it was prepared to the host's log. No appeal is at hand then.
pub(crate) fn trace_logs(store: &Store<HostState>, export: &'static str) {
    for line in &store.data().logs {
        tracing::info!(plugin.export = export, plugin.level = %line.level, message = %line.message, "plug-in log");
    }
}
