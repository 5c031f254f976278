//! Accounts, sign-in, sessions and API tokens: the rules. Times come in as arguments, so that tests can let time pass.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;
use uuid::Uuid;
use veche_domain::access::{Actor, Grants};
use veche_domain::code::Digest;
use veche_store::{AccountChange, AccountRow, Identity, NewAccount, SessionRow, Store, TokenRow};

use crate::error::AppError;

/// Least characters of a password (NIST SP 800-63B asks for 8; there is no second factor yet).
pub const PASSWORD_LEAST: usize = 12;
/// Most characters: hashing a longer one would be work for whoever sends it.
pub const PASSWORD_MOST: usize = 128;
/// Wrong passwords in a row that are free.
const FREE_FAILURES: i64 = 5;
/// First lock-out; each further wrong password doubles it.
const FIRST_LOCK: TimeDelta = TimeDelta::seconds(30);
/// Longest lock-out.
const LONGEST_LOCK: TimeDelta = TimeDelta::hours(1);
/// Wrong passwords are forgotten when none came for so long. The longest lock gives more tries in that time.
const FAILURES_KEPT: TimeDelta = TimeDelta::hours(6);
/// A session ends when it was not used for so long.
pub const SESSION_IDLE: TimeDelta = TimeDelta::minutes(30);
/// A session ends so long after the sign-in, used or not: a working day.
pub const SESSION_LONGEST: TimeDelta = TimeDelta::hours(12);
/// How often a session's secret is changed.
pub const SESSION_ROTATION: TimeDelta = TimeDelta::minutes(15);
/// How long the secret before a rotation is still good: requests that were on their way.
const ROTATION_GRACE: TimeDelta = TimeDelta::seconds(60);
/// Uses are noted to the minute: not every read is a write.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Longest life of an API token, days.
pub const TOKEN_MOST_DAYS: u32 = 366;
/// Begins every API token, so that a leaked one is recognised.
pub const TOKEN_PREFIX: &str = "veche_";

/// Why an account of a sign-in provider has no password to change or check.
const NO_PASSWORD: &str = "the account signs in at the sign-in provider and has no password here";

/// Argon2id takes 19 MiB and tens of milliseconds each: two at a time, so that sign-ins never starve the host.
static HASHING: Semaphore = Semaphore::const_new(2);

/// What nobody should choose, besides what is derived from the login. Compared in lower case.
const GUESSED: [&str; 12] = [
    "password",
    "qwerty",
    "123456",
    "йцукен",
    "пароль",
    "admin",
    "админ",
    "welcome",
    "letmein",
    "veche",
    "abcdef",
    "111111",
];

fn argon2() -> Result<Argon2<'static>, AppError> {
    // OWASP's first choice: 19 MiB, two passes, one lane.
    let params = Params::new(19 * 1_024, 2, 1, None).map_err(hashing)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hashing(error: impl std::fmt::Display) -> AppError {
    AppError::Stored { what: "a password".into(), reason: error.to_string() }
}

/// Checks a password against the policy.
///
/// # Errors
/// What is wrong with it; never the password itself.
pub fn check_password(password: &str, login: &str) -> Result<(), AppError> {
    let wrong = |reason: String| Err(AppError::Invalid { field: "password", reason });
    let length = password.chars().count();
    if !(PASSWORD_LEAST..=PASSWORD_MOST).contains(&length) {
        return wrong(format!(
            "it must have {PASSWORD_LEAST} to {PASSWORD_MOST} characters; a few words make a good one"
        ));
    }
    let lower = password.to_lowercase();
    if lower.contains(login) {
        return wrong("it must not hold the login".into());
    }
    let distinct = lower.chars().collect::<std::collections::BTreeSet<_>>().len();
    // What is left when the guessed words are taken out must still be worth something.
    let rest = GUESSED.iter().fold(lower, |rest, word| rest.replace(word, ""));
    if distinct < 6 || rest.chars().count() < PASSWORD_LEAST - 4 {
        return wrong("it is easy to guess: choose a few words that do not belong together".into());
    }
    Ok(())
}

/// The PHC string of a password that the policy allows.
///
/// # Errors
/// What is wrong with the password.
pub async fn hash_password(password: &str, login: &str) -> Result<String, AppError> {
    check_password(password, login)?;
    let _permit = HASHING.acquire().await.map_err(|_| AppError::Stopped)?;
    let (hasher, password) = (argon2()?, password.to_owned());
    tokio::task::spawn_blocking(move || hasher.hash_password(password.as_bytes()).map(|hash| hash.to_string()))
        .await
        .map_err(|_| AppError::Stopped)?
        .map_err(hashing)
}

async fn fits(password: &str, stored: Option<&str>) -> Result<bool, AppError> {
    // An unknown login costs as much as a known one: nobody learns from the time who has an account.
    static NOBODY: LazyLock<Option<String>> =
        LazyLock::new(|| Some(argon2().ok()?.hash_password(b"nobody's password").ok()?.to_string()));
    if password.chars().count() > PASSWORD_MOST {
        return Ok(false);
    }
    let known = stored.is_some();
    let (password, stored) = (password.to_owned(), stored.map(str::to_owned));
    let fits = tokio::task::spawn_blocking(move || {
        let Some(stored) = stored.or_else(|| NOBODY.clone()) else { return false };
        let Ok(hash) = PasswordHash::new(&stored) else { return false };
        argon2().is_ok_and(|argon2| argon2.verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .map_err(|_| AppError::Stopped)?;
    Ok(fits && known)
}

/// Checks a login: lower-case latin letters, digits, `.`, `-`, `_`, `@`; 3 to 80 characters.
///
/// # Errors
/// What is wrong with it.
pub fn check_login(login: &str) -> Result<(), AppError> {
    let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"._-@".contains(&c);
    if (3..=80).contains(&login.len()) && login.bytes().all(fits) {
        return Ok(());
    }
    let reason = "it must have 3 to 80 lower-case latin letters, digits, `.`, `-`, `_` or `@`".into();
    Err(AppError::Invalid { field: "login", reason })
}

fn check_name(name: &str) -> Result<(), AppError> {
    if (1..=200).contains(&name.trim().chars().count()) {
        return Ok(());
    }
    Err(AppError::Invalid { field: "name", reason: "it must have 1 to 200 characters".into() })
}

/// Makes a local account.
///
/// # Errors
/// A login, name or password that cannot be; a login that is taken.
pub async fn create(
    store: &Store,
    login: &str,
    name: &str,
    password: &str,
    grants: Grants,
    actor: &Actor,
) -> Result<AccountRow, AppError> {
    check_login(login)?;
    check_name(name)?;
    let password = hash_password(password, login).await?;
    let account =
        NewAccount { login: login.into(), name: name.trim().into(), grants, password: Some(password), identity: None };
    Ok(store.create_account(&account, actor).await?)
}

/// Changes an account; its new version.
///
/// # Errors
/// A name that cannot be; a conflict with a later change.
pub async fn change(
    store: &Store,
    account: &AccountRow,
    change: &AccountChange,
    actor: &Actor,
) -> Result<i64, AppError> {
    if let Some(name) = &change.name {
        check_name(name)?;
    }
    if account.identity.is_some() {
        let elsewhere = |field, reason: &str| Err(AppError::Invalid { field, reason: reason.to_owned() });
        if change.password.is_some() {
            return elsewhere("password", NO_PASSWORD);
        }
        if change.grants.is_some() {
            return elsewhere(
                "grants",
                "they come from the sign-in provider, anew with each sign-in: change them there",
            );
        }
    }
    Ok(store.change_account(account, change, actor).await?)
}

/// Gives a local account to a person of the sign-in provider: from now on they sign in there, with the roles that they
/// have there. The password and the sessions end.
///
/// # Errors
/// An issuer or a subject that cannot be; an account that is somebody's; a person who has an account.
pub async fn link(
    store: &Store,
    account: &AccountRow,
    issuer: &str,
    subject: &str,
    actor: &Actor,
) -> Result<(), AppError> {
    for (field, text) in [("issuer", issuer), ("subject", subject)] {
        if text.trim() != text || !(1..=255).contains(&text.chars().count()) {
            let reason = "it must have 1 to 255 characters, as the provider writes it".into();
            return Err(AppError::Invalid { field, reason });
        }
    }
    if account.identity.is_some() {
        let reason = "it belongs to a person of a sign-in provider already".into();
        return Err(AppError::Invalid { field: "account", reason });
    }
    let identity = Identity { issuer: issuer.to_owned(), subject: subject.to_owned() };
    Ok(store.link_account(account, &identity, actor).await?)
}

/// A random secret of 256 bits, hexadecimal.
pub(crate) fn secret() -> Result<String, AppError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|e| AppError::Stored { what: "the system's source of random bytes".into(), reason: e.to_string() })?;
    Ok(hex::encode(bytes))
}

/// A begun session.
#[derive(Debug)]
pub struct SignedIn {
    /// Secret of the cookie.
    pub secret: String,
    /// Text that a page sends with each write.
    pub csrf: String,
    /// Whose session it is.
    pub account: AccountRow,
}

/// Until when an account is locked after so many wrong passwords in a row.
fn lock_after(failures: i64, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let over = u32::try_from(failures - FREE_FAILURES).ok()?;
    let lock = FIRST_LOCK.checked_mul(1_i32.checked_shl(over.min(20))?).unwrap_or(LONGEST_LOCK);
    Some(now + lock.min(LONGEST_LOCK))
}

/// Signs a person in by login and password.
///
/// # Errors
/// [`AppError::SignIn`], the same for an unknown login, a wrong password and a disabled account;
/// [`AppError::Locked`] after too many wrong passwords, whether this one is right or not.
pub async fn sign_in(
    store: &Store,
    login: &str,
    password: &str,
    request: Option<String>,
    now: DateTime<Utc>,
) -> Result<SignedIn, AppError> {
    // Held until a wrong password is counted: of many guesses at once only two are ahead of the lock.
    let _permit = HASHING.acquire().await.map_err(|_| AppError::Stopped)?;
    let account = store.account_by_login(login).await?;
    // A login that nobody has locks as one that somebody has: an answer tells nobody which it was.
    // Both are read for both: nor does the time tell.
    let (unknown, over) = (Digest::of(login.as_bytes()), now - FAILURES_KEPT);
    let unknown_until = store.unknown_login_locked_until(&unknown).await?;
    let locked_until = account.as_ref().map_or(unknown_until, |account| account.locked_until);
    if let Some(until) = locked_until.filter(|until| *until > now) {
        return Err(AppError::Locked { seconds: seconds_until(until, now) });
    }
    let fits = fits(password, account.as_ref().and_then(|a| a.password.as_deref())).await?;
    match account {
        Some(account) if fits && !account.disabled => {
            let actor = Actor { name: format!("account:{}", account.login), request };
            begin_session(store, account, &actor, now).await
        }
        Some(account) => {
            let actor = Actor { name: format!("account:{}", account.login), request };
            store.count_failure(&account, |failures| lock_after(failures, now), now, over, &actor).await?;
            Err(AppError::SignIn)
        }
        None => {
            store.count_unknown_failure(&unknown, |failures| lock_after(failures, now), now, over).await?;
            Err(AppError::SignIn)
        }
    }
}

/// Whole seconds until a lock ends, never less than that.
fn seconds_until(until: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    let left = until - now;
    (left.num_seconds() + i64::from(left.subsec_nanos() > 0)).max(1)
}

/// Checks the password of somebody who is signed in, before they change it. Wrong ones count as they do at sign-in.
///
/// # Errors
/// [`AppError::SignIn`], [`AppError::Locked`].
pub async fn check_own_password(
    store: &Store,
    account: &AccountRow,
    password: &str,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let _permit = HASHING.acquire().await.map_err(|_| AppError::Stopped)?;
    let account = &store.account(account.id).await?.ok_or(AppError::SignIn)?;
    if account.password.is_none() {
        return Err(AppError::Invalid { field: "password", reason: NO_PASSWORD.into() });
    }
    if let Some(until) = account.locked_until.filter(|until| *until > now) {
        return Err(AppError::Locked { seconds: seconds_until(until, now) });
    }
    if fits(password, account.password.as_deref()).await? {
        return Ok(());
    }
    store.count_failure(account, |failures| lock_after(failures, now), now, now - FAILURES_KEPT, actor).await?;
    Err(AppError::SignIn)
}

/// Begins a session for a person who was recognised.
///
/// # Errors
/// Store errors.
pub async fn begin_session(
    store: &Store,
    account: AccountRow,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<SignedIn, AppError> {
    let (secret, csrf) = (secret()?, secret()?);
    store.begin_session(&account, Digest::of(secret.as_bytes()), &csrf, now, actor).await?;
    store.sweep_sessions(now - SESSION_LONGEST, now - SESSION_IDLE).await?;
    Ok(SignedIn { secret, csrf, account })
}

/// A session that a request came with.
#[derive(Debug)]
pub struct Present {
    /// Session.
    pub session: SessionRow,
    /// Account.
    pub account: AccountRow,
    /// New secret for the cookie, if it was changed now.
    pub rotated: Option<String>,
}

/// The session of a cookie's secret; none if there is none, it is over, or its account is disabled.
///
/// # Errors
/// Store errors.
pub async fn present(store: &Store, secret: &str, now: DateTime<Utc>) -> Result<Option<Present>, AppError> {
    let digest = Digest::of(secret.as_bytes());
    let Some(session) = store.session(&digest).await? else { return Ok(None) };
    let over = now - session.created_at >= SESSION_LONGEST || now - session.seen_at >= SESSION_IDLE;
    let late = session.digest != digest && now - session.rotated_at >= ROTATION_GRACE;
    if over || late {
        // A secret that was replaced and comes again later was copied: nobody keeps the session.
        store.end_session(session.id).await?;
        return Ok(None);
    }
    let Some(account) = store.account(session.account).await?.filter(|account| !account.disabled) else {
        return Ok(None);
    };
    let mut rotated = None;
    if session.digest == digest && now - session.rotated_at >= SESSION_ROTATION {
        let fresh = self::secret()?;
        if store.rotate_session(&session, Digest::of(fresh.as_bytes()), now).await? {
            rotated = Some(fresh);
        }
    } else if now - session.seen_at >= NOTED_EVERY {
        store.note_session_use(session.id, now).await?;
    }
    Ok(Some(Present { session, account, rotated }))
}

/// Makes an API token. The secret is given out here and never again.
///
/// # Errors
/// A name or a life that cannot be.
pub async fn create_token(
    store: &Store,
    name: &str,
    grants: &Grants,
    days: u32,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(Uuid, String), AppError> {
    check_name(name)?;
    if !(1..=TOKEN_MOST_DAYS).contains(&days) {
        return Err(AppError::Invalid { field: "days", reason: format!("a token lives 1 to {TOKEN_MOST_DAYS} days") });
    }
    let secret = format!("{TOKEN_PREFIX}{}", secret()?);
    let expires_at = now + TimeDelta::days(i64::from(days));
    let id = store.create_token(Digest::of(secret.as_bytes()), name.trim(), grants, expires_at, actor).await?;
    Ok((id, secret))
}

/// The API token of a secret; none if there is none, or it expired or was revoked.
///
/// # Errors
/// Store errors.
pub async fn token(store: &Store, secret: &str, now: DateTime<Utc>) -> Result<Option<TokenRow>, AppError> {
    if !secret.starts_with(TOKEN_PREFIX) {
        return Ok(None);
    }
    let found = store.token_by_secret(&Digest::of(secret.as_bytes())).await?;
    let Some(token) = found.filter(|token| token.revoked_at.is_none() && token.expires_at > now) else {
        return Ok(None);
    };
    if token.last_used_at.is_none_or(|used| now - used >= NOTED_EVERY) {
        store.note_token_use(token.id, now).await?;
    }
    Ok(Some(token))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_is_easy_to_guess_is_refused() {
        for (password, part) in [
            ("short", "12 to 128"),
            (&*"x".repeat(129), "12 to 128"),
            ("my-ivanova-77-words", "login"),
            ("aaaaaaaaaaaaaaaa", "guess"),
            ("Password123456", "guess"),
            ("ПарольЙцукен1", "guess"),
        ] {
            let error = check_password(password, "ivanova").unwrap_err().to_string();
            assert!(error.contains(part), "{password}: {error}");
        }
        check_password("семь сонных ежей у реки", "ivanova").unwrap();
        check_password("correct horse battery", "ivanova").unwrap();
    }

    #[test]
    fn lock_out_backs_off_and_ends() {
        let now = DateTime::UNIX_EPOCH;
        let seconds = |failures| lock_after(failures, now).map(|until| until.timestamp());
        assert_eq!(seconds(4), None);
        assert_eq!([5, 6, 7].map(seconds), [Some(30), Some(60), Some(120)]);
        assert_eq!([12, 1_000].map(seconds), [Some(3_600), Some(3_600)]);
    }

    #[test]
    fn logins_are_plain() {
        for good in ["ivanova", "a.b-c_d", "ivanova@example.org"] {
            check_login(good).unwrap();
        }
        for bad in ["iv", "Ivanova", "иванова", "a b c", &"x".repeat(81)] {
            assert!(check_login(bad).is_err(), "{bad}");
        }
    }
}
