//! Bulk import: a file of appeals through the whole pipeline, batch by batch, safe to repeat.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;
use veche_domain::appeal::{Appeal, AppealId};
use veche_domain::code::RegionCode;
use veche_sandbox::Threads;
use veche_store::Store;

use crate::error::AppError;
use crate::files::{self, Labelled, Profile, Reject, RejectsFile};
use crate::intake::{BulkCount, decide_batch, save_batch};
use crate::rules::{RuleBook, Rules};

/// Appeals of one batch: one transaction.
const BATCH: usize = 512;

/// What an import came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// Rows read.
    pub rows: u64,
    /// What became of them.
    #[serde(flatten)]
    pub count: BulkCount,
    /// Rows that could not be taken; each is in the rejects file.
    pub rejected: u64,
    /// Where the rejected rows are.
    pub rejects_file: Option<PathBuf>,
    /// Remarks on rows that were taken.
    pub warnings: u64,
    /// Time that plug-in calls took, summed over the sandbox's threads, microseconds.
    pub plugins_us: u64,
}

/// What is read off the file on a thread of its own.
enum Read {
    Batch(Vec<Labelled>),
    Reject(Reject),
}

/// What was read, and how far the file is.
type Message = (Read, (u64, Option<u64>));

/// Called with rows read, bytes read and bytes in all.
pub type Progress<'a> = &'a (dyn Fn(u64, u64, Option<u64>) + Sync);

/// Reads a file row by row on a blocking thread and hands it over in batches.
fn start_reading(
    path: &Path,
    profile: &Profile,
    rules: Option<Arc<Rules>>,
    zone: chrono_tz::Tz,
) -> Result<(Vec<String>, mpsc::Receiver<Message>), AppError> {
    let mut table = files::open_table(path)?;
    let headers = table.headers().to_vec();
    let bound = profile.bind(&headers)?;
    let (sender, receiver) = mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let dictionaries = rules.as_ref().map(|r| r.dictionaries.as_ref());
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(row) = table.next() {
            let read = row.and_then(|row| {
                bound.read(&row, zone, dictionaries).map_err(|mut reject| {
                    reject.cells = row.cells.clone();
                    reject
                })
            });
            let message = match read {
                Ok(labelled) => {
                    batch.push(labelled);
                    if batch.len() < BATCH {
                        continue;
                    }
                    Read::Batch(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)))
                }
                Err(reject) => Read::Reject(reject),
            };
            if sender.blocking_send((message, table.progress())).is_err() {
                return;
            }
        }
        if !batch.is_empty() {
            let _ = sender.blocking_send((Read::Batch(batch), table.progress()));
        }
    });
    Ok((headers, receiver))
}

/// Imports a file. Reading, deciding and writing run side by side.
///
/// # Errors
/// A file that cannot be read at all, or a store error; batches before it are stored, and a repetition goes on.
#[allow(clippy::too_many_arguments)] // Where from, where to, with what.
pub async fn import_file(
    store: &Store,
    rules: &RuleBook,
    threads: &Threads,
    region: &RegionCode,
    path: &Path,
    profile: &Profile,
    rejects: &Path,
    progress: Progress<'_>,
) -> Result<Imported, AppError> {
    let active = rules.active(region).await?.ok_or_else(|| AppError::NoRuleset { region: region.to_string() })?;
    let (headers, mut receiver) = start_reading(path, profile, Some(active.clone()), active.zone())?;
    let mut imported = Imported::default();
    let mut rejects_file: Option<RejectsFile> = None;
    // One batch is being written while the next one is decided.
    let mut writing: Option<tokio::task::JoinHandle<Result<BulkCount, AppError>>> = None;
    while let Some((read, (bytes, total))) = receiver.recv().await {
        match read {
            Read::Reject(reject) => {
                imported.rows += 1;
                imported.rejected += 1;
                write_reject(&mut rejects_file, rejects, &headers, &reject)?;
            }
            Read::Batch(batch) => {
                imported.rows += batch.len() as u64;
                imported.warnings += batch.iter().map(|l| l.warnings.len() as u64).sum::<u64>();
                let appeals: Vec<Appeal> =
                    batch.into_iter().map(|l| Appeal { id: AppealId::new(), content: l.appeal }).collect();
                let standings = rules.watch().standings(region).await;
                let (appeals, effects) = decide_batch(threads, &active, &standings, appeals).await?;
                rules.watch().observe(region, &active, &standings, &effects).await;
                imported.plugins_us += effects.iter().flat_map(|e| &e.decisions).map(|d| d.duration_us).sum::<u64>();
                if let Some(writing) = writing.take() {
                    imported.count.add(writing.await.map_err(|_| AppError::Stopped)??);
                }
                let (store, region) = (store.clone(), region.clone());
                writing = Some(tokio::spawn(async move {
                    save_batch(&store, &region, appeals, effects.into_iter().map(Some).collect()).await
                }));
            }
        }
        progress(imported.rows, bytes, total);
    }
    if let Some(writing) = writing.take() {
        imported.count.add(writing.await.map_err(|_| AppError::Stopped)??);
    }
    imported.rejects_file = rejects_file.map(|_| rejects.to_owned());
    Ok(imported)
}

fn write_reject(
    file: &mut Option<RejectsFile>,
    path: &Path,
    headers: &[String],
    reject: &Reject,
) -> Result<(), AppError> {
    if file.is_none() {
        *file = Some(RejectsFile::create(path, headers)?);
    }
    if let Some(file) = file {
        file.write(reject)?;
    }
    Ok(())
}

/// Reads a whole labelled file, without a store, and hands each row to `take`; the rejected rows.
///
/// # Errors
/// A file that cannot be read at all.
pub async fn each_row(
    path: &Path,
    profile: &Profile,
    rules: Option<Arc<Rules>>,
    zone: chrono_tz::Tz,
    mut take: impl FnMut(Labelled),
) -> Result<Vec<Reject>, AppError> {
    let (_, mut receiver) = start_reading(path, profile, rules, zone)?;
    let mut rejects = Vec::new();
    while let Some((read, _)) = receiver.recv().await {
        match read {
            Read::Reject(reject) => rejects.push(reject),
            Read::Batch(batch) => batch.into_iter().for_each(&mut take),
        }
    }
    Ok(rejects)
}
