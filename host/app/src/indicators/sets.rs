//! Sets of mandatory indicators: from a TOML file or the API into the store.

use std::path::Path;

use veche_domain::access::Actor;
use veche_domain::code::RegionCode;
use veche_domain::indicator::IndicatorSet;

use crate::App;
use crate::error::AppError;

/// `indicators.toml` of a region folder: versions of its set.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SetsFile {
    sets: Vec<IndicatorSet>,
}

/// Checks and keeps a set; whether it is new.
///
/// # Errors
/// What is wrong with it; a version that is there with another content.
pub async fn load(app: &App, region: &RegionCode, set: &IndicatorSet, actor: &Actor) -> Result<bool, AppError> {
    app.region(region).await?;
    set.check().map_err(AppError::IndicatorSet)?;
    Ok(app.store.save_indicator_set(region, set, actor).await?)
}

/// Loads the sets of a file; how many are new.
///
/// # Errors
/// As [`load`]; a file that cannot be read.
pub async fn load_file(app: &App, region: &RegionCode, path: &Path, actor: &Actor) -> Result<usize, AppError> {
    let wrong = |reason: String| AppError::File { path: path.display().to_string(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    let file: SetsFile = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    let mut new = 0;
    for set in &file.sets {
        new += usize::from(load(app, region, set, actor).await?);
    }
    Ok(new)
}
