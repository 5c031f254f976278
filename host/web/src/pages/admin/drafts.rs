//! A draft of a ruleset: what it changes, block by block, in which order; checked, tried on history, sent out.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use uuid::Uuid;
use veche_app::drafts::{self, Edit};
use veche_app::store::DraftRow;
use veche_app::{AppError, DraftFault};
use veche_domain::access::Action;
use veche_domain::code::{BindingId, BlockCode};
use veche_domain::lifecycle::{Guard, Stage};

use super::backtests::{JobLine, jobs_of};
use super::chains::{BlockView, blocks};
use super::order::{moved, rearranged};
use super::rollout::{ComparisonView, comparison};
use super::{id_of, texts};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::messages::Lang;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET", "/regions/{region}/drafts/{id}", Action::ReadRules, get(show)),
        guarded("POST", "/regions/{region}/drafts/{id}/order", Action::DraftRules, post(order)),
        guarded("POST", "/regions/{region}/drafts/{id}/unbind", Action::DraftRules, post(unbind)),
        guarded("POST", "/regions/{region}/drafts/{id}/title", Action::DraftRules, post(rename)),
        guarded("POST", "/regions/{region}/drafts/{id}/check", Action::DraftRules, post(check)),
        guarded("POST", "/regions/{region}/drafts/{id}/delete", Action::DraftRules, post(delete)),
        guarded("POST", "/regions/{region}/drafts/{id}/consents", Action::ConsentToRules, post(consent)),
    ]
}

/// The version of a draft that the form was drawn from. Without it a change could overwrite somebody else's.
pub(super) fn seen(form: &Form) -> Result<i64, Problem> {
    let text = form.text("version");
    text.parse().map_err(|_| Problem::invalid("`version`: open the draft again and send the form from there"))
}

/// A fault of the draft, where it is.
pub(super) struct FaultLine {
    pub(super) place: String,
    pub(super) message: String,
    /// Binding to open.
    pub(super) binding: String,
}

/// A stage on the way.
struct Step {
    name: String,
    done: bool,
    now: bool,
}

/// A block whose lead consents.
struct ConsentLine {
    block: String,
    name: String,
    by: String,
    at: Option<DateTime<Utc>>,
    /// Whether the visitor may give it now.
    mine: bool,
}

/// What a page of a draft shows besides the draft.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) faults: Vec<FaultLine>,
    pub(super) wrong: String,
}

#[derive(Template)]
#[template(path = "admin/draft.html")]
struct DraftPage {
    page: Page,
    draft: DraftRow,
    stage: String,
    stage_class: &'static str,
    steps: Vec<Step>,
    by: String,
    difference: Vec<String>,
    blocks: Vec<BlockView>,
    /// Whether the visitor may change it now.
    editable: bool,
    checked: bool,
    is_out: bool,
    is_canary: bool,
    out: Option<ComparisonView>,
    /// Whether another draft is out in the region.
    other_out: bool,
    consents: Vec<ConsentLine>,
    jobs: Vec<JobLine>,
    guard: Guard,
    /// Shares of the guard, percent.
    guard_faults: String,
    guard_redirects: String,
    may_draft: bool,
    may_backtest: bool,
    may_activate: bool,
    shown: Shown,
}

fn steps(visit: &Visit, stage: Stage) -> Vec<Step> {
    let way = [Stage::Draft, Stage::Validated, Stage::Shadow, Stage::Canary, Stage::Active];
    let place = way.iter().position(|step| *step == stage);
    let step = |(i, step): (usize, &Stage)| Step {
        name: texts::stage(visit.lang(), *step),
        done: place.is_none_or(|place| i < place),
        now: place == Some(i),
    };
    way.iter().enumerate().map(step).collect()
}

async fn consents(web: &Web, visit: &Visit, draft: &DraftRow) -> Result<Vec<ConsentLine>, Problem> {
    let lang = visit.lang();
    let policy = web.app.store.rules_policy(visit.region_code()?).await?;
    if policy.consent.is_empty() {
        return Ok(Vec::new());
    }
    let given = web.app.store.consents(draft.id).await?;
    let dictionaries = web.app.rules.dictionaries(&draft.ruleset.dictionaries).await?;
    let names = Names { dictionaries: &dictionaries, lang };
    let mine = visit.may(Action::ConsentToRules);
    let line = |block: &BlockCode| {
        let digest = draft.ruleset.block_digest(block);
        let consent = given.iter().find(|consent| consent.block == *block && consent.digest == digest);
        ConsentLine {
            block: block.to_string(),
            name: names.block(block),
            by: consent.map(|consent| texts::actor(lang, Some(&consent.name))).unwrap_or_default(),
            at: consent.map(|consent| consent.at),
            mine: consent.is_none()
                && draft.stage != Stage::Draft
                && mine.as_ref().is_some_and(|scope| scope.covers(Some(block))),
        }
    };
    Ok(policy.consent.iter().map(line).collect())
}

async fn page(web: &Web, visit: &Visit, draft: DraftRow, shown: Shown) -> Result<DraftPage, Problem> {
    let (lang, region) = (visit.lang(), visit.region()?);
    let difference = match region.ruleset {
        Some(active) => {
            let active = web.app.rules.ruleset(&active).await?;
            drafts::difference(&web.app, &region.region.code, &active, &draft.ruleset, texts::language(lang)).await?
        }
        None => Vec::new(),
    };
    let may_draft = visit.may(Action::DraftRules).is_some();
    let editable = may_draft && draft.stage.is_editable();
    let (out, other_out) = match comparison(web, visit).await? {
        Some(out) if out.draft == draft.id => (Some(out), false),
        other => (None, other.is_some()),
    };
    let guard = Guard::default();
    let percent = |share: f64| format!("{:.0}", share * 100.0);
    Ok(DraftPage {
        page: visit.page_titled(draft.title.clone()),
        stage: texts::stage(lang, draft.stage),
        stage_class: texts::stage_class(draft.stage),
        steps: steps(visit, draft.stage),
        by: texts::actor(lang, draft.updated_by.as_deref()),
        difference,
        blocks: blocks(web, visit, &draft.ruleset, editable).await?,
        editable,
        checked: draft.stage == Stage::Validated,
        is_out: matches!(draft.stage, Stage::Shadow | Stage::Canary),
        is_canary: draft.stage == Stage::Canary,
        out,
        other_out,
        consents: consents(web, visit, &draft).await?,
        jobs: jobs_of(web, visit, Some(draft.id)).await?,
        guard_faults: percent(guard.max_extra_faults),
        guard_redirects: percent(guard.max_extra_redirects),
        guard,
        may_draft,
        may_backtest: visit.may(Action::BacktestRules).is_some(),
        may_activate: visit.may(Action::ActivateRules).is_some(),
        draft,
        shown,
    })
}

async fn show(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let draft = drafts::find(&web.app, visit.region_code()?, id_of(&id, "draft")?).await?;
    visit.html(&page(&web, &visit, draft, Shown::default()).await?)
}

/// Faults as the page shows them: the place in words, the binding to open.
pub(super) fn fault_lines(visit: &Visit, faults: &[DraftFault]) -> Vec<FaultLine> {
    let lang = visit.lang();
    let line = |fault: &DraftFault| {
        let mut parts = fault.place.splitn(4, '/');
        let (head, binding, part, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
        let part_name = |part: &str| {
            let key = format!("admin-place-{}", part.replace('_', "-"));
            if lang.knows(&key) { lang.t(&key) } else { part.to_owned() }
        };
        let place = match (head, binding) {
            (Some("bindings"), Some(binding)) => {
                let mut place = lang.with("admin-place-binding", &[("name", binding.into())]);
                for part in
                    part.map(part_name).into_iter().chain(rest.filter(|rest| !rest.is_empty()).map(str::to_owned))
                {
                    place = format!("{place} → {part}");
                }
                place
            }
            _ => part_name(&fault.place),
        };
        let binding = if head == Some("bindings") { binding.unwrap_or_default().to_owned() } else { String::new() };
        let message = if lang == Lang::Ru { &fault.ru } else { &fault.message };
        FaultLine { place, message: message.clone(), binding }
    };
    faults.iter().map(line).collect()
}

/// After a step on a draft: to its page, or the page again with what is wrong.
pub(super) async fn answer(
    web: &Web,
    visit: &Visit,
    id: Uuid,
    step: Result<(), AppError>,
    done: &str,
) -> Result<Response, Problem> {
    let region = visit.region_code()?;
    let (status, shown) = match step {
        Ok(()) => return Ok(visit.go(&format!("/regions/{region}/drafts/{id}"), done)),
        Err(AppError::Draft(faults)) => {
            let wrong = visit.lang().t("admin-draft-faults");
            (StatusCode::UNPROCESSABLE_ENTITY, Shown { faults: fault_lines(visit, &faults), wrong })
        }
        Err(AppError::Consent(blocks)) => {
            let said = [("blocks", blocks.join(", ").into())];
            let wrong = visit.lang().with("admin-consent-missing", &said);
            (StatusCode::CONFLICT, Shown { faults: Vec::new(), wrong })
        }
        Err(AppError::Stage(error)) => {
            use veche_domain::lifecycle::StageError;
            let key = match error {
                StageError::Percent(_) => "admin-percent-wrong",
                StageError::Share { .. } => "admin-share-wrong",
                StageError::Sample => "admin-sample-wrong",
                StageError::Order { .. } => "admin-stage-wrong",
            };
            (StatusCode::UNPROCESSABLE_ENTITY, Shown { faults: Vec::new(), wrong: visit.lang().t(key) })
        }
        Err(AppError::Invalid { field: "title", .. }) => {
            let wrong = visit.lang().t("admin-draft-title-wrong");
            (StatusCode::UNPROCESSABLE_ENTITY, Shown { faults: Vec::new(), wrong })
        }
        Err(error) => return Err(error.into()),
    };
    let draft = drafts::find(&web.app, region, id).await?;
    visit.html_with(status, &page(web, visit, draft, shown).await?)
}

async fn edited(web: &Web, visit: &Visit, id: &str, form: &Form, edit: Edit, done: &str) -> Result<Response, Problem> {
    let id = id_of(id, "draft")?;
    let edited = drafts::edit(&web.app, visit.region_code()?, id, seen(form)?, edit, &visit.access()?.actor()).await;
    answer(web, visit, id, edited.map(|_| ()), done).await
}

/// One place up or down, or a chain in a new order: `move` with `binding`, or `chain` with all ids.
async fn order(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let draft = drafts::find(&web.app, visit.region_code()?, id_of(&id, "draft")?).await?;
    let all = &draft.ruleset.bindings;
    let order = match form.given("chain") {
        Some(chain) => {
            let chain: Option<Vec<BindingId>> = chain.split(',').map(|id| BindingId::new(id).ok()).collect();
            chain.and_then(|chain| rearranged(all, &chain))
        }
        None => {
            let (binding, up) = match (form.given("up"), form.given("down")) {
                (Some(binding), _) => (binding, true),
                (None, down) => (down.unwrap_or_default(), false),
            };
            moved(all, &binding, up)
        }
    };
    match order {
        Some(order) => edited(&web, &visit, &id, &form, Edit::Order(order), "admin-order-saved").await,
        None => {
            Ok(visit.go_warned(&format!("/regions/{}/drafts/{}", visit.region_code()?, draft.id), "admin-order-wrong"))
        }
    }
}

async fn unbind(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let unknown = || AppError::Unknown { what: "binding", code: form.text("binding").chars().take(80).collect() };
    let binding = BindingId::new(&form.text("binding")).map_err(|_| unknown())?;
    edited(&web, &visit, &id, &form, Edit::Unbind(binding), "admin-unbound").await
}

async fn rename(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    edited(&web, &visit, &id, &form, Edit::Title(form.text("title")), "admin-renamed").await
}

async fn check(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let id = id_of(&id, "draft")?;
    let checked = drafts::validate(&web.app, visit.region_code()?, id, seen(&form)?, &visit.access()?.actor()).await;
    answer(&web, &visit, id, checked.map(|_| ()), "admin-checked").await
}

async fn delete(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let (region, id) = (visit.region_code()?, id_of(&id, "draft")?);
    match drafts::delete(&web.app, region, id, seen(&form)?, &visit.access()?.actor()).await {
        Ok(()) => Ok(visit.go(&format!("/regions/{region}/rules"), "admin-draft-deleted")),
        Err(error) => answer(&web, &visit, id, Err(error), "admin-draft-deleted").await,
    }
}

async fn consent(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let id = id_of(&id, "draft")?;
    let unknown = || AppError::Unknown { what: "block", code: form.text("block").chars().take(80).collect() };
    let block = BlockCode::new(&form.text("block")).map_err(|_| unknown())?;
    if !visit.access()?.scope().covers(Some(&block)) {
        return Err(Problem::forbidden(format!("block {block} has another lead: consent to your own blocks")));
    }
    let actor = visit.access()?.actor();
    let given = drafts::consent(&web.app, visit.region_code()?, id, seen(&form)?, &block, &actor).await;
    answer(&web, &visit, id, given.map(|_| ()), "admin-consented").await
}
