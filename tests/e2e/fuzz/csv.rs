//! Files of appeals: each row is read, or refused with its number and reason; a file as a whole, in words.

use veche_app::files::{Profile, open_table};
use veche_tests::guest::root;

#[test]
fn a_file_is_read_or_refused_row_by_row() {
    let sample = std::fs::read_to_string(root().join("samples/yaroslavl/appeals.csv")).unwrap();
    let lines: Vec<&str> = sample.lines().take(12).collect();
    let utf8 = lines.join("\n").into_bytes();
    let semicolons = lines[..3].join("\r\n").replace(',', ";");
    let (windows, _, _) = encoding_rs::WINDOWS_1251.encode(&semicolons);
    let mut marked = b"\xef\xbb\xbf".to_vec();
    marked.extend_from_slice(lines[..2].join("\n").as_bytes());
    let seeds = [utf8, windows.into_owned(), marked, b"a\n".to_vec()];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("appeals.csv");
    let profile = Profile::named_or_file("veche").unwrap();
    super::fuzz("csv", &seeds, &|bytes| {
        std::fs::write(&path, bytes).unwrap();
        let table = match open_table(&path) {
            Ok(table) => table,
            Err(error) => return super::speaks(&error.to_string()),
        };
        let bound = match profile.bind(table.headers()) {
            Ok(bound) => bound,
            Err(error) => return super::speaks(&error.to_string()),
        };
        let mut last = 0;
        for row in table {
            let row = match row {
                Ok(row) => row,
                Err(reject) => {
                    super::speaks(&reject.reason)?;
                    continue;
                }
            };
            match bound.read(&row, chrono_tz::Europe::Moscow, None) {
                Ok(labelled) if labelled.appeal.text.trim().is_empty() => return Err("an appeal without text".into()),
                Ok(_) => {}
                Err(reject) => {
                    super::speaks(&reject.reason)?;
                    if reject.row <= last {
                        return Err(format!("row {} after row {last}", reject.row));
                    }
                    last = reject.row;
                }
            }
        }
        Ok(())
    });
}
