//! Writing: a group of appeals with their whole effects in one transaction.

use std::collections::{HashMap, HashSet};

use sqlx::QueryBuilder;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::appeal::{AppealId, Applicant, NewAppeal};
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{Digest, RegionCode};
use veche_domain::decision::{ClockKind, Decision, Effect, Event, EventKind, Verdict};
use veche_domain::ruleset::canonical_json;

use super::read::QuestionRecord;
use super::{Intake, Saved};
use crate::audit::append;
use crate::db::{Store, digest, now, on_db};
use crate::error::StoreError;
use crate::vault::Sealed;

/// Sizes of multi-row statements: few shapes, so that prepared statements are used again.
const CHUNKS: [usize; 3] = [64, 8, 1];

/// Traces of faults kept of one binding.
const TRACES_KEPT: i64 = 200;

/// Cuts rows into chunks of the few sizes.
fn chunks<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = CHUNKS.into_iter().find(|size| *size <= rows.len())?;
        let (chunk, rest) = rows.split_at_checked(size)?;
        rows = rest;
        Some(chunk)
    })
}

/// Content as stored: without the applicant's personal data, which stand apart.
fn without_person(appeal: &NewAppeal) -> Result<String, StoreError> {
    if has_person(&appeal.applicant) {
        let mut bare = appeal.clone();
        bare.applicant = Applicant { kind: appeal.applicant.kind, ..Applicant::default() };
        Ok(serde_json::to_string(&bare)?)
    } else {
        Ok(serde_json::to_string(appeal)?)
    }
}

fn has_person(applicant: &Applicant) -> bool {
    applicant.name.is_some() || applicant.phone.is_some() || applicant.email.is_some() || applicant.address.is_some()
}

fn verdict_digest(verdict: &Verdict) -> Result<Digest, StoreError> {
    Ok(Digest::of(&canonical_json(&serde_json::to_value(verdict)?)))
}

/// Earliest term that a body must still keep.
fn next_due(verdict: &Verdict) -> Option<i64> {
    let running = |kind| matches!(kind, ClockKind::FirstReaction | ClockKind::Answer | ClockKind::Extension);
    verdict.clocks.iter().filter(|c| running(c.kind)).map(|c| c.due.timestamp_micros()).min()
}

/// Last moment for the answer, in whole seconds: the extension's where there is one. Facts take it from here.
fn answer_due(verdict: &Verdict) -> Option<i64> {
    let of = |kind| verdict.clocks.iter().find(|clock| clock.kind == kind);
    let clock = of(ClockKind::Extension).or_else(|| of(ClockKind::Answer))?;
    Some(clock.due.timestamp() * 1_000_000)
}

struct QuestionValues<'a> {
    appeal: AppealId,
    verdict: &'a Verdict,
    ruleset: Digest,
    clocks: String,
}

struct DecisionValues<'a> {
    decision: &'a Decision,
    category: Option<String>,
    output: Option<String>,
}

fn small(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Multi-row INSERT of whole effects. One body for both databases.
macro_rules! insert_effects {
    ($tx:ident, $db:ty, $region:expr, $effects:expr, $now:expr) => {{
        let mut questions = Vec::new();
        let mut decisions = Vec::new();
        for effect in $effects {
            for verdict in &effect.verdicts {
                questions.push(QuestionValues {
                    appeal: effect.appeal,
                    verdict,
                    ruleset: effect.ruleset,
                    clocks: serde_json::to_string(&verdict.clocks)?,
                });
            }
            for decision in &effect.decisions {
                decisions.push(DecisionValues {
                    decision,
                    category: decision.category.as_ref().map(serde_json::to_string).transpose()?,
                    output: decision.output.as_ref().map(serde_json::to_string).transpose()?,
                });
            }
        }
        for chunk in chunks(&questions) {
            let mut query = QueryBuilder::<$db>::new(
                "INSERT INTO question (appeal_id, question, region, state, category, category_source, confidence, \
                 needs_review, body, body_source, priority, clocks, next_due, answer_due, ask, decided_by, ruleset, version, updated_at) ",
            );
            query.push_values(chunk, |mut row, q| {
                let v = q.verdict;
                row.push_bind(q.appeal.0)
                    .push_bind(i64::from(v.question))
                    .push_bind($region.as_str())
                    .push_bind(v.state.as_str())
                    .push_bind(v.category.as_ref().map(|c| c.as_str()))
                    .push_bind(v.category_source.map(|s| s.as_str()))
                    .push_bind(v.confidence.map(f64::from))
                    .push_bind(v.needs_review)
                    .push_bind(v.body.as_ref().map(|c| c.as_str()))
                    .push_bind(v.body_source.map(|s| s.as_str()))
                    .push_bind(v.priority.as_str())
                    .push_bind(&q.clocks)
                    .push_bind(next_due(v))
                    .push_bind(answer_due(v))
                    .push_bind(v.ask.as_deref())
                    .push_bind(v.decided_by.as_ref().map(|c| c.as_str()))
                    .push_bind(q.ruleset.as_bytes().as_slice())
                    .push_bind(1_i64)
                    .push_bind($now);
            });
            query.build().execute(&mut *$tx).await?;
        }
        for chunk in chunks(&decisions) {
            let mut query = QueryBuilder::<$db>::new(
                "INSERT INTO decision (id, appeal_id, region, question, step, kind, binding, ruleset, release, category, \
                 outcome, output, fault, fuel, duration_us, memory, engine, at) ",
            );
            query.push_values(chunk, |mut row, values| {
                let d = values.decision;
                row.push_bind(d.id)
                    .push_bind(d.appeal.0)
                    .push_bind($region.as_str())
                    .push_bind(i64::from(d.question))
                    .push_bind(i64::from(d.step))
                    .push_bind(d.kind.as_str())
                    .push_bind(d.binding.as_str())
                    .push_bind(d.ruleset.as_bytes().as_slice())
                    .push_bind(d.release.as_bytes().as_slice())
                    .push_bind(values.category.as_deref())
                    .push_bind(d.outcome.as_str())
                    .push_bind(values.output.as_deref())
                    .push_bind(d.fault.as_deref())
                    .push_bind(small(d.fuel))
                    .push_bind(small(d.duration_us))
                    .push_bind(small(d.memory))
                    .push_bind(d.engine.as_str())
                    .push_bind(d.at.timestamp_micros());
            });
            query.build().execute(&mut *$tx).await?;
        }
        for trace in $effects.iter().flat_map(|effect| &effect.faults) {
            let text = serde_json::to_string(&trace.trace)?;
            sqlx::query("INSERT INTO fault (decision_id, region, binding, trace, at) VALUES ($1, $2, $3, $4, $5)")
                .bind(trace.decision)
                .bind($region.as_str())
                .bind(trace.binding.as_str())
                .bind(text)
                .bind(trace.at.timestamp_micros())
                .execute(&mut *$tx)
                .await?;
            // A plug-in that always faults would fill the disk; the newest traces tell its author enough.
            sqlx::query(
                "DELETE FROM fault WHERE region = $1 AND binding = $2 AND at < (SELECT MIN(at) FROM \
                 (SELECT at FROM fault WHERE region = $1 AND binding = $2 ORDER BY at DESC LIMIT $3) AS newest)",
            )
            .bind($region.as_str())
            .bind(trace.binding.as_str())
            .bind(TRACES_KEPT)
            .execute(&mut *$tx)
            .await?;
        }
        let routed: Vec<AppealId> = $effects.iter().map(|effect| effect.appeal).collect();
        for chunk in chunks(&routed) {
            let mut query =
                QueryBuilder::<$db>::new("INSERT INTO event (id, appeal_id, region, question, kind, actor, reason, data, at) ");
            query.push_values(chunk, |mut row, appeal| {
                row.push_bind(Uuid::now_v7())
                    .push_bind(appeal.0)
                    .push_bind($region.as_str())
                    .push_bind(None::<i64>)
                    .push_bind(EventKind::Routed.as_str())
                    .push_bind(None::<String>)
                    .push_bind(None::<String>)
                    .push_bind("{}")
                    .push_bind($now);
            });
            query.build().execute(&mut *$tx).await?;
        }
    }};
}

impl Store {
    /// Takes a group of appeals in: one transaction for all of them, each with its whole effect. What is
    /// there already, by external id or idempotency key, is left alone.
    ///
    /// # Errors
    /// Store errors; then nothing of the group was stored.
    #[allow(clippy::too_many_lines)] // One transaction, told in order.
    pub async fn save_batch(&self, region: &RegionCode, items: &[Intake]) -> Result<Vec<Saved>, StoreError> {
        let now = now();
        let contents = items.iter().map(|item| without_person(&item.appeal)).collect::<Result<Vec<_>, _>>()?;
        let saved = on_db!(self, write tx: DB => {
            let mut saved: Vec<Option<Saved>> = vec![None; items.len()];
            // Keys first: who inserts the key owns the request, also between two hosts.
            for (item, saved) in items.iter().zip(saved.iter_mut()) {
                let Some(key) = &item.key else { continue };
                let won = sqlx::query("INSERT INTO idempotency (region, key, request, appeal_id, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING")
                    .bind(region.as_str())
                    .bind(&key.key)
                    .bind(key.request.as_bytes().as_slice())
                    .bind(item.id.0)
                    .bind(now)
                    .execute(&mut *tx)
                    .await?
                    .rows_affected();
                if won == 0 {
                    let (request, id): (Vec<u8>, Uuid) =
                        sqlx::query_as("SELECT request, appeal_id FROM idempotency WHERE region = $1 AND key = $2")
                            .bind(region.as_str())
                            .bind(&key.key)
                            .fetch_one(&mut *tx)
                            .await?;
                    let id = AppealId(id);
                    let same = digest(&request)? == key.request;
                    *saved = Some(if same { Saved::Existing { id, same } } else { Saved::KeyReused { id } });
                }
            }
            // Two of one external id in one group: the second finds the first.
            let mut seen: HashSet<(&str, &str)> = HashSet::new();
            let mut fresh: Vec<(usize, &Intake, &String)> = Vec::new();
            let mut repeated: Vec<(usize, &Intake, &String)> = Vec::new();
            for (i, (item, content)) in items.iter().zip(&contents).enumerate() {
                if saved.get(i).copied().flatten().is_some() {
                    continue;
                }
                if let Some(external) = &item.appeal.external_id {
                    let key = (item.appeal.channel.as_str(), external.as_str());
                    if !seen.insert(key) {
                        repeated.push((i, item, content));
                        continue;
                    }
                }
                fresh.push((i, item, content));
            }
            let mut inserted: HashSet<Uuid> = HashSet::with_capacity(fresh.len());
            for chunk in chunks(&fresh) {
                let mut query = QueryBuilder::<DB>::new(
                    "INSERT INTO appeal (id, region, channel, external_id, regime, applicant_kind, received_at, municipality, \
                     content, digest, pending, created_at) ",
                );
                query.push_values(chunk, |mut row, (_, item, content)| {
                    let a = &item.appeal;
                    row.push_bind(item.id.0)
                        .push_bind(region.as_str())
                        .push_bind(a.channel.as_str())
                        .push_bind(a.external_id.as_deref())
                        .push_bind(a.regime.as_str())
                        .push_bind(a.applicant.kind.as_str())
                        .push_bind(a.received_at.timestamp_micros())
                        .push_bind(a.place.municipality.as_ref().map(|m| m.as_str()))
                        .push_bind(content.as_str())
                        .push_bind(item.digest.as_bytes().as_slice())
                        .push_bind(item.effect.is_none())
                        .push_bind(now);
                });
                query.push(" ON CONFLICT DO NOTHING RETURNING id");
                let rows: Vec<(Uuid,)> = query.build_query_as().fetch_all(&mut *tx).await?;
                inserted.extend(rows.into_iter().map(|(id,)| id));
            }
            for (i, item, _) in fresh.iter().chain(&repeated) {
                let outcome = if inserted.contains(&item.id.0) {
                    Saved::New
                } else {
                    let (id, stored): (Uuid, Vec<u8>) = sqlx::query_as(
                        "SELECT id, digest FROM appeal WHERE region = $1 AND channel = $2 AND external_id = $3",
                    )
                    .bind(region.as_str())
                    .bind(item.appeal.channel.as_str())
                    .bind(item.appeal.external_id.as_deref())
                    .fetch_one(&mut *tx)
                    .await?;
                    if let Some(key) = &item.key {
                        sqlx::query("UPDATE idempotency SET appeal_id = $1 WHERE region = $2 AND key = $3")
                            .bind(id)
                            .bind(region.as_str())
                            .bind(&key.key)
                            .execute(&mut *tx)
                            .await?;
                    }
                    Saved::Existing { id: AppealId(id), same: digest(&stored)? == item.digest }
                };
                if let Some(slot) = saved.get_mut(*i) {
                    *slot = Some(outcome);
                }
            }
            let new: Vec<&Intake> = fresh.iter().map(|(_, item, _)| *item).filter(|i| inserted.contains(&i.id.0)).collect();
            let people: Vec<(Uuid, Sealed)> = new
                .iter()
                .filter(|item| has_person(&item.appeal.applicant))
                .map(|item| Ok((item.id.0, self.vault.seal(item.id, &item.appeal.applicant)?)))
                .collect::<Result<_, StoreError>>()?;
            for chunk in chunks(&people) {
                let mut query = QueryBuilder::<DB>::new(
                    "INSERT INTO applicant (appeal_id, data, key_id, by_phone, by_email, by_name) ",
                );
                query.push_values(chunk, |mut row, (id, sealed)| {
                    row.push_bind(*id)
                        .push_bind(sealed.data.as_str())
                        .push_bind(sealed.key.as_deref())
                        .push_bind(sealed.by_phone.as_deref())
                        .push_bind(sealed.by_email.as_deref())
                        .push_bind(sealed.by_name.as_deref());
                });
                query.build().execute(&mut *tx).await?;
            }
            let effects: Vec<&Effect> = new.iter().filter_map(|item| item.effect.as_ref()).collect();
            insert_effects!(tx, DB, region, &effects, now);
            saved
        });
        Ok(saved.into_iter().flatten().collect())
    }

    /// Writes the effects of claimed appeals; how many were written. An effect whose lease is no longer the
    /// owner's, or whose appeal is no longer pending, is left out: another host has done it.
    ///
    /// # Errors
    /// Store errors; then nothing was written and the leases run out.
    pub async fn finish(&self, owner: &str, effects: &[Effect]) -> Result<usize, StoreError> {
        if effects.is_empty() {
            return Ok(0);
        }
        let now = now();
        let written = on_db!(self, write tx: DB => {
            let mut by_region: HashMap<RegionCode, Vec<&Effect>> = HashMap::new();
            let mut written = 0;
            for effect in effects {
                let row: Option<(String,)> = sqlx::query_as(
                    "UPDATE appeal SET pending = FALSE, lease_owner = NULL, lease_until = NULL \
                     WHERE id = $1 AND pending AND lease_owner = $2 RETURNING region",
                )
                .bind(effect.appeal.0)
                .bind(owner)
                .fetch_optional(&mut *tx)
                .await?;
                if let Some((region,)) = row {
                    let region = RegionCode::new(&region)
                        .map_err(|_| StoreError::Corrupt { what: "a region code".into() })?;
                    by_region.entry(region).or_default().push(effect);
                    written += 1;
                }
            }
            for (region, effects) in &by_region {
                insert_effects!(tx, DB, region, effects, now);
            }
            written
        });
        Ok(written)
    }

    /// Writes a correction with its events; the new version of the question.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if `expected` is given and the question has another version;
    /// [`StoreError::NotFound`].
    #[allow(clippy::too_many_arguments)] // Which question, as seen, as it shall be, and who says so.
    pub async fn correct(
        &self,
        region: &RegionCode,
        appeal: AppealId,
        question: u32,
        expected: Option<i64>,
        verdict: &Verdict,
        events: &[Event],
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        let clocks = serde_json::to_string(&verdict.clocks)?;
        let now = now();
        let version = on_db!(self, write tx: DB => {
            let row: Option<QuestionRecord> =
                sqlx::query_as("SELECT * FROM question WHERE appeal_id = $1 AND question = $2 AND region = $3")
                    .bind(appeal.0)
                    .bind(i64::from(question))
                    .bind(region.as_str())
                    .fetch_optional(&mut *tx)
                    .await?;
            let Some(row) = row else {
                return Err(StoreError::NotFound { what: "question", code: format!("{appeal}/{question}") });
            };
            let before = row.row()?;
            let found = before.version;
            let seen = expected.unwrap_or(found);
            let changed = sqlx::query(
                "UPDATE question SET state = $1, category = $2, category_source = $3, confidence = $4, needs_review = $5, \
                 body = $6, body_source = $7, priority = $8, clocks = $9, next_due = CASE WHEN \
                 (SELECT extended FROM fact f WHERE f.appeal_id = question.appeal_id AND f.question = question.question) \
                 THEN next_due ELSE $10 END, answer_due = $11, ask = $12, decided_by = $13, version = version + 1, updated_at = $14 \
                 WHERE appeal_id = $15 AND question = $16 AND version = $17",
            )
            .bind(verdict.state.as_str())
            .bind(verdict.category.as_ref().map(|c| c.as_str()))
            .bind(verdict.category_source.map(|s| s.as_str()))
            .bind(verdict.confidence.map(f64::from))
            .bind(verdict.needs_review)
            .bind(verdict.body.as_ref().map(|c| c.as_str()))
            .bind(verdict.body_source.map(|s| s.as_str()))
            .bind(verdict.priority.as_str())
            .bind(&clocks)
            .bind(next_due(verdict))
            .bind(answer_due(verdict))
            .bind(verdict.ask.as_deref())
            .bind(verdict.decided_by.as_ref().map(|c| c.as_str()))
            .bind(now)
            .bind(appeal.0)
            .bind(i64::from(question))
            .bind(seen)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if changed == 0 {
                return Err(StoreError::Conflict {
                    what: "the question",
                    expected: format!("version {seen}"),
                    found: format!("version {found}"),
                });
            }
            for event in events {
                let data = serde_json::to_string(&event.data)?;
                sqlx::query(
                    "INSERT INTO event (id, appeal_id, region, question, kind, actor, reason, data, at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                )
                .bind(event.id)
                .bind(event.appeal.0)
                .bind(region.as_str())
                .bind(event.question.map(i64::from))
                .bind(event.kind.as_str())
                .bind(event.actor.as_deref())
                .bind(event.reason.as_deref())
                .bind(&data)
                .bind(event.at.timestamp_micros())
                .execute(&mut *tx)
                .await?;
            }
            let reason = events.iter().find_map(|event| event.reason.as_deref()).unwrap_or_default();
            let fact = Fact::new(Chain::Region(region.clone()), actor, Deed::Correct, format!("appeal {appeal}"))
                .change(Some(verdict_digest(&before.verdict)?), Some(verdict_digest(verdict)?))
                .detail("question", question.to_string())
                .private("reason", reason);
            append!(tx, [&fact]);
            seen + 1
        });
        Ok(version)
    }
}
