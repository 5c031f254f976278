//! The commands, one function each.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use veche_app::bootstrap::{Collector, in_sample};
use veche_app::bulk::{self, Imported};
use veche_app::evaluate::{Evaluation, Known};
use veche_app::files::Profile;
use veche_app::oidc::Provider;
use veche_app::{App, regions};
use veche_domain::access::Actor;
use veche_domain::code::RegionCode;
use veche_domain::dictionary::Region;
use veche_web::{Token, WebConfig};

use crate::oidc::{self, OidcArgs};
use crate::{HostArgs, output, region};

#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Address to listen on.
    #[arg(long, env = "VECHE_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Token of the host's administrator until accounts exist, at least 16 characters. Better given by the environment than by the command line.
    #[arg(long, env = "VECHE_API_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Requests a second that one address may send; 0 for no limit.
    #[arg(long, env = "VECHE_RATE", default_value_t = 200)]
    pub(crate) rate: u32,
    #[command(flatten)]
    pub(crate) oidc: OidcArgs,
}

pub(crate) async fn serve(host: &HostArgs, args: ServeArgs) -> anyhow::Result<()> {
    if host.vault()?.is_closed() {
        bail!(
            "applicants' data have no key: `veche keys new > data.key`, then --data-key-file data.key (or VECHE_DATA_KEY); or \
             say --plaintext-personal-data"
        );
    }
    let provider = args.oidc.provider()?;
    let app = host.start().await?;
    if let Some(provider) = &provider {
        oidc::check(&app, provider).await?;
    }
    listen(app, args, provider).await
}

/// Serves until the process is told to stop, then ends what runs.
pub(crate) async fn listen(app: App, args: ServeArgs, oidc: Option<Provider>) -> anyhow::Result<()> {
    let token = args.token.as_deref().map(Token::new).transpose().map_err(anyhow::Error::msg)?;
    if token.is_none() {
        tracing::info!("no VECHE_API_TOKEN: accounts and their API tokens alone get in");
    } else if !app.store.accounts().await?.is_empty() {
        tracing::warn!("VECHE_API_TOKEN still opens everything though accounts exist: start without it");
    }
    let listener = tokio::net::TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("{} cannot be listened on: choose another with --listen", args.listen))?;
    app.warm_up().await?;
    let stop = CancellationToken::new();
    let worker = app.start_worker(stop.clone());
    let config =
        WebConfig { token, requests_per_second: Some(args.rate), oidc: oidc.map(Arc::new), stop: stop.clone() };
    let router = veche_web::router(app.clone(), config);
    tracing::info!(address = %listener.local_addr()?, "Veche serves; the API is described at /api/docs");
    let stopper = stop.clone();
    tokio::spawn(async move {
        wait_for_signal().await;
        tracing::info!("stopping: running requests end first");
        stopper.cancel();
    });
    veche_web::serve(listener, router, stop).await?;
    let _ = worker.await;
    app.store.close().await;
    Ok(())
}

async fn wait_for_signal() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}

pub(crate) async fn load_region(host: &HostArgs, folder: &Path) -> anyhow::Result<()> {
    let app = host.start().await?;
    let loaded = regions::load_folder(&app, folder, &host.plugins, &Actor::named("cli")).await?;
    println!(
        "region {}: {} blocks, {} categories, {} bodies, {} municipalities",
        loaded.region, loaded.blocks, loaded.categories, loaded.bodies, loaded.municipalities
    );
    match loaded.ruleset {
        Some(digest) => println!("active ruleset {digest} with {} bindings", loaded.bindings),
        None => println!("no ruleset.toml: the active ruleset stays"),
    }
    app.store.close().await;
    Ok(())
}

pub(crate) async fn list_regions(host: &HostArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    for row in app.store.regions().await? {
        let ruleset = row.ruleset.map_or_else(|| "no active ruleset".to_owned(), |digest| digest.to_string());
        println!("{:<20} {:<28} {:<20} {ruleset}", row.region.code, row.region.name, row.region.time_zone);
    }
    app.store.close().await;
    Ok(())
}

#[derive(Args)]
pub(crate) struct BootstrapArgs {
    /// Labelled history: CSV, XLSX, gz.
    file: PathBuf,
    /// Profile that maps its columns: a ready one (veche, spb, kursk, pos, incident, open311) or a TOML file.
    #[arg(long)]
    map: String,
    /// Folder to write.
    #[arg(long)]
    out: PathBuf,
    /// Code of the region.
    #[arg(long)]
    region: String,
    /// Name of the region.
    #[arg(long)]
    name: String,
    /// IANA time zone.
    #[arg(long, default_value = "Europe/Moscow")]
    time_zone: chrono_tz::Tz,
    /// Percentage of the rows to learn from, chosen by a fixed hash of the external id; evaluate with the rest.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100))]
    percent: u32,
}

pub(crate) async fn bootstrap(args: BootstrapArgs) -> anyhow::Result<()> {
    let profile = Profile::named_or_file(&args.map)?;
    let mut collector = Collector::default();
    let rejects = bulk::each_row(&args.file, &profile, None, args.time_zone, |row| {
        if row.appeal.external_id.as_deref().is_none_or(|id| in_sample(id, args.percent)) {
            collector.add(&row);
        }
    })
    .await?;
    let target = Region {
        code: region(&args.region)?,
        name: args.name,
        name_en: None,
        time_zone: args.time_zone,
        language: "ru".into(),
        calendar: "ru".into(),
    };
    let made = collector.write(&args.out, target)?;
    println!(
        "{}: {} rows; {} blocks, {} categories, {} bodies, {} municipalities, {} routes, {} keywords",
        args.out.display(),
        made.rows,
        made.blocks,
        made.categories,
        made.bodies,
        made.municipalities,
        made.routes,
        made.keywords
    );
    if !made.merged.is_empty() {
        println!(
            "put together into one block, for having fewer than three categories (clause 19): {}",
            made.merged.join(", ")
        );
    }
    if !rejects.is_empty() {
        println!("{} rows could not be read; the first: {}", rejects.len(), output::reject(rejects.first()));
    }
    Ok(())
}

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// File: CSV, XLSX, gz.
    pub(crate) file: PathBuf,
    /// Profile that maps its columns.
    #[arg(long)]
    pub(crate) map: String,
    /// Region.
    #[arg(long)]
    pub(crate) region: String,
    /// Where to write rows that cannot be taken; beside the file if missing.
    #[arg(long)]
    pub(crate) rejects: Option<PathBuf>,
}

pub(crate) async fn import(host: &HostArgs, args: ImportArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let started = std::time::Instant::now();
    let imported = import_file(&app, &region(&args.region)?, &args.file, &args.map, args.rejects).await?;
    app.store.close().await;
    output::imported(&imported, started.elapsed());
    if imported.rejected > 0 {
        bail!("{} rows were not taken; mend them and import the file again", imported.rejected);
    }
    Ok(())
}

pub(crate) async fn import_file(
    app: &App,
    region: &RegionCode,
    file: &Path,
    map: &str,
    rejects: Option<PathBuf>,
) -> anyhow::Result<Imported> {
    let profile = Profile::named_or_file(map)?;
    let rejects = rejects.unwrap_or_else(|| file.with_extension("rejects.csv"));
    let bar = output::progress_bar();
    let imported = bulk::import_file(
        &app.store,
        &app.rules,
        &app.threads,
        region,
        file,
        &profile,
        &rejects,
        &|rows, bytes, total| {
            if let Some(total) = total {
                bar.set_length(total);
            }
            bar.set_position(bytes);
            bar.set_message(format!("{rows} rows"));
        },
    )
    .await;
    bar.finish_and_clear();
    Ok(imported?)
}

#[derive(Args)]
pub(crate) struct EvaluateArgs {
    /// Labelled file.
    file: PathBuf,
    /// Profile that maps its columns.
    #[arg(long)]
    map: String,
    /// Region whose active rules are measured.
    #[arg(long)]
    region: String,
    /// Believe the category label and measure the routing alone.
    #[arg(long)]
    known_category: bool,
    /// Leave out the rows that `bootstrap --percent` of this number learned from.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=99))]
    skip_percent: u32,
    /// Write the whole evaluation as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

pub(crate) async fn evaluate(host: &HostArgs, args: EvaluateArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let known = if args.known_category { Known::Category } else { Known::Nothing };
    let evaluation =
        evaluate_file(&app, &region(&args.region)?, &args.file, &args.map, known, args.skip_percent).await?;
    output::evaluation(&evaluation);
    if let Some(path) = args.json {
        std::fs::write(&path, serde_json::to_vec_pretty(&evaluation)?)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

pub(crate) async fn evaluate_file(
    app: &App,
    region: &RegionCode,
    file: &Path,
    map: &str,
    known: Known,
    skip_percent: u32,
) -> anyhow::Result<Evaluation> {
    let profile = Profile::named_or_file(map)?;
    let rules = app
        .rules
        .active(region)
        .await?
        .with_context(|| format!("region {region} has no active ruleset: load one first"))?;
    let mut rows = Vec::new();
    let rejects = bulk::each_row(file, &profile, Some(rules.clone()), rules.zone(), |row| {
        let learned = row.appeal.external_id.as_deref().is_some_and(|id| in_sample(id, skip_percent));
        if !learned {
            rows.push(row);
        }
    })
    .await?;
    let mut evaluation = Evaluation::default();
    evaluation.rejected = rejects.len() as u64;
    let mut rows = rows.into_iter();
    loop {
        let batch: Vec<_> = rows.by_ref().take(1_024).collect();
        if batch.is_empty() {
            break;
        }
        evaluation.add(&app.threads, &rules, batch, known).await?;
    }
    evaluation.finish();
    Ok(evaluation)
}

#[derive(Args)]
pub(crate) struct ReplayArgs {
    /// Decision to run again.
    decision: Option<Uuid>,
    /// Run this many stored decisions of a region again, spread over its history.
    #[arg(long, requires = "region", conflicts_with = "decision")]
    sample: Option<i64>,
    /// Region of the sample.
    #[arg(long)]
    region: Option<String>,
}

pub(crate) async fn replay(host: &HostArgs, args: ReplayArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let ids = match (args.decision, args.sample, &args.region) {
        (Some(id), _, _) => vec![id],
        (None, Some(count), Some(code)) => app.store.sample_decisions(&region(code)?, count).await?,
        _ => bail!("name a decision, or give --sample and --region"),
    };
    let mut different = 0_u64;
    for id in &ids {
        let replay = app.replay(*id).await?;
        let same = replay.same_output && replay.same_fuel != Some(false);
        if !same || args.decision.is_some() {
            println!("{}", serde_json::to_string_pretty(&replay)?);
        }
        different += u64::from(!same);
    }
    println!("{} decisions replayed, {different} different", ids.len());
    if different > 0 {
        bail!("{different} decisions differ from what is stored");
    }
    Ok(())
}
