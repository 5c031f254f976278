//! What a plug-in may use: one value, two ready classes, overrides of a binding within the administrator's ceiling.
//!
//! The table below is the only place where a limit is named and numbered. How each one is enforced stands in
//! ARCHITECTURE.md and in `host/sandbox`; a hostile plug-in proves each.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! limits {
    ($($(#[$doc:meta])* $field:ident: $kind:ident, $unit:literal, $standard:expr, $large:expr;)+) => {
        /// Limits of a plug-in. `Default` is the class `standard`.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Limits {
            $($(#[$doc])* pub $field: u64,)+
        }

        impl Limits {
            /// The limits of a class.
            #[must_use]
            pub fn of(class: LimitsClass) -> Self {
                match class {
                    LimitsClass::Standard => Self { $($field: $standard,)+ },
                    LimitsClass::Large => Self { $($field: $large,)+ },
                }
            }

            /// The value of one limit.
            #[must_use]
            pub fn value(&self, kind: LimitKind) -> u64 {
                match kind { $(LimitKind::$kind => self.$field,)+ }
            }

            /// Sets one limit.
            pub fn set(&mut self, kind: LimitKind, value: u64) {
                match kind { $(LimitKind::$kind => self.$field = value,)+ }
            }
        }

        /// Which limit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum LimitKind {
            $($(#[$doc])* $kind,)+
        }

        impl LimitKind {
            /// All limits, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The name, as it is written in a ruleset.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$kind => stringify!($field),)+ }
            }

            /// What it is counted in.
            #[must_use]
            pub fn unit(self) -> &'static str {
                match self { $(Self::$kind => $unit,)+ }
            }
        }
    };
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

limits! {
    /// Fuel of one call, about one unit a wasm instruction.
    fuel: Fuel, "units", 400_000_000, 4_000_000_000;
    /// Wall clock of one call, with the time that host calls take.
    wall_ms: Wall, "ms", 1_000, 5_000;
    /// Linear memory of one call, all memories of all instances together.
    memory: Memory, "bytes", 64 * MIB, 256 * MIB;
    /// Linear memories of one call.
    memories: Memories, "memories", 4, 8;
    /// Tables of one call.
    tables: Tables, "tables", 16, 64;
    /// Elements of all tables of one call together.
    table_elements: TableElements, "elements", 20_000, 100_000;
    /// Core instances of one call.
    instances: Instances, "instances", 32, 64;
    /// Wasm stack of one call. Set for the whole engine: a binding cannot change it.
    stack: Stack, "bytes", MIB, MIB;
    /// Texts that one call is handed.
    input_bytes: InputBytes, "bytes", MIB, MIB;
    /// Strings and lists of one answer, all together.
    output_bytes: OutputBytes, "bytes", 256 * KIB, 256 * KIB;
    /// Elements of all lists of one answer together.
    output_items: OutputItems, "elements", 4_096, 4_096;
    /// Nesting of JSON that a plug-in hands over: its settings schema. The contract's own types do not recurse.
    nesting: Nesting, "levels", 32, 32;
    /// Calls of the host in one call.
    host_calls: HostCalls, "calls", 50_000, 200_000;
    /// Bytes that go through host calls of one call, both ways together, and the most that one host call may carry.
    host_bytes: HostBytes, "bytes", 16 * MIB, 64 * MIB;
    /// Resource handles that one call may hold at once.
    handles: Handles, "handles", 64, 1_024;
    /// Log lines kept of one call; the rest are counted, never fatal.
    log_lines: LogLines, "lines", 64, 256;
    /// Log bytes kept of one call; the rest are cut and counted, never fatal.
    log_bytes: LogBytes, "bytes", 16 * KIB, 64 * KIB;
    /// Fuel of `describe` and of `configure`.
    configure_fuel: ConfigureFuel, "units", 20_000_000_000, 100_000_000_000;
    /// Wall clock of `describe` and of `configure`.
    configure_ms: ConfigureMs, "ms", 20_000, 60_000;
    /// Linear memory that `configure` may leave. Memory never shrinks: what lies between this and `memory` is what
    /// every call has to itself.
    configure_memory: ConfigureMemory, "bytes", 48 * MIB, 192 * MIB;
    /// Calls of the host in `configure`.
    configure_host_calls: ConfigureHostCalls, "calls", 1_000_000, 4_000_000;
    /// Bytes that go through host calls in `configure`, which may read a whole dataset.
    configure_host_bytes: ConfigureHostBytes, "bytes", 256 * MIB, 512 * MIB;
    /// Size of the component with the memory that `configure` left.
    snapshot_size: SnapshotSize, "bytes", 32 * MIB, 128 * MIB;
    /// Size of a component.
    component_size: ComponentSize, "bytes", 8 * MIB, 32 * MIB;
    /// Core modules of a component, at any depth.
    modules: Modules, "modules", 32, 128;
    /// Functions of all its modules together.
    functions: Functions, "functions", 8_000, 80_000;
    /// Largest body of one function.
    function_size: FunctionSize, "bytes", 256 * KIB, MIB;
    /// Types of all its modules and components together.
    types: Types, "types", 4_000, 40_000;
    /// Imports of all its modules and components together.
    imports: Imports, "imports", 2_000, 20_000;
    /// Exports of all its modules and components together.
    exports: Exports, "exports", 4_000, 80_000;
    /// How deep components stand in components.
    depth: Depth, "levels", 6, 6;
    /// Wall clock of one compilation. Generous: it runs at low priority, so a busy machine stretches it.
    compile_ms: CompileMs, "ms", 120_000, 600_000;
    /// Processor time of one compilation, kept in whole seconds.
    compile_cpu_ms: CompileCpuMs, "ms", 60_000, 300_000;
    /// Address space of one compilation.
    compile_memory: CompileMemory, "bytes", 2 * GIB, 6 * GIB;
}

impl Default for Limits {
    fn default() -> Self {
        Self::of(LimitsClass::Standard)
    }
}

impl LimitKind {
    /// The limit of a name.
    #[must_use]
    pub fn from_code(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// Whether it holds for the whole engine, so that a binding cannot change it.
    #[must_use]
    pub fn is_engine_wide(self) -> bool {
        self == Self::Stack
    }

    /// The limit that stands in its place while a plug-in is described or configured.
    #[must_use]
    pub fn in_configure(self) -> Self {
        match self {
            Self::Fuel => Self::ConfigureFuel,
            Self::Wall => Self::ConfigureMs,
            Self::Memory => Self::ConfigureMemory,
            Self::HostCalls => Self::ConfigureHostCalls,
            Self::HostBytes => Self::ConfigureHostBytes,
            other => other,
        }
    }
}

impl LimitKind {
    /// What its author can do about a plug-in that hits it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Fuel | Self::Wall => {
                "do the work once in `configure` and keep tables and automata; look for a loop that does not end"
            }
            Self::Memory => {
                "do not keep copies of texts; read datasets in `configure`, and only the columns that are needed"
            }
            Self::ConfigureFuel | Self::ConfigureMs => "make the dataset smaller, or prepare it before it is uploaded",
            Self::ConfigureMemory | Self::SnapshotSize => {
                "`configure` leaves too much: keep numbers and positions instead of copies of texts, drop what only the \
                 preparation needs, or make the dataset smaller"
            }
            Self::HostCalls | Self::HostBytes => "read datasets once in `configure`, not in each call",
            Self::ConfigureHostCalls => "read more rows at once: `datasets::table`, or `scan` by 4,096 rows",
            Self::ConfigureHostBytes => "bind a smaller dataset, or read only the part that is needed",
            Self::InputBytes => "the appeal is too long for this binding",
            Self::OutputBytes | Self::OutputItems => "give fewer candidates and reasons, and shorter texts",
            Self::Nesting => "write a flatter settings type",
            Self::Stack => "recurse less deep, or keep a list of what is left to do",
            Self::Handles => "drop streams when they are read",
            Self::LogLines | Self::LogBytes => "log less",
            Self::ComponentSize
            | Self::Functions
            | Self::FunctionSize
            | Self::Types
            | Self::Imports
            | Self::Exports => "leave dependencies out, and build with `opt-level = \"s\"` and `strip = true`",
            Self::Memories | Self::Tables | Self::TableElements | Self::Instances | Self::Modules | Self::Depth => {
                "build one module with veche-sdk instead of composing components"
            }
            Self::CompileMs | Self::CompileCpuMs | Self::CompileMemory => {
                "make the component smaller: fewer dependencies, and no functions of generated code"
            }
        }
    }
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for LimitKind {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        Self::from_code(&name).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
            format!("there is no limit {:?}; there are {}", name.chars().take(80).collect::<String>(), known.join(", "))
        })
    }
}

impl From<LimitKind> for String {
    fn from(kind: LimitKind) -> Self {
        kind.as_str().to_owned()
    }
}

/// A limit that was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the limit `{which}` was hit: {used} {} used, {allowed} allowed", which.unit())]
pub struct LimitExceeded {
    /// Which.
    pub which: LimitKind,
    /// What was used or asked for; where counting ends at the limit, the limit itself.
    pub used: u64,
    /// What was allowed.
    pub allowed: u64,
}

/// A ready set of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitsClass {
    /// For plug-ins in Rust, C or Zig.
    #[default]
    Standard,
    /// For plug-ins that bring an interpreter: JavaScript, Python.
    Large,
}

impl LimitsClass {
    /// All classes.
    pub const ALL: &'static [Self] = &[Self::Standard, Self::Large];

    /// The code, as it is written in a ruleset.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Large => "large",
        }
    }
}

impl fmt::Display for LimitsClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a binding asks for: a class, and single limits of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LimitsRequest {
    /// Class.
    #[serde(default)]
    pub class: LimitsClass,
    /// Limits of its own by name: `{"class": "large", "fuel": 8000000000}`.
    #[serde(flatten)]
    pub overrides: BTreeMap<LimitKind, u64>,
}

/// Why a binding does not get the limits that it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitRefused {
    /// More than the administrator of this host allows.
    #[error(
        "`limits.{kind}` asks for {value} {}, the ceiling of this host is {ceiling}: ask for less, or let the administrator raise the ceiling (`--ceiling {kind}={value}`)",
        kind.unit()
    )]
    Ceiling {
        /// Which limit.
        kind: LimitKind,
        /// What was asked for.
        value: u64,
        /// Most that is given.
        ceiling: u64,
    },
    /// Holds for the whole engine.
    #[error("`limits.{kind}` holds for the whole engine and cannot be set for one binding: leave it out")]
    EngineWide {
        /// Which limit.
        kind: LimitKind,
    },
}

impl LimitsRequest {
    /// Whether nothing is asked for; then it is not written, and rulesets from before limits keep their digests.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The effective limits: the class, lowered to the ceiling, with the overrides.
    ///
    /// # Errors
    /// [`LimitRefused`] names the limit, the value and the ceiling.
    pub fn resolve(&self, ceiling: &Limits) -> Result<Limits, LimitRefused> {
        let mut limits = Limits::of(self.class);
        for kind in LimitKind::ALL {
            limits.set(*kind, limits.value(*kind).min(ceiling.value(*kind)));
        }
        for (kind, value) in &self.overrides {
            let (kind, value, ceiling) = (*kind, *value, ceiling.value(*kind));
            if kind.is_engine_wide() {
                return Err(LimitRefused::EngineWide { kind });
            }
            if value > ceiling {
                return Err(LimitRefused::Ceiling { kind, value, ceiling });
            }
            limits.set(kind, value);
        }
        Ok(limits)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn request(json: serde_json::Value) -> Result<LimitsRequest, String> {
        serde_json::from_value(json).map_err(|error| error.to_string())
    }

    #[test]
    fn names_are_the_fields_and_large_is_never_less() {
        let (standard, large) = (Limits::default(), Limits::of(LimitsClass::Large));
        let fields = serde_json::to_value(&standard).unwrap();
        for kind in LimitKind::ALL {
            assert_eq!(fields[kind.as_str()], standard.value(*kind), "{kind}");
            assert!(standard.value(*kind) <= large.value(*kind), "{kind}");
            assert_eq!(LimitKind::from_code(kind.as_str()), Some(*kind));
        }
        assert_eq!(fields.as_object().unwrap().len(), LimitKind::ALL.len());
    }

    #[test]
    fn a_binding_gets_its_class_and_its_overrides_within_the_ceiling() {
        let ceiling = Limits { fuel: 900_000_000, memory: 32 * MIB, ..Limits::of(LimitsClass::Large) };
        let asked = request(serde_json::json!({"class": "large", "fuel": 800_000_000})).unwrap();
        let limits = asked.resolve(&ceiling).unwrap();
        assert_eq!((limits.fuel, limits.memory, limits.wall_ms), (800_000_000, 32 * MIB, 5_000));
        let refused = request(serde_json::json!({"fuel": 1_000_000_000})).unwrap().resolve(&ceiling).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "`limits.fuel` asks for 1000000000 units, the ceiling of this host is 900000000: ask for less, or let the \
             administrator raise the ceiling (`--ceiling fuel=1000000000`)"
        );
        let refused = request(serde_json::json!({"stack": 1})).unwrap().resolve(&ceiling).unwrap_err();
        assert!(refused.to_string().contains("whole engine"), "{refused}");
    }

    #[test]
    fn an_unknown_limit_is_named_with_those_that_exist() {
        let error = request(serde_json::json!({"fule": 1})).unwrap_err();
        assert!(error.contains("\"fule\"") && error.contains("fuel, wall_ms"), "{error}");
        assert!(request(serde_json::json!({"class": "huge"})).is_err());
    }
}
