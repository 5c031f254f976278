//! A form from a JSON Schema: text, number, yes or no, choice, list, nested object; JSON as text for the rest.
//!
//! Everything that was typed is one map of fields, named by their JSON pointer: `s/min_score`, `s/clocks/0/kind`; `n…`
//! holds the length of a list and `j…` JSON as text. Settings become such a map ([`Typed::of`]), a sent form is one, a
//! page is drawn from one, and settings are read from one. So nothing that was typed is lost when the form comes back.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::pages::form::Form;
use crate::pages::messages::Lang;

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

/// Reads settings from what was typed.
struct Reader<'r> {
    typed: &'r Typed,
    root: &'r Value,
    lang: Lang,
    faults: Faults,
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

    fn read(&mut self, pointer: &str, part: &Part, required: bool, depth: usize) -> Option<Value> {
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
                let chosen = choices.into_iter().map(|(value, _)| value).find(|value| value.to_string() == text);
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

/// Draws what was typed.
struct Drawer<'d> {
    typed: &'d Typed,
    root: &'d Value,
    lang: Lang,
    faults: &'d Faults,
    items: Vec<Item>,
}

impl Drawer<'_> {
    fn fault(&self, pointer: &str) -> String {
        self.faults.get(pointer).cloned().unwrap_or_default()
    }

    fn fields(&mut self, pointer: &str, fields: &[(String, Part, bool)], depth: usize) {
        for (name, part, required) in fields {
            let label = Some(part.word("title")).filter(|title| !title.is_empty()).unwrap_or(name).to_owned();
            self.draw(&step(pointer, name), part, label, *required, None, depth + 1);
        }
        if !self.typed.json(pointer).is_empty() {
            self.area(pointer, self.lang.t("admin-schema-rest"), String::new(), None);
        }
    }

    fn draw(
        &mut self,
        pointer: &str,
        part: &Part,
        label: String,
        required: bool,
        remove: Option<String>,
        depth: usize,
    ) {
        let hint = part.hint(self.lang);
        match part.shape(self.root, self.lang, depth) {
            Shape::Object(fields) => {
                self.items.push(Item::Open { legend: label, hint, remove, fault: self.fault(pointer) });
                self.fields(pointer, &fields, depth);
                self.items.push(Item::Close);
            }
            Shape::List(item) => {
                let count = self.typed.length(pointer);
                self.items.push(Item::Open { legend: label.clone(), hint, remove, fault: self.fault(pointer) });
                for i in 0..count {
                    let own = format!("{pointer}/{i}");
                    let number = self.lang.with("admin-schema-item", &[("number", (i as i64 + 1).into())]);
                    self.draw(&own, &item, number, true, Some(own.clone()), depth + 1);
                }
                let name = format!("n{pointer}");
                let is_empty = count == 0;
                self.items.push(Item::Length { name, count, is_empty, add: pointer.to_owned(), label });
                self.items.push(Item::Close);
            }
            Shape::Json => self.area(pointer, label, hint, remove),
            Shape::Flag => {
                let flags = [("true", "admin-schema-yes"), ("false", "admin-schema-no")];
                let choices = flags.map(|(value, key)| (value.to_owned(), self.lang.t(key))).to_vec();
                self.select(pointer, part, label, hint, required, remove, choices);
            }
            Shape::Choice(choices) => {
                let choices = choices.into_iter().map(|(value, label)| (value.to_string(), label)).collect();
                self.select(pointer, part, label, hint, required, remove, choices);
            }
            Shape::Text | Shape::Number { .. } => {
                let whole = part.word("type") == "integer";
                let kind = if part.word("type") == "string" { "text" } else { "number" };
                let default = part.schema.get("default").filter(|v| !v.is_null()).map(said).unwrap_or_default();
                let value = self.typed.text(pointer).to_owned();
                let field = Field { value, placeholder: default, whole, ..self.field(pointer, label, hint, kind) };
                self.items.push(Item::Field(Box::new(Field { required, remove, ..field })));
            }
        }
    }

    fn field(&self, pointer: &str, label: String, hint: String, kind: &'static str) -> Field {
        Field {
            name: format!("s{pointer}"),
            id: format!("s{}", pointer.replace(|c: char| !c.is_ascii_alphanumeric(), "-")),
            label,
            hint,
            kind,
            value: String::new(),
            placeholder: String::new(),
            choices: Vec::new(),
            required: false,
            whole: false,
            fault: self.fault(pointer),
            remove: None,
        }
    }

    fn area(&mut self, pointer: &str, label: String, hint: String, remove: Option<String>) {
        let field = self.field(pointer, label, hint, "area");
        let (name, value) = (format!("j{pointer}"), self.typed.json(pointer).to_owned());
        let id = format!("json{}", field.id);
        self.items.push(Item::Field(Box::new(Field { name, value, id, remove, ..field })));
    }

    #[allow(clippy::too_many_arguments)] // A field of a form has that many sides.
    fn select(
        &mut self,
        pointer: &str,
        part: &Part,
        label: String,
        hint: String,
        required: bool,
        remove: Option<String>,
        choices: Vec<(String, String)>,
    ) {
        let typed = self.typed.text(pointer);
        let default = part.schema.get("default").filter(|value| !value.is_null()).map(ToString::to_string);
        let nothing = match default.and_then(|d| choices.iter().find(|(value, _)| *value == d)) {
            Some((_, label)) => self.lang.with("admin-schema-default", &[("value", label.clone().into())]),
            None => self.lang.t(if required { "admin-schema-choose" } else { "admin-schema-nothing" }),
        };
        let mut all = vec![(String::new(), nothing, typed.is_empty())];
        all.extend(choices.into_iter().map(|(value, label)| {
            let chosen = value == typed;
            (value, label, chosen)
        }));
        let field = self.field(pointer, label, hint, "select");
        self.items.push(Item::Field(Box::new(Field { choices: all, required, remove, ..field })));
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "name": {"type": ["string", "null"], "maxLength": 5, "default": null},
                "score": {"type": "number", "exclusiveMinimum": 0, "default": 1.5},
                "days": {"type": "integer", "minimum": 1, "maximum": 30},
                "strict": {"type": "boolean", "default": true},
                "start": {"$ref": "#/$defs/Start", "default": "received"},
                "words": {"type": "array", "items": {"type": "string", "minLength": 1}},
                "rules": {"type": "array", "items": {"$ref": "#/$defs/Rule"}, "minItems": 1},
                "place": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}]},
                "anything": {},
            },
            "required": ["days", "rules"],
            "$defs": {
                "Start": {"oneOf": [
                    {"const": "received", "description": "День поступления. / The day of receipt."},
                    {"const": "next", "description": "Следующий день. / The next day."},
                ]},
                "Rule": {"type": "object", "properties": {"a/b": {"type": "integer"}, "to": {"type": "string"}}, "required": ["to"]},
                "Place": {"type": "object", "properties": {"lat": {"type": "number"}}},
            },
        })
    }

    fn settings() -> Value {
        json!({
            "name": "имя", "score": 0.25, "days": 7, "strict": false, "start": "next", "words": ["а", "б", "в"],
            "rules": [{"a/b": 1, "to": "x"}, {"to": "y"}, {"a/b": 3, "to": "z"}], "place": {"lat": 57.6},
            "anything": {"deep": [1, 2]}, "unknown": 5,
        })
    }

    #[test]
    fn settings_come_back_as_they_were_drawn() {
        let typed = Typed::of(&schema(), &settings());
        assert_eq!(typed.read(&schema(), Lang::Ru), Ok(settings()));
        let least = json!({"days": 1, "rules": [{"to": "x"}]});
        assert_eq!(Typed::of(&schema(), &least).read(&schema(), Lang::Ru), Ok(least));
    }

    #[test]
    fn an_item_leaves_its_list_and_those_after_it_move_up() {
        let mut typed = Typed::of(&schema(), &settings());
        typed.remove("/rules/1");
        typed.remove("/words/0");
        typed.add("/words");
        typed.0.insert("s/words/2".into(), "г".into());
        let read = typed.read(&schema(), Lang::Ru).unwrap();
        assert_eq!(read["rules"], json!([{"a/b": 1, "to": "x"}, {"a/b": 3, "to": "z"}]));
        assert_eq!(read["words"], json!(["б", "в", "г"]));
        let before = typed.clone();
        for odd in ["/rules/9", "/nothing/0", "/rules/x", ""] {
            typed.remove(odd);
        }
        assert_eq!(typed, before);
    }

    #[test]
    fn a_list_by_default_is_shown_and_is_not_emptied() {
        let root = json!({"type": "object", "properties": {"terms": {
            "type": "array", "default": [{"days": 30, "channel": null}],
            "items": {"type": "object", "properties": {"days": {"type": "integer"}, "channel": {"type": ["string", "null"]}}},
        }}});
        let mut typed = Typed::of(&root, &json!({}));
        assert_eq!(typed.text("/terms/0/days"), "30");
        assert_eq!(typed.read(&root, Lang::Ru), Ok(json!({})), "what nobody touched is not written down");
        typed.remove("/terms/0");
        assert_eq!(typed.read(&root, Lang::Ru), Ok(json!({"terms": []})), "taken out by hand");
    }

    #[test]
    fn a_fault_names_its_field_and_nothing_typed_is_lost() {
        let mut typed = Typed::of(&schema(), &settings());
        for (field, text) in [
            ("s/name", "слишком длинно"),
            ("s/score", "0"),
            ("s/days", "семь"),
            ("s/rules/1/to", ""),
            ("j/anything", "{"),
            ("s/start", "\"no\""),
        ] {
            typed.0.insert(field.into(), text.into());
        }
        let faults = typed.read(&schema(), Lang::Ru).unwrap_err();
        let places: Vec<&str> = faults.keys().map(String::as_str).collect();
        assert_eq!(places, ["/anything", "/days", "/name", "/rules/1/to", "/score", "/start"]);
        let items = typed.items(&schema(), &faults, Lang::Ru);
        let field = |name: &str| {
            items
                .iter()
                .find_map(|item| match item {
                    Item::Field(field) if field.name == name => Some(field),
                    _ => None,
                })
                .unwrap_or_else(|| panic!("no field {name}"))
        };
        assert_eq!((field("s/days").value.as_str(), field("s/days").fault.is_empty()), ("семь", false));
        assert_eq!(field("j/anything").value, "{");
        assert!(!field("s/rules/1/to").fault.is_empty() && field("s/rules/0/to").fault.is_empty());
    }

    #[test]
    fn numbers_are_read_as_russians_write_them() {
        let mut typed = Typed::of(&schema(), &settings());
        typed.0.insert("s/score".into(), "1 000,5".into());
        assert_eq!(typed.read(&schema(), Lang::Ru).unwrap()["score"], 1_000.5);
    }

    #[test]
    fn words_are_those_of_the_language() {
        assert_eq!(spoken("Вид срока. /\n Which term.", Lang::En), "Which term.");
        assert_eq!(spoken("Вид срока. / Which term.", Lang::Ru), "Вид срока.");
        assert_eq!(spoken("km / h", Lang::Ru), "km / h");
        let items = Typed::default().items(&schema(), &Faults::new(), Lang::En);
        let start = items.iter().find_map(|item| match item {
            Item::Field(field) if field.name == "s/start" => Some(field),
            _ => None,
        });
        let labels: Vec<&str> = start.unwrap().choices.iter().map(|(_, label, _)| label.as_str()).collect();
        assert_eq!(labels[1..], ["The day of receipt", "The next day"]);
    }

    #[test]
    fn a_schema_that_leads_to_itself_ends_in_json() {
        let root = json!({"type": "object", "properties": {"child": {"$ref": "#"}}});
        let items = Typed::default().items(&root, &Faults::new(), Lang::Ru);
        let fields = items.iter().filter(|item| matches!(item, Item::Field(field) if field.kind == "area")).count();
        assert_eq!(fields, 1);
        let odd = json!({"$ref": "#/nowhere"});
        assert_eq!(Typed::of(&odd, &json!({"a": 1})).read(&odd, Lang::Ru), Ok(json!({"a": 1})));
    }
}
