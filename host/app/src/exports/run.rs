//! Writes one file: the store feeds rows, the plug-in runs on a thread of its own, its bytes become chunks.
//!
//! Both channels are short, so memory stays flat: a slow store holds the plug-in up, and a full disk or a slow writer
//! does the same from the other side.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{Days, Utc};
use sha2::{Digest as _, Sha256};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use veche_domain::code::Digest;
use veche_domain::export::{Request, Summary, Written, check_file};
use veche_domain::mask::mask;
use veche_sandbox::{ByteSink, Exporting, Report, RowSource};
use veche_store::{ExportJob, ExportResult};

use crate::App;
use crate::error::AppError;

use super::formats::{self, Ready};
use super::jobs::LEASE;
use super::rows::Rows;

/// Bytes of a stored chunk.
const CHUNK: usize = 1 << 20;
/// How often progress is written where no chunk is full.
const TELL: Duration = Duration::from_secs(1);
/// Batches and pieces that wait at once.
const WAITING: usize = 4;

/// What the plug-in is told once nobody takes its bytes any more.
const ENDED: &str = "the export was ended: stop";

type Answer = Report<(Summary, Written)>;

/// The plug-in at work.
struct Running {
    pieces: mpsc::Receiver<Vec<u8>>,
    answer: oneshot::Receiver<Answer>,
    /// Rows that were handed over.
    rows: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    feed: tokio::task::JoinHandle<()>,
}

impl Drop for Running {
    // Whatever ends the export ends the plug-in: its thread must not go on for nobody.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.feed.abort();
    }
}

/// Writes a claimed export; none if it was cancelled, or another host has it.
pub(super) async fn export(
    app: &App,
    owner: &str,
    job: &mut ExportJob,
    stop: &CancellationToken,
    progress: &(dyn Fn(&ExportJob) + Sync),
) -> Result<Option<ExportResult>, AppError> {
    let (_, ready) = formats::find(app, &job.region, Some(job.binding.as_str()), &job.format).await?;
    if ready.personal && !job.personal {
        let reason =
            "the exporter may see applicants' data now, and could not when this was asked for: ask again".into();
        return Err(AppError::Invalid { field: "binding", reason });
    }
    let now = Utc::now();
    let (rows, columns, total) = Rows::of(app, job, &ready.format, &ready.rules.dictionaries, now).await?;
    (job.total, job.done, job.size) = (total, 0, 0);
    progress(job);
    let (release, ruleset) = (ready.plugin.release, ready.rules.digest);
    let mut running = start(app, job, ready, rows, columns)?;
    let Some(digest) = take(app, owner, job, &mut running, stop, progress).await? else { return Ok(None) };
    let digest = match digest {
        Ok(digest) => digest,
        Err(fault) => return Ok(Some(ExportResult::Failed { fault })),
    };
    let report = (&mut running.answer).await.map_err(|_| AppError::Stopped)?;
    for line in &report.logs {
        tracing::info!(job.id = %job.id, plugin.level = %line.level, message = %mask(&line.message, &[]), "plug-in log");
    }
    let whole = match report.result {
        Ok((summary, written)) => check_file(summary, written),
        Err(fault) => Err(mask(&fault.to_string(), &[]).into_owned()),
    };
    Ok(Some(match whole {
        Ok(summary) => ExportResult::Done {
            digest,
            release,
            ruleset,
            rows: summary.rows,
            skipped: summary.skipped,
            notes: summary.notes,
            expires_at: now + Days::new(u64::from(app.exports.keep_days)),
        },
        Err(fault) => ExportResult::Failed { fault },
    }))
}

fn start(
    app: &App,
    job: &ExportJob,
    ready: Ready,
    rows: Rows,
    columns: Vec<veche_domain::export::Column>,
) -> Result<Running, AppError> {
    let (batches, mut batch) = mpsc::channel(WAITING);
    let (piece, pieces) = mpsc::channel::<Vec<u8>>(WAITING);
    let (answered, answer) = oneshot::channel();
    let (stop, handed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let feeding = app.clone();
    let feed = tokio::spawn(async move {
        rows.send(&feeding, &batches).await;
        // Said, not only left off: a feed that broke must not look like the end.
        let _ = batches.send(Ok(Vec::new())).await;
    });
    let count = handed.clone();
    let source: RowSource = Box::new(move || match batch.blocking_recv() {
        Some(Ok(rows)) if rows.is_empty() => Ok(None),
        Some(Ok(rows)) => {
            count.fetch_add(rows.len() as u64, Ordering::Relaxed);
            Ok(Some(rows))
        }
        Some(Err(reason)) => Err(reason),
        None => Err(ENDED.to_owned()),
    });
    let sink: ByteSink = Box::new(move |bytes| piece.blocking_send(bytes).map_err(|_| ENDED.to_owned()));
    let request = Request { language: job.language.clone(), period: job.period, options: job.options.clone() };
    let (expected, flag) = (job.total, stop.clone());
    let work = move || {
        let asked = Exporting {
            format: &ready.format.id,
            request: &request,
            columns,
            expected,
            rows: source,
            sink,
            stop: flag,
        };
        let _ = answered.send(ready.plugin.export(asked));
    };
    std::thread::Builder::new()
        .name("veche-export".into())
        .spawn(work)
        .map_err(|e| AppError::Stored { what: "the thread of an export".into(), reason: e.to_string() })?;
    Ok(Running { pieces, answer, rows: handed, stop, feed })
}

/// Takes the bytes into the store until there are no more. The digest of all of them, or why there will be no file; none
/// once it is cancelled.
async fn take(
    app: &App,
    owner: &str,
    job: &mut ExportJob,
    running: &mut Running,
    stop: &CancellationToken,
    progress: &(dyn Fn(&ExportJob) + Sync),
) -> Result<Option<Result<Digest, String>>, AppError> {
    let mut hash = Sha256::new();
    let (mut chunk, mut n, mut told) = (Vec::with_capacity(CHUNK), 0, Instant::now());
    loop {
        let piece = tokio::select! {
            () = stop.cancelled() => return Err(AppError::Stopped),
            piece = running.pieces.recv() => Some(piece),
            () = tokio::time::sleep(TELL) => None,
        };
        let last = matches!(piece, Some(None));
        if let Some(Some(piece)) = piece {
            job.size += piece.len() as u64;
            if job.size > app.exports.quota {
                return Ok(Some(Err(over_quota(app.exports.quota))));
            }
            hash.update(&piece);
            chunk.extend_from_slice(&piece);
        }
        job.done = running.rows.load(Ordering::Relaxed);
        while chunk.len() >= CHUNK || (last && !chunk.is_empty()) {
            let rest = chunk.split_off(chunk.len().min(CHUNK));
            if !app.store.checkpoint_export(owner, job, Some((n, chunk.as_slice())), LEASE).await? {
                return Ok(None);
            }
            (chunk, n, told) = (rest, n + 1, Instant::now());
            progress(job);
        }
        if last {
            let digest = Digest::from_bytes(&hash.finalize());
            return Ok(Some(digest.ok_or_else(|| "the file has no digest".to_owned())));
        }
        if told.elapsed() >= TELL {
            if !app.store.checkpoint_export(owner, job, None, LEASE).await? {
                return Ok(None);
            }
            told = Instant::now();
            progress(job);
        }
    }
}

fn over_quota(quota: u64) -> String {
    let mebibytes = quota >> 20;
    format!(
        "the file is over the quota of {mebibytes} MiB: choose a shorter period, or let the host allow more \
         (файл больше разрешённых {mebibytes} МиБ)"
    )
}
