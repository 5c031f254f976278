//! What is behind a number: the questions that a condition of a formula counts, listed. The conditions are those of
//! `tally`; `tests/e2e/indicators/behind.rs` holds both together.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;
use veche_domain::appeal::AppealId;
use veche_domain::indicator::Formula;

use super::facts::FactSpan;
use crate::db::{Db, Store, moment};
use crate::error::StoreError;

/// Which of the questions that a measurement is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Those of the upper part.
    Numerator,
    /// Those of the lower part.
    Denominator,
    /// Those that the definition leaves out.
    Excluded,
}

/// Which questions.
#[derive(Debug, Clone, PartialEq)]
pub struct BehindFilter {
    /// Formula.
    pub formula: Formula,
    /// Side of it.
    pub side: Side,
    /// Categories that are `other`: for the share of them.
    pub other: Vec<String>,
    /// Categories that the dictionaries hold: for the share of `other`.
    pub known: Vec<String>,
    /// Categories that can go on the fast track, where the set names them.
    pub fast_track: Option<Vec<String>>,
    /// In one of these categories; none: in whichever.
    pub categories: Option<Vec<String>>,
    /// Of this body.
    pub body: Option<String>,
    /// Of this municipality.
    pub municipality: Option<String>,
}

/// A question behind a number.
#[derive(Debug, Clone, PartialEq)]
pub struct BehindRow {
    /// Appeal.
    pub appeal: AppealId,
    /// Question of it, from 0.
    pub question: u32,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// Category.
    pub category: Option<String>,
    /// Body.
    pub body: Option<String>,
    /// Municipality.
    pub municipality: Option<String>,
    /// Term.
    pub due_at: Option<DateTime<Utc>>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// Mark of the applicant.
    pub mark: Option<i64>,
    /// How often it was redirected.
    pub redirects: i64,
}

/// A condition in words of the table `fact`: `{s}` is the start of the period, `{u}` its end or the cut-off.
enum Condition {
    /// As it stands.
    Sql(&'static str),
    /// And in one of these categories, or in none of them.
    In(&'static str, Vec<String>, bool),
    /// Nothing can be listed.
    Nothing,
}

const RECEIVED: &str = "received_at >= {s}";
const CLOSED: &str = "closed_at >= {s} AND closed_at < {u}";

fn condition(filter: &BehindFilter) -> Condition {
    use Condition::{In, Nothing, Sql};
    use Side::{Denominator, Excluded, Numerator};
    match (filter.formula, filter.side) {
        (Formula::Received | Formula::Load, Numerator) | (Formula::Repeated, Denominator) => Sql(RECEIVED),
        (Formula::Received | Formula::Overdue | Formula::Load, Denominator)
        | (Formula::Received | Formula::Repeated | Formula::Reopened | Formula::Load, Excluded) => Nothing,
        (Formula::OnTime, Numerator) => Sql("answered_at >= {s} AND answered_at < {u} AND answered_at <= due_at"),
        (Formula::OnTime, Denominator) => Sql(
            "due_at IS NOT NULL AND ((answered_at >= {s} AND answered_at < {u}) OR (due_at >= {s} AND due_at < {u} AND (answered_at IS NULL OR answered_at >= {u})))",
        ),
        (Formula::OnTime, Excluded) => Sql("answered_at >= {s} AND answered_at < {u} AND due_at IS NULL"),
        (Formula::ReactionMean | Formula::ReactionMedian | Formula::ReactionP90, Numerator | Denominator) => {
            Sql("reacted_at >= {s} AND reacted_at < {u} AND reaction_minutes IS NOT NULL")
        }
        (Formula::ReactionMean | Formula::ReactionMedian | Formula::ReactionP90, Excluded) => {
            Sql("reacted_at >= {s} AND reacted_at < {u} AND reaction_minutes IS NULL")
        }
        (Formula::Overdue, Numerator) => Sql("due_at < {u} AND (answered_at IS NULL OR answered_at >= {u})"),
        (Formula::Overdue, Excluded) => Sql("due_at IS NULL AND (answered_at IS NULL OR answered_at >= {u})"),
        (Formula::Repeated, Numerator) => Sql("received_at >= {s} AND repeated"),
        (Formula::Satisfied, Numerator) => Sql("closed_at >= {s} AND closed_at < {u} AND mark >= 4"),
        (Formula::Satisfied, Denominator) => Sql("closed_at >= {s} AND closed_at < {u} AND mark IS NOT NULL"),
        (Formula::Satisfied, Excluded) => Sql("closed_at >= {s} AND closed_at < {u} AND mark IS NULL"),
        (Formula::FastTrack, side) => match (&filter.fast_track, side) {
            (None, Numerator) => Sql("received_at >= {s} AND regime = 'pos-fast'"),
            (None, Denominator) => Sql("received_at >= {s} AND regime IN ('pos', 'pos-fast')"),
            (None, Excluded) => Sql("received_at >= {s} AND regime NOT IN ('pos', 'pos-fast')"),
            (Some(able), Numerator) => In("received_at >= {s} AND regime = 'pos-fast'", able.clone(), true),
            (Some(able), Denominator) => In(RECEIVED, able.clone(), true),
            (Some(able), Excluded) => In(RECEIVED, able.clone(), false),
        },
        (Formula::Reopened, Numerator) => Sql("closed_at >= {s} AND closed_at < {u} AND reopened > 0"),
        (Formula::Reopened, Denominator) => Sql(CLOSED),
        (Formula::Automatic, Numerator) => {
            Sql("received_at >= {s} AND body = first_body AND NOT by_person AND redirects = 0")
        }
        (Formula::Automatic, Denominator) => Sql("received_at >= {s} AND body IS NOT NULL AND first_body IS NOT NULL"),
        (Formula::Automatic, Excluded) => Sql("received_at >= {s} AND (body IS NULL OR first_body IS NULL)"),
        (Formula::Misrouted, Numerator) => Sql("received_at >= {s} AND body IS NOT NULL AND redirects > 0"),
        (Formula::Misrouted, Denominator) => Sql("received_at >= {s} AND body IS NOT NULL"),
        (Formula::Misrouted, Excluded) => Sql("received_at >= {s} AND body IS NULL"),
        (Formula::InSubstance, Numerator) => Sql("answered_at >= {s} AND answered_at < {u} AND in_substance"),
        (Formula::InSubstance, Denominator) => {
            Sql("answered_at >= {s} AND answered_at < {u} AND in_substance IS NOT NULL")
        }
        (Formula::InSubstance, Excluded) => Sql("answered_at >= {s} AND answered_at < {u} AND in_substance IS NULL"),
        (Formula::OtherShare, Numerator) => In(RECEIVED, filter.other.clone(), true),
        (Formula::OtherShare, Denominator) => In(RECEIVED, filter.known.clone(), true),
        (Formula::OtherShare, Excluded) => In(RECEIVED, filter.known.clone(), false),
    }
}

type Record =
    (Uuid, i64, i64, Option<String>, Option<String>, Option<String>, Option<i64>, Option<i64>, Option<i64>, i64);

macro_rules! listed {
    ($db:ty, $pool:expr, $span:expr, $filter:expr, $condition:expr, $start:expr, $tail:expr, $row:ty) => {{
        let mut query = QueryBuilder::<$db>::new($start);
        let micros = |text: &str| {
            // Whole numbers: nothing of them can end the text.
            text.replace("{s}", &$span.starts.timestamp_micros().to_string())
                .replace("{u}", &$span.until.timestamp_micros().to_string())
        };
        query.push(" FROM fact WHERE region = ").push_bind($span.region.as_str().to_owned());
        query.push(micros(" AND received_at < {u} AND (received_at >= {s} OR answered_at >= {s} OR closed_at >= {s} OR answered_at IS NULL)"));
        let (text, among) = match $condition {
            Condition::Sql(text) => (*text, None),
            Condition::In(text, codes, within) => (*text, Some((codes, *within))),
            Condition::Nothing => ("1 = 0", None),
        };
        query.push(" AND (").push(micros(text)).push(")");
        if let Some((codes, within)) = among {
            match (codes.is_empty(), within) {
                (true, true) => { query.push(" AND 1 = 0"); }
                (true, false) => {}
                (false, _) => {
                    query.push(if within { " AND category IN (" } else { " AND (category IS NULL OR category NOT IN (" });
                    let mut list = query.separated(", ");
                    for code in codes {
                        list.push_bind(code.clone());
                    }
                    query.push(if within { ")" } else { "))" });
                }
            }
        }
        match &$filter.categories {
            Some(codes) if codes.is_empty() => { query.push(" AND 1 = 0"); }
            Some(codes) => {
                query.push(" AND category IN (");
                let mut list = query.separated(", ");
                for code in codes {
                    list.push_bind(code.clone());
                }
                query.push(")");
            }
            None => {}
        }
        if let Some(body) = &$filter.body {
            query.push(" AND body = ").push_bind(body.clone());
        }
        if let Some(municipality) = &$filter.municipality {
            query.push(" AND municipality = ").push_bind(municipality.clone());
        }
        query.push($tail);
        query.build_query_as::<$row>().fetch_all($pool).await?
    }};
}

impl Store {
    /// How many questions of a span a side of a formula counts, and a page of them, the newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn behind(
        &self,
        span: &FactSpan,
        filter: &BehindFilter,
        offset: u32,
        limit: u32,
    ) -> Result<(u64, Vec<BehindRow>), StoreError> {
        const COUNT: &str = "SELECT COUNT(*)";
        const ROWS: &str = "SELECT appeal_id, question, received_at, category, body, municipality, due_at, answered_at, \
                            mark, redirects";
        let condition = &condition(filter);
        let tail = format!(" ORDER BY received_at DESC, appeal_id DESC, question LIMIT {limit} OFFSET {offset}");
        let (count, rows): (Vec<(i64,)>, Vec<Record>) = match &self.db {
            Db::Sqlite { read, .. } => (
                listed!(sqlx::Sqlite, read, span, filter, condition, COUNT, "", (i64,)),
                listed!(sqlx::Sqlite, read, span, filter, condition, ROWS, tail.as_str(), Record),
            ),
            Db::Postgres(pool) => (
                listed!(sqlx::Postgres, pool, span, filter, condition, COUNT, "", (i64,)),
                listed!(sqlx::Postgres, pool, span, filter, condition, ROWS, tail.as_str(), Record),
            ),
        };
        let rows = rows.into_iter().map(
            |(appeal, question, received, category, body, municipality, due, answered, mark, redirects)| BehindRow {
                appeal: AppealId(appeal),
                question: u32::try_from(question).unwrap_or_default(),
                received_at: moment(received),
                category,
                body,
                municipality,
                due_at: due.map(moment),
                answered_at: answered.map(moment),
                mark,
                redirects,
            },
        );
        let count = count.first().map_or(0, |(count,)| u64::try_from(*count).unwrap_or(0));
        Ok((count, rows.collect()))
    }
}
