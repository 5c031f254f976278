//! Full-text search: stems of appeals in FTS5 or a `tsvector`, the same stems on both databases.
//!
//! The Snowball stemmer of Russian runs here and not in the database: SQLite has none, and what is found must not depend
//! on the database. Texts are masked before they are stemmed, so nobody is found by name or phone.

use rust_stemmers::{Algorithm, Stemmer};
use sqlx::QueryBuilder;
use uuid::Uuid;
use veche_domain::appeal::NewAppeal;
use veche_domain::mask::masked;

use crate::appeals::{CONTENT, ContentTuple, appeal};
use crate::db::{Db, Store, on_db};
use crate::error::StoreError;

/// Most words of a question that are looked for.
const QUERY_WORDS: usize = 12;
/// A longer run of letters is no word.
const LONGEST_WORD: usize = 64;

/// Words of a text as they are compared: lower case, «ё» as «е», without endings.
fn stems(text: &str) -> impl Iterator<Item = String> {
    let russian = Stemmer::create(Algorithm::Russian);
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| word.chars().nth(LONGEST_WORD).is_none()).map(move |word| {
        let folded = word.to_lowercase().replace('ё', "е");
        russian.stem(&folded).into_owned()
    })
}

/// What is searched of an appeal.
fn document(content: &NewAppeal) -> String {
    let shown = masked(content);
    let mut words: Vec<String> = stems(&shown.text).collect();
    for part in
        shown.questions.iter().chain(&shown.place.address).chain(&shown.place.district).chain(&shown.external_id)
    {
        words.extend(stems(part));
    }
    words.join(" ")
}

/// A question of a person in the database's language: all words, the last one as a beginning. Empty if it holds no word.
/// Stems are letters and digits alone, so nothing in them is an operator.
pub(crate) fn query(text: &str, db: &Db) -> String {
    let words: Vec<String> = stems(text).take(QUERY_WORDS).collect();
    let last = words.len().saturating_sub(1);
    let each = words.iter().enumerate().map(|(i, word)| match (db, i == last) {
        (Db::Sqlite { .. }, true) => format!("\"{word}\"*"),
        (Db::Sqlite { .. }, false) => format!("\"{word}\""),
        (Db::Postgres(_), true) => format!("'{word}':*"),
        (Db::Postgres(_), false) => format!("'{word}'"),
    });
    each.collect::<Vec<_>>().join(if matches!(db, Db::Sqlite { .. }) { " " } else { " & " })
}

impl Store {
    /// Puts up to `limit` new or changed appeals into the index; how many were.
    ///
    /// # Errors
    /// Store errors; then none of them was.
    pub async fn index_pending(&self, limit: i64) -> Result<usize, StoreError> {
        const PENDING: &str = "SELECT appeal_id, again FROM search_pending ORDER BY appeal_id LIMIT $1";
        let pending: Vec<(Uuid, bool)> =
            on_db!(self, read pool => sqlx::query_as(PENDING).bind(limit).fetch_all(pool).await?);
        if pending.is_empty() {
            return Ok(0);
        }
        let done = on_db!(self, write tx: DB => {
            let mut documents = Vec::with_capacity(pending.len());
            for (id, again) in &pending {
                // Whoever takes the note writes the stems: two hosts do not write them twice.
                let taken = sqlx::query("DELETE FROM search_pending WHERE appeal_id = $1").bind(id).execute(&mut *tx).await?;
                if taken.rows_affected() == 0 {
                    continue;
                }
                if *again {
                    sqlx::query("DELETE FROM appeal_search WHERE appeal_id = $1").bind(id).execute(&mut *tx).await?;
                }
                let row: Option<ContentTuple> = sqlx::query_as(CONTENT).bind(id).fetch_optional(&mut *tx).await?;
                if let Some(row) = row {
                    documents.push((*id, document(&appeal(&self.vault, row, Vec::new())?.appeal.content)));
                }
            }
            for chunk in documents.chunks(64) {
                let mut query = QueryBuilder::<DB>::new("INSERT INTO appeal_search (appeal_id, words) ");
                let to_words = match self.db {
                    Db::Sqlite { .. } => ("", ""),
                    Db::Postgres(_) => ("to_tsvector('simple', ", ")"),
                };
                query.push_values(chunk, |mut row, (id, words)| {
                    row.push_bind(*id).push(to_words.0).push_bind_unseparated(words.as_str()).push_unseparated(to_words.1);
                });
                query.build().execute(&mut *tx).await?;
            }
            documents.len()
        });
        Ok(done)
    }

    /// How many appeals wait for the index.
    ///
    /// # Errors
    /// Store errors.
    pub async fn pending_index(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) = on_db!(self, read pool => {
            sqlx::query_as("SELECT COUNT(*) FROM search_pending").fetch_one(pool).await?
        });
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_one_word() {
        let of = |text: &str| stems(text).collect::<Vec<_>>();
        assert_eq!(of("Ёлку, ёлками; ЕЛКА"), ["елк", "елк", "елк"]);
        assert_eq!(of("мусором мусора"), of("мусор мусоре"));
        assert_eq!(of(&"о".repeat(30_000)), Vec::<String>::new());
        assert_eq!(of("YAR-2026-0001"), ["yar", "2026", "0001"]);
    }
}
