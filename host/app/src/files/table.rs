//! Tables: CSV in any of the usual dialects and encodings, gzipped or not, and spreadsheets.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use calamine::Reader as _;
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};

use super::{ImportError, Reject};

/// How much of a file is looked at to tell its encoding and delimiter, bytes.
const SNIFF: usize = 256 << 10;

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
    read: Arc<AtomicU64>,
    total: Option<u64>,
    ended: bool,
}

enum Rows {
    Csv(Box<csv::Reader<Box<dyn Read + Send>>>),
    Sheet { rows: std::vec::IntoIter<Vec<calamine::Data>>, number: u64 },
}

/// Opens a table. The kind is told by the content, not by the name.
///
/// # Errors
/// [`ImportError::File`] and [`ImportError::Empty`] name the file and the remedy.
pub fn open_table(path: &Path) -> Result<Table, ImportError> {
    let failed = |reason: String| ImportError::File { path: path.display().to_string(), reason };
    let file = File::open(path).map_err(|e| failed(e.to_string()))?;
    let total = file.metadata().ok().map(|m| m.len());
    let read = Arc::new(AtomicU64::new(0));
    let mut reader = BufReader::new(Counted { file, read: read.clone() });
    let magic = reader.fill_buf().map_err(|e| failed(e.to_string()))?.get(..8).unwrap_or_default().to_vec();
    if magic.starts_with(b"PK\x03\x04") || magic.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return open_sheet(path, read, total);
    }
    let source: Box<dyn Read + Send> = if magic.starts_with(&[0x1f, 0x8b]) {
        Box::new(flate2::read::MultiGzDecoder::new(reader))
    } else {
        Box::new(reader)
    };
    let mut source = BufReader::with_capacity(SNIFF, source);
    let sniffed = fill(&mut source).map_err(|e| failed(unreadable(&e)))?;
    if sniffed.is_empty() {
        return Err(ImportError::Empty { path: path.display().to_string() });
    }
    let encoding = if sniffed.is_ascii() && sniffed.len() >= SNIFF {
        encoding_of(&first_letters(path))
    } else {
        encoding_of(&sniffed)
    };
    let (text, _, _) = encoding.decode(&sniffed);
    let delimiter = delimiter_of(&text);
    // The default terminator ends a record before the `\n` of a `\r\n`, so that lines are counted wrong.
    let terminator = if text.contains('\n') { csv::Terminator::Any(b'\n') } else { csv::Terminator::CRLF };
    let decoded: Box<dyn Read + Send> = if encoding == UTF_8 {
        Box::new(without_bom(source).map_err(|e| failed(e.to_string()))?)
    } else {
        Box::new(Decoding {
            source,
            decoder: encoding.new_decoder_with_bom_removal(),
            out: Vec::new(),
            at: 0,
            ended: false,
        })
    };
    let mut csv = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .terminator(terminator)
        .flexible(true)
        // A last line that ends with the file is counted like the others.
        .from_reader(Box::new(decoded.chain(b"\n".as_slice())) as Box<dyn Read + Send>);
    let headers = csv.byte_headers().map_err(|e| failed(e.to_string()))?;
    let headers: Vec<String> = headers.iter().map(|h| String::from_utf8_lossy(h).into_owned()).collect();
    if headers.iter().all(|h| h.trim().is_empty()) {
        return Err(ImportError::Empty { path: path.display().to_string() });
    }
    Ok(Table { headers: distinct(headers), rows: Rows::Csv(Box::new(csv)), read, total, ended: false })
}

/// Fills the buffer of a fresh reader as far as it goes.
fn fill(source: &mut BufReader<Box<dyn Read + Send>>) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(SNIFF);
    let mut inner = source.get_mut().take(SNIFF as u64);
    // What can be read before a broken end is still told apart from a file that cannot be read at all.
    let result = inner.read_to_end(&mut start);
    let failure = result.err();
    if let (true, Some(error)) = (start.is_empty(), &failure) {
        return Err(std::io::Error::new(error.kind(), error.to_string()));
    }
    let rest = std::mem::replace(source.get_mut(), Box::new(std::io::empty()));
    let tail: Box<dyn Read + Send> = match failure {
        None => rest,
        Some(error) => Box::new(Broken(Some(error))),
    };
    *source = BufReader::new(Box::new(std::io::Cursor::new(start.clone()).chain(tail)));
    Ok(start)
}

/// Gives the error that reading ended with, once.
struct Broken(Option<std::io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
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

/// The first part of a file with anything but ASCII in it. Errors are left to the reading itself.
fn first_letters(path: &Path) -> Vec<u8> {
    let mut part = Vec::new();
    let Ok(file) = File::open(path) else { return part };
    let mut file = BufReader::new(file);
    let packed = file.fill_buf().is_ok_and(|start| start.starts_with(&[0x1f, 0x8b]));
    let mut source: Box<dyn Read> =
        if packed { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    loop {
        part.clear();
        let read = source.by_ref().take(SNIFF as u64).read_to_end(&mut part);
        if read.is_err() || part.is_empty() || !part.is_ascii() {
            return part;
        }
    }
}

/// By byte order mark; else by what most of its letters are. Russian text in windows-1251 has a fault in nearly
/// every letter; UTF-8 with a damaged place must not turn into gibberish as a whole.
fn encoding_of(start: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(start) {
        return if encoding == UTF_16LE || encoding == UTF_16BE { encoding } else { UTF_8 };
    }
    let (mut letters, mut faults) = (0, 0);
    for chunk in start.utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        faults += usize::from(!chunk.invalid().is_empty());
    }
    // A letter that the sample cuts at either end is no fault.
    if faults > letters + 2 || (faults > letters && start.len() < SNIFF) { WINDOWS_1251 } else { UTF_8 }
}

/// The candidate that stands most often in the header line, quotes left out.
pub(super) fn delimiter_of(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(d, _)| char::from(*d) == c).for_each(|(_, n)| *n += 1),
            _ => {}
        }
    }
    counts.iter().rev().max_by_key(|(_, n)| *n).filter(|(_, n)| *n > 0).map_or(b',', |(d, _)| *d)
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
    let range = book
        .worksheet_range_at(0)
        .ok_or_else(|| ImportError::Empty { path: path.display().to_string() })?
        .map_err(|e| failed(format!("its first sheet cannot be read ({e}): save it as XLSX or CSV")))?;
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

    fn check(&self, number: u64, cells: Vec<String>) -> Result<Row, Reject> {
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
        if self.ended {
            return None;
        }
        match &mut self.rows {
            Rows::Csv(csv) => {
                let mut record = csv::ByteRecord::new();
                let more = loop {
                    let more = csv.read_byte_record(&mut record);
                    // An empty line that ends with `\r\n` has a `\r` in it.
                    if !matches!(more, Ok(true)) || record.as_slice() != b"\r" {
                        break more;
                    }
                };
                // The record's own position counts the empty lines before it.
                let breaks = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
                let number = csv.position().line().saturating_sub(breaks + 1);
                match more {
                    Ok(false) => None,
                    Ok(true) => {
                        let mut broken = None;
                        let mut cells = Vec::with_capacity(record.len());
                        for (i, cell) in record.iter().enumerate() {
                            match std::str::from_utf8(cell) {
                                Ok(text) => cells.push(text.to_owned()),
                                Err(_) => {
                                    broken.get_or_insert(i);
                                    cells.push(String::from_utf8_lossy(cell).into_owned());
                                }
                            }
                        }
                        if let Some(last) = cells.last_mut().filter(|last| last.ends_with('\r')) {
                            last.pop();
                        }
                        if let Some(i) = broken {
                            let column = self.headers.get(i).cloned();
                            let reason =
                                "the text is neither UTF-8 nor of the file's encoding: save the file in one encoding"
                                    .to_owned();
                            return Some(Err(Reject { row: number, column, reason, cells }));
                        }
                        Some(self.check(number, cells))
                    }
                    Err(error) => {
                        self.ended = true;
                        let reason = match error.kind() {
                            csv::ErrorKind::Io(io) => format!("the file ends here: {}", unreadable(io)),
                            _ => format!("the file cannot be read on: {error}"),
                        };
                        Some(Err(Reject { row: number, column: None, reason, cells: Vec::new() }))
                    }
                }
            }
            Rows::Sheet { rows, number } => loop {
                let cells = rows.next()?;
                *number += 1;
                // Sheets end in formatted but empty rows.
                if cells.iter().any(|cell| !matches!(cell, calamine::Data::Empty)) {
                    let (number, cells) = (*number, cells.iter().map(text_of).collect());
                    return Some(self.check(number, cells));
                }
            },
        }
    }
}
