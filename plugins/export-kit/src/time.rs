//! Local dates and times by the offset of the request. A zone that changes its offset within the period is off by the
//! difference after the change; no zone of Russia does since 2014.

use veche_sdk::Instant;

/// The region's offset from UTC.
#[derive(Debug, Clone, Copy)]
pub struct Local {
    offset: i64,
}

/// A moment as a clock on the wall shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Year.
    pub year: i64,
    /// Month, from 1.
    pub month: u8,
    /// Day, from 1.
    pub day: u8,
    /// Hour.
    pub hour: u8,
    /// Minute.
    pub minute: u8,
    /// Second.
    pub second: u8,
}

/// The civil date of a day since 1970-01-01 (the proleptic Gregorian calendar, by eras of 400 years).
fn civil(day: i64) -> (i64, u8, u8) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let small = |n: i64| u8::try_from(n).unwrap_or_default();
    let day = small(of_year - (153 * month_from_march + 2) / 5 + 1);
    let month = small(if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 });
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

impl Local {
    /// With an offset in seconds.
    #[must_use]
    pub fn new(offset: i32) -> Self {
        Self { offset: i64::from(offset) }
    }

    /// What the wall clock shows.
    #[must_use]
    pub fn stamp(self, at: Instant) -> Stamp {
        let local = at + self.offset;
        let (year, month, day) = civil(local.div_euclid(86_400));
        let second = local.rem_euclid(86_400);
        let small = |n: i64| u8::try_from(n).unwrap_or_default();
        Stamp {
            year,
            month,
            day,
            hour: small(second / 3_600),
            minute: small(second / 60 % 60),
            second: small(second % 60),
        }
    }

    /// `2026-02-05T12:30:00+03:00`.
    #[must_use]
    pub fn iso(self, at: Instant) -> String {
        let stamp = self.stamp(at);
        let (sign, offset) = if self.offset < 0 { ('-', -self.offset) } else { ('+', self.offset) };
        format!("{}T{}{sign}{:02}:{:02}", stamp.iso_date(), stamp.time(), offset / 3_600, offset / 60 % 60)
    }

    /// Days since 1970-01-01 with their fraction, as spreadsheets count from another beginning.
    #[must_use]
    pub fn seconds(self, at: Instant) -> i64 {
        at + self.offset
    }
}

impl Stamp {
    /// `2026-02-05`.
    #[must_use]
    pub fn iso_date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// `12:30:00`.
    #[must_use]
    pub fn time(&self) -> String {
        format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }

    /// `05.02.2026`.
    #[must_use]
    pub fn russian_date(&self) -> String {
        format!("{:02}.{:02}.{:04}", self.day, self.month, self.year)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let moscow = Local::new(3 * 3_600);
        assert_eq!(moscow.iso(0), "1970-01-01T03:00:00+03:00");
        // 29 February 2024, 21:30 UTC, is the first of March in Moscow.
        assert_eq!(moscow.iso(1_709_242_200), "2024-03-01T00:30:00+03:00");
        assert_eq!(Local::new(0).iso(1_709_242_200), "2024-02-29T21:30:00+00:00");
        assert_eq!(Local::new(-5 * 3_600 - 1_800).iso(0), "1969-12-31T18:30:00-05:30");
        assert_eq!(moscow.stamp(1_772_442_000).russian_date(), "02.03.2026");
    }
}
