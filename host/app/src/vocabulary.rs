//! Words that tell categories apart, learned from a labelled history: the keywords dataset of a bootstrapped region.
//!
//! Plain log odds of a word's stem in a category against the other categories. A start that a region edits by hand, not a
//! trained model.

use std::collections::{HashMap, HashSet};

use rust_stemmers::{Algorithm, Stemmer};
use veche_domain::dictionary::fold_name;

/// Most words of one category.
const WORDS: usize = 120;
/// Least appeals of a category in which a word stands.
const CASES: u32 = 3;
/// Least weight that is worth a row.
const LEAST: f64 = 0.7;
/// Largest weight: one word alone should not decide against several.
const MOST: f64 = 5.0;

/// Words of a history, by category label.
pub(crate) struct Vocabulary {
    stemmer: Stemmer,
    appeals: u32,
    /// Stem → appeals that hold it.
    stems: HashMap<String, u32>,
    /// Stem → the shortest form seen, to be written for people.
    forms: HashMap<String, String>,
    categories: HashMap<String, Category>,
}

#[derive(Default)]
struct Category {
    appeals: u32,
    stems: HashMap<String, u32>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self {
            stemmer: Stemmer::create(Algorithm::Russian),
            appeals: 0,
            stems: HashMap::new(),
            forms: HashMap::new(),
            categories: HashMap::new(),
        }
    }
}

impl Vocabulary {
    /// Takes the text of one labelled appeal in.
    pub(crate) fn add(&mut self, category: &str, text: &str) {
        let text = fold_name(text);
        let mut seen = HashSet::new();
        self.appeals += 1;
        let own = self.categories.entry(category.to_owned()).or_default();
        own.appeals += 1;
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            let letters = word.chars().count();
            // House numbers and endings say nothing about the category.
            if !(3..=30).contains(&letters) || word.chars().any(|c| c.is_ascii_digit()) {
                continue;
            }
            let stem = self.stemmer.stem(word).into_owned();
            let form = self.forms.entry(stem.clone()).or_insert_with(|| word.to_owned());
            if (letters, word) < (form.chars().count(), form.as_str()) {
                word.clone_into(form);
            }
            if seen.insert(stem.clone()) {
                *self.stems.entry(stem.clone()).or_default() += 1;
                *own.stems.entry(stem).or_default() += 1;
            }
        }
    }

    /// Words of a category with their weights, strongest first.
    pub(crate) fn words(&self, category: &str) -> Vec<(&str, f64)> {
        let Some(own) = self.categories.get(category) else { return Vec::new() };
        let share = |part: u32, whole: u32| (f64::from(part) + 0.5) / (f64::from(whole) + 1.0);
        let mut words: Vec<(&str, f64, f64)> = own
            .stems
            .iter()
            .filter(|(_, cases)| **cases >= CASES)
            .filter_map(|(stem, cases)| {
                let elsewhere = share(self.stems.get(stem)? - cases, self.appeals - own.appeals);
                let weight = (share(*cases, own.appeals) / elsewhere).ln().min(MOST);
                let gain = weight * share(*cases, own.appeals);
                (weight >= LEAST).then(|| (self.forms.get(stem).map_or("", String::as_str), weight, gain))
            })
            .collect();
        words.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| a.0.cmp(b.0)));
        words.truncate(WORDS);
        words.into_iter().map(|(word, weight, _)| (word, weight)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_one_category_weigh_and_common_ones_do_not() {
        let mut vocabulary = Vocabulary::default();
        for n in 0..20 {
            vocabulary.add("a", &format!("Добрый день, яма на дороге {n}"));
            vocabulary.add("b", "Добрый день, батареи холодные");
        }
        let words = |category| vocabulary.words(category).into_iter().map(|(w, _)| w).collect::<Vec<_>>();
        assert_eq!(vocabulary.words("c"), []);
        assert!(words("a").contains(&"яма") && !words("a").contains(&"день"));
        assert!(words("b").contains(&"холодные"), "{:?}", words("b"));
    }
}
