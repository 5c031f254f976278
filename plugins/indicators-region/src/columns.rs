//! Columns of a batch by their place, and counts by the code of one of them.

use veche_sdk::indicators::{Batch, Column, Dimension, Measurement};
use veche_sdk::{Facts, Failure};

/// Null among codes.
const NO_CODE: u32 = u32::MAX;
/// Null among integers.
pub(crate) const NONE: i64 = i64::MIN;

fn wrong(column: usize) -> Failure {
    Failure::new(format!("the host gave column {column} in another form than the contract says"))
}

/// Codes of a column.
pub(crate) fn codes(batch: &Batch, column: usize) -> Result<&[u32], Failure> {
    match batch.columns.get(column) {
        Some(Column::Codes(codes)) => Ok(codes),
        _ => Err(wrong(column)),
    }
}

/// Integers of a column.
pub(crate) fn integers(batch: &Batch, column: usize) -> Result<&[i64], Failure> {
    match batch.columns.get(column) {
        Some(Column::Integers(values)) => Ok(values),
        _ => Err(wrong(column)),
    }
}

/// Upper and lower part of a share, and what is left out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Share {
    pub(crate) upper: u64,
    pub(crate) lower: u64,
    pub(crate) excluded: u64,
}

impl Share {
    /// Counts a row: in the upper part, in the lower alone, or left out.
    pub(crate) fn count(&mut self, row: Option<bool>) {
        match row {
            Some(upper) => {
                self.lower += 1;
                self.upper += u64::from(upper);
            }
            None => self.excluded += 1,
        }
    }

    #[allow(clippy::cast_precision_loss)] // Counts of appeals.
    fn measurement(self, breakdown: Vec<(Dimension, String)>) -> Measurement {
        let (upper, lower) = (self.upper as f64, self.lower as f64);
        Measurement {
            value: (self.lower > 0).then(|| 100.0 * upper / lower),
            numerator: upper,
            denominator: Some(lower),
            excluded: self.excluded,
            breakdown,
        }
    }
}

/// Shares of the whole and of each code of a column.
pub(crate) struct Shares {
    whole: Share,
    parts: Vec<Share>,
    names: Vec<String>,
}

impl Shares {
    /// Nothing yet, for the codes of a column.
    pub(crate) fn of(facts: &dyn Facts, column: u32) -> Self {
        let names = facts.dictionary(column);
        Self { whole: Share::default(), parts: vec![Share::default(); names.len()], names }
    }

    /// Counts a row.
    pub(crate) fn count(&mut self, code: u32, row: Option<bool>) {
        self.whole.count(row);
        if code != NO_CODE
            && let Some(part) = usize::try_from(code).ok().and_then(|code| self.parts.get_mut(code))
        {
            part.count(row);
        }
    }

    /// The whole first, then each part that has a row.
    pub(crate) fn measurements(self, dimension: Dimension) -> Vec<Measurement> {
        let parts = self.parts.into_iter().zip(self.names).filter(|(part, _)| part.lower + part.excluded > 0);
        std::iter::once(self.whole.measurement(Vec::new()))
            .chain(parts.map(|(part, name)| part.measurement(vec![(dimension, name)])))
            .collect()
    }
}
