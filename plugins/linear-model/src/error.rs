//! Why a file is no model.

use std::fmt;

use crate::layout::VERSION;

/// Why a file is no model that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelError {
    /// Not made by the trainer at all.
    Foreign,
    /// Of another version of the format.
    Version(u32),
    /// Cut off, or with something behind it: bytes that it says it has, and bytes that there are.
    Length(u64, u64),
    /// Its digest is another: something was changed.
    Digest,
    /// Its parts do not fit together.
    Part(&'static str),
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("this is no model: give the file that `veche train` wrote"),
            Self::Version(found) => {
                write!(f, "the model has format {found}, this plug-in reads {VERSION}: train it again")
            }
            Self::Length(said, found) => {
                write!(f, "the model should have {said} bytes and has {found}: copy or upload it again")
            }
            Self::Digest => f.write_str("the model is damaged, its digest does not fit: copy or upload it again"),
            Self::Part(which) => write!(f, "the model is damaged, its {which} do not fit together: train it again"),
        }
    }
}

impl std::error::Error for ModelError {}
