//! A real city's half year, where the labelled files are at hand: what the host measures and what an independent program counts.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use crate::host_process::must;
use crate::world::root;

/// Formulas of the sets' own names, so that the independent program knows them.
const SET: &str = r#"
[[sets]]
version = "1"
valid_from = "2020-01-01"
source = "Проверка"
[[sets.indicators]]
code = "on-time"
title = "В срок"
function = "feedback"
source = { formula = "on_time" }
[[sets.indicators]]
code = "satisfied"
title = "Удовлетворены"
function = "feedback"
source = { formula = "satisfied" }
[[sets.indicators]]
code = "delivered-automatically"
title = "Доставлено само"
function = "monitoring"
source = { formula = "automatic" }
[[sets.indicators]]
code = "fast-track"
title = "Быстрое решение"
function = "processes"
source = { formula = "fast_track" }
"#;

/// The portal's log in the columns of `veche indicator progress`; counts by kind.
fn progress(events: &Path, file: &Path) -> BTreeMap<&'static str, usize> {
    let mut text = String::new();
    let packed = std::fs::File::open(events).unwrap();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let headers = rows.headers().unwrap().clone();
    let place = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let [id, at, kind, status, from, to] = ["appeal_id", "at", "kind", "status_name", "org_from", "org"].map(place);
    let mut out = csv::Writer::from_path(file).unwrap();
    out.write_record(["channel", "external_id", "at", "kind", "value"]).unwrap();
    let mut counts = BTreeMap::new();
    for row in rows.records() {
        let row = row.unwrap();
        let mut tell = |what: &'static str, value: &str| {
            *counts.entry(what).or_default() += 1;
            out.write_record(["portal", &row[id], &row[at], what, value]).unwrap();
        };
        match &row[kind] {
            "answer" => tell("answered", ""),
            "interim_answer" => tell("reacted", ""),
            "follow_up" => tell("reopened", ""),
            "route" if row[from] != row[to] => tell("redirected", ""),
            "status" if row[status].starts_with("Завершено") => {
                tell("closed", "");
                if row[status].contains("удовлетворен") {
                    tell("marked", "5");
                }
            }
            _ => {}
        }
    }
    out.flush().unwrap();
    counts
}

#[test]
fn a_real_city_measures_as_an_independent_computation_does() {
    let data = root().join("../shared/data");
    let (appeals, events) = (data.join("spb-appeals.csv.gz"), data.join("spb-events.csv.gz"));
    if !events.exists() {
        eprintln!("left out: no ../shared/data, so no indicators of a real city");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let appeals = appeals.to_str().unwrap();
    let counts = progress(&events, Path::new(&path("progress.csv")));
    assert_eq!((counts["answered"], counts["closed"], counts["marked"]), (34_196, 29_327, 17_343));
    std::fs::write(path("set.toml"), SET).unwrap();

    let region = path("region");
    let name = ["--region", "spb", "--name", "Санкт-Петербург"];
    let learn = [["region", "bootstrap", appeals, "--map", "spb", "--out", &region].as_slice(), &name].concat();
    must(folder.path(), &learn);
    must(folder.path(), &["region", "load", &region]);
    must(
        folder.path(),
        &["appeals", "import", appeals, "--map", "spb", "--region", "spb", "--rejects", &path("rejects.csv")],
    );
    must(folder.path(), &["indicator", "--region", "spb", "load", &path("set.toml")]);
    must(folder.path(), &["indicator", "--region", "spb", "progress", &path("progress.csv")]);
    for month in ["2020-11-01", "2021-01-01", "2021-03-01"] {
        must(folder.path(), &["indicator", "--region", "spb", "measure", "--kind", "month", "--day", month]);
    }
    let measured = must(folder.path(), &["indicator", "--region", "spb", "show", "--json"]);
    std::fs::write(path("measured.json"), measured).unwrap();
    let checked = Command::new("python3")
        .arg(root().join("tests/independent/indicators.py"))
        .args([path("veche.db"), path("measured.json"), region + "/categories.csv"])
        .output()
        .expect("python3 is needed for the independent computation: install it (apt-get install python3)");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned() + &String::from_utf8_lossy(&checked.stderr);
    println!("{said}");
    assert!(checked.status.success(), "{said}");
}
