//! What is kept of a fault for the author of the plug-in: where it happened and what was logged, without personal data.

use veche_domain::appeal::NewAppeal;
use veche_domain::fault::Trace;
use veche_domain::mask::mask;
use veche_sandbox::Report;

/// Log lines that are kept.
const LOGS: usize = 20;

/// The trace of a call that faulted.
pub(crate) fn trace<T>(appeal: &NewAppeal, report: &Report<T>) -> Trace {
    let skipped = report.logs.len().saturating_sub(LOGS);
    let last = report.logs.iter().skip(skipped);
    Trace {
        backtrace: report.backtrace.iter().map(ToString::to_string).collect(),
        logs: last.map(|line| format!("{}: {}", line.level, masked(appeal, &line.message))).collect(),
        remedy: Some(match &report.result {
            Err(fault) => fault.remedy(),
            Ok(_) => "the answer breaks the contract: name only codes that the directory gives, each once".into(),
        }),
    }
}

/// A text of a plug-in as it may be stored and logged: it may quote the appeal.
pub(crate) fn masked(appeal: &NewAppeal, text: &str) -> String {
    let applicant = &appeal.applicant;
    let known = [&applicant.name, &applicant.phone, &applicant.email, &applicant.address];
    let known: Vec<&str> = known.into_iter().flatten().map(String::as_str).collect();
    mask(text, &known).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use veche_sandbox::{Fault, Frame, LogLine};

    #[test]
    fn a_trace_holds_the_last_lines_and_no_person() {
        let appeal: NewAppeal = serde_json::from_value(serde_json::json!({
            "channel": "pos", "regime": "pos", "text": "Яма", "received_at": "2026-02-05T09:00:00Z",
            "applicant": {"kind": "citizen", "name": "Тётя Мотя", "phone": "220-330", "address": "Садовая, 5"}
        }))
        .unwrap();
        let mut logs: Vec<LogLine> =
            (0..30).map(|n| LogLine { level: "info".into(), message: format!("line {n}") }).collect();
        let quoted = "Тётя Мотя с Садовая, 5 (220-330, a@b.ru) и Иванов Пётр Ильич: яма";
        logs.push(LogLine { level: "error".into(), message: quoted.into() });
        let report = Report::<()> {
            result: Err(Fault::Trap { message: "unreachable".into() }),
            fuel: 1,
            duration: std::time::Duration::ZERO,
            memory: 0,
            host_calls: 0,
            host_bytes: 0,
            logs,
            logs_cut: 0,
            backtrace: vec![Frame { function: "route".into(), source: Some("src/lib.rs:7".into()) }],
        };
        let trace = trace(&appeal, &report);
        assert_eq!(trace.backtrace, ["route (src/lib.rs:7)"]);
        assert_eq!((trace.logs.len(), trace.logs[0].as_str()), (20, "info: line 11"));
        let last = trace.logs.last().unwrap();
        for person in ["Мотя", "Садовая", "220-330", "a@b.ru", "Иванов"] {
            assert!(!last.contains(person), "{last}");
        }
        assert!(last.starts_with("error: ") && last.ends_with(": яма"), "{last}");
    }
}
