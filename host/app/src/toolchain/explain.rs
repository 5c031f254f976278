//! What the author of a plug-in is told when it fails: what, where in the source, on which input, which limit, and what
//! to do.

use std::fmt;

use veche_sandbox::{Fault, Frame, LogLine, SandboxError};

/// Frames and log lines that are shown.
const SHOWN: usize = 12;

/// A failure, in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which function of the contract was called.
    pub export: String,
    /// On what: the id of the appeal, the indicator, the format; with the case.
    pub input: String,
    /// What went wrong.
    pub what: String,
    /// Functions on the stack, innermost first.
    pub backtrace: Vec<Frame>,
    /// The last lines that the plug-in wrote.
    pub logs: Vec<LogLine>,
    /// What to do.
    pub remedy: String,
}

impl Trouble {
    /// A call that faulted.
    #[must_use]
    pub fn of_call(export: &str, input: &str, fault: &Fault, backtrace: &[Frame], logs: &[LogLine]) -> Self {
        Self {
            export: export.to_owned(),
            input: input.to_owned(),
            what: fault.to_string(),
            backtrace: backtrace.to_vec(),
            logs: logs.to_vec(),
            remedy: fault.remedy(),
        }
    }

    /// An answer that the core would not take.
    #[must_use]
    pub fn of_answer(export: &str, input: &str, why: &str, logs: &[LogLine]) -> Self {
        Self {
            export: export.to_owned(),
            input: input.to_owned(),
            what: format!("the answer is refused: {why}"),
            backtrace: Vec::new(),
            logs: logs.to_vec(),
            remedy: "name only codes that the directory gives, each once, and numbers that the contract allows".into(),
        }
    }

    /// A component that cannot be made ready.
    #[must_use]
    pub fn of_preparation(error: &SandboxError) -> Self {
        let (export, fault, backtrace, logs) = match error {
            SandboxError::Fault { export, fault, backtrace, logs } => {
                (*export, Some(fault), backtrace.clone(), logs.clone())
            }
            _ => ("configure", None, Vec::new(), Vec::new()),
        };
        let remedy = match (fault, error) {
            (Some(fault), _) => fault.remedy(),
            (None, SandboxError::Limit(exceeded)) => Fault::Limit(*exceeded).remedy(),
            (None, _) => "mend what the message names, and build again".into(),
        };
        let what = match (fault, error) {
            (Some(fault), _) => fault.to_string(),
            (None, SandboxError::Limit(exceeded)) => exceeded.to_string(),
            (None, other) => other.to_string(),
        };
        Self { export: export.to_owned(), input: "these settings and datasets".into(), what, backtrace, logs, remedy }
    }

    /// The innermost function of the author's own: neither the language's nor the SDK's.
    #[must_use]
    pub fn place(&self) -> Option<&Frame> {
        self.backtrace.iter().find(|frame| !is_foreign(frame))
    }
}

/// Where the sources of libraries stand.
const LIBRARIES: [&str; 6] = ["/rustc/", "/cargo/", "/rust/", "library/", "sdk/rust/src", "wasisdk:"];
/// How functions of libraries begin, where there is no source.
const RUNTIME: [&str; 12] = [
    "core::",
    "std::",
    "alloc::",
    "__rust",
    "rust_",
    "veche_sdk::",
    "<core",
    "<alloc",
    "<std",
    "dlmalloc",
    "abort",
    "function ",
];

fn is_foreign(frame: &Frame) -> bool {
    match &frame.source {
        Some(source) => LIBRARIES.iter().any(|part| source.contains(part)),
        None => RUNTIME.iter().any(|part| frame.function.starts_with(part)),
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "`{}` on {}: {}", self.export, self.input, self.what)?;
        if let Some(place) = self.place() {
            writeln!(f, "  where: {place}")?;
        }
        let skipped = self.logs.len().saturating_sub(SHOWN);
        for line in self.logs.iter().skip(skipped) {
            writeln!(f, "  log {}: {}", line.level, line.message)?;
        }
        // How a language panics is no news to anybody: the author's own functions, or all where there are none.
        let own: Vec<_> = self.backtrace.iter().filter(|frame| !is_foreign(frame)).collect();
        let told = if own.is_empty() { self.backtrace.iter().collect() } else { own };
        for frame in told.iter().take(SHOWN) {
            writeln!(f, "  in {frame}")?;
        }
        let more = self.backtrace.len() - told.len().min(SHOWN);
        if more > 0 {
            writeln!(f, "  and {more} functions of libraries or further out")?;
        }
        write!(f, "  to do: {}", self.remedy)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use veche_domain::limits::{LimitExceeded, LimitKind};

    use super::*;

    fn frame(function: &str, source: Option<&str>) -> Frame {
        Frame { function: function.into(), source: source.map(str::to_owned) }
    }

    #[test]
    fn an_author_learns_what_where_on_which_input_and_what_to_do() {
        let fault = Fault::Limit(LimitExceeded { which: LimitKind::Fuel, used: 400, allowed: 400 });
        let frames = [
            frame("core::str::find", Some("/rustc/abc/library/core/src/str/mod.rs:5")),
            frame("veche_sdk::runtime::call", None),
            frame("rule::words::count", Some("src/words.rs:17")),
            frame("rule::Rule::categorize", Some("src/lib.rs:40")),
        ];
        let logs = [LogLine { level: "info".into(), message: "counting".into() }];
        let told = Trouble::of_call("categorize", "appeal 0193 (case «яма»)", &fault, &frames, &logs).to_string();
        for part in [
            "`categorize` on appeal 0193 (case «яма»): the limit `fuel` was hit: 400 units used, 400 allowed",
            "where: rule::words::count (src/words.rs:17)",
            "log info: counting",
            "in rule::Rule::categorize (src/lib.rs:40)",
            "to do: do the work once in `configure`",
            "`limits = { fuel = … }`",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    #[test]
    fn every_limit_has_a_remedy_that_can_be_followed() {
        for kind in LimitKind::ALL {
            let told = Fault::Limit(LimitExceeded { which: *kind, used: 2, allowed: 1 }).remedy();
            assert!(told.len() > 30, "{kind}: {told}");
            assert_eq!(told.contains("large"), !kind.is_engine_wide(), "{kind}: {told}");
        }
    }
}
