//! From a code to claims that hold: the token endpoint, the check of the ID token, and what it leaves out.

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, ClaimsVerificationError, EmptyExtraTokenFields, IdToken,
    IdTokenClaims, IdTokenFields, IdTokenVerifier, Nonce, OAuth2TokenResponse as _, PkceCodeVerifier,
    RequestTokenError, SignatureVerificationError, StandardTokenResponse, TokenResponse as _, UserInfoClaims,
    UserInfoError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use veche_domain::access::claims::{Claims, claim};

use super::http::HttpError;
use super::{Client, OidcError, Provider};

/// How far the provider's clock may be from ours.
const SKEW: TimeDelta = TimeDelta::seconds(60);
/// An ID token is made for the code that we just sent: an older one was kept for something else.
const OLDEST: TimeDelta = TimeDelta::minutes(10);

/// Signatures that prove something: no shared secret, which the provider's other parts may know, and not `none`.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Every claim that the protocol does not name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct All {
    #[serde(flatten)]
    claims: Map<String, Value>,
}

impl AdditionalClaims for All {}

pub(super) type Response = StandardTokenResponse<
    IdTokenFields<
        All,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
type Token = IdToken<All, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

impl Provider {
    /// Who stands behind a code, and what the provider says of them.
    pub(super) async fn claims(
        &self,
        code: String,
        verifier: PkceCodeVerifier,
        nonce: &Nonce,
        now: DateTime<Utc>,
    ) -> Result<(String, Claims), OidcError> {
        let description = self.description(now).await?;
        let mut client = self.client(&description)?;
        let response = self.exchange(&client, code, verifier).await?;
        let Some(token) = response.id_token() else {
            return Err(OidcError::Answer("there is no ID token in it".into()));
        };
        let mut checked = check(&client, token, nonce, now);
        if matches!(
            &checked,
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey))
        ) && let Some(fresh) = self.fresh_keys(&description, now).await
        {
            client = self.client(&fresh)?;
            checked = check(&client, token, nonce, now);
        }
        let claims = checked.map_err(|error| untrusted(&error))?;
        check_access_token(&client, &response, token, &claims)?;
        let subject = claims.subject().to_string();
        let mut said = object(&claims)?;
        // Many providers leave groups and names out of the ID token.
        let lacks = self.settings.rules.wanted().any(|name| claim(&said, name).is_none());
        if lacks && client.user_info_url().is_some() {
            for (name, value) in self.user_info(&client, &response, &claims).await? {
                said.entry(name).or_insert(value);
            }
        }
        Ok((subject, said))
    }

    async fn exchange(&self, client: &Client, code: String, verifier: PkceCodeVerifier) -> Result<Response, OidcError> {
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| OidcError::Answer(error.to_string()))?
            .set_pkce_verifier(verifier);
        request.request_async(&|request| self.http.send(request)).await.map_err(|error| match error {
            RequestTokenError::Request(error) => self.failed(&error),
            RequestTokenError::ServerResponse(said) if said.error().to_string() == "invalid_grant" => {
                OidcError::Token("the code is not, or no longer, good".into())
            }
            RequestTokenError::ServerResponse(said) => {
                OidcError::Answer(format!("it does not give a token: {}", said.error()))
            }
            RequestTokenError::Parse(error, _) => OidcError::Answer(format!("its token cannot be read: {error}")),
            RequestTokenError::Other(reason) => OidcError::Answer(reason),
        })
    }

    async fn user_info(
        &self,
        client: &Client,
        response: &Response,
        claims: &IdTokenClaims<All, CoreGenderClaim>,
    ) -> Result<Claims, OidcError> {
        let request = client
            .user_info(response.access_token().clone(), Some(claims.subject().clone()))
            .map_err(|error| OidcError::Answer(error.to_string()))?;
        let said: UserInfoClaims<All, CoreGenderClaim> =
            request.request_async(&|request| self.http.send(request)).await.map_err(|error| match error {
                UserInfoError::Request(error) => self.failed(&error),
                UserInfoError::ClaimsVerification(error) => untrusted(&error),
                other => OidcError::Answer(format!("its word about the person cannot be read: {other}")),
            })?;
        object(&said)
    }

    fn failed(&self, error: &HttpError) -> OidcError {
        match error {
            HttpError::TooLarge => OidcError::Answer(error.to_string()),
            _ => self.unreachable(&error.to_string()),
        }
    }
}

fn verifier(client: &Client, now: DateTime<Utc>) -> IdTokenVerifier<'_, CoreJsonWebKey> {
    client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || now - SKEW).set_issue_time_verifier_fn(
        move |made| {
            if made > now + SKEW {
                Err(format!("it was made at {made}, which is still to come: one of the clocks is wrong"))
            } else if made < now - OLDEST {
                Err(format!("it was made at {made}, too long ago"))
            } else {
                Ok(())
            }
        },
    )
}

fn check(
    client: &Client,
    token: &Token,
    nonce: &Nonce,
    now: DateTime<Utc>,
) -> Result<IdTokenClaims<All, CoreGenderClaim>, ClaimsVerificationError> {
    token.claims(&verifier(client, now), nonce).cloned()
}

/// An access token belongs to its ID token, where the provider says so.
fn check_access_token(
    client: &Client,
    response: &Response,
    token: &Token,
    claims: &IdTokenClaims<All, CoreGenderClaim>,
) -> Result<(), OidcError> {
    let Some(expected) = claims.access_token_hash() else { return Ok(()) };
    let verifier = client.id_token_verifier();
    let found = token
        .signing_alg()
        .and_then(|algorithm| Ok((algorithm, token.signing_key(&verifier)?)))
        .map_err(|error| OidcError::Token(error.to_string()))
        .and_then(|(algorithm, key)| {
            AccessTokenHash::from_token(response.access_token(), algorithm, key)
                .map_err(|error| OidcError::Token(error.to_string()))
        })?;
    if found == *expected { Ok(()) } else { Err(OidcError::Token("its access token is another's".into())) }
}

fn untrusted(error: &ClaimsVerificationError) -> OidcError {
    OidcError::Token(match error {
        ClaimsVerificationError::SignatureVerification(error) => format!("signature: {error}"),
        other => other.to_string(),
    })
}

fn object<T: Serialize>(claims: &T) -> Result<Claims, OidcError> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => Ok(claims),
        Ok(_) | Err(_) => Err(OidcError::Answer("its claims are no JSON object".into())),
    }
}
