//! Watches what plug-ins do: who keeps faulting is left out of a block for a while, tried with one call, let in again.
//!
//! The counts are this host's own; quarantines are in the store, so that every host keeps them and a restart does
//! not forget them. A store that does not answer never holds up an appeal: the last known quarantines hold on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use veche_domain::access::Actor;
use veche_domain::code::{BindingId, BlockCode, RegionCode};
use veche_domain::decision::{Decision, Effect, Kind, Outcome};
use veche_domain::quarantine::{Place, Quarantine, QuarantineRules, Streak};
use veche_store::{QuarantineEvent, Store};

use crate::error::AppError;
use crate::rules::Rules;

/// How old the known quarantines may be; another host's are seen after this.
const FRESH: Duration = Duration::from_secs(1);
/// When another trial is due if the claimed one met no question of its block.
const TRIAL_LEASE: TimeDelta = TimeDelta::seconds(30);

/// Who may be asked now: part of the input of a decision.
#[derive(Debug, Default)]
pub struct Standings {
    out: HashSet<Place>,
    trials: HashMap<Place, AtomicBool>,
}

impl Standings {
    /// Whether a call at this place was the trial that these standings let through.
    fn tried(&self, place: &Place) -> bool {
        self.trials.contains_key(place)
    }

    /// Whether a binding may be asked at a place. A trial lets one call through.
    #[must_use]
    pub fn admits(&self, place: &Place) -> bool {
        if self.out.is_empty() && self.trials.is_empty() {
            return true;
        }
        match self.trials.get(place) {
            Some(taken) => !taken.swap(true, Ordering::Relaxed),
            None => !self.out.contains(place),
        }
    }
}

/// Where a binding stands when it is asked about a block.
#[must_use]
pub fn place(rules: &Rules, binding: &BindingId, block: Option<&BlockCode>) -> Option<Place> {
    let binding = &rules.by_id(binding)?.binding;
    let block = match binding.kind {
        // A router of the whole region is left out of the blocks in which it fails.
        Kind::Router => block.or(binding.block.as_ref()),
        _ => binding.block.as_ref(),
    };
    Some(Place { binding: binding.id.clone(), release: binding.release, block: block.cloned() })
}

/// Whether a call was a fault of the plug-in; none for a call that says nothing about it.
fn is_fault(decision: &Decision) -> Option<bool> {
    match decision.outcome {
        // The host's own trouble is no fault of the plug-in.
        Outcome::HostError => None,
        outcome => Some(outcome.is_fault()),
    }
}

#[derive(Default)]
struct Watched {
    read_at: Option<Instant>,
    quarantines: Vec<Quarantine>,
    streaks: HashMap<Place, Streak>,
}

impl Watched {
    fn learn(
        &mut self,
        place: Place,
        fault: bool,
        standings: &Standings,
        rules: &QuarantineRules,
        now: DateTime<Utc>,
    ) -> Option<Change> {
        let known = self.quarantines.iter().position(|quarantine| quarantine.place == place);
        match known {
            Some(at) if standings.tried(&place) => {
                let tried = self.quarantines.swap_remove(at);
                if !fault {
                    return Some(Change::End(place));
                }
                let longer = tried.after_failed_trial(now, rules);
                self.quarantines.push(longer.clone());
                Some(Change::Prolong(longer))
            }
            // Decided before the quarantine began: it tells nothing new.
            Some(_) => None,
            None => {
                let cause = self.streaks.entry(place.clone()).or_default().add(fault, rules)?;
                let quarantine = Quarantine::new(place, cause, now, rules);
                self.quarantines.push(quarantine.clone());
                Some(Change::Begin(quarantine))
            }
        }
    }
}

/// Counts faults, opens and ends quarantines.
pub struct Watch {
    store: Store,
    rules: QuarantineRules,
    regions: Mutex<HashMap<RegionCode, Watched>>,
}

impl Watch {
    /// A watch without counts.
    #[must_use]
    pub fn new(store: Store, rules: QuarantineRules) -> Self {
        Self { store, rules, regions: Mutex::default() }
    }

    /// Who may be asked in a region now.
    pub async fn standings(&self, region: &RegionCode) -> Arc<Standings> {
        self.standings_at(region, Utc::now()).await
    }

    /// Who may be asked in a region at a moment.
    pub async fn standings_at(&self, region: &RegionCode, now: DateTime<Utc>) -> Arc<Standings> {
        let mut standings = Standings::default();
        for quarantine in self.known(region).await {
            if quarantine.until <= now && self.claim(region, &quarantine, now).await {
                standings.trials.insert(quarantine.place, AtomicBool::new(false));
            } else {
                standings.out.insert(quarantine.place);
            }
        }
        Arc::new(standings)
    }

    /// Learns from appeals that were decided under some standings. Trials that went well end a quarantine, others prolong it; one fault too many
    /// begins one.
    pub async fn observe<'a>(
        &self,
        region: &RegionCode,
        rules: &Rules,
        standings: &Standings,
        effects: impl IntoIterator<Item = &'a Effect>,
    ) {
        self.observe_at(region, rules, standings, effects, Utc::now()).await;
    }

    /// Learns from appeals that were decided at a moment.
    pub async fn observe_at<'a>(
        &self,
        region: &RegionCode,
        rules: &Rules,
        standings: &Standings,
        effects: impl IntoIterator<Item = &'a Effect>,
        now: DateTime<Utc>,
    ) {
        let mut changes = Vec::new();
        {
            let mut regions = self.regions.lock();
            let watched = regions.entry(region.clone()).or_default();
            for decision in effects.into_iter().flat_map(|effect| &effect.decisions) {
                let block = decision.category.as_ref().map(|category| &category.block);
                if let (Some(fault), Some(place)) = (is_fault(decision), place(rules, &decision.binding, block)) {
                    changes.extend(watched.learn(place, fault, standings, &self.rules, now));
                }
            }
        }
        for change in changes {
            if let Err(error) = self.write(region, &change).await {
                tracing::error!(region = %region, %error, "a change of a quarantine was not stored; it holds here alone");
            }
        }
    }

    async fn write(&self, region: &RegionCode, change: &Change) -> Result<(), AppError> {
        let block = |place: &Place| place.block.as_ref().map_or_else(|| "the region".to_owned(), ToString::to_string);
        match change {
            Change::Begin(q) => {
                tracing::warn!(
                    region = %region, plugin.binding = %q.place.binding, quarantine.block = %block(&q.place),
                    quarantine.cause = %q.cause, quarantine.pause_s = q.pause_s, "binding quarantined"
                );
                self.store.quarantine(region, q).await?;
            }
            Change::Prolong(q) => {
                tracing::warn!(
                    region = %region, plugin.binding = %q.place.binding, quarantine.block = %block(&q.place),
                    quarantine.pause_s = q.pause_s, "trial failed, the quarantine goes on"
                );
                self.store.prolong_quarantine(region, q).await?;
            }
            Change::End(place) => {
                tracing::info!(
                    region = %region, plugin.binding = %place.binding, quarantine.block = %block(place),
                    "trial passed, the quarantine ends"
                );
                self.store.release_quarantine(region, std::slice::from_ref(place), None).await?;
            }
        }
        Ok(())
    }

    async fn claim(&self, region: &RegionCode, quarantine: &Quarantine, now: DateTime<Utc>) -> bool {
        let next = now + TRIAL_LEASE;
        let claimed = self.store.claim_trial(region, quarantine, next).await;
        if let Err(error) = &claimed {
            tracing::error!(region = %region, %error, "the trial of a quarantined binding cannot be claimed");
        }
        if let Some(watched) = self.regions.lock().get_mut(region)
            && let Some(known) = watched.quarantines.iter_mut().find(|q| q.place == quarantine.place)
        {
            known.until = next;
        }
        claimed.unwrap_or(false)
    }

    async fn known(&self, region: &RegionCode) -> Vec<Quarantine> {
        {
            let regions = self.regions.lock();
            if let Some(watched) = regions.get(region)
                && watched.read_at.is_some_and(|at| at.elapsed() < FRESH)
            {
                return watched.quarantines.clone();
            }
        }
        let read = self.store.quarantined(region).await;
        let mut regions = self.regions.lock();
        let watched = regions.entry(region.clone()).or_default();
        match read {
            Ok(quarantines) => {
                watched.quarantines = quarantines;
                watched.read_at = Some(Instant::now());
            }
            Err(error) => tracing::error!(region = %region, %error, "quarantines cannot be read; those known hold on"),
        }
        watched.quarantines.clone()
    }

    /// Quarantines of a region, and what happened to them lately.
    ///
    /// # Errors
    /// Store errors.
    pub async fn list(&self, region: &RegionCode) -> Result<(Vec<Quarantine>, Vec<QuarantineEvent>), AppError> {
        Ok((self.store.quarantined(region).await?, self.store.quarantine_events(region, 100).await?))
    }

    /// Lets a binding in again, in one block or everywhere, before its trial.
    ///
    /// # Errors
    /// [`AppError::Unknown`] if it is not in quarantine there.
    pub async fn release(
        &self,
        region: &RegionCode,
        binding: &str,
        block: Option<&str>,
        actor: &Actor,
    ) -> Result<usize, AppError> {
        let here = |place: &Place| {
            place.binding.as_str() == binding
                && block.is_none_or(|block| place.block.as_ref().is_some_and(|b| b.as_str() == block))
        };
        let known = self.store.quarantined(region).await?;
        let places: Vec<Place> = known.into_iter().map(|q| q.place).filter(here).collect();
        let released = self.store.release_quarantine(region, &places, Some(actor)).await?;
        if released == 0 {
            return Err(AppError::Unknown { what: "quarantine of binding", code: binding.chars().take(80).collect() });
        }
        // Read again before the next appeal.
        if let Some(watched) = self.regions.lock().get_mut(region) {
            watched.read_at = None;
        }
        tracing::info!(region = %region, plugin.binding = binding, quarantine.released = released, "quarantine released by hand");
        Ok(released)
    }
}

enum Change {
    Begin(Quarantine),
    Prolong(Quarantine),
    End(Place),
}
