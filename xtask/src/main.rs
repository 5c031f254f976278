//! Every chore of the project: `cargo xtask demo`, `test`, `plugins`, `assets`, `wit`, `docs`, `fuzz`, `bench`.

mod apt;
mod bench;
mod browser;
mod demo;
mod docs;
mod fuzz;
mod languages;
mod node;
mod plugins;
mod postgres;
mod python;
mod registry;
mod run;
mod test;
mod wit;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the project")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Build everything, load the sample region and serve it.
    Demo(demo::Options),
    /// Set up what the tests need and run all of them.
    Test {
        /// Leave formatting and lints out.
        #[arg(long)]
        quick: bool,
        /// Passed to the test runner.
        #[arg(last = true)]
        args: Vec<OsString>,
    },
    /// Build the reference plug-ins into target/plugins, and those of the tests into target/guests.
    Plugins {
        /// Those in JavaScript and Python, too: needs Node.js and Python.
        #[arg(long)]
        languages: bool,
    },
    /// Bundle the styles and scripts of the pages into target/assets, which the host's build embeds.
    Assets,
    /// Hold the contract's promise to compiled plug-ins.
    #[command(subcommand)]
    Wit(wit::Task),
    /// Write docs/contract.md, the reference of the contract, from the WIT.
    Docs {
        /// Compare instead of writing.
        #[arg(long)]
        check: bool,
    },
    /// Throw random input at components, settings, answers and files for a while.
    Fuzz {
        /// Time for each target.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// A part of the names of the targets: `component`, `settings`, `result`, `csv`; all if none is given.
        target: Option<String>,
    },
    /// Run benchmarks (`pipeline`, `backtest`, `sandbox`, `languages`, `categorizer`); all if none is named.
    Bench {
        /// Which.
        names: Vec<String>,
        /// Passed to each.
        #[arg(last = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let root = root();
    let done = match Cli::parse().chore {
        Chore::Demo(options) => demo::run(&root, &options),
        Chore::Test { quick, args } => test::run(&root, quick, &args),
        Chore::Plugins { languages } => plugins::build(&root).and_then(|mut files| {
            if languages {
                files.extend(languages::build(&root)?);
            }
            files.iter().for_each(|file| println!("{}", file.display()));
            Ok(ExitCode::SUCCESS)
        }),
        Chore::Assets => node::assets(&root).map(|()| ExitCode::SUCCESS),
        Chore::Wit(task) => wit::run(&root, &task).map(|()| ExitCode::SUCCESS),
        Chore::Docs { check } => docs::run(&root, check).map(|()| ExitCode::SUCCESS),
        Chore::Fuzz { seconds, target } => fuzz::run(&root, seconds, target.as_deref()),
        Chore::Bench { names, args } => bench::run(&root, &names, &args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}
