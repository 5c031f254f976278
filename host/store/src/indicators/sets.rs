//! Sets of mandatory indicators and targets.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use veche_domain::access::Actor;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{Digest, RegionCode};
use veche_domain::indicator::{Breakdown, IndicatorSet, Target};

use super::period;
use crate::audit::append;
use crate::db::{Store, digest, moment, now, on_db};
use crate::error::StoreError;

/// A set as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetRow {
    /// The set.
    pub set: IndicatorSet,
    /// Its name by content.
    pub digest: Digest,
    /// Who loaded it.
    pub loaded_by: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Keeps a version of a region's set; whether it is new. A version is never changed.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the version is there with another content.
    pub async fn save_indicator_set(
        &self,
        region: &RegionCode,
        set: &IndicatorSet,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let (name, content) = (set.digest(), serde_json::to_string(set)?);
        let fact = Fact::new(
            Chain::Region(region.clone()),
            actor,
            Deed::ChangeIndicators,
            format!("indicator set {}", set.version),
        )
        .change(None, Some(name))
        .detail("valid_from", set.valid_from.to_string());
        let new = on_db!(self, write tx: DB => {
            let known: Option<(Vec<u8>,)> =
                sqlx::query_as("SELECT digest FROM indicator_set WHERE region = $1 AND version = $2")
                    .bind(region.as_str())
                    .bind(&set.version)
                    .fetch_optional(&mut *tx)
                    .await?;
            match known {
                Some((known,)) if digest(&known)? == name => false,
                Some((known,)) => {
                    return Err(StoreError::Conflict {
                        what: "the indicator set",
                        expected: format!("{} as {}", set.version, name.short()),
                        found: digest(&known)?.short(),
                    });
                }
                None => {
                    sqlx::query(
                        "INSERT INTO indicator_set (region, version, digest, content, valid_from, valid_to, loaded_by, at) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    )
                    .bind(region.as_str())
                    .bind(&set.version)
                    .bind(name.as_bytes().as_slice())
                    .bind(&content)
                    .bind(set.valid_from.to_string())
                    .bind(set.valid_to.map(|day| day.to_string()))
                    .bind(&actor.name)
                    .bind(now())
                    .execute(&mut *tx)
                    .await?;
                    append!(tx, [&fact]);
                    true
                }
            }
        });
        Ok(new)
    }

    /// Sets of a region, the one that begins last first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn indicator_sets(&self, region: &RegionCode) -> Result<Vec<SetRow>, StoreError> {
        const SQL: &str = "SELECT content, digest, loaded_by, at FROM indicator_set WHERE region = $1 \
                           ORDER BY valid_from DESC, at DESC";
        let rows: Vec<(String, Vec<u8>, String, i64)> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(content, name, loaded_by, at)| {
                let set = serde_json::from_str(&content)?;
                Ok(SetRow { set, digest: digest(&name)?, loaded_by, at: moment(at) })
            })
            .collect()
    }

    /// The set in force on a day: of several the one that began last.
    ///
    /// # Errors
    /// Store errors.
    pub async fn indicator_set(&self, region: &RegionCode, day: NaiveDate) -> Result<Option<SetRow>, StoreError> {
        Ok(self.indicator_sets(region).await?.into_iter().find(|row| row.set.in_force(day)))
    }

    /// Sets targets, each over an earlier one of the same indicator, part and period; none takes it back.
    ///
    /// # Errors
    /// Store errors.
    pub async fn set_target(
        &self,
        region: &RegionCode,
        target: &Target,
        remove: bool,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let breakdown = serde_json::to_string(&target.breakdown)?;
        let fact = Fact::new(
            Chain::Region(region.clone()),
            actor,
            Deed::ChangeIndicators,
            format!("target of {}", target.indicator),
        )
        .detail("part", &breakdown)
        .detail("period", target.period.label())
        .detail("value", if remove { "none".to_owned() } else { target.value.to_string() });
        on_db!(self, write tx: DB => {
            let sql = if remove {
                "DELETE FROM indicator_target WHERE region = $1 AND indicator = $2 AND breakdown = $3 AND kind = $4 AND first = $5 AND last = $6"
            } else {
                "INSERT INTO indicator_target (region, indicator, breakdown, kind, first, last, value, set_by, at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (region, indicator, breakdown, kind, first, last) \
                 DO UPDATE SET value = excluded.value, set_by = excluded.set_by, at = excluded.at"
            };
            let query = sqlx::query(sql)
                .bind(region.as_str())
                .bind(&target.indicator)
                .bind(&breakdown)
                .bind(target.period.kind.as_str())
                .bind(target.period.first.to_string())
                .bind(target.period.last.to_string());
            let query = if remove { query } else { query.bind(target.value).bind(&actor.name).bind(now()) };
            query.execute(&mut *tx).await?;
            append!(tx, [&fact]);
        });
        Ok(())
    }

    /// Targets of a region, of one indicator or of all.
    ///
    /// # Errors
    /// Store errors.
    pub async fn targets(&self, region: &RegionCode, indicator: Option<&str>) -> Result<Vec<Target>, StoreError> {
        const SQL: &str = "SELECT indicator, breakdown, kind, first, last, value FROM indicator_target \
             WHERE region = $1 AND ($2 IS NULL OR indicator = $2) ORDER BY indicator, first, breakdown";
        type Row = (String, String, String, String, String, f64);
        let rows: Vec<Row> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).bind(indicator).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(indicator, breakdown, kind, first, last, value)| {
                let breakdown: Breakdown = serde_json::from_str(&breakdown)?;
                Ok(Target { indicator, breakdown, period: period(&kind, &first, &last)?, value })
            })
            .collect()
    }
}
