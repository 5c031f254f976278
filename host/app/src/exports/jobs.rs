//! Exports as jobs: asked for, claimed by lease, begun anew when a host died over them, cancelled, pruned.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use chrono::Utc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use veche_domain::access::{Actor, Scope};
use veche_domain::code::{BlockCode, RegionCode};
use veche_domain::lifecycle::JobState;
use veche_store::{ExportJob, ExportResult, StoreError};

use crate::App;
use crate::error::AppError;
use crate::indicators::{Wanted, period};

use super::{formats, run};

/// How long a claim holds; a host that dies gives its export back after this.
pub(super) const LEASE: Duration = Duration::from_secs(60);
/// How often an empty queue is looked at.
const IDLE: Duration = Duration::from_secs(2);
/// How often files whose time is over are looked for.
const PRUNE: Duration = Duration::from_secs(600);
/// How often an export is begun before it counts as one that brings hosts down.
const ATTEMPTS: u64 = 3;
/// Choices of one export, and characters of a name or a value.
const OPTIONS: (usize, usize) = (40, 2_000);

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct NewExport {
    /// Binding; none where one exporter alone has the format.
    pub binding: Option<String>,
    /// Format.
    pub format: String,
    /// Period.
    pub period: Wanted,
    /// Language of titles; the region's if missing.
    pub language: Option<String>,
    /// Choices, by name.
    pub options: BTreeMap<String, String>,
}

/// Who asks, and for how much.
#[derive(Debug, Clone)]
pub struct Asking<'a> {
    /// Who the log names.
    pub actor: &'a Actor,
    /// Blocks that they may see.
    pub scope: Scope,
    /// Whether they may see applicants' data.
    pub personal: bool,
}

/// Asks for a file.
///
/// # Errors
/// An unknown region, binding or format; a period that is upside down or in the future; applicants' data that are not for
/// whoever asks.
pub async fn request(
    app: &App,
    region: &RegionCode,
    new: NewExport,
    asking: &Asking<'_>,
) -> Result<ExportJob, AppError> {
    let now = Utc::now();
    let period = period(app, region, new.period, now).await?;
    let invalid = |field, reason: String| AppError::Invalid { field, reason };
    let long = |text: &String| text.chars().count() > OPTIONS.1;
    if new.options.len() > OPTIONS.0 || new.options.iter().any(|(name, value)| long(name) || long(value)) {
        let reason = format!("at most {} choices of {} characters each", OPTIONS.0, OPTIONS.1);
        return Err(invalid("options", reason));
    }
    let language = match new.language {
        None => app.region(region).await?.region.language,
        Some(language) if ["ru", "en"].contains(&language.as_str()) => language,
        Some(language) => {
            return Err(invalid(
                "language",
                format!("{:?} is neither ru nor en", language.chars().take(20).collect::<String>()),
            ));
        }
    };
    let (binding, ready) = formats::find(app, region, new.binding.as_deref(), &new.format).await?;
    if ready.personal && !asking.personal {
        let reason = format!("files of {binding} hold applicants' data: ask somebody who may read personal data");
        return Err(AppError::Forbidden { reason });
    }
    let job = ExportJob {
        id: Uuid::now_v7(),
        region: region.clone(),
        file_name: format!(
            "{region}-{}-{}.{}",
            ready.format.id,
            period.label().replace('/', "_"),
            ready.format.extension
        ),
        binding,
        media_type: ready.format.media_type,
        format: ready.format.id,
        period,
        language,
        options: new.options,
        blocks: blocks_of(&asking.scope),
        personal: ready.personal,
        state: JobState::Waiting,
        attempts: 0,
        total: 0,
        done: 0,
        skipped: 0,
        notes: Vec::new(),
        fault: None,
        size: 0,
        digest: None,
        release: None,
        ruleset: None,
        available: false,
        expires_at: None,
        requested_by: asking.actor.name.clone(),
        created_at: now,
        updated_at: now,
    };
    app.store.insert_export_job(&job, asking.actor).await?;
    Ok(job)
}

fn blocks_of(scope: &Scope) -> BTreeSet<BlockCode> {
    match scope {
        Scope::Region => BTreeSet::new(),
        Scope::Blocks(blocks) => blocks.clone(),
    }
}

/// Whether an export holds nothing beyond a scope.
#[must_use]
pub fn is_within(job: &ExportJob, scope: &Scope) -> bool {
    match scope {
        Scope::Region => true,
        Scope::Blocks(blocks) => !job.blocks.is_empty() && job.blocks.is_subset(blocks),
    }
}

/// An export of a region, if it is within a scope.
///
/// # Errors
/// [`AppError::Unknown`].
pub async fn find(app: &App, region: &RegionCode, id: Uuid, scope: &Scope) -> Result<ExportJob, AppError> {
    let unknown = || AppError::Unknown { what: "export", code: id.to_string() };
    app.store.export_job(region, id).await?.filter(|job| is_within(job, scope)).ok_or_else(unknown)
}

/// Exports of a region within a scope, newest first.
///
/// # Errors
/// Store errors.
pub async fn list(app: &App, region: &RegionCode, scope: &Scope, limit: i64) -> Result<Vec<ExportJob>, AppError> {
    app.region(region).await?;
    let mut jobs = app.store.export_jobs(region, limit).await?;
    jobs.retain(|job| is_within(job, scope));
    Ok(jobs)
}

/// Cancels an export that is not over; nothing of it stays.
///
/// # Errors
/// An unknown export, or one that is over.
pub async fn cancel(app: &App, region: &RegionCode, id: Uuid, scope: &Scope, actor: &Actor) -> Result<(), AppError> {
    let job = find(app, region, id, scope).await?;
    if app.store.cancel_export(region, id, actor).await? {
        return Ok(());
    }
    let reason = format!("the export is {} already: there is nothing to cancel", job.state);
    Err(AppError::Invalid { field: "export", reason })
}

/// Writes exports that wait, one after the other, and prunes files, until it is cancelled.
pub async fn work(app: App, stop: CancellationToken) {
    let mut pruned: Option<Instant> = None;
    while !stop.is_cancelled() {
        if pruned.is_none_or(|at| at.elapsed() >= PRUNE) {
            pruned = Some(Instant::now());
            match app.store.prune_exports(Utc::now()).await {
                Ok(0) => {}
                Ok(files) => tracing::info!(files, "exported files were deleted: their time is over"),
                Err(error) => tracing::error!(%error, "exported files cannot be pruned now"),
            }
        }
        let pause = match run_next(&app, None, &stop, &|_| {}).await {
            Ok(Some(_)) => Duration::ZERO,
            Ok(None) => IDLE,
            Err(error) => {
                tracing::error!(%error, "an export cannot go on now; it begins anew later");
                IDLE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Claims an export (the named one, or the oldest that waits) and writes it; the job as it is then.
///
/// # Errors
/// A store error: the export begins anew when it is claimed again.
pub async fn run_next(
    app: &App,
    wanted: Option<Uuid>,
    stop: &CancellationToken,
    progress: &(dyn Fn(&ExportJob) + Sync),
) -> Result<Option<ExportJob>, AppError> {
    // Another owner each time: what an earlier attempt on this host still writes is no longer its own.
    let owner = Uuid::now_v7().to_string();
    let Some(mut job) = app.store.claim_export_job(&owner, wanted, LEASE).await? else { return Ok(None) };
    let started = Instant::now();
    let result = if job.attempts > ATTEMPTS {
        let fault = format!(
            "it was interrupted {ATTEMPTS} times, so it is not begun again: look into the host's log (выгрузка прерывалась {ATTEMPTS} раза)"
        );
        Some(ExportResult::Failed { fault })
    } else {
        match run::export(app, &owner, &mut job, stop, progress).await {
            Ok(result) => result,
            Err(AppError::Store(error @ StoreError::Full)) => {
                Some(ExportResult::Failed { fault: format!("{error} (на диске нет места)") })
            }
            Err(error @ AppError::Store(_)) => return Err(error),
            Err(AppError::Stopped) => {
                app.store.release_export(&owner, job.id).await?;
                return Err(AppError::Stopped);
            }
            Err(error) => Some(ExportResult::Failed { fault: error.to_string() }),
        }
    };
    let outcome = match &result {
        Some(ExportResult::Done { .. }) => "done",
        Some(ExportResult::Failed { .. }) => "failed",
        None => "cancelled",
    };
    if let Some(result) = &result {
        app.store.finish_export(&owner, job.id, result).await?;
    }
    tracing::info!(
        job.id = %job.id, region = %job.region, export.format = %job.format, export.rows = job.done,
        export.size_bytes = job.size, export.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        outcome, "export"
    );
    let job = app.store.export_job(&job.region, job.id).await?;
    if let Some(job) = &job {
        progress(job);
    }
    Ok(job)
}
