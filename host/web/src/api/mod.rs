//! Controllers by resource.

mod appeals;
mod quarantine;
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
        .routes(routes!(releases::one))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::release))
        .routes(routes!(quarantine::faults))
        .routes(routes!(rulesets::limits))
        .routes(routes!(rulesets::active, rulesets::replace))
}

/// A region in the path. An unfit code is simply unknown.
fn region(code: &str) -> Result<RegionCode, Problem> {
    RegionCode::new(code).map_err(|_| veche_app::AppError::UnknownRegion { region: code.to_owned() }.into())
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
