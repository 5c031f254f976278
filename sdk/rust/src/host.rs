//! The host's functions: imports in a component, a stand-in natively.

#[cfg(target_arch = "wasm32")]
use crate::bindings::base::veche::plugin as served;
use crate::bindings::base::veche::plugin as contract;
#[cfg(not(target_arch = "wasm32"))]
use crate::testing::served;

/// Permission: the plug-in's own log. No personal data.
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
pub mod directory {
    pub use super::contract::directory::{Block, Body, BodyKind, Category, Municipality};
    pub use super::served::directory::{
        blocks, bodies_of, body_by_code, categories, category_by_code, find_municipality, municipality_by_code,
    };
}

/// Permission: the production calendar of the region.
pub mod calendar {
    pub use super::contract::calendar::{CalendarError, Roll};
    pub use super::served::calendar::{
        add_days, add_working_days, add_working_minutes, end_of_day, is_working_day, local_date, start_of_day, version,
        working_days_between,
    };
}

/// Permission: the datasets that the administrator bound.
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

/// Permission: who wrote the appeal.
pub mod applicant {
    pub use super::contract::applicant::Applicant;
    pub use super::served::applicant::current;
}
