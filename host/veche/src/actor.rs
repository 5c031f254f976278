//! In whose name a command is done: `--as`.

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use veche_app::App;
use veche_domain::access::{Action, Actor, Scope};
use veche_domain::code::RegionCode;

#[derive(Args)]
pub(crate) struct AsArgs {
    /// Login of the account in whose name it is done; it must have a role for it. Left out, it is done by `cli`, as long as
    /// the host has no accounts.
    #[arg(long = "as", env = "VECHE_ACTOR", value_name = "LOGIN")]
    login: Option<String>,
}

/// Somebody who may do what a command does.
pub(crate) struct Allowed {
    /// Who the log names.
    pub(crate) actor: Actor,
    /// How far they may go.
    pub(crate) scope: Scope,
}

impl AsArgs {
    /// The account of `--as`, if it may do this in the region; for what changes nothing, nobody is asked for.
    ///
    /// Whoever runs commands has the database and could write anything into it. This keeps honest people from mistakes,
    /// and the log from names that are nobody's.
    pub(crate) async fn may(&self, app: &App, region: &RegionCode, action: Option<Action>) -> anyhow::Result<Allowed> {
        let cli = Allowed { actor: Actor::named("cli"), scope: Scope::Region };
        let Some(action) = action else { return Ok(cli) };
        let Some(login) = self.login.as_deref().filter(|login| !login.is_empty()) else {
            if app.store.accounts().await?.is_empty() {
                return Ok(cli);
            }
            bail!("say in whose name this is done: --as LOGIN, or VECHE_ACTOR (`veche account list`)")
        };
        let account = app.store.account_by_login(login).await?;
        let account =
            account.with_context(|| format!("--as {login}: there is no such account: see `veche account list`"))?;
        ensure!(!account.disabled, "--as {login}: the account is disabled");
        let Ok(scope) = account.grants.scope(action, region) else {
            bail!(
                "--as {login}: `{}` in {region} is not theirs to do, they have {}; docs/roles.md says whose it is",
                action.code(),
                account.grants
            )
        };
        Ok(Allowed { actor: Actor::named(&format!("account:{login}")), scope })
    }
}
