//! Back-tests: a draft and the active ruleset over stored history, side by side, storing nothing of it. What would
//! change, which of both agrees more with what people finally did, faults, fuel, time.
//!
//! A job: it can be watched and cancelled, and goes on after a restart, because all that it has counted is written with
//! the id of the last appeal that is counted. Memory stays flat: the history is a stream, and the report is bounded.

mod report;
mod run;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::appeal::AppealId;
use veche_domain::code::RegionCode;
use veche_domain::lifecycle::JobState;
use veche_sandbox::{Lost, Threads};
use veche_store::{BacktestRow, BlobKind, Past, Span};

use crate::App;
use crate::drafts;
use crate::error::AppError;

pub use report::{Agreement, Counted, Group, Report, Side};
use run::{Pair, rehearse};

/// Appeals of one page of the stream.
const PAGE: usize = 1_024;
/// Appeals of one job on a sandbox thread.
const PART: usize = 256;
/// How often progress is written.
const CHECKPOINT: Duration = Duration::from_secs(2);
/// How long a claim holds; a host that dies gives its back-test back after this.
const LEASE: Duration = Duration::from_secs(30);
/// How often an empty queue is looked at.
const IDLE: Duration = Duration::from_secs(2);

/// A back-test to make.
#[derive(Debug, Clone)]
pub struct Request {
    /// Draft to try.
    pub draft: Uuid,
    /// Received at or after; none for the whole history.
    pub since: Option<DateTime<Utc>>,
    /// Received before; none for up to now.
    pub until: Option<DateTime<Utc>>,
}

/// Asks for a back-test of a draft as it is now. It need not be validated, but every part of it must be there.
///
/// # Errors
/// An unknown draft, a span that ends before it begins, no active ruleset, or what is wrong with the draft.
pub async fn request(app: &App, region: &RegionCode, request: Request, actor: &Actor) -> Result<BacktestRow, AppError> {
    let draft = drafts::find(app, region, request.draft).await?;
    let base = app.region(region).await?.ruleset.ok_or_else(|| AppError::NoRuleset { region: region.to_string() })?;
    let now = Utc::now();
    let span = Span {
        region: region.clone(),
        since: request.since.unwrap_or(DateTime::UNIX_EPOCH),
        until: request.until.unwrap_or(now),
    };
    if span.until <= span.since {
        let reason = format!("the span from {} to {} holds nothing: correct the moments", span.since, span.until);
        return Err(AppError::Invalid { field: "since", reason });
    }
    drafts::review(app, &draft.ruleset).await?;
    let job = BacktestRow {
        id: Uuid::now_v7(),
        region: region.clone(),
        draft: Some(draft.id),
        base,
        candidate: app.store.put_blob(BlobKind::Ruleset, &draft.ruleset.canonical()).await?,
        since: span.since,
        until: span.until,
        state: JobState::Waiting,
        total: app.store.count_history(&span).await?,
        done: 0,
        cursor: None,
        report: serde_json::to_value(Report::default()).unwrap_or_default(),
        error: None,
        requested_by: Some(actor.name.clone()),
        created_at: now,
        updated_at: now,
    };
    app.store.insert_backtest(&job).await?;
    Ok(job)
}

/// A back-test of a region.
///
/// # Errors
/// [`AppError::Unknown`].
pub async fn find(app: &App, region: &RegionCode, id: Uuid) -> Result<BacktestRow, AppError> {
    let unknown = || AppError::Unknown { what: "back-test", code: id.to_string() };
    app.store.backtest(region, id).await?.ok_or_else(unknown)
}

/// Cancels a back-test; what it has counted stays. Its host stops at the next page.
///
/// # Errors
/// An unknown back-test, or one that is over.
pub async fn cancel(app: &App, region: &RegionCode, id: Uuid) -> Result<(), AppError> {
    let job = find(app, region, id).await?;
    if app.store.cancel_backtest(region, id).await? {
        return Ok(());
    }
    let reason = format!("the back-test is {} already: there is nothing to cancel", job.state);
    Err(AppError::Invalid { field: "back-test", reason })
}

/// Runs back-tests that wait, one after the other, until it is cancelled.
pub async fn work(app: App, stop: CancellationToken) {
    let owner = Uuid::now_v7().to_string();
    while !stop.is_cancelled() {
        let pause = match run_next(&app, &owner, None, &stop, &|_| {}).await {
            Ok(Some(_)) => Duration::ZERO,
            Ok(None) => IDLE,
            Err(error) => {
                tracing::error!(%error, "back-tests cannot be run now; they go on from where they are");
                IDLE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Claims a back-test (the named one, or the oldest that waits) and runs it to its end; the job as it is then.
///
/// # Errors
/// A store error: the job goes on from its last checkpoint when it is claimed again.
pub async fn run_next(
    app: &App,
    owner: &str,
    wanted: Option<Uuid>,
    stop: &CancellationToken,
    progress: &(dyn Fn(&BacktestRow) + Sync),
) -> Result<Option<BacktestRow>, AppError> {
    let Some(mut job) = app.store.claim_backtest(owner, wanted, LEASE).await? else { return Ok(None) };
    tracing::info!(backtest.id = %job.id, region = %job.region, appeals.total = job.total, appeals.done = job.done, "back-test runs");
    let ended = go_on(app, owner, &mut job, stop, progress).await;
    match ended {
        Ok(()) => {}
        Err(error @ (AppError::Store(_) | AppError::Stopped)) => return Err(error),
        Err(error) => {
            tracing::error!(backtest.id = %job.id, %error, "back-test failed");
            job.state = JobState::Failed;
            job.error = Some(error.to_string());
            app.store.checkpoint_backtest(owner, &job, LEASE).await?;
        }
    }
    if job.state == JobState::Running {
        app.store.release_backtest(owner, job.id).await?;
    }
    Ok(Some(find(app, &job.region, job.id).await?))
}

async fn go_on(
    app: &App,
    owner: &str,
    job: &mut BacktestRow,
    stop: &CancellationToken,
    progress: &(dyn Fn(&BacktestRow) + Sync),
) -> Result<(), AppError> {
    let stored = |e: serde_json::Error| AppError::Stored { what: "the report so far".into(), reason: e.to_string() };
    let mut report: Report = serde_json::from_value(job.report.take()).map_err(stored)?;
    let pair = Arc::new(Pair::new(app.rules.load(&job.base).await?, app.rules.load(&job.candidate).await?));
    let span = Span { region: job.region.clone(), since: job.since, until: job.until };
    let mut pages = stream(app, pair, span, job.cursor);
    let (mut began, mut written) = (Instant::now(), Instant::now());
    loop {
        let page = pages.recv().await.transpose()?;
        let over = page.is_none();
        if let Some(page) = page {
            job.done += page.appeals;
            job.cursor = Some(page.last);
            for part in page.parts {
                report.add(part.await.map_err(|_| AppError::Stopped)??);
            }
        }
        report.seconds += began.elapsed().as_secs_f64();
        began = Instant::now();
        let stopping = stop.is_cancelled();
        if over || stopping || written.elapsed() >= CHECKPOINT {
            if over {
                job.state = JobState::Done;
            }
            job.report = serde_json::to_value(&report).map_err(stored)?;
            if !app.store.checkpoint_backtest(owner, job, LEASE).await? {
                tracing::info!(backtest.id = %job.id, appeals.done = job.done, "back-test was cancelled, or another host has it");
                job.state = JobState::Cancelled;
            }
            written = Instant::now();
        }
        progress(job);
        if over || stopping || job.state == JobState::Cancelled {
            return Ok(());
        }
    }
}

/// A page at work.
struct Page {
    appeals: u64,
    last: AppealId,
    /// What is counted on the sandbox threads, in the order of appeals.
    parts: Vec<JoinHandle<Result<Report, Lost>>>,
}

/// Reads ahead and hands each page to the sandbox threads at once, so that they never wait for the end of another page;
/// ends after the last page, or when nobody takes any more.
fn stream(
    app: &App,
    pair: Arc<Pair>,
    span: Span,
    mut after: Option<AppealId>,
) -> tokio::sync::mpsc::Receiver<Result<Page, AppError>> {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let (store, threads) = (app.store.clone(), app.threads.clone());
    tokio::spawn(async move {
        loop {
            let page = match store.history(&span, after, PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    let _ = sender.send(Err(error.into())).await;
                    return;
                }
            };
            let Some(last) = page.last().map(|past| past.appeal.id) else { return };
            after = Some(last);
            // There is room before there is work: what is in memory is bounded.
            let Ok(place) = sender.reserve().await else { return };
            let appeals = page.len() as u64;
            place.send(Ok(Page { appeals, last, parts: work_on(&threads, &pair, page) }));
        }
    });
    receiver
}

/// Hands a page to the sandbox threads, part by part.
fn work_on(threads: &Threads, pair: &Arc<Pair>, page: Vec<Past>) -> Vec<JoinHandle<Result<Report, Lost>>> {
    let mut parts = Vec::with_capacity(page.len().div_ceil(PART));
    let mut rest = page.into_iter();
    loop {
        let part: Vec<Past> = rest.by_ref().take(PART).collect();
        if part.is_empty() {
            return parts;
        }
        let (threads, pair) = (threads.clone(), pair.clone());
        parts.push(tokio::spawn(async move { threads.run(move || rehearse(&pair, &part)).await }));
    }
}
