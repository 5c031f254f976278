//! The worker: claims appeals that wait for routing by lease, decides them, writes the effect once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use veche_domain::appeal::Appeal;
use veche_domain::code::RegionCode;
use veche_domain::decision::Effect;
use veche_sandbox::Threads;
use veche_store::Claimed;

use crate::App;
use crate::error::AppError;
use crate::pipeline::hold;
use crate::quarantine::Standings;
use crate::rules::Live;

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
pub async fn run(app: App, stop: CancellationToken) {
    let owner = uuid::Uuid::now_v7().to_string();
    loop {
        let routed = match route_pending(&app, &owner).await {
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
pub async fn route_pending(app: &App, owner: &str) -> Result<usize, AppError> {
    let store = &app.store;
    let mut by_region: BTreeMap<RegionCode, Vec<Claimed>> = BTreeMap::new();
    for claim in store.claim(owner, CLAIM, LEASE).await? {
        by_region.entry(claim.region.clone()).or_default().push(claim);
    }
    let (mut effects, mut waiting, mut shadowed) = (Vec::new(), Vec::new(), Vec::new());
    for (region, claims) in by_region {
        match app.rules.live(&region).await {
            Ok(Some(live)) => {
                let standings = app.rules.watch().standings(&region).await;
                let decided = decide_claims(&app.threads, &live, &standings, claims).await;
                let of_region: Vec<Effect> = decided.iter().map(|(_, effect)| effect.clone()).collect();
                live.observe(app.rules.watch(), &region, &standings, &of_region).await;
                effects.extend(of_region);
                shadowed.push((region, live, decided));
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
    let routed = store.finish(owner, &effects).await?;
    for (region, live, decided) in shadowed {
        app.shadow.offer(&region, &live, || decided);
    }
    Ok(routed)
}

/// Decides claimed appeals of one region. One at a time: an appeal that kills its job must not take others along.
async fn decide_claims(
    threads: &Threads,
    live: &Live,
    standings: &Arc<Standings>,
    claims: Vec<Claimed>,
) -> Vec<(Appeal, Effect)> {
    let mut effects = Vec::with_capacity(claims.len());
    for claim in claims {
        let (id, questions) = (claim.appeal.id, claim.appeal.content.question_count());
        let digest = live.for_appeal(id).digest;
        if claim.attempts > ATTEMPT_LIMIT {
            tracing::error!(appeal.id = %id, attempts = claim.attempts, "routing never ends; to the manual queue");
            effects.push((claim.appeal, hold(id, questions, digest)));
            continue;
        }
        let (live, standings, appeal) = (live.clone(), standings.clone(), claim.appeal.clone());
        let decided = threads.run(move || live.decide(&standings, &appeal)).await;
        effects.push((claim.appeal, decided.unwrap_or_else(|_| hold(id, questions, digest))));
    }
    effects
}
