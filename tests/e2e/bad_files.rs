//! Files as they come: encodings, delimiters, broken rows. The place is named, the rest goes on.

use std::io::Write as _;

use veche_app::files::{Profile, open_table};

const PROFILE: &str = r#"
null = ["-"]
[appeal]
external_id = { column = "Номер" }
received_at = { column = "Дата" }
text = { column = "Текст" }
"#;

/// Reads bytes as a file: texts that were taken, and reasons of those that were not.
fn read(bytes: &[u8]) -> Result<(Vec<String>, Vec<String>), String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let table = open_table(file.path()).map_err(|e| e.to_string())?;
    let bound = Profile::from_toml("test", PROFILE).unwrap().bind(table.headers()).map_err(|e| e.to_string())?;
    let (mut texts, mut reasons) = (Vec::new(), Vec::new());
    for row in table {
        match row.and_then(|row| bound.read(&row, chrono_tz::Tz::Europe__Moscow, None)) {
            Ok(labelled) => texts.push(labelled.appeal.text),
            Err(reject) => reasons.push(format!("{}: {}", reject.row, reject.reason)),
        }
    }
    Ok((texts, reasons))
}

#[test]
fn dialects_and_encodings_are_told_by_the_content() {
    let text = "Номер;Дата;Текст\r\n007;31.01.2026;\"Яма; \"\"глубокая\"\"\r\nна дороге\"\r\n";
    let expected = vec!["Яма; \"глубокая\"\r\nна дороге".to_owned()];
    let mut bom = b"\xef\xbb\xbf".to_vec();
    bom.extend(text.as_bytes());
    let (cp1251, _, _) = encoding_rs::WINDOWS_1251.encode(text);
    let mut utf16 = b"\xff\xfe".to_vec();
    utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    let tabs = "номер\tДата\tТекст\n1\t2026-01-31T10:00:00\tснег\n";
    for (name, bytes) in [
        ("utf-8", text.as_bytes().to_vec()),
        ("bom", bom),
        ("windows-1251", cp1251.into_owned()),
        ("utf-16", utf16),
        ("gz", gz.finish().unwrap()),
    ] {
        assert_eq!(read(&bytes).unwrap(), (expected.clone(), vec![]), "{name}");
    }
    assert_eq!(read(tabs.as_bytes()).unwrap().0, ["снег"]);
}

#[test]
fn a_broken_row_is_named_and_the_rest_goes_on() {
    let long = "ы".repeat(30_000);
    let text = format!(
        "Номер,Дата,Текст\n1,31.02.2026,a\n2,01.03.0026,b\n3,01.03.2026,\n4,01.03.2026\n5,01.03.2026,-\n6,01.03.2026,<b>HTML</b>\n7,01.03.2026,{long}\n"
    );
    let (texts, reasons) = read(text.as_bytes()).unwrap();
    assert_eq!(texts, ["<b>HTML</b>".to_owned(), long]);
    let expected = [
        "2: \"31.02.2026\" is no date",
        "3: \"01.03.0026\"",
        "4: the value is missing",
        "5: the row has 2 fields",
        "6: the value is missing",
    ];
    assert_eq!(reasons.len(), expected.len(), "{reasons:?}");
    for (reason, start) in reasons.iter().zip(expected) {
        assert!(reason.starts_with(start), "{reason}");
    }
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all("Номер,Дата,Текст\n".as_bytes()).unwrap();
    for n in 0..200_000 {
        writeln!(gz, "{n},01.03.2026,яма номер {n}").unwrap();
    }
    let gz = gz.finish().unwrap();
    let (texts, reasons) = read(&gz[..gz.len() / 2]).unwrap();
    assert!(texts.len() > 10_000 && reasons.last().unwrap().contains("cut off"), "{reasons:?}");
    for (bytes, part) in [
        (&b""[..], "is empty"),
        (&b"\n\n"[..], "is empty"),
        ("Номер,Текст\n1,яма\n".as_bytes(), "columns are missing: Дата"),
        ("Номер,Дата,Текст\n".as_bytes(), "a header and no rows"),
        (&b"PK\x03\x04 broken"[..], "spreadsheet"),
    ] {
        let error = read(bytes).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
    // Headers may repeat and move.
    assert_eq!(read("Текст,x,x,Дата,Номер\nяма,,,01.03.2026,1\n".as_bytes()).unwrap().0, ["яма"]);
}

#[test]
fn spreadsheets_are_read() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, text) in ["Номер", "Дата", "Текст"].into_iter().enumerate() {
        sheet.write(0, u16::try_from(column).unwrap(), text).unwrap();
    }
    sheet.write(1, 0, "007").unwrap();
    sheet.write(1, 1, "31.01.2026").unwrap();
    sheet.write(1, 2, "Нет отопления").unwrap();
    assert_eq!(read(&book.save_to_buffer().unwrap()).unwrap().0, ["Нет отопления"]);
}
