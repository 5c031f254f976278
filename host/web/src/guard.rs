//! Who may write: an API token, and a rate for each address. Accounts and roles come later.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::Web;
use crate::problem::Problem;

/// An API token. Only its digest is kept in memory; it is never printed.
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

/// Checks who writes.
pub struct Writers {
    token: Option<Token>,
    rate: Option<DefaultKeyedRateLimiter<IpAddr>>,
}

impl Writers {
    pub(crate) fn new(token: Option<Token>, per_second: Option<u32>) -> Self {
        let rate = per_second.and_then(NonZeroU32::new).map(|n| RateLimiter::keyed(Quota::per_second(n)));
        Self { token, rate }
    }

    /// The rate comes first: whoever guesses tokens is slowed down, too.
    fn check(&self, authorization: Option<&str>, address: Option<IpAddr>) -> Result<(), Problem> {
        if let (Some(rate), Some(address)) = (&self.rate, address)
            && rate.check_key(&address).is_err()
        {
            return Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate",
                "Too many requests",
                "this address sends too many requests: wait a second and go on",
            ));
        }
        let refused =
            |detail: &str| Err(Problem::new(StatusCode::UNAUTHORIZED, "token", "A valid API token is needed", detail));
        let Some(token) = &self.token else {
            return refused(
                "this host has no API token, so it takes no writes: set VECHE_API_TOKEN and start it again",
            );
        };
        match authorization.and_then(|value| value.strip_prefix("Bearer ")) {
            Some(given) if token.fits(given) => Ok(()),
            Some(_) => refused("the token in `Authorization: Bearer …` is not this host's"),
            None => refused("send `Authorization: Bearer <token>`"),
        }
    }
}

/// A checked writer; a handler that takes it cannot be reached without a token.
pub(crate) struct Writer {
    /// Name for events.
    pub(crate) name: &'static str,
}

impl FromRequestParts<Web> for Writer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let authorization = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        web.writers.check(authorization, address)?;
        Ok(Self { name: "api-token" })
    }
}
