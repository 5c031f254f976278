//! `veche plugin test`: golden cases.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use console::style;
use veche_app::toolchain::cases::{Case, CaseFile};
use veche_app::toolchain::expect::Expect;
use veche_app::toolchain::junit::{self, Outcome};
use veche_app::toolchain::project::case_files;
use veche_app::toolchain::update::update;
use veche_app::toolchain::workbench::Ran;

use super::{ComponentArgs, print};
use crate::HostArgs;

#[derive(Args)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    of: ComponentArgs,
    /// Files or folders of cases; cases/ of the project if missing.
    cases: Vec<PathBuf>,
    /// Run only the cases whose name holds this.
    #[arg(long)]
    filter: Option<String>,
    /// Write what comes of cases that differ into their files.
    #[arg(long)]
    update: bool,
    /// Write the results as JUnit XML.
    #[arg(long)]
    junit: Option<PathBuf>,
}

impl ComponentArgs {
    /// The files of cases that were named, or those of the project.
    pub(super) fn case_files(&self, named: &[PathBuf]) -> anyhow::Result<Vec<CaseFile>> {
        let mut paths = Vec::new();
        if named.is_empty() {
            paths = case_files(&self.dir.join("cases"))?;
        }
        for path in named {
            if path.is_dir() { paths.extend(case_files(path)?) } else { paths.push(path.clone()) }
        }
        if paths.is_empty() {
            bail!("{} holds no cases: write them as cases/*.toml, or name files", self.dir.display());
        }
        Ok(paths.iter().map(|path| CaseFile::read(path)).collect::<Result<_, _>>()?)
    }
}

pub(crate) fn test(host: &HostArgs, args: &TestArgs) -> anyhow::Result<()> {
    let files = args.of.case_files(&args.cases)?;
    let mut bench = args.of.workbench(host, true)?;
    let name = bench.inspection.metadata.name.clone().unwrap_or_else(|| "plug-in".into());
    let mut outcomes = Vec::new();
    let mut written = 0;
    for file in &files {
        let mut answers = BTreeMap::new();
        let wanted = |case: &&Case| args.filter.as_ref().is_none_or(|part| case.name.contains(part));
        for case in file.cases.iter().filter(wanted) {
            let ran = bench.run(file, case)?;
            let mut failure = compare(case, &ran);
            if failure.is_some() && args.update {
                // Log lines are held only where somebody wants them held.
                let logs = case.expect.logs.as_ref().and(ran.got.logs.clone());
                answers.insert(case.name.clone(), Expect { logs, ..ran.got.clone() });
                failure = None;
                println!("{}  {}: {}", style("new ").yellow(), shown(&file.path), case.name);
            } else {
                tell(&file.path, case, &ran, failure.as_deref());
            }
            outcomes.push(Outcome {
                file: shown(&file.path),
                case: case.name.clone(),
                time: ran.usage.map_or(Duration::ZERO, |usage| usage.duration),
                failure: failure.map(|text| console::strip_ansi_codes(&text).into_owned()),
            });
        }
        written += if answers.is_empty() { 0 } else { update(&file.path, &answers)? };
    }
    if let Some(path) = &args.junit {
        let xml = junit::report(&name, &outcomes).map_err(anyhow::Error::msg)?;
        std::fs::write(path, xml).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    if outcomes.is_empty() {
        bail!(
            "no case was run: {}",
            args.filter.as_ref().map_or("the files hold none".into(), |f| format!("none is called like {f:?}"))
        );
    }
    println!(
        "\n{name}: {} cases, {} passed, {failed} failed{}",
        outcomes.len(),
        outcomes.len() - failed,
        if written > 0 { format!(", {written} written") } else { String::new() }
    );
    if failed > 0 {
        bail!(
            "{failed} of {} cases failed; if the new answers are right, `veche plugin test --update` writes them",
            outcomes.len()
        );
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    path.display().to_string().trim_start_matches("./").to_owned()
}

/// Why a case fails; none if it passes.
fn compare(case: &Case, ran: &Ran) -> Option<String> {
    if case.expect.fits(&ran.got) {
        return None;
    }
    let got = ran.got.narrowed_to(&case.expect);
    let mut text = if case.expect.is_empty() {
        format!("    nothing is expected yet: `--update` writes what came\n{}", print::difference("", &got))
    } else {
        print::difference(&case.expect.outline(), &got)
    };
    if let Some(trouble) = &ran.trouble {
        text.push_str(&format!("    {}\n", trouble.to_string().replace('\n', "\n    ")));
    }
    Some(text)
}

fn tell(path: &Path, case: &Case, ran: &Ran, failure: Option<&str>) {
    let cost = ran.usage.map_or_else(String::new, |usage| {
        format!("  {} units, {} µs", print::grouped(usage.fuel), usage.duration.as_micros())
    });
    match failure {
        None => println!("{}  {}: {}{}", style("ok  ").green(), shown(path), case.name, style(cost).dim()),
        Some(failure) => {
            println!("{}  {}: {}", style("FAIL").red().bold(), shown(path), case.name);
            print!("{failure}");
            if ran.trouble.is_none() {
                for line in &ran.logs {
                    println!("    log {}: {}", line.level, line.message);
                }
            }
        }
    }
}
