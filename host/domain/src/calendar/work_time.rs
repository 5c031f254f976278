//! Working time of a body: hours of each weekday, lunch, and counting in working minutes.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{CalendarError, DayKind, ProductionCalendar, local_date, local_moment};

/// Days looked ahead before a working time counts as endless.
const HORIZON_DAYS: i32 = 800;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

type Span = (NaiveTime, NaiveTime);
/// A worked span as moments.
type Worked = (DateTime<Utc>, DateTime<Utc>);

/// A weekly schedule. Written `mon-thu 08:30-17:30, fri 08:30-16:30; lunch 12:30-13:18`.
///
/// A working day of the calendar on which the week has no hours (a working Saturday) is worked by Friday's hours, or the
/// last weekday that has some. A shortened day ends one hour earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkTime {
    week: [Option<Span>; 7],
    lunch: Option<Span>,
}

impl Default for WorkTime {
    /// Monday to Friday, 9 to 18, lunch from 13 to 14.
    fn default() -> Self {
        let hour = |h| NaiveTime::from_hms_opt(h, 0, 0).unwrap_or_default();
        let day = Some((hour(9), hour(18)));
        Self { week: [day, day, day, day, day, None, None], lunch: Some((hour(13), hour(14))) }
    }
}

fn span(text: &str) -> Result<Span, CalendarError> {
    let wrong = || CalendarError::WorkTime { part: text.to_owned() };
    let (from, to) = text.trim().split_once('-').ok_or_else(wrong)?;
    let time = |t: &str| NaiveTime::parse_from_str(t.trim(), "%H:%M").map_err(|_| wrong());
    let (from, to) = (time(from)?, time(to)?);
    if from < to { Ok((from, to)) } else { Err(wrong()) }
}

impl FromStr for WorkTime {
    type Err = CalendarError;
    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let mut work_time = Self { week: [None; 7], lunch: None };
        for part in text.split([',', ';']).map(str::trim).filter(|p| !p.is_empty()) {
            let wrong = || CalendarError::WorkTime { part: part.to_owned() };
            let (days, hours) = part.split_once(char::is_whitespace).ok_or_else(wrong)?;
            let hours = span(hours)?;
            if days == "lunch" {
                work_time.lunch = Some(hours);
                continue;
            }
            let number = |day: &str| DAYS.iter().position(|d| *d == day).ok_or_else(wrong);
            let (first, last) = match days.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(days)?, number(days)?),
            };
            for day in work_time.week.get_mut(first..=last).ok_or_else(wrong)? {
                *day = Some(hours);
            }
        }
        if work_time.week.iter().all(Option::is_none) {
            return Err(CalendarError::WorkTime { part: text.to_owned() });
        }
        Ok(work_time)
    }
}

impl TryFrom<String> for WorkTime {
    type Error = CalendarError;
    fn try_from(text: String) -> Result<Self, CalendarError> {
        text.parse()
    }
}

impl From<WorkTime> for String {
    fn from(work_time: WorkTime) -> Self {
        work_time.to_string()
    }
}

impl fmt::Display for WorkTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |(from, to): Span| format!("{}-{}", from.format("%H:%M"), to.format("%H:%M"));
        let mut parts: Vec<(usize, usize, Span)> = Vec::new();
        for (day, hours) in self.week.iter().enumerate().filter_map(|(i, h)| h.map(|h| (i, h))) {
            match parts.last_mut() {
                Some((_, last, same)) if *same == hours && *last + 1 == day => *last = day,
                _ => parts.push((day, day, hours)),
            }
        }
        let name = |day: usize| DAYS.get(day).copied().unwrap_or_default();
        let texts: Vec<String> = parts
            .into_iter()
            .map(|(a, b, hours)| {
                let days = if a == b { name(a).to_owned() } else { format!("{}-{}", name(a), name(b)) };
                format!("{days} {}", show(hours))
            })
            .collect();
        f.write_str(&texts.join(", "))?;
        self.lunch.map_or(Ok(()), |lunch| write!(f, "; lunch {}", show(lunch)))
    }
}

impl WorkTime {
    /// Worked spans of a day, as moments, lunch left out.
    fn spans(&self, calendar: &ProductionCalendar, zone: Tz, date: NaiveDate) -> Result<Vec<Worked>, CalendarError> {
        let kind = calendar.kind(date)?;
        if kind == DayKind::Off {
            return Ok(Vec::new());
        }
        let weekday = usize::try_from(date.weekday().num_days_from_monday()).unwrap_or(0);
        let usual = self.week.get(..5).unwrap_or_default().iter().rev().find_map(|h| *h);
        let own = self.week.get(weekday).copied().flatten();
        // A weekday without hours is a free day of this body; a working weekend day is not.
        let Some((from, mut to)) = own.or(if weekday >= 5 { usual } else { None }) else { return Ok(Vec::new()) };
        if kind == DayKind::Shortened {
            to = to.overflowing_sub_signed(TimeDelta::hours(1)).0.max(from);
        }
        let moment = |time| local_moment(date, time, zone);
        let whole = (from, to);
        let parts = match self.lunch {
            Some((start, end)) if start < whole.1 && whole.0 < end => {
                vec![(whole.0, start.max(whole.0)), (end.min(whole.1), whole.1)]
            }
            _ => vec![whole],
        };
        Ok(parts.into_iter().filter(|(a, b)| a < b).map(|(a, b)| (moment(a), moment(b))).collect())
    }

    /// The moment when `minutes` working minutes have passed. A start outside working hours counts from the next ones.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`], or [`CalendarError::NoWork`] if no working hours come.
    pub fn add_working_minutes(
        &self,
        calendar: &ProductionCalendar,
        zone: Tz,
        from: DateTime<Utc>,
        minutes: i64,
    ) -> Result<DateTime<Utc>, CalendarError> {
        let mut left = TimeDelta::minutes(minutes.max(0));
        let mut date = local_date(from, zone);
        for _ in 0..HORIZON_DAYS {
            for (start, end) in self.spans(calendar, zone, date)? {
                let start = start.max(from);
                if start >= end {
                    continue;
                }
                if left <= end - start {
                    return Ok(start + left);
                }
                left -= end - start;
            }
            date = date.succ_opt().ok_or(CalendarError::NoWork)?;
        }
        Err(CalendarError::NoWork)
    }

    /// Working minutes from one moment to a later one; 0 if it is not later.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`].
    pub fn working_minutes_between(
        &self,
        calendar: &ProductionCalendar,
        zone: Tz,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<i64, CalendarError> {
        let (mut date, last) = (local_date(from, zone), local_date(to, zone));
        let mut total = TimeDelta::zero();
        while date <= last {
            for (start, end) in self.spans(calendar, zone, date)? {
                total += (end.min(to) - start.max(from)).max(TimeDelta::zero());
            }
            date = date.succ_opt().ok_or(CalendarError::NoWork)?;
        }
        Ok(total.num_minutes())
    }
}
