//! What tests and benchmarks share: components made on the spot, and the hostile ones among them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod guest;
pub mod hostile;
pub mod yard;
