//! Filters that a person keeps for themselves.

use axum::extract::State as FromState;
use axum::response::Response;
use veche_app::store::QueueView;

use super::filter::Conditions;
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::{Visit, go};
use crate::problem::Problem;

/// Most views of one person in one region.
const MOST: usize = 20;
/// Longest name, characters.
const LONGEST_NAME: usize = 60;

fn account(visit: &Visit) -> Result<uuid::Uuid, Problem> {
    let session = visit.access()?.caller.session.as_ref();
    session.map(|(_, account)| account.id).ok_or_else(|| Problem::invalid("an API token keeps no views"))
}

fn back(visit: &Visit, query: &str) -> Result<String, Problem> {
    Ok(format!("/regions/{}/queue?{query}", visit.region_code()?))
}

/// Keeps the filter of the page under a name.
pub(super) async fn keep(FromState(web): FromState<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let (account, region) = (account(&visit)?, visit.region_code()?);
    let query = Conditions::of(form.exact("query")).query(&[]);
    let name = form.text("name");
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Ok(visit.go_warned(&back(&visit, &query)?, "queue-view-name"));
    }
    let views = web.app.store.queue_views(account, region).await?;
    if views.len() >= MOST && views.iter().all(|view| view.name != name) {
        return Ok(visit.go_warned(&back(&visit, &query)?, "queue-view-many"));
    }
    web.app.store.keep_queue_view(account, region, &QueueView { name, query: query.clone() }).await?;
    Ok(visit.go(&back(&visit, &query)?, "queue-view-kept"))
}

/// Forgets a kept filter.
pub(super) async fn forget(FromState(web): FromState<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let query = Conditions::of(form.exact("query")).query(&[]);
    web.app.store.forget_queue_view(account(&visit)?, visit.region_code()?, &form.text("name")).await?;
    Ok(go(&back(&visit, &query)?, Some(("done", "queue-view-forgotten"))))
}
