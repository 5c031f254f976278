//! Pages of the administrator: releases, rules, quarantine, data, accounts, the log.

mod access;
mod audit;
mod backtests;
mod bindings;
mod chains;
mod datasets;
mod dictionaries;
mod drafts;
mod order;
mod quarantine;
mod release;
mod releases;
mod rollout;
mod rulesets;
mod schema;
pub(super) mod texts;
mod tokens;
mod upload;
mod usage;

use veche_app::AppError;
use veche_domain::code::Digest;

use super::PageRoute;
use crate::problem::Problem;

pub(super) use release::{FaultLine, faults};
pub(super) use releases::{ReleaseLine, bound};
pub(super) use rulesets::{DraftLine, draft_lines};

pub(super) fn routes() -> Vec<PageRoute> {
    let mut routes = Vec::new();
    for part in [
        releases::routes(),
        release::routes(),
        rulesets::routes(),
        drafts::routes(),
        bindings::routes(),
        rollout::routes(),
        backtests::routes(),
        quarantine::routes(),
        datasets::routes(),
        dictionaries::routes(),
        access::routes(),
        tokens::routes(),
        audit::routes(),
    ] {
        routes.extend(part);
    }
    routes
}

/// A digest of an address; `what` is named where it is none.
fn digest_of(text: &str, what: &'static str) -> Result<Digest, Problem> {
    text.parse().map_err(|_| AppError::Unknown { what, code: text.chars().take(80).collect() }.into())
}

/// An id of an address; `what` is named where it is none.
fn id_of(text: &str, what: &'static str) -> Result<uuid::Uuid, Problem> {
    let unknown = || AppError::Unknown { what, code: text.chars().take(80).collect() };
    uuid::Uuid::parse_str(text).map_err(|_| unknown().into())
}
