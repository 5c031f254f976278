//! What [`export!`](crate::export) expands to calls these. Not for authors.

use std::cell::OnceCell;
use std::thread::LocalKey;

use crate::bindings::base::exports::veche::plugin::plugin as contract;
use crate::{Failure, Plugin, SettingsError, schema};

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static HEAP: crate::heap::CallHeap = crate::heap::CallHeap::new();

/// The configured value of a component; in the snapshot.
pub type State<P> = LocalKey<OnceCell<P>>;

/// `plugin.describe`.
#[must_use]
pub fn describe<P: Plugin>() -> contract::Description {
    log_panics();
    P::describe().with_schema(schema::<P>())
}

/// `plugin.configure`.
///
/// # Errors
/// Settings that cannot be read or used, or a second call.
pub fn configure<P: Plugin>(state: &'static State<P>, settings: &str) -> Result<(), SettingsError> {
    log_panics();
    let plugin = P::configure(crate::plugin::parse::<P>(settings)?)?;
    state
        .with(|cell| cell.set(plugin))
        .map_err(|_| SettingsError::new("configured already: take a fresh instance for other settings"))?;
    #[cfg(target_arch = "wasm32")]
    HEAP.open();
    Ok(())
}

/// Calls a method of the configured value.
///
/// # Errors
/// Whatever the method says, or that nothing was configured.
pub fn call<P: Plugin, T>(
    state: &'static State<P>,
    method: impl FnOnce(&P) -> Result<T, Failure>,
) -> Result<T, Failure> {
    state.with(|cell| match cell.get() {
        Some(plugin) => method(plugin),
        None => Err(Failure::new("not configured: call `configure` before any other function")),
    })
}

/// Asks the configured value; none before there is one.
pub fn ask<P: Plugin, T>(state: &'static State<P>, method: impl FnOnce(&P) -> T) -> Option<T> {
    state.with(|cell| cell.get().map(method))
}

/// Without this the host learns of a panic no more than «unreachable».
fn log_panics() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| crate::log::error(panic.to_string())));
}
