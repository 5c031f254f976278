//! Problems as pages: what happened, and what to do.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

use super::guard::seal;
use super::visit::{Look, Page, Visit};
use crate::Web;
use crate::guard::{Access, recognise};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    page: Page,
    status: u16,
    what: String,
    remedy: String,
    detail: String,
    errors: Vec<String>,
    sign_in: bool,
}

/// Words for a problem: of its own kind where there are some, else those of its status.
fn words(visit: &Visit, problem: &Problem) -> (String, String) {
    let kind = problem.kind.rsplit(':').next().unwrap_or_default();
    let group = match problem.status {
        401 => "sign-in",
        403 => "forbidden",
        404 => "unknown",
        405 => "method",
        409 => "conflict",
        413 => "too-large",
        429 => "rate",
        503 | 504 => "unavailable",
        500..=599 => "internal",
        _ => "invalid",
    };
    let lang = visit.lang();
    let word = |part: &str| {
        let own = format!("problem-{kind}-{part}");
        lang.t(&if lang.knows(&own) { own } else { format!("problem-{group}-{part}") })
    };
    (word("what"), word("remedy"))
}

/// The page of a problem, with the status of the answer that it replaces.
pub(super) fn page(visit: &Visit, problem: Problem, instead: Response) -> Response {
    let (what, remedy) = words(visit, &problem);
    let mut page = visit.page_titled(what.clone());
    page.flash = None;
    let shown = ProblemPage {
        page,
        status: problem.status,
        what,
        remedy,
        sign_in: visit.access.is_none(),
        detail: problem.detail,
        errors: problem.errors,
    };
    let Ok(text) = shown.render() else { return instead };
    let (mut parts, _) = instead.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    parts.headers.remove(header::CONTENT_LENGTH);
    // A browser would ask for a password of its own.
    parts.headers.remove(header::WWW_AUTHENTICATE);
    Response::from_parts(parts, axum::body::Body::from(text))
}

/// Whether somebody reads pages: a browser that opens an address.
fn reads_pages(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|kinds| kinds.contains("text/html"))
}

/// A problem of a route that a browser opens, as a page; every other answer as it is.
pub(crate) fn for_browser(uri: &Uri, headers: &HeaderMap, mut response: Response) -> Response {
    if !reads_pages(headers) {
        return response;
    }
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let visit = Visit { look: Look::of(uri, headers), access: None, region: None };
    let mut response = page(&visit, problem, response);
    seal(&mut response);
    response
}

/// What is nowhere: a page for whoever reads pages, Problem Details for the rest.
pub(crate) async fn not_found(State(web): State<Web>, uri: Uri, headers: HeaderMap) -> Response {
    let detail = format!("{} is not served; the API is described at /api/docs", uri.path());
    let problem = Problem::new(StatusCode::NOT_FOUND, "unknown", "There is no such thing", detail);
    if uri.path().starts_with("/api/") || !reads_pages(&headers) {
        return problem.into_response();
    }
    let mut visit = Visit { look: Look::of(&uri, &headers), access: None, region: None };
    if let Ok((caller, _)) = recognise(&web, &axum::http::Method::GET, &headers).await {
        visit.access = Some(Access::new(caller, None, None));
    }
    let mut response = page(&visit, problem.clone(), problem.into_response());
    seal(&mut response);
    response
}
