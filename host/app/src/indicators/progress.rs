//! Takes in what became of appeals: one report by the API, or a file of them. Safe to repeat.

use std::path::Path;

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use veche_domain::calendar::{ProductionCalendar, WorkTime, local_moment};
use veche_domain::code::{BodyCode, ChannelCode, RegionCode};
use veche_domain::dictionary::Dictionaries;
use veche_domain::progress::Happened;
use veche_store::{OfAppeal, Progressed, Reported};

use crate::App;
use crate::error::AppError;
use crate::files::open_table;

/// Reports of one transaction.
const GROUP: usize = 2_000;

/// What came of a file.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ProgressImported {
    /// Events.
    #[serde(flatten)]
    pub count: Progressed,
    /// Rows that were refused, with their numbers; the first hundred.
    pub rejected: Vec<String>,
}

/// The calendar by which a body's first reaction is counted: the newest of the region.
pub(crate) struct WorkingTime {
    dictionaries: std::sync::Arc<Dictionaries>,
    calendar: ProductionCalendar,
    centre: WorkTime,
}

impl WorkingTime {
    /// Working minutes of a body between two moments.
    pub(crate) fn minutes(&self, body: Option<&BodyCode>, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<i64> {
        let own = body.and_then(|code| self.dictionaries.body(code.as_str())).and_then(|body| body.work_time.as_ref());
        let zone = self.dictionaries.region().time_zone;
        own.unwrap_or(&self.centre).working_minutes_between(&self.calendar, zone, from, to).ok()
    }
}

/// Keeps reports.
///
/// # Errors
/// An unknown region, something that happened in the future, a mark that is none; store errors.
pub async fn report(app: &App, region: &RegionCode, reports: &[Reported]) -> Result<Progressed, AppError> {
    let row = app.region(region).await?;
    let now = Utc::now();
    for report in reports {
        let invalid = |field, reason: String| Err(AppError::Invalid { field, reason });
        if report.at > now + chrono::TimeDelta::minutes(5) {
            return invalid("at", format!("{} is in the future", report.at));
        }
        match report.happened {
            Happened::Marked { mark } if !(1..=5).contains(&mark) => {
                return invalid("mark", format!("a mark is 1 to 5, this is {mark}"));
            }
            Happened::Redirected => {
                return invalid("kind", "a redirect is a correction: correct the body, with a reason".into());
            }
            _ => {}
        }
    }
    keep(app, region, &row, reports).await
}

/// The working time of the bodies of a region.
pub(crate) async fn working_time(
    app: &App,
    region: &RegionCode,
    row: &veche_store::RegionRow,
) -> Result<WorkingTime, AppError> {
    Ok(WorkingTime {
        dictionaries: super::dictionaries(app, region).await?,
        calendar: app.rules.calendar(&row.calendar).await?,
        centre: WorkTime::default(),
    })
}

async fn keep(
    app: &App,
    region: &RegionCode,
    row: &veche_store::RegionRow,
    reports: &[Reported],
) -> Result<Progressed, AppError> {
    let time = working_time(app, region, row).await?;
    let mut total = Progressed::default();
    for group in reports.chunks(GROUP) {
        let done = app.store.report_progress(region, group, &|body, from, to| time.minutes(body, from, to)).await?;
        total.new += done.new;
        total.known += done.known;
        total.unknown += done.unknown;
    }
    Ok(total)
}

/// Imports a CSV or XLSX file with the columns `channel`, `external_id`, `at`, `kind`, and `question`, `value` where they
/// are needed. Kinds: `reacted`, `answered` (value `yes` or `no`: in substance), `closed`, `reopened`, `extended` (value: the
/// new term), `marked` (value: 1 to 5), `repeated`, `redirected`.
///
/// # Errors
/// A file that cannot be read, or a column that is missing.
pub async fn import(app: &App, region: &RegionCode, path: &Path) -> Result<ProgressImported, AppError> {
    let row = app.region(region).await?;
    let zone = row.region.time_zone;
    let table = open_table(path)?;
    let headers: Vec<String> = table.headers().iter().map(|h| h.trim().to_lowercase()).collect();
    let place = |name: &str| headers.iter().position(|header| header == name);
    for needed in ["channel", "external_id", "at", "kind"] {
        if place(needed).is_none() {
            let reason = format!("column `{needed}` is missing; it has {}", headers.join(", "));
            return Err(AppError::File { path: path.display().to_string(), reason });
        }
    }
    let mut imported = ProgressImported::default();
    let mut reports = Vec::new();
    for line in table {
        let read = line.map_err(|reject| (reject.row, reject.reason)).and_then(|line| {
            let cell = |name| place(name).and_then(|i| line.cells.get(i)).map_or("", |cell| cell.trim());
            of_cells(cell, zone).map_err(|reason| (line.number, reason))
        });
        match read {
            Ok(report) => reports.push(report),
            Err((number, reason)) if imported.rejected.len() < 100 => {
                imported.rejected.push(format!("{number}: {reason}"))
            }
            Err(_) => {}
        }
    }
    imported.count = keep(app, region, &row, &reports).await?;
    Ok(imported)
}

fn moment(text: &str, zone: Tz) -> Result<DateTime<Utc>, String> {
    let local = |format| NaiveDateTime::parse_from_str(text, format).ok();
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .ok()
        .or_else(|| {
            let formats = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S"];
            formats.into_iter().find_map(local).map(|at| local_moment(at.date(), at.time(), zone))
        })
        .ok_or_else(|| format!("{text:?} is no moment: write 2026-01-31T09:30:00"))
}

fn of_cells<'a>(cell: impl Fn(&'static str) -> &'a str, zone: Tz) -> Result<Reported, String> {
    let value = cell("value");
    let happened = match cell("kind") {
        "reacted" => Happened::Reacted,
        "answered" => Happened::Answered {
            in_substance: match value {
                "yes" | "true" | "да" => Some(true),
                "no" | "false" | "нет" => Some(false),
                _ => None,
            },
        },
        "closed" => Happened::Closed,
        "reopened" => Happened::Reopened,
        "extended" => Happened::Extended { due: moment(value, zone)? },
        "marked" => Happened::Marked {
            mark: value
                .parse()
                .ok()
                .filter(|m| (1..=5).contains(m))
                .ok_or_else(|| format!("{value:?} is no mark 1 to 5"))?,
        },
        "repeated" => Happened::Repeated,
        "redirected" => Happened::Redirected,
        other => return Err(format!("kind {other:?} is unknown")),
    };
    let channel = ChannelCode::new(cell("channel")).map_err(|e| e.to_string())?;
    let external = cell("external_id");
    if external.is_empty() {
        return Err("external_id is empty".into());
    }
    let question = match cell("question") {
        "" => 0,
        text => text.parse().map_err(|_| format!("question {text:?} is no number"))?,
    };
    let at = moment(cell("at"), zone)?;
    Ok(Reported { appeal: OfAppeal::External(channel, external.to_owned()), question, at, happened, actor: None })
}
