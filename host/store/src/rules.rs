//! Regions, their active rulesets, and content-addressed bytes.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{Digest, RegionCode};
use veche_domain::dictionary::Region;
use veche_domain::lifecycle::RulesEventKind;

use crate::audit::append;
use crate::db::{Store, digest, moment, now, on_db};
use crate::drafts::{RulesEvent, insert_event};
use crate::error::StoreError;
use crate::rollout::{Rollout, RolloutRecord};

/// What some stored bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobKind {
    /// A component.
    Release,
    /// A dataset.
    Dataset,
    /// Dictionaries, JSON.
    Dictionaries,
    /// A production calendar, TOML.
    Calendar,
    /// A ruleset, canonical JSON.
    Ruleset,
}

impl BlobKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dataset => "dataset",
            Self::Dictionaries => "dictionaries",
            Self::Calendar => "calendar",
            Self::Ruleset => "ruleset",
        }
    }
}

/// A region as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegionRow {
    /// The region.
    pub region: Region,
    /// Newest dictionaries.
    pub dictionaries: Digest,
    /// Newest calendar.
    pub calendar: Digest,
    /// Active ruleset.
    pub ruleset: Option<Digest>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
    /// What is out beside the active ruleset.
    pub rollout: Option<Rollout>,
}

/// A past activation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Activation {
    /// Ruleset.
    pub ruleset: Digest,
    /// Who.
    pub actor: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// Ruleset that was active before.
    pub previous: Option<Digest>,
    /// Whether it went back to an earlier one.
    pub rollback: bool,
    /// Why.
    pub reason: Option<String>,
}

/// A change of the active ruleset.
#[derive(Debug, Clone, Copy)]
pub struct Switch<'a> {
    /// Ruleset that becomes active.
    pub ruleset: Digest,
    /// What must be active before, if that is demanded.
    pub expected: Option<Option<Digest>>,
    /// Draft that holds it.
    pub draft: Option<Uuid>,
    /// Whether it goes back to an earlier one.
    pub rollback: bool,
    /// Why.
    pub reason: Option<&'a str>,
    /// Who.
    pub actor: Option<&'a Actor>,
}

impl Switch<'_> {
    /// A change to a ruleset without further demands.
    #[must_use]
    pub fn to(ruleset: Digest) -> Self {
        Self { ruleset, expected: None, draft: None, rollback: false, reason: None, actor: None }
    }
}

fn active_conflict(expected: Option<Digest>, found: Option<Digest>) -> StoreError {
    let text = |d: Option<Digest>| d.map_or_else(|| "none".to_owned(), |d| d.short());
    StoreError::Conflict { what: "the active ruleset", expected: text(expected), found: text(found) }
}

#[derive(sqlx::FromRow)]
struct RegionRecord {
    region: String,
    dictionaries: Vec<u8>,
    calendar: Vec<u8>,
    ruleset: Option<Vec<u8>>,
    updated_at: i64,
    #[sqlx(flatten)]
    rollout: RolloutRecord,
}

fn region_row(row: RegionRecord) -> Result<RegionRow, StoreError> {
    Ok(RegionRow {
        region: serde_json::from_str(&row.region)?,
        dictionaries: digest(&row.dictionaries)?,
        calendar: digest(&row.calendar)?,
        ruleset: row.ruleset.as_deref().map(digest).transpose()?,
        updated_at: moment(row.updated_at),
        rollout: row.rollout.row()?,
    })
}

/// The region with what is out in one read: every group of appeals asks for it.
macro_rules! region_sql {
    ($rest:literal) => {
        concat!(
            "SELECT r.region, r.dictionaries, r.calendar, r.ruleset, r.updated_at, ",
            "o.draft, o.ruleset AS candidate, o.base, o.stage, o.percent, o.guard, o.started_by, o.started_at, o.dropped ",
            "FROM region r LEFT JOIN rollout o ON o.region = r.code ",
            $rest
        )
    };
}

impl Store {
    /// Keeps bytes under their digest; once.
    ///
    /// # Errors
    /// Store errors.
    pub async fn put_blob(&self, kind: BlobKind, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        on_db!(self, write tx: DB => {
            sqlx::query("INSERT INTO blob (digest, kind, bytes, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
                .bind(digest.as_bytes().as_slice())
                .bind(kind.as_str())
                .bind(bytes)
                .bind(now())
                .execute(&mut *tx)
                .await?;
        });
        Ok(digest)
    }

    /// Bytes of a digest.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if they are not what was stored.
    pub async fn blob(&self, wanted: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let row: Option<(Vec<u8>,)> = on_db!(self, read pool => {
            sqlx::query_as("SELECT bytes FROM blob WHERE digest = $1")
                .bind(wanted.as_bytes().as_slice())
                .fetch_optional(pool)
                .await?
        });
        match row {
            Some((bytes,)) if Digest::of(&bytes) == *wanted => Ok(Some(bytes)),
            Some(_) => Err(StoreError::Corrupt { what: format!("content {wanted}") }),
            None => Ok(None),
        }
    }

    /// Makes or updates a region.
    ///
    /// # Errors
    /// Store errors.
    pub async fn save_region(
        &self,
        region: &Region,
        dictionaries: Digest,
        calendar: Digest,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let json = serde_json::to_string(region)?;
        on_db!(self, write tx: DB => {
            let before: Option<(Vec<u8>,)> = sqlx::query_as("SELECT dictionaries FROM region WHERE code = $1")
                .bind(region.code.as_str())
                .fetch_optional(&mut *tx)
                .await?;
            let before = before.map(|(bytes,)| digest(&bytes)).transpose()?;
            sqlx::query(
                "INSERT INTO region (code, region, dictionaries, calendar, updated_at) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (code) DO UPDATE SET region = excluded.region, dictionaries = excluded.dictionaries, \
                 calendar = excluded.calendar, updated_at = excluded.updated_at",
            )
            .bind(region.code.as_str())
            .bind(&json)
            .bind(dictionaries.as_bytes().as_slice())
            .bind(calendar.as_bytes().as_slice())
            .bind(now())
            .execute(&mut *tx)
            .await?;
            let chain = Chain::Region(region.code.clone());
            let fact = Fact::new(chain, actor, Deed::LoadRegion, format!("region {}", region.code))
                .change(before, Some(dictionaries))
                .detail("calendar", calendar.to_string());
            append!(tx, [&fact]);
        });
        Ok(())
    }

    /// A region.
    ///
    /// # Errors
    /// Store errors.
    pub async fn region(&self, code: &RegionCode) -> Result<Option<RegionRow>, StoreError> {
        const SQL: &str = region_sql!("WHERE r.code = $1");
        let row: Option<RegionRecord> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(code.as_str()).fetch_optional(pool).await?);
        row.map(region_row).transpose()
    }

    /// All regions, by code.
    ///
    /// # Errors
    /// Store errors.
    pub async fn regions(&self) -> Result<Vec<RegionRow>, StoreError> {
        let rows: Vec<RegionRecord> =
            on_db!(self, read pool => sqlx::query_as(region_sql!("ORDER BY r.code")).fetch_all(pool).await?);
        rows.into_iter().map(region_row).collect()
    }

    /// Makes a ruleset active: the next appeal on every host gets it. In the same transaction the draft that held it
    /// becomes active, the one that was active is archived, and what was out beside the old ruleset ends.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if `expected` is given and another ruleset is active.
    pub async fn activate_ruleset(&self, region: &RegionCode, switch: &Switch<'_>) -> Result<(), StoreError> {
        let ruleset = switch.ruleset.as_bytes().as_slice();
        let kind = if switch.rollback { RulesEventKind::RolledBack } else { RulesEventKind::Activated };
        let mut event = RulesEvent::new(kind, switch.draft, switch.actor);
        event.ruleset = Some(switch.ruleset);
        event.reason = switch.reason.map(str::to_owned);
        on_db!(self, write tx: DB => {
            let row: Option<(Option<Vec<u8>>,)> = sqlx::query_as("SELECT ruleset FROM region WHERE code = $1")
                .bind(region.as_str())
                .fetch_optional(&mut *tx)
                .await?;
            let Some((active,)) = row else {
                return Err(StoreError::NotFound { what: "region", code: region.to_string() });
            };
            let active = active.as_deref().map(digest).transpose()?;
            if let Some(expected) = switch.expected && expected != active {
                return Err(active_conflict(expected, active));
            }
            // The guard in the WHERE clause also holds between two hosts on PostgreSQL.
            let changed = sqlx::query(
                "UPDATE region SET ruleset = $1, updated_at = $2 WHERE code = $3 AND (ruleset = $4 OR (ruleset IS NULL AND $4 IS NULL))",
            )
            .bind(ruleset)
            .bind(now())
            .bind(region.as_str())
            .bind(active.map(|d| d.as_bytes().to_vec()))
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if changed == 0 {
                let expected = active.map_or_else(|| "none".to_owned(), |d| d.short());
                return Err(StoreError::Conflict { what: "the active ruleset", expected, found: "another".into() });
            }
            sqlx::query(
                "INSERT INTO activation (id, region, ruleset, actor, at, previous, rollback, reason) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(Uuid::now_v7())
            .bind(region.as_str())
            .bind(ruleset)
            .bind(switch.actor.map(|actor| actor.name.as_str()))
            .bind(now())
            .bind(active.map(|d| d.as_bytes().to_vec()))
            .bind(switch.rollback)
            .bind(switch.reason)
            .execute(&mut *tx)
            .await?;
            for sql in [
                "UPDATE draft SET stage = 'archived', version = version + 1 WHERE region = $1 AND stage = 'active' AND digest <> $2",
                "UPDATE draft SET stage = 'active', version = version + 1 WHERE region = $1 AND digest = $2 AND stage NOT IN ('draft', 'active')",
                "UPDATE draft SET stage = 'validated', version = version + 1 WHERE region = $1 AND digest <> $2 AND stage IN ('shadow', 'canary')",
            ] {
                sqlx::query(sql).bind(region.as_str()).bind(ruleset).execute(&mut *tx).await?;
            }
            sqlx::query("DELETE FROM rollout WHERE region = $1").bind(region.as_str()).execute(&mut *tx).await?;
            insert_event!(tx, region, &event);
            let fact = Fact::new(
                Chain::Region(region.clone()),
                &switch.actor.cloned().unwrap_or_else(|| Actor::named("host")),
                Deed::ActivateRuleset,
                format!("ruleset {}", switch.ruleset),
            );
            append!(tx, [&fact.change(active, Some(switch.ruleset))]);
        });
        Ok(())
    }

    /// Past activations, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn activations(&self, region: &RegionCode, limit: i64) -> Result<Vec<Activation>, StoreError> {
        type Row = (Vec<u8>, Option<String>, i64, Option<Vec<u8>>, bool, Option<String>);
        const SQL: &str = "SELECT ruleset, actor, at, previous, rollback, reason FROM activation WHERE region = $1 \
                           ORDER BY at DESC, id DESC LIMIT $2";
        let rows: Vec<Row> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).bind(limit).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(ruleset, actor, at, previous, rollback, reason)| {
                let previous = previous.as_deref().map(digest).transpose()?;
                Ok(Activation { ruleset: digest(&ruleset)?, actor, at: moment(at), previous, rollback, reason })
            })
            .collect()
    }
}
