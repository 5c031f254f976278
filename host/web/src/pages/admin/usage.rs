//! Calls, latency and fuel of a release: for a chart and for the table beside it.

use chrono::{NaiveDate, Offset as _, TimeDelta, Utc};
use veche_app::store::{DURATION_ENDS_US, UsageDay};
use veche_domain::calendar::local_date;
use veche_domain::code::Digest;

use super::texts;
use crate::Web;
use crate::pages::format;
use crate::pages::messages::Lang;
use crate::pages::visit::{Visit, json_block};
use crate::problem::Problem;

/// Days that are shown.
const DAYS: i64 = 14;

/// A day of the table.
pub(super) struct DayLine {
    pub(super) day: NaiveDate,
    pub(super) calls: i64,
    pub(super) faults: i64,
    pub(super) mean: String,
    pub(super) longest: String,
    pub(super) fuel: String,
    pub(super) fuel_most: String,
    pub(super) memory: String,
}

/// What is shown of a release's calls.
pub(super) struct Usage {
    pub(super) days: Vec<DayLine>,
    /// Class of duration, calls, share in percent.
    pub(super) classes: Vec<(String, i64, String)>,
    pub(super) calls: i64,
    pub(super) calls_chart: askama::filters::Safe<String>,
    pub(super) time_chart: askama::filters::Safe<String>,
    pub(super) fuel_chart: askama::filters::Safe<String>,
}

#[allow(clippy::cast_precision_loss)] // Counts are far below 2^52.
fn mean(sum: i64, of: i64) -> f64 {
    if of == 0 { 0.0 } else { sum as f64 / of as f64 }
}

fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// Name of a class of duration.
fn class_name(lang: Lang, place: usize) -> String {
    match DURATION_ENDS_US.get(place) {
        Some(end) => lang.with("admin-usage-up-to", &[("time", texts::micros(lang, *end).into())]),
        None => {
            let last = DURATION_ENDS_US.last().copied().unwrap_or(0);
            lang.with("admin-usage-over", &[("time", texts::micros(lang, last).into())])
        }
    }
}

/// The last two weeks of a release.
pub(super) async fn usage(web: &Web, visit: &Visit, release: &Digest) -> Result<Usage, Problem> {
    let (lang, row) = (visit.lang(), visit.region()?);
    let (now, zone) = (Utc::now(), row.region.time_zone);
    let today = local_date(now, zone);
    let offset = TimeDelta::seconds(i64::from(now.with_timezone(&zone).offset().fix().local_minus_utc()));
    let first = today - TimeDelta::days(DAYS - 1);
    let rows = web.app.store.usage(&row.region.code, release, now - TimeDelta::days(DAYS), offset).await?;
    let empty = |day| UsageDay {
        day,
        calls: 0,
        faults: 0,
        fuel: 0,
        fuel_most: 0,
        duration_us: 0,
        duration_most_us: 0,
        memory_most: 0,
        durations: [0; 7],
    };
    let days: Vec<UsageDay> = first
        .iter_days()
        .take(usize::try_from(DAYS).unwrap_or(0))
        .map(|day| rows.iter().find(|row| row.day == day).cloned().unwrap_or_else(|| empty(day)))
        .collect();
    let calls: i64 = days.iter().map(|day| day.calls).sum();
    let mut totals = [0_i64; 7];
    for day in &days {
        for (total, count) in totals.iter_mut().zip(day.durations) {
            *total += count;
        }
    }
    let labels: Vec<String> = days.iter().map(|day| day.day.format("%d.%m").to_string()).collect();
    let chart = |kind: &str, unit: &str, series: Vec<(String, Vec<Option<f64>>)>| {
        let stack = if kind == "bar" { Some("all") } else { None };
        let series: Vec<_> = series
            .into_iter()
            .map(|(name, values)| serde_json::json!({"name": name, "values": values, "stack": stack}))
            .collect();
        json_block(&serde_json::json!({"kind": kind, "labels": labels, "unit": unit, "series": series}))
    };
    let of = |value: &dyn Fn(&UsageDay) -> f64| -> Vec<Option<f64>> {
        days.iter().map(|day| (day.calls > 0).then(|| rounded(value(day)))).collect()
    };
    #[allow(clippy::cast_precision_loss)] // Counts are far below 2^52.
    let counts = |value: &dyn Fn(&UsageDay) -> i64| -> Vec<Option<f64>> {
        days.iter().map(|day| Some(value(day) as f64)).collect()
    };
    let name = |key: &str| lang.t(key);
    #[allow(clippy::cast_precision_loss)] // Shown rounded.
    let usage = Usage {
        calls_chart: chart(
            "bar",
            "",
            vec![
                (name("admin-usage-good"), counts(&|day| day.calls - day.faults)),
                (name("admin-usage-faults"), counts(&|day| day.faults)),
            ],
        ),
        time_chart: chart(
            "line",
            &name("admin-unit-ms"),
            vec![
                (name("admin-usage-mean"), of(&|day| mean(day.duration_us, day.calls) / 1_000.0)),
                (name("admin-usage-longest"), of(&|day| day.duration_most_us as f64 / 1_000.0)),
            ],
        ),
        fuel_chart: chart(
            "line",
            &name("admin-unit-thousand"),
            vec![
                (name("admin-usage-mean"), of(&|day| mean(day.fuel, day.calls) / 1e3)),
                (name("admin-usage-dearest"), of(&|day| day.fuel_most as f64 / 1e3)),
            ],
        ),
        classes: totals
            .iter()
            .enumerate()
            .map(|(place, count)| (class_name(lang, place), *count, format::percent(mean(*count, calls), lang)))
            .collect(),
        calls,
        days: days.iter().rev().filter(|day| day.calls > 0).map(|day| line(lang, day)).collect(),
    };
    Ok(usage)
}

fn line(lang: Lang, day: &UsageDay) -> DayLine {
    #[allow(clippy::cast_possible_truncation)] // A mean of whole numbers, shown rounded.
    let whole = |value: f64| value.round() as i64;
    DayLine {
        day: day.day,
        calls: day.calls,
        faults: day.faults,
        mean: texts::micros(lang, whole(mean(day.duration_us, day.calls))),
        longest: texts::micros(lang, day.duration_most_us),
        fuel: format::number(whole(mean(day.fuel, day.calls)), lang),
        fuel_most: format::number(day.fuel_most, lang),
        memory: texts::bytes(lang, u64::try_from(day.memory_most).unwrap_or(0)),
    }
}
