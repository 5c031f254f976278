use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use serde_json::{Value, json};
use veche_sdk::Date;
use veche_sdk::exporter::Cell;
use veche_sdk::testing::{FakeRows, FakeSink, configure};
use zip::ZipArchive;

use super::*;

const DEPARTMENT: &str = "0b3c4d5e-0000-4000-8000-000000000001";

fn plugin(more: Value) -> Sstu {
    let mut settings = json!({"department": DEPARTMENT});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    configure(&settings.to_string()).unwrap()
}

fn request() -> Request {
    let day = |day| Date { year: 2026, month: 2, day };
    Request {
        language: "ru".into(),
        time_zone: "Europe/Moscow".into(),
        utc_offset: 3 * 3_600,
        first: day(1),
        last: day(28),
        options: Vec::new(),
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn rows() -> FakeRows {
    FakeRows::new(COLUMNS).batches_of(2)
}

fn question(rows: FakeRows, id: &str, name: &str, more: Vec<(&str, Cell)>) -> FakeRows {
    let own = [
        ("id", text(id)),
        ("external_id", text(&format!("№{id}"))),
        ("received_at", Cell::Moment(1_772_442_000)),
        ("channel", text("pos")),
        ("applicant_name", text(name)),
        ("sstu", text("0003.0009.0099.0742")),
        ("state", text("assigned")),
    ];
    let mut fields: BTreeMap<&str, Cell> = own.into();
    fields.extend(more);
    rows.named(fields)
}

/// Size and files of each part.
fn unpack(bytes: Vec<u8>) -> Vec<(usize, BTreeMap<String, Value>)> {
    let mut outer = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = Vec::new();
    for n in 0..outer.len() {
        let mut part = Vec::new();
        outer.by_index(n).unwrap().read_to_end(&mut part).unwrap();
        let size = part.len();
        let mut inner = ZipArchive::new(Cursor::new(part)).unwrap();
        let mut files = BTreeMap::new();
        for n in 0..inner.len() {
            let mut file = inner.by_index(n).unwrap();
            let mut json = String::new();
            file.read_to_string(&mut json).unwrap();
            files.insert(file.name().unwrap().into_owned(), serde_json::from_str(&json).unwrap());
        }
        parts.push((size, files));
    }
    parts
}

fn write(plugin: &Sstu, mut rows: FakeRows) -> Result<(Vec<u8>, Summary), Failure> {
    let mut sink = FakeSink::new();
    let summary = plugin.export("sstu", &request(), &mut rows, &mut sink)?;
    Ok((sink.bytes, summary))
}

#[test]
fn questions_of_an_appeal_are_one_file() {
    let answered = vec![("answered_at", Cell::Moment(1_772_528_400)), ("in_substance", Cell::Flag(true))];
    let rows = question(rows(), "a", "Иванов И. И.", vec![("applicant_email", text("a@b.ru"))]);
    let rows = question(rows, "a", "Иванов И. И.", answered);
    let rows = question(rows, "b", "ООО «Ромашка»", vec![("channel", text("phone")), ("state", text("closed"))]);
    let rows = question(rows, "c", "", vec![]);
    let rows = question(rows, "d", "Петров П. П.", vec![("sstu", Cell::Null)]);
    let (bytes, summary) = write(&plugin(json!({})), rows).unwrap();
    assert_eq!((summary.rows, summary.skipped, summary.notes.len()), (5, 2, 2));
    let parts = unpack(bytes);
    assert_eq!((parts.len(), parts[0].1.len()), (1, 2));
    assert_eq!(
        parts[0].1["a.json"],
        json!({"departmentId": DEPARTMENT, "isDirect": true, "format": "Electronic", "number": "№a",
            "name": "Иванов И. И.", "email": "a@b.ru", "questions": [
            {"code": "0003.0009.0099.0742", "status": "InWork", "incomingDate": "2026-03-02", "registrationDate": "2026-03-02"},
            {"code": "0003.0009.0099.0742", "status": "Supported", "incomingDate": "2026-03-02",
             "registrationDate": "2026-03-02", "responseDate": "2026-03-03", "actionsTaken": true}]})
    );
    assert_eq!(parts[0].1["b.json"]["format"], "Other");
    assert_eq!(parts[0].1["b.json"]["questions"][0]["status"], "LeftWithoutAnswer");
    let (bytes, _) = write(&plugin(json!({"direct": false})), question(self::rows(), "a", "И", vec![])).unwrap();
    assert_eq!(unpack(bytes)[0].1["a.json"]["createDate"], "2026-03-02");
}

#[test]
fn parts_stay_below_their_size_and_lose_nothing() {
    // Texts that do not pack.
    let mut random = 7_u64;
    let mut noise = || -> String {
        (0..100_000)
            .map(|_| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b'!' + u8::try_from((random >> 33) % 90).unwrap())
            })
            .collect()
    };
    let rows = (0..40).fold(rows(), |rows, n| question(rows, &format!("a{n}"), &noise(), vec![]));
    let (bytes, summary) = write(&plugin(json!({"part_megabytes": 1})), rows).unwrap();
    assert_eq!((summary.rows, summary.skipped), (40, 0));
    let parts = unpack(bytes);
    assert!(parts.len() > 3, "{}", parts.len());
    assert!(parts.iter().all(|(size, _)| *size <= 1_000_000), "{:?}", parts.iter().map(|p| p.0).collect::<Vec<_>>());
    assert_eq!(parts.iter().map(|(_, files)| files.len()).sum::<usize>(), 40);
}

#[test]
fn without_the_grant_and_without_rows() {
    let failure = write(&plugin(json!({})), question(rows(), "a", "", vec![])).unwrap_err();
    assert!(failure.message.contains("applicant"), "{failure:?}");
    let (bytes, summary) = write(&plugin(json!({})), rows()).unwrap();
    assert_eq!((summary.rows, unpack(bytes).len()), (0, 1));
    assert!(configure::<Sstu>("{}").is_err(), "the department must be said");
}
