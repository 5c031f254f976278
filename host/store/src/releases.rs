//! Releases and datasets of a region: what was uploaded, by whom, signed by whom, yanked why.

use chrono::{DateTime, Utc};
use serde::Serialize;
use veche_domain::access::Actor;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{Digest, PluginName, RegionCode};
use veche_domain::lifecycle::RulesEventKind;

use crate::audit::append;
use crate::db::{Store, digest, moment, now, on_db};
use crate::drafts::{RulesEvent, insert_event};
use crate::error::StoreError;

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
    /// Trusted publisher whose signature it carries.
    pub signed_by: Option<String>,
    /// Why it was yanked; none if it may be enabled.
    pub yanked: Option<String>,
}

/// A version of a dataset as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetRow {
    /// Name.
    pub name: String,
    /// Digest of its bytes.
    pub digest: Digest,
    /// `table`, `polygons` or `blob`.
    pub shape: String,
    /// Columns of a table; the first is the key.
    pub columns: Vec<String>,
    /// Rows of a table, areas of polygons.
    pub rows: i64,
    /// Bytes.
    pub size: i64,
    /// Who uploaded it.
    pub uploaded_by: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct ReleaseRecord {
    digest: Vec<u8>,
    plugin: String,
    version: String,
    inspection: String,
    uploaded_by: Option<String>,
    uploaded_at: i64,
    signed_by: Option<String>,
    yanked: Option<String>,
}

impl ReleaseRecord {
    fn row(self) -> Result<ReleaseRow, StoreError> {
        Ok(ReleaseRow {
            digest: digest(&self.digest)?,
            plugin: PluginName::new(&self.plugin).map_err(|_| StoreError::Corrupt { what: "a plug-in name".into() })?,
            version: self.version,
            inspection: serde_json::from_str(&self.inspection)?,
            uploaded_by: self.uploaded_by,
            uploaded_at: moment(self.uploaded_at),
            signed_by: self.signed_by,
            yanked: self.yanked,
        })
    }
}

#[derive(sqlx::FromRow)]
struct DatasetRecord {
    name: String,
    digest: Vec<u8>,
    shape: String,
    columns: String,
    row_count: i64,
    size: i64,
    uploaded_by: Option<String>,
    created_at: i64,
}

/// Owner of names that came with the region's folder: nobody uploads under them until an administrator gives them away.
pub const REGION_OWNER: &str = "region";

/// Who owns the name of a plug-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginOwner {
    /// Plug-in.
    pub plugin: String,
    /// `account:…`, `token:…`, or [`REGION_OWNER`].
    pub owner: String,
    /// Since when.
    pub at: DateTime<Utc>,
}

fn event_of(kind: RulesEventKind, release: Digest, actor: &Actor) -> RulesEvent {
    let mut event = RulesEvent::new(kind, None, Some(actor));
    event.data.insert("digest".into(), release.to_string());
    event
}

impl Store {
    /// Keeps a release; whether it is new. The first uploader owns the plug-in's name; a release of the region's folder,
    /// which nobody uploaded, takes a name that is free for [`REGION_OWNER`], and any other as well.
    ///
    /// # Errors
    /// [`StoreError::Owned`] if somebody else owns the plug-in's name.
    pub async fn save_release(
        &self,
        region: &RegionCode,
        release: &ReleaseRow,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let fact =
            Fact::new(Chain::Region(region.clone()), actor, Deed::UploadRelease, format!("release {}", release.digest))
                .change(None, Some(release.digest))
                .detail("plugin", release.plugin.as_str())
                .detail("version", release.version.as_str());
        let inspection = serde_json::to_string(&release.inspection)?;
        let mut event = event_of(RulesEventKind::Uploaded, release.digest, actor);
        event.data.insert("plugin".into(), format!("{} {}", release.plugin, release.version));
        let added = on_db!(self, write tx: DB => {
            sqlx::query("INSERT INTO plugin_owner (region, plugin, owner, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
                .bind(region.as_str())
                .bind(release.plugin.as_str())
                .bind(release.uploaded_by.as_deref().unwrap_or(REGION_OWNER))
                .bind(now())
                .execute(&mut *tx)
                .await?;
            if let Some(actor) = &release.uploaded_by {
                let (owner,): (String,) =
                    sqlx::query_as("SELECT owner FROM plugin_owner WHERE region = $1 AND plugin = $2")
                        .bind(region.as_str())
                        .bind(release.plugin.as_str())
                        .fetch_one(&mut *tx)
                        .await?;
                if owner != *actor {
                    return Err(StoreError::Owned { plugin: release.plugin.to_string(), owner });
                }
            }
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
                insert_event!(tx, region, &event);
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
        const SQL: &str = "SELECT * FROM release WHERE region = $1 ORDER BY uploaded_at DESC, digest";
        let rows: Vec<ReleaseRecord> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).fetch_all(pool).await?);
        rows.into_iter().map(ReleaseRecord::row).collect()
    }

    /// A release of a region.
    ///
    /// # Errors
    /// Store errors.
    pub async fn release(&self, region: &RegionCode, wanted: &Digest) -> Result<Option<ReleaseRow>, StoreError> {
        const SQL: &str = "SELECT * FROM release WHERE region = $1 AND digest = $2";
        let row: Option<ReleaseRecord> = on_db!(self, read pool => {
            sqlx::query_as(SQL).bind(region.as_str()).bind(wanted.as_bytes().as_slice()).fetch_optional(pool).await?
        });
        row.map(ReleaseRecord::row).transpose()
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

    /// Who owns the names of plug-ins in a region, by name.
    ///
    /// # Errors
    /// Store errors.
    pub async fn plugin_owners(&self, region: &RegionCode) -> Result<Vec<PluginOwner>, StoreError> {
        const SQL: &str = "SELECT plugin, owner, at FROM plugin_owner WHERE region = $1 ORDER BY plugin";
        let rows: Vec<(String, String, i64)> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(plugin, owner, at)| PluginOwner { plugin, owner, at: moment(at) }).collect())
    }

    /// Gives the name of a plug-in to another; whether somebody owned it.
    ///
    /// # Errors
    /// Store errors.
    pub async fn give_plugin_name(
        &self,
        region: &RegionCode,
        plugin: &PluginName,
        owner: &str,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let mut event = RulesEvent::new(RulesEventKind::NameGiven, None, Some(actor));
        event.data.insert("plugin".into(), plugin.to_string());
        event.data.insert("owner".into(), owner.to_owned());
        let given = on_db!(self, write tx: DB => {
            let given = sqlx::query("UPDATE plugin_owner SET owner = $1, at = $2 WHERE region = $3 AND plugin = $4")
                .bind(owner)
                .bind(now())
                .bind(region.as_str())
                .bind(plugin.as_str())
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if given > 0 {
                insert_event!(tx, region, &event);
            }
            given
        });
        Ok(given > 0)
    }

    /// Keeps a checked signature with a release.
    ///
    /// # Errors
    /// Store errors.
    pub async fn sign_release(
        &self,
        region: &RegionCode,
        release: Digest,
        publisher: &str,
        signature: &str,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let mut event = event_of(RulesEventKind::Signed, release, actor);
        event.data.insert("publisher".into(), publisher.to_owned());
        on_db!(self, write tx: DB => {
            sqlx::query("UPDATE release SET signed_by = $1, signature = $2 WHERE region = $3 AND digest = $4")
                .bind(publisher)
                .bind(signature)
                .bind(region.as_str())
                .bind(release.as_bytes().as_slice())
                .execute(&mut *tx)
                .await?;
            insert_event!(tx, region, &event);
        });
        Ok(())
    }

    /// Marks a release as yanked.
    ///
    /// # Errors
    /// Store errors.
    pub async fn yank_release(
        &self,
        region: &RegionCode,
        release: Digest,
        reason: &str,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let mut event = event_of(RulesEventKind::Yanked, release, actor);
        event.reason = Some(reason.to_owned());
        on_db!(self, write tx: DB => {
            sqlx::query("UPDATE release SET yanked = $1 WHERE region = $2 AND digest = $3")
                .bind(reason)
                .bind(region.as_str())
                .bind(release.as_bytes().as_slice())
                .execute(&mut *tx)
                .await?;
            insert_event!(tx, region, &event);
        });
        Ok(())
    }

    /// Whether a stored decision of a region, real or in shadow, was made by a release.
    ///
    /// # Errors
    /// Store errors.
    pub async fn release_decided(&self, region: &RegionCode, release: &Digest) -> Result<bool, StoreError> {
        const SQL: &str =
            "SELECT COUNT(*) FROM (SELECT 1 FROM decision WHERE release = $1 AND region = $2 LIMIT 1) AS found";
        let (count,): (i64,) = on_db!(self, read pool => {
            sqlx::query_as(SQL).bind(release.as_bytes().as_slice()).bind(region.as_str()).fetch_one(pool).await?
        });
        Ok(count > 0)
    }

    /// Deletes a release, and its bytes where no region has it any more.
    ///
    /// # Errors
    /// Store errors.
    pub async fn delete_release(&self, region: &RegionCode, release: Digest, actor: &Actor) -> Result<(), StoreError> {
        let event = event_of(RulesEventKind::ReleaseDeleted, release, actor);
        let digest = release.as_bytes().as_slice();
        on_db!(self, write tx: DB => {
            sqlx::query("DELETE FROM release WHERE region = $1 AND digest = $2")
                .bind(region.as_str())
                .bind(digest)
                .execute(&mut *tx)
                .await?;
            sqlx::query("DELETE FROM blob WHERE digest = $1 AND kind = 'release' AND NOT EXISTS (SELECT 1 FROM release WHERE digest = $1)")
                .bind(digest)
                .execute(&mut *tx)
                .await?;
            insert_event!(tx, region, &event);
        });
        Ok(())
    }

    /// Keeps a version of a dataset; whether it is new.
    ///
    /// # Errors
    /// Store errors.
    pub async fn save_dataset(
        &self,
        region: &RegionCode,
        dataset: &DatasetRow,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let columns = serde_json::to_string(&dataset.columns)?;
        let mut event = event_of(RulesEventKind::DatasetUploaded, dataset.digest, actor);
        event.data.insert("dataset".into(), dataset.name.clone());
        let added = on_db!(self, write tx: DB => {
            let added = sqlx::query(
                "INSERT INTO dataset (region, name, digest, row_count, size, created_at, shape, columns, uploaded_by) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
            )
            .bind(region.as_str())
            .bind(&dataset.name)
            .bind(dataset.digest.as_bytes().as_slice())
            .bind(dataset.rows)
            .bind(dataset.size)
            .bind(dataset.created_at.timestamp_micros())
            .bind(&dataset.shape)
            .bind(&columns)
            .bind(&dataset.uploaded_by)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if added > 0 {
                insert_event!(tx, region, &event);
            }
            added
        });
        Ok(added > 0)
    }

    /// Dataset versions of a region, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn datasets(&self, region: &RegionCode) -> Result<Vec<DatasetRow>, StoreError> {
        const SQL: &str = "SELECT * FROM dataset WHERE region = $1 ORDER BY created_at DESC, name";
        let rows: Vec<DatasetRecord> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).fetch_all(pool).await?);
        rows.into_iter()
            .map(|row| {
                Ok(DatasetRow {
                    name: row.name,
                    digest: digest(&row.digest)?,
                    shape: row.shape,
                    columns: serde_json::from_str(&row.columns)?,
                    rows: row.row_count,
                    size: row.size,
                    uploaded_by: row.uploaded_by,
                    created_at: moment(row.created_at),
                })
            })
            .collect()
    }
}
