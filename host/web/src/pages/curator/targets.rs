//! Targets (clause 21), set on the page of an indicator.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use veche_app::indicators::targets::{self, NewTarget};

use super::faults::{number, said};
use super::indicator::{self, part_of, part_query};
use super::period;
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::Visit;
use crate::problem::Problem;

/// Sets the target of a part and a period, or takes it back where the field is left empty.
pub(super) async fn set(
    State(web): State<Web>,
    visit: Visit,
    Path((_, code)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let chosen = period::of(&web, &visit, &form).await?;
    let (region, actor) = (visit.region_code()?.clone(), visit.access()?.actor());
    let typed = form.given("value");
    let value = typed.as_deref().and_then(number);
    let set = match (&typed, value) {
        (Some(_), None) => Err(visit.lang().t("curator-wrong-number")),
        _ => {
            let part = part_of(&form);
            let new = NewTarget { indicator: code.clone(), breakdown: part, period: chosen.wanted(), value };
            match targets::set(&web.app, &region, new, &actor).await {
                Ok(_) => Ok(()),
                Err(error) => Err(said(error, visit.lang())?),
            }
        }
    };
    if let Err(wrong) = set {
        let page = indicator::page(&web, &visit, &code, &form, wrong).await?;
        return visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let path = format!("/regions/{region}/indicators/codes/{code}?{}{}", chosen.query(), part_query(&part_of(&form)));
    Ok(visit.go(&path, if value.is_some() { "curator-target-set" } else { "curator-target-taken" }))
}
