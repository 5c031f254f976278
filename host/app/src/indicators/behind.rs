//! What is behind a number: the questions in its numerator, in its denominator, or left out of it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use veche_domain::access::Scope;
use veche_domain::code::RegionCode;
use veche_domain::indicator::{Breakdown, Dimension, Formula, Period};
use veche_store::{BehindFilter, BehindRow, Side};

use crate::App;
use crate::error::AppError;

use super::{categories_of, dictionaries, span};

/// Which questions somebody wants to see.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Formula of the number.
    pub formula: Formula,
    /// Period of the number.
    pub period: Period,
    /// Part of the region that the number is of.
    pub part: Breakdown,
    /// Side of the number.
    pub side: Side,
    /// What happened later is not in the number.
    pub cut_off: DateTime<Utc>,
    /// Which part of the list, from 0.
    pub offset: u32,
    /// Most rows.
    pub limit: u32,
}

/// Questions behind a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Behind {
    /// How many there are now, within the scope of whoever looks.
    pub count: u64,
    /// A page of them, the newest first.
    pub rows: Vec<BehindRow>,
}

/// The questions that a number counts, as far as a scope goes. The numbers are of their moment: a category or body that was
/// changed since moves a question to another part.
///
/// # Errors
/// An unknown region; a code of a part that there is not; store errors.
pub async fn list(app: &App, region: &RegionCode, asked: &Asked, scope: &Scope) -> Result<Behind, AppError> {
    let dictionaries = dictionaries(app, region).await?;
    let set = app.store.indicator_set(region, asked.period.first).await?;
    let known = categories_of(&dictionaries);
    let of_block = |block: &str| {
        let own = known.iter().filter(|(_, (of, _))| of == block);
        own.map(|(code, _)| code.clone()).collect::<BTreeSet<_>>()
    };
    let mut categories: Option<BTreeSet<String>> = match scope {
        Scope::Region => None,
        Scope::Blocks(blocks) => Some(blocks.iter().flat_map(|block| of_block(block.as_str())).collect()),
    };
    let mut narrow = |codes: BTreeSet<String>| {
        categories = Some(match categories.take() {
            Some(known) => known.intersection(&codes).cloned().collect(),
            None => codes,
        });
    };
    let (mut body, mut municipality) = (None, None);
    for (dimension, code) in &asked.part {
        let short = || code.chars().take(120).collect::<String>();
        match dimension {
            Dimension::Block => narrow(of_block(code)),
            Dimension::Category => narrow([code.clone()].into()),
            Dimension::Body => body = Some(code.clone()),
            Dimension::Municipality => municipality = Some(code.clone()),
            Dimension::Channel => return Err(AppError::Unknown { what: "part of a built-in formula", code: short() }),
        }
    }
    let filter = BehindFilter {
        formula: asked.formula,
        side: asked.side,
        other: known.iter().filter(|(_, (_, other))| *other).map(|(code, _)| code.clone()).collect(),
        known: known.keys().cloned().collect(),
        fast_track: set.and_then(|row| row.set.fast_track).map(|codes| codes.iter().map(ToString::to_string).collect()),
        categories: categories.map(|codes| codes.into_iter().collect()),
        body,
        municipality,
    };
    let span = span(region, &asked.period, &dictionaries, asked.cut_off);
    let (count, rows) = app.store.behind(&span, &filter, asked.offset, asked.limit).await?;
    Ok(Behind { count, rows })
}
