//! State of one call: what it sees, what it has used, and the limits that stop it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use veche_domain::appeal::Applicant;
use veche_domain::code::Digest;
use veche_domain::limits::{LimitExceeded, LimitKind, Limits};
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;

use crate::host::World;
use crate::measure::Measure;
use crate::report::LogLine;

/// What one call is about.
pub(crate) struct Scene {
    /// What it reads.
    pub(crate) world: Arc<World>,
    /// Day for which dictionaries are asked.
    pub(crate) today: NaiveDate,
    /// Applicant of the appeal of this call, if the permission is granted.
    pub(crate) applicant: Option<Applicant>,
    /// What a stubbed clock shows: the receipt of the appeal.
    pub(crate) now: DateTime<Utc>,
    /// What stubbed random bytes grow from: the id of the appeal.
    pub(crate) seed: Digest,
}

impl Scene {
    /// Without an appeal: `describe` and `configure`, which are the same whenever they run.
    pub(crate) fn of_preparation(world: Arc<World>) -> Self {
        let seed = Digest::of(b"preparation");
        Self { world, today: NaiveDate::default(), applicant: None, now: DateTime::UNIX_EPOCH, seed }
    }
}

/// State of one call.
pub(crate) struct HostState {
    pub(crate) scene: Scene,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) logs_cut: u32,
    log_bytes: u64,
    limits: Arc<Limits>,
    started: Instant,
    /// Time that the host let the guest wait; not the guest's.
    pub(crate) waited: Duration,
    memory: u64,
    pub(crate) memory_peak: u64,
    table_elements: u64,
    pub(crate) host_calls: u64,
    pub(crate) host_bytes: u64,
    /// Blocks of stubbed random bytes drawn so far.
    pub(crate) drawn: u64,
    /// Streams that the host hands to the guest.
    pub(crate) resources: ResourceTable,
    /// A growth that was refused. The guest usually aborts then; the refusal is the cause.
    pub(crate) refused: Option<LimitExceeded>,
}

impl HostState {
    pub(crate) fn new(scene: Scene, limits: Arc<Limits>) -> Self {
        Self {
            scene,
            logs: Vec::new(),
            logs_cut: 0,
            log_bytes: 0,
            limits,
            started: Instant::now(),
            waited: Duration::ZERO,
            memory: 0,
            memory_peak: 0,
            table_elements: 0,
            host_calls: 0,
            host_bytes: 0,
            drawn: 0,
            resources: ResourceTable::new(),
            refused: None,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Other limits from now on, and the clock from zero.
    pub(crate) fn rearm(&mut self, limits: Arc<Limits>) {
        self.limits = limits;
        self.started = Instant::now();
    }

    /// Makes the state fit for another call in the same instance. Memory and tables go on counting: the instance keeps
    /// them.
    pub(crate) fn next_call(&mut self, scene: Scene) {
        self.scene = scene;
        self.logs.clear();
        (self.logs_cut, self.log_bytes, self.host_calls, self.host_bytes, self.drawn) = (0, 0, 0, 0, 0);
        (self.started, self.waited, self.refused) = (Instant::now(), Duration::ZERO, None);
    }

    pub(crate) fn world(&self) -> &World {
        &self.scene.world
    }

    /// Time since the call began, without what the host let it wait.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed().saturating_sub(self.waited)
    }

    /// The wall clock, if it has run out. The epoch stops a guest on its next loop or call; a host call asks here,
    /// so that a flood of dear host calls is stopped, too.
    pub(crate) fn check_clock(&self) -> Result<(), LimitExceeded> {
        let used = u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX);
        check(LimitKind::Wall, used, self.limits.wall_ms)
    }

    /// Counts a host call with what the guest hands over. Every import begins with it.
    pub(crate) fn enter(&mut self, arguments: &impl Measure) -> wasmtime::Result<()> {
        self.host_calls += 1;
        check(LimitKind::HostCalls, self.host_calls, self.limits.host_calls)?;
        self.check_clock()?;
        self.charge(arguments.volume().bytes)
    }

    /// Counts what a host call hands back. Every import that answers ends with it.
    pub(crate) fn give<T: Measure>(&mut self, answer: T) -> wasmtime::Result<T> {
        self.charge(answer.volume().bytes)?;
        Ok(answer)
    }

    /// Counts bytes that cross the border.
    pub(crate) fn charge(&mut self, bytes: u64) -> wasmtime::Result<()> {
        self.host_bytes = self.host_bytes.saturating_add(bytes);
        Ok(check(LimitKind::HostBytes, self.host_bytes, self.limits.host_bytes)?)
    }

    /// Keeps a log line as far as the limits let it; what is over is cut and counted.
    pub(crate) fn log(&mut self, level: &'static str, mut message: String) {
        let left = self.limits.log_bytes.saturating_sub(self.log_bytes);
        if self.logs.len() as u64 >= self.limits.log_lines || left == 0 {
            self.logs_cut = self.logs_cut.saturating_add(1);
            return;
        }
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        if message.len() > left {
            self.logs_cut = self.logs_cut.saturating_add(1);
            message.truncate(message.floor_char_boundary(left));
        }
        self.log_bytes += message.len() as u64;
        self.logs.push(LogLine { level: level.into(), message });
    }

    fn refuse(&mut self, exceeded: LimitExceeded) -> bool {
        self.refused = Some(exceeded);
        false
    }
}

/// The host ends the call: what it waits for does not come, or nobody wants the answer any more.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Stopped(pub(crate) String);

/// A used amount against its limit.
pub(crate) fn check(which: LimitKind, used: u64, allowed: u64) -> Result<(), LimitExceeded> {
    if used > allowed { Err(LimitExceeded { which, used, allowed }) } else { Ok(()) }
}

/// An answer of a guest against the limits of outputs.
pub(crate) fn check_output(answer: &impl Measure, limits: &Limits) -> Result<(), LimitExceeded> {
    let volume = answer.volume();
    check(LimitKind::OutputItems, volume.items, limits.output_items)?;
    check(LimitKind::OutputBytes, volume.bytes, limits.output_bytes)
}

// The sum over all memories of the call is limited: a limit for each would double with a second memory.
impl ResourceLimiter for HostState {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.memory.saturating_sub(current as u64).saturating_add(desired as u64);
        if let Err(exceeded) = check(LimitKind::Memory, total, self.limits.memory) {
            return Ok(self.refuse(exceeded));
        }
        self.memory = total;
        self.memory_peak = self.memory_peak.max(total);
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.table_elements.saturating_sub(current as u64).saturating_add(desired as u64);
        if let Err(exceeded) = check(LimitKind::TableElements, total, self.limits.table_elements) {
            return Ok(self.refuse(exceeded));
        }
        self.table_elements = total;
        Ok(true)
    }

    // How many there are is known before a component is compiled, and checked there (`shape`); these stand behind it.
    fn instances(&self) -> usize {
        usize::try_from(self.limits.instances).unwrap_or(usize::MAX)
    }
    fn tables(&self) -> usize {
        usize::try_from(self.limits.tables).unwrap_or(usize::MAX)
    }
    fn memories(&self) -> usize {
        usize::try_from(self.limits.memories).unwrap_or(usize::MAX)
    }
}
