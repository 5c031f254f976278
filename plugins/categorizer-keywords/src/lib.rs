//! Categorises by words and phrases. The dataset `keywords` gives a category, a term and a weight in
//! each row; the score of a category is the sum of the weights of its terms that the text holds, each
//! term once. Words are compared by their Snowball stems, a phrase needs its stems one after another.

mod lexicon;
mod settings;
mod terms;
mod text;

pub use settings::{Keywords, Settings};

use veche_sdk::{
    Appeal, Candidate, Categorization, Categorizer, Context, Description, Failure, Plugin, Reason, SettingsError,
};

/// Fragments that a reason shows at most.
const MOST_EVIDENCE: usize = 8;

impl Plugin for Keywords {
    type Settings = Settings;

    fn describe() -> Description {
        settings::description()
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        Self::new(settings)
    }
}

impl Categorizer for Keywords {
    fn categorize(&self, appeal: &Appeal, context: &Context) -> Result<Categorization, Failure> {
        let hits = self.terms.find(&appeal.text);
        let mut scored = self.terms.scores(&hits);
        scored.retain(|&(_, score)| score >= self.min_score);
        // Stable: equal scores stay in the order in which the dataset names the categories.
        scored.sort_by(|(_, a), (_, b)| b.total_cmp(a));

        let rival = |place: usize| scored.get(usize::from(place == 0)).map_or(0.0, |&(_, score)| score);
        let candidates: Vec<_> = scored
            .iter()
            .enumerate()
            .take(self.max_candidates)
            .map(|(place, &(category, score))| Candidate {
                category: self.terms.code(category).to_owned(),
                confidence: confidence(score, rival(place)),
                reasons: vec![reason(&self.terms.evidence(&hits, category, &appeal.text), &context.language)],
            })
            .collect();
        if candidates.is_empty() { Ok(Categorization::NoOpinion) } else { Ok(Categorization::Candidates(candidates)) }
    }
}

veche_sdk::export!(Keywords: categorizer);

/// Strength × lead: s / (s + 1) says how much was found at all, s / (s + r) how far it is from the
/// strongest other candidate r. One term of weight 1 alone gives 0.5, two equal candidates get at
/// most 0.5 each. In the order of the scores, but no probability.
fn confidence(score: f32, rival: f32) -> f32 {
    score / (score + 1.0) * (score / (score + rival))
}

fn reason(evidence: &[&str], language: &str) -> Reason {
    let evidence: Vec<_> = evidence.iter().take(MOST_EVIDENCE).map(|&fragment| fragment.to_owned()).collect();
    let label = if language.starts_with("ru") { "Слова" } else { "Words" };
    Reason { message: format!("{label}: {}", evidence.join(", ")), evidence }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]
mod tests;
