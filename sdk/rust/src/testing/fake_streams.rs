//! Rows and a sink in memory, for native tests of exporters.

use crate::exporter::{Cell, Column};
use crate::{Failure, Rows, Sink};

/// Rows that a test hands to an exporter, in batches as the host would.
///
/// ```
/// use veche_sdk::exporter::Cell;
/// use veche_sdk::{Rows, testing::FakeRows};
///
/// let mut rows = FakeRows::new(["id", "text"]).row([Cell::Integer(1), Cell::Text("яма".to_owned())]);
/// assert_eq!(rows.columns()[1].title, "text");
/// assert_eq!(rows.next().map(|batch| batch.len()), Some(1));
/// assert!(rows.next().is_none());
/// ```
#[derive(Debug, Clone)]
pub struct FakeRows {
    columns: Vec<Column>,
    rows: std::collections::VecDeque<Vec<Cell>>,
    batch: usize,
}

impl FakeRows {
    /// No rows of these columns; the titles are the names.
    pub fn new<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        let column = |name: &str| Column { name: name.to_owned(), title: name.to_owned() };
        let columns = columns.into_iter().map(column).collect();
        Self { columns, rows: std::collections::VecDeque::new(), batch: 256 }
    }

    /// Adds a row; cells that are missing at its end are null.
    #[must_use]
    pub fn row(mut self, cells: impl IntoIterator<Item = Cell>) -> Self {
        let mut cells: Vec<Cell> = cells.into_iter().collect();
        cells.resize(self.columns.len(), Cell::Null);
        self.rows.push_back(cells);
        self
    }

    /// Adds a row by names of columns; the others are null.
    #[must_use]
    pub fn named<'a>(self, cells: impl IntoIterator<Item = (&'a str, Cell)>) -> Self {
        let mut row = vec![Cell::Null; self.columns.len()];
        for (name, cell) in cells {
            let place = self.columns.iter().position(|column| column.name == name);
            if let Some(place) = place.and_then(|place| row.get_mut(place)) {
                *place = cell;
            }
        }
        self.row(row)
    }

    /// How many rows come at once.
    #[must_use]
    pub fn batches_of(mut self, rows: usize) -> Self {
        self.batch = rows.max(1);
        self
    }
}

impl Rows for FakeRows {
    fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    fn next(&mut self) -> Option<Vec<Vec<Cell>>> {
        let count = self.batch.min(self.rows.len());
        (count > 0).then(|| self.rows.drain(..count).collect())
    }
}

/// Keeps what an exporter writes; refuses pieces over 1 MiB and, if a test says so, what is over a quota.
#[derive(Debug, Clone, Default)]
pub struct FakeSink {
    /// What was written.
    pub bytes: Vec<u8>,
    quota: Option<usize>,
}

impl FakeSink {
    /// Without a quota.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses what is over so many bytes.
    #[must_use]
    pub fn with_quota(bytes: usize) -> Self {
        Self { bytes: Vec::new(), quota: Some(bytes) }
    }
}

impl Sink for FakeSink {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if bytes.len() > 1 << 20 {
            return Err(Failure::new("a piece has at most 1 MiB"));
        }
        if self.quota.is_some_and(|quota| self.bytes.len() + bytes.len() > quota) {
            return Err(Failure::new("the quota is used up"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}
