//! Rulesets: which plug-ins run where, with which settings and data. Immutable and content-addressed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::code::{BindingId, BlockCode, CategoryCode, Digest, RegionCode};
use crate::decision::{Kind, Permission};
use crate::dictionary::Dictionaries;
use crate::limits::LimitsRequest;

/// What happens to a question when a binding's call faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailurePolicy {
    /// The next binding of the chain is asked.
    #[default]
    Next,
    /// The question goes to the manual queue.
    Hold,
}

/// One release at one place in the order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// Name, unique in the ruleset.
    pub id: BindingId,
    /// Which export of the release is called.
    pub kind: Kind,
    /// Block that it serves; none for the whole region.
    #[serde(default)]
    pub block: Option<BlockCode>,
    /// Component.
    pub release: Digest,
    /// Settings, checked by the release's JSON Schema.
    #[serde(default = "empty_object")]
    pub settings: serde_json::Value,
    /// Dataset versions by the names that the plug-in asks for.
    #[serde(default)]
    pub datasets: BTreeMap<String, Digest>,
    /// What a fault leads to.
    #[serde(default)]
    pub on_failure: FailurePolicy,
    /// Permissions that the administrator granted.
    #[serde(default)]
    pub grants: BTreeSet<Permission>,
    /// What its calls may use. Not written when nothing is asked for, so that older rulesets keep their digests.
    #[serde(default, skip_serializing_if = "LimitsRequest::is_default")]
    pub limits: LimitsRequest,
}

fn empty_object() -> serde_json::Value {
    serde_json::Value::Object(serde_json::Map::new())
}

/// All rules of a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruleset {
    /// Region.
    pub region: RegionCode,
    /// Version of the dictionaries.
    pub dictionaries: Digest,
    /// Version of the production calendar.
    pub calendar: Digest,
    /// Least confidence at which a candidate counts, 0 to 1, where a block has none of its own.
    #[serde(default = "half")]
    pub threshold: f64,
    /// Thresholds of single blocks.
    #[serde(default)]
    pub thresholds: BTreeMap<BlockCode, f64>,
    /// Category map: codes that plug-ins or channels use, and the region's own code for each.
    #[serde(default)]
    pub category_map: BTreeMap<String, CategoryCode>,
    /// Bindings, in the order in which they are asked.
    #[serde(default)]
    pub bindings: Vec<Binding>,
}

fn half() -> f64 {
    0.5
}

/// Why a ruleset cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RulesetError {
    /// Same id twice.
    #[error("binding {0:?} is given twice: binding ids must be unique")]
    DuplicateBinding(String),
    /// Unknown block.
    #[error("{place} names block {block:?}, which the dictionaries do not hold")]
    UnknownBlock {
        /// Where.
        place: String,
        /// Block.
        block: String,
    },
    /// Unknown category.
    #[error("category map: {from:?} leads to category {to:?}, which the dictionaries do not hold")]
    UnknownCategory {
        /// Mapped code.
        from: String,
        /// Target.
        to: String,
    },
    /// Threshold out of range.
    #[error("threshold {value} of {place} must be from 0 to 1")]
    Threshold {
        /// Where.
        place: String,
        /// Value.
        value: f64,
    },
    /// Another region's dictionaries.
    #[error("the ruleset is for region {ruleset:?}, its dictionaries for {dictionaries:?}")]
    Region {
        /// Region of the ruleset.
        ruleset: String,
        /// Region of the dictionaries.
        dictionaries: String,
    },
}

impl Ruleset {
    /// Checks the ruleset against its dictionaries.
    ///
    /// # Errors
    /// Every fault found.
    pub fn validate(&self, dictionaries: &Dictionaries, on: NaiveDate) -> Result<(), Vec<RulesetError>> {
        let mut faults = Vec::new();
        if self.region != dictionaries.region().code {
            faults.push(RulesetError::Region {
                ruleset: self.region.to_string(),
                dictionaries: dictionaries.region().code.to_string(),
            });
        }
        let mut seen = HashSet::new();
        for binding in &self.bindings {
            if !seen.insert(&binding.id) {
                faults.push(RulesetError::DuplicateBinding(binding.id.to_string()));
            }
            if let Some(block) = binding.block.as_ref().filter(|b| dictionaries.block(b.as_str()).is_none()) {
                faults.push(RulesetError::UnknownBlock {
                    place: format!("binding {:?}", binding.id.as_str()),
                    block: block.to_string(),
                });
            }
        }
        let named = self.thresholds.iter().map(|(block, value)| (format!("block {block}"), *value));
        for (place, value) in named.chain([("the ruleset".to_owned(), self.threshold)]) {
            if !(0.0..=1.0).contains(&value) {
                faults.push(RulesetError::Threshold { place, value });
            }
        }
        for block in self.thresholds.keys().filter(|b| dictionaries.block(b.as_str()).is_none()) {
            faults.push(RulesetError::UnknownBlock { place: "a threshold".into(), block: block.to_string() });
        }
        for (from, to) in &self.category_map {
            if dictionaries.category(to.as_str(), on).is_none() {
                faults.push(RulesetError::UnknownCategory { from: from.clone(), to: to.to_string() });
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Threshold of a block.
    #[must_use]
    pub fn threshold_of(&self, block: &BlockCode) -> f64 {
        self.thresholds.get(block).copied().unwrap_or(self.threshold)
    }

    /// Canonical JSON: keys sorted, no white space. Its SHA-256 is the ruleset's name.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        serde_json::to_value(self).map(|v| canonical_json(&v)).unwrap_or_default()
    }

    /// The ruleset's name.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.canonical())
    }
}

/// JSON with sorted keys and no white space; equal values give equal bytes.
#[must_use]
pub fn canonical_json(value: &serde_json::Value) -> Vec<u8> {
    fn sorted(value: &serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Object(map) => {
                let keys: BTreeMap<&String, &serde_json::Value> = map.iter().collect();
                keys.into_iter().map(|(k, v)| (k.clone(), sorted(v))).collect::<serde_json::Map<_, _>>().into()
            }
            serde_json::Value::Array(items) => items.iter().map(sorted).collect::<Vec<_>>().into(),
            other => other.clone(),
        }
    }
    serde_json::to_vec(&sorted(value)).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn key_order_does_not_change_the_name() {
        let text = |settings: &str| {
            format!(
                r#"{{"region":"r","dictionaries":"{d}","calendar":"{d}","bindings":[
                {{"id":"a","kind":"router","release":"{d}","settings":{settings}}}]}}"#,
                d = Digest::of(b"")
            )
        };
        let parse = |settings: &str| serde_json::from_str::<Ruleset>(&text(settings)).unwrap().digest();
        assert_eq!(parse(r#"{"b":1,"a":{"y":1,"x":[2]}}"#), parse(r#"{ "a":{"x":[2],"y":1},"b":1}"#));
        assert_ne!(parse(r#"{"a":1}"#), parse(r#"{"a":2}"#));
    }

    #[test]
    fn limits_are_written_only_when_asked_for() {
        let text = |limits: &str| format!(r#"{{"id":"a","kind":"router","release":"{}"{limits}}}"#, Digest::of(b""));
        let write =
            |limits: &str| serde_json::to_string(&serde_json::from_str::<Binding>(&text(limits)).unwrap()).unwrap();
        assert_eq!(write(""), write(r#","limits":{"class":"standard"}"#));
        assert!(!write("").contains("limits"));
        assert!(write(r#","limits":{"fuel":5}"#).contains(r#""limits":{"class":"standard","fuel":5}"#));
    }
}
