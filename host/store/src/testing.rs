//! What tests need of a database server.

use sqlx::Connection as _;

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
