//! The log: checked whole, its heads exported under the host's signature.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use veche_domain::audit::{Chain, Verified, Verifier};
use veche_domain::code::Digest;
use veche_domain::ruleset::canonical_json;
use veche_store::{AuditFilter, Store};

use crate::error::AppError;

/// Entries read at once.
const PAGE: i64 = 1_000;

/// Checks one chain whole: every entry, its head, and what a checkpoint says of it.
///
/// # Errors
/// Store errors. Faults of the chain are no error: they are the result.
pub async fn verify(store: &Store, chain: &Chain, checkpoint: Option<&Checkpoint>) -> Result<Verified, AppError> {
    // The head is read first: entries that are appended meanwhile come after it.
    let head = store.audit_head(chain).await?;
    let known = checkpoint.and_then(|c| c.heads.iter().find(|head| head.chain == chain.to_string()));
    let last = head.map_or(0, |(seq, _)| seq).max(known.map_or(0, |head| head.seq));
    let mut verifier = Verifier::new(chain);
    let mut after = 0;
    loop {
        let rows = store.audit_entries(chain, &AuditFilter::default(), after, PAGE).await?;
        let Some(end) = rows.last().map(|row| row.entry.seq) else { break };
        for row in &rows {
            verifier.check(&row.entry, &row.kept);
            if let Some((seq, digest)) = head {
                verifier.compare(seq, digest, "head of the chain");
            }
            if let Some(known) = known {
                verifier.compare(known.seq, known.digest, "checkpoint");
            }
        }
        after = end;
    }
    Ok(verifier.finish(last))
}

/// Newest entry of a chain, as a checkpoint names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Chain.
    pub chain: String,
    /// Place.
    pub seq: i64,
    /// Digest.
    pub digest: Digest,
}

/// What the chains were at a moment, signed by the host. Kept elsewhere, it shows a chain that was written anew or cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// When.
    pub at: DateTime<Utc>,
    /// Chains.
    pub heads: Vec<Head>,
    /// Public key of the host, 64 hexadecimal digits.
    pub key: String,
    /// Ed25519 over the canonical JSON of all above, 128 hexadecimal digits.
    #[serde(default)]
    pub signature: String,
}

impl Checkpoint {
    fn signed_bytes(&self) -> Result<Vec<u8>, AppError> {
        let bare = Self { signature: String::new(), ..self.clone() };
        let value = serde_json::to_value(bare)
            .map_err(|e| AppError::Stored { what: "a checkpoint".into(), reason: e.to_string() })?;
        Ok(canonical_json(&value))
    }

    /// Checks the signature; `key` is the public key that is trusted, 64 hexadecimal digits.
    ///
    /// # Errors
    /// Another key, or a signature that does not fit.
    pub fn check(&self, key: &str) -> Result<(), AppError> {
        let wrong = |reason: &str| AppError::Invalid { field: "checkpoint", reason: reason.into() };
        if key != self.key {
            return Err(wrong("it was signed with another key than the one that is trusted"));
        }
        let bytes = |text: &str| hex::decode(text).map_err(|_| wrong("key and signature must be hexadecimal"));
        let key: [u8; 32] =
            bytes(key)?.try_into().map_err(|_| wrong("the public key must have 64 hexadecimal digits"))?;
        let signature: [u8; 64] =
            bytes(&self.signature)?.try_into().map_err(|_| wrong("the signature must have 128 hexadecimal digits"))?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| wrong("the public key is none"))?;
        key.verify_strict(&self.signed_bytes()?, &Signature::from_bytes(&signature))
            .map_err(|_| wrong("the signature does not fit: the checkpoint was changed"))
    }
}

/// The key that signs what this installation says.
pub struct HostKey(SigningKey);

impl HostKey {
    /// Reads the key's file; makes it, readable for its owner alone, if it is missing.
    ///
    /// # Errors
    /// A file that cannot be read or made, or holds something else.
    pub fn open(path: &Path) -> Result<Self, AppError> {
        let wrong = |reason: String| AppError::File { path: path.display().to_string(), reason };
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let mut seed = [0; 32];
                hex::decode_to_slice(text.trim(), &mut seed)
                    .map_err(|_| wrong("a host key is 64 hexadecimal digits; restore the file from a backup".into()))?;
                Ok(Self(SigningKey::from_bytes(&seed)))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut seed = [0; 32];
                getrandom::fill(&mut seed).map_err(|e| wrong(format!("no random bytes: {e}")))?;
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(|e| wrong(e.to_string()))?;
                }
                let mut options = std::fs::OpenOptions::new();
                let mut file =
                    options.write(true).create_new(true).mode(0o600).open(path).map_err(|e| wrong(e.to_string()))?;
                writeln!(file, "{}", hex::encode(seed)).map_err(|e| wrong(e.to_string()))?;
                Ok(Self(SigningKey::from_bytes(&seed)))
            }
            Err(error) => Err(wrong(error.to_string())),
        }
    }

    /// Public key, 64 hexadecimal digits.
    #[must_use]
    pub fn public(&self) -> String {
        hex::encode(self.0.verifying_key().to_bytes())
    }
}

/// Signs the heads of chains: all of them, or one.
///
/// # Errors
/// Store errors.
pub async fn checkpoint(store: &Store, only: Option<&Chain>, key: &HostKey) -> Result<Checkpoint, AppError> {
    let mut heads = Vec::new();
    for chain in store.audit_chains().await?.into_iter().filter(|chain| only.is_none_or(|only| only == chain)) {
        if let Some((seq, digest)) = store.audit_head(&chain).await? {
            heads.push(Head { chain: chain.to_string(), seq, digest });
        }
    }
    let mut checkpoint = Checkpoint { at: Utc::now(), heads, key: key.public(), signature: String::new() };
    checkpoint.signature = hex::encode(key.0.sign(&checkpoint.signed_bytes()?).to_bytes());
    Ok(checkpoint)
}
