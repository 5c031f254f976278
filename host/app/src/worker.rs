//! The worker: claims appeals that wait for routing by lease, decides them, writes the effect once.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use veche_sandbox::Threads;
use veche_store::Store;

use crate::error::AppError;
use crate::pipeline::{decide, hold};
use crate::rules::RuleBook;

/// How long a claim holds; a host that dies gives its appeals back after this.
pub const LEASE: Duration = Duration::from_secs(30);
/// How often an empty queue is looked at.
const IDLE: Duration = Duration::from_millis(500);
/// Appeals claimed at once.
const CLAIM: usize = 64;
/// After so many claims without an end an appeal goes to the manual queue: something kills its host.
const ATTEMPT_LIMIT: u32 = 5;

/// Runs until it is cancelled.
pub async fn run(store: Store, rules: Arc<RuleBook>, threads: Threads, stop: CancellationToken) {
    let owner = uuid::Uuid::now_v7().to_string();
    loop {
        let routed = match route_pending(&store, &rules, &threads, &owner).await {
            Ok(routed) => routed,
            Err(error) => {
                tracing::error!(%error, "pending appeals cannot be routed now; they stay stored");
                0
            }
        };
        let pause = if routed == 0 { IDLE } else { Duration::ZERO };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Claims and routes one handful; how many were routed.
///
/// # Errors
/// A store error; what was claimed comes back when its lease ends.
pub async fn route_pending(
    store: &Store,
    rules: &Arc<RuleBook>,
    threads: &Threads,
    owner: &str,
) -> Result<usize, AppError> {
    let claimed = store.claim(owner, CLAIM, LEASE).await?;
    let mut effects = Vec::new();
    for claim in claimed {
        let active = match rules.active(&claim.region).await {
            Ok(Some(active)) => active,
            Ok(None) => continue,
            Err(error) => {
                tracing::error!(region = %claim.region, %error, "the rules cannot be made ready; appeals wait");
                continue;
            }
        };
        let (id, questions) = (claim.appeal.id, claim.appeal.content.question_count());
        if claim.attempts > ATTEMPT_LIMIT {
            tracing::error!(appeal.id = %id, attempts = claim.attempts, "routing never ends; to the manual queue");
            effects.push(hold(id, questions, active.digest));
            continue;
        }
        let digest = active.digest;
        let decided = threads.run(move || decide(&active, &claim.appeal)).await;
        effects.push(decided.unwrap_or_else(|_| hold(id, questions, digest)));
    }
    Ok(store.finish(owner, &effects).await?)
}
