//! Evaluation: the pipeline on labelled appeals, stored nowhere; how often it agrees with what people said.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use veche_domain::appeal::{Appeal, AppealId};
use veche_domain::calendar::local_date;
use veche_domain::code::BodyCode;
use veche_domain::decision::{Effect, State};
use veche_domain::dictionary::{Category, Dictionaries, fold_name};
use veche_sandbox::Threads;

use crate::error::AppError;
use crate::files::{Labelled, Labels};
use crate::pipeline::{decide, decide_with_category};
use crate::rules::Rules;

/// Agreement on one code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Labelled so.
    pub labelled: u64,
    /// Of these, answered so.
    pub right: u64,
    /// Answered so in all.
    pub answered: u64,
}

/// A pair that is mistaken often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// What people said.
    pub labelled: String,
    /// What the rules said; empty for nothing.
    pub answered: String,
    /// How often.
    pub count: u64,
}

/// One side of the evaluation: categories or bodies.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Side {
    /// Rows with a label that the dictionaries know.
    pub labelled: u64,
    /// Rows that the rules answered.
    pub answered: u64,
    /// Rows where both agree.
    pub right: u64,
    /// `right / labelled`; none without labels.
    pub accuracy: Option<f64>,
    /// `answered / labelled`; none without labels.
    pub coverage: Option<f64>,
    /// Labels that the dictionaries do not know, and how often.
    pub unknown_labels: BTreeMap<String, u64>,
    /// By code.
    pub by_code: BTreeMap<String, Score>,
    /// The most frequent mistakes, at most 20.
    pub confusions: Vec<Confusion>,
    #[serde(skip)]
    pairs: HashMap<(String, String), u64>,
}

impl Side {
    fn add(&mut self, labelled: &str, answered: Option<&str>) {
        self.labelled += 1;
        self.by_code.entry(labelled.to_owned()).or_default().labelled += 1;
        if let Some(answered) = answered {
            self.answered += 1;
            self.by_code.entry(answered.to_owned()).or_default().answered += 1;
        }
        if answered == Some(labelled) {
            self.right += 1;
            self.by_code.entry(labelled.to_owned()).or_default().right += 1;
        } else {
            *self.pairs.entry((labelled.to_owned(), answered.unwrap_or_default().to_owned())).or_default() += 1;
        }
    }

    fn finish(&mut self) {
        #[allow(clippy::cast_precision_loss)] // Counts are far below 2^52.
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        self.accuracy = share(self.right, self.labelled);
        self.coverage = share(self.answered, self.labelled);
        let mut pairs: Vec<_> = self.pairs.drain().collect();
        pairs.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        self.confusions = pairs
            .into_iter()
            .take(20)
            .map(|((labelled, answered), count)| Confusion { labelled, answered, count })
            .collect();
    }
}

/// The whole evaluation.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Evaluation {
    /// Rows evaluated.
    pub rows: u64,
    /// Rows that could not be read.
    pub rejected: u64,
    /// Categories.
    pub category: Side,
    /// Bodies.
    pub body: Side,
    /// Questions that went to the manual queue.
    pub manual: u64,
    /// Plug-in calls.
    pub calls: u64,
    /// Calls that faulted.
    pub faults: u64,
    /// Median and largest time of a call, microseconds.
    pub call_us: (u64, u64),
    /// Median fuel of a call.
    pub fuel: u64,
    /// Seconds for the pipeline, without reading.
    pub seconds: f64,
    /// Rows a second.
    pub rows_per_second: f64,
    #[serde(skip)]
    samples: Vec<(u64, u64)>,
    #[serde(skip)]
    spent: Duration,
}

/// Which part of a labelled row is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing: the rules find category and body.
    Nothing,
    /// The category: the rules find the body alone.
    Category,
}

impl Evaluation {
    /// Runs the rules on some rows.
    ///
    /// # Errors
    /// [`AppError::Stopped`] if the work was lost.
    pub async fn add(
        &mut self,
        threads: &Threads,
        rules: &Arc<Rules>,
        rows: Vec<Labelled>,
        known: Known,
    ) -> Result<(), AppError> {
        let started = Instant::now();
        let size = rows.len().div_ceil(threads.count()).max(1);
        let mut rest = rows.into_iter();
        let mut jobs = Vec::new();
        loop {
            let part: Vec<Labelled> = rest.by_ref().take(size).collect();
            if part.is_empty() {
                break;
            }
            let (threads, rules) = (threads.clone(), rules.clone());
            jobs.push(tokio::spawn(async move {
                threads.run(move || part.into_iter().map(|row| run(&rules, row, known)).collect::<Vec<_>>()).await
            }));
        }
        for job in jobs {
            for (labels, effect, received) in job.await.map_err(|_| AppError::Stopped)?? {
                self.count(rules, &labels, &effect, received, known);
            }
        }
        self.spent += started.elapsed();
        Ok(())
    }

    fn count(&mut self, rules: &Rules, labels: &Labels, effect: &Effect, day: chrono::NaiveDate, known: Known) {
        self.rows += 1;
        let verdict = effect.verdicts.first();
        if let Some(label) = &labels.category {
            match category_of(rules, label, day) {
                Some(category) if known == Known::Nothing => {
                    let answered = verdict.and_then(|v| v.category.as_ref()).map(|c| c.as_str());
                    // Nobody could name it, and people said «прочие»: that is what a person would have set.
                    let right =
                        if answered.is_none() && category.other { Some(category.code.as_str()) } else { answered };
                    self.category.add(category.code.as_str(), right);
                }
                Some(_) => {}
                None => *self.category.unknown_labels.entry(label.clone()).or_default() += 1,
            }
        }
        if let Some(label) = &labels.body {
            match body_of(&rules.dictionaries, label) {
                Some(body) => {
                    self.body.add(body.as_str(), verdict.and_then(|v| v.body.as_ref()).map(|b| b.as_str()));
                }
                None => *self.body.unknown_labels.entry(label.clone()).or_default() += 1,
            }
        }
        self.manual += effect.verdicts.iter().filter(|v| v.state == State::NeedsPerson).count() as u64;
        for decision in &effect.decisions {
            self.calls += 1;
            self.faults += u64::from(decision.outcome.is_fault());
            self.samples.push((decision.duration_us, decision.fuel));
        }
    }

    /// Works out the shares.
    pub fn finish(&mut self) {
        self.category.finish();
        self.body.finish();
        self.seconds = self.spent.as_secs_f64();
        #[allow(clippy::cast_precision_loss)]
        let rows = self.rows as f64;
        self.rows_per_second = if self.seconds > 0.0 { rows / self.seconds } else { 0.0 };
        self.samples.sort_unstable();
        let middle = self.samples.get(self.samples.len() / 2).copied().unwrap_or_default();
        self.call_us = (middle.0, self.samples.last().copied().unwrap_or_default().0);
        self.samples.sort_unstable_by_key(|(_, fuel)| *fuel);
        self.fuel = self.samples.get(self.samples.len() / 2).copied().unwrap_or_default().1;
    }
}

fn run(rules: &Rules, row: Labelled, known: Known) -> (Labels, Effect, chrono::NaiveDate) {
    let appeal = Appeal { id: AppealId::new(), content: row.appeal };
    let day = local_date(appeal.content.received_at, rules.zone());
    let category = match known {
        Known::Category => row.labels.category.as_deref().and_then(|label| category_of(rules, label, day)),
        Known::Nothing => None,
    };
    let effect = match category {
        Some(category) => decide_with_category(rules, &appeal, 0, category),
        None => decide(rules, &appeal),
    };
    (row.labels, effect, day)
}

/// The category that a label means: by the ruleset's map, by code, or by name.
#[must_use]
pub fn category_of<'a>(rules: &'a Rules, label: &str, day: chrono::NaiveDate) -> Option<&'a Category> {
    let label = label.trim();
    let code = rules.ruleset.category_map.get(label).map_or(label, |c| c.as_str());
    rules.dictionaries.category(code, day).or_else(|| {
        let wanted = fold_name(label);
        rules.dictionaries.data().categories.iter().find(|c| c.in_force(day) && fold_name(&c.name) == wanted)
    })
}

fn body_of<'a>(dictionaries: &'a Dictionaries, label: &str) -> Option<&'a BodyCode> {
    let label = label.trim();
    if let Some(body) = dictionaries.body(label) {
        return Some(&body.code);
    }
    let wanted = fold_name(label);
    let named = |name: &String| fold_name(name) == wanted;
    dictionaries
        .data()
        .bodies
        .iter()
        .find(|b| named(&b.name) || b.short_name.as_ref().is_some_and(named))
        .map(|b| &b.code)
}
