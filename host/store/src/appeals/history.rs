//! Stored history as a stream in the order of ids, for back-tests: appeals with what people finally made of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use veche_domain::appeal::{Appeal, AppealId};
use veche_domain::code::RegionCode;
use veche_domain::decision::Source;

use super::read::{ContentTuple, appeal};
use crate::db::{Store, on_db};
use crate::error::StoreError;

/// A part of a region's history.
#[derive(Debug, Clone)]
pub struct Span {
    /// Region.
    pub region: RegionCode,
    /// Received at or after.
    pub since: DateTime<Utc>,
    /// Received before.
    pub until: DateTime<Utc>,
}

/// How a question stands now, after all corrections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Final {
    /// Question, from 0.
    pub question: u32,
    /// Category code.
    pub category: Option<String>,
    /// Whether a person named it.
    pub category_by_person: bool,
    /// Body code.
    pub body: Option<String>,
    /// Whether a person named it.
    pub body_by_person: bool,
}

/// An appeal and how its questions stand.
#[derive(Debug, Clone)]
pub struct Past {
    /// The appeal.
    pub appeal: Appeal,
    /// Its questions; empty while it waits for routing.
    pub questions: Vec<Final>,
}

impl Store {
    /// How many appeals a span holds.
    ///
    /// # Errors
    /// Store errors.
    pub async fn count_history(&self, span: &Span) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM appeal WHERE region = $1 AND received_at >= $2 AND received_at < $3";
        let (count,): (i64,) = on_db!(self, read pool => {
            sqlx::query_as(SQL)
                .bind(span.region.as_str())
                .bind(span.since.timestamp_micros())
                .bind(span.until.timestamp_micros())
                .fetch_one(pool)
                .await?
        });
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The next appeals of a span after an id, in the order of ids.
    ///
    /// # Errors
    /// Store errors.
    pub async fn history(&self, span: &Span, after: Option<AppealId>, limit: usize) -> Result<Vec<Past>, StoreError> {
        // The expressions keep the planner from another index: it would sort the whole span for each page.
        const APPEALS: &str = "SELECT a.id, a.region, a.content, p.data, p.key_id, a.created_at, a.received_at FROM appeal a \
             LEFT JOIN applicant p ON p.appeal_id = a.id WHERE (a.region || '') = $1 AND a.id > $2 \
             AND a.received_at + 0 >= $3 AND a.received_at + 0 < $4 ORDER BY a.id LIMIT $5";
        const QUESTIONS: &str = "SELECT appeal_id, question, category, category_source, body, body_source FROM question \
             WHERE appeal_id >= $1 AND appeal_id <= $2 AND (region || '') = $3 ORDER BY appeal_id, question";
        type Question = (Uuid, i64, Option<String>, Option<String>, Option<String>, Option<String>);
        let rows: Vec<ContentTuple> = on_db!(self, read pool => {
            sqlx::query_as(APPEALS)
                .bind(span.region.as_str())
                .bind(after.map_or(Uuid::nil(), |id| id.0))
                .bind(span.since.timestamp_micros())
                .bind(span.until.timestamp_micros())
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(pool)
                .await?
        });
        let (Some(first), Some(last)) = (rows.first().map(|r| r.0), rows.last().map(|r| r.0)) else {
            return Ok(Vec::new());
        };
        let questions: Vec<Question> = on_db!(self, read pool => {
            sqlx::query_as(QUESTIONS).bind(first).bind(last).bind(span.region.as_str()).fetch_all(pool).await?
        });
        let mut finals: HashMap<Uuid, Vec<Final>> = HashMap::with_capacity(rows.len());
        let person = |source: Option<String>| source.as_deref() == Some(Source::Person.as_str());
        for (id, question, category, category_source, body, body_source) in questions {
            finals.entry(id).or_default().push(Final {
                question: u32::try_from(question).unwrap_or(u32::MAX),
                category,
                category_by_person: person(category_source),
                body,
                body_by_person: person(body_source),
            });
        }
        rows.into_iter()
            .map(|row| {
                let questions = finals.remove(&row.0).unwrap_or_default();
                Ok(Past { appeal: appeal(&self.vault, row, Vec::new())?.appeal, questions })
            })
            .collect()
    }
}
