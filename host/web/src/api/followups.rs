//! What people do with a question after it has a body: drafts, answers, extensions, and what follows.

use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use veche_app::followups::{self as app, FollowUp};
use veche_app::store::NewAnswerDraft;
use veche_domain::progress::Happened;

use super::appeals::{Corrected, appeal_id, visible};
use super::{Body, json, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// A draft of an answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftIn {
    /// Question, from 0.
    #[serde(default)]
    question: u32,
    /// Text.
    text: String,
    /// Whether it answers in substance.
    in_substance: Option<bool>,
    /// `version` of the draft that was seen; 0 for none.
    #[serde(default)]
    version: i64,
}

/// The version after a change of a draft.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Drafted {
    /// New version of the draft.
    version: i64,
}

/// Drafts of answers to an appeal, by question.
#[utoipa::path(
    get, path = "/regions/{region}/appeals/{id}/drafts", tag = "appeals", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn drafts(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, id) = (region(&code)?, appeal_id(&id)?);
    visible(&web, &region, id, access.scope()).await?;
    Ok(Json(json(&web.app.store.answer_drafts(&region, id).await?)))
}

/// Keep a draft of an answer.
#[utoipa::path(
    put, path = "/regions/{region}/appeals/{id}/drafts", tag = "appeals", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)), request_body = DraftIn,
    responses(
        (status = 200, body = Drafted), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)
    )
)]
pub(crate) async fn draft(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    Body(input): Body<DraftIn>,
) -> Result<Json<Drafted>, Problem> {
    let (region, id) = (region(&code)?, appeal_id(&id)?);
    visible(&web, &region, id, access.scope()).await?;
    let draft = NewAnswerDraft {
        appeal: id,
        question: input.question,
        text: input.text.trim(),
        in_substance: input.in_substance,
        version: input.version,
    };
    Ok(Json(Drafted { version: app::draft_answer(&web.app, &region, &draft, &access.actor()).await? }))
}

/// An answer, as it is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerIn {
    /// Question, from 0.
    #[serde(default)]
    question: u32,
    /// Text.
    text: String,
    /// Whether it answers in substance.
    in_substance: Option<bool>,
    /// `version` of the question that was seen.
    version: i64,
    /// Any UUID; the same one sent twice counts once.
    once: Option<Uuid>,
}

/// A longer term.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionIn {
    /// Question, from 0.
    #[serde(default)]
    question: u32,
    /// New last moment (RFC 3339).
    due: DateTime<Utc>,
    /// Why; kept with the appeal.
    reason: String,
    /// `version` of the question that was seen.
    version: i64,
    /// Any UUID; the same one sent twice counts once.
    once: Option<Uuid>,
}

/// What follows.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FollowUpIn {
    /// Question, from 0.
    #[serde(default)]
    question: u32,
    /// `reacted`, `closed`, `reopened`, `marked` or `repeated`.
    kind: String,
    /// 1 to 5, for `marked`.
    mark: Option<u8>,
    /// Why; needed for `reopened`.
    #[serde(default)]
    reason: String,
    /// `version` of the question that was seen.
    version: i64,
    /// Any UUID; the same one sent twice counts once.
    once: Option<Uuid>,
}

async fn tell(web: &Web, access: &Access, code: &str, id: &str, what: FollowUp) -> Result<Json<Corrected>, Problem> {
    let (region, id) = (region(code)?, appeal_id(id)?);
    visible(web, &region, id, access.scope()).await?;
    Ok(Json(Corrected { version: app::follow_up(&web.app, &region, id, &what, &access.actor()).await? }))
}

/// Give an answer: it is approved, kept in the history, and changed no more.
#[utoipa::path(
    post, path = "/regions/{region}/appeals/{id}/answers", tag = "appeals", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)), request_body = AnswerIn,
    responses(
        (status = 200, body = Corrected), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)
    )
)]
pub(crate) async fn answer(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    Body(input): Body<AnswerIn>,
) -> Result<Json<Corrected>, Problem> {
    let what = FollowUp {
        once: input.once.unwrap_or_else(Uuid::now_v7),
        question: input.question,
        happened: Happened::Answered { in_substance: input.in_substance },
        said: input.text,
        version: input.version,
    };
    tell(&web, &access, &code, &id, what).await
}

/// Extend the term of an answer, before it is over.
#[utoipa::path(
    post, path = "/regions/{region}/appeals/{id}/extensions", tag = "appeals", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)), request_body = ExtensionIn,
    responses(
        (status = 200, body = Corrected), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)
    )
)]
pub(crate) async fn extend(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    Body(input): Body<ExtensionIn>,
) -> Result<Json<Corrected>, Problem> {
    let what = FollowUp {
        once: input.once.unwrap_or_else(Uuid::now_v7),
        question: input.question,
        happened: Happened::Extended { due: input.due },
        said: input.reason,
        version: input.version,
    };
    tell(&web, &access, &code, &id, what).await
}

/// Note what follows: a reaction, a closing, a reopening, the applicant's mark, a repetition.
#[utoipa::path(
    post, path = "/regions/{region}/appeals/{id}/follow-ups", tag = "appeals", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)), request_body = FollowUpIn,
    responses(
        (status = 200, body = Corrected), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)
    )
)]
pub(crate) async fn follow_up(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    Body(input): Body<FollowUpIn>,
) -> Result<Json<Corrected>, Problem> {
    let happened = match (input.kind.as_str(), input.mark) {
        ("reacted", None) => Happened::Reacted,
        ("closed", None) => Happened::Closed,
        ("reopened", None) => Happened::Reopened,
        ("repeated", None) => Happened::Repeated,
        ("marked", Some(mark)) => Happened::Marked { mark },
        ("marked", None) => return Err(Problem::invalid("`mark` is missing: 1 to 5")),
        _ => return Err(Problem::invalid("`kind` is reacted, closed, reopened, repeated, or marked with a `mark`")),
    };
    let once = input.once.unwrap_or_else(Uuid::now_v7);
    let what = FollowUp { once, question: input.question, happened, said: input.reason, version: input.version };
    tell(&web, &access, &code, &id, what).await
}
