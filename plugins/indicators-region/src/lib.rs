//! Three additional indicators of a region (clause 22), over facts in columns: how many questions are closed within N
//! working days, by body; how many come from addresses that write again and again, by municipality; how satisfied
//! people are, by municipality.

mod closed;
mod columns;
mod hot_spots;
mod satisfaction;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::indicators::{Definition, Measurement, Period};
use veche_sdk::{Description, Facts, Failure, Indicators, Plugin, SettingsError};

/// Settings, shown as a form to the administrator.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Рабочих дней на закрытие / Working days in which a question is to be closed
    #[schemars(range(min = 1, max = 60))]
    pub days: i32,
    /// Сколько вопросов с одного адреса за период делают его очагом / Questions of one address in a period that make it a
    /// hot spot
    #[schemars(range(min = 2, max = 1000))]
    pub hot_spot: u32,
    /// Наименьшая оценка довольного заявителя / Least mark of a satisfied applicant
    #[schemars(range(min = 1, max = 5))]
    pub satisfied: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { days: 5, hot_spot: 3, satisfied: 4 }
    }
}

/// The configured plug-in.
#[derive(Debug)]
pub struct Region {
    settings: Settings,
}

impl Plugin for Region {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Показатели региона"), ("en", "Indicators of the region")]).summary([
            ("ru", "Доля закрытых за N рабочих дней по органам, очаги повторных адресов и удовлетворённость по муниципалитетам."),
            ("en", "Closed within N working days by body, repeated addresses and satisfaction by municipality."),
        ])
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self { settings })
    }
}

impl Indicators for Region {
    fn definitions() -> Vec<Definition> {
        vec![closed::definition(), hot_spots::definition(), satisfaction::definition()]
    }

    fn measure(&self, indicator: &str, period: &Period, facts: &mut dyn Facts) -> Result<Vec<Measurement>, Failure> {
        match indicator {
            closed::CODE => closed::measure(self.settings.days, period, facts),
            hot_spots::CODE => hot_spots::measure(self.settings.hot_spot, period, facts),
            satisfaction::CODE => satisfaction::measure(self.settings.satisfied, period, facts),
            other => Err(Failure::new(format!("there is no indicator {other:?}"))),
        }
    }
}

veche_sdk::export!(Region: indicators);

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]
mod tests;
