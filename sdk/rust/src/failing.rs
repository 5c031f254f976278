//! Errors of other libraries as failures of a call and as errors of settings.

use std::fmt::Display;

use crate::{Failure, SettingsError};

/// Turns any error, or a value that is missing, into what the contract knows. Say what was tried, without personal data.
///
/// ```
/// use veche_sdk::{Failure, OrFail, SettingsError};
///
/// fn term(days: &str) -> Result<i32, Failure> {
///     days.parse().or_fail("the number of days in the row")
/// }
/// assert_eq!(term("soon").unwrap_err().message, "the number of days in the row: invalid digit found in string");
/// assert_eq!(term("5"), Ok(5));
///
/// fn first(list: &[u8]) -> Result<u8, SettingsError> {
///     list.first().copied().or_refuse("/list", "give at least one value")
/// }
/// assert_eq!(first(&[]).unwrap_err().field.as_deref(), Some("/list"));
/// ```
pub trait OrFail<T> {
    /// A fault of this call.
    ///
    /// # Errors
    /// The error, after what was tried.
    fn or_fail(self, what: &str) -> Result<T, Failure>;

    /// Settings that cannot be used, by the JSON pointer of the field.
    ///
    /// # Errors
    /// The error, after what was tried.
    fn or_refuse(self, field: &str, what: &str) -> Result<T, SettingsError>;
}

impl<T, E: Display> OrFail<T> for Result<T, E> {
    fn or_fail(self, what: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(format!("{what}: {error}")))
    }

    fn or_refuse(self, field: &str, what: &str) -> Result<T, SettingsError> {
        self.map_err(|error| SettingsError::at(field, format!("{what}: {error}")))
    }
}

impl<T> OrFail<T> for Option<T> {
    fn or_fail(self, what: &str) -> Result<T, Failure> {
        self.ok_or_else(|| Failure::new(what))
    }

    fn or_refuse(self, field: &str, what: &str) -> Result<T, SettingsError> {
        self.ok_or_else(|| SettingsError::at(field, what))
    }
}
