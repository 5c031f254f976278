//! Where what stands in a model's file. All numbers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `VECHELIN` |
//! | 4 | version of the format |
//! | 4 | length of the file |
//! | 32 | SHA-256 of all that follows |
//! | 44 | head: counts of classes, rows and pairs, length of names and of the note (`u32` each); shortest and longest run of letters, most words, bytes of a class number (`u8` each); temperature, share of letters, scale of idf, scale of weights, least idf (`f32` each) |
//! | 4 × classes | bias of each class (`f32`) |
//! | 4 × 65,537 | first row of each bucket (`u32`): a bucket is the upper half of an n-gram's number |
//! | 4 × (rows + 1) | first pair of each row (`u32`) |
//! | 2 × rows | lower half of the n-gram's number (`u16`) |
//! | 1 × rows | inverse document frequency (`u8`) |
//! | 1 or 2 × pairs | class (`u8` or `u16`) |
//! | 1 × pairs | weight (`i8`) |
//! | … | names of the classes, each behind its length (`u16`); the note, JSON |

use std::ops::Range;

use crate::error::ModelError;
use crate::grams::Grams;

/// Version of the format.
pub const VERSION: u32 = 1;
/// Most bytes of a model.
pub const MOST_BYTES: usize = 8 << 20;

pub(crate) const MAGIC: [u8; 8] = *b"VECHELIN";
pub(crate) const SEALED_FROM: usize = 48;
pub(crate) const BUCKETS: usize = 1 << 16;
const HEAD: usize = 44;

/// The head of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Head {
    pub(crate) classes: usize,
    pub(crate) rows: usize,
    pub(crate) pairs: usize,
    pub(crate) names: usize,
    pub(crate) note: usize,
    pub(crate) grams: Grams,
    /// Whether a class takes two bytes.
    pub(crate) wide: bool,
    pub(crate) temperature: f32,
    /// Length of the vector of letters; that of words is 1.
    pub(crate) letters: f32,
    pub(crate) idf_scale: f32,
    pub(crate) weight_scale: f32,
    pub(crate) least_idf: f32,
}

/// Where the parts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) bias: Range<usize>,
    pub(crate) buckets: Range<usize>,
    pub(crate) firsts: Range<usize>,
    pub(crate) rests: Range<usize>,
    pub(crate) idfs: Range<usize>,
    pub(crate) classes: Range<usize>,
    pub(crate) weights: Range<usize>,
    pub(crate) names: Range<usize>,
    pub(crate) note: Range<usize>,
}

impl Head {
    /// Where the parts are; none if their sizes are beyond all measure.
    pub(crate) fn parts(&self) -> Option<Parts> {
        let mut at = SEALED_FROM + HEAD;
        let mut next = |count: usize, size: usize| {
            let start = at;
            at = count.checked_mul(size)?.checked_add(at)?;
            Some(start..at)
        };
        Some(Parts {
            bias: next(self.classes, 4)?,
            buckets: next(BUCKETS + 1, 4)?,
            firsts: next(self.rows.checked_add(1)?, 4)?,
            rests: next(self.rows, 2)?,
            idfs: next(self.rows, 1)?,
            classes: next(self.pairs, if self.wide { 2 } else { 1 })?,
            weights: next(self.pairs, 1)?,
            names: next(self.names, 1)?,
            note: next(self.note, 1)?,
        })
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let number = |place: usize| u32_at(bytes, SEALED_FROM + 4 * place).ok_or(ModelError::Part("counts"));
        let count =
            |place: usize| number(place).and_then(|n| usize::try_from(n).map_err(|_| ModelError::Part("counts")));
        let share = |place: usize| number(place).map(f32::from_bits);
        let [shortest, longest, words, width] = number(5)?.to_le_bytes();
        let head = Self {
            classes: count(0)?,
            rows: count(1)?,
            pairs: count(2)?,
            names: count(3)?,
            note: count(4)?,
            grams: Grams { shortest, longest, words },
            wide: width == 2,
            temperature: share(6)?,
            letters: share(7)?,
            idf_scale: share(8)?,
            weight_scale: share(9)?,
            least_idf: share(10)?,
        };
        let scales = [head.temperature, head.letters, head.idf_scale, head.weight_scale, head.least_idf];
        let sound = scales.iter().all(|scale| scale.is_finite() && *scale >= 0.0) && head.least_idf > 0.0;
        if !sound || longest > 16 || words > 8 {
            return Err(ModelError::Part("scales"));
        }
        Ok(head)
    }

    #[cfg(feature = "train")]
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        let Grams { shortest, longest, words } = self.grams;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let counts = [self.classes, self.rows, self.pairs, self.names, self.note].map(count);
        let shape = u32::from_le_bytes([shortest, longest, words, if self.wide { 2 } else { 1 }]);
        let scales = [self.temperature, self.letters, self.idf_scale, self.weight_scale, self.least_idf];
        for number in counts.into_iter().chain([shape]).chain(scales.map(f32::to_bits)) {
            bytes.extend(number.to_le_bytes());
        }
    }
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|chunk| u16::from_le_bytes(*chunk))
}
