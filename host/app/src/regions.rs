//! Regions: dictionaries and rules from a folder into the store.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::Utc;
use serde::Deserialize;
use veche_domain::access::Actor;
use veche_domain::calendar::{CalendarData, ProductionCalendar};
use veche_domain::code::{BindingId, BlockCode, CategoryCode, Digest, RegionCode};
use veche_domain::decision::{Kind, Permission};
use veche_domain::dictionary::{Dictionaries, DictionaryData};
use veche_domain::limits::LimitsRequest;
use veche_domain::ruleset::{Binding, FailurePolicy, Ruleset};
use veche_sandbox::Engine;
use veche_store::{BlobKind, Store, Switch};

use crate::App;
use crate::datasets;
use crate::drafts;
use crate::error::AppError;
use crate::files;
use crate::releases;

/// `ruleset.toml` of a region folder: a ruleset that names files instead of digests.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesetFile {
    /// Least confidence.
    #[serde(default)]
    pub threshold: Option<f64>,
    /// Thresholds of single blocks.
    #[serde(default)]
    pub thresholds: BTreeMap<BlockCode, f64>,
    /// Category map; or a file `category_map.csv` beside this one.
    #[serde(default)]
    pub category_map: BTreeMap<String, CategoryCode>,
    /// Bindings in order.
    #[serde(default)]
    pub bindings: Vec<BindingFile>,
}

/// A binding that names files.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindingFile {
    /// Id.
    pub id: BindingId,
    /// Kind.
    pub kind: Kind,
    /// Block; none for the region.
    #[serde(default)]
    pub block: Option<BlockCode>,
    /// Plug-in: a component file in the plug-in folder, without `.wasm`.
    pub plugin: String,
    /// Settings.
    #[serde(default)]
    pub settings: Option<serde_json::Value>,
    /// Dataset files by name, relative to the folder.
    #[serde(default)]
    pub datasets: BTreeMap<String, String>,
    /// Failure policy.
    #[serde(default)]
    pub on_failure: FailurePolicy,
    /// Permissions.
    #[serde(default)]
    pub grants: Vec<Permission>,
    /// Limits.
    #[serde(default)]
    pub limits: LimitsRequest,
}

/// What a folder held.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Loaded {
    /// Region.
    pub region: RegionCode,
    /// Blocks.
    pub blocks: usize,
    /// Categories.
    pub categories: usize,
    /// Bodies.
    pub bodies: usize,
    /// Municipalities.
    pub municipalities: usize,
    /// Versions of the set of mandatory indicators that are new.
    pub indicator_sets: usize,
    /// Ruleset that is active now; none if the folder has no `ruleset.toml`.
    pub ruleset: Option<Digest>,
    /// Bindings of it.
    pub bindings: usize,
}

/// Loads a region's folder: dictionaries, `calendar.toml` and `indicators.toml` if they are there, `ruleset.toml` with its
/// plug-ins and datasets.
///
/// # Errors
/// Every fault of the dictionaries; the binding and what is wrong with it. Nothing is activated then.
pub async fn load_folder(app: &App, folder: &Path, plugins: &Path, actor: &Actor) -> Result<Loaded, AppError> {
    let store = &app.store;
    let data = files::load_region_dir(folder)?;
    let calendar = read_calendar(folder)?;
    let dictionaries = save_dictionaries(store, &data, &calendar, actor).await?;
    let region = data.region.code.clone();
    let mut loaded = Loaded {
        region: region.clone(),
        blocks: data.blocks.len(),
        categories: data.categories.len(),
        bodies: data.bodies.len(),
        municipalities: data.municipalities.len(),
        indicator_sets: 0,
        ruleset: None,
        bindings: 0,
    };
    let path = folder.join("indicators.toml");
    if path.exists() {
        loaded.indicator_sets = crate::indicators::sets::load_file(app, &region, &path, actor).await?;
    }
    let path = folder.join("ruleset.toml");
    if path.exists() {
        let file: RulesetFile = toml::from_str(&read(&path)?)
            .map_err(|e| AppError::File { path: path.display().to_string(), reason: e.to_string() })?;
        let calendar = store.put_blob(BlobKind::Calendar, calendar.as_bytes()).await?;
        let ruleset =
            from_file(store, app.rules.engine(), &region, file, dictionaries, calendar, folder, plugins, actor).await?;
        loaded.bindings = ruleset.bindings.len();
        loaded.ruleset = Some(activate(app, ruleset, None, actor).await?);
    }
    Ok(loaded)
}

/// Checks a ruleset whole, makes it ready, stores it and makes it active, without a draft.
///
/// # Errors
/// What is wrong with it; a consent that the region's policy demands, which only a draft can hold;
/// [`veche_store::StoreError::Conflict`] if `expected` is given and another one is active.
pub async fn activate(
    app: &App,
    ruleset: Ruleset,
    expected: Option<Option<Digest>>,
    actor: &Actor,
) -> Result<Digest, AppError> {
    let region = ruleset.region.clone();
    drafts::review(app, &ruleset).await?;
    drafts::demand_consents(app, &ruleset, None).await?;
    let digest = app.store.put_blob(BlobKind::Ruleset, &ruleset.canonical()).await?;
    app.store.activate_ruleset(&region, &Switch { expected, actor: Some(actor), ..Switch::to(digest) }).await?;
    tracing::info!(region = %region, ruleset = %digest.short(), "ruleset activated");
    Ok(digest)
}

/// Checks and stores dictionaries and the calendar; the digest of the dictionaries.
async fn save_dictionaries(
    store: &Store,
    data: &DictionaryData,
    calendar: &str,
    actor: &Actor,
) -> Result<Digest, AppError> {
    let today = Utc::now().with_timezone(&data.region.time_zone).date_naive();
    Dictionaries::new(data.clone(), today).map_err(AppError::Dictionaries)?;
    let calendar = store.put_blob(BlobKind::Calendar, calendar.as_bytes()).await?;
    save_dictionaries_data(store, data, calendar, actor).await
}

/// Stores dictionaries that were checked, under a calendar that is stored; their digest.
pub(crate) async fn save_dictionaries_data(
    store: &Store,
    data: &DictionaryData,
    calendar: Digest,
    actor: &Actor,
) -> Result<Digest, AppError> {
    let json = serde_json::to_vec(data)
        .map_err(|e| AppError::Stored { what: "dictionaries".into(), reason: e.to_string() })?;
    let digest = store.put_blob(BlobKind::Dictionaries, &json).await?;
    store.save_region(&data.region, digest, calendar, actor).await?;
    Ok(digest)
}

/// The shipped calendar, or the folder's `calendar.toml`, whose years are added to it or replace its own.
pub(crate) fn read_calendar(folder: &Path) -> Result<String, AppError> {
    let path = folder.join("calendar.toml");
    if !path.exists() {
        return Ok(ProductionCalendar::russian_toml().to_owned());
    }
    let wrong = |reason: String| AppError::File { path: path.display().to_string(), reason };
    let parse = |text: &str| toml::from_str::<CalendarData>(text).map_err(|e| wrong(e.to_string()));
    let calendar = parse(ProductionCalendar::russian_toml())?.merge(parse(&read(&path)?)?);
    ProductionCalendar::from_data(calendar.clone()).map_err(|e| wrong(e.to_string()))?;
    toml::to_string(&calendar).map_err(|e| wrong(e.to_string()))
}

#[allow(clippy::too_many_arguments)] // Each is another thing; a struct would only rename them.
async fn from_file(
    store: &Store,
    engine: &Engine,
    region: &RegionCode,
    file: RulesetFile,
    dictionaries: Digest,
    calendar: Digest,
    folder: &Path,
    plugins: &Path,
    actor: &Actor,
) -> Result<Ruleset, AppError> {
    let mut bindings = Vec::new();
    for binding in file.bindings {
        let component =
            std::fs::read(plugins.join(format!("{}.wasm", binding.plugin))).map_err(|e| AppError::File {
                path: plugins.join(format!("{}.wasm", binding.plugin)).display().to_string(),
                reason: format!("{e}; build the reference plug-ins with `cargo xtask plugins`"),
            })?;
        // A folder is the region's own: its names are not for whoever happens to load it.
        let (inspection, _) = releases::upload(store, engine, region, component, actor, None).await?;
        let mut bound = BTreeMap::new();
        for (name, file) in &binding.datasets {
            let path = folder.join(file);
            let bytes = std::fs::read(&path)
                .map_err(|e| AppError::File { path: path.display().to_string(), reason: e.to_string() })?;
            let need = inspection.datasets.iter().find(|need| need.name == *name);
            let shape = need.map_or("table", |need| need.shape.as_str());
            let (row, _) = datasets::upload(store, region, name, shape, bytes, actor).await?;
            bound.insert(name.clone(), row.digest);
        }
        bindings.push(Binding {
            id: binding.id,
            kind: binding.kind,
            block: binding.block,
            release: inspection.digest,
            settings: binding.settings.unwrap_or_else(|| serde_json::json!({})),
            datasets: bound,
            on_failure: binding.on_failure,
            grants: binding.grants.into_iter().collect(),
            limits: binding.limits,
        });
    }
    let mut category_map = file.category_map;
    let path = folder.join("category_map.csv");
    if path.exists() {
        category_map.extend(read_category_map(&path)?);
    }
    Ok(Ruleset {
        region: region.clone(),
        dictionaries,
        calendar,
        threshold: file.threshold.unwrap_or(0.5),
        thresholds: file.thresholds,
        category_map,
        bindings,
    })
}

fn read(path: &Path) -> Result<String, AppError> {
    std::fs::read_to_string(path)
        .map_err(|e| AppError::File { path: path.display().to_string(), reason: e.to_string() })
}

fn read_category_map(path: &Path) -> Result<BTreeMap<String, CategoryCode>, AppError> {
    let wrong = |reason: String| AppError::File { path: path.display().to_string(), reason };
    let mut reader = csv::Reader::from_path(path).map_err(|e| wrong(e.to_string()))?;
    let mut map = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|e| wrong(e.to_string()))?;
        let (Some(from), Some(to)) = (record.get(0), record.get(1)) else {
            return Err(wrong("each line needs two fields: label,category".into()));
        };
        map.insert(from.to_owned(), CategoryCode::new(to).map_err(|e| wrong(e.to_string()))?);
    }
    Ok(map)
}
