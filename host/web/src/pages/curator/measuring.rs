//! Measuring on demand: asked for, followed, cancelled.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use veche_app::indicators::jobs;
use veche_app::store::MeasureJob;
use veche_domain::access::Action;
use veche_domain::lifecycle::JobState;

use super::faults::said;
use super::id_of;
use super::period::{self, Chosen};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::{Page, Visit};
use crate::problem::Problem;

/// A job, as a page shows it.
pub(super) struct Going {
    /// Where its progress is asked for.
    pub(super) href: String,
    /// Where it is cancelled; empty for whoever may not, and for one that is over.
    pub(super) cancel: String,
    /// The list of its period.
    pub(super) list: String,
    pub(super) period: String,
    pub(super) open: bool,
    pub(super) done: u64,
    pub(super) total: u64,
    pub(super) state: &'static str,
    pub(super) faults: Vec<String>,
}

/// Whether a job goes on.
pub(super) fn is_open(job: &MeasureJob) -> bool {
    matches!(job.state, JobState::Waiting | JobState::Running)
}

pub(super) fn going(visit: &Visit, page: &Page, job: &MeasureJob) -> Going {
    let path = page.at(&format!("indicators/measure/{}", job.id));
    let may_cancel = is_open(job) && visit.may(Action::MeasureIndicators).is_some();
    let fault = |fault: &veche_app::store::JobFault| match fault.indicator.is_empty() {
        true => fault.fault.clone(),
        false => format!("{}: {}", fault.indicator, fault.fault),
    };
    Going {
        cancel: if may_cancel { format!("{path}/cancel") } else { String::new() },
        href: path,
        list: format!("{}?{}", page.at("indicators"), Chosen::query_of(&job.period)),
        period: period::words(&job.period, page.lang),
        open: is_open(job),
        done: job.done,
        total: job.total.max(1),
        state: match job.state {
            JobState::Waiting => "curator-job-waiting",
            JobState::Running => "curator-job-running",
            JobState::Done => "curator-job-done",
            JobState::Cancelled => "curator-job-cancelled",
            _ => "curator-job-failed",
        },
        faults: job.faults.iter().map(fault).collect(),
    }
}

#[derive(Template)]
#[template(path = "curator/measuring.html")]
struct Part {
    page: Page,
    going: Option<Going>,
}

/// How far a job is: a part of the list.
pub(super) async fn progress(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let job = jobs::find(&web.app, visit.region_code()?, id_of("measuring job", &id)?).await?;
    let page = visit.page("curator-indicators-title");
    if !visit.look.partial {
        let path = format!("{}?{}&job={}", page.at("indicators"), Chosen::query_of(&job.period), job.id);
        return Ok(crate::pages::visit::go(&path, None));
    }
    visit.html(&Part { going: Some(going(&visit, &page, &job)), page })
}

/// Asks for a measurement of the chosen period.
pub(super) async fn ask(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let chosen = period::of(&web, &visit, &form).await?;
    let (region, actor) = (visit.region_code()?, visit.access()?.actor());
    let indicators: Vec<String> = form.given("indicator").into_iter().collect();
    let asked = jobs::request(&web.app, region, chosen.wanted(), indicators, &actor.name).await;
    let job = match asked {
        Ok(job) => job,
        Err(error) => return Err(Problem::invalid(said(error, visit.lang())?)),
    };
    let path = format!("/regions/{region}/indicators?{}&job={}", chosen.query(), job.id);
    Ok(crate::pages::visit::go(&path, None))
}

/// Cancels a job; what it has measured stays.
pub(super) async fn cancel(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let region = visit.region_code()?;
    let id = id_of("measuring job", &id)?;
    let job = jobs::find(&web.app, region, id).await?;
    let path = format!("/regions/{region}/indicators?{}", Chosen::query_of(&job.period));
    if !web.app.store.cancel_measure_job(region, id).await? {
        return Ok(visit.go_warned(&path, "curator-job-over"));
    }
    Ok(visit.go(&path, "curator-job-was-cancelled"))
}
