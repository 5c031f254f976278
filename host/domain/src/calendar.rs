//! STUB for compiling while the real one is written; overwrite it.
#![allow(missing_docs, dead_code, unused_variables)]
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError { #[error("outside")] OutsideYears { date: NaiveDate }, #[error("x")] Other }
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roll { Back, Forward, None }
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WorkTime;
#[derive(Debug, Clone)]
pub struct ProductionCalendar;
impl ProductionCalendar {
    pub fn russian() -> Self { Self }
    pub fn from_toml(_: &str) -> Result<Self, CalendarError> { Ok(Self) }
    pub fn id(&self) -> &str { "ru" }
    pub fn version(&self) -> &str { "0" }
    pub fn digest(&self) -> crate::code::Digest { crate::code::Digest::of(b"") }
    pub fn add_calendar_days(&self, d: NaiveDate, n: i32) -> Result<NaiveDate, CalendarError> { Ok(d) }
    pub fn add_working_days(&self, d: NaiveDate, n: i32) -> Result<NaiveDate, CalendarError> { Ok(d) }
    pub fn roll(&self, d: NaiveDate, r: Roll) -> Result<NaiveDate, CalendarError> { Ok(d) }
    pub fn is_working_day(&self, d: NaiveDate) -> Result<bool, CalendarError> { Ok(true) }
    pub fn working_days_between(&self, a: NaiveDate, b: NaiveDate) -> Result<i64, CalendarError> { Ok(0) }
}
impl WorkTime {
    pub fn add_working_minutes(&self, c: &ProductionCalendar, z: Tz, from: DateTime<Utc>, minutes: i64) -> Result<DateTime<Utc>, CalendarError> { Ok(from) }
}
pub fn local_date(at: DateTime<Utc>, z: Tz) -> NaiveDate { at.with_timezone(&z).date_naive() }
pub fn start_of_day(d: NaiveDate, z: Tz) -> DateTime<Utc> { d.and_time(chrono::NaiveTime::MIN).and_utc() }
pub fn end_of_day(d: NaiveDate, z: Tz) -> DateTime<Utc> { d.and_time(chrono::NaiveTime::MIN).and_utc() }
