//! The pages that people work with: rendered here, readable without scripts, in Russian and English.
//!
//! A page is registered with its action, like a route of the API. A handler takes a [`Visit`], returns
//! `Result<Response, Problem>`, and answers with [`Visit::html`] or, after a write, with [`Visit::go`].
//! A [`Problem`](crate::Problem) becomes a page that says what happened and what to do.

mod admin;
mod appeal;
mod assets;
mod curator;
mod developer;
mod form;
#[allow(dead_code)] // Pages of indicators use the rest.
pub(crate) mod format;
mod guard;
mod help;
mod home;
mod keep;
pub(crate) mod messages;
mod nav;
pub(crate) mod open;
mod problems;
mod profile;
mod queue;
mod sign_in;
mod visit;
mod words;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get};
use veche_domain::access::Action;

use crate::Web;

pub(crate) use problems::{for_browser, not_found};

/// A page or a form, and what it needs. There is no way to serve one without saying so.
pub(crate) struct PageRoute {
    path: &'static str,
    methods: &'static str,
    action: Option<Action>,
    router: MethodRouter<Web>,
}

/// A page that needs an action. `methods` names what `router` serves: `GET`, `POST`, `GET POST`.
pub(crate) fn guarded(
    methods: &'static str,
    path: &'static str,
    action: Action,
    router: MethodRouter<Web>,
) -> PageRoute {
    PageRoute { path, methods, action: Some(action), router }
}

/// A page that anybody may see.
pub(crate) fn public(methods: &'static str, path: &'static str, router: MethodRouter<Web>) -> PageRoute {
    PageRoute { path, methods, action: None, router }
}

fn routes() -> Vec<PageRoute> {
    let mut routes = Vec::new();
    for part in [
        home::routes(),
        sign_in::routes(),
        profile::routes(),
        help::routes(),
        queue::routes(),
        appeal::routes(),
        open::routes(),
        admin::routes(),
        developer::routes(),
        curator::routes(),
    ] {
        routes.extend(part);
    }
    routes
}

/// The pages behind their guards, and what they bring to the browser.
pub(crate) fn router(web: &Web) -> Router<Web> {
    if !assets::are_built() {
        tracing::warn!("the pages have no styles and no scripts: run `cargo xtask assets` and build the host again");
    }
    routes()
        .into_iter()
        .fold(Router::new(), |router, route| {
            let guard = from_fn_with_state((web.clone(), route.action), guard::guard);
            router.route(route.path, route.router.route_layer(guard))
        })
        .route("/assets/{file}", get(assets::serve))
}

/// Path, method and code of the action of every page; none for a public one.
#[must_use]
pub fn page_routes() -> Vec<(&'static str, &'static str, Option<Action>)> {
    let each = |route: PageRoute| route.methods.split(' ').map(move |method| (route.path, method, route.action));
    routes().into_iter().flat_map(each).collect()
}
