//! Bulk import of a file through the whole pipeline, by the built host, durable on SQLite.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::Table;
use crate::host::{Used, root, run, veche};

/// Rows of the made file, where the real one is not at hand.
const MADE_ROWS: usize = 40_000;

pub(crate) async fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().unwrap();
    let (file, map, region) = prepare(folder.path());
    let import = |file: &Path| {
        let mut command = veche(folder.path());
        command.args(["appeals", "import"]).arg(file).args(["--map", map, "--region", region]);
        run(command)
    };
    let Used { wall, cpu, peak_mib, out } = import(&file);
    let number = |start: &str| -> f64 {
        let line = out.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start:?} in {out}"));
        line.trim_start_matches(|c: char| !c.is_ascii_digit()).split(' ').next().unwrap().parse().unwrap()
    };
    let rows = out.split(' ').next().unwrap().parse::<f64>().unwrap();
    let rate = rows / wall.as_secs_f64();
    table.row("import with the whole pipeline", format!("{rate:.0} rows/s"), "at least 5,000", rate >= 5_000.0);
    let plugins = number("plug-in calls took") / 1_000.0;
    let share = (cpu.as_secs_f64() - plugins) / cpu.as_secs_f64();
    table.row(
        "of its processor time, without plug-in calls",
        format!("{:.0} %", share * 100.0),
        "at most 50 %",
        share <= 0.5,
    );
    table.row("peak memory of the import", format!("{peak_mib} MiB"), "under 300 MiB", peak_mib < 300);
}

/// A region and a file for it: Saint Petersburg's history where it is at hand, else the sample's appeals many times.
fn prepare(folder: &Path) -> (PathBuf, &'static str, &'static str) {
    let plugins = root().join("target/plugins");
    let load = |region: &Path| {
        let mut command = veche(folder);
        command.args(["region", "load"]).arg(region).arg("--plugins").arg(&plugins);
        run(command);
    };
    let history = root().join("../shared/data/spb-appeals.csv.gz");
    if history.exists() {
        let region = folder.join("spb");
        let mut bootstrap = veche(folder);
        bootstrap.args(["region", "bootstrap"]).arg(&history).args(["--map", "spb", "--region", "spb"]);
        bootstrap.args(["--name", "Санкт-Петербург", "--percent", "70", "--out"]).arg(&region);
        run(bootstrap);
        load(&region);
        return (history, "spb", "spb");
    }
    println!("left out: no ../shared/data; the sample's appeals are imported {MADE_ROWS} times instead");
    let sample = root().join("samples/yaroslavl");
    load(&sample);
    let text = std::fs::read_to_string(sample.join("appeals.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    // One line each: a text over several lines would be cut.
    let whole = |row: &&str| row.starts_with("YAR-") && row.matches('"').count().is_multiple_of(2);
    let rows: Vec<&str> = rows.lines().filter(whole).collect();
    let mut made = format!("{header}\n");
    for n in 0..MADE_ROWS {
        let _ = writeln!(made, "{n}{}", rows[n % rows.len()]);
    }
    let file = folder.join("made.csv");
    std::fs::write(&file, made).unwrap();
    (file, "veche", "yaroslavl")
}
