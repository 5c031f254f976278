//! What one call did: outcome, fuel, time, memory, logs.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use veche_domain::decision::Outcome;
use veche_domain::limits::LimitExceeded;

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
        /// The trap. No data of the appeal.
        message: String,
    },
    /// A limit was hit.
    Limit(LimitExceeded),
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
            Self::Limit(exceeded) => write!(f, "{exceeded}"),
            Self::Host { message } => write!(f, "the host could not run the plug-in: {message}"),
        }
    }
}

impl Fault {
    /// What its author can do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Failed { .. } => "the plug-in gave up by itself: its message says what it needs".into(),
            Self::Trap { .. } => {
                "a panic, an index out of bounds, a division by zero: the innermost function of your own and the last log \
                 line say where; build with `debug = \"line-tables-only\"` to see lines"
                    .into()
            }
            Self::Limit(exceeded) => {
                let which = exceeded.which;
                let more = if which.is_engine_wide() {
                    "it is the same for every plug-in".to_owned()
                } else {
                    format!("or bind it with `limits = {{ class = \"large\" }}` or `limits = {{ {which} = … }}`")
                };
                format!("{}; {more}", which.remedy())
            }
            Self::Host { .. } => "this is not the plug-in's fault: tell the administrator of the host".into(),
        }
    }

    /// The outcome that is stored for it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Failed { .. } => Outcome::Failed,
            Self::Trap { .. } => Outcome::Trap,
            Self::Limit(_) => Outcome::Limit,
            Self::Host { .. } => Outcome::HostError,
        }
    }
}

/// One line that a plug-in wrote. It may hold words of the appeal: masked before it is stored or logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// Text, cut at the limits.
    pub message: String,
}

/// One function of the guest on the stack of a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Name, demangled; `function N` where the component keeps no names.
    pub function: String,
    /// Where in the source, `file:line`, if the component carries debug information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{} ({source})", self.function),
            None => f.write_str(&self.function),
        }
    }
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
    /// Calls of the host.
    pub host_calls: u64,
    /// Bytes that crossed the border in them, both ways.
    pub host_bytes: u64,
    /// Lines that the plug-in wrote.
    pub logs: Vec<LogLine>,
    /// Lines left out or cut.
    pub logs_cut: u32,
    /// Functions on the stack of a fault, innermost first.
    pub backtrace: Vec<Frame>,
}

/// What `configure` used. Nothing is known of it where the code came from the cache: it did not run.
#[derive(Debug, Clone)]
pub struct Configured {
    /// Fuel used.
    pub fuel: u64,
    /// Wall clock, with instantiation.
    pub duration: Duration,
    /// Linear memory that it leaves, bytes.
    pub memory: u64,
    /// Calls of the host.
    pub host_calls: u64,
    /// Bytes that crossed the border in them, both ways.
    pub host_bytes: u64,
    /// Size of the component with the memory that `configure` left, bytes.
    pub snapshot: u64,
    /// Lines that the plug-in wrote.
    pub logs: Vec<LogLine>,
}
