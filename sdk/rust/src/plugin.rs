use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

pub use crate::bindings::base::exports::veche::plugin::plugin::{DatasetShape, SettingsError};

use crate::bindings::base::exports::veche::plugin::plugin as contract;
use crate::calendar::CalendarError;
use crate::datasets::DatasetError;
use crate::{Failure, Localized, Reason};

/// What every plug-in is: settings, a description, and a value made of settings.
pub trait Plugin: Sized + 'static {
    /// Settings as the administrator gives them. Doc comments become the texts of the form; a
    /// `#[serde(default)]` becomes the default of the schema.
    type Settings: DeserializeOwned + JsonSchema;

    /// Says what the plug-in is. Pure: asked before [`Plugin::configure`], on a fresh instance.
    fn describe() -> Description;

    /// Makes the plug-in of its settings. Runs once for each binding; every call starts from a
    /// snapshot of what it leaves, so tables and automata belong here and not into a call.
    ///
    /// # Errors
    /// Settings or datasets that pass their schema and still cannot be used.
    fn configure(settings: Self::Settings) -> Result<Self, SettingsError>;
}

/// What a plug-in says about itself. The schema of the settings is added by the SDK; name, version,
/// authors and licence stand in `Cargo.toml` and become metadata of the component.
#[derive(Debug, Clone)]
pub struct Description {
    title: Vec<Localized>,
    summary: Vec<Localized>,
    datasets: Vec<contract::DatasetNeed>,
}

impl Description {
    /// A description with titles by language: `[("ru", "…"), ("en", "…")]`.
    pub fn new<const N: usize>(title: [(&str, &str); N]) -> Self {
        Self { title: localized(title), summary: Vec::new(), datasets: Vec::new() }
    }

    /// One paragraph by language.
    #[must_use]
    pub fn summary<const N: usize>(mut self, summary: [(&str, &str); N]) -> Self {
        self.summary = localized(summary);
        self
    }

    /// Adds a dataset that the plug-in reads.
    #[must_use]
    pub fn dataset(mut self, dataset: Dataset) -> Self {
        self.datasets.push(dataset.0);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub fn with_schema(self, settings_schema: String) -> contract::Description {
        let Self { title, summary, datasets } = self;
        contract::Description { title, summary, settings_schema, datasets }
    }
}

/// A dataset that a plug-in wants.
#[derive(Debug, Clone)]
pub struct Dataset(contract::DatasetNeed);

impl Dataset {
    /// A table that has these columns, in any order.
    pub fn table<const N: usize>(name: &str, columns: [&str; N]) -> Self {
        let columns = columns.map(str::to_owned).into();
        Self(contract::DatasetNeed { columns, ..need(name, DatasetShape::Table) })
    }

    /// Polygons with keys.
    pub fn polygons(name: &str) -> Self {
        Self(need(name, DatasetShape::Polygons))
    }

    /// Bytes.
    pub fn blob(name: &str) -> Self {
        Self(need(name, DatasetShape::Blob))
    }

    /// The plug-in cannot be configured without it.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.0.required = true;
        self
    }

    /// What it holds, by language.
    #[must_use]
    pub fn described<const N: usize>(mut self, description: [(&str, &str); N]) -> Self {
        self.0.description = localized(description);
        self
    }
}

fn need(name: &str, shape: DatasetShape) -> contract::DatasetNeed {
    contract::DatasetNeed {
        name: name.to_owned(),
        shape,
        columns: Vec::new(),
        required: false,
        description: Vec::new(),
    }
}

fn localized<const N: usize>(texts: [(&str, &str); N]) -> Vec<Localized> {
    texts.map(|(language, text)| Localized { language: language.to_owned(), text: text.to_owned() }).into()
}

impl SettingsError {
    /// Settings that are wrong as a whole. Say what would be right, too.
    pub fn new(message: impl Into<String>) -> Self {
        Self { field: None, message: message.into() }
    }

    /// One wrong field by its JSON pointer: `/clocks/0/amount`.
    pub fn at(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: Some(field.into()), message: message.into() }
    }
}

impl From<DatasetError> for SettingsError {
    fn from(error: DatasetError) -> Self {
        Self::new(dataset_message(&error))
    }
}

impl Failure {
    /// A fault of this call: what went wrong and what would mend it, without personal data.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl From<DatasetError> for Failure {
    fn from(error: DatasetError) -> Self {
        Self::new(dataset_message(&error))
    }
}

impl From<CalendarError> for Failure {
    fn from(error: CalendarError) -> Self {
        Self::new(match error {
            CalendarError::YearMissing(year) => {
                format!("the calendar has no facts for {year}: load that year")
            }
            CalendarError::InvalidDate => "no such date: check the day that was asked for".to_owned(),
            CalendarError::UnknownBody(body) => {
                format!("unknown body {body}: correct the code or add the body to the dictionary")
            }
        })
    }
}

fn dataset_message(error: &DatasetError) -> String {
    match error {
        DatasetError::NotBound(name) => {
            format!("dataset {name} is not bound: choose a version of it in the binding")
        }
        DatasetError::WrongShape(name) => {
            format!("dataset {name} has another shape than the plug-in describes: bind one of that shape")
        }
    }
}

impl Reason {
    /// A sentence, and the fragments of the text that decided, strongest first.
    pub fn new<const N: usize>(message: impl Into<String>, evidence: [&str; N]) -> Self {
        Self { message: message.into(), evidence: evidence.map(str::to_owned).into() }
    }
}

/// JSON Schema (2020-12) of the settings of a plug-in, without references where it can be: forms are
/// made from it.
#[must_use]
pub fn schema<P: Plugin>() -> String {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<P::Settings>().as_value().to_string()
}

/// Reads settings; the error names the field by its JSON pointer.
pub(crate) fn parse<P: Plugin>(settings: &str) -> Result<P::Settings, SettingsError> {
    let mut json = serde_json::Deserializer::from_str(settings);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        let message = format!("{}: the settings schema says what is allowed here", error.into_inner());
        SettingsError { field: (!pointer.is_empty()).then_some(pointer), message }
    })
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path.iter() {
        let step = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            // A variant has no step of its own in the document; what is unknown ends the way.
            Segment::Enum { .. } => continue,
            Segment::Unknown => break,
        };
        pointer.push('/');
        pointer.push_str(&step);
    }
    pointer
}
