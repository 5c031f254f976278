//! Corrections by people: another category, another body. Each is an event with a reason.

use std::collections::BTreeMap;

use chrono::Utc;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::appeal::AppealId;
use veche_domain::calendar::local_date;
use veche_domain::code::{BodyCode, CategoryCode, RegionCode};
use veche_domain::decision::{Event, EventKind, Source, State, Verdict};
use veche_store::Store;

use crate::error::AppError;
use crate::pipeline::decide_with_category;
use crate::rules::RuleBook;

/// What a person changes on one question.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Correction {
    /// Question, from 0.
    pub question: u32,
    /// New category; the rules then route by it unless a body is given too.
    pub category: Option<CategoryCode>,
    /// New body (a redirect).
    pub body: Option<BodyCode>,
    /// Why. Required.
    pub reason: String,
    /// Version of the question that the person saw; a later change by somebody else is then a conflict.
    pub version: Option<i64>,
}

/// Applies a correction; the new version of the question.
///
/// # Errors
/// Unknown appeal, question, category or body; no reason; a conflict with a later change.
pub async fn correct(
    store: &Store,
    rules: &RuleBook,
    region: &RegionCode,
    id: AppealId,
    correction: Correction,
    actor: &Actor,
) -> Result<i64, AppError> {
    let reason = correction.reason.trim();
    if reason.is_empty() || reason.chars().count() > 2_000 {
        return Err(AppError::Invalid {
            field: "reason",
            reason: "say why, in 1 to 2,000 characters: the reason is kept with the appeal".into(),
        });
    }
    if correction.category.is_none() && correction.body.is_none() {
        return Err(AppError::Invalid { field: "category", reason: "give a new category, a new body or both".into() });
    }
    let active = rules.active(region).await?.ok_or_else(|| AppError::NoRuleset { region: region.to_string() })?;
    let stored =
        store.appeal(region, id).await?.ok_or_else(|| AppError::Unknown { what: "appeal", code: id.to_string() })?;
    let row = stored
        .questions
        .iter()
        .find(|row| row.verdict.question == correction.question)
        .ok_or_else(|| AppError::Unknown { what: "question", code: correction.question.to_string() })?;
    let before = row.verdict.clone();
    let mut after = before.clone();
    let mut events = Vec::new();
    let mut event = |kind, data: BTreeMap<String, String>| {
        events.push(Event {
            id: Uuid::now_v7(),
            appeal: id,
            question: Some(correction.question),
            kind,
            actor: Some(actor.name.clone()),
            reason: Some(reason.to_owned()),
            data,
            at: Utc::now(),
        });
    };
    if let Some(code) = &correction.category {
        let today = local_date(stored.appeal.content.received_at, active.zone());
        let category = active
            .dictionaries
            .category(code.as_str(), today)
            .ok_or_else(|| AppError::Unknown { what: "category", code: code.to_string() })?;
        if correction.body.is_none() {
            // The rules route by what the person said; their advice is not stored as a decision of its own.
            let effect = decide_with_category(&active, &stored.appeal, correction.question, category);
            if let Some(verdict) = effect.verdicts.into_iter().next() {
                after = verdict;
            }
        }
        after.category = Some(category.code.clone());
        after.category_source = Some(Source::Person);
        after.confidence = None;
        event(EventKind::Recategorized, change("category", before.category.as_ref(), Some(code)));
    }
    if let Some(code) = &correction.body {
        let body = active
            .dictionaries
            .body(code.as_str())
            .ok_or_else(|| AppError::Unknown { what: "body", code: code.to_string() })?;
        after.body = Some(body.code.clone());
        after.body_source = Some(Source::Person);
        after.decided_by = None;
        after.ask = None;
        after.state = State::Assigned;
    }
    if after.body != before.body {
        event(EventKind::Redirected, change("body", before.body.as_ref(), after.body.as_ref()));
    }
    after.needs_review = after.state == State::NeedsPerson;
    keep_running_state(&before, &mut after);
    Ok(store.correct(region, id, correction.question, correction.version, &after, &events, actor).await?)
}

/// Work that a body has begun stays begun when only the category changes.
fn keep_running_state(before: &Verdict, after: &mut Verdict) {
    if before.body == after.body && before.state > State::Assigned {
        after.state = before.state;
    }
}

fn change<C: std::fmt::Display>(what: &str, from: Option<&C>, to: Option<&C>) -> BTreeMap<String, String> {
    let text = |value: Option<&C>| value.map(ToString::to_string).unwrap_or_default();
    BTreeMap::from([(format!("{what}_from"), text(from)), (format!("{what}_to"), text(to))])
}
