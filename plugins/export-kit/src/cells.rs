//! Cells of a row by the names of their columns.

use veche_sdk::exporter::{Cell, Column};

/// Where the columns of interest are.
#[derive(Debug, Clone)]
pub struct Named<const N: usize>([Option<usize>; N]);

impl<const N: usize> Named<N> {
    /// Finds them; one that is not there is null in every row.
    #[must_use]
    pub fn new(columns: &[Column], names: [&str; N]) -> Self {
        Self(names.map(|name| columns.iter().position(|column| column.name == name)))
    }

    /// The cells of a row, in the order of the names.
    #[must_use]
    pub fn of<'a>(&self, row: &'a [Cell]) -> [&'a Cell; N] {
        self.0.map(|place| place.and_then(|place| row.get(place)).unwrap_or(&Cell::Null))
    }
}
