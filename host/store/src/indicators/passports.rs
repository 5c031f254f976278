//! Passports of additional indicators, and each step that they took.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{Digest, RegionCode};
use veche_domain::indicator::{Passport, PassportState, PassportStep};

use crate::audit::append;
use crate::db::{Store, digest, moment, now, on_db};
use crate::error::StoreError;

/// A passport as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PassportRow {
    /// Id.
    pub id: Uuid,
    /// What it says.
    pub passport: Passport,
    /// Its content by name: an approval is of exactly this.
    pub digest: Digest,
    /// Where it stands.
    pub state: PassportState,
    /// Who wrote it.
    pub author: String,
    /// Who agreed to it.
    pub agreed_by: Option<String>,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// When.
    pub approved_at: Option<DateTime<Utc>>,
    /// Grows with each change.
    pub version: i64,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

/// A step that a passport took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepRow {
    /// Step; none for its writing.
    pub step: Option<PassportStep>,
    /// State after it.
    pub state: PassportState,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// Content at that moment.
    pub digest: Digest,
    /// When.
    pub at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Record {
    id: Uuid,
    state: String,
    content: String,
    digest: Vec<u8>,
    author: String,
    agreed_by: Option<String>,
    approved_by: Option<String>,
    approved_at: Option<i64>,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

fn state(code: &str) -> Result<PassportState, StoreError> {
    PassportState::from_code(code).ok_or_else(|| StoreError::Corrupt { what: "a passport's state".into() })
}

impl Record {
    fn row(self) -> Result<PassportRow, StoreError> {
        Ok(PassportRow {
            id: self.id,
            passport: serde_json::from_str(&self.content)?,
            digest: digest(&self.digest)?,
            state: state(&self.state)?,
            author: self.author,
            agreed_by: self.agreed_by,
            approved_by: self.approved_by,
            approved_at: self.approved_at.map(moment),
            version: self.version,
            created_at: moment(self.created_at),
            updated_at: moment(self.updated_at),
        })
    }
}

/// Writes a step into the passport's own history.
macro_rules! insert_step {
    ($tx:ident, $id:expr, $region:expr, $step:expr, $state:expr, $actor:expr, $reason:expr, $digest:expr) => {
        sqlx::query(
            "INSERT INTO passport_step (id, passport, region, step, state, actor, reason, digest, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(Uuid::now_v7())
        .bind($id)
        .bind($region.as_str())
        .bind($step)
        .bind($state.as_str())
        .bind(&$actor.name)
        .bind($reason)
        .bind($digest.as_bytes().as_slice())
        .bind(now())
        .execute(&mut *$tx)
        .await?;
    };
}

fn moved(region: &RegionCode, actor: &Actor, id: Uuid, what: &str) -> Fact {
    let chain = Chain::Region(region.clone());
    Fact::new(chain, actor, Deed::MovePassport, format!("passport {id}")).detail("step", what)
}

fn changed_meanwhile(seen: i64) -> StoreError {
    StoreError::Conflict { what: "the passport", expected: format!("version {seen}"), found: "another version".into() }
}

impl Store {
    /// Begins a passport, or writes a draft again. `seen` is the version that the writer read; none for a new one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it is no draft any more or somebody else wrote it.
    pub async fn write_passport(
        &self,
        region: &RegionCode,
        id: Uuid,
        passport: &Passport,
        seen: Option<i64>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let (content, name) = (serde_json::to_string(passport)?, passport.digest());
        on_db!(self, write tx: DB => {
            let at = now();
            match seen {
                None => {
                    sqlx::query(
                        "INSERT INTO passport (id, region, indicator, state, content, digest, release, author, version, \
                         created_at, updated_at) VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, 1, $8, $8)",
                    )
                    .bind(id)
                    .bind(region.as_str())
                    .bind(&passport.indicator)
                    .bind(&content)
                    .bind(name.as_bytes().as_slice())
                    .bind(passport.release.as_bytes().as_slice())
                    .bind(&actor.name)
                    .bind(at)
                    .execute(&mut *tx)
                    .await?;
                }
                Some(seen) => {
                    let changed = sqlx::query(
                        "UPDATE passport SET indicator = $1, content = $2, digest = $3, release = $4, version = version + 1, \
                         updated_at = $5 WHERE id = $6 AND region = $7 AND version = $8 AND state = 'draft'",
                    )
                    .bind(&passport.indicator)
                    .bind(&content)
                    .bind(name.as_bytes().as_slice())
                    .bind(passport.release.as_bytes().as_slice())
                    .bind(at)
                    .bind(id)
                    .bind(region.as_str())
                    .bind(seen)
                    .execute(&mut *tx)
                    .await?
                    .rows_affected();
                    if changed == 0 {
                        return Err(changed_meanwhile(seen));
                    }
                }
            }
            insert_step!(tx, id, region, "write", PassportState::Draft, actor, None::<&str>, name);
            append!(tx, [&moved(region, actor, id, "write").change(None, Some(name)).detail("indicator", &passport.indicator)]);
        });
        Ok(())
    }

    /// Writes a step that was checked against the row as it was read. An activation archives the passport of the same
    /// indicator that was active.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody else moved it meanwhile.
    pub async fn move_passport(
        &self,
        region: &RegionCode,
        row: &PassportRow,
        step: PassportStep,
        to: PassportState,
        reason: Option<&str>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        on_db!(self, write tx: DB => {
            let at = now();
            if to == PassportState::Active {
                sqlx::query(
                    "UPDATE passport SET state = 'archived', version = version + 1, updated_at = $1 \
                     WHERE region = $2 AND indicator = $3 AND state = 'active'",
                )
                .bind(at)
                .bind(region.as_str())
                .bind(&row.passport.indicator)
                .execute(&mut *tx)
                .await?;
            }
            let (agreed, approved) = match step {
                PassportStep::Agree => (Some(actor.name.as_str()), None),
                PassportStep::Approve => (row.agreed_by.as_deref(), Some(actor.name.as_str())),
                // Back at its author it starts anew.
                PassportStep::Reject => (None, None),
                _ => (row.agreed_by.as_deref(), row.approved_by.as_deref()),
            };
            let approved_at = match step {
                PassportStep::Approve => Some(at),
                PassportStep::Reject => None,
                _ => row.approved_at.map(|at| at.timestamp_micros()),
            };
            let changed = sqlx::query(
                "UPDATE passport SET state = $1, agreed_by = $2, approved_by = $3, approved_at = $4, version = version + 1, \
                 updated_at = $5 WHERE id = $6 AND region = $7 AND version = $8",
            )
            .bind(to.as_str())
            .bind(agreed)
            .bind(approved)
            .bind(approved_at)
            .bind(at)
            .bind(row.id)
            .bind(region.as_str())
            .bind(row.version)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if changed == 0 {
                return Err(changed_meanwhile(row.version));
            }
            insert_step!(tx, row.id, region, step.as_str(), to, actor, reason, row.digest);
            let mut fact = moved(region, actor, row.id, step.as_str())
                .change(Some(row.digest), Some(row.digest))
                .detail("state", to.as_str())
                .detail("release", row.passport.release.to_string());
            if let Some(reason) = reason {
                fact = fact.private("reason", reason);
            }
            append!(tx, [&fact]);
        });
        Ok(())
    }

    /// A passport of a region.
    ///
    /// # Errors
    /// Store errors.
    pub async fn passport(&self, region: &RegionCode, id: Uuid) -> Result<Option<PassportRow>, StoreError> {
        const SQL: &str = "SELECT * FROM passport WHERE id = $1 AND region = $2";
        let row: Option<Record> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(id).bind(region.as_str()).fetch_optional(pool).await?);
        row.map(Record::row).transpose()
    }

    /// Passports of a region, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn passports(&self, region: &RegionCode) -> Result<Vec<PassportRow>, StoreError> {
        const SQL: &str = "SELECT * FROM passport WHERE region = $1 ORDER BY updated_at DESC, id DESC";
        let rows: Vec<Record> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).fetch_all(pool).await?);
        rows.into_iter().map(Record::row).collect()
    }

    /// The steps of a passport, oldest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn passport_steps(&self, region: &RegionCode, id: Uuid) -> Result<Vec<StepRow>, StoreError> {
        const SQL: &str = "SELECT step, state, actor, reason, digest, at FROM passport_step \
                           WHERE passport = $1 AND region = $2 ORDER BY at, id";
        type Row = (String, String, String, Option<String>, Vec<u8>, i64);
        let rows: Vec<Row> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(id).bind(region.as_str()).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(step, to, actor, reason, name, at)| {
                let step = PassportStep::from_code(&step);
                Ok(StepRow { step, state: state(&to)?, actor, reason, digest: digest(&name)?, at: moment(at) })
            })
            .collect()
    }
}
