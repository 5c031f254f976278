//! Pages of the curator and of the head: indicators, passports, ratings, categories, municipalities, exports.

mod behind;
mod categories;
mod decomposition;
mod exports;
mod faults;
mod indicator;
mod indicators;
mod measuring;
mod municipalities;
mod passport;
mod passport_form;
mod passports;
mod period;
mod preview;
mod ratings;
mod show;
mod targets;
mod values;
mod workload;

use axum::routing::{get, post};
use uuid::Uuid;
use veche_app::AppError;
use veche_domain::access::Action;
use veche_domain::dictionary::Dictionaries;

use super::visit::{Page, Visit};
use super::{PageRoute, guarded};
use crate::Web;
use crate::problem::Problem;

pub(super) fn routes() -> Vec<PageRoute> {
    use Action::{
        AgreePassports, ApprovePassports, DecomposeOther, EnterIndicators, Export, MeasureIndicators, PublishRatings,
        RateBodies, ReadAppeals, ReadIndicators, RejectPassports, SetTargets, WritePassports,
    };
    vec![
        guarded("GET", "/regions/{region}/indicators", ReadIndicators, get(indicators::list)),
        guarded("GET", "/regions/{region}/indicators/codes/{name}", ReadIndicators, get(indicator::show)),
        guarded("GET", "/regions/{region}/indicators/codes/{name}/behind", ReadAppeals, get(behind::show)),
        guarded("POST", "/regions/{region}/indicators/codes/{name}/target", SetTargets, post(targets::set)),
        guarded("POST", "/regions/{region}/indicators/measure", MeasureIndicators, post(measuring::ask)),
        guarded("GET", "/regions/{region}/indicators/measure/{id}", ReadIndicators, get(measuring::progress)),
        guarded("POST", "/regions/{region}/indicators/measure/{id}/cancel", MeasureIndicators, post(measuring::cancel)),
        guarded(
            "GET POST",
            "/regions/{region}/indicators/values",
            EnterIndicators,
            get(values::form).post(values::enter),
        ),
        guarded("POST", "/regions/{region}/indicators/values/file", EnterIndicators, post(values::import)),
        guarded("GET", "/regions/{region}/indicators/passports", ReadIndicators, get(passports::list)),
        guarded(
            "GET POST",
            "/regions/{region}/indicators/passports/new",
            WritePassports,
            get(passport_form::empty).post(passport_form::create),
        ),
        guarded("GET", "/regions/{region}/indicators/passports/{id}", ReadIndicators, get(passport::show)),
        guarded(
            "GET POST",
            "/regions/{region}/indicators/passports/{id}/edit",
            WritePassports,
            get(passport_form::edit).post(passport_form::rewrite),
        ),
        guarded("POST", "/regions/{region}/indicators/passports/{id}/submit", WritePassports, post(passport::submit)),
        guarded("POST", "/regions/{region}/indicators/passports/{id}/agree", AgreePassports, post(passport::agree)),
        guarded(
            "POST",
            "/regions/{region}/indicators/passports/{id}/approve",
            ApprovePassports,
            post(passport::approve),
        ),
        guarded(
            "POST",
            "/regions/{region}/indicators/passports/{id}/activate",
            ApprovePassports,
            post(passport::activate),
        ),
        guarded("POST", "/regions/{region}/indicators/passports/{id}/reject", RejectPassports, post(passport::reject)),
        guarded(
            "POST",
            "/regions/{region}/indicators/passports/{id}/archive",
            ApprovePassports,
            post(passport::archive),
        ),
        guarded("GET", "/regions/{region}/indicators/ratings", ReadIndicators, get(ratings::list)),
        guarded("POST", "/regions/{region}/indicators/ratings", RateBodies, post(ratings::calculate)),
        guarded("GET", "/regions/{region}/indicators/ratings/{id}", ReadIndicators, get(ratings::show)),
        guarded("POST", "/regions/{region}/indicators/ratings/{id}/publish", PublishRatings, post(ratings::publish)),
        guarded("POST", "/regions/{region}/indicators/ratings/{id}/withdraw", PublishRatings, post(ratings::withdraw)),
        guarded("GET", "/regions/{region}/indicators/workload", ReadIndicators, get(workload::show)),
        guarded("GET", "/regions/{region}/indicators/categories", ReadIndicators, get(categories::show)),
        guarded("POST", "/regions/{region}/indicators/categories/targets", SetTargets, post(categories::set_targets)),
        guarded("GET", "/regions/{region}/indicators/decompositions/{id}", ReadIndicators, get(decomposition::show)),
        guarded(
            "POST",
            "/regions/{region}/indicators/decompositions/{id}/accept",
            DecomposeOther,
            post(decomposition::accept),
        ),
        guarded(
            "POST",
            "/regions/{region}/indicators/decompositions/{id}/dismiss",
            DecomposeOther,
            post(decomposition::dismiss),
        ),
        guarded("GET", "/regions/{region}/indicators/municipalities", ReadIndicators, get(municipalities::show)),
        guarded("GET POST", "/regions/{region}/exports", Export, get(exports::list).post(exports::ask)),
        guarded("GET", "/regions/{region}/exports/{id}", Export, get(exports::show)),
        guarded("GET", "/regions/{region}/exports/{id}/progress", Export, get(exports::progress)),
        guarded("GET", "/regions/{region}/exports/{id}/preview", Export, get(preview::show)),
        guarded("POST", "/regions/{region}/exports/{id}/cancel", Export, post(exports::cancel)),
    ]
}

/// A page beside the one that is shown.
pub(crate) struct Section {
    href: String,
    label: String,
    current: bool,
}

/// Pages of the indicators, beside each other.
fn sections(page: &Page, current: &str) -> Vec<Section> {
    const ALL: [(&str, &str); 6] = [
        ("indicators", "curator-section-indicators"),
        ("indicators/passports", "curator-section-passports"),
        ("indicators/ratings", "curator-section-ratings"),
        ("indicators/workload", "curator-section-workload"),
        ("indicators/categories", "curator-section-categories"),
        ("indicators/municipalities", "curator-section-municipalities"),
    ];
    ALL.iter()
        .map(|(path, label)| Section { href: page.at(path), label: page.t(label), current: *path == current })
        .collect()
}

async fn dictionaries(web: &Web, visit: &Visit) -> Result<Dictionaries, Problem> {
    Ok(web.app.rules.dictionaries(&visit.region()?.dictionaries).await?)
}

/// An id of an address.
fn id_of(what: &'static str, text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| AppError::Unknown { what, code: text.chars().take(80).collect() }.into())
}
