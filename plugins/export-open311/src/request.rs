//! A service request of GeoReport v2. Fields that have no value are left out.

use export_kit::Local;
use serde::Serialize;
use veche_sdk::exporter::Cell;

/// What is read of a row.
pub(crate) const COLUMNS: [&str; 15] = [
    "id",
    "question",
    "received_at",
    "text",
    "address",
    "municipality_name",
    "latitude",
    "longitude",
    "category",
    "category_name",
    "body_name",
    "state",
    "due_at",
    "answered_at",
    "closed_at",
];

/// Characters of a description; the schema takes no more.
const DESCRIPTION: usize = 4_000;

#[derive(Debug, Serialize)]
pub(crate) struct ServiceRequest {
    pub(crate) service_request_id: String,
    pub(crate) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status_notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_name: Option<String>,
    pub(crate) service_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agency_responsible: Option<String>,
    pub(crate) requested_datetime: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) updated_datetime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected_datetime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lat: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) long: Option<f64>,
}

fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    }
}

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Number(number) if number.is_finite() => Some(*number),
        _ => None,
    }
}

impl ServiceRequest {
    /// Of a row; none without a category.
    pub(crate) fn of(row: [&Cell; COLUMNS.len()], local: Local) -> Option<Self> {
        let [id, question, received, words, address, town, lat, long, code, name, body, state, due, answered, closed] =
            row;
        let moment = |cell: &Cell| match cell {
            Cell::Moment(at) => Some(local.iso(*at)),
            _ => None,
        };
        let id = text(id)?;
        // Several questions of one appeal are several requests.
        let id = match question {
            Cell::Integer(question) if *question > 0 => format!("{id}-{question}"),
            _ => id,
        };
        let over = moment(closed).or_else(|| moment(answered));
        let place = match (text(address), text(town)) {
            (Some(address), Some(town)) if !address.contains(&town) => Some(format!("{address}, {town}")),
            (address, town) => address.or(town),
        };
        Some(Self {
            service_request_id: id,
            status: if over.is_some() { "closed" } else { "open" },
            status_notes: text(state),
            service_name: text(name),
            service_code: text(code)?,
            description: text(words).map(|words| shortened(&words)),
            agency_responsible: text(body),
            requested_datetime: moment(received)?,
            updated_datetime: over,
            expected_datetime: moment(due),
            address: place,
            lat: number(lat),
            long: number(long),
        })
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= DESCRIPTION {
        return text.to_owned();
    }
    text.chars().take(DESCRIPTION - 1).chain(['…']).collect()
}
