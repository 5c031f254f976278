//! `veche plugin …`: what an author does with a plug-in, without a server; and what an administrator sees of it on one.

mod golden;
mod inspect;
mod look_over;
mod print;
mod project;
mod release;
mod try_out;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use veche_app::sandbox::{Engine, EngineConfig};
use veche_app::toolchain::project::Project;
use veche_app::toolchain::workbench::Workbench;

use crate::{HostArgs, quarantine};

#[derive(Subcommand)]
pub(crate) enum PluginCommand {
    /// Make a project that builds, tests and passes at once.
    New(project::NewArgs),
    /// Build the project into dist/<name>.wasm.
    Build(ProjectArgs),
    /// Run the golden cases in the host's own sandbox.
    Test(golden::TestArgs),
    /// Run one appeal, from a file or the standard input: result, reasons, log, fuel, memory.
    Run(try_out::RunArgs),
    /// Look it over before it is published: contract, permissions, metadata, size, settings, determinism, head-room under the limits.
    Check(look_over::CheckArgs),
    /// Measure the calls of the cases.
    Bench(look_over::BenchArgs),
    /// Make a publisher's pair of keys.
    Key(release::KeyArgs),
    /// Sign the component.
    Sign(release::SignArgs),
    /// Upload the component, with its signature, to a host.
    Publish(release::PublishArgs),
    /// Try a draft on the masked history of a host.
    Backtest(release::BacktestArgs),
    /// Push the component to an OCI registry.
    Push(release::PushArgs),
    /// Pull a component from an OCI registry.
    Pull(release::PullArgs),
    /// Say what a component is: kinds, permissions, contract, metadata, settings.
    Inspect(inspect::InspectArgs),
    /// Show which bindings are in quarantine, and why.
    Quarantine(quarantine::OfRegion),
    /// Let a binding in again before its trial.
    Release(quarantine::ReleaseArgs),
    /// Show what went wrong in calls: where, on which appeal, the last log lines (masked), what to do.
    Faults(quarantine::FaultsArgs),
}

/// The project that a command is about.
#[derive(Args)]
pub(crate) struct ProjectArgs {
    /// Folder of the project.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

/// A project, or a component that was built elsewhere.
#[derive(Args)]
pub(crate) struct ComponentArgs {
    /// Folder of the project.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Component; dist/<name>.wasm of the project if missing.
    #[arg(long)]
    component: Option<PathBuf>,
}

impl ComponentArgs {
    fn path(&self) -> anyhow::Result<PathBuf> {
        if let Some(path) = &self.component {
            return Ok(path.clone());
        }
        let path = Project::open(&self.dir)?.component();
        anyhow::ensure!(path.is_file(), "{} is missing: build it with `veche plugin build`", path.display());
        Ok(path)
    }

    fn workbench(&self, host: &HostArgs, cache: bool) -> anyhow::Result<Workbench> {
        let inspections = cache.then_some(host.cache.as_path());
        Ok(Workbench::open(engine(host, cache)?, &self.path()?, inspections)?)
    }
}

/// The engine of the host, with compilers of its own; with the cache, an equal binding is compiled once.
fn engine(host: &HostArgs, cache: bool) -> anyhow::Result<Engine> {
    let config = EngineConfig {
        instances: 8,
        cache: cache.then(|| host.cache.clone()),
        compiler: Some(crate::this_program()?),
        ceiling: host.ceiling(),
        ..EngineConfig::default()
    };
    Ok(Engine::new(&config)?)
}

pub(crate) async fn run(host: &HostArgs, command: PluginCommand) -> anyhow::Result<()> {
    match command {
        PluginCommand::New(args) => project::new(&args),
        PluginCommand::Build(args) => project::build(&args),
        PluginCommand::Test(args) => golden::test(host, &args),
        PluginCommand::Run(args) => try_out::run(host, &args),
        PluginCommand::Check(args) => look_over::run(host, &args),
        PluginCommand::Bench(args) => look_over::bench(host, &args),
        PluginCommand::Key(args) => release::key(&args),
        PluginCommand::Sign(args) => release::sign(&args),
        PluginCommand::Publish(args) => release::publish(&args).await,
        PluginCommand::Backtest(args) => release::try_on_history(&args).await,
        PluginCommand::Push(args) => release::push(&args).await,
        PluginCommand::Pull(args) => release::pull(&args).await,
        PluginCommand::Inspect(args) => inspect::run(host, &args),
        PluginCommand::Quarantine(args) => quarantine::list(host, args).await,
        PluginCommand::Release(args) => quarantine::release(host, args).await,
        PluginCommand::Faults(args) => quarantine::faults(host, args).await,
    }
}
