//! Workload of blocks and the staffing proposal (clauses 11 and 14).

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use veche_app::ratings;

use super::faults::{number, said};
use super::period::{self, Chosen};
use super::show::width;
use super::{Section, dictionaries, sections};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::format;
use crate::pages::messages::Lang;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::problem::Problem;

/// Load that is wanted where nothing is said, percent.
const WANTED: f64 = 85.0;

/// A block.
struct Row {
    block: String,
    questions: u64,
    work: String,
    staff_time: String,
    load: String,
    width: u32,
    over: bool,
    staff: String,
    needed: String,
    proposal: String,
}

#[derive(Template)]
#[template(path = "curator/workload.html")]
struct WorkloadPage {
    page: Page,
    sections: Vec<Section>,
    chosen: Chosen,
    rows: Vec<Row>,
    target: String,
    wrong: String,
}

pub(super) async fn show(State(web): State<Web>, visit: Visit, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let form = Form::parse(raw.unwrap_or_default().as_bytes());
    let chosen = period::of(&web, &visit, &form).await?;
    let region = visit.region_code()?;
    let typed = form.given("target");
    let target = typed.as_deref().map_or(Some(WANTED), number);
    let found = match target {
        Some(target) => ratings::workload(&web.app, region, chosen.wanted(), target).await,
        None => Err(veche_app::AppError::Invalid { field: "target", reason: "it is no number".into() }),
    };
    let (found, wrong) = match found {
        Ok(found) => (found, String::new()),
        Err(error) => (Vec::new(), said(error, visit.lang())?),
    };
    let known = dictionaries(&web, &visit).await?;
    let lang = visit.lang();
    let names = Names { dictionaries: &known, lang };
    let most = found.iter().map(|row| row.load).fold(100.0, f64::max);
    let hours =
        |minutes: f64| format!("{}\u{a0}{}", format::decimal(minutes / 60.0, 0, lang), lang.t("curator-unit-hours"));
    let rows = found.into_iter().map(|row| Row {
        block: super::show::part_name(&names, veche_domain::indicator::Dimension::Block, &row.block),
        questions: row.questions,
        work: hours(row.work_minutes),
        staff_time: hours(row.staff_minutes),
        load: format::percent(row.load / 100.0, lang),
        width: width(Some(row.load), most),
        over: row.load > 100.0,
        staff: row.staff.map(|staff| format::decimal(staff, 1, lang)).unwrap_or_default(),
        needed: row.needed.map(|needed| needed.to_string()).unwrap_or_default(),
        proposal: match lang {
            Lang::Ru => row.proposal.0.replace('.', ","),
            Lang::En => row.proposal.1,
        },
    });
    let page = visit.page("curator-workload-title");
    let template = WorkloadPage {
        sections: sections(&page, "indicators/workload"),
        rows: rows.collect(),
        target: typed.unwrap_or_else(|| format::decimal(WANTED, 0, lang)),
        wrong,
        chosen,
        page,
    };
    visit.html(&template)
}
