//! Files for others: asked for, followed, looked at, fetched; the report to the governor among them.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use veche_app::AppError;
use veche_app::exports::formats::{self, Exporter};
use veche_app::exports::jobs::{self, Asking, NewExport};
use veche_app::store::ExportJob;
use veche_domain::access::{Action, Scope};
use veche_domain::export::Format;
use veche_domain::lifecycle::JobState;

use super::faults::said;
use super::id_of;
use super::passports::person;
use super::period::{self, Chosen};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::format;
use crate::pages::messages::Lang;
use crate::pages::visit::{Page, Visit};
use crate::problem::Problem;

/// Exports that are listed.
const LISTED: i64 = 50;

/// A format that can be written.
struct Choice {
    /// Binding and format, as the form sends them.
    value: String,
    title: String,
    extension: String,
    subject: &'static str,
    personal: bool,
    chosen: bool,
}

/// A job as a page shows it.
pub(super) struct Job {
    href: String,
    pub(super) path: String,
    title: String,
    period: String,
    state: &'static str,
    class: &'static str,
    open: bool,
    done: u64,
    total: u64,
    rows: u64,
    skipped: u64,
    notes: Vec<String>,
    fault: String,
    pub(super) file_name: String,
    size: String,
    digest: String,
    pub(super) file: String,
    /// Empty where it cannot be looked at.
    preview: String,
    cancel: String,
    available: bool,
    gone: bool,
    expires_at: Option<DateTime<Utc>>,
    by: String,
    created_at: DateTime<Utc>,
    personal: bool,
    blocks: String,
    release: String,
    ruleset: String,
}

#[derive(Template)]
#[template(path = "curator/exports.html")]
struct ExportsPage {
    page: Page,
    chosen: Chosen,
    choices: Vec<Choice>,
    faults: Vec<String>,
    jobs: Vec<Job>,
    options: String,
    language: String,
    wrong: String,
}

#[derive(Template)]
#[template(path = "curator/export.html")]
struct ExportPage {
    page: Page,
    job: Job,
}

#[derive(Template)]
#[template(path = "curator/export_progress.html")]
struct Part {
    page: Page,
    job: Job,
}

/// Whether the visitor may read applicants' data as far as they may export.
pub(super) fn may_read_personal(visit: &Visit, scope: &Scope) -> bool {
    match (visit.may(Action::ReadPersonalData), scope) {
        (Some(Scope::Region), _) => true,
        (Some(Scope::Blocks(own)), Scope::Blocks(asked)) => asked.is_subset(&own),
        _ => false,
    }
}

fn title(of: &Format, lang: Lang) -> String {
    of.title.get(lang.code()).or_else(|| of.title.values().next()).cloned().unwrap_or_else(|| of.id.clone())
}

/// Bytes as people say them.
fn size(bytes: u64, lang: Lang) -> String {
    #[allow(clippy::cast_precision_loss)] // Files of a few gigabytes.
    let bytes_in = |unit: f64| bytes as f64 / unit;
    let (value, places, key) = match bytes {
        0..1_024 => (bytes_in(1.0), 0, "curator-bytes"),
        1_024..1_048_576 => (bytes_in(1_024.0), 0, "curator-kib"),
        _ => (bytes_in(1_048_576.0), 1, "curator-mib"),
    };
    lang.with(key, &[("size", format::decimal(value, places, lang).into())])
}

pub(super) fn job(visit: &Visit, page: &Page, exporters: &[Exporter], job: &ExportJob) -> Job {
    let lang = visit.lang();
    let path = page.at(&format!("exports/{}", job.id));
    let open = matches!(job.state, JobState::Waiting | JobState::Running);
    let (state, class) = match job.state {
        JobState::Waiting => ("curator-job-waiting", "tag"),
        JobState::Running => ("curator-job-running", "tag tag-work"),
        JobState::Done => ("curator-export-ready", "tag tag-good"),
        JobState::Cancelled => ("curator-job-cancelled", "tag"),
        JobState::Failed => ("curator-job-failed", "tag tag-late"),
    };
    let mut known = exporters.iter().filter(|e| e.binding == job.binding).flat_map(|e| &e.formats);
    let known = known.find(|format| format.id == job.format);
    let scope = visit.access.as_ref().map(|access| access.scope().clone());
    let readable = job.available && (!job.personal || scope.is_some_and(|scope| may_read_personal(visit, &scope)));
    let short = |digest: Option<veche_domain::code::Digest>| digest.map(|d| d.short()).unwrap_or_default();
    Job {
        title: known.map_or_else(|| job.format.clone(), |format| title(format, lang)),
        period: period::words(&job.period, lang),
        state,
        class,
        open,
        done: job.done,
        total: job.total.max(1),
        rows: job.total,
        skipped: job.skipped,
        notes: job.notes.clone(),
        fault: job.fault.clone().unwrap_or_default(),
        file_name: job.file_name.clone(),
        size: size(job.size, lang),
        digest: job.digest.map(|digest| digest.to_string()).unwrap_or_default(),
        file: if readable { format!("/api/v1/regions/{}/exports/{}/file", job.region, job.id) } else { String::new() },
        preview: if readable { format!("{path}/preview") } else { String::new() },
        cancel: if open { format!("{path}/cancel") } else { String::new() },
        available: job.available,
        gone: job.digest.is_some() && !job.available,
        expires_at: job.expires_at,
        by: person(&job.requested_by),
        created_at: job.created_at,
        personal: job.personal,
        blocks: job.blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        release: short(job.release),
        ruleset: short(job.ruleset),
        href: path.clone(),
        path,
    }
}

async fn page(web: &Web, visit: &Visit, form: &Form, wrong: String) -> Result<ExportsPage, Problem> {
    let (region, lang) = (visit.region_code()?, visit.lang());
    let chosen = period::of(web, visit, form).await?;
    let exporters = formats::of(&web.app, region).await?;
    let scope = visit.access()?.scope().clone();
    let listed = jobs::list(&web.app, region, &scope, LISTED).await?;
    let page = visit.page("curator-exports-title");
    let asked = form.text("format");
    let mut choices = Vec::new();
    for exporter in &exporters {
        for format in &exporter.formats {
            let value = format!("{} {}", exporter.binding, format.id);
            choices.push(Choice {
                title: title(format, lang),
                extension: format.extension.to_uppercase(),
                subject: match format.subject.as_str() {
                    "measurements" => "curator-subject-measurements",
                    "ratings" => "curator-subject-ratings",
                    _ => "curator-subject-appeals",
                },
                personal: exporter.personal,
                chosen: value == asked,
                value,
            });
        }
    }
    let fault = |e: &Exporter| e.fault.as_ref().map(|fault| format!("{}: {fault}", e.binding));
    Ok(ExportsPage {
        choices,
        faults: exporters.iter().filter_map(fault).collect(),
        jobs: listed.iter().map(|one| job(visit, &page, &exporters, one)).collect(),
        options: form.text("options"),
        language: form.text("language"),
        wrong,
        chosen,
        page,
    })
}

pub(super) async fn list(State(web): State<Web>, visit: Visit, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let form = Form::parse(raw.unwrap_or_default().as_bytes());
    let template = page(&web, &visit, &form, String::new()).await?;
    visit.html(&template)
}

/// Lines `name=value`.
fn options(text: &str) -> Option<BTreeMap<String, String>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| line.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())))
        .collect()
}

/// Asks for a file.
pub(super) async fn ask(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let (region, lang) = (visit.region_code()?.clone(), visit.lang());
    let chosen = period::of(&web, &visit, &form).await?;
    let access = visit.access()?;
    let (actor, scope) = (access.actor(), access.scope().clone());
    let asked = form.text("format");
    let wrong = match (asked.split_once(' '), options(&form.text("options"))) {
        (None, _) => lang.t("curator-wrong-choose"),
        (_, None) => lang.t("curator-wrong-options"),
        (Some((binding, format)), Some(options)) => {
            let new = NewExport {
                binding: Some(binding.to_owned()),
                format: format.to_owned(),
                period: chosen.wanted(),
                language: form.given("language"),
                options,
            };
            let personal = may_read_personal(&visit, &scope);
            let asking = Asking { actor: &actor, scope, personal };
            match jobs::request(&web.app, &region, new, &asking).await {
                Ok(job) => {
                    return Ok(visit.go(&format!("/regions/{region}/exports/{}", job.id), "curator-export-asked"));
                }
                Err(AppError::Forbidden { .. }) => lang.t("curator-wrong-personal"),
                Err(error) => said(error, lang)?,
            }
        }
    };
    let template = page(&web, &visit, &form, wrong).await?;
    visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
}

/// An export within the visitor's scope.
pub(super) async fn find(web: &Web, visit: &Visit, id: &str) -> Result<ExportJob, Problem> {
    Ok(jobs::find(&web.app, visit.region_code()?, id_of("export", id)?, visit.access()?.scope()).await?)
}

async fn shown(web: &Web, visit: &Visit, id: &str) -> Result<(Page, Job), Problem> {
    let found = find(web, visit, id).await?;
    let exporters = formats::of(&web.app, visit.region_code()?).await?;
    let page = visit.page("curator-export-title");
    let job = job(visit, &page, &exporters, &found);
    Ok((page, job))
}

pub(super) async fn show(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (page, job) = shown(&web, &visit, &id).await?;
    visit.html(&ExportPage { page, job })
}

/// How far an export is: a part of its page.
pub(super) async fn progress(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (page, job) = shown(&web, &visit, &id).await?;
    if !visit.look.partial {
        return Ok(crate::pages::visit::go(&job.href, None));
    }
    visit.html(&Part { page, job })
}

/// Cancels an export; nothing of it stays.
pub(super) async fn cancel(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (region, access) = (visit.region_code()?.clone(), visit.access()?);
    let id = id_of("export", &id)?;
    let path = format!("/regions/{region}/exports/{id}");
    match jobs::cancel(&web.app, &region, id, access.scope(), &access.actor()).await {
        Ok(()) => Ok(visit.go(&path, "curator-export-was-cancelled")),
        Err(AppError::Invalid { .. }) => Ok(visit.go_warned(&path, "curator-job-over")),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn options_are_lines() {
        assert_eq!(options("list = yes\n\n").unwrap(), BTreeMap::from([("list".to_owned(), "yes".to_owned())]));
        assert_eq!(options("list"), None);
        assert_eq!(options(" "), Some(BTreeMap::new()));
    }

    #[test]
    fn sizes_are_said_in_their_unit() {
        assert_eq!([512, 20_480, 3_460_301].map(|n| size(n, Lang::Ru)), ["512 Б", "20 КБ", "3,3 МБ"]);
    }
}
