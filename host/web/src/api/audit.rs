//! The log, as those who may read it see it. Nothing here changes it.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use veche_app::store::AuditFilter;
use veche_domain::audit::Chain;

use super::{json, region};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// Filters of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    /// On this target: `appeal <id>`, `account <login>`.
    target: Option<String>,
    /// Who: `account:<login>`, `token:<id>`, `cli`.
    actor: Option<String>,
    /// What: `correct`, `sign_in`, …
    deed: Option<String>,
    /// At or after (RFC 3339).
    from: Option<DateTime<Utc>>,
    /// Before (RFC 3339).
    to: Option<DateTime<Utc>>,
    /// `next` of the page before.
    after: Option<i64>,
    /// Entries a page, 1 to 500; 100 if missing.
    limit: Option<i64>,
}

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// Entries, oldest first, without personal data.
    #[schema(value_type = Vec<Object>)]
    items: serde_json::Value,
    /// Where the next page begins; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// The log of a region, oldest first. Reasons and names, which may be personal data, are not in it.
#[utoipa::path(
    get, path = "/regions/{region}/audit", tag = "audit", security(("token" = [])),
    params(("region" = String, Path), AuditQuery),
    responses((status = 200, body = AuditPage), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list(
    State(web): State<Web>,
    _: Access,
    Path(code): Path<String>,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Json<AuditPage>, Problem> {
    let region = region(&code)?;
    web.app.region(&region).await?;
    page(&web, &Chain::Region(region), query).await
}

/// The host's own log, oldest first: accounts and tokens that belong to no region, sign-ins of these, keys.
#[utoipa::path(
    get, path = "/audit", tag = "audit", security(("token" = [])), params(AuditQuery),
    responses((status = 200, body = AuditPage), (status = 403, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn host(
    State(web): State<Web>,
    _: Access,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Json<AuditPage>, Problem> {
    page(&web, &Chain::Host, query).await
}

async fn page(
    web: &Web,
    chain: &Chain,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Json<AuditPage>, Problem> {
    let Query(query) = query.map_err(|e| Problem::invalid(e.body_text()))?;
    let limit = query.limit.unwrap_or(100);
    if !(1..=500).contains(&limit) {
        return Err(Problem::invalid("`limit` must be from 1 to 500"));
    }
    let filter =
        AuditFilter { target: query.target, actor: query.actor, deed: query.deed, from: query.from, to: query.to };
    let after = query.after.unwrap_or(0);
    let mut rows = web.app.store.audit_entries(chain, &filter, after, limit + 1).await?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| more).map(|row| row.entry.seq);
    Ok(Json(AuditPage { items: json(&rows), next }))
}
