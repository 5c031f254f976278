//! Plug-in releases: upload, list, inspect.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use veche_app::AppError;
use veche_domain::code::Digest;
use veche_domain::limits::{Limits, LimitsClass, LimitsRequest};

use super::region;
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
    let actor = access.actor();
    let upload = tokio::spawn(async move {
        let engine = app.rules.engine();
        veche_app::releases::upload(&app.store, engine, &region, component.to_vec(), &actor).await
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
