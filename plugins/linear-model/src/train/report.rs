//! What the folds that were held out show.

use std::collections::BTreeMap;

use serde::Serialize;

use super::folds::HeldOut;
use crate::score::likelihoods;

/// Parts of the confidence in which the calibration error is measured.
const BINS: usize = 10;
/// Confusions that are listed.
const PAIRS: usize = 20;

/// What training showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// Examples that the model was made of.
    pub examples: u64,
    /// Examples without a text, left out.
    pub without_text: u64,
    /// Classes with too few examples, left out, and how many they had.
    pub left_out: BTreeMap<String, u64>,
    /// Over all examples, each held out once.
    pub figures: Figures,
    /// By class.
    pub classes: BTreeMap<String, ClassFigures>,
    /// The most frequent mistakes.
    pub confusions: Vec<Pair>,
    /// Share of examples that would be answered, and accuracy among them, at thresholds of the confidence.
    pub thresholds: Vec<Threshold>,
    /// What scores are multiplied with before they become likelihoods.
    pub temperature: f32,
    /// Bytes of the model.
    pub model_bytes: u64,
    /// N-grams that it knows.
    pub ngrams: u64,
    /// Weights that it holds.
    pub weights: u64,
}

/// Figures over all classes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Share of right answers.
    pub accuracy: f64,
    /// Mean of F1 over the classes.
    pub macro_f1: f64,
    /// Expected calibration error of the confidence: 10 bins of equal width, each with a temperature of the other folds.
    pub calibration_error: f64,
}

/// Figures of one class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct ClassFigures {
    /// Examples.
    pub examples: u64,
    /// Answers.
    pub answers: u64,
    /// Right answers.
    pub right: u64,
    /// `right / answers`; 0 without answers.
    pub precision: f64,
    /// `right / examples`.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

/// A mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// What people said.
    pub labelled: String,
    /// What the model said.
    pub answered: String,
    /// How often.
    pub count: u64,
}

/// What a threshold of the confidence would do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Threshold {
    /// The threshold.
    pub confidence: f32,
    /// Share of examples that are answered.
    pub coverage: f64,
    /// Accuracy among these; 0 without any.
    pub accuracy: f64,
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl ClassFigures {
    fn finish(&mut self) {
        self.precision = share(self.right, self.answers);
        self.recall = share(self.right, self.examples);
        self.f1 = share(2 * self.right, self.answers + self.examples);
    }
}

fn best(scores: &[f32]) -> usize {
    let better = |best: (usize, f32), next: (usize, &f32)| if *next.1 > best.1 { (next.0, *next.1) } else { best };
    scores.iter().enumerate().fold((0, f32::MIN), better).0
}

pub(super) fn report(held_out: &[HeldOut], labels: &[u32], names: &[&str]) -> Report {
    let name = |class: usize| names.get(class).copied().unwrap_or_default().to_owned();
    let mut classes: Vec<ClassFigures> = vec![ClassFigures::default(); names.len()];
    let mut pairs: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    let mut right = 0;
    for (answer, label) in held_out.iter().zip(labels) {
        let (answered, labelled) = (best(&answer.scores), *label as usize);
        if let Some(class) = classes.get_mut(labelled) {
            class.examples += 1;
            class.right += u64::from(answered == labelled);
        }
        if let Some(class) = classes.get_mut(answered) {
            class.answers += 1;
        }
        right += u64::from(answered == labelled);
        if answered != labelled {
            *pairs.entry((labelled, answered)).or_default() += 1;
        }
    }
    classes.iter_mut().for_each(ClassFigures::finish);
    let mut confusions: Vec<_> = pairs.into_iter().collect();
    confusions.sort_by_key(|(pair, count)| (std::cmp::Reverse(*count), *pair));
    let confidences = confidences(held_out, labels);
    Report {
        figures: Figures {
            accuracy: share(right, held_out.len() as u64),
            macro_f1: classes.iter().map(|class| class.f1).sum::<f64>() / classes.len().max(1) as f64,
            calibration_error: calibration_error(&confidences),
        },
        classes: classes.iter().enumerate().map(|(class, figures)| (name(class), *figures)).collect(),
        confusions: confusions
            .into_iter()
            .take(PAIRS)
            .map(|((labelled, answered), count)| Pair { labelled: name(labelled), answered: name(answered), count })
            .collect(),
        thresholds: (0_u8..10).map(|tenth| threshold(f32::from(tenth) / 10.0, &confidences)).collect(),
        temperature: temperature(held_out.iter().zip(labels)),
        ..Report::default()
    }
}

fn threshold(confidence: f32, confidences: &[(f32, bool)]) -> Threshold {
    let mut answered = confidences.iter().filter(|(own, _)| *own >= confidence);
    let (count, right) = answered.by_ref().fold((0, 0), |(count, right), (_, is)| (count + 1, right + u64::from(*is)));
    Threshold { confidence, coverage: share(count, confidences.len() as u64), accuracy: share(right, count) }
}

/// Confidence in each answer, by a temperature that its own fold had no part in, and whether it was right.
fn confidences(held_out: &[HeldOut], labels: &[u32]) -> Vec<(f32, bool)> {
    let folds = held_out.iter().map(|answer| answer.fold).max().unwrap_or_default() + 1;
    let others = |fold| temperature(held_out.iter().zip(labels).filter(move |(answer, _)| answer.fold != fold));
    let temperatures: Vec<f32> = (0..folds).map(others).collect();
    let answers = held_out.iter().zip(labels);
    answers
        .map(|(answer, label)| {
            let likelihoods = likelihoods(&answer.scores, temperatures.get(answer.fold).copied().unwrap_or(1.0));
            let answered = best(&answer.scores);
            (likelihoods.get(answered).copied().unwrap_or_default(), answered == *label as usize)
        })
        .collect()
}

fn calibration_error(confidences: &[(f32, bool)]) -> f64 {
    let mut bins = [(0.0_f64, 0_u64, 0_u64); BINS];
    for (confidence, right) in confidences {
        let bin = ((confidence * BINS as f32) as usize).min(BINS - 1);
        if let Some((sum, is, count)) = bins.get_mut(bin) {
            *sum += f64::from(*confidence);
            *is += u64::from(*right);
            *count += 1;
        }
    }
    let gaps = bins.iter().map(|(sum, right, _)| (sum - *right as f64).abs());
    gaps.sum::<f64>() / confidences.len().max(1) as f64
}

/// The temperature under which the labels are likeliest: the golden section of its logarithm. As if one more example had
/// been of any class: without that, a few answers that are all right would make it certain of everything.
fn temperature<'a>(answers: impl Iterator<Item = (&'a HeldOut, &'a u32)> + Clone) -> f32 {
    let any = 1.0 / (answers.clone().count() as f64 + 2.0);
    let surprise = |logarithm: f64| -> f64 {
        let temperature = logarithm.exp() as f32;
        let of = |(answer, label): (&HeldOut, &u32)| {
            let best = answer.scores.iter().copied().fold(f32::MIN, f32::max);
            let sum: f32 = answer.scores.iter().map(|score| ((score - best) * temperature).exp()).sum();
            let mean = answer.scores.iter().sum::<f32>() / answer.scores.len().max(1) as f32;
            let own = answer.scores.get(*label as usize).copied().unwrap_or_default();
            let [own, mean] = [own, mean].map(|score| f64::from(sum.ln() - (score - best) * temperature));
            own * (1.0 - any) + mean * any
        };
        answers.clone().map(of).sum()
    };
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.1_f64.ln(), 50.0_f64.ln());
    for _ in 0..16 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if surprise(a) < surprise(b) { high = b } else { low = a }
    }
    f64::midpoint(low, high).exp() as f32
}
