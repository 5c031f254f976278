//! Pools, migrations and the one macro that lets a query run on both databases.

use std::path::Path;
use std::pin::Pin;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::error::StoreError;
use crate::vault::Vault;

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
}

#[derive(Clone)]
pub(crate) enum Db {
    /// SQLite has one writer: a pool of one connection queues writers here instead of in `SQLITE_BUSY`.
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
    },
    Postgres(PgPool),
}

/// Runs the same code on whichever database is open. `$db` is the sqlx database type inside the body.
macro_rules! on_db {
    ($store:expr, read $pool:ident => $body:expr) => {
        match &$store.db {
            $crate::db::Db::Sqlite { read: $pool, .. } => $crate::db::boxed(async { Ok($body) }).await?,
            $crate::db::Db::Postgres($pool) => $crate::db::boxed(async { Ok($body) }).await?,
        }
    };
    ($store:expr, write $tx:ident: $db:ident => $body:expr) => {
        match &$store.db {
            $crate::db::Db::Sqlite { write, .. } => {
                #[allow(unused)]
                type $db = sqlx::Sqlite;
                $crate::db::boxed(async {
                    // Take the write lock at once: a read that becomes a write may fail with SQLITE_BUSY.
                    let mut $tx = write.begin_with("BEGIN IMMEDIATE").await?;
                    let result = $body;
                    $tx.commit().await?;
                    Ok(result)
                })
                .await?
            }
            $crate::db::Db::Postgres(pool) => {
                #[allow(unused)]
                type $db = sqlx::Postgres;
                $crate::db::boxed(async {
                    let mut $tx = pool.begin().await?;
                    let result = $body;
                    $tx.commit().await?;
                    Ok(result)
                })
                .await?
            }
        }
    };
}
pub(crate) use on_db;

/// A query's future behind a pointer. The compiler proves that it is `Send` here, once, and not again in every
/// handler that waits for it: without this the pages take minutes to check.
pub(crate) fn boxed<'a, T>(
    query: impl Future<Output = Result<T, StoreError>> + Send + 'a,
) -> Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>> {
    Box::pin(query)
}

impl Store {
    /// Opens a store and brings its schema up to date. `postgres://…` opens PostgreSQL; `sqlite:PATH` or a plain
    /// path opens an SQLite file, which is made if it is missing.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Newer`], [`StoreError::Locked`], [`StoreError::Migrate`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let store = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url).await?
        } else {
            open_sqlite(url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url)).await?
        };
        store.migrate().await?;
        Ok(store)
    }

    /// The same store with what opens and seals applicants' data. Without it they are neither read nor written.
    #[must_use]
    pub fn with_vault(self, vault: Vault) -> Self {
        Self { vault, ..self }
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        let (result, migrator) = match &self.db {
            Db::Sqlite { write, .. } => (SQLITE.run(write).await, &SQLITE),
            Db::Postgres(pool) => (POSTGRES.run(pool).await, &POSTGRES),
        };
        result.map_err(|error| match error {
            sqlx::migrate::MigrateError::VersionMissing(found) => {
                let known = migrator.iter().map(|m| m.version).max().unwrap_or(0);
                StoreError::Newer { found, known }
            }
            sqlx::migrate::MigrateError::Execute(error) => error.into(),
            other => StoreError::Migrate { reason: other.to_string() },
        })
    }

    /// `sqlite` or `postgres`.
    #[must_use]
    pub fn backend(&self) -> &'static str {
        match self.db {
            Db::Sqlite { .. } => "sqlite",
            Db::Postgres(_) => "postgres",
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] and the like.
    pub async fn ping(&self) -> Result<(), StoreError> {
        on_db!(self, read pool => sqlx::query("SELECT 1").execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Closes the pools after what runs has ended.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_postgres(url: &str) -> Result<Store, StoreError> {
    let failed = |error: sqlx::Error| StoreError::Open { url: without_password(url), reason: error.to_string() };
    let options = PgConnectOptions::from_str(url).map_err(failed)?.statement_cache_capacity(512);
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await
        .map_err(failed)?;
    Ok(Store { db: Db::Postgres(pool), vault: Vault::default() })
}

async fn open_sqlite(path: &str) -> Result<Store, StoreError> {
    let failed = |reason: String| StoreError::Open { url: path.to_owned(), reason };
    if path.is_empty() {
        return Err(failed("the path is empty".into()));
    }
    if let Some(parent) = Path::new(path).parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(|e| failed(format!("its folder cannot be made: {e}")))?;
    }
    // WAL with FULL: a commit is on disk before it is answered; grouped commits make that cheap.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .pragma("cache_size", "-32768")
        .pragma("temp_store", "memory")
        .statement_cache_capacity(512);
    let open = |error: sqlx::Error| match StoreError::from(error) {
        StoreError::Sql(error) => failed(error.to_string()),
        StoreError::Unavailable { reason } => failed(reason),
        StoreError::Corrupt { .. } => failed("the file is no SQLite database".into()),
        other => other,
    };
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        // A full disk makes SQLite end the transaction by itself, and the driver goes on believing in it: such a
        // connection would refuse every later transaction.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(options.clone())
        .await
        .map_err(open)?;
    let read = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(options)
        .await
        .map_err(open)?;
    Ok(Store { db: Db::Sqlite { write, read }, vault: Vault::default() })
}

fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => url.to_owned(),
    }
}

/// Now, in microseconds.
pub(crate) fn now() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

/// A moment of stored microseconds.
pub(crate) fn moment(micros: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// A digest of stored bytes.
pub(crate) fn digest(bytes: &[u8]) -> Result<veche_domain::code::Digest, StoreError> {
    veche_domain::code::Digest::from_bytes(bytes).ok_or_else(|| StoreError::Corrupt { what: "a digest".into() })
}
