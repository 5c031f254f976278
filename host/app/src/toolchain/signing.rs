//! Keys of a publisher, and signatures that a host verifies: minisign, over the prehashed component, with name, version
//! and digest in the comment that is signed along.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use minisign::{KeyPair, SecretKeyBox};
use veche_domain::code::Digest;

use super::error::{ToolError, read, read_text, write};

/// Where the signature of a component stands: beside it.
#[must_use]
pub fn signature_of(component: &Path) -> PathBuf {
    beside(component, "minisig")
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    PathBuf::from(name)
}

/// Makes a pair of keys: the secret one at `path`, encrypted with the password unless it is empty, and the public one at
/// `path.pub`. The public key is returned as a host is told it.
///
/// # Errors
/// A file that exists: a key is never overwritten.
pub fn new_key(path: &Path, password: &str) -> Result<String, ToolError> {
    let public = beside(path, "pub");
    for path in [path, public.as_path()] {
        if path.exists() {
            return Err(ToolError::file(path, "it exists: a key is never overwritten, choose another name"));
        }
    }
    let failed = |e: minisign::PError| ToolError::file(path, format!("the key cannot be made: {e}"));
    let keys = if password.is_empty() {
        KeyPair::generate_unencrypted_keypair()
    } else {
        KeyPair::generate_encrypted_keypair(Some(password.to_owned()))
    };
    let keys = keys.map_err(failed)?;
    let secret = keys.sk.to_box(Some("secret key of a publisher of plug-ins")).map_err(failed)?.into_string();
    write_secret(path, secret.as_bytes())?;
    write(&public, keys.pk.to_box().map_err(failed)?.into_string().as_bytes())?;
    Ok(keys.pk.to_base64())
}

/// Readable for its owner alone.
fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), ToolError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes))
        .map_err(|e| ToolError::file(path, format!("it cannot be written: {e}")))
}

/// Signs a component; where the signature is.
///
/// # Errors
/// A component without name and version, a key that cannot be read, a wrong password.
pub fn sign(component: &Path, key: &Path, password: &str) -> Result<PathBuf, ToolError> {
    let bytes = read(component)?;
    let about = veche_sandbox::metadata(&bytes);
    let (Some(name), Some(version)) = (about.name, about.version) else {
        return Err(ToolError::file(component, "it has no name and version: build it with `veche plugin build`"));
    };
    let boxed = SecretKeyBox::from_string(&read_text(key)?);
    let wrong = |e: minisign::PError| {
        ToolError::file(key, format!("this is no minisign secret key, or the password is wrong: {e}"))
    };
    let boxed = boxed.map_err(wrong)?;
    let secret = if password.is_empty() {
        boxed.into_unencrypted_secret_key().map_err(|e| {
            let reason = format!("the key cannot be used without a password ({e}): give it in VECHE_SIGN_PASSWORD");
            ToolError::file(key, reason)
        })?
    } else {
        boxed.into_secret_key(Some(password.to_owned())).map_err(wrong)?
    };
    let comment = format!("plugin:{name} version:{version} digest:{}", Digest::of(&bytes));
    let signature =
        minisign::sign(None, &secret, Cursor::new(&bytes), Some(&comment), Some("signature of a plug-in for Veche"));
    let signature = signature.map_err(|e| ToolError::file(component, format!("it cannot be signed: {e}")))?;
    let path = signature_of(component);
    write(&path, signature.into_string().as_bytes())?;
    Ok(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use minisign_verify::{PublicKey, Signature};

    use super::*;

    fn component(folder: &Path) -> PathBuf {
        let mut metadata = wasm_metadata::AddMetadata::default();
        metadata.name = wasm_metadata::AddMetadataField::Set("rule".into());
        metadata.version = wasm_metadata::AddMetadataField::Set("1.0.0".parse().unwrap());
        let bytes = metadata.to_wasm(&wat::parse_str("(component)").unwrap()).unwrap();
        let path = folder.join("rule.wasm");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn what_is_signed_is_what_a_host_verifies() {
        let folder = tempfile::tempdir().unwrap();
        let (component, key) = (component(folder.path()), folder.path().join("publisher.key"));
        for password in ["", "сорок две мыши"] {
            let key = key.with_extension(if password.is_empty() { "open" } else { "closed" });
            let public = new_key(&key, password).unwrap();
            let path = sign(&component, &key, password).unwrap();
            let signature = Signature::decode(&std::fs::read_to_string(path).unwrap()).unwrap();
            let public = PublicKey::from_base64(&public).unwrap();
            public.verify(&std::fs::read(&component).unwrap(), &signature, false).unwrap();
            assert!(signature.trusted_comment().contains("plugin:rule version:1.0.0 digest:sha256:"));
            assert!(public.verify(b"other", &signature, false).is_err());
            let refused = new_key(&key, password).unwrap_err().to_string();
            assert!(refused.contains("never overwritten"), "{refused}");
            let other = if password.is_empty() { "x" } else { "" };
            assert!(sign(&component, &key, other).is_err(), "{password:?}");
        }
    }
}
