//! Bad input on the command line: the message names the thing and the remedy, nothing is lost, the exit code is not 0.

use std::path::{Path, PathBuf};

use crate::host_process::{must, run};
use crate::world::{root, sample};

/// Runs a command that must fail; what it said.
fn refused(folder: &Path, args: &[&str]) -> String {
    let said = run(folder, args);
    assert!(!said.success, "veche {args:?} succeeded: {}", said.out);
    assert!(!said.err.contains("panicked"), "{}", said.err);
    said.err
}

fn check(folder: &Path, args: &[&str], parts: &[&str]) {
    let said = refused(folder, args);
    for part in parts {
        assert!(said.contains(part), "veche {args:?} does not say {part:?}: {said}");
    }
}

fn load<'a>(region: &'a Path, plugins: &'a Path) -> [&'a str; 5] {
    ["region", "load", region.to_str().unwrap(), "--plugins", plugins.to_str().unwrap()]
}

fn plugins() -> PathBuf {
    root().join("target/plugins")
}

/// A copy of the sample region in which one file has another text.
fn changed(file: &str, from: &str, to: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("datasets")).unwrap();
    for part in ["", "datasets"] {
        for entry in std::fs::read_dir(sample().join(part)).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                std::fs::copy(entry.path(), folder.path().join(part).join(entry.file_name())).unwrap();
            }
        }
    }
    let path = folder.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} does not hold {from:?}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    folder
}

#[test]
fn a_faulty_region_folder_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    must(at, &load(&sample(), &plugins()));
    let active = || must(at, &["region", "list"]);
    let before = active();
    for (file, from, to, parts) in [
        ("region.toml", "Europe/Moscow", "Europe/Muscovy", &["region.toml", "Muscovy"][..]),
        ("categories.csv", "housing.heating,housing,", "housing.heating,house,", &["housing.heating", "house"]),
        ("bodies.csv", "dep-housing,", "Деп,", &["bodies.csv:2", "Деп"]),
        ("bodies.csv", "mon-thu 08:30-17:30", "mon-thu 17:30-08:30", &["bodies.csv", "17:30-08:30"]),
        ("ruleset.toml", "min_score = 1.0", "min_score = \"much\"", &["keywords", "/min_score"]),
        ("ruleset.toml", "min_score = 1.0", "least = 1.0", &["keywords", "least"]),
        (
            "ruleset.toml",
            "\"categorizer-keywords\"",
            "\"categorizer-none\"",
            &["categorizer-none.wasm", "cargo xtask plugins"],
        ),
        ("ruleset.toml", "[\"log\", \"datasets\"]", "[\"log\"]", &["keywords", "permission `datasets`", "grants"]),
        ("ruleset.toml", "keywords = \"datasets/keywords.csv\"", "keywords = \"datasets/none.csv\"", &["none.csv"]),
        ("ruleset.toml", "threshold = 0.35", "threshold = 35", &["threshold 35", "0 to 1"]),
        ("datasets/keywords.csv", "category,term,weight", "category,word,weight", &["keywords", "column `term`"]),
        ("datasets/keywords.csv", "отопление,3", "отопление,much", &["keywords", "row 1", "much"]),
    ] {
        let region = changed(file, from, to);
        check(at, &load(region.path(), &plugins()), parts);
        assert_eq!(active(), before, "{file}: {to}");
    }
}

#[test]
fn what_is_no_plug_in_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let component = std::fs::read(plugins().join("router-table.wasm")).unwrap();
    let text = |wat: &str| wat::parse_str(wat).unwrap();
    for (name, bytes, parts) in [
        ("empty.wasm", vec![], &["empty.wasm", "the file is empty"][..]),
        ("text.wasm", b"hello, component".to_vec(), &["no WebAssembly component"]),
        ("module.wasm", text("(module)"), &["core WebAssembly module", "wit-component"]),
        ("cut.wasm", component[..component.len() / 2].to_vec(), &["no WebAssembly component"]),
        ("nothing.wasm", text("(component)"), &["exports no `veche:plugin/plugin`", "veche-sdk"]),
        (
            "future.wasm",
            text(r#"(component (instance $i) (export "veche:plugin/plugin@0.3.0" (instance $i)))"#),
            &["built for contract 0.3.0", "this host serves 0.1", "rebuild"],
        ),
        (
            "no-kind.wasm",
            text(r#"(component (instance $i) (export "veche:plugin/plugin@0.1.0" (instance $i)))"#),
            &["none of the kinds categorizer, router, indicators, exporter"],
        ),
        (
            "foreign.wasm",
            text(
                r#"(component (import "acme:queue/send@1.0.0" (instance)) (instance $i)
                (export "veche:plugin/plugin@0.1.0" (instance $i)) (export "veche:plugin/router@0.1.0" (instance $i)))"#,
            ),
            &["acme:queue/send@1.0.0", "`veche:plugin/*` only"],
        ),
        (
            "wrong-types.wasm",
            text(
                r#"(component (instance $i)
                (export "veche:plugin/plugin@0.1.0" (instance $i)) (export "veche:plugin/router@0.1.0" (instance $i)))"#,
            ),
            &["does not fit the contract"],
        ),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        check(folder.path(), &["plugin", "inspect", path.to_str().unwrap()], parts);
    }
    check(folder.path(), &["plugin", "inspect", "no/such.wasm"], &["no/such.wasm cannot be read"]);
    let said = must(folder.path(), &["plugin", "inspect", plugins().join("router-table.wasm").to_str().unwrap()]);
    assert!(said.contains("kinds        router") && said.contains("count working days"), "{said}");
}

#[test]
fn imports_and_evaluations_name_what_they_miss() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let appeals = sample().join("appeals.csv");
    let appeals = appeals.to_str().unwrap();
    check(
        at,
        &["appeals", "import", appeals, "--map", "veche", "--region", "atlantis"],
        &["atlantis", "veche region load"],
    );
    must(at, &load(&sample(), &plugins()));
    check(
        at,
        &["appeals", "import", appeals, "--map", "cabinet", "--region", "yaroslavl"],
        &["cabinet", "pos", "open311"],
    );
    check(
        at,
        &["appeals", "import", appeals, "--map", "spb", "--region", "yaroslavl"],
        &["columns are missing", "created_at"],
    );
    check(at, &["appeals", "evaluate", "none.csv", "--map", "veche", "--region", "yaroslavl"], &["none.csv"]);
    check(at, &["replay"], &["--sample"]);
    check(at, &["replay", "0193d5a0-0000-7000-8000-000000000000"], &["decision", "0193d5a0"]);

    let file = at.join("mixed.csv");
    let header = std::fs::read_to_string(appeals).unwrap().lines().next().unwrap().to_owned();
    let row = |id: &str, date: &str, text: &str| format!("{id},{date},pos,pos,citizen,,,78701000,,,,{text},,\n");
    let text = [
        header + "\n",
        row("1", "2026-02-05", "Холодные батареи"),
        row("2", "2026-02-30", "Яма"),
        row("3", "2026-02-05", "Яма на дороге"),
    ];
    std::fs::write(&file, text.concat()).unwrap();
    let import = ["appeals", "import", file.to_str().unwrap(), "--map", "veche", "--region", "yaroslavl"];
    let said = run(at, &import);
    assert!(!said.success && said.out.contains("new 2") && said.err.contains("1 rows were not taken"), "{}", said.out);
    let rejects = std::fs::read_to_string(at.join("mixed.rejects.csv")).unwrap();
    assert!(rejects.contains("3,received_at,") && rejects.contains("2026-02-30"), "{rejects}");
}
