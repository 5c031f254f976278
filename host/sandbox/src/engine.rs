//! The WebAssembly engine: one pooled engine a process, its ticker thread, its compiled-code cache.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use veche_domain::code::Digest;
use veche_domain::limits::{Limits, LimitsClass};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

use crate::cache::Cache;
use crate::compile::Compiler;
use crate::contract::{self, HostInterfaces};
use crate::error::SandboxError;
use crate::state::HostState;
use crate::wasi;

/// How often the epoch moves. Wall-clock limits are kept to this grain.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// The engine and everything that is made once.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<EngineInner>,
}

pub(crate) struct EngineInner {
    pub(crate) wasm: wasmtime::Engine,
    pub(crate) linker: Linker<HostState>,
    pub(crate) compiler: Compiler,
    cache: Option<Cache>,
    ceiling: Limits,
    name: String,
}

/// How the engine is set up.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Live instances at once.
    pub instances: u32,
    /// Folder for compiled code; none compiles anew at every start.
    pub cache: Option<PathBuf>,
    /// Size of that folder, bytes; the files that were used longest ago make room.
    pub cache_size: u64,
    /// This program, which compiles in child processes ([`crate::run_compiler`]). None compiles in this process,
    /// unbounded: for tests and one-shot commands over files that their caller trusts.
    pub compiler: Option<PathBuf>,
    /// The most that any binding may ask for; the pool is made to hold it.
    pub ceiling: Limits,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            instances: 256,
            cache: None,
            cache_size: 4 << 30,
            compiler: None,
            ceiling: Limits::of(LimitsClass::Large),
        }
    }
}

impl Engine {
    /// Starts the engine. Where the kernel refuses the pool's virtual memory, a smaller pool is tried.
    ///
    /// # Errors
    /// [`SandboxError::Engine`] if no configuration works here.
    pub fn new(config: &EngineConfig) -> Result<Self, SandboxError> {
        let failed = |e: wasmtime::Error| SandboxError::Engine { reason: format!("{e:#}") };
        let mut instances = config.instances.max(8);
        let wasm = loop {
            match wasmtime::Engine::new(&settings(instances, &config.ceiling)) {
                Ok(engine) => break engine,
                Err(_) if instances > 8 => instances /= 2,
                Err(error) => return Err(failed(error)),
            }
        };
        let mut linker = Linker::new(&wasm);
        HostInterfaces::add_to_linker::<_, wasmtime::component::HasSelf<HostState>>(&mut linker, |state| state)
            .map_err(failed)?;
        wasi::add_to_linker(&mut linker).map_err(failed)?;
        let cache = config.cache.as_deref().map(|folder| Cache::open(folder, config.cache_size)).transpose()?;
        let compiler = Compiler::new(config.compiler.clone());
        let name = format!("wasmtime/{}", contract::ENGINE_VERSION);
        let inner = Arc::new(EngineInner { wasm, linker, compiler, cache, ceiling: config.ceiling.clone(), name });
        start_ticker(Arc::downgrade(&inner));
        Ok(Self { inner })
    }

    /// Name and version of the engine; fuel is comparable only within one.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The most that any binding may ask for.
    #[must_use]
    pub fn ceiling(&self) -> &Limits {
        &self.inner.ceiling
    }

    /// Code that was compiled before under this key, if it can be trusted.
    pub(crate) fn cached(&self, key: &Digest) -> Option<Component> {
        self.inner.cache.as_ref()?.load(&self.inner.wasm, key)
    }

    /// Keeps compiled code for the next start; a failure only costs time then.
    pub(crate) fn keep(&self, key: &Digest, code: &[u8]) {
        if let Some(cache) = &self.inner.cache
            && let Err(error) = cache.save(key, code)
        {
            tracing::warn!(cache.key = %key.short(), %error, "compiled code cannot be cached");
        }
    }

    /// Hash of everything that makes compiled code incompatible.
    pub(crate) fn compatibility(&self) -> Digest {
        use std::hash::{Hash as _, Hasher as _};
        let mut hasher = HashBytes::default();
        self.inner.wasm.precompile_compatibility_hash().hash(&mut hasher);
        let _ = hasher.finish();
        Digest::of(&hasher.0)
    }
}

/// Collects what is hashed, so that it can go through SHA-256.
#[derive(Default)]
struct HashBytes(Vec<u8>);

impl std::hash::Hasher for HashBytes {
    fn finish(&self) -> u64 {
        0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

fn settings(instances: u32, ceiling: &Limits) -> Config {
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    // A component that brings an interpreter takes dozens: even a small pool holds one of them.
    let total = |each: u32, one: u64| (instances * each).max(count(one));
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(total(4, ceiling.instances))
        .total_memories(total(1, ceiling.memories))
        .total_tables(total(4, ceiling.tables))
        .max_memory_size(size(ceiling.memory.next_multiple_of(64 << 10)))
        .table_elements(size(ceiling.table_elements))
        .max_memories_per_component(count(ceiling.memories))
        .max_memories_per_module(count(ceiling.memories))
        .max_tables_per_component(count(ceiling.tables))
        .max_tables_per_module(count(ceiling.tables))
        .max_core_instances_per_component(count(ceiling.instances))
        .max_component_instance_size(1 << 20)
        .max_core_instance_size(1 << 20)
        // A fresh call reuses the pages of the slot that it gets: half the time of a call (Linux 6.7 and newer).
        .linear_memory_keep_resident(512 << 10)
        .table_keep_resident(64 << 10)
        .pagemap_scan(wasmtime::Enabled::Auto);
    let mut config = compiler_settings();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// Settings on which compiled code depends: the same in the host and in its compilers. Where instances are
/// allocated does not matter to code.
pub(crate) fn compiler_settings() -> Config {
    let stack = usize::try_from(Limits::default().stack).unwrap_or(usize::MAX);
    let mut config = Config::new();
    config
        .memory_init_cow(true)
        .consume_fuel(true)
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .max_wasm_stack(stack)
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(16));
    config
}

/// The epoch moves in a thread of its own: a busy guest or a busy runtime cannot hold it up.
fn start_ticker(engine: Weak<EngineInner>) {
    let ticker = std::thread::Builder::new().name("veche-epoch".into());
    let spawned = ticker.spawn(move || {
        let (started, mut ticks) = (Instant::now(), 0);
        while let Some(engine) = engine.upgrade() {
            // A machine with much else to do wakes this thread late: the ticks that it slept through are made up for,
            // or a limit of a second would last a minute.
            let due = started.elapsed().as_millis() / TICK.as_millis();
            while ticks < due {
                engine.wasm.increment_epoch();
                ticks += 1;
            }
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
    if let Err(error) = spawned {
        tracing::error!(%error, "the epoch thread cannot start: wall-clock limits do not hold, fuel does");
    }
}
