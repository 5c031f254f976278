//! People behind appeals: found without opening their data, sealed with another key, erased by an act.

use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::appeal::{AppealId, NewAppeal};
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::RegionCode;

use crate::audit::append;
use crate::db::{Store, on_db};
use crate::error::StoreError;

/// An act of erasure (152-FZ, article 21; its form: order 179 of 28.10.2022).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Number.
    pub number: String,
    /// Date.
    pub date: chrono::NaiveDate,
}

impl Store {
    /// Appeals of a region whose applicant has the phone, the e-mail, or the name and address of this one's, itself first.
    /// Empty if the appeal has no applicant's data.
    ///
    /// # Errors
    /// Store errors.
    pub async fn appeals_of_person(&self, region: &RegionCode, appeal: AppealId) -> Result<Vec<AppealId>, StoreError> {
        const SQL: &str = "SELECT p.appeal_id FROM applicant known JOIN applicant p ON p.appeal_id = known.appeal_id \
             OR p.by_phone = known.by_phone OR p.by_email = known.by_email OR p.by_name = known.by_name \
             JOIN appeal a ON a.id = p.appeal_id WHERE known.appeal_id = $1 AND a.region = $2 ORDER BY p.appeal_id";
        let rows: Vec<(Uuid,)> = on_db!(self, read pool => {
            sqlx::query_as(SQL).bind(appeal.0).bind(region.as_str()).fetch_all(pool).await?
        });
        let mut appeals: Vec<_> = rows.into_iter().map(|(id,)| AppealId(id)).collect();
        appeals.sort_by_key(|id| (*id != appeal, *id));
        Ok(appeals)
    }

    /// Seals up to `limit` applicants that are plain or sealed with another key than the current one; how many were.
    ///
    /// # Errors
    /// [`StoreError::NoKey`], [`StoreError::UnknownKey`]; then nothing of this group was changed.
    pub async fn reseal(&self, limit: i64, actor: &Actor) -> Result<u64, StoreError> {
        let current = self.vault.current().ok_or(StoreError::NoKey)?;
        const SQL: &str = "SELECT appeal_id, data, key_id FROM applicant WHERE key_id IS NULL OR key_id <> $1 LIMIT $2";
        let rows: Vec<(Uuid, String, Option<String>)> = on_db!(self, read pool => {
            sqlx::query_as(SQL).bind(current).bind(limit).fetch_all(pool).await?
        });
        if rows.is_empty() {
            return Ok(0);
        }
        let mut sealed = Vec::with_capacity(rows.len());
        for (id, data, key) in rows {
            let applicant = self.vault.open(AppealId(id), &data, key.as_deref())?;
            sealed.push((id, data, self.vault.seal(AppealId(id), &applicant)?));
        }
        let changed = on_db!(self, write tx: DB => {
            let mut changed = 0;
            for (id, before, sealed) in &sealed {
                // A row that was erased or sealed meanwhile is left alone.
                changed += sqlx::query(
                    "UPDATE applicant SET data = $1, key_id = $2, by_phone = $3, by_email = $4, by_name = $5 \
                     WHERE appeal_id = $6 AND data = $7",
                )
                .bind(&sealed.data)
                .bind(sealed.key.as_deref())
                .bind(sealed.by_phone.as_deref())
                .bind(sealed.by_email.as_deref())
                .bind(sealed.by_name.as_deref())
                .bind(id)
                .bind(before)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            }
            let fact = Fact::new(Chain::Host, actor, Deed::RotateKeys, format!("key {current}"))
                .detail("applicants", changed.to_string());
            append!(tx, [&fact]);
            changed
        });
        Ok(changed)
    }

    /// Erases what is known of the persons behind appeals: the applicant's row, people's reasons, and what the log keeps
    /// apart; the text becomes the given one. The log says by which act, and its chain stays whole.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an appeal of no or another region; then nothing was erased.
    pub async fn erase(
        &self,
        region: &RegionCode,
        appeals: &[(AppealId, NewAppeal)],
        act: &Act,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let chain = Chain::Region(region.clone()).to_string();
        let mut erased = Vec::with_capacity(appeals.len());
        for (id, content) in appeals {
            let fact = Fact::new(Chain::Region(region.clone()), actor, Deed::ErasePerson, format!("appeal {id}"))
                .detail("act_number", act.number.as_str())
                .detail("act_date", act.date.to_string());
            erased.push((id, serde_json::to_string(content)?, fact));
        }
        on_db!(self, write tx: DB => {
            for (id, content, fact) in &erased {
                let found = sqlx::query("UPDATE appeal SET content = $1 WHERE id = $2 AND region = $3")
                    .bind(content)
                    .bind(id.0)
                    .bind(region.as_str())
                    .execute(&mut *tx)
                    .await?
                    .rows_affected();
                if found == 0 {
                    return Err(StoreError::NotFound { what: "appeal", code: id.to_string() });
                }
                sqlx::query("DELETE FROM applicant WHERE appeal_id = $1").bind(id.0).execute(&mut *tx).await?;
                sqlx::query("DELETE FROM answer_draft WHERE appeal_id = $1").bind(id.0).execute(&mut *tx).await?;
                sqlx::query("UPDATE event SET reason = NULL WHERE appeal_id = $1").bind(id.0).execute(&mut *tx).await?;
                append!(tx, [fact]);
                // The head's row is ours until the commit, so its place is that of the act.
                sqlx::query(
                    "UPDATE audit_private SET salt = NULL, data = NULL, erased_by = (SELECT seq FROM audit_head WHERE chain = $1) \
                     WHERE chain = $1 AND data IS NOT NULL AND seq IN (SELECT seq FROM audit WHERE chain = $1 AND target = $2)",
                )
                .bind(&chain)
                .bind(&fact.target)
                .execute(&mut *tx)
                .await?;
            }
        });
        Ok(())
    }
}
