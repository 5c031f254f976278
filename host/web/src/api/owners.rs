//! Names of plug-ins in a region, and who may upload releases under them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use veche_app::releases;

use super::{Body, json, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// Who gets the name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnerIn {
    /// `account:<login>`, `token:<id>`, or `region` for nobody but the region's folder.
    #[schema(example = "account:developer")]
    owner: String,
}

/// Names of plug-ins with their owners: whoever uploaded the first release, or the region for what came with its folder.
#[utoipa::path(
    get, path = "/regions/{region}/plugin-owners", tag = "plug-ins", security(("token" = [])),
    params(("region" = String, Path)), responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn owners(
    State(web): State<Web>,
    _: Access,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    Ok(Json(json(&web.app.store.plugin_owners(&region).await?)))
}

/// Give the name of a plug-in to another.
#[utoipa::path(
    put, path = "/regions/{region}/plugin-owners/{name}", tag = "plug-ins", security(("token" = [])),
    params(("region" = String, Path), ("name" = String, Path)), request_body = OwnerIn,
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn give(
    State(web): State<Web>,
    access: Access,
    Path((code, name)): Path<(String, String)>,
    Body(input): Body<OwnerIn>,
) -> Result<StatusCode, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    releases::give(&web.app, &region, &name, &input.owner, &access.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}
