//! What can go wrong with the store, in words that say what to do. No stored values in them.

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened.
    #[error("the database {url} cannot be opened: {reason}")]
    Open {
        /// URL without password.
        url: String,
        /// What the driver said.
        reason: String,
    },
    /// Made by a newer Veche.
    #[error(
        "the database holds migration {found}, this Veche knows up to {known}: it was made by a newer Veche; upgrade, or use another database"
    )]
    Newer {
        /// Newest migration in the database.
        found: i64,
        /// Newest migration known.
        known: i64,
    },
    /// Another process holds the database.
    #[error("the database is locked by another process for too long: close it, or use PostgreSQL for several hosts")]
    Locked,
    /// No space.
    #[error("the database or its disk is full: free space and try again; nothing of this request was stored")]
    Full,
    /// No writing allowed.
    #[error("the database is read-only: check the file's owner and mode")]
    ReadOnly,
    /// The database went away.
    #[error("the database is not reachable: {reason}")]
    Unavailable {
        /// What the driver said.
        reason: String,
    },
    /// Somebody else changed it.
    #[error("{what} was changed by somebody else (expected {expected}, found {found}): read it again and repeat")]
    Conflict {
        /// What.
        what: &'static str,
        /// Version that the caller saw.
        expected: String,
        /// Version that is there.
        found: String,
    },
    /// Somebody else's plug-in.
    #[error(
        "the plug-in name {plugin:?} belongs to {owner}: {owner} uploads its releases, or an administrator gives the name to another (`veche release give`)"
    )]
    Owned {
        /// Plug-in.
        plugin: String,
        /// Owner.
        owner: String,
    },
    /// Not there.
    #[error("{what} {code} is not in the store")]
    NotFound {
        /// What.
        what: &'static str,
        /// Which.
        code: String,
    },
    /// Stored bytes that are not what was stored.
    #[error("{what} in the store is damaged: restore it from a backup")]
    Corrupt {
        /// What.
        what: String,
    },
    /// Personal data without a key.
    #[error(
        "applicants' data need a key: name its file with --data-key-file or give VECHE_DATA_KEY (`veche keys new` makes one)"
    )]
    NoKey,
    /// Personal data of a key that is not given.
    #[error("applicants' data were sealed with key {id:?}, which is not given: put it behind the current one")]
    UnknownKey {
        /// Id of the key.
        id: String,
    },
    /// A migration failed.
    #[error("the database cannot be migrated: {reason}")]
    Migrate {
        /// What the driver said.
        reason: String,
    },
    /// Anything else.
    #[error("the database failed")]
    Sql(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(database) = &error {
            let code = database.code().unwrap_or_default().into_owned();
            // SQLite gives (extended) numbers, the low byte is the primary code; PostgreSQL gives five characters.
            match code.parse::<i64>().ok().filter(|_| code.len() < 5).map(|n| n & 0xff) {
                Some(5 | 6) => return Self::Locked,
                Some(13) => return Self::Full,
                Some(8) => return Self::ReadOnly,
                Some(10 | 14) => return Self::Unavailable { reason: database.message().to_owned() },
                Some(11 | 26) => return Self::Corrupt { what: "the database file".into() },
                _ => {}
            }
            match code.as_str() {
                "53100" | "53200" => return Self::Full,
                "55P03" => return Self::Locked,
                "25006" => return Self::ReadOnly,
                "57P01" | "57P02" | "57P03" | "53300" | "3D000" => {
                    return Self::Unavailable { reason: database.message().to_owned() };
                }
                _ => {}
            }
        }
        match &error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unavailable { reason: error.to_string() }
            }
            _ => Self::Sql(error),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt { what: format!("a JSON value (line {})", error.line()) }
    }
}
