//! The guide is run as it stands: every shell block of it, in order, in one shell, against a host that it starts.

use std::process::{Command, Stdio};

use super::build_dir;
use crate::world::{root, veche_binary};

/// Blocks of a page that begin with this line, joined.
fn blocks(page: &str, fence: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.trim_end() == fence {
            blocks.push(
                lines.by_ref().take_while(|line| !line.starts_with("```")).map(|line| format!("{line}\n")).collect(),
            );
        }
    }
    blocks
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join("docs").join(name)).unwrap()
}

#[test]
fn every_command_of_the_guide_runs() {
    let blocks = blocks(&page("plugin-guide.md"), "```sh");
    assert!(blocks.len() >= 12, "{} blocks", blocks.len());
    let home = tempfile::tempdir().unwrap();
    // A host that the guide starts in the background ends with its shell. And ports of the guide may be taken here.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mut script = String::from("set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n");
    for (number, block) in blocks.iter().enumerate() {
        script.push_str(&format!("echo '== block {}' >&2\n{}", number + 1, block.replace("8085", &port)));
    }
    script.push_str("echo 'the guide ends well'\n");
    // The binary under test before that of the clone's default folder.
    let bin = veche_binary().parent().unwrap().display().to_string();
    script = script.replace("export PATH=\"$VECHE_HOME/target/debug:$PATH\"", &format!("export PATH=\"{bin}:$PATH\""));
    let mut shell = Command::new("bash");
    shell
        .arg("-c")
        .arg(&script)
        .current_dir(home.path())
        .env("VECHE_HOME", root())
        .env("CARGO_TARGET_DIR", build_dir())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    for outer in [
        "VECHE_DATABASE",
        "VECHE_DATA_KEY",
        "VECHE_API_TOKEN",
        "VECHE_ACTOR",
        "VECHE_LOG",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTFLAGS",
    ] {
        shell.env_remove(outer);
    }
    let output = shell.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let log = std::fs::read_to_string(home.path().join("trial/serve.log")).unwrap_or_default();
    assert!(output.status.success() && out.contains("the guide ends well"), "{out}\n{err}\n{log}");
    for part in [
        "passed, 0 failed",
        "signed by Developers of the region",
        "3 of 3 appeals",
        // Two of the three appeals of the trial's history are of categories that the rule knows.
        "category: accuracy 0.6667",
    ] {
        assert!(out.contains(part), "{part}: {out}\n{err}");
    }
}

#[test]
fn both_languages_of_the_guide_hold_the_same_commands() {
    let (english, russian) = (page("plugin-guide.md"), page("plugin-guide.ru.md"));
    assert_eq!(blocks(&english, "```sh"), blocks(&russian, "```sh"));
    let headings = |page: &str| page.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(headings(&english), headings(&russian));
}
