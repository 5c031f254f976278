//! `veche keys …`: keys of applicants' data.

use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use veche_domain::access::Actor;

use crate::HostArgs;

/// Applicants sealed in one transaction.
const GROUP: i64 = 500;

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Print a new key. Put it first in the key file; keep the old ones behind it until `rotate` is done.
    New,
    /// Seal every applicant with the first key, also those that are still plain. Safe to repeat, and beside running hosts
    /// that have the new key.
    Rotate,
}

/// A new key, `k<day>-<random>:<hex>`.
pub(crate) fn new_key() -> String {
    let (a, b) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    // Two random UUIDs hold 244 random bits; hashed, each bit of the key depends on all of them.
    let secret = veche_domain::code::Digest::of(&[a.as_bytes().as_slice(), b.as_bytes()].concat());
    let secret = secret.to_string().trim_start_matches("sha256:").to_owned();
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("k{}-{}:{secret}", chrono::Utc::now().format("%Y%m%d"), id.get(..6).unwrap_or_default())
}

/// Makes a key file, readable for its owner alone, if there is none.
pub(crate) fn make_file(path: &Path) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    if path.exists() {
        return Ok(());
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("{} cannot be made", path.display()))?;
    writeln!(file, "{}", new_key())?;
    Ok(())
}

pub(crate) async fn run(host: &HostArgs, command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::New => println!("{}", new_key()),
        KeysCommand::Rotate => {
            if host.plaintext_personal_data {
                bail!("a rotation needs a key: leave --plaintext-personal-data out");
            }
            let app = host.start().await?;
            let mut all = 0;
            loop {
                let sealed = app.store.reseal(GROUP, &Actor::named("cli")).await?;
                if sealed == 0 {
                    break;
                }
                all += sealed;
            }
            println!("{all} applicants sealed with the first key; older keys are no longer needed");
            app.store.close().await;
        }
    }
    Ok(())
}
