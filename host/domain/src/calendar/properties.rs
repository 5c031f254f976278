#![allow(clippy::unwrap_used)]

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::tests::{at, day};
use super::*;

/// Hours of a day as minutes of the day, the end after the start.
fn hours() -> impl Strategy<Value = Option<(u32, u32)>> {
    proptest::option::of((0_u32..1439).prop_flat_map(|from| (Just(from), from + 1..1440)))
}

proptest! {
    #[test]
    fn adding_undoes_subtracting(start in 600_i64..1900, n in -300_i32..300) {
        let c = ProductionCalendar::russian();
        let date = day("2020-01-01") + TimeDelta::days(start);
        prop_assume!(c.is_working_day(date).unwrap());
        let there = c.add_working_days(date, n).unwrap();
        prop_assert!(c.is_working_day(there).unwrap());
        prop_assert_eq!(c.add_working_days(there, -n).unwrap(), date);
        prop_assert_eq!(c.working_days_between(date, there).unwrap(), i64::from(n));
        // Walking day by day gives the same.
        let (low, high) = (date.min(there), date.max(there));
        let passed = low.iter_days().skip(1).take_while(|d| *d <= high);
        let walked = passed.filter(|d| c.is_working_day(*d).unwrap()).count();
        prop_assert_eq!(walked, usize::try_from(n.unsigned_abs()).unwrap());
    }

    #[test]
    fn added_minutes_are_found_between(start in 0_i64..2_500_000, minutes in 1_i64..100_000) {
        let (c, zone) = (ProductionCalendar::russian(), Tz::Asia__Yekaterinburg);
        let time: WorkTime = "mon-thu 08:30-17:30, fri 08:30-16:30; lunch 12:30-13:18".parse().unwrap();
        let from = at("2020-01-02T00:00:00Z") + TimeDelta::minutes(start);
        let to = time.add_working_minutes(&c, zone, from, minutes).unwrap();
        prop_assert_eq!(time.working_minutes_between(&c, zone, from, to).unwrap(), minutes);
        // It is the first such moment: a minute earlier, a minute is missing.
        let early = to - TimeDelta::minutes(1);
        prop_assert_eq!(time.working_minutes_between(&c, zone, from, early).unwrap(), minutes - 1);
    }

    #[test]
    fn what_is_printed_reads_the_same(week in proptest::collection::vec(hours(), 7), lunch in hours()) {
        let clock = |m: u32| format!("{:02}:{:02}", m / 60, m % 60);
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "lunch"];
        let parts: Vec<String> = names
            .iter()
            .zip(week.into_iter().chain([lunch]))
            .filter_map(|(name, span)| span.map(|(a, b)| format!("{name} {}-{}", clock(a), clock(b))))
            .collect();
        match parts.join(", ").parse::<WorkTime>() {
            Ok(time) => prop_assert_eq!(time.to_string().parse::<WorkTime>().unwrap(), time),
            Err(error) => prop_assert!(matches!(error, CalendarError::NoWork { .. }), "{error}"),
        }
    }

    // Plug-ins choose these numbers.
    #[test]
    fn no_moment_date_or_number_panics(seconds: i64, days: i32, minutes: i64) {
        let c = ProductionCalendar::russian();
        let edge = if seconds < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        let moment = DateTime::from_timestamp(seconds, 0).unwrap_or(edge);
        for zone in [Tz::Europe__Moscow, Tz::Asia__Kamchatka, Tz::America__Sao_Paulo] {
            for date in [local_date(moment, zone), NaiveDate::MIN, NaiveDate::MAX] {
                prop_assert!(start_of_day(date, zone) <= end_of_day(date, zone));
                prop_assert!(c.kind(date).is_ok() || c.add_working_days(date, days).is_err());
                // Unrolled it ends where dates do, whatever the calendar covers.
                let end = c.calendar_term(date, days, Counting::Exclusive, Roll::Stay).ok();
                prop_assert_eq!(end, date.checked_add_signed(TimeDelta::days(i64::from(days))));
            }
            let inside = at("2023-06-01T08:00:00Z");
            let fits = (0..5_000_000).contains(&minutes);
            prop_assert!(fits || WorkTime::default().add_working_minutes(&c, zone, inside, minutes).is_err());
            prop_assert!(WorkTime::default().add_working_minutes(&c, zone, edge, minutes).is_err());
        }
    }
}
