//! Indicators: what a region measures, how it is measured, who approves it.
//!
//! `behind` lists the questions that a number counts, `catalogue` what there is, `formulas` folds counts into the built-in ones, `plugins` asks the rules' plug-ins,
//! `jobs` measures and keeps, `passports` moves passports and `document` prints them, `sets`, `values` and `targets` are what
//! people load and enter, `decomposition` looks into `other`, `progress` takes in what became of appeals.

pub mod behind;
pub mod catalogue;
pub mod decomposition;
pub mod document;
mod formulas;
pub mod history;
pub mod jobs;
pub mod passports;
mod plugins;
pub mod preview;
pub mod progress;
pub mod sets;
pub mod targets;
pub mod values;

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc, Weekday};
use veche_domain::code::RegionCode;
use veche_domain::dictionary::Dictionaries;
use veche_domain::indicator::{Period, PeriodKind};
use veche_store::{Categories, FactSpan};

use crate::App;
use crate::error::AppError;

pub use formulas::{all as fold_formulas, categories_of};

/// Which period somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The one of a kind that holds a day.
    Holding(PeriodKind, NaiveDate),
    /// These days.
    Days(NaiveDate, NaiveDate),
}

/// The region's dictionaries as they are now.
pub(crate) async fn dictionaries(app: &App, region: &RegionCode) -> Result<Arc<Dictionaries>, AppError> {
    let row = app.region(region).await?;
    if let Some(rules) = app.rules.active(region).await?.filter(|rules| rules.ruleset.dictionaries == row.dictionaries)
    {
        return Ok(rules.dictionaries.clone());
    }
    Ok(Arc::new(app.rules.dictionaries(&row.dictionaries).await?))
}

/// A period of the region, which has begun.
///
/// # Errors
/// An unknown region; a period that is upside down, too far away or in the future.
pub async fn period(app: &App, region: &RegionCode, wanted: Wanted, now: DateTime<Utc>) -> Result<Period, AppError> {
    let zone = app.region(region).await?.region.time_zone;
    let period = match wanted {
        Wanted::Days(first, last) => Period::span(first, last)?,
        Wanted::Holding(kind, day) => {
            let set = app.store.indicator_set(region, day).await?;
            Period::holding(kind, day, set.map_or(Weekday::Mon, |row| row.set.week_starts))?
        }
    };
    Ok(period.begun(now, zone)?)
}

/// The facts of a period as they are known at a moment.
pub(crate) fn span(
    region: &RegionCode,
    period: &Period,
    dictionaries: &Dictionaries,
    cut_off: DateTime<Utc>,
) -> FactSpan {
    let zone = dictionaries.region().time_zone;
    FactSpan { region: region.clone(), starts: period.starts(zone), until: period.ends(zone).min(cut_off) }
}

/// Facts of a period, for a bench: a plug-in gets the same.
///
/// # Errors
/// Store errors.
pub async fn facts(
    app: &App,
    region: &RegionCode,
    period: &Period,
    columns: &[veche_domain::facts::FactName],
) -> Result<veche_domain::facts::FactTable, AppError> {
    let dictionaries = dictionaries(app, region).await?;
    let categories: Categories = categories_of(&dictionaries);
    Ok(app.store.facts(&span(region, period, &dictionaries, Utc::now()), columns, &categories).await?)
}
