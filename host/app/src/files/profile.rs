//! Profiles: which column is which field of an appeal, and which columns are labels.

use std::collections::BTreeMap;

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use veche_domain::appeal::{Applicant, NewAppeal, Place, Point};
use veche_domain::calendar::local_moment;
use veche_domain::code::{ChannelCode, RegimeCode};
use veche_domain::dictionary::{Dictionaries, fold_name};

use super::{ImportError, Reject, Row};

const READY: [(&str, &str); 6] = [
    ("veche", include_str!("profiles/veche.toml")),
    ("spb", include_str!("profiles/spb.toml")),
    ("kursk", include_str!("profiles/kursk.toml")),
    ("pos", include_str!("profiles/pos.toml")),
    ("incident", include_str!("profiles/incident.toml")),
    ("open311", include_str!("profiles/open311.toml")),
];

/// Where a field comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Field {
    /// One column.
    column: Option<String>,
    /// Several columns, joined.
    columns: Vec<String>,
    /// What joins them.
    join: Option<String>,
    /// The same for every row.
    value: Option<String>,
    /// Values of the file and what they mean.
    map: BTreeMap<String, String>,
    /// Where the value is missing or not in the map.
    default: Option<String>,
    /// Date formats, tried in order.
    format: Vec<String>,
    /// Whether the file may be without its columns.
    optional: bool,
}

impl Field {
    /// One source, and formats that can be formats.
    fn check(&self) -> Result<(), String> {
        let sources = [self.column.is_some(), !self.columns.is_empty(), self.value.is_some()];
        if sources.iter().filter(|given| **given).count() > 1 {
            return Err("give one of `column`, `columns` and `value`".into());
        }
        let bad = |format: &&String| StrftimeItems::new(format).any(|item| item == Item::Error);
        match self.format.iter().find(bad) {
            Some(format) => Err(format!("{format:?} is no date format; write like \"%d.%m.%Y %H:%M\"")),
            None => Ok(()),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AppealFields {
    external_id: Field,
    channel: Field,
    regime: Field,
    received_at: Field,
    text: Field,
    municipality: Field,
    district: Field,
    address: Field,
    latitude: Field,
    longitude: Field,
    applicant_kind: Field,
    applicant_name: Field,
    applicant_phone: Field,
    applicant_email: Field,
    attributes: BTreeMap<String, Field>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct LabelFields {
    block: Field,
    category: Field,
    body: Field,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What it is for.
    #[serde(default)]
    pub description: String,
    appeal: AppealFields,
    #[serde(default)]
    labels: LabelFields,
    /// Values that mean «nothing».
    #[serde(default)]
    null: Vec<String>,
}

/// What people said of an appeal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// Block.
    pub block: Option<String>,
    /// Category: code, name or full path.
    pub category: Option<String>,
    /// Body: code or name.
    pub body: Option<String>,
    /// Municipality as written.
    pub municipality: Option<String>,
}

/// An appeal with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// The appeal.
    pub appeal: NewAppeal,
    /// The labels.
    pub labels: Labels,
    /// Remarks that did not stop it.
    pub warnings: Vec<String>,
}

impl Profile {
    /// A ready profile by name, or one from a TOML file.
    ///
    /// # Errors
    /// [`ImportError::Profile`] names the key.
    pub fn named_or_file(name: &str) -> Result<Self, ImportError> {
        if let Some((_, text)) = READY.iter().find(|(ready, _)| *ready == name) {
            return Self::from_toml(name, text);
        }
        let text = std::fs::read_to_string(name).map_err(|e| {
            let ready: Vec<_> = READY.iter().map(|(name, _)| *name).collect();
            ImportError::Profile {
                name: name.to_owned(),
                reason: format!("no ready profile ({}) and no file: {e}", ready.join(", ")),
            }
        })?;
        Self::from_toml(name, &text)
    }

    /// Reads a profile.
    ///
    /// # Errors
    /// [`ImportError::Profile`] names the key.
    pub fn from_toml(name: &str, text: &str) -> Result<Self, ImportError> {
        let wrong = |reason: String| ImportError::Profile { name: name.to_owned(), reason };
        let profile: Self = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        for (key, field) in [("text", &profile.appeal.text), ("received_at", &profile.appeal.received_at)] {
            if *field == Field::default() {
                return Err(wrong(format!("`appeal.{key}` is missing: name its column")));
            }
        }
        profile
            .each_field()
            .try_for_each(|(key, field)| field.check().map_err(|reason| wrong(format!("`{key}`: {reason}"))))?;
        Ok(profile)
    }

    /// Every field with its key, for messages.
    fn each_field(&self) -> impl Iterator<Item = (String, &Field)> {
        let (a, l) = (&self.appeal, &self.labels);
        let fields = [
            ("appeal.external_id", &a.external_id),
            ("appeal.channel", &a.channel),
            ("appeal.regime", &a.regime),
            ("appeal.received_at", &a.received_at),
            ("appeal.text", &a.text),
            ("appeal.municipality", &a.municipality),
            ("appeal.district", &a.district),
            ("appeal.address", &a.address),
            ("appeal.latitude", &a.latitude),
            ("appeal.longitude", &a.longitude),
            ("appeal.applicant_kind", &a.applicant_kind),
            ("appeal.applicant_name", &a.applicant_name),
            ("appeal.applicant_phone", &a.applicant_phone),
            ("appeal.applicant_email", &a.applicant_email),
            ("labels.block", &l.block),
            ("labels.category", &l.category),
            ("labels.body", &l.body),
        ];
        let attributes = a.attributes.iter().map(|(name, field)| (format!("appeal.attributes.{name}"), field));
        fields.map(|(key, field)| (key.to_owned(), field)).into_iter().chain(attributes)
    }

    /// Finds the profile's columns in a file.
    ///
    /// # Errors
    /// [`ImportError::MissingColumns`] names all that are missing, and what there is.
    pub fn bind(&self, headers: &[String]) -> Result<Bound, ImportError> {
        let mut binder = Binder { headers, missing: Vec::new() };
        let a = &self.appeal;
        let bound = Bound {
            external_id: binder.bind(&a.external_id),
            channel: binder.bind(&a.channel),
            regime: binder.bind(&a.regime),
            received_at: binder.bind(&a.received_at),
            text: binder.bind(&a.text),
            municipality: binder.bind(&a.municipality),
            district: binder.bind(&a.district),
            address: binder.bind(&a.address),
            latitude: binder.bind(&a.latitude),
            longitude: binder.bind(&a.longitude),
            applicant_kind: binder.bind(&a.applicant_kind),
            applicant_name: binder.bind(&a.applicant_name),
            applicant_phone: binder.bind(&a.applicant_phone),
            applicant_email: binder.bind(&a.applicant_email),
            attributes: a.attributes.iter().map(|(name, field)| (name.clone(), binder.bind(field))).collect(),
            block: binder.bind(&self.labels.block),
            category: binder.bind(&self.labels.category),
            body: binder.bind(&self.labels.body),
            null: self.null.clone(),
        };
        if binder.missing.is_empty() {
            return Ok(bound);
        }
        binder.missing.dedup();
        Err(ImportError::MissingColumns { missing: binder.missing, present: headers.to_vec() })
    }
}

struct Binder<'a> {
    headers: &'a [String],
    missing: Vec<String>,
}

impl Binder<'_> {
    fn bind(&mut self, field: &Field) -> Source {
        let mut columns = Vec::new();
        for name in field.column.iter().chain(&field.columns) {
            let wanted = fold_name(name);
            match self.headers.iter().position(|h| fold_name(h) == wanted) {
                Some(index) => columns.push(index),
                None if field.optional => {}
                None => self.missing.push(name.clone()),
            }
        }
        Source { columns, field: field.clone() }
    }
}

#[derive(Debug, Clone)]
struct Source {
    columns: Vec<usize>,
    field: Field,
}

/// A profile whose columns are found.
#[derive(Debug, Clone)]
pub struct Bound {
    external_id: Source,
    channel: Source,
    regime: Source,
    received_at: Source,
    text: Source,
    municipality: Source,
    district: Source,
    address: Source,
    latitude: Source,
    longitude: Source,
    applicant_kind: Source,
    applicant_name: Source,
    applicant_phone: Source,
    applicant_email: Source,
    attributes: Vec<(String, Source)>,
    block: Source,
    category: Source,
    body: Source,
    null: Vec<String>,
}

/// What is wrong with a field of a row: its columns and the reason.
type Fault<'a> = (&'a Source, String);

impl Bound {
    /// The value of a field, nulls left out, mapped.
    fn value<'a>(&self, source: &'a Source, row: &Row) -> Result<Option<String>, Fault<'a>> {
        let field = &source.field;
        if let Some(value) = &field.value {
            return Ok(Some(value.clone()));
        }
        let parts: Vec<&str> = source
            .columns
            .iter()
            .filter_map(|&i| row.cells.get(i))
            .map(|cell| cell.trim_matches(|c: char| c.is_whitespace() || c == '\0'))
            .filter(|cell| !cell.is_empty() && !self.null.iter().any(|null| null == cell))
            .collect();
        if parts.is_empty() {
            return Ok(field.default.clone());
        }
        let text = parts.join(field.join.as_deref().unwrap_or(" "));
        if field.map.is_empty() {
            return Ok(Some(text));
        }
        let wanted = fold_name(&text);
        let mapped = field.map.iter().find(|(from, _)| fold_name(from) == wanted).map(|(_, to)| to.clone());
        match mapped.or_else(|| field.default.clone()) {
            Some(value) => Ok(Some(value)),
            None => Err((source, format!("{text:?} is not in the profile's map: add it, or give a `default`"))),
        }
    }

    /// Reads a row.
    ///
    /// # Errors
    /// [`Reject`] names the column and what is wrong with it.
    pub fn read(&self, row: &Row, zone: Tz, dictionaries: Option<&Dictionaries>) -> Result<Labelled, Reject> {
        self.labelled(row, zone, dictionaries).map_err(|(source, reason)| {
            let names: Vec<&str> =
                source.field.column.iter().chain(&source.field.columns).map(String::as_str).collect();
            let column = (!names.is_empty()).then(|| names.join(", "));
            Reject { row: row.number, column, reason, cells: Vec::new() }
        })
    }

    fn labelled<'a>(&'a self, row: &Row, zone: Tz, dictionaries: Option<&Dictionaries>) -> Result<Labelled, Fault<'a>> {
        let mut warnings = Vec::new();
        let text = |source: &'a Source| -> Result<Option<String>, Fault<'a>> {
            Ok(self.value(source, row)?.map(|t| if t.contains('\0') { t.replace('\0', "") } else { t }))
        };
        let required = |source: &'a Source| text(source)?.ok_or((source, "the value is missing".to_owned()));
        let code_fault = |source: &'a Source, e: veche_domain::code::CodeError| (source, e.to_string());
        let channel = text(&self.channel)?.unwrap_or_else(|| "portal".into());
        let regime = text(&self.regime)?.unwrap_or_else(|| "none".into());
        let received_at = moment(&self.received_at, &required(&self.received_at)?, zone)?;
        let mut attributes = BTreeMap::new();
        for (name, source) in &self.attributes {
            if let Some(value) = text(source)? {
                attributes.insert(name.clone(), value);
            }
        }
        let written = text(&self.municipality)?;
        let mut place =
            Place { municipality: None, district: text(&self.district)?, address: text(&self.address)?, point: None };
        if let (Some(name), Some(dictionaries)) = (&written, dictionaries) {
            match dictionaries.find_municipality(name) {
                Some(found) => place.municipality = Some(found.code.clone()),
                None => {
                    warnings
                        .push(format!("row {}: municipality {name:?} is unknown; kept as an attribute", row.number));
                    attributes.insert("municipality".into(), name.clone());
                }
            }
        }
        if let (Some(latitude), Some(longitude)) = (text(&self.latitude)?, text(&self.longitude)?) {
            let number = |source: &'a Source, text: &str| {
                text.replace(',', ".").parse::<f64>().map_err(|_| (source, format!("{text:?} is no number")))
            };
            let degrees = |source: &'a Source, text: &str, limit: f64| {
                let value = number(source, text)?;
                let within = (-limit..=limit).contains(&value);
                within
                    .then_some(value)
                    .ok_or_else(|| (source, format!("{text:?} is out of range: {} to {limit} degrees", -limit)))
            };
            let point = Point {
                latitude: degrees(&self.latitude, &latitude, 90.0)?,
                longitude: degrees(&self.longitude, &longitude, 180.0)?,
            };
            // Zero coordinates are how exports say «none».
            place.point = Some(point).filter(|p| p.latitude != 0.0 || p.longitude != 0.0);
        }
        let kind = text(&self.applicant_kind)?;
        let applicant = Applicant {
            kind: kind
                .map_or(Ok(veche_domain::appeal::ApplicantKind::Citizen), |k| k.parse())
                .map_err(|e: veche_domain::appeal::AppealError| (&self.applicant_kind, e.to_string()))?,
            name: text(&self.applicant_name)?,
            phone: text(&self.applicant_phone)?,
            email: text(&self.applicant_email)?,
            address: None,
        };
        let appeal = NewAppeal {
            channel: ChannelCode::new(&channel).map_err(|e| code_fault(&self.channel, e))?,
            external_id: text(&self.external_id)?,
            regime: RegimeCode::new(&regime).map_err(|e| code_fault(&self.regime, e))?,
            received_at,
            applicant,
            text: required(&self.text)?,
            questions: Vec::new(),
            place,
            attachments: Vec::new(),
            attributes,
        };
        appeal.validate().map_err(|e| (&self.text, e.to_string()))?;
        let labels = Labels {
            block: text(&self.block)?,
            category: text(&self.category)?,
            body: text(&self.body)?,
            municipality: written,
        };
        Ok(Labelled { appeal, labels, warnings })
    }
}

/// A moment: with an offset as it is, else in the region's zone.
fn moment<'a>(source: &'a Source, text: &str, zone: Tz) -> Result<DateTime<Utc>, Fault<'a>> {
    const USUAL: [&str; 9] = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%d.%m.%Y %H:%M:%S",
        "%d.%m.%Y %H:%M",
        "%d.%m.%Y",
        "%Y-%m-%d",
        "%d/%m/%Y",
    ];
    let formats = source.field.format.iter().map(String::as_str).chain(USUAL);
    let local = |date: NaiveDate, time: NaiveTime| local_moment(date, time, zone);
    let found = DateTime::parse_from_rfc3339(text).map(|t| t.with_timezone(&Utc)).ok().or_else(|| {
        formats.into_iter().find_map(|format| {
            NaiveDateTime::parse_from_str(text, format)
                .map(|at| local(at.date(), at.time()))
                .or_else(|_| NaiveDate::parse_from_str(text, format).map(|date| local(date, NaiveTime::MIN)))
                .ok()
        })
    });
    let found = found.or_else(|| serial(text).map(|at| local(at.date(), at.time())));
    let at =
        found.ok_or_else(|| (source, format!("{text:?} is no date: write 2026-01-31T09:30:00 or 31.01.2026 09:30")))?;
    let year = chrono::Datelike::year(&at);
    if !(1990..=2100).contains(&year) {
        return Err((source, format!("{text:?} is no possible date of receipt: years 1990 to 2100 are taken")));
    }
    Ok(at)
}

/// A spreadsheet's serial date: days since 30 December 1899. Small numbers are years or mistakes.
fn serial(text: &str) -> Option<NaiveDateTime> {
    let days: f64 = text.replace(',', ".").parse().ok().filter(|days| (32_874.0..73_415.0).contains(days))?;
    #[allow(clippy::cast_possible_truncation)] // The range above fits many times over.
    let seconds = (days * 86_400.0).round() as i64;
    NaiveDate::from_ymd_opt(1899, 12, 30)?
        .and_time(NaiveTime::MIN)
        .checked_add_signed(chrono::TimeDelta::seconds(seconds))
}
