//! `cargo xtask demo`: builds everything and shows the sample region.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::run::{build_binary, step, target_dir};

/// How the demo runs.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Do all of it and exit instead of serving.
    #[arg(long)]
    check: bool,
    /// TCP port to serve on; the demo's own choice if none is given.
    #[arg(long)]
    port: Option<u16>,
    /// An optimised build.
    #[arg(long)]
    release: bool,
}

/// Builds plug-ins and host, then becomes `veche demo`.
pub(crate) fn run(root: &Path, options: &Options) -> anyhow::Result<ExitCode> {
    step("plug-ins", || crate::plugins::build(root))?;
    step("styles and scripts of the pages", || crate::node::assets(root))?;
    let veche = step("veche", || build_binary(root, "veche", options.release))?;

    let mut demo = Command::new(&veche);
    demo.arg("demo").arg("--dir").arg(target_dir(root).join("demo")).current_dir(root);
    if options.check {
        demo.arg("--check");
    }
    if let Some(port) = options.port {
        demo.args(["--port", &port.to_string()]);
    }
    // Becomes the demo instead of waiting for it: signals reach it, and its exit code is ours.
    let error = demo.exec();
    Err(anyhow::Error::new(error).context(format!("cannot start {}", veche.display())))
}
