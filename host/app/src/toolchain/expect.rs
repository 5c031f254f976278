//! What a case expects, what came of it, and how the two compare. An expectation is compared as far as it goes: what it
//! leaves out may be anything.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use veche_domain::code::Digest;
use veche_domain::decision::{Categorization, Reason, Routing};
use veche_domain::export::Summary;
use veche_domain::indicator::Measurement;

use super::cases;

/// Numbers that are closer are the same: languages round differently.
const CLOSE: f64 = 1e-4;
/// Longest text of an exported file that stands in a case; a longer one is told by its digest.
const TEXT: usize = 16 << 10;

/// What comes of a case. Exactly one of the answers, and log lines beside it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// Nothing to say. Only `true` is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_opinion: Option<bool>,
    /// Candidates, best first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates: Option<Vec<Candidate>>,
    /// An assignment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned: Option<Assignment>,
    /// The question to a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs_person: Option<String>,
    /// Measurements; those of the whole region first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measurements: Option<Vec<Measured>>,
    /// An exported file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
    /// A part of the message of a failure, a trap or a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Settings that are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Vec<Refused>>,
    /// Log lines, each after its level: `info: …`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<Vec<String>>,
}

/// A candidate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Candidate {
    /// Category code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<Why>>,
}

/// A reason.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Why {
    /// A sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Words of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Vec<String>>,
}

/// An assignment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Assignment {
    /// Body code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// Terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clocks: Option<Vec<Term>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<Why>>,
}

/// A term.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Term {
    /// Which clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Last moment in time.
    #[serde(deserialize_with = "due", serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// The rule that it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
}

fn due<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    cases::moment(from).map(Some)
}

fn seconds<S: Serializer>(due: &Option<DateTime<Utc>>, to: S) -> Result<S::Ok, S::Error> {
    due.map(|due| due.to_rfc3339_opts(SecondsFormat::Secs, true)).serialize(to)
}

/// A measurement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Measured {
    /// Value; left out where it is undefined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Upper part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<f64>,
    /// Lower part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<f64>,
    /// Rows left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded: Option<u64>,
    /// Which part of the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<BTreeMap<String, String>>,
}

/// An exported file: its text, or its size and digest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// Its text, if it is a short one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// What the plug-in says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Told>,
}

/// A summary.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Told {
    /// Rows read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Rows left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<u64>,
    /// Remarks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<Vec<String>>,
}

/// A setting that is refused.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Refused {
    /// JSON pointer of the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// A part of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

fn why(reasons: &[Reason]) -> Option<Vec<Why>> {
    let one = |r: &Reason| Why { message: Some(r.message.clone()), evidence: Some(r.evidence.clone()) };
    Some(reasons.iter().map(one).collect())
}

/// A confidence without the digits that a 32-bit number does not have.
fn shortest(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| f64::from(number))
}

impl Expect {
    /// What a categorizer answered.
    #[must_use]
    pub fn of_categorization(answer: &Categorization) -> Self {
        match answer {
            Categorization::NoOpinion => Self { no_opinion: Some(true), ..Self::default() },
            Categorization::Candidates(candidates) => {
                let one = |c: &veche_domain::decision::Candidate| Candidate {
                    category: Some(c.category.clone()),
                    confidence: Some(shortest(c.confidence)),
                    reasons: why(&c.reasons),
                };
                Self { candidates: Some(candidates.iter().map(one).collect()), ..Self::default() }
            }
        }
    }

    /// What a router answered.
    #[must_use]
    pub fn of_routing(answer: &Routing) -> Self {
        match answer {
            Routing::NoOpinion => Self { no_opinion: Some(true), ..Self::default() },
            Routing::NeedsPerson(question) => Self { needs_person: Some(question.clone()), ..Self::default() },
            Routing::Assigned(a) => {
                let term = |c: &veche_domain::decision::Clock| Term {
                    kind: Some(c.kind.to_string()),
                    due: Some(c.due),
                    basis: Some(c.basis.clone()),
                };
                let assigned = Assignment {
                    body: Some(a.body.clone()),
                    priority: Some(a.priority.to_string()),
                    clocks: Some(a.clocks.iter().map(term).collect()),
                    reasons: why(&a.reasons),
                };
                Self { assigned: Some(assigned), ..Self::default() }
            }
        }
    }

    /// What was measured.
    #[must_use]
    pub fn of_measurements(measurements: &[Measurement]) -> Self {
        let one = |m: &Measurement| Measured {
            value: m.value,
            numerator: Some(m.numerator),
            denominator: m.denominator,
            excluded: Some(m.excluded),
            breakdown: Some(m.breakdown.iter().map(|(of, code)| (of.to_string(), code.clone())).collect()),
        };
        Self { measurements: Some(measurements.iter().map(one).collect()), ..Self::default() }
    }

    /// What was written.
    #[must_use]
    pub fn of_file(bytes: &[u8], summary: &Summary) -> Self {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= TEXT);
        // A digest beside a text would only say the same again.
        let digest = Digest::of(bytes).to_string();
        let file = File {
            text: text.map(str::to_owned),
            bytes: text.is_none().then_some(bytes.len() as u64),
            sha256: text.is_none().then(|| digest.trim_start_matches("sha256:").to_owned()),
            summary: Some(Told {
                rows: Some(summary.rows),
                skipped: Some(summary.skipped),
                notes: Some(summary.notes.clone()),
            }),
        };
        Self { file: Some(file), ..Self::default() }
    }

    /// Whether nothing is expected yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.answers().is_empty()
    }

    fn answers(&self) -> Vec<&'static str> {
        let named = [
            ("no_opinion", self.no_opinion.is_some()),
            ("candidates", self.candidates.is_some()),
            ("assigned", self.assigned.is_some()),
            ("needs_person", self.needs_person.is_some()),
            ("measurements", self.measurements.is_some()),
            ("file", self.file.is_some()),
            ("fault", self.fault.is_some()),
            ("settings", self.settings.is_some()),
        ];
        named.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect()
    }

    /// Whether it can hold at all.
    ///
    /// # Errors
    /// Two answers, or one that says nothing.
    pub(super) fn check(&self) -> Result<(), String> {
        let answers = self.answers();
        if answers.len() > 1 {
            return Err(format!("it expects {} together: a call gives one answer, keep one", answers.join(" and ")));
        }
        if self.no_opinion == Some(false) {
            return Err("no_opinion = false expects nothing: name the answer instead".into());
        }
        let empty = |text: &Option<String>| text.as_ref().is_some_and(|text| text.trim().is_empty());
        if empty(&self.fault) {
            return Err("fault is empty and would match every message: write a part of the message".into());
        }
        Ok(())
    }

    /// Whether an answer is what is expected.
    #[must_use]
    pub fn fits(&self, got: &Self) -> bool {
        !self.is_empty() && fits("", &value(self), &value(got))
    }

    /// The answer as it would stand in a case, without what the expectation leaves out.
    #[must_use]
    pub fn narrowed_to(&self, wanted: &Self) -> String {
        let mut shown = value(self);
        // Of an answer of another sort everything counts.
        if self.answers() == wanted.answers() {
            narrow(&mut shown, &value(wanted));
        }
        outline(&shown)
    }

    /// As text, for people and for the difference.
    #[must_use]
    pub fn outline(&self) -> String {
        outline(&value(self))
    }
}

fn value(expect: &Expect) -> Value {
    serde_json::to_value(expect).unwrap_or_default()
}

/// Texts of which an expectation gives a part.
fn is_part(name: &str) -> bool {
    matches!(name, "fault" | "settings")
}

/// `name` is the topmost field on the way here.
fn fits(name: &str, wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => wanted.iter().all(|(key, value)| {
            let name = if name.is_empty() { key } else { name };
            got.get(key).is_some_and(|got| fits(name, value, got))
        }),
        (Value::Array(wanted), Value::Array(got)) => {
            wanted.len() == got.len() && wanted.iter().zip(got).all(|(wanted, got)| fits(name, wanted, got))
        }
        (Value::Number(wanted), Value::Number(got)) => match (wanted.as_f64(), got.as_f64()) {
            (Some(wanted), Some(got)) => (wanted - got).abs() <= CLOSE * wanted.abs().max(1.0),
            _ => wanted == got,
        },
        (Value::String(wanted), Value::String(got)) if is_part(name) => got.contains(wanted),
        _ => wanted == got,
    }
}

/// Drops from an answer what the expectation does not speak of, so that a difference shows what counts.
fn narrow(got: &mut Value, wanted: &Value) {
    match (got, wanted) {
        (Value::Object(got), Value::Object(wanted)) => {
            got.retain(|key, _| wanted.contains_key(key));
            for (key, value) in got {
                if let Some(wanted) = wanted.get(key) {
                    narrow(value, wanted);
                }
            }
        }
        (Value::Array(got), Value::Array(wanted)) => {
            for (got, wanted) in got.iter_mut().zip(wanted) {
                narrow(got, wanted);
            }
        }
        _ => {}
    }
}

/// One fact a line, with its path: what people and a difference by lines read best.
fn outline(value: &Value) -> String {
    let mut text = String::new();
    lines(value, "", &mut text);
    text
}

fn lines(value: &Value, path: &str, text: &mut String) {
    let step = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| lines(value, &step(key), text)),
        Value::Array(items) if items.is_empty() => _ = writeln!(text, "{path}: none"),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                lines(item, &format!("{path}[{index}]"), text);
            }
        }
        Value::String(string) if string.contains('\n') => {
            for (index, line) in string.lines().enumerate() {
                let _ = writeln!(text, "{path}:{}: {line}", index + 1);
            }
        }
        Value::String(string) => _ = writeln!(text, "{path}: {string}"),
        other => _ = writeln!(text, "{path}: {other}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn expect(toml: &str) -> Expect {
        toml::from_str(toml).unwrap()
    }

    const FULL: &str = r#"
        candidates = [
            { category = "roads.surface", confidence = 0.9, reasons = [{ message = "Слово: яма", evidence = ["яма"] }] },
            { category = "roads.snow", confidence = 0.2, reasons = [] },
        ]
        logs = ["info: two"]
    "#;

    #[test]
    fn what_is_left_out_may_be_anything() {
        let got = expect(FULL);
        for (wanted, fits) in [
            (FULL, true),
            ("candidates = [{ category = \"roads.surface\" }, {}]", true),
            ("candidates = [{ confidence = 0.90004 }, { category = \"roads.snow\" }]", true),
            ("candidates = [{ confidence = 0.91 }, {}]", false),
            ("candidates = [{ category = \"roads.surface\" }]", false),
            ("candidates = [{ reasons = [{ evidence = [] }] }, {}]", false),
            ("candidates = [{}, {}]\nlogs = []", false),
            ("no_opinion = true", false),
            ("fault = \"яма\"", false),
            ("logs = [\"info: two\"]", false),
        ] {
            assert_eq!(expect(wanted).fits(&got), fits, "{wanted}");
        }
    }

    #[test]
    fn of_messages_a_part_is_enough() {
        let got = expect("fault = \"the limit `fuel` was hit: 5 units used\"");
        assert!(expect("fault = \"limit `fuel`\"").fits(&got));
        assert!(!expect("fault = \"limit `memory`\"").fits(&got));
        let got = expect("settings = [{ field = \"/days\", message = \"70 is greater than 60\" }]");
        assert!(expect("settings = [{ field = \"/days\", message = \"greater\" }]").fits(&got));
        assert!(!expect("settings = [{ field = \"/weeks\" }]").fits(&got));
        // Elsewhere a part is not enough.
        assert!(!expect("needs_person = \"Кто\"").fits(&expect("needs_person = \"Кто отвечает?\"")));
    }

    #[test]
    fn a_difference_shows_what_counts() {
        let (got, wanted) = (expect(FULL), expect("candidates = [{ confidence = 0.5 }, {}]"));
        assert_eq!(got.narrowed_to(&wanted), "candidates[0].confidence: 0.9\n");
        assert_eq!(wanted.outline(), "candidates[0].confidence: 0.5\n");
        let other = expect("no_opinion = true");
        assert!(got.narrowed_to(&other).contains("candidates[1].category: roads.snow"));
    }

    #[test]
    fn a_confidence_is_written_as_it_was_said() {
        let answer = Categorization::Candidates(vec![veche_domain::decision::Candidate {
            category: "a.b".into(),
            confidence: 0.1,
            reasons: vec![],
        }]);
        assert!(Expect::of_categorization(&answer).outline().contains("confidence: 0.1\n"));
    }
}
