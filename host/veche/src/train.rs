//! `veche train`: a model for `categorizer-linear` of a region's labelled past.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use chrono::{DateTime, NaiveDate, Utc};
use clap::Args;
use veche_app::App;
use veche_app::files::Profile;
use veche_app::store::Span;
use veche_app::train::{Believed, History, Options, Training};
use veche_domain::access::Action;
use veche_domain::calendar::start_of_day;
use veche_domain::code::RegionCode;

use crate::actor::AsArgs;
use crate::{HostArgs, region};

#[derive(Args)]
pub(crate) struct TrainArgs {
    /// Region whose stored appeals are learned from; with a file, the region whose categories its labels become.
    #[arg(long, required_unless_present = "file")]
    region: Option<String>,
    #[command(flatten)]
    by: AsArgs,
    /// Labelled file to learn from instead: CSV, XLSX, gz.
    #[arg(requires = "map")]
    file: Option<PathBuf>,
    /// Profile that maps its columns: a ready one (veche, spb, kursk, pos, incident, open311) or a TOML file.
    #[arg(long, requires = "file")]
    map: Option<String>,
    /// Percentage of the rows to learn from, chosen by a fixed hash of the external id; evaluate with the rest.
    #[arg(long, default_value_t = 100, requires = "file", value_parser = clap::value_parser!(u32).range(1..=100))]
    percent: u32,
    /// First day of receipt; the whole history if missing.
    #[arg(long, conflicts_with = "file")]
    since: Option<NaiveDate>,
    /// Day of receipt before which it ends; up to now if missing.
    #[arg(long, conflicts_with = "file")]
    until: Option<NaiveDate>,
    /// Believe also what rules said and nobody changed, not only what people named.
    #[arg(long, conflicts_with = "file")]
    unchanged: bool,
    /// Where to write the model.
    #[arg(long)]
    out: PathBuf,
    /// Write the whole report as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    #[command(flatten)]
    how: How,
}

#[derive(Args)]
struct How {
    /// Parts that are held out one after the other to measure the model.
    #[arg(long, default_value_t = Options::default().folds)]
    folds: usize,
    /// Seed. The same examples, options and seed give the same model.
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// Cost of a mistake: higher follows the examples more closely.
    #[arg(long, default_value_t = Options::default().cost)]
    cost: f32,
    /// How far rare categories are weighed up: 0 not at all, 1 as if all were equally frequent.
    #[arg(long, default_value_t = Options::default().balance)]
    balance: f32,
    /// Categories with fewer examples are left out.
    #[arg(long, default_value_t = Options::default().least_examples)]
    min_examples: usize,
    /// Most bytes of the model, up to 8 MiB.
    #[arg(long, default_value_t = Options::default().most_bytes)]
    max_bytes: usize,
}

pub(crate) async fn run(host: &HostArgs, args: TrainArgs) -> anyhow::Result<()> {
    let mut history = History::default();
    let code = args.region.as_deref().map(region).transpose()?;
    match (&args.file, &args.map) {
        (Some(file), Some(map)) => {
            let profile = Profile::named_or_file(map)?;
            let rules = match &code {
                None => None,
                Some(code) => {
                    let app = host.start().await?;
                    let rules = app.rules.active(code).await;
                    app.store.close().await;
                    let missing = || format!("region {code} has no active ruleset: load one first");
                    Some(rules?.with_context(missing)?)
                }
            };
            let zone = rules.as_ref().map_or(chrono_tz::UTC, |rules| rules.zone());
            history.read_file(file, &profile, rules, zone, args.percent).await?;
        }
        _ => {
            let Some(code) = &code else { bail!("name a region with --region, or a labelled file") };
            let app = host.start().await?;
            let read = read_store(&app, code, &args, &mut history).await;
            app.store.close().await;
            read?;
        }
    }
    let How { folds, seed, cost, balance, min_examples, max_bytes } = args.how;
    let options = Options {
        folds,
        seed,
        cost,
        balance,
        least_examples: min_examples,
        most_bytes: max_bytes,
        threads: host.threads.unwrap_or(Options::default().threads),
        ..Options::default()
    };
    let started = std::time::Instant::now();
    let training = history.train(options).await?;
    std::fs::write(&args.out, &training.model).with_context(|| format!("{} cannot be written", args.out.display()))?;
    show(&training);
    println!("{}: {} bytes in {:.1} s", args.out.display(), training.model.len(), started.elapsed().as_secs_f64());
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_vec_pretty(&training)?)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// Stored history is read by whoever may back-test on it.
async fn read_store(app: &App, code: &RegionCode, args: &TrainArgs, history: &mut History) -> anyhow::Result<()> {
    args.by.may(app, code, Some(Action::BacktestRules)).await?;
    let zone = app.region(code).await?.region.time_zone;
    let moment = |day: Option<NaiveDate>, missing: DateTime<Utc>| day.map_or(missing, |day| start_of_day(day, zone));
    let span = Span {
        region: code.clone(),
        since: moment(args.since, DateTime::UNIX_EPOCH),
        until: moment(args.until, Utc::now()),
    };
    let believed = if args.unchanged { Believed::PeopleAndUnchanged } else { Believed::People };
    history
        .read_store(app, &span, believed)
        .await
        .context("stored history; if people have corrected little so far, give --unchanged or a labelled file")?;
    Ok(())
}

fn show(training: &Training) {
    let Training { gathered, report, .. } = training;
    println!(
        "{} rows: {} examples of {} categories; left out: {} rejected, {} kept apart, {} without a label, {} of `other`, {} \
         without a text",
        gathered.rows,
        report.examples,
        report.classes.len(),
        gathered.rejected,
        gathered.kept_apart,
        gathered.unlabelled,
        gathered.other,
        report.without_text,
    );
    for (what, labels) in
        [("not in the dictionaries", &gathered.unknown_labels), ("with too few examples", &report.left_out)]
    {
        if !labels.is_empty() {
            let shown: Vec<_> = labels.iter().take(10).map(|(label, count)| format!("{label} ({count})")).collect();
            let more = if labels.len() > shown.len() { ", …" } else { "" };
            println!("{} categories {what}, left out: {}{more}", labels.len(), shown.join(", "));
        }
    }
    let figures = &report.figures;
    println!(
        "held out: accuracy {:.4}, macro-F1 {:.4}, calibration error {:.4}",
        figures.accuracy, figures.macro_f1, figures.calibration_error
    );
    println!("  min_confidence   answered   right of these");
    for threshold in &report.thresholds {
        println!("  {:>14.1}   {:>8.4}   {:.4}", threshold.confidence, threshold.coverage, threshold.accuracy);
    }
    let mut worst: Vec<_> = report.classes.iter().collect();
    worst.sort_by_key(|(_, class)| std::cmp::Reverse(class.examples - class.right));
    println!("  most mistakes                                 right of examples   precision  recall  F1");
    for (code, class) in worst.iter().take(10).filter(|(_, class)| class.right < class.examples) {
        println!(
            "  {code:<44} {:>6} of {:<6}     {:.2}       {:.2}    {:.2}",
            class.right, class.examples, class.precision, class.recall, class.f1
        );
    }
    for pair in report.confusions.iter().take(10) {
        println!("  {:>6} × {} → {}", pair.count, pair.labelled, pair.answered);
    }
}
