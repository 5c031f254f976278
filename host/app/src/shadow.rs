//! Shadow: a ruleset that is out decides once more on what was decided, after it is stored, on a thread of its own.
//!
//! It can never hold an appeal up or change it: the queue is bounded, what does not fit is dropped and counted, and the
//! results go into a table that nothing else reads.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use veche_domain::appeal::Appeal;
use veche_domain::code::{Digest, RegionCode};
use veche_domain::decision::{Effect, Verdict};
use veche_domain::lifecycle::Stage;
use veche_sandbox::Threads;
use veche_store::{Shadowed, Store};

use crate::error::AppError;
use crate::pipeline::decide;
use crate::rules::{Live, Rules};

/// Days for which shadow decisions are kept where nobody says otherwise.
pub const SHADOW_DAYS: u32 = 90;
/// How often old ones are looked for.
const PRUNING: Duration = Duration::from_secs(60 * 60);
/// Rows deleted in one transaction: others must write in between.
const PRUNED_AT_ONCE: i64 = 2_000;
/// Groups that may wait.
const QUEUE: usize = 64;

/// Appeals that were decided, to be decided once more.
struct Task {
    region: RegionCode,
    rules: Arc<Rules>,
    decided: Vec<(Appeal, Effect)>,
}

type Dropped = Arc<Mutex<HashMap<(RegionCode, Digest), u64>>>;

/// Where decided appeals are offered to the shadow. Cheap to clone.
#[derive(Clone)]
pub struct ShadowDoor {
    sender: mpsc::Sender<Task>,
    dropped: Dropped,
}

/// The other side of the door.
pub struct ShadowQueue {
    receiver: mpsc::Receiver<Task>,
    dropped: Dropped,
}

impl ShadowDoor {
    /// Opens the door: starts the task behind it, which ends when the last door is dropped.
    #[must_use]
    pub fn open(store: Store, threads: Threads) -> Self {
        let (door, mut queue) = Self::with_room(QUEUE);
        tokio::spawn(async move {
            loop {
                match queue.take(&store, &threads).await {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => tracing::error!(%error, "shadow decisions were lost"),
                }
            }
        });
        door
    }

    /// A door with room for so many groups, and its queue.
    #[must_use]
    pub fn with_room(groups: usize) -> (Self, ShadowQueue) {
        let (sender, receiver) = mpsc::channel(groups);
        let dropped = Dropped::default();
        (Self { sender, dropped: dropped.clone() }, ShadowQueue { receiver, dropped })
    }

    /// Offers decided appeals, if a ruleset is in shadow. Never waits.
    pub fn offer(&self, region: &RegionCode, live: &Live, decided: impl FnOnce() -> Vec<(Appeal, Effect)>) {
        let Some(candidate) = live.candidate.as_ref().filter(|c| c.stage == Stage::Shadow) else { return };
        let decided = decided();
        let count = decided.len() as u64;
        if count == 0 {
            return;
        }
        let task = Task { region: region.clone(), rules: candidate.rules.clone(), decided };
        if self.sender.try_send(task).is_err() {
            *self.dropped.lock().entry((region.clone(), candidate.rules.digest)).or_default() += count;
            tracing::debug!(region = %region, appeals = count, "the shadow queue is full; appeals are left out of the shadow");
        }
    }
}

impl ShadowQueue {
    /// Decides the next group once more and keeps what came of it; false once every door is gone.
    ///
    /// # Errors
    /// A store error, or lost work; the group is then left out.
    pub async fn take(&mut self, store: &Store, threads: &Threads) -> Result<bool, AppError> {
        let Some(Task { region, rules, decided }) = self.receiver.recv().await else { return Ok(false) };
        let ruleset = rules.digest;
        let rows = threads.run(move || decided.iter().flat_map(|(a, e)| again(&rules, a, e)).collect::<Vec<_>>()).await;
        let key = (region, ruleset);
        let dropped = self.dropped.lock().remove(&key).unwrap_or(0);
        store.save_shadow(&key.0, ruleset, &rows?, dropped).await?;
        Ok(true)
    }
}

/// Deletes shadow decisions of more than so many days (none if 0), until it is cancelled. Several hosts do no harm.
pub async fn prune(store: Store, days: u32, stop: CancellationToken) {
    if days == 0 {
        return;
    }
    loop {
        match prune_before(&store, Utc::now() - TimeDelta::days(i64::from(days))).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(shadow.rows = rows, shadow.days = days, "old shadow decisions are deleted"),
            Err(error) => tracing::error!(%error, "old shadow decisions cannot be deleted now"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PRUNING) => {}
        }
    }
}

/// Deletes the shadow decisions that were made before a moment; how many there were.
///
/// # Errors
/// Store errors; what was deleted until then stays so.
pub async fn prune_before(store: &Store, before: DateTime<Utc>) -> Result<u64, AppError> {
    let mut all = 0;
    loop {
        let rows = store.delete_shadow(before, PRUNED_AT_ONCE).await?;
        all += rows;
        if rows == 0 {
            return Ok(all);
        }
    }
}

/// Decides an appeal once more and compares with what was decided.
fn again(rules: &Rules, appeal: &Appeal, real: &Effect) -> Vec<Shadowed> {
    let effect = decide(rules, appeal);
    let real_of = |verdict: &Verdict| real.verdicts.iter().find(|v| v.question == verdict.question);
    effect
        .verdicts
        .iter()
        .filter_map(|verdict| {
            let was = real_of(verdict)?;
            let decisions = effect.decisions.iter().filter(|d| d.question == verdict.question).cloned().collect();
            Some(Shadowed {
                appeal: appeal.id,
                ruleset: rules.digest,
                base: real.ruleset,
                same: [
                    verdict.category == was.category,
                    verdict.body == was.body,
                    verdict.priority == was.priority,
                    verdict.clocks == was.clocks,
                ],
                verdict: verdict.clone(),
                decisions,
            })
        })
        .collect()
}
