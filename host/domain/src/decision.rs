//! What plug-ins advise and what the core makes of it: candidates, assignments, clocks, decisions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::appeal::AppealId;
use crate::code::{BindingId, BodyCode, CategoryCode, Digest};

macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $code)] $variant),+
        }
        impl $name {
            /// All values, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The code, as stored and sent.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
            /// The value of a code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use text_enum;

text_enum!(
    /// What a plug-in does; a component may do several.
    Kind {
        /// Says what an appeal is about.
        Categorizer => "categorizer",
        /// Says who must act.
        Router => "router",
        /// Computes indicators.
        Indicators => "indicators",
        /// Writes export files.
        Exporter => "exporter",
    }
);

text_enum!(
    /// What a plug-in may touch beyond the appeal that it is handed; each is an import of its component.
    Permission {
        /// Write to its own log.
        Log => "log",
        /// Read the dictionaries.
        Directory => "directory",
        /// Count working days and hours.
        Calendar => "calendar",
        /// Read bound datasets.
        Datasets => "datasets",
        /// See who wrote the appeal; texts are not masked.
        Applicant => "applicant",
    }
);

text_enum!(
    /// How urgent an assignment is.
    Priority {
        /// Can wait.
        Low => "low",
        /// Ordinary.
        Normal => "normal",
        /// Before the ordinary ones.
        High => "high",
        /// Danger to life or health.
        Urgent => "urgent",
    }
);

text_enum!(
    /// Which of the terms on one appeal.
    ClockKind {
        /// Registration (59-FZ article 8 part 2).
        Registration => "registration",
        /// Forwarding to the competent body (59-FZ article 8 part 3).
        Forwarding => "forwarding",
        /// First public reaction; an intermediate answer stops it.
        FirstReaction => "first_reaction",
        /// Answer on the substance (59-FZ article 12).
        Answer => "answer",
        /// Answer after an extension (59-FZ article 12 part 2).
        Extension => "extension",
    }
);

text_enum!(
    /// Where a question of an appeal stands.
    State {
        /// Stored, not yet decided.
        Received => "received",
        /// In the manual queue.
        NeedsPerson => "needs_person",
        /// A body has it.
        Assigned => "assigned",
        /// The body works on it.
        InProgress => "in_progress",
        /// Answered.
        Answered => "answered",
        /// Closed.
        Closed => "closed",
    }
);

text_enum!(
    /// Who set a category or a body.
    Source {
        /// A plug-in.
        Plugin => "plugin",
        /// The core's default rules.
        Default => "default",
        /// A person.
        Person => "person",
    }
);

text_enum!(
    /// What came of one plug-in call.
    Outcome {
        /// An answer that the core took.
        Ok => "ok",
        /// The plug-in had nothing to say.
        NoOpinion => "no_opinion",
        /// The plug-in reported a failure of its own.
        Failed => "failed",
        /// The answer broke the contract: an unknown code, a confidence out of range.
        Rejected => "rejected",
        /// The guest trapped.
        Trap => "trap",
        /// A limit was hit.
        Limit => "limit",
        /// The host could not run the call.
        HostError => "host_error",
    }
);

impl Outcome {
    /// Whether the call counts as a fault of the plug-in or the host.
    #[must_use]
    pub fn is_fault(self) -> bool {
        !matches!(self, Self::Ok | Self::NoOpinion)
    }
}

/// Why, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A sentence.
    pub message: String,
    /// Words of the text that decided, strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// A category that may fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Category code, as the plug-in gave it.
    pub category: String,
    /// 0 to 1.
    pub confidence: f32,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// A term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Which.
    pub kind: ClockKind,
    /// Last moment in time.
    pub due: DateTime<Utc>,
    /// The rule that it follows.
    pub basis: String,
}

/// What a router says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Body code, as the plug-in gave it.
    pub body: String,
    /// Priority.
    pub priority: Priority,
    /// Terms.
    pub clocks: Vec<Clock>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Answer of a categorizer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Categorization {
    /// Nothing to say.
    NoOpinion,
    /// Best first.
    Candidates(Vec<Candidate>),
}

/// Answer of a router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Routing {
    /// Nothing to say.
    NoOpinion,
    /// Decided.
    Assigned(Assignment),
    /// A person must decide this question.
    NeedsPerson(String),
}

/// The category that a router is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChosenCategory {
    /// Category.
    pub code: CategoryCode,
    /// Its block.
    pub block: crate::code::BlockCode,
    /// Whether it is the block's `other`.
    pub other: bool,
    /// Confidence; none if a person chose.
    pub confidence: Option<f32>,
}

/// One plug-in call on one question of one appeal, complete enough to run it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Id.
    pub id: Uuid,
    /// Appeal.
    pub appeal: AppealId,
    /// Question, from 0.
    pub question: u32,
    /// Place in the run of the pipeline on this appeal, from 0.
    pub step: u32,
    /// Which export was called.
    pub kind: Kind,
    /// Binding.
    pub binding: BindingId,
    /// Ruleset.
    pub ruleset: Digest,
    /// Component.
    pub release: Digest,
    /// The part of the input that the appeal itself does not hold: a router's category.
    pub category: Option<ChosenCategory>,
    /// What came of it.
    pub outcome: Outcome,
    /// The answer; none for a fault.
    pub output: Option<serde_json::Value>,
    /// What went wrong, for a fault. No personal data.
    pub fault: Option<String>,
    /// Fuel used.
    pub fuel: u64,
    /// Wall clock, microseconds.
    pub duration_us: u64,
    /// Peak linear memory of the call, bytes.
    pub memory: u64,
    /// Engine that ran it; fuel is comparable only within one.
    pub engine: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What the pipeline makes of one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Question, from 0.
    pub question: u32,
    /// State that the question is in now.
    pub state: State,
    /// Category; none if nobody could name even a block.
    pub category: Option<CategoryCode>,
    /// Who named it.
    pub category_source: Option<Source>,
    /// Confidence of the plug-in that named it.
    pub confidence: Option<f32>,
    /// Whether a person should look: below the threshold, `other` by default, or a question asked.
    pub needs_review: bool,
    /// Body.
    pub body: Option<BodyCode>,
    /// Who named it.
    pub body_source: Option<Source>,
    /// Priority.
    pub priority: Priority,
    /// Terms.
    pub clocks: Vec<Clock>,
    /// What a person is asked; for the manual queue.
    pub ask: Option<String>,
    /// Binding that named the body.
    pub decided_by: Option<BindingId>,
}

/// The whole effect of the pipeline on one appeal: written in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Appeal.
    pub appeal: AppealId,
    /// Ruleset that was active.
    pub ruleset: Digest,
    /// One for each question.
    pub verdicts: Vec<Verdict>,
    /// Every plug-in call, in order.
    pub decisions: Vec<Decision>,
    /// Traces of the calls that faulted, for the authors of the plug-ins.
    pub faults: Vec<crate::fault::FaultTrace>,
}

text_enum!(
    /// What happened to an appeal.
    EventKind {
        /// Taken in.
        Received => "received",
        /// The pipeline decided.
        Routed => "routed",
        /// A person changed the category.
        Recategorized => "recategorized",
        /// A person moved it to another body.
        Redirected => "redirected",
        /// A person put it back to the rules.
        Requeued => "requeued",
        /// The body reacted in public.
        Reacted => "reacted",
        /// The body answered.
        Answered => "answered",
        /// It was closed.
        Closed => "closed",
        /// It was taken back to work.
        Reopened => "reopened",
        /// Its term was extended.
        Extended => "extended",
        /// The applicant gave a mark.
        Marked => "marked",
        /// Somebody saw that it repeats another.
        Repeated => "repeated",
    }
);

/// One thing that happened to an appeal; events are only ever added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Id (UUIDv7).
    pub id: Uuid,
    /// Appeal.
    pub appeal: AppealId,
    /// Question, from 0; none for the whole appeal.
    pub question: Option<u32>,
    /// What.
    pub kind: EventKind,
    /// Who: an account or token name; none for the host itself.
    pub actor: Option<String>,
    /// Why, in the person's words.
    pub reason: Option<String>,
    /// What changed, by field: `category_from`, `body_to` …
    pub data: BTreeMap<String, String>,
    /// When.
    pub at: DateTime<Utc>,
}
