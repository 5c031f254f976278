use veche_sdk::indicators::{Batch, Column, Dimension, Measurement, Period};
use veche_sdk::testing::{self, Host};
use veche_sdk::{Date, Facts, Indicators};

use crate::Region;

const DAY: i64 = 86_400;
/// 2026-03-01T21:00:00Z: Monday, 2 March in Moscow.
const MONDAY: i64 = 1_772_398_800;
const NONE: i64 = i64::MIN;
const NO_CODE: u32 = u32::MAX;

struct Rows {
    dictionaries: Vec<Vec<&'static str>>,
    columns: Option<Vec<Column>>,
}

impl Facts for Rows {
    fn dictionary(&self, column: u32) -> Vec<String> {
        let texts = self.dictionaries.get(column as usize).cloned().unwrap_or_default();
        texts.into_iter().map(str::to_owned).collect()
    }

    fn next(&mut self) -> Option<Batch> {
        let columns = self.columns.take()?;
        let rows = match &columns[0] {
            Column::Codes(codes) => codes.len(),
            _ => panic!("the first column has codes"),
        };
        Some(Batch { rows: rows as u32, columns })
    }
}

fn week(cut_off: i64) -> Period {
    let day = |day| Date { year: 2026, month: 3, day };
    Period { first: day(2), last: day(8), starts: MONDAY, ends: MONDAY + 7 * DAY, cut_off }
}

fn measure(settings: &str, indicator: &str, cut_off: i64, facts: Rows) -> Vec<Measurement> {
    Host::new().install();
    let plugin: Region = testing::configure(settings).unwrap();
    let mut facts = facts;
    plugin.measure(indicator, &week(cut_off), &mut facts).unwrap()
}

fn parts(measurements: &[Measurement]) -> Vec<(&str, f64, Option<f64>, u64)> {
    let name = |m: &Measurement| m.breakdown.first().map_or(String::new(), |(_, code)| code.clone()).leak() as &str;
    measurements.iter().map(|m| (name(m), m.numerator, m.denominator, m.excluded)).collect()
}

#[test]
fn closed_in_days_counts_working_days_and_leaves_out_what_may_still_come() {
    let friday = MONDAY + 4 * DAY;
    let rows = Rows {
        dictionaries: vec![vec!["a", "b"]],
        columns: Some(vec![
            Column::Codes(vec![0, 0, 0, 1, NO_CODE, 1]),
            Column::Integers(vec![MONDAY, MONDAY, friday + 3_600, friday, MONDAY, MONDAY - 1]),
            // The end of Wednesday; a second into Thursday; Tuesday after the weekend; open; open; outside.
            Column::Integers(vec![MONDAY + 3 * DAY - 1, MONDAY + 3 * DAY, friday + 5 * DAY - 1, NONE, NONE, MONDAY]),
        ]),
    };
    let measured = measure(r#"{"days": 2}"#, "closed-in-days", MONDAY + 8 * DAY, rows);
    assert_eq!(parts(&measured), [("", 2.0, Some(4.0), 1), ("a", 2.0, Some(3.0), 0), ("b", 0.0, Some(0.0), 1)]);
    assert_eq!((measured[0].value, measured[2].value), (Some(50.0), None));
    assert_eq!(measured[1].breakdown[0].0, Dimension::Body);
}

#[test]
fn an_address_is_hot_from_its_third_question() {
    let rows = Rows {
        dictionaries: vec![vec!["78701000"], vec!["address-1", "address-2"]],
        columns: Some(vec![
            Column::Codes(vec![0, 0, 0, 0, NO_CODE, 0]),
            Column::Codes(vec![0, 0, 0, 1, 1, NO_CODE]),
            Column::Integers(vec![MONDAY; 6]),
        ]),
    };
    let measured = measure("{}", "repeated-address", MONDAY + 7 * DAY, rows);
    assert_eq!(parts(&measured), [("", 3.0, Some(5.0), 1), ("78701000", 3.0, Some(4.0), 1)]);
}

#[test]
fn no_mark_is_left_out() {
    let rows = Rows {
        dictionaries: vec![vec!["m"]],
        columns: Some(vec![
            Column::Codes(vec![0; 5]),
            Column::Integers(vec![MONDAY, MONDAY, MONDAY, NONE, MONDAY - 1]),
            Column::Integers(vec![5, 3, NONE, 5, 5]),
        ]),
    };
    let measured = measure("{}", "satisfied-by-municipality", MONDAY + 7 * DAY, rows);
    assert_eq!(parts(&measured), [("", 1.0, Some(2.0), 1), ("m", 1.0, Some(2.0), 1)]);
}

#[test]
fn every_definition_can_be_measured_over_nothing() {
    for definition in Region::definitions() {
        let columns = vec![Column::Codes(vec![]), Column::Codes(vec![]), Column::Integers(vec![])];
        let columns = if definition.code == "repeated-address" {
            columns
        } else {
            vec![Column::Codes(vec![]), Column::Integers(vec![]), Column::Integers(vec![])]
        };
        let rows = Rows { dictionaries: vec![vec![]], columns: Some(columns) };
        let measured = measure("{}", &definition.code, MONDAY, rows);
        assert_eq!((measured.len(), measured[0].value), (1, None));
        assert_eq!(definition.columns.len(), 3);
    }
}
