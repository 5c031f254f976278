//! The rejects file: each row that was not taken, with its place and reason.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{ImportError, Reject};

/// A CSV file (UTF-8 with its mark, for spreadsheets) of rejected rows: `#row`, `#column`, `#reason`, then the original
/// columns. The `#` keeps them apart from a column `reason` of the file, so the mended file can be imported as it is.
pub struct RejectsFile {
    path: PathBuf,
    writer: csv::Writer<File>,
}

impl RejectsFile {
    /// Makes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path, headers: &[String]) -> Result<Self, ImportError> {
        let failed = |reason: String| ImportError::File { path: path.display().to_string(), reason };
        let mut file = File::create(path).map_err(|e| failed(e.to_string()))?;
        file.write_all("\u{feff}".as_bytes()).map_err(|e| failed(e.to_string()))?;
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
        let names = ["#row", "#column", "#reason"].into_iter().map(str::to_owned);
        writer.write_record(names.chain(headers.iter().cloned())).map_err(|e| failed(e.to_string()))?;
        Ok(Self { path: path.to_owned(), writer })
    }

    /// Adds a row; it is in the file when this returns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, reject: &Reject) -> Result<(), ImportError> {
        let first = [reject.row.to_string(), reject.column.clone().unwrap_or_default(), reject.reason.clone()];
        let written = self.writer.write_record(first.iter().chain(&reject.cells));
        let flushed = written.map_err(|e| e.to_string()).and_then(|()| self.writer.flush().map_err(|e| e.to_string()));
        flushed.map_err(|reason| ImportError::File { path: self.path.display().to_string(), reason })
    }
}
