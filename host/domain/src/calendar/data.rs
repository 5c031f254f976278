//! Calendars as written: the days that differ from a Monday-to-Friday week.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::{CalendarError, DayKind, DayNote, Days};

/// A year as written. Every day is an `MM-DD` of that year; a day off may not be worked too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearData {
    /// Year.
    pub year: i32,
    /// Days off without a name.
    #[serde(default)]
    pub off: Vec<String>,
    /// Weekend days that are worked.
    #[serde(default)]
    pub working: Vec<String>,
    /// Working days that are one hour shorter.
    #[serde(default)]
    pub shortened: Vec<String>,
    /// Days off by the name of the holiday or the act; those on a weekend may be named too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub holidays: BTreeMap<String, Vec<String>>,
    /// Days off that were moved: the new day, and the day that it came from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub moved: BTreeMap<String, String>,
}

/// A day of a region's own, over the federal calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionalDay {
    /// Date, `2024-08-30` in text.
    pub date: NaiveDate,
    /// Name of the holiday, or the act.
    pub name: String,
    /// What the day is in this region; off if not said.
    #[serde(default)]
    pub kind: DayKind,
}

/// A calendar as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarData {
    /// Id, `ru`.
    pub id: String,
    /// Version, grows with each revision.
    pub version: String,
    /// Years, in any order; none in an overlay that only adds regional days.
    #[serde(default)]
    pub years: Vec<YearData>,
    /// A region's own days; they win over the years.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regional: Vec<RegionalDay>,
}

fn form(reason: String) -> CalendarError {
    CalendarError::Form { reason }
}

impl CalendarData {
    /// Reads the written form.
    ///
    /// # Errors
    /// [`CalendarError::Form`] with the place in the text.
    pub fn from_toml(text: &str) -> Result<Self, CalendarError> {
        toml::from_str(text).map_err(|e| form(e.to_string()))
    }

    /// This calendar under the id and version of a newer one, whose years and regional days are added or replace
    /// those of the same year or date.
    #[must_use]
    pub fn merge(mut self, newer: Self) -> Self {
        self.years.retain(|old| newer.years.iter().all(|new| new.year != old.year));
        self.years.extend(newer.years);
        self.years.sort_by_key(|year| year.year);
        self.regional.retain(|old| newer.regional.iter().all(|new| new.date != old.date));
        self.regional.extend(newer.regional);
        self.regional.sort_by_key(|day| day.date);
        Self { id: newer.id, version: newer.version, ..self }
    }

    /// The days, year after year without a gap, regional ones laid over them.
    pub(super) fn days(&self) -> Result<Days, CalendarError> {
        let mut years = BTreeMap::new();
        for year in &self.years {
            if years.insert(year.year, year).is_some() {
                return Err(form(format!("year {} is given twice: keep one", year.year)));
            }
        }
        let (Some((&first, _)), Some((&last, _))) = (years.first_key_value(), years.last_key_value()) else {
            return Err(form("no year is given: write at least one [[years]]".into()));
        };
        let start = NaiveDate::from_ymd_opt(first, 1, 1).ok_or_else(|| form(format!("{first} is no year")))?;
        let mut days = Days { first: start, kinds: Vec::new(), notes: BTreeMap::new() };
        for number in first..=last {
            let year = years
                .get(&number)
                .ok_or_else(|| form(format!("year {number} is missing between {first} and {last}: add it")))?;
            year.append_to(&mut days)?;
        }
        for day in &self.regional {
            days.overlay(day)?;
        }
        Ok(days)
    }
}

impl YearData {
    fn date(&self, text: &str) -> Result<NaiveDate, CalendarError> {
        format!("{}-{text}", self.year)
            .parse()
            .map_err(|_| CalendarError::Day { text: text.to_owned(), year: self.year })
    }

    fn append_to(&self, days: &mut Days) -> Result<(), CalendarError> {
        let january = self.date("01-01")?;
        for date in january.iter_days().take_while(|date| date.year() == self.year) {
            let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
            days.kinds.push(if weekend { DayKind::Off } else { DayKind::Working });
        }
        let mut off = BTreeSet::new();
        for text in &self.off {
            off.insert(self.date(text)?);
        }
        for (name, list) in &self.holidays {
            for text in list {
                let date = self.date(text)?;
                off.insert(date);
                days.notes.insert(date, DayNote::Named(name.clone()));
            }
        }
        for (to, from) in &self.moved {
            let date = self.date(to)?;
            off.insert(date);
            days.notes.insert(date, DayNote::MovedFrom(self.date(from)?));
        }
        for date in &off {
            days.set(*date, DayKind::Off)?;
        }
        for (list, kind) in [(&self.working, DayKind::Working), (&self.shortened, DayKind::Shortened)] {
            for text in list {
                let date = self.date(text)?;
                if off.contains(&date) {
                    return Err(form(format!("{date} is both off and worked: keep one")));
                }
                days.set(date, kind)?;
            }
        }
        Ok(())
    }
}
