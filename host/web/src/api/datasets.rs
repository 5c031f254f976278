//! Datasets: upload a version, list versions.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use veche_app::datasets;

use super::{json, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// How the bytes are to be read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShapeQuery {
    /// `table` (CSV with a header, the first column is the key), `polygons` (GeoJSON) or `blob`.
    shape: String,
}

/// Upload a version of a dataset. It is read whole before it is kept, and goes live only through a ruleset.
#[utoipa::path(
    put, path = "/regions/{region}/datasets/{name}", tag = "plug-ins", security(("token" = [])),
    params(("region" = String, Path), ("name" = String, Path), ShapeQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Object, description = "Digest, shape, columns, rows"), (status = 200, body = Object, description = "Uploaded before"), (status = 422, body = Problem))
)]
pub(crate) async fn upload(
    State(web): State<Web>,
    access: Access,
    Path((code, name)): Path<(String, String)>,
    Query(query): Query<ShapeQuery>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    let (row, new) =
        datasets::upload(&web.app.store, &region, &name, &query.shape, bytes.to_vec(), &access.actor()).await?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(json(&row))))
}

/// Dataset versions of a region, newest first, with their columns.
#[utoipa::path(
    get, path = "/regions/{region}/datasets", tag = "plug-ins", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn list(State(web): State<Web>, Path(code): Path<String>) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    Ok(Json(json(&web.app.store.datasets(&region).await?)))
}
