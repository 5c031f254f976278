//! The active ruleset: get, replace.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use veche_app::AppError;
use veche_domain::code::Digest;
use veche_domain::ruleset::Ruleset;

use super::{Body, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// The active ruleset. Its digest is the `ETag`.
#[utoipa::path(
    get, path = "/regions/{region}/ruleset", tag = "rules", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn active(State(web): State<Web>, _: Access, Path(code): Path<String>) -> Result<Response, Problem> {
    let region = region(&code)?;
    let row = web.app.region(&region).await?;
    let digest = row.ruleset.ok_or_else(|| AppError::NoRuleset { region: region.to_string() })?;
    let bytes = web.app.store.blob(&digest).await?.ok_or(AppError::Missing { what: "ruleset", digest })?;
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::ETAG, format!("\"{digest}\""))];
    Ok((headers, bytes).into_response())
}

/// The effective limits of each binding of the active ruleset: its class, lowered to the ceiling of this host, with
/// its own overrides.
#[utoipa::path(
    get, path = "/regions/{region}/ruleset/limits", tag = "rules", params(("region" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn limits(
    State(web): State<Web>,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    let rules = &web.app.rules;
    let active = rules.active(&region).await?.ok_or_else(|| AppError::NoRuleset { region: region.to_string() })?;
    let mut bindings = serde_json::Map::new();
    for binding in &active.ruleset.bindings {
        let limits = rules.limits_of(binding)?;
        let shown = serde_json::json!({"class": binding.limits.class, "limits": limits});
        bindings.insert(binding.id.to_string(), shown);
    }
    Ok(Json(serde_json::json!({"ceiling": rules.engine().ceiling(), "bindings": bindings})))
}

/// Replace the active ruleset. `If-Match` with the digest that was seen keeps two administrators from overwriting each other.
#[utoipa::path(
    put, path = "/regions/{region}/ruleset", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("If-Match" = Option<String>, Header)), request_body = Object,
    responses((status = 200, body = Object), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn replace(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    headers: HeaderMap,
    Body(ruleset): Body<Ruleset>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    if ruleset.region != region {
        return Err(Problem::invalid(format!(
            "the ruleset is for region {}, the address for {region}",
            ruleset.region
        )));
    }
    let expected =
        match headers.get(header::IF_MATCH).map(|v| v.to_str().unwrap_or_default().trim_matches('"').to_owned()) {
            None => None,
            Some(text) => Some(Some(text.parse::<Digest>().map_err(|e| Problem::invalid(format!("`If-Match`: {e}")))?)),
        };
    let app = &web.app;
    let digest = veche_app::regions::activate(&app.store, &app.rules, ruleset, expected, &access.actor()).await?;
    Ok(Json(serde_json::json!({"ruleset": digest})))
}
