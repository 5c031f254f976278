//! Values that people enter or import, with their source and its date (clause 17).

use std::path::PathBuf;

use askama::Template;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use veche_app::AppError;
use veche_app::indicators::catalogue::{self, From};
use veche_app::indicators::values::{self, ValuesImported};
use veche_app::store::MeasuredFilter;
use veche_domain::indicator::{Breakdown, EnteredValue};

use super::faults::{number, said};
use super::period::{self, day};
use super::show::{self, Figure, Style};
use super::{Section, sections};
use crate::Web;
use crate::pages::form::{Form, Wrong};
use crate::pages::visit::{Page, Visit};
use crate::problem::Problem;

/// Largest file with values, bytes.
const FILE_LIMIT: usize = 8 << 20;
/// Values that are listed for each indicator.
const LISTED: i64 = 12;
/// Rows that were refused and are told.
const TOLD: usize = 20;

/// A value that was entered.
struct Entered {
    indicator: String,
    period: String,
    figure: Figure,
    source: String,
    source_date: Option<NaiveDate>,
    by: String,
    at: DateTime<Utc>,
    revision: i64,
}

#[derive(Template)]
#[template(path = "curator/values.html")]
struct ValuesPage {
    page: Page,
    sections: Vec<Section>,
    /// Code, name, whether it is chosen.
    indicators: Vec<(String, String, bool)>,
    entered: Vec<Entered>,
    form: Form,
    wrong: Wrong,
    whole: String,
    imported: Option<ValuesImported>,
    more_rejected: usize,
}

impl ValuesPage {
    fn field(&self, name: &str) -> String {
        self.form.text(name)
    }
}

async fn page(web: &Web, visit: &Visit, form: Form, wrong: Wrong, whole: String) -> Result<ValuesPage, Problem> {
    let region = visit.region_code()?;
    let catalogue = catalogue::of(&web.app, region).await?;
    let mut entered = Vec::new();
    let mut indicators = Vec::new();
    for indicator in catalogue.indicators.iter().filter(|i| i.from == From::Entered) {
        let title = show::title(indicator, visit.lang());
        let style = Style::of(indicator, visit.lang());
        let filter = MeasuredFilter { indicator: Some(indicator.code.clone()), ..MeasuredFilter::default() };
        for m in web.app.store.measured(region, &filter, LISTED).await? {
            entered.push(Entered {
                indicator: title.clone(),
                period: period::words(&m.period, visit.lang()),
                figure: show::part(&m.measurements, &Breakdown::new()).map(|m| style.figure(m)).unwrap_or_default(),
                source: m.source.unwrap_or_default(),
                source_date: m.source_date,
                by: m.made_by.strip_prefix("account:").unwrap_or(&m.made_by).to_owned(),
                at: m.at,
                revision: m.revision,
            });
        }
        indicators.push((indicator.code.clone(), title, form.text("indicator") == indicator.code));
    }
    let page = visit.page("curator-values-title");
    Ok(ValuesPage {
        sections: sections(&page, "indicators"),
        indicators,
        entered,
        form,
        wrong,
        whole,
        imported: None,
        more_rejected: 0,
        page,
    })
}

pub(super) async fn form(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    let page = page(&web, &visit, Form::default(), Wrong::default(), String::new()).await?;
    visit.html(&page)
}

/// Reads the form; what is wrong with its fields otherwise.
fn read(form: &Form, visit: &Visit) -> Result<EnteredValue, Wrong> {
    let mut wrong = Wrong::default();
    let lang = visit.lang();
    let mut date = |name: &'static str| {
        let read = day(&form.text(name));
        if read.is_none() {
            wrong.note(name, lang.t("curator-wrong-date"));
        }
        read.unwrap_or_default()
    };
    let (first, last, source_date) = (date("first"), date("last"), date("source_date"));
    let mut optional = |name: &'static str| match form.given(name) {
        None => None,
        Some(text) => {
            let read = number(&text);
            if read.is_none() {
                wrong.note(name, lang.t("curator-wrong-number"));
            }
            read
        }
    };
    let (value, numerator, denominator) = (optional("value"), optional("numerator"), optional("denominator"));
    if value.is_none() {
        wrong.note("value", lang.t("curator-wrong-number"));
    }
    if form.given("indicator").is_none() {
        wrong.note("indicator", lang.t("curator-wrong-choose"));
    }
    if form.given("source").is_none() {
        wrong.note("source", lang.t("curator-wrong-source"));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(EnteredValue {
        indicator: form.text("indicator"),
        first,
        last,
        value: value.unwrap_or_default(),
        numerator,
        denominator,
        source: form.text("source"),
        source_date,
    })
}

/// Enters one value.
pub(super) async fn enter(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let (region, actor) = (visit.region_code()?.clone(), visit.access()?.actor());
    let (mut wrong, mut whole) = (Wrong::default(), String::new());
    match read(&form, &visit) {
        Err(fields) => wrong = fields,
        Ok(value) => match values::enter(&web.app, &region, &value, &actor).await {
            Ok(new) => {
                let done = if new { "curator-value-entered" } else { "curator-value-known" };
                return Ok(visit.go(&format!("/regions/{region}/indicators/values"), done));
            }
            Err(AppError::Invalid { field: "source_date", .. }) => {
                wrong.note("source_date", visit.lang().t("curator-wrong-source-date"));
            }
            Err(error) => whole = said(error, visit.lang())?,
        },
    }
    let page = page(&web, &visit, form, wrong, whole).await?;
    visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// A file that was sent, kept until it is read.
struct Sent(PathBuf);

impl Drop for Sent {
    fn drop(&mut self) {
        // Nothing is lost if it stays: the system clears its folder.
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn sent(mut parts: Multipart) -> Result<Option<Sent>, Problem> {
    let unread = |error: axum::extract::multipart::MultipartError| Problem::invalid(error.body_text());
    while let Some(part) = parts.next_field().await.map_err(unread)? {
        if part.name() != Some("file") {
            continue;
        }
        let json = part.file_name().is_some_and(|name| name.to_lowercase().ends_with(".json"));
        let bytes = part.bytes().await.map_err(unread)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.len() > FILE_LIMIT {
            let detail = format!("a file with values has at most {} MiB", FILE_LIMIT >> 20);
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The file is too large", detail));
        }
        // Its own name is none of ours: a path may stand in it.
        let end = if json { "json" } else { "table" };
        let file = Sent(std::env::temp_dir().join(format!("veche-values-{}.{end}", uuid::Uuid::new_v4())));
        tokio::fs::write(&file.0, &bytes).await.map_err(|error| {
            tracing::error!(%error, "a file with values cannot be kept");
            Problem::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "full",
                "The host has no space left",
                "the file cannot be kept",
            )
        })?;
        return Ok(Some(file));
    }
    Ok(None)
}

/// Imports a file of values; rows that are wrong are told and left out.
pub(super) async fn import(State(web): State<Web>, visit: Visit, parts: Multipart) -> Result<Response, Problem> {
    let (region, actor) = (visit.region_code()?.clone(), visit.access()?.actor());
    let mut shown = page(&web, &visit, Form::default(), Wrong::default(), String::new()).await?;
    let Some(file) = sent(parts).await? else {
        shown.whole = visit.lang().t("curator-wrong-file");
        return visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &shown);
    };
    match values::import(&web.app, &region, &file.0, &actor).await {
        Ok(mut imported) => {
            shown = page(&web, &visit, Form::default(), Wrong::default(), String::new()).await?;
            shown.more_rejected = imported.rejected.len().saturating_sub(TOLD);
            imported.rejected.truncate(TOLD);
            let refused = imported.new == 0 && !imported.rejected.is_empty();
            shown.imported = Some(imported);
            visit.html_with(if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &shown)
        }
        Err(AppError::File { reason, .. }) => {
            shown.whole = visit.lang().with("curator-wrong-table", &[("reason", reason.as_str().into())]);
            visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(AppError::Import(_)) => {
            shown.whole = visit.lang().t("curator-wrong-file");
            visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => Err(error.into()),
    }
}
