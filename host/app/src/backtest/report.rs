//! What a back-test counts. Bounded, and without personal data: codes, numbers, ids of appeals.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use veche_domain::appeal::AppealId;
use veche_domain::decision::{Effect, Verdict};
use veche_store::Final;

/// Most groups of changes that are kept; further ones are counted.
const GROUPS: usize = 2_000;
/// Examples of a group.
const EXAMPLES: usize = 5;

/// Questions whose answer would change, by what would. One question may count in several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Category.
    pub category: u64,
    /// Body.
    pub body: u64,
    /// Priority.
    pub priority: u64,
    /// Clocks.
    pub clocks: u64,
    /// Assigned or for a person.
    pub state: u64,
}

/// Changes of one sort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// `category`, `body`, `priority`, `state`, or `clock` with its kind.
    pub what: String,
    /// What the active ruleset says; empty for nothing.
    pub from: String,
    /// What the draft says; empty for nothing.
    pub to: String,
    /// Questions.
    pub count: u64,
    /// Some of the appeals.
    pub examples: Vec<AppealId>,
}

/// Agreement with how questions stand now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Questions that have an answer now.
    pub of: u64,
    /// Of these, answered the same.
    pub right: u64,
    /// Questions whose answer a person gave.
    pub of_people: u64,
    /// Of these, answered the same.
    pub right_people: u64,
}

impl Agreement {
    fn count(&mut self, now: Option<&str>, by_person: bool, said: Option<&str>) {
        let Some(now) = now else { return };
        let right = u64::from(said == Some(now));
        self.of += 1;
        self.right += right;
        self.of_people += u64::from(by_person);
        self.right_people += if by_person { right } else { 0 };
    }

    fn add(&mut self, other: Self) {
        self.of += other.of;
        self.right += other.right;
        self.of_people += other.of_people;
        self.right_people += other.right_people;
    }
}

/// What one ruleset did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Agreement on the category.
    pub category: Agreement,
    /// Agreement on the body.
    pub body: Agreement,
    /// Questions for a person.
    pub manual: u64,
    /// Plug-in calls.
    pub calls: u64,
    /// Calls that faulted, by binding and outcome: `table: trap`.
    pub faults: BTreeMap<String, u64>,
    /// Fuel of all calls.
    pub fuel: u64,
    /// Time of all calls, microseconds.
    pub calls_us: u64,
}

impl Side {
    pub(super) fn count(&mut self, effect: &Effect, now: Option<&Final>) {
        for verdict in &effect.verdicts {
            self.manual += u64::from(verdict.state == veche_domain::decision::State::NeedsPerson);
            if let Some(now) = now {
                let said = verdict.category.as_ref().map(|c| c.as_str());
                self.category.count(now.category.as_deref(), now.category_by_person, said);
                let said = verdict.body.as_ref().map(|c| c.as_str());
                self.body.count(now.body.as_deref(), now.body_by_person, said);
            }
        }
        for decision in &effect.decisions {
            self.calls += 1;
            self.fuel += decision.fuel;
            self.calls_us += decision.duration_us;
            if decision.outcome.is_fault() {
                *self.faults.entry(format!("{}: {}", decision.binding, decision.outcome)).or_default() += 1;
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.category.add(other.category);
        self.body.add(other.body);
        self.manual += other.manual;
        self.calls += other.calls;
        self.fuel += other.fuel;
        self.calls_us += other.calls_us;
        for (key, count) in other.faults {
            *self.faults.entry(key).or_default() += count;
        }
    }

    /// Calls that faulted.
    #[must_use]
    pub fn faulted(&self) -> u64 {
        self.faults.values().sum()
    }
}

/// Everything that a back-test counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Appeals.
    pub appeals: u64,
    /// Their questions.
    pub questions: u64,
    /// Questions of which nothing would change.
    pub unchanged: u64,
    /// Questions that would change.
    pub changed: Counted,
    /// The changes, grouped; most frequent first once it is over.
    pub groups: Vec<Group>,
    /// Changes of groups that are not kept.
    pub left_out: u64,
    /// The active ruleset.
    pub active: Side,
    /// The draft.
    pub draft: Side,
    /// Answers that differ between a kept and a fresh instance: a plug-in carries something from call to call, so
    /// what it says here is not quite what it would say live.
    pub unsteady: u64,
    /// Seconds, reading included.
    pub seconds: f64,
}

impl Report {
    /// Appeals a second.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // Counts are far below 2^52.
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.appeals as f64 / self.seconds } else { 0.0 }
    }

    /// Compares what both say of a question.
    pub(super) fn compare(&mut self, appeal: AppealId, active: &Verdict, draft: &Verdict) {
        let text = |code: Option<&str>| code.unwrap_or_default().to_owned();
        let mut changes: Vec<(String, String, String)> = Vec::new();
        if active.category != draft.category {
            self.changed.category += 1;
            let code = |v: &Verdict| text(v.category.as_ref().map(|c| c.as_str()));
            changes.push(("category".into(), code(active), code(draft)));
        }
        if active.body != draft.body {
            self.changed.body += 1;
            let code = |v: &Verdict| text(v.body.as_ref().map(|c| c.as_str()));
            changes.push(("body".into(), code(active), code(draft)));
        }
        if active.priority != draft.priority {
            self.changed.priority += 1;
            changes.push(("priority".into(), active.priority.to_string(), draft.priority.to_string()));
        }
        if active.state != draft.state {
            self.changed.state += 1;
            changes.push(("state".into(), active.state.to_string(), draft.state.to_string()));
        }
        let clocks = clock_changes(active, draft);
        self.changed.clocks += u64::from(!clocks.is_empty());
        changes.extend(clocks);
        self.unchanged += u64::from(changes.is_empty());
        for (what, from, to) in changes {
            self.group(Group { what, from, to, count: 1, examples: vec![appeal] });
        }
    }

    fn group(&mut self, new: Group) {
        let room_for_one = self.groups.len() < GROUPS;
        let same = |g: &Group| g.what == new.what && g.from == new.from && g.to == new.to;
        match self.groups.iter_mut().find(|g| same(g)) {
            Some(group) => {
                group.count += new.count;
                let room = EXAMPLES.saturating_sub(group.examples.len());
                group.examples.extend(new.examples.into_iter().take(room));
            }
            None if room_for_one => self.groups.push(new),
            None => self.left_out += new.count,
        }
    }

    /// Adds what came after.
    pub(super) fn add(&mut self, other: Self) {
        self.appeals += other.appeals;
        self.questions += other.questions;
        self.unchanged += other.unchanged;
        self.changed.category += other.changed.category;
        self.changed.body += other.changed.body;
        self.changed.priority += other.changed.priority;
        self.changed.clocks += other.changed.clocks;
        self.changed.state += other.changed.state;
        self.left_out += other.left_out;
        self.unsteady += other.unsteady;
        self.seconds += other.seconds;
        self.active.add(other.active);
        self.draft.add(other.draft);
        for group in other.groups {
            self.group(group);
        }
        self.groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    }
}

/// Clocks that differ: their kind, and by how much.
fn clock_changes(active: &Verdict, draft: &Verdict) -> Vec<(String, String, String)> {
    let mut changes = Vec::new();
    for clock in &active.clocks {
        let what = format!("clock {}", clock.kind);
        match draft.clocks.iter().find(|c| c.kind == clock.kind) {
            None => changes.push((what, "set".into(), String::new())),
            Some(other) if other.due != clock.due => {
                changes.push((what, "set".into(), shift(other.due - clock.due)));
            }
            Some(_) => {}
        }
    }
    let new = draft.clocks.iter().filter(|c| active.clocks.iter().all(|other| other.kind != c.kind));
    changes.extend(new.map(|c| (format!("clock {}", c.kind), String::new(), "set".into())));
    changes
}

/// A shift in the largest unit that it is whole in, rounded to a minute: fewer groups than one for each second.
fn shift(by: TimeDelta) -> String {
    let minutes = by.num_minutes();
    match minutes {
        0 => format!("{:+} s", by.num_seconds()),
        _ if minutes % (24 * 60) == 0 => format!("{:+} d", minutes / (24 * 60)),
        _ if minutes % 60 == 0 => format!("{:+} h", minutes / 60),
        _ if minutes.abs() < 24 * 60 => format!("{minutes:+} min"),
        _ => format!("{:+} h", minutes / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_is_told_in_a_unit_that_shows_it() {
        for (minutes, text) in [
            (30, "+30 min"),
            (-1, "-1 min"),
            (60, "+1 h"),
            (90, "+90 min"),
            (-24 * 60, "-1 d"),
            (25 * 60, "+25 h"),
            (3 * 24 * 60 + 10, "+72 h"),
        ] {
            assert_eq!(shift(TimeDelta::minutes(minutes)), text);
        }
        assert_eq!(shift(TimeDelta::seconds(-20)), "-20 s");
    }
}
