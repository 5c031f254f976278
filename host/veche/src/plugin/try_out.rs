//! `veche plugin run`: one appeal, or one case.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;
use veche_app::toolchain::cases::{Case, CaseAppeal, CaseCategory, CaseFile, read_appeal};
use veche_app::toolchain::expect::Expect;
use veche_app::toolchain::workbench::Ran;
use veche_domain::decision::Kind;

use super::{ComponentArgs, print};
use crate::HostArgs;

#[derive(Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    of: ComponentArgs,
    /// Appeal as JSON or TOML, as in a golden case; `-` reads the standard input.
    #[arg(conflicts_with_all = ["text", "case"])]
    appeal: Option<PathBuf>,
    /// The text of an appeal, the rest of it ordinary.
    #[arg(long, conflicts_with = "case")]
    text: Option<String>,
    /// Run the case of this name; for indicators and exporters, too.
    #[arg(long)]
    case: Option<String>,
    /// File of cases whose region, settings, datasets and limits hold; the first of the project if missing.
    #[arg(long)]
    setup: Option<PathBuf>,
    /// Category that the appeal has by now, for a router.
    #[arg(long)]
    category: Option<String>,
    /// Where to write the file of an exporter.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(host: &HostArgs, args: &RunArgs) -> anyhow::Result<()> {
    let named: Vec<_> = args.setup.iter().cloned().collect();
    let files = args.of.case_files(&named)?;
    let mut bench = args.of.workbench(host, true)?;
    let (file, case) = match &args.case {
        Some(name) => {
            let found = files.iter().find_map(|file| Some((file, file.cases.iter().find(|case| case.name == *name)?)));
            let (file, case) = found.with_context(|| format!("there is no case {name:?} in these files"))?;
            (file, case.clone())
        }
        None => {
            let file = files.first().context("there is no file of cases to take settings from")?;
            let kind = bench.kind(file)?;
            (file, single(args, file, kind)?)
        }
    };
    let ran = bench.run(file, &case)?;
    if let Some(path) = &args.out {
        let bytes = ran.file.as_deref().context("--out is for exporters: this call writes no file")?;
        std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&as_json(&ran))?);
    } else {
        print::ran(&ran);
    }
    match ran.trouble {
        Some(trouble) => bail!("`{}` gave no answer: {}", trouble.export, trouble.what),
        None => Ok(()),
    }
}

/// A case of one appeal.
fn single(args: &RunArgs, file: &CaseFile, kind: Kind) -> anyhow::Result<Case> {
    if matches!(kind, Kind::Indicators | Kind::Exporter) {
        bail!("{kind} are asked by a case: name it with --case");
    }
    let appeal = match (&args.appeal, &args.text) {
        (_, Some(text)) => CaseAppeal::of_text(text),
        (Some(path), _) if path.as_os_str() != "-" => {
            let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            read_appeal(&text).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?
        }
        (Some(_), None) => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("the standard input is no text")?;
            read_appeal(&text).map_err(|e| anyhow::anyhow!("standard input: {e}"))?
        }
        (None, None) => bail!("give a file with an appeal, `-` for the standard input, --text or --case"),
    };
    let category = match (&args.category, kind) {
        (Some(code), _) => Some(CaseCategory { code: code.clone(), confidence: None }),
        (None, Kind::Router) => {
            let known = file.cases.iter().find_map(|case| case.category.clone());
            Some(known.context("a router is told the category: give it with --category")?)
        }
        (None, _) => None,
    };
    Ok(Case {
        name: "run".into(),
        block: None,
        limits: None,
        settings: None,
        datasets: None,
        appeal: Some(appeal),
        category,
        measure: None,
        export: None,
        expect: Expect::default(),
    })
}

fn as_json(ran: &Ran) -> serde_json::Value {
    let usage = ran.usage.map(|usage| {
        json!({
            "fuel": usage.fuel, "duration_us": u64::try_from(usage.duration.as_micros()).unwrap_or(u64::MAX),
            "memory": usage.memory, "host_calls": usage.host_calls, "host_bytes": usage.host_bytes,
        })
    });
    let trouble = ran.trouble.as_ref().map(|trouble| {
        json!({
            "export": trouble.export, "input": trouble.input, "what": trouble.what, "remedy": trouble.remedy,
            "where": trouble.place().map(ToString::to_string),
            "backtrace": trouble.backtrace.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    });
    json!({
        "result": ran.got, "trouble": trouble, "usage": usage, "logs_cut": ran.logs_cut,
        "logs": ran.logs.iter().map(|line| json!({"level": line.level, "message": line.message})).collect::<Vec<_>>(),
    })
}
