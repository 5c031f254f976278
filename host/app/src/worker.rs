//! The worker: claims appeals that wait for routing by lease, decides them, writes the effect once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use veche_domain::code::RegionCode;
use veche_domain::decision::Effect;
use veche_sandbox::Threads;
use veche_store::{Claimed, Store};

use crate::error::AppError;
use crate::pipeline::{decide_among, hold};
use crate::quarantine::Standings;
use crate::rules::{RuleBook, Rules};

/// How long a claim holds; a host that dies gives its appeals back after this.
pub const LEASE: Duration = Duration::from_secs(30);
/// How often an empty queue is looked at.
const IDLE: Duration = Duration::from_millis(500);
/// When appeals of a region without usable rules are looked at again.
const WITHOUT_RULES: Duration = Duration::from_secs(5);
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
    let mut by_region: BTreeMap<RegionCode, Vec<Claimed>> = BTreeMap::new();
    for claim in store.claim(owner, CLAIM, LEASE).await? {
        by_region.entry(claim.region.clone()).or_default().push(claim);
    }
    let (mut effects, mut waiting) = (Vec::new(), Vec::new());
    for (region, claims) in by_region {
        match rules.active(&region).await {
            Ok(Some(active)) => {
                let standings = rules.watch().standings(&region).await;
                let decided = decide_claims(threads, active.clone(), standings.clone(), claims).await;
                rules.watch().observe(&region, &active, &standings, &decided).await;
                effects.extend(decided);
            }
            other => {
                if let Err(error) = other {
                    tracing::error!(region = %region, %error, "the rules cannot be made ready; appeals wait");
                }
                waiting.extend(claims.into_iter().map(|claim| claim.appeal.id));
            }
        }
    }
    store.put_back(owner, &waiting, WITHOUT_RULES).await?;
    Ok(store.finish(owner, &effects).await?)
}

/// Decides claimed appeals of one region. One at a time: an appeal that kills its job must not take others along.
async fn decide_claims(
    threads: &Threads,
    rules: Arc<Rules>,
    standings: Arc<Standings>,
    claims: Vec<Claimed>,
) -> Vec<Effect> {
    let mut effects = Vec::with_capacity(claims.len());
    for claim in claims {
        let (id, questions) = (claim.appeal.id, claim.appeal.content.question_count());
        if claim.attempts > ATTEMPT_LIMIT {
            tracing::error!(appeal.id = %id, attempts = claim.attempts, "routing never ends; to the manual queue");
            effects.push(hold(id, questions, rules.digest));
            continue;
        }
        let (active, standings) = (rules.clone(), standings.clone());
        let decided = threads.run(move || decide_among(&active, &standings, &claim.appeal)).await;
        effects.push(decided.unwrap_or_else(|_| hold(id, questions, rules.digest)));
    }
    effects
}
