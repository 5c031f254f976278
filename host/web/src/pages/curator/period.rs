//! Which period a page shows: chosen in its address, the last whole month where nothing is chosen.

use chrono::{Datelike as _, NaiveDate, Utc, Weekday};
use veche_app::indicators::Wanted;
use veche_domain::calendar::local_date;
use veche_domain::indicator::{Period, PeriodKind};

use crate::Web;
use crate::pages::form::Form;
use crate::pages::format;
use crate::pages::messages::{Arg, Lang};
use crate::pages::visit::Visit;
use crate::problem::Problem;

/// Kinds that can be chosen.
const KINDS: [PeriodKind; 5] =
    [PeriodKind::Day, PeriodKind::Week, PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year];

/// A chosen period.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub(super) period: Period,
    /// In words.
    pub(super) label: String,
    /// The period before it.
    pub(super) before: Option<Period>,
    /// The period after it, if it has begun.
    pub(super) after: Option<Period>,
    /// Kinds: code, name, whether it is chosen.
    pub(super) kinds: Vec<(&'static str, String, bool)>,
    /// Whether it goes on.
    pub(super) running: bool,
}

impl Chosen {
    /// The part of an address that chooses a period.
    pub(super) fn query_of(period: &Period) -> String {
        format!("kind={}&day={}", period.kind.as_str(), period.first)
    }

    /// The part of an address that chooses this one.
    pub(super) fn query(&self) -> String {
        Self::query_of(&self.period)
    }

    pub(super) fn kind(&self) -> &'static str {
        self.period.kind.as_str()
    }

    /// Day for a field of a form.
    pub(super) fn day(&self) -> String {
        self.period.first.to_string()
    }

    pub(super) fn before_query(&self) -> String {
        self.before.as_ref().map(Self::query_of).unwrap_or_default()
    }

    pub(super) fn after_query(&self) -> String {
        self.after.as_ref().map(Self::query_of).unwrap_or_default()
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted::Holding(self.period.kind, self.period.first)
    }
}

/// A day as a field of a form sends it, or as people write it.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok().or_else(|| veche_domain::indicator::parse_date(text))
}

/// The period of an address. What cannot be read, or has not begun, is the last whole period of the kind.
pub(super) async fn of(web: &Web, visit: &Visit, form: &Form) -> Result<Chosen, Problem> {
    let row = visit.region()?;
    let zone = row.region.time_zone;
    let kind = PeriodKind::from_code(&form.text("kind")).filter(|kind| *kind != PeriodKind::Span);
    let kind = kind.unwrap_or(PeriodKind::Month);
    let now = Utc::now();
    let today = local_date(now, zone);
    let asked = day(&form.text("day"));
    let set = web.app.store.indicator_set(&row.region.code, asked.unwrap_or(today)).await?;
    let week_starts = set.map_or(Weekday::Mon, |row| row.set.week_starts);
    let holding = |day: NaiveDate| Period::holding(kind, day, week_starts).ok();
    let begun = |period: &Period| period.first <= today;
    let period = match asked.and_then(holding).filter(begun) {
        Some(period) => period,
        None => Period::last_over(kind, now, zone, week_starts).map_err(veche_app::AppError::from)?,
    };
    let lang = visit.lang();
    Ok(Chosen {
        label: words(&period, lang),
        before: period.first.pred_opt().and_then(holding),
        after: period.last.succ_opt().and_then(holding).filter(begun),
        kinds: KINDS
            .iter()
            .map(|k| (k.as_str(), lang.t(&format!("curator-kind-{}", k.as_str())), *k == kind))
            .collect(),
        running: period.last >= today,
        period,
    })
}

/// A period in words: `февраль 2026`, `I квартал 2026`, `05.02.2026–11.02.2026`.
pub(super) fn words(period: &Period, lang: Lang) -> String {
    let year = i64::from(period.first.year()).to_string();
    match period.kind {
        PeriodKind::Day => format::short_day(period.first, lang),
        PeriodKind::Month => format::month(period.first, lang),
        PeriodKind::Quarter => {
            let quarter = ["I", "II", "III", "IV"].get(period.first.month0() as usize / 3).copied().unwrap_or_default();
            lang.with("curator-quarter", &[("quarter", Arg::from(quarter)), ("year", Arg::from(year))])
        }
        PeriodKind::Year => lang.with("curator-year", &[("year", Arg::from(year))]),
        PeriodKind::Week | PeriodKind::Span => {
            format!("{}–{}", format::short_day(period.first, lang), format::short_day(period.last, lang))
        }
    }
}

/// A period in a few letters, for an axis: `02.26`, `I 26`, `2026`, `05.02`.
pub(super) fn short(period: &Period, lang: Lang) -> String {
    let form = |form: &str| period.first.format(form).to_string();
    match period.kind {
        PeriodKind::Month => form("%m.%y"),
        PeriodKind::Year => form("%Y"),
        PeriodKind::Quarter => words(period, lang),
        PeriodKind::Day | PeriodKind::Week | PeriodKind::Span => form("%d.%m"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_named_as_people_name_them() {
        let day = "2026-02-11".parse().unwrap();
        let of = |kind| words(&Period::holding(kind, day, Weekday::Thu).unwrap(), Lang::Ru);
        assert_eq!(of(PeriodKind::Month), "февраль 2026");
        assert_eq!(of(PeriodKind::Quarter), "I квартал 2026");
        assert_eq!(of(PeriodKind::Week), "05.02.2026–11.02.2026");
        assert_eq!(of(PeriodKind::Year), "2026 год");
    }
}
