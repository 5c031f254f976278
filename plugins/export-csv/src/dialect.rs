//! How a row becomes a line.

use export_kit::{Local, Pieces};
use veche_sdk::Failure;
use veche_sdk::exporter::Cell;

/// A way to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Commas, points in numbers, ISO 8601 moments.
    Rfc4180,
    /// A byte order mark, semicolons, commas in numbers, `05.02.2026 12:30:00`.
    ExcelRu,
}

/// Writes lines, and counts the values that it disarmed.
pub(crate) struct Writer<'a> {
    dialect: Dialect,
    local: Local,
    out: Pieces<'a>,
    line: Vec<u8>,
    disarmed: u64,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(dialect: Dialect, local: Local, out: Pieces<'a>) -> Self {
        Self { dialect, local, out, line: Vec::with_capacity(4_096), disarmed: 0 }
    }

    /// The header.
    pub(crate) fn begin<'t>(&mut self, titles: impl Iterator<Item = &'t str>) -> Result<(), Failure> {
        if self.dialect == Dialect::ExcelRu {
            self.out.put("\u{feff}".as_bytes())?;
        }
        for (n, title) in titles.enumerate() {
            self.separate(n);
            self.text(title);
        }
        self.end_line()
    }

    pub(crate) fn row(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        for (n, cell) in cells.iter().enumerate() {
            self.separate(n);
            self.cell(cell);
        }
        self.end_line()
    }

    /// Hands on what is left; how many values were disarmed.
    pub(crate) fn finish(self) -> Result<u64, Failure> {
        let disarmed = self.disarmed;
        self.out.finish()?;
        Ok(disarmed)
    }

    fn separator(&self) -> u8 {
        match self.dialect {
            Dialect::Rfc4180 => b',',
            Dialect::ExcelRu => b';',
        }
    }

    fn separate(&mut self, n: usize) {
        if n > 0 {
            let separator = self.separator();
            self.line.push(separator);
        }
    }

    fn end_line(&mut self) -> Result<(), Failure> {
        self.line.extend_from_slice(b"\r\n");
        self.out.put(&self.line)?;
        self.line.clear();
        Ok(())
    }

    fn cell(&mut self, cell: &Cell) {
        match cell {
            Cell::Null => {}
            Cell::Text(text) => self.text(text),
            Cell::Integer(number) => self.line.extend_from_slice(number.to_string().as_bytes()),
            Cell::Number(number) if number.is_finite() => match self.dialect {
                Dialect::Rfc4180 => self.line.extend_from_slice(number.to_string().as_bytes()),
                Dialect::ExcelRu => self.line.extend_from_slice(number.to_string().replace('.', ",").as_bytes()),
            },
            Cell::Number(_) => {}
            Cell::Flag(flag) => {
                let word = match (self.dialect, flag) {
                    (Dialect::Rfc4180, true) => "true",
                    (Dialect::Rfc4180, false) => "false",
                    (Dialect::ExcelRu, true) => "да",
                    (Dialect::ExcelRu, false) => "нет",
                };
                self.line.extend_from_slice(word.as_bytes());
            }
            Cell::Moment(at) => match self.dialect {
                Dialect::Rfc4180 => self.line.extend_from_slice(self.local.iso(*at).as_bytes()),
                Dialect::ExcelRu => {
                    let stamp = self.local.stamp(*at);
                    self.line.extend_from_slice(format!("{} {}", stamp.russian_date(), stamp.time()).as_bytes());
                }
            },
        }
    }

    /// A text. What a spreadsheet would run as a formula gets an apostrophe (both dialects are opened in spreadsheets), and
    /// in the dialect of Excel a long number and one with leading zeros, which would come out as another, do too.
    fn text(&mut self, text: &str) {
        let armed = text.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number(text);
        if armed {
            self.disarmed += 1;
        }
        let altered = self.dialect == Dialect::ExcelRu && is_altered(text);
        let separator = self.separator();
        let special = |b: u8| b == separator || b == b'"' || b == b'\n' || b == b'\r';
        let quoted = text.bytes().any(special) || text.starts_with(' ') || text.ends_with(' ');
        if quoted {
            self.line.push(b'"');
        }
        if armed || altered {
            self.line.push(b'\'');
        }
        if quoted {
            for part in text.split_inclusive('"') {
                self.line.extend_from_slice(part.as_bytes());
                if part.ends_with('"') {
                    self.line.push(b'"');
                }
            }
            self.line.push(b'"');
        } else {
            self.line.extend_from_slice(text.as_bytes());
        }
    }
}

/// `-5` and `+3.5` are harmless.
fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// What Excel shows otherwise than it stands: 16 digits and more, and `007`.
fn is_altered(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits && (text.len() > 15 || (text.len() > 1 && text.starts_with('0')))
}
