//! A preview: an uploaded release with some settings over a period of real facts. Nothing of it is stored, and nothing
//! of it is ever official.

use std::collections::BTreeMap;

use chrono::Utc;
use serde::Serialize;
use veche_domain::code::{BindingId, Digest, RegionCode};
use veche_domain::decision::Kind;
use veche_domain::indicator::{Definition, Measurement, Period};
use veche_domain::limits::LimitsRequest;
use veche_domain::ruleset::{Binding, FailurePolicy};

use crate::App;
use crate::error::AppError;

use super::plugins::{self, Scope};
use super::{Wanted, dictionaries, formulas, period};

/// What to preview.
#[derive(Debug, Clone)]
pub struct Request {
    /// Uploaded release.
    pub release: Digest,
    /// Indicator, as the plug-in defines it.
    pub indicator: String,
    /// Settings.
    pub settings: serde_json::Value,
    /// Dataset versions by name.
    pub datasets: BTreeMap<String, Digest>,
    /// Period.
    pub period: Wanted,
}

/// A previewed measurement. Always unofficial: there is no way to keep one.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// Definition.
    pub definition: Definition,
    /// Period.
    pub period: Period,
    /// `false`, so that nobody who reads it alone mistakes it.
    pub official: bool,
    /// Values.
    pub measurements: Vec<Measurement>,
}

/// Measures and forgets.
///
/// # Errors
/// A release that is unknown or cannot be made ready; a fault of the plug-in; an answer that is refused.
pub async fn run(app: &App, region: &RegionCode, asked: Request) -> Result<Preview, AppError> {
    let now = Utc::now();
    let period = period(app, region, asked.period, now).await?;
    let release = crate::releases::find(app, region, &asked.release).await?;
    let invalid = |field, reason| AppError::Invalid { field, reason };
    let id = BindingId::new("preview").map_err(|e| invalid("release", e.to_string()))?;
    let inspection: veche_sandbox::Inspection = serde_json::from_value(release.inspection)
        .map_err(|e| AppError::Stored { what: format!("release {}", asked.release), reason: e.to_string() })?;
    let binding = Binding {
        id,
        kind: Kind::Indicators,
        block: None,
        release: asked.release,
        settings: asked.settings,
        datasets: asked.datasets,
        on_failure: FailurePolicy::Next,
        grants: inspection.permissions.into_iter().collect(),
        limits: LimitsRequest::default(),
    };
    let dictionaries = dictionaries(app, region).await?;
    let plugin = std::sync::Arc::new(app.rules.bind_alone(region, &binding, &dictionaries).await?);
    let asking = plugin.clone();
    let definitions = app.threads.run(move || plugins::checked(asking.definitions())).await?;
    let definitions = definitions.map_err(|reason| invalid("release", reason))?;
    let unknown = || AppError::Unknown { what: "indicator", code: asked.indicator.chars().take(120).collect() };
    let definition = definitions.into_iter().find(|d| d.code == asked.indicator).ok_or_else(unknown)?;
    let categories = formulas::categories_of(&dictionaries);
    let scope = Scope { region, period, cut_off: now, dictionaries: &dictionaries, categories: &categories };
    let measured = plugins::measure(app, &scope, &definition, move |asked| Some(plugin.measure(asked))).await?;
    let measurements = measured.map_err(|reason| invalid("indicator", reason))?;
    Ok(Preview { definition, period, official: false, measurements })
}
