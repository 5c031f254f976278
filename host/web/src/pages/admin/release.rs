//! One release: what it does, what it may touch, what it may use, who signed it, how its calls went.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use veche_app::sandbox::Inspection;
use veche_app::{AppError, releases};
use veche_domain::access::Action;
use veche_domain::code::{Digest, RegionCode};
use veche_domain::decision::Permission;
use veche_domain::fault::FaultRow;
use veche_domain::lifecycle::SignaturePolicy;
use veche_domain::limits::{LimitKind, LimitsClass, LimitsRequest};

use super::releases::{ReleaseLine, bound};
use super::usage::{Usage, usage};
use super::{digest_of, schema, texts};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::{Page, Visit};
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

/// Faults of the region that are looked through for those of the release, and those that are shown.
const LOOKED_AT: i64 = 1_000;
const SHOWN: usize = 20;

/// Limits that stand on the page at once; the rest can be unfolded.
const FIRST_LIMITS: [LimitKind; 5] =
    [LimitKind::Fuel, LimitKind::Wall, LimitKind::Memory, LimitKind::OutputBytes, LimitKind::HostCalls];

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET", "/regions/{region}/releases/{digest}", Action::ReadRules, get(show)),
        guarded("POST", "/regions/{region}/releases/{digest}/signature", Action::UploadRelease, post(sign)),
        guarded("POST", "/regions/{region}/releases/{digest}/yank", Action::RemoveRelease, post(yank)),
        guarded("POST", "/regions/{region}/releases/{digest}/delete", Action::RemoveRelease, post(delete)),
    ]
}

/// A fault as its author sees it.
pub(in crate::pages) struct FaultLine {
    pub(in crate::pages) at: DateTime<Utc>,
    pub(in crate::pages) binding: String,
    pub(in crate::pages) outcome: String,
    pub(in crate::pages) fault: String,
    pub(in crate::pages) backtrace: Vec<String>,
    pub(in crate::pages) logs: Vec<String>,
    pub(in crate::pages) appeal: String,
}

impl FaultLine {
    pub(in crate::pages) fn of(visit: &Visit, row: FaultRow) -> Self {
        Self {
            at: row.at,
            binding: row.binding.to_string(),
            outcome: texts::outcome(visit.lang(), row.outcome),
            fault: row.fault.unwrap_or_default(),
            backtrace: row.trace.backtrace,
            logs: row.trace.logs,
            appeal: row.appeal.0.to_string(),
        }
    }
}

/// Newest faults of the releases that are wanted; none where the visitor may not read them.
pub(in crate::pages) async fn faults(
    web: &Web,
    visit: &Visit,
    wanted: &(dyn Fn(&Digest) -> bool + Sync),
) -> Result<Option<Vec<FaultLine>>, Problem> {
    if visit.may(Action::ReadFaults).is_none() {
        return Ok(None);
    }
    let rows = web.app.store.faults(visit.region_code()?, None, LOOKED_AT).await?;
    let own = rows.into_iter().filter(|row| wanted(&row.release)).take(SHOWN);
    Ok(Some(own.map(|row| FaultLine::of(visit, row)).collect()))
}

/// A limit under each class.
struct LimitLine {
    name: String,
    code: &'static str,
    values: Vec<String>,
}

struct Dataset {
    name: String,
    shape: String,
    columns: String,
    required: bool,
    description: String,
}

#[derive(Template)]
#[template(path = "admin/release.html")]
struct ReleasePage {
    page: Page,
    line: ReleaseLine,
    summary: String,
    size: String,
    contract: String,
    permissions: Vec<(String, String, bool)>,
    stubs: Vec<String>,
    metadata: Vec<(String, String)>,
    datasets: Vec<Dataset>,
    settings: Vec<schema::Property>,
    raw_schema: String,
    limits: Vec<LimitLine>,
    more_limits: Vec<LimitLine>,
    yanked: String,
    signatures_required: bool,
    used_by: Vec<String>,
    usage: Usage,
    faults: Option<Vec<FaultLine>>,
    may_yank: bool,
    may_sign: bool,
    may_read_appeals: bool,
    wrong: String,
}

fn metadata(visit: &Visit, inspection: &Inspection) -> Vec<(String, String)> {
    let data = &inspection.metadata;
    let fields = [
        ("admin-meta-authors", &data.authors),
        ("admin-meta-licences", &data.licenses),
        ("admin-meta-source", &data.source),
        ("admin-meta-homepage", &data.homepage),
        ("admin-meta-revision", &data.revision),
        ("admin-meta-description", &data.description),
    ];
    let said = |(key, value): (&str, &Option<String>)| value.clone().map(|value| (visit.lang().t(key), value));
    fields.into_iter().filter_map(said).collect()
}

fn limit_lines(web: &Web, visit: &Visit) -> Result<(Vec<LimitLine>, Vec<LimitLine>), Problem> {
    let (lang, ceiling) = (visit.lang(), web.app.rules.engine().ceiling());
    let of = |class: LimitsClass| LimitsRequest { class, ..LimitsRequest::default() }.resolve(ceiling);
    let classes = LimitsClass::ALL.iter().map(|class| of(*class)).collect::<Result<Vec<_>, _>>();
    let classes = classes.map_err(|e| Problem::invalid(e.to_string()))?;
    let line = |kind: &LimitKind| LimitLine {
        name: texts::limit(lang, *kind),
        code: kind.as_str(),
        values: classes.iter().map(|limits| texts::amount(lang, *kind, limits.value(*kind))).collect(),
    };
    let (first, rest): (Vec<&LimitKind>, Vec<&LimitKind>) =
        LimitKind::ALL.iter().partition(|k| FIRST_LIMITS.contains(k));
    Ok((first.into_iter().map(line).collect(), rest.into_iter().map(line).collect()))
}

async fn page(web: &Web, visit: &Visit, digest: &Digest, wrong: String) -> Result<ReleasePage, Problem> {
    let (lang, region) = (visit.lang(), visit.region_code()?);
    let row = releases::find(&web.app, region, digest).await?;
    let inspection: Inspection = serde_json::from_value(row.inspection.clone())
        .map_err(|e| AppError::Stored { what: format!("release {digest}"), reason: e.to_string() })?;
    let active = bound(web, visit).await?;
    let used_by = match visit.region()?.ruleset {
        Some(ruleset) => {
            let ruleset = web.app.rules.ruleset(&ruleset).await?;
            ruleset.bindings.iter().filter(|b| b.release == *digest).map(|b| b.id.to_string()).collect()
        }
        None => Vec::new(),
    };
    let (limits, more_limits) = limit_lines(web, visit)?;
    let line = ReleaseLine::of(visit, &row, &active);
    let policy = web.app.store.rules_policy(region).await?;
    let permission = |p: &Permission| (texts::permission(lang, *p), p.as_str().to_owned(), *p == Permission::Applicant);
    Ok(ReleasePage {
        page: visit.page_titled(format!("{} {}", line.plugin, line.version)).with_charts(),
        summary: texts::localized(lang, &inspection.summary),
        size: texts::bytes(lang, inspection.size as u64),
        contract: inspection.contract.clone(),
        permissions: inspection.permissions.iter().map(permission).collect(),
        stubs: inspection.stubs.clone(),
        metadata: metadata(visit, &inspection),
        datasets: inspection
            .datasets
            .iter()
            .map(|need| Dataset {
                name: need.name.clone(),
                shape: texts::shape(lang, &need.shape),
                columns: need.columns.join(", "),
                required: need.required,
                description: texts::localized(lang, &need.description),
            })
            .collect(),
        settings: schema::properties(&inspection.settings_schema, lang),
        raw_schema: serde_json::to_string_pretty(&inspection.settings_schema).unwrap_or_default(),
        limits,
        more_limits,
        yanked: row.yanked.clone().unwrap_or_default(),
        signatures_required: policy.signatures == SignaturePolicy::Required,
        used_by,
        usage: usage(web, visit, digest).await?,
        faults: faults(web, visit, &|release| release == digest).await?,
        may_yank: visit.may(Action::RemoveRelease).is_some(),
        may_sign: visit.may(Action::UploadRelease).is_some(),
        may_read_appeals: visit.may(Action::ReadAppeals).is_some(),
        line,
        wrong,
    })
}

async fn show(
    State(web): State<Web>,
    visit: Visit,
    Path((_, digest)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let digest = digest_of(&digest, "release")?;
    visit.html(&page(&web, &visit, &digest, String::new()).await?)
}

fn address(region: &RegionCode, digest: &Digest) -> String {
    format!("/regions/{region}/releases/{digest}")
}

async fn sign(
    State(web): State<Web>,
    visit: Visit,
    Path((_, digest)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let (region, digest) = (visit.region_code()?, digest_of(&digest, "release")?);
    match releases::sign(&web.app, region, &digest, &form.text("signature"), &visit.access()?.actor()).await {
        Ok(_) => Ok(visit.go(&address(region, &digest), "admin-signed")),
        Err(error @ AppError::Invalid { .. }) => {
            let page = page(&web, &visit, &digest, error.to_string()).await?;
            visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}

async fn yank(
    State(web): State<Web>,
    visit: Visit,
    Path((_, digest)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let (region, digest) = (visit.region_code()?, digest_of(&digest, "release")?);
    match releases::yank(&web.app, region, &digest, &form.text("reason"), &visit.access()?.actor()).await {
        Ok(()) => Ok(visit.go(&address(region, &digest), "admin-yanked-done")),
        Err(AppError::Invalid { .. }) => {
            let page = page(&web, &visit, &digest, visit.lang().t("admin-reason-needed")).await?;
            visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}

async fn delete(
    State(web): State<Web>,
    visit: Visit,
    Path((_, digest)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (region, digest) = (visit.region_code()?, digest_of(&digest, "release")?);
    match releases::delete(&web.app, region, &digest, &visit.access()?.actor()).await {
        Ok(()) => Ok(visit.go(&format!("/regions/{region}/releases"), "admin-release-deleted")),
        Err(error @ AppError::InUse { .. }) => {
            let said = visit.lang().with("admin-release-in-use", &[("detail", error.to_string().into())]);
            let page = page(&web, &visit, &digest, said).await?;
            visit.html_with(StatusCode::CONFLICT, &page)
        }
        Err(error) => Err(error.into()),
    }
}
