//! Golden cases: TOML files beside the source that say what a plug-in must answer. `docs/plugin-guide.md` describes the
//! format; a field that is not of it is an error, so that no misspelt expectation passes for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer};
use uuid::Uuid;
use veche_domain::appeal::{Appeal, AppealId, Applicant, Attachment, NewAppeal, Place};
use veche_domain::code::{BlockCode, ChannelCode, RegimeCode};
use veche_domain::decision::Kind;
use veche_domain::indicator::PeriodKind;
use veche_domain::limits::LimitsRequest;

use super::error::{ToolError, read_text};
use super::expect::Expect;

/// A file of cases.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// Kind that is asked; needed only where the component has several.
    pub kind: Option<Kind>,
    /// Folder with dictionaries, relative to the file.
    #[serde(default = "region_beside")]
    pub region: PathBuf,
    /// Block that the binding serves.
    pub block: Option<BlockCode>,
    /// Limits, as in a ruleset.
    #[serde(default)]
    pub limits: LimitsRequest,
    /// Settings.
    #[serde(default)]
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Datasets by name.
    #[serde(default)]
    pub datasets: BTreeMap<String, Source>,
    /// The cases.
    #[serde(default, rename = "case")]
    pub cases: Vec<Case>,
    /// Where it was read.
    #[serde(skip)]
    pub path: PathBuf,
}

fn region_beside() -> PathBuf {
    "../region".into()
}

/// A text in a file beside, or at once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected a file name, or { text = \"…\" } and nothing else")]
pub enum Source {
    /// A file, relative to the file of cases.
    File(PathBuf),
    /// The text itself.
    Text(Inline),
}

/// A text that stands in the file of cases.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inline {
    /// The text.
    pub text: String,
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Name, unique in the file.
    pub name: String,
    /// Block, instead of the file's.
    pub block: Option<BlockCode>,
    /// Limits, instead of the file's.
    pub limits: Option<LimitsRequest>,
    /// Settings, instead of the file's.
    pub settings: Option<serde_json::Map<String, serde_json::Value>>,
    /// Datasets, instead of the file's.
    pub datasets: Option<BTreeMap<String, Source>>,
    /// Appeal, for a categorizer or a router.
    pub appeal: Option<CaseAppeal>,
    /// Category by now, for a router.
    pub category: Option<CaseCategory>,
    /// What is measured, for indicators.
    pub measure: Option<CaseMeasure>,
    /// What is written, for an exporter.
    pub export: Option<CaseExport>,
    /// What must come of it; `--update` writes it where it is missing.
    #[serde(default)]
    pub expect: Expect,
}

/// An appeal of which only the text is needed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseAppeal {
    /// Id.
    #[serde(default = "some_id")]
    pub id: Uuid,
    /// The whole text.
    pub text: String,
    /// Receipt.
    #[serde(default = "some_monday", deserialize_with = "moment")]
    pub received_at: DateTime<Utc>,
    /// Channel.
    #[serde(default = "pos")]
    pub channel: String,
    /// Legal regime.
    #[serde(default = "fz59")]
    pub regime: String,
    /// Applicant.
    #[serde(default)]
    pub applicant: Applicant,
    /// Texts of single questions.
    #[serde(default)]
    pub questions: Vec<String>,
    /// Which question is asked about.
    #[serde(default)]
    pub question: usize,
    /// Place.
    #[serde(default)]
    pub place: Place,
    /// Attachments.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// Further fields of the channel.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

fn some_id() -> Uuid {
    Uuid::from_u128(0x0193_4f00_0000_7000_8000_0000_0000_0001)
}

/// 2026-03-02T09:00:00Z, a Monday: the same moment as in native tests of the SDK.
fn some_monday() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_442_000, 0).unwrap_or_default()
}

fn pos() -> String {
    "pos".into()
}

fn fz59() -> String {
    "59fz".into()
}

impl CaseAppeal {
    /// One of this text.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self {
            id: some_id(),
            text: text.to_owned(),
            received_at: some_monday(),
            channel: pos(),
            regime: fz59(),
            applicant: Applicant::default(),
            questions: Vec::new(),
            question: 0,
            place: Place::default(),
            attachments: Vec::new(),
            attributes: BTreeMap::new(),
        }
    }

    /// The appeal as the host would store it.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn appeal(&self) -> Result<Appeal, String> {
        let content = NewAppeal {
            channel: ChannelCode::new(&self.channel).map_err(|e| format!("channel: {e}"))?,
            external_id: None,
            regime: RegimeCode::new(&self.regime).map_err(|e| format!("regime: {e}"))?,
            received_at: self.received_at,
            applicant: self.applicant.clone(),
            text: self.text.clone(),
            questions: self.questions.clone(),
            place: self.place.clone(),
            attachments: self.attachments.clone(),
            attributes: self.attributes.clone(),
        };
        content.validate().map_err(|e| e.to_string())?;
        if self.question >= content.question_count() {
            let count = content.question_count();
            return Err(format!(
                "question {} is asked about, and the appeal holds {count}: count from 0",
                self.question
            ));
        }
        Ok(Appeal { id: AppealId(self.id), content })
    }
}

/// The category that a router is told. Block and `other` come from the dictionaries.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseCategory {
    /// Code.
    pub code: String,
    /// Confidence; none if a person chose.
    pub confidence: Option<f32>,
}

/// A period: of a kind with a day of it, or a span with its first and last day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseMeasure {
    /// Indicator.
    pub indicator: String,
    /// Kind of the period.
    pub period: PeriodKind,
    /// A day of it.
    #[serde(default, deserialize_with = "some_day")]
    pub day: Option<NaiveDate>,
    /// First day of a span.
    #[serde(default, deserialize_with = "some_day")]
    pub first: Option<NaiveDate>,
    /// Last day of a span.
    #[serde(default, deserialize_with = "some_day")]
    pub last: Option<NaiveDate>,
    /// What happened later is not in the facts; the end of the period if missing.
    #[serde(default, deserialize_with = "some_moment")]
    pub cut_off: Option<DateTime<Utc>>,
    /// CSV of fact columns; empty is null.
    pub facts: Source,
}

/// A file that is asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseExport {
    /// Format.
    pub format: String,
    /// Language of titles; the region's if missing.
    pub language: Option<String>,
    /// First day.
    #[serde(deserialize_with = "day")]
    pub first: NaiveDate,
    /// Last day.
    #[serde(deserialize_with = "day")]
    pub last: NaiveDate,
    /// Choices of the person who asked.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// CSV of columns of the format's subject; empty is null.
    pub rows: Source,
}

/// A value of TOML that may be a date or a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Dated {
    Toml(toml::value::Datetime),
    Text(String),
}

impl Dated {
    fn read<T: std::str::FromStr<Err = chrono::ParseError>, E: serde::de::Error>(self, like: &str) -> Result<T, E> {
        let text = match self {
            Self::Toml(value) => value.to_string(),
            Self::Text(text) => text,
        };
        text.parse().map_err(|e| E::custom(format!("{text:?} ({e}): write it like {like}")))
    }
}

const MOMENT: &str = "2026-03-02T09:00:00Z";
const DAY: &str = "2026-03-02";

pub(crate) fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    Dated::deserialize(from)?.read(MOMENT)
}

fn some_moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    Dated::deserialize(from)?.read(MOMENT).map(Some)
}

fn day<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDate, D::Error> {
    Dated::deserialize(from)?.read(DAY)
}

fn some_day<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    Dated::deserialize(from)?.read(DAY).map(Some)
}

impl CaseFile {
    /// Reads a file.
    ///
    /// # Errors
    /// The line and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, ToolError> {
        let text = read_text(path)?;
        let wrong = |reason: String| ToolError::file(path, reason);
        let mut file: Self = toml::from_str(&text).map_err(|e| wrong(e.to_string().trim().to_owned()))?;
        path.clone_into(&mut file.path);
        let mut names = BTreeSet::new();
        for case in &file.cases {
            if case.name.trim().is_empty() {
                return Err(wrong("a case has no name: give each `name = \"…\"`".into()));
            }
            if !names.insert(&case.name) {
                return Err(wrong(format!("two cases are called {:?}: give each a name of its own", case.name)));
            }
            case.expect.check().map_err(|reason| wrong(format!("case {:?}: {reason}", case.name)))?;
        }
        Ok(file)
    }

    /// A path that the file names.
    #[must_use]
    pub fn beside(&self, path: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new(".")).join(path)
    }

    /// The bytes of a source.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn bytes(&self, source: &Source) -> Result<Vec<u8>, ToolError> {
        match source {
            Source::File(path) => super::error::read(&self.beside(path)),
            Source::Text(Inline { text }) => Ok(text.clone().into_bytes()),
        }
    }
}

/// Reads an appeal from JSON or TOML.
///
/// # Errors
/// What is wrong with it.
pub fn read_appeal(text: &str) -> Result<CaseAppeal, String> {
    if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|e| e.to_string())
    } else {
        toml::from_str(text).map_err(|e| e.to_string().trim().to_owned())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<CaseFile, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cases.toml");
        std::fs::write(&path, text).unwrap();
        CaseFile::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn an_unknown_field_is_refused_with_its_line() {
        for (text, parts) in [
            ("setings = {}\n", ["line 1", "unknown field `setings`"]),
            ("[[case]]\nname = \"a\"\n[case.appeal]\ntxt = \"яма\"\n", ["line 4", "unknown field `txt`"]),
            ("[[case]]\nname = \"a\"\n[case.expect]\nno_opinon = true\n", ["line 4", "unknown field `no_opinon`"]),
            (
                "[[case]]\nname = \"a\"\n[[case.expect.candidates]]\ncategory = \"a\"\nconfidance = 1\n",
                ["line 5", "unknown field `confidance`"],
            ),
            (
                "[[case]]\nname = \"a\"\n[case.expect.assigned]\nbody = \"a\"\nclock = []\n",
                ["line 5", "unknown field `clock`"],
            ),
            ("[datasets.words]\ntext = \"a\"\nshape = \"table\"\n", ["expected a file name", "nothing else"]),
        ] {
            let refused = read(text).unwrap_err();
            for part in parts {
                assert!(refused.contains(part), "{text}: {refused}");
            }
        }
    }

    #[test]
    fn what_cannot_hold_is_refused() {
        let case = |body: &str| format!("[[case]]\nname = \"a\"\n{body}");
        for (text, part) in [
            (format!("{}{}", case(""), case("")), "two cases are called \"a\""),
            ("[[case]]\nname = \" \"\n".to_owned(), "no name"),
            (case("[case.expect]\nno_opinion = true\nneeds_person = \"?\"\n"), "no_opinion and needs_person"),
            (case("[case.expect]\nno_opinion = false\n"), "no_opinion"),
            (case("[case.appeal]\ntext = \"a\"\nreceived_at = \"yesterday\"\n"), "write it like 2026-03-02T09:00:00Z"),
        ] {
            let refused = read(&text).unwrap_err();
            assert!(refused.contains(part), "{text}: {refused}");
        }
    }

    #[test]
    fn dates_are_read_as_toml_writes_them_and_as_texts() {
        let file =
            |value: &str| format!("[[case]]\nname = \"a\"\n[case.appeal]\ntext = \"яма\"\nreceived_at = {value}\n");
        for value in ["2026-03-02T12:00:00+03:00", "\"2026-03-02T09:00:00Z\"", "2026-03-02T09:00:00Z"] {
            let read = read(&file(value)).unwrap();
            let appeal = read.cases.first().unwrap().appeal.as_ref().unwrap();
            assert_eq!(appeal.received_at, some_monday(), "{value}");
            assert_eq!(appeal.appeal().unwrap().content.text, "яма");
        }
        let none = read(&file("2026-03-02T09:00:00Z").replace("яма", " ")).unwrap();
        assert!(none.cases.first().unwrap().appeal.as_ref().unwrap().appeal().is_err());
    }

    #[test]
    fn an_appeal_comes_as_json_or_as_toml() {
        assert_eq!(read_appeal(r#"{"text": "яма", "channel": "phone"}"#).unwrap().channel, "phone");
        assert_eq!(read_appeal("text = \"яма\"\n").unwrap().text, "яма");
        assert!(read_appeal(r#"{"text": "яма", "chanel": "phone"}"#).unwrap_err().contains("unknown field `chanel`"));
    }
}
