//! Accounts: list, make, change. A caller sees and changes what they could have given.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use veche_app::accounts;
use veche_app::store::{AccountChange, StoreError};
use veche_domain::access::Grants;

use super::{Body, json};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;

/// An account to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountIn {
    /// Login: lower-case latin letters, digits, `.`, `-`, `_`, `@`.
    #[schema(example = "ivanova")]
    login: String,
    /// Name of the person.
    name: String,
    /// Password: 12 to 128 characters.
    password: String,
    /// Roles: `operator@yaroslavl/housing,roads`.
    #[schema(value_type = Vec<String>)]
    grants: Grants,
}

/// What changes. What is missing stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountPatch {
    /// `version` that was seen.
    version: i64,
    /// Name of the person.
    name: Option<String>,
    /// New password.
    password: Option<String>,
    /// Roles.
    #[schema(value_type = Option<Vec<String>>)]
    grants: Option<Grants>,
    /// Whether the account is disabled.
    disabled: Option<bool>,
}

/// Refuses grants that are not the caller's to give.
pub(super) fn check_given(access: &Access, grants: &Grants) -> Result<(), Problem> {
    match grants.list().iter().find(|grant| !access.caller.grants.may_give(grant)) {
        None => Ok(()),
        Some(grant) => Err(Problem::forbidden(format!(
            "`{grant}` is not yours to give: a region's administrator gives roles in that region; curator, auditor and \
             administrator are given by the host's administrator"
        ))),
    }
}

/// Whether the caller may see and change what holds these grants.
pub(super) fn is_theirs(access: &Access, grants: &Grants) -> bool {
    grants.list().iter().all(|grant| access.caller.grants.may_give(grant))
}

/// Accounts that are the caller's to manage.
#[utoipa::path(
    get, path = "/accounts", tag = "accounts", security(("token" = [])),
    responses((status = 200, body = Vec<Object>), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub(crate) async fn list(State(web): State<Web>, access: Access) -> Result<Json<serde_json::Value>, Problem> {
    let accounts = web.app.store.accounts().await?;
    let theirs: Vec<_> = accounts.iter().filter(|account| is_theirs(&access, &account.grants)).collect();
    Ok(Json(json(&theirs)))
}

/// Make an account.
#[utoipa::path(
    post, path = "/accounts", tag = "accounts", security(("token" = [])), request_body = AccountIn,
    responses(
        (status = 201, body = Object), (status = 403, body = Problem), (status = 409, body = Problem, description = "The login is taken"),
        (status = 422, body = Problem)
    )
)]
pub(crate) async fn create(
    State(web): State<Web>,
    access: Access,
    Body(input): Body<AccountIn>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    check_given(&access, &input.grants)?;
    let actor = access.actor();
    let account =
        accounts::create(&web.app.store, &input.login, &input.name, &input.password, input.grants, &actor).await?;
    Ok((StatusCode::CREATED, Json(json(&account))))
}

/// Change an account: name, roles, password, disabled or not. Its sessions end. Nobody changes their own roles.
#[utoipa::path(
    patch, path = "/accounts/{login}", tag = "accounts", security(("token" = [])),
    params(("login" = String, Path)), request_body = AccountPatch,
    responses(
        (status = 200, body = Object), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)
    )
)]
pub(crate) async fn change(
    State(web): State<Web>,
    access: Access,
    Path(login): Path<String>,
    Body(input): Body<AccountPatch>,
) -> Result<Json<serde_json::Value>, Problem> {
    let shown: String = login.chars().take(80).collect();
    let unknown = || Problem::unknown(format!("account {shown:?} is unknown: `GET /api/v1/accounts` lists yours"));
    let account = web.app.store.account_by_login(&login).await?.ok_or_else(unknown)?;
    if access.caller.session.as_ref().is_some_and(|(_, own)| own.id == account.id) {
        return Err(Problem::forbidden("nobody changes their own roles: ask another administrator"));
    }
    if !is_theirs(&access, &account.grants) {
        return Err(unknown());
    }
    if let Some(grants) = &input.grants {
        check_given(&access, grants)?;
    }
    if account.version != input.version {
        let conflict = StoreError::Conflict {
            what: "the account",
            expected: format!("version {}", input.version),
            found: format!("version {}", account.version),
        };
        return Err(conflict.into());
    }
    let password = match &input.password {
        Some(password) => Some(accounts::hash_password(password, &account.login).await?),
        None => None,
    };
    let change = AccountChange { name: input.name, grants: input.grants, disabled: input.disabled, password };
    accounts::change(&web.app.store, &account, &change, &access.actor()).await?;
    let changed = web.app.store.account(account.id).await?.ok_or_else(unknown)?;
    Ok(Json(json(&changed)))
}
