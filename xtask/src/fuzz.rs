//! `cargo xtask fuzz`: the fuzz targets of the tests, for longer than the tests give them.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::run::{cargo, exit_code};

/// Runs the targets whose names hold `target`, each for `seconds`, one after the other.
///
/// # Errors
/// Cargo cannot be started.
pub(crate) fn run(root: &Path, seconds: u64, target: Option<&str>) -> anyhow::Result<ExitCode> {
    let filter = target.map_or_else(|| "fuzz::".to_owned(), |target| format!("fuzz::{target}"));
    let status = cargo(root)
        .args(["test", "--locked", "--workspace", "--test", "e2e", "--", "--test-threads", "1", "--nocapture", &filter])
        .env("VECHE_FUZZ_SECONDS", seconds.to_string())
        .status()
        .context("cannot start cargo")?;
    Ok(exit_code(status).into())
}
