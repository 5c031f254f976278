//! Who asks, and may they: an API token or a session, the table of [`veche_domain::access`], and a rate for each address.
//!
//! A route is registered with its action (see `api::Route`), so that no handler is reached before this has said yes.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use veche_app::store::{AccountRow, SessionRow};
use veche_app::{AppError, accounts};
use veche_domain::access::{Action, Actor, Grant, Grants, Refusal, Role, Scope};
use veche_domain::code::RegionCode;

use crate::Web;
use crate::problem::Problem;
use crate::session;

/// The API token of the host's own configuration. Only its digest is kept in memory; it is never printed.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// Takes a token of at least 16 characters.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        if text.trim().len() < 16 {
            return Err("the API token must have at least 16 characters");
        }
        Ok(Self(Sha256::digest(text.trim()).into()))
    }

    fn fits(&self, text: &str) -> bool {
        let other: [u8; 32] = Sha256::digest(text.trim()).into();
        self.0.ct_eq(&other).into()
    }
}

/// What the guard knows before any request.
pub struct Gate {
    token: Option<Token>,
    rate: Option<DefaultKeyedRateLimiter<IpAddr>>,
}

impl Gate {
    pub(crate) fn new(token: Option<Token>, per_second: Option<u32>) -> Self {
        let rate = per_second.and_then(NonZeroU32::new).map(|n| RateLimiter::keyed(Quota::per_second(n)));
        Self { token, rate }
    }

    /// The rate comes first: whoever guesses tokens or passwords is slowed down, too.
    pub(crate) fn check_rate(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        match (&self.rate, address) {
            (Some(rate), Some(address)) if rate.check_key(&address).is_err() => Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate",
                "Too many requests",
                "this address sends too many requests: wait a second and go on",
            )),
            _ => Ok(()),
        }
    }
}

/// Who asks.
#[derive(Clone)]
pub(crate) struct Caller {
    /// `account:<login>`, `token:<id>` or `token:bootstrap`: what the log names.
    pub(crate) name: String,
    pub(crate) grants: Grants,
    /// The session that they came with, for people.
    pub(crate) session: Option<(SessionRow, AccountRow)>,
}

/// A caller who may do what the route does; the handler asks it how far.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) caller: Caller,
    scope: Scope,
    request: Option<String>,
}

impl Access {
    /// A caller who was let in; without a scope where no action was asked for.
    pub(crate) fn new(caller: Caller, scope: Option<Scope>, request: Option<String>) -> Self {
        Self { caller, scope: scope.unwrap_or_else(|| Scope::Blocks([].into())), request }
    }

    /// Who the log names.
    pub(crate) fn actor(&self) -> Actor {
        Actor { name: self.caller.name.clone(), request: self.request.clone() }
    }

    /// How far the route's action goes.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// How far another action goes in a region; none if it is not allowed.
    pub(crate) fn may(&self, action: Action, region: &RegionCode) -> Option<Scope> {
        self.caller.grants.scope(action, region).ok()
    }
}

impl FromRequestParts<Web> for Access {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(http.path = %parts.uri.path(), "a guarded handler stands on a public route");
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "The host failed",
                "the failure is in the host's log",
            )
        })
    }
}

fn refused(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "token", "Sign in, or send a valid API token", detail)
}

fn bootstrap() -> Result<Grants, AppError> {
    Ok(Grants::new(vec![Grant::everywhere(Role::HostAdministrator)?, Grant::everywhere(Role::Intake)?])?)
}

async fn by_token(web: &Web, value: &str) -> Result<Caller, Problem> {
    let Some(secret) = value.strip_prefix("Bearer ") else {
        return Err(refused("send `Authorization: Bearer <token>`"));
    };
    if web.gate.token.as_ref().is_some_and(|token| token.fits(secret)) {
        return Ok(Caller { name: "token:bootstrap".into(), grants: bootstrap()?, session: None });
    }
    match accounts::token(&web.app.store, secret.trim(), Utc::now()).await? {
        Some(token) => Ok(Caller { name: format!("token:{}", token.id), grants: token.grants, session: None }),
        None => Err(refused("the token in `Authorization: Bearer …` is unknown, expired or revoked")),
    }
}

/// Says who asks; the second is a new secret for the cookie.
pub(crate) async fn recognise(
    web: &Web,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(Caller, Option<String>), Problem> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        return Ok((by_token(web, value.to_str().unwrap_or_default()).await?, None));
    }
    let Some(secret) = session::secret(headers) else {
        return Err(refused("sign in at `POST /api/v1/session`, or send `Authorization: Bearer <token>`"));
    };
    let Some(present) = accounts::present(&web.app.store, &secret, Utc::now()).await? else {
        return Err(refused("the session is over: sign in again"));
    };
    if !method.is_safe() {
        session::check_origin(headers, &present.session.csrf)?;
    }
    let name = format!("account:{}", present.account.login);
    let grants = present.account.grants.clone();
    Ok((Caller { name, grants, session: Some((present.session, present.account)) }, present.rotated))
}

/// The region of the path, if the route has one.
pub(crate) fn region_of(params: &RawPathParams) -> Option<&str> {
    params.iter().find(|(name, _)| *name == "region").map(|(_, value)| value)
}

/// How far an action goes in the region of the path, or that it is not allowed.
pub(crate) fn scope(grants: &Grants, action: Action, region: Option<&str>) -> Result<Scope, Problem> {
    let forbidden = || {
        let roles: Vec<&str> = Role::ALL
            .iter()
            .filter(|(role, ..)| action.rule().is_some_and(|rule| rule.cell(*role).is_some()))
            .map(|(_, code, _)| *code)
            .collect();
        Problem::forbidden(format!("`{}` needs one of the roles {}", action.code(), roles.join(", ")))
    };
    let Some(region) = region else {
        return if grants.allow_somewhere(action) { Ok(Scope::Region) } else { Err(forbidden()) };
    };
    // What one may not know of is unknown, in the same words as what does not exist.
    let unknown = || Problem::from(AppError::UnknownRegion { region: region.chars().take(80).collect() });
    let code = RegionCode::new(region).map_err(|_| unknown())?;
    grants.scope(action, &code).map_err(|refusal| match refusal {
        Refusal::Unknown => unknown(),
        Refusal::Forbidden => forbidden(),
    })
}

/// The id under which the log and the audit know a request.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
    id.map(|id| id.chars().take(80).collect())
}

/// Lets a request through to a guarded handler, or not.
pub(crate) async fn guard(
    State((web, action)): State<(Web, Action)>,
    address: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    // A body cannot be held over an await by reference, so the head is taken apart from it.
    let (mut head, body) = request.into_parts();
    let checked = async {
        web.gate.check_rate(address.map(|info| info.0.0.ip()))?;
        let (caller, rotated) = recognise(&web, &head.method, &head.headers).await?;
        let scope = scope(&caller.grants, action, region_of(&params))?;
        Ok::<_, Problem>((caller, scope, rotated))
    };
    match checked.await {
        Err(problem) => problem.into_response(),
        Ok((caller, scope, rotated)) => {
            let request = request_id(&head.headers);
            head.extensions.insert(Access { caller, scope, request });
            let mut response = next.run(Request::from_parts(head, body)).await;
            if let Some(secret) = rotated
                && !response.headers().contains_key(header::SET_COOKIE)
            {
                response.headers_mut().extend([(header::SET_COOKIE, session::cookie(&secret))]);
            }
            response
        }
    }
}

/// Slows a public route down for one address.
pub(crate) async fn slow(
    State(web): State<Web>,
    address: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    request: Request,
    next: Next,
) -> Response {
    // A browser comes here by itself, back from the sign-in provider: what is wrong is then said as a page.
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let response = match web.gate.check_rate(address.map(|info| info.0.0.ip())) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    crate::pages::for_browser(&uri, &headers, response)
}
