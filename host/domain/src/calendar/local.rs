//! Days and local times as moments. Total: a broken plug-in may ask for the end of time, and no date may panic.

use chrono::{DateTime, NaiveDate, NaiveTime, Offset as _, TimeDelta, TimeZone as _, Timelike as _, Utc};
use chrono_tz::Tz;

/// Longest stretch that clocks ever skipped: Samoa left out a whole day in 2011.
const LONGEST_GAP_MINUTES: usize = 24 * 60;

/// The date of a moment in a time zone.
#[must_use]
pub fn local_date(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let utc = at.naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix();
    // Only the first and the last hours that a date can say have no local date; theirs is that of UTC.
    utc.checked_add_offset(offset).unwrap_or(utc).date()
}

/// A local time as a moment. Where clocks skip it, the first whole minute after the gap; where they repeat it, the
/// earlier.
#[must_use]
pub fn local_moment(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let local = date.and_time(time);
    let minute = local - TimeDelta::seconds(i64::from(time.second()));
    let later = std::iter::successors(Some(minute), |t| t.checked_add_signed(TimeDelta::minutes(1)));
    std::iter::once(local)
        .chain(later.skip(1).take(LONGEST_GAP_MINUTES))
        .find_map(|t| zone.from_local_datetime(&t).earliest())
        .map_or_else(|| local.and_utc(), |found| found.with_timezone(&Utc))
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
