//! The rights of the person behind an appeal: export and erasure.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use veche_app::people;
use veche_domain::appeal::AppealId;

use super::appeals::appeal_id;
use super::{Body, json, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// What the log holds about the person who wrote an appeal, in all their appeals. The export is in the log.
#[utoipa::path(
    get, path = "/regions/{region}/appeals/{id}/person", tag = "audit", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 403, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn export(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, id) = (region(&code)?, appeal_id(&id)?);
    Ok(Json(json(&people::export(&web.app.store, &region, id, &access.actor()).await?)))
}

/// The act that orders an erasure.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActIn {
    /// Number.
    number: String,
    /// Date, `2026-11-24`.
    date: chrono::NaiveDate,
}

/// What to erase.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErasureIn {
    /// Appeals of the person.
    appeals: Vec<Uuid>,
    /// Act.
    act: ActIn,
}

/// Erase the personal data of appeals by an act (152-FZ). It cannot be undone.
#[utoipa::path(
    post, path = "/regions/{region}/erasures", tag = "audit", security(("token" = [])),
    params(("region" = String, Path)), request_body = ErasureIn,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn erase(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(input): Body<ErasureIn>,
) -> Result<StatusCode, Problem> {
    let region = region(&code)?;
    let appeals: Vec<AppealId> = input.appeals.into_iter().map(AppealId).collect();
    let (number, date) = (input.act.number.as_str(), input.act.date);
    people::erase(&web.app.store, &region, &appeals, number, date, &access.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}
