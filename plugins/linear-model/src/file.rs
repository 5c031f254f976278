//! A model as a file: checked once, then read where it lies. Nothing is copied out of it, so that the memory of a
//! component holds each byte once.

use sha2::{Digest as _, Sha256};

use crate::error::ModelError;
use crate::grams::Grams;
use crate::layout::{BUCKETS, Head, MAGIC, Parts, SEALED_FROM, VERSION, u16_at, u32_at};

/// A model of texts.
#[derive(Clone, PartialEq)]
pub struct Model {
    bytes: Vec<u8>,
    pub(crate) head: Head,
    parts: Parts,
    names: Vec<String>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("classes", &self.names.len())
            .field("rows", &self.head.rows)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// Length of a file that begins so; for whoever reads it in pieces.
    ///
    /// # Errors
    /// What begins so is no model of this format.
    pub fn length(beginning: &[u8]) -> Result<usize, ModelError> {
        if beginning.first_chunk() != Some(&MAGIC) {
            return Err(ModelError::Foreign);
        }
        let too_short = ModelError::Length(SEALED_FROM as u64, beginning.len() as u64);
        let version = u32_at(beginning, 8).ok_or(too_short.clone())?;
        if version != VERSION {
            return Err(ModelError::Version(version));
        }
        u32_at(beginning, 12).and_then(|length| usize::try_from(length).ok()).ok_or(too_short)
    }

    /// Reads a model and checks all that later calls rely on.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read(bytes: Vec<u8>) -> Result<Self, ModelError> {
        let length = Self::length(&bytes)?;
        if bytes.len() != length {
            return Err(ModelError::Length(length as u64, bytes.len() as u64));
        }
        let sealed = bytes.get(SEALED_FROM..).ok_or(ModelError::Length(length as u64, bytes.len() as u64))?;
        let digest: [u8; 32] = Sha256::digest(sealed).into();
        if bytes.get(16..SEALED_FROM) != Some(&digest) {
            return Err(ModelError::Digest);
        }
        let head = Head::read(&bytes)?;
        let parts = head.parts().filter(|parts| parts.note.end == length).ok_or(ModelError::Part("counts"))?;
        let names = names(bytes.get(parts.names.clone()).unwrap_or_default()).ok_or(ModelError::Part("names"))?;
        if names.len() != head.classes || names.is_empty() {
            return Err(ModelError::Part("names"));
        }
        let model = Self { bytes, head, parts, names };
        model.check_rows()?;
        Ok(model)
    }

    /// A digest proves that the file is as it was written, not by whom: a place outside is found here, not in a call.
    fn check_rows(&self) -> Result<(), ModelError> {
        let ascending = |range: std::ops::Range<usize>, last: usize| {
            let numbers = self.bytes.get(range).unwrap_or_default().chunks_exact(4);
            let mut before = 0;
            for chunk in numbers {
                let number = u32_at(chunk, 0).unwrap_or(u32::MAX);
                if number < before {
                    return false;
                }
                before = number;
            }
            before as usize == last
        };
        if !ascending(self.parts.buckets.clone(), self.head.rows) {
            return Err(ModelError::Part("buckets"));
        }
        if !ascending(self.parts.firsts.clone(), self.head.pairs) {
            return Err(ModelError::Part("rows"));
        }
        let classes = self.bytes.get(self.parts.classes.clone()).unwrap_or_default();
        let known = if self.head.wide {
            classes.chunks_exact(2).all(|class| usize::from(u16_at(class, 0).unwrap_or(u16::MAX)) < self.head.classes)
        } else {
            classes.iter().all(|class| usize::from(*class) < self.head.classes)
        };
        if known { Ok(()) } else { Err(ModelError::Part("classes")) }
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Codes of the classes.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.names
    }

    /// What the trainer noted: a JSON object.
    #[must_use]
    pub fn note(&self) -> &str {
        self.bytes.get(self.parts.note.clone()).and_then(|note| std::str::from_utf8(note).ok()).unwrap_or_default()
    }

    /// N-grams that it knows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.head.rows
    }

    /// Weights that it holds.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.head.pairs
    }

    pub(crate) fn grams(&self) -> Grams {
        self.head.grams
    }

    pub(crate) fn bias(&self, class: usize) -> f32 {
        u32_at(&self.bytes, self.parts.bias.start + 4 * class).map_or(0.0, f32::from_bits)
    }

    /// What one level of a weight is worth.
    #[cfg(all(test, feature = "train"))]
    pub(crate) fn weight_level(&self) -> f32 {
        self.head.weight_scale
    }

    /// The row of an n-gram, if it is known.
    pub(crate) fn row(&self, number: u32) -> Option<u32> {
        let bucket = (number >> 16) as usize;
        debug_assert!(bucket < BUCKETS);
        let at = self.parts.buckets.start + 4 * bucket;
        let (first, end) = (u32_at(&self.bytes, at)?, u32_at(&self.bytes, at + 4)?);
        let rest = (number as u16).to_le_bytes();
        let start = self.parts.rests.start;
        let rests = self.bytes.get(start + 2 * first as usize..start + 2 * end as usize)?;
        let place = rests.chunks_exact(2).position(|chunk| chunk == rest)?;
        Some(first + place as u32)
    }

    /// Inverse document frequency of a row.
    pub(crate) fn idf(&self, row: u32) -> f32 {
        let level = self.bytes.get(self.parts.idfs.start + row as usize).copied().unwrap_or_default();
        self.head.least_idf + f32::from(level) * self.head.idf_scale
    }

    /// What a row says for which class, in levels.
    pub(crate) fn weights(&self, row: u32, mut take: impl FnMut(usize, i8)) {
        let (classes, weights) = self.pairs_of(row);
        if self.head.wide {
            for (class, weight) in classes.chunks_exact(2).zip(weights) {
                take(usize::from(u16_at(class, 0).unwrap_or_default()), weight.cast_signed());
            }
        } else {
            for (class, weight) in classes.iter().zip(weights) {
                take(usize::from(*class), weight.cast_signed());
            }
        }
    }

    /// What a row says for one class, in levels. The classes of a row ascend.
    pub(crate) fn weight(&self, row: u32, class: usize) -> i8 {
        let (classes, weights) = self.pairs_of(row);
        let place = if self.head.wide {
            let class = u16::try_from(class).unwrap_or(u16::MAX).to_le_bytes();
            classes.chunks_exact(2).position(|of| of == class)
        } else {
            u8::try_from(class).ok().and_then(|class| classes.binary_search(&class).ok())
        };
        place.and_then(|place| weights.get(place)).map_or(0, |weight| weight.cast_signed())
    }

    /// Classes and weights of a row, as they lie there.
    fn pairs_of(&self, row: u32) -> (&[u8], &[u8]) {
        let at = self.parts.firsts.start + 4 * row as usize;
        let (Some(first), Some(end)) = (u32_at(&self.bytes, at), u32_at(&self.bytes, at + 4)) else {
            return (&[], &[]);
        };
        let (first, end) = (first as usize, end as usize);
        let width = if self.head.wide { 2 } else { 1 };
        let part =
            |start: usize, width: usize| self.bytes.get(start + width * first..start + width * end).unwrap_or_default();
        (part(self.parts.classes.start, width), part(self.parts.weights.start, 1))
    }
}

fn names(mut bytes: &[u8]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    while !bytes.is_empty() {
        let length = usize::from(u16_at(bytes, 0)?);
        let name = bytes.get(2..2 + length)?;
        names.push(std::str::from_utf8(name).ok()?.to_owned());
        bytes = bytes.get(2 + length..)?;
    }
    Some(names)
}
