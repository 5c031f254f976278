//! Datasets: versions by name, and the upload of another.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use veche_app::{AppError, datasets};
use veche_domain::access::Action;
use veche_domain::code::{DatasetName, Digest};

use super::texts;
use super::upload::{Upload, led};
use crate::Web;
use crate::pages::form::Wrong;
use crate::pages::visit::{Page, Visit};
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET", "/regions/{region}/datasets", Action::ReadRules, get(list)),
        guarded("POST", "/regions/{region}/datasets", Action::UploadDataset, post(upload)),
    ]
}

struct Version {
    digest: Digest,
    columns: String,
    rows: i64,
    size: String,
    by: String,
    at: DateTime<Utc>,
    active: bool,
}

struct Dataset {
    name: String,
    shape: String,
    versions: Vec<Version>,
}

#[derive(Template)]
#[template(path = "admin/datasets.html")]
struct DatasetsPage {
    page: Page,
    datasets: Vec<Dataset>,
    may_upload: bool,
    name: String,
    shapes: Vec<(&'static str, String, bool)>,
    most: String,
    wrong: Wrong,
    detail: String,
}

async fn page(web: &Web, visit: &Visit) -> Result<DatasetsPage, Problem> {
    let (lang, region) = (visit.lang(), visit.region()?);
    let active: BTreeSet<Digest> = match region.ruleset {
        Some(digest) => {
            let ruleset = web.app.rules.ruleset(&digest).await?;
            ruleset.bindings.iter().flat_map(|b| b.datasets.values().copied()).collect()
        }
        None => BTreeSet::new(),
    };
    let mut all: Vec<Dataset> = Vec::new();
    for row in web.app.store.datasets(&region.region.code).await? {
        let version = Version {
            digest: row.digest,
            columns: row.columns.join(", "),
            rows: row.rows,
            size: texts::bytes(lang, u64::try_from(row.size).unwrap_or(0)),
            by: texts::actor(lang, row.uploaded_by.as_deref()),
            at: row.created_at,
            active: active.contains(&row.digest),
        };
        match all.iter_mut().find(|dataset| dataset.name == row.name) {
            Some(dataset) => dataset.versions.push(version),
            None => {
                all.push(Dataset { name: row.name, shape: texts::shape(lang, &row.shape), versions: vec![version] })
            }
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(DatasetsPage {
        page: visit.page("admin-datasets-title"),
        datasets: all,
        may_upload: visit.may(Action::UploadDataset).is_some(),
        name: String::new(),
        shapes: shapes(visit, "table"),
        most: texts::bytes(lang, datasets::SIZE_LIMIT as u64),
        wrong: Wrong::default(),
        detail: String::new(),
    })
}

fn shapes(visit: &Visit, chosen: &str) -> Vec<(&'static str, String, bool)> {
    ["table", "polygons", "blob"].map(|code| (code, texts::shape(visit.lang(), code), code == chosen)).to_vec()
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
    let (lang, region) = (visit.lang(), visit.region_code()?);
    let (name, shape) = (upload.text("name").to_owned(), upload.text("shape").to_owned());
    let mut wrong = Wrong::default();
    if DatasetName::new(&name).is_err() {
        wrong.note("name", lang.t("admin-dataset-name-wrong"));
    }
    if upload.bytes.is_empty() {
        wrong.note("file", lang.t("admin-upload-nothing"));
    }
    let mut detail = String::new();
    if wrong.is_empty() {
        let actor = visit.access()?.actor();
        match datasets::upload(&web.app.store, region, &name, &shape, upload.bytes, &actor).await {
            Ok((_, new)) => {
                let said = if new { "admin-dataset-done" } else { "admin-dataset-known" };
                return Ok(led(&headers, visit.go(&format!("/regions/{region}/datasets"), said)));
            }
            Err(AppError::Invalid { reason, .. }) => {
                wrong.note("file", lang.t("admin-dataset-unread"));
                detail = reason;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let shown = DatasetsPage { name, shapes: shapes(&visit, &shape), wrong, detail, ..page(&web, &visit).await? };
    visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}
