//! Words of a text and their stems.

use std::borrow::Cow;

use rust_stemmers::{Algorithm, Stemmer};
pub(crate) use words::each_word;

const VOWELS: [char; 9] = ['а', 'е', 'и', 'о', 'у', 'ы', 'э', 'ю', 'я'];

/// Snowball for words with Cyrillic letters, other words as they are.
pub(crate) struct Stems(Stemmer);

impl Stems {
    pub(crate) fn new() -> Self {
        Self(Stemmer::create(Algorithm::Russian))
    }

    /// The stem of a folded word: always its beginning, which `Lexicon::may_hold` relies on.
    pub(crate) fn stem<'a>(&self, word: &'a str) -> Cow<'a, str> {
        if !word.chars().any(|letter| matches!(letter, 'а'..='я')) {
            return Cow::Borrowed(word);
        }
        let mut stem = self.0.stem(word);
        // Snowball parts «батарея, батареей» (батаре) from «батареи, батарей» (батар).
        if let Some(shorter) = stem.strip_suffix('е')
            && word.get(stem.len()..).is_some_and(|ending| ending.starts_with(['я', 'ю', 'е']))
            && shorter.contains(VOWELS)
        {
            let length = shorter.len();
            stem.to_mut().truncate(length);
        }
        stem
    }
}

impl std::fmt::Debug for Stems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stems(russian)")
    }
}
