//! What became of questions: events are added once, and the facts are folded from all of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::appeal::AppealId;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{BodyCode, ChannelCode, Digest, RegionCode};
use veche_domain::decision::{Clock, ClockKind, Event, EventKind, State};
use veche_domain::progress::{Happened, Progress};

use crate::audit::append;
use crate::db::{Store, moment, now, on_db};
use crate::error::StoreError;

/// Which appeal a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OfAppeal {
    /// By its id.
    Id(AppealId),
    /// By what its channel calls it.
    External(ChannelCode, String),
}

/// Something that happened to a question, as it was reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    /// Appeal.
    pub appeal: OfAppeal,
    /// Question, from 0.
    pub question: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub happened: Happened,
    /// In whose name.
    pub actor: Option<String>,
}

/// What became of reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Progressed {
    /// Events that are new.
    pub new: u64,
    /// Events that were there.
    pub known: u64,
    /// Reports about questions that are not there.
    pub unknown: u64,
}

/// An event's id from what it says, so that a repeated report adds nothing.
fn event_id(appeal: Uuid, report: &Reported) -> Uuid {
    let said = serde_json::json!([appeal, report.question, report.at, report.happened]);
    let digest = Digest::of(said.to_string().as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// How many working minutes of a body lie between two moments; none where its calendar does not reach.
pub type WorkingMinutes<'a> = &'a (dyn Fn(Option<&BodyCode>, DateTime<Utc>, DateTime<Utc>) -> Option<i64> + Sync);

/// Reports of one question.
type OfQuestion<'a> = (&'a OfAppeal, u32, Vec<&'a Reported>);

/// Reports by question, in the order in which the questions come.
fn by_question(reports: &[Reported]) -> Vec<OfQuestion<'_>> {
    let mut groups: Vec<OfQuestion<'_>> = Vec::new();
    let mut places = HashMap::new();
    for report in reports {
        let place = *places.entry((&report.appeal, report.question)).or_insert_with(|| {
            groups.push((&report.appeal, report.question, Vec::new()));
            groups.len() - 1
        });
        if let Some((.., group)) = groups.get_mut(place) {
            group.push(report);
        }
    }
    groups
}

/// Received, body, term of the rules.
type FactRow = (i64, Option<String>, Option<i64>);

/// Folds the events of a question into its fact and its state, in the running transaction.
macro_rules! refold {
    ($tx:ident, $id:expr, $number:expr, $fact:expr, $minutes:expr) => {{
        let (received, body, rule_due): FactRow = $fact;
        let events: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT kind, data, at FROM event WHERE appeal_id = $1 AND (question = $2 OR question IS NULL)",
        )
        .bind($id)
        .bind($number)
        .fetch_all(&mut *$tx)
        .await?;
        let progress = Progress::of(happened($id, &events)?, rule_due.map(moment));
        let body = body.as_deref().and_then(|code| BodyCode::new(code).ok());
        let reaction = progress.reacted_at.and_then(|at| $minutes(body.as_ref(), moment(received), at));
        let micros = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_micros());
        sqlx::query(
            "UPDATE fact SET due_at = $1, extended = $2, reacted_at = $3, reaction_minutes = $4, answered_at = $5, \
             in_substance = $6, closed_at = $7, reopened = $8, redirects = $9, mark = $10, \
             repeated = (repeated OR $11) WHERE appeal_id = $12 AND question = $13",
        )
        .bind(micros(progress.due_at))
        .bind(progress.due_at != rule_due.map(moment))
        .bind(micros(progress.reacted_at))
        .bind(reaction)
        .bind(micros(progress.answered_at))
        .bind(progress.in_substance)
        .bind(micros(progress.closed_at))
        .bind(i64::from(progress.reopened))
        .bind(i64::from(progress.redirects))
        .bind(progress.mark.map(i64::from))
        .bind(progress.repeated)
        .bind($id)
        .bind($number)
        .execute(&mut *$tx)
        .await?;
        if let Some(state) = progress.state() {
            // What no body has yet stays in the queue.
            sqlx::query(
                "UPDATE question SET state = $1, version = version + 1, updated_at = $2 \
                 WHERE appeal_id = $3 AND question = $4 AND state <> $1 AND state <> $5",
            )
            .bind(state.as_str())
            .bind(now())
            .bind($id)
            .bind($number)
            .bind(State::NeedsPerson.as_str())
            .execute(&mut *$tx)
            .await?;
        }
        // The term that must still be kept: the reaction until there was one, the answer with its extensions.
        let clocks: Option<(String,)> =
            sqlx::query_as("SELECT clocks FROM question WHERE appeal_id = $1 AND question = $2")
                .bind($id)
                .bind($number)
                .fetch_optional(&mut *$tx)
                .await?;
        if let Some((clocks,)) = clocks {
            let clocks: Vec<Clock> = serde_json::from_str(&clocks)?;
            let reaction = clocks.iter().find(|clock| clock.kind == ClockKind::FirstReaction).map(|clock| clock.due);
            let next = reaction.filter(|_| progress.reacted_at.is_none()).into_iter().chain(progress.due_at).min();
            sqlx::query("UPDATE question SET next_due = $1 WHERE appeal_id = $2 AND question = $3")
                .bind(micros(next))
                .bind($id)
                .bind($number)
                .execute(&mut *$tx)
                .await?;
        }
    }};
}

impl Store {
    /// Adds reports, all of a call in one transaction.
    ///
    /// # Errors
    /// Store errors; then nothing of the call was stored.
    #[allow(clippy::too_many_lines)] // One transaction, told in order.
    pub async fn report_progress(
        &self,
        region: &RegionCode,
        reports: &[Reported],
        minutes: WorkingMinutes<'_>,
    ) -> Result<Progressed, StoreError> {
        let groups = by_question(reports);
        let done = on_db!(self, write tx: DB => {
            let mut done = Progressed::default();
            for (of, question, reports) in &groups {
                let number = i64::from(*question);
                let id: Option<(Uuid,)> = match of {
                    OfAppeal::Id(id) => Some((id.0,)),
                    OfAppeal::External(channel, external) => {
                        sqlx::query_as("SELECT id FROM appeal WHERE region = $1 AND channel = $2 AND external_id = $3")
                            .bind(region.as_str())
                            .bind(channel.as_str())
                            .bind(external)
                            .fetch_optional(&mut *tx)
                            .await?
                    }
                };
                let fact: Option<FactRow> = match id {
                    None => None,
                    Some((id,)) => {
                        sqlx::query_as("SELECT received_at, body, rule_due_at FROM fact WHERE appeal_id = $1 AND question = $2 AND region = $3")
                            .bind(id)
                            .bind(number)
                            .bind(region.as_str())
                            .fetch_optional(&mut *tx)
                            .await?
                    }
                };
                let (Some((id,)), Some((received, body, rule_due))) = (id, fact) else {
                    done.unknown += reports.len() as u64;
                    continue;
                };
                let mut new = 0;
                for report in reports {
                    new += sqlx::query(
                        "INSERT INTO event (id, appeal_id, region, question, kind, actor, reason, data, at) \
                         VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, $8) ON CONFLICT DO NOTHING",
                    )
                    .bind(event_id(id, report))
                    .bind(id)
                    .bind(region.as_str())
                    .bind(number)
                    .bind(report.happened.event_kind().as_str())
                    .bind(report.actor.as_deref())
                    .bind(serde_json::to_string(&report.happened.data())?)
                    .bind(report.at.timestamp_micros())
                    .execute(&mut *tx)
                    .await?
                    .rows_affected();
                }
                done.new += new;
                done.known += (reports.len() as u64).saturating_sub(new);
                if new == 0 {
                    continue;
                }
                refold!(tx, id, number, (received, body, rule_due), minutes);
            }
            done
        });
        Ok(done)
    }
}

/// What a person says became of one question.
#[derive(Debug, Clone)]
pub struct Told<'a> {
    /// Id of the event: the same form sent twice is one event.
    pub once: Uuid,
    /// Appeal.
    pub appeal: AppealId,
    /// Question, from 0.
    pub question: u32,
    /// What.
    pub happened: Happened,
    /// In their words: the answer, or why. Kept with the event, erased with the person.
    pub said: Option<&'a str>,
    /// Version of the question that they saw.
    pub version: i64,
    /// Who.
    pub actor: &'a Actor,
}

/// What the events of a question came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Question, from 0.
    pub question: u32,
    /// Term of the answer, after extensions.
    pub due_at: Option<DateTime<Utc>>,
    /// Whether it was extended.
    pub extended: bool,
    /// First reaction.
    pub reacted_at: Option<DateTime<Utc>>,
    /// The applicant's mark, 1 to 5.
    pub mark: Option<u8>,
}

impl Store {
    /// Adds what a person says of a question, with its entry of the log; the new version of the question. A form that was
    /// sent before changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] if the question has another version.
    pub async fn tell(
        &self,
        region: &RegionCode,
        told: &Told<'_>,
        minutes: WorkingMinutes<'_>,
    ) -> Result<i64, StoreError> {
        let (id, number) = (told.appeal.0, i64::from(told.question));
        let missing = || StoreError::NotFound { what: "question", code: format!("{}/{number}", told.appeal) };
        let data = serde_json::to_string(&told.happened.data())?;
        let kind = told.happened.event_kind();
        let at = now();
        let version = on_db!(self, write tx: DB => {
            let row: Option<(i64,)> =
                sqlx::query_as("SELECT version FROM question WHERE appeal_id = $1 AND question = $2 AND region = $3")
                    .bind(id)
                    .bind(number)
                    .bind(region.as_str())
                    .fetch_optional(&mut *tx)
                    .await?;
            let Some((found,)) = row else { return Err(missing()) };
            let before: Option<(Uuid,)> =
                sqlx::query_as("SELECT appeal_id FROM event WHERE id = $1").bind(told.once).fetch_optional(&mut *tx).await?;
            if before.is_some() {
                return Ok(found);
            }
            let changed = sqlx::query(
                "UPDATE question SET version = version + 1, updated_at = $1 WHERE appeal_id = $2 AND question = $3 AND version = $4",
            )
            .bind(at)
            .bind(id)
            .bind(number)
            .bind(told.version)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if changed == 0 {
                return Err(StoreError::Conflict {
                    what: "the question",
                    expected: format!("version {}", told.version),
                    found: format!("version {found}"),
                });
            }
            let fact: Option<FactRow> =
                sqlx::query_as("SELECT received_at, body, rule_due_at FROM fact WHERE appeal_id = $1 AND question = $2 AND region = $3")
                    .bind(id)
                    .bind(number)
                    .bind(region.as_str())
                    .fetch_optional(&mut *tx)
                    .await?;
            let Some(fact) = fact else { return Err(missing()) };
            sqlx::query(
                "INSERT INTO event (id, appeal_id, region, question, kind, actor, reason, data, at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(told.once)
            .bind(id)
            .bind(region.as_str())
            .bind(number)
            .bind(kind.as_str())
            .bind(told.actor.name.as_str())
            .bind(told.said)
            .bind(&data)
            .bind(at)
            .execute(&mut *tx)
            .await?;
            refold!(tx, id, number, fact, minutes);
            if kind == EventKind::Reopened {
                // Nothing is answered any more, so the fold says nothing of the state.
                sqlx::query("UPDATE question SET state = $1 WHERE appeal_id = $2 AND question = $3")
                    .bind(State::InProgress.as_str())
                    .bind(id)
                    .bind(number)
                    .execute(&mut *tx)
                    .await?;
            }
            if kind == EventKind::Answered {
                sqlx::query("DELETE FROM answer_draft WHERE appeal_id = $1 AND question = $2")
                    .bind(id)
                    .bind(number)
                    .execute(&mut *tx)
                    .await?;
            }
            let fact = Fact::new(Chain::Region(region.clone()), told.actor, Deed::FollowUp, format!("appeal {}", told.appeal))
                .detail("question", number.to_string())
                .detail("kind", kind.as_str())
                .private("said", told.said.unwrap_or_default());
            append!(tx, [&fact]);
            let (version,): (i64,) = sqlx::query_as("SELECT version FROM question WHERE appeal_id = $1 AND question = $2")
                .bind(id)
                .bind(number)
                .fetch_one(&mut *tx)
                .await?;
            version
        });
        Ok(version)
    }

    /// What the events of each question of an appeal came to.
    ///
    /// # Errors
    /// Store errors.
    pub async fn standings(&self, region: &RegionCode, appeal: AppealId) -> Result<Vec<Standing>, StoreError> {
        const SQL: &str = "SELECT question, due_at, extended, reacted_at, mark FROM fact \
             WHERE appeal_id = $1 AND region = $2 ORDER BY question";
        type Row = (i64, Option<i64>, bool, Option<i64>, Option<i64>);
        let rows: Vec<Row> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(appeal.0).bind(region.as_str()).fetch_all(pool).await?);
        let each = rows.into_iter().map(|(question, due_at, extended, reacted_at, mark)| Standing {
            question: u32::try_from(question).unwrap_or(0),
            due_at: due_at.map(moment),
            extended,
            reacted_at: reacted_at.map(moment),
            mark: mark.and_then(|mark| u8::try_from(mark).ok()),
        });
        Ok(each.collect())
    }
}

fn happened(id: Uuid, events: &[(String, String, i64)]) -> Result<Vec<(DateTime<Utc>, Happened)>, StoreError> {
    let mut happened = Vec::new();
    for (kind, data, at) in events {
        let Some(kind) = EventKind::from_code(kind) else { continue };
        let event = Event {
            id: Uuid::nil(),
            appeal: AppealId(id),
            question: None,
            kind,
            actor: None,
            reason: None,
            data: serde_json::from_str(data)?,
            at: moment(*at),
        };
        if let Some(what) = Happened::of(&event) {
            happened.push((event.at, what));
        }
    }
    Ok(happened)
}
