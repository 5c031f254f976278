//! Terms of an appeal: which rule, and when it ends.

use std::collections::BTreeMap;

use veche_sdk::calendar::{self, CalendarError, Roll};
use veche_sdk::{Appeal, Clock, Date, Instant, SettingsError};

use crate::pattern::Pattern;
use crate::settings::{ClockRule, Counting, Kind, Rolling, Start, Unit};

const MINUTES_OF_HOUR: u32 = 60;
const SECONDS_OF_HOUR: Instant = 3600;
/// Terms are no longer than this, in their unit: some 27 years of days.
const LONGEST: u32 = 10_000;

/// Rules with their conditions read.
#[derive(Debug)]
pub(crate) struct Clocks {
    rules: Vec<Rule>,
    start: Start,
}

#[derive(Debug)]
struct Rule {
    category: Pattern,
    regime: Option<String>,
    channel: Option<String>,
    rule: ClockRule,
}

impl Clocks {
    pub(crate) fn new(rules: Vec<ClockRule>, start: Start) -> Result<Self, SettingsError> {
        let mut read: Vec<Rule> = Vec::with_capacity(rules.len());
        for (index, rule) in rules.into_iter().enumerate() {
            let wrong = |field: &str, what: String| SettingsError::at(format!("/clocks/{index}{field}"), what);
            if !(1..=LONGEST).contains(&rule.amount) {
                return Err(wrong("/amount", format!("{} is out of range: set 1 to {LONGEST}", rule.amount)));
            }
            if rule.basis.trim().is_empty() {
                return Err(wrong("/basis", "no basis: name the act or the rule that sets the term".to_owned()));
            }
            let category = Pattern::parse(rule.category.as_deref().unwrap_or_default());
            let category = category.map_err(|what| wrong("/category", what))?;
            let (regime, channel) = (condition(rule.regime.as_deref()), condition(rule.channel.as_deref()));
            let rule = Rule { category, regime, channel, rule };
            if let Some(same) = read.iter().position(|known| known.same_condition(&rule)) {
                let what = format!("rule {same} (from 0) has the same kind and conditions: keep one of them");
                return Err(wrong("", what));
            }
            read.push(rule);
        }
        Ok(Self { rules: read, start })
    }

    /// The terms of an appeal that this body answers.
    pub(crate) fn of(&self, appeal: &Appeal, category: &str, body: &str) -> Result<Vec<Clock>, CalendarError> {
        let mut chosen: BTreeMap<Kind, _> = BTreeMap::new();
        for rule in &self.rules {
            let Some(fit) = rule.fit(appeal, category) else {
                continue;
            };
            let best = chosen.entry(rule.rule.kind).or_insert((fit, &rule.rule));
            if fit > best.0 {
                *best = (fit, &rule.rule);
            }
        }
        let first = self.first_day(appeal.received_at)?;
        chosen
            .into_values()
            .map(|(_, rule)| {
                let due = due(rule, appeal.received_at, first, body)?;
                Ok(Clock { kind: rule.kind.into(), due, basis: rule.basis.clone() })
            })
            .collect()
    }

    fn first_day(&self, received: Instant) -> Result<Date, CalendarError> {
        let day = calendar::local_date(received);
        match self.start {
            Start::Received => Ok(day),
            Start::NextWorkingDay => calendar::add_days(day, 0, Roll::Forward),
        }
    }
}

impl Rule {
    /// How exactly the rule names the appeal: category before regime before channel; none if it does
    /// not fit.
    fn fit(&self, appeal: &Appeal, category: &str) -> Option<(usize, bool, bool)> {
        let fits =
            |condition: &Option<String>, value: &str| condition.as_ref().is_none_or(|condition| condition == value);
        let category = self.category.fit(category)?;
        (fits(&self.regime, &appeal.regime) && fits(&self.channel, &appeal.channel)).then_some((
            category,
            self.regime.is_some(),
            self.channel.is_some(),
        ))
    }

    fn same_condition(&self, other: &Self) -> bool {
        (self.rule.kind, &self.category, &self.regime, &self.channel)
            == (other.rule.kind, &other.category, &other.regime, &other.channel)
    }
}

/// Forms send an empty text for a field that was left out.
fn condition(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !matches!(*text, "" | "*")).map(str::to_owned)
}

/// The last moment that is still in time.
fn due(rule: &ClockRule, received: Instant, first: Date, body: &str) -> Result<Instant, CalendarError> {
    // At most LONGEST, so it fits.
    let amount = rule.amount as i32;
    match rule.unit {
        Unit::Hours => Ok(received + Instant::from(rule.amount) * SECONDS_OF_HOUR),
        Unit::WorkingHours => calendar::add_working_minutes(Some(body), received, rule.amount * MINUTES_OF_HOUR),
        Unit::WorkingDays => {
            // The first day can only be day 1 if it is a working day.
            let counted = rule.counting == Counting::Inclusive && calendar::is_working_day(first)?;
            calendar::end_of_day(calendar::add_working_days(first, amount - i32::from(counted))?)
        }
        Unit::CalendarDays => {
            let days = amount - i32::from(rule.counting == Counting::Inclusive);
            let due = calendar::end_of_day(calendar::add_days(first, days, roll(rule.roll))?)?;
            if due >= received {
                return Ok(due);
            }
            // Rolled back over a long holiday, a short term would end before the appeal came.
            calendar::end_of_day(calendar::add_days(first, days, Roll::Forward)?)
        }
    }
}

fn roll(rolling: Rolling) -> Roll {
    match rolling {
        Rolling::Stay => Roll::Stay,
        Rolling::Back => Roll::Back,
        Rolling::Forward => Roll::Forward,
    }
}
