//! Drafts of rulesets: make, edit, check, consent, send out, activate.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use veche_app::AppError;
use veche_app::drafts::{self, Edit, NewDraft};
use veche_app::rollout::{self, Out};
use veche_app::store::DraftRow;
use veche_domain::code::{BindingId, BlockCode};
use veche_domain::lifecycle::{Guard, percent};
use veche_domain::ruleset::{Binding, Ruleset};

use super::{Body, json, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

fn draft_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| AppError::Unknown { what: "draft", code: text.chars().take(80).collect() }.into())
}

/// The version that the client saw, from `If-Match`. Without it a change could overwrite somebody else's.
fn seen(headers: &HeaderMap) -> Result<i64, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if-match",
            "The version that you saw is needed",
            "send `If-Match` with the `ETag` of the draft that you read",
        ));
    };
    let text = value.to_str().unwrap_or_default().trim_matches('"');
    text.parse().map_err(|_| Problem::invalid(format!("`If-Match`: {text:?} is no version of a draft")))
}

/// A draft with its version as `ETag`.
fn answer(status: StatusCode, draft: &DraftRow) -> Response {
    let etag = format!("\"{}\"", draft.version);
    (status, [(header::ETAG, etag)], Json(json(draft))).into_response()
}

/// A draft to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftIn {
    /// Title, for people.
    title: String,
    /// Content; a copy of the active ruleset if missing.
    #[schema(value_type = Option<Object>)]
    ruleset: Option<Ruleset>,
}

/// Make a draft.
#[utoipa::path(
    post, path = "/regions/{region}/drafts", tag = "rules", security(("token" = [])),
    params(("region" = String, Path)), request_body = DraftIn,
    responses((status = 201, body = Object, description = "The draft; its version is the `ETag`"), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn create(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(input): Body<DraftIn>,
) -> Result<Response, Problem> {
    let new = NewDraft { title: input.title, ruleset: input.ruleset };
    let draft = drafts::create(&web.app, &region(&code)?, new, &access.actor()).await?;
    Ok(answer(StatusCode::CREATED, &draft))
}

/// Drafts of a region, last changed first, without their content.
#[utoipa::path(
    get, path = "/regions/{region}/drafts", tag = "rules", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn list(State(web): State<Web>, Path(code): Path<String>) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    let mut rows = json(&web.app.store.drafts(&region).await?);
    for row in rows.as_array_mut().into_iter().flatten().filter_map(serde_json::Value::as_object_mut) {
        row.remove("ruleset");
    }
    Ok(Json(rows))
}

/// A draft, what it changes in the active ruleset in words, and the consents given to it.
#[utoipa::path(
    get, path = "/regions/{region}/drafts/{id}", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path), super::rulesets::LanguageQuery),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn one(
    State(web): State<Web>,
    Path((code, id)): Path<(String, String)>,
    query: axum::extract::Query<super::rulesets::LanguageQuery>,
) -> Result<Response, Problem> {
    let (region, id) = (region(&code)?, draft_id(&id)?);
    let draft = drafts::find(&web.app, &region, id).await?;
    let language = query.language(&web.app, &region).await?;
    let difference = match web.app.region(&region).await?.ruleset {
        Some(active) => {
            let active = web.app.rules.ruleset(&active).await?;
            drafts::difference(&web.app, &region, &active, &draft.ruleset, language).await?
        }
        None => Vec::new(),
    };
    let mut value = json(&draft);
    if let Some(object) = value.as_object_mut() {
        object.insert("difference".into(), json(&difference));
        object.insert("consents".into(), json(&web.app.store.consents(id).await?));
    }
    Ok(([(header::ETAG, format!("\"{}\"", draft.version))], Json(value)).into_response())
}

async fn edited(
    web: &Web,
    access: &Access,
    code: &str,
    id: &str,
    headers: &HeaderMap,
    edit: Edit,
) -> Result<Response, Problem> {
    let draft = drafts::edit(&web.app, &region(code)?, draft_id(id)?, seen(headers)?, edit, &access.actor()).await?;
    Ok(answer(StatusCode::OK, &draft))
}

/// Replace the content of a draft.
#[utoipa::path(
    put, path = "/regions/{region}/drafts/{id}", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = Object,
    responses((status = 200, body = Object), (status = 409, body = Problem, description = "`errors` tell what changed since"), (status = 422, body = Problem), (status = 428, body = Problem))
)]
pub(crate) async fn replace(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
    Body(ruleset): Body<Ruleset>,
) -> Result<Response, Problem> {
    edited(&web, &access, &code, &id, &headers, Edit::Replace(ruleset)).await
}

/// Delete a draft that is not out and never was active.
#[utoipa::path(
    delete, path = "/regions/{region}/drafts/{id}", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path), ("If-Match" = String, Header)),
    responses((status = 204), (status = 409, body = Problem), (status = 428, body = Problem))
)]
pub(crate) async fn delete(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    drafts::delete(&web.app, &region(&code)?, draft_id(&id)?, seen(&headers)?, &access.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enable a release: add a binding, or replace the one of this id in its place. Permissions are granted in `grants`.
#[utoipa::path(
    put, path = "/regions/{region}/drafts/{id}/bindings/{binding}", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path), ("binding" = String, Path), ("If-Match" = String, Header)),
    request_body = Object,
    responses((status = 200, body = Object), (status = 409, body = Problem), (status = 422, body = Problem), (status = 428, body = Problem))
)]
pub(crate) async fn bind(
    State(web): State<Web>,
    access: Access,
    Path((code, id, binding)): Path<(String, String, String)>,
    headers: HeaderMap,
    Body(input): Body<Binding>,
) -> Result<Response, Problem> {
    if input.id.as_str() != binding {
        let id = input.id.as_str();
        return Err(Problem::invalid(format!("`id` is {id:?}, the address names {binding:?}: make them equal")));
    }
    edited(&web, &access, &code, &id, &headers, Edit::Bind(Box::new(input))).await
}

/// Disable: remove a binding.
#[utoipa::path(
    delete, path = "/regions/{region}/drafts/{id}/bindings/{binding}", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path), ("binding" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 409, body = Problem), (status = 428, body = Problem))
)]
pub(crate) async fn unbind(
    State(web): State<Web>,
    access: Access,
    Path((code, id, binding)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let unknown = || AppError::Unknown { what: "binding", code: binding.chars().take(80).collect() };
    let binding = BindingId::new(&binding).map_err(|_| unknown())?;
    edited(&web, &access, &code, &id, &headers, Edit::Unbind(binding)).await
}

/// Set the order in which bindings are asked.
#[utoipa::path(
    put, path = "/regions/{region}/drafts/{id}/order", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = Vec<String>,
    responses((status = 200, body = Object), (status = 409, body = Problem), (status = 422, body = Problem), (status = 428, body = Problem))
)]
pub(crate) async fn order(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
    Body(order): Body<Vec<BindingId>>,
) -> Result<Response, Problem> {
    edited(&web, &access, &code, &id, &headers, Edit::Order(order)).await
}

/// Check a draft whole and give it its name. Faults point at their place.
#[utoipa::path(
    post, path = "/regions/{region}/drafts/{id}/validate", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Object), (status = 409, body = Problem), (status = 422, body = Problem), (status = 428, body = Problem))
)]
pub(crate) async fn validate(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let draft = drafts::validate(&web.app, &region(&code)?, draft_id(&id)?, seen(&headers)?, &access.actor()).await?;
    Ok(answer(StatusCode::OK, &draft))
}

/// A consent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsentIn {
    /// Block.
    block: String,
}

/// Consent to what a checked draft says for a block; kept with name and time, void once the block's rules change.
#[utoipa::path(
    post, path = "/regions/{region}/drafts/{id}/consents", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = ConsentIn,
    responses((status = 201, body = Object), (status = 404, body = Problem), (status = 409, body = Problem), (status = 428, body = Problem))
)]
pub(crate) async fn consent(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
    Body(input): Body<ConsentIn>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let unknown = || AppError::Unknown { what: "block", code: input.block.chars().take(80).collect() };
    let block = BlockCode::new(&input.block).map_err(|_| unknown())?;
    let (region, id) = (region(&code)?, draft_id(&id)?);
    if !access.scope().covers(Some(&block)) {
        return Err(Problem::forbidden(format!("block {block} has another lead: consent to your own blocks")));
    }
    let consent = drafts::consent(&web.app, &region, id, seen(&headers)?, &block, &access.actor()).await?;
    Ok((StatusCode::CREATED, Json(json(&consent))))
}

async fn out(
    web: &Web,
    access: &Access,
    code: &str,
    id: &str,
    headers: &HeaderMap,
    out: Out,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, id) = (region(code)?, draft_id(id)?);
    let rollout = rollout::begin(&web.app, &region, id, seen(headers)?, out, &access.actor()).await?;
    Ok(Json(json(&rollout)))
}

/// Send a checked draft into shadow: it decides beside the active ruleset, without effect.
#[utoipa::path(
    post, path = "/regions/{region}/drafts/{id}/shadow", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Object), (status = 409, body = Problem), (status = 428, body = Problem))
)]
pub(crate) async fn shadow(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<serde_json::Value>, Problem> {
    out(&web, &access, &code, &id, &headers, Out::Shadow).await
}

/// A canary.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CanaryIn {
    /// Share of the appeals, percent, 1 to 99.
    #[schema(example = 10)]
    percent: i64,
    /// When the host takes it back: `min_sample` questions, `max_extra_faults` and `max_extra_redirects` (0 to 1) over
    /// the active ruleset.
    #[serde(default)]
    #[schema(value_type = Object)]
    guard: Guard,
}

/// Let a checked draft decide for a share of the appeals.
#[utoipa::path(
    post, path = "/regions/{region}/drafts/{id}/canary", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = CanaryIn,
    responses((status = 200, body = Object), (status = 409, body = Problem), (status = 422, body = Problem), (status = 428, body = Problem))
)]
pub(crate) async fn canary(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
    Body(input): Body<CanaryIn>,
) -> Result<Json<serde_json::Value>, Problem> {
    let percent = percent(input.percent).map_err(AppError::from)?;
    out(&web, &access, &code, &id, &headers, Out::Canary { percent, guard: input.guard }).await
}

/// Take a draft back out of shadow or canary.
#[utoipa::path(
    post, path = "/regions/{region}/drafts/{id}/withdraw", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path), ("If-Match" = String, Header)),
    responses((status = 204), (status = 409, body = Problem), (status = 422, body = Problem), (status = 428, body = Problem))
)]
pub(crate) async fn withdraw(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    rollout::withdraw(&web.app, &region(&code)?, draft_id(&id)?, seen(&headers)?, &access.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a checked draft active, for the next appeal on every host.
#[utoipa::path(
    post, path = "/regions/{region}/drafts/{id}/activate", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Object), (status = 409, body = Problem), (status = 422, body = Problem), (status = 428, body = Problem))
)]
pub(crate) async fn activate(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<serde_json::Value>, Problem> {
    let digest = rollout::activate(&web.app, &region(&code)?, draft_id(&id)?, seen(&headers)?, &access.actor()).await?;
    Ok(Json(serde_json::json!({"ruleset": digest})))
}
