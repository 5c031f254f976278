//! What the author of a plug-in is told of a fault.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::appeal::AppealId;
use crate::code::{BindingId, Digest};
use crate::decision::{Kind, Outcome};

/// Where a call faulted and what the plug-in said before. Masked: no personal data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Functions on the plug-in's stack, innermost first; with `file:line` where the component carries it.
    pub backtrace: Vec<String>,
    /// Its last log lines, each after its level.
    pub logs: Vec<String>,
    /// What would mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// The trace of one decision that is a fault.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultTrace {
    /// Decision.
    pub decision: Uuid,
    /// Binding.
    pub binding: BindingId,
    /// Trace.
    pub trace: Trace,
    /// When.
    pub at: DateTime<Utc>,
}

/// A stored fault, with what its decision says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultRow {
    /// Decision.
    pub decision: Uuid,
    /// Appeal.
    pub appeal: AppealId,
    /// Binding.
    pub binding: BindingId,
    /// Component.
    pub release: Digest,
    /// Which export was called.
    pub kind: Kind,
    /// What came of it.
    pub outcome: Outcome,
    /// What went wrong.
    pub fault: Option<String>,
    /// Trace.
    #[serde(flatten)]
    pub trace: Trace,
    /// When.
    pub at: DateTime<Utc>,
}
