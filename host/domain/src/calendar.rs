//! The production calendar and working time: which days are worked, and how long.
//!
//! A calendar is data with a version. Appeals are dated by the version that their ruleset names, so a calendar
//! that is revised afterwards changes no past decision.

mod data;
mod local;
mod work_time;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chrono::{Datelike as _, NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

pub use data::{CalendarData, RegionalDay, YearData};
pub use local::{end_of_day, local_date, local_moment, start_of_day};
pub use work_time::WorkTime;

use crate::code::Digest;

const RUSSIAN: &str = include_str!("../data/calendar/ru.toml");

/// Why a date cannot be counted, or a calendar not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No facts for the year.
    #[error("the calendar has no facts for {date}: it covers {first} to {last}; load a version with that year")]
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
    /// A week that is never worked.
    #[error("working time: {text:?} leaves no time from Monday to Friday: give some hours outside lunch")]
    NoWork {
        /// The text.
        text: String,
    },
    /// Working minutes that cannot be added.
    #[error("{minutes} working minutes cannot be added: give 0 or more, and no more than the calendar holds")]
    Minutes {
        /// Minutes.
        minutes: i64,
    },
}

/// What a day is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DayKind {
    /// Not worked.
    #[default]
    Off,
    /// Worked.
    Working,
    /// Worked, one hour less (Labour Code article 95).
    Shortened,
}

/// Why a day is what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayNote {
    /// Name of the holiday, or the act.
    Named(String),
    /// Off in place of this day.
    MovedFrom(NaiveDate),
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

/// Whether the first day of a term counts. Custom differs: registered on 12 January, thirty days end on 11 February
/// where it does not, and on 10 February where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// The day after is day 1.
    Exclusive,
    /// The day itself is day 1.
    Inclusive,
}

impl Counting {
    /// Days between the start and the end of a term of `days`.
    const fn steps(self, days: i32) -> i32 {
        match self {
            Self::Exclusive => days,
            Self::Inclusive => days - days.signum(),
        }
    }
}

/// A run of days without a gap, from 1 January of the first year.
#[derive(Debug, Clone)]
struct Days {
    first: NaiveDate,
    kinds: Vec<DayKind>,
    notes: BTreeMap<NaiveDate, DayNote>,
}

impl Days {
    fn outside(&self, date: NaiveDate) -> CalendarError {
        let last = self.date(self.kinds.len()).and_then(|after| after.pred_opt()).map_or(0, |d| d.year());
        CalendarError::OutsideYears { date, first: self.first.year(), last }
    }

    fn index(&self, date: NaiveDate) -> Result<usize, CalendarError> {
        usize::try_from((date - self.first).num_days())
            .ok()
            .filter(|i| *i < self.kinds.len())
            .ok_or_else(|| self.outside(date))
    }

    fn date(&self, index: usize) -> Option<NaiveDate> {
        self.first.checked_add_signed(TimeDelta::days(i64::try_from(index).ok()?))
    }

    fn kind(&self, date: NaiveDate) -> Result<DayKind, CalendarError> {
        self.kinds.get(self.index(date)?).copied().ok_or_else(|| self.outside(date))
    }

    fn set(&mut self, date: NaiveDate, kind: DayKind) -> Result<(), CalendarError> {
        let index = self.index(date)?;
        if let Some(day) = self.kinds.get_mut(index) {
            *day = kind;
        }
        Ok(())
    }

    fn overlay(&mut self, day: &RegionalDay) -> Result<(), CalendarError> {
        self.set(day.date, day.kind)?;
        self.notes.insert(day.date, DayNote::Named(day.name.clone()));
        Ok(())
    }
}

#[derive(Debug)]
struct Inner {
    id: String,
    version: String,
    digest: Digest,
    days: Days,
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
        let empty = || Days { first: NaiveDate::MIN, kinds: Vec::new(), notes: BTreeMap::new() };
        SHIPPED.clone().unwrap_or_else(|| Self::build("ru", "none", Digest::of(b""), empty()))
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
        Self::from_data(CalendarData::from_toml(text)?)
    }

    /// Makes a calendar of data. Years must follow each other without a gap.
    ///
    /// # Errors
    /// [`CalendarError::Form`] or [`CalendarError::Day`] names the place, [`CalendarError::OutsideYears`] a regional
    /// day of no year given.
    pub fn from_data(data: CalendarData) -> Result<Self, CalendarError> {
        let digest = Digest::of(&serde_json::to_vec(&data).unwrap_or_default());
        let days = data.days()?;
        Ok(Self::build(&data.id, &data.version, digest, days))
    }

    fn build(id: &str, version: &str, digest: Digest, days: Days) -> Self {
        let mut count = 0;
        let mut worked = Vec::with_capacity(days.kinds.len() + 1);
        for kind in &days.kinds {
            worked.push(count);
            count += u32::from(*kind != DayKind::Off);
        }
        worked.push(count);
        Self(Arc::new(Inner { id: id.into(), version: version.into(), digest, days, worked }))
    }

    /// A calendar with a region's own days, which win over the federal ones, under an id and version of its own.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`] for a day that the calendar does not cover.
    pub fn with_regional(&self, id: &str, version: &str, regional: &[RegionalDay]) -> Result<Self, CalendarError> {
        let mut days = self.0.days.clone();
        for day in regional {
            days.overlay(day)?;
        }
        let source = serde_json::to_vec(&(self.0.digest, id, version, regional)).unwrap_or_default();
        Ok(Self::build(id, version, Digest::of(&source), days))
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

    /// What a day is.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn kind(&self, date: NaiveDate) -> Result<DayKind, CalendarError> {
        self.0.days.kind(date)
    }

    /// Why a day is off or worked, if the data say; none for a plain day.
    #[must_use]
    pub fn note(&self, date: NaiveDate) -> Option<&DayNote> {
        self.0.days.notes.get(&date)
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
        let Inner { days: all, worked, .. } = &*self.0;
        let index = all.index(date)?;
        if days == 0 {
            return Ok(date);
        }
        // The day that is asked for lies beyond this one.
        let edge = if days > 0 { all.date(all.kinds.len()) } else { all.first.pred_opt() };
        let beyond = || all.outside(edge.unwrap_or(date));
        // `worked[i]` counts working days before day i, so the n-th one after `index` is the day that takes
        // the count from `target` to `target + 1`.
        let before = |i: usize| i64::from(worked.get(i).copied().unwrap_or_default());
        let target = if days > 0 { before(index + 1) - 1 } else { before(index) } + i64::from(days);
        let target = u32::try_from(target).map_err(|_| beyond())?;
        // The last day whose count before it is `target` is the working day itself.
        let found = worked.partition_point(|count| *count <= target);
        let day = found.checked_sub(1).filter(|i| *i < all.kinds.len()).ok_or_else(beyond)?;
        all.date(day).ok_or_else(beyond)
    }

    /// The first working day after a date.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn next_working_day(&self, date: NaiveDate) -> Result<NaiveDate, CalendarError> {
        self.add_working_days(date, 1)
    }

    /// The last working day before a date.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn previous_working_day(&self, date: NaiveDate) -> Result<NaiveDate, CalendarError> {
        self.add_working_days(date, -1)
    }

    /// Last day of a term of calendar days that starts on `date`.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`] if the end must roll and is not covered, [`CalendarError::Overflow`].
    pub fn calendar_term(
        &self,
        date: NaiveDate,
        days: i32,
        counting: Counting,
        roll: Roll,
    ) -> Result<NaiveDate, CalendarError> {
        self.roll(self.add_calendar_days(date, counting.steps(days))?, roll)
    }

    /// Last day of a term of working days that starts on `date`. Counted inclusively from a day off, day 1 is the
    /// working day next to it.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn working_term(&self, date: NaiveDate, days: i32, counting: Counting) -> Result<NaiveDate, CalendarError> {
        let first = match (counting, days) {
            (Counting::Exclusive, _) | (_, 0) => date,
            (Counting::Inclusive, 1..) => self.roll(date, Roll::Forward)?,
            (Counting::Inclusive, _) => self.roll(date, Roll::Back)?,
        };
        self.add_working_days(first, counting.steps(days))
    }

    /// A date, moved to a working day if it is off.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn roll(&self, date: NaiveDate, roll: Roll) -> Result<NaiveDate, CalendarError> {
        if roll == Roll::Stay || self.is_working_day(date)? {
            return Ok(date);
        }
        if roll == Roll::Back { self.previous_working_day(date) } else { self.next_working_day(date) }
    }

    /// Working days after `from` up to and with `to`; negative if `to` is earlier.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn working_days_between(&self, from: NaiveDate, to: NaiveDate) -> Result<i64, CalendarError> {
        let at = |date| -> Result<i64, CalendarError> {
            let index = self.0.days.index(date)?;
            Ok(i64::from(self.0.worked.get(index + 1).copied().unwrap_or_default()))
        };
        Ok(at(to)? - at(from)?)
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
