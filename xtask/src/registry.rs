//! The OCI registry that tests push to: Debian's docker-registry, unpacked beside the build where it is not installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::run::target_dir;

/// Debian's package and program.
const NAME: &str = "docker-registry";

/// The program.
///
/// # Errors
/// It is not here and cannot be had.
pub(crate) fn install(root: &Path) -> anyhow::Result<PathBuf> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&on_path).map(|folder| folder.join(NAME)).find(|program| program.is_file());
    if let Some(program) = on_path {
        return Ok(program);
    }
    let folder = target_dir(root).join(NAME);
    let program = folder.join("usr/bin").join(NAME);
    if program.is_file() {
        return Ok(program);
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let remedy = format!("install it (`apt-get install {NAME}`)");
    crate::apt::update();
    let fetched = Command::new("apt-get").args(["--quiet=2", "download", NAME]).current_dir(&folder).status();
    let fetched = fetched.with_context(|| format!("{NAME} is not here, nor apt-get: {remedy}"))?;
    ensure!(fetched.success(), "`apt-get download {NAME}` failed: {remedy}");
    let package = std::fs::read_dir(&folder)?.flatten().map(|entry| entry.path());
    let package = package.into_iter().find(|path| path.extension().is_some_and(|end| end == "deb"));
    let package = package.with_context(|| format!("apt-get left no package in {}: {remedy}", folder.display()))?;
    let unpacked = Command::new("dpkg").arg("-x").arg(&package).arg(&folder).status();
    ensure!(unpacked.is_ok_and(|status| status.success()), "`dpkg -x` of {} failed: {remedy}", package.display());
    ensure!(program.is_file(), "{} holds no {}: {remedy}", package.display(), program.display());
    Ok(program)
}
