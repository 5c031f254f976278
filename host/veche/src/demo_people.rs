//! People of the demo: one for each role, with a password of this run.

use veche_app::store::AccountChange;
use veche_app::{App, accounts};
use veche_domain::access::{Actor, Grants, Role};
use veche_domain::code::RegionCode;

/// Somebody who can sign in.
pub(crate) struct Person {
    pub(crate) login: String,
    pub(crate) role: &'static str,
}

fn grant(role: Role, region: &RegionCode) -> Option<String> {
    match role {
        // A machine, which comes with an API token.
        Role::Intake => None,
        Role::HostAdministrator => Some(role.as_str().to_owned()),
        Role::BlockLead => Some(format!("{}@{region}/housing,roads", role.as_str())),
        _ => Some(format!("{}@{region}", role.as_str())),
    }
}

/// Makes them, or gives those of an earlier run the password of this one.
pub(crate) async fn sign_ins(app: &App, region: &RegionCode, password: &str) -> anyhow::Result<Vec<Person>> {
    let actor = Actor::named("demo");
    let mut people = Vec::new();
    for (role, code, words) in Role::ALL {
        let Some(grant) = grant(role, region) else { continue };
        let login = code.replace('_', "-");
        match app.store.account_by_login(&login).await? {
            Some(account) => {
                let password = Some(accounts::hash_password(password, &login).await?);
                let change = AccountChange { password, ..AccountChange::default() };
                accounts::change(&app.store, &account, &change, &actor).await?;
            }
            None => {
                let mut name: Vec<char> = words.chars().collect();
                if let Some(first) = name.first_mut() {
                    *first = first.to_uppercase().next().unwrap_or(*first);
                }
                let name: String = name.into_iter().collect();
                let grants = Grants::new(vec![grant.parse()?])?;
                accounts::create(&app.store, &login, &name, password, grants, &actor).await?;
            }
        }
        people.push(Person { login, role: words });
    }
    Ok(people)
}
