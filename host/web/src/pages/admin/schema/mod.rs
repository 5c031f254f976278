//! A form from a JSON Schema: text, number, yes or no, choice, list, nested object; JSON as text for the rest.
//!
//! Everything that was typed is one map of fields, named by their JSON pointer: `s/min_score`, `s/clocks/0/kind`; `n…`
//! holds the length of a list and `j…` JSON as text. Settings become such a map ([`Typed::of`]), a sent form is one, a
//! page is drawn from one, and settings are read from one. So nothing that was typed is lost when the form comes back.

mod draw;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::pages::form::Form;
use crate::pages::messages::Lang;

use draw::Drawer;
use read::Reader;

/// How deep objects and lists are drawn; JSON as text below.
const DEPTH: usize = 6;
/// Most items of a list that are drawn.
const ITEMS: usize = 500;

/// A part of a schema with its references and its "or nothing" taken out.
#[derive(Debug, Clone)]
struct Part {
    schema: Map<String, Value>,
}

/// What a part is drawn as.
#[derive(Debug, Clone)]
enum Shape {
    Text,
    Number {
        whole: bool,
    },
    Flag,
    /// Value and label of each choice.
    Choice(Vec<(Value, String)>),
    Object(Vec<(String, Part, bool)>),
    List(Box<Part>),
    Json,
}

fn merged(mut base: Map<String, Value>, over: &Map<String, Value>) -> Map<String, Value> {
    for (key, value) in over {
        base.insert(key.clone(), value.clone());
    }
    base
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

impl Part {
    /// Follows references within the schema and unwraps what may also be nothing.
    fn of(root: &Value, schema: &Value) -> Self {
        let mut now = schema.as_object().cloned().unwrap_or_default();
        for _ in 0..16 {
            let reference = now.get("$ref").and_then(Value::as_str).map(str::to_owned);
            if let Some(reference) = reference {
                let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
                let Some(target) = target.and_then(Value::as_object).cloned() else { break };
                now.remove("$ref");
                now = merged(target, &now);
                continue;
            }
            let Some((key, inner)) = ["anyOf", "oneOf", "allOf"].iter().find_map(|key| {
                let parts = now.get(*key)?.as_array()?;
                let real: Vec<&Value> = parts.iter().filter(|part| !is_null(part)).collect();
                let single = real.len() == 1 && (*key == "allOf" || parts.len() == 2);
                single.then(|| real.first().copied().cloned().map(|inner| (*key, inner))).flatten()
            }) else {
                break;
            };
            now.remove(key);
            now = merged(inner.as_object().cloned().unwrap_or_default(), &now);
        }
        if let Some(types) = now.get("type").and_then(Value::as_array) {
            let real: Vec<Value> = types.iter().filter(|name| name.as_str() != Some("null")).cloned().collect();
            if let [one] = real.as_slice() {
                now.insert("type".into(), one.clone());
            }
        }
        Self { schema: now }
    }

    fn word(&self, key: &str) -> &str {
        self.schema.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn bound(&self, key: &str) -> Option<f64> {
        self.schema.get(key).and_then(Value::as_f64)
    }

    fn length(&self, key: &str) -> Option<u64> {
        self.schema.get(key).and_then(Value::as_u64)
    }

    fn choices(&self, lang: Lang) -> Option<Vec<(Value, String)>> {
        let label = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let Some(values) = self.schema.get("enum").and_then(Value::as_array) {
            return Some(values.iter().filter(|v| !v.is_null()).map(|v| (v.clone(), label(v))).collect());
        }
        let parts = self.schema.get("oneOf").and_then(Value::as_array)?;
        let mut choices = Vec::new();
        for part in parts {
            if let Some(values) = part.get("enum").and_then(Value::as_array) {
                choices.extend(values.iter().map(|v| (v.clone(), label(v))));
                continue;
            }
            let value = part.get("const")?;
            let said = ["title", "description"].iter().find_map(|key| part.get(*key)?.as_str());
            let said = said.map(|text| spoken(text, lang).trim_end_matches('.').to_owned());
            choices.push((value.clone(), said.unwrap_or_else(|| label(value))));
        }
        Some(choices)
    }

    fn shape(&self, root: &Value, lang: Lang, depth: usize) -> Shape {
        if let Some(choices) = self.choices(lang) {
            return Shape::Choice(choices);
        }
        match self.word("type") {
            "string" => Shape::Text,
            "number" => Shape::Number { whole: false },
            "integer" => Shape::Number { whole: true },
            "boolean" => Shape::Flag,
            "object" if depth < DEPTH => {
                let Some(properties) = self.schema.get("properties").and_then(Value::as_object) else {
                    return Shape::Json;
                };
                let needed = self.schema.get("required").and_then(Value::as_array);
                let is_needed = |name: &str| needed.is_some_and(|all| all.iter().any(|n| n.as_str() == Some(name)));
                let field = |(name, schema): (&String, &Value)| (name.clone(), Self::of(root, schema), is_needed(name));
                Shape::Object(properties.iter().map(field).collect())
            }
            "array" if depth < DEPTH => match self.schema.get("items") {
                Some(items) if items.is_object() => Shape::List(Box::new(Self::of(root, items))),
                _ => Shape::Json,
            },
            _ => Shape::Json,
        }
    }

    fn default_list(&self) -> Option<&Vec<Value>> {
        self.schema.get("default").and_then(Value::as_array)
    }

    fn hint(&self, lang: Lang) -> String {
        spoken(self.word("description"), lang)
    }
}

/// The part of a text in both languages, `по-русски / in English`, that is in one of them; the whole of another.
fn spoken(text: &str, lang: Lang) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_cyrillic = |part: &str| part.chars().any(|c| ('А'..='я').contains(&c));
    match text.split_once(" / ") {
        Some((russian, english)) if is_cyrillic(russian) && !is_cyrillic(english) => {
            if lang == Lang::Ru {
                russian.to_owned()
            } else {
                english.to_owned()
            }
        }
        _ => text,
    }
}

fn step(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// A value without what is nothing in its objects, as a form reads it.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let real = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(real.map(|(name, value)| (name.clone(), without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

/// A property for a list to read: name, what it is, what it means.
pub(super) struct Property {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) hint: String,
    pub(super) required: bool,
    pub(super) default: String,
}

/// The properties of a schema at its top.
pub(super) fn properties(root: &Value, lang: Lang) -> Vec<Property> {
    let Shape::Object(fields) = Part::of(root, root).shape(root, lang, 0) else { return Vec::new() };
    fields
        .into_iter()
        .map(|(name, part, required)| {
            let kind = match part.shape(root, lang, 1) {
                Shape::Text => "text",
                Shape::Number { whole: true } => "whole",
                Shape::Number { whole: false } => "number",
                Shape::Flag => "flag",
                Shape::Choice(_) => "choice",
                Shape::Object(_) => "object",
                Shape::List(_) => "list",
                Shape::Json => "json",
            };
            Property {
                name,
                kind: lang.t(&format!("admin-schema-{kind}")),
                hint: part.hint(lang),
                required,
                default: part.schema.get("default").filter(|v| !v.is_null()).map(said).unwrap_or_default(),
            }
        })
        .collect()
}

/// A value as a short text.
fn said(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A thing that is drawn, in order; groups open and close.
pub(super) enum Item {
    Field(Box<Field>),
    /// A group with what is said over it, and the button that takes it out of its list.
    Open {
        legend: String,
        hint: String,
        remove: Option<String>,
        fault: String,
    },
    Close,
    /// Length of a list, and the button that adds to it.
    Length {
        name: String,
        count: usize,
        is_empty: bool,
        add: String,
        label: String,
    },
}

/// A field.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) label: String,
    pub(super) hint: String,
    /// `text`, `number`, `select`, `area`.
    pub(super) kind: &'static str,
    pub(super) value: String,
    pub(super) placeholder: String,
    /// Value, label, whether it is chosen.
    pub(super) choices: Vec<(String, String, bool)>,
    pub(super) required: bool,
    pub(super) whole: bool,
    pub(super) fault: String,
    /// The button that takes it out of its list.
    pub(super) remove: Option<String>,
}

/// What is wrong, by JSON pointer.
pub(super) type Faults = BTreeMap<String, String>;

/// What was typed, by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Typed(BTreeMap<String, String>);

impl Typed {
    /// Settings as they would be typed.
    pub(super) fn of(root: &Value, settings: &Value) -> Self {
        let mut typed = Self::default();
        typed.write(root, "", &Part::of(root, root), settings, 0);
        typed
    }

    /// The fields of a form that belong to settings.
    pub(super) fn of_form(form: &Form) -> Self {
        let own = |name: &str| {
            let rest = name.strip_prefix(['s', 'n', 'j']);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let fields = form.fields().iter().filter(|(name, _)| own(name));
        Self(fields.map(|(name, value)| (name.clone(), value.replace("\r\n", "\n"))).collect())
    }

    fn text(&self, pointer: &str) -> &str {
        self.0.get(&format!("s{pointer}")).map_or("", String::as_str)
    }

    fn json(&self, pointer: &str) -> &str {
        self.0.get(&format!("j{pointer}")).map_or("", String::as_str)
    }

    fn length(&self, pointer: &str) -> usize {
        self.0.get(&format!("n{pointer}")).and_then(|n| n.parse().ok()).unwrap_or(0).min(ITEMS)
    }

    fn write(&mut self, root: &Value, pointer: &str, part: &Part, value: &Value, depth: usize) {
        if value.is_null() {
            return;
        }
        let pretty = || serde_json::to_string_pretty(value).unwrap_or_default();
        match part.shape(root, Lang::Ru, depth) {
            Shape::Text if value.is_string() => {
                self.0.insert(format!("s{pointer}"), said(value));
            }
            Shape::Number { .. } | Shape::Flag => {
                self.0.insert(format!("s{pointer}"), value.to_string());
            }
            Shape::Choice(_) => {
                self.0.insert(format!("s{pointer}"), value.to_string());
            }
            Shape::Object(fields) if value.is_object() => {
                let mut rest = value.as_object().cloned().unwrap_or_default();
                for (name, part, _) in &fields {
                    // A list that is left out holds its default: the form shows it, so that it is not sent back empty.
                    let value = rest.remove(name).or_else(|| part.default_list().cloned().map(Value::Array));
                    if let Some(value) = value {
                        self.write(root, &step(pointer, name), part, &value, depth + 1);
                    }
                }
                if !rest.is_empty() {
                    let rest = serde_json::to_string_pretty(&Value::Object(rest)).unwrap_or_default();
                    self.0.insert(format!("j{pointer}"), rest);
                }
            }
            Shape::List(item) if value.as_array().is_some_and(|list| list.len() <= ITEMS) => {
                let list = value.as_array().cloned().unwrap_or_default();
                self.0.insert(format!("n{pointer}"), list.len().to_string());
                for (i, value) in list.iter().enumerate() {
                    self.write(root, &format!("{pointer}/{i}"), &item, value, depth + 1);
                }
            }
            // Settings that do not fit the schema are shown as they are.
            _ => {
                self.0.insert(format!("j{pointer}"), pretty());
            }
        }
    }

    /// Adds an empty item to the list at a pointer.
    pub(super) fn add(&mut self, pointer: &str) {
        let count = self.length(pointer) + 1;
        self.0.insert(format!("n{pointer}"), count.to_string());
    }

    /// Takes an item out of its list; those after it move up.
    pub(super) fn remove(&mut self, pointer: &str) {
        let Some((list, place)) = pointer.rsplit_once('/') else { return };
        let Ok(place) = place.parse::<usize>() else { return };
        let count = self.length(list);
        if place >= count {
            return;
        }
        let moved = std::mem::take(&mut self.0).into_iter().filter_map(|(name, value)| {
            let prefix = name.chars().next()?;
            let rest = name.get(1..)?.strip_prefix(list).and_then(|rest| rest.strip_prefix('/'));
            let Some(rest) = rest else { return Some((name, value)) };
            let (index, tail) = rest.split_once('/').map_or((rest, String::new()), |(i, tail)| (i, format!("/{tail}")));
            match index.parse::<usize>() {
                Ok(index) if index == place => None,
                Ok(index) if index > place => Some((format!("{prefix}{list}/{}{tail}", index - 1), value)),
                _ => Some((name, value)),
            }
        });
        self.0 = moved.collect();
        self.0.insert(format!("n{list}"), (count - 1).to_string());
    }

    /// The settings that were typed.
    ///
    /// # Errors
    /// Each fault under the pointer of its field.
    pub(super) fn read(&self, root: &Value, lang: Lang) -> Result<Value, Faults> {
        let mut reader = Reader { typed: self, root, lang, faults: Faults::new() };
        let value = reader.read("", &Part::of(root, root), true, 0).unwrap_or_else(|| json!({}));
        if reader.faults.is_empty() { Ok(value) } else { Err(reader.faults) }
    }

    /// What is drawn.
    pub(super) fn items(&self, root: &Value, faults: &Faults, lang: Lang) -> Vec<Item> {
        let mut drawer = Drawer { typed: self, root, lang, faults, items: Vec::new() };
        let part = Part::of(root, root);
        match part.shape(root, lang, 0) {
            Shape::Object(fields) => drawer.fields("", &fields, 0),
            _ => drawer.area("", lang.t("admin-schema-whole-json"), String::new(), None),
        }
        drawer.items
    }
}

/// Faults of the sandbox's own check, by pointer.
pub(super) fn faults_of(error: &veche_app::sandbox::SandboxError) -> Option<Faults> {
    match error {
        veche_app::sandbox::SandboxError::Settings(faults) => {
            Some(faults.iter().map(|fault| (fault.field.clone(), fault.message.clone())).collect())
        }
        _ => None,
    }
}
