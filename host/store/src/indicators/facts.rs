//! Facts as columns: only those that somebody asks for are read.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use sqlx::Row as _;
use veche_domain::code::RegionCode;
use veche_domain::facts::{FactColumn, FactName, FactTable, NO_CODE, NO_FLAG, NO_INTEGER};

use crate::db::{Store, on_db};
use crate::error::StoreError;

/// Which facts: received before `until`, and received, reacted to, answered or closed since `starts`, or still open.
/// What happened at `until` or later is not in them.
#[derive(Debug, Clone, PartialEq)]
pub struct FactSpan {
    /// Region.
    pub region: RegionCode,
    /// Start of the period.
    pub starts: DateTime<Utc>,
    /// End of the period or the cut-off, whichever is earlier.
    pub until: DateTime<Utc>,
}

/// Block of each category, and whether it is the block's `other`.
pub type Categories = HashMap<String, (String, bool)>;

/// Condition of a span, for `$1` region, `$2` start, `$3` end.
macro_rules! span_sql {
    () => {
        "region = $1 AND received_at < $3 AND (received_at >= $2 OR answered_at >= $2 OR closed_at >= $2 OR answered_at IS NULL)"
    };
}
pub(super) use span_sql;

/// How a column is read.
enum How {
    Text,
    /// A text that must not be read back: the same text gets the same number.
    Hidden,
    Moment,
    Integer,
    Number,
    Flag,
    /// Of the category.
    Block,
    /// Of the category.
    Other,
}

/// Expression and reading of a column. Moments that lie behind the cut-off are null.
fn column(name: FactName) -> (&'static str, How) {
    match name {
        FactName::Category => ("category", How::Text),
        FactName::Block => ("category", How::Block),
        FactName::Body => ("body", How::Text),
        FactName::FirstBody => ("first_body", How::Text),
        FactName::Municipality => ("municipality", How::Text),
        FactName::Channel => ("channel", How::Text),
        FactName::Regime => ("regime", How::Text),
        FactName::State => ("state", How::Text),
        FactName::Address => ("address", How::Hidden),
        FactName::ReceivedAt => ("received_at", How::Moment),
        FactName::DueAt => ("due_at", How::Moment),
        FactName::ReactedAt => ("CASE WHEN reacted_at < $3 THEN reacted_at END", How::Moment),
        FactName::AnsweredAt => ("CASE WHEN answered_at < $3 THEN answered_at END", How::Moment),
        FactName::ClosedAt => ("CASE WHEN closed_at < $3 THEN closed_at END", How::Moment),
        FactName::ReactionMinutes => ("CASE WHEN reacted_at < $3 THEN reaction_minutes END", How::Integer),
        FactName::Redirects => ("redirects", How::Integer),
        FactName::Reopened => ("reopened", How::Integer),
        FactName::Mark => ("mark", How::Integer),
        FactName::Confidence => ("confidence", How::Number),
        FactName::Other => ("category", How::Other),
        FactName::Repeated => ("repeated", How::Flag),
        FactName::Automatic => {
            ("(body IS NOT NULL AND body = first_body AND NOT by_person AND redirects = 0)", How::Flag)
        }
        FactName::InSubstance => ("CASE WHEN answered_at < $3 THEN in_substance END", How::Flag),
    }
}

/// A column while it fills.
struct Filling {
    how: How,
    column: FactColumn,
    seen: HashMap<String, u32>,
}

impl Filling {
    fn new(how: How) -> Self {
        let column = match how {
            How::Text | How::Hidden | How::Block => FactColumn::Codes { codes: Vec::new(), dictionary: Vec::new() },
            How::Moment | How::Integer => FactColumn::Integers(Vec::new()),
            How::Number => FactColumn::Numbers(Vec::new()),
            How::Flag | How::Other => FactColumn::Flags(Vec::new()),
        };
        Self { how, column, seen: HashMap::new() }
    }

    fn text(&mut self, text: Option<&str>, categories: &Categories) {
        let text = match self.how {
            How::Block => text.and_then(|category| categories.get(category)).map(|(block, _)| block.as_str()),
            _ => text,
        };
        match (&self.how, &mut self.column) {
            (How::Other, FactColumn::Flags(flags)) => {
                let other = text.and_then(|category| categories.get(category)).map(|(_, other)| u8::from(*other));
                flags.push(other.unwrap_or(NO_FLAG));
            }
            (how, FactColumn::Codes { codes, dictionary }) => {
                let code = match text {
                    None => NO_CODE,
                    Some(text) => match self.seen.get(text) {
                        Some(code) => *code,
                        None => {
                            let code = u32::try_from(dictionary.len()).unwrap_or(NO_CODE);
                            self.seen.insert(text.to_owned(), code);
                            let hidden = matches!(how, How::Hidden);
                            dictionary.push(if hidden { format!("address-{}", code + 1) } else { text.to_owned() });
                            code
                        }
                    },
                };
                codes.push(code);
            }
            _ => {}
        }
    }
}

impl Store {
    /// Facts of a span in the order of the appeals' ids, with these columns and no others.
    ///
    /// # Errors
    /// Store errors.
    pub async fn facts(
        &self,
        span: &FactSpan,
        columns: &[FactName],
        categories: &Categories,
    ) -> Result<FactTable, StoreError> {
        let (expressions, mut filling): (Vec<&str>, Vec<Filling>) =
            columns.iter().map(|name| column(*name)).map(|(sql, how)| (sql, Filling::new(how))).unzip();
        // Without a column the rows still count.
        let list = if expressions.is_empty() { "1".to_owned() } else { expressions.join(", ") };
        let sql = format!("SELECT {list} FROM fact WHERE {} ORDER BY appeal_id, question", span_sql!());
        let mut rows = 0;
        on_db!(self, read pool => {
            let mut stream = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(span.region.as_str())
                .bind(span.starts.timestamp_micros())
                .bind(span.until.timestamp_micros())
                .fetch(pool);
            while let Some(row) = stream.try_next().await? {
                rows += 1;
                for (i, filled) in filling.iter_mut().enumerate() {
                    match (&filled.how, &mut filled.column) {
                        (How::Moment, FactColumn::Integers(values)) => {
                            let at: Option<i64> = row.try_get(i)?;
                            values.push(at.map_or(NO_INTEGER, |micros| micros.div_euclid(1_000_000)));
                        }
                        (How::Integer, FactColumn::Integers(values)) => {
                            values.push(row.try_get::<Option<i64>, _>(i)?.unwrap_or(NO_INTEGER));
                        }
                        (How::Number, FactColumn::Numbers(values)) => {
                            values.push(row.try_get::<Option<f64>, _>(i)?.unwrap_or(f64::NAN));
                        }
                        (How::Flag, FactColumn::Flags(values)) => {
                            values.push(row.try_get::<Option<bool>, _>(i)?.map_or(NO_FLAG, u8::from));
                        }
                        _ => filled.text(row.try_get::<Option<&str>, _>(i)?, categories),
                    }
                }
            }
        });
        Ok(FactTable { rows, columns: filling.into_iter().map(|filled| filled.column).collect() })
    }
}
