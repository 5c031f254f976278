//! Who accounts are at a sign-in provider, and sign-ins that are on their way there and back.

use chrono::{DateTime, Utc};
use serde::Serialize;
use veche_domain::access::Actor;
use veche_domain::audit::Deed;
use veche_domain::code::Digest;

use crate::accounts::{ACCOUNT, AccountRecord, AccountRow, facts};
use crate::audit::append;
use crate::db::{Store, digest, moment, now, on_db};
use crate::error::StoreError;

/// A person at a sign-in provider. The pair never changes and is never given to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The provider's issuer.
    pub issuer: String,
    /// The person there.
    pub subject: String,
}

/// A sign-in that began here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Digest of the state that travels through the provider.
    pub state: Digest,
    /// Digest of the cookie of the browser that began.
    pub browser: Digest,
    /// What the ID token must repeat.
    pub nonce: String,
    /// Proof key (PKCE).
    pub verifier: String,
    /// Page of this host that the person wants.
    pub return_to: String,
    /// When it began.
    pub begun_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct BegunRecord {
    state: Vec<u8>,
    browser: Vec<u8>,
    nonce: String,
    verifier: String,
    return_to: String,
    begun_at: i64,
}

/// Notes who an account is, in the running transaction. The pair must be free.
macro_rules! identify {
    ($tx:ident, $account:expr, $identity:expr) => {{
        let identity: &$crate::identities::Identity = $identity;
        let added = sqlx::query(
            "INSERT INTO account_identity (issuer, subject, account_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(&identity.issuer)
        .bind(&identity.subject)
        .bind($account)
        .execute(&mut *$tx)
        .await?
        .rows_affected();
        if added == 0 {
            return Err($crate::error::StoreError::Conflict {
                what: "the person at the sign-in provider",
                expected: "nobody's".into(),
                found: "an account's".into(),
            });
        }
    }};
}
pub(crate) use identify;

impl Store {
    /// The account of a person at a provider.
    ///
    /// # Errors
    /// Store errors.
    pub async fn account_by_identity(&self, identity: &Identity) -> Result<Option<AccountRow>, StoreError> {
        let row: Option<AccountRecord> = on_db!(self, read pool => {
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{ACCOUNT} WHERE i.issuer = $1 AND i.subject = $2")))
                .bind(&identity.issuer)
                .bind(&identity.subject)
                .fetch_optional(pool)
                .await?
        });
        row.map(AccountRecord::row).transpose()
    }

    /// Gives an account to a person at a provider: its password and its sessions end.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the account has another version or is somebody's, or the person has an account.
    pub async fn link_account(&self, seen: &AccountRow, identity: &Identity, actor: &Actor) -> Result<(), StoreError> {
        let facts = facts(&[&seen.grants], actor, Deed::ChangeAccount, &format!("account {}", seen.login), |fact| {
            fact.detail("password", "removed")
                .detail("issuer", identity.issuer.as_str())
                .private("subject", identity.subject.as_str())
        });
        on_db!(self, write tx: DB => {
            let changed = sqlx::query(
                "UPDATE account SET password = '', failures = 0, locked_until = NULL, version = version + 1, updated_at = $1 \
                 WHERE id = $2 AND version = $3",
            )
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
            identify!(tx, seen.id, identity);
            sqlx::query("DELETE FROM session WHERE account_id = $1").bind(seen.id).execute(&mut *tx).await?;
            append!(tx, &facts);
        });
        Ok(())
    }

    /// Remembers a sign-in that goes to the provider, and forgets those that began before `over`.
    ///
    /// # Errors
    /// Store errors.
    pub async fn begin_sign_in(&self, begun: &Begun, over: DateTime<Utc>) -> Result<(), StoreError> {
        on_db!(self, write tx: DB => {
            sqlx::query("DELETE FROM oidc_sign_in WHERE begun_at < $1")
                .bind(over.timestamp_micros())
                .execute(&mut *tx)
                .await?;
            sqlx::query(
                "INSERT INTO oidc_sign_in (state, browser, nonce, verifier, return_to, begun_at) VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(begun.state.as_bytes().as_slice())
            .bind(begun.browser.as_bytes().as_slice())
            .bind(&begun.nonce)
            .bind(&begun.verifier)
            .bind(&begun.return_to)
            .bind(begun.begun_at.timestamp_micros())
            .execute(&mut *tx)
            .await?;
        });
        Ok(())
    }

    /// Takes a sign-in that comes back, once. Another browser than the one that began takes nothing.
    ///
    /// # Errors
    /// Store errors.
    pub async fn take_sign_in(&self, state: &Digest, browser: &Digest) -> Result<Option<Begun>, StoreError> {
        const SQL: &str = "DELETE FROM oidc_sign_in WHERE state = $1 AND browser = $2 \
                           RETURNING state, browser, nonce, verifier, return_to, begun_at";
        let row: Option<BegunRecord> = on_db!(self, write tx: DB => {
            sqlx::query_as(SQL)
                .bind(state.as_bytes().as_slice())
                .bind(browser.as_bytes().as_slice())
                .fetch_optional(&mut *tx)
                .await?
        });
        row.map(|row| {
            Ok(Begun {
                state: digest(&row.state)?,
                browser: digest(&row.browser)?,
                nonce: row.nonce,
                verifier: row.verifier,
                return_to: row.return_to,
                begun_at: moment(row.begun_at),
            })
        })
        .transpose()
    }
}
