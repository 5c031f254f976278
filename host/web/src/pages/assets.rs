//! What pages bring to the browser: embedded, named by content, kept by the browser for good.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::problem::Problem;

/// One file.
pub(super) struct Asset {
    /// Name in the sources.
    name: &'static str,
    /// Name with the digest of its content.
    file: &'static str,
    media: &'static str,
    plain: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Whether `cargo xtask assets` ran before this host was built.
pub(super) fn are_built() -> bool {
    !EMBEDDED.is_empty()
}

/// The address of a file by its name in the sources.
pub(super) fn address(name: &str) -> String {
    let file = EMBEDDED.iter().find(|asset| asset.name == name).map_or(name, |asset| asset.file);
    format!("/assets/{file}")
}

/// Serves one, compressed as the browser takes it.
pub(super) async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = EMBEDDED.iter().find(|asset| asset.file == file) else {
        return Problem::unknown("this file is none of this host: load the page again").into_response();
    };
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes = |coding: &str| accepted.split(',').any(|one| one.split(';').next().is_some_and(|c| c.trim() == coding));
    let (bytes, coding) = match (asset.brotli, asset.gzip) {
        (Some(bytes), _) if takes("br") => (bytes, Some("br")),
        (_, Some(bytes)) if takes("gzip") => (bytes, Some("gzip")),
        _ => (asset.plain, None),
    };
    let mut response = (StatusCode::OK, Body::from(bytes)).into_response();
    let kept = response.headers_mut();
    kept.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media));
    kept.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    kept.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    kept.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(coding) = coding {
        kept.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}
