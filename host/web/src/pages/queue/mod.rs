//! The operator's queue: what is there, filtered, counted, live.

mod bulk;
mod filter;
mod live;
mod views;

use askama::Template;
use axum::extract::{RawQuery, State as FromState};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use veche_app::store::{Cursor, Page as Found, QueueCounts, QueueView, StoredAppeal};
use veche_domain::access::{Action, Scope};
use veche_domain::calendar::local_date;
use veche_domain::decision::{ClockKind, Priority, State};
use veche_domain::dictionary::Dictionaries;
use veche_domain::mask::masked;

use super::form::Form;
use super::visit::{Page, Visit};
use super::words::{self, Names};
use super::{PageRoute, guarded};
use crate::Web;
use crate::problem::Problem;

use filter::{Conditions, Show};

/// Rows of a page.
const ROWS: usize = 50;
/// Characters of an appeal's text that are looked at for a row, and those that it shows.
const LOOKED_AT: usize = 700;
const SHOWN: usize = 220;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET", "/regions/{region}/queue", Action::ReadAppeals, get(queue)),
        guarded("GET", "/regions/{region}/queue/counts", Action::ReadAppeals, get(live::counts)),
        guarded("GET", "/regions/{region}/queue/events", Action::ReadAppeals, get(live::events)),
        guarded("POST", "/regions/{region}/queue/correct", Action::Correct, post(bulk::apply)),
        guarded("POST", "/regions/{region}/queue/views", Action::ReadAppeals, post(views::keep)),
        guarded("POST", "/regions/{region}/queue/views/forget", Action::ReadAppeals, post(views::forget)),
    ]
}

/// A tab.
pub(super) struct Tab {
    href: String,
    label: String,
    count: u64,
    current: bool,
    late: bool,
}

/// A row.
pub(super) struct Row {
    id: String,
    href: String,
    number: String,
    received_at: DateTime<Utc>,
    text: String,
    place: String,
    channel: String,
    category: String,
    block: String,
    body: String,
    state: String,
    state_class: &'static str,
    priority: String,
    due: Option<DateTime<Utc>>,
    late: bool,
    review: bool,
    more: usize,
}

/// What can be chosen in a filter: code, name, whether it is chosen.
type Choice = (String, String, bool);

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    page: Page,
    conditions: Conditions,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    next: Option<String>,
    first: Option<String>,
    blocks: Vec<Choice>,
    categories: Vec<(String, Vec<Choice>)>,
    bodies: Vec<Choice>,
    municipalities: Vec<Choice>,
    channels: Vec<Choice>,
    views: Vec<(QueueView, bool)>,
    reset: String,
    events: String,
    counts: String,
    query: String,
    has_appeals: bool,
    may_correct: bool,
}

/// Channels that are offered in the filter; another one can be typed into the address.
const CHANNELS: [&str; 8] = ["pos", "portal", "social", "max", "phone", "email", "reception", "letter"];

fn choices(all: Vec<(String, String)>, chosen: &str) -> Vec<Choice> {
    all.into_iter().map(|(code, name)| (code.clone(), name, code == chosen)).collect()
}

async fn dictionaries(web: &Web, visit: &Visit) -> Result<Dictionaries, Problem> {
    Ok(web.app.rules.dictionaries(&visit.region()?.dictionaries).await?)
}

/// Counts of what the visitor sees.
async fn counted(web: &Web, visit: &Visit, known: &Dictionaries, scope: &Scope) -> Result<QueueCounts, Problem> {
    let own = known.data().categories.iter().filter(|category| scope.covers(Some(&category.block)));
    let categories = if *scope == Scope::Region { Vec::new() } else { own.map(|c| c.code.clone()).collect() };
    if categories.is_empty() && *scope != Scope::Region {
        return Ok(QueueCounts::default());
    }
    Ok(web.app.store.queue_counts(visit.region_code()?, &categories, Utc::now()).await?)
}

fn tabs(visit: &Visit, conditions: &Conditions, counts: &QueueCounts, path: &str) -> Vec<Tab> {
    let tab = |show: Show| {
        let (label, count) = match show {
            Show::All => (visit.lang().t("queue-tab-all"), counts.total()),
            Show::Review => (visit.lang().t("queue-tab-review"), counts.review),
            Show::Overdue => (visit.lang().t("queue-tab-overdue"), counts.overdue),
            Show::State(state) => (words::state(visit.lang(), state), counts.of(state)),
        };
        Tab {
            href: format!("{path}?{}", conditions.shown(show).query(&[])),
            label,
            count,
            current: conditions.show == show,
            late: show == Show::Overdue && count > 0,
        }
    };
    Show::ALL.into_iter().map(tab).collect()
}

/// The beginning of a text: personal data masked before it is cut, so that a cut shows no half of them.
fn beginning(item: &StoredAppeal) -> String {
    let mut head = item.appeal.content.clone();
    head.text = head.text.chars().take(LOOKED_AT).collect();
    head.questions.clear();
    let text = masked(&head).text;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().nth(SHOWN).is_none() {
        return line;
    }
    let cut: String = line.chars().take(SHOWN).collect();
    let end = cut.rfind(' ').filter(|end| *end > SHOWN / 2).unwrap_or(cut.len());
    format!("{}…", cut.get(..end).unwrap_or(&cut))
}

fn row(page: &Page, names: &Names<'_>, item: &StoredAppeal) -> Row {
    let content = &item.appeal.content;
    let first = item.questions.first().map(|question| &question.verdict);
    let open = item.questions.iter().map(|q| &q.verdict).filter(|v| v.state < State::Answered);
    let running = |kind| matches!(kind, ClockKind::FirstReaction | ClockKind::Answer | ClockKind::Extension);
    let due = open.flat_map(|v| v.clocks.iter()).filter(|clock| running(clock.kind)).map(|clock| clock.due).min();
    let state = item.state();
    let urgent = first.map(|verdict| verdict.priority).filter(|priority| *priority > Priority::Normal);
    let municipality = content.place.municipality.as_ref().map(|code| names.municipality(code));
    let category = first.and_then(|verdict| verdict.category.as_ref());
    Row {
        id: item.appeal.id.to_string(),
        href: page.at(&format!("appeals/{}", item.appeal.id)),
        number: content.external_id.clone().unwrap_or_default(),
        received_at: content.received_at,
        text: beginning(item),
        place: municipality.into_iter().chain(content.place.address.clone()).collect::<Vec<_>>().join(", "),
        channel: words::channel(page.lang, content.channel.as_str()),
        category: category.map(|code| names.category(code.as_str())).unwrap_or_default(),
        block: category.and_then(|code| names.block_of(code)).unwrap_or_default(),
        body: first.and_then(|v| v.body.as_ref()).map(|code| names.body(code.as_str())).unwrap_or_default(),
        state: words::state(page.lang, state),
        state_class: words::state_class(state),
        priority: urgent.map(|priority| words::priority(page.lang, priority)).unwrap_or_default(),
        late: due.is_some_and(|due| due < page.now),
        due,
        review: state != State::NeedsPerson && item.questions.iter().any(|q| q.verdict.needs_review),
        more: item.questions.len().saturating_sub(1),
    }
}

async fn queue(FromState(web): FromState<Web>, visit: Visit, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let raw = raw.unwrap_or_default();
    let conditions = Conditions::of(&raw);
    let known = dictionaries(&web, &visit).await?;
    let (region, access) = (visit.region_code()?.clone(), visit.access()?);
    let (scope, now) = (access.scope(), Utc::now());
    let page = visit.page("queue-title");
    let path = page.at("queue");
    // A number of the host itself leads to its appeal.
    if let Ok(id) = uuid::Uuid::parse_str(&conditions.search) {
        return Ok(super::visit::go(&page.at(&format!("appeals/{id}")), None));
    }
    let cursor = Form::parse(raw.as_bytes()).given("cursor").and_then(|text| text.parse::<Cursor>().ok());
    let filter = conditions.filter(&known, scope, now)?;
    let found = web.app.store.appeals(&region, &filter, cursor, ROWS).await?;
    let counts = counted(&web, &visit, &known, scope).await?;
    let account = access.caller.session.as_ref().map(|(_, account)| account.id);
    let views = match account {
        Some(account) => web.app.store.queue_views(account, &region).await?,
        None => Vec::new(),
    };
    let names = Names { dictionaries: &known, lang: visit.lang() };
    let Found { items, next } = found;
    let today = local_date(now, page.zone);
    let visible = |category: &veche_domain::dictionary::Category| {
        scope.covers(Some(&category.block))
            && (conditions.block.is_empty() || category.block.as_str() == conditions.block)
    };
    let own_blocks: Vec<_> = known.data().blocks.iter().filter(|b| scope.covers(Some(&b.code))).collect();
    let blocks = names.blocks().into_iter().filter(|(code, _)| own_blocks.iter().any(|b| b.code.as_str() == code));
    let categories = names.categories(today, &visible).into_iter();
    let channels = CHANNELS.map(|code| (code.to_owned(), words::channel(visit.lang(), code))).to_vec();
    let query = conditions.query(&[]);
    // New is what comes after the first page; on a later one, what comes after this moment.
    let first_page = items.first().filter(|_| cursor.is_none()).map(|item| item.appeal.content.received_at);
    let newest = first_page.or(cursor.map(|_| now)).map(|at| at.timestamp_micros().to_string());
    let template = QueuePage {
        tabs: tabs(&visit, &conditions, &counts, &path),
        rows: items.iter().map(|item| row(&page, &names, item)).collect(),
        next: next.map(|cursor| format!("{path}?{}", conditions.query(&[("cursor", &cursor.to_string())]))),
        first: cursor.map(|_| format!("{path}?{query}")),
        blocks: choices(blocks.collect(), &conditions.block),
        categories: categories.map(|(block, all)| (block, choices(all, &conditions.category))).collect(),
        bodies: choices(names.bodies(), &conditions.body),
        municipalities: choices(names.municipalities(), &conditions.municipality),
        channels: choices(channels, &conditions.channel),
        views: views.into_iter().map(|view| (view.clone(), view.query == query)).collect(),
        reset: format!("{path}?{}", Conditions::default().shown(conditions.show).query(&[])),
        events: page.at("queue/events"),
        counts: format!("{}?{}", page.at("queue/counts"), conditions.query(&[("since", &newest.unwrap_or_default())])),
        has_appeals: counts.total() > 0,
        may_correct: visit.may(Action::Correct).is_some(),
        query,
        conditions,
        page,
    };
    visit.html(&template)
}
