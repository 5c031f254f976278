//! Runs commands: with a headline, a time, and an exit code that is passed on.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::Context as _;

/// Cargo as it was started, in `folder`.
pub(crate) fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder).stdin(Stdio::null());
    cargo
}

/// Builds one binary of the workspace and returns its path.
pub(crate) fn build_binary(root: &Path, name: &str, release: bool) -> anyhow::Result<PathBuf> {
    build(root, &["--bin", name], release)?;
    Ok(binary(root, name, release))
}

/// Builds targets of the workspace that cargo's flags select: in one call, for the features of a dependency are those
/// that all of the selected packages ask for, and another selection would build it again.
pub(crate) fn build(root: &Path, select: &[&str], release: bool) -> anyhow::Result<()> {
    let mut build = cargo(root);
    build.args(["build", "--workspace"]).args(select);
    if release {
        build.arg("--release");
    }
    let status = build.status().context("cannot start cargo")?;
    anyhow::ensure!(status.success(), "`{}` does not build: see the messages above", select.join(" "));
    Ok(())
}

/// Where cargo puts a binary.
pub(crate) fn binary(root: &Path, name: &str, release: bool) -> PathBuf {
    target_dir(root).join(if release { "release" } else { "debug" }).join(name)
}

/// Where cargo builds.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Does `work` under a headline and prints how long it took.
pub(crate) fn step<T>(title: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    eprintln!("==> {title}");
    let start = Instant::now();
    let result = work();
    let outcome = if result.is_ok() { "done" } else { "failed" };
    eprintln!("    {title}: {outcome} in {:.1} s", start.elapsed().as_secs_f64());
    result
}

/// The exit code to pass on: a shell's 128 + n for a process that a signal ended.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}
