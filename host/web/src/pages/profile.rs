//! One's own account: language, theme, password, sessions.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::Utc;
use veche_app::store::AccountChange;
use veche_app::{AppError, accounts};
use veche_domain::access::{Action, Role};

use super::form::Form;
use super::keep::is_own_path;
use super::messages::Lang;
use super::visit::{Page, Theme, Visit, choose, go};
use super::{PageRoute, guarded, public};
use crate::problem::Problem;
use crate::{Web, session};

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        public("POST", "/preferences", post(preferences)),
        guarded("GET", "/profile", Action::UseOwnAccount, get(show)),
        guarded("POST", "/profile/password", Action::UseOwnAccount, post(change_password)),
        guarded("POST", "/profile/sign-out-everywhere", Action::UseOwnAccount, post(sign_out_everywhere)),
    ]
}

/// What one is somewhere.
struct Held {
    role: String,
    region: String,
    blocks: String,
}

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    page: Page,
    login: String,
    held: Vec<Held>,
    /// Whether the password is kept here.
    local: bool,
    wrong: String,
}

fn page(visit: &Visit, wrong: String) -> Result<ProfilePage, Problem> {
    let access = visit.access()?;
    let account = access.caller.session.as_ref().map(|(_, account)| account);
    let held = access.caller.grants.list().iter().map(|grant| {
        // The text of a grant, `role@region/blocks`, is the only place that names its blocks.
        let text = grant.to_string();
        let place = text.split_once('@').map_or("", |(_, place)| place);
        let (region, blocks) = place.split_once('/').unwrap_or((place, ""));
        Held {
            role: role_name(visit.lang(), grant.role()),
            region: if region == "*" { visit.lang().t("profile-everywhere") } else { region.to_owned() },
            blocks: blocks.replace(',', ", "),
        }
    });
    Ok(ProfilePage {
        held: held.collect(),
        login: account.map(|account| account.login.clone()).unwrap_or_default(),
        local: account.is_some_and(|account| account.password.is_some()),
        page: visit.page("profile-title"),
        wrong,
    })
}

/// What a role is called.
pub(super) fn role_name(lang: Lang, role: Role) -> String {
    lang.t(&format!("role-{}", role.as_str().replace('_', "-")))
}

async fn show(visit: Visit) -> Result<Response, Problem> {
    visit.html(&page(&visit, String::new())?)
}

/// Language and theme; without a session too.
async fn preferences(form: Form) -> Response {
    let lang = form.given("language").as_deref().and_then(Lang::from_code);
    let theme = form.given("theme").as_deref().and_then(Theme::from_code);
    let own = form.given("return_to").filter(|path| is_own_path(path));
    let mut response = go(own.as_deref().unwrap_or("/"), None);
    for (name, value) in choose(lang, theme) {
        response.headers_mut().append(name, value);
    }
    response
}

async fn change_password(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let access = visit.access()?;
    let Some((_, account)) = &access.caller.session else {
        return Err(Problem::invalid("an API token has no password: revoke the token instead"));
    };
    let (old, new) = (form.exact("old_password"), form.exact("new_password"));
    let again = |wrong: String| visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page(&visit, wrong)?);
    if new != form.exact("new_password_again") {
        return again(visit.lang().t("profile-password-differs"));
    }
    let actor = access.actor();
    let changed = async {
        accounts::check_own_password(&web.app.store, account, old, &actor, Utc::now()).await?;
        let password = Some(accounts::hash_password(new, &account.login).await?);
        let account = web.app.store.account(account.id).await?.ok_or(AppError::SignIn)?;
        let change = AccountChange { password, ..AccountChange::default() };
        accounts::change(&web.app.store, &account, &change, &actor).await
    };
    match changed.await {
        Ok(_) => {
            let mut response = go("/sign-in", Some(("done", "profile-password-changed")));
            response.headers_mut().append(header::SET_COOKIE, session::gone());
            Ok(response)
        }
        Err(AppError::SignIn) => again(visit.lang().t("profile-password-old-wrong")),
        Err(AppError::Invalid { field: "password", .. }) => again(visit.lang().t("profile-password-weak")),
        Err(error) => Err(error.into()),
    }
}

async fn sign_out_everywhere(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    let access = visit.access()?;
    if let Some((_, account)) = &access.caller.session {
        web.app.store.end_sessions(account, &access.actor()).await?;
    }
    let mut response = go("/sign-in", Some(("done", "profile-signed-out-everywhere")));
    response.headers_mut().append(header::SET_COOKIE, session::gone());
    Ok(response)
}
