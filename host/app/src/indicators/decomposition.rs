//! The decomposition of `other` (clause 20): which words are frequent there and rare elsewhere in the block, which appeals
//! hold them, and which categories could be split off. People decide; what they accept becomes effective-dated categories.

use std::collections::BTreeMap;

use chrono::{NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::appeal::{AppealId, NewAppeal};
use veche_domain::calendar::local_date;
use veche_domain::code::{BlockCode, BodyCode, CategoryCode, RegionCode};
use veche_domain::dictionary::{Category, Dictionaries, fold_name};
use veche_domain::indicator::Period;
use veche_store::{DecompositionRow, DecompositionState};

use crate::App;
use crate::error::AppError;
use crate::regions::save_dictionaries_data;
use crate::vocabulary::Vocabulary;

use super::{dictionaries, span};

/// Appeals of one category that are read.
const TEXTS: i64 = 500;
/// Terms that are told.
const TERMS: usize = 20;
/// Categories that are suggested.
const SPLITS: usize = 5;
/// Examples of one suggestion.
const EXAMPLES: usize = 5;

/// A term that is frequent in `other` and rare elsewhere in the block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// A form of the word.
    pub word: String,
    /// Log odds against the rest of the block.
    pub weight: f64,
    /// Appeals in `other` that hold it.
    pub appeals: usize,
}

/// A category that could be split off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// Its words.
    pub words: Vec<String>,
    /// Appeals that would go there, of those read.
    pub appeals: usize,
    /// Some of them. Ids alone: who may read them opens them.
    pub examples: Vec<AppealId>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Appeals in `other` that were read.
    pub read: usize,
    /// Terms, strongest first.
    pub terms: Vec<Term>,
    /// Suggestions, largest first.
    pub splits: Vec<Split>,
}

/// A category that somebody accepts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct NewCategory {
    /// Code, under the block.
    pub code: CategoryCode,
    /// Name.
    pub name: String,
    /// English name.
    #[serde(default)]
    pub name_en: Option<String>,
    /// Body that acts by default; that of `other` where missing.
    #[serde(default)]
    pub default_body: Option<BodyCode>,
    /// First day in force.
    pub valid_from: NaiveDate,
}

/// Opens the decomposition of a block, or brings the open one up to date.
pub(super) async fn open(
    app: &App,
    region: &RegionCode,
    block: &str,
    period: Period,
    share: f64,
    threshold: f64,
    actor: &Actor,
) -> Result<(), AppError> {
    let dictionaries = dictionaries(app, region).await?;
    let report = look(app, region, block, period, &dictionaries).await?;
    let block = BlockCode::new(block).map_err(|e| AppError::Invalid { field: "block", reason: e.to_string() })?;
    let row = DecompositionRow {
        id: Uuid::now_v7(),
        block,
        first: period.first,
        last: period.last,
        share,
        threshold,
        state: DecompositionState::Open,
        report: serde_json::to_value(&report).unwrap_or_default(),
        closed_by: None,
        reason: None,
        created_at: Utc::now(),
    };
    Ok(app.store.open_decomposition(region, &row, actor).await?)
}

/// Reads `other` and the rest of the block.
async fn look(
    app: &App,
    region: &RegionCode,
    block: &str,
    period: Period,
    dictionaries: &Dictionaries,
) -> Result<Report, AppError> {
    let span = span(region, &period, dictionaries, Utc::now());
    let mut vocabulary = Vocabulary::default();
    let mut others: Vec<(AppealId, String)> = Vec::new();
    let categories: Vec<&Category> =
        dictionaries.data().categories.iter().filter(|c| c.block.as_str() == block).collect();
    for category in categories {
        let label = if category.other { "other" } else { "rest" };
        for (id, content) in app.store.texts_of_category(&span, category.code.as_str(), TEXTS).await? {
            let Ok(content) = serde_json::from_value::<NewAppeal>(content) else { continue };
            // A name or a number must not become a term.
            let text = veche_domain::mask::mask(&content.text, &content.applicant.identifying()).into_owned();
            vocabulary.add(label, &text);
            if category.other {
                others.push((id, fold_name(&text)));
            }
        }
    }
    Ok(report_of(&vocabulary.words("other"), &others))
}

fn report_of(words: &[(&str, f64)], others: &[(AppealId, String)]) -> Report {
    // The beginning of a word stands for its forms.
    let root = |word: &str| word.chars().take(word.chars().count().saturating_sub(2).max(3)).collect::<String>();
    let holds = |text: &str, word: &str| {
        let root = root(word);
        text.split(|c: char| !c.is_alphanumeric()).any(|other| other.starts_with(&root))
    };
    let mut terms = Vec::new();
    let mut splits: Vec<Split> = Vec::new();
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    for (word, weight) in words.iter().take(TERMS) {
        let found: Vec<usize> = (0..).zip(others).filter(|(_, (_, text))| holds(text, word)).map(|(i, _)| i).collect();
        terms.push(Term { word: (*word).to_owned(), weight: *weight, appeals: found.len() });
        // A word whose appeals mostly belong to a suggestion already makes that one sharper; else it makes a new one.
        let mut known: BTreeMap<usize, usize> = BTreeMap::new();
        for split in found.iter().filter_map(|i| taken.get(i)) {
            *known.entry(*split).or_default() += 1;
        }
        match known.into_iter().max_by_key(|(_, count)| *count) {
            Some((split, count)) if 2 * count > found.len() => {
                if let Some(split) = splits.get_mut(split) {
                    split.words.push((*word).to_owned());
                }
            }
            _ if splits.len() < SPLITS && found.len() > 1 => {
                let fresh: Vec<usize> = found.into_iter().filter(|i| !taken.contains_key(i)).collect();
                let examples = fresh.iter().filter_map(|i| others.get(*i)).map(|(id, _)| *id).take(EXAMPLES).collect();
                splits.push(Split { words: vec![(*word).to_owned()], appeals: fresh.len(), examples });
                taken.extend(fresh.into_iter().map(|i| (i, splits.len() - 1)));
            }
            _ => {}
        }
    }
    splits.sort_by_key(|split| std::cmp::Reverse(split.appeals));
    Report { read: others.len(), terms, splits }
}

async fn find(app: &App, region: &RegionCode, id: Uuid) -> Result<DecompositionRow, AppError> {
    let unknown = || AppError::Unknown { what: "decomposition", code: id.to_string() };
    app.store.decompositions(region).await?.into_iter().find(|row| row.id == id).ok_or_else(unknown)
}

fn over(row: &DecompositionRow) -> AppError {
    let by = format!("{}, who closed it", row.closed_by.as_deref().unwrap_or("somebody"));
    AppError::InUse { what: "decomposition", code: row.id.to_string(), by }
}

/// Closes a decomposition without new categories.
///
/// # Errors
/// An unknown one, one that is closed, no reason.
pub async fn dismiss(app: &App, region: &RegionCode, id: Uuid, reason: &str, actor: &Actor) -> Result<(), AppError> {
    let row = find(app, region, id).await?;
    close(app, region, &row, DecompositionState::Dismissed, reason, actor).await
}

async fn close(
    app: &App,
    region: &RegionCode,
    row: &DecompositionRow,
    to: DecompositionState,
    reason: &str,
    actor: &Actor,
) -> Result<(), AppError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 2_000 {
        return Err(AppError::Invalid { field: "reason", reason: "say why, in 1 to 2,000 characters".into() });
    }
    if app.store.close_decomposition(region, row.id, to, reason, actor).await? { Ok(()) } else { Err(over(row)) }
}

/// Accepts new categories: the region's dictionaries get a new version with them. They decide on appeals once a ruleset
/// names that version, so an administrator drafts and activates one.
///
/// # Errors
/// An unknown or closed decomposition, no category, a day in the past, or what the dictionaries say to the codes.
pub async fn accept(
    app: &App,
    region: &RegionCode,
    id: Uuid,
    new: Vec<NewCategory>,
    reason: &str,
    actor: &Actor,
) -> Result<(), AppError> {
    let row = find(app, region, id).await?;
    if row.state != DecompositionState::Open {
        return Err(over(&row));
    }
    if new.is_empty() || new.len() > 50 {
        return Err(AppError::Invalid { field: "categories", reason: "give 1 to 50 new categories".into() });
    }
    let stored = app.region(region).await?;
    let today = local_date(Utc::now(), stored.region.time_zone);
    if let Some(early) = new.iter().find(|c| c.valid_from < today) {
        let reason = format!("{} would be in force since {}: history is not rewritten", early.code, early.valid_from);
        return Err(AppError::Invalid { field: "valid_from", reason });
    }
    let newest = app.rules.dictionaries(&stored.dictionaries).await?;
    let other = newest.other(row.block.as_str(), today).cloned();
    let mut data = newest.data().clone();
    for category in new {
        data.categories.push(Category {
            code: category.code,
            block: row.block.clone(),
            name: category.name,
            name_en: category.name_en,
            other: false,
            default_body: category.default_body.or_else(|| other.as_ref().and_then(|o| o.default_body.clone())),
            sstu: None,
            valid_from: Some(category.valid_from),
            valid_to: None,
        });
    }
    // Checked whole before the task is closed.
    Dictionaries::new(data.clone(), today).map_err(AppError::Dictionaries)?;
    close(app, region, &row, DecompositionState::Accepted, reason, actor).await?;
    save_dictionaries_data(&app.store, &data, stored.calendar, actor).await?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn words_that_stand_together_make_one_suggestion() {
        let id = AppealId::new;
        let others = vec![
            (id(), "затопило подвал водой".to_owned()),
            (id(), "подвал затоплен, вода стоит".to_owned()),
            (id(), "кошки в доме".to_owned()),
            (id(), "у дома кошка".to_owned()),
        ];
        let report = report_of(&[("подвал", 3.0), ("вода", 2.5), ("кошка", 2.0), ("редкое", 1.0)], &others);
        assert_eq!((report.read, report.terms[0].appeals, report.splits.len()), (4, 2, 2));
        assert_eq!(report.splits[0].words, ["подвал", "вода"]);
        assert_eq!(report.splits[1].examples, [others[2].0, others[3].0]);
    }
}
