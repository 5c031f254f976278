//! Remembers: appeals, decisions, events, rules, on SQLite (embedded) and PostgreSQL behind one set of functions.
//!
//! SQL stands here alone. What is written together is one transaction; groups share a commit.

mod appeals;
mod backtests;
mod db;
mod drafts;
mod error;
mod releases;
mod rollout;
mod rules;
mod shadow;
#[cfg(feature = "testing")]
pub mod testing;

pub use appeals::{
    AppealFilter, Claimed, Cursor, Final, IdempotencyKey, Intake, Page, Past, QuestionRow, Saved, Span, StoredAppeal,
};
pub use backtests::BacktestRow;
pub use db::Store;
pub use drafts::{Consent, DraftRow, RulesEvent};
pub use error::StoreError;
pub use releases::{DatasetRow, ReleaseRow};
pub use rollout::Rollout;
pub use rules::{Activation, BlobKind, RegionRow, Switch};
pub use shadow::{ShadowDifference, ShadowTally, Shadowed};
