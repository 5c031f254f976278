//! Dictionaries of the region as they are on a day: categories with their dates, bodies, municipalities.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use chrono::{NaiveDate, Utc};
use veche_domain::access::Action;
use veche_domain::calendar::local_date;
use veche_domain::code::Digest;
use veche_domain::dictionary::{BodyKind, Category};

use crate::Web;
use crate::pages::form::Form;
use crate::pages::messages::Lang;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![guarded("GET", "/regions/{region}/dictionaries", Action::ReadDictionaries, get(show))]
}

struct CategoryLine {
    code: String,
    name: String,
    other: bool,
    body: String,
    sstu: String,
    from: String,
    to: String,
    in_force: bool,
    coming: bool,
}

struct Block {
    code: String,
    name: String,
    categories: Vec<CategoryLine>,
}

struct BodyLine {
    code: String,
    name: String,
    short: String,
    kind: String,
    municipality: String,
}

struct MunicipalityLine {
    code: String,
    name: String,
    aliases: String,
}

#[derive(Template)]
#[template(path = "admin/dictionaries.html")]
struct DictionariesPage {
    page: Page,
    version: Digest,
    day: NaiveDate,
    all: bool,
    blocks: Vec<Block>,
    bodies: Vec<BodyLine>,
    municipalities: Vec<MunicipalityLine>,
    wrong: String,
}

fn body_kind(lang: Lang, kind: BodyKind) -> String {
    lang.t(match kind {
        BodyKind::Executive => "admin-body-executive",
        BodyKind::Municipality => "admin-body-municipality",
        BodyKind::Institution => "admin-body-institution",
        BodyKind::Company => "admin-body-company",
    })
}

fn category_line(names: &Names<'_>, page: &Page, category: &Category, day: NaiveDate) -> CategoryLine {
    let date = |day: Option<NaiveDate>| day.map(|day| page.day(&day)).unwrap_or_default();
    let english = category.name_en.clone().filter(|_| names.lang == Lang::En);
    CategoryLine {
        code: category.code.to_string(),
        name: english.unwrap_or_else(|| category.name.clone()),
        other: category.other,
        body: category.default_body.as_ref().map(|body| names.body(body.as_str())).unwrap_or_default(),
        sstu: category.sstu.clone().unwrap_or_default(),
        from: date(category.valid_from),
        to: date(category.valid_to),
        in_force: category.in_force(day),
        coming: category.valid_from.is_some_and(|from| from > day),
    }
}

async fn show(State(web): State<Web>, visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let (lang, region) = (visit.lang(), visit.region()?);
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let today = local_date(Utc::now(), region.region.time_zone);
    let typed = query.given("day").map(|text| text.parse::<NaiveDate>());
    let wrong = if matches!(typed, Some(Err(_))) { lang.t("admin-day-wrong") } else { String::new() };
    let day = typed.and_then(Result::ok).unwrap_or(today);
    let all = query.is_set("all");
    let dictionaries = web.app.rules.dictionaries(&region.dictionaries).await?;
    let names = Names { dictionaries: &dictionaries, lang };
    let data = dictionaries.data();
    let page = visit.page("admin-dictionaries-title");
    let blocks = data.blocks.iter().map(|block| {
        let own = data.categories.iter().filter(|c| c.block == block.code && (all || c.in_force(day)));
        Block {
            code: block.code.to_string(),
            name: names.block(&block.code),
            categories: own.map(|category| category_line(&names, &page, category, day)).collect(),
        }
    });
    let bodies = data.bodies.iter().map(|body| BodyLine {
        code: body.code.to_string(),
        name: body.name.clone(),
        short: body.short_name.clone().unwrap_or_default(),
        kind: body_kind(lang, body.kind),
        municipality: body.municipality.as_ref().map(|code| names.municipality(code)).unwrap_or_default(),
    });
    let municipalities = data.municipalities.iter().map(|municipality| MunicipalityLine {
        code: municipality.code.to_string(),
        name: municipality.name.clone(),
        aliases: municipality.aliases.join(", "),
    });
    let shown = DictionariesPage {
        version: region.dictionaries,
        day,
        all,
        blocks: blocks.collect(),
        bodies: bodies.collect(),
        municipalities: municipalities.collect(),
        wrong,
        page,
    };
    visit.html(&shown)
}
