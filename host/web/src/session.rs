//! The session's cookie, and what a write by cookie must show against cross-site forgery.

use axum::http::{HeaderMap, HeaderValue, header};
use subtle::ConstantTimeEq as _;
use veche_app::oidc::SIGN_IN_LIFE;

use crate::problem::Problem;

/// `__Host-`: the browser takes it over HTTPS alone (or from localhost), for this host and path `/` alone.
const COOKIE: &str = "__Host-veche";
/// Binds a sign-in that is at the provider to the browser. `Lax`: it comes back by a link from there.
const BEGUN: &str = "__Host-veche-sign-in";
/// Where a page sends the text that it got when it signed in.
pub(crate) const CSRF: &str = "x-csrf-token";

fn set(name: &str, secret: &str, more: &str) -> HeaderValue {
    HeaderValue::try_from(format!("{name}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax{more}"))
        .unwrap_or_else(|_| gone())
}

/// Sets the cookie. Its life is kept in the store; in the browser it ends with the browser.
pub(crate) fn cookie(secret: &str) -> HeaderValue {
    set(COOKIE, secret, "")
}

/// Takes the cookie away.
pub(crate) fn gone() -> HeaderValue {
    HeaderValue::from_static("__Host-veche=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// Sets the cookie of a sign-in that goes to the provider.
pub(crate) fn begun(secret: &str) -> HeaderValue {
    set(BEGUN, secret, &format!("; Max-Age={}", SIGN_IN_LIFE.num_seconds()))
}

/// Takes it away.
pub(crate) fn begun_gone() -> HeaderValue {
    set(BEGUN, "", "; Max-Age=0")
}

/// The secret of a sign-in that comes back.
pub(crate) fn begun_secret(headers: &HeaderMap) -> Option<String> {
    cookie_of(headers, BEGUN)
}

/// The secret in the request's cookie.
pub(crate) fn secret(headers: &HeaderMap) -> Option<String> {
    cookie_of(headers, COOKIE)
}

fn cookie_of(headers: &HeaderMap, wanted: &str) -> Option<String> {
    plain_cookie(headers, wanted).filter(|value| value.len() == 64)
}

/// A cookie that is no secret: a choice of language.
pub(crate) fn plain_cookie(headers: &HeaderMap, wanted: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned())
}

/// A write by cookie comes from a page of this host, and shows the session's text. The browser says where the page is
/// from; an old one says nothing, and then the text alone must do.
pub(crate) fn check_origin(headers: &HeaderMap, csrf: &str) -> Result<(), Problem> {
    check_site(headers)?;
    let given = headers.get(CSRF).map(HeaderValue::as_bytes).unwrap_or_default();
    if given.ct_eq(csrf.as_bytes()).into() {
        return Ok(());
    }
    Err(Problem::forbidden(format!("a write by cookie needs the header `{CSRF}` with `csrf` of `GET /api/v1/me`")))
}

/// Refuses what the browser calls another site's request.
pub(crate) fn check_site(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let own = match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), ..) => matches!(site, "same-origin" | "none"),
        (None, Some(origin), host) => origin.split_once("://").map(|(_, rest)| rest) == host,
        (None, None, _) => true,
    };
    if own { Ok(()) } else { Err(Problem::forbidden("a write by cookie must come from a page of this host")) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn another_site_writes_nothing() {
        let own = [("host", "veche.example"), (CSRF, "text")];
        let with =
            |more: &[(&'static str, &str)]| check_origin(&headers(&[own.as_slice(), more].concat()), "text").is_ok();
        assert!(
            with(&[]) && with(&[("sec-fetch-site", "same-origin")]) && with(&[("origin", "https://veche.example")])
        );
        assert!(!with(&[("sec-fetch-site", "cross-site")]) && !with(&[("sec-fetch-site", "same-site")]));
        assert!(!with(&[("origin", "https://evil.example")]) && !with(&[("origin", "null")]));
        assert!(check_origin(&headers(&[("host", "veche.example"), (CSRF, "other")]), "text").is_err());
        assert!(check_origin(&headers(&[("host", "veche.example")]), "text").is_err());
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let value = "f".repeat(64);
        let found = |text: &str| secret(&headers(&[("cookie", text)]));
        assert_eq!(found(&format!("a=b; __Host-veche={value}; c=d")), Some(value.clone()));
        assert_eq!(found(&format!("veche={value}")), None);
        assert_eq!(found("__Host-veche=short"), None);
        assert_eq!(found(&format!("__Host-veche-sign-in={value}")), None);
        assert_eq!(begun_secret(&headers(&[("cookie", &format!("__Host-veche-sign-in={value}"))])), Some(value));
    }
}
