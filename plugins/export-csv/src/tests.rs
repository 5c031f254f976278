use veche_sdk::Date;
use veche_sdk::testing::{FakeRows, FakeSink, configure};

use super::*;
use veche_sdk::exporter::Cell;

fn request() -> Request {
    Request {
        language: "ru".into(),
        time_zone: "Europe/Moscow".into(),
        utc_offset: 3 * 3_600,
        first: Date { year: 2026, month: 2, day: 1 },
        last: Date { year: 2026, month: 2, day: 28 },
        options: Vec::new(),
    }
}

fn write(format: &str, settings: &str, rows: FakeRows) -> (String, Summary) {
    let plugin: Csv = configure(settings).unwrap();
    let (mut rows, mut sink) = (rows.batches_of(2), FakeSink::new());
    let summary = plugin.export(format, &request(), &mut rows, &mut sink).unwrap();
    (String::from_utf8(sink.bytes).unwrap(), summary)
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[test]
fn every_kind_of_cell_in_both_dialects() {
    let rows = || {
        FakeRows::new(["t", "n", "i", "f", "m", "empty"]).row([
            text("яма; \"большая\", глубокая"),
            Cell::Number(1.5),
            Cell::Integer(-7),
            Cell::Flag(true),
            Cell::Moment(1_772_442_000),
        ])
    };
    let (csv, summary) = write("csv", "{}", rows());
    assert_eq!(csv, "t,n,i,f,m,empty\r\n\"яма; \"\"большая\"\", глубокая\",1.5,-7,true,2026-03-02T12:00:00+03:00,\r\n");
    assert_eq!((summary.rows, summary.skipped, summary.notes.len()), (1, 0, 0));
    let (csv, _) = write("csv-excel", "{}", rows());
    assert_eq!(csv, "\u{feff}t;n;i;f;m;empty\r\n\"яма; \"\"большая\"\", глубокая\";1,5;-7;да;02.03.2026 12:00:00;\r\n");
}

#[test]
fn formulas_are_disarmed_and_leading_zeros_kept() {
    let armed = ["=1+1", "+7 900", "-cmd", "@SUM(A1)", "\t=1", " =1", "=HYPERLINK(\"http://x\")"];
    let rows = armed.iter().fold(FakeRows::new(["t"]), |rows, value| rows.row([text(value)]));
    let (csv, summary) = write("csv", "{}", rows.row([text("-5")]).row([text("007")]));
    for line in csv.split("\r\n").skip(1).take(armed.len()) {
        assert!(line.trim_start_matches('"').starts_with('\''), "{line}");
    }
    assert!(csv.contains("\r\n-5\r\n007\r\n"), "{csv}");
    assert!(summary.notes[0].contains(": 7;"), "{:?}", summary.notes);
    let (csv, _) = write("csv-excel", "{}", FakeRows::new(["t"]).row([text("007")]).row([text("78701000")]));
    assert_eq!(csv, "\u{feff}t\r\n'007\r\n78701000\r\n");
}

#[test]
fn columns_of_the_settings_are_those_that_are_asked_for() {
    let plugin: Csv = configure(r#"{"columns": ["id", "text"], "codes": true}"#).unwrap();
    let formats = plugin.formats();
    assert_eq!(formats.len(), 6);
    assert_eq!(formats[0].columns, ["id", "text"]);
    assert!(formats[1].columns.is_empty());
    assert!(configure::<Csv>(r#"{"column": []}"#).is_err());
}

#[test]
fn what_the_sink_refuses_ends_the_export() {
    let plugin: Csv = configure("{}").unwrap();
    let long = "x".repeat(300_000);
    let mut rows = (0..4).fold(FakeRows::new(["t"]), |rows, _| rows.row([text(&long)]));
    let mut sink = FakeSink::with_quota(500_000);
    let failure = plugin.export("csv", &request(), &mut rows, &mut sink).unwrap_err();
    assert!(failure.message.contains("quota"), "{failure:?}");
}
