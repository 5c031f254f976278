//! The host's functions: imports in a component, a stand-in natively.

#[cfg(target_arch = "wasm32")]
use crate::bindings::base::veche::plugin as served;
use crate::bindings::base::veche::plugin as contract;
#[cfg(not(target_arch = "wasm32"))]
use crate::testing::served;

/// Permission: the plug-in's own log. No personal data.
///
/// ```
/// use veche_sdk::{log, testing};
///
/// log::warn(format!("row {} names no body", 17));
/// assert_eq!(testing::logged(), [(log::Level::Warn, "row 17 names no body".to_owned())]);
/// ```
pub mod log {
    pub use super::contract::log::Level;
    use super::served::log::write;

    /// Writes what only a developer wants to see.
    pub fn debug(message: impl AsRef<str>) {
        write(Level::Debug, message.as_ref());
    }

    /// Writes what happened.
    pub fn info(message: impl AsRef<str>) {
        write(Level::Info, message.as_ref());
    }

    /// Writes what somebody should look at.
    pub fn warn(message: impl AsRef<str>) {
        write(Level::Warn, message.as_ref());
    }

    /// Writes what went wrong.
    pub fn error(message: impl AsRef<str>) {
        write(Level::Error, message.as_ref());
    }
}

/// Permission: the region's dictionaries, as they were in force when the appeal was received.
///
/// ```
/// use veche_sdk::{directory, testing::Host};
///
/// let city = directory::Municipality { code: "78701000".into(), name: "город Ярославль".into() };
/// Host::new().municipality(city).install();
/// let found = directory::find_municipality("Город Ярославль").map(|found| found.code);
/// assert_eq!(found.as_deref(), Some("78701000"));
/// ```
pub mod directory {
    pub use super::contract::directory::{Block, Body, BodyKind, Category, Municipality};
    pub use super::served::directory::{
        blocks, bodies_of, body_by_code, categories, category_by_code, find_municipality, municipality_by_code,
    };
}

/// Permission: the production calendar of the region.
///
/// ```
/// use veche_sdk::calendar::{self, Roll};
/// use veche_sdk::{Date, testing::Host};
///
/// Host::new().day_off(Date { year: 2026, month: 3, day: 9 }).install();
/// let friday = Date { year: 2026, month: 3, day: 6 };
/// // 7 and 8 March are a weekend, 9 March is a day off.
/// assert_eq!(calendar::add_working_days(friday, 1), Ok(Date { year: 2026, month: 3, day: 10 }));
/// assert_eq!(calendar::add_days(friday, 2, Roll::Back), Ok(friday));
/// ```
pub mod calendar {
    pub use super::contract::calendar::{CalendarError, Roll};
    pub use super::served::calendar::{
        add_days, add_working_days, add_working_minutes, end_of_day, is_working_day, local_date, start_of_day, version,
        working_days_between,
    };
}

/// Permission: the datasets that the administrator bound.
///
/// ```
/// use veche_sdk::{Point, datasets, testing::Host};
///
/// Host::new()
///     .table("houses", "address,body\nСеверная 5,uk-north\n")
///     .polygons("yards", r#"{"type": "FeatureCollection", "features": [{"type": "Feature",
///         "properties": {"key": "yard-7"}, "geometry": {"type": "Polygon",
///         "coordinates": [[[39.0, 57.0], [40.0, 57.0], [40.0, 58.0], [39.0, 58.0], [39.0, 57.0]]]}}]}"#)
///     .install();
/// assert_eq!(datasets::table("houses", ["body", "address"])?, [["uk-north", "Северная 5"]]);
/// let at = Point { latitude: 57.5, longitude: 39.5 };
/// assert_eq!(datasets::locate("yards", at)?, ["yard-7"]);
/// # Ok::<(), veche_sdk::SettingsError>(())
/// ```
pub mod datasets {
    pub use super::contract::datasets::DatasetError;
    pub use super::served::datasets::{columns, get, locate, read, scan};
    use crate::SettingsError;

    /// Rows that are asked for at once; the host gives no more.
    const SCAN: u32 = 4096;

    /// Rows of a table with the columns asked for, in the order asked for.
    pub type Rows<const N: usize> = Vec<[String; N]>;

    /// Reads a whole table, the named columns of it. For [`Plugin::configure`](crate::Plugin::configure).
    ///
    /// # Errors
    /// The dataset is not bound, is no table, or lacks a column.
    pub fn table<const N: usize>(dataset: &str, wanted: [&str; N]) -> Result<Rows<N>, SettingsError> {
        let present = columns(dataset)?;
        let mut positions = [0; N];
        for (position, name) in positions.iter_mut().zip(wanted) {
            *position = present.iter().position(|column| column == name).ok_or_else(|| {
                SettingsError::new(format!(
                    "dataset {dataset} has no column {name}, only {}: add the column",
                    present.join(", ")
                ))
            })?;
        }
        let mut rows = Vec::new();
        loop {
            let offset = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            let some = scan(dataset, offset, SCAN)?;
            if some.is_empty() {
                return Ok(rows);
            }
            rows.extend(some.into_iter().map(|mut row| {
                positions.map(|position| row.get_mut(position).map(std::mem::take).unwrap_or_default())
            }));
        }
    }
}

/// Permission: who wrote the appeal. With it the texts of the appeal are not masked, so ask for it only where a rule cannot
/// do without; an administrator sees it first.
pub mod applicant {
    pub use super::contract::applicant::Applicant;
    pub use super::served::applicant::current;
}
