//! Words and rules of a regional management centre: appeals, dictionaries, calendars, rulesets, decisions.
//!
//! The lowest floor. No I/O, no async, no wasm, no SQL: everything here is a value or a pure function.

pub mod access;
pub mod appeal;
pub mod audit;
pub mod calendar;
pub mod clocks;
pub mod code;
pub mod decision;
pub mod dictionary;
pub mod diff;
pub mod export;
pub mod facts;
pub mod fault;
pub mod indicator;
pub mod lifecycle;
pub mod limits;
pub mod mask;
pub mod progress;
pub mod quarantine;
pub mod rating;
pub mod ruleset;
pub mod workload;
