//! Rulesets going out: shadow, canary, activation, rollback; the comparison of what is out with what is active.

use chrono::Utc;
use serde::Serialize;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::code::{Digest, RegionCode};
use veche_domain::lifecycle::{Guard, RulesEventKind, Stage, Tally, step};
use veche_store::{DraftRow, Rollout, RulesEvent, ShadowTally, StoreError, Switch};

use crate::App;
use crate::drafts::{demand_consents, find_seen, review};
use crate::error::AppError;

/// How a draft goes out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Out {
    /// Decides beside the active ruleset, without effect.
    Shadow,
    /// Decides for a share of the appeals.
    Canary {
        /// Percent, 1 to 99.
        percent: u8,
        /// When the host takes it back.
        guard: Guard,
    },
}

/// Sends a checked draft out, or moves it on from shadow to canary or to another share.
///
/// # Errors
/// A draft that was not checked; a missing consent; another draft that is out; a conflict.
pub async fn begin(
    app: &App,
    region: &RegionCode,
    id: Uuid,
    seen: i64,
    out: Out,
    actor: &Actor,
) -> Result<Rollout, AppError> {
    let draft = find_seen(app, region, id, seen).await?;
    let (stage, percent, guard) = match out {
        Out::Shadow => (Stage::Shadow, 0, Guard::default()),
        Out::Canary { percent, guard } => (Stage::Canary, percent, guard),
    };
    guard.validate()?;
    step(draft.stage, stage)?;
    let ruleset = checked(&draft)?;
    demand_consents(app, &draft.ruleset, Some(id)).await?;
    // Here and now, so that the first appeal does not wait and a draft whose parts are gone is refused.
    app.rules.load(&ruleset).await?;
    let base = app.region(region).await?.ruleset.ok_or_else(|| AppError::NoRuleset { region: region.to_string() })?;
    let rollout = Rollout {
        draft: id,
        ruleset,
        base,
        stage,
        percent,
        guard,
        started_by: Some(actor.name.clone()),
        started_at: Utc::now(),
        dropped: 0,
    };
    app.store.begin_rollout(&draft, &rollout, actor).await?;
    tracing::info!(region = %region, ruleset = %ruleset.short(), rollout.stage = %stage, rollout.percent = percent, "ruleset goes out");
    Ok(rollout)
}

fn checked(draft: &DraftRow) -> Result<Digest, AppError> {
    let reason = || "the draft has no digest: validate it first".to_owned();
    draft.digest.ok_or_else(|| AppError::Stored { what: format!("draft {}", draft.id), reason: reason() })
}

/// Takes a draft back out of shadow or canary.
///
/// # Errors
/// A draft that is not out; a conflict.
pub async fn withdraw(app: &App, region: &RegionCode, id: Uuid, seen: i64, actor: &Actor) -> Result<(), AppError> {
    let draft = find_seen(app, region, id, seen).await?;
    let out = app.region(region).await?.rollout.filter(|out| out.draft == id);
    let Some(out) = out else {
        let reason = format!("the draft is {}, not out: there is nothing to withdraw", draft.stage);
        return Err(AppError::Invalid { field: "draft", reason });
    };
    let mut event = RulesEvent::new(RulesEventKind::Withdrawn, Some(id), Some(actor));
    event.ruleset = Some(out.ruleset);
    if app.store.end_rollout(region, &out, &event).await? {
        Ok(())
    } else {
        let what = "what is out in the region";
        Err(StoreError::Conflict { what, expected: draft.stage.to_string(), found: "another".into() }.into())
    }
}

/// Makes a checked draft active. The ruleset that it was compared with must still be the active one.
///
/// # Errors
/// A draft that was not checked; a missing consent; a conflict.
pub async fn activate(app: &App, region: &RegionCode, id: Uuid, seen: i64, actor: &Actor) -> Result<Digest, AppError> {
    let draft = find_seen(app, region, id, seen).await?;
    step(draft.stage, Stage::Active)?;
    let ruleset = checked(&draft)?;
    // A release may have been yanked, a dataset deleted since the draft was checked.
    review(app, &draft.ruleset).await?;
    demand_consents(app, &draft.ruleset, Some(id)).await?;
    app.rules.load(&ruleset).await?;
    let row = app.region(region).await?;
    let expected = row.rollout.filter(|out| out.draft == id).map_or(draft.base, |out| Some(out.base));
    let switch = Switch { expected: Some(expected), draft: Some(id), actor: Some(actor), ..Switch::to(ruleset) };
    app.store.activate_ruleset(region, &switch).await?;
    tracing::info!(region = %region, ruleset = %ruleset.short(), "ruleset activated");
    Ok(ruleset)
}

/// Goes back to the ruleset before the active one, or to a named one that was active; one step, for all hosts at once.
/// Where something is out beside the active ruleset, it ends.
///
/// # Errors
/// Nothing to go back to; a ruleset that was never active here; parts that are gone.
pub async fn rollback(
    app: &App,
    region: &RegionCode,
    to: Option<Digest>,
    reason: &str,
    actor: &Actor,
) -> Result<Digest, AppError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 2_000 {
        let reason = "say why, in 1 to 2,000 characters: the reason is kept".into();
        return Err(AppError::Invalid { field: "reason", reason });
    }
    let active = app.region(region).await?.ruleset.ok_or_else(|| AppError::NoRuleset { region: region.to_string() })?;
    let history = app.store.activations(region, i64::MAX).await?;
    let target = match to {
        Some(to) if to == active => {
            return Err(AppError::Invalid { field: "ruleset", reason: format!("{} is active already", to.short()) });
        }
        Some(to) if history.iter().any(|a| a.ruleset == to) => to,
        Some(to) => return Err(AppError::Unknown { what: "earlier ruleset", code: to.to_string() }),
        None => before(&history).ok_or_else(|| AppError::Invalid {
            field: "ruleset",
            reason: "no other ruleset was active before: there is nothing to go back to".into(),
        })?,
    };
    app.rules.load(&target).await?;
    let switch = Switch {
        expected: Some(Some(active)),
        rollback: true,
        reason: Some(reason),
        actor: Some(actor),
        ..Switch::to(target)
    };
    app.store.activate_ruleset(region, &switch).await?;
    tracing::warn!(region = %region, ruleset = %target.short(), ruleset.before = %active.short(), "ruleset rolled back");
    Ok(target)
}

/// What was active before the active one. Rollbacks undo: after one, the next goes further back.
fn before(history: &[veche_store::Activation]) -> Option<Digest> {
    let mut stack: Vec<Digest> = Vec::new();
    for activation in history.iter().rev() {
        match stack.iter().rposition(|d| *d == activation.ruleset).filter(|_| activation.rollback) {
            Some(place) => stack.truncate(place + 1),
            None if stack.last() != Some(&activation.ruleset) => stack.push(activation.ruleset),
            None => {}
        }
    }
    stack.pop();
    stack.pop()
}

/// What is out, beside what is active, on the appeals since it began.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What is out.
    pub rollout: Rollout,
    /// What the active ruleset decided.
    pub active: Tally,
    /// What the canary decided; nothing in shadow.
    pub canary: Tally,
    /// What a ruleset in shadow said, beside what was really decided.
    pub shadow: ShadowTally,
    /// Why a canary would be taken back now.
    pub breach: Option<String>,
}

/// Compares what is out with what is active; none if nothing is out.
///
/// # Errors
/// An unknown region, or a store error.
pub async fn compare(app: &App, region: &RegionCode) -> Result<Option<Comparison>, AppError> {
    let Some(rollout) = app.region(region).await?.rollout else { return Ok(None) };
    let active = app.store.tally(region, rollout.base, rollout.started_at).await?;
    let canary = app.store.tally(region, rollout.ruleset, rollout.started_at).await?;
    let shadow = app.store.shadow_tally(region, rollout.ruleset, rollout.started_at).await?;
    let breach = (rollout.stage == Stage::Canary).then(|| rollout.guard.judge(&active, &canary)).flatten();
    Ok(Some(Comparison { breach: breach.map(|b| b.to_string()), rollout, active, canary, shadow }))
}

/// Takes a canary back that breaks its guard; why, if it was taken back.
///
/// # Errors
/// Store errors; the next look decides again.
pub async fn guard(app: &App, region: &RegionCode) -> Result<Option<String>, AppError> {
    let Some(Comparison { rollout, canary, breach: Some(breach), .. }) = compare(app, region).await? else {
        return Ok(None);
    };
    let mut event = RulesEvent::new(RulesEventKind::TakenBack, Some(rollout.draft), None);
    event.ruleset = Some(rollout.ruleset);
    event.reason = Some(breach.clone());
    event.data.insert("questions".into(), canary.questions.to_string());
    event.data.insert("percent".into(), rollout.percent.to_string());
    if !app.store.end_rollout(region, &rollout, &event).await? {
        return Ok(None);
    }
    tracing::error!(region = %region, ruleset = %rollout.ruleset.short(), reason = %breach, "the canary was taken back");
    Ok(Some(breach))
}

/// How often what is out is looked at.
const LOOK: std::time::Duration = std::time::Duration::from_secs(5);

/// Watches every canary until it is cancelled. On several hosts each watches; the first takes back, the others find it
/// done.
pub async fn watch(app: App, stop: tokio_util::sync::CancellationToken) {
    loop {
        if let Err(error) = guard_all(&app).await {
            tracing::error!(%error, "the canaries cannot be judged now");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn guard_all(app: &App) -> Result<(), AppError> {
    for row in app.store.regions().await? {
        if row.rollout.is_some_and(|out| out.stage == Stage::Canary) {
            guard(app, &row.region.code).await?;
        }
    }
    Ok(())
}
