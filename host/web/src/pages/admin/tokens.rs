//! API tokens of the region: made, shown once, revoked.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use uuid::Uuid;
use veche_app::{AppError, accounts};
use veche_domain::access::Action;

use super::access::{RoleField, grant_words, is_theirs, read_grants, role_fields, typed_grants};
use super::{id_of, texts};
use crate::Web;
use crate::pages::form::{Form, Wrong};
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET POST", "/regions/{region}/tokens", Action::ManageAccounts, get(list).post(create)),
        guarded("POST", "/regions/{region}/tokens/{id}/revoke", Action::ManageAccounts, post(revoke)),
    ]
}

struct Line {
    id: Uuid,
    name: String,
    grants: Vec<String>,
    by: String,
    at: DateTime<Utc>,
    expires: DateTime<Utc>,
    used: Option<DateTime<Utc>>,
    revoked: bool,
    expired: bool,
}

#[derive(Template)]
#[template(path = "admin/tokens.html")]
struct TokensPage {
    page: Page,
    tokens: Vec<Line>,
    /// The secret of a token that was just made.
    made: String,
    name: String,
    days: String,
    roles: Vec<RoleField>,
    wrong: Wrong,
}

async fn page(web: &Web, visit: &Visit, form: &Form, wrong: Wrong, made: String) -> Result<TokensPage, Problem> {
    let (lang, region, access) = (visit.lang(), visit.region()?, visit.access()?);
    let code = &region.region.code;
    let dictionaries = web.app.rules.dictionaries(&region.dictionaries).await?;
    let names = Names { dictionaries: &dictionaries, lang };
    let now = Utc::now();
    let mut tokens = web.app.store.tokens().await?;
    tokens.retain(|token| {
        let here = token.grants.list().iter().any(|grant| grant.region().is_none_or(|own| own == code));
        here && is_theirs(access, &token.grants)
    });
    tokens.sort_by_key(|token| (token.revoked_at.is_some(), std::cmp::Reverse(token.created_at)));
    let line = |token: veche_app::store::TokenRow| Line {
        id: token.id,
        grants: token.grants.list().iter().map(|grant| grant_words(&names, grant)).collect(),
        by: texts::actor(lang, Some(&token.created_by)),
        at: token.created_at,
        expires: token.expires_at,
        used: token.last_used_at,
        revoked: token.revoked_at.is_some(),
        expired: token.expires_at <= now,
        name: token.name,
    };
    Ok(TokensPage {
        page: visit.page("admin-tokens-title"),
        tokens: tokens.into_iter().map(line).collect(),
        name: if made.is_empty() { form.text("name") } else { String::new() },
        days: form.given("days").unwrap_or_else(|| "90".into()),
        roles: role_fields(visit, &names, &typed_grants(form, code.as_str()))?,
        made,
        wrong,
    })
}

async fn list(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    visit.html(&page(&web, &visit, &Form::default(), Wrong::default(), String::new()).await?)
}

async fn create(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let (lang, region) = (visit.lang(), visit.region_code()?);
    let mut wrong = Wrong::default();
    match read_grants(&visit, &typed_grants(&form, region.as_str())) {
        Err(text) => wrong.note("grants", text),
        Ok(grants) => {
            let days = form.text("days").parse().unwrap_or(0);
            let (store, actor) = (&web.app.store, visit.access()?.actor());
            match accounts::create_token(store, &form.text("name"), &grants, days, &actor, Utc::now()).await {
                // Shown on this page alone: nothing keeps the secret.
                Ok((_, secret)) => return visit.html(&page(&web, &visit, &Form::default(), wrong, secret).await?),
                Err(AppError::Invalid { field: "days", .. }) => wrong.note("days", lang.t("admin-token-days-wrong")),
                Err(AppError::Invalid { .. }) => wrong.note("name", lang.t("admin-name-wrong")),
                Err(error) => return Err(error.into()),
            }
        }
    }
    visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page(&web, &visit, &form, wrong, String::new()).await?)
}

async fn revoke(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (region, id) = (visit.region_code()?, id_of(&id, "token")?);
    let access = visit.access()?;
    let tokens = web.app.store.tokens().await?;
    let token = tokens.iter().find(|token| token.id == id && is_theirs(access, &token.grants));
    let token = token.ok_or_else(|| Problem::unknown("this token is unknown, or not yours to manage"))?;
    web.app.store.revoke_token(token, &access.actor()).await?;
    Ok(visit.go(&format!("/regions/{region}/tokens"), "admin-token-revoked"))
}
