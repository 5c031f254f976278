//! An archive of archives, written as it goes: nothing of it is held in memory but the entry that is written.

use std::cell::Cell;
use std::io::{self, Write};

use export_kit::Pieces;
use veche_sdk::Failure;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use crate::appeal::Appeals;

/// Bytes of an entry beside its name and its content: headers, data descriptor, and its line of the directory.
const OF_ENTRY: u64 = 200;
/// Bytes at the end of an archive.
const OF_ARCHIVE: u64 = 200;

pub(crate) struct Parts<'a> {
    outer: ZipWriter<StreamWriter<Pieces<'a>>>,
    limit: u64,
}

/// Counts what goes through.
struct Counted<'a, W> {
    inner: W,
    count: &'a Cell<u64>,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.count.set(self.count.get() + written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

impl<'a> Parts<'a> {
    pub(crate) fn new(out: Pieces<'a>, limit: u64) -> Self {
        Self { outer: ZipWriter::new_stream(out), limit }
    }

    /// Writes all appeals, a part after the other; at least one part, so that the archive is one.
    pub(crate) fn write(&mut self, appeals: &mut Appeals<'_>) -> Result<(), Failure> {
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let mut next = appeals.next_file()?;
        for part in 1.. {
            self.outer.start_file(format!("sstu.zip.{part:03}"), stored).map_err(failed)?;
            let count = Cell::new(0);
            let mut inner = ZipWriter::new_stream(Counted { inner: &mut self.outer, count: &count });
            let (mut directory, mut entries) = (0, 0_u32);
            while let Some((name, json)) = &next {
                // What does not pack grows a little.
                let most = json.len() as u64 + json.len() as u64 / 500 + name.len() as u64 + OF_ENTRY;
                if entries > 0 && count.get() + directory + most + OF_ARCHIVE > self.limit {
                    break;
                }
                inner.start_file(name.as_str(), packed).map_err(failed)?;
                inner.write_all(json).map_err(failed)?;
                inner.flush().map_err(failed)?;
                directory += name.len() as u64 + OF_ENTRY;
                entries += 1;
                next = appeals.next_file()?;
            }
            inner.finish().map_err(failed)?;
            if next.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Ends the archive and hands the rest on.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let out = self.outer.finish().map_err(failed)?;
        out.into_inner().finish()?;
        Ok(())
    }
}
