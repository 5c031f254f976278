//! Embeds what a plug-in project is made of: the contract, the SDKs, the templates.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Folders of the repository that are embedded whole.
const FOLDERS: [&str; 5] = ["sdk/rust/src", "sdk/js", "sdk/python", "sdk/templates", "sdk/adapter"];
/// Single files.
const FILES: [&str; 1] = ["sdk/rust/Cargo.toml"];
/// What tools leave behind.
const GENERATED: [&str; 7] = ["node_modules", "target", "dist", "__pycache__", "Cargo.lock", ".venv", ".mypy_cache"];

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files: Vec<PathBuf> = FILES.iter().map(PathBuf::from).collect();
    // A folder that is watched and does not exist would build this crate anew each time.
    for folder in FOLDERS.iter().filter(|folder| root.join(folder).is_dir()) {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
        collect(&root, Path::new(folder), &mut files);
    }
    println!("cargo::rerun-if-changed={}", root.join("wit").display());
    let working_copy = std::fs::read_dir(root.join("wit")).into_iter().flatten().flatten();
    let working_copy = working_copy.filter(|entry| entry.path().extension().is_some_and(|end| end == "wit"));
    files.extend(working_copy.map(|entry| Path::new("wit").join(entry.file_name())));
    files.sort();
    let mut list = String::from("[\n");
    for file in &files {
        let whole = root.join(file);
        println!("cargo::rerun-if-changed={}", whole.display());
        let _ = writeln!(list, "    ({:?}, include_bytes!({:?})),", file.display().to_string(), whole);
    }
    list.push(']');
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default().join("embedded.rs");
    if let Err(error) = std::fs::write(&out, list) {
        println!("cargo::error={} cannot be written: {error}", out.display());
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let text = name.to_string_lossy();
        if GENERATED.contains(&text.as_ref()) || text.ends_with(".pyc") || text.ends_with(".egg-info") {
            continue;
        }
        let path = folder.join(&name);
        if entry.path().is_dir() {
            collect(root, &path, files);
        } else {
            files.push(path);
        }
    }
}
