use linear_model::{MOST_BYTES, Model};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::{Dataset, Description, SettingsError, datasets};

const DATASET: &str = "model";
/// Bytes that are asked for at once; the host gives no more.
const PIECE: u32 = 1 << 20;

/// Settings of a binding.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Порог уверенности: если лучшая категория менее вероятна, плагин молчит и спрашивают следующий. / Least confidence:
    /// if the best category is less likely, the plug-in has no opinion and the next one is asked.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_confidence: f32,
    /// Сколько кандидатов показывать. / How many candidates to give.
    #[schemars(range(min = 1, max = 16))]
    pub max_candidates: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self { min_confidence: 0.3, max_candidates: 3 }
    }
}

/// The configured plug-in: the model.
#[derive(Debug)]
pub struct Linear {
    pub(crate) model: Model,
    pub(crate) min_confidence: f32,
    pub(crate) max_candidates: usize,
}

impl Linear {
    pub(crate) fn new(settings: Settings) -> Result<Self, SettingsError> {
        let Settings { min_confidence, max_candidates } = settings;
        // The schema says so too; a host that does not check must not get a plug-in that never answers.
        if !(0.0..=1.0).contains(&min_confidence) {
            let message = format!("{min_confidence} is no confidence: set 0 to 1");
            return Err(SettingsError::at("/min_confidence", message));
        }
        if !(1..=16).contains(&max_candidates) {
            return Err(SettingsError::at("/max_candidates", format!("{max_candidates} is out of range: set 1 to 16")));
        }
        let wrong = |what: String| SettingsError::new(format!("dataset {DATASET}: {what}"));
        let bytes = read()?;
        let model = Model::read(bytes).map_err(|error| wrong(error.to_string()))?;
        Ok(Self { model, min_confidence, max_candidates: max_candidates.into() })
    }
}

/// The whole file, into one piece of memory of its size: what a growing one leaves behind would lie in the snapshot.
fn read() -> Result<Vec<u8>, SettingsError> {
    let wrong = |what: String| SettingsError::new(format!("dataset {DATASET}: {what}"));
    let mut piece = datasets::read(DATASET, 0, PIECE)?;
    let length = Model::length(&piece).map_err(|error| wrong(error.to_string()))?;
    if length > MOST_BYTES {
        let most = MOST_BYTES >> 20;
        return Err(wrong(format!("the model says that it has {length} bytes, at most {most} MiB are taken")));
    }
    let mut bytes = Vec::with_capacity(length);
    // One piece more than it says: a longer file is told by its digest and length.
    while !piece.is_empty() && bytes.len() <= length {
        bytes.extend_from_slice(&piece);
        piece = datasets::read(DATASET, bytes.len() as u64, PIECE)?;
    }
    Ok(bytes)
}

pub(crate) fn description() -> Description {
    Description::new([("ru", "Категория по модели, обученной на истории"), ("en", "Category by a trained model")])
        .summary([
            (
                "ru",
                "Оценивает каждую категорию линейной моделью, которую `veche train` обучил на размеченных обращениях региона: \
                 слова и части слов, откалиброванная уверенность. Называет слова, которые решили, и молчит, когда не уверен.",
            ),
            (
                "en",
                "Scores every category by the linear model that `veche train` made of the region's labelled appeals: words and \
                 parts of words, a calibrated confidence. Names the words that decided, and has no opinion when unsure.",
            ),
        ])
        .dataset(Dataset::blob(DATASET).required().described([
            ("ru", "Модель: файл, который написал `veche train`"),
            ("en", "The model: the file that `veche train` wrote"),
        ]))
}
