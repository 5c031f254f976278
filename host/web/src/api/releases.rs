//! Plug-in releases: upload, sign, list, inspect, yank, delete.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use veche_app::{AppError, releases};
use veche_domain::code::Digest;
use veche_domain::limits::{Limits, LimitsClass, LimitsRequest};

use super::{Body, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// Upload a component. It is inspected before it is stored.
#[utoipa::path(
    post, path = "/regions/{region}/releases", tag = "plug-ins", security(("token" = [])),
    params(("region" = String, Path)), request_body(content = Vec<u8>, content_type = "application/wasm"),
    responses((status = 201, body = Object, description = "What the inspection found"), (status = 200, body = Object, description = "Uploaded before"), (status = 422, body = Problem))
)]
pub(crate) async fn upload(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    component: Bytes,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    let app = web.app.clone();
    // A compilation may take longer than a request may: it goes on, and a repeated upload finds the release.
    let upload = tokio::spawn(async move {
        let (engine, actor) = (app.rules.engine(), access.actor());
        let owner = Some(access.caller.name.as_str());
        veche_app::releases::upload(&app.store, engine, &region, component.to_vec(), &actor, owner).await
    });
    let (inspection, new) = upload.await.map_err(|_| AppError::Stopped)??;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    let shown = serde_json::to_value(&inspection).unwrap_or_default();
    Ok((status, Json(with_limits(shown, web.app.rules.engine().ceiling()))))
}

/// Adds what a call of the release may use, by the class under which it is bound.
fn with_limits(mut shown: serde_json::Value, ceiling: &Limits) -> serde_json::Value {
    let of = |class: LimitsClass| {
        let request = LimitsRequest { class, ..LimitsRequest::default() };
        (class.as_str().to_owned(), serde_json::to_value(request.resolve(ceiling).ok()).unwrap_or_default())
    };
    let limits: serde_json::Map<_, _> = LimitsClass::ALL.iter().copied().map(of).collect();
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("limits".into(), limits.into());
    }
    shown
}

/// Releases of a region, newest first.
#[utoipa::path(
    get, path = "/regions/{region}/releases", tag = "plug-ins", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn list(
    State(web): State<Web>,
    _: Access,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    Ok(Json(serde_json::to_value(web.app.store.releases(&region).await?).unwrap_or_default()))
}

/// One release with its inspection.
#[utoipa::path(
    get, path = "/regions/{region}/releases/{digest}", tag = "plug-ins", security(("token" = [])),
    params(("region" = String, Path), ("digest" = String, Path, description = "`sha256:` and 64 hexadecimal digits")),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn one(
    State(web): State<Web>,
    _: Access,
    Path((code, digest)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    let unknown =
        || -> Problem { AppError::Unknown { what: "release", code: digest.chars().take(80).collect() }.into() };
    let wanted: Digest = digest.parse().map_err(|_| unknown())?;
    let row = web.app.store.release(&region, &wanted).await?.ok_or_else(unknown)?;
    let shown = serde_json::to_value(row).unwrap_or_default();
    Ok(Json(with_limits(shown, web.app.rules.engine().ceiling())))
}

fn release_digest(text: &str) -> Result<Digest, Problem> {
    text.parse().map_err(|_| AppError::Unknown { what: "release", code: text.chars().take(80).collect() }.into())
}

/// Add a publisher's signature: the text of the `.minisig` file, made by a key that the region trusts.
#[utoipa::path(
    put, path = "/regions/{region}/releases/{digest}/signature", tag = "plug-ins", security(("token" = [])),
    params(("region" = String, Path), ("digest" = String, Path)), request_body(content = String, content_type = "text/plain"),
    responses((status = 200, body = Object, description = "`signed_by`, the publisher"), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn sign(
    State(web): State<Web>,
    access: Access,
    Path((code, digest)): Path<(String, String)>,
    signature: String,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, digest) = (region(&code)?, release_digest(&digest)?);
    let publisher = releases::sign(&web.app, &region, &digest, &signature, &access.actor()).await?;
    Ok(Json(serde_json::json!({"signed_by": publisher})))
}

/// Why a release is yanked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct YankIn {
    /// Why; shown with the release.
    reason: String,
}

/// Yank a release: where it runs it goes on, but nothing may enable it any more.
#[utoipa::path(
    post, path = "/regions/{region}/releases/{digest}/yank", tag = "plug-ins", security(("token" = [])),
    params(("region" = String, Path), ("digest" = String, Path)), request_body = YankIn,
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn yank(
    State(web): State<Web>,
    access: Access,
    Path((code, digest)): Path<(String, String)>,
    Body(input): Body<YankIn>,
) -> Result<StatusCode, Problem> {
    releases::yank(&web.app, &region(&code)?, &release_digest(&digest)?, &input.reason, &access.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a release that nothing holds.
#[utoipa::path(
    delete, path = "/regions/{region}/releases/{digest}", tag = "plug-ins", security(("token" = [])),
    params(("region" = String, Path), ("digest" = String, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem, description = "It is in use"))
)]
pub(crate) async fn delete(
    State(web): State<Web>,
    access: Access,
    Path((code, digest)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    releases::delete(&web.app, &region(&code)?, &release_digest(&digest)?, &access.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}
