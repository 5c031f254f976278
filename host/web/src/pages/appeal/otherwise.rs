//! What a decision would be again, and what would have come without it.

use askama::Template;
use axum::extract::{Path, State as FromState};
use axum::response::Response;
use uuid::Uuid;
use veche_app::AppError;
use veche_app::pipeline::Replay;
use veche_domain::decision::Decision;

use crate::Web;
use crate::api::appeals::visible;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::{self, Names};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "otherwise.html")]
struct Otherwise {
    page: Page,
    back: String,
    binding: String,
    /// Category, body, state now and without the binding.
    rows: Vec<(String, String, String, bool)>,
    same: bool,
}

#[derive(Template)]
#[template(path = "replay.html")]
struct Replayed {
    page: Page,
    back: String,
    binding: String,
    replay: Replay,
}

async fn decision(web: &Web, visit: &Visit, id: &str) -> Result<Decision, Problem> {
    let unknown = || -> Problem { AppError::Unknown { what: "decision", code: id.chars().take(80).collect() }.into() };
    let (found, decision) =
        web.app.store.decision(Uuid::parse_str(id).map_err(|_| unknown())?).await?.ok_or_else(unknown)?;
    let region = visit.region_code()?;
    if found != *region || visible(web, region, decision.appeal, visit.access()?.scope()).await.is_err() {
        return Err(unknown());
    }
    Ok(decision)
}

/// The pipeline once more without the binding of a decision: what the rules would have said.
pub(super) async fn show(
    FromState(web): FromState<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let decision = decision(&web, &visit, &id).await?;
    let (with, without) = web.app.otherwise(&decision).await?;
    let known = web.app.rules.dictionaries(&visit.region()?.dictionaries).await?;
    let names = Names { dictionaries: &known, lang: visit.lang() };
    let page = visit.page("why-otherwise-title");
    let none = || page.t("why-nothing");
    let category =
        |v: &veche_domain::decision::Verdict| v.category.as_ref().map_or_else(none, |c| names.category(c.as_str()));
    let body = |v: &veche_domain::decision::Verdict| v.body.as_ref().map_or_else(none, |b| names.body(b.as_str()));
    let state = |v: &veche_domain::decision::Verdict| words::state(page.lang, v.state);
    let answer = |v: &veche_domain::decision::Verdict| v.clocks.iter().map(|clock| clock.due).max();
    let moment = |v| answer(v).map_or_else(none, |due| page.moment(&due));
    let rows: Vec<(String, String, String, bool)> = [
        ("queue-category", category(&with), category(&without)),
        ("queue-body", body(&with), body(&without)),
        ("queue-state", state(&with), state(&without)),
        ("queue-due", moment(&with), moment(&without)),
    ]
    .into_iter()
    .map(|(key, with, without)| (page.t(key), with.clone(), without.clone(), with != without))
    .collect();
    let template = Otherwise {
        back: page.at(&format!("appeals/{}", decision.appeal)),
        binding: decision.binding.to_string(),
        same: rows.iter().all(|row| !row.3),
        rows,
        page,
    };
    visit.html(&template)
}

/// The stored decision once more, bit for bit.
pub(super) async fn replay(
    FromState(web): FromState<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let decision = decision(&web, &visit, &id).await?;
    let replay = web.app.replay(decision.id).await?;
    let page = visit.page("why-replay-title");
    let back = page.at(&format!("appeals/{}", decision.appeal));
    visit.html(&Replayed { back, binding: decision.binding.to_string(), replay, page })
}
