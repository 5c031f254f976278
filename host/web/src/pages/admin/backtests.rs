//! Back-tests: a draft and the active ruleset over stored history, watched while they run.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use chrono::{DateTime, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;
use futures_util::{Stream, stream};
use uuid::Uuid;
use veche_app::AppError;
use veche_app::backtest::{self, Agreement, Group, Report, Request};
use veche_app::store::BacktestRow;
use veche_domain::access::Action;
use veche_domain::appeal::AppealId;
use veche_domain::code::RegionCode;
use veche_domain::decision::{ClockKind, Priority, State as Standing};
use veche_domain::lifecycle::JobState;
use veche_domain::mask::masked;

use super::drafts::{FaultLine, fault_lines};
use super::rulesets::{DraftLine, draft_lines};
use super::{id_of, texts};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::format;
use crate::pages::messages::Lang;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::{self, Names};
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

/// Back-tests of a list.
const JOBS: i64 = 100;
/// Groups of changes that are shown, and those with their examples.
const GROUPS: usize = 40;
const WITH_EXAMPLES: usize = 10;
/// Characters of an example's text.
const EXCERPT: usize = 240;
/// How often a running back-test is looked at for one page, and how many times before the browser connects anew.
const PULSE: Duration = Duration::from_secs(1);
const LOOKS: u32 = 600;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET POST", "/regions/{region}/backtests", Action::BacktestRules, get(list).post(create)),
        guarded("GET", "/regions/{region}/backtests/{id}", Action::BacktestRules, get(show)),
        guarded("GET", "/regions/{region}/backtests/{id}/events", Action::BacktestRules, get(events)),
        guarded("POST", "/regions/{region}/backtests/{id}/cancel", Action::BacktestRules, post(cancel)),
    ]
}

/// A back-test in a list.
pub(super) struct JobLine {
    pub(super) id: Uuid,
    pub(super) state: String,
    pub(super) state_class: &'static str,
    pub(super) draft: String,
    pub(super) span: String,
    pub(super) done: u64,
    pub(super) total: u64,
    pub(super) changed: String,
    pub(super) at: DateTime<Utc>,
    pub(super) by: String,
}

fn span(visit: &Visit, page: &Page, row: &BacktestRow) -> String {
    let zone = page.zone;
    let from = if row.since == DateTime::UNIX_EPOCH {
        visit.lang().t("admin-backtest-from-start")
    } else {
        format::short_day(row.since.with_timezone(&zone).date_naive(), visit.lang())
    };
    format!("{from} – {}", format::short_day(row.until.with_timezone(&zone).date_naive(), visit.lang()))
}

fn report(row: &BacktestRow) -> Report {
    serde_json::from_value(row.report.clone()).unwrap_or_default()
}

/// Back-tests of a draft, or of the region, newest first.
pub(super) async fn jobs_of(web: &Web, visit: &Visit, draft: Option<Uuid>) -> Result<Vec<JobLine>, Problem> {
    let (lang, region) = (visit.lang(), visit.region_code()?);
    let page = visit.page("admin-backtests-title");
    let titles: std::collections::HashMap<Uuid, String> =
        web.app.store.drafts(region).await?.into_iter().map(|d| (d.id, d.title)).collect();
    let rows = web.app.store.backtests(region, JOBS).await?;
    let own = rows.into_iter().filter(|row| draft.is_none() || row.draft == draft);
    Ok(own
        .map(|row| {
            let report = report(&row);
            let changed = report.questions - report.unchanged.min(report.questions);
            JobLine {
                id: row.id,
                state: texts::job(lang, row.state),
                state_class: texts::job_class(row.state),
                draft: row.draft.and_then(|id| titles.get(&id).cloned()).unwrap_or_else(|| lang.t("admin-draft-gone")),
                span: span(visit, &page, &row),
                done: row.done,
                total: row.total,
                changed: share(lang, changed, report.questions),
                at: row.created_at,
                by: texts::actor(lang, row.requested_by.as_deref()),
            }
        })
        .collect())
}

#[allow(clippy::cast_precision_loss)] // Counts are far below 2^52.
fn share(lang: Lang, part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { format::percent(part as f64 / whole as f64, lang) }
}

#[derive(Template)]
#[template(path = "admin/backtests.html")]
struct ListPage {
    page: Page,
    jobs: Vec<JobLine>,
    drafts: Vec<DraftLine>,
    chosen: String,
    since: String,
    until: String,
    wrong: String,
    faults: Vec<FaultLine>,
}

async fn list_page(
    web: &Web,
    visit: &Visit,
    form: &Form,
    wrong: String,
    faults: Vec<FaultLine>,
) -> Result<ListPage, Problem> {
    Ok(ListPage {
        page: visit.page("admin-backtests-title"),
        jobs: jobs_of(web, visit, None).await?,
        drafts: draft_lines(web, visit).await?,
        chosen: form.text("draft"),
        since: form.text("since"),
        until: form.text("until"),
        wrong,
        faults,
    })
}

async fn list(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    visit.html(&list_page(&web, &visit, &Form::default(), String::new(), Vec::new()).await?)
}

/// The beginning of a day in the region.
fn midnight(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let start = day.and_time(chrono::NaiveTime::MIN);
    let local = zone.from_local_datetime(&start).earliest();
    local.map_or_else(|| start.and_utc(), |local| local.with_timezone(&Utc))
}

/// A day of a form: none if it was left out, an error if it is none.
fn typed_day(form: &Form, field: &str) -> Result<Option<NaiveDate>, ()> {
    form.given(field).map(|text| text.parse::<NaiveDate>().map_err(|_| ())).transpose()
}

async fn create(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let (lang, row) = (visit.lang(), visit.region()?);
    let (region, zone) = (&row.region.code, row.region.time_zone);
    let again = async |wrong: String, faults: Vec<FaultLine>| {
        let page = list_page(&web, &visit, &form, wrong, faults).await?;
        visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
    };
    let (Ok(since), Ok(until)) = (typed_day(&form, "since"), typed_day(&form, "until")) else {
        return again(lang.t("admin-backtest-days-wrong"), Vec::new()).await;
    };
    let Ok(draft) = Uuid::parse_str(&form.text("draft")) else {
        return again(lang.t("admin-backtest-choose"), Vec::new()).await;
    };
    let request = Request {
        draft,
        since: since.map(|day| midnight(day, zone)),
        until: until.and_then(|day| day.succ_opt()).map(|day| midnight(day, zone)),
    };
    match backtest::request(&web.app, region, request, &visit.access()?.actor()).await {
        Ok(job) => Ok(visit.go(&format!("/regions/{region}/backtests/{}", job.id), "admin-backtest-asked")),
        Err(AppError::Invalid { field: "since", .. }) => again(lang.t("admin-backtest-days-wrong"), Vec::new()).await,
        Err(AppError::Draft(faults)) => again(lang.t("admin-draft-faults"), fault_lines(&visit, &faults)).await,
        Err(error) => Err(error.into()),
    }
}

/// An example of a change.
struct Example {
    id: String,
    text: String,
}

/// Changes of one sort.
struct Change {
    what: String,
    from: String,
    to: String,
    count: u64,
    share: String,
    examples: Vec<Example>,
}

/// A number of both rulesets.
struct Row {
    name: String,
    active: String,
    draft: String,
}

struct Counted {
    name: String,
    count: u64,
    share: String,
}

#[derive(Template)]
#[template(path = "admin/backtest.html")]
struct JobPage {
    page: Page,
    id: Uuid,
    draft: Option<Uuid>,
    draft_title: String,
    span: String,
    by: String,
    at: DateTime<Utc>,
    progress: Progress,
    events: String,
    running: bool,
}

#[derive(Template)]
#[template(path = "admin/backtest_part.html")]
struct Part {
    page: Page,
    progress: Progress,
}

/// Everything that moves while it runs.
struct Progress {
    state: String,
    state_class: &'static str,
    running: bool,
    done: u64,
    total: u64,
    percent: u64,
    rate: String,
    error: String,
    questions: u64,
    unchanged: String,
    counted: Vec<Counted>,
    rows: Vec<Row>,
    faults: Vec<(String, u64, u64)>,
    changes: Vec<Change>,
    left_out: u64,
    unsteady: u64,
    may_read: bool,
    cancel: String,
}

/// Names of what a report counts by code.
struct Said<'s> {
    names: Names<'s>,
    lang: Lang,
}

impl Said<'_> {
    fn what(&self, what: &str) -> String {
        match what.split_once(' ') {
            Some(("clock", kind)) => match ClockKind::from_code(kind) {
                Some(kind) => self.lang.t(&format!("clock-{}", kind.as_str().replace('_', "-"))),
                None => what.to_owned(),
            },
            _ => self.lang.t(&format!("admin-change-{what}")),
        }
    }

    fn value(&self, what: &str, code: &str) -> String {
        let lang = self.lang;
        match (what, code) {
            (_, "") => lang.t("admin-nothing"),
            ("category", code) => self.names.category(code),
            ("body", code) => self.names.body(code),
            ("priority", code) => {
                Priority::from_code(code).map_or_else(|| code.to_owned(), |p| words::priority(lang, p))
            }
            ("state", code) => Standing::from_code(code).map_or_else(|| code.to_owned(), |s| words::state(lang, s)),
            (_, "set") => lang.t("admin-clock-set"),
            (_, shift) => {
                let (number, unit) = shift.split_once(' ').unwrap_or((shift, ""));
                let key = format!("admin-shift-{unit}");
                if lang.knows(&key) {
                    lang.with(&key, &[("number", number.replace('-', "−").into())])
                } else {
                    shift.to_owned()
                }
            }
        }
    }
}

fn agreement(lang: Lang, agreement: &Agreement, by_people: bool) -> String {
    let (right, of) =
        if by_people { (agreement.right_people, agreement.of_people) } else { (agreement.right, agreement.of) };
    let said = [("part", texts::number(lang, right).into()), ("whole", texts::number(lang, of).into())];
    format!("{} {}", share(lang, right, of), lang.with("admin-of", &said))
}

fn rows(lang: Lang, report: &Report) -> Vec<Row> {
    let (active, draft) = (&report.active, &report.draft);
    let row = |key: &str, a: String, d: String| Row { name: lang.t(key), active: a, draft: d };
    let per = |sum: u64, of: u64| sum.checked_div(of).unwrap_or(0);
    let each = |side: &backtest::Side| texts::number(lang, per(side.fuel, side.calls));
    let time =
        |side: &backtest::Side| texts::micros(lang, i64::try_from(per(side.calls_us, side.calls)).unwrap_or(i64::MAX));
    let manual = |side: &backtest::Side| share(lang, side.manual, report.questions);
    let faults = |side: &backtest::Side| {
        format!("{} ({})", texts::number(lang, side.faulted()), share(lang, side.faulted(), side.calls))
    };
    vec![
        row("admin-agree-category", agreement(lang, &active.category, false), agreement(lang, &draft.category, false)),
        row(
            "admin-agree-category-people",
            agreement(lang, &active.category, true),
            agreement(lang, &draft.category, true),
        ),
        row("admin-agree-body", agreement(lang, &active.body, false), agreement(lang, &draft.body, false)),
        row("admin-agree-body-people", agreement(lang, &active.body, true), agreement(lang, &draft.body, true)),
        row("admin-compare-manual", manual(active), manual(draft)),
        row("admin-compare-calls", texts::number(lang, active.calls), texts::number(lang, draft.calls)),
        row("admin-compare-faults", faults(active), faults(draft)),
        row("admin-compare-fuel", each(active), each(draft)),
        row("admin-compare-time", time(active), time(draft)),
    ]
}

async fn examples(web: &Web, region: &RegionCode, group: &Group) -> Result<Vec<Example>, Problem> {
    let mut examples = Vec::new();
    for id in group.examples.iter().take(3) {
        let AppealId(uuid) = *id;
        let Some(stored) = web.app.store.appeal(region, *id).await? else { continue };
        let text = masked(&stored.appeal.content).text;
        let excerpt: String = text.chars().take(EXCERPT).collect();
        let more = if text.chars().nth(EXCERPT).is_some() { "…" } else { "" };
        examples.push(Example { id: uuid.to_string(), text: format!("{excerpt}{more}") });
    }
    Ok(examples)
}

async fn progress(web: &Web, visit: &Visit, row: &BacktestRow) -> Result<Progress, Problem> {
    let (lang, region) = (visit.lang(), visit.region()?);
    let report = report(row);
    let dictionaries = web.app.rules.dictionaries(&region.dictionaries).await?;
    let said = Said { names: Names { dictionaries: &dictionaries, lang }, lang };
    // Masked texts, and these only for those who may read appeals.
    let may_read = visit.may(Action::ReadAppeals).is_some_and(|scope| scope == veche_domain::access::Scope::Region);
    let mut changes = Vec::new();
    for (i, group) in report.groups.iter().take(GROUPS).enumerate() {
        let with_examples = may_read && i < WITH_EXAMPLES;
        changes.push(Change {
            what: said.what(&group.what),
            from: said.value(&group.what, &group.from),
            to: said.value(&group.what, &group.to),
            count: group.count,
            share: share(lang, group.count, report.questions),
            examples: if with_examples { examples(web, &region.region.code, group).await? } else { Vec::new() },
        });
    }
    let counted =
        |key: &str, count: u64| Counted { name: lang.t(key), count, share: share(lang, count, report.questions) };
    let kinds: std::collections::BTreeSet<&String> =
        report.active.faults.keys().chain(report.draft.faults.keys()).collect();
    let count = |side: &backtest::Side, key: &String| side.faults.get(key).copied().unwrap_or(0);
    let fault_name = |key: &str| match key.rsplit_once(": ") {
        Some((binding, outcome)) => format!("{binding}: {}", texts::outcome_code(lang, outcome)),
        None => key.to_owned(),
    };
    let shown_groups: u64 = report.groups.iter().skip(GROUPS).map(|group| group.count).sum();
    #[allow(clippy::cast_possible_truncation)] // Appeals a second, shown whole.
    let rate = format::number(report.rate().round() as i64, lang);
    Ok(Progress {
        state: texts::job(lang, row.state),
        state_class: texts::job_class(row.state),
        running: is_running(row.state),
        done: row.done,
        total: row.total,
        percent: (row.done * 100).checked_div(row.total).unwrap_or(if is_running(row.state) { 0 } else { 100 }),
        rate,
        error: row.error.clone().unwrap_or_default(),
        questions: report.questions,
        unchanged: share(lang, report.unchanged, report.questions),
        counted: vec![
            counted("admin-change-category", report.changed.category),
            counted("admin-change-body", report.changed.body),
            counted("admin-change-priority", report.changed.priority),
            counted("admin-change-clocks", report.changed.clocks),
            counted("admin-change-state", report.changed.state),
        ],
        rows: rows(lang, &report),
        faults: kinds.into_iter().map(|k| (fault_name(k), count(&report.active, k), count(&report.draft, k))).collect(),
        left_out: report.left_out + shown_groups,
        unsteady: report.unsteady,
        may_read,
        cancel: format!("/regions/{}/backtests/{}/cancel", region.region.code, row.id),
        changes,
    })
}

fn is_running(state: JobState) -> bool {
    matches!(state, JobState::Waiting | JobState::Running)
}

async fn show(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (lang, region) = (visit.lang(), visit.region_code()?);
    let row = backtest::find(&web.app, region, id_of(&id, "back-test")?).await?;
    let progress = progress(&web, &visit, &row).await?;
    let page = visit.page("admin-backtest-title");
    if visit.look.partial {
        return visit.html(&Part { page, progress });
    }
    let draft = match row.draft {
        Some(id) => web.app.store.draft(region, id).await?,
        None => None,
    };
    visit.html(&JobPage {
        id: row.id,
        draft: draft.as_ref().map(|draft| draft.id),
        draft_title: draft.map_or_else(|| lang.t("admin-draft-gone"), |draft| draft.title),
        span: span(&visit, &page, &row),
        by: texts::actor(lang, row.requested_by.as_deref()),
        at: row.created_at,
        events: page.at(&format!("backtests/{}/events", row.id)),
        running: is_running(row.state),
        progress,
        page,
    })
}

struct Watch {
    web: Web,
    region: RegionCode,
    id: Uuid,
    last: Option<(JobState, u64)>,
    looks: u32,
}

/// `changed` whenever the back-test got on; the last one says `over` as well.
async fn events(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (region, id) = (visit.region_code()?.clone(), id_of(&id, "back-test")?);
    backtest::find(&web.app, &region, id).await?;
    let watch = Watch { web, region, id, last: None, looks: 0 };
    let sse = Sse::new(pulses(watch)).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)));
    let mut response = sse.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn pulses(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(watch, |mut watch| async move {
        while watch.looks < LOOKS {
            watch.looks += 1;
            if watch.last.is_some() {
                tokio::select! {
                    () = watch.web.stop.cancelled() => return None,
                    () = tokio::time::sleep(PULSE) => {}
                }
            }
            let now = match backtest::find(&watch.web.app, &watch.region, watch.id).await {
                Ok(row) => (row.state, row.done),
                Err(error) => {
                    tracing::warn!(backtest.id = %watch.id, %error, "the progress of a back-test cannot be read");
                    return None;
                }
            };
            let over = !is_running(now.0);
            if watch.last.is_some_and(|(state, _)| !is_running(state)) {
                // The page has asked for the last state by now. An event without data is none.
                watch.looks = LOOKS;
                return Some((Ok(Event::default().event("over").data("over")), watch));
            }
            if watch.last != Some(now) {
                watch.last = Some(now);
                let data = if over { "over" } else { "on" };
                return Some((Ok(Event::default().event("changed").data(data)), watch));
            }
        }
        None
    })
}

async fn cancel(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (region, id) = (visit.region_code()?, id_of(&id, "back-test")?);
    let path = format!("/regions/{region}/backtests/{id}");
    match backtest::cancel(&web.app, region, id).await {
        Ok(()) => Ok(visit.go(&path, "admin-backtest-cancelled")),
        Err(AppError::Invalid { .. }) => Ok(visit.go_warned(&path, "admin-backtest-over")),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_a_form_begin_at_midnight_of_the_region() {
        let day = NaiveDate::default();
        assert_eq!(midnight(day, chrono_tz::Europe::Moscow).to_rfc3339(), "1969-12-31T21:00:00+00:00");
        assert_eq!(typed_day(&Form::parse(b"since=2026-02-30"), "since"), Err(()));
        assert_eq!(typed_day(&Form::parse(b"since="), "since"), Ok(None));
    }
}
