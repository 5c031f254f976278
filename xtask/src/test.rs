//! `cargo xtask test`: all that a change must pass.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

use crate::postgres::Cluster;
use crate::run::{binary, build, cargo, exit_code, step, target_dir};

/// Names the PostgreSQL server for tests: the URL of a database in which they may say CREATE DATABASE.
const POSTGRES: &str = "VECHE_TEST_POSTGRES";
/// Names the host's binary for tests that run it as a process.
const BINARY: &str = "VECHE_TEST_BINARY";
/// Names the OCI registry's program for tests that push to one.
const REGISTRY: &str = "VECHE_TEST_REGISTRY";
/// Workspaces of their own: what they build for this machine must not mix with the host's build tree.
const APART: [&str; 3] = ["sdk/rust", "plugins", "guests"];

/// Runs every check. A failed one does not hide the next; the exit code is that of the first that failed.
///
/// The workspace's own tests come last, so that their summary ends the output.
///
/// # Errors
/// What the tests need (plug-ins, PostgreSQL) cannot be made.
pub(crate) fn run(root: &Path, quick: bool, args: &[OsString]) -> anyhow::Result<ExitCode> {
    step("contract", || crate::wit::run(root, &crate::wit::Task::Check))?;
    step("reference of the contract", || crate::docs::run(root, true))?;
    step("plug-ins", || crate::plugins::build(root))?;
    let registry = step("OCI registry", || crate::registry::install(root))?;
    step("packages of npm", || crate::node::install(root))?;
    step("plug-ins in JavaScript and Python", || crate::languages::build(root))?;
    step("styles and scripts of the pages", || crate::node::assets(root))?;
    step("browser", crate::browser::install)?;
    step("office", crate::browser::install_office)?;
    step("everything", || build(root, &["--all-targets"], false))?;
    let veche = binary(root, "veche", false);
    let (_cluster, url) = step("PostgreSQL", postgres)?;
    let mut failures = Failures::default();

    if quick {
        eprintln!("==> format and lints: left out, as --quick asks");
    } else {
        for folder in [".", "sdk/rust", "plugins", "guests", "benches/peers"] {
            let mut format = cargo(&root.join(folder));
            format.args(["fmt", "--all", "--check"]);
            failures.check(&format!("format of {folder}"), &mut format)?;
        }
        let lints = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
        failures.check("lints", cargo(root).args(lints))?;
        for folder in APART {
            failures.check(&format!("lints of {folder}"), apart(root, folder).args(lints))?;
        }
    }

    failures.note("types in JavaScript and Python", || crate::languages::check_types(root));
    for folder in APART {
        let mut tests = apart(root, folder);
        tests.args(["test", "--locked", "--quiet", "--workspace", "--no-fail-fast"]);
        failures.check(&format!("tests of {folder}"), &mut tests)?;
    }

    let mut examples = cargo(root);
    examples.args(["test", "--locked", "--quiet", "--workspace", "--doc", "--no-fail-fast"]);
    failures.check("examples in the documentation", examples.env(POSTGRES, &url))?;

    eprintln!("==> tests");
    let mut tests = runner(root);
    tests.args(args).env(POSTGRES, &url).env(BINARY, &veche).env(REGISTRY, &registry);
    let status = tests.status().context("cannot start cargo")?;
    if !status.success() {
        failures.0.push(("tests".to_owned(), exit_code(status)));
    }
    Ok(failures.report())
}

/// The PostgreSQL that the environment names, or one for this run alone.
fn postgres() -> anyhow::Result<(Option<Cluster>, String)> {
    match std::env::var(POSTGRES) {
        Ok(url) if !url.is_empty() => {
            eprintln!("    the one that {POSTGRES} names");
            Ok((None, url))
        }
        Ok(_) | Err(std::env::VarError::NotPresent) => {
            let cluster = Cluster::start()?;
            let url = cluster.url();
            Ok((Some(cluster), url))
        }
        Err(error) => bail!("{POSTGRES}: {error}"),
    }
}

fn apart(root: &Path, folder: &str) -> Command {
    let mut cargo = cargo(&root.join(folder));
    cargo.env("CARGO_TARGET_DIR", target_dir(root).join("plugins-native"));
    cargo
}

fn runner(root: &Path) -> Command {
    let nextest = cargo(root).args(["nextest", "--version"]).output().is_ok_and(|output| output.status.success());
    let mut runner = cargo(root);
    if nextest {
        runner.args(["nextest", "run", "--locked", "--workspace", "--no-fail-fast"]);
    } else {
        eprintln!("    cargo-nextest is not here: `cargo test` does the same, one binary after another");
        runner.args(["test", "--locked", "--workspace", "--all-targets", "--no-fail-fast"]);
    }
    runner
}

/// Steps that failed, with their exit codes.
#[derive(Default)]
struct Failures(Vec<(String, u8)>);

impl Failures {
    /// Runs a command as a step and remembers its failure.
    fn check(&mut self, title: &str, command: &mut Command) -> anyhow::Result<()> {
        let mut code = 0;
        let done = step(title, || {
            let status =
                command.status().with_context(|| format!("cannot start {}", command.get_program().display()))?;
            code = exit_code(status);
            anyhow::ensure!(status.success(), "{status}");
            Ok(())
        });
        match done {
            // A command that could not start is no failed check: what follows would tell nothing.
            Err(error) if code == 0 => Err(error),
            Err(_) => {
                self.0.push((title.to_owned(), code));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Does a step and remembers its failure.
    fn note(&mut self, title: &str, work: impl FnOnce() -> anyhow::Result<()>) {
        if let Err(error) = step(title, work) {
            eprintln!("    {error:#}");
            self.0.push((title.to_owned(), 1));
        }
    }

    fn report(&self) -> ExitCode {
        let Some((_, code)) = self.0.first() else { return ExitCode::SUCCESS };
        let titles: Vec<_> = self.0.iter().map(|(title, _)| title.as_str()).collect();
        eprintln!("error: failed: {}; see above", titles.join(", "));
        ExitCode::from(*code)
    }
}
