//! What a call sees of the host: the imports of the contract over in-memory snapshots.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Datelike as _, NaiveDate, TimeZone as _, Utc};
use veche_domain::appeal::Applicant;
use veche_domain::calendar::{self, CalendarError, ProductionCalendar, Roll, WorkTime};
use veche_domain::dictionary::{BodyKind, Dictionaries};
use wasmtime::ResourceLimiter;

use crate::contract::wit;
use crate::datasets::{Content, Dataset, Table};
use crate::limits::Limits;
use crate::report::LogLine;

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

/// State of one call.
pub(crate) struct HostState {
    pub(crate) world: Arc<World>,
    /// Day for which dictionaries are asked.
    pub(crate) today: NaiveDate,
    /// Applicant of the appeal of this call, if the permission is granted.
    pub(crate) applicant: Option<Applicant>,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) logs_cut: u32,
    log_bytes: usize,
    limits: Limits,
    memory: usize,
    pub(crate) memory_peak: usize,
    tables: usize,
    /// A growth that was refused: (memory or table, wanted).
    pub(crate) refused: Option<(crate::limits::LimitKind, usize)>,
}

impl HostState {
    pub(crate) fn new(world: Arc<World>, today: NaiveDate, applicant: Option<Applicant>, limits: &Limits) -> Self {
        Self {
            world,
            today,
            applicant,
            logs: Vec::new(),
            logs_cut: 0,
            log_bytes: 0,
            limits: limits.clone(),
            memory: 0,
            memory_peak: 0,
            tables: 0,
            refused: None,
        }
    }

    /// Makes the state fit for another call in the same instance. Memory goes on counting: the instance keeps it.
    pub(crate) fn next_call(&mut self, today: NaiveDate, applicant: Option<Applicant>) {
        self.today = today;
        self.applicant = applicant;
        self.logs.clear();
        (self.logs_cut, self.log_bytes, self.refused) = (0, 0, None);
    }

    fn table(&self, name: &str) -> Result<&Table, wit::datasets::DatasetError> {
        match self.world.datasets.get(name).map(|d| &d.content) {
            Some(Content::Table(table)) => Ok(table),
            Some(_) => Err(wit::datasets::DatasetError::WrongShape(name.to_owned())),
            None => Err(wit::datasets::DatasetError::NotBound(name.to_owned())),
        }
    }

    fn zone(&self) -> chrono_tz::Tz {
        self.world.dictionaries.region().time_zone
    }

    fn work_time(&self, body: Option<&str>) -> Result<&WorkTime, wit::calendar::CalendarError> {
        let Some(code) = body else { return Ok(&self.world.work_time) };
        let body = self
            .world
            .dictionaries
            .body(code)
            .ok_or_else(|| wit::calendar::CalendarError::UnknownBody(code.to_owned()))?;
        Ok(body.work_time.as_ref().unwrap_or(&self.world.work_time))
    }
}

// The sum over all memories of the call is limited: a limit for each would double with a second memory.
impl ResourceLimiter for HostState {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.memory.saturating_sub(current).saturating_add(desired);
        if total > self.limits.memory {
            self.refused = Some((crate::limits::LimitKind::Memory, total));
            return Ok(false);
        }
        self.memory = total;
        self.memory_peak = self.memory_peak.max(total);
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.tables.saturating_sub(current).saturating_add(desired);
        if total > self.limits.table_elements {
            self.refused = Some((crate::limits::LimitKind::TableElements, total));
            return Ok(false);
        }
        self.tables = total;
        Ok(true)
    }

    fn instances(&self) -> usize {
        32
    }
    fn tables(&self) -> usize {
        32
    }
    fn memories(&self) -> usize {
        8
    }
}

impl wit::types::Host for HostState {}

impl wit::log::Host for HostState {
    fn write(&mut self, level: wit::log::Level, mut message: String) {
        let left = self.limits.log_bytes.saturating_sub(self.log_bytes);
        if self.logs.len() >= self.limits.log_lines || left == 0 {
            self.logs_cut = self.logs_cut.saturating_add(1);
            return;
        }
        if message.len() > left {
            self.logs_cut = self.logs_cut.saturating_add(1);
            message.truncate(message.floor_char_boundary(left));
        }
        self.log_bytes += message.len();
        let level = match level {
            wit::log::Level::Trace => "trace",
            wit::log::Level::Debug => "debug",
            wit::log::Level::Info => "info",
            wit::log::Level::Warn => "warn",
            wit::log::Level::Error => "error",
        };
        self.logs.push(LogLine { level: level.into(), message });
    }
}

impl wit::directory::Host for HostState {
    fn blocks(&mut self) -> Vec<wit::directory::Block> {
        let blocks = &self.world.dictionaries.data().blocks;
        blocks.iter().map(|b| wit::directory::Block { code: b.code.to_string(), name: b.name.clone() }).collect()
    }

    fn categories(&mut self, block: Option<String>) -> Vec<wit::directory::Category> {
        let categories = &self.world.dictionaries.data().categories;
        categories
            .iter()
            .filter(|c| c.in_force(self.today) && block.as_deref().is_none_or(|b| b == c.block.as_str()))
            .map(category)
            .collect()
    }

    fn category_by_code(&mut self, code: String) -> Option<wit::directory::Category> {
        self.world.dictionaries.category(&code, self.today).map(category)
    }

    fn body_by_code(&mut self, code: String) -> Option<wit::directory::Body> {
        self.world.dictionaries.body(&code).map(body)
    }

    fn bodies_of(&mut self, municipality: String) -> Vec<wit::directory::Body> {
        let bodies = &self.world.dictionaries.data().bodies;
        bodies
            .iter()
            .filter(|b| b.municipality.as_ref().is_some_and(|m| m.as_str() == municipality))
            .map(body)
            .collect()
    }

    fn municipality_by_code(&mut self, code: String) -> Option<wit::directory::Municipality> {
        self.world.dictionaries.municipality(&code).map(municipality)
    }

    fn find_municipality(&mut self, name: String) -> Option<wit::directory::Municipality> {
        self.world.dictionaries.find_municipality(&name).map(municipality)
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

impl wit::calendar::Host for HostState {
    fn version(&mut self) -> String {
        format!("{}@{}", self.world.calendar.id(), self.world.calendar.version())
    }

    fn local_date(&mut self, at: i64) -> wit::types::Date {
        from_date(calendar::local_date(moment(at), self.zone()))
    }

    fn start_of_day(&mut self, day: wit::types::Date) -> Result<i64, wit::calendar::CalendarError> {
        Ok(calendar::start_of_day(to_date(day)?, self.zone()).timestamp())
    }

    fn end_of_day(&mut self, day: wit::types::Date) -> Result<i64, wit::calendar::CalendarError> {
        Ok(calendar::end_of_day(to_date(day)?, self.zone()).timestamp())
    }

    fn is_working_day(&mut self, day: wit::types::Date) -> Result<bool, wit::calendar::CalendarError> {
        Ok(self.world.calendar.is_working_day(to_date(day)?)?)
    }

    fn add_days(
        &mut self,
        day: wit::types::Date,
        days: i32,
        roll: wit::calendar::Roll,
    ) -> Result<wit::types::Date, wit::calendar::CalendarError> {
        let calendar = &self.world.calendar;
        let end = calendar.add_calendar_days(to_date(day)?, days)?;
        let rolled = match roll {
            wit::calendar::Roll::Stay => end,
            wit::calendar::Roll::Back => calendar.roll(end, Roll::Back)?,
            wit::calendar::Roll::Forward => calendar.roll(end, Roll::Forward)?,
        };
        Ok(from_date(rolled))
    }

    fn add_working_days(
        &mut self,
        day: wit::types::Date,
        days: i32,
    ) -> Result<wit::types::Date, wit::calendar::CalendarError> {
        Ok(from_date(self.world.calendar.add_working_days(to_date(day)?, days)?))
    }

    fn add_working_minutes(
        &mut self,
        body: Option<String>,
        from: i64,
        minutes: u32,
    ) -> Result<i64, wit::calendar::CalendarError> {
        let work_time = self.work_time(body.as_deref())?;
        let due = work_time.add_working_minutes(&self.world.calendar, self.zone(), moment(from), i64::from(minutes))?;
        Ok(due.timestamp())
    }

    fn working_days_between(
        &mut self,
        from: wit::types::Date,
        to: wit::types::Date,
    ) -> Result<i32, wit::calendar::CalendarError> {
        let days = self.world.calendar.working_days_between(to_date(from)?, to_date(to)?)?;
        Ok(i32::try_from(days).unwrap_or(i32::MAX))
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

impl wit::datasets::Host for HostState {
    fn columns(&mut self, dataset: String) -> Result<Vec<String>, wit::datasets::DatasetError> {
        Ok(self.table(&dataset)?.columns.clone())
    }

    fn get(&mut self, dataset: String, key: String) -> Result<Vec<Vec<String>>, wit::datasets::DatasetError> {
        Ok(self.table(&dataset)?.by_key(&key).take(SCAN_LIMIT).cloned().collect())
    }

    fn scan(
        &mut self,
        dataset: String,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<Vec<String>>, wit::datasets::DatasetError> {
        let limit = usize::try_from(limit).unwrap_or(SCAN_LIMIT).min(SCAN_LIMIT);
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(self.table(&dataset)?.rows.iter().skip(offset).take(limit).cloned().collect())
    }

    fn locate(&mut self, dataset: String, at: wit::types::Point) -> Result<Vec<String>, wit::datasets::DatasetError> {
        match self.world.datasets.get(&dataset).map(|d| &d.content) {
            Some(Content::Polygons(polygons)) => Ok(polygons.locate(at.latitude, at.longitude).cloned().collect()),
            Some(_) => Err(wit::datasets::DatasetError::WrongShape(dataset)),
            None => Err(wit::datasets::DatasetError::NotBound(dataset)),
        }
    }

    fn read(&mut self, dataset: String, offset: u64, length: u32) -> Result<Vec<u8>, wit::datasets::DatasetError> {
        let bytes = match self.world.datasets.get(&dataset).map(|d| &d.content) {
            Some(Content::Blob(bytes)) => bytes,
            Some(_) => return Err(wit::datasets::DatasetError::WrongShape(dataset)),
            None => return Err(wit::datasets::DatasetError::NotBound(dataset)),
        };
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let length = usize::try_from(length).unwrap_or(READ_LIMIT).min(READ_LIMIT);
        let end = start.saturating_add(length).min(bytes.len());
        Ok(bytes.get(start..end).unwrap_or_default().to_vec())
    }
}

impl wit::applicant::Host for HostState {
    fn current(&mut self) -> Option<wit::applicant::Applicant> {
        self.applicant.as_ref().map(|a| wit::applicant::Applicant {
            name: a.name.clone(),
            phone: a.phone.clone(),
            email: a.email.clone(),
            address: a.address.clone(),
        })
    }
}
