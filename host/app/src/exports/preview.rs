//! The beginning of a written file, to be looked at before it is fetched.

use std::io::Cursor;

use calamine::Reader as _;
use futures_util::TryStreamExt as _;
use veche_store::ExportJob;

use crate::App;
use crate::error::AppError;

use super::files;

/// Most bytes of a table or a text that are read.
const HEAD: usize = 256 << 10;
/// Largest workbook that is opened, bytes: it must be read whole.
const WORKBOOK: u64 = 32 << 20;
/// Rows and columns that are shown.
const SHOWN: (usize, usize) = (25, 24);
/// Characters of a text that are shown.
const TEXT: usize = 6_000;

/// The beginning of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preview {
    /// Rows of a table, the first of them its heading.
    Table {
        /// Name of the sheet; none where there are no sheets.
        sheet: Option<String>,
        /// Rows.
        rows: Vec<Vec<String>>,
        /// Whether there is more.
        more: bool,
    },
    /// The beginning of a text.
    Text {
        /// Text.
        text: String,
        /// Whether there is more.
        more: bool,
    },
    /// The format shows nothing.
    None,
}

/// The beginning of a file. Whoever shows it notes in the log that the file was fetched.
///
/// # Errors
/// A file that cannot be fetched; store errors.
pub async fn of(app: &App, job: &ExportJob) -> Result<Preview, AppError> {
    files::check(job)?;
    let media = job.media_type.split(';').next().unwrap_or_default().trim();
    match media {
        "text/csv" => Ok(table(&head(app, job, HEAD).await?, job.size)),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" if job.size <= WORKBOOK => {
            let bytes = head(app, job, usize::MAX).await?;
            let read = tokio::task::spawn_blocking(move || workbook(bytes)).await;
            Ok(read.unwrap_or(Preview::None))
        }
        "application/json" | "application/xml" | "text/xml" | "text/plain" | "application/x-ndjson" => {
            Ok(text(&head(app, job, HEAD).await?, job.size))
        }
        _ => Ok(Preview::None),
    }
}

async fn head(app: &App, job: &ExportJob, most: usize) -> Result<Vec<u8>, AppError> {
    let mut stream = std::pin::pin!(files::bytes(app, job));
    let mut bytes = Vec::new();
    while bytes.len() < most
        && let Some(chunk) = stream.try_next().await?
    {
        bytes.extend_from_slice(&chunk);
    }
    bytes.truncate(most);
    Ok(bytes)
}

/// Text without what a cut left of its last letter.
fn whole_letters(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(bytes.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default(),
    }
}

fn text(bytes: &[u8], size: u64) -> Preview {
    let text = whole_letters(bytes);
    let shown: String = text.chars().take(TEXT).collect();
    Preview::Text { more: (shown.len() as u64) < size, text: shown }
}

fn table(bytes: &[u8], size: u64) -> Preview {
    let text = whole_letters(bytes).trim_start_matches('\u{feff}');
    let line = text.lines().next().unwrap_or_default();
    let count = |c: char| line.matches(c).count();
    let delimiter = if count(';') > count(',') { b';' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut more = (bytes.len() as u64) < size;
    for record in reader.records().map_while(Result::ok) {
        if rows.len() == SHOWN.0 {
            more = true;
            break;
        }
        rows.push(record.iter().take(SHOWN.1).map(str::to_owned).collect());
    }
    Preview::Table { sheet: None, rows, more }
}

fn workbook(bytes: Vec<u8>) -> Preview {
    let Ok(mut book) = calamine::Xlsx::new(Cursor::new(bytes)) else { return Preview::None };
    let Some(sheet) = book.sheet_names().first().cloned() else { return Preview::None };
    let Ok(range) = book.worksheet_range(&sheet) else { return Preview::None };
    let line = |row: &[calamine::Data]| row.iter().take(SHOWN.1).map(ToString::to_string).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = range.rows().take(SHOWN.0).map(line).collect();
    Preview::Table { sheet: Some(sheet), more: range.height() > rows.len(), rows }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_table_begins_with_its_heading_whatever_divides_it() {
        let Preview::Table { rows, more, .. } = table("\u{feff}код;имя\n1;\"а; б\"\n".as_bytes(), 30) else {
            panic!()
        };
        assert_eq!(rows, [["код", "имя"], ["1", "а; б"]]);
        assert!(more, "30 bytes were told, and fewer are there");
        let long: String = (0..40).map(|n| format!("{n},x\n")).collect();
        let Preview::Table { rows, more, .. } = table(long.as_bytes(), long.len() as u64) else { panic!() };
        assert_eq!((rows.len(), more), (25, true));
    }

    #[test]
    fn a_cut_letter_is_left_out() {
        let bytes = "приём".as_bytes();
        assert_eq!(whole_letters(&bytes[..5]), "пр");
        assert_eq!(text(bytes, bytes.len() as u64), Preview::Text { text: "приём".into(), more: false });
    }

    #[test]
    fn a_workbook_shows_its_first_sheet() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet().set_name("Сводка").unwrap();
        sheet.write(0, 0, "Показатель").unwrap().write(1, 1, 12.5).unwrap();
        let shown = workbook(book.save_to_buffer().unwrap());
        let rows = vec![vec!["Показатель".to_owned(), String::new()], vec![String::new(), "12.5".to_owned()]];
        assert_eq!(shown, Preview::Table { sheet: Some("Сводка".into()), rows, more: false });
        assert_eq!(workbook(b"PK no book".to_vec()), Preview::None);
    }
}
