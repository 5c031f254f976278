//! Medians by criterion. Its reports go to the output as they are made; what it found is read back from its files, for
//! ratios in one table.

use std::path::PathBuf;
use std::time::Duration;

use criterion::Criterion;
use serde_json::Value;
use veche_tests::guest::root;

/// A criterion with a folder that the program of the peers shares.
pub(crate) struct Timing {
    criterion: Criterion,
    pub(crate) folder: PathBuf,
}

impl Timing {
    pub(crate) fn new() -> Self {
        let folder = root().join("target/criterion");
        let criterion = Criterion::default()
            .output_directory(&folder)
            .warm_up_time(Duration::from_secs(1))
            .measurement_time(Duration::from_secs(4));
        Self { criterion, folder }
    }

    /// Median time of one run of `work`, microseconds.
    pub(crate) fn median(&mut self, group: &str, name: &str, work: impl FnMut()) -> f64 {
        let mut work = work;
        self.criterion.benchmark_group(group).bench_function(name, |bencher| bencher.iter(&mut work));
        self.read(group, name).expect("criterion writes what it found")
    }

    /// What the last run of a benchmark found, microseconds.
    pub(crate) fn read(&self, group: &str, name: &str) -> Option<f64> {
        let file = self.folder.join(group).join(name).join("new/estimates.json");
        let estimates: Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
        Some(estimates.pointer("/median/point_estimate")?.as_f64()? / 1_000.0)
    }
}
