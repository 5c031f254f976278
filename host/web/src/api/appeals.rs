//! Appeals: create, list, get, correct; decisions and their replay.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use veche_app::AppError;
use veche_app::corrections::{Correction, correct as apply};
use veche_app::intake::Accepted;
use veche_app::store::{AppealFilter, Cursor, IdempotencyKey, StoredAppeal};
use veche_domain::access::Scope;
use veche_domain::appeal::{AppealId, Applicant, Attachment, NewAppeal, Place};
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{BodyCode, CategoryCode, ChannelCode, MunicipalityCode, RegimeCode, RegionCode};
use veche_domain::decision::State as QuestionState;
use veche_domain::dictionary::Dictionaries;
use veche_domain::mask::{mask, masked};

use super::{Body, json, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// An appeal to take in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppealIn {
    /// Channel code: `pos`, `social`, `phone`, …
    #[schema(example = "pos")]
    channel: String,
    /// Id that the channel gave; with the channel it makes a repeated delivery harmless.
    external_id: Option<String>,
    /// Legal regime: `59fz`, `pos`, `pos-fast`, `social`, `none`.
    #[schema(example = "pos")]
    regime: String,
    /// When the centre received it (RFC 3339); now, if missing. Not in the future.
    received_at: Option<DateTime<Utc>>,
    /// Who wrote: `kind` (`citizen`, `foreign_citizen`, `stateless`, `compatriot_abroad`, `legal_entity`), `name`, `phone`,
    /// `email`, `address`.
    #[serde(default)]
    #[schema(value_type = Object)]
    applicant: Applicant,
    /// The whole text, at most 100,000 characters.
    #[schema(example = "Во дворе третий день не горят фонари")]
    text: String,
    /// Texts of the single questions, if there are several.
    #[serde(default)]
    questions: Vec<String>,
    /// Place: `municipality` (OKTMO), `district`, `address`, `point` (`latitude`, `longitude`).
    #[serde(default)]
    #[schema(value_type = Object)]
    place: Place,
    /// Attachments: `name`, `media_type`, `size`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    attachments: Vec<Attachment>,
    /// Further fields of the channel.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

impl AppealIn {
    fn appeal(self) -> Result<NewAppeal, Problem> {
        let now = Utc::now();
        let received_at = self.received_at.unwrap_or(now);
        if received_at > now + chrono::TimeDelta::minutes(5) {
            return Err(Problem::invalid("`received_at` is in the future: send when the centre received the appeal"));
        }
        let code = |field: &str, error: veche_domain::code::CodeError| Problem::invalid(format!("`{field}`: {error}"));
        Ok(NewAppeal {
            channel: ChannelCode::new(&self.channel).map_err(|e| code("channel", e))?,
            external_id: self.external_id,
            regime: RegimeCode::new(&self.regime).map_err(|e| code("regime", e))?,
            received_at,
            applicant: self.applicant,
            text: self.text,
            questions: self.questions,
            place: self.place,
            attachments: self.attachments,
            attributes: self.attributes,
        })
    }
}

/// What became of an appeal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppealAccepted {
    /// Id.
    id: Uuid,
    /// `new`, or `existing` for a repeated delivery.
    status: &'static str,
    /// For a repeated delivery: whether the content is the same as then.
    #[serde(skip_serializing_if = "Option::is_none")]
    same: Option<bool>,
    /// Category, body, priority and clocks of each question; empty while the routing runs.
    #[schema(value_type = Vec<Object>)]
    assignments: serde_json::Value,
}

/// Take an appeal in. When the answer comes, the appeal is on disk, with its routing if that was ready in time.
#[utoipa::path(
    post, path = "/regions/{region}/appeals", tag = "appeals", security(("token" = [])),
    params(("region" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless, at most 200 characters")),
    request_body = AppealIn,
    responses(
        (status = 201, body = AppealAccepted, description = "Stored and routed"),
        (status = 202, body = AppealAccepted, description = "Stored; the routing follows"),
        (status = 200, body = AppealAccepted, description = "Stored before"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    State(web): State<Web>,
    _: Access,
    Path(code): Path<String>,
    headers: HeaderMap,
    Body(appeal): Body<AppealIn>,
) -> Result<Response, Problem> {
    let region = region(&code)?;
    // An idempotent repetition has the same body, so the key's digest leaves a defaulted time of receipt out.
    let timed = appeal.received_at.is_some();
    let appeal = appeal.appeal()?;
    let key = match headers.get("idempotency-key") {
        None => None,
        Some(value) => Some(idempotency_key(value, &appeal, timed)?),
    };
    let accepted = web.app.intake.submit(&region, appeal, key).await?;
    let (status, body) = match accepted {
        Accepted::New { id, effect } => {
            let status = if effect.is_some() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
            let verdicts = effect.map(|e| e.verdicts).unwrap_or_default();
            (status, AppealAccepted { id: id.0, status: "new", same: None, assignments: json(&verdicts) })
        }
        Accepted::Existing { id, same } => {
            let stored = web.app.store.appeal(&region, id).await?;
            let verdicts: Vec<_> = stored.map(|s| s.questions).unwrap_or_default();
            (
                StatusCode::OK,
                AppealAccepted { id: id.0, status: "existing", same: Some(same), assignments: json(&verdicts) },
            )
        }
    };
    let location = format!("/api/v1/regions/{region}/appeals/{}", body.id);
    Ok((status, [(axum::http::header::LOCATION, location)], Json(body)).into_response())
}

fn idempotency_key(
    value: &axum::http::HeaderValue,
    appeal: &NewAppeal,
    timed: bool,
) -> Result<IdempotencyKey, Problem> {
    let key = value.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > 200 {
        return Err(Problem::invalid("`Idempotency-Key` must have 1 to 200 visible ASCII characters"));
    }
    let mut content = appeal.clone();
    if !timed {
        content.received_at = DateTime::UNIX_EPOCH;
    }
    Ok(IdempotencyKey { key: key.to_owned(), request: content.digest() })
}

/// Filters of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// `received`, `needs_person`, `assigned`, `in_progress`, `answered`, `closed`.
    state: Option<String>,
    /// Block code.
    block: Option<String>,
    /// Category code.
    category: Option<String>,
    /// Body code.
    body: Option<String>,
    /// Municipality code.
    municipality: Option<String>,
    /// Channel code.
    channel: Option<String>,
    /// Whether a person should look at it.
    needs_review: Option<bool>,
    /// Only appeals with a term that is over now.
    #[serde(default)]
    overdue: bool,
    /// Words that the appeal holds, in any of their forms.
    search: Option<String>,
    /// Received at or after (RFC 3339).
    received_from: Option<DateTime<Utc>>,
    /// Received before (RFC 3339).
    received_to: Option<DateTime<Utc>>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Appeals a page, 1 to 200; 50 if missing.
    limit: Option<usize>,
}

/// A page of appeals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppealPage {
    /// Appeals, newest first.
    #[schema(value_type = Vec<Object>)]
    items: serde_json::Value,
    /// Cursor of the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List appeals, newest first. Personal data are masked.
#[utoipa::path(
    get, path = "/regions/{region}/appeals", tag = "appeals", security(("token" = [])),
    params(("region" = String, Path), ListQuery),
    responses((status = 200, body = AppealPage), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<AppealPage>, Problem> {
    let Query(query) = query.map_err(|e| Problem::invalid(e.body_text()))?;
    let region = region(&code)?;
    let row = web.app.region(&region).await?;
    let dictionaries = web.app.rules.dictionaries(&row.dictionaries).await?;
    let cursor = query
        .cursor
        .as_deref()
        .map(str::parse::<Cursor>)
        .transpose()
        .map_err(|_| Problem::invalid("`cursor` is not one that this host gave: start from the first page"))?;
    let limit = query.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Problem::invalid("`limit` must be from 1 to 200"));
    }
    let filter = filter(&query, &dictionaries, access.scope())?;
    if filter.categories.is_empty() && *access.scope() != Scope::Region {
        return Ok(Json(AppealPage { items: json(&[(); 0]), next: None }));
    }
    let mut page = web.app.store.appeals(&region, &filter, cursor, limit).await?;
    for item in &mut page.items {
        item.appeal.content = masked(&item.appeal.content);
    }
    Ok(Json(AppealPage { items: json(&page.items), next: page.next.map(|c| c.to_string()) }))
}

/// The query as a filter of the store. Blocks beyond the caller's scope are unknown to them.
fn filter(query: &ListQuery, dictionaries: &Dictionaries, scope: &Scope) -> Result<AppealFilter, Problem> {
    let unknown =
        |what: &'static str, code: &str| -> Problem { AppError::Unknown { what, code: code.to_owned() }.into() };
    let visible = || dictionaries.data().categories.iter().filter(|c| scope.covers(Some(&c.block)));
    let mut categories = Vec::new();
    if let Some(block) = &query.block {
        categories = visible().filter(|c| c.block.as_str() == block).map(|c| c.code.clone()).collect();
        if categories.is_empty() {
            return Err(unknown("block", block));
        }
    } else if *scope != Scope::Region {
        categories = visible().map(|c| c.code.clone()).collect();
    }
    if let Some(category) = &query.category {
        let found = visible().find(|c| c.code.as_str() == category).ok_or_else(|| unknown("category", category))?;
        categories = vec![found.code.clone()];
    }
    let code_of = |what: &'static str, known: bool, text: &str| if known { Ok(()) } else { Err(unknown(what, text)) };
    if let Some(body) = &query.body {
        code_of("body", dictionaries.body(body).is_some(), body)?;
    }
    if let Some(municipality) = &query.municipality {
        code_of("municipality", dictionaries.municipality(municipality).is_some(), municipality)?;
    }
    let state =
        query.state.as_deref().map(|s| QuestionState::from_code(s).ok_or_else(|| unknown("state", s))).transpose()?;
    Ok(AppealFilter {
        state,
        categories,
        body: query.body.as_deref().and_then(|b| BodyCode::new(b).ok()),
        municipality: query.municipality.as_deref().and_then(|m| MunicipalityCode::new(m).ok()),
        channel: query
            .channel
            .as_deref()
            .map(|c| ChannelCode::new(c).map_err(|e| Problem::invalid(format!("`channel`: {e}"))))
            .transpose()?,
        needs_review: query.needs_review,
        received_from: query.received_from,
        received_to: query.received_to,
        overdue_at: query.overdue.then(Utc::now),
        search: query.search.clone(),
    })
}

/// An appeal that is within the caller's scope; another one is unknown to them.
pub(crate) async fn visible(
    web: &Web,
    region: &RegionCode,
    id: AppealId,
    scope: &Scope,
) -> Result<StoredAppeal, Problem> {
    let stored = web.app.store.appeal(region, id).await?.ok_or_else(|| unknown_appeal(id))?;
    if *scope == Scope::Region {
        return Ok(stored);
    }
    let row = web.app.region(region).await?;
    let dictionaries = web.app.rules.dictionaries(&row.dictionaries).await?;
    let block_of = |code: &CategoryCode| dictionaries.data().categories.iter().find(|c| c.code == *code);
    let mut categories = stored.questions.iter().filter_map(|question| question.verdict.category.as_ref());
    if categories.any(|code| scope.covers(block_of(code).map(|c| &c.block))) {
        Ok(stored)
    } else {
        Err(unknown_appeal(id))
    }
}

/// One appeal with its assignments and events. Personal data are masked; `…/original` shows them.
#[utoipa::path(
    get, path = "/regions/{region}/appeals/{id}", tag = "appeals", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn one(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, id) = (region(&code)?, appeal_id(&id)?);
    let mut stored = visible(&web, &region, id, access.scope()).await?;
    let mut events = web.app.store.events(&region, id).await?;
    let known = stored.appeal.content.applicant.identifying();
    for event in &mut events {
        event.reason = event.reason.as_deref().map(|reason| mask(reason, &known).into_owned());
    }
    stored.appeal.content = masked(&stored.appeal.content);
    let mut value = json(&stored);
    if let Some(object) = value.as_object_mut() {
        object.insert("state".into(), json(&stored.state()));
        object.insert("events".into(), json(&events));
    }
    Ok(Json(value))
}

/// One appeal as it was written, with its applicant. The read is in the log.
#[utoipa::path(
    get, path = "/regions/{region}/appeals/{id}/original", tag = "appeals", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 403, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn original(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, id) = (region(&code)?, appeal_id(&id)?);
    let stored = visible(&web, &region, id, access.scope()).await?;
    let fact = Fact::new(Chain::Region(region), &access.actor(), Deed::ReadPersonalData, format!("appeal {id}"));
    // Written before it is shown: what is not in the log was not read.
    web.app.store.log(&[fact]).await?;
    Ok(Json(json(&stored.appeal)))
}

pub(crate) fn appeal_id(text: &str) -> Result<AppealId, Problem> {
    Uuid::parse_str(text)
        .map(AppealId)
        .map_err(|_| AppError::Unknown { what: "appeal", code: text.chars().take(80).collect() }.into())
}

fn unknown_appeal(id: AppealId) -> Problem {
    AppError::Unknown { what: "appeal", code: id.to_string() }.into()
}

/// Decisions of an appeal: every plug-in call with its reasons, fuel and time.
#[utoipa::path(
    get, path = "/regions/{region}/appeals/{id}/decisions", tag = "appeals", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn decisions(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, id) = (region(&code)?, appeal_id(&id)?);
    visible(&web, &region, id, access.scope()).await?;
    Ok(Json(json(&web.app.store.decisions(&region, id).await?)))
}

/// A correction by a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectionIn {
    /// Question, from 0.
    #[serde(default)]
    question: u32,
    /// New category; the rules route by it unless a body is given too.
    category: Option<String>,
    /// New body.
    body: Option<String>,
    /// Why; kept with the appeal.
    reason: String,
    /// `version` of the assignment that was seen.
    version: Option<i64>,
}

/// The version after a correction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Corrected {
    /// New version of the assignment.
    pub(super) version: i64,
}

/// Correct the category or the body of a question.
#[utoipa::path(
    post, path = "/regions/{region}/appeals/{id}/corrections", tag = "appeals", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)), request_body = CorrectionIn,
    responses(
        (status = 200, body = Corrected), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)
    )
)]
pub(crate) async fn correct(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    Body(input): Body<CorrectionIn>,
) -> Result<Json<Corrected>, Problem> {
    let (region, id) = (region(&code)?, appeal_id(&id)?);
    visible(&web, &region, id, access.scope()).await?;
    let unknown =
        |what: &'static str, code: &str| -> Problem { AppError::Unknown { what, code: code.to_owned() }.into() };
    let correction = Correction {
        question: input.question,
        category: input
            .category
            .as_deref()
            .map(|c| CategoryCode::new(c).map_err(|_| unknown("category", c)))
            .transpose()?,
        body: input.body.as_deref().map(|b| BodyCode::new(b).map_err(|_| unknown("body", b))).transpose()?,
        reason: input.reason,
        version: input.version,
    };
    let version = apply(&web.app.store, &web.app.rules, &region, id, correction, &access.actor()).await?;
    Ok(Json(Corrected { version }))
}

/// Run a stored decision again and compare output and fuel.
#[utoipa::path(
    post, path = "/regions/{region}/decisions/{id}/replay", tag = "appeals", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn replay(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    let wanted = region(&code)?;
    let unknown = || -> Problem { AppError::Unknown { what: "decision", code: id.chars().take(80).collect() }.into() };
    let id = Uuid::parse_str(&id).map_err(|_| unknown())?;
    let (found, decision) = web.app.store.decision(id).await?.ok_or_else(unknown)?;
    if found != wanted || visible(&web, &wanted, decision.appeal, access.scope()).await.is_err() {
        return Err(unknown());
    }
    Ok(Json(json(&web.app.replay(id).await?)))
}
