//! What a model says of a text, and why.

use std::ops::Range;

use crate::file::Model;
use crate::grams::Kind;

/// Hits that are kept before those of one row are put together: the memory of a call does not grow with the text.
const LOOSE_HITS: usize = 4096;

/// Bytes between two words that are shown as one fragment at most.
const JOIN: usize = 3;

/// A known n-gram of a text.
#[derive(Debug, Clone, Copy)]
struct Hit {
    row: u32,
    /// Where it stands first: first and last word.
    words: (u32, u32),
    times: u32,
    kind: Kind,
    /// Its share in the text's vector.
    share: f32,
}

/// What a model says of a text.
#[derive(Debug, Clone)]
pub struct Scored<'m> {
    model: &'m Model,
    scores: Vec<f32>,
    hits: Vec<Hit>,
    places: Vec<Range<usize>>,
}

impl Model {
    /// Scores every class for a text.
    #[must_use]
    pub fn score(&self, text: &str) -> Scored<'_> {
        let mut hits: Vec<Hit> = Vec::with_capacity(256);
        let mut room = LOOSE_HITS;
        let places = self.grams().each(text, |gram| {
            let Some(row) = self.row(gram.number) else { return };
            hits.push(Hit { row, words: gram.words, times: 1, kind: Kind::of(gram.number), share: 0.0 });
            if hits.len() >= room {
                gather(&mut hits);
                room = hits.len() + LOOSE_HITS;
            }
        });
        gather(&mut hits);
        self.weigh(&mut hits);
        let mut sums = vec![0.0_f32; self.classes().len()];
        for hit in &hits {
            self.weights(hit.row, |class, level| {
                if let Some(sum) = sums.get_mut(class) {
                    *sum += hit.share * f32::from(level);
                }
            });
        }
        for (class, sum) in sums.iter_mut().enumerate() {
            *sum = self.bias(class) + *sum * self.head.weight_scale;
        }
        Scored { model: self, scores: sums, hits, places }
    }

    /// Sublinear tf-idf: the letters' part and the words' part each brought to their length.
    fn weigh(&self, hits: &mut [Hit]) {
        let mut squares = [0.0_f32; 2];
        for hit in hits.iter_mut() {
            hit.share = sublinear(hit.times) * self.idf(hit.row);
            if let Some(square) = squares.get_mut(hit.kind as usize) {
                *square += hit.share * hit.share;
            }
        }
        let [letters, words] = squares.map(f32::sqrt);
        for hit in hits {
            hit.share *= match hit.kind {
                Kind::Letters => self.head.letters / letters,
                Kind::Words => 1.0 / words,
            };
        }
    }
}

/// Puts the hits of each row together, in the order of the rows.
fn gather(hits: &mut Vec<Hit>) {
    hits.sort_unstable_by_key(|hit| (hit.row, hit.words));
    hits.dedup_by(|later, first| {
        let same = later.row == first.row;
        if same {
            first.times = first.times.saturating_add(later.times);
        }
        same
    });
}

/// 1 + ln(times).
pub(crate) fn sublinear(times: u32) -> f32 {
    if times <= 1 { 1.0 } else { 1.0 + (times as f32).ln() }
}

impl Scored<'_> {
    /// Scores by class, in the order of [`Model::classes`].
    #[must_use]
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// Whether the model knows anything of the text. If not, its scores say only what is frequent.
    #[must_use]
    pub fn knows_nothing(&self) -> bool {
        self.hits.is_empty()
    }

    /// Calibrated likelihoods by class: they add up to 1.
    #[must_use]
    pub fn likelihoods(&self) -> Vec<f32> {
        likelihoods(&self.scores, self.model.head.temperature)
    }

    /// Places in the text of the words that speak for a class, strongest first, at most `most`. What an n-gram says is
    /// divided among its words; words that stand side by side are one fragment.
    #[must_use]
    pub fn evidence(&self, class: usize, most: usize) -> Vec<Range<usize>> {
        let mut says = vec![0.0_f32; self.places.len()];
        for hit in &self.hits {
            let level = self.model.weight(hit.row, class);
            let (first, last) = hit.words;
            let share = hit.share * f32::from(level) / (last - first + 1) as f32;
            for word in says.iter_mut().skip(first as usize).take((last - first + 1) as usize) {
                *word += share;
            }
        }
        strongest(&says, &self.places, most)
    }
}

/// Fragments of words that say at least a third of what the strongest one does.
fn strongest(says: &[f32], places: &[Range<usize>], most: usize) -> Vec<Range<usize>> {
    let best = says.iter().copied().fold(0.0, f32::max);
    if best <= 0.0 {
        return Vec::new();
    }
    let mut fragments: Vec<(f32, Range<usize>)> = Vec::new();
    let mut joins = false;
    for (says, place) in says.iter().zip(places) {
        let strong = *says >= best / 3.0;
        match fragments.last_mut() {
            Some((sum, fragment)) if strong && joins && place.start - fragment.end <= JOIN => {
                *sum += says;
                fragment.end = place.end;
            }
            _ if strong => fragments.push((*says, place.clone())),
            _ => {}
        }
        joins = strong;
    }
    fragments.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    fragments.truncate(most);
    fragments.into_iter().map(|(_, place)| place).collect()
}

/// Likelihoods of scores under a temperature: they add up to 1.
#[must_use]
pub fn likelihoods(scores: &[f32], temperature: f32) -> Vec<f32> {
    let best = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut likelihoods: Vec<f32> = scores.iter().map(|score| ((score - best) * temperature).exp()).collect();
    let sum: f32 = likelihoods.iter().sum();
    likelihoods.iter_mut().for_each(|likelihood| *likelihood /= sum);
    likelihoods
}
