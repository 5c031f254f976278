//! Exports: the rows that go into them, the jobs that write them, and the files in chunks.

mod jobs;
mod rows;

pub use jobs::{ExportJob, ExportResult};
pub use rows::{CategoryName, ExportRows, Names, RowPlace};
