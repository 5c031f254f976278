//! One file of a form, as browsers send it.

use std::collections::BTreeMap;

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::Response;

use crate::problem::Problem;

/// A file with the fields that stand beside it.
pub(super) struct Upload {
    pub(super) bytes: Vec<u8>,
    pub(super) file_name: String,
    fields: BTreeMap<String, String>,
}

impl Upload {
    /// Reads a form with one file named `file`. Fields beyond a few short ones are not looked at.
    ///
    /// # Errors
    /// What cannot be read.
    pub(super) async fn read(mut form: Multipart) -> Result<Self, Problem> {
        let wrong = |error: MultipartError| {
            Problem::new(error.status(), "invalid", "The file cannot be read", error.body_text())
        };
        let mut upload = Self { bytes: Vec::new(), file_name: String::new(), fields: BTreeMap::new() };
        while let Some(field) = form.next_field().await.map_err(wrong)? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "file" {
                upload.file_name = field.file_name().unwrap_or_default().chars().take(200).collect();
                upload.bytes = field.bytes().await.map_err(wrong)?.to_vec();
            } else if upload.fields.len() < 8 {
                let text = field.text().await.map_err(wrong)?;
                upload.fields.insert(name, text.trim().chars().take(500).collect());
            }
        }
        Ok(upload)
    }

    /// A field beside the file; empty where it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// The answer for a script that sent the file to show its progress: where to go stands in `x-location`, so that the
/// browser goes there itself and the message for that page is not spent on the script.
pub(super) fn led(headers: &HeaderMap, mut response: Response) -> Response {
    if !headers.contains_key("x-upload") || response.status() != StatusCode::SEE_OTHER {
        return response;
    }
    if let Some(to) = response.headers_mut().remove(header::LOCATION) {
        response.headers_mut().insert(HeaderName::from_static("x-location"), to);
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    response
}
