//! Answers in preparation: one draft for each question. An answer that was given is an event.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::appeal::{AppealId, Place, Point};
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::RegionCode;

use crate::audit::append;
use crate::db::{Store, moment, now, on_db};
use crate::error::StoreError;

/// A draft of an answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AnswerDraft {
    /// Question, from 0.
    pub question: u32,
    /// Text.
    pub text: String,
    /// Whether it answers in substance; none where nobody said.
    pub in_substance: Option<bool>,
    /// Who wrote it last.
    pub author: String,
    /// Grows with each change, from 1.
    pub version: i64,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

/// A draft as somebody wants it.
#[derive(Debug, Clone)]
pub struct NewAnswerDraft<'a> {
    /// Appeal.
    pub appeal: AppealId,
    /// Question, from 0.
    pub question: u32,
    /// Text.
    pub text: &'a str,
    /// Whether it answers in substance.
    pub in_substance: Option<bool>,
    /// Version that they saw; 0 for none.
    pub version: i64,
}

impl Store {
    /// Drafts of an appeal, by question.
    ///
    /// # Errors
    /// Store errors.
    pub async fn answer_drafts(&self, region: &RegionCode, appeal: AppealId) -> Result<Vec<AnswerDraft>, StoreError> {
        const SQL: &str = "SELECT question, text, in_substance, author, version, updated_at FROM answer_draft \
             WHERE appeal_id = $1 AND region = $2 ORDER BY question";
        type Row = (i64, String, Option<bool>, String, i64, i64);
        let rows: Vec<Row> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(appeal.0).bind(region.as_str()).fetch_all(pool).await?);
        let each = rows.into_iter().map(|(question, text, in_substance, author, version, updated_at)| AnswerDraft {
            question: u32::try_from(question).unwrap_or(0),
            text,
            in_substance,
            author,
            version,
            updated_at: moment(updated_at),
        });
        Ok(each.collect())
    }

    /// Keeps a draft; its new version.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a question that is none; [`StoreError::Conflict`] if somebody else changed the draft.
    pub async fn save_answer_draft(
        &self,
        region: &RegionCode,
        draft: &NewAnswerDraft<'_>,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        let (appeal, number) = (draft.appeal, i64::from(draft.question));
        let version = on_db!(self, write tx: DB => {
            let question: Option<(Uuid,)> =
                sqlx::query_as("SELECT appeal_id FROM question WHERE appeal_id = $1 AND question = $2 AND region = $3")
                    .bind(appeal.0)
                    .bind(number)
                    .bind(region.as_str())
                    .fetch_optional(&mut *tx)
                    .await?;
            if question.is_none() {
                return Err(StoreError::NotFound { what: "question", code: format!("{appeal}/{number}") });
            }
            let saved: Option<(i64,)> = sqlx::query_as(
                "INSERT INTO answer_draft (appeal_id, question, region, text, in_substance, author, version, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, 1, $7) ON CONFLICT (appeal_id, question) DO UPDATE SET text = excluded.text, \
                 in_substance = excluded.in_substance, author = excluded.author, version = answer_draft.version + 1, \
                 updated_at = excluded.updated_at WHERE answer_draft.version = $8 RETURNING version",
            )
            .bind(appeal.0)
            .bind(number)
            .bind(region.as_str())
            .bind(draft.text)
            .bind(draft.in_substance)
            .bind(actor.name.as_str())
            .bind(now())
            .bind(draft.version)
            .fetch_optional(&mut *tx)
            .await?;
            // A first draft of somebody who saw another that is gone was answered meanwhile.
            let Some((version,)) = saved.filter(|(version,)| *version == draft.version + 1) else {
                return Err(StoreError::Conflict {
                    what: "the draft of the answer",
                    expected: format!("version {}", draft.version),
                    found: "another".into(),
                });
            };
            let fact = Fact::new(Chain::Region(region.clone()), actor, Deed::DraftAnswer, format!("appeal {appeal}"))
                .detail("question", number.to_string())
                .private("text", draft.text);
            append!(tx, [&fact]);
            version
        });
        Ok(version)
    }

    /// Where the newest appeals of a region are about, as far as they have coordinates.
    ///
    /// # Errors
    /// Store errors.
    pub async fn recent_points(&self, region: &RegionCode, appeals: i64) -> Result<Vec<Point>, StoreError> {
        const SQL: &str = "SELECT content FROM appeal WHERE region = $1 ORDER BY received_at DESC LIMIT $2";
        #[derive(serde::Deserialize)]
        struct About {
            #[serde(default)]
            place: Place,
        }
        let rows: Vec<(String,)> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).bind(appeals).fetch_all(pool).await?);
        let mut points = Vec::new();
        for (content,) in rows {
            points.extend(serde_json::from_str::<About>(&content)?.place.point);
        }
        Ok(points)
    }
}
