//! End-to-end tests: one binary, a module for each subject.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod api;
mod backtests;
mod bad_files;
mod crash;
mod host_process;
mod parts;
mod pipeline;
mod rollouts;
mod rules;
mod scenario;
mod store;
mod walls;
mod world;
