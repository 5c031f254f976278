//! The production calendar and working time: which days are worked, and how long.
//!
//! A calendar is data with a version. Appeals are dated by the version that their ruleset names, so a calendar
//! that is revised afterwards changes no past decision.

mod work_time;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Offset as _, TimeDelta, TimeZone as _, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

pub use work_time::WorkTime;

use crate::code::Digest;

const RUSSIAN: &str = include_str!("../data/calendar/ru.toml");

/// Why a date cannot be counted, or a calendar not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No facts for the year.
    #[error("the calendar has no facts for {date}: it covers {first} to {last}; load a newer version")]
    OutsideYears {
        /// The date.
        date: NaiveDate,
        /// First year covered.
        first: i32,
        /// Last year covered.
        last: i32,
    },
    /// Beyond what dates can say.
    #[error("{days} days from {date} is no date")]
    Overflow {
        /// Start.
        date: NaiveDate,
        /// Days.
        days: i64,
    },
    /// The TOML cannot be read.
    #[error("the calendar cannot be read: {reason}")]
    Form {
        /// What the parser said.
        reason: String,
    },
    /// A day that is none.
    #[error("the calendar names {text:?} in {year}: write existing days as MM-DD")]
    Day {
        /// The text.
        text: String,
        /// Year.
        year: i32,
    },
    /// A working time that cannot be read.
    #[error("working time: {part:?} cannot be read; write `mon-thu 08:30-17:30, fri 08:30-16:30; lunch 12:30-13:18`")]
    WorkTime {
        /// The part.
        part: String,
    },
    /// A week without work never ends.
    #[error("the working time has no working hours in a year: give it some")]
    NoWork,
}

/// What a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind {
    /// Not worked.
    Off,
    /// Worked.
    Working,
    /// Worked, one hour less (Labour Code article 95).
    Shortened,
}

/// Where a term goes that ends on a day off. Acts differ: some say the working day before, some the one after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roll {
    /// Stays.
    Stay,
    /// To the working day before.
    Back,
    /// To the working day after.
    Forward,
}

/// A year as written: the days that differ from a Monday-to-Friday week, as `MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearData {
    /// Year.
    pub year: i32,
    /// Weekdays that are off.
    #[serde(default)]
    pub off: Vec<String>,
    /// Weekend days that are worked.
    #[serde(default)]
    pub working: Vec<String>,
    /// Working days that are one hour shorter.
    #[serde(default)]
    pub shortened: Vec<String>,
}

/// A calendar as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarData {
    /// Id, `ru`.
    pub id: String,
    /// Version, grows with each revision.
    pub version: String,
    /// Years, in any order.
    pub years: Vec<YearData>,
}

#[derive(Debug)]
struct Inner {
    id: String,
    version: String,
    digest: Digest,
    first: NaiveDate,
    days: Vec<DayKind>,
    /// Working days before each day, so that counting needs no walk.
    worked: Vec<u32>,
}

/// A production calendar over a run of years. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ProductionCalendar(Arc<Inner>);

static SHIPPED: LazyLock<Option<ProductionCalendar>> = LazyLock::new(|| ProductionCalendar::from_toml(RUSSIAN).ok());

impl ProductionCalendar {
    /// The calendar of the Russian Federation that ships with the project, 2020 to 2026.
    #[must_use]
    pub fn russian() -> Self {
        // The text is a constant that a test reads; an empty calendar would refuse every date.
        SHIPPED.clone().unwrap_or_else(|| Self::build("ru", "none", Digest::of(b""), NaiveDate::MIN, Vec::new()))
    }

    /// The text that [`Self::russian`] is made from, to be stored with a ruleset.
    #[must_use]
    pub fn russian_toml() -> &'static str {
        RUSSIAN
    }

    /// Reads a calendar.
    ///
    /// # Errors
    /// [`CalendarError::Form`] or [`CalendarError::Day`] names the place.
    pub fn from_toml(text: &str) -> Result<Self, CalendarError> {
        let data: CalendarData = toml::from_str(text).map_err(|e| CalendarError::Form { reason: e.to_string() })?;
        Self::from_data(data)
    }

    /// Makes a calendar of data. Years must follow each other without a gap.
    ///
    /// # Errors
    /// [`CalendarError::Form`] or [`CalendarError::Day`] names the place.
    pub fn from_data(data: CalendarData) -> Result<Self, CalendarError> {
        let digest = Digest::of(&serde_json::to_vec(&data).unwrap_or_default());
        let form = |reason: String| CalendarError::Form { reason };
        let mut years = BTreeMap::new();
        for year in data.years {
            let number = year.year;
            if years.insert(number, year).is_some() {
                return Err(form(format!("year {number} is given twice")));
            }
        }
        let (Some((&first, _)), Some((&last, _))) = (years.first_key_value(), years.last_key_value()) else {
            return Err(form("no year is given".into()));
        };
        let start = NaiveDate::from_ymd_opt(first, 1, 1).ok_or_else(|| form(format!("{first} is no year")))?;
        let mut days = Vec::new();
        for number in first..=last {
            let year = years
                .get(&number)
                .ok_or_else(|| form(format!("year {number} is missing between {first} and {last}")))?;
            add_year(&mut days, start, year)?;
        }
        Ok(Self::build(&data.id, &data.version, digest, start, days))
    }

    fn build(id: &str, version: &str, digest: Digest, first: NaiveDate, days: Vec<DayKind>) -> Self {
        let mut count = 0;
        let mut worked = Vec::with_capacity(days.len() + 1);
        for day in &days {
            worked.push(count);
            count += u32::from(*day != DayKind::Off);
        }
        worked.push(count);
        Self(Arc::new(Inner { id: id.into(), version: version.into(), digest, first, days, worked }))
    }

    /// The same calendar with a region's own days: `off` and `working` win over the federal ones.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`] for a day that the calendar does not cover.
    pub fn with_regional(
        &self,
        id: &str,
        version: &str,
        off: &[NaiveDate],
        working: &[NaiveDate],
    ) -> Result<Self, CalendarError> {
        let mut days = self.0.days.clone();
        for (list, kind) in [(off, DayKind::Off), (working, DayKind::Working)] {
            for date in list {
                let index = self.index(*date)?;
                if let Some(day) = days.get_mut(index) {
                    *day = kind;
                }
            }
        }
        let text = format!("{} {id} {version} {off:?} {working:?}", self.0.digest);
        Ok(Self::build(id, version, Digest::of(text.as_bytes()), self.0.first, days))
    }

    /// Id, `ru`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// Digest of its data.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    fn outside(&self, date: NaiveDate) -> CalendarError {
        let span = TimeDelta::days(i64::try_from(self.0.days.len()).unwrap_or(0) - 1);
        let last = self.0.first.checked_add_signed(span).map_or(0, |d| d.year());
        CalendarError::OutsideYears { date, first: self.0.first.year(), last }
    }

    fn index(&self, date: NaiveDate) -> Result<usize, CalendarError> {
        usize::try_from((date - self.0.first).num_days())
            .ok()
            .filter(|i| *i < self.0.days.len())
            .ok_or_else(|| self.outside(date))
    }

    fn date(&self, index: usize) -> Option<NaiveDate> {
        self.0.first.checked_add_signed(TimeDelta::days(i64::try_from(index).ok()?))
    }

    /// What a day is.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn kind(&self, date: NaiveDate) -> Result<DayKind, CalendarError> {
        let index = self.index(date)?;
        self.0.days.get(index).copied().ok_or_else(|| self.outside(date))
    }

    /// Whether a day is worked; a shortened one is.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn is_working_day(&self, date: NaiveDate) -> Result<bool, CalendarError> {
        Ok(self.kind(date)? != DayKind::Off)
    }

    /// `days` calendar days later.
    ///
    /// # Errors
    /// [`CalendarError::Overflow`].
    pub fn add_calendar_days(&self, date: NaiveDate, days: i32) -> Result<NaiveDate, CalendarError> {
        date.checked_add_signed(TimeDelta::days(i64::from(days)))
            .ok_or(CalendarError::Overflow { date, days: i64::from(days) })
    }

    /// The `days`-th working day after a date, before it if negative; the date itself for 0.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`] if the calendar does not reach so far.
    pub fn add_working_days(&self, date: NaiveDate, days: i32) -> Result<NaiveDate, CalendarError> {
        let index = self.index(date)?;
        if days == 0 {
            return Ok(date);
        }
        // `worked[i]` counts working days before day i, so the n-th one after `index` is the day that takes
        // the count from `target` to `target + 1`.
        let at = |i: usize| i64::from(self.0.worked.get(i).copied().unwrap_or_default());
        let target = if days > 0 { at(index + 1) + i64::from(days) - 1 } else { at(index) + i64::from(days) };
        let beyond = || {
            let edge = if days > 0 { self.0.days.len() } else { 0 };
            let step = if days > 0 { 0 } else { -1 };
            self.date(edge)
                .and_then(|d| d.checked_add_signed(TimeDelta::days(step)))
                .map_or_else(|| self.outside(date), |d| self.outside(d))
        };
        let target = u32::try_from(target).map_err(|_| beyond())?;
        // The last day whose count before it is `target` is the working day itself.
        let found = self.0.worked.partition_point(|count| *count <= target);
        let day = found.checked_sub(1).filter(|i| *i < self.0.days.len()).ok_or_else(beyond)?;
        self.date(day).ok_or_else(beyond)
    }

    /// A date, moved to a working day if it is off.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn roll(&self, date: NaiveDate, roll: Roll) -> Result<NaiveDate, CalendarError> {
        if roll == Roll::Stay || self.is_working_day(date)? {
            return Ok(date);
        }
        self.add_working_days(date, if roll == Roll::Back { -1 } else { 1 })
    }

    /// Working days after `from` up to and with `to`; negative if `to` is earlier.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn working_days_between(&self, from: NaiveDate, to: NaiveDate) -> Result<i64, CalendarError> {
        let at = |date| -> Result<i64, CalendarError> {
            let index = self.index(date)?;
            Ok(i64::from(self.0.worked.get(index + 1).copied().unwrap_or_default()))
        };
        Ok(at(to)? - at(from)?)
    }
}

fn add_year(days: &mut Vec<DayKind>, start: NaiveDate, year: &YearData) -> Result<(), CalendarError> {
    let begin = days.len();
    let number = year.year;
    let wrong = |text: &str| CalendarError::Day { text: text.to_owned(), year: number };
    let mut date = NaiveDate::from_ymd_opt(number, 1, 1).ok_or_else(|| wrong("01-01"))?;
    debug_assert_eq!(usize::try_from((date - start).num_days()), Ok(begin));
    while date.year() == number {
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        days.push(if weekend { DayKind::Off } else { DayKind::Working });
        date = date.succ_opt().ok_or_else(|| wrong("12-31"))?;
    }
    for (list, kind) in
        [(&year.off, DayKind::Off), (&year.working, DayKind::Working), (&year.shortened, DayKind::Shortened)]
    {
        for text in list {
            let date: NaiveDate = format!("{number}-{text}").parse().map_err(|_| wrong(text))?;
            let index = begin + usize::try_from(date.ordinal0()).map_err(|_| wrong(text))?;
            *days.get_mut(index).ok_or_else(|| wrong(text))? = kind;
        }
    }
    Ok(())
}

/// The date of a moment in a time zone.
#[must_use]
pub fn local_date(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let utc = at.naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix();
    // Plug-ins choose the moment: the first and last hours that a date can say have no local date, and take that of UTC.
    utc.checked_add_offset(offset).unwrap_or(utc).date()
}

/// A local time as a moment. Where clocks skip it, the first moment after the gap; where they repeat it, the earlier.
#[must_use]
pub fn local_moment(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let mut local = date.and_time(time);
    for _ in 0..48 {
        if let Some(found) = zone.from_local_datetime(&local).earliest() {
            return found.with_timezone(&Utc);
        }
        local += TimeDelta::minutes(30);
    }
    local.and_utc()
}

/// First moment of a day.
#[must_use]
pub fn start_of_day(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    local_moment(date, NaiveTime::MIN, zone)
}

/// Last second of a day.
#[must_use]
pub fn end_of_day(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    date.succ_opt().map_or(DateTime::<Utc>::MAX_UTC, |next| start_of_day(next, zone) - TimeDelta::seconds(1))
}

#[cfg(test)]
mod tests;
