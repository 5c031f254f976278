//! Rows for exporters: appeals page by page from the store, the rest at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::Sender;
use veche_domain::dictionary::Dictionaries;
use veche_domain::export::{AppealColumn, Cell, Column, Format, Subject};
use veche_domain::indicator::{Breakdown, Dimension, Measurement};
use veche_domain::rating::{Criterion, RatedBody};
use veche_store::{CategoryName, ExportJob, ExportRows, Measured, MeasuredFilter, Names, RatingRow};

use crate::App;
use crate::error::AppError;
use crate::indicators::catalogue::{self, Catalogue};

/// Rows that are read at once.
const PAGE: usize = 2_000;
/// Rows and bytes that are handed over at once.
const BATCH: (usize, usize) = (256, 256 << 10);
/// Results that an export of measurements holds at most.
const MEASURED: i64 = 20_000;

/// Batches on their way, or why there are no more.
pub(super) type Batches = Sender<Result<Vec<Vec<Cell>>, String>>;

/// Rows of one export.
pub(super) enum Rows {
    Appeals(Box<ExportRows>, Names),
    Ready(Vec<Vec<Cell>>),
}

impl Rows {
    /// What an export asks for, with how many rows it will have.
    pub(super) async fn of(
        app: &App,
        job: &ExportJob,
        format: &Format,
        dictionaries: &Arc<Dictionaries>,
        at: DateTime<Utc>,
    ) -> Result<(Self, Vec<Column>, u64), AppError> {
        let columns = format.subject.chosen(&format.columns, &job.language);
        let rows = match format.subject {
            Subject::Appeals => {
                let wanted = appeals(job, &columns, dictionaries, at);
                let count = app.store.export_row_count(&wanted).await?;
                return Ok((Self::Appeals(Box::new(wanted), names(dictionaries, &job.language)), columns, count));
            }
            Subject::Measurements => measurements(app, job, &columns).await?,
            Subject::Ratings => ratings(app, job, &columns, dictionaries).await?,
        };
        let count = rows.len() as u64;
        Ok((Self::Ready(rows), columns, count))
    }

    /// Sends all of them, as fast as they are taken; ends early where nobody takes them any more.
    pub(super) async fn send(self, app: &App, batches: &Batches) {
        let sent = match self {
            Self::Appeals(wanted, names) => send_appeals(app, &wanted, &names, batches).await,
            Self::Ready(rows) => send(rows, batches).await,
        };
        if let Err(Ended::Store(error)) = sent {
            let _ = batches.send(Err(error.to_string())).await;
        }
    }
}

enum Ended {
    NobodyTakes,
    Store(AppError),
}

async fn send_appeals(app: &App, wanted: &ExportRows, names: &Names, batches: &Batches) -> Result<(), Ended> {
    let mut place = None;
    loop {
        let page = app.store.export_rows(wanted, names, place, PAGE).await;
        let (rows, last) = page.map_err(|error| Ended::Store(error.into()))?;
        let Some(last) = last else { return Ok(()) };
        place = Some(last);
        send(rows, batches).await?;
    }
}

async fn send(rows: Vec<Vec<Cell>>, batches: &Batches) -> Result<(), Ended> {
    let (mut batch, mut weight) = (Vec::with_capacity(BATCH.0), 0);
    for row in rows {
        weight += row.iter().map(Cell::weight).sum::<usize>();
        batch.push(row);
        if batch.len() >= BATCH.0 || weight >= BATCH.1 {
            batches.send(Ok(std::mem::take(&mut batch))).await.map_err(|_| Ended::NobodyTakes)?;
            weight = 0;
        }
    }
    if !batch.is_empty() {
        batches.send(Ok(batch)).await.map_err(|_| Ended::NobodyTakes)?;
    }
    Ok(())
}

fn appeals(job: &ExportJob, columns: &[Column], dictionaries: &Dictionaries, at: DateTime<Utc>) -> ExportRows {
    let zone = dictionaries.region().time_zone;
    let of_blocks = || {
        let categories = dictionaries.data().categories.iter().filter(|c| job.blocks.contains(&c.block));
        categories.map(|c| c.code.to_string()).collect()
    };
    ExportRows {
        region: job.region.clone(),
        from: job.period.starts(zone),
        until: job.period.ends(zone),
        at,
        categories: (!job.blocks.is_empty()).then(of_blocks),
        columns: columns.iter().filter_map(|column| AppealColumn::from_code(column.name)).collect(),
        personal: job.personal,
    }
}

/// What codes are called in a language.
fn names(dictionaries: &Dictionaries, language: &str) -> Names {
    let data = dictionaries.data();
    let english = language == "en";
    let called = |name: &String, name_en: &Option<String>| match name_en {
        Some(name) if english => name.clone(),
        _ => name.clone(),
    };
    let blocks: HashMap<&str, String> =
        data.blocks.iter().map(|block| (block.code.as_str(), called(&block.name, &block.name_en))).collect();
    let category = |c: &veche_domain::dictionary::Category| CategoryName {
        name: called(&c.name, &c.name_en),
        block: c.block.to_string(),
        block_name: blocks.get(c.block.as_str()).cloned().unwrap_or_default(),
        sstu: c.sstu.clone(),
        other: c.other,
    };
    Names {
        categories: data.categories.iter().map(|c| (c.code.to_string(), category(c))).collect(),
        bodies: data.bodies.iter().map(|body| (body.code.to_string(), body.name.clone())).collect(),
        municipalities: data.municipalities.iter().map(|m| (m.code.to_string(), m.name.clone())).collect(),
    }
}

/// Newest results of periods within the period.
async fn measurements(app: &App, job: &ExportJob, columns: &[Column]) -> Result<Vec<Vec<Cell>>, AppError> {
    let filter = MeasuredFilter { from: Some(job.period.first), ..MeasuredFilter::default() };
    let measured = app.store.measured(&job.region, &filter, MEASURED).await?;
    let catalogue = catalogue::of(app, &job.region).await?;
    let within = measured.iter().filter(|m| m.period.last <= job.period.last);
    let parts = within.flat_map(|m| m.measurements.iter().map(move |part| (m, part)));
    let rows = parts.filter(|(_, part)| is_of_blocks(job, &part.breakdown));
    Ok(rows
        .map(|(m, part)| columns.iter().map(|c| measurement(m, part, c.name, &catalogue, &job.language)).collect())
        .collect())
}

/// Whoever sees some blocks alone sees values of these blocks.
fn is_of_blocks(job: &ExportJob, breakdown: &Breakdown) -> bool {
    let own = |block: &String| job.blocks.iter().any(|known| known.as_str() == block);
    job.blocks.is_empty() || breakdown.get(&Dimension::Block).is_some_and(own)
}

/// Bodies of the newest published ratings of periods within the period; of a block lead's file none, for a body serves
/// many blocks.
async fn ratings(
    app: &App,
    job: &ExportJob,
    columns: &[Column],
    dictionaries: &Dictionaries,
) -> Result<Vec<Vec<Cell>>, AppError> {
    if !job.blocks.is_empty() {
        return Ok(Vec::new());
    }
    let ratings = crate::ratings::list(app, &job.region, true).await?;
    let within = |row: &&RatingRow| row.period.first >= job.period.first && row.period.last <= job.period.last;
    let mut seen = HashSet::new();
    // Of one period the newest revision comes first.
    let newest = ratings.iter().filter(within).filter(|row| seen.insert(row.period));
    let bodies = newest.flat_map(|row| row.bodies.iter().map(move |body| (row, body)));
    Ok(bodies.map(|(row, body)| columns.iter().map(|c| rated(row, body, c.name, dictionaries)).collect()).collect())
}

fn rated(row: &RatingRow, body: &RatedBody, column: &str, dictionaries: &Dictionaries) -> Cell {
    let whole = |n: u64| Cell::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    if let Some(criterion) = Criterion::from_code(column) {
        let points = body.criteria.iter().find(|c| c.criterion == criterion).and_then(|c| c.points);
        return points.map_or(Cell::Null, Cell::Number);
    }
    match column {
        "period" => Cell::Text(row.period.kind.to_string()),
        "first" => Cell::Text(row.period.first.to_string()),
        "last" => Cell::Text(row.period.last.to_string()),
        "body" => Cell::Text(body.body.clone()),
        "body_name" => Cell::text(dictionaries.body(&body.body).map(|known| known.name.clone())),
        "place" => body.place.map_or(Cell::Null, whole),
        "score" => body.score.map_or(Cell::Null, Cell::Number),
        "questions" => whole(body.questions),
        "rated" => Cell::Flag(body.score.is_some()),
        "state" => Cell::Text(row.state.to_string()),
        _ => Cell::Null,
    }
}

fn measurement(m: &Measured, part: &Measurement, column: &str, catalogue: &Catalogue, language: &str) -> Cell {
    if let Some(dimension) = Dimension::from_code(column) {
        return Cell::text(part.breakdown.get(&dimension).cloned());
    }
    let known = || catalogue.find(&m.indicator);
    let count = |n: f64| Cell::Number(n);
    match column {
        "indicator" => Cell::Text(m.indicator.clone()),
        "title" => Cell::text(known().and_then(|i| i.title.get(language).or_else(|| i.title.values().next())).cloned()),
        "unit" => Cell::text(known().map(|i| i.unit.clone())),
        "period" => Cell::Text(m.period.kind.to_string()),
        "first" => Cell::Text(m.period.first.to_string()),
        "last" => Cell::Text(m.period.last.to_string()),
        "value" => part.value.map_or(Cell::Null, count),
        "numerator" => count(part.numerator),
        "denominator" => part.denominator.map_or(Cell::Null, count),
        "excluded" => Cell::Integer(i64::try_from(part.excluded).unwrap_or(i64::MAX)),
        "official" => Cell::Flag(m.official),
        "cut_off" => Cell::Moment(m.cut_off.timestamp()),
        _ => Cell::Null,
    }
}
