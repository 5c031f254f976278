use std::io::Cursor;

use calamine::{Data, DataType as _, Reader as _, Xlsx};
use veche_sdk::Date;
use veche_sdk::exporter::Cell;
use veche_sdk::testing::{FakeRows, FakeSink, configure};

use super::*;

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn request(options: &[(&str, &str)]) -> Request {
    let day = |day| Date { year: 2026, month: 2, day };
    Request {
        language: "ru".into(),
        time_zone: "Europe/Moscow".into(),
        utc_offset: 3 * 3_600,
        first: day(1),
        last: day(28),
        options: options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

fn rows() -> FakeRows {
    let row = |block: &str, category: &str, more: Vec<(&'static str, Cell)>| {
        let mut row = vec![
            ("id", text("a")),
            ("received_at", Cell::Moment(1_770_000_000)),
            ("block_name", text(block)),
            ("category_name", text(category)),
            ("body_name", text("Служба дорог")),
            ("channel", text("pos")),
            ("state", text("assigned")),
            ("due_at", Cell::Moment(1_771_000_000)),
        ];
        row.extend(more);
        row
    };
    let answered = |at| {
        vec![("answered_at", Cell::Moment(at)), ("mark", Cell::Integer(4)), ("reaction_minutes", Cell::Integer(90))]
    };
    FakeRows::new(COLUMNS)
        .batches_of(2)
        .named(row("Дороги", "Ямы", answered(1_770_500_000)))
        .named(row("Дороги", "Ямы", answered(1_771_500_000)))
        .named(row("ЖКХ", "Отопление", vec![("overdue", Cell::Flag(true)), ("external_id", text("=1+1"))]))
        .named(row("ЖКХ", "", vec![]))
}

fn write(settings: &str, options: &[(&str, &str)]) -> (Xlsx<Cursor<Vec<u8>>>, Summary, Vec<u8>) {
    let plugin: Report = configure(settings).unwrap();
    let mut sink = FakeSink::new();
    let summary = plugin.export("governor-report", &request(options), &mut rows(), &mut sink).unwrap();
    (Xlsx::new(Cursor::new(sink.bytes.clone())).unwrap(), summary, sink.bytes)
}

fn sheet(book: &mut Xlsx<Cursor<Vec<u8>>>, name: &str) -> Vec<Vec<Data>> {
    book.worksheet_range(name).unwrap().rows().map(<[Data]>::to_vec).collect()
}

#[test]
fn figures_add_up_on_every_sheet() {
    let (mut book, summary, bytes) = write("{}", &[]);
    assert_eq!((summary.rows, summary.notes.len()), (4, 0));
    assert_eq!(book.sheet_names(), ["Сводка", "Блоки", "Органы", "Категории", "Показатели", "Просрочки"]);
    let whole = sheet(&mut book, "Сводка");
    let numbers: Vec<f64> = whole[5].iter().filter_map(Data::get_float).collect();
    // Received, answered, closed, overdue, in time, with a term, in time %, marks, mean mark.
    assert_eq!(numbers[..6], [4.0, 2.0, 0.0, 1.0, 1.0, 3.0]);
    assert!((numbers[6] - 100.0 / 3.0).abs() < 1e-9 && numbers[7..] == [2.0, 4.0], "{numbers:?}");
    let blocks = sheet(&mut book, "Блоки");
    let received: Vec<_> = blocks[1..].iter().map(|row| (row[0].to_string(), row[1].get_float().unwrap())).collect();
    assert_eq!(received, [("Дороги".to_owned(), 2.0), ("ЖКХ".to_owned(), 2.0)]);
    assert_eq!(sheet(&mut book, "Категории").len(), 4);
    let indicators = sheet(&mut book, "Показатели");
    assert_eq!((indicators[1][3].get_float(), indicators[1][4].get_float()), (Some(1.0), Some(3.0)));
    assert_eq!((indicators[3][2].get_float(), indicators[3][4].get_float()), (Some(1.5), Some(2.0)));
    let overdue = sheet(&mut book, "Просрочки");
    // A text that looks like a formula stays a text.
    assert_eq!((overdue.len(), &overdue[1][0]), (2, &Data::String("=1+1".into())));
    assert_eq!(bytes, write("{}", &[]).2, "the same rows give the same file");
}

#[test]
fn lists_are_cut_with_a_remark_and_made_on_demand() {
    let (mut book, summary, _) = write(r#"{"overdue": 0}"#, &[("list", "yes")]);
    assert_eq!(sheet(&mut book, "Вопросы").len(), 5);
    assert!(summary.notes[0].contains("0 из 1"), "{:?}", summary.notes);
}
