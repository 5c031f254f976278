//! What happens: intake, pipeline, corrections, imports, evaluation, replay.

pub mod accounts;
mod advice;
pub mod audit;
pub mod backtest;
pub mod bootstrap;
pub mod bulk;
pub mod corrections;
pub mod datasets;
pub mod drafts;
mod error;
pub mod evaluate;
pub mod exports;
pub mod files;
pub mod followups;
pub mod indicators;
pub mod intake;
pub mod oidc;
pub mod people;
pub mod pipeline;
pub mod quarantine;
pub mod ratings;
pub mod regions;
pub mod releases;
pub mod rollout;
pub mod rules;
pub mod search;
pub mod shadow;
pub mod toolchain;
mod trace;
pub mod train;
mod vocabulary;
pub mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use veche_domain::code::RegionCode;
use veche_domain::decision::{Decision, Verdict};
use veche_domain::limits::{Limits, LimitsClass};
use veche_domain::quarantine::QuarantineRules;
use veche_sandbox::{Engine, EngineConfig, Threads};
use veche_store::{Store, Vault};

pub use error::{AppError, DraftFault};
pub use veche_sandbox as sandbox;
pub use veche_store as store;

use exports::ExportRules;
use intake::IntakeDoor;
use pipeline::Replay;
use rules::RuleBook;
use shadow::ShadowDoor;

/// How a host is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Database URL or SQLite path.
    pub database: String,
    /// Folder for compiled code; none compiles at every start.
    pub cache: Option<PathBuf>,
    /// Sandbox threads; none for one a core.
    pub threads: Option<usize>,
    /// This program, which compiles plug-ins in child processes; none compiles in this process, unbounded.
    pub compiler: Option<PathBuf>,
    /// The most that any binding may ask for.
    pub ceiling: Limits,
    /// What opens and seals applicants' data.
    pub vault: Vault,
    /// When a binding goes into quarantine.
    pub quarantine: QuarantineRules,
    /// Days for which shadow decisions are kept; 0 for ever.
    pub shadow_days: u32,
    /// What exports may use.
    pub exports: ExportRules,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database: "veche.db".into(),
            cache: None,
            threads: None,
            compiler: None,
            ceiling: Limits::of(LimitsClass::Large),
            vault: Vault::default(),
            quarantine: QuarantineRules::default(),
            shadow_days: shadow::SHADOW_DAYS,
            exports: ExportRules::default(),
        }
    }
}

/// A running host: the store, the rules, the sandbox. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The store.
    pub store: Store,
    /// Rules ready to run.
    pub rules: Arc<RuleBook>,
    /// Sandbox threads.
    pub threads: Threads,
    /// The door for single appeals.
    pub intake: IntakeDoor,
    /// The door to the shadow.
    pub shadow: ShadowDoor,
    /// Days for which shadow decisions are kept; 0 for ever.
    shadow_days: u32,
    /// What exports may use.
    pub exports: ExportRules,
}

impl App {
    /// Opens the store, starts the engine and the sandbox threads.
    ///
    /// # Errors
    /// What cannot be opened or started.
    pub async fn start(config: &Config) -> Result<Self, AppError> {
        let store = Store::connect(&config.database).await?.with_vault(config.vault.clone());
        let engine = Engine::new(&EngineConfig {
            cache: config.cache.clone(),
            compiler: config.compiler.clone(),
            ceiling: config.ceiling.clone(),
            ..EngineConfig::default()
        })?;
        let threads = Threads::start(config.threads)
            .map_err(|e| AppError::Stored { what: "the sandbox threads".into(), reason: e.to_string() })?;
        let rules = Arc::new(RuleBook::new(store.clone(), engine).with_quarantine(config.quarantine.clone()));
        // A thread of its own: a ruleset in shadow that is slow or hangs must not take a live one.
        let shadow_thread = Threads::start(Some(1))
            .map_err(|e| AppError::Stored { what: "the shadow's thread".into(), reason: e.to_string() })?;
        let shadow = ShadowDoor::open(store.clone(), shadow_thread);
        let intake = IntakeDoor::open(store.clone(), rules.clone(), threads.clone(), shadow.clone());
        Ok(Self { store, rules, threads, intake, shadow, shadow_days: config.shadow_days, exports: config.exports })
    }

    /// Starts what works in the background until `stop`: the worker that routes what waits, the watch
    /// over canaries, back-tests, the end of old shadow decisions, the schedule of indicators, the index of the
    /// search, exports.
    #[must_use]
    pub fn start_worker(&self, stop: CancellationToken) -> tokio::task::JoinHandle<()> {
        let worker = worker::run(self.clone(), stop.clone());
        let watch = rollout::watch(self.clone(), stop.clone());
        let backtests = backtest::work(self.clone(), stop.clone());
        let prune = shadow::prune(self.store.clone(), self.shadow_days, stop.clone());
        let indicators = indicators::jobs::work(self.clone(), stop.clone());
        let search = search::index(self.store.clone(), stop.clone());
        let exports = exports::jobs::work(self.clone(), stop);
        tokio::spawn(async move {
            tokio::join!(worker, watch, backtests, prune, indicators, search, exports);
        })
    }

    /// Makes the active rules of every region ready, so that the first appeal does not wait.
    ///
    /// # Errors
    /// A store error; a region whose rules cannot run is logged and left out.
    pub async fn warm_up(&self) -> Result<(), AppError> {
        for row in self.store.regions().await? {
            if let Err(error) = self.rules.active(&row.region.code).await {
                tracing::error!(region = %row.region.code, %error, "the active rules cannot be made ready");
            }
        }
        Ok(())
    }

    /// Runs a stored decision again and compares.
    ///
    /// # Errors
    /// Unknown decision, or rules that can no longer be made ready.
    pub async fn replay(&self, id: Uuid) -> Result<Replay, AppError> {
        let unknown = || AppError::Unknown { what: "decision", code: id.to_string() };
        let (region, decision) = self.store.decision(id).await?.ok_or_else(unknown)?;
        let stored = self.store.appeal(&region, decision.appeal).await?.ok_or_else(unknown)?;
        let rules = self.rules.load(&decision.ruleset).await?;
        let replayed = self.threads.run(move || pipeline::replay(&rules, &stored.appeal, &decision)).await?;
        replayed.map_err(|reason| AppError::Stored { what: format!("decision {id}"), reason })
    }

    /// What the rules of a decision make of its question, and what they would make of it without its binding.
    ///
    /// # Errors
    /// An appeal that is gone, or rules that can no longer be made ready.
    pub async fn otherwise(&self, decision: &Decision) -> Result<(Verdict, Verdict), AppError> {
        let unknown = || AppError::Unknown { what: "decision", code: decision.id.to_string() };
        let (region, _) = self.store.decision(decision.id).await?.ok_or_else(unknown)?;
        let stored = self.store.appeal(&region, decision.appeal).await?.ok_or_else(unknown)?;
        let rules = self.rules.load(&decision.ruleset).await?;
        let (question, binding) = (decision.question, decision.binding.clone());
        let both = self.threads.run(move || pipeline::otherwise(&rules, &stored.appeal, question, &binding)).await?;
        both.ok_or_else(unknown)
    }

    /// A region's row.
    ///
    /// # Errors
    /// [`AppError::UnknownRegion`].
    pub async fn region(&self, region: &RegionCode) -> Result<veche_store::RegionRow, AppError> {
        self.store.region(region).await?.ok_or_else(|| AppError::UnknownRegion { region: region.to_string() })
    }
}
