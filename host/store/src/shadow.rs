//! Decisions of a ruleset in shadow, in a table of their own: nothing that works on appeals reads it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use veche_domain::appeal::AppealId;
use veche_domain::code::{Digest, RegionCode};
use veche_domain::decision::{Decision, Verdict};

use crate::db::{Store, moment, now, on_db};
use crate::error::StoreError;
use crate::rollout::first_id;

/// What a ruleset in shadow said on a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Shadowed {
    /// Appeal.
    pub appeal: AppealId,
    /// The ruleset in shadow.
    pub ruleset: Digest,
    /// The ruleset that really decided.
    pub base: Digest,
    /// What it would have made of the question.
    pub verdict: Verdict,
    /// Its calls.
    pub decisions: Vec<Decision>,
    /// Which parts are as really decided: category, body, priority, clocks.
    pub same: [bool; 4],
}

/// A ruleset in shadow, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadowTally {
    /// Questions.
    pub questions: u64,
    /// Of these, with the same category.
    pub same_category: u64,
    /// With the same body.
    pub same_body: u64,
    /// With the same priority.
    pub same_priority: u64,
    /// With the same clocks.
    pub same_clocks: u64,
    /// For a person.
    pub manual: u64,
    /// Plug-in calls.
    pub calls: u64,
    /// Of these, faulted.
    pub faults: u64,
}

/// A question on which the ruleset in shadow says otherwise, or faulted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShadowDifference {
    /// Appeal.
    pub appeal: AppealId,
    /// What it would have made of the question.
    pub verdict: Verdict,
    /// Its calls.
    pub decisions: Vec<Decision>,
    /// When.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Keeps shadow decisions and adds to the count of those that were left out.
    ///
    /// # Errors
    /// Store errors; then none of them was kept.
    pub async fn save_shadow(
        &self,
        region: &RegionCode,
        ruleset: Digest,
        rows: &[Shadowed],
        dropped: u64,
    ) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO shadow (ruleset, appeal_id, question, region, base, verdict, decisions, same_category, \
             same_body, same_priority, same_clocks, manual, calls, faults, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING";
        const DROPPED: &str = "UPDATE rollout SET dropped = dropped + $1 WHERE region = $2 AND ruleset = $3";
        let texts = rows
            .iter()
            .map(|row| Ok((serde_json::to_string(&row.verdict)?, serde_json::to_string(&row.decisions)?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        on_db!(self, write tx: DB => {
            for (row, (verdict, decisions)) in rows.iter().zip(&texts) {
                let [category, body, priority, clocks] = row.same;
                sqlx::query(INSERT)
                    .bind(row.ruleset.as_bytes().as_slice())
                    .bind(row.appeal.0)
                    .bind(i64::from(row.verdict.question))
                    .bind(region.as_str())
                    .bind(row.base.as_bytes().as_slice())
                    .bind(verdict)
                    .bind(decisions)
                    .bind(category)
                    .bind(body)
                    .bind(priority)
                    .bind(clocks)
                    .bind(row.verdict.state == veche_domain::decision::State::NeedsPerson)
                    .bind(count(row.decisions.len()))
                    .bind(count(row.decisions.iter().filter(|d| d.outcome.is_fault()).count()))
                    .bind(now())
                    .execute(&mut *tx)
                    .await?;
            }
            if dropped > 0 {
                sqlx::query(DROPPED)
                    .bind(i64::try_from(dropped).unwrap_or(i64::MAX))
                    .bind(region.as_str())
                    .bind(ruleset.as_bytes().as_slice())
                    .execute(&mut *tx)
                    .await?;
            }
        });
        Ok(())
    }

    /// Deletes some of the shadow decisions that were made before a moment; how many.
    ///
    /// # Errors
    /// Store errors.
    pub async fn delete_shadow(&self, before: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM shadow WHERE (ruleset, appeal_id, question) IN \
             (SELECT ruleset, appeal_id, question FROM shadow WHERE at < $1 LIMIT $2)";
        let deleted = on_db!(self, write tx: DB => {
            sqlx::query(SQL).bind(before.timestamp_micros()).bind(limit).execute(&mut *tx).await?.rows_affected()
        });
        Ok(deleted)
    }

    /// Counts what a ruleset said in shadow on the appeals that came since a moment.
    ///
    /// # Errors
    /// Store errors.
    pub async fn shadow_tally(
        &self,
        region: &RegionCode,
        ruleset: Digest,
        since: DateTime<Utc>,
    ) -> Result<ShadowTally, StoreError> {
        const SQL: &str = "SELECT COUNT(*), COUNT(CASE WHEN same_category THEN 1 END), COUNT(CASE WHEN same_body THEN 1 END), \
             COUNT(CASE WHEN same_priority THEN 1 END), COUNT(CASE WHEN same_clocks THEN 1 END), \
             COUNT(CASE WHEN manual THEN 1 END), CAST(COALESCE(SUM(calls), 0) AS BIGINT), \
             CAST(COALESCE(SUM(faults), 0) AS BIGINT) FROM shadow WHERE ruleset = $1 AND appeal_id >= $2 AND region = $3";
        let row: (i64, i64, i64, i64, i64, i64, i64, i64) = on_db!(self, read pool => {
            sqlx::query_as(SQL)
                .bind(ruleset.as_bytes().as_slice())
                .bind(first_id(since))
                .bind(region.as_str())
                .fetch_one(pool)
                .await?
        });
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok(ShadowTally {
            questions: count(row.0),
            same_category: count(row.1),
            same_body: count(row.2),
            same_priority: count(row.3),
            same_clocks: count(row.4),
            manual: count(row.5),
            calls: count(row.6),
            faults: count(row.7),
        })
    }

    /// Questions on which a ruleset in shadow said otherwise or faulted, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn shadow_differences(
        &self,
        region: &RegionCode,
        ruleset: Digest,
        limit: i64,
    ) -> Result<Vec<ShadowDifference>, StoreError> {
        const SQL: &str = "SELECT appeal_id, verdict, decisions, at FROM shadow WHERE ruleset = $1 AND region = $2 \
             AND NOT (same_category AND same_body AND same_priority AND same_clocks AND faults = 0) \
             ORDER BY appeal_id DESC, question LIMIT $3";
        let rows: Vec<(Uuid, String, String, i64)> = on_db!(self, read pool => {
            sqlx::query_as(SQL)
                .bind(ruleset.as_bytes().as_slice())
                .bind(region.as_str())
                .bind(limit)
                .fetch_all(pool)
                .await?
        });
        rows.into_iter()
            .map(|(appeal, verdict, decisions, at)| {
                Ok(ShadowDifference {
                    appeal: AppealId(appeal),
                    verdict: serde_json::from_str(&verdict)?,
                    decisions: serde_json::from_str(&decisions)?,
                    at: moment(at),
                })
            })
            .collect()
    }
}
