//! Appeals: who wrote what, through which channel, under which law, about which place.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::code::{ChannelCode, Digest, MunicipalityCode, RegimeCode};

/// Most characters of an appeal's text. Longer texts are refused, never cut.
pub const TEXT_LIMIT: usize = 100_000;
/// Most questions in one appeal.
pub const QUESTION_LIMIT: usize = 50;

/// Id of an appeal: a UUIDv7, so ids sort by arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppealId(pub Uuid);

impl AppealId {
    /// A new id.
    #[must_use]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl Default for AppealId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for AppealId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who wrote (clause 2 of the order: citizens, foreigners, stateless persons, compatriots, organisations).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicantKind {
    /// A citizen of the Russian Federation.
    #[default]
    Citizen,
    /// A citizen of another state.
    ForeignCitizen,
    /// A person without citizenship.
    Stateless,
    /// A compatriot who lives abroad.
    CompatriotAbroad,
    /// An organisation.
    LegalEntity,
}

impl ApplicantKind {
    /// All kinds with their codes.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Citizen, "citizen"),
        (Self::ForeignCitizen, "foreign_citizen"),
        (Self::Stateless, "stateless"),
        (Self::CompatriotAbroad, "compatriot_abroad"),
        (Self::LegalEntity, "legal_entity"),
    ];

    /// The code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("citizen", |(_, code)| code)
    }
}

impl FromStr for ApplicantKind {
    type Err = AppealError;
    fn from_str(text: &str) -> Result<Self, AppealError> {
        Self::ALL
            .iter()
            .find(|(_, code)| *code == text)
            .map(|(kind, _)| *kind)
            .ok_or_else(|| AppealError::ApplicantKind { text: text.chars().take(80).collect() })
    }
}

/// The applicant. Everything but the kind is personal data (152-FZ).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Applicant {
    /// Kind.
    pub kind: ApplicantKind,
    /// Full name, or the organisation's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// E-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl Applicant {
    /// What names the person in a text: masked wherever it stands.
    #[must_use]
    pub fn identifying(&self) -> Vec<&str> {
        [&self.name, &self.phone, &self.email].into_iter().flatten().map(String::as_str).collect()
    }
}

/// A position, degrees WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// -90 to 90.
    pub latitude: f64,
    /// -180 to 180.
    pub longitude: f64,
}

/// Where the appeal is about.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Place {
    /// Municipality, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityCode>,
    /// Part of the municipality, by the region's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub district: Option<String>,
    /// Address as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Coordinates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
}

/// A file that came with the appeal. Its content is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// File name.
    pub name: String,
    /// Media type (RFC 6838).
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
}

/// An appeal as it came. One appeal may hold several questions, each with its own category and body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAppeal {
    /// Channel.
    pub channel: ChannelCode,
    /// Id that the channel gave; with the channel it is the key of idempotent intake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Legal regime. A social-network message is not a 59-FZ appeal.
    pub regime: RegimeCode,
    /// When the centre received it.
    pub received_at: DateTime<Utc>,
    /// Applicant.
    #[serde(default)]
    pub applicant: Applicant,
    /// The whole text.
    pub text: String,
    /// Texts of the single questions; empty where the text is one question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<String>,
    /// Place.
    #[serde(default)]
    pub place: Place,
    /// Attachments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Further fields of the channel, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// A stored appeal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Appeal {
    /// Id.
    pub id: AppealId,
    /// What came.
    #[serde(flatten)]
    pub content: NewAppeal,
}

/// Why an appeal cannot be taken in.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AppealError {
    /// No text.
    #[error("field `text` is empty: an appeal needs a text")]
    EmptyText,
    /// Too long.
    #[error("field `{field}` has {length} characters, at most {limit} are taken: shorten it or attach it as a file")]
    TooLong {
        /// Field.
        field: &'static str,
        /// Length, characters.
        length: usize,
        /// Limit, characters.
        limit: usize,
    },
    /// Too many parts.
    #[error("an appeal may hold at most {limit} {what}, this one has {count}")]
    TooMany {
        /// What.
        what: &'static str,
        /// How many.
        count: usize,
        /// Limit.
        limit: usize,
    },
    /// Coordinates off the globe.
    #[error(
        "field `place.point` ({latitude}, {longitude}) is not on the globe: latitude is -90 to 90, longitude -180 to 180"
    )]
    Point {
        /// Latitude.
        latitude: f64,
        /// Longitude.
        longitude: f64,
    },
    /// NUL characters, which PostgreSQL cannot hold.
    #[error("field `{field}` holds a NUL character: remove it")]
    Nul {
        /// Field.
        field: &'static str,
    },
    /// No such kind of applicant.
    #[error(
        "applicant kind {text:?} is unknown: use citizen, foreign_citizen, stateless, compatriot_abroad or legal_entity"
    )]
    ApplicantKind {
        /// The text.
        text: String,
    },
}

impl NewAppeal {
    /// Checks what the types cannot: lengths, coordinates, NUL.
    ///
    /// # Errors
    /// [`AppealError`] names the field and the remedy.
    pub fn validate(&self) -> Result<(), AppealError> {
        if self.text.trim().is_empty() {
            return Err(AppealError::EmptyText);
        }
        let applicant = &self.applicant;
        let short = [
            ("external_id", self.external_id.as_deref()),
            ("applicant.name", applicant.name.as_deref()),
            ("applicant.phone", applicant.phone.as_deref()),
            ("applicant.email", applicant.email.as_deref()),
            ("applicant.address", applicant.address.as_deref()),
            ("place.district", self.place.district.as_deref()),
            ("place.address", self.place.address.as_deref()),
        ];
        for (field, text) in short {
            check_text(field, text.unwrap_or_default(), 2_000)?;
        }
        check_text("text", &self.text, TEXT_LIMIT)?;
        for question in &self.questions {
            check_text("questions", question, TEXT_LIMIT)?;
        }
        for (name, value) in &self.attributes {
            check_text("attributes", name, 200)?;
            check_text("attributes", value, 20_000)?;
        }
        for attachment in &self.attachments {
            check_text("attachments", &attachment.name, 2_000)?;
            check_text("attachments", &attachment.media_type, 200)?;
        }
        for (what, count, limit) in [
            ("questions", self.questions.len(), QUESTION_LIMIT),
            ("attachments", self.attachments.len(), 200),
            ("attributes", self.attributes.len(), 200),
        ] {
            if count > limit {
                return Err(AppealError::TooMany { what, count, limit });
            }
        }
        match self.place.point {
            Some(Point { latitude, longitude })
                if !((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)) =>
            {
                Err(AppealError::Point { latitude, longitude })
            }
            _ => Ok(()),
        }
    }

    /// How many questions it holds, at least 1.
    #[must_use]
    pub fn question_count(&self) -> usize {
        self.questions.len().max(1)
    }

    /// Text of a question; the whole text where there is one.
    #[must_use]
    pub fn question_text(&self, index: usize) -> &str {
        self.questions.get(index).map_or(self.text.as_str(), String::as_str)
    }

    /// Digest of the content, to tell a repeated delivery from a changed one.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

fn check_text(field: &'static str, text: &str, limit: usize) -> Result<(), AppealError> {
    if text.contains('\0') {
        return Err(AppealError::Nul { field });
    }
    // Bytes bound characters from above; count only where it can matter.
    if text.len() > limit {
        let length = text.chars().count();
        if length > limit {
            return Err(AppealError::TooLong { field, length, limit });
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn appeal() -> NewAppeal {
        NewAppeal {
            channel: ChannelCode::new("pos").unwrap(),
            external_id: None,
            regime: RegimeCode::new("pos").unwrap(),
            received_at: DateTime::UNIX_EPOCH,
            applicant: Applicant::default(),
            text: "Яма на дороге".into(),
            questions: vec![],
            place: Place::default(),
            attachments: vec![],
            attributes: BTreeMap::new(),
        }
    }

    fn check(change: impl FnOnce(&mut NewAppeal), expected: Option<&str>) {
        let mut appeal = appeal();
        change(&mut appeal);
        let got = appeal.validate().err().map(|e| e.to_string());
        match expected {
            None => assert_eq!(got, None),
            Some(part) => assert!(got.as_deref().unwrap_or("").contains(part), "{got:?}"),
        }
    }

    #[test]
    fn validation_names_the_field() {
        check(|_| (), None);
        check(|a| a.text = " \n".into(), Some("`text` is empty"));
        check(|a| a.text = "ё".repeat(30_000), None);
        check(|a| a.text = "ё".repeat(100_001), Some("100001 characters"));
        check(|a| a.text = "a\0".into(), Some("NUL"));
        check(|a| a.questions = vec!["?".into(); 51], Some("at most 50 questions"));
        check(|a| a.place.point = Some(Point { latitude: 91.0, longitude: 0.0 }), Some("not on the globe"));
        check(|a| a.place.point = Some(Point { latitude: f64::NAN, longitude: 0.0 }), Some("not on the globe"));
    }

    #[test]
    fn one_question_is_the_whole_text() {
        let mut appeal = appeal();
        assert_eq!((appeal.question_count(), appeal.question_text(0)), (1, "Яма на дороге"));
        appeal.questions = vec!["первый".into(), "второй".into()];
        assert_eq!((appeal.question_count(), appeal.question_text(1)), (2, "второй"));
    }
}
