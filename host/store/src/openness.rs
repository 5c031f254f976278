//! Figures for everybody (clause 6.11): counts alone, by day, category and municipality. No text, no address, no person.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use veche_domain::code::{CategoryCode, MunicipalityCode, RegionCode};

use crate::db::{Store, now, on_db};
use crate::error::StoreError;

/// Counted questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenCount {
    /// Received.
    pub received: u64,
    /// Answered.
    pub answered: u64,
    /// Whose term can be judged: answered, or over.
    pub due: u64,
    /// Answered within their term.
    pub on_time: u64,
}

impl OpenCount {
    /// Both together.
    pub fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.answered += other.answered;
        self.due += other.due;
        self.on_time += other.on_time;
    }
}

/// Counts of a region.
#[derive(Debug, Clone, Default)]
pub struct OpenFigures {
    /// By day of receipt and category.
    pub days: Vec<(NaiveDate, Option<CategoryCode>, OpenCount)>,
    /// By municipality.
    pub municipalities: Vec<(Option<MunicipalityCode>, OpenCount)>,
}

const COUNTS: &str = "COUNT(*), COUNT(answered_at), \
     COUNT(CASE WHEN due_at IS NOT NULL AND (answered_at IS NOT NULL OR due_at < $3) THEN 1 END), \
     COUNT(CASE WHEN answered_at <= due_at THEN 1 END) FROM fact WHERE region = $1 AND received_at >= $2";

type Row<K> = (K, i64, i64, i64, i64);

fn count(received: i64, answered: i64, due: i64, on_time: i64) -> OpenCount {
    let number = |n: i64| u64::try_from(n).unwrap_or(0);
    OpenCount { received: number(received), answered: number(answered), due: number(due), on_time: number(on_time) }
}

impl Store {
    /// Counts what was received since a moment; days are those at an offset from UTC.
    ///
    /// # Errors
    /// Store errors.
    pub async fn open_figures(
        &self,
        region: &RegionCode,
        since: DateTime<Utc>,
        offset: TimeDelta,
    ) -> Result<OpenFigures, StoreError> {
        let shift = offset.num_microseconds().unwrap_or(0);
        // The days are numbered from 1970-01-01.
        let by_day = format!(
            "SELECT (received_at + {shift}) / 86400000000, category, {COUNTS} GROUP BY (received_at + {shift}) / 86400000000, category"
        );
        let by_place = format!("SELECT municipality, {COUNTS} GROUP BY municipality");
        type Day = (i64, Option<String>, i64, i64, i64, i64);
        let (days, places): (Vec<Day>, Vec<Row<Option<String>>>) = on_db!(self, read pool => {
            let days = sqlx::query_as(sqlx::AssertSqlSafe(by_day))
                .bind(region.as_str())
                .bind(since.timestamp_micros())
                .bind(now())
                .fetch_all(pool)
                .await?;
            let places = sqlx::query_as(sqlx::AssertSqlSafe(by_place))
                .bind(region.as_str())
                .bind(since.timestamp_micros())
                .bind(now())
                .fetch_all(pool)
                .await?;
            (days, places)
        });
        let day = |number: i64| NaiveDate::default() + TimeDelta::days(number);
        Ok(OpenFigures {
            days: days
                .into_iter()
                .map(|(number, category, a, b, c, d)| {
                    (day(number), category.and_then(|code| CategoryCode::new(&code).ok()), count(a, b, c, d))
                })
                .collect(),
            municipalities: places
                .into_iter()
                .map(|(code, a, b, c, d)| (code.and_then(|code| MunicipalityCode::new(&code).ok()), count(a, b, c, d)))
                .collect(),
        })
    }
}
