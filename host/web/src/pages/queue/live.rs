//! Live updates: a pulse by server-sent events, and the counts that the page then asks for. Rows never move by themselves.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use axum::extract::{RawQuery, State as FromState};
use axum::http::{HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use futures_util::{Stream, stream};
use uuid::Uuid;
use veche_domain::appeal::AppealId;

use super::filter::Conditions;
use super::{Tab, counted, dictionaries, tabs};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::{Page, Visit};
use crate::problem::Problem;

/// How often the store is looked at for one page.
const PULSE: Duration = Duration::from_secs(2);
/// After so many looks the browser connects anew, and its session is checked.
const LOOKS: u32 = 300;
/// More new rows than this are not counted.
const MOST_NEW: usize = 99;

struct Watch {
    web: Web,
    last: Option<Uuid>,
    looks: u32,
}

/// The pulse of the queue: an event `changed` when something happened.
pub(super) async fn events(FromState(web): FromState<Web>, visit: Visit) -> Result<Response, Problem> {
    visit.access()?;
    let last = web.app.store.pulse().await?;
    let sse =
        Sse::new(pulses(Watch { web, last, looks: 0 })).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)));
    let mut response = sse.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn pulses(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(watch, |mut watch| async move {
        while watch.looks < LOOKS {
            watch.looks += 1;
            tokio::select! {
                () = watch.web.stop.cancelled() => return None,
                () = tokio::time::sleep(PULSE) => {}
            }
            match watch.web.app.store.pulse().await {
                Ok(now) if now != watch.last => {
                    watch.last = now;
                    let id = now.map(|id| id.simple().to_string()).unwrap_or_default();
                    return Some((Ok(Event::default().event("changed").data(id)), watch));
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "the pulse of the queue cannot be read");
                    return None;
                }
            }
        }
        None
    })
}

#[derive(Template)]
#[template(path = "queue_counts.html")]
struct Counts {
    page: Page,
    tabs: Vec<Tab>,
    news: usize,
    many: bool,
    reload: String,
}

/// The tabs with their counts, and how many appeals came since the page was shown.
pub(super) async fn counts(
    FromState(web): FromState<Web>,
    visit: Visit,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let raw = raw.unwrap_or_default();
    let conditions = Conditions::of(&raw);
    let known = dictionaries(&web, &visit).await?;
    let scope = visit.access()?.scope();
    let counts = counted(&web, &visit, &known, scope).await?;
    let page = visit.page("queue-title");
    let path = page.at("queue");
    let since = Form::parse(raw.as_bytes()).text("since").parse::<i64>().ok().unwrap_or(0);
    let mut filter = conditions.filter(&known, scope, Utc::now())?;
    filter.received_from = chrono::DateTime::from_timestamp_micros(since.saturating_add(1));
    let new = web.app.store.appeal_ids(visit.region_code()?, &filter, MOST_NEW + 1).await?;
    let news = Vec::<AppealId>::len(&new);
    let template = Counts {
        tabs: tabs(&visit, &conditions, &counts, &path),
        news: news.min(MOST_NEW),
        many: news > MOST_NEW,
        reload: format!("{path}?{}", conditions.query(&[])),
        page,
    };
    visit.html(&template)
}
