//! Support vector classifiers, each class against the rest: squared hinge loss, L2 norm, solved in the dual by
//! coordinate descent (Hsieh et al., 2008), for as many classes at once as fit a few vector registers. Classes do not
//! depend on each other, so neither groups nor threads change the result.

#![allow(clippy::indexing_slicing)] // Hot loops over arrays that are made here, with indices that are made with them.

use super::corpus::Vectors;
use super::{Options, Random};

/// Classes that are solved at once.
pub(super) const LANES: usize = 16;
/// Passes over the texts at most.
const MOST_PASSES: usize = 30;
/// A pass in which no multiplier would move further than this ends the work.
const TOLERANCE: f32 = 0.05;
/// Up to so many lanes that move, each is moved alone.
const FEW: usize = 3;

/// Weights of some classes.
pub(super) struct Solved {
    /// By row.
    pub(super) weights: Vec<[f32; LANES]>,
    pub(super) bias: [f32; LANES],
}

/// Solves the classes from `first` on.
pub(super) fn solve(
    vectors: &Vectors,
    labels: &[u32],
    rows: usize,
    first: u32,
    classes: usize,
    options: &Options,
) -> Solved {
    let count = vectors.len();
    let lanes = (classes - first as usize).min(LANES);
    let costs = costs(labels, first, classes, options);
    let squares: Vec<f32> =
        (0..count).map(|text| vectors.of(text).1.iter().map(|share| share * share).sum::<f32>() + 1.0).collect();
    let mut solved = Solved { weights: vec![[0.0; LANES]; rows], bias: [0.0; LANES] };
    let mut multipliers = vec![[0.0_f32; LANES]; count];
    // Passes for which a text at rest is left alone.
    let mut rests = vec![0_u8; count];
    let mut order: Vec<u32> = (0..count as u32).collect();
    let mut random = Random(options.seed);
    for pass in 0..MOST_PASSES {
        random.shuffle(&mut order);
        let mut furthest = 0.0_f32;
        let last = pass + 1 == MOST_PASSES;
        for &text in &order {
            let text = text as usize;
            if rests[text] > 0 && !last {
                rests[text] -= 1;
                continue;
            }
            let (known, shares) = vectors.of(text);
            let mut sums = solved.bias;
            for (row, share) in known.iter().zip(shares) {
                let weights = &solved.weights[*row as usize];
                for lane in 0..LANES {
                    sums[lane] += weights[lane] * share;
                }
            }
            let own = labels[text].wrapping_sub(first) as usize;
            let multipliers = &mut multipliers[text];
            let mut steps = [0.0_f32; LANES];
            let (mut moved, mut most) = (0, 0.0_f32);
            for lane in 0..lanes {
                let (sign, cost) = if lane == own { (1.0, costs.own[lane]) } else { (-1.0, costs.others) };
                let diagonal = 0.5 / cost;
                let before = multipliers[lane];
                let gradient = sign * sums[lane] - 1.0 + diagonal * before;
                let projected = if before == 0.0 { gradient.min(0.0) } else { gradient };
                if projected.abs() < 1e-6 {
                    continue;
                }
                let after = (before - gradient / (squares[text] + diagonal)).max(0.0);
                multipliers[lane] = after;
                steps[lane] = (after - before) * sign;
                moved += 1;
                most = most.max(projected.abs());
            }
            furthest = furthest.max(most);
            if most < TOLERANCE / 5.0 {
                rests[text] = 3;
            }
            if moved == 0 {
                continue;
            }
            for (bias, step) in solved.bias.iter_mut().zip(&steps) {
                *bias += step;
            }
            if moved <= FEW {
                for lane in (0..lanes).filter(|lane| steps[*lane] != 0.0) {
                    for (row, share) in known.iter().zip(shares) {
                        solved.weights[*row as usize][lane] += steps[lane] * share;
                    }
                }
            } else {
                for (row, share) in known.iter().zip(shares) {
                    let weights = &mut solved.weights[*row as usize];
                    for lane in 0..LANES {
                        weights[lane] += steps[lane] * share;
                    }
                }
            }
        }
        if furthest < TOLERANCE {
            break;
        }
    }
    solved
}

/// What a mistake on a class's own examples costs, and on the others.
struct Costs {
    own: [f32; LANES],
    others: f32,
}

fn costs(labels: &[u32], first: u32, classes: usize, options: &Options) -> Costs {
    let mut counts = [0_u32; LANES];
    for label in labels {
        if let Some(count) = counts.get_mut(label.wrapping_sub(first) as usize) {
            *count += 1;
        }
    }
    let usual = labels.len() as f32 / classes as f32;
    let own = counts.map(|count| options.cost * (usual / count.max(1) as f32).max(1.0).powf(options.balance));
    Costs { own, others: options.cost }
}
