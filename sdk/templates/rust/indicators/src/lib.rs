//! An additional indicator: the share of questions that were closed with a good mark.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::indicators::{Column, Definition, Dimension, Direction, Measurement, Period};
use veche_sdk::{Description, Facts, Failure, Indicators, Localized, Plugin, SettingsError};

/// Code of the indicator.
const CODE: &str = "good-marks";
/// Null among codes.
const NO_CODE: u32 = u32::MAX;
/// Null among integers.
const NONE: i64 = i64::MIN;

/// Settings, shown as a form to the administrator.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Наименьшая хорошая оценка / Least good mark
    #[schemars(range(min = 1, max = 5))]
    pub least: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { least: 4 }
    }
}

/// The configured plug-in.
#[derive(Debug)]
pub struct {{Type}} {
    least: i64,
}

impl Plugin for {{Type}} {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Хорошие оценки"), ("en", "Good marks")])
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self { least: settings.least })
    }
}

/// A share of the whole or of a part.
#[derive(Default, Clone, Copy)]
struct Share {
    good: u64,
    marked: u64,
    unmarked: u64,
}

impl Share {
    fn count(&mut self, mark: i64, least: i64) {
        if mark == NONE {
            self.unmarked += 1;
        } else {
            self.marked += 1;
            self.good += u64::from(mark >= least);
        }
    }

    fn measurement(self, breakdown: Vec<(Dimension, String)>) -> Measurement {
        let (good, marked) = (self.good as f64, self.marked as f64);
        Measurement {
            value: (self.marked > 0).then(|| 100.0 * good / marked),
            numerator: good,
            denominator: Some(marked),
            excluded: self.unmarked,
            breakdown,
        }
    }
}

impl Indicators for {{Type}} {
    fn definitions() -> Vec<Definition> {
        let text = |language: &str, text: &str| Localized { language: language.to_owned(), text: text.to_owned() };
        vec![Definition {
            code: CODE.to_owned(),
            title: vec![text("ru", "Доля хороших оценок"), text("en", "Share of good marks")],
            unit: "%".to_owned(),
            direction: Direction::Up,
            decimals: 1,
            columns: ["body", "closed_at", "mark"].map(str::to_owned).to_vec(),
            dimensions: vec![Dimension::Body],
        }]
    }

    fn measure(&self, indicator: &str, period: &Period, facts: &mut dyn Facts) -> Result<Vec<Measurement>, Failure> {
        if indicator != CODE {
            return Err(Failure::new(format!("there is no indicator {indicator:?}")));
        }
        let bodies = facts.dictionary(0);
        let (mut whole, mut parts) = (Share::default(), vec![Share::default(); bodies.len()]);
        while let Some(batch) = facts.next() {
            let [Column::Codes(body), Column::Integers(closed), Column::Integers(marks)] = batch.columns.as_slice()
            else {
                return Err(Failure::new("the host gave other columns than the definition asks for"));
            };
            for ((body, closed), mark) in body.iter().zip(closed).zip(marks) {
                if *closed < period.starts || *closed >= period.ends {
                    continue;
                }
                whole.count(*mark, self.least);
                if *body != NO_CODE {
                    if let Some(part) = parts.get_mut(*body as usize) {
                        part.count(*mark, self.least);
                    }
                }
            }
        }
        let parts = parts.into_iter().zip(bodies).filter(|(part, _)| part.marked + part.unmarked > 0);
        let parts = parts.map(|(part, body)| part.measurement(vec![(Dimension::Body, body)]));
        Ok(std::iter::once(whole.measurement(Vec::new())).chain(parts).collect())
    }
}

veche_sdk::export!({{Type}}: indicators);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_marked_has_no_value() {
        let measurement = Share { unmarked: 3, ..Share::default() }.measurement(Vec::new());
        assert_eq!((measurement.value, measurement.excluded), (None, 3));
    }
}
