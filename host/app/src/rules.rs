//! Rules ready to run: a ruleset with its dictionaries, calendar, datasets and configured plug-ins.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use veche_domain::appeal::{Appeal, AppealId};
use veche_domain::calendar::{ProductionCalendar, WorkTime};
use veche_domain::code::{BindingId, BlockCode, Digest, RegionCode};
use veche_domain::decision::{Effect, Kind};
use veche_domain::dictionary::{Dictionaries, DictionaryData};
use veche_domain::lifecycle::{Stage, in_canary};
use veche_domain::limits::{Limits, LimitsRequest};
use veche_domain::quarantine::QuarantineRules;
use veche_domain::ruleset::{Binding, Ruleset};
use veche_sandbox::datasets::Dataset;
use veche_sandbox::{Engine, Inspection, LimitsClass, Plugin, Preparation, World, inspect, prepare};
use veche_store::Store;

use crate::error::AppError;
use crate::pipeline::{decide, decide_among};
use crate::quarantine::{Standings, Watch};

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
    /// Without the exporters, which are made ready when they are asked for.
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

    /// All bindings, in order.
    pub fn all(&self) -> impl Iterator<Item = &Bound> {
        self.bound.iter()
    }

    /// A binding by its id.
    #[must_use]
    pub fn by_id(&self, id: &BindingId) -> Option<&Bound> {
        self.bound.iter().find(|b| b.binding.id == *id)
    }
}

/// What is out beside the active ruleset.
#[derive(Clone)]
pub struct Candidate {
    /// Its rules.
    pub rules: Arc<Rules>,
    /// Shadow or canary.
    pub stage: Stage,
    /// Share of the appeals that it decides, percent.
    pub percent: u8,
}

/// What decides on a region's appeals at one moment. An appeal finishes under the value that it began with.
#[derive(Clone)]
pub struct Live {
    /// The active rules.
    pub active: Arc<Rules>,
    /// What is out beside them.
    pub candidate: Option<Candidate>,
}

impl Live {
    /// The rules that decide on one appeal.
    #[must_use]
    pub fn for_appeal(&self, appeal: AppealId) -> &Arc<Rules> {
        match &self.candidate {
            Some(c) if c.stage == Stage::Canary && in_canary(appeal, c.percent) => &c.rules,
            _ => &self.active,
        }
    }

    /// Decides one appeal by the rules that it gets. Quarantine is for the active rules: a canary that faults shows all
    /// its faults and is taken back whole.
    #[must_use]
    pub fn decide(&self, standings: &Standings, appeal: &Appeal) -> Effect {
        let rules = self.for_appeal(appeal.id);
        if Arc::ptr_eq(rules, &self.active) { decide_among(rules, standings, appeal) } else { decide(rules, appeal) }
    }

    /// Lets the watch learn from what the active rules decided.
    pub async fn observe(&self, watch: &Watch, region: &RegionCode, standings: &Standings, effects: &[Effect]) {
        let own = effects.iter().filter(|effect| effect.ruleset == self.active.digest);
        watch.observe(region, &self.active, standings, own).await;
    }
}

/// Loads and keeps rules. Equal releases with equal settings, data and grants are configured once.
pub struct RuleBook {
    store: Store,
    engine: Engine,
    ready: Mutex<HashMap<Digest, Arc<Rules>>>,
    exporters: Mutex<HashMap<(Digest, BindingId), Arc<Plugin>>>,
    inspections: Mutex<HashMap<Digest, Arc<Inspection>>>,
    watch: Watch,
    /// When a ruleset that is out was last begun to be made ready.
    tried: Mutex<HashMap<Digest, Instant>>,
}

/// When a ruleset that is out and could not be made ready is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// Rulesets kept ready; older ones are made again when somebody replays.
const READY_LIMIT: usize = 16;

impl RuleBook {
    /// An empty book.
    #[must_use]
    pub fn new(store: Store, engine: Engine) -> Self {
        let watch = Watch::new(store.clone(), QuarantineRules::default());
        let exporters = Mutex::default();
        Self {
            store,
            engine,
            ready: Mutex::default(),
            exporters,
            inspections: Mutex::default(),
            tried: Mutex::default(),
            watch,
        }
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
        // An exporter decides nothing: no appeal waits until it is compiled.
        let rules = Arc::new(self.prepare(self.ruleset(digest).await?, |b| b.kind != Kind::Exporter).await?);
        let mut ready = self.ready.lock();
        if ready.len() >= READY_LIMIT {
            ready.clear();
        }
        ready.insert(*digest, rules.clone());
        Ok(rules)
    }

    /// A stored ruleset as it is.
    ///
    /// # Errors
    /// When it is missing or broken.
    pub async fn ruleset(&self, digest: &Digest) -> Result<Ruleset, AppError> {
        let bytes = self.bytes("ruleset", digest).await?;
        serde_json::from_slice(&bytes)
            .map_err(|e| AppError::Stored { what: format!("ruleset {digest}"), reason: e.to_string() })
    }

    /// Everything that decides on a region's next appeals; none if no ruleset is active. What is out beside the
    /// active ruleset never holds it up: it takes part once it is ready on this host, and not at all if it cannot be.
    ///
    /// # Errors
    /// When the region is unknown or its active ruleset cannot be made ready.
    pub async fn live(self: &Arc<Self>, region: &RegionCode) -> Result<Option<Live>, AppError> {
        let row =
            self.store.region(region).await?.ok_or_else(|| AppError::UnknownRegion { region: region.to_string() })?;
        let Some(digest) = row.ruleset else { return Ok(None) };
        let active = self.load(&digest).await?;
        let candidate = row.rollout.and_then(|out| {
            let rules = self.ready_or_soon(&out.ruleset)?;
            Some(Candidate { rules, stage: out.stage, percent: out.percent })
        });
        Ok(Some(Live { active, candidate }))
    }

    /// Rules that are ready; else they are made ready in the background.
    fn ready_or_soon(self: &Arc<Self>, digest: &Digest) -> Option<Arc<Rules>> {
        if let Some(rules) = self.ready.lock().get(digest) {
            return Some(rules.clone());
        }
        let mut tried = self.tried.lock();
        if tried.get(digest).is_some_and(|at| at.elapsed() < TRY_AGAIN) {
            return None;
        }
        tried.insert(*digest, Instant::now());
        let (book, digest) = (self.clone(), *digest);
        tokio::spawn(async move {
            if let Err(error) = book.load(&digest).await {
                tracing::error!(ruleset = %digest.short(), %error, "a ruleset that is out cannot be made ready here; it takes no part");
            }
        });
        None
    }

    /// Checks a ruleset whole and configures its plug-ins; stores nothing.
    ///
    /// # Errors
    /// [`AppError`] names the binding and what is wrong with it.
    pub async fn make_ready(&self, ruleset: Ruleset) -> Result<Rules, AppError> {
        self.prepare(ruleset, |_| true).await
    }

    async fn prepare(&self, ruleset: Ruleset, wanted: impl Fn(&Binding) -> bool) -> Result<Rules, AppError> {
        let dictionaries = Arc::new(self.dictionaries(&ruleset.dictionaries).await?);
        let calendar = self.calendar(&ruleset.calendar).await?;
        let today = chrono::Utc::now().with_timezone(&dictionaries.region().time_zone).date_naive();
        ruleset.validate(&dictionaries, today).map_err(AppError::Ruleset)?;
        let mut bound = Vec::new();
        for binding in ruleset.bindings.iter().filter(|binding| wanted(binding)) {
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

    /// Makes one binding ready that is in no ruleset, with the region's newest calendar.
    ///
    /// # Errors
    /// As for a binding of a ruleset.
    pub async fn bind_alone(
        &self,
        region: &RegionCode,
        binding: &Binding,
        dictionaries: &Arc<Dictionaries>,
    ) -> Result<Plugin, AppError> {
        let unknown = || AppError::UnknownRegion { region: region.to_string() };
        let row = self.store.region(region).await?.ok_or_else(unknown)?;
        self.bind(binding, dictionaries, &self.calendar(&row.calendar).await?).await
    }

    /// An exporter of some rules, made ready when it is first asked for.
    ///
    /// # Errors
    /// [`AppError::Binding`] says why it cannot run.
    pub async fn exporter(&self, rules: &Rules, binding: &Binding) -> Result<Arc<Plugin>, AppError> {
        let key = (rules.digest, binding.id.clone());
        if let Some(plugin) = self.exporters.lock().get(&key) {
            return Ok(plugin.clone());
        }
        let bound = self.bind(binding, &rules.dictionaries, &rules.calendar).await;
        let plugin = Arc::new(bound.map_err(|error| match error {
            AppError::Sandbox(source) => AppError::Binding { binding: binding.id.to_string(), source },
            other => other,
        })?);
        let mut exporters = self.exporters.lock();
        // Those of rulesets that are no longer active are not needed again.
        exporters.retain(|(ruleset, _), _| *ruleset == rules.digest || self.ready.lock().contains_key(ruleset));
        exporters.insert(key, plugin.clone());
        Ok(plugin)
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
            let dataset = Dataset::read(shape.unwrap_or("table"), bytes).map_err(|reason| AppError::Stored {
                what: format!("dataset {name:?} of binding {:?}", binding.id.as_str()),
                reason,
            })?;
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

    /// A calendar by its digest.
    ///
    /// # Errors
    /// When it is missing or broken.
    pub async fn calendar(&self, digest: &Digest) -> Result<ProductionCalendar, AppError> {
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
