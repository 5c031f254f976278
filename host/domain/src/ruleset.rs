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
    /// A label that leads back to itself.
    #[error("category map: {label:?} leads back to itself over {over:?}: map each label to a category")]
    Cycle {
        /// Label.
        label: String,
        /// Where it goes.
        over: String,
    },
    /// Appeals of a block that nobody would route.
    #[error(
        "block {block:?} has no router: bind one for the block or the region, or give its category {category:?} a default body"
    )]
    NoRouter {
        /// Block.
        block: String,
        /// A category of it without a default body.
        category: String,
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

    /// What a ruleset that is to go out must not have, beyond [`Self::validate`]. Rulesets that are stored already are
    /// not judged by it: a past decision stays replayable when the demands grow.
    ///
    /// # Errors
    /// Every fault found.
    pub fn review(&self, dictionaries: &Dictionaries, on: NaiveDate) -> Result<(), Vec<RulesetError>> {
        let mut faults = match self.validate(dictionaries, on) {
            Ok(()) => Vec::new(),
            Err(faults) => faults,
        };
        for (label, target) in &self.category_map {
            let mut next = target.as_str();
            for _ in 0..self.category_map.len() {
                match self.category_map.get(next) {
                    Some(_) if next == label && target.as_str() != label => {
                        faults.push(RulesetError::Cycle { label: label.clone(), over: target.to_string() });
                        break;
                    }
                    Some(further) if further.as_str() != next => next = further.as_str(),
                    _ => break,
                }
            }
        }
        let serves = |kind: Kind, block: &BlockCode| {
            self.bindings.iter().any(|b| b.kind == kind && b.block.as_ref().is_none_or(|own| own == block))
        };
        for block in &dictionaries.data().blocks {
            if !serves(Kind::Categorizer, &block.code) || serves(Kind::Router, &block.code) {
                continue;
            }
            let categories = &dictionaries.data().categories;
            let lost =
                |c: &&crate::dictionary::Category| c.block == block.code && c.in_force(on) && c.default_body.is_none();
            if let Some(category) = categories.iter().find(lost) {
                faults.push(RulesetError::NoRouter {
                    block: block.code.to_string(),
                    category: category.code.to_string(),
                });
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// What the ruleset says for one block alone: its bindings in order and its threshold. A consent is given to this.
    #[must_use]
    pub fn block_digest(&self, block: &BlockCode) -> Digest {
        let own: Vec<&Binding> = self.bindings.iter().filter(|b| b.block.as_ref() == Some(block)).collect();
        let value = serde_json::json!({"bindings": own, "threshold": self.thresholds.get(block)});
        Digest::of(&canonical_json(&value))
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

    #[test]
    fn a_ruleset_that_goes_out_routes_every_block_and_maps_labels_to_categories() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 12).unwrap();
        let review = |default_body: &str, bindings: &str, map: &str| {
            let category = |code: &str, other: bool| {
                format!(
                    r#"{{"code":"roads.{code}","block":"roads","name":"{code}","other":{other},"default_body":{default_body}}}"#
                )
            };
            let categories = [("a", false), ("b", false), ("c", false), ("other", true)].map(|(c, o)| category(c, o));
            let dictionaries = format!(
                r#"{{"region":{{"code":"r","name":"R","time_zone":"UTC"}},"blocks":[{{"code":"roads","name":"Дороги"}}],
                "categories":[{}],"bodies":[{{"code":"service","name":"S","kind":"institution"}}],"municipalities":[]}}"#,
                categories.join(",")
            );
            let dictionaries = Dictionaries::new(serde_json::from_str(&dictionaries).unwrap(), day).unwrap();
            let binding = |id: &str| format!(r#"{{"id":"{id}","kind":"{id}","release":"{}"}}"#, Digest::of(b""));
            let bindings: Vec<String> = bindings.split_whitespace().map(binding).collect();
            let d = Digest::of(b"");
            let ruleset: Ruleset = serde_json::from_str(&format!(
                r#"{{"region":"r","dictionaries":"{d}","calendar":"{d}","category_map":{map},"bindings":[{}]}}"#,
                bindings.join(",")
            ))
            .unwrap();
            ruleset
                .review(&dictionaries, day)
                .map_err(|faults| faults.iter().map(ToString::to_string).collect::<String>())
        };
        assert_eq!(review("null", "categorizer router", r#"{"x":"roads.a"}"#), Ok(()));
        assert_eq!(review(r#""service""#, "categorizer", r#"{"roads.a":"roads.a"}"#), Ok(()));
        assert!(review("null", "categorizer", "{}").unwrap_err().contains("block \"roads\" has no router"));
        let cycle = review("null", "router", r#"{"roads.a":"roads.b","roads.b":"roads.a"}"#).unwrap_err();
        assert!(cycle.contains("\"roads.a\" leads back to itself"), "{cycle}");
        let unknown = review("null", "router", r#"{"x":"roads.none"}"#).unwrap_err();
        assert!(unknown.contains("roads.none"), "{unknown}");
    }
}
