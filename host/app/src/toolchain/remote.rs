//! A host from the author's side, over its API: publish a release, try a draft on its history.

use std::time::Duration;

use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};
use veche_domain::code::{Digest, RegionCode};

use super::error::ToolError;
use crate::backtest::Report;

/// Longest that one request may take: an upload compiles the component.
const TIMEOUT: Duration = Duration::from_secs(660);
/// How often a back-test is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// A region of a host.
pub struct Host {
    client: reqwest::Client,
    base: Url,
    token: String,
}

/// What became of an upload.
#[derive(Debug, Clone)]
pub struct Published {
    /// Name of the plug-in.
    pub plugin: String,
    /// Version.
    pub version: String,
    /// Digest of the release.
    pub digest: Digest,
    /// Whether it is new there.
    pub new: bool,
    /// Publisher whose signature the host took.
    pub signed_by: Option<String>,
}

/// A back-test while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Appeals that were tried.
    pub done: u64,
    /// Appeals of the history.
    pub total: u64,
}

impl Host {
    /// The host at an address, `https://veche.example.org`.
    ///
    /// # Errors
    /// An address that is none; a plain one that is not this machine, over which the token would go for all to read.
    pub fn new(address: &str, region: &RegionCode, token: &str) -> Result<Self, ToolError> {
        let invalid = |reason: String| ToolError::Invalid { what: "--host", reason };
        let url = Url::parse(address)
            .map_err(|e| invalid(format!("{address:?} is no address ({e}): https://veche.example.org")))?;
        let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match url.scheme() {
            "https" => {}
            "http" if here => {}
            "http" => return Err(invalid(format!("{address} would carry the token in clear: use https"))),
            other => return Err(invalid(format!("{other}: use https"))),
        }
        if token.trim().is_empty() {
            let reason = "it is empty: make one with `veche token create`, and give it in VECHE_TOKEN or --token-file";
            return Err(ToolError::Invalid { what: "token", reason: reason.into() });
        }
        let base = url.join(&format!("/api/v1/regions/{region}/")).map_err(|e| invalid(e.to_string()))?;
        let mut client = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
        if here {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|e| invalid(e.to_string()))?;
        Ok(Self { client, base, token: token.trim().to_owned() })
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> Result<(StatusCode, Value), ToolError> {
        let failed = |reason: String| ToolError::Server { server: self.name(), reason };
        let url = self.base.join(path).map_err(|e| failed(e.to_string()))?;
        let request = self.client.request(method, url).bearer_auth(&self.token);
        let request = request.header(reqwest::header::CONTENT_TYPE, kind).body(body);
        let answer = request.send().await.map_err(|e| failed(chain(&e.without_url())))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|e| failed(chain(&e.without_url())))?;
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if status.is_success() { Ok((status, value)) } else { Err(failed(problem(status, &value))) }
    }

    fn name(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// Uploads a component, and its signature if there is one.
    ///
    /// # Errors
    /// What the host says is wrong with it, or a host that cannot be reached.
    pub async fn publish(&self, component: Vec<u8>, signature: Option<String>) -> Result<Published, ToolError> {
        let digest = Digest::of(&component);
        let (status, said) = self.ask(Method::POST, "releases", "application/wasm", component).await?;
        let text = |path: &str| said.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut published = Published {
            plugin: text("/metadata/name"),
            version: text("/metadata/version"),
            digest,
            new: status == StatusCode::CREATED,
            signed_by: None,
        };
        if let Some(signature) = signature {
            let path = format!("releases/{digest}/signature");
            let (_, said) = self.ask(Method::PUT, &path, "text/plain", signature.into_bytes()).await?;
            published.signed_by = said.get("signed_by").and_then(Value::as_str).map(str::to_owned);
        }
        Ok(published)
    }

    /// Tries a draft on the host's masked history, and looks at it until it is done.
    ///
    /// # Errors
    /// What the host refuses, or a back-test that failed or was cancelled.
    pub async fn backtest(&self, draft: &str, look: &dyn Fn(Progress)) -> Result<(Progress, Report), ToolError> {
        let failed = |reason: String| ToolError::Server { server: self.name(), reason };
        let body = json!({"draft": draft}).to_string().into_bytes();
        let (_, job) = self.ask(Method::POST, "backtests", "application/json", body).await?;
        let id = job.get("id").and_then(Value::as_str).ok_or_else(|| failed("it names no back-test".into()))?;
        let path = format!("backtests/{id}");
        loop {
            let (_, job) = self.ask(Method::GET, &path, "application/json", Vec::new()).await?;
            let number = |name: &str| job.get(name).and_then(Value::as_u64).unwrap_or_default();
            let progress = Progress { done: number("done"), total: number("total") };
            look(progress);
            match job.get("state").and_then(Value::as_str).unwrap_or_default() {
                "waiting" | "running" => tokio::time::sleep(LOOK).await,
                "done" => {
                    let report = job.get("report").cloned().unwrap_or_default();
                    let report = serde_json::from_value(report).map_err(|e| {
                        failed(format!("the report cannot be read: {e}; is the host of another version?"))
                    })?;
                    return Ok((progress, report));
                }
                state => {
                    let why = job.get("error").and_then(Value::as_str).unwrap_or_default();
                    return Err(failed(format!("the back-test is {state}: {why}")));
                }
            }
        }
    }
}

/// Problem Details (RFC 9457) as one line.
fn problem(status: StatusCode, value: &Value) -> String {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let hint = match status {
        StatusCode::UNAUTHORIZED => {
            ": the token is unknown, revoked or too old; make another with `veche token create`"
        }
        StatusCode::FORBIDDEN => ": the token has no role for this; it needs developer in this region",
        _ => "",
    };
    match (text("title"), text("detail")) {
        ("", "") => format!("it answers {status}{hint}"),
        (title, "") => format!("{title}{hint}"),
        (title, detail) => format!("{title}: {detail}{hint}"),
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_goes_in_clear_over_a_network() {
        let region = RegionCode::new("yaroslavl").unwrap();
        for (address, token, part) in [
            ("http://veche.example.org", "secret", "in clear"),
            ("ftp://veche.example.org", "secret", "use https"),
            ("veche", "secret", "no address"),
            ("https://veche.example.org", " ", "veche token create"),
        ] {
            let refused = Host::new(address, &region, token).err().unwrap().to_string();
            assert!(refused.contains(part), "{address}: {refused}");
            assert!(!refused.contains("secret"), "{refused}");
        }
        assert!(Host::new("http://127.0.0.1:8080", &region, "secret").is_ok());
    }
}
