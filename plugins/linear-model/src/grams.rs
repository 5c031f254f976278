//! N-grams of a text, as numbers.

use std::ops::Range;

use words::each_word;

/// Which n-grams are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grams {
    /// Shortest run of letters of a word, its edges counted as one letter each.
    pub shortest: u8,
    /// Longest run of letters.
    pub longest: u8,
    /// Most words in a row.
    pub words: u8,
}

impl Default for Grams {
    fn default() -> Self {
        Self { shortest: 3, longest: 5, words: 2 }
    }
}

/// What an n-gram is made of; the lowest bit of its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Letters = 0,
    Words = 1,
}

impl Kind {
    pub(crate) fn of(number: u32) -> Self {
        if number & 1 == 0 { Self::Letters } else { Self::Words }
    }
}

/// An n-gram where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gram {
    /// Its hash, with its kind in the lowest bit.
    pub(crate) number: u32,
    /// First and last word.
    pub(crate) words: (u32, u32),
}

/// Edge of a word.
const EDGE: u32 = 0x20;
const LETTERS_SEED: u32 = 0x5bd1_e995;
const WORD_SEED: u32 = 0x1b87_3593;
const MULTIPLIER: u32 = 0x9e37_79b1;

fn step(hash: u32, value: u32) -> u32 {
    (hash.rotate_left(5) ^ value).wrapping_mul(MULTIPLIER)
}

fn number(hash: u32, kind: Kind) -> u32 {
    let hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    let hash = (hash ^ (hash >> 12)).wrapping_mul(0x297a_2d39);
    ((hash ^ (hash >> 15)) & !1) | kind as u32
}

impl Grams {
    /// Hands over every n-gram of the text, as often as it stands there, and returns where its words are.
    pub(crate) fn each(self, text: &str, mut take: impl FnMut(Gram)) -> Vec<Range<usize>> {
        let mut places = Vec::with_capacity(64);
        let mut letters: Vec<u32> = Vec::with_capacity(32);
        // Hashes of the runs of words that end before this one, longest first.
        let mut runs: Vec<u32> = Vec::with_capacity(usize::from(self.words));
        each_word(text, |word, place| {
            let at = u32::try_from(places.len()).unwrap_or(u32::MAX);
            places.push(place);
            letters.clear();
            letters.push(EDGE);
            letters.extend(word.chars().map(u32::from));
            letters.push(EDGE);
            self.letters(&letters, |hash| take(Gram { number: number(hash, Kind::Letters), words: (at, at) }));
            if self.words == 0 {
                return;
            }
            let own = letters.iter().fold(WORD_SEED, |hash, letter| step(hash, *letter));
            if runs.len() == usize::from(self.words) {
                runs.remove(0);
            }
            runs.push(0);
            let count = u32::try_from(runs.len()).unwrap_or(1);
            for (run, back) in runs.iter_mut().zip((0..count).rev()) {
                *run = if back == 0 { own } else { step(*run, own) };
                take(Gram { number: number(*run, Kind::Words), words: (at - back, at) });
            }
        });
        places
    }

    /// Hashes of the runs of letters of one word; of a word that is too short for any, itself.
    fn letters(self, letters: &[u32], mut take: impl FnMut(u32)) {
        let shortest = usize::from(self.shortest.max(1));
        if self.longest == 0 {
            return;
        }
        if letters.len() < shortest {
            return take(letters.iter().fold(LETTERS_SEED, |hash, letter| step(hash, *letter)));
        }
        for start in 0..=letters.len() - shortest {
            let mut hash = LETTERS_SEED;
            for (length, letter) in (1..=usize::from(self.longest)).zip(letters.get(start..).unwrap_or_default()) {
                hash = step(hash, *letter);
                if length >= shortest {
                    take(hash);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(grams: Grams, text: &str, kind: Kind) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        grams.each(text, |gram| {
            if Kind::of(gram.number) == kind {
                found.push(gram.words);
            }
        });
        found
    }

    #[test]
    fn runs_of_words_and_letters_are_counted() {
        let grams = Grams { shortest: 3, longest: 4, words: 2 };
        assert_eq!(spans(grams, "нет тепла, дома", Kind::Words), [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)]);
        // « не», « нет», «нет», «нет », «ет ».
        assert_eq!(spans(grams, "нет", Kind::Letters).len(), 5);
        assert_eq!(spans(grams, "а", Kind::Letters).len(), 1);
        assert_eq!(spans(Grams { words: 0, ..grams }, "нет тепла", Kind::Words), []);
        assert_eq!(spans(Grams { longest: 0, ..grams }, "нет тепла", Kind::Letters), []);
    }

    #[test]
    fn case_and_signs_do_not_matter_and_order_of_words_does() {
        let numbers = |text: &str| {
            let mut found = Vec::new();
            Grams::default().each(text, |gram| found.push(gram.number));
            found.sort_unstable();
            found
        };
        assert_eq!(numbers("Ещё нет <b>тепла</b>!"), numbers("еще НЕТ тепла"));
        assert_ne!(numbers("нет тепла"), numbers("тепла нет"));
    }
}
