//! Debian's packages of programs that the tests start.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, ensure};

/// Looks for programs, and installs Debian's packages of them where they are missing and apt can.
///
/// # Errors
/// A program is not here and cannot be installed.
pub(crate) fn need(programs: &[&str], packages: &[&str]) -> anyhow::Result<()> {
    let missing = || programs.iter().copied().filter(|program| !is_here(program)).collect::<Vec<_>>();
    if missing().is_empty() {
        return Ok(());
    }
    let names = packages.join(" ");
    let by_hand = || format!("install them by hand: `apt-get install {names}`, or put {programs:?} into PATH");
    println!("{} missing: installing {names} with apt-get", missing().join(" and "));
    update();
    let mut apt = Command::new("apt-get");
    apt.args(["--quiet=2", "install", "-y", "--no-install-recommends"]).args(packages);
    let status = apt.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).status();
    let status = status.with_context(|| format!("apt-get cannot be started; {}", by_hand()))?;
    ensure!(status.success(), "apt-get could not install {names}; {}", by_hand());
    let missing = missing();
    ensure!(missing.is_empty(), "{missing:?} are still not in PATH; {}", by_hand());
    Ok(())
}

/// Brings the lists of packages up to date, once a run: a fresh machine has none. A failure shows when a package is asked for.
pub(crate) fn update() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let _ = Command::new("apt-get").args(["--quiet=2", "update"]).stdin(Stdio::null()).status();
    });
}

fn is_here(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
