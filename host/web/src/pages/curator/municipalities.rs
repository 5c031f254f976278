//! Municipalities beside each other: the indicators that can be broken down by them. The dictionaries hold no outlines and
//! no coordinates of municipalities, so there is a table and no map.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use veche_app::indicators::catalogue::{self, From, Indicator};
use veche_app::store::MeasuredFilter;
use veche_domain::indicator::{Breakdown, Dimension, Measurement};

use super::period::{self, Chosen};
use super::show::{self, Figure, Style};
use super::{Section, dictionaries, sections};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::problem::Problem;

/// Columns of the table.
const COLUMNS: usize = 5;
/// Results of one period that are read.
const MOST: i64 = 500;

/// A number of a municipality.
struct Cell {
    href: String,
    figure: Option<Figure>,
    width: u32,
    /// Whether it is better or worse than the whole region.
    class: &'static str,
}

/// A municipality.
struct Row {
    name: String,
    cells: Vec<Cell>,
}

/// An indicator.
struct Column {
    title: String,
    href: String,
    sorted: bool,
    whole: Option<Figure>,
}

#[derive(Template)]
#[template(path = "curator/municipalities.html")]
struct MunicipalitiesPage {
    page: Page,
    sections: Vec<Section>,
    chosen: Chosen,
    columns: Vec<Column>,
    rows: Vec<Row>,
    sort: String,
}

/// Received questions first, then what the set demands, then the rest.
fn rank(indicator: &Indicator) -> u8 {
    let is_received = matches!(&indicator.from, From::Formula { formula } if formula.as_str() == "received");
    if is_received {
        0
    } else if indicator.function.is_some() {
        1
    } else {
        2
    }
}

pub(super) async fn show(State(web): State<Web>, visit: Visit, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let form = Form::parse(raw.unwrap_or_default().as_bytes());
    let chosen = period::of(&web, &visit, &form).await?;
    let (region, lang) = (visit.region_code()?, visit.lang());
    let catalogue = catalogue::of(&web.app, region).await?;
    let mut indicators: Vec<&Indicator> =
        catalogue.indicators.iter().filter(|i| i.dimensions.contains(&Dimension::Municipality)).collect();
    indicators.sort_by_key(|i| rank(i));
    indicators.truncate(COLUMNS);
    let filter = MeasuredFilter { period: Some(chosen.period), ..MeasuredFilter::default() };
    let measured = web.app.store.measured(region, &filter, MOST).await?;
    let of = |indicator: &Indicator| measured.iter().find(|m| m.indicator == indicator.code);
    let known = dictionaries(&web, &visit).await?;
    let names = Names { dictionaries: &known, lang };
    let page = visit.page("curator-municipalities-title");
    let here = page.at("indicators/municipalities");
    let sort = form.text("sort");
    let part = |code: &str| Breakdown::from([(Dimension::Municipality, code.to_owned())]);
    let value = |indicator: &Indicator, breakdown: &Breakdown| -> Option<Measurement> {
        show::part(&of(indicator)?.measurements, breakdown).cloned()
    };
    let mut places = names.municipalities();
    let by = indicators.iter().find(|i| i.code == sort);
    if let Some(by) = by {
        let key = |code: &str| value(by, &part(code)).and_then(|m| m.value).unwrap_or(f64::NEG_INFINITY);
        places.sort_by(|(a, _), (b, _)| key(b).total_cmp(&key(a)));
    }
    let most: Vec<f64> = indicators
        .iter()
        .map(|indicator| {
            let all = names.municipalities();
            let values = all.iter().filter_map(|(code, _)| value(indicator, &part(code)).and_then(|m| m.value));
            if indicator.unit == "%" { 100.0 } else { values.fold(0.0, f64::max) }
        })
        .collect();
    let row = |(code, name): (String, String)| {
        let breakdown = part(&code);
        let cells = indicators.iter().zip(&most).map(|(indicator, most)| {
            let m = value(indicator, &breakdown);
            let whole = value(indicator, &Breakdown::new()).and_then(|m| m.value);
            let fact = m.as_ref().and_then(|m| m.value);
            let class = match (indicator.direction, fact, whole) {
                (Some(direction), Some(fact), Some(whole)) if indicator.unit != "appeals" => {
                    if direction.reached(fact, whole) { "bar-good" } else { "bar-bad" }
                }
                _ => "bar-plain",
            };
            let of = super::indicator::part_query(&breakdown);
            Cell {
                href: format!("{}?{}{of}", page.at(&format!("indicators/codes/{}", indicator.code)), chosen.query()),
                figure: m.as_ref().map(|m| Style::of(indicator, lang).figure(m)),
                width: show::width(fact, *most),
                class,
            }
        });
        Row { cells: cells.collect(), name }
    };
    let rows = places.into_iter().map(row).collect();
    let columns = indicators.iter().map(|indicator| Column {
        title: show::title(indicator, lang),
        href: format!("{here}?{}&sort={}", chosen.query(), indicator.code),
        sorted: indicator.code == sort,
        whole: value(indicator, &Breakdown::new()).map(|m| Style::of(indicator, lang).figure(&m)),
    });
    let template = MunicipalitiesPage {
        sections: sections(&page, "indicators/municipalities"),
        columns: columns.collect(),
        rows,
        sort,
        chosen,
        page,
    };
    visit.html(&template)
}
