//! Controllers by resource, and the list of all routes, each with the action that it needs.

mod accounts;
pub(crate) mod appeals;
mod audit;
mod backtests;
mod datasets;
mod drafts;
mod exports;
mod followups;
mod indicators;
mod oidc;
mod owners;
mod passports;
mod people;
mod quarantine;
mod ratings;
mod regions;
mod releases;
mod rulesets;
mod session;
mod tokens;

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::middleware::from_fn_with_state;
use serde::de::DeserializeOwned;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;
use veche_domain::access::Action;
use veche_domain::code::RegionCode;

use crate::Web;
use crate::guard::{guard, slow};
use crate::problem::Problem;

/// Names the action of a route in the OpenAPI description; `public` where none is needed.
pub(crate) const ACTION: &str = "x-veche-action";

/// A route and what it needs. There is no way to serve one without saying so.
struct Route {
    action: Option<Action>,
    methods: UtoipaMethodRouter<Web>,
}

fn guarded(action: Action, methods: UtoipaMethodRouter<Web>) -> Route {
    Route { action: Some(action), methods }
}

fn public(methods: UtoipaMethodRouter<Web>) -> Route {
    Route { action: None, methods }
}

/// Every route.
fn routes() -> Vec<Route> {
    vec![
        public(routes!(session::sign_in)),
        public(routes!(oidc::begin)),
        public(routes!(oidc::callback)),
        guarded(Action::UseOwnAccount, routes!(session::sign_out)),
        guarded(Action::UseOwnAccount, routes!(session::sign_out_everywhere)),
        guarded(Action::UseOwnAccount, routes!(session::me)),
        guarded(Action::UseOwnAccount, routes!(session::change_password)),
        guarded(Action::ManageAccounts, routes!(accounts::list)),
        guarded(Action::ManageAccounts, routes!(accounts::create)),
        guarded(Action::ManageAccounts, routes!(accounts::change)),
        guarded(Action::ManageAccounts, routes!(tokens::list)),
        guarded(Action::ManageAccounts, routes!(tokens::create)),
        guarded(Action::ManageAccounts, routes!(tokens::revoke)),
        guarded(Action::ReadDictionaries, routes!(regions::list)),
        guarded(Action::ReadDictionaries, routes!(regions::dictionaries)),
        guarded(Action::TakeIn, routes!(appeals::create)),
        guarded(Action::ReadAppeals, routes!(appeals::list)),
        guarded(Action::ReadAppeals, routes!(appeals::one)),
        guarded(Action::ReadPersonalData, routes!(appeals::original)),
        guarded(Action::ReadAppeals, routes!(appeals::decisions)),
        guarded(Action::Correct, routes!(appeals::correct)),
        guarded(Action::ReadAppeals, routes!(followups::drafts)),
        guarded(Action::DraftAnswers, routes!(followups::draft)),
        guarded(Action::ApproveAnswers, routes!(followups::answer)),
        guarded(Action::ApproveAnswers, routes!(followups::extend)),
        guarded(Action::FollowUp, routes!(followups::follow_up)),
        guarded(Action::Replay, routes!(appeals::replay)),
        guarded(Action::UploadRelease, routes!(releases::upload)),
        guarded(Action::ReadRules, routes!(releases::list)),
        guarded(Action::ReadRules, routes!(releases::one)),
        guarded(Action::RemoveRelease, routes!(releases::delete)),
        guarded(Action::UploadRelease, routes!(releases::sign)),
        guarded(Action::RemoveRelease, routes!(releases::yank)),
        guarded(Action::ReadRules, routes!(owners::owners)),
        guarded(Action::GivePluginName, routes!(owners::give)),
        guarded(Action::UploadDataset, routes!(datasets::upload)),
        guarded(Action::ReadRules, routes!(datasets::list)),
        guarded(Action::ReadRules, routes!(rulesets::active)),
        guarded(Action::ReadRules, routes!(rulesets::limits)),
        guarded(Action::ReadRules, routes!(quarantine::list)),
        guarded(Action::ReleaseQuarantined, routes!(quarantine::release)),
        guarded(Action::ReadFaults, routes!(quarantine::faults)),
        guarded(Action::ActivateRules, routes!(rulesets::replace)),
        guarded(Action::ReadRules, routes!(rulesets::history)),
        guarded(Action::ReadRules, routes!(rulesets::one)),
        guarded(Action::ReadRules, routes!(rulesets::difference)),
        guarded(Action::RollBackRules, routes!(rulesets::rollback)),
        guarded(Action::ReadRules, routes!(rulesets::comparison)),
        guarded(Action::ReadRules, routes!(rulesets::differences)),
        guarded(Action::ReadRules, routes!(rulesets::policy)),
        guarded(Action::SetRulesPolicy, routes!(rulesets::set_policy)),
        guarded(Action::DraftRules, routes!(drafts::create)),
        guarded(Action::ReadRules, routes!(drafts::list)),
        guarded(Action::ReadRules, routes!(drafts::one)),
        guarded(Action::DraftRules, routes!(drafts::replace)),
        guarded(Action::DraftRules, routes!(drafts::delete)),
        guarded(Action::DraftRules, routes!(drafts::bind)),
        guarded(Action::DraftRules, routes!(drafts::unbind)),
        guarded(Action::DraftRules, routes!(drafts::order)),
        guarded(Action::DraftRules, routes!(drafts::validate)),
        guarded(Action::ConsentToRules, routes!(drafts::consent)),
        guarded(Action::ActivateRules, routes!(drafts::shadow)),
        guarded(Action::ActivateRules, routes!(drafts::canary)),
        guarded(Action::RollBackRules, routes!(drafts::withdraw)),
        guarded(Action::ActivateRules, routes!(drafts::activate)),
        guarded(Action::BacktestRules, routes!(backtests::create)),
        guarded(Action::ReadRules, routes!(backtests::list)),
        guarded(Action::ReadRules, routes!(backtests::one)),
        guarded(Action::BacktestRules, routes!(backtests::cancel)),
        guarded(Action::ReportProgress, routes!(indicators::progress)),
        guarded(Action::ReadIndicators, routes!(indicators::catalogue)),
        guarded(Action::PreviewIndicators, routes!(indicators::preview)),
        guarded(Action::ReadIndicators, routes!(indicators::measurements)),
        guarded(Action::MeasureIndicators, routes!(indicators::measure)),
        guarded(Action::ReadIndicators, routes!(indicators::jobs)),
        guarded(Action::ReadIndicators, routes!(indicators::job)),
        guarded(Action::MeasureIndicators, routes!(indicators::cancel)),
        guarded(Action::ReadIndicators, routes!(indicators::sets)),
        guarded(Action::EnterIndicators, routes!(indicators::load_set)),
        guarded(Action::EnterIndicators, routes!(indicators::enter)),
        guarded(Action::ReadIndicators, routes!(indicators::targets)),
        guarded(Action::SetTargets, routes!(indicators::set_target)),
        guarded(Action::ReadIndicators, routes!(indicators::decompositions)),
        guarded(Action::DecomposeOther, routes!(indicators::accept)),
        guarded(Action::DecomposeOther, routes!(indicators::dismiss)),
        guarded(Action::ReadIndicators, routes!(passports::list)),
        guarded(Action::WritePassports, routes!(passports::create)),
        guarded(Action::ReadIndicators, routes!(passports::one)),
        guarded(Action::WritePassports, routes!(passports::rewrite)),
        guarded(Action::WritePassports, routes!(passports::submit)),
        guarded(Action::AgreePassports, routes!(passports::agree)),
        guarded(Action::ApprovePassports, routes!(passports::approve)),
        guarded(Action::ApprovePassports, routes!(passports::activate)),
        guarded(Action::ApprovePassports, routes!(passports::archive)),
        guarded(Action::RejectPassports, routes!(passports::reject)),
        guarded(Action::ReadIndicators, routes!(passports::document)),
        guarded(Action::ReadIndicators, routes!(ratings::rules)),
        guarded(Action::RateBodies, routes!(ratings::set_rules)),
        guarded(Action::RateBodies, routes!(ratings::calculate)),
        guarded(Action::ReadIndicators, routes!(ratings::list)),
        guarded(Action::ReadIndicators, routes!(ratings::one)),
        guarded(Action::PublishRatings, routes!(ratings::publish)),
        guarded(Action::PublishRatings, routes!(ratings::withdraw)),
        guarded(Action::ReadIndicators, routes!(ratings::workload)),
        guarded(Action::Export, routes!(exports::exporters)),
        guarded(Action::Export, routes!(exports::create)),
        guarded(Action::Export, routes!(exports::list)),
        guarded(Action::Export, routes!(exports::one)),
        guarded(Action::Export, routes!(exports::cancel)),
        guarded(Action::Export, routes!(exports::file)),
        guarded(Action::ReadAudit, routes!(audit::list)),
        guarded(Action::ReadHostAudit, routes!(audit::host)),
        guarded(Action::ExportPerson, routes!(people::export)),
        guarded(Action::ErasePerson, routes!(people::erase)),
    ]
}

/// The routes behind their guards; without a host, for the description alone, there is nothing to guard.
pub(crate) fn router(web: Option<&Web>) -> OpenApiRouter<Web> {
    routes().into_iter().fold(OpenApiRouter::new(), |router, route| {
        let (schemas, mut paths, mut methods) = route.methods;
        let code = route.action.map_or("public", Action::code);
        for (path, item) in &mut paths.paths {
            let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
            for operation in operations.into_iter().flatten() {
                operation.operation_id = operation.operation_id.take().map(|handler| operation_id(path, &handler));
                operation.extensions.get_or_insert_default().merge(ExtensionsBuilder::new().add(ACTION, code).build());
            }
        }
        if let Some(web) = web {
            methods = match route.action {
                Some(action) => methods.route_layer(from_fn_with_state((web.clone(), action), guard)),
                None => methods.route_layer(from_fn_with_state(web.clone(), slow)),
            };
        }
        router.routes((schemas, paths, methods))
    })
}

/// An id for generated clients: the resource of the path, and the handler's name, which alone is that of many (`list`).
fn operation_id(path: &str, handler: &str) -> String {
    let mut parts = path.split('/').filter(|part| !part.is_empty() && !part.starts_with('{'));
    let first = parts.next().unwrap_or_default();
    let resource = if first == "regions" { parts.next().unwrap_or(first) } else { first };
    format!("{}_{handler}", resource.replace('-', "_"))
}

/// A region in the path. An unfit code is simply unknown.
fn region(code: &str) -> Result<RegionCode, Problem> {
    RegionCode::new(code).map_err(|_| veche_app::AppError::UnknownRegion { region: code.to_owned() }.into())
}

/// A value as JSON.
fn json<T: serde::Serialize>(value: &T) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// A JSON body whose faults are problems that name the place.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => {
                let status = rejection.status();
                let detail = match &rejection {
                    JsonRejection::MissingJsonContentType(_) => "send `Content-Type: application/json`".to_owned(),
                    other => other.body_text(),
                };
                Err(Problem::new(status, "invalid", "The request cannot be taken as it is", detail))
            }
        }
    }
}
