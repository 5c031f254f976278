//! `veche rating …`: rules of rating, calculating, ratings to read, workload of blocks.
//!
//! Ratings are published by the API alone: there the role of whoever does it is known.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use uuid::Uuid;
use veche_app::store::RatingRow;
use veche_app::{App, ratings};
use veche_domain::access::Actor;
use veche_domain::code::RegionCode;

use crate::indicators::PeriodArgs;
use crate::{HostArgs, region};

#[derive(Args)]
pub(crate) struct RatingArgs {
    /// Region.
    #[arg(long)]
    region: String,
    /// Name that is kept with what is done.
    #[arg(long = "as", env = "VECHE_ACTOR", default_value = "cli")]
    actor: String,
    #[command(subcommand)]
    command: RatingCommand,
}

#[derive(Subcommand)]
enum RatingCommand {
    /// Set a version of the rules from a JSON file, as `samples/yaroslavl/rating.json`.
    Rules {
        /// File.
        file: PathBuf,
    },
    /// Calculate the rating of a period.
    Calculate {
        #[command(flatten)]
        period: PeriodArgs,
    },
    /// List ratings, the newest period first.
    List,
    /// Show a rating: each body with its place, its score and why.
    Show {
        /// Rating.
        id: Uuid,
    },
    /// Show the workload of blocks in a period, and how many people each would need.
    Workload {
        #[command(flatten)]
        period: PeriodArgs,
        /// Load in percent at which people do their work well.
        #[arg(long, default_value_t = 85.0)]
        target: f64,
    },
}

pub(crate) async fn run(host: &HostArgs, args: RatingArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let region = region(&args.region)?;
    let done = command(&app, &region, &Actor::named(&args.actor), args.command).await;
    app.store.close().await;
    done
}

async fn command(app: &App, region: &RegionCode, actor: &Actor, command: RatingCommand) -> anyhow::Result<()> {
    app.region(region).await?;
    match command {
        RatingCommand::Rules { file } => {
            let text = std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            let rules = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
            let new = ratings::set_rules(app, region, &rules, actor).await?;
            println!("{}{}", rules.version, if new { "" } else { ", set before" });
        }
        RatingCommand::Calculate { period } => {
            print(&ratings::calculate(app, region, period.wanted()?, actor).await?);
        }
        RatingCommand::List => {
            for row in ratings::list(app, region, false).await? {
                let (period, bodies) = (row.period.label(), row.bodies.len());
                println!("{}  {period:<24} revision {:<3} {:<10} {bodies} bodies", row.id, row.revision, row.state);
            }
        }
        RatingCommand::Show { id } => print(&ratings::find(app, region, id, false).await?),
        RatingCommand::Workload { period, target } => {
            for row in ratings::workload(app, region, period.wanted()?, target).await? {
                println!(
                    "{:<16} {:>6} questions  load {:>6.1} %  {}",
                    row.block, row.questions, row.load, row.proposal.0
                );
            }
        }
    }
    Ok(())
}

fn print(row: &RatingRow) {
    println!("{}  {} revision {}, {}, rules {}", row.id, row.period.label(), row.revision, row.state, row.rules);
    for body in &row.bodies {
        let place = body.place.map_or("–".to_owned(), |place| place.to_string());
        println!("{place:>4}  {:<28} {}", body.body, body.why.0);
    }
}
