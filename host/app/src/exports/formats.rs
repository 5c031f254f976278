//! What the region's exporters can write.

use std::sync::Arc;

use serde::Serialize;
use veche_domain::code::{BindingId, RegionCode};
use veche_domain::decision::{Kind, Permission};
use veche_domain::export::{Format, check_formats};
use veche_domain::ruleset::Binding;
use veche_sandbox::Plugin;

use crate::App;
use crate::error::AppError;
use crate::rules::Rules;

/// An exporter of the active ruleset.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exporter {
    /// Its binding.
    pub binding: BindingId,
    /// Whether its files hold applicants' data.
    pub personal: bool,
    /// Its formats.
    pub formats: Vec<Format>,
    /// Why it can write none.
    pub fault: Option<String>,
}

/// An exporter that is ready, and one of its formats.
pub(super) struct Ready {
    pub(super) rules: Arc<Rules>,
    pub(super) plugin: Arc<Plugin>,
    pub(super) format: Format,
    pub(super) personal: bool,
}

/// The exporters of the active ruleset.
///
/// # Errors
/// An unknown region, or store errors.
pub async fn of(app: &App, region: &RegionCode) -> Result<Vec<Exporter>, AppError> {
    let Some(rules) = app.rules.active(region).await? else { return Ok(Vec::new()) };
    let mut exporters = Vec::new();
    for binding in rules.ruleset.bindings.iter().filter(|b| b.kind == Kind::Exporter) {
        let (formats, fault) = match formats(app, &rules, binding).await {
            Ok((_, formats)) => (formats, None),
            Err(error @ (AppError::Store(_) | AppError::Stopped)) => return Err(error),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        exporters.push(Exporter { binding: binding.id.clone(), personal: is_personal(binding), formats, fault });
    }
    Ok(exporters)
}

/// Whether an administrator granted applicants' data to a binding. Rows carry them, so the grant alone decides; a release
/// need not import anything for it.
fn is_personal(binding: &Binding) -> bool {
    binding.grants.contains(&Permission::Applicant)
}

async fn formats(app: &App, rules: &Arc<Rules>, binding: &Binding) -> Result<(Arc<Plugin>, Vec<Format>), AppError> {
    let plugin = app.rules.exporter(rules, binding).await?;
    let asking = plugin.clone();
    let report = app.threads.run(move || asking.formats()).await?;
    let invalid = |reason: String| AppError::Invalid { field: "binding", reason: format!("{}: {reason}", binding.id) };
    let formats = report.result.map_err(|fault| invalid(fault.to_string()))?;
    check_formats(&formats).map_err(|fault| invalid(fault.to_string()))?;
    Ok((plugin, formats))
}

/// A format of the active ruleset. A binding need not be named where one exporter alone has the format.
///
/// # Errors
/// No active ruleset; an unknown binding or format; a format that several exporters have; an exporter that cannot run.
pub(super) async fn find(
    app: &App,
    region: &RegionCode,
    binding: Option<&str>,
    format: &str,
) -> Result<(BindingId, Ready), AppError> {
    let no_rules = || AppError::NoRuleset { region: region.to_string() };
    let rules = app.rules.active(region).await?.ok_or_else(no_rules)?;
    let short = |text: &str| text.chars().take(120).collect::<String>();
    let mut found: Option<(BindingId, Ready)> = None;
    let (mut seen, mut broken) = (false, None);
    let wanted = |b: &&Binding| b.kind == Kind::Exporter && binding.is_none_or(|id| b.id.as_str() == id);
    for bound in rules.ruleset.bindings.iter().filter(wanted) {
        seen = true;
        let (plugin, formats) = match formats(app, &rules, bound).await {
            Ok(ready) => ready,
            Err(error @ (AppError::Store(_) | AppError::Stopped)) => return Err(error),
            Err(error) => {
                broken = Some(error);
                continue;
            }
        };
        let Some(format) = formats.into_iter().find(|known| known.id == format) else { continue };
        if let Some((other, _)) = &found {
            let reason = format!("both {other} and {} write {:?}: name the binding", bound.id, format.id);
            return Err(AppError::Invalid { field: "binding", reason });
        }
        let ready = Ready { rules: rules.clone(), plugin, format, personal: is_personal(bound) };
        found = Some((bound.id.clone(), ready));
    }
    match (found, binding, broken) {
        (Some(found), ..) => Ok(found),
        (None, Some(_), Some(error)) => Err(error),
        (None, Some(binding), None) if !seen => Err(AppError::Unknown { what: "exporter", code: short(binding) }),
        _ => Err(AppError::Unknown { what: "export format", code: short(format) }),
    }
}
