//! What can go wrong in the tools of an author.

use std::path::Path;

use veche_sandbox::SandboxError;

/// Why a tool cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// A file or folder.
    #[error("{path}: {reason}")]
    File {
        /// Where.
        path: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A program or a part of it that is not on this machine.
    #[error("{what} is missing: {remedy}")]
    Missing {
        /// What.
        what: String,
        /// What to install, and how.
        remedy: String,
    },
    /// A tool of another language failed; it has said why.
    #[error("`{command}` failed: {reason}")]
    Command {
        /// What was run.
        command: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// What was asked for cannot be.
    #[error("{what}: {reason}")]
    Invalid {
        /// Argument or field.
        what: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The component cannot be used.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A host or a registry answered otherwise than was hoped for.
    #[error("{server}: {reason}")]
    Server {
        /// Which.
        server: String,
        /// What it said, and what to do.
        reason: String,
    },
}

impl ToolError {
    pub(crate) fn file(path: &Path, reason: impl Into<String>) -> Self {
        Self::File { path: path.display().to_string(), reason: reason.into() }
    }
}

/// Reads a text file.
pub(crate) fn read_text(path: &Path) -> Result<String, ToolError> {
    std::fs::read_to_string(path).map_err(|e| ToolError::file(path, format!("it cannot be read: {e}")))
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ToolError> {
    std::fs::read(path).map_err(|e| ToolError::file(path, format!("it cannot be read: {e}")))
}

/// Writes a file, with the folders above it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ToolError> {
    let failed = |e: std::io::Error| ToolError::file(path, format!("it cannot be written: {e}"));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, bytes).map_err(failed)
}
