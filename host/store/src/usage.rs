//! What the calls of a release took, day by day: counted from its decisions.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Serialize;
use veche_domain::code::{Digest, RegionCode};

use crate::db::{Store, on_db};
use crate::error::StoreError;
use crate::rollout::first_id;

/// Upper ends of the classes of duration, microseconds; the last class is open.
pub const DURATION_ENDS_US: [i64; 6] = [250, 1_000, 5_000, 20_000, 100_000, 1_000_000];

/// One day of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsageDay {
    /// Day, in the time zone that was asked for.
    pub day: NaiveDate,
    /// Calls.
    pub calls: i64,
    /// Of these, faulted.
    pub faults: i64,
    /// Fuel of all calls.
    pub fuel: i64,
    /// Fuel of the dearest call.
    pub fuel_most: i64,
    /// Time of all calls, microseconds.
    pub duration_us: i64,
    /// Time of the longest call, microseconds.
    pub duration_most_us: i64,
    /// Most linear memory of a call, bytes.
    pub memory_most: i64,
    /// Calls by class of duration, see [`DURATION_ENDS_US`].
    pub durations: [i64; 7],
}

#[derive(sqlx::FromRow)]
struct Record {
    day: i64,
    calls: i64,
    faults: i64,
    fuel: i64,
    fuel_most: i64,
    duration_us: i64,
    duration_most_us: i64,
    memory_most: i64,
    d0: i64,
    d1: i64,
    d2: i64,
    d3: i64,
    d4: i64,
    d5: i64,
}

impl Record {
    fn row(self) -> UsageDay {
        let within = [self.d0, self.d1, self.d2, self.d3, self.d4, self.d5];
        // Each count holds the one before it.
        let mut durations = [0; 7];
        let mut before = 0;
        for (place, count) in durations.iter_mut().zip(within.into_iter().chain([self.calls])) {
            *place = count - before;
            before = count;
        }
        UsageDay {
            day: NaiveDate::default() + TimeDelta::days(self.day),
            calls: self.calls,
            faults: self.faults,
            fuel: self.fuel,
            fuel_most: self.fuel_most,
            duration_us: self.duration_us,
            duration_most_us: self.duration_most_us,
            memory_most: self.memory_most,
            durations,
        }
    }
}

impl Store {
    /// What the calls of a release took since a moment, oldest day first. Days begin `offset` after those of UTC. Days
    /// without calls are left out.
    ///
    /// # Errors
    /// Store errors.
    pub async fn usage(
        &self,
        region: &RegionCode,
        release: &Digest,
        since: DateTime<Utc>,
        offset: TimeDelta,
    ) -> Result<Vec<UsageDay>, StoreError> {
        // Ids sort by time, so this is a range of the primary key.
        const SQL: &str = "SELECT CAST((at + $4) / 86400000000 AS BIGINT) AS day, COUNT(*) AS calls, \
             SUM(CASE WHEN outcome IN ('ok', 'no_opinion') THEN 0 ELSE 1 END) AS faults, \
             CAST(SUM(fuel) AS BIGINT) AS fuel, MAX(fuel) AS fuel_most, \
             CAST(SUM(duration_us) AS BIGINT) AS duration_us, MAX(duration_us) AS duration_most_us, \
             MAX(memory) AS memory_most, \
             SUM(CASE WHEN duration_us < 250 THEN 1 ELSE 0 END) AS d0, \
             SUM(CASE WHEN duration_us < 1000 THEN 1 ELSE 0 END) AS d1, \
             SUM(CASE WHEN duration_us < 5000 THEN 1 ELSE 0 END) AS d2, \
             SUM(CASE WHEN duration_us < 20000 THEN 1 ELSE 0 END) AS d3, \
             SUM(CASE WHEN duration_us < 100000 THEN 1 ELSE 0 END) AS d4, \
             SUM(CASE WHEN duration_us < 1000000 THEN 1 ELSE 0 END) AS d5 \
             FROM decision WHERE id >= $1 AND region = $2 AND release = $3 GROUP BY 1 ORDER BY 1";
        let rows: Vec<Record> = on_db!(self, read pool => {
            sqlx::query_as(SQL)
                .bind(first_id(since))
                .bind(region.as_str())
                .bind(release.as_bytes().as_slice())
                .bind(offset.num_microseconds().unwrap_or(0))
                .fetch_all(pool)
                .await?
        });
        Ok(rows.into_iter().map(Record::row).collect())
    }
}
