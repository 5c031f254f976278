//! `veche plugin quarantine`, `release`, `faults`: what became of plug-ins that fail.

use chrono::TimeDelta;
use clap::Args;
use veche_domain::access::Action;
use veche_domain::code::BindingId;
use veche_domain::quarantine::QuarantineRules;

use crate::actor::AsArgs;
use crate::{HostArgs, region};

/// When a binding goes into quarantine.
#[derive(Args, Clone)]
pub(crate) struct QuarantineArgs {
    /// Faults in a row that put a binding into quarantine; 0 for never.
    #[arg(long, global = true, env = "VECHE_QUARANTINE_FAULTS", default_value_t = 5)]
    quarantine_faults: u32,
    /// Calls over which the rate of faults is taken.
    #[arg(long, global = true, env = "VECHE_QUARANTINE_WINDOW", default_value_t = 100)]
    quarantine_window: u32,
    /// Percentage of faults over that window that puts a binding into quarantine; above 100 for never.
    #[arg(long, global = true, env = "VECHE_QUARANTINE_PERCENT", default_value_t = 50)]
    quarantine_percent: u32,
    /// First pause before a trial, seconds; each failed trial doubles it, up to an hour.
    #[arg(long, global = true, env = "VECHE_QUARANTINE_PAUSE", default_value_t = 60)]
    quarantine_pause: u32,
}

impl QuarantineArgs {
    pub(crate) fn rules(&self) -> QuarantineRules {
        QuarantineRules {
            faults_in_row: self.quarantine_faults,
            window: self.quarantine_window.max(1),
            fault_rate: f64::from(self.quarantine_percent) / 100.0,
            pause: TimeDelta::seconds(i64::from(self.quarantine_pause.max(1))),
            ..QuarantineRules::default()
        }
    }
}

#[derive(Args)]
pub(crate) struct OfRegion {
    /// Region.
    #[arg(long)]
    region: String,
}

pub(crate) async fn list(host: &HostArgs, args: OfRegion) -> anyhow::Result<()> {
    let app = host.start().await?;
    let (quarantined, events) = app.rules.watch().list(&region(&args.region)?).await?;
    app.store.close().await;
    if quarantined.is_empty() {
        println!("no binding is in quarantine");
    }
    for q in quarantined {
        let block = q.place.block.as_ref().map_or("the region", |block| block.as_str());
        println!("{}  {block}  since {}, next trial {}: {}", q.place.binding, q.since, q.until, q.cause);
    }
    if !events.is_empty() {
        println!("lately");
    }
    for event in events.iter().take(20) {
        let block = event.block.as_deref().unwrap_or("the region");
        let actor = event.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        println!("  {}  {}  {block}  {}{actor}  {}", event.at, event.binding, event.kind, event.detail);
    }
    Ok(())
}

#[derive(Args)]
pub(crate) struct ReleaseArgs {
    /// Binding.
    binding: String,
    /// Region.
    #[arg(long)]
    region: String,
    /// Block; everywhere if missing.
    #[arg(long)]
    block: Option<String>,
    #[command(flatten)]
    by: AsArgs,
}

pub(crate) async fn release(host: &HostArgs, args: ReleaseArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let region = region(&args.region)?;
    let actor = args.by.may(&app, &region, Some(Action::ReleaseQuarantined)).await?.actor;
    let released = app.rules.watch().release(&region, &args.binding, args.block.as_deref(), &actor).await;
    app.store.close().await;
    println!("{} of binding {} released", plural(released?), args.binding);
    Ok(())
}

fn plural(count: usize) -> String {
    if count == 1 { "1 quarantine".to_owned() } else { format!("{count} quarantines") }
}

#[derive(Args)]
pub(crate) struct FaultsArgs {
    /// Region.
    #[arg(long)]
    region: String,
    /// Binding; all if missing.
    #[arg(long)]
    binding: Option<String>,
    /// Most faults shown, newest first.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(i64).range(1..=1_000))]
    limit: i64,
}

pub(crate) async fn faults(host: &HostArgs, args: FaultsArgs) -> anyhow::Result<()> {
    let app = host.start().await?;
    let binding = args.binding.as_deref().map(BindingId::new).transpose()?;
    let faults = app.store.faults(&region(&args.region)?, binding.as_ref(), args.limit).await?;
    app.store.close().await;
    if faults.is_empty() {
        println!("no faults are stored");
    }
    for fault in faults {
        println!("{}  {}  {}  {}", fault.at, fault.binding, fault.outcome, fault.fault.unwrap_or_default());
        println!("  appeal {}, decision {}, release {}", fault.appeal, fault.decision, fault.release.short());
        for frame in &fault.trace.backtrace {
            println!("  in {frame}");
        }
        for line in &fault.trace.logs {
            println!("  log {line}");
        }
        if let Some(remedy) = &fault.trace.remedy {
            println!("  to do: {remedy}");
        }
    }
    Ok(())
}
