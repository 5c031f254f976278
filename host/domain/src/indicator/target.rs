//! Targets (clause 21): plan, fact, and the light between them.

use serde::{Deserialize, Serialize};

use super::formula::Direction;
use super::measurement::Breakdown;
use super::period::Period;
use crate::decision::text_enum;

text_enum!(
    /// How a fact stands to its plan.
    Light {
        /// Reached.
        Green => "green",
        /// Missed by little.
        Yellow => "yellow",
        /// Missed.
        Red => "red",
        /// Nothing to compare.
        None => "none",
    }
);

/// A plan for one part of the region and one period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Indicator.
    pub indicator: String,
    /// Which part; empty for the whole region.
    #[serde(default)]
    pub breakdown: Breakdown,
    /// Period.
    pub period: Period,
    /// Value to reach.
    pub value: f64,
}

/// The light of a fact: green at the target or beyond it, yellow within `yellow_percent` of it, else red.
#[must_use]
pub fn light(direction: Option<Direction>, plan: Option<f64>, fact: Option<f64>, yellow_percent: f64) -> Light {
    let (Some(direction), Some(plan), Some(fact)) = (direction, plan, fact) else { return Light::None };
    let leeway = plan.abs() * yellow_percent / 100.0;
    let near = match direction {
        Direction::Up => plan - leeway,
        Direction::Down => plan + leeway,
    };
    if direction.reached(fact, plan) {
        Light::Green
    } else if direction.reached(fact, near) {
        Light::Yellow
    } else {
        Light::Red
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_light_knows_which_way_is_better() {
        for (direction, plan, fact, expected) in [
            (Direction::Up, 90.0, 90.0, Light::Green),
            (Direction::Up, 90.0, 81.0, Light::Yellow),
            (Direction::Up, 90.0, 80.9, Light::Red),
            (Direction::Down, 20.0, 19.0, Light::Green),
            (Direction::Down, 20.0, 22.0, Light::Yellow),
            (Direction::Down, 20.0, 22.1, Light::Red),
            // A plan of zero has no near: one overdue appeal is red.
            (Direction::Down, 0.0, 1.0, Light::Red),
        ] {
            assert_eq!(light(Some(direction), Some(plan), Some(fact), 10.0), expected, "{plan} {fact}");
        }
        assert_eq!(light(Some(Direction::Up), Some(1.0), None, 10.0), Light::None);
        assert_eq!(light(None, Some(1.0), Some(1.0), 10.0), Light::None);
    }
}
