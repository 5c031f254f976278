//! `veche backtest`: a draft against the active ruleset over stored history.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use chrono::{DateTime, NaiveDate, Utc};
use clap::Args;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use veche_app::App;
use veche_app::backtest::{self, Agreement, Report, Request, Side};
use veche_app::store::BacktestRow;
use veche_domain::access::Action;
use veche_domain::calendar::start_of_day;
use veche_domain::code::RegionCode;
use veche_domain::lifecycle::JobState;

use crate::actor::AsArgs;
use crate::{HostArgs, output, region};

#[derive(Args)]
pub(crate) struct BacktestArgs {
    /// Region.
    #[arg(long)]
    region: String,
    #[command(flatten)]
    by: AsArgs,
    /// Draft to try.
    #[arg(long, required_unless_present_any = ["resume", "cancel"])]
    draft: Option<Uuid>,
    /// First day of receipt; the whole history if missing.
    #[arg(long)]
    since: Option<NaiveDate>,
    /// Day of receipt before which it ends; up to now if missing.
    #[arg(long)]
    until: Option<NaiveDate>,
    /// Go on with a back-test that was interrupted.
    #[arg(long, conflicts_with_all = ["draft", "since", "until", "cancel"])]
    resume: Option<Uuid>,
    /// Cancel a back-test.
    #[arg(long, conflicts_with_all = ["draft", "since", "until"])]
    cancel: Option<Uuid>,
    /// Write the whole report as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

pub(crate) async fn run(host: &HostArgs, args: BacktestArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let done = backtest(&app, args).await;
    app.store.close().await;
    done
}

async fn backtest(app: &App, args: BacktestArgs) -> anyhow::Result<()> {
    let region = region(&args.region)?;
    let actor = args.by.may(app, &region, Some(Action::BacktestRules)).await?.actor;
    if let Some(id) = args.cancel {
        backtest::cancel(app, &region, id).await?;
        println!("back-test {id} is cancelled");
        return Ok(());
    }
    let id = match (args.resume, args.draft) {
        (Some(id), _) => backtest::find(app, &region, id).await?.id,
        (None, Some(draft)) => {
            let zone = app.region(&region).await?.region.time_zone;
            let moment = |day: Option<NaiveDate>| day.map(|day| -> DateTime<Utc> { start_of_day(day, zone) });
            let request = Request { draft, since: moment(args.since), until: moment(args.until) };
            backtest::request(app, &region, request, &actor).await?.id
        }
        (None, None) => bail!("name a draft with --draft, or a back-test with --resume"),
    };
    let job = watch(app, &region, id).await?;
    let report: Report = serde_json::from_value(job.report.clone()).context("the report cannot be read")?;
    print(&format!("back-test {}", job.id), job.done, job.total, &report);
    if let Some(path) = args.json {
        std::fs::write(&path, serde_json::to_vec_pretty(&job)?)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    match job.state {
        JobState::Done => Ok(()),
        JobState::Running | JobState::Waiting => {
            bail!("interrupted: go on with `veche backtest --region {region} --resume {id}`")
        }
        state => bail!("the back-test is {state}: {}", job.error.unwrap_or_default()),
    }
}

/// Runs the job here, with a progress bar; Ctrl-C stops it at the next page, to be gone on with.
async fn watch(app: &App, region: &RegionCode, id: Uuid) -> anyhow::Result<BacktestRow> {
    let stop = CancellationToken::new();
    let stopper = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stopper.cancel();
        }
    });
    let bar = output::progress_bar();
    let progress = |job: &BacktestRow| {
        bar.set_length(job.total);
        bar.set_position(job.done);
        bar.set_message(format!("{} appeals", job.done));
    };
    let owner = Uuid::now_v7().to_string();
    let ran = backtest::run_next(app, &owner, Some(id), &stop, &progress).await;
    bar.finish_and_clear();
    match ran? {
        Some(job) => Ok(job),
        None => {
            let job = backtest::find(app, region, id).await?;
            if job.state == JobState::Running {
                bail!(
                    "another host runs back-test {id}: watch it there, or try again in half a minute if that host is gone"
                );
            }
            Ok(job)
        }
    }
}

/// Prints a report.
pub(crate) fn print(what: &str, done: u64, total: u64, report: &Report) {
    println!("{what}: {done} of {total} appeals in {:.1} s, {:.0} a second", report.seconds, report.rate());
    println!(
        "{} questions, unchanged {}; changed: category {}, body {}, priority {}, clocks {}, state {}",
        report.questions,
        report.unchanged,
        report.changed.category,
        report.changed.body,
        report.changed.priority,
        report.changed.clocks,
        report.changed.state
    );
    for group in report.groups.iter().take(20) {
        let or = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
        let example = group.examples.first().map(ToString::to_string).unwrap_or_default();
        println!("  {:>7} × {}: {} → {}   {example}", group.count, group.what, or(&group.from), or(&group.to));
    }
    if report.groups.len() > 20 || report.left_out > 0 {
        println!("  and {} more groups; --json writes them", report.groups.len().saturating_sub(20));
    }
    side("active", &report.active);
    side("draft", &report.draft);
    if report.unsteady > 0 {
        println!(
            "{} answers depend on earlier calls: a plug-in keeps something from call to call, and live it cannot",
            report.unsteady
        );
    }
}

fn side(name: &str, side: &Side) {
    let share =
        |a: &Agreement| format!("{} of {} ({} of {} set by people)", a.right, a.of, a.right_people, a.of_people);
    println!("{name:<7} agrees on category {}, on body {}", share(&side.category), share(&side.body));
    let mean = side.fuel.checked_div(side.calls).unwrap_or(0);
    println!(
        "        for a person {}, calls {}, faults {}, fuel {} ({mean} a call), {} ms in calls",
        side.manual,
        side.calls,
        side.faulted(),
        side.fuel,
        side.calls_us / 1_000
    );
    for (what, count) in &side.faults {
        println!("        {count:>7} × {what}");
    }
}
