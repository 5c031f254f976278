//! All indicators of a region in one period: fact, plan and light.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use uuid::Uuid;
use veche_app::indicators::catalogue::{self, From, Indicator};
use veche_app::indicators::targets;
use veche_app::store::{MeasureJob, Measured, MeasuredFilter};
use veche_domain::access::Action;
use veche_domain::indicator::{Breakdown, Period, Target};

use super::measuring::{self, Going};
use super::period::{self, Chosen};
use super::show::{self, Figure, Plan, Style};
use super::{Section, sections};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::{Page, Visit};
use crate::problem::Problem;

/// Results of one period that are read.
const MOST: i64 = 500;

/// An indicator.
struct Row {
    href: String,
    behind: String,
    title: String,
    origin: &'static str,
    official: bool,
    measured: bool,
    figure: Figure,
    /// Change against the period before; empty where there is none.
    change: String,
    change_class: &'static str,
    plan: Plan,
}

/// Indicators of one kind.
struct Group {
    heading: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "curator/indicators.html")]
struct ListPage {
    page: Page,
    sections: Vec<Section>,
    chosen: Chosen,
    groups: Vec<Group>,
    /// Which are shown: code, name, whether it is chosen.
    shows: Vec<(&'static str, String, bool)>,
    show: String,
    faults: Vec<String>,
    going: Option<Going>,
    may_measure: bool,
    may_enter: bool,
    any_measured: bool,
}

fn whole(measured: &[Measured], code: &str) -> Option<veche_domain::indicator::Measurement> {
    let found = measured.iter().find(|m| m.indicator == code)?;
    show::part(&found.measurements, &Breakdown::new()).cloned()
}

struct Seen<'s> {
    page: &'s Page,
    chosen: &'s Chosen,
    now: &'s [Measured],
    before: &'s [Measured],
    targets: &'s [Target],
    yellow: f64,
}

fn row(seen: &Seen<'_>, indicator: &Indicator) -> Row {
    let style = Style::of(indicator, seen.page.lang);
    let fact = whole(seen.now, &indicator.code);
    let value = fact.as_ref().and_then(|m| m.value);
    let earlier = whole(seen.before, &indicator.code).and_then(|m| m.value);
    let (change, change_class) = match (value, earlier) {
        (Some(now), Some(before)) if (now - before).abs() > 1e-9 => {
            let text = crate::pages::format::decimal((now - before).abs(), style.decimals, seen.page.lang);
            let better = indicator.direction.map(|d| d.reached(now, before));
            let class = match better {
                Some(true) => "change-good",
                Some(false) => "change-bad",
                None => "muted",
            };
            (format!("{}{text}", if now > before { "+" } else { "−" }), class)
        }
        _ => (String::new(), "muted"),
    };
    let period: &Period = &seen.chosen.period;
    let target = show::target(seen.targets, &indicator.code, &Breakdown::new(), period);
    let path = seen.page.at(&format!("indicators/codes/{}", indicator.code));
    let stored = seen.now.iter().find(|m| m.indicator == indicator.code);
    Row {
        href: format!("{path}?{}", seen.chosen.query()),
        behind: format!("{path}/behind?{}", seen.chosen.query()),
        title: show::title(indicator, seen.page.lang),
        origin: match indicator.from {
            From::Formula { .. } => "curator-origin-formula",
            From::Entered => "curator-origin-entered",
            From::Plugin { .. } => "curator-origin-plugin",
        },
        official: stored.map_or(indicator.official, |m| m.official),
        measured: stored.is_some(),
        figure: fact.as_ref().map(|m| style.figure(m)).unwrap_or_default(),
        change,
        change_class,
        plan: show::plan(&style, indicator, target, period, value, seen.yellow),
    }
}

/// The job that the address names, or one that goes on.
async fn job(web: &Web, visit: &Visit, form: &Form) -> Result<Option<MeasureJob>, Problem> {
    let region = visit.region_code()?;
    if let Ok(id) = Uuid::parse_str(&form.text("job")) {
        return Ok(web.app.store.measure_job(region, id).await?);
    }
    let jobs = web.app.store.measure_jobs(region, 20).await?;
    Ok(jobs.into_iter().find(|job| !job.scheduled && measuring::is_open(job)))
}

pub(super) async fn list(State(web): State<Web>, visit: Visit, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let form = Form::parse(raw.unwrap_or_default().as_bytes());
    let chosen = period::of(&web, &visit, &form).await?;
    let region = visit.region_code()?;
    let catalogue = catalogue::of(&web.app, region).await?;
    let of = |period| MeasuredFilter { period: Some(period), ..MeasuredFilter::default() };
    let now = web.app.store.measured(region, &of(chosen.period), MOST).await?;
    let before = match chosen.before {
        Some(before) => web.app.store.measured(region, &of(before), MOST).await?,
        None => Vec::new(),
    };
    let targets = targets::plans(&web.app, region, None).await?;
    let yellow = targets::yellow_percent(&web.app, region).await?;
    let page = visit.page("curator-indicators-title");
    let seen = Seen { page: &page, chosen: &chosen, now: &now, before: &before, targets: &targets, yellow };
    let shown = form.text("show");
    let wanted = |row: &Row| match shown.as_str() {
        "official" => row.official,
        "preliminary" => !row.official,
        _ => true,
    };
    let group = |heading: &str, of: &dyn Fn(&Indicator) -> bool| Group {
        heading: page.t(heading),
        rows: catalogue.indicators.iter().filter(|i| of(i)).map(|i| row(&seen, i)).filter(|r| wanted(r)).collect(),
    };
    let is_plugin = |i: &Indicator| matches!(i.from, From::Plugin { .. });
    let mut groups = vec![
        group("curator-group-mandatory", &|i| i.function.is_some()),
        group("curator-group-additional", &is_plugin),
        group("curator-group-built-in", &|i| i.function.is_none() && !is_plugin(i)),
    ];
    groups.retain(|group| !group.rows.is_empty());
    let shows =
        [("", "curator-show-all"), ("official", "curator-show-official"), ("preliminary", "curator-show-preliminary")];
    let template = ListPage {
        sections: sections(&page, "indicators"),
        groups,
        shows: shows.map(|(code, key)| (code, page.t(key), code == shown)).to_vec(),
        show: shown.clone(),
        faults: catalogue.faults.iter().map(|(binding, fault)| format!("{binding}: {fault}")).collect(),
        going: job(&web, &visit, &form).await?.map(|job| measuring::going(&visit, &page, &job)),
        may_measure: visit.may(Action::MeasureIndicators).is_some(),
        may_enter: visit.may(Action::EnterIndicators).is_some(),
        any_measured: !now.is_empty(),
        chosen,
        page,
    };
    visit.html(&template)
}
