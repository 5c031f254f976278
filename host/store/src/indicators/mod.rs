//! Indicators: the facts that they count, what was measured, sets, targets, passports, decompositions of `other`.

mod behind;
mod decompositions;
mod facts;
mod jobs;
mod measured;
mod passports;
mod progress;
mod sets;
mod tally;

use chrono::NaiveDate;
use veche_domain::indicator::{Period, PeriodKind};

use crate::error::StoreError;

pub use behind::{BehindFilter, BehindRow, Side};
pub use decompositions::{DecompositionRow, DecompositionState, OtherText};
pub use facts::{Categories, FactSpan};
pub use jobs::{JobFault, MeasureJob};
pub use measured::{Measured, MeasuredFilter, Origin, Result as MeasuredResult};
pub use passports::{PassportRow, StepRow};
pub use progress::{OfAppeal, Progressed, Reported, Standing, Told, WorkingMinutes};
pub use sets::SetRow;
pub use tally::Tallies;

/// A stored day.
fn day(text: &str) -> Result<NaiveDate, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { what: "a date".into() })
}

/// A stored period.
pub(crate) fn period(kind: &str, first: &str, last: &str) -> Result<Period, StoreError> {
    let kind = PeriodKind::from_code(kind).ok_or_else(|| StoreError::Corrupt { what: "a kind of period".into() })?;
    Ok(Period { kind, first: day(first)?, last: day(last)? })
}
