//! One pass over a whole text before it is read: which encoding it has, and what its beginning is.

use std::io::{self, Read};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};

/// How much of the beginning is kept, bytes.
const SNIFF: usize = 256 << 10;

/// What one pass tells.
#[derive(Default)]
pub(super) struct Survey {
    /// The beginning.
    pub(super) start: Vec<u8>,
    /// Well-formed characters of two bytes and more.
    characters: u64,
    /// Places that are no UTF-8.
    faults: u64,
}

impl Survey {
    /// Reads to the end, or to where a damaged file breaks off: its rows before that place are still worth reading.
    pub(super) fn of(mut bytes: impl Read) -> io::Result<Self> {
        let mut survey = Self::default();
        let mut chunk = vec![0; SNIFF / 4];
        // A character that the end of a chunk cuts waits for the next one.
        let mut rest: Vec<u8> = Vec::new();
        loop {
            let read = match bytes.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if survey.start.is_empty() => return Err(error),
                other => other.unwrap_or(0),
            };
            if read == 0 {
                return Ok(survey);
            }
            let new = chunk.get(..read).unwrap_or_default();
            if survey.start.len() < SNIFF {
                survey.start.extend_from_slice(new);
            }
            rest.extend_from_slice(new);
            let cut = survey.count(&rest);
            rest.drain(..rest.len() - cut);
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

    /// By byte order mark; else by what prevails. Russian text in windows-1251 has a fault in nearly every letter and
    /// hardly a well-formed character by chance; UTF-8 with some damage is the other way round, and then the damage
    /// costs its rows alone.
    pub(super) fn encoding(&self) -> &'static Encoding {
        match Encoding::for_bom(&self.start) {
            Some((encoding, _)) if encoding == UTF_16LE || encoding == UTF_16BE => encoding,
            Some(_) => UTF_8,
            None if self.faults > self.characters => WINDOWS_1251,
            None => UTF_8,
        }
    }
}

fn wide(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte >= 0xc0).count() as u64
}
