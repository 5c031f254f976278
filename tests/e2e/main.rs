//! End-to-end tests: one binary, a module for each subject.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod access;
mod accounts;
mod api;
mod audit;
mod bad_files;
mod bad_input;
mod compiler;
mod crash;
mod determinism;
mod host_process;
mod people;
mod pipeline;
mod quarantine;
mod store;
mod walls;
mod world;
