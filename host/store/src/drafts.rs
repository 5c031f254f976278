//! Drafts of rulesets, consents to them, the region's policy, and what happened to the rules of a region.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{BlockCode, Digest, RegionCode};
use veche_domain::lifecycle::{RulesEventKind, RulesPolicy, Stage};
use veche_domain::ruleset::Ruleset;

use crate::db::{Store, digest, moment, now, on_db};
use crate::error::StoreError;

/// A draft as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DraftRow {
    /// Id.
    pub id: Uuid,
    /// Region.
    pub region: RegionCode,
    /// Title, for people.
    pub title: String,
    /// Content.
    pub ruleset: Ruleset,
    /// Ruleset that was active when the draft was made.
    pub base: Option<Digest>,
    /// Where it stands.
    pub stage: Stage,
    /// Its name, once it was checked.
    pub digest: Option<Digest>,
    /// Grows with each change.
    pub version: i64,
    /// Who made it.
    pub created_by: Option<String>,
    /// Who changed it last.
    pub updated_by: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

/// Something that happened to the rules of a region.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RulesEvent {
    /// What.
    pub kind: RulesEventKind,
    /// Draft.
    pub draft: Option<Uuid>,
    /// Ruleset.
    pub ruleset: Option<Digest>,
    /// Who; none for the host itself.
    pub actor: Option<String>,
    /// Id of the request that they sent. The log keeps it; the history of rules does not.
    #[serde(skip)]
    pub request: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Details by field.
    pub data: BTreeMap<String, String>,
    /// When.
    pub at: DateTime<Utc>,
}

impl RulesEvent {
    /// An event of now.
    #[must_use]
    pub fn new(kind: RulesEventKind, draft: Option<Uuid>, actor: Option<&Actor>) -> Self {
        let request = actor.and_then(|actor| actor.request.clone());
        let actor = actor.map(|actor| actor.name.clone());
        Self { kind, draft, ruleset: None, actor, request, reason: None, data: BTreeMap::new(), at: Utc::now() }
    }

    /// The entry of the log for it; none where what changes has an entry of its own.
    pub(crate) fn fact(&self, region: &RegionCode) -> Option<Fact> {
        if matches!(self.kind, RulesEventKind::Activated | RulesEventKind::RolledBack | RulesEventKind::Uploaded) {
            return None;
        }
        let name = self.actor.clone().unwrap_or_else(|| "host".into());
        let actor = Actor { name, request: self.request.clone() };
        let target = self.draft.map_or_else(|| "rules".to_owned(), |draft| format!("draft {draft}"));
        let mut fact = Fact::new(Chain::Region(region.clone()), &actor, Deed::ChangeRules, target)
            .change(None, self.ruleset)
            .detail("change", self.kind.as_str());
        if !self.data.is_empty() {
            let data: Vec<String> = self.data.iter().map(|(name, value)| format!("{name}={value}")).collect();
            fact = fact.detail("data", data.join(", "));
        }
        Some(fact)
    }
}

/// A consent to what a draft says for a block.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Consent {
    /// Block.
    pub block: BlockCode,
    /// Digest of what the draft says for the block.
    pub digest: Digest,
    /// Who consented.
    pub name: String,
    /// When.
    pub at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct DraftRecord {
    id: Uuid,
    region: String,
    title: String,
    ruleset: String,
    base: Option<Vec<u8>>,
    stage: String,
    digest: Option<Vec<u8>>,
    version: i64,
    created_by: Option<String>,
    updated_by: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl DraftRecord {
    fn row(self) -> Result<DraftRow, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt { what: what.to_owned() };
        Ok(DraftRow {
            id: self.id,
            region: RegionCode::new(&self.region).map_err(|_| corrupt("a region code"))?,
            title: self.title,
            ruleset: serde_json::from_str(&self.ruleset)?,
            base: self.base.as_deref().map(digest).transpose()?,
            stage: Stage::from_code(&self.stage).ok_or_else(|| corrupt("a stage"))?,
            digest: self.digest.as_deref().map(digest).transpose()?,
            version: self.version,
            created_by: self.created_by,
            updated_by: self.updated_by,
            created_at: moment(self.created_at),
            updated_at: moment(self.updated_at),
        })
    }
}

/// Adds an event inside a transaction.
macro_rules! insert_event {
    ($tx:ident, $region:expr, $event:expr) => {{
        let event: &$crate::drafts::RulesEvent = $event;
        if let Some(fact) = event.fact(&$region) {
            $crate::audit::append!($tx, [&fact]);
        }
        let data = serde_json::to_string(&event.data)?;
        sqlx::query(
            "INSERT INTO rules_event (id, region, kind, draft, ruleset, actor, reason, data, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(uuid::Uuid::now_v7())
        .bind($region.as_str())
        .bind(event.kind.as_str())
        .bind(event.draft)
        .bind(event.ruleset.map(|d| d.as_bytes().to_vec()))
        .bind(event.actor.as_deref())
        .bind(event.reason.as_deref())
        .bind(&data)
        .bind(event.at.timestamp_micros())
        .execute(&mut *$tx)
        .await?;
    }};
}
pub(crate) use insert_event;

const KEEP_VERSION: &str = "INSERT INTO draft_version (draft, version, ruleset) VALUES ($1, $2, $3)";

impl Store {
    /// Content of a draft in the newest version up to `version`; moves between stages change the version alone.
    ///
    /// # Errors
    /// Store errors.
    pub async fn draft_version(&self, draft: Uuid, version: i64) -> Result<Option<Ruleset>, StoreError> {
        const SQL: &str =
            "SELECT ruleset FROM draft_version WHERE draft = $1 AND version <= $2 ORDER BY version DESC LIMIT 1";
        let row: Option<(String,)> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(draft).bind(version).fetch_optional(pool).await?);
        Ok(row.map(|(json,)| serde_json::from_str(&json)).transpose()?)
    }

    /// Keeps a new draft.
    ///
    /// # Errors
    /// Store errors.
    pub async fn insert_draft(&self, draft: &DraftRow, actor: &Actor) -> Result<(), StoreError> {
        let ruleset = serde_json::to_string(&draft.ruleset)?;
        let event = RulesEvent::new(RulesEventKind::Created, Some(draft.id), Some(actor));
        on_db!(self, write tx: DB => {
            sqlx::query(
                "INSERT INTO draft (id, region, title, ruleset, base, stage, version, created_by, updated_by, created_at, \
                 updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $9)",
            )
            .bind(draft.id)
            .bind(draft.region.as_str())
            .bind(&draft.title)
            .bind(&ruleset)
            .bind(draft.base.map(|d| d.as_bytes().to_vec()))
            .bind(draft.stage.as_str())
            .bind(draft.version)
            .bind(draft.created_by.as_deref())
            .bind(draft.created_at.timestamp_micros())
            .execute(&mut *tx)
            .await?;
            sqlx::query(KEEP_VERSION).bind(draft.id).bind(draft.version).bind(&ruleset).execute(&mut *tx).await?;
            insert_event!(tx, draft.region, &event);
        });
        Ok(())
    }

    /// A draft of a region.
    ///
    /// # Errors
    /// Store errors.
    pub async fn draft(&self, region: &RegionCode, id: Uuid) -> Result<Option<DraftRow>, StoreError> {
        let row: Option<DraftRecord> = on_db!(self, read pool => {
            sqlx::query_as("SELECT * FROM draft WHERE id = $1 AND region = $2")
                .bind(id)
                .bind(region.as_str())
                .fetch_optional(pool)
                .await?
        });
        row.map(DraftRecord::row).transpose()
    }

    /// Drafts of a region, last changed first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn drafts(&self, region: &RegionCode) -> Result<Vec<DraftRow>, StoreError> {
        let rows: Vec<DraftRecord> = on_db!(self, read pool => {
            sqlx::query_as("SELECT * FROM draft WHERE region = $1 ORDER BY updated_at DESC, id")
                .bind(region.as_str())
                .fetch_all(pool)
                .await?
        });
        rows.into_iter().map(DraftRecord::row).collect()
    }

    /// Writes title, content, stage and digest of a draft over the version that was read; the new version. The
    /// stored stage must still be an editable one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody else changed or moved it meanwhile.
    pub async fn update_draft(&self, draft: &DraftRow, event: &RulesEvent) -> Result<i64, StoreError> {
        let ruleset = serde_json::to_string(&draft.ruleset)?;
        let changed = on_db!(self, write tx: DB => {
            let changed = sqlx::query(
                "UPDATE draft SET title = $1, ruleset = $2, stage = $3, digest = $4, version = version + 1, \
                 updated_by = $5, updated_at = $6 \
                 WHERE id = $7 AND region = $8 AND version = $9 AND stage IN ('draft', 'validated')",
            )
            .bind(&draft.title)
            .bind(&ruleset)
            .bind(draft.stage.as_str())
            .bind(draft.digest.map(|d| d.as_bytes().to_vec()))
            .bind(event.actor.as_deref())
            .bind(now())
            .bind(draft.id)
            .bind(draft.region.as_str())
            .bind(draft.version)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if changed > 0 {
                let version = draft.version + 1;
                sqlx::query(KEEP_VERSION).bind(draft.id).bind(version).bind(&ruleset).execute(&mut *tx).await?;
                insert_event!(tx, draft.region, event);
            }
            changed
        });
        if changed == 0 {
            return Err(self.draft_conflict(draft.version));
        }
        Ok(draft.version + 1)
    }

    pub(crate) fn draft_conflict(&self, version: i64) -> StoreError {
        StoreError::Conflict { what: "the draft", expected: format!("version {version}"), found: "another".into() }
    }

    /// Deletes a draft that is not and was not out.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it was changed or moved meanwhile.
    pub async fn delete_draft(&self, draft: &DraftRow, actor: &Actor) -> Result<(), StoreError> {
        let mut event = RulesEvent::new(RulesEventKind::Deleted, Some(draft.id), Some(actor));
        event.data.insert("title".into(), draft.title.clone());
        let changed = on_db!(self, write tx: DB => {
            let changed = sqlx::query(
                "DELETE FROM draft WHERE id = $1 AND region = $2 AND version = $3 AND stage IN ('draft', 'validated')",
            )
            .bind(draft.id)
            .bind(draft.region.as_str())
            .bind(draft.version)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if changed > 0 {
                for sql in ["DELETE FROM consent WHERE draft = $1", "DELETE FROM draft_version WHERE draft = $1"] {
                    sqlx::query(sql).bind(draft.id).execute(&mut *tx).await?;
                }
                insert_event!(tx, draft.region, &event);
            }
            changed
        });
        if changed == 0 { Err(self.draft_conflict(draft.version)) } else { Ok(()) }
    }

    /// Keeps a consent; a later one for the same block takes its place.
    ///
    /// # Errors
    /// Store errors.
    pub async fn save_consent(
        &self,
        region: &RegionCode,
        draft: Uuid,
        consent: &Consent,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let mut event = RulesEvent::new(RulesEventKind::Consented, Some(draft), Some(actor));
        event.data.insert("block".into(), consent.block.to_string());
        on_db!(self, write tx: DB => {
            sqlx::query(
                "INSERT INTO consent (region, draft, block, digest, name, at) VALUES ($1, $2, $3, $4, $5, $6) \
                 ON CONFLICT (draft, block) DO UPDATE SET digest = excluded.digest, name = excluded.name, at = excluded.at",
            )
            .bind(region.as_str())
            .bind(draft)
            .bind(consent.block.as_str())
            .bind(consent.digest.as_bytes().as_slice())
            .bind(&consent.name)
            .bind(consent.at.timestamp_micros())
            .execute(&mut *tx)
            .await?;
            insert_event!(tx, region, &event);
        });
        Ok(())
    }

    /// Consents to a draft.
    ///
    /// # Errors
    /// Store errors.
    pub async fn consents(&self, draft: Uuid) -> Result<Vec<Consent>, StoreError> {
        let rows: Vec<(String, Vec<u8>, String, i64)> = on_db!(self, read pool => {
            sqlx::query_as("SELECT block, digest, name, at FROM consent WHERE draft = $1 ORDER BY block")
                .bind(draft)
                .fetch_all(pool)
                .await?
        });
        rows.into_iter()
            .map(|(block, bytes, name, at)| {
                let block = BlockCode::new(&block).map_err(|_| StoreError::Corrupt { what: "a block code".into() })?;
                Ok(Consent { block, digest: digest(&bytes)?, name, at: moment(at) })
            })
            .collect()
    }

    /// What a region demands before rules change; the default if it never said.
    ///
    /// # Errors
    /// Store errors.
    pub async fn rules_policy(&self, region: &RegionCode) -> Result<RulesPolicy, StoreError> {
        let row: Option<(String,)> = on_db!(self, read pool => {
            sqlx::query_as("SELECT policy FROM rules_policy WHERE region = $1")
                .bind(region.as_str())
                .fetch_optional(pool)
                .await?
        });
        Ok(row.map(|(json,)| serde_json::from_str(&json)).transpose()?.unwrap_or_default())
    }

    /// Sets what a region demands.
    ///
    /// # Errors
    /// Store errors.
    pub async fn save_rules_policy(
        &self,
        region: &RegionCode,
        policy: &RulesPolicy,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let json = serde_json::to_string(policy)?;
        let mut event = RulesEvent::new(RulesEventKind::Policy, None, Some(actor));
        event.data.insert("policy".into(), json.clone());
        on_db!(self, write tx: DB => {
            sqlx::query(
                "INSERT INTO rules_policy (region, policy, updated_by, updated_at) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (region) DO UPDATE SET policy = excluded.policy, updated_by = excluded.updated_by, \
                 updated_at = excluded.updated_at",
            )
            .bind(region.as_str())
            .bind(&json)
            .bind(&actor.name)
            .bind(now())
            .execute(&mut *tx)
            .await?;
            insert_event!(tx, region, &event);
        });
        Ok(())
    }

    /// What happened to the rules of a region, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn rules_events(&self, region: &RegionCode, limit: i64) -> Result<Vec<RulesEvent>, StoreError> {
        type Row = (String, Option<Uuid>, Option<Vec<u8>>, Option<String>, Option<String>, String, i64);
        const SQL: &str = "SELECT kind, draft, ruleset, actor, reason, data, at FROM rules_event WHERE region = $1 \
                           ORDER BY at DESC, id DESC LIMIT $2";
        let rows: Vec<Row> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).bind(limit).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(kind, draft, ruleset, actor, reason, data, at)| {
                Ok(RulesEvent {
                    kind: RulesEventKind::from_code(&kind)
                        .ok_or_else(|| StoreError::Corrupt { what: "an event kind".into() })?,
                    draft,
                    ruleset: ruleset.as_deref().map(digest).transpose()?,
                    actor,
                    request: None,
                    reason,
                    data: serde_json::from_str(&data)?,
                    at: moment(at),
                })
            })
            .collect()
    }
}
