//! A throw-away PostgreSQL cluster for the tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Oldest version that Veche supports.
const OLDEST: u32 = 15;
/// Short: a socket path has room for about 100 characters.
const FOLDER: &str = "/tmp/veche-pg-";

/// A running cluster; stopped and removed when dropped.
pub(crate) struct Cluster {
    folder: PathBuf,
    binaries: PathBuf,
    user: Option<&'static str>,
    url: String,
}

impl Cluster {
    /// Starts a cluster on a unix socket, as an unprivileged user where this process is root.
    pub(crate) fn start() -> Result<Self> {
        let binaries = match find_binaries() {
            Some(found) => found,
            None => {
                install()?;
                find_binaries().with_context(|| {
                    format!("PostgreSQL was installed, but /usr/lib/postgresql holds no version {OLDEST} or newer")
                })?
            }
        };
        let root = run("id", &["-u"])?.trim() == "0";
        let user = if !root {
            None
        } else if run("id", &["-u", "postgres"]).is_ok() {
            Some("postgres")
        } else {
            Some("nobody")
        };
        remove_leftovers();
        let folder = PathBuf::from(format!("{FOLDER}{}", std::process::id()));
        std::fs::create_dir_all(&folder).context("a folder for PostgreSQL cannot be made in /tmp")?;
        if let Some(user) = user {
            run("chown", &[user, &folder.display().to_string()])?;
        }
        let socket = folder.display().to_string();
        let cluster =
            Self { url: format!("postgres://postgres@localhost/postgres?host={socket}"), folder, binaries, user };
        let data = cluster.data();
        cluster.postgres("initdb", &["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", &data])?;
        let options =
            format!("-c listen_addresses='' -c unix_socket_directories={socket} -c fsync=off -c max_connections=200");
        cluster.postgres("pg_ctl", &["-D", &data, "-w", "-l", &format!("{socket}/log"), "-o", &options, "start"])?;
        Ok(cluster)
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn postgres(&self, program: &str, args: &[&str]) -> Result<()> {
        let program = self.binaries.join(program).display().to_string();
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--", &program]);
                command
            }
            None => Command::new(&program),
        };
        // The server inherits what pg_ctl has: pipes would keep this process waiting for it.
        let said = self.folder.join("said");
        let file = std::fs::File::create(&said)?;
        let status = command
            .args(args)
            .current_dir("/tmp")
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .status()
            .with_context(|| format!("`{program}` cannot be started"))?;
        if !status.success() {
            // The folder goes away with the cluster, so what it holds is told now.
            let told = [said, self.folder.join("log")].map(|file| std::fs::read_to_string(file).unwrap_or_default());
            bail!("`{program} {}` failed: {}", args.join(" "), told.join("\n").trim());
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.postgres("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Removes what an interrupted run left. A server that still runs there stops by itself within a minute, once it
/// misses its files.
fn remove_leftovers() {
    // Without /proc nothing tells a leftover from a run beside this one.
    let gone = |pid: u32| Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{pid}")).exists();
    for folder in std::fs::read_dir("/tmp").into_iter().flatten().flatten().map(|entry| entry.path()) {
        let pid = folder.to_str().and_then(|path| path.strip_prefix(FOLDER)?.parse().ok());
        if pid.is_some_and(gone) {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// The newest version: Debian keeps each in a folder of its own.
fn find_binaries() -> Option<PathBuf> {
    std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(version, bin)| *version >= OLDEST && bin.join("initdb").exists())
        .max()
        .map(|(_, bin)| bin)
}

fn install() -> Result<()> {
    let can = Path::new("/usr/bin/apt-get").exists() && run("id", &["-u"])?.trim() == "0";
    if !can {
        bail!(
            "the tests need PostgreSQL {OLDEST} or newer: install it (Debian: `sudo apt-get install postgresql`), or name \
             a server by VECHE_TEST_POSTGRES=postgres://…"
        );
    }
    println!("PostgreSQL is missing: installing it with apt-get");
    crate::apt::update();
    run("apt-get", &["install", "-y", "--no-install-recommends", "postgresql"])?;
    Ok(())
}

fn run(program: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{program}` cannot be started"))?;
    if !output.status.success() {
        bail!("`{program} {}` failed: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
