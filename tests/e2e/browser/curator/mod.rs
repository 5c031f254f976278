//! The pages of the curator and of the head, from sign-in to result.

mod exports;
mod indicators;
mod passports;
mod ratings;

use chrono::{Months, NaiveDate, Utc};
use tokio_util::sync::CancellationToken;
use veche_app::App;
use veche_app::indicators::{Wanted, history, jobs, progress};
use veche_domain::indicator::PeriodKind;

use super::{Browser, Centre, PASSWORD};
use crate::world::{by, root, yaroslavl};

/// Appeals of the made-up history.
const APPEALS: u64 = 700;

/// The last whole month, by its first day, and so many months before it.
pub(super) fn month(back: u32) -> NaiveDate {
    let today = Utc::now().with_timezone(&chrono_tz::Europe::Moscow).date_naive();
    let first = chrono::Datelike::with_day(&today, 1).unwrap();
    first.checked_sub_months(Months::new(back + 1)).unwrap()
}

/// Workers of a host, as long as this lives.
pub(super) struct Workers(CancellationToken);

impl Workers {
    pub(super) fn start(app: &App) -> Self {
        let stop = CancellationToken::new();
        tokio::spawn(jobs::work(app.clone(), stop.clone()));
        tokio::spawn(veche_app::exports::jobs::work(app.clone(), stop.clone()));
        Self(stop)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Takes a year of history in, and measures these of the last months.
pub(super) async fn year(app: &App, months: u32) {
    let folder = tempfile::tempdir().unwrap();
    let until = Utc::now().date_naive();
    let plan = history::HistoryPlan { appeals: APPEALS, until, days: 365 };
    let made = history::write(&root().join("samples/yaroslavl/appeals.csv"), folder.path(), &plan).unwrap();
    let profile = veche_app::files::Profile::named_or_file("veche").unwrap();
    let rejects = folder.path().join("rejects.csv");
    veche_app::bulk::import_file(
        &app.store,
        &app.rules,
        &app.threads,
        &yaroslavl(),
        &made.appeals,
        &profile,
        &rejects,
        &|_, _, _| {},
    )
    .await
    .unwrap();
    progress::import(app, &yaroslavl(), &made.progress).await.unwrap();
    for back in (0..months).rev() {
        let wanted = Wanted::Holding(PeriodKind::Month, month(back));
        let job = jobs::request(app, &yaroslavl(), wanted, Vec::new(), "test").await.unwrap();
        let stop = CancellationToken::new();
        jobs::run_next(app, "test", Some(job.id), &stop, &|_| {}).await.unwrap().unwrap();
    }
}

/// Signs somebody else in.
pub(super) async fn become_(browser: &Browser, login: &str) {
    browser.run("document.cookie.split(';').forEach(c => document.cookie = c + ';max-age=0')").await;
    browser.open("/").await;
    browser.run("document.querySelector('details[data-account]').open = true").await;
    browser.follow("form[action='/sign-out'] button").await;
    browser.sign_in(login, PASSWORD).await;
}

/// A centre with a year of history.
pub(super) async fn centre_with_history(months: u32) -> Centre {
    let centre = Centre::start().await;
    year(&centre.served.app, months).await;
    centre
}

pub(super) use crate::world::load_sample_with;

/// The sample's rules of rating.
pub(super) async fn rating_rules(app: &App) {
    let text = std::fs::read_to_string(root().join("samples/yaroslavl/rating.json")).unwrap();
    let rules = serde_json::from_str(&text).unwrap();
    veche_app::ratings::set_rules(app, &yaroslavl(), &rules, &by("test")).await.unwrap();
}
