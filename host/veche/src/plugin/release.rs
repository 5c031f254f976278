//! `veche plugin key`, `sign`, `publish`, `backtest`, `push`, `pull`: from the author's machine to a host or a registry.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use veche_app::toolchain::registry::{self, Access};
use veche_app::toolchain::remote::{Host, Progress};
use veche_app::toolchain::signing;

use super::ComponentArgs;
use crate::{backtest, output, region};

/// Opens a secret key.
const PASSWORD: &str = "VECHE_SIGN_PASSWORD";

#[derive(Args)]
pub(crate) struct KeyArgs {
    /// File of the secret key; the public one goes beside it, with `.pub`.
    file: PathBuf,
}

pub(crate) fn key(args: &KeyArgs) -> anyhow::Result<()> {
    let password = password();
    let public = signing::new_key(&args.file, &password)?;
    println!(
        "{}: the secret key{}",
        args.file.display(),
        if password.is_empty() {
            format!(", without a password ({PASSWORD} gives one): keep it where nobody else reads")
        } else {
            String::new()
        }
    );
    println!("{}.pub: the public key", args.file.display());
    println!("an administrator trusts it with: veche release --region <region> trust '<your name>' {public}");
    Ok(())
}

fn password() -> String {
    std::env::var(PASSWORD).unwrap_or_default()
}

#[derive(Args)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    of: ComponentArgs,
    /// Secret key, from `veche plugin key` or minisign. Its password is read from VECHE_SIGN_PASSWORD.
    #[arg(long, env = "VECHE_SIGN_KEY")]
    key: PathBuf,
}

pub(crate) fn sign(args: &SignArgs) -> anyhow::Result<()> {
    let signature = signing::sign(&args.of.path()?, &args.key, &password())?;
    println!("{}", signature.display());
    Ok(())
}

/// A host and the token that it knows the author by.
#[derive(Args)]
pub(crate) struct HostOfAuthor {
    /// Address of the host: https://veche.example.org.
    #[arg(long, env = "VECHE_HOST")]
    host: String,
    /// Region.
    #[arg(long)]
    region: String,
    /// File with the API token; or give the token in VECHE_TOKEN.
    #[arg(long, env = "VECHE_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

impl HostOfAuthor {
    fn open(&self) -> anyhow::Result<Host> {
        let token = match &self.token_file {
            Some(path) => {
                std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?
            }
            None => std::env::var("VECHE_TOKEN").unwrap_or_default(),
        };
        Ok(Host::new(&self.host, &region(&self.region)?, &token)?)
    }
}

#[derive(Args)]
pub(crate) struct PublishArgs {
    #[command(flatten)]
    of: ComponentArgs,
    #[command(flatten)]
    to: HostOfAuthor,
}

pub(crate) async fn publish(args: &PublishArgs) -> anyhow::Result<()> {
    let path = args.of.path()?;
    let component = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let beside = signing::signature_of(&path);
    let signature = match std::fs::read_to_string(&beside) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", beside.display())),
    };
    let done = args.to.open()?.publish(component, signature).await?;
    println!("{} {} {}{}", done.plugin, done.version, done.digest, if done.new { "" } else { ", published before" });
    match done.signed_by {
        Some(publisher) => println!("signed by {publisher}"),
        None => println!("not signed: `veche plugin sign` makes {}", beside.display()),
    }
    println!(
        "next: an administrator binds this digest in a draft, and `veche plugin backtest --draft …` tries it on history"
    );
    Ok(())
}

#[derive(Args)]
pub(crate) struct BacktestArgs {
    #[command(flatten)]
    on: HostOfAuthor,
    /// Draft to try against the active ruleset.
    #[arg(long)]
    draft: uuid::Uuid,
}

pub(crate) async fn try_on_history(args: &BacktestArgs) -> anyhow::Result<()> {
    let bar = output::progress_bar();
    let look = |progress: Progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
        bar.set_message(format!("{} appeals", progress.done));
    };
    let tried = args.on.open()?.backtest(&args.draft.to_string(), &look).await;
    bar.finish_and_clear();
    let (progress, report) = tried?;
    backtest::print(&format!("draft {}", args.draft), progress.done, progress.total, &report);
    Ok(())
}

/// A registry and who asks.
#[derive(Args)]
pub(crate) struct RegistryArgs {
    /// Where: registry.example.org/plugins/name:version.
    reference: String,
    /// Name at the registry; its password or token is read from VECHE_REGISTRY_PASSWORD.
    #[arg(long)]
    user: Option<String>,
    /// Without TLS, though the registry is not on this machine.
    #[arg(long)]
    plain_http: bool,
}

impl RegistryArgs {
    fn access(&self) -> anyhow::Result<Access> {
        let password = || std::env::var("VECHE_REGISTRY_PASSWORD").context("--user needs VECHE_REGISTRY_PASSWORD");
        let login = self.user.clone().map(|user| anyhow::Ok((user, password()?))).transpose()?;
        Ok(Access { login, plain_http: self.plain_http })
    }
}

#[derive(Args)]
pub(crate) struct PushArgs {
    #[command(flatten)]
    to: RegistryArgs,
    #[command(flatten)]
    of: ComponentArgs,
}

pub(crate) async fn push(args: &PushArgs) -> anyhow::Result<()> {
    let pushed = registry::push(&args.of.path()?, &args.to.reference, &args.to.access()?).await?;
    println!("{}: {} bytes, {}", pushed.reference, pushed.size, pushed.component);
    Ok(())
}

#[derive(Args)]
pub(crate) struct PullArgs {
    #[command(flatten)]
    from: RegistryArgs,
    /// File to write.
    #[arg(long)]
    out: PathBuf,
}

pub(crate) async fn pull(args: &PullArgs) -> anyhow::Result<()> {
    let pulled = registry::pull(&args.from.reference, &args.out, &args.from.access()?).await?;
    println!("{}: {} bytes, {}", args.out.display(), pulled.size, pulled.component);
    Ok(())
}
