//! Exports as jobs: what was asked for, how far it is, and its file in chunks.
//!
//! Chunks are written by whoever holds the lease, in the transaction that prolongs it, and are offered once the job is
//! done. A claim begins with none: what an interrupted attempt left is deleted with it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{BindingId, BlockCode, Digest, RegionCode};
use veche_domain::indicator::Period;
use veche_domain::lifecycle::JobState;

use crate::audit::append;
use crate::db::{Store, digest, moment, now, on_db};
use crate::error::StoreError;
use crate::indicators::period;

/// An export as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExportJob {
    /// Id.
    pub id: Uuid,
    /// Region.
    pub region: RegionCode,
    /// Binding of the exporter.
    pub binding: BindingId,
    /// Format, as the exporter describes it.
    pub format: String,
    /// Period.
    pub period: Period,
    /// Language of titles.
    pub language: String,
    /// Choices of whoever asked.
    pub options: BTreeMap<String, String>,
    /// Blocks whose questions are in it; empty for the whole region.
    pub blocks: BTreeSet<BlockCode>,
    /// Whether applicants' data are in it.
    pub personal: bool,
    /// How it stands.
    pub state: JobState,
    /// How often it was begun.
    pub attempts: u64,
    /// Rows to write.
    pub total: u64,
    /// Of these, handed over.
    pub done: u64,
    /// Rows that the format cannot carry.
    pub skipped: u64,
    /// Remarks of the exporter.
    pub notes: Vec<String>,
    /// Why it failed.
    pub fault: Option<String>,
    /// Name of the file.
    pub file_name: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes; while it runs, those that are written.
    pub size: u64,
    /// SHA-256 of the file.
    pub digest: Option<Digest>,
    /// Release of the exporter that wrote it.
    pub release: Option<Digest>,
    /// Ruleset that was active.
    pub ruleset: Option<Digest>,
    /// Whether the file can be fetched.
    pub available: bool,
    /// Until when.
    pub expires_at: Option<DateTime<Utc>>,
    /// Who asked for it.
    pub requested_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

/// What became of a job.
#[derive(Debug, Clone, PartialEq)]
pub enum ExportResult {
    /// The file is whole.
    Done {
        /// Its digest.
        digest: Digest,
        /// Release that wrote it.
        release: Digest,
        /// Ruleset that was active.
        ruleset: Digest,
        /// Rows in it.
        rows: u64,
        /// Rows left out.
        skipped: u64,
        /// Remarks.
        notes: Vec<String>,
        /// Until when it is kept.
        expires_at: DateTime<Utc>,
    },
    /// There is none.
    Failed {
        /// Why.
        fault: String,
    },
}

#[derive(sqlx::FromRow)]
struct Record {
    id: Uuid,
    region: String,
    binding: String,
    format: String,
    kind: String,
    first: String,
    last: String,
    language: String,
    options: String,
    blocks: String,
    personal: bool,
    state: String,
    attempts: i64,
    total: i64,
    done: i64,
    skipped: i64,
    notes: String,
    fault: Option<String>,
    file_name: String,
    media_type: String,
    size: i64,
    digest: Option<Vec<u8>>,
    release: Option<Vec<u8>>,
    ruleset: Option<Vec<u8>>,
    available: bool,
    expires_at: Option<i64>,
    requested_by: String,
    created_at: i64,
    updated_at: i64,
}

impl Record {
    fn row(self) -> Result<ExportJob, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt { what: what.to_owned() };
        let big = |n: i64| u64::try_from(n).unwrap_or(0);
        let some = |bytes: Option<Vec<u8>>| bytes.as_deref().map(digest).transpose();
        Ok(ExportJob {
            id: self.id,
            region: RegionCode::new(&self.region).map_err(|_| corrupt("a region code"))?,
            binding: BindingId::new(&self.binding).map_err(|_| corrupt("a binding id"))?,
            format: self.format,
            period: period(&self.kind, &self.first, &self.last)?,
            language: self.language,
            options: serde_json::from_str(&self.options)?,
            blocks: serde_json::from_str(&self.blocks)?,
            personal: self.personal,
            state: JobState::from_code(&self.state).ok_or_else(|| corrupt("a job state"))?,
            attempts: big(self.attempts),
            total: big(self.total),
            done: big(self.done),
            skipped: big(self.skipped),
            notes: serde_json::from_str(&self.notes)?,
            fault: self.fault,
            file_name: self.file_name,
            media_type: self.media_type,
            size: big(self.size),
            digest: some(self.digest)?,
            release: some(self.release)?,
            ruleset: some(self.ruleset)?,
            available: self.available,
            expires_at: self.expires_at.map(moment),
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

fn fact(region: &RegionCode, actor: &Actor, deed: Deed, id: Uuid) -> Fact {
    Fact::new(Chain::Region(region.clone()), actor, deed, format!("export {id}"))
}

impl Store {
    /// Keeps a new job, and who asked for it in the log.
    ///
    /// # Errors
    /// Store errors.
    pub async fn insert_export_job(&self, job: &ExportJob, actor: &Actor) -> Result<(), StoreError> {
        let (options, blocks) = (serde_json::to_string(&job.options)?, serde_json::to_string(&job.blocks)?);
        let asked = fact(&job.region, actor, Deed::RequestExport, job.id)
            .detail("binding", job.binding.as_str())
            .detail("format", job.format.as_str())
            .detail("period", job.period.label())
            .detail("personal", job.personal.to_string());
        on_db!(self, write tx: DB => {
            sqlx::query(
                "INSERT INTO export_job (id, region, binding, format, kind, first, last, language, options, blocks, \
                 personal, state, total, done, skipped, notes, file_name, media_type, size, available, requested_by, \
                 created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 0, '[]', $13, \
                 $14, 0, FALSE, $15, $16, $16)",
            )
            .bind(job.id)
            .bind(job.region.as_str())
            .bind(job.binding.as_str())
            .bind(&job.format)
            .bind(job.period.kind.as_str())
            .bind(job.period.first.to_string())
            .bind(job.period.last.to_string())
            .bind(&job.language)
            .bind(&options)
            .bind(&blocks)
            .bind(job.personal)
            .bind(job.state.as_str())
            .bind(&job.file_name)
            .bind(&job.media_type)
            .bind(&job.requested_by)
            .bind(job.created_at.timestamp_micros())
            .execute(&mut *tx)
            .await?;
            append!(tx, &[asked]);
        });
        Ok(())
    }

    /// An export of a region.
    ///
    /// # Errors
    /// Store errors.
    pub async fn export_job(&self, region: &RegionCode, id: Uuid) -> Result<Option<ExportJob>, StoreError> {
        const SQL: &str = "SELECT * FROM export_job WHERE id = $1 AND region = $2";
        let row: Option<Record> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(id).bind(region.as_str()).fetch_optional(pool).await?);
        row.map(Record::row).transpose()
    }

    /// Exports of a region, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn export_jobs(&self, region: &RegionCode, limit: i64) -> Result<Vec<ExportJob>, StoreError> {
        const SQL: &str = "SELECT * FROM export_job WHERE region = $1 ORDER BY created_at DESC, id DESC LIMIT $2";
        let rows: Vec<Record> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).bind(limit).fetch_all(pool).await?);
        rows.into_iter().map(Record::row).collect()
    }

    /// Claims an export that waits, or whose host is gone; a named one or the oldest. It begins without a byte.
    ///
    /// # Errors
    /// Store errors.
    pub async fn claim_export_job(
        &self,
        owner: &str,
        wanted: Option<Uuid>,
        lease: Duration,
    ) -> Result<Option<ExportJob>, StoreError> {
        const OPEN: &str = "SELECT id FROM export_job WHERE state IN ('waiting', 'running') AND ($1 IS NULL OR id = $1) \
             AND (lease_until IS NULL OR lease_until < $2) ORDER BY created_at, id LIMIT 1";
        // The condition again: two hosts may have read the same row.
        const CLAIM: &str = "UPDATE export_job SET state = 'running', attempts = attempts + 1, done = 0, size = 0, \
             lease_owner = $1, lease_until = $2 WHERE id = $3 AND state IN ('waiting', 'running') \
             AND (lease_until IS NULL OR lease_until < $4) RETURNING *";
        let at = now();
        let open: Option<(Uuid,)> =
            on_db!(self, read pool => sqlx::query_as(OPEN).bind(wanted).bind(at).fetch_optional(pool).await?);
        let Some((id,)) = open else { return Ok(None) };
        let row: Option<Record> = on_db!(self, write tx: DB => {
            let row: Option<Record> = sqlx::query_as(CLAIM)
                .bind(owner)
                .bind(lease_end(lease))
                .bind(id)
                .bind(at)
                .fetch_optional(&mut *tx)
                .await?;
            if row.is_some() {
                sqlx::query("DELETE FROM export_chunk WHERE job = $1").bind(id).execute(&mut *tx).await?;
            }
            row
        });
        row.map(Record::row).transpose()
    }

    /// Writes how far a claimed export is, with the next chunk if there is one, and prolongs the lease. False once it is
    /// cancelled or another host has it; then nothing was written.
    ///
    /// # Errors
    /// Store errors.
    pub async fn checkpoint_export(
        &self,
        owner: &str,
        job: &ExportJob,
        chunk: Option<(u64, &[u8])>,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE export_job SET total = $1, done = $2, size = $3, lease_until = $4, updated_at = $5 \
             WHERE id = $6 AND lease_owner = $7 AND state = 'running'";
        let own = on_db!(self, write tx: DB => {
            let own = sqlx::query(SQL)
                .bind(small(job.total))
                .bind(small(job.done))
                .bind(small(job.size))
                .bind(lease_end(lease))
                .bind(now())
                .bind(job.id)
                .bind(owner)
                .execute(&mut *tx)
                .await?
                .rows_affected()
                > 0;
            if let Some((n, bytes)) = chunk.filter(|_| own) {
                sqlx::query("INSERT INTO export_chunk (job, n, bytes) VALUES ($1, $2, $3)")
                    .bind(job.id)
                    .bind(small(n))
                    .bind(bytes)
                    .execute(&mut *tx)
                    .await?;
            }
            own
        });
        Ok(own)
    }

    /// Ends a claimed export. A failed one leaves no byte. False if it was no longer this host's.
    ///
    /// # Errors
    /// Store errors.
    pub async fn finish_export(&self, owner: &str, id: Uuid, result: &ExportResult) -> Result<bool, StoreError> {
        const DONE: &str = "UPDATE export_job SET state = 'done', digest = $1, release = $2, ruleset = $3, total = $4, \
             done = $4, skipped = $5, notes = $6, available = TRUE, expires_at = $7, lease_until = NULL, updated_at = $8 \
             WHERE id = $9 AND lease_owner = $10 AND state = 'running'";
        const FAILED: &str = "UPDATE export_job SET state = 'failed', fault = $1, size = 0, lease_until = NULL, \
             updated_at = $2 WHERE id = $3 AND lease_owner = $4 AND state = 'running'";
        let changed = on_db!(self, write tx: DB => {
            match result {
                ExportResult::Done { digest, release, ruleset, rows, skipped, notes, expires_at } => {
                    let query = sqlx::query(DONE)
                        .bind(digest.as_bytes().as_slice())
                        .bind(release.as_bytes().as_slice())
                        .bind(ruleset.as_bytes().as_slice())
                        .bind(small(*rows))
                        .bind(small(*skipped))
                        .bind(serde_json::to_string(notes)?)
                        .bind(expires_at.timestamp_micros())
                        .bind(now())
                        .bind(id)
                        .bind(owner);
                    query.execute(&mut *tx).await?.rows_affected()
                }
                ExportResult::Failed { fault } => {
                    let query = sqlx::query(FAILED).bind(fault).bind(now()).bind(id).bind(owner);
                    let changed = query.execute(&mut *tx).await?.rows_affected();
                    if changed > 0 {
                        sqlx::query("DELETE FROM export_chunk WHERE job = $1").bind(id).execute(&mut *tx).await?;
                    }
                    changed
                }
            }
        });
        Ok(changed > 0)
    }

    /// Gives a claimed export back: its host stops, which is no fault of the export.
    ///
    /// # Errors
    /// Store errors.
    pub async fn release_export(&self, owner: &str, id: Uuid) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE export_job SET lease_until = NULL, lease_owner = NULL, attempts = attempts - 1 \
                           WHERE id = $1 AND lease_owner = $2 AND state = 'running'";
        on_db!(self, write tx: DB => {
            sqlx::query(SQL).bind(id).bind(owner).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Cancels an export that is not over, and deletes what is written of it; whether it was not over.
    ///
    /// # Errors
    /// Store errors.
    pub async fn cancel_export(&self, region: &RegionCode, id: Uuid, actor: &Actor) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE export_job SET state = 'cancelled', size = 0, lease_until = NULL, updated_at = $1 \
                           WHERE id = $2 AND region = $3 AND state IN ('waiting', 'running')";
        let cancelled = fact(region, actor, Deed::CancelExport, id);
        let changed = on_db!(self, write tx: DB => {
            let query = sqlx::query(SQL).bind(now()).bind(id).bind(region.as_str());
            let changed = query.execute(&mut *tx).await?.rows_affected();
            if changed > 0 {
                sqlx::query("DELETE FROM export_chunk WHERE job = $1").bind(id).execute(&mut *tx).await?;
                append!(tx, &[cancelled]);
            }
            changed
        });
        Ok(changed > 0)
    }

    /// Notes in the log that somebody fetches a file.
    ///
    /// # Errors
    /// Store errors.
    pub async fn log_export_fetched(&self, job: &ExportJob, actor: &Actor) -> Result<(), StoreError> {
        let fetched = fact(&job.region, actor, Deed::FetchExport, job.id)
            .change(None, job.digest)
            .detail("personal", job.personal.to_string());
        self.log(&[fetched]).await
    }

    /// A chunk of a file that can be fetched; none behind the last.
    ///
    /// # Errors
    /// Store errors.
    pub async fn export_chunk(&self, id: Uuid, n: u64) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT c.bytes FROM export_chunk c JOIN export_job j ON j.id = c.job \
                           WHERE c.job = $1 AND c.n = $2 AND j.available";
        let row: Option<(Vec<u8>,)> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(id).bind(small(n)).fetch_optional(pool).await?);
        Ok(row.map(|(bytes,)| bytes))
    }

    /// How many chunks there are of an export, whether they can be fetched or not.
    ///
    /// # Errors
    /// Store errors.
    pub async fn export_chunk_count(&self, id: Uuid) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM export_chunk WHERE job = $1";
        let (count,): (i64,) = on_db!(self, read pool => sqlx::query_as(SQL).bind(id).fetch_one(pool).await?);
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Deletes the files whose time is over; how many. The jobs stay, with the digests of what they wrote.
    ///
    /// # Errors
    /// Store errors.
    pub async fn prune_exports(&self, at: DateTime<Utc>) -> Result<u64, StoreError> {
        const SQL: &str = "UPDATE export_job SET available = FALSE WHERE available AND expires_at <= $1 RETURNING id";
        let pruned = on_db!(self, write tx: DB => {
            let rows: Vec<(Uuid,)> = sqlx::query_as(SQL).bind(at.timestamp_micros()).fetch_all(&mut *tx).await?;
            for (id,) in &rows {
                sqlx::query("DELETE FROM export_chunk WHERE job = $1").bind(id).execute(&mut *tx).await?;
            }
            rows.len()
        });
        Ok(u64::try_from(pruned).unwrap_or(0))
    }
}
