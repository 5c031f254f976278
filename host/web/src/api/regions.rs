//! Regions and their dictionaries.

use axum::Json;
use axum::extract::{Path, State};
use veche_domain::access::Action;

use super::region;
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// Regions that the caller may know of.
#[utoipa::path(get, path = "/regions", tag = "regions", security(("token" = [])), responses((status = 200, body = Vec<Object>)))]
pub(crate) async fn list(State(web): State<Web>, access: Access) -> Result<Json<serde_json::Value>, Problem> {
    let rows = web.app.store.regions().await?;
    let regions: Vec<_> = rows
        .iter()
        .filter(|row| access.may(Action::ReadDictionaries, &row.region.code).is_some())
        .map(|row| serde_json::json!({"code": row.region.code, "name": row.region.name, "time_zone": row.region.time_zone, "ruleset": row.ruleset}))
        .collect();
    Ok(Json(regions.into()))
}

/// Dictionaries of a region: blocks, categories, bodies, municipalities.
#[utoipa::path(
    get, path = "/regions/{region}/dictionaries", tag = "regions", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn dictionaries(
    State(web): State<Web>,
    _: Access,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    let row = web.app.region(&region(&code)?).await?;
    let dictionaries = web.app.rules.dictionaries(&row.dictionaries).await?;
    Ok(Json(serde_json::to_value(dictionaries.data()).unwrap_or_default()))
}
