//! Share of the questions received in the period whose address wrote at least so often in it. Where the host names no
//! address the question is left out. The address itself is not seen: equal ones have equal codes.

use veche_sdk::indicators::{Definition, Dimension, Direction, Measurement, Period};
use veche_sdk::{Facts, Failure, Localized};

use crate::columns::{Shares, codes, integers};

pub(crate) const CODE: &str = "repeated-address";
const NO_CODE: u32 = u32::MAX;

pub(crate) fn definition() -> Definition {
    let text = |language: &str, text: &str| Localized { language: language.to_owned(), text: text.to_owned() };
    Definition {
        code: CODE.to_owned(),
        title: vec![
            text("ru", "Доля вопросов из очагов повторных обращений"),
            text("en", "Share of questions from addresses that write again and again"),
        ],
        unit: "%".to_owned(),
        direction: Direction::Down,
        decimals: 1,
        columns: ["municipality", "address", "received_at"].map(str::to_owned).to_vec(),
        dimensions: vec![Dimension::Municipality],
    }
}

pub(crate) fn measure(hot_spot: u32, period: &Period, facts: &mut dyn Facts) -> Result<Vec<Measurement>, Failure> {
    let mut shares = Shares::of(facts, 0);
    let mut writes = vec![0_u32; facts.dictionary(1).len()];
    // Which addresses are hot is known at the end: municipality and address of each row wait until then.
    let mut rows: Vec<(u32, u32)> = Vec::new();
    while let Some(batch) = facts.next() {
        let (municipalities, addresses, received) = (codes(&batch, 0)?, codes(&batch, 1)?, integers(&batch, 2)?);
        for ((municipality, address), received) in municipalities.iter().zip(addresses).zip(received) {
            if *received < period.starts || *received >= period.ends {
                continue;
            }
            if let Some(count) = usize::try_from(*address).ok().and_then(|address| writes.get_mut(address)) {
                *count += 1;
            }
            rows.push((*municipality, *address));
        }
    }
    for (municipality, address) in rows {
        let hot = |address| writes.get(address).is_some_and(|count| *count >= hot_spot);
        let row = (address != NO_CODE).then(|| usize::try_from(address).is_ok_and(hot));
        shares.count(municipality, row);
    }
    Ok(shares.measurements(Dimension::Municipality))
}
