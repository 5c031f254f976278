//! What the store counted, folded into measurements of built-in formulas.

use std::collections::BTreeMap;

use super::formula::Formula;
use super::measurement::{Breakdown, Dimension, Measurement};
use super::set::{IndicatorSet, Load};

/// Counts of the questions of one category, body and municipality in one period. Each count names what it counts;
/// `docs/indicators.md` defines them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Received in the period.
    pub received: u64,
    /// Of these, repeated.
    pub repeated: u64,
    /// Of these, on the fast track.
    pub fast: u64,
    /// Of these, on the fast track or on the ordinary way of the same portal.
    pub fast_eligible: u64,
    /// Of these, with a body.
    pub with_body: u64,
    /// Of these, with a body that the rules set first.
    pub routed: u64,
    /// Of these, whose body no person changed.
    pub automatic: u64,
    /// Of these with a body, redirected at least once.
    pub redirected: u64,
    /// Answered in the period, or due in it; with a term.
    pub due: u64,
    /// Of these, answered in time.
    pub on_time: u64,
    /// Answered in the period without a term.
    pub without_term: u64,
    /// Open at the end, past the term.
    pub overdue: u64,
    /// Open at the end without a term.
    pub open_without_term: u64,
    /// Closed in the period.
    pub closed: u64,
    /// Of these, reopened at least once.
    pub reopened: u64,
    /// Of these, with a mark.
    pub marked: u64,
    /// Of these, marked 4 or 5.
    pub satisfied: u64,
    /// Answered in the period with a word on the substance.
    pub judged: u64,
    /// Of these, in substance.
    pub in_substance: u64,
    /// Answered in the period.
    pub answered: u64,
}

macro_rules! add_counts {
    ($self:ident, $other:ident, $($field:ident),+) => { $($self.$field += $other.$field;)+ };
}

impl std::ops::AddAssign<&Self> for Tally {
    fn add_assign(&mut self, o: &Self) {
        add_counts!(
            self,
            o,
            received,
            repeated,
            fast,
            fast_eligible,
            with_body,
            routed,
            automatic,
            redirected,
            due,
            on_time,
            without_term,
            overdue,
            open_without_term,
            closed,
            reopened,
            marked,
            satisfied,
            judged,
            in_substance,
            answered
        );
    }
}

/// Working minutes to the first reaction with how often each occurs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reactions {
    counts: BTreeMap<i64, u64>,
    /// Reactions of the period without working minutes: the calendar of the executor did not reach that far.
    pub unmeasured: u64,
}

impl Reactions {
    /// Adds `count` reactions after `minutes`.
    pub fn add(&mut self, minutes: Option<i64>, count: u64) {
        match minutes {
            Some(minutes) => *self.counts.entry(minutes).or_default() += count,
            None => self.unmeasured += count,
        }
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        for (minutes, count) in &other.counts {
            *self.counts.entry(*minutes).or_default() += count;
        }
        self.unmeasured += other.unmeasured;
    }

    fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    #[allow(clippy::cast_precision_loss)] // Minutes of all appeals of a region stay far below 2^52.
    fn minutes(&self) -> f64 {
        self.counts.iter().map(|(minutes, count)| *minutes as f64 * *count as f64).sum()
    }

    /// The smallest value that `percent` of a hundred of the values do not exceed (nearest rank).
    fn percentile(&self, percent: u64) -> Option<i64> {
        let rank = (self.count() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        self.counts.iter().find_map(|(minutes, count)| {
            seen += count;
            (seen >= rank).then_some(*minutes)
        })
    }
}

#[allow(clippy::cast_precision_loss)] // Counts of appeals.
fn number(count: u64) -> f64 {
    count as f64
}

fn share(upper: u64, lower: u64, excluded: u64, breakdown: Breakdown) -> Measurement {
    Measurement::share(number(upper), number(lower), excluded, breakdown)
}

/// The measurement of a formula over one part of the region. `other` says how many of the received questions are in
/// an `other` category and how many have a category at all, `fast` how many were on the fast track and how many could
/// have been: both depend on dictionaries and settings, which the store does not read.
#[must_use]
pub fn measure(
    formula: Formula,
    t: &Tally,
    reactions: &Reactions,
    other: (u64, u64),
    fast: (u64, u64),
    set: Option<&IndicatorSet>,
    breakdown: Breakdown,
) -> Option<Measurement> {
    let hours = |minutes: Option<f64>, breakdown| Measurement {
        value: minutes.map(|m| m / 60.0),
        numerator: reactions.minutes() / 60.0,
        denominator: Some(number(reactions.count())),
        excluded: reactions.unmeasured,
        breakdown,
    };
    #[allow(clippy::cast_precision_loss)] // Minutes.
    let percentile = |percent| reactions.percentile(percent).map(|m| m as f64);
    Some(match formula {
        Formula::Received => Measurement::count(number(t.received), 0, breakdown),
        Formula::OnTime => share(t.on_time, t.due, t.without_term, breakdown),
        Formula::ReactionMean => {
            let count = number(reactions.count());
            hours((count > 0.0).then(|| reactions.minutes() / count), breakdown)
        }
        Formula::ReactionMedian => hours(percentile(50), breakdown),
        Formula::ReactionP90 => hours(percentile(90), breakdown),
        Formula::Overdue => Measurement::count(number(t.overdue), t.open_without_term, breakdown),
        Formula::Repeated => share(t.repeated, t.received, 0, breakdown),
        Formula::Satisfied => share(t.satisfied, t.marked, t.closed - t.marked.min(t.closed), breakdown),
        Formula::FastTrack => share(fast.0, fast.1, t.received - fast.1.min(t.received), breakdown),
        Formula::Reopened => share(t.reopened, t.closed, 0, breakdown),
        Formula::Automatic => share(t.automatic, t.routed, t.received - t.routed.min(t.received), breakdown),
        Formula::Misrouted => share(t.redirected, t.with_body, t.received - t.with_body.min(t.received), breakdown),
        Formula::InSubstance => share(t.in_substance, t.judged, t.answered - t.judged.min(t.answered), breakdown),
        Formula::OtherShare => share(other.0, other.1, t.received - other.1.min(t.received), breakdown),
        // Only a block has staff.
        Formula::Load => {
            let block = breakdown.get(&Dimension::Block).filter(|_| breakdown.len() == 1)?;
            let Load { minutes_per_appeal, staff_minutes } = set?.load.get(block)?;
            Measurement::share(number(t.received) * minutes_per_appeal, *staff_minutes, 0, breakdown)
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn reactions(minutes: &[i64]) -> Reactions {
        let mut reactions = Reactions::default();
        minutes.iter().for_each(|m| reactions.add(Some(*m), 1));
        reactions
    }

    fn value(formula: Formula, reactions: &Reactions) -> Option<f64> {
        let tally = Tally::default();
        measure(formula, &tally, reactions, (0, 0), (0, 0), None, Breakdown::default()).unwrap().value
    }

    #[test]
    fn percentiles_are_values_that_occur() {
        let ten = reactions(&[60, 120, 180, 240, 300, 360, 420, 480, 540, 6_000]);
        assert_eq!(value(Formula::ReactionMedian, &ten), Some(5.0));
        assert_eq!(value(Formula::ReactionP90, &ten), Some(9.0));
        assert_eq!(value(Formula::ReactionMean, &ten), Some(14.5));
        assert_eq!(value(Formula::ReactionP90, &reactions(&[30])), Some(0.5));
        assert_eq!(value(Formula::ReactionMean, &reactions(&[])), None);
    }

    #[test]
    fn no_mark_is_not_a_bad_mark_and_nothing_of_nothing_is_undefined() {
        let tally = Tally { closed: 10, marked: 4, satisfied: 3, ..Tally::default() };
        let nothing = Reactions::default();
        let of = |formula| measure(formula, &tally, &nothing, (0, 0), (0, 0), None, Breakdown::default()).unwrap();
        let satisfied = of(Formula::Satisfied);
        assert_eq!((satisfied.value, satisfied.denominator, satisfied.excluded), (Some(75.0), Some(4.0), 6));
        let on_time = of(Formula::OnTime);
        assert_eq!((on_time.value, on_time.numerator, on_time.denominator), (None, 0.0, Some(0.0)));
        assert!(measure(Formula::Load, &tally, &nothing, (0, 0), (0, 0), None, Breakdown::default()).is_none());
    }
}
