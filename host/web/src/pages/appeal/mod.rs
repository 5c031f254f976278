//! One appeal: what it says, where it stands, why, what became of it, and what can be done with it.

mod actions;
mod forms;
mod history;
mod otherwise;
mod place;
mod text;
mod why;

use std::collections::HashSet;

use askama::Template;
use axum::extract::{Path, State as FromState};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use veche_app::store::{Neighbour, QuestionRow, Standing, StoredAppeal};
use veche_domain::access::Action;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_domain::calendar::local_date;
use veche_domain::decision::{ClockKind, State};
use veche_domain::dictionary::Dictionaries;
use veche_domain::mask::{mask, masked};

use super::visit::{Page, Visit};
use super::words::{self, Names};
use super::{PageRoute, guarded};
use crate::Web;
use crate::api::appeals::{appeal_id, visible};
use crate::problem::Problem;

use forms::Forms;
use history::Happening;
use text::{Piece, pieces};

/// Other appeals of one address that are shown.
const NEIGHBOURS: i64 = 10;
/// Appeals among which the map shows this one.
const MAP_POINTS: i64 = 400;

pub(super) fn routes() -> Vec<PageRoute> {
    let mut routes = vec![
        guarded("GET", "/regions/{region}/appeals/{id}", Action::ReadAppeals, get(show)),
        guarded("POST", "/regions/{region}/appeals/{id}/original", Action::ReadPersonalData, post(original)),
        guarded("GET", "/regions/{region}/decisions/{id}/otherwise", Action::ReadAppeals, get(otherwise::show)),
        guarded("POST", "/regions/{region}/decisions/{id}/replay", Action::Replay, post(otherwise::replay)),
    ];
    routes.extend(actions::routes());
    routes
}

/// A term.
struct Term {
    label: String,
    due: DateTime<Utc>,
    basis: String,
    late: bool,
    /// Whether it still runs.
    runs: bool,
}

/// A question of the appeal.
struct Asked {
    number: u32,
    /// Its own text; empty where the appeal is one question.
    text: Vec<Piece>,
    state: String,
    state_class: &'static str,
    review: bool,
    category: String,
    block: String,
    category_by: String,
    confidence: Option<String>,
    body: String,
    body_by: String,
    priority: String,
    ask: String,
    terms: Vec<Term>,
    mark: Option<u8>,
    steps: Vec<why::Step>,
    forms: Forms,
}

/// Another appeal of the same address.
struct Near {
    href: String,
    received_at: DateTime<Utc>,
    category: String,
    state: String,
    state_class: &'static str,
    repeated: bool,
}

/// The applicant, where the visitor opened them.
struct Person {
    rows: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "appeal.html")]
struct AppealPage {
    page: Page,
    id: String,
    number: String,
    channel: String,
    regime: String,
    applicant: String,
    received_at: DateTime<Utc>,
    stored_at: DateTime<Utc>,
    text: Vec<Piece>,
    questions: Vec<Asked>,
    municipality: String,
    district: String,
    address: String,
    map: Option<place::Map>,
    attachments: Vec<(String, String, String)>,
    attributes: Vec<(String, String)>,
    near: Vec<Near>,
    near_href: String,
    history: Vec<Happening>,
    person: Option<Person>,
    may_open: bool,
    may_replay: bool,
    waiting: bool,
}

/// The terms of a question: those of the rules, and the one that a person set instead.
fn terms(page: &Page, row: &QuestionRow, standing: Option<&Standing>) -> Vec<Term> {
    let open = row.verdict.state < State::Answered;
    let reacted = standing.is_some_and(|standing| standing.reacted_at.is_some());
    let extended = standing.filter(|standing| standing.extended).and_then(|standing| standing.due_at);
    let term = |kind: ClockKind, due: DateTime<Utc>, basis: String| {
        let runs = open
            && match kind {
                ClockKind::FirstReaction => !reacted,
                ClockKind::Answer => extended.is_none(),
                ClockKind::Extension => true,
                ClockKind::Registration | ClockKind::Forwarding => false,
            };
        Term { label: words::clock(page.lang, kind), due, basis, late: runs && due < page.now, runs }
    };
    let rules = row.verdict.clocks.iter().map(|clock| term(clock.kind, clock.due, clock.basis.clone()));
    let person = extended.map(|due| term(ClockKind::Extension, due, page.t("source-person")));
    rules.chain(person).collect()
}

/// What a bytes' count is called: `1,2 МБ` and the like.
fn size(page: &Page, bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // One place after the comma is shown.
    let (value, key) = match bytes {
        0..1_024 => (bytes as f64, "words-bytes"),
        1_024..1_048_576 => (bytes as f64 / 1_024.0, "words-kilobytes"),
        _ => (bytes as f64 / 1_048_576.0, "words-megabytes"),
    };
    let places = usize::from(key == "words-megabytes");
    page.say(key, "size", super::format::decimal(value, places, page.lang))
}

async fn show(
    FromState(web): FromState<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id = appeal_id(&id)?;
    let stored = visible(&web, visit.region_code()?, id, visit.access()?.scope()).await?;
    render(&web, &visit, stored, false).await
}

/// The appeal with its applicant. The look is in the log before anything is shown.
async fn original(
    FromState(web): FromState<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (id, region) = (appeal_id(&id)?, visit.region_code()?);
    let stored = visible(&web, region, id, visit.access()?.scope()).await?;
    let actor = visit.access()?.actor();
    let fact = Fact::new(Chain::Region(region.clone()), &actor, Deed::ReadPersonalData, format!("appeal {id}"));
    web.app.store.log(&[fact]).await?;
    render(&web, &visit, stored, true).await
}

fn person(page: &Page, stored: &StoredAppeal) -> Person {
    let applicant = &stored.appeal.content.applicant;
    let fields = [
        ("appeal-person-name", &applicant.name),
        ("appeal-person-phone", &applicant.phone),
        ("appeal-person-email", &applicant.email),
        ("appeal-person-address", &applicant.address),
    ];
    let given = fields.into_iter().filter_map(|(key, value)| Some((page.lang.t(key), value.clone()?)));
    Person { rows: given.collect() }
}

#[allow(clippy::too_many_lines)] // One page, told from top to bottom.
async fn render(web: &Web, visit: &Visit, stored: StoredAppeal, opened: bool) -> Result<Response, Problem> {
    let (region, id) = (visit.region_code()?, stored.appeal.id);
    let store = &web.app.store;
    let known: Dictionaries = web.app.rules.dictionaries(&visit.region()?.dictionaries).await?;
    let names = Names { dictionaries: &known, lang: visit.lang() };
    let decisions = store.decisions(region, id).await?;
    let releases = why::releases(store, region, &decisions).await?;
    let events = store.events(region, id).await?;
    let drafts = store.answer_drafts(region, id).await?;
    let standings = store.standings(region, id).await?;
    let content = if opened { stored.appeal.content.clone() } else { masked(&stored.appeal.content) };
    let hidden = stored.appeal.content.applicant.identifying();
    let page = visit.page_titled(visit.lang().with(
        "appeal-title",
        &[("number", content.external_id.clone().unwrap_or_else(|| short(&id.to_string())).into())],
    ));
    let several = content.questions.len() > 1;
    let today = local_date(page.now, page.zone);
    let mut questions = Vec::new();
    for row in &stored.questions {
        let verdict = &row.verdict;
        let steps = why::steps(&page, &names, &releases, verdict, &decisions);
        let own = content.question_text(usize::try_from(verdict.question).unwrap_or(0));
        let standing = standings.iter().find(|standing| standing.question == verdict.question);
        let draft = drafts.iter().find(|draft| draft.question == verdict.question);
        questions.push(Asked {
            number: verdict.question,
            text: if several { pieces(own, &why::evidence(&steps)) } else { Vec::new() },
            state: words::state(page.lang, verdict.state),
            state_class: words::state_class(verdict.state),
            review: verdict.needs_review && verdict.state != State::NeedsPerson,
            category: verdict.category.as_ref().map(|c| names.category(c.as_str())).unwrap_or_default(),
            block: verdict.category.as_ref().and_then(|c| names.block_of(c)).unwrap_or_default(),
            category_by: verdict.category_source.map(|s| words::source(page.lang, s)).unwrap_or_default(),
            confidence: verdict.confidence.map(|c| super::format::percent(f64::from(c), page.lang)),
            body: verdict.body.as_ref().map(|c| names.body_in_full(c)).unwrap_or_default(),
            body_by: verdict.body_source.map(|s| words::source(page.lang, s)).unwrap_or_default(),
            priority: words::priority(page.lang, verdict.priority),
            ask: verdict.ask.as_deref().map(|ask| mask(ask, &hidden).into_owned()).unwrap_or_default(),
            terms: terms(&page, row, standing),
            mark: standing.and_then(|standing| standing.mark),
            forms: forms::forms(visit, &page, &names, row, standing, draft, today),
            steps,
        });
    }
    let evidence: Vec<&str> = {
        let mut seen = HashSet::new();
        let all = questions.iter().flat_map(|question| why::evidence(&question.steps));
        all.filter(|word| seen.insert(*word)).collect()
    };
    let text = pieces(&content.text, &evidence);
    let municipality = content.place.municipality.as_ref().map(|code| code.as_str());
    let near = match content.place.address.as_deref().filter(|address| !address.trim().is_empty()) {
        Some(address) => store.neighbours(region, (municipality, address), id, NEIGHBOURS).await?,
        None => Vec::new(),
    };
    let map = match content.place.point {
        Some(here) => Some(place::map(here, &store.recent_points(region, MAP_POINTS).await?)),
        None => None,
    };
    let near_query = form_urlencoded::Serializer::new(String::new())
        .append_pair("q", content.place.address.as_deref().unwrap_or_default())
        .finish();
    let template = AppealPage {
        id: id.to_string(),
        number: content.external_id.clone().unwrap_or_default(),
        channel: words::channel(page.lang, content.channel.as_str()),
        regime: words::regime(page.lang, content.regime.as_str()),
        applicant: words::applicant(page.lang, content.applicant.kind),
        received_at: content.received_at,
        stored_at: stored.created_at,
        municipality: content.place.municipality.as_ref().map(|code| names.municipality(code)).unwrap_or_default(),
        district: content.place.district.clone().unwrap_or_default(),
        address: content.place.address.clone().unwrap_or_default(),
        attachments: content
            .attachments
            .iter()
            .map(|a| (a.name.clone(), a.media_type.clone(), size(&page, a.size)))
            .collect(),
        attributes: content.attributes.clone().into_iter().collect(),
        near: near.into_iter().map(|one| nearby(&page, &names, one)).collect(),
        near_href: page.at(&format!("queue?{near_query}")),
        history: history::happenings(&page, &names, &stored, &events, &hidden),
        person: opened.then(|| person(&page, &stored)),
        may_open: !opened && visit.may(Action::ReadPersonalData).is_some(),
        may_replay: visit.may(Action::Replay).is_some(),
        waiting: stored.questions.is_empty(),
        text,
        questions,
        map,
        page,
    };
    visit.html(&template)
}

/// The end of an id: what people read to each other.
fn short(id: &str) -> String {
    id.chars().skip(24).collect()
}

fn nearby(page: &Page, names: &Names<'_>, one: Neighbour) -> Near {
    let state = one.state.unwrap_or(State::Received);
    Near {
        href: page.at(&format!("appeals/{}", one.id)),
        received_at: one.received_at,
        category: one.category.map(|code| names.category(code.as_str())).unwrap_or_default(),
        state: words::state(page.lang, state),
        state_class: words::state_class(state),
        repeated: one.repeated,
    }
}
