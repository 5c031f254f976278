//! Decompositions of `other`: opened when a block's share is over the threshold, closed by people.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::appeal::AppealId;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{BlockCode, RegionCode};

use super::day;
use super::facts::FactSpan;
use crate::audit::append;
use crate::db::{Store, moment, now, on_db};
use crate::error::StoreError;

/// How a decomposition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DecompositionState {
    /// Somebody must look.
    Open,
    /// New categories came of it.
    Accepted,
    /// Nothing comes of it.
    Dismissed,
}

impl DecompositionState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Dismissed => "dismissed",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::Open, Self::Accepted, Self::Dismissed].into_iter().find(|state| state.as_str() == code)
    }
}

/// A decomposition as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecompositionRow {
    /// Id.
    pub id: Uuid,
    /// Block.
    pub block: BlockCode,
    /// First day of the period.
    pub first: NaiveDate,
    /// Last day.
    pub last: NaiveDate,
    /// Share of `other`, percent.
    pub share: f64,
    /// Threshold that it is over, percent.
    pub threshold: f64,
    /// How it stands.
    pub state: DecompositionState,
    /// Frequent terms, examples, suggested categories.
    pub report: serde_json::Value,
    /// Who closed it.
    pub closed_by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Record {
    id: Uuid,
    block: String,
    first: String,
    last: String,
    share: f64,
    threshold: f64,
    state: String,
    report: String,
    closed_by: Option<String>,
    reason: Option<String>,
    created_at: i64,
}

impl Record {
    fn row(self) -> Result<DecompositionRow, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt { what: what.to_owned() };
        Ok(DecompositionRow {
            id: self.id,
            block: BlockCode::new(&self.block).map_err(|_| corrupt("a block code"))?,
            first: day(&self.first)?,
            last: day(&self.last)?,
            share: self.share,
            threshold: self.threshold,
            state: DecompositionState::from_code(&self.state).ok_or_else(|| corrupt("a state"))?,
            report: serde_json::from_str(&self.report)?,
            closed_by: self.closed_by,
            reason: self.reason,
            created_at: moment(self.created_at),
        })
    }
}

/// An appeal in `other`: its id and its content as JSON.
pub type OtherText = (AppealId, serde_json::Value);

impl Store {
    /// Opens a decomposition, or writes an open one of the block again; its id.
    ///
    /// # Errors
    /// Store errors.
    pub async fn open_decomposition(
        &self,
        region: &RegionCode,
        row: &DecompositionRow,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let report = serde_json::to_string(&row.report)?;
        let fact = Fact::new(
            Chain::Region(region.clone()),
            actor,
            Deed::ChangeIndicators,
            format!("decomposition of {}", row.block),
        )
        .detail("step", "open")
        .detail("share", format!("{:.1}", row.share));
        on_db!(self, write tx: DB => {
            let at = now();
            let updated = sqlx::query(
                "UPDATE decomposition SET first = $1, last = $2, share = $3, threshold = $4, report = $5, updated_at = $6 \
                 WHERE region = $7 AND block = $8 AND state = 'open'",
            )
            .bind(row.first.to_string())
            .bind(row.last.to_string())
            .bind(row.share)
            .bind(row.threshold)
            .bind(&report)
            .bind(at)
            .bind(region.as_str())
            .bind(row.block.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if updated == 0 {
                sqlx::query(
                    "INSERT INTO decomposition (id, region, block, first, last, share, threshold, state, report, created_at, \
                     updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $9)",
                )
                .bind(row.id)
                .bind(region.as_str())
                .bind(row.block.as_str())
                .bind(row.first.to_string())
                .bind(row.last.to_string())
                .bind(row.share)
                .bind(row.threshold)
                .bind(&report)
                .bind(at)
                .execute(&mut *tx)
                .await?;
                append!(tx, [&fact]);
            }
        });
        Ok(())
    }

    /// Closes an open decomposition; whether it was open.
    ///
    /// # Errors
    /// Store errors.
    pub async fn close_decomposition(
        &self,
        region: &RegionCode,
        id: Uuid,
        to: DecompositionState,
        reason: &str,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let fact =
            Fact::new(Chain::Region(region.clone()), actor, Deed::ChangeIndicators, format!("decomposition {id}"))
                .detail("step", to.as_str())
                .private("reason", reason);
        let changed = on_db!(self, write tx: DB => {
            let changed = sqlx::query(
                "UPDATE decomposition SET state = $1, closed_by = $2, reason = $3, updated_at = $4 \
                 WHERE id = $5 AND region = $6 AND state = 'open'",
            )
            .bind(to.as_str())
            .bind(&actor.name)
            .bind(reason)
            .bind(now())
            .bind(id)
            .bind(region.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if changed > 0 {
                append!(tx, [&fact]);
            }
            changed
        });
        Ok(changed > 0)
    }

    /// Decompositions of a region, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn decompositions(&self, region: &RegionCode) -> Result<Vec<DecompositionRow>, StoreError> {
        const SQL: &str = "SELECT * FROM decomposition WHERE region = $1 ORDER BY created_at DESC, id DESC LIMIT 200";
        let rows: Vec<Record> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).fetch_all(pool).await?);
        rows.into_iter().map(Record::row).collect()
    }

    /// Appeals of a span with a question in this category, newest first, at most `limit`: ids and contents without the
    /// applicant.
    ///
    /// # Errors
    /// Store errors.
    pub async fn texts_of_category(
        &self,
        span: &FactSpan,
        category: &str,
        limit: i64,
    ) -> Result<Vec<OtherText>, StoreError> {
        const SQL: &str = "SELECT a.id, a.content FROM fact f JOIN appeal a ON a.id = f.appeal_id WHERE f.region = $1 \
             AND f.received_at >= $2 AND f.received_at < $3 AND f.category = $4 ORDER BY f.received_at DESC LIMIT $5";
        let rows: Vec<(Uuid, String)> = on_db!(self, read pool => {
            sqlx::query_as(SQL)
                .bind(span.region.as_str())
                .bind(span.starts.timestamp_micros())
                .bind(span.until.timestamp_micros())
                .bind(category)
                .bind(limit)
                .fetch_all(pool)
                .await?
        });
        rows.into_iter().map(|(id, content)| Ok((AppealId(id), serde_json::from_str(&content)?))).collect()
    }
}
