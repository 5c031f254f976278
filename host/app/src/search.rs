//! The chore that makes stems of new appeals, so that they are found by their words.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use veche_store::Store;

/// Appeals of one transaction.
const GROUP: i64 = 200;
/// How often an empty list is looked at.
const IDLE: Duration = Duration::from_secs(1);
/// Between two groups: other writers come first.
const BREATH: Duration = Duration::from_millis(5);

/// Runs until it is cancelled.
pub async fn index(store: Store, stop: CancellationToken) {
    loop {
        let pause = match store.index_pending(GROUP).await {
            Ok(0) => IDLE,
            Ok(_) => BREATH,
            Err(error) => {
                tracing::error!(%error, "new appeals cannot be indexed now; the search finds them later");
                IDLE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
