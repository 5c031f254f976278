//! Measurements, and the check of what a plug-in calls one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::formula::Direction;
use super::is_code;
use crate::decision::text_enum;
use crate::dictionary::Dictionaries;
use crate::facts::FactName;

text_enum!(
    /// What a measurement can be broken down by.
    Dimension {
        /// Block code.
        Block => "block",
        /// Category code.
        Category => "category",
        /// Body code.
        Body => "body",
        /// Municipality code.
        Municipality => "municipality",
        /// Channel code.
        Channel => "channel",
    }
);

/// Which part of the whole; empty for the whole region.
pub type Breakdown = BTreeMap<Dimension, String>;

/// One value, never without what it was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Value; none where it is undefined.
    pub value: Option<f64>,
    /// Upper part.
    pub numerator: f64,
    /// Lower part; none for a plain count.
    pub denominator: Option<f64>,
    /// Questions that the definition leaves out.
    pub excluded: u64,
    /// Which part of the whole.
    #[serde(default)]
    pub breakdown: Breakdown,
}

impl Measurement {
    /// A share in percent; undefined over nothing.
    #[must_use]
    pub fn share(numerator: f64, denominator: f64, excluded: u64, breakdown: Breakdown) -> Self {
        let value = (denominator > 0.0).then(|| 100.0 * numerator / denominator);
        Self { value, numerator, denominator: Some(denominator), excluded, breakdown }
    }

    /// A plain count.
    #[must_use]
    pub fn count(count: f64, excluded: u64, breakdown: Breakdown) -> Self {
        Self { value: Some(count), numerator: count, denominator: None, excluded, breakdown }
    }
}

/// An indicator as a plug-in defines it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Code, unique in the plug-in.
    pub code: String,
    /// Name by language.
    pub title: BTreeMap<String, String>,
    /// Unit.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// Decimal places when shown.
    pub decimals: u8,
    /// Fact columns that it reads.
    pub columns: Vec<String>,
    /// Breakdowns that it can give.
    pub dimensions: Vec<Dimension>,
}

impl Definition {
    /// The columns, known by now.
    #[must_use]
    pub fn facts(&self) -> Vec<FactName> {
        self.columns.iter().filter_map(|name| FactName::from_code(name)).collect()
    }
}

/// Why the definitions of a plug-in cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionFault {
    /// An unfit code.
    #[error("indicator code {0:?} must be lower-case latin letters, digits, `.`, `-` and `_`")]
    Code(String),
    /// The same twice.
    #[error("indicator {0:?} is defined twice")]
    Twice(String),
    /// A column that the host does not have.
    #[error("indicator {code:?} asks for the column {column:?}, which there is not: choose among {known}")]
    Column {
        /// Indicator.
        code: String,
        /// Column.
        column: String,
        /// Columns that there are.
        known: String,
    },
    /// No name, no unit, too many decimals.
    #[error("indicator {code:?}: {what}")]
    Incomplete {
        /// Indicator.
        code: String,
        /// What is wrong.
        what: &'static str,
    },
}

/// Checks what a plug-in defines.
///
/// # Errors
/// The first fault found.
pub fn check_definitions(definitions: &[Definition]) -> Result<(), DefinitionFault> {
    let mut seen = BTreeSet::new();
    for d in definitions {
        let code = d.code.clone();
        if !is_code(&code) || code.contains(':') {
            return Err(DefinitionFault::Code(code.chars().take(80).collect()));
        }
        if !seen.insert(&d.code) {
            return Err(DefinitionFault::Twice(code));
        }
        if d.title.values().all(|title| title.trim().is_empty()) {
            return Err(DefinitionFault::Incomplete { code, what: "it has no title" });
        }
        if d.unit.trim().is_empty() || d.unit.chars().count() > 40 {
            return Err(DefinitionFault::Incomplete { code, what: "its unit must have 1 to 40 characters" });
        }
        if d.decimals > 6 {
            return Err(DefinitionFault::Incomplete { code, what: "it wants more than 6 decimal places" });
        }
        if let Some(column) = d.columns.iter().find(|name| FactName::from_code(name).is_none()) {
            let known = FactName::ALL.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(DefinitionFault::Column { code, column: column.chars().take(80).collect(), known });
        }
    }
    Ok(())
}

/// A measurement as a plug-in gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Value.
    pub value: Option<f64>,
    /// Upper part.
    pub numerator: f64,
    /// Lower part.
    pub denominator: Option<f64>,
    /// Questions left out.
    pub excluded: u64,
    /// Parts of the whole.
    pub breakdown: Vec<(Dimension, String)>,
}

/// Why an answer is refused. The whole run of that indicator is then a fault; nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeasurementFault {
    /// No number.
    #[error("measurement {place}: the {what} is no finite number")]
    NotFinite {
        /// Which.
        place: String,
        /// Which part.
        what: &'static str,
    },
    /// A value over nothing.
    #[error("measurement {place}: the denominator is zero, and there is a value all the same: give none")]
    OverNothing {
        /// Which.
        place: String,
    },
    /// No value although it is defined.
    #[error("measurement {place}: the denominator is not zero, and there is no value: give it")]
    ValueMissing {
        /// Which.
        place: String,
    },
    /// A part greater than the whole.
    #[error(
        "measurement {place}: the numerator {numerator} is above the denominator {denominator}, which a share in % cannot be"
    )]
    AboveWhole {
        /// Which.
        place: String,
        /// Numerator.
        numerator: String,
        /// Denominator.
        denominator: String,
    },
    /// Less than nothing.
    #[error("measurement {place}: the {what} of a share or a count is negative")]
    Negative {
        /// Which.
        place: String,
        /// Which part.
        what: &'static str,
    },
    /// A share that is not its parts.
    #[error("measurement {place}: the value {value} is not 100 × numerator ÷ denominator, {expected}")]
    Contradicts {
        /// Which.
        place: String,
        /// Value.
        value: String,
        /// What it would be.
        expected: String,
    },
    /// A code that the dictionaries do not hold.
    #[error("measurement {place}: {dimension} {code:?} is not in the dictionaries")]
    UnknownCode {
        /// Which.
        place: String,
        /// Dimension.
        dimension: Dimension,
        /// Code.
        code: String,
    },
    /// A breakdown that the definition does not promise, or twice in one measurement.
    #[error("measurement {place}: the breakdown by {dimension} is not in the definition, or twice in one measurement")]
    Dimension {
        /// Which.
        place: String,
        /// Dimension.
        dimension: Dimension,
    },
    /// Two measurements of one part.
    #[error("measurement {place} is given twice")]
    Twice {
        /// Which.
        place: String,
    },
    /// The whole is missing.
    #[error("the measurement of the whole region is missing: one with an empty breakdown is needed")]
    NoWhole,
}

/// Checks what a plug-in measured; the measurements, sorted by their breakdown.
///
/// # Errors
/// The first fault found.
pub fn check_answers(
    definition: &Definition,
    answers: Vec<Answer>,
    dictionaries: &Dictionaries,
) -> Result<Vec<Measurement>, MeasurementFault> {
    let mut checked: BTreeMap<Breakdown, Measurement> = BTreeMap::new();
    for (index, answer) in answers.into_iter().enumerate() {
        let place = place(index, &answer.breakdown);
        let breakdown = check_breakdown(definition, &answer, dictionaries, &place)?;
        check_numbers(definition, &answer, &place)?;
        let Answer { value, numerator, denominator, excluded, .. } = answer;
        let measurement = Measurement { value, numerator, denominator, excluded, breakdown: breakdown.clone() };
        if checked.insert(breakdown, measurement).is_some() {
            return Err(MeasurementFault::Twice { place });
        }
    }
    if !checked.contains_key(&Breakdown::default()) {
        return Err(MeasurementFault::NoWhole);
    }
    Ok(checked.into_values().collect())
}

fn place(index: usize, breakdown: &[(Dimension, String)]) -> String {
    let parts: Vec<String> = breakdown
        .iter()
        .take(5)
        .map(|(d, code)| format!("{d} {}", code.chars().take(80).collect::<String>()))
        .collect();
    if parts.is_empty() { format!("{index} (the whole region)") } else { format!("{index} ({})", parts.join(", ")) }
}

fn check_breakdown(
    definition: &Definition,
    answer: &Answer,
    dictionaries: &Dictionaries,
    place: &str,
) -> Result<Breakdown, MeasurementFault> {
    let mut breakdown = Breakdown::new();
    for (dimension, code) in &answer.breakdown {
        let (place, dimension) = (place.to_owned(), *dimension);
        if !definition.dimensions.contains(&dimension) || breakdown.insert(dimension, code.clone()).is_some() {
            return Err(MeasurementFault::Dimension { place, dimension });
        }
        let known = match dimension {
            Dimension::Block => dictionaries.block(code).is_some(),
            // A category of an earlier date is still one: history is measured, too.
            Dimension::Category => dictionaries.data().categories.iter().any(|c| c.code.as_str() == code),
            Dimension::Body => dictionaries.body(code).is_some(),
            Dimension::Municipality => dictionaries.municipality(code).is_some(),
            // An open dictionary: any fit code is one.
            Dimension::Channel => crate::code::ChannelCode::new(code).is_ok(),
        };
        if !known {
            return Err(MeasurementFault::UnknownCode { place, dimension, code: code.chars().take(80).collect() });
        }
    }
    Ok(breakdown)
}

fn check_numbers(definition: &Definition, answer: &Answer, place: &str) -> Result<(), MeasurementFault> {
    let place = || place.to_owned();
    let parts = [("value", answer.value), ("numerator", Some(answer.numerator)), ("denominator", answer.denominator)];
    if let Some((what, _)) = parts.iter().find(|(_, n)| n.is_some_and(|n| !n.is_finite())) {
        return Err(MeasurementFault::NotFinite { place: place(), what });
    }
    let share = definition.unit == "%";
    if let Some((what, _)) =
        parts.iter().find(|(what, n)| (share || *what == "denominator") && n.is_some_and(|n| n < 0.0))
    {
        return Err(MeasurementFault::Negative { place: place(), what });
    }
    match (answer.denominator, answer.value) {
        (Some(0.0), Some(_)) => Err(MeasurementFault::OverNothing { place: place() }),
        (Some(d), None) if d > 0.0 => Err(MeasurementFault::ValueMissing { place: place() }),
        (Some(d), _) if share && answer.numerator > d => Err(MeasurementFault::AboveWhole {
            place: place(),
            numerator: answer.numerator.to_string(),
            denominator: d.to_string(),
        }),
        (Some(d), Some(value)) if share && (value - 100.0 * answer.numerator / d).abs() > 0.005 => {
            Err(MeasurementFault::Contradicts {
                place: place(),
                value: value.to_string(),
                expected: (100.0 * answer.numerator / d).to_string(),
            })
        }
        (None, None) => Err(MeasurementFault::ValueMissing { place: place() }),
        _ => Ok(()),
    }
}
