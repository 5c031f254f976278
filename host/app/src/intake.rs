//! Intake: appeals are taken in durably and idempotently, with their routing where it is ready in time.
//!
//! Single requests are gathered into groups: one sandbox job and one transaction for a group, so that
//! a commit's cost is shared (group commit) and an answer still means "stored for good". An appeal whose
//! routing is not ready in time is stored as `received`, and the worker routes it by lease.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use veche_domain::appeal::{Appeal, AppealId, NewAppeal};
use veche_domain::code::{Digest, RegionCode};
use veche_domain::decision::Effect;
use veche_sandbox::Threads;
use veche_store::{IdempotencyKey, Intake, Saved, Store};

use crate::error::AppError;
use crate::quarantine::Standings;
use crate::rules::{Live, RuleBook};
use crate::shadow::ShadowDoor;

/// Most appeals of one group.
const GROUP: usize = 64;
/// Requests that may wait; more are refused at once (load shedding).
const QUEUE: usize = 4_096;
/// How long an answer waits for its routing.
const ROUTING_PATIENCE: Duration = Duration::from_millis(1_500);

/// What became of an appeal.
#[derive(Debug, Clone, PartialEq)]
pub enum Accepted {
    /// Stored now; the effect is there if the routing was ready in time.
    New {
        /// Id.
        id: AppealId,
        /// Routing.
        effect: Option<Effect>,
    },
    /// Stored before.
    Existing {
        /// Id.
        id: AppealId,
        /// Whether the content is the same as then. A changed delivery is not taken over: people may have
        /// corrected what is stored.
        same: bool,
    },
}

struct Request {
    region: RegionCode,
    appeal: NewAppeal,
    key: Option<IdempotencyKey>,
    answer: oneshot::Sender<Result<Accepted, AppError>>,
}

/// The door for single appeals. Cheap to clone.
#[derive(Clone)]
pub struct IntakeDoor {
    sender: mpsc::Sender<Request>,
}

impl IntakeDoor {
    /// Opens the door: starts the task that gathers groups. It ends when the last door is dropped.
    #[must_use]
    pub fn open(store: Store, rules: Arc<RuleBook>, threads: Threads, shadow: ShadowDoor) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(gather(receiver, Room { store, rules, threads, shadow }));
        Self { sender }
    }

    /// Takes one appeal in. When this returns, the appeal is on disk.
    ///
    /// # Errors
    /// [`AppError::Appeal`] for bad content, [`AppError::KeyReused`], or a store error; then nothing was stored.
    pub async fn submit(
        &self,
        region: &RegionCode,
        appeal: NewAppeal,
        key: Option<IdempotencyKey>,
    ) -> Result<Accepted, AppError> {
        appeal.validate()?;
        let (answer, wait) = oneshot::channel();
        let request = Request { region: region.clone(), appeal, key, answer };
        self.sender.send(request).await.map_err(|_| AppError::Stopped)?;
        wait.await.map_err(|_| AppError::Stopped)?
    }
}

/// What the intake works with.
struct Room {
    store: Store,
    rules: Arc<RuleBook>,
    threads: Threads,
    shadow: ShadowDoor,
}

async fn gather(mut receiver: mpsc::Receiver<Request>, room: Room) {
    let mut group = Vec::with_capacity(GROUP);
    // While one group is decided and written the next one gathers: no timer, no added latency.
    while receiver.recv_many(&mut group, GROUP).await > 0 {
        let mut by_region: Vec<(RegionCode, Vec<Request>)> = Vec::new();
        for request in group.drain(..) {
            match by_region.iter_mut().find(|(region, _)| *region == request.region) {
                Some((_, requests)) => requests.push(request),
                None => by_region.push((request.region.clone(), vec![request])),
            }
        }
        for (region, requests) in by_region {
            take_in(&room, &region, requests).await;
        }
    }
}

async fn take_in(room: &Room, region: &RegionCode, requests: Vec<Request>) {
    let mut answers = Vec::with_capacity(requests.len());
    let mut appeals = Vec::with_capacity(requests.len());
    for request in requests {
        answers.push(request.answer);
        appeals.push((Appeal { id: AppealId::new(), content: request.appeal }, request.key));
    }
    match save_group(room, region, appeals).await {
        Ok(accepted) => {
            for (answer, accepted) in answers.into_iter().zip(accepted) {
                let _ = answer.send(accepted);
            }
        }
        Err(error) => {
            tracing::error!(region = %region, appeals = answers.len(), %error, "a group of appeals was not stored");
            let mut error = Some(error);
            for answer in answers {
                let _ = answer.send(Err(error.take().unwrap_or(AppError::Stopped)));
            }
        }
    }
}

async fn save_group(
    room: &Room,
    region: &RegionCode,
    appeals: Vec<(Appeal, Option<IdempotencyKey>)>,
) -> Result<Vec<Result<Accepted, AppError>>, AppError> {
    let live = match room.rules.live(region).await {
        Ok(live) => live,
        Err(error @ (AppError::UnknownRegion { .. } | AppError::Store(_))) => return Err(error),
        Err(error) => {
            tracing::error!(region = %region, %error, "the rules cannot be made ready; appeals are stored and wait");
            None
        }
    };
    let (appeals, keys): (Vec<Appeal>, Vec<_>) = appeals.into_iter().unzip();
    let appeals = Arc::new(appeals);
    let effects = match live.clone() {
        Some(live) => {
            let standings = room.rules.watch().standings(region).await;
            let effects = decide_in_time(&room.threads, live.clone(), standings.clone(), appeals.clone()).await;
            live.observe(room.rules.watch(), region, &standings, effects.as_deref().unwrap_or_default()).await;
            effects
        }
        None => None,
    };
    let mut effects: Vec<Option<Effect>> = match effects {
        Some(effects) => effects.into_iter().map(Some).collect(),
        None => appeals.iter().map(|_| None).collect(),
    };
    let appeals = Arc::try_unwrap(appeals).unwrap_or_else(|shared| (*shared).clone());
    let items: Vec<Intake> = appeals
        .into_iter()
        .zip(keys)
        .zip(effects.iter().cloned())
        .map(|((appeal, key), effect)| Intake {
            digest: appeal.content.digest(),
            id: appeal.id,
            appeal: appeal.content,
            key,
            effect,
        })
        .collect();
    let saved = room.store.save_batch(region, &items).await?;
    if let Some(live) = &live {
        room.shadow.offer(region, live, || {
            let new = saved.iter().zip(&items).filter(|(saved, _)| **saved == Saved::New);
            let decided = |item: &Intake| {
                let appeal = Appeal { id: item.id, content: item.appeal.clone() };
                item.effect.clone().map(|effect| (appeal, effect))
            };
            new.filter_map(|(_, item)| decided(item)).collect()
        });
    }
    Ok(saved
        .into_iter()
        .zip(items)
        .zip(effects.drain(..))
        .map(|((saved, item), effect)| match saved {
            Saved::New => Ok(Accepted::New { id: item.id, effect }),
            Saved::Existing { id, same } => Ok(Accepted::Existing { id, same }),
            Saved::KeyReused { .. } => Err(AppError::KeyReused),
        })
        .collect())
}

/// Effects of a group; none if they are not ready in time.
async fn decide_in_time(
    threads: &Threads,
    live: Live,
    standings: Arc<Standings>,
    appeals: Arc<Vec<Appeal>>,
) -> Option<Vec<Effect>> {
    let work = threads.run(move || appeals.iter().map(|appeal| live.decide(&standings, appeal)).collect::<Vec<_>>());
    match tokio::time::timeout(ROUTING_PATIENCE, work).await {
        Ok(Ok(effects)) => Some(effects),
        Ok(Err(lost)) => {
            tracing::error!(error = %lost, "routing of a group was lost; the appeals are stored and routed later");
            None
        }
        Err(_) => {
            tracing::warn!("routing of a group takes too long; the appeals are stored and routed later");
            None
        }
    }
}

/// What a bulk intake came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct BulkCount {
    /// Stored now.
    pub new: u64,
    /// Stored before, equal.
    pub unchanged: u64,
    /// Stored before with other content; what is stored was kept.
    pub kept: u64,
    /// Routed without a person.
    pub assigned: u64,
    /// In the manual queue.
    pub manual: u64,
}

impl BulkCount {
    /// Adds another count.
    pub fn add(&mut self, other: Self) {
        self.new += other.new;
        self.unchanged += other.unchanged;
        self.kept += other.kept;
        self.assigned += other.assigned;
        self.manual += other.manual;
    }
}

/// Decides a batch on the sandbox threads, split over them.
///
/// # Errors
/// [`AppError::Stopped`] if the work was lost.
pub async fn decide_batch(
    threads: &Threads,
    live: &Live,
    standings: &Arc<Standings>,
    appeals: Vec<Appeal>,
) -> Result<(Vec<Appeal>, Vec<Effect>), AppError> {
    let parts = threads.count().min(appeals.len().div_ceil(16)).max(1);
    let size = appeals.len().div_ceil(parts).max(1);
    let mut jobs = Vec::with_capacity(parts);
    let mut rest = appeals.into_iter();
    loop {
        let part: Vec<Appeal> = rest.by_ref().take(size).collect();
        if part.is_empty() {
            break;
        }
        let (threads, live, standings) = (threads.clone(), live.clone(), standings.clone());
        jobs.push(tokio::spawn(async move {
            threads
                .run(move || {
                    let effects: Vec<Effect> = part.iter().map(|appeal| live.decide(&standings, appeal)).collect();
                    (part, effects)
                })
                .await
        }));
    }
    let (mut appeals, mut effects) = (Vec::new(), Vec::new());
    for job in jobs {
        let (part, decided) = job.await.map_err(|_| AppError::Stopped)??;
        appeals.extend(part);
        effects.extend(decided);
    }
    Ok((appeals, effects))
}

/// Stores a decided batch in one transaction.
///
/// # Errors
/// A store error; then nothing of the batch was stored.
pub async fn save_batch(
    store: &Store,
    region: &RegionCode,
    appeals: Vec<Appeal>,
    effects: Vec<Option<Effect>>,
) -> Result<BulkCount, AppError> {
    let items: Vec<Intake> = appeals
        .into_iter()
        .zip(effects)
        .map(|(appeal, effect)| Intake {
            digest: appeal.content.digest(),
            id: appeal.id,
            appeal: appeal.content,
            key: None,
            effect,
        })
        .collect();
    let mut count = BulkCount::default();
    for (saved, item) in store.save_batch(region, &items).await?.iter().zip(&items) {
        match saved {
            Saved::New => {
                count.new += 1;
                let verdicts = item.effect.iter().flat_map(|e| &e.verdicts);
                let manual = verdicts.filter(|v| v.state == veche_domain::decision::State::NeedsPerson).count();
                match (&item.effect, manual) {
                    (Some(_), 0) => count.assigned += 1,
                    (Some(_), _) => count.manual += 1,
                    (None, _) => {}
                }
            }
            Saved::Existing { same: true, .. } => count.unchanged += 1,
            Saved::Existing { .. } | Saved::KeyReused { .. } => count.kept += 1,
        }
    }
    Ok(count)
}

/// Digest of a request body, for an idempotency key.
#[must_use]
pub fn request_digest(appeal: &NewAppeal) -> Digest {
    appeal.digest()
}
