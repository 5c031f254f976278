use std::collections::BTreeMap;

use veche_sdk::testing::{self, Host, NOW};
use veche_sdk::{Appeal, ChosenCategory, ClockKind, Date, Instant, Place, Priority, Router, Routing, SettingsError};

use crate::Table;

const ROUTES: &str = "\
category,municipality,district,body
*,*,*,centre
housing.*,,,inspectorate
housing.heating,,,heating
housing.heating,78701000,,yaroslavl
housing.heating,78701000,Дзержинский район,dzerzhinsky
housing.heating,,Заволжский  Район,zavolzhsky
housing.*,78715000,,rybinsk
a.b.*,,,deep
a.*,,,shallow
";

fn table(csv: &str, settings: &str) -> Result<Table, SettingsError> {
    Host::new().table("routes", csv).install();
    testing::configure(settings)
}

fn category(code: &str) -> ChosenCategory {
    let block = code.split('.').next().unwrap().to_owned();
    ChosenCategory { code: code.to_owned(), block, other: false, confidence: Some(0.8) }
}

fn appeal(municipality: Option<&str>, district: Option<&str>) -> Appeal {
    let (municipality, district) = (municipality.map(str::to_owned), district.map(str::to_owned));
    Appeal { place: Place { municipality, district, address: None, point: None }, ..testing::appeal("текст") }
}

fn assigned(plugin: &Table, appeal: &Appeal, code: &str) -> veche_sdk::Assignment {
    match plugin.route(appeal, &category(code), &testing::context()) {
        Ok(Routing::Assigned(assignment)) => assignment,
        other => panic!("{code}: {other:?}"),
    }
}

#[test]
fn the_most_specific_row_wins() {
    let plugin = table(ROUTES, "{}").unwrap();
    let yaroslavl = Some("78701000");
    let cases = [
        ("housing.heating", yaroslavl, Some("дзержинскИЙ   район"), "dzerzhinsky"),
        ("housing.heating", Some("78701000001"), Some("Дзержинский район"), "dzerzhinsky"),
        ("housing.heating", yaroslavl, Some("Заволжский район"), "zavolzhsky"),
        ("housing.heating", None, Some("заволжский\u{a0}район"), "zavolzhsky"),
        ("housing.heating", None, Some("Дзержинский район"), "heating"),
        ("housing.heating", yaroslavl, None, "yaroslavl"),
        ("housing.heating", Some("78701000001"), None, "yaroslavl"),
        ("housing.heating", yaroslavl, Some("Ленинский район"), "yaroslavl"),
        // A row of the category is more specific than one of its block, whatever the place.
        ("housing.heating", Some("78715000"), None, "heating"),
        ("housing.roof", Some("78715000"), None, "rybinsk"),
        ("housing.roof", yaroslavl, Some(" "), "inspectorate"),
        ("housings.roof", None, None, "centre"),
        ("roads.surface", Some(""), None, "centre"),
        ("a.b.c", None, None, "deep"),
        ("a.c", None, None, "shallow"),
    ];
    for (code, municipality, district, body) in cases {
        let found = assigned(&plugin, &appeal(municipality, district), code);
        assert_eq!(found.body, body, "{code} {municipality:?} {district:?}");
    }
}

#[test]
fn the_reason_names_the_row() {
    let plugin = table(ROUTES, "{}").unwrap();
    let found = assigned(&plugin, &appeal(Some("78701000"), None), "housing.heating");
    assert_eq!(found.reasons[0].message, "Строка 4 справочника routes: housing.heating, 78701000, *");
}

#[test]
fn without_a_row_the_default_body_acts_or_the_next_plug_in_is_asked() {
    let routes = "category,municipality,district,body\nroads.*,,,roads\n";
    let none = table(routes, "{}").unwrap();
    let answer = none.route(&appeal(None, None), &category("housing.roof"), &testing::context());
    assert_eq!(answer, Ok(Routing::NoOpinion));
    let default = table(routes, r#"{"default_body": "centre"}"#).unwrap();
    assert_eq!(assigned(&default, &appeal(None, None), "housing.roof").body, "centre");
}

#[test]
fn the_most_exact_priority_wins() {
    let settings = r#"{"priorities": [
        {"category": "housing.*", "priority": "high"},
        {"category": "housing.heating", "priority": "urgent"},
        {"category": "waste.*", "priority": "low"}]}"#;
    let plugin = table(ROUTES, settings).unwrap();
    let cases = [
        ("housing.heating", Priority::Urgent),
        ("housing.roof", Priority::High),
        ("waste.bins", Priority::Low),
        ("roads.surface", Priority::Normal),
    ];
    for (code, priority) in cases {
        assert_eq!(assigned(&plugin, &appeal(None, None), code).priority, priority, "{code}");
    }
}

const MAY_2026: [(u8, u8); 2] = [(5, 1), (5, 11)];

fn date(month: u8, day: u8) -> Date {
    Date { year: 2026, month, day }
}

/// Clocks of an appeal of this regime, received at this local time, as local «MM-DD hh:mm:ss».
fn clocks(settings: &str, regime: &str, (month, day, hour): (u8, u8, i64), code: &str) -> BTreeMap<String, String> {
    let host = MAY_2026.iter().fold(Host::new(), |host, &(month, day)| host.day_off(date(month, day)));
    // The last days of March stand in for a long holiday.
    (25..=31).fold(host, |host, day| host.day_off(date(3, day))).table("routes", ROUTES).install();
    let plugin: Table = testing::configure(settings).unwrap();
    let received_at = veche_sdk::calendar::start_of_day(date(month, day)).unwrap() + hour * 3600;
    let appeal = Appeal { received_at, regime: regime.to_owned(), ..testing::appeal("текст") };
    let name = |kind| match kind {
        ClockKind::Registration => "registration",
        ClockKind::Forwarding => "forwarding",
        ClockKind::FirstReaction => "first-reaction",
        ClockKind::Answer => "answer",
        ClockKind::Extension => "extension",
    };
    let clocks = assigned(&plugin, &appeal, code).clocks;
    assert!(clocks.iter().all(|clock| clock.due >= received_at && !clock.basis.is_empty()));
    clocks.into_iter().map(|clock| (name(clock.kind).to_owned(), local(clock.due))).collect()
}

fn local(at: Instant) -> String {
    let Date { month, day, .. } = veche_sdk::calendar::local_date(at);
    let second = (at + 3 * 3600).rem_euclid(86_400);
    format!("{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

fn expected(clocks: &[(&str, &str)]) -> BTreeMap<String, String> {
    clocks.iter().map(|(kind, due)| ((*kind).to_owned(), (*due).to_owned())).collect()
}

#[test]
fn terms_of_russia_hold_by_default() {
    let wednesday = (4, 29, 10);
    let registration_forwarding_answer = [
        // 3 days end on Saturday, 2 May: 4 May. 30 days: Friday, 29 May.
        ("registration", "05-04 23:59:59"),
        ("forwarding", "05-06 23:59:59"),
        ("answer", "05-29 23:59:59"),
    ];
    let cases: [(&str, &[(&str, &str)]); 5] = [
        ("59fz", &registration_forwarding_answer),
        ("pos", &[("answer", "05-29 23:59:59")]),
        // 10 days end on Saturday, 9 May.
        ("pos-fast", &[("answer", "05-08 23:59:59")]),
        // Wednesday 10:00, lunch at 13:00: 4 hours are over at 15:00, 9 on Thursday.
        ("social", &[("first-reaction", "04-29 15:00:00"), ("answer", "04-30 11:00:00")]),
        ("none", &[]),
    ];
    for (regime, clocks_of) in cases {
        assert_eq!(clocks("{}", regime, wednesday, "roads.surface"), expected(clocks_of), "{regime}");
    }
}

#[test]
fn units_counting_start_and_roll() {
    let rule = |rest: &str| format!(r#"{{"clocks": [{{"kind": "answer", "basis": "тест", {rest}}}]}}"#);
    let received = (4, 29, 10);
    let cases = [
        (r#""amount": 30, "unit": "calendar_days", "counting": "inclusive""#, received, "05-28 23:59:59"),
        (r#""amount": 10, "unit": "calendar_days""#, received, "05-09 23:59:59"),
        (r#""amount": 10, "unit": "calendar_days", "roll": "forward""#, received, "05-12 23:59:59"),
        (r#""amount": 8, "unit": "working_days""#, received, "05-13 23:59:59"),
        (r#""amount": 8, "unit": "working_days", "counting": "inclusive""#, received, "05-12 23:59:59"),
        // Received on Friday, 1 May, a day off: the first counted day is 4 May either way.
        (r#""amount": 2, "unit": "working_days", "counting": "inclusive""#, (5, 1, 10), "05-05 23:59:59"),
        (r#""amount": 2, "unit": "working_days""#, (5, 1, 10), "05-05 23:59:59"),
        (r#""amount": 48, "unit": "hours""#, received, "05-01 10:00:00"),
        (r#""amount": 2, "unit": "working_hours""#, (4, 30, 17), "05-04 10:00:00"),
        // Rolled back over the holiday it would end before the appeal came: it goes forward.
        (r#""amount": 3, "unit": "calendar_days", "roll": "back""#, (3, 27, 10), "04-01 23:59:59"),
    ];
    for (rest, received, due) in cases {
        assert_eq!(clocks(&rule(rest), "59fz", received, "roads.surface"), expected(&[("answer", due)]), "{rest}");
    }
    let started = rule(r#""amount": 1, "unit": "calendar_days""#).replace("]}", r#"], "start": "next_working_day"}"#);
    assert_eq!(clocks(&started, "59fz", (5, 1, 10), "roads.surface"), expected(&[("answer", "05-05 23:59:59")]));
}

#[test]
fn the_most_specific_rule_of_each_kind_wins() {
    let settings = r#"{"clocks": [
        {"kind": "answer", "amount": 30, "unit": "calendar_days", "basis": "all"},
        {"kind": "answer", "regime": "59fz", "amount": 20, "unit": "calendar_days", "basis": "regime"},
        {"kind": "answer", "channel": "pos", "amount": 25, "unit": "calendar_days", "basis": "channel"},
        {"kind": "answer", "category": "housing.*", "amount": 5, "unit": "calendar_days", "basis": "block"},
        {"kind": "answer", "category": "housing.heating", "regime": "", "amount": 1, "unit": "calendar_days", "basis": "one"},
        {"kind": "registration", "amount": 3, "unit": "calendar_days", "basis": "other kind"}]}"#;
    let plugin = table(ROUTES, settings).unwrap();
    let cases = [
        ("housing.heating", "59fz", "pos", "one"),
        ("housing.roof", "59fz", "pos", "block"),
        ("roads.surface", "59fz", "pos", "regime"),
        ("roads.surface", "social", "pos", "channel"),
        ("roads.surface", "social", "phone", "all"),
    ];
    for (code, regime, channel, basis) in cases {
        let appeal = Appeal { regime: regime.to_owned(), channel: channel.to_owned(), ..appeal(None, None) };
        assert_eq!(appeal.received_at, NOW);
        let clocks = assigned(&plugin, &appeal, code).clocks;
        let answer = clocks.iter().find(|clock| clock.kind == ClockKind::Answer).unwrap();
        assert_eq!((answer.basis.as_str(), clocks.len()), (basis, 2), "{code} {regime} {channel}");
    }
}

/// Bad rows and settings: the message names the place and the remedy.
#[test]
fn refuses_what_it_cannot_use() {
    let header = "category,municipality,district,body\n";
    let clock = |rest: &str| format!(r#"{{"clocks": [{{"kind": "answer", "basis": "тест", {rest}}}]}}"#);
    let cases = [
        (format!("{header}a.b,,,x\na.c,,,\n"), "{}".to_owned(), None, "row 2 after the header: no body"),
        (format!("{header}a*,,,x\n"), "{}".to_owned(), None, "row 1 after the header: category «a*»"),
        (format!("{header}a.b,1,Ёлки,x\na.b,1,елки,y\n"), "{}".to_owned(), None, "row 1 sends it to x"),
        ("category,body\n".to_owned(), "{}".to_owned(), None, "no column municipality"),
        (ROUTES.to_owned(), clock(r#""amount": 0, "unit": "hours""#), Some("/clocks/0/amount"), "1 to"),
        (ROUTES.to_owned(), clock(r#""amount": 1, "unit": "weeks""#), Some("/clocks/0/unit"), "working_days"),
        (
            ROUTES.to_owned(),
            clock(r#""amount": 1, "unit": "hours", "category": "*.b""#),
            Some("/clocks/0/category"),
            "«*.b»",
        ),
        (
            ROUTES.to_owned(),
            r#"{"priorities": [{"category": "**", "priority": "low"}]}"#.to_owned(),
            Some("/priorities/0/category"),
            "«**»",
        ),
    ];
    for (csv, settings, field, part) in cases {
        let error = table(&csv, &settings).unwrap_err();
        assert_eq!(error.field.as_deref(), field, "{error:?}");
        assert!(error.message.contains(part), "{error:?} should say {part}");
    }
    let rule = r#"{"kind": "answer", "amount": 1, "unit": "hours", "basis": "x"}"#;
    let error = table(ROUTES, &format!(r#"{{"clocks": [{rule}, {rule}]}}"#)).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("/clocks/1"));
}

#[test]
fn equal_rows_that_agree_are_no_error() {
    assert!(table("category,municipality,district,body\na.b,,,x\na.b,*,,x\n", "{}").is_ok());
}
