//! What becomes of a question after it has a body: reaction, answer, closing, mark. Events are kept; what they come to
//! is folded from all of them, so that a late or repeated delivery changes nothing.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::decision::{Event, EventKind, State};

/// Something that a body or the applicant did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happened {
    /// The body reacted in public; an intermediate answer is a reaction and no answer.
    Reacted,
    /// Answered.
    Answered {
        /// Whether in substance; none where nobody said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_substance: Option<bool>,
    },
    /// Closed.
    Closed,
    /// Taken back to work after it was answered or closed.
    Reopened,
    /// The term was extended.
    Extended {
        /// New last moment.
        due: DateTime<Utc>,
    },
    /// The applicant's mark.
    Marked {
        /// 1 to 5.
        mark: u8,
    },
    /// It repeats an earlier appeal of the same person.
    Repeated,
    /// Moved to another body.
    Redirected,
}

impl Happened {
    fn rank(&self) -> u8 {
        match self {
            Self::Repeated | Self::Redirected | Self::Extended { .. } => 0,
            Self::Reacted => 1,
            Self::Answered { .. } => 2,
            Self::Closed => 3,
            Self::Marked { .. } => 4,
            Self::Reopened => 5,
        }
    }

    /// The event that keeps it.
    #[must_use]
    pub fn event_kind(&self) -> EventKind {
        match self {
            Self::Reacted => EventKind::Reacted,
            Self::Answered { .. } => EventKind::Answered,
            Self::Closed => EventKind::Closed,
            Self::Reopened => EventKind::Reopened,
            Self::Extended { .. } => EventKind::Extended,
            Self::Marked { .. } => EventKind::Marked,
            Self::Repeated => EventKind::Repeated,
            Self::Redirected => EventKind::Redirected,
        }
    }

    /// The fields of that event.
    #[must_use]
    pub fn data(&self) -> std::collections::BTreeMap<String, String> {
        let one = |name: &str, value: String| std::collections::BTreeMap::from([(name.to_owned(), value)]);
        match self {
            Self::Answered { in_substance: Some(yes) } => one("in_substance", yes.to_string()),
            Self::Extended { due } => one("due", due.to_rfc3339()),
            Self::Marked { mark } => one("mark", mark.to_string()),
            _ => std::collections::BTreeMap::new(),
        }
    }

    /// What an event keeps, if it is one of these.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let field = |name: &str| event.data.get(name).map(String::as_str);
        Some(match event.kind {
            EventKind::Reacted => Self::Reacted,
            EventKind::Answered => Self::Answered { in_substance: field("in_substance").map(|text| text == "true") },
            EventKind::Closed => Self::Closed,
            EventKind::Reopened => Self::Reopened,
            EventKind::Extended => Self::Extended { due: field("due")?.parse().ok()? },
            EventKind::Marked => Self::Marked { mark: field("mark")?.parse().ok()? },
            EventKind::Repeated => Self::Repeated,
            EventKind::Redirected => Self::Redirected,
            _ => return None,
        })
    }
}

/// What the events of a question come to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// First reaction; an answer is one, too.
    pub reacted_at: Option<DateTime<Utc>>,
    /// Answer on the substance that holds: none after a reopening.
    pub answered_at: Option<DateTime<Utc>>,
    /// Whether that answer was in substance.
    pub in_substance: Option<bool>,
    /// Closing that holds.
    pub closed_at: Option<DateTime<Utc>>,
    /// How often it was reopened.
    pub reopened: u32,
    /// How often it was moved to another body.
    pub redirects: u32,
    /// Last mark.
    pub mark: Option<u8>,
    /// Term after the extensions that count.
    pub due_at: Option<DateTime<Utc>>,
    /// Whether somebody said that it repeats another.
    pub repeated: bool,
}

impl Progress {
    /// Folds events in the order of their time. `due` is the term that the rules set. An extension counts if it was
    /// registered before the term that it extends was over.
    #[must_use]
    pub fn of(mut happened: Vec<(DateTime<Utc>, Happened)>, due: Option<DateTime<Utc>>) -> Self {
        // Of one moment in the order in which they follow from each other.
        happened.sort_by_key(|(at, what)| (*at, what.rank()));
        let mut progress = Self { due_at: due, ..Self::default() };
        for (at, what) in happened {
            progress.add(at, &what);
        }
        progress
    }

    fn add(&mut self, at: DateTime<Utc>, what: &Happened) {
        match what {
            Happened::Reacted => _ = self.reacted_at.get_or_insert(at),
            Happened::Answered { in_substance } => {
                self.reacted_at.get_or_insert(at);
                (self.answered_at, self.in_substance) = (Some(at), *in_substance);
            }
            Happened::Closed => {
                // A closing without an answer before it is the answer.
                self.reacted_at.get_or_insert(at);
                self.answered_at.get_or_insert(at);
                self.closed_at = Some(at);
            }
            Happened::Reopened => {
                (self.answered_at, self.in_substance, self.closed_at) = (None, None, None);
                self.reopened += 1;
            }
            Happened::Extended { due } if self.due_at.is_none_or(|term| at <= term) => self.due_at = Some(*due),
            Happened::Extended { .. } => {}
            Happened::Marked { mark } => self.mark = Some(*mark),
            Happened::Repeated => self.repeated = true,
            Happened::Redirected => self.redirects += 1,
        }
    }

    /// Where the question stands by these events; none where they say nothing.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        match (self.closed_at, self.answered_at, self.reacted_at) {
            (Some(_), ..) => Some(State::Closed),
            (None, Some(_), _) => Some(State::Answered),
            (None, None, Some(_)) => Some(State::InProgress),
            (None, None, None) => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(day: u32) -> DateTime<Utc> {
        format!("2026-02-{day:02}T09:00:00Z").parse().unwrap()
    }

    #[test]
    fn an_intermediate_answer_stops_the_reaction_and_not_the_answer() {
        let progress = Progress::of(vec![(at(3), Happened::Reacted)], Some(at(10)));
        assert_eq!((progress.reacted_at, progress.answered_at), (Some(at(3)), None));
        assert_eq!(progress.state(), Some(State::InProgress));
        let marked = Progress::of(vec![(at(3), Happened::Marked { mark: 5 })], None);
        assert_eq!((marked.reacted_at, marked.mark), (None, Some(5)));
    }

    #[test]
    fn a_late_extension_does_not_count() {
        let extended = |when| Progress::of(vec![(at(when), Happened::Extended { due: at(20) })], Some(at(10))).due_at;
        assert_eq!(extended(9), Some(at(20)));
        assert_eq!(extended(11), Some(at(10)));
    }

    #[test]
    fn events_come_to_the_same_in_any_order_and_twice() {
        let mut events = vec![
            (at(2), Happened::Redirected),
            (at(3), Happened::Answered { in_substance: Some(true) }),
            (at(4), Happened::Closed),
            (at(5), Happened::Reopened),
            (at(6), Happened::Closed),
        ];
        let once = Progress::of(events.clone(), Some(at(10)));
        assert_eq!((once.reacted_at, once.answered_at, once.closed_at), (Some(at(3)), Some(at(6)), Some(at(6))));
        assert_eq!((once.reopened, once.redirects, once.state()), (1, 1, Some(State::Closed)));
        events.reverse();
        assert_eq!(Progress::of(events, Some(at(10))), once);
    }
}
