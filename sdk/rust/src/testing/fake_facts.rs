//! Facts in memory, for native tests of indicators.

use std::collections::VecDeque;

use crate::Facts;
use crate::indicators::{Batch, Column};

/// Facts that a test hands to an indicator, column by column in the order of its definition.
///
/// ```
/// use veche_sdk::{Facts, indicators::Column, testing::FakeFacts};
///
/// let mut facts = FakeFacts::new().codes([Some("city"), None, Some("city")]).integers([Some(5), Some(2), None]);
/// assert_eq!(facts.dictionary(0), ["city"]);
/// let batch = facts.next().expect("there are three rows");
/// assert_eq!(batch.columns[0], Column::Codes(vec![0, u32::MAX, 0]));
/// assert_eq!(batch.columns[1], Column::Integers(vec![5, 2, i64::MIN]));
/// assert!(facts.next().is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct FakeFacts {
    dictionaries: Vec<Vec<String>>,
    columns: Vec<Column>,
    batches: Option<VecDeque<Batch>>,
    size: Option<usize>,
}

impl FakeFacts {
    /// No columns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A column of texts, for example bodies.
    #[must_use]
    pub fn codes<'a>(mut self, values: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut dictionary: Vec<String> = Vec::new();
        let mut code = |value: &str| {
            let known = dictionary.iter().position(|known| known == value).unwrap_or_else(|| {
                dictionary.push(value.to_owned());
                dictionary.len() - 1
            });
            u32::try_from(known).unwrap_or(u32::MAX)
        };
        let codes = values.into_iter().map(|value| value.map_or(u32::MAX, &mut code)).collect();
        self.columns.push(Column::Codes(codes));
        self.dictionaries.push(dictionary);
        self
    }

    /// A column of whole numbers or moments.
    #[must_use]
    pub fn integers(self, values: impl IntoIterator<Item = Option<i64>>) -> Self {
        let values = values.into_iter().map(|value| value.unwrap_or(i64::MIN)).collect();
        self.column(Column::Integers(values))
    }

    /// A column of numbers.
    #[must_use]
    pub fn numbers(self, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let values = values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect();
        self.column(Column::Numbers(values))
    }

    /// A column of yes and no.
    #[must_use]
    pub fn flags(self, values: impl IntoIterator<Item = Option<bool>>) -> Self {
        let values = values.into_iter().map(|value| value.map_or(2, u8::from)).collect();
        self.column(Column::Flags(values))
    }

    fn column(mut self, column: Column) -> Self {
        self.columns.push(column);
        self.dictionaries.push(Vec::new());
        self
    }

    /// How many rows come at once.
    #[must_use]
    pub fn batches_of(mut self, rows: usize) -> Self {
        self.size = Some(rows.max(1));
        self
    }

    fn rows(&self) -> usize {
        self.columns.iter().map(length).min().unwrap_or_default()
    }

    fn split(&self) -> VecDeque<Batch> {
        let (rows, size) = (self.rows(), self.size.unwrap_or(4_096));
        let starts = (0..rows).step_by(size);
        starts
            .map(|from| {
                let to = rows.min(from + size);
                let columns = self.columns.iter().map(|column| part(column, from, to)).collect();
                Batch { rows: u32::try_from(to - from).unwrap_or_default(), columns }
            })
            .collect()
    }
}

fn length(column: &Column) -> usize {
    match column {
        Column::Codes(values) => values.len(),
        Column::Integers(values) => values.len(),
        Column::Numbers(values) => values.len(),
        Column::Flags(values) => values.len(),
    }
}

fn part(column: &Column, from: usize, to: usize) -> Column {
    match column {
        Column::Codes(values) => Column::Codes(values.get(from..to).unwrap_or_default().to_vec()),
        Column::Integers(values) => Column::Integers(values.get(from..to).unwrap_or_default().to_vec()),
        Column::Numbers(values) => Column::Numbers(values.get(from..to).unwrap_or_default().to_vec()),
        Column::Flags(values) => Column::Flags(values.get(from..to).unwrap_or_default().to_vec()),
    }
}

impl Facts for FakeFacts {
    fn dictionary(&self, column: u32) -> Vec<String> {
        usize::try_from(column).ok().and_then(|column| self.dictionaries.get(column)).cloned().unwrap_or_default()
    }

    fn next(&mut self) -> Option<Batch> {
        if self.batches.is_none() {
            self.batches = Some(self.split());
        }
        self.batches.as_mut().and_then(VecDeque::pop_front)
    }
}
