//! Targets: plan beside fact, and the light between them.

use serde::Serialize;
use veche_domain::access::Actor;
use veche_domain::code::RegionCode;
use veche_domain::indicator::{Breakdown, Dimension, Light, Period, Target, light};
use veche_store::MeasuredFilter;

use crate::App;
use crate::error::AppError;

use super::{Wanted, catalogue, dictionaries};

/// A target as somebody sets it.
#[derive(Debug, Clone)]
pub struct NewTarget {
    /// Indicator.
    pub indicator: String,
    /// Part; empty for the whole region.
    pub breakdown: Breakdown,
    /// Period; it may lie in the future.
    pub period: Wanted,
    /// Value to reach; none takes the target back.
    pub value: Option<f64>,
}

/// Sets or takes back a target.
///
/// # Errors
/// An unknown indicator or code; a value that is no number; a period that is upside down.
pub async fn set(app: &App, region: &RegionCode, new: NewTarget, actor: &Actor) -> Result<Target, AppError> {
    let catalogue = catalogue::of(app, region).await?;
    let unknown = || AppError::Unknown { what: "indicator", code: new.indicator.chars().take(120).collect() };
    catalogue.find(&new.indicator).ok_or_else(unknown)?;
    let dictionaries = dictionaries(app, region).await?;
    for (dimension, code) in &new.breakdown {
        let known = match dimension {
            Dimension::Block => dictionaries.block(code).is_some(),
            Dimension::Category => dictionaries.data().categories.iter().any(|c| c.code.as_str() == code),
            Dimension::Body => dictionaries.body(code).is_some(),
            Dimension::Municipality => dictionaries.municipality(code).is_some(),
            Dimension::Channel => true,
        };
        if !known {
            return Err(AppError::Unknown { what: dimension.as_str(), code: code.chars().take(120).collect() });
        }
    }
    if new.value.is_some_and(|value| !value.is_finite()) {
        return Err(AppError::Invalid { field: "value", reason: "it is no number".into() });
    }
    let period = match new.period {
        Wanted::Days(first, last) => Period::span(first, last)?,
        Wanted::Holding(kind, day) => {
            let set = app.store.indicator_set(region, day).await?;
            Period::holding(kind, day, set.map_or(chrono::Weekday::Mon, |row| row.set.week_starts))?
        }
    };
    let (value, remove) = (new.value.unwrap_or_default(), new.value.is_none());
    let target = Target { indicator: new.indicator, breakdown: new.breakdown, period, value };
    app.store.set_target(region, &target, remove, actor).await?;
    Ok(target)
}

/// Plan and fact of one part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanFact {
    /// Target.
    #[serde(flatten)]
    pub target: Target,
    /// Newest measurement of the same part and period.
    pub fact: Option<f64>,
    /// Fact in percent of the plan.
    pub percent: Option<f64>,
    /// How they stand to each other.
    pub light: Light,
    /// Whether the fact is official.
    pub official: bool,
}

/// Targets of a region, of one indicator or of all. A target of the mandatory set for a year stands for the whole region
/// where nobody set another.
///
/// # Errors
/// Store errors.
pub async fn plans(app: &App, region: &RegionCode, indicator: Option<&str>) -> Result<Vec<Target>, AppError> {
    let mut targets = app.store.targets(region, indicator).await?;
    let sets = app.store.indicator_sets(region).await?;
    if let Some(row) = sets.first() {
        let of_set = row.set.indicators.iter().filter(|i| indicator.is_none_or(|code| code == i.code));
        for (mandatory, year, value) in of_set.flat_map(|i| i.targets.iter().map(move |(year, value)| (i, year, value)))
        {
            let Some(first) = year.parse().ok().and_then(|year| chrono::NaiveDate::from_ymd_opt(year, 1, 1)) else {
                continue;
            };
            let period = Period::holding(veche_domain::indicator::PeriodKind::Year, first, row.set.week_starts)?;
            let own = Target { indicator: mandatory.code.clone(), breakdown: Breakdown::new(), period, value: *value };
            let same = |t: &Target| t.indicator == own.indicator && t.breakdown.is_empty() && t.period == own.period;
            if !targets.iter().any(same) {
                targets.push(own);
            }
        }
    }
    Ok(targets)
}

/// How far below a target is still yellow in a region, percent of the target.
///
/// # Errors
/// Store errors.
pub async fn yellow_percent(app: &App, region: &RegionCode) -> Result<f64, AppError> {
    Ok(app.store.indicator_sets(region).await?.first().map_or(10.0, |row| row.set.yellow_percent))
}

/// Plan and fact of a region, of one indicator or of all.
///
/// # Errors
/// Store errors.
pub async fn plan_fact(app: &App, region: &RegionCode, indicator: Option<&str>) -> Result<Vec<PlanFact>, AppError> {
    let targets = plans(app, region, indicator).await?;
    let yellow = yellow_percent(app, region).await?;
    let catalogue = catalogue::of(app, region).await?;
    let mut rows = Vec::with_capacity(targets.len());
    for target in targets {
        let filter = MeasuredFilter {
            indicator: Some(target.indicator.clone()),
            period: Some(target.period),
            ..MeasuredFilter::default()
        };
        let measured = app.store.measured(region, &filter, 1).await?.into_iter().next();
        let part = measured.as_ref().and_then(|m| m.measurements.iter().find(|p| p.breakdown == target.breakdown));
        let fact = part.and_then(|part| part.value);
        let direction = catalogue.find(&target.indicator).and_then(|i| i.direction);
        rows.push(PlanFact {
            fact,
            percent: fact.filter(|_| target.value != 0.0).map(|fact| 100.0 * fact / target.value),
            light: light(direction, Some(target.value), fact, yellow),
            official: measured.is_some_and(|m| m.official),
            target,
        });
    }
    Ok(rows)
}
