//! Drafts of rulesets: made from what is active, edited under a version, checked whole, consented to.

use std::collections::BTreeSet;

use chrono::Utc;
use uuid::Uuid;
use veche_domain::access::Actor;
use veche_domain::code::{BindingId, BlockCode, Digest, RegionCode};
use veche_domain::decision::{Kind, Permission};
use veche_domain::diff::{Labels, Language, diff, words};
use veche_domain::lifecycle::{RulesEventKind, RulesPolicy, SignaturePolicy, Stage, StageError, step};
use veche_domain::ruleset::{Binding, Ruleset, RulesetError};
use veche_sandbox::{Inspection, SandboxError};
use veche_store::{BlobKind, Consent, DraftRow, ReleaseRow, RulesEvent};

use crate::App;
use crate::error::{AppError, DraftFault};

/// Most characters of a title.
const TITLE_LIMIT: usize = 200;

/// A draft to make.
#[derive(Debug, Clone)]
pub struct NewDraft {
    /// Title, for people.
    pub title: String,
    /// Content; none for a copy of the active ruleset.
    pub ruleset: Option<Ruleset>,
}

/// Makes a draft.
///
/// # Errors
/// A bad title, content of another region, or no active ruleset to copy.
pub async fn create(app: &App, region: &RegionCode, new: NewDraft, actor: &Actor) -> Result<DraftRow, AppError> {
    let row = app.region(region).await?;
    let title = check_title(&new.title)?;
    let ruleset = match new.ruleset {
        Some(ruleset) => ruleset,
        None => {
            let active = row.ruleset.ok_or_else(|| AppError::NoRuleset { region: region.to_string() })?;
            app.rules.ruleset(&active).await?
        }
    };
    check_region(region, &ruleset)?;
    let now = Utc::now();
    let draft = DraftRow {
        id: Uuid::now_v7(),
        region: region.clone(),
        title,
        ruleset,
        base: row.ruleset,
        stage: Stage::Draft,
        digest: None,
        version: 1,
        created_by: Some(actor.name.clone()),
        updated_by: Some(actor.name.clone()),
        created_at: now,
        updated_at: now,
    };
    app.store.insert_draft(&draft, actor).await?;
    Ok(draft)
}

fn check_title(title: &str) -> Result<String, AppError> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > TITLE_LIMIT {
        let reason = format!("give the draft a title of 1 to {TITLE_LIMIT} characters");
        return Err(AppError::Invalid { field: "title", reason });
    }
    Ok(title.to_owned())
}

fn check_region(region: &RegionCode, ruleset: &Ruleset) -> Result<(), AppError> {
    if ruleset.region == *region {
        return Ok(());
    }
    let reason = format!("the ruleset is for region {}, the draft for {region}", ruleset.region);
    Err(AppError::Invalid { field: "region", reason })
}

/// A draft of a region.
///
/// # Errors
/// [`AppError::Unknown`].
pub async fn find(app: &App, region: &RegionCode, id: Uuid) -> Result<DraftRow, AppError> {
    let unknown = || AppError::Unknown { what: "draft", code: id.to_string() };
    app.store.draft(region, id).await?.ok_or_else(unknown)
}

/// A draft in the version that the caller saw.
///
/// # Errors
/// [`AppError::Stale`] tells what changed since.
pub async fn find_seen(app: &App, region: &RegionCode, id: Uuid, seen: i64) -> Result<DraftRow, AppError> {
    let draft = find(app, region, id).await?;
    if draft.version == seen {
        return Ok(draft);
    }
    let difference = match app.store.draft_version(id, seen).await? {
        Some(before) if seen < draft.version => {
            let language = language_of(app, region).await?;
            difference(app, region, &before, &draft.ruleset, language).await?
        }
        _ => Vec::new(),
    };
    Err(AppError::Stale { seen, found: draft.version, difference })
}

/// Language of a region's staff; Russian where the host has no words in it.
///
/// # Errors
/// An unknown region.
pub async fn language_of(app: &App, region: &RegionCode) -> Result<Language, AppError> {
    let row = app.region(region).await?;
    Ok(Language::from_tag(&row.region.language).unwrap_or(Language::Russian))
}

/// What differs between two rulesets of a region, in words.
///
/// # Errors
/// An unknown region, or dictionaries that cannot be read.
pub async fn difference(
    app: &App,
    region: &RegionCode,
    from: &Ruleset,
    to: &Ruleset,
    language: Language,
) -> Result<Vec<String>, AppError> {
    let row = app.region(region).await?;
    let mut labels = Labels::of(&app.rules.dictionaries(&row.dictionaries).await?);
    for release in app.store.releases(region).await? {
        labels.releases.insert(release.digest, (release.plugin.to_string(), release.version));
    }
    Ok(words(&diff(from, to), &labels, language))
}

/// One change of a draft.
#[derive(Debug, Clone)]
pub enum Edit {
    /// The whole content.
    Replace(Ruleset),
    /// A new title.
    Title(String),
    /// Adds a binding at the end, or replaces the one of this id in its place.
    Bind(Box<Binding>),
    /// Removes a binding.
    Unbind(BindingId),
    /// The order of all bindings.
    Order(Vec<BindingId>),
}

/// Changes a draft that was seen in version `seen`. A checked draft must be checked again.
///
/// # Errors
/// [`AppError::Stale`]; a draft that is out; what is wrong with the change.
pub async fn edit(
    app: &App,
    region: &RegionCode,
    id: Uuid,
    seen: i64,
    edit: Edit,
    actor: &Actor,
) -> Result<DraftRow, AppError> {
    let mut draft = find_seen(app, region, id, seen).await?;
    if !draft.stage.is_editable() {
        step(draft.stage, Stage::Draft)?;
    }
    match edit {
        Edit::Replace(ruleset) => {
            check_region(region, &ruleset)?;
            draft.ruleset = ruleset;
        }
        Edit::Title(title) => draft.title = check_title(&title)?,
        Edit::Bind(binding) => match draft.ruleset.bindings.iter_mut().find(|b| b.id == binding.id) {
            Some(place) => *place = *binding,
            None => draft.ruleset.bindings.push(*binding),
        },
        Edit::Unbind(binding) => {
            let before = draft.ruleset.bindings.len();
            draft.ruleset.bindings.retain(|b| b.id != binding);
            if draft.ruleset.bindings.len() == before {
                return Err(AppError::Unknown { what: "binding", code: binding.to_string() });
            }
        }
        Edit::Order(order) => reorder(&mut draft.ruleset, &order)?,
    }
    (draft.stage, draft.digest) = (Stage::Draft, None);
    save(app, draft, RulesEventKind::Edited, actor).await
}

fn reorder(ruleset: &mut Ruleset, order: &[BindingId]) -> Result<(), AppError> {
    let invalid = |reason: String| AppError::Invalid { field: "order", reason };
    let mut bindings = std::mem::take(&mut ruleset.bindings);
    let mut seen = BTreeSet::new();
    for id in order {
        if !seen.insert(id) {
            return Err(invalid(format!("binding {:?} is given twice: name each binding once", id.as_str())));
        }
        let place = bindings
            .iter()
            .position(|b| b.id == *id)
            .ok_or_else(|| AppError::Unknown { what: "binding", code: id.to_string() })?;
        ruleset.bindings.push(bindings.remove(place));
    }
    match bindings.first() {
        Some(left) => Err(invalid(format!("binding {:?} is missing: name each binding once", left.id.as_str()))),
        None => Ok(()),
    }
}

async fn save(app: &App, mut draft: DraftRow, kind: RulesEventKind, actor: &Actor) -> Result<DraftRow, AppError> {
    let mut event = RulesEvent::new(kind, Some(draft.id), Some(actor));
    event.ruleset = draft.digest;
    draft.version = app.store.update_draft(&draft, &event).await?;
    draft.updated_by = event.actor;
    draft.updated_at = event.at;
    Ok(draft)
}

/// Checks a draft whole, as it would run, and gives it its name.
///
/// # Errors
/// [`AppError::Draft`] with every fault found; [`AppError::Stale`].
pub async fn validate(
    app: &App,
    region: &RegionCode,
    id: Uuid,
    seen: i64,
    actor: &Actor,
) -> Result<DraftRow, AppError> {
    let mut draft = find_seen(app, region, id, seen).await?;
    step(draft.stage, Stage::Validated)?;
    review(app, &draft.ruleset).await?;
    draft.digest = Some(app.store.put_blob(BlobKind::Ruleset, &draft.ruleset.canonical()).await?);
    draft.stage = Stage::Validated;
    save(app, draft, RulesEventKind::Validated, actor).await
}

/// Deletes a draft that is not out and never was active.
///
/// # Errors
/// [`AppError::Stale`], or a draft that is out.
pub async fn delete(app: &App, region: &RegionCode, id: Uuid, seen: i64, actor: &Actor) -> Result<(), AppError> {
    let draft = find_seen(app, region, id, seen).await?;
    if !draft.stage.is_editable() {
        let remedy = "withdraw it first; what was active is kept";
        return Err(StageError::Order { from: draft.stage, to: Stage::Draft, remedy }.into());
    }
    Ok(app.store.delete_draft(&draft, actor).await?)
}

/// Checks a ruleset whole before it may go out: codes, order, releases and datasets of this region, permissions
/// granted one by one, settings, and a trial of every binding.
///
/// # Errors
/// [`AppError::Draft`] with every fault found.
pub async fn review(app: &App, ruleset: &Ruleset) -> Result<(), AppError> {
    let mut faults = ruleset_faults(app, ruleset).await?;
    let region = &ruleset.region;
    let policy = app.store.rules_policy(region).await?;
    // What runs already is not enabled anew: it must not keep another change from going out.
    let running: BTreeSet<Digest> = match app.store.region(region).await?.and_then(|row| row.ruleset) {
        Some(active) => app.rules.ruleset(&active).await?.bindings.iter().map(|b| b.release).collect(),
        None => BTreeSet::new(),
    };
    let datasets: BTreeSet<Digest> = app.store.datasets(region).await?.iter().map(|row| row.digest).collect();
    for binding in &ruleset.bindings {
        let fault = |part: &str, (message, ru): (String, String)| DraftFault {
            place: format!("bindings/{}/{part}", binding.id),
            message,
            ru,
        };
        for (name, digest) in binding.datasets.iter().filter(|(_, digest)| !datasets.contains(digest)) {
            let short = digest.short();
            let message = format!("dataset `{name}` {short} is not in this region: upload it first");
            let ru = format!("набора данных «{name}» {short} в регионе нет: сначала загрузите его");
            faults.push(fault("datasets", (message, ru)));
        }
        let Some(row) = app.store.release(region, &binding.release).await? else {
            let short = binding.release.short();
            let message = format!("release {short} is not in this region: upload it first");
            faults.push(fault("release", (message, format!("версии {short} в регионе нет: сначала загрузите её"))));
            continue;
        };
        if !running.contains(&binding.release) {
            faults.extend(release_faults(&row, &policy).into_iter().map(|words| fault("release", words)));
        }
        if let Ok(inspection) = serde_json::from_value::<Inspection>(row.inspection) {
            faults.extend(grant_faults(binding, &inspection).into_iter().map(|words| fault("grants", words)));
        }
    }
    if !faults.is_empty() {
        return Err(AppError::Draft(faults));
    }
    match app.rules.make_ready(ruleset.clone()).await {
        Ok(_) => Ok(()),
        Err(AppError::Binding { binding, source }) => Err(AppError::Draft(binding_faults(&binding, source))),
        Err(error) => Err(error),
    }
}

async fn ruleset_faults(app: &App, ruleset: &Ruleset) -> Result<Vec<DraftFault>, AppError> {
    match app.rules.dictionaries(&ruleset.dictionaries).await {
        Ok(dictionaries) => {
            let today = Utc::now().with_timezone(&dictionaries.region().time_zone).date_naive();
            let errors = ruleset.review(&dictionaries, today).err().into_iter().flatten();
            let fault = |e: RulesetError| {
                let (place, ru) = in_russian(&e);
                DraftFault { place: place.to_owned(), message: e.to_string(), ru }
            };
            Ok(errors.map(fault).collect())
        }
        Err(error @ (AppError::Missing { .. } | AppError::Dictionaries(_))) => {
            let message = error.to_string();
            Ok(vec![DraftFault { place: "dictionaries".into(), ru: message.clone(), message }])
        }
        Err(error) => Err(error),
    }
}

/// What keeps a release from being enabled, in English and in Russian.
fn release_faults(row: &ReleaseRow, policy: &RulesPolicy) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    let name = format!("{} {}", row.plugin, row.version);
    if let Some(reason) = &row.yanked {
        faults.push((
            format!("release {name} was yanked ({reason}): bind another"),
            format!("версия {name} отозвана ({reason}): включите другую"),
        ));
    }
    if policy.signatures == SignaturePolicy::Required && row.signed_by.is_none() {
        faults.push((
            format!("release {name} is not signed by a publisher whom the region trusts: add its signature"),
            format!("версия {name} не подписана издателем, которому доверяет регион: добавьте подпись"),
        ));
    }
    faults
}

/// Permissions that the release asks for and the binding lacks, and the other way round: one that is granted in advance
/// would let a later release take it unseen.
fn grant_faults(binding: &Binding, inspection: &Inspection) -> Vec<(String, String)> {
    let missing = inspection.permissions.iter().filter(|p| !binding.grants.contains(p)).map(|p| {
        let (english, russian) = (p.words(Language::English), p.words(Language::Russian));
        (
            format!("the release asks for the permission `{p}` ({english}): grant it, or bind another release"),
            format!("плагин просит разрешение «{russian}» ({p}): дайте его или включите другую версию"),
        )
    });
    // Rows bring applicants' data to an exporter, not an import: there the grant itself is what counts.
    let by_rows = |p: &&Permission| binding.kind == Kind::Exporter && **p == Permission::Applicant;
    let unasked = binding.grants.iter().filter(|p| !inspection.permissions.contains(p));
    let extra = unasked.filter(|p| !by_rows(p)).map(|p| {
        let russian = p.words(Language::Russian);
        (
            format!(
                "the release does not ask for the permission `{p}`: take the grant out, a later release that asks needs its own"
            ),
            format!("плагин не просит разрешение «{russian}» ({p}): снимите его, следующей версии его дадут отдельно"),
        )
    });
    missing.chain(extra).collect()
}

/// Part of the ruleset that an error is about, and the error in Russian.
fn in_russian(error: &RulesetError) -> (&'static str, String) {
    match error {
        RulesetError::DuplicateBinding(id) => {
            ("bindings", format!("включение «{id}» названо дважды: названия не повторяются"))
        }
        RulesetError::NoRouter { block, category } => (
            "bindings",
            format!(
                "в блоке «{block}» исполнителя никто не выбирает: включите для него плагин или укажите исполнителя категории «{category}»"
            ),
        ),
        RulesetError::UnknownBlock { place, block } => ("blocks", format!("{place}: блока «{block}» в словарях нет")),
        RulesetError::UnknownCategory { from, to } => {
            ("category_map", format!("«{from}» ведёт к категории «{to}», которой в словарях нет"))
        }
        RulesetError::Cycle { label, over } => {
            ("category_map", format!("«{label}» через «{over}» ведёт к себе же: сопоставьте метку с категорией"))
        }
        RulesetError::Threshold { place, value } => {
            ("thresholds", format!("{place}: порог {value} должен быть от 0 до 1"))
        }
        RulesetError::Region { ruleset, dictionaries } => {
            ("region", format!("набор правил для региона «{ruleset}», словари для региона «{dictionaries}»"))
        }
    }
}

fn binding_faults(binding: &str, error: SandboxError) -> Vec<DraftFault> {
    let place = format!("bindings/{binding}");
    match error {
        SandboxError::Settings(faults) => faults
            .into_iter()
            .map(|f| DraftFault {
                place: format!("{place}/settings/{}", f.field.trim_start_matches('/')),
                ru: f.message.clone(),
                message: f.message,
            })
            .collect(),
        other => {
            let message = other.to_string();
            vec![DraftFault { place, ru: message.clone(), message }]
        }
    }
}

/// Keeps the consent of a block's lead to what the draft says for the block.
///
/// # Errors
/// An unknown block; a draft that is still being edited.
pub async fn consent(
    app: &App,
    region: &RegionCode,
    id: Uuid,
    seen: i64,
    block: &BlockCode,
    actor: &Actor,
) -> Result<Consent, AppError> {
    let draft = find_seen(app, region, id, seen).await?;
    if draft.stage == Stage::Draft {
        let remedy = "validate it first: a consent is to checked rules";
        return Err(StageError::Order { from: draft.stage, to: Stage::Shadow, remedy }.into());
    }
    let dictionaries = app.rules.dictionaries(&draft.ruleset.dictionaries).await?;
    if dictionaries.block(block.as_str()).is_none() {
        return Err(AppError::Unknown { what: "block", code: block.to_string() });
    }
    let digest = draft.ruleset.block_digest(block);
    let consent = Consent { block: block.clone(), digest, name: actor.name.clone(), at: Utc::now() };
    app.store.save_consent(region, id, &consent, actor).await?;
    Ok(consent)
}

/// Demands the consents that the region's policy asks for, over the blocks in which `to` differs from the active ruleset.
///
/// # Errors
/// [`AppError::Consent`] names the blocks.
pub async fn demand_consents(app: &App, to: &Ruleset, draft: Option<Uuid>) -> Result<(), AppError> {
    let policy = app.store.rules_policy(&to.region).await?;
    if policy.consent.is_empty() {
        return Ok(());
    }
    let active = match app.region(&to.region).await?.ruleset {
        Some(digest) => Some(app.rules.ruleset(&digest).await?),
        None => None,
    };
    let given = match draft {
        Some(id) => app.store.consents(id).await?,
        None => Vec::new(),
    };
    let missing: Vec<String> = policy
        .consent
        .iter()
        .filter(|block| {
            let digest = to.block_digest(block);
            let changed = active.as_ref().is_none_or(|active| active.block_digest(block) != digest);
            changed && !given.iter().any(|consent| consent.block == **block && consent.digest == digest)
        })
        .map(ToString::to_string)
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(AppError::Consent(missing)) }
}

/// Sets what a region demands before its rules change.
///
/// # Errors
/// A block that the region does not have, or a key that is none.
pub async fn set_policy(app: &App, region: &RegionCode, policy: &RulesPolicy, actor: &Actor) -> Result<(), AppError> {
    crate::releases::check_keys(&policy.trusted_keys)?;
    let row = app.region(region).await?;
    let dictionaries = app.rules.dictionaries(&row.dictionaries).await?;
    if let Some(block) = policy.consent.iter().find(|block| dictionaries.block(block.as_str()).is_none()) {
        return Err(AppError::Unknown { what: "block", code: block.to_string() });
    }
    Ok(app.store.save_rules_policy(region, policy, actor).await?)
}
