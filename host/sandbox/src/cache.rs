//! Compiled code on disk. A file is native code, so it is used only if it carries this installation's own seal.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use veche_domain::code::Digest;
use wasmtime::component::Component;

use crate::error::SandboxError;

/// Length of the seal that a file begins with, bytes.
const SEAL: usize = 32;
/// Length of the secret, bytes.
const SECRET: usize = 32;

/// A folder of sealed code, of bounded size.
pub(crate) struct Cache {
    folder: PathBuf,
    secret: Vec<u8>,
    limit: u64,
}

impl Cache {
    /// Opens a folder that only its owner can use, and makes it so where it is not.
    pub(crate) fn open(folder: &Path, limit: u64) -> Result<Self, SandboxError> {
        let failed = |error: std::io::Error| SandboxError::Engine {
            reason: format!(
                "the cache folder {} cannot be used: {error}; name another one with --cache",
                folder.display()
            ),
        };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        // Only its owner may change the mode: in somebody else's folder this fails, and that is right.
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(failed)?;
        let secret = secret(&folder.join("secret")).map_err(failed)?;
        Ok(Self { folder: folder.to_owned(), secret, limit })
    }

    fn path(&self, key: &Digest) -> PathBuf {
        self.folder.join(format!("{}.cwasm", hex::encode(key.as_bytes())))
    }

    fn seal(&self, key: &Digest, code: &[u8]) -> Option<Hmac<Sha256>> {
        let mut seal = Hmac::<Sha256>::new_from_slice(&self.secret).ok()?;
        seal.update(key.as_bytes());
        seal.update(code);
        Some(seal)
    }

    /// Code that was kept under a key; none if there is none, or none that can be trusted: that file is removed.
    pub(crate) fn load(&self, engine: &wasmtime::Engine, key: &Digest) -> Option<Component> {
        let path = self.path(key);
        let file = std::fs::read(&path).ok()?;
        let component = self.open_file(engine, key, &file);
        if component.is_none() {
            tracing::warn!(cache.key = %key.short(), "a file of compiled code is damaged or foreign: it is made again");
            let _ = std::fs::remove_file(&path);
        } else if let Ok(file) = std::fs::File::options().append(true).open(&path) {
            // The oldest files go first when the cache is full; what is used is not old.
            let _ = file.set_modified(SystemTime::now());
        }
        component
    }

    #[allow(unsafe_code)]
    fn open_file(&self, engine: &wasmtime::Engine, key: &Digest, file: &[u8]) -> Option<Component> {
        let (tag, code) = file.split_at_checked(SEAL)?;
        self.seal(key, code)?.verify_slice(tag).ok()?;
        // SAFETY: the bytes carry an HMAC made with a secret that only this installation holds (file mode 0600),
        // over the key that names component, configuration and engine; so they are what `save` wrote.
        // `only_code_of_our_own_is_loaded` shows that anything else is refused.
        unsafe { Component::deserialize(engine, code) }.ok()
    }

    /// Keeps code; the oldest files make room.
    pub(crate) fn save(&self, key: &Digest, code: &[u8]) -> std::io::Result<()> {
        let seal = self.seal(key, code).ok_or_else(|| std::io::Error::other("no secret"))?;
        self.make_room((SEAL + code.len()) as u64)?;
        write_private(&self.path(key), &[&seal.finalize().into_bytes(), code])
    }

    fn make_room(&self, wanted: u64) -> std::io::Result<()> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            // Another host over the same folder may have removed it meanwhile.
            if let Ok(about) = entry.metadata()
                && entry.path().extension().is_some_and(|extension| extension == "cwasm")
            {
                files.push((about.modified()?, about.size(), entry.path()));
            }
        }
        files.sort_unstable();
        let mut size = files.iter().map(|(_, size, _)| size).sum::<u64>();
        for (_, freed, path) in files {
            if size.saturating_add(wanted) <= self.limit {
                break;
            }
            let _ = std::fs::remove_file(path);
            size -= freed;
        }
        Ok(())
    }
}

/// The installation's secret: read if only its owner could, made anew otherwise.
fn secret(path: &Path) -> std::io::Result<Vec<u8>> {
    let private = std::fs::metadata(path).is_ok_and(|about| about.mode() & 0o077 == 0);
    match std::fs::read(path) {
        Ok(secret) if private && secret.len() == SECRET => Ok(secret),
        _ => {
            let mut secret = vec![0; SECRET];
            std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut secret)?;
            write_private(path, &[&secret])?;
            Ok(secret)
        }
    }
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("tmp-{}-{number}", std::process::id()));
    let written = (|| {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        parts.iter().try_for_each(|part| file.write_all(part))?;
        std::fs::rename(&temporary, path)
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::engine::{Engine, EngineConfig};

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn only_code_of_our_own_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(&EngineConfig { instances: 8, ..EngineConfig::default() }).unwrap();
        let wasm = &engine.inner.wasm;
        let code = wasm.precompile_component(b"\0asm\x0d\0\x01\0").unwrap();
        let cache = Cache::open(folder.path(), 1 << 30).unwrap();
        let (key, other) = (Digest::of(b"a"), Digest::of(b"b"));
        cache.save(&key, &code).unwrap();
        assert!(cache.load(wasm, &key).is_some());
        assert_eq!((mode(folder.path()), mode(&cache.path(&key))), (0o700, 0o600));
        // A file under another key, a flipped bit, a cut file and one of another installation are refused, and gone.
        let bytes = std::fs::read(cache.path(&key)).unwrap();
        let mut flipped = bytes.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let elsewhere = tempfile::tempdir().unwrap();
        let foreign = Cache::open(elsewhere.path(), 1 << 30).unwrap();
        foreign.save(&key, &code).unwrap();
        let foreign = std::fs::read(foreign.path(&key)).unwrap();
        for (key, bytes) in [(&other, &bytes), (&key, &flipped), (&key, &bytes[..10].to_vec()), (&key, &foreign)] {
            std::fs::write(cache.path(key), bytes).unwrap();
            assert!(cache.load(wasm, key).is_none());
            assert!(!cache.path(key).exists());
        }
        // Made again, it serves again, also after a restart.
        cache.save(&key, &code).unwrap();
        assert!(Cache::open(folder.path(), 1 << 30).unwrap().load(wasm, &key).is_some());
        // A secret that others could read is no secret.
        std::fs::set_permissions(folder.path().join("secret"), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Cache::open(folder.path(), 1 << 30).unwrap().load(wasm, &key).is_none());
    }

    #[test]
    fn a_full_cache_forgets_what_was_used_longest_ago() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(&EngineConfig { instances: 8, ..EngineConfig::default() }).unwrap();
        let wasm = &engine.inner.wasm;
        let code = wasm.precompile_component(b"\0asm\x0d\0\x01\0").unwrap();
        let cache = Cache::open(folder.path(), 3 * (SEAL + code.len()) as u64).unwrap();
        let keys: Vec<Digest> = (0..4_u8).map(|n| Digest::of(&[n])).collect();
        for (age, key) in keys[..3].iter().enumerate() {
            cache.save(key, &code).unwrap();
            let file = std::fs::File::options().append(true).open(cache.path(key)).unwrap();
            file.set_modified(SystemTime::now() - std::time::Duration::from_secs(100 - age as u64)).unwrap();
        }
        assert!(cache.load(wasm, &keys[0]).is_some());
        cache.save(&keys[3], &code).unwrap();
        let kept: Vec<bool> = keys.iter().map(|key| cache.path(key).exists()).collect();
        assert_eq!(kept, [true, false, true, true]);
    }
}
