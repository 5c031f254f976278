//! From claims to an account: known by (issuer, subject), made when it is new, its roles as the claims give them now.

use veche_domain::access::Actor;
use veche_domain::access::claims::{Claims, claim};
use veche_domain::code::Digest;
use veche_store::{AccountChange, AccountRow, Identity, NewAccount, Store, StoreError};

use super::{OidcError, Settings};
use crate::accounts::check_login;
use crate::error::AppError;

/// The account of a person who proved who they are.
///
/// # Errors
/// [`OidcError::NoRole`], [`OidcError::Disabled`], [`OidcError::LoginTaken`]; store errors.
pub(super) async fn admit(
    store: &Store,
    settings: &Settings,
    subject: String,
    claims: &Claims,
    request: Option<String>,
) -> Result<AccountRow, AppError> {
    let identity = Identity { issuer: settings.issuer.to_string(), subject };
    let actor = Actor { name: "oidc".into(), request };
    let known = store.account_by_identity(&identity).await?;
    let refusal = match settings.rules.grants(claims) {
        Ok(Some(grants)) => {
            let login = login(claims, &settings.rules.login, &identity);
            let name = text(claims, &settings.rules.name).unwrap_or_else(|| login.clone());
            let new = NewAccount { login, name, grants, password: None, identity: Some(identity.clone()) };
            let first = bring_up(store, known, &new, &actor).await;
            if !matches!(first, Err(AppError::Store(StoreError::Conflict { .. }))) {
                return first;
            }
            // Another sign-in of the same person was faster.
            return bring_up(store, store.account_by_identity(&identity).await?, &new, &actor).await;
        }
        Ok(None) => "the sign-in provider names no role of yours for this host".to_owned(),
        Err(apart) => apart.to_string(),
    };
    // Who may no longer get in does not stay in either.
    if let Some(account) = known {
        store.end_sessions(&account, &actor).await?;
    }
    tracing::warn!(reason = %refusal, "a person of the sign-in provider is refused");
    Err(OidcError::NoRole(refusal).into())
}

/// Makes the account, or gives a known one the roles and the name of now.
async fn bring_up(
    store: &Store,
    known: Option<AccountRow>,
    new: &NewAccount,
    actor: &Actor,
) -> Result<AccountRow, AppError> {
    let Some(account) = known else {
        // Never joined by the login alone: the provider decides over logins there, and not over accounts here.
        if store.account_by_login(&new.login).await?.is_some() {
            return Err(OidcError::LoginTaken { login: new.login.clone() }.into());
        }
        return Ok(store.create_account(new, actor).await?);
    };
    if account.disabled {
        return Err(OidcError::Disabled.into());
    }
    let change = AccountChange {
        name: (account.name != new.name).then(|| new.name.clone()),
        grants: (account.grants != new.grants).then(|| new.grants.clone()),
        ..AccountChange::default()
    };
    if change.name.is_none() && change.grants.is_none() {
        return Ok(account);
    }
    store.change_account(&account, &change, actor).await?;
    store.account(account.id).await?.ok_or(AppError::SignIn)
}

fn text(claims: &Claims, name: &str) -> Option<String> {
    let text = claim(claims, name)?.as_str()?.trim();
    (1..=200).contains(&text.chars().count()).then(|| text.to_owned())
}

/// The login that the claims name, if it is fit for one; else one that is made of the identity.
fn login(claims: &Claims, name: &str, identity: &Identity) -> String {
    let named = text(claims, name).map(|text| text.to_lowercase()).filter(|login| check_login(login).is_ok());
    named.unwrap_or_else(|| {
        let digest = Digest::of(format!("{} {}", identity.issuer, identity.subject).as_bytes()).to_string();
        format!("oidc-{}", digest.trim_start_matches("sha256:").get(..12).unwrap_or_default())
    })
}
