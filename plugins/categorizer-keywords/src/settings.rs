use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::datasets;
use veche_sdk::{Dataset, Description, SettingsError};

use crate::terms::Terms;

const DATASET: &str = "keywords";

/// Settings of a binding.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Порог: сумма весов, с которой категория становится кандидатом. / Sum of weights from which a
    /// category is a candidate.
    #[schemars(range(min = 0.01, max = 1000.0))]
    pub min_score: f32,
    /// Сколько кандидатов показывать. / How many candidates to give.
    #[schemars(range(min = 1, max = 16))]
    pub max_candidates: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self { min_score: 1.0, max_candidates: 3 }
    }
}

/// The configured plug-in: terms by their stems.
#[derive(Debug)]
pub struct Keywords {
    pub(crate) terms: Terms,
    pub(crate) min_score: f32,
    pub(crate) max_candidates: usize,
}

impl Keywords {
    pub(crate) fn new(settings: Settings) -> Result<Self, SettingsError> {
        let Settings { min_score, max_candidates } = settings;
        // The schema says so too; a host that does not check must not get scores of zero or below,
        // for which no confidence is defined.
        if !(min_score > 0.0 && min_score.is_finite()) {
            return Err(SettingsError::at("/min_score", format!("{min_score} is no threshold: set it above 0")));
        }
        if !(1..=16).contains(&max_candidates) {
            return Err(SettingsError::at("/max_candidates", format!("{max_candidates} is out of range: set 1 to 16")));
        }
        let rows = datasets::table(DATASET, ["category", "term", "weight"])?;
        Ok(Self { terms: Terms::new(&rows)?, min_score, max_candidates: max_candidates.into() })
    }
}

pub(crate) fn description() -> Description {
    Description::new([("ru", "Категория по ключевым словам"), ("en", "Category by keywords")])
        .summary([
            (
                "ru",
                "Складывает веса слов и фраз из справочника, найденных в тексте в любой форме, и называет \
                 слова, которые решили.",
            ),
            (
                "en",
                "Adds up the weights of the dataset's words and phrases that the text holds in any form, and \
                 names the words that decided.",
            ),
        ])
        .dataset(Dataset::table(DATASET, ["category", "term", "weight"]).required().described([
            ("ru", "Категория, слово или фраза, вес; пустой вес — 1, отрицательный говорит против категории"),
            ("en", "Category, word or phrase, weight; an empty weight is 1, a negative one speaks against"),
        ]))
}
