#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr)]

use chrono::{DateTime, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

use super::*;

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

#[test]
fn design_vectors() {
    let c = ProductionCalendar::russian();
    for (from, days, to) in [
        ("2024-04-26", 8, "2024-05-14"), // 27 April is a working Saturday
        ("2025-12-30", 8, "2026-01-21"),
        ("2026-01-06", 10, "2026-01-23"),
        ("2026-04-29", 8, "2026-05-13"), // 11 May is off (moved)
        ("2024-12-27", 8, "2025-01-17"), // 28 December is a working Saturday
        ("2026-05-13", -8, "2026-04-29"),
        ("2026-05-10", 0, "2026-05-10"),
        ("2026-05-10", 1, "2026-05-12"),
        ("2026-05-10", -1, "2026-05-08"),
    ] {
        assert_eq!(c.add_working_days(day(from), days).unwrap(), day(to), "{from} + {days}");
    }
    for (from, days, plain, back, forward) in [
        ("2024-04-26", 3, "2024-04-29", "2024-04-27", "2024-05-02"),
        ("2024-04-26", 7, "2024-05-03", "2024-05-03", "2024-05-03"),
        ("2024-04-26", 30, "2024-05-26", "2024-05-24", "2024-05-27"),
        ("2024-12-27", 3, "2024-12-30", "2024-12-28", "2025-01-09"),
        ("2024-12-27", 7, "2025-01-03", "2024-12-28", "2025-01-09"),
        ("2024-12-27", 30, "2025-01-26", "2025-01-24", "2025-01-27"),
        ("2026-01-06", 10, "2026-01-16", "2026-01-16", "2026-01-16"),
        ("2026-04-29", 3, "2026-05-02", "2026-04-30", "2026-05-04"),
        ("2026-04-29", 7, "2026-05-06", "2026-05-06", "2026-05-06"),
        ("2026-04-29", 30, "2026-05-29", "2026-05-29", "2026-05-29"),
        ("2025-12-30", 3, "2026-01-02", "2025-12-30", "2026-01-12"),
        ("2025-12-30", 7, "2026-01-06", "2025-12-30", "2026-01-12"),
        ("2025-12-30", 30, "2026-01-29", "2026-01-29", "2026-01-29"),
    ] {
        let end = c.add_calendar_days(day(from), days).unwrap();
        assert_eq!(end, day(plain));
        assert_eq!(c.roll(end, Roll::Back).unwrap(), day(back), "{end} back");
        assert_eq!(c.roll(end, Roll::Forward).unwrap(), day(forward), "{end} forward");
        assert_eq!(c.roll(end, Roll::Stay).unwrap(), end);
    }
}

#[test]
fn custom_says_whether_the_first_day_counts() {
    use Counting::{Exclusive, Inclusive};
    let c = ProductionCalendar::russian();
    for (from, days, counting, roll, to) in [
        ("2026-01-12", 30, Exclusive, Roll::Stay, "2026-02-11"),
        ("2026-01-12", 30, Inclusive, Roll::Stay, "2026-02-10"),
        ("2024-04-26", 31, Inclusive, Roll::Back, "2024-05-24"),
        ("2024-04-26", 31, Inclusive, Roll::Forward, "2024-05-27"),
        ("2026-01-12", 1, Inclusive, Roll::Stay, "2026-01-12"),
        ("2026-01-12", 0, Inclusive, Roll::Stay, "2026-01-12"),
        ("2026-01-12", -30, Inclusive, Roll::Stay, "2025-12-14"),
    ] {
        assert_eq!(c.calendar_term(day(from), days, counting, roll).unwrap(), day(to), "{from} {days} {counting:?}");
    }
    for (from, days, counting, to) in [
        ("2026-05-08", 1, Exclusive, "2026-05-12"),
        ("2026-05-08", 1, Inclusive, "2026-05-08"),
        // From a Sunday, day 1 is the next working day either way.
        ("2026-05-10", 1, Exclusive, "2026-05-12"),
        ("2026-05-10", 1, Inclusive, "2026-05-12"),
        ("2026-05-10", 2, Inclusive, "2026-05-13"),
        ("2026-05-10", -1, Inclusive, "2026-05-08"),
        ("2026-05-10", 0, Inclusive, "2026-05-10"),
        ("2025-12-30", 9, Inclusive, "2026-01-21"),
    ] {
        assert_eq!(c.working_term(day(from), days, counting).unwrap(), day(to), "{from} {days} {counting:?}");
    }
    assert_eq!(c.next_working_day(day("2025-12-30")).unwrap(), day("2026-01-12"));
    assert_eq!(c.previous_working_day(day("2026-01-12")).unwrap(), day("2025-12-30"));
}

#[test]
fn the_edges_of_the_years_are_errors() {
    let c = ProductionCalendar::russian();
    for (date, days) in [
        ("2026-12-30", 1),
        ("2020-01-09", -1),
        ("2027-01-01", 0),
        ("2019-12-31", 3),
        ("2023-06-01", i32::MAX),
        ("2023-06-01", i32::MIN),
    ] {
        let error = c.add_working_days(day(date), days).unwrap_err();
        assert!(matches!(error, CalendarError::OutsideYears { first: 2020, last: 2026, .. }), "{date} {days}: {error}");
    }
    assert_eq!(c.add_working_days(day("2026-12-29"), 1).unwrap(), day("2026-12-30"));
}

#[test]
fn regional_days_win() {
    let c = ProductionCalendar::russian();
    // Republic Day and the Constitution Day of Tatarstan; and a Saturday made to be worked.
    let overlay = r#"
        id = "ru-tatar"
        version = "2024.1"
        [[regional]]
        date = "2024-08-30"
        name = "День Республики Татарстан"
        [[regional]]
        date = "2024-11-06"
        name = "День Конституции Республики Татарстан"
        [[regional]]
        date = "2024-09-07"
        name = "Рабочая суббота"
        kind = "working"
    "#;
    let overlay = CalendarData::from_toml(overlay).unwrap();
    let laid = c.with_regional("ru-tatar", "2024.1", &overlay.regional).unwrap();
    let read = CalendarData::from_toml(ProductionCalendar::russian_toml()).unwrap().merge(overlay);
    let stored = ProductionCalendar::from_toml(&toml::to_string(&read).unwrap()).unwrap();
    for tatar in [&laid, &stored] {
        assert_eq!((tatar.id(), tatar.version()), ("ru-tatar", "2024.1"));
        assert!(!tatar.is_working_day(day("2024-08-30")).unwrap());
        assert_eq!(tatar.note(day("2024-08-30")), Some(&DayNote::Named("День Республики Татарстан".into())));
        assert_eq!(tatar.add_working_days(day("2024-08-29"), 1).unwrap(), day("2024-09-02"));
        assert_eq!(tatar.add_working_days(day("2024-09-06"), 1).unwrap(), day("2024-09-07"));
        assert_eq!(tatar.kind(day("2024-11-02")).unwrap(), DayKind::Shortened);
        assert_ne!(tatar.digest(), c.digest());
    }
    // The federal one is as it was: what was counted by it stays.
    assert!(c.is_working_day(day("2024-08-30")).unwrap());
    let far = RegionalDay { date: day("2030-01-01"), name: "x".into(), kind: DayKind::Off };
    assert!(matches!(c.with_regional("x", "1", &[far]), Err(CalendarError::OutsideYears { last: 2026, .. })));
}

#[test]
fn a_newer_year_is_merged() {
    let newer =
        "id = \"ru\"\nversion = \"2027.1\"\n[[years]]\nyear = 2027\noff = [\"01-01\"]\n[[years]]\nyear = 2026\n";
    let shipped = CalendarData::from_toml(ProductionCalendar::russian_toml()).unwrap();
    let c = ProductionCalendar::from_data(shipped.merge(CalendarData::from_toml(newer).unwrap())).unwrap();
    assert_eq!(c.version(), "2027.1");
    // 2026 is replaced whole, 2025 stays, 2027 is new.
    assert_eq!(c.add_working_days(day("2026-12-30"), 2).unwrap(), day("2027-01-04"));
    assert_eq!(c.kind(day("2025-12-31")).unwrap(), DayKind::Off);
    assert!(matches!(c.kind(day("2028-01-01")), Err(CalendarError::OutsideYears { first: 2020, last: 2027, .. })));
}

#[test]
fn days_say_why() {
    let c = ProductionCalendar::russian();
    assert_eq!(c.note(day("2026-01-09")), Some(&DayNote::MovedFrom(day("2026-01-03"))));
    assert_eq!(c.note(day("2026-06-12")), Some(&DayNote::Named("День России".into())));
    assert_eq!(c.note(day("2026-06-11")), None);
    for date in day("2020-01-01").iter_days().take(2557) {
        let weekday = !matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        assert!(!weekday || c.is_working_day(date).unwrap() || c.note(date).is_some(), "{date} is off without a word");
    }
}

#[test]
fn broken_calendars_are_named() {
    let year = |rest: &str| format!("id = \"x\"\nversion = \"1\"\n[[years]]\nyear = 2027\n{rest}");
    assert!(ProductionCalendar::from_toml(&year("off = [\"01-01\"]")).is_ok());
    for (text, part) in [
        (year("off = [\"02-30\"]"), "02-30"),
        (year("of = []"), "unknown field"),
        (year("[[years]]\nyear = 2029"), "2028 is missing"),
        (year("[[years]]\nyear = 2027"), "twice"),
        ("id = \"x\"\nversion = \"1\"\nyears = []".to_owned(), "no year"),
        (year("off = [\"05-11\"]\nshortened = [\"05-11\"]"), "2027-05-11 is both"),
        (year("working = [\"06-12\"]\n[years.holidays]\nx = [\"06-12\"]"), "2027-06-12 is both"),
        (year("[years.moved]\n\"05-11\" = \"05-32\""), "05-32"),
        (year("[[regional]]\ndate = \"2028-01-01\"\nname = \"x\""), "2028-01-01"),
    ] {
        let error = ProductionCalendar::from_toml(&text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn working_time_reads_and_prints() {
    let text = "mon-thu 08:30-17:30, fri 08:30-16:30; lunch 12:30-13:18";
    let time: WorkTime = text.parse().unwrap();
    assert_eq!(time.to_string(), text);
    assert_eq!(WorkTime::default().to_string(), "mon-fri 09:00-18:00; lunch 13:00-14:00");
    for (bad, part) in [
        ("mon 9", "\"9\""),
        ("foo 09:00-10:00", "foo"),
        ("mon 18:00-09:00", "18:00-09:00"),
        ("fri-mon 09:00-10:00", "fri-mon"),
        ("tue-mon 09:00-10:00", "tue-mon"),
        ("mon 09:00-10:00, mon 11:00-12:00", "11:00-12:00"),
        ("mon 09:00-10:00; lunch 12:00-13:00; lunch 13:00-14:00", "lunch 13:00"),
        ("", "Monday to Friday"),
        ("lunch 12:00-13:00", "Monday to Friday"),
        ("sat 10:00-14:00", "Monday to Friday"),
        ("mon-fri 13:00-14:00; lunch 12:00-14:00", "Monday to Friday"),
    ] {
        let error = bad.parse::<WorkTime>().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn working_minutes() {
    let c = ProductionCalendar::russian();
    let zone = Tz::Europe__Moscow;
    let time = WorkTime::default();
    for (from, minutes, to) in [
        // Thursday 16:00 + 4 h: two hours today, two on Friday.
        ("2026-02-05T16:00:00+03:00", 240, "2026-02-06T11:00:00+03:00"),
        // Over lunch.
        ("2026-02-05T12:30:00+03:00", 60, "2026-02-05T14:30:00+03:00"),
        // Friday evening to Monday.
        ("2026-02-06T20:00:00+03:00", 30, "2026-02-09T09:30:00+03:00"),
        // 30 April 2026 is shortened: it ends at 17:00.
        ("2026-04-30T16:30:00+03:00", 60, "2026-05-04T09:30:00+03:00"),
        // A working Saturday has Friday's hours; 2 November 2024 is also shortened.
        ("2024-11-01T17:30:00+03:00", 60, "2024-11-02T09:30:00+03:00"),
        ("2024-11-02T16:30:00+03:00", 60, "2024-11-05T09:30:00+03:00"),
        ("2026-02-05T10:00:00+03:00", 0, "2026-02-05T10:00:00+03:00"),
        // Over the turn of the year: 30 December 2025, then 12 January 2026.
        ("2025-12-30T17:00:00+03:00", 120, "2026-01-12T10:00:00+03:00"),
        // A term of years.
        ("2020-05-12T09:00:00+03:00", 480_000, "2024-06-10T17:00:00+03:00"),
    ] {
        let got = time.add_working_minutes(&c, zone, at(from), minutes).unwrap();
        assert_eq!(got, at(to), "{from} + {minutes} min = {}", got.with_timezone(&zone));
        if minutes > 0 {
            assert_eq!(time.working_minutes_between(&c, zone, at(from), got).unwrap(), minutes);
        }
    }
    assert!(matches!(
        time.add_working_minutes(&c, zone, at("2026-12-29T12:00:00Z"), 10_000),
        Err(CalendarError::OutsideYears { .. })
    ));
}

#[test]
fn own_hours_of_a_body() {
    let (c, zone) = (ProductionCalendar::russian(), Tz::Europe__Moscow);
    let minutes = |hours: &str, date: &str| {
        let (from, to) = (start_of_day(day(date), zone), end_of_day(day(date), zone));
        hours.parse::<WorkTime>().unwrap().working_minutes_between(&c, zone, from, to).unwrap()
    };
    let short_friday = "mon-thu 08:30-17:30, fri 08:30-16:30; lunch 12:30-13:18";
    for (hours, date, expected) in [
        (short_friday, "2026-02-05", 9 * 60 - 48),
        (short_friday, "2026-02-06", 8 * 60 - 48),
        (short_friday, "2024-04-27", 8 * 60 - 48), // a working Saturday is worked like a Friday
        (short_friday, "2024-11-02", 7 * 60 - 48), // and this one is shortened
        (short_friday, "2026-02-07", 0),
        ("mon-fri 09:00-18:00, sat 10:00-14:00", "2024-04-27", 240), // hours of its own win
        ("mon-fri 09:00-18:00, sat 10:00-14:00", "2026-02-07", 0),   // but not on a Saturday off
        ("mon 09:00-18:00, wed 09:00-13:00", "2026-02-05", 0),       // a Thursday without hours
        ("mon 09:00-18:00, wed 09:00-13:00", "2024-04-27", 240),
        ("mon-fri 00:00-00:30", "2026-04-30", 0), // a shortened day is never longer
        ("mon-fri 09:00-14:00; lunch 13:00-14:00", "2026-04-30", 240),
    ] {
        assert_eq!(minutes(hours, date), expected, "{hours} on {date}");
    }
    let wrong = WorkTime::default().add_working_minutes(&c, zone, at("2026-02-05T10:00:00Z"), -1);
    assert!(matches!(wrong, Err(CalendarError::Minutes { minutes: -1 })));
}

#[test]
fn days_are_the_zones_own() {
    let zone = Tz::Asia__Kamchatka;
    assert_eq!(local_date(at("2026-03-01T12:30:00Z"), zone), day("2026-03-02"));
    assert_eq!(start_of_day(day("2026-03-02"), zone), at("2026-03-01T12:00:00Z"));
    assert_eq!(end_of_day(day("2026-03-02"), zone), at("2026-03-02T11:59:59Z"));
    // Volgograd moved its clocks back on 27 December 2020; Sao Paulo skipped midnight on 4 November 2018.
    assert_eq!(end_of_day(day("2020-12-27"), Tz::Europe__Volgograd), at("2020-12-27T20:59:59Z"));
    assert_eq!(start_of_day(day("2018-11-04"), Tz::America__Sao_Paulo), at("2018-11-04T03:00:00Z"));
    // A quarter past two does not exist in Berlin on 31 March 2024, three o'clock does; it exists twice on 27 October.
    let quarter = NaiveTime::from_hms_opt(2, 15, 0).unwrap();
    assert_eq!(local_moment(day("2024-03-31"), quarter, Tz::Europe__Berlin), at("2024-03-31T01:00:00Z"));
    assert_eq!(local_moment(day("2024-10-27"), quarter, Tz::Europe__Berlin), at("2024-10-27T00:15:00Z"));
    // Samoa had no 30 December 2011.
    assert_eq!(start_of_day(day("2011-12-30"), Tz::Pacific__Apia), at("2011-12-30T10:00:00Z"));
    // Nothing says when the end of time is in Moscow; asking must not stop the host.
    assert_eq!(local_date(DateTime::<Utc>::MAX_UTC, Tz::Europe__Moscow), NaiveDate::MAX);
    assert_eq!(local_date(DateTime::<Utc>::MIN_UTC, Tz::America__Sao_Paulo), NaiveDate::MIN);
}

/// Date, kind, holiday and moved-from of every row.
type Published = Vec<(NaiveDate, DayKind, String, Option<NaiveDate>)>;

fn published() -> Option<Published> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/ru-workdays-2013-2026.csv");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("left out: no ../shared/data");
        return None;
    };
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let kind = match (fields[2], fields[3]) {
            ("0", _) => DayKind::Off,
            (_, "1") => DayKind::Shortened,
            _ => DayKind::Working,
        };
        (day(fields[0]), kind, fields[5].to_owned(), fields[6].parse().ok())
    };
    Some(text.lines().skip(1).map(row).collect())
}

#[test]
fn every_day_of_the_published_calendar() {
    let Some(rows) = published() else { return };
    let c = ProductionCalendar::russian();
    let mut checked = 0;
    for (date, kind, holiday, moved) in rows.into_iter().filter(|row| row.0.year() >= 2020) {
        assert_eq!(c.kind(date).unwrap(), kind, "{date}");
        match (c.note(date), moved) {
            (Some(DayNote::MovedFrom(from)), Some(moved)) => assert_eq!(*from, moved, "{date}"),
            (note, Some(_)) => panic!("{date} is moved, not {note:?}"),
            // The acts behind a name differ in wording; the first word does not.
            (Some(DayNote::Named(name)), None) if !name.starts_with("Голосование") => {
                assert_eq!(name.get(..10), holiday.get(..10), "{date}");
            }
            (note, None) => assert!(note.is_some() || holiday.is_empty(), "{date} has no name"),
        }
        checked += 1;
    }
    assert_eq!(checked, 2557);
}

#[test]
fn other_years_load_as_data() {
    let Some(mut rows) = published() else { return };
    rows.retain(|row| row.0.year() < 2020);
    let mut years: BTreeMap<i32, YearData> = BTreeMap::new();
    for (date, kind, ..) in &rows {
        let year = years.entry(date.year()).or_insert(YearData { year: date.year(), ..YearData::default() });
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        let text = date.format("%m-%d").to_string();
        match kind {
            DayKind::Off if !weekend => year.off.push(text),
            DayKind::Working if weekend => year.working.push(text),
            DayKind::Shortened => year.shortened.push(text),
            _ => {}
        }
    }
    let early =
        CalendarData { id: "ru".into(), version: "all".into(), years: years.into_values().collect(), regional: vec![] };
    let text = toml::to_string(&early).unwrap();
    let shipped = CalendarData::from_toml(ProductionCalendar::russian_toml()).unwrap();
    let c = ProductionCalendar::from_data(shipped.merge(CalendarData::from_toml(&text).unwrap())).unwrap();
    assert_eq!(rows.len(), 2556);
    for (date, kind, ..) in rows {
        assert_eq!(c.kind(date).unwrap(), kind, "{date}");
    }
    // From the loaded years into the shipped ones.
    assert_eq!(c.add_working_days(day("2019-12-31"), 1).unwrap(), day("2020-01-09"));
}
