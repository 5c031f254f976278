//! `veche plugin check` and `veche plugin bench`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use console::style;
use serde_json::json;
use veche_app::toolchain::check::{Grade, check};
use veche_app::toolchain::workbench::Usage;

use super::{ComponentArgs, print};
use crate::HostArgs;

#[derive(Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    of: ComponentArgs,
    /// Files or folders of cases; cases/ of the project if missing.
    cases: Vec<PathBuf>,
    /// Fail on what is doubtful, too.
    #[arg(long)]
    strict: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(host: &HostArgs, args: &CheckArgs) -> anyhow::Result<()> {
    let files = args.of.case_files(&args.cases)?;
    let mut bench = args.of.workbench(host, false)?;
    let findings = check(&mut bench, &files)?;
    if args.json {
        let list: Vec<_> =
            findings.list.iter().map(|f| json!({"grade": word(f.grade), "what": f.what, "text": f.text})).collect();
        let room: Vec<_> = findings
            .room
            .iter()
            .map(
                |r| json!({"limit": r.limit, "used": r.used, "allowed": r.allowed, "share": r.share(), "case": r.case}),
            )
            .collect();
        println!("{}", serde_json::to_string_pretty(&json!({"findings": list, "limits": room}))?);
    } else {
        for finding in &findings.list {
            let grade = match finding.grade {
                Grade::Good => style(word(finding.grade)).green(),
                Grade::Doubtful => style(word(finding.grade)).yellow(),
                Grade::Bad => style(word(finding.grade)).red().bold(),
            };
            println!("{grade:<8}  {:<12} {}", finding.what, finding.text);
        }
        println!("\n{:<22} {:>14} {:>16} {:>7}", "limit", "used at most", "allowed", "");
        for room in findings.room.iter().filter(|room| room.used > 0) {
            println!(
                "{:<22} {:>14} {:>16} {:>6.1} %  {}",
                room.limit.as_str(),
                print::amount(room.limit, room.used),
                print::amount(room.limit, room.allowed),
                100.0 * room.share(),
                style(&room.case).dim()
            );
        }
    }
    let (bad, doubtful) = (findings.count(Grade::Bad), findings.count(Grade::Doubtful));
    if bad > 0 || (args.strict && doubtful > 0) {
        bail!("{bad} findings are bad, {doubtful} doubtful: see above");
    }
    Ok(())
}

fn word(grade: Grade) -> &'static str {
    match grade {
        Grade::Good => "ok",
        Grade::Doubtful => "doubtful",
        Grade::Bad => "bad",
    }
}

#[derive(Args)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    of: ComponentArgs,
    /// Files or folders of cases; cases/ of the project if missing.
    cases: Vec<PathBuf>,
    /// Time for each case.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Calls of a case, whatever they take.
const LEAST: usize = 20;

pub(crate) fn bench(host: &HostArgs, args: &BenchArgs) -> anyhow::Result<()> {
    if !(0.0..=3600.0).contains(&args.seconds) {
        bail!("--seconds {}: give 0 to 3600", args.seconds);
    }
    let files = args.of.case_files(&args.cases)?;
    let mut bench = args.of.workbench(host, true)?;
    let mut rows = Vec::new();
    if !args.json {
        println!(
            "{:>9} {:>9} {:>9} {:>9} {:>12} {:>10}  case",
            "calls", "p50 µs", "p90 µs", "p99 µs", "fuel", "memory"
        );
    }
    for file in &files {
        for case in &file.cases {
            let Some(first) = bench.run(file, case)?.usage else { continue };
            let (mut times, started) = (Vec::new(), Instant::now());
            while times.len() < LEAST || started.elapsed() < Duration::from_secs_f64(args.seconds) {
                times.extend(bench.run(file, case)?.usage.map(|usage| usage.duration));
            }
            times.sort_unstable();
            let at = |percent: usize| {
                times.get((times.len() * percent / 100).min(times.len() - 1)).map_or(0, Duration::as_micros)
            };
            let Usage { fuel, memory, .. } = first;
            if !args.json {
                println!(
                    "{:>9} {:>9} {:>9} {:>9} {:>12} {:>10}  {}",
                    times.len(),
                    at(50),
                    at(90),
                    at(99),
                    print::grouped(fuel),
                    print::bytes(memory),
                    case.name
                );
            }
            rows.push(json!({
                "case": case.name, "file": file.path, "calls": times.len(), "fuel": fuel, "memory": memory,
                "p50_us": at(50) as u64, "p90_us": at(90) as u64, "p99_us": at(99) as u64,
            }));
        }
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    }
    if rows.is_empty() {
        bail!("no case came to a call: write one whose settings are taken");
    }
    Ok(())
}
