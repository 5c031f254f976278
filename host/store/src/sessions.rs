//! Sessions of people who signed in. The cookie's secret is not stored, only its digest.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::audit::Deed;
use veche_domain::code::Digest;

use crate::accounts::{AccountRow, facts};
use crate::audit::append;
use crate::db::{Store, moment, now, on_db};
use crate::error::StoreError;

/// A session as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    /// Id.
    pub id: Uuid,
    /// Whose.
    pub account: Uuid,
    /// Digest of the secret that is good now.
    pub digest: Digest,
    /// Text that a page must send with each write.
    pub csrf: String,
    /// When the person signed in.
    pub created_at: DateTime<Utc>,
    /// When the secret was changed last.
    pub rotated_at: DateTime<Utc>,
    /// When the session was used last, to the minute.
    pub seen_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct SessionRecord {
    id: Uuid,
    account_id: Uuid,
    digest: Vec<u8>,
    csrf: String,
    created_at: i64,
    rotated_at: i64,
    seen_at: i64,
}

impl Store {
    /// Begins a session: the wrong passwords before it are forgotten, and the log says who signed in.
    ///
    /// # Errors
    /// Store errors.
    pub async fn begin_session(
        &self,
        account: &AccountRow,
        secret: Digest,
        csrf: &str,
        at: DateTime<Utc>,
        actor: &Actor,
    ) -> Result<Uuid, StoreError> {
        let id = Uuid::now_v7();
        let facts = facts(&[&account.grants], actor, Deed::SignIn, &format!("account {}", account.login), |fact| fact);
        on_db!(self, write tx: DB => {
            sqlx::query(
                "INSERT INTO session (id, account_id, digest, csrf, created_at, rotated_at, seen_at) \
                 VALUES ($1, $2, $3, $4, $5, $5, $5)",
            )
            .bind(id)
            .bind(account.id)
            .bind(secret.as_bytes().as_slice())
            .bind(csrf)
            .bind(at.timestamp_micros())
            .execute(&mut *tx)
            .await?;
            sqlx::query("UPDATE account SET failures = 0, locked_until = NULL, updated_at = $1 WHERE id = $2")
                .bind(now())
                .bind(account.id)
                .execute(&mut *tx)
                .await?;
            append!(tx, &facts);
        });
        Ok(id)
    }

    /// The session of a secret, or of the one before its last rotation.
    ///
    /// # Errors
    /// Store errors.
    pub async fn session(&self, secret: &Digest) -> Result<Option<SessionRow>, StoreError> {
        const SQL: &str = "SELECT id, account_id, digest, csrf, created_at, rotated_at, seen_at FROM session \
                           WHERE digest = $1 OR previous = $1";
        let row: Option<SessionRecord> = on_db!(self, read pool => {
            sqlx::query_as(SQL).bind(secret.as_bytes().as_slice()).fetch_optional(pool).await?
        });
        row.map(|row| {
            Ok(SessionRow {
                id: row.id,
                account: row.account_id,
                digest: crate::db::digest(&row.digest)?,
                csrf: row.csrf,
                created_at: moment(row.created_at),
                rotated_at: moment(row.rotated_at),
                seen_at: moment(row.seen_at),
            })
        })
        .transpose()
    }

    /// Gives a session a new secret; whether it had the old one until now (another request may have been faster).
    ///
    /// # Errors
    /// Store errors.
    pub async fn rotate_session(
        &self,
        session: &SessionRow,
        secret: Digest,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let rotated = on_db!(self, write tx: DB => {
            sqlx::query(
                "UPDATE session SET previous = digest, digest = $1, rotated_at = $2, seen_at = $2 WHERE id = $3 AND digest = $4",
            )
            .bind(secret.as_bytes().as_slice())
            .bind(at.timestamp_micros())
            .bind(session.id)
            .bind(session.digest.as_bytes().as_slice())
            .execute(&mut *tx)
            .await?
            .rows_affected()
        });
        Ok(rotated > 0)
    }

    /// Notes the use of a session.
    ///
    /// # Errors
    /// Store errors.
    pub async fn note_session_use(&self, id: Uuid, at: DateTime<Utc>) -> Result<(), StoreError> {
        on_db!(self, write tx: DB => {
            sqlx::query("UPDATE session SET seen_at = $1 WHERE id = $2")
                .bind(at.timestamp_micros())
                .bind(id)
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Ends one session.
    ///
    /// # Errors
    /// Store errors.
    pub async fn end_session(&self, id: Uuid) -> Result<(), StoreError> {
        on_db!(self, write tx: DB => {
            sqlx::query("DELETE FROM session WHERE id = $1").bind(id).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Ends every session of an account; how many there were.
    ///
    /// # Errors
    /// Store errors.
    pub async fn end_sessions(&self, account: &AccountRow, actor: &Actor) -> Result<u64, StoreError> {
        let facts =
            facts(&[&account.grants], actor, Deed::EndSessions, &format!("account {}", account.login), |fact| fact);
        let ended = on_db!(self, write tx: DB => {
            let ended = sqlx::query("DELETE FROM session WHERE account_id = $1")
                .bind(account.id)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            append!(tx, &facts);
            ended
        });
        Ok(ended)
    }

    /// Deletes sessions that began or were used too long ago.
    ///
    /// # Errors
    /// Store errors.
    pub async fn sweep_sessions(
        &self,
        begun_before: DateTime<Utc>,
        seen_before: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let swept = on_db!(self, write tx: DB => {
            sqlx::query("DELETE FROM session WHERE created_at < $1 OR seen_at < $2")
                .bind(begun_before.timestamp_micros())
                .bind(seen_before.timestamp_micros())
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(swept)
    }
}
