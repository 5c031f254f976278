//! Packages of npm that tests need, in `node_modules` beside their `package-lock.json`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

/// Oldest Node.js that the packages run on.
const OLDEST: (u32, u32) = (20, 19);
/// Folders with a `package-lock.json`.
const FOLDERS: [&str; 1] = ["tests/oidc"];
/// Which `package-lock.json` the packages are of; written when all of them are there.
const STAMP: &str = "node_modules/.installed";

/// Installs what is missing, or is of another `package-lock.json`.
///
/// # Errors
/// No Node.js or npm, or packages that cannot be had.
pub(crate) fn install(root: &Path) -> anyhow::Result<()> {
    for folder in FOLDERS {
        install_folder(&root.join(folder))?;
    }
    Ok(())
}

/// The same in one folder.
pub(crate) fn install_folder(folder: &Path) -> anyhow::Result<()> {
    check_version()?;
    let lock = folder.join("package-lock.json");
    let wanted = std::fs::read(&lock).with_context(|| format!("{} cannot be read", lock.display()))?;
    let stamp = folder.join(STAMP);
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(folder);
    let status = npm.status().context("npm cannot be started: install it beside Node.js")?;
    ensure!(status.success(), "`npm ci` in {} failed: see the messages above", folder.display());
    std::fs::write(&stamp, &wanted).with_context(|| format!("{} cannot be written", stamp.display()))
}

fn check_version() -> anyhow::Result<()> {
    let (major, minor) = OLDEST;
    let needed = || {
        format!(
            "plug-ins in JavaScript, and the sign-in provider of the tests, need Node.js {major}.{minor} or newer with npm: https://nodejs.org"
        )
    };
    let output = Command::new("node").arg("--version").output().with_context(needed)?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match version(&text) {
        Some(found) if found >= OLDEST => Ok(()),
        _ => bail!("{}; here is {text:?}", needed()),
    }
}

/// Major and minor number of `v20.19.2`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("v20.19.2"), Some((20, 19)));
        assert!(version("v20.9.0") < Some(OLDEST) && version("v22.0.0") >= Some(OLDEST));
        assert_eq!([version(""), version("20.19"), version("v20")], [None; 3]);
    }
}
