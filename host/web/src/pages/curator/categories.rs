//! Categories with their values and targets (clause 21), and the decompositions of «прочие» that are due (clause 20).

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use veche_app::indicators::catalogue::{self, From, Indicator};
use veche_app::indicators::targets::{self, NewTarget};
use veche_app::store::{DecompositionRow, DecompositionState, MeasuredFilter};
use veche_domain::access::Action;
use veche_domain::calendar::local_date;
use veche_domain::indicator::{Breakdown, Dimension};

use super::faults::{number, said};
use super::period::{self, Chosen};
use super::show::{self, Figure, Plan, Style};
use super::{Section, dictionaries, sections};
use crate::Web;
use crate::pages::form::{Form, Wrong};
use crate::pages::format;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::problem::Problem;

/// A category.
struct Row {
    code: String,
    name: String,
    other: bool,
    href: String,
    behind: String,
    figure: Option<Figure>,
    plan: Plan,
    /// What is typed for its target.
    target: String,
}

/// A block.
struct Group {
    block: String,
    rows: Vec<Row>,
}

/// A decomposition.
struct Task {
    href: String,
    block: String,
    first: NaiveDate,
    last: NaiveDate,
    share: String,
    threshold: String,
    open: bool,
    state: &'static str,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "curator/categories.html")]
struct CategoriesPage {
    page: Page,
    sections: Vec<Section>,
    chosen: Chosen,
    /// Indicators that have categories: code, name, whether it is chosen.
    indicators: Vec<(String, String, bool)>,
    indicator: String,
    groups: Vec<Group>,
    tasks: Vec<Task>,
    may_target: bool,
    wrong: String,
}

/// How a decomposition stands, and the class of its mark.
pub(super) fn task_state(state: DecompositionState) -> (&'static str, &'static str) {
    match state {
        DecompositionState::Open => ("curator-task-open", "tag tag-attention"),
        DecompositionState::Accepted => ("curator-task-accepted", "tag tag-good"),
        DecompositionState::Dismissed => ("curator-task-dismissed", "tag"),
    }
}

fn of_category(code: &str) -> Breakdown {
    [(Dimension::Category, code.to_owned())].into()
}

async fn page(web: &Web, visit: &Visit, form: &Form, wrong: String) -> Result<CategoriesPage, Problem> {
    let (region, lang) = (visit.region_code()?, visit.lang());
    let chosen = period::of(web, visit, form).await?;
    let catalogue = catalogue::of(&web.app, region).await?;
    let by_category = |i: &&Indicator| i.from != From::Entered && i.dimensions.contains(&Dimension::Category);
    let able: Vec<&Indicator> = catalogue.indicators.iter().filter(by_category).collect();
    let asked = form.text("indicator");
    let indicator = able.iter().find(|i| i.code == asked).or_else(|| able.first()).copied();
    let known = dictionaries(web, visit).await?;
    let names = Names { dictionaries: &known, lang };
    let page = visit.page("curator-categories-title");
    let today = local_date(page.now, page.zone);
    let mut groups = Vec::new();
    if let Some(indicator) = indicator {
        let filter = MeasuredFilter {
            indicator: Some(indicator.code.clone()),
            period: Some(chosen.period),
            ..MeasuredFilter::default()
        };
        let measured = web.app.store.measured(region, &filter, 1).await?.into_iter().next();
        let targets = targets::plans(&web.app, region, Some(&indicator.code)).await?;
        let yellow = targets::yellow_percent(&web.app, region).await?;
        let style = Style::of(indicator, lang);
        let path = page.at(&format!("indicators/codes/{}", indicator.code));
        for (block, categories) in names.categories(today, &|_| true) {
            let rows = categories.into_iter().map(|(code, name)| {
                let part = of_category(&code);
                let fact = measured.as_ref().and_then(|m| show::part(&m.measurements, &part));
                let target = show::target(&targets, &indicator.code, &part, &chosen.period);
                let own = target.filter(|t| t.period == chosen.period);
                let of = super::indicator::part_query(&part);
                let typed = form.given(&format!("target-{code}")).filter(|_| !wrong.is_empty());
                Row {
                    href: format!("{path}?{}{of}", chosen.query()),
                    behind: format!("{path}/behind?{}{of}", chosen.query()),
                    other: names.entry(&code).is_some_and(|category| category.other),
                    plan: show::plan(&style, indicator, target, &chosen.period, fact.and_then(|m| m.value), yellow),
                    figure: fact.map(|m| style.figure(m)),
                    target: typed
                        .or_else(|| own.map(|t| format::decimal(t.value, style.decimals, lang)))
                        .unwrap_or_default(),
                    code,
                    name,
                }
            });
            groups.push(Group { rows: rows.collect(), block });
        }
    }
    let task = |row: &DecompositionRow| {
        let (state, class) = task_state(row.state);
        Task {
            href: page.at(&format!("indicators/decompositions/{}", row.id)),
            block: names.block(&row.block),
            first: row.first,
            last: row.last,
            share: format::percent(row.share / 100.0, lang),
            threshold: format::percent(row.threshold / 100.0, lang),
            open: row.state == DecompositionState::Open,
            state,
            class,
        }
    };
    let mut tasks: Vec<Task> = web.app.store.decompositions(region).await?.iter().map(task).collect();
    tasks.sort_by_key(|task| !task.open);
    let code = indicator.map(|i| i.code.clone()).unwrap_or_default();
    Ok(CategoriesPage {
        sections: sections(&page, "indicators/categories"),
        indicators: able.iter().map(|i| (i.code.clone(), show::title(i, lang), i.code == code)).collect(),
        indicator: code,
        groups,
        tasks,
        may_target: visit.may(Action::SetTargets).is_some(),
        wrong,
        chosen,
        page,
    })
}

pub(super) async fn show(State(web): State<Web>, visit: Visit, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let form = Form::parse(raw.unwrap_or_default().as_bytes());
    let template = page(&web, &visit, &form, String::new()).await?;
    visit.html(&template)
}

/// Sets the targets that were changed; none of them if one is no number.
pub(super) async fn set_targets(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let (region, actor, lang) = (visit.region_code()?.clone(), visit.access()?.actor(), visit.lang());
    let chosen = period::of(&web, &visit, &form).await?;
    let indicator = form.text("indicator");
    let own = web.app.store.targets(&region, Some(&indicator)).await?;
    let mut wrong = Wrong::default();
    let mut new = Vec::new();
    for (field, typed) in form.fields() {
        let Some(code) = field.strip_prefix("target-") else { continue };
        let part = of_category(code);
        let before = own.iter().find(|t| t.breakdown == part && t.period == chosen.period).map(|t| t.value);
        let value = match typed.trim() {
            "" => None,
            typed => match number(typed) {
                Some(value) => Some(value),
                None => {
                    wrong.note("target", lang.with("curator-wrong-target-number", &[("value", typed.into())]));
                    continue;
                }
            },
        };
        // The field shows a rounded value: one that still rounds to what was typed was not changed.
        let same = match (before, value) {
            (Some(before), Some(value)) => (before - value).abs() < 0.05,
            (None, None) => true,
            _ => false,
        };
        if !same {
            new.push(NewTarget { indicator: indicator.clone(), breakdown: part, period: chosen.wanted(), value });
        }
    }
    let mut whole = wrong.of("target").to_owned();
    if whole.is_empty() {
        for target in new {
            if let Err(error) = targets::set(&web.app, &region, target, &actor).await {
                whole = said(error, lang)?;
                break;
            }
        }
    }
    if !whole.is_empty() {
        let template = page(&web, &visit, &form, whole).await?;
        return visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &template);
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("indicator", &indicator).finish();
    let path = format!("/regions/{region}/indicators/categories?{}&{query}", chosen.query());
    Ok(visit.go(&path, "curator-targets-set"))
}
