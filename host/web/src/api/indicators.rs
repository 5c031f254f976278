//! Indicators: what is measured, what came of it, jobs, sets, values, targets, decompositions of `other`.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use veche_app::AppError;
use veche_app::indicators::decomposition::{self, NewCategory};
use veche_app::indicators::targets::{self, NewTarget};
use veche_app::indicators::{self as app, Wanted, catalogue as listed, jobs as measuring, preview as trying, values};
use veche_app::store::{MeasuredFilter, OfAppeal, Reported};
use veche_domain::appeal::AppealId;
use veche_domain::code::{ChannelCode, Digest};
use veche_domain::indicator::{Breakdown, EnteredValue, IndicatorSet, PeriodKind};
use veche_domain::progress::Happened;

use super::{Body, json, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

pub(super) fn id_of(what: &'static str, text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| AppError::Unknown { what, code: text.chars().take(80).collect() }.into())
}

/// A period: a kind and a day in it, or a first and a last day.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodIn {
    /// `day`, `week`, `month`, `quarter` or `year`; with `day`.
    pub(super) kind: Option<String>,
    /// A day of the period.
    pub(super) day: Option<NaiveDate>,
    /// First day; with `last`.
    pub(super) first: Option<NaiveDate>,
    /// Last day.
    pub(super) last: Option<NaiveDate>,
}

pub(super) fn wanted(period: &PeriodIn) -> Result<Wanted, Problem> {
    let invalid = |reason: &str| Problem::invalid(format!("period: {reason}"));
    match (&period.kind, period.day, period.first, period.last) {
        (Some(kind), Some(day), None, None) => {
            let kind = PeriodKind::from_code(kind).filter(|kind| *kind != PeriodKind::Span);
            Ok(Wanted::Holding(kind.ok_or_else(|| invalid("kind is day, week, month, quarter or year"))?, day))
        }
        (None, None, Some(first), Some(last)) => Ok(Wanted::Days(first, last)),
        _ => Err(invalid("give `kind` and `day`, or `first` and `last`")),
    }
}

/// What the region measures now: mandatory indicators, other built-in formulas, indicators of plug-ins.
#[utoipa::path(
    get, path = "/regions/{region}/indicators", tag = "indicators", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn catalogue(
    State(web): State<Web>,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    Ok(Json(json(&listed::of(&web.app, &region(&code)?).await?)))
}

/// What to preview.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewIn {
    /// Uploaded release.
    #[schema(value_type = String)]
    release: Digest,
    /// Indicator, as the plug-in defines it.
    indicator: String,
    /// Settings of the plug-in.
    #[serde(default)]
    settings: serde_json::Map<String, serde_json::Value>,
    /// Dataset versions by name.
    #[serde(default)]
    #[schema(value_type = Object)]
    datasets: BTreeMap<String, Digest>,
    /// Period.
    period: PeriodIn,
}

/// Measure by any uploaded release and forget it: a preview is never stored and never official.
#[utoipa::path(
    post, path = "/regions/{region}/indicators/preview", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path)), request_body = PreviewIn,
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn preview(
    State(web): State<Web>,
    Path(code): Path<String>,
    Body(input): Body<PreviewIn>,
) -> Result<Json<serde_json::Value>, Problem> {
    let request = trying::Request {
        release: input.release,
        indicator: input.indicator,
        settings: input.settings.into(),
        datasets: input.datasets,
        period: wanted(&input.period)?,
    };
    Ok(Json(json(&trying::run(&web.app, &region(&code)?, request).await?)))
}

/// Which measurements.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MeasurementsQuery {
    /// Indicator.
    indicator: Option<String>,
    /// Kind of the period, with `day`.
    kind: Option<String>,
    /// A day of the period.
    day: Option<NaiveDate>,
    /// First day, with `last`.
    first: Option<NaiveDate>,
    /// Last day.
    last: Option<NaiveDate>,
    /// Periods that begin on this day or later.
    from: Option<NaiveDate>,
    /// Earlier revisions, too.
    #[serde(default)]
    history: bool,
    /// Official ones alone.
    #[serde(default)]
    official: bool,
    /// At most so many, 1 to 200.
    limit: Option<i64>,
}

/// Measurements, the newest period first: each with numerator, denominator, excluded, parts, cut-off, release and ruleset.
#[utoipa::path(
    get, path = "/regions/{region}/measurements", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path), MeasurementsQuery),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn measurements(
    State(web): State<Web>,
    Path(code): Path<String>,
    Query(query): Query<MeasurementsQuery>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    let input = PeriodIn { kind: query.kind, day: query.day, first: query.first, last: query.last };
    let whole = input.kind.is_none() && input.day.is_none() && input.first.is_none() && input.last.is_none();
    let period = match whole {
        true => None,
        false => Some(app::period(&web.app, &region, wanted(&input)?, Utc::now()).await?),
    };
    let filter = MeasuredFilter {
        indicator: query.indicator,
        period,
        from: query.from,
        history: query.history,
        official: query.official,
        ..MeasuredFilter::default()
    };
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    Ok(Json(json(&web.app.store.measured(&region, &filter, limit).await?)))
}

/// A measurement to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeasureIn {
    /// Period.
    period: PeriodIn,
    /// Indicators; all if missing or empty.
    #[serde(default)]
    indicators: Vec<String>,
}

/// Ask for a measurement. It runs in the background; the same result again changes nothing, another one is a new revision.
#[utoipa::path(
    post, path = "/regions/{region}/measurements", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path)), request_body = MeasureIn,
    responses((status = 202, body = Object), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn measure(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(input): Body<MeasureIn>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let (region, period) = (region(&code)?, wanted(&input.period)?);
    let job = measuring::request(&web.app, &region, period, input.indicators, &access.caller.name).await?;
    Ok((StatusCode::ACCEPTED, Json(json(&job))))
}

/// Measuring jobs, newest first.
#[utoipa::path(
    get, path = "/regions/{region}/measuring-jobs", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path)), responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn jobs(State(web): State<Web>, Path(code): Path<String>) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    Ok(Json(json(&web.app.store.measure_jobs(&region, 200).await?)))
}

/// A measuring job: `done` of `total` indicators, and those that could not be measured.
#[utoipa::path(
    get, path = "/regions/{region}/measuring-jobs/{id}", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn job(
    State(web): State<Web>,
    Path((code, id)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    Ok(Json(json(&measuring::find(&web.app, &region(&code)?, id_of("measuring job", &id)?).await?)))
}

/// Cancel a measuring job; what it has measured stays.
#[utoipa::path(
    delete, path = "/regions/{region}/measuring-jobs/{id}", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn cancel(
    State(web): State<Web>,
    Path((code, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    measuring::cancel(&web.app, &region(&code)?, id_of("measuring job", &id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets of mandatory indicators, the one that begins last first.
#[utoipa::path(
    get, path = "/regions/{region}/indicator-sets", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path)), responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn sets(State(web): State<Web>, Path(code): Path<String>) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    Ok(Json(json(&web.app.store.indicator_sets(&region).await?)))
}

/// Load a version of the set. A version is never changed; another content needs another version.
#[utoipa::path(
    post, path = "/regions/{region}/indicator-sets", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path)), request_body = Object,
    responses((status = 201), (status = 204, description = "loaded before"), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn load_set(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(set): Body<IndicatorSet>,
) -> Result<StatusCode, Problem> {
    let new = app::sets::load(&web.app, &region(&code)?, &set, &access.actor()).await?;
    Ok(if new { StatusCode::CREATED } else { StatusCode::NO_CONTENT })
}

/// Enter a value of an indicator that the core does not compute, with its source and that source's date.
#[utoipa::path(
    post, path = "/regions/{region}/indicator-values", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path)), request_body = Object,
    responses((status = 201), (status = 204, description = "known"), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn enter(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(value): Body<EnteredValue>,
) -> Result<StatusCode, Problem> {
    let new = values::enter(&web.app, &region(&code)?, &value, &access.actor()).await?;
    Ok(if new { StatusCode::CREATED } else { StatusCode::NO_CONTENT })
}

/// Which targets.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TargetsQuery {
    /// Indicator; all if missing.
    indicator: Option<String>,
}

/// Targets with the newest facts beside them: plan, fact, light.
#[utoipa::path(
    get, path = "/regions/{region}/targets", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path), TargetsQuery),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn targets(
    State(web): State<Web>,
    Path(code): Path<String>,
    Query(query): Query<TargetsQuery>,
) -> Result<Json<serde_json::Value>, Problem> {
    Ok(Json(json(&targets::plan_fact(&web.app, &region(&code)?, query.indicator.as_deref()).await?)))
}

/// A target.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetIn {
    /// Indicator.
    indicator: String,
    /// Part: a code for each of `block`, `category`, `body`, `municipality`; empty for the whole region.
    #[serde(default)]
    #[schema(value_type = Object)]
    breakdown: Breakdown,
    /// Period.
    period: PeriodIn,
    /// Value to reach; none takes the target back.
    value: Option<f64>,
}

/// Set a target, or take it back.
#[utoipa::path(
    put, path = "/regions/{region}/targets", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path)), request_body = TargetIn,
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn set_target(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(input): Body<TargetIn>,
) -> Result<Json<serde_json::Value>, Problem> {
    let period = wanted(&input.period)?;
    let new = NewTarget { indicator: input.indicator, breakdown: input.breakdown, period, value: input.value };
    Ok(Json(json(&targets::set(&web.app, &region(&code)?, new, &access.actor()).await?)))
}

/// Decompositions of `other`, newest first.
#[utoipa::path(
    get, path = "/regions/{region}/decompositions", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path)), responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn decompositions(
    State(web): State<Web>,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    Ok(Json(json(&web.app.store.decompositions(&region).await?)))
}

/// New categories.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptIn {
    /// Categories: code, name, name_en, default_body, valid_from.
    #[schema(value_type = Vec<Object>)]
    categories: Vec<NewCategory>,
    /// Why.
    reason: String,
}

/// The block of a decomposition must be within what the caller may decompose.
async fn within(web: &Web, access: &Access, code: &str, id: Uuid) -> Result<(), Problem> {
    let row = web.app.store.decompositions(&region(code)?).await?.into_iter().find(|row| row.id == id);
    match row {
        Some(row) if !access.scope().covers(Some(&row.block)) => {
            Err(Problem::forbidden(format!("block {} is not yours", row.block)))
        }
        _ => Ok(()),
    }
}

/// Accept new categories: the dictionaries get a new version with them, which the next ruleset can name.
#[utoipa::path(
    post, path = "/regions/{region}/decompositions/{id}/accept", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)), request_body = AcceptIn,
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn accept(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    Body(input): Body<AcceptIn>,
) -> Result<StatusCode, Problem> {
    let id = id_of("decomposition", &id)?;
    within(&web, &access, &code, id).await?;
    let actor = access.actor();
    decomposition::accept(&web.app, &region(&code)?, id, input.categories, &input.reason, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why nothing is split.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DismissIn {
    /// Why.
    reason: String,
}

/// Decide that nothing is split off.
#[utoipa::path(
    post, path = "/regions/{region}/decompositions/{id}/dismiss", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path), ("id" = Uuid, Path)), request_body = DismissIn,
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn dismiss(
    State(web): State<Web>,
    access: Access,
    Path((code, id)): Path<(String, String)>,
    Body(input): Body<DismissIn>,
) -> Result<StatusCode, Problem> {
    let id = id_of("decomposition", &id)?;
    within(&web, &access, &code, id).await?;
    decomposition::dismiss(&web.app, &region(&code)?, id, &input.reason, &access.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Something that happened to a question of an appeal.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ProgressIn {
    /// Appeal; or `channel` and `external_id`.
    appeal: Option<Uuid>,
    /// Channel.
    channel: Option<String>,
    /// Id that the channel gave.
    external_id: Option<String>,
    /// Question, from 0.
    #[serde(default)]
    question: u32,
    /// When (RFC 3339).
    at: DateTime<Utc>,
    /// What: `reacted`, `answered` (`in_substance`), `closed`, `reopened`, `extended` (`due`), `marked` (`mark`), `repeated`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    happened: Happened,
}

/// Say what became of appeals, up to 1,000 reports at once. Safe to repeat.
#[utoipa::path(
    post, path = "/regions/{region}/progress", tag = "indicators", security(("token" = [])),
    params(("region" = String, Path)), request_body = Vec<ProgressIn>,
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn progress(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(input): Body<Vec<ProgressIn>>,
) -> Result<Json<serde_json::Value>, Problem> {
    if input.len() > 1_000 {
        return Err(Problem::invalid(format!("{} reports at once: send at most 1,000", input.len())));
    }
    let mut reports = Vec::with_capacity(input.len());
    for one in input {
        let appeal = match (one.appeal, one.channel, one.external_id) {
            (Some(id), None, None) => OfAppeal::Id(AppealId(id)),
            (None, Some(channel), Some(id)) => {
                let channel = ChannelCode::new(&channel).map_err(|e| Problem::invalid(e.to_string()))?;
                OfAppeal::External(channel, id)
            }
            _ => return Err(Problem::invalid("name `appeal`, or `channel` and `external_id`")),
        };
        let actor = Some(access.caller.name.clone());
        reports.push(Reported { appeal, question: one.question, at: one.at, happened: one.happened, actor });
    }
    Ok(Json(json(&app::progress::report(&web.app, &region(&code)?, &reports).await?)))
}
