//! A linear model of texts: which n-grams it looks at ([`Grams`]), the file that it is ([`Model`]), what it says of a
//! text and by which words ([`Scored`]). The trainer and the plug-in share this code, so that they cannot disagree.
//!
//! With the feature `train`, `train` makes a model of labelled texts.

mod error;
mod file;
mod grams;
mod layout;
mod score;
#[cfg(feature = "train")]
pub mod train;

pub use error::ModelError;
pub use file::Model;
pub use grams::Grams;
pub use layout::{MOST_BYTES, VERSION};
pub use score::{Scored, likelihoods};
