//! Requests to the provider: bounded in time and size, without redirects, over TLS unless it is on this machine.

use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse, http};

use super::settings::Settings;

/// Longest that one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest that a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer, bytes: a description, keys, a token with many groups.
const MOST: usize = 1 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("{}", chain(.0))]
    Failed(#[source] reqwest::Error),
    #[error("the answer is larger than {MOST} bytes")]
    TooLarge,
    #[error("{0}")]
    Answer(#[from] http::Error),
}

impl From<reqwest::Error> for HttpError {
    fn from(error: reqwest::Error) -> Self {
        // An address may hold a code.
        Self::Failed(error.without_url())
    }
}

/// An error with its causes: the first alone says only that something failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[derive(Clone)]
pub(super) struct Http(reqwest::Client);

impl Http {
    /// A client that trusts the certificates that the system trusts.
    pub(super) fn new(settings: &Settings) -> Result<Self, String> {
        let tls = settings.issuer.url().scheme() == "https";
        let mut client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .https_only(tls);
        if !tls {
            client = client.no_proxy();
        }
        client.build().map(Self).map_err(|error| chain(&error))
    }

    /// Sends one request. The future owns all it needs.
    pub(super) fn send(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, HttpError>> + use<> {
        let client = self.0.clone();
        async move {
            let mut answer = client.execute(reqwest::Request::try_from(request)?).await?;
            let mut response = http::Response::builder().status(answer.status());
            for (name, value) in answer.headers() {
                response = response.header(name, value);
            }
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await? {
                if body.len() + chunk.len() > MOST {
                    return Err(HttpError::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
            Ok(response.body(body)?)
        }
    }
}
