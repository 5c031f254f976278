//! Texts as numbers: n-grams of each, which of them are worth a row, and sparse vectors.

use super::{Example, Options, in_threads};
use crate::grams::Kind;
use crate::score::sublinear;

/// Most rows of a model: with two bytes of their number, one of frequency and four of place, they take 1.7 MiB.
const MOST_ROWS: usize = 1 << 18;
/// Texts that one piece of work reads.
const PIECE: usize = 1024;

/// N-grams of every text with their counts.
pub(super) struct Corpus {
    texts: Vec<Box<[(u32, u32)]>>,
}

impl Corpus {
    pub(super) fn new(examples: &[Example<'_>], options: &Options) -> Self {
        let pieces: Vec<&[Example<'_>]> = examples.chunks(PIECE).collect();
        let read = |piece: usize| {
            let examples = pieces.get(piece).copied().unwrap_or_default();
            examples.iter().map(|example| count(example.text, options)).collect::<Vec<_>>()
        };
        Self { texts: in_threads(pieces.len(), options.threads, read).into_iter().flatten().collect() }
    }

    /// Texts.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    fn text(&self, number: u32) -> &[(u32, u32)] {
        self.texts.get(number as usize).map_or(&[], |text| text)
    }
}

fn count(text: &str, options: &Options) -> Box<[(u32, u32)]> {
    let mut numbers = Vec::new();
    options.grams.each(text, |gram| numbers.push(gram.number));
    numbers.sort_unstable();
    numbers.chunk_by(|a, b| a == b).filter_map(|same| Some((*same.first()?, same.len() as u32))).collect()
}

/// The n-grams that are worth a row, by number, with how rare they are.
pub(super) struct Vocabulary {
    pub(super) numbers: Vec<u32>,
    /// Levels of the inverse document frequency.
    pub(super) levels: Vec<u8>,
    pub(super) idf_scale: f32,
    pub(super) least_idf: f32,
}

impl Vocabulary {
    /// Of the texts named: what stands in enough of them; the most frequent if they are too many.
    pub(super) fn new(corpus: &Corpus, texts: &[u32], options: &Options) -> Self {
        let mut all: Vec<u32> =
            texts.iter().flat_map(|text| corpus.text(*text).iter().map(|(number, _)| *number)).collect();
        all.sort_unstable();
        let mut counted: Vec<(u32, u32)> = all
            .chunk_by(|a, b| a == b)
            .filter(|same| same.len() as u64 >= u64::from(options.least_texts))
            .filter_map(|same| Some((same.len() as u32, *same.first()?)))
            .collect();
        drop(all);
        if counted.len() > MOST_ROWS {
            counted.sort_unstable_by_key(|(texts, number)| (std::cmp::Reverse(*texts), *number));
            counted.truncate(MOST_ROWS);
            counted.sort_unstable_by_key(|(_, number)| *number);
        }
        let total = texts.len() as f64 + 1.0;
        let idf = |texts: u32| (total / (f64::from(texts) + 1.0)).ln() as f32 + 1.0;
        let idfs: Vec<f32> = counted.iter().map(|(texts, _)| idf(*texts)).collect();
        let least_idf = idfs.iter().copied().fold(f32::MAX, f32::min);
        let most_idf = idfs.iter().copied().fold(least_idf, f32::max);
        let idf_scale = (most_idf - least_idf) / 255.0;
        let level = |idf: &f32| if idf_scale > 0.0 { ((idf - least_idf) / idf_scale).round() as u8 } else { 0 };
        Self {
            levels: idfs.iter().map(level).collect(),
            numbers: counted.into_iter().map(|(_, number)| number).collect(),
            idf_scale,
            least_idf,
        }
    }
}

/// Sparse vectors of texts, one behind the other.
pub(super) struct Vectors {
    starts: Vec<usize>,
    rows: Vec<u32>,
    shares: Vec<f32>,
}

impl Vectors {
    pub(super) fn new(corpus: &Corpus, texts: &[u32], vocabulary: &Vocabulary, options: &Options) -> Self {
        let mut vectors = Self { starts: vec![0], rows: Vec::new(), shares: Vec::new() };
        for text in texts {
            let start = vectors.rows.len();
            let mut squares = [0.0_f32; 2];
            for (number, times) in corpus.text(*text) {
                let Ok(row) = vocabulary.numbers.binary_search(number) else { continue };
                let level = vocabulary.levels.get(row).copied().unwrap_or_default();
                let share = sublinear(*times) * (vocabulary.least_idf + f32::from(level) * vocabulary.idf_scale);
                if let Some(square) = squares.get_mut(Kind::of(*number) as usize) {
                    *square += share * share;
                }
                vectors.rows.push(row as u32);
                vectors.shares.push(share);
            }
            let [letters, words] = squares.map(f32::sqrt);
            let rows = vectors.rows.iter().skip(start);
            for (row, share) in rows.zip(vectors.shares.iter_mut().skip(start)) {
                let number = vocabulary.numbers.get(*row as usize).copied().unwrap_or_default();
                *share *= match Kind::of(number) {
                    Kind::Letters => options.letters / letters,
                    Kind::Words => 1.0 / words,
                };
            }
            vectors.starts.push(vectors.rows.len());
        }
        vectors
    }

    /// Texts.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Rows and shares of a text.
    pub(super) fn of(&self, text: usize) -> (&[u32], &[f32]) {
        let range = match self.starts.get(text..text + 2) {
            Some([start, end]) => *start..*end,
            _ => 0..0,
        };
        (self.rows.get(range.clone()).unwrap_or_default(), self.shares.get(range).unwrap_or_default())
    }
}
