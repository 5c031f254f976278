//! `cargo xtask bench indicators`: a million made-up appeals on SQLite. All built-in indicators of a month beside the bare
//! SQL; a plug-in's indicator over all facts beside the same formula natively over the same columns; growth with the
//! number of facts. Prints figures with their aims; exits with 1 if one is missed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod fill;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, Utc};
use indicators_region::Region;
use veche_app::indicators::{Wanted, categories_of, facts, fold_formulas, period};
use veche_app::{App, Config, regions};
use veche_domain::access::Actor;
use veche_domain::code::{BindingId, RegionCode};
use veche_domain::facts::{FactColumn, FactName, FactTable};
use veche_domain::indicator::{Formula, PeriodKind};
use veche_sandbox::Measuring;
use veche_sdk::indicators::{Batch, Column, Period};
use veche_sdk::testing::{self, Host};
use veche_sdk::{Date, Facts, Indicators};
use veche_store::{FactSpan, Vault};

/// The allocator of the host.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs of which the median is told.
const RUNS: usize = 5;

fn main() -> ExitCode {
    let rows = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    tokio::runtime::Runtime::new().unwrap().block_on(bench(rows))
}

async fn bench(rows: u64) -> ExitCode {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("veche.db");
    let config = Config {
        database: database.display().to_string(),
        cache: Some(folder.path().join("cache")),
        threads: Some(2),
        vault: Vault::plain(),
        ..Config::default()
    };
    let app = App::start(&config).await.unwrap();
    regions::load_folder(&app, &root.join("samples/yaroslavl"), &root.join("target/plugins"), &Actor::named("bench"))
        .await
        .unwrap();
    let region = RegionCode::new("yaroslavl").unwrap();
    let started = Instant::now();
    fill::fill(&database, &root.join("samples/yaroslavl/appeals.csv"), 0..rows / 4).await;
    let quarter = Measured::of(&app, &region, rows / 4).await;
    fill::fill(&database, &root.join("samples/yaroslavl/appeals.csv"), rows / 4..rows).await;
    println!("{rows} questions made in {:.0} s (not counted)", started.elapsed().as_secs_f64());
    let whole = Measured::of(&app, &region, rows).await;

    let mut missed = false;
    let mut say = |what: &str, value: f64, unit: &str, aim: f64| {
        let right = value <= aim;
        missed |= !right;
        let mark = if right { "" } else { "  MISSED" };
        println!("{what:<74} {value:>9.3} {unit:<2} (aim: at most {aim}){mark}");
    };
    say("all built-in indicators of a month by body and block", whole.formulas.as_secs_f64(), "s", 3.0);
    say("  the bare SQL of it", whole.sql.as_secs_f64(), "s", 3.0);
    say("  ratio", whole.formulas.as_secs_f64() / whole.sql.as_secs_f64(), "×", 1.5);
    say("a plug-in's indicator over all facts, with reading them", whole.plugin.as_secs_f64(), "s", 3.0);
    say("  the call alone", whole.call.as_secs_f64(), "s", 3.0);
    say("  the same formula natively over the same columns", whole.native.as_secs_f64(), "s", 3.0);
    say("  ratio", whole.call.as_secs_f64() / whole.native.as_secs_f64(), "×", 3.0);
    let growth = |whole: Duration, quarter: Duration| whole.as_secs_f64() / quarter.as_secs_f64();
    say(
        "growth of the built-in ones from a quarter to all (linear: 4)",
        growth(whole.formulas, quarter.formulas),
        "×",
        6.0,
    );
    say("growth of the plug-in's from a quarter to all (linear: 4)", growth(whole.plugin, quarter.plugin), "×", 6.0);
    app.store.close().await;
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Medians of one size.
struct Measured {
    formulas: Duration,
    sql: Duration,
    plugin: Duration,
    call: Duration,
    native: Duration,
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

impl Measured {
    async fn of(app: &App, region: &RegionCode, rows: u64) -> Self {
        let day = NaiveDate::from_ymd_opt(2026, 2, 10).unwrap();
        let now = Utc::now();
        let month = period(app, region, Wanted::Holding(PeriodKind::Month, day), now).await.unwrap();
        let rules = app.rules.active(region).await.unwrap().unwrap();
        let zone = rules.zone();
        let span = FactSpan { region: region.clone(), starts: month.starts(zone), until: month.ends(zone) };
        let categories = categories_of(&rules.dictionaries);
        let set = app.store.indicator_set(region, day).await.unwrap().unwrap().set;
        let (mut formulas, mut sql) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let started = Instant::now();
            app.store.tallies(&span).await.unwrap();
            sql.push(started.elapsed());
            let started = Instant::now();
            let tallies = app.store.tallies(&span).await.unwrap();
            let folded = fold_formulas(&tallies, &categories, Some(&set));
            formulas.push(started.elapsed());
            assert_eq!(folded.len(), Formula::ALL.len());
        }

        // All facts: a span of the whole made history.
        let (first, last) =
            (NaiveDate::from_ymd_opt(2025, 6, 1).unwrap(), NaiveDate::from_ymd_opt(2026, 5, 31).unwrap());
        let year = period(app, region, Wanted::Days(first, last), now).await.unwrap();
        let columns = [FactName::Body, FactName::ReceivedAt, FactName::ClosedAt];
        let id = BindingId::new("region").unwrap();
        let (mut whole, mut calls, mut natives) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let started = Instant::now();
            let table = Arc::new(facts(app, region, &year, &columns).await.unwrap());
            assert!(table.rows as u64 >= rows * 9 / 10, "{} of {rows}", table.rows);
            let (asked, rules, id) = (table.clone(), rules.clone(), id.clone());
            let calling = Instant::now();
            let report = app.threads.run(move || {
                let asked = Measuring { indicator: "closed-in-days", period: year, cut_off: now, facts: asked };
                rules.by_id(&id).unwrap().plugin.measure(&asked)
            });
            let answers = report.await.unwrap().result.unwrap();
            calls.push(calling.elapsed());
            whole.push(started.elapsed());
            let (native, time) = natively(table, &year, zone, now.timestamp());
            natives.push(time);
            let same = (answers[0].numerator, answers[0].denominator, answers[0].excluded);
            assert_eq!((native.numerator, native.denominator, native.excluded), same, "the same formula");
        }
        Self {
            formulas: median(formulas),
            sql: median(sql),
            plugin: median(whole),
            call: median(calls),
            native: median(natives),
        }
    }
}

/// The columns as the plug-in gets them, without a sandbox between.
struct Native {
    table: Arc<FactTable>,
    next: usize,
}

impl Facts for Native {
    fn dictionary(&self, column: u32) -> Vec<String> {
        match &self.table.columns[column as usize] {
            FactColumn::Codes { dictionary, .. } => dictionary.clone(),
            _ => Vec::new(),
        }
    }

    fn next(&mut self) -> Option<Batch> {
        let (from, to) = (self.next, self.table.rows.min(self.next + 4_096));
        self.next = to;
        let part = |column: &FactColumn| match column {
            FactColumn::Codes { codes, .. } => Column::Codes(codes[from..to].to_vec()),
            FactColumn::Integers(values) => Column::Integers(values[from..to].to_vec()),
            FactColumn::Numbers(values) => Column::Numbers(values[from..to].to_vec()),
            FactColumn::Flags(values) => Column::Flags(values[from..to].to_vec()),
        };
        (from < to).then(|| Batch { rows: (to - from) as u32, columns: self.table.columns.iter().map(part).collect() })
    }
}

fn natively(
    table: Arc<FactTable>,
    period: &veche_domain::indicator::Period,
    zone: chrono_tz::Tz,
    cut_off: i64,
) -> (veche_sdk::indicators::Measurement, Duration) {
    use chrono::Datelike as _;
    let calendar = veche_domain::calendar::ProductionCalendar::russian();
    // The stand-in of the SDK knows Saturdays and Sundays; the days that differ are told.
    let mut host = Host::new();
    let date = |day: NaiveDate| Date { year: day.year(), month: day.month() as u8, day: day.day() as u8 };
    for day in period.first.iter_days().take_while(|day| *day <= period.last + chrono::Days::new(60)) {
        let weekend = day.weekday().number_from_monday() > 5;
        match (calendar.is_working_day(day).unwrap(), weekend) {
            (false, false) => host = host.day_off(date(day)),
            (true, true) => host = host.working_day(date(day)),
            _ => {}
        }
    }
    host.install();
    let plugin: Region = testing::configure("{}").unwrap();
    let period = Period {
        first: date(period.first),
        last: date(period.last),
        starts: period.starts(zone).timestamp(),
        ends: period.ends(zone).timestamp(),
        cut_off,
    };
    let mut rows = Native { table, next: 0 };
    let started = Instant::now();
    let mut measured = plugin.measure("closed-in-days", &period, &mut rows).unwrap();
    (measured.swap_remove(0), started.elapsed())
}
