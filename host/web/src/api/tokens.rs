//! API tokens: list, make, revoke.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::Utc;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use veche_app::accounts;
use veche_domain::access::Grants;

use super::accounts::{check_given, is_theirs};
use super::{Body, json};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenIn {
    /// What it is for.
    #[schema(example = "portal of the region")]
    name: String,
    /// Roles: `intake@yaroslavl`.
    #[schema(value_type = Vec<String>)]
    grants: Grants,
    /// Days until it expires, 1 to 366.
    days: u32,
}

/// A token that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenMade {
    /// Id, to revoke it by.
    id: Uuid,
    /// The token. It is shown here and never again.
    token: String,
}

/// API tokens that are the caller's to manage, without their secrets.
#[utoipa::path(
    get, path = "/tokens", tag = "accounts", security(("token" = [])),
    responses((status = 200, body = Vec<Object>), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub(crate) async fn list(State(web): State<Web>, access: Access) -> Result<Json<serde_json::Value>, Problem> {
    let tokens = web.app.store.tokens().await?;
    let theirs: Vec<_> = tokens.iter().filter(|token| is_theirs(&access, &token.grants)).collect();
    Ok(Json(json(&theirs)))
}

/// Make an API token.
#[utoipa::path(
    post, path = "/tokens", tag = "accounts", security(("token" = [])), request_body = TokenIn,
    responses((status = 201, body = TokenMade), (status = 403, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn create(
    State(web): State<Web>,
    access: Access,
    Body(input): Body<TokenIn>,
) -> Result<(StatusCode, Json<TokenMade>), Problem> {
    check_given(&access, &input.grants)?;
    let store = &web.app.store;
    let (id, token) =
        accounts::create_token(store, &input.name, &input.grants, input.days, &access.actor(), Utc::now()).await?;
    Ok((StatusCode::CREATED, Json(TokenMade { id, token })))
}

/// Revoke an API token. It stays in the list.
#[utoipa::path(
    delete, path = "/tokens/{id}", tag = "accounts", security(("token" = [])), params(("id" = Uuid, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn revoke(
    State(web): State<Web>,
    access: Access,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let shown: String = id.chars().take(80).collect();
    let unknown = || Problem::unknown(format!("token {shown:?} is unknown: `GET /api/v1/tokens` lists yours"));
    let wanted = Uuid::parse_str(&id).map_err(|_| unknown())?;
    let tokens = web.app.store.tokens().await?;
    let token =
        tokens.iter().find(|token| token.id == wanted && is_theirs(&access, &token.grants)).ok_or_else(unknown)?;
    web.app.store.revoke_token(token, &access.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}
