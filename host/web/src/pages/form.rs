//! Fields of a form that was sent, read by name; and what is wrong with them.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use std::collections::BTreeMap;

use crate::problem::Problem;

/// Fields of an `application/x-www-form-urlencoded` body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body.
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// A field; empty where it is missing. Line ends are those of Unix: browsers send others.
    pub(crate) fn text(&self, name: &str) -> String {
        let value = self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
        value.replace("\r\n", "\n").trim().to_owned()
    }

    /// A field that was not left empty.
    pub(crate) fn given(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// A field exactly as it was typed: a password.
    pub(crate) fn exact(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// Every value of a field that stands several times.
    #[allow(dead_code)] // For lists of checkboxes.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a checkbox was set.
    #[allow(dead_code)] // For forms with checkboxes.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// All fields in order.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        &self.0
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Bytes::from_request(request, state).await;
        body.map(|body| Self::parse(&body)).map_err(|rejection| Problem::invalid(rejection.body_text()))
    }
}

/// What is wrong with the fields of a form: by field, the text to show beside it.
#[derive(Debug, Clone, Default)]
#[allow(dead_code)] // For forms that come back with what is wrong with each field.
pub(crate) struct Wrong(BTreeMap<&'static str, String>);

#[allow(dead_code)]
impl Wrong {
    /// Notes a fault.
    pub(crate) fn note(&mut self, field: &'static str, text: String) {
        self.0.insert(field, text);
    }

    /// What is wrong with a field; empty for nothing.
    pub(crate) fn of(&self, field: &str) -> &str {
        self.0.get(field).map_or("", String::as_str)
    }

    /// Whether nothing is.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
