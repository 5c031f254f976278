//! What one call, and one component, may use. Each field is enforced where its comment says.

use serde::{Deserialize, Serialize};

/// Limits of a plug-in. `Default` is the class `standard`, for plug-ins written in Rust, C or Zig.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Fuel of one call (about one unit a wasm instruction). Enforced by the engine's counter.
    pub fuel: u64,
    /// Wall clock of one call, milliseconds. Enforced by the epoch, checked on loops and calls.
    pub wall_ms: u64,
    /// Linear memory of one call, bytes, all memories together. Enforced by the resource limiter.
    pub memory: usize,
    /// Elements of all tables together. Enforced by the resource limiter.
    pub table_elements: usize,
    /// Log lines kept of one call; the rest are counted.
    pub log_lines: usize,
    /// Log bytes kept of one call; the rest are cut.
    pub log_bytes: usize,
    /// Bytes that host calls and results may make the host allocate in one call.
    pub host_bytes: usize,
    /// Fuel of `describe` and `configure`.
    pub configure_fuel: u64,
    /// Wall clock of `describe` and `configure`, milliseconds.
    pub configure_ms: u64,
    /// Size of a component, bytes. Checked before anything is parsed.
    pub component_size: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 400_000_000,
            wall_ms: 1_000,
            memory: 64 << 20,
            table_elements: 20_000,
            log_lines: 64,
            log_bytes: 16 << 10,
            host_bytes: 16 << 20,
            configure_fuel: 20_000_000_000,
            configure_ms: 20_000,
            component_size: 32 << 20,
        }
    }
}

/// Which limit a call hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Fuel.
    Fuel,
    /// Wall clock.
    Wall,
    /// Linear memory.
    Memory,
    /// Table elements.
    TableElements,
    /// Wasm stack.
    Stack,
    /// Bytes that the host had to allocate.
    HostBytes,
}

impl std::fmt::Display for LimitKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Fuel => "fuel",
            Self::Wall => "wall clock (ms)",
            Self::Memory => "memory (bytes)",
            Self::TableElements => "table elements",
            Self::Stack => "wasm stack (bytes)",
            Self::HostBytes => "host bytes",
        })
    }
}
