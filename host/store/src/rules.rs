//! Regions, releases, datasets, rulesets, and the content-addressed bytes behind them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{Digest, PluginName, RegionCode};
use veche_domain::dictionary::Region;

use crate::audit::append;
use crate::db::{Store, digest, moment, now, on_db};
use crate::error::StoreError;

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
}

/// A release as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReleaseRow {
    /// Digest of the component.
    pub digest: Digest,
    /// Plug-in.
    pub plugin: PluginName,
    /// Version (semver).
    pub version: String,
    /// What the inspection found.
    pub inspection: serde_json::Value,
    /// Who uploaded it.
    pub uploaded_by: Option<String>,
    /// When.
    pub uploaded_at: DateTime<Utc>,
}

/// A version of a dataset as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetRow {
    /// Name.
    pub name: String,
    /// Digest of its bytes.
    pub digest: Digest,
    /// Rows of a table.
    pub rows: i64,
    /// Bytes.
    pub size: i64,
    /// When.
    pub created_at: DateTime<Utc>,
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
}

type RegionTuple = (String, Vec<u8>, Vec<u8>, Option<Vec<u8>>, i64);
type ReleaseTuple = (Vec<u8>, String, String, String, Option<String>, i64);

fn region_row(row: RegionTuple) -> Result<RegionRow, StoreError> {
    Ok(RegionRow {
        region: serde_json::from_str(&row.0)?,
        dictionaries: digest(&row.1)?,
        calendar: digest(&row.2)?,
        ruleset: row.3.as_deref().map(digest).transpose()?,
        updated_at: moment(row.4),
    })
}

fn release_row(row: ReleaseTuple) -> Result<ReleaseRow, StoreError> {
    Ok(ReleaseRow {
        digest: digest(&row.0)?,
        plugin: PluginName::new(&row.1).map_err(|_| StoreError::Corrupt { what: "a plug-in name".into() })?,
        version: row.2,
        inspection: serde_json::from_str(&row.3)?,
        uploaded_by: row.4,
        uploaded_at: moment(row.5),
    })
}

const REGION: &str = "SELECT region, dictionaries, calendar, ruleset, updated_at FROM region";

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
        const SQL: &str = "SELECT region, dictionaries, calendar, ruleset, updated_at FROM region WHERE code = $1";
        let row: Option<RegionTuple> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(code.as_str()).fetch_optional(pool).await?);
        row.map(region_row).transpose()
    }

    /// All regions, by code.
    ///
    /// # Errors
    /// Store errors.
    pub async fn regions(&self) -> Result<Vec<RegionRow>, StoreError> {
        let rows: Vec<RegionTuple> = on_db!(self, read pool => sqlx::query_as(REGION).fetch_all(pool).await?);
        let mut rows = rows.into_iter().map(region_row).collect::<Result<Vec<_>, _>>()?;
        rows.sort_by(|a, b| a.region.code.cmp(&b.region.code));
        Ok(rows)
    }

    /// Makes a ruleset active: the next appeal on every host gets it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if `expected` is given and another ruleset is active.
    pub async fn activate_ruleset(
        &self,
        region: &RegionCode,
        ruleset: Digest,
        expected: Option<Option<Digest>>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let notify = self.backend() == "postgres";
        on_db!(self, write tx: DB => {
            let row: Option<(Option<Vec<u8>>,)> = sqlx::query_as("SELECT ruleset FROM region WHERE code = $1")
                .bind(region.as_str())
                .fetch_optional(&mut *tx)
                .await?;
            let Some((active,)) = row else {
                return Err(StoreError::NotFound { what: "region", code: region.to_string() });
            };
            let active = active.as_deref().map(digest).transpose()?;
            if let Some(expected) = expected && expected != active {
                let text = |d: Option<Digest>| d.map_or_else(|| "none".to_owned(), |d| d.short());
                return Err(StoreError::Conflict {
                    what: "the active ruleset",
                    expected: text(expected),
                    found: text(active),
                });
            }
            // The guard in the WHERE clause also holds between two hosts on PostgreSQL.
            let changed = sqlx::query(
                "UPDATE region SET ruleset = $1, updated_at = $2 WHERE code = $3 AND (ruleset = $4 OR (ruleset IS NULL AND $4 IS NULL))",
            )
            .bind(ruleset.as_bytes().as_slice())
            .bind(now())
            .bind(region.as_str())
            .bind(active.map(|d| d.as_bytes().to_vec()))
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if changed == 0 {
                return Err(StoreError::Conflict {
                    what: "the active ruleset",
                    expected: active.map_or_else(|| "none".to_owned(), |d| d.short()),
                    found: "another".into(),
                });
            }
            sqlx::query("INSERT INTO activation (id, region, ruleset, actor, at) VALUES ($1, $2, $3, $4, $5)")
                .bind(Uuid::now_v7())
                .bind(region.as_str())
                .bind(ruleset.as_bytes().as_slice())
                .bind(&actor.name)
                .bind(now())
                .execute(&mut *tx)
                .await?;
            let fact = Fact::new(Chain::Region(region.clone()), actor, Deed::ActivateRuleset, format!("ruleset {ruleset}"))
                .change(active, Some(ruleset));
            append!(tx, [&fact]);
            if notify {
                sqlx::query("SELECT pg_notify('veche_ruleset', $1)").bind(region.as_str()).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// Past activations, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn activations(&self, region: &RegionCode, limit: i64) -> Result<Vec<Activation>, StoreError> {
        let rows: Vec<(Vec<u8>, Option<String>, i64)> = on_db!(self, read pool => {
            sqlx::query_as("SELECT ruleset, actor, at FROM activation WHERE region = $1 ORDER BY at DESC, id DESC LIMIT $2")
                .bind(region.as_str())
                .bind(limit)
                .fetch_all(pool)
                .await?
        });
        rows.into_iter()
            .map(|(ruleset, actor, at)| Ok(Activation { ruleset: digest(&ruleset)?, actor, at: moment(at) }))
            .collect()
    }

    /// Keeps a release; whether it is new.
    ///
    /// # Errors
    /// Store errors.
    pub async fn save_release(
        &self,
        region: &RegionCode,
        release: &ReleaseRow,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let inspection = serde_json::to_string(&release.inspection)?;
        let fact =
            Fact::new(Chain::Region(region.clone()), actor, Deed::UploadRelease, format!("release {}", release.digest))
                .change(None, Some(release.digest))
                .detail("plugin", release.plugin.as_str())
                .detail("version", release.version.as_str());
        let added = on_db!(self, write tx: DB => {
            let added = sqlx::query(
                "INSERT INTO release (region, digest, plugin, version, inspection, uploaded_by, uploaded_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            )
            .bind(region.as_str())
            .bind(release.digest.as_bytes().as_slice())
            .bind(release.plugin.as_str())
            .bind(&release.version)
            .bind(&inspection)
            .bind(&release.uploaded_by)
            .bind(release.uploaded_at.timestamp_micros())
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if added > 0 {
                append!(tx, [&fact]);
            }
            added
        });
        Ok(added > 0)
    }

    /// Releases of a region, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn releases(&self, region: &RegionCode) -> Result<Vec<ReleaseRow>, StoreError> {
        const SQL: &str = "SELECT digest, plugin, version, inspection, uploaded_by, uploaded_at FROM release \
                           WHERE region = $1 ORDER BY uploaded_at DESC, digest";
        let rows: Vec<ReleaseTuple> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).fetch_all(pool).await?);
        rows.into_iter().map(release_row).collect()
    }

    /// A release of a region.
    ///
    /// # Errors
    /// Store errors.
    pub async fn release(&self, region: &RegionCode, wanted: &Digest) -> Result<Option<ReleaseRow>, StoreError> {
        const SQL: &str = "SELECT digest, plugin, version, inspection, uploaded_by, uploaded_at FROM release \
                           WHERE region = $1 AND digest = $2";
        let row: Option<ReleaseTuple> = on_db!(self, read pool => {
            sqlx::query_as(SQL).bind(region.as_str()).bind(wanted.as_bytes().as_slice()).fetch_optional(pool).await?
        });
        row.map(release_row).transpose()
    }

    /// What the inspection of a component found, in whichever region it was uploaded.
    ///
    /// # Errors
    /// Store errors.
    pub async fn inspection(&self, wanted: &Digest) -> Result<Option<serde_json::Value>, StoreError> {
        let row: Option<(String,)> = on_db!(self, read pool => {
            sqlx::query_as("SELECT inspection FROM release WHERE digest = $1 LIMIT 1")
                .bind(wanted.as_bytes().as_slice())
                .fetch_optional(pool)
                .await?
        });
        Ok(row.map(|(json,)| serde_json::from_str(&json)).transpose()?)
    }

    /// Keeps a version of a dataset.
    ///
    /// # Errors
    /// Store errors.
    pub async fn save_dataset(&self, region: &RegionCode, dataset: &DatasetRow) -> Result<(), StoreError> {
        on_db!(self, write tx: DB => {
            sqlx::query(
                "INSERT INTO dataset (region, name, digest, row_count, size, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(region.as_str())
            .bind(&dataset.name)
            .bind(dataset.digest.as_bytes().as_slice())
            .bind(dataset.rows)
            .bind(dataset.size)
            .bind(dataset.created_at.timestamp_micros())
            .execute(&mut *tx)
            .await?;
        });
        Ok(())
    }

    /// Dataset versions of a region, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn datasets(&self, region: &RegionCode) -> Result<Vec<DatasetRow>, StoreError> {
        let rows: Vec<(String, Vec<u8>, i64, i64, i64)> = on_db!(self, read pool => {
            sqlx::query_as("SELECT name, digest, row_count, size, created_at FROM dataset WHERE region = $1 ORDER BY created_at DESC, name")
                .bind(region.as_str())
                .fetch_all(pool)
                .await?
        });
        rows.into_iter()
            .map(|(name, bytes, rows, size, at)| {
                Ok(DatasetRow { name, digest: digest(&bytes)?, rows, size, created_at: moment(at) })
            })
            .collect()
    }
}
