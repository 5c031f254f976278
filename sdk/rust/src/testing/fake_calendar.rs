//! The plain calendar of the stand-in: five working days from 09:00 to 18:00 with an hour of lunch at
//! 13:00, whatever body is asked for; days off and working weekends as the test gives them.

use chrono::{DateTime, Datelike, Days, NaiveDate, Weekday};

use super::with;
use crate::calendar::{CalendarError, Roll};
use crate::{Date, Instant};

const DAY_S: i64 = 86_400;
/// Working spans of a day, in seconds from midnight.
const SPANS: [(i64, i64); 2] = [(9 * 3600, 13 * 3600), (14 * 3600, 18 * 3600)];

pub(super) fn naive(day: Date) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(day.year, day.month.into(), day.day.into())
}

fn parse(day: Date) -> Result<NaiveDate, CalendarError> {
    naive(day).ok_or(CalendarError::InvalidDate)
}

fn date(day: NaiveDate) -> Date {
    // A month and a day of a month always fit.
    Date { year: day.year(), month: day.month() as u8, day: day.day() as u8 }
}

fn works(day: NaiveDate) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    with(|host| if weekend { host.working_days.contains(&day) } else { !host.days_off.contains(&day) })
}

fn shift(day: NaiveDate, days: i32) -> Result<NaiveDate, CalendarError> {
    let count = Days::new(days.unsigned_abs().into());
    let shifted = if days < 0 { day.checked_sub_days(count) } else { day.checked_add_days(count) };
    shifted.ok_or(CalendarError::YearMissing(day.year()))
}

/// The first working day in steps of `step`, from `day` itself.
fn working_from(mut day: NaiveDate, step: i32) -> Result<NaiveDate, CalendarError> {
    while !works(day) {
        day = shift(day, step)?;
    }
    Ok(day)
}

/// Id and version of the calendar.
pub fn version() -> String {
    "testing@1".to_owned()
}

/// The date of a moment in the region's time zone.
pub fn local_date(at: Instant) -> Date {
    let local = with(|host| at.saturating_add(host.utc_offset_s));
    date(DateTime::from_timestamp(local, 0).unwrap_or_default().date_naive())
}

/// First moment of a day.
pub fn start_of_day(day: Date) -> Result<Instant, CalendarError> {
    let midnight = parse(day)?.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    Ok(with(|host| midnight - host.utc_offset_s))
}

/// Last second of a day.
pub fn end_of_day(day: Date) -> Result<Instant, CalendarError> {
    Ok(start_of_day(day)? + DAY_S - 1)
}

/// Whether it is a working day.
pub fn is_working_day(day: Date) -> Result<bool, CalendarError> {
    parse(day).map(works)
}

/// `days` calendar days later, then rolled.
pub fn add_days(day: Date, days: i32, roll: Roll) -> Result<Date, CalendarError> {
    let day = shift(parse(day)?, days)?;
    match roll {
        Roll::Stay => Ok(day),
        Roll::Back => working_from(day, -1),
        Roll::Forward => working_from(day, 1),
    }
    .map(date)
}

/// The `days`-th working day after; before, if negative.
pub fn add_working_days(day: Date, days: i32) -> Result<Date, CalendarError> {
    let mut day = parse(day)?;
    for _ in 0..days.unsigned_abs() {
        day = working_from(shift(day, days.signum())?, days.signum())?;
    }
    Ok(date(day))
}

/// Working minutes later.
pub fn add_working_minutes(_body: Option<&str>, from: Instant, minutes: u32) -> Result<Instant, CalendarError> {
    let mut left = i64::from(minutes) * 60;
    let mut day = parse(local_date(from))?;
    loop {
        let midnight = start_of_day(date(day))?;
        for (opens, closes) in SPANS.map(|(opens, closes)| (midnight + opens, midnight + closes)) {
            let starts = from.max(opens);
            if works(day) && starts < closes {
                if left <= closes - starts {
                    return Ok(starts + left);
                }
                left -= closes - starts;
            }
        }
        day = shift(day, 1)?;
    }
}

/// Working days after `from` up to and with `to`; negative if `to` is earlier.
pub fn working_days_between(from: Date, to: Date) -> Result<i32, CalendarError> {
    let (from, to) = (parse(from)?, parse(to)?);
    let between = |first: NaiveDate, last: NaiveDate| {
        let days = first.iter_days().skip(1).take_while(|day| *day <= last).filter(|day| works(*day)).count();
        i32::try_from(days).unwrap_or(i32::MAX)
    };
    Ok(if from <= to { between(from, to) } else { -between(to, from) })
}
