//! The queue of appeals that wait for routing: claimed by lease, so that many hosts share one database and a
//! dead host's appeals come back.

use std::time::Duration;

use uuid::Uuid;
use veche_domain::appeal::AppealId;
use veche_domain::code::RegionCode;

use super::read::{CONTENT, ContentTuple, appeal};
use super::{Claimed, StoredAppeal};
use crate::db::{Db, Store, now, on_db};
use crate::error::StoreError;

impl Store {
    /// Claims pending appeals whose lease is free or over, oldest first, for `lease`.
    ///
    /// # Errors
    /// Store errors.
    pub async fn claim(&self, owner: &str, limit: usize, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        let now = now();
        let until = now.saturating_add(i64::try_from(lease.as_micros()).unwrap_or(i64::MAX));
        // On PostgreSQL rows that another host is claiming are skipped, not waited for.
        let sql = match self.db {
            Db::Sqlite { .. } => {
                "UPDATE appeal SET lease_owner = $1, lease_until = $2, attempts = attempts + 1 WHERE id IN (\
                 SELECT id FROM appeal WHERE pending AND (lease_until IS NULL OR lease_until < $3) ORDER BY id LIMIT $4) \
                 RETURNING id, attempts"
            }
            Db::Postgres(_) => {
                "UPDATE appeal SET lease_owner = $1, lease_until = $2, attempts = attempts + 1 WHERE id IN (\
                 SELECT id FROM appeal WHERE pending AND (lease_until IS NULL OR lease_until < $3) ORDER BY id LIMIT $4 \
                 FOR UPDATE SKIP LOCKED) RETURNING id, attempts"
            }
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        if self.pending_somewhere().await? == 0 {
            return Ok(Vec::new());
        }
        let mut claimed = on_db!(self, write tx: DB => {
            let rows: Vec<(Uuid, i64)> =
                sqlx::query_as(sql).bind(owner).bind(until).bind(now).bind(limit).fetch_all(&mut *tx).await?;
            let mut claimed = Vec::with_capacity(rows.len());
            for (id, attempts) in rows {
                let row: ContentTuple = sqlx::query_as(CONTENT).bind(id).fetch_one(&mut *tx).await?;
                let region =
                    RegionCode::new(&row.1).map_err(|_| StoreError::Corrupt { what: "a region code".into() })?;
                let StoredAppeal { appeal, .. } = appeal(&self.vault, row, Vec::new())?;
                claimed.push(Claimed { region, appeal, attempts: u32::try_from(attempts).unwrap_or(u32::MAX) });
            }
            claimed
        });
        claimed.sort_by_key(|c| c.appeal.id);
        Ok(claimed)
    }

    /// Puts claimed appeals back that could not be tried; they can be claimed again after `wait`, and the claim does
    /// not count as an attempt.
    ///
    /// # Errors
    /// Store errors; then the leases run out.
    pub async fn put_back(&self, owner: &str, appeals: &[AppealId], wait: Duration) -> Result<(), StoreError> {
        if appeals.is_empty() {
            return Ok(());
        }
        let until = now().saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX));
        on_db!(self, write tx: DB => {
            for appeal in appeals {
                sqlx::query(
                    "UPDATE appeal SET lease_owner = NULL, lease_until = $1, attempts = attempts - 1 \
                     WHERE id = $2 AND pending AND lease_owner = $3",
                )
                .bind(until)
                .bind(appeal.0)
                .bind(owner)
                .execute(&mut *tx)
                .await?;
            }
        });
        Ok(())
    }

    /// Whether anything waits at all; a cheap look that takes no write lock.
    async fn pending_somewhere(&self) -> Result<i64, StoreError> {
        let (count,): (i64,) = on_db!(self, read pool => {
            sqlx::query_as("SELECT COUNT(*) FROM (SELECT 1 FROM appeal WHERE pending LIMIT 1) AS waiting").fetch_one(pool).await?
        });
        Ok(count)
    }

    /// How many appeals of a region wait for routing.
    ///
    /// # Errors
    /// Store errors.
    pub async fn pending_count(&self, region: &RegionCode) -> Result<u64, StoreError> {
        let (count,): (i64,) = on_db!(self, read pool => {
            sqlx::query_as("SELECT COUNT(*) FROM appeal WHERE pending AND region = $1")
                .bind(region.as_str())
                .fetch_one(pool)
                .await?
        });
        Ok(u64::try_from(count).unwrap_or(0))
    }
}
