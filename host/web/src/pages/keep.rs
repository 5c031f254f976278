//! A form that came when the session was over: what was typed is kept, and sent after signing in.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::Form;
use super::guard::CSRF_FIELD;
use super::visit::{Page, Visit};
use crate::problem::Problem;

/// Where a kept form travels: fields of the sign-in form.
pub(super) const KEPT_PATH: &str = "kept_path";
pub(super) const KEPT_FIELDS: &str = "kept_fields";

/// A form that waits to be sent.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// Where it goes.
    pub(super) path: String,
    /// Its fields, without the proof of the earlier session and without passwords.
    pub(super) fields: Vec<(String, String)>,
}

impl Kept {
    pub(super) fn new(path: &str, form: &Form) -> Self {
        let secret = |name: &str| name == CSRF_FIELD || name.contains("password");
        let fields = form.fields().iter().filter(|(name, _)| !secret(name)).cloned().collect();
        Self { path: path.to_owned(), fields }
    }

    /// Of the fields of a sign-in form; none if it carries no form for a page of this host.
    pub(super) fn of(form: &Form) -> Option<Self> {
        let path = form.given(KEPT_PATH).filter(|path| is_own_path(path))?;
        Some(Self::new(&path, &Form::parse(form.exact(KEPT_FIELDS).as_bytes())))
    }

    /// As one field.
    pub(super) fn packed(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }

    /// What the person typed, to look at: every field of more than a code.
    fn texts(&self) -> Vec<&str> {
        let values = self.fields.iter().map(|(_, value)| value.as_str());
        values.filter(|value| value.chars().any(char::is_whitespace)).collect()
    }
}

/// Whether a path is one of this host and no address of another.
pub(super) fn is_own_path(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t'])
}

#[derive(Template)]
#[template(path = "kept.html")]
struct KeptPage<'k> {
    page: Page,
    kept: &'k Kept,
    texts: Vec<&'k str>,
    packed: String,
    oidc: bool,
}

/// The page that keeps a form: with a sign-in form for whoever is nobody now, with a button for whoever is somebody.
pub(super) fn keep(visit: &Visit, kept: &Kept, oidc: bool) -> Result<Response, Problem> {
    let page = visit.page(if visit.access.is_some() { "sign-in-kept-ready" } else { "sign-in-kept-title" });
    let status = if visit.access.is_some() { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    visit.html_with(status, &KeptPage { texts: kept.texts(), packed: kept.packed(), page, kept, oidc })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_form_loses_nothing_but_secrets() {
        let form = Form::parse("reason=%D0%B4%D0%B0+1&csrf=x&old_password=y&reason=2".as_bytes());
        let kept = Kept::new("/a", &form);
        let pair = |value: &str| ("reason".to_owned(), value.to_owned());
        assert_eq!(kept.fields, [pair("да 1"), pair("2")]);
        assert_eq!(Form::parse(kept.packed().as_bytes()).fields(), kept.fields);
    }

    #[test]
    fn a_kept_form_goes_to_this_host_alone() {
        for (path, own) in
            [("/a?b=c", true), ("//evil.example", false), ("https://evil.example", false), ("/\\x", false)]
        {
            assert_eq!(is_own_path(path), own, "{path}");
        }
    }
}
