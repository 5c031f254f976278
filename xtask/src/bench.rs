//! `cargo xtask bench`: benchmarks are binaries `bench-<name>` of the package `veche-tests`.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::run::{build_binary, cargo, exit_code, step};

const PACKAGE: &str = "veche-tests";
const PREFIX: &str = "bench-";

/// Runs the named benchmarks, all if none is named, each with `args`.
pub(crate) fn run(root: &Path, names: &[String], args: &[OsString]) -> anyhow::Result<ExitCode> {
    let known = benchmarks(root)?;
    ensure!(!known.is_empty(), "{PACKAGE} has no binary `{PREFIX}<name>` yet: there is nothing to measure");
    let unknown: Vec<_> = names.iter().filter(|name| !known.contains(name)).map(String::as_str).collect();
    ensure!(unknown.is_empty(), "no benchmark `{}`: there are {}", unknown.join("`, `"), known.join(", "));

    step("plug-ins", || crate::plugins::build(root))?;
    // Benchmarks drive the built host, too.
    step("veche", || build_binary(root, "veche", true))?;
    for name in if names.is_empty() { &known } else { names } {
        let binary = step(&format!("build {name}"), || build_binary(root, &format!("{PREFIX}{name}"), true))?;
        let status = Command::new(&binary)
            .args(args)
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
