//! From weights to a model: the strongest that fit the size, in one byte each.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::corpus::{Corpus, Vectors, Vocabulary};
use super::report::Report;
use super::solve::{LANES, solve};
use super::{Options, TrainError, in_threads};
use crate::file::Model;
use crate::layout::{BUCKETS, Head, MAGIC, SEALED_FROM, VERSION};

/// A weight of a row for a class.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Weight {
    row: u32,
    class: u16,
    weight: f32,
    /// What an n-gram of this row would say if it stood alone: the weight times its rarity.
    says: f32,
}

/// What stands in the file for people.
#[derive(Serialize)]
pub(super) struct Note<'a> {
    #[serde(skip)]
    pub(super) report: &'a Report,
    #[serde(skip)]
    pub(super) options: &'a Options,
}

impl Note<'_> {
    /// A JSON object.
    fn text(&self) -> String {
        let Report { examples, figures, temperature, .. } = self.report;
        format!(
            "{{\"examples\":{examples},\"accuracy\":{:.4},\"macro_f1\":{:.4},\"calibration_error\":{:.4},\"folds\":{},\
             \"seed\":{},\"temperature\":{temperature:.4}}}",
            figures.accuracy, figures.macro_f1, figures.calibration_error, self.options.folds, self.options.seed,
        )
    }
}

/// Makes a model of some texts.
pub(super) fn fit(
    corpus: &Corpus,
    texts: &[u32],
    labels: &[u32],
    names: &[&str],
    temperature: f32,
    note: Option<&Note<'_>>,
    options: &Options,
) -> Result<Model, TrainError> {
    let vocabulary = Vocabulary::new(corpus, texts, options);
    if vocabulary.numbers.is_empty() {
        return Err(TrainError::NoGrams);
    }
    let vectors = Vectors::new(corpus, texts, &vocabulary, options);
    let labels: Vec<u32> = texts.iter().filter_map(|text| labels.get(*text as usize).copied()).collect();
    let rows = vocabulary.numbers.len();
    let mut head = Head {
        classes: names.len(),
        rows,
        pairs: 0,
        names: names.iter().map(|name| 2 + name.len()).sum(),
        note: note.map_or(0, |note| note.text().len()),
        grams: options.grams,
        wide: names.len() > 256,
        temperature,
        letters: options.letters,
        idf_scale: vocabulary.idf_scale,
        weight_scale: 0.0,
        least_idf: vocabulary.least_idf,
    };
    let empty = head.parts().map_or(usize::MAX, |parts| parts.note.end);
    let most = options.most_bytes.saturating_sub(empty) / if head.wide { 3 } else { 2 };
    if most < rows.min(1 << 12) {
        return Err(TrainError::Small { needed: empty, most: options.most_bytes });
    }
    let (bias, weights) = weights(&vectors, &labels, &vocabulary, names.len(), most, options);
    head.pairs = weights.len();
    let largest = weights.iter().map(|weight| weight.weight.abs()).fold(0.0, f32::max);
    head.weight_scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
    let bytes = encode(&head, &vocabulary, &bias, &weights, names, note);
    Model::read(bytes).map_err(|_| TrainError::Option("a category's code is longer than 65,535 bytes"))
}

/// Bias of every class, and the weights that say most, by row and class.
fn weights(
    vectors: &Vectors,
    labels: &[u32],
    vocabulary: &Vocabulary,
    classes: usize,
    most: usize,
    options: &Options,
) -> (Vec<f32>, Vec<Weight>) {
    let rows = vocabulary.numbers.len();
    let groups = classes.div_ceil(LANES);
    // A group whose classes say more than others' gets twice its share before all are compared.
    let of_group = (2 * most / groups).max(most.min(1 << 16));
    let solved = in_threads(groups, options.threads, |group| {
        let first = group * LANES;
        let solved = solve(vectors, labels, rows, first as u32, classes, options);
        let lanes = (classes - first).min(LANES);
        let mut weights = Vec::new();
        for (row, (own, level)) in (0_u32..).zip(solved.weights.iter().zip(&vocabulary.levels)) {
            let idf = vocabulary.least_idf + f32::from(*level) * vocabulary.idf_scale;
            for (class, weight) in (first as u16..).zip(own.iter().take(lanes)) {
                if *weight != 0.0 {
                    weights.push(Weight { row, class, weight: *weight, says: (weight * idf).abs() });
                }
            }
        }
        strongest(&mut weights, of_group);
        (solved.bias.into_iter().take(lanes).collect::<Vec<_>>(), weights)
    });
    let (biases, weights): (Vec<_>, Vec<_>) = solved.into_iter().unzip();
    let mut weights: Vec<Weight> = weights.into_iter().flatten().collect();
    strongest(&mut weights, most);
    weights.sort_unstable_by_key(|weight| (weight.row, weight.class));
    (biases.concat(), weights)
}

fn strongest(weights: &mut Vec<Weight>, most: usize) {
    if weights.len() > most {
        let order =
            |a: &Weight, b: &Weight| b.says.total_cmp(&a.says).then_with(|| (a.row, a.class).cmp(&(b.row, b.class)));
        weights.select_nth_unstable_by(most, order);
        weights.truncate(most);
    }
}

fn encode(
    head: &Head,
    vocabulary: &Vocabulary,
    bias: &[f32],
    weights: &[Weight],
    names: &[&str],
    note: Option<&Note<'_>>,
) -> Vec<u8> {
    let mut sealed = Vec::new();
    head.write(&mut sealed);
    bias.iter().for_each(|bias| sealed.extend(bias.to_le_bytes()));
    let mut row = 0_usize;
    for bucket in 0..=BUCKETS as u32 {
        while vocabulary.numbers.get(row).is_some_and(|number| number >> 16 < bucket) {
            row += 1;
        }
        sealed.extend((row as u32).to_le_bytes());
    }
    let mut pair = 0_usize;
    for row in 0..=vocabulary.numbers.len() as u32 {
        while weights.get(pair).is_some_and(|weight| weight.row < row) {
            pair += 1;
        }
        sealed.extend((pair as u32).to_le_bytes());
    }
    vocabulary.numbers.iter().for_each(|number| sealed.extend((*number as u16).to_le_bytes()));
    sealed.extend(&vocabulary.levels);
    for weight in weights {
        if head.wide { sealed.extend(weight.class.to_le_bytes()) } else { sealed.push(weight.class as u8) }
    }
    for weight in weights {
        let level = (weight.weight / head.weight_scale).round().clamp(-127.0, 127.0) as i8;
        sealed.push(level.cast_unsigned());
    }
    for name in names {
        sealed.extend((name.len() as u16).to_le_bytes());
        sealed.extend(name.as_bytes());
    }
    if let Some(note) = note {
        sealed.extend(note.text().as_bytes());
    }
    let mut bytes = Vec::with_capacity(SEALED_FROM + sealed.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(((SEALED_FROM + sealed.len()) as u32).to_le_bytes());
    bytes.extend(Sha256::digest(&sealed));
    bytes.extend(sealed);
    bytes
}
