//! Many calls of one binding in one instance: for rehearsals, which call a plug-in a million times and store nothing.
//!
//! A fresh instance costs as much as the call itself, so here one serves 256 calls, each with its own limits. A
//! plug-in may keep something from call to call, which on the live path it cannot. So anything but an answer is asked
//! again in a fresh instance, which alone counts; and the last call of each instance is compared with a fresh one.

use wasmtime::Store;
use wasmtime::component::Instance;

use veche_domain::decision::{Categorization, ChosenCategory, Routing};

use crate::call::{Question, arm};
use crate::contract::{self, guest};
use crate::prepare::Plugin;
use crate::report::Report;
use crate::state::{HostState, check_output};

/// Calls that one instance serves.
const CALLS: u32 = 256;

/// A run of calls of one plug-in on one thread.
pub struct Batch<'p> {
    plugin: &'p Plugin,
    kept: Option<Kept>,
    different: u64,
}

struct Kept {
    store: Store<HostState>,
    categorizer: Option<guest::categorizer::Guest>,
    router: Option<guest::router::Guest>,
    calls: u32,
}

impl Plugin {
    /// A run of calls that share an instance.
    #[must_use]
    pub fn batch(&self) -> Batch<'_> {
        Batch { plugin: self, kept: None, different: 0 }
    }
}

impl Batch<'_> {
    /// Ranks categories for a question.
    #[must_use]
    pub fn categorize(&mut self, question: &Question<'_>, block: Option<&str>) -> Report<Categorization> {
        let plugin = self.plugin;
        self.call(
            question,
            |kept| {
                let guest = kept.categorizer.as_ref()?;
                let (appeal, context) = (question.for_plugin(plugin), plugin.context(question, block));
                let answer = guest.call_categorize(&mut kept.store, &appeal, &context).ok()?;
                check_output(&answer, &plugin.limits).ok()?;
                answer.ok().map(contract::categorization)
            },
            || plugin.categorize(question, block),
        )
    }

    /// Routes a question.
    #[must_use]
    pub fn route(
        &mut self,
        question: &Question<'_>,
        category: &ChosenCategory,
        block: Option<&str>,
    ) -> Report<Routing> {
        let plugin = self.plugin;
        self.call(
            question,
            |kept| {
                let guest = kept.router.as_ref()?;
                let (appeal, context) = (question.for_plugin(plugin), plugin.context(question, block));
                let answer = guest.call_route(&mut kept.store, &appeal, &contract::chosen(category), &context).ok()?;
                check_output(&answer, &plugin.limits).ok()?;
                answer.ok().map(contract::routing)
            },
            || plugin.route(question, category, block),
        )
    }

    /// Answers of kept instances that a fresh one gave otherwise: the plug-in carries something from call to call.
    #[must_use]
    pub fn different(&self) -> u64 {
        self.different
    }

    fn call<T: PartialEq>(
        &mut self,
        question: &Question<'_>,
        work: impl FnOnce(&mut Kept) -> Option<T>,
        fresh: impl FnOnce() -> Report<T>,
    ) -> Report<T> {
        let started = std::time::Instant::now();
        let limits = &self.plugin.limits;
        let Some(mut kept) = self.kept.take().or_else(|| Kept::new(self.plugin, question)) else { return fresh() };
        kept.store.data_mut().next_call(self.plugin.scene(question));
        arm(&mut kept.store, limits);
        // Anything but an answer ends this instance, and the question is asked anew.
        let Some(answer) = work(&mut kept) else { return fresh() };
        let fuel = limits.fuel.saturating_sub(kept.store.get_fuel().unwrap_or(0));
        let report = Report {
            result: Ok(answer),
            fuel,
            duration: started.elapsed(),
            memory: kept.store.data().memory_peak,
            host_calls: kept.store.data().host_calls,
            host_bytes: kept.store.data().host_bytes,
            logs: Vec::new(),
            logs_cut: 0,
            backtrace: Vec::new(),
        };
        kept.calls += 1;
        if kept.calls < CALLS {
            self.kept = Some(kept);
            return report;
        }
        drop(kept);
        let fresh = fresh();
        self.different += u64::from(fresh.result != report.result);
        fresh
    }
}

impl Kept {
    /// An instance from the snapshot; none if it cannot be had, which the fresh call then reports.
    fn new(plugin: &Plugin, question: &Question<'_>) -> Option<Self> {
        let state = HostState::new(plugin.scene(question), plugin.limits.clone());
        let mut store = Store::new(&plugin.engine.inner.wasm, state);
        arm(&mut store, &plugin.limits);
        let instance: Instance = plugin.pre.instantiate(&mut store).ok()?;
        let categorizer = plugin.categorizer.as_ref().map(|i| i.load(&mut store, &instance)).transpose().ok()?;
        let router = plugin.router.as_ref().map(|i| i.load(&mut store, &instance)).transpose().ok()?;
        Some(Self { store, categorizer, router, calls: 0 })
    }
}
