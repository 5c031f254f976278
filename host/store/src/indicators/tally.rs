//! Counts for the built-in formulas: one pass over the facts of a span. `docs/indicators.md` gives the words to each
//! condition here.

use std::collections::BTreeMap;

use veche_domain::indicator::{Reactions, Tally};

use super::facts::{FactSpan, span_sql};
use crate::db::{Store, on_db};
use crate::error::StoreError;

/// Counts by (category, body, municipality); none where a question has none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tallies {
    /// Counts.
    pub counts: Vec<(Part, Tally)>,
    /// First reactions.
    pub reactions: Vec<(Part, Reactions)>,
}

/// Category, body, municipality.
type Part = (Option<String>, Option<String>, Option<String>);

macro_rules! count_if {
    ($($condition:literal),+ $(,)?) => {
        concat!("SELECT category, body, municipality", $(", COUNT(CASE WHEN ", $condition, " THEN 1 END)"),+,
            " FROM fact WHERE ", span_sql!(), " GROUP BY category, body, municipality")
    };
}

/// In the order of the fields below.
const COUNTS: &str = count_if!(
    "received_at >= $2",
    "received_at >= $2 AND repeated",
    "received_at >= $2 AND regime = 'pos-fast'",
    "received_at >= $2 AND regime IN ('pos', 'pos-fast')",
    "received_at >= $2 AND body IS NOT NULL",
    "received_at >= $2 AND body IS NOT NULL AND first_body IS NOT NULL",
    "received_at >= $2 AND body = first_body AND NOT by_person AND redirects = 0",
    "received_at >= $2 AND body IS NOT NULL AND redirects > 0",
    "due_at IS NOT NULL AND ((answered_at >= $2 AND answered_at < $3) OR (due_at >= $2 AND due_at < $3 AND (answered_at IS NULL OR answered_at >= $3)))",
    "answered_at >= $2 AND answered_at < $3 AND answered_at <= due_at",
    "answered_at >= $2 AND answered_at < $3 AND due_at IS NULL",
    "due_at < $3 AND (answered_at IS NULL OR answered_at >= $3)",
    "due_at IS NULL AND (answered_at IS NULL OR answered_at >= $3)",
    "closed_at >= $2 AND closed_at < $3",
    "closed_at >= $2 AND closed_at < $3 AND reopened > 0",
    "closed_at >= $2 AND closed_at < $3 AND mark IS NOT NULL",
    "closed_at >= $2 AND closed_at < $3 AND mark >= 4",
    "answered_at >= $2 AND answered_at < $3 AND in_substance IS NOT NULL",
    "answered_at >= $2 AND answered_at < $3 AND in_substance",
    "answered_at >= $2 AND answered_at < $3",
);

const REACTIONS: &str = "SELECT category, body, municipality, reaction_minutes, COUNT(*) FROM fact \
     WHERE region = $1 AND reacted_at >= $2 AND reacted_at < $3 \
     GROUP BY category, body, municipality, reaction_minutes";

#[derive(sqlx::FromRow)]
struct Counted(
    Option<String>,
    Option<String>,
    Option<String>,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
);

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

impl Counted {
    fn tally(self) -> (Part, Tally) {
        let tally = Tally {
            received: count(self.3),
            repeated: count(self.4),
            fast: count(self.5),
            fast_eligible: count(self.6),
            with_body: count(self.7),
            routed: count(self.8),
            automatic: count(self.9),
            redirected: count(self.10),
            due: count(self.11),
            on_time: count(self.12),
            without_term: count(self.13),
            overdue: count(self.14),
            open_without_term: count(self.15),
            closed: count(self.16),
            reopened: count(self.17),
            marked: count(self.18),
            satisfied: count(self.19),
            judged: count(self.20),
            in_substance: count(self.21),
            answered: count(self.22),
        };
        ((self.0, self.1, self.2), tally)
    }
}

impl Store {
    /// Counts of a span.
    ///
    /// # Errors
    /// Store errors.
    pub async fn tallies(&self, span: &FactSpan) -> Result<Tallies, StoreError> {
        let (region, starts, until) =
            (span.region.as_str(), span.starts.timestamp_micros(), span.until.timestamp_micros());
        let counted: Vec<Counted> = on_db!(self, read pool => {
            sqlx::query_as(COUNTS).bind(region).bind(starts).bind(until).fetch_all(pool).await?
        });
        type Reacted = (Option<String>, Option<String>, Option<String>, Option<i64>, i64);
        let reacted: Vec<Reacted> = on_db!(self, read pool => {
            sqlx::query_as(REACTIONS).bind(region).bind(starts).bind(until).fetch_all(pool).await?
        });
        let mut reactions: BTreeMap<Part, Reactions> = BTreeMap::new();
        for (category, body, municipality, minutes, number) in reacted {
            reactions.entry((category, body, municipality)).or_default().add(minutes, count(number));
        }
        Ok(Tallies {
            counts: counted.into_iter().map(Counted::tally).collect(),
            reactions: reactions.into_iter().collect(),
        })
    }
}
