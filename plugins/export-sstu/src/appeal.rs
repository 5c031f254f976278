//! Rows of questions become appeals, and appeals JSON.

use export_kit::{Local, Named};
use serde::Serialize;
use veche_sdk::exporter::Cell;
use veche_sdk::{Failure, Rows};

use crate::Settings;

/// What is read of a row.
pub(crate) const COLUMNS: [&str; 13] = [
    "id",
    "external_id",
    "received_at",
    "channel",
    "applicant_name",
    "applicant_address",
    "applicant_email",
    "address",
    "sstu",
    "state",
    "answered_at",
    "in_substance",
    "closed_at",
];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Appeal {
    department_id: String,
    is_direct: bool,
    format: &'static str,
    number: String,
    /// Of the covering letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    create_date: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    questions: Vec<Question>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Question {
    code: String,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    incoming_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actions_taken: Option<bool>,
}

/// Those of the portal's statuses that the state of a question tells; the others are a person's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum Status {
    NotRegistered,
    InWork,
    /// Answered, and not in substance.
    Explained,
    /// Answered in substance.
    Supported,
    /// Answered, and nobody said whether in substance.
    Answered,
    /// Closed without an answer.
    LeftWithoutAnswer,
}

fn status(state: Option<&str>, answered: bool, in_substance: &Cell) -> Status {
    match (state, answered, in_substance) {
        (_, true, Cell::Flag(true)) => Status::Supported,
        (_, true, Cell::Flag(false)) => Status::Explained,
        (_, true, _) | (Some("answered"), ..) => Status::Answered,
        (Some("closed"), ..) => Status::LeftWithoutAnswer,
        (Some("assigned" | "in_progress"), ..) => Status::InWork,
        _ => Status::NotRegistered,
    }
}

/// Rows that the portal would refuse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) without_name: u64,
    pub(crate) without_code: u64,
}

/// One appeal after the other, with its file name.
pub(crate) struct Appeals<'a> {
    settings: &'a Settings,
    local: Local,
    named: Named<{ COLUMNS.len() }>,
    rows: &'a mut dyn Rows,
    batch: std::vec::IntoIter<Vec<Cell>>,
    /// The appeal whose questions are still read.
    open: Option<(String, Appeal)>,
    ended: bool,
    read: u64,
    left_out: LeftOut,
}

impl<'a> Appeals<'a> {
    pub(crate) fn new(
        settings: &'a Settings,
        local: Local,
        named: Named<{ COLUMNS.len() }>,
        rows: &'a mut dyn Rows,
    ) -> Self {
        let batch = Vec::new().into_iter();
        Self { settings, local, named, rows, batch, open: None, ended: false, read: 0, left_out: LeftOut::default() }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.read
    }

    pub(crate) fn left_out(&self) -> LeftOut {
        self.left_out
    }

    fn row(&mut self) -> Option<Vec<Cell>> {
        loop {
            if let Some(row) = self.batch.next() {
                self.read += 1;
                return Some(row);
            }
            if self.ended {
                return None;
            }
            match self.rows.next() {
                Some(batch) => self.batch = batch.into_iter(),
                None => self.ended = true,
            }
        }
    }

    /// The next appeal as a file: its name and its bytes.
    pub(crate) fn next_file(&mut self) -> Result<Option<(String, Vec<u8>)>, Failure> {
        while let Some(row) = self.row() {
            let Some((id, appeal)) = self.of_row(&row) else { continue };
            match &mut self.open {
                Some((open, whole)) if *open == id => whole.questions.extend(appeal.questions),
                _ => {
                    if let Some(whole) = self.open.replace((id, appeal)) {
                        return file(whole).map(Some);
                    }
                }
            }
        }
        self.open.take().map(file).transpose()
    }

    fn of_row(&mut self, row: &[Cell]) -> Option<(String, Appeal)> {
        let [id, number, received, channel, name, home, email, place, code, state, answered, in_substance, closed] =
            self.named.of(row);
        let Some(name) = text(name) else {
            self.left_out.without_name += 1;
            return None;
        };
        let Some(code) = text(code) else {
            self.left_out.without_code += 1;
            return None;
        };
        let day = |cell: &Cell| match cell {
            Cell::Moment(at) => Some(self.local.stamp(*at).iso_date()),
            _ => None,
        };
        let status = status(text(state).as_deref(), matches!(answered, Cell::Moment(_)), in_substance);
        let question = Question {
            code,
            status,
            incoming_date: day(received),
            registration_date: day(received).filter(|_| status != Status::NotRegistered),
            response_date: day(answered).or_else(|| day(closed)),
            actions_taken: (status == Status::Supported).then_some(true),
        };
        let id = text(id).unwrap_or_default();
        let on_paper = text(channel).is_some_and(|channel| self.settings.other_channels.contains(&channel));
        let appeal = Appeal {
            department_id: self.settings.department.clone(),
            is_direct: self.settings.direct,
            format: if on_paper { "Other" } else { "Electronic" },
            number: text(number).unwrap_or_else(|| id.clone()),
            create_date: day(received).filter(|_| !self.settings.direct),
            name,
            address: text(home).or_else(|| text(place)),
            email: text(email),
            questions: vec![question],
        };
        Some((id, appeal))
    }
}

fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    }
}

fn file((id, appeal): (String, Appeal)) -> Result<(String, Vec<u8>), Failure> {
    let json = serde_json::to_vec(&appeal).map_err(|error| Failure::new(error.to_string()))?;
    Ok((format!("{id}.json"), json))
}
