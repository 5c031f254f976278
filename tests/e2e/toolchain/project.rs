//! From nothing to a component that passes, for each kind.

use serde_json::Value;

use super::{plugin, project, veche};

/// Makes, builds, tests and checks a project of a kind, and one wrong case of it.
fn check(kind: &str, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let folder = project(folder.path(), name, kind);
    let built = plugin(&folder, &["build"]).well();
    assert!(built.contains(&format!("dist/{name}.wasm")), "{built}");
    let tested = plugin(&folder, &["test", "--junit", "results.xml"]).well();
    assert!(tested.contains("passed, 0 failed"), "{tested}");
    let xml = std::fs::read_to_string(folder.join("results.xml")).unwrap();
    assert!(xml.contains("failures=\"0\"") && xml.contains("cases/basic.toml"), "{xml}");
    let looked: Value = serde_json::from_str(&plugin(&folder, &["check", "--json"]).well()).unwrap();
    let findings = looked["findings"].as_array().unwrap();
    let of = |what: &str| findings.iter().filter(|f| f["what"] == what).collect::<Vec<_>>();
    assert!(findings.iter().all(|f| f["grade"] == "ok"), "{looked:#}");
    assert!(of("contract")[0]["text"].as_str().unwrap().contains(kind), "{looked:#}");
    assert_eq!(of("determinism").len(), 1, "{looked:#}");
    let limits = looked["limits"].as_array().unwrap();
    let used = |limit: &str| limits.iter().find(|l| l["limit"] == limit).and_then(|l| l["used"].as_u64()).unwrap();
    for limit in ["fuel", "memory", "configure_fuel", "snapshot_size", "component_size"] {
        assert!(used(limit) > 0, "{limit}: {looked:#}");
    }
}

#[test]
fn a_new_categorizer_passes_and_answers_one_appeal() {
    check("categorizer", "word-rule");
    let folder = tempfile::tempdir().unwrap();
    let folder = project(folder.path(), "word-rule", "categorizer");
    plugin(&folder, &["build"]).well();

    let ran: Value =
        serde_json::from_str(&plugin(&folder, &["run", "--text", "Большая яма", "--json"]).well()).unwrap();
    assert_eq!(ran["result"]["candidates"][0]["category"], "roads.surface");
    assert_eq!(ran["logs"][0]["level"], "debug");
    assert!(ran["usage"]["fuel"].as_u64().unwrap() > 0 && ran["usage"]["memory"].as_u64().unwrap() > 0, "{ran:#}");

    // From the standard input, for people.
    std::fs::write(folder.join("appeal.json"), r#"{"text": "Снег", "channel": "phone"}"#).unwrap();
    let appeal = std::fs::File::open(folder.join("appeal.json")).unwrap();
    let said = veche(&folder).args(["plugin", "run", "-"]).stdin(appeal).output().unwrap();
    let said = super::Said::from(said).well();
    for part in
        ["candidates[0].category: roads.snow", "evidence[0]: снег", "log debug: 1 categories found", "fuel ", "memory "]
    {
        assert!(said.contains(part), "{part}: {said}");
    }

    let timed: Value = serde_json::from_str(&plugin(&folder, &["bench", "--seconds", "0.1", "--json"]).well()).unwrap();
    let timed = timed.as_array().unwrap();
    // The case whose settings are refused never comes to a call.
    assert_eq!(timed.len(), 3, "{timed:#?}");
    assert!(timed.iter().all(|case| case["calls"].as_u64() >= Some(20) && case["p50_us"].as_u64() > Some(0)));
}

#[test]
fn a_new_router_passes() {
    check("router", "house-rule");
}

#[test]
fn new_indicators_pass() {
    check("indicators", "good-marks");
}

#[test]
fn a_new_exporter_passes_and_leaves_its_file() {
    check("exporter", "plain-list");
    let folder = tempfile::tempdir().unwrap();
    let folder = project(folder.path(), "plain-list", "exporter");
    plugin(&folder, &["build"]).well();
    plugin(&folder, &["run", "--case", "two appeals", "--out", "list.txt"]).well();
    let file = std::fs::read_to_string(folder.join("list.txt")).unwrap();
    assert!(file.starts_with("01.02.2026 – 28.02.2026\n— Ямы;"), "{file}");
}

#[test]
fn a_wrong_answer_is_shown_line_by_line_and_update_writes_the_right_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = project(folder.path(), "word-rule", "categorizer");
    plugin(&folder, &["build"]).well();
    let path = folder.join("cases/basic.toml");
    let right = std::fs::read_to_string(&path).unwrap();
    let wrong = right.replacen(
        "category = \"roads.surface\", confidence = 1.0",
        "category = \"roads.snow\", confidence = 0.5",
        1,
    );
    assert_ne!(right, wrong);
    std::fs::write(&path, &wrong).unwrap();

    let said = plugin(&folder, &["test", "--junit", "results.xml"]).badly();
    for part in [
        "FAIL  cases/basic.toml: a pothole",
        "- candidates[0].category: roads.snow",
        "+ candidates[0].category: roads.surface",
        "- candidates[0].confidence: 0.5",
        "4 cases, 3 passed, 1 failed",
        "--update",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let xml = std::fs::read_to_string(folder.join("results.xml")).unwrap();
    assert!(xml.contains("failures=\"1\"") && xml.contains("+ candidates[0].category: roads.surface"), "{xml}");
    assert!(plugin(&folder, &["check"]).badly().contains("a pothole of"));

    // A terminal gets colours.
    let coloured =
        veche(&folder).args(["plugin", "test"]).env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1").output().unwrap();
    let coloured = super::Said::from(coloured).badly();
    assert!(
        coloured.contains("\u{1b}[31m    - candidates[0].category") && coloured.contains("\u{1b}[32m    + "),
        "{coloured:?}"
    );

    let said = plugin(&folder, &["test", "--update"]).well();
    assert!(said.contains("new   cases/basic.toml: a pothole") && said.contains("1 written"), "{said}");
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.starts_with(right.lines().next().unwrap()), "comments stay: {written}");
    plugin(&folder, &["test"]).well();
    let filtered = plugin(&folder, &["test", "--filter", "pothole"]).well();
    assert!(filtered.contains("1 cases, 1 passed"), "{filtered}");
}
