//! `veche account …`, `veche token …`, `veche audit …`: what is done beside the API, by whoever has the database.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use veche_app::audit::{Checkpoint, HostKey};
use veche_app::store::{AccountChange, AccountRow};
use veche_app::{App, accounts, audit};
use veche_domain::access::{Actor, Grant, Grants};
use veche_domain::audit::Chain;

use crate::HostArgs;

#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account. The password is read from the standard input.
    Create {
        /// Login.
        login: String,
        /// Name of the person.
        #[arg(long)]
        name: String,
        /// Role: `operator@yaroslavl/housing`, `host_administrator`; may be given several times.
        #[arg(long = "grant", required = true)]
        grants: Vec<Grant>,
    },
    /// List the accounts.
    List,
    /// Disable an account and end its sessions.
    Disable {
        /// Login.
        login: String,
    },
    /// Enable a disabled account again.
    Enable {
        /// Login.
        login: String,
    },
    /// Give a local account to a person of the sign-in provider; its password and all sessions end.
    Link {
        /// Login.
        login: String,
        /// Issuer of the provider.
        #[arg(long, env = "VECHE_OIDC_ISSUER")]
        issuer: String,
        /// The person there, as the claim `sub` names them.
        #[arg(long)]
        subject: String,
    },
    /// Set a new password, read from the standard input; a lock-out and all sessions end.
    ResetPassword {
        /// Login.
        login: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Make an API token and print it; it is shown once.
    Create {
        /// What it is for.
        name: String,
        /// Role: `intake@yaroslavl`; may be given several times.
        #[arg(long = "grant", required = true)]
        grants: Vec<Grant>,
        /// Days until it expires.
        #[arg(long, default_value_t = 90)]
        days: u32,
    },
    /// List the API tokens, without their secrets.
    List,
    /// Revoke an API token.
    Revoke {
        /// Id.
        id: uuid::Uuid,
    },
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Check the log: name every changed, missing or reordered entry.
    Verify {
        /// One region; every chain if missing.
        #[arg(long)]
        region: Option<String>,
        /// A checkpoint that was exported before.
        #[arg(long, requires = "key")]
        checkpoint: Option<PathBuf>,
        /// Public key that the checkpoint must be signed with.
        #[arg(long)]
        key: Option<String>,
    },
    /// Export the newest entries of the chains, signed with the host's key. Keep it elsewhere.
    Checkpoint {
        /// One region; every chain if missing.
        #[arg(long)]
        region: Option<String>,
        /// File to write.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        key: KeyArgs,
    },
}

#[derive(Args)]
pub(crate) struct KeyArgs {
    /// File with the host's signing key; made if it is missing.
    #[arg(long, env = "VECHE_HOST_KEY", default_value = ".veche/host.key")]
    host_key: PathBuf,
}

fn cli() -> Actor {
    Actor::named("cli")
}

/// One line of the standard input; a terminal is told what is wanted.
fn read_password() -> anyhow::Result<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        eprintln!("Password (12 to 128 characters; it is shown while you type):");
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).context("the password cannot be read from the standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn found(app: &App, login: &str) -> anyhow::Result<AccountRow> {
    app.store
        .account_by_login(login)
        .await?
        .with_context(|| format!("account {login:?} is unknown: see `veche account list`"))
}

pub(crate) async fn account(host: &HostArgs, command: AccountCommand) -> anyhow::Result<()> {
    let app = host.start().await?;
    match command {
        AccountCommand::Create { login, name, grants } => {
            let grants = Grants::new(grants)?;
            let account = accounts::create(&app.store, &login, &name, &read_password()?, grants, &cli()).await?;
            println!("account {}: {}", account.login, account.grants);
        }
        AccountCommand::List => {
            for account in app.store.accounts().await? {
                let state = match (account.disabled, account.locked_until) {
                    (true, _) => "disabled".to_owned(),
                    (false, Some(until)) if until > chrono::Utc::now() => {
                        format!("locked until {}", until.to_rfc3339())
                    }
                    _ => "active".to_owned(),
                };
                println!("{}\t{}\t{state}\t{}", account.login, account.name, account.grants);
            }
        }
        AccountCommand::Disable { login } => set_disabled(&app, &login, true).await?,
        AccountCommand::Enable { login } => set_disabled(&app, &login, false).await?,
        AccountCommand::Link { login, issuer, subject } => {
            accounts::link(&app.store, &found(&app, &login).await?, &issuer, &subject, &cli()).await?;
            println!("account {login}: signs in at {issuer} from now on, all sessions ended");
        }
        AccountCommand::ResetPassword { login } => {
            let account = found(&app, &login).await?;
            let password = Some(accounts::hash_password(&read_password()?, &login).await?);
            let change = AccountChange { password, ..AccountChange::default() };
            accounts::change(&app.store, &account, &change, &cli()).await?;
            println!("account {login}: new password, all sessions ended");
        }
    }
    app.store.close().await;
    Ok(())
}

async fn set_disabled(app: &App, login: &str, disabled: bool) -> anyhow::Result<()> {
    let account = found(app, login).await?;
    let change = AccountChange { disabled: Some(disabled), ..AccountChange::default() };
    accounts::change(&app.store, &account, &change, &cli()).await?;
    println!("account {login}: {}", if disabled { "disabled, all sessions ended" } else { "enabled" });
    Ok(())
}

pub(crate) async fn token(host: &HostArgs, command: TokenCommand) -> anyhow::Result<()> {
    let app = host.start().await?;
    match command {
        TokenCommand::Create { name, grants, days } => {
            let grants = Grants::new(grants)?;
            let now = chrono::Utc::now();
            let (id, secret) = accounts::create_token(&app.store, &name, &grants, days, &cli(), now).await?;
            eprintln!("token {id}: {grants}, {days} days; it is shown once:");
            println!("{secret}");
        }
        TokenCommand::List => {
            for token in app.store.tokens().await? {
                let used = token.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_rfc3339());
                let state = match token.revoked_at {
                    Some(_) => "revoked".to_owned(),
                    None => format!("until {}", token.expires_at.to_rfc3339()),
                };
                println!("{}\t{}\t{state}\tused {used}\t{}", token.id, token.name, token.grants);
            }
        }
        TokenCommand::Revoke { id } => {
            let tokens = app.store.tokens().await?;
            let token = tokens.iter().find(|token| token.id == id);
            let token = token.with_context(|| format!("token {id} is unknown: see `veche token list`"))?;
            let revoked = app.store.revoke_token(token, &cli()).await?;
            println!("token {id}: {}", if revoked { "revoked" } else { "was revoked before" });
        }
    }
    app.store.close().await;
    Ok(())
}

fn chain(region: Option<&str>) -> anyhow::Result<Option<Chain>> {
    let chain = |text: &str| {
        Chain::from_text(text).with_context(|| format!("{text:?} is no region code, nor `*` for the host"))
    };
    region.map(chain).transpose()
}

fn read_checkpoint(path: &Path, key: &str) -> anyhow::Result<Checkpoint> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let checkpoint: Checkpoint =
        serde_json::from_slice(&text).with_context(|| format!("{} is no checkpoint", path.display()))?;
    checkpoint.check(key).with_context(|| path.display().to_string())?;
    Ok(checkpoint)
}

pub(crate) async fn log(host: &HostArgs, command: AuditCommand) -> anyhow::Result<()> {
    let app = host.start().await?;
    match command {
        AuditCommand::Verify { region, checkpoint, key } => {
            let checkpoint =
                checkpoint.map(|path| read_checkpoint(&path, key.as_deref().unwrap_or_default())).transpose()?;
            let mut chains = match chain(region.as_deref())? {
                Some(chain) => vec![chain],
                None => app.store.audit_chains().await?,
            };
            // A chain that a checkpoint names and the store no longer knows is missing whole.
            let named = checkpoint.iter().flat_map(|c| &c.heads).filter_map(|head| Chain::from_text(&head.chain));
            chains.extend(named.filter(|_| region.is_none()));
            chains.sort();
            chains.dedup();
            let mut faults = 0;
            for chain in &chains {
                let verified = audit::verify(&app.store, chain, checkpoint.as_ref()).await?;
                println!(
                    "chain {}: {} entries, {} with erased personal data, head {}",
                    verified.chain, verified.entries, verified.erased, verified.digest
                );
                for fault in &verified.faults {
                    println!("  {fault}");
                }
                faults += verified.faults.len();
            }
            app.store.close().await;
            if faults > 0 {
                bail!("{faults} faults in the log");
            }
        }
        AuditCommand::Checkpoint { region, out, key } => {
            let key = HostKey::open(&key.host_key)?;
            let checkpoint = audit::checkpoint(&app.store, chain(region.as_deref())?.as_ref(), &key).await?;
            std::fs::write(&out, serde_json::to_vec_pretty(&checkpoint)?)
                .with_context(|| format!("{} cannot be written", out.display()))?;
            println!("{}: {} chains, signed with {}", out.display(), checkpoint.heads.len(), checkpoint.key);
            app.store.close().await;
        }
    }
    Ok(())
}
