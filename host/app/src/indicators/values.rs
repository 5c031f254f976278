//! Values that people enter or import: from the federal system, a national project, a survey (clause 17). Each keeps its
//! source and that source's date.

use std::path::Path;

use chrono::{NaiveDate, Utc};
use serde::Serialize;
use veche_domain::access::Actor;
use veche_domain::calendar::local_date;
use veche_domain::code::RegionCode;
use veche_domain::indicator::{Breakdown, EnteredValue, Measurement, Period, PeriodKind, Source, parse_date};
use veche_store::{MeasuredResult, Origin};

use crate::App;
use crate::error::AppError;
use crate::files::open_table;

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ValuesImported {
    /// Values that are new or other than before.
    pub new: usize,
    /// Values that were known.
    pub known: usize,
    /// Rows that were refused, with their numbers.
    pub rejected: Vec<String>,
}

/// The kind of period that some days make; a span if none.
fn period_of(first: NaiveDate, last: NaiveDate, week_starts: chrono::Weekday) -> Result<Period, AppError> {
    for kind in [PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year, PeriodKind::Week, PeriodKind::Day] {
        let period = Period::holding(kind, first, week_starts)?;
        if (period.first, period.last) == (first, last) {
            return Ok(period);
        }
    }
    Ok(Period::span(first, last)?)
}

async fn result(
    app: &App,
    region: &RegionCode,
    value: &EnteredValue,
    actor: &Actor,
) -> Result<MeasuredResult, AppError> {
    let invalid = |field, reason: String| AppError::Invalid { field, reason };
    let zone = app.region(region).await?.region.time_zone;
    let set = app.store.indicator_set(region, value.first).await?;
    let mandatory = set.as_ref().and_then(|row| row.set.indicator(&value.indicator));
    let unknown = || AppError::Unknown { what: "indicator", code: value.indicator.chars().take(120).collect() };
    if mandatory.ok_or_else(unknown)?.source != Source::Entered {
        let reason = format!("{:?} is computed by the core: its values are not entered", value.indicator);
        return Err(invalid("indicator", reason));
    }
    let now = Utc::now();
    let week_starts = set.as_ref().map_or(chrono::Weekday::Mon, |row| row.set.week_starts);
    let period = period_of(value.first, value.last, week_starts)?.begun(now, zone)?;
    let parts = [Some(value.value), value.numerator, value.denominator];
    if parts.iter().flatten().any(|n| !n.is_finite()) {
        return Err(invalid("value", "it is no finite number".into()));
    }
    if value.source.trim().is_empty() || value.source.chars().count() > 500 {
        return Err(invalid("source", "say where the value comes from, in 1 to 500 characters".into()));
    }
    if value.source_date > local_date(now, zone) {
        return Err(invalid("source_date", format!("{} is in the future", value.source_date)));
    }
    Ok(MeasuredResult {
        indicator: value.indicator.clone(),
        period,
        origin: Origin::Entered,
        official: true,
        cut_off: now,
        release: None,
        ruleset: None,
        set: set.map(|row| row.digest),
        source: Some((value.source.trim().to_owned(), value.source_date)),
        made_by: actor.name.clone(),
        measurements: vec![Measurement {
            value: Some(value.value),
            numerator: value.numerator.unwrap_or(value.value),
            denominator: value.denominator,
            excluded: 0,
            breakdown: Breakdown::new(),
        }],
    })
}

/// Keeps one value; whether it is another one than before.
///
/// # Errors
/// An indicator whose values are not entered; a period in the future; a number that is none; no source.
pub async fn enter(app: &App, region: &RegionCode, value: &EnteredValue, actor: &Actor) -> Result<bool, AppError> {
    let result = result(app, region, value, actor).await?;
    Ok(app.store.save_measured(region, &[result]).await?.contains(&true))
}

/// Imports a CSV, XLSX or JSON file; rows that are wrong are told and left out.
///
/// # Errors
/// A file that cannot be read, or a column that is missing.
pub async fn import(app: &App, region: &RegionCode, path: &Path, actor: &Actor) -> Result<ValuesImported, AppError> {
    let rows =
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) { json(path)? } else { table(path)? };
    let mut imported = ValuesImported::default();
    for (number, row) in rows {
        let kept = match row {
            Ok(value) => enter(app, region, &value, actor).await,
            Err(reason) => Err(AppError::Invalid { field: "row", reason }),
        };
        match kept {
            Ok(true) => imported.new += 1,
            Ok(false) => imported.known += 1,
            Err(error @ AppError::Store(_)) => return Err(error),
            Err(error) => imported.rejected.push(format!("{number}: {error}")),
        }
    }
    Ok(imported)
}

type Values = Vec<(u64, Result<EnteredValue, String>)>;

fn json(path: &Path) -> Result<Values, AppError> {
    let wrong = |reason: String| AppError::File { path: path.display().to_string(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    let values: Vec<serde_json::Value> =
        serde_json::from_str(&text).map_err(|e| wrong(format!("{e}: a JSON list of values is expected")))?;
    let read = |value| serde_json::from_value(value).map_err(|e| e.to_string());
    Ok((1..).zip(values.into_iter().map(read)).collect())
}

fn table(path: &Path) -> Result<Values, AppError> {
    let table = open_table(path)?;
    let headers: Vec<String> = table.headers().iter().map(|h| h.trim().to_lowercase()).collect();
    let place = |name: &str| headers.iter().position(|header| header == name);
    for needed in ["indicator", "first", "last", "value", "source", "source_date"] {
        if place(needed).is_none() {
            let reason = format!("column `{needed}` is missing; it has {}", headers.join(", "));
            return Err(AppError::File { path: path.display().to_string(), reason });
        }
    }
    let read = |row: Result<crate::files::Row, crate::files::Reject>| {
        let row = row.map_err(|reject| (reject.row, reject.reason));
        let (number, cells) = match row {
            Ok(row) => (row.number, row.cells),
            Err((number, reason)) => return (number, Err(reason)),
        };
        let cell = |name| place(name).and_then(|i| cells.get(i)).map_or("", |cell| cell.trim());
        (number, of_cells(cell))
    };
    Ok(table.map(read).collect())
}

/// A value of a row's cells.
fn of_cells<'a>(cell: impl Fn(&'static str) -> &'a str) -> Result<EnteredValue, String> {
    let date = |name| {
        let text = cell(name);
        // Spreadsheets add midnight to a date.
        let day = text.split(['T', ' ']).next().unwrap_or_default();
        day.parse().ok().or_else(|| parse_date(day)).ok_or_else(|| format!("{name} {text:?} is no date"))
    };
    let optional = |name| match cell(name) {
        "" | "-" => Ok(None),
        text => text.replace(',', ".").parse::<f64>().map(Some).map_err(|_| format!("{name} {text:?} is no number")),
    };
    Ok(EnteredValue {
        indicator: cell("indicator").to_owned(),
        first: date("first")?,
        last: date("last")?,
        value: optional("value")?.ok_or("the value is missing")?,
        numerator: optional("numerator")?,
        denominator: optional("denominator")?,
        source: cell("source").to_owned(),
        source_date: date("source_date")?,
    })
}
