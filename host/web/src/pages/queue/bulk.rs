//! One correction of many appeals: those that are marked in the list, each with its own event and entry of the log.

use axum::extract::State as FromState;
use axum::response::Response;
use veche_app::AppError;
use veche_app::corrections::{Correction, correct};
use veche_domain::code::{BodyCode, CategoryCode};
use veche_domain::decision::State;

use super::filter::Conditions;
use crate::Web;
use crate::api::appeals::{appeal_id, visible};
use crate::pages::form::Form;
use crate::pages::visit::{Visit, go_counted};
use crate::problem::Problem;

/// Most appeals at once.
const MOST: usize = 200;

/// Corrects what is marked. What cannot be corrected (answered, gone, changed by somebody else) is counted and left as it is.
pub(super) async fn apply(FromState(web): FromState<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let region = visit.region_code()?;
    let query = Conditions::of(form.exact("query")).query(&[]);
    let back = format!("/regions/{region}/queue?{query}");
    let unknown = |what: &'static str, code: &str| -> Problem {
        AppError::Unknown { what, code: code.chars().take(80).collect() }.into()
    };
    let category =
        form.given("category").map(|c| CategoryCode::new(&c).map_err(|_| unknown("category", &c))).transpose()?;
    let body = form.given("body").map(|b| BodyCode::new(&b).map_err(|_| unknown("body", &b))).transpose()?;
    let marked: Vec<&str> = form.all("id").collect();
    if marked.is_empty() {
        return Ok(visit.go_warned(&back, "queue-bulk-nothing"));
    }
    if marked.len() > MOST {
        return Err(Problem::invalid(format!(
            "at most {MOST} appeals are corrected at once, these are {}",
            marked.len()
        )));
    }
    if category.is_none() && body.is_none() {
        return Ok(visit.go_warned(&back, "queue-bulk-no-change"));
    }
    if form.text("reason").is_empty() {
        return Ok(visit.go_warned(&back, "queue-bulk-no-reason"));
    }
    let actor = visit.access()?.actor();
    let (mut done, mut left) = (0_i64, 0_i64);
    for id in marked {
        let id = appeal_id(id)?;
        let stored = visible(&web, region, id, visit.access()?.scope()).await?;
        // Only the first question: what several questions need is decided on the appeal's own page.
        let open =
            stored.questions.first().filter(|row| stored.questions.len() == 1 && row.verdict.state < State::Answered);
        let Some(row) = open else {
            left += 1;
            continue;
        };
        let correction = Correction {
            question: 0,
            category: category.clone(),
            body: body.clone(),
            reason: form.text("reason"),
            version: Some(row.version),
        };
        match correct(&web.app.store, &web.app.rules, region, id, correction, &actor).await {
            Ok(_) => done += 1,
            Err(AppError::Store(veche_app::store::StoreError::Conflict { .. })) => left += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(match left {
        0 => go_counted(&back, "done", "queue-bulk-done", done),
        _ => go_counted(&back, "warning", "queue-bulk-left", left),
    })
}
