//! Releases: a component is inspected before it is stored, signed by a publisher whom the region trusts, yanked when it
//! must not be enabled any more, deleted only while nothing holds it.

use std::collections::BTreeMap;

use chrono::Utc;
use minisign_verify::{PublicKey, Signature};
use veche_domain::access::Actor;
use veche_domain::code::{Digest, PluginName, RegionCode};
use veche_domain::ruleset::Ruleset;
use veche_sandbox::{Engine, Inspection};
use veche_store::{BlobKind, REGION_OWNER, ReleaseRow, Store};

use crate::App;
use crate::error::AppError;
use crate::rules::inspect_release;

/// Inspects and stores a component; whether it is new. The first `owner` who uploads a plug-in owns its name in the
/// region; what comes with the region's folder has none, and its names are the region's own.
///
/// # Errors
/// What is wrong with the component, a name that belongs to somebody else, or a store error.
pub async fn upload(
    store: &Store,
    engine: &Engine,
    region: &RegionCode,
    component: Vec<u8>,
    actor: &Actor,
    owner: Option<&str>,
) -> Result<(Inspection, bool), AppError> {
    let inspection = inspect_release(engine, component.clone()).await?;
    let invalid = |reason: String| AppError::Invalid { field: "component metadata", reason };
    let name = inspection
        .metadata
        .name
        .as_deref()
        .ok_or_else(|| invalid("the component has no name: build it with `veche plugin build`".into()))?;
    let plugin = PluginName::new(name).map_err(|e| invalid(e.to_string()))?;
    let version = inspection
        .metadata
        .version
        .clone()
        .ok_or_else(|| invalid("the component has no version: build it with `veche plugin build`".into()))?;
    store.put_blob(BlobKind::Release, &component).await?;
    let row = ReleaseRow {
        digest: inspection.digest,
        plugin,
        version,
        inspection: serde_json::to_value(&inspection).map_err(|e| invalid(e.to_string()))?,
        uploaded_by: owner.map(str::to_owned),
        uploaded_at: Utc::now(),
        signed_by: None,
        yanked: None,
    };
    let new = store.save_release(region, &row, actor).await?;
    Ok((inspection, new))
}

/// Gives the name of a plug-in to an account or a token, or to the region, `region`.
///
/// # Errors
/// A name that nobody owns, or an owner who is none.
pub async fn give(app: &App, region: &RegionCode, plugin: &str, owner: &str, actor: &Actor) -> Result<(), AppError> {
    let unknown = || AppError::Unknown { what: "plug-in", code: plugin.chars().take(80).collect() };
    let name = PluginName::new(plugin).map_err(|_| unknown())?;
    let store = &app.store;
    let known = match owner.split_once(':') {
        Some(("account", login)) => store.account_by_login(login).await?.is_some(),
        Some(("token", id)) => store.tokens().await?.iter().any(|token| token.id.to_string() == id),
        _ => owner == REGION_OWNER,
    };
    if !known {
        let reason = "write `account:<login>` or `token:<id>` of one that exists, or `region`".into();
        return Err(AppError::Invalid { field: "owner", reason });
    }
    if store.give_plugin_name(region, &name, owner, actor).await? { Ok(()) } else { Err(unknown()) }
}

/// A release of a region.
///
/// # Errors
/// [`AppError::Unknown`].
pub async fn find(app: &App, region: &RegionCode, release: &Digest) -> Result<ReleaseRow, AppError> {
    let unknown = || AppError::Unknown { what: "release", code: release.to_string() };
    app.store.release(region, release).await?.ok_or_else(unknown)
}

/// Keeps a publisher's signature (the text of a `.minisig` file) with a release; the publisher's name.
///
/// # Errors
/// A signature that no key which the region trusts made over exactly these bytes; nothing is kept then.
pub async fn sign(
    app: &App,
    region: &RegionCode,
    release: &Digest,
    signature: &str,
    actor: &Actor,
) -> Result<String, AppError> {
    find(app, region, release).await?;
    let bytes = app.store.blob(release).await?.ok_or(AppError::Missing { what: "release", digest: *release })?;
    let policy = app.store.rules_policy(region).await?;
    let publisher = publisher(&policy.trusted_keys, &bytes, signature)?;
    app.store.sign_release(region, *release, &publisher, signature, actor).await?;
    Ok(publisher)
}

/// The trusted publisher that signed some bytes.
fn publisher(trusted: &BTreeMap<String, String>, bytes: &[u8], signature: &str) -> Result<String, AppError> {
    let invalid = |reason: String| AppError::Invalid { field: "signature", reason };
    let signature = Signature::decode(signature)
        .map_err(|e| invalid(format!("this is no minisign signature ({e}): send the text of the .minisig file")))?;
    let signed = trusted.iter().find(|(_, key)| {
        // Prehashed signatures alone: minisign makes them since 2021, and the older form would be read whole first.
        PublicKey::from_base64(key).is_ok_and(|key| key.verify(bytes, &signature, false).is_ok())
    });
    signed.map(|(name, _)| name.clone()).ok_or_else(|| {
        let names: Vec<&str> = trusted.keys().map(String::as_str).collect();
        let names = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
        invalid(format!("the signature is not of a key that this region trusts over this release; trusted: {names}"))
    })
}

/// Checks keys of a policy.
///
/// # Errors
/// The key that is none.
pub(crate) fn check_keys(trusted: &BTreeMap<String, String>) -> Result<(), AppError> {
    for (name, key) in trusted {
        PublicKey::from_base64(key).map_err(|e| AppError::Invalid {
            field: "trusted_keys",
            reason: format!(
                "the key of {name:?} is no minisign public key ({e}): give the second line of the .pub file"
            ),
        })?;
    }
    Ok(())
}

/// Yanks a release: where it runs it goes on, but nothing may enable it any more.
///
/// # Errors
/// An unknown release, or no reason.
pub async fn yank(
    app: &App,
    region: &RegionCode,
    release: &Digest,
    reason: &str,
    actor: &Actor,
) -> Result<(), AppError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 2_000 {
        let reason = "say why, in 1 to 2,000 characters: the reason is shown with the release".into();
        return Err(AppError::Invalid { field: "reason", reason });
    }
    find(app, region, release).await?;
    Ok(app.store.yank_release(region, *release, reason, actor).await?)
}

/// Deletes a release that nothing holds: no draft, no ruleset that is or was active or out, no stored decision.
///
/// # Errors
/// [`AppError::InUse`] says what holds it.
pub async fn delete(app: &App, region: &RegionCode, release: &Digest, actor: &Actor) -> Result<(), AppError> {
    find(app, region, release).await?;
    let in_use = |by: String| AppError::InUse { what: "release", code: release.short(), by };
    let binds = |ruleset: &Ruleset| ruleset.bindings.iter().any(|b| b.release == *release);
    for draft in app.store.drafts(region).await? {
        if binds(&draft.ruleset) {
            return Err(in_use(format!("draft {} ({})", draft.id, draft.stage)));
        }
    }
    for activation in app.store.activations(region, i64::MAX).await? {
        if binds(&app.rules.ruleset(&activation.ruleset).await?) {
            let at = activation.at.date_naive();
            return Err(in_use(format!("ruleset {}, active since {at}", activation.ruleset.short())));
        }
    }
    if app.store.release_decided(region, release).await? {
        return Err(in_use("stored decisions, which must stay replayable".into()));
    }
    Ok(app.store.delete_release(region, *release, actor).await?)
}
