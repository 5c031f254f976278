//! Indicators, on both databases: built-in formulas beside counts by hand, plug-ins and what they get wrong, jobs, passports,
//! targets, entered values, decompositions.

mod behind;
mod formulas;
mod history;
mod passports;
mod plugins;
mod routes;
mod values;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use veche_app::App;
use veche_app::indicators::{Wanted, jobs, progress};
use veche_domain::access::Actor;
use veche_domain::appeal::{AppealId, NewAppeal};
use veche_domain::indicator::PeriodKind;
use veche_domain::lifecycle::JobState;
use veche_domain::progress::Happened;
use veche_store::{MeasureJob, Measured, MeasuredFilter, OfAppeal, Reported};

use crate::world::yaroslavl;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn actor(name: &str) -> Actor {
    Actor::named(name)
}

/// An appeal of the sample region, routed; its id.
async fn take_in(app: &App, external: &str, received: &str, text: &str, more: serde_json::Value) -> AppealId {
    let mut value = json!({
        "channel": "pos", "regime": "pos", "received_at": received, "text": text, "external_id": external,
        "place": {"municipality": "78701000"}
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

async fn report(app: &App, id: AppealId, events: &[(&str, Happened)]) {
    let reports: Vec<Reported> = events
        .iter()
        .map(|(when, happened)| Reported {
            appeal: OfAppeal::Id(id),
            question: 0,
            at: at(when),
            happened: happened.clone(),
            actor: None,
        })
        .collect();
    let done = progress::report(app, &yaroslavl(), &reports).await.unwrap();
    assert_eq!((done.new, done.unknown), (reports.len() as u64, 0));
}

/// Measures a month to its end.
async fn measure(app: &App, of: &str, indicators: &[&str]) -> MeasureJob {
    let wanted = Wanted::Holding(PeriodKind::Month, day(of));
    let indicators = indicators.iter().map(|code| (*code).to_owned()).collect();
    let job = jobs::request(app, &yaroslavl(), wanted, indicators, "test").await.unwrap();
    run(app, &job).await
}

async fn run(app: &App, job: &MeasureJob) -> MeasureJob {
    let stop = CancellationToken::new();
    let done = jobs::run_next(app, "here", Some(job.id), &stop, &|_| {}).await.unwrap().unwrap();
    assert_eq!(done.state, JobState::Done, "{done:?}");
    done
}

async fn measured(app: &App, indicator: &str, history: bool) -> Vec<Measured> {
    let filter = MeasuredFilter { indicator: Some(indicator.to_owned()), history, ..MeasuredFilter::default() };
    app.store.measured(&yaroslavl(), &filter, 100).await.unwrap()
}
