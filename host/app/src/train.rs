//! Training: a model for `categorizer-linear` of what people said of appeals, from the store or from a labelled file.
//!
//! Texts are masked as the plug-in will see them, so that a model holds no name and no number of a person that rules can
//! find. `other` is left out: it says that nobody could name the category.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use linear_model::train::{Example, Trained, train};
pub use linear_model::train::{Options, Report};
use serde::Serialize;
use veche_domain::appeal::NewAppeal;
use veche_domain::calendar::local_date;
use veche_domain::mask::mask;
use veche_store::Span;

use crate::App;
use crate::bootstrap::in_sample;
use crate::bulk;
use crate::error::AppError;
use crate::evaluate::category_of;
use crate::files::{Labelled, Profile};
use crate::rules::Rules;

/// Appeals that are read from the store at once.
const PAGE: usize = 1_024;

/// Whose word in the store is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Believed {
    /// Categories that a person named.
    People,
    /// These, and what rules said and nobody changed.
    PeopleAndUnchanged,
}

/// What was read, and what of it is no example.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Gathered {
    /// Questions, or rows of the file.
    pub rows: u64,
    /// Rows that could not be read.
    pub rejected: u64,
    /// Rows of the part that is kept for measuring.
    pub kept_apart: u64,
    /// Without a category that is believed.
    pub unlabelled: u64,
    /// Of a category `other`.
    pub other: u64,
    /// Labels that the region does not know, or that are not in force any more, and how often.
    pub unknown_labels: BTreeMap<String, u64>,
}

/// Labelled texts.
#[derive(Debug, Default)]
pub struct History {
    /// Text and category.
    examples: Vec<(String, String)>,
    gathered: Gathered,
}

/// What training came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Training {
    /// What was read.
    pub gathered: Gathered,
    /// What the held-out folds showed.
    #[serde(flatten)]
    pub report: Report,
    /// The model.
    #[serde(skip)]
    pub model: Vec<u8>,
}

impl History {
    /// Reads a labelled file. With the rules of a region, labels become its categories and others are left out; without,
    /// they stay as they are, for a region that maps them. Of the rows, `percent` by a hash of their id, as
    /// [`in_sample`] says.
    ///
    /// # Errors
    /// A file that cannot be read at all.
    pub async fn read_file(
        &mut self,
        path: &Path,
        profile: &Profile,
        rules: Option<Arc<Rules>>,
        zone: chrono_tz::Tz,
        percent: u32,
    ) -> Result<(), AppError> {
        let rejects = bulk::each_row(path, profile, rules.clone(), zone, |row| {
            self.gathered.rows += 1;
            if row.appeal.external_id.as_deref().is_none_or(|id| in_sample(id, percent)) {
                self.add_row(row, rules.as_deref());
            } else {
                self.gathered.kept_apart += 1;
            }
        })
        .await?;
        self.gathered.rows += rejects.len() as u64;
        self.gathered.rejected += rejects.len() as u64;
        Ok(())
    }

    fn add_row(&mut self, row: Labelled, rules: Option<&Rules>) {
        match (row.labels.category, rules) {
            (None, _) => self.gathered.unlabelled += 1,
            (Some(label), None) => self.add(&row.appeal, 0, label),
            (Some(label), Some(rules)) => self.add_known(rules, &row.appeal, 0, &label),
        }
    }

    /// Reads what is stored of a region.
    ///
    /// # Errors
    /// [`AppError::NoRuleset`], or the store's.
    pub async fn read_store(&mut self, app: &App, span: &Span, believed: Believed) -> Result<(), AppError> {
        let unknown = || AppError::NoRuleset { region: span.region.to_string() };
        let rules = app.rules.active(&span.region).await?.ok_or_else(unknown)?;
        let mut after = None;
        loop {
            let page = app.store.history(span, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.appeal.id);
            for past in &page {
                for question in &past.questions {
                    self.gathered.rows += 1;
                    let by = question.category_by_person || believed == Believed::PeopleAndUnchanged;
                    match &question.category {
                        Some(category) if by => {
                            let number = usize::try_from(question.question).unwrap_or(usize::MAX);
                            self.add_known(&rules, &past.appeal.content, number, category);
                        }
                        _ => self.gathered.unlabelled += 1,
                    }
                }
            }
        }
    }

    fn add_known(&mut self, rules: &Rules, appeal: &NewAppeal, question: usize, label: &str) {
        // What is in force now: a plug-in that answers anything else is at fault.
        let today = local_date(chrono::Utc::now(), rules.zone());
        match category_of(rules, label, today) {
            Some(category) if category.other => self.gathered.other += 1,
            Some(category) => self.add(appeal, question, category.code.to_string()),
            None => *self.gathered.unknown_labels.entry(label.to_owned()).or_default() += 1,
        }
    }

    fn add(&mut self, appeal: &NewAppeal, question: usize, category: String) {
        let text = mask(appeal.question_text(question), &appeal.applicant.identifying()).into_owned();
        self.examples.push((text, category));
    }

    /// Text and category of each example.
    #[must_use]
    pub fn examples(&self) -> &[(String, String)] {
        &self.examples
    }

    /// Trains a model, on a thread of its own.
    ///
    /// # Errors
    /// The examples make no model; the message says why.
    pub async fn train(self, options: Options) -> Result<Training, AppError> {
        let Self { examples, gathered } = self;
        let work = move || {
            let examples: Vec<Example<'_>> = examples.iter().map(|(text, class)| Example { text, class }).collect();
            train(&examples, &options)
        };
        let Trained { model, report } = tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| AppError::Stopped)?
            .map_err(|error| AppError::Invalid { field: "examples", reason: error.to_string() })?;
        Ok(Training { gathered, report, model: model.bytes().to_vec() })
    }
}
