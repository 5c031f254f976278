//! Share of good marks among the marks of what was closed in the period. No mark is no bad mark: it is left out.

use veche_sdk::indicators::{Definition, Dimension, Direction, Measurement, Period};
use veche_sdk::{Facts, Failure, Localized};

use crate::columns::{NONE, Shares, codes, integers};

pub(crate) const CODE: &str = "satisfied-by-municipality";

pub(crate) fn definition() -> Definition {
    let text = |language: &str, text: &str| Localized { language: language.to_owned(), text: text.to_owned() };
    Definition {
        code: CODE.to_owned(),
        title: vec![
            text("ru", "Удовлетворённость ответами по муниципалитетам"),
            text("en", "Satisfaction by municipality"),
        ],
        unit: "%".to_owned(),
        direction: Direction::Up,
        decimals: 1,
        columns: ["municipality", "closed_at", "mark"].map(str::to_owned).to_vec(),
        dimensions: vec![Dimension::Municipality],
    }
}

pub(crate) fn measure(satisfied: i64, period: &Period, facts: &mut dyn Facts) -> Result<Vec<Measurement>, Failure> {
    let mut shares = Shares::of(facts, 0);
    while let Some(batch) = facts.next() {
        let (municipalities, closed, marks) = (codes(&batch, 0)?, integers(&batch, 1)?, integers(&batch, 2)?);
        for ((municipality, closed), mark) in municipalities.iter().zip(closed).zip(marks) {
            if *closed < period.starts || *closed >= period.ends {
                continue;
            }
            shares.count(*municipality, (*mark != NONE).then_some(*mark >= satisfied));
        }
    }
    Ok(shares.measurements(Dimension::Municipality))
}
