//! Remembers: appeals, decisions, events, rules, on SQLite (embedded) and PostgreSQL behind one set of functions.
//!
//! SQL stands here alone. What is written together is one transaction; groups share a commit.

mod accounts;
mod answers;
mod appeals;
mod audit;
mod backtests;
mod db;
mod drafts;
mod error;
mod exports;
mod identities;
mod indicators;
mod openness;
mod people;
mod quarantine;
mod queue;
mod ratings;
mod releases;
mod rollout;
mod rules;
mod search;
mod sessions;
mod shadow;
#[cfg(feature = "testing")]
pub mod testing;
mod usage;
mod vault;

pub use accounts::{AccountChange, AccountRow, NewAccount, TokenRow};
pub use answers::{AnswerDraft, NewAnswerDraft};
pub use appeals::{
    AppealFilter, Claimed, Cursor, Final, IdempotencyKey, Intake, Page, Past, QuestionRow, Saved, Span, StoredAppeal,
};
pub use audit::{AuditFilter, AuditRow};
pub use backtests::BacktestRow;
pub use db::Store;
pub use drafts::{Consent, DraftRow, RulesEvent};
pub use error::StoreError;
pub use exports::{CategoryName, ExportJob, ExportResult, ExportRows, Names, RowPlace};
pub use identities::{Begun, Identity};
pub use indicators::{
    BehindFilter, BehindRow, Categories, DecompositionRow, DecompositionState, FactSpan, JobFault, MeasureJob,
    Measured, MeasuredFilter, MeasuredResult, OfAppeal, Origin, OtherText, PassportRow, Progressed, Reported, SetRow,
    Side, Standing, StepRow, Tallies, Told, WorkingMinutes,
};
pub use openness::{OpenCount, OpenFigures};
pub use people::Act;
pub use quarantine::QuarantineEvent;
pub use queue::{Neighbour, QueueCounts, QueueView};
pub use ratings::{RatingRow, RatingRulesRow};
pub use releases::{DatasetRow, PluginOwner, REGION_OWNER, ReleaseRow};
pub use rollout::Rollout;
pub use rules::{Activation, BlobKind, RegionRow, Switch};
pub use sessions::SessionRow;
pub use shadow::{ShadowDifference, ShadowTally, Shadowed};
pub use usage::{DURATION_ENDS_US, UsageDay};
pub use vault::{Vault, VaultError};
