//! Facts and rows of a case, from CSV: what the store hands to indicators and exporters on a host.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use veche_domain::export::{Cell, Column};
use veche_domain::facts::{FactColumn, FactName, FactTable, NO_CODE, NO_FLAG, NO_INTEGER};

/// The named columns of a CSV as facts; an empty value is null.
///
/// # Errors
/// A column that is missing or that there is not, a value that is none.
pub(super) fn facts(csv: &[u8], wanted: &[String]) -> Result<FactTable, String> {
    let (header, rows) = read(csv)?;
    if let Some(unknown) = header.iter().find(|name| FactName::from_code(name).is_none()) {
        let known: Vec<_> = FactName::ALL.iter().map(|name| name.as_str()).collect();
        return Err(format!("there is no fact {unknown:?}; there are {}", known.join(", ")));
    }
    let mut columns = Vec::new();
    for name in wanted {
        let place = header.iter().position(|known| known == name);
        let place = place.ok_or_else(|| format!("the indicator asks for the column {name:?}: add it to `facts`"))?;
        let known = FactName::from_code(name).ok_or_else(|| format!("there is no fact {name:?}"))?;
        let mut column = empty(known);
        for (number, row) in rows.iter().enumerate() {
            let text = row.get(place).map_or("", |text| text.trim());
            push(&mut column, text).map_err(|reason| format!("row {}, {name}: {reason}", number + 1))?;
        }
        columns.push(column);
    }
    Ok(FactTable { rows: rows.len(), columns })
}

/// How a fact is handed over; as the store does.
fn empty(name: FactName) -> FactColumn {
    match name {
        FactName::Category
        | FactName::Block
        | FactName::Body
        | FactName::FirstBody
        | FactName::Municipality
        | FactName::Channel
        | FactName::Regime
        | FactName::State
        | FactName::Address => FactColumn::Codes { codes: Vec::new(), dictionary: Vec::new() },
        FactName::ReceivedAt
        | FactName::DueAt
        | FactName::ReactedAt
        | FactName::AnsweredAt
        | FactName::ClosedAt
        | FactName::ReactionMinutes
        | FactName::Redirects
        | FactName::Reopened
        | FactName::Mark => FactColumn::Integers(Vec::new()),
        FactName::Confidence => FactColumn::Numbers(Vec::new()),
        FactName::Other | FactName::Repeated | FactName::Automatic | FactName::InSubstance => {
            FactColumn::Flags(Vec::new())
        }
    }
}

fn push(column: &mut FactColumn, text: &str) -> Result<(), String> {
    match column {
        FactColumn::Codes { codes, dictionary } => {
            let known = dictionary.iter().position(|known| known == text);
            let code = match known {
                _ if text.is_empty() => NO_CODE,
                Some(known) => u32::try_from(known).unwrap_or(NO_CODE),
                None => {
                    dictionary.push(text.to_owned());
                    u32::try_from(dictionary.len() - 1).unwrap_or(NO_CODE)
                }
            };
            codes.push(code);
        }
        FactColumn::Integers(values) => {
            values.push(if text.is_empty() { NO_INTEGER } else { whole_or_moment(text)? });
        }
        FactColumn::Numbers(values) => {
            values.push(if text.is_empty() { f64::NAN } else { text.parse().map_err(|_| not(text, "a number"))? });
        }
        FactColumn::Flags(values) => values.push(match text {
            "" => NO_FLAG,
            text => u8::from(flag(text)?),
        }),
    }
    Ok(())
}

fn not(text: &str, what: &str) -> String {
    let shown: String = text.chars().take(80).collect();
    format!("{shown:?} is not {what}")
}

fn whole_or_moment(text: &str) -> Result<i64, String> {
    let moment = || text.parse::<DateTime<Utc>>().ok().map(|moment| moment.timestamp());
    let day = || text.parse::<NaiveDate>().ok();
    if day().is_some() {
        return Err(format!("{text:?} is a day; a moment is written 2026-03-02T09:00:00Z"));
    }
    let found = text.parse::<i64>().ok().or_else(moment);
    found.ok_or_else(|| not(text, "a whole number or a moment (2026-03-02T09:00:00Z)"))
}

fn flag(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        other => Err(not(other, "true or false")),
    }
}

/// Rows of a CSV for an exporter, in the order of these columns. What kind of cell a text becomes follows from it:
/// an exporter must take whatever the host has in a column.
///
/// # Errors
/// A CSV that cannot be read, or a column that the subject does not have.
pub(super) fn rows(csv: &[u8], columns: &[Column], known: &[Column]) -> Result<Vec<Vec<Cell>>, String> {
    let (header, rows) = read(csv)?;
    if let Some(unknown) = header.iter().find(|name| !known.iter().any(|column| column.name == name.as_str())) {
        let known: Vec<_> = known.iter().map(|column| column.name).collect();
        return Err(format!("there is no column {unknown:?}; there are {}", known.join(", ")));
    }
    let places: HashMap<&str, usize> = header.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    let row = |row: &Vec<String>| {
        let value = |column: &Column| {
            let text = places.get(column.name).and_then(|place| row.get(*place)).map_or("", |text| text.trim());
            cell(column.name, text)
        };
        columns.iter().map(value).collect()
    };
    Ok(rows.iter().map(row).collect())
}

/// Names of columns that hold moments end so.
const MOMENT: &str = "_at";
const FLAGS: [&str; 8] = ["other", "automatic", "extended", "in_substance", "overdue", "repeated", "official", "rated"];
const INTEGERS: [&str; 9] =
    ["question", "attachments", "reaction_minutes", "redirects", "reopened", "mark", "excluded", "questions", "place"];
const NUMBERS: [&str; 10] = [
    "latitude",
    "longitude",
    "value",
    "numerator",
    "denominator",
    "score",
    "quantity",
    "quality",
    "speed",
    "completeness",
];

fn cell(column: &str, text: &str) -> Cell {
    let as_text = || Cell::Text(text.to_owned());
    if text.is_empty() {
        return Cell::Null;
    }
    if column.ends_with(MOMENT) || column == "cut_off" {
        return text.parse::<DateTime<Utc>>().map_or_else(|_| as_text(), |moment| Cell::Moment(moment.timestamp()));
    }
    if FLAGS.contains(&column) {
        return flag(text).map_or_else(|_| as_text(), Cell::Flag);
    }
    if INTEGERS.contains(&column) {
        return text.parse().map_or_else(|_| as_text(), Cell::Integer);
    }
    if NUMBERS.contains(&column) {
        return text.parse().map_or_else(|_| as_text(), Cell::Number);
    }
    as_text()
}

type Read = (Vec<String>, Vec<Vec<String>>);

fn read(csv: &[u8]) -> Result<Read, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(csv);
    let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let header = texts(reader.headers().map_err(|e| format!("the CSV cannot be read: {e}"))?);
    let records = reader.records().map(|record| record.map(|record| texts(&record)));
    let rows = records.collect::<Result<_, _>>().map_err(|e| format!("the CSV cannot be read: {e}"))?;
    Ok((header, rows))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_as_the_store_hands_them_over() {
        let csv = "body,received_at,mark,other,confidence\na,2026-02-02T09:00:00Z,5,true,0.5\n,,,,\na,1000,,0,\n";
        let wanted = ["mark", "body", "other", "confidence", "received_at"].map(str::to_owned);
        let table = facts(csv.as_bytes(), &wanted).unwrap();
        assert_eq!(table.rows, 3);
        assert_eq!(table.columns[0], FactColumn::Integers(vec![5, NO_INTEGER, NO_INTEGER]));
        let codes = FactColumn::Codes { codes: vec![0, NO_CODE, 0], dictionary: vec!["a".into()] };
        assert_eq!(table.columns[1], codes);
        assert_eq!(table.columns[2], FactColumn::Flags(vec![1, NO_FLAG, 0]));
        assert_eq!(table.columns[4], FactColumn::Integers(vec![1_770_022_800, NO_INTEGER, 1000]));
        for (csv, part) in [
            ("body\na\n", "asks for the column \"mark\""),
            ("mark,bodies\n5,a\n", "there is no fact \"bodies\""),
            ("mark,body\nfive,a\n", "row 1, mark"),
            ("mark,body\n2026-02-02,a\n", "is a day"),
        ] {
            let refused = facts(csv.as_bytes(), &wanted[..2]).unwrap_err();
            assert!(refused.contains(part), "{csv}: {refused}");
        }
    }

    #[test]
    fn every_column_of_a_subject_has_the_kind_that_the_host_gives_it() {
        use veche_domain::export::Subject;
        let known = Subject::Appeals.columns("en");
        let wanted = Subject::Appeals.chosen(&["mark".to_owned(), "text".to_owned(), "due_at".to_owned()], "en");
        let csv = "text,mark,due_at,other\nяма,5,2026-02-02T09:00:00Z,true\n";
        let rows = rows(csv.as_bytes(), &wanted, &known).unwrap();
        assert_eq!(rows, [[Cell::Integer(5), Cell::Text("яма".into()), Cell::Moment(1_770_022_800)]]);
        let refused = super::rows(b"txt\n1\n", &wanted, &known).unwrap_err();
        assert!(refused.contains("no column \"txt\""), "{refused}");
    }
}
