//! Working time of a body: hours of each weekday, lunch, and counting in working minutes.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{CalendarError, DayKind, ProductionCalendar, local_date, local_moment};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

type Span = (NaiveTime, NaiveTime);

/// A weekly schedule. Written `mon-thu 08:30-17:30, fri 08:30-16:30; lunch 12:30-13:18`.
///
/// A working weekend day of the calendar on which the week has no hours is worked by Friday's, or those of the last
/// weekday that has some. A shortened day ends one hour earlier. A day off of the calendar is never worked, so hours
/// given for a Saturday hold on working Saturdays alone.
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
            let number = |day: &str| DAYS.iter().position(|d| *d == day).ok_or_else(wrong);
            let slots = if days == "lunch" {
                std::slice::from_mut(&mut work_time.lunch)
            } else {
                let (first, last) = days.split_once('-').unwrap_or((days, days));
                let run = work_time.week.get_mut(number(first)?..=number(last)?);
                run.filter(|run| !run.is_empty()).ok_or_else(wrong)?
            };
            for slot in slots {
                // Hours given twice are a slip, and either choice would be a guess.
                if slot.replace(hours).is_some() {
                    return Err(wrong());
                }
            }
        }
        if work_time.weekdays().any(|hours| work_time.around_lunch(*hours).iter().any(|(a, b)| a < b)) {
            Ok(work_time)
        } else {
            Err(CalendarError::NoWork { text: text.to_owned() })
        }
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
    /// Hours of Monday to Friday, as far as there are some.
    fn weekdays(&self) -> impl DoubleEndedIterator<Item = &Span> {
        self.week.iter().take(5).flatten()
    }

    /// What lunch leaves of hours; a part may be empty.
    fn around_lunch(&self, (from, to): Span) -> [Span; 2] {
        match self.lunch {
            Some((start, end)) if start < to && from < end => [(from, start.max(from)), (end.min(to), to)],
            _ => [(from, to), (to, to)],
        }
    }

    /// Worked spans of a day, as moments, lunch left out.
    fn spans(
        &self,
        calendar: &ProductionCalendar,
        zone: Tz,
        date: NaiveDate,
    ) -> Result<impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + use<>, CalendarError> {
        let kind = calendar.kind(date)?;
        let weekday = date.weekday();
        let own = self.week.iter().zip(0..).find_map(|(h, i)| h.filter(|_| i == weekday.num_days_from_monday()));
        let hours = match (kind, weekday) {
            (DayKind::Off, _) => None,
            (_, Weekday::Sat | Weekday::Sun) => own.or(self.weekdays().next_back().copied()),
            // A weekday without hours is a free day of this body.
            _ => own,
        };
        let parts = hours.map(|(from, to)| {
            let hour = TimeDelta::hours(1);
            let to = match kind {
                DayKind::Shortened if to - from > hour => to - hour,
                DayKind::Shortened => from,
                _ => to,
            };
            self.around_lunch((from, to))
        });
        let moment = move |time| local_moment(date, time, zone);
        Ok(parts.into_iter().flatten().filter(|(a, b)| a < b).map(move |(a, b)| (moment(a), moment(b))))
    }

    /// The moment when `minutes` working minutes have passed. A start outside working hours counts from the next ones.
    ///
    /// # Errors
    /// [`CalendarError::OutsideYears`] if the calendar does not reach so far; [`CalendarError::Minutes`] if they are
    /// negative.
    pub fn add_working_minutes(
        &self,
        calendar: &ProductionCalendar,
        zone: Tz,
        from: DateTime<Utc>,
        minutes: i64,
    ) -> Result<DateTime<Utc>, CalendarError> {
        let wrong = CalendarError::Minutes { minutes };
        let Some(mut left) = TimeDelta::try_minutes(minutes).filter(|_| minutes >= 0) else { return Err(wrong) };
        // Ends with the calendar at the latest, because `spans` knows no day after it.
        for date in local_date(from, zone).iter_days() {
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
        }
        Err(wrong)
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
        let last = local_date(to, zone);
        let mut total = TimeDelta::zero();
        for date in local_date(from, zone).iter_days().take_while(|date| *date <= last) {
            for (start, end) in self.spans(calendar, zone, date)? {
                total += (end.min(to) - start.max(from)).max(TimeDelta::zero());
            }
        }
        Ok(total.num_minutes())
    }
}
