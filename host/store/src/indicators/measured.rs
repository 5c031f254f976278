//! What was measured: a revision for each other result, the newest of them marked, all of them kept.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::QueryBuilder;
use uuid::Uuid;
use veche_domain::code::{Digest, RegionCode};
use veche_domain::indicator::{Measurement, Period, PeriodKind};

use super::{day, period};
use crate::db::{Store, digest, moment, now, on_db};
use crate::error::StoreError;

/// Where a result comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A built-in formula.
    Formula,
    /// A plug-in.
    Plugin,
    /// People entered or imported it.
    Entered,
}

impl Origin {
    fn as_str(self) -> &'static str {
        match self {
            Self::Formula => "formula",
            Self::Plugin => "plugin",
            Self::Entered => "entered",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::Formula, Self::Plugin, Self::Entered].into_iter().find(|origin| origin.as_str() == code)
    }
}

/// A result to keep.
#[derive(Debug, Clone, PartialEq)]
pub struct Result {
    /// Indicator.
    pub indicator: String,
    /// Period.
    pub period: Period,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it is official.
    pub official: bool,
    /// What happened later is not in it.
    pub cut_off: DateTime<Utc>,
    /// Release of the plug-in.
    pub release: Option<Digest>,
    /// Ruleset that was active.
    pub ruleset: Option<Digest>,
    /// Set that names it, or whose settings it was counted by.
    pub set: Option<Digest>,
    /// Source and its date, of what people entered.
    pub source: Option<(String, NaiveDate)>,
    /// Who asked for it.
    pub made_by: String,
    /// Values: the whole region and its parts.
    pub measurements: Vec<Measurement>,
}

/// A result as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// Id.
    pub id: Uuid,
    /// Indicator.
    pub indicator: String,
    /// Period.
    pub period: Period,
    /// How many results there were before it, from 1.
    pub revision: i64,
    /// Whether no later one is there.
    pub newest: bool,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it is official.
    pub official: bool,
    /// What happened later is not in it.
    pub cut_off: DateTime<Utc>,
    /// Release of the plug-in.
    pub release: Option<Digest>,
    /// Ruleset that was active.
    pub ruleset: Option<Digest>,
    /// Set.
    pub set: Option<Digest>,
    /// Source, of what people entered.
    pub source: Option<String>,
    /// Its date.
    pub source_date: Option<NaiveDate>,
    /// Who asked for it.
    pub made_by: String,
    /// When it was found.
    pub at: DateTime<Utc>,
    /// When the same was last found again.
    pub confirmed_at: DateTime<Utc>,
    /// Values.
    pub measurements: Vec<Measurement>,
}

/// Which results a list holds. Empty fields do not filter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MeasuredFilter {
    /// Indicator.
    pub indicator: Option<String>,
    /// Period's kind, first and last day.
    pub period: Option<Period>,
    /// Periods of this kind.
    pub kind: Option<PeriodKind>,
    /// Periods that begin on this day or earlier.
    pub until: Option<NaiveDate>,
    /// Periods that begin on this day or later.
    pub from: Option<NaiveDate>,
    /// Earlier revisions, too.
    pub history: bool,
    /// Official ones alone.
    pub official: bool,
}

#[derive(sqlx::FromRow)]
struct Record {
    id: Uuid,
    indicator: String,
    kind: String,
    first: String,
    last: String,
    revision: i64,
    newest: bool,
    origin: String,
    official: bool,
    cut_off: i64,
    release: Option<Vec<u8>>,
    ruleset: Option<Vec<u8>>,
    set_digest: Option<Vec<u8>>,
    source: Option<String>,
    source_date: Option<String>,
    made_by: String,
    at: i64,
    confirmed_at: i64,
}

impl Record {
    fn row(self) -> std::result::Result<Measured, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt { what: what.to_owned() };
        let name = |bytes: Option<Vec<u8>>| bytes.as_deref().map(digest).transpose();
        Ok(Measured {
            id: self.id,
            indicator: self.indicator,
            period: period(&self.kind, &self.first, &self.last)?,
            revision: self.revision,
            newest: self.newest,
            origin: Origin::from_code(&self.origin).ok_or_else(|| corrupt("an origin"))?,
            official: self.official,
            cut_off: moment(self.cut_off),
            release: name(self.release)?,
            ruleset: name(self.ruleset)?,
            set: name(self.set_digest)?,
            source: self.source,
            source_date: self.source_date.as_deref().map(day).transpose()?,
            made_by: self.made_by,
            at: moment(self.at),
            confirmed_at: moment(self.confirmed_at),
            measurements: Vec::new(),
        })
    }
}

impl Result {
    /// Its name by content: what it says and what it was made with, not when or by whom.
    fn digest(&self) -> std::result::Result<Digest, StoreError> {
        let source = self.source.as_ref().map(|(source, date)| (source, date.to_string()));
        let said =
            serde_json::json!([self.official, self.release, self.set, source, self.measurements, self.origin.as_str()]);
        Ok(Digest::of(&serde_json::to_vec(&said)?))
    }
}

impl Store {
    /// Keeps results; for each, whether it is another one than before. The same result again only says that it was found
    /// again; another one is a new revision.
    ///
    /// # Errors
    /// Store errors; then none of them was kept.
    pub async fn save_measured(
        &self,
        region: &RegionCode,
        results: &[Result],
    ) -> std::result::Result<Vec<bool>, StoreError> {
        let now = now();
        let new = on_db!(self, write tx: DB => {
            let mut new = Vec::with_capacity(results.len());
            for result in results {
                let name = result.digest()?;
                let (kind, first, last) =
                    (result.period.kind.as_str(), result.period.first.to_string(), result.period.last.to_string());
                let before: Option<(Uuid, i64, Vec<u8>)> = sqlx::query_as(
                    "SELECT id, revision, digest FROM measured WHERE region = $1 AND indicator = $2 AND kind = $3 \
                     AND first = $4 AND last = $5 AND newest",
                )
                .bind(region.as_str())
                .bind(&result.indicator)
                .bind(kind)
                .bind(&first)
                .bind(&last)
                .fetch_optional(&mut *tx)
                .await?;
                let revision = match &before {
                    Some((id, _, known)) if digest(known)? == name => {
                        sqlx::query("UPDATE measured SET confirmed_at = $1, cut_off = $2 WHERE id = $3")
                            .bind(now)
                            .bind(result.cut_off.timestamp_micros())
                            .bind(*id)
                            .execute(&mut *tx)
                            .await?;
                        new.push(false);
                        continue;
                    }
                    Some((id, revision, _)) => {
                        sqlx::query("UPDATE measured SET newest = FALSE WHERE id = $1").bind(*id).execute(&mut *tx).await?;
                        revision + 1
                    }
                    None => 1,
                };
                let id = Uuid::now_v7();
                let bytes = |digest: Option<Digest>| digest.map(|d| d.as_bytes().to_vec());
                sqlx::query(
                    "INSERT INTO measured (id, region, indicator, kind, first, last, revision, newest, origin, official, cut_off, \
                     release, ruleset, set_digest, source, source_date, digest, made_by, at, confirmed_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, TRUE, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)",
                )
                .bind(id)
                .bind(region.as_str())
                .bind(&result.indicator)
                .bind(kind)
                .bind(&first)
                .bind(&last)
                .bind(revision)
                .bind(result.origin.as_str())
                .bind(result.official)
                .bind(result.cut_off.timestamp_micros())
                .bind(bytes(result.release))
                .bind(bytes(result.ruleset))
                .bind(bytes(result.set))
                .bind(result.source.as_ref().map(|(source, _)| source.as_str()))
                .bind(result.source.as_ref().map(|(_, date)| date.to_string()))
                .bind(name.as_bytes().as_slice())
                .bind(&result.made_by)
                .bind(now)
                .execute(&mut *tx)
                .await?;
                let mut parts = Vec::with_capacity(result.measurements.len());
                for (part, m) in (0_i64..).zip(&result.measurements) {
                    parts.push((part, serde_json::to_string(&m.breakdown)?, m));
                }
                for chunk in parts.chunks(64) {
                    let mut query = QueryBuilder::<DB>::new(
                        "INSERT INTO measurement (measured, part, breakdown, value, numerator, denominator, excluded) ",
                    );
                    query.push_values(chunk, |mut row, (part, breakdown, m)| {
                        row.push_bind(id)
                            .push_bind(*part)
                            .push_bind(breakdown.as_str())
                            .push_bind(m.value)
                            .push_bind(m.numerator)
                            .push_bind(m.denominator)
                            .push_bind(i64::try_from(m.excluded).unwrap_or(i64::MAX));
                    });
                    query.build().execute(&mut *tx).await?;
                }
                new.push(true);
            }
            new
        });
        Ok(new)
    }

    /// Results of a region, the newest period first, at most `limit`.
    ///
    /// # Errors
    /// Store errors.
    pub async fn measured(
        &self,
        region: &RegionCode,
        filter: &MeasuredFilter,
        limit: i64,
    ) -> std::result::Result<Vec<Measured>, StoreError> {
        let records: Vec<Record> = match &self.db {
            crate::db::Db::Sqlite { read, .. } => {
                let mut query = list::<sqlx::Sqlite>(region, filter, limit);
                query.build_query_as().fetch_all(read).await?
            }
            crate::db::Db::Postgres(pool) => {
                let mut query = list::<sqlx::Postgres>(region, filter, limit);
                query.build_query_as().fetch_all(pool).await?
            }
        };
        let mut measured = records.into_iter().map(Record::row).collect::<std::result::Result<Vec<_>, _>>()?;
        for row in &mut measured {
            row.measurements = self.parts(row.id).await?;
        }
        Ok(measured)
    }

    async fn parts(&self, id: Uuid) -> std::result::Result<Vec<Measurement>, StoreError> {
        const SQL: &str = "SELECT breakdown, value, numerator, denominator, excluded FROM measurement WHERE measured = $1 \
                           ORDER BY part";
        type Row = (String, Option<f64>, f64, Option<f64>, i64);
        let rows: Vec<Row> = on_db!(self, read pool => sqlx::query_as(SQL).bind(id).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(breakdown, value, numerator, denominator, excluded)| {
                let breakdown = serde_json::from_str(&breakdown)?;
                let excluded = u64::try_from(excluded).unwrap_or(0);
                Ok(Measurement { value, numerator, denominator, excluded, breakdown })
            })
            .collect()
    }
}

fn list<'a, DB>(region: &'a RegionCode, filter: &'a MeasuredFilter, limit: i64) -> QueryBuilder<DB>
where
    DB: sqlx::Database,
    for<'q> &'q str: sqlx::Encode<'q, DB>,
    str: sqlx::Type<DB>,
    String: sqlx::Type<DB> + for<'q> sqlx::Encode<'q, DB>,
    i64: sqlx::Type<DB> + for<'q> sqlx::Encode<'q, DB>,
{
    let mut query = QueryBuilder::<DB>::new(
        "SELECT id, indicator, kind, first, last, revision, newest, origin, official, cut_off, release, ruleset, set_digest, \
         source, source_date, made_by, at, confirmed_at FROM measured WHERE region = ",
    );
    query.push_bind(region.as_str().to_owned());
    if let Some(indicator) = &filter.indicator {
        query.push(" AND indicator = ").push_bind(indicator.clone());
    }
    if let Some(period) = filter.period {
        query.push(" AND kind = ").push_bind(period.kind.as_str().to_owned());
        query.push(" AND first = ").push_bind(period.first.to_string());
        query.push(" AND last = ").push_bind(period.last.to_string());
    }
    if let Some(kind) = filter.kind {
        query.push(" AND kind = ").push_bind(kind.as_str().to_owned());
    }
    if let Some(until) = filter.until {
        query.push(" AND first <= ").push_bind(until.to_string());
    }
    if let Some(from) = filter.from {
        query.push(" AND first >= ").push_bind(from.to_string());
    }
    if filter.official {
        query.push(" AND official");
    }
    if !filter.history {
        query.push(" AND newest");
    }
    query.push(" ORDER BY first DESC, last DESC, indicator, revision DESC LIMIT ").push_bind(limit);
    query
}
