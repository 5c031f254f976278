//! What the reference exporters share: local time, cells by name, bytes in pieces.

mod cells;
mod pieces;
mod time;

pub use cells::Named;
pub use pieces::Pieces;
pub use time::{Local, Stamp};
