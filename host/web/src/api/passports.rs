//! Passports of additional indicators: written, checked, moved, printed.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use veche_app::AppError;
use veche_app::indicators::{document as printed, passports};
use veche_domain::indicator::{Passport, PassportStep};

use super::{Body, json, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

fn passport_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text)
        .map_err(|_| AppError::Unknown { what: "passport", code: text.chars().take(80).collect() }.into())
}

/// Passports of a region, newest first.
#[utoipa::path(
    get, path = "/regions/{region}/passports", tag = "indicators", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn list(State(web): State<Web>, Path(code): Path<String>) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    Ok(Json(json(&web.app.store.passports(&region).await?)))
}

/// Begin a passport. Who begins it is its author.
#[utoipa::path(
    post, path = "/regions/{region}/passports", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path)), request_body = Object,
    responses((status = 201, body = Object), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn create(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(passport): Body<Passport>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let row = passports::create(&web.app, &region(&code)?, &passport, &access.actor()).await?;
    Ok((StatusCode::CREATED, Json(json(&row))))
}

/// A passport with its steps, and with what is wrong with it or worth a look.
#[utoipa::path(
    get, path = "/regions/{region}/passports/{id}", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn one(
    State(web): State<Web>,
    Path((code, id)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, id) = (region(&code)?, passport_id(&id)?);
    let row = passports::find(&web.app, &region, id).await?;
    let mut value = json(&row);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("steps".into(), json(&web.app.store.passport_steps(&region, id).await?));
        fields.insert("findings".into(), json(&passports::check(&web.app, &region, &row.passport).await?));
    }
    Ok(Json(value))
}

/// A draft, written again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RewriteIn {
    /// Version that the writer read.
    version: i64,
    /// What it says now.
    #[schema(value_type = Object)]
    passport: Passport,
}

/// Write a draft again; its author alone, and only while it is a draft.
#[utoipa::path(
    put, path = "/regions/{region}/passports/{id}", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)), request_body = RewriteIn,
    responses((status = 200, body = Object), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn rewrite(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    Body(input): Body<RewriteIn>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, id) = (region(&code)?, passport_id(&id)?);
    let row = passports::rewrite(&web.app, &region, id, &input.passport, input.version, &access.actor()).await?;
    Ok(Json(json(&row)))
}

async fn step(
    web: &Web,
    access: &Access,
    place: (String, String),
    step: PassportStep,
    reason: Option<&str>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, id) = (region(&place.0)?, passport_id(&place.1)?);
    Ok(Json(json(&passports::step(&web.app, &region, id, step, reason, &access.actor()).await?)))
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonIn {
    /// Why; kept with the passport.
    reason: String,
}

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident $path:literal $step:ident;)+) => {
        $(
            $(#[$doc])*
            #[utoipa::path(
                post, path = $path, tag = "indicators", security(("token" = [])),
                params(("region" = String, Path), ("id" = Uuid, Path)),
                responses((status = 200, body = Object), (status = 403, body = Problem), (status = 404, body = Problem),
                    (status = 409, body = Problem), (status = 422, body = Problem))
            )]
            pub(crate) async fn $name(
                State(web): State<Web>,
                access: Access,
                Path(place): Path<(String, String)>,
            ) -> Result<Json<serde_json::Value>, Problem> {
                step(&web, &access, place, PassportStep::$step, None).await
            }
        )+
    };
}

steps! {
    /// Hand a draft in. It must have no faults.
    submit "/regions/{region}/passports/{id}/submit" Submit;
    /// Agree to a passport that is handed in. Never its author.
    agree "/regions/{region}/passports/{id}/agree" Agree;
    /// Approve a passport that is agreed. Never its author, nor who agreed to it.
    approve "/regions/{region}/passports/{id}/approve" Approve;
    /// Put an approved passport into force: from now on the measurements of its release are official.
    activate "/regions/{region}/passports/{id}/activate" Activate;
}

/// Send a passport back to its author.
#[utoipa::path(
    post, path = "/regions/{region}/passports/{id}/reject", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)), request_body = ReasonIn,
    responses((status = 200, body = Object), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn reject(
    State(web): State<Web>,
    access: Access,
    Path(place): Path<(String, String)>,
    Body(input): Body<ReasonIn>,
) -> Result<Json<serde_json::Value>, Problem> {
    step(&web, &access, place, PassportStep::Reject, Some(&input.reason)).await
}

/// End a passport.
#[utoipa::path(
    post, path = "/regions/{region}/passports/{id}/archive", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)), request_body = ReasonIn,
    responses((status = 200, body = Object), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn archive(
    State(web): State<Web>,
    access: Access,
    Path(place): Path<(String, String)>,
    Body(input): Body<ReasonIn>,
) -> Result<Json<serde_json::Value>, Problem> {
    step(&web, &access, place, PassportStep::Archive, Some(&input.reason)).await
}

/// An approved passport as a document to print (DOCX).
#[utoipa::path(
    get, path = "/regions/{region}/passports/{id}/document", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", body = Vec<u8>),
        (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn document(
    State(web): State<Web>,
    Path((code, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (region, id) = (region(&code)?, passport_id(&id)?);
    let row = passports::find(&web.app, &region, id).await?;
    let steps = web.app.store.passport_steps(&region, id).await?;
    let of = web.app.region(&region).await?.region;
    let bytes = printed::docx(&row, &steps, &of.name, of.time_zone)?;
    let file = format!("attachment; filename=\"passport-{id}.docx\"");
    let headers = [(header::CONTENT_TYPE, printed::MEDIA_TYPE.to_owned()), (header::CONTENT_DISPOSITION, file)];
    Ok((headers, bytes).into_response())
}
