//! Rules ready to run: a ruleset with its dictionaries, calendar, datasets and configured plug-ins.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use veche_domain::calendar::{ProductionCalendar, WorkTime};
use veche_domain::code::{BindingId, BlockCode, Digest, RegionCode};
use veche_domain::decision::Kind;
use veche_domain::dictionary::{Dictionaries, DictionaryData};
use veche_domain::limits::{Limits, LimitsRequest};
use veche_domain::quarantine::QuarantineRules;
use veche_domain::ruleset::{Binding, Ruleset};
use veche_sandbox::datasets::Dataset;
use veche_sandbox::{Engine, Inspection, LimitsClass, Plugin, Preparation, World, inspect, prepare};
use veche_store::Store;

use crate::error::AppError;
use crate::quarantine::Watch;

/// A binding and its configured plug-in.
pub struct Bound {
    /// The binding.
    pub binding: Binding,
    /// The plug-in.
    pub plugin: Plugin,
}

/// Everything that a decision depends on beside the appeal.
pub struct Rules {
    /// The ruleset.
    pub ruleset: Ruleset,
    /// Its name.
    pub digest: Digest,
    /// Dictionaries.
    pub dictionaries: Arc<Dictionaries>,
    /// Calendar.
    pub calendar: ProductionCalendar,
    /// Working time of the centre.
    pub work_time: WorkTime,
    /// Engine name, for decisions.
    pub engine_name: String,
    bound: Vec<Bound>,
}

impl Rules {
    /// Time zone of the region.
    #[must_use]
    pub fn zone(&self) -> chrono_tz::Tz {
        self.dictionaries.region().time_zone
    }

    /// Bindings of a kind in order: those of one block, or all.
    pub fn bound<'a>(&'a self, kind: Kind, block: Option<&'a BlockCode>) -> impl Iterator<Item = &'a Bound> {
        self.bound
            .iter()
            .filter(move |b| b.binding.kind == kind && (block.is_none() || b.binding.block.as_ref() == block))
    }

    /// A binding by its id.
    #[must_use]
    pub fn by_id(&self, id: &BindingId) -> Option<&Bound> {
        self.bound.iter().find(|b| b.binding.id == *id)
    }
}

/// Loads and keeps rules. Equal releases with equal settings, data and grants are configured once.
pub struct RuleBook {
    store: Store,
    engine: Engine,
    ready: Mutex<HashMap<Digest, Arc<Rules>>>,
    inspections: Mutex<HashMap<Digest, Arc<Inspection>>>,
    watch: Watch,
}

/// Rulesets kept ready; older ones are made again when somebody replays.
const READY_LIMIT: usize = 16;

impl RuleBook {
    /// An empty book.
    #[must_use]
    pub fn new(store: Store, engine: Engine) -> Self {
        let watch = Watch::new(store.clone(), QuarantineRules::default());
        Self { store, engine, ready: Mutex::default(), inspections: Mutex::default(), watch }
    }

    /// The book with other rules of quarantine.
    #[must_use]
    pub fn with_quarantine(self, rules: QuarantineRules) -> Self {
        Self { watch: Watch::new(self.store.clone(), rules), ..self }
    }

    /// Who is in quarantine.
    #[must_use]
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The rules that a region's next appeal gets; none if no ruleset is active.
    ///
    /// # Errors
    /// When the region is unknown or its ruleset cannot be made ready.
    pub async fn active(&self, region: &RegionCode) -> Result<Option<Arc<Rules>>, AppError> {
        let row =
            self.store.region(region).await?.ok_or_else(|| AppError::UnknownRegion { region: region.to_string() })?;
        match row.ruleset {
            Some(digest) => Ok(Some(self.load(&digest).await?)),
            None => Ok(None),
        }
    }

    /// A stored ruleset, made ready.
    ///
    /// # Errors
    /// When a part of it is missing or cannot run.
    pub async fn load(&self, digest: &Digest) -> Result<Arc<Rules>, AppError> {
        if let Some(rules) = self.ready.lock().get(digest) {
            return Ok(rules.clone());
        }
        let bytes = self.bytes("ruleset", digest).await?;
        let ruleset: Ruleset = serde_json::from_slice(&bytes)
            .map_err(|e| AppError::Stored { what: format!("ruleset {digest}"), reason: e.to_string() })?;
        let rules = Arc::new(self.make_ready(ruleset).await?);
        let mut ready = self.ready.lock();
        if ready.len() >= READY_LIMIT {
            ready.clear();
        }
        ready.insert(*digest, rules.clone());
        Ok(rules)
    }

    /// Checks a ruleset whole and configures its plug-ins; stores nothing.
    ///
    /// # Errors
    /// [`AppError`] names the binding and what is wrong with it.
    pub async fn make_ready(&self, ruleset: Ruleset) -> Result<Rules, AppError> {
        let dictionaries = Arc::new(self.dictionaries(&ruleset.dictionaries).await?);
        let calendar = self.calendar(&ruleset.calendar).await?;
        let today = chrono::Utc::now().with_timezone(&dictionaries.region().time_zone).date_naive();
        ruleset.validate(&dictionaries, today).map_err(AppError::Ruleset)?;
        let mut bound = Vec::new();
        for binding in &ruleset.bindings {
            let plugin = self.bind(binding, &dictionaries, &calendar).await.map_err(|error| match error {
                AppError::Sandbox(source) => AppError::Binding { binding: binding.id.to_string(), source },
                other => other,
            })?;
            bound.push(Bound { binding: binding.clone(), plugin });
        }
        Ok(Rules {
            digest: ruleset.digest(),
            ruleset,
            dictionaries,
            calendar,
            work_time: WorkTime::default(),
            engine_name: self.engine.name().to_owned(),
            bound,
        })
    }

    async fn bind(
        &self,
        binding: &Binding,
        dictionaries: &Arc<Dictionaries>,
        calendar: &ProductionCalendar,
    ) -> Result<Plugin, AppError> {
        let component = self.bytes("release", &binding.release).await?;
        let inspection = self.inspection(&binding.release, &component).await?;
        let mut datasets = HashMap::new();
        for (name, digest) in &binding.datasets {
            let bytes = self.bytes("dataset", digest).await?;
            let shape = inspection.datasets.iter().find(|need| need.name == *name).map(|need| need.shape.as_str());
            let dataset = match shape {
                Some("blob") => Dataset::blob(bytes),
                _ => Dataset::table(&bytes).map_err(|reason| AppError::Stored {
                    what: format!("dataset {name:?} of binding {:?}", binding.id.as_str()),
                    reason,
                })?,
            };
            datasets.insert(name.clone(), Arc::new(dataset));
        }
        let world = World {
            dictionaries: dictionaries.clone(),
            calendar: calendar.clone(),
            work_time: WorkTime::default(),
            datasets: Arc::new(datasets),
        };
        let engine = self.engine.clone();
        let limits = binding
            .limits
            .resolve(engine.ceiling())
            .map_err(|error| AppError::Limits { binding: binding.id.to_string(), error })?;
        let (settings, grants, kind) = (binding.settings.clone(), binding.grants.clone(), binding.kind);
        let plugin = tokio::task::spawn_blocking(move || {
            prepare(
                &engine,
                Preparation {
                    component: &component,
                    inspection: &inspection,
                    kind,
                    settings: &settings,
                    world,
                    grants: &grants,
                    limits,
                },
            )
        });
        Ok(plugin.await.map_err(|_| AppError::Stopped)??)
    }

    /// The effective limits of a binding on this host.
    ///
    /// # Errors
    /// [`AppError::Limits`] names the limit that it cannot get.
    pub fn limits_of(&self, binding: &Binding) -> Result<Limits, AppError> {
        let refused = |error| AppError::Limits { binding: binding.id.to_string(), error };
        binding.limits.resolve(self.engine.ceiling()).map_err(refused)
    }

    /// What a component says of itself; asked once for each digest, and kept with the store so that a start
    /// with warm caches compiles nothing.
    async fn inspection(&self, release: &Digest, component: &[u8]) -> Result<Arc<Inspection>, AppError> {
        if let Some(known) = self.inspections.lock().get(release) {
            return Ok(known.clone());
        }
        let stored = self.store.inspection(release).await?;
        let inspection = match stored.and_then(|json| serde_json::from_value(json).ok()) {
            Some(inspection) => inspection,
            None => inspect_release(&self.engine, component.to_vec()).await?,
        };
        let inspection = Arc::new(inspection);
        self.inspections.lock().insert(*release, inspection.clone());
        Ok(inspection)
    }

    /// Dictionaries by digest.
    ///
    /// # Errors
    /// When they are missing or broken.
    pub async fn dictionaries(&self, digest: &Digest) -> Result<Dictionaries, AppError> {
        let bytes = self.bytes("dictionaries", digest).await?;
        let stored = |reason: String| AppError::Stored { what: format!("dictionaries {digest}"), reason };
        let data: DictionaryData = serde_json::from_slice(&bytes).map_err(|e| stored(e.to_string()))?;
        let today = chrono::Utc::now().with_timezone(&data.region.time_zone).date_naive();
        Dictionaries::new(data, today).map_err(AppError::Dictionaries)
    }

    async fn calendar(&self, digest: &Digest) -> Result<ProductionCalendar, AppError> {
        let bytes = self.bytes("calendar", digest).await?;
        let stored = |reason: String| AppError::Stored { what: format!("calendar {digest}"), reason };
        let text = String::from_utf8(bytes).map_err(|e| stored(e.to_string()))?;
        ProductionCalendar::from_toml(&text).map_err(|e| stored(e.to_string()))
    }

    async fn bytes(&self, what: &'static str, digest: &Digest) -> Result<Vec<u8>, AppError> {
        self.store.blob(digest).await?.ok_or_else(|| AppError::Missing { what, digest: *digest })
    }
}

/// Inspects a component on a thread that may block: compiling takes a while.
///
/// # Errors
/// What is wrong with the component.
pub async fn inspect_release(engine: &Engine, component: Vec<u8>) -> Result<Inspection, AppError> {
    let engine = engine.clone();
    // No binding has chosen a class yet: what fits the larger one is taken in.
    let limits = LimitsRequest { class: LimitsClass::Large, ..LimitsRequest::default() }.resolve(engine.ceiling());
    let limits = limits.unwrap_or_default();
    let work = tokio::task::spawn_blocking(move || inspect(&engine, &component, &limits));
    Ok(work.await.map_err(|_| AppError::Stopped)??)
}
