//! What rules are active, what is prepared, what was active before; back with one command.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use uuid::Uuid;
use veche_app::drafts::{self, NewDraft};
use veche_app::{AppError, rollout};
use veche_domain::access::Action;
use veche_domain::code::Digest;

use super::chains::{BlockView, blocks};
use super::rollout::{ComparisonView, comparison};
use super::{digest_of, texts};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::{Page, Visit};
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

/// Activations and events that are shown.
const HISTORY: i64 = 100;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET", "/regions/{region}/rules", Action::ReadRules, get(show)),
        guarded("GET", "/regions/{region}/rules/history", Action::ReadRules, get(history)),
        guarded("GET", "/regions/{region}/rulesets/{digest}", Action::ReadRules, get(one)),
        guarded("POST", "/regions/{region}/drafts", Action::DraftRules, post(create)),
        guarded("POST", "/regions/{region}/rules/rollback", Action::RollBackRules, post(roll_back)),
    ]
}

/// A draft in a list.
pub(in crate::pages) struct DraftLine {
    pub(in crate::pages) id: Uuid,
    pub(in crate::pages) title: String,
    pub(in crate::pages) stage: String,
    pub(in crate::pages) stage_class: &'static str,
    pub(in crate::pages) at: DateTime<Utc>,
    pub(in crate::pages) by: String,
}

#[derive(Template)]
#[template(path = "admin/rules.html")]
struct RulesPage {
    page: Page,
    active: Option<Digest>,
    since: Option<DateTime<Utc>>,
    blocks: Vec<BlockView>,
    drafts: Vec<DraftLine>,
    out: Option<ComparisonView>,
    may_draft: bool,
    title: String,
    wrong: String,
}

/// Drafts that are still going somewhere, last changed first.
pub(in crate::pages) async fn draft_lines(web: &Web, visit: &Visit) -> Result<Vec<DraftLine>, Problem> {
    use veche_domain::lifecycle::Stage;
    let lang = visit.lang();
    let rows = web.app.store.drafts(visit.region_code()?).await?;
    let open = rows.into_iter().filter(|row| !matches!(row.stage, Stage::Active | Stage::Archived));
    Ok(open
        .map(|row| DraftLine {
            id: row.id,
            title: row.title,
            stage: texts::stage(lang, row.stage),
            stage_class: texts::stage_class(row.stage),
            at: row.updated_at,
            by: texts::actor(lang, row.updated_by.as_deref()),
        })
        .collect())
}

async fn page(web: &Web, visit: &Visit, title: String, wrong: String) -> Result<RulesPage, Problem> {
    let region = visit.region()?;
    let blocks = match region.ruleset {
        Some(active) => blocks(web, visit, &web.app.rules.ruleset(&active).await?, false).await?,
        None => Vec::new(),
    };
    let since = web.app.store.activations(&region.region.code, 1).await?.first().map(|activation| activation.at);
    Ok(RulesPage {
        page: visit.page("admin-rules-title"),
        active: region.ruleset,
        since,
        blocks,
        drafts: draft_lines(web, visit).await?,
        out: comparison(web, visit).await?,
        may_draft: visit.may(Action::DraftRules).is_some(),
        title,
        wrong,
    })
}

async fn show(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    visit.html(&page(&web, &visit, String::new(), String::new()).await?)
}

async fn create(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let region = visit.region_code()?;
    // A copy of the active ruleset, or of another that was stored: that is how one goes on from an earlier one.
    let ruleset = match form.given("from") {
        Some(from) => Some(stored(&web, &visit, &from).await?.1),
        None => None,
    };
    let new = NewDraft { title: form.text("title"), ruleset };
    match drafts::create(&web.app, region, new, &visit.access()?.actor()).await {
        Ok(draft) => Ok(visit.go(&format!("/regions/{region}/drafts/{}", draft.id), "admin-draft-made")),
        Err(AppError::Invalid { field: "title", .. }) => {
            let wrong = visit.lang().t("admin-draft-title-wrong");
            visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page(&web, &visit, form.text("title"), wrong).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// A stored ruleset of this region.
async fn stored(web: &Web, visit: &Visit, text: &str) -> Result<(Digest, veche_domain::ruleset::Ruleset), Problem> {
    let digest = digest_of(text, "ruleset")?;
    let unknown = || Problem::from(AppError::Unknown { what: "ruleset", code: digest.to_string() });
    let ruleset = match web.app.rules.ruleset(&digest).await {
        Ok(ruleset) => ruleset,
        Err(AppError::Missing { .. } | AppError::Stored { .. }) => return Err(unknown()),
        Err(error) => return Err(error.into()),
    };
    if ruleset.region == *visit.region_code()? { Ok((digest, ruleset)) } else { Err(unknown()) }
}

#[derive(Template)]
#[template(path = "admin/ruleset.html")]
struct RulesetPage {
    page: Page,
    digest: Digest,
    is_active: bool,
    difference: Vec<String>,
    blocks: Vec<BlockView>,
    category_map: Vec<(String, String)>,
    json: String,
}

async fn one(
    State(web): State<Web>,
    visit: Visit,
    Path((_, text)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (digest, ruleset) = stored(&web, &visit, &text).await?;
    let region = visit.region()?;
    let difference = match region.ruleset.filter(|active| *active != digest) {
        Some(active) => {
            let active = web.app.rules.ruleset(&active).await?;
            let language = texts::language(visit.lang());
            drafts::difference(&web.app, &region.region.code, &active, &ruleset, language).await?
        }
        None => Vec::new(),
    };
    let title = visit.lang().with("admin-ruleset-title", &[("digest", digest.short().into())]);
    visit.html(&RulesetPage {
        page: visit.page_titled(title),
        digest,
        is_active: region.ruleset == Some(digest),
        difference,
        blocks: blocks(&web, &visit, &ruleset, false).await?,
        category_map: ruleset.category_map.iter().map(|(from, to)| (from.clone(), to.to_string())).collect(),
        json: serde_json::to_string_pretty(&ruleset).unwrap_or_default(),
    })
}

/// A past activation.
struct Past {
    ruleset: Digest,
    at: DateTime<Utc>,
    by: String,
    rollback: bool,
    reason: String,
    is_active: bool,
    /// Whether one may go back to it: the newest activation of each ruleset offers it.
    offers: bool,
}

/// Something that happened.
struct Happening {
    what: String,
    at: DateTime<Utc>,
    by: String,
    draft: Option<Uuid>,
    title: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "admin/history.html")]
struct HistoryPage {
    page: Page,
    activations: Vec<Past>,
    happenings: Vec<Happening>,
    may_roll_back: bool,
    wrong: String,
    reason: String,
}

async fn history_page(web: &Web, visit: &Visit, reason: String, wrong: String) -> Result<HistoryPage, Problem> {
    let (lang, region) = (visit.lang(), visit.region()?);
    let code = &region.region.code;
    let titles: HashMap<Uuid, String> =
        web.app.store.drafts(code).await?.into_iter().map(|draft| (draft.id, draft.title)).collect();
    let mut seen = std::collections::HashSet::new();
    let activations = web.app.store.activations(code, HISTORY).await?.into_iter().map(|a| Past {
        is_active: region.ruleset == Some(a.ruleset),
        offers: region.ruleset != Some(a.ruleset) && seen.insert(a.ruleset),
        ruleset: a.ruleset,
        at: a.at,
        by: texts::actor(lang, a.actor.as_deref()),
        rollback: a.rollback,
        reason: a.reason.unwrap_or_default(),
    });
    let activations: Vec<Past> = activations.collect();
    let happenings = web.app.store.rules_events(code, HISTORY).await?.into_iter().map(|event| {
        let said: Vec<String> = event
            .data
            .iter()
            .map(|(name, value)| {
                let key = format!("admin-event-data-{}", name.replace('_', "-"));
                let name = if lang.knows(&key) { lang.t(&key) } else { name.clone() };
                format!("{name}: {value}")
            })
            .collect();
        Happening {
            what: texts::event(lang, event.kind),
            at: event.at,
            by: texts::actor(lang, event.actor.as_deref()),
            title: event.draft.and_then(|id| titles.get(&id).cloned()).unwrap_or_default(),
            draft: event.draft.filter(|id| titles.contains_key(id)),
            detail: event.reason.into_iter().chain(said).collect::<Vec<_>>().join("; "),
        }
    });
    Ok(HistoryPage {
        page: visit.page("admin-history-title"),
        happenings: happenings.collect(),
        activations,
        may_roll_back: visit.may(Action::RollBackRules).is_some(),
        wrong,
        reason,
    })
}

async fn history(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    visit.html(&history_page(&web, &visit, String::new(), String::new()).await?)
}

async fn roll_back(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let region = visit.region_code()?;
    let to = form.given("ruleset").map(|text| digest_of(&text, "earlier ruleset")).transpose()?;
    let reason = form.text("reason");
    match rollout::rollback(&web.app, region, to, &reason, &visit.access()?.actor()).await {
        Ok(_) => Ok(visit.go(&format!("/regions/{region}/rules"), "admin-rolled-back")),
        Err(AppError::Invalid { field: "reason", .. }) => {
            let page = history_page(&web, &visit, reason, visit.lang().t("admin-reason-needed")).await?;
            visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(AppError::Invalid { field: "ruleset", .. }) => {
            let page = history_page(&web, &visit, reason, visit.lang().t("admin-nothing-before")).await?;
            visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}
