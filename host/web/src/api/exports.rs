//! Exports: what can be written, asking for a file, how far it is, the file itself.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body as Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use veche_app::exports::jobs::{self, Asking, NewExport};
use veche_app::exports::{files, formats};
use veche_app::store::ExportJob;
use veche_domain::access::{Action, Scope};
use veche_domain::code::RegionCode;

use super::indicators::{PeriodIn, id_of, wanted};
use super::{Body, json, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// What the region's exporters can write.
#[utoipa::path(
    get, path = "/regions/{region}/exporters", tag = "exports", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn exporters(
    State(web): State<Web>,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    Ok(Json(json(&formats::of(&web.app, &region(&code)?).await?)))
}

/// A file to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportIn {
    /// Binding of the exporter; may be left out where one alone has the format.
    binding: Option<String>,
    /// Format.
    format: String,
    /// Period.
    period: PeriodIn,
    /// `ru` or `en`; the region's own if missing.
    language: Option<String>,
    /// Choices, by name; the exporter says which there are.
    #[serde(default)]
    options: BTreeMap<String, String>,
}

/// Ask for a file. It is written in the background; a block lead's holds their blocks alone.
#[utoipa::path(
    post, path = "/regions/{region}/exports", tag = "exports", security(("token" = [])),
    params(("region" = String, Path)), request_body = ExportIn,
    responses((status = 202, body = Object), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn create(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(input): Body<ExportIn>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let region = region(&code)?;
    let new = NewExport {
        binding: input.binding,
        format: input.format,
        period: wanted(&input.period)?,
        language: input.language,
        options: input.options,
    };
    let actor = access.actor();
    let personal = may_read_personal(&access, &region);
    let asking = Asking { actor: &actor, scope: access.scope().clone(), personal };
    let job = jobs::request(&web.app, &region, new, &asking).await?;
    Ok((StatusCode::ACCEPTED, Json(json(&job))))
}

/// Whether the caller may read applicants' data as far as they may export.
fn may_read_personal(access: &Access, region: &RegionCode) -> bool {
    match (access.may(Action::ReadPersonalData, region), access.scope()) {
        (Some(Scope::Region), _) => true,
        (Some(Scope::Blocks(own)), Scope::Blocks(asked)) => asked.is_subset(&own),
        _ => false,
    }
}

/// Exports, newest first.
#[utoipa::path(
    get, path = "/regions/{region}/exports", tag = "exports", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn list(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    Ok(Json(json(&jobs::list(&web.app, &region(&code)?, access.scope(), 200).await?)))
}

async fn find(web: &Web, access: &Access, place: &(String, String)) -> Result<ExportJob, Problem> {
    let (region, id) = (region(&place.0)?, id_of("export", &place.1)?);
    Ok(jobs::find(&web.app, &region, id, access.scope()).await?)
}

/// An export: `done` of `total` rows, and why it failed if it did.
#[utoipa::path(
    get, path = "/regions/{region}/exports/{id}", tag = "exports", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn one(
    State(web): State<Web>,
    access: Access,
    Path(place): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    Ok(Json(json(&find(&web, &access, &place).await?)))
}

/// Cancel an export that is not over; nothing of it stays.
#[utoipa::path(
    delete, path = "/regions/{region}/exports/{id}", tag = "exports", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn cancel(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (region, id) = (region(&code)?, id_of("export", &id)?);
    jobs::cancel(&web.app, &region, id, access.scope(), &access.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The file, once it is whole. Its ETag is its SHA-256. Each fetch is in the log.
#[utoipa::path(
    get, path = "/regions/{region}/exports/{id}/file", tag = "exports", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 304), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn file(
    State(web): State<Web>,
    access: Access,
    Path(place): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let job = find(&web, &access, &place).await?;
    if job.personal && !may_read_personal(&access, &job.region) {
        return Err(Problem::forbidden("the file holds applicants' data: `read_personal_data` is needed for it"));
    }
    files::check(&job)?;
    let tag = job.digest.map(|digest| format!("\"{digest}\"")).unwrap_or_default();
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.flat_map(|list| list.split(',')).any(|known| known.trim() == tag || known.trim() == "*") {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    files::log(&web.app, &job, &access.actor()).await?;
    let mut response = Bytes::from_stream(files::bytes(&web.app, &job)).into_response();
    let fields = [
        (header::CONTENT_TYPE, job.media_type.clone()),
        (header::CONTENT_LENGTH, job.size.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", job.file_name)),
        (header::ETAG, tag),
        // A file of one person's rights is not for a shared cache.
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}
