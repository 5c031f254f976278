//! Packages of npm that pages and tests need, in `node_modules` beside their `package-lock.json`, and what is made of them.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use sha2::{Digest as _, Sha256};

use crate::run::target_dir;

/// Oldest Node.js that the packages run on.
const OLDEST: (u32, u32) = (20, 19);
/// Folders with a `package-lock.json`.
const FOLDERS: [&str; 2] = [ASSETS, "tests/oidc"];
/// Sources of what the pages bring to the browser.
const ASSETS: &str = "host/web/assets";
/// What those assets were made of; written when all of them are there.
const MADE_OF: &str = "made-of";
/// Which `package-lock.json` the packages are of; written when all of them are there.
const STAMP: &str = "node_modules/.installed";

/// Installs what is missing, or is of another `package-lock.json`.
///
/// # Errors
/// No Node.js or npm, or packages that cannot be had.
pub(crate) fn install(root: &Path) -> anyhow::Result<()> {
    install_in(root, &FOLDERS)
}

/// Bundles what the pages bring to the browser into `target/assets`, where the host's build embeds it.
///
/// # Errors
/// No Node.js or npm, packages that cannot be had, or sources with faults.
pub(crate) fn assets(root: &Path) -> anyhow::Result<()> {
    install_in(root, &[ASSETS])?;
    let (folder, out) = (root.join(ASSETS), target_dir(root).join("assets"));
    let made_of = digest(&folder)?;
    // Files that did not change keep their times, for whoever embeds them.
    if std::fs::read_to_string(out.join(MADE_OF)).is_ok_and(|made| made == made_of) {
        return Ok(());
    }
    let status = Command::new("node").arg("build.mjs").arg(&out).current_dir(&folder).status();
    ensure!(status.context("node cannot be started")?.success(), "{ASSETS} does not build: see the messages above");
    std::fs::write(out.join(MADE_OF), made_of).with_context(|| format!("{} cannot be written", out.display()))
}

/// Of everything that the assets are made of.
fn digest(folder: &Path) -> anyhow::Result<String> {
    let mut files = vec![folder.join("package-lock.json"), folder.join("build.mjs")];
    let sources = folder.join("src");
    for entry in std::fs::read_dir(&sources).with_context(|| format!("{} cannot be read", sources.display()))? {
        files.push(entry?.path());
    }
    files.sort();
    let mut hasher = Sha256::new();
    for file in files {
        let bytes = std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        hasher.update(file.file_name().unwrap_or_default().as_encoded_bytes());
        hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(bytes);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn install_in(root: &Path, folders: &[&str]) -> anyhow::Result<()> {
    folders.iter().try_for_each(|folder| install_folder(&root.join(folder)))
}

/// Installs the packages of one folder.
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
            "the pages, plug-ins in JavaScript and the tests need Node.js {major}.{minor} or newer with npm: https://nodejs.org"
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
