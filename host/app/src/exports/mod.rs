//! Exports: files that exporter plug-ins write of appeals, measurements and ratings.
//!
//! `formats` says what the region's exporters can write, `jobs` keeps what was asked for, `run` writes one file while rows
//! come in and bytes go out, `rows` makes the rows, `files` hands files out.

pub mod files;
pub mod formats;
pub mod jobs;
pub mod preview;
mod rows;
mod run;

/// What exports may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportRules {
    /// Most bytes of one file.
    pub quota: u64,
    /// Days for which a file is kept.
    pub keep_days: u32,
}

impl Default for ExportRules {
    fn default() -> Self {
        Self { quota: 2 << 30, keep_days: 30 }
    }
}
