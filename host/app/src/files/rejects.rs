//! The rejects file: each row that was not taken, with its place and reason.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{ImportError, Reject};

/// A CSV file (UTF-8) of rejected rows: `row`, `column`, `reason`, then the original columns.
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
        let mut writer = csv::WriterBuilder::new().flexible(true).from_path(path).map_err(|e| failed(e.to_string()))?;
        let names = ["row", "column", "reason"].into_iter().map(str::to_owned);
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
