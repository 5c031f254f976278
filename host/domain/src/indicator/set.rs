//! Sets of mandatory indicators: data with a version and effective dates, never code (clauses 5 and 18).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::formula::{Direction, Formula};
use super::is_code;
use crate::code::{CategoryCode, Digest};
use crate::decision::text_enum;
use crate::ruleset::canonical_json;

text_enum!(
    /// The seven functions of a centre (clause 5).
    Function {
        /// Feedback.
        Feedback => "feedback",
        /// Monitoring, analytics and response.
        Monitoring => "monitoring",
        /// Training.
        Training => "training",
        /// Competences.
        Competences => "competences",
        /// Sociology.
        Sociology => "sociology",
        /// Informing.
        Informing => "informing",
        /// Processes.
        Processes => "processes",
    }
);

/// Where the values of an indicator come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The core computes it.
    Formula(Formula),
    /// People enter or import it, with its source and date (clause 17).
    Entered,
}

/// A mandatory indicator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandatoryIndicator {
    /// Code, unique in the set.
    pub code: String,
    /// Name, as the act words it.
    pub title: String,
    /// English name.
    #[serde(default)]
    pub title_en: Option<String>,
    /// Function of the centre.
    pub function: Function,
    /// Where its values come from.
    pub source: Source,
    /// Unit of the value; a formula's own where missing.
    #[serde(default)]
    pub unit: Option<String>,
    /// Which way is better; a formula's own where missing.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// Target of the act by year.
    #[serde(default)]
    pub targets: BTreeMap<String, f64>,
    /// By when it is to be reached; a passport's links are checked against it.
    #[serde(default)]
    pub deadline: Option<NaiveDate>,
    /// Act.
    #[serde(default)]
    pub basis: Option<String>,
}

impl MandatoryIndicator {
    /// Which way is better.
    #[must_use]
    pub fn better(&self) -> Option<Direction> {
        let of_formula = || match self.source {
            Source::Formula(formula) => formula.direction(),
            Source::Entered => None,
        };
        self.direction.or_else(of_formula)
    }
}

/// What a block's staff can do, for its load (clauses 11 and 14).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Mean minutes of work on one question.
    pub minutes_per_appeal: f64,
    /// Working minutes of the whole staff in the period.
    pub staff_minutes: f64,
}

/// A version of what a region must measure, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndicatorSet {
    /// Version: `2026.1`.
    pub version: String,
    /// First day in force.
    pub valid_from: NaiveDate,
    /// Last day in force; none: open.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
    /// Where it was taken from.
    pub source: String,
    /// First day of the region's reporting week.
    #[serde(default = "monday")]
    pub week_starts: Weekday,
    /// Share of `other` in a block, percent, above which its decomposition is due (clause 20).
    #[serde(default)]
    pub other_threshold: Option<f64>,
    /// How far below a target is still yellow, percent of the target.
    #[serde(default = "ten")]
    pub yellow_percent: f64,
    /// Categories that can go on the fast track; none: all appeals of the portal can.
    #[serde(default)]
    pub fast_track: Option<BTreeSet<CategoryCode>>,
    /// Work and staff of blocks, by block.
    #[serde(default)]
    pub load: BTreeMap<String, Load>,
    /// The indicators.
    pub indicators: Vec<MandatoryIndicator>,
}

fn monday() -> Weekday {
    Weekday::Mon
}

fn ten() -> f64 {
    10.0
}

/// What is wrong with a set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// An unfit code.
    #[error("indicator code {0:?} must be lower-case latin letters, digits, `.`, `-` and `_`")]
    Code(String),
    /// The same twice.
    #[error("indicator {0:?} is given twice")]
    Twice(String),
    /// Dates upside down.
    #[error("the set ends on {to} before it begins on {from}: correct the dates")]
    Dates {
        /// First day.
        from: NaiveDate,
        /// Last day.
        to: NaiveDate,
    },
    /// A key that is no year.
    #[error("indicator {code:?}: {year:?} is no year of a target")]
    Year {
        /// Indicator.
        code: String,
        /// Key.
        year: String,
    },
    /// Something without a name or with a number that cannot be.
    #[error("{what}: {reason}")]
    Value {
        /// Where.
        what: String,
        /// What is wrong.
        reason: &'static str,
    },
}

impl IndicatorSet {
    /// Checks a set.
    ///
    /// # Errors
    /// Every fault found.
    pub fn check(&self) -> Result<(), Vec<SetError>> {
        let mut faults = Vec::new();
        let mut value = |what: String, reason| faults.push(SetError::Value { what, reason });
        if self.version.trim().is_empty() || self.source.trim().is_empty() {
            value("version, source".into(), "both are needed: say where the set was taken from");
        }
        let positive = |n: f64| n.is_finite() && n > 0.0;
        for (block, load) in &self.load {
            if !(positive(load.minutes_per_appeal) && positive(load.staff_minutes)) {
                value(format!("load of {block}"), "minutes must be above zero");
            }
        }
        if self.other_threshold.is_some_and(|t| !(0.0..=100.0).contains(&t)) {
            value("other_threshold".into(), "it is a share from 0 to 100");
        }
        if !(0.0..=100.0).contains(&self.yellow_percent) {
            value("yellow_percent".into(), "it is a share from 0 to 100");
        }
        if let Some(to) = self.valid_to.filter(|to| *to < self.valid_from) {
            faults.push(SetError::Dates { from: self.valid_from, to });
        }
        let mut seen = BTreeSet::new();
        for indicator in &self.indicators {
            let code = indicator.code.clone();
            if !is_code(&code) || code.contains(':') {
                faults.push(SetError::Code(code.clone()));
            }
            if !seen.insert(&indicator.code) {
                faults.push(SetError::Twice(code.clone()));
            }
            if indicator.title.trim().is_empty() {
                faults.push(SetError::Value { what: code.clone(), reason: "it has no title" });
            }
            if indicator.source == Source::Entered && indicator.unit.is_none() {
                faults.push(SetError::Value { what: code.clone(), reason: "an entered indicator needs its unit" });
            }
            for (year, target) in &indicator.targets {
                if !year.parse::<i32>().is_ok_and(|y| (2000..=2100).contains(&y)) || !target.is_finite() {
                    faults.push(SetError::Year { code: code.clone(), year: year.clone() });
                }
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Whether it is in force on a day.
    #[must_use]
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day <= to)
    }

    /// An indicator of it.
    #[must_use]
    pub fn indicator(&self, code: &str) -> Option<&MandatoryIndicator> {
        self.indicators.iter().find(|i| i.code == code)
    }

    /// Its name by content.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_value(self).map(|v| canonical_json(&v)).unwrap_or_default())
    }
}

/// A value that people enter or import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnteredValue {
    /// Indicator of the set whose source is `entered`.
    pub indicator: String,
    /// First day of the period.
    pub first: NaiveDate,
    /// Last day of the period.
    pub last: NaiveDate,
    /// Value in the indicator's unit.
    pub value: f64,
    /// Upper part, where the source tells it.
    #[serde(default)]
    pub numerator: Option<f64>,
    /// Lower part, where the source tells it.
    #[serde(default)]
    pub denominator: Option<f64>,
    /// Where it comes from: the federal system, a project, a letter.
    pub source: String,
    /// Date of that source.
    pub source_date: NaiveDate,
}
