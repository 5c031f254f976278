//! Settings of the reference plug-ins: each text is taken, or refused with the field that is wrong.

use categorizer_keywords::Keywords;
use router_table::Table;
use veche_sdk::SettingsError;
use veche_sdk::testing::{self, Host};
use veche_tests::guest::root;

#[test]
fn settings_are_taken_or_refused_with_their_field() {
    let read = |name: &str| std::fs::read_to_string(root().join("samples/yaroslavl").join(name)).unwrap();
    Host::new()
        .table("keywords", &read("datasets/keywords.csv"))
        .table("routes", &read("datasets/routes.csv"))
        .install();
    let ruleset: toml::Table = read("ruleset.toml").parse().unwrap();
    let sample = ruleset["bindings"].as_array().unwrap().iter().filter_map(|binding| binding.get("settings"));
    let seeds: Vec<Vec<u8>> = sample
        .map(|settings| serde_json::to_vec(settings).unwrap())
        .chain([
            b"{}".to_vec(),
            br#"{"min_score": 1e308, "max_candidates": 4294967295}"#.to_vec(),
            br#"{"clocks": [{"kind": "answer", "days": 30, "unit": "days", "roll": "back", "basis": "59-FZ"}]}"#
                .to_vec(),
        ])
        .collect();
    super::fuzz("settings", &seeds, &|bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
        refused_well(text, testing::configure::<Keywords>(text).err())?;
        refused_well(text, testing::configure::<Table>(text).err())?;
        // What is equal has one name, and the name is not changed by writing it down.
        if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
            let canonical = veche_domain::ruleset::canonical_json(&value);
            let again = serde_json::from_slice(&canonical).map_err(|error| error.to_string())?;
            if veche_domain::ruleset::canonical_json(&again) != canonical {
                return Err("canonical JSON is not canonical".into());
            }
        }
        Ok(())
    });
}

fn refused_well(text: &str, error: Option<SettingsError>) -> Result<(), String> {
    let Some(error) = error else { return Ok(()) };
    super::speaks(&error.message)?;
    let value: Result<serde_json::Value, _> = serde_json::from_str(text);
    match (error.field, value) {
        // A missing field has no place of its own: its object has.
        (Some(field), Ok(value)) => {
            let parent = field.rsplit_once('/').map_or("", |(parent, _)| parent);
            let there = value.pointer(&field).or_else(|| value.pointer(parent));
            there.map(|_| ()).ok_or_else(|| format!("the field {field} is nowhere in {text}"))
        }
        _ => Ok(()),
    }
}
