//! Sign-in by OpenID Connect: authorization code with PKCE, against one provider.
//!
//! [`Provider::begin`] sends a browser away, [`Provider::finish`] takes it back. State, nonce and proof key stay in the
//! store, are used once, and belong to the browser that began. Whoever comes back gets the roles that the claims give them
//! by the administrator's rules, now and not later: no role, no session. From there on it is a session like any other.

mod error;
mod http;
mod people;
mod settings;
mod token;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{CoreAuthenticationFlow, CoreClientAuthMethod, CoreResponseType};
use openidconnect::{
    AuthType, ClientId, ClientSecret, CsrfToken, DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout,
    RedirectUrl, Scope,
};
use veche_domain::access::claims::ClaimRules;
use veche_domain::code::Digest;
use veche_store::{Begun, Store};

use crate::accounts::{self, SignedIn, secret};
use crate::error::AppError;

pub use error::OidcError;
pub use settings::Settings;

use http::{Http, HttpError};

/// Where the provider sends people back to, under the host's public address.
pub const CALLBACK: &str = "/api/v1/session/oidc/callback";
/// How long a person may take at the provider.
pub const SIGN_IN_LIFE: TimeDelta = TimeDelta::minutes(10);
/// How long the provider's description and keys are believed.
const DESCRIPTION_LIFE: TimeDelta = TimeDelta::hours(1);
/// A key that is not known is looked for at the provider, but not more often than this.
const KEYS_PAUSE: TimeDelta = TimeDelta::seconds(60);
/// How long nobody waits for a provider that did not answer: else each waits for the time-outs of all before.
const FAILURE_PAUSE: TimeDelta = TimeDelta::seconds(5);

type Client = openidconnect::Client<
    token::All,
    openidconnect::core::CoreAuthDisplay,
    openidconnect::core::CoreGenderClaim,
    openidconnect::core::CoreJweContentEncryptionAlgorithm,
    openidconnect::core::CoreJsonWebKey,
    openidconnect::core::CoreAuthPrompt,
    openidconnect::StandardErrorResponse<openidconnect::core::CoreErrorResponseType>,
    token::Response,
    openidconnect::core::CoreTokenIntrospectionResponse,
    openidconnect::core::CoreRevocableToken,
    openidconnect::core::CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The sign-in provider of this host.
pub struct Provider {
    settings: Settings,
    http: Http,
    known: tokio::sync::Mutex<Known>,
}

/// What is known of the provider.
#[derive(Default)]
struct Known {
    description: Option<Description>,
    /// When it could not be read, and why.
    failed: Option<(DateTime<Utc>, OidcError)>,
}

/// What the provider says of itself, with its keys.
#[derive(Clone)]
struct Description {
    metadata: Arc<ProviderMetadataWithLogout>,
    read: DateTime<Utc>,
}

/// A sign-in that begins.
#[derive(Debug)]
pub struct Away {
    /// Address at the provider, to which the browser goes.
    pub url: String,
    /// Secret of the cookie that binds the sign-in to the browser.
    pub browser: String,
}

/// With what a browser comes back. All of it is the browser's word.
#[derive(Debug, Default)]
pub struct Back {
    /// State.
    pub state: Option<String>,
    /// Code for the token endpoint.
    pub code: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
    /// Secret of the browser's cookie.
    pub browser: Option<String>,
}

/// A secret of ours, as [`secret`] makes it.
fn fits(text: Option<String>) -> Result<String, OidcError> {
    text.filter(|text| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).ok_or(OidcError::Over)
}

/// A page of this host: a path, which no browser takes for another host's address.
fn check_return(page: &str) -> Result<(), AppError> {
    let plain = page.len() <= 500 && page.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if plain && page.starts_with('/') && !page.starts_with("//") {
        return Ok(());
    }
    Err(AppError::Invalid { field: "return_to", reason: "it must be a path of this host, `/…`".into() })
}

impl Provider {
    /// A provider by its settings. Nothing is asked of it yet.
    ///
    /// # Errors
    /// The system's certificates cannot be read.
    pub fn new(settings: Settings) -> Result<Self, AppError> {
        let http = Http::new(&settings)
            .map_err(|reason| AppError::Stored { what: "the HTTP client for the sign-in provider".into(), reason })?;
        Ok(Self { settings, http, known: tokio::sync::Mutex::default() })
    }

    /// The issuer, as identities name it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.settings.issuer.as_str()
    }

    /// Which claims give which roles.
    #[must_use]
    pub fn rules(&self) -> &ClaimRules {
        &self.settings.rules
    }

    /// Asks the provider once, before people do.
    ///
    /// # Errors
    /// [`OidcError::Unreachable`]; what of its description does not fit.
    pub async fn check(&self) -> Result<(), OidcError> {
        self.description(Utc::now()).await.map(drop)
    }

    async fn discover(&self, now: DateTime<Utc>) -> Result<Description, OidcError> {
        let send = |request| self.http.send(request);
        let found = ProviderMetadataWithLogout::discover_async(self.settings.issuer.clone(), &send).await;
        let metadata = found.map_err(|error| match error {
            DiscoveryError::Request(HttpError::TooLarge) => {
                OidcError::Answer("its description or its keys are too large".into())
            }
            DiscoveryError::Request(error) => self.unreachable(&error.to_string()),
            DiscoveryError::Response(status, ..) if status.is_server_error() => {
                self.unreachable(&format!("it answers {status}"))
            }
            DiscoveryError::Response(status, _, reason) => {
                OidcError::Answer(format!("its description answers {status}: {reason}"))
            }
            DiscoveryError::Parse(error) => OidcError::Answer(format!("its description cannot be read: {error}")),
            other => OidcError::Answer(format!("its description does not fit: {other}")),
        })?;
        if metadata.token_endpoint().is_none() {
            return Err(OidcError::Answer("its description names no token endpoint".into()));
        }
        let code = metadata.response_types_supported().iter().any(|types| **types == [CoreResponseType::Code]);
        if !code {
            return Err(OidcError::Answer("it does not offer the authorization code flow".into()));
        }
        Ok(Description { metadata: Arc::new(metadata), read: now })
    }

    fn unreachable(&self, reason: &str) -> OidcError {
        OidcError::Unreachable { issuer: self.issuer().to_owned(), reason: reason.to_owned() }
    }

    /// The provider's description, read anew when it is old. An old one is better than none.
    async fn description(&self, now: DateTime<Utc>) -> Result<Description, OidcError> {
        // Held while it is read: of many sign-ins at once one reads.
        let mut known = self.known.lock().await;
        match &known.description {
            Some(description) if now - description.read < DESCRIPTION_LIFE => return Ok(description.clone()),
            _ => {}
        }
        let just_failed = known.failed.clone().filter(|(at, _)| now - *at < FAILURE_PAUSE).map(|(_, error)| error);
        let error = match just_failed {
            Some(error) => error,
            None => match self.discover(now).await {
                Ok(fresh) => {
                    *known = Known { description: Some(fresh.clone()), failed: None };
                    return Ok(fresh);
                }
                Err(error) => {
                    tracing::warn!(%error, "the sign-in provider's description cannot be read");
                    known.failed = Some((now, error.clone()));
                    error
                }
            },
        };
        known.description.clone().ok_or(error)
    }

    /// The description with the keys of now, for a key that is not known; none if they were read just before.
    async fn fresh_keys(&self, used: &Description, now: DateTime<Utc>) -> Option<Description> {
        let mut known = self.known.lock().await;
        if let Some(newer) = known.description.as_ref().filter(|newer| newer.read > used.read) {
            return Some(newer.clone());
        }
        if now - used.read < KEYS_PAUSE {
            return None;
        }
        let fresh = self.discover(now).await.inspect_err(|error| {
            tracing::warn!(%error, "the sign-in provider's keys cannot be read");
        });
        Some(known.description.insert(fresh.ok()?).clone())
    }

    fn client(&self, description: &Description) -> Result<Client, OidcError> {
        let metadata = &description.metadata;
        let callback = RedirectUrl::new(self.settings.under_public(CALLBACK))
            .map_err(|error| OidcError::Answer(format!("the public address: {error}")))?;
        // Basic is what the protocol takes for granted.
        let offered = metadata.token_endpoint_auth_methods_supported();
        let offers = |method| offered.is_some_and(|offered| offered.contains(&method));
        let by_body =
            offers(CoreClientAuthMethod::ClientSecretPost) && !offers(CoreClientAuthMethod::ClientSecretBasic);
        Ok(Client::from_provider_metadata(
            ProviderMetadataWithLogout::clone(metadata),
            ClientId::new(self.settings.client_id.clone()),
            Some(ClientSecret::new(self.settings.client_secret.clone())),
        )
        .set_auth_type(if by_body { AuthType::RequestBody } else { AuthType::BasicAuth })
        .set_redirect_uri(callback))
    }

    /// Begins a sign-in. `return_to` is the page of this host that the person sees afterwards.
    ///
    /// # Errors
    /// A page that is none of this host; a provider that cannot be reached.
    pub async fn begin(&self, store: &Store, return_to: &str, now: DateTime<Utc>) -> Result<Away, AppError> {
        check_return(return_to)?;
        let client = self.client(&self.description(now).await?)?;
        let (state, nonce, browser) = (secret()?, secret()?, secret()?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let begun = Begun {
            state: Digest::of(state.as_bytes()),
            browser: Digest::of(browser.as_bytes()),
            nonce: nonce.clone(),
            verifier: verifier.into_secret(),
            return_to: return_to.to_owned(),
            begun_at: now,
        };
        store.begin_sign_in(&begun, now - SIGN_IN_LIFE).await?;
        let (state, nonce) = (CsrfToken::new(state), Nonce::new(nonce));
        let request = client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce);
        let scopes = self.settings.rules.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new);
        let (url, ..) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        Ok(Away { url: url.into(), browser })
    }

    /// Takes a browser back: the session that begins, and the page that the person wants.
    ///
    /// # Errors
    /// [`OidcError`]: each way in which a sign-in fails.
    pub async fn finish(
        &self,
        store: &Store,
        back: Back,
        request: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<(SignedIn, String), AppError> {
        let (state, browser) = (fits(back.state)?, fits(back.browser)?);
        let (state, browser) = (Digest::of(state.as_bytes()), Digest::of(browser.as_bytes()));
        let begun = store.take_sign_in(&state, &browser).await?.ok_or(OidcError::Over)?;
        if now - begun.begun_at >= SIGN_IN_LIFE {
            return Err(OidcError::Over.into());
        }
        if back.iss.is_some_and(|iss| iss != self.issuer()) {
            return Err(OidcError::Token("another issuer answers".into()).into());
        }
        if let Some(error) = back.error {
            return Err(OidcError::refused(&error).into());
        }
        let code = back.code.filter(|code| !code.is_empty()).ok_or(OidcError::Over)?;
        let verifier = PkceCodeVerifier::new(begun.verifier);
        let (subject, claims) = self.claims(code, verifier, &Nonce::new(begun.nonce), now).await?;
        let account = people::admit(store, &self.settings, subject, &claims, request.clone()).await?;
        let actor = veche_domain::access::Actor { name: format!("account:{}", account.login), request };
        let signed = accounts::begin_session(store, account, &actor, now).await?;
        Ok((signed, begun.return_to))
    }

    /// Where a person who signs out here may sign out at the provider, too; none if it offers no such page.
    pub async fn sign_out_url(&self, now: DateTime<Utc>) -> Option<String> {
        let description = self.description(now).await.ok()?;
        let endpoint = description.metadata.additional_metadata().end_session_endpoint.clone()?;
        let back = PostLogoutRedirectUrl::new(self.settings.under_public("/")).ok()?;
        let request = LogoutRequest::from(endpoint)
            .set_client_id(ClientId::new(self.settings.client_id.clone()))
            .set_post_logout_redirect_uri(back);
        Some(request.http_get_url().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_to_return_to_is_one_of_this_host() {
        for good in ["/", "/appeals?state=new", "/a/b#c"] {
            assert!(check_return(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "appeals",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a b",
            "/\t/evil.example",
            "/ы",
        ] {
            assert!(check_return(bad).is_err(), "{bad}");
        }
    }
}
