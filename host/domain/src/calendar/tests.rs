#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr)]

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
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
        ("2024-04-26", 30, "2024-05-26", "2024-05-24", "2024-05-27"),
        ("2024-12-27", 30, "2025-01-26", "2025-01-24", "2025-01-27"),
        ("2026-01-06", 10, "2026-01-16", "2026-01-16", "2026-01-16"),
        ("2026-04-29", 3, "2026-05-02", "2026-04-30", "2026-05-04"),
        ("2026-04-29", 7, "2026-05-06", "2026-05-06", "2026-05-06"),
        ("2026-04-29", 30, "2026-05-29", "2026-05-29", "2026-05-29"),
        ("2025-12-30", 3, "2026-01-02", "2025-12-30", "2026-01-12"),
    ] {
        let end = c.add_calendar_days(day(from), days).unwrap();
        assert_eq!(end, day(plain));
        assert_eq!(c.roll(end, Roll::Back).unwrap(), day(back), "{end} back");
        assert_eq!(c.roll(end, Roll::Forward).unwrap(), day(forward), "{end} forward");
        assert_eq!(c.roll(end, Roll::Stay).unwrap(), end);
    }
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
fn adding_undoes_subtracting() {
    let c = ProductionCalendar::russian();
    let mut date = day("2021-01-11");
    while date < day("2025-12-01") {
        if c.is_working_day(date).unwrap() {
            for n in [1, 2, 9, 47, 200] {
                let there = c.add_working_days(date, n).unwrap();
                assert!(c.is_working_day(there).unwrap());
                assert_eq!(c.add_working_days(there, -n).unwrap(), date);
                assert_eq!(c.working_days_between(date, there).unwrap(), i64::from(n));
            }
        }
        date = date.succ_opt().unwrap();
    }
}

#[test]
fn regional_days_win() {
    let c = ProductionCalendar::russian();
    let tatar = c.with_regional("ru-tatar", "1", &[day("2024-08-30"), day("2024-11-06")], &[]).unwrap();
    assert!(c.is_working_day(day("2024-08-30")).unwrap());
    assert!(!tatar.is_working_day(day("2024-08-30")).unwrap());
    assert_eq!(tatar.add_working_days(day("2024-08-29"), 1).unwrap(), day("2024-09-02"));
    assert_ne!(tatar.digest(), c.digest());
    assert!(c.with_regional("x", "1", &[day("2030-01-01")], &[]).is_err());
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
        ("", ""),
        ("lunch 12:00-13:00", "lunch"),
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
fn days_are_the_zones_own() {
    let zone = Tz::Asia__Kamchatka;
    assert_eq!(local_date(at("2026-03-01T12:30:00Z"), zone), day("2026-03-02"));
    assert_eq!(start_of_day(day("2026-03-02"), zone), at("2026-03-01T12:00:00Z"));
    assert_eq!(end_of_day(day("2026-03-02"), zone), at("2026-03-02T11:59:59Z"));
    // Volgograd moved its clocks back on 27 December 2020; Sao Paulo skipped midnight on 4 November 2018.
    assert_eq!(end_of_day(day("2020-12-27"), Tz::Europe__Volgograd), at("2020-12-27T20:59:59Z"));
    assert_eq!(start_of_day(day("2018-11-04"), Tz::America__Sao_Paulo), at("2018-11-04T03:00:00Z"));
}

#[test]
fn every_day_of_the_published_calendar() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/ru-workdays-2013-2026.csv");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("left out: no ../shared/data");
        return;
    };
    let shipped = ProductionCalendar::russian();
    let mut early: BTreeMap<i32, YearData> = BTreeMap::new();
    let mut checked = 0;
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.splitn(5, ',').collect();
        let date = day(fields[0]);
        let kind = match (fields[2], fields[3]) {
            ("0", _) => DayKind::Off,
            (_, "1") => DayKind::Shortened,
            _ => DayKind::Working,
        };
        if date.year() >= 2020 {
            assert_eq!(shipped.kind(date).unwrap(), kind, "{date}");
            checked += 1;
        } else {
            // Other years are loaded as data.
            let year = early.entry(date.year()).or_insert(YearData {
                year: date.year(),
                off: vec![],
                working: vec![],
                shortened: vec![],
            });
            let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
            let text = date.format("%m-%d").to_string();
            match kind {
                DayKind::Off if !weekend => year.off.push(text),
                DayKind::Working if weekend => year.working.push(text),
                DayKind::Shortened => year.shortened.push(text),
                _ => {}
            }
        }
    }
    assert_eq!(checked, 2557);
    let data = CalendarData { id: "ru".into(), version: "2019".into(), years: early.into_values().collect() };
    let loaded = ProductionCalendar::from_toml(&toml::to_string(&data).unwrap()).unwrap();
    assert_eq!(loaded.add_working_days(day("2019-04-30"), 1).unwrap(), day("2019-05-06"));
}
