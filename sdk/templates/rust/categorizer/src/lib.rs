//! Says what an appeal is about, by words of its text.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::{
    Appeal, Candidate, Categorization, Categorizer, Context, Description, Failure, Plugin, Reason, SettingsError, log,
};

/// Settings, shown as a form to the administrator.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Слова и категории, о которых они говорят / Words and the categories that they speak of
    pub words: Vec<Word>,
}

/// A beginning of words and what it speaks of.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// Начало слова строчными буквами / Beginning of a word in lower case
    #[schemars(length(min = 2))]
    pub stem: String,
    /// Код категории / Category code
    pub category: String,
}

/// The configured plug-in.
#[derive(Debug)]
pub struct {{Type}} {
    words: Vec<Word>,
}

impl Plugin for {{Type}} {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Категория по словам"), ("en", "Category by words")])
            .summary([("en", "Names the category whose words stand in the text most often.")])
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        for (index, word) in settings.words.iter().enumerate() {
            if word.stem.to_lowercase() != word.stem {
                let message = format!("{:?} has capital letters: write it in lower case", word.stem);
                return Err(SettingsError::at(format!("/words/{index}/stem"), message));
            }
        }
        Ok(Self { words: settings.words })
    }
}

impl Categorizer for {{Type}} {
    fn categorize(&self, appeal: &Appeal, context: &Context) -> Result<Categorization, Failure> {
        let text = appeal.text.to_lowercase();
        let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
        for token in text.split(|c: char| !c.is_alphanumeric()) {
            let Some(word) = self.words.iter().find(|word| token.starts_with(&word.stem)) else { continue };
            match found.iter_mut().find(|(category, _)| *category == word.category) {
                Some((_, evidence)) => evidence.push(token),
                None => found.push((&word.category, vec![token])),
            }
        }
        if found.is_empty() {
            return Ok(Categorization::NoOpinion);
        }
        log::debug(format!("{} categories found", found.len()));
        let all: usize = found.iter().map(|(_, evidence)| evidence.len()).sum();
        found.sort_by_key(|(_, evidence)| std::cmp::Reverse(evidence.len()));
        let candidates = found.into_iter().take(16).map(|(category, evidence)| Candidate {
            category: category.to_owned(),
            confidence: evidence.len() as f32 / all as f32,
            reasons: vec![reason(&context.language, &evidence)],
        });
        Ok(Categorization::Candidates(candidates.collect()))
    }
}

fn reason(language: &str, evidence: &[&str]) -> Reason {
    let message = if language.starts_with("ru") { "Слова текста" } else { "Words of the text" };
    Reason { message: message.to_owned(), evidence: evidence.iter().map(|word| (*word).to_owned()).collect() }
}

veche_sdk::export!({{Type}}: categorizer);

#[cfg(test)]
mod tests {
    use veche_sdk::testing;

    use super::*;

    #[test]
    fn a_capital_letter_is_refused_with_its_place() {
        let settings = r#"{"words": [{"stem": "Яма", "category": "roads.surface"}]}"#;
        let error = testing::configure::<{{Type}}>(settings).unwrap_err();
        assert_eq!(error.field.as_deref(), Some("/words/0/stem"));
    }

    #[test]
    fn the_more_frequent_word_wins() {
        let settings = r#"{"words": [{"stem": "ям", "category": "roads.surface"}, {"stem": "снег", "category": "roads.snow"}]}"#;
        let plugin: {{Type}} = testing::configure(settings).unwrap();
        let answer = plugin.categorize(&testing::appeal("Снег сошёл, яма на яме"), &testing::context());
        let Ok(Categorization::Candidates(candidates)) = answer else { panic!("{answer:?}") };
        assert_eq!(candidates[0].category, "roads.surface");
    }
}
