//! Packages of PyPI that benchmarks are compared with, in a virtual environment under `target/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::run::target_dir;

/// Oldest Python for which the packages exist.
const OLDEST: &str = "3.11";
const REQUIREMENTS: &str = "tests/independent/requirements.txt";
/// Which requirements the packages are of; written when all of them are there.
const STAMP: &str = ".installed";

/// Installs what is missing, or is of other requirements; the Python that has it.
///
/// # Errors
/// No Python, or packages that cannot be had.
pub(crate) fn install(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = target_dir(root).join("bench-python");
    let python = folder.join("bin/python");
    let requirements = root.join(REQUIREMENTS);
    let wanted = std::fs::read(&requirements).with_context(|| format!("{} cannot be read", requirements.display()))?;
    if python.exists() && std::fs::read(folder.join(STAMP)).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let needed = format!("Python {OLDEST} or newer with venv is needed (Debian: apt-get install python3-venv)");
    let status = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
    let made = status.with_context(|| needed.clone())?;
    ensure!(made.success(), "`python3 -m venv` failed: {needed}");
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "-r"]);
    let status = pip.arg(&requirements).status().context("pip cannot be started")?;
    ensure!(status.success(), "the packages of {REQUIREMENTS} cannot be installed: see the messages above; {needed}");
    std::fs::write(folder.join(STAMP), &wanted).with_context(|| format!("{} cannot be written", folder.display()))?;
    Ok(python)
}
