//! One indicator: its trend, its parts, its revisions, and the way to what is behind it.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::json;
use veche_app::AppError;
use veche_app::indicators::catalogue::{self, From, Indicator};
use veche_app::indicators::targets;
use veche_app::store::{Measured, MeasuredFilter};
use veche_domain::access::Action;
use veche_domain::indicator::{Breakdown, Dimension, Target};

use super::period::{self, Chosen};
use super::show::{self, Figure, Plan, Style};
use super::{Section, dictionaries, sections};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::{Page, Visit, json_block};
use crate::pages::words::Names;
use crate::problem::Problem;

/// Periods of the trend.
const PERIODS: i64 = 13;
/// Revisions that are listed.
const MOST: i64 = 60;

/// A period of the trend.
struct Point {
    label: String,
    href: String,
    current: bool,
    figure: Figure,
    plan: Plan,
    revision: i64,
}

/// A part of the region.
struct PartRow {
    name: String,
    href: String,
    behind: String,
    figure: Figure,
    plan: Plan,
    width: u32,
}

/// A result that was kept.
struct Revision {
    number: i64,
    newest: bool,
    at: DateTime<Utc>,
    cut_off: DateTime<Utc>,
    by: String,
    figure: Figure,
    official: bool,
    release: String,
    ruleset: String,
    source: String,
}

#[derive(Template)]
#[template(path = "curator/indicator.html")]
pub(super) struct IndicatorPage {
    page: Page,
    sections: Vec<Section>,
    chosen: Chosen,
    code: String,
    path: String,
    origin: &'static str,
    official: bool,
    unit: String,
    direction: &'static str,
    function: String,
    basis: String,
    deadline: String,
    release: String,
    /// Name of the part that is shown; empty for the whole region.
    part: String,
    whole: String,
    now: Option<Figure>,
    now_plan: Plan,
    cut_off: Option<DateTime<Utc>>,
    behind: [String; 3],
    points: Vec<Point>,
    chart: askama::filters::Safe<String>,
    dimensions: Vec<(String, String, bool)>,
    parts: Vec<PartRow>,
    revisions: Vec<Revision>,
    target_value: String,
    /// Dimension and code of the part, for the form of the target.
    part_fields: Vec<(String, String)>,
    may_target: bool,
    may_measure: bool,
    passports: String,
    wrong: String,
}

/// The part of the region that an address names: `block=roads`.
pub(super) fn part_of(form: &Form) -> Breakdown {
    let codes = Dimension::ALL.iter().filter_map(|d| Some((*d, form.given(d.as_str())?)));
    codes.map(|(dimension, code)| (dimension, code.chars().take(200).collect())).collect()
}

/// The part of an address that names it.
pub(super) fn part_query(part: &Breakdown) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (dimension, code) in part {
        query.append_pair(dimension.as_str(), code);
    }
    let text = query.finish();
    if text.is_empty() { text } else { format!("&{text}") }
}

/// An indicator of the region.
pub(super) async fn find(web: &Web, visit: &Visit, code: &str) -> Result<Indicator, Problem> {
    let catalogue = catalogue::of(&web.app, visit.region_code()?).await?;
    let unknown = || AppError::Unknown { what: "indicator", code: code.chars().take(120).collect() };
    Ok(catalogue.find(code).cloned().ok_or_else(unknown)?)
}

/// Plans and how far below them is yellow.
struct Plans {
    targets: Vec<Target>,
    yellow: f64,
}

impl Plans {
    fn of(
        &self,
        style: &Style,
        indicator: &Indicator,
        part: &Breakdown,
        period: &veche_domain::indicator::Period,
        fact: Option<f64>,
    ) -> Plan {
        let target = show::target(&self.targets, &indicator.code, part, period);
        show::plan(style, indicator, target, period, fact, self.yellow)
    }
}

fn chart(
    values: &[Option<f64>],
    plans: &[Option<f64>],
    page: &Page,
    style: &Style,
    labels: &[String],
) -> serde_json::Value {
    let mut series = vec![json!({"name": page.t("curator-fact"), "values": values})];
    if plans.iter().any(Option::is_some) {
        series.push(json!({"name": page.t("curator-plan"), "values": plans}));
    }
    json!({"kind": "line", "labels": labels, "unit": style.unit, "series": series})
}

fn revision(style: &Style, part: &Breakdown, m: &Measured) -> Revision {
    let short = |digest: Option<veche_domain::code::Digest>| digest.map(|d| d.short()).unwrap_or_default();
    let source = match (&m.source, &m.source_date) {
        (Some(source), Some(date)) => format!("{source}, {}", crate::pages::format::short_day(*date, style.lang)),
        _ => String::new(),
    };
    Revision {
        number: m.revision,
        newest: m.newest,
        at: m.at,
        cut_off: m.cut_off,
        by: m.made_by.strip_prefix("account:").unwrap_or(&m.made_by).to_owned(),
        figure: show::part(&m.measurements, part).map(|m| style.figure(m)).unwrap_or_default(),
        official: m.official,
        release: short(m.release),
        ruleset: short(m.ruleset),
        source,
    }
}

/// The page; `wrong` is what a form of it that came back says.
pub(super) async fn page(
    web: &Web,
    visit: &Visit,
    code: &str,
    form: &Form,
    wrong: String,
) -> Result<IndicatorPage, Problem> {
    let chosen = period::of(web, visit, form).await?;
    let region = visit.region_code()?;
    let indicator = find(web, visit, code).await?;
    let known = dictionaries(web, visit).await?;
    let names = Names { dictionaries: &known, lang: visit.lang() };
    let style = Style::of(&indicator, visit.lang());
    let part = part_of(form);
    let filter = MeasuredFilter {
        indicator: Some(indicator.code.clone()),
        kind: Some(chosen.period.kind),
        until: Some(chosen.period.first),
        ..MeasuredFilter::default()
    };
    let mut trend = web.app.store.measured(region, &filter, PERIODS).await?;
    trend.reverse();
    let plans = Plans {
        targets: targets::plans(&web.app, region, Some(&indicator.code)).await?,
        yellow: targets::yellow_percent(&web.app, region).await?,
    };
    let title = show::title(&indicator, visit.lang());
    let page = visit.page_titled(title).with_charts();
    let path = page.at(&format!("indicators/codes/{}", indicator.code));
    let of_part = part_query(&part);
    let fact_of = |m: &Measured| show::part(&m.measurements, &part).cloned();
    let points: Vec<Point> = trend
        .iter()
        .map(|m| {
            let fact = fact_of(m);
            Point {
                label: period::words(&m.period, visit.lang()),
                href: format!("{path}?{}{of_part}", Chosen::query_of(&m.period)),
                current: m.period == chosen.period,
                plan: plans.of(&style, &indicator, &part, &m.period, fact.as_ref().and_then(|m| m.value)),
                figure: fact.as_ref().map(|m| style.figure(m)).unwrap_or_default(),
                revision: m.revision,
            }
        })
        .collect();
    let values: Vec<Option<f64>> = trend.iter().map(|m| fact_of(m).and_then(|m| m.value)).collect();
    let planned: Vec<Option<f64>> = trend
        .iter()
        .map(|m| {
            let target = show::target(&plans.targets, &indicator.code, &part, &m.period)?;
            (target.period == m.period || indicator.unit != "appeals").then_some(target.value)
        })
        .collect();
    let labels: Vec<String> = trend.iter().map(|m| period::short(&m.period, visit.lang())).collect();
    let current = trend.iter().find(|m| m.period == chosen.period);
    let fact = current.and_then(fact_of);
    let asked = form.text("by");
    let by = Dimension::from_code(&asked).filter(|d| indicator.dimensions.contains(d));
    let by = by.or_else(|| indicator.dimensions.first().copied());
    let base = format!("{path}?{}", chosen.query());
    let mut parts = Vec::new();
    if let (Some(by), Some(current)) = (by, current) {
        let single = current.measurements.iter().filter(|m| m.breakdown.len() == 1);
        let mut found: Vec<_> = single.filter_map(|m| Some((m, m.breakdown.get(&by)?))).collect();
        // The largest first: there a difference matters most.
        let weight = |m: &veche_domain::indicator::Measurement| m.denominator.unwrap_or(m.numerator);
        found.sort_by(|(a, _), (b, _)| weight(b).total_cmp(&weight(a)));
        let most = found.iter().filter_map(|(m, _)| m.value).fold(0.0, f64::max);
        let most = if indicator.unit == "%" { 100.0 } else { most };
        for (m, code) in found {
            let of = part_query(&m.breakdown);
            parts.push(PartRow {
                name: show::part_name(&names, by, code),
                href: format!("{base}{of}&by={}", by.as_str()),
                behind: format!("{path}/behind?{}{of}", chosen.query()),
                figure: style.figure(m),
                plan: plans.of(&style, &indicator, &m.breakdown, &chosen.period, m.value),
                width: show::width(m.value, most),
            });
        }
    }
    let history = MeasuredFilter {
        indicator: Some(indicator.code.clone()),
        period: Some(chosen.period),
        history: true,
        ..MeasuredFilter::default()
    };
    let revisions = web.app.store.measured(region, &history, MOST).await?;
    let set = web.app.store.indicator_set(region, chosen.period.first).await?;
    let mandatory = set.as_ref().and_then(|row| row.set.indicator(&indicator.code));
    let own_target = plans.targets.iter().find(|t| t.breakdown == part && t.period == chosen.period);
    let behind = |side: &str| format!("{path}/behind?{}{of_part}&side={side}", chosen.query());
    let countable = matches!(indicator.from, From::Formula { .. });
    let part_name = part.iter().map(|(d, code)| show::part_name(&names, *d, code)).collect::<Vec<_>>().join(", ");
    Ok(IndicatorPage {
        sections: sections(&page, "indicators"),
        code: indicator.code.clone(),
        origin: match indicator.from {
            From::Formula { .. } => "curator-origin-formula",
            From::Entered => "curator-origin-entered",
            From::Plugin { .. } => "curator-origin-plugin",
        },
        official: current.map_or(indicator.official, |m| m.official),
        unit: style.unit.clone(),
        direction: match indicator.direction {
            Some(veche_domain::indicator::Direction::Up) => "curator-better-more",
            Some(veche_domain::indicator::Direction::Down) => "curator-better-less",
            None => "curator-better-none",
        },
        function: indicator.function.map(|f| page.t(&format!("curator-function-{}", f.as_str()))).unwrap_or_default(),
        basis: mandatory.and_then(|m| m.basis.clone()).unwrap_or_default(),
        deadline: mandatory.and_then(|m| m.deadline).map(|day| page.day(&day)).unwrap_or_default(),
        release: match &indicator.from {
            From::Plugin { binding, release, .. } => format!("{binding}, {}", release.short()),
            _ => String::new(),
        },
        whole: format!("{base}&by={}", by.map(Dimension::as_str).unwrap_or_default()),
        part: part_name,
        now_plan: plans.of(&style, &indicator, &part, &chosen.period, fact.as_ref().and_then(|m| m.value)),
        now: fact.as_ref().map(|m| style.figure(m)),
        cut_off: current.map(|m| m.cut_off),
        behind: if countable { ["numerator", "denominator", "excluded"].map(behind) } else { Default::default() },
        chart: json_block(&chart(&values, &planned, &page, &style, &labels)),
        points,
        dimensions: indicator
            .dimensions
            .iter()
            .map(|d| {
                let href = format!("{base}{of_part}&by={}", d.as_str());
                (href, page.t(&format!("curator-by-{}", d.as_str())), Some(*d) == by)
            })
            .collect(),
        parts,
        revisions: revisions.iter().map(|m| revision(&style, &part, m)).collect(),
        target_value: match form.given("value") {
            Some(typed) if !wrong.is_empty() => typed,
            _ => own_target
                .map(|t| crate::pages::format::decimal(t.value, style.decimals, visit.lang()))
                .unwrap_or_default(),
        },
        part_fields: part.iter().map(|(d, code)| (d.as_str().to_owned(), code.clone())).collect(),
        may_target: visit.may(Action::SetTargets).is_some(),
        may_measure: visit.may(Action::MeasureIndicators).is_some() && indicator.from != From::Entered,
        passports: match indicator.from {
            From::Plugin { .. } => page.at("indicators/passports"),
            _ => String::new(),
        },
        wrong,
        path,
        chosen,
        page,
    })
}

pub(super) async fn show(
    State(web): State<Web>,
    visit: Visit,
    Path((_, code)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let form = Form::parse(raw.unwrap_or_default().as_bytes());
    let template = page(&web, &visit, &code, &form, String::new()).await?;
    visit.html(&template)
}
