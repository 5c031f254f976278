//! What a plug-in says is advice: the check against the dictionaries before the core takes it.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use veche_domain::code::{BlockCode, CategoryCode};
use veche_domain::decision::{Assignment, Candidate, Reason, Routing};
use veche_domain::dictionary::{Category, Dictionaries};

/// Most candidates that a categorizer may give, and reasons of one answer.
const CANDIDATE_LIMIT: usize = 16;
/// Most characters of a reason or a question.
const MESSAGE_LIMIT: usize = 1_000;
/// Latest term that is believed, days after receipt.
const TERM_LIMIT_DAYS: i64 = 5 * 366;

/// What an answer is held against.
pub(crate) struct Rubric<'a> {
    /// Dictionaries.
    pub(crate) dictionaries: &'a Dictionaries,
    /// Codes of plug-ins that stand for codes of the region.
    pub(crate) category_map: &'a BTreeMap<String, CategoryCode>,
    /// Block that the binding serves.
    pub(crate) block: Option<&'a BlockCode>,
    /// Local day of receipt.
    pub(crate) today: NaiveDate,
}

/// Candidates with the categories that they name.
///
/// # Errors
/// What breaks the contract.
pub(crate) fn check_candidates<'a>(
    rubric: &Rubric<'a>,
    candidates: &[Candidate],
) -> Result<Vec<(&'a Category, f32)>, String> {
    if candidates.len() > CANDIDATE_LIMIT {
        return Err(format!("{} candidates, at most {CANDIDATE_LIMIT} are taken", candidates.len()));
    }
    let mut seen = HashSet::new();
    candidates
        .iter()
        .map(|candidate| {
            let mapped = rubric.category_map.get(&candidate.category);
            let code = mapped.map_or(candidate.category.as_str(), |code| code.as_str());
            let shown: String = code.chars().take(120).collect();
            let category = rubric
                .dictionaries
                .category(code, rubric.today)
                .ok_or_else(|| format!("category {shown:?} is unknown or not in force on {}", rubric.today))?;
            if !seen.insert(&category.code) {
                return Err(format!("category {shown:?} is given twice"));
            }
            if let Some(block) = rubric.block.filter(|block| **block != category.block) {
                return Err(format!("category {shown:?} is of block {}, the binding serves {block}", category.block));
            }
            if !(0.0..=1.0).contains(&candidate.confidence) {
                return Err(format!("confidence {} of {shown:?} is not from 0 to 1", candidate.confidence));
            }
            check_reasons(&candidate.reasons)?;
            Ok((category, candidate.confidence))
        })
        .collect()
}

/// A routing of an appeal that was received at this moment.
///
/// # Errors
/// What breaks the contract.
pub(crate) fn check_routing(rubric: &Rubric<'_>, received: DateTime<Utc>, routing: &Routing) -> Result<(), String> {
    match routing {
        Routing::NoOpinion => Ok(()),
        Routing::NeedsPerson(question) if question.chars().count() > MESSAGE_LIMIT => {
            Err(format!("the question has over {MESSAGE_LIMIT} characters"))
        }
        Routing::NeedsPerson(_) => Ok(()),
        Routing::Assigned(assignment) => check_assignment(rubric, received, assignment),
    }
}

fn check_assignment(rubric: &Rubric<'_>, received: DateTime<Utc>, assignment: &Assignment) -> Result<(), String> {
    if rubric.dictionaries.body(&assignment.body).is_none() {
        let shown: String = assignment.body.chars().take(120).collect();
        return Err(format!("body {shown:?} is unknown"));
    }
    let latest = received + chrono::TimeDelta::days(TERM_LIMIT_DAYS);
    let mut kinds = HashSet::new();
    for clock in &assignment.clocks {
        if !kinds.insert(clock.kind) {
            return Err(format!("the clock {} is given twice", clock.kind));
        }
        // Guests count in whole seconds.
        if clock.due.timestamp() < received.timestamp() || clock.due > latest {
            return Err(format!("the clock {} is due on {}, before the receipt or too late", clock.kind, clock.due));
        }
        if clock.basis.chars().count() > MESSAGE_LIMIT {
            return Err(format!("the basis of the clock {} has over {MESSAGE_LIMIT} characters", clock.kind));
        }
    }
    check_reasons(&assignment.reasons)
}

fn check_reasons(reasons: &[Reason]) -> Result<(), String> {
    if reasons.len() > CANDIDATE_LIMIT {
        return Err(format!("{} reasons, at most {CANDIDATE_LIMIT} are taken", reasons.len()));
    }
    for reason in reasons {
        let long = |text: &String| text.chars().count() > MESSAGE_LIMIT;
        if long(&reason.message) || reason.evidence.len() > 100 || reason.evidence.iter().any(long) {
            return Err(format!("a reason has over {MESSAGE_LIMIT} characters or over 100 pieces of evidence"));
        }
    }
    Ok(())
}
