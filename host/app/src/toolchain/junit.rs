//! Results of golden cases as JUnit XML, for build servers.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// One case and what came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// File of cases.
    pub file: String,
    /// Name of the case.
    pub case: String,
    /// How long the call took.
    pub time: Duration,
    /// Why it failed; none if it passed.
    pub failure: Option<String>,
}

/// The report: a suite for each file.
///
/// # Errors
/// What the writer refuses.
pub fn report(plugin: &str, outcomes: &[Outcome]) -> Result<String, String> {
    let mut report = Report::new(plugin);
    let mut files: Vec<&str> = outcomes.iter().map(|outcome| outcome.file.as_str()).collect();
    files.dedup();
    for file in files {
        let mut suite = TestSuite::new(file);
        for outcome in outcomes.iter().filter(|outcome| outcome.file == file) {
            let status = match &outcome.failure {
                None => TestCaseStatus::success(),
                Some(failure) => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    let first = failure.lines().next().unwrap_or_default().to_owned();
                    status.set_message(first).set_description(failure.clone());
                    status
                }
            };
            let mut case = TestCase::new(&outcome.case, status);
            case.set_classname(file).set_time(outcome.time);
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|e| e.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_build_server_reads_what_failed_and_why() {
        let outcome = |case: &str, failure: Option<&str>| Outcome {
            file: "cases/basic.toml".into(),
            case: case.into(),
            time: Duration::from_millis(3),
            failure: failure.map(str::to_owned),
        };
        let xml = report("rule", &[outcome("яма", None), outcome("<снег> & лёд", Some("wanted a\ngot b"))]).unwrap();
        assert!(xml.contains("tests=\"2\"") && xml.contains("failures=\"1\""), "{xml}");
        assert!(xml.contains("name=\"&lt;снег&gt; &amp; лёд\""), "{xml}");
        assert!(xml.contains("message=\"wanted a\""), "{xml}");
    }
}
