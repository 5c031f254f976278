//! What an author relies on, tried natively.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::cell::OnceCell;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::calendar::{self, Roll};
use veche_sdk::testing::{self, Host};
use veche_sdk::{
    Dataset, Date, Description, Failure, Plugin, SettingsError, datasets, directory, log, runtime, schema,
};

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// How many.
    #[serde(default)]
    count: u8,
    #[serde(default)]
    nested: Vec<Nested>,
    #[serde(default)]
    by_name: BTreeMap<String, Unit>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Nested {
    unit: Unit,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Unit {
    Days,
}

#[derive(Debug)]
struct Sample {
    count: u8,
}

impl Plugin for Sample {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Пример"), ("en", "Sample")])
            .summary([("en", "A sample")])
            .dataset(Dataset::table("words", ["word"]).required())
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        match settings.count {
            13 => Err(SettingsError::at("/count", "13 is unlucky: take another")),
            count => Ok(Self { count }),
        }
    }
}

#[test]
fn a_settings_error_points_at_the_field() {
    let cases = [
        (r#"{"count": 300}"#, Some("/count")),
        (r#"{"count": 13}"#, Some("/count")),
        (r#"{"nested": [{"unit": "days"}, {"unit": "weeks"}]}"#, Some("/nested/1/unit")),
        (r#"{"nested": [{}]}"#, Some("/nested/0")),
        (r#"{"by_name": {"a/b~c": 1}}"#, Some("/by_name/a~1b~0c")),
        (r#"{"other": 1}"#, Some("/other")),
        ("[", None),
    ];
    for (settings, field) in cases {
        let error = testing::configure::<Sample>(settings).unwrap_err();
        assert_eq!(error.field.as_deref(), field, "{settings}: {error:?}");
    }
    assert_eq!(testing::configure::<Sample>(r#"{"count": 7}"#).unwrap().count, 7);
}

#[test]
fn the_schema_is_self_contained_and_carries_texts_and_defaults() {
    let schema: serde_json::Value = serde_json::from_str(&schema::<Sample>()).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["count"]["description"], "How many.");
    assert_eq!(schema["properties"]["count"]["default"], 0);
    assert!(!schema.to_string().contains("$ref"), "{schema}");
}

thread_local! {
    static STATE: OnceCell<Sample> = const { OnceCell::new() };
}

#[test]
fn a_component_is_configured_once_and_before_its_calls() {
    let count = || runtime::call(&STATE, |sample: &Sample| Ok::<_, Failure>(sample.count));
    assert!(count().unwrap_err().message.contains("not configured"));
    assert!(runtime::configure(&STATE, r#"{"count": 300}"#).is_err());
    runtime::configure(&STATE, r#"{"count": 7}"#).unwrap();
    assert_eq!(count(), Ok(7));
    assert!(runtime::configure(&STATE, "{}").unwrap_err().message.contains("configured already"));
    assert_eq!(count(), Ok(7));
}

#[test]
fn a_table_is_read_whole_and_by_column_name() {
    let many: String = (0..5_000).map(|row| format!("{row},x,\"a, {row}\"\n")).collect();
    Host::new().table("words", &format!("key,unused,word\n{many}")).blob("model", *b"abcdef").install();
    let rows = datasets::table("words", ["word", "key"]).unwrap();
    assert_eq!(rows.len(), 5_000);
    assert_eq!(rows[4_999], ["a, 4999".to_owned(), "4999".to_owned()]);
    assert_eq!(datasets::get("words", "17").unwrap(), [["17", "x", "a, 17"]]);
    assert_eq!(datasets::read("model", 2, 3).unwrap(), b"cde");

    let failed = |name: &str, column| datasets::table(name, [column]).unwrap_err().message;
    assert!(failed("words", "weight").contains("no column weight, only key, unused, word"));
    assert!(failed("model", "word").contains("another shape"));
    assert!(failed("none", "word").contains("not bound"));
}

#[test]
fn the_host_of_a_test_is_the_one_installed_last() {
    let block = directory::Block { code: "roads".to_owned(), name: "Дороги".to_owned() };
    Host::new().block(block).install();
    log::warn("a line");
    assert_eq!(directory::blocks().len(), 1);
    assert_eq!(testing::logged(), [(log::Level::Warn, "a line".to_owned())]);
    Host::new().install();
    assert!(directory::blocks().is_empty() && testing::logged().is_empty());
}

fn day(year: i32, month: u8, day: u8) -> Date {
    Date { year, month, day }
}

#[test]
fn the_plain_calendar_counts_like_the_real_one() {
    [day(2024, 4, 29), day(2024, 4, 30), day(2024, 5, 1), day(2024, 5, 9), day(2024, 5, 10)]
        .into_iter()
        .fold(Host::new(), Host::day_off)
        .working_day(day(2024, 4, 27))
        .install();
    let friday = day(2024, 4, 26);
    assert_eq!(calendar::add_working_days(friday, 8), Ok(day(2024, 5, 14)));
    assert_eq!(calendar::add_working_days(day(2024, 5, 14), -8), Ok(friday));
    assert_eq!(calendar::working_days_between(friday, day(2024, 5, 14)), Ok(8));
    assert_eq!(calendar::working_days_between(day(2024, 5, 14), friday), Ok(-8));
    for (roll, due) in [(Roll::Stay, 26), (Roll::Back, 24), (Roll::Forward, 27)] {
        assert_eq!(calendar::add_days(friday, 30, roll), Ok(day(2024, 5, due)));
    }
    assert!(calendar::add_days(day(2024, 2, 30), 1, Roll::Stay).is_err());

    // Moscow is three hours ahead: 22:00Z is the next day there.
    let midnight = calendar::start_of_day(friday).unwrap();
    assert_eq!(calendar::local_date(midnight), friday);
    assert_eq!(calendar::local_date(midnight - 1), day(2024, 4, 25));
    assert_eq!(calendar::end_of_day(friday), Ok(midnight + 86_399));
    // Friday 17:30 and 60 working minutes: the working Saturday at 9:30. Over lunch: 12:30 to 14:30.
    let (half_past_five, half_past_twelve) = (midnight + 63_000, midnight + 45_000);
    assert_eq!(calendar::add_working_minutes(None, half_past_five, 60), Ok(midnight + 86_400 + 34_200));
    assert_eq!(calendar::add_working_minutes(None, half_past_twelve, 60), Ok(midnight + 52_200));
}
