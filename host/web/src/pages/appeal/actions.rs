//! What people do with a question: each form goes to the app and back to the page of the appeal.

use axum::extract::{Path, State as FromState};
use axum::response::Response;
use axum::routing::post;
use chrono::NaiveDate;
use uuid::Uuid;
use veche_app::AppError;
use veche_app::corrections::{Correction, correct as apply};
use veche_app::followups::{self, FollowUp};
use veche_app::store::{NewAnswerDraft, StoreError};
use veche_domain::access::Action;
use veche_domain::appeal::AppealId;
use veche_domain::calendar::end_of_day;
use veche_domain::code::{BodyCode, CategoryCode};
use veche_domain::progress::Happened;

use crate::Web;
use crate::api::appeals::{appeal_id, visible};
use crate::pages::form::Form;
use crate::pages::visit::Visit;
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("POST", "/regions/{region}/appeals/{id}/correct", Action::Correct, post(correct)),
        guarded("POST", "/regions/{region}/appeals/{id}/draft", Action::DraftAnswers, post(draft)),
        guarded("POST", "/regions/{region}/appeals/{id}/answer", Action::ApproveAnswers, post(answer)),
        guarded("POST", "/regions/{region}/appeals/{id}/extend", Action::ApproveAnswers, post(extend)),
        guarded("POST", "/regions/{region}/appeals/{id}/follow-up", Action::FollowUp, post(follow_up)),
    ]
}

/// The appeal and the question of a form, within what the visitor may do.
async fn of_form(web: &Web, visit: &Visit, id: &str, form: &Form) -> Result<(AppealId, u32, i64), Problem> {
    let id = appeal_id(id)?;
    visible(web, visit.region_code()?, id, visit.access()?.scope()).await?;
    let number = |name: &str| form.text(name).parse::<i64>().ok();
    let question = number("question").and_then(|n| u32::try_from(n).ok());
    let lost = || Problem::invalid("the form does not say which question it is about: load the page again");
    Ok((id, question.ok_or_else(lost)?, number("version").ok_or_else(lost)?))
}

fn back(visit: &Visit, id: AppealId) -> Result<String, Problem> {
    Ok(format!("/regions/{}/appeals/{id}", visit.region_code()?))
}

async fn correct(
    FromState(web): FromState<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let (id, question, version) = of_form(&web, &visit, &id, &form).await?;
    let region = visit.region_code()?;
    let unknown = |what: &'static str, code: String| -> Problem { AppError::Unknown { what, code }.into() };
    let stored = web.app.store.appeal(region, id).await?;
    let row = stored.into_iter().flat_map(|s| s.questions).find(|row| row.verdict.question == question);
    let now = row.ok_or_else(|| unknown("question", question.to_string()))?;
    // A field that was left as it was is no change: only what differs is a correction.
    let category =
        form.given("category").filter(|code| now.verdict.category.as_ref().map(|c| c.as_str()) != Some(code));
    let body = form.given("body").filter(|code| now.verdict.body.as_ref().map(|b| b.as_str()) != Some(code));
    if category.is_none() && body.is_none() {
        // The same form, sent twice: the first one did it.
        let repeated = now.version > version;
        return Ok(match repeated {
            true => visit.go(&back(&visit, id)?, "appeal-corrected"),
            false => visit.go_warned(&back(&visit, id)?, "appeal-nothing-changed"),
        });
    }
    let correction = Correction {
        question,
        category: category.map(|c| CategoryCode::new(&c).map_err(|_| unknown("category", c.clone()))).transpose()?,
        body: body.map(|b| BodyCode::new(&b).map_err(|_| unknown("body", b.clone()))).transpose()?,
        reason: form.text("reason"),
        version: Some(version),
    };
    apply(&web.app.store, &web.app.rules, region, id, correction, &visit.access()?.actor()).await?;
    Ok(visit.go(&back(&visit, id)?, "appeal-corrected"))
}

fn substance(form: &Form) -> Option<bool> {
    match form.text("substance").as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

async fn draft(
    FromState(web): FromState<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let (id, question, _) = of_form(&web, &visit, &id, &form).await?;
    let text = form.text("text");
    let version = form.text("draft_version").parse().unwrap_or(0);
    let draft = NewAnswerDraft { appeal: id, question, text: &text, in_substance: substance(&form), version };
    let region = visit.region_code()?;
    match followups::draft_answer(&web.app, region, &draft, &visit.access()?.actor()).await {
        Ok(_) => Ok(visit.go(&back(&visit, id)?, "appeal-draft-kept")),
        // Sent twice, or written by two: the same text is no conflict.
        Err(AppError::Store(StoreError::Conflict { .. })) if same_draft(&web, &visit, &draft).await? => {
            Ok(visit.go(&back(&visit, id)?, "appeal-draft-kept"))
        }
        Err(error) => Err(error.into()),
    }
}

async fn same_draft(web: &Web, visit: &Visit, draft: &NewAnswerDraft<'_>) -> Result<bool, Problem> {
    let drafts = web.app.store.answer_drafts(visit.region_code()?, draft.appeal).await?;
    Ok(drafts.iter().any(|kept| kept.question == draft.question && kept.text == draft.text))
}

async fn tell(
    web: &Web,
    visit: &Visit,
    id: &str,
    form: &Form,
    happened: Happened,
    said: String,
    done: &str,
) -> Result<Response, Problem> {
    let (id, question, version) = of_form(web, visit, id, form).await?;
    let once = Uuid::parse_str(&form.text("once"));
    let once = once.map_err(|_| Problem::invalid("the form has no number: load the page again"))?;
    let what = FollowUp { once, question, happened, said, version };
    followups::follow_up(&web.app, visit.region_code()?, id, &what, &visit.access()?.actor()).await?;
    Ok(visit.go(&back(visit, id)?, done))
}

async fn answer(
    FromState(web): FromState<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let happened = Happened::Answered { in_substance: substance(&form) };
    tell(&web, &visit, &id, &form, happened, form.text("text"), "appeal-answered").await
}

async fn extend(
    FromState(web): FromState<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let day: NaiveDate =
        form.text("until").parse().map_err(|_| Problem::invalid("`until` is no day: write it as 2026-01-31"))?;
    let due = end_of_day(day, visit.region()?.region.time_zone);
    tell(&web, &visit, &id, &form, Happened::Extended { due }, form.text("reason"), "appeal-extended").await
}

async fn follow_up(
    FromState(web): FromState<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let (happened, done) = match form.text("kind").as_str() {
        "reacted" => (Happened::Reacted, "appeal-reacted"),
        "closed" => (Happened::Closed, "appeal-closed"),
        "reopened" => (Happened::Reopened, "appeal-reopened"),
        "repeated" => (Happened::Repeated, "appeal-repeated"),
        "marked" => {
            let mark = form.text("mark").parse().map_err(|_| Problem::invalid("`mark` is 1 to 5"))?;
            (Happened::Marked { mark }, "appeal-marked")
        }
        other => {
            return Err(Problem::invalid(format!(
                "`kind` {:?} is unknown",
                other.chars().take(40).collect::<String>()
            )));
        }
    };
    tell(&web, &visit, &id, &form, happened, form.text("reason"), done).await
}
