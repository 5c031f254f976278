//! How numbers of indicators are shown: never without what they were made of.

use veche_app::indicators::catalogue::{From, Indicator};
use veche_domain::indicator::{Breakdown, Dimension, Light, Measurement, Period, Target, light};

use crate::pages::format;
use crate::pages::messages::Lang;
use crate::pages::words::Names;

/// A number with what it was made of, as texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Figure {
    pub(super) value: String,
    pub(super) numerator: String,
    /// Empty for a plain count.
    pub(super) denominator: String,
    pub(super) excluded: String,
}

/// A plan beside a fact.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// Empty where there is none.
    pub(super) value: String,
    /// Whether it is the plan of a longer period.
    pub(super) of_longer: String,
    pub(super) light: &'static str,
    pub(super) light_class: &'static str,
}

/// How an indicator is written.
#[derive(Debug, Clone)]
pub(super) struct Style {
    pub(super) unit: String,
    pub(super) decimals: usize,
    pub(super) lang: Lang,
}

impl Style {
    pub(super) fn of(indicator: &Indicator, lang: Lang) -> Self {
        let decimals = match (&indicator.from, indicator.unit.as_str()) {
            (From::Plugin { definition, .. }, _) => usize::from(definition.decimals.min(6)),
            (_, "appeals") => 0,
            _ => 1,
        };
        Self { unit: unit(&indicator.unit, lang), decimals, lang }
    }

    /// A value with its unit.
    pub(super) fn value(&self, value: f64) -> String {
        let number = format::decimal(value, self.decimals, self.lang);
        if self.unit.is_empty() { number } else { format!("{number}\u{a0}{}", self.unit) }
    }

    /// A measurement.
    pub(super) fn figure(&self, m: &Measurement) -> Figure {
        Figure {
            value: m.value.map_or_else(|| "–".to_owned(), |value| self.value(value)),
            numerator: amount(m.numerator, self.lang),
            denominator: m.denominator.map(|n| amount(n, self.lang)).unwrap_or_default(),
            excluded: format::number(i64::try_from(m.excluded).unwrap_or(i64::MAX), self.lang),
        }
    }
}

/// A unit in the language of the page.
pub(super) fn unit(code: &str, lang: Lang) -> String {
    let key = format!("curator-unit-{code}");
    if lang.knows(&key) { lang.t(&key) } else { code.to_owned() }
}

/// A part of a number: without places where it has none.
pub(super) fn amount(value: f64, lang: Lang) -> String {
    format::decimal(value, usize::from(value.fract().abs() > 1e-9), lang)
}

/// Name of an indicator.
pub(super) fn title(indicator: &Indicator, lang: Lang) -> String {
    let known = indicator.title.get(lang.code()).or_else(|| indicator.title.values().next());
    known.cloned().unwrap_or_else(|| indicator.code.clone())
}

/// The measurement of a part.
pub(super) fn part<'m>(measurements: &'m [Measurement], breakdown: &Breakdown) -> Option<&'m Measurement> {
    measurements.iter().find(|m| m.breakdown == *breakdown)
}

/// The target of a part for a period: its own, else that of the shortest longer period that holds it.
pub(super) fn target<'t>(targets: &'t [Target], code: &str, part: &Breakdown, period: &Period) -> Option<&'t Target> {
    let holds = |t: &&Target| {
        t.indicator == code && t.breakdown == *part && t.period.first <= period.first && period.last <= t.period.last
    };
    targets.iter().filter(holds).min_by_key(|t| ((t.period.last - t.period.first).num_days(), t.period != *period))
}

/// Plan beside fact. A plan of a longer period says nothing of a count in a shorter one.
pub(super) fn plan(
    style: &Style,
    indicator: &Indicator,
    target: Option<&Target>,
    period: &Period,
    fact: Option<f64>,
    yellow: f64,
) -> Plan {
    let Some(target) = target else { return Plan::default() };
    let of_longer = target.period != *period;
    if of_longer && indicator.unit == "appeals" {
        return Plan::default();
    }
    let shown = light(indicator.direction, Some(target.value), fact, yellow);
    let (light, light_class) = lamp(shown);
    Plan {
        value: style.value(target.value),
        of_longer: if of_longer { super::period::words(&target.period, style.lang) } else { String::new() },
        light,
        light_class,
    }
}

/// Key of a light's word, and the class of its mark.
pub(super) fn lamp(light: Light) -> (&'static str, &'static str) {
    match light {
        Light::Green => ("curator-light-green", "tag tag-good"),
        Light::Yellow => ("curator-light-yellow", "tag tag-attention"),
        Light::Red => ("curator-light-red", "tag tag-late"),
        Light::None => ("", ""),
    }
}

/// Name of a part of the region.
pub(super) fn part_name(names: &Names<'_>, dimension: Dimension, code: &str) -> String {
    let data = names.dictionaries.data();
    match dimension {
        Dimension::Block => {
            let block = data.blocks.iter().find(|block| block.code.as_str() == code);
            block.map_or_else(|| code.to_owned(), |block| names.block(&block.code))
        }
        Dimension::Category => names.category(code),
        Dimension::Body => names.body(code),
        Dimension::Municipality => {
            names.dictionaries.municipality(code).map_or_else(|| code.to_owned(), |known| known.name.clone())
        }
        Dimension::Channel => crate::pages::words::channel(names.lang, code),
    }
}

/// Width of a bar in hundredths of the longest, for SVG.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // From 0 to 100.
pub(super) fn width(value: Option<f64>, most: f64) -> u32 {
    let share = value.filter(|_| most > 0.0).map_or(0.0, |value| 100.0 * value.max(0.0) / most);
    share.clamp(0.0, 100.0).round() as u32
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chrono::Weekday;
    use veche_domain::indicator::PeriodKind;

    use super::*;

    #[test]
    fn the_nearest_target_counts() {
        let period = |kind| Period::holding(kind, "2026-02-10".parse().unwrap(), Weekday::Mon).unwrap();
        let target_of = |kind, value| Target {
            indicator: "on-time".into(),
            breakdown: Breakdown::new(),
            period: period(kind),
            value,
        };
        let all = [target_of(PeriodKind::Year, 90.0), target_of(PeriodKind::Quarter, 85.0)];
        let found = |kind| target(&all, "on-time", &Breakdown::new(), &period(kind)).map(|t| t.value);
        assert_eq!(found(PeriodKind::Month), Some(85.0));
        assert_eq!(found(PeriodKind::Year), Some(90.0));
        assert_eq!(target(&all, "other", &Breakdown::new(), &period(PeriodKind::Month)), None);
        let roads: Breakdown = [(Dimension::Block, "roads".to_owned())].into();
        assert_eq!(target(&all, "on-time", &roads, &period(PeriodKind::Month)), None);
    }

    #[test]
    fn amounts_have_places_only_where_they_need_them() {
        assert_eq!([amount(12.0, Lang::Ru), amount(12.34, Lang::Ru)], ["12", "12,3"]);
        assert_eq!([width(Some(50.0), 200.0), width(None, 200.0), width(Some(5.0), 0.0)], [25, 0, 0]);
    }
}
