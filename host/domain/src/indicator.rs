//! Indicators: periods, built-in formulas, measurements with what they were made of, sets of mandatory indicators,
//! passports of additional ones, targets.

mod fold;
mod formula;
mod measurement;
mod passport;
mod period;
mod set;
mod target;

pub use fold::{Reactions, Tally, measure};
pub use formula::{Direction, Formula};
pub use measurement::{
    Answer, Breakdown, Definition, DefinitionFault, Dimension, Measurement, MeasurementFault, check_answers,
    check_definitions,
};
pub use passport::{
    Basis, Finding, LinkPolicy, MandatoryLink, Passport, PassportState, PassportStep, Quantity, Severity, StepRefused,
    parse_date,
};
pub use period::{Period, PeriodError, PeriodKind};
pub use set::{EnteredValue, Function, IndicatorSet, Load, MandatoryIndicator, SetError, Source};
pub use target::{Light, Target, light};

/// Most characters of an indicator's code.
const CODE_LIMIT: usize = 120;

/// Code of an indicator: a built-in formula's own (`on_time`), one of a set (`fed-1`), or a plug-in's
/// behind its binding (`region:closed-in-5-days`).
#[must_use]
pub fn is_code(text: &str) -> bool {
    let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"._-:".contains(&c);
    !text.is_empty() && text.len() <= CODE_LIMIT && text.bytes().all(fits)
}
