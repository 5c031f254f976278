//! Accounts and API tokens. Each change is in the log, in the same transaction.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use veche_domain::access::{Actor, Grants};
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::code::Digest;

use crate::audit::append;
use crate::db::{Store, moment, now, on_db};
use crate::error::StoreError;
use crate::identities::{Identity, identify};

/// An account to make.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Login, checked by the caller.
    pub login: String,
    /// Name of the person.
    pub name: String,
    /// What they may do.
    pub grants: Grants,
    /// PHC string of the password; none for a person of a sign-in provider.
    pub password: Option<String>,
    /// Who they are at a sign-in provider.
    pub identity: Option<Identity>,
}

/// An account as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccountRow {
    /// Id.
    pub id: Uuid,
    /// Login.
    pub login: String,
    /// Name of the person.
    pub name: String,
    /// What they may do.
    pub grants: Grants,
    /// PHC string of the password; none for a person of a sign-in provider.
    #[serde(skip)]
    pub password: Option<String>,
    /// Who they are at a sign-in provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Whether it is disabled.
    pub disabled: bool,
    /// Wrong passwords in a row.
    #[serde(skip)]
    pub failures: i64,
    /// Until when passwords are not looked at.
    pub locked_until: Option<DateTime<Utc>>,
    /// Grows with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What changes of an account. Empty fields stay.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// Name.
    pub name: Option<String>,
    /// Grants.
    pub grants: Option<Grants>,
    /// Whether it is disabled.
    pub disabled: Option<bool>,
    /// PHC string of a new password.
    pub password: Option<String>,
}

/// An API token as stored, without its secret.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenRow {
    /// Id.
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub grants: Grants,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct AccountRecord {
    id: Uuid,
    login: String,
    name: String,
    grants: String,
    password: String,
    disabled: bool,
    failures: i64,
    locked_until: Option<i64>,
    version: i64,
    created_at: i64,
    issuer: Option<String>,
    subject: Option<String>,
}

pub(crate) const ACCOUNT: &str = "SELECT a.id, a.login, a.name, a.grants, a.password, a.disabled, a.failures, a.locked_until, \
     a.version, a.created_at, i.issuer, i.subject FROM account a LEFT JOIN account_identity i ON i.account_id = a.id";

impl AccountRecord {
    pub(crate) fn row(self) -> Result<AccountRow, StoreError> {
        Ok(AccountRow {
            id: self.id,
            login: self.login,
            name: self.name,
            grants: serde_json::from_str(&self.grants)?,
            // The column is older than sign-in providers and may not be NULL.
            password: Some(self.password).filter(|password| !password.is_empty()),
            identity: self.issuer.zip(self.subject).map(|(issuer, subject)| Identity { issuer, subject }),
            disabled: self.disabled,
            failures: self.failures,
            locked_until: self.locked_until.map(moment),
            version: self.version,
            created_at: moment(self.created_at),
        })
    }
}

#[derive(sqlx::FromRow)]
struct TokenRecord {
    id: Uuid,
    name: String,
    grants: String,
    created_by: String,
    created_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl TokenRecord {
    fn row(self) -> Result<TokenRow, StoreError> {
        Ok(TokenRow {
            id: self.id,
            name: self.name,
            grants: serde_json::from_str(&self.grants)?,
            created_by: self.created_by,
            created_at: moment(self.created_at),
            expires_at: moment(self.expires_at),
            revoked_at: self.revoked_at.map(moment),
            last_used_at: self.last_used_at.map(moment),
        })
    }
}

/// Facts about somebody's account or token, one for each chain that their grants belong to.
pub(crate) fn facts(
    grants: &[&Grants],
    actor: &Actor,
    deed: Deed,
    target: &str,
    more: impl Fn(Fact) -> Fact,
) -> Vec<Fact> {
    let mut chains: Vec<Chain> = grants.iter().flat_map(|grants| Chain::of_grants(grants)).collect();
    chains.sort();
    chains.dedup();
    chains.into_iter().map(|chain| more(Fact::new(chain, actor, deed, target.to_owned()))).collect()
}

/// Digest of what an account may do; its password and person are not in it.
fn state(grants: &Grants, disabled: bool) -> Digest {
    Digest::of(format!("{grants} disabled={disabled}").as_bytes())
}

impl Store {
    /// Makes an account.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the login is taken.
    pub async fn create_account(&self, account: &NewAccount, actor: &Actor) -> Result<AccountRow, StoreError> {
        let (id, now) = (Uuid::now_v7(), now());
        let grants = serde_json::to_string(&account.grants)?;
        let facts =
            facts(&[&account.grants], actor, Deed::CreateAccount, &format!("account {}", account.login), |fact| {
                let fact = fact
                    .change(None, Some(state(&account.grants, false)))
                    .detail("grants", account.grants.to_string())
                    .private("name", account.name.as_str());
                match &account.identity {
                    Some(of) => fact.detail("issuer", of.issuer.as_str()).private("subject", of.subject.as_str()),
                    None => fact,
                }
            });
        on_db!(self, write tx: DB => {
            let added = sqlx::query(
                "INSERT INTO account (id, login, name, grants, password, disabled, failures, version, created_at, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, FALSE, 0, 1, $6, $6) ON CONFLICT DO NOTHING",
            )
            .bind(id)
            .bind(&account.login)
            .bind(&account.name)
            .bind(&grants)
            .bind(account.password.as_deref().unwrap_or_default())
            .bind(now)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if added == 0 {
                return Err(StoreError::Conflict {
                    what: "the login",
                    expected: "a free one".into(),
                    found: format!("account {}", account.login),
                });
            }
            if let Some(identity) = &account.identity {
                identify!(tx, id, identity);
            }
            append!(tx, &facts);
        });
        self.account(id).await?.ok_or(StoreError::NotFound { what: "account", code: account.login.clone() })
    }

    /// An account by id.
    ///
    /// # Errors
    /// Store errors.
    pub async fn account(&self, id: Uuid) -> Result<Option<AccountRow>, StoreError> {
        let row: Option<AccountRecord> = on_db!(self, read pool => {
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{ACCOUNT} WHERE a.id = $1"))).bind(id).fetch_optional(pool).await?
        });
        row.map(AccountRecord::row).transpose()
    }

    /// An account by login.
    ///
    /// # Errors
    /// Store errors.
    pub async fn account_by_login(&self, login: &str) -> Result<Option<AccountRow>, StoreError> {
        let row: Option<AccountRecord> = on_db!(self, read pool => {
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{ACCOUNT} WHERE a.login = $1")))
                .bind(login)
                .fetch_optional(pool)
                .await?
        });
        row.map(AccountRecord::row).transpose()
    }

    /// All accounts, by login.
    ///
    /// # Errors
    /// Store errors.
    pub async fn accounts(&self) -> Result<Vec<AccountRow>, StoreError> {
        let rows: Vec<AccountRecord> = on_db!(self, read pool => {
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{ACCOUNT} ORDER BY a.login"))).fetch_all(pool).await?
        });
        rows.into_iter().map(AccountRecord::row).collect()
    }

    /// Changes an account. Its sessions end unless only the name changes: what was granted or known before is over.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it has another version, [`StoreError::NotFound`].
    pub async fn change_account(
        &self,
        seen: &AccountRow,
        change: &AccountChange,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        let grants = change.grants.as_ref().unwrap_or(&seen.grants);
        let disabled = change.disabled.unwrap_or(seen.disabled);
        let name = change.name.as_ref().unwrap_or(&seen.name);
        let ends = change.grants.is_some() || change.disabled.is_some() || change.password.is_some();
        let json = serde_json::to_string(grants)?;
        let facts =
            facts(&[&seen.grants, grants], actor, Deed::ChangeAccount, &format!("account {}", seen.login), |fact| {
                let mut fact = fact
                    .change(Some(state(&seen.grants, seen.disabled)), Some(state(grants, disabled)))
                    .detail("grants", grants.to_string())
                    .detail("disabled", disabled.to_string());
                if change.password.is_some() {
                    fact = fact.detail("password", "changed");
                }
                if name == &seen.name { fact } else { fact.private("name", name.as_str()) }
            });
        on_db!(self, write tx: DB => {
            let changed = sqlx::query(
                "UPDATE account SET name = $1, grants = $2, disabled = $3, password = COALESCE($4, password), failures = 0, \
                 locked_until = NULL, version = version + 1, updated_at = $5 WHERE id = $6 AND version = $7",
            )
            .bind(name)
            .bind(&json)
            .bind(disabled)
            .bind(change.password.as_deref())
            .bind(now())
            .bind(seen.id)
            .bind(seen.version)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if changed == 0 {
                return Err(StoreError::Conflict {
                    what: "the account",
                    expected: format!("version {}", seen.version),
                    found: "another".into(),
                });
            }
            if ends {
                sqlx::query("DELETE FROM session WHERE account_id = $1").bind(seen.id).execute(&mut *tx).await?;
            }
            append!(tx, &facts);
        });
        Ok(seen.version + 1)
    }

    /// Counts a wrong password at `at`, from one again if the last came before `over`. Returns the number in a row;
    /// `locked_until` is set by the caller's rule.
    ///
    /// # Errors
    /// Store errors.
    pub async fn count_failure(
        &self,
        account: &AccountRow,
        locked_until: impl Fn(i64) -> Option<DateTime<Utc>> + Send + Sync,
        at: DateTime<Utc>,
        over: DateTime<Utc>,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        let failures = on_db!(self, write tx: DB => {
            let (failures,): (i64,) = sqlx::query_as(
                "UPDATE account SET failures = CASE WHEN failed_at < $1 THEN 1 ELSE failures + 1 END, failed_at = $2 \
                 WHERE id = $3 RETURNING failures",
            )
            .bind(over.timestamp_micros())
            .bind(at.timestamp_micros())
            .bind(account.id)
            .fetch_one(&mut *tx)
            .await?;
            if let Some(until) = locked_until(failures) {
                sqlx::query("UPDATE account SET locked_until = $1 WHERE id = $2")
                    .bind(until.timestamp_micros())
                    .bind(account.id)
                    .execute(&mut *tx)
                    .await?;
                let facts = facts(&[&account.grants], actor, Deed::LockOut, &format!("account {}", account.login), |fact| {
                    fact.detail("failures", failures.to_string()).detail("until", until.to_rfc3339())
                });
                append!(tx, &facts);
            }
            failures
        });
        Ok(failures)
    }

    /// Until when a login that nobody has is locked.
    ///
    /// # Errors
    /// Store errors.
    pub async fn unknown_login_locked_until(&self, login: &Digest) -> Result<Option<DateTime<Utc>>, StoreError> {
        let row: Option<(Option<i64>,)> = on_db!(self, read pool => {
            sqlx::query_as("SELECT locked_until FROM unknown_login WHERE login = $1")
                .bind(login.as_bytes().as_slice())
                .fetch_optional(pool)
                .await?
        });
        Ok(row.and_then(|(until,)| until).map(moment))
    }

    /// Counts a wrong password for a login that nobody has, as [`Store::count_failure`] does for an account, and deletes
    /// those that were not tried since `over`.
    ///
    /// # Errors
    /// Store errors.
    pub async fn count_unknown_failure(
        &self,
        login: &Digest,
        locked_until: impl Fn(i64) -> Option<DateTime<Utc>> + Send + Sync,
        at: DateTime<Utc>,
        over: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        on_db!(self, write tx: DB => {
            sqlx::query("DELETE FROM unknown_login WHERE seen_at < $1")
                .bind(over.timestamp_micros())
                .execute(&mut *tx)
                .await?;
            let (failures,): (i64,) = sqlx::query_as(
                "INSERT INTO unknown_login (login, failures, seen_at) VALUES ($1, 1, $2) \
                 ON CONFLICT (login) DO UPDATE SET failures = unknown_login.failures + 1, seen_at = $2 RETURNING failures",
            )
            .bind(login.as_bytes().as_slice())
            .bind(at.timestamp_micros())
            .fetch_one(&mut *tx)
            .await?;
            if let Some(until) = locked_until(failures) {
                sqlx::query("UPDATE unknown_login SET locked_until = $1 WHERE login = $2")
                    .bind(until.timestamp_micros())
                    .bind(login.as_bytes().as_slice())
                    .execute(&mut *tx)
                    .await?;
            }
        });
        Ok(())
    }

    /// Makes an API token.
    ///
    /// # Errors
    /// Store errors.
    pub async fn create_token(
        &self,
        secret: Digest,
        name: &str,
        grants: &Grants,
        expires_at: DateTime<Utc>,
        actor: &Actor,
    ) -> Result<Uuid, StoreError> {
        let id = Uuid::now_v7();
        let json = serde_json::to_string(grants)?;
        let facts = facts(&[grants], actor, Deed::CreateToken, &format!("token {id}"), |fact| {
            fact.detail("grants", grants.to_string())
                .detail("expires_at", expires_at.to_rfc3339())
                .private("name", name)
        });
        on_db!(self, write tx: DB => {
            sqlx::query(
                "INSERT INTO api_token (id, digest, name, grants, created_by, created_at, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(id)
            .bind(secret.as_bytes().as_slice())
            .bind(name)
            .bind(&json)
            .bind(&actor.name)
            .bind(now())
            .bind(expires_at.timestamp_micros())
            .execute(&mut *tx)
            .await?;
            append!(tx, &facts);
        });
        Ok(id)
    }

    /// All API tokens, newest first.
    ///
    /// # Errors
    /// Store errors.
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        const SQL: &str = "SELECT id, name, grants, created_by, created_at, expires_at, revoked_at, last_used_at \
                           FROM api_token ORDER BY created_at DESC, id";
        let rows: Vec<TokenRecord> = on_db!(self, read pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        rows.into_iter().map(TokenRecord::row).collect()
    }

    /// The API token of a secret, good or not.
    ///
    /// # Errors
    /// Store errors.
    pub async fn token_by_secret(&self, secret: &Digest) -> Result<Option<TokenRow>, StoreError> {
        const SQL: &str = "SELECT id, name, grants, created_by, created_at, expires_at, revoked_at, last_used_at \
                           FROM api_token WHERE digest = $1";
        let row: Option<TokenRecord> = on_db!(self, read pool => {
            sqlx::query_as(SQL).bind(secret.as_bytes().as_slice()).fetch_optional(pool).await?
        });
        row.map(TokenRecord::row).transpose()
    }

    /// Notes the use of a token.
    ///
    /// # Errors
    /// Store errors.
    pub async fn note_token_use(&self, id: Uuid, at: DateTime<Utc>) -> Result<(), StoreError> {
        on_db!(self, write tx: DB => {
            sqlx::query("UPDATE api_token SET last_used_at = $1 WHERE id = $2")
                .bind(at.timestamp_micros())
                .bind(id)
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Revokes an API token; whether it was good before.
    ///
    /// # Errors
    /// Store errors.
    pub async fn revoke_token(&self, token: &TokenRow, actor: &Actor) -> Result<bool, StoreError> {
        let facts = facts(&[&token.grants], actor, Deed::RevokeToken, &format!("token {}", token.id), |fact| fact);
        let revoked = on_db!(self, write tx: DB => {
            let revoked = sqlx::query("UPDATE api_token SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
                .bind(now())
                .bind(token.id)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if revoked > 0 {
                append!(tx, &facts);
            }
            revoked
        });
        Ok(revoked > 0)
    }
}
