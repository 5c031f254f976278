//! Makes a model of labelled texts.
//!
//! One linear classifier for each class against the rest (support vectors with squared hinge loss), over sublinear
//! tf-idf of n-grams. Folds that are held out measure it and calibrate its confidence; then it is made once more of all
//! texts. The same texts, options and seed give the same bytes, whatever the number of threads.

mod corpus;
mod folds;
mod report;
mod solve;
mod write;

use std::collections::BTreeMap;
use std::fmt;

pub use report::{ClassFigures, Figures, Pair, Report, Threshold};

use crate::file::Model;
use crate::grams::Grams;
use crate::layout::MOST_BYTES;
use corpus::Corpus;

/// Most classes of a model.
pub const MOST_CLASSES: usize = 2_000;

/// A text that a person labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example<'a> {
    /// The text, as the plug-in will see one: masked.
    pub text: &'a str,
    /// Code of its class.
    pub class: &'a str,
}

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// N-grams.
    pub grams: Grams,
    /// Length of the letters' part of a text's vector; that of the words is 1.
    pub letters: f32,
    /// Cost of a mistake: higher follows the examples more closely.
    pub cost: f32,
    /// How far rare classes are weighed up: 0 not at all, 1 as if all were equally frequent.
    pub balance: f32,
    /// Fewest texts in which an n-gram must stand.
    pub least_texts: u32,
    /// Classes with fewer examples are left out.
    pub least_examples: usize,
    /// Parts that are held out one after the other, at least 2.
    pub folds: usize,
    /// Seed of the order of examples and of the folds.
    pub seed: u64,
    /// Most bytes of the model.
    pub most_bytes: usize,
    /// Threads; the result does not depend on it.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            grams: Grams::default(),
            letters: 1.5,
            cost: 0.5,
            balance: 0.0,
            least_texts: 2,
            least_examples: 2,
            folds: 3,
            seed: 1,
            most_bytes: 4 << 20,
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        }
    }
}

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrainError {
    /// No example with a text.
    Nothing,
    /// All examples are of one class.
    OneClass(String),
    /// Too many classes.
    ManyClasses(usize),
    /// No two classes have enough examples.
    FewExamples {
        /// Classes in all.
        classes: usize,
        /// Fewest examples of one.
        least: usize,
    },
    /// No n-gram stands in enough texts.
    NoGrams,
    /// The model cannot be made that small.
    Small {
        /// Bytes at least.
        needed: usize,
        /// Bytes at most.
        most: usize,
    },
    /// An option that makes no sense.
    Option(&'static str),
}

impl fmt::Display for TrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no labelled text: check which columns hold text and category"),
            Self::OneClass(class) => {
                write!(f, "all examples are of one category, {class}: there is nothing to tell apart")
            }
            Self::ManyClasses(classes) => write!(
                f,
                "{classes} categories, at most {MOST_CLASSES} are taken: check that the label is a category and no number \
                 or name of its own"
            ),
            Self::FewExamples { classes, least } => write!(
                f,
                "of {classes} categories fewer than two have {least} examples or more: give more examples, or a lower least \
                 number"
            ),
            Self::NoGrams => f.write_str("no word or part of one stands in several texts: give more examples"),
            Self::Small { needed, most } => {
                write!(f, "the model needs at least {needed} bytes and may have {most}: allow more, or fewer n-grams")
            }
            Self::Option(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for TrainError {}

/// What training came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// What the folds that were held out showed.
    pub report: Report,
}

/// Trains a model.
///
/// # Errors
/// The examples make no model; the message says why.
pub fn train(examples: &[Example<'_>], options: &Options) -> Result<Trained, TrainError> {
    check(options)?;
    let Chosen { kept, classes, left_out } = choose(examples, options)?;
    let names: Vec<&str> = classes.keys().copied().collect();
    let labels: Vec<u32> = kept.iter().map(|example| classes.get(example.class).copied().unwrap_or_default()).collect();
    let corpus = Corpus::new(&kept, options);
    let held_out = folds::hold_out(&corpus, &kept, &labels, &names, options)?;
    let mut report = report::report(&held_out, &labels, &names);
    report.examples = kept.len() as u64;
    report.without_text = examples.iter().filter(|example| example.text.trim().is_empty()).count() as u64;
    report.left_out = left_out;
    let all: Vec<u32> = (0..).take(kept.len()).collect();
    let note = write::Note { report: &report, options };
    let model = write::fit(&corpus, &all, &labels, &names, report.temperature, Some(&note), options)?;
    report.model_bytes = model.bytes().len() as u64;
    report.ngrams = model.rows() as u64;
    report.weights = model.pairs() as u64;
    Ok(Trained { model, report })
}

fn check(options: &Options) -> Result<(), TrainError> {
    let Options { grams, letters, cost, balance, folds, most_bytes, .. } = options;
    let wrong = [
        (*folds < 2, "at least 2 folds are needed: one to learn from, one to measure with"),
        (!(*cost > 0.0 && cost.is_finite()), "the cost must be above 0"),
        (!(0.0..=1.0).contains(balance), "the balance is a number from 0 to 1"),
        (!(*letters > 0.0 && letters.is_finite()), "the length of the letters' part must be above 0"),
        (grams.longest == 0 && grams.words == 0, "n-grams of letters or of words are needed"),
        (grams.longest > 16 || grams.words > 8, "n-grams of at most 16 letters and 8 words are taken"),
        (grams.longest > 0 && grams.shortest > grams.longest, "the shortest run of letters is longer than the longest"),
        (*most_bytes > MOST_BYTES, "a model of more than 8 MiB does not fit into a plug-in"),
    ];
    wrong.into_iter().find(|(wrong, _)| *wrong).map_or(Ok(()), |(_, what)| Err(TrainError::Option(what)))
}

/// What is learned from.
struct Chosen<'a> {
    /// Examples with a text, of a class that has enough of them.
    kept: Vec<Example<'a>>,
    /// Numbers of the classes, by name.
    classes: BTreeMap<&'a str, u32>,
    /// Classes that have too few, and how many.
    left_out: BTreeMap<String, u64>,
}

fn choose<'a>(examples: &[Example<'a>], options: &Options) -> Result<Chosen<'a>, TrainError> {
    let usable = || examples.iter().copied().filter(|example| !example.text.trim().is_empty());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for example in usable() {
        *counts.entry(example.class).or_default() += 1;
    }
    let mut found = counts.keys();
    match (found.next(), found.next()) {
        (None, _) => return Err(TrainError::Nothing),
        (Some(class), None) => return Err(TrainError::OneClass((*class).to_owned())),
        _ if counts.len() > MOST_CLASSES => return Err(TrainError::ManyClasses(counts.len())),
        _ => {}
    }
    let enough = |count: usize| count >= options.least_examples;
    let left_out = counts.iter().filter(|(_, count)| !enough(**count));
    let left_out = left_out.map(|(class, count)| ((*class).to_owned(), *count as u64)).collect();
    let classes: BTreeMap<&str, u32> =
        counts.iter().filter(|(_, count)| enough(**count)).map(|(class, _)| *class).zip(0..).collect();
    if classes.len() < 2 {
        return Err(TrainError::FewExamples { classes: counts.len(), least: options.least_examples });
    }
    let kept = usable().filter(|example| classes.contains_key(example.class)).collect();
    Ok(Chosen { kept, classes, left_out })
}

/// A generator of one stream of numbers (SplitMix64): not for secrets.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Brings things into a random order.
    fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let other = self.next() % (last as u64 + 1);
            things.swap(last, other as usize);
        }
    }
}

/// Does pieces of work on some threads; the results are in the order of the pieces, whoever did them.
fn in_threads<T: Send>(pieces: usize, threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, T)> = Vec::with_capacity(pieces);
    std::thread::scope(|scope| {
        let worker = || {
            let mut own = Vec::new();
            loop {
                let piece = next.fetch_add(1, Ordering::Relaxed);
                if piece >= pieces {
                    return own;
                }
                own.push((piece, work(piece)));
            }
        };
        let others: Vec<_> = (1..threads.clamp(1, pieces.max(1))).map(|_| scope.spawn(worker)).collect();
        done.extend(worker());
        for other in others {
            match other.join() {
                Ok(own) => done.extend(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    done.sort_by_key(|(piece, _)| *piece);
    done.into_iter().map(|(_, result)| result).collect()
}
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests;
