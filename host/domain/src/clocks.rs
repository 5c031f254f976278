//! Default terms: what holds when no plug-in sets clocks.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::calendar::{CalendarError, ProductionCalendar, Roll, WorkTime};
use crate::code::RegimeCode;
use crate::decision::{Clock, ClockKind};

/// A default term of a legal regime.
struct Term {
    regime: &'static str,
    kind: ClockKind,
    span: Span,
    basis: &'static str,
}

enum Span {
    CalendarDays(i32),
    WorkingMinutes(i64),
}

/// Sources: 59-FZ articles 8 and 12; the ordinary and the fast-track term of POS messages by regional lists;
/// first reaction to social-network messages by the common nine working hours.
const TERMS: &[Term] = &[
    Term { regime: "59fz", kind: ClockKind::Registration, span: Span::CalendarDays(3), basis: "59-ФЗ ст. 8 ч. 2" },
    Term { regime: "59fz", kind: ClockKind::Forwarding, span: Span::CalendarDays(7), basis: "59-ФЗ ст. 8 ч. 3" },
    Term { regime: "59fz", kind: ClockKind::Answer, span: Span::CalendarDays(30), basis: "59-ФЗ ст. 12 ч. 1" },
    Term { regime: "pos", kind: ClockKind::Answer, span: Span::CalendarDays(30), basis: "ПОС, 30 дней" },
    Term {
        regime: "pos-fast",
        kind: ClockKind::Answer,
        span: Span::CalendarDays(10),
        basis: "ПОС, ускоренно, 10 дней",
    },
    Term {
        regime: "social",
        kind: ClockKind::FirstReaction,
        span: Span::WorkingMinutes(9 * 60),
        basis: "сообщение из соцсети, 9 рабочих часов",
    },
];

/// The default terms of an appeal. A term of days ends with the last second of its day and moves back
/// to a working day, the stricter of the two customs.
///
/// # Errors
/// [`CalendarError`] if the calendar does not reach so far.
pub fn default_clocks(
    regime: &RegimeCode,
    received_at: DateTime<Utc>,
    calendar: &ProductionCalendar,
    zone: Tz,
    work_time: &WorkTime,
) -> Result<Vec<Clock>, CalendarError> {
    TERMS
        .iter()
        .filter(|term| term.regime == regime.as_str())
        .map(|term| {
            let due = match term.span {
                Span::CalendarDays(days) => {
                    let start = crate::calendar::local_date(received_at, zone);
                    let end = calendar.add_calendar_days(start, days)?;
                    // Rolling back must not end a short term before it began.
                    let rolled = calendar.roll(end, Roll::Back)?;
                    crate::calendar::end_of_day(if rolled < start { end } else { rolled }, zone)
                }
                Span::WorkingMinutes(minutes) => work_time.add_working_minutes(calendar, zone, received_at, minutes)?,
            };
            Ok(Clock { kind: term.kind, due, basis: term.basis.to_owned() })
        })
        .collect()
}
