//! Back-tests: ask for one, watch it, cancel it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use veche_app::AppError;
use veche_app::backtest::{self, Request};

use super::{Body, json, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

fn job_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text)
        .map_err(|_| AppError::Unknown { what: "back-test", code: text.chars().take(80).collect() }.into())
}

/// A back-test to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BacktestIn {
    /// Draft to try against the active ruleset.
    draft: Uuid,
    /// Received at or after (RFC 3339); the whole history if missing.
    since: Option<DateTime<Utc>>,
    /// Received before (RFC 3339); up to now if missing.
    until: Option<DateTime<Utc>>,
}

/// Ask for a back-test. It runs in the background, changes no appeal, and goes on after a restart.
#[utoipa::path(
    post, path = "/regions/{region}/backtests", tag = "rules", security(("token" = [])),
    params(("region" = String, Path)), request_body = BacktestIn,
    responses((status = 202, body = Object), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn create(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(input): Body<BacktestIn>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let request = Request { draft: input.draft, since: input.since, until: input.until };
    let job = backtest::request(&web.app, &region(&code)?, request, &access.actor()).await?;
    Ok((StatusCode::ACCEPTED, Json(json(&job))))
}

/// Back-tests of a region, newest first, without their reports.
#[utoipa::path(
    get, path = "/regions/{region}/backtests", tag = "rules", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn list(State(web): State<Web>, Path(code): Path<String>) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    let mut rows = json(&web.app.store.backtests(&region, 200).await?);
    for row in rows.as_array_mut().into_iter().flatten().filter_map(serde_json::Value::as_object_mut) {
        row.remove("report");
    }
    Ok(Json(rows))
}

/// A back-test: `done` of `total` appeals, and the report so far. Examples are ids of appeals.
#[utoipa::path(
    get, path = "/regions/{region}/backtests/{id}", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn one(
    State(web): State<Web>,
    Path((code, id)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    Ok(Json(json(&backtest::find(&web.app, &region(&code)?, job_id(&id)?).await?)))
}

/// Cancel a back-test; what it has counted stays.
#[utoipa::path(
    delete, path = "/regions/{region}/backtests/{id}", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn cancel(
    State(web): State<Web>,
    Path((code, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    backtest::cancel(&web.app, &region(&code)?, job_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
