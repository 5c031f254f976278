//! `veche export …`: what can be written, writing a file here and now, files that were written before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::pin;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use veche_app::App;
use veche_app::exports::jobs::{self, Asking, NewExport};
use veche_app::exports::{files, formats};
use veche_app::store::ExportJob;
use veche_domain::access::{Actor, Scope};
use veche_domain::code::RegionCode;
use veche_domain::lifecycle::JobState;

use crate::indicators::PeriodArgs;
use crate::{HostArgs, output, region};

#[derive(Args)]
pub(crate) struct ExportArgs {
    /// Region.
    #[arg(long)]
    region: String,
    /// Name that is kept with what is done.
    #[arg(long = "as", env = "VECHE_ACTOR", default_value = "cli")]
    actor: String,
    #[command(subcommand)]
    command: ExportCommand,
}

#[derive(Subcommand)]
enum ExportCommand {
    /// List what the region's exporters can write.
    Formats,
    /// Write a file now, with progress.
    Write {
        /// Format.
        format: String,
        /// File or folder to write to; here if missing.
        #[arg(long, short)]
        output: Option<PathBuf>,
        /// Binding of the exporter, where several have the format.
        #[arg(long)]
        binding: Option<String>,
        #[command(flatten)]
        period: PeriodArgs,
        /// `ru` or `en`; the region's own if missing.
        #[arg(long)]
        language: Option<String>,
        /// Choice, `NAME=VALUE`.
        #[arg(long, value_parser = option)]
        option: Vec<(String, String)>,
    },
    /// List exports, newest first.
    List,
    /// Fetch the file of an export.
    Fetch {
        /// Export.
        id: Uuid,
        /// File or folder to write to; here if missing.
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Cancel an export that is not over.
    Cancel {
        /// Export.
        id: Uuid,
    },
}

fn option(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(crate) async fn run(host: &HostArgs, args: ExportArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let region = region(&args.region)?;
    let done = command(&app, &region, &Actor::named(&args.actor), args.command).await;
    app.store.close().await;
    done
}

async fn command(app: &App, region: &RegionCode, actor: &Actor, command: ExportCommand) -> anyhow::Result<()> {
    app.region(region).await?;
    match command {
        ExportCommand::Formats => {
            for exporter in formats::of(app, region).await? {
                for format in &exporter.formats {
                    let title = format.title.get("ru").or_else(|| format.title.values().next());
                    let personal = if exporter.personal { ", with applicants' data" } else { "" };
                    let title = title.map_or("", String::as_str);
                    println!("{:<12} {:<24} {title}{personal}", exporter.binding.as_str(), format.id);
                }
                if let Some(fault) = &exporter.fault {
                    println!("{:<12} {fault}", exporter.binding.as_str());
                }
            }
        }
        ExportCommand::Write { format, output, binding, period, language, option } => {
            let options: BTreeMap<String, String> = option.into_iter().collect();
            let new = NewExport { binding, format, period: period.wanted()?, language, options };
            let asking = Asking { actor, scope: Scope::Region, personal: true };
            let job = jobs::request(app, region, new, &asking).await?;
            let job = watch(app, region, job.id).await?;
            job.notes.iter().for_each(|note| println!("  {note}"));
            match job.state {
                JobState::Done => save(app, &job, output.as_deref(), actor).await?,
                state => bail!("the export is {state}: {}", job.fault.unwrap_or_default()),
            }
        }
        ExportCommand::List => {
            for job in jobs::list(app, region, &Scope::Region, 200).await? {
                let file = if job.available { "" } else { ", no file" };
                println!(
                    "{}  {:<10} {:<24} {:<12} {:>9} rows {:>12} bytes  {}{file}",
                    job.id,
                    job.state,
                    job.format,
                    job.period.label(),
                    job.done,
                    job.size,
                    job.requested_by
                );
                if let Some(fault) = &job.fault {
                    println!("  {fault}");
                }
            }
        }
        ExportCommand::Fetch { id, output } => {
            let job = jobs::find(app, region, id, &Scope::Region).await?;
            save(app, &job, output.as_deref(), actor).await?;
        }
        ExportCommand::Cancel { id } => {
            jobs::cancel(app, region, id, &Scope::Region, actor).await?;
            println!("{id} is cancelled");
        }
    }
    Ok(())
}

/// Writes the export here, with a progress bar; Ctrl-C stops it, and it begins anew when it is claimed again.
async fn watch(app: &App, region: &RegionCode, id: Uuid) -> anyhow::Result<ExportJob> {
    let stop = CancellationToken::new();
    let stopper = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stopper.cancel();
        }
    });
    let bar = output::progress_bar();
    let progress = |job: &ExportJob| {
        bar.set_length(job.total);
        bar.set_position(job.done);
        bar.set_message(format!("{} rows", job.done));
    };
    let ran = jobs::run_next(app, Some(id), &stop, &progress).await;
    bar.finish_and_clear();
    match ran? {
        Some(job) => Ok(job),
        None => Ok(jobs::find(app, region, id, &Scope::Region).await?),
    }
}

/// Writes beside the place first: a file of that name is whole.
async fn save(app: &App, job: &ExportJob, output: Option<&Path>, actor: &Actor) -> anyhow::Result<()> {
    files::check(job)?;
    files::log(app, job, actor).await?;
    let path = match output {
        Some(path) if path.is_dir() => path.join(&job.file_name),
        Some(path) => path.to_owned(),
        None => PathBuf::from(&job.file_name),
    };
    let unwritable = || format!("{} cannot be written", path.display());
    let part = path.with_extension("part");
    let mut file = tokio::fs::File::create(&part).await.with_context(unwritable)?;
    let mut bytes = pin!(files::bytes(app, job));
    while let Some(piece) = bytes.next().await {
        file.write_all(&piece?).await.with_context(unwritable)?;
    }
    file.sync_all().await.with_context(unwritable)?;
    tokio::fs::rename(&part, &path).await.with_context(unwritable)?;
    let digest = job.digest.map(|digest| digest.to_string()).unwrap_or_default();
    println!("{}  {} rows, {} bytes, {digest}", path.display(), job.done, job.size);
    Ok(())
}
