//! What was typed as fields of a form, in groups.

use serde_json::Value;

use super::{Faults, Field, Item, Part, Shape, Typed, said, step};
use crate::pages::messages::Lang;

/// Draws what was typed.
pub(super) struct Drawer<'d> {
    pub(super) typed: &'d Typed,
    pub(super) root: &'d Value,
    pub(super) lang: Lang,
    pub(super) faults: &'d Faults,
    pub(super) items: Vec<Item>,
}

impl Drawer<'_> {
    fn fault(&self, pointer: &str) -> String {
        self.faults.get(pointer).cloned().unwrap_or_default()
    }

    pub(super) fn fields(&mut self, pointer: &str, fields: &[(String, Part, bool)], depth: usize) {
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
                    let number = self
                        .lang
                        .with("admin-schema-item", &[("number", i64::try_from(i + 1).unwrap_or(i64::MAX).into())]);
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

    pub(super) fn area(&mut self, pointer: &str, label: String, hint: String, remove: Option<String>) {
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
