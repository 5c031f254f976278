//! Signing in at the provider: the way there and the way back. Both are pages that a browser opens, not calls.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use veche_app::AppError;
use veche_app::oidc::{Back, OidcError, Provider};

use crate::problem::Problem;
use crate::{Web, guard, session};

/// Where a person lands who named no page.
const LANDING: &str = "/";

/// Where to go.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Wish {
    /// Page of this host to see afterwards, `/…`.
    return_to: Option<String>,
}

/// With what the provider sends a person back.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Answer {
    /// State of the sign-in.
    state: Option<String>,
    /// Code, if the person is known there.
    code: Option<String>,
    /// Why there is no code.
    error: Option<String>,
    /// Issuer (RFC 9207).
    iss: Option<String>,
}

/// What is left to do for somebody who signed out here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignedOut {
    /// Page at the sign-in provider that ends the session there, too.
    pub(crate) provider: String,
}

fn provider(web: &Web) -> Result<&Provider, Problem> {
    web.oidc.as_deref().ok_or_else(|| AppError::from(OidcError::NoProvider).into())
}

fn location(address: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::try_from(address)
        .map_err(|_| AppError::from(OidcError::Answer("its address is none for a browser".into())).into())
}

/// Sign in at the provider: sends the browser there, with a cookie that binds the sign-in to it.
#[utoipa::path(
    get, path = "/session/oidc", tag = "session", params(Wish),
    responses(
        (status = 303, description = "To the provider"), (status = 404, body = Problem, description = "The host has no provider"),
        (status = 422, body = Problem), (status = 503, body = Problem, description = "The provider cannot be reached")
    )
)]
pub(crate) async fn begin(
    State(web): State<Web>,
    wish: Result<Query<Wish>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(wish) = wish.map_err(|e| Problem::invalid(e.body_text()))?;
    let page = wish.return_to.as_deref().unwrap_or(LANDING);
    let away = provider(&web)?.begin(&web.app.store, page, Utc::now()).await?;
    let headers = [
        (header::LOCATION, location(&away.url)?),
        (header::SET_COOKIE, session::begun(&away.browser)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// Where the provider sends the browser back to. The answer sets the session's cookie.
#[utoipa::path(
    get, path = "/session/oidc/callback", tag = "session", params(Answer),
    responses(
        (status = 303, description = "Signed in; to the page that was wanted"),
        (status = 400, body = Problem, description = "The sign-in is over, was used, or began in another browser"),
        (status = 403, body = Problem, description = "No role, a disabled account, or an answer that proves nothing"),
        (status = 409, body = Problem, description = "The login belongs to another account"),
        (status = 502, body = Problem), (status = 503, body = Problem)
    )
)]
pub(crate) async fn callback(
    State(web): State<Web>,
    headers: HeaderMap,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Result<Response, Problem> {
    let provider = provider(&web)?;
    let Query(answer) = answer.map_err(|_| AppError::from(OidcError::Over))?;
    let back = Back {
        state: answer.state,
        code: answer.code,
        error: answer.error,
        iss: answer.iss,
        browser: session::begun_secret(&headers),
    };
    let request = guard::request_id(&headers);
    let (signed, page) = provider.finish(&web.app.store, back, request, Utc::now()).await?;
    let headers = AppendHeaders([
        (header::LOCATION, location(&page)?),
        (header::SET_COOKIE, session::cookie(&signed.secret)),
        (header::SET_COOKIE, session::begun_gone()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]);
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// The answer to somebody who signed out here: 204, or where they can sign out at the provider, too.
pub(super) async fn signed_out(web: &Web) -> Response {
    let url = match &web.oidc {
        Some(provider) => provider.sign_out_url(Utc::now()).await,
        None => None,
    };
    match url {
        Some(provider) => Json(SignedOut { provider }).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}
