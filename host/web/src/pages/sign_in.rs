//! Signing in and out, and going on with a form that was kept meanwhile.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::Utc;
use serde::Deserialize;
use veche_app::{AppError, accounts};
use veche_domain::access::Action;

use super::form::Form;
use super::keep::{Kept, is_own_path, keep};
use super::visit::{Page, Visit, go};
use super::{PageRoute, guarded, public};
use crate::guard::{Access, Caller, request_id};
use crate::problem::Problem;
use crate::{Web, session};

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        public("GET POST", "/sign-in", get(show).post(sign_in)),
        public("POST", "/kept", post(go_on)),
        guarded("POST", "/sign-out", Action::UseOwnAccount, post(sign_out)),
    ]
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    page: Page,
    return_to: String,
    login: String,
    wrong: String,
    oidc: bool,
    /// A form that waits, as two fields.
    kept: Option<(String, String)>,
}

#[derive(Deserialize)]
struct Wish {
    return_to: Option<String>,
}

fn wanted(path: Option<String>) -> String {
    path.filter(|path| is_own_path(path)).unwrap_or_else(|| "/".to_owned())
}

async fn show(State(web): State<Web>, visit: Visit, Query(wish): Query<Wish>) -> Result<Response, Problem> {
    let return_to = wanted(wish.return_to);
    if visit.access.is_some() {
        return Ok(go(&return_to, None));
    }
    let page = visit.page("sign-in-title");
    let oidc = web.oidc.is_some();
    visit.html(&SignInPage { page, return_to, login: String::new(), wrong: String::new(), oidc, kept: None })
}

async fn sign_in(State(web): State<Web>, visit: Visit, headers: HeaderMap, form: Form) -> Result<Response, Problem> {
    let (login, return_to) = (form.text("login"), wanted(form.given("return_to")));
    let kept = Kept::of(&form);
    let signed =
        accounts::sign_in(&web.app.store, &login, form.exact("password"), request_id(&headers), Utc::now()).await;
    let signed = match signed {
        Ok(signed) => signed,
        Err(error @ (AppError::SignIn | AppError::Locked { .. })) => {
            let (status, wrong) = match error {
                AppError::Locked { seconds } => {
                    let minutes = seconds.div_euclid(60) + 1;
                    let text = visit.lang().with("sign-in-locked", &[("count", minutes.into())]);
                    (StatusCode::TOO_MANY_REQUESTS, text)
                }
                _ => (StatusCode::UNAUTHORIZED, visit.lang().t("sign-in-wrong")),
            };
            let kept = kept.map(|kept| (kept.path.clone(), kept.packed()));
            let page = visit.page("sign-in-title");
            let oidc = web.oidc.is_some();
            return visit.html_with(status, &SignInPage { page, return_to, login, wrong, oidc, kept });
        }
        Err(error) => return Err(error.into()),
    };
    let cookie = session::cookie(&signed.secret);
    let mut response = match kept {
        None => go(&return_to, None),
        Some(kept) => {
            // The session is new: who it is, is known only to the next request, and to the page of the kept form.
            let present =
                accounts::present(&web.app.store, &signed.secret, Utc::now()).await?.ok_or(AppError::SignIn)?;
            let caller = Caller {
                name: format!("account:{}", present.account.login),
                grants: present.account.grants.clone(),
                session: Some((present.session, present.account)),
            };
            let visit = Visit { access: Some(Access::new(caller, None, None)), ..visit };
            keep(&visit, &kept, false)?
        }
    };
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The person signed in elsewhere, at the provider or in another tab, and goes on with the form.
async fn go_on(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let kept = Kept::of(&form).ok_or_else(|| Problem::invalid("no form is kept here: begin again"))?;
    keep(&visit, &kept, web.oidc.is_some())
}

async fn sign_out(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    let mut response = go("/sign-in", Some(("done", "sign-in-signed-out")));
    if let Some((session, account)) = &visit.access()?.caller.session {
        web.app.store.end_session(session.id).await?;
        if let (Some(_), Some(provider)) = (&account.identity, &web.oidc)
            && let Some(url) = provider.sign_out_url(Utc::now()).await
            && let Ok(url) = HeaderValue::try_from(url)
        {
            response.headers_mut().insert(header::LOCATION, url);
        }
    }
    response.headers_mut().append(header::SET_COOKIE, session::gone());
    Ok(response)
}
