//! `cargo xtask bench`: benchmarks are binaries `bench-<name>` of the package `veche-tests`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::run::{binary, build, cargo, exit_code, step, target_dir};

const PACKAGE: &str = "veche-tests";
const PREFIX: &str = "bench-";

/// Runs the named benchmarks, all if none is named, each with `args`.
pub(crate) fn run(root: &Path, names: &[String], args: &[OsString]) -> anyhow::Result<ExitCode> {
    let known = benchmarks(root)?;
    ensure!(!known.is_empty(), "{PACKAGE} has no binary `{PREFIX}<name>` yet: there is nothing to measure");
    let unknown: Vec<_> = names.iter().filter(|name| !known.contains(name)).map(String::as_str).collect();
    ensure!(unknown.is_empty(), "no benchmark `{}`: there are {}", unknown.join("`, `"), known.join(", "));

    step("plug-ins", || crate::plugins::build(root))?;
    step("styles and scripts of the pages", || crate::node::assets(root))?;
    let wanted: Vec<String> = if names.is_empty() { known } else { names.to_vec() };
    if wanted.iter().any(|name| name == "languages") {
        step("plug-ins in JavaScript and Python", || crate::languages::build(root))?;
    }
    if wanted.iter().any(|name| name == "pages") {
        step("browser", crate::browser::install)?;
    }
    // Benchmarks drive the built host, too.
    let mut select = vec!["--bin".to_owned(), "veche".to_owned()];
    select.extend(wanted.iter().flat_map(|name| ["--bin".to_owned(), format!("{PREFIX}{name}")]));
    let select: Vec<&str> = select.iter().map(String::as_str).collect();
    step("veche and benchmarks", || build(root, &select, true))?;
    for name in &wanted {
        let binary = binary(root, &format!("{PREFIX}{name}"), true);
        let peers = match name.as_str() {
            "sandbox" => step("other engines", || peers(root))?,
            "categorizer" => vec![("VECHE_BENCH_PYTHON", step("scikit-learn", || crate::python::install(root))?)],
            _ => Vec::new(),
        };
        let status = Command::new(&binary)
            .args(args)
            .envs(peers)
            .current_dir(root)
            .status()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        if !status.success() {
            eprintln!("error: benchmark `{name}` failed ({status})");
            return Ok(exit_code(status).into());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where `benches/peers` is; a workspace of its own that nothing else builds.
const PEERS: &str = "benches/peers";

/// Builds the engines that the sandbox is compared with; the environment in which the benchmark finds them.
fn peers(root: &Path) -> anyhow::Result<Vec<(&'static str, PathBuf)>> {
    let target = target_dir(root).join("peers");
    let build = |package: &str, more: &[&str]| -> anyhow::Result<()> {
        let mut build = cargo(&root.join(PEERS));
        build
            .args(["build", "--locked", "--release", "--package", package])
            .args(more)
            .env("CARGO_TARGET_DIR", &target);
        let status = build.status().context("cannot start cargo")?;
        ensure!(status.success(), "`{package}` of {PEERS} does not build: see the messages above");
        Ok(())
    };
    build("peers", &[])?;
    build("extism-guest", &["--target", crate::plugins::TARGET])?;
    let guest = target.join(crate::plugins::TARGET).join("release/extism_guest.wasm");
    Ok(vec![("VECHE_BENCH_PEERS", target.join("release/peers")), ("VECHE_EXTISM_GUEST", guest)])
}

fn benchmarks(root: &Path) -> anyhow::Result<Vec<String>> {
    let output =
        cargo(root).args(["metadata", "--format-version", "1", "--no-deps"]).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    Ok(list(&metadata, "packages")
        .filter(|package| package.get("name").and_then(Value::as_str) == Some(PACKAGE))
        .flat_map(|package| list(package, "targets"))
        .filter(|target| list(target, "kind").any(|kind| kind == "bin"))
        .filter_map(|target| target.get("name")?.as_str()?.strip_prefix(PREFIX))
        .map(str::to_owned)
        .collect())
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}
