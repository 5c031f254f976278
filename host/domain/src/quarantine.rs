//! Quarantine: a binding that keeps failing is left out of a block for a while, then tried with one call.
//!
//! Pure rules; the app keeps the counts and the store the quarantines. A decision never depends on them when it is
//! replayed: a call that was left out left no decision.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::code::{BindingId, BlockCode, Digest};

/// Where a binding works: a quarantine holds for one block alone. A new release of the binding starts anew.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Binding.
    pub binding: BindingId,
    /// Component.
    pub release: Digest,
    /// Block of the question; none where a categorizer serves the whole region.
    pub block: Option<BlockCode>,
}

/// When a binding goes into quarantine, and for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct QuarantineRules {
    /// So many faults in a row; 0 for never.
    pub faults_in_row: u32,
    /// Calls over which the rate is taken.
    pub window: u32,
    /// This share of faults over a full window, 0 to 1; above 1 for never.
    pub fault_rate: f64,
    /// First pause. Each trial that fails doubles it.
    pub pause: TimeDelta,
    /// Longest pause.
    pub longest_pause: TimeDelta,
}

impl Default for QuarantineRules {
    fn default() -> Self {
        Self {
            faults_in_row: 5,
            window: 100,
            fault_rate: 0.5,
            pause: TimeDelta::seconds(60),
            longest_pause: TimeDelta::hours(1),
        }
    }
}

/// What led to a quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// Faults in a row.
    InRow {
        /// How many.
        faults: u32,
    },
    /// Too many faults over the window.
    Rate {
        /// Faults.
        faults: u32,
        /// Calls.
        calls: u32,
    },
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InRow { faults } => write!(f, "{faults} faults in a row"),
            Self::Rate { faults, calls } => write!(f, "{faults} faults in {calls} calls"),
        }
    }
}

/// Recent calls of a binding at one place.
#[derive(Debug, Clone, Default)]
pub struct Streak {
    in_row: u32,
    faults: u32,
    calls: VecDeque<bool>,
}

impl Streak {
    /// Counts a call; the cause, if it was one fault too many. Counting starts anew then.
    pub fn add(&mut self, fault: bool, rules: &QuarantineRules) -> Option<Cause> {
        self.in_row = if fault { self.in_row + 1 } else { 0 };
        self.faults += u32::from(fault);
        self.calls.push_back(fault);
        if self.calls.len() > rules.window as usize && self.calls.pop_front() == Some(true) {
            self.faults -= 1;
        }
        let calls = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        let cause = if fault && rules.faults_in_row > 0 && self.in_row >= rules.faults_in_row {
            Cause::InRow { faults: self.in_row }
        } else if fault && calls >= rules.window && f64::from(self.faults) >= rules.fault_rate * f64::from(calls) {
            Cause::Rate { faults: self.faults, calls }
        } else {
            return None;
        };
        *self = Self::default();
        Some(cause)
    }
}

/// A binding in quarantine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quarantine {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When one call is tried.
    pub until: DateTime<Utc>,
    /// The pause that ends then, seconds.
    pub pause_s: i64,
    /// Why.
    pub cause: Cause,
}

impl Quarantine {
    /// A first quarantine.
    #[must_use]
    pub fn new(place: Place, cause: Cause, now: DateTime<Utc>, rules: &QuarantineRules) -> Self {
        Self { place, since: now, until: now + rules.pause, pause_s: rules.pause.num_seconds(), cause }
    }

    /// The quarantine after a trial that failed: the pause doubles, up to the longest.
    #[must_use]
    pub fn after_failed_trial(&self, now: DateTime<Utc>, rules: &QuarantineRules) -> Self {
        let pause_s = self.pause_s.saturating_mul(2).min(rules.longest_pause.num_seconds());
        Self { until: now + TimeDelta::seconds(pause_s), pause_s, ..self.clone() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn run(calls: &str, rules: &QuarantineRules) -> Vec<(usize, Cause)> {
        let mut streak = Streak::default();
        let causes = calls.chars().enumerate().map(|(at, call)| (at, streak.add(call == 'x', rules)));
        causes.filter_map(|(at, cause)| Some((at, cause?))).collect()
    }

    #[test]
    fn faults_in_a_row_or_a_rate_over_a_full_window() {
        let rules = QuarantineRules { faults_in_row: 3, window: 6, fault_rate: 0.5, ..QuarantineRules::default() };
        assert_eq!(run("xx.xx.", &rules), [], "the window fills with a success");
        assert_eq!(run(".xxx", &rules), [(3, Cause::InRow { faults: 3 })]);
        assert_eq!(run("x..x..", &rules), []);
        assert_eq!(run("..x.xx", &rules), [(5, Cause::Rate { faults: 3, calls: 6 })]);
        assert_eq!(
            run("x.....x.x.x", &rules),
            [(10, Cause::Rate { faults: 3, calls: 6 })],
            "old calls leave the window"
        );
        assert_eq!(run("xxx..xxx", &rules).len(), 2, "counting starts anew");
        let never = QuarantineRules { faults_in_row: 0, fault_rate: 2.0, ..rules };
        assert_eq!(run(&"x".repeat(50), &never), []);
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let rules = QuarantineRules::default();
        let start = DateTime::<Utc>::from_timestamp(0, 0).unwrap();
        let place = Place {
            binding: BindingId::new("a").unwrap(),
            release: Digest::of(b""),
            block: BlockCode::new("roads").ok(),
        };
        let mut quarantine = Quarantine::new(place, Cause::InRow { faults: 5 }, start, &rules);
        let mut pauses = vec![];
        for _ in 0..8 {
            quarantine = quarantine.after_failed_trial(quarantine.until, &rules);
            pauses.push(quarantine.pause_s);
        }
        assert_eq!(pauses, [120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        assert_eq!(quarantine.until - start, TimeDelta::seconds(60 + pauses.iter().sum::<i64>()));
    }
}
