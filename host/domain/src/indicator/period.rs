//! Reporting periods: whole days in the region's time zone.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::calendar::{local_date, start_of_day};
use crate::decision::text_enum;

text_enum!(
    /// How long a period is.
    PeriodKind {
        /// One day.
        Day => "day",
        /// Seven days from the region's own first day of the week.
        Week => "week",
        /// A calendar month.
        Month => "month",
        /// Three calendar months.
        Quarter => "quarter",
        /// A calendar year.
        Year => "year",
        /// Any days, for a question that somebody asks once.
        Span => "span",
    }
);

/// A period. Its first day is never after its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Period {
    /// How long.
    pub kind: PeriodKind,
    /// First day.
    pub first: NaiveDate,
    /// Last day, inclusive.
    pub last: NaiveDate,
}

/// Why there is no such period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// It ends before it begins.
    #[error("the period ends on {last}, before it begins on {first}: correct the days")]
    UpsideDown {
        /// First day.
        first: NaiveDate,
        /// Last day.
        last: NaiveDate,
    },
    /// It has not begun.
    #[error("the period begins on {first}, and in the region it is {today}: there is nothing to measure yet")]
    Future {
        /// First day.
        first: NaiveDate,
        /// Today in the region.
        today: NaiveDate,
    },
    /// Dates that the calendar does not reach.
    #[error("the day {0} is too far away: give one between the years 2000 and 2100")]
    TooFar(NaiveDate),
    /// A span without its days.
    #[error("a span needs its first and its last day")]
    NeedsDays,
}

impl Period {
    /// The period of a kind that holds a day. `week_starts` is the region's first day of the week.
    ///
    /// # Errors
    /// [`PeriodError::TooFar`]; [`PeriodError::NeedsDays`] for a span.
    pub fn holding(kind: PeriodKind, day: NaiveDate, week_starts: Weekday) -> Result<Self, PeriodError> {
        let far = || PeriodError::TooFar(day);
        if !(2000..=2100).contains(&day.year()) {
            return Err(far());
        }
        let month_start = |month: u32| NaiveDate::from_ymd_opt(day.year(), month, 1).ok_or_else(far);
        let months = |first: NaiveDate, count: u32| {
            let last = first.checked_add_months(Months::new(count)).and_then(|next| next.pred_opt());
            last.map(|last| Self { kind, first, last }).ok_or_else(far)
        };
        match kind {
            PeriodKind::Day => Ok(Self { kind, first: day, last: day }),
            PeriodKind::Week => {
                let back = (7 + day.weekday().num_days_from_monday() - week_starts.num_days_from_monday()) % 7;
                let first = day.checked_sub_days(Days::new(u64::from(back))).ok_or_else(far)?;
                let last = first.checked_add_days(Days::new(6)).ok_or_else(far)?;
                Ok(Self { kind, first, last })
            }
            PeriodKind::Month => months(month_start(day.month())?, 1),
            PeriodKind::Quarter => months(month_start((day.month() - 1) / 3 * 3 + 1)?, 3),
            PeriodKind::Year => months(month_start(1)?, 12),
            PeriodKind::Span => Err(PeriodError::NeedsDays),
        }
    }

    /// Any days.
    ///
    /// # Errors
    /// [`PeriodError::UpsideDown`], [`PeriodError::TooFar`].
    pub fn span(first: NaiveDate, last: NaiveDate) -> Result<Self, PeriodError> {
        if last < first {
            return Err(PeriodError::UpsideDown { first, last });
        }
        match [first, last].into_iter().find(|day| !(2000..=2100).contains(&day.year())) {
            Some(day) => Err(PeriodError::TooFar(day)),
            None => Ok(Self { kind: PeriodKind::Span, first, last }),
        }
    }

    /// The last period of a kind that is over at a moment.
    ///
    /// # Errors
    /// As [`Self::holding`].
    pub fn last_over(kind: PeriodKind, at: DateTime<Utc>, zone: Tz, week_starts: Weekday) -> Result<Self, PeriodError> {
        let today = local_date(at, zone);
        let running = Self::holding(kind, today, week_starts)?;
        let day = running.first.pred_opt().ok_or(PeriodError::TooFar(today))?;
        Self::holding(kind, day, week_starts)
    }

    /// Refuses a period that has not begun.
    ///
    /// # Errors
    /// [`PeriodError::Future`].
    pub fn begun(self, at: DateTime<Utc>, zone: Tz) -> Result<Self, PeriodError> {
        let today = local_date(at, zone);
        if self.first > today { Err(PeriodError::Future { first: self.first, today }) } else { Ok(self) }
    }

    /// Start of the first day.
    #[must_use]
    pub fn starts(&self, zone: Tz) -> DateTime<Utc> {
        start_of_day(self.first, zone)
    }

    /// Start of the day after the last.
    #[must_use]
    pub fn ends(&self, zone: Tz) -> DateTime<Utc> {
        self.last.succ_opt().map_or(DateTime::<Utc>::MAX_UTC, |next| start_of_day(next, zone))
    }

    /// How people write it: `2026-02`, `2026-Q1`, `2026`, `2026-02-05`, `2026-02-05/2026-02-11`.
    #[must_use]
    pub fn label(&self) -> String {
        let (year, month) = (self.first.year(), self.first.month());
        match self.kind {
            PeriodKind::Day => self.first.to_string(),
            PeriodKind::Month => format!("{year}-{month:02}"),
            PeriodKind::Quarter => format!("{year}-Q{}", (month - 1) / 3 + 1),
            PeriodKind::Year => year.to_string(),
            PeriodKind::Week | PeriodKind::Span => format!("{}/{}", self.first, self.last),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn check(kind: PeriodKind, of: &str, first: &str, last: &str, label: &str) {
        let period = Period::holding(kind, day(of), Weekday::Thu).unwrap();
        assert_eq!((period.first, period.last, period.label()), (day(first), day(last), label.to_owned()));
    }

    #[test]
    fn a_day_lies_in_one_period_of_each_kind() {
        check(PeriodKind::Day, "2024-02-29", "2024-02-29", "2024-02-29", "2024-02-29");
        // The week of a real centre runs from Thursday to Wednesday.
        check(PeriodKind::Week, "2026-02-11", "2026-02-05", "2026-02-11", "2026-02-05/2026-02-11");
        check(PeriodKind::Week, "2026-02-05", "2026-02-05", "2026-02-11", "2026-02-05/2026-02-11");
        check(PeriodKind::Month, "2024-02-10", "2024-02-01", "2024-02-29", "2024-02");
        check(PeriodKind::Quarter, "2026-12-31", "2026-10-01", "2026-12-31", "2026-Q4");
        check(PeriodKind::Year, "2026-05-01", "2026-01-01", "2026-12-31", "2026");
    }

    #[test]
    fn what_is_upside_down_far_or_not_begun_is_refused() {
        assert!(matches!(Period::span(day("2026-02-02"), day("2026-02-01")), Err(PeriodError::UpsideDown { .. })));
        assert!(matches!(Period::span(day("1026-02-02"), day("2026-02-01")), Err(PeriodError::TooFar(_))));
        assert!(Period::holding(PeriodKind::Day, day("9999-01-01"), Weekday::Mon).is_err());
        assert!(Period::holding(PeriodKind::Span, day("2026-01-01"), Weekday::Mon).is_err());
        let month = Period::holding(PeriodKind::Month, day("2026-03-01"), Weekday::Mon).unwrap();
        // 23:30 on 28 February in UTC is already March on Kamchatka.
        let at = "2026-02-28T23:30:00Z".parse().unwrap();
        assert!(month.begun(at, Tz::Asia__Kamchatka).is_ok());
        assert!(matches!(month.begun(at, Tz::UTC), Err(PeriodError::Future { .. })));
        assert_eq!(month.starts(Tz::Europe__Moscow).to_rfc3339(), "2026-02-28T21:00:00+00:00");
        assert_eq!(month.ends(Tz::Europe__Moscow).to_rfc3339(), "2026-03-31T21:00:00+00:00");
        let over = Period::last_over(PeriodKind::Month, at, Tz::UTC, Weekday::Mon).unwrap();
        assert_eq!(over.label(), "2026-01");
    }
}
