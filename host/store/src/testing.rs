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
