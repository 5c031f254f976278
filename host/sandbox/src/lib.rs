//! Runs components that nobody trusts: inspect, configure and snapshot, compile, limit, call.
//!
//! A release becomes a [`Plugin`] once for each binding; every call of it is a fresh instance that starts
//! from the snapshot of its configured memory, sees nothing but the in-memory [`World`] of its ruleset and
//! answers with a [`Report`]. No SQL, no HTTP, no file but the cache of compiled code.

mod batch;
mod cache;
mod call;
mod compile;
mod contract;
pub mod datasets;
mod engine;
mod error;
mod exports;
mod fault;
mod host;
mod indicators;
mod inspect;
mod measure;
mod nested;
mod polygons;
mod prepare;
mod report;
mod settings;
mod shape;
mod snapshot;
mod state;
mod threads;
mod wasi;

pub use batch::Batch;
pub use call::Question;
pub use compile::{COMPILER_COMMAND, run_compiler};
pub use contract::CONTRACT;
pub use engine::{Engine, EngineConfig};
pub use error::{SandboxError, SettingsFault};
pub use exports::{ByteSink, Exporting, RowSource};
pub use host::World;
pub use indicators::Measuring;
pub use inspect::{DatasetNeed, Inspection, Localized, Metadata, inspect, metadata};
pub use prepare::{Plugin, Preparation, prepare};
pub use report::{Configured, Fault, Frame, LogLine, Report};
pub use settings::check_settings;
pub use threads::{Lost, Threads};
pub use veche_domain::limits::{LimitExceeded, LimitKind, Limits, LimitsClass};
