//! The terms of the dataset, and which of them a text holds.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rustc_hash::FxHashMap;
use veche_sdk::SettingsError;

use crate::lexicon::{Lexicon, StemId};
use crate::text::{Stems, each_word};

/// Number of a category, in the order in which the dataset first names it.
pub(crate) type CategoryId = u32;

/// Longest fragment shown as evidence, in bytes. Of a longer one (a phrase across much white space), and
/// of one with markup inside, only the first word is shown.
const LONGEST_FRAGMENT: usize = 200;

#[derive(Debug)]
struct Term {
    /// Stems after the first.
    rest: Box<[StemId]>,
    /// What it says for which category.
    weights: Vec<(CategoryId, f32)>,
}

/// All terms.
#[derive(Debug)]
pub(crate) struct Terms {
    categories: Vec<String>,
    stems: Stems,
    lexicon: Lexicon,
    terms: Vec<Term>,
    /// Terms that start with a stem, by its number.
    starting: Vec<Vec<u32>>,
}

/// A term found in a text, and where.
#[derive(Debug)]
pub(crate) struct Hit {
    term: u32,
    first_word: Range<usize>,
    end: usize,
}

/// A word of a text whose stem some term needs.
struct Known {
    stem: StemId,
    ordinal: usize,
    place: Range<usize>,
}

impl Terms {
    /// Reads rows of category, term and weight.
    pub(crate) fn new(rows: &[[String; 3]]) -> Result<Self, SettingsError> {
        if rows.is_empty() {
            return Err(SettingsError::new("dataset keywords has no rows: add terms, or leave the plug-in out"));
        }
        let stems = Stems::new();
        let mut categories = Vec::new();
        let mut numbers = FxHashMap::default();
        let mut parsed: BTreeMap<Vec<String>, BTreeMap<CategoryId, f32>> = BTreeMap::new();
        for (index, [category, term, weight]) in rows.iter().enumerate() {
            let wrong = |what: &str| {
                SettingsError::new(format!("dataset keywords, row {} after the header: {what}", index + 1))
            };
            let category = category.trim();
            if category.is_empty() {
                return Err(wrong("no category: write its code"));
            }
            let mut phrase = Vec::new();
            each_word(term, |word, _| phrase.push(stems.stem(word).into_owned()));
            if phrase.is_empty() {
                return Err(wrong(&format!("term «{term}» holds no word: write letters or digits")));
            }
            let weight = parse_weight(weight).ok_or_else(|| {
                wrong(&format!("weight «{weight}» is no number other than 0: write one like 1.5, or nothing for 1"))
            })?;
            let category = *numbers.entry(category.to_owned()).or_insert_with(|| {
                categories.push(category.to_owned());
                (categories.len() - 1) as CategoryId
            });
            // «батарея» and «батареи» are one term: it counts once, with the stronger weight.
            let known = parsed.entry(phrase).or_default().entry(category).or_insert(weight);
            if weight.abs() > known.abs() {
                *known = weight;
            }
        }
        Ok(Self::build(categories, stems, parsed))
    }

    fn build(categories: Vec<String>, stems: Stems, parsed: BTreeMap<Vec<String>, BTreeMap<CategoryId, f32>>) -> Self {
        let unique: BTreeSet<&String> = parsed.keys().flatten().collect();
        let unique: Vec<String> = unique.into_iter().cloned().collect();
        let lexicon = Lexicon::new(&unique);
        let mut starting = vec![Vec::new(); unique.len()];
        let mut terms = Vec::with_capacity(parsed.len());
        for (phrase, weights) in parsed {
            let ids: Vec<StemId> = phrase.iter().filter_map(|stem| lexicon.id(stem)).collect();
            if let [first, rest @ ..] = ids.as_slice() {
                if let Some(starting) = starting.get_mut(*first as usize) {
                    starting.push(terms.len() as u32);
                }
                terms.push(Term { rest: rest.into(), weights: weights.into_iter().collect() });
            }
        }
        Self { categories, stems, lexicon, terms, starting }
    }

    pub(crate) fn code(&self, category: CategoryId) -> &str {
        self.categories.get(category as usize).map_or("", String::as_str)
    }

    /// The terms that the text holds, each once, at its first place.
    pub(crate) fn find(&self, text: &str) -> Vec<Hit> {
        let mut words: Vec<Known> = Vec::with_capacity(32);
        let mut ordinal = 0;
        each_word(text, |word, place| {
            ordinal += 1;
            if self.lexicon.may_hold(word)
                && let Some(stem) = self.lexicon.id(&self.stems.stem(word))
            {
                words.push(Known { stem, ordinal, place });
            }
        });

        let mut found = vec![false; self.terms.len()];
        let mut hits = Vec::with_capacity(words.len());
        for (position, word) in words.iter().enumerate() {
            for &number in self.starting.get(word.stem as usize).into_iter().flatten() {
                let (Some(term), Some(found)) = (self.terms.get(number as usize), found.get_mut(number as usize))
                else {
                    continue;
                };
                let following = words.get(position + 1..).unwrap_or_default();
                if let (false, Some(end)) = (*found, end_of_phrase(word, &term.rest, following)) {
                    *found = true;
                    hits.push(Hit { term: number, first_word: word.place.clone(), end });
                }
            }
        }
        hits
    }

    /// Sum of weights of every category that a hit speaks for or against.
    pub(crate) fn scores(&self, hits: &[Hit]) -> Vec<(CategoryId, f32)> {
        let mut scores = vec![0.0; self.categories.len()];
        for &(category, weight) in hits.iter().flat_map(|hit| self.weights(hit)) {
            if let Some(score) = scores.get_mut(category as usize) {
                *score += weight;
            }
        }
        (0..).zip(scores).filter(|&(_, score)| score != 0.0).collect()
    }

    /// What speaks for a category in the text as it stands there, strongest first, without fragments
    /// of stronger ones.
    pub(crate) fn evidence<'t>(&self, hits: &[Hit], category: CategoryId, text: &'t str) -> Vec<&'t str> {
        let mut weighed: Vec<_> = hits
            .iter()
            .flat_map(|hit| self.weights(hit).iter().map(move |weight| (hit, weight)))
            .filter(|&(_, &(of, weight))| of == category && weight > 0.0)
            .map(|(hit, &(_, weight))| (weight, hit.fragment(text)))
            .collect();
        weighed.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let mut fragments = Vec::with_capacity(weighed.len());
        for (_, fragment) in weighed {
            if !fragments.iter().any(|known: &&str| known.contains(fragment)) {
                fragments.push(fragment);
            }
        }
        fragments
    }

    fn weights(&self, hit: &Hit) -> &[(CategoryId, f32)] {
        self.terms.get(hit.term as usize).map_or(&[], |term| &term.weights)
    }
}

impl Hit {
    fn fragment<'t>(&self, text: &'t str) -> &'t str {
        let whole = text.get(self.first_word.start..self.end).unwrap_or_default();
        if whole.len() > LONGEST_FRAGMENT || whole.contains(['<', '&']) {
            text.get(self.first_word.clone()).unwrap_or_default()
        } else {
            whole
        }
    }
}

/// Where the phrase ends, if its further stems stand right after the first.
fn end_of_phrase(first: &Known, rest: &[StemId], following: &[Known]) -> Option<usize> {
    let mut last = first;
    let mut following = following.iter();
    for &stem in rest {
        let next = following.next()?;
        if next.stem != stem || next.ordinal != last.ordinal + 1 {
            return None;
        }
        last = next;
    }
    Some(last.place.end)
}

/// Empty is 1; a decimal comma is read as well, because spreadsheets write it.
fn parse_weight(weight: &str) -> Option<f32> {
    let weight = weight.trim();
    if weight.is_empty() {
        return Some(1.0);
    }
    weight.replace(',', ".").parse().ok().filter(|weight: &f32| weight.is_finite() && *weight != 0.0)
}
