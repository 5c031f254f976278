//! Appeals: written in groups, claimed by lease, read by page.

mod history;
mod queue;
mod read;
mod write;

use chrono::{DateTime, Utc};
use serde::Serialize;
use veche_domain::appeal::{Appeal, AppealId, NewAppeal};
use veche_domain::code::{Digest, RegionCode};
use veche_domain::decision::{Effect, State, Verdict};

pub use history::{Final, Past, Span};
pub use read::{AppealFilter, Cursor, Page};
pub(crate) use read::{CONTENT, ContentTuple, appeal};

/// A key with which a client makes a repeated request harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The client's key.
    pub key: String,
    /// Digest of the request, to tell a repetition from a reuse.
    pub request: Digest,
}

/// An appeal to take in.
#[derive(Debug, Clone)]
pub struct Intake {
    /// Id that it gets if it is new.
    pub id: AppealId,
    /// Content.
    pub appeal: NewAppeal,
    /// Digest of the content.
    pub digest: Digest,
    /// Idempotency key.
    pub key: Option<IdempotencyKey>,
    /// What the pipeline made of it; none leaves it for the worker.
    pub effect: Option<Effect>,
}

/// What became of an appeal to take in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// Stored.
    New,
    /// Stored before, by external id or idempotency key; nothing was changed.
    Existing {
        /// Id.
        id: AppealId,
        /// Whether the content is the same.
        same: bool,
    },
    /// The key was used for another request; nothing was stored.
    KeyReused {
        /// The appeal of that request.
        id: AppealId,
    },
}

/// A claimed appeal.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Region.
    pub region: RegionCode,
    /// Appeal.
    pub appeal: Appeal,
    /// How often it was claimed, this time included.
    pub attempts: u32,
}

/// A question as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuestionRow {
    /// Where it stands.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Ruleset that decided.
    pub ruleset: Option<Digest>,
    /// Grows with each change.
    pub version: i64,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

/// An appeal as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredAppeal {
    /// What came.
    #[serde(flatten)]
    pub appeal: Appeal,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// Its questions; empty while it waits for routing.
    #[serde(rename = "assignments")]
    pub questions: Vec<QuestionRow>,
}

impl StoredAppeal {
    /// The state of its least advanced question; `received` while it waits.
    #[must_use]
    pub fn state(&self) -> State {
        self.questions.iter().map(|q| q.verdict.state).min().unwrap_or(State::Received)
    }
}
