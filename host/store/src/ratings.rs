//! Ratings of bodies: versions of the rules, and what was calculated by them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{Digest, RegionCode};
use veche_domain::indicator::Period;
use veche_domain::rating::{RatedBody, RatingRules, RatingState};

use crate::audit::append;
use crate::db::{Store, digest, moment, now, on_db};
use crate::error::StoreError;
use crate::indicators::period;

/// Rules as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RatingRulesRow {
    /// The rules.
    pub rules: RatingRules,
    /// Their name by content.
    pub digest: Digest,
    /// Who set them.
    pub set_by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A rating as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RatingRow {
    /// Id.
    pub id: Uuid,
    /// Region.
    pub region: RegionCode,
    /// Period.
    pub period: Period,
    /// Which calculation of the period it is, from 1.
    pub revision: i64,
    /// How it stands.
    pub state: RatingState,
    /// Version of the rules.
    pub rules: String,
    /// Name of the rules by content.
    pub rules_digest: Digest,
    /// What happened later is not in it.
    pub cut_off: DateTime<Utc>,
    /// Bodies, the best first.
    pub bodies: Vec<RatedBody>,
    /// Who calculated it.
    pub made_by: String,
    /// Who published it or took it back.
    pub moved_by: Option<String>,
    /// When.
    pub moved_at: Option<DateTime<Utc>>,
    /// When it was calculated.
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Record {
    id: Uuid,
    region: String,
    kind: String,
    first: String,
    last: String,
    revision: i64,
    state: String,
    rules: String,
    rules_digest: Vec<u8>,
    cut_off: i64,
    bodies: String,
    made_by: String,
    moved_by: Option<String>,
    moved_at: Option<i64>,
    created_at: i64,
}

impl Record {
    fn row(self) -> Result<RatingRow, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt { what: what.to_owned() };
        Ok(RatingRow {
            id: self.id,
            region: RegionCode::new(&self.region).map_err(|_| corrupt("a region code"))?,
            period: period(&self.kind, &self.first, &self.last)?,
            revision: self.revision,
            state: RatingState::from_code(&self.state).ok_or_else(|| corrupt("the state of a rating"))?,
            rules: self.rules,
            rules_digest: digest(&self.rules_digest)?,
            cut_off: moment(self.cut_off),
            bodies: serde_json::from_str(&self.bodies)?,
            made_by: self.made_by,
            moved_by: self.moved_by,
            moved_at: self.moved_at.map(moment),
            created_at: moment(self.created_at),
        })
    }
}

fn fact(region: &RegionCode, actor: &Actor, target: String, what: &'static str) -> Fact {
    Fact::new(Chain::Region(region.clone()), actor, Deed::ChangeRating, target).detail("what", what)
}

impl Store {
    /// Keeps a version of a region's rules of rating; whether it is new. A version is never changed.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the version is there with another content.
    pub async fn save_rating_rules(
        &self,
        region: &RegionCode,
        rules: &RatingRules,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        let (name, content) = (rules.digest(), serde_json::to_string(rules)?);
        let set = fact(region, actor, format!("rating rules {}", rules.version), "set").change(None, Some(name));
        let new = on_db!(self, write tx: DB => {
            let known: Option<(Vec<u8>,)> =
                sqlx::query_as("SELECT digest FROM rating_rules WHERE region = $1 AND version = $2")
                    .bind(region.as_str())
                    .bind(&rules.version)
                    .fetch_optional(&mut *tx)
                    .await?;
            match known {
                Some((known,)) if digest(&known)? == name => false,
                Some((known,)) => {
                    return Err(StoreError::Conflict {
                        what: "the version of the rating rules",
                        expected: format!("{} as {}", rules.version, name.short()),
                        found: digest(&known)?.short(),
                    });
                }
                None => {
                    sqlx::query(
                        "INSERT INTO rating_rules (region, version, digest, content, valid_from, set_by, at) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    )
                    .bind(region.as_str())
                    .bind(&rules.version)
                    .bind(name.as_bytes().as_slice())
                    .bind(&content)
                    .bind(rules.valid_from.to_string())
                    .bind(&actor.name)
                    .bind(now())
                    .execute(&mut *tx)
                    .await?;
                    append!(tx, [&set]);
                    true
                }
            }
        });
        Ok(new)
    }

    /// Rules of a region, those that begin last first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn rating_rules(&self, region: &RegionCode) -> Result<Vec<RatingRulesRow>, StoreError> {
        const SQL: &str = "SELECT content, digest, set_by, at FROM rating_rules WHERE region = $1 \
                           ORDER BY valid_from DESC, at DESC";
        let rows: Vec<(String, Vec<u8>, String, i64)> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(content, name, set_by, at)| {
                Ok(RatingRulesRow {
                    rules: serde_json::from_str(&content)?,
                    digest: digest(&name)?,
                    set_by,
                    at: moment(at),
                })
            })
            .collect()
    }

    /// The rules that count on a day: of several those that began last.
    ///
    /// # Errors
    /// Store errors.
    pub async fn rating_rules_on(
        &self,
        region: &RegionCode,
        day: NaiveDate,
    ) -> Result<Option<RatingRulesRow>, StoreError> {
        Ok(self.rating_rules(region).await?.into_iter().find(|row| row.rules.valid_from <= day))
    }

    /// Keeps a rating as the next revision of its period.
    ///
    /// # Errors
    /// Store errors.
    pub async fn insert_rating(&self, row: &RatingRow, actor: &Actor) -> Result<i64, StoreError> {
        const NEXT: &str = "SELECT COALESCE(MAX(revision), 0) + 1 FROM rating \
                            WHERE region = $1 AND kind = $2 AND first = $3 AND last = $4";
        let bodies = serde_json::to_string(&row.bodies)?;
        let made = fact(&row.region, actor, format!("rating {}", row.id), "calculated")
            .detail("period", row.period.label())
            .change(None, Some(Digest::of(bodies.as_bytes())));
        let (kind, first, last) = (row.period.kind.as_str(), row.period.first.to_string(), row.period.last.to_string());
        let revision = on_db!(self, write tx: DB => {
            let (revision,): (i64,) = sqlx::query_as(NEXT)
                .bind(row.region.as_str())
                .bind(kind)
                .bind(&first)
                .bind(&last)
                .fetch_one(&mut *tx)
                .await?;
            sqlx::query(
                "INSERT INTO rating (id, region, kind, first, last, revision, state, rules, rules_digest, cut_off, bodies, \
                 made_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            )
            .bind(row.id)
            .bind(row.region.as_str())
            .bind(kind)
            .bind(&first)
            .bind(&last)
            .bind(revision)
            .bind(row.state.as_str())
            .bind(&row.rules)
            .bind(row.rules_digest.as_bytes().as_slice())
            .bind(row.cut_off.timestamp_micros())
            .bind(&bodies)
            .bind(&row.made_by)
            .bind(row.created_at.timestamp_micros())
            .execute(&mut *tx)
            .await?;
            append!(tx, [&made]);
            revision
        });
        Ok(revision)
    }

    /// Moves a rating from one state to another; whether it stood there.
    ///
    /// # Errors
    /// Store errors.
    pub async fn move_rating(
        &self,
        region: &RegionCode,
        id: Uuid,
        from: RatingState,
        to: RatingState,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE rating SET state = $1, moved_by = $2, moved_at = $3 \
                           WHERE id = $4 AND region = $5 AND state = $6";
        let moved = fact(region, actor, format!("rating {id}"), to.as_str());
        let changed = on_db!(self, write tx: DB => {
            let changed = sqlx::query(SQL)
                .bind(to.as_str())
                .bind(&actor.name)
                .bind(now())
                .bind(id)
                .bind(region.as_str())
                .bind(from.as_str())
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if changed > 0 {
                append!(tx, [&moved]);
            }
            changed
        });
        Ok(changed > 0)
    }

    /// A rating of a region.
    ///
    /// # Errors
    /// Store errors.
    pub async fn rating(&self, region: &RegionCode, id: Uuid) -> Result<Option<RatingRow>, StoreError> {
        const SQL: &str = "SELECT * FROM rating WHERE id = $1 AND region = $2";
        let row: Option<Record> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(id).bind(region.as_str()).fetch_optional(pool).await?);
        row.map(Record::row).transpose()
    }

    /// Ratings of a region, the newest period first, and of a period the newest revision.
    ///
    /// # Errors
    /// Store errors.
    pub async fn ratings(&self, region: &RegionCode, limit: i64) -> Result<Vec<RatingRow>, StoreError> {
        const SQL: &str =
            "SELECT * FROM rating WHERE region = $1 ORDER BY first DESC, last DESC, revision DESC LIMIT $2";
        let rows: Vec<Record> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).bind(limit).fetch_all(pool).await?);
        rows.into_iter().map(Record::row).collect()
    }
}
