//! `veche draft …` and `veche ruleset …`: rules under control from the command line.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use uuid::Uuid;
use veche_app::App;
use veche_app::drafts::{self, Edit, NewDraft};
use veche_app::rollout::{self, Out};
use veche_app::store::DraftRow;
use veche_domain::access::Action;
use veche_domain::code::{BindingId, BlockCode, Digest, RegionCode};
use veche_domain::diff::Language;
use veche_domain::lifecycle::{Guard, percent};
use veche_domain::ruleset::Ruleset;

use crate::actor::{Allowed, AsArgs};
use crate::{HostArgs, region};

#[derive(Args)]
pub(crate) struct DraftArgs {
    /// Region.
    #[arg(long)]
    region: String,
    #[command(flatten)]
    by: AsArgs,
    #[command(subcommand)]
    command: DraftCommand,
}

#[derive(Subcommand)]
enum DraftCommand {
    /// Make a draft: a copy of the active ruleset, or the content of a file.
    New {
        /// Title.
        title: String,
        /// Ruleset as JSON.
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// List drafts.
    List,
    /// Print a draft's ruleset as JSON, to be edited and put back.
    Show {
        /// Draft.
        draft: Uuid,
    },
    /// Replace a draft's ruleset.
    Edit {
        /// Draft.
        draft: Uuid,
        /// Ruleset as JSON.
        file: PathBuf,
        /// Version that was seen; a later change by somebody else is then refused with the difference.
        #[arg(long)]
        version: Option<i64>,
    },
    /// Enable a release: add or replace a binding, given as JSON.
    Bind {
        /// Draft.
        draft: Uuid,
        /// Binding as JSON.
        file: PathBuf,
    },
    /// Remove a binding.
    Unbind {
        /// Draft.
        draft: Uuid,
        /// Binding.
        binding: String,
    },
    /// Set the order in which bindings are asked.
    Order {
        /// Draft.
        draft: Uuid,
        /// All bindings, first to last.
        #[arg(required = true)]
        bindings: Vec<String>,
    },
    /// Say in words what a draft changes.
    Diff {
        /// Draft.
        draft: Uuid,
        /// Language of the words: ru or en; the region's own if missing.
        #[arg(long)]
        language: Option<String>,
    },
    /// Check a draft whole and give it its name.
    Validate {
        /// Draft.
        draft: Uuid,
    },
    /// Consent as the lead of a block.
    Consent {
        /// Draft.
        draft: Uuid,
        /// Block.
        block: String,
    },
    /// Let it decide beside the active ruleset, without effect.
    Shadow {
        /// Draft.
        draft: Uuid,
    },
    /// Let it decide for a share of the appeals.
    Canary {
        /// Draft.
        draft: Uuid,
        /// Share, percent, 1 to 99.
        percent: i64,
        /// Questions after which it is judged.
        #[arg(long, default_value_t = Guard::default().min_sample)]
        min_sample: u64,
        /// Most by which its share of faulted calls may be over that of the active ruleset, 0 to 1.
        #[arg(long, default_value_t = Guard::default().max_extra_faults)]
        max_extra_faults: f64,
        /// Most by which its share of redirected questions may be over that of the active ruleset, 0 to 1.
        #[arg(long, default_value_t = Guard::default().max_extra_redirects)]
        max_extra_redirects: f64,
    },
    /// Take it back out of shadow or canary.
    Withdraw {
        /// Draft.
        draft: Uuid,
    },
    /// Make it active.
    Activate {
        /// Draft.
        draft: Uuid,
    },
    /// Delete it.
    Delete {
        /// Draft.
        draft: Uuid,
    },
}

#[derive(Args)]
pub(crate) struct RulesetArgs {
    /// Region.
    #[arg(long)]
    region: String,
    #[command(flatten)]
    by: AsArgs,
    #[command(subcommand)]
    command: RulesetCommand,
}

#[derive(Subcommand)]
enum RulesetCommand {
    /// List activations, newest first, and what happened to the rules.
    History,
    /// Say in words what differs between two rulesets.
    Diff {
        /// First.
        from: Digest,
        /// Second; the active one if missing.
        to: Option<Digest>,
        /// Language of the words: ru or en; the region's own if missing.
        #[arg(long)]
        language: Option<String>,
    },
    /// Go back to the ruleset before the active one, or to a named one.
    Rollback {
        /// Ruleset that was active.
        #[arg(long)]
        to: Option<Digest>,
        /// Why; kept with the activation.
        #[arg(long)]
        reason: String,
    },
    /// Compare what is out with what is active.
    Compare,
    /// Blocks whose lead must consent before a ruleset that changes them goes out; none clears the list.
    Consent {
        /// Blocks.
        blocks: Vec<String>,
    },
}

/// The draft in the version that is there now: one command reads and writes at once.
async fn current(app: &App, region: &RegionCode, id: Uuid) -> anyhow::Result<DraftRow> {
    Ok(drafts::find(app, region, id).await?)
}

async fn said(app: &App, region: &RegionCode, tag: Option<&str>) -> anyhow::Result<Language> {
    match tag {
        Some(tag) => {
            Language::from_tag(tag).with_context(|| format!("language {tag:?} is not spoken here: use ru or en"))
        }
        None => Ok(drafts::language_of(app, region).await?),
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &PathBuf) -> anyhow::Result<T> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{}", path.display()))
}

fn told(draft: &DraftRow) {
    let digest = draft.digest.map(|d| format!(" {d}")).unwrap_or_default();
    println!("draft {} version {} is {}{digest}", draft.id, draft.version, draft.stage);
}

pub(crate) async fn draft(host: &HostArgs, args: DraftArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let done = draft_command(&app, &region(&args.region)?, &args.by, args.command).await;
    app.store.close().await;
    match done.as_ref().err().and_then(|error| error.downcast_ref::<veche_app::AppError>()) {
        Some(veche_app::AppError::Stale { difference, .. }) => {
            eprintln!("what changed since:");
            difference.iter().for_each(|line| eprintln!("  {line}"));
            done
        }
        _ => done,
    }
}

impl DraftCommand {
    /// What one must be allowed to do; none for what changes nothing.
    fn action(&self) -> Option<Action> {
        match self {
            Self::List | Self::Show { .. } | Self::Diff { .. } => None,
            Self::New { .. }
            | Self::Edit { .. }
            | Self::Bind { .. }
            | Self::Unbind { .. }
            | Self::Order { .. }
            | Self::Validate { .. }
            | Self::Delete { .. } => Some(Action::DraftRules),
            Self::Consent { .. } => Some(Action::ConsentToRules),
            Self::Shadow { .. } | Self::Canary { .. } | Self::Activate { .. } => Some(Action::ActivateRules),
            Self::Withdraw { .. } => Some(Action::RollBackRules),
        }
    }
}

async fn draft_command(app: &App, region: &RegionCode, by: &AsArgs, command: DraftCommand) -> anyhow::Result<()> {
    let Allowed { actor, scope } = by.may(app, region, command.action()).await?;
    let actor = &actor;
    let edit = async |id: Uuid, edit: Edit| -> anyhow::Result<()> {
        let seen = current(app, region, id).await?.version;
        told(&drafts::edit(app, region, id, seen, edit, actor).await?);
        Ok(())
    };
    let out = async |id: Uuid, out: Out| -> anyhow::Result<()> {
        let seen = current(app, region, id).await?.version;
        let rollout = rollout::begin(app, region, id, seen, out, actor).await?;
        println!("draft {id} is in {} with {}", rollout.stage, rollout.ruleset);
        Ok(())
    };
    match command {
        DraftCommand::New { title, file } => {
            let ruleset = file.as_ref().map(read_json::<Ruleset>).transpose()?;
            told(&drafts::create(app, region, NewDraft { title, ruleset }, actor).await?);
        }
        DraftCommand::List => {
            for draft in app.store.drafts(region).await? {
                println!("{}  {:<9} {:>3}  {}", draft.id, draft.stage, draft.version, draft.title);
            }
        }
        DraftCommand::Show { draft } => {
            println!("{}", serde_json::to_string_pretty(&current(app, region, draft).await?.ruleset)?);
        }
        DraftCommand::Edit { draft, file, version } => {
            let seen = match version {
                Some(version) => version,
                None => current(app, region, draft).await?.version,
            };
            told(&drafts::edit(app, region, draft, seen, Edit::Replace(read_json(&file)?), actor).await?);
        }
        DraftCommand::Bind { draft, file } => edit(draft, Edit::Bind(Box::new(read_json(&file)?))).await?,
        DraftCommand::Unbind { draft, binding } => edit(draft, Edit::Unbind(BindingId::new(&binding)?)).await?,
        DraftCommand::Order { draft, bindings } => {
            let order = bindings.iter().map(|b| BindingId::new(b)).collect::<Result<_, _>>()?;
            edit(draft, Edit::Order(order)).await?;
        }
        DraftCommand::Diff { draft, language } => {
            let draft = current(app, region, draft).await?;
            let active = app.region(region).await?.ruleset.context("the region has no active ruleset")?;
            let active = app.rules.ruleset(&active).await?;
            let language = said(app, region, language.as_deref()).await?;
            print_lines(drafts::difference(app, region, &active, &draft.ruleset, language).await?);
        }
        DraftCommand::Validate { draft } => {
            let seen = current(app, region, draft).await?.version;
            told(&drafts::validate(app, region, draft, seen, actor).await?);
        }
        DraftCommand::Consent { draft, block } => {
            let (seen, block) = (current(app, region, draft).await?.version, BlockCode::new(&block)?);
            ensure!(scope.covers(Some(&block)), "block {block} has another lead: consent to your own blocks");
            let consent = drafts::consent(app, region, draft, seen, &block, actor).await?;
            println!("{} consents for {} at {}", consent.name, consent.block, consent.at.to_rfc3339());
        }
        DraftCommand::Shadow { draft } => out(draft, Out::Shadow).await?,
        DraftCommand::Canary { draft, percent: share, min_sample, max_extra_faults, max_extra_redirects } => {
            let guard = Guard { min_sample, max_extra_faults, max_extra_redirects };
            out(draft, Out::Canary { percent: percent(share)?, guard }).await?;
        }
        DraftCommand::Withdraw { draft } => {
            let seen = current(app, region, draft).await?.version;
            rollout::withdraw(app, region, draft, seen, actor).await?;
            told(&current(app, region, draft).await?);
        }
        DraftCommand::Activate { draft } => {
            let seen = current(app, region, draft).await?.version;
            println!("active ruleset {}", rollout::activate(app, region, draft, seen, actor).await?);
        }
        DraftCommand::Delete { draft } => {
            let seen = current(app, region, draft).await?.version;
            drafts::delete(app, region, draft, seen, actor).await?;
            println!("draft {draft} is deleted");
        }
    }
    Ok(())
}

fn print_lines(lines: Vec<String>) {
    if lines.is_empty() {
        println!("no difference");
    }
    lines.iter().for_each(|line| println!("{line}"));
}

pub(crate) async fn ruleset(host: &HostArgs, args: RulesetArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let done = ruleset_command(&app, &region(&args.region)?, &args.by, args.command).await;
    app.store.close().await;
    done
}

impl RulesetCommand {
    /// What one must be allowed to do; none for what changes nothing.
    fn action(&self) -> Option<Action> {
        match self {
            Self::History | Self::Diff { .. } | Self::Compare => None,
            Self::Rollback { .. } => Some(Action::RollBackRules),
            Self::Consent { .. } => Some(Action::SetRulesPolicy),
        }
    }
}

async fn ruleset_command(app: &App, region: &RegionCode, by: &AsArgs, command: RulesetCommand) -> anyhow::Result<()> {
    const PAGE: i64 = 200;
    let actor = &by.may(app, region, command.action()).await?.actor;
    match command {
        RulesetCommand::History => {
            app.region(region).await?;
            for a in app.store.activations(region, PAGE).await? {
                let how = if a.rollback { "rolled back to" } else { "activated" };
                let (who, why) = (a.actor.unwrap_or_default(), a.reason.unwrap_or_default());
                println!("{}  {how:<14} {}  {who}  {why}", a.at.to_rfc3339(), a.ruleset);
            }
            println!();
            for event in app.store.rules_events(region, PAGE).await? {
                let draft = event.draft.map(|d| d.to_string()).unwrap_or_default();
                let (who, why) = (event.actor.unwrap_or_else(|| "host".into()), event.reason.unwrap_or_default());
                println!("{}  {:<11} {draft}  {who}  {why}", event.at.to_rfc3339(), event.kind);
            }
        }
        RulesetCommand::Diff { from, to, language } => {
            let to = match to {
                Some(to) => to,
                None => app.region(region).await?.ruleset.context("the region has no active ruleset")?,
            };
            let (from, to) = (app.rules.ruleset(&from).await?, app.rules.ruleset(&to).await?);
            let language = said(app, region, language.as_deref()).await?;
            print_lines(drafts::difference(app, region, &from, &to, language).await?);
        }
        RulesetCommand::Rollback { to, reason } => {
            println!("active ruleset {}", rollout::rollback(app, region, to, &reason, actor).await?);
        }
        RulesetCommand::Compare => match rollout::compare(app, region).await? {
            Some(comparison) => println!("{}", serde_json::to_string_pretty(&comparison)?),
            None => println!("nothing is out beside the active ruleset"),
        },
        RulesetCommand::Consent { blocks } => {
            let mut policy = app.store.rules_policy(region).await?;
            policy.consent = blocks.iter().map(|b| BlockCode::new(b)).collect::<Result<_, _>>()?;
            drafts::set_policy(app, region, &policy, actor).await?;
            println!("{} blocks need a consent", policy.consent.len());
        }
    }
    Ok(())
}
