//! The pages in a real browser against a real host. Each role's main task, axe-core without a violation, no line on the
//! console; pictures in `target/screenshots`.

mod admin;
mod centre;
mod curator;
mod driver;
mod everyone;
mod operator;

pub(crate) use centre::{Centre, PASSWORD};
pub(crate) use driver::{Browser, ENTER};
