//! Controllers by resource.

mod appeals;
mod backtests;
mod datasets;
mod drafts;
mod regions;
mod releases;
mod rulesets;

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use veche_domain::code::RegionCode;

use crate::Web;
use crate::problem::Problem;

pub(crate) fn router() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(regions::list))
        .routes(routes!(regions::dictionaries))
        .routes(routes!(appeals::create, appeals::list))
        .routes(routes!(appeals::one))
        .routes(routes!(appeals::decisions))
        .routes(routes!(appeals::correct))
        .routes(routes!(appeals::replay))
        .routes(routes!(releases::upload, releases::list))
        .routes(routes!(releases::one, releases::delete))
        .routes(routes!(releases::sign))
        .routes(routes!(releases::yank))
        .routes(routes!(datasets::upload))
        .routes(routes!(datasets::list))
        .routes(routes!(rulesets::active, rulesets::replace))
        .routes(routes!(rulesets::history))
        .routes(routes!(rulesets::one))
        .routes(routes!(rulesets::difference))
        .routes(routes!(rulesets::rollback))
        .routes(routes!(rulesets::comparison))
        .routes(routes!(rulesets::differences))
        .routes(routes!(rulesets::policy, rulesets::set_policy))
        .routes(routes!(drafts::create, drafts::list))
        .routes(routes!(drafts::one, drafts::replace, drafts::delete))
        .routes(routes!(drafts::bind, drafts::unbind))
        .routes(routes!(drafts::order))
        .routes(routes!(drafts::validate))
        .routes(routes!(drafts::consent))
        .routes(routes!(drafts::shadow))
        .routes(routes!(drafts::canary))
        .routes(routes!(drafts::withdraw))
        .routes(routes!(drafts::activate))
        .routes(routes!(backtests::create, backtests::list))
        .routes(routes!(backtests::one, backtests::cancel))
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
