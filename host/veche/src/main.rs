//! The binary: `veche serve`, `veche demo`, imports, evaluation, replay, plug-in inspection.

mod backtest;
mod commands;
mod demo;
mod output;
mod parts;
mod rules;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use veche_app::{App, Config};
use veche_domain::code::RegionCode;

/// Fewer page faults on many small allocations than the system allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Citizens' appeals, categorised, routed and dated by sandboxed plug-ins.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    host: HostArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Clone)]
struct HostArgs {
    /// Database: a path of an SQLite file, or `postgres://…`.
    #[arg(long, global = true, env = "VECHE_DATABASE", default_value = "veche.db")]
    database: String,
    /// Folder for compiled plug-ins.
    #[arg(long, global = true, env = "VECHE_CACHE", default_value = ".veche/cache")]
    cache: PathBuf,
    /// Folder with plug-in components, for region folders that name them.
    #[arg(long, global = true, env = "VECHE_PLUGINS", default_value = "target/plugins")]
    plugins: PathBuf,
    /// Sandbox threads; one a core if missing.
    #[arg(long, global = true, env = "VECHE_THREADS")]
    threads: Option<usize>,
    /// Log as JSON lines.
    #[arg(long, global = true, env = "VECHE_LOG_JSON")]
    log_json: bool,
}

impl HostArgs {
    async fn start(&self) -> anyhow::Result<App> {
        let config = Config { database: self.database.clone(), cache: Some(self.cache.clone()), threads: self.threads };
        Ok(App::start(&config).await?)
    }
}

#[derive(Subcommand)]
enum Command {
    /// Serve the REST API and route what waits.
    Serve(commands::ServeArgs),
    /// Load the sample region with its appeals and serve it.
    Demo(demo::DemoArgs),
    /// Regions.
    #[command(subcommand)]
    Region(RegionCommand),
    /// Drafts of rulesets: make, edit, check, send out, activate.
    Draft(rules::DraftArgs),
    /// Rulesets: history, difference, rollback, comparison of what is out.
    Ruleset(rules::RulesetArgs),
    /// Releases of plug-ins: upload, list, yank, delete, trusted publishers.
    Release(parts::ReleaseArgs),
    /// Datasets: upload versions, list them.
    Dataset(parts::DatasetArgs),
    /// Try a draft against the active ruleset on stored history; no appeal is touched.
    Backtest(backtest::BacktestArgs),
    /// Appeals.
    #[command(subcommand)]
    Appeals(AppealsCommand),
    /// Run stored decisions again and compare output and fuel bit for bit.
    Replay(commands::ReplayArgs),
    /// Plug-ins.
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Print the OpenAPI description.
    Openapi,
}

#[derive(Subcommand)]
enum RegionCommand {
    /// Load a region's folder: dictionaries, ruleset, datasets.
    Load {
        /// Folder with `region.toml`, `blocks.csv`, `categories.csv`, `bodies.csv`, `municipalities.csv`, `ruleset.toml`.
        folder: PathBuf,
    },
    /// Make a region's folder from its labelled history.
    Bootstrap(commands::BootstrapArgs),
}

#[derive(Subcommand)]
enum AppealsCommand {
    /// Import a file (CSV, XLSX, gz) through the whole pipeline. Safe to repeat.
    Import(commands::ImportArgs),
    /// Run the rules on labelled appeals without storing them, and compare.
    Evaluate(commands::EvaluateArgs),
}

#[derive(Subcommand)]
enum PluginCommand {
    /// Say what a component is: kinds, permissions, contract, metadata, settings.
    Inspect {
        /// Component.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log(cli.host.log_json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the async runtime cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start_log(json: bool) {
    use tracing_subscriber::EnvFilter;
    let filter =
        EnvFilter::try_from_env("VECHE_LOG").unwrap_or_else(|_| EnvFilter::new("warn,veche=info,veche_app=info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json { log.json().init() } else { log.compact().init() }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let host = cli.host;
    match cli.command {
        Command::Serve(args) => commands::serve(&host, args).await,
        Command::Demo(args) => demo::run(&host, args).await,
        Command::Region(RegionCommand::Load { folder }) => commands::load_region(&host, &folder).await,
        Command::Region(RegionCommand::Bootstrap(args)) => commands::bootstrap(args).await,
        Command::Draft(args) => rules::draft(&host, args).await,
        Command::Ruleset(args) => rules::ruleset(&host, args).await,
        Command::Release(args) => parts::release(&host, args).await,
        Command::Dataset(args) => parts::dataset(&host, args).await,
        Command::Backtest(args) => backtest::run(&host, args).await,
        Command::Appeals(AppealsCommand::Import(args)) => commands::import(&host, args).await,
        Command::Appeals(AppealsCommand::Evaluate(args)) => commands::evaluate(&host, args).await,
        Command::Replay(args) => commands::replay(&host, args).await,
        Command::Plugin(PluginCommand::Inspect { file, json }) => commands::inspect(&file, json),
        Command::Openapi => {
            println!("{}", serde_json::to_string_pretty(&veche_web::openapi())?);
            Ok(())
        }
    }
}

fn region(code: &str) -> anyhow::Result<RegionCode> {
    Ok(RegionCode::new(code)?)
}
