//! Makes a release ready for one binding: `configure` once, snapshot, compile.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use chrono::NaiveDate;
use veche_domain::code::Digest;
use veche_domain::decision::{Kind, Permission};
use veche_domain::limits::{LimitExceeded, LimitKind, Limits};
use wasmtime::Store;
use wasmtime::component::{Component, InstancePre};

use crate::call::arm;
use crate::compile::compile;
use crate::contract::guest;
use crate::datasets::Content;
use crate::engine::Engine;
use crate::error::SandboxError;
use crate::fault;
use crate::host::World;
use crate::inspect::{Inspection, check_form};
use crate::report::{Configured, Fault};
use crate::settings::{check_settings, with_defaults};
use crate::snapshot::snapshot;
use crate::state::{HostState, Scene, check, check_output};

/// What a binding asks for.
pub struct Preparation<'a> {
    /// Bytes of the component.
    pub component: &'a [u8],
    /// Its inspection.
    pub inspection: &'a Inspection,
    /// Which export will be called.
    pub kind: Kind,
    /// Settings.
    pub settings: &'a serde_json::Value,
    /// What it reads.
    pub world: World,
    /// What was granted.
    pub grants: &'a std::collections::BTreeSet<Permission>,
    /// Limits.
    pub limits: Limits,
}

/// A release configured for one binding: every call starts from its snapshot.
pub struct Plugin {
    pub(crate) engine: Engine,
    pub(crate) pre: InstancePre<HostState>,
    pub(crate) categorizer: Option<guest::categorizer::GuestIndices>,
    pub(crate) router: Option<guest::router::GuestIndices>,
    pub(crate) indicators: Option<guest::indicators::GuestIndices>,
    pub(crate) exporter: Option<guest::exporter::GuestIndices>,
    pub(crate) world: Arc<World>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) sees_applicant: bool,
    /// Digest of the component.
    pub release: Digest,
    /// Whether the code came from the cache.
    pub from_cache: bool,
    /// What `configure` used; none if the code came from the cache.
    pub configured: Option<Configured>,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plugin({})", self.release.short())
    }
}

/// Configures a release and makes it callable.
///
/// # Errors
/// [`SandboxError`]: settings that break the schema or that the plug-in refuses, a missing dataset or
/// permission, a fault in `configure`.
pub fn prepare(engine: &Engine, wanted: Preparation<'_>) -> Result<Plugin, SandboxError> {
    let inspection = wanted.inspection;
    if !inspection.kinds.contains(&wanted.kind) {
        return Err(SandboxError::KindMissing { kind: wanted.kind });
    }
    if let Some(permission) = inspection.permissions.iter().find(|p| !wanted.grants.contains(p)) {
        return Err(SandboxError::NotGranted { permission: *permission });
    }
    check_settings(&inspection.settings_schema, wanted.settings)?;
    check_datasets(inspection, &wanted.world)?;
    let world = Arc::new(wanted.world);
    let key = cache_key(engine, inspection.digest, wanted.settings, &world, &wanted.limits);
    let cached = engine.cached(&key);
    let from_cache = cached.is_some();
    let (component, configured) = match cached {
        Some(component) => (component, None),
        None => {
            // The class may be a smaller one than that under which the component was taken in.
            check_form(wanted.component, &wanted.limits)?;
            // The snapshotter may panic on a component that it did not foresee: that costs this component alone.
            let settings = with_defaults(&inspection.settings_schema, wanted.settings);
            let taken = AssertUnwindSafe(|| snapshot(engine, wanted.component, &settings, &world, &wanted.limits));
            let (snapshot, configured) = catch_unwind(taken).unwrap_or_else(|_| {
                let reason = "its structure is not supported; build it with veche-sdk and without debug adapters";
                Err(SandboxError::Snapshot { reason: reason.into() })
            })?;
            let (component, code) = compile(engine, &snapshot, &wanted.limits)?;
            engine.keep(&key, &code);
            (component, Some(configured))
        }
    };
    let mismatch = |e: wasmtime::Error| SandboxError::Mismatch { reason: format!("{e:#}") };
    let pre = engine.inner.linker.instantiate_pre(&component).map_err(mismatch)?;
    let has = |kind| inspection.kinds.contains(&kind);
    let categorizer =
        has(Kind::Categorizer).then(|| guest::categorizer::GuestIndices::new(&pre)).transpose().map_err(mismatch)?;
    let router = has(Kind::Router).then(|| guest::router::GuestIndices::new(&pre)).transpose().map_err(mismatch)?;
    let indicators =
        has(Kind::Indicators).then(|| guest::indicators::GuestIndices::new(&pre)).transpose().map_err(mismatch)?;
    let exporter =
        has(Kind::Exporter).then(|| guest::exporter::GuestIndices::new(&pre)).transpose().map_err(mismatch)?;
    let plugin = Plugin {
        engine: engine.clone(),
        pre,
        categorizer,
        router,
        indicators,
        exporter,
        world,
        limits: Arc::new(wanted.limits),
        sees_applicant: inspection.permissions.contains(&Permission::Applicant),
        release: inspection.digest,
        from_cache,
        configured,
    };
    plugin.check_types()?;
    Ok(plugin)
}

fn check_datasets(inspection: &Inspection, world: &World) -> Result<(), SandboxError> {
    for need in &inspection.datasets {
        let wrong = |reason: String| SandboxError::Dataset { name: need.name.clone(), reason };
        match world.datasets.get(&need.name).map(|d| &d.content) {
            None if need.required => {
                return Err(wrong("the plug-in needs it, and the binding names none: add it under `datasets`".into()));
            }
            None => {}
            Some(Content::Table(table)) if need.shape == "table" => {
                if let Some(missing) = need.columns.iter().find(|c| !table.columns.contains(c)) {
                    return Err(wrong(format!("column `{missing}` is missing; it has {}", table.columns.join(", "))));
                }
            }
            Some(Content::Blob(_)) if need.shape == "blob" => {}
            Some(Content::Polygons(_)) if need.shape == "polygons" => {}
            Some(_) => return Err(wrong(format!("the plug-in wants the shape `{}`", need.shape))),
        }
    }
    Ok(())
}

/// Everything that the snapshot depends on.
fn cache_key(engine: &Engine, release: Digest, settings: &serde_json::Value, world: &World, limits: &Limits) -> Digest {
    let mut key = Vec::new();
    for digest in [engine.compatibility(), release, world.dictionaries.digest(), world.calendar.digest()] {
        key.extend_from_slice(digest.as_bytes());
    }
    key.extend_from_slice(std::env::consts::ARCH.as_bytes());
    key.extend_from_slice(Digest::of(&veche_domain::ruleset::canonical_json(settings)).as_bytes());
    let mut datasets: Vec<_> = world.datasets.iter().map(|(name, d)| format!("{name}={}\n", d.digest)).collect();
    datasets.sort_unstable();
    key.extend_from_slice(datasets.concat().as_bytes());
    // Code that was made under wider limits must not serve under narrower ones.
    key.extend_from_slice(&preparation_limits(limits));
    Digest::of(&key)
}

/// The limits that decide whether a component can be made ready; the rest bind single calls and change no code.
fn preparation_limits(limits: &Limits) -> Vec<u8> {
    const CALL: &[LimitKind] = &[
        LimitKind::Fuel,
        LimitKind::Wall,
        LimitKind::InputBytes,
        LimitKind::HostCalls,
        LimitKind::HostBytes,
        LimitKind::LogLines,
        LimitKind::LogBytes,
    ];
    let rest = LimitKind::ALL.iter().filter(|kind| !CALL.contains(kind));
    rest.flat_map(|kind| limits.value(*kind).to_le_bytes()).collect()
}

/// Asks an unconfigured component what it is.
pub(crate) fn describe(
    engine: &Engine,
    component: &Component,
    limits: &Limits,
) -> Result<guest::plugin::Description, SandboxError> {
    let mut linker = engine.inner.linker.clone();
    // A later version of the contract may import more; describing needs none of it.
    linker
        .define_unknown_imports_as_traps(component)
        .map_err(|e| SandboxError::Mismatch { reason: format!("{e:#}") })?;
    let pre = linker.instantiate_pre(component).map_err(|e| SandboxError::Mismatch { reason: format!("{e:#}") })?;
    let mut store = preparing_store(engine, Arc::new(World::empty()?), limits);
    let indices =
        guest::plugin::GuestIndices::new(&pre).map_err(|e| SandboxError::Mismatch { reason: format!("{e:#}") })?;
    let instance = pre.instantiate(&mut store).map_err(|e| failed("describe", &store, &e))?;
    let plugin =
        indices.load(&mut store, &instance).map_err(|e| SandboxError::Mismatch { reason: format!("{e:#}") })?;
    let description = plugin.call_describe(&mut store).map_err(|e| failed("describe", &store, &e))?;
    check_output(&description, limits)?;
    check(LimitKind::Nesting, json_depth(&description.settings_schema), limits.nesting)?;
    Ok(description)
}

/// How deep brackets nest in a JSON text, counted without recursion.
fn json_depth(text: &str) -> u64 {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_u64, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Limits of `describe` and `configure`: the same machinery, other numbers.
pub(crate) fn while_configuring(limits: &Limits) -> Limits {
    Limits {
        fuel: limits.configure_fuel,
        wall_ms: limits.configure_ms,
        memory: limits.configure_memory.min(limits.memory),
        host_calls: limits.configure_host_calls,
        host_bytes: limits.configure_host_bytes,
        ..limits.clone()
    }
}

pub(crate) fn preparing_store(engine: &Engine, world: Arc<World>, limits: &Limits) -> Store<HostState> {
    let limits = Arc::new(while_configuring(limits));
    let scene = Scene::of_preparation(world);
    let mut store = Store::new(&engine.inner.wasm, HostState::new(scene, limits.clone()));
    arm(&mut store, &limits);
    store
}

/// A fault in `describe` or `configure`, under the name of the limit that stands there.
pub(crate) fn failed(export: &'static str, store: &Store<HostState>, error: &wasmtime::Error) -> SandboxError {
    let fault = match fault::fault_of(store, error) {
        Fault::Limit(exceeded) => Fault::Limit(LimitExceeded { which: exceeded.which.in_configure(), ..exceeded }),
        other => other,
    };
    SandboxError::Fault { export, fault, backtrace: fault::backtrace(error), logs: store.data().logs.clone() }
}

impl World {
    /// A world without dictionaries or datasets, for `describe`.
    pub(crate) fn empty() -> Result<Self, SandboxError> {
        let engine_fault = |reason: String| SandboxError::Engine { reason };
        let region = serde_json::json!({"code": "none", "name": "", "time_zone": "UTC"});
        let region = serde_json::from_value(region).map_err(|e| engine_fault(e.to_string()))?;
        let data = veche_domain::dictionary::DictionaryData {
            region,
            blocks: vec![],
            categories: vec![],
            bodies: vec![],
            municipalities: vec![],
        };
        let dictionaries = veche_domain::dictionary::Dictionaries::new(data, NaiveDate::default())
            .map_err(|_| engine_fault("an empty dictionary set is refused".into()))?;
        Ok(Self {
            dictionaries: Arc::new(dictionaries),
            calendar: veche_domain::calendar::ProductionCalendar::russian(),
            work_time: veche_domain::calendar::WorkTime::default(),
            datasets: Arc::default(),
        })
    }
}

impl Plugin {
    fn check_types(&self) -> Result<(), SandboxError> {
        let mut store = preparing_store(&self.engine, self.world.clone(), &self.limits);
        let broken = |e: wasmtime::Error| SandboxError::Mismatch { reason: format!("{e:#}") };
        let instance = self.pre.instantiate(&mut store).map_err(broken)?;
        if let Some(indices) = &self.categorizer {
            indices.load(&mut store, &instance).map_err(broken)?;
        }
        if let Some(indices) = &self.router {
            indices.load(&mut store, &instance).map_err(broken)?;
        }
        if let Some(indices) = &self.indicators {
            indices.load(&mut store, &instance).map_err(broken)?;
        }
        if let Some(indices) = &self.exporter {
            indices.load(&mut store, &instance).map_err(broken)?;
        }
        Ok(())
    }
}
