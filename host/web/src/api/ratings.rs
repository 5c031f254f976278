//! Ratings of bodies and workload of blocks (clauses 11 and 14).

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use veche_app::ratings as app;
use veche_domain::access::Action;
use veche_domain::code::RegionCode;
use veche_domain::rating::{RatingRules, RatingState};

use super::indicators::{PeriodIn, id_of, wanted};
use super::{Body, json, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// Versions of the rules of rating, those that begin last first.
#[utoipa::path(
    get, path = "/regions/{region}/rating-rules", tag = "ratings", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn rules(
    State(web): State<Web>,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    Ok(Json(json(&web.app.store.rating_rules(&region).await?)))
}

/// Set a version of the rules: weights, scales, threshold. A version is never changed.
#[utoipa::path(
    post, path = "/regions/{region}/rating-rules", tag = "ratings", security(("token" = [])),
    params(("region" = String, Path)), request_body = Object,
    responses((status = 201), (status = 204, description = "set before"), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn set_rules(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(rules): Body<RatingRules>,
) -> Result<StatusCode, Problem> {
    let new = app::set_rules(&web.app, &region(&code)?, &rules, &access.actor()).await?;
    Ok(if new { StatusCode::CREATED } else { StatusCode::NO_CONTENT })
}

/// A rating to calculate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RatingIn {
    /// Period.
    period: PeriodIn,
}

/// Calculate the rating of a period. Another calculation is another revision.
#[utoipa::path(
    post, path = "/regions/{region}/ratings", tag = "ratings", security(("token" = [])),
    params(("region" = String, Path)), request_body = RatingIn,
    responses((status = 201, body = Object), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn calculate(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(input): Body<RatingIn>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let row = app::calculate(&web.app, &region(&code)?, wanted(&input.period)?, &access.actor()).await?;
    Ok((StatusCode::CREATED, Json(json(&row))))
}

/// Whoever neither calculates nor publishes sees what is published.
fn published_only(access: &Access, region: &RegionCode) -> bool {
    [Action::RateBodies, Action::PublishRatings].iter().all(|action| access.may(*action, region).is_none())
}

/// Ratings, the newest period first.
#[utoipa::path(
    get, path = "/regions/{region}/ratings", tag = "ratings", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn list(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    Ok(Json(json(&app::list(&web.app, &region, published_only(&access, &region)).await?)))
}

/// A rating: each body with its place, its score and why.
#[utoipa::path(
    get, path = "/regions/{region}/ratings/{id}", tag = "ratings", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn one(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, id) = (region(&code)?, id_of("rating", &id)?);
    Ok(Json(json(&app::find(&web.app, &region, id, published_only(&access, &region)).await?)))
}

/// Publish a rating.
#[utoipa::path(
    post, path = "/regions/{region}/ratings/{id}/publish", tag = "ratings", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn publish(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, id) = (region(&code)?, id_of("rating", &id)?);
    Ok(Json(json(&app::step(&web.app, &region, id, RatingState::Published, &access.actor()).await?)))
}

/// Take a published rating back.
#[utoipa::path(
    post, path = "/regions/{region}/ratings/{id}/withdraw", tag = "ratings", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn withdraw(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (region, id) = (region(&code)?, id_of("rating", &id)?);
    Ok(Json(json(&app::step(&web.app, &region, id, RatingState::Withdrawn, &access.actor()).await?)))
}

/// Which period, and which load is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WorkloadQuery {
    /// Kind of the period, with `day`.
    kind: Option<String>,
    /// A day of the period.
    day: Option<NaiveDate>,
    /// First day, with `last`.
    first: Option<NaiveDate>,
    /// Last day.
    last: Option<NaiveDate>,
    /// Load in percent at which people do their work well; 85 if missing.
    target: Option<f64>,
}

/// Workload of blocks in a period, and how many people each would need.
#[utoipa::path(
    get, path = "/regions/{region}/workload", tag = "ratings", security(("token" = [])),
    params(("region" = String, Path), WorkloadQuery),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn workload(
    State(web): State<Web>,
    Path(code): Path<String>,
    Query(query): Query<WorkloadQuery>,
) -> Result<Json<serde_json::Value>, Problem> {
    let period = PeriodIn { kind: query.kind, day: query.day, first: query.first, last: query.last };
    let target = query.target.unwrap_or(85.0);
    Ok(Json(json(&app::workload(&web.app, &region(&code)?, wanted(&period)?, target).await?)))
}
