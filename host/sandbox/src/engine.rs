//! The WebAssembly engine: one pooled engine a process, its ticker thread, its compiled-code cache.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use veche_domain::code::Digest;
use veche_domain::limits::{Limits, LimitsClass};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::contract::{self, HostInterfaces};
use crate::error::SandboxError;
use crate::state::HostState;

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
    /// The most that any binding may ask for; the pool is made to hold it.
    pub ceiling: Limits,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { instances: 256, cache: None, ceiling: Limits::of(LimitsClass::Large) }
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
        let cache = config.cache.as_deref().map(Cache::open).transpose()?;
        let name = format!("wasmtime/{}", contract::ENGINE_VERSION);
        let inner = Arc::new(EngineInner { wasm, linker, cache, ceiling: config.ceiling.clone(), name });
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
    pub(crate) fn keep(&self, key: &Digest, component: &Component) {
        if let Some(cache) = &self.inner.cache
            && let Err(error) = cache.save(key, component)
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
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances * 4)
        .total_memories(instances)
        .total_tables(instances * 4)
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
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .memory_init_cow(true)
        .consume_fuel(true)
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .max_wasm_stack(size(Limits::default().stack))
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(16));
    config
}

/// The epoch moves in a thread of its own: a busy guest or a busy runtime cannot hold it up.
fn start_ticker(engine: Weak<EngineInner>) {
    let ticker = std::thread::Builder::new().name("veche-epoch".into());
    let spawned = ticker.spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.wasm.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
    if let Err(error) = spawned {
        tracing::error!(%error, "the epoch thread cannot start: wall-clock limits do not hold, fuel does");
    }
}

/// Compiled code on disk. A file is native code, so it is used only if it carries our own authentication code.
struct Cache {
    folder: PathBuf,
    secret: Vec<u8>,
}

impl Cache {
    fn open(folder: &Path) -> Result<Self, SandboxError> {
        let failed = |error: std::io::Error| SandboxError::Engine {
            reason: format!("the cache folder {} cannot be used: {error}", folder.display()),
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let path = folder.join("secret");
        let secret = match std::fs::read(&path) {
            Ok(secret) if secret.len() == 32 => secret,
            _ => {
                let mut secret = vec![0; 32];
                std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom").map_err(failed)?, &mut secret)
                    .map_err(failed)?;
                write_private(&path, &[&secret]).map_err(failed)?;
                secret
            }
        };
        Ok(Self { folder: folder.to_owned(), secret })
    }

    fn path(&self, key: &Digest) -> PathBuf {
        self.folder.join(format!("{}.cwasm", hex::encode(key.as_bytes())))
    }

    fn mac(&self, key: &Digest) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).ok()?;
        mac.update(key.as_bytes());
        Some(mac)
    }

    #[allow(unsafe_code)]
    fn load(&self, engine: &wasmtime::Engine, key: &Digest) -> Option<Component> {
        let file = std::fs::read(self.path(key)).ok()?;
        let (tag, code) = file.split_at_checked(32)?;
        let mut mac = self.mac(key)?;
        mac.update(code);
        mac.verify_slice(tag).ok()?;
        // SAFETY: the bytes carry an HMAC made with a secret that only this installation holds (file mode 0600),
        // over the key that names component, configuration and engine; so they are what `save` wrote.
        // `cache_refuses_foreign_files` proves that anything else is not loaded.
        unsafe { Component::deserialize(engine, code) }.ok()
    }

    fn save(&self, key: &Digest, component: &Component) -> std::io::Result<()> {
        let code = component.serialize().map_err(std::io::Error::other)?;
        let mut mac = self.mac(key).ok_or_else(|| std::io::Error::other("no secret"))?;
        mac.update(&code);
        write_private(&self.path(key), &[&mac.finalize().into_bytes(), &code])
    }
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let temporary = path.with_extension(format!("tmp{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    for part in parts {
        file.write_all(part)?;
    }
    std::fs::rename(temporary, path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn cache_refuses_foreign_files() {
        let folder = std::env::temp_dir().join(format!("veche-cache-{}", std::process::id()));
        let engine =
            Engine::new(&EngineConfig { instances: 8, cache: Some(folder.clone()), ..EngineConfig::default() })
                .unwrap();
        let component = Component::new(&engine.inner.wasm, b"\0asm\x0d\0\x01\0").unwrap();
        let (key, other) = (Digest::of(b"a"), Digest::of(b"b"));
        engine.keep(&key, &component);
        assert!(engine.cached(&key).is_some());
        let cache = engine.inner.cache.as_ref().unwrap();
        // A file under another key, a flipped bit and a cut file are all refused.
        std::fs::copy(cache.path(&key), cache.path(&other)).unwrap();
        assert!(engine.cached(&other).is_none());
        let mut bytes = std::fs::read(cache.path(&key)).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(cache.path(&key), &bytes).unwrap();
        assert!(engine.cached(&key).is_none());
        std::fs::write(cache.path(&key), &bytes[..10]).unwrap();
        assert!(engine.cached(&key).is_none());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
