//! Reading: one appeal, pages of appeals, decisions, events, counts.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;
use veche_domain::appeal::{Appeal, AppealId, NewAppeal};
use veche_domain::code::{BindingId, BodyCode, CategoryCode, ChannelCode, MunicipalityCode, RegionCode};
use veche_domain::decision::{Decision, Event, EventKind, Kind, Outcome, Priority, Source, State, Verdict};

use super::{QuestionRow, StoredAppeal};
use crate::db::{Store, digest, moment, on_db};
use crate::error::StoreError;
use crate::search;
use crate::vault::Vault;

/// Which appeals a list holds. Empty fields do not filter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AppealFilter {
    /// A question in this state; `received` for appeals that wait for routing.
    pub state: Option<State>,
    /// A question of one of these categories (a block's, or a single one).
    pub categories: Vec<CategoryCode>,
    /// A question with this body.
    pub body: Option<BodyCode>,
    /// Place.
    pub municipality: Option<MunicipalityCode>,
    /// Channel.
    pub channel: Option<ChannelCode>,
    /// A question that a person should look at.
    pub needs_review: Option<bool>,
    /// Received at or after.
    pub received_from: Option<DateTime<Utc>>,
    /// Received before.
    pub received_to: Option<DateTime<Utc>>,
    /// A term of an open question was over at this moment.
    pub overdue_at: Option<DateTime<Utc>>,
    /// Words that the appeal holds, in any of their forms.
    pub search: Option<String>,
}

/// Where the next page begins. Opaque to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    received_at: i64,
    id: Uuid,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{}", self.received_at, self.id.simple())
    }
}

impl FromStr for Cursor {
    type Err = StoreError;
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let parse = || {
            let (at, id) = text.split_once('.')?;
            Some(Self { received_at: i64::from_str_radix(at, 16).ok()?, id: Uuid::parse_str(id).ok()? })
        };
        parse().ok_or_else(|| StoreError::NotFound { what: "cursor", code: text.chars().take(80).collect() })
    }
}

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Appeals, newest first.
    pub items: Vec<StoredAppeal>,
    /// Where the next page begins; none at the end.
    pub next: Option<Cursor>,
}

pub(crate) const CONTENT: &str = "SELECT a.id, a.region, a.content, p.data, p.key_id, a.created_at, a.received_at \
     FROM appeal a LEFT JOIN applicant p ON p.appeal_id = a.id WHERE a.id = $1";

pub(crate) type ContentTuple = (Uuid, String, String, Option<String>, Option<String>, i64, i64);

pub(crate) fn appeal(
    vault: &Vault,
    row: ContentTuple,
    questions: Vec<QuestionRow>,
) -> Result<StoredAppeal, StoreError> {
    let (id, mut content) = (AppealId(row.0), serde_json::from_str::<NewAppeal>(&row.2)?);
    if let Some(person) = &row.3 {
        content.applicant = vault.open(id, person, row.4.as_deref())?;
    }
    Ok(StoredAppeal { appeal: Appeal { id, content }, created_at: moment(row.5), questions })
}

#[derive(sqlx::FromRow)]
pub(super) struct QuestionRecord {
    appeal_id: Uuid,
    question: i64,
    state: String,
    category: Option<String>,
    category_source: Option<String>,
    confidence: Option<f64>,
    needs_review: bool,
    body: Option<String>,
    body_source: Option<String>,
    priority: String,
    clocks: String,
    ask: Option<String>,
    decided_by: Option<String>,
    ruleset: Option<Vec<u8>>,
    version: i64,
    updated_at: i64,
}

fn known<T>(what: &str, value: Option<T>) -> Result<T, StoreError> {
    value.ok_or_else(|| StoreError::Corrupt { what: what.to_owned() })
}

fn code<T: FromStr>(what: &str, text: Option<String>) -> Result<Option<T>, StoreError> {
    text.map(|text| text.parse::<T>()).transpose().map_err(|_| StoreError::Corrupt { what: what.to_owned() })
}

impl QuestionRecord {
    pub(super) fn row(self) -> Result<QuestionRow, StoreError> {
        let source = |text: Option<String>| text.map(|t| known("a source", Source::from_code(&t))).transpose();
        #[allow(clippy::cast_possible_truncation)] // It was an f32 when it was stored.
        let confidence = self.confidence.map(|c| c as f32);
        Ok(QuestionRow {
            verdict: Verdict {
                question: u32::try_from(self.question).unwrap_or(0),
                state: known("a state", State::from_code(&self.state))?,
                category: code("a category code", self.category)?,
                category_source: source(self.category_source)?,
                confidence,
                needs_review: self.needs_review,
                body: code("a body code", self.body)?,
                body_source: source(self.body_source)?,
                priority: known("a priority", Priority::from_code(&self.priority))?,
                clocks: serde_json::from_str(&self.clocks)?,
                ask: self.ask,
                decided_by: code::<BindingId>("a binding id", self.decided_by)?,
            },
            ruleset: self.ruleset.as_deref().map(digest).transpose()?,
            version: self.version,
            updated_at: moment(self.updated_at),
        })
    }
}

#[derive(sqlx::FromRow)]
struct DecisionRecord {
    id: Uuid,
    appeal_id: Uuid,
    region: String,
    question: i64,
    step: i64,
    kind: String,
    binding: String,
    ruleset: Vec<u8>,
    release: Vec<u8>,
    category: Option<String>,
    outcome: String,
    output: Option<String>,
    fault: Option<String>,
    fuel: i64,
    duration_us: i64,
    memory: i64,
    engine: String,
    at: i64,
}

impl DecisionRecord {
    fn decision(self) -> Result<(RegionCode, Decision), StoreError> {
        let big = |n: i64| u64::try_from(n).unwrap_or(0);
        let region = known("a region code", RegionCode::new(&self.region).ok())?;
        let decision = Decision {
            id: self.id,
            appeal: AppealId(self.appeal_id),
            question: u32::try_from(self.question).unwrap_or(0),
            step: u32::try_from(self.step).unwrap_or(0),
            kind: known("a kind", Kind::from_code(&self.kind))?,
            binding: known("a binding id", BindingId::new(&self.binding).ok())?,
            ruleset: digest(&self.ruleset)?,
            release: digest(&self.release)?,
            category: self.category.as_deref().map(serde_json::from_str).transpose()?,
            outcome: known("an outcome", Outcome::from_code(&self.outcome))?,
            output: self.output.as_deref().map(serde_json::from_str).transpose()?,
            fault: self.fault,
            fuel: big(self.fuel),
            duration_us: big(self.duration_us),
            memory: big(self.memory),
            engine: self.engine,
            at: moment(self.at),
        };
        Ok((region, decision))
    }
}

/// Conditions of a filter, pushed after `WHERE a.region = …`.
macro_rules! push_filter {
    ($query:ident, $region:ident, $filter:ident) => {
        if let Some(channel) = &$filter.channel {
            $query.push(" AND a.channel = ").push_bind(channel.as_str());
        }
        if let Some(municipality) = &$filter.municipality {
            $query.push(" AND a.municipality = ").push_bind(municipality.as_str());
        }
        if let Some(from) = $filter.received_from {
            $query.push(" AND a.received_at >= ").push_bind(from.timestamp_micros());
        }
        if let Some(to) = $filter.received_to {
            $query.push(" AND a.received_at < ").push_bind(to.timestamp_micros());
        }
        if $filter.state == Some(State::Received) {
            $query.push(" AND a.pending");
        }
        // A rare condition is a list to look ids up in; a common one is asked of each appeal, until the page is full.
        if $filter.needs_review == Some(true) {
            $query.push(" AND a.id IN (SELECT appeal_id FROM question WHERE needs_review AND region = ");
            $query.push_bind($region.as_str()).push(")");
        }
        if let Some(at) = $filter.overdue_at {
            $query.push(
                " AND a.id IN (SELECT appeal_id FROM question WHERE state NOT IN ('answered', 'closed') AND region = ",
            );
            $query.push_bind($region.as_str()).push(" AND next_due < ").push_bind(at.timestamp_micros()).push(")");
        }
        if let Some(body) = &$filter.body {
            $query.push(" AND a.id IN (SELECT appeal_id FROM question WHERE region = ").push_bind($region.as_str());
            $query.push(" AND body = ").push_bind(body.as_str()).push(")");
        }
        let state = $filter.state.filter(|s| *s != State::Received);
        // Together again in one question: an appeal may have several.
        if state.is_some() || !$filter.categories.is_empty() || $filter.needs_review == Some(false) {
            $query.push(" AND EXISTS (SELECT 1 FROM question q WHERE q.appeal_id = a.id");
            if let Some(state) = state {
                $query.push(" AND q.state = ").push_bind(state.as_str());
            }
            if !$filter.categories.is_empty() {
                $query.push(" AND q.category IN (");
                let mut list = $query.separated(", ");
                for category in &$filter.categories {
                    list.push_bind(category.as_str());
                }
                $query.push(")");
            }
            if let Some(body) = &$filter.body {
                $query.push(" AND q.body = ").push_bind(body.as_str());
            }
            if let Some(needs) = $filter.needs_review {
                $query.push(" AND q.needs_review = ").push_bind(needs);
            }
            if let Some(at) = $filter.overdue_at {
                $query
                    .push(" AND q.state NOT IN ('answered', 'closed') AND q.next_due < ")
                    .push_bind(at.timestamp_micros());
            }
            $query.push(")");
        }
    };
}

impl Store {
    /// One appeal.
    ///
    /// # Errors
    /// Store errors.
    pub async fn appeal(&self, region: &RegionCode, id: AppealId) -> Result<Option<StoredAppeal>, StoreError> {
        let row: Option<ContentTuple> =
            on_db!(self, read pool => sqlx::query_as(CONTENT).bind(id.0).fetch_optional(pool).await?);
        let Some(row) = row.filter(|row| row.1 == region.as_str()) else { return Ok(None) };
        Ok(self.with_questions(vec![row]).await?.into_iter().next())
    }

    /// A page of appeals, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn appeals(
        &self,
        region: &RegionCode,
        filter: &AppealFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let words = filter.search.as_deref().map(|text| search::query(text, &self.db));
        if words.as_ref().is_some_and(String::is_empty) {
            return Ok(Page { items: Vec::new(), next: None });
        }
        macro_rules! rows {
            ($db:ty, $pool:expr, $search:literal, $end:literal) => {{
                let mut query = QueryBuilder::<$db>::new(
                    "SELECT a.id, a.region, a.content, p.data, p.key_id, a.created_at, a.received_at FROM appeal a \
                     LEFT JOIN applicant p ON p.appeal_id = a.id WHERE a.region = ",
                );
                query.push_bind(region.as_str());
                push_filter!(query, region, filter);
                if let Some(words) = &words {
                    query.push($search).push_bind(words.as_str()).push($end);
                }
                if let Some(cursor) = after {
                    query.push(" AND (a.received_at < ").push_bind(cursor.received_at);
                    query.push(" OR (a.received_at = ").push_bind(cursor.received_at);
                    query.push(" AND a.id < ").push_bind(cursor.id).push("))");
                }
                query.push(" ORDER BY a.received_at DESC, a.id DESC LIMIT ").push_bind(wanted);
                query.build_query_as::<ContentTuple>().fetch_all($pool).await?
            }};
        }
        let mut rows: Vec<ContentTuple> = match &self.db {
            crate::db::Db::Sqlite { read, .. } => {
                rows!(
                    sqlx::Sqlite,
                    read,
                    " AND a.id IN (SELECT appeal_id FROM appeal_search WHERE appeal_search MATCH ",
                    ")"
                )
            }
            crate::db::Db::Postgres(pool) => {
                rows!(
                    sqlx::Postgres,
                    pool,
                    " AND a.id IN (SELECT appeal_id FROM appeal_search WHERE words @@ to_tsquery('simple', ",
                    "))"
                )
            }
        };
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| Cursor { received_at: row.6, id: row.0 });
        Ok(Page { items: self.with_questions(rows).await?, next })
    }

    /// Ids of the newest appeals of a filter, at most so many; without words to search.
    ///
    /// # Errors
    /// Store errors.
    pub async fn appeal_ids(
        &self,
        region: &RegionCode,
        filter: &AppealFilter,
        limit: usize,
    ) -> Result<Vec<AppealId>, StoreError> {
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
        macro_rules! ids {
            ($db:ty, $pool:expr) => {{
                let mut query = QueryBuilder::<$db>::new("SELECT a.id FROM appeal a WHERE a.region = ");
                query.push_bind(region.as_str());
                push_filter!(query, region, filter);
                query.push(" ORDER BY a.received_at DESC, a.id DESC LIMIT ").push_bind(wanted);
                query.build_query_as::<(Uuid,)>().fetch_all($pool).await?
            }};
        }
        let rows = match &self.db {
            crate::db::Db::Sqlite { read, .. } => ids!(sqlx::Sqlite, read),
            crate::db::Db::Postgres(pool) => ids!(sqlx::Postgres, pool),
        };
        Ok(rows.into_iter().map(|(id,)| AppealId(id)).collect())
    }

    /// Appeals of a region in the order of their ids, for streams.
    ///
    /// # Errors
    /// Store errors.
    pub async fn each_appeal(
        &self,
        region: &RegionCode,
        after: Option<AppealId>,
        limit: usize,
    ) -> Result<Vec<StoredAppeal>, StoreError> {
        const SQL: &str = "SELECT a.id, a.region, a.content, p.data, p.key_id, a.created_at, a.received_at FROM appeal a \
             LEFT JOIN applicant p ON p.appeal_id = a.id WHERE a.region = $1 AND a.id > $2 ORDER BY a.id LIMIT $3";
        let rows: Vec<ContentTuple> = on_db!(self, read pool => {
            sqlx::query_as(SQL)
                .bind(region.as_str())
                .bind(after.map_or(Uuid::nil(), |id| id.0))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(pool)
                .await?
        });
        self.with_questions(rows).await
    }

    async fn with_questions(&self, rows: Vec<ContentTuple>) -> Result<Vec<StoredAppeal>, StoreError> {
        let mut questions: HashMap<Uuid, Vec<QuestionRow>> = HashMap::new();
        macro_rules! fetch {
            ($db:ty, $pool:expr, $chunk:expr) => {{
                let mut query = QueryBuilder::<$db>::new(
                    "SELECT appeal_id, question, state, category, category_source, confidence, needs_review, body, \
                     body_source, priority, clocks, ask, decided_by, ruleset, version, updated_at FROM question \
                     WHERE appeal_id IN (",
                );
                let mut list = query.separated(", ");
                for row in $chunk {
                    list.push_bind(row.0);
                }
                query.push(") ORDER BY appeal_id, question");
                query.build_query_as::<QuestionRecord>().fetch_all($pool).await?
            }};
        }
        for chunk in rows.chunks(500) {
            let records: Vec<QuestionRecord> = match &self.db {
                crate::db::Db::Sqlite { read, .. } => fetch!(sqlx::Sqlite, read, chunk),
                crate::db::Db::Postgres(pool) => fetch!(sqlx::Postgres, pool, chunk),
            };
            for record in records {
                questions.entry(record.appeal_id).or_default().push(record.row()?);
            }
        }
        rows.into_iter()
            .map(|row| {
                let own = questions.remove(&row.0).unwrap_or_default();
                appeal(&self.vault, row, own)
            })
            .collect()
    }

    /// Decisions on an appeal, in order.
    ///
    /// # Errors
    /// Store errors.
    pub async fn decisions(&self, region: &RegionCode, appeal: AppealId) -> Result<Vec<Decision>, StoreError> {
        const SQL: &str = "SELECT * FROM decision WHERE appeal_id = $1 AND region = $2 ORDER BY at, step";
        let rows: Vec<DecisionRecord> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(appeal.0).bind(region.as_str()).fetch_all(pool).await?);
        rows.into_iter().map(|row| Ok(row.decision()?.1)).collect()
    }

    /// One decision and its region.
    ///
    /// # Errors
    /// Store errors.
    pub async fn decision(&self, id: Uuid) -> Result<Option<(RegionCode, Decision)>, StoreError> {
        let row: Option<DecisionRecord> = on_db!(self, read pool => {
            sqlx::query_as("SELECT * FROM decision WHERE id = $1").bind(id).fetch_optional(pool).await?
        });
        row.map(DecisionRecord::decision).transpose()
    }

    /// Ids of `count` decisions of a region, spread evenly over time.
    ///
    /// # Errors
    /// Store errors.
    pub async fn sample_decisions(&self, region: &RegionCode, count: i64) -> Result<Vec<Uuid>, StoreError> {
        const SQL: &str = "SELECT id FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS n, COUNT(*) OVER () AS total \
             FROM decision WHERE region = $1) AS numbered WHERE (n * $2) % total < $2 ORDER BY id LIMIT $2";
        let rows: Vec<(Uuid,)> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(region.as_str()).bind(count).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Events of an appeal, in order.
    ///
    /// # Errors
    /// Store errors.
    pub async fn events(&self, region: &RegionCode, appeal: AppealId) -> Result<Vec<Event>, StoreError> {
        type Row = (Uuid, Option<i64>, String, Option<String>, Option<String>, String, i64);
        const SQL: &str = "SELECT id, question, kind, actor, reason, data, at FROM event \
                           WHERE appeal_id = $1 AND region = $2 ORDER BY at, id";
        let rows: Vec<Row> =
            on_db!(self, read pool => sqlx::query_as(SQL).bind(appeal.0).bind(region.as_str()).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(id, question, kind, actor, reason, data, at)| {
                Ok(Event {
                    id,
                    appeal,
                    question: question.and_then(|q| u32::try_from(q).ok()),
                    kind: known("an event kind", EventKind::from_code(&kind))?,
                    actor,
                    reason,
                    data: serde_json::from_str(&data)?,
                    at: moment(at),
                })
            })
            .collect()
    }

    /// How many questions of a region are in each state; `received` counts appeals that wait for routing.
    ///
    /// # Errors
    /// Store errors.
    pub async fn counts(&self, region: &RegionCode) -> Result<BTreeMap<String, i64>, StoreError> {
        let rows: Vec<(String, i64)> = on_db!(self, read pool => {
            sqlx::query_as("SELECT state, COUNT(*) FROM question WHERE region = $1 GROUP BY state")
                .bind(region.as_str())
                .fetch_all(pool)
                .await?
        });
        let mut counts: BTreeMap<String, i64> = rows.into_iter().collect();
        let waiting = i64::try_from(self.pending_count(region).await?).unwrap_or(i64::MAX);
        if waiting > 0 {
            counts.insert(State::Received.as_str().to_owned(), waiting);
        }
        Ok(counts)
    }
}
