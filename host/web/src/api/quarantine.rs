//! Bindings in quarantine, and faults as the authors of plug-ins see them.

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use veche_app::AppError;
use veche_domain::code::BindingId;

use super::region;
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// Most faults of one answer.
const FAULTS: i64 = 100;

/// Bindings in quarantine, and what happened to them lately.
#[utoipa::path(
    get, path = "/regions/{region}/quarantine", tag = "rules", params(("region" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn list(State(web): State<Web>, Path(code): Path<String>) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    let (quarantined, events) = web.app.rules.watch().list(&region).await?;
    Ok(Json(serde_json::json!({"quarantined": quarantined, "events": events})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InBlock {
    block: Option<String>,
}

/// Let a binding in again before its trial, in one block or wherever it is in quarantine.
#[utoipa::path(
    delete, path = "/regions/{region}/quarantine/{binding}", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("binding" = String, Path), ("block" = Option<String>, Query)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn release(
    State(web): State<Web>,
    access: Access,
    Path((code, binding)): Path<(String, String)>,
    Query(wanted): Query<InBlock>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    let released = web.app.rules.watch().release(&region, &binding, wanted.block.as_deref(), &access.actor()).await?;
    Ok(Json(serde_json::json!({"released": released})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfBinding {
    binding: Option<String>,
}

/// Faults of plug-ins, newest first: what went wrong, functions on the stack, last log lines. Masked.
#[utoipa::path(
    get, path = "/regions/{region}/faults", tag = "plug-ins", security(("token" = [])),
    params(("region" = String, Path), ("binding" = Option<String>, Query)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn faults(
    State(web): State<Web>,
    Path(code): Path<String>,
    Query(wanted): Query<OfBinding>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    let unknown = |text: &str| AppError::Unknown { what: "binding", code: text.chars().take(80).collect() };
    let binding = wanted.binding.as_deref().map(|b| BindingId::new(b).map_err(|_| unknown(b))).transpose()?;
    let faults = web.app.store.faults(&region, binding.as_ref(), FAULTS).await?;
    Ok(Json(serde_json::to_value(faults).unwrap_or_default()))
}
