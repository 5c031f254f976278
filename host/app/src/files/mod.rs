//! Reads files that others wrote: appeals from CSV and spreadsheets, dictionaries from a folder.
//!
//! Pure reading: nothing is stored, nothing is decided. Columns are found by their header, never by position.

mod profile;
mod region_dir;
mod rejects;
mod survey;
mod table;
#[cfg(test)]
mod tests;

pub use profile::{Bound, Labelled, Labels, Profile};
pub use region_dir::{load_region_dir, write_region_dir};
pub use rejects::RejectsFile;
pub use table::{Row, Table, open_table};

/// A row that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Line of the file, or row of the sheet, from 1.
    pub row: u64,
    /// Column, where one is at fault.
    pub column: Option<String>,
    /// What is wrong and what would be right.
    pub reason: String,
    /// The cells as they were.
    pub cells: Vec<String>,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file system refused.
    #[error("{path} cannot be read: {reason}")]
    File {
        /// Path.
        path: String,
        /// Why.
        reason: String,
    },
    /// Nothing in it.
    #[error("{path} is empty: the first line must name the columns")]
    Empty {
        /// Path.
        path: String,
    },
    /// A header alone.
    #[error("{path} has a header and no rows: export it again, or check the period of the export")]
    NoRows {
        /// Path.
        path: String,
    },
    /// A profile that cannot be read.
    #[error("profile {name}: {reason}")]
    Profile {
        /// Name or path.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// Columns that the profile needs.
    #[error("columns are missing: {}; the file has: {}. Correct the profile or the file", missing.join(", "), present.join(", "))]
    MissingColumns {
        /// Named by the profile.
        missing: Vec<String>,
        /// In the file.
        present: Vec<String>,
    },
    /// Faults of a region's folder.
    #[error("{}", .0.join("\n"))]
    Region(Vec<String>),
}
