//! Categorises by a linear model that `veche train` made of a region's labelled past. The model is the dataset `model`;
//! it is read and checked once, in `configure`, and lies in the snapshot that every call starts from.

mod settings;

pub use settings::{Linear, Settings};

use veche_sdk::{
    Appeal, Candidate, Categorization, Categorizer, Context, Description, Failure, Plugin, Reason, SettingsError,
};

/// Fragments that a reason shows at most.
const MOST_EVIDENCE: usize = 8;
/// Longest fragment, bytes.
const LONGEST_FRAGMENT: usize = 200;

impl Plugin for Linear {
    type Settings = Settings;

    fn describe() -> Description {
        settings::description()
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        Self::new(settings)
    }
}

impl Categorizer for Linear {
    fn categorize(&self, appeal: &Appeal, context: &Context) -> Result<Categorization, Failure> {
        let scored = self.model.score(&appeal.text);
        if scored.knows_nothing() {
            return Ok(Categorization::NoOpinion);
        }
        let mut ranked: Vec<(usize, f32)> = scored.likelihoods().into_iter().enumerate().collect();
        // Stable: equal likelihoods stay in the order of the model's categories.
        ranked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        if ranked.first().is_none_or(|(_, likelihood)| *likelihood < self.min_confidence) {
            return Ok(Categorization::NoOpinion);
        }
        ranked.truncate(self.max_candidates);
        let candidates = ranked.into_iter().filter_map(|(class, likelihood)| {
            let fragments = scored.evidence(class, MOST_EVIDENCE);
            let evidence = fragments.into_iter().filter_map(|place| fragment(appeal.text.get(place)?)).collect();
            Some(Candidate {
                category: self.model.classes().get(class)?.clone(),
                confidence: likelihood.clamp(0.0, 1.0),
                reasons: vec![reason(evidence, &context.language)],
            })
        });
        Ok(Categorization::Candidates(candidates.collect()))
    }
}

veche_sdk::export!(Linear: categorizer);

/// A fragment as it is shown: up to markup inside, and not too long.
fn fragment(text: &str) -> Option<String> {
    let shown = text.split(['<', '&']).next()?.trim();
    let shown = shown.get(..shown.floor_char_boundary(LONGEST_FRAGMENT))?;
    (!shown.is_empty()).then(|| shown.to_owned())
}

fn reason(evidence: Vec<String>, language: &str) -> Reason {
    let russian = language.starts_with("ru");
    let message = match (evidence.is_empty(), russian) {
        (true, true) => "Ни одно слово не решило".to_owned(),
        (true, false) => "No single word decided".to_owned(),
        (false, true) => format!("Слова: {}", short(&evidence)),
        (false, false) => format!("Words: {}", short(&evidence)),
    };
    Reason { message, evidence }
}

/// The fragments in one line of at most 1,000 characters, which is what the contract allows.
fn short(evidence: &[String]) -> String {
    let line = evidence.join(", ");
    line.chars().take(900).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]
mod tests;
