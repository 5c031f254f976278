//! The browser that tests of pages drive: Chromium with its driver.

use std::process::Command;

use anyhow::{Context as _, ensure};

/// What the tests start.
const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];
/// Debian's packages of them, and letters for Russian text.
const PACKAGES: [&str; 3] = ["chromium", "chromium-driver", "fonts-dejavu-core"];

/// Looks for the browser and its driver, and installs them where apt can.
///
/// # Errors
/// One of them is not here and cannot be installed.
pub(crate) fn install() -> anyhow::Result<()> {
    if missing().is_empty() {
        return Ok(());
    }
    let packages = PACKAGES.join(" ");
    let by_hand = || format!("install them by hand: `apt-get install {packages}`, or put {PROGRAMS:?} into PATH");
    let mut apt = Command::new("apt-get");
    apt.args(["install", "-y", "--no-install-recommends"]).args(PACKAGES).env("DEBIAN_FRONTEND", "noninteractive");
    let status = apt.status().with_context(|| format!("apt-get cannot be started; {}", by_hand()))?;
    ensure!(status.success(), "apt-get could not install {packages}; {}", by_hand());
    let missing = missing();
    ensure!(missing.is_empty(), "{missing:?} are still not in PATH; {}", by_hand());
    Ok(())
}

fn missing() -> Vec<&'static str> {
    let here = |program: &&str| Command::new(program).arg("--version").output().is_ok_and(|run| run.status.success());
    PROGRAMS.into_iter().filter(|program| !here(program)).collect()
}
