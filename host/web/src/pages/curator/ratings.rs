//! Ratings of bodies (clause 14): calculated by the head, published by the curator, each score explained.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use veche_app::AppError;
use veche_app::ratings;
use veche_app::store::{RatingRow, RatingRulesRow};
use veche_domain::access::Action;
use veche_domain::rating::{RatedBody, RatingState, Zone};

use super::faults::said;
use super::passports::person;
use super::period::{self, Chosen};
use super::show::width;
use super::{Section, dictionaries, id_of, sections};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::format;
use crate::pages::messages::Lang;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::problem::Problem;

/// A rating in the list.
struct Row {
    href: String,
    period: String,
    revision: i64,
    state: &'static str,
    class: &'static str,
    rated: usize,
    not_rated: usize,
    best: String,
    made_by: String,
    created_at: DateTime<Utc>,
}

/// A criterion of the rules.
struct Rule {
    name: String,
    weight: String,
    scale: String,
}

/// The rules in words.
struct Rules {
    version: String,
    threshold: u64,
    green: String,
    yellow: String,
    criteria: Vec<Rule>,
}

#[derive(Template)]
#[template(path = "curator/ratings.html")]
struct RatingsPage {
    page: Page,
    sections: Vec<Section>,
    chosen: Chosen,
    rows: Vec<Row>,
    rules: Option<Rules>,
    may_rate: bool,
    wrong: String,
}

/// A criterion of a body.
struct Cell {
    points: String,
    share: String,
    numerator: String,
    denominator: String,
}

/// A body.
struct Body {
    name: String,
    place: String,
    shared: bool,
    score: String,
    width: u32,
    zone: &'static str,
    zone_class: &'static str,
    questions: u64,
    cells: Vec<Cell>,
    why: String,
}

#[derive(Template)]
#[template(path = "curator/rating.html")]
struct RatingPage {
    page: Page,
    sections: Vec<Section>,
    period: String,
    revision: i64,
    state: &'static str,
    class: &'static str,
    rules: String,
    cut_off: DateTime<Utc>,
    made_by: String,
    created_at: DateTime<Utc>,
    moved_by: String,
    moved_at: Option<DateTime<Utc>>,
    criteria: Vec<String>,
    rated: Vec<Body>,
    not_rated: Vec<Body>,
    publish: String,
    withdraw: String,
    behind: String,
}

fn state(of: RatingState) -> (&'static str, &'static str) {
    match of {
        RatingState::Draft => ("curator-rating-draft", "tag"),
        RatingState::Published => ("curator-rating-published", "tag tag-good"),
        RatingState::Withdrawn => ("curator-rating-withdrawn", "tag tag-attention"),
    }
}

fn published_only(visit: &Visit) -> bool {
    visit.may(Action::RateBodies).is_none() && visit.may(Action::PublishRatings).is_none()
}

fn rules(row: &RatingRulesRow, lang: Lang) -> Rules {
    let number = |value: f64| super::show::amount(value, lang);
    let of = &row.rules;
    Rules {
        version: of.version.clone(),
        threshold: of.threshold,
        green: number(of.green),
        yellow: number(of.yellow),
        criteria: of
            .criteria
            .iter()
            .map(|rule| Rule {
                name: lang.t(&format!("curator-criterion-{}", rule.criterion.as_str())),
                weight: number(rule.weight),
                scale: format!("{}–{}\u{a0}%", number(rule.worst), number(rule.best)),
            })
            .collect(),
    }
}

async fn page(web: &Web, visit: &Visit, form: &Form, wrong: String) -> Result<RatingsPage, Problem> {
    let region = visit.region_code()?;
    let chosen = period::of(web, visit, form).await?;
    let all = ratings::list(&web.app, region, published_only(visit)).await?;
    let known = dictionaries(web, visit).await?;
    let names = Names { dictionaries: &known, lang: visit.lang() };
    let page = visit.page("curator-ratings-title");
    let row = |row: &RatingRow| {
        let (state, class) = state(row.state);
        let rated = row.bodies.iter().filter(|body| body.place.is_some()).count();
        Row {
            href: page.at(&format!("indicators/ratings/{}", row.id)),
            period: period::words(&row.period, visit.lang()),
            revision: row.revision,
            state,
            class,
            rated,
            not_rated: row.bodies.len() - rated,
            best: row.bodies.first().filter(|b| b.place.is_some()).map(|b| names.body(&b.body)).unwrap_or_default(),
            made_by: person(&row.made_by),
            created_at: row.created_at,
        }
    };
    let rules_row = web.app.store.rating_rules_on(region, chosen.period.first).await?;
    Ok(RatingsPage {
        sections: sections(&page, "indicators/ratings"),
        rows: all.iter().map(row).collect(),
        rules: rules_row.as_ref().map(|row| rules(row, visit.lang())),
        may_rate: visit.may(Action::RateBodies).is_some(),
        wrong,
        chosen,
        page,
    })
}

pub(super) async fn list(State(web): State<Web>, visit: Visit, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let form = Form::parse(raw.unwrap_or_default().as_bytes());
    let template = page(&web, &visit, &form, String::new()).await?;
    visit.html(&template)
}

/// Calculates the rating of the chosen period.
pub(super) async fn calculate(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let chosen = period::of(&web, &visit, &form).await?;
    let (region, actor) = (visit.region_code()?.clone(), visit.access()?.actor());
    match ratings::calculate(&web.app, &region, chosen.wanted(), &actor).await {
        Ok(row) => {
            Ok(visit.go(&format!("/regions/{region}/indicators/ratings/{}", row.id), "curator-rating-calculated"))
        }
        Err(error) => {
            let wrong = said(error, visit.lang())?;
            let template = page(&web, &visit, &form, wrong).await?;
            visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
        }
    }
}

fn body(body: &RatedBody, all: &[RatedBody], names: &Names<'_>) -> Body {
    let lang = names.lang;
    let (zone, zone_class) = match body.zone {
        Some(Zone::Green) => ("curator-zone-green", "tag tag-good"),
        Some(Zone::Yellow) => ("curator-zone-yellow", "tag tag-attention"),
        Some(Zone::Red) => ("curator-zone-red", "tag tag-late"),
        None => ("", ""),
    };
    let count = |n: u64| format::number(i64::try_from(n).unwrap_or(i64::MAX), lang);
    Body {
        name: names.body(&body.body),
        place: body.place.map(|place| place.to_string()).unwrap_or_default(),
        shared: body.place.is_some() && all.iter().filter(|other| other.place == body.place).count() > 1,
        score: body.score.map(|score| format::decimal(score, 2, lang)).unwrap_or_default(),
        width: width(body.score, 100.0),
        zone,
        zone_class,
        questions: body.questions,
        cells: body
            .criteria
            .iter()
            .map(|c| Cell {
                points: c.points.map_or_else(|| "–".to_owned(), |points| format::decimal(points, 1, lang)),
                share: c.share.map(|share| format::percent(share / 100.0, lang)).unwrap_or_default(),
                numerator: count(c.numerator),
                denominator: count(c.denominator),
            })
            .collect(),
        why: if lang == Lang::Ru { body.why.0.clone() } else { body.why.1.clone() },
    }
}

pub(super) async fn show(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let row = ratings::find(&web.app, visit.region_code()?, id_of("rating", &id)?, published_only(&visit)).await?;
    let known = dictionaries(&web, &visit).await?;
    let names = Names { dictionaries: &known, lang: visit.lang() };
    let page = visit.page("curator-rating-title");
    let (state_key, class) = state(row.state);
    let path = page.at(&format!("indicators/ratings/{}", row.id));
    let may_publish = visit.may(Action::PublishRatings).is_some();
    let step = |from: RatingState, name: &str| match may_publish && row.state == from {
        true => format!("{path}/{name}"),
        false => String::new(),
    };
    let (rated, not_rated): (Vec<&RatedBody>, Vec<&RatedBody>) =
        row.bodies.iter().partition(|body| body.place.is_some());
    let each =
        |bodies: Vec<&RatedBody>| -> Vec<Body> { bodies.into_iter().map(|b| body(b, &row.bodies, &names)).collect() };
    let criteria = row.bodies.first().map(|body| &body.criteria).into_iter().flatten();
    let template = RatingPage {
        sections: sections(&page, "indicators/ratings"),
        period: period::words(&row.period, visit.lang()),
        revision: row.revision,
        state: state_key,
        class,
        rules: row.rules.clone(),
        cut_off: row.cut_off,
        made_by: person(&row.made_by),
        created_at: row.created_at,
        moved_by: row.moved_by.as_deref().map(person).unwrap_or_default(),
        moved_at: row.moved_at,
        criteria: criteria.map(|c| page.t(&format!("curator-criterion-{}", c.criterion.as_str()))).collect(),
        rated: each(rated),
        not_rated: each(not_rated),
        publish: step(RatingState::Draft, "publish"),
        withdraw: step(RatingState::Published, "withdraw"),
        behind: format!("{}?{}", page.at("indicators/ratings"), Chosen::query_of(&row.period)),
        page,
    };
    visit.html(&template)
}

async fn step(web: Web, visit: Visit, id: String, to: RatingState, done: &'static str) -> Result<Response, Problem> {
    let (region, actor) = (visit.region_code()?.clone(), visit.access()?.actor());
    let id = id_of("rating", &id)?;
    let path = format!("/regions/{region}/indicators/ratings/{id}");
    match ratings::step(&web.app, &region, id, to, &actor).await {
        Ok(_) => Ok(visit.go(&path, done)),
        Err(AppError::Invalid { .. }) => Ok(visit.go_warned(&path, "curator-rating-moved")),
        Err(error) => Err(error.into()),
    }
}

/// Publishes a rating.
pub(super) async fn publish(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    step(web, visit, id, RatingState::Published, "curator-rating-was-published").await
}

/// Takes a published rating back.
pub(super) async fn withdraw(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    step(web, visit, id, RatingState::Withdrawn, "curator-rating-was-withdrawn").await
}
