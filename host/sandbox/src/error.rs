//! What can go wrong before a plug-in may run.

use veche_domain::limits::LimitExceeded;

use crate::report::{Fault, Frame, LogLine};

/// Why a component cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Over a limit of components or of their preparation.
    #[error("{0}: make the plug-in smaller (`strip = true`, `opt-level = \"s\"`), or bind it with `limits.class = \"large\"` or with more of `{which}`", which = .0.which)]
    Limit(LimitExceeded),
    /// Instantiates a module or component that it does not hold itself.
    #[error(
        "the component instantiates a module or component that is handed to it from outside: compose it into one component first"
    )]
    NotSelfContained,
    /// Neither a component nor a module.
    #[error("this is no WebAssembly component: {reason}. Build one with `cargo xtask plugins` or veche-sdk")]
    NotWasm {
        /// What the parser said.
        reason: String,
    },
    /// A core module.
    #[error(
        "this is a core WebAssembly module, not a component: encode it as a component (wit-component) before upload"
    )]
    CoreModule,
    /// Does not export `veche:plugin/plugin`.
    #[error("the component exports no `veche:plugin/plugin`, so it is no Veche plug-in: implement it with veche-sdk")]
    NotPlugin,
    /// Exports `plugin`, but no kind.
    #[error("the plug-in exports none of the kinds categorizer, router, indicators, exporter: implement one")]
    NoKind,
    /// Another version of the contract.
    #[error(
        "{item} is built for contract {found}, this host serves {served}: rebuild the plug-in with veche-sdk {served}"
    )]
    ContractVersion {
        /// Interface.
        item: String,
        /// Version of the component.
        found: String,
        /// Version of the host.
        served: &'static str,
    },
    /// An import that the host does not offer.
    #[error("the component imports `{name}`: {why}")]
    Import {
        /// Import.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// A permission that nobody granted.
    #[error(
        "the plug-in needs the permission `{permission}`, which the binding does not grant: add it to `grants` or use another release"
    )]
    NotGranted {
        /// Permission.
        permission: veche_domain::decision::Permission,
    },
    /// Types of an interface differ from the contract.
    #[error("the component does not fit the contract: {reason}. Rebuild it with the veche-sdk of this host's contract")]
    Mismatch {
        /// What the linker said.
        reason: String,
    },
    /// Compilation failed.
    #[error("the component cannot be compiled: {reason}")]
    Compile {
        /// What the compiler said.
        reason: String,
    },
    /// `describe` or `configure` faulted.
    #[error("`{export}` of the plug-in failed: {fault}")]
    Fault {
        /// Which export.
        export: &'static str,
        /// What happened.
        fault: Fault,
        /// Functions on the stack, innermost first.
        backtrace: Vec<Frame>,
        /// Last lines that the plug-in wrote. No appeal was at hand.
        logs: Vec<LogLine>,
    },
    /// The settings schema is no JSON Schema.
    #[error("the settings schema that the plug-in describes is no valid JSON Schema: {reason}")]
    Schema {
        /// What the validator said.
        reason: String,
    },
    /// Settings break the schema or the plug-in refuses them.
    #[error("settings: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Settings(Vec<SettingsFault>),
    /// A dataset that the plug-in needs is missing or of another shape.
    #[error("dataset `{name}`: {reason}")]
    Dataset {
        /// Name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The release lacks the export of the binding.
    #[error("the release exports no {kind}: bind it as one of its kinds")]
    KindMissing {
        /// Kind.
        kind: veche_domain::decision::Kind,
    },
    /// The engine could not be made.
    #[error("the WebAssembly engine cannot start: {reason}")]
    Engine {
        /// What it said.
        reason: String,
    },
    /// The snapshot failed.
    #[error("the configured plug-in cannot be snapshotted: {reason}")]
    Snapshot {
        /// What it said.
        reason: String,
    },
}

/// One fault of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFault {
    /// JSON pointer (RFC 6901) of the field; empty for the whole.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl std::fmt::Display for SettingsFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let field = if self.field.is_empty() { "/" } else { &self.field };
        write!(f, "{field}: {}", self.message)
    }
}
