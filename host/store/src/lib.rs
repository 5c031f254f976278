//! Remembers: appeals, decisions, events, rules, on SQLite (embedded) and PostgreSQL behind one set of functions.
//!
//! SQL stands here alone. What is written together is one transaction; groups share a commit.

mod accounts;
mod appeals;
mod audit;
mod db;
mod error;
mod people;
mod quarantine;
mod rules;
mod sessions;
#[cfg(feature = "testing")]
pub mod testing;
mod vault;

pub use accounts::{AccountChange, AccountRow, NewAccount, TokenRow};
pub use appeals::{AppealFilter, Claimed, Cursor, IdempotencyKey, Intake, Page, QuestionRow, Saved, StoredAppeal};
pub use audit::{AuditFilter, AuditRow};
pub use db::Store;
pub use error::StoreError;
pub use people::Act;
pub use quarantine::QuarantineEvent;
pub use rules::{Activation, BlobKind, DatasetRow, RegionRow, ReleaseRow};
pub use sessions::SessionRow;
pub use vault::{Vault, VaultError};
