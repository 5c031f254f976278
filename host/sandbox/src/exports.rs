//! Exports: formats of a plug-in, and one file, for which rows come in and bytes go out while the guest runs.
//!
//! Unlike every other call an export may wait, for the store and for whoever takes the bytes. So it runs on a thread of
//! its own, and what it waits does not count against its clock. It gets, beside the limits of its binding, a budget for
//! each row that is expected: a larger region must not need a larger class.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use chrono::{Offset as _, TimeZone as _};
use veche_domain::code::Digest;
use veche_domain::decision::Kind;
use veche_domain::export::{Cell, Column, Format, Request, Summary, Written};
use veche_domain::limits::Limits;
use wasmtime::component::Resource;
use wasmtime::{Store, UpdateDeadline};

use crate::contract::{self, guest, wit};
use crate::indicators::date;
use crate::prepare::Plugin;
use crate::report::Report;
use crate::state::{HostState, Scene, Stopped, check_output};

/// Bytes of one piece.
const PIECE: usize = 1 << 20;
/// Fuel for each row: some kilobytes written and packed.
const FUEL_A_ROW: u64 = 400_000;
/// Rows that are worth a millisecond of the wall clock.
const ROWS_A_MILLISECOND: u64 = 2;
/// Host calls for each row.
const CALLS_A_ROW: u64 = 4;
/// Rows that may come beside the expected ones, while appeals come in.
const MORE_ROWS: u64 = 10_000;

/// The next rows, none at the end; an error ends the call.
pub type RowSource = Box<dyn FnMut() -> Result<Option<Vec<Vec<Cell>>>, String> + Send>;
/// Takes a piece; what it says otherwise is told to the plug-in.
pub type ByteSink = Box<dyn FnMut(Vec<u8>) -> Result<(), String> + Send>;

/// A file to be written.
pub struct Exporting<'a> {
    /// Format, as the plug-in describes it.
    pub format: &'a str,
    /// What is asked for.
    pub request: &'a Request,
    /// Columns of the rows.
    pub columns: Vec<Column>,
    /// Rows that are expected.
    pub expected: u64,
    /// Where rows come from.
    pub rows: RowSource,
    /// Where bytes go.
    pub sink: ByteSink,
    /// Set it, and the call ends within a tick of the engine.
    pub stop: Arc<AtomicBool>,
}

/// Rows of a call. `pub` for the generated bindings, which hand it on under their own names.
#[allow(unreachable_pub)]
pub struct Rows {
    columns: Vec<Column>,
    source: RowSource,
    handed: u64,
    ended: bool,
}

/// Bytes of a call.
#[allow(unreachable_pub)]
pub struct Sink {
    sink: ByteSink,
    bytes: u64,
}

impl Plugin {
    /// The formats of the plug-in, unchecked.
    #[must_use]
    pub fn formats(&self) -> Report<Vec<Format>> {
        let Some(indices) = &self.exporter else { return self.missing(Kind::Exporter) };
        let scene = Scene::of_preparation(self.world.clone());
        self.run(scene, &(), self.limits.clone(), |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            let answer = guest.call_formats(store)?;
            check_output(&answer, &self.limits)?;
            Ok(Ok(answer.into_iter().map(contract::format).collect()))
        })
    }

    /// Writes one file. It blocks while it waits for rows and for whoever takes the bytes: give it a thread of its own.
    #[must_use]
    pub fn export(&self, asked: Exporting<'_>) -> Report<(Summary, Written)> {
        let Some(indices) = &self.exporter else { return self.missing(Kind::Exporter) };
        let zone = self.world.dictionaries.region().time_zone;
        let period = asked.request.period;
        let starts = period.starts(zone);
        let scene = Scene {
            world: self.world.clone(),
            today: period.last,
            applicant: None,
            now: period.ends(zone),
            seed: Digest::of(format!("{} {}", asked.format, period.label()).as_bytes()),
        };
        let request = guest::exporter::Request {
            language: asked.request.language.clone(),
            time_zone: zone.name().to_owned(),
            utc_offset: zone.offset_from_utc_datetime(&starts.naive_utc()).fix().local_minus_utc(),
            first: date(period.first),
            last: date(period.last),
            options: asked.request.options.clone().into_iter().collect(),
        };
        let limits = with_rows(&self.limits, asked.expected.saturating_add(MORE_ROWS));
        let options = request.options.clone();
        let stop = asked.stop;
        let rows = Rows { columns: asked.columns, source: asked.rows, handed: 0, ended: false };
        let sink = Sink { sink: asked.sink, bytes: 0 };
        self.run(scene, &options, Arc::new(limits), |store, instance| {
            let guest = indices.load(&mut *store, instance)?;
            watch(store, stop);
            let (rows, sink) = {
                let resources = &mut store.data_mut().resources;
                (resources.push(rows)?, resources.push(sink)?)
            };
            let lent = (Resource::new_borrow(rows.rep()), Resource::new_borrow(sink.rep()));
            let answer = guest.call_export(&mut *store, asked.format, &request, lent.0, lent.1);
            let resources = &mut store.data_mut().resources;
            let (rows, sink) = (resources.delete(rows)?, resources.delete(sink)?);
            let answer = answer?;
            check_output(&answer, &self.limits)?;
            let written = Written { rows: rows.handed, ended: rows.ended, bytes: sink.bytes };
            Ok(answer.map(|summary| (contract::summary(summary), written)).map_err(|failure| failure.message))
        })
    }
}

/// The limits of a call with what its rows are worth.
fn with_rows(limits: &Limits, rows: u64) -> Limits {
    Limits {
        fuel: limits.fuel.saturating_add(rows.saturating_mul(FUEL_A_ROW)),
        wall_ms: limits.wall_ms.saturating_add(rows / ROWS_A_MILLISECOND),
        host_calls: limits.host_calls.saturating_add(rows.saturating_mul(CALLS_A_ROW)),
        ..limits.clone()
    }
}

/// Looks at the clock, less what was waited, and at the flag on every tick.
fn watch(store: &mut Store<HostState>, stop: Arc<AtomicBool>) {
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |context| {
        if stop.load(Ordering::Relaxed) {
            return Err(Stopped("the export was ended".into()).into());
        }
        context.data().check_clock()?;
        Ok(UpdateDeadline::Continue(1))
    });
}

impl wit::streams::Host for HostState {}

fn cell(cell: Cell) -> wit::streams::Cell {
    match cell {
        Cell::Null => wit::streams::Cell::Null,
        Cell::Text(text) => wit::streams::Cell::Text(text),
        Cell::Integer(number) => wit::streams::Cell::Integer(number),
        Cell::Number(number) => wit::streams::Cell::Number(number),
        Cell::Flag(flag) => wit::streams::Cell::Flag(flag),
        Cell::Moment(seconds) => wit::streams::Cell::Moment(seconds),
    }
}

// Rows are bounded by the store and pieces by the quota of the export, so neither counts by its bytes.
impl wit::streams::HostRows for HostState {
    fn columns(&mut self, rows: Resource<Rows>) -> wasmtime::Result<Vec<wit::streams::Column>> {
        self.enter(&())?;
        let columns = self.resources.get(&rows)?.columns.iter();
        Ok(columns.map(|c| wit::streams::Column { name: c.name.to_owned(), title: c.title.to_owned() }).collect())
    }

    fn next(&mut self, rows: Resource<Rows>) -> wasmtime::Result<Option<Vec<Vec<wit::streams::Cell>>>> {
        self.enter(&())?;
        let waiting = Instant::now();
        let rows = self.resources.get_mut(&rows)?;
        let batch = if rows.ended { Ok(None) } else { (rows.source)() };
        let answer = match batch {
            Ok(Some(batch)) => {
                rows.handed += batch.len() as u64;
                Ok(Some(batch.into_iter().map(|row| row.into_iter().map(cell).collect()).collect()))
            }
            Ok(None) => {
                rows.ended = true;
                Ok(None)
            }
            Err(reason) => Err(Stopped(reason).into()),
        };
        self.waited += waiting.elapsed();
        answer
    }

    fn drop(&mut self, rows: Resource<Rows>) -> wasmtime::Result<()> {
        self.resources.delete(rows)?;
        Ok(())
    }
}

impl wit::streams::HostSink for HostState {
    fn write(&mut self, sink: Resource<Sink>, bytes: Vec<u8>) -> wasmtime::Result<Result<(), String>> {
        self.enter(&())?;
        let waiting = Instant::now();
        let sink = self.resources.get_mut(&sink)?;
        if bytes.len() > PIECE {
            return Ok(Err(format!("a piece has at most {PIECE} bytes, this one {}", bytes.len())));
        }
        let length = bytes.len() as u64;
        let taken = if bytes.is_empty() { Ok(()) } else { (sink.sink)(bytes) };
        if taken.is_ok() {
            sink.bytes += length;
        }
        self.waited += waiting.elapsed();
        Ok(taken)
    }

    fn drop(&mut self, sink: Resource<Sink>) -> wasmtime::Result<()> {
        self.resources.delete(sink)?;
        Ok(())
    }
}
