//! Settings of the sign-in provider, checked once.

use openidconnect::IssuerUrl;
use openidconnect::url::{Host, Url};
use veche_domain::access::claims::ClaimRules;

use crate::error::AppError;

/// A provider, and who this host is to it.
#[derive(Clone)]
pub struct Settings {
    pub(super) issuer: IssuerUrl,
    pub(super) public_url: Url,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) rules: ClaimRules,
}

impl Settings {
    /// Checks the settings. `public_url` is the address under which browsers see this host.
    ///
    /// # Errors
    /// [`AppError::Invalid`], which names the setting.
    pub fn new(
        issuer: &str,
        public_url: &str,
        client_id: &str,
        client_secret: &str,
        rules: ClaimRules,
    ) -> Result<Self, AppError> {
        check_address("--oidc-issuer", issuer)?;
        // The text counts, not the address: `https://a` and `https://a/` are two issuers.
        let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|e| invalid("--oidc-issuer", e.to_string()))?;
        let public_url = check_address("--public-url", public_url)?;
        if public_url.path() != "/" {
            return Err(invalid("--public-url", "it must be a host without a path, `https://veche.example.org`"));
        }
        for (field, text) in [("--oidc-client-id", client_id), ("the client secret", client_secret)] {
            if text.trim().is_empty() || text.trim() != text || text.chars().any(char::is_control) {
                return Err(invalid(field, "it must be one line without spaces around it, as the provider shows it"));
            }
        }
        let (client_id, client_secret) = (client_id.to_owned(), client_secret.to_owned());
        Ok(Self { issuer, public_url, client_id, client_secret, rules })
    }

    /// A path of this host, as browsers see it.
    pub(super) fn under_public(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}

fn invalid(field: &'static str, reason: impl Into<String>) -> AppError {
    AppError::Invalid { field, reason: reason.into() }
}

/// An address without anything behind its path. Plain HTTP is for this machine alone: tokens must not travel open.
fn check_address(field: &'static str, text: &str) -> Result<Url, AppError> {
    let url = Url::parse(text).map_err(|e| invalid(field, format!("{text:?} is no address: {e}")))?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(invalid(field, format!("{text:?} names no host"))),
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Err(invalid(field, format!("{text:?} must begin with https:// (http:// on this machine alone)"))),
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(field, format!("{text:?} must have no user, query or fragment")));
    }
    Ok(url)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn settings(issuer: &str, public: &str, id: &str, secret: &str) -> Result<Settings, AppError> {
        let rules = "[[role]]\nclaim = 'groups'\nvalue = 'v'\ngrants = ['head@r']";
        Settings::new(issuer, public, id, secret, ClaimRules::parse(rules).unwrap())
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let (issuer, public) = ("https://id.example.org/realms/centre", "https://veche.example.org");
        let good = settings(issuer, public, "veche", "secret").unwrap();
        assert_eq!(good.under_public("/a"), "https://veche.example.org/a");
        assert!(settings("http://127.0.0.1:4000", "http://localhost:8080/", "veche", "secret").is_ok());
        assert!(settings("http://[::1]:4000", public, "veche", "secret").is_ok());
        for (issuer, public, id, secret, part) in [
            ("http://id.example.org", public, "veche", "s", "--oidc-issuer: "),
            ("http://127.0.0.1.example.org", public, "veche", "s", "https://"),
            ("id.example.org", public, "veche", "s", "no address"),
            ("ftp://id.example.org", public, "veche", "s", "https://"),
            ("https://id.example.org?a=b", public, "veche", "s", "query"),
            ("https://u:p@id.example.org", public, "veche", "s", "user"),
            (issuer, "http://veche.example.org", "veche", "s", "--public-url: "),
            (issuer, "https://veche.example.org/path", "veche", "s", "without a path"),
            (issuer, public, "", "s", "--oidc-client-id: "),
            (issuer, public, "veche", " ", "the client secret: "),
            (issuer, public, "veche", "a\nb", "one line"),
        ] {
            let error = settings(issuer, public, id, secret).map(drop).unwrap_err().to_string();
            assert!(error.contains(part), "{issuer} {public} {id}: {error}");
            assert!(part == "one line" || !error.contains("a\nb"), "{error}");
        }
    }
}
