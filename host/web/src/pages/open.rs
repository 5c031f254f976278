//! The page of openness (clause 6.11): what everybody may know, without signing in. Counts alone; a small one is not told,
//! for it might name somebody.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use chrono::{Datelike as _, Months, NaiveDate, Offset as _, TimeDelta, Utc};
use veche_app::store::{OpenCount, OpenFigures};
use veche_domain::calendar::{local_date, local_moment};
use veche_domain::code::RegionCode;

use super::visit::{Page, Visit, json_block};
use super::words::Names;
use super::{PageRoute, format, public};
use crate::Web;
use crate::problem::Problem;

/// Months that are told, this one included.
const MONTHS: u32 = 12;
/// A smaller count of a municipality is not told.
const LEAST: u64 = 5;
/// Figures are counted anew after this: everybody may ask, and nobody shall be able to keep the database busy.
const KEPT: Duration = Duration::from_secs(300);

pub(super) fn routes() -> Vec<PageRoute> {
    vec![public("GET", "/open", get(regions)), public("GET", "/open/{region}", get(show))]
}

/// Figures by region, and when they were counted.
#[derive(Default)]
pub(crate) struct Kept(Mutex<HashMap<RegionCode, (Instant, Arc<OpenFigures>)>>);

impl Kept {
    fn fresh(&self, region: &RegionCode) -> Option<Arc<OpenFigures>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(region).filter(|(at, _)| at.elapsed() < KEPT).map(|(_, figures)| figures.clone())
    }

    fn keep(&self, region: &RegionCode, figures: Arc<OpenFigures>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(region.clone(), (Instant::now(), figures));
    }
}

/// A row: name, received, answered, share on time.
struct Row {
    name: String,
    received: String,
    answered: String,
    on_time: String,
}

#[derive(Template)]
#[template(path = "open.html")]
struct OpenPage {
    page: Page,
    since: String,
    total: Row,
    months: Vec<Row>,
    blocks: Vec<Row>,
    places: Vec<Row>,
    chart: askama::filters::Safe<String>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Regions {
    page: Page,
    regions: Vec<(String, String)>,
}

async fn regions(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    let rows = web.app.store.regions().await?.into_iter();
    let regions = rows.map(|row| (format!("/open/{}", row.region.code), row.region.name)).collect();
    visit.html(&Regions { page: visit.page("open-title"), regions })
}

fn share(count: &OpenCount, page: &Page) -> String {
    #[allow(clippy::cast_precision_loss)] // A share with one place.
    let share = count.on_time as f64 / count.due as f64;
    if count.due == 0 { "—".to_owned() } else { format::percent(share, page.lang) }
}

fn row(page: &Page, name: String, count: &OpenCount) -> Row {
    Row {
        name,
        received: page.number(count.received),
        answered: page.number(count.answered),
        on_time: share(count, page),
    }
}

async fn show(State(web): State<Web>, visit: Visit, Path(code): Path<String>) -> Result<Response, Problem> {
    let unknown = || Problem::unknown(format!("region {:?} is unknown", code.chars().take(80).collect::<String>()));
    let code = RegionCode::new(&code).map_err(|_| unknown())?;
    let region = web.app.store.region(&code).await?.ok_or_else(unknown)?;
    let zone = region.region.time_zone;
    let today = local_date(Utc::now(), zone);
    let first = today.with_day(1).and_then(|day| day.checked_sub_months(Months::new(MONTHS - 1))).unwrap_or(today);
    let figures = match web.open.fresh(&code) {
        Some(figures) => figures,
        None => {
            let since = local_moment(first, chrono::NaiveTime::MIN, zone);
            let offset = Utc::now().with_timezone(&zone).offset().fix().local_minus_utc();
            let counted = web.app.store.open_figures(&code, since, TimeDelta::seconds(offset.into())).await?;
            let counted = Arc::new(counted);
            web.open.keep(&code, counted.clone());
            counted
        }
    };
    let known = web.app.rules.dictionaries(&region.dictionaries).await?;
    let visit = Visit { region: Some(region), ..visit };
    let page = visit.page("open-title").with_charts();
    let names = Names { dictionaries: &known, lang: page.lang };
    let (mut total, mut months, mut blocks) =
        (OpenCount::default(), BTreeMap::<NaiveDate, OpenCount>::new(), BTreeMap::<String, OpenCount>::new());
    for back in 0..MONTHS {
        months.extend(first.checked_add_months(Months::new(back)).map(|month| (month, OpenCount::default())));
    }
    for (day, category, count) in &figures.days {
        total.add(count);
        months.entry(day.with_day(1).unwrap_or(*day)).or_default().add(count);
        let block = category.as_ref().and_then(|code| names.entry(code.as_str())).map(|c| c.block.to_string());
        blocks.entry(block.unwrap_or_default()).or_default().add(count);
    }
    let of_blocks = names.blocks().into_iter().filter_map(|(code, name)| Some((name, *blocks.get(&code)?)));
    let mut places: Vec<(String, OpenCount)> = figures
        .municipalities
        .iter()
        .filter_map(|(code, count)| Some((names.municipality(code.as_ref()?), *count)))
        .collect();
    places.sort_by_key(|(name, _)| name.to_lowercase());
    let place = |(name, count): (String, OpenCount)| {
        if count.received < LEAST {
            let few = page.count("open-few", LEAST);
            return Row { name, received: few, answered: "—".into(), on_time: "—".into() };
        }
        row(&page, name, &count)
    };
    let places = places.into_iter().map(place).collect();
    let chart = serde_json::json!({
        "kind": "bar",
        "labels": months.keys().map(|month| format::month(*month, page.lang)).collect::<Vec<_>>(),
        "series": [
            {"name": page.t("open-received"), "values": months.values().map(|count| count.received).collect::<Vec<_>>()},
            {"name": page.t("open-answered"), "values": months.values().map(|count| count.answered).collect::<Vec<_>>()},
        ],
    });
    let template = OpenPage {
        since: format::day(first, page.lang),
        total: row(&page, String::new(), &total),
        months: months.iter().map(|(month, count)| row(&page, format::month(*month, page.lang), count)).collect(),
        blocks: of_blocks.map(|(name, count)| row(&page, name, &count)).collect(),
        places,
        chart: json_block(&chart),
        page,
    };
    visit.html(&template)
}
