//! Who visits a page, may they, and what stands in the headers of every page.
//!
//! The same rules as for the API (`crate::guard`), but whoever is not signed in is led to the sign-in page and back,
//! what they typed is kept, and a refusal is a page.

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use veche_app::store::RegionRow;
use veche_domain::access::Action;
use veche_domain::code::RegionCode;

use super::form::Form;
use super::keep::{Kept, keep};
use super::problems;
use super::visit::{Look, Visit, go};
use crate::Web;
use crate::guard::{Access, recognise, region_of, request_id, scope};
use crate::problem::Problem;
use crate::session;

/// Largest form, bytes: an answer of 100,000 letters, each sent as six bytes, with room to spare.
pub(super) const FORM_LIMIT: usize = 2 << 20;

/// No foreign host, no inline script, no inline style, no frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers of every page.
pub(super) fn seal(response: &mut Response) {
    let headers = response.headers_mut();
    let values = [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in values {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    // What a page showed is not to be seen after signing out, nor by who comes next at this machine.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Takes the form's own proof of origin where the request brought none in a header; the body stays whole.
async fn form_of(head: &mut Parts, body: Body) -> Result<(Body, Option<Form>), Problem> {
    let media = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = if media.starts_with("application/x-www-form-urlencoded") {
        let bytes = to_bytes(body, FORM_LIMIT).await.map_err(|_| {
            let detail = format!("a form holds at most {} MiB: shorten the text", FORM_LIMIT >> 20);
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The form is too large", detail)
        })?;
        let form = Form::parse(&bytes);
        let token = form.text(CSRF_FIELD);
        let parts = (Body::from(bytes), Some(form));
        (parts, token)
    } else {
        // A file is not read to look for a field in it: its form's address brings the proof.
        let query = Form::parse(head.uri.query().unwrap_or_default().as_bytes());
        ((body, None), query.text(CSRF_FIELD))
    };
    let (parts, token) = token;
    if !head.headers.contains_key(session::CSRF)
        && let Ok(value) = HeaderValue::try_from(token)
    {
        head.headers.insert(session::CSRF, value);
    }
    Ok(parts)
}

/// Name of the hidden field.
pub(super) const CSRF_FIELD: &str = "csrf";

async fn region_row(web: &Web, access: Option<&Access>, named: Option<&str>) -> Result<Option<RegionRow>, Problem> {
    if let Some(named) = named {
        let Ok(code) = RegionCode::new(named) else { return Ok(None) };
        return Ok(web.app.store.region(&code).await?);
    }
    let Some(access) = access else { return Ok(None) };
    let held: Vec<&RegionCode> = access.caller.grants.list().iter().filter_map(|grant| grant.region()).collect();
    match held.first() {
        Some(code) => Ok(web.app.store.region(code).await?),
        None => Ok(web.app.store.regions().await?.into_iter().next()),
    }
}

/// Lets a visitor through to a page, leads them to the sign-in page, or says why not.
pub(super) async fn guard(
    State((web, action)): State<(Web, Option<Action>)>,
    address: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let (mut head, body) = request.into_parts();
    let look = Look::of(&head.uri, &head.headers);
    let mut visit = Visit { look, access: None, region: None };
    let mut response = match pass(&web, action, address, &params, &mut head, body, &mut visit).await {
        Ok((request, rotated)) => {
            let mut response = next.run(request).await;
            if let Some(secret) = rotated
                && !response.headers().contains_key(header::SET_COOKIE)
            {
                response.headers_mut().append(header::SET_COOKIE, session::cookie(&secret));
            }
            response
        }
        Err(Refused::Page(response)) => *response,
        Err(Refused::Problem(problem)) => axum::response::IntoResponse::into_response(problem),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problems::page(&visit, problem, response);
    }
    seal(&mut response);
    response
}

enum Refused {
    /// With something better than an error page.
    Page(Box<Response>),
    Problem(Problem),
}

impl<P: Into<Problem>> From<P> for Refused {
    fn from(problem: P) -> Self {
        Self::Problem(problem.into())
    }
}

async fn pass(
    web: &Web,
    action: Option<Action>,
    address: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    params: &RawPathParams,
    head: &mut Parts,
    body: Body,
    visit: &mut Visit,
) -> Result<(Request, Option<String>), Refused> {
    web.gate.check_rate(address.map(|info| info.0.0.ip()))?;
    let writes = !head.method.is_safe();
    if writes {
        // Before anything is read or kept: another site's form is not ours to repeat.
        session::check_site(&head.headers)?;
    }
    let (body, form) = if writes { form_of(head, body).await? } else { (body, None) };
    // A public page reads the cookie only to show who is there; its forms prove their origin by the browser's word.
    let method = if action.is_some() { &head.method } else { &Method::GET };
    let recognised = recognise(web, method, &head.headers).await;
    let (caller, rotated) = match (recognised, action) {
        (Ok((caller, rotated)), _) => (Some(caller), rotated),
        (Err(_), None) => (None, None),
        (Err(problem), Some(_)) => return Err(turn_back(web, problem, head, form, visit).await),
    };
    let named = region_of(params);
    if let Some(caller) = caller {
        let scope = match action {
            Some(action) => scope(&caller.grants, action, named),
            None => Ok(veche_domain::access::Scope::Region),
        };
        let access = Access::new(caller, scope.as_ref().ok().cloned(), request_id(&head.headers));
        // What may not be known of is not named around the page that says so, either.
        let shown = if scope.is_ok() { named } else { None };
        visit.region = region_row(web, Some(&access), shown).await?;
        visit.access = Some(access.clone());
        scope?;
        head.extensions.insert(access);
    } else {
        visit.region = region_row(web, None, named).await?;
    }
    if action.is_some() && named.is_some() && visit.region.is_none() {
        return Err(Problem::unknown("this region is none of this host").into());
    }
    head.extensions.insert(visit.clone());
    let mut parts = Request::new(body);
    *parts.method_mut() = head.method.clone();
    *parts.uri_mut() = head.uri.clone();
    *parts.headers_mut() = head.headers.clone();
    *parts.extensions_mut() = std::mem::take(&mut head.extensions);
    Ok((parts, rotated))
}

/// Nobody is signed in, or the form is of an earlier session: to sign in and come back, with what was typed.
async fn turn_back(web: &Web, problem: Problem, head: &Parts, form: Option<Form>, visit: &mut Visit) -> Refused {
    let over = problem.status == StatusCode::UNAUTHORIZED.as_u16();
    if let Some(form) = form {
        // A form of an earlier session: whoever is here now is asked whether to send it.
        if let Ok((caller, _)) = recognise(web, &Method::GET, &head.headers).await {
            visit.access = Some(Access::new(caller, None, request_id(&head.headers)));
            visit.region = region_row(web, visit.access.as_ref(), None).await.ok().flatten();
        }
        return match keep(visit, &Kept::new(head.uri.path(), &form), web.oidc.is_some()) {
            Ok(response) => Refused::Page(Box::new(response)),
            Err(problem) => Refused::Problem(problem),
        };
    }
    if !over {
        return Refused::Problem(problem);
    }
    let wanted = if head.method.is_safe() { visit.look.path.clone() } else { "/".to_owned() };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", &wanted).finish();
    let path = format!("/sign-in?{query}");
    let mut response = go(&path, None);
    if visit.look.partial {
        // htmx follows a redirect by itself and would put the sign-in page into a part of this one.
        response = axum::response::IntoResponse::into_response(StatusCode::UNAUTHORIZED);
        let target = HeaderValue::try_from("/sign-in").unwrap_or_else(|_| HeaderValue::from_static("/"));
        response.headers_mut().insert("hx-redirect", target);
    }
    Refused::Page(Box::new(response))
}
