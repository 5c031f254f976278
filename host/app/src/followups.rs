//! What people say became of a question: a reaction, an answer, an extension, a closing, a reopening, a mark. Each is an
//! event with an entry of the log.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::appeal::AppealId;
use veche_domain::code::RegionCode;
use veche_domain::decision::State;
use veche_domain::progress::Happened;
use veche_store::{NewAnswerDraft, Told};

use crate::App;
use crate::error::AppError;
use crate::indicators::progress::working_time;

/// Longest answer, characters.
pub const ANSWER_LIMIT: usize = 50_000;
/// Longest reason, characters.
pub const REASON_LIMIT: usize = 2_000;
/// Longest extension of an appeal under 59-FZ, days (59-ФЗ ст. 12 ч. 2).
const LONGEST_EXTENSION: TimeDelta = TimeDelta::days(30);

/// What somebody says of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowUp {
    /// Id of the event: the same one sent twice counts once.
    pub once: Uuid,
    /// Question, from 0.
    pub question: u32,
    /// What.
    pub happened: Happened,
    /// The answer, or why.
    pub said: String,
    /// Version of the question that they saw.
    pub version: i64,
}

fn invalid<T>(field: &'static str, reason: impl Into<String>) -> Result<T, AppError> {
    Err(AppError::Invalid { field, reason: reason.into() })
}

fn check_length(field: &'static str, text: &str, limit: usize) -> Result<(), AppError> {
    let length = text.chars().count();
    if length > limit {
        return invalid(field, format!("it has {length} characters, at most {limit} are kept: shorten it"));
    }
    if text.contains('\0') {
        return invalid(field, "it holds a NUL character: remove it");
    }
    Ok(())
}

/// Whether a question in a state can go on like this.
fn check_order(state: State, happened: &Happened) -> Result<(), AppError> {
    let answered = state >= State::Answered;
    let fits = match happened {
        Happened::Reacted | Happened::Answered { .. } | Happened::Extended { .. } => {
            matches!(state, State::Assigned | State::InProgress)
        }
        Happened::Closed => matches!(state, State::Assigned | State::InProgress | State::Answered),
        Happened::Reopened | Happened::Marked { .. } => answered,
        Happened::Repeated => state > State::Received,
        Happened::Redirected => false,
    };
    if fits {
        return Ok(());
    }
    invalid("kind", format!("`{}` does not follow on `{state}`", happened.event_kind().as_str()))
}

/// Keeps what somebody says of a question; the new version of the question.
///
/// # Errors
/// Unknown appeal or question; what does not follow on its state; a text that is missing or too long; a term that is no
/// extension; a conflict with a later change.
pub async fn follow_up(
    app: &App,
    region: &RegionCode,
    id: AppealId,
    what: &FollowUp,
    actor: &Actor,
) -> Result<i64, AppError> {
    let said = what.said.trim();
    match &what.happened {
        Happened::Answered { .. } => {
            check_length("text", said, ANSWER_LIMIT)?;
            if said.is_empty() {
                return invalid("text", "an answer needs a text");
            }
        }
        Happened::Reopened | Happened::Extended { .. } if said.is_empty() => {
            return invalid("reason", "say why, in 1 to 2,000 characters: the reason is kept with the appeal");
        }
        _ => check_length("reason", said, REASON_LIMIT)?,
    }
    if let Happened::Marked { mark } = what.happened
        && !(1..=5).contains(&mark)
    {
        return invalid("mark", format!("a mark is 1 to 5, this is {mark}"));
    }
    let unknown = |what, code: String| AppError::Unknown { what, code };
    let stored = app.store.appeal(region, id).await?.ok_or_else(|| unknown("appeal", id.to_string()))?;
    let row = stored.questions.iter().find(|row| row.verdict.question == what.question);
    let row = row.ok_or_else(|| unknown("question", what.question.to_string()))?;
    // A form that was sent before is looked for by the store; here it must not fail for what itself has changed.
    if row.version == what.version {
        check_order(row.verdict.state, &what.happened)?;
        if let Happened::Extended { due } = what.happened {
            let standing = app.store.standings(region, id).await?.into_iter().find(|s| s.question == what.question);
            let now_due = standing.and_then(|standing| standing.due_at);
            check_extension(stored.appeal.content.regime.as_str(), now_due, due, Utc::now())?;
        }
    }
    let row = app.region(region).await?;
    let time = working_time(app, region, &row).await?;
    let told = Told {
        once: what.once,
        appeal: id,
        question: what.question,
        happened: what.happened.clone(),
        said: Some(said).filter(|said| !said.is_empty()),
        version: what.version,
        actor,
    };
    Ok(app.store.tell(region, &told, &|body, from, to| time.minutes(body, from, to)).await?)
}

/// An extension is registered before the term is over, goes beyond it, and under 59-FZ by thirty days at most.
fn check_extension(
    regime: &str,
    until_now: Option<DateTime<Utc>>,
    due: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let Some(until_now) = until_now else {
        return invalid("due", "the question has no term of an answer: there is nothing to extend");
    };
    if until_now < now {
        return invalid("due", "the term is over: an extension counts only if it is registered before that");
    }
    if due <= until_now {
        return invalid("due", "the new term must be later than the one until now");
    }
    if regime == "59fz" && due - until_now > LONGEST_EXTENSION + TimeDelta::hours(24) {
        return invalid("due", "an appeal under 59-FZ is extended by thirty days at most (article 12, part 2)");
    }
    Ok(())
}

/// Keeps a draft of an answer; its new version.
///
/// # Errors
/// A text that is too long; an unknown question; a conflict with a later change.
pub async fn draft_answer(
    app: &App,
    region: &RegionCode,
    draft: &NewAnswerDraft<'_>,
    actor: &Actor,
) -> Result<i64, AppError> {
    check_length("text", draft.text, ANSWER_LIMIT)?;
    let stored = app.store.appeal(region, draft.appeal).await?;
    let stored = stored.ok_or_else(|| AppError::Unknown { what: "appeal", code: draft.appeal.to_string() })?;
    let row = stored.questions.iter().find(|row| row.verdict.question == draft.question);
    let row = row.ok_or_else(|| AppError::Unknown { what: "question", code: draft.question.to_string() })?;
    check_order(row.verdict.state, &Happened::Answered { in_substance: None })?;
    Ok(app.store.save_answer_draft(region, draft, actor).await?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_comes_in_time_and_not_too_long() {
        let day = |n: u32| format!("2026-02-{n:02}T20:59:59Z").parse::<DateTime<Utc>>().unwrap();
        let check = |regime, until_now, due: DateTime<Utc>, now| check_extension(regime, until_now, due, now).is_ok();
        assert!(check("pos", Some(day(10)), day(20), day(9)));
        assert!(!check("pos", Some(day(10)), day(20), day(11)), "registered too late");
        assert!(!check("pos", Some(day(10)), day(10), day(9)), "no later than before");
        assert!(!check("pos", None, day(10), day(9)), "nothing to extend");
        assert!(check("59fz", Some(day(1)), day(1) + TimeDelta::days(30), day(1) - TimeDelta::hours(1)));
        assert!(!check("59fz", Some(day(1)), day(1) + TimeDelta::days(32), day(1) - TimeDelta::hours(1)));
    }

    #[test]
    fn what_happens_follows_on_the_state() {
        let fits = |state, happened| check_order(state, &happened).is_ok();
        assert!(fits(State::Assigned, Happened::Answered { in_substance: None }));
        assert!(!fits(State::NeedsPerson, Happened::Answered { in_substance: None }), "nobody has it yet");
        assert!(!fits(State::Answered, Happened::Answered { in_substance: None }), "twice");
        assert!(fits(State::Closed, Happened::Reopened) && !fits(State::InProgress, Happened::Reopened));
        assert!(
            fits(State::Answered, Happened::Marked { mark: 5 }) && !fits(State::Assigned, Happened::Marked { mark: 5 })
        );
        assert!(!fits(State::Assigned, Happened::Redirected), "a redirect is a correction");
    }
}
