//! Rulesets: the active one, any stored one, their difference, the history, rollback, the region's policy.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use veche_app::{App, AppError, drafts, rollout};
use veche_domain::code::{Digest, RegionCode};
use veche_domain::diff::Language;
use veche_domain::lifecycle::RulesPolicy;
use veche_domain::ruleset::Ruleset;

use super::{Body, json, region};
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
    let digest = veche_app::regions::activate(app, ruleset, expected, &access.actor()).await?;
    Ok(Json(serde_json::json!({"ruleset": digest})))
}

/// Language of texts for people.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageQuery {
    /// `ru` or `en`; the region's own if missing.
    language: Option<String>,
}

impl LanguageQuery {
    pub(crate) async fn language(&self, app: &App, region: &RegionCode) -> Result<Language, Problem> {
        language(self.language.as_deref(), app, region).await
    }
}

async fn language(tag: Option<&str>, app: &App, region: &RegionCode) -> Result<Language, Problem> {
    match tag {
        Some(tag) => Language::from_tag(tag)
            .ok_or_else(|| Problem::invalid(format!("`language`: {tag:?} is not spoken here: use ru or en"))),
        None => Ok(drafts::language_of(app, region).await?),
    }
}

/// A stored ruleset that was active in this region, is, or is a checked draft.
async fn stored(app: &App, region: &RegionCode, text: &str) -> Result<Ruleset, Problem> {
    let unknown = || AppError::Unknown { what: "ruleset", code: text.chars().take(80).collect() };
    let digest: Digest = text.parse().map_err(|_| unknown())?;
    let ruleset = match app.rules.ruleset(&digest).await {
        Ok(ruleset) => ruleset,
        Err(AppError::Missing { .. } | AppError::Stored { .. }) => return Err(unknown().into()),
        Err(error) => return Err(error.into()),
    };
    // Another region's is as unknown as one that does not exist.
    if ruleset.region == *region { Ok(ruleset) } else { Err(unknown().into()) }
}

/// Activations of a region, newest first, and what happened to its rules.
#[utoipa::path(
    get, path = "/regions/{region}/rulesets", tag = "rules", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn history(
    State(web): State<Web>,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    const PAGE: i64 = 200;
    let region = region(&code)?;
    let row = web.app.region(&region).await?;
    Ok(Json(serde_json::json!({
        "active": row.ruleset,
        "rollout": row.rollout,
        "activations": web.app.store.activations(&region, PAGE).await?,
        "events": web.app.store.rules_events(&region, PAGE).await?,
    })))
}

/// One stored ruleset.
#[utoipa::path(
    get, path = "/regions/{region}/rulesets/{digest}", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), ("digest" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn one(
    State(web): State<Web>,
    Path((code, digest)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Problem> {
    Ok(Json(json(&stored(&web.app, &region(&code)?, &digest).await?)))
}

/// Two rulesets to compare.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiffQuery {
    /// Digest of the first; the active ruleset if missing.
    from: Option<String>,
    /// Digest of the second; the active ruleset if missing.
    to: Option<String>,
    /// `ru` or `en`; the region's own if missing.
    language: Option<String>,
}

/// What differs between two rulesets, in words and as data.
#[utoipa::path(
    get, path = "/regions/{region}/ruleset-diff", tag = "rules", security(("token" = [])),
    params(("region" = String, Path), DiffQuery),
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn difference(
    State(web): State<Web>,
    Path(code): Path<String>,
    Query(query): Query<DiffQuery>,
) -> Result<Json<serde_json::Value>, Problem> {
    let (app, region) = (&web.app, region(&code)?);
    let language = language(query.language.as_deref(), app, &region).await?;
    let row = app.region(&region).await?;
    let side = async |text: Option<&str>| match text {
        Some(text) => stored(app, &region, text).await,
        None => {
            let digest = row.ruleset.ok_or_else(|| AppError::NoRuleset { region: region.to_string() })?;
            Ok(app.rules.ruleset(&digest).await?)
        }
    };
    let (from, to) = (side(query.from.as_deref()).await?, side(query.to.as_deref()).await?);
    let words = drafts::difference(app, &region, &from, &to, language).await?;
    Ok(Json(serde_json::json!({"words": words, "changes": veche_domain::diff::diff(&from, &to)})))
}

/// A way back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollbackIn {
    /// Digest of a ruleset that was active; the one before the active one if missing.
    ruleset: Option<String>,
    /// Why; kept with the activation.
    reason: String,
}

/// Go back to an earlier ruleset, for the next appeal on every host.
#[utoipa::path(
    post, path = "/regions/{region}/ruleset/rollback", tag = "rules", security(("token" = [])),
    params(("region" = String, Path)), request_body = RollbackIn,
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn rollback(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(input): Body<RollbackIn>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    let unknown = |text: &str| AppError::Unknown { what: "earlier ruleset", code: text.chars().take(80).collect() };
    let to = input.ruleset.as_deref().map(|text| text.parse::<Digest>().map_err(|_| unknown(text))).transpose()?;
    let digest = rollout::rollback(&web.app, &region, to, &input.reason, &access.actor()).await?;
    Ok(Json(serde_json::json!({"ruleset": digest})))
}

/// What is out beside the active ruleset, compared on the appeals since it began.
#[utoipa::path(
    get, path = "/regions/{region}/rollout", tag = "rules", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Object, description = "`null` if nothing is out"), (status = 404, body = Problem))
)]
pub(crate) async fn comparison(
    State(web): State<Web>,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    Ok(Json(json(&rollout::compare(&web.app, &region(&code)?).await?)))
}

/// Questions on which the ruleset in shadow says otherwise or faulted, newest first, at most 200.
#[utoipa::path(
    get, path = "/regions/{region}/rollout/differences", tag = "rules", security(("token" = [])),
    params(("region" = String, Path)),
    responses((status = 200, body = Vec<Object>), (status = 404, body = Problem))
)]
pub(crate) async fn differences(
    State(web): State<Web>,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    match web.app.region(&region).await?.rollout {
        Some(out) => Ok(Json(json(&web.app.store.shadow_differences(&region, out.ruleset, 200).await?))),
        None => Ok(Json(serde_json::json!([]))),
    }
}

/// What the region demands before rules change.
#[utoipa::path(
    get, path = "/regions/{region}/rules-policy", tag = "rules", security(("token" = [])), params(("region" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem))
)]
pub(crate) async fn policy(
    State(web): State<Web>,
    Path(code): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    Ok(Json(json(&web.app.store.rules_policy(&region).await?)))
}

/// Set what the region demands: `consent`, the blocks whose lead must consent.
#[utoipa::path(
    put, path = "/regions/{region}/rules-policy", tag = "rules", security(("token" = [])),
    params(("region" = String, Path)), request_body = Object,
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn set_policy(
    State(web): State<Web>,
    access: Access,
    Path(code): Path<String>,
    Body(policy): Body<RulesPolicy>,
) -> Result<Json<serde_json::Value>, Problem> {
    let region = region(&code)?;
    drafts::set_policy(&web.app, &region, &policy, &access.actor()).await?;
    Ok(Json(json(&policy)))
}
