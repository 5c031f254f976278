//! A stand-in for the host, for native tests of plug-ins: datasets from CSV text, small dictionaries
//! and a plain calendar. Each thread has its own.
//!
//! ```
//! use veche_sdk::{Date, calendar, datasets, testing::Host};
//!
//! Host::new()
//!     .table("keywords", "category,term\nroads.surface,яма\n")
//!     .day_off(Date { year: 2026, month: 5, day: 11 })
//!     .install();
//! assert_eq!(datasets::get("keywords", "roads.surface")?.len(), 1);
//! assert_eq!(calendar::is_working_day(Date { year: 2026, month: 5, day: 11 }), Ok(false));
//! # Ok::<(), datasets::DatasetError>(())
//! ```

pub(crate) mod fake_calendar;
mod fake_data;
mod fake_facts;
mod fake_polygons;
mod fake_streams;

pub use fake_facts::FakeFacts;
pub use fake_streams::{FakeRows, FakeSink};

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::applicant::Applicant;
use crate::directory::{Block, Body, Category, Municipality};
use crate::log::Level;
use crate::{Appeal, ApplicantKind, Context, Date, Instant, Place, Plugin, SettingsError};

/// The functions of the contract, as a component would import them.
pub(crate) mod served {
    pub(crate) use super::fake_calendar as calendar;
    pub(crate) use super::fake_data::{applicant, datasets, directory, log};
}

/// 2026-03-02T09:00:00Z, a Monday: when [`appeal`] was received.
pub const NOW: Instant = 1_772_442_000;

/// The host that a test needs. Builder; [`Host::install`] puts it in place of the last one.
#[derive(Debug, Clone)]
pub struct Host {
    tables: BTreeMap<String, Table>,
    blobs: BTreeMap<String, Vec<u8>>,
    polygons: BTreeMap<String, Vec<fake_polygons::Area>>,
    blocks: Vec<Block>,
    categories: Vec<Category>,
    bodies: Vec<Body>,
    municipalities: Vec<Municipality>,
    applicant: Option<Applicant>,
    days_off: BTreeSet<NaiveDate>,
    working_days: BTreeSet<NaiveDate>,
    utc_offset_s: i64,
    log: Vec<(Level, String)>,
}

#[derive(Debug, Clone, Default)]
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            tables: BTreeMap::new(),
            blobs: BTreeMap::new(),
            polygons: BTreeMap::new(),
            blocks: Vec::new(),
            categories: Vec::new(),
            bodies: Vec::new(),
            municipalities: Vec::new(),
            applicant: None,
            days_off: BTreeSet::new(),
            working_days: BTreeSet::new(),
            utc_offset_s: 3 * 3600,
            log: Vec::new(),
        }
    }
}

thread_local! {
    static HOST: RefCell<Host> = RefCell::new(Host::default());
}

/// Reads or changes the host of this thread.
fn with<T>(work: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with(|host| work(&mut host.borrow_mut()))
}

impl Host {
    /// Nothing bound, empty dictionaries, Saturdays and Sundays off, Moscow time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Binds a table, given as CSV text with a header. A line that is no CSV ends the table.
    #[must_use]
    pub fn table(mut self, name: &str, csv: &str) -> Self {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv.as_bytes());
        let texts = |record: csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        let columns = reader.headers().cloned().map(texts).unwrap_or_default();
        let rows = reader.records().map_while(Result::ok).map(texts).collect();
        self.tables.insert(name.to_owned(), Table { columns, rows });
        self
    }

    /// Binds a blob.
    #[must_use]
    pub fn blob(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.blobs.insert(name.to_owned(), bytes.into());
        self
    }

    /// Binds polygons, given as a GeoJSON FeatureCollection whose features have the property `key` or an `id`.
    #[must_use]
    pub fn polygons(mut self, name: &str, geojson: &str) -> Self {
        self.polygons.insert(name.to_owned(), fake_polygons::areas(geojson));
        self
    }

    /// Adds a block.
    #[must_use]
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Adds a category.
    #[must_use]
    pub fn category(mut self, category: Category) -> Self {
        self.categories.push(category);
        self
    }

    /// Adds a body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.bodies.push(body);
        self
    }

    /// Adds a municipality.
    #[must_use]
    pub fn municipality(mut self, municipality: Municipality) -> Self {
        self.municipalities.push(municipality);
        self
    }

    /// Says who wrote the appeals.
    #[must_use]
    pub fn applicant(mut self, applicant: Applicant) -> Self {
        self.applicant = Some(applicant);
        self
    }

    /// Makes a day a day off.
    #[must_use]
    pub fn day_off(mut self, day: Date) -> Self {
        self.days_off.extend(fake_calendar::naive(day));
        self
    }

    /// Makes a Saturday or Sunday a working day.
    #[must_use]
    pub fn working_day(mut self, day: Date) -> Self {
        self.working_days.extend(fake_calendar::naive(day));
        self
    }

    /// Sets the region's offset from UTC; three hours unless set.
    #[must_use]
    pub fn utc_offset_hours(mut self, hours: i32) -> Self {
        self.utc_offset_s = i64::from(hours) * 3600;
        self
    }

    /// Serves this thread from now on.
    pub fn install(self) {
        with(|host| *host = self);
    }
}

/// What the plug-in of this thread has logged since [`Host::install`].
#[must_use]
pub fn logged() -> Vec<(Level, String)> {
    with(|host| host.log.clone())
}

/// Configures a plug-in as a component would be: from JSON text, with the schema's defaults.
///
/// # Errors
/// The settings cannot be read, with the pointer of the field, or the plug-in refuses them.
pub fn configure<P: Plugin>(settings: &str) -> Result<P, SettingsError> {
    P::configure(crate::plugin::parse::<P>(settings)?)
}

/// An ordinary appeal of a citizen with this text, received at [`NOW`].
#[must_use]
pub fn appeal(text: &str) -> Appeal {
    Appeal {
        id: "01934f00-0000-7000-8000-000000000001".to_owned(),
        received_at: NOW,
        channel: "pos".to_owned(),
        regime: "59fz".to_owned(),
        applicant: ApplicantKind::Citizen,
        text: text.to_owned(),
        question: 0,
        questions: 1,
        whole_text: None,
        place: Place { municipality: None, district: None, address: None, point: None },
        attachments: Vec::new(),
        attributes: Vec::new(),
    }
}

/// The context of [`appeal`]: a region whose staff reads Russian.
#[must_use]
pub fn context() -> Context {
    Context { region: "test".to_owned(), block: None, now: NOW, language: "ru".to_owned(), attributes: Vec::new() }
}
