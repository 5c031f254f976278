//! What one call did: outcome, fuel, time, memory, logs.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use veche_domain::decision::Outcome;

use crate::limits::LimitKind;

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// The plug-in said so itself.
    Failed {
        /// In its words.
        message: String,
    },
    /// The guest trapped: a panic, an unreachable, a division by zero.
    Trap {
        /// Trap, and the guest's functions where names are known. No data of the appeal.
        message: String,
    },
    /// A limit was hit.
    Limit {
        /// Which.
        which: LimitKind,
        /// What the call used or asked for.
        used: u64,
        /// What it may use.
        allowed: u64,
    },
    /// The host could not run it.
    Host {
        /// What happened.
        message: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { message } => write!(f, "the plug-in reports: {message}"),
            Self::Trap { message } => write!(f, "the plug-in trapped: {message}"),
            Self::Limit { which, used, allowed } => {
                write!(f, "the limit {which} was hit: {used} used, {allowed} allowed")
            }
            Self::Host { message } => write!(f, "the host could not run the plug-in: {message}"),
        }
    }
}

impl Fault {
    /// The outcome that is stored for it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Failed { .. } => Outcome::Failed,
            Self::Trap { .. } => Outcome::Trap,
            Self::Limit { .. } => Outcome::Limit,
            Self::Host { .. } => Outcome::HostError,
        }
    }
}

/// One line that a plug-in wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// Text, cut at the limits.
    pub message: String,
}

/// What one call did.
#[derive(Debug, Clone)]
pub struct Report<T> {
    /// The answer, or why there is none.
    pub result: Result<T, Fault>,
    /// Fuel used; the same for the same call on every run of one engine.
    pub fuel: u64,
    /// Wall clock, with instantiation.
    pub duration: Duration,
    /// Peak linear memory, bytes, all memories together.
    pub memory: u64,
    /// Lines that the plug-in wrote.
    pub logs: Vec<LogLine>,
    /// Lines left out or cut.
    pub logs_cut: u32,
}
