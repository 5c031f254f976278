//! What the author of a plug-in does with it, without a server: make a project, build it, check it, try it on golden
//! cases. It runs in the very sandbox of the host, with the same limits, and its answers are held against the same rules.

pub mod building;
pub mod cases;
pub mod check;
mod columns;
pub mod difference;
mod error;
pub mod expect;
pub mod explain;
pub mod junit;
pub mod project;
pub mod registry;
pub mod remote;
pub mod signing;
pub mod template;
pub mod update;
pub mod workbench;

pub use error::ToolError;
