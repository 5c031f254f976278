#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;

use super::*;

const ZONE: Tz = Tz::Europe__Moscow;

fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.csv");
    std::fs::write(&path, bytes).unwrap();
    (dir, path)
}
fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut e = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    e.write_all(bytes).unwrap();
    e.finish().unwrap()
}
type Read = (Vec<String>, Vec<Result<Row, Reject>>);

fn rows(bytes: &[u8]) -> Result<Read, String> {
    let (_d, path) = file(bytes);
    let table = open_table(&path).map_err(|e| e.to_string())?;
    Ok((table.headers().to_vec(), table.collect()))
}
fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
    let (h, r) = rows(bytes).unwrap();
    std::iter::once(h).chain(r.into_iter().map(|r| r.unwrap().cells)).collect()
}
const WANT: [[&str; 2]; 2] = [["Тема", "Текст"], ["Ёлка", "дым, «гарь»"]];

#[test]
fn encodings_and_delimiters() {
    let text = "Тема;Текст\nЁлка;дым, «гарь»\n";
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let utf16be: Vec<u8> = [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("utf8", text.into()),
        ("bom", format!("\u{feff}{text}").into()),
        ("crlf", text.replace('\n', "\r\n").into()),
        ("1251", encoding_rs::WINDOWS_1251.encode(text).0.into_owned()),
        ("16le", utf16),
        ("16be", utf16be),
        ("tab", text.replace(';', "\t").into()),
        ("pipe", text.replace(';', "|").into()),
        ("comma", "Тема,Текст\nЁлка,\"дым, «гарь»\"\n".into()),
        ("gz", gz(text.as_bytes())),
        ("quoted-header", "\"Тема\";\"Текст\"\nЁлка;дым, «гарь»".into()),
        ("bom-quoted-header", "\u{feff}\"Тема\";\"Текст\"\nЁлка;дым, «гарь»".into()),
        ("nbsp", "\u{a0}Тема ; Текст\nЁлка;дым, «гарь»".into()),
    ];
    for (name, bytes) in cases {
        let got = std::panic::catch_unwind(|| cells(&bytes));
        assert_eq!(got.ok(), Some(WANT.map(|r| r.map(String::from).to_vec()).to_vec()), "{name}");
    }
}

#[test]
fn late_cyrillic_is_still_1251() {
    let mut text = String::from("a;b\n");
    for i in 0..40_000 {
        text.push_str(&format!("{i};plain text\n"));
    }
    text.push_str("1;дорога\n");
    let (_, r) = rows(&encoding_rs::WINDOWS_1251.encode(&text).0).unwrap();
    let last = r.last().unwrap();
    assert!(matches!(last, Ok(r) if r.cells[1] == "дорога"), "{last:?}");
}

#[test]
fn one_damaged_letter_rejects_its_row_alone() {
    let mut bytes = "a;b\n1;дорога ровная и длинная\n2;".as_bytes().to_vec();
    bytes.extend([0xff, b'\n']);
    bytes.extend("3;мост\n".as_bytes());
    let (_, r) = rows(&bytes).unwrap();
    assert_eq!(r.iter().map(|r| r.is_ok()).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(r[0].as_ref().unwrap().cells[1], "дорога ровная и длинная");
}

#[test]
fn line_numbers() {
    for (end, name) in [("\n", "lf"), ("\r\n", "crlf")] {
        let text = "a;b\n1;\"x\ny\"\n\n2;z\n3;z;z\n4;q\n".replace('\n', end);
        let (_, r) = rows(text.as_bytes()).unwrap();
        let numbers: Vec<_> = r
            .iter()
            .map(|r| match r {
                Ok(r) => (r.number, true),
                Err(r) => (r.row, false),
            })
            .collect();
        assert_eq!(numbers, [(2, true), (5, true), (6, false), (7, true)], "{name}");
    }
}

#[test]
fn files_that_are_no_tables() {
    let packed = gz("a;b\n1;2\n".repeat(50_000).as_bytes());
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("bom only", "\u{feff}".into()),
        ("blank", "\n\n".into()),
        ("truncated gz", packed[..packed.len() / 2].to_vec()),
        ("cut gz tail", packed[..packed.len() - 6].to_vec()),
        ("gz of nothing", gz(b"")),
        ("broken xlsx", b"PK\x03\x04 this is no workbook".to_vec()),
        ("broken xls", [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0, 0].to_vec()),
    ];
    let mut wrong = vec![];
    for (name, bytes) in cases {
        match rows(&bytes) {
            Err(e) => assert!(e.contains("t.csv"), "{name}: {e}"),
            Ok((h, r)) => {
                let bad = r.iter().any(|r| r.is_err());
                if !(name.contains("gz") && bad) {
                    wrong.push(format!("{name}: {} headers {} rows, reject {bad}", h.len(), r.len()));
                }
            }
        }
    }
    for path in ["no/such/file.csv", "."] {
        if open_table(Path::new(path)).is_ok() {
            wrong.push(path.into())
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn spb_like(received: &str, extra: &str) -> Result<Labelled, String> {
    let profile = format!(
        "[appeal]\nchannel = {{ value = \"portal\" }}\nregime = {{ value = \"none\" }}\nreceived_at = {{ column = \"at\" }}\ntext = {{ column = \"t\" }}\nlatitude = {{ column = \"lat\" }}\nlongitude = {{ column = \"lon\" }}\n{extra}"
    );
    let dir = tempfile::tempdir().unwrap();
    let p = dir.path().join("p.toml");
    std::fs::write(&p, profile).unwrap();
    let bound = Profile::named_or_file(p.to_str().unwrap())
        .map_err(|e| e.to_string())?
        .bind(&["at", "t", "lat", "lon"].map(String::from))
        .map_err(|e| e.to_string())?;
    let parts: Vec<&str> = received.split('~').collect();
    let row = Row {
        number: 2,
        cells: vec![
            parts[0].into(),
            parts.get(1).unwrap_or(&"текст").to_string(),
            parts.get(2).unwrap_or(&"").to_string(),
            parts.get(3).unwrap_or(&"").to_string(),
        ],
    };
    bound.read(&row, ZONE, None).map_err(|r| format!("{:?} {}", r.column, r.reason))
}

#[test]
fn dates() {
    for (text, want) in [
        ("2026-01-09T23:15:00", Some("2026-01-09T20:15:00Z")),
        ("09.01.2026 23:15", Some("2026-01-09T20:15:00Z")),
        ("09.01.2026", Some("2026-01-08T21:00:00Z")),
        ("2026-01-09T23:15:00+05:00", Some("2026-01-09T18:15:00Z")),
        ("2026-01-09T23:15:00Z", Some("2026-01-09T23:15:00Z")),
        ("46031.96875", Some("2026-01-09T20:15:00Z")),
        ("2026-01-09 23:15", Some("2026-01-09T20:15:00Z")),
        ("31.02.2026", None),
        ("0026-01-09T00:00:00", None),
        ("09.01.26", None),
        ("9999-01-01", None),
        ("2026", None),
        ("вчера", None),
        ("", None),
        ("32.13.2026 10:00", None),
    ] {
        let got = spb_like(text, "");
        let shown = got.as_ref().map(|l| l.appeal.received_at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        assert_eq!(shown.clone().ok().as_deref(), want, "{text}: {shown:?}");
    }
}

#[test]
fn values() {
    let at = "2026-01-09T23:15:00~";
    let long = "ж".repeat(30_000);
    for (text, ok) in [
        (format!("{at}<p>дым</p>"), true),
        (format!("{at}a\0b"), true),
        (format!("{at}{long}"), true),
        (format!("{at}{}", "ж".repeat(100_001)), false),
        (format!("{at}x~59,5~30.1"), true),
        (format!("{at}x~91~30"), false),
        (format!("{at}x~NaN~30"), false),
        (format!("{at}x~inf~30"), false),
        (format!("{at}x~57.6~"), true),
        (format!("{at}~1~1"), false),
    ] {
        let got = spb_like(&text, "");
        assert_eq!(got.is_ok(), ok, "{:.60}: {:.200}", text, format!("{got:?}"));
    }
    assert_eq!(spb_like(&format!("{at}<p>дым\0</p>"), "").unwrap().appeal.text, "<p>дым</p>");
    assert_eq!(spb_like(&format!("{at}{long}"), "").unwrap().appeal.text.chars().count(), 30_000);
}

#[test]
fn workbook() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("b.bin");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let date = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 1, 9).unwrap().and_hms(23, 15, 0).unwrap();
    let format = rust_xlsxwriter::Format::new().set_num_format("dd.mm.yyyy hh:mm");
    for (i, h) in ["at", "Тема", "n", "Кому", "Кому"].iter().enumerate() {
        sheet.write(0, i as u16, *h).unwrap();
    }
    sheet.write_with_format(1, 0, &date, &format).unwrap();
    sheet.write(1, 1, "Двор").unwrap();
    sheet.write(1, 2, 2_947_918.0).unwrap();
    sheet.write(3, 1, "Дом").unwrap();
    book.save(&path).unwrap();
    let table = open_table(&path).unwrap();
    let rows: Vec<_> = table.map(|r| r.unwrap()).collect();
    assert_eq!(rows[0].cells, ["2026-01-09T23:15:00", "Двор", "2947918", "", ""]);
    assert_eq!((rows[1].number, rows[1].cells[1].as_str(), rows.len()), (4, "Дом", 2));
}

#[test]
fn ready_profiles_load() {
    let bad: Vec<_> = ["veche", "spb", "kursk", "pos", "incident", "open311"]
        .iter()
        .filter_map(|n| Profile::named_or_file(n).err().map(|e| format!("{n}: {}", e.to_string().replace('\n', " "))))
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn real_files() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !dir.exists() {
        eprintln!("left out: no ../shared/data");
        return;
    }
    for (profile, name, want) in [
        ("spb", "spb-appeals.csv.gz", 43_452),
        ("kursk", "kursk-appeals.csv.gz", 1_386),
        ("open311", "boston-open311.csv.gz", 22_372),
    ] {
        let table = open_table(&dir.join(name)).unwrap();
        let bound = Profile::named_or_file(profile).unwrap().bind(table.headers()).unwrap_or_else(|e| panic!("{e}"));
        let (mut ok, mut bad, mut warn, mut first) = (0, 0, 0, None);
        for row in table {
            match row.and_then(|r| bound.read(&r, ZONE, None)) {
                Ok(l) => {
                    ok += 1;
                    warn += l.warnings.len();
                }
                Err(r) => {
                    bad += 1;
                    first.get_or_insert(format!("{} {:?} {}", r.row, r.column, r.reason));
                }
            }
        }
        assert_eq!((ok, bad), (want, 0), "{name}: {first:?}, {warn} warnings");
    }
}

#[test]
fn region_folder_round_trip() {
    let data = load_region_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/yaroslavl"))
        .unwrap_or_else(|e| panic!("{e}"));
    veche_domain::dictionary::Dictionaries::new(data.clone(), "2026-05-01".parse().unwrap()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    write_region_dir(dir.path(), &data).unwrap();
    assert_eq!(load_region_dir(dir.path()).unwrap(), data);
    let blocks = dir.path().join("blocks.csv");
    std::fs::write(&blocks, "code,name,name_en\nBAD CODE,x,\nок,\n").unwrap();
    std::fs::remove_file(dir.path().join("bodies.csv")).unwrap();
    let e = load_region_dir(dir.path()).unwrap_err().to_string();
    assert!(e.contains("blocks.csv:2") && e.contains("blocks.csv:3") && e.contains("bodies.csv"), "{e}");
    // with a BOM, as spreadsheet programs save
    write_region_dir(dir.path(), &data).unwrap();
    let text = std::fs::read_to_string(&blocks).unwrap();
    std::fs::write(&blocks, format!("\u{feff}{}", text.replace(',', ";").replace('\n', "\r\n"))).unwrap();
    assert_eq!(load_region_dir(dir.path()).unwrap_or_else(|e| panic!("{e}")), data);
}
#[test]
fn duplicated_header_and_missing_column() {
    let (h, _) = rows(b"id;Kto;Kto\n1;a;b\n").unwrap();
    let extra = "attributes = { first = { column = \"kto\" }, second = { column = \"Kto#2\" } }";
    let dir = tempfile::tempdir().unwrap();
    let p = dir.path().join("p.toml");
    std::fs::write(&p, format!("[appeal]\nchannel = {{ value = \"portal\" }}\nregime = {{ value = \"none\" }}\nreceived_at = {{ value = \"2026-01-09\" }}\ntext = {{ column = \"ID\" }}\n{extra}")).unwrap();
    let profile = Profile::named_or_file(p.to_str().unwrap()).unwrap();
    let l = profile
        .bind(&h)
        .unwrap()
        .read(&Row { number: 2, cells: vec!["1".into(), "a".into(), "b".into()] }, ZONE, None)
        .unwrap();
    assert_eq!((l.appeal.attributes["first"].as_str(), l.appeal.attributes["second"].as_str()), ("a", "b"));
    let e = profile.bind(&["id".to_owned()]).unwrap_err().to_string();
    assert!(e.contains("kto") && e.contains("Kto#2"));
}

#[test]
fn a_quote_that_is_never_closed_is_no_appeal() {
    let read = |text: &str| {
        let (_folder, path) = file(text.as_bytes());
        let table = open_table(&path).unwrap();
        table.map(|row| row.map(|row| row.number).map_err(|reject| (reject.row, reject.reason))).collect::<Vec<_>>()
    };
    let rows = read(&format!("a,b\n1,2\n3,\"4\n{}", "5,6\n".repeat(1_000)));
    assert_eq!((rows.len(), &rows[0]), (2, &Ok(2)));
    let (row, reason) = rows[1].clone().unwrap_err();
    assert!(row == 3 && reason.contains("never closed") && reason.contains("1001 lines"), "{row}: {reason}");
    // A closed one that ends with the file is sound.
    assert_eq!(read("a,b\n1,\"2\n3\""), [Ok(2)]);
}

#[test]
fn a_header_without_rows_and_binary_data_are_refused() {
    let cases: [(&[u8], &str); 3] =
        [(b"a,b\n", "no rows"), (b"a,b\n,\n\r\n", "no rows"), (b"\x7fELF\0\0\0\0\0\0\0\x01", "no text")];
    for (bytes, part) in cases {
        let (_folder, path) = file(bytes);
        assert!(open_table(&path).err().unwrap().to_string().contains(part), "{part}");
    }
}

#[test]
fn empty_rows_and_a_delimiter_too_many_lose_nothing() {
    assert_eq!(cells(b"a,b\n1,2,\n,\n3,4\n"), [["a", "b"], ["1", "2"], ["3", "4"]]);
    assert_eq!(cells("Дата, час;Текст\n1;2\n".as_bytes()), [["Дата, час", "Текст"], ["1", "2"]]);
}

#[test]
fn a_hidden_first_sheet_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_hidden(true).write(0, 0, "hidden").unwrap();
    let sheet = book.add_worksheet();
    sheet.set_active(true).write(0, 0, "a").unwrap();
    sheet.write(1, 0, "1").unwrap();
    book.save(&path).unwrap();
    assert_eq!(open_table(&path).unwrap().headers(), ["a"]);
}

#[test]
fn a_mended_rejects_file_keeps_a_column_called_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rejects.csv");
    let mut file = RejectsFile::create(&path, &["id".into(), "reason".into()]).unwrap();
    file.write(&Reject { row: 3, column: None, reason: "why".into(), cells: vec!["1".into(), "Грязь".into()] })
        .unwrap();
    let table = open_table(&path).unwrap();
    assert_eq!(table.headers(), ["#row", "#column", "#reason", "id", "reason"]);
}

#[test]
fn a_coordinate_out_of_range_names_its_column() {
    let profile = "[appeal]\nreceived_at = { value = \"2026-01-09\" }\ntext = { column = \"t\" }\nexternal_id = { column = \"id\" }\nlatitude = { column = \"y\" }\nlongitude = { column = \"x\" }\n";
    let headers = ["id", "t", "y", "x"].map(str::to_owned);
    let bound = Profile::from_toml("t", profile).unwrap().bind(&headers).unwrap();
    let read = |y: &str, id: &str| {
        let cells = [id, "Яма", y, "38,8"].map(str::to_owned).into();
        bound.read(&Row { number: 2, cells }, chrono_tz::Europe::Moscow, None)
    };
    for bad in ["91", "NaN"] {
        assert_eq!(read(bad, "7").unwrap_err().column.as_deref(), Some("y"));
    }
    assert_eq!(read("58,05", "\0").unwrap().appeal.external_id, None);
    for (from, to, key) in [
        ("\"t\" }", "\"t\", value = \"x\" }", "appeal.text"),
        ("\"2026-01-09\"", "\"2026-01-09\", format = [\"%Й\"]", "appeal.received_at"),
    ] {
        let error = Profile::from_toml("t", &profile.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    }
}
