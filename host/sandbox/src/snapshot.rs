//! Configures a plug-in once and keeps the memory that it leaves: every call starts from there.

use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use veche_domain::limits::{LimitKind, Limits};
use wasmtime::Store;
use wasmtime::component::{Instance, Lift, WasmList};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

use crate::call::{self, arm};
use crate::compile::compile;
use crate::contract::guest;
use crate::engine::Engine;
use crate::error::{SandboxError, SettingsFault};
use crate::host::World;
use crate::nested;
use crate::prepare::{failed, preparing_store, while_configuring};
use crate::report::Configured;
use crate::state::{HostState, check, check_output};

/// Runs `configure` in the instrumented component and takes the memory that it leaves; what that used.
pub(crate) fn snapshot(
    engine: &Engine,
    component: &[u8],
    settings: &serde_json::Value,
    world: &Arc<World>,
    limits: &Limits,
) -> Result<(Vec<u8>, Configured), SandboxError> {
    let wizer = Wizer::new();
    let broken = |e: wasmtime::Error| SandboxError::Snapshot { reason: format!("{e:#}") };
    let (parts, instrumented) = nested::instrument(&wizer, component).map_err(broken)?;
    let (compiled, _) = compile(engine, &instrumented, limits)?;
    let pre = engine
        .inner
        .linker
        .instantiate_pre(&compiled)
        .map_err(|e| SandboxError::Mismatch { reason: format!("{e:#}") })?;
    let started = Instant::now();
    let mut store = preparing_store(engine, world.clone(), limits);
    let indices = guest::plugin::GuestIndices::new(&pre).map_err(broken)?;
    let instance = pre.instantiate(&mut store).map_err(|e| failed("configure", &store, &e))?;
    let plugin = indices.load(&mut store, &instance).map_err(broken)?;
    let text = String::from_utf8(veche_domain::ruleset::canonical_json(settings)).unwrap_or_default();
    let answer = plugin.call_configure(&mut store, &text).map_err(|e| failed("configure", &store, &e))?;
    call::trace_logs(&store, "configure");
    check_output(&answer, limits)?;
    if let Err(refusal) = answer {
        let field = refusal.field.unwrap_or_default();
        return Err(SandboxError::Settings(vec![SettingsFault { field, message: refusal.message }]));
    }
    let state = store.data();
    let mut configured = Configured {
        fuel: limits.configure_fuel.saturating_sub(store.get_fuel().unwrap_or(0)),
        duration: started.elapsed(),
        memory: state.memory_peak,
        host_calls: state.host_calls,
        host_bytes: state.host_bytes,
        snapshot: 0,
        logs: state.logs.clone(),
    };
    // Reading the memory out is our own work, not the plug-in's: it gets a budget of its own.
    let own = Arc::new(Limits { fuel: u64::MAX / 2, wall_ms: 60_000, ..while_configuring(limits) });
    store.data_mut().rearm(own.clone());
    arm(&mut store, &own);
    let mut snapshots = Vec::new();
    for part in &parts {
        let mut reader = MemoryReader { store: &mut store, instance, accessors: &part.accessors, failure: None };
        let snapshot = wizer
            .snapshot_component(&part.context, &mut reader)
            .now_or_never()
            .ok_or_else(|| SandboxError::Snapshot { reason: "the snapshot did not finish".into() })?
            .map_err(broken)?;
        if let Some(reason) = reader.failure {
            return Err(SandboxError::Snapshot { reason });
        }
        snapshots.push(snapshot);
    }
    let snapshot = nested::put_back(component, &mut snapshots.into_iter()).map_err(broken)?;
    check(LimitKind::SnapshotSize, snapshot.len() as u64, limits.snapshot_size)?;
    configured.snapshot = snapshot.len() as u64;
    tracing::debug!(
        release.size = component.len(),
        snapshot.size = snapshot.len(),
        duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "plug-in configured"
    );
    Ok((snapshot, configured))
}

/// Reads globals and memories through the exports that the instrumentation added.
struct MemoryReader<'a> {
    store: &'a mut Store<HostState>,
    instance: Instance,
    /// Which part is read. The snapshotter asks for the same name in each.
    accessors: &'a str,
    failure: Option<String>,
}

impl MemoryReader<'_> {
    fn call<R: Lift + 'static, U>(
        &mut self,
        func: &str,
        fallback: U,
        use_it: impl FnOnce(&Store<HostState>, R) -> U,
    ) -> U {
        let result = (|| -> wasmtime::Result<R> {
            let missing = || wasmtime::Error::msg(format!("no export {}#{func}", self.accessors));
            let (_, outer) = self.instance.get_export(&mut *self.store, None, self.accessors).ok_or_else(missing)?;
            let (_, inner) = self.instance.get_export(&mut *self.store, Some(&outer), func).ok_or_else(missing)?;
            let func = self.instance.get_typed_func::<(), (R,)>(&mut *self.store, inner)?;
            Ok(func.call(&mut *self.store, ())?.0)
        })();
        match result {
            Ok(value) => use_it(self.store, value),
            Err(error) => {
                self.failure.get_or_insert_with(|| format!("{error:#}"));
                fallback
            }
        }
    }
}

impl ComponentInstanceState for MemoryReader<'_> {
    async fn call_func_ret_list_u8(&mut self, _: &str, func: &str, contents: impl FnOnce(&[u8]) + Send) {
        let bytes = self.call(func, None, |store, list: WasmList<u8>| Some(list.as_le_slice(store).to_vec()));
        contents(bytes.as_deref().unwrap_or_default());
    }
    async fn call_func_ret_s32(&mut self, _: &str, func: &str) -> i32 {
        self.call(func, 0, |_, value| value)
    }
    async fn call_func_ret_s64(&mut self, _: &str, func: &str) -> i64 {
        self.call(func, 0, |_, value| value)
    }
    async fn call_func_ret_f32(&mut self, _: &str, func: &str) -> u32 {
        self.call(func, 0, |_, value: f32| value.to_bits())
    }
    async fn call_func_ret_f64(&mut self, _: &str, func: &str) -> u64 {
        self.call(func, 0, |_, value: f64| value.to_bits())
    }
}
