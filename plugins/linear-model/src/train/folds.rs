//! Folds: each part of the examples is held out once, and the model that was made of the others is asked about it.

use super::corpus::Corpus;
use super::write::fit;
use super::{Example, Options, Random, TrainError, in_threads};

/// What the model said of an example that it had not seen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HeldOut {
    pub(super) fold: usize,
    pub(super) scores: Box<[f32]>,
}

/// Asks about every example, in the order of the examples.
pub(super) fn hold_out(
    corpus: &Corpus,
    examples: &[Example<'_>],
    labels: &[u32],
    names: &[&str],
    options: &Options,
) -> Result<Vec<HeldOut>, TrainError> {
    let folds = folds(labels, options);
    let mut answers: Vec<(usize, HeldOut)> = Vec::with_capacity(corpus.len());
    for fold in 0..options.folds {
        let part = |held_out: bool| {
            (0_u32..).zip(&folds).filter(move |(_, of)| (**of == fold) == held_out).map(|(text, _)| text)
        };
        let learned: Vec<u32> = part(false).collect();
        let model = fit(corpus, &learned, labels, names, 1.0, None, options)?;
        let asked: Vec<u32> = part(true).collect();
        let ask = |place: usize| {
            let text = asked.get(place).copied().unwrap_or_default() as usize;
            let scored = model.score(examples.get(text).map_or("", |example| example.text));
            (text, HeldOut { fold, scores: scored.scores().into() })
        };
        answers.extend(in_threads(asked.len(), options.threads, ask));
    }
    answers.sort_by_key(|(text, _)| *text);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

/// The fold of every example: each class is dealt out evenly, in a random order.
fn folds(labels: &[u32], options: &Options) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    Random(options.seed ^ 0xf01d).shuffle(&mut order);
    // Stable: the random order stays within a class.
    order.sort_by_key(|text| labels.get(*text).copied());
    let mut folds = vec![0; labels.len()];
    for (dealt, text) in order.into_iter().enumerate() {
        if let Some(fold) = folds.get_mut(text) {
            *fold = dealt % options.folds;
        }
    }
    folds
}
