//! Where a visit begins: the first page that one may see, or the regions to choose from.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use veche_domain::access::Action;

use super::nav::nav;
use super::visit::{Page, Visit, go};
use super::{PageRoute, guarded};
use crate::Web;
use crate::problem::Problem;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![guarded("GET", "/", Action::UseOwnAccount, get(home))]
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    /// First page of each region, and its name.
    regions: Vec<(String, String)>,
}

async fn home(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    let access = visit.access()?;
    let mut regions = Vec::new();
    for row in web.app.store.regions().await? {
        if access.may(Action::ReadDictionaries, &row.region.code).is_none() {
            continue;
        }
        let name = row.region.name.clone();
        let there = Visit { region: Some(row), ..visit.clone() };
        regions.extend(nav(&there).into_iter().next().map(|first| (first.href, name)));
    }
    match regions.as_slice() {
        [(only, _)] => Ok(go(only, visit.look.flash.as_ref().map(|flash| ("done", flash.key.as_str())))),
        _ => visit.html(&HomePage { page: visit.page("home-title"), regions }),
    }
}
