//! What the report counts, added up row by row.

use std::collections::BTreeMap;

use export_kit::Local;
use veche_sdk::Instant;
use veche_sdk::exporter::Cell;

/// What is read of a row.
pub(crate) const COLUMNS: [&str; 22] = [
    "external_id",
    "id",
    "received_at",
    "channel",
    "municipality_name",
    "block_name",
    "category_name",
    "other",
    "body_name",
    "state",
    "automatic",
    "due_at",
    "reaction_minutes",
    "answered_at",
    "in_substance",
    "closed_at",
    "overdue",
    "redirects",
    "reopened",
    "mark",
    "repeated",
    "body",
];

/// A question.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) number: String,
    pub(crate) received: Instant,
    pub(crate) channel: String,
    pub(crate) municipality: String,
    pub(crate) block: String,
    pub(crate) category: String,
    pub(crate) other: bool,
    pub(crate) body: String,
    pub(crate) state: String,
    pub(crate) automatic: bool,
    pub(crate) due: Option<Instant>,
    pub(crate) reaction_minutes: Option<i64>,
    pub(crate) answered: Option<Instant>,
    pub(crate) in_substance: Option<bool>,
    pub(crate) closed: Option<Instant>,
    pub(crate) overdue: bool,
    pub(crate) redirects: i64,
    pub(crate) reopened: i64,
    pub(crate) mark: Option<i64>,
    pub(crate) repeated: bool,
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        _ => String::new(),
    }
}

fn integer(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Integer(number) => Some(*number),
        _ => None,
    }
}

fn moment(cell: &Cell) -> Option<Instant> {
    match cell {
        Cell::Moment(at) => Some(*at),
        _ => None,
    }
}

fn flag(cell: &Cell) -> Option<bool> {
    match cell {
        Cell::Flag(flag) => Some(*flag),
        _ => None,
    }
}

impl Row {
    pub(crate) fn of(cells: [&Cell; COLUMNS.len()]) -> Self {
        let [
            number,
            id,
            received,
            channel,
            municipality,
            block,
            category,
            other,
            body,
            state,
            automatic,
            due,
            minutes,
            answered,
            in_substance,
            closed,
            overdue,
            redirects,
            reopened,
            mark,
            repeated,
            code,
        ] = cells;
        let number = Some(text(number)).filter(|number| !number.is_empty()).unwrap_or_else(|| text(id));
        Self {
            number,
            received: moment(received).unwrap_or_default(),
            channel: text(channel),
            municipality: text(municipality),
            block: text(block),
            category: text(category),
            other: flag(other).unwrap_or_default(),
            body: Some(text(body)).filter(|body| !body.is_empty()).unwrap_or_else(|| text(code)),
            state: text(state),
            automatic: flag(automatic).unwrap_or_default(),
            due: moment(due),
            reaction_minutes: integer(minutes),
            answered: moment(answered),
            in_substance: flag(in_substance),
            closed: moment(closed),
            overdue: flag(overdue).unwrap_or_default(),
            redirects: integer(redirects).unwrap_or_default(),
            reopened: integer(reopened).unwrap_or_default(),
            mark: integer(mark),
            repeated: flag(repeated).unwrap_or_default(),
        }
    }
}

/// Counts of a part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) received: u64,
    pub(crate) answered: u64,
    pub(crate) closed: u64,
    /// Answered in time.
    pub(crate) on_time: u64,
    /// Answered with a term, or not answered and over it.
    pub(crate) with_term: u64,
    pub(crate) overdue: u64,
    pub(crate) marks: u64,
    pub(crate) mark_sum: u64,
    pub(crate) satisfied: u64,
    pub(crate) repeated: u64,
    pub(crate) reopened: u64,
    pub(crate) redirected: u64,
    pub(crate) routed: u64,
    pub(crate) automatic: u64,
    pub(crate) other: u64,
    pub(crate) categorised: u64,
    pub(crate) reacted: u64,
    pub(crate) reaction_minutes: u64,
    pub(crate) said_in_substance: u64,
    pub(crate) in_substance: u64,
}

impl Counts {
    fn add(&mut self, row: &Row) {
        let one = u64::from;
        self.received += 1;
        self.answered += one(row.answered.is_some());
        self.closed += one(row.closed.is_some());
        if let Some(due) = row.due {
            self.on_time += one(row.answered.is_some_and(|answered| answered <= due));
            self.with_term += one(row.answered.is_some() || row.overdue);
        }
        self.overdue += one(row.overdue);
        if let Some(mark) = row.mark.and_then(|mark| u64::try_from(mark).ok()) {
            self.marks += 1;
            self.mark_sum += mark;
            self.satisfied += one(mark >= 4);
        }
        self.repeated += one(row.repeated);
        self.reopened += one(row.reopened > 0);
        self.redirected += one(row.redirects > 0);
        self.routed += one(!row.body.is_empty());
        self.automatic += one(row.automatic);
        self.categorised += one(!row.category.is_empty());
        self.other += one(row.other);
        if let Some(minutes) = row.reaction_minutes.and_then(|minutes| u64::try_from(minutes).ok()) {
            self.reacted += 1;
            self.reaction_minutes += minutes;
        }
        if let Some(in_substance) = row.in_substance {
            self.said_in_substance += 1;
            self.in_substance += one(in_substance);
        }
    }
}

/// Everything that the workbook shows.
pub(crate) struct Figures {
    local: Local,
    most_overdue: usize,
    most_listed: usize,
    pub(crate) whole: Counts,
    pub(crate) blocks: BTreeMap<String, Counts>,
    pub(crate) bodies: BTreeMap<String, Counts>,
    /// By block and category.
    pub(crate) categories: BTreeMap<(String, String), Counts>,
    pub(crate) channels: BTreeMap<String, Counts>,
    pub(crate) municipalities: BTreeMap<String, Counts>,
    pub(crate) days: BTreeMap<String, Counts>,
    pub(crate) overdue: Vec<Row>,
    pub(crate) listed: Vec<Row>,
}

impl Figures {
    pub(crate) fn new(local: Local, most_overdue: usize, most_listed: usize) -> Self {
        Self {
            local,
            most_overdue,
            most_listed,
            whole: Counts::default(),
            blocks: BTreeMap::new(),
            bodies: BTreeMap::new(),
            categories: BTreeMap::new(),
            channels: BTreeMap::new(),
            municipalities: BTreeMap::new(),
            days: BTreeMap::new(),
            overdue: Vec::new(),
            listed: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, row: &Row) {
        self.whole.add(row);
        // A name is copied for the first row of its part alone.
        let part = |parts: &mut BTreeMap<String, Counts>, name: &str| match parts.get_mut(name) {
            Some(counts) => counts.add(row),
            None => parts.entry(name.to_owned()).or_default().add(row),
        };
        part(&mut self.blocks, &row.block);
        part(&mut self.bodies, &row.body);
        part(&mut self.channels, &row.channel);
        part(&mut self.municipalities, &row.municipality);
        part(&mut self.days, &self.local.stamp(row.received).iso_date());
        self.categories.entry((row.block.clone(), row.category.clone())).or_default().add(row);
        if row.overdue && self.overdue.len() < self.most_overdue {
            self.overdue.push(row.clone());
        }
        if self.listed.len() < self.most_listed {
            self.listed.push(row.clone());
        }
    }
}
