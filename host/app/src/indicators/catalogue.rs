//! What a region can measure: its mandatory set, the other built-in formulas, the indicators of its plug-ins.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Utc;
use serde::Serialize;
use veche_domain::calendar::local_date;
use veche_domain::code::{BindingId, Digest, RegionCode};
use veche_domain::indicator::{Definition, Dimension, Direction, Formula, Function, PassportState, Source};
use veche_store::{PassportRow, SetRow};

use crate::App;
use crate::error::AppError;
use crate::rules::Rules;

use super::plugins;

/// Where an indicator's values come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "origin")]
pub enum From {
    /// A built-in formula.
    Formula {
        /// Formula.
        formula: Formula,
    },
    /// People enter or import them.
    Entered,
    /// A plug-in.
    Plugin {
        /// Binding in the active ruleset.
        binding: BindingId,
        /// Release that is bound.
        release: Digest,
        /// Its definition.
        definition: Definition,
        /// Passports, newest first, with their releases.
        passports: Vec<(PassportState, Digest)>,
    },
}

/// An indicator of a region.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Indicator {
    /// Code under which it is measured.
    pub code: String,
    /// Name by language.
    pub title: BTreeMap<String, String>,
    /// Unit.
    pub unit: String,
    /// Which way is better.
    pub direction: Option<Direction>,
    /// Function of the centre, of a mandatory one.
    pub function: Option<Function>,
    /// Where its values come from.
    #[serde(flatten)]
    pub from: From,
    /// Whether its measurements are official now.
    pub official: bool,
    /// What it can be broken down by.
    pub dimensions: Vec<Dimension>,
}

/// What the region measures now, and what could not be asked.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Catalogue {
    /// Indicators.
    pub indicators: Vec<Indicator>,
    /// Bindings whose definitions cannot be used, and why.
    pub faults: BTreeMap<String, String>,
}

impl Catalogue {
    /// An indicator by its code.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|indicator| indicator.code == code)
    }
}

const BUILT_IN: [Dimension; 4] = [Dimension::Block, Dimension::Category, Dimension::Body, Dimension::Municipality];

fn titles(ru: &str, en: &str) -> BTreeMap<String, String> {
    [("ru", ru), ("en", en)].iter().map(|(language, text)| ((*language).to_owned(), (*text).to_owned())).collect()
}

/// The catalogue of a region today.
///
/// # Errors
/// An unknown region, or rules that cannot be made ready.
pub async fn of(app: &App, region: &RegionCode) -> Result<Catalogue, AppError> {
    let row = app.region(region).await?;
    let set = app.store.indicator_set(region, local_date(Utc::now(), row.region.time_zone)).await?;
    let rules = app.rules.active(region).await?;
    let passports = app.store.passports(region).await?;
    made_of(app, set.as_ref(), rules, &passports).await
}

/// The catalogue of a set, rules and passports.
pub(super) async fn made_of(
    app: &App,
    set: Option<&SetRow>,
    rules: Option<std::sync::Arc<Rules>>,
    passports: &[PassportRow],
) -> Result<Catalogue, AppError> {
    let mut catalogue = Catalogue::default();
    let mut named = BTreeSet::new();
    for mandatory in set.iter().flat_map(|row| &row.set.indicators) {
        let (from, unit) = match mandatory.source {
            Source::Formula(formula) => {
                named.insert(formula);
                (From::Formula { formula }, formula.unit())
            }
            Source::Entered => (From::Entered, ""),
        };
        catalogue.indicators.push(Indicator {
            code: mandatory.code.clone(),
            title: titles(&mandatory.title, mandatory.title_en.as_deref().unwrap_or(&mandatory.title)),
            unit: mandatory.unit.clone().unwrap_or_else(|| unit.to_owned()),
            direction: mandatory.better(),
            function: Some(mandatory.function),
            dimensions: if from == From::Entered { Vec::new() } else { BUILT_IN.to_vec() },
            from,
            official: true,
        });
    }
    for formula in Formula::ALL.iter().copied().filter(|formula| !named.contains(formula)) {
        let (ru, en) = formula.title();
        catalogue.indicators.push(Indicator {
            code: formula.as_str().to_owned(),
            title: titles(ru, en),
            unit: formula.unit().to_owned(),
            direction: formula.direction(),
            function: None,
            from: From::Formula { formula },
            official: false,
            dimensions: BUILT_IN.to_vec(),
        });
    }
    let Some(rules) = rules else { return Ok(catalogue) };
    for (binding, release, defined) in plugins::definitions(app, &rules).await? {
        let definitions = match defined {
            Ok(definitions) => definitions,
            Err(fault) => {
                catalogue.faults.insert(binding.to_string(), fault);
                continue;
            }
        };
        for definition in definitions {
            let code = format!("{binding}:{}", definition.code);
            let of_code: Vec<&PassportRow> = passports.iter().filter(|row| row.passport.indicator == code).collect();
            catalogue.indicators.push(Indicator {
                official: is_official(passports, &code, release),
                title: definition.title.clone(),
                unit: definition.unit.clone(),
                direction: Some(definition.direction),
                function: None,
                dimensions: definition.dimensions.clone(),
                from: From::Plugin {
                    binding: binding.clone(),
                    release,
                    definition,
                    passports: of_code.iter().map(|row| (row.state, row.passport.release)).collect(),
                },
                code,
            });
        }
    }
    Ok(catalogue)
}

/// Whether an active passport is of exactly this release: a new digest needs a new approval.
fn is_official(passports: &[PassportRow], code: &str, release: Digest) -> bool {
    let approved = |row: &PassportRow| row.state == PassportState::Active && row.passport.release == release;
    passports.iter().any(|row| row.passport.indicator == code && approved(row))
}
