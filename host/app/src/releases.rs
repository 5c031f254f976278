//! Releases: a component is inspected before it is stored.

use chrono::Utc;
use veche_domain::access::Actor;
use veche_domain::code::{PluginName, RegionCode};
use veche_sandbox::{Engine, Inspection};
use veche_store::{BlobKind, ReleaseRow, Store};

use crate::error::AppError;
use crate::rules::inspect_release;

/// Inspects and stores a component; whether it is new.
///
/// # Errors
/// What is wrong with the component, or a store error.
pub async fn upload(
    store: &Store,
    engine: &Engine,
    region: &RegionCode,
    component: Vec<u8>,
    actor: &Actor,
) -> Result<(Inspection, bool), AppError> {
    let inspection = inspect_release(engine, component.clone()).await?;
    let invalid = |reason: String| AppError::Invalid { field: "component metadata", reason };
    let name = inspection.metadata.name.as_deref().ok_or_else(|| {
        invalid("the component has no name: write it with wasm-metadata (`cargo xtask plugins` does)".into())
    })?;
    let plugin = PluginName::new(name).map_err(|e| invalid(e.to_string()))?;
    let version = inspection.metadata.version.clone().ok_or_else(|| {
        invalid("the component has no version: write it with wasm-metadata (`cargo xtask plugins` does)".into())
    })?;
    store.put_blob(BlobKind::Release, &component).await?;
    let row = ReleaseRow {
        digest: inspection.digest,
        plugin,
        version,
        inspection: serde_json::to_value(&inspection).map_err(|e| invalid(e.to_string()))?,
        uploaded_by: Some(actor.name.clone()),
        uploaded_at: Utc::now(),
    };
    let new = store.save_release(region, &row, actor).await?;
    Ok((inspection, new))
}
