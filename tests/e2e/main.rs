//! End-to-end tests: one binary, a module for each subject.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod access;
mod accounts;
mod api;
mod audit;
mod backtests;
mod bad_files;
mod bad_input;
mod browser;
mod compiler;
mod contract;
mod crash;
mod determinism;
mod exports;
mod fuzz;
mod host_process;
mod hostile;
mod indicators;
mod languages;
mod leaks;
mod oidc;
mod pages;
mod parts;
mod people;
mod pipeline;
mod quarantine;
mod ratings;
mod rollouts;
mod rules;
mod scenario;
mod store;
mod toolchain;
mod training;
mod usage;
mod walls;
mod world;
