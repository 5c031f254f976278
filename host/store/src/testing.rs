//! What tests need of a database server, and how a database gets into the states that they are about.

use std::path::Path;
use std::str::FromStr as _;

use sqlx::Connection as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::db::{Db, Store};
use crate::error::StoreError;

/// Makes a database on the server of `url`. `name` is the test's own, letters, digits and `_`.
///
/// # Errors
/// What the server says.
pub async fn create_database(url: &str, name: &str) -> Result<(), StoreError> {
    let mut connection = sqlx::PgConnection::connect(url).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
    Ok(())
}

/// Runs statements past the store, as somebody with the database's password could.
///
/// # Errors
/// What the database says.
pub async fn execute(url: &str, sql: &str) -> Result<(), StoreError> {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    if url.starts_with("postgres") {
        sqlx::raw_sql(sql).execute(&mut sqlx::PgConnection::connect(url).await?).await?;
    } else {
        sqlx::raw_sql(sql).execute(&mut sqlx::SqliteConnection::connect(&format!("sqlite:{url}")).await?).await?;
    }
    Ok(())
}

/// Drops the database that `url` names, under whoever uses it.
///
/// # Errors
/// What the server says.
pub async fn drop_database(url: &str) -> Result<(), StoreError> {
    let options = PgConnectOptions::from_str(url)?;
    let name = options.get_database().unwrap_or_default().to_owned();
    let mut connection = sqlx::PgConnection::connect_with(&options.database("postgres")).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(&mut connection).await?;
    Ok(())
}

/// Notes a migration that this Veche does not know, as a newer one would have.
///
/// # Errors
/// What the database says.
pub async fn add_migration(url: &str, version: i64) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                       VALUES ($1, 'of a newer one', TRUE, $2, 0)";
    let checksum: &[u8] = b"none";
    if url.starts_with("postgres") {
        let mut connection = sqlx::PgConnection::connect(url).await?;
        sqlx::query(SQL).bind(version).bind(checksum).execute(&mut connection).await?;
    } else {
        let options = SqliteConnectOptions::new().filename(url);
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
        sqlx::query(SQL).bind(version).bind(checksum).execute(&mut connection).await?;
        connection.close().await?;
    }
    Ok(())
}

/// Lets an SQLite file grow by so many pages and no more, as a full disk would.
///
/// # Errors
/// What the database says.
pub async fn limit_growth(store: &Store, pages: i64) -> Result<(), StoreError> {
    if let Db::Sqlite { write, .. } = &store.db {
        let (now,): (i64,) = sqlx::query_as("PRAGMA page_count").fetch_one(write).await?;
        let limit = format!("PRAGMA max_page_count = {}", now + pages);
        sqlx::raw_sql(sqlx::AssertSqlSafe(limit)).execute(write).await?;
    }
    Ok(())
}

/// Holds the write lock of an SQLite file, as another process would, until it is dropped.
///
/// # Errors
/// What the database says.
pub async fn hold_write_lock(path: &Path) -> Result<impl Drop + use<>, StoreError> {
    struct Lock(Option<sqlx::SqliteConnection>);
    impl Drop for Lock {
        fn drop(&mut self) {
            drop(self.0.take());
        }
    }
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await?;
    Ok(Lock(Some(connection)))
}
