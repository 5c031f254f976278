//! Measures: definitions of a plug-in, and one indicator over facts that are in memory.
//!
//! A call gets, beside the limits of its binding, a budget for each row that it is handed: a larger region must not need
//! a larger class.

use std::sync::Arc;

use chrono::{DateTime, Datelike as _, Utc};
use veche_domain::code::Digest;
use veche_domain::decision::Kind;
use veche_domain::facts::{FactColumn, FactTable};
use veche_domain::indicator::{Answer, Definition, Period};
use veche_domain::limits::Limits;
use wasmtime::component::Resource;

use crate::contract::{self, guest, wit};
use crate::prepare::Plugin;
use crate::report::Report;
use crate::state::{HostState, Scene, check_output};

/// Rows of one batch.
const BATCH: usize = 4_096;
/// Fuel for each row that is handed over.
const FUEL_A_ROW: u64 = 2_000;
/// Rows that are worth a millisecond of the wall clock.
const ROWS_A_MILLISECOND: u64 = 100;

/// A stream of facts: a place in a table. `pub` for the generated bindings, which hand it on under their own names.
#[allow(unreachable_pub)]
pub struct FactStream {
    table: Arc<FactTable>,
    next: usize,
}

/// What an indicator is asked about.
#[derive(Debug, Clone)]
pub struct Measuring<'a> {
    /// Code, as the plug-in defines it.
    pub indicator: &'a str,
    /// Period.
    pub period: Period,
    /// What happened later is not in the facts.
    pub cut_off: DateTime<Utc>,
    /// The columns of its definition.
    pub facts: Arc<FactTable>,
}

impl Plugin {
    /// The indicators of the plug-in, unchecked.
    #[must_use]
    pub fn definitions(&self) -> Report<Vec<Definition>> {
        let Some(indices) = &self.indicators else { return self.missing(Kind::Indicators) };
        let scene = Scene::of_preparation(self.world.clone());
        self.run(scene, &(), self.limits.clone(), |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            let answer = guest.call_definitions(store)?;
            check_output(&answer, &self.limits)?;
            Ok(Ok(answer.into_iter().map(contract::definition).collect()))
        })
    }

    /// Measures one indicator, unchecked.
    #[must_use]
    pub fn measure(&self, asked: &Measuring<'_>) -> Report<Vec<Answer>> {
        let Some(indices) = &self.indicators else { return self.missing(Kind::Indicators) };
        let zone = self.world.dictionaries.region().time_zone;
        let ends = asked.period.ends(zone);
        let scene = Scene {
            world: self.world.clone(),
            today: asked.period.last,
            applicant: None,
            now: ends,
            seed: Digest::of(format!("{} {}", asked.indicator, asked.period.label()).as_bytes()),
        };
        let period = guest::indicators::Period {
            first: date(asked.period.first),
            last: date(asked.period.last),
            starts: asked.period.starts(zone).timestamp(),
            ends: ends.timestamp(),
            cut_off: asked.cut_off.timestamp(),
        };
        let limits = with_rows(&self.limits, asked.facts.rows as u64);
        let indicator = asked.indicator.to_owned();
        self.run(scene, &indicator, Arc::new(limits), |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            let stream = FactStream { table: asked.facts.clone(), next: 0 };
            let stream = store.data_mut().resources.push(stream)?;
            let borrowed = Resource::new_borrow(stream.rep());
            let answer = guest.call_measure(&mut *store, &indicator, period, borrowed);
            store.data_mut().resources.delete(stream)?;
            let answer = answer?;
            check_output(&answer, &self.limits)?;
            Ok(answer
                .map(|answers| answers.into_iter().map(contract::answer).collect())
                .map_err(|failure| failure.message))
        })
    }
}

/// The limits of a call with what its rows are worth.
fn with_rows(limits: &Limits, rows: u64) -> Limits {
    Limits {
        fuel: limits.fuel.saturating_add(rows.saturating_mul(FUEL_A_ROW)),
        wall_ms: limits.wall_ms.saturating_add(rows / ROWS_A_MILLISECOND),
        ..limits.clone()
    }
}

/// A day as the contract writes it.
pub(crate) fn date(day: chrono::NaiveDate) -> wit::types::Date {
    let small = |n: u32| u8::try_from(n).unwrap_or_default();
    wit::types::Date { year: day.year(), month: small(day.month()), day: small(day.day()) }
}

/// The part of a column that a batch holds.
fn part(column: &FactColumn, from: usize, to: usize) -> wit::facts::Column {
    match column {
        FactColumn::Codes { codes, .. } => wit::facts::Column::Codes(codes.get(from..to).unwrap_or_default().to_vec()),
        FactColumn::Integers(values) => wit::facts::Column::Integers(values.get(from..to).unwrap_or_default().to_vec()),
        FactColumn::Numbers(values) => wit::facts::Column::Numbers(values.get(from..to).unwrap_or_default().to_vec()),
        FactColumn::Flags(values) => wit::facts::Column::Flags(values.get(from..to).unwrap_or_default().to_vec()),
    }
}

impl wit::facts::Host for HostState {}

// What the stream hands over is bounded by the table, so it is counted as a call and not by its bytes.
impl wit::facts::HostFactStream for HostState {
    fn dictionary(&mut self, stream: Resource<FactStream>, column: u32) -> wasmtime::Result<Vec<String>> {
        self.enter(&())?;
        let stream = self.resources.get(&stream)?;
        let column = usize::try_from(column).ok().and_then(|column| stream.table.columns.get(column));
        Ok(match column {
            Some(FactColumn::Codes { dictionary, .. }) => dictionary.clone(),
            _ => Vec::new(),
        })
    }

    fn next(&mut self, stream: Resource<FactStream>) -> wasmtime::Result<Option<wit::facts::Batch>> {
        self.enter(&())?;
        let stream = self.resources.get_mut(&stream)?;
        let (from, to) = (stream.next, stream.table.rows.min(stream.next + BATCH));
        if from >= to {
            return Ok(None);
        }
        stream.next = to;
        let columns = stream.table.columns.iter().map(|column| part(column, from, to)).collect();
        Ok(Some(wit::facts::Batch { rows: u32::try_from(to - from).unwrap_or_default(), columns }))
    }

    fn drop(&mut self, stream: Resource<FactStream>) -> wasmtime::Result<()> {
        self.resources.delete(stream)?;
        Ok(())
    }
}
