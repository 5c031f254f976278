use serde_json::{Value, json};
use veche_sdk::Date;
use veche_sdk::exporter::Cell;
use veche_sdk::testing::{FakeRows, FakeSink, configure};

use super::*;

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn rows() -> FakeRows {
    let base = |id: &str| {
        vec![
            ("id", text(id)),
            ("question", Cell::Integer(0)),
            ("received_at", Cell::Moment(1_772_442_000)),
            ("category", text("roads.pothole")),
        ]
    };
    let mut full = base("a");
    full.extend([
        ("text", text("Яма <глубокая> & «опасная»\u{1}")),
        ("address", text("ул. Свободы, 1")),
        ("municipality_name", text("Ярославль")),
        ("latitude", Cell::Number(57.6)),
        ("longitude", Cell::Number(39.9)),
        ("answered_at", Cell::Moment(1_772_528_400)),
    ]);
    let mut second = base("a");
    second.extend([("question", Cell::Integer(1)), ("text", text(&"я".repeat(5_000)))]);
    let mut lost = base("b");
    lost.push(("category", Cell::Null));
    FakeRows::new(COLUMNS).batches_of(2).named(full).named(second).named(lost)
}

fn write(format: &str) -> (String, Summary) {
    let day = |day| Date { year: 2026, month: 2, day };
    let request = Request {
        language: "ru".into(),
        time_zone: "Europe/Moscow".into(),
        utc_offset: 3 * 3_600,
        first: day(1),
        last: day(28),
        options: Vec::new(),
    };
    let plugin: Open311 = configure("{}").unwrap();
    let mut sink = FakeSink::new();
    let summary = plugin.export(format, &request, &mut rows(), &mut sink).unwrap();
    (String::from_utf8(sink.bytes).unwrap(), summary)
}

#[test]
fn a_question_is_a_request() {
    let (written, summary) = write(JSON);
    let requests: Value = serde_json::from_str(&written).unwrap();
    assert_eq!((summary.rows, summary.skipped, summary.notes.len()), (3, 1, 1));
    assert_eq!(
        requests[0],
        json!({"service_request_id": "a", "status": "closed", "service_code": "roads.pothole",
            "description": "Яма <глубокая> & «опасная»\u{1}", "requested_datetime": "2026-03-02T12:00:00+03:00",
            "updated_datetime": "2026-03-03T12:00:00+03:00", "address": "ул. Свободы, 1, Ярославль", "lat": 57.6, "long": 39.9})
    );
    assert_eq!(
        (requests[1]["service_request_id"].as_str(), requests[1]["status"].as_str()),
        (Some("a-1"), Some("open"))
    );
    assert_eq!(requests[1]["description"].as_str().unwrap().chars().count(), 4_000);
    assert_eq!(requests.as_array().unwrap().len(), 2);
}

#[test]
fn the_xml_form_says_the_same_and_is_well_formed() {
    let (written, _) = write(XML);
    assert!(written.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service_requests>"), "{written}");
    assert!(written.contains("<description>Яма &lt;глубокая&gt; &amp; «опасная»\u{fffd}</description>"), "{written}");
    assert_eq!((written.matches("<request>").count(), written.matches("</request>").count()), (2, 2));
    assert!(written.contains("<lat>57.6</lat>") && written.ends_with("</service_requests>\n"));
}

#[test]
fn without_texts_they_are_not_asked_for() {
    let plugin: Open311 = configure(r#"{"texts": false}"#).unwrap();
    assert!(plugin.formats().iter().all(|format| !format.columns.contains(&"text".to_owned())));
}
