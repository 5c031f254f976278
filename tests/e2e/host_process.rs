//! The host as a process of its own, as an administrator runs it: started, talked to over HTTP, killed.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::world::{DATA_KEY, root, veche_binary};

pub(crate) const TOKEN: &str = "a-token-of-the-tests";

/// `veche` with its database in `folder`.
pub(crate) fn veche(folder: &Path) -> Command {
    let mut command = Command::new(veche_binary());
    command
        .current_dir(root())
        .env("VECHE_DATABASE", folder.join("veche.db"))
        .env("VECHE_CACHE", crate::world::cache())
        .env("VECHE_API_TOKEN", TOKEN)
        .env("VECHE_DATA_KEY", DATA_KEY)
        .env_remove("VECHE_LOG")
        // Colours would stand between a field and its value.
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

/// What a command printed, and whether it succeeded.
pub(crate) struct Said {
    pub(crate) success: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command to its end.
pub(crate) fn run(folder: &Path, args: &[&str]) -> Said {
    let output = veche(folder).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { success: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs a command that must succeed; what it printed.
pub(crate) fn must(folder: &Path, args: &[&str]) -> String {
    let said = run(folder, args);
    assert!(said.success, "veche {args:?}: {}\n{}", said.out, said.err);
    said.out
}

/// Makes an account, with its password on the standard input; whether it succeeded, and what it complained of.
pub(crate) fn make_account(folder: &Path, login: &str, grant: &str, password: &str) -> (bool, String) {
    let mut process = veche(folder)
        .args(["account", "create", login, "--name", "Имя", "--grant", grant])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // A refused argument ends the process before it reads.
    let _ = process.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes());
    let output = process.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

/// A serving host. Dropped, it is killed.
pub(crate) struct Serving {
    process: Child,
    pub(crate) address: String,
}

impl Serving {
    /// Starts `veche serve` on a free port and waits until it says where it listens.
    pub(crate) async fn start(folder: &Path) -> Self {
        Self::start_with(folder, |command| command).await
    }

    /// The same with more settings.
    pub(crate) async fn start_with(folder: &Path, more: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        let mut command = veche(folder);
        command.args(["serve", "--listen", "127.0.0.1:0", "--rate", "0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = more(&mut command).spawn().unwrap();
        let stderr = tokio::process::ChildStderr::from_std(process.stderr.take().unwrap()).unwrap();
        let mut lines = BufReader::new(stderr).lines();
        let mut said = String::new();
        let address = loop {
            let Some(line) = lines.next_line().await.unwrap() else { panic!("the host ended: {said}") };
            if let Some((_, rest)) = line.split_once("address=") {
                break format!("http://{}", rest.split_whitespace().next().unwrap());
            }
            said.push_str(&line);
        };
        // Read on: a full pipe would hold the host up.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { process, address }
    }

    /// SIGKILL: no destructor, no flush.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
