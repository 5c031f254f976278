//! Signing in and out, and one's own account.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use veche_app::store::{AccountChange, AccountRow};
use veche_app::{AppError, accounts};

use super::Body;
use super::oidc::{SignedOut, signed_out};
use crate::guard::Access;
use crate::problem::Problem;
use crate::{Web, guard, session};

/// Login and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// Login.
    login: String,
    /// Password.
    password: String,
}

/// Who one is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// As the log names it: `account:…`, `token:…`.
    actor: String,
    /// Name of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What one may do: `operator@yaroslavl/housing`.
    #[schema(value_type = Vec<String>)]
    grants: serde_json::Value,
    /// What a page sends as `X-CSRF-Token` with each write by cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf: Option<String>,
}

/// Sign in. The answer sets the session's cookie.
#[utoipa::path(
    post, path = "/session", tag = "session", request_body = SignIn,
    responses((status = 200, body = Me), (status = 401, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn sign_in(
    State(web): State<Web>,
    headers: HeaderMap,
    Body(input): Body<SignIn>,
) -> Result<Response, Problem> {
    session::check_site(&headers)?;
    let request = guard::request_id(&headers);
    let signed = accounts::sign_in(&web.app.store, &input.login, &input.password, request, Utc::now()).await?;
    let me = Me {
        actor: format!("account:{}", signed.account.login),
        name: Some(signed.account.name),
        grants: super::json(&signed.account.grants),
        csrf: Some(signed.csrf),
    };
    Ok(([(header::SET_COOKIE, session::cookie(&signed.secret))], Json(me)).into_response())
}

/// Sign out: this session ends. Somebody of the sign-in provider is told where to sign out there, too.
#[utoipa::path(
    delete, path = "/session", tag = "session", security(("token" = [])),
    responses((status = 200, body = SignedOut), (status = 204), (status = 401, body = Problem))
)]
pub(crate) async fn sign_out(State(web): State<Web>, access: Access) -> Result<Response, Problem> {
    let gone = [(header::SET_COOKIE, session::gone())];
    let Some((session, account)) = &access.caller.session else {
        return Ok((StatusCode::NO_CONTENT, gone).into_response());
    };
    web.app.store.end_session(session.id).await?;
    match account.identity {
        Some(_) => Ok((gone, signed_out(&web).await).into_response()),
        None => Ok((StatusCode::NO_CONTENT, gone).into_response()),
    }
}

/// Sign out everywhere: every session of the account ends.
#[utoipa::path(
    delete, path = "/sessions", tag = "session", security(("token" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn sign_out_everywhere(State(web): State<Web>, access: Access) -> Result<Response, Problem> {
    let account = own_account(&access)?;
    web.app.store.end_sessions(account, &access.actor()).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, session::gone())]).into_response())
}

fn own_account(access: &Access) -> Result<&AccountRow, Problem> {
    let none = || Problem::invalid("an API token has no sessions and no password: revoke the token instead");
    access.caller.session.as_ref().map(|(_, account)| account).ok_or_else(none)
}

/// Who one is and what one may do.
#[utoipa::path(
    get, path = "/me", tag = "session", security(("token" = [])),
    responses((status = 200, body = Me), (status = 401, body = Problem))
)]
pub(crate) async fn me(access: Access) -> Json<Me> {
    let session = access.caller.session.as_ref();
    Json(Me {
        actor: access.caller.name.clone(),
        name: session.map(|(_, account)| account.name.clone()),
        grants: super::json(&access.caller.grants),
        csrf: session.map(|(session, _)| session.csrf.clone()),
    })
}

/// The old and a new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// Password until now.
    old: String,
    /// New password: 12 to 128 characters.
    new: String,
}

/// Change one's own password. Every session of the account ends.
#[utoipa::path(
    put, path = "/me/password", tag = "session", security(("token" = [])), request_body = NewPassword,
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn change_password(
    State(web): State<Web>,
    access: Access,
    Body(input): Body<NewPassword>,
) -> Result<Response, Problem> {
    let account = own_account(&access)?;
    let actor = access.actor();
    accounts::check_own_password(&web.app.store, account, &input.old, &actor, Utc::now()).await?;
    let password = Some(accounts::hash_password(&input.new, &account.login).await?);
    let account = web.app.store.account(account.id).await?.ok_or(AppError::SignIn)?;
    let change = AccountChange { password, ..AccountChange::default() };
    accounts::change(&web.app.store, &account, &change, &actor).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, session::gone())]).into_response())
}
