//! Why a file cannot be read at all.

/// A file, a profile or a folder that cannot be used; names it and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The operating system refused.
    #[error("{path} cannot be opened: {source}; check the path and its permissions")]
    Io {
        /// Path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A folder, a pipe or a device. The file is read twice, so it must be a real one.
    #[error("{path} is no regular file: name a CSV, XLSX, XLS or ODS file")]
    NotAFile {
        /// Path.
        path: String,
    },
    /// Nothing in it.
    #[error("{path} is empty: export it again with a header line")]
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
    /// The bytes are cut or changed.
    #[error("{path} is damaged: {reason}; fetch or export it again")]
    Damaged {
        /// Path.
        path: String,
        /// What is broken.
        reason: String,
    },
    /// Bytes that are no text, no gzip and no workbook.
    #[error("{path} is no table: {reason}; save it as CSV (UTF-8) or XLSX")]
    NotATable {
        /// Path.
        path: String,
        /// What it looks like.
        reason: &'static str,
    },
    /// A workbook that cannot be opened.
    #[error("{path} cannot be read as a workbook: {reason}; open it in a spreadsheet program and save it as XLSX again")]
    Workbook {
        /// Path.
        path: String,
        /// What the reader said.
        reason: String,
    },
    /// Neither a ready profile nor a file.
    #[error("profile {name:?} is unknown: use {ready}, or the path of a TOML file")]
    UnknownProfile {
        /// What was asked for.
        name: String,
        /// Ready profiles.
        ready: String,
    },
    /// A profile with a fault.
    #[error("profile {profile}: {reason}")]
    Profile {
        /// Its name or path.
        profile: String,
        /// The key and what is wrong with it.
        reason: String,
    },
    /// The profile names columns that the file has not.
    #[error(
        "the file has no column {}; it has {}: rename the column in the file, or correct the profile (`optional = true` if it may be missing)",
        quoted(missing),
        quoted(present)
    )]
    MissingColumns {
        /// Named by the profile, not in the file.
        missing: Vec<String>,
        /// What the file has.
        present: Vec<String>,
    },
    /// The rejects file or the folder of a region cannot be written.
    #[error("{path} cannot be written: {reason}; choose another place or free some space")]
    Write {
        /// Path.
        path: String,
        /// Why.
        reason: String,
    },
    /// The folder of a region has faults.
    #[error("{path}: {}", faults.join("; "))]
    Region {
        /// Folder.
        path: String,
        /// Every fault, as `file:line: what is wrong`.
        faults: Vec<String>,
    },
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}
