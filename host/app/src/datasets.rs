//! Datasets: each upload is a version, read whole before it is kept, and live only through a ruleset that names it.

use chrono::Utc;
use veche_domain::access::Actor;
use veche_domain::code::{DatasetName, Digest, RegionCode};
use veche_sandbox::datasets::Dataset;
use veche_store::{BlobKind, DatasetRow, Store};

use crate::error::AppError;

/// Most bytes of a dataset.
pub const SIZE_LIMIT: usize = 32 << 20;

/// Reads and keeps a version of a dataset; whether it is new. The shape is `table` (CSV), `polygons` (GeoJSON) or `blob`.
///
/// # Errors
/// A bad name, an unknown shape, too many bytes, or what is wrong in the content and where.
pub async fn upload(
    store: &Store,
    region: &RegionCode,
    name: &str,
    shape: &str,
    bytes: Vec<u8>,
    actor: &Actor,
) -> Result<(DatasetRow, bool), AppError> {
    let invalid = |reason: String| AppError::Invalid { field: "dataset", reason };
    let name = DatasetName::new(name).map_err(|e| invalid(e.to_string()))?;
    if bytes.len() > SIZE_LIMIT {
        let (size, most) = (bytes.len() >> 20, SIZE_LIMIT >> 20);
        return Err(invalid(format!(
            "`{name}` has {size} MiB, at most {most} are taken: leave out what no rule reads"
        )));
    }
    let digest = Digest::of(&bytes);
    let shape = shape.to_owned();
    let read = move || Dataset::read(&shape, bytes.clone()).map(|dataset| (dataset.schema(), bytes));
    // Reading millions of points takes a while: not on a worker of the runtime.
    let read = tokio::task::spawn_blocking(read).await.map_err(|_| AppError::Stopped)?;
    let (schema, bytes) = read.map_err(|reason| invalid(format!("`{name}`: {reason}")))?;
    store.put_blob(BlobKind::Dataset, &bytes).await?;
    let small = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let row = DatasetRow {
        name: name.to_string(),
        digest,
        rows: if schema.shape == "blob" { 0 } else { small(schema.size) },
        shape: schema.shape,
        columns: schema.columns,
        size: small(bytes.len()),
        uploaded_by: Some(actor.name.clone()),
        created_at: Utc::now(),
    };
    let new = store.save_dataset(region, &row, actor).await?;
    Ok((row, new))
}
