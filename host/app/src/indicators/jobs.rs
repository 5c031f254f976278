//! Measuring as a job: on demand and by schedule, with progress, again without doubling anything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::code::RegionCode;
use veche_domain::indicator::{Dimension, Formula, Measurement, Period, PeriodKind};
use veche_domain::lifecycle::JobState;
use veche_sandbox::Measuring;
use veche_store::{JobFault, MeasureJob, MeasuredResult, Origin, SetRow};

use crate::App;
use crate::error::AppError;
use crate::rules::Rules;

use super::catalogue::{self, From, Indicator};
use super::plugins::{self, Scope};
use super::{Wanted, decomposition, dictionaries, formulas, period, span};

/// How long a claim holds; a host that dies gives its job back after this.
const LEASE: Duration = Duration::from_secs(60);
/// How often an empty queue is looked at.
const IDLE: Duration = Duration::from_secs(2);
/// How often the schedule is looked at.
const SCHEDULE: Duration = Duration::from_secs(60);
/// Kinds that the schedule measures once they are over.
const SCHEDULED: [PeriodKind; 5] =
    [PeriodKind::Day, PeriodKind::Week, PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year];

/// Asks for a measurement of a period. Without indicators all that the region has are measured.
///
/// # Errors
/// An unknown region or indicator; a period that is in the future or upside down.
pub async fn request(
    app: &App,
    region: &RegionCode,
    wanted: Wanted,
    indicators: Vec<String>,
    actor: &str,
) -> Result<MeasureJob, AppError> {
    let now = Utc::now();
    let period = period(app, region, wanted, now).await?;
    let catalogue = catalogue::of(app, region).await?;
    for code in &indicators {
        let known = catalogue.find(code);
        let unknown = || AppError::Unknown { what: "indicator", code: code.chars().take(120).collect() };
        if known.ok_or_else(unknown)?.from == From::Entered {
            let reason = format!("the values of {code:?} are entered or imported, so there is nothing to measure");
            return Err(AppError::Invalid { field: "indicators", reason });
        }
    }
    let job = new_job(region, period, indicators, actor, false, now);
    app.store.insert_measure_job(&job).await?;
    Ok(job)
}

fn new_job(
    region: &RegionCode,
    period: Period,
    indicators: Vec<String>,
    actor: &str,
    scheduled: bool,
    now: DateTime<Utc>,
) -> MeasureJob {
    MeasureJob {
        id: Uuid::now_v7(),
        region: region.clone(),
        period,
        indicators,
        scheduled,
        state: JobState::Waiting,
        total: 0,
        done: 0,
        faults: Vec::new(),
        requested_by: actor.to_owned(),
        created_at: now,
        updated_at: now,
    }
}

/// Asks for the last period of each kind that is over, in each region that has a set in force; how many jobs are new.
///
/// # Errors
/// Store errors.
pub async fn schedule(app: &App, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut new = 0;
    for row in app.store.regions().await? {
        let (region, zone) = (&row.region.code, row.region.time_zone);
        let today = veche_domain::calendar::local_date(now, zone);
        let Some(set) = app.store.indicator_set(region, today).await? else { continue };
        for kind in SCHEDULED {
            let period = Period::last_over(kind, now, zone, set.set.week_starts)?;
            let job = new_job(region, period, Vec::new(), "schedule", true, now);
            new += usize::from(app.store.insert_measure_job(&job).await?);
        }
    }
    Ok(new)
}

/// A job of a region.
///
/// # Errors
/// [`AppError::Unknown`].
pub async fn find(app: &App, region: &RegionCode, id: Uuid) -> Result<MeasureJob, AppError> {
    let unknown = || AppError::Unknown { what: "measuring job", code: id.to_string() };
    app.store.measure_job(region, id).await?.ok_or_else(unknown)
}

/// Cancels a job; what it has measured stays.
///
/// # Errors
/// An unknown job, or one that is over.
pub async fn cancel(app: &App, region: &RegionCode, id: Uuid) -> Result<(), AppError> {
    let job = find(app, region, id).await?;
    if app.store.cancel_measure_job(region, id).await? {
        return Ok(());
    }
    let reason = format!("the job is {} already: there is nothing to cancel", job.state);
    Err(AppError::Invalid { field: "job", reason })
}

/// Keeps the schedule and runs jobs that wait, one after the other, until it is cancelled.
pub async fn work(app: App, stop: CancellationToken) {
    let owner = Uuid::now_v7().to_string();
    let mut scheduled: Option<std::time::Instant> = None;
    while !stop.is_cancelled() {
        if scheduled.is_none_or(|at| at.elapsed() >= SCHEDULE) {
            scheduled = Some(std::time::Instant::now());
            if let Err(error) = schedule(&app, Utc::now()).await {
                tracing::error!(%error, "the schedule of indicators cannot be kept now");
            }
        }
        let pause = match run_next(&app, &owner, None, &stop, &|_| {}).await {
            Ok(Some(_)) => Duration::ZERO,
            Ok(None) => IDLE,
            Err(error) => {
                tracing::error!(%error, "indicators cannot be measured now; the job goes on later");
                IDLE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Claims a job (the named one, or the oldest that waits) and runs it to its end; the job as it is then.
///
/// # Errors
/// A store error: the job begins anew when it is claimed again, and finds the same.
pub async fn run_next(
    app: &App,
    owner: &str,
    wanted: Option<Uuid>,
    stop: &CancellationToken,
    progress: &(dyn Fn(&MeasureJob) + Sync),
) -> Result<Option<MeasureJob>, AppError> {
    let Some(mut job) = app.store.claim_measure_job(owner, wanted, LEASE).await? else { return Ok(None) };
    (job.done, job.faults) = (0, Vec::new());
    match measure(app, owner, &mut job, stop, progress).await {
        Ok(true) => job.state = JobState::Done,
        // Cancelled, or taken by another host.
        Ok(false) => return Ok(Some(find(app, &job.region, job.id).await?)),
        Err(error @ AppError::Store(_)) => return Err(error),
        Err(AppError::Stopped) => {
            app.store.release_measure_job(owner, job.id).await?;
            return Err(AppError::Stopped);
        }
        Err(error) => {
            tracing::error!(job.id = %job.id, region = %job.region, %error, "indicators could not be measured");
            job.faults.push(JobFault { indicator: String::new(), fault: error.to_string() });
            job.state = JobState::Failed;
        }
    }
    app.store.checkpoint_measure_job(owner, &job, LEASE).await?;
    progress(&job);
    Ok(Some(find(app, &job.region, job.id).await?))
}

/// Measures what a job asks for; false once it is no longer this host's.
async fn measure(
    app: &App,
    owner: &str,
    job: &mut MeasureJob,
    stop: &CancellationToken,
    progress: &(dyn Fn(&MeasureJob) + Sync),
) -> Result<bool, AppError> {
    let region = job.region.clone();
    let (dictionaries, cut_off) = (dictionaries(app, &region).await?, Utc::now());
    let set = app.store.indicator_set(&region, job.period.first).await?;
    let rules = app.rules.active(&region).await?;
    let passports = app.store.passports(&region).await?;
    let catalogue = catalogue::made_of(app, set.as_ref(), rules.clone(), &passports).await?;
    for (binding, fault) in &catalogue.faults {
        job.faults.push(JobFault { indicator: binding.clone(), fault: fault.clone() });
    }
    let asked =
        |i: &&Indicator| i.from != From::Entered && (job.indicators.is_empty() || job.indicators.contains(&i.code));
    let wanted: Vec<Indicator> = catalogue.indicators.iter().filter(asked).cloned().collect();
    job.total = wanted.len() as u64;
    let categories = formulas::categories_of(&dictionaries);
    let of_job = Of { job_actor: job.requested_by.clone(), period: job.period, cut_off, set: set.as_ref(), rules };
    let tallies = app.store.tallies(&span(&region, &job.period, &dictionaries, cut_off)).await?;
    let folded = formulas::all(&tallies, &categories, set.as_ref().map(|row| &row.set));
    let results: Vec<_> = wanted.iter().filter_map(|indicator| of_job.formula(indicator, &folded)).collect();
    app.store.save_measured(&region, &results).await?;
    job.done = results.len() as u64;
    if let Some(set) = &set {
        open_decompositions(app, &region, job.period, &folded, set, &job.requested_by).await?;
    }
    progress(job);
    if !app.store.checkpoint_measure_job(owner, job, LEASE).await? {
        return Ok(false);
    }
    let scope =
        Scope { region: &region, period: job.period, cut_off, dictionaries: &dictionaries, categories: &categories };
    for indicator in &wanted {
        if stop.is_cancelled() {
            return Err(AppError::Stopped);
        }
        let From::Plugin { binding, definition, .. } = &indicator.from else { continue };
        let Some(rules) = of_job.rules.clone() else { continue };
        let id = binding.clone();
        let ask = move |asked: &Measuring<'_>| rules.by_id(&id).map(|bound| bound.plugin.measure(asked));
        match plugins::measure(app, &scope, definition, ask).await? {
            Ok(measurements) => {
                app.store.save_measured(&region, &[of_job.plugin(indicator, measurements)]).await?;
            }
            Err(fault) => job.faults.push(JobFault { indicator: indicator.code.clone(), fault }),
        }
        job.done += 1;
        progress(job);
        if !app.store.checkpoint_measure_job(owner, job, LEASE).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the results of one job share.
struct Of<'a> {
    job_actor: String,
    period: Period,
    cut_off: DateTime<Utc>,
    set: Option<&'a SetRow>,
    rules: Option<Arc<Rules>>,
}

impl Of<'_> {
    fn result(&self, indicator: &Indicator, origin: Origin, measurements: Vec<Measurement>) -> MeasuredResult {
        MeasuredResult {
            indicator: indicator.code.clone(),
            period: self.period,
            origin,
            official: indicator.official,
            cut_off: self.cut_off,
            release: None,
            ruleset: self.rules.as_ref().map(|rules| rules.digest),
            set: self.set.map(|row| row.digest),
            source: None,
            made_by: self.job_actor.clone(),
            measurements,
        }
    }

    fn formula(&self, indicator: &Indicator, folded: &BTreeMap<Formula, Vec<Measurement>>) -> Option<MeasuredResult> {
        let From::Formula { formula } = &indicator.from else { return None };
        Some(self.result(indicator, Origin::Formula, folded.get(formula).cloned().unwrap_or_default()))
    }

    fn plugin(&self, indicator: &Indicator, measurements: Vec<Measurement>) -> MeasuredResult {
        let release = match &indicator.from {
            From::Plugin { release, .. } => Some(*release),
            _ => None,
        };
        MeasuredResult { release, ..self.result(indicator, Origin::Plugin, measurements) }
    }
}

/// Opens a decomposition for each block whose share of `other` in a month or more is over the set's threshold.
async fn open_decompositions(
    app: &App,
    region: &RegionCode,
    period: Period,
    folded: &BTreeMap<Formula, Vec<Measurement>>,
    set: &SetRow,
    actor: &str,
) -> Result<(), AppError> {
    let long = matches!(period.kind, PeriodKind::Month | PeriodKind::Quarter | PeriodKind::Year);
    let Some(threshold) = set.set.other_threshold.filter(|_| long) else { return Ok(()) };
    for m in folded.get(&Formula::OtherShare).into_iter().flatten() {
        let (Some(block), Some(share)) = (m.breakdown.get(&Dimension::Block), m.value) else { continue };
        if m.breakdown.len() == 1 && share > threshold {
            decomposition::open(app, region, block, period, share, threshold, &Actor::named(actor)).await?;
        }
    }
    Ok(())
}
