//! The built host as a process: its command line, its time on the processor, its memory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// `veche` beside this program, with its database and cache in `folder`.
pub(crate) fn veche(folder: &Path) -> Command {
    let binary = std::env::current_exe().unwrap().with_file_name("veche");
    assert!(binary.exists(), "{} is missing: run `cargo xtask bench pipeline`", binary.display());
    let mut command = Command::new(binary);
    command
        .current_dir(root())
        .env("VECHE_DATABASE", folder.join("veche.db"))
        .env("VECHE_CACHE", folder.join("cache"))
        .env("VECHE_DATA_KEY", format!("bench:{}", "7".repeat(64)))
        .env("VECHE_LOG", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// What a finished process used.
pub(crate) struct Used {
    pub(crate) wall: Duration,
    /// On the processor, user and system.
    pub(crate) cpu: Duration,
    /// Peak resident memory, MiB.
    pub(crate) peak_mib: u64,
    pub(crate) out: String,
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) -> Used {
    let started = Instant::now();
    let mut process = command.spawn().unwrap();
    let (mut cpu, mut peak_mib) = (Duration::ZERO, 0);
    let status = loop {
        if let Some(used) = usage(&process) {
            (cpu, peak_mib) = used;
        }
        if let Some(status) = process.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let wall = started.elapsed();
    let mut out = String::new();
    std::io::Read::read_to_string(&mut process.stdout.take().unwrap(), &mut out).unwrap();
    assert!(status.success(), "{status}: {out}");
    Used { wall, cpu, peak_mib, out }
}

/// Processor time and peak memory of a running process; none once it is gone.
pub(crate) fn usage(process: &Child) -> Option<(Duration, u64)> {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", process.id())).ok();
    let stat = read("stat")?;
    // Fields after the name, which may hold spaces: utime and stime are 14 and 15, in ticks of 10 ms.
    let ticks: u64 =
        stat.rsplit_once(')')?.1.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
    let peak: Option<u64> =
        read("status")?.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
    Some((Duration::from_millis(ticks * 10), peak? / 1024))
}
