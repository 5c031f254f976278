//! `veche indicator …`: what is measured, measuring, sets, values, targets, passports to read and print.
//!
//! Passports are moved by the API alone: there the role of whoever moves one is known, and on a command line it is not.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use chrono::{NaiveDate, Utc};
use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use veche_app::App;
use veche_app::indicators::{
    Wanted, catalogue, document, history, jobs, passports, period, preview, progress, sets, targets, values,
};
use veche_app::store::{MeasureJob, Measured, MeasuredFilter};
use veche_domain::access::Actor;
use veche_domain::code::{Digest, RegionCode};
use veche_domain::indicator::{Breakdown, Dimension, Measurement, PeriodKind};
use veche_domain::lifecycle::JobState;

use crate::{HostArgs, output, region};

#[derive(Args)]
pub(crate) struct IndicatorArgs {
    /// Region.
    #[arg(long)]
    region: String,
    /// Name that is kept with what is done.
    #[arg(long = "as", env = "VECHE_ACTOR", default_value = "cli")]
    actor: String,
    #[command(subcommand)]
    command: IndicatorCommand,
}

// A period: `--kind month --day 2026-02-01`, or `--first` and `--last`. No doc comment: it would become the help of whatever
// takes these arguments.
#[derive(Args, Default)]
pub(crate) struct PeriodArgs {
    /// The day, week, month, quarter or year that holds `--day`.
    #[arg(long, requires = "day", value_parser = kind)]
    kind: Option<PeriodKind>,
    /// A day of the period.
    #[arg(long, requires = "kind")]
    day: Option<NaiveDate>,
    /// First day.
    #[arg(long, requires = "last", conflicts_with = "kind")]
    first: Option<NaiveDate>,
    /// Last day.
    #[arg(long, requires = "first")]
    last: Option<NaiveDate>,
}

fn kind(text: &str) -> Result<PeriodKind, String> {
    let kind = PeriodKind::from_code(text).filter(|kind| *kind != PeriodKind::Span);
    kind.ok_or_else(|| "choose day, week, month, quarter or year".into())
}

impl PeriodArgs {
    pub(crate) fn wanted(&self) -> anyhow::Result<Wanted> {
        self.optional().context("name the period: --kind and --day, or --first and --last")
    }

    fn optional(&self) -> Option<Wanted> {
        match (self.kind, self.day, self.first, self.last) {
            (Some(kind), Some(day), ..) => Some(Wanted::Holding(kind, day)),
            (_, _, Some(first), Some(last)) => Some(Wanted::Days(first, last)),
            _ => None,
        }
    }
}

#[derive(Subcommand)]
enum IndicatorCommand {
    /// List what the region measures now.
    List,
    /// Load versions of the mandatory set from a TOML file.
    Load {
        /// File with `[[sets]]`, as `samples/yaroslavl/indicators.toml`.
        file: PathBuf,
    },
    /// Measure a period now, with progress. The same result again changes nothing.
    Measure {
        #[command(flatten)]
        period: PeriodArgs,
        /// Indicator; all if none is named.
        #[arg(long)]
        indicator: Vec<String>,
    },
    /// Show measurements.
    Show {
        #[command(flatten)]
        period: PeriodArgs,
        /// Indicator.
        #[arg(long)]
        indicator: Option<String>,
        /// Earlier revisions, too.
        #[arg(long)]
        history: bool,
        /// Print JSON, with all parts.
        #[arg(long)]
        json: bool,
    },
    /// Measure by an uploaded release and forget it. Never official.
    Preview {
        /// Release.
        #[arg(long)]
        release: Digest,
        /// Indicator, as the plug-in defines it.
        #[arg(long)]
        indicator: String,
        /// Settings, JSON.
        #[arg(long, default_value = "{}")]
        settings: String,
        #[command(flatten)]
        period: PeriodArgs,
    },
    /// Import values that are entered (CSV, XLSX, JSON): indicator, first, last, value, source, source_date.
    Values {
        /// File.
        file: PathBuf,
    },
    /// Import what became of appeals (CSV, XLSX): channel, external_id, at, kind, value.
    Progress {
        /// File.
        file: PathBuf,
    },
    /// Set a target.
    Target {
        /// Indicator.
        #[arg(long)]
        indicator: String,
        /// Part of the region, `category=roads.snow`; the whole region if none is named.
        #[arg(long, value_parser = part)]
        part: Vec<(Dimension, String)>,
        #[command(flatten)]
        period: PeriodArgs,
        /// Value to reach; left out, the target is taken back.
        #[arg(long)]
        value: Option<f64>,
    },
    /// Show plan and fact.
    Targets {
        /// Indicator.
        #[arg(long)]
        indicator: Option<String>,
    },
    /// List passports.
    Passports,
    /// Write an approved passport as a document (DOCX).
    Print {
        /// Passport.
        id: Uuid,
        /// File to write.
        file: PathBuf,
    },
    /// List decompositions of `other`.
    Decompositions,
    /// Make a history from a sample's labelled appeals: `history.csv` and `history-progress.csv`.
    History {
        /// Sample: a CSV file with external_id, received_at, channel.
        sample: PathBuf,
        /// Folder for the files.
        folder: PathBuf,
        /// Appeals.
        #[arg(long, default_value_t = 3_000)]
        appeals: u64,
        /// Day after the last; today if missing.
        #[arg(long)]
        until: Option<NaiveDate>,
        /// Days back from it.
        #[arg(long, default_value_t = 365)]
        days: u64,
    },
}

fn part(text: &str) -> Result<(Dimension, String), String> {
    let (name, code) = text.split_once('=').ok_or("write it as NAME=CODE, for example block=roads")?;
    let dimension = Dimension::from_code(name).ok_or("choose block, category, body, municipality or channel")?;
    Ok((dimension, code.to_owned()))
}

pub(crate) async fn run(host: &HostArgs, args: IndicatorArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let region = region(&args.region)?;
    let done = command(&app, &region, &Actor::named(&args.actor), args.command).await;
    app.store.close().await;
    done
}

async fn command(app: &App, region: &RegionCode, actor: &Actor, command: IndicatorCommand) -> anyhow::Result<()> {
    app.region(region).await?;
    match command {
        IndicatorCommand::List => list(app, region).await?,
        IndicatorCommand::Load { file } => {
            println!("{} new versions of the set", sets::load_file(app, region, &file, actor).await?);
        }
        IndicatorCommand::Measure { period, indicator } => {
            let job = jobs::request(app, region, period.wanted()?, indicator, &actor.name).await?;
            finish(watch(app, region, job.id).await?)?;
        }
        IndicatorCommand::Show { period: wanted, indicator, history, json } => {
            let period = match wanted.optional() {
                Some(wanted) => Some(period(app, region, wanted, Utc::now()).await?),
                None => None,
            };
            let filter = MeasuredFilter { indicator, period, history, ..MeasuredFilter::default() };
            let measured = app.store.measured(region, &filter, 200).await?;
            if measured.is_empty() {
                eprintln!(
                    "nothing that was measured fits: `veche indicator list` names the indicators, `veche indicator measure` \
                     measures a period"
                );
            }
            if json {
                println!("{}", serde_json::to_string_pretty(&measured)?);
            } else {
                measured.iter().for_each(print);
            }
        }
        IndicatorCommand::Preview { release, indicator, settings, period } => {
            let settings = serde_json::from_str(&settings).context("--settings is no JSON")?;
            let period = period.wanted()?;
            let request = preview::Request { release, indicator, settings, datasets: Default::default(), period };
            let preview = preview::run(app, region, request).await?;
            println!("preview, not official: {} {}", preview.definition.code, preview.period.label());
            preview.measurements.iter().for_each(print_part);
        }
        IndicatorCommand::Values { file } => {
            let imported = values::import(app, region, &file, actor).await?;
            println!("new {}, known {}, rejected {}", imported.new, imported.known, imported.rejected.len());
            imported.rejected.iter().for_each(|row| println!("  row {row}"));
        }
        IndicatorCommand::Progress { file } => {
            let imported = progress::import(app, region, &file).await?;
            let count = imported.count;
            println!("new {}, known {}, of unknown appeals {}", count.new, count.known, count.unknown);
            imported.rejected.iter().for_each(|row| println!("  row {row}"));
        }
        IndicatorCommand::Target { indicator, part, period, value } => {
            let breakdown: Breakdown = part.into_iter().collect();
            let new = targets::NewTarget { indicator, breakdown, period: period.wanted()?, value };
            let target = targets::set(app, region, new, actor).await?;
            println!(
                "{} {} {}",
                target.indicator,
                target.period.label(),
                value.map_or("none".into(), |v| v.to_string())
            );
        }
        IndicatorCommand::Targets { indicator } => {
            for row in targets::plan_fact(app, region, indicator.as_deref()).await? {
                let fact = row.fact.map_or("–".to_owned(), |fact| format!("{fact:.1}"));
                let (target, light) = (&row.target, row.light);
                println!(
                    "{:<28} {:<12} {:<30} plan {:>8.1}  fact {fact:>8}  {light}",
                    target.indicator,
                    target.period.label(),
                    place(&target.breakdown),
                    target.value
                );
            }
        }
        IndicatorCommand::Passports => {
            for row in app.store.passports(region).await? {
                println!("{}  {:<10} {}  {}", row.id, row.state, row.passport.indicator, row.passport.title);
            }
        }
        IndicatorCommand::Print { id, file } => {
            let row = passports::find(app, region, id).await?;
            let steps = app.store.passport_steps(region, id).await?;
            let of = app.region(region).await?.region;
            let bytes = document::docx(&row, &steps, &of.name, of.time_zone)?;
            std::fs::write(&file, bytes).with_context(|| format!("{} cannot be written", file.display()))?;
            println!("{}", file.display());
        }
        IndicatorCommand::Decompositions => {
            for row in app.store.decompositions(region).await? {
                println!(
                    "{}  {} {}/{}  share {:.1} % over {:.1} %",
                    row.id, row.block, row.first, row.last, row.share, row.threshold
                );
                println!("  {}", serde_json::to_string(&row.report)?);
            }
        }
        IndicatorCommand::History { sample, folder, appeals, until, days } => {
            let until = until.unwrap_or_else(|| Utc::now().date_naive());
            let plan = history::HistoryPlan { appeals, until, days };
            let made = history::write(&sample, &folder, &plan)?;
            println!("{} and {} with {} events", made.appeals.display(), made.progress.display(), made.events);
        }
    }
    Ok(())
}

async fn list(app: &App, region: &RegionCode) -> anyhow::Result<()> {
    let catalogue = catalogue::of(app, region).await?;
    for i in &catalogue.indicators {
        let title = i.title.get("ru").or_else(|| i.title.values().next()).map_or("", String::as_str);
        let official = if i.official { "official" } else { "" };
        println!("{:<34} {official:<9} {:<8} {title}", i.code, i.unit);
    }
    for (binding, fault) in &catalogue.faults {
        println!("{binding}: {fault}");
    }
    Ok(())
}

/// Runs the job here, with a progress bar; Ctrl-C stops it, and it begins anew when it is claimed again.
pub(crate) async fn watch(app: &App, region: &RegionCode, id: Uuid) -> anyhow::Result<MeasureJob> {
    let stop = CancellationToken::new();
    let stopper = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stopper.cancel();
        }
    });
    let bar = output::progress_bar();
    let progress = |job: &MeasureJob| {
        bar.set_length(job.total);
        bar.set_position(job.done);
        bar.set_message(format!("{} indicators", job.done));
    };
    let ran = jobs::run_next(app, &Uuid::now_v7().to_string(), Some(id), &stop, &progress).await;
    bar.finish_and_clear();
    match ran? {
        Some(job) => Ok(job),
        None => Ok(jobs::find(app, region, id).await?),
    }
}

fn finish(job: MeasureJob) -> anyhow::Result<()> {
    println!("{}: {} of {} indicators, {}", job.period.label(), job.done, job.total, job.state);
    job.faults.iter().for_each(|fault| println!("  {}: {}", fault.indicator, fault.fault));
    match job.state {
        JobState::Done if job.faults.is_empty() => Ok(()),
        JobState::Done => bail!("some indicators could not be measured"),
        state => bail!("the job is {state}"),
    }
}

fn print(measured: &Measured) {
    let official = if measured.official { "official" } else { "not official" };
    println!(
        "{} {} revision {}, {official}, cut-off {}",
        measured.indicator,
        measured.period.label(),
        measured.revision,
        measured.cut_off.to_rfc3339()
    );
    measured.measurements.iter().filter(|m| m.breakdown.len() < 2).for_each(print_part);
}

fn place(breakdown: &Breakdown) -> String {
    if breakdown.is_empty() {
        return "region".into();
    }
    breakdown.iter().map(|(dimension, code)| format!("{dimension} {code}")).collect::<Vec<_>>().join(", ")
}

fn print_part(m: &Measurement) {
    let value = m.value.map_or("undefined".to_owned(), |value| format!("{value:.2}"));
    let of = m.denominator.map(|d| format!(" = {} / {d}", m.numerator)).unwrap_or_default();
    println!("  {:<44} {value}{of}, left out {}", place(&m.breakdown), m.excluded);
}
