//! Failures of a plug-in as its author sees them: what, where in the source, on which input, which limit, what to do.

use std::path::PathBuf;

use super::{plugin, project};

/// A categorizer that fails as the text says.
const SOURCE: &str = r#"//! Fails in every way.

use schemars::JsonSchema;
use serde::Deserialize;
use veche_sdk::{Appeal, Categorization, Categorizer, Context, Description, Failure, Plugin, SettingsError, log};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct Settings {
    /// Megabytes that `configure` keeps.
    megabytes: usize,
    /// Panic in `configure`.
    panic: bool,
}

pub struct Troubles(Vec<u8>);

impl Plugin for Troubles {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("en", "Troubles"), ("ru", "Неприятности")])
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        log::info(format!("keeping {} megabytes", settings.megabytes));
        assert!(!settings.panic, "asked to panic");
        Ok(Self((0..settings.megabytes << 20).map(|n| (n % 251) as u8 + 1).collect()))
    }
}

#[inline(never)]
fn spin(mut n: u64) -> u64 {
    loop {
        n = std::hint::black_box(n.wrapping_mul(6364136223846793005).wrapping_add(1));
    }
}

#[inline(never)]
fn third(list: &[u8]) -> u8 {
    let at = std::hint::black_box(3);
    list[at] // the index
}

#[inline(never)]
fn hoard() -> usize {
    let mut all: Vec<Vec<u8>> = Vec::new();
    loop {
        all.push(std::hint::black_box(vec![1; 1 << 20]));
    }
}

impl Categorizer for Troubles {
    fn categorize(&self, appeal: &Appeal, _: &Context) -> Result<Categorization, Failure> {
        log::info(format!("asked to {}", appeal.text));
        match appeal.text.as_str() {
            "spin" => Err(Failure::new(spin(self.0.len() as u64).to_string())),
            "index" => Err(Failure::new(third(&[1, 2]).to_string())),
            "hoard" => Err(Failure::new(hoard().to_string())),
            "fail" => Err(Failure::new("the table of words is empty: upload it")),
            _ => Ok(Categorization::NoOpinion),
        }
    }
}

veche_sdk::export!(Troubles: categorizer);
"#;

fn line_of(part: &str) -> usize {
    1 + SOURCE.lines().position(|line| line.contains(part)).unwrap()
}

fn built() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let folder = project(home.path(), "troubles", "categorizer");
    std::fs::write(folder.join("src/lib.rs"), SOURCE).unwrap();
    let case =
        |name: &str, rest: &str| format!("\n[[case]]\nname = \"{name}\"\n{rest}\n[case.appeal]\ntext = \"{name}\"\n");
    let cases = case("nothing", "")
        + &case("too much", "settings = { megabytes = 40 }")
        + &case("panics", "settings = { panic = true }");
    std::fs::write(folder.join("cases/basic.toml"), cases).unwrap();
    plugin(&folder, &["build"]).well();
    (home, folder)
}

#[test]
fn an_author_learns_what_where_on_which_input_and_what_to_do() {
    let (_home, folder) = built();
    let told = |text: &str| plugin(&folder, &["run", "--text", text]).badly();
    let id = "appeal 01934f00-0000-7000-8000-000000000001";

    let said = told("fail");
    for part in [
        "`categorize` on",
        id,
        "the plug-in reports: the table of words is empty",
        "log info: asked to fail",
        "to do: ",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = told("spin");
    let place = "where: troubles::spin (src/lib.rs:";
    for part in [
        "the limit `fuel` was hit: 400000000 units used, 400000000 allowed",
        id,
        place,
        "do the work once in `configure`",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = told("index");
    let place = format!("src/lib.rs:{}", line_of("// the index"));
    for part in [
        "the plug-in trapped",
        id,
        "index out of bounds: the len is 2 but the index is 3",
        &place,
        "where: troubles::third",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = told("hoard");
    for part in [
        "the limit `memory` was hit",
        "67108864 allowed",
        "where: troubles::hoard (src/lib.rs:",
        "limits = { memory = ",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(plugin(&folder, &["run", "--text", "nothing"]).well().contains("no_opinion: true"));
}

#[test]
fn a_configure_beyond_the_snapshot_limit_is_told_the_limit_and_the_remedy() {
    let (_home, folder) = built();
    let said = plugin(&folder, &["run", "--case", "too much"]).badly();
    for part in [
        "`configure` on these settings and datasets",
        "the limit `snapshot_size` was hit",
        "33554432 allowed",
        "keep numbers and positions instead of copies",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = plugin(&folder, &["run", "--case", "panics"]).badly();
    let place = format!("configure (src/lib.rs:{})", line_of("asked to panic"));
    for part in ["`configure` on these settings", "log info: keeping 0 megabytes", "asked to panic", &place] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
