//! What can go wrong in what happens.

use veche_domain::code::Digest;
use veche_domain::dictionary::DictionaryError;
use veche_domain::limits::LimitRefused;
use veche_domain::ruleset::RulesetError;
use veche_sandbox::SandboxError;
use veche_store::StoreError;

fn list<E: std::fmt::Display>(errors: &[E]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Everything that the app can refuse or fail at.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// No such region.
    #[error("region {region:?} is unknown: load it with `veche region load`")]
    UnknownRegion {
        /// Code.
        region: String,
    },
    /// No such thing in a region.
    #[error("{what} {code:?} is unknown in this region")]
    Unknown {
        /// What was asked for.
        what: &'static str,
        /// Its code or id.
        code: String,
    },
    /// The region has no rules yet.
    #[error("region {region:?} has no active ruleset: activate one first")]
    NoRuleset {
        /// Region.
        region: String,
    },
    /// An appeal that cannot be taken in.
    #[error(transparent)]
    Appeal(#[from] veche_domain::appeal::AppealError),
    /// Bad input of another kind.
    #[error("{field}: {reason}")]
    Invalid {
        /// Field.
        field: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// An idempotency key that was used for something else.
    #[error("the idempotency key was used for another request: use a new key for a new appeal")]
    KeyReused,
    /// The dictionaries have faults.
    #[error("dictionaries: {}", list(.0))]
    Dictionaries(Vec<DictionaryError>),
    /// The ruleset has faults.
    #[error("ruleset: {}", list(.0))]
    Ruleset(Vec<RulesetError>),
    /// A draft cannot go out as it is.
    #[error("the draft has faults: {}", list(.0))]
    Draft(Vec<DraftFault>),
    /// Somebody else changed a draft meanwhile.
    #[error(
        "the draft was changed by somebody else: you saw version {seen}, now it is version {found}; read it again and repeat"
    )]
    Stale {
        /// Version that the caller saw.
        seen: i64,
        /// Version now.
        found: i64,
        /// What changed since, in words.
        difference: Vec<String>,
    },
    /// Something that is needed elsewhere.
    #[error("{what} {code} is in use by {by}: it cannot be deleted")]
    InUse {
        /// What.
        what: &'static str,
        /// Which.
        code: String,
        /// What holds it.
        by: String,
    },
    /// A stage that cannot be entered.
    #[error(transparent)]
    Stage(#[from] veche_domain::lifecycle::StageError),
    /// Leads of blocks have not consented.
    #[error(
        "the region's policy demands the consent of the leads of {}: each gives it to this draft, and again when the block's rules change", .0.join(", ")
    )]
    Consent(Vec<String>),
    /// A binding cannot run.
    #[error("binding {binding:?}: {source}")]
    Binding {
        /// Binding.
        binding: String,
        /// Why.
        source: SandboxError,
    },
    /// A binding asks for limits that it cannot get.
    #[error("binding {binding:?}: {error}")]
    Limits {
        /// Binding.
        binding: String,
        /// Which limit, and why not.
        error: LimitRefused,
    },
    /// A component that cannot be used.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A part of a ruleset is not in the store.
    #[error("{what} {digest} is not in the store: upload it first")]
    Missing {
        /// What.
        what: &'static str,
        /// Which.
        digest: Digest,
    },
    /// Something stored cannot be read.
    #[error("{what} cannot be used: {reason}")]
    Stored {
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("{path}: {reason}")]
    File {
        /// Path.
        path: String,
        /// Why.
        reason: String,
    },
    /// A file of appeals or dictionaries that cannot be read.
    #[error(transparent)]
    Import(#[from] crate::files::ImportError),
    /// Not signed in: no word about what of it was wrong.
    #[error("login or password is wrong, or the account is disabled")]
    SignIn,
    /// Not signed in by the sign-in provider.
    #[error(transparent)]
    Oidc(#[from] crate::oidc::OidcError),
    /// Too many wrong passwords.
    #[error("too many wrong passwords: try again in {seconds} s, or let an administrator set a new password")]
    Locked {
        /// Seconds until passwords are looked at again.
        seconds: i64,
    },
    /// Roles that cannot be.
    #[error("grants: {0}")]
    Access(#[from] veche_domain::access::AccessError),
    /// Not for this caller.
    #[error("{reason}")]
    Forbidden {
        /// Why, and who may.
        reason: String,
    },
    /// A period that cannot be measured.
    #[error(transparent)]
    Period(#[from] veche_domain::indicator::PeriodError),
    /// A set of indicators has faults.
    #[error("indicator set: {}", list(.0))]
    IndicatorSet(Vec<veche_domain::indicator::SetError>),
    /// A passport has faults.
    #[error("the passport has faults (в паспорте есть ошибки): {}", .0.iter().map(|f| format!("{}: {} ({})", f.field, f.en, f.ru)).collect::<Vec<_>>().join("; "))]
    Passport(Vec<veche_domain::indicator::Finding>),
    /// A passport stands elsewhere.
    #[error(transparent)]
    PassportState(veche_domain::indicator::StepRefused),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The host is stopping, or work on a sandbox thread was lost.
    #[error("the host is stopping: try again")]
    Stopped,
}

/// One fault of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftFault {
    /// Where, as a path: `bindings/table/settings/answer_days`.
    pub place: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// The same in Russian; what a plug-in itself says stays in its own words.
    pub ru: String,
}

impl std::fmt::Display for DraftFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl From<veche_sandbox::Lost> for AppError {
    fn from(_: veche_sandbox::Lost) -> Self {
        Self::Stopped
    }
}
