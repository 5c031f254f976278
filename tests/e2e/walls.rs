//! Holds the walls of ARCHITECTURE.md: which floor may know which, and which crate lives in which room.

use std::fs;
use std::path::{Path, PathBuf};

/// Floors under `host/`, with their height: a floor imports only what is below it.
const FLOORS: [(&str, u8); 6] = [("domain", 0), ("sandbox", 1), ("store", 1), ("app", 2), ("web", 3), ("veche", 4)];

/// Crates (and their families, `wasmtime-wizer` with `wasmtime`) and the only floors that may name them.
const ROOMS: [(&str, &[&str]); 6] = [
    ("sqlx", &["store"]),
    ("wasmtime", &["sandbox"]),
    ("axum", &["web"]),
    ("openidconnect", &["app"]),
    ("reqwest", &["app"]),
    ("tokio", &["sandbox", "store", "app", "web", "veche"]),
];

/// A longer file hides what it holds, lines.
const LONGEST: usize = 600;

#[test]
fn the_house_keeps_its_walls() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let found = violations(root);
    assert!(found.is_empty(), "{} walls are broken (see ARCHITECTURE.md):\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_broken_wall_is_noticed() {
    let long = "\n".repeat(LONGEST + 1);
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "host/domain/Cargo.toml",
            "[dependencies]\nveche-store = {}",
            &["host/domain/Cargo.toml", "veche-store", "floor"],
        ),
        ("host/store/Cargo.toml", "[dependencies]\nveche-sandbox = {}", &["host/store/Cargo.toml", "veche-sandbox"]),
        (
            "host/app/Cargo.toml",
            "[dependencies]\nsqlx.workspace = true",
            &["host/app/Cargo.toml", "sqlx", "host/store"],
        ),
        ("host/app/Cargo.toml", "[build-dependencies]\nwasmtime-wizer = \"1\"", &["wasmtime-wizer", "host/sandbox"]),
        ("host/app/Cargo.toml", "[target.'cfg(unix)'.dependencies]\naxum = \"1\"", &["axum", "host/web"]),
        ("host/app/Cargo.toml", "[dependencies]\ndb = { package = \"sqlx\" }", &["`sqlx`"]),
        ("host/app/src/deep/mod.rs", "fn f() { sqlx::query(\"\"); }", &["host/app/src/deep/mod.rs:1", "sqlx"]),
        ("host/web/src/lib.rs", "\nuse wasmtime as w;", &["host/web/src/lib.rs:2", "wasmtime"]),
        ("host/veche/src/main.rs", "type R = axum_extra::Router;", &["host/veche/src/main.rs:1", "axum"]),
        (
            "host/domain/src/lib.rs",
            "async fn f() { tokio::time::sleep(t).await }",
            &["host/domain/src/lib.rs:1", "tokio"],
        ),
        ("host/web/src/lib.rs", "// SAFETY: none\nunsafe { f() }", &["host/web/src/lib.rs:2", "unsafe"]),
        ("host/sandbox/src/lib.rs", "// sure\nunsafe { f() }", &["host/sandbox/src/lib.rs:2", "SAFETY:"]),
        ("host/store/src/lib.rs", &long, &["host/store/src/lib.rs", "601 lines"]),
        ("host/cellar/Cargo.toml", "", &["host/cellar", "floor"]),
        ("plugins/rule/Cargo.toml", "[dependencies]\nveche-domain = {}", &["plugins/rule/Cargo.toml", "veche-domain"]),
        ("sdk/rust/Cargo.toml", "[dependencies]\nveche-app = {}", &["sdk/rust/Cargo.toml", "veche-app"]),
    ];
    for (path, text, wanted) in cases {
        let house = sound_house();
        write(house.path(), path, text);
        let found = violations(house.path());
        assert_eq!(found.len(), 1, "{path}: {text:.60}\n{found:#?}");
        for part in *wanted {
            assert!(found[0].contains(part), "{path}: «{}» does not say «{part}»", found[0]);
        }
    }
}

#[test]
fn a_sound_house_is_left_alone() {
    let house = sound_house();
    write(
        house.path(),
        "host/app/src/lib.rs",
        "//! Not sqlx::query, nor unsafe.\n#![deny(unsafe_code)]\nconst FILTER: &str = \"sqlx::query=warn\";",
    );
    write(house.path(), "host/app/tests/whole.rs", "use axum::Router;");
    write(
        house.path(),
        "host/web/Cargo.toml",
        "[dependencies]\nveche-app = {}\naxum = {}\n[dev-dependencies]\nsqlx = {}",
    );
    write(house.path(), "host/sandbox/src/lib.rs", "// SAFETY: proven.\n#[inline]\nunsafe { wasmtime::f() }");
    write(house.path(), "plugins/rule/Cargo.toml", "[dependencies]\nveche-sdk = {}");
    assert_eq!(violations(house.path()), Vec::<String>::new());
}

fn sound_house() -> tempfile::TempDir {
    let house = tempfile::tempdir().unwrap();
    for (floor, _) in FLOORS {
        write(house.path(), &format!("host/{floor}/Cargo.toml"), "[dependencies]");
    }
    house
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Every violation under `root`, one line each: file, place, wall.
fn violations(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for folder in files(&root.join("host"), &|path| path.ends_with("Cargo.toml")) {
        let floor = name(folder.parent().unwrap());
        let shown = show(root, &folder);
        match FLOORS.iter().find(|(known, _)| *known == floor) {
            None => {
                found.push(format!("{shown}: host/{floor} is no floor: {}", FLOORS.map(|(known, _)| known).join(", ")))
            }
            Some((_, height)) => check_dependencies(&shown, &dependencies(&folder), &floor, *height, &mut found),
        }
    }
    for (floor, _) in FLOORS {
        for file in files(&root.join("host").join(floor), &is_source) {
            check_source(&show(root, &file), &fs::read_to_string(&file).unwrap(), floor, &mut found);
        }
    }
    for apart in ["plugins", "guests", "sdk"] {
        for manifest in files(&root.join(apart), &|path| path.ends_with("Cargo.toml")) {
            for dependency in dependencies(&manifest).iter().filter(|name| name.starts_with("veche")) {
                if dependency != "veche-sdk" {
                    found.push(format!("{}: `{dependency}`: {apart}/ knows only wit/", show(root, &manifest)));
                }
            }
        }
    }
    found
}

fn check_dependencies(file: &str, names: &[String], floor: &str, height: u8, found: &mut Vec<String>) {
    for name in names {
        let below = FLOORS.iter().find(|(known, _)| name.strip_prefix("veche-") == Some(known) || name == known);
        if below.is_some_and(|(_, other)| *other >= height) {
            found.push(format!("{file}: depends on `{name}`: a floor imports only the floors below it"));
        }
        if let Some((_, rooms)) = ROOMS.iter().find(|(room, _)| is_family(name, room, '-'))
            && !rooms.contains(&floor)
        {
            found.push(format!("{file}: depends on `{name}`, which lives in host/{} alone", rooms.join(", host/")));
        }
    }
}

fn check_source(file: &str, text: &str, floor: &str, found: &mut Vec<String>) {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() > LONGEST {
        found.push(format!("{file}: {} lines, at most {LONGEST}: split it by subject", lines.len()));
    }
    for (index, line) in lines.iter().enumerate() {
        let (code, place) = (code(line), format!("{file}:{}", index + 1));
        for (room, rooms) in ROOMS {
            if !rooms.contains(&floor) && mentions(&code, room) {
                found.push(format!("{place}: names `{room}`, which lives in host/{} alone", rooms.join(", host/")));
            }
        }
        if words(&code).any(|(_, word)| word == "unsafe") {
            if floor != "sandbox" {
                found.push(format!("{place}: `unsafe` lives in host/sandbox alone"));
            } else if !is_justified(&lines[..index]) {
                found.push(format!("{place}: `unsafe` without a `SAFETY:` comment above it"));
            }
        }
    }
}

/// Whether the comment right above says why the code is sound; attributes may stand between.
fn is_justified(above: &[&str]) -> bool {
    let beside = above
        .iter()
        .rev()
        .map(|line| line.trim_start())
        .take_while(|line| line.starts_with("//") || line.starts_with("#["));
    beside.into_iter().any(|line| line.contains("SAFETY:"))
}

/// A line without its comment and what stands in its string literals.
fn code(line: &str) -> String {
    let mut kept = String::new();
    let (mut in_text, mut escaped) = (false, false);
    for char in line.replace("'\"'", "' '").chars() {
        match char {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            _ if in_text => {}
            '/' if kept.ends_with('/') => break,
            _ => kept.push(char),
        }
    }
    kept
}

/// Whether code uses a crate of the family: `room::…`, `use room…`.
fn mentions(code: &str, room: &str) -> bool {
    let imports = ["use ", "pub use ", "extern crate "].iter().any(|start| code.trim_start().starts_with(start));
    words(code).any(|(end, word)| is_family(word, room, '_') && (imports || code[end..].starts_with("::")))
}

/// Identifiers, each with the place where it ends.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let ends = code.split(|char: char| !char.is_alphanumeric() && char != '_');
    ends.map(|word| (word.as_ptr() as usize - code.as_ptr() as usize + word.len(), word))
}

fn is_family(name: &str, room: &str, joint: char) -> bool {
    name.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with(joint))
}

/// Names of what a crate is built with; what only its tests use is free.
fn dependencies(manifest: &Path) -> Vec<String> {
    let table: toml::Table =
        fs::read_to_string(manifest).unwrap().parse().unwrap_or_else(|error| panic!("{}: {error}", manifest.display()));
    let targets = table.get("target").and_then(toml::Value::as_table).into_iter().flat_map(|targets| targets.values());
    let sections = targets.filter_map(toml::Value::as_table).chain([&table]);
    sections
        .flat_map(|section| ["dependencies", "build-dependencies"].map(|kind| section.get(kind)))
        .flatten()
        .filter_map(toml::Value::as_table)
        .flatten()
        .map(|(key, value)| value.get("package").and_then(toml::Value::as_str).unwrap_or(key).to_owned())
        .collect()
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs")
}

/// Files below a folder, in order, without tests, examples and build trees.
fn files(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let left_out = ["tests", "examples", "benches", "target", "node_modules"];
    paths
        .into_iter()
        .flat_map(|path| match path.is_dir() {
            true if left_out.contains(&name(&path).as_str()) => Vec::new(),
            true => files(&path, wanted),
            false if wanted(&path) => vec![path],
            false => Vec::new(),
        })
        .collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn show(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap().display().to_string()
}
