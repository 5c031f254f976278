//! Errors as Problem Details (RFC 9457). Details of the host's own failures are logged once and never sent.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use veche_app::AppError;
use veche_app::oidc::OidcError;
use veche_app::store::StoreError;
use veche_domain::lifecycle::StageError;

/// A problem, as sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// What kind: a URI that names it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short title, the same for every problem of this kind.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// This occurrence, and what would mend it.
    pub detail: String,
    /// Single faults, each naming its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// Seconds after which the same request may succeed.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem.
    #[must_use]
    pub fn new(status: StatusCode, name: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:veche:problem:{name}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// Bad input.
    #[must_use]
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request cannot be taken as it is", detail)
    }

    /// Not there, or not for this caller to know of.
    #[must_use]
    pub fn unknown(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown", "There is no such thing", detail)
    }

    /// Known, but not for this caller.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "This is not yours to do", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after.unwrap_or(1);
        let mut response = (status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // The guard of pages says it as a page.
        response.extensions_mut().insert(self);
        response
    }
}

fn texts<E: ToString>(errors: &[E]) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

/// What becomes of a sign-in at the provider that fails. What concerns the host's own connection goes to the log.
fn oidc(error: &OidcError, detail: String) -> Problem {
    match error {
        OidcError::NoProvider => {
            Problem::new(StatusCode::NOT_FOUND, "no-sign-in-provider", "There is no such thing", detail)
        }
        OidcError::Over => Problem::new(StatusCode::BAD_REQUEST, "sign-in-over", "The sign-in is over", detail),
        OidcError::Refused(_) | OidcError::Token(_) | OidcError::NoRole(_) | OidcError::Disabled => {
            Problem::new(StatusCode::FORBIDDEN, "sign-in", "Sign-in failed", detail)
        }
        OidcError::LoginTaken { .. } => {
            Problem::new(StatusCode::CONFLICT, "login-taken", "The login belongs to another account", detail)
        }
        OidcError::Unreachable { .. } => {
            tracing::error!(error = %detail, "nobody can sign in at the provider now");
            Problem {
                retry_after: Some(30),
                ..Problem::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "sign-in-provider-unreachable",
                    "The sign-in provider cannot be reached",
                    "the sign-in provider does not answer this host: try again in a minute; the reason is in the host's log",
                )
            }
        }
        OidcError::Answer(_) => {
            tracing::error!(error = %detail, "a sign-in at the provider failed");
            Problem::new(
                StatusCode::BAD_GATEWAY,
                "sign-in-provider",
                "The sign-in provider failed",
                "the sign-in provider gave an answer that cannot be used: the reason is in the host's log",
            )
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let detail = error.to_string();
        match error {
            AppError::UnknownRegion { .. } | AppError::Unknown { .. } => {
                Self::new(StatusCode::NOT_FOUND, "unknown", "There is no such thing", detail)
            }
            AppError::NoRuleset { .. } => {
                Self::new(StatusCode::CONFLICT, "no-ruleset", "The region has no active ruleset", detail)
            }
            AppError::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "The idempotency key was used for another request",
                detail,
            ),
            AppError::Dictionaries(errors) => {
                Self { errors: texts(&errors), ..Self::invalid("the dictionaries have faults") }
            }
            AppError::Ruleset(errors) => Self { errors: texts(&errors), ..Self::invalid("the ruleset has faults") },
            AppError::SignIn => Self::new(StatusCode::UNAUTHORIZED, "sign-in", "Sign-in failed", detail),
            AppError::Locked { seconds } => Self {
                retry_after: u64::try_from(seconds).ok(),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "locked", "The login is locked for a while", detail)
            },
            AppError::Oidc(error) => oidc(&error, detail),
            AppError::Forbidden { .. } => Self::forbidden(detail),
            AppError::Draft(faults) => Self { errors: texts(&faults), ..Self::invalid("the draft has faults") },
            AppError::Stale { difference, .. } => Self {
                errors: difference,
                ..Self::new(StatusCode::CONFLICT, "stale", "Somebody else changed it", detail)
            },
            AppError::Stage(StageError::Order { .. }) => {
                Self::new(StatusCode::CONFLICT, "stage", "The draft is in another stage", detail)
            }
            AppError::PassportState(_) => {
                Self::new(StatusCode::CONFLICT, "passport-state", "The passport is in another state", detail)
            }
            AppError::Passport(findings) => {
                let errors = findings.iter().map(|f| format!("{}: {} ({})", f.field, f.en, f.ru)).collect();
                Self { errors, ..Self::invalid("the passport has faults (в паспорте есть ошибки)") }
            }
            AppError::IndicatorSet(errors) => {
                Self { errors: texts(&errors), ..Self::invalid("the indicator set has faults") }
            }
            AppError::InUse { .. } => Self::new(StatusCode::CONFLICT, "in-use", "It is in use", detail),
            AppError::Store(StoreError::Owned { .. }) => {
                Self::new(StatusCode::CONFLICT, "owned", "The name belongs to somebody else", detail)
            }
            AppError::Consent(blocks) => {
                Self { errors: blocks, ..Self::new(StatusCode::CONFLICT, "consent", "A consent is missing", detail) }
            }
            AppError::Stage(_)
            | AppError::Appeal(_)
            | AppError::Access(_)
            | AppError::Invalid { .. }
            | AppError::Period(_)
            | AppError::Binding { .. }
            | AppError::Limits { .. }
            | AppError::Sandbox(_)
            | AppError::Missing { .. }
            | AppError::Import(_) => Self::invalid(detail),
            AppError::Store(StoreError::Conflict { .. }) => {
                Self::new(StatusCode::CONFLICT, "conflict", "Somebody else changed it", detail)
            }
            AppError::Store(StoreError::NotFound { .. }) => {
                Self::new(StatusCode::NOT_FOUND, "unknown", "There is no such thing", detail)
            }
            AppError::Store(StoreError::Full) => {
                tracing::error!(error = %detail, "the store is full");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "full", "The host has no space left", detail)
            }
            AppError::Store(StoreError::Locked | StoreError::Unavailable { .. }) | AppError::Stopped => {
                tracing::error!(error = %detail, "a request cannot be served now");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unavailable",
                    "The host cannot do it now",
                    "try again in a moment; nothing of this request was stored",
                )
            }
            // A missing key is the host's fault, not the client's.
            AppError::Store(_) | AppError::Stored { .. } | AppError::File { .. } => {
                tracing::error!(error = %detail, cause = ?std::error::Error::source(&error), "a request failed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "The host failed",
                    "the failure is in the host's log under this request's id",
                )
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        AppError::from(error).into()
    }
}
