//! Closed within N working days after the day of receipt, of those received in the period. What is open and still in
//! its days is left out: nobody knows yet.

use veche_sdk::calendar::{add_working_days, end_of_day, start_of_day};
use veche_sdk::indicators::{Definition, Dimension, Direction, Measurement, Period};
use veche_sdk::{Date, Facts, Failure, Instant, Localized, calendar};

use crate::columns::{NONE, Shares, codes, integers};

pub(crate) const CODE: &str = "closed-in-days";
/// Most days of a period that the calendar is asked for.
const MOST_DAYS: usize = 3_700;

pub(crate) fn definition() -> Definition {
    let text = |language: &str, text: &str| Localized { language: language.to_owned(), text: text.to_owned() };
    Definition {
        code: CODE.to_owned(),
        title: vec![
            text("ru", "Доля вопросов, закрытых за установленное число рабочих дней"),
            text("en", "Closed within the set number of working days"),
        ],
        unit: "%".to_owned(),
        direction: Direction::Up,
        decimals: 1,
        columns: ["body", "received_at", "closed_at"].map(str::to_owned).to_vec(),
        dimensions: vec![Dimension::Body],
    }
}

/// Starts of the days of a period, and the last moment for what was received on each. The calendar is asked once for a
/// day, not once for a row.
fn deadlines(days: i32, period: &Period) -> Result<Vec<(Instant, Instant)>, Failure> {
    let mut deadlines = Vec::new();
    let mut day: Date = period.first;
    for _ in 0..MOST_DAYS {
        let starts = start_of_day(day)?;
        if starts >= period.ends {
            return Ok(deadlines);
        }
        deadlines.push((starts, end_of_day(add_working_days(day, days)?)?));
        day = calendar::add_days(day, 1, calendar::Roll::Stay)?;
    }
    Err(Failure::new("the period is longer than ten years: choose a shorter one"))
}

pub(crate) fn measure(days: i32, period: &Period, facts: &mut dyn Facts) -> Result<Vec<Measurement>, Failure> {
    let deadlines = deadlines(days, period)?;
    let mut shares = Shares::of(facts, 0);
    while let Some(batch) = facts.next() {
        let (bodies, received, closed) = (codes(&batch, 0)?, integers(&batch, 1)?, integers(&batch, 2)?);
        for ((body, received), closed) in bodies.iter().zip(received).zip(closed) {
            if *received < period.starts || *received >= period.ends {
                continue;
            }
            let day = deadlines.partition_point(|(starts, _)| starts <= received);
            let Some((_, deadline)) = day.checked_sub(1).and_then(|day| deadlines.get(day)) else { continue };
            let row = match *closed {
                NONE if *deadline >= period.cut_off => None,
                NONE => Some(false),
                closed => Some(closed <= *deadline),
            };
            shares.count(*body, row);
        }
    }
    Ok(shares.measurements(Dimension::Body))
}
