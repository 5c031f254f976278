//! Remembers: appeals, decisions, events, rules, on SQLite (embedded) and PostgreSQL behind one set of functions.
//!
//! SQL stands here alone. What is written together is one transaction; groups share a commit.

mod appeals;
mod db;
mod error;
mod quarantine;
mod rules;
#[cfg(feature = "testing")]
pub mod testing;

pub use appeals::{AppealFilter, Claimed, Cursor, IdempotencyKey, Intake, Page, QuestionRow, Saved, StoredAppeal};
pub use db::Store;
pub use error::StoreError;
pub use quarantine::QuarantineEvent;
pub use rules::{Activation, BlobKind, DatasetRow, RegionRow, ReleaseRow};
