//! Rating of bodies by quantity, quality, speed and completeness (clause 14), by versioned rules of the region.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::code::Digest;
use crate::decision::text_enum;
use crate::indicator::Tally;
use crate::ruleset::canonical_json;

text_enum!(
    /// What a body is rated by (clause 14). Each is a share in percent.
    Criterion {
        /// Answers given in the period, of the questions that came in it.
        Quantity => "quantity",
        /// Marks 4 and 5, of the marks given.
        Quality => "quality",
        /// Answers in time, of those that were due.
        Speed => "speed",
        /// Answers in substance, of those of which somebody said so or not.
        Completeness => "completeness",
    }
);

impl Criterion {
    /// Numerator and denominator.
    #[must_use]
    fn of(self, tally: &Tally) -> (u64, u64) {
        match self {
            Self::Quantity => (tally.answered, tally.received),
            Self::Quality => (tally.satisfied, tally.marked),
            Self::Speed => (tally.on_time, tally.due),
            Self::Completeness => (tally.in_substance, tally.judged),
        }
    }
}

text_enum!(
    /// Where a rating stands. The curator publishes.
    RatingState {
        /// Calculated.
        Draft => "draft",
        /// Everybody may see it.
        Published => "published",
        /// Taken back.
        Withdrawn => "withdrawn",
    }
);

/// How a criterion counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CriterionRule {
    /// Criterion.
    pub criterion: Criterion,
    /// Its weight among the others; above zero.
    pub weight: f64,
    /// Share in percent that gives no point.
    pub worst: f64,
    /// Share in percent that gives 100 points. Below `worst` where less is better.
    pub best: f64,
}

/// A version of a region's rules of rating.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatingRules {
    /// Version, unique in the region.
    pub version: String,
    /// First day for which it counts.
    pub valid_from: NaiveDate,
    /// Fewest questions in the period with which a body is rated.
    pub threshold: u64,
    /// Criteria.
    pub criteria: Vec<CriterionRule>,
    /// Fewest points of the green zone.
    pub green: f64,
    /// Fewest points of the yellow zone; below it is the red one.
    pub yellow: f64,
}

/// Why rules cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct RatingFault {
    /// Field.
    pub field: &'static str,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl RatingRules {
    /// Checks them.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self) -> Result<(), RatingFault> {
        let fault = |field, reason: &str| Err(RatingFault { field, reason: reason.to_owned() });
        if self.version.trim().is_empty() || self.version.chars().count() > 60 {
            return fault("version", "it needs 1 to 60 characters");
        }
        if self.criteria.is_empty() {
            return fault("criteria", "at least one is needed");
        }
        let kinds: BTreeSet<_> = self.criteria.iter().map(|rule| rule.criterion).collect();
        if kinds.len() != self.criteria.len() {
            return fault("criteria", "one is named twice");
        }
        for rule in &self.criteria {
            if !(rule.weight.is_finite() && rule.weight > 0.0) {
                return fault("criteria", "weights must be above zero");
            }
            if !(rule.worst.is_finite() && rule.best.is_finite()) || (rule.best - rule.worst).abs() < f64::EPSILON {
                return fault("criteria", "`worst` and `best` must be two different shares in percent");
            }
        }
        if !(self.green.is_finite() && self.yellow.is_finite() && self.green > self.yellow) {
            return fault("green", "the green zone must begin above the yellow one");
        }
        Ok(())
    }

    /// Their name by content.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&canonical_json(&serde_json::to_value(self).unwrap_or_default()))
    }
}

/// One criterion of a body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RatedCriterion {
    /// Criterion.
    pub criterion: Criterion,
    /// Upper part of the share.
    pub numerator: u64,
    /// Lower part.
    pub denominator: u64,
    /// The share in percent; none over nothing: then the criterion does not count for this body.
    pub share: Option<f64>,
    /// Points, 0 to 100.
    pub points: Option<f64>,
    /// Part of the score that is its own, percent.
    pub weight: f64,
}

text_enum!(
    /// Zone of a score.
    Zone {
        /// Good.
        Green => "green",
        /// To be watched.
        Yellow => "yellow",
        /// Bad.
        Red => "red",
    }
);

/// A body in a rating.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RatedBody {
    /// Body code.
    pub body: String,
    /// Questions of the period.
    pub questions: u64,
    /// Place; bodies with one score share it. None for a body that is not rated.
    pub place: Option<u64>,
    /// Score, 0 to 100, to hundredths.
    pub score: Option<f64>,
    /// Its zone.
    pub zone: Option<Zone>,
    /// What the score is made of.
    pub criteria: Vec<RatedCriterion>,
    /// Why it has this score, or none: Russian and English.
    pub why: (String, String),
}

/// Rates bodies: the best first, those that are not rated last.
#[must_use]
pub fn rate(rules: &RatingRules, bodies: impl IntoIterator<Item = (String, Tally)>) -> Vec<RatedBody> {
    let mut rated: Vec<RatedBody> = bodies.into_iter().map(|(body, tally)| score(rules, body, &tally)).collect();
    rated.sort_by(|a, b| {
        let order = |body: &RatedBody| body.score.unwrap_or(-1.0);
        order(b).total_cmp(&order(a)).then_with(|| a.body.cmp(&b.body))
    });
    let mut last: Option<(f64, u64)> = None;
    for (n, body) in (1..).zip(&mut rated) {
        let Some(score) = body.score else { break };
        let place = match last {
            // Scores are rounded, so that equal ones are equal.
            Some((same, place)) if same.total_cmp(&score).is_eq() => place,
            _ => n,
        };
        (body.place, last) = (Some(place), Some((score, place)));
    }
    rated
}

#[allow(clippy::cast_precision_loss)] // Counts of questions.
fn share(numerator: u64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| 100.0 * numerator as f64 / denominator as f64)
}

fn score(rules: &RatingRules, body: String, tally: &Tally) -> RatedBody {
    let shares = rules.criteria.iter().map(|rule| {
        let (numerator, denominator) = rule.criterion.of(tally);
        (rule, numerator, denominator, share(numerator, denominator))
    });
    let shares: Vec<_> = shares.collect();
    let weights: f64 = shares.iter().filter(|(.., share)| share.is_some()).map(|(rule, ..)| rule.weight).sum();
    let criteria: Vec<RatedCriterion> = shares
        .iter()
        .map(|(rule, numerator, denominator, share)| RatedCriterion {
            criterion: rule.criterion,
            numerator: *numerator,
            denominator: *denominator,
            share: *share,
            points: share.map(|share| (100.0 * (share - rule.worst) / (rule.best - rule.worst)).clamp(0.0, 100.0)),
            weight: if share.is_some() { 100.0 * rule.weight / weights } else { 0.0 },
        })
        .collect();
    let questions = tally.received;
    let eligible = questions >= rules.threshold && weights > 0.0;
    let sum: f64 = criteria.iter().filter_map(|c| c.points.map(|points| points * c.weight / 100.0)).sum();
    let score = eligible.then(|| (sum * 100.0).round() / 100.0);
    let zone = score.map(|score| match score {
        score if score >= rules.green => Zone::Green,
        score if score >= rules.yellow => Zone::Yellow,
        _ => Zone::Red,
    });
    let why = why(rules, questions, score, &criteria);
    RatedBody { body, questions, place: None, score, zone, criteria, why }
}

fn why(rules: &RatingRules, questions: u64, score: Option<f64>, criteria: &[RatedCriterion]) -> (String, String) {
    let Some(score) = score else {
        let least = rules.threshold;
        return if questions < least {
            (
                format!("вне рейтинга: вопросов {questions}, нужно не меньше {least}"),
                format!("not rated: {questions} questions, at least {least} are needed"),
            )
        } else {
            ("вне рейтинга: оценить нечего".into(), "not rated: there is nothing to rate it by".into())
        };
    };
    let name = |criterion: Criterion| match criterion {
        Criterion::Quantity => "количество",
        Criterion::Quality => "качество",
        Criterion::Speed => "скорость",
        Criterion::Completeness => "полнота",
    };
    let part = |c: &RatedCriterion, name: &str| match (c.points, c.share) {
        (Some(points), Some(share)) => {
            format!("{name} {}/{} = {share:.1} % → {points:.1} × {:.0} %", c.numerator, c.denominator, c.weight)
        }
        _ => format!("{name} –"),
    };
    let russian: Vec<_> = criteria.iter().map(|c| part(c, name(c.criterion))).collect();
    let english: Vec<_> = criteria.iter().map(|c| part(c, c.criterion.as_str())).collect();
    (format!("{score:.2} = {}", russian.join("; ")), format!("{score:.2} = {}", english.join("; ")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn rules() -> RatingRules {
        serde_json::from_str(
            r#"{"version": "1", "valid_from": "2026-01-01", "threshold": 2, "green": 80, "yellow": 50, "criteria": [
                {"criterion": "quantity", "weight": 1, "worst": 0, "best": 100},
                {"criterion": "speed", "weight": 2, "worst": 50, "best": 100},
                {"criterion": "quality", "weight": 1, "worst": 0, "best": 80}]}"#,
        )
        .unwrap()
    }

    fn tally(received: u64, answered: u64, due: u64, on_time: u64, marked: u64, satisfied: u64) -> Tally {
        Tally { received, answered, due, on_time, marked, satisfied, ..Tally::default() }
    }

    #[test]
    fn ties_share_a_place_and_few_questions_are_not_rated() {
        let bodies = [
            ("slow", tally(10, 10, 10, 5, 0, 0)),
            ("good", tally(10, 10, 10, 10, 2, 2)),
            ("same", tally(4, 4, 4, 4, 0, 0)),
            ("once", tally(1, 1, 1, 1, 0, 0)),
            ("idle", tally(5, 0, 0, 0, 0, 0)),
        ];
        let rated = rate(&rules(), bodies.map(|(body, tally)| (body.to_owned(), tally)));
        let told: Vec<_> = rated.iter().map(|body| (body.body.as_str(), body.place, body.score)).collect();
        assert_eq!(
            told,
            [
                ("good", Some(1), Some(100.0)),
                ("same", Some(1), Some(100.0)),
                // A third of the weight gives 100, two thirds nothing; there are no marks.
                ("slow", Some(3), Some(33.33)),
                ("idle", Some(4), Some(0.0)),
                ("once", None, None),
            ]
        );
        assert_eq!(rated[2].zone, Some(Zone::Red));
        assert!(rated[4].why.0.contains("нужно не меньше 2") && rated[4].why.1.contains("at least 2"));
        assert!(rated[2].why.1.contains("speed 5/10 = 50.0 % → 0.0 × 67 %"), "{}", rated[2].why.1);
        assert!(rated[2].why.1.contains("quality –"));
    }

    #[test]
    fn nothing_to_rate_by_is_no_zero() {
        let mut rules = rules();
        rules.threshold = 0;
        let rated = rate(&rules, [("new".to_owned(), Tally::default())]);
        assert_eq!((rated[0].score, rated[0].place), (None, None));
    }

    #[test]
    fn rules_are_refused_by_what_is_wrong_with_them() {
        type Change = fn(&mut RatingRules);
        let cases: [(Change, &str); 6] = [
            (|r| r.version.clear(), "version"),
            (|r| r.criteria.clear(), "at least one"),
            (|r| r.criteria[1].criterion = Criterion::Quantity, "twice"),
            (|r| r.criteria[0].weight = f64::NAN, "above zero"),
            (|r| r.criteria[0].best = 0.0, "two different"),
            (|r| r.yellow = 90.0, "green zone"),
        ];
        assert_eq!(rules().check(), Ok(()));
        for (change, part) in cases {
            let mut broken = rules();
            change(&mut broken);
            assert!(broken.check().unwrap_err().to_string().contains(part), "{part}");
        }
    }
}
