//! What a queue of appeals shows beside its rows: counts, the pulse of changes, views that somebody keeps, neighbours.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use std::collections::BTreeMap;
use uuid::Uuid;
use veche_domain::appeal::AppealId;
use veche_domain::code::{CategoryCode, RegionCode};
use veche_domain::decision::State;

use crate::db::{Db, Store, moment, now, on_db};
use crate::error::StoreError;

/// Questions of a region, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueCounts {
    /// By state.
    pub states: BTreeMap<State, u64>,
    /// That a person should look at.
    pub review: u64,
    /// With a term that is over.
    pub overdue: u64,
}

impl QueueCounts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.states.values().sum()
    }

    /// In a state.
    #[must_use]
    pub fn of(&self, state: State) -> u64 {
        self.states.get(&state).copied().unwrap_or(0)
    }
}

/// A filter of the queue that somebody keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueView {
    /// What they call it.
    pub name: String,
    /// The query of the page's address.
    pub query: String,
}

/// Another appeal about the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// Appeal.
    pub id: AppealId,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// Category.
    pub category: Option<CategoryCode>,
    /// State of its first question.
    pub state: Option<State>,
    /// Whether somebody said that it repeats another.
    pub repeated: bool,
}

impl Store {
    /// Counts questions of a region, of these categories alone where some are given.
    ///
    /// # Errors
    /// Store errors.
    pub async fn queue_counts(
        &self,
        region: &RegionCode,
        categories: &[CategoryCode],
        now: DateTime<Utc>,
    ) -> Result<QueueCounts, StoreError> {
        macro_rules! counted {
            ($db:ty, $pool:expr) => {{
                let mut query = QueryBuilder::<$db>::new(
                    "SELECT state, COUNT(*), COUNT(CASE WHEN needs_review THEN 1 END), COUNT(CASE WHEN next_due < ",
                );
                query.push_bind(now.timestamp_micros());
                query.push(" AND state NOT IN ('answered', 'closed') THEN 1 END) FROM question WHERE region = ");
                query.push_bind(region.as_str());
                if !categories.is_empty() {
                    query.push(" AND category IN (");
                    let mut list = query.separated(", ");
                    for category in categories {
                        list.push_bind(category.as_str());
                    }
                    query.push(")");
                }
                query.push(" GROUP BY state");
                query.build_query_as::<(String, i64, i64, i64)>().fetch_all($pool).await?
            }};
        }
        let rows = match &self.db {
            Db::Sqlite { read, .. } => counted!(sqlx::Sqlite, read),
            Db::Postgres(pool) => counted!(sqlx::Postgres, pool),
        };
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        let mut counts = QueueCounts::default();
        for (state, all, review, overdue) in rows {
            let state = State::from_code(&state).ok_or_else(|| StoreError::Corrupt { what: "a state".into() })?;
            counts.states.insert(state, number(all));
            counts.review += number(review);
            counts.overdue += number(overdue);
        }
        Ok(counts)
    }

    /// The newest happening of the whole host: it changes whenever something happened to an appeal. None before the first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn pulse(&self) -> Result<Option<Uuid>, StoreError> {
        let row: Option<(Uuid,)> = on_db!(self, read pool => {
            sqlx::query_as("SELECT id FROM event ORDER BY id DESC LIMIT 1").fetch_optional(pool).await?
        });
        Ok(row.map(|(id,)| id))
    }

    /// Views that an account keeps in a region, by name.
    ///
    /// # Errors
    /// Store errors.
    pub async fn queue_views(&self, account: Uuid, region: &RegionCode) -> Result<Vec<QueueView>, StoreError> {
        const SQL: &str = "SELECT name, query FROM queue_view WHERE account_id = $1 AND region = $2 ORDER BY name";
        let rows: Vec<(String, String)> = on_db!(self, read pool => {
            sqlx::query_as(SQL).bind(account).bind(region.as_str()).fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(|(name, query)| QueueView { name, query }).collect())
    }

    /// Keeps a view, instead of the one of the same name.
    ///
    /// # Errors
    /// Store errors.
    pub async fn keep_queue_view(
        &self,
        account: Uuid,
        region: &RegionCode,
        view: &QueueView,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO queue_view (account_id, region, name, query, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (account_id, region, name) DO UPDATE SET query = excluded.query";
        on_db!(self, write tx: DB => {
            sqlx::query(SQL)
                .bind(account)
                .bind(region.as_str())
                .bind(&view.name)
                .bind(&view.query)
                .bind(now())
                .execute(&mut *tx)
                .await
                .map(drop)?;
        });
        Ok(())
    }

    /// Forgets a view.
    ///
    /// # Errors
    /// Store errors.
    pub async fn forget_queue_view(&self, account: Uuid, region: &RegionCode, name: &str) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM queue_view WHERE account_id = $1 AND region = $2 AND name = $3";
        on_db!(self, write tx: DB => {
            sqlx::query(SQL).bind(account).bind(region.as_str()).bind(name).execute(&mut *tx).await.map(drop)?;
        });
        Ok(())
    }

    /// Other appeals with the same address in the same municipality, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn neighbours(
        &self,
        region: &RegionCode,
        (municipality, address): (Option<&str>, &str),
        but: AppealId,
        limit: i64,
    ) -> Result<Vec<Neighbour>, StoreError> {
        const SQL: &str = "SELECT appeal_id, received_at, category, state, repeated FROM fact \
             WHERE region = $1 AND address = $2 AND COALESCE(municipality, '') = $3 AND appeal_id <> $4 AND question = 0 \
             ORDER BY received_at DESC LIMIT $5";
        type Row = (Uuid, i64, Option<String>, String, bool);
        let rows: Vec<Row> = on_db!(self, read pool => {
            sqlx::query_as(SQL)
                .bind(region.as_str())
                .bind(address)
                .bind(municipality.unwrap_or_default())
                .bind(but.0)
                .bind(limit)
                .fetch_all(pool).await?
        });
        let each = rows.into_iter().map(|(id, received_at, category, state, repeated)| Neighbour {
            id: AppealId(id),
            received_at: moment(received_at),
            category: category.and_then(|code| CategoryCode::new(&code).ok()),
            state: State::from_code(&state),
            repeated,
        });
        Ok(each.collect())
    }
}
