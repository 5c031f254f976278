//! What is out beside the active ruleset of a region, in shadow or as a canary.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::code::{Digest, RegionCode};
use veche_domain::lifecycle::{Guard, RulesEventKind, Stage, Tally};

use crate::db::{Store, digest, moment, on_db};
use crate::drafts::{DraftRow, RulesEvent, insert_event};
use crate::error::StoreError;

/// A ruleset that is out beside the active one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rollout {
    /// Draft that holds it.
    pub draft: Uuid,
    /// The ruleset.
    pub ruleset: Digest,
    /// The active ruleset that it is compared with.
    pub base: Digest,
    /// [`Stage::Shadow`] or [`Stage::Canary`].
    pub stage: Stage,
    /// Share of the appeals that a canary decides, percent; 0 in shadow.
    pub percent: u8,
    /// When a canary is taken back.
    pub guard: Guard,
    /// Who began it.
    pub started_by: Option<String>,
    /// When this stage, or this share, began.
    pub started_at: DateTime<Utc>,
    /// Shadow decisions that were left out because the queue was full.
    pub dropped: u64,
}

/// A rollout of an outer join.
#[derive(sqlx::FromRow)]
pub(crate) struct RolloutRecord {
    draft: Option<Uuid>,
    candidate: Option<Vec<u8>>,
    base: Option<Vec<u8>>,
    stage: Option<String>,
    percent: Option<i64>,
    guard: Option<String>,
    started_by: Option<String>,
    started_at: Option<i64>,
    dropped: Option<i64>,
}

impl RolloutRecord {
    /// The rollout; none where there is none.
    pub(crate) fn row(self) -> Result<Option<Rollout>, StoreError> {
        let (Some(draft), Some(ruleset), Some(base), Some(stage), Some(guard), Some(started_at)) =
            (self.draft, self.candidate, self.base, self.stage, self.guard, self.started_at)
        else {
            return Ok(None);
        };
        Ok(Some(Rollout {
            draft,
            ruleset: digest(&ruleset)?,
            base: digest(&base)?,
            stage: Stage::from_code(&stage).ok_or_else(|| StoreError::Corrupt { what: "a stage".into() })?,
            percent: self.percent.and_then(|p| u8::try_from(p).ok()).unwrap_or(0),
            guard: serde_json::from_str(&guard)?,
            started_by: self.started_by,
            started_at: moment(started_at),
            dropped: self.dropped.and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
        }))
    }
}

/// Smallest id of an appeal that came at or after a moment: ids are UUIDv7, so they sort by arrival.
pub(crate) fn first_id(at: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(at.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

impl Store {
    /// Sends a checked draft out, or moves what is out to another stage or share.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the draft changed, another ruleset is active, or another draft is out.
    pub async fn begin_rollout(&self, draft: &DraftRow, rollout: &Rollout, actor: &Actor) -> Result<(), StoreError> {
        let region = &draft.region;
        let guard = serde_json::to_string(&rollout.guard)?;
        let kind = if rollout.stage == Stage::Canary { RulesEventKind::Canaried } else { RulesEventKind::Shadowed };
        let mut event = RulesEvent::new(kind, Some(draft.id), Some(actor));
        event.ruleset = Some(rollout.ruleset);
        if rollout.stage == Stage::Canary {
            event.data.insert("percent".into(), rollout.percent.to_string());
        }
        let base = rollout.base.as_bytes().as_slice();
        on_db!(self, write tx: DB => {
            // Locks the region's row: an activation at the same moment comes before or after, never between.
            let same = sqlx::query("UPDATE region SET updated_at = updated_at WHERE code = $1 AND ruleset = $2")
                .bind(region.as_str())
                .bind(base)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if same == 0 {
                let (expected, found) = (rollout.base.short(), "another".to_owned());
                return Err(StoreError::Conflict { what: "the active ruleset", expected, found });
            }
            let moved = sqlx::query(
                "UPDATE draft SET stage = $1, version = version + 1, updated_by = $2, updated_at = $3 \
                 WHERE id = $4 AND version = $5",
            )
            .bind(rollout.stage.as_str())
            .bind(rollout.started_by.as_deref())
            .bind(rollout.started_at.timestamp_micros())
            .bind(draft.id)
            .bind(draft.version)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if moved == 0 {
                return Err(self.draft_conflict(draft.version));
            }
            let begun = sqlx::query(
                "INSERT INTO rollout (region, draft, ruleset, base, stage, percent, guard, started_by, started_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                 ON CONFLICT (region) DO UPDATE SET stage = excluded.stage, percent = excluded.percent, \
                 guard = excluded.guard, started_by = excluded.started_by, started_at = excluded.started_at \
                 WHERE rollout.draft = excluded.draft AND rollout.ruleset = excluded.ruleset",
            )
            .bind(region.as_str())
            .bind(draft.id)
            .bind(rollout.ruleset.as_bytes().as_slice())
            .bind(base)
            .bind(rollout.stage.as_str())
            .bind(i64::from(rollout.percent))
            .bind(&guard)
            .bind(rollout.started_by.as_deref())
            .bind(rollout.started_at.timestamp_micros())
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if begun == 0 {
                return Err(StoreError::Conflict {
                    what: "what is out in the region",
                    expected: "nothing or this draft".into(),
                    found: "another draft: withdraw it first".into(),
                });
            }
            insert_event!(tx, region, &event);
        });
        Ok(())
    }

    /// Ends what is out; its draft is `validated` again. Whether it was still out.
    ///
    /// # Errors
    /// Store errors.
    pub async fn end_rollout(
        &self,
        region: &RegionCode,
        rollout: &Rollout,
        event: &RulesEvent,
    ) -> Result<bool, StoreError> {
        let ended = on_db!(self, write tx: DB => {
            // Stage and start in the condition: who judged an older state must not end a newer one.
            let ended = sqlx::query("DELETE FROM rollout WHERE region = $1 AND draft = $2 AND stage = $3 AND started_at = $4")
                .bind(region.as_str())
                .bind(rollout.draft)
                .bind(rollout.stage.as_str())
                .bind(rollout.started_at.timestamp_micros())
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if ended > 0 {
                sqlx::query("UPDATE draft SET stage = 'validated', version = version + 1 WHERE id = $1")
                    .bind(rollout.draft)
                    .execute(&mut *tx)
                    .await?;
                insert_event!(tx, region, event);
            }
            ended
        });
        Ok(ended > 0)
    }

    /// What a ruleset did on the appeals of a region that came since a moment.
    ///
    /// # Errors
    /// Store errors.
    pub async fn tally(&self, region: &RegionCode, ruleset: Digest, since: DateTime<Utc>) -> Result<Tally, StoreError> {
        // Ids sort by arrival, so each of these is a range of an index that is there already.
        const QUESTIONS: &str = "SELECT COUNT(*), COALESCE(SUM(CASE WHEN q.state = 'needs_person' THEN 1 ELSE 0 END), 0), \
             COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM event e WHERE e.appeal_id = q.appeal_id \
             AND e.question = q.question AND e.kind = 'redirected') THEN 1 ELSE 0 END), 0) \
             FROM question q WHERE q.region = $1 AND q.appeal_id >= $2 AND q.ruleset = $3";
        const CALLS: &str = "SELECT COUNT(*), COALESCE(SUM(CASE WHEN outcome IN ('ok', 'no_opinion') THEN 0 ELSE 1 END), 0) \
             FROM decision WHERE region = $1 AND appeal_id >= $2 AND ruleset = $3";
        let (first, ruleset) = (first_id(since), ruleset.as_bytes().as_slice());
        let ((questions, manual, redirected), (calls, faults)): ((i64, i64, i64), (i64, i64)) = on_db!(self, read pool => {
            let questions =
                sqlx::query_as(QUESTIONS).bind(region.as_str()).bind(first).bind(ruleset).fetch_one(pool).await?;
            let calls = sqlx::query_as(CALLS).bind(region.as_str()).bind(first).bind(ruleset).fetch_one(pool).await?;
            (questions, calls)
        });
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok(Tally {
            questions: count(questions),
            manual: count(manual),
            redirected: count(redirected),
            calls: count(calls),
            faults: count(faults),
        })
    }
}
