//! Passports: written, handed in, agreed, approved, active, archived. Who may do which step by their role stands in
//! `access::TABLE`; that nobody moves one alone stands in `PassportStep::apply`.

use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::calendar::local_date;
use veche_domain::code::RegionCode;
use veche_domain::indicator::{Finding, LinkPolicy, Passport, PassportState, PassportStep, Severity, StepRefused};
use veche_store::PassportRow;

use crate::App;
use crate::error::AppError;

use super::catalogue::{self, From};

/// A passport of a region.
///
/// # Errors
/// [`AppError::Unknown`].
pub async fn find(app: &App, region: &RegionCode, id: Uuid) -> Result<PassportRow, AppError> {
    let unknown = || AppError::Unknown { what: "passport", code: id.to_string() };
    app.store.passport(region, id).await?.ok_or_else(unknown)
}

/// Begins a passport.
///
/// # Errors
/// An unknown region, or texts that are too long to keep.
pub async fn create(
    app: &App,
    region: &RegionCode,
    passport: &Passport,
    actor: &Actor,
) -> Result<PassportRow, AppError> {
    app.region(region).await?;
    fits(passport)?;
    let id = Uuid::now_v7();
    app.store.write_passport(region, id, passport, None, actor).await?;
    find(app, region, id).await
}

/// Writes a draft again. Only its author does, and only while it is a draft: what was approved is never changed.
///
/// # Errors
/// A passport that is no draft, somebody else's, or changed meanwhile.
pub async fn rewrite(
    app: &App,
    region: &RegionCode,
    id: Uuid,
    passport: &Passport,
    seen: i64,
    actor: &Actor,
) -> Result<PassportRow, AppError> {
    fits(passport)?;
    let row = find(app, region, id).await?;
    if row.state != PassportState::Draft {
        let reason = format!(
            "the passport is {} and is not changed any more: begin a new one (паспорт не меняется после подачи)",
            row.state
        );
        return Err(AppError::InUse { what: "passport", code: id.to_string(), by: reason });
    }
    if row.author != actor.name {
        return Err(AppError::Forbidden {
            reason: format!("the draft is {}'s: only its author writes it", row.author),
        });
    }
    app.store.write_passport(region, id, passport, Some(seen), actor).await?;
    find(app, region, id).await
}

/// A text that no form would send.
fn fits(passport: &Passport) -> Result<(), AppError> {
    let size = serde_json::to_vec(passport).map_or(0, |bytes| bytes.len());
    let nul = serde_json::to_string(passport).is_ok_and(|text| text.contains("\\u0000"));
    if size > 200_000 || passport.links.len() > 100 || passport.plan.len() > 101 || nul {
        let reason = "it is too large, or holds a NUL character: a passport has a few pages".into();
        return Err(AppError::Invalid { field: "passport", reason });
    }
    Ok(())
}

/// What is wrong with a passport, or worth a look.
///
/// # Errors
/// Store errors.
pub async fn check(app: &App, region: &RegionCode, passport: &Passport) -> Result<Vec<Finding>, AppError> {
    let zone = app.region(region).await?.region.time_zone;
    let set = app.store.indicator_set(region, local_date(chrono::Utc::now(), zone)).await?;
    let mut findings = passport.check(set.as_ref().map(|row| &row.set), LinkPolicy::Error);
    let mut error = |field: &str, ru: String, en: String| {
        findings.push(Finding { field: field.to_owned(), severity: Severity::Error, ru, en });
    };
    let catalogue = catalogue::of(app, region).await?;
    match catalogue.find(&passport.indicator).map(|indicator| &indicator.from) {
        Some(From::Plugin { release, .. }) if *release == passport.release => {}
        Some(From::Plugin { release, .. }) => error(
            "release",
            format!("показатель сейчас считает другая версия плагина: {release}"),
            format!("the indicator is measured by another release now: {release}"),
        ),
        _ => error(
            "indicator",
            "такого показателя нет среди включённых плагинов региона: сначала включите плагин".into(),
            "no plug-in of the active ruleset defines this indicator: enable the plug-in first".into(),
        ),
    }
    let dictionaries = super::dictionaries(app, region).await?;
    for block in passport.blocks.iter().filter(|block| dictionaries.block(block).is_none()) {
        error("blocks", format!("блока {block:?} нет"), format!("block {block:?} is not in the dictionaries"));
    }
    Ok(findings)
}

/// Moves a passport.
///
/// # Errors
/// A step that is not possible from its state, of its author, or of the person who took the step before; a passport with
/// faults that is handed in; one that was moved meanwhile.
pub async fn step(
    app: &App,
    region: &RegionCode,
    id: Uuid,
    step: PassportStep,
    reason: Option<&str>,
    actor: &Actor,
) -> Result<PassportRow, AppError> {
    let row = find(app, region, id).await?;
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    if reason.is_some_and(|reason| reason.chars().count() > 2_000) {
        return Err(AppError::Invalid { field: "reason", reason: "write at most 2,000 characters".into() });
    }
    if step == PassportStep::Submit && actor.name != row.author {
        let reason = format!("the draft is {}'s: its author hands it in", row.author);
        return Err(AppError::Forbidden { reason });
    }
    let to = step.apply(row.state, &actor.name, &row.author, row.agreed_by.as_deref(), reason)?;
    // What was right when it was handed in may not be any more: a new release, another set.
    if matches!(step, PassportStep::Submit | PassportStep::Agree | PassportStep::Approve | PassportStep::Activate) {
        let mut findings = check(app, region, &row.passport).await?;
        findings.retain(|finding| finding.severity == Severity::Error);
        if !findings.is_empty() {
            return Err(AppError::Passport(findings));
        }
    }
    app.store.move_passport(region, &row, step, to, reason, actor).await?;
    find(app, region, id).await
}

impl std::convert::From<StepRefused> for AppError {
    fn from(refused: StepRefused) -> Self {
        match refused {
            StepRefused::NoReason => Self::Invalid { field: "reason", reason: refused.to_string() },
            StepRefused::Author(_) | StepRefused::SamePerson(_) => Self::Forbidden { reason: refused.to_string() },
            StepRefused::State { .. } => Self::PassportState(refused),
        }
    }
}
