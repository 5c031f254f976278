//! Ratings of bodies and workload of blocks (clauses 11 and 14): calculated from the store's counts, published by people.

use std::collections::BTreeMap;

use chrono::Utc;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::calendar::WorkTime;
use veche_domain::code::RegionCode;
use veche_domain::indicator::Tally;
use veche_domain::rating::{RatingRules, RatingState, rate};
use veche_domain::workload::{Workload, workload as of_block};
use veche_store::RatingRow;

use crate::App;
use crate::error::AppError;
use crate::indicators::{Wanted, categories_of, dictionaries, period, span};

/// Checks and keeps a version of the rules; whether it is new.
///
/// # Errors
/// What is wrong with it; a version that is there with another content.
pub async fn set_rules(app: &App, region: &RegionCode, rules: &RatingRules, actor: &Actor) -> Result<bool, AppError> {
    app.region(region).await?;
    rules.check().map_err(|fault| AppError::Invalid { field: fault.field, reason: fault.reason })?;
    Ok(app.store.save_rating_rules(region, rules, actor).await?)
}

/// Calculates the rating of a period by the rules that count on its first day. Every body with a question is in it.
///
/// # Errors
/// A period that is in the future or upside down; a region without rules for it.
pub async fn calculate(app: &App, region: &RegionCode, wanted: Wanted, actor: &Actor) -> Result<RatingRow, AppError> {
    let now = Utc::now();
    let period = period(app, region, wanted, now).await?;
    let Some(rules) = app.store.rating_rules_on(region, period.first).await? else {
        let reason = format!("no rules of rating count on {}: set a version first", period.first);
        return Err(AppError::Invalid { field: "rules", reason });
    };
    let dictionaries = dictionaries(app, region).await?;
    let tallies = app.store.tallies(&span(region, &period, &dictionaries, now)).await?;
    let mut bodies: BTreeMap<String, Tally> = BTreeMap::new();
    for ((_, body, _), tally) in &tallies.counts {
        // A code that is no longer in the dictionaries still answers for what it did.
        if let Some(body) = body {
            *bodies.entry(body.clone()).or_default() += tally;
        }
    }
    let mut row = RatingRow {
        id: Uuid::now_v7(),
        region: region.clone(),
        period,
        revision: 1,
        state: RatingState::Draft,
        rules: rules.rules.version.clone(),
        rules_digest: rules.digest,
        cut_off: now,
        bodies: rate(&rules.rules, bodies),
        made_by: actor.name.clone(),
        moved_by: None,
        moved_at: None,
        created_at: now,
    };
    row.revision = app.store.insert_rating(&row, actor).await?;
    Ok(row)
}

/// A rating; one that is not published is unknown to whoever sees published ones alone.
///
/// # Errors
/// [`AppError::Unknown`].
pub async fn find(app: &App, region: &RegionCode, id: Uuid, published_only: bool) -> Result<RatingRow, AppError> {
    let unknown = || AppError::Unknown { what: "rating", code: id.to_string() };
    let row = app.store.rating(region, id).await?.ok_or_else(unknown)?;
    if published_only && row.state != RatingState::Published { Err(unknown()) } else { Ok(row) }
}

/// Ratings, the newest period first.
///
/// # Errors
/// Store errors.
pub async fn list(app: &App, region: &RegionCode, published_only: bool) -> Result<Vec<RatingRow>, AppError> {
    app.region(region).await?;
    let mut rows = app.store.ratings(region, 200).await?;
    rows.retain(|row| !published_only || row.state == RatingState::Published);
    Ok(rows)
}

/// Publishes a draft, or takes a published rating back.
///
/// # Errors
/// An unknown rating, or one that stands elsewhere.
pub async fn step(
    app: &App,
    region: &RegionCode,
    id: Uuid,
    to: RatingState,
    actor: &Actor,
) -> Result<RatingRow, AppError> {
    let row = find(app, region, id, false).await?;
    let from = if to == RatingState::Withdrawn { RatingState::Published } else { RatingState::Draft };
    if row.state != from || !app.store.move_rating(region, id, from, to, actor).await? {
        let reason = format!("the rating is {}: only one that is {from} becomes {to}", row.state);
        return Err(AppError::Invalid { field: "rating", reason });
    }
    find(app, region, id, false).await
}

/// Workload of the blocks whose work and staff the set of indicators names, with a proposal of staff at a wanted load.
///
/// # Errors
/// A period that is in the future or upside down; a wanted load that is none.
pub async fn workload(app: &App, region: &RegionCode, wanted: Wanted, target: f64) -> Result<Vec<Workload>, AppError> {
    if !(10.0..=150.0).contains(&target) {
        return Err(AppError::Invalid { field: "target", reason: "a load is wanted from 10 to 150 percent".into() });
    }
    let now = Utc::now();
    let period = period(app, region, wanted, now).await?;
    let dictionaries = dictionaries(app, region).await?;
    let Some(set) = app.store.indicator_set(region, period.first).await? else { return Ok(Vec::new()) };
    let (row, zone) = (app.region(region).await?, dictionaries.region().time_zone);
    let calendar = app.rules.calendar(&row.calendar).await?;
    let person = WorkTime::default()
        .working_minutes_between(&calendar, zone, period.starts(zone), period.ends(zone))
        .map_err(|error| AppError::Invalid { field: "period", reason: error.to_string() })?;
    let tallies = app.store.tallies(&span(region, &period, &dictionaries, now)).await?;
    let categories = categories_of(&dictionaries);
    let mut received: BTreeMap<&str, u64> = BTreeMap::new();
    for ((category, ..), tally) in &tallies.counts {
        if let Some((block, _)) = category.as_ref().and_then(|code| categories.get(code)) {
            *received.entry(block).or_default() += tally.received;
        }
    }
    #[allow(clippy::cast_precision_loss)] // Minutes of a period.
    let person = person as f64;
    let blocks = set.set.load.iter();
    Ok(blocks
        .map(|(block, load)| of_block(block, received.get(block.as_str()).copied().unwrap_or(0), load, person, target))
        .collect())
}
