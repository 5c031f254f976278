//! What a call sees of the host: the imports of the contract over in-memory snapshots.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Datelike as _, NaiveDate, TimeZone as _, Utc};
use veche_domain::calendar::{self, CalendarError, ProductionCalendar, Roll, WorkTime};
use veche_domain::dictionary::{BodyKind, Dictionaries};

use crate::contract::wit;
use crate::datasets::{Content, Dataset, Table};
use crate::state::HostState;

/// Immutable data that calls of one binding read.
#[derive(Clone)]
pub struct World {
    /// Dictionaries.
    pub dictionaries: Arc<Dictionaries>,
    /// Production calendar, in the ruleset's version.
    pub calendar: ProductionCalendar,
    /// Working time of the centre, for terms without a body.
    pub work_time: WorkTime,
    /// Bound datasets by name.
    pub datasets: Arc<HashMap<String, Arc<Dataset>>>,
}

impl HostState {
    fn table(&self, name: &str) -> Result<&Table, wit::datasets::DatasetError> {
        match self.world().datasets.get(name).map(|d| &d.content) {
            Some(Content::Table(table)) => Ok(table),
            Some(Content::Blob(_)) => Err(wit::datasets::DatasetError::WrongShape(name.to_owned())),
            None => Err(wit::datasets::DatasetError::NotBound(name.to_owned())),
        }
    }

    fn zone(&self) -> chrono_tz::Tz {
        self.world().dictionaries.region().time_zone
    }

    fn work_time(&self, body: Option<&str>) -> Result<&WorkTime, wit::calendar::CalendarError> {
        let Some(code) = body else { return Ok(&self.world().work_time) };
        let body = self
            .world()
            .dictionaries
            .body(code)
            .ok_or_else(|| wit::calendar::CalendarError::UnknownBody(code.to_owned()))?;
        Ok(body.work_time.as_ref().unwrap_or(&self.world().work_time))
    }
}

impl wit::types::Host for HostState {}

impl wit::log::Host for HostState {
    fn write(&mut self, level: wit::log::Level, message: String) -> wasmtime::Result<()> {
        self.enter(&message)?;
        let level = match level {
            wit::log::Level::Trace => "trace",
            wit::log::Level::Debug => "debug",
            wit::log::Level::Info => "info",
            wit::log::Level::Warn => "warn",
            wit::log::Level::Error => "error",
        };
        self.log(level, message);
        Ok(())
    }
}

impl wit::directory::Host for HostState {
    fn blocks(&mut self) -> wasmtime::Result<Vec<wit::directory::Block>> {
        self.enter(&())?;
        let blocks = &self.world().dictionaries.data().blocks;
        let blocks = blocks.iter().map(|b| wit::directory::Block { code: b.code.to_string(), name: b.name.clone() });
        self.give(blocks.collect())
    }

    fn categories(&mut self, block: Option<String>) -> wasmtime::Result<Vec<wit::directory::Category>> {
        self.enter(&block)?;
        let categories = self.world().dictionaries.data().categories.iter();
        let wanted = categories
            .filter(|c| c.in_force(self.scene.today) && block.as_deref().is_none_or(|b| b == c.block.as_str()));
        self.give(wanted.map(category).collect())
    }

    fn category_by_code(&mut self, code: String) -> wasmtime::Result<Option<wit::directory::Category>> {
        self.enter(&code)?;
        self.give(self.world().dictionaries.category(&code, self.scene.today).map(category))
    }

    fn body_by_code(&mut self, code: String) -> wasmtime::Result<Option<wit::directory::Body>> {
        self.enter(&code)?;
        self.give(self.world().dictionaries.body(&code).map(body))
    }

    fn bodies_of(&mut self, municipality: String) -> wasmtime::Result<Vec<wit::directory::Body>> {
        self.enter(&municipality)?;
        let bodies = self.world().dictionaries.data().bodies.iter();
        let wanted = bodies.filter(|b| b.municipality.as_ref().is_some_and(|m| m.as_str() == municipality));
        self.give(wanted.map(body).collect())
    }

    fn municipality_by_code(&mut self, code: String) -> wasmtime::Result<Option<wit::directory::Municipality>> {
        self.enter(&code)?;
        self.give(self.world().dictionaries.municipality(&code).map(municipality))
    }

    fn find_municipality(&mut self, name: String) -> wasmtime::Result<Option<wit::directory::Municipality>> {
        self.enter(&name)?;
        self.give(self.world().dictionaries.find_municipality(&name).map(municipality))
    }
}

fn category(c: &veche_domain::dictionary::Category) -> wit::directory::Category {
    wit::directory::Category {
        code: c.code.to_string(),
        block: c.block.to_string(),
        name: c.name.clone(),
        other: c.other,
        default_body: c.default_body.as_ref().map(ToString::to_string),
    }
}

fn body(b: &veche_domain::dictionary::Body) -> wit::directory::Body {
    wit::directory::Body {
        code: b.code.to_string(),
        name: b.name.clone(),
        kind: match b.kind {
            BodyKind::Executive => wit::directory::BodyKind::Executive,
            BodyKind::Municipality => wit::directory::BodyKind::Municipality,
            BodyKind::Institution => wit::directory::BodyKind::Institution,
            BodyKind::Company => wit::directory::BodyKind::Company,
        },
        municipality: b.municipality.as_ref().map(ToString::to_string),
    }
}

fn municipality(m: &veche_domain::dictionary::Municipality) -> wit::directory::Municipality {
    wit::directory::Municipality { code: m.code.to_string(), name: m.name.clone() }
}

type Counted<T> = wasmtime::Result<Result<T, wit::calendar::CalendarError>>;

impl wit::calendar::Host for HostState {
    fn version(&mut self) -> wasmtime::Result<String> {
        self.enter(&())?;
        self.give(format!("{}@{}", self.world().calendar.id(), self.world().calendar.version()))
    }

    fn local_date(&mut self, at: i64) -> wasmtime::Result<wit::types::Date> {
        self.enter(&())?;
        Ok(from_date(calendar::local_date(moment(at), self.zone())))
    }

    fn start_of_day(&mut self, day: wit::types::Date) -> Counted<i64> {
        self.enter(&())?;
        Ok(to_date(day).map(|day| calendar::start_of_day(day, self.zone()).timestamp()))
    }

    fn end_of_day(&mut self, day: wit::types::Date) -> Counted<i64> {
        self.enter(&())?;
        Ok(to_date(day).map(|day| calendar::end_of_day(day, self.zone()).timestamp()))
    }

    fn is_working_day(&mut self, day: wit::types::Date) -> Counted<bool> {
        self.enter(&())?;
        Ok(to_date(day).and_then(|day| Ok(self.world().calendar.is_working_day(day)?)))
    }

    fn add_days(&mut self, day: wit::types::Date, days: i32, roll: wit::calendar::Roll) -> Counted<wit::types::Date> {
        self.enter(&())?;
        let calendar = &self.world().calendar;
        let rolled = || {
            let end = calendar.add_calendar_days(to_date(day)?, days)?;
            Ok(from_date(match roll {
                wit::calendar::Roll::Stay => end,
                wit::calendar::Roll::Back => calendar.roll(end, Roll::Back)?,
                wit::calendar::Roll::Forward => calendar.roll(end, Roll::Forward)?,
            }))
        };
        Ok(rolled())
    }

    fn add_working_days(&mut self, day: wit::types::Date, days: i32) -> Counted<wit::types::Date> {
        self.enter(&())?;
        Ok(to_date(day).and_then(|day| Ok(from_date(self.world().calendar.add_working_days(day, days)?))))
    }

    fn add_working_minutes(&mut self, body: Option<String>, from: i64, minutes: u32) -> Counted<i64> {
        self.enter(&body)?;
        let due = self.work_time(body.as_deref()).and_then(|work_time| {
            let calendar = &self.world().calendar;
            Ok(work_time.add_working_minutes(calendar, self.zone(), moment(from), i64::from(minutes))?.timestamp())
        });
        self.give(due)
    }

    fn working_days_between(&mut self, from: wit::types::Date, to: wit::types::Date) -> Counted<i32> {
        self.enter(&())?;
        let days = || {
            let days = self.world().calendar.working_days_between(to_date(from)?, to_date(to)?)?;
            Ok(i32::try_from(days).unwrap_or(i32::MAX))
        };
        Ok(days())
    }
}

fn moment(at: i64) -> DateTime<Utc> {
    // Times beyond what chrono can say come only from a broken guest; the nearest end keeps arithmetic defined.
    Utc.timestamp_opt(at, 0).single().unwrap_or(if at < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

fn to_date(day: wit::types::Date) -> Result<NaiveDate, wit::calendar::CalendarError> {
    NaiveDate::from_ymd_opt(day.year, u32::from(day.month), u32::from(day.day))
        .ok_or(wit::calendar::CalendarError::InvalidDate)
}

fn from_date(day: NaiveDate) -> wit::types::Date {
    let small = |n: u32| u8::try_from(n).unwrap_or_default();
    wit::types::Date { year: day.year(), month: small(day.month()), day: small(day.day()) }
}

impl From<CalendarError> for wit::calendar::CalendarError {
    fn from(error: CalendarError) -> Self {
        match error {
            CalendarError::OutsideYears { date, .. } => Self::YearMissing(date.year()),
            _ => Self::InvalidDate,
        }
    }
}

/// Most rows of one `scan`.
const SCAN_LIMIT: usize = 4_096;
/// Most bytes of one `read`.
const READ_LIMIT: usize = 1 << 20;

type Read<T> = wasmtime::Result<Result<T, wit::datasets::DatasetError>>;

impl wit::datasets::Host for HostState {
    fn columns(&mut self, dataset: String) -> Read<Vec<String>> {
        self.enter(&dataset)?;
        self.give(self.table(&dataset).map(|table| table.columns.clone()))
    }

    fn get(&mut self, dataset: String, key: String) -> Read<Vec<Vec<String>>> {
        self.enter(&(&dataset, &key))?;
        self.give(self.table(&dataset).map(|table| table.by_key(&key).take(SCAN_LIMIT).cloned().collect()))
    }

    fn scan(&mut self, dataset: String, offset: u32, limit: u32) -> Read<Vec<Vec<String>>> {
        self.enter(&dataset)?;
        let limit = usize::try_from(limit).unwrap_or(SCAN_LIMIT).min(SCAN_LIMIT);
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let rows = self.table(&dataset).map(|table| table.rows.iter().skip(offset).take(limit).cloned().collect());
        self.give(rows)
    }

    fn locate(&mut self, dataset: String, _at: wit::types::Point) -> Read<Vec<String>> {
        self.enter(&dataset)?;
        Ok(Err(match self.world().datasets.get(&dataset) {
            Some(_) => wit::datasets::DatasetError::WrongShape(dataset),
            None => wit::datasets::DatasetError::NotBound(dataset),
        }))
    }

    fn read(&mut self, dataset: String, offset: u64, length: u32) -> Read<Vec<u8>> {
        self.enter(&dataset)?;
        let bytes = match self.world().datasets.get(&dataset).map(|d| &d.content) {
            Some(Content::Blob(bytes)) => bytes,
            Some(Content::Table(_)) => return Ok(Err(wit::datasets::DatasetError::WrongShape(dataset))),
            None => return Ok(Err(wit::datasets::DatasetError::NotBound(dataset))),
        };
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let length = usize::try_from(length).unwrap_or(READ_LIMIT).min(READ_LIMIT);
        let end = start.saturating_add(length).min(bytes.len());
        let part = bytes.get(start..end).unwrap_or_default().to_vec();
        self.give(Ok(part))
    }
}

impl wit::applicant::Host for HostState {
    fn current(&mut self) -> wasmtime::Result<Option<wit::applicant::Applicant>> {
        self.enter(&())?;
        let applicant = self.scene.applicant.as_ref().map(|a| wit::applicant::Applicant {
            name: a.name.clone(),
            phone: a.phone.clone(),
            email: a.email.clone(),
            address: a.address.clone(),
        });
        self.give(applicant)
    }
}
