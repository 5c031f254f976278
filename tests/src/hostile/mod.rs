//! Components that break what they can, each with the exact outcome that it must come to.
//!
//! Those that fault in a call do so only for an appeal whose text begins with «!»; any other appeal gets «no opinion».
//! So each of them also shows that the next call is unharmed.

mod answers;
mod calls;
mod configure;
mod files;
mod imports;
pub mod siege;
mod structure;

use serde_json::Value;
use veche_domain::decision::{Kind, Outcome};
use veche_domain::limits::{LimitKind, Limits};

use crate::guest::{Guest, World};

/// How much of a limit was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// This much.
    Exactly(u64),
    /// As much as is allowed: counting ends there.
    All,
    /// More than is allowed.
    More,
    /// All of it or more: a clock.
    AtLeastAll,
}

impl Used {
    /// Whether an amount is that.
    #[must_use]
    pub fn is(self, used: u64, allowed: u64) -> bool {
        match self {
            Self::Exactly(wanted) => used == wanted && used > allowed,
            Self::All => used == allowed,
            Self::More => used > allowed,
            Self::AtLeastAll => used >= allowed,
        }
    }
}

/// What a component comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    /// Its inspection is refused over a limit.
    InspectLimit(LimitKind, Used),
    /// Its inspection is refused: variant of the error, part of its message.
    Inspect(&'static str, &'static str),
    /// `describe` faults.
    Describe(Cause),
    /// It cannot be made ready: variant of the error, part of its message.
    Prepare(&'static str, &'static str),
    /// It cannot be made ready over a limit.
    PrepareLimit(LimitKind, Used),
    /// `configure` faults.
    Configure(Cause),
    /// A call faults.
    Call(Cause),
    /// A call answers, and this is what the core makes of it.
    Answer(Outcome),
    /// A call has no opinion; so many log lines are kept, of at most so many bytes, and so many are counted.
    Logs {
        /// Lines kept.
        kept: usize,
        /// Most bytes of them.
        bytes: usize,
        /// Lines counted as cut or left out.
        cut: u32,
    },
}

/// Why a call of the guest ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// A limit.
    Limit(LimitKind, Used),
    /// A trap; part of its message.
    Trap(&'static str),
    /// The plug-in's own failure; part of its message.
    Failed(&'static str),
}

/// A hostile component.
#[derive(Debug, Clone)]
pub struct Hostile {
    /// Name, unique: what it does.
    pub name: &'static str,
    /// What it says that it is.
    pub kind: Kind,
    /// Its bytes.
    pub component: Vec<u8>,
    /// Its settings.
    pub settings: Value,
    /// Limits that it runs under: the standard ones, some narrowed so that the proof is quick.
    pub limits: Limits,
    /// What it must come to.
    pub expect: Expect,
}

impl Hostile {
    fn new(name: &'static str, component: Vec<u8>, expect: Expect) -> Self {
        let settings = serde_json::json!({});
        Self { name, kind: Kind::Categorizer, component, settings, limits: Limits::default(), expect }
    }

    fn of(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    fn limit(mut self, which: LimitKind, value: u64) -> Self {
        self.limits.set(which, value);
        self
    }

    /// The limits that are proven by it.
    #[must_use]
    pub fn proves(&self) -> Vec<LimitKind> {
        match &self.expect {
            Expect::InspectLimit(which, _) | Expect::PrepareLimit(which, _) => vec![*which],
            Expect::Describe(Cause::Limit(which, _))
            | Expect::Configure(Cause::Limit(which, _))
            | Expect::Call(Cause::Limit(which, _)) => vec![*which],
            Expect::Logs { .. } => vec![LimitKind::LogLines, LimitKind::LogBytes],
            _ => Vec::new(),
        }
    }

    /// Whether it gets as far as a call.
    #[must_use]
    pub fn is_called(&self) -> bool {
        matches!(self.expect, Expect::Call(_) | Expect::Answer(_) | Expect::Logs { .. })
    }
}

/// All of them, but for [`compile_bombs`].
#[must_use]
pub fn all() -> Vec<Hostile> {
    [called(), configure::all(), structure::all(), imports::all(), files::all()].concat()
}

/// Those that break something in a call or in an answer.
#[must_use]
pub fn called() -> Vec<Hostile> {
    [calls::all(), answers::all()].concat()
}

/// Those that only a compiler in a process of its own can be asked to take.
#[must_use]
pub fn compile_bombs() -> Vec<Hostile> {
    structure::bombs()
}

/// A text that makes a hostile plug-in hostile.
pub const BAD_TEXT: &str = "! В подъезде холодные батареи, отопления нет третий день";
/// A text that does not.
pub const GOOD_TEXT: &str = "В подъезде холодные батареи, отопления нет третий день";

/// A guest of a kind that does something on a bad appeal alone. `wat` leaves the address of an answer.
fn on_bad(world: World, guest: Guest, wat: &str) -> Guest {
    let export = if world == World::Router { "route" } else { "categorize" };
    guest.body(
        export,
        &format!(
            "(if (result i32) (i32.eq (i32.load8_u (i32.load offset=36 (local.get $appeal))) (i32.const 33))
               (then {wat})
               (else (call $pass)))"
        ),
    )
}

/// A categorizer that does something on a bad appeal.
fn categorizer(wat: &str) -> Vec<u8> {
    on_bad(World::Categorizer, Guest::categorizer(), wat).build()
}

/// A router that does something on a bad appeal.
fn router(wat: &str) -> Vec<u8> {
    on_bad(World::Router, Guest::router(), wat).build()
}

/// Endless, in wasm's words.
const FOREVER: &str = "(loop $forever (br $forever)) (unreachable)";

/// Fuel that a loop uses up at once.
const LITTLE_FUEL: u64 = 2_000_000;
