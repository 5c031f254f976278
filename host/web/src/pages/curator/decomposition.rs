//! The decomposition of a block's «прочие»: terms, suggestions, examples; accepted or refused by people (clause 20).

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{Days, NaiveDate};
use veche_app::AppError;
use veche_app::indicators::decomposition::{self as app, NewCategory, Report};
use veche_app::store::{DecompositionRow, DecompositionState};
use veche_domain::access::Action;
use veche_domain::calendar::local_date;
use veche_domain::code::CategoryCode;

use super::categories::task_state;
use super::faults::said;
use super::passports::person;
use super::period::day;
use super::show::width;
use super::{Section, dictionaries, id_of, sections};
use crate::Web;
use crate::pages::form::{Form, Wrong};
use crate::pages::format;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::problem::Problem;

/// A term.
struct Term {
    word: String,
    appeals: usize,
    width: u32,
}

/// A category that could be split off, and what is typed for it.
struct Split {
    number: usize,
    words: String,
    appeals: usize,
    examples: Vec<(String, String)>,
    code: String,
    name: String,
    name_en: String,
}

#[derive(Template)]
#[template(path = "curator/decomposition.html")]
struct TaskPage {
    page: Page,
    sections: Vec<Section>,
    block: String,
    first: NaiveDate,
    last: NaiveDate,
    share: String,
    threshold: String,
    state: &'static str,
    class: &'static str,
    closed_by: String,
    reason: String,
    read: usize,
    terms: Vec<Term>,
    splits: Vec<Split>,
    path: String,
    prefix: String,
    valid_from: String,
    typed_reason: String,
    may: bool,
    wrong: Wrong,
    whole: String,
}

async fn find(web: &Web, visit: &Visit, id: &str) -> Result<DecompositionRow, Problem> {
    let id = id_of("decomposition", id)?;
    let all = web.app.store.decompositions(visit.region_code()?).await?;
    let unknown = || AppError::Unknown { what: "decomposition", code: id.to_string() };
    Ok(all.into_iter().find(|row| row.id == id).ok_or_else(unknown)?)
}

async fn page(
    web: &Web,
    visit: &Visit,
    row: DecompositionRow,
    form: &Form,
    wrong: Wrong,
    whole: String,
) -> Result<TaskPage, Problem> {
    let lang = visit.lang();
    let known = dictionaries(web, visit).await?;
    let names = Names { dictionaries: &known, lang };
    let page = visit.page("curator-decomposition-title");
    let report: Report = serde_json::from_value(row.report.clone()).unwrap_or_default();
    let most = report.terms.iter().map(|term| term.appeals).max().unwrap_or(0);
    #[allow(clippy::cast_precision_loss)] // Counts of appeals.
    let terms = report.terms.iter().map(|term| Term {
        word: term.word.clone(),
        appeals: term.appeals,
        width: width(Some(term.appeals as f64), most as f64),
    });
    let splits = report.splits.iter().enumerate().map(|(number, split)| Split {
        number,
        words: split.words.join(", "),
        appeals: split.appeals,
        examples: split
            .examples
            .iter()
            .zip(1_usize..)
            .map(|(id, n)| (page.at(&format!("appeals/{id}")), n.to_string()))
            .collect(),
        code: form.text(&format!("code-{number}")),
        name: form.text(&format!("name-{number}")),
        name_en: form.text(&format!("name-en-{number}")),
    });
    let (state, class) = task_state(row.state);
    let scope = visit.may(Action::DecomposeOther);
    let today = local_date(page.now, page.zone);
    let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
    Ok(TaskPage {
        sections: sections(&page, "indicators/categories"),
        block: names.block(&row.block),
        first: row.first,
        last: row.last,
        share: format::percent(row.share / 100.0, lang),
        threshold: format::percent(row.threshold / 100.0, lang),
        state,
        class,
        closed_by: row.closed_by.as_deref().map(person).unwrap_or_default(),
        reason: row.reason.clone().unwrap_or_default(),
        read: report.read,
        terms: terms.collect(),
        splits: splits.collect(),
        path: page.at(&format!("indicators/decompositions/{}", row.id)),
        prefix: format!("{}.", row.block),
        valid_from: form.given("valid_from").unwrap_or_else(|| tomorrow.to_string()),
        typed_reason: form.text("reason"),
        may: row.state == DecompositionState::Open && scope.is_some_and(|scope| scope.covers(Some(&row.block))),
        wrong,
        whole,
        page,
    })
}

pub(super) async fn show(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let row = find(&web, &visit, &id).await?;
    let template = page(&web, &visit, row, &Form::default(), Wrong::default(), String::new()).await?;
    visit.html(&template)
}

/// The task, if its block is within what the visitor may decompose.
async fn theirs(web: &Web, visit: &Visit, id: &str) -> Result<DecompositionRow, Problem> {
    let row = find(web, visit, id).await?;
    match visit.access()?.scope().covers(Some(&row.block)) {
        true => Ok(row),
        false => Err(Problem::forbidden(format!("block {} is not yours", row.block))),
    }
}

/// The categories that were filled in.
fn read(form: &Form, visit: &Visit, wrong: &mut Wrong) -> Vec<NewCategory> {
    let lang = visit.lang();
    let valid_from = day(&form.text("valid_from"));
    if valid_from.is_none() {
        wrong.note("valid_from", lang.t("curator-wrong-date"));
    }
    let mut new = Vec::new();
    for number in 0..50 {
        let (code, name) = (form.text(&format!("code-{number}")), form.text(&format!("name-{number}")));
        if code.is_empty() && name.is_empty() {
            continue;
        }
        match CategoryCode::new(&code) {
            Ok(code) if !name.is_empty() => new.push(NewCategory {
                code,
                name,
                name_en: form.given(&format!("name-en-{number}")),
                default_body: None,
                valid_from: valid_from.unwrap_or_default(),
            }),
            _ => wrong.note("categories", lang.with("curator-wrong-category", &[("code", code.as_str().into())])),
        }
    }
    if new.is_empty() && wrong.is_empty() {
        wrong.note("categories", lang.t("curator-wrong-categories"));
    }
    new
}

async fn ended(
    web: &Web,
    visit: &Visit,
    row: DecompositionRow,
    form: &Form,
    result: Result<(), AppError>,
    done: &'static str,
) -> Result<Response, Problem> {
    let path = format!("/regions/{}/indicators/decompositions/{}", visit.region_code()?, row.id);
    let (mut wrong, mut whole) = (Wrong::default(), String::new());
    match result {
        Ok(()) => return Ok(visit.go(&path, done)),
        Err(AppError::Invalid { field: "reason", .. }) => wrong.note("reason", visit.lang().t("curator-wrong-reason")),
        Err(AppError::Invalid { field: "valid_from", .. }) => {
            wrong.note("valid_from", visit.lang().t("curator-wrong-valid-from"));
        }
        Err(AppError::InUse { .. }) => return Ok(visit.go_warned(&path, "curator-task-over")),
        Err(error) => whole = said(error, visit.lang())?,
    }
    let template = page(web, visit, row, form, wrong, whole).await?;
    visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
}

/// Accepts new categories.
pub(super) async fn accept(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let row = theirs(&web, &visit, &id).await?;
    let mut wrong = Wrong::default();
    let new = read(&form, &visit, &mut wrong);
    if !wrong.is_empty() {
        let template = page(&web, &visit, row, &form, wrong, String::new()).await?;
        return visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &template);
    }
    let (region, actor) = (visit.region_code()?.clone(), visit.access()?.actor());
    let result = app::accept(&web.app, &region, row.id, new, &form.text("reason"), &actor).await;
    ended(&web, &visit, row, &form, result, "curator-task-was-accepted").await
}

/// Decides that nothing is split.
pub(super) async fn dismiss(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let row = theirs(&web, &visit, &id).await?;
    let (region, actor) = (visit.region_code()?.clone(), visit.access()?.actor());
    let result = app::dismiss(&web.app, &region, row.id, &form.text("reason"), &actor).await;
    ended(&web, &visit, row, &form, result, "curator-task-was-dismissed").await
}
