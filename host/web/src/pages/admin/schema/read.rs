//! Settings from what was typed, with every fault under its field.

use serde_json::{Map, Value};

use super::{Faults, Part, Shape, Typed, step, without_nulls};
use crate::pages::messages::Lang;

/// Reads settings from what was typed.
pub(super) struct Reader<'r> {
    pub(super) typed: &'r Typed,
    pub(super) root: &'r Value,
    pub(super) lang: Lang,
    pub(super) faults: Faults,
}

impl Reader<'_> {
    fn wrong(&mut self, pointer: &str, fault: String) -> Option<Value> {
        self.faults.insert(pointer.to_owned(), fault);
        None
    }

    fn json(&mut self, pointer: &str) -> Option<Value> {
        let text = self.typed.json(pointer).trim();
        if text.is_empty() {
            return None;
        }
        match serde_json::from_str(text) {
            Ok(value) => Some(value),
            Err(e) => {
                let place = format!("{}:{}", e.line(), e.column());
                self.wrong(pointer, self.lang.with("admin-schema-bad-json", &[("place", place.into())]))
            }
        }
    }

    pub(super) fn read(&mut self, pointer: &str, part: &Part, required: bool, depth: usize) -> Option<Value> {
        let text = self.typed.text(pointer).trim().to_owned();
        let shape = part.shape(self.root, self.lang, depth);
        let simple = matches!(shape, Shape::Text | Shape::Number { .. } | Shape::Flag | Shape::Choice(_));
        if simple && text.is_empty() {
            if required && !self.typed.json(pointer).is_empty() {
                return self.json(pointer);
            }
            return if required { self.wrong(pointer, self.lang.t("admin-schema-needed")) } else { None };
        }
        match shape {
            Shape::Text => self.text(pointer, part, text),
            Shape::Number { whole } => self.number(pointer, part, whole, &text),
            Shape::Flag => Some(Value::Bool(text == "true")),
            Shape::Choice(choices) => {
                let typed: Option<Value> = text.parse().ok();
                let chosen = choices.into_iter().map(|(value, _)| value).find(|value| Some(value) == typed.as_ref());
                if chosen.is_none() { self.wrong(pointer, self.lang.t("admin-schema-choose")) } else { chosen }
            }
            Shape::Object(fields) => {
                let mut object = match self.json(pointer) {
                    Some(Value::Object(rest)) => rest,
                    _ => Map::new(),
                };
                for (name, part, required) in &fields {
                    if let Some(value) = self.read(&step(pointer, name), part, *required, depth + 1) {
                        object.insert(name.clone(), value);
                    }
                }
                (required || !object.is_empty()).then_some(Value::Object(object))
            }
            Shape::List(item) => {
                let count = self.typed.length(pointer);
                let list: Vec<Value> =
                    (0..count).filter_map(|i| self.read(&format!("{pointer}/{i}"), &item, true, depth + 1)).collect();
                let ends = [("minItems", "admin-schema-min-items"), ("maxItems", "admin-schema-max-items")];
                for (key, message) in ends {
                    let Some(end) = part.length(key) else { continue };
                    let over = if key == "minItems" { (count as u64) < end } else { count as u64 > end };
                    if over && (count > 0 || required) {
                        let end = i64::try_from(end).unwrap_or(i64::MAX);
                        self.wrong(pointer, self.lang.with(message, &[("count", end.into())]));
                    }
                }
                // What is the default is left out; an empty list that is not must be said.
                let default = part.default_list().cloned().unwrap_or_default();
                let is_default = without_nulls(&Value::Array(default)) == Value::Array(list.clone());
                (required || !is_default).then_some(Value::Array(list))
            }
            Shape::Json => {
                let value = self.json(pointer);
                let missing = value.is_none() && required && !self.faults.contains_key(pointer);
                if missing { self.wrong(pointer, self.lang.t("admin-schema-needed")) } else { value }
            }
        }
    }

    fn text(&mut self, pointer: &str, part: &Part, text: String) -> Option<Value> {
        let length = text.chars().count() as u64;
        for (key, message) in [("minLength", "admin-schema-min-length"), ("maxLength", "admin-schema-max-length")] {
            let Some(end) = part.length(key) else { continue };
            if (key == "minLength" && length < end) || (key == "maxLength" && length > end) {
                let end = i64::try_from(end).unwrap_or(i64::MAX);
                return self.wrong(pointer, self.lang.with(message, &[("count", end.into())]));
            }
        }
        Some(Value::String(text))
    }

    fn number(&mut self, pointer: &str, part: &Part, whole: bool, text: &str) -> Option<Value> {
        let plain: String =
            text.chars().filter(|c| !c.is_whitespace()).collect::<String>().replace(',', ".").replace('−', "-");
        let value = if whole {
            let Ok(value) = plain.parse::<i64>() else {
                return self.wrong(pointer, self.lang.t("admin-schema-not-whole"));
            };
            Value::from(value)
        } else {
            match plain.parse::<f64>().ok().filter(|value| value.is_finite()) {
                Some(value) => Value::from(value),
                None => return self.wrong(pointer, self.lang.t("admin-schema-not-number")),
            }
        };
        let number = value.as_f64().unwrap_or(0.0);
        let under = part.bound("minimum").filter(|end| number < *end);
        let not_over = part.bound("exclusiveMinimum").filter(|end| number <= *end);
        let over = part.bound("maximum").filter(|end| number > *end);
        let not_under = part.bound("exclusiveMaximum").filter(|end| number >= *end);
        let ends = [
            (under, "admin-schema-least"),
            (not_over, "admin-schema-more-than"),
            (over, "admin-schema-most"),
            (not_under, "admin-schema-less-than"),
        ];
        for (end, message) in ends {
            if let Some(end) = end {
                let end = if end.fract() == 0.0 { format!("{end:.0}") } else { end.to_string() };
                return self.wrong(pointer, self.lang.with(message, &[("end", end.into())]));
            }
        }
        Some(value)
    }
}
