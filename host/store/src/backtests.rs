//! Back-tests as jobs: what is compared over which span, how far it is, what it has counted.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use veche_domain::appeal::AppealId;
use veche_domain::code::{Digest, RegionCode};
use veche_domain::lifecycle::JobState;

use crate::db::{Store, digest, moment, now, on_db};
use crate::error::StoreError;

/// A back-test as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BacktestRow {
    /// Id.
    pub id: Uuid,
    /// Region.
    pub region: RegionCode,
    /// Draft that is tried.
    pub draft: Option<Uuid>,
    /// Ruleset that was active when it was asked for.
    pub base: Digest,
    /// Ruleset that is tried: the content of the draft at that moment.
    pub candidate: Digest,
    /// Received at or after.
    pub since: DateTime<Utc>,
    /// Received before.
    pub until: DateTime<Utc>,
    /// How it stands.
    pub state: JobState,
    /// Appeals of the span.
    pub total: u64,
    /// Of these, done.
    pub done: u64,
    /// Last appeal that is counted.
    pub cursor: Option<AppealId>,
    /// What was counted so far.
    pub report: serde_json::Value,
    /// Why it failed.
    pub error: Option<String>,
    /// Who asked for it.
    pub requested_by: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Record {
    id: Uuid,
    region: String,
    draft: Option<Uuid>,
    base: Vec<u8>,
    candidate: Vec<u8>,
    since: i64,
    until: i64,
    state: String,
    total: i64,
    done: i64,
    cursor: Option<Uuid>,
    report: String,
    error: Option<String>,
    requested_by: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl Record {
    fn row(self) -> Result<BacktestRow, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt { what: what.to_owned() };
        Ok(BacktestRow {
            id: self.id,
            region: RegionCode::new(&self.region).map_err(|_| corrupt("a region code"))?,
            draft: self.draft,
            base: digest(&self.base)?,
            candidate: digest(&self.candidate)?,
            since: moment(self.since),
            until: moment(self.until),
            state: JobState::from_code(&self.state).ok_or_else(|| corrupt("a job state"))?,
            total: u64::try_from(self.total).unwrap_or(0),
            done: u64::try_from(self.done).unwrap_or(0),
            cursor: self.cursor.map(AppealId),
            report: serde_json::from_str(&self.report)?,
            error: self.error,
            requested_by: self.requested_by,
            created_at: moment(self.created_at),
            updated_at: moment(self.updated_at),
        })
    }
}

fn small(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Moment at which a lease of now ends.
fn lease_end(lease: Duration) -> i64 {
    now().saturating_add(i64::try_from(lease.as_micros()).unwrap_or(i64::MAX))
}

impl Store {
    /// Keeps a new back-test.
    ///
    /// # Errors
    /// Store errors.
    pub async fn insert_backtest(&self, job: &BacktestRow) -> Result<(), StoreError> {
        let report = serde_json::to_string(&job.report)?;
        on_db!(self, write tx: DB => {
            sqlx::query(
                "INSERT INTO backtest (id, region, draft, base, candidate, since, until, state, total, done, report, \
                 requested_by, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)",
            )
            .bind(job.id)
            .bind(job.region.as_str())
            .bind(job.draft)
            .bind(job.base.as_bytes().as_slice())
            .bind(job.candidate.as_bytes().as_slice())
            .bind(job.since.timestamp_micros())
            .bind(job.until.timestamp_micros())
            .bind(job.state.as_str())
            .bind(small(job.total))
            .bind(small(job.done))
            .bind(&report)
            .bind(job.requested_by.as_deref())
            .bind(job.created_at.timestamp_micros())
            .execute(&mut *tx)
            .await?;
        });
        Ok(())
    }

    /// A back-test of a region.
    ///
    /// # Errors
    /// Store errors.
    pub async fn backtest(&self, region: &RegionCode, id: Uuid) -> Result<Option<BacktestRow>, StoreError> {
        let row: Option<Record> = on_db!(self, read pool => {
            sqlx::query_as("SELECT * FROM backtest WHERE id = $1 AND region = $2")
                .bind(id)
                .bind(region.as_str())
                .fetch_optional(pool)
                .await?
        });
        row.map(Record::row).transpose()
    }

    /// Back-tests of a region, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn backtests(&self, region: &RegionCode, limit: i64) -> Result<Vec<BacktestRow>, StoreError> {
        let rows: Vec<Record> = on_db!(self, read pool => {
            sqlx::query_as("SELECT * FROM backtest WHERE region = $1 ORDER BY created_at DESC, id DESC LIMIT $2")
                .bind(region.as_str())
                .bind(limit)
                .fetch_all(pool)
                .await?
        });
        rows.into_iter().map(Record::row).collect()
    }

    /// Claims a back-test that waits, or whose host is gone; a named one or the oldest.
    ///
    /// # Errors
    /// Store errors.
    pub async fn claim_backtest(
        &self,
        owner: &str,
        wanted: Option<Uuid>,
        lease: Duration,
    ) -> Result<Option<BacktestRow>, StoreError> {
        const OPEN: &str = "SELECT id FROM backtest WHERE state IN ('waiting', 'running') AND ($1 IS NULL OR id = $1) \
             AND (lease_until IS NULL OR lease_until < $2) ORDER BY created_at, id LIMIT 1";
        // The condition again: two hosts may have read the same row.
        const CLAIM: &str = "UPDATE backtest SET state = 'running', lease_owner = $1, lease_until = $2 \
             WHERE id = $3 AND state IN ('waiting', 'running') AND (lease_until IS NULL OR lease_until < $4) RETURNING *";
        let at = now();
        // A cheap look first: most of the time nothing waits, and a look takes no write lock.
        let open: Option<(Uuid,)> =
            on_db!(self, read pool => sqlx::query_as(OPEN).bind(wanted).bind(at).fetch_optional(pool).await?);
        let Some((id,)) = open else { return Ok(None) };
        let row: Option<Record> = on_db!(self, write tx: DB => {
            sqlx::query_as(CLAIM)
                .bind(owner)
                .bind(lease_end(lease))
                .bind(id)
                .bind(at)
                .fetch_optional(&mut *tx)
                .await?
        });
        row.map(Record::row).transpose()
    }

    /// Writes how far a claimed back-test is, with all that it has counted, and prolongs the lease. False once it is
    /// cancelled or another host has it: then its owner must stop.
    ///
    /// # Errors
    /// Store errors.
    pub async fn checkpoint_backtest(
        &self,
        owner: &str,
        job: &BacktestRow,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let report = serde_json::to_string(&job.report)?;
        let over = matches!(job.state, JobState::Done | JobState::Failed);
        let changed = on_db!(self, write tx: DB => {
            sqlx::query(
                "UPDATE backtest SET state = $1, done = $2, cursor = $3, report = $4, error = $5, lease_until = $6, \
                 updated_at = $7 WHERE id = $8 AND lease_owner = $9 AND state = 'running'",
            )
            .bind(job.state.as_str())
            .bind(small(job.done))
            .bind(job.cursor.map(|id| id.0))
            .bind(&report)
            .bind(job.error.as_deref())
            .bind(if over { None } else { Some(lease_end(lease)) })
            .bind(now())
            .bind(job.id)
            .bind(owner)
            .execute(&mut *tx)
            .await?
            .rows_affected()
        });
        Ok(changed > 0)
    }

    /// Gives a claimed back-test back, so that another host need not wait for the lease to end.
    ///
    /// # Errors
    /// Store errors.
    pub async fn release_backtest(&self, owner: &str, id: Uuid) -> Result<(), StoreError> {
        const SQL: &str =
            "UPDATE backtest SET lease_until = NULL, lease_owner = NULL WHERE id = $1 AND lease_owner = $2";
        on_db!(self, write tx: DB => {
            sqlx::query(SQL).bind(id).bind(owner).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Cancels a back-test that is not over; whether it was not.
    ///
    /// # Errors
    /// Store errors.
    pub async fn cancel_backtest(&self, region: &RegionCode, id: Uuid) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE backtest SET state = 'cancelled', updated_at = $1 WHERE id = $2 AND region = $3 \
                           AND state IN ('waiting', 'running')";
        let changed = on_db!(self, write tx: DB => {
            sqlx::query(SQL).bind(now()).bind(id).bind(region.as_str()).execute(&mut *tx).await?.rows_affected()
        });
        Ok(changed > 0)
    }
}
