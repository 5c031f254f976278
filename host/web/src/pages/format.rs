//! Numbers, days and moments as each language writes them, in the region's time zone.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use super::messages::Lang;

/// Between groups of digits in Russian: a space that does not break.
const SPACE: char = '\u{a0}';

/// A whole number, grouped by thousands.
pub(crate) fn number(value: i64, lang: Lang) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + 8);
    if value < 0 {
        text.push('−');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(if lang == Lang::Ru { SPACE } else { ',' });
        }
        text.push(digit);
    }
    text
}

/// A number with so many places after the comma.
pub(crate) fn decimal(value: f64, places: usize, lang: Lang) -> String {
    let text = format!("{:.places$}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let mut said = number(whole.parse().unwrap_or(i64::MAX), lang);
    if !part.is_empty() {
        said.push(if lang == Lang::Ru { ',' } else { '.' });
        said.push_str(part);
    }
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    if value < 0.0 && !is_zero { format!("−{said}") } else { said }
}

/// A share of one as percent, with one place: `83,8 %`.
pub(crate) fn percent(share: f64, lang: Lang) -> String {
    match lang {
        Lang::Ru => format!("{}{SPACE}%", decimal(share * 100.0, 1, lang)),
        Lang::En => format!("{}%", decimal(share * 100.0, 1, lang)),
    }
}

fn month_key(day: NaiveDate) -> String {
    format!("words-month-of-{}", day.month())
}

/// A day: `24 ноября 2026`, `24 November 2026`.
pub(crate) fn day(day: NaiveDate, lang: Lang) -> String {
    format!("{}{SPACE}{} {}", day.day(), lang.t(&month_key(day)), day.year())
}

/// A day in figures: `24.11.2026`, `2026-11-24`.
pub(crate) fn short_day(day: NaiveDate, lang: Lang) -> String {
    let form = if lang == Lang::Ru { "%d.%m.%Y" } else { "%Y-%m-%d" };
    day.format(form).to_string()
}

/// A month: `ноябрь 2026`, `November 2026`.
pub(crate) fn month(day: NaiveDate, lang: Lang) -> String {
    format!("{} {}", lang.t(&format!("words-month-{}", day.month())), day.year())
}

/// A moment in the region's time: `24.11.2026 16:05`.
pub(crate) fn moment(at: DateTime<Utc>, zone: Tz, lang: Lang) -> String {
    let local = at.with_timezone(&zone);
    format!("{} {}", short_day(local.date_naive(), lang), local.format("%H:%M"))
}

/// How long, in its largest unit and no finer: `3 дня`, `5 часов`, `10 минут`.
pub(crate) fn span(span: TimeDelta, lang: Lang) -> String {
    let (key, count) = match span.abs() {
        span if span.num_days() >= 2 => ("words-days", span.num_days()),
        span if span.num_hours() >= 1 => ("words-hours", span.num_hours()),
        span => ("words-minutes", span.num_minutes()),
    };
    lang.with(key, &[("count", count.into())])
}

/// What is left until a term, or how long it is over.
pub(crate) fn left(due: DateTime<Utc>, now: DateTime<Utc>, lang: Lang) -> String {
    let span = span(due - now, lang);
    let key = if due < now { "words-over" } else { "words-left" };
    lang.with(key, &[("span", span.into())])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_language_does() {
        assert_eq!(number(1_234_567, Lang::Ru), "1\u{a0}234\u{a0}567");
        assert_eq!([number(-1_000, Lang::En), number(999, Lang::En), number(0, Lang::En)], ["−1,000", "999", "0"]);
        assert_eq!(decimal(1_234.567, 2, Lang::Ru), "1\u{a0}234,57");
        assert_eq!([decimal(-0.04, 1, Lang::En), decimal(-0.06, 1, Lang::En)], ["0.0", "−0.1"]);
        assert_eq!([percent(0.8382, Lang::Ru), percent(0.8382, Lang::En)], ["83,8\u{a0}%", "83.8%"]);
    }

    #[test]
    fn moments_are_those_of_the_region() {
        let at: DateTime<Utc> = "2026-11-24T21:30:00Z".parse().unwrap();
        assert_eq!(moment(at, chrono_tz::Europe::Moscow, Lang::Ru), "25.11.2026 00:30");
        assert_eq!(moment(at, chrono_tz::Asia::Kamchatka, Lang::En), "2026-11-25 09:30");
        let date = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        assert_eq!([day(date, Lang::Ru), day(date, Lang::En)], ["24\u{a0}ноября 2026", "24\u{a0}November 2026"]);
        assert_eq!(month(date, Lang::Ru), "ноябрь 2026");
    }

    #[test]
    fn what_is_left_is_said_in_its_largest_unit() {
        let now: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
        let at = |minutes| left(now + TimeDelta::minutes(minutes), now, Lang::Ru);
        assert_eq!(at(3 * 1_440 + 5), "осталось 3 дня");
        assert_eq!(at(30 * 60), "осталось 30 часов");
        assert_eq!(at(-90), "просрочено на 1 час");
        assert_eq!(at(21), "осталось 21 минута");
    }
}
