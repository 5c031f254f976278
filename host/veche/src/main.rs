//! The binary: `veche serve`, `veche demo`, imports, evaluation, replay, plug-in inspection.

mod accounts;
mod actor;
mod backtest;
mod commands;
mod demo;
mod demo_people;
mod exports;
mod indicators;
mod keys;
mod oidc;
mod output;
mod parts;
mod plugin;
mod quarantine;
mod ratings;
mod rules;
mod train;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand};
use veche_app::exports::ExportRules;
use veche_app::sandbox::{COMPILER_COMMAND, run_compiler};
use veche_app::shadow::SHADOW_DAYS;
use veche_app::store::Vault;
use veche_app::{App, Config};
use veche_domain::code::RegionCode;
use veche_domain::limits::{LimitKind, Limits, LimitsClass};

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
    /// The most that a binding may ask for of one limit, `NAME=VALUE`; the class `large` where nothing is given.
    #[arg(long, global = true, env = "VECHE_CEILING", value_delimiter = ',', value_parser = ceiling)]
    ceiling: Vec<(LimitKind, u64)>,
    /// File with the keys of applicants' data, the current one first; or give them in VECHE_DATA_KEY.
    #[arg(long, global = true, env = "VECHE_DATA_KEY_FILE")]
    data_key_file: Option<PathBuf>,
    /// Keep applicants' data as they are, without a key.
    #[arg(long, global = true)]
    plaintext_personal_data: bool,
    #[command(flatten)]
    quarantine: quarantine::QuarantineArgs,
    /// Days for which shadow decisions are kept; 0 for ever.
    #[arg(long, global = true, env = "VECHE_SHADOW_DAYS", default_value_t = SHADOW_DAYS)]
    shadow_days: u32,
    /// Most MiB of one exported file.
    #[arg(long, global = true, env = "VECHE_EXPORT_QUOTA_MIB", default_value_t = 2048)]
    export_quota_mib: u64,
    /// Days for which an exported file is kept.
    #[arg(long, global = true, env = "VECHE_EXPORT_KEEP_DAYS", default_value_t = 30)]
    export_keep_days: u32,
    /// Log as JSON lines.
    #[arg(long, global = true, env = "VECHE_LOG_JSON")]
    log_json: bool,
}

impl HostArgs {
    async fn start(&self) -> anyhow::Result<App> {
        let config = Config {
            database: self.database.clone(),
            cache: Some(self.cache.clone()),
            threads: self.threads,
            compiler: Some(this_program()?),
            ceiling: self.ceiling(),
            vault: self.vault()?,
            quarantine: self.quarantine.rules(),
            shadow_days: self.shadow_days,
            exports: ExportRules { quota: self.export_quota_mib << 20, keep_days: self.export_keep_days },
        };
        Ok(App::start(&config).await?)
    }

    /// The most that any binding may ask for.
    fn ceiling(&self) -> Limits {
        let mut ceiling = Limits::of(LimitsClass::Large);
        for (kind, value) in &self.ceiling {
            ceiling.set(*kind, *value);
        }
        ceiling
    }

    /// What opens applicants' data: the keys of the file or the environment. With neither it stays closed.
    fn vault(&self) -> anyhow::Result<Vault> {
        let (text, source) = match (&self.data_key_file, std::env::var("VECHE_DATA_KEY")) {
            (Some(path), _) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
                (text, path.display().to_string())
            }
            (None, Ok(text)) if !text.is_empty() => (text, "VECHE_DATA_KEY".to_owned()),
            _ if self.plaintext_personal_data => return Ok(Vault::plain()),
            _ => return Ok(Vault::default()),
        };
        if self.plaintext_personal_data {
            bail!("{source} gives a key and --plaintext-personal-data wants none: leave one of them out");
        }
        Vault::with_keys(&text).with_context(|| source)
    }
}

/// This program, to be started again as a compiler.
fn this_program() -> anyhow::Result<PathBuf> {
    std::env::current_exe().context("this program does not know its own path, so it cannot start compilers")
}

/// Reads the name of a class of limits.
fn class(text: &str) -> Result<LimitsClass, String> {
    LimitsClass::ALL
        .iter()
        .copied()
        .find(|class| class.as_str() == text)
        .ok_or_else(|| "choose standard or large".into())
}

/// Reads `NAME=VALUE`.
fn ceiling(text: &str) -> Result<(LimitKind, u64), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE, for example fuel=8000000000")?;
    let kind = LimitKind::try_from(name.to_owned())?;
    if kind.is_engine_wide() {
        return Err(format!("`{kind}` holds for the whole engine and is not set here"));
    }
    Ok((kind, value.parse().map_err(|e| format!("{value:?} is no whole number: {e}"))?))
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
    /// Make a model for `categorizer-linear` of a region's labelled past.
    Train(train::TrainArgs),
    /// Try a draft against the active ruleset on stored history; no appeal is touched.
    Backtest(backtest::BacktestArgs),
    /// Ratings of bodies and workload of blocks.
    Rating(ratings::RatingArgs),
    /// Exports: formats, writing files, files that were written.
    Export(exports::ExportArgs),
    /// Indicators: measure, show, sets, values, targets, passports.
    Indicator(indicators::IndicatorArgs),
    /// Appeals.
    #[command(subcommand)]
    Appeals(AppealsCommand),
    /// Run stored decisions again and compare output and fuel bit for bit.
    Replay(commands::ReplayArgs),
    /// Plug-ins: make a project, build, test, check, try, sign, publish; quarantine and faults on this host.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Accounts of people.
    #[command(subcommand)]
    Account(accounts::AccountCommand),
    /// API tokens of programs.
    #[command(subcommand)]
    Token(accounts::TokenCommand),
    /// The log.
    #[command(subcommand)]
    Audit(accounts::AuditCommand),
    /// Keys of applicants' data.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Print who may do what, as in docs/roles.md.
    Roles,
    /// Print the OpenAPI description.
    Openapi,
    /// Compile a component from standard input to standard output, within bounds. The host starts this itself.
    #[command(name = COMPILER_COMMAND, hide = true)]
    CompileComponent {
        /// Address space, bytes.
        memory: u64,
        /// Processor time, seconds.
        cpu_seconds: u64,
    },
}

#[derive(Subcommand)]
enum RegionCommand {
    /// Load a region's folder: dictionaries, ruleset, datasets.
    Load {
        /// Folder with `region.toml`, `blocks.csv`, `categories.csv`, `bodies.csv`, `municipalities.csv`, `ruleset.toml`.
        folder: PathBuf,
    },
    /// List the regions with their active rulesets.
    List,
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

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::CompileComponent { memory, cpu_seconds } = cli.command {
        return run_compiler(memory, cpu_seconds);
    }
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
    // Colours are for people: a file or a log collector gets plain text.
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    if json { log.json().init() } else { log.compact().init() }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let host = cli.host;
    match cli.command {
        Command::Serve(args) => commands::serve(&host, args).await,
        Command::Demo(args) => demo::run(&host, args).await,
        Command::Region(RegionCommand::Load { folder }) => commands::load_region(&host, &folder).await,
        Command::Region(RegionCommand::List) => commands::list_regions(&host).await,
        Command::Region(RegionCommand::Bootstrap(args)) => commands::bootstrap(args).await,
        Command::Draft(args) => rules::draft(&host, args).await,
        Command::Ruleset(args) => rules::ruleset(&host, args).await,
        Command::Release(args) => parts::release(&host, args).await,
        Command::Dataset(args) => parts::dataset(&host, args).await,
        Command::Train(args) => train::run(&host, args).await,
        Command::Backtest(args) => backtest::run(&host, args).await,
        Command::Rating(args) => ratings::run(&host, args).await,
        Command::Export(args) => exports::run(&host, args).await,
        Command::Indicator(args) => indicators::run(&host, args).await,
        Command::Appeals(AppealsCommand::Import(args)) => commands::import(&host, args).await,
        Command::Appeals(AppealsCommand::Evaluate(args)) => commands::evaluate(&host, args).await,
        Command::Replay(args) => commands::replay(&host, args).await,
        Command::Plugin(command) => plugin::run(&host, command).await,
        // Served before the runtime starts.
        Command::CompileComponent { .. } => Ok(()),
        Command::Account(command) => accounts::account(&host, command).await,
        Command::Token(command) => accounts::token(&host, command).await,
        Command::Audit(command) => accounts::log(&host, command).await,
        Command::Keys(command) => keys::run(&host, command).await,
        Command::Roles => {
            print!("{}", veche_web::roles_page());
            Ok(())
        }
        Command::Openapi => {
            println!("{}", serde_json::to_string_pretty(&veche_web::openapi())?);
            Ok(())
        }
    }
}

fn region(code: &str) -> anyhow::Result<RegionCode> {
    Ok(RegionCode::new(code)?)
}
