//! Exports, on both databases: what the reference exporters write, what a bad one may not, jobs, routes.

mod bad;
mod formats;
mod jobs;
mod routes;

use std::collections::BTreeMap;
use std::pin::pin;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use veche_app::App;
use veche_app::exports::files;
use veche_app::exports::jobs::{Asking, NewExport, request, run_next};
use veche_app::indicators::{Wanted, progress};
use veche_domain::access::{Actor, Scope};
use veche_domain::appeal::{AppealId, NewAppeal};
use veche_domain::indicator::PeriodKind;
use veche_domain::lifecycle::JobState;
use veche_domain::progress::Happened;
use veche_store::{ExportJob, OfAppeal, Reported};

use crate::world::{app, databases, load_sample_with, yaroslavl};

fn actor() -> Actor {
    Actor::named("test")
}

/// Runs a test with the sample region and these exporters of it on each database.
async fn check(exporters: &[&str], test: impl AsyncFn(App)) {
    let (_folder, urls) = databases().await;
    for url in urls {
        let app = app(&url, &crate::world::cache()).await;
        load_sample_with(&app, exporters).await;
        println!("on {}", app.store.backend());
        test(app).await;
    }
}

fn month(of: &str) -> Wanted {
    Wanted::Holding(PeriodKind::Month, of.parse::<NaiveDate>().unwrap())
}

fn new_export(binding: Option<&str>, format: &str) -> NewExport {
    NewExport {
        binding: binding.map(str::to_owned),
        format: format.into(),
        period: month("2026-02-01"),
        language: None,
        options: BTreeMap::new(),
    }
}

async fn ask(app: &App, new: NewExport) -> ExportJob {
    let actor = actor();
    let asking = Asking { actor: &actor, scope: Scope::Region, personal: true };
    request(app, &yaroslavl(), new, &asking).await.unwrap()
}

async fn run(app: &App, id: Uuid) -> ExportJob {
    run_next(app, Some(id), &CancellationToken::new(), &|_| {}).await.unwrap().unwrap()
}

/// Writes a file of February 2026 to its end.
async fn write(app: &App, format: &str) -> (ExportJob, Vec<u8>) {
    let job = ask(app, new_export(None, format)).await;
    let job = run(app, job.id).await;
    assert_eq!((job.state, &job.fault), (JobState::Done, &None), "{job:?}");
    let bytes = fetch(app, &job).await;
    assert_eq!(bytes.len() as u64, job.size);
    assert_eq!(Some(veche_domain::code::Digest::of(&bytes)), job.digest);
    (job, bytes)
}

async fn fetch(app: &App, job: &ExportJob) -> Vec<u8> {
    files::check(job).unwrap();
    let mut all = Vec::new();
    let mut chunks = pin!(files::bytes(app, job));
    while let Some(chunk) = chunks.next().await {
        all.extend(chunk.unwrap());
    }
    all
}

/// An appeal of the sample region, routed; its id.
pub(crate) async fn take_in(app: &App, external: &str, received: &str, more: serde_json::Value) -> AppealId {
    let mut value = json!({
        "channel": "pos", "regime": "pos", "received_at": received, "text": "Глубокая яма на дороге", "external_id": external,
        "place": {"municipality": "78701000", "address": "ул. Свободы, 1", "point": {"latitude": 57.62, "longitude": 39.87}}
    });
    for (name, field) in more.as_object().unwrap() {
        value[name] = field.clone();
    }
    let appeal: NewAppeal = serde_json::from_value(value).unwrap();
    match app.intake.submit(&yaroslavl(), appeal, None).await.unwrap() {
        veche_app::intake::Accepted::New { id, .. } => id,
        veche_app::intake::Accepted::Existing { .. } => panic!("{external} is new"),
    }
}

pub(crate) async fn report(app: &App, id: AppealId, at: &str, happened: Happened) {
    let at: DateTime<Utc> = at.parse().unwrap();
    let report = Reported { appeal: OfAppeal::Id(id), question: 0, at, happened, actor: None };
    let done = progress::report(app, &yaroslavl(), &[report]).await.unwrap();
    assert_eq!((done.new, done.unknown), (1, 0));
}

/// Four questions of February: one answered in time with a mark, one closed without an answer, one of a housing block with
/// two questions; and an appeal of January, which is never in a file of February.
async fn fill(app: &App) {
    let person = json!({"kind": "citizen", "name": "Сидорова Анна Петровна", "email": "anna@example.ru", "phone": "+7 901 234-56-78"});
    let text = "В подъезде холодные батареи, отопления нет. Звоните: +7 901 234-56-78, Сидорова Анна Петровна";
    let id = take_in(app, "F-1", "2026-02-02T06:00:00Z", json!({"applicant": person, "text": text})).await;
    report(app, id, "2026-02-03T06:00:00Z", Happened::Answered { in_substance: Some(true) }).await;
    report(app, id, "2026-02-04T06:00:00Z", Happened::Marked { mark: 5 }).await;
    let id = take_in(
        app,
        "F-2",
        "2026-02-03T06:00:00Z",
        json!({"applicant": {"kind": "legal_entity", "name": "ООО «Ромашка»"}}),
    )
    .await;
    report(app, id, "2026-02-20T06:00:00Z", Happened::Closed).await;
    let two = json!(["Глубокая яма на дороге", "В подъезде холодные батареи, отопления нет"]);
    let more = json!({"questions": two, "text": "Глубокая яма на дороге. В подъезде холодные батареи, отопления нет", "applicant": person});
    take_in(app, "F-3", "2026-02-27T06:00:00Z", more).await;
    take_in(app, "J-1", "2026-01-15T06:00:00Z", json!({})).await;
}
