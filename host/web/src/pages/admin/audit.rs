//! The log of the region: newest first, filtered, and checked whole.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Duration, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;
use veche_app::store::{AuditFilter, AuditRow};
use veche_domain::access::Action;
use veche_domain::audit::Chain;

use super::texts;
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::{Page, Visit};
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

/// Entries of a page.
const ROWS: i64 = 100;

/// Deeds that the filter offers, in the order of how often people ask for them.
const DEEDS: [&str; 22] = [
    "correct",
    "activate_ruleset",
    "change_rules",
    "upload_release",
    "read_personal_data",
    "sign_in",
    "lock_out",
    "end_sessions",
    "create_account",
    "change_account",
    "create_token",
    "revoke_token",
    "request_export",
    "cancel_export",
    "fetch_export",
    "change_indicators",
    "move_passport",
    "change_rating",
    "load_region",
    "export_person",
    "erase_person",
    "rotate_keys",
];

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET", "/regions/{region}/audit", Action::ReadAudit, get(list)),
        guarded("POST", "/regions/{region}/audit/check", Action::ReadAudit, post(check)),
    ]
}

struct Line {
    seq: i64,
    at: DateTime<Utc>,
    by: String,
    deed: String,
    target: String,
    details: Vec<(String, String)>,
    before: String,
    after: String,
    digest: String,
    request: String,
    has_private: bool,
}

/// What a check of the whole log found.
struct Verdict {
    whole: bool,
    entries: i64,
    digest: String,
    erased: i64,
    faults: Vec<String>,
}

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct AuditPage {
    page: Page,
    rows: Vec<Line>,
    deeds: Vec<(&'static str, String, bool)>,
    actor: String,
    target: String,
    from: String,
    to: String,
    narrows: bool,
    older: Option<String>,
    newest: Option<String>,
    verdict: Option<Verdict>,
    wrong: String,
}

fn line(visit: &Visit, row: AuditRow) -> Line {
    let (lang, entry) = (visit.lang(), row.entry);
    Line {
        seq: entry.seq,
        at: entry.at,
        by: texts::actor(lang, Some(&entry.actor)),
        deed: texts::deed(lang, &entry.deed),
        target: entry.target,
        details: entry.details.into_iter().collect(),
        before: entry.before.map(|digest| digest.short()).unwrap_or_default(),
        after: entry.after.map(|digest| digest.short()).unwrap_or_default(),
        digest: entry.digest.to_string(),
        request: entry.request.unwrap_or_default(),
        has_private: entry.private.is_some(),
    }
}

fn midnight(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let start = day.and_time(chrono::NaiveTime::MIN);
    zone.from_local_datetime(&start).earliest().map_or_else(|| start.and_utc(), |local| local.with_timezone(&Utc))
}

/// Who is meant: a login is what people know; anything with a colon stands as it is.
fn actor_of(typed: &str) -> String {
    let whole = typed.contains(':') || matches!(typed, "cli" | "host" | "oidc");
    if whole { typed.to_owned() } else { format!("account:{typed}") }
}

async fn page(web: &Web, visit: &Visit, query: &str, verdict: Option<Verdict>) -> Result<AuditPage, Problem> {
    let (lang, region) = (visit.lang(), visit.region()?);
    let zone = region.region.time_zone;
    let form = Form::parse(query.as_bytes());
    let day = |field: &str| form.given(field).map(|text| text.parse::<NaiveDate>());
    let (from, to) = (day("from"), day("to"));
    let wrong = [&from, &to].into_iter().any(|day| matches!(day, Some(Err(_))));
    let to = to.and_then(Result::ok).map(|day| midnight(day, zone) + Duration::days(1));
    let filter = AuditFilter {
        target: form.given("target"),
        actor: form.given("actor").map(|typed| actor_of(&typed)),
        deed: form.given("deed"),
        from: from.and_then(Result::ok).map(|day| midnight(day, zone)),
        to,
    };
    let before = form.given("before").and_then(|text| text.parse::<i64>().ok()).unwrap_or(i64::MAX);
    let chain = Chain::Region(region.region.code.clone());
    let mut rows = web.app.store.newest_audit_entries(&chain, &filter, before, ROWS + 1).await?;
    let size = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let page = visit.page("admin-audit-title");
    let path = page.at("audit");
    let with = |before: Option<i64>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in ["deed", "actor", "target", "from", "to"] {
            if let Some(value) = form.given(name) {
                query.append_pair(name, &value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        format!("{path}?{}", query.finish())
    };
    let deed = form.text("deed");
    Ok(AuditPage {
        older: rows.last().filter(|_| more).map(|row| with(Some(row.entry.seq))),
        newest: (before != i64::MAX).then(|| with(None)),
        rows: rows.into_iter().map(|row| line(visit, row)).collect(),
        deeds: DEEDS.iter().map(|code| (*code, texts::deed(lang, code), *code == deed)).collect(),
        actor: form.text("actor"),
        target: form.text("target"),
        from: form.text("from"),
        to: form.text("to"),
        narrows: filter != AuditFilter::default(),
        verdict,
        wrong: if wrong { lang.t("admin-day-wrong") } else { String::new() },
        page,
    })
}

async fn list(State(web): State<Web>, visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    visit.html(&page(&web, &visit, &query.unwrap_or_default(), None).await?)
}

/// Checks the chain from its first entry to its last.
async fn check(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    let chain = Chain::Region(visit.region_code()?.clone());
    let found = veche_app::audit::verify(&web.app.store, &chain, None).await?;
    let verdict = Verdict {
        whole: found.faults.is_empty(),
        entries: found.entries,
        digest: found.digest.to_string(),
        erased: i64::try_from(found.erased).unwrap_or(i64::MAX),
        faults: found.faults.iter().take(50).map(ToString::to_string).collect(),
    };
    visit.html(&page(&web, &visit, "", Some(verdict)).await?)
}
