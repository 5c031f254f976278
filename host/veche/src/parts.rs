//! `veche release …` and `veche dataset …`: what rulesets are made of.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use veche_app::store::REGION_OWNER;
use veche_app::{App, datasets, drafts, releases};
use veche_domain::access::Action;
use veche_domain::code::{Digest, RegionCode};
use veche_domain::diff::Language;
use veche_domain::lifecycle::SignaturePolicy;

use crate::actor::AsArgs;
use crate::{HostArgs, region};

#[derive(Args)]
pub(crate) struct ReleaseArgs {
    /// Region.
    #[arg(long)]
    region: String,
    #[command(flatten)]
    by: AsArgs,
    #[command(subcommand)]
    command: ReleaseCommand,
}

#[derive(Subcommand)]
enum ReleaseCommand {
    /// Upload a component, with its publisher's signature if there is one.
    Add {
        /// Component.
        file: PathBuf,
        /// Signature: a .minisig file.
        #[arg(long)]
        signature: Option<PathBuf>,
    },
    /// List releases, newest first.
    List,
    /// List who owns the names of plug-ins.
    Owners,
    /// Give the name of a plug-in to another.
    Give {
        /// Plug-in.
        plugin: String,
        /// Login, `token:<id>`, or `region` for nobody but the region's folder.
        owner: String,
    },
    /// Yank: it may not be enabled any more.
    Yank {
        /// Release.
        release: Digest,
        /// Why; shown with the release.
        #[arg(long)]
        reason: String,
    },
    /// Delete a release that nothing holds.
    Delete {
        /// Release.
        release: Digest,
    },
    /// Trust a publisher's key.
    Trust {
        /// Publisher.
        name: String,
        /// Public key: the second line of a minisign .pub file; left out, the publisher is not trusted any more.
        key: Option<String>,
    },
    /// Say whether only signed releases may be enabled.
    RequireSignatures {
        /// `true` or `false`.
        #[arg(action = clap::ArgAction::Set)]
        required: bool,
    },
}

#[derive(Args)]
pub(crate) struct DatasetArgs {
    /// Region.
    #[arg(long)]
    region: String,
    #[command(flatten)]
    by: AsArgs,
    #[command(subcommand)]
    command: DatasetCommand,
}

#[derive(Subcommand)]
enum DatasetCommand {
    /// Upload a version. It goes live through a ruleset that names its digest.
    Add {
        /// Name that plug-ins ask for.
        name: String,
        /// CSV with a header, GeoJSON, or anything.
        file: PathBuf,
        /// `table`, `polygons` or `blob`; by the file's ending if missing (.csv, .geojson, others).
        #[arg(long)]
        shape: Option<String>,
    },
    /// List versions, newest first.
    List,
}

pub(crate) async fn release(host: &HostArgs, args: ReleaseArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let done = release_command(&app, &region(&args.region)?, &args.by, args.command).await;
    app.store.close().await;
    done
}

impl ReleaseCommand {
    /// What one must be allowed to do; none for what changes nothing.
    fn action(&self) -> Option<Action> {
        match self {
            Self::List | Self::Owners => None,
            Self::Add { .. } => Some(Action::UploadRelease),
            Self::Yank { .. } | Self::Delete { .. } => Some(Action::RemoveRelease),
            Self::Give { .. } => Some(Action::GivePluginName),
            Self::Trust { .. } | Self::RequireSignatures { .. } => Some(Action::SetRulesPolicy),
        }
    }
}

async fn release_command(app: &App, region: &RegionCode, by: &AsArgs, command: ReleaseCommand) -> anyhow::Result<()> {
    app.region(region).await?;
    let actor = &by.may(app, region, command.action()).await?.actor;
    match command {
        ReleaseCommand::Add { file, signature } => {
            let read =
                |path: &PathBuf| std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()));
            let (inspection, new) =
                releases::upload(&app.store, app.rules.engine(), region, read(&file)?, actor, Some(&actor.name))
                    .await?;
            let row = releases::find(app, region, &inspection.digest).await?;
            println!("{} {} {}{}", row.plugin, row.version, row.digest, if new { "" } else { ", uploaded before" });
            for permission in &inspection.permissions {
                println!("  may {}", permission.words(Language::English));
            }
            if let Some(path) = signature {
                let text = String::from_utf8(read(&path)?).context("a signature is text")?;
                println!("signed by {}", releases::sign(app, region, &inspection.digest, &text, actor).await?);
            }
        }
        ReleaseCommand::List => {
            for row in app.store.releases(region).await? {
                let signed = row.signed_by.map_or_else(|| "unsigned".to_owned(), |by| format!("signed by {by}"));
                let yanked = row.yanked.map(|why| format!(", yanked: {why}")).unwrap_or_default();
                println!("{}  {} {}  {signed}{yanked}", row.digest, row.plugin, row.version);
            }
        }
        ReleaseCommand::Owners => {
            for row in app.store.plugin_owners(region).await? {
                println!("{:<32} {}  since {}", row.plugin, row.owner, row.at.date_naive());
            }
        }
        ReleaseCommand::Give { plugin, owner } => {
            let owner = if owner == REGION_OWNER || owner.contains(':') { owner } else { format!("account:{owner}") };
            releases::give(app, region, &plugin, &owner, actor).await?;
            println!("the name {plugin} belongs to {owner}");
        }
        ReleaseCommand::Yank { release, reason } => {
            releases::yank(app, region, &release, &reason, actor).await?;
            println!("{release} is yanked");
        }
        ReleaseCommand::Delete { release } => {
            releases::delete(app, region, &release, actor).await?;
            println!("{release} is deleted");
        }
        ReleaseCommand::Trust { name, key } => {
            let mut policy = app.store.rules_policy(region).await?;
            match key {
                Some(key) => _ = policy.trusted_keys.insert(name, key),
                None => _ = policy.trusted_keys.remove(&name),
            }
            drafts::set_policy(app, region, &policy, actor).await?;
            let names: Vec<&str> = policy.trusted_keys.keys().map(String::as_str).collect();
            println!("trusted publishers: {}", names.join(", "));
        }
        ReleaseCommand::RequireSignatures { required } => {
            let mut policy = app.store.rules_policy(region).await?;
            policy.signatures = if required { SignaturePolicy::Required } else { SignaturePolicy::Warn };
            drafts::set_policy(app, region, &policy, actor).await?;
            println!("unsigned releases may {}be enabled", if required { "not " } else { "" });
        }
    }
    Ok(())
}

pub(crate) async fn dataset(host: &HostArgs, args: DatasetArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let done = dataset_command(&app, &region(&args.region)?, &args.by, args.command).await;
    app.store.close().await;
    done
}

async fn dataset_command(app: &App, region: &RegionCode, by: &AsArgs, command: DatasetCommand) -> anyhow::Result<()> {
    app.region(region).await?;
    let action = matches!(command, DatasetCommand::Add { .. }).then_some(Action::UploadDataset);
    let actor = &by.may(app, region, action).await?.actor;
    match command {
        DatasetCommand::Add { name, file, shape } => {
            let bytes = std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            let by_ending = match file.extension().and_then(|e| e.to_str()) {
                Some("csv") => "table",
                Some("geojson") => "polygons",
                _ => "blob",
            };
            let shape = shape.as_deref().unwrap_or(by_ending);
            let (row, _) = datasets::upload(&app.store, region, &name, shape, bytes, actor).await?;
            println!(
                "{} {}  {} of {} rows, columns {}",
                row.name,
                row.digest,
                row.shape,
                row.rows,
                row.columns.join(", ")
            );
        }
        DatasetCommand::List => {
            for row in app.store.datasets(region).await? {
                let columns = row.columns.join(", ");
                println!(
                    "{}  {:<20} {:<8} {:>8} rows {:>10} bytes  {columns}",
                    row.digest, row.name, row.shape, row.rows, row.size
                );
            }
        }
    }
    Ok(())
}
