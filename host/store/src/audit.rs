//! The log: appended in the transaction of what it records, read page by page, never changed.

use chrono::{DateTime, Utc};
use serde::Serialize;
use veche_domain::audit::{Chain, Entry, Kept, Private};
use veche_domain::code::Digest;

use crate::db::{Store, digest, moment, on_db};
use crate::error::StoreError;

/// Appends facts in the running transaction. The head's row is locked from here to the commit, so this comes last.
macro_rules! append {
    ($tx:ident, $facts:expr) => {
        for fact in $facts {
            let fact: &veche_domain::audit::Fact = fact;
            let chain = fact.chain.to_string();
            sqlx::query("INSERT INTO audit_head (chain, seq, digest) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING")
                .bind(&chain)
                .bind(veche_domain::audit::beginning().as_bytes().as_slice())
                .execute(&mut *$tx)
                .await?;
            let (seq, previous): (i64, Vec<u8>) =
                sqlx::query_as("UPDATE audit_head SET seq = seq + 1 WHERE chain = $1 RETURNING seq, digest")
                    .bind(&chain)
                    .fetch_one(&mut *$tx)
                    .await?;
            let previous = $crate::db::digest(&previous)?;
            let at = $crate::db::moment($crate::db::now());
            let (entry, private) = fact.seal(seq, previous, at, $crate::audit::salt()?);
            sqlx::query(
                "INSERT INTO audit (chain, seq, at, actor, request, deed, target, before_digest, after_digest, details, private, \
                 previous, digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            )
            .bind(&entry.chain)
            .bind(entry.seq)
            .bind(entry.at.timestamp_micros())
            .bind(&entry.actor)
            .bind(entry.request.as_deref())
            .bind(&entry.deed)
            .bind(&entry.target)
            .bind(entry.before.map(|d| d.as_bytes().to_vec()))
            .bind(entry.after.map(|d| d.as_bytes().to_vec()))
            .bind(serde_json::to_string(&entry.details)?)
            .bind(entry.private.map(|d| d.as_bytes().to_vec()))
            .bind(entry.previous.as_bytes().as_slice())
            .bind(entry.digest.as_bytes().as_slice())
            .execute(&mut *$tx)
            .await?;
            if let Some(private) = private {
                sqlx::query("INSERT INTO audit_private (chain, seq, salt, data) VALUES ($1, $2, $3, $4)")
                    .bind(&entry.chain)
                    .bind(entry.seq)
                    .bind(&private.salt)
                    .bind(&private.data)
                    .execute(&mut *$tx)
                    .await?;
            }
            sqlx::query("UPDATE audit_head SET digest = $1 WHERE chain = $2")
                .bind(entry.digest.as_bytes().as_slice())
                .bind(&entry.chain)
                .execute(&mut *$tx)
                .await?;
        }
    };
}
pub(crate) use append;

/// Random bytes of the system.
pub(crate) fn salt() -> Result<[u8; 16], StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|e| StoreError::Unavailable { reason: format!("no random bytes: {e}") })?;
    Ok(bytes)
}

/// An entry as people read it: with its personal data, if they are kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditRow {
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
    /// Its personal data, JSON.
    #[serde(skip)]
    pub kept: Kept,
}

#[derive(sqlx::FromRow)]
struct Record {
    chain: String,
    seq: i64,
    at: i64,
    actor: String,
    request: Option<String>,
    deed: String,
    target: String,
    before_digest: Option<Vec<u8>>,
    after_digest: Option<Vec<u8>>,
    details: String,
    private: Option<Vec<u8>>,
    previous: Vec<u8>,
    digest: Vec<u8>,
    private_seq: Option<i64>,
    salt: Option<Vec<u8>>,
    data: Option<String>,
    erased_by: Option<i64>,
}

/// Damaged bytes become another digest: the check of the chain then names the entry instead of failing at it.
fn some_digest(bytes: &[u8]) -> Digest {
    Digest::from_bytes(bytes).unwrap_or_else(|| Digest::of(b"damaged"))
}

impl Record {
    fn row(self) -> AuditRow {
        let details = serde_json::from_str(&self.details)
            .unwrap_or_else(|_| [("damaged".to_owned(), self.details.clone())].into());
        let kept = match (self.private_seq, self.salt, self.data, self.erased_by) {
            (Some(_), Some(salt), Some(data), None) => Kept::Whole(Private { salt, data }),
            (Some(_), None, None, Some(by)) => Kept::ErasedBy(by),
            _ => Kept::Nothing,
        };
        let entry = Entry {
            chain: self.chain,
            seq: self.seq,
            at: moment(self.at),
            actor: self.actor,
            request: self.request,
            deed: self.deed,
            target: self.target,
            before: self.before_digest.as_deref().map(some_digest),
            after: self.after_digest.as_deref().map(some_digest),
            details,
            private: self.private.as_deref().map(some_digest),
            previous: some_digest(&self.previous),
            digest: some_digest(&self.digest),
        };
        AuditRow { entry, kept }
    }
}

/// Which entries a list holds. Empty fields do not filter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditFilter {
    /// On this target.
    pub target: Option<String>,
    /// Who.
    pub actor: Option<String>,
    /// What.
    pub deed: Option<String>,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

/// Entries of a chain after a place, from the oldest, or before it, from the newest.
#[derive(Clone, Copy)]
enum Side {
    After(i64),
    Before(i64),
}

impl Store {
    /// Appends facts that change nothing else in the store: a read, an export.
    ///
    /// # Errors
    /// Store errors; then nothing was written.
    pub async fn log(&self, facts: &[veche_domain::audit::Fact]) -> Result<(), StoreError> {
        on_db!(self, write tx: DB => {
            append!(tx, facts);
        });
        Ok(())
    }

    /// Entries of a chain after a place, in order.
    ///
    /// # Errors
    /// Store errors.
    pub async fn audit_entries(
        &self,
        chain: &Chain,
        filter: &AuditFilter,
        after: i64,
        limit: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        self.audit_from(chain, filter, Side::After(after), limit).await
    }

    /// Entries of a chain before a place, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn newest_audit_entries(
        &self,
        chain: &Chain,
        filter: &AuditFilter,
        before: i64,
        limit: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        self.audit_from(chain, filter, Side::Before(before), limit).await
    }

    /// Entries on one side of a place, nearest first.
    async fn audit_from(
        &self,
        chain: &Chain,
        filter: &AuditFilter,
        side: Side,
        limit: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        macro_rules! sql {
            ($side:literal, $order:literal) => {
                concat!(
                    "SELECT a.*, p.seq AS private_seq, p.salt, p.data, p.erased_by FROM audit a \
                     LEFT JOIN audit_private p ON p.chain = a.chain AND p.seq = a.seq WHERE a.chain = $1 AND a.seq ",
                    $side,
                    " $2 AND ($3 IS NULL OR a.target = $3) AND ($4 IS NULL OR a.actor = $4) AND ($5 IS NULL OR a.deed = $5) \
                     AND a.at >= $6 AND a.at < $7 ORDER BY a.seq ",
                    $order,
                    " LIMIT $8"
                )
            };
        }
        let (sql, place) = match side {
            Side::After(place) => (sql!(">", "ASC"), place),
            Side::Before(place) => (sql!("<", "DESC"), place),
        };
        let rows: Vec<Record> = on_db!(self, read pool => {
            sqlx::query_as(sql)
                .bind(chain.to_string())
                .bind(place)
                .bind(filter.target.as_deref())
                .bind(filter.actor.as_deref())
                .bind(filter.deed.as_deref())
                .bind(filter.from.map_or(i64::MIN, |at| at.timestamp_micros()))
                .bind(filter.to.map_or(i64::MAX, |at| at.timestamp_micros()))
                .bind(limit)
                .fetch_all(pool)
                .await?
        });
        Ok(rows.into_iter().map(Record::row).collect())
    }

    /// Place and digest of a chain's newest entry.
    ///
    /// # Errors
    /// Store errors.
    pub async fn audit_head(&self, chain: &Chain) -> Result<Option<(i64, Digest)>, StoreError> {
        let row: Option<(i64, Vec<u8>)> = on_db!(self, read pool => {
            sqlx::query_as("SELECT seq, digest FROM audit_head WHERE chain = $1")
                .bind(chain.to_string())
                .fetch_optional(pool)
                .await?
        });
        row.map(|(seq, bytes)| Ok((seq, digest(&bytes)?))).transpose()
    }

    /// Every chain that has a head or an entry.
    ///
    /// # Errors
    /// Store errors.
    pub async fn audit_chains(&self) -> Result<Vec<Chain>, StoreError> {
        const SQL: &str = "SELECT chain FROM audit_head UNION SELECT chain FROM audit ORDER BY 1";
        let rows: Vec<(String,)> = on_db!(self, read pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(text,)| Chain::from_text(&text).ok_or(StoreError::Corrupt { what: "a chain of the log".into() }))
            .collect()
    }
}
