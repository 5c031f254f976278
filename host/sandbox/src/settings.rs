//! Settings as a plug-in gets them: checked against its schema, with the defaults of the schema filled in.

use serde_json::Value;

use crate::error::{SandboxError, SettingsFault};

/// Settings against the schema; every fault with its JSON pointer.
///
/// # Errors
/// [`SandboxError::Settings`] or [`SandboxError::Schema`].
pub fn check_settings(schema: &Value, settings: &Value) -> Result<(), SandboxError> {
    let validator = jsonschema::validator_for(schema).map_err(|e| SandboxError::Schema { reason: e.to_string() })?;
    let faults: Vec<SettingsFault> = validator
        .iter_errors(settings)
        .map(|e| SettingsFault { field: e.instance_path().to_string(), message: e.to_string() })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(SandboxError::Settings(faults)) }
}

/// What is left out and has a `default` in the schema, also inside objects and lists that were given. Alternatives
/// (`anyOf` and the like) and references are left alone: which of them holds is for the plug-in to know.
pub(crate) fn with_defaults(schema: &Value, settings: &Value) -> Value {
    let mut filled = settings.clone();
    fill(schema, &mut filled);
    filled
}

// No deeper than the settings are, and `nesting` bounds the schema.
fn fill(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                match fields.get_mut(name) {
                    Some(given) => fill(property, given),
                    None => {
                        if let Some(default) = property.get("default") {
                            let mut default = default.clone();
                            fill(property, &mut default);
                            fields.insert(name.clone(), default);
                        }
                    }
                }
            }
        }
        Value::Array(items) => {
            if let Some(item) = schema.get("items") {
                items.iter_mut().for_each(|value| fill(item, value));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_are_filled_in_at_every_depth_and_overwrite_nothing() {
        let rule =
            json!({"type": "object", "properties": {"unit": {"default": "days"}, "amount": {"type": "integer"}}});
        let schema = json!({"properties": {
            "rules": {"default": [{"amount": 3}], "items": rule},
            "body": {"type": ["string", "null"], "default": null},
            "limits": {"properties": {"most": {"default": 5}}},
            "name": {"type": "string"},
        }});
        let cases = [
            (json!({}), json!({"rules": [{"amount": 3, "unit": "days"}], "body": null})),
            (
                json!({"rules": [{"amount": 1, "unit": "hours"}, {}], "body": "x", "limits": {}, "name": "n"}),
                json!({"rules": [{"amount": 1, "unit": "hours"}, {"unit": "days"}], "body": "x",
                    "limits": {"most": 5}, "name": "n"}),
            ),
            // What breaks the schema is refused before, so it only must not panic here.
            (json!({"rules": 7, "limits": []}), json!({"rules": 7, "limits": [], "body": null})),
        ];
        for (given, filled) in cases {
            assert_eq!(with_defaults(&schema, &given), filled, "{given}");
        }
        assert_eq!(with_defaults(&json!(true), &json!({"a": 1})), json!({"a": 1}));
    }
}
