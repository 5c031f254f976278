//! Hands files out, chunk by chunk.

use futures_util::stream::{Stream, try_unfold};
use veche_domain::access::Actor;
use veche_store::{ExportJob, StoreError};

use crate::App;
use crate::error::AppError;

/// Whether a file can be fetched.
///
/// # Errors
/// Why it cannot.
pub fn check(job: &ExportJob) -> Result<(), AppError> {
    if job.available {
        return Ok(());
    }
    let reason = match (job.digest, &job.fault) {
        (Some(_), _) => "its time is over and it was deleted: ask for it again (файл удалён по сроку хранения)".into(),
        (None, Some(fault)) => format!("there is none: {fault}"),
        (None, None) => format!("the export is {}: there is no file (файла нет)", job.state),
    };
    Err(AppError::Invalid { field: "file", reason })
}

/// Notes in the log that somebody fetches a file.
///
/// # Errors
/// Store errors; then nobody gets it.
pub async fn log(app: &App, job: &ExportJob, actor: &Actor) -> Result<(), AppError> {
    Ok(app.store.log_export_fetched(job, actor).await?)
}

/// The bytes of a file. A chunk that is not there any more is an error: half a file is never handed out as a whole one.
pub fn bytes(app: &App, job: &ExportJob) -> impl Stream<Item = Result<Vec<u8>, StoreError>> + Send + use<> {
    let (store, id, size) = (app.store.clone(), job.id, job.size);
    try_unfold((0_u64, 0_u64), move |(n, sent)| {
        let store = store.clone();
        async move {
            if sent >= size {
                return Ok(None);
            }
            let gone = || StoreError::NotFound { what: "a part of the export", code: id.to_string() };
            let chunk = store.export_chunk(id, n).await?.ok_or_else(gone)?;
            let sent = sent + chunk.len() as u64;
            Ok(Some((chunk, (n + 1, sent))))
        }
    })
}
