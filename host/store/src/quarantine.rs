//! Faults as their authors see them, and bindings in quarantine.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::appeal::AppealId;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::{BindingId, BlockCode, RegionCode};
use veche_domain::decision::{Kind, Outcome};
use veche_domain::fault::FaultRow;
use veche_domain::quarantine::{Place, Quarantine};

use crate::audit::append;
use crate::db::{Store, digest, moment, now, on_db};
use crate::error::StoreError;

/// Something that happened to a quarantine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuarantineEvent {
    /// Binding.
    pub binding: String,
    /// Block; none for the whole region.
    pub block: Option<String>,
    /// `quarantined`, `trial_failed`, `recovered` or `released`.
    pub kind: String,
    /// Who released it; none for the host itself.
    pub actor: Option<String>,
    /// Why.
    pub detail: String,
    /// When.
    pub at: DateTime<Utc>,
}

type QuarantineTuple = (String, Vec<u8>, String, i64, i64, i64, String);
type FaultTuple = (Uuid, Uuid, String, Vec<u8>, String, String, Option<String>, String, i64);

fn block_text(block: Option<&BlockCode>) -> &str {
    block.map_or("", BlockCode::as_str)
}

fn quarantine(row: QuarantineTuple) -> Result<Quarantine, StoreError> {
    let corrupt = |what: &str| StoreError::Corrupt { what: what.to_owned() };
    let block = match row.2.as_str() {
        "" => None,
        code => Some(BlockCode::new(code).map_err(|_| corrupt("a block of a quarantine"))?),
    };
    Ok(Quarantine {
        place: Place {
            binding: BindingId::new(&row.0).map_err(|_| corrupt("a binding of a quarantine"))?,
            release: digest(&row.1)?,
            block,
        },
        since: moment(row.3),
        until: moment(row.4),
        pause_s: row.5,
        cause: serde_json::from_str(&row.6)?,
    })
}

fn fault(row: FaultTuple) -> Result<FaultRow, StoreError> {
    let corrupt = |what: &str| StoreError::Corrupt { what: what.to_owned() };
    Ok(FaultRow {
        decision: row.0,
        appeal: AppealId(row.1),
        binding: BindingId::new(&row.2).map_err(|_| corrupt("a binding of a fault"))?,
        release: digest(&row.3)?,
        kind: Kind::from_code(&row.4).ok_or_else(|| corrupt("a kind of a fault"))?,
        outcome: Outcome::from_code(&row.5).ok_or_else(|| corrupt("an outcome of a fault"))?,
        fault: row.6,
        trace: serde_json::from_str(&row.7)?,
        at: moment(row.8),
    })
}

/// The entry of the log for a binding that a person let in again.
fn released_fact(region: &RegionCode, place: &Place, actor: &Actor) -> Fact {
    Fact::new(Chain::Region(region.clone()), actor, Deed::ChangeRules, format!("binding {}", place.binding))
        .detail("change", "released from quarantine")
        .detail("block", block_text(place.block.as_ref()))
}

/// Writes what happened to a quarantine, inside a transaction.
macro_rules! quarantine_event {
    ($tx:ident, $region:expr, $place:expr, $kind:expr, $actor:expr, $detail:expr) => {
        sqlx::query(
            "INSERT INTO quarantine_event (id, region, binding, block, kind, actor, detail, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(Uuid::now_v7())
        .bind($region.as_str())
        .bind($place.binding.as_str())
        .bind(block_text($place.block.as_ref()))
        .bind($kind)
        .bind($actor)
        .bind($detail)
        .bind(now())
        .execute(&mut *$tx)
        .await?
    };
}

impl Store {
    /// Faults of a region, or of one binding, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn faults(
        &self,
        region: &RegionCode,
        binding: Option<&BindingId>,
        limit: i64,
    ) -> Result<Vec<FaultRow>, StoreError> {
        let rows: Vec<FaultTuple> = on_db!(self, read pool => {
            sqlx::query_as(
                "SELECT d.id, d.appeal_id, d.binding, d.release, d.kind, d.outcome, d.fault, f.trace, f.at \
                 FROM fault f JOIN decision d ON d.id = f.decision_id \
                 WHERE f.region = $1 AND ($2 IS NULL OR f.binding = $2) ORDER BY f.at DESC, f.decision_id LIMIT $3",
            )
            .bind(region.as_str())
            .bind(binding.map(BindingId::as_str))
            .bind(limit)
            .fetch_all(pool)
            .await?
        });
        rows.into_iter().map(fault).collect()
    }

    /// Bindings of a region in quarantine.
    ///
    /// # Errors
    /// Store errors.
    pub async fn quarantined(&self, region: &RegionCode) -> Result<Vec<Quarantine>, StoreError> {
        let rows: Vec<QuarantineTuple> = on_db!(self, read pool => {
            sqlx::query_as(
                "SELECT binding, release, block, since, trial_at, pause_s, cause FROM quarantine WHERE region = $1 \
                 ORDER BY since, binding, block",
            )
            .bind(region.as_str())
            .fetch_all(pool)
            .await?
        });
        rows.into_iter().map(quarantine).collect()
    }

    /// Puts a binding into quarantine; whether it was not in it.
    ///
    /// # Errors
    /// Store errors.
    pub async fn quarantine(&self, region: &RegionCode, quarantine: &Quarantine) -> Result<bool, StoreError> {
        let (place, cause) = (&quarantine.place, serde_json::to_string(&quarantine.cause)?);
        let detail = quarantine.cause.to_string();
        Ok(on_db!(self, write tx: DB => {
            let new = sqlx::query(
                "INSERT INTO quarantine (region, binding, release, block, since, trial_at, pause_s, cause) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            )
            .bind(region.as_str())
            .bind(place.binding.as_str())
            .bind(place.release.as_bytes().as_slice())
            .bind(block_text(place.block.as_ref()))
            .bind(quarantine.since.timestamp_micros())
            .bind(quarantine.until.timestamp_micros())
            .bind(quarantine.pause_s)
            .bind(&cause)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if new > 0 {
                quarantine_event!(tx, region, place, "quarantined", None::<String>, &detail);
            }
            new > 0
        }))
    }

    /// Takes the trial that is due: whether this host may try one call. The next is due at `next`, whatever comes
    /// of this one; of several hosts only one gets it.
    ///
    /// # Errors
    /// Store errors.
    pub async fn claim_trial(
        &self,
        region: &RegionCode,
        quarantine: &Quarantine,
        next: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let place = &quarantine.place;
        let claimed = on_db!(self, write tx: DB => {
            sqlx::query(
                "UPDATE quarantine SET trial_at = $1 WHERE region = $2 AND binding = $3 AND release = $4 AND block = $5 \
                 AND trial_at = $6",
            )
            .bind(next.timestamp_micros())
            .bind(region.as_str())
            .bind(place.binding.as_str())
            .bind(place.release.as_bytes().as_slice())
            .bind(block_text(place.block.as_ref()))
            .bind(quarantine.until.timestamp_micros())
            .execute(&mut *tx)
            .await?
            .rows_affected()
        });
        Ok(claimed > 0)
    }

    /// Prolongs a quarantine after a trial that failed.
    ///
    /// # Errors
    /// Store errors.
    pub async fn prolong_quarantine(&self, region: &RegionCode, quarantine: &Quarantine) -> Result<(), StoreError> {
        let place = &quarantine.place;
        let detail = format!("next trial in {} s", quarantine.pause_s);
        on_db!(self, write tx: DB => {
            sqlx::query(
                "UPDATE quarantine SET trial_at = $1, pause_s = $2 WHERE region = $3 AND binding = $4 AND release = $5 \
                 AND block = $6",
            )
            .bind(quarantine.until.timestamp_micros())
            .bind(quarantine.pause_s)
            .bind(region.as_str())
            .bind(place.binding.as_str())
            .bind(place.release.as_bytes().as_slice())
            .bind(block_text(place.block.as_ref()))
            .execute(&mut *tx)
            .await?;
            quarantine_event!(tx, region, place, "trial_failed", None::<String>, &detail);
        });
        Ok(())
    }

    /// Ends the quarantines of a binding: in one place after a good trial, or wherever a person released it. How
    /// many there were.
    ///
    /// # Errors
    /// Store errors.
    pub async fn release_quarantine(
        &self,
        region: &RegionCode,
        places: &[Place],
        actor: Option<&Actor>,
    ) -> Result<usize, StoreError> {
        let kind = if actor.is_some() { "released" } else { "recovered" };
        Ok(on_db!(self, write tx: DB => {
            let mut released = 0;
            let mut facts: Vec<Fact> = Vec::new();
            for place in places {
                let gone = sqlx::query(
                    "DELETE FROM quarantine WHERE region = $1 AND binding = $2 AND release = $3 AND block = $4",
                )
                .bind(region.as_str())
                .bind(place.binding.as_str())
                .bind(place.release.as_bytes().as_slice())
                .bind(block_text(place.block.as_ref()))
                .execute(&mut *tx)
                .await?
                .rows_affected();
                if gone > 0 {
                    released += 1;
                    quarantine_event!(tx, region, place, kind, actor.map(|actor| actor.name.as_str()), "");
                    facts.extend(actor.map(|actor| released_fact(region, place, actor)));
                }
            }
            append!(tx, &facts);
            released
        }))
    }

    /// What happened to quarantines of a region, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn quarantine_events(&self, region: &RegionCode, limit: i64) -> Result<Vec<QuarantineEvent>, StoreError> {
        let rows: Vec<(String, String, String, Option<String>, String, i64)> = on_db!(self, read pool => {
            sqlx::query_as(
                "SELECT binding, block, kind, actor, detail, at FROM quarantine_event WHERE region = $1 \
                 ORDER BY at DESC, id DESC LIMIT $2",
            )
            .bind(region.as_str())
            .bind(limit)
            .fetch_all(pool)
            .await?
        });
        let event =
            |(binding, block, kind, actor, detail, at): (String, String, String, Option<String>, String, i64)| {
                QuarantineEvent {
                    binding,
                    block: (!block.is_empty()).then_some(block),
                    kind,
                    actor,
                    detail,
                    at: moment(at),
                }
            };
        Ok(rows.into_iter().map(event).collect())
    }
}
