//! Releases of a region by plug-in: what there is, upload, who owns the names.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use veche_app::AppError;
use veche_app::sandbox::Inspection;
use veche_app::store::{REGION_OWNER, ReleaseRow, StoreError};
use veche_domain::access::Action;
use veche_domain::code::Digest;
use veche_domain::decision::Permission;

use super::texts;
use super::upload::{Upload, led};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::{Page, Visit};
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET", "/regions/{region}/releases", Action::ReadRules, get(list)),
        guarded("POST", "/regions/{region}/releases", Action::UploadRelease, post(upload)),
        guarded("POST", "/regions/{region}/plugin-owners/{name}", Action::GivePluginName, post(give)),
    ]
}

/// A release in a list.
pub(in crate::pages) struct ReleaseLine {
    pub(in crate::pages) digest: Digest,
    pub(in crate::pages) plugin: String,
    pub(in crate::pages) version: String,
    pub(in crate::pages) title: String,
    pub(in crate::pages) kinds: Vec<String>,
    /// Whether it asks for applicants' data.
    pub(in crate::pages) sees_people: bool,
    pub(in crate::pages) at: DateTime<Utc>,
    pub(in crate::pages) by: String,
    pub(in crate::pages) signed_by: Option<String>,
    pub(in crate::pages) yanked: bool,
    /// Whether the active ruleset binds it.
    pub(in crate::pages) active: bool,
}

impl ReleaseLine {
    pub(in crate::pages) fn of(visit: &Visit, row: &ReleaseRow, active: &BTreeSet<Digest>) -> Self {
        let lang = visit.lang();
        let inspection = serde_json::from_value::<Inspection>(row.inspection.clone()).ok();
        let inspected = inspection.as_ref();
        Self {
            digest: row.digest,
            plugin: row.plugin.to_string(),
            version: row.version.clone(),
            title: inspected.map(|i| texts::localized(lang, &i.title)).unwrap_or_default(),
            kinds: inspected.map(|i| i.kinds.iter().map(|k| texts::kind(lang, *k)).collect()).unwrap_or_default(),
            sees_people: inspected.is_some_and(|i| i.permissions.contains(&Permission::Applicant)),
            at: row.uploaded_at,
            by: texts::actor(lang, Some(row.uploaded_by.as_deref().unwrap_or(REGION_OWNER))),
            signed_by: row.signed_by.clone(),
            yanked: row.yanked.is_some(),
            active: active.contains(&row.digest),
        }
    }
}

/// A plug-in with its releases, newest first.
struct Plugin {
    name: String,
    title: String,
    owner: String,
    /// As the form of the owner takes it.
    owner_code: String,
    releases: Vec<ReleaseLine>,
}

#[derive(Template)]
#[template(path = "admin/releases.html")]
struct ReleasesPage {
    page: Page,
    plugins: Vec<Plugin>,
    may_upload: bool,
    may_give: bool,
    fault: String,
    fault_code: bool,
}

/// Digests that the active ruleset binds.
pub(in crate::pages) async fn bound(web: &Web, visit: &Visit) -> Result<BTreeSet<Digest>, Problem> {
    Ok(match visit.region()?.ruleset {
        Some(active) => web.app.rules.ruleset(&active).await?.bindings.iter().map(|b| b.release).collect(),
        None => BTreeSet::new(),
    })
}

async fn page(web: &Web, visit: &Visit) -> Result<ReleasesPage, Problem> {
    let region = visit.region_code()?;
    let active = bound(web, visit).await?;
    let owners: BTreeMap<String, String> =
        web.app.store.plugin_owners(region).await?.into_iter().map(|o| (o.plugin, o.owner)).collect();
    let mut plugins: Vec<Plugin> = Vec::new();
    for row in web.app.store.releases(region).await? {
        let line = ReleaseLine::of(visit, &row, &active);
        match plugins.iter_mut().find(|plugin| plugin.name == line.plugin) {
            Some(plugin) => plugin.releases.push(line),
            None => {
                let owner_code = owners.get(&line.plugin).cloned().unwrap_or_default();
                plugins.push(Plugin {
                    name: line.plugin.clone(),
                    title: line.title.clone(),
                    owner: texts::actor(visit.lang(), Some(&owner_code)),
                    owner_code,
                    releases: vec![line],
                });
            }
        }
    }
    plugins.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(ReleasesPage {
        page: visit.page("admin-releases-title"),
        plugins,
        may_upload: visit.may(Action::UploadRelease).is_some(),
        may_give: visit.may(Action::GivePluginName).is_some(),
        fault: String::new(),
        fault_code: false,
    })
}

async fn list(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    visit.html(&page(&web, &visit).await?)
}

async fn upload(
    State(web): State<Web>,
    visit: Visit,
    headers: HeaderMap,
    form: Multipart,
) -> Result<Response, Problem> {
    let upload = Upload::read(form).await?;
    let again = async |fault: String, fault_code: bool| {
        let page = ReleasesPage { fault, fault_code, ..page(&web, &visit).await? };
        visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
    };
    if upload.bytes.is_empty() {
        return again(visit.lang().t("admin-upload-nothing"), false).await;
    }
    if !upload.bytes.starts_with(b"\0asm") {
        let fault = visit.lang().with("admin-upload-not-wasm", &[("file", upload.file_name.clone().into())]);
        return again(fault, false).await;
    }
    let (app, region, access) = (web.app.clone(), visit.region_code()?.clone(), visit.access()?.clone());
    // A compilation may take longer than a request may: it goes on, and a repeated upload finds the release.
    let work = tokio::spawn(async move {
        let (engine, actor) = (app.rules.engine(), access.actor());
        let owner = Some(access.caller.name.as_str());
        veche_app::releases::upload(&app.store, engine, &region, upload.bytes, &actor, owner).await
    });
    match work.await.map_err(|_| AppError::Stopped)? {
        Ok((inspection, new)) => {
            let said = if new { "admin-upload-done" } else { "admin-upload-known" };
            let release = format!("/regions/{}/releases/{}", visit.region_code()?, inspection.digest);
            Ok(led(&headers, visit.go(&release, said)))
        }
        Err(AppError::Store(StoreError::Owned { .. })) => again(visit.lang().t("admin-upload-owned"), false).await,
        Err(error @ (AppError::Sandbox(_) | AppError::Invalid { .. })) => again(error.to_string(), true).await,
        Err(error) => Err(error.into()),
    }
}

async fn give(
    State(web): State<Web>,
    visit: Visit,
    Path((_, name)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let region = visit.region_code()?;
    let list = format!("/regions/{region}/releases");
    let owner = form.text("owner");
    // A login is what people know; `token:…` and `region` stand as they are.
    let owner = if owner.contains(':') || owner == REGION_OWNER { owner } else { format!("account:{owner}") };
    match veche_app::releases::give(&web.app, region, &name, &owner, &visit.access()?.actor()).await {
        Ok(()) => Ok(visit.go(&list, "admin-owner-given")),
        Err(AppError::Invalid { .. }) => Ok(visit.go_warned(&list, "admin-owner-unknown")),
        Err(error) => Err(error.into()),
    }
}
