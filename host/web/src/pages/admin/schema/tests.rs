//! Settings drawn, typed and read back.
#![allow(clippy::unwrap_used, clippy::panic)]

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
