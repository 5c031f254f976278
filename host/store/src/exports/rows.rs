//! Rows of appeals for exports: only the asked columns are read, page by page in the order of the key.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use uuid::Uuid;
use veche_domain::appeal::{AppealId, Applicant, NewAppeal};
use veche_domain::code::RegionCode;
use veche_domain::export::{AppealColumn, Cell};
use veche_domain::mask::mask;

use crate::db::{Store, on_db};
use crate::error::StoreError;
use crate::vault::Vault;

/// What a category is called, and where it belongs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CategoryName {
    /// Its name.
    pub name: String,
    /// Block code.
    pub block: String,
    /// The block's name.
    pub block_name: String,
    /// Code of the federal classifier.
    pub sstu: Option<String>,
    /// Whether it is the block's `other`.
    pub other: bool,
}

/// Names by code.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Names {
    /// Of categories.
    pub categories: HashMap<String, CategoryName>,
    /// Of bodies.
    pub bodies: HashMap<String, String>,
    /// Of municipalities.
    pub municipalities: HashMap<String, String>,
}

/// Which rows, and what of them.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRows {
    /// Region.
    pub region: RegionCode,
    /// Received at or after.
    pub from: DateTime<Utc>,
    /// Received before.
    pub until: DateTime<Utc>,
    /// Moment at which terms are looked at.
    pub at: DateTime<Utc>,
    /// Categories; none for all, and for questions without one.
    pub categories: Option<Vec<String>>,
    /// Columns, in this order.
    pub columns: Vec<AppealColumn>,
    /// Whether applicants' data are handed out; else texts are masked.
    pub personal: bool,
}

/// Where the next page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowPlace {
    appeal: Uuid,
    question: i64,
}

/// How a column is made.
enum Make {
    /// An expression of the row.
    Sql(&'static str, Read),
    /// Of the appeal's content, its applicant, or both.
    Content,
    Applicant,
}

#[derive(Clone, Copy)]
enum Read {
    Text,
    Uuid,
    Moment,
    Integer,
    Flag,
    Municipality,
    Body,
    /// A field of the category.
    Category(AppealColumn),
}

fn make(column: AppealColumn) -> Make {
    use AppealColumn as C;
    match column {
        C::Id => Make::Sql("f.appeal_id", Read::Uuid),
        C::Question => Make::Sql("f.question", Read::Integer),
        C::ExternalId => Make::Sql("a.external_id", Read::Text),
        C::ReceivedAt => Make::Sql("f.received_at", Read::Moment),
        C::Channel => Make::Sql("f.channel", Read::Text),
        C::Regime => Make::Sql("f.regime", Read::Text),
        C::ApplicantKind => Make::Sql("a.applicant_kind", Read::Text),
        C::ApplicantName | C::ApplicantPhone | C::ApplicantEmail | C::ApplicantAddress => Make::Applicant,
        C::Text | C::District | C::Latitude | C::Longitude | C::Attachments => Make::Content,
        C::Municipality => Make::Sql("f.municipality", Read::Text),
        C::MunicipalityName => Make::Sql("f.municipality", Read::Municipality),
        C::Address => Make::Sql("f.address", Read::Text),
        C::Category => Make::Sql("f.category", Read::Text),
        C::Block | C::BlockName | C::CategoryName | C::Sstu | C::Other => {
            Make::Sql("f.category", Read::Category(column))
        }
        C::Body => Make::Sql("f.body", Read::Text),
        C::BodyName => Make::Sql("f.body", Read::Body),
        C::State => Make::Sql("f.state", Read::Text),
        C::Automatic => Make::Sql(
            "(f.body IS NOT NULL AND f.body = f.first_body AND NOT f.by_person AND f.redirects = 0)",
            Read::Flag,
        ),
        C::DueAt => Make::Sql("f.due_at", Read::Moment),
        C::Extended => Make::Sql("f.extended", Read::Flag),
        C::ReactedAt => Make::Sql("f.reacted_at", Read::Moment),
        C::ReactionMinutes => Make::Sql("f.reaction_minutes", Read::Integer),
        C::AnsweredAt => Make::Sql("f.answered_at", Read::Moment),
        C::InSubstance => Make::Sql("f.in_substance", Read::Flag),
        C::ClosedAt => Make::Sql("f.closed_at", Read::Moment),
        C::Overdue => Make::Sql(
            "(f.answered_at IS NULL AND f.closed_at IS NULL AND f.due_at IS NOT NULL AND f.due_at < $6)",
            Read::Flag,
        ),
        C::Redirects => Make::Sql("f.redirects", Read::Integer),
        C::Reopened => Make::Sql("f.reopened", Read::Integer),
        C::Mark => Make::Sql("f.mark", Read::Integer),
        C::Repeated => Make::Sql("f.repeated", Read::Flag),
    }
}

impl Names {
    fn of_category(&self, column: AppealColumn, code: Option<&str>) -> Cell {
        let Some(named) = code.and_then(|code| self.categories.get(code)) else { return Cell::Null };
        match column {
            AppealColumn::Block => Cell::Text(named.block.clone()),
            AppealColumn::BlockName => Cell::Text(named.block_name.clone()),
            AppealColumn::Sstu => Cell::text(named.sstu.clone()),
            AppealColumn::Other => Cell::Flag(named.other),
            _ => Cell::Text(named.name.clone()),
        }
    }
}

fn of_content(column: AppealColumn, content: &NewAppeal, question: i64, personal: bool) -> Cell {
    let point = content.place.point;
    match column {
        AppealColumn::Text => {
            let text = content.question_text(usize::try_from(question).unwrap_or(0));
            let known = content.applicant.identifying();
            Cell::Text(if personal { text.to_owned() } else { mask(text, &known).into_owned() })
        }
        AppealColumn::District => Cell::text(content.place.district.clone()),
        AppealColumn::Latitude => point.map_or(Cell::Null, |point| Cell::Number(point.latitude)),
        AppealColumn::Longitude => point.map_or(Cell::Null, |point| Cell::Number(point.longitude)),
        _ => Cell::Integer(i64::try_from(content.attachments.len()).unwrap_or(i64::MAX)),
    }
}

fn of_applicant(column: AppealColumn, applicant: &Applicant) -> Cell {
    Cell::text(match column {
        AppealColumn::ApplicantName => applicant.name.clone(),
        AppealColumn::ApplicantPhone => applicant.phone.clone(),
        AppealColumn::ApplicantEmail => applicant.email.clone(),
        _ => applicant.address.clone(),
    })
}

/// A query with the places of its columns.
struct Plan {
    sql: String,
    makes: Vec<(AppealColumn, Make, usize)>,
    content: Option<usize>,
    applicant: Option<usize>,
}

/// Parameters before those of the categories: region, from, until, appeal, question, moment, limit.
const FIXED: usize = 7;

impl Plan {
    fn new(wanted: &ExportRows) -> Self {
        let mut list = vec!["f.appeal_id".to_owned(), "f.question".to_owned()];
        let mut put = |expression: &str| {
            list.push(expression.to_owned());
            list.len() - 1
        };
        let makes: Vec<_> = wanted.columns.iter().map(|column| (*column, make(*column))).collect();
        let any = |wanted: fn(&Make) -> bool| makes.iter().any(|(_, make)| wanted(make));
        let of_content = any(|make| matches!(make, Make::Content));
        // Who wrote a text is asked for a masked one, too: their name is masked wherever it stands.
        let of_applicant = (wanted.personal && any(|make| matches!(make, Make::Applicant)))
            || wanted.columns.contains(&AppealColumn::Text);
        let content = of_content.then(|| put("a.content"));
        let applicant = of_applicant.then(|| {
            put("p.key_id");
            put("p.data")
        });
        let makes: Vec<_> = makes
            .into_iter()
            .map(|(column, make)| {
                let place = match &make {
                    Make::Sql(expression, _) => put(expression),
                    Make::Content | Make::Applicant => 0,
                };
                (column, make, place)
            })
            .collect();
        let mut sql = format!("SELECT {} FROM fact f", list.join(", "));
        if list.iter().any(|expression| expression.starts_with("a.")) {
            sql += " JOIN appeal a ON a.id = f.appeal_id";
        }
        if applicant.is_some() {
            sql += " LEFT JOIN applicant p ON p.appeal_id = f.appeal_id";
        }
        sql += &condition(wanted);
        sql += " AND (f.appeal_id, f.question) > ($4, $5) AND $6 = $6 ORDER BY f.appeal_id, f.question LIMIT $7";
        Self { sql, makes, content, applicant }
    }
}

/// For `$1` region, `$2` from, `$3` until, and the categories behind the fixed parameters.
fn condition(wanted: &ExportRows) -> String {
    let mut sql = " WHERE f.region = $1 AND f.received_at >= $2 AND f.received_at < $3".to_owned();
    if let Some(categories) = &wanted.categories {
        let places: Vec<_> = (0..categories.len()).map(|n| format!("${}", FIXED + 1 + n)).collect();
        sql += &if places.is_empty() {
            " AND 1 = 0".into()
        } else {
            format!(" AND f.category IN ({})", places.join(", "))
        };
    }
    sql
}

/// What the appeal of a row brings beside its expressions.
struct Beside {
    content: Option<NewAppeal>,
    applicant: Applicant,
}

impl Beside {
    fn read(
        vault: &Vault,
        appeal: Uuid,
        content: Option<&str>,
        person: Option<(&str, Option<&str>)>,
    ) -> Result<Self, StoreError> {
        let mut content: Option<NewAppeal> = content.map(serde_json::from_str).transpose()?;
        let applicant = match person {
            Some((data, key)) => vault.open(AppealId(appeal), data, key)?,
            None => Applicant::default(),
        };
        if let Some(content) = &mut content {
            content.applicant = applicant.clone();
        }
        Ok(Self { content, applicant })
    }

    fn cell(&self, column: AppealColumn, question: i64, personal: bool) -> Cell {
        match (&self.content, column.is_personal()) {
            (_, true) if personal => of_applicant(column, &self.applicant),
            (Some(content), false) => of_content(column, content, question, personal),
            _ => Cell::Null,
        }
    }
}

impl Store {
    /// How many rows an export has now.
    ///
    /// # Errors
    /// Store errors.
    pub async fn export_row_count(&self, wanted: &ExportRows) -> Result<u64, StoreError> {
        // The parameters stay where the pages have them; those that a count does not need are named all the same.
        let sql =
            format!("SELECT COUNT(*) FROM fact f{} AND $4 = $4 AND $5 = $5 AND $6 = $6 AND $7 = $7", condition(wanted));
        let (count,): (i64,) = on_db!(self, read pool => {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(wanted.region.as_str())
                .bind(wanted.from.timestamp_micros())
                .bind(wanted.until.timestamp_micros())
                .bind(0_i64)
                .bind(0_i64)
                .bind(0_i64)
                .bind(0_i64);
            for category in wanted.categories.iter().flatten() {
                query = query.bind(category.as_str());
            }
            query.fetch_one(pool).await?
        });
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// A page of rows after a place, and where the next one begins; none at the end.
    ///
    /// # Errors
    /// Store errors; [`StoreError::NoKey`] where applicants' data are needed and nothing opens them.
    pub async fn export_rows(
        &self,
        wanted: &ExportRows,
        names: &Names,
        after: Option<RowPlace>,
        limit: usize,
    ) -> Result<(Vec<Vec<Cell>>, Option<RowPlace>), StoreError> {
        let plan = Plan::new(wanted);
        let (appeal, question) = after.map_or((Uuid::nil(), -1), |place| (place.appeal, place.question));
        let mut page = Vec::with_capacity(limit);
        let mut last = None;
        on_db!(self, read pool => {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(plan.sql.clone()))
                .bind(wanted.region.as_str())
                .bind(wanted.from.timestamp_micros())
                .bind(wanted.until.timestamp_micros())
                .bind(appeal)
                .bind(question)
                .bind(wanted.at.timestamp_micros())
                .bind(i64::try_from(limit).unwrap_or(i64::MAX));
            for category in wanted.categories.iter().flatten() {
                query = query.bind(category.as_str());
            }
            for row in query.fetch_all(pool).await? {
                let (appeal, question): (Uuid, i64) = (row.try_get(0)?, row.try_get(1)?);
                last = Some(RowPlace { appeal, question });
                let content: Option<&str> = plan.content.map(|place| row.try_get(place)).transpose()?;
                let person = match plan.applicant {
                    Some(place) => match row.try_get::<Option<&str>, _>(place)? {
                        Some(data) => Some((data, row.try_get::<Option<&str>, _>(place - 1)?)),
                        None => None,
                    },
                    None => None,
                };
                let beside = Beside::read(&self.vault, appeal, content, person)?;
                let mut cells = Vec::with_capacity(plan.makes.len());
                for (column, make, place) in &plan.makes {
                    let place = *place;
                    cells.push(match make {
                        Make::Content | Make::Applicant => beside.cell(*column, question, wanted.personal),
                        Make::Sql(_, Read::Uuid) => Cell::Text(row.try_get::<Uuid, _>(place)?.to_string()),
                        Make::Sql(_, Read::Text) => Cell::text(row.try_get::<Option<&str>, _>(place)?),
                        Make::Sql(_, Read::Moment) => {
                            let at: Option<i64> = row.try_get(place)?;
                            at.map_or(Cell::Null, |micros| Cell::Moment(micros.div_euclid(1_000_000)))
                        }
                        Make::Sql(_, Read::Integer) => {
                            row.try_get::<Option<i64>, _>(place)?.map_or(Cell::Null, Cell::Integer)
                        }
                        Make::Sql(_, Read::Flag) => {
                            row.try_get::<Option<bool>, _>(place)?.map_or(Cell::Null, Cell::Flag)
                        }
                        Make::Sql(_, Read::Municipality) => {
                            let code: Option<&str> = row.try_get(place)?;
                            Cell::text(code.and_then(|code| names.municipalities.get(code)).cloned())
                        }
                        Make::Sql(_, Read::Body) => {
                            let code: Option<&str> = row.try_get(place)?;
                            Cell::text(code.and_then(|code| names.bodies.get(code)).cloned())
                        }
                        Make::Sql(_, Read::Category(column)) => {
                            names.of_category(*column, row.try_get::<Option<&str>, _>(place)?)
                        }
                    });
                }
                page.push(cells);
            }
        });
        Ok((page, last))
    }
}
