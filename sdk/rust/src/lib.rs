//! Write plug-ins for Veche in Rust.
//!
//! A plug-in is a struct. It says what it is and how it is set up ([`Plugin`]), and implements one
//! trait for each kind of work that it does ([`Categorizer`], [`Router`], [`Indicators`],
//! [`Exporter`]). [`export!`] makes the component of it:
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use veche_sdk::{Appeal, Candidate, Categorization, Categorizer, Context, Description, Failure, Plugin, Reason, SettingsError};
//!
//! /// Shown as a form to the administrator.
//! #[derive(Deserialize, Serialize, JsonSchema)]
//! struct Settings {
//!     /// Category of every appeal that speaks of a pothole.
//!     category: String,
//! }
//!
//! struct Potholes { settings: Settings }
//!
//! impl Plugin for Potholes {
//!     type Settings = Settings;
//!
//!     fn describe() -> Description {
//!         Description::new([("ru", "Ямы"), ("en", "Potholes")])
//!     }
//!
//!     fn configure(settings: Settings) -> Result<Self, SettingsError> {
//!         Ok(Self { settings })
//!     }
//! }
//!
//! impl Categorizer for Potholes {
//!     fn categorize(&self, appeal: &Appeal, _: &Context) -> Result<Categorization, Failure> {
//!         if !appeal.text.contains("яма") {
//!             return Ok(Categorization::NoOpinion);
//!         }
//!         Ok(Categorization::Candidates(vec![Candidate {
//!             category: self.settings.category.clone(),
//!             confidence: 0.9,
//!             reasons: vec![Reason::new("Слово: яма", ["яма"])],
//!         }]))
//!     }
//! }
//!
//! veche_sdk::export!(Potholes: categorizer);
//!
//! let plugin: Potholes = veche_sdk::testing::configure(r#"{"category": "roads.surface"}"#)?;
//! let answer = plugin.categorize(&veche_sdk::testing::appeal("на дороге яма"), &veche_sdk::testing::context());
//! # assert!(matches!(answer, Ok(Categorization::Candidates(_))));
//! # Ok::<(), SettingsError>(())
//! ```
//!
//! # Settings
//!
//! [`Plugin::Settings`] is the only description of the settings that there is. `schemars` makes the JSON Schema of it, the
//! host makes the form of the schema and checks what is filled in against it; what passes arrives as a value of the type.
//! Doc comments are the texts of the form, `#[serde(default)]` gives defaults, `#[serde(deny_unknown_fields)]` refuses
//! misspelt fields, and `#[schemars(range(min = 1))]` and the like refuse values. What a schema cannot say is checked in
//! [`Plugin::configure`], whose [`SettingsError`] names the field.
//!
//! # Errors
//!
//! A call ends in an answer or in a [`Failure`], which is a fault of that call: the appeal goes on by the failure policy of
//! the binding. [`OrFail`] makes one of any other error. *No opinion* is an answer and no failure: use it where the rule
//! simply does not apply. A panic is a fault, too; its message and place go to the plug-in's log.
//!
//! # The host
//!
//! The host is reached by the functions of [`log`], [`directory`], [`calendar`], [`datasets`] and
//! [`applicant`]. Each of these modules that a component uses is a permission that an administrator
//! sees: what is not called is not linked, and is no permission. In native tests the same functions are served by the stand-in that [`testing`] sets up.

#[doc(hidden)]
pub mod bindings;
mod export;
mod failing;
#[cfg(any(target_arch = "wasm32", test))]
mod heap;
mod host;
mod kinds;
mod plugin;
#[doc(hidden)]
pub mod runtime;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use bindings::base::veche::plugin::types::{
    Appeal, ApplicantKind, Context, Date, Failure, Instant, Localized, Place, Point, Reason,
};
pub use failing::OrFail;
pub use host::{applicant, calendar, datasets, directory, log};
pub use kinds::categorizer::{Candidate, Categorization, Categorizer};
pub use kinds::exporter::{Exporter, Rows, Sink};
pub use kinds::indicators::{Facts, Indicators};
pub use kinds::router::{Assignment, ChosenCategory, Clock, ClockKind, Priority, Router, Routing};
pub use kinds::{exporter, indicators};
pub use plugin::{Dataset, DatasetShape, Description, Plugin, SettingsError, schema};

/// The recipes of the cookbook, compiled and run as examples.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/cookbook.md")]
struct Cookbook;
