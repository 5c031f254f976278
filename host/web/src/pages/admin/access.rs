//! Accounts of the region: who may do what, made and changed by whoever could have given it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};
use veche_app::store::{AccountChange, AccountRow, StoreError};
use veche_app::{AppError, accounts};
use veche_domain::access::{AccessError, Action, Grant, Grants, Role};

use crate::Web;
use crate::guard::Access;
use crate::pages::form::{Form, Wrong};
use crate::pages::messages::Lang;
use crate::pages::profile::role_name;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET POST", "/regions/{region}/accounts", Action::ManageAccounts, get(list).post(create)),
        guarded("GET POST", "/regions/{region}/accounts/{login}", Action::ManageAccounts, get(edit).post(change)),
    ]
}

/// Whether the caller may see and change what holds these grants.
pub(super) fn is_theirs(access: &Access, grants: &Grants) -> bool {
    grants.list().iter().all(|grant| access.caller.grants.may_give(grant))
}

/// A grant in words: the role, and its blocks.
pub(super) fn grant_words(names: &Names<'_>, grant: &Grant) -> String {
    let text = grant.to_string();
    let blocks = text.split_once('/').map_or("", |(_, blocks)| blocks);
    let role = role_name(names.lang, grant.role());
    if blocks.is_empty() {
        return role;
    }
    let named = |code: &str| {
        veche_domain::code::BlockCode::new(code).map_or_else(|_| code.to_owned(), |code| names.block(&code))
    };
    format!("{role}: {}", blocks.split(',').map(named).collect::<Vec<_>>().join(", "))
}

/// A role that can be given here.
pub(super) struct RoleField {
    pub(super) code: &'static str,
    pub(super) name: String,
    pub(super) set: bool,
    pub(super) takes_blocks: bool,
    /// Code, name, whether it is set.
    pub(super) blocks: Vec<(String, String, bool)>,
}

/// Roles that the caller may give in the region, with those of `held` set.
pub(super) fn role_fields(visit: &Visit, names: &Names<'_>, held: &[String]) -> Result<Vec<RoleField>, Problem> {
    let (region, access) = (visit.region_code()?, visit.access()?);
    let mut fields = Vec::new();
    for (role, code, _) in Role::ALL {
        let takes_blocks = matches!(role, Role::Operator | Role::BlockLead);
        let Some(sample) = sample_grant(role, region.as_str(), names) else { continue };
        if !access.caller.grants.may_give(&sample) {
            continue;
        }
        let own = held.iter().find_map(|text| {
            let (own, place) = text.split_once('@')?;
            let (place, blocks) = place.split_once('/').unwrap_or((place, ""));
            (own == code && place == region.as_str()).then(|| blocks.split(',').map(str::to_owned).collect::<Vec<_>>())
        });
        let blocks = if takes_blocks { names.blocks() } else { Vec::new() };
        let is_set = |block: &String| own.as_ref().is_some_and(|own| own.contains(block));
        fields.push(RoleField {
            code,
            name: role_name(names.lang, role),
            set: own.is_some(),
            takes_blocks,
            blocks: blocks
                .into_iter()
                .map(|(code, name)| {
                    let set = is_set(&code);
                    (code, name, set)
                })
                .collect(),
        });
    }
    Ok(fields)
}

/// A grant of a role in a region, to ask whether it may be given; none for a role of the whole host.
fn sample_grant(role: Role, region: &str, names: &Names<'_>) -> Option<Grant> {
    let text = match role {
        Role::HostAdministrator => return None,
        Role::BlockLead => format!("{}@{region}/{}", role.as_str(), names.blocks().first()?.0),
        _ => format!("{}@{region}", role.as_str()),
    };
    text.parse().ok()
}

/// Grants of the form as they are written: roles of this region that were set, with their blocks.
pub(super) fn typed_grants(form: &Form, region: &str) -> Vec<String> {
    let written = |role: &str| {
        let blocks: Vec<&str> =
            form.all("block").filter_map(|text| text.strip_prefix(role)?.strip_prefix('/')).collect();
        let place = format!("{role}@{region}");
        if blocks.is_empty() { place } else { format!("{place}/{}", blocks.join(",")) }
    };
    form.all("role").map(written).collect()
}

/// What is wrong with grants, in words.
pub(super) fn grants_wrong(lang: Lang, error: &AccessError) -> String {
    match error {
        AccessError::Nothing => lang.t("admin-grants-nothing"),
        AccessError::NeedsBlocks { .. } => lang.t("admin-grants-needs-blocks"),
        AccessError::Apart(a, b) => {
            let name = |code: &str| Role::from_code(code).map_or_else(|| code.to_owned(), |role| role_name(lang, role));
            lang.with("admin-grants-apart", &[("one", name(a).into()), ("other", name(b).into())])
        }
        other => other.to_string(),
    }
}

/// Reads grants; what is wrong with them.
pub(super) fn read_grants(visit: &Visit, texts: &[String]) -> Result<Grants, String> {
    let lang = visit.lang();
    let parsed = texts.iter().map(|text| text.parse::<Grant>()).collect::<Result<Vec<_>, _>>();
    let grants = parsed.and_then(Grants::new).map_err(|error| grants_wrong(lang, &error))?;
    let access = visit.access().map_err(|problem| problem.detail)?;
    if is_theirs(access, &grants) { Ok(grants) } else { Err(lang.t("admin-grants-not-yours")) }
}

struct Line {
    login: String,
    name: String,
    grants: Vec<String>,
    disabled: bool,
    locked: bool,
    elsewhere: bool,
    at: DateTime<Utc>,
    /// Whether it is the visitor's own.
    own: bool,
}

#[derive(Template)]
#[template(path = "admin/accounts.html")]
struct AccountsPage {
    page: Page,
    accounts: Vec<Line>,
    login: String,
    name: String,
    roles: Vec<RoleField>,
    wrong: Wrong,
}

/// Whether an account belongs on the page of the region: it holds something in it, or is the whole host's.
fn is_here(grants: &Grants, region: &veche_domain::code::RegionCode) -> bool {
    grants.list().iter().any(|grant| grant.region().is_none_or(|own| own == region))
}

async fn list_page(web: &Web, visit: &Visit, form: &Form, wrong: Wrong) -> Result<AccountsPage, Problem> {
    let (lang, region, access) = (visit.lang(), visit.region()?, visit.access()?);
    let dictionaries = web.app.rules.dictionaries(&region.dictionaries).await?;
    let names = Names { dictionaries: &dictionaries, lang };
    let own = access.caller.session.as_ref().map(|(_, account)| account.id);
    let now = Utc::now();
    let line = |account: AccountRow| Line {
        grants: account.grants.list().iter().map(|grant| grant_words(&names, grant)).collect(),
        locked: account.locked_until.is_some_and(|until| until > now),
        elsewhere: account.identity.is_some(),
        own: own == Some(account.id),
        login: account.login,
        name: account.name,
        disabled: account.disabled,
        at: account.created_at,
    };
    let all = web.app.store.accounts().await?;
    let here = all.into_iter().filter(|a| is_theirs(access, &a.grants) && is_here(&a.grants, &region.region.code));
    Ok(AccountsPage {
        page: visit.page("admin-accounts-title"),
        accounts: here.map(line).collect(),
        login: form.text("login"),
        name: form.text("name"),
        roles: role_fields(visit, &names, &typed_grants(form, region.region.code.as_str()))?,
        wrong,
    })
}

async fn list(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    visit.html(&list_page(&web, &visit, &Form::default(), Wrong::default()).await?)
}

async fn create(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let (lang, region) = (visit.lang(), visit.region_code()?);
    let mut wrong = Wrong::default();
    let (login, name, password) = (form.text("login"), form.text("name"), form.exact("password"));
    let grants = read_grants(&visit, &typed_grants(&form, region.as_str()));
    if let Err(text) = &grants {
        wrong.note("grants", text.clone());
    }
    if let Ok(grants) = grants {
        match accounts::create(&web.app.store, &login, &name, password, grants, &visit.access()?.actor()).await {
            Ok(_) => return Ok(visit.go(&format!("/regions/{region}/accounts"), "admin-account-made")),
            Err(AppError::Invalid { field: "login", .. }) => wrong.note("login", lang.t("admin-login-wrong")),
            Err(AppError::Invalid { field: "name", .. }) => wrong.note("name", lang.t("admin-name-wrong")),
            Err(AppError::Invalid { field: "password", .. }) => wrong.note("password", lang.t("profile-password-weak")),
            Err(AppError::Store(StoreError::Conflict { .. })) => wrong.note("login", lang.t("admin-login-taken")),
            Err(error) => return Err(error.into()),
        }
    }
    visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &list_page(&web, &visit, &form, wrong).await?)
}

#[derive(Template)]
#[template(path = "admin/account.html")]
struct AccountPage {
    page: Page,
    login: String,
    name: String,
    version: i64,
    disabled: bool,
    own: bool,
    elsewhere: bool,
    roles: Vec<RoleField>,
    /// Grants of other regions, which stay as they are.
    others: Vec<String>,
    wrong: Wrong,
}

async fn account_of(web: &Web, visit: &Visit, login: &str) -> Result<AccountRow, Problem> {
    let unknown = || Problem::unknown("this account is unknown, or not yours to manage");
    let account = web.app.store.account_by_login(login).await?.ok_or_else(unknown)?;
    let theirs = is_theirs(visit.access()?, &account.grants) && is_here(&account.grants, visit.region_code()?);
    if theirs { Ok(account) } else { Err(unknown()) }
}

fn is_own(visit: &Visit, account: &AccountRow) -> Result<bool, Problem> {
    Ok(visit.access()?.caller.session.as_ref().is_some_and(|(_, own)| own.id == account.id))
}

async fn account_page(
    web: &Web,
    visit: &Visit,
    account: &AccountRow,
    form: Option<&Form>,
    wrong: Wrong,
) -> Result<AccountPage, Problem> {
    let region = visit.region()?;
    let code = &region.region.code;
    let dictionaries = web.app.rules.dictionaries(&region.dictionaries).await?;
    let names = Names { dictionaries: &dictionaries, lang: visit.lang() };
    let held: Vec<String> = match form {
        Some(form) => typed_grants(form, code.as_str()),
        None => account.grants.list().iter().map(ToString::to_string).collect(),
    };
    let others = account.grants.list().iter().filter(|grant| grant.region() != Some(code)).map(ToString::to_string);
    Ok(AccountPage {
        page: visit.page_titled(account.login.clone()),
        login: account.login.clone(),
        name: form.map_or_else(|| account.name.clone(), |form| form.text("name")),
        version: account.version,
        disabled: form.map_or(account.disabled, |form| form.is_set("disabled")),
        own: is_own(visit, account)?,
        elsewhere: account.identity.is_some(),
        roles: role_fields(visit, &names, &held)?,
        others: others.collect(),
        wrong,
    })
}

async fn edit(
    State(web): State<Web>,
    visit: Visit,
    Path((_, login)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let account = account_of(&web, &visit, &login).await?;
    visit.html(&account_page(&web, &visit, &account, None, Wrong::default()).await?)
}

async fn change(
    State(web): State<Web>,
    visit: Visit,
    Path((_, login)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let (lang, region) = (visit.lang(), visit.region_code()?);
    let account = account_of(&web, &visit, &login).await?;
    if is_own(&visit, &account)? {
        return Err(Problem::forbidden("nobody changes their own roles: ask another administrator"));
    }
    if form.text("version") != account.version.to_string() {
        let conflict = StoreError::Conflict {
            what: "the account",
            expected: format!("version {}", form.text("version").chars().take(20).collect::<String>()),
            found: format!("version {}", account.version),
        };
        return Err(conflict.into());
    }
    let mut wrong = Wrong::default();
    let mut texts = typed_grants(&form, region.as_str());
    texts.extend(account.grants.list().iter().filter(|g| g.region() != Some(region)).map(ToString::to_string));
    let grants = read_grants(&visit, &texts);
    let password = match form.exact("password") {
        "" => Ok(None),
        typed => accounts::hash_password(typed, &account.login).await.map(Some),
    };
    let password = match password {
        Ok(password) => password,
        Err(AppError::Invalid { .. }) => {
            wrong.note("password", lang.t("profile-password-weak"));
            None
        }
        Err(error) => return Err(error.into()),
    };
    match grants {
        Err(text) => wrong.note("grants", text),
        Ok(grants) if wrong.is_empty() => {
            let name = Some(form.text("name")).filter(|name| *name != account.name);
            let disabled = Some(form.is_set("disabled"));
            let change = AccountChange { name, grants: Some(grants), disabled, password };
            match accounts::change(&web.app.store, &account, &change, &visit.access()?.actor()).await {
                Ok(_) => return Ok(visit.go(&format!("/regions/{region}/accounts"), "admin-account-changed")),
                Err(AppError::Invalid { field: "name", .. }) => wrong.note("name", lang.t("admin-name-wrong")),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(_) => {}
    }
    let page = account_page(&web, &visit, &account, Some(&form), wrong).await?;
    visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
