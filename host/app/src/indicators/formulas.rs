//! Folds the store's counts into measurements: of the region, its blocks, categories, bodies, municipalities, and of each
//! body within a block.

use std::collections::BTreeMap;

use veche_domain::dictionary::Dictionaries;
use veche_domain::indicator::{Breakdown, Dimension, Formula, IndicatorSet, Measurement, Reactions, Tally, measure};
use veche_store::{Categories, Tallies};

/// Block of each category, and whether it is `other`. A category that was moved counts where it is now.
#[must_use]
pub fn categories_of(dictionaries: &Dictionaries) -> Categories {
    let mut categories = Categories::new();
    for category in &dictionaries.data().categories {
        categories.insert(category.code.to_string(), (category.block.to_string(), category.other));
    }
    categories
}

/// Counts of one part.
#[derive(Default)]
struct Part {
    tally: Tally,
    reactions: Reactions,
    /// Received in an `other`, and with a category.
    other: (u64, u64),
    /// On the fast track, and able to be.
    fast: (u64, u64),
}

type Codes = (Option<String>, Option<String>, Option<String>);

/// The parts that a question of a category, body and municipality belongs to.
fn parts_of(codes: &Codes, categories: &Categories) -> Vec<Breakdown> {
    let block = codes.0.as_ref().and_then(|code| categories.get(code)).map(|(block, _)| block.clone());
    let one = |dimension, code: &Option<String>| code.iter().map(move |code| [(dimension, code.clone())].into()).next();
    let mut parts = vec![Breakdown::new()];
    parts.extend(one(Dimension::Block, &block));
    parts.extend(one(Dimension::Category, &codes.0));
    parts.extend(one(Dimension::Body, &codes.1));
    parts.extend(one(Dimension::Municipality, &codes.2));
    if let (Some(block), Some(body)) = (block, &codes.1) {
        parts.push([(Dimension::Block, block), (Dimension::Body, body.clone())].into());
    }
    parts
}

/// Every built-in formula over every part, the whole region first.
#[must_use]
pub fn all(
    tallies: &Tallies,
    categories: &Categories,
    set: Option<&IndicatorSet>,
) -> BTreeMap<Formula, Vec<Measurement>> {
    let mut parts: BTreeMap<Breakdown, Part> = BTreeMap::from([(Breakdown::new(), Part::default())]);
    for (codes, tally) in &tallies.counts {
        let known = codes.0.as_ref().and_then(|code| categories.get(code));
        let fast = match set.and_then(|set| set.fast_track.as_ref()) {
            None => (tally.fast, tally.fast_eligible),
            Some(able) if codes.0.as_deref().is_some_and(|code| able.contains(code)) => (tally.fast, tally.received),
            Some(_) => (0, 0),
        };
        for breakdown in parts_of(codes, categories) {
            let part = parts.entry(breakdown).or_default();
            part.tally += tally;
            if let Some((_, other)) = known {
                part.other.0 += if *other { tally.received } else { 0 };
                part.other.1 += tally.received;
            }
            part.fast.0 += fast.0;
            part.fast.1 += fast.1;
        }
    }
    for (codes, reactions) in &tallies.reactions {
        for breakdown in parts_of(codes, categories) {
            parts.entry(breakdown).or_default().reactions.merge(reactions);
        }
    }
    Formula::ALL
        .iter()
        .map(|formula| {
            let measured = parts.iter().filter_map(|(breakdown, p)| {
                measure(*formula, &p.tally, &p.reactions, p.other, p.fast, set, breakdown.clone())
            });
            (*formula, measured.collect())
        })
        .collect()
}
