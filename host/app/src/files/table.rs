//! Tables: CSV in any of the usual dialects and encodings, gzipped or not, and spreadsheets.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use calamine::Reader as _;
use encoding_rs::{Decoder, Encoding, UTF_8};

use super::survey::Survey;
use super::{ImportError, Reject};

/// Bytes read at once.
const CHUNK: usize = 64 << 10;
/// Most bytes of one record.
const RECORD_LIMIT: u64 = 64 << 20;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line of the file, or row of the sheet, from 1.
    pub number: u64,
    /// Cells in the order of the headers.
    pub cells: Vec<String>,
}

/// A table that is read row by row.
pub struct Table {
    headers: Vec<String>,
    rows: Rows,
    /// The row that was read to see that there is one.
    first: Option<Result<Row, Reject>>,
    read: Arc<AtomicU64>,
    total: Option<u64>,
    ended: bool,
}

enum Rows {
    Csv { csv: Box<csv::Reader<Box<dyn Read + Send>>>, fed: Arc<Fed> },
    Sheet { rows: std::vec::IntoIter<Vec<calamine::Data>>, number: u64 },
}

/// Opens a table. The kind is told by the content, not by the name.
///
/// # Errors
/// [`ImportError::File`] and [`ImportError::Empty`] name the file and the remedy.
pub fn open_table(path: &Path) -> Result<Table, ImportError> {
    let failed = |reason: String| ImportError::File { path: path.display().to_string(), reason };
    let empty = || ImportError::Empty { path: path.display().to_string() };
    let mut file = File::open(path).map_err(|e| failed(e.to_string()))?;
    let metadata = file.metadata().map_err(|e| failed(e.to_string()))?;
    if !metadata.is_file() {
        return Err(failed("it is no regular file: name a CSV or XLSX file".into()));
    }
    let (total, read) = (Some(metadata.len()), Arc::new(AtomicU64::new(0)));
    let mut magic = Vec::new();
    (&file).take(8).read_to_end(&mut magic).map_err(|e| failed(e.to_string()))?;
    let mut table = if magic.starts_with(b"PK\x03\x04") || magic.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        open_sheet(path, read, total)?
    } else {
        let packed = magic.starts_with(&[0x1f, 0x8b]);
        file.rewind().map_err(|e| failed(e.to_string()))?;
        let survey = Survey::of(unpacked(&file, packed)).map_err(|e| failed(unreadable(&e)))?;
        let encoding = survey.encoding();
        let (start, _, _) = encoding.decode(&survey.start);
        if start.trim().is_empty() {
            return Err(empty());
        }
        if start.bytes().filter(|byte| *byte == 0).count() > start.len() / 8 {
            return Err(failed("it is no text: save it as CSV (UTF-8) or XLSX".into()));
        }
        file.rewind().map_err(|e| failed(e.to_string()))?;
        open_text(Counted { file, read: read.clone() }, packed, encoding, &start, total)
            .map_err(|e| failed(unreadable(&e)))?
    };
    if table.headers.iter().all(String::is_empty) {
        return Err(empty());
    }
    table.first = table.next();
    if table.first.is_none() {
        return Err(ImportError::NoRows { path: path.display().to_string() });
    }
    Ok(table)
}

fn unpacked<'a>(file: impl Read + Send + 'a, packed: bool) -> Box<dyn Read + Send + 'a> {
    let file = BufReader::with_capacity(CHUNK, file);
    if packed { Box::new(flate2::bufread::MultiGzDecoder::new(file)) } else { Box::new(file) }
}

fn open_text(
    file: Counted,
    packed: bool,
    encoding: &'static Encoding,
    start: &str,
    total: Option<u64>,
) -> std::io::Result<Table> {
    let read = file.read.clone();
    let source = BufReader::with_capacity(CHUNK, unpacked(file, packed));
    let decoded: Box<dyn Read + Send> = if encoding == UTF_8 {
        Box::new(without_bom(source)?)
    } else {
        Box::new(Decoding {
            source,
            decoder: encoding.new_decoder_with_bom_removal(),
            out: Vec::new(),
            at: 0,
            ended: false,
        })
    };
    let fed = Arc::new(Fed::default());
    let lines: Box<dyn Read + Send> = Box::new(Lines { source: decoded, fed: fed.clone(), last: b'\n' });
    let csv = csv::ReaderBuilder::new()
        .delimiter(delimiter_of(start))
        // Only so are lines counted right: the default ends a record before the `\n` of a `\r\n`.
        .terminator(if start.contains('\n') { csv::Terminator::Any(b'\n') } else { csv::Terminator::CRLF })
        .has_headers(false)
        .flexible(true)
        .from_reader(lines);
    let mut table =
        Table { headers: vec![], rows: Rows::Csv { csv: Box::new(csv), fed }, first: None, read, total, ended: false };
    let header =
        table.raw().map(|header| header.unwrap_or_else(|reject| Row { number: reject.row, cells: reject.cells }));
    table.headers = distinct(header.map(|row| row.cells).unwrap_or_default());
    Ok(table)
}

/// What the CSV reader was given.
#[derive(Default)]
struct Fed {
    /// Bytes since the last record.
    pending: AtomicU64,
    /// Whether it came to the end of the file.
    ended: AtomicBool,
}

/// Ends the last line, and does not feed one record without end: a quotation mark that is never closed swallows the
/// rest of the file.
struct Lines {
    source: Box<dyn Read + Send>,
    fed: Arc<Fed>,
    last: u8,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.fed.pending.load(Ordering::Relaxed) > RECORD_LIMIT {
            return Err(std::io::Error::other("a record has over 64 MiB: a quotation mark is opened and never closed"));
        }
        let mut count = self.source.read(buffer)?;
        if count == 0
            && self.last != b'\n'
            && let Some(first) = buffer.first_mut()
        {
            (*first, count) = (b'\n', 1);
        }
        if let Some(last) = buffer.get(..count).and_then(<[u8]>::last) {
            self.last = *last;
        }
        self.fed.pending.fetch_add(count as u64, Ordering::Relaxed);
        self.fed.ended.store(count == 0, Ordering::Relaxed);
        Ok(count)
    }
}

fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => {
            format!("it is cut off or damaged ({error}): get the file again")
        }
        _ => error.to_string(),
    }
}

/// The candidate that stands most often in the header line, quotes left out; of several the comma last, for it stands
/// in names, too.
pub(super) fn delimiter_of(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0_u32), (b'|', 0), (b'\t', 0), (b';', 0)];
    for c in text.trim_start().chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(d, _)| char::from(*d) == c).for_each(|(_, n)| *n += 1),
            _ => {}
        }
    }
    counts.iter().max_by_key(|(_, n)| *n).filter(|(_, n)| *n > 0).map_or(b',', |(d, _)| *d)
}

fn without_bom(mut source: BufReader<Box<dyn Read + Send>>) -> std::io::Result<BufReader<Box<dyn Read + Send>>> {
    if source.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        source.consume(3);
    }
    Ok(source)
}

/// Headers trimmed; a repeated one gets `#2`, `#3` …
fn distinct(headers: Vec<String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::with_capacity(headers.len());
    let mut result = Vec::with_capacity(headers.len());
    for header in headers {
        let header = header.replace('\u{a0}', " ").trim().to_owned();
        let before = seen.iter().filter(|h| **h == header).count();
        result.push(if before == 0 { header.clone() } else { format!("{header}#{}", before + 1) });
        seen.push(header);
    }
    result
}

struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Another encoding as UTF-8, piece by piece.
struct Decoding {
    source: BufReader<Box<dyn Read + Send>>,
    decoder: Decoder,
    out: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Read for Decoding {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.at >= self.out.len() && !self.ended {
            let input = self.source.fill_buf()?;
            let length = input.len();
            self.ended = length == 0;
            let mut text =
                String::with_capacity(self.decoder.max_utf8_buffer_length(length).unwrap_or(length * 3 + 16));
            let (_, used, _) = self.decoder.decode_to_string(input, &mut text, self.ended);
            self.source.consume(used);
            self.out = text.into_bytes();
            self.at = 0;
        }
        let rest = self.out.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        self.at += count;
        Ok(count)
    }
}

fn open_sheet(path: &Path, read: Arc<AtomicU64>, total: Option<u64>) -> Result<Table, ImportError> {
    let failed = |reason: String| ImportError::File { path: path.display().to_string(), reason };
    let mut book = calamine::open_workbook_auto(path)
        .map_err(|e| failed(format!("it is no readable spreadsheet ({e}): save it as XLSX or CSV")))?;
    let visible = book.sheets_metadata().iter().find(|sheet| sheet.visible == calamine::SheetVisible::Visible);
    let name = visible.map(|sheet| sheet.name.clone()).ok_or_else(|| failed("it has no visible sheet".into()))?;
    let range = book
        .worksheet_range(&name)
        .map_err(|e| failed(format!("its first visible sheet cannot be read ({e}): save it as XLSX or CSV")))?;
    let mut rows: Vec<Vec<calamine::Data>> = range.rows().map(<[calamine::Data]>::to_vec).collect();
    if rows.is_empty() {
        return Err(ImportError::Empty { path: path.display().to_string() });
    }
    let headers: Vec<String> = rows.remove(0).iter().map(text_of).collect();
    if headers.iter().all(|h| h.trim().is_empty()) {
        return Err(ImportError::Empty { path: path.display().to_string() });
    }
    read.store(total.unwrap_or(0), Ordering::Relaxed);
    let number = u64::from(range.start().map_or(0, |(row, _)| row)) + 1;
    Ok(Table {
        headers: distinct(headers),
        rows: Rows::Sheet { rows: rows.into_iter(), number },
        first: None,
        read,
        total,
        ended: false,
    })
}

fn text_of(cell: &calamine::Data) -> String {
    match cell {
        calamine::Data::DateTime(at) => {
            at.as_datetime().map_or_else(|| cell.to_string(), |at| at.format("%Y-%m-%dT%H:%M:%S").to_string())
        }
        calamine::Data::Error(_) => String::new(),
        other => other.to_string(),
    }
}

impl Table {
    /// Column names; a repeated one has `#2`, `#3` … behind it.
    #[must_use]
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// Bytes read of the file, and its size.
    #[must_use]
    pub fn progress(&self) -> (u64, Option<u64>) {
        (self.read.load(Ordering::Relaxed), self.total)
    }

    fn check(&self, number: u64, mut cells: Vec<String>) -> Result<Row, Reject> {
        // A delimiter too many at the end loses nothing.
        if cells.iter().skip(self.headers.len()).all(|cell| cell.trim().is_empty()) {
            cells.truncate(self.headers.len());
        }
        if cells.len() == self.headers.len() {
            return Ok(Row { number, cells });
        }
        let reason = format!(
            "the row has {} fields, the header {}: check quotes and delimiters",
            cells.len(),
            self.headers.len()
        );
        Err(Reject { row: number, column: None, reason, cells })
    }
}

impl Iterator for Table {
    type Item = Result<Row, Reject>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            match self.raw()? {
                // Exports end in rows of nothing but delimiters, sheets in formatted but empty ones.
                Ok(row) if row.cells.iter().all(|cell| cell.trim().is_empty()) => {}
                Ok(row) => return Some(self.check(row.number, row.cells)),
                reject => return Some(reject),
            }
        }
    }
}

impl Table {
    /// The next row as it stands.
    fn raw(&mut self) -> Option<Result<Row, Reject>> {
        if self.ended {
            return None;
        }
        let (csv, fed) = match &mut self.rows {
            Rows::Csv { csv, fed } => (csv, fed),
            Rows::Sheet { rows, number } => {
                let cells = rows.next()?;
                *number += 1;
                return Some(Ok(Row { number: *number, cells: cells.iter().map(text_of).collect() }));
            }
        };
        let mut record = csv::ByteRecord::new();
        let more = csv.read_byte_record(&mut record);
        fed.pending.store(0, Ordering::Relaxed);
        let after = csv.position().line();
        if let Err(error) = more {
            self.ended = true;
            let reason = match error.kind() {
                csv::ErrorKind::Io(io) => format!("the file ends here: {}", unreadable(io)),
                _ => format!("the file cannot be read on: {error}"),
            };
            return Some(Err(Reject { row: after, column: None, reason, cells: Vec::new() }));
        }
        if record.is_empty() {
            self.ended = true;
            return None;
        }
        // `Lines` ends every record with a line feed, so one that ran into the end of the file has a quote open.
        let unclosed = fed.ended.load(Ordering::Relaxed);
        let breaks = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        let number = after.saturating_sub(breaks + u64::from(!unclosed));
        let mut broken = None;
        let mut cells = Vec::with_capacity(record.len());
        for (i, cell) in record.iter().enumerate() {
            cells.push(std::str::from_utf8(cell).map(str::to_owned).unwrap_or_else(|_| {
                broken.get_or_insert(i);
                String::from_utf8_lossy(cell).into_owned()
            }));
        }
        if let Some(last) = cells.last_mut().filter(|last| last.ends_with('\r')) {
            last.pop();
        }
        if unclosed {
            let reason = format!(
                "a quotation mark is opened here and never closed: the {breaks} lines to the end of the file are not read"
            );
            return Some(Err(Reject { row: number, column: None, reason, cells }));
        }
        if let Some(i) = broken {
            let column = self.headers.get(i).cloned();
            let reason =
                "the text is neither UTF-8 nor of the file's encoding: save the file in one encoding".to_owned();
            return Some(Err(Reject { row: number, column, reason, cells }));
        }
        Some(Ok(Row { number, cells }))
    }
}
