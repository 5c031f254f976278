//! Measuring as a job: which indicators of which period, how far it is, what faulted.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use veche_domain::code::RegionCode;
use veche_domain::indicator::Period;
use veche_domain::lifecycle::JobState;

use super::period;
use crate::db::{Store, moment, now, on_db};
use crate::error::StoreError;

/// An indicator that could not be measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFault {
    /// Indicator.
    pub indicator: String,
    /// Why.
    pub fault: String,
}

/// A job as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasureJob {
    /// Id.
    pub id: Uuid,
    /// Region.
    pub region: RegionCode,
    /// Period.
    pub period: Period,
    /// Indicators; empty for all that the region has.
    pub indicators: Vec<String>,
    /// Whether the schedule asked for it.
    pub scheduled: bool,
    /// How it stands.
    pub state: JobState,
    /// Indicators to measure.
    pub total: u64,
    /// Of these, done.
    pub done: u64,
    /// Those that could not be measured.
    pub faults: Vec<JobFault>,
    /// Who asked for it.
    pub requested_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Record {
    id: Uuid,
    region: String,
    kind: String,
    first: String,
    last: String,
    indicators: String,
    scheduled: bool,
    state: String,
    total: i64,
    done: i64,
    faults: String,
    requested_by: String,
    created_at: i64,
    updated_at: i64,
}

impl Record {
    fn row(self) -> Result<MeasureJob, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt { what: what.to_owned() };
        Ok(MeasureJob {
            id: self.id,
            region: RegionCode::new(&self.region).map_err(|_| corrupt("a region code"))?,
            period: period(&self.kind, &self.first, &self.last)?,
            indicators: serde_json::from_str(&self.indicators)?,
            scheduled: self.scheduled,
            state: JobState::from_code(&self.state).ok_or_else(|| corrupt("a job state"))?,
            total: u64::try_from(self.total).unwrap_or(0),
            done: u64::try_from(self.done).unwrap_or(0),
            faults: serde_json::from_str(&self.faults)?,
            requested_by: self.requested_by,
            created_at: moment(self.created_at),
            updated_at: moment(self.updated_at),
        })
    }
}

fn small(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn lease_end(lease: Duration) -> i64 {
    now().saturating_add(i64::try_from(lease.as_micros()).unwrap_or(i64::MAX))
}

impl Store {
    /// Keeps a new job; false if the schedule asked for the same before.
    ///
    /// # Errors
    /// Store errors.
    pub async fn insert_measure_job(&self, job: &MeasureJob) -> Result<bool, StoreError> {
        let (indicators, faults) = (serde_json::to_string(&job.indicators)?, serde_json::to_string(&job.faults)?);
        let inserted = on_db!(self, write tx: DB => {
            sqlx::query(
                "INSERT INTO measure_job (id, region, kind, first, last, indicators, scheduled, state, total, done, faults, \
                 requested_by, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(job.id)
            .bind(job.region.as_str())
            .bind(job.period.kind.as_str())
            .bind(job.period.first.to_string())
            .bind(job.period.last.to_string())
            .bind(&indicators)
            .bind(job.scheduled)
            .bind(job.state.as_str())
            .bind(small(job.total))
            .bind(small(job.done))
            .bind(&faults)
            .bind(&job.requested_by)
            .bind(job.created_at.timestamp_micros())
            .execute(&mut *tx)
            .await?
            .rows_affected()
        });
        Ok(inserted > 0)
    }

    /// A job of a region.
    ///
    /// # Errors
    /// Store errors.
    pub async fn measure_job(&self, region: &RegionCode, id: Uuid) -> Result<Option<MeasureJob>, StoreError> {
        const SQL: &str = "SELECT * FROM measure_job WHERE id = $1 AND region = $2";
        let row: Option<Record> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(id).bind(region.as_str()).fetch_optional(pool).await?);
        row.map(Record::row).transpose()
    }

    /// Jobs of a region, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn measure_jobs(&self, region: &RegionCode, limit: i64) -> Result<Vec<MeasureJob>, StoreError> {
        const SQL: &str = "SELECT * FROM measure_job WHERE region = $1 ORDER BY created_at DESC, id DESC LIMIT $2";
        let rows: Vec<Record> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).bind(limit).fetch_all(pool).await?);
        rows.into_iter().map(Record::row).collect()
    }

    /// Claims a job that waits, or whose host is gone; a named one or the oldest.
    ///
    /// # Errors
    /// Store errors.
    pub async fn claim_measure_job(
        &self,
        owner: &str,
        wanted: Option<Uuid>,
        lease: Duration,
    ) -> Result<Option<MeasureJob>, StoreError> {
        const OPEN: &str = "SELECT id FROM measure_job WHERE state IN ('waiting', 'running') AND ($1 IS NULL OR id = $1) \
             AND (lease_until IS NULL OR lease_until < $2) ORDER BY created_at, id LIMIT 1";
        // The condition again: two hosts may have read the same row.
        const CLAIM: &str = "UPDATE measure_job SET state = 'running', lease_owner = $1, lease_until = $2 \
             WHERE id = $3 AND state IN ('waiting', 'running') AND (lease_until IS NULL OR lease_until < $4) RETURNING *";
        let at = now();
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

    /// Writes how far a claimed job is and prolongs the lease. False once it is cancelled or another host has it.
    ///
    /// # Errors
    /// Store errors.
    pub async fn checkpoint_measure_job(
        &self,
        owner: &str,
        job: &MeasureJob,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let faults = serde_json::to_string(&job.faults)?;
        let over = matches!(job.state, JobState::Done | JobState::Failed);
        let changed = on_db!(self, write tx: DB => {
            sqlx::query(
                "UPDATE measure_job SET state = $1, total = $2, done = $3, faults = $4, lease_until = $5, updated_at = $6 \
                 WHERE id = $7 AND lease_owner = $8 AND state = 'running'",
            )
            .bind(job.state.as_str())
            .bind(small(job.total))
            .bind(small(job.done))
            .bind(&faults)
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

    /// Gives a claimed job back, so that another host need not wait for the lease to end.
    ///
    /// # Errors
    /// Store errors.
    pub async fn release_measure_job(&self, owner: &str, id: Uuid) -> Result<(), StoreError> {
        const SQL: &str =
            "UPDATE measure_job SET lease_until = NULL, lease_owner = NULL WHERE id = $1 AND lease_owner = $2";
        on_db!(self, write tx: DB => {
            sqlx::query(SQL).bind(id).bind(owner).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Cancels a job that is not over; whether it was not. What it has measured stays.
    ///
    /// # Errors
    /// Store errors.
    pub async fn cancel_measure_job(&self, region: &RegionCode, id: Uuid) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE measure_job SET state = 'cancelled', updated_at = $1 WHERE id = $2 AND region = $3 \
                           AND state IN ('waiting', 'running')";
        let changed = on_db!(self, write tx: DB => {
            sqlx::query(SQL).bind(now()).bind(id).bind(region.as_str()).execute(&mut *tx).await?.rows_affected()
        });
        Ok(changed > 0)
    }
}
