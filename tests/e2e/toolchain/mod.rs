//! `veche plugin` as an author runs it: projects that are made, built, tested, signed, published and pulled for real.

mod bad_input;
mod guide;
mod project;
mod publish;
mod registry;
mod troubles;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::world::{root, veche_binary};

/// Where the projects of the tests are compiled: what they share is compiled once.
pub(crate) fn build_dir() -> PathBuf {
    root().join("target/toolchain-build")
}

/// What a command printed, and whether it succeeded.
pub(crate) struct Said {
    pub(crate) success: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { success: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Said {
    /// What it printed, if it succeeded.
    pub(crate) fn well(self) -> String {
        assert!(self.success, "{}\n{}", self.out, self.err);
        self.out
    }

    /// What it complained of, and printed.
    pub(crate) fn badly(self) -> String {
        assert!(!self.success, "{}", self.out);
        format!("{}{}", self.out, self.err)
    }
}

/// `veche` in a folder, as an author's shell would start it.
pub(crate) fn veche(folder: &Path) -> Command {
    let mut command = Command::new(veche_binary());
    command
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", build_dir())
        .env("VECHE_CACHE", crate::world::cache())
        .env("NO_COLOR", "1")
        .env_remove("VECHE_LOG")
        .stdin(Stdio::null());
    for outer in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CARGO_MANIFEST_DIR", "CARGO_PKG_NAME"] {
        command.env_remove(outer);
    }
    command
}

/// Runs `veche plugin …`.
pub(crate) fn plugin(folder: &Path, args: &[&str]) -> Said {
    veche(folder).arg("plugin").args(args).output().unwrap().into()
}

/// Makes a project with the SDK of this clone; its folder.
pub(crate) fn project(folder: &Path, name: &str, kind: &str) -> PathBuf {
    let root = root().display().to_string();
    plugin(folder, &["new", name, "--kind", kind, "--sdk", &root]).well();
    folder.join(name)
}
