//! Rows of delimited text: gzip, encoding and delimiter are found out, memory stays flat.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};

use super::ImportError;

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;
/// Most bytes of one record. A quotation mark that is never closed swallows the rest of the file; this bounds it.
const RECORD_LIMIT: u64 = 64 * 1024 * 1024;
/// Delimiters in order of preference where the header holds as many of each: a comma stands in names, too.
const DELIMITERS: [char; 4] = [';', '\t', '|', ','];

/// A record as it stands, not yet compared with the header.
pub(super) struct RawRow {
    pub(super) number: u64,
    pub(super) cells: Vec<String>,
    /// What makes the whole row unusable.
    pub(super) fault: Option<String>,
}

pub(super) struct TextRows {
    reader: csv::Reader<Box<dyn Read + Send>>,
    record: csv::ByteRecord,
    position: Arc<AtomicU64>,
    /// Bytes handed to the CSV reader since the last record.
    pending: Arc<AtomicU64>,
    size: u64,
    ended: bool,
}

impl TextRows {
    /// Reads the file once to the end (is it whole, in which encoding), then stands at its beginning.
    pub(super) fn open(mut file: File, path: &Path) -> Result<Self, ImportError> {
        let name = || path.display().to_string();
        let failed = |source| ImportError::Io { path: name(), source };
        let size = file.metadata().map_err(failed)?.len();
        let packed = starts_with(&mut file, &[0x1f, 0x8b]).map_err(failed)?;
        let survey = Survey::of(unpack(file.try_clone().map_err(failed)?, packed)).map_err(|source| {
            if packed {
                ImportError::Damaged { path: name(), reason: format!("the gzip stream ends early or is broken ({source})") }
            } else {
                failed(source)
            }
        })?;
        if survey.prefix.starts_with(b"PK\x03\x04") {
            return Err(ImportError::NotATable { path: name(), reason: "it is a packed workbook (unpack it first)" });
        }
        let encoding = survey.encoding();
        let (head, _, _) = encoding.decode(&survey.prefix);
        if head.trim().is_empty() {
            return Err(ImportError::Empty { path: name() });
        }
        if head.chars().filter(|c| *c == '\0').count() > head.len() / 8 {
            return Err(ImportError::NotATable { path: name(), reason: "it holds binary data, or UTF-16 without its mark" });
        }
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let (position, pending) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let bytes = unpack(Counted { inner: file, count: position.clone() }, packed);
        let bytes: Box<dyn Read + Send> = if encoding == UTF_8 {
            bytes // As it is, so that a damaged character costs its row alone.
        } else {
            Box::new(Decoded { inner: bytes, decoder: encoding.new_decoder_with_bom_removal(), ready: Vec::new(), taken: 0, ended: false })
        };
        let reader = csv::ReaderBuilder::new()
            .delimiter(delimiter(&head))
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(CHUNK)
            .from_reader(Box::new(Bounded { inner: bytes, pending: pending.clone() }) as Box<dyn Read + Send>);
        Ok(Self { reader, record: csv::ByteRecord::new(), position, pending, size, ended: false })
    }

    /// Bytes of the file that were read, and its size.
    pub(super) fn progress(&self) -> (u64, Option<u64>) {
        (self.position.load(Ordering::Relaxed), Some(self.size))
    }

    pub(super) fn next(&mut self) -> Option<RawRow> {
        if self.ended {
            return None;
        }
        let read = self.reader.read_byte_record(&mut self.record);
        self.pending.store(0, Ordering::Relaxed);
        // A record's own position is where the one before it ended: before blank lines and the `\n` of a `\r\n`.
        let after = self.reader.position().line();
        match read {
            Ok(false) => {
                self.ended = true;
                None
            }
            Ok(true) => {
                let mut fault = None;
                let cells = self
                    .record
                    .iter()
                    .map(|cell| match std::str::from_utf8(cell) {
                        Ok(text) => text.to_owned(),
                        Err(_) => {
                            fault = Some("holds bytes that are no UTF-8, while the rest of the file is".to_owned());
                            String::from_utf8_lossy(cell).into_owned()
                        }
                    })
                    .collect();
                Some(RawRow { number: self.first_line(after), cells, fault })
            }
            Err(error) => {
                self.ended = true;
                let fault = Some(format!("the file cannot be read further: {error}"));
                Some(RawRow { number: after, cells: Vec::new(), fault })
            }
        }
    }

    /// The line on which the record in hand begins.
    fn first_line(&self, _after: u64) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    /// Whether the record in hand was the last one and ran over several lines.
    pub(super) fn ran_to_the_end(&self) -> bool {
        self.reader.is_done()
    }
}

fn starts_with(file: &mut File, magic: &[u8]) -> io::Result<bool> {
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(magic.len() as u64).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(head == magic)
}

fn unpack(file: impl Read + Send + 'static, packed: bool) -> Box<dyn Read + Send> {
    let file = BufReader::with_capacity(CHUNK, file);
    if packed { Box::new(flate2::bufread::MultiGzDecoder::new(file)) } else { Box::new(file) }
}

/// What one pass over the whole file tells.
#[derive(Default)]
struct Survey {
    /// The first bytes.
    prefix: Vec<u8>,
    /// Well-formed characters of two bytes and more.
    characters: u64,
    /// Places that are no UTF-8.
    faults: u64,
}

impl Survey {
    fn of(mut bytes: impl Read) -> io::Result<Self> {
        let mut survey = Self::default();
        let mut chunk = vec![0; CHUNK];
        // A character that the end of a chunk cuts waits for the next one.
        let mut rest: Vec<u8> = Vec::with_capacity(CHUNK + 4);
        loop {
            let read = match bytes.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            let new = chunk.get(..read).unwrap_or_default();
            if survey.prefix.len() < CHUNK {
                survey.prefix.extend_from_slice(new);
            }
            rest.extend_from_slice(new);
            let cut = survey.count(&rest);
            rest.drain(..rest.len() - cut);
            if read == 0 {
                survey.faults += u64::from(cut > 0);
                return Ok(survey);
            }
        }
    }

    /// Counts; returns how many bytes at the end are the beginning of a character.
    fn count(&mut self, mut bytes: &[u8]) -> usize {
        loop {
            let error = match std::str::from_utf8(bytes) {
                Ok(text) => {
                    self.characters += wide(text.as_bytes());
                    return 0;
                }
                Err(error) => error,
            };
            let (good, bad) = bytes.split_at_checked(error.valid_up_to()).unwrap_or_default();
            self.characters += wide(good);
            let Some(length) = error.error_len() else { return bad.len() };
            self.faults += 1;
            bytes = bad.get(length..).unwrap_or_default();
        }
    }

    /// Russian text in windows-1251 has a fault in nearly every letter and hardly a well-formed character by
    /// chance; UTF-8 with some damage is the other way round.
    fn encoding(&self) -> &'static Encoding {
        match Encoding::for_bom(&self.prefix) {
            Some((encoding, _)) if encoding == UTF_16LE || encoding == UTF_16BE => encoding,
            _ if self.faults > self.characters => WINDOWS_1251,
            _ => UTF_8,
        }
    }
}

fn wide(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte >= 0xc0).count() as u64
}

/// The delimiter that the header line holds most of, outside quotes.
fn delimiter(head: &str) -> u8 {
    let mut counts = [0_u32; DELIMITERS.len()];
    let mut quoted = false;
    for c in head.trim_start().chars() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '\n' | '\r' => break,
            _ => {
                for (count, delimiter) in counts.iter_mut().zip(DELIMITERS) {
                    *count += u32::from(c == delimiter);
                }
            }
        }
    }
    let most = counts.iter().copied().max().unwrap_or_default();
    let found = counts.iter().zip(DELIMITERS).find(|(count, _)| most > 0 && **count == most);
    found.and_then(|(_, delimiter)| u8::try_from(delimiter).ok()).unwrap_or(b',')
}

/// Counts what was read of the file itself.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Refuses to feed one record without end.
struct Bounded<R> {
    inner: R,
    pending: Arc<AtomicU64>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.pending.load(Ordering::Relaxed) > RECORD_LIMIT {
            return Err(io::Error::other("a record has more than 64 MiB; a quotation mark is opened and never closed"));
        }
        let read = self.inner.read(buffer)?;
        self.pending.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Another encoding as UTF-8.
struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    ready: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() && !self.ended {
            let mut chunk = vec![0; CHUNK / 4];
            let read = self.inner.read(&mut chunk)?;
            self.ended = read == 0;
            let chunk = chunk.get(..read).unwrap_or_default();
            let room = self.decoder.max_utf8_buffer_length(read).unwrap_or(CHUNK);
            let mut text = String::with_capacity(room);
            // The room is the decoder's own upper bound, so one call takes all of the chunk.
            let _ = self.decoder.decode_to_string(chunk, &mut text, self.ended);
            self.ready = text.into_bytes();
            self.taken = 0;
        }
        let rest = self.ready.get(self.taken..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        self.taken += length;
        Ok(length)
    }
}
